/* libsst/memtable/int.h: what only this room sees: the memtable and its partitions. */
#ifndef SST_MEMTABLE_INT_H
#define SST_MEMTABLE_INT_H

#include "memtable/memtable.h"
#include "memtable/pile.h"
#include "memtable/ranges.h"
#include "row/reconcile.h"

struct sst_part {
	struct sst_partition id; /* key in the arena; deletion so far */
	uint64_t hash;
	const uint8_t *statik; /* packed, or NULL */
	struct sst_pile rows;  /* packed rows by clustering */
	struct sst_ranges *ranges;
	struct sst_range_deletion *more; /* not yet in ranges */
	size_t nmore, more_cap;
};

struct sst_slot { /* of a hash table with open addressing */
	uint64_t hash;
	struct sst_part *part; /* NULL: free */
};

struct sst_memtable {
	const struct sst_table *table;
	struct sst_arena arena;
	struct sst_slot *slots;
	size_t nslots;         /* a power of two */
	struct sst_part *last; /* applied to last */
	struct sst_pile parts; /* by token and key */
	uint64_t sorted;       /* how often parts was sorted: a place in it is good as long */
	size_t tidied;         /* partitions in it that are tidy, as long as nothing is applied */
	size_t piles_bytes;    /* all but the arena */
	struct sst_memtable_stats stats;
	struct sst_slice *ck[2]; /* scratch of comparisons */
	struct sst_arena tmp;    /* of reconciliation */
	struct sst_row_scratch scratch;
};

/* The order of packed rows; arg is the memtable. */
int sst_part_row_cmp(const void *memtable, const void *a, const void *b);
/* The order of partitions; arg is not used. */
int sst_part_cmp(const void *unused, const void *a, const void *b);

/* Takes a row of the partition in; the row is whole and valid. */
int sst_part_add_row(
    struct sst_memtable *, struct sst_part *, const struct sst_row *, struct sst_err *);
int sst_part_add_static(
    struct sst_memtable *, struct sst_part *, const struct sst_row *, struct sst_err *);
int sst_part_add_range(
    struct sst_memtable *, struct sst_part *, const struct sst_range_deletion *, struct sst_err *);

/* Sorts what is not sorted; afterwards rows.run is not NULL and nothing is late. */
int sst_part_tidy(struct sst_memtable *, struct sst_part *, struct sst_err *);
void sst_part_free(struct sst_part *);
size_t sst_part_bytes(const struct sst_part *); /* outside the arena */

struct sst_part *sst_memtable_find(const struct sst_memtable *, struct sst_slice key);

#endif
