/*
 * libsst/live/live.h: this room knows what is live in a table's folder: which sets of files are
 * SSTables to read, which are not and why.  The folder alone answers, for any number of processes
 * at once: file names, TOC.txt and transaction logs (formats/datadir.md, formats/txnlog.md).
 */
#ifndef SST_LIVE_LIVE_H
#define SST_LIVE_LIVE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"

#define SST_LIVE_TRIES 20 /* listings before a folder that keeps changing is an error */

#define SST_LIVE_GENERATION_MAX INT32_MAX /* as Cassandra's numbers */

struct sst_live_set {        /* one set of files */
	const char *base;    /* "me-3-big-": a component's name follows it */
	uint64_t generation; /* of a numbered set; 0 when its generation is a UUID */
	bool no_toc;         /* only in a foreign folder */
	/* Tells a set from an earlier one of the same name: of TOC.txt, or of Data.db without. */
	uint64_t ino;
	int64_t mtime_ms;
};

enum sst_left_why {
	SST_LEFT_UNFINISHED, /* a log without COMMIT adds it: being written, or its writer died */
	SST_LEFT_REMOVED,    /* a log with COMMIT removes it: being deleted, or its writer died */
	SST_LEFT_NO_TOC,     /* no TOC.txt.  In our folder not live; in a foreign one live */
	SST_LEFT_NO_DATA,    /* TOC.txt but no Data.db */
	SST_LEFT_DOUBT       /* a transaction log that is in doubt; all that it names is kept */
};

struct sst_leftover {
	enum sst_left_why why;
	const char *name; /* a base name ("me-3-big-"); of DOUBT the log's name */
	const char *log;  /* the transaction log that says so, or NULL */
	const char *what; /* DOUBT: what is wrong with it, else NULL */
};

struct sst_live { /* fills the caller's struct; all in its arena */
	size_t nsets;
	struct sst_live_set *sets; /* by generation, then base name */
	size_t nleft;
	struct sst_leftover *left;
	uint64_t generation_max; /* largest number in any name here, live or not; 0: none */
};

struct sst_live_folder {
	const struct sst_io *io;
	const char *dir;
	/* Written by another system: a set without TOC.txt is then live, and reported too. */
	bool foreign;
};

/*
 * Lists once.  It is of one moment only for somebody who holds the table's lock; readers use
 * sst_live_open.
 */
int sst_live_list(
    struct sst_live *, struct sst_arena *, const struct sst_live_folder *, struct sst_err *);

/*
 * For readers beside writers.  Lists into *out, has the caller open every set, lists again, and
 * starts over when something has changed meanwhile: a row may come twice, never be missed.
 * SST_EBUSY after SST_LIVE_TRIES.
 *
 * open() is called for each live set of each try and returns 0, or -1 and *e; one that fails with
 * ENOENT lists again too.  A set with the base, ino and mtime of one that was opened before is the
 * same, so the caller may keep it; afterwards it closes what is not in *out.
 */
struct sst_live_opener {
	int (*open)(void *arg, const struct sst_live_set *, struct sst_err *);
	void *arg;
};

int sst_live_open(struct sst_live *out, struct sst_arena *, const struct sst_live_folder *,
    const struct sst_live_opener *, struct sst_err *);

/* "unfinished", "removed", …: for people. */
const char *sst_left_text(enum sst_left_why);

#endif
