/*
 * libsst/store/flushing.h: how the memtables of a store become SSTables, one after the other:
 *
 *	freeze	a shelf's memtable takes nothing more in; updates go to a new one	store's thread
 *	tidy	it is sorted, a little at a time, so that nobody changes it any more	store's thread
 *	write	an SSTable, synced and committed (flush.c)				any thread
 *	end	the SSTable is on the shelf, the memtable goes, and the log's part	store's thread
 *
 * Reads see the frozen memtable until its SSTable is on the shelf, and the log keeps what is in it
 * until then.  When writing fails it stays frozen, and is what is written next.
 */
#ifndef SST_STORE_FLUSHING_H
#define SST_STORE_FLUSHING_H

#include "store/shelf.h"
#include "store/store.h"

enum sst_flush_state {
	SST_FLUSH_NONE,
	SST_FLUSH_FROZEN, /* to be sorted and written */
	SST_FLUSH_FAILED, /* the same, after it was tried */
	SST_FLUSH_GIVEN   /* somebody else writes it */
};

struct sst_flush {
	enum sst_flush_state state;
	struct sst_shelf *shelf; /* that has something frozen, unless NONE */
	/* For whoever writes it; all of it stays as it is meanwhile. */
	const struct sst_io *io;
	const struct sst_table *table;
	const char *folder;
	struct sst_memtable *rows;
	const uint8_t *statics_used, *regulars_used;
	uint8_t hostid[16];
	int64_t now_us;
	bool bulk; /* no log stands behind it */
	/* What came of it: -1 and e; doubt: the folder may have changed, see sst_publish_commit. */
	int result;
	bool doubt;
	struct sst_err e;
};

/* The memtables of one shelf become SSTables, here and now. */
int sst_store_flush_shelf(struct sst_store *, struct sst_shelf *, struct sst_err *);
/* What is frozen, if anything, becomes an SSTable, here and now. */
int sst_store_flush_frozen(struct sst_store *, struct sst_err *);
/* Makes room before an update is taken in, so that one that is refused leaves no trace. */
int sst_store_make_room(struct sst_store *, struct sst_err *);
/* What a shelf has in memory goes: its rows are no more.  Waits for whoever writes it. */
void sst_store_forget_shelf(struct sst_store *, struct sst_shelf *);
/* Nobody else writes any more, whatever came of it. */
void sst_store_await_flush(struct sst_store *);
/* What is in SSTables leaves the log. */
void sst_store_discard_log(struct sst_store *);
int sst_store_refuse_broken(const struct sst_store *, struct sst_err *);

#endif
