/* query/plan.c: a statement made ready, and which of its markers are the key. */
#include "query/planning.h"

const struct sst_type sst_plan_bigint = { .kind = SST_BIGINT, .fixed_len = 8 };
const struct sst_type sst_plan_int = { .kind = SST_INT, .fixed_len = 4 };
const struct sst_type sst_plan_text = { .kind = SST_TEXT, .fixed_len = -1 };

void *
sst_planner_zeroed(const struct sst_planner *p, size_t n, size_t size)
{
	void *r = sst_arena_zeroed(p->arena, n + 1, size);

	if (r == NULL)
		sst_fail_nomem(p->e);
	return r;
}

int
sst_planner_operand(const struct sst_planner *p, const struct sst_operand **out,
    const struct sst_term *t, struct sst_slice name, const struct sst_type *type)
{
	struct sst_spec spec = { name, type };
	struct sst_operand *o = sst_planner_zeroed(p, 1, sizeof(*o));

	*out = o;
	if (o == NULL)
		return -1;
	return sst_operand_make(o, p->arena, t, &spec, &p->plan->marks, p->e);
}

int
sst_planner_name(
    const struct sst_planner *p, struct sst_slice *out, const char *format, struct sst_slice column)
{
	struct sst_buf b = { 0 };

	sst_buf_addf(&b, format, (int)column.n, (const char *)column.p);
	*out = b.bad ? (struct sst_slice){ NULL, 0 } : sst_arena_slice(p->arena, sst_buf_slice(&b));
	sst_buf_free(&b);
	return out->p == NULL ? sst_fail_nomem(p->e) : 0;
}

int
sst_planner_column(const struct sst_planner *p, struct sst_column_ref *c, struct sst_slice name)
{
	return sst_column_ref_find(c, p->table, name) ? 0
						      : sst_refuse_undefined(p->e, p->table, name);
}

void
sst_planner_note(struct sst_plan *plan, const struct sst_column_ref *c)
{
	plan->wants_static |= c->kind == SST_COLUMN_STATIC;
	plan->wants_rows |= c->kind == SST_COLUMN_CK || c->kind == SST_COLUMN_REGULAR;
}

int
sst_planner_field(
    const struct sst_planner *p, const struct sst_type *t, struct sst_slice name, size_t *i)
{
	if (t->kind != SST_UDT)
		return sst_refuse_name(
		    p->e, "Invalid field selection: %.*s of what is no user type", name);
	for (*i = 0; *i < t->nargs; (*i)++)
		if (sst_slice_eq(t->fields[*i], name))
			return 0;
	return sst_refuse_name(p->e, "Undefined field %.*s", name);
}

/* Which markers give the partition key; a column given otherwise spoils it for clients. */
static int
plan_pk(const struct sst_planner *p)
{
	const struct sst_where *w = &p->plan->where;

	if ((p->plan->pk = sst_planner_zeroed(p, p->table->nkey, sizeof(*p->plan->pk))) == NULL)
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
	struct sst_planner p = { NULL, arena, dml, table, e };
	struct sst_plan *plan = sst_planner_zeroed(&p, 1, sizeof(*plan));

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
	plan->ncalls = dml->ncalls;
	if ((plan->marks.specs = sst_planner_zeroed(&p, dml->nmarks, sizeof(*plan->marks.specs))) ==
	    NULL)
		return -1;
	if ((dml->kind == SST_SELECT ? sst_plan_select(&p) : sst_plan_change(&p)) == -1 ||
	    plan_pk(&p) == -1)
		return -1;
	*out = plan;
	return 0;
}
