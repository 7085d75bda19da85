/* query/lists.c: the cells of lists, read before they are changed. */
#include "query/lists.h"

#include <stdlib.h>

#include "query/refuse.h"
#include "row/reconcile.h"

struct sst_lists {
	const struct sst_table *table;
	struct sst_row statik; /* with the cells of lists alone, as all of them */
	struct sst_row *rows;
	size_t n, cap;
};

struct reader {
	struct sst_lists *to;
	const struct sst_plan *plan;
	bool *statics, *regulars; /* of which columns cells are wanted */
	struct sst_cell *kept;    /* scratch */
	size_t cap;
	struct sst_arena *arena;
	struct sst_err *e;
};

static int
begin(struct reader *r, const struct sst_table *t)
{
	r->to = sst_arena_zeroed(r->arena, 1, sizeof(*r->to));
	r->statics = sst_arena_zeroed(r->arena, t->nstatic + 1, sizeof(*r->statics));
	r->regulars = sst_arena_zeroed(r->arena, t->nregular + 1, sizeof(*r->regulars));
	if (r->to == NULL || r->statics == NULL || r->regulars == NULL)
		return sst_fail_nomem(r->e);
	r->to->table = t;
	for (size_t i = 0; i < r->plan->nchanges; i++) {
		const struct sst_change *c = &r->plan->changes[i];

		if (sst_change_looks(c))
			(c->of.kind == SST_COLUMN_STATIC ? r->statics : r->regulars)[c->of.i] =
			    true;
	}
	return 0;
}

/* A row with the wanted cells alone. */
static int
keep(struct reader *r, const struct sst_item *item, struct sst_row *to)
{
	const bool *wanted = item->kind == SST_STATIC ? r->statics : r->regulars;
	struct sst_item few = *item, copy;
	size_t n = item->row.ncells;

	if (n > r->cap) {
		if ((r->kept = sst_arena_array(r->arena, 2 * n, sizeof(*r->kept))) == NULL)
			return sst_fail_nomem(r->e);
		r->cap = 2 * n;
	}
	few.row.ncells = few.row.ncomplex = 0;
	few.row.cells = r->kept;
	for (size_t i = 0; i < n; i++)
		if (wanted[item->row.cells[i].col])
			r->kept[few.row.ncells++] = item->row.cells[i];
	if (sst_item_copy(&copy, &few, r->to->table, r->arena, r->e) == -1)
		return -1;
	*to = copy.row;
	return 0;
}

static int
add_row(struct reader *r, const struct sst_item *item)
{
	struct sst_lists *l = r->to;
	struct sst_row *more;

	if (l->n == l->cap) {
		size_t cap = l->cap == 0 ? 4 : 2 * l->cap;

		if ((more = sst_arena_array(r->arena, cap, sizeof(*more))) == NULL)
			return sst_fail_nomem(r->e);
		if (l->n > 0)
			memcpy(more, l->rows, l->n * sizeof(*more));
		l->rows = more;
		l->cap = cap;
	}
	return keep(r, item, &l->rows[l->n++]);
}

/* Rows are passed over where only the static row is wanted. */
static int
take_all(struct reader *r, struct sst_stream *s, bool rows)
{
	const struct sst_item *item;
	int rc;

	while ((rc = sst_stream_next(s, &item, r->e)) == SST_ONE) {
		if (item->kind == SST_STATIC && keep(r, item, &r->to->statik) == -1)
			return -1;
		if (item->kind == SST_ROW && !rows)
			return 0;
		if (item->kind == SST_ROW && add_row(r, item) == -1)
			return -1;
	}
	return rc;
}

