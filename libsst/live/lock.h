/*
 * libsst/live/lock.h: locks on files.  They are the kernel's, so they go when their holder dies; the
 * files stay.  Two holders in one process exclude each other as two processes do.
 */
#ifndef SST_LIVE_LOCK_H
#define SST_LIVE_LOCK_H

#include "base/io.h"

#define SST_LIVE_LOCK ".lock"       /* in a table's folder: one structural change at a time */
#define SST_COMPACT_LOCK ".compact" /* in a table's folder: one compaction at a time */

struct sst_lock { /* start with {.fd = -1} */
	const struct sst_io *io;
	const char *name; /* as given; for messages */
	int fd;
};

/*
 * Takes the lock exclusively (name must outlive it), making dir/name when it is missing; 0 when it is held now.  When
 * somebody else holds it: waits, or without `wait` fails with SST_EBUSY; the message has the text
 * that the holder wrote into the file (its pid), if it wrote any.
 */
int sst_lock_take(struct sst_lock *, const struct sst_io *, const char *dir, const char *name,
    bool wait, struct sst_err *);

/* Puts text into the lock's file, for those who wait. */
int sst_lock_sign(struct sst_lock *, const char *text, struct sst_err *);

/* Lets go; fine when it is not held. */
void sst_lock_drop(struct sst_lock *);

#endif
