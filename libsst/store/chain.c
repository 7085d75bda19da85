/* store/chain.c: groups that overlap are merged, groups that do not are strung together. */
#include "store/chain.h"

#include <stdlib.h>

#include "merge/merge.h"
#include "sstable/statistics.h"

struct chain {
	struct sst_stream stream; /* first */
	const struct sst_read *what;
	struct sst_sstable **t;   /* in the stream's order */
	size_t n, next;           /* the first that is not opened yet */
	struct sst_stream *group; /* being read */
	bool begun;               /* the partition was given */
};

bool
sst_chain_covers(const struct sst_sstable *t, struct sst_bound *from, struct sst_bound *to)
{
	const struct sst_statistics *st = sst_sstable_statistics(t);
	const struct sst_version *v = sst_sstable_version(t);

	if ((!v->accurate_min_max && !v->improved_min_max) || st->covered_from.n == 0 ||
	    st->covered_to.n == 0)
		return false;
	*from = st->covered_from;
	*to = st->covered_to;
	return true;
}

bool
sst_chain_takes(const struct sst_sstable *t)
{
	struct sst_bound from, to;

	return !sst_sstable_has_more_than_rows(t) && sst_chain_covers(t, &from, &to);
}

/* Order of what two SSTables cover: by where they begin in the stream's direction. */
static int
compare(const struct chain *c, const struct sst_sstable *a, const struct sst_sstable *b)
{
	struct sst_bound from[2], to[2];

	sst_chain_covers(a, &from[0], &to[0]);
	sst_chain_covers(b, &from[1], &to[1]);
	return c->stream.reversed ? sst_bound_compare(c->stream.table, &to[1], &to[0])
				  : sst_bound_compare(c->stream.table, &from[0], &from[1]);
}

/* Insertion: there are few, and the shelf has them nearly in order. */
static void
sort(struct chain *c)
{
	struct sst_sstable *t;
	size_t i, k;

	for (i = 1; i < c->n; i++) {
		t = c->t[i];
		for (k = i; k > 0 && compare(c, t, c->t[k - 1]) < 0; k--)
			c->t[k] = c->t[k - 1];
		c->t[k] = t;
	}
}

/* How many from c->next on overlap, one with the other. */
static size_t
group_len(const struct chain *c)
{
	struct sst_bound from, to, end, begin;
	size_t n;

	sst_chain_covers(c->t[c->next], &begin, &end);
	for (n = 1; c->next + n < c->n; n++) {
		sst_chain_covers(c->t[c->next + n], &from, &to);
		if (c->stream.reversed) {
			if (sst_bound_compare(c->stream.table, &to, &begin) < 0)
				break;
			if (sst_bound_compare(c->stream.table, &from, &begin) < 0)
				begin = from;
		} else {
			if (sst_bound_compare(c->stream.table, &from, &end) > 0)
				break;
			if (sst_bound_compare(c->stream.table, &to, &end) > 0)
				end = to;
		}
	}
	return n;
}

static int
open_group(struct chain *c, struct sst_err *e)
{
	struct sst_merge_opts raw = { .raw = true, .gc_before_s = INT64_MIN };
	size_t n = group_len(c), i;
	struct sst_stream **in = calloc(n, sizeof(struct sst_stream *));
	int r = 0;

	if (in == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < n && r == 0; i++)
		r = sst_sstable_read(c->t[c->next + i], c->what, &in[i], e);
	if (r == 0 && n > 1) {
		r = sst_merge_open(&c->group, c->stream.table, in, n, &raw, e);
	} else if (r == 0) {
		c->group = in[0];
	} else {
		for (i = 0; i < n; i++)
			sst_stream_close(in[i]);
	}
	free(in);
	if (r == 0)
		c->next += n;
	return r;
}

static int
chain_next(struct sst_stream *s, const struct sst_item **item, struct sst_err *e)
{
	struct chain *c = (struct chain *)s;
	int r;

	for (;;) {
		if (c->group == NULL && c->next == c->n)
			return 0;
		if (c->group == NULL && open_group(c, e) == -1)
			return -1;
		if ((r = sst_stream_next(c->group, item, e)) == 0) {
			sst_stream_close(c->group);
			c->group = NULL;
			continue;
		}
		if (r != SST_ONE || (*item)->kind != SST_PARTITION || !c->begun)
			break;
	}
	c->begun |= r == SST_ONE;
	return r;
}

static int
chain_skip(struct sst_stream *s, struct sst_err *e)
{
	struct chain *c = (struct chain *)s;

	(void)e;
	if (!c->begun)
		return 0;
	sst_stream_close(c->group); /* there is one partition only */
	c->group = NULL;
	c->next = c->n;
	return 0;
}

static void
chain_want(struct sst_stream *s, struct sst_want *want)
{
	sst_stream_want(((struct chain *)s)->group, want);
}

static void
chain_close(struct sst_stream *s)
{
	struct chain *c = (struct chain *)s;

	sst_stream_close(c->group);
	free(c);
}

static const struct sst_stream_ops chain_ops = { chain_next, chain_skip, chain_want, chain_close };

int
sst_chain_open(struct sst_stream **out, struct sst_sstable **t, size_t n, const struct sst_read *r,
    struct sst_err *e)
{
	struct chain *c = calloc(1, sizeof(*c));

	*out = NULL;
	if (c == NULL)
		return sst_fail_nomem(e);
	c->stream = (struct sst_stream){ &chain_ops, r->table, r->reversed };
	c->what = r;
	c->t = t;
	c->n = n;
	sort(c);
	*out = &c->stream;
	return 0;
}
