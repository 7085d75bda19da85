/*
 * tests/support/model.h: a table as a list of all that was ever written to it.  What it says is
 * worked out for one place at a time, by looking at every write: slow, and simple enough to be
 * believed.  It shares no code with libsst/row/reconcile.c.
 */
#ifndef TESTS_SUPPORT_MODEL_H
#define TESTS_SUPPORT_MODEL_H

#include "items.h"
#include "row/db.h"

struct model { /* start with .table and .arena */
	const struct sst_table *table;
	struct sst_arena *arena; /* of all that it makes */
	const struct sst_update **updates;
	size_t n, cap;
};

/* Keeps the update by reference. */
void model_apply(struct model *, const struct sst_update *);

/* All that is not shadowed, tombstones too, as a stream gives it. */
struct items model_items(const struct model *, bool reversed);

/* The same within one slice of the clustering order: range deletions are cut at its ends. */
struct items model_slice(const struct model *, bool reversed, const struct sst_range *);

/* What a reader sees at now_s; *tombstones: those it meets on the way. */
struct items model_live(const struct model *, bool reversed, int64_t now_s, uint64_t *tombstones);

/* What compaction leaves at now_s, if tombstones from before gc_before_s that delete what was
 * written before before_us may go. */
struct items model_purged(
    const struct model *, bool reversed, int64_t now_s, int64_t gc_before_s, int64_t before_us);

#endif
