/*
 * tests/support/items.h: the items of a stream as a list, a stream over such a list, and what
 * differs between two lists.
 */
#ifndef TESTS_SUPPORT_ITEMS_H
#define TESTS_SUPPORT_ITEMS_H

#include "row/rows.h"

struct items { /* start with {0}; arrays are in the arena of whoever adds */
	struct sst_item *at;
	size_t n, cap;
};

/* A copy of the item, shallow; out of memory ends the test program, here as below. */
void items_add(struct items *, const struct sst_item *, struct sst_arena *);

/*
 * A stream over the list, which must outlive it.  With `wait`, every call answers SST_WAIT once
 * before it does its work.  Each item is a copy that is freed at the next call, so that asan sees
 * whoever borrows for longer.
 */
struct sst_stream *items_stream(
    const struct items *, const struct sst_table *, bool reversed, bool wait);

/*
 * All that a stream gives, copied into the arena; the stream is closed.  SST_WAIT is answered by
 * calling again, and counted in *waits (NULL: not wanted).  -1 when the stream fails.
 */
int items_read(
    struct items *, struct sst_stream *, struct sst_arena *, uint64_t *waits, struct sst_err *);

/* True when both lists say the same; else what differs is on standard error.  Places in files
 * are not compared. */
bool items_same(const struct sst_table *, const struct items *got, const struct items *want);

#endif
