/*
 * libsst/cql/term.h: literals, and what may stand where one does.  A term knows its source text, and
 * a constant is turned into bytes by sst_type_from_cql(type, text): what a value means is the type's
 * business.
 */
#ifndef SST_CQL_TERM_H
#define SST_CQL_TERM_H

#include "cql/parser.h"

enum sst_term_kind {
	SST_TERM_NULL,
	SST_TERM_STRING,
	SST_TERM_INTEGER,
	SST_TERM_FLOAT, /* also NaN and Infinity, with their sign */
	SST_TERM_BOOLEAN,
	SST_TERM_UUID,
	SST_TERM_HEX,
	SST_TERM_DURATION,
	SST_TERM_LIST,  /* [a, b]: also a vector */
	SST_TERM_SET,   /* {a, b}; {} may be a map as well */
	SST_TERM_MAP,   /* {k: v, …}: keys and values in turn */
	SST_TERM_UDT,   /* {name: v, …}: the values have names */
	SST_TERM_TUPLE, /* (a, b) */
	SST_TERM_MARK,  /* ?, or :name */
	SST_TERM_CALL,  /* [keyspace.]name(a, b) */
	SST_TERM_CAST   /* (type) a: name is the type's text */
};

struct sst_term { /* lives in the parser's arena */
	enum sst_term_kind kind;
	uint32_t line;
	struct sst_slice text;     /* as it stands in the source */
	struct sst_slice value;    /* of a constant: as sst_token_value gives it */
	struct sst_slice keyspace; /* of a CALL; n == 0: none */
	struct sst_slice name;     /* of a CALL, CAST or MARK, or of a field's value within a UDT */
	size_t ncount;             /* of what is inside: elements; twice the entries of a MAP; of a
				    * MARK how many markers stand before it */
	size_t nth;                /* of a CALL: how many stand before it in the statement */
	struct sst_term *first, *next;
};

/* Parses one term; NULL and the parser's error when there is none. */
struct sst_term *sst_term_parse(struct sst_parser *);

/* Appends the term as Cassandra prints it: one space after commas and colons, none elsewhere. */
void sst_term_put(const struct sst_term *, struct sst_buf *);

#endif
