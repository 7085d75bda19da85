/* libsst/base/num.h: arithmetic that says so when it does not fit. */
#ifndef SST_BASE_NUM_H
#define SST_BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SST_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* True when the result fits; *out is then the result, else unspecified. */
static inline bool
sst_add_size(size_t *out, size_t a, size_t b)
{
	return !__builtin_add_overflow(a, b, out);
}

static inline bool
sst_mul_size(size_t *out, size_t a, size_t b)
{
	return !__builtin_mul_overflow(a, b, out);
}

static inline bool
sst_add_u64(uint64_t *out, uint64_t a, uint64_t b)
{
	return !__builtin_add_overflow(a, b, out);
}

static inline bool
sst_mul_u64(uint64_t *out, uint64_t a, uint64_t b)
{
	return !__builtin_mul_overflow(a, b, out);
}

#endif
