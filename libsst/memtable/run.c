/* memtable/run.c */
#include "memtable/run.h"

#include <stdlib.h>

#include "base/num.h"

struct sst_run *
sst_run_new(size_t cap, size_t lo)
{
	struct sst_run *r;
	size_t bytes;

	if (!sst_mul_size(&bytes, cap, sizeof(r->at[0])) ||
	    !sst_add_size(&bytes, bytes, sizeof(*r)) || (r = malloc(bytes)) == NULL)
		return NULL;
	r->refs = 1;
	r->cap = cap;
	r->lo = lo;
	r->n = 0;
	return r;
}

void
sst_run_release(struct sst_run *r)
{
	if (r != NULL && --r->refs == 0)
		free(r);
}

size_t
sst_run_bytes(const struct sst_run *r)
{
	return r == NULL ? 0 : sizeof(*r) + r->cap * sizeof(r->at[0]);
}

/* A copy of *run with a gap at i and room for half as much again, most of it on that side. */
static int
grow(struct sst_run **run, size_t i)
{
	struct sst_run *old = *run, *r;
	size_t room = old->n / 2 + 4;

	r = sst_run_new(old->n + 1 + room, 2 * i < old->n ? room - room / 4 : room / 4);
	if (r == NULL)
		return -1;
	memcpy(r->at + r->lo, old->at + old->lo, i * sizeof(r->at[0]));
	memcpy(r->at + r->lo + i + 1, old->at + old->lo + i, (old->n - i) * sizeof(r->at[0]));
	r->n = old->n + 1;
	sst_run_release(old);
	*run = r;
	return 0;
}

int
sst_run_insert(struct sst_run **run, size_t i, struct sst_entry x)
{
	struct sst_run *r = *run;
	struct sst_entry *at = r->at + r->lo;
	bool end = i == 0 || i == r->n, front = 2 * i < r->n;
	bool room_front = r->lo > 0, room_back = r->lo + r->n < r->cap;

	if (!end && !(front ? room_front : room_back))
		front = !front;
	if ((!end && r->refs > 1) || !(front ? room_front : room_back)) {
		if (grow(run, i) == -1)
			return -1;
		r = *run;
	} else if (front) {
		memmove(at - 1, at, i * sizeof(*at));
		r->lo--;
		r->n++;
	} else {
		memmove(at + i + 1, at + i, (r->n - i) * sizeof(*at));
		r->n++;
	}
	r->at[r->lo + i] = x;
	return 0;
}

size_t
sst_run_find(const struct sst_run *r, const struct sst_order *o, const struct sst_entry *x)
{
	const struct sst_entry *at = r->at + r->lo;
	size_t lo = 0, hi = r->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (sst_entry_compare(o, &at[mid], x) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void
merge(struct sst_entry *to, const struct sst_entry *a, size_t na, const struct sst_entry *b,
    size_t nb, const struct sst_order *o)
{
	while (na > 0 && nb > 0) {
		if (sst_entry_compare(o, a, b) <= 0) {
			*to++ = *a++;
			na--;
		} else {
			*to++ = *b++;
			nb--;
		}
	}
	memcpy(to, a, na * sizeof(*to));
	memcpy(to + na, b, nb * sizeof(*to));
}

/* Length of the sorted run at the start of n > 0 entries, made longer by insertion when short. */
static size_t
natural(struct sst_entry *a, size_t n, const struct sst_order *o)
{
	struct sst_entry x;
	size_t len = 1, i;

	while (len < n && sst_entry_compare(o, &a[len - 1], &a[len]) <= 0)
		len++;
	for (; len < n && len < 12; len++) {
		x = a[len];
		for (i = len; i > 0 && sst_entry_compare(o, &a[i - 1], &x) > 0; i--)
			a[i] = a[i - 1];
		a[i] = x;
	}
	return len;
}

/* Runs on a stack, merged when they are of like size, so that the depth is log n. */
void
sst_entry_sort(struct sst_entry *a, struct sst_entry *tmp, size_t n, const struct sst_order *o)
{
	size_t len[64], depth = 0, at = 0, end;

	while (at < n || depth > 1) {
		if (at < n && (depth < 2 || len[depth - 2] > 2 * len[depth - 1])) {
			len[depth] = natural(a + at, n - at, o);
			at += len[depth++];
			continue;
		}
		end = at - len[depth - 1] - len[depth - 2];
		merge(tmp, a + end, len[depth - 2], a + end + len[depth - 2], len[depth - 1], o);
		len[depth - 2] += len[depth - 1];
		depth--;
		memcpy(a + end, tmp, len[depth - 1] * sizeof(*a));
	}
}
