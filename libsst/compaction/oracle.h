/*
 * libsst/compaction/oracle.h: says how old data may be that a merge does not see: what lies in
 * SSTables outside of it, and what is not flushed yet.  Tombstones may go only if they are older still.
 */
#ifndef SST_COMPACTION_ORACLE_H
#define SST_COMPACTION_ORACLE_H

#include "compaction/sets.h"

/*
 * The smallest write time that unflushed writes may hold for a partition; INT64_MAX: there are none,
 * INT64_MIN: not known.
 */
typedef int64_t sst_unflushed_fn(void *arg, const struct sst_partition *);

#define SST_NO_CULPRIT SIZE_MAX

struct sst_oracle { /* start with {0} */
	size_t n;
	struct sst_set **outside;    /* live, and not in the merge */
	sst_unflushed_fn *unflushed; /* NULL: nothing is unflushed */
	void *arg;
	/* What the last answer was for: outside[culprit], with culprit == n the unflushed writes;
	 * SST_NO_CULPRIT: nothing holds older data. */
	size_t culprit;
	uint64_t *held;   /* NULL, or n + 1: tombstones that each kept from going */
	uint64_t unknown; /* questions that could not be answered: a Filter or Summary is damaged */
	struct sst_err why; /* the first of them */
};

/* As sst_merge_opts.purge_before wants it; arg is a struct sst_oracle. */
int64_t sst_oracle_ask(void *arg, const struct sst_partition *);

#endif
