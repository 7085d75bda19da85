/*
 * libsst/schema/comparable.h: values as bytes that compare without their type: memcmp of two of them is
 * the order of the type.  Trie indexes are made of these (formats/bti.md has the encoding).
 */
#ifndef SST_SCHEMA_COMPARABLE_H
#define SST_SCHEMA_COMPARABLE_H

#include "schema/type.h"

/* What goes between and behind values. */
#define SST_COMPARABLE_NEXT 0x40
#define SST_COMPARABLE_NULL 0x3e
#define SST_COMPARABLE_EMPTY 0x3f
#define SST_COMPARABLE_EMPTY_REVERSED 0x41
#define SST_COMPARABLE_END 0x38
#define SST_COMPARABLE_BEFORE 0x20 /* before all that begins with the values */
#define SST_COMPARABLE_AFTER 0x60

/*
 * Appends a clustering or a prefix of one: n values of these types, p == NULL for null; side 0 for a
 * row, -1 or +1 before or after all rows that begin so.  False when a value is of a type that has no such
 * form, is damaged, or there is no memory: what was appended means nothing then.
 */
bool sst_comparable_clustering(struct sst_buf *, const struct sst_type *const *types,
    const struct sst_slice *values, size_t n, int side);

/* Appends a partition key behind its token, under Murmur3Partitioner and ByteOrderedPartitioner. */
void sst_comparable_key_murmur3(struct sst_buf *, int64_t token, struct sst_slice key);
void sst_comparable_key_ordered(struct sst_buf *, struct sst_slice key);

#endif
