/* cql/relation.c: what stands behind WHERE and IF. */
#include <strings.h>

#include "cql/clause.h"

bool
sst_clause_at(const struct sst_parser *p, const char *word)
{
	size_t n = strlen(word);

	return p->tok.kind == SST_TOK_WORD && p->tok.text.n == n &&
	    strncasecmp((const char *)p->tok.text.p, word, n) == 0;
}

bool
sst_clause_take(struct sst_parser *p, const char *word)
{
	if (!sst_clause_at(p, word))
		return false;
	sst_parser_next(p);
	return true;
}

int
sst_clause_want(struct sst_parser *p, const char *word)
{
	return sst_clause_take(p, word) ? 0 : sst_parser_expected(p, word);
}

/* a, b, c) */
static int
names(struct sst_parser *p, struct sst_relation *r)
{
	return sst_name_list_parse(p, &r->names, &r->nnames) == -1 ? -1
								   : sst_parser_want_op(p, ')');
}

static int
one_name(struct sst_parser *p, struct sst_relation *r)
{
	if ((r->names = sst_parser_alloc(p, sizeof(*r->names))) == NULL)
		return -1;
	r->nnames = 1;
	r->names->line = p->tok.line;
	if (sst_parser_want_name(p, "a column", &r->names->name) == -1)
		return -1;
	if (sst_parser_take_op(p, '[')) {
		if ((r->key = sst_term_parse(p)) == NULL)
			return -1;
		return sst_parser_want_op(p, ']');
	}
	return sst_parser_take_op(p, '.') ? sst_parser_want_name(p, "a field", &r->field) : 0;
}

static int
left_side(struct sst_parser *p, struct sst_relation *r)
{
	if (sst_parser_take(p, SST_W_TOKEN)) {
		r->token = true;
		return sst_parser_want_op(p, '(') == -1 ? -1 : names(p, r);
	}
	if (sst_parser_take_op(p, '(')) {
		r->tuple = true;
		return names(p, r);
	}
	return one_name(p, r);
}

static int
is_not_null(struct sst_parser *p, struct sst_relation *r)
{
	r->op = SST_REL_IS_NOT_NULL;
	return sst_parser_want(p, SST_W_NOT) == -1 ? -1 : sst_parser_want(p, SST_W_NULL);
}

/* IN ?, or IN (a, b), also IN () */
static int
in_values(struct sst_parser *p, struct sst_relation *r)
{
	struct sst_term *t, **last;

	r->op = SST_REL_IN;
	if (!sst_parser_at_op(p, '(')) {
		r->value = sst_term_parse(p);
		if (r->value == NULL)
			return -1;
		return r->value->kind == SST_TERM_MARK
		    ? 0
		    : sst_parser_fail(p, r->line, "IN wants values between brackets, or a marker");
	}
	if ((t = sst_parser_alloc(p, sizeof(*t))) == NULL)
		return -1;
	t->kind = SST_TERM_TUPLE;
	t->line = p->tok.line;
	last = &t->first;
	sst_parser_next(p);
	r->value = t;
	if (sst_parser_take_op(p, ')'))
		return 0;
	do {
		if ((*last = sst_term_parse(p)) == NULL)
			return -1;
		last = &(*last)->next;
		t->ncount++;
	} while (sst_parser_take_op(p, ','));
	return sst_parser_want_op(p, ')');
}

/* The operator; false: there is none. */
static bool
take_operator(struct sst_parser *p, struct sst_relation *r)
{
	static const struct {
		int op;
		enum sst_relation_op means;
	} ops[] = { { '=', SST_REL_EQ }, { SST_OP_NE, SST_REL_NE }, { '<', SST_REL_LT },
		{ SST_OP_LE, SST_REL_LE }, { '>', SST_REL_GT }, { SST_OP_GE, SST_REL_GE } };

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		if (sst_parser_take_op(p, ops[i].op)) {
			r->op = ops[i].means;
			return true;
		}
	}
	if (sst_clause_take(p, "contains")) {
		r->op = sst_parser_take(p, SST_W_KEY) ? SST_REL_CONTAINS_KEY : SST_REL_CONTAINS;
		return true;
	}
	if (sst_clause_take(p, "like")) {
		r->op = SST_REL_LIKE;
		return true;
	}
	return false;
}

static int
compared(struct sst_parser *p, struct sst_relation *r)
{
	if (left_side(p, r) == -1)
		return -1;
	if (sst_parser_take(p, SST_W_IS))
		return is_not_null(p, r);
	if (sst_parser_take(p, SST_W_IN))
		return in_values(p, r);
	if (!take_operator(p, r))
		return sst_parser_expected(p, "an operator");
	return (r->value = sst_term_parse(p)) == NULL ? -1 : 0;
}

static int
relation(struct sst_parser *p, struct sst_relation *r)
{
	size_t start = p->tok.off;

	r->line = p->tok.line;
	if (compared(p, r) == -1)
		return -1;
	r->text = (struct sst_slice){ p->lex.source.p + start, p->end - start };
	return 0;
}

int
sst_clause_relations(struct sst_parser *p, struct sst_relation **list)
{
	size_t n = 0;

	do {
		if (++n > SST_CQL_LIST_MAX)
			return sst_fail(p->e, SST_ELIMIT, p->file, SST_NOWHERE,
			    "more than %d relations", SST_CQL_LIST_MAX);
		if ((*list = sst_parser_alloc(p, sizeof(**list))) == NULL ||
		    relation(p, *list) == -1)
			return -1;
		list = &(*list)->next;
	} while (sst_parser_take(p, SST_W_AND));
	return 0;
}
