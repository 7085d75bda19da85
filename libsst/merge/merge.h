/*
 * libsst/merge/merge.h: many row streams into one: partitions, rows and range deletions reconciled,
 * what is shadowed left out.  Knows no file.  formats/reconciliation.md has the rules.
 */
#ifndef SST_MERGE_MERGE_H
#define SST_MERGE_MERGE_H

#include "row/rows.h"

struct sst_merge_opts {
	/*
	 * true: tombstones are given too, but for those that may be purged.  false: only what is
	 * live at now_s, for readers: no markers, no deletions, no rows or partitions without live
	 * data (a partition with nothing but a live static row is given).
	 */
	bool raw;
	int64_t now_s;

	/*
	 * raw: tombstones deleted before this may be purged, if purge_before allows it.  Not raw:
	 * those do not count as met.  INT64_MIN: none.
	 */
	int64_t gc_before_s;
	/*
	 * raw: asked at most once a partition, when something could be purged: the smallest write
	 * time that a source outside this merge may hold for it; only older tombstones go.
	 * INT64_MAX: there is none; INT64_MIN: not known, keep all.  NULL: as INT64_MAX.
	 */
	int64_t (*purge_before)(void *arg, const struct sst_partition *);
	void *arg;

	/* Not raw: counted up as tombstones are met; NULL: not wanted.  Outlives the stream. */
	uint64_t *tombstones;
	uint64_t tombstones_max; /* more in one stream: SST_ELIMIT, naming the partition; 0: any */
};

/*
 * All inputs speak of the same table and run in the same direction.  Takes over the n streams, also
 * on -1; the array itself is the caller's and may go.  n == 0 gives an empty stream, of `table`.
 *
 * An input may answer SST_WAIT at any call; the merge then does, and nothing is lost.  Items borrow
 * from the inputs where only one has the row, and live until the next call.
 */
int sst_merge_open(struct sst_stream **, const struct sst_table *table, struct sst_stream **in,
    size_t n, const struct sst_merge_opts *, struct sst_err *);

#endif
