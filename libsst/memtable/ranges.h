/*
 * libsst/memtable/ranges.h: the range deletions of a partition, made disjoint.
 *
 *	given:	  [---- 5 ----]		      given in any order, one inside the other
 *		       [------- 7 ---]
 *	held:	  [ 5 )[------ 7 ----]	      ascending, each place with its latest deletion
 */
#ifndef SST_MEMTABLE_RANGES_H
#define SST_MEMTABLE_RANGES_H

#include "row/db.h"

struct sst_ranges { /* never changes once made */
	uint32_t refs;
	size_t n;
	struct sst_range_deletion at[]; /* bounds borrow from those given */
};

/* The disjoint form of n range deletions.  NULL: no memory. */
struct sst_ranges *sst_ranges_new(
    const struct sst_table *, const struct sst_range_deletion *, size_t n);
void sst_ranges_release(struct sst_ranges *); /* NULL is fine */

#endif
