/*
 * tests/unit/dictionary.c: chunks that are compressed against a dictionary.  Nobody's files are at hand, so a
 * real SSTable's chunks are compressed again as ScyllaDB (lz4, zstd; the dictionary in options) and
 * Cassandra 6 (`ea`; in a section of its own) do it, with the libraries that they use: the rows are the same.
 */
#include <check.h>
#include <fcntl.h>
#include <lz4.h>
#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

#include "../support/items.h"
#include "../support/memfs.h"
#include "../support/putfile.h"
#include "../support/reads.h"
#include "base/num.h"
#include "codec/crc.h"
#include "codec/out.h"
#include "sstable/reader.h"
#include "sstable/statistics.h"

Suite *dictionary_suite(void);

#define FROM "tests/data/da/t8/da-1-bti-"
#define FAIL(e) ck_abort_msg("%s", sst_err_text(e, text, sizeof(text)))

static char text[512];

enum how {
	SCYLLA_LZ4,
	SCYLLA_ZSTD,
	CASSANDRA,
	CASSANDRA_PLAIN /* no dictionary yet */
};

static const struct {
	const char *to, *class_name;
} kinds[] = {
	[SCYLLA_LZ4] = { "/da-1-bti-", "LZ4WithDictsCompressor" },
	[SCYLLA_ZSTD] = { "/da-1-bti-", "ZstdWithDictsCompressor" },
	[CASSANDRA] = { "/ea-1-bti-", "org.apache.cassandra.io.compress.ZstdDictionaryCompressor" },
	[CASSANDRA_PLAIN] = { "/ea-1-bti-", "ZstdDictionaryCompressor" },
};

static struct sst_buf
load(const char *name)
{
	struct sst_buf b = { 0 };
	struct sst_err e;
	char path[256];

	snprintf(path, sizeof(path), FROM "%s", name);
	if (sst_io_read_file(&sst_io_posix, path, 1 << 20, &b, &e) == -1)
		FAIL(&e);
	return b;
}

static void
put(struct memfs *fs, const char *base, const char *name, struct sst_slice bytes)
{
	char path[256];

	snprintf(path, sizeof(path), "%s%s", base, name);
	put_file(memfs_io(fs), path, bytes);
}

/* All of the data, uncompressed. */
static struct sst_buf
plain_data(uint32_t *chunk_len)
{
	struct sst_sstable_opts o = { 0 };
	struct sst_buf all = { 0 };
	struct sst_sstable *t;
	struct sst_block *b;
	struct sst_file *f;
	struct sst_err e;
	uint64_t i;

	if (sst_sstable_open(&t, &sst_io_posix, FROM "Data.db", &o, &e) == -1 ||
	    (f = sst_sstable_data(t, &e)) == NULL)
		FAIL(&e);
	*chunk_len = 1024;
	for (i = 0; i < sst_file_nblocks(f); i++) {
		if (sst_file_block(f, i, false, &b, &e) != 0)
			FAIL(&e);
		sst_buf_add(&all, b->p, sst_file_block_size(f, i));
		sst_cache_drop(sst_file_cache(f), b);
	}
	sst_sstable_close(t);
	return all;
}

/* One chunk behind what was compressed; without the right dictionary it does not come out. */
static void
compress(struct sst_buf *out, enum how how, struct sst_slice raw, struct sst_slice dict)
{
	LZ4_stream_t *lz4 = LZ4_createStream();
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	size_t start = out->n, n, i;
	uint32_t crc;

	ck_assert(sst_buf_room(out, 2 * raw.n + 1024));
	if (how == SCYLLA_LZ4) {
		LZ4_loadDict(lz4, (const char *)dict.p, (int)dict.n);
		for (i = 0; i < 4; i++)
			sst_put_u8(out, (uint8_t)(raw.n >> 8 * i));
		n = (size_t)LZ4_compress_fast_continue(lz4, (const char *)raw.p,
		    (char *)out->p + out->n, (int)raw.n, (int)raw.n + 1024, 1);
	} else
		n = ZSTD_compress_usingDict(
		    zstd, out->p + out->n, raw.n + 1024, raw.p, raw.n, dict.p, dict.n, 3);
	ck_assert(n > 0 && n < 2 * raw.n + 512);
	out->n += n;
	crc = sst_crc32(0, out->p + start, out->n - start);
	sst_put_u32(out, crc);
	LZ4_freeStream(lz4);
	ZSTD_freeCCtx(zstd);
}

