/* tests/unit/codec.c: numbers, checksums, hashes and compressors. */
#include <check.h>
#include <stdlib.h>

#include "base/num.h"
#include "codec/compress.h"
#include "codec/crc.h"
#include "codec/in.h"
#include "codec/murmur3.h"
#include "codec/out.h"

Suite *codec_suite(void);

/* The check value that every CRC32 (IEEE 802.3) has, in one piece and in three. */
START_TEST(crc_grows)
{
	uint32_t crc = sst_crc32(0, "123456789", 9);

	ck_assert_uint_eq(crc, 0xcbf43926);
	crc = sst_crc32(0, "1234", 4);
	crc = sst_crc32(crc, NULL, 0);
	ck_assert_uint_eq(sst_crc32(crc, "56789", 5), 0xcbf43926);
	ck_assert_uint_eq(sst_crc32(0, NULL, 0), 0);
}
END_TEST

static const struct {
	const char *class_name;
	int level;
} codecs[] = {
	{ "", 0 },
	{ "NoopCompressor", 0 },
	{ "LZ4Compressor", 0 },
	{ "LZ4Compressor", 9 },
	{ "org.apache.cassandra.io.compress.LZ4Compressor", 0 },
	{ "ZstdCompressor", 0 },
	{ "ZstdCompressor", 1 },
	{ "ZstdCompressor", -5 },
	{ "org.apache.cassandra.io.compress.ZstdCompressor", 22 },
	{ "DeflateCompressor", 0 },
	{ "DeflateCompressor", 9 },
	{ "SnappyCompressor", 0 },
};

static void
fill(uint8_t *p, size_t n, uint32_t *rnd, bool random)
{
	for (size_t i = 0; i < n; i++) {
		*rnd = *rnd * 1664525 + 1013904223;
		p[i] = (uint8_t)(random ? *rnd >> 24 : (uint8_t) "the quick "[*rnd >> 24 & 7]);
	}
}

/* There and back with the same contexts; one byte more or less is not accepted; nothing is written
 * beyond n (under asan: out holds exactly n). */
START_TEST(codec_round_trip)
{
	static const size_t lens[] = { 1, 2, 15, 16, 100, 4096, 16384, 65536 };
	struct sst_codec *c;
	struct sst_err e;
	uint32_t rnd = 7;

	ck_assert_int_eq(
	    sst_codec_new(&c, sst_slice_str(codecs[_i].class_name), codecs[_i].level, &e), 0);
	for (size_t i = 0; i < SST_ARRAY_LEN(lens) * 2; i++) {
		size_t n = lens[i / 2], cap = sst_codec_bound(c, n), m = 0;
		uint8_t *in = malloc(n), *mid = malloc(cap), *out = malloc(n);

		fill(in, n, &rnd, i % 2 == 0);
		ck_assert_int_eq(
		    sst_codec_compress(c, (struct sst_slice){ in, n }, mid, &m, &e), 0);
		ck_assert_uint_le(m, cap);
		ck_assert_int_eq(
		    sst_codec_decompress(c, (struct sst_slice){ mid, m }, out, n, &e), 0);
		ck_assert_mem_eq(in, out, n);
		ck_assert_int_eq(
		    sst_codec_decompress(c, (struct sst_slice){ mid, m }, out, n - 1, &e), -1);
		ck_assert_int_eq(e.code, SST_EDAMAGED);
		ck_assert_int_eq(
		    sst_codec_decompress(c, (struct sst_slice){ mid, m - 1 }, out, n, &e), -1);
		free(in);
		free(mid);
		free(out);
	}
	sst_codec_free(c);
}
END_TEST

Suite *
codec_suite(void)
{
	Suite *s = suite_create("codec");
	TCase *t = tcase_create("codec");

	tcase_add_test(t, crc_grows);
	tcase_add_loop_test(t, codec_round_trip, 0, SST_ARRAY_LEN(codecs));
	suite_add_tcase(s, t);
	return s;
}
