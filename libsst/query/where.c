/* query/where.c: relations sorted by what they restrict. */
#include "query/where.h"

#include "query/refuse.h"

#define FILTERING \
	"Cannot execute this query as it might involve data filtering and thus may have " \
	"unpredictable performance. If you want to execute this query despite the performance " \
	"unpredictability, use ALLOW FILTERING"

struct maker {
	struct sst_where *w;
	struct sst_arena *arena;
	const struct sst_table *table;
	struct sst_marks *marks;
	bool filtering;
	size_t filters_cap;
	struct sst_err *e;
};

bool
sst_column_ref_find(struct sst_column_ref *r, const struct sst_table *t, struct sst_slice name)
{
	const struct {
		const struct sst_column *p;
		size_t n;
	} in[] = { [SST_COLUMN_KEY] = { t->key, t->nkey },
		[SST_COLUMN_CK] = { t->ck, t->nck },
		[SST_COLUMN_STATIC] = { t->statics, t->nstatic },
		[SST_COLUMN_REGULAR] = { t->regulars, t->nregular } };

	for (unsigned k = SST_COLUMN_KEY; k <= SST_COLUMN_REGULAR; k++) {
		int i = sst_column_find(in[k].p, in[k].n, name);

		if (i >= 0) {
			*r = (struct sst_column_ref){ (enum sst_column_kind)k, (size_t)i,
				&in[k].p[i] };
			return true;
		}
	}
	return false;
}

static void *
zeroed(struct maker *m, size_t n, size_t size)
{
	void *p = sst_arena_zeroed(m->arena, n + 1, size);

	if (p == NULL)
		sst_fail_nomem(m->e);
	return p;
}

static struct sst_operand *
operand(
    struct maker *m, const struct sst_term *t, struct sst_slice name, const struct sst_type *type)
{
	struct sst_spec spec = { name, type };
	struct sst_operand *o = zeroed(m, 1, sizeof(*o));

	if (o == NULL || sst_operand_make(o, m->arena, t, &spec, m->marks, m->e) == -1)
		return NULL;
	if (o->kind == SST_OPERAND_NULL) {
		sst_refuse_name(m->e, "Invalid null value in condition for column %.*s", name);
		return NULL;
	}
	return o;
}

/* The values of IN: a list of terms, or one marker for a list. */
static int
in_values(struct maker *m, const struct sst_relation *r, struct sst_slice name,
    const struct sst_type *type, struct sst_restriction *to)
{
	struct sst_operand *o;
	struct sst_type *list;
	const struct sst_type **arg;
	size_t i = 0;

	to->nvalues = r->value->kind == SST_TERM_MARK ? 1 : r->value->ncount;
	if ((to->values = zeroed(m, to->nvalues, sizeof(*to->values))) == NULL)
		return -1;
	if (r->value->kind == SST_TERM_MARK) {
		if ((list = zeroed(m, 1, sizeof(*list))) == NULL ||
		    (arg = zeroed(m, 1, sizeof(*arg))) == NULL)
			return -1;
		*arg = type;
		*list =
		    (struct sst_type){ .kind = SST_LIST, .fixed_len = -1, .nargs = 1, .args = arg };
		to->in_arg = true;
		if ((o = operand(m, r->value, name, list)) == NULL)
			return -1;
		to->values[0] = *o;
		return 0;
	}
	for (const struct sst_term *t = r->value->first; t != NULL; t = t->next) {
		if ((o = operand(m, t, name, type)) == NULL)
			return -1;
		to->values[i++] = *o;
	}
	return 0;
}

/* ---- one column ---- */

