/* query/planselect.c: what a SELECT gives, in which order, and how much of it. */
#include "query/planning.h"

/* ---- columns of the result ---- */

static int
name_is(struct sst_slice s, const char *name)
{
	return sst_slice_eq(s, sst_slice_str(name));
}

static int
output_token(const struct sst_planner *p, struct sst_output *o, const struct sst_selector *s)
{
	size_t i = 0;

	for (const struct sst_selector *a = s->args; a != NULL; a = a->next, i++)
		if (i >= p->table->nkey || a->kind != SST_SELECT_COLUMN ||
		    !sst_slice_eq(a->name, p->table->key[i].name))
			break;
	if (i != p->table->nkey)
		return sst_refuse_name(
		    p->e, "Invalid number of arguments in call to function %.*s", s->name);
	o->kind = SST_OUTPUT_TOKEN;
	return 0;
}

/* writetime(c), ttl(c), count(c): of one column. */
static int
output_call(const struct sst_planner *p, struct sst_output *o, const struct sst_selector *s)
{
	bool wt = name_is(s->name, "writetime"), ttl = name_is(s->name, "ttl");

	if (name_is(s->name, "token"))
		return output_token(p, o, s);
	if (!wt && !ttl && !name_is(s->name, "count"))
		return sst_refuse_name(p->e, "Unknown function %.*s", s->name);
	if (s->args == NULL || s->args->next != NULL || s->args->kind != SST_SELECT_COLUMN)
		return sst_refuse_name(p->e, "%.*s: one column is expected", s->name);
	if (sst_planner_column(p, &o->of, s->args->name) == -1)
		return -1;
	o->kind = wt ? SST_OUTPUT_WRITETIME : ttl ? SST_OUTPUT_TTL : SST_OUTPUT_COUNT;
	if (o->kind == SST_OUTPUT_COUNT)
		return 0;
	if (o->of.kind == SST_COLUMN_KEY || o->of.kind == SST_COLUMN_CK)
		return sst_refuse_name(p->e,
		    "Cannot use selection function writeTime or ttl on PRIMARY KEY part %.*s",
		    s->args->name);
	if (o->of.column->type->multicell)
		return sst_refuse_name(p->e,
		    "Cannot use selection function writeTime or ttl on %.*s, which is not "
		    "frozen",
		    s->args->name);
	return 0;
}

static int
output_part(const struct sst_planner *p, struct sst_output *o, const struct sst_selector *s)
{
	const struct sst_type *t;

	if (s->args->kind != SST_SELECT_COLUMN)
		return sst_refuse_unsupported(p->e, "parts of parts of a column are");
	if (sst_planner_column(p, &o->of, s->args->name) == -1)
		return -1;
	t = o->of.column->type;
	if (s->kind == SST_SELECT_FIELD) {
		o->kind = SST_OUTPUT_FIELD;
		return sst_planner_field(p, t, s->field, &o->field);
	}
	if (t->kind != SST_MAP)
		return sst_refuse_name(
		    p->e, "Invalid element selection: %.*s is not a map", s->args->name);
	o->kind = SST_OUTPUT_ELEMENT;
	return sst_planner_operand(p, &o->key, s->key, s->args->name, t->args[0]);
}

