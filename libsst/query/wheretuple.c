/* query/wheretuple.c: relations of several clustering columns at once. */
#include "query/wheremaker.h"

static struct sst_slice
first_name(const struct sst_relation *r)
{
	return r->names->name;
}

/* The columns must be of the clustering, in its order, each once. */
static int
check_columns(const struct sst_wheremaker *m, const struct sst_relation *r, size_t *at)
{
	struct sst_column_ref c;
	size_t next = 0;

	for (const struct sst_name_list *n = r->names; n != NULL; n = n->next) {
		if (!sst_column_ref_find(&c, m->table, n->name))
			return sst_refuse_undefined(m->e, m->table, n->name);
		if (c.kind != SST_COLUMN_CK)
			return sst_refuse_name(m->e,
			    "Multi-column relations can only be applied to clustering columns but "
			    "was "
			    "applied to: %.*s",
			    n->name);
		for (const struct sst_name_list *o = r->names; o != n; o = o->next)
			if (sst_slice_eq(o->name, n->name))
				return sst_fail(m->e, SST_EINVAL, NULL, SST_NOWHERE,
				    "Column \"%.*s\" appeared twice in a relation: %.*s",
				    SST_NAME_ARGS(n->name), SST_NAME_ARGS(r->text));
		if (n == r->names)
			*at = next = c.i;
		if (c.i != next++)
			return sst_refuse_name(m->e,
			    "Clustering columns must appear in the PRIMARY KEY order in "
			    "multi-column relations: %.*s",
			    r->text);
	}
	return 0;
}

static struct sst_slice
name_all(const struct sst_wheremaker *m, const struct sst_relation *r, const char *before)
{
	struct sst_buf b = { 0 };
	struct sst_slice s = { NULL, 0 };

	sst_buf_adds(&b, before);
	for (const struct sst_name_list *n = r->names; n != NULL; n = n->next) {
		sst_buf_add_slice(&b, n->name);
		sst_buf_addc(&b, n->next != NULL ? ',' : ')');
	}
	if (!b.bad)
		s = sst_arena_slice(m->arena, sst_buf_slice(&b));
	sst_buf_free(&b);
	if (s.p == NULL)
		sst_fail_nomem(m->e);
	return s;
}

/* What a marker for a whole tuple is given. */
static const struct sst_type *
tuple_type(const struct sst_wheremaker *m, size_t at, size_t n)
{
	struct sst_type *t = sst_wheremaker_zeroed(m, 1, sizeof(*t));
	const struct sst_type **args = sst_wheremaker_zeroed(m, n, sizeof(*args));

	if (t == NULL || args == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++)
		args[i] = m->table->ck[at + i].type;
	*t = (struct sst_type){ .kind = SST_TUPLE, .fixed_len = -1, .nargs = n, .args = args };
	return t;
}

/* A marker for a tuple, or for a list of them. */
static int
whole_value(const struct sst_wheremaker *m, const struct sst_relation *r, const struct sst_term *t,
    size_t at, bool list, struct sst_operand *to)
{
	const struct sst_type *type = tuple_type(m, at, r->nnames);
	struct sst_slice name = name_all(m, r, list ? "in(" : "(");
	struct sst_operand *o;

	if (type == NULL || name.p == NULL ||
	    (list && (type = sst_wheremaker_list_of(m, type)) == NULL) ||
	    (o = sst_wheremaker_operand(m, t, name, type)) == NULL)
		return -1;
	*to = *o;
	return 0;
}

/* The values between brackets. */
static int
each_value(const struct sst_wheremaker *m, const struct sst_relation *r, const struct sst_term *t,
    size_t at, struct sst_operand *to)
{
	const struct sst_term *v = t->first;
	struct sst_operand *o;

	if (t->kind != SST_TERM_TUPLE)
		return sst_refuse_name(
		    m->e, "(%.*s, ...): values between brackets are expected", first_name(r));
	if (t->ncount != r->nnames)
		return sst_fail(m->e, SST_EINVAL, NULL, SST_NOWHERE,
		    "Expected %zu elements in value tuple, but got %zu: %.*s", r->nnames, t->ncount,
		    SST_NAME_ARGS(t->text));
	for (size_t i = 0; i < r->nnames; i++, v = v->next) {
		const struct sst_column *c = &m->table->ck[at + i];

		if (v->kind == SST_TERM_NULL && (r->op == SST_REL_EQ || r->op == SST_REL_IN))
			return sst_refuse_name(m->e, "Invalid null value for column %.*s", c->name);
		if ((o = sst_wheremaker_operand(m, v, c->name, c->type)) == NULL)
			return -1;
		to[i] = *o;
	}
	return 0;
}

