/*
 * libsst/sstable/filter.h: Filter.db, a bloom filter of partition keys: "not here" is certain.  The
 * format is formats/filter.md.
 */
#ifndef SST_SSTABLE_FILTER_H
#define SST_SSTABLE_FILTER_H

#include "base/buf.h"
#include "base/err.h"
#include "sstable/version.h"

#define SST_FILTER_HASHES_MAX 64

struct sst_filter {
	const uint8_t *bits;
	uint64_t nbits; /* a multiple of 64 */
	uint32_t nhashes;
	uint32_t flip; /* 7: each group of 8 bytes lies reversed (old_filter), else 0 */
};

/* Borrows bytes, the whole file.  A file with no words at all lets everything through. */
int sst_filter_parse(struct sst_filter *, const struct sst_version *, struct sst_slice bytes,
    const char *file, struct sst_err *);

/* False: no partition with that key, or with that sst_murmur3_128 of its key, is in the SSTable. */
bool sst_filter_may_have(const struct sst_filter *, struct sst_slice key);
bool sst_filter_may_have_hash(const struct sst_filter *, const uint64_t hash[2]);

/*
 * Builds a filter of Cassandra's size for a number of keys and a chance of false positives.  When
 * the number is not known before (0), hashes are kept, 16 bytes a key, and the filter is made at
 * the end.
 */
struct sst_filter_builder { /* start with {0} */
	uint64_t expected;
	double fp;
	uint64_t nkeys;
	uint64_t nbits;
	uint32_t nhashes;
	uint8_t *bits;
	struct sst_buf hashes;
};

/* fp is at least 6.71e-5, Cassandra's smallest, and below 1: with 1 there is no Filter.db. */
int sst_filter_begin(struct sst_filter_builder *, uint64_t expected, double fp, struct sst_err *);
int sst_filter_add(struct sst_filter_builder *, const uint64_t hash[2], struct sst_err *);
/* Appends the whole file to *out. */
int sst_filter_finish(
    struct sst_filter_builder *, const struct sst_version *, struct sst_buf *out, struct sst_err *);
void sst_filter_free(struct sst_filter_builder *);

#endif
