/*
 * tests/unit/writer.c: whatever is written is read back the same; what a stream must not be is
 * refused; files are as Cassandra's are where the rest of the tests cannot see it.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "../support/faultio.h"
#include "../support/items.h"
#include "../support/memfs.h"
#include "../support/model.h"
#include "../support/random.h"
#include "base/num.h"
#include "sstable/fileout.h"
#include "sstable/reader.h"
#include "sstable/statistics.h"
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
	ck_assert_int_eq(sst_io_mkdir(io, "empty", &e), 0);
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
		.shadowable = _i % 3 == 0,
		.under = _i % 6 == 0 };
	struct sst_writer_opts o = { .compression_set = true };
	struct model m = { .table = t, .arena = &arena };
	const char *base = _i % 4 == 3 ? "t/nb-7-big-" : "t/me-7-big-";
	struct items want, got;
	int i, n = 1 + (int)random_below(&r, 40);

	for (i = 0; i < n; i++)
		model_apply(&m, random_update(&r, t, &ro, &arena));
	want = model_items(&m, false);
	o.compression = (struct sst_compression){ sst_slice_str(classes[_i % 5]), 4096, 0 };
	o.index_block = _i % 2 == 0 ? 200 : 0;
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

/* --- against what Cassandra wrote --- */

#define FIXTURES "../shared/fixtures/cassandra/"

struct real {
	struct sst_sstable *sstable;
	struct sst_table table;
	struct sst_writer_opts opts;
};

/* What the file's own writer was told, as far as it can be seen in the file. */
static void
open_real(struct real *r, const char *base)
{
	static const struct sst_sstable_opts none;
	const struct sst_chunks *chunks;
	const struct sst_statistics *st;
	const struct sst_header *h;
	struct sst_file *data;
	struct sst_err e;

	OK(sst_sstable_open(&r->sstable, &sst_io_posix, base, &none, &e));
	ck_assert_ptr_nonnull(data = sst_sstable_data(r->sstable, &e));
	chunks = sst_file_chunks(data);
	st = sst_sstable_statistics(r->sstable);
	h = sst_sstable_header(r->sstable);
	r->table = *sst_sstable_table(r->sstable);
	r->table.bloom_fp = st->bloom_fp;
	r->opts = (struct sst_writer_opts){ .compression_set = true,
		.compression = { chunks->class_name, chunks->chunk_len, 0 },
		.times_set = true,
		.min_ts_us = h->min_ts_us,
		.min_ldt_s = h->min_ldt_s,
		.min_ttl_s = h->min_ttl_s,
		.index_block = 4096 }; /* column_index_size of those who made the fixtures */
	memcpy(r->opts.host_id, st->host_uuid, 16);
}

static void
same_bytes(const char *have_base, const char *want_base, const char *component)
{
	struct sst_buf have = { 0 }, want = { 0 };
	char path[512];
	struct sst_err e;

	snprintf(path, sizeof(path), "%s%s", have_base, component);
	OK(sst_io_read_file(io, path, 1 << 24, &have, &e));
	snprintf(path, sizeof(path), "%s%s", want_base, component);
	OK(sst_io_read_file(&sst_io_posix, path, 1 << 24, &want, &e));
	ck_assert_msg(sst_slice_eq(sst_buf_slice(&have), sst_buf_slice(&want)), "%s differs", path);
	sst_buf_free(&have);
	sst_buf_free(&want);
}

static bool
same_bound(const struct sst_bound *a, const struct sst_bound *b)
{
	size_t i;

	for (i = 0; i < a->n && a->n == b->n; i++)
		if (!sst_slice_eq(a->ck[i], b->ck[i]))
			return false;
	return a->n == b->n && a->side == b->side;
}

