/*
 * memtable/ranges.c: a sweep over the sorted ends.  Those open at a place are in a heap, the latest
 * deletion on top; one that is over is taken out when it comes to the top.
 */
#include "memtable/ranges.h"

#include <stdlib.h>

#include "base/num.h"
#include "memtable/run.h"
#include "row/prefix.h"
#include "row/reconcile.h"

struct end {
	const struct sst_bound *at;
	const struct sst_range_deletion *of;
	bool *over; /* of the range */
	bool opens;
};

struct sweep {
	const struct sst_table *table;
	struct end *ends;
	struct sst_entry *order, *tmp; /* 2 n each */
	bool *over;                    /* n */
	const struct end **heap;       /* n */
	size_t nheap;
	struct sst_ranges *out;
};

static int
end_cmp(const void *table, const void *a, const void *b)
{
	const struct end *x = a, *y = b;

	return sst_bound_compare(table, x->at, y->at);
}

static bool
above(const struct end *a, const struct end *b)
{
	return sst_deletion_supersedes(&a->of->del, &b->of->del);
}

static void
heap_push(struct sweep *s, const struct end *x)
{
	size_t i = s->nheap++;

	for (; i > 0 && above(x, s->heap[(i - 1) / 2]); i = (i - 1) / 2)
		s->heap[i] = s->heap[(i - 1) / 2];
	s->heap[i] = x;
}

static void
heap_pop(struct sweep *s)
{
	const struct end *x = s->heap[--s->nheap];
	size_t i = 0, c;

	for (; (c = 2 * i + 1) < s->nheap; i = c) {
		if (c + 1 < s->nheap && above(s->heap[c + 1], s->heap[c]))
			c++;
		if (!above(s->heap[c], x))
			break;
		s->heap[i] = s->heap[c];
	}
	s->heap[i] = x;
}

/* The deletion in force after all ends at this place. */
static struct sst_deletion
in_force(struct sweep *s)
{
	while (s->nheap > 0 && *s->heap[0]->over)
		heap_pop(s);
	return s->nheap > 0 ? s->heap[0]->of->del : SST_LIVE;
}

static void
sweep_run(struct sweep *s, size_t nends)
{
	struct sst_deletion now = SST_LIVE, next;
	const struct end *x;
	size_t i = 0, first;

	while (i < nends) {
		first = i;
		do {
			x = s->order[i].p;
			if (x->opens)
				heap_push(s, x);
			else
				*x->over = true;
			i++;
		} while (i < nends && end_cmp(s->table, x, s->order[i].p) == 0);
		next = in_force(s);
		if (sst_deletion_eq(&now, &next))
			continue;
		x = s->order[first].p;
		if (!sst_deletion_is_live(&now))
			s->out->at[s->out->n++].to = *x->at;
		now = next;
		s->out->at[s->out->n].from = *x->at;
		s->out->at[s->out->n].del = now;
	}
}

static int
sweep_alloc(struct sweep *s, size_t n)
{
	size_t bytes;

	if (n > SIZE_MAX / 8 || !sst_mul_size(&bytes, 2 * n + 1, sizeof(s->out->at[0])) ||
	    !sst_add_size(&bytes, bytes, sizeof(*s->out)))
		return -1;
	s->ends = calloc(2 * n, sizeof(*s->ends));
	s->order = calloc(2 * n, sizeof(*s->order));
	s->tmp = calloc(2 * n, sizeof(*s->tmp));
	s->over = calloc(n, sizeof(*s->over));
	s->heap = calloc(n, sizeof(*s->heap));
	s->out = malloc(bytes);
	return s->ends == NULL || s->order == NULL || s->tmp == NULL || s->over == NULL ||
		s->heap == NULL || s->out == NULL
	    ? -1
	    : 0;
}

struct sst_ranges *
sst_ranges_new(const struct sst_table *t, const struct sst_range_deletion *r, size_t n)
{
	struct sst_order order = { end_cmp, t };
	struct sweep s = { .table = t };
	struct end *x;
	size_t i;

	if (sweep_alloc(&s, n) == -1) {
		free(s.out);
		s.out = NULL;
		goto out;
	}
	s.out->refs = 1;
	s.out->n = 0;
	for (i = 0; i < 2 * n; i++) {
		x = &s.ends[i];
		*x = (struct end){ i % 2 ? &r[i / 2].to : &r[i / 2].from, &r[i / 2], &s.over[i / 2],
			i % 2 == 0 };
		s.order[i] = (struct sst_entry){ sst_bound_prefix(t, x->at), x };
	}
	sst_entry_sort(s.order, s.tmp, 2 * n, &order);
	sweep_run(&s, 2 * n);
out:
	free(s.ends);
	free(s.order);
	free(s.tmp);
	free(s.over);
	free(s.heap);
	return s.out;
}

void
sst_ranges_release(struct sst_ranges *r)
{
	if (r != NULL && --r->refs == 0)
		free(r);
}
