/* cql/term.c: terms by recursive descent; what is inside one hangs on it as a list. */
#include "cql/term.h"

#include "schema/ident.h"

static void
append(struct sst_term *parent, struct sst_term **last, struct sst_term *child)
{
	if (*last == NULL)
		parent->first = child;
	else
		(*last)->next = child;
	*last = child;
	parent->ncount++;
}

/* Terms between commas up to `close`; none when `close` comes at once. */
static int
elements(struct sst_parser *p, struct sst_term *t, int close)
{
	struct sst_term *last = NULL, *c;

	if (sst_parser_take_op(p, close))
		return 0;
	do {
		if ((c = sst_term_parse(p)) == NULL)
			return -1;
		append(t, &last, c);
	} while (sst_parser_take_op(p, ','));
	return sst_parser_want_op(p, close);
}

static int
fields(struct sst_parser *p, struct sst_term *t)
{
	struct sst_term *last = NULL, *v;
	struct sst_slice name;

	t->kind = SST_TERM_UDT;
	do {
		if (sst_parser_want_name(p, "a field", &name) == -1 ||
		    sst_parser_want_op(p, ':') == -1 || (v = sst_term_parse(p)) == NULL)
			return -1;
		v->name = name;
		append(t, &last, v);
	} while (sst_parser_take_op(p, ','));
	return sst_parser_want_op(p, '}');
}

/* A set or a map: which one is seen behind its first term. */
static int
braces(struct sst_parser *p, struct sst_term *t)
{
	struct sst_term *last = NULL, *c;

	t->kind = SST_TERM_SET;
	if (sst_parser_take_op(p, '}'))
		return 0;
	do {
		if ((c = sst_term_parse(p)) == NULL)
			return -1;
		if (t->first == NULL && sst_parser_at_op(p, ':'))
			t->kind = SST_TERM_MAP;
		append(t, &last, c);
		if (t->kind == SST_TERM_SET)
			continue;
		if (sst_parser_want_op(p, ':') == -1 || (c = sst_term_parse(p)) == NULL)
			return -1;
		append(t, &last, c);
	} while (sst_parser_take_op(p, ','));
	return sst_parser_want_op(p, '}');
}

/* Is the next token a name with a colon behind it? */
static bool
at_field(const struct sst_parser *p)
{
	struct sst_lexer ahead = p->lex;
	struct sst_token t = sst_lexer_next(&ahead);

	return (p->tok.kind == SST_TOK_WORD || p->tok.kind == SST_TOK_QUOTED) &&
	    t.kind == SST_TOK_OP && t.op == ':';
}

/* (type) term: a name, not followed by another bracket or a dot, between parentheses. */
static int
cast(struct sst_parser *p, struct sst_term *t)
{
	struct sst_term *last = NULL, *c;

	t->kind = SST_TERM_CAST;
	if (sst_parser_want_type(p, p->keyspace, &t->name) == -1 ||
	    sst_parser_want_op(p, ')') == -1 || (c = sst_term_parse(p)) == NULL)
		return -1;
	append(t, &last, c);
	return 0;
}

/* Is the next token a word that begins a type rather than a term? */
static bool
at_type(const struct sst_parser *p)
{
	struct sst_lexer ahead = p->lex;
	struct sst_token t = sst_lexer_next(&ahead);
	enum sst_word w = p->tok.word;
	bool name = p->tok.kind == SST_TOK_QUOTED ||
	    (p->tok.kind == SST_TOK_WORD && w != SST_W_TRUE && w != SST_W_FALSE &&
		(w == SST_W_SET || !sst_word_is_reserved(w)));

	return name && t.kind == SST_TOK_OP && (t.op == ')' || t.op == '<');
}

static int
bracketed(struct sst_parser *p, struct sst_term *t)
{
	int open = p->tok.op;

	sst_parser_next(p);
	if (open == '[') {
		t->kind = SST_TERM_LIST;
		return elements(p, t, ']');
	}
	if (open == '{')
		return at_field(p) ? fields(p, t) : braces(p, t);
	if (at_type(p))
		return cast(p, t);
	t->kind = SST_TERM_TUPLE;
	if (elements(p, t, ')') == -1)
		return -1;
	return t->ncount > 0 ? 0 : sst_parser_fail(p, t->line, "a tuple of nothing");
}

static int
mark(struct sst_parser *p, struct sst_term *t)
{
	bool named = p->tok.op == ':';

	t->kind = SST_TERM_MARK;
	t->ncount = p->nmarks++;
	sst_parser_next(p);
	return named ? sst_parser_want_name(p, "a name", &t->name) : 0;
}

static int
call(struct sst_parser *p, struct sst_term *t)
{
	struct sst_cql_name n;

	t->kind = SST_TERM_CALL;
	t->nth = p->ncalls++;
	if (sst_parser_at(p, SST_W_TOKEN)) {
		n = (struct sst_cql_name){ { NULL, 0 }, SST_SLICE_LIT("token") };
		sst_parser_next(p);
	} else {
		if (sst_parser_want_qualified(p, "a value", &n) == -1)
			return -1;
	}
	t->keyspace = n.keyspace;
	t->name = n.name;
	if (sst_parser_want_op(p, '(') == -1)
		return -1;
	return elements(p, t, ')');
}

