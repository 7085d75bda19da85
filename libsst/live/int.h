/* libsst/live/int.h: what is in a table's folder, before anybody asks what is live. */
#ifndef SST_LIVE_INT_H
#define SST_LIVE_INT_H

#include "live/live.h"
#include "live/txnlog.h"

#define SST_LIVE_PATH 4096

struct sst_live_group { /* the files of one set */
	const char *base;
	uint64_t generation;
	size_t nnames;
	const char **names; /* file names */
	bool toc, toc_tmp, data;
	bool kept;       /* named by a log in doubt */
	const char *log; /* that says why it is not live */
	enum sst_left_why why;
};

struct sst_live_log {
	const char *name;
	struct sst_txnlog text;
};

struct sst_live_scan { /* all in the arena */
	const struct sst_io *io;
	const char *dir;
	struct sst_arena *arena;
	size_t ngroups, nlogs;
	struct sst_live_group *groups; /* by generation, then base */
	struct sst_live_log *logs;
	uint64_t generation_max;
};

/* What one pass over a folder shows: whether names are the same again, and whether there are logs. */
struct sst_live_glance {
	uint64_t sum[2]; /* of the hashes of SSTables' names, which come in no order */
	size_t n;
	bool logs;
};

int sst_live_glance(
    struct sst_live_glance *, const struct sst_io *, const char *dir, struct sst_err *);

/*
 * As sst_live_scan, but in one pass where that meets no log, and with what the pass has shown.  It may
 * have missed a log that came meanwhile: to be used only when a later glance shows the same.
 */
int sst_live_scan_once(struct sst_live_scan *, struct sst_live_glance *, struct sst_arena *,
    const struct sst_io *, const char *dir, struct sst_err *);

/*
 * Lists the files, then the logs, reads the logs, and notes in each group what a log says of it.  A
 * log whose REMOVE records do not fit the files any more becomes doubtful.
 */
int sst_live_scan(struct sst_live_scan *, struct sst_arena *, const struct sst_io *,
    const char *dir, struct sst_err *);

/* The group with that base, or NULL. */
struct sst_live_group *sst_live_group(const struct sst_live_scan *, struct sst_slice base);

/* dir/name in buf, or SST_ELIMIT. */
int sst_live_path(
    char buf[SST_LIVE_PATH], const char *dir, const char *a, const char *b, struct sst_err *);

/* mtime in ms of the newest file of a group, 0 when none is left; *n counts those that are there. */
int sst_live_newest(const struct sst_live_scan *, const struct sst_live_group *, int64_t *ms,
    size_t *n, struct sst_err *);

/* Removes all files of a group, oldest first, TOC.txt last among equals; counts them in *n. */
int sst_live_delete(
    const struct sst_live_scan *, const struct sst_live_group *, size_t *n, struct sst_err *);

#endif
