/*
 * libsst/store/define.h: tables that come, change and go while a directory is open, by one store or by
 * several `shared` ones of one process.  What is on disk changes once, by one thread; then each store
 * takes the new schema over, in its own.
 *
 *	thread that defines				each store, in its thread
 *
 *	makes the new schema (query/ddl.h)
 *	1 a table altered, dropped or truncated:	takes no more writes to it;
 *							sst_store_flush_table
 *	2 sst_store_define, or sst_store_truncate	(reads and other writes go on)
 *	3						sst_store_adopt, or sst_store_truncated;
 *							writes again
 *	4 tells clients
 *	5						sst_store_retire, once no stream and no plan
 *							of the schema before is left
 *
 * A step that fails before 2 has changed nothing: writes go on.  When 2 fails, the schema is as it was,
 * unless e->doubt: then nobody knows before a restart.  What failed in 3 may be tried again; until then
 * the store has the schema before, and that table must not be written to.
 *
 * After a crash a definition is there or not.  A keyspace that was being dropped is there whole, or gone for
 * readers, and the next writer's open takes away what is left of it; of a type that was being altered the
 * next sst_store_schema makes the tables agree.
 * formats/datadir.md.
 */
#ifndef SST_STORE_DEFINE_H
#define SST_STORE_DEFINE_H

#include "cql/schema.h"
#include "store/store.h"

struct sst_define_opts {
	int64_t now_us; /* names snapshots: dropped-<ms>-<table>, truncated-<ms>-<table> */
	bool
	    no_snapshot; /* what goes is not kept as a snapshot, which Cassandra calls auto_snapshot */
	bool no_wait;    /* SST_EBUSY while a compaction has the table, instead of waiting for it */
};

/*
 * The schema of a directory of ours, which the caller has locked (sst_store_lock): keyspaces, types and
 * tables; in the arena.  Folders whose schema.cql a crash left behind are put right.
 */
int sst_store_schema(struct sst_schema *, struct sst_arena *, const struct sst_io *,
    const char *dir, struct sst_err *);

/*
 * Makes the directory, where one has the schema `was`, have the schema `now`: durable when it returns 0.
 * Tables are told apart by their ids, which all have.
 */
int sst_store_define(const struct sst_io *, const char *dir, const struct sst_schema *was,
    const struct sst_schema *now, const struct sst_define_opts *, struct sst_err *);

/*
 * All rows of a table that are in SSTables go; *upto is to be given to sst_store_truncated of every
 * store.  Unflushed rows would stay: see above.
 */
int sst_store_truncate(const struct sst_io *, const char *dir, const struct sst_table *,
    const struct sst_define_opts *, uint64_t *upto, struct sst_err *);

/* The memtable of one table becomes an SSTable. */
int sst_store_flush_table(struct sst_store *, const struct sst_table *, struct sst_err *);

/*
 * Takes over a schema that the directory has now; borrows nothing of it.  Tables that are as they were
 * stay where they are (sst_store_table gives the same pointer); one that changed is another pointer, one
 * that is gone is given no more.  Streams that are open go on as they began.
 */
int sst_store_adopt(struct sst_store *, const struct sst_schema *, struct sst_err *);

/* The table is empty: what is in memory of it goes, and what is written next is later in the log. */
int sst_store_truncated(
    struct sst_store *, const struct sst_table *, uint64_t upto, struct sst_err *);

/* Frees what adopt has put aside.  Streams and plans over it are closed. */
void sst_store_retire(struct sst_store *);

#endif