static int
add_filter(struct maker *m, const struct sst_relation *r, const struct sst_column_ref *c)
{
	const struct sst_type *type = c->column->type;
	struct sst_filter *f = &m->w->filters[m->w->nfilters];
	struct sst_restriction in = { 0 };
	struct sst_operand *o;

	*f = (struct sst_filter){ .op = r->op, .kind = c->kind, .col = c->i };
	if (!m->filtering)
		return sst_refuse(m->e, FILTERING);
	if (r->op == SST_REL_LIKE || r->op == SST_REL_IS_NOT_NULL || r->op == SST_REL_NE ||
	    r->field.n > 0)
		return sst_refuse_name(
		    m->e, "%.*s: not a relation that rows can be filtered by", r->names->name);
	if (r->op == SST_REL_CONTAINS || r->op == SST_REL_CONTAINS_KEY || r->key != NULL) {
		bool map = type->kind == SST_MAP;

		if (type->kind != SST_LIST && type->kind != SST_SET && !map)
			return sst_refuse_name(m->e,
			    "Cannot use CONTAINS on non-collection column %.*s", r->names->name);
		if (!map && (r->op == SST_REL_CONTAINS_KEY || r->key != NULL))
			return sst_refuse_name(
			    m->e, "Cannot use CONTAINS KEY on non-map column %.*s", r->names->name);
		if (r->key != NULL &&
		    (f->key = operand(m, r->key, r->names->name, type->args[0])) == NULL)
			return -1;
		type = map && r->op == SST_REL_CONTAINS_KEY ? type->args[0] : type->args[map];
	}
	if (r->op == SST_REL_IN) {
		if (r->value->kind == SST_TERM_MARK)
			return sst_refuse_name(m->e,
			    "IN ? is not supported where rows are filtered by %.*s",
			    r->names->name);
		if (in_values(m, r, r->names->name, type, &in) == -1)
			return -1;
		f->values = in.values;
		f->nvalues = in.nvalues;
	} else {
		if ((o = operand(m, r->value, r->names->name, type)) == NULL)
			return -1;
		f->values = o;
		f->nvalues = 1;
	}
	m->w->nfilters++;
	return 0;
}

/* A bound of a slice; the other may be there already. */
static int
add_bound(struct maker *m, struct sst_restriction *to, const struct sst_relation *r,
    const struct sst_operand *o)
{
	bool low = r->op == SST_REL_GT || r->op == SST_REL_GE;

	if ((to->kind != SST_ANY && to->kind != SST_SLICE) || (low ? to->low : to->high) != NULL)
		return sst_refuse_name(m->e,
		    low ? "More than one restriction was found for the start bound on %.*s"
			: "More than one restriction was found for the end bound on %.*s",
		    r->names->name);
	to->kind = SST_SLICE;
	if (low) {
		to->low = o;
		to->low_in = r->op == SST_REL_GE;
	} else {
		to->high = o;
		to->high_in = r->op == SST_REL_LE;
	}
	return 0;
}

static int
restrict_column(struct maker *m, struct sst_restriction *to, const struct sst_relation *r,
    const struct sst_column *c)
{
	struct sst_operand *o;

	to->line = r->line;
	if (r->op == SST_REL_IN || r->op == SST_REL_EQ) {
		if (to->kind != SST_ANY)
			return sst_refuse_name(m->e,
			    r->op == SST_REL_EQ ? "%.*s cannot be restricted by more than one "
						  "relation if it includes an Equal"
						: "%.*s cannot be restricted by more than one "
						  "relation if it includes a IN",
			    c->name);
		to->kind = r->op == SST_REL_EQ ? SST_EQ : SST_IN;
		if (r->op == SST_REL_IN)
			return in_values(m, r, c->name, c->type, to);
		to->nvalues = 1;
		return (to->values = operand(m, r->value, c->name, c->type)) == NULL ? -1 : 0;
	}
	if (r->op > SST_REL_GE || r->op == SST_REL_NE)
		return sst_refuse_name(m->e,
		    r->op == SST_REL_NE ? "Unsupported \"!=\" relation on %.*s"
			: r->op == SST_REL_IS_NOT_NULL
			? "Unsupported restriction: %.*s IS NOT NULL"
			: "Unsupported restriction of primary key column %.*s",
		    c->name);
	if ((o = operand(m, r->value, c->name, c->type)) == NULL)
		return -1;
	return add_bound(m, to, r, o);
}

/* ---- several columns ---- */

