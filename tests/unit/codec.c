/* tests/unit/codec.c: numbers, checksums, hashes and compressors, against what Cassandra made. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/io.h"
#include "base/num.h"
#include "codec/compress.h"
#include "codec/crc.h"
#include "codec/in.h"
#include "codec/murmur3.h"
#include "codec/out.h"

#include "codec_vectors.h"

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

static struct sst_slice
slice(const char *p, size_t n)
{
	return (struct sst_slice){ (const uint8_t *)p, n };
}

static void
murmur_is_cassandras_row(size_t row)
{
	uint64_t h[2];

	sst_murmur3_128(slice(murmurs[row].key, murmurs[row].n), h);
	ck_assert_uint_eq(h[0], murmurs[row].h1);
	ck_assert_uint_eq(h[1], murmurs[row].h2);
}

START_TEST(murmur_is_cassandras)
{
	for (size_t row = 0; row < SST_ARRAY_LEN(murmurs); row++)
		murmur_is_cassandras_row(row);
}
END_TEST

/* What `SELECT token(...)` of a Cassandra 5.0.9 says: keys of one blob, of (bigint, int), of text. */
START_TEST(tokens_are_cassandras)
{
	static const struct {
		struct sst_slice key;
		int64_t token;
	} t[] = {
		{ SST_SLICE_LIT("\x00"), 5048724184180415669 },
		{ SST_SLICE_LIT("\xff\x80\xfe\x81"), -5693087648651008884 },
		{ SST_SLICE_LIT("\x00\x01\x02\x03\x04\x05\x06\x07\xff"), -840043406223713564 },
		{ SST_SLICE_LIT("\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7\xf6\xf5\xf4\xf3\xf2\xf1"),
		    -5987817694781604974 },
		{ SST_SLICE_LIT("\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x90\x91\x92\x93\x94\x95"
				"\x96\x97\x98\x99\xa0\xa1"),
		    -7275174118279272404 },
		{ SST_SLICE_LIT("\x00\x08\x00\x18\x76\x35\x00\x04\xa5\x6a\x00"
				"\x00\x04\x00\x00\x00\x0c\x00"),
		    -5260367287033370471 },
		{ SST_SLICE_LIT("\xc3\xbc"
				"berstra\xc3\x9f"
				"e \xe2\x82\xac"),
		    -1773477683882293879 },
	};
	uint64_t h[2];

	for (size_t i = 0; i < SST_ARRAY_LEN(t); i++) {
		sst_murmur3_128(t[i].key, h);
		ck_assert_int_eq((int64_t)h[0], t[i].token);
	}
}
END_TEST

/* Written as Cassandra writes it; read back with nothing behind it, with eight bytes behind it (the
 * fast path), and not at all when the last byte is missing. */
static void
vints_are_cassandras_row(size_t row)
{
	struct sst_buf b = { 0 };
	uint8_t copy[9 + 8];

	for (int sign = 0; sign < 2; sign++) {
		const char *want = sign ? vints[row].s : vints[row].u;
		size_t n = sign ? vints[row].sn : vints[row].un;

		sst_buf_reset(&b);
		if (sign)
			sst_put_svint(&b, (int64_t)vints[row].v);
		else
			sst_put_vint(&b, vints[row].v);
		ck_assert_uint_eq(b.n, n);
		ck_assert_mem_eq(b.p, want, n);
		ck_assert_uint_eq(
		    sst_vint_len(sign ? sst_zigzag((int64_t)vints[row].v) : vints[row].v), n);
		for (size_t behind = 0; behind <= 8; behind += 8) {
			uint8_t *p = memset(malloc(n + behind), 0xee, n + behind);
			struct sst_in in = sst_in_new((struct sst_slice){ p, n + behind }, 100);

			memcpy(p, want, n);
			if (sign)
				ck_assert_int_eq(sst_get_svint(&in), (int64_t)vints[row].v);
			else
				ck_assert_uint_eq(sst_get_vint(&in), vints[row].v);
			ck_assert(!in.bad);
			ck_assert_uint_eq(in.off, 100 + n);
			ck_assert_uint_eq(sst_in_left(&in), behind);
			free(p);
		}
		memcpy(copy, want, n);
		for (size_t cut = 0; cut < n; cut++) {
			struct sst_in in = sst_in_new((struct sst_slice){ copy, cut }, 0);

			ck_assert_uint_eq(sst_get_vint(&in), 0);
			ck_assert(in.bad);
		}
	}
	sst_buf_free(&b);
}

