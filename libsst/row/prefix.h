/*
 * libsst/row/prefix.h: the first eight bytes of an order: a number that mostly decides how two
 * clusterings compare, without a look at their types.
 */
#ifndef SST_ROW_PREFIX_H
#define SST_ROW_PREFIX_H

#include "row/rows.h"

/*
 * Of clusterings and bounds a < b: prefix(a) <= prefix(b).  So different prefixes decide, and equal
 * ones say nothing.  side is 0 for a row; n values.
 */
uint64_t sst_ck_prefix(const struct sst_table *, const struct sst_slice *ck, size_t n, int side);

static inline uint64_t
sst_bound_prefix(const struct sst_table *t, const struct sst_bound *b)
{
	return sst_ck_prefix(t, b->ck, b->n, b->side);
}

#endif
