/*
 * libsst/query/outrow.h: a row as a SELECT gives it: the values of its columns, those of collections
 * that are not frozen put together from their cells.
 */
#ifndef SST_QUERY_OUTROW_H
#define SST_QUERY_OUTROW_H

#include "query/plan.h"
#include "row/rows.h"

struct sst_outrow { /* where a result's row is taken from; all borrowed */
	const struct sst_table *table;
	struct sst_slice key;
	int64_t token;
	const struct sst_slice *key_values; /* table->nkey */
	const struct sst_row *statik, *row; /* NULL: none */
	int64_t now_s;
	struct sst_arena *arena; /* of values that are put together */
};

/* A column's value; p == NULL is null.  -1 only without memory. */
int sst_outrow_column(const struct sst_outrow *, const struct sst_column_ref *,
    struct sst_slice *out, struct sst_err *);

/* A result's column but COUNT.  key values of ELEMENT come from bind. */
int sst_outrow_value(const struct sst_outrow *, const struct sst_output *, const struct sst_bind *,
    struct sst_slice *out, struct sst_err *);

/* SST_ONE when all filters hold, 0, -1. */
int sst_outrow_passes(
    const struct sst_outrow *, const struct sst_where *, const struct sst_bind *, struct sst_err *);

#endif
