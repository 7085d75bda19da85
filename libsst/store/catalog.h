/* libsst/store/catalog.h: the table that a folder holds. */
#ifndef SST_STORE_CATALOG_H
#define SST_STORE_CATALOG_H

#include "cql/schema.h"
#include "store/datadir.h"

/*
 * By the folder's schema.cql, else by the headers of its SSTables; foreign as in sst_live_folder.
 * Lives in the arena.  SST_ONE; 0: there is neither; -1.
 */
int sst_catalog_load(const struct sst_table **, struct sst_arena *, const struct sst_io *,
    const struct sst_datadir_table *, bool foreign, struct sst_err *);

struct sst_schema_of { /* what the schema.cql of a folder says: its table, and all that is there */
	struct sst_schema schema;
	const struct sst_table *table;
};
int sst_catalog_read(struct sst_schema_of *, struct sst_arena *, const struct sst_io *,
    const struct sst_datadir_table *, struct sst_err *);

#endif
