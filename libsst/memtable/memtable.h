/*
 * libsst/memtable/memtable.h: the memtable holds what was written and is not yet in an SSTable.
 *
 *	partitions (hash of key) ─┬─ rows that came in order: a run, cheap to extend at both ends
 *	                          ├─ rows that did not: unsorted, until somebody reads the partition
 *	                          └─ partition deletion, static row, range deletions
 *
 * Rows are kept packed in an arena and never change once written: a second write to a row makes a
 * new one.  Sorting is left to the first read, or to the flush.  A shard owns it, and no other
 * thread may use it, but for a dump once it is full.
 */
#ifndef SST_MEMTABLE_MEMTABLE_H
#define SST_MEMTABLE_MEMTABLE_H

#include "row/db.h"

struct sst_memtable;

/* What was applied, for the writer of an SSTable and for those who decide when to flush. */
struct sst_memtable_stats {
	uint64_t updates, partitions; /* applied; held */
	uint64_t rows, cells;         /* applied: a row written twice counts twice */
	uint64_t tombstones;          /* cells, rows, ranges, partitions, collections */
	/* Smallest and largest of all times applied; as here when there were none. */
	int64_t min_ts_us;  /* INT64_MAX */
	int64_t max_ts_us;  /* INT64_MIN */
	int64_t min_ldt_s;  /* SST_NO_LDT */
	uint32_t min_ttl_s; /* of what expires; UINT32_MAX */
};

/* Borrows the table until free. */
int sst_memtable_new(struct sst_memtable **, const struct sst_table *, struct sst_err *);
void sst_memtable_free(struct sst_memtable *); /* NULL is fine; its streams must be closed */

/*
 * Takes an update in; copies all that it needs.  Rows must have full clusterings.  On -1 (no
 * memory, or an update that contradicts the table) a part of the update may have been taken in;
 * applying it again is harmless, as everything is reconciled.
 */
int sst_memtable_apply(struct sst_memtable *, const struct sst_update *, struct sst_err *);

/* Memory taken, all told. */
size_t sst_memtable_bytes(const struct sst_memtable *);
/* Borrows; current until the next apply. */
const struct sst_memtable_stats *sst_memtable_stats(const struct sst_memtable *);

/*
 * A stream over what r names: key or token range, slices, direction (its other fields are not
 * looked at: tombstones are always given).  Never answers SST_WAIT.  Slices are copied; the key is
 * not kept.  Range deletions are cut off at the ends of each slice, markers standing there.
 *
 * The memtable may be applied to while streams are open.  Each partition is seen as it was when
 * the stream came to it (a stream of one key: when it was opened), whole updates only; partitions
 * that come into being ahead of the stream are seen too.
 */
int sst_memtable_read(
    struct sst_memtable *, const struct sst_read *r, struct sst_stream **, struct sst_err *);

/*
 * Sorts ahead what reads would sort, about n things of it: SST_ONE: there is more to do; 0: all is
 * sorted, as long as nothing is applied; -1.
 */
int sst_memtable_tidy(struct sst_memtable *, size_t n, struct sst_err *);

/*
 * A stream over everything in a memtable that is tidy and that nothing is applied to any more.  It
 * may be read, and closed, in another thread, while the memtable's own reads it as ever.
 */
int sst_memtable_dump(struct sst_memtable *, struct sst_stream **, struct sst_err *);

#endif