/* All but the places in Cassandra's commit log, and shapes of histograms that 3.x had. */
static void
same_statistics(const struct sst_statistics *a, const struct sst_statistics *b)
{
	size_t i;

	ck_assert(sst_slice_eq(a->partitioner, b->partitioner));
	ck_assert(sst_slice_eq(a->compaction, b->compaction));
	for (i = 0; i < a->partition_bytes.n && i < b->partition_bytes.n; i++) {
		ck_assert_int_eq(
		    a->partition_bytes.buckets[i].offset, b->partition_bytes.buckets[i].offset);
		ck_assert_int_eq(
		    a->partition_bytes.buckets[i].count, b->partition_bytes.buckets[i].count);
	}
	ck_assert_uint_eq(a->partition_cells.n, b->partition_cells.n);
	for (i = 0; i < a->partition_cells.n; i++)
		ck_assert_int_eq(
		    a->partition_cells.buckets[i].count, b->partition_cells.buckets[i].count);
	ck_assert_int_eq(a->min_ts_us, b->min_ts_us);
	ck_assert_int_eq(a->max_ts_us, b->max_ts_us);
	ck_assert_int_eq(a->min_ldt_s, b->min_ldt_s);
	ck_assert_int_eq(a->max_ldt_s, b->max_ldt_s);
	ck_assert_int_eq(a->min_ttl_s, b->min_ttl_s);
	ck_assert_int_eq(a->max_ttl_s, b->max_ttl_s);
	ck_assert(a->compression_ratio == b->compression_ratio);
	ck_assert_uint_eq(a->ndrop_times, b->ndrop_times);
	for (i = 0; i < a->ndrop_times; i++) {
		ck_assert_int_eq(a->drop_times[i].at_s, b->drop_times[i].at_s);
		ck_assert_int_eq(a->drop_times[i].count, b->drop_times[i].count);
	}
	ck_assert(same_bound(&a->covered_from, &b->covered_from));
	ck_assert(same_bound(&a->covered_to, &b->covered_to));
	ck_assert_int_eq(a->legacy_counter_shards, b->legacy_counter_shards);
	ck_assert_uint_eq(a->ncolumns_set, b->ncolumns_set);
	ck_assert_uint_eq(a->nrows, b->nrows);
	ck_assert_int_eq(a->host_id, b->host_id);
	ck_assert_mem_eq(a->host_uuid, b->host_uuid, 16);
	ck_assert(sst_slice_eq(a->key_class, b->key_class));
}

/* What Cassandra wrote, read and written again, is the same, compressed bytes (lz4) and all. */
START_TEST(real_rewrite)
{
	static const char *const names[] = { "me/legacy_tables/legacy_me_clust/me",
		"me/legacy_tables/legacy_me_clust_compact/me",
		"me/legacy_tables/legacy_me_clust_counter/me",
		"me/legacy_tables/legacy_me_clust_counter_compact/me",
		"me/legacy_tables/legacy_me_simple/me",
		"me/legacy_tables/legacy_me_simple_counter/me",
		"nb/legacy_tables/legacy_nb_clust/nb",
		"nb/legacy_tables/legacy_nb_clust_counter/nb",
		"nb/legacy_tables/legacy_nb_simple/nb",
		"nb/legacy_tables/legacy_nb_simple_counter/nb" };
	static const char *const components[] = { "Data.db", "Index.db", "Filter.db", "Summary.db",
		"CompressionInfo.db", "Digest.crc32" };
	static const struct sst_sstable_opts none;
	char want[256], have[64];
	struct sst_sstable *again;
	struct sst_stream *s;
	struct sst_writer *w;
	struct real r;
	struct sst_err e;
	size_t i;

	snprintf(want, sizeof(want), FIXTURES "%s-1-big-", names[_i]);
	snprintf(have, sizeof(have), "t/%s-9-big-", strstr(names[_i], "legacy_nb") ? "nb" : "me");
	open_real(&r, want);
	OK(sst_sstable_scan(r.sstable, &s, &e));
	OK(sst_writer_open(&w, io, have, &r.table, &r.opts, &e));
	OK(sst_writer_copy(w, s, &e));
	OK(sst_writer_finish(w, NULL, &e));
	sst_stream_close(s);
	for (i = 0; i < SST_ARRAY_LEN(components); i++)
		same_bytes(have, want, components[i]);
	OK(sst_sstable_open(&again, io, have, &none, &e));
	same_statistics(sst_sstable_statistics(again), sst_sstable_statistics(r.sstable));
	sst_sstable_close(again);
	sst_sstable_close(r.sstable);
}
END_TEST

/* --- what a stream must not be --- */

#define V(s) SST_SLICE_LIT(s)

