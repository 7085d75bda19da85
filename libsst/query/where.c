/* query/where.c: relations sorted by what they restrict. */
#include "query/where.h"

#include <stdio.h>

#include "query/wheremaker.h"

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

void *
sst_wheremaker_zeroed(const struct sst_wheremaker *m, size_t n, size_t size)
{
	void *p = sst_arena_zeroed(m->arena, n + 1, size);

	if (p == NULL)
		sst_fail_nomem(m->e);
	return p;
}

struct sst_operand *
sst_wheremaker_operand(const struct sst_wheremaker *m, const struct sst_term *t,
    struct sst_slice name, const struct sst_type *type)
{
	struct sst_spec spec = { name, type };
	struct sst_operand *o = sst_wheremaker_zeroed(m, 1, sizeof(*o));

	if (o == NULL || sst_operand_make(o, m->arena, t, &spec, m->marks, m->e) == -1)
		return NULL;
	if (o->kind == SST_OPERAND_NULL) {
		sst_refuse_name(m->e, "Invalid null value in condition for column %.*s", name);
		return NULL;
	}
	return o;
}

int
sst_wheremaker_announce(const struct sst_wheremaker *m, const struct sst_operand *o,
    const char *format, struct sst_slice name)
{
	struct sst_buf b = { 0 };
	struct sst_slice s;

	if (o->kind != SST_OPERAND_ARG || o->term->name.n > 0)
		return 0;
	sst_buf_addf(&b, format, (int)name.n, (const char *)name.p);
	s = b.bad ? (struct sst_slice){ NULL, 0 } : sst_arena_slice(m->arena, sst_buf_slice(&b));
	sst_buf_free(&b);
	if (s.p == NULL)
		return sst_fail_nomem(m->e);
	m->marks->specs[o->mark].name = s;
	return 0;
}

const struct sst_type *
sst_wheremaker_list_of(const struct sst_wheremaker *m, const struct sst_type *element)
{
	struct sst_type *list = sst_wheremaker_zeroed(m, 1, sizeof(*list));
	const struct sst_type **arg = sst_wheremaker_zeroed(m, 1, sizeof(*arg));

	if (list == NULL || arg == NULL)
		return NULL;
	*arg = element;
	*list = (struct sst_type){ .kind = SST_LIST, .fixed_len = -1, .nargs = 1, .args = arg };
	return list;
}

int
sst_wheremaker_in(const struct sst_wheremaker *m, const struct sst_relation *r,
    struct sst_slice name, const struct sst_type *type, struct sst_restriction *to)
{
	const struct sst_type *list;
	struct sst_operand *o;
	size_t i = 0;

	to->in_arg = r->value->kind == SST_TERM_MARK;
	to->nvalues = to->in_arg ? 1 : r->value->ncount;
	to->values = sst_wheremaker_zeroed(m, to->nvalues, sizeof(*to->values));
	if (to->values == NULL)
		return -1;
	if (to->in_arg) {
		if ((list = sst_wheremaker_list_of(m, type)) == NULL ||
		    (o = sst_wheremaker_operand(m, r->value, name, list)) == NULL)
			return -1;
		to->values[0] = *o;
		return sst_wheremaker_announce(m, o, "in(%.*s)", name);
	}
	for (const struct sst_term *t = r->value->first; t != NULL; t = t->next) {
		if ((o = sst_wheremaker_operand(m, t, name, type)) == NULL)
			return -1;
		to->values[i++] = *o;
	}
	return 0;
}

/* ---- one column ---- */

/* Beside what gives values nothing else may be said; IN of one value is = to Cassandra. */
static int
refuse_another(
    const struct sst_wheremaker *m, const struct sst_restriction *there, struct sst_slice name)
{
	bool in = there->kind == SST_IN && (there->in_arg || there->nvalues != 1);

	return sst_refuse_name(m->e,
	    in ? "%.*s cannot be restricted by more than one relation if it includes a IN"
	       : "%.*s cannot be restricted by more than one relation if it includes an Equal",
	    name);
}