START_TEST(vints_are_cassandras)
{
	for (size_t row = 0; row < SST_ARRAY_LEN(vints); row++)
		vints_are_cassandras_row(row);
}
END_TEST

START_TEST(vints_of_every_length)
{
	struct sst_buf b = { 0 };
	uint32_t rnd = 3;
	size_t wrong = 0; /* an assertion each would take a second */

	for (int i = 0; i < 100000; i++) {
		uint64_t v;
		struct sst_in in;

		rnd = rnd * 1664525 + 1013904223;
		v = rnd * UINT64_C(0x9e3779b97f4a7c15) >> (i % 64);
		sst_buf_reset(&b);
		sst_put_vint(&b, v);
		wrong += b.n != sst_vint_len(v);
		in = sst_in_new(sst_buf_slice(&b), 0);
		wrong += sst_get_vint(&in) != v || in.bad || in.p != in.end;
	}
	ck_assert_uint_eq(wrong, 0);
	sst_buf_free(&b);
}
END_TEST

START_TEST(numbers_round_trip)
{
	static const char want[] = "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
				   "\x00\x02hi\x00\x00\x00\x01!\x03you";
	struct sst_buf b = { 0 };
	struct sst_in in;

	sst_put_u8(&b, 0x01);
	sst_put_u16(&b, 0x0203);
	sst_put_u32(&b, 0x04050607);
	sst_put_u64(&b, UINT64_C(0x08090a0b0c0d0e0f));
	sst_put_bytes16(&b, SST_SLICE_LIT("hi"));
	sst_put_bytes32(&b, SST_SLICE_LIT("!"));
	sst_put_bytesv(&b, SST_SLICE_LIT("you"));
	ck_assert(sst_slice_eq(sst_buf_slice(&b), slice(want, sizeof(want) - 1)));
	in = sst_in_new(sst_buf_slice(&b), 0);
	ck_assert_uint_eq(sst_get_u8(&in), 0x01);
	ck_assert_uint_eq(sst_get_u16(&in), 0x0203);
	ck_assert_uint_eq(sst_get_u32(&in), 0x04050607);
	ck_assert_uint_eq(sst_get_u64(&in), UINT64_C(0x08090a0b0c0d0e0f));
	ck_assert(sst_slice_eq(sst_get_bytes16(&in), SST_SLICE_LIT("hi")));
	ck_assert(sst_slice_eq(sst_get_bytes32(&in), SST_SLICE_LIT("!")));
	ck_assert(sst_slice_eq(sst_get_bytesv(&in), SST_SLICE_LIT("you")));
	ck_assert(!in.bad && in.off == sizeof(want) - 1);
	sst_buf_free(&b);
}
END_TEST