static struct sst_table *
small_table(void)
{
	static const struct sst_type num = { .kind = SST_INT, .fixed_len = 4 },
				     str = { .kind = SST_TEXT, .fixed_len = -1 },
				     *const elem[] = { &num };
	static const struct sst_type set = { .kind = SST_SET,
		.multicell = true,
		.fixed_len = -1,
		.nargs = 1,
		.args = (const struct sst_type **)elem };
	struct sst_table *t = sst_arena_alloc(&arena, sizeof(*t));
	struct sst_column *c = sst_arena_array(&arena, 5, sizeof(*c));
	struct sst_err e;

	memset(t, 0, sizeof(*t));
	sst_table_defaults(t);
	c[0] = (struct sst_column){ .name = V("k"), .type = &str, .dropped_us = INT64_MIN };
	c[1] = (struct sst_column){ .name = V("c"), .type = &num, .dropped_us = INT64_MIN };
	c[2] = (struct sst_column){ .name = V("s"), .type = &num, .dropped_us = INT64_MIN };
	c[3] = (struct sst_column){ .name = V("v"), .type = &num, .dropped_us = INT64_MIN };
	c[4] = (struct sst_column){ .name = V("w"), .type = &set, .dropped_us = INT64_MIN };
	t->keyspace = V("ks");
	t->name = V("t");
	t->nkey = t->nck = t->nstatic = 1;
	t->nregular = 2;
	t->key = c;
	t->ck = c + 1;
	t->statics = c + 2;
	t->regulars = c + 3;
	OK(sst_table_finish(t, &arena, &e));
	return t;
}

static struct sst_item
part(const char *key)
{
	struct sst_item i = { .kind = SST_PARTITION,
		.part = { sst_slice_str(key), sst_token(sst_slice_str(key)), SST_LIVE } };

	return i;
}

static const struct sst_slice ones[] = { V("\0\0\0\1"), V("\0\0\0\2"), V("\0\0\0\3"), V("\1\2") };

static struct sst_item
row(int ck, struct sst_cell *cell)
{
	struct sst_item i = { .kind = SST_ROW,
		.row = { .ck = &ones[ck],
		    .live = { 5, 0, SST_NO_LDT },
		    .del = SST_LIVE,
		    .ncells = cell != NULL,
		    .cells = cell } };

	return i;
}

static struct sst_item
marker(int ck, int side, int64_t before, int64_t after)
{
	struct sst_item i = { .kind = SST_MARKER,
		.marker = { { &ones[ck], 1, side },
		    { before, before == SST_NO_TS ? SST_NO_LDT : 9 },
		    { after, after == SST_NO_TS ? SST_NO_LDT : 9 } } };

	return i;
}

static struct sst_cell cells[] = {
	{ 0, 0, 7, SST_NO_LDT, V("\0\0\0\5"), { NULL, 0 } }, /* 0: fine */
	{ 0, 0, 7, SST_NO_LDT, V("\0\0\5"), { NULL, 0 } },   /* 1: three bytes of an int */
	{ 0, 0, 7, SST_NO_LDT, V("\0\0\0\5"), V("p") },      /* 2: a path in a simple column */
	{ 1, 0, 7, SST_NO_LDT, V(""), { NULL, 0 } },         /* 3: none in a multicell one */
	{ 9, 0, 7, SST_NO_LDT, V(""), { NULL, 0 } },         /* 4: no such column */
	{ 0, 0, 7, INT64_C(1) << 31, V(""), { NULL, 0 } },   /* 5: after 2038 */
	{ 0, 0, 7, -1, V(""), { NULL, 0 } },                 /* 6: before 1970 */
};

/* Adds the items; the last must fail so. */
static void
refused(const struct sst_item *items, size_t n, enum sst_code code, const char *what)
{
	struct sst_writer_opts o = { 0 };
	struct sst_table *t = small_table();
	struct sst_writer *w;
	struct sst_err e;
	size_t i;

	OK(sst_writer_open(&w, io, "t/me-1-big-", t, &o, &e));
	for (i = 0; i + 1 < n; i++)
		OK(sst_writer_add(w, &items[i], &e));
	ck_assert_int_eq(sst_writer_add(w, &items[i], &e), -1);
	ck_assert_int_eq(e.code, code);
	ck_assert_msg(strstr(e.what, what) != NULL, "%s, want %s", e.what, what);
	ck_assert_str_eq(e.file, "t/me-1-big-Data.db");
	ck_assert_int_eq(sst_writer_add(w, &items[0], &e), -1);
	ck_assert_int_eq(sst_writer_finish(w, NULL, &e), -1);
	sst_writer_abort(w);
	ck_assert_uint_eq(memfs_digest(fs, "t"), memfs_digest(fs, "empty"));
}

