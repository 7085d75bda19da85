/* query/plan.c: what SELECT gives, what the others change, and which markers are the key. */
#include "query/plan.h"

static const struct sst_type bigint = { .kind = SST_BIGINT, .fixed_len = 8 };
static const struct sst_type cql_int = { .kind = SST_INT, .fixed_len = 4 };
static const struct sst_type cql_text = { .kind = SST_TEXT, .fixed_len = -1 };

struct planner {
	struct sst_plan *plan;
	struct sst_arena *arena;
	const struct sst_dml *dml;
	const struct sst_table *table;
	struct sst_err *e;
};

static int
refuse(const struct planner *p, const char *what, struct sst_slice name)
{
	return sst_fail(p->e, SST_EINVAL, NULL, SST_NOWHERE, what, SST_NAME_ARGS(name));
}

static int
unsupported(const struct planner *p, const char *what)
{
	return sst_fail(p->e, SST_EUNSUPPORTED, NULL, SST_NOWHERE, "%s not supported", what);
}

static void *
zeroed(const struct planner *p, size_t n, size_t size)
{
	void *r = sst_arena_array(p->arena, n + 1, size);

	if (r == NULL)
		sst_fail_nomem(p->e);
	else
		memset(r, 0, (n + 1) * size);
	return r;
}

static int
make_operand(const struct planner *p, const struct sst_operand **out, const struct sst_term *t,
    struct sst_slice name, const struct sst_type *type)
{
	struct sst_spec spec = { name, type };
	struct sst_operand *o = zeroed(p, 1, sizeof(*o));

	*out = o;
	if (o == NULL)
		return -1;
	return sst_operand_make(o, p->arena, t, &spec, &p->plan->marks, p->e);
}

static int
find_column(const struct planner *p, struct sst_column_ref *c, struct sst_slice name)
{
	return sst_column_ref_find(c, p->table, name)
	    ? 0
	    : refuse(p, "Undefined column name %.*s", name);
}

/* ---- what SELECT gives ---- */

static void
note_wanted(struct sst_plan *plan, const struct sst_column_ref *c)
{
	plan->wants_static |= c->kind == SST_COLUMN_STATIC;
	plan->wants_rows |= c->kind == SST_COLUMN_CK || c->kind == SST_COLUMN_REGULAR;
}

static int
name_is(struct sst_slice s, const char *name)
{
	return sst_slice_eq(s, sst_slice_str(name));
}

static int
output_token(const struct planner *p, struct sst_output *o, const struct sst_selector *s)
{
	size_t i = 0;

	for (const struct sst_selector *a = s->args; a != NULL; a = a->next, i++)
		if (i >= p->table->nkey || a->kind != SST_SELECT_COLUMN ||
		    !sst_slice_eq(a->name, p->table->key[i].name))
			break;
	if (i != p->table->nkey)
		return refuse(p, "Invalid number of arguments in call to function %.*s", s->name);
	o->kind = SST_OUTPUT_TOKEN;
	return 0;
}

/* writetime(c), ttl(c), count(c): of one column. */
static int
output_call(const struct planner *p, struct sst_output *o, const struct sst_selector *s)
{
	bool wt = name_is(s->name, "writetime"), ttl = name_is(s->name, "ttl");

	if (name_is(s->name, "token"))
		return output_token(p, o, s);
	if (!wt && !ttl && !name_is(s->name, "count"))
		return refuse(p, "Unknown function %.*s", s->name);
	if (s->args == NULL || s->args->next != NULL || s->args->kind != SST_SELECT_COLUMN)
		return refuse(p, "%.*s: one column is expected", s->name);
	if (find_column(p, &o->of, s->args->name) == -1)
		return -1;
	o->kind = wt ? SST_OUTPUT_WRITETIME : ttl ? SST_OUTPUT_TTL : SST_OUTPUT_COUNT;
	if (o->kind == SST_OUTPUT_COUNT)
		return 0;
	if (o->of.kind == SST_COLUMN_KEY || o->of.kind == SST_COLUMN_CK)
		return refuse(p,
		    "Cannot use selection function writeTime or ttl on PRIMARY KEY part %.*s",
		    s->args->name);
	if (o->of.column->type->multicell)
		return refuse(p,
		    "Cannot use selection function writeTime or ttl on %.*s, which is not "
		    "frozen",
		    s->args->name);
	return 0;
}

