/*
 * libsst/query/paging.h: room-internal: where a page ended.
 *
 *	| version 1 | flags | rows left (8) | rows left in the partition (8) | key (16) | ck values … |
 *
 * A value of the clustering has its length in 4 bytes, or -1 for null.
 */
#ifndef SST_QUERY_PAGING_H
#define SST_QUERY_PAGING_H

#include "base/buf.h"
#include "schema/table.h"

struct sst_paging {
	struct sst_slice key;
	const struct sst_slice *ck;    /* table->nck values; NULL: the partition is done */
	uint64_t left, partition_left; /* by LIMIT and PER PARTITION LIMIT; UINT64_MAX: any */
};

void sst_paging_put(struct sst_buf *, const struct sst_table *, const struct sst_paging *);
/* Borrows from state; ck is in the arena.  SST_EVERSION. */
int sst_paging_get(struct sst_paging *, const struct sst_table *, struct sst_slice state,
    struct sst_arena *, struct sst_err *);
/* SST_EVERSION: it is no such state.  Gives -1. */
int sst_paging_refuse(struct sst_err *);

#endif