/* Each read that wants more than there is; what remains is given up, too. */
START_TEST(poison_sticks)
{
	static const struct sst_slice cut[] = { SST_SLICE_LIT("\x00\x05"
							      "1234"),
		SST_SLICE_LIT("\x00\x00\x00\x05"
			      "1234"),
		SST_SLICE_LIT("\x05"
			      "1234"),
		SST_SLICE_LIT("\xff\xff\xff\xff\xff\xff\xff\xff\xff"
			      "1234"),
		SST_SLICE_LIT("") };

	for (size_t i = 0; i < SST_ARRAY_LEN(cut); i++) {
		struct sst_in in = sst_in_new(cut[i], 7);
		struct sst_slice s = i == 0 ? sst_get_bytes16(&in)
		    : i == 1                ? sst_get_bytes32(&in)
		    : i < 4                 ? sst_get_bytesv(&in)
					    : sst_get_bytes(&in, 1);

		ck_assert(in.bad);
		ck_assert_ptr_null(s.p);
		ck_assert_uint_eq(s.n, 0);
		ck_assert_uint_eq(sst_in_left(&in), 0);
		ck_assert_uint_eq(sst_get_u8(&in) + sst_get_u64(&in) + sst_get_vint(&in), 0);
		ck_assert_ptr_null(sst_get_bytes(&in, 0).p);
		ck_assert_uint_le(in.off, 7 + cut[i].n);
	}
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
static void
codec_round_trip_row(size_t row)
{
	static const size_t lens[] = { 1, 2, 15, 16, 100, 4096, 16384, 65536 };
	struct sst_codec *c;
	struct sst_err e;
	uint32_t rnd = 7;

	ck_assert_int_eq(
	    sst_codec_new(&c, sst_slice_str(codecs[row].class_name), codecs[row].level, &e), 0);
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

START_TEST(codec_round_trip)
{
	for (size_t row = 0; row < SST_ARRAY_LEN(codecs); row++)
		codec_round_trip_row(row);
}
END_TEST

/* Chunks that Cassandra's classes compressed. */
static void
codec_reads_cassandras_row(size_t row)
{
	struct sst_slice text = SST_SLICE_LIT(chunk_text);
	struct sst_codec *c;
	struct sst_err e;
	uint8_t *out = malloc(text.n);

	ck_assert_int_eq(sst_codec_new(&c, sst_slice_str(chunks[row].class_name), 0, &e), 0);
	ck_assert_int_eq(
	    sst_codec_decompress(c, slice(chunks[row].chunk, chunks[row].n), out, text.n, &e), 0);
	ck_assert_mem_eq(out, text.p, text.n);
	free(out);
	sst_codec_free(c);
}

START_TEST(codec_reads_cassandras)
{
	for (size_t row = 0; row < SST_ARRAY_LEN(chunks); row++)
		codec_reads_cassandras_row(row);
}
END_TEST

/* What unpacks to 64 MiB is refused where 16 KiB are wanted, at once, and nothing is written beyond them
 * (under asan: out holds exactly so many); also when it says itself that it is no longer than that. */
static void
codec_bomb_row(size_t row, uint8_t *out, const uint8_t *zeros, size_t n)
{
	static const uint8_t lz4_says[] = { 0x00, 0x40, 0, 0 },
			     snappy_says[] = { 0x80, 0x80, 0x81, 0 };
	const char *name = codecs[row].class_name;
	struct timespec from, to;
	struct sst_codec *c;
	struct sst_err e;
	uint8_t *bomb;
	size_t m = 0;

	ck_assert_int_eq(sst_codec_new(&c, sst_slice_str(name), codecs[row].level, &e), 0);
	bomb = malloc(sst_codec_bound(c, n));
	ck_assert_ptr_nonnull(bomb);
	ck_assert_int_eq(sst_codec_compress(c, (struct sst_slice){ zeros, n }, bomb, &m, &e), 0);
	for (int lie = 0; lie < 2; lie++) {
		if (lie && strstr(name, "LZ4") != NULL)
			memcpy(bomb, lz4_says, 4);
		if (lie && strstr(name, "Snappy") != NULL)
			memcpy(bomb, snappy_says, 4);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
		ck_assert_int_eq(
		    sst_codec_decompress(c, (struct sst_slice){ bomb, m }, out, 16384, &e), -1);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
		ck_assert_int_eq(e.code, SST_EDAMAGED);
		ck_assert_int_lt(to.tv_sec - from.tv_sec, 2);
	}
	free(bomb);
	sst_codec_free(c);
}

START_TEST(codec_bombs)
{
	size_t n = (size_t)64 << 20;
	uint8_t *zeros = calloc(1, n), *out = malloc(16384);

	ck_assert(zeros != NULL && out != NULL);
	for (size_t row = 0; row < SST_ARRAY_LEN(codecs); row++)
		if (codecs[row].level < 20) /* which takes seconds to write */
			codec_bomb_row(row, out, zeros, n);
	free(zeros);
	free(out);
}
END_TEST

START_TEST(codec_refuses)
{
	static const struct {
		const char *class_name;
		int level;
		enum sst_code code;
	} t[] = {
		{ "GzipCompressor", 0, SST_EUNSUPPORTED },
		{ "org.apache.cassandra.io.compress.", 0, SST_EUNSUPPORTED },
		{ "zstdcompressor", 0, SST_EUNSUPPORTED },
		{ "ZstdCompressor", 23, SST_EINVAL },
		{ "LZ4Compressor", -1, SST_EINVAL },
		{ "DeflateCompressor", 10, SST_EINVAL },
		{ "SnappyCompressor", 1, SST_EINVAL },
	};
	struct sst_codec *c = NULL;
	struct sst_err e;

	for (size_t i = 0; i < SST_ARRAY_LEN(t); i++) {
		ck_assert_int_eq(
		    sst_codec_new(&c, sst_slice_str(t[i].class_name), t[i].level, &e), -1);
		ck_assert_int_eq(e.code, t[i].code);
		ck_assert_ptr_null(c);
	}
	sst_codec_free(NULL);
}
END_TEST

START_TEST(codec_says_who_is_fast)
{
	static const struct {
		const char *class_name;
		int level;
		bool fast;
	} t[] = {
		{ "LZ4Compressor", 0, true },
		{ "org.apache.cassandra.io.compress.LZ4Compressor", 0, true },
		{ "LZ4Compressor", 9, false }, { "SnappyCompressor", 0, true },
		{ "NoopCompressor", 0, true }, { "", 0, true }, { "ZstdCompressor", 0, false },
		{ "ZstdCompressor", 1, false },
		{ "org.apache.cassandra.io.compress.DeflateCompressor", 0, false },
		{ "ZstdWithDictsCompressor", 0, false },
		{ "GzipCompressor", 0, true }, /* whoever it is */
	};

	for (size_t i = 0; i < SST_ARRAY_LEN(t); i++)
		ck_assert_int_eq(
		    sst_codec_is_fast(sst_slice_str(t[i].class_name), t[i].level), t[i].fast);
}
END_TEST

/* A frame of RFC 8878 whose window descriptor asks for 2^27 bytes and holds one raw byte; with
 * 2^23 it is fine. */
START_TEST(zstd_window_is_limited)
{
	char frame[] = "\x28\xb5\x2f\xfd\x00\x68\x09\x00\x00x";
	struct sst_codec *c;
	struct sst_err e;
	uint8_t out;

	ck_assert_int_eq(sst_codec_new(&c, SST_SLICE_LIT("ZstdCompressor"), 0, &e), 0);
	ck_assert_int_eq(sst_codec_decompress(c, slice(frame, 10), &out, 1, &e), 0);
	ck_assert_int_eq(out, 'x');
	frame[5] = (char)(17 << 3);
	ck_assert_int_eq(sst_codec_decompress(c, slice(frame, 10), &out, 1, &e), -1);
	ck_assert_int_eq(e.code, SST_EDAMAGED);
	sst_codec_free(c);
}
END_TEST

START_TEST(codec_too_long)
{
	struct sst_codec *c;
	struct sst_err e;
	uint8_t byte;
	size_t n = 1;

	ck_assert_int_eq(sst_codec_new(&c, SST_SLICE_LIT("LZ4Compressor"), 0, &e), 0);
	ck_assert_int_eq(sst_codec_compress(c, slice("", (size_t)1 << 31), &byte, &n, &e), -1);
	ck_assert_int_eq(e.code, SST_ELIMIT);
	ck_assert_uint_eq(n, 0);
	sst_codec_free(c);
}
END_TEST

START_TEST(codec_options)
{
	static const struct {
		const char *class_name, *name, *value;
		int from, to; /* to INT32_MIN: refused */
	} t[] = {
		{ "ZstdCompressor", "compression_level", "5", 0, 5 },
		{ "a.b.ZstdCompressor", "compression_level", "-131072", 0, -131072 },
		{ "ZstdCompressor", "compression_level", "23", 0, INT32_MIN },
		{ "ZstdCompressor", "compression_level", "", 0, INT32_MIN },
		{ "ZstdCompressor", "compression_level", "3x", 0, INT32_MIN },
		{ "ZstdCompressor", "compression_level", "999999999999", 0, INT32_MIN },
		{ "ZstdCompressor", "chunk_length_in_kb", "16", 7, 7 },
		{ "LZ4Compressor", "lz4_compressor_type", "fast", 0, 0 },
		{ "LZ4Compressor", "lz4_compressor_type", "high", 0, 9 },
		{ "LZ4Compressor", "lz4_compressor_type", "high", 4, 4 },
		{ "LZ4Compressor", "lz4_compressor_type", "best", 0, INT32_MIN },
		{ "LZ4Compressor", "lz4_high_compressor_level", "12", 9, 12 },
		{ "LZ4Compressor", "lz4_high_compressor_level", "18", 9, INT32_MIN },
		{ "SnappyCompressor", "compression_level", "5", 0, 0 },
		{ "Unknown", "compression_level", "5", 0, 0 },
	};
	struct sst_err e;

	for (size_t i = 0; i < SST_ARRAY_LEN(t); i++) {
		int level = t[i].from, r;

		r = sst_codec_option(&level, sst_slice_str(t[i].class_name),
		    sst_slice_str(t[i].name), sst_slice_str(t[i].value), &e);
		ck_assert_int_eq(r, t[i].to == INT32_MIN ? -1 : 0);
		ck_assert_int_eq(level, r == 0 ? t[i].to : t[i].from);
	}
}
END_TEST

/* ---- the worked examples of formats/primitives.md ---- */

/* Bytes written as "`00 ff` |…"; moves on behind the second backtick. */
static struct sst_slice
doc_bytes(const char **at, uint8_t *to, size_t max)
{
	const char *p = strchr(*at, '`') + 1;
	size_t n = 0;
	unsigned v;

	for (; *p != '`' && n < max; n++) {
		ck_assert_int_eq(sscanf(p, "%2x", &v), 1);
		to[n] = (uint8_t)v;
		p += p[2] == ' ' ? 3 : 2;
	}
	*at = p + 1;
	return (struct sst_slice){ to, n };
}

static void
check_doc_line(const char *line, int *vints_seen, int *hashes_seen)
{
	uint8_t u[9], v[9], key[32];
	unsigned long long number, h[2];
	const char *p = line;
	long long number_signed;
	uint64_t hash[2];

	if (sscanf(line, "| %llu | `%*2x", &number) == 1 && strchr(line, '`') != NULL) {
		struct sst_in in = sst_in_new(doc_bytes(&p, u, sizeof(u)), 0);

		ck_assert_uint_eq(sst_get_vint(&in), number);
		ck_assert(!in.bad && in.p == in.end);
		ck_assert_int_eq(sscanf(p, " | %lld |", &number_signed), 1);
		in = sst_in_new(doc_bytes(&p, v, sizeof(v)), 0);
		ck_assert_int_eq(sst_get_svint(&in), number_signed);
		ck_assert(!in.bad && in.p == in.end);
		++*vints_seen;
	} else if (strncmp(line, "| `", 3) == 0 && strstr(line, "` | ") != NULL &&
	    strchr(line, '(') == NULL && line[5] != 'm') {
		struct sst_slice s = doc_bytes(&p, key, sizeof(key));

		ck_assert_int_eq(sscanf(p, " | %llx | %llx |", &h[0], &h[1]), 2);
		sst_murmur3_128(s, hash);
		ck_assert_uint_eq(hash[0], h[0]);
		ck_assert_uint_eq(hash[1], h[1]);
		++*hashes_seen;
	}
}

START_TEST(the_page_is_right)
{
	struct sst_buf text = { 0 };
	int nvints = 0, nhashes = 0;
	struct sst_err e;
	char *line, *end;

	ck_assert_int_eq(
	    sst_io_read_file(&sst_io_posix, "formats/primitives.md", 1 << 20, &text, &e), 0);
	sst_buf_addc(&text, '\0');
	for (line = (char *)text.p; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		*end = '\0';
		check_doc_line(line, &nvints, &nhashes);
	}
	ck_assert_int_eq(nvints, 14);
	ck_assert_int_eq(nhashes, 5);
	sst_buf_free(&text);
}
END_TEST

Suite *
codec_suite(void)
{
	Suite *s = suite_create("codec");
	TCase *t = tcase_create("codec");

	tcase_add_test(t, crc_grows);
	tcase_add_test(t, murmur_is_cassandras);
	tcase_add_test(t, tokens_are_cassandras);
	tcase_add_test(t, vints_are_cassandras);
	tcase_add_test(t, vints_of_every_length);
	tcase_add_test(t, numbers_round_trip);
	tcase_add_test(t, poison_sticks);
	tcase_add_test(t, codec_round_trip);
	tcase_add_test(t, codec_reads_cassandras);
	tcase_add_test(t, codec_bombs);
	tcase_add_test(t, codec_refuses);
	tcase_add_test(t, codec_says_who_is_fast);
	tcase_add_test(t, zstd_window_is_limited);
	tcase_add_test(t, codec_too_long);
	tcase_add_test(t, codec_options);
	tcase_add_test(t, the_page_is_right);
	suite_add_tcase(s, t);
	return s;
}
