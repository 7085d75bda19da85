/* query/cas.c: the first row of a SELECT, behind a boolean. */
#include "query/cas.h"

#include <stdlib.h>

struct sst_cas {
	const struct sst_plan *plan;
	struct sst_select *select;
	struct sst_slice *values;
};

int
sst_cas_open(struct sst_cas **out, struct sst_db *db, const struct sst_plan *plan,
    const struct sst_select_opts *opts, struct sst_err *e)
{
	struct sst_select_opts o = { .args = opts->args,
		.now_s = opts->now_s,
		.at = opts->at,
		.nonblocking = opts->nonblocking,
		.tombstones_max = opts->tombstones_max };
	struct sst_cas *c = calloc(1, sizeof(*c));

	*out = NULL;
	if (c == NULL)
		return sst_fail_nomem(e);
	c->plan = plan;
	if ((c->values = calloc(plan->napplied, sizeof(*c->values))) == NULL)
		sst_fail_nomem(e);
	else if (sst_select_open(&c->select, db, plan->existing, &o, e) == 0) {
		*out = c;
		return 0;
	}
	sst_cas_close(c);
	return -1;
}

/* Of a row that stands for a partition the statics must be there: rows alone do not count. */
static bool
counts(const struct sst_cas *c, const struct sst_slice *row)
{
	const struct sst_plan *x = c->plan->existing;

	if (c->plan->table->nck == 0 || x->where.ck_restricted)
		return true;
	for (size_t i = 0; i < x->noutputs; i++)
		if (x->outputs[i].of.kind == SST_COLUMN_STATIC && row[i].p != NULL)
			return true;
	return false;
}

int
sst_cas_next(struct sst_cas *c, const struct sst_slice **values, size_t *n, struct sst_err *e)
{
	static const uint8_t no = 0, yes = 1;
	const struct sst_slice *row;
	int r = sst_select_next(c->select, &row, e);

	*values = c->values;
	*n = 1;
	if (r != SST_ONE && r != 0)
		return r;
	if (r == SST_ONE && !counts(c, row))
		r = 0;
	c->values[0] = (struct sst_slice){ r == SST_ONE ? &no : &yes, 1 };
	if (r == 0)
		return 0;
	memcpy(c->values + 1, row, c->plan->existing->nresults * sizeof(*row));
	*n = c->plan->napplied;
	return SST_ONE;
}

void
sst_cas_want(struct sst_cas *c, struct sst_want *want)
{
	sst_select_want(c->select, want);
}

void
sst_cas_close(struct sst_cas *c)
{
	if (c == NULL)
		return;
	sst_select_close(c->select);
	free(c->values);
	free(c);
}
