/* cmd/tombstat/worst.c: a heap of partitions. */
#include "tombstat/worst.h"

#include <stdlib.h>

/* By the page that meets most, then by all that is gone; ties by key, so that runs are alike. */
static int
compare(const struct worst *a, const struct worst *b)
{
	uint64_t x = sst_tally_gone(&a->sum.in), y = sst_tally_gone(&b->sum.in);

	if (a->page_max != b->page_max)
		return a->page_max > b->page_max ? -1 : 1;
	if (x != y)
		return x > y ? -1 : 1;
	return sst_key_compare(a->token, sst_buf_slice(&a->key), b->token, sst_buf_slice(&b->key));
}

static int
by_badness(const void *a, const void *b)
{
	return compare(a, b);
}

static void
swap(struct worst *a, struct worst *b)
{
	struct worst t = *a;

	*a = *b;
	*b = t;
}

static void
sink(struct worsts *t, size_t i)
{
	size_t child;

	for (; (child = 2 * i + 1) < t->n; i = child) {
		if (child + 1 < t->n && compare(&t->v[child + 1], &t->v[child]) > 0)
			child++;
		if (compare(&t->v[child], &t->v[i]) <= 0)
			return;
		swap(&t->v[i], &t->v[child]);
	}
}

static void
rise(struct worsts *t, size_t i)
{
	for (; i > 0 && compare(&t->v[i], &t->v[(i - 1) / 2]) > 0; i = (i - 1) / 2)
		swap(&t->v[i], &t->v[(i - 1) / 2]);
}

static int
grow(struct worsts *t, struct sst_err *e)
{
	size_t cap = t->cap * 2 + 16;
	struct worst *grown;

	if (t->n < t->cap)
		return 0;
	if ((grown = realloc(t->v, cap * sizeof(*grown))) == NULL)
		return sst_fail_nomem(e);
	memset(grown + t->cap, 0, (cap - t->cap) * sizeof(*grown));
	t->v = grown;
	t->cap = cap;
	return 0;
}

/* The memory of *to is used again. */
static int
fill(struct worst *to, const struct sst_survey_partition *p, struct sst_err *e)
{
	struct sst_survey_share *grown;

	sst_buf_reset(&to->key);
	sst_buf_add_slice(&to->key, p->part->key);
	if (p->nshares > to->cap) {
		grown = realloc(to->shares, p->nshares * sizeof(*grown));
		if (grown == NULL)
			return sst_fail_nomem(e);
		to->shares = grown;
		to->cap = p->nshares;
	}
	if (to->key.bad)
		return sst_fail_nomem(e);
	if (p->nshares > 0)
		memcpy(to->shares, p->shares, p->nshares * sizeof(*p->shares));
	to->nshares = p->nshares;
	to->token = p->part->token;
	to->sum = p->sum;
	to->page = p->page;
	to->page_max = p->page_max;
	return 0;
}

/* Quickly passes over what is not worse than the least bad of those kept. */
static bool
is_worse(const struct worsts *t, const struct sst_survey_partition *p)
{
	const struct worst *top = &t->v[0];

	if (p->page_max != top->page_max)
		return p->page_max > top->page_max;
	return sst_tally_gone(&p->sum.in) > sst_tally_gone(&top->sum.in);
}

int
worst_add(struct worsts *t, const struct sst_survey_partition *p, struct sst_err *e)
{
	if (t->max == 0 || sst_tally_gone(&p->sum.in) == 0)
		return 0;
	if (t->n == t->max) {
		if (!is_worse(t, p))
			return 0;
		if (fill(&t->v[0], p, e) == -1)
			return -1;
		sink(t, 0);
		return 0;
	}
	if (grow(t, e) == -1 || fill(&t->v[t->n], p, e) == -1)
		return -1;
	rise(t, t->n++);
	return 0;
}

void
worst_sort(struct worsts *t)
{
	if (t->n > 1)
		qsort(t->v, t->n, sizeof(*t->v), by_badness);
}

void
worst_free(struct worsts *t)
{
	size_t i;

	for (i = 0; i < t->cap; i++) {
		sst_buf_free(&t->v[i].key);
		free(t->v[i].shares);
	}
	free(t->v);
	*t = (struct worsts){ 0 };
}
