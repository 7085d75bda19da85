/* libsst/base/slice.h: a borrowed run of bytes. */
#ifndef SST_BASE_SLICE_H
#define SST_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Borrows: whoever hands out a slice says until when its bytes stay.  p == NULL is "no value"
 * (CQL null); p != NULL with n == 0 is an empty value, which is something else.
 */
struct sst_slice {
	const uint8_t *p;
	size_t n;
};

#define SST_SLICE_LIT(s) ((struct sst_slice){ (const uint8_t *)(s), sizeof(s) - 1 })

static inline struct sst_slice
sst_slice_str(const char *s)
{
	return (struct sst_slice){ (const uint8_t *)s, strlen(s) };
}

/* Unsigned byte order, a prefix before what it begins: <0, 0, >0. */
static inline int
sst_slice_cmp(struct sst_slice a, struct sst_slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n > 0 ? memcmp(a.p, b.p, n) : 0;

	return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

static inline bool
sst_slice_eq(struct sst_slice a, struct sst_slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* The same, where p == NULL is null, which is another value than an empty one. */
static inline bool
sst_slice_same(struct sst_slice a, struct sst_slice b)
{
	return (a.p == NULL) == (b.p == NULL) && sst_slice_eq(a, b);
}

#endif
