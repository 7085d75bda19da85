/*
 * libsst/cql/schema.h: a schema: what CQL text defines, as in the schema.cql beside a snapshot's
 * files, in what DESCRIBE prints, or written by hand (formats/schema-cql.md).
 */
#ifndef SST_CQL_SCHEMA_H
#define SST_CQL_SCHEMA_H

#include "schema/table.h"

#define SST_SCHEMA_TEXT_MAX ((size_t)16 << 20) /* bytes of text */
#define SST_SCHEMA_MAX 16384                   /* tables, types or keyspaces */
#define SST_KEY_COLUMNS_MAX 1024               /* of a partition key, and of a clustering */

struct sst_keyspace {
	struct sst_slice name;
	size_t noptions; /* sorted by name, values as CQL text: {'class': 'SimpleStrategy', …} */
	struct sst_option *options;
};

/* A statement that defines nothing here: an index, a view, a function, a role. */
struct sst_schema_other {
	struct sst_slice what;           /* "CREATE CUSTOM INDEX", as it is written */
	struct sst_slice keyspace, name; /* n == 0: none */
	struct sst_slice text;           /* all of it, without the semicolon */
	uint32_t line;
};

struct sst_schema { /* lives in the arena it was parsed into, and borrows from the text */
	size_t nkeyspaces, ntypes, ntables, nothers; /* each in the order of the text */
	struct sst_keyspace *keyspaces;
	/* As they were defined: user types that are not frozen, their fields not frozen either. */
	const struct sst_type **types;
	const struct sst_table **tables;
	struct sst_schema_other *others;
};

/*
 * Parses all of `text`.  file is for errors only and may be NULL; they read "line 3: expected …".
 * keyspace is that of names without one, until a USE.  Tables have their true names (`named`),
 * ids where the text says them, and all options.  Fails with SST_EINVAL, SST_ELIMIT, SST_ENOMEM;
 * the memory taken is bounded by the length of the text.
 */
int sst_schema_parse(struct sst_schema *, struct sst_arena *, struct sst_slice text,
    const char *file, struct sst_slice keyspace, struct sst_err *);

/* NULL when there is none.  An empty keyspace is any: then NULL also when several have the name. */
const struct sst_table *sst_schema_table(
    const struct sst_schema *, struct sst_slice keyspace, struct sst_slice name);
const struct sst_table *sst_schema_table_by_id(const struct sst_schema *, const uint8_t id[16]);
const struct sst_type *sst_schema_type(
    const struct sst_schema *, struct sst_slice keyspace, struct sst_slice name);

/*
 * Appends CREATE TABLE as Cassandra 5.0 writes it into a snapshot's schema.cql: byte for byte for
 * text that came from there.  Options that the table does not have are left out; columns that were
 * dropped follow as ALTER TABLE.  Parsing it gives an equal table.
 */
void sst_schema_print_table(const struct sst_table *, struct sst_buf *);

/* CREATE TABLE with what SSTables themselves say of a table: columns, order, compression, and the
 * chance of false positives; nothing of what only a cluster knows. */
void sst_schema_print_found(const struct sst_table *, struct sst_buf *);

/* Of its options compaction and compression, each as a map literal. */
void sst_schema_print_compaction(const struct sst_table *, struct sst_buf *);
void sst_schema_print_compression(const struct sst_table *, struct sst_buf *);

/* CREATE KEYSPACE. */
void sst_schema_print_keyspace(const struct sst_keyspace *, struct sst_buf *);

/* The same for a user type; and a whole schema.cql: the types that a table uses, then the table. */
void sst_schema_print_type(const struct sst_type *, struct sst_buf *);
void sst_schema_print_snapshot(
    const struct sst_schema *, const struct sst_table *, struct sst_buf *);

#endif
