/*
 * libsst/sstable/reading.h: a stream over the slices of one partition, or of each partition in a token
 * range, found through Index.db.  Private to the room.
 *
 *	FIND --entry--> PROMOTED --> HEADER --PARTITION--> STATIC --STATIC--> ROWS --...--> FIND or END
 *
 * Every step can be interrupted by a wait and is then begun again.
 */
#ifndef SST_SSTABLE_READING_H
#define SST_SSTABLE_READING_H

#include "sstable/int.h"

#define SST_SEGMENT 4096 /* rows whose offsets a reverse read keeps */

enum sst_reading_state {
	SST_READ_FIND,
	SST_READ_PROMOTED,
	SST_READ_HEADER,
	SST_READ_STATIC,
	SST_READ_ROWS,
	SST_READ_END
};

enum sst_reading_step {
	SST_STEP_ENTER, /* go to where a slice begins (or ends, in reverse) */
	SST_STEP_BEFORE,
	SST_STEP_PASS,
	SST_STEP_OUT,
	SST_STEP_LEAVE,
	SST_STEP_NEXT
};

struct sst_segment {
	uint64_t pos;
};

/*
 * What a reading through tries knows.  An entry of Partitions.db is a prefix of its key, so the partition
 * itself says which one it is.
 */
struct sst_trie_reading {
	struct sst_window rows_w;
	struct sst_trie partitions, rows;
	struct sst_buf key; /* what is looked for, as bytes that compare */
	bool direct;        /* key says where; else all entries are looked at */
	bool started, have; /* an entry is at hand, whose partition is not read yet */
	bool checked_entry; /* its position and root are known */
	bool checked;       /* prev_position is that of an entry */
	struct sst_bti_entry entry;
	uint64_t prev_position;
	/* Backward: where the slice's first block begins, once known, and the block at hand. */
	bool lo_known;
	uint64_t lo, off;
	struct sst_deletion open;
};

struct sst_reading {
	struct sst_stream s; /* first */
	struct sst_sstable *t;
	const struct sst_read *r;
	const struct sst_range *slices;
	size_t nslices;
	bool one;   /* partition */
	bool noted; /* its place was remembered, and is still to be proved */
	struct sst_noted place;
	int64_t token;
	struct sst_walk walk;
	struct sst_data x;
	enum sst_reading_state state;
	const struct sst_window *waiting;
	struct sst_trie_reading *trie; /* NULL: the index is Index.db */
	/* The partition. */
	struct sst_buf key;
	uint64_t start, rows; /* where it begins; where its first row or marker is */
	bool indexed;
	struct sst_promoted promoted;
	struct sst_slice *ck; /* of a block's bounds */
	/* The slice. */
	enum sst_reading_step step;
	size_t slice;
	struct sst_item made; /* a marker at its bound, or turned round */
	size_t expect;        /* 1 + block whose first row must come next; 0: any */
	/* Forward: x.item is read, and not handed out yet; the deletion in force before it. */
	bool pending;
	struct sst_deletion before;
	/* Backward. */
	bool fresh;              /* nothing of the slice was handed out */
	size_t block;            /* of the promoted index */
	uint64_t block_end;      /* where the pass ends */
	struct sst_deletion cur; /* in force in the stream; during a pass at x.pos */
	struct sst_deletion pass;
	struct sst_segment *segs; /* of the block, the last one's offsets are at hand */
	size_t nsegs, segs_cap;
	bool measured; /* segments of the block are known */
	uint64_t *offs;
	size_t noffs;
};

/* The next item of the partition; 0 after its last slice; SST_WAIT; -1. */
int sst_reading_forward(struct sst_reading *, const struct sst_item **, struct sst_err *);
int sst_reading_backward(struct sst_reading *, const struct sst_item **, struct sst_err *);

/* Block i of the promoted index, with its places made absolute, until the next call.  0; SST_WAIT; -1. */
int sst_reading_block(struct sst_reading *, size_t i, struct sst_index_block *, struct sst_err *);
/* The same, and the range deletion in force where it begins, which the block before it says. */
int sst_reading_block_after(struct sst_reading *, size_t i, struct sst_index_block *,
    struct sst_deletion *open, struct sst_err *);
/* The first of the expected block must be at `at`.  0; SST_WAIT; -1. */
int sst_reading_expect(struct sst_reading *, const struct sst_bound *at, struct sst_err *);
/* Whether the partition in walk.token and walk.entry.key is asked for: 1; 0: not; 2: all such are behind. */
int sst_reading_wanted(const struct sst_reading *);

/*
 * Through tries.  open: what the reading needs for it.  find: the next partition that is asked for, its
 * position, key and token into p, SST_ONE; 0 when there is none; SST_WAIT; -1.
 */
int sst_trie_reading_open(struct sst_reading *, enum sst_window_mode, struct sst_err *);
void sst_trie_reading_close(struct sst_trie_reading *); /* NULL is fine */
int sst_trie_reading_find(struct sst_reading *, struct sst_err *);
/* Where rows after a bound begin: SST_ONE, *off absolute and the deletion in force there; 0: at the
 * partition's start; SST_WAIT; -1. */
int sst_trie_reading_floor(struct sst_reading *, const struct sst_bound *, uint64_t *off,
    struct sst_deletion *open, struct sst_err *);
/* Backward: the block in which the slice ends, and the one before it, into p->trie->off and open.  last: 0,
 * SST_WAIT, -1; prev: SST_ONE; 0: the slice has no rows before; SST_WAIT; -1. */
int sst_trie_reading_last(struct sst_reading *, const struct sst_range *, struct sst_err *);
int sst_trie_reading_prev(struct sst_reading *, struct sst_err *);

/* A marker at a slice's bound. */
const struct sst_item *sst_reading_mark(struct sst_reading *, const struct sst_bound *at,
    struct sst_deletion before, struct sst_deletion after);

/* Where a row or marker is. */
static inline struct sst_bound
sst_item_bound(const struct sst_item *item, size_t nck)
{
	if (item->kind == SST_MARKER)
		return item->marker.at;
	return (struct sst_bound){ item->row.ck, nck, 0 };
}

#endif
