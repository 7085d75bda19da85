/* cql/select.c: SELECT: what is wanted, from where, in which order, and how much of it. */
#include "cql/clause.h"

static struct sst_selector *selector(struct sst_parser *);

static struct sst_selector *
new_selector(struct sst_parser *p, enum sst_selector_kind kind)
{
	struct sst_selector *s = sst_parser_alloc(p, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->kind = kind;
	s->line = p->tok.line;
	return s;
}

/* The arguments of a function, up to the bracket. */
static int
arguments(struct sst_parser *p, struct sst_selector *s)
{
	struct sst_selector **last = &s->args;

	if (sst_parser_take_op(p, ')'))
		return 0;
	do {
		if ((*last = selector(p)) == NULL)
			return -1;
		last = &(*last)->next;
	} while (sst_parser_take_op(p, ','));
	return sst_parser_want_op(p, ')');
}

/* count(*), and count(1), which means the same. */
static bool
take_star(struct sst_parser *p, const struct sst_selector *s)
{
	struct sst_lexer ahead = p->lex;
	struct sst_token t = sst_lexer_next(&ahead);
	bool one = p->tok.kind == SST_TOK_INTEGER && sst_slice_eq(p->tok.text, SST_SLICE_LIT("1"));

	if (!sst_slice_eq(s->name, SST_SLICE_LIT("count")) || (!sst_parser_at_op(p, '*') && !one) ||
	    t.kind != SST_TOK_OP || t.op != ')')
		return false;
	sst_parser_next(p);
	sst_parser_next(p);
	return true;
}

/* cast(a AS type) */
static int
cast(struct sst_parser *p, struct sst_selector *s)
{
	s->kind = SST_SELECT_CAST;
	if ((s->args = selector(p)) == NULL || sst_clause_want(p, "as") == -1 ||
	    sst_parser_want_type(p, p->keyspace, &s->name) == -1)
		return -1;
	return sst_parser_want_op(p, ')');
}

static int
call(struct sst_parser *p, struct sst_selector *s)
{
	sst_parser_next(p);
	if (sst_slice_eq(s->name, SST_SLICE_LIT("cast")) && s->keyspace.n == 0)
		return cast(p, s);
	s->kind = SST_SELECT_CALL;
	s->nth = p->ncalls++;
	if (take_star(p, s)) {
		s->kind = SST_SELECT_COUNT;
		return 0;
	}
	return arguments(p, s);
}

/* A column, or what a name begins: a call, keyspace.call */
static struct sst_selector *
named(struct sst_parser *p)
{
	struct sst_selector *s = new_selector(p, SST_SELECT_COLUMN);
	struct sst_parser ahead;
	struct sst_err ignored;
	struct sst_slice name;

	if (s == NULL)
		return NULL;
	if (sst_parser_take(p, SST_W_TOKEN))
		s->name = SST_SLICE_LIT("token");
	else if (sst_parser_want_name(p, "a column", &s->name) == -1)
		return NULL;
	if (sst_parser_at_op(p, '(')) /* also a column's name, when nothing opens behind it */
		return call(p, s) == -1 ? NULL : s;
	ahead = *p;
	ahead.e = &ignored;
	if (sst_parser_take_op(&ahead, '.') &&
	    sst_parser_want_name(&ahead, "a field", &name) == 0 && sst_parser_at_op(&ahead, '(')) {
		ahead.e = p->e;
		*p = ahead;
		s->keyspace = s->name;
		s->name = name;
		return call(p, s) == -1 ? NULL : s;
	}
	return s;
}

/* Does a literal or a marker stand here, rather than a name? */
static bool
at_term(const struct sst_parser *p)
{
	if (p->tok.kind == SST_TOK_OP)
		return p->tok.op != '*';
	if (p->tok.kind == SST_TOK_QUOTED)
		return false;
	if (p->tok.kind != SST_TOK_WORD)
		return p->tok.kind != SST_TOK_END && p->tok.kind != SST_TOK_BAD;
	return sst_parser_at(p, SST_W_NULL) || sst_parser_at(p, SST_W_TRUE) ||
	    sst_parser_at(p, SST_W_FALSE) || sst_parser_at(p, SST_W_NAN) ||
	    sst_parser_at(p, SST_W_INFINITY);
}

/* column[key], column.field, and so on behind what there is. */
static struct sst_selector *
parts_of(struct sst_parser *p, struct sst_selector *of)
{
	struct sst_selector *s;

	while (sst_parser_at_op(p, '[') || sst_parser_at_op(p, '.')) {
		bool element = sst_parser_at_op(p, '[');

		if ((s = new_selector(p, element ? SST_SELECT_ELEMENT : SST_SELECT_FIELD)) == NULL)
			return NULL;
		sst_parser_next(p);
		s->args = of;
		if (!element) {
			if (sst_parser_want_name(p, "a field", &s->field) == -1)
				return NULL;
		} else if ((s->key = sst_term_parse(p)) == NULL || sst_parser_want_op(p, ']') == -1)
			return NULL;
		of = s;
	}
	return of;
}

static struct sst_selector *
selector(struct sst_parser *p)
{
	size_t start = p->tok.off;
	struct sst_selector *s;

	if (sst_parser_enter(p) == -1)
		return NULL;
	if (at_term(p)) {
		if ((s = new_selector(p, SST_SELECT_TERM)) == NULL ||
		    (s->key = sst_term_parse(p)) == NULL)
			return NULL;
	} else if ((s = named(p)) == NULL || (s = parts_of(p, s)) == NULL)
		return NULL;
	s->text = (struct sst_slice){ p->lex.source.p + start, p->end - start };
	sst_parser_leave(p);
	return s;
}

static int
selectors(struct sst_parser *p, struct sst_dml *s)
{
	struct sst_selector **last = &s->selectors;
	size_t n = 0;

	if (sst_parser_take_op(p, '*'))
		return 0;
	do {
		if (++n > SST_CQL_LIST_MAX)
			return sst_fail(p->e, SST_ELIMIT, p->file, SST_NOWHERE,
			    "more than %d columns", SST_CQL_LIST_MAX);
		if ((*last = selector(p)) == NULL)
			return -1;
		if (sst_clause_take(p, "as") &&
		    sst_parser_want_name(p, "another name", &(*last)->alias) == -1)
			return -1;
		last = &(*last)->next;
	} while (sst_parser_take_op(p, ','));
	return 0;
}

static int
limits(struct sst_parser *p, struct sst_dml *s)
{
	if (sst_clause_take(p, "per")) {
		if (sst_clause_want(p, "partition") == -1 ||
		    sst_parser_want(p, SST_W_LIMIT) == -1 ||
		    (s->per_partition_limit = sst_term_parse(p)) == NULL)
			return -1;
	}
	if (sst_parser_take(p, SST_W_LIMIT) && (s->limit = sst_term_parse(p)) == NULL)
		return -1;
	return 0;
}

/* ALLOW FILTERING; BYPASS CACHE, a hint of ScyllaDB's that its tools send; USING TIMEOUT */
static int
tail(struct sst_parser *p, struct sst_dml *s)
{
	if (sst_parser_take(p, SST_W_ALLOW)) {
		s->allow_filtering = true;
		if (sst_clause_want(p, "filtering") == -1)
			return -1;
	}
	if (sst_clause_take(p, "bypass") && sst_clause_want(p, "cache") == -1)
		return -1;
	return sst_clause_using(p, s);
}

/* JSON and DISTINCT are names of columns as well: then a comma, FROM, AS or the like is behind. */
static bool
take_modifier(struct sst_parser *p, const char *word)
{
	struct sst_lexer ahead = p->lex;
	struct sst_token t = sst_lexer_next(&ahead);
	bool name = t.kind == SST_TOK_OP && t.op != '*';

	if (!sst_clause_at(p, word) || name || t.word == SST_W_FROM ||
	    (t.kind == SST_TOK_WORD && t.text.n == 2 && (t.text.p[0] | 0x20) == 'a' &&
		(t.text.p[1] | 0x20) == 's'))
		return false;
	sst_parser_next(p);
	return true;
}

int
sst_clause_select(struct sst_parser *p, struct sst_dml *s)
{
	s->kind = SST_SELECT;
	sst_parser_next(p);
	s->json = take_modifier(p, "json");
	s->distinct = take_modifier(p, "distinct");
	if (selectors(p, s) == -1 || sst_parser_want(p, SST_W_FROM) == -1 ||
	    sst_parser_want_qualified(p, "a table", &s->name) == -1)
		return -1;
	if (sst_parser_take(p, SST_W_WHERE) && sst_clause_relations(p, &s->where) == -1)
		return -1;
	if (sst_clause_take(p, "group") &&
	    (sst_parser_want(p, SST_W_BY) == -1 || sst_name_list_parse(p, &s->group, NULL) == -1))
		return -1;
	if (sst_parser_take(p, SST_W_ORDER) &&
	    (sst_parser_want(p, SST_W_BY) == -1 || sst_name_list_parse_order(p, &s->order) == -1))
		return -1;
	return limits(p, s) == -1 ? -1 : tail(p, s);
}
