/*
 * libsst/store/unflushed.h: how old the writes are that lie in a data directory's commit log and may
 * be in no SSTable yet: what compaction asks before it lets a tombstone go.
 *
 * The log is read before SSTables are listed: a write is then in one of both, whatever a flush does
 * meanwhile.  Reads only; works beside a writer.
 */
#ifndef SST_STORE_UNFLUSHED_H
#define SST_STORE_UNFLUSHED_H

#include "base/io.h"
#include "row/rows.h"

struct sst_unflushed;

struct sst_unflushed_tables { /* of the data directory: a log holds writes to all of them */
	const struct sst_table *const *v;
	size_t n;
	const struct sst_table *wanted; /* writes to this one count */
	/* Ids of tables that were dropped: what the log has of them comes back no more. */
	const uint8_t (*dropped)[16];
	size_t ndropped;
};

/*
 * dir is a data directory.  Keeps a smallest write time for each partition as long as they take no
 * more than `memory` bytes; then one for all.  A log that cannot be read to its end, by damage or
 * because of a table that nobody knows, says nothing: *why is filled in, and every answer is "not
 * known".  -1 without memory.
 */
int sst_unflushed_read(struct sst_unflushed **, const struct sst_io *, const char *dir,
    const struct sst_unflushed_tables *, size_t memory, struct sst_err *why);
void sst_unflushed_free(struct sst_unflushed *); /* NULL is fine */

/* False when the log could not be read to its end. */
bool sst_unflushed_known(const struct sst_unflushed *);

/* The smallest write time in the log for a partition; INT64_MAX: none, INT64_MIN: not known.  arg is
 * a struct sst_unflushed. */
int64_t sst_unflushed_min_ts_us(void *arg, const struct sst_partition *);

#endif
