/*
 * tests/unit/salvage.c: what check, rebuild and salvage promise, on random tables: a sound SSTable has no
 * finding; after any damage to Data.db, salvage gives a sound one that holds nothing new, and every row
 * outside of the damaged blocks; what is rebuilt is what the writer wrote.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/faultio.h"
#include "../support/items.h"
#include "../support/memfs.h"
#include "../support/model.h"
#include "../support/nomem.h"
#include "../support/random.h"
#include "base/names.h"
#include "base/num.h"
#include "row/reconcile.h"
#include "sstable/check.h"
#include "sstable/fileout.h"
#include "sstable/reader.h"
#include "sstable/rebuild.h"
#include "sstable/salvage.h"
#include "sstable/writer.h"

Suite *salvage_suite(void);

#define BASE "t/me-7-big-"
#define DATA BASE "Data.db"
#define OUT "out/me-7-big-"
#define BLOCK 300 /* bytes of rows of an index block */

static struct memfs *fs;
static const struct sst_io *io;
static struct sst_arena arena;
static char text[512];
static size_t losses;

static void
setup(void)
{
	struct sst_err e;

	fs = memfs_new();
	io = memfs_io(fs);
	ck_assert_int_eq(sst_io_mkdir(io, "t", &e), 0);
	ck_assert_int_eq(sst_io_mkdir(io, "out", &e), 0);
}

static void
teardown(void)
{
	sst_arena_free(&arena);
	memfs_free(fs);
}

#define OK(call) ck_assert_msg((call) == 0, "%s", sst_err_text(&e, text, sizeof(text)))

static void
write_items(const struct sst_table *t, const struct items *items, const char *codec)
{
	struct sst_writer_opts o = { .compression_set = true,
		.compression = { sst_slice_str(codec), 4096, 0 },
		.index_block = BLOCK };
	struct sst_stream *s = items_stream(items, t, false, false);
	struct sst_written written;
	struct sst_writer *w;
	struct sst_err e;

	OK(sst_writer_open(&w, io, BASE, t, &o, &e));
	OK(sst_writer_copy(w, s, &e));
	sst_stream_close(s);
	OK(sst_writer_finish(w, &written, &e));
	OK(sst_io_rename(io, BASE "TOC.txt.tmp", BASE "TOC.txt", &e));
}

static struct items
read_items(const char *base, const struct sst_table *t)
{
	struct sst_sstable_opts o = { .table = t };
	struct items got = { 0 };
	struct sst_sstable *table;
	struct sst_stream *s;
	struct sst_err e;

	OK(sst_sstable_open(&table, io, base, &o, &e));
	OK(sst_sstable_scan(table, &s, &e));
	OK(items_read(&got, s, &arena, NULL, &e));
	sst_sstable_close(table);
	return got;
}

static void
say(void *arg, enum sst_component c, const struct sst_err *e)
{
	(void)c;
	if (arg != NULL)
		fprintf(stderr, "%s: %s\n", (const char *)arg, e->what);
}

static uint64_t
findings(const char *path, const char *name)
{
	struct sst_check_opts o = { .found = say, .arg = (void *)(uintptr_t)name };
	struct sst_checked c;
	struct sst_err e;

	OK(sst_check(&c, io, path, &o, &e));
	return c.findings;
}

static struct sst_buf
file(const char *path)
{
	struct sst_buf b = { 0 };
	struct sst_err e;

	OK(sst_io_read_file(io, path, 1 << 24, &b, &e));
	return b;
}

static void
put_file(const char *path, struct sst_slice bytes)
{
	struct sst_err ignored, e;

	sst_io_unlink(io, path, &ignored);
	OK(sst_fileout_write(io, path, true, bytes, &e));
}

static void
count_loss(void *arg, const struct sst_loss *l)
{
	(void)arg;
	ck_assert_ptr_nonnull(l->table);
	ck_assert(l->why->what[0] != '\0');
	losses++;
}

/* What another run has left there. */
static void
empty_out(void)
{
	struct sst_names names;
	char path[64];
	struct sst_err e;
	size_t i;

	OK(sst_names_list(&names, &arena, io, "out", &e));
	for (i = 0; i < names.n; i++) {
		snprintf(path, sizeof(path), "out/%s", names.v[i]);
		OK(sst_io_unlink(io, path, &e));
	}
}

