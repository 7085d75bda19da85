/*
 * libsst/cql/parser.h: what every part of the grammar stands on: the current token, and the ways to
 * take it or to say what was expected instead.  The grammar is recursive descent with one token of
 * look-ahead; what it builds lives in the arena and may borrow from the source.
 */
#ifndef SST_CQL_PARSER_H
#define SST_CQL_PARSER_H

#include "base/err.h"
#include "cql/token.h"

#define SST_CQL_DEPTH_MAX 64 /* of nested terms and types */

struct sst_parser {
	struct sst_lexer lex;
	struct sst_token tok;      /* the current one, not yet taken */
	size_t end;                /* offset behind the last one taken */
	struct sst_arena *arena;   /* borrowed */
	const char *file;          /* for errors; may be NULL */
	struct sst_slice keyspace; /* of names that have none before them; n == 0: there is none */
	unsigned depth;
	size_t nmarks; /* bind markers seen */
	size_t ncalls; /* and calls of functions */
	struct sst_err *e;
};

/* [keyspace.]name, decoded; keyspace.n == 0 when neither the text nor the parser has one. */
struct sst_cql_name {
	struct sst_slice keyspace, name;
};

/* All but sst_parser_new borrow what p borrows.  Actions return 0, or -1 with *p->e filled in. */
struct sst_parser sst_parser_new(struct sst_slice source, struct sst_arena *, const char *file,
    struct sst_slice keyspace, struct sst_err *);

/* "line N: " and the message; and "expected WHAT, found TOKEN" at the current token. */
int sst_parser_fail(const struct sst_parser *, uint32_t line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int sst_parser_expected(const struct sst_parser *, const char *what);

void sst_parser_next(struct sst_parser *);

static inline bool
sst_parser_at(const struct sst_parser *p, enum sst_word w)
{
	return p->tok.kind == SST_TOK_WORD && p->tok.word == w;
}

static inline bool
sst_parser_at_op(const struct sst_parser *p, int op)
{
	return p->tok.kind == SST_TOK_OP && p->tok.op == op;
}

/* Takes the token when it is the one; says whether it was. */
bool sst_parser_take(struct sst_parser *, enum sst_word);
bool sst_parser_take_op(struct sst_parser *, int op);

int sst_parser_want(struct sst_parser *, enum sst_word);
int sst_parser_want_op(struct sst_parser *, int op);
/* A string's value. */
int sst_parser_want_string(struct sst_parser *, struct sst_slice *);
/* An identifier: quoted, or a word that is not reserved; what names what it is, for the error. */
int sst_parser_want_name(struct sst_parser *, const char *what, struct sst_slice *);
int sst_parser_want_qualified(struct sst_parser *, const char *what, struct sst_cql_name *);

/*
 * The text of a type as sst_type_parse_cql takes it: without comments, white space only after
 * commas, and without a keyspace before a user type (which must be that of `keyspace`).
 */
int sst_parser_want_type(struct sst_parser *, struct sst_slice keyspace, struct sst_slice *text);

/* Counts a level of nesting; -1 beyond SST_CQL_DEPTH_MAX.  leave() takes it back. */
int sst_parser_enter(struct sst_parser *);
static inline void
sst_parser_leave(struct sst_parser *p)
{
	p->depth--;
}

/* Memory that is zeroed; NULL and the error when there is none. */
void *sst_parser_alloc(struct sst_parser *, size_t n);

#endif
