/* libsst/store/int.h: the store from inside. */
#ifndef SST_STORE_INT_H
#define SST_STORE_INT_H

#include "store/datadir.h"
#include "store/shelf.h"
#include "store/store.h"

struct sst_store {
	struct sst_db db; /* first */
	const struct sst_io *io;
	struct sst_store_opts opts;
	bool ranged; /* opts.left < token <= opts.right, else all */
	char *dir;
	struct sst_arena arena; /* tables, paths */
	struct sst_lock lock;
	struct sst_datadir datadir;
	struct sst_cache *cache;
	size_t nshelves;
	struct sst_shelf *shelves;
	struct sst_shelf *last; /* that was written to */
	uint64_t updates;       /* taken in: positions of the log that is not there yet */
	size_t bytes;           /* of all memtables */
	bool broken;            /* a flush failed in doubt: nothing more is taken in */
	struct sst_err why;
	struct sst_buf extent[2];
};

/* The shelf of a table that this store handed out, or NULL. */
struct sst_shelf *sst_store_shelf(struct sst_store *, const struct sst_table *);

/* The read op of the db. */
int sst_store_read(struct sst_db *, const struct sst_read *, struct sst_stream **,
    struct sst_read_stats *, struct sst_err *);
/* The extent op. */
int sst_store_extent(struct sst_db *, const struct sst_table *, struct sst_slice *first,
    struct sst_slice *last, struct sst_err *);

/* Makes the tables of opts.schema that are not there yet. */
int sst_store_make_tables(struct sst_store *, struct sst_err *);
/* The table of a folder: by its schema.cql, else by the headers of its SSTables; 0: there is
 * neither.  SST_ONE, 0, -1. */
int sst_store_load_table(const struct sst_table **, struct sst_store *,
    const struct sst_datadir_table *, struct sst_err *);

#endif
