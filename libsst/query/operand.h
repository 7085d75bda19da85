/*
 * libsst/query/operand.h: a value of a statement: known from its text, given with the request, or put
 * together from both when the statement runs.
 */
#ifndef SST_QUERY_OPERAND_H
#define SST_QUERY_OPERAND_H

#include "cql/term.h"
#include "query/function.h"
#include "schema/table.h"

struct sst_spec { /* a bind marker, or a column of a result */
	struct sst_slice name;
	const struct sst_type *type;
};

struct sst_argument {           /* what a request gives for a marker */
	struct sst_slice value; /* p == NULL: null */
	bool unset;             /* as if the column had not been named */
};

enum sst_operand_kind {
	SST_OPERAND_NULL,
	SST_OPERAND_CONST,
	SST_OPERAND_ARG,   /* a marker */
	SST_OPERAND_BUILT, /* a collection, tuple or user type with markers in it */
	SST_OPERAND_CALL,  /* of a function */
	SST_OPERAND_TOKEN  /* token(a, b) of values of a partition key */
};

struct sst_operand { /* lives in the arena it was made in; a BUILT one borrows the term */
	enum sst_operand_kind kind;
	const struct sst_type *type;
	struct sst_slice bytes; /* CONST */
	size_t mark;            /* ARG */
	const struct sst_term *term;
	struct sst_slice name;               /* of the column, for messages */
	const struct sst_function *function; /* CALL */
	const struct sst_operand *arg;       /* … NULL: it takes none; TOKEN: one a key column */
	const struct sst_table *table;       /* TOKEN */
	size_t nth;                          /* … of the statement's */
};

struct sst_marks { /* what the markers of a statement want to be given; filled in as they are met */
	size_t n;
	struct sst_spec *specs;
};

/*
 * The operand that a term is for a value of this type.  SST_EINVAL: the text is no value of it.
 * name is that of the column, or "[limit]" and the like, under which a marker is announced.
 */
int sst_operand_make(struct sst_operand *, struct sst_arena *, const struct sst_term *,
    const struct sst_spec *, struct sst_marks *, struct sst_err *);

struct sst_bind { /* what a statement is run with */
	const struct sst_argument *args;
	size_t nargs; /* as many as the statement has markers: the caller saw to it */
	struct sst_arena *arena;
	struct sst_instant at; /* for functions: the same wherever this run is worked out */
};

/*
 * The value: p == NULL is null; *unset (may be NULL, then it is refused) when the request says so.
 * Borrows from the request, the statement and the arena.  SST_EINVAL for bytes that are no value.
 */
int sst_operand_value(const struct sst_operand *, const struct sst_bind *, struct sst_slice *out,
    bool *unset, struct sst_err *);

/* "name" of n bytes for messages, shortened. */
#define SST_NAME_ARGS(s) (int)((s).n > 48 ? 48 : (s).n), (const char *)(s).p

#endif