int
sst_wheremaker_edge(const struct sst_wheremaker *m, struct sst_restriction *to,
    const struct sst_relation *r, const struct sst_edge *e)
{
	bool low = r->op == SST_REL_GT || r->op == SST_REL_GE;
	struct sst_edge *edge = low ? &to->low : &to->high;

	if (to->kind != SST_ANY && to->kind != SST_SLICE)
		return refuse_another(m, to, r->names->name);
	if (edge->n > 0)
		return sst_refuse_name(m->e,
		    low ? "More than one restriction was found for the start bound on %.*s"
			: "More than one restriction was found for the end bound on %.*s",
		    r->names->name);
	to->kind = SST_SLICE;
	*edge = *e;
	edge->in = r->op == SST_REL_GE || r->op == SST_REL_LE;
	return 0;
}

static int
restrict_values(const struct sst_wheremaker *m, struct sst_restriction *to,
    const struct sst_relation *r, const struct sst_column *c)
{
	struct sst_operand *o;

	if (to->kind == SST_SLICE)
		return sst_refuse_name(m->e,
		    "Column \"%.*s\" cannot be restricted by both an equality and an inequality "
		    "relation",
		    c->name);
	if (to->kind != SST_ANY)
		return refuse_another(m, to, c->name);
	to->kind = r->op == SST_REL_EQ ? SST_EQ : SST_IN;
	if (r->op == SST_REL_IN)
		return sst_wheremaker_in(m, r, c->name, c->type, to);
	if ((o = sst_wheremaker_operand(m, r->value, c->name, c->type)) == NULL)
		return -1;
	to->nvalues = 1;
	to->values = o;
	return 0;
}

static int
restrict_column(const struct sst_wheremaker *m, struct sst_restriction *to,
    const struct sst_relation *r, const struct sst_column *c)
{
	struct sst_edge e = { .n = 1 };

	if (r->op == SST_REL_IN || r->op == SST_REL_EQ)
		return restrict_values(m, to, r, c);
	if (r->op == SST_REL_LIKE)
		return sst_refuse_name(
		    m->e, "Unsupported restriction of primary key column %.*s", c->name);
	if (r->op > SST_REL_GE || r->op == SST_REL_NE)
		return sst_refuse_name(m->e,
		    r->op == SST_REL_NE ? "Unsupported \"!=\" relation: %.*s"
					: "Unsupported restriction: %.*s",
		    r->text);
	if ((e.values = sst_wheremaker_operand(m, r->value, c->name, c->type)) == NULL)
		return -1;
	return sst_wheremaker_edge(m, to, r, &e);
}

/* ---- tokens ---- */

static int
check_token_columns(const struct sst_wheremaker *m, const struct sst_relation *r)
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
token_operand(const struct sst_wheremaker *m, const struct sst_term *t)
{
	struct sst_operand *o = sst_wheremaker_zeroed(m, 1, sizeof(*o)), *part;
	struct sst_operand *parts = sst_wheremaker_zeroed(m, m->table->nkey, sizeof(*parts));
	const struct sst_term *a = t->first;
	char name[48];

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
		snprintf(name, sizeof(name), "arg%zu(system.%%.*s)", i);
		part = sst_wheremaker_operand(m, a, m->table->key[i].name, m->table->key[i].type);
		if (part == NULL ||
		    sst_wheremaker_announce(m, part, name, SST_SLICE_LIT("token")) == -1)
			return NULL;
		parts[i] = *part;
	}
	*o = (struct sst_operand){ .kind = SST_OPERAND_TOKEN, .arg = parts, .table = m->table };
	return o;
}

