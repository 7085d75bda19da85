/*
 * libsst/compaction/strategy.h: which SSTables of a table to merge next.  The rules are Cassandra's,
 * with its options' names and defaults, and one of ours:
 *
 *	STCS	sets of about the same size
 *	TWCS	sets of the same window of write times; within the newest one as STCS
 *	LCS	level by level, each ten times the one before, in sets that do not overlap
 *	UCS	by density: tiers or levels, as its scaling parameters say
 *	bucket	as TWCS, but windows are those of what is stored (a chat's buckets), so that an old
 *		window settles into one set whenever it was written
 */
#ifndef SST_COMPACTION_STRATEGY_H
#define SST_COMPACTION_STRATEGY_H

#include "compaction/compaction.h"

enum sst_strategy_kind {
	SST_STCS,
	SST_TWCS,
	SST_LCS,
	SST_UCS,
	SST_BUCKETS
};

/* Of "stcs", "twcs", "lcs", "ucs" or "bucket"; false: of none. */
bool sst_strategy_kind(enum sst_strategy_kind *, const char *name);

/* Windows of the bucket strategy, which the caller knows. */
struct sst_windows {
	/* Of a value of the first clustering column; false: not known. */
	bool (*of_clustering)(void *arg, struct sst_slice value, int64_t *window);
	int64_t (*of_partition)(void *arg, const struct sst_partition *);
	void *arg;
};

#define SST_SCALING_MAX 32

struct sst_strategy {
	enum sst_strategy_kind kind;
	bool known; /* false: the table's class is not known here, and STCS stands in for it */
	size_t min_threshold, max_threshold;
	double bucket_low, bucket_high;
	uint64_t min_sstable_bytes; /* smaller ones are of one size */
	double tombstone_threshold; /* a set with a larger droppable share is compacted alone */
	int64_t tombstone_interval_s;
	bool unchecked, only_purge_repaired;
	int64_t window_us;    /* TWCS */
	int64_t ts_unit_us;   /* write times are in these: 1; 1000 for tables with ms */
	uint64_t level_bytes; /* LCS: of one set */
	uint32_t fanout;
	size_t nscaling; /* UCS: W of each level, the last for all that follow */
	int scaling[SST_SCALING_MAX];
	uint64_t target_bytes, flush_bytes; /* of one set; 0: not said */
	size_t max_sstables;                /* in one merge */
	struct sst_windows windows;         /* bucket */
};

/* From the table's options.  SST_EINVAL for a value that is none. */
int sst_strategy_of(struct sst_strategy *, const struct sst_table *, struct sst_err *);

struct sst_task {
	const char *why; /* "size", "window", "level", "density", "expired", "tombstones" */
	size_t n;
	struct sst_set **in; /* in the arena */
	uint32_t level;      /* of what is written */
	uint64_t split_bytes;
	struct sst_cutting cutting;
};

struct sst_moment {
	int64_t now_s, gc_before_s;
	/* Sets of later generations are the work of this run: not taken for their tombstones again. */
	uint64_t generation_max;
};

/* Whether tombstones of a set may go at all: not when only repaired ones may, and it is not. */
static inline bool
sst_strategy_may_purge(const struct sst_strategy *s, const struct sst_set *set)
{
	return !s->only_purge_repaired || set->stats->repaired_at_ms > 0;
}

/* The next task.  SST_ONE; 0: nothing is due; -1 without memory. */
int sst_strategy_pick(const struct sst_strategy *, const struct sst_sets *,
    const struct sst_moment *, struct sst_task *, struct sst_arena *, struct sst_err *);

/* A set whose tombstones are worth a compaction of it alone.  SST_ONE, 0, -1. */
int sst_strategy_pick_single(const struct sst_strategy *, const struct sst_sets *,
    const struct sst_moment *, struct sst_task *, struct sst_arena *, struct sst_err *);

/* ---- for the strategies: sets of one group ---- */

struct sst_choice {
	const struct sst_strategy *strategy;
	const struct sst_moment *moment;
	struct sst_arena *arena;
	size_t n;
	struct sst_set **v; /* may be put into any order */
	struct sst_task *task;
};

/* Each fills the task: SST_ONE; 0; -1 without memory. */
int sst_stcs_pick(struct sst_choice *, size_t min_threshold, struct sst_err *);
int sst_twcs_pick(struct sst_choice *, struct sst_err *);
int sst_lcs_pick(struct sst_choice *, struct sst_err *);
int sst_ucs_pick(struct sst_choice *, struct sst_err *);

/* Copies n sets into the task. */
int sst_task_take(
    struct sst_choice *, const char *why, struct sst_set *const *v, size_t n, struct sst_err *);

#endif
