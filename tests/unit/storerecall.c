/*
 * tests/unit/storerecall.c: the log that is found when a directory is opened: beside a writer that
 * lives, with damage in it, with writes that cannot be taken in, by several shards.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/faultio.h"
#include "../support/memfs.h"
#include "../support/nomem.h"
#include "../support/putfile.h"
#include "../support/stores.h"
#include "base/num.h"
#include "commitlog/log.h"
#include "commitlog/mutation.h"
#include "cql/schema.h"

Suite *storerecall_suite(void);

#define LOG "/d/commitlog"
#define ROWS 40

/* A directory whose writer died with ROWS rows in several segments. */
static struct memfs *
died(void)
{
	struct sst_store_opts o = kt_log_options(SST_SYNC_BATCH);
	struct memfs *fs = memfs_new(), *left;
	struct sst_store *s = kt_open_with(memfs_io(fs), &o);
	struct sst_logpos acked;
	struct sst_err e;
	int i;

	for (i = 0; i < ROWS; i++) {
		kt_put(s, i % 8, i, "x");
		ck_assert_int_eq(sst_store_settle(s, &acked, &e), 0);
	}
	left = memfs_copy(fs);
	sst_store_drop(s);
	memfs_free(fs);
	return left;
}

static size_t
count_text(const char *text, const char *word)
{
	size_t n = 0;

	while ((text = strstr(text, word)) != NULL) {
		n++;
		text++;
	}
	return n;
}

static size_t
count_rows(struct sst_store *s)
{
	struct sst_buf b = { 0 };
	size_t n = count_text(kt_all(s, &b), "=");

	sst_buf_free(&b);
	return n;
}

struct files {
	char name[64][SST_LOG_SEGMENT_MIN];
	size_t n;
};

