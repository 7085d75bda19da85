/*
 * libsst/base/buf.h: bytes that grow.  A failed allocation poisons the buffer: it and all later
 * appends do nothing, and `bad` stays set.  Append a record flat, then test `bad` once.
 */
#ifndef SST_BASE_BUF_H
#define SST_BASE_BUF_H

#include "base/slice.h"

struct sst_buf { /* start with {0}; owns p */
	uint8_t *p;
	size_t n, cap;
	bool bad;
};

/* Makes room for n more bytes; false when there is none.  Grows by doubling. */
bool sst_buf_grow(struct sst_buf *, size_t n);
void sst_buf_free(struct sst_buf *);

static inline bool
sst_buf_room(struct sst_buf *b, size_t n)
{
	return (!b->bad && b->cap - b->n >= n) || sst_buf_grow(b, n);
}

/* Empties it and takes the poison away; the memory is kept. */
static inline void
sst_buf_reset(struct sst_buf *b)
{
	b->n = 0;
	b->bad = false;
}

static inline void
sst_buf_add(struct sst_buf *b, const void *p, size_t n)
{
	if (n > 0 && sst_buf_room(b, n)) {
		memcpy(b->p + b->n, p, n);
		b->n += n;
	}
}

static inline void
sst_buf_addc(struct sst_buf *b, char c)
{
	if (sst_buf_room(b, 1))
		b->p[b->n++] = (uint8_t)c;
}

static inline void
sst_buf_adds(struct sst_buf *b, const char *s)
{
	sst_buf_add(b, s, strlen(s));
}

static inline void
sst_buf_add_slice(struct sst_buf *b, struct sst_slice s)
{
	sst_buf_add(b, s.p, s.n);
}

/* printf at the end of the buffer. */
void sst_buf_addf(struct sst_buf *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Borrows until the buffer changes.  Never NULL in p, so that empty stays empty. */
static inline struct sst_slice
sst_buf_slice(const struct sst_buf *b)
{
	return (struct sst_slice){ b->p != NULL ? b->p : (const uint8_t *)"", b->n };
}

#endif
