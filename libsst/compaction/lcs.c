/*
 * compaction/lcs.c: levels.  In level 0 sets may overlap, as they come from memory; in each other
 * level they do not, and it may hold `fanout` times what the one below may.
 */
#include <stdlib.h>

#include "compaction/strategy.h"

#define LEVELS 9
#define LEVEL0 4 /* as many sets there are worth a compaction */

static uint64_t
allowed(const struct sst_strategy *s, uint32_t level)
{
	uint64_t n = s->level_bytes;

	for (; level > 0; level--)
		n = n > UINT64_MAX / s->fanout ? UINT64_MAX : n * s->fanout;
	return n;
}

static uint32_t
level_of(const struct sst_set *s)
{
	return s->stats->level < LEVELS ? s->stats->level : LEVELS - 1;
}

static bool
overlaps_any(const struct sst_set *s, struct sst_set *const *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (sst_sets_overlap(s, v[i]))
			return true;
	return false;
}

/* Adds those of a level that overlap what is in the list; gives the new length. */
static size_t
add_overlapping(const struct sst_choice *c, uint32_t level, struct sst_set **list, size_t n)
{
	size_t i, from = n;

	for (i = 0; i < c->n; i++)
		if (level_of(c->v[i]) == level && overlaps_any(c->v[i], list, from))
			list[n++] = c->v[i];
	return n;
}

static int
take(struct sst_choice *c, struct sst_set **list, size_t n, uint32_t level, struct sst_err *e)
{
	if (sst_task_take(c, "level", list, n, e) == -1)
		return -1;
	c->task->level = level;
	c->task->split_bytes = c->strategy->level_bytes;
	return SST_ONE;
}

static int
oldest_first(const void *pa, const void *pb)
{
	const struct sst_set *a = *(struct sst_set *const *)pa, *b = *(struct sst_set *const *)pb;

	return (a->generation > b->generation) - (a->generation < b->generation);
}

/* The oldest of level 0, with what they overlap in level 1. */
static int
pick_level0(struct sst_choice *c, struct sst_set **list, struct sst_err *e)
{
	size_t i, n = 0;

	for (i = 0; i < c->n; i++)
		if (level_of(c->v[i]) == 0)
			list[n++] = c->v[i];
	if (n < LEVEL0)
		return 0;
	qsort(list, n, sizeof(*list), oldest_first);
	n = n < c->strategy->max_threshold ? n : c->strategy->max_threshold;
	return take(c, list, add_overlapping(c, 1, list, n), 1, e);
}

/* Of a level that holds too much: the set that overlaps least of the next one. */
static int
pick_level(struct sst_choice *c, uint32_t level, struct sst_set **list, struct sst_err *e)
{
	uint64_t bytes = 0, cost, least = UINT64_MAX;
	struct sst_set *best = NULL;
	size_t i, k, n;

	for (i = 0; i < c->n; i++) {
		if (level_of(c->v[i]) != level)
			continue;
		bytes += c->v[i]->data_bytes;
		list[0] = c->v[i];
		n = add_overlapping(c, level + 1, list, 1);
		for (k = 1, cost = 0; k < n; k++)
			cost += list[k]->data_bytes;
		if (cost < least) {
			least = cost;
			best = c->v[i];
		}
	}
	if (best == NULL || bytes <= allowed(c->strategy, level))
		return 0;
	list[0] = best;
	return take(c, list, add_overlapping(c, level + 1, list, 1), level + 1, e);
}

int
sst_lcs_pick(struct sst_choice *c, struct sst_err *e)
{
	struct sst_set **list = sst_arena_array(c->arena, c->n + 1, sizeof(*list));
	uint32_t level;
	int r;

	if (list == NULL)
		return sst_fail_nomem(e);
	for (level = LEVELS - 2; level > 0; level--)
		if ((r = pick_level(c, level, list, e)) != 0)
			return r;
	return pick_level0(c, list, e);
}
