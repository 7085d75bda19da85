/* libsst/sstable/salvage.h: a sound SSTable of all that can be read of a damaged one. */
#ifndef SST_SSTABLE_SALVAGE_H
#define SST_SSTABLE_SALVAGE_H

#include "base/io.h"
#include "sstable/writer.h"

struct sst_loss { /* something that could not be read; borrows */
	/* A partition of which rows are lost, or p == NULL: whole partitions are. */
	struct sst_slice key;
	/* Of a partition: they lie between these rows that could be read; n == 0: up to its start or end. */
	struct sst_bound from, to;
	/* They lie between these keys of partitions that could be read; p == NULL: none is there. */
	struct sst_slice after, before;
	int64_t after_token, before_token; /* of `key` the former */
	const struct sst_err *why;
	const struct sst_table *table; /* of the keys */
};

struct sst_salvage_opts {
	const char *dir; /* where the new SSTable goes; it is there */
	void (*lost)(void *arg, const struct sst_loss *);
	void *arg;
};

/*
 * Writes what can be read of the SSTable to a new one in another folder, under its own generation; its
 * version too where that is written here, else `me`.  Compression, level, repair and host are kept.
 * Where the data is damaged it goes on at the next block of rows, or else the next partition, that the index
 * knows of; a file that was cut is read up to there.  *written says
 * what came out; npartitions == 0: nothing, and there are no files.  0; -1 and there are none either.
 */
int sst_salvage(struct sst_written *written, const struct sst_io *, const char *path,
    const struct sst_salvage_opts *, struct sst_err *);

#endif