static int
token_relation(const struct sst_wheremaker *m, const struct sst_relation *r)
{
	static const struct sst_type bigint = { .kind = SST_BIGINT, .fixed_len = 8 };
	bool low = r->op == SST_REL_GT || r->op == SST_REL_GE || r->op == SST_REL_EQ;
	bool high = r->op == SST_REL_LT || r->op == SST_REL_LE || r->op == SST_REL_EQ;
	bool in = r->op == SST_REL_GE || r->op == SST_REL_LE || r->op == SST_REL_EQ;
	struct sst_operand *o;

	if (check_token_columns(m, r) == -1)
		return -1;
	if (!low && !high)
		return sst_refuse_name(m->e,
		    r->op == SST_REL_NE ? "Unsupported \"!=\" relation: %.*s"
					: "Unsupported restriction: %.*s",
		    r->text);
	if ((low && m->w->token_low != NULL) || (high && m->w->token_high != NULL))
		return sst_refuse_name(m->e,
		    low ? "More than one restriction was found for the start bound on %.*s"
			: "More than one restriction was found for the end bound on %.*s",
		    r->names->name);
	if (r->value->kind == SST_TERM_NULL)
		return sst_refuse(m->e, "Invalid null token value");
	o = r->value->kind == SST_TERM_CALL && sst_slice_eq(r->value->name, SST_SLICE_LIT("token"))
	    ? token_operand(m, r->value)
	    : sst_wheremaker_operand(m, r->value, SST_SLICE_LIT("partition key token"), &bigint);
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

/* ---- all of them ---- */

static int
relation(const struct sst_wheremaker *m, const struct sst_relation *r)
{
	struct sst_column_ref c;

	if (r->token)
		return token_relation(m, r);
	if (r->tuple)
		return sst_wheretuple_add(m, r);
	if (!sst_column_ref_find(&c, m->table, r->names->name))
		return sst_refuse_undefined(m->e, m->table, r->names->name);
	if ((c.kind == SST_COLUMN_KEY || c.kind == SST_COLUMN_CK) && r->key == NULL &&
	    r->op != SST_REL_CONTAINS && r->op != SST_REL_CONTAINS_KEY) {
		struct sst_restriction *all = c.kind == SST_COLUMN_KEY ? m->w->key : m->w->ck;

		return restrict_column(m, &all[c.i], r, c.column);
	}
	return sst_wherefilter_add(m, r, &c);
}

static int
settle_key(const struct sst_wheremaker *m)
{
	struct sst_where *w = m->w;
	size_t n = 0;

	for (size_t i = 0; i < m->table->nkey; i++)
		n += w->key[i].kind == SST_EQ || w->key[i].kind == SST_IN;
	w->by_key = n == m->table->nkey;
	for (size_t i = 0; !w->by_key && i < m->table->nkey; i++)
		if (w->key[i].kind != SST_ANY &&
		    sst_wherefilter_turn(m, &w->key[i], SST_COLUMN_KEY, i) == -1)
			return -1;
	return 0;
}

/* A column behind one that leaves more than one place open. */
static int
refuse_gap(const struct sst_wheremaker *m, size_t i, size_t open)
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
settle_clustering(const struct sst_wheremaker *m)
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
		if (open < i && sst_wherefilter_turn(m, r, SST_COLUMN_CK, i) == -1)
			return -1;
		if (open >= i && !w->by_key && !m->filtering)
			return sst_refuse(m->e, SST_REFUSE_FILTERING);
		if (r->kind != SST_ANY)
			w->ck_restricted = true;
		if (r->kind == SST_SLICE)
			open = open < i ? open : i;
	}
	return 0;
}

int
sst_where_make(struct sst_where *w, struct sst_arena *arena, const struct sst_table *table,
    const struct sst_relation *list, bool filtering, struct sst_marks *marks, struct sst_err *e)
{
	struct sst_wheremaker m = { w, arena, table, marks, filtering, e };
	size_t n = 2 * (table->nkey + table->nck);

	*w = (struct sst_where){ .table = table };
	for (const struct sst_relation *r = list; r != NULL; r = r->next)
		n++;
	if ((w->key = sst_wheremaker_zeroed(&m, table->nkey, sizeof(*w->key))) == NULL ||
	    (w->ck = sst_wheremaker_zeroed(&m, table->nck, sizeof(*w->ck))) == NULL ||
	    (w->filters = sst_wheremaker_zeroed(&m, n, sizeof(*w->filters))) == NULL)
		return -1;
	for (const struct sst_relation *r = list; r != NULL; r = r->next)
		if (relation(&m, r) == -1)
			return -1;
	return settle_key(&m) == -1 ? -1 : settle_clustering(&m);
}