static int
find_field(const struct planner *p, const struct sst_type *t, struct sst_slice name, size_t *i)
{
	if (t->kind != SST_UDT)
		return refuse(p, "Invalid field selection: %.*s of what is no user type", name);
	for (*i = 0; *i < t->nargs; (*i)++)
		if (sst_slice_eq(t->fields[*i], name))
			return 0;
	return refuse(p, "Undefined field %.*s", name);
}

static int
output_part(const struct planner *p, struct sst_output *o, const struct sst_selector *s)
{
	const struct sst_type *t;

	if (s->args->kind != SST_SELECT_COLUMN)
		return unsupported(p, "parts of parts of a column are");
	if (find_column(p, &o->of, s->args->name) == -1)
		return -1;
	t = o->of.column->type;
	if (s->kind == SST_SELECT_FIELD) {
		o->kind = SST_OUTPUT_FIELD;
		return find_field(p, t, s->field, &o->field);
	}
	if (t->kind != SST_MAP)
		return refuse(p, "Invalid element selection: %.*s is not a map", s->args->name);
	o->kind = SST_OUTPUT_ELEMENT;
	return make_operand(p, &o->key, s->key, s->args->name, t->args[0]);
}

static const struct sst_type *
output_type(const struct sst_output *o)
{
	switch (o->kind) {
	case SST_OUTPUT_COUNT:
	case SST_OUTPUT_WRITETIME:
	case SST_OUTPUT_TOKEN:
		return &bigint;
	case SST_OUTPUT_TTL:
		return &cql_int;
	case SST_OUTPUT_ELEMENT:
		return o->of.column->type->args[1];
	case SST_OUTPUT_FIELD:
		return o->of.column->type->args[o->field];
	default:
		return o->of.column->type;
	}
}

/* Cassandra names what is no column by its text, without white space and in lower case. */
static int
output_name(const struct planner *p, const struct sst_selector *s, struct sst_slice *name)
{
	uint8_t *to;

	*name = s->alias.n > 0 ? s->alias : s->name;
	if (s->alias.n > 0 || s->kind == SST_SELECT_COLUMN)
		return 0;
	if (s->kind == SST_SELECT_COUNT) {
		*name = SST_SLICE_LIT("count");
		return 0;
	}
	if ((to = sst_arena_array(p->arena, s->text.n, 2)) == NULL)
		return sst_fail_nomem(p->e);
	*name = (struct sst_slice){ to, 0 };
	for (size_t i = 0; i < s->text.n; i++) {
		uint8_t c = s->text.p[i];

		if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
			continue;
		to[name->n++] = c >= 'A' && c <= 'Z' && s->kind == SST_SELECT_CALL ? c | 0x20 : c;
		if (c == ',')
			to[name->n++] = ' ';
	}
	return 0;
}

static int
output(const struct planner *p, struct sst_output *o, const struct sst_selector *s)
{
	switch (s->kind) {
	case SST_SELECT_COLUMN:
		return find_column(p, &o->of, s->name);
	case SST_SELECT_COUNT:
		o->kind = SST_OUTPUT_COUNT;
		o->any = true;
		return 0;
	case SST_SELECT_CALL:
		return output_call(p, o, s);
	case SST_SELECT_ELEMENT:
	case SST_SELECT_FIELD:
		return output_part(p, o, s);
	case SST_SELECT_CAST:
		return unsupported(p, "cast() is");
	default:
		return unsupported(p, "a literal among the columns of a SELECT is");
	}
}

