/* query/wherefilter.c: relations that are looked at row by row: ALLOW FILTERING. */
#include "query/wheremaker.h"

static const char *
sign(enum sst_relation_op op)
{
	static const char *const signs[] = { [SST_REL_EQ] = "=",
		[SST_REL_NE] = "!=",
		[SST_REL_LT] = "<",
		[SST_REL_LE] = "<=",
		[SST_REL_GT] = ">",
		[SST_REL_GE] = ">=",
		[SST_REL_IN] = "IN" };

	return op <= SST_REL_IN ? signs[op] : "CONTAINS";
}

static int
refuse_type(const struct sst_wheremaker *m, const struct sst_relation *r, const struct sst_type *t)
{
	struct sst_buf type = { 0 };

	sst_type_cql(t, &type);
	if (type.bad)
		sst_fail_nomem(m->e);
	else if (t->kind == SST_UDT)
		sst_fail(m->e, SST_EINVAL, NULL, SST_NOWHERE,
		    "Non-frozen UDT column '%.*s' (%.*s) cannot be restricted by any relation",
		    SST_NAME_ARGS(r->names->name), SST_NAME_ARGS(sst_buf_slice(&type)));
	else
		sst_fail(m->e, SST_EINVAL, NULL, SST_NOWHERE,
		    "Collection column '%.*s' (%.*s) cannot be restricted by a '%s' relation",
		    SST_NAME_ARGS(r->names->name), SST_NAME_ARGS(sst_buf_slice(&type)),
		    sign(r->op));
	sst_buf_free(&type);
	return -1;
}

/* CONTAINS, CONTAINS KEY, column[key] = */
static int
check_elements(
    const struct sst_wheremaker *m, const struct sst_relation *r, const struct sst_type *t)
{
	struct sst_slice name = r->names->name;
	bool map = t->kind == SST_MAP;

	if (t->kind != SST_LIST && t->kind != SST_SET && !map)
		return sst_refuse_name(m->e,
		    r->op == SST_REL_CONTAINS_KEY
			? "Cannot use CONTAINS KEY on non-collection column %.*s"
			: "Cannot use CONTAINS on non-collection column %.*s",
		    name);
	if (!map && r->op == SST_REL_CONTAINS_KEY)
		return sst_refuse_name(
		    m->e, "Cannot use CONTAINS KEY on non-map column %.*s", name);
	if (r->key == NULL)
		return 0;
	if (!map)
		return sst_refuse_name(m->e, "Column %.*s cannot be used as a map", name);
	if (!t->multicell)
		return sst_refuse_name(m->e,
		    "Map-entry equality predicates on frozen map column %.*s are not supported",
		    name);
	return r->op == SST_REL_EQ
	    ? 0
	    : sst_refuse(m->e, "Only EQ relations are supported on map entries");
}

/* What cannot be asked of the column, with ALLOW FILTERING or without. */
static int
check(const struct sst_wheremaker *m, const struct sst_relation *r, const struct sst_type *t)
{
	if (r->op == SST_REL_LIKE)
		return sst_fail(m->e, SST_EINVAL, NULL, SST_NOWHERE,
		    "LIKE restriction is only supported on properly indexed columns. %.*s is not "
		    "valid.",
		    SST_NAME_ARGS(r->text));
	if (r->op == SST_REL_NE || r->op == SST_REL_IS_NOT_NULL || r->field.n > 0)
		return sst_refuse_name(m->e,
		    r->op == SST_REL_NE ? "Unsupported \"!=\" relation: %.*s"
					: "Unsupported restriction: %.*s",
		    r->text);
	if (r->op == SST_REL_CONTAINS || r->op == SST_REL_CONTAINS_KEY || r->key != NULL)
		return check_elements(m, r, t);
	if (t->multicell)
		return refuse_type(m, r, t);
	if (t->kind == SST_DURATION && r->op != SST_REL_EQ && r->op != SST_REL_IN)
		return sst_refuse(m->e, "Slice restrictions are not supported on duration columns");
	return 0;
}

/* Two relations of a column go together when both are about elements, or a slice's two edges. */
static int
check_others(const struct sst_wheremaker *m, const struct sst_filter *f, struct sst_slice name)
{
	bool low = f->op == SST_REL_GT || f->op == SST_REL_GE;
	bool slice = low || f->op == SST_REL_LT || f->op == SST_REL_LE;

	if (f->op == SST_REL_CONTAINS || f->op == SST_REL_CONTAINS_KEY || f->key != NULL)
		return 0;
	for (size_t i = 0; i < m->w->nfilters; i++) {
		const struct sst_filter *o = &m->w->filters[i];
		bool olow = o->op == SST_REL_GT || o->op == SST_REL_GE;
		bool oslice = olow || o->op == SST_REL_LT || o->op == SST_REL_LE;

		if (o->kind != f->kind || o->col != f->col || o->key != NULL ||
		    o->op == SST_REL_CONTAINS || o->op == SST_REL_CONTAINS_KEY)
			continue;
		if (!slice || !oslice)
			return sst_refuse_name(m->e,
			    "%.*s cannot be restricted by more than one relation if it includes an "
			    "Equal",
			    name);
		if (low == olow)
			return sst_refuse_name(m->e,
			    low ? "More than one restriction was found for the start bound on %.*s"
				: "More than one restriction was found for the end bound on %.*s",
			    name);
	}
	return 0;
}

