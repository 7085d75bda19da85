/*
 * libsst/query/select.h: a SELECT that runs: rows of values, page by page.
 *
 * A page ends after page_size rows; state() then gives bytes from which another run of the same
 * statement goes on, here or after a restart: they name the last row that was given, so what was
 * written meanwhile is seen or not, but nothing is given twice.
 */
#ifndef SST_QUERY_SELECT_H
#define SST_QUERY_SELECT_H

#include "query/plan.h"

struct sst_select_opts {
	const struct sst_argument *args; /* as many as the plan has markers; until close */
	uint64_t page_size;              /* rows; 0: all */
	struct sst_slice paging_state;   /* n == 0: from the start; until close */
	int64_t now_s;
	struct sst_instant at; /* for functions */
	bool nonblocking;
	uint64_t tombstones_max; /* as in struct sst_read */
};

struct sst_select;

/* Borrows db and plan.  SST_EINVAL for arguments, SST_EVERSION for a paging state that is none. */
int sst_select_open(struct sst_select **, struct sst_db *, const struct sst_plan *,
    const struct sst_select_opts *, struct sst_err *);
/* SST_ONE and plan->nresults values, until the next call; 0 at the end of the page; SST_WAIT; -1. */
int sst_select_next(struct sst_select *, const struct sst_slice **values, struct sst_err *);
/* After SST_WAIT. */
void sst_select_want(struct sst_select *, struct sst_want *);
/* After 0: *more says whether a next page may have rows; then its state is appended.  -1 only
 * without memory. */
int sst_select_state(const struct sst_select *, bool *more, struct sst_buf *, struct sst_err *);
void sst_select_close(struct sst_select *); /* NULL is fine */

#endif
