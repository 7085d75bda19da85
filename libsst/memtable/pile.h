/*
 * libsst/memtable/pile.h: a sorted run, and what came too late to extend it: unsorted until somebody
 * wants to read.  Adding is cheap in any order; equal things are made one when it is tidied.
 */
#ifndef SST_MEMTABLE_PILE_H
#define SST_MEMTABLE_PILE_H

#include "memtable/run.h"

struct sst_pile { /* start with {0} */
	struct sst_run *run;
	struct sst_entry *late;
	size_t nlate, late_cap;
	size_t bytes; /* of both: to ask the run itself would fetch it from far away */
};

/* One thing out of n > 1 equal ones, the oldest first; NULL: failed, *e filled in. */
typedef const void *(*sst_combine)(
    void *arg, const struct sst_entry *same, size_t n, struct sst_err *e);

int sst_pile_add(struct sst_pile *, const struct sst_order *, struct sst_entry, struct sst_err *);

/* Sorts what came late into the run, which may become another one; the run is not NULL then.
 * combine may be NULL when nothing is ever equal.  After -1 nothing is lost. */
int sst_pile_tidy(
    struct sst_pile *, const struct sst_order *, sst_combine, void *arg, struct sst_err *);

void sst_pile_free(struct sst_pile *);

#endif
