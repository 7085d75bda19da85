/*
 * libsst/compaction/compare.h: whether what was written is what should have been: item by item, down to
 * the last cell.
 */
#ifndef SST_COMPACTION_COMPARE_H
#define SST_COMPACTION_COMPARE_H

#include "compaction/compaction.h"

/* True when two items of a table say the same; where they lie does not count. */
bool sst_item_same(const struct sst_table *, const struct sst_item *a, const struct sst_item *b);

/* Reads the products back, from their files; 0 when they give what `want` gives.  SST_EDAMAGED names
 * the partition that differs.  Does not close `want`. */
int sst_compare_products(struct sst_stream *want, const struct sst_compaction *,
    const struct sst_compacted *, struct sst_err *);

#endif
