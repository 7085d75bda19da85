/*
 * libsst/live/recover.h: puts a table's folder in order after writers that died: finishes what was
 * committed, undoes what was not.  Writers that live (their log is locked) are left alone, and in
 * doubt nothing is deleted.  A second recovery does nothing.
 */
#ifndef SST_LIVE_RECOVER_H
#define SST_LIVE_RECOVER_H

#include "live/live.h"

struct sst_recovery {            /* what was done, counted */
	size_t finished, undone; /* transactions */
	size_t alive, doubtful;  /* transactions left alone */
	size_t claims;           /* empty TOC.txt.tmp that nobody's log names */
	size_t files;            /* removed */
};

/* Waits for the table's lock.  Only for folders that are ours.  *r is filled on every path. */
int sst_live_recover(
    struct sst_recovery *r, const struct sst_io *, const char *dir, struct sst_err *);

#endif
