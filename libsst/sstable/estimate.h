/*
 * libsst/sstable/estimate.h: Cassandra's histogram of sizes: buckets whose bounds grow by a fifth.
 * See formats/statistics.md.
 */
#ifndef SST_SSTABLE_ESTIMATE_H
#define SST_SSTABLE_ESTIMATE_H

#include "sstable/statistics.h"

/* Numbers of buckets that Cassandra uses, the one for larger values apart. */
#define SST_ESTIMATE_BYTES 155 /* of a partition: up to 3.5 TB */
#define SST_ESTIMATE_CELLS 118 /* in a partition: up to 4 * 10^9 */

struct sst_estimate_builder {
	size_t n;
	struct sst_estimate_bucket buckets[SST_ESTIMATE_BYTES + 1];
};

void sst_estimate_begin(struct sst_estimate_builder *, size_t nbuckets);
void sst_estimate_add(struct sst_estimate_builder *, uint64_t value);
/* Borrows from the builder. */
struct sst_estimate sst_estimate_get(const struct sst_estimate_builder *);

#endif
