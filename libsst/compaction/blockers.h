/*
 * libsst/compaction/blockers.h: why tombstones that are old enough do not go: which SSTables hold older
 * data beside them, and what has to be compacted together for them to go.
 */
#ifndef SST_COMPACTION_BLOCKERS_H
#define SST_COMPACTION_BLOCKERS_H

#include "compaction/sets.h"

/*
 * As Cassandra's sstableexpiredblockers: all that an SSTable holds is deleted or has expired, and
 * gc_grace is over for all of it; but another one, of which that is not so, may hold older data.
 */
bool sst_set_is_expired(const struct sst_set *, int64_t gc_before_s);
bool sst_set_blocks(
    const struct sst_set *blocker, const struct sst_set *expired, int64_t gc_before_s);
/* The same of what statistics say. */
bool sst_expiry_blocks(int64_t blocker_min_ts_us, int64_t blocker_max_ldt_s,
    const struct sst_statistics *expired, int64_t gc_before_s);

enum sst_block_role {
	SST_NOT_CONCERNED,
	SST_HOLDS, /* tombstones of the partition that are old enough to go */
	SST_BLOCKS /* may hold data of it that is older than one of them */
};

/*
 * SSTables that have to be merged with each other for all old tombstones of a partition to go: those
 * that hold them, and those that block; as few as can be told without reading rows.  old_ts_us[i]: the
 * largest write time of those in the i-th set, or SST_NO_TS.  Fills role[n]; -1 when a Filter cannot be
 * read.
 */
int sst_blockers_find(struct sst_set *const *sets, size_t n, const struct sst_partition *,
    const int64_t *old_ts_us, uint8_t *role, struct sst_err *);

#endif
