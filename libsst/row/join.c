/* row/join.c: sorted by partition, then the rows of each partition by clustering. */
#include "row/join.h"

#include <stdlib.h>
#include <string.h>

#include "row/prefix.h"
#include "row/reconcile.h"

struct joiner {
	struct sst_arena *arena;
	struct sst_row_scratch scratch;
	struct sst_err *e;
};

struct member { /* an update, and its place among them */
	const struct sst_update *u;
	size_t at;
};

struct version { /* a row, and when it was said */
	const struct sst_table *table;
	const struct sst_row *row;
	size_t at;
};

/* Tables in any order, but always the same. */
static int
compare_places(const struct sst_update *a, const struct sst_update *b)
{
	if (a->table != b->table)
		return (uintptr_t)a->table < (uintptr_t)b->table ? -1 : 1;
	return sst_slice_cmp(a->part.key, b->part.key);
}

static int
by_place(const void *va, const void *vb)
{
	const struct member *a = va, *b = vb;
	int c = compare_places(a->u, b->u);

	return c != 0 ? c : (a->at > b->at) - (a->at < b->at);
}

static int
compare_rows(const struct version *a, const struct version *b)
{
	size_t nck = a->table->nck;

	return sst_clustering_compare(a->table, a->row->ck, nck, b->row->ck, nck);
}

static int
by_clustering(const void *va, const void *vb)
{
	const struct version *a = va, *b = vb;
	int c = compare_rows(a, b);

	return c != 0 ? c : (a->at > b->at) - (a->at < b->at);
}

static void *
copy(struct joiner *j, const void *array, size_t n, size_t size)
{
	void *to = sst_arena_array(j->arena, n + 1, size);

	if (to != NULL && n > 0)
		memcpy(to, array, n * size);
	return to;
}

/* What a merge left in its scratch outlives the next one. */
static int
keep(struct joiner *j, struct sst_row *row)
{
	struct sst_cell *cells = copy(j, row->cells, row->ncells, sizeof(*cells));

	row->complex = copy(j, row->complex, row->ncomplex, sizeof(*row->complex));
	if (cells == NULL || row->complex == NULL)
		return sst_fail_nomem(j->e);
	row->cells = cells;
	for (size_t i = 0; j->scratch.arena.bytes > 0 && i < row->ncells; i++) { /* counters */
		struct sst_slice was = cells[i].value;

		cells[i].value = sst_arena_slice(j->arena, was);
		if (was.p != NULL && cells[i].value.p == NULL)
			return sst_fail_nomem(j->e);
	}
	return 0;
}

/* One row out of n of one place; SST_ONE, 0 when they say nothing, -1. */
static int
merge(struct joiner *j, struct sst_row *out, const struct sst_column *cols,
    const struct sst_row *const *in, size_t n)
{
	struct sst_row_versions v = { cols, in, n };
	int r;

	if (n == 1) {
		*out = *in[0];
		return SST_ONE;
	}
	if ((r = sst_row_merge(out, &j->scratch, &v, &SST_LIVE, j->e)) != SST_ONE)
		return r;
	return keep(j, out) == -1 ? -1 : SST_ONE;
}

/* ---- what a partition has ---- */

static int
join_statics(struct joiner *j, struct sst_update *to, const struct member *m, size_t n)
{
	const struct sst_row **in = sst_arena_array(j->arena, n, sizeof(*in));
	struct sst_row *row = sst_arena_alloc(j->arena, sizeof(*row));
	size_t k = 0;
	int r = 0;

	if (in == NULL || row == NULL)
		return sst_fail_nomem(j->e);
	for (size_t i = 0; i < n; i++)
		if (m[i].u->statik != NULL)
			in[k++] = m[i].u->statik;
	if (k > 0 && (r = merge(j, row, to->table->statics, in, k)) == -1)
		return -1;
	to->statik = r == SST_ONE ? row : NULL;
	return 0;
}

