/* libsst/schema/join.c: the columns of many tables in one. */
#include "schema/join.h"

#include <stdlib.h>

/* How much more than others a kind can hold, of those that Cassandra let people alter to. */
static int
breadth(enum sst_kind k)
{
	switch (k) {
	case SST_BLOB:
		return 3;
	case SST_TEXT:
	case SST_VARCHAR:
	case SST_VARINT:
		return 2;
	case SST_UUID:
		return 1;
	default:
		return 0;
	}
}

/* True when b holds what a does and more: fields are only ever added at the end of a user type. */
static bool
is_wider(const struct sst_type *b, const struct sst_type *a)
{
	size_t i;

	if (a->kind != b->kind)
		return breadth(b->kind) > breadth(a->kind);
	if (a->nargs != b->nargs)
		return b->nargs > a->nargs;
	for (i = 0; i < a->nargs; i++)
		if (is_wider(b->args[i], a->args[i]))
			return true;
	return false;
}

static int
by_name(const void *a, const void *b)
{
	const struct sst_column *x = a, *y = b;

	return sst_slice_cmp(x->name, y->name);
}

/* The statics or regulars of all tables, each name once; *n is their number. */
static struct sst_column *
gather(struct sst_arena *a, const struct sst_table *const *t, size_t ntables, bool is_static,
    size_t *n)
{
	struct sst_column *all;
	size_t i, k, total = 0;

	for (i = 0; i < ntables; i++)
		total += is_static ? t[i]->nstatic : t[i]->nregular;
	all = sst_arena_array(a, total + 1, sizeof(*all));
	if (all == NULL)
		return NULL;
	for (i = 0, total = 0; i < ntables; i++) {
		const struct sst_column *from = is_static ? t[i]->statics : t[i]->regulars;

		k = is_static ? t[i]->nstatic : t[i]->nregular;
		if (k > 0)
			memcpy(all + total, from, k * sizeof(*all));
		total += k;
	}
	if (total > 1)
		qsort(all, total, sizeof(*all), by_name);
	for (i = 0, *n = 0; i < total; i++) {
		if (*n == 0 || !sst_slice_eq(all[*n - 1].name, all[i].name))
			all[(*n)++] = all[i];
		else if (is_wider(all[i].type, all[*n - 1].type))
			all[*n - 1].type = all[i].type;
	}
	return all;
}

int
sst_table_join(struct sst_table **out, struct sst_arena *a, const struct sst_table *const *t,
    size_t n, struct sst_err *e)
{
	struct sst_table *made = sst_arena_alloc(a, sizeof(*made));

	*out = NULL;
	if (made == NULL)
		return sst_fail_nomem(e);
	*made = *t[0];
	made->statics = gather(a, t, n, true, &made->nstatic);
	made->regulars = gather(a, t, n, false, &made->nregular);
	if (made->statics == NULL || made->regulars == NULL)
		return sst_fail_nomem(e);
	if (sst_table_finish(made, a, e) == -1)
		return -1;
	*out = made;
	return 0;
}
