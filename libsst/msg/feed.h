/*
 * libsst/msg/feed.h: the bytes of an import as they come, in big blocks: from a file, from a pipe, from
 * inside a zip.  What is not taken yet lies in one piece, from p + at to p + n:
 *
 *	buf:  [ taken | not taken yet ........ | room for the next block ]
 *	              at                       n
 *
 * Memory is one block and the longest record; a record of more than SST_FEED_RECORD_MAX is passed
 * over by whoever cuts records out.
 */
#ifndef SST_MSG_FEED_H
#define SST_MSG_FEED_H

#include "base/buf.h"
#include "base/err.h"

#define SST_FEED_BLOCK ((size_t)1 << 20)       /* bytes read at a time, at most */
#define SST_FEED_RECORD_MAX ((size_t)16 << 20) /* of a line or a message */

struct sst_feed { /* owns its buffer, not its source */
	/* Reads up to n bytes into buf and says how many; 0 bytes are the end.  0, or -1 and *e. */
	int (*read)(void *ctx, void *buf, size_t n, size_t *got, struct sst_err *e);
	void *ctx;
	const char *name; /* for messages */
	struct sst_buf buf;
	size_t at;      /* the next byte that is not taken */
	uint64_t off;   /* of buf.p[0] in the input */
	uint64_t bytes; /* read so far, of all inputs */
	bool end;       /* nothing follows what is in buf */
};

/* A new input for the same buffer. */
void sst_feed_start(struct sst_feed *, const char *name,
    int (*read)(void *ctx, void *buf, size_t n, size_t *got, struct sst_err *e), void *ctx);
void sst_feed_free(struct sst_feed *);

/* Reads a block more behind what is not taken, which may move to another place.  0, also at the end;
 * -1. */
int sst_feed_fill(struct sst_feed *, struct sst_err *);

/* What is there and not taken; until the next fill. */
static inline struct sst_slice
sst_feed_left(const struct sst_feed *f)
{
	return (struct sst_slice){ sst_buf_slice(&f->buf).p + f->at, f->buf.n - f->at };
}

/* The place in the input of the next byte that is not taken. */
static inline uint64_t
sst_feed_off(const struct sst_feed *f)
{
	return f->off + f->at;
}

#endif
