/*
 * libsst/compaction/sets.h: the live SSTables of a table's folder at one moment, opened, with what a
 * strategy asks of each.
 */
#ifndef SST_COMPACTION_SETS_H
#define SST_COMPACTION_SETS_H

#include "live/live.h"
#include "sstable/reader.h"
#include "sstable/statistics.h"

struct sst_set {
	struct sst_sstable *sstable;
	const struct sst_statistics *stats;
	const char *base; /* "me-3-big-" */
	uint64_t generation, ino;
	int64_t mtime_ms;
	uint64_t bytes;      /* of all components, as stored */
	uint64_t data_bytes; /* of Data.db, as stored */
	/* Sets that may be merged with each other have the same number: unrepaired, repaired, each
	 * pending repair and each transient part are kept apart. */
	size_t group;
};

struct sst_sets { /* start with {0} */
	struct sst_arena arena;
	struct sst_cache *cache;
	size_t n, ngroups;
	struct sst_set *v; /* by generation, then name */
	size_t nleft;
	struct sst_leftover *left; /* what lies there and is not live: see live.h */
	uint64_t generation_max;
};

/*
 * Lists and opens; the caller keeps other compactions away.  Columns are those of `table`, which is
 * borrowed like the folder until close: a set with others is SST_EINVAL.  A set whose file is missing
 * is an error.
 */
int sst_sets_open(
    struct sst_sets *, const struct sst_live_folder *, const struct sst_table *, struct sst_err *);
void sst_sets_close(struct sst_sets *); /* all zero is fine */

/*
 * Opens n SSTables of a folder by their base names, live or not.
 */
int sst_sets_open_these(struct sst_sets *, const struct sst_live_folder *, const struct sst_table *,
    const char *const *bases, size_t n, struct sst_err *);

/* Number of partitions, as the set's statistics have it. */
uint64_t sst_set_partitions(const struct sst_set *);

/*
 * The smallest write time in it, as far as its statistics can be trusted: those before `na` have no
 * checksum, so the smaller one of two places is taken.
 */
int64_t sst_set_min_ts_us(const struct sst_set *);

/*
 * First and last token; false when they cannot be told (another partitioner, an index that is not
 * read), and then it may have any.
 */
bool sst_set_tokens(const struct sst_set *, int64_t *first, int64_t *last);
/* Whether two sets may hold the same partition. */
bool sst_sets_overlap(const struct sst_set *, const struct sst_set *);

/*
 * The share of its cells and deletions whose local deletion time is before gc_before_s, estimated as
 * Cassandra does: 0 to 1.
 */
double sst_set_droppable(const struct sst_set *, int64_t gc_before_s);

#endif
