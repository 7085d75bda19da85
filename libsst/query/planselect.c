/* query/planselect.c: what a SELECT gives, in which order, and how much of it. */
#include <stdio.h>

#include "base/num.h"
#include "query/planning.h"

/* ---- columns of the result ---- */

static int
name_is(struct sst_slice s, const char *name)
{
	return sst_slice_eq(s, sst_slice_str(name));
}

static int output(const struct sst_planner *, struct sst_output *, const struct sst_selector *);

static int
output_token(const struct sst_planner *p, struct sst_output *o, const struct sst_selector *s)
{
	const struct sst_table *t = p->table;
	size_t i = 0, n = 0;

	for (const struct sst_selector *a = s->args; a != NULL; a = a->next, n++)
		i += n < t->nkey && a->kind == SST_SELECT_COLUMN &&
		    sst_slice_eq(a->name, t->key[n].name);
	if (n != t->nkey)
		return sst_fail(p->e, SST_EINVAL, NULL, SST_NOWHERE,
		    "Invalid number of arguments in call to function system.token: %zu required "
		    "but "
		    "%zu provided",
		    t->nkey, n);
	if (i != n)
		return sst_refuse_unsupported(p->e, "token() of other than the partition key is");
	o->kind = SST_OUTPUT_TOKEN;
	o->type = &sst_plan_bigint;
	return 0;
}

/* Of what has several cells the times are a list. */
static const struct sst_type *
list_of(const struct sst_planner *p, const struct sst_type *element)
{
	struct sst_type *list = sst_planner_zeroed(p, 1, sizeof(*list));
	const struct sst_type **args = sst_planner_zeroed(p, 1, sizeof(*args));

	if (list == NULL || args == NULL)
		return NULL;
	args[0] = element;
	*list = (struct sst_type){ .kind = SST_LIST, .fixed_len = -1, .nargs = 1, .args = args };
	return list;
}

/* What stands between the brackets of map[key]. */
static int
plan_key(const struct sst_planner *p, struct sst_output *o, const struct sst_selector *element,
    const struct sst_type *map)
{
	struct sst_slice name;

	if (sst_planner_name(p, &name, "key(%.*s)", element->args->name) == -1)
		return -1;
	return sst_planner_operand(p, &o->key, element->key, name, map->args[0]);
}

/* writetime(c['x']), ttl(c.f): of one cell of a column that has several. */
static int
output_of_part(const struct sst_planner *p, struct sst_output *o, const struct sst_selector *part)
{
	const struct sst_type *t;

	if (part->args == NULL || part->args->kind != SST_SELECT_COLUMN)
		return sst_refuse_unsupported(p->e, "writetime() and ttl() of parts of parts are");
	if (sst_planner_column(p, &o->of, part->args->name) == -1)
		return -1;
	t = o->of.column->type;
	if (!t->multicell || (t->kind != SST_MAP && t->kind != SST_UDT))
		return sst_refuse_unsupported(
		    p->e, "writetime() and ttl() of parts of other than maps and user types are");
	if ((part->kind == SST_SELECT_ELEMENT) != (t->kind == SST_MAP))
		return sst_refuse_name(
		    p->e, "Invalid selection of a part of %.*s", part->args->name);
	if (part->kind == SST_SELECT_FIELD) {
		o->part = SST_PART_FIELD;
		return sst_planner_field(p, t, part->field, &o->field);
	}
	o->part = SST_PART_ELEMENT;
	return plan_key(p, o, part, t);
}

/* writetime(c), maxwritetime(c), ttl(c), count(c): of one column. */
static int
output_of_cells(const struct sst_planner *p, struct sst_output *o, const struct sst_selector *s,
    enum sst_output_kind kind)
{
	o->kind = kind;
	o->type = kind == SST_OUTPUT_TTL ? &sst_plan_int : &sst_plan_bigint;
	if (s->args == NULL || s->args->next != NULL)
		return sst_refuse_name(p->e, "%.*s: one column is expected", s->name);
	if ((s->args->kind == SST_SELECT_ELEMENT || s->args->kind == SST_SELECT_FIELD) &&
	    (kind == SST_OUTPUT_WRITETIME || kind == SST_OUTPUT_TTL))
		return output_of_part(p, o, s->args);
	if (s->args->kind != SST_SELECT_COLUMN)
		return sst_refuse_unsupported(
		    p->e, "maxwritetime() and count() of parts, or of no column, are");
	if (sst_planner_column(p, &o->of, s->args->name) == -1)
		return -1;
	if (kind == SST_OUTPUT_COUNT)
		return 0;
	if (o->of.kind == SST_COLUMN_KEY || o->of.kind == SST_COLUMN_CK)
		return sst_fail(p->e, SST_EINVAL, NULL, SST_NOWHERE,
		    "Cannot use selection function %.*s on PRIMARY KEY part %.*s",
		    SST_NAME_ARGS(s->name), SST_NAME_ARGS(s->args->name));
	if (o->of.column->type->multicell && kind != SST_OUTPUT_MAX_WRITETIME)
		o->type = list_of(p, o->type);
	return o->type == NULL ? -1 : 0;
}