static const struct sst_type *
output_type(const struct sst_output *o)
{
	switch (o->kind) {
	case SST_OUTPUT_COUNT:
	case SST_OUTPUT_WRITETIME:
	case SST_OUTPUT_TOKEN:
		return &sst_plan_bigint;
	case SST_OUTPUT_TTL:
		return &sst_plan_int;
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
output_name(const struct sst_planner *p, const struct sst_selector *s, struct sst_slice *name)
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
output(const struct sst_planner *p, struct sst_output *o, const struct sst_selector *s)
{
	switch (s->kind) {
	case SST_SELECT_COLUMN:
		return sst_planner_column(p, &o->of, s->name);
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
		return sst_refuse_unsupported(p->e, "cast() is");
	default:
		return sst_refuse_unsupported(p->e, "a literal among the columns of a SELECT is");
	}
}

/* SELECT *: key, clustering, then statics and regulars by name, as Cassandra orders them. */
static int
outputs_of_all(const struct sst_planner *p)
{
	const struct sst_table *t = p->table;
	struct sst_plan *plan = p->plan;
	const size_t n[] = { t->nkey, t->nck, t->nstatic, t->nregular };
	const struct sst_column *const from[] = { t->key, t->ck, t->statics, t->regulars };

	plan->outputs = sst_planner_zeroed(p, n[0] + n[1] + n[2] + n[3], sizeof(*plan->outputs));
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
outputs_named(const struct sst_planner *p)
{
	struct sst_plan *plan = p->plan;
	size_t n = 0, counts = 0;

	for (const struct sst_selector *s = p->dml->selectors; s != NULL; s = s->next)
		n++;
	if ((plan->outputs = sst_planner_zeroed(p, n, sizeof(*plan->outputs))) == NULL)
		return -1;
	for (const struct sst_selector *s = p->dml->selectors; s != NULL; s = s->next) {
		struct sst_output *o = &plan->outputs[plan->noutputs++];

		if (output(p, o, s) == -1)
			return -1;
		counts += o->kind == SST_OUTPUT_COUNT;
	}
	plan->count = counts > 0;
	return counts == 0 || counts == n
	    ? 0
	    : sst_refuse_unsupported(p->e, "count() beside columns is");
}

static int
name_results(const struct sst_planner *p)
{
	struct sst_plan *plan = p->plan;
	const struct sst_selector *s = p->dml->selectors;

	if ((plan->results = sst_planner_zeroed(p, plan->noutputs + 1, sizeof(*plan->results))) ==
	    NULL)
		return -1;
	for (size_t i = 0; i < plan->noutputs; i++) {
		plan->results[i].type = output_type(&plan->outputs[i]);
		if (plan->outputs[i].of.column != NULL)
			sst_planner_note(plan, &plan->outputs[i].of);
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
plan_order(const struct sst_planner *p)
{
	const struct sst_name_list *o = p->dml->order;
	const struct sst_table *t = p->table;
	struct sst_plan *plan = p->plan;

	if (o == NULL)
		return 0;
	if (!plan->where.by_key)
		return sst_refuse(p->e,
		    "ORDER BY is only supported when the partition key is restricted by an EQ or "
		    "an IN.");
	for (size_t i = 0; i < t->nkey; i++)
		if (plan->where.key[i].kind == SST_IN)
			return sst_refuse_unsupported(
			    p->e, "ORDER BY over partitions named by IN is");
	plan->reversed = o->desc != t->ck[0].type->reversed;
	for (size_t i = 0; o != NULL; i++, o = o->next) {
		if (i >= t->nck || !sst_slice_eq(o->name, t->ck[i].name))
			return sst_refuse_name(p->e,
			    "Order by is currently only supported on the clustered columns of "
			    "the PRIMARY KEY, in their order: %.*s",
			    o->name);
		if ((o->desc != t->ck[i].type->reversed) != plan->reversed)
			return sst_refuse(p->e, "Unsupported order by relation");
	}
	return 0;
}

static int
plan_distinct(const struct sst_planner *p)
{
	if (!p->dml->distinct)
		return 0;
	p->plan->distinct = true;
	if (p->plan->wants_rows || p->dml->selectors == NULL || p->plan->where.ck_restricted)
		return sst_refuse(p->e,
		    "SELECT DISTINCT queries must only request partition key columns and/or static "
		    "columns");
	return 0;
}

int
sst_plan_select(const struct sst_planner *p)
{
	const struct sst_dml *d = p->dml;
	struct sst_plan *plan = p->plan;

	if (d->group != NULL)
		return sst_refuse_unsupported(p->e, "GROUP BY is");
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
		plan->results = sst_planner_zeroed(p, 1, sizeof(*plan->results));
		if (plan->results == NULL)
			return -1;
		plan->results[0] = (struct sst_spec){ SST_SLICE_LIT("[json]"), &sst_plan_text };
		return sst_refuse_unsupported(p->e, "SELECT JSON is");
	}
	if (d->per_partition_limit != NULL &&
	    sst_planner_operand(p, &plan->per_partition_limit, d->per_partition_limit,
		SST_SLICE_LIT("[per_partition_limit]"), &sst_plan_int) == -1)
		return -1;
	return d->limit == NULL ? 0
				: sst_planner_operand(p, &plan->limit, d->limit,
				      SST_SLICE_LIT("[limit]"), &sst_plan_int);
}
