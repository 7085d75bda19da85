/*
 * libsst/cql/token.h: CQL text into tokens, each with its place.  White space and comments (--, //,
 * slash-star) stand between tokens and are none.
 */
#ifndef SST_CQL_TOKEN_H
#define SST_CQL_TOKEN_H

#include "base/arena.h"
#include "cql/word.h"

enum sst_token_kind {
	SST_TOK_END,
	SST_TOK_WORD,   /* a name without quotes, or a keyword */
	SST_TOK_QUOTED, /* a name between double quotes */
	SST_TOK_STRING, /* 'it''s' or $$it's$$ */
	SST_TOK_INTEGER,
	SST_TOK_FLOAT,
	SST_TOK_UUID,
	SST_TOK_HEX,      /* 0xcafe */
	SST_TOK_DURATION, /* 1h30m, P1Y2M */
	SST_TOK_OP,       /* ( ) [ ] { } < > , ; . : ? = + - * / %, and those of two characters */
	SST_TOK_BAD       /* a string, name or comment that does not end, or a stray byte */
};

/* Operators of two characters; the others are their character. */
enum {
	SST_OP_LE = 256,
	SST_OP_GE,
	SST_OP_NE,
	SST_OP_RANGE
};

struct sst_token {
	enum sst_token_kind kind;
	enum sst_word word;    /* of a WORD */
	int op;                /* of an OP */
	struct sst_slice text; /* as it stands in the source, with its quotes */
	size_t off;            /* in the source */
	uint32_t line, column; /* from 1; columns are bytes */
};

struct sst_lexer {
	struct sst_slice source;
	size_t at, line_start;
	uint32_t line;
	bool legacy; /* within a comment that is read: see sst_lexer_next */
};

/* Borrows source; so do the tokens. */
struct sst_lexer sst_lexer_new(struct sst_slice source);

/*
 * The next token; END for ever at the end.  One kind of comment is read as if it were none: that
 * in which Cassandra's snapshots hold the "approximate structure" of tables with COMPACT STORAGE,
 * since nothing else names the columns of their files (formats/schema-cql.md).
 */
struct sst_token sst_lexer_next(struct sst_lexer *);

/*
 * What a token stands for: a WORD in lower case, a QUOTED or STRING without quotes, any other as it
 * is.  In the arena, or borrowed from the source when nothing differs; p is NULL without memory.
 */
struct sst_slice sst_token_value(const struct sst_token *, struct sst_arena *);

#endif
