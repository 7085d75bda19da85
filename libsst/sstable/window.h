/*
 * libsst/sstable/window.h: contiguous bytes of a component's uncompressed data around a position.
 * A sequential window reads ahead into its own memory, outside of the cache; the other kind borrows
 * cached blocks and copies only what lies across the end of one.
 */
#ifndef SST_SSTABLE_WINDOW_H
#define SST_SSTABLE_WINDOW_H

#include "codec/in.h"
#include "sstable/file.h"

enum sst_window_mode {
	SST_WINDOW_CACHED,
	SST_WINDOW_SEQUENTIAL, /* waiting only */
	SST_WINDOW_NONBLOCKING /* cached, may answer SST_WAIT */
};

struct sst_window {
	/* The bytes at hand: [off, off + n) of the uncompressed data. */
	const uint8_t *p;
	uint64_t off;
	size_t n;
	/* Private. */
	struct sst_file *file;
	enum sst_window_mode mode;
	struct sst_block *block; /* pinned: what p points into, unless buf */
	struct sst_buf buf;      /* bytes across blocks; of a sequential window all */
	uint64_t buf_off;        /* position of buf.p[0] */
	struct sst_buf stored;   /* sequential: blocks read ahead, not decoded yet */
	uint64_t stored_off;     /* of stored.p[0] in the file */
	uint64_t want;           /* block that is missing */
	/* Sequential: with `hashing`, the CRC32 of the first `hashed` stored bytes of the file, as far
	 * as they were read without a gap. */
	bool hashing;
	uint32_t hash;
	uint64_t hashed;
};

void sst_window_init(struct sst_window *, struct sst_file *, enum sst_window_mode);
void sst_window_close(struct sst_window *); /* all zero is fine */

/*
 * Makes at least n bytes from pos on contiguous, fewer only where the data ends; pos <= its length.
 * What was handed out before is gone.  0; SST_WAIT; -1.
 */
int sst_window_fetch(struct sst_window *, uint64_t pos, size_t n, struct sst_err *);

/* After SST_WAIT; ahead: how many blocks to ask for. */
void sst_window_want(const struct sst_window *, uint64_t ahead, struct sst_want *);

/* Bytes at hand from pos on: 0 when pos is outside. */
static inline size_t
sst_window_left(const struct sst_window *w, uint64_t pos)
{
	return pos >= w->off && pos - w->off < w->n ? w->n - (size_t)(pos - w->off) : 0;
}

static inline struct sst_in
sst_window_in(const struct sst_window *w, uint64_t pos)
{
	size_t left = sst_window_left(w, pos);

	if (left == 0)
		return (struct sst_in){ (const uint8_t *)"", (const uint8_t *)"", pos, false };
	return sst_in_new((struct sst_slice){ w->p + (pos - w->off), left }, pos);
}

#endif
