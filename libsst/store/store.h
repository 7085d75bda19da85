/*
 * libsst/store/store.h: a data directory: its tables, what is in memory of them, what is in their
 * SSTables, and reads over both.  A store belongs to one thread; it may own a part of the token
 * range only, so that a daemon's shard is a store too.  formats/datadir.md has the layout.
 *
 * Durability: apply() writes to the commit log, then to memory.  How far writes may be acknowledged
 * depends on the mode, and sst_store_settle says it:
 *
 *	periodic	written to the kernel; synced every sync_ms.  A process that dies loses nothing of
 *			it, a power cut at most what sync_ms saw, the newest.
 *	group		synced, once in sync_ms: writes of a window share a sync
 *	batch		synced, by every settle
 *	none		no log: in SSTables that are live and durable
 *
 * What a crash left in the log is in memory, or in SSTables, when a writer's open returns, and in
 * memory when a reader's does.  A segment goes when all it holds is in SSTables.
 */
#ifndef SST_STORE_STORE_H
#define SST_STORE_STORE_H

#include "live/lock.h"
#include "row/db.h"

#define SST_STORE_LOCK "lock"               /* in DIR: one writing process */
#define SST_STORE_LOG "commitlog"           /* in DIR: the folder of segments */
#define SST_STORE_MEMORY ((size_t)64 << 20) /* of memtables, when not said otherwise */

struct sst_flush;
struct sst_store;

enum sst_sync {
	SST_SYNC_PERIODIC,
	SST_SYNC_GROUP,
	SST_SYNC_BATCH,
	SST_SYNC_NONE
};

