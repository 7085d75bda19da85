/* cmd/sstdiff/same.c: contents, member by member. */
#include "sstdiff/same.h"

#include "row/counter.h"
#include "row/reconcile.h"

static bool
same_liveness(const struct sst_liveness *a, const struct sst_liveness *b)
{
	return a->ts_us == b->ts_us &&
	    (a->ts_us == SST_NO_TS || (a->ttl_s == b->ttl_s && a->expiry_s == b->expiry_s));
}

static bool
same_cell(const struct sst_cell *a, const struct sst_cell *b)
{
	if (a->col != b->col || a->ts_us != b->ts_us || a->ttl_s != b->ttl_s ||
	    a->ldt_s != b->ldt_s || !sst_slice_same(a->path, b->path))
		return false;
	return sst_cell_is_tombstone(a) || sst_slice_same(a->value, b->value);
}

static bool
same_shadowable(const struct sst_row *a, const struct sst_row *b)
{
	struct sst_deletion x = sst_row_under(a), y = sst_row_under(b);

	return a->shadowable == b->shadowable && sst_deletion_eq(&x, &y);
}

static bool
same_row(const struct sst_row *a, const struct sst_row *b)
{
	size_t i;

	if (a->ncells != b->ncells || a->ncomplex != b->ncomplex ||
	    !same_liveness(&a->live, &b->live) || !sst_deletion_eq(&a->del, &b->del) ||
	    (!sst_deletion_is_live(&a->del) && !same_shadowable(a, b)))
		return false;
	for (i = 0; i < a->ncells; i++)
		if (!same_cell(&a->cells[i], &b->cells[i]))
			return false;
	for (i = 0; i < a->ncomplex; i++)
		if (a->complex[i].col != b->complex[i].col ||
		    !sst_deletion_eq(&a->complex[i].del, &b->complex[i].del))
			return false;
	return true;
}

/* Nodes of two clusters count by other names, and yet to the same sum. */
static bool
same_total(struct sst_slice a, struct sst_slice b)
{
	struct sst_err ignored;
	int64_t x, y;

	return sst_counter_total(&x, a, &ignored) == 0 && sst_counter_total(&y, b, &ignored) == 0 &&
	    x == y;
}

static bool
same_values(const struct sst_column *cols, const struct sst_row *a, const struct sst_row *b)
{
	const struct sst_cell *x, *y;
	size_t i;

	if (a->ncells != b->ncells || (a->live.ts_us == SST_NO_TS) != (b->live.ts_us == SST_NO_TS))
		return false;
	for (i = 0; i < a->ncells; i++) {
		x = &a->cells[i];
		y = &b->cells[i];
		if (x->col != y->col || !sst_slice_same(x->path, y->path))
			return false;
		if (!sst_slice_same(x->value, y->value) &&
		    (cols[x->col].type->kind != SST_COUNTER || !same_total(x->value, y->value)))
			return false;
	}
	return true;
}

bool
same_item(const struct sst_table *t, const struct sst_item *a, const struct sst_item *b,
    enum exactness exactness)
{
	if (exactness == VALUES)
		return same_values(
		    a->kind == SST_STATIC ? t->statics : t->regulars, &a->row, &b->row);
	if (a->kind == SST_MARKER)
		return sst_deletion_eq(&a->marker.before, &b->marker.before) &&
		    sst_deletion_eq(&a->marker.after, &b->marker.after);
	return same_row(&a->row, &b->row);
}
