/*
 * tests/fuzz/codec.c: decompressors on any bytes.  Byte 0 chooses the compressor, bytes 1 and 2 the
 * length that is announced; what follows is the chunk.  What decompresses must also compress.
 * covers: libsst/codec/compress.c
 */
#include <assert.h>
#include <stdlib.h>

#include "base/num.h"
#include "codec/compress.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = { "LZ4Compressor",
	"org.apache.cassandra.io.compress.ZstdCompressor", "DeflateCompressor", "SnappyCompressor",
	"NoopCompressor", "", "LZ4WithDictsCompressor", "ZstdWithDictsCompressor",
	"ZstdDictionaryCompressor" };

#define PLAIN 6 /* those before can have no dictionary */

static void
there_and_back(struct sst_codec *c, const uint8_t *raw, size_t n)
{
	size_t cap = sst_codec_bound(c, n), m;
	uint8_t *mid = malloc(cap > 0 ? cap : 1), *again = malloc(n > 0 ? n : 1);
	struct sst_err e;

	assert(mid != NULL && again != NULL);
	assert(sst_codec_compress(c, (struct sst_slice){ raw, n }, mid, &m, &e) == 0 && m <= cap);
	assert(sst_codec_decompress(c, (struct sst_slice){ mid, m }, again, n, &e) == 0);
	assert(n == 0 || memcmp(raw, again, n) == 0);
	free(mid);
	free(again);
}

/* The bytes as an option's value, and as a compressor's name. */
static void
options(const char *name, struct sst_slice s)
{
	struct sst_slice n = sst_slice_str(name);
	struct sst_codec *c;
	struct sst_err e;
	int level = 0;

	sst_codec_option(&level, n, SST_SLICE_LIT("compression_level"), s, &e);
	sst_codec_option(&level, n, SST_SLICE_LIT("lz4_compressor_type"), s, &e);
	sst_codec_option(&level, n, SST_SLICE_LIT("lz4_high_compressor_level"), s, &e);
	assert(sst_codec_new(&c, n, level, &e) == 0);
	sst_codec_free(c);
	if (sst_codec_new(&c, s, -3, &e) == 0)
		sst_codec_free(c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sst_codec *c;
	struct sst_slice in;
	struct sst_err e;
	uint8_t *out;
	size_t n;

	if (size < 3)
		return 0;
	in = (struct sst_slice){ data + 3, size - 3 };
	n = (size_t)data[1] << 8 | data[2];
	out = malloc(n > 0 ? n : 1); /* exact: one byte too far is seen */
	assert(out != NULL);
	assert(sst_codec_new(&c, sst_slice_str(names[data[0] % SST_ARRAY_LEN(names)]), 0, &e) == 0);
	/* Theirs is what the chunk begins with, so it helps with the rest. */
	if (sst_codec_dictionary(c, (struct sst_slice){ in.p, in.n / 2 }, &e) == 0)
		assert(data[0] % SST_ARRAY_LEN(names) >= PLAIN);
	else
		assert(e.code == SST_EINVAL);
	if (sst_codec_decompress(c, in, out, n, &e) == 0 && data[0] % SST_ARRAY_LEN(names) < PLAIN)
		there_and_back(c, out, n);
	sst_codec_free(c);
	free(out);
	if (in.n <= 64)
		options(names[data[0] % SST_ARRAY_LEN(names)], in);
	return 0;
}
