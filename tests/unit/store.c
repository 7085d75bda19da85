/*
 * tests/unit/store.c: a data directory: what is written is read, before and after flushes, and no more
 * is read than need be.
 */
#include <check.h>
#include <stdio.h>

#include "../support/faultio.h"
#include "../support/memfs.h"
#include "../support/stores.h"
#include "base/num.h"
#include "sstable/chunks.h"
#include "sstable/version.h"

Suite *store_suite(void);

START_TEST(what_is_written_is_read)
{
	struct memfs *fs = memfs_new();
	struct sst_store *s = kt_open_writer(memfs_io(fs));
	struct sst_buf b = { 0 };
	struct sst_read r;
	uint32_t key;

	ck_assert_str_eq(kt_all(s, &b), "");
	kt_put(s, 1, 2, "x");
	kt_put(s, 1, 1, "y");
	ck_assert_str_eq(kt_all(s, &b), "1:1=y 1:2=x ");
	kt_flush(s);
	ck_assert_str_eq(kt_all(s, &b), "1:1=y 1:2=x ");
	kt_put(s, 1, 2, "z"); /* the same time: the larger value wins */
	kt_put(s, 1, 3, "n");
	ck_assert_str_eq(kt_all(s, &b), "1:1=y 1:2=z 1:3=n ");
	kt_flush(s);
	kt_flush(s); /* of nothing */
	r = kt_partition(&key, 1);
	r.reversed = true;
	ck_assert_str_eq(kt_read_text(s, &r, NULL, &b), "1:3=n 1:2=z 1:1=y ");
	r = kt_partition(&key, 7);
	ck_assert_str_eq(kt_read_text(s, &r, NULL, &b), "");
	kt_put(s, 1, 4, "at close");
	kt_finish(s);
	s = kt_open_reader(memfs_io(fs));
	ck_assert_str_eq(kt_all(s, &b), "1:1=y 1:2=z 1:3=n 1:4=at close ");
	kt_finish(s);
	sst_buf_free(&b);
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	memfs_free(fs);
}
END_TEST

START_TEST(tables_of_a_store)
{
	struct memfs *fs = memfs_new();
	struct sst_store_opts o = kt_options();
	struct sst_store *s = kt_open_writer(memfs_io(fs));
	struct sst_db *db = sst_store_db(s);
	struct sst_err e;

	ck_assert_uint_eq(sst_store_ntables(s), 2);
	ck_assert_ptr_eq(sst_store_table(s, 0), kt_table_of(s, "t"));
	ck_assert_ptr_eq(sst_store_table(s, 1), kt_table_of(s, "u"));
	ck_assert_ptr_null(sst_store_table(s, 2));
	ck_assert_ptr_null(db->ops->table(db, SST_SLICE_LIT("k"), SST_SLICE_LIT("v")));
	ck_assert_ptr_null(db->ops->table(db, SST_SLICE_LIT("x"), SST_SLICE_LIT("t")));
	ck_assert_str_eq(sst_store_folder(s, kt_table_of(s, "t")), KT_FOLDER);
	ck_assert_ptr_null(sst_store_folder(s, NULL));
	kt_finish(s);
	/* what is on disk counts, and a table more is made */
	o.schema = SST_SLICE_LIT("CREATE TABLE k.t (zzz int PRIMARY KEY); CREATE TABLE k2.t (a int "
				 "PRIMARY KEY)");
	s = kt_open_with(memfs_io(fs), &o);
	ck_assert_uint_eq(sst_store_ntables(s), 3);
	ck_assert_uint_eq(kt_table_of(s, "t")->nck, 1);
	kt_finish(s);
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
	struct sst_store_opts o = kt_options();
	struct sst_read_stats stats = { 0 };
	struct sst_buf b = { 0 }, want = { 0 };
	char text[200];
	struct sst_store *s;
	int i;

	o.memory = 100000;
	s = kt_open_with(memfs_io(fs), &o);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (i = 0; i < 3000; i++) {
		kt_put(s, 1, i * 7919 % 3000, text);
		sst_buf_addf(&want, "1:%d=%s ", i, text);
	}
	sst_buf_addc(&want, '\0');
	ck_assert_str_eq(kt_read_text(s, &kt_everything, &stats, &b), (char *)want.p);
	ck_assert_uint_gt(stats.sstables_read, 5);
	ck_assert_uint_eq(stats.rows, 3000);
	kt_finish(s);
	s = kt_open_reader(memfs_io(fs));
	ck_assert_str_eq(kt_all(s, &b), (char *)want.p);
	kt_finish(s);
	sst_buf_free(&b);
	sst_buf_free(&want);
	memfs_free(fs);
}
END_TEST

