/*
 * libsst/sstable/trie.h: tries on disk, as Partitions.db and Rows.db have them: from bytes that compare
 * like keys to small payloads.  Nodes are written bottom-up, so a child always lies before its parent,
 * and no node crosses a page.  The format is formats/bti.md.
 */
#ifndef SST_SSTABLE_TRIE_H
#define SST_SSTABLE_TRIE_H

#include "sstable/window.h"

#define SST_TRIE_PAGE 4096
#define SST_TRIE_DEPTH_MAX ((size_t)1 << 20) /* bytes of a key; longer is damage */

struct sst_trie_node {
	uint64_t pos;             /* in the file */
	unsigned type;            /* 0 to 15 */
	unsigned flags;           /* of the payload; 0: there is none */
	unsigned n;               /* children; of a dense node places for them, some empty */
	struct sst_slice payload; /* what is left of the page behind the node */
	struct sst_slice whole;   /* without payload */
};

#define SST_TRIE_NONE UINT64_MAX

/* Takes a node apart from its first byte; false when the bytes end before it does.  Borrows. */
bool sst_trie_node_get(struct sst_trie_node *, struct sst_slice bytes, uint64_t pos);
/* The byte that leads to child i < n, and how far before the node that lies; 0: an empty place of a dense
 * node, elsewhere damage. */
uint8_t sst_trie_node_byte(const struct sst_trie_node *, unsigned i);
uint64_t sst_trie_node_distance(const struct sst_trie_node *, unsigned i);

struct sst_trie_step { /* a node on the way, and which child the way takes */
	uint64_t pos;
	int child;    /* -1: none, the way ends here */
	uint8_t byte; /* that leads to the child */
};

enum sst_trie_going { /* private: what was begun and is interrupted by a wait */
	SST_TRIE_REST,
	SST_TRIE_ARRIVE,
	SST_TRIE_LAST,
	SST_TRIE_UP,
	SST_TRIE_FLOOR,
	SST_TRIE_FIND
};

/* A place in a trie: an entry, between two entries, or the end. */
struct sst_trie {             /* start with {0} */
	struct sst_window *w; /* borrowed */
	uint64_t root;
	struct sst_buf way;        /* of struct sst_trie_step, from the root on */
	struct sst_trie_node node; /* of the entry; borrows from the window until the next call */
	enum sst_trie_going going;
	bool over;   /* next() came to the end */
	uint64_t at; /* of find() */
	size_t depth;
};

void sst_trie_init(struct sst_trie *, struct sst_window *, uint64_t root);
void sst_trie_free(struct sst_trie *);

/*
 * All answer SST_ONE with the entry in x->node, 0, SST_WAIT (call again), or -1.
 *
 * find: the entry that is a prefix of the key, or the key.  floor: the last entry that is not greater than
 * the key, where what is a prefix of it is smaller; 0: there is none, and next() gives the first.
 */
int sst_trie_find(struct sst_trie *, struct sst_slice key, struct sst_err *);
int sst_trie_floor(struct sst_trie *, struct sst_slice key, struct sst_err *);
/* From the last entry to the next or to the one before; at the start, to the first or the last one. */
int sst_trie_next(struct sst_trie *, struct sst_err *);
int sst_trie_prev(struct sst_trie *, struct sst_err *);

/* The bytes that lead to the entry, appended. */
void sst_trie_key(const struct sst_trie *, struct sst_buf *);

/* Damage at a place of the file. */
int sst_trie_fail(const struct sst_trie *, uint64_t pos, const char *what, struct sst_err *);

#endif
