/* row/rows.c: positions in a partition, streams that pass on another, and copies that outlive what they are of. */
#include "row/rows.h"

#include <stdlib.h>

int
sst_bound_compare(const struct sst_table *t, const struct sst_bound *a, const struct sst_bound *b)
{
	int c = sst_clustering_compare(t, a->ck, a->n, b->ck, b->n);

	if (c != 0)
		return c;
	/*
	 * One begins with the other, so the shorter one stands before or after all that the longer
	 * one names; of the same length the sides decide, and a row (0) is between them.
	 */
	if (a->n < b->n)
		return a->side < 0 ? -1 : 1;
	if (a->n > b->n)
		return b->side < 0 ? 1 : -1;
	return (a->side > b->side) - (a->side < b->side);
}

int
sst_passing_skip(struct sst_stream *s, struct sst_err *e)
{
	return sst_stream_skip(((struct sst_passing *)s)->in, e);
}

void
sst_passing_want(struct sst_stream *s, struct sst_want *want)
{
	sst_stream_want(((struct sst_passing *)s)->in, want);
}

void
sst_passing_close(struct sst_stream *s)
{
	sst_stream_close(((struct sst_passing *)s)->in);
	free(s);
}

static int
copy_slice(struct sst_slice *to, struct sst_slice from, struct sst_arena *a, struct sst_err *e)
{
	*to = sst_arena_slice(a, from);
	return from.p != NULL && to->p == NULL ? sst_fail_nomem(e) : 0;
}

static int
copy_ck(const struct sst_slice **to, const struct sst_slice *from, size_t n, struct sst_arena *a,
    struct sst_err *e)
{
	struct sst_slice *ck = sst_arena_array(a, n, sizeof(*ck));
	size_t i;

	*to = ck;
	if (ck == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < n; i++)
		if (copy_slice(&ck[i], from[i], a, e) == -1)
			return -1;
	return 0;
}

static int
copy_row(struct sst_row *to, const struct sst_row *from, size_t nck, struct sst_arena *a,
    struct sst_err *e)
{
	struct sst_complex_deletion *complex = sst_arena_array(a, from->ncomplex, sizeof(*complex));
	struct sst_cell *cells = sst_arena_array(a, from->ncells, sizeof(*cells));
	size_t i;

	if (cells == NULL || complex == NULL)
		return sst_fail_nomem(e);
	if (from->ck != NULL && copy_ck(&to->ck, from->ck, nck, a, e) == -1)
		return -1;
	for (i = 0; i < from->ncells; i++) {
		cells[i] = from->cells[i];
		if (copy_slice(&cells[i].value, from->cells[i].value, a, e) == -1 ||
		    copy_slice(&cells[i].path, from->cells[i].path, a, e) == -1)
			return -1;
	}
	if (from->ncomplex > 0)
		memcpy(complex, from->complex, from->ncomplex * sizeof(*complex));
	to->cells = cells;
	to->complex = complex;
	return 0;
}

int
sst_bound_copy(
    struct sst_bound *to, const struct sst_bound *from, struct sst_arena *a, struct sst_err *e)
{
	*to = *from;
	return copy_ck(&to->ck, from->ck, from->n, a, e);
}

int
sst_item_copy(struct sst_item *to, const struct sst_item *from, const struct sst_table *t,
    struct sst_arena *a, struct sst_err *e)
{
	*to = *from; /* file is borrowed from the stream's source */
	switch (from->kind) {
	case SST_PARTITION:
		return copy_slice(&to->part.key, from->part.key, a, e);
	case SST_STATIC:
	case SST_ROW:
		return copy_row(&to->row, &from->row, t->nck, a, e);
	case SST_MARKER:
		return copy_ck(&to->marker.at.ck, from->marker.at.ck, from->marker.at.n, a, e);
	}
	return 0;
}
