/*
 * libsst/row/db.h: the seam between those who write and read messages and what keeps them: a store
 * on this disk, or a client of a daemon.  A write is two calls: apply gives a position in the log,
 * synced says up to where the log is durable.
 */
#ifndef SST_ROW_DB_H
#define SST_ROW_DB_H

#include "row/rows.h"

struct sst_range_deletion {
	struct sst_bound from, to; /* from before to in clustering order */
	struct sst_deletion del;
};

/* Changes to one partition of one table, applied as one. */
struct sst_update {
	const struct sst_table *table;
	struct sst_partition part;    /* key, token, partition deletion */
	const struct sst_row *statik; /* or NULL */
	size_t nrows, nranges;
	const struct sst_row *rows; /* in clustering order */
	const struct sst_range_deletion *ranges;
};

/* A slice of each partition read, in clustering order whatever the direction.  n == 0 in a bound
 * with side -1 / +1 is the start / end of the partition. */
struct sst_range {
	struct sst_bound from, to;
};

struct sst_read {
	const struct sst_table *table;
	/* One partition (key.p != NULL), or those with left < token <= right; to read all,
	 * left = right = INT64_MIN. */
	struct sst_slice key;
	int64_t left, right;
	const struct sst_range *slices; /* ascending, not overlapping; nslices == 0: all rows */
	size_t nslices;
	/* NULL, or what the caller can use: rows outside are given or not, as is cheaper. */
	const struct sst_range *within;
	/* Of each partition what comes up to its first row is wanted: rows behind it are given or not, as
	 * is cheaper. */
	bool heads;
	bool reversed;    /* rows last to first */
	bool nonblocking; /* the stream may answer SST_WAIT */
	bool raw;         /* give tombstones too; else only what is live at now_s */
	int64_t now_s;
	uint64_t
	    tombstones_max; /* a live read that meets more fails with SST_ELIMIT; 0: no limit */
};

/* A deep copy, with room for one at least; -1 only without memory. */
int sst_slices_copy(struct sst_range **to, const struct sst_range *from, size_t n,
    struct sst_arena *, struct sst_err *);
/*
 * A copy whose bytes are all in the arena, but for the table; its slices have room for one at least, so
 * that who made it may narrow it.  -1 only without memory.
 */
int sst_read_copy(
    struct sst_read *to, const struct sst_read *from, struct sst_arena *, struct sst_err *);

struct sst_read_stats { /* of one read, counted up while its stream goes on */
	uint64_t sstables_seen, sstables_skipped, sstables_read, tombstones, rows;
	uint64_t chunks_read, chunks_cached;
};

/* A position in a shard's log; ascending. */
struct sst_logpos {
	uint64_t segment, offset;
};

struct sst_db;

struct sst_db_ops {
	/* The table of that name, or NULL; borrowed until close. */
	const struct sst_table *(*table)(
	    struct sst_db *, struct sst_slice keyspace, struct sst_slice name);
	/* Takes the change in; visible to reads that begin afterwards.  *pos may be NULL. */
	int (*apply)(
	    struct sst_db *, const struct sst_update *, struct sst_logpos *pos, struct sst_err *);
	/* Waits until everything up to pos is durable. */
	int (*sync)(struct sst_db *, const struct sst_logpos *pos, struct sst_err *);
	/* How far the log is durable now. */
	int (*synced)(struct sst_db *, struct sst_logpos *pos, struct sst_err *);
	/* *stats may be NULL; it must outlive the stream. */
	int (*read)(struct sst_db *, const struct sst_read *, struct sst_stream **,
	    struct sst_read_stats *stats, struct sst_err *);
	/*
	 * Between which values the first clustering column of all rows of the table lies, in
	 * clustering order; may be wider than the truth, never narrower.  SST_ONE; 0: the table has
	 * no rows; -1.  Borrowed until the next call.  A slice with p == NULL, and an op that is
	 * NULL: not known.
	 */
	int (*extent)(struct sst_db *, const struct sst_table *, struct sst_slice *first,
	    struct sst_slice *last, struct sst_err *);
};

struct sst_db { /* the first member of whatever offers it */
	const struct sst_db_ops *ops;
};

#endif