struct sst_store_opts { /* all zero: a writer of everything, which waits for the lock */
	bool read_only; /* writes nothing, locks nothing; works on a read-only mount */
	bool no_wait;   /* SST_EBUSY, naming the pid, instead of waiting for DIR/lock */
	bool shared;    /* the caller holds DIR/lock for all its stores (sst_store_lock) */
	/* Only partitions with left < token <= right are read and taken in; left == right: all. */
	int64_t left, right;
	size_t memory; /* bytes of memtables; when they are full they become an SSTable each */
	/*
	 * Flushes beside the store's thread: `give` has another thread call sst_flush_write, and the
	 * store's then sst_store_flush_end; it is false when that cannot be.  `wait` returns once
	 * sst_flush_write has, and then nobody need call sst_store_flush_end.  What is half full is
	 * flushed.  NULL: who fills memory flushes it.
	 */
	bool (*give)(void *arg, struct sst_flush *);
	void (*wait)(void *arg, struct sst_flush *);
	void *flush_arg;
	/* CREATE KEYSPACE, TYPE and TABLE statements of tables to make where they are missing; of one
	 * that is there the schema on disk counts. */
	struct sst_slice schema;
	size_t cache; /* bytes of decompressed chunks to keep; 0: 32 MiB */
	/* The commit log of a writer. */
	enum sst_sync sync;
	unsigned sync_ms;      /* 0: periodic 10,000, group 10 */
	uint32_t segment_size; /* bytes; 0: 32 MiB.  A write may have half of it. */
	uint64_t log_max; /* bytes of segments that hold the oldest memtable back: then it becomes
				* an SSTable; 0: four times memory, four segments at least */
	bool keep_log;    /* segments stay after all, for a Cassandra to replay */
	bool skip_damage; /* pass over damage in what a crash left, and keep that segment aside */
	uint32_t shard, shards; /* of `shared` stores: which, of how many, is named in segments */
	/*
	 * Several stores replay what a crash left: each its part, when it opens; then
	 * sst_store_recovered is called with all of them, before any takes something in.  Without it a
	 * shared store takes the log for replayed.
	 */
	bool replay;
	/* A reader may need only some partitions of what the log holds; NULL: all. */
	bool (*wanted)(void *arg, const struct sst_table *, const struct sst_partition *);
	void *wanted_arg;
	/* The clock of the log; NULL: the wall clock names its segments, and sync_ms goes by one that
	 * nobody sets. */
	int64_t (*now_ms)(void *arg);
	void *now_arg;
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

/*
 * The same beside (opts.give).  ask: all that is in memory now is to be flushed, and is once
 * is_flushed says so of the ticket; sst_store_flush_turn, which does a little for flushes, is to be called
 * then and after each update; SST_ONE: again, at once.  After -1 of turn or end what was asked for will
 * not be: memory is flushed when it is full, or somebody asks again, unless the store takes in nothing
 * more, as above.
 */
int sst_store_flush_ask(struct sst_store *, uint64_t *ticket, struct sst_err *);
bool sst_store_is_flushed(const struct sst_store *, uint64_t ticket);
int sst_store_flush_turn(struct sst_store *, struct sst_err *);
int sst_store_flush_end(struct sst_store *, struct sst_err *);
/* In any thread. */
void sst_flush_write(struct sst_flush *);

/*
 * Does what the mode demands before writes are acknowledged, as far as its time has come, and says up to
 * where they may be.  After an error of a sync nothing is acknowledged any more, and the store takes
 * nothing in.
 */
int sst_store_settle(struct sst_store *, struct sst_logpos *acked, struct sst_err *);
/* ms until settle has something to do, 0 at once, -1 never. */
int sst_store_due_ms(const struct sst_store *);
/*
 * A settle that must not wait, in two calls: SST_ONE: *fd, which stays the log's, is to be given to
 * fdatasync, and its result, 0 or -errno, to sst_store_sync_end; writes may be taken in between, and
 * settled in periodic mode.  0: there is nothing to sync.  After the second call the db's synced says how far.
 */
int sst_store_sync_begin(struct sst_store *, int *fd, struct sst_err *);
int sst_store_sync_end(struct sst_store *, int result, struct sst_err *);
/* Bytes of the log that a sync has to bring to the disk: more of them make it, and a segment's end, slow. */
uint64_t sst_store_unsynced(const struct sst_store *);

/*
 * All n stores of a directory, opened with `replay`, have taken their parts of the log: they have
 * flushed, and it goes.  Segments with writes to tables or columns that are not known are kept aside, and so are
 * damaged ones.
 */
int sst_store_recovered(struct sst_store *const *, size_t n, struct sst_err *);

/*
 * The same for stores that flush beside (opts.give), which need not have flushed: the segments that a
 * crash left are made durable as they are, and stay.  Once all that is in memory of all stores now is
 * flushed (sst_store_flush_ask), sst_relics_discard is to be called, by any thread; where it is not, the
 * next start replays them again.  *left NULL: there are none.
 */
struct sst_relics;
int sst_store_recovered_beside(
    struct sst_store *const *, size_t n, struct sst_relics **left, struct sst_err *);
int sst_relics_discard(struct sst_relics *, struct sst_err *);
void sst_relics_free(struct sst_relics *); /* NULL is fine */

/* Bytes of the segments in DIR/commitlog; 0 where there are none. */
int sst_store_log_bytes(const struct sst_io *, const char *dir, uint64_t *bytes, struct sst_err *);

/* Takes over what other processes published; streams that are open go on as they began. */
int sst_store_refresh(struct sst_store *, struct sst_err *);

/*
 * Flushes, discards the log, and frees whatever happens; NULL is fine.  All its streams must be closed.
 * When the flush fails, the log is synced and stays, so that the next writer has it all.
 */
int sst_store_close(struct sst_store *, struct sst_err *);
/* Frees without flushing: what was not flushed is in the log, or gone where there is none. */
void sst_store_drop(struct sst_store *);

/* Takes DIR/lock and signs it with the pid, for several stores of one process (`shared`). */
int sst_store_lock(
    struct sst_lock *, const struct sst_io *, const char *dir, bool wait, struct sst_err *);

#endif
