/* query/planchange.c: what INSERT, UPDATE and DELETE change, and where. */
#include "query/lists.h"
#include "query/planning.h"

/* The type of what is assigned to a column; NULL and the error: it cannot be. */
static const struct sst_type *
assigned_type(const struct sst_planner *p, const struct sst_assignment *a, struct sst_change *c)
{
	const struct sst_type *t = c->of.column->type;
	bool multi = t->multicell;

	if (p->table->counter) {
		sst_refuse_unsupported(p->e, "writing counters is");
		return NULL;
	}
	switch (a->kind) {
	case SST_ASSIGN:
		return t;
	case SST_ASSIGN_ELEMENT:
		if (multi && t->kind == SST_LIST)
			return t->args[0];
		if (multi && t->kind == SST_SET && a->value == NULL)
			return t->args[0]; /* DELETE */
		else if (!multi || t->kind != SST_MAP)
			sst_refuse_name(p->e,
			    "Invalid operation for column %.*s: it is not a map, or frozen",
			    a->column);
		else
			return t->args[1];
		return NULL;
	case SST_ASSIGN_FIELD:
		if (!multi)
			sst_refuse_name(
			    p->e, "Invalid operation for frozen column %.*s", a->column);
		else if (sst_planner_field(p, t, a->field, &c->field) == 0)
			return t->args[c->field];
		return NULL;
	default:
		break;
	}
	if (!multi || t->kind == SST_UDT || (a->kind == SST_ASSIGN_PREPEND && t->kind != SST_LIST))
		sst_refuse_name(p->e,
		    "Invalid operation for column %.*s: it is no collection, or frozen", a->column);
	else
		return t;
	return NULL;
}

/* What is taken from a map is a set of its keys. */
static const struct sst_type *
keys_of(const struct sst_planner *p, const struct sst_type *map)
{
	struct sst_type *set = sst_planner_zeroed(p, 1, sizeof(*set));

	if (set != NULL)
		*set = (struct sst_type){
			.kind = SST_SET, .fixed_len = -1, .nargs = 1, .args = map->args
		};
	return set;
}

/* What stands between the brackets of column[key]. */
static int
plan_key(const struct sst_planner *p, struct sst_change *c, const struct sst_assignment *a)
{
	const struct sst_type *t = c->of.column->type;
	bool list = t->kind == SST_LIST;
	struct sst_slice name;

	if (sst_planner_name(p, &name, list ? "idx(%.*s)" : "key(%.*s)", a->column) == -1 ||
	    sst_planner_operand(p, &c->key, a->key, name, list ? &sst_plan_int : t->args[0]) == -1)
		return -1;
	if (c->key->kind != SST_OPERAND_NULL)
		return 0;
	return sst_refuse(
	    p->e, list ? "Invalid null value for list index" : "Invalid null map key");
}

static int
plan_change(const struct sst_planner *p, struct sst_change *c, const struct sst_assignment *a)
{
	const struct sst_type *type;
	struct sst_slice name = a->column;

	c->kind = a->kind;
	if ((type = assigned_type(p, a, c)) == NULL)
		return -1;
	if (a->kind == SST_ASSIGN_SUBTRACT && type->kind == SST_MAP &&
	    (type = keys_of(p, type)) == NULL)
		return -1;
	if (a->kind == SST_ASSIGN_ELEMENT &&
	    (plan_key(p, c, a) == -1 || sst_planner_name(p, &name, "value(%.*s)", a->column) == -1))
		return -1;
	p->plan->looks |= sst_change_looks(c);
	return a->value == NULL ? 0 : sst_planner_operand(p, &c->value, a->value, name, type);
}

/*
 * The columns that are set.  Those of the primary key are where an INSERT goes, which then reads like
 * the WHERE of an UPDATE.
 */
