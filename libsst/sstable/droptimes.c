/*
 * libsst/sstable/droptimes.c: the histogram of Ben-Haim and Tom-Tov ("A Streaming Parallel Decision
 * Tree Algorithm", 2010): a point more than fits joins the two that are nearest.  Points are first
 * gathered in a hash table, and come out of it in its order: to give Cassandra's numbers it has
 * Cassandra's size and hash.
 */
#include "sstable/droptimes.h"

#include <stdlib.h>

#define SPOOL 131072 /* points; twice as many cells */
#define CELLS (2 * SPOOL)
#define PROBES 100
#define LDT_MAX (INT32_MAX - 1)

static int64_t
round_up(int64_t at)
{
	int64_t rest = at % SST_DROP_ROUND_S;

	if (rest != 0)
		at += SST_DROP_ROUND_S - rest;
	return at < 0 || at > LDT_MAX ? LDT_MAX : at;
}

static int32_t
add_count(int64_t a, int64_t b)
{
	return a + b > INT32_MAX ? INT32_MAX : (int32_t)(a + b);
}

/* Joins the two nearest points, the first such pair, at their weighted middle. */
static void
join_nearest(struct sst_drop_times *d)
{
	struct sst_drop_time *a, *b;
	int64_t nearest = INT64_MAX;
	size_t i, at = 0;
	double sum;

	for (i = 0; i + 1 < d->n; i++)
		if (d->points[i + 1].at_s - d->points[i].at_s < nearest) {
			nearest = d->points[i + 1].at_s - d->points[i].at_s;
			at = i;
		}
	a = &d->points[at];
	b = a + 1;
	sum = (double)a->at_s * (double)a->count + (double)b->at_s * (double)b->count;
	if (sum < 9e18) /* else the product saturates, and so does the point */
		sum = (double)((a->at_s * a->count + b->at_s * b->count) / (a->count + b->count));
	else
		sum = LDT_MAX;
	if ((int64_t)sum <= a->at_s)
		sum = (double)(a->at_s + 1);
	a->at_s = round_up((int64_t)sum < b->at_s ? (int64_t)sum : b->at_s);
	a->count = add_count(a->count, b->count);
	memmove(b, b + 1, (d->n - at - 2) * sizeof(*b));
	d->n--;
}

static void
add_point(struct sst_drop_times *d, int64_t at, int32_t count)
{
	size_t low = 0, high = d->n, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (d->points[mid].at_s < at)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < d->n && d->points[low].at_s == at) {
		d->points[low].count = add_count(d->points[low].count, count);
		return;
	}
	memmove(&d->points[low + 1], &d->points[low], (d->n - low) * sizeof(d->points[0]));
	d->points[low] = (struct sst_drop_time){ at, count };
	if (++d->n > SST_DROP_TIMES)
		join_nearest(d);
}

static void
empty_cell(struct sst_drop_times *d, size_t cell)
{
	if (d->spool_next[cell] != 0)
		add_point(d, d->spool_next[cell] - 1, d->spool_count[cell]);
	d->spool_next[cell] = 0;
}

static int
by_cell(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void
empty_spool(struct sst_drop_times *d)
{
	size_t i;

	if (d->spool_n > 0 && d->spool_n <= SST_DROP_FEW) {
		qsort(d->few, d->spool_n, sizeof(d->few[0]), by_cell);
		for (i = 0; i < d->spool_n; i++)
			empty_cell(d, d->few[i]);
	} else if (d->spool_n > 0)
		for (i = 0; i < CELLS; i++)
			empty_cell(d, i);
	d->spool_n = 0;
}

static void
take_cell(struct sst_drop_times *d, size_t cell, int64_t at)
{
	d->spool_next[cell] = at + 1;
	d->spool_count[cell] = 0;
	if (d->spool_n < SST_DROP_FEW)
		d->few[d->spool_n] = (uint32_t)cell;
	d->spool_n++;
}

static bool
put_in_spool(struct sst_drop_times *d, int64_t at)
{
	uint32_t hash = (uint32_t)((uint64_t)at * 948701839);
	size_t i, cell;

	if (d->spool_n > SPOOL)
		return false;
	for (i = 0; i < PROBES; i++) {
		cell = ((hash & (SPOOL - 1)) + i) % CELLS;
		if (d->spool_next[cell] == 0)
			take_cell(d, cell, at);
		if (d->spool_next[cell] == at + 1) {
			d->spool_count[cell] = add_count(d->spool_count[cell], 1);
			d->last = cell;
			return true;
		}
	}
	return false;
}

static int
make_spool(struct sst_drop_times *d, struct sst_err *e)
{
	d->spool_next = calloc(CELLS, sizeof(*d->spool_next));
	d->spool_count = calloc(CELLS, sizeof(*d->spool_count));
	return d->spool_next == NULL || d->spool_count == NULL ? sst_fail_nomem(e) : 0;
}

int
sst_drop_times_add(struct sst_drop_times *d, int64_t ldt_s, struct sst_err *e)
{
	int64_t at = round_up(ldt_s);

	if (d->spool_next == NULL && make_spool(d, e) == -1)
		return -1;
	if (d->spool_n > 0 && d->spool_next[d->last] == at + 1) {
		d->spool_count[d->last] = add_count(d->spool_count[d->last], 1);
		return 0;
	}
	if (!put_in_spool(d, at)) {
		empty_spool(d);
		put_in_spool(d, at);
	}
	return 0;
}

void
sst_drop_times_finish(struct sst_drop_times *d, struct sst_statistics *st)
{
	empty_spool(d);
	st->drop_times = d->points;
	st->ndrop_times = d->n;
	st->drop_times_cap = (uint32_t)d->n;
}

void
sst_drop_times_free(struct sst_drop_times *d)
{
	free(d->spool_next);
	free(d->spool_count);
	d->spool_next = NULL;
	d->spool_count = NULL;
}
