/* cql/parser.c: tokens, names and types; terms and statements are files of their own. */
#include "cql/parser.h"

#include <stdarg.h>
#include <stdio.h>

#include "schema/ident.h"

#define SHOW_MAX 40 /* bytes of a token in a message */

struct sst_parser
sst_parser_new(struct sst_slice source, struct sst_arena *arena, const char *file,
    struct sst_slice keyspace, struct sst_err *e)
{
	struct sst_parser p = { .lex = sst_lexer_new(source),
		.arena = arena,
		.file = file,
		.keyspace = keyspace,
		.e = e };

	p.tok = sst_lexer_next(&p.lex);
	return p;
}

int
sst_parser_fail(const struct sst_parser *p, uint32_t line, const char *fmt, ...)
{
	char what[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return sst_fail(p->e, SST_EINVAL, p->file, SST_NOWHERE, "line %u: %s", line, what);
}

int
sst_parser_expected(const struct sst_parser *p, const char *what)
{
	const struct sst_token *t = &p->tok;
	int n = t->text.n > SHOW_MAX ? SHOW_MAX : (int)t->text.n;
	uint8_t c = n > 0 ? t->text.p[0] : 0;

	if (t->kind == SST_TOK_END)
		return sst_parser_fail(p, t->line, "expected %s, found the end", what);
	if (t->kind == SST_TOK_BAD && (c == '\'' || c == '$'))
		return sst_parser_fail(p, t->line, "a string that does not end");
	if (t->kind == SST_TOK_BAD && c == '"')
		return sst_parser_fail(p, t->line, "a quoted name that does not end");
	if (t->kind == SST_TOK_BAD && c == '/')
		return sst_parser_fail(p, t->line, "a comment that does not end");
	if (t->kind == SST_TOK_BAD && (c < 0x20 || c > 0x7e))
		return sst_parser_fail(p, t->line, "expected %s, found byte 0x%02x", what, c);
	return sst_parser_fail(
	    p, t->line, "expected %s, found %.*s", what, n, (const char *)t->text.p);
}

void
sst_parser_next(struct sst_parser *p)
{
	p->end = p->tok.off + p->tok.text.n;
	p->tok = sst_lexer_next(&p->lex);
}

bool
sst_parser_take(struct sst_parser *p, enum sst_word w)
{
	if (!sst_parser_at(p, w))
		return false;
	sst_parser_next(p);
	return true;
}

bool
sst_parser_take_op(struct sst_parser *p, int op)
{
	if (!sst_parser_at_op(p, op))
		return false;
	sst_parser_next(p);
	return true;
}

int
sst_parser_want(struct sst_parser *p, enum sst_word w)
{
	return sst_parser_take(p, w) ? 0 : sst_parser_expected(p, sst_word_text(w));
}

int
sst_parser_want_op(struct sst_parser *p, int op)
{
	const char text[2] = { (char)op, '\0' };

	return sst_parser_take_op(p, op) ? 0 : sst_parser_expected(p, text);
}

int
sst_parser_want_string(struct sst_parser *p, struct sst_slice *s)
{
	*s = (struct sst_slice){ NULL, 0 };
	if (p->tok.kind != SST_TOK_STRING)
		return sst_parser_expected(p, "a string");
	*s = sst_token_value(&p->tok, p->arena);
	sst_parser_next(p);
	return s->p == NULL ? sst_fail_nomem(p->e) : 0;
}

int
sst_parser_want_name(struct sst_parser *p, const char *what, struct sst_slice *name)
{
	*name = (struct sst_slice){ NULL, 0 };
	if (p->tok.kind == SST_TOK_QUOTED) {
		if (p->tok.text.n == 2)
			return sst_parser_fail(p, p->tok.line, "%s without a name", what);
	} else if (p->tok.kind != SST_TOK_WORD || sst_word_is_reserved(p->tok.word))
		return sst_parser_expected(p, what);
	*name = sst_token_value(&p->tok, p->arena);
	sst_parser_next(p);
	return name->p == NULL ? sst_fail_nomem(p->e) : 0;
}

int
sst_parser_want_qualified(struct sst_parser *p, const char *what, struct sst_cql_name *n)
{
	n->keyspace = p->keyspace;
	if (sst_parser_want_name(p, what, &n->name) == -1)
		return -1;
	if (!sst_parser_take_op(p, '.'))
		return 0;
	n->keyspace = n->name;
	return sst_parser_want_name(p, what, &n->name);
}

int
sst_parser_enter(struct sst_parser *p)
{
	if (p->depth == SST_CQL_DEPTH_MAX)
		return sst_fail(p->e, SST_ELIMIT, p->file, SST_NOWHERE,
		    "line %u: nested deeper than %d", p->tok.line, SST_CQL_DEPTH_MAX);
	p->depth++;
	return 0;
}

void *
sst_parser_alloc(struct sst_parser *p, size_t n)
{
	void *r = sst_arena_zeroed(p->arena, n, 1);

	if (r == NULL)
		sst_fail_nomem(p->e);
	return r;
}

/* name, name<type, …>, keyspace.name, or a class name between single quotes. */
static int
put_type(struct sst_parser *p, struct sst_slice keyspace, struct sst_buf *b)
{
	bool set = sst_parser_at(p, SST_W_SET); /* the one reserved word that is a type's name */
	struct sst_slice name, dot;

	if (sst_parser_enter(p) == -1)
		return -1;
	if (p->tok.kind == SST_TOK_STRING || p->tok.kind == SST_TOK_INTEGER) {
		sst_buf_add_slice(b, p->tok.text); /* an integer: the length of a vector */
		sst_parser_next(p);
		sst_parser_leave(p);
		return 0;
	}
	if (set) {
		sst_buf_adds(b, "set");
		sst_parser_next(p);
	} else if (sst_parser_want_name(p, "a type", &name) == -1)
		return -1;
	if (!set && sst_parser_take_op(p, '.')) {
		dot = name;
		if (sst_parser_want_name(p, "a type", &name) == -1)
			return -1;
		if (!sst_slice_eq(dot, keyspace))
			return sst_parser_fail(p, p->tok.line, "type %.*s is of another keyspace",
			    (int)name.n, (const char *)name.p);
	}
	if (!set)
		sst_ident_put(b, name);
	if (sst_parser_take_op(p, '<')) {
		const char *before = "<";

		do {
			sst_buf_adds(b, before);
			before = ", ";
			if (put_type(p, keyspace, b) == -1)
				return -1;
		} while (sst_parser_take_op(p, ','));
		sst_buf_addc(b, '>');
		if (sst_parser_want_op(p, '>') == -1)
			return -1;
	}
	sst_parser_leave(p);
	return 0;
}

int
sst_parser_want_type(struct sst_parser *p, struct sst_slice keyspace, struct sst_slice *text)
{
	struct sst_buf b = { 0 };
	int r = put_type(p, keyspace, &b);

	*text = (struct sst_slice){ NULL, 0 };
	if (r == 0) {
		if (!b.bad)
			*text = sst_arena_slice(p->arena, sst_buf_slice(&b));
		if (text->p == NULL)
			r = sst_fail_nomem(p->e);
	}
	sst_buf_free(&b);
	return r;
}
