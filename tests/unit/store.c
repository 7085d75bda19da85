/*
 * tests/unit/store.c: a data directory: what is written is read, before and after flushes, by several
 * stores at once, and after crashes at any call.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../support/faultio.h"
#include "../support/memfs.h"
#include "base/num.h"
#include "codec/out.h"
#include "live/publish.h"
#include "sstable/file.h"
#include "store/store.h"

Suite *store_suite(void);

static const char schema[] =
    "CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1};\n"
    "CREATE TABLE k.t (a int, b int, v text, w text, s text static, PRIMARY KEY (a, b))\n"
    "  WITH ID = 5bc52802-de25-35ed-aeab-188eecebb090 AND compression = {'class': "
    "'LZ4Compressor'};\n"
    "CREATE TABLE k.u (a int PRIMARY KEY, v text);\n";

#define FOLDER "/d/data/k/t-5bc52802de2535edaeab188eecebb090"

static struct sst_store_opts
options(void)
{
	return (struct sst_store_opts){ .schema = SST_SLICE_LIT(schema), .no_wait = true };
}

static struct sst_store *
open_with(const struct sst_io *io, const struct sst_store_opts *o)
{
	char text[512];
	struct sst_store *s;
	struct sst_err e;

	if (sst_store_open(&s, io, "/d", o, &e) == -1)
		ck_abort_msg("%s", sst_err_text(&e, text, sizeof(text)));
	return s;
}

static struct sst_store *
open_writer(const struct sst_io *io)
{
	struct sst_store_opts o = options();

	return open_with(io, &o);
}

static struct sst_store *
open_reader(const struct sst_io *io)
{
	struct sst_store_opts o = { .read_only = true };

	return open_with(io, &o);
}

static const struct sst_table *
table_of(struct sst_store *s, const char *name)
{
	struct sst_db *db = sst_store_db(s);
	const struct sst_table *t = db->ops->table(db, SST_SLICE_LIT("k"), sst_slice_str(name));

	if (t == NULL) /* an assertion costs a write(2), even when it holds */
		ck_abort_msg("no table %s", name);
	return t;
}

/* One row k.t (a, b) with v = text. */
static int
try_put(struct sst_store *s, int a, int b, const char *text, struct sst_err *e)
{
	const struct sst_table *t = table_of(s, "t");
	uint32_t ka = __builtin_bswap32((uint32_t)a), kb = __builtin_bswap32((uint32_t)b);
	struct sst_slice ck = { (uint8_t *)&kb, 4 };
	struct sst_cell cell = { .col = (uint32_t)sst_column_find(
				     t->regulars, t->nregular, SST_SLICE_LIT("v")),
		.ts_us = 1000 + b,
		.ldt_s = SST_NO_LDT,
		.value = sst_slice_str(text) };
	struct sst_row row = { .ck = &ck,
		.live = { 1000 + b, 0, SST_NO_LDT },
		.del = SST_LIVE,
		.ncells = 1,
		.cells = &cell };
	struct sst_update u = {
		.table = t, .part = { { (uint8_t *)&ka, 4 }, 0, SST_LIVE }, .nrows = 1, .rows = &row
	};

	u.part.token = sst_token(u.part.key);
	return sst_store_db(s)->ops->apply(sst_store_db(s), &u, NULL, e);
}

static void
put(struct sst_store *s, int a, int b, const char *text)
{
	char msg[512];
	struct sst_err e;

	if (try_put(s, a, b, text, &e) == -1)
		ck_abort_msg("%s", sst_err_text(&e, msg, sizeof(msg)));
}

static void
flush(struct sst_store *s)
{
	char msg[512];
	struct sst_err e;

	if (sst_store_flush(s, &e) == -1)
		ck_abort_msg("%s", sst_err_text(&e, msg, sizeof(msg)));
}

static void
finish(struct sst_store *s)
{
	char msg[512];
	struct sst_err e;

	if (sst_store_close(s, &e) == -1)
		ck_abort_msg("%s", sst_err_text(&e, msg, sizeof(msg)));
}

static int32_t
get_int(struct sst_slice v)
{
	uint32_t n;

	if (v.n != 4)
		ck_abort_msg("%zu bytes are no int", v.n);
	memcpy(&n, v.p, 4);
	return (int32_t)__builtin_bswap32(n);
}

/* Reads on: "1:2=x " a row, until the end or n rows; the number of waits in *waits. */
static int
take(struct sst_stream *rows, size_t n, struct sst_buf *out, unsigned *waits, struct sst_err *e)
{
	const struct sst_item *item;
	struct sst_want want;
	int32_t a = 0;
	int r = 0;

	while (n > 0 && (r = sst_stream_next(rows, &item, e)) != 0) {
		if (r == -1)
			return -1;
		if (r == SST_WAIT) {
			++*waits;
			sst_stream_want(rows, &want);
			if (sst_want_read(&want, e) == -1)
				return -1;
		} else if (item->kind == SST_PARTITION) {
			a = get_int(item->part.key);
		} else if (item->kind == SST_ROW) {
			sst_buf_addf(out, "%d:%d=%.*s ", (int)a, (int)get_int(item->row.ck[0]),
			    (int)item->row.cells[0].value.n,
			    (const char *)item->row.cells[0].value.p);
			n--;
		}
	}
	return r;
}

static struct sst_stream *
start(struct sst_store *s, const struct sst_read *r, struct sst_read_stats *stats)
{
	struct sst_read what = *r;
	struct sst_stream *rows;
	char msg[512];
	struct sst_err e;

	what.table = table_of(s, "t");
	if (sst_store_db(s)->ops->read(sst_store_db(s), &what, &rows, stats, &e) == -1)
		ck_abort_msg("%s", sst_err_text(&e, msg, sizeof(msg)));
	return rows;
}

