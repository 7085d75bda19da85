/* libsst/commitlog/markers.c: sorts the ends of ranges and sweeps over them. */
#include "commitlog/markers.h"

#include <stdlib.h>

#include "base/num.h"
#include "row/reconcile.h"

struct end {
	const struct sst_range_deletion *range;
	bool start;
};

static const struct sst_bound *
bound_of(const struct end *e)
{
	return e->start ? &e->range->from : &e->range->to;
}

/* Merge sort, as qsort has no place for the table.  tmp has room for n too. */
static void
sort_ends(const struct sst_table *t, struct end *a, struct end *tmp, size_t n)
{
	size_t half = n / 2, i = 0, j = half, k = 0;

	if (n < 2)
		return;
	sort_ends(t, a, tmp, half);
	sort_ends(t, a + half, tmp, n - half);
	while (i < half && j < n)
		tmp[k++] =
		    sst_bound_compare(t, bound_of(&a[i]), bound_of(&a[j])) <= 0 ? a[i++] : a[j++];
	while (i < half)
		tmp[k++] = a[i++];
	memcpy(a, tmp, k * sizeof(*a)); /* the rest is in its place */
}

static int
make_room(struct sst_markers *m, size_t n, struct sst_err *e)
{
	size_t nends, bytes;

	if (!sst_mul_size(&nends, n, 4) || !sst_mul_size(&bytes, nends, sizeof(struct end)))
		return sst_fail_nomem(e);
	if (m->ends_cap >= nends)
		return 0;
	sst_markers_free(m);
	m->ends = malloc(bytes);
	m->at = malloc(2 * n * sizeof(*m->at));
	m->open = malloc(n * sizeof(*m->open));
	if (m->ends == NULL || m->at == NULL || m->open == NULL) {
		sst_markers_free(m);
		return sst_fail_nomem(e);
	}
	m->ends_cap = nends;
	m->cap = 2 * n;
	return 0;
}

/* Takes the ranges that begin or end here into or out of the open ones. */
static size_t
change_open(struct sst_markers *m, size_t nopen, const struct end *at)
{
	size_t i;

	if (at->start) {
		m->open[nopen] = at->range;
		return nopen + 1;
	}
	for (i = 0; m->open[i] != at->range; i++)
		;
	m->open[i] = m->open[nopen - 1];
	return nopen - 1;
}

static struct sst_deletion
newest(const struct sst_markers *m, size_t nopen)
{
	struct sst_deletion del = SST_LIVE;
	size_t i;

	for (i = 0; i < nopen; i++)
		if (sst_deletion_supersedes(&m->open[i]->del, &del))
			del = m->open[i]->del;
	return del;
}

static void
sweep(struct sst_markers *m, const struct sst_table *t, const struct end *ends, size_t n)
{
	struct sst_deletion now = SST_LIVE, next;
	size_t i, first, nopen = 0;

	for (i = 0; i < n;) {
		first = i;
		do
			nopen = change_open(m, nopen, &ends[i++]);
		while (
		    i < n && sst_bound_compare(t, bound_of(&ends[first]), bound_of(&ends[i])) == 0);
		next = newest(m, nopen);
		if (!sst_deletion_eq(&now, &next))
			m->at[m->n++] = (struct sst_marker){ *bound_of(&ends[first]), now, next };
		now = next;
	}
}

int
sst_markers_make(struct sst_markers *m, const struct sst_table *t,
    const struct sst_range_deletion *ranges, size_t n, struct sst_err *e)
{
	struct end *ends;
	size_t i, nends = 0;

	m->n = 0;
	if (n == 0)
		return 0;
	if (make_room(m, n, e) == -1)
		return -1;
	ends = m->ends;
	for (i = 0; i < n; i++) {
		if (sst_deletion_is_live(&ranges[i].del) ||
		    sst_bound_compare(t, &ranges[i].from, &ranges[i].to) >= 0)
			continue;
		ends[nends++] = (struct end){ &ranges[i], true };
		ends[nends++] = (struct end){ &ranges[i], false };
	}
	sort_ends(t, ends, ends + nends, nends);
	sweep(m, t, ends, nends);
	return 0;
}

void
sst_markers_free(struct sst_markers *m)
{
	free(m->at);
	free(m->ends);
	free(m->open);
	*m = (struct sst_markers){ 0 };
}
