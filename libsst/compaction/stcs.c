/* compaction/stcs.c: sets of about the same size, smallest first. */
#include <stdlib.h>

#include "compaction/strategy.h"

static int
by_size(const void *pa, const void *pb)
{
	const struct sst_set *a = *(struct sst_set *const *)pa, *b = *(struct sst_set *const *)pb;

	if (a->data_bytes != b->data_bytes)
		return a->data_bytes < b->data_bytes ? -1 : 1;
	return (a->generation > b->generation) - (a->generation < b->generation);
}

/* Whether a set of that size goes with sets of that average. */
static bool
fits(const struct sst_strategy *s, uint64_t bytes, double average)
{
	if (bytes < s->min_sstable_bytes && average < (double)s->min_sstable_bytes)
		return true;
	return (double)bytes > average * s->bucket_low && (double)bytes < average * s->bucket_high;
}

int
sst_stcs_pick(struct sst_choice *c, size_t min_threshold, struct sst_err *e)
{
	size_t i, first, n;
	double sum;

	if (c->n > 1)
		qsort(c->v, c->n, sizeof(*c->v), by_size);
	for (first = 0; first < c->n; first = i) {
		sum = (double)c->v[first]->data_bytes;
		for (i = first + 1;
		     i < c->n && fits(c->strategy, c->v[i]->data_bytes, sum / (double)(i - first));
		     i++)
			sum += (double)c->v[i]->data_bytes;
		n = i - first;
		if (n < min_threshold)
			continue;
		n = n < c->strategy->max_threshold ? n : c->strategy->max_threshold;
		return sst_task_take(c, "size", c->v + first, n, e);
	}
	return 0;
}
