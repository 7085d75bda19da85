/* tests/fuzz/bytes.h: input that comes a few bytes at a time. */
#ifndef TESTS_FUZZ_BYTES_H
#define TESTS_FUZZ_BYTES_H

#include <assert.h>

#include "base/err.h"
#include "base/slice.h"

struct bytes {
	struct sst_slice left;
	size_t step;
};

static int
read_bytes(void *ctx, void *buf, size_t n, size_t *got, struct sst_err *e)
{
	struct bytes *b = ctx;

	(void)e;
	*got = b->left.n < b->step ? b->left.n : b->step;
	assert(*got <= n);
	if (*got > 0)
		memcpy(buf, b->left.p, *got);
	b->left.p += *got;
	b->left.n -= *got;
	return 0;
}

#endif