/* None of the columns may be restricted by something else. */
static int
claim(const struct sst_wheremaker *m, const struct sst_relation *r, size_t at)
{
	struct sst_restriction *c = &m->w->ck[at];

	for (size_t i = 0; i < r->nnames; i++)
		if (c[i].kind != SST_ANY)
			return sst_refuse_name(m->e,
			    "%.*s cannot be restricted by more than one relation if it includes an "
			    "Equal",
			    m->table->ck[at + i].name);
	c[0].kind = SST_TUPLES;
	c[0].ncolumns = r->nnames;
	for (size_t i = 1; i < r->nnames; i++)
		c[i].kind = SST_COVERED;
	return 0;
}

/* As if each column had its own relation. */
static int
equal(const struct sst_wheremaker *m, const struct sst_relation *r, size_t at)
{
	struct sst_operand *all = sst_wheremaker_zeroed(m, r->nnames, sizeof(*all));
	struct sst_restriction *to = &m->w->ck[at];

	if (all == NULL || claim(m, r, at) == -1)
		return -1;
	if (r->value->kind == SST_TERM_MARK) {
		to->whole = true;
		to->nvalues = 1;
		to->values = all;
		return whole_value(m, r, r->value, at, false, all);
	}
	for (size_t i = 0; i < r->nnames; i++)
		to[i] = (struct sst_restriction){ .kind = SST_EQ, .nvalues = 1, .values = &all[i] };
	return each_value(m, r, r->value, at, all);
}

static int
in_tuples(const struct sst_wheremaker *m, const struct sst_relation *r, size_t at)
{
	struct sst_restriction *to = &m->w->ck[at];
	const struct sst_term *list = r->value;
	size_t each, i = 0;

	if (claim(m, r, at) == -1)
		return -1;
	to->in_arg = list->kind == SST_TERM_MARK;
	to->whole = !to->in_arg && list->first != NULL && list->first->kind == SST_TERM_MARK;
	to->nvalues = to->in_arg ? 1 : list->ncount;
	each = to->in_arg || to->whole ? 1 : r->nnames;
	if ((to->values = sst_wheremaker_zeroed(m, to->nvalues * each, sizeof(*to->values))) ==
	    NULL)
		return -1;
	if (to->in_arg)
		return whole_value(m, r, list, at, true, to->values);
	for (const struct sst_term *t = list->first; t != NULL; t = t->next, i += each) {
		if (to->whole && t->kind != SST_TERM_MARK)
			return sst_refuse_name(m->e,
			    "(%.*s, ...) IN: either all values are markers, or none",
			    first_name(r));
		if ((to->whole ? whole_value(m, r, t, at, false, &to->values[i])
			       : each_value(m, r, t, at, &to->values[i])) == -1)
			return -1;
	}
	return 0;
}

static int
slice(const struct sst_wheremaker *m, const struct sst_relation *r, size_t at)
{
	struct sst_operand *all = sst_wheremaker_zeroed(m, r->nnames, sizeof(*all));
	struct sst_edge e = { .n = r->nnames, .values = all };

	if (all == NULL)
		return -1;
	for (size_t i = 0; i < at + r->nnames; i++)
		if (i != at && m->w->ck[i].kind == SST_SLICE &&
		    (i > at || i + m->w->ck[i].low.n > at || i + m->w->ck[i].high.n > at))
			return sst_refuse_name(m->e,
			    "Column \"%.*s\" cannot be restricted by two inequalities not starting "
			    "with the same column",
			    m->table->ck[i > at ? i : at].name);
	e.whole = r->value->kind == SST_TERM_MARK;
	if ((e.whole ? whole_value(m, r, r->value, at, false, all)
		     : each_value(m, r, r->value, at, all)) == -1)
		return -1;
	return sst_wheremaker_edge(m, &m->w->ck[at], r, &e);
}

int
sst_wheretuple_add(const struct sst_wheremaker *m, const struct sst_relation *r)
{
	size_t at = 0;

	if (check_columns(m, r, &at) == -1)
		return -1;
	switch (r->op) {
	case SST_REL_EQ:
		return equal(m, r, at);
	case SST_REL_IN:
		return in_tuples(m, r, at);
	case SST_REL_LT:
	case SST_REL_LE:
	case SST_REL_GT:
	case SST_REL_GE:
		return slice(m, r, at);
	default:
		return sst_refuse_name(m->e,
		    r->op == SST_REL_NE ? "Unsupported \"!=\" relation: %.*s"
					: "Unsupported restriction: %.*s",
		    r->text);
	}
}