#define REFUSED(code, what, ...) \
	do { \
		struct sst_item items_[] = { __VA_ARGS__ }; \
		refused(items_, SST_ARRAY_LEN(items_), code, what); \
	} while (0)

START_TEST(bad_streams)
{
	static char huge[70000];
	static const struct sst_complex_deletion gone = { 0, { 5, 5 } }, late = { 1, { 5, -5 } };
	struct sst_item it = row(0, NULL), st = row(0, NULL), long_key = part("");

	REFUSED(SST_EINVAL, "before any partition", row(0, NULL));
	REFUSED(SST_EINVAL, "partitions do not ascend", part("a"), row(0, NULL), part("a"));
	REFUSED(SST_EINVAL, "do not ascend in", part("a"), row(1, NULL), row(0, NULL));
	REFUSED(SST_EINVAL, "do not ascend in", part("a"), row(1, NULL), row(1, NULL));
	REFUSED(SST_EINVAL, "not open", part("a"), marker(0, -1, 5, SST_NO_TS));
	REFUSED(SST_EINVAL, "not open", part("a"), marker(0, -1, SST_NO_TS, 5),
	    marker(1, 1, 6, SST_NO_TS));
	REFUSED(SST_EINVAL, "is open where", part("a"), marker(0, -1, SST_NO_TS, 5), part("b"));
	REFUSED(SST_EINVAL, "changes no deletion", part("a"), marker(0, -1, SST_NO_TS, SST_NO_TS));
	REFUSED(SST_EINVAL, "changes no deletion", part("a"), marker(0, 0, SST_NO_TS, 5));
	REFUSED(SST_EINVAL, "clustering value", part("a"), marker(3, -1, SST_NO_TS, 5));
	REFUSED(SST_EINVAL, "clustering value", part("a"), row(3, NULL));
	REFUSED(SST_EINVAL, "has 3 bytes, want 4", part("a"), row(0, &cells[1]));
	REFUSED(SST_EINVAL, "with a path", part("a"), row(0, &cells[2]));
	REFUSED(SST_EINVAL, "without a path", part("a"), row(0, &cells[3]));
	REFUSED(SST_EINVAL, "header has not", part("a"), row(0, &cells[4]));
	REFUSED(SST_EINVAL, "does not fit", part("a"), row(0, &cells[5]));
	REFUSED(SST_EINVAL, "does not fit", part("a"), row(0, &cells[6]));
	it.row.ncomplex = 1;
	it.row.complex = &gone;
	REFUSED(SST_EINVAL, "no multicell column", part("a"), it);
	it.row.complex = &late;
	REFUSED(SST_EINVAL, "does not fit", part("a"), it);
	it = row(0, NULL);
	it.row.del = (struct sst_deletion){ 5, INT64_C(1) << 40 };
	REFUSED(SST_EINVAL, "does not fit", part("a"), it);
	it.row.del = SST_LIVE;
	it.row.live = (struct sst_liveness){ 5, 60, INT64_C(1) << 40 };
	REFUSED(SST_EINVAL, "does not fit", part("a"), it);
	it = marker(0, -1, SST_NO_TS, 5);
	it.marker.after.ldt_s = -1;
	REFUSED(SST_EINVAL, "does not fit", part("a"), it);
	st.kind = SST_STATIC;
	st.row.ck = NULL;
	REFUSED(SST_EINVAL, "static row", part("a"), row(0, NULL), st);
	memset(huge, 'x', sizeof(huge));
	long_key.part.key = (struct sst_slice){ (const uint8_t *)huge, sizeof(huge) };
	REFUSED(SST_ELIMIT, "partition key of 70000 bytes", long_key);
}
END_TEST