static int
output_function(const struct sst_planner *p, struct sst_output *o, const struct sst_selector *s)
{
	struct sst_output *arg = NULL;
	enum sst_kind hint = SST_CUSTOM;
	size_t n = 0;

	for (const struct sst_selector *a = s->args; a != NULL; a = a->next)
		n++;
	o->kind = SST_OUTPUT_CALL;
	o->nth = s->nth;
	if (s->nth >= SST_CALLS_MAX)
		return sst_fail(p->e, SST_ELIMIT, NULL, SST_NOWHERE,
		    "more than %d calls of functions in a statement", SST_CALLS_MAX);
	if (n == 1 && (arg = sst_planner_zeroed(p, 1, sizeof(*arg))) == NULL)
		return -1;
	if (n == 1 && s->args->kind != SST_SELECT_TERM && output(p, arg, s->args) == -1)
		return -1;
	if (n == 1 && s->args->kind == SST_SELECT_TERM)
		hint = s->args->key->kind == SST_TERM_UUID ? SST_TIMEUUID : SST_DATE;
	if (sst_function_find(&o->function, p->arena, s->name, n, arg != NULL ? arg->type : NULL,
		hint, p->e) == -1)
		return -1;
	o->type = o->function->result;
	o->arg = arg;
	if (arg == NULL)
		return 0;
	if (arg->type != NULL)
		return arg->type->kind == o->function->arg->kind ||
			o->function->arg->kind == SST_BLOB
		    ? 0
		    : sst_refuse_name(
			  p->e, "Type error: wrong type of the argument of %.*s()", s->name);
	arg->kind = SST_OUTPUT_VALUE;
	arg->type = o->function->arg;
	return sst_planner_operand(p, &arg->key, s->args->key, s->name, arg->type);
}

static int
output_call(const struct sst_planner *p, struct sst_output *o, const struct sst_selector *s)
{
	static const struct {
		const char *name;
		enum sst_output_kind kind;
	} cells[] = { { "writetime", SST_OUTPUT_WRITETIME },
		{ "maxwritetime", SST_OUTPUT_MAX_WRITETIME }, { "ttl", SST_OUTPUT_TTL },
		{ "count", SST_OUTPUT_COUNT } };
	static const char *const aggregates[] = { "max", "min", "sum", "avg" };
	char what[16];

	for (size_t i = 0; i < SST_ARRAY_LEN(cells); i++)
		if (name_is(s->name, cells[i].name))
			return output_of_cells(p, o, s, cells[i].kind);
	for (size_t i = 0; i < SST_ARRAY_LEN(aggregates); i++)
		if (name_is(s->name, aggregates[i])) {
			snprintf(what, sizeof(what), "%s() is", aggregates[i]);
			return sst_refuse_unsupported(p->e, what);
		}
	if (name_is(s->name, "tojson") || name_is(s->name, "to_json"))
		return sst_refuse_unsupported(p->e, "toJson() is");
	return name_is(s->name, "token") ? output_token(p, o, s) : output_function(p, o, s);
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
		if (sst_planner_field(p, t, s->field, &o->field) == -1)
			return -1;
		o->type = t->args[o->field];
		return 0;
	}
	if (t->kind != SST_MAP)
		return sst_refuse_name(
		    p->e, "Invalid element selection: %.*s is not a map", s->args->name);
	o->kind = SST_OUTPUT_ELEMENT;
	o->type = t->args[1];
	return plan_key(p, o, s, t);
}

/* Cassandra names what is no column by its text, without white space and in lower case, and where a
 * function comes from. */
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
	if ((to = sst_arena_array(p->arena, s->text.n + 4, 2)) == NULL)
		return sst_fail_nomem(p->e);
	*name = (struct sst_slice){ to, 0 };
	if (s->kind == SST_SELECT_CALL && s->keyspace.n == 0 && !name_is(s->name, "writetime") &&
	    !name_is(s->name, "maxwritetime") && !name_is(s->name, "ttl")) {
		memcpy(to, "system.", 7);
		name->n = 7;
	}
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
		if (sst_planner_column(p, &o->of, s->name) == -1)
			return -1;
		o->type = o->of.column->type;
		return 0;
	case SST_SELECT_COUNT:
		o->kind = SST_OUTPUT_COUNT;
		o->any = true;
		o->type = &sst_plan_bigint;
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
int
sst_plan_all_outputs(const struct sst_planner *p)
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
			struct sst_output o = { .of = { (enum sst_column_kind)k, i, &from[k][i] },
				.type = from[k][i].type };
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