/* SELECT *: key, clustering, then statics and regulars by name, as Cassandra orders them. */
static int
outputs_of_all(const struct planner *p)
{
	const struct sst_table *t = p->table;
	struct sst_plan *plan = p->plan;
	const size_t n[] = { t->nkey, t->nck, t->nstatic, t->nregular };
	const struct sst_column *const from[] = { t->key, t->ck, t->statics, t->regulars };

	plan->outputs = zeroed(p, n[0] + n[1] + n[2] + n[3], sizeof(*plan->outputs));
	if (plan->outputs == NULL)
		return -1;
	for (unsigned k = 0; k < 4; k++) {
		size_t start = plan->noutputs;

		for (size_t i = 0; i < n[k]; i++) {
			struct sst_output o = { .of = { (enum sst_column_kind)k, i, &from[k][i] } };
			size_t at = plan->noutputs++;

			for (; k >= SST_COLUMN_STATIC && at > start &&
			     sst_slice_cmp(
				 plan->outputs[at - 1].of.column->name, o.of.column->name) > 0;
			     at--)
				plan->outputs[at] = plan->outputs[at - 1];
			plan->outputs[at] = o;
		}
	}
	return 0;
}

static int
outputs_named(const struct planner *p)
{
	struct sst_plan *plan = p->plan;
	size_t n = 0, counts = 0;

	for (const struct sst_selector *s = p->dml->selectors; s != NULL; s = s->next)
		n++;
	if ((plan->outputs = zeroed(p, n, sizeof(*plan->outputs))) == NULL)
		return -1;
	for (const struct sst_selector *s = p->dml->selectors; s != NULL; s = s->next) {
		struct sst_output *o = &plan->outputs[plan->noutputs++];

		if (output(p, o, s) == -1)
			return -1;
		counts += o->kind == SST_OUTPUT_COUNT;
	}
	plan->count = counts > 0;
	return counts == 0 || counts == n ? 0 : unsupported(p, "count() beside columns is");
}

static int
name_results(const struct planner *p)
{
	struct sst_plan *plan = p->plan;
	const struct sst_selector *s = p->dml->selectors;

	if ((plan->results = zeroed(p, plan->noutputs + 1, sizeof(*plan->results))) == NULL)
		return -1;
	for (size_t i = 0; i < plan->noutputs; i++) {
		plan->results[i].type = output_type(&plan->outputs[i]);
		if (plan->outputs[i].of.column != NULL)
			note_wanted(plan, &plan->outputs[i].of);
		if (s == NULL)
			plan->results[i].name = plan->outputs[i].of.column->name;
		else if (output_name(p, s, &plan->results[i].name) == -1)
			return -1;
		s = s != NULL ? s->next : NULL;
	}
	plan->nresults = plan->noutputs;
	return 0;
}

/* ---- order and limits ---- */

static int
plan_order(const struct planner *p)
{
	const struct sst_ordering *o = p->dml->order;
	const struct sst_table *t = p->table;
	struct sst_plan *plan = p->plan;

	if (o == NULL)
		return 0;
	if (!plan->where.by_key)
		return sst_fail(p->e, SST_EINVAL, NULL, SST_NOWHERE,
		    "ORDER BY is only supported when the partition key is restricted by an EQ or "
		    "an IN.");
	for (size_t i = 0; i < t->nkey; i++)
		if (plan->where.key[i].kind == SST_IN)
			return unsupported(p, "ORDER BY over partitions named by IN is");
	plan->reversed = o->desc != t->ck[0].type->reversed;
	for (size_t i = 0; o != NULL; i++, o = o->next) {
		if (i >= t->nck || !sst_slice_eq(o->column, t->ck[i].name))
			return refuse(p,
			    "Order by is currently only supported on the clustered columns of "
			    "the PRIMARY KEY, in their order: %.*s",
			    o->column);
		if ((o->desc != t->ck[i].type->reversed) != plan->reversed)
			return sst_fail(
			    p->e, SST_EINVAL, NULL, SST_NOWHERE, "Unsupported order by relation");
	}
	return 0;
}