START_TEST(bad_options)
{
	static const struct {
		const char *base, *class_name;
		uint32_t chunk_len;
		double fp;
		enum sst_code code;
	} bad[] = {
		{ "t/me-1-big", "", 0, 0.01, SST_EINVAL },
		{ "t/me-1-big-Data.db", "", 0, 0.01, SST_EINVAL },
		{ "t/oa-1-big-", "", 0, 0.01, SST_EVERSION },
		{ "t/da-1-bti-", "", 0, 0.01, SST_EVERSION },
		{ "t/me-1-big-", "LZ4Compressor", 5000, 0.01, SST_EINVAL },
		{ "t/me-1-big-", "LZ4Compressor", 0, 0.01, SST_EINVAL },
		{ "t/me-1-big-", "LZ4Compressor", 1 << 30, 0.01, SST_EINVAL },
		{ "t/me-1-big-", "NoSuchCompressor", 4096, 0.01, SST_EUNSUPPORTED },
		{ "t/me-1-big-", "", 0, 1e-9, SST_EINVAL },
		{ "none/me-1-big-", "", 0, 0.01, SST_ESYS },
	};
	struct sst_table *t = small_table();
	struct sst_writer_opts o = { .compression_set = true };
	struct sst_writer *w;
	struct sst_err e;

	o.compression.class_name = sst_slice_str(bad[_i].class_name);
	o.compression.chunk_len = bad[_i].chunk_len;
	t->bloom_fp = bad[_i].fp;
	ck_assert_int_eq(sst_writer_open(&w, io, bad[_i].base, t, &o, &e), -1);
	ck_assert_int_eq(e.code, bad[_i].code);
	ck_assert_ptr_null(w);
	ck_assert_uint_eq(memfs_digest(fs, "t"), memfs_digest(fs, "empty"));
	ck_assert_uint_eq(memfs_nopen(fs), 0);
}
END_TEST

/* A stream without data makes no files; neither do partitions that say nothing. */
START_TEST(nothing)
{
	struct sst_table *t = small_table();
	struct sst_writer_opts o = { 0 };
	struct sst_item a = part("a"), b = part("b"), empty = row(0, NULL);
	struct sst_written written;
	struct sst_writer *w;
	struct sst_err e;

	empty.row.live.ts_us = SST_NO_TS;
	OK(sst_writer_open(&w, io, "t/me-1-big-", t, &o, &e));
	if (a.part.token > b.part.token)
		OK(sst_writer_add(w, &b, &e));
	OK(sst_writer_add(w, &a, &e));
	OK(sst_writer_add(w, &empty, &e));
	ck_assert_int_eq(sst_writer_finish(w, &written, &e), 1);
	ck_assert_uint_eq(written.npartitions, 0);
	ck_assert_uint_eq(memfs_digest(fs, "t"), memfs_digest(fs, "empty"));
}
END_TEST

/* --- when the disk says no --- */

/* Writes a few rows; -1 after abort. */
static int
write_some(const struct sst_io *to, const struct sst_table *t, struct sst_err *e)
{
	struct sst_writer_opts o = { .compression_set = true };
	struct sst_item p = part("a"), r = row(0, &cells[0]);
	struct sst_writer *w;

	if (sst_writer_open(&w, to, "t/me-3-big-", t, &o, e) == -1)
		return -1;
	if (sst_writer_add(w, &p, e) == -1 || sst_writer_add(w, &r, e) == -1 ||
	    sst_writer_finish(w, NULL, e) == -1) {
		sst_writer_abort(w);
		return -1;
	}
	return 0;
}

