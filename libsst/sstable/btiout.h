/*
 * libsst/sstable/btiout.h: Partitions.db and Rows.db, written as the partitions of Data.db go by
 * (formats/bti.md; bti.h has the reading side).
 */
#ifndef SST_SSTABLE_BTIOUT_H
#define SST_SSTABLE_BTIOUT_H

#include "sstable/bti.h"
#include "sstable/place.h"
#include "sstable/trieout.h"

#define SST_BTI_BLOCK ((uint32_t)16 << 10) /* bytes of rows between two blocks */

enum sst_bti_order { /* of partition keys */
	SST_BTI_MURMUR3,
	SST_BTI_ORDERED
};

struct sst_bti_out { /* start with {0} and sst_bti_out_init */
	const struct sst_version *version;
	const struct sst_header *header; /* borrowed */
	enum sst_bti_order order;
	struct sst_fileout partitions_f, rows_f;
	struct sst_trieout partitions, rows;
	/* Partitions: the last one waits for the next, which says how much of its key is needed. */
	uint64_t nkeys;
	struct sst_buf first_key, last_key; /* as in the data */
	struct sst_buf key, prev;           /* as bytes that compare */
	size_t needed;                      /* bytes that tell prev from the one before it */
	struct sst_bti_entry entry;
	/* Blocks of the partition at hand. */
	size_t nblocks;
	/* First and last row or marker of the last one, as bytes that compare, and how much of the first is
	 * its separator. */
	struct sst_buf min, max;
	size_t separator;
};

void sst_bti_out_init(struct sst_bti_out *, const struct sst_version *, const struct sst_header *,
    enum sst_bti_order);
/* Opens the two files; those that are there are emptied. */
int sst_bti_out_open(struct sst_bti_out *, const struct sst_io *, const char *partitions,
    const char *rows, struct sst_err *);
/* A block of rows: where it begins in its partition, and the range deletion in force there.
 * SST_EUNSUPPORTED when a value has no form in tries. */
int sst_bti_out_block(struct sst_bti_out *, const struct sst_place *first,
    const struct sst_place *last, uint64_t off, struct sst_deletion open, struct sst_err *);
/* A partition is over, at `position` of the data; end: from there to the byte that ends it.  Its blocks
 * are forgotten when there is only one. */
int sst_bti_out_partition(struct sst_bti_out *, const struct sst_partition *, uint64_t position,
    uint64_t end, struct sst_err *);
/* Writes the footer, syncs and closes both.  There was a partition. */
int sst_bti_out_finish(struct sst_bti_out *, struct sst_err *);
/* Whatever happened; the files stay. */
void sst_bti_out_free(struct sst_bti_out *);

#endif
