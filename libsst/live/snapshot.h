/*
 * libsst/live/snapshot.h: snapshots as Cassandra makes them: <table's folder>/snapshots/<name>/ with
 * a hard link to every file of every SSTable that was live at one moment, schema.cql and
 * manifest.json.  They cost no space until the live files go, and are how files leave for a cluster.
 * formats/snapshot.md.
 *
 * A snapshot is made aside, as snapshots/.<name>.tmp, and renamed when all of it is durable: under
 * its name it is whole.  It goes the same way back.  What is aside belongs to somebody who died and
 * is removed by the next one who wants the name.
 */
#ifndef SST_LIVE_SNAPSHOT_H
#define SST_LIVE_SNAPSHOT_H

#include "live/live.h"
#include "live/manifest.h"

#define SST_SNAPSHOT_NAME_MAX 240 /* bytes */

struct sst_snapshot { /* in an arena */
	const char *name;
	const char *folder;
	size_t nsets, nfiles;
	uint64_t bytes;     /* of all its files */
	uint64_t own_bytes; /* of those that are live no more: what only it holds */
	int64_t created_us,
	    expires_us; /* by the manifest, else by the folder's time; SST_NO_TIME */
};

struct sst_snapshots { /* by time, then name */
	size_t n;
	struct sst_snapshot *v;
};

/*
 * The snapshots in a table's folder, of any system.  Only looks; one that goes meanwhile is left out.
 * A manifest that is damaged is no error here: times come from the folder then.
 */
int sst_snapshot_list(struct sst_snapshots *, struct sst_arena *, const struct sst_io *,
    const char *dir, struct sst_err *);

/* 1: there is one of that name; 0; -1, also for a name that cannot be one. */
int sst_snapshot_exists(const struct sst_io *, const char *dir, const char *name, struct sst_err *);

/*
 * Makes one of the SSTables that are live in a folder of ours: whole and durable when it returns 0;
 * nothing is left after -1, but for what a process leaves that dies.  SST_EINVAL when the name is
 * taken.  Waits for the table's lock, and holds it: writers go on, but none publishes meanwhile.
 */
int sst_snapshot_create(
    const struct sst_io *, const char *dir, const char *name, int64_t now_us, struct sst_err *);

/* Removes one, all at once for whoever looks.  0 also when there was none. */
int sst_snapshot_remove(const struct sst_io *, const char *dir, const char *name, struct sst_err *);

#endif