static int
check_token_columns(struct maker *m, const struct sst_relation *r)
{
	const struct sst_table *t = m->table;
	struct sst_buf order = { 0 };
	size_t in_place = 0, keys = 0, i = 0;

	for (const struct sst_name_list *n = r->names; n != NULL; n = n->next, i++) {
		in_place += i < t->nkey && sst_slice_eq(n->name, t->key[i].name);
		keys += sst_column_find(t->key, t->nkey, n->name) >= 0;
	}
	if (in_place == t->nkey && i == t->nkey)
		return 0;
	if (keys != t->nkey || i != t->nkey)
		return sst_refuse(m->e,
		    "The token() function must be applied to all partition key components or none "
		    "of "
		    "them");
	for (i = 0; i < t->nkey; i++) {
		sst_buf_adds(&order, i > 0 ? ", " : "");
		sst_buf_add_slice(&order, t->key[i].name);
	}
	sst_refuse_name(m->e,
	    "The token function arguments must be in the partition key order: %.*s",
	    sst_buf_slice(&order));
	sst_buf_free(&order);
	return -1;
}

/* token(1, 2): of the values of a partition key. */
static struct sst_operand *
token_operand(struct maker *m, const struct sst_term *t)
{
	struct sst_operand *o = zeroed(m, 1, sizeof(*o)), *part;
	struct sst_operand *parts = zeroed(m, m->table->nkey, sizeof(*parts));
	const struct sst_term *a = t->first;

	if (o == NULL || parts == NULL)
		return NULL;
	if (t->ncount != m->table->nkey) {
		sst_fail(m->e, SST_EINVAL, NULL, SST_NOWHERE,
		    "Invalid number of arguments in call to function system.token: %zu required "
		    "but "
		    "%zu provided",
		    m->table->nkey, t->ncount);
		return NULL;
	}
	for (size_t i = 0; i < m->table->nkey; i++, a = a->next) {
		part = operand(m, a, m->table->key[i].name, m->table->key[i].type);
		if (part == NULL)
			return NULL;
		parts[i] = *part;
	}
	*o = (struct sst_operand){ .kind = SST_OPERAND_TOKEN, .arg = parts, .table = m->table };
	return o;
}

static int
token_relation(struct maker *m, const struct sst_relation *r)
{
	static const struct sst_type bigint = { .kind = SST_BIGINT, .fixed_len = 8 };
	bool low = r->op == SST_REL_GT || r->op == SST_REL_GE || r->op == SST_REL_EQ;
	bool high = r->op == SST_REL_LT || r->op == SST_REL_LE || r->op == SST_REL_EQ;
	bool in = r->op == SST_REL_GE || r->op == SST_REL_LE || r->op == SST_REL_EQ;
	struct sst_operand *o;

	if (check_token_columns(m, r) == -1)
		return -1;
	if ((!low && !high) || (low && m->w->token_low != NULL) ||
	    (high && m->w->token_high != NULL))
		return sst_fail(m->e, SST_EINVAL, NULL, SST_NOWHERE,
		    "Unsupported restriction of the partition key's token");
	o = r->value->kind == SST_TERM_CALL && sst_slice_eq(r->value->name, SST_SLICE_LIT("token"))
	    ? token_operand(m, r->value)
	    : operand(m, r->value, SST_SLICE_LIT("partition key token"), &bigint);
	if (o == NULL)
		return -1;
	if (low) {
		m->w->token_low = o;
		m->w->token_low_in = in;
	}
	if (high) {
		m->w->token_high = o;
		m->w->token_high_in = in;
	}
	return 0;
}

/* The operands of (c, d) op (x, y), whose columns must follow each other from `at` on. */
static struct sst_operand *
tuple_operands(struct maker *m, const struct sst_relation *r, size_t at)
{
	struct sst_operand *all = zeroed(m, r->nnames, sizeof(*all)), *o;
	const struct sst_term *t = r->value->first;
	const struct sst_name_list *n = r->names;

	if (all == NULL)
		return NULL;
	for (size_t i = 0; n != NULL; i++, n = n->next, t = t->next) {
		const struct sst_column *c = &m->table->ck[at + i];

		if (at + i >= m->table->nck || !sst_slice_eq(c->name, n->name)) {
			sst_refuse_name(m->e,
			    "Clustering columns must appear in the PRIMARY KEY order: %.*s",
			    n->name);
			return NULL;
		}
		if ((o = operand(m, t, c->name, c->type)) == NULL)
			return NULL;
		all[i] = *o;
	}
	return all;
}