/* Options as ScyllaDB has them: in parts, which need not come in order. */
static void
put_options(struct sst_buf *info, enum how how, struct sst_slice dict)
{
	size_t half = dict.n / 2;

	if (how != SCYLLA_LZ4 && how != SCYLLA_ZSTD) {
		sst_put_u32(info, 0);
		return;
	}
	sst_put_u32(info, 3);
	sst_put_bytes16(info, SST_SLICE_LIT(".dictionary.00000001"));
	sst_put_bytes16(info, (struct sst_slice){ dict.p + half, dict.n - half });
	sst_put_bytes16(info, SST_SLICE_LIT("compression_level"));
	sst_put_bytes16(info, SST_SLICE_LIT("3"));
	sst_put_bytes16(info, SST_SLICE_LIT(".dictionary.00000000"));
	sst_put_bytes16(info, (struct sst_slice){ dict.p, half });
}

/* As Cassandra's checksum takes it: kind, id with the low byte first, content. */
static void
put_section(struct sst_buf *info, struct sst_slice dict)
{
	static const uint8_t head[9] = { 0, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11 };

	sst_put_u8(info, 0);
	sst_put_u64(info, UINT64_C(0x1122334455667788));
	sst_put_bytes32(info, dict);
	sst_put_u32(info, sst_crc32c(sst_crc32c(0, head, 9), dict.p, dict.n));
}

static void
make(struct memfs *fs, enum how how, struct sst_slice dict, struct sst_buf *info)
{
	static const char *const others[] = { "Statistics.db", "Filter.db", "Partitions.db",
		"Rows.db" };
	struct sst_buf data = { 0 }, offsets = { 0 }, other, all;
	uint32_t len;
	size_t i, n;

	all = plain_data(&len);
	for (i = 0; i < all.n; i += len) {
		n = all.n - i < len ? all.n - i : len;
		sst_put_u64(&offsets, data.n);
		compress(&data, how, (struct sst_slice){ all.p + i, n },
		    how == CASSANDRA_PLAIN ? SST_SLICE_LIT("") : dict);
	}
	sst_buf_reset(info);
	sst_put_bytes16(info, sst_slice_str(kinds[how].class_name));
	put_options(info, how, dict);
	sst_put_u32(info, len);
	sst_put_u32(info, INT32_MAX);
	sst_put_u64(info, all.n);
	sst_put_u32(info, (uint32_t)(offsets.n / 8));
	sst_buf_add_slice(info, sst_buf_slice(&offsets));
	if (how == CASSANDRA)
		put_section(info, dict);
	put(fs, kinds[how].to, "Data.db", sst_buf_slice(&data));
	put(fs, kinds[how].to, "CompressionInfo.db", sst_buf_slice(info));
	for (i = 0; i < SST_ARRAY_LEN(others); i++) {
		other = load(others[i]);
		put(fs, kinds[how].to, others[i], sst_buf_slice(&other));
		sst_buf_free(&other);
	}
	sst_buf_free(&all);
	sst_buf_free(&data);
	sst_buf_free(&offsets);
}

static int
scan(const struct sst_io *io, const char *path, struct items *got, struct sst_arena *a,
    struct sst_err *e)
{
	struct sst_sstable_opts o = { 0 };
	struct sst_stream *s = NULL;
	struct sst_sstable *t;
	uint64_t waits = 0;
	int r;

	if (sst_sstable_open(&t, io, path, &o, e) == -1)
		return -1;
	r = sst_sstable_scan(t, &s, e);
	if (r == 0)
		r = reads_all(got, s, a, &waits, e);
	else
		sst_stream_close(s);
	sst_sstable_close(t);
	return r;
}

/* The content is some of the table's own bytes, so that chunks need it. */
static struct sst_buf
dictionary(void)
{
	uint32_t len;
	struct sst_buf b = plain_data(&len);

	ck_assert_uint_gt(b.n, 4000);
	b.n = 3000;
	return b;
}

START_TEST(same_rows)
{
	struct items want = { 0 }, got = { 0 };
	struct sst_buf dict = dictionary(), info = { 0 };
	struct memfs *fs = memfs_new();
	struct sst_arena a = { 0 };
	struct sst_err e;
	char path[256];

	make(fs, (enum how)_i, sst_buf_slice(&dict), &info);
	snprintf(path, sizeof(path), "%sData.db", kinds[_i].to);
	if (scan(&sst_io_posix, FROM "Data.db", &want, &a, &e) == -1 ||
	    scan(memfs_io(fs), path, &got, &a, &e) == -1)
		FAIL(&e);
	ck_assert_uint_gt(want.n, 50);
	ck_assert_uint_eq(got.n, want.n);
	ck_assert(reads_check(memfs_io(fs), path, NULL, 50, 1));
	sst_buf_free(&dict);
	sst_buf_free(&info);
	sst_arena_free(&a);
	memfs_free(fs);
}
END_TEST

