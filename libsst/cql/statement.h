/*
 * libsst/cql/statement.h: what the grammar makes of a statement, before anything is looked up.  One
 * file for each family parses it (ddl.c: definitions); all of it lives in the parser's arena.
 */
#ifndef SST_CQL_STATEMENT_H
#define SST_CQL_STATEMENT_H

#include "cql/namelist.h"
#include "cql/term.h"

#define SST_CQL_PROPERTIES_MAX 256 /* of one statement */

enum sst_statement_kind {
	SST_USE,
	SST_CREATE_KEYSPACE,
	SST_CREATE_TYPE,
	SST_CREATE_TABLE,
	SST_ALTER_KEYSPACE,
	SST_ALTER_TYPE, /* ADD, or RENAME */
	SST_ALTER_ADD,
	SST_ALTER_DROP,
	SST_ALTER_WITH,
	SST_ALTER_RENAME,
	SST_ALTER_COLUMN, /* ALTER … TYPE, of a column or a field: no longer done anywhere */
	SST_OTHER /* known, and passed over to its semicolon: indexes, views, functions, roles, … */
};

struct sst_column_def { /* a column, or a field of a type */
	struct sst_slice name;
	struct sst_slice type; /* as sst_type_parse_cql takes it */
	uint32_t line;
	bool is_static;
	bool is_key; /* PRIMARY KEY behind it */
	struct sst_column_def *next;
};

struct sst_property { /* name = value; names are lower case */
	struct sst_slice name;
	struct sst_term *value;
	uint32_t line;
	struct sst_property *next;
};

struct sst_rename {
	struct sst_slice from, to;
	uint32_t line;
	struct sst_rename *next;
};

struct sst_statement {
	enum sst_statement_kind kind;
	uint32_t line;
	struct sst_slice text;                  /* of the whole, without its semicolon */
	struct sst_cql_name name;               /* of a keyspace only name.name */
	bool if_not_exists;                     /* also of what is added */
	bool if_exists;                         /* ALTER: of the whole */
	bool part_if_exists;                    /* DROP, RENAME: of the columns or fields */
	struct sst_column_def *columns;         /* fields of a type; columns that are added */
	struct sst_name_list *key, *clustering; /* PRIMARY KEY (…) */
	struct sst_name_list *order;            /* CLUSTERING ORDER BY */
	struct sst_name_list *drop;
	struct sst_rename *renames;
	struct sst_property *properties;
	bool compact;
	struct sst_term *timestamp; /* USING TIMESTAMP */
	struct sst_slice what;      /* of OTHER: "create index" */
};

/*
 * Parses the next statement and the semicolon behind it, if there is one.  SST_ONE, 0 at the end of
 * the text, -1.
 */
int sst_statement_parse(struct sst_parser *, struct sst_statement *);

#endif
