/*
 * compaction/ucs.c: the unified strategy.  Sets are of levels by density, which is their size over the
 * share of all tokens that they span, so that large sets cut in pieces stay in their level.  In a level,
 * sets that overlap one another are a heap; it is due when so many of them hold one token as the level's
 * scaling parameter W says: 2 + W sets for W > 0 (tiered), else 2 (leveled).  The next level holds
 * 2 + |W| times the density.  What is written is cut by size, not at borders of shards.
 */
#include <math.h>
#include <stdlib.h>

#include "compaction/strategy.h"

#define BASE_BYTES 1048576.0 /* of a flush, where the schema says nothing */
#define LEAST_SHARE 0x1p-48  /* smaller shares say nothing of density; Cassandra's */

struct placed {
	struct sst_set *set;
	int64_t first, last; /* tokens */
	double density;
};

static int
scaling(const struct sst_strategy *s, size_t level)
{
	return s->scaling[level < s->nscaling ? level : s->nscaling - 1];
}

static size_t
fanout(const struct sst_strategy *s, size_t level)
{
	return 2 + (size_t)abs(scaling(s, level));
}

static size_t
threshold(const struct sst_strategy *s, size_t level)
{
	int w = scaling(s, level);

	return w <= 0 ? 2 : 2 + (size_t)w;
}

static void
place(struct placed *p, struct sst_set *set)
{
	double share;

	*p = (struct placed){ .set = set, .first = INT64_MIN, .last = INT64_MAX };
	if (!sst_set_tokens(set, &p->first, &p->last)) {
		p->first = INT64_MIN;
		p->last = INT64_MAX;
	}
	share = ((double)p->last - (double)p->first) / 0x1p64;
	p->density = (double)set->data_bytes / (share >= LEAST_SHARE ? share : 1);
}

static int
by_density(const void *pa, const void *pb)
{
	const struct placed *a = pa, *b = pb;

	if (a->density != b->density)
		return a->density < b->density ? -1 : 1;
	return (a->set->generation > b->set->generation) -
	    (a->set->generation < b->set->generation);
}

static int
by_first(const void *pa, const void *pb)
{
	const struct placed *a = pa, *b = pb;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return (a->set->generation > b->set->generation) -
	    (a->set->generation < b->set->generation);
}

static int
oldest_first(const void *pa, const void *pb)
{
	const struct placed *a = pa, *b = pb;

	if (a->set->stats->max_ts_us != b->set->stats->max_ts_us)
		return a->set->stats->max_ts_us < b->set->stats->max_ts_us ? -1 : 1;
	return (a->set->generation > b->set->generation) -
	    (a->set->generation < b->set->generation);
}

/* The most sets of a heap that hold one token: such a token is where one of them begins. */
static size_t
most_at_once(const struct placed *p, size_t n)
{
	size_t i, k, here, most = 0;

	for (i = 0; i < n; i++) {
		for (k = 0, here = 0; k <= i; k++)
			here += p[k].last >= p[i].first;
		most = here > most ? here : most;
	}
	return most;
}

struct heap { /* the one to merge, so far */
	struct placed *p;
	size_t n, overlap, level;
};

/* The heaps of a level; v is put in order of tokens. */
static void
look_at_level(
    struct heap *best, const struct sst_strategy *s, struct placed *v, size_t n, size_t level)
{
	size_t i, k, overlap;
	int64_t last;

	qsort(v, n, sizeof(*v), by_first);
	for (i = 0; i < n; i = k) {
		last = v[i].last;
		for (k = i + 1; k < n && v[k].first <= last; k++)
			last = v[k].last > last ? v[k].last : last;
		overlap = most_at_once(v + i, k - i);
		if (overlap >= threshold(s, level) && overlap > best->overlap)
			*best = (struct heap){ v + i, k - i, overlap, level };
	}
}

/* Late by more than the next level takes in one: the oldest first, as many as make one of it. */
static size_t
how_many(const struct sst_strategy *s, const struct heap *h)
{
	size_t f = fanout(s, h->level), most = s->max_sstables > f ? s->max_sstables : f;

	if (h->overlap <= f * fanout(s, h->level + 1) && h->n <= most)
		return h->n;
	f *= fanout(s, h->level + 1);
	f = f < most ? f : most;
	return h->n < f ? h->n : f;
}

static int
take(struct sst_choice *c, struct heap *h, struct sst_err *e)
{
	size_t i, n = how_many(c->strategy, h);
	struct sst_set **list = sst_arena_array(c->arena, h->n, sizeof(*list));

	if (list == NULL)
		return sst_fail_nomem(e);
	qsort(h->p, h->n, sizeof(*h->p), oldest_first);
	for (i = 0; i < n; i++)
		list[i] = h->p[i].set;
	if (sst_task_take(c, "density", list, n, e) == -1)
		return -1;
	c->task->split_bytes = c->strategy->target_bytes;
	return SST_ONE;
}

int
sst_ucs_pick(struct sst_choice *c, struct sst_err *e)
{
	const struct sst_strategy *s = c->strategy;
	struct placed *v = sst_arena_array(c->arena, c->n + 1, sizeof(*v));
	struct heap best = { 0 };
	size_t i, k, level;
	double most;

	if (v == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < c->n; i++)
		place(&v[i], c->v[i]);
	if (c->n > 1)
		qsort(v, c->n, sizeof(*v), by_density);
	most = (double)s->flush_bytes > BASE_BYTES ? (double)s->flush_bytes : BASE_BYTES;
	most *= 1 - 0.9 / (double)fanout(s, 0);
	for (i = 0, level = 0; i < c->n; i = k, level++) {
		most = floor(most * (double)fanout(s, level));
		for (k = i; k < c->n && v[k].density < most; k++)
			;
		if (k - i > 1)
			look_at_level(&best, s, v + i, k - i, level);
	}
	return best.n > 0 ? take(c, &best, e) : 0;
}