/* As if each column had its own relation. */
static int
tuple_equal(struct maker *m, const struct sst_operand *all, size_t at, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct sst_restriction *to = &m->w->ck[at + i];

		if (to->kind != SST_ANY)
			return sst_refuse_name(m->e,
			    "%.*s cannot be restricted by more than one relation if it "
			    "includes an Equal",
			    m->table->ck[at + i].name);
		to->kind = SST_EQ;
		to->nvalues = 1;
		to->values = zeroed(m, 1, sizeof(*to->values));
		if (to->values == NULL)
			return -1;
		to->values[0] = all[i];
	}
	return 0;
}

static int
tuple_relation(struct maker *m, const struct sst_relation *r)
{
	struct sst_where *w = m->w;
	struct sst_column_ref c;
	struct sst_operand *all;
	bool low = r->op == SST_REL_GT || r->op == SST_REL_GE;

	if (!sst_column_ref_find(&c, m->table, r->names->name) || c.kind != SST_COLUMN_CK)
		return sst_refuse_name(m->e,
		    "Multi-column relations can only be applied to clustering columns but was "
		    "applied to: %.*s",
		    r->names->name);
	if (r->op > SST_REL_GE || r->op == SST_REL_NE || r->value->kind != SST_TERM_TUPLE)
		return sst_refuse_name(m->e,
		    "(%.*s, ...): only comparisons with values between brackets", c.column->name);
	if (r->value->ncount != r->nnames)
		return sst_refuse_name(
		    m->e, "(%.*s, ...): as many values as columns are expected", c.column->name);
	for (size_t i = c.i; i < c.i + r->nnames && i < m->table->nck; i++)
		if (r->op != SST_REL_EQ &&
		    m->table->ck[i].type->reversed != c.column->type->reversed)
			return sst_refuse_name(m->e,
			    "(%.*s, ...): columns that run in different directions",
			    c.column->name);
	if ((all = tuple_operands(m, r, c.i)) == NULL)
		return -1;
	if (r->op == SST_REL_EQ)
		return tuple_equal(m, all, c.i, r->nnames);
	if ((low ? w->tuple_low : w->tuple_high) != NULL ||
	    ((w->tuple_low != NULL || w->tuple_high != NULL) && w->tuple_at != c.i))
		return sst_refuse_name(
		    m->e, "More than one restriction was found for (%.*s, ...)", c.column->name);
	w->tuple_at = c.i;
	if (low) {
		w->tuple_low = all;
		w->ntuple_low = r->nnames;
		w->tuple_low_in = r->op == SST_REL_GE;
	} else {
		w->tuple_high = all;
		w->ntuple_high = r->nnames;
		w->tuple_high_in = r->op == SST_REL_LE;
	}
	return 0;
}

/* ---- all of them ---- */

static int
relation(struct maker *m, const struct sst_relation *r)
{
	struct sst_column_ref c;

	if (r->token)
		return token_relation(m, r);
	if (r->tuple)
		return tuple_relation(m, r);
	if (!sst_column_ref_find(&c, m->table, r->names->name))
		return sst_refuse_undefined(m->e, m->table, r->names->name);
	if ((c.kind == SST_COLUMN_KEY || c.kind == SST_COLUMN_CK) && r->key == NULL &&
	    r->op != SST_REL_CONTAINS && r->op != SST_REL_CONTAINS_KEY) {
		struct sst_restriction *all = c.kind == SST_COLUMN_KEY ? m->w->key : m->w->ck;

		return restrict_column(m, &all[c.i], r, c.column);
	}
	return add_filter(m, r, &c);
}

/* A restriction of a key column that finds nothing by itself becomes filters. */
static int
to_filter(struct maker *m, struct sst_restriction *r, enum sst_column_kind kind, size_t col)
{
	struct sst_filter *f = &m->w->filters[m->w->nfilters];

	if (!m->filtering)
		return sst_refuse(m->e, FILTERING);
	if (r->in_arg)
		return sst_fail(m->e, SST_EINVAL, NULL, SST_NOWHERE,
		    "IN ? is not supported where rows are filtered");
	if (r->kind == SST_EQ || r->kind == SST_IN) {
		f[0] = (struct sst_filter){ r->kind == SST_EQ ? SST_REL_EQ : SST_REL_IN, kind, col,
			r->nvalues, r->values, NULL };
		m->w->nfilters++;
	}
	if (r->kind == SST_SLICE && r->low != NULL)
		m->w->filters[m->w->nfilters++] =
		    (struct sst_filter){ r->low_in ? SST_REL_GE : SST_REL_GT, kind, col, 1,
			    (struct sst_operand *)r->low, NULL };
	if (r->kind == SST_SLICE && r->high != NULL)
		m->w->filters[m->w->nfilters++] =
		    (struct sst_filter){ r->high_in ? SST_REL_LE : SST_REL_LT, kind, col, 1,
			    (struct sst_operand *)r->high, NULL };
	r->kind = SST_ANY;
	return 0;
}