/* Whichever call fails: an error that says so, no descriptor, no file but the claimed TOC. */
START_TEST(failing_calls)
{
	struct faultio_plan plan = { .how = FAULTIO_FAIL, .sys = ENOSPC };
	struct sst_table *t = small_table();
	unsigned long i, n;
	struct faultio *f;
	struct memfs *old;
	uint64_t clean;
	struct sst_err e;

	OK(sst_fileout_write(io, "t/me-3-big-TOC.txt.tmp", true, SST_SLICE_LIT(""), &e));
	clean = memfs_digest(fs, "t");
	for (n = 0, i = 1; n == 0; i++) {
		old = memfs_copy(fs);
		f = faultio_new(memfs_io(old));
		plan.at = i;
		faultio_plan(f, &plan);
		if (write_some(faultio_io(f), t, &e) == 0)
			n = i;
		else {
			ck_assert_int_eq(e.code, SST_ESYS);
			ck_assert_int_eq(e.sys, ENOSPC);
			/* a close that fails has closed; a TOC that was being written may not be empty */
			ck_assert_uint_eq(memfs_nopen(old), 0);
			OK(sst_fileout_write(
			    memfs_io(old), "t/me-3-big-TOC.txt.tmp", true, SST_SLICE_LIT(""), &e));
			ck_assert_uint_eq(memfs_digest(old, "t"), clean);
		}
		faultio_free(f);
		memfs_free(old);
	}
	ck_assert_uint_gt(n, 30);
}
END_TEST

/* A file that is there already is somebody else's: it stays. */
START_TEST(file_in_the_way)
{
	static const char *const names[] = { "Data.db", "Index.db", "Filter.db", "Statistics.db",
		"Digest.crc32" };
	struct sst_table *t = small_table();
	char path[64];
	uint64_t before;
	struct sst_err e;

	snprintf(path, sizeof(path), "t/me-3-big-%s", names[_i]);
	OK(sst_fileout_write(io, path, false, SST_SLICE_LIT("precious"), &e));
	before = memfs_digest(fs, "t");
	ck_assert_int_eq(write_some(io, t, &e), -1);
	ck_assert_int_eq(e.sys, EEXIST);
	ck_assert_str_eq(e.file, path);
	ck_assert_uint_eq(memfs_digest(fs, "t"), before);
}
END_TEST

/* --- memory --- */

static ssize_t
drop(void *ctx, int fd, const void *buf, size_t n)
{
	(void)ctx, (void)fd, (void)buf;
	return (ssize_t)n;
}

/* 1 GiB in one partition: the peak grows by less than 32 MiB. */
START_TEST(huge_partition)
{
	static uint8_t value[16384];
	struct sst_io sink = *io;
	struct sst_table *t = small_table();
	struct sst_writer_opts o = { .compression_set = true };
	struct sst_cell c = { 1, 0, 7, SST_NO_LDT, { value, sizeof(value) }, V("\0\0\0\1") };
	struct sst_item p = part("a"), r;
	struct sst_written written;
	struct rusage before, after;
	struct sst_writer *w;
	uint8_t ck[4];
	struct sst_slice cks = { ck, 4 };
	uint32_t i;
	struct sst_err e;

	sink.write = drop;
	OK(sst_writer_open(&w, &sink, "t/me-1-big-", t, &o, &e));
	getrusage(RUSAGE_SELF, &before);
	OK(sst_writer_add(w, &p, &e));
	for (i = 0; i < 65536; i++) {
		ck[0] = 0;
		ck[1] = (uint8_t)(i >> 16);
		ck[2] = (uint8_t)(i >> 8);
		ck[3] = (uint8_t)i;
		r = row(0, &c);
		r.row.ck = &cks;
		OK(sst_writer_add(w, &r, &e));
	}
	OK(sst_writer_finish(w, &written, &e));
	getrusage(RUSAGE_SELF, &after);
	ck_assert_uint_gt(written.data_bytes, UINT64_C(1) << 30);
	ck_assert_int_lt(after.ru_maxrss - before.ru_maxrss, 32 * 1024);
}
END_TEST

Suite *
writer_suite(void)
{
	Suite *s = suite_create("writer");
	TCase *tc = tcase_create("writer");
	struct sst_stat there;
	struct sst_err e;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, round_trip, 0, 300);
	if (sst_io_stat(&sst_io_posix, FIXTURES, &there, &e) == 0)
		tcase_add_loop_test(tc, real_rewrite, 0, 10);
	else
		fprintf(stderr, "writer: real_rewrite skipped, as " FIXTURES " is missing\n");
	tcase_add_test(tc, bad_streams);
	tcase_add_loop_test(tc, bad_options, 0, 10);
	tcase_add_test(tc, nothing);
	tcase_add_test(tc, failing_calls);
	tcase_add_loop_test(tc, file_in_the_way, 0, 5);
	tcase_add_test(tc, huge_partition);
	suite_add_tcase(s, tc);
	return s;
}