static int
plan_distinct(const struct planner *p)
{
	if (!p->dml->distinct)
		return 0;
	p->plan->distinct = true;
	if (p->plan->wants_rows || p->dml->selectors == NULL || p->plan->where.ck_restricted)
		return sst_fail(p->e, SST_EINVAL, NULL, SST_NOWHERE,
		    "SELECT DISTINCT queries must only request partition key columns and/or static "
		    "columns");
	return 0;
}

static int
plan_select(const struct planner *p)
{
	const struct sst_dml *d = p->dml;
	struct sst_plan *plan = p->plan;

	if (d->group != NULL)
		return unsupported(p, "GROUP BY is");
	if ((d->selectors == NULL ? outputs_of_all(p) : outputs_named(p)) == -1 ||
	    name_results(p) == -1 ||
	    sst_where_make(&plan->where, p->arena, p->table, d->where, d->allow_filtering,
		&plan->marks, p->e) == -1 ||
	    plan_order(p) == -1 || plan_distinct(p) == -1)
		return -1;
	for (size_t i = 0; i < plan->where.nfilters; i++)
		plan->wants_static |= plan->where.filters[i].kind == SST_COLUMN_STATIC;
	plan->json = d->json;
	if (d->json) {
		plan->nresults = 1;
		plan->results = zeroed(p, 1, sizeof(*plan->results));
		if (plan->results == NULL)
			return -1;
		plan->results[0] = (struct sst_spec){ SST_SLICE_LIT("[json]"), &cql_text };
		return unsupported(p, "SELECT JSON is");
	}
	if (d->per_partition_limit != NULL &&
	    make_operand(p, &plan->per_partition_limit, d->per_partition_limit,
		SST_SLICE_LIT("[per_partition_limit]"), &cql_int) == -1)
		return -1;
	return d->limit == NULL
	    ? 0
	    : make_operand(p, &plan->limit, d->limit, SST_SLICE_LIT("[limit]"), &cql_int);
}

/* ---- changes ---- */

/* The type of what is assigned to a column; NULL and the error: it cannot be. */
static const struct sst_type *
assigned_type(const struct planner *p, const struct sst_assignment *a, struct sst_change *c)
{
	const struct sst_type *t = c->of.column->type;
	bool multi = t->multicell;

	if (p->table->counter) {
		unsupported(p, "writing counters is");
		return NULL;
	}
	switch (a->kind) {
	case SST_ASSIGN:
		return t;
	case SST_ASSIGN_ELEMENT:
		if (multi && t->kind == SST_LIST)
			unsupported(p, "setting an element of a list by its index is");
		else if (!multi || t->kind != SST_MAP)
			refuse(p, "Invalid operation for column %.*s: it is not a map, or frozen",
			    a->column);
		else
			return t->args[1];
		return NULL;
	case SST_ASSIGN_FIELD:
		if (!multi)
			refuse(p, "Invalid operation for frozen column %.*s", a->column);
		else if (find_field(p, t, a->field, &c->field) == 0)
			return t->args[c->field];
		return NULL;
	default:
		break;
	}
	if (!multi || t->kind == SST_UDT || (a->kind == SST_ASSIGN_PREPEND && t->kind != SST_LIST))
		refuse(p, "Invalid operation for column %.*s: it is no collection, or frozen",
		    a->column);
	else if (a->kind == SST_ASSIGN_SUBTRACT && t->kind == SST_LIST)
		unsupported(p, "taking values from a list is");
	else
		return t;
	return NULL;
}

/* What is taken from a map is a set of its keys. */
static const struct sst_type *
keys_of(const struct planner *p, const struct sst_type *map)
{
	struct sst_type *set = zeroed(p, 1, sizeof(*set));

	if (set != NULL)
		*set = (struct sst_type){
			.kind = SST_SET, .fixed_len = -1, .nargs = 1, .args = map->args
		};
	return set;
}

