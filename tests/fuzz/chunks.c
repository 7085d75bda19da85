/*
 * tests/fuzz/chunks.c: CompressionInfo.db from any bytes.  Byte 0 chooses the version, bytes 1 to 3
 * the size of Data.db; what parses is written again and must be the same.
 * covers: libsst/sstable/chunks.c
 */
#include <assert.h>

#include "sstable/chunks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sst_buf again = { 0 };
	const struct sst_version *v;
	struct sst_chunks c;
	struct sst_slice s;
	struct sst_err e;
	uint64_t stored, i, prev = 0;

	if (size < 4)
		return 0;
	v = sst_version_find(data[0] & 2 ? "ea" : data[0] & 1 ? "nb" : "me");
	stored = (uint64_t)data[1] << 16 | (uint64_t)data[2] << 8 | data[3];
	s = (struct sst_slice){ data + 4, size - 4 };
	if (sst_chunks_parse(&c, v, s, stored, "x", &e) == -1)
		return 0;
	for (i = 0; i < c.nchunks; i++) {
		assert(i == 0 || sst_chunks_off(&c, i) > prev + SST_CHUNK_CRC);
		prev = sst_chunks_off(&c, i);
		assert(prev + SST_CHUNK_CRC < stored);
	}
	if (c.dictionary.n == 0 && !v->dictionary) {
		sst_chunks_put(&again, v, &c);
		assert(sst_slice_eq(sst_buf_slice(&again), s));
	}
	sst_buf_reset(&again);
	if (sst_chunks_dictionary(&c, &again, "x", &e) == 0)
		assert(again.n <= s.n);
	sst_buf_free(&again);
	return 0;
}
