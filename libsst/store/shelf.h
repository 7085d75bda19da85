/*
 * libsst/store/shelf.h: what a store keeps of one table: memtables, and the live SSTables of its
 * folder, opened.  Both are sources of rows that are counted: a stream holds those it reads, so they
 * outlive a flush or a refresh that drops them from the shelf.
 *
 *	updates ─► active ── full ─► frozen ── written, live ─► sets
 *	              └────────┬───────┴──────────────────────────┘
 *	                     reads
 */
#ifndef SST_STORE_SHELF_H
#define SST_STORE_SHELF_H

#include "live/live.h"
#include "memtable/memtable.h"
#include "sstable/reader.h"

struct sst_source {
	size_t refs;
	struct sst_memtable *mem; /* or */
	struct sst_sstable *sstable;
	char *base; /* "me-3-big-"; with ino and mtime it names the set */
	uint64_t ino;
	int64_t mtime_ms;
	bool no_toc;      /* they are Data.db's then, else TOC.txt's */
	unsigned checked; /* of its components that were opened, how many then were of this set */
};

struct sst_memory {              /* a memtable, and what is known of what is in it */
	struct sst_source *rows; /* NULL while nothing is in memory */
	uint64_t no;             /* of all memtables of the store: later ones have larger numbers */
	struct sst_logpos first; /* of the first update */
	/* Columns with a cell in it, a bit each. */
	uint8_t *statics_used, *regulars_used;
	/* Smallest and largest first clustering value of the rows. */
	struct sst_buf extent[2];
	bool extent_known, extent_null; /* there is one; one is null, so nothing is known */
};

struct sst_shelf {
	const struct sst_io *io;
	const struct sst_table *table;
	const char *folder;
	struct sst_arena arena; /* of the table, when it was defined while the store was open */
	uint64_t truncated;     /* writes in segments up to this id are no more (truncated.h) */
	struct sst_cache *cache;
	bool foreign;
	void (*note)(void *arg, const char *text);
	void *note_arg;
	bool listed;              /* the folder was listed once */
	bool noted;               /* and what is wrong with it told */
	struct sst_memory active; /* takes updates in */
	struct sst_memory frozen; /* is becoming an SSTable: flushing.h */
	size_t nsets;
	struct sst_source **sets; /* by generation */
};

void sst_shelf_clear(struct sst_shelf *); /* its streams are closed */

/* Lists the folder, opens what is new and lets go of what is gone. */
int sst_shelf_refresh(struct sst_shelf *, struct sst_err *);
/* The same when it was never done. */
int sst_shelf_list(struct sst_shelf *, struct sst_err *);

/*
 * Whether the set's files are still there: asked after opening some by name, so that what was opened
 * is known to be of this set, not of another that took its name.  0; -1, with ENOENT when they are
 * not.
 */
int sst_shelf_check(const struct sst_shelf *, const struct sst_source *, struct sst_err *);

/* pos: where this update is in the log. */
int sst_shelf_apply(
    struct sst_shelf *, const struct sst_update *, struct sst_logpos pos, struct sst_err *);
size_t sst_memory_bytes(const struct sst_memory *);
size_t sst_shelf_bytes(const struct sst_shelf *); /* of memory, all told */
void sst_memory_drop(struct sst_memory *);        /* streams that read it keep it */

struct sst_source *sst_source_hold(struct sst_source *);
void sst_source_drop(struct sst_source *); /* NULL is fine */

#endif
