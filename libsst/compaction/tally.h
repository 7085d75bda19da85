/*
 * libsst/compaction/tally.h: counts what a row stream holds, and what of it only says that something
 * is gone.
 */
#ifndef SST_COMPACTION_TALLY_H
#define SST_COMPACTION_TALLY_H

#include "row/rows.h"

enum sst_tally_kind {
	SST_TALLY_PARTITION, /* partition deletions */
	SST_TALLY_RANGE,     /* range deletions, counted where they begin */
	SST_TALLY_ROW,       /* row deletions */
	SST_TALLY_COMPLEX,   /* deletions of a whole collection */
	SST_TALLY_CELL,      /* cell tombstones */
	SST_TALLY_EXPIRED,   /* cells and rows whose TTL is over */
	SST_TALLY_KINDS
};

struct sst_tally {                        /* start with {0} */
	uint64_t partitions, rows, cells; /* static rows are rows */
	uint64_t gone[SST_TALLY_KINDS];
	/* Bytes of items before compression: of rows of which something lives, partitions' heads with
	 * them; and of items that only say that something is gone, by what they say. */
	uint64_t live_bytes, gone_bytes[SST_TALLY_KINDS];
};

/* "partition", "range", …: as in reports. */
const char *sst_tally_name(enum sst_tally_kind);

/* The next item; TTLs are over or not as of now_s. */
void sst_tally_item(struct sst_tally *, const struct sst_item *, int64_t now_s);
/* How many of what is gone in it are from before gc_before_s, so that they may go unless something
 * else holds them: a cell that has expired counts from its writing, a row from its expiry. */
uint64_t sst_tally_due(const struct sst_item *, int64_t now_s, int64_t gc_before_s);
void sst_tally_add(struct sst_tally *, const struct sst_tally *);
/* All that is gone, over all kinds. */
uint64_t sst_tally_gone(const struct sst_tally *);

#endif