START_TEST(reads_leave_out_what_cannot_have_it)
{
	struct memfs *fs = memfs_new();
	struct sst_store *s = kt_open_writer(memfs_io(fs));
	struct sst_read_stats stats = { 0 };
	struct sst_slice from, to;
	struct sst_range slice = { { &from, 1, -1 }, { &to, 1, 1 } };
	uint32_t key, kf = __builtin_bswap32(20), kt = __builtin_bswap32(29);
	struct sst_buf b = { 0 };
	struct sst_read r;
	struct sst_err e;

	kt_put_many(s, 1, 50, 10, "x"); /* five sets: b from 0 to 9, from 10 to 19, … */
	kt_put(s, 2, 1000, "other");
	kt_flush(s);
	r = kt_partition(&key, 1);
	from = (struct sst_slice){ (uint8_t *)&kf, 4 };
	to = (struct sst_slice){ (uint8_t *)&kt, 4 };
	r.slices = &slice;
	r.nslices = 1;
	ck_assert_str_eq(kt_read_text(s, &r, &stats, &b),
	    "1:20=x 1:21=x 1:22=x 1:23=x 1:24=x 1:25=x 1:26=x 1:27=x 1:28=x 1:29=x ");
	ck_assert_uint_eq(stats.sstables_seen, 6);
	ck_assert_uint_eq(stats.sstables_read, 1);
	ck_assert_uint_eq(stats.sstables_skipped, 5);
	ck_assert_int_eq(
	    sst_store_db(s)->ops->extent(sst_store_db(s), kt_table_of(s, "t"), &from, &to, &e),
	    SST_ONE);
	ck_assert_int_eq(kt_get_int(from), 0);
	ck_assert_int_eq(kt_get_int(to), 1000);
	kt_put(s, 3, -5, "in memory");
	kt_put(s, 3, 2000, "in memory");
	ck_assert_int_eq(
	    sst_store_db(s)->ops->extent(sst_store_db(s), kt_table_of(s, "t"), &from, &to, &e),
	    SST_ONE);
	ck_assert_int_eq(kt_get_int(from), -5);
	ck_assert_int_eq(kt_get_int(to), 2000);
	kt_finish(s);
	sst_buf_free(&b);
	memfs_free(fs);
}
END_TEST

/* Sets of random ranges, some of which overlap, read in slices and both ways, by key: as one table of
 * the last values would be. */
START_TEST(sets_in_a_chain)
{
	enum {
		N = 120
	};
	struct memfs *fs = memfs_new();
	struct sst_store *s = kt_open_writer(memfs_io(fs));
	struct sst_buf b = { 0 }, want = { 0 };
	char last[N][16] = { "" };
	uint32_t key, kf, kt;
	struct sst_slice from = { (uint8_t *)&kf, 4 }, to = { (uint8_t *)&kt, 4 };
	struct sst_range slice = { { &from, 1, -1 }, { &to, 1, 1 } };
	struct sst_read r = kt_partition(&key, 1);
	unsigned rng = 1 + (unsigned)_i;
	int i, k, lo, hi;

	for (i = 0; i < 14; i++) { /* the values rise, so that the last one wins */
		rng = rng * 1103515245 + 12345;
		lo = (int)(rng >> 16) % N;
		hi = lo + (int)(rng >> 8) % 25;
		for (k = lo; k <= hi && k < N; k += 1 + i % 3) {
			snprintf(last[k], sizeof(last[k]), "v%02d", i);
			kt_put(s, 1, k, last[k]);
		}
		kt_flush(s);
	}
	r.slices = &slice;
	r.nslices = 1;
	for (i = 0; i < 60; i++) {
		rng = rng * 1103515245 + 12345;
		lo = (int)(rng >> 16) % N;
		hi = i % 7 == 0 ? N : lo + (int)(rng >> 8) % 60;
		kf = __builtin_bswap32((uint32_t)lo);
		kt = __builtin_bswap32((uint32_t)hi);
		r.reversed = i % 2 == 1;
		r.nonblocking = i % 3 == 2;
		sst_buf_reset(&want);
		for (k = 0; k < N; k++) {
			int at = r.reversed ? N - 1 - k : k;

			if (at >= lo && at <= hi && last[at][0] != '\0')
				sst_buf_addf(&want, "1:%d=%s ", at, last[at]);
		}
		sst_buf_addc(&want, '\0');
		if (strcmp(kt_read_text(s, &r, NULL, &b), (char *)want.p) != 0)
			ck_abort_msg("%d to %d: %s instead of %s", lo, hi, b.p, want.p);
	}
	kt_finish(s);
	sst_buf_free(&b);
	sst_buf_free(&want);
	memfs_free(fs);
}
END_TEST

