/*
 * tests/unit/writer.c: whatever is written is read back the same; what a stream must not be is
 * refused; files are as Cassandra's are where the rest of the tests cannot see it.
 */
#include <check.h>
#include <stdlib.h>

#include "../support/items.h"
#include "../support/memfs.h"
#include "../support/model.h"
#include "../support/random.h"
#include "sstable/reader.h"
#include "sstable/writer.h"

Suite *writer_suite(void);

static struct memfs *fs;
static const struct sst_io *io;
static struct sst_arena arena;
static char text[512];

static void
setup(void)
{
	struct sst_err e;

	fs = memfs_new();
	io = memfs_io(fs);
	ck_assert_int_eq(sst_io_mkdir(io, "t", &e), 0);
}

static void
teardown(void)
{
	sst_arena_free(&arena);
	memfs_free(fs);
}

#define OK(call) ck_assert_msg((call) == 0, "%s", sst_err_text(&e, text, sizeof(text)))

static void
write_items(const char *base, const struct sst_table *t, const struct items *items,
    const struct sst_writer_opts *o)
{
	struct sst_stream *s = items_stream(items, t, false, false);
	struct sst_written written;
	struct sst_writer *w;
	struct sst_err e;

	OK(sst_writer_open(&w, io, base, t, o, &e));
	OK(sst_writer_copy(w, s, &e));
	sst_stream_close(s);
	OK(sst_writer_finish(w, &written, &e));
	ck_assert_uint_gt(written.npartitions, 0);
	ck_assert_uint_eq(memfs_nopen(fs), 0);
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

/* Random tables and all that can be in them, in both versions, through every compressor. */
START_TEST(round_trip)
{
	static const char *const classes[] = { "ZstdCompressor", "LZ4Compressor", "",
		"SnappyCompressor", "DeflateCompressor" };
	struct random r = { 1000 + (uint64_t)_i };
	const struct sst_table *t = random_table(&r, _i % 8 == 7, &arena);
	struct random_opts ro = { .nparts = 5,
		.nrows = 8,
		.nvalues = 8,
		.wide = _i % 2 == 1,
		.shadowable = _i % 3 == 0 };
	struct sst_writer_opts o = { .compression_set = true };
	struct model m = { .table = t, .arena = &arena };
	const char *base = _i % 4 == 3 ? "t/nb-7-big-" : "t/me-7-big-";
	struct items want, got;
	int i, n = 1 + (int)random_below(&r, 40);

	for (i = 0; i < n; i++)
		model_apply(&m, random_update(&r, t, &ro, &arena));
	want = model_items(&m, false);
	o.compression = (struct sst_compression){ sst_slice_str(classes[_i % 5]), 4096, 0 };
	if (_i % 2 == 0) {
		o.times_set = true;
		o.min_ts_us = RANDOM_TS_US;
		o.min_ldt_s = RANDOM_LDT_S;
	}
	if (want.n == 0)
		return;
	write_items(base, t, &want, &o);
	got = read_items(base, t);
	ck_assert(items_same(t, &got, &want));
}
END_TEST

Suite *
writer_suite(void)
{
	Suite *s = suite_create("writer");
	TCase *tc = tcase_create("writer");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, round_trip, 0, 300);
	suite_add_tcase(s, tc);
	return s;
}
