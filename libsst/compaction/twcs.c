/*
 * compaction/twcs.c: sets by window: all of an old window become one, in the newest one sets of about
 * the same size are merged.  What is wholly expired goes first: such a run reads and writes nothing.
 */
#include <stdlib.h>

#include "compaction/strategy.h"

struct windowed {
	struct sst_set *set;
	int64_t first, window; /* of its oldest and newest; the newest is where it belongs */
	bool known;
};

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static void
find_window(const struct sst_strategy *s, struct windowed *w)
{
	const struct sst_statistics *st = w->set->stats;
	const struct sst_bound *from = &st->covered_from, *to = &st->covered_to;
	int64_t a, b;

	if (s->kind == SST_TWCS) {
		w->first = floor_div(st->min_ts_us, s->window_us / s->ts_unit_us);
		w->window = floor_div(st->max_ts_us, s->window_us / s->ts_unit_us);
		w->known = true;
		return;
	}
	w->known = from->n > 0 && to->n > 0 &&
	    s->windows.of_clustering(s->windows.arg, from->ck[0], &a) &&
	    s->windows.of_clustering(s->windows.arg, to->ck[0], &b);
	w->first = w->known ? (a < b ? a : b) : INT64_MIN;
	w->window = w->known ? (a > b ? a : b) : INT64_MIN;
}

static int
by_window(const void *pa, const void *pb)
{
	const struct windowed *a = pa, *b = pb;

	if (a->window != b->window)
		return a->window > b->window ? -1 : 1;
	return (a->set->generation > b->set->generation) -
	    (a->set->generation < b->set->generation);
}

/* A set that says of all its data that it is expired or deleted, and may go. */
static bool
is_expired(const struct sst_choice *c, const struct sst_set *s)
{
	size_t i;

	if (s->stats->max_ldt_s >= c->moment->gc_before_s || s->stats->min_ldt_s < 0 ||
	    s->stats->ndrop_times == 0 || s->generation > c->moment->generation_max ||
	    !sst_strategy_may_purge(c->strategy, s))
		return false;
	for (i = 0; i < c->n; i++)
		if (c->v[i] != s && sst_set_min_ts_us(c->v[i]) <= s->stats->max_ts_us &&
		    c->v[i]->stats->max_ldt_s >= c->moment->gc_before_s &&
		    sst_sets_overlap(c->v[i], s))
			return false;
	return true;
}

/* All that are expired at once: they may keep each other's tombstones alive. */
static int
pick_expired(struct sst_choice *c, struct sst_err *e)
{
	struct sst_set **found = sst_arena_array(c->arena, c->n + 1, sizeof(*found));
	size_t i, n = 0;

	if (found == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < c->n && n < c->strategy->max_threshold; i++)
		if (is_expired(c, c->v[i]))
			found[n++] = c->v[i];
	return n > 0 ? sst_task_take(c, "expired", found, n, e) : 0;
}

/*
 * A set over several windows is cut into as many sets as are written side by side, which may have to be
 * cut again.  Its level says how often that was: rows that lie in the wrong window must not have it
 * rewritten for ever.
 */
#define CUT_ENOUGH 4

static int
cut(struct sst_choice *c, const struct windowed *w, struct sst_err *e)
{
	struct sst_cutting *k = &c->task->cutting;
	int64_t n = w->window - w->first, i, step;

	if (sst_task_take(c, "window", &w->set, 1, e) == -1)
		return -1;
	step = n / SST_CUTS_MAX + (n % SST_CUTS_MAX != 0);
	c->task->level = step == 1 ? CUT_ENOUGH : w->set->stats->level + 1;
	for (i = w->window; i > w->first && k->n < SST_CUTS_MAX; i -= step)
		k->n++;
	for (i = 0; i < (int64_t)k->n; i++)
		k->cuts[i] = w->window - ((int64_t)k->n - 1 - i) * step;
	k->window = c->strategy->windows.of_partition;
	k->arg = c->strategy->windows.arg;
	return SST_ONE;
}

/* The sets of one window; newest: it is still written to. */
static int
pick_window(
    struct sst_choice *c, const struct windowed *w, size_t n, bool newest, struct sst_err *e)
{
	size_t i;

	for (i = 0; i < n; i++)
		c->v[i] = w[i].set;
	c->n = n;
	if (newest)
		return sst_stcs_pick(c, c->strategy->min_threshold, e);
	if (n < 2)
		return 0;
	n = n < c->strategy->max_threshold ? n : c->strategy->max_threshold;
	if (sst_task_take(c, "window", c->v, n, e) == -1)
		return -1;
	c->task->level = c->strategy->kind == SST_BUCKETS ? CUT_ENOUGH : 0;
	return SST_ONE;
}

int
sst_twcs_pick(struct sst_choice *c, struct sst_err *e)
{
	struct windowed *w = sst_arena_array(c->arena, c->n + 1, sizeof(*w));
	size_t i, k, n = c->n;
	int r;

	if (w == NULL)
		return sst_fail_nomem(e);
	if ((r = pick_expired(c, e)) != 0)
		return r;
	for (i = 0; i < n; i++) {
		w[i] = (struct windowed){ .set = c->v[i] };
		find_window(c->strategy, &w[i]);
		if (c->strategy->kind == SST_BUCKETS && w[i].known && w[i].first < w[i].window &&
		    w[i].set->stats->level < CUT_ENOUGH)
			return cut(c, &w[i], e);
	}
	if (n > 1)
		qsort(w, n, sizeof(*w), by_window);
	for (i = 0; i < n; i = k) {
		for (k = i + 1; k < n && w[k].window == w[i].window; k++)
			;
		if ((r = pick_window(c, w + i, k - i, i == 0, e)) != 0)
			return r;
	}
	return 0;
}
