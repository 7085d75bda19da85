/* cmd/sstdiff/same.h: whether two items that stand at the same place say the same. */
#ifndef SSTDIFF_SAME_H
#define SSTDIFF_SAME_H

#include "row/rows.h"

enum exactness {
	EXACT, /* write times too */
	VALUES /* of live rows, what a reader sees: columns and values, sums of counters */
};

/* Rows, static rows or markers of one kind and place: all but the place itself is compared. */
bool same_item(
    const struct sst_table *, const struct sst_item *, const struct sst_item *, enum exactness);

#endif