static int
plan_changes(const struct sst_planner *p, struct sst_relation **where)
{
	struct sst_plan *plan = p->plan;
	size_t n = 0;

	for (const struct sst_assignment *a = p->dml->set; a != NULL; a = a->next)
		n++;
	if ((plan->changes = sst_planner_zeroed(p, n, sizeof(*plan->changes))) == NULL)
		return -1;
	for (const struct sst_assignment *a = p->dml->set; a != NULL; a = a->next) {
		struct sst_change *c = &plan->changes[plan->nchanges];
		struct sst_relation *r;

		if (sst_planner_column(p, &c->of, a->column) == -1)
			return -1;
		if (c->of.kind == SST_COLUMN_STATIC || c->of.kind == SST_COLUMN_REGULAR) {
			sst_planner_note(plan, &c->of);
			plan->nchanges++;
			if (plan_change(p, c, a) == -1)
				return -1;
			continue;
		}
		if (plan->kind != SST_INSERT)
			return sst_refuse_name(p->e,
			    plan->kind == SST_DELETE ? "Invalid identifier %.*s for deletion "
						       "(should not be a PRIMARY KEY part)"
						     : "PRIMARY KEY part %.*s found in SET part",
			    a->column);
		if ((r = sst_planner_zeroed(p, 1, sizeof(*r))) == NULL ||
		    (r->names = sst_planner_zeroed(p, 1, sizeof(*r->names))) == NULL)
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
check_relations(const struct sst_planner *p, const struct sst_relation *list)
{
	const struct sst_table *t = p->table;
	struct sst_column_ref c;

	for (const struct sst_relation *r = list; r != NULL; r = r->next) {
		if (r->token)
			return sst_refuse(p->e,
			    p->plan->kind == SST_DELETE ? "The token function cannot be used in "
							  "WHERE clauses for DELETE statements"
							: "The token function cannot be used in "
							  "WHERE clauses for UPDATE statements");
		if (sst_planner_column(p, &c, r->names->name) == -1)
			return -1;
		if (c.kind != SST_COLUMN_KEY && c.kind != SST_COLUMN_CK)
			return sst_refuse_name(p->e,
			    "Non PRIMARY KEY columns found in where clause: %.*s ", r->names->name);
	}
	for (size_t i = 0; i < t->nkey; i++) {
		const struct sst_relation *r = list;

		while (r != NULL &&
		    ((r->op != SST_REL_EQ && r->op != SST_REL_IN) ||
			!sst_slice_eq(r->names->name, t->key[i].name)))
			r = r->next;
		if (r != NULL)
			continue;
		for (r = list; r != NULL; r = r->next)
			if (sst_slice_eq(r->names->name, t->key[i].name))
				return sst_fail(p->e, SST_EINVAL, NULL, SST_NOWHERE,
				    "Only EQ and IN relation are supported on the partition key "
				    "(unless you use the token() function) for %s statements",
				    p->plan->kind == SST_DELETE ? "DELETE" : "UPDATE");
		return sst_refuse_name(
		    p->e, "Some partition key parts are missing: %.*s", t->key[i].name);
	}
	return 0;
}

static int
refuse_missing(const struct sst_planner *p)
{
	const struct sst_where *w = &p->plan->where;
	struct sst_buf b = { 0 };

	for (size_t i = 0; i < p->table->nck; i++) {
		if (sst_restriction_is_given(&w->ck[i]))
			continue;
		sst_buf_adds(&b, b.n > 0 ? ", " : "");
		sst_buf_add_slice(&b, p->table->ck[i].name);
	}
	if (b.bad)
		sst_fail_nomem(p->e);
	else
		sst_fail(p->e, SST_EINVAL, NULL, SST_NOWHERE,
		    "Some clustering keys are missing: %.*s", (int)(b.n > 150 ? 150 : b.n),
		    (const char *)b.p);
	sst_buf_free(&b);
	return -1;
}

/* … and its row, unless it is of statics, or deletes more than a row. */
static int
check_place(const struct sst_planner *p)
{
	const struct sst_where *w = &p->plan->where;
	const struct sst_table *t = p->table;
	bool ranges = p->plan->row_level, statics = p->plan->wants_static && !p->plan->wants_rows;

	if (ranges)
		return 0;
	if (statics && w->ck_restricted && p->plan->kind != SST_INSERT)
		return sst_refuse(p->e,
		    p->plan->kind == SST_DELETE
			? "Invalid restrictions on clustering columns since the DELETE statement "
			  "modifies only static columns"
			: "Invalid restrictions on clustering columns since the UPDATE statement "
			  "modifies only static columns");
	for (size_t i = 0; i < t->nck; i++) {
		if (sst_restriction_is_given(&w->ck[i]) || (statics && !w->ck_restricted))
			continue;
		if (p->plan->kind == SST_DELETE)
			return sst_refuse(
			    p->e, "Range deletions are not supported for specific columns");
		return w->ck[i].kind == SST_SLICE
		    ? sst_refuse(p->e,
			  "Slice restrictions are not supported on the clustering columns in "
			  "UPDATE statements")
		    : refuse_missing(p);
	}
	return 0;
}

/* A column that is set as a whole, and otherwise as well. */
static int
check_twice(const struct sst_planner *p)
{
	enum {
		NOT_SET,
		IN_PART,
		AS_A_WHOLE
	} * seen, now;
	const struct sst_table *t = p->table;
	const size_t start[] = { 0, t->nkey, t->nkey + t->nck, t->nkey + t->nck + t->nstatic };
	struct sst_column_ref c;

	if ((seen = sst_planner_zeroed(p, start[3] + t->nregular, sizeof(*seen))) == NULL)
		return -1;
	for (const struct sst_assignment *a = p->dml->set; a != NULL; a = a->next) {
		if (a->value == NULL)
			continue;
		if (sst_planner_column(p, &c, a->column) == -1)
			return -1;
		now = a->kind == SST_ASSIGN ? AS_A_WHOLE : IN_PART;
		if ((int)now + (int)seen[start[c.kind] + c.i] > AS_A_WHOLE)
			return p->dml->kind == SST_INSERT
			    ? sst_refuse(p->e, "The column names contains duplicates")
			    : sst_refuse_name(
				  p->e, "Multiple incompatible setting of column %.*s", a->column);
		seen[start[c.kind] + c.i] = now;
	}
	return 0;
}

/* Each look at a list may sort it. */
static int
check_looks(const struct sst_planner *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->plan->nchanges; i++)
		n += sst_change_looks(&p->plan->changes[i]);
	return n <= SST_LISTS_CHANGES_MAX
	    ? 0
	    : sst_fail(p->e, SST_ELIMIT, NULL, SST_NOWHERE,
		  "more than %d changes of lists by index or value in a statement",
		  SST_LISTS_CHANGES_MAX);
}

/* What a statement cannot be, whatever its table. */
static int
check_statement(const struct sst_planner *p)
{
	const struct sst_dml *d = p->dml;

	if (d->json)
		return sst_refuse_unsupported(p->e, "INSERT JSON is");
	if (d->unmatched)
		return sst_refuse(p->e, "Unmatched column names/values");
	if (d->if_exists)
		return sst_refuse_unsupported(p->e, "IF EXISTS of UPDATE and DELETE is");
	if (d->cond != NULL)
		return sst_refuse_unsupported(p->e, "IF with conditions on columns is");
	if (d->if_not_exists && d->in_batch)
		return sst_refuse_unsupported(p->e, "IF NOT EXISTS in a BATCH is");
	if (d->if_not_exists && d->ts_us != NULL)
		return sst_refuse(p->e, "Cannot provide custom timestamp for conditional updates");
	if (d->batch_ttl)
		return sst_refuse(p->e, "Global TTL on the BATCH statement is not supported.");
	if (d->batch_ts_us != NULL && d->ts_us != NULL)
		return sst_refuse(
		    p->e, "Timestamp must be set either on BATCH or individual statements");
	if (p->table->counter && d->kind == SST_INSERT)
		return sst_refuse(p->e,
		    "INSERT statements are not allowed on counter tables, use UPDATE instead");
	return d->ttl_s != NULL && d->kind == SST_DELETE
	    ? sst_refuse(p->e, "TTL cannot be set for DELETE")
	    : 0;
}

/* The SELECT of the row that an INSERT … IF NOT EXISTS must not find, and what is answered then. */
static int
plan_existing(const struct sst_planner *p, const struct sst_relation *place)
{
	static const struct sst_type boolean = { .kind = SST_BOOLEAN, .fixed_len = 1 };
	struct sst_plan *plan = p->plan, *x = sst_planner_zeroed(p, 1, sizeof(*x));
	struct sst_planner q = *p;
	struct sst_dml all = { .kind = SST_SELECT };

	if (x == NULL)
		return -1;
	x->kind = SST_SELECT;
	x->table = p->table;
	x->marks = plan->marks; /* the same markers, announced alike */
	q.plan = x;
	q.dml = &all;
	if (sst_plan_all_outputs(&q) == -1 || sst_plan_name_results(&q) == -1 ||
	    sst_where_make(&x->where, p->arena, p->table, place, false, &x->marks, p->e) == -1)
		return -1;
	plan->napplied = x->nresults + 1;
	plan->applied = sst_planner_zeroed(p, plan->napplied, sizeof(*plan->applied));
	if (plan->applied == NULL)
		return -1;
	plan->applied[0] = (struct sst_spec){ SST_SLICE_LIT("[applied]"), &boolean };
	memcpy(plan->applied + 1, x->results, x->nresults * sizeof(*x->results));
	plan->existing = x;
	return 0;
}

int
sst_plan_change(const struct sst_planner *p)
{
	const struct sst_dml *d = p->dml;
	struct sst_plan *plan = p->plan;
	const struct sst_term *ts_us = d->ts_us != NULL ? d->ts_us : d->batch_ts_us;
	struct sst_relation *place = NULL;

	if (check_statement(p) == -1 || check_twice(p) == -1)
		return -1;
	plan->row_level = plan->kind == SST_DELETE && d->set == NULL;
	if ((ts_us != NULL &&
		sst_planner_operand(p, &plan->ts_us, ts_us, SST_SLICE_LIT("[timestamp]"),
		    &sst_plan_bigint) == -1) ||
	    (d->ttl_s != NULL &&
		sst_planner_operand(
		    p, &plan->ttl_s, d->ttl_s, SST_SLICE_LIT("[ttl]"), &sst_plan_int) == -1) ||
	    plan_changes(p, &place) == -1 ||
	    check_relations(p, plan->kind == SST_INSERT ? place : d->where) == -1 ||
	    sst_where_make(&plan->where, p->arena, p->table,
		plan->kind == SST_INSERT ? place : d->where, false, &plan->marks, p->e) == -1)
		return -1;
	if (plan->ttl_s != NULL && plan->ttl_s->kind == SST_OPERAND_NULL)
		return sst_refuse(p->e, "Invalid null value of [ttl]");
	if (check_looks(p) == -1 || check_place(p) == -1)
		return -1;
	return d->if_not_exists ? plan_existing(p, place) : 0;
}