/* Whether something came out. */
static bool
salvaged(void)
{
	struct sst_salvage_opts o = { .dir = "out", .lost = count_loss };
	struct sst_written w;
	struct sst_err e;

	losses = 0;
	empty_out();
	OK(sst_salvage(&w, io, DATA, &o, &e));
	return w.npartitions > 0;
}

/* ---- random tables ---- */

static const char *const codecs[] = { "", "LZ4Compressor" };

struct made {
	const struct sst_table *t;
	struct items items, lying; /* as they were written; as they lie in the file */
};

static bool
make(struct made *m, int seed, const char *codec)
{
	struct random r = { (uint64_t)seed };
	struct random_opts o = { .nparts = 3, .nrows = 60, .nvalues = 60 };
	struct model all = { .arena = &arena };
	int i;

	m->t = all.table = random_table(&r, false, &arena);
	for (i = 0; i < 200; i++)
		model_apply(&all, random_update(&r, m->t, &o, &arena));
	m->items = model_items(&all, false);
	if (m->items.n == 0)
		return false;
	write_items(m->t, &m->items, codec);
	m->lying = read_items(BASE, m->t);
	return true;
}

START_TEST(sound_ones_have_no_finding)
{
	struct made m;

	if (make(&m, _i, codecs[_i % 2]))
		ck_assert_uint_eq(findings(DATA, "sound"), 0);
}
END_TEST

/* Whether the row is among those of its partition in `all`. */
static bool
is_among(const struct sst_table *t, const struct sst_item *row, struct sst_slice key,
    const struct items *all)
{
	struct items one = { 0 }, other = { 0 };
	bool inside = false;
	size_t i;

	for (i = 0; i < all->n; i++) {
		const struct sst_item *x = &all->at[i];

		if (x->kind == SST_PARTITION) {
			inside = sst_slice_eq(x->part.key, key);
			continue;
		}
		if (!inside || x->kind != row->kind)
			continue;
		if (x->kind == SST_ROW &&
		    sst_clustering_compare(t, x->row.ck, t->nck, row->row.ck, t->nck) != 0)
			continue;
		items_add(&one, x, &arena);
		items_add(&other, row, &arena);
		return items_same(t, &one, &other);
	}
	return false;
}

/* Every range that is deleted in `part` is deleted so in `all`, at each row of all. */
static struct sst_deletion
deletion_at(const struct sst_table *t, const struct items *all, struct sst_slice key,
    const struct sst_bound *at)
{
	struct sst_deletion open = SST_LIVE;
	bool inside = false;
	size_t i;

	for (i = 0; i < all->n; i++) {
		const struct sst_item *x = &all->at[i];

		if (x->kind == SST_PARTITION)
			inside = sst_slice_eq(x->part.key, key);
		else if (inside && x->kind == SST_MARKER &&
		    sst_bound_compare(t, &x->marker.at, at) < 0)
			open = x->marker.after;
	}
	return open;
}

static void
check_nothing_new(const struct made *m, const struct items *got)
{
	struct sst_slice key = { NULL, 0 };
	struct sst_deletion here, there;
	size_t i;

	for (i = 0; i < m->items.n; i++) {
		const struct sst_item *x = &m->items.at[i];
		struct sst_bound at;

		if (x->kind == SST_PARTITION)
			key = x->part.key;
		if (x->kind != SST_ROW && x->kind != SST_MARKER)
			continue;
		at = x->kind == SST_ROW ? (struct sst_bound){ x->row.ck, m->t->nck, 0 }
					: x->marker.at;
		here = deletion_at(m->t, got, key, &at);
		there = deletion_at(m->t, &m->items, key, &at);
		ck_assert(sst_deletion_is_live(&here) || sst_deletion_eq(&here, &there));
	}
	for (i = 0; i < got->n; i++) {
		const struct sst_item *x = &got->at[i];

		if (x->kind == SST_PARTITION)
			key = x->part.key;
		else if (x->kind != SST_MARKER)
			ck_assert(is_among(m->t, x, key, &m->items));
	}
}