/* Those of one clustering, which stand together in v, become one. */
static int
merge_rows(struct joiner *j, struct sst_update *to, const struct version *v, size_t n)
{
	struct sst_row *rows = sst_arena_array(j->arena, n, sizeof(*rows));
	const struct sst_row **in = sst_arena_array(j->arena, n, sizeof(*in));
	size_t same, kept = 0;
	int r;

	if (rows == NULL || in == NULL)
		return sst_fail_nomem(j->e);
	for (size_t i = 0; i < n; i += same) {
		for (same = 0; i + same < n && compare_rows(&v[i], &v[i + same]) == 0; same++)
			in[same] = v[i + same].row;
		r = merge(j, &rows[kept], to->table->regulars, in, same);
		if (r == -1)
			return -1;
		kept += r == SST_ONE;
	}
	to->rows = rows;
	to->nrows = kept;
	return 0;
}

static int
join_rows(struct joiner *j, struct sst_update *to, const struct member *m, size_t n)
{
	struct version *v;
	size_t all = 0, k = 0;

	for (size_t i = 0; i < n; i++)
		all += m[i].u->nrows;
	to->nrows = 0;
	if (all == 0)
		return 0;
	if ((v = sst_arena_array(j->arena, all, sizeof(*v))) == NULL)
		return sst_fail_nomem(j->e);
	for (size_t i = 0; i < n; i++)
		for (size_t r = 0; r < m[i].u->nrows; r++, k++)
			v[k] = (struct version){ to->table, &m[i].u->rows[r], k };
	qsort(v, all, sizeof(*v), by_clustering);
	return merge_rows(j, to, v, all);
}

static int
join_ranges(struct joiner *j, struct sst_update *to, const struct member *m, size_t n)
{
	struct sst_range_deletion *ranges;
	size_t all = 0, k = 0;

	for (size_t i = 0; i < n; i++)
		all += m[i].u->nranges;
	if ((ranges = sst_arena_array(j->arena, all + 1, sizeof(*ranges))) == NULL)
		return sst_fail_nomem(j->e);
	for (size_t i = 0; i < n; k += m[i++].u->nranges)
		if (m[i].u->nranges > 0)
			memcpy(&ranges[k], m[i].u->ranges, m[i].u->nranges * sizeof(*ranges));
	to->ranges = ranges;
	to->nranges = all;
	return 0;
}

static int
join_partition(struct joiner *j, struct sst_update *to, const struct member *m, size_t n)
{
	*to = *m[0].u;
	if (n == 1)
		return 0;
	for (size_t i = 1; i < n; i++)
		if (sst_deletion_supersedes(&m[i].u->part.del, &to->part.del))
			to->part.del = m[i].u->part.del;
	return join_statics(j, to, m, n) == -1 || join_rows(j, to, m, n) == -1 ||
		join_ranges(j, to, m, n) == -1
	    ? -1
	    : 0;
}

/* ---- all of them ---- */

/* to[i] is what becomes of the i-th update, or has no table when it joined an earlier one. */
static int
join_all(struct joiner *j, struct sst_update *to, const struct member *m, size_t n)
{
	size_t same;

	for (size_t i = 0; i < n; i += same) {
		for (same = 1; i + same < n && compare_places(m[i].u, m[i + same].u) == 0; same++)
			;
		if (join_partition(j, &to[m[i].at], &m[i], same) == -1)
			return -1;
	}
	return 0;
}

int
sst_update_join(struct sst_update *u, size_t *n, struct sst_arena *arena, struct sst_err *e)
{
	struct joiner j = { .arena = arena, .e = e };
	struct sst_update *to;
	struct member *m;
	size_t kept = 0;
	int r;

	if (*n < 2)
		return 0;
	m = sst_arena_array(arena, *n, sizeof(*m));
	to = sst_arena_zeroed(arena, *n, sizeof(*to));
	if (m == NULL || to == NULL)
		return sst_fail_nomem(e);
	for (size_t i = 0; i < *n; i++)
		m[i] = (struct member){ &u[i], i };
	qsort(m, *n, sizeof(*m), by_place);
	r = join_all(&j, to, m, *n);
	sst_row_scratch_free(&j.scratch);
	for (size_t i = 0; r == 0 && i < *n; i++)
		if (to[i].table != NULL)
			u[kept++] = to[i];
	if (r == 0)
		*n = kept;
	return r;
}
