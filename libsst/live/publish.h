/*
 * libsst/live/publish.h: how new SSTables become live and old ones go, all at once, whatever
 * happens in between:
 *
 *	begin	create the log and lock it; sync the folder
 *	add	claim a generation (TOC.txt.tmp, exclusively), log ADD, sync
 *	(the caller writes the components and syncs each)
 *	ready	put TOC.txt.tmp in place
 *	remove	say which set goes
 *	commit	sync the folder; log REMOVEs and COMMIT, sync: from here on it has happened;
 *		delete what goes, oldest file first; sync the folder; unlink the log
 *
 * The log's lock is held until close, so that recovery by somebody else leaves a living writer
 * alone.  formats/txnlog.md says why each step is where it is.
 */
#ifndef SST_LIVE_PUBLISH_H
#define SST_LIVE_PUBLISH_H

#include "live/live.h"

struct sst_publish;

struct sst_publish_opts {
	const char *version; /* of the new sets and in the log's name: "me" */
	const char *type;    /* "flush", "compaction" or "write" */
	int64_t now_us;      /* time and randomness for the log's name */
	uint8_t random[8];
};

/* Waits for the table's lock.  io must outlive it. */
int sst_publish_begin(struct sst_publish **, const struct sst_io *, const char *dir,
    const struct sst_publish_opts *, struct sst_err *);

/*
 * Claims the next generation: *base ("me-3-big-") lives until close.  The empty file
 * "<base>TOC.txt.tmp" is then there, for the caller to fill and sync like the other components;
 * nfiles says how many there will be.
 */
int sst_publish_add(struct sst_publish *, int32_t nfiles, const char **base, struct sst_err *);

/* The same for a set of another version and format ("nb", "big"), made elsewhere. */
int sst_publish_add_as(struct sst_publish *, const char *version, const char *format,
    int32_t nfiles, const char **base, struct sst_err *);

/* All components of this set, TOC.txt.tmp too, are written and synced. */
int sst_publish_ready(struct sst_publish *, const char *base, struct sst_err *);

/* This live set goes when the transaction commits. */
int sst_publish_remove(struct sst_publish *, const char *base, struct sst_err *);

/*
 * 0: all sets added are live and durable, all sets removed are not.  -1: when *done is false,
 * nothing has changed for readers and close will undo; when it is true, the failure is at or after
 * COMMIT: it may or may not be durable, the next recovery finds out, and nobody may build on either.
 */
int sst_publish_commit(struct sst_publish *, bool *done, struct sst_err *);

/*
 * Frees; NULL is fine.  Before a commit it removes the files of all sets added, then the log; what
 * cannot be removed is left for recovery.
 */
void sst_publish_close(struct sst_publish *);

#endif