static int
add_file(void *arg, const char *name)
{
	struct files *f = arg;

	snprintf(f->name[f->n++], sizeof(f->name[0]), "%s", name);
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static struct files *
log_files(struct memfs *fs)
{
	struct files *f = calloc(1, sizeof(*f));
	struct sst_err e;

	ck_assert_int_eq(sst_io_list(memfs_io(fs), LOG, add_file, f, &e), 0);
	qsort(f->name, f->n, sizeof(f->name[0]), by_name);
	return f;
}

static void
load(struct memfs *fs, const char *name, struct sst_buf *b, char path[256])
{
	struct sst_err e;

	snprintf(path, 256, LOG "/%.200s", name);
	sst_buf_reset(b);
	ck_assert_int_eq(sst_io_read_file(memfs_io(fs), path, 1 << 20, b, &e), 0);
}

/* ---- readers ---- */

START_TEST(readers_see_what_is_only_in_the_log)
{
	struct sst_store_opts o = kt_log_options(SST_SYNC_BATCH), folder = { .read_only = true };
	struct memfs *fs = memfs_new();
	struct sst_store *w = kt_open_with(memfs_io(fs), &o), *r, *f;
	struct sst_logpos acked;
	struct sst_slice first, last;
	struct sst_buf b = { 0 }, c = { 0 };
	struct sst_stream *early;
	uint64_t before;
	unsigned waits = 0;
	struct sst_err e;

	kt_put(w, 1, 1, "flushed");
	kt_flush(w);
	kt_put(w, 1, 2, "logged");
	ck_assert_int_eq(sst_store_settle(w, &acked, &e), 0);
	kt_put(w, 1, 3, "in memory");
	before = memfs_digest(fs, "/d");
	r = kt_open_reader(memfs_io(fs));
	ck_assert_str_eq(kt_all(r, &b), "1:1=flushed 1:2=logged ");
	ck_assert_int_eq(
	    sst_store_db(r)->ops->extent(sst_store_db(r), kt_table_of(r, "t"), &first, &last, &e),
	    SST_ONE);
	ck_assert_int_eq(kt_get_int(last), 2);
	ck_assert_int_eq(sst_store_open(&f, memfs_io(fs), KT_FOLDER, &folder, &e), 0);
	ck_assert_str_eq(kt_all(f, &b), "1:1=flushed 1:2=logged ");
	kt_finish(f);
	ck_assert(memfs_digest(fs, "/d") == before); /* nothing was written */
	early = kt_start(r, &kt_everything, NULL);
	kt_flush(w); /* the log is gone, what r has of it is not */
	ck_assert_str_eq(kt_all(r, &b), "1:1=flushed 1:2=logged ");
	ck_assert_int_eq(sst_store_refresh(r, &e), 0);
	ck_assert_str_eq(kt_all(r, &b), "1:1=flushed 1:2=logged 1:3=in memory ");
	ck_assert_int_eq(kt_take(early, SIZE_MAX, &c, &waits, &e), 0);
	sst_stream_close(early);
	sst_buf_addc(&c, '\0');
	ck_assert_str_eq((char *)c.p, "1:1=flushed 1:2=logged ");
	kt_put(w, 1, 4, "more");
	ck_assert_int_eq(sst_store_settle(w, &acked, &e), 0);
	ck_assert_int_eq(sst_store_refresh(r, &e), 0);
	ck_assert_uint_eq(count_rows(r), 4);
	kt_finish(r);
	kt_finish(w);
	sst_buf_free(&b);
	sst_buf_free(&c);
	memfs_free(fs);
}
END_TEST

/* A reader in the midst of any call of a writer sees all that was acknowledged, and no error. */
struct beside {
	struct memfs *fs;
	int acked;
	bool busy;
	unsigned long reads;
};

static void
read_beside(void *arg, const char *op, const char *path)
{
	struct beside *b = arg;
	struct sst_store *r;

	(void)op;
	(void)path;
	if (b->busy || b->acked == 0)
		return;
	b->busy = true;
	r = kt_open_reader(memfs_io(b->fs));
	if ((int)count_rows(r) < b->acked)
		ck_abort_msg(
		    "read %lu: before %s of %s: fewer than %d rows", b->reads, op, path, b->acked);
	kt_finish(r);
	b->reads++;
	b->busy = false;
}

START_TEST(a_reader_beside_every_call_of_a_writer)
{
	struct sst_store_opts o = kt_log_options(SST_SYNC_BATCH);
	struct memfs *fs = memfs_new();
	struct faultio *f = faultio_new(memfs_io(fs));
	struct beside b = { .fs = fs };
	struct faultio_plan plan = { .before = read_beside, .before_arg = &b };
	struct sst_store *w;
	struct sst_logpos acked;
	struct sst_err e;
	int i;

	faultio_plan(f, &plan);
	w = kt_open_with(faultio_io(f), &o);
	for (i = 0; i < 60; i++) {
		kt_put(w, i % 8, i, "x");
		ck_assert_int_eq(sst_store_settle(w, &acked, &e), 0);
		b.acked = i + 1;
		if (i % 25 == 24)
			kt_flush(w);
	}
	kt_finish(w);
	ck_assert_uint_gt(b.reads, 300);
	faultio_free(f);
	memfs_free(fs);
}
END_TEST

static bool
first_partition(void *arg, const struct sst_table *t, const struct sst_partition *p)
{
	(void)arg;
	return t->nck == 1 && kt_get_int(p->key) == 3;
}

START_TEST(a_reader_keeps_what_it_wants)
{
	struct memfs *fs = died();
	struct sst_store_opts o = { .read_only = true, .wanted = first_partition };
	struct sst_store *s = kt_open_with(memfs_io(fs), &o);
	struct sst_buf b = { 0 };

	ck_assert_str_eq(kt_all(s, &b), "3:3=x 3:11=x 3:19=x 3:27=x 3:35=x ");
	kt_finish(s);
	sst_buf_free(&b);
	memfs_free(fs);
}
END_TEST

/* A writer that takes half a write back, and writes something else there, while it is read. */
struct rewriting {
	struct memfs *fs;
	const char *path;
	struct sst_buf *good;
	unsigned after; /* openings of the segment */
	bool done;
};

static void
put_right(void *arg, const char *op, const char *path)
{
	struct rewriting *r = arg;

	if (r->done || strcmp(op, "open") != 0 || strcmp(path, r->path) != 0 || r->after-- > 0)
		return;
	r->done = true;
	put_file(memfs_io(r->fs), r->path, sst_buf_slice(r->good));
}

START_TEST(what_looks_like_damage_is_read_again)
{
	struct memfs *fs = died();
	struct files *names = log_files(fs);
	struct faultio *f = faultio_new(memfs_io(fs));
	struct sst_buf good = { 0 }, bad = { 0 };
	char path[256];
	struct rewriting re = { fs, path, &good, 1 + (unsigned)_i, false };
	struct faultio_plan plan = { .before = put_right, .before_arg = &re };
	struct sst_store_opts o = { .read_only = true };
	struct sst_store *s;
	struct sst_err e;
	int r;

	load(fs, names->name[0], &good, path);
	sst_buf_add(&bad, good.p, good.n);
	bad.p[bad.n / 2] ^= 1;
	put_file(memfs_io(fs), path, sst_buf_slice(&bad));
	faultio_plan(f, &plan);
	r = sst_store_open(&s, faultio_io(f), "/d", &o, &e);
	if (_i < 3) { /* put right before one of the first four openings */
		ck_assert_int_eq(r, 0);
		ck_assert_uint_eq(count_rows(s), ROWS);
		kt_finish(s);
	} else { /* it was damage */
		ck_assert_int_eq(r, -1);
		ck_assert_int_eq(e.code, SST_EDAMAGED);
		ck_assert_str_eq(e.file, path);
	}
	sst_buf_free(&good);
	sst_buf_free(&bad);
	free(names);
	faultio_free(f);
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	memfs_free(fs);
}
END_TEST

/* ---- damage ---- */

START_TEST(damage_is_refused_or_set_aside)
{
	struct memfs *fs = died();
	struct files *names = log_files(fs), *after;
	struct sst_store_opts o = kt_log_options(SST_SYNC_BATCH);
	struct sst_buf b = { 0 };
	char path[256];
	struct sst_store *s;
	struct sst_err e;

	ck_assert_uint_gt(names->n, 2);
	load(fs, names->name[1], &b, path);
	b.p[b.n / 2] ^= 1;
	put_file(memfs_io(fs), path, sst_buf_slice(&b));
	ck_assert_int_eq(sst_store_open(&s, memfs_io(fs), "/d", &o, &e), -1);
	ck_assert_int_eq(e.code, SST_EDAMAGED);
	ck_assert_str_eq(e.file, path);
	ck_assert_uint_ne(e.off, SST_NOWHERE);
	after = log_files(fs);
	ck_assert_uint_eq(after->n, names->n); /* none is gone */
	free(after);
	o.skip_damage = true;
	s = kt_open_with(memfs_io(fs), &o);
	ck_assert_uint_ge(count_rows(s), ROWS - 2);
	ck_assert_uint_lt(count_rows(s), ROWS);
	ck_assert_ptr_nonnull(strstr(kt_told, "damaged bytes passed over"));
	ck_assert_ptr_nonnull(strstr(kt_told, names->name[1]));
	sst_store_drop(s);
	memfs_power_cut(fs, MEMFS_NONE, 0); /* set aside durably, the others gone */
	after = log_files(fs);
	ck_assert_uint_eq(after->n, 1);
	snprintf(path, sizeof(path), "%.200s.damaged", names->name[1]);
	ck_assert_str_eq(after->name[0], path);
	o.skip_damage = false;
	kt_told[0] = '\0';
	s = kt_open_with(memfs_io(fs), &o); /* what lies aside is not looked at */
	ck_assert_ptr_null(strstr(kt_told, "commitlog"));
	kt_finish(s);
	sst_buf_free(&b);
	free(names);
	free(after);
	memfs_free(fs);
}
END_TEST

/* ---- writes that cannot be taken in ---- */

/* Segments with one row each of the tables of a schema. */
static void
put_foreign(struct memfs *fs, const char *cql)
{
	static const struct sst_log_opts lo = { .segment_size = 1024 };
	struct sst_slice ck = SST_SLICE_LIT("\0\0\0\7");
	struct sst_cell cell = { .ts_us = 5, .ldt_s = SST_NO_LDT, .value = SST_SLICE_LIT("new") };
	struct sst_row row = {
		.live = { 5, 0, SST_NO_LDT }, .del = SST_LIVE, .ncells = 1, .cells = &cell
	};
	struct sst_update u = {
		.part = { SST_SLICE_LIT("\0\0\0\3"), 0, SST_LIVE }, .nrows = 1, .rows = &row
	};
	struct sst_arena arena = { 0 };
	struct sst_schema schema;
	struct sst_mutation_out *out;
	struct sst_slice bytes;
	struct sst_log *log;
	struct sst_err e;

	row.ck = &ck;
	ck_assert_int_eq(sst_schema_parse(&schema, &arena, sst_slice_str(cql), "schema.cql",
			     SST_SLICE_LIT("k"), &e),
	    0);
	u.table = schema.tables[0];
	u.part.token = sst_token(u.part.key);
	ck_assert_int_eq(sst_mutation_out_new(&out, &e), 0);
	ck_assert_int_eq(sst_mutation_put(out, &u, &bytes, &e), 0);
	ck_assert_int_eq(sst_log_open(&log, memfs_io(fs), LOG, &lo, &e), 0);
	ck_assert_int_eq(sst_log_append(log, bytes, NULL, &e), 0);
	ck_assert_int_eq(sst_log_close(log, &e), 0);
	sst_mutation_out_free(out);
	sst_arena_free(&arena);
}

static const struct {
	const char *cql, *word;
	bool readers; /* may pass over it */
} strangers[] = {
	{ "CREATE TABLE k.gone (a int, b int, v text, PRIMARY KEY (a, b))"
	  " WITH ID = 11111111-de25-35ed-aeab-188eecebb090;",
	    "id 11111111de2535edaeab188eecebb090", true },
	{ "CREATE TABLE k.t (a int, b int, added text, PRIMARY KEY (a, b))"
	  " WITH ID = 5bc52802-de25-35ed-aeab-188eecebb090;",
	    "added", false },
};

START_TEST(what_is_not_known_is_kept)
{
	struct memfs *fs = died();
	struct sst_store_opts o = kt_log_options(SST_SYNC_BATCH), ro = { .read_only = true };
	struct files *before, *after;
	char kept[256];
	struct sst_store *s;
	struct sst_err e;

	put_foreign(fs, strangers[_i].cql);
	before = log_files(fs);
	if (strangers[_i].readers) {
		s = kt_open_reader(memfs_io(fs));
		ck_assert_uint_eq(count_rows(s), ROWS);
		kt_finish(s);
	} else {
		ck_assert_int_eq(sst_store_open(&s, memfs_io(fs), "/d", &ro, &e), -1);
		ck_assert_int_eq(e.code, SST_EINVAL);
		ck_assert_ptr_nonnull(strstr(e.what, strangers[_i].word));
	}
	s = kt_open_with(memfs_io(fs), &o);
	ck_assert_uint_eq(count_rows(s), ROWS);
	ck_assert_ptr_nonnull(strstr(kt_told, "1 changes kept in"));
	ck_assert_ptr_nonnull(strstr(kt_told, strangers[_i].word));
	sst_store_drop(s);
	memfs_power_cut(fs, MEMFS_NONE, 0);
	after = log_files(fs);
	ck_assert_uint_eq(after->n, 1);
	snprintf(kept, sizeof(kept), "%.200s.unknown", before->name[before->n - 1]);
	ck_assert_str_eq(after->name[0], kept);
	free(before);
	free(after);
	memfs_free(fs);
}
END_TEST

/* Bytes with right checksums that contradict the table. */
START_TEST(what_contradicts_the_table_is_damage)
{
	struct memfs *fs = died();
	struct sst_store_opts o = kt_log_options(SST_SYNC_BATCH);
	struct sst_store *s;
	struct sst_err e;

	put_foreign(fs,
	    "CREATE TABLE k.t (a int, v text, PRIMARY KEY (a))"
	    " WITH ID = 5bc52802-de25-35ed-aeab-188eecebb090;");
	ck_assert_int_eq(sst_store_open(&s, memfs_io(fs), "/d", &o, &e), -1);
	ck_assert_int_eq(e.code, SST_EDAMAGED);
	ck_assert_ptr_nonnull(strstr(e.file, LOG "/CommitLog-7-"));
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	memfs_free(fs);
}
END_TEST

/* ---- shards ---- */

struct shard {
	pthread_t thread;
	const char *dir;
	struct sst_store_opts o;
	struct sst_store *s;
	int rows;
	char error[512];
};

static void *
shard_open(void *arg)
{
	struct shard *sh = arg;
	struct sst_err e;

	if (sst_store_open(&sh->s, &sst_io_posix, sh->dir, &sh->o, &e) == -1)
		sst_err_text(&e, sh->error, sizeof(sh->error));
	return NULL;
}

static void *
shard_write(void *arg)
{
	struct shard *sh = arg;
	struct sst_logpos acked;
	struct sst_err e;
	int a;

	for (a = 0; a < 400; a++) {
		if (kt_try_put(sh->s, a, 1, "x", &e) == 0)
			sh->rows++;
		else if (e.code != SST_EINVAL)
			break;
		if (a % 10 == 9 && sst_store_settle(sh->s, &acked, &e) == -1)
			break;
	}
	if (a < 400)
		sst_err_text(&e, sh->error, sizeof(sh->error));
	return NULL;
}

static void
open_shards(struct shard *sh, size_t n, const char *dir)
{
	const uint64_t part = UINT64_MAX / n;
	struct sst_store *all[8];
	struct sst_err e;
	char text[512];
	size_t i;

	for (i = 0; i < n; i++) {
		sh[i] = (struct shard){ .dir = dir, .o = kt_log_options(SST_SYNC_BATCH) };
		sh[i].o.note = NULL;
		sh[i].o.shared = sh[i].o.replay = true;
		sh[i].o.shard = (uint32_t)i;
		sh[i].o.shards = (uint32_t)n;
		if (n > 1) {
			sh[i].o.left = (int64_t)(part * i - (UINT64_C(1) << 63));
			sh[i].o.right = i == n - 1
			    ? INT64_MAX
			    : (int64_t)(part * (i + 1) - (UINT64_C(1) << 63));
		}
		ck_assert_int_eq(pthread_create(&sh[i].thread, NULL, shard_open, &sh[i]), 0);
	}
	for (i = 0; i < n; i++) {
		pthread_join(sh[i].thread, NULL);
		ck_assert_msg(sh[i].error[0] == '\0', "shard %zu: %s", i, sh[i].error);
		all[i] = sh[i].s;
	}
	ck_assert_int_eq(kt_try_put(sh[0].s, 1, 1, "too early", &e), -1);
	ck_assert_ptr_nonnull(strstr(e.what, "still there"));
	if (sst_store_recovered(all, n, &e) == -1)
		ck_abort_msg("%s", sst_err_text(&e, text, sizeof(text)));
}

/* Written by some number of shards, which are killed; recovered by another number, and so on. */
START_TEST(shards_share_a_log)
{
	static const size_t numbers[] = { 3, 1, 4, 2, 3 };
	char dir[] = "/tmp/ostraka-shards-XXXXXX", cmd[128];
	struct sst_store_opts ro = { .read_only = true };
	struct shard sh[8];
	struct sst_store *s;
	struct sst_lock lock;
	struct sst_err e;
	size_t round, i;
	int rows;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	for (round = 0; round < SST_ARRAY_LEN(numbers); round++) {
		ck_assert_int_eq(sst_store_lock(&lock, &sst_io_posix, dir, true, &e), 0);
		open_shards(sh, numbers[round], dir);
		for (i = 0; i < numbers[round]; i++)
			ck_assert_int_eq(
			    pthread_create(&sh[i].thread, NULL, shard_write, &sh[i]), 0);
		for (rows = 0, i = 0; i < numbers[round]; i++) {
			pthread_join(sh[i].thread, NULL);
			ck_assert_msg(sh[i].error[0] == '\0', "shard %zu: %s", i, sh[i].error);
			rows += sh[i].rows;
		}
		ck_assert_int_eq(rows, 400);
		for (i = 0; i < numbers[round]; i++)
			sst_store_drop(sh[i].s); /* nothing is flushed */
		sst_lock_drop(&lock);
		ck_assert_int_eq(sst_store_open(&s, &sst_io_posix, dir, &ro, &e), 0);
		ck_assert_uint_eq(count_rows(s), 400);
		kt_finish(s);
	}
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	ck_assert_int_eq(system(cmd), 0);
}
END_TEST

/* Each shard's newest segment may be torn, not an older one of the same shard. */
START_TEST(torn_tails_of_shards)
{
	struct sst_store_opts o = kt_log_options(SST_SYNC_BATCH);
	struct memfs *fs = memfs_new(), *left;
	struct sst_store *s[2];
	struct files *names;
	struct sst_logpos acked;
	struct sst_buf b = { 0 };
	struct sst_lock lock;
	struct sst_store *r;
	char path[256];
	struct sst_err e;
	size_t i;
	int k;

	ck_assert_int_eq(sst_store_lock(&lock, memfs_io(fs), "/d", true, &e), 0);
	o.shared = true;
	o.shards = 2;
	o.segment_size = _i == 0 ? 0 : 1024;
	for (i = 0; i < 2; i++) {
		o.shard = (uint32_t)i;
		s[i] = kt_open_with(memfs_io(fs), &o);
		kt_put(s[i], (int)i, 0, "x");
		ck_assert_int_eq(sst_store_settle(s[i], &acked, &e), 0);
	}
	for (k = 1; k < 30; k++) /* with small segments shard 0 has several */
		kt_put(s[0], 0, k, "x");
	for (i = 0; i < 2; i++)
		kt_put(s[i], (int)i, 99, "torn");
	o.sync = SST_SYNC_PERIODIC;
	ck_assert_int_eq(sst_store_settle(s[0], &acked, &e), 0);
	left = memfs_copy(fs);
	names = log_files(left);
	load(left, names->name[0], &b, path); /* shard 0's first */
	b.n -= 9;
	put_file(memfs_io(left), path, sst_buf_slice(&b));
	k = sst_store_open(
	    &r, memfs_io(left), "/d", &(struct sst_store_opts){ .read_only = true }, &e);
	if (_i == 0) { /* its only one; shard 1's came later */
		ck_assert_int_eq(k, 0);
		ck_assert_uint_ge(count_rows(r), 2);
		kt_finish(r);
	} else {
		ck_assert_int_eq(k, -1);
		ck_assert_int_eq(e.code, SST_EDAMAGED);
	}
	sst_store_drop(s[0]);
	sst_store_drop(s[1]);
	sst_lock_drop(&lock);
	free(names);
	sst_buf_free(&b);
	memfs_free(left);
	memfs_free(fs);
}
END_TEST

START_TEST(bytes_of_a_log)
{
	struct memfs *fs = memfs_new();
	uint64_t bytes = 1;
	struct sst_err e;

	ck_assert_int_eq(sst_store_log_bytes(memfs_io(fs), "/d", &bytes, &e), 0);
	ck_assert_uint_eq(bytes, 0);
	memfs_free(fs);
	fs = died();
	put_file(memfs_io(fs), LOG "/CommitLog-7-1.log.damaged", sst_slice_str("x"));
	ck_assert_int_eq(sst_store_log_bytes(memfs_io(fs), "/d", &bytes, &e), 0);
	ck_assert_uint_gt(bytes, 2048);
	ck_assert_uint_lt(bytes, 8192);
	memfs_free(fs);
}
END_TEST

Suite *
storerecall_suite(void)
{
	Suite *s = suite_create("storerecall");
	TCase *t = tcase_create("storerecall");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, readers_see_what_is_only_in_the_log);
	tcase_add_test(t, a_reader_beside_every_call_of_a_writer);
	tcase_add_test(t, a_reader_keeps_what_it_wants);
	tcase_add_loop_test(t, what_looks_like_damage_is_read_again, 0, 4);
	tcase_add_test(t, damage_is_refused_or_set_aside);
	tcase_add_loop_test(t, what_is_not_known_is_kept, 0, SST_ARRAY_LEN(strangers));
	tcase_add_test(t, what_contradicts_the_table_is_damage);
	tcase_add_test(t, shards_share_a_log);
	tcase_add_loop_test(t, torn_tails_of_shards, 0, 2);
	tcase_add_test(t, bytes_of_a_log);
	suite_add_tcase(s, t);
	return s;
}