static int
plan_change(const struct planner *p, struct sst_change *c, const struct sst_assignment *a)
{
	const struct sst_type *type;

	c->kind = a->kind;
	if ((type = assigned_type(p, a, c)) == NULL)
		return -1;
	if (a->kind == SST_ASSIGN_SUBTRACT && type->kind == SST_MAP &&
	    (type = keys_of(p, type)) == NULL)
		return -1;
	if (a->kind == SST_ASSIGN_ELEMENT) {
		if (make_operand(p, &c->key, a->key, a->column, c->of.column->type->args[0]) == -1)
			return -1;
		if (c->key->kind == SST_OPERAND_NULL)
			return refuse(p, "Invalid null map key for column %.*s", a->column);
	}
	return a->value == NULL ? 0 : make_operand(p, &c->value, a->value, a->column, type);
}

/*
 * The columns that are set.  Those of the primary key are where an INSERT goes, which then reads like
 * the WHERE of an UPDATE.
 */
static int
plan_changes(const struct planner *p, struct sst_relation **where)
{
	struct sst_plan *plan = p->plan;
	size_t n = 0;

	for (const struct sst_assignment *a = p->dml->set; a != NULL; a = a->next)
		n++;
	if ((plan->changes = zeroed(p, n, sizeof(*plan->changes))) == NULL)
		return -1;
	for (const struct sst_assignment *a = p->dml->set; a != NULL; a = a->next) {
		struct sst_change *c = &plan->changes[plan->nchanges];
		struct sst_relation *r;

		if (find_column(p, &c->of, a->column) == -1)
			return -1;
		if (c->of.kind == SST_COLUMN_STATIC || c->of.kind == SST_COLUMN_REGULAR) {
			note_wanted(plan, &c->of);
			plan->nchanges++;
			if (plan_change(p, c, a) == -1)
				return -1;
			continue;
		}
		if (plan->kind != SST_INSERT)
			return refuse(p, "PRIMARY KEY part %.*s found in SET part", a->column);
		if ((r = zeroed(p, 1, sizeof(*r))) == NULL ||
		    (r->names = zeroed(p, 1, sizeof(*r->names))) == NULL)
			return -1;
		r->names->name = a->column;
		r->nnames = 1;
		r->op = SST_REL_EQ;
		r->value = a->value;
		r->line = a->line;
		*where = r;
		where = &r->next;
	}
	return 0;
}

/* A change names its partitions, and says nothing about columns that are not in the key. */
static int
check_relations(const struct planner *p, const struct sst_relation *list)
{
	const struct sst_table *t = p->table;
	struct sst_column_ref c;

	for (const struct sst_relation *r = list; r != NULL; r = r->next) {
		if (r->token)
			return sst_fail(p->e, SST_EINVAL, NULL, SST_NOWHERE,
			    "The token function cannot be used in WHERE clauses of changes");
		if (find_column(p, &c, r->names->name) == -1)
			return -1;
		if (c.kind != SST_COLUMN_KEY && c.kind != SST_COLUMN_CK)
			return refuse(p, "Non PRIMARY KEY columns found in where clause: %.*s",
			    r->names->name);
	}
	for (size_t i = 0; i < t->nkey; i++) {
		const struct sst_relation *r = list;

		while (r != NULL &&
		    ((r->op != SST_REL_EQ && r->op != SST_REL_IN) ||
			!sst_slice_eq(r->names->name, t->key[i].name)))
			r = r->next;
		if (r == NULL)
			return refuse(
			    p, "Some partition key parts are missing: %.*s", t->key[i].name);
	}
	return 0;
}

