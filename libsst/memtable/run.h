/*
 * libsst/memtable/run.h: a sorted run of things that is cheap to extend at both ends.
 *
 *	| free | entry, entry, entry … | free |
 *
 * A reader keeps a run by a reference and remembers where it began and ended.  A run that only one
 * holds may change anywhere; one that readers hold too may only grow at its ends.
 */
#ifndef SST_MEMTABLE_RUN_H
#define SST_MEMTABLE_RUN_H

#include "base/err.h"
#include "base/slice.h"

struct sst_entry {
	uint64_t prefix; /* decides the order, mostly (row/prefix.h) */
	const void *p;
};

/* Order of two things of equal prefix. */
typedef int (*sst_entry_cmp)(const void *arg, const void *a, const void *b);

struct sst_order {
	sst_entry_cmp cmp;
	const void *arg;
};

static inline int
sst_entry_compare(const struct sst_order *o, const struct sst_entry *a, const struct sst_entry *b)
{
	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	return o->cmp(o->arg, a->p, b->p);
}

struct sst_run {
	uint32_t refs;
	size_t cap, lo, n; /* entries at [lo, lo + n) */
	struct sst_entry at[];
};

static inline struct sst_entry *
sst_run_first(struct sst_run *r)
{
	return r->at + r->lo;
}

/* An empty run with room for cap entries, lo of them before the first; one reference. */
struct sst_run *sst_run_new(size_t cap, size_t lo);
void sst_run_release(struct sst_run *); /* NULL is fine */
size_t sst_run_bytes(const struct sst_run *);

/*
 * Puts an entry at index i (0 first, n last), moving the shorter side.  *run may become another
 * one, always when others hold it and i is not an end.  -1: no memory.
 */
int sst_run_insert(struct sst_run **run, size_t i, struct sst_entry);

/* Index of the first entry that does not sort before x; n when all do. */
size_t sst_run_find(const struct sst_run *, const struct sst_order *, const struct sst_entry *x);

/* Sorts n entries, equal ones staying as they came; tmp has room for n. */
void sst_entry_sort(struct sst_entry *, struct sst_entry *tmp, size_t n, const struct sst_order *);

#endif
