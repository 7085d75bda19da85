/*
 * libsst/sstable/trieout.h: writes a trie (trie.h reads it): entries come in the order of their bytes, and
 * a node is written as soon as nothing more can come below it.  No node crosses a page: what would is moved
 * to the next one, behind zeros.
 */
#ifndef SST_SSTABLE_TRIEOUT_H
#define SST_SSTABLE_TRIEOUT_H

#include "base/buf.h"
#include "sstable/fileout.h"

#define SST_TRIE_PAYLOAD 24 /* bytes of the longest payload */

struct sst_trieout {             /* start with {0} and out */
	struct sst_fileout *out; /* borrowed */
	/* Private: the way to the last entry, a node for each of its bytes and the root. */
	struct sst_buf key;
	struct sst_buf nodes;    /* of struct node, from the root on */
	struct sst_buf children; /* written ones of those nodes, one node's after another's */
	bool any;
};

/* bits: the node's four, not 0.  SST_EINVAL when the key is not after the one before it. */
int sst_trieout_add(struct sst_trieout *, struct sst_slice key, unsigned bits,
    struct sst_slice payload, struct sst_err *);
/* Writes what is left; *root is where the root lies.  There was an entry.  Then the next trie may come. */
int sst_trieout_finish(struct sst_trieout *, uint64_t *root, struct sst_err *);
/* Forgets all that is not written yet. */
void sst_trieout_reset(struct sst_trieout *);
void sst_trieout_free(struct sst_trieout *);

#endif
