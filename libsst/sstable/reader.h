/*
 * libsst/sstable/reader.h: one SSTable opened for reading: row streams over all of it, a token range,
 * or a partition's slices in either direction; and what can be said without reading Data.db.
 */
#ifndef SST_SSTABLE_READER_H
#define SST_SSTABLE_READER_H

#include "base/io.h"
#include "row/db.h"
#include "row/serial.h"
#include "sstable/cache.h"
#include "sstable/file.h"
#include "sstable/name.h"

struct sst_sstable;
struct sst_statistics;

struct sst_sstable_opts {
	/* Its columns are mapped to this table's, by name.  NULL: a table is made of the header in
	 * Statistics.db; key columns, whose names no SSTable holds, are then "PartitionKey",
	 * "PartitionKey1", ..., "clustering", "clustering1", ..., and `named` is false. */
	const struct sst_table *table;
	enum sst_unknown_column unknown;
	struct sst_cache *cache; /* NULL: a small one of its own */
	/* Data.db may have been cut: it is read as far as it goes, and then SST_ESHORT. */
	bool cut;
	/* Only to be read from: sst_sstable_statistics lacks histograms (sst_statistics_brief). */
	bool brief;
};

/*
 * path is any of its components, or what goes before the component ("dir/me-1-big-").  Reads
 * Statistics.db only; other components are opened when they are first needed.  io, table and cache
 * are borrowed until close.  A version that cannot be read is SST_EVERSION, columns that do not fit
 * SST_EINVAL.
 */
int sst_sstable_open(struct sst_sstable **, const struct sst_io *, const char *path,
    const struct sst_sstable_opts *, struct sst_err *);
void sst_sstable_close(struct sst_sstable *); /* its streams are closed; NULL is fine */

/* Opens what point reads need (Filter, Summary, Index, Data), so that no later call waits for them:
 * non-blocking streams wait for blocks of Index.db and Data.db only. */
int sst_sstable_load(struct sst_sstable *, struct sst_err *);

/*
 * Maps its columns to another table from here on, such as one that several SSTables have been joined
 * to (schema/join.h).  No stream of it is open; the table is borrowed until close.  After -1 it can
 * only be closed.
 */
int sst_sstable_rebind(
    struct sst_sstable *, const struct sst_table *, enum sst_unknown_column, struct sst_err *);

/* How many of these are open. */
unsigned sst_sstable_opened(const struct sst_sstable *);

const char *sst_sstable_base(const struct sst_sstable *); /* "dir/me-1-big-" */
const struct sst_name *sst_sstable_name(const struct sst_sstable *);
const struct sst_version *sst_sstable_version(const struct sst_sstable *);
const struct sst_table *sst_sstable_table(const struct sst_sstable *);
const struct sst_header *sst_sstable_header(const struct sst_sstable *);
const struct sst_statistics *sst_sstable_statistics(const struct sst_sstable *);
/* Whether keys have tokens, by which they ascend; else only the file knows their order. */
bool sst_sstable_is_murmur3(const struct sst_sstable *);
/* Data.db, opened; NULL and *e when that fails. */
struct sst_file *sst_sstable_data(struct sst_sstable *, struct sst_err *);

/*
 * All partitions in the order of the file, from Data.db alone, with a window of its own that leaves
 * the cache as it is.  Waits for the disk.
 */
int sst_sstable_scan(struct sst_sstable *, struct sst_stream **, struct sst_err *);

/*
 * What *r asks for: key or token range, slices, direction, waiting or not; its table, raw, now_s and
 * tombstones_max are not looked at: everything is given, tombstones too.  *r and what it points to
 * stay until the stream is closed.
 *
 * A partition that is not here gives an empty stream.  One that is gives PARTITION and its STATIC
 * row whatever the slices, then what lies in the slices.  A range deletion that is in force where a
 * slice begins or ends has a marker there, at the slice's own bound.
 */
int sst_sstable_read(
    struct sst_sstable *, const struct sst_read *r, struct sst_stream **, struct sst_err *);

/* As sst_sstable_read, but SST_ONE with the stream, or 0 and none when Filter or Summary say already
 * that there is nothing; -1. */
int sst_sstable_find(
    struct sst_sstable *, const struct sst_read *r, struct sst_stream **, struct sst_err *);

/*
 * For reads that want to leave this SSTable out.  1: it may hold such data; 0: it holds none; -1.
 * Filter and Summary are read at the first call.
 */
int sst_sstable_may_have_key(
    struct sst_sstable *, struct sst_slice key, int64_t token, struct sst_err *);
/* True when its Filter was read and has no key with that sst_murmur3_128; reads nothing itself. */
bool sst_sstable_filters_out(const struct sst_sstable *, const uint64_t hash[2]);
int sst_sstable_may_have_tokens(
    struct sst_sstable *, int64_t left, int64_t right, struct sst_err *); /* left < t <= right */
/* False when no row and no range deletion can lie in the slices.  Static rows and partition deletions
 * may still be there: ask sst_sstable_has_more_than_rows. */
bool sst_sstable_may_have_slices(
    const struct sst_sstable *, const struct sst_range *slices, size_t nslices);
/* True when it may hold static rows or partition deletions. */
bool sst_sstable_has_more_than_rows(const struct sst_sstable *);
/* Write times in it, deletions counted: smallest and largest. */
int64_t sst_sstable_min_ts_us(const struct sst_sstable *);
int64_t sst_sstable_max_ts_us(const struct sst_sstable *);
/* First and last partition key; borrowed until close. */
int sst_sstable_keys(
    struct sst_sstable *, struct sst_slice *first, struct sst_slice *last, struct sst_err *);

#endif
