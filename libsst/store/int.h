/* libsst/store/int.h: the store from inside. */
#ifndef SST_STORE_INT_H
#define SST_STORE_INT_H

#include "store/datadir.h"
#include "store/define.h"
#include "store/flushing.h"
#include "store/journal.h"
#include "store/store.h"

struct sst_relic { /* a segment that was there when the store was opened, as its replay found it */
	const char *name;
	uint64_t left, lost;
	bool whole;    /* ends as its writer ends a segment: another may follow */
	bool sealable; /* is ours, and ends with a section */
	uint64_t id, size;
	uint64_t unknown;   /* mutations of tables or columns that are not known */
	struct sst_err why; /* of the first of them */
};

struct sst_store {
	struct sst_db db; /* first */
	const struct sst_io *io;
	struct sst_store_opts opts;
	bool ranged; /* opts.left < token <= opts.right, else all */
	char *dir;
	struct sst_arena arena; /* tables, paths */
	struct sst_lock lock;
	struct sst_datadir datadir;
	struct sst_cache *cache;
	size_t nshelves;
	struct sst_shelf **shelves;
	struct sst_shelf *last; /* that was written to */
	size_t nretired;        /* of tables that are defined otherwise now, or not at all */
	struct sst_shelf **retired;
	const char *log_dir;         /* NULL: the directory has none */
	struct sst_journal *journal; /* NULL: none is written */
	uint64_t updates; /* taken in without a log: their positions are {0, 1}, {0, 2}, … */
	size_t bytes;     /* of all memtables */
	uint64_t memtables, asked; /* how many there were; up to which they are to be flushed */
	struct sst_flush flush;    /* of one memtable at a time */
	bool replaying;            /* sst_store_recovered has to come first */
	uint64_t recalled;         /* changes that its replay took in */
	size_t nrelics;
	struct sst_relic *relics;
	bool broken; /* a flush failed in doubt: nothing more is taken in */
	struct sst_err why;
	struct sst_buf extent[2];
};

/* One without a table's rows, whose folder's string outlives it; free: NULL is fine. */
struct sst_shelf *sst_store_new_shelf(
    struct sst_store *, const struct sst_table *, const char *folder, struct sst_err *);
void sst_store_free_shelf(struct sst_shelf *);
/* All SSTables that are live in a folder of ours go, at once. */
int sst_store_clear_folder(
    const struct sst_io *, const char *folder, int64_t now_us, struct sst_err *);

/* The shelf of a table that this store handed out, or NULL. */
struct sst_shelf *sst_store_shelf(struct sst_store *, const struct sst_table *);

/* The read op of the db. */
int sst_store_read(struct sst_db *, const struct sst_read *, struct sst_stream **,
    struct sst_read_stats *, struct sst_err *);
/* The extent op. */
int sst_store_extent(struct sst_db *, const struct sst_table *, struct sst_slice *first,
    struct sst_slice *last, struct sst_err *);

/* Takes an update into memory. */
int sst_store_take(struct sst_store *, struct sst_shelf *, const struct sst_update *,
    struct sst_logpos, struct sst_err *);
/* Replays the log into memory, a writer flushing on the way. */
int sst_store_recall(struct sst_store *, struct sst_err *);
/* What was replayed may stay in memory, for all that this store has seen of the log. */
bool sst_store_may_keep_relics(const struct sst_store *);
void sst_store_note(struct sst_store *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sst_store_note_error(struct sst_store *, const struct sst_err *);

/* Makes the tables of opts.schema that are not there yet. */
int sst_store_make_tables(struct sst_store *, struct sst_err *);

/* Keyspaces whose drop a crash cut off; before anything else is looked at, or replayed. */
int sst_store_finish_drops(const struct sst_io *, const char *dir, struct sst_err *);

#endif
