/*
 * libsst/row/counter.h: counter contexts: what a counter's cell holds.  A list of shards, one a
 * replica, each with its own clock and count; the counter's value is the sum of the counts.
 *
 *	| u16 n | n x i16 index | shard 0 | shard 1 | …		shard: 16 id, i64 clock, i64 count
 *
 * An index of the header names a shard: as it is a local one, with 0x8000 a global one; shards
 * that no index names are remote.  Shards ascend by id.  formats/reconciliation.md has the rules.
 */
#ifndef SST_ROW_COUNTER_H
#define SST_ROW_COUNTER_H

#include "base/arena.h"
#include "base/err.h"

/*
 * Two contexts into one: a or b itself where it holds all of the other, else a new one in the
 * arena.  An empty one (a column that was not asked for) wins.  SST_EDAMAGED if one is no context.
 */
int sst_counter_merge(struct sst_slice *out, struct sst_slice a, struct sst_slice b,
    struct sst_arena *, struct sst_err *);

/* The counter's value.  SST_EDAMAGED as above; that of an empty context is 0. */
int sst_counter_total(int64_t *total, struct sst_slice context, struct sst_err *);

#endif