static int
word(struct sst_parser *p, struct sst_term *t)
{
	switch (p->tok.word) {
	case SST_W_NULL:
		t->kind = SST_TERM_NULL;
		break;
	case SST_W_TRUE:
	case SST_W_FALSE:
		t->kind = SST_TERM_BOOLEAN;
		break;
	case SST_W_NAN:
	case SST_W_INFINITY:
		t->kind = SST_TERM_FLOAT;
		break;
	default:
		return call(p, t);
	}
	sst_parser_next(p);
	return 0;
}

/* The kind of a constant that is one token; MARK for what is none. */
static enum sst_term_kind
constant(enum sst_token_kind kind)
{
	switch (kind) {
	case SST_TOK_STRING:
		return SST_TERM_STRING;
	case SST_TOK_INTEGER:
		return SST_TERM_INTEGER;
	case SST_TOK_FLOAT:
		return SST_TERM_FLOAT;
	case SST_TOK_UUID:
		return SST_TERM_UUID;
	case SST_TOK_HEX:
		return SST_TERM_HEX;
	case SST_TOK_DURATION:
		return SST_TERM_DURATION;
	default:
		return SST_TERM_MARK;
	}
}

static int
any(struct sst_parser *p, struct sst_term *t)
{
	int op = p->tok.kind == SST_TOK_OP ? p->tok.op : 0;

	t->kind = constant(p->tok.kind);
	if (t->kind != SST_TERM_MARK) {
		t->value = sst_token_value(&p->tok, p->arena);
		sst_parser_next(p);
		return t->value.p == NULL ? sst_fail_nomem(p->e) : 0;
	}
	if (op == '[' || op == '{' || op == '(')
		return bracketed(p, t);
	if (op == '?' || op == ':')
		return mark(p, t);
	if (op == '-') { /* -NaN, -Infinity */
		sst_parser_next(p);
		if (!sst_parser_at(p, SST_W_NAN) && !sst_parser_at(p, SST_W_INFINITY))
			return sst_parser_expected(p, "a number");
	}
	if (p->tok.kind == SST_TOK_WORD || p->tok.kind == SST_TOK_QUOTED)
		return word(p, t);
	return sst_parser_expected(p, "a value");
}

struct sst_term *
sst_term_parse(struct sst_parser *p)
{
	struct sst_term *t = sst_parser_alloc(p, sizeof(*t));
	size_t start = p->tok.off;

	if (t == NULL || sst_parser_enter(p) == -1)
		return NULL;
	t->line = p->tok.line;
	if (any(p, t) == -1)
		return NULL;
	sst_parser_leave(p);
	t->text = (struct sst_slice){ p->lex.source.p + start, p->end - start };
	if (t->value.p == NULL)
		t->value = t->text;
	return t;
}

static void
put_inside(const struct sst_term *t, struct sst_buf *b)
{
	const struct sst_term *c;
	size_t i = 0;

	for (c = t->first; c != NULL; c = c->next, i++) {
		if (i > 0)
			sst_buf_adds(b, t->kind == SST_TERM_MAP && i % 2 == 1 ? ": " : ", ");
		if (t->kind == SST_TERM_UDT) {
			sst_ident_put(b, c->name);
			sst_buf_adds(b, ": ");
		}
		sst_term_put(c, b);
	}
}

void
sst_term_put(const struct sst_term *t, struct sst_buf *b)
{
	static const char *const brackets[] = { [SST_TERM_LIST] = "[]",
		[SST_TERM_SET] = "{}",
		[SST_TERM_MAP] = "{}",
		[SST_TERM_UDT] = "{}",
		[SST_TERM_TUPLE] = "()",
		[SST_TERM_CALL] = "()" };

	switch (t->kind) {
	case SST_TERM_STRING:
		sst_cql_put_string(b, t->value);
		return;
	case SST_TERM_MARK:
		sst_buf_addc(b, t->name.n > 0 ? ':' : '?');
		if (t->name.n > 0)
			sst_ident_put(b, t->name);
		return;
	case SST_TERM_CAST:
		sst_buf_addc(b, '(');
		sst_buf_add_slice(b, t->name);
		sst_buf_adds(b, ") ");
		sst_term_put(t->first, b);
		return;
	case SST_TERM_CALL:
		if (t->keyspace.n > 0) {
			sst_ident_put(b, t->keyspace);
			sst_buf_addc(b, '.');
		}
		if (sst_slice_eq(t->name, SST_SLICE_LIT("token"))) /* reserved, and a function */
			sst_buf_add_slice(b, t->name);
		else
			sst_ident_put(b, t->name);
		break;
	case SST_TERM_LIST:
	case SST_TERM_SET:
	case SST_TERM_MAP:
	case SST_TERM_UDT:
	case SST_TERM_TUPLE:
		break;
	default:
		sst_buf_add_slice(b, t->text);
		return;
	}
	sst_buf_addc(b, brackets[t->kind][0]);
	put_inside(t, b);
	sst_buf_addc(b, brackets[t->kind][1]);
}
