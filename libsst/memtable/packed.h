/*
 * libsst/memtable/packed.h: a row as the memtable keeps it: a few bytes more than its values.
 *
 *	| nck x value | base ts (8) | flags | [ttl expiry] | [deletion] | [n, n x (col, deletion)]
 *	| ncells | ncells x (col step and flags | [ts] | [ttl] | [ldt] | [path] | [value]) |
 *
 * Numbers take as few groups of seven bits as they need, times are steps from the base; a value is
 * its length + 1 and its bytes, null is 0.  Never leaves memory.
 */
#ifndef SST_MEMTABLE_PACKED_H
#define SST_MEMTABLE_PACKED_H

#include "row/rows.h"

/* Packs a row of nck clustering values (0 for a static row) into the arena; NULL: no memory. */
const uint8_t *sst_packed_new(const struct sst_row *, size_t nck, struct sst_arena *);

/* Fills ck[nck]; values borrow from the packed row. */
void sst_packed_ck(const uint8_t *, struct sst_slice *ck, size_t nck);

/* Fills *row, whose arrays are taken from the arena; values borrow.  -1 only without memory. */
int sst_packed_open(
    struct sst_row *row, const uint8_t *, size_t nck, struct sst_arena *, struct sst_err *);

#endif
