/*
 * libsst/store/datadir.h: where things lie in a data directory, and in directories of other systems
 * that are read as one.  formats/datadir.md.
 */
#ifndef SST_STORE_DATADIR_H
#define SST_STORE_DATADIR_H

#include "base/arena.h"
#include "base/io.h"

#define SST_HOSTID_FILE "hostid"
#define SST_SCHEMA_FILE "schema.cql"
#define SST_DROPPED_FILE "dropped.cql"   /* what schema.cql is called once the table was dropped */
#define SST_KEYSPACE_FILE "keyspace.cql" /* beside the folders of a keyspace's tables */
#define SST_GONE_FILE "keyspace.dropped" /* there too: it was dropped, with all of them */

enum sst_datadir_kind {
	SST_DATADIR_NONE,    /* nothing here yet */
	SST_DATADIR_OURS,    /* DIR/hostid, DIR/data/<keyspace>/<table>-<id> */
	SST_DATADIR_FOREIGN, /* of a Cassandra or ScyllaDB: DIR/data/…, or DIR/<keyspace>/… */
	SST_DATADIR_FOLDER   /* the folder of one table */
};

struct sst_datadir_table {
	const char *folder;
	struct sst_slice keyspace, name; /* as the path says */
	uint8_t id[16];                  /* from the folder's name; all zero: not there */
	bool schema;                     /* has a schema.cql */
	/* Was dropped, alone or with its keyspace: no table, only its snapshots may be left. */
	bool dropped;
	bool truncated; /* has a record of it (truncated.h) */
};

struct sst_datadir { /* in an arena */
	enum sst_datadir_kind kind;
	bool foreign;       /* its folders were written by another system */
	uint8_t hostid[16]; /* OURS: names us in SSTables; else all zero */
	const char *root;   /* our directory, also of a table's FOLDER in it; NULL: not ours */
	size_t ntables;
	struct sst_datadir_table *tables; /* by keyspace, name, folder; none without any file
					   * or snapshot */
};

/* Looks at dir; writes nothing. */
int sst_datadir_scan(struct sst_datadir *, struct sst_arena *, const struct sst_io *,
    const char *dir, struct sst_err *);

/* Makes dir and dir/hostid, durable; dir's parent must be there. */
int sst_datadir_make(const struct sst_io *, const char *dir, struct sst_err *);

/*
 * Makes the folder of a table and its schema.cql, durable; what is there already stays.  t->folder
 * and t->schema are filled in.
 */
int sst_datadir_make_table(struct sst_datadir_table *t, struct sst_arena *, const struct sst_io *,
    const char *dir, struct sst_slice schema, struct sst_err *);

/* Writes a file of a folder anew: whole and durable when it returns 0, else as it was. */
int sst_datadir_put_file(const struct sst_io *, const char *dir, const char *name,
    struct sst_slice text, struct sst_err *);

/* The length of TABLE in a folder's name TABLE-ID, as "messages-5bc52802de2535edaeab188eecebb090", and the id;
 * 0, and an id of zeros, when it is none of these. */
size_t sst_datadir_split(const char *folder, uint8_t id[16]);

#define SST_DATADIR_PATH 4096

/* "FOLDER/NAME"; SST_ELIMIT when it is too long.  0 or -1. */
int sst_datadir_join(
    char out[SST_DATADIR_PATH], const char *folder, const char *name, struct sst_err *);
/* 1: it is there, and a folder or not as asked for; 0: not; -1. */
int sst_datadir_there(const struct sst_io *, const char *path, bool dir, struct sst_err *);

/* DIR/data/<keyspace>, or with a table the folder of that name and id in it; NULL and the error. */
const char *sst_datadir_path(struct sst_arena *, const char *dir, struct sst_slice keyspace,
    const struct sst_slice *table, const uint8_t id[16], struct sst_err *);

/* Makes a directory, and its name durable whoever made it. */
int sst_datadir_make_dir(const struct sst_io *, const char *path, struct sst_err *);

/* Random bytes of the system, at most 256; and a random UUID. */
int sst_datadir_random(void *buf, size_t n, struct sst_err *);
int sst_datadir_uuid(uint8_t id[16], struct sst_err *);

#endif