int
sst_plan_name_results(const struct sst_planner *p)
{
	struct sst_plan *plan = p->plan;
	const struct sst_selector *s = p->dml->selectors;

	if ((plan->results = sst_planner_zeroed(p, plan->noutputs + 1, sizeof(*plan->results))) ==
	    NULL)
		return -1;
	for (size_t i = 0; i < plan->noutputs; i++) {
		plan->results[i].type = plan->outputs[i].type;
		for (const struct sst_output *o = &plan->outputs[i]; o != NULL; o = o->arg)
			if (o->of.column != NULL)
				sst_planner_note(plan, &o->of);
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
	struct sst_column_ref c;

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
		if (sst_planner_column(p, &c, o->name) == -1)
			return -1;
		if (c.kind != SST_COLUMN_CK)
			return sst_refuse_name(p->e,
			    "Order by is currently only supported on the clustered columns of "
			    "the PRIMARY KEY, got %.*s",
			    o->name);
		if (c.i != i)
			return sst_refuse(p->e,
			    "Order by currently only supports the ordering of columns following "
			    "their declared order in the PRIMARY KEY");
		if ((o->desc != t->ck[i].type->reversed) != plan->reversed)
			return sst_refuse(p->e, "Unsupported order by relation");
	}
	return 0;
}

/* DISTINCT of a part of the key. */
static int
refuse_partial(const struct sst_planner *p)
{
	const struct sst_plan *plan = p->plan;

	for (size_t k = 0; k < p->table->nkey; k++) {
		size_t i = 0;

		while (i < plan->noutputs &&
		    (plan->outputs[i].of.kind != SST_COLUMN_KEY || plan->outputs[i].of.i != k ||
			plan->outputs[i].of.column == NULL))
			i++;
		if (i == plan->noutputs)
			return sst_refuse_name(p->e,
			    "SELECT DISTINCT queries must request all the partition key columns "
			    "(missing %.*s)",
			    p->table->key[k].name);
	}
	return 0;
}

static int
plan_distinct(const struct sst_planner *p)
{
	struct sst_plan *plan = p->plan;
	bool filtered = false;
	size_t keys = 0;

	if (!p->dml->distinct)
		return 0;
	plan->distinct = true;
	for (size_t i = 0; i < plan->noutputs; i++) {
		const struct sst_column_ref *c = &plan->outputs[i].of;

		keys += plan->outputs[i].kind == SST_OUTPUT_COLUMN && c->kind == SST_COLUMN_KEY;
		if (plan->outputs[i].kind == SST_OUTPUT_TOKEN) /* of all of them */
			keys += p->table->nkey;
		if (c->column != NULL &&
		    (c->kind == SST_COLUMN_CK || c->kind == SST_COLUMN_REGULAR))
			return sst_refuse_name(p->e,
			    "SELECT DISTINCT queries must only request partition key columns "
			    "and/or "
			    "static columns (not %.*s)",
			    c->column->name);
	}
	if (plan->wants_rows)
		return sst_refuse(p->e,
		    "SELECT DISTINCT queries must only request partition key columns and/or static "
		    "columns");
	for (size_t i = 0; i < plan->where.nfilters; i++)
		filtered |= plan->where.filters[i].kind == SST_COLUMN_CK ||
		    plan->where.filters[i].kind == SST_COLUMN_REGULAR;
	if (plan->where.ck_restricted || filtered)
		return sst_refuse(p->e,
		    "SELECT DISTINCT with WHERE clause only supports restriction by partition key "
		    "and/or static columns.");
	if (keys < p->table->nkey)
		return refuse_partial(p);
	if (p->dml->per_partition_limit != NULL)
		return sst_refuse(
		    p->e, "PER PARTITION LIMIT is not allowed with SELECT DISTINCT queries");
	return 0;
}

int
sst_plan_select(const struct sst_planner *p)
{
	const struct sst_dml *d = p->dml;
	struct sst_plan *plan = p->plan;

	if (d->group != NULL)
		return sst_refuse_unsupported(p->e, "GROUP BY is");
	if ((d->selectors == NULL ? sst_plan_all_outputs(p) : outputs_named(p)) == -1 ||
	    sst_plan_name_results(p) == -1 ||
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