/* All rows of a read, as text that lives until the next call with the same buffer. */
static const char *
read_text(struct sst_store *s, const struct sst_read *r, struct sst_read_stats *stats,
    struct sst_buf *out)
{
	struct sst_stream *rows = start(s, r, stats);
	unsigned waits = 0;
	char msg[512];
	struct sst_err e;

	sst_buf_reset(out);
	if (take(rows, SIZE_MAX, out, &waits, &e) == -1)
		ck_abort_msg("%s", sst_err_text(&e, msg, sizeof(msg)));
	ck_assert(r->nonblocking || waits == 0);
	sst_stream_close(rows);
	sst_buf_addc(out, '\0');
	return (const char *)out->p;
}

static const struct sst_read everything = { .left = INT64_MIN, .right = INT64_MIN, .now_s = 1 };

static const char *
all(struct sst_store *s, struct sst_buf *out)
{
	return read_text(s, &everything, NULL, out);
}

static struct sst_read
partition(uint32_t *key, int a)
{
	struct sst_read r = { .now_s = 1 };

	*key = __builtin_bswap32((uint32_t)a);
	r.key = (struct sst_slice){ (uint8_t *)key, 4 };
	return r;
}

START_TEST(what_is_written_is_read)
{
	struct memfs *fs = memfs_new();
	struct sst_store *s = open_writer(memfs_io(fs));
	struct sst_buf b = { 0 };
	struct sst_read r;
	uint32_t key;

	ck_assert_str_eq(all(s, &b), "");
	put(s, 1, 2, "x");
	put(s, 1, 1, "y");
	ck_assert_str_eq(all(s, &b), "1:1=y 1:2=x ");
	flush(s);
	ck_assert_str_eq(all(s, &b), "1:1=y 1:2=x ");
	put(s, 1, 2, "z"); /* the same time: the larger value wins */
	put(s, 1, 3, "n");
	ck_assert_str_eq(all(s, &b), "1:1=y 1:2=z 1:3=n ");
	flush(s);
	flush(s); /* of nothing */
	r = partition(&key, 1);
	r.reversed = true;
	ck_assert_str_eq(read_text(s, &r, NULL, &b), "1:3=n 1:2=z 1:1=y ");
	r = partition(&key, 7);
	ck_assert_str_eq(read_text(s, &r, NULL, &b), "");
	put(s, 1, 4, "at close");
	finish(s);
	s = open_reader(memfs_io(fs));
	ck_assert_str_eq(all(s, &b), "1:1=y 1:2=z 1:3=n 1:4=at close ");
	finish(s);
	sst_buf_free(&b);
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	memfs_free(fs);
}
END_TEST

