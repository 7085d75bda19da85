/* libsst/schema/join.h: one table out of what several SSTables each know of it. */
#ifndef SST_SCHEMA_JOIN_H
#define SST_SCHEMA_JOIN_H

#include "schema/table.h"

/*
 * A table with the columns of all n >= 1 tables, in the arena; it borrows what they point to.  Key
 * and all else are the first one's.  Of a column that has several types, as after ALTER TABLE or
 * ALTER TYPE, the one that can hold the values of the others.  SST_EINVAL when a column is static in
 * one and regular in another; SST_ELIMIT, SST_ENOMEM.
 */
int sst_table_join(struct sst_table **, struct sst_arena *, const struct sst_table *const *,
    size_t n, struct sst_err *);

#endif
