/* memtable/pile.c */
#include "memtable/pile.h"

#include <stdlib.h>

#include "base/num.h"

#define RUN_MIN ((size_t)4)

static void
measure(struct sst_pile *p)
{
	p->bytes = sst_run_bytes(p->run) + p->late_cap * sizeof(*p->late);
}

static int
add_late(struct sst_pile *p, struct sst_entry x, struct sst_err *e)
{
	struct sst_entry *late;
	size_t cap = p->late_cap + p->late_cap / 2 + RUN_MIN, bytes;

	if (p->nlate == p->late_cap) {
		if (!sst_mul_size(&bytes, cap, sizeof(*late)) ||
		    (late = realloc(p->late, bytes)) == NULL)
			return sst_fail_nomem(e);
		p->late = late;
		p->late_cap = cap;
		measure(p);
	}
	p->late[p->nlate++] = x;
	return 0;
}

static int
start(struct sst_pile *p, struct sst_err *e)
{
	if (p->run != NULL)
		return 0;
	if ((p->run = sst_run_new(RUN_MIN, RUN_MIN / 2)) == NULL)
		return sst_fail_nomem(e);
	measure(p);
	return 0;
}

static int
insert(struct sst_pile *p, size_t i, struct sst_entry x, struct sst_err *e)
{
	if (sst_run_insert(&p->run, i, x) == -1)
		return sst_fail_nomem(e);
	measure(p);
	return 0;
}

int
sst_pile_add(struct sst_pile *p, const struct sst_order *o, struct sst_entry x, struct sst_err *e)
{
	struct sst_entry *first;
	size_t n;

	if (start(p, e) == -1)
		return -1;
	first = sst_run_first(p->run);
	n = p->run->n;
	if (n == 0 || sst_entry_compare(o, &first[n - 1], &x) < 0)
		return insert(p, n, x, e);
	if (sst_entry_compare(o, &x, first) < 0)
		return insert(p, 0, x, e);
	return add_late(p, x, e);
}

struct tidy {
	struct sst_pile *pile;
	const struct sst_order *order;
	sst_combine combine;
	void *arg;
	struct sst_entry *tmp; /* room for all that is late and one more */
};

/* How many of the n sorted entries are equal to the first. */
static size_t
group(const struct sst_entry *x, size_t n, const struct sst_order *o)
{
	size_t i = 1;

	while (i < n && sst_entry_compare(o, &x[0], &x[i]) == 0)
		i++;
	return i;
}

/* *out: one entry of the n at late, and of old (from the run) unless it is NULL. */
static int
combine(struct tidy *t, struct sst_entry *out, const struct sst_entry *old,
    const struct sst_entry *late, size_t n, struct sst_err *e)
{
	size_t nold = old != NULL;

	*out = late[0];
	if (n + nold == 1)
		return 0;
	if (nold)
		t->tmp[0] = *old;
	memcpy(t->tmp + nold, late, n * sizeof(*late));
	return (out->p = t->combine(t->arg, t->tmp, n + nold, e)) == NULL ? -1 : 0;
}

/* A few: each is put in its place. */
static int
tidy_few(struct tidy *t, struct sst_err *e)
{
	struct sst_pile *p = t->pile;
	struct sst_entry x, *old;
	size_t i, n, at;

	for (i = 0; i < p->nlate; i += n) {
		n = group(p->late + i, p->nlate - i, t->order);
		at = sst_run_find(p->run, t->order, &p->late[i]);
		old = sst_run_first(p->run) + at;
		if (at == p->run->n || sst_entry_compare(t->order, old, &p->late[i]) != 0)
			old = NULL;
		if (combine(t, &x, old, p->late + i, n, e) == -1)
			return -1;
		if (old != NULL)
			*old = x;
		else if (insert(p, at, x, e) == -1)
			return -1;
	}
	return 0;
}

/* Many, or readers hold the run: both are merged into a new one. */
static int
tidy_many(struct tidy *t, struct sst_err *e)
{
	struct sst_pile *p = t->pile;
	struct sst_run *run = p->run, *to;
	struct sst_entry *old = sst_run_first(run), *end = old + run->n, *x;
	size_t i, n, room = (run->n + p->nlate) / 8 + RUN_MIN;
	int c;

	if ((to = sst_run_new(run->n + p->nlate + 2 * room, room)) == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < p->nlate; i += n) {
		n = group(p->late + i, p->nlate - i, t->order);
		x = &p->late[i];
		c = 1;
		while (old < end && (c = sst_entry_compare(t->order, old, x)) < 0)
			to->at[to->lo + to->n++] = *old++;
		if (combine(t, &to->at[to->lo + to->n], old < end && c == 0 ? old : NULL, x, n,
			e) == -1) {
			sst_run_release(to);
			return -1;
		}
		to->n++;
		old += old < end && c == 0;
	}
	memcpy(to->at + to->lo + to->n, old, (size_t)(end - old) * sizeof(*old));
	to->n += (size_t)(end - old);
	sst_run_release(run);
	p->run = to;
	measure(p);
	return 0;
}

int
sst_pile_tidy(
    struct sst_pile *p, const struct sst_order *o, sst_combine fn, void *arg, struct sst_err *e)
{
	struct tidy t = { p, o, fn, arg, NULL };
	int r;

	if (start(p, e) == -1)
		return -1;
	if (p->nlate == 0)
		return 0;
	if ((t.tmp = malloc((p->nlate + 1) * sizeof(*t.tmp))) == NULL)
		return sst_fail_nomem(e);
	sst_entry_sort(p->late, t.tmp, p->nlate, o);
	r = p->run->refs == 1 && p->nlate < p->run->n / 16 ? tidy_few(&t, e) : tidy_many(&t, e);
	free(t.tmp);
	if (r == -1)
		return -1;
	free(p->late);
	p->late = NULL;
	p->nlate = p->late_cap = 0;
	measure(p);
	return 0;
}

void
sst_pile_free(struct sst_pile *p)
{
	sst_run_release(p->run);
	free(p->late);
	*p = (struct sst_pile){ 0 };
}