/* The type that the values of a relation have, of a column of type t. */
static const struct sst_type *
value_type(const struct sst_relation *r, const struct sst_type *t)
{
	if (r->op == SST_REL_CONTAINS_KEY)
		return t->args[0];
	if (r->op == SST_REL_CONTAINS || r->key != NULL)
		return t->args[t->kind == SST_MAP];
	return t;
}

/* The operands; markers are named as Cassandra names them. */
static int
add_values(const struct sst_wheremaker *m, const struct sst_relation *r, struct sst_filter *f,
    const struct sst_type *t)
{
	const struct sst_type *type = value_type(r, t);
	struct sst_slice name = r->names->name;
	struct sst_restriction in = { 0 };
	struct sst_operand *o;

	if (r->op == SST_REL_IN) {
		if (sst_wheremaker_in(m, r, name, type, &in) == -1)
			return -1;
		f->values = in.values;
		f->nvalues = in.nvalues;
		f->in_arg = in.in_arg;
		return 0;
	}
	if (r->key != NULL &&
	    ((f->key = sst_wheremaker_operand(m, r->key, name, t->args[0])) == NULL ||
		sst_wheremaker_announce(m, f->key, "key(%.*s)", name) == -1))
		return -1;
	if (r->value->kind == SST_TERM_NULL)
		return sst_refuse_name(m->e, "Unsupported null value for column %.*s", name);
	if ((o = sst_wheremaker_operand(m, r->value, name, type)) == NULL)
		return -1;
	f->values = o;
	f->nvalues = 1;
	if (type == t)
		return 0;
	return sst_wheremaker_announce(
	    m, o, r->op == SST_REL_CONTAINS_KEY ? "key(%.*s)" : "value(%.*s)", name);
}

int
sst_wherefilter_add(
    const struct sst_wheremaker *m, const struct sst_relation *r, const struct sst_column_ref *c)
{
	struct sst_filter *f = &m->w->filters[m->w->nfilters];

	if (check(m, r, c->column->type) == -1)
		return -1;
	*f = (struct sst_filter){ .op = r->op, .kind = c->kind, .col = c->i };
	if (add_values(m, r, f, c->column->type) == -1 || check_others(m, f, r->names->name) == -1)
		return -1;
	if (!m->filtering)
		return sst_refuse(m->e, SST_REFUSE_FILTERING);
	m->w->nfilters++;
	return 0;
}

static void
turn_edge(const struct sst_wheremaker *m, const struct sst_edge *e, enum sst_relation_op op,
    enum sst_column_kind kind, size_t col)
{
	if (e->n > 0)
		m->w->filters[m->w->nfilters++] = (struct sst_filter){ .op = op,
			.kind = kind,
			.col = col,
			.nvalues = 1,
			.values = (struct sst_operand *)e->values };
}

int
sst_wherefilter_turn(const struct sst_wheremaker *m, struct sst_restriction *r,
    enum sst_column_kind kind, size_t col)
{
	if (!m->filtering)
		return sst_refuse(m->e, SST_REFUSE_FILTERING);
	if (r->kind == SST_TUPLES)
		return sst_refuse(m->e, "Multicolumn IN filters are not supported");
	if (r->kind == SST_EQ || r->kind == SST_IN)
		m->w->filters[m->w->nfilters++] =
		    (struct sst_filter){ .op = r->kind == SST_EQ ? SST_REL_EQ : SST_REL_IN,
			    .kind = kind,
			    .col = col,
			    .nvalues = r->nvalues,
			    .values = r->values,
			    .in_arg = r->in_arg };
	if (r->kind == SST_SLICE) {
		if (r->low.n > 1 || r->high.n > 1 || r->low.whole || r->high.whole)
			return sst_refuse(
			    m->e, "Multi-column slice restrictions cannot be used for filtering.");
		turn_edge(m, &r->low, r->low.in ? SST_REL_GE : SST_REL_GT, kind, col);
		turn_edge(m, &r->high, r->high.in ? SST_REL_LE : SST_REL_LT, kind, col);
	}
	r->kind = SST_ANY;
	return 0;
}