/* The newest rows come from the newest set alone: the Data.db of the others is not touched. */
static void
count_data(void *arg, const char *op, const char *path)
{
	if (strcmp(op, "pread") == 0 && strstr(path, "Data.db") != NULL)
		++*(int *)arg;
}

START_TEST(a_page_leaves_old_sets_alone)
{
	struct memfs *fs = memfs_new();
	struct faultio *f = faultio_new(memfs_io(fs));
	int page = 0, whole = 0;
	struct faultio_plan plan = { .before = count_data, .before_arg = &page };
	struct sst_store *s = kt_open_writer(memfs_io(fs));
	struct sst_stream *rows;
	struct sst_buf b = { 0 };
	unsigned waits = 0;
	struct sst_read r;
	struct sst_err e;
	uint32_t key;

	kt_put_many(s, 1, 100, 10, "x");
	kt_finish(s);
	s = kt_open_reader(faultio_io(f));
	r = kt_partition(&key, 1);
	r.reversed = true;
	faultio_plan(f, &plan);
	rows = kt_start(s, &r, NULL);
	ck_assert_int_eq(kt_take(rows, 5, &b, &waits, &e), SST_ONE);
	ck_assert_int_eq(sst_stream_skip(rows, &e), 0);
	ck_assert_int_eq(kt_take(rows, 5, &b, &waits, &e), 0);
	sst_stream_close(rows);
	sst_buf_addc(&b, '\0');
	ck_assert_str_eq((char *)b.p, "1:99=x 1:98=x 1:97=x 1:96=x 1:95=x ");
	plan.before_arg = &whole;
	faultio_plan(f, &plan);
	kt_read_text(s, &r, NULL, &b);
	ck_assert_int_eq(page, 1);
	ck_assert_int_eq(whole, 9); /* the tenth is in the cache */
	kt_finish(s);
	sst_buf_free(&b);
	faultio_free(f);
	memfs_free(fs);
}
END_TEST

START_TEST(skipping_partitions)
{
	struct memfs *fs = memfs_new();
	struct sst_store *s = kt_open_writer(memfs_io(fs));
	struct sst_read_stats stats = { 0 };
	const struct sst_item *item;
	struct sst_stream *rows;
	struct sst_err e;
	int i, n = 0;

	for (i = 0; i < 100; i++)
		kt_put(s, i % 20, i, "x");
	kt_flush(s);
	rows = kt_start(s, &kt_everything, &stats);
	while (sst_stream_next(rows, &item, &e) == SST_ONE) {
		n += item->kind == SST_PARTITION;
		ck_assert_int_eq(sst_stream_skip(rows, &e), 0);
	}
	sst_stream_close(rows);
	ck_assert_int_eq(n, 20);
	ck_assert_uint_eq(stats.rows, 0);
	kt_finish(s);
	memfs_free(fs);
}
END_TEST