/* A bit of the dictionary, or of what is said of it, turned over: found, by file. */
START_TEST(damaged)
{
	struct items got = { 0 };
	struct sst_buf dict = dictionary(), info = { 0 };
	struct memfs *fs = memfs_new();
	struct sst_arena a = { 0 };
	size_t i, step = 37;
	struct sst_err e;
	char path[256];

	make(fs, (enum how)_i, sst_buf_slice(&dict), &info);
	snprintf(path, sizeof(path), "%sData.db", kinds[_i].to);
	for (i = info.n - (_i == CASSANDRA ? 3017 : 8); i < info.n; i += step) {
		info.p[i] ^= 1;
		put(fs, kinds[_i].to, "CompressionInfo.db", sst_buf_slice(&info));
		e = (struct sst_err){ 0 };
		ck_assert_msg(
		    scan(memfs_io(fs), path, &got, &a, &e) == -1, "byte %zu of %zu", i, info.n);
		ck_assert_int_ne(e.code, SST_OK);
		ck_assert_ptr_nonnull(strstr(e.file, kinds[_i].to));
		info.p[i] ^= 1;
	}
	for (i = 1; i < 3050 && i < info.n; i += step) {
		put(fs, kinds[_i].to, "CompressionInfo.db",
		    (struct sst_slice){ info.p, info.n - i });
		e = (struct sst_err){ 0 };
		if (_i == CASSANDRA && i == 3017)
			continue; /* a file without that section is whole */
		ck_assert_int_eq(scan(memfs_io(fs), path, &got, &a, &e), -1);
	}
	sst_buf_free(&dict);
	sst_buf_free(&info);
	sst_arena_free(&a);
	memfs_free(fs);
}
END_TEST

/* A kind that is not known, a part that is not there, a dictionary for whom has none. */
START_TEST(refused)
{
	struct sst_chunks c = { .noptions = 1 };
	struct sst_codec *codec;
	struct sst_buf out = { 0 };
	struct sst_err e;

	c.options[0] =
	    (struct sst_option){ SST_SLICE_LIT(".dictionary.00000001"), SST_SLICE_LIT("x") };
	ck_assert_int_eq(sst_chunks_dictionary(&c, &out, "info", &e), -1);
	ck_assert_str_eq(e.what, "part 0 of the dictionary is missing");
	c.options[0].name = SST_SLICE_LIT(".dictionary.0000000x");
	ck_assert_int_eq(sst_chunks_dictionary(&c, &out, "info", &e), 0);
	ck_assert_uint_eq(out.n, 0);
	ck_assert_int_eq(sst_codec_new(&codec, SST_SLICE_LIT("SnappyCompressor"), 0, &e), 0);
	ck_assert_int_eq(sst_codec_dictionary(codec, SST_SLICE_LIT("abc"), &e), -1);
	ck_assert_str_eq(e.what, "SnappyCompressor has no dictionaries");
	sst_codec_free(codec);
	ck_assert_int_eq(
	    sst_codec_new(&codec, SST_SLICE_LIT("ZstdDictionaryCompressor"), 0, &e), 0);
	ck_assert_int_eq(
	    sst_codec_dictionary(codec, SST_SLICE_LIT("\x37\xa4\x30\xec not tables"), &e), -1);
	ck_assert_str_eq(e.what, "zstd's dictionary is damaged");
	sst_codec_free(codec);
	/* RFC 3720, B.4 */
	ck_assert_uint_eq(sst_crc32c(0, "123456789", 9), 0xe3069283);
	sst_buf_free(&out);
}
END_TEST

START_TEST(unknown_kind)
{
	struct sst_buf dict = dictionary(), info = { 0 };
	struct memfs *fs = memfs_new();
	struct sst_chunks c;
	struct sst_err e;

	make(fs, CASSANDRA, sst_buf_slice(&dict), &info);
	info.p[info.n - 3017] = 1;
	ck_assert_int_eq(
	    sst_chunks_parse(&c, sst_version_find("ea"), sst_buf_slice(&info), 1 << 20, "info", &e),
	    -1);
	ck_assert_int_eq(e.code, SST_EUNSUPPORTED);
	ck_assert_str_eq(e.what, "dictionary of kind 1 is not known");
	info.p[info.n - 3017] = 0;
	sst_put_u8(&info, 0);
	ck_assert_int_eq(
	    sst_chunks_parse(&c, sst_version_find("ea"), sst_buf_slice(&info), 1 << 20, "info", &e),
	    -1);
	ck_assert_str_eq(e.what, "bytes left over behind the dictionary");
	ck_assert_int_eq(
	    sst_chunks_parse(&c, sst_version_find("da"), sst_buf_slice(&info), 1 << 20, "info", &e),
	    -1);
	sst_buf_free(&dict);
	sst_buf_free(&info);
	memfs_free(fs);
}
END_TEST

Suite *
dictionary_suite(void)
{
	Suite *s = suite_create("dictionary");
	TCase *t = tcase_create("dictionary");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, same_rows, 0, SST_ARRAY_LEN(kinds));
	tcase_add_loop_test(t, damaged, 0, SST_ARRAY_LEN(kinds));
	tcase_add_test(t, refused);
	tcase_add_test(t, unknown_kind);
	suite_add_tcase(s, t);
	return s;
}