/* Rows that lie a block of the index behind [from, to), or before it, must be there. */
static void
check_nothing_missing(
    const struct made *m, const struct items *got, uint64_t from, uint64_t to, uint64_t slack)
{
	struct sst_slice key = { NULL, 0 };
	size_t i;

	for (i = 0; i < m->lying.n; i++) {
		const struct sst_item *x = &m->lying.at[i];

		if (x->kind == SST_PARTITION)
			key = x->part.key;
		else if (x->kind == SST_ROW && (x->off + x->len <= from || x->off >= to + slack))
			ck_assert_msg(is_among(m->t, x, key, got),
			    "row at %ju is lost, damage from %ju", (uintmax_t)x->off,
			    (uintmax_t)from);
	}
}

static uint64_t
longest(const struct items *all)
{
	uint64_t most = 0;
	size_t i;

	for (i = 0; i < all->n; i++)
		most = all->at[i].len > most ? all->at[i].len : most;
	return most;
}

/* A chunk or block that holds byte `at` of the stored file, in the data. */
static void
damaged_range(uint64_t at, uint64_t *from, uint64_t *to)
{
	struct sst_sstable_opts none = { 0 };
	struct sst_sstable *t;
	struct sst_file *f;
	struct sst_err e;
	uint64_t i, off;
	size_t len;

	OK(sst_sstable_open(&t, io, DATA, &none, &e));
	ck_assert_ptr_nonnull(f = sst_sstable_data(t, &e));
	for (i = 0; i < sst_file_nblocks(f); i++) {
		sst_file_block_at(f, i, &off, &len);
		if (at < off + len)
			break;
	}
	*from = i * sst_file_block_len(f);
	*to = *from + sst_file_block_len(f);
	sst_sstable_close(t);
}

static void
check_salvaged(const struct made *m, uint64_t from, uint64_t to)
{
	/* A block begins at a row, is BLOCK long or one row more; a partition without an index of its
	 * own is lost whole, which has less than two blocks. */
	uint64_t slack = 2 * (BLOCK + longest(&m->lying)) + 64;
	struct items got;

	if (!salvaged()) {
		ck_assert_uint_gt(losses, 0);
		return;
	}
	got = read_items(OUT, m->t);
	ck_assert_uint_eq(findings(OUT "Data.db", "salvaged"), 0);
	check_nothing_new(m, &got);
	check_nothing_missing(m, &got, from, to, slack);
}

START_TEST(flipped_bytes)
{
	struct made m;
	struct sst_buf b;
	struct random r = { 99 + (uint64_t)_i };
	uint64_t from, to;
	size_t at, k;

	if (!make(&m, _i / 2, codecs[_i % 2]))
		return;
	b = file(DATA);
	for (k = 0; k < 12; k++) {
		at = random_below(&r, (unsigned)b.n);
		damaged_range(at, &from, &to);
		b.p[at] ^= 0x55;
		put_file(DATA, sst_buf_slice(&b));
		check_salvaged(&m, from, to);
		ck_assert_uint_gt(losses, 0);
		b.p[at] ^= 0x55;
	}
	sst_buf_free(&b);
}
END_TEST

/* Everything before the cut is there: also the rest of a block that no checksum covers any more. */
START_TEST(cut_files)
{
	struct made m;
	struct sst_buf b;
	struct random r = { 7 + (uint64_t)_i };
	uint64_t from, to;
	size_t at, k;

	if (!make(&m, _i / 2, codecs[_i % 2]))
		return;
	b = file(DATA);
	for (k = 0; k < 12; k++) {
		at = 1 + random_below(&r, (unsigned)b.n - 1);
		put_file(DATA, sst_buf_slice(&b));
		damaged_range(at, &from, &to);
		if (codecs[_i % 2][0] == '\0')
			from = at;
		put_file(DATA, (struct sst_slice){ b.p, at });
		check_salvaged(&m, from, UINT64_MAX / 2);
	}
	sst_buf_free(&b);
}
END_TEST

/* The index, too, is damaged: never wrong rows, only fewer. */
START_TEST(damaged_index)
{
	struct made m;
	struct sst_buf b, index;
	struct random r = { 31 + (uint64_t)_i };
	size_t at, k;

	if (!make(&m, _i / 2, codecs[_i % 2]))
		return;
	b = file(DATA);
	index = file(BASE "Index.db");
	for (k = 0; k < 12; k++) {
		at = random_below(&r, (unsigned)b.n);
		b.p[at] ^= 0x55;
		put_file(DATA, sst_buf_slice(&b));
		b.p[at] ^= 0x55;
		at = random_below(&r, (unsigned)index.n);
		index.p[at] ^= (uint8_t)(1u << random_below(&r, 8));
		put_file(BASE "Index.db", sst_buf_slice(&index));
		if (!salvaged())
			continue;
		ck_assert_uint_eq(findings(OUT "Data.db", "salvaged"), 0);
	}
	sst_buf_free(&b);
	sst_buf_free(&index);
}
END_TEST

