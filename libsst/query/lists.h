/*
 * libsst/query/lists.h: lists as they are before a statement changes them.  l[1] = …, l = l - […] and
 * DELETE l[1] say where an element is, or what it is, and not under which path it is kept: so they look
 * first.  Whoever owns the partition looks and applies with no other write to it between the two.
 */
#ifndef SST_QUERY_LISTS_H
#define SST_QUERY_LISTS_H

#include "query/modify.h"

#define SST_LISTS_CHANGES_MAX 64 /* of a statement, that look first */

struct sst_lists; /* of one partition; lives in an arena */

struct sst_lists_opts {
	const struct sst_argument *args; /* as many as the plan has markers */
	int64_t now_s;
	struct sst_instant at;
	uint64_t tombstones_max; /* as in struct sst_read */
};

/*
 * Reads, waiting for the disk, what the lists hold that a plan looks at (plan->looks).  In the arena;
 * borrows nothing else but the table.  SST_EINVAL for arguments; SST_EUNSUPPORTED for several partitions
 * at once; and what a read can fail with.
 */
int sst_lists_read(struct sst_lists **, struct sst_db *, const struct sst_plan *,
    const struct sst_lists_opts *, struct sst_arena *, struct sst_err *);

/*
 * The elements of a list in a row (ck NULL: the static row) as they are after `pending`, the changes that the
 * statement has made so far, in any order.  Live cells in the order of the list; they borrow from both and
 * the arena.
 */
int sst_lists_elements(const struct sst_lists *, const struct sst_slice *ck,
    const struct sst_column_ref *, const struct sst_cell *pending, size_t npending,
    struct sst_arena *, const struct sst_cell **, size_t *n, struct sst_err *);

#endif
