/*
 * libsst/sstable/summary.h: Summary.db: every 128th entry of Index.db, to find the place there by
 * binary search in memory.  A hint only: when it is doubtful it is made again from Index.db.  The
 * format is formats/summary.md.
 */
#ifndef SST_SSTABLE_SUMMARY_H
#define SST_SSTABLE_SUMMARY_H

#include "base/buf.h"
#include "base/err.h"

#define SST_SUMMARY_INTERVAL 128 /* when a table does not say */
#define SST_SUMMARY_LEVEL 128    /* nothing thinned out; Cassandra's BASE_SAMPLING_LEVEL */

struct sst_summary {
	uint32_t interval;            /* partitions from one entry to the next, at the full level */
	uint32_t level;               /* level / 128 of the entries are left */
	uint32_t full;                /* entries there would be at the full level */
	size_t n;                     /* entries */
	struct sst_slice body;        /* the table of offsets, then the entries */
	struct sst_slice first, last; /* partition keys of the whole SSTable */
};

/* Borrows bytes, the whole file.  Checks that every entry lies inside. */
int sst_summary_parse(
    struct sst_summary *, struct sst_slice bytes, const char *file, struct sst_err *);

/* Entry i < n: a partition's key, which borrows, and where its entry begins in Index.db. */
void sst_summary_get(const struct sst_summary *, size_t i, struct sst_slice *key, uint64_t *pos);

struct sst_summary_builder { /* start with {0}; then set interval */
	uint32_t interval;
	uint64_t nkeys;
	struct sst_buf offsets, entries, first, last;
};

/* Every key in order, with the place of its entry in Index.db. */
void sst_summary_add(struct sst_summary_builder *, struct sst_slice key, uint64_t pos);
/* Appends the whole file; at least one key was added.  SST_ENOMEM. */
int sst_summary_finish(struct sst_summary_builder *, struct sst_buf *out, struct sst_err *);
void sst_summary_free(struct sst_summary_builder *);

#endif
