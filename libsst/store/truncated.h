/*
 * libsst/store/truncated.h: up to where the commit log has nothing to say of a table any more, since it
 * was truncated or dropped: what is in segments up to this id is not replayed.  formats/datadir.md.
 */
#ifndef SST_STORE_TRUNCATED_H
#define SST_STORE_TRUNCATED_H

#include "base/io.h"

#define SST_TRUNCATED_FILE "truncated" /* in a table's folder */

/* *upto is 0 where there is no record.  SST_EDAMAGED when it is none. */
int sst_truncated_read(uint64_t *upto, const struct sst_io *, const char *folder, struct sst_err *);
/* Durable when it returns 0. */
int sst_truncated_write(const struct sst_io *, const char *folder, uint64_t upto, struct sst_err *);

#endif