/* … and its row, unless it is of statics, or deletes more than a row. */
static int
check_place(const struct planner *p)
{
	const struct sst_where *w = &p->plan->where;
	const struct sst_table *t = p->table;
	bool ranges = p->plan->row_level, statics = p->plan->wants_static && !p->plan->wants_rows;

	if (!ranges && (w->tuple_low != NULL || w->tuple_high != NULL))
		return sst_fail(p->e, SST_EINVAL, NULL, SST_NOWHERE,
		    "Slice restrictions are only supported in DELETE of rows");
	for (size_t i = 0; i < t->nck; i++) {
		bool given = w->ck[i].kind == SST_EQ || w->ck[i].kind == SST_IN;

		if (!given && !ranges && !(statics && !w->ck_restricted))
			return refuse(p, "Some clustering keys are missing: %.*s", t->ck[i].name);
	}
	return 0;
}

static int
plan_change_statement(const struct planner *p)
{
	const struct sst_dml *d = p->dml;
	struct sst_plan *plan = p->plan;
	struct sst_relation *place = NULL;

	if (d->if_exists || d->if_not_exists || d->cond != NULL)
		return unsupported(p, "IF (lightweight transactions) is");
	if (d->json)
		return unsupported(p, "INSERT JSON is");
	if (d->ttl_s != NULL && plan->kind == SST_DELETE)
		return sst_fail(
		    p->e, SST_EINVAL, NULL, SST_NOWHERE, "TTL cannot be set for DELETE");
	plan->row_level = plan->kind == SST_DELETE && d->set == NULL;
	if ((d->ts_us != NULL &&
		make_operand(p, &plan->ts_us, d->ts_us, SST_SLICE_LIT("[timestamp]"), &bigint) ==
		    -1) ||
	    (d->ttl_s != NULL &&
		make_operand(p, &plan->ttl_s, d->ttl_s, SST_SLICE_LIT("[ttl]"), &cql_int) == -1) ||
	    plan_changes(p, &place) == -1 ||
	    check_relations(p, plan->kind == SST_INSERT ? place : d->where) == -1 ||
	    sst_where_make(&plan->where, p->arena, p->table,
		plan->kind == SST_INSERT ? place : d->where, false, &plan->marks, p->e) == -1)
		return -1;
	return check_place(p);
}

/* ---- all ---- */

/* Which markers give the partition key; a column given otherwise spoils it for clients. */
static int
plan_pk(const struct planner *p)
{
	const struct sst_where *w = &p->plan->where;

	if ((p->plan->pk = zeroed(p, p->table->nkey, sizeof(*p->plan->pk))) == NULL)
		return -1;
	for (size_t i = 0; w->by_key && i < p->table->nkey; i++) {
		const struct sst_restriction *r = &w->key[i];

		if (r->kind != SST_EQ || r->values[0].kind != SST_OPERAND_ARG)
			return 0;
		p->plan->pk[i] = (uint16_t)r->values[0].mark;
	}
	p->plan->npk = w->by_key ? p->table->nkey : 0;
	return 0;
}

int
sst_plan_make(struct sst_plan **out, struct sst_arena *arena, const struct sst_dml *dml,
    const struct sst_table *table, struct sst_err *e)
{
	struct planner p = { NULL, arena, dml, table, e };
	struct sst_plan *plan = zeroed(&p, 1, sizeof(*plan));

	*out = NULL;
	if (plan == NULL)
		return -1;
	p.plan = plan;
	plan->kind = dml->kind;
	plan->table = table;
	if (dml->nmarks > SST_CQL_MARKS_MAX)
		return sst_fail(e, SST_ELIMIT, NULL, SST_NOWHERE, "more than %d bind markers",
		    SST_CQL_MARKS_MAX);
	plan->marks.n = dml->nmarks;
	if ((plan->marks.specs = zeroed(&p, dml->nmarks, sizeof(*plan->marks.specs))) == NULL)
		return -1;
	if ((dml->kind == SST_SELECT ? plan_select(&p) : plan_change_statement(&p)) == -1 ||
	    plan_pk(&p) == -1)
		return -1;
	*out = plan;
	return 0;
}