int
sst_lists_read(struct sst_lists **out, struct sst_db *db, const struct sst_plan *plan,
    const struct sst_lists_opts *opts, struct sst_arena *arena, struct sst_err *e)
{
	struct reader r = { .plan = plan, .arena = arena, .e = e };
	struct sst_bind bind = { opts->args, plan->marks.n, arena, opts->at };
	struct sst_read read = {
		.table = plan->table, .now_s = opts->now_s, .tombstones_max = opts->tombstones_max
	};
	struct sst_stream *s;
	struct sst_slice *keys;
	struct sst_range *slices;
	size_t nkeys;
	bool all;
	int rc;

	*out = NULL;
	if (sst_where_keys(&plan->where, &bind, &keys, &nkeys, e) == -1 ||
	    sst_where_slices(&plan->where, &bind, &slices, &read.nslices, &all, e) == -1 ||
	    begin(&r, plan->table) == -1)
		return -1;
	if (nkeys > 1)
		return sst_refuse_unsupported(
		    e, "looking at lists in several partitions at once is");
	*out = r.to;
	if (nkeys == 0 || (!all && read.nslices == 0)) /* IN () */
		return 0;
	read.key = keys[0];
	read.slices = slices;
	if (db->ops->read(db, &read, &s, NULL, e) == -1)
		return -1;
	rc = take_all(&r, s, !all || plan->table->nck == 0);
	sst_stream_close(s);
	return rc;
}

/* ---- what they hold ---- */

static const struct sst_row *
find_row(const struct sst_lists *l, const struct sst_slice *ck)
{
	size_t lo = 0, hi = l->n, nck = l->table->nck;

	if (ck == NULL)
		return &l->statik;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = sst_clustering_compare(l->table, l->rows[mid].ck, nck, ck, nck);

		if (c == 0)
			return &l->rows[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

struct version { /* of an element */
	const struct sst_cell *cell;
	const struct sst_type *path;
	size_t n; /* 0: as it was read; else which of the changes it is */
};

static int
compare(const void *va, const void *vb)
{
	const struct version *a = va, *b = vb;
	int c = sst_type_compare(a->path, a->cell->path, b->cell->path);

	return c != 0 ? c : (a->n > b->n) - (a->n < b->n);
}

/* Of the versions of one element from i on the one that counts: of changes the last, if it wins over what
 * was there. */
static const struct sst_cell *
winner(const struct version *v, size_t i, size_t end)
{
	const struct sst_cell *was = v[i].n == 0 ? v[i].cell : NULL, *last = v[end - 1].cell;

	return was != NULL && sst_cell_reconcile(was, last) > 0 ? was : last;
}

static int
merge(struct version *v, size_t n, struct sst_arena *arena, const struct sst_cell **out,
    size_t *nout, struct sst_err *e)
{
	struct sst_cell *cells = sst_arena_array(arena, n, sizeof(*cells));
	size_t end;

	if (cells == NULL)
		return sst_fail_nomem(e);
	qsort(v, n, sizeof(*v), compare);
	for (size_t i = 0; i < n; i = end) {
		const struct sst_cell *c;

		for (end = i + 1; end < n; end++)
			if (sst_type_compare(v[i].path, v[i].cell->path, v[end].cell->path) != 0)
				break;
		c = winner(v, i, end);
		if (!sst_cell_is_tombstone(c))
			cells[(*nout)++] = *c;
	}
	*out = cells;
	return 0;
}

int
sst_lists_elements(const struct sst_lists *l, const struct sst_slice *ck,
    const struct sst_column_ref *of, const struct sst_cell *pending, size_t npending,
    struct sst_arena *arena, const struct sst_cell **out, size_t *n, struct sst_err *e)
{
	const struct sst_type *path = sst_type_path(of->column->type);
	const struct sst_row *row = find_row(l, ck);
	struct version *v;
	size_t first = 0, end, k = 0, changed = 0;

	*out = NULL;
	*n = 0;
	while (row != NULL && first < row->ncells && row->cells[first].col < of->i)
		first++;
	for (end = first; row != NULL && end < row->ncells && row->cells[end].col == of->i; end++)
		;
	for (size_t i = 0; i < npending; i++)
		changed += pending[i].col == of->i;
	if (changed == 0) {
		*out = row != NULL ? row->cells + first : NULL;
		*n = end - first;
		return 0;
	}
	if ((v = sst_arena_array(arena, end - first + changed, sizeof(*v))) == NULL)
		return sst_fail_nomem(e);
	for (size_t i = first; i < end; i++)
		v[k++] = (struct version){ &row->cells[i], path, 0 };
	for (size_t i = 0; i < npending; i++)
		if (pending[i].col == of->i)
			v[k++] = (struct version){ &pending[i], path, i + 1 };
	return merge(v, k, arena, out, n, e);
}
