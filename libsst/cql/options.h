/* libsst/cql/options.h: room-internal: the options of a table, from WITH to the fields of sst_table. */
#ifndef SST_CQL_OPTIONS_H
#define SST_CQL_OPTIONS_H

#include "cql/statement.h"
#include "schema/table.h"

/*
 * Sets a table's fields from a list of options, all at once; t has its defaults.  What has no field
 * goes into the lists of options.
 */
int sst_options_apply(struct sst_parser *, struct sst_table *, const struct sst_property *);

/* A list of options as name and CQL text, sorted by name, in the arena. */
int sst_options_keep(
    struct sst_parser *, const struct sst_property *, struct sst_option **, size_t *n);

/* Where Cassandra puts an option among the others when it prints them: <0, 0, >0. */
int sst_options_compare(struct sst_slice a, struct sst_slice b);

#endif
