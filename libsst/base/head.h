/*
 * libsst/base/head.h: a read head over text: what is left to read, and the few steps that every reader of
 * a written form takes.  Each steps over what it takes, and over nothing when it is not there.
 */
#ifndef SST_BASE_HEAD_H
#define SST_BASE_HEAD_H

#include "base/slice.h"

struct sst_head { /* borrows the text */
	const uint8_t *p, *end;
};

static inline struct sst_head
sst_head_of(struct sst_slice text)
{
	return (struct sst_head){ text.p, text.p + text.n };
}

/* This character. */
static inline bool
sst_head_take(struct sst_head *h, char c)
{
	if (h->p == h->end || *h->p != (uint8_t)c)
		return false;
	h->p++;
	return true;
}

/* White space of any length: space, \t, \n, \v, \f, \r. */
static inline void
sst_head_blanks(struct sst_head *h)
{
	while (h->p < h->end && (*h->p == ' ' || (*h->p >= '\t' && *h->p <= '\r')))
		h->p++;
}

/* Up to max digits as a number; false when there are fewer than min, or it is larger than `most`: some
 * of them are then taken. */
static inline bool
sst_head_digits(struct sst_head *h, int min, int max, int64_t most, int64_t *out)
{
	int n;

	*out = 0;
	for (n = 0; n < max && h->p < h->end && *h->p >= '0' && *h->p <= '9'; n++)
		if (__builtin_mul_overflow(*out, 10, out) ||
		    __builtin_add_overflow(*out, *h->p++ - '0', out) || *out > most)
			return false;
	return n >= min;
}

#endif
