/* query/cells.c: cells as a statement makes them, and in order. */
#include "query/cells.h"

#include <stdlib.h>

#define FIRST_CELLS 16

int
sst_cells_add(
    struct sst_cells *c, struct sst_cell **cell, struct sst_arena *arena, struct sst_err *e)
{
	struct sst_cell *bigger;

	if (c->n == c->cap) {
		size_t cap = c->cap == 0 ? FIRST_CELLS : 2 * c->cap;

		if ((bigger = sst_arena_array(arena, cap, sizeof(*bigger))) == NULL)
			return sst_fail_nomem(e);
		if (c->n > 0)
			memcpy(bigger, c->p, c->n * sizeof(*bigger));
		c->p = bigger;
		c->cap = cap;
	}
	c->p[c->n] = (struct sst_cell){ .ldt_s = SST_NO_LDT };
	*cell = &c->p[c->n++];
	return 0;
}

int
sst_cells_forget(struct sst_cells *c, const struct sst_complex_deletion *what,
    struct sst_arena *arena, struct sst_err *e)
{
	struct sst_complex_deletion *bigger;

	if (c->ncomplex == c->complex_cap) {
		size_t cap = c->complex_cap == 0 ? 2 : 2 * c->complex_cap;

		if ((bigger = sst_arena_array(arena, cap, sizeof(*bigger))) == NULL)
			return sst_fail_nomem(e);
		if (c->ncomplex > 0)
			memcpy(bigger, c->complex, c->ncomplex * sizeof(*bigger));
		c->complex = bigger;
		c->complex_cap = cap;
	}
	c->complex[c->ncomplex++] = *what;
	return 0;
}

struct order { /* a cell, and the type that its path is compared by */
	struct sst_cell cell;
	const struct sst_type *path;
	size_t n; /* in the statement: the last one wins */
};

static int
compare(const void *va, const void *vb)
{
	const struct order *a = va, *b = vb;
	int c = (a->cell.col > b->cell.col) - (a->cell.col < b->cell.col);

	if (c == 0 && a->path != NULL)
		c = sst_type_compare(a->path, a->cell.path, b->cell.path);
	return c != 0 ? c : (a->n > b->n) - (a->n < b->n);
}

static int
compare_complex(const void *va, const void *vb)
{
	const struct sst_complex_deletion *a = va, *b = vb;

	return (a->col > b->col) - (a->col < b->col);
}

int
sst_cells_sort(struct sst_cells *c, const struct sst_column *columns, struct sst_arena *arena,
    struct sst_err *e)
{
	struct order *all = sst_arena_array(arena, c->n + 1, sizeof(*all));
	size_t kept = 0;

	if (all == NULL)
		return sst_fail_nomem(e);
	for (size_t i = 0; i < c->n; i++) {
		const struct sst_type *t = columns[c->p[i].col].type;

		all[i] = (struct order){ c->p[i], t->multicell ? sst_type_path(t) : NULL, i };
	}
	if (c->n > 1)
		qsort(all, c->n, sizeof(*all), compare);
	for (size_t i = 0; i < c->n; i++) {
		if (i + 1 < c->n && all[i + 1].cell.col == all[i].cell.col &&
		    (all[i].path == NULL ||
			sst_type_compare(all[i].path, all[i].cell.path, all[i + 1].cell.path) == 0))
			continue;
		c->p[kept++] = all[i].cell;
	}
	c->n = kept;
	if (c->ncomplex > 1)
		qsort(c->complex, c->ncomplex, sizeof(*c->complex), compare_complex);
	return 0;
}

struct sst_row
sst_cells_row(const struct sst_cells *c)
{
	struct sst_row r = { .live = { SST_NO_TS, 0, SST_NO_LDT },
		.del = SST_LIVE,
		.ncells = c->n,
		.cells = c->p,
		.ncomplex = c->ncomplex,
		.complex = c->complex };

	return r;
}
