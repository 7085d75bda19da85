/*
 * libsst/store/chain.h: SSTables whose rows of a partition lie one after the other, read one after
 * the other: a page of the newest rows then never touches the files of older ones.
 *
 *	clustering ──►  [ A ]      [  C  ]
 *	                  [ B  ]            [ D ]
 *	groups:         ── 1 ──    ─ 2 ─    ─ 3 ─	each opened when the one before is at its end
 */
#ifndef SST_STORE_CHAIN_H
#define SST_STORE_CHAIN_H

#include "sstable/reader.h"

/* Between which positions all rows and range deletions lie; false when the SSTable does not say. */
bool sst_chain_covers(const struct sst_sstable *, struct sst_bound *from, struct sst_bound *to);

/* True when it may be a link: it says what it covers, and holds nothing but rows. */
bool sst_chain_takes(const struct sst_sstable *);

/*
 * A stream over one partition of n SSTables that sst_chain_takes took, which it puts in order
 * (t is the caller's and changes).  r, t and the SSTables, which are loaded, stay until close.
 */
int sst_chain_open(struct sst_stream **, struct sst_sstable **t, size_t n, const struct sst_read *r,
    struct sst_err *);

#endif
