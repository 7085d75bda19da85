/*
 * cmd/msgd/selfdb.h: the system tables of a shard: in memory only, and written anew when the schema
 * changes.  What clients learn from them is in formats/system-tables.md.
 */
#ifndef MSGD_SELFDB_H
#define MSGD_SELFDB_H

#include "cql/schema.h"
#include "query/system.h"

struct msgd_node;
struct msgd_selfdb;

int msgd_selfdb_new(struct msgd_selfdb **, struct msgd_node *, struct sst_err *);
void msgd_selfdb_free(struct msgd_selfdb *); /* NULL is fine */

/* Takes over a schema: the tables are filled from it.  Borrows nothing. */
int msgd_selfdb_fill(
    struct msgd_selfdb *, const struct sst_schema *, const struct sst_node *, struct sst_err *);

/* Between the two, streams of it may be open: rows that were written anew stay until then. */
void msgd_selfdb_hold(struct msgd_selfdb *);
void msgd_selfdb_let_go(struct msgd_selfdb *);

/* It offers db.h, for reading. */
struct sst_db *msgd_selfdb(struct msgd_selfdb *);
/* A user's keyspace, or one of the system. */
bool msgd_selfdb_has_keyspace(const struct msgd_selfdb *, struct sst_slice name);

#endif