static int
settle_key(struct maker *m)
{
	struct sst_where *w = m->w;
	size_t n = 0;

	for (size_t i = 0; i < m->table->nkey; i++)
		n += w->key[i].kind == SST_EQ || w->key[i].kind == SST_IN;
	w->by_key = n == m->table->nkey;
	if (w->by_key && (w->token_low != NULL || w->token_high != NULL))
		return sst_fail(m->e, SST_EINVAL, NULL, SST_NOWHERE,
		    "Columns of the partition key cannot be restricted by both a relation and "
		    "token()");
	for (size_t i = 0; !w->by_key && i < m->table->nkey; i++)
		if (w->key[i].kind != SST_ANY && to_filter(m, &w->key[i], SST_COLUMN_KEY, i) == -1)
			return -1;
	return 0;
}

/* A column behind one that leaves more than one place open. */
static int
refuse_gap(const struct maker *m, size_t i, size_t open)
{
	return sst_fail(m->e, SST_EINVAL, NULL, SST_NOWHERE,
	    m->w->ck[open].kind == SST_ANY
		? "PRIMARY KEY column \"%.*s\" cannot be restricted as preceding column \"%.*s\" "
		  "is "
		  "not restricted"
		: "Clustering column \"%.*s\" cannot be restricted (preceding column \"%.*s\" is "
		  "restricted by a non-EQ relation)",
	    SST_NAME_ARGS(m->table->ck[i].name), SST_NAME_ARGS(m->table->ck[open].name));
}

/* Clustering columns narrow a partition as long as those before them have values. */
static int
settle_clustering(struct maker *m)
{
	struct sst_where *w = m->w;
	size_t open = m->table->nck; /* the first column that has no values */

	for (size_t i = 0; i < m->table->nck; i++) {
		struct sst_restriction *r = &w->ck[i];

		if (r->kind == SST_ANY) {
			open = open < i ? open : i;
			continue;
		}
		if (open < i && !m->filtering)
			return refuse_gap(m, i, open);
		if (open < i && to_filter(m, r, SST_COLUMN_CK, i) == -1)
			return -1;
		if (open >= i && !w->by_key && !m->filtering)
			return sst_refuse(m->e, FILTERING);
		if (r->kind != SST_ANY)
			w->ck_restricted = true;
		if (r->kind == SST_SLICE)
			open = open < i ? open : i;
	}
	if (w->tuple_low == NULL && w->tuple_high == NULL)
		return 0;
	w->ck_restricted = true;
	if (open != w->tuple_at)
		return sst_refuse_name(m->e,
		    "Clustering column \"%.*s\" cannot be restricted by a multi-column relation "
		    "here",
		    m->table->ck[w->tuple_at].name);
	return w->by_key || m->filtering ? 0 : sst_refuse(m->e, FILTERING);
}

int
sst_where_make(struct sst_where *w, struct sst_arena *arena, const struct sst_table *table,
    const struct sst_relation *list, bool filtering, struct sst_marks *marks, struct sst_err *e)
{
	struct maker m = { w, arena, table, marks, filtering, 0, e };
	size_t n = 2 * (table->nkey + table->nck);

	*w = (struct sst_where){ .table = table };
	for (const struct sst_relation *r = list; r != NULL; r = r->next)
		n++;
	if ((w->key = zeroed(&m, table->nkey, sizeof(*w->key))) == NULL ||
	    (w->ck = zeroed(&m, table->nck, sizeof(*w->ck))) == NULL ||
	    (w->filters = zeroed(&m, n, sizeof(*w->filters))) == NULL)
		return -1;
	for (const struct sst_relation *r = list; r != NULL; r = r->next)
		if (relation(&m, r) == -1)
			return -1;
	return settle_key(&m) == -1 ? -1 : settle_clustering(&m);
}
