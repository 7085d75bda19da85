/*
 * tests/fuzz/counter.c: two counter contexts of any bytes.  What they merge into is a context, and
 * merging one of them in again changes nothing but local shards, which add up.
 * covers: libsst/row/counter.c
 */
#include <assert.h>

#include "row/counter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sst_arena arena = { 0 };
	struct sst_slice a, b, both;
	struct sst_err e;
	int64_t total;

	if (size < 1) /* the first byte says where the first context ends */
		return 0;
	a = (struct sst_slice){ data + 1, data[0] < size ? data[0] : size - 1 };
	b = (struct sst_slice){ a.p + a.n, size - 1 - a.n };
	if (sst_counter_merge(&both, a, b, &arena, &e) == 0) {
		assert(a.n == 0 || b.n == 0 || sst_counter_total(&total, both, &e) == 0);
		assert(both.n <= a.n + b.n);
	}
	if (sst_counter_total(&total, a, &e) == 0 && a.n > 0)
		assert(sst_counter_merge(&both, a, a, &arena, &e) == 0);
	sst_arena_free(&arena);
	return 0;
}