static const char *const remade[] = { "Index.db", "Summary.db", "Filter.db", "Digest.crc32",
	"TOC.txt" };

START_TEST(rebuilt_is_as_written)
{
	struct sst_buf was, now;
	struct made m;
	char path[64];
	struct sst_err e;
	size_t i;

	if (!make(&m, _i, codecs[_i % 2]))
		return;
	for (i = 2; i < SST_ARRAY_LEN(remade); i++) { /* the index has blocks of the usual length */
		snprintf(path, sizeof(path), BASE "%s", remade[i]);
		was = file(path);
		put_file(path, SST_SLICE_LIT("x"));
		if (i == SST_ARRAY_LEN(remade) - 1)
			put_file(path, sst_buf_slice(&was));
		OK(sst_rebuild(io, DATA, &e));
		now = file(path);
		ck_assert(sst_slice_eq(sst_buf_slice(&was), sst_buf_slice(&now)));
		ck_assert_uint_eq(findings(DATA, "rebuilt"), 0);
		sst_buf_free(&was);
		sst_buf_free(&now);
	}
}
END_TEST

/* No memory at each place in turn: an error, and no file left behind. */
START_TEST(without_memory)
{
	struct sst_salvage_opts o = { .dir = "out", .lost = count_loss };
	struct sst_written w;
	struct made m;
	struct sst_buf b;
	struct sst_err e;
	unsigned long n;
	uint64_t empty;
	int r;

	if (!nomem_arm(1) || !nomem_disarm() || !make(&m, 4, "LZ4Compressor")) {
		(void)nomem_disarm();
		return;
	}
	b = file(DATA);
	b.p[b.n / 2] ^= 1;
	put_file(DATA, sst_buf_slice(&b));
	sst_buf_free(&b);
	empty = memfs_digest(fs, "out");
	for (n = 1; n < 100000; n++) {
		empty_out();
		nomem_arm(n);
		r = sst_salvage(&w, io, DATA, &o, &e);
		if (!nomem_disarm())
			break;
		if (r == -1) {
			ck_assert_int_eq(e.code, SST_ENOMEM);
			ck_assert(memfs_digest(fs, "out") == empty);
		}
		ck_assert_uint_eq(memfs_nopen(fs), 0);
	}
	ck_assert_int_eq(r, 0);
}
END_TEST

/* Each call fails in turn. */
START_TEST(every_call_fails)
{
	struct sst_salvage_opts o = { .dir = "out", .lost = count_loss };
	struct faultio_plan plan = { .how = FAULTIO_FAIL, .sys = EIO };
	struct faultio *f = faultio_new(io);
	struct sst_written w;
	struct sst_buf b;
	struct made m;
	struct sst_err e;
	int r;

	if (!make(&m, 4, codecs[_i])) {
		faultio_free(f);
		return;
	}
	b = file(DATA);
	b.p[b.n / 2] ^= 1;
	put_file(DATA, sst_buf_slice(&b));
	sst_buf_free(&b);
	for (plan.at = 1; plan.at < 10000; plan.at++) {
		empty_out();
		faultio_plan(f, &plan);
		r = sst_salvage(&w, faultio_io(f), DATA, &o, &e);
		ck_assert_uint_eq(memfs_nopen(fs), 0);
		if (faultio_failed(f)[0] == '\0')
			break;
		if (r == -1)
			ck_assert_int_eq(e.code, SST_ESYS);
	}
	ck_assert_int_eq(r, 0);
	faultio_free(f);
}
END_TEST

Suite *
salvage_suite(void)
{
	Suite *s = suite_create("salvage");
	TCase *t = tcase_create("salvage");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, sound_ones_have_no_finding, 0, 20);
	tcase_add_loop_test(t, flipped_bytes, 0, 24);
	tcase_add_loop_test(t, cut_files, 0, 24);
	tcase_add_loop_test(t, damaged_index, 0, 24);
	tcase_add_loop_test(t, rebuilt_is_as_written, 0, 10);
	tcase_add_test(t, without_memory);
	tcase_add_loop_test(t, every_call_fails, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
