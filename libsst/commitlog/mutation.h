/*
 * libsst/commitlog/mutation.h: a change to a partition as bytes, as Cassandra 4.0 to 5.0 write it
 * into the commit log (messaging version 12): formats/commitlog.md.  Columns go by name and the table
 * by its id, so the bytes outlive changes of the schema; types come from the table.
 */
#ifndef SST_COMMITLOG_MUTATION_H
#define SST_COMMITLOG_MUTATION_H

#include "row/db.h"

#define SST_PARTITION_KEY_MAX 65535 /* bytes: SSTables have 16 bits for it */

/*
 * Makes mutations.  It remembers the last sets of columns, so the tables that it is given must live
 * as long as it does, and not change.
 */
struct sst_mutation_out;

int sst_mutation_out_new(struct sst_mutation_out **, struct sst_err *);
void sst_mutation_out_free(struct sst_mutation_out *); /* NULL is fine */

/*
 * The bytes of an update; *out stays until the next call.  Range deletions may overlap: they come
 * back as they add up.  SST_EINVAL for values, times or a key that the format cannot hold, and for
 * a table without an id.
 */
int sst_mutation_put(
    struct sst_mutation_out *, const struct sst_update *, struct sst_slice *out, struct sst_err *);

/* The table with this id, or NULL. */
typedef const struct sst_table *(*sst_table_by_id)(void *arg, const uint8_t id[16]);

/* Reads mutations.  Like the writer it remembers tables: they must outlive it. */
struct sst_mutation_in;

int sst_mutation_in_new(struct sst_mutation_in **, sst_table_by_id, void *arg, struct sst_err *);
void sst_mutation_in_free(struct sst_mutation_in *); /* NULL is fine */

/* Whether an update is wanted, asked before its rows are read; others are passed over. */
typedef bool (*sst_update_wanted)(
    void *arg, const struct sst_table *, const struct sst_partition *);
void sst_mutation_in_want(struct sst_mutation_in *, sst_update_wanted, void *arg);

/* Begins to read these bytes, borrowed while its updates are in use; file and off say where they lie,
 * for messages. */
void sst_mutation_begin(
    struct sst_mutation_in *, struct sst_slice bytes, const char *file, uint64_t off);

struct sst_log_entry; /* commitlog/segread.h */
/* The same for an entry of a segment, which may be of any version. */
void sst_mutation_begin_entry(struct sst_mutation_in *, const struct sst_log_entry *);

/*
 * SST_ONE and the next update (a mutation of Cassandra's may hold several, of different tables), which
 * lasts until the next call and borrows from the bytes; 0 at the end; -1:
 *
 *	SST_EINVAL	for a table that is not known, or a column that it has not: these writes must
 *			not be lost, so their segment is kept.  What follows in the mutation cannot
 *			be read, as nothing says how long the unknown part is; sst_mutation_stub
 *			has what can be said of it.
 *	SST_EDAMAGED	otherwise.  The bytes had a right checksum: it was written so.
 *	SST_ENOMEM
 */
int sst_mutation_next(struct sst_mutation_in *, const struct sst_update **, struct sst_err *);

/* What the bytes of an update say to somebody who does not know its table. */
struct sst_mutation_stub {
	uint8_t id[16]; /* of the table */
	struct sst_slice key;
	struct sst_deletion del;  /* of the partition; SST_LIVE: none */
	size_t nstatic, nregular; /* columns that are named */
	const struct sst_slice *statics, *regulars;
	uint64_t off;          /* of the update in the file */
	struct sst_slice rest; /* rows, and further updates, which only types can tell apart */
};

/* After next() gave SST_EINVAL: that update, until the next call; else, or where its bytes are damaged
 * too, NULL. */
const struct sst_mutation_stub *sst_mutation_stub(const struct sst_mutation_in *);

#endif
