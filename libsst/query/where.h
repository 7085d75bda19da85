/*
 * libsst/query/where.h: what a WHERE says about keys: which partitions, which slices of them, and
 * what is left to be looked at row by row.
 *
 *	WHERE channel_id = 1 AND bucket IN (2, 3) AND message_id < 9 AND pinned = true
 *	      [----------- key -----------------]     [---- ck ----]     [- filter -]
 */
#ifndef SST_QUERY_WHERE_H
#define SST_QUERY_WHERE_H

#include "cql/dml.h"
#include "query/operand.h"
#include "row/db.h"

#define SST_IN_MAX 65535 /* combinations of values that INs may make */

enum sst_restriction_kind {
	SST_ANY, /* not restricted */
	SST_EQ,
	SST_IN,
	SST_TUPLES,  /* with the columns behind it: (c, d) IN ((1, 2), (3, 4)), (c, d) = ? */
	SST_COVERED, /* one of those */
	SST_SLICE
};

struct sst_edge { /* of a slice: of one column, or of it and those behind it: (c, d) > (1, 2) */
	size_t n; /* columns; 0: open */
	const struct sst_operand *values;
	bool whole; /* values[0] is a tuple of them: (c, d) > ? */
	bool in;    /* the edge itself belongs to the slice */
};

struct sst_restriction { /* of a column of the key or clustering */
	enum sst_restriction_kind kind;
	size_t ncolumns;            /* TUPLES */
	size_t nvalues;             /* EQ: 1; IN; TUPLES: so many tuples */
	struct sst_operand *values; /* of TUPLES ncolumns for each, unless whole */
	bool in_arg;                /* IN ?: values[0] is a list of them */
	bool whole;                 /* TUPLES: each value is a tuple: (c, d) IN (?, ?) */
	struct sst_edge low, high;  /* SLICE */
};

/* Has the column values, one or several? */
static inline bool
sst_restriction_is_given(const struct sst_restriction *r)
{
	return r->kind != SST_ANY && r->kind != SST_SLICE;
}

struct sst_filter { /* looked at row by row: ALLOW FILTERING */
	enum sst_relation_op op;
	enum sst_column_kind {
		SST_COLUMN_KEY,
		SST_COLUMN_CK,
		SST_COLUMN_STATIC,
		SST_COLUMN_REGULAR
	} kind;
	size_t col;
	size_t nvalues;
	struct sst_operand *values;    /* of IN several */
	const struct sst_operand *key; /* column[key]; NULL: none */
	bool in_arg;                   /* IN ?: values[0] is a list of them */
};

struct sst_where { /* lives in the arena it was made in */
	const struct sst_table *table;
	bool by_key;                 /* every column of the key has values: partitions are named */
	struct sst_restriction *key; /* table->nkey */
	struct sst_restriction *ck;  /* table->nck */
	const struct sst_operand *token_low, *token_high; /* token(key) */
	bool token_low_in, token_high_in;
	size_t nfilters;
	struct sst_filter *filters;
	bool ck_restricted; /* by key or slice, not by a filter */
};

/* A column of a table by name. */
struct sst_column_ref {
	enum sst_column_kind kind;
	size_t i;
	const struct sst_column *column;
};
bool sst_column_ref_find(struct sst_column_ref *, const struct sst_table *, struct sst_slice name);

/*
 * Sorts out relations.  filtering: what cannot be found by key may be looked at row by row (ALLOW
 * FILTERING); without it that is refused.  SST_EINVAL says what is wrong, in Cassandra's words where
 * clients know them.
 */
int sst_where_make(struct sst_where *, struct sst_arena *, const struct sst_table *,
    const struct sst_relation *, bool filtering, struct sst_marks *, struct sst_err *);

/* The keys of the partitions that are named, in the arena: sorted by their columns, each once, and
 * those alone that lie between the tokens that are given as well.  by_key only. */
int sst_where_keys(const struct sst_where *, const struct sst_bind *, struct sst_slice **keys,
    size_t *n, struct sst_err *);

/* The slices of each partition, in clustering order; *n == 0 and *all: everything; *n == 0 and not
 * *all: nothing, as of IN (). */
int sst_where_slices(const struct sst_where *, const struct sst_bind *, struct sst_range **,
    size_t *n, bool *all, struct sst_err *);

/* The token range (left, right] of a WHERE without keys; *none: it is empty. */
int sst_where_tokens(const struct sst_where *, const struct sst_bind *, int64_t *left,
    int64_t *right, bool *none, struct sst_err *);

#endif
