/*
 * libsst/store/store.h: a data directory: its tables, what is in memory of them, what is in their
 * SSTables, and reads over both.  A store belongs to one thread; it may own a part of the token
 * range only, so that a daemon's shard is a store too.  formats/datadir.md has the layout.
 *
 * Durability: there is no commit log yet.  What apply() took in is durable when a flush has returned
 * 0, or close, which flushes; sync() of the db is such a flush.  A process that dies before loses
 * what it had not flushed, and nothing else.
 */
#ifndef SST_STORE_STORE_H
#define SST_STORE_STORE_H

#include "live/lock.h"
#include "row/db.h"

#define SST_STORE_LOCK "lock"               /* in DIR: one writing process */
#define SST_STORE_MEMORY ((size_t)64 << 20) /* of memtables, when not said otherwise */

struct sst_store;

struct sst_store_opts { /* all zero: a writer of everything, which waits for the lock */
	bool read_only; /* writes nothing, locks nothing; works on a read-only mount */
	bool no_wait;   /* SST_EBUSY, naming the pid, instead of waiting for DIR/lock */
	bool shared;    /* the caller holds DIR/lock for all its stores (sst_store_lock) */
	/* Only partitions with left < token <= right are read and taken in; left == right: all. */
	int64_t left, right;
	size_t memory; /* bytes of memtables; when they are full they become an SSTable each */
	/* CREATE KEYSPACE, TYPE and TABLE statements of tables to make where they are missing; of one
	 * that is there the schema on disk counts. */
	struct sst_slice schema;
	size_t cache; /* bytes of decompressed chunks to keep; 0: 32 MiB */
	/* Told, in words, what is not as it should be but stops nothing: a set without TOC.txt, a
	 * transaction log in doubt.  May be NULL. */
	void (*note)(void *arg, const char *text);
	void *note_arg;
};

/*
 * Opens the directory dir; a writer makes it and its tables, takes its lock, and puts the tables'
 * folders in order.  Read-only, dir may also be a table's folder, one of another system too: one
 * table, named by schema.cql beside the files or else by the folder and the files' own headers.
 */
int sst_store_open(struct sst_store **, const struct sst_io *, const char *dir,
    const struct sst_store_opts *, struct sst_err *);

/* The db.h seam of this store; lives as long as the store. */
struct sst_db *sst_store_db(struct sst_store *);

/* Number of tables, and one of them; borrowed until close. */
size_t sst_store_ntables(const struct sst_store *);
const struct sst_table *sst_store_table(const struct sst_store *, size_t i);
/* The folder of a table. */
const char *sst_store_folder(const struct sst_store *, const struct sst_table *);

/* The memtables become SSTables, live and durable when this returns 0.  After a failure that leaves
 * in doubt what is durable (a sync that failed) the store takes in nothing more. */
int sst_store_flush(struct sst_store *, struct sst_err *);

/* Takes over what other processes published; streams that are open go on as they began. */
int sst_store_refresh(struct sst_store *, struct sst_err *);

/* Flushes, and frees whatever happens; NULL is fine.  All its streams must be closed. */
int sst_store_close(struct sst_store *, struct sst_err *);
/* Frees without flushing: what was not flushed is gone. */
void sst_store_drop(struct sst_store *);

/* Takes DIR/lock and signs it with the pid, for several stores of one process (`shared`). */
int sst_store_lock(
    struct sst_lock *, const struct sst_io *, const char *dir, bool wait, struct sst_err *);

#endif
