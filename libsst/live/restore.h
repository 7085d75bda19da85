/*
 * libsst/live/restore.h: SSTables that lie elsewhere become live in a table's folder of ours, all of
 * them at once: those of a snapshot, or any folder of SSTables that nobody writes to.  They keep
 * their bytes and version, and get new generations.  formats/snapshot.md.
 */
#ifndef SST_LIVE_RESTORE_H
#define SST_LIVE_RESTORE_H

#include "live/live.h"
#include "schema/table.h"

struct sst_restore_opts {
	const struct sst_table *table; /* of the folder restored to: every SSTable must fit it */
	bool exact;                    /* what was live and is not in the snapshot goes */
	bool wait;                     /* for a compaction that runs; else SST_EBUSY */
	int64_t now_us;                /* time and randomness for the transaction log's name */
	uint8_t random[8];
	/* Told as bytes are copied; may be NULL. */
	void (*progress)(void *arg, uint64_t bytes);
	void *arg;
};

struct sst_restored {
	size_t added, removed;
	size_t kept; /* live already: the same files, linked */
	uint64_t linked_bytes, copied_bytes;
};

/*
 * The SSTables of folder `from` into folder `to`: by hard links, or copies where the file system has
 * none across.  The caller keeps other writers of memtables out (DIR/lock); compactions are kept out
 * here.  0: all is live and durable.  -1: nothing has changed, unless *done: then the transaction may
 * have been committed, and the next recovery finds out.
 *
 * SST_EDAMAGED when the folder lacks what its manifest or a TOC.txt names, or bytes copied are not
 * those of their Digest; SST_EINVAL when an SSTable does not fit the table.
 */
int sst_restore(struct sst_restored *, bool *done, const struct sst_io *, const char *from,
    const char *to, const struct sst_restore_opts *, struct sst_err *);

#endif