START_TEST(tables_of_a_store)
{
	struct memfs *fs = memfs_new();
	struct sst_store_opts o = options();
	struct sst_store *s = open_writer(memfs_io(fs));
	struct sst_db *db = sst_store_db(s);
	struct sst_err e;

	ck_assert_uint_eq(sst_store_ntables(s), 2);
	ck_assert_ptr_eq(sst_store_table(s, 0), table_of(s, "t"));
	ck_assert_ptr_eq(sst_store_table(s, 1), table_of(s, "u"));
	ck_assert_ptr_null(sst_store_table(s, 2));
	ck_assert_ptr_null(db->ops->table(db, SST_SLICE_LIT("k"), SST_SLICE_LIT("v")));
	ck_assert_ptr_null(db->ops->table(db, SST_SLICE_LIT("x"), SST_SLICE_LIT("t")));
	ck_assert_str_eq(sst_store_folder(s, table_of(s, "t")), FOLDER);
	ck_assert_ptr_null(sst_store_folder(s, NULL));
	finish(s);
	/* what is on disk counts, and a table more is made */
	o.schema = SST_SLICE_LIT("CREATE TABLE k.t (zzz int PRIMARY KEY); CREATE TABLE k2.t (a int "
				 "PRIMARY KEY)");
	s = open_with(memfs_io(fs), &o);
	ck_assert_uint_eq(sst_store_ntables(s), 3);
	ck_assert_uint_eq(table_of(s, "t")->nck, 1);
	finish(s);
	o.schema = SST_SLICE_LIT("CREATE TABEL");
	ck_assert_int_eq(sst_store_open(&s, memfs_io(fs), "/d", &o, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	ck_assert_ptr_null(s);
	memfs_free(fs);
}
END_TEST

START_TEST(full_memory_becomes_sstables)
{
	struct memfs *fs = memfs_new();
	struct sst_store_opts o = options();
	struct sst_read_stats stats = { 0 };
	struct sst_buf b = { 0 }, want = { 0 };
	char text[200];
	struct sst_store *s;
	int i;

	o.memory = 100000;
	s = open_with(memfs_io(fs), &o);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (i = 0; i < 3000; i++) {
		put(s, 1, i * 7919 % 3000, text);
		sst_buf_addf(&want, "1:%d=%s ", i, text);
	}
	sst_buf_addc(&want, '\0');
	ck_assert_str_eq(read_text(s, &everything, &stats, &b), (char *)want.p);
	ck_assert_uint_gt(stats.sstables_read, 5);
	ck_assert_uint_eq(stats.rows, 3000);
	finish(s);
	s = open_reader(memfs_io(fs));
	ck_assert_str_eq(all(s, &b), (char *)want.p);
	finish(s);
	sst_buf_free(&b);
	sst_buf_free(&want);
	memfs_free(fs);
}
END_TEST

START_TEST(reads_leave_out_what_cannot_have_it)
{
	struct memfs *fs = memfs_new();
	struct sst_store *s = open_writer(memfs_io(fs));
	struct sst_read_stats stats = { 0 };
	struct sst_slice from, to;
	struct sst_range slice = { { &from, 1, -1 }, { &to, 1, 1 } };
	uint32_t key, kf = __builtin_bswap32(20), kt = __builtin_bswap32(29);
	struct sst_buf b = { 0 };
	struct sst_read r;
	struct sst_err e;
	int i;

	for (i = 0; i < 50; i++) { /* five sets: b from 0 to 9, from 10 to 19, … */
		put(s, 1, i, "x");
		if (i % 10 == 9)
			flush(s);
	}
	put(s, 2, 1000, "other");
	flush(s);
	r = partition(&key, 1);
	from = (struct sst_slice){ (uint8_t *)&kf, 4 };
	to = (struct sst_slice){ (uint8_t *)&kt, 4 };
	r.slices = &slice;
	r.nslices = 1;
	ck_assert_str_eq(read_text(s, &r, &stats, &b),
	    "1:20=x 1:21=x 1:22=x 1:23=x 1:24=x 1:25=x 1:26=x 1:27=x 1:28=x 1:29=x ");
	ck_assert_uint_eq(stats.sstables_seen, 6);
	ck_assert_uint_eq(stats.sstables_read, 1);
	ck_assert_uint_eq(stats.sstables_skipped, 5);
	ck_assert_int_eq(
	    sst_store_db(s)->ops->extent(sst_store_db(s), table_of(s, "t"), &from, &to, &e),
	    SST_ONE);
	ck_assert_int_eq(get_int(from), 0);
	ck_assert_int_eq(get_int(to), 1000);
	put(s, 3, -5, "in memory");
	put(s, 3, 2000, "in memory");
	ck_assert_int_eq(
	    sst_store_db(s)->ops->extent(sst_store_db(s), table_of(s, "t"), &from, &to, &e),
	    SST_ONE);
	ck_assert_int_eq(get_int(from), -5);
	ck_assert_int_eq(get_int(to), 2000);
	finish(s);
	sst_buf_free(&b);
	memfs_free(fs);
}
END_TEST

START_TEST(an_empty_table_has_no_extent)
{
	struct memfs *fs = memfs_new();
	struct sst_store *s = open_writer(memfs_io(fs));
	struct sst_slice from, to;
	struct sst_err e;

	ck_assert_int_eq(
	    sst_store_db(s)->ops->extent(sst_store_db(s), table_of(s, "t"), &from, &to, &e), 0);
	ck_assert_int_eq(
	    sst_store_db(s)->ops->extent(sst_store_db(s), table_of(s, "u"), &from, &to, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	finish(s);
	memfs_free(fs);
}
END_TEST

START_TEST(one_writer_and_many_readers)
{
	struct memfs *fs = memfs_new();
	struct sst_store_opts o = options();
	struct sst_store *w = open_writer(memfs_io(fs)), *r1, *r2, *none;
	struct sst_stream *early;
	struct sst_buf b = { 0 }, c = { 0 };
	unsigned waits = 0;
	char pid[64];
	struct sst_err e;
	int i;

	ck_assert_int_eq(sst_store_open(&none, memfs_io(fs), "/d", &o, &e), -1);
	ck_assert_int_eq(e.code, SST_EBUSY);
	snprintf(pid, sizeof(pid), "held by another process, pid %ld", (long)getpid());
	ck_assert_str_eq(e.what, pid);
	for (i = 0; i < 1000; i++)
		put(w, 1, i, "x");
	flush(w);
	r1 = open_reader(memfs_io(fs));
	r2 = open_reader(memfs_io(fs));
	early = start(r1, &everything, NULL);
	ck_assert_int_eq(take(early, 10, &c, &waits, &e), SST_ONE);
	put(w, 1, 1000, "new");
	flush(w);
	ck_assert_str_ne(all(r1, &b), all(w, &c)); /* as it was when it was opened */
	ck_assert_int_eq(sst_store_refresh(r1, &e), 0);
	ck_assert_int_eq(sst_store_refresh(r2, &e), 0);
	all(r1, &b);
	all(w, &c);
	ck_assert_str_eq((char *)b.p, (char *)c.p);
	all(r2, &b);
	ck_assert_str_eq((char *)b.p, (char *)c.p);
	sst_buf_reset(&b);
	ck_assert_int_eq(take(early, SIZE_MAX, &b, &waits, &e), 0); /* goes on as it began */
	sst_buf_addc(&b, '\0');
	ck_assert_ptr_null(strstr((char *)b.p, "new"));
	ck_assert_ptr_nonnull(strstr((char *)b.p, ":999=x"));
	sst_stream_close(early);
	finish(r1);
	finish(r2);
	finish(w);
	sst_buf_free(&b);
	sst_buf_free(&c);
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	memfs_free(fs);
}
END_TEST

/* As compact does: the sets named go, one with other rows comes. */
static void
replace_sets(struct memfs *fs, const char *const *gone)
{
	static const struct sst_publish_opts o = { "me", "compaction", 1790000000000000, { 9 } };
	struct sst_publish *p;
	struct sst_err e;
	bool done;

	ck_assert_int_eq(sst_publish_begin(&p, memfs_io(fs), FOLDER, &o, &e), 0);
	for (; *gone != NULL; gone++)
		ck_assert_int_eq(sst_publish_remove(p, *gone, &e), 0);
	ck_assert_int_eq(sst_publish_commit(p, &done, &e), 0);
	sst_publish_close(p);
}

START_TEST(sets_may_go_at_any_time)
{
	static const char *const first[] = { "me-1-big-", NULL };
	struct memfs *fs = memfs_new();
	struct sst_store *w = open_writer(memfs_io(fs)), *r;
	struct sst_buf b = { 0 };
	struct sst_stream *early;
	unsigned waits = 0;
	struct sst_err e;
	int i;

	for (i = 0; i < 1000; i++)
		put(w, 1, i, "in both");
	flush(w);
	put(w, 2, 5, "stays");
	flush(w);
	r = open_reader(memfs_io(fs));
	early = start(w, &everything, NULL);
	ck_assert_int_eq(take(early, 1, &b, &waits, &e), SST_ONE);
	replace_sets(fs, first);
	/* r has listed nothing yet or has, but opened no Data.db: it lists again */
	ck_assert_str_eq(all(r, &b), "2:5=stays ");
	sst_buf_reset(&b);
	ck_assert_int_eq(take(early, SIZE_MAX, &b, &waits, &e), 0);
	sst_buf_addc(&b, '\0');
	ck_assert_ptr_nonnull(strstr((char *)b.p, ":999=in both"));
	sst_stream_close(early);
	ck_assert_int_eq(sst_store_refresh(w, &e), 0);
	ck_assert_str_eq(all(w, &b), "2:5=stays ");
	finish(w);
	finish(r);
	sst_buf_free(&b);
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	memfs_free(fs);
}
END_TEST

START_TEST(listed_and_gone_before_it_is_opened)
{
	static const char *const first[] = { "me-1-big-", NULL };
	struct memfs *fs = memfs_new();
	struct sst_store *w = open_writer(memfs_io(fs)), *r;
	struct sst_slice from, to;
	struct sst_buf b = { 0 };
	struct sst_err e;

	put(w, 1, 1, "goes");
	flush(w);
	put(w, 2, 5, "stays");
	flush(w);
	r = open_reader(memfs_io(fs));
	ck_assert_int_eq(
	    sst_store_db(r)->ops->extent(sst_store_db(r), table_of(r, "t"), &from, &to, &e),
	    SST_ONE); /* lists */
	replace_sets(fs, first);
	ck_assert_str_eq(all(r, &b), "2:5=stays ");
	finish(w);
	finish(r);
	sst_buf_free(&b);
	memfs_free(fs);
}
END_TEST

START_TEST(a_reader_writes_nothing)
{
	struct memfs *fs = memfs_new();
	struct sst_store *s = open_writer(memfs_io(fs));
	struct sst_buf b = { 0 };
	struct sst_err e;
	uint64_t before;

	put(s, 1, 1, "x");
	finish(s);
	before = memfs_digest(fs, "/");
	s = open_reader(memfs_io(fs));
	ck_assert_str_eq(all(s, &b), "1:1=x ");
	ck_assert_int_eq(try_put(s, 1, 1, "x", &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	ck_assert_int_eq(sst_store_refresh(s, &e), 0);
	finish(s);
	ck_assert_uint_eq(memfs_digest(fs, "/"), before);
	sst_buf_free(&b);
	memfs_free(fs);
}
END_TEST

START_TEST(sync_is_a_flush)
{
	struct memfs *fs = memfs_new();
	struct sst_store *s = open_writer(memfs_io(fs));
	struct sst_db *db = sst_store_db(s);
	struct sst_logpos pos;
	struct sst_err e;

	ck_assert_int_eq(db->ops->synced(db, &pos, &e), 0);
	ck_assert_uint_eq(pos.offset, 0);
	put(s, 1, 1, "x");
	put(s, 1, 2, "x");
	ck_assert_int_eq(db->ops->synced(db, &pos, &e), 0);
	ck_assert_uint_eq(pos.offset, 0);
	pos.offset = 2;
	ck_assert_int_eq(db->ops->sync(db, &pos, &e), 0);
	ck_assert_int_eq(db->ops->synced(db, &pos, &e), 0);
	ck_assert_uint_eq(pos.offset, 2);
	sst_store_drop(s); /* as if killed */
	memfs_power_cut(fs, MEMFS_NONE, 1);
	s = open_reader(memfs_io(fs));
	{
		struct sst_buf b = { 0 };

		ck_assert_str_eq(all(s, &b), "1:1=x 1:2=x ");
		sst_buf_free(&b);
	}
	finish(s);
	memfs_free(fs);
}
END_TEST

START_TEST(nobody_waits_who_said_so)
{
	struct memfs *fs = memfs_new();
	struct sst_store *s = open_writer(memfs_io(fs));
	struct sst_read_stats stats = { 0 };
	struct sst_buf b = { 0 }, c = { 0 };
	struct sst_stream *rows;
	unsigned waits = 0;
	struct sst_read r;
	struct sst_err e;
	uint32_t key;
	int i;

	for (i = 0; i < 2000; i++) {
		put(s, 1, i, "quite a long text, so that there are several chunks of it");
		if (i % 700 == 699)
			flush(s);
	}
	finish(s);
	s = open_reader(memfs_io(fs));
	r = partition(&key, 1);
	r.nonblocking = r.reversed = true;
	rows = start(s, &r, &stats);
	ck_assert_int_eq(take(rows, SIZE_MAX, &b, &waits, &e), 0);
	sst_stream_close(rows);
	ck_assert_uint_gt(waits, 5);
	ck_assert_uint_eq(stats.rows, 2000);
	r.nonblocking = false;
	read_text(s, &r, NULL, &c);
	ck_assert(sst_slice_eq(sst_buf_slice(&b), (struct sst_slice){ c.p, c.n - 1 }));
	finish(s);
	sst_buf_free(&b);
	sst_buf_free(&c);
	memfs_free(fs);
}
END_TEST

/* ---- shards ---- */

struct shard {
	pthread_t thread;
	char dir[64];
	int64_t left, right;
	int taken, found;
	char error[512];
};

static int
shard_fill(struct shard *sh, struct sst_store *s, struct sst_err *e)
{
	uint32_t key;
	int a;

	for (a = 0; a < 600; a++) {
		key = __builtin_bswap32((uint32_t)a);
		if (try_put(s, a, 1, "x", e) == 0)
			sh->taken++;
		else if (e->code != SST_EINVAL)
			return -1;
		if (a % 100 == 99 && sst_store_flush(s, e) == -1)
			return -1;
		(void)key;
	}
	return 0;
}

static int
shard_count(struct shard *sh, struct sst_store *s, struct sst_err *e)
{
	struct sst_stream *rows = start(s, &everything, NULL);
	const struct sst_item *item;
	int r;

	while ((r = sst_stream_next(rows, &item, e)) == SST_ONE)
		if (item->kind == SST_PARTITION) {
			sh->found++;
			if (item->part.token <= sh->left || item->part.token > sh->right)
				sh->found += 1000000; /* another's */
		}
	sst_stream_close(rows);
	return r;
}

static void *
shard_run(void *arg)
{
	struct shard *sh = arg;
	struct sst_store_opts o = options();
	struct sst_store *s;
	struct sst_err e;

	o.shared = true;
	o.left = sh->left;
	o.right = sh->right;
	if (sst_store_open(&s, &sst_io_posix, sh->dir, &o, &e) == -1) {
		sst_err_text(&e, sh->error, sizeof(sh->error));
		return NULL;
	}
	if (shard_fill(sh, s, &e) == -1 || shard_count(sh, s, &e) == -1)
		sst_err_text(&e, sh->error, sizeof(sh->error));
	else if (sst_store_close(s, &e) == -1)
		sst_err_text(&e, sh->error, sizeof(sh->error));
	return NULL;
}

START_TEST(three_stores_in_three_threads)
{
	char dir[] = "/tmp/ostraka-store-XXXXXX", cmd[128];
	struct shard sh[3] = { { .left = INT64_MIN, .right = INT64_MIN / 3 },
		{ .left = INT64_MIN / 3, .right = INT64_MAX / 3 },
		{ .left = INT64_MAX / 3, .right = INT64_MAX } };
	struct sst_store_opts o = { .read_only = true };
	struct sst_lock lock;
	struct sst_store *s;
	struct sst_buf b = { 0 };
	int i, taken = 0, rows = 0;
	struct sst_err e;
	const char *p;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(sst_store_lock(&lock, &sst_io_posix, dir, true, &e), 0);
	for (i = 0; i < 3; i++) {
		snprintf(sh[i].dir, sizeof(sh[i].dir), "%s", dir);
		ck_assert_int_eq(pthread_create(&sh[i].thread, NULL, shard_run, &sh[i]), 0);
	}
	for (i = 0; i < 3; i++) {
		pthread_join(sh[i].thread, NULL);
		ck_assert_msg(sh[i].error[0] == '\0', "shard %d: %s", i, sh[i].error);
		ck_assert_int_gt(sh[i].taken, 100);
		ck_assert_int_eq(sh[i].taken, sh[i].found);
		taken += sh[i].taken;
	}
	sst_lock_drop(&lock);
	ck_assert_int_eq(taken, 600);
	ck_assert_int_eq(sst_store_open(&s, &sst_io_posix, dir, &o, &e), 0);
	for (p = all(s, &b); (p = strchr(p, '=')) != NULL; p++)
		rows++;
	ck_assert_int_eq(rows, 600);
	finish(s);
	sst_buf_free(&b);
	snprintf(cmd, sizeof(cmd), "rm -r '%s'", dir);
	ck_assert_int_eq(system(cmd), 0);
}
END_TEST

START_TEST(tokens_of_others)
{
	struct memfs *fs = memfs_new();
	struct sst_store_opts o = options();
	struct sst_read r = { .left = 5, .right = 5, .now_s = 1 };
	struct sst_stream *rows;
	struct sst_buf b = { 0 };
	struct sst_store *s;
	struct sst_err e;
	uint32_t key;

	o.left = 10;
	o.right = 5;
	ck_assert_int_eq(sst_store_open(&s, memfs_io(fs), "/d", &o, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	o.left = INT64_MIN;
	o.right = INT64_MIN + 1; /* nothing has such a token */
	s = open_with(memfs_io(fs), &o);
	ck_assert_int_eq(try_put(s, 1, 1, "x", &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	ck_assert_str_eq(all(s, &b), "");
	r.table = table_of(s, "t");
	ck_assert_int_eq(sst_store_db(s)->ops->read(sst_store_db(s), &r, &rows, NULL, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	ck_assert_ptr_null(rows);
	r = partition(&key, 1);
	ck_assert_str_eq(read_text(s, &r, NULL, &b), "");
	r.table = NULL;
	ck_assert_int_eq(sst_store_db(s)->ops->read(sst_store_db(s), &r, &rows, NULL, &e), -1);
	finish(s);
	sst_buf_free(&b);
	memfs_free(fs);
}
END_TEST

/* ---- directories of others ---- */

START_TEST(a_folder_is_a_store_too)
{
	struct memfs *fs = memfs_new();
	const struct sst_io *io = memfs_io(fs);
	struct sst_store_opts ro = { .read_only = true }, rw = options();
	struct sst_store *s = open_writer(io);
	struct sst_buf b = { 0 };
	struct sst_err e;

	put(s, 1, 1, "x");
	put(s, 1, 2, "y");
	finish(s);
	ck_assert_int_eq(sst_store_open(&s, io, FOLDER, &ro, &e), 0);
	ck_assert_uint_eq(sst_store_ntables(s), 1);
	ck_assert_str_eq(all(s, &b), "1:1=x 1:2=y ");
	finish(s);
	ck_assert_int_eq(sst_store_open(&s, io, FOLDER, &rw, &e), -1); /* not for writing */
	ck_assert_int_eq(e.code, SST_EINVAL);
	/* without a schema the files say what is in them, but for the keys' names */
	ck_assert_int_eq(sst_io_unlink(io, FOLDER "/schema.cql", &e), 0);
	ck_assert_int_eq(sst_store_open(&s, io, FOLDER, &ro, &e), 0);
	ck_assert(!table_of(s, "t")->named);
	ck_assert_str_eq(all(s, &b), "1:1=x 1:2=y ");
	finish(s);
	/* moved out of the directory it is another system's */
	ck_assert_int_eq(sst_io_rename(io, "/d/data", "/data", &e), 0);
	ck_assert_int_eq(sst_store_open(&s, io, "/data", &ro, &e), 0);
	ck_assert_str_eq(all(s, &b), "1:1=x 1:2=y ");
	finish(s);
	ck_assert_int_eq(sst_store_open(&s, io, "/", &ro, &e), 0);
	ck_assert_str_eq(all(s, &b), "1:1=x 1:2=y ");
	finish(s);
	ck_assert_int_eq(sst_io_mkdir(io, "/empty", &e), 0);
	ck_assert_int_eq(sst_store_open(&s, io, "/empty", &ro, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	ck_assert_int_eq(sst_store_open(&s, io, "/nowhere", &ro, &e), -1);
	ck_assert_int_eq(e.sys, ENOENT);
	sst_buf_free(&b);
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	memfs_free(fs);
}
END_TEST

static void
keep_note(void *arg, const char *text)
{
	struct sst_buf *notes = arg;

	sst_buf_adds(notes, text);
	sst_buf_adds(notes, "\n");
}

START_TEST(what_is_wrong_is_told)
{
	struct memfs *fs = memfs_new();
	const struct sst_io *io = memfs_io(fs);
	struct sst_buf notes = { 0 }, b = { 0 };
	struct sst_store_opts ro = { .read_only = true, .note = keep_note, .note_arg = &notes };
	struct sst_store *s = open_writer(io);
	struct sst_err e;

	put(s, 1, 1, "x");
	finish(s);
	ck_assert_int_eq(sst_io_unlink(io, FOLDER "/me-1-big-TOC.txt", &e), 0);
	ck_assert_int_eq(sst_store_open(&s, io, "/d", &ro, &e), 0);
	ck_assert_str_eq(all(s, &b), ""); /* ours: not live */
	ck_assert_uint_eq(notes.n, 0);
	finish(s);
	ck_assert_int_eq(sst_io_rename(io, "/d/data", "/data", &e), 0);
	ck_assert_int_eq(sst_store_open(&s, io, "/data", &ro, &e), 0);
	ck_assert_str_eq(all(s, &b), "1:1=x ");
	ck_assert(sst_slice_eq(sst_buf_slice(&notes),
	    SST_SLICE_LIT(
		"/data/k/t-5bc52802de2535edaeab188eecebb090/me-1-big-: without TOC.txt\n")));
	finish(s);
	sst_buf_free(&notes);
	sst_buf_free(&b);
	memfs_free(fs);
}
END_TEST

/* Makes it look as if me-N had another partitioner; `me` has no checksum there. */
static void
change_partitioner(struct memfs *fs, int n)
{
	const struct sst_io *io = memfs_io(fs);
	struct sst_buf b = { 0 };
	char path[128];
	struct sst_err e;
	size_t i;
	int fd;

	snprintf(path, sizeof(path), FOLDER "/me-%d-big-Statistics.db", n);
	ck_assert_int_eq(sst_io_read_file(io, path, 1 << 20, &b, &e), 0);
	for (i = 0; i + 7 < b.n && memcmp(b.p + i, "Murmur3", 7) != 0; i++)
		;
	b.p[i + 6] = '4';
	fd = sst_io_open(io, path, O_WRONLY | O_TRUNC, &e);
	ck_assert_int_eq(sst_io_write(io, fd, path, b.p, b.n, &e), 0);
	ck_assert_int_eq(sst_io_close(io, fd, path, &e), 0);
	sst_buf_free(&b);
}

START_TEST(an_unknown_order_is_not_merged)
{
	struct memfs *fs = memfs_new();
	struct sst_store *s = open_writer(memfs_io(fs));
	struct sst_read r = everything;
	struct sst_stream *rows;
	struct sst_err e;

	put(s, 1, 1, "x");
	flush(s);
	put(s, 2, 1, "x");
	finish(s);
	change_partitioner(fs, 1);
	s = open_reader(memfs_io(fs));
	r.table = table_of(s, "t");
	ck_assert_int_eq(sst_store_db(s)->ops->read(sst_store_db(s), &r, &rows, NULL, &e), -1);
	ck_assert_int_eq(e.code, SST_EUNSUPPORTED);
	finish(s);
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	memfs_free(fs);
}
END_TEST

/* ---- crashes ---- */

#define ROWS 40

static struct memfs *
crash_start(void)
{
	struct memfs *fs = memfs_new();
	struct sst_store *s = open_writer(memfs_io(fs));
	int i;

	for (i = 0; i < ROWS; i++)
		put(s, i, 0, "old");
	finish(s);
	memfs_power_cut(fs, MEMFS_NONE, 0);
	return fs;
}

/* Opens, writes, flushes; 0 only when the flush said that it is done. */
static int
crash_act(const struct sst_io *io, struct sst_err *e)
{
	struct sst_store_opts o = options();
	struct sst_store *s;
	int i, r = 0;

	if (sst_store_open(&s, io, "/d", &o, e) == -1)
		return -1;
	for (i = 0; i < ROWS && r == 0; i++)
		r = try_put(s, i, 1, "new", e);
	if (r == 0)
		r = sst_store_flush(s, e);
	sst_store_drop(s);
	return r;
}

/* Counts rows of a read; false when it fails. */
static bool
count_read(struct sst_store *s, const struct sst_read *what, int *old, int *new)
{
	struct sst_read r = *what;
	const struct sst_item *item;
	struct sst_stream *rows;
	struct sst_err e;
	int got;

	r.table = table_of(s, "t");
	if (sst_store_db(s)->ops->read(sst_store_db(s), &r, &rows, NULL, &e) == -1)
		return false;
	while ((got = sst_stream_next(rows, &item, &e)) == SST_ONE)
		if (item->kind == SST_ROW) {
			*old += get_int(item->row.ck[0]) == 0;
			*new += get_int(item->row.ck[0]) == 1;
		}
	sst_stream_close(rows);
	return got == 0;
}

/* All rows, by a scan, and by key as far as the keys have been seen. */
static const char *
count_rows(struct sst_store *s, int *old, int *new)
{
	int old_by_key = 0, new_by_key = 0, a;
	struct sst_read r;
	uint32_t key;

	*old = *new = 0;
	if (!count_read(s, &everything, old, new))
		return "cannot be scanned";
	for (a = 0; a < ROWS; a += 13) {
		r = partition(&key, a);
		if (!count_read(s, &r, &old_by_key, &new_by_key))
			return "cannot be read by key";
	}
	if (old_by_key != (*old + 12) / 13 || new_by_key != (*new + 12) / 13)
		return "keys are not found";
	return NULL;
}

/* NULL, or what is wrong with a directory after a crash. */
static const char *
crash_judge(struct memfs *fs, bool acked)
{
	struct sst_store_opts ro = { .read_only = true }, rw = options();
	struct sst_store *s;
	const char *bad;
	struct sst_err e;
	int old, new, old2, new2, i;

	if (sst_store_open(&s, memfs_io(fs), "/d", &ro, &e) == -1)
		return "does not open for reading";
	bad = count_rows(s, &old, &new);
	sst_store_drop(s);
	if (bad != NULL)
		return bad;
	if (old != ROWS || (new != 0 && new != ROWS) || (acked && new != ROWS))
		return "rows are missing";
	for (i = 0; i < 2; i++) { /* the second time there is nothing to recover */
		if (sst_store_open(&s, memfs_io(fs), "/d", &rw, &e) == -1)
			return "does not open for writing";
		bad = count_rows(s, &old2, &new2);
		sst_store_drop(s);
		if (bad != NULL || old2 != old || new2 != new)
			return "recovery changed what there is";
	}
	return NULL;
}

struct crash {
	unsigned long states, bad;
	char first[256];
};

static void
crash_sweep(struct crash *c, const struct faultio_plan *plan, unsigned seeds, bool to_first)
{
	struct memfs *from = crash_start();
	unsigned long at;
	bool over = false;
	struct sst_err e;

	*c = (struct crash){ 0 };
	for (at = 1; !over && !(to_first && c->bad > 0); at++) {
		struct memfs *fs = memfs_copy(from);
		struct faultio *f = faultio_new(memfs_io(fs));
		struct faultio_plan p = *plan;
		unsigned seed;
		int cut, r;

		p.at = (at + 1) / 2;
		p.how = at % 2 == 1 ? FAULTIO_STOP : FAULTIO_STOP_AFTER;
		faultio_plan(f, &p);
		r = crash_act(faultio_io(f), &e);
		over = faultio_calls(f) < p.at;
		for (cut = MEMFS_NONE; cut <= MEMFS_TORN; cut++)
			for (seed = 0; seed < (cut <= MEMFS_ALL ? 1 : seeds); seed++) {
				struct memfs *after = memfs_copy(fs);
				const char *bad;

				memfs_power_cut(after, (enum memfs_cut)cut, seed);
				c->states++;
				bad = crash_judge(after, r == 0);
				if (bad != NULL && c->bad++ == 0)
					snprintf(c->first, sizeof(c->first),
					    "call %lu (%s), cut %d, seed %u: %s", p.at,
					    faultio_failed(f), cut, seed, bad);
				memfs_free(after);
			}
		faultio_free(f);
		memfs_free(fs);
	}
	memfs_free(from);
}

START_TEST(crash_at_any_call)
{
	static const struct faultio_plan plan = { 0 };
	struct crash c;

	crash_sweep(&c, &plan, 2, false);
	ck_assert_msg(c.bad == 0, "%lu of %lu: %s", c.bad, c.states, c.first);
	ck_assert_uint_gt(c.states, 800);
}
END_TEST

static enum faultio_sync
forget(void *arg, const char *path, bool is_dir)
{
	const char *what = arg;

	if (strcmp(what, "folder skipped") == 0)
		return is_dir ? FAULTIO_SYNC_SKIPPED : FAULTIO_SYNC_DONE;
	if (strcmp(what, "folder late") == 0)
		return is_dir ? FAULTIO_SYNC_LATE : FAULTIO_SYNC_DONE;
	return strstr(path, what) != NULL ? FAULTIO_SYNC_SKIPPED : FAULTIO_SYNC_DONE;
}

static char *const forgotten[] = { "folder skipped", "folder late", "Data.db", "Index.db",
	"Statistics.db", "CompressionInfo.db" };

START_TEST(a_missing_sync_is_seen)
{
	struct faultio_plan plan = { .sync = forget, .sync_arg = forgotten[_i] };
	struct crash c;

	crash_sweep(&c, &plan, 2, true);
	ck_assert_msg(c.bad > 0, "nobody saw that %s was not synced in time", forgotten[_i]);
}
END_TEST

static const struct {
	enum faultio_how how;
	int sys;
} failures[] = { { FAULTIO_FAIL, EIO }, { FAULTIO_FAIL, ENOSPC }, { FAULTIO_FAIL, EMFILE },
	{ FAULTIO_SHORT, ENOSPC } };

START_TEST(any_call_may_fail)
{
	struct memfs *from = crash_start();
	struct faultio_plan plan = { .how = failures[_i].how, .sys = failures[_i].sys };
	bool over = false;
	struct sst_err e;

	for (plan.at = 1; !over; plan.at++) {
		struct memfs *fs = memfs_copy(from);
		struct faultio *f = faultio_new(memfs_io(fs));
		const char *bad;
		int r;

		faultio_plan(f, &plan);
		e.code = SST_OK;
		r = crash_act(faultio_io(f), &e);
		over = faultio_calls(f) < plan.at;
		ck_assert(r == 0 || e.code != SST_OK);
		ck_assert_msg(memfs_nopen(fs) == 0, "call %lu (%s) leaks a descriptor", plan.at,
		    faultio_failed(f));
		bad = crash_judge(fs, r == 0);
		ck_assert_msg(bad == NULL, "call %lu (%s): %s", plan.at, faultio_failed(f), bad);
		faultio_free(f);
		memfs_free(fs);
	}
	ck_assert_uint_gt(plan.at, 60);
	memfs_free(from);
}
END_TEST

/* Space comes back: the same store goes on.  A sync that failed: it takes in nothing more. */
START_TEST(after_a_failed_flush)
{
	unsigned long at;
	bool over = false, went_on = false, refused = false;

	for (at = 1; !over; at++) {
		struct memfs *fs = memfs_new();
		struct faultio *f = faultio_new(memfs_io(fs));
		struct faultio_plan plan = {
			.at = at, .how = FAULTIO_FAIL, .sys = _i == 0 ? ENOSPC : EIO
		};
		struct sst_store_opts o = options();
		struct sst_buf b = { 0 };
		struct sst_store *s;
		struct sst_err e;

		ck_assert_int_eq(sst_store_open(&s, faultio_io(f), "/d", &o, &e), 0);
		put(s, 1, 1, "x");
		faultio_plan(f, &plan);
		if (sst_store_flush(s, &e) == -1) {
			ck_assert_str_eq(all(s, &b), "1:1=x "); /* reads go on */
			if (try_put(s, 1, 2, "y", &e) == 0) {
				went_on = true;
				flush(s);
				ck_assert_str_eq(all(s, &b), "1:1=x 1:2=y ");
			} else {
				refused = true;
				ck_assert_ptr_nonnull(strstr(e.what, "restart"));
				ck_assert_int_eq(sst_store_flush(s, &e), -1);
			}
		}
		over = faultio_calls(f) < at;
		sst_store_drop(s);
		sst_buf_free(&b);
		faultio_free(f);
		memfs_free(fs);
	}
	ck_assert(_i == 0 ? went_on : refused);
	ck_assert(_i == 0 || !went_on);
}
END_TEST

START_TEST(two_publishers_and_a_reader_between)
{
	struct memfs *fs = memfs_new();
	struct sst_store_opts o = options();
	struct sst_store *a, *b, *r;
	struct sst_lock lock;
	struct sst_buf t = { 0 };
	struct sst_err e;
	const char *p;
	int i, n;

	ck_assert_int_eq(sst_store_lock(&lock, memfs_io(fs), "/d", true, &e), 0);
	o.shared = true;
	a = open_with(memfs_io(fs), &o);
	b = open_with(memfs_io(fs), &o);
	r = open_reader(memfs_io(fs));
	for (i = 0; i < 60; i++) {
		put(i % 2 == 0 ? a : b, 1, i, "x");
		flush(i % 2 == 0 ? a : b);
		ck_assert_int_eq(sst_store_refresh(r, &e), 0);
		for (n = 0, p = all(r, &t); (p = strchr(p, '=')) != NULL; p++)
			n++;
		ck_assert_int_eq(n, i + 1);
	}
	finish(a);
	finish(b);
	finish(r);
	sst_lock_drop(&lock);
	sst_buf_free(&t);
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	memfs_free(fs);
}
END_TEST

Suite *
store_suite(void)
{
	Suite *s = suite_create("store");
	TCase *t = tcase_create("store"), *c = tcase_create("crash");

	tcase_add_test(t, what_is_written_is_read);
	tcase_add_test(t, tables_of_a_store);
	tcase_add_test(t, full_memory_becomes_sstables);
	tcase_add_test(t, reads_leave_out_what_cannot_have_it);
	tcase_add_test(t, an_empty_table_has_no_extent);
	tcase_add_test(t, one_writer_and_many_readers);
	tcase_add_test(t, sets_may_go_at_any_time);
	tcase_add_test(t, listed_and_gone_before_it_is_opened);
	tcase_add_test(t, a_reader_writes_nothing);
	tcase_add_test(t, sync_is_a_flush);
	tcase_add_test(t, nobody_waits_who_said_so);
	tcase_add_test(t, tokens_of_others);
	tcase_add_test(t, three_stores_in_three_threads);
	tcase_add_test(t, a_folder_is_a_store_too);
	tcase_add_test(t, what_is_wrong_is_told);
	tcase_add_test(t, an_unknown_order_is_not_merged);
	tcase_add_test(t, two_publishers_and_a_reader_between);
	suite_add_tcase(s, t);
	tcase_set_timeout(c, 120);
	tcase_add_test(c, crash_at_any_call);
	tcase_add_loop_test(c, a_missing_sync_is_seen, 0, SST_ARRAY_LEN(forgotten));
	tcase_add_loop_test(c, any_call_may_fail, 0, SST_ARRAY_LEN(failures));
	tcase_add_loop_test(c, after_a_failed_flush, 0, 2);
	suite_add_tcase(s, c);
	return s;
}