START_TEST(an_empty_table_has_no_extent)
{
	struct memfs *fs = memfs_new();
	struct sst_store *s = kt_open_writer(memfs_io(fs));
	struct sst_slice from, to;
	struct sst_err e;

	ck_assert_int_eq(
	    sst_store_db(s)->ops->extent(sst_store_db(s), kt_table_of(s, "t"), &from, &to, &e), 0);
	ck_assert_int_eq(
	    sst_store_db(s)->ops->extent(sst_store_db(s), kt_table_of(s, "u"), &from, &to, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	kt_finish(s);
	memfs_free(fs);
}
END_TEST

START_TEST(a_reader_writes_nothing)
{
	struct memfs *fs = memfs_new();
	struct sst_store *s = kt_open_writer(memfs_io(fs));
	struct sst_buf b = { 0 };
	struct sst_err e;
	uint64_t before;

	kt_put(s, 1, 1, "x");
	kt_finish(s);
	before = memfs_digest(fs, "/");
	s = kt_open_reader(memfs_io(fs));
	ck_assert_str_eq(kt_all(s, &b), "1:1=x ");
	ck_assert_int_eq(kt_try_put(s, 1, 1, "x", &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	ck_assert_int_eq(sst_store_refresh(s, &e), 0);
	kt_finish(s);
	ck_assert_uint_eq(memfs_digest(fs, "/"), before);
	sst_buf_free(&b);
	memfs_free(fs);
}
END_TEST

START_TEST(without_a_log_sync_is_a_flush)
{
	struct memfs *fs = memfs_new();
	struct sst_store_opts o = kt_options();
	struct sst_store *s = (o.sync = SST_SYNC_NONE, kt_open_with(memfs_io(fs), &o));
	struct sst_db *db = sst_store_db(s);
	struct sst_logpos pos;
	struct sst_err e;

	ck_assert_int_eq(db->ops->synced(db, &pos, &e), 0);
	ck_assert_uint_eq(pos.offset, 0);
	kt_put(s, 1, 1, "x");
	kt_put(s, 1, 2, "x");
	ck_assert_int_eq(db->ops->synced(db, &pos, &e), 0);
	ck_assert_uint_eq(pos.offset, 0);
	pos.offset = 2;
	ck_assert_int_eq(db->ops->sync(db, &pos, &e), 0);
	ck_assert_int_eq(db->ops->synced(db, &pos, &e), 0);
	ck_assert_uint_eq(pos.offset, 2);
	sst_store_drop(s); /* as if killed */
	memfs_power_cut(fs, MEMFS_NONE, 1);
	s = kt_open_reader(memfs_io(fs));
	{
		struct sst_buf b = { 0 };

		ck_assert_str_eq(kt_all(s, &b), "1:1=x 1:2=x ");
		sst_buf_free(&b);
	}
	kt_finish(s);
	memfs_free(fs);
}
END_TEST

/* How the first SSTable of a table that is compressed in that way says to be compressed. */
static void
flushed_as(const char *compression, enum sst_sync sync, struct sst_chunks *c, struct sst_buf *b)
{
	struct memfs *fs = memfs_new();
	const struct sst_io *io = memfs_io(fs);
	struct sst_store_opts o = { .sync = sync };
	struct sst_buf cql = { 0 };
	struct sst_store *s;
	struct sst_stat data;
	struct sst_err e;

	sst_buf_addf(&cql,
	    "CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy', "
	    "'replication_factor': 1}; CREATE TABLE k.t (a int, b int, v text, PRIMARY KEY (a, b)) "
	    "WITH ID = 5bc52802-de25-35ed-aeab-188eecebb090 AND compression = {%s};",
	    compression);
	o.schema = sst_buf_slice(&cql);
	s = kt_open_with(io, &o);
	kt_put(s, 1, 1, "x");
	kt_flush(s);
	ck_assert_str_eq(kt_all(s, b), "1:1=x ");
	kt_finish(s);
	sst_buf_reset(b);
	ck_assert_int_eq(sst_io_stat(io, KT_FOLDER "/me-1-big-Data.db", &data, &e), 0);
	ck_assert_int_eq(
	    sst_io_read_file(io, KT_FOLDER "/me-1-big-CompressionInfo.db", 65536, b, &e), 0);
	ck_assert_int_eq(sst_chunks_parse(c, sst_version_find("me"), sst_buf_slice(b),
			     (uint64_t)data.size, "it", &e),
	    0);
	sst_buf_free(&cql);
	memfs_free(fs);
}

START_TEST(flushes_compress_fast)
{
	static const struct {
		const char *asked, *class_name, *option;
		enum sst_sync sync;
		uint32_t chunk_len;
	} t[] = {
		{ "'class': 'ZstdCompressor'", "LZ4Compressor", NULL, SST_SYNC_PERIODIC, 16384 },
		{ "'class': 'ZstdCompressor', 'compression_level': 9, 'chunk_length_in_kb': 64",
		    "LZ4Compressor", NULL, SST_SYNC_BATCH, 65536 },
		{ "'class': 'DeflateCompressor'", "LZ4Compressor", NULL, SST_SYNC_GROUP, 16384 },
		{ "'class': 'LZ4Compressor', 'lz4_compressor_type': 'high'", "LZ4Compressor", NULL,
		    SST_SYNC_PERIODIC, 16384 },
		{ "'class': 'SnappyCompressor'", "SnappyCompressor", NULL, SST_SYNC_PERIODIC,
		    16384 },
		/* without a log it is the table's */
		{ "'class': 'ZstdCompressor', 'compression_level': 9", "ZstdCompressor", "1",
		    SST_SYNC_NONE, 16384 },
		{ "'class': 'DeflateCompressor'", "DeflateCompressor", NULL, SST_SYNC_NONE, 16384 },
	};
	struct sst_buf b = { 0 };
	struct sst_chunks c;

	for (size_t i = 0; i < SST_ARRAY_LEN(t); i++) {
		flushed_as(t[i].asked, t[i].sync, &c, &b);
		ck_assert(sst_slice_eq(c.class_name, sst_slice_str(t[i].class_name)));
		ck_assert_uint_eq(c.chunk_len, t[i].chunk_len);
		ck_assert_uint_eq(c.noptions, t[i].option != NULL);
		ck_assert(t[i].option == NULL ||
		    sst_slice_eq(c.options[0].value, sst_slice_str(t[i].option)));
	}
	sst_buf_free(&b);
}
END_TEST

START_TEST(nobody_waits_who_said_so)
{
	struct memfs *fs = memfs_new();
	struct sst_store *s = kt_open_writer(memfs_io(fs));
	struct sst_read_stats stats = { 0 };
	struct sst_buf b = { 0 }, c = { 0 };
	struct sst_stream *rows;
	unsigned waits = 0;
	struct sst_read r;
	struct sst_err e;
	uint32_t key;

	kt_put_many(s, 1, 2000, 700, "quite a long text, so that there are several chunks of it");
	kt_finish(s);
	s = kt_open_reader(memfs_io(fs));
	r = kt_partition(&key, 1);
	r.nonblocking = r.reversed = true;
	rows = kt_start(s, &r, &stats);
	ck_assert_int_eq(kt_take(rows, SIZE_MAX, &b, &waits, &e), 0);
	sst_stream_close(rows);
	ck_assert_uint_gt(waits, 5);
	ck_assert_uint_eq(stats.rows, 2000);
	r.nonblocking = false;
	kt_read_text(s, &r, NULL, &c);
	ck_assert(sst_slice_eq(sst_buf_slice(&b), (struct sst_slice){ c.p, c.n - 1 }));
	kt_finish(s);
	sst_buf_free(&b);
	sst_buf_free(&c);
	memfs_free(fs);
}
END_TEST

Suite *
store_suite(void)
{
	Suite *s = suite_create("store");
	TCase *t = tcase_create("store");

	tcase_add_test(t, what_is_written_is_read);
	tcase_add_test(t, tables_of_a_store);
	tcase_add_test(t, full_memory_becomes_sstables);
	tcase_add_test(t, reads_leave_out_what_cannot_have_it);
	tcase_add_loop_test(t, sets_in_a_chain, 0, 8);
	tcase_add_test(t, a_page_leaves_old_sets_alone);
	tcase_add_test(t, skipping_partitions);
	tcase_add_test(t, an_empty_table_has_no_extent);
	tcase_add_test(t, a_reader_writes_nothing);
	tcase_add_test(t, without_a_log_sync_is_a_flush);
	tcase_add_test(t, flushes_compress_fast);
	tcase_add_test(t, nobody_waits_who_said_so);
	suite_add_tcase(s, t);
	return s;
}
