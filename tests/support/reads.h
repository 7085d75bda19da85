/*
 * tests/support/reads.h: reads of an SSTable held to its own scan: slices in both directions, waiting
 * and not, must give what can be told from the list of all its items.
 */
#ifndef TESTS_SUPPORT_READS_H
#define TESTS_SUPPORT_READS_H

#include "items.h"
#include "random.h"
#include "sstable/reader.h"

/* All that a stream gives; SST_WAIT is answered by reading what is wanted, and counted. */
int reads_all(
    struct items *, struct sst_stream *, struct sst_arena *, uint64_t *waits, struct sst_err *);

/* What a read must give of the partition that begins at all->at[i]. */
struct items reads_expect(const struct items *all, size_t i, const struct sst_table *,
    const struct sst_read *, struct sst_arena *);

/*
 * Opens the SSTable again and again, with a cache that holds nothing yet, and compares n random
 * reads.  table may be NULL.  False, after a word on standard error, when one differs.
 */
bool reads_check(
    const struct sst_io *, const char *path, const struct sst_table *, size_t n, uint64_t seed);

#endif
