/*
 * libsst/cql/dml.h: what the grammar makes of statements that read and change rows: SELECT, INSERT,
 * UPDATE, DELETE, BATCH, TRUNCATE; and of DROP and DESCRIBE.  Nothing is looked up: columns are
 * names, values are terms.  Everything lives in the parser's arena.  formats/cql.md has the grammar.
 */
#ifndef SST_CQL_DML_H
#define SST_CQL_DML_H

#include "cql/namelist.h"
#include "cql/term.h"

#define SST_CQL_MARKS_MAX 65535 /* bind markers of a statement: the protocol counts in 16 bits */
#define SST_CQL_LIST_MAX 65535  /* elements of any list in a statement */

enum sst_dml_kind {
	SST_SELECT,
	SST_INSERT,
	SST_UPDATE,
	SST_DELETE,
	SST_BATCH,
	SST_TRUNCATE,
	SST_DROP_KEYSPACE,
	SST_DROP_TABLE,
	SST_DROP_TYPE,
	SST_DESCRIBE
};

enum sst_selector_kind {
	SST_SELECT_COLUMN,
	SST_SELECT_COUNT,   /* count(*), count(1) */
	SST_SELECT_CALL,    /* name(arguments) */
	SST_SELECT_CAST,    /* cast(argument as type) */
	SST_SELECT_ELEMENT, /* column[key] */
	SST_SELECT_FIELD,   /* column.field */
	SST_SELECT_TERM     /* a literal or marker: only as an argument */
};

struct sst_selector {
	enum sst_selector_kind kind;
	struct sst_slice name;      /* of the column, function, or type of a CAST */
	struct sst_slice keyspace;  /* of a function; n == 0: none */
	struct sst_slice field;     /* FIELD */
	size_t nth;                 /* CALL: how many stand before it in the statement */
	const struct sst_term *key; /* ELEMENT; and the value of a TERM */
	struct sst_selector *args;  /* CALL, CAST; of ELEMENT and FIELD what they are of */
	struct sst_slice alias;     /* n == 0: none */
	struct sst_slice text;      /* as it stands in the source, without the alias */
	uint32_t line;
	struct sst_selector *next;
};

enum sst_relation_op {
	SST_REL_EQ,
	SST_REL_NE,
	SST_REL_LT,
	SST_REL_LE,
	SST_REL_GT,
	SST_REL_GE,
	SST_REL_IN,
	SST_REL_CONTAINS,
	SST_REL_CONTAINS_KEY,
	SST_REL_LIKE,
	SST_REL_IS_NOT_NULL
};

/* column op value, (a, b) op (x, y), token(a, b) op value; conditions also column[key] and
 * column.field. */
struct sst_relation {
	struct sst_name_list *names; /* one; more of a tuple or token */
	size_t nnames;
	bool token, tuple;
	const struct sst_term *key; /* column[key] */
	struct sst_slice field;     /* column.field; n == 0: none */
	enum sst_relation_op op;
	/* The value; of IN a TUPLE of the values, or one MARK that stands for the list.  NULL with
	 * IS NOT NULL. */
	const struct sst_term *value;
	uint32_t line;
	struct sst_slice text; /* as it stands in the source */
	struct sst_relation *next;
};

enum sst_assignment_kind {
	SST_ASSIGN,          /* column = value */
	SST_ASSIGN_ADD,      /* column = column + value, column += value */
	SST_ASSIGN_PREPEND,  /* column = value + column */
	SST_ASSIGN_SUBTRACT, /* column = column - value, column -= value */
	SST_ASSIGN_ELEMENT,  /* column[key] = value */
	SST_ASSIGN_FIELD     /* column.field = value */
};

/* What UPDATE sets, INSERT gives (then always ASSIGN), DELETE names (without a value). */
struct sst_assignment {
	enum sst_assignment_kind kind;
	struct sst_slice column, field;
	const struct sst_term *key, *value;
	uint32_t line;
	struct sst_assignment *next;
};

struct sst_dml {
	enum sst_dml_kind kind;
	uint32_t line;
	struct sst_slice text;     /* of the whole, without its semicolon */
	struct sst_cql_name name;  /* of the table, type or keyspace (then only name.name) */
	bool if_exists;            /* DROP; the condition of UPDATE and DELETE */
	bool if_not_exists;        /* INSERT */
	struct sst_relation *cond; /* IF a = 1 AND … */

	struct sst_selector *selectors; /* SELECT; NULL: * */
	bool distinct, json;            /* json: SELECT JSON, INSERT JSON */
	bool allow_filtering;
	struct sst_relation *where;
	struct sst_name_list *group, *order;
	const struct sst_term *limit, *per_partition_limit;

	struct sst_assignment *set; /* INSERT, UPDATE, DELETE; NULL in DELETE: whole rows */
	const struct sst_term *json_value;
	bool json_default_unset;
	bool unmatched; /* INSERT: there are more columns than values, or fewer */
	const struct sst_term *ts_us, *ttl_s; /* USING */

	bool unlogged, counter; /* BATCH */
	/* Of a part of a BATCH: that it is one, and what its USING says. */
	bool in_batch, batch_ttl;
	const struct sst_term *batch_ts_us;
	struct sst_dml *parts; /* BATCH: its statements */
	struct sst_dml *next;

	struct sst_slice what; /* DESCRIBE: what is written behind it */
	size_t ncalls;         /* of functions; of a part of a BATCH those of all its parts */
	size_t nmarks;         /* bind markers; of a part of a BATCH those of all its parts */
};

/* Is the next statement one of these? */
bool sst_dml_at(const struct sst_parser *);

/* Parses one statement, up to its semicolon or the end; 0, or -1 with the parser's error. */
int sst_dml_parse(struct sst_parser *, struct sst_dml *);

#endif
