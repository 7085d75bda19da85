/*
 * libsst/sstable/cardinality.h: how many different partition keys there are, about: a HyperLogLog++
 * as stream-lib's, precisions 13 and 25, which Cassandra merges to size a compaction's bloom filter.
 * See formats/statistics.md.
 */
#ifndef SST_SSTABLE_CARDINALITY_H
#define SST_SSTABLE_CARDINALITY_H

#include "base/buf.h"
#include "base/err.h"

#define SST_CARDINALITY_SPARSE 6144 /* entries kept one by one; with more it is a table */
#define SST_CARDINALITY_FRESH 2048  /* entries gathered before they are sorted in */
#define SST_CARDINALITY_WORDS 1366  /* of six 5-bit registers: 8,192 registers */

struct sst_cardinality { /* start with {0} */
	bool dense;
	size_t nsparse, nfresh;
	uint32_t *sparse; /* by index; room for all that can come together */
	uint32_t *registers;
};

/* Counts a key. */
int sst_cardinality_add(struct sst_cardinality *, struct sst_slice key, struct sst_err *);
/* Appends the bytes that Statistics.db holds, without the length before them. */
int sst_cardinality_put(struct sst_cardinality *, struct sst_buf *, struct sst_err *);
void sst_cardinality_free(struct sst_cardinality *);

/* The 64-bit Murmur2 that it hashes keys with (seed 0). */
uint64_t sst_murmur2_64(struct sst_slice);

#endif
