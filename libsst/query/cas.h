/*
 * libsst/query/cas.h: INSERT … IF NOT EXISTS: the row is looked for, and the answer says whether the
 * statement was applied.  Whoever owns the partition does both, and takes no other write to it between
 * the first call of next and applying: either next never waits, or such writes do.  It is applied with a time
 * of the server's own, later than that of all it has taken in: else what was deleted before would hide it.
 */
#ifndef SST_QUERY_CAS_H
#define SST_QUERY_CAS_H

#include "query/select.h"

struct sst_cas;

/* plan->existing is not NULL.  Of opts args, now_s, at, nonblocking and tombstones_max count; borrows as
 * sst_select_open does. */
int sst_cas_open(struct sst_cas **, struct sst_db *, const struct sst_plan *,
    const struct sst_select_opts *, struct sst_err *);
/*
 * SST_ONE: the row is there, nothing is to be changed; 0: it is not: the statement is to be applied
 * (modify.h).  *values is the answer, *n of the columns plan->applied: all of them, or the first, [applied],
 * alone; until close.  SST_WAIT; -1.
 */
int sst_cas_next(struct sst_cas *, const struct sst_slice **values, size_t *n, struct sst_err *);
/* After SST_WAIT. */
void sst_cas_want(struct sst_cas *, struct sst_want *);
void sst_cas_close(struct sst_cas *); /* NULL is fine */

#endif
