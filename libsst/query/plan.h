/*
 * libsst/query/plan.h: a statement made ready for a table: names have become columns, literals bytes,
 * and what its markers want is known.  A plan is made once and run often (select.h, modify.h), with
 * other arguments each time.  What is allowed is Cassandra's, and so are the words that refuse it.
 */
#ifndef SST_QUERY_PLAN_H
#define SST_QUERY_PLAN_H

#include "query/where.h"

enum sst_output_kind {
	SST_OUTPUT_COLUMN,
	SST_OUTPUT_COUNT,     /* of rows, or of a column's values */
	SST_OUTPUT_WRITETIME, /* of a collection that is not frozen a list, one an element */
	SST_OUTPUT_MAX_WRITETIME,
	SST_OUTPUT_TTL,
	SST_OUTPUT_TOKEN,
	SST_OUTPUT_ELEMENT, /* of a map */
	SST_OUTPUT_FIELD,   /* of a user type */
	SST_OUTPUT_CALL,    /* of a function */
	SST_OUTPUT_VALUE    /* a literal or marker, as its argument */
};

struct sst_output { /* a column of the result */
	enum sst_output_kind kind;
	bool any; /* COUNT: of rows, whatever they hold */
	struct sst_column_ref of;
	const struct sst_operand *key; /* ELEMENT; VALUE */
	size_t field;                  /* FIELD */
	enum {
		SST_PART_NONE,
		SST_PART_ELEMENT,
		SST_PART_FIELD
	} part; /* WRITETIME, TTL: of one cell of the column alone, by key or field */
	const struct sst_function *function; /* CALL */
	const struct sst_output *arg;        /* … NULL: it takes none */
	size_t nth;                          /* … of the statement's */
	const struct sst_type *type;         /* of its values */
};

struct sst_change { /* of a column */
	enum sst_assignment_kind kind;
	struct sst_column_ref of;
	const struct sst_operand *value, *key; /* value NULL: DELETE; key: ELEMENT */
	size_t field;                          /* FIELD */
};

/* Does it ask for elements of a list by index or value, which is to be looked at first (lists.h)? */
static inline bool
sst_change_looks(const struct sst_change *c)
{
	const struct sst_type *t = c->of.column->type;

	return t->multicell && t->kind == SST_LIST &&
	    (c->kind == SST_ASSIGN_ELEMENT || c->kind == SST_ASSIGN_SUBTRACT);
}

struct sst_plan { /* lives in the arena it was made in; borrows the table and the statement */
	enum sst_dml_kind kind; /* SELECT, INSERT, UPDATE or DELETE */
	const struct sst_table *table;
	struct sst_marks marks;
	size_t ncalls; /* of functions, some of which may want an instant of their own */
	/* Which markers are the columns of the partition key, in their order; npk == 0: not all of
	 * them are markers. */
	size_t npk;
	uint16_t *pk;
	struct sst_where where;

	size_t noutputs; /* SELECT */
	struct sst_output *outputs;
	struct sst_spec *results; /* noutputs; with json one, whose outputs are not counted */
	size_t nresults;
	bool json, distinct, reversed, count, wants_static, wants_rows;
	const struct sst_operand *limit, *per_partition_limit; /* NULL: none */

	size_t nchanges;
	struct sst_change *changes;
	bool row_level; /* DELETE of rows, ranges or a partition */
	bool looks;     /* at lists, before it changes them: lists.h */
	const struct sst_operand *ts_us, *ttl_s;
	/* INSERT … IF NOT EXISTS: reads what may be there; query/cas.h.  Else NULL. */
	struct sst_plan *existing;
	struct sst_spec *applied; /* "[applied]", and the columns of the row that is there */
	size_t napplied;
};

/*
 * keyspace and table of dml were looked up by the caller.  SST_EINVAL with the words for the client;
 * SST_EUNSUPPORTED for what the language has and we do not, named; SST_ENOMEM.
 */
int sst_plan_make(struct sst_plan **, struct sst_arena *, const struct sst_dml *,
    const struct sst_table *, struct sst_err *);

#endif
