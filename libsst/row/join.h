/*
 * libsst/row/join.h: updates of one partition become one, which is logged and applied whole or not at
 * all: what a BATCH promises of each partition.
 */
#ifndef SST_ROW_JOIN_H
#define SST_ROW_JOIN_H

#include "base/arena.h"
#include "row/db.h"

/*
 * Leaves, of *n updates in u, one for each table and key, where the first of them was; all else, also
 * what two say about the same row, is reconciled.  Borrows from the updates and the arena.  SST_ENOMEM;
 * SST_ECORRUPT for counters that are none.
 */
int sst_update_join(struct sst_update *u, size_t *n, struct sst_arena *, struct sst_err *);

#endif
