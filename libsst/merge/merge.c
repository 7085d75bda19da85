/*
 * merge/merge.c: partitions meet in one heap, rows and markers of the partition at hand in another.
 *
 *	inputs at a partition ── parts (heap) ──┐  those with the smallest key
 *	                                        v
 *	inputs to be advanced ── pend ──> fresh ──> rows (heap) ──> group ──> item
 *	      ^                                                       │
 *	      └──────────── before the next item is made ────────────┘
 *
 * An item borrows from the inputs of its group, so these move on only when the next item is asked
 * for.  Whatever step says WAIT has changed nothing that it could not do again.  As long as one
 * input alone stays ahead of all others it never enters the heap, and where it alone has the
 * partition nothing is compared at all.
 */
#include "merge/merge.h"

#include <stdlib.h>

#include "base/num.h"
#include "row/prefix.h"
#include "row/reconcile.h"

struct input {
	struct sst_stream *s;
	const struct sst_item *item; /* its head: valid in a heap, in fresh, and in the group */
	uint64_t order;              /* of the head's position, as far as a number can tell */
	struct sst_deletion open;    /* the range deletion it is in */
	bool skipped;                /* already, in an unfinished skip of all */
};

struct inputs { /* a list, or a heap */
	struct input **at;
	size_t n;
};

enum phase {
	PHASE_BETWEEN, /* partitions */
	PHASE_IN,      /* one, its item not yet given */
	PHASE_GIVEN,   /* in one whose item was given */
	PHASE_END
};

struct merge {
	struct sst_stream s;
	struct sst_merge_opts opts;
	struct input *in;
	size_t n;
	struct inputs parts, rows, pend, fresh, group;
	struct inputs here; /* all that have the partition at hand */
	struct input *waiting;
	enum phase phase;

	struct sst_partition part; /* key in `key` */
	struct sst_buf key;
	struct sst_deletion
	    range;              /* in force in what is given; live when the partition's is later */
	struct sst_purge purge; /* before_us only when asked */
	bool may_purge, asked;
	uint64_t tombstones;

	const struct sst_item *held; /* made, but the partition goes first */
	struct sst_row_scratch scratch;
	const struct sst_row **versions; /* n */
	struct sst_item item, part_item;
};

/* ---- heaps ---- */

typedef int (*input_cmp)(const struct merge *, const struct input *, const struct input *);

static int
part_cmp(const struct merge *m, const struct input *a, const struct input *b)
{
	const struct sst_partition *x = &a->item->part, *y = &b->item->part;

	(void)m;
	return sst_key_compare(x->token, x->key, y->token, y->key);
}

static struct sst_bound
position(const struct sst_table *t, const struct sst_item *item)
{
	if (item->kind == SST_MARKER)
		return item->marker.at;
	return (struct sst_bound){ item->row.ck, t->nck, 0 };
}

static int
row_cmp(const struct merge *m, const struct input *a, const struct input *b)
{
	struct sst_bound x, y;
	bool as, bs;
	int c;

	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	as = a->item->kind == SST_STATIC;
	bs = b->item->kind == SST_STATIC;
	if (as || bs)
		return (int)bs - (int)as;
	x = position(m->s.table, a->item);
	y = position(m->s.table, b->item);
	c = sst_bound_compare(m->s.table, &x, &y);
	return m->s.reversed ? -c : c;
}

static void
sift_down(const struct merge *m, struct inputs *h, struct input *x, input_cmp cmp)
{
	size_t i = 0, c;

	for (; (c = 2 * i + 1) < h->n; i = c) {
		if (c + 1 < h->n && cmp(m, h->at[c + 1], h->at[c]) < 0)
			c++;
		if (cmp(m, x, h->at[c]) <= 0)
			break;
		h->at[i] = h->at[c];
	}
	h->at[i] = x;
}

static void
heap_push(const struct merge *m, struct inputs *h, struct input *x, input_cmp cmp)
{
	size_t i = h->n++;

	for (; i > 0 && cmp(m, x, h->at[(i - 1) / 2]) < 0; i = (i - 1) / 2)
		h->at[i] = h->at[(i - 1) / 2];
	h->at[i] = x;
}

static struct input *
heap_pop(const struct merge *m, struct inputs *h, input_cmp cmp)
{
	struct input *top = h->at[0], *x = h->at[--h->n];

	if (h->n > 0)
		sift_down(m, h, x, cmp);
	return top;
}

static void
add(struct inputs *l, struct input *x)
{
	l->at[l->n++] = x;
}

/* Moves all of `from`, in any order. */
static void
move_all(struct inputs *to, struct inputs *from)
{
	while (from->n > 0)
		add(to, from->at[--from->n]);
}

/* ---- what comes out ---- */

static bool
can_purge(struct merge *m)
{
	if (!m->asked) {
		m->asked = true;
		m->purge.before_us = m->opts.purge_before == NULL
		    ? INT64_MAX
		    : m->opts.purge_before(m->opts.arg, &m->part);
	}
	return m->purge.before_us != INT64_MIN;
}

static int
fail_tombstones(const struct merge *m, struct sst_err *e)
{
	struct sst_buf b = { 0 };
	struct sst_err ignore;
	int r;

	if (sst_type_to_string(m->s.table->key_type, m->part.key, &b, &ignore) == -1)
		sst_buf_reset(&b);
	sst_buf_addc(&b, '\0');
	r = sst_fail(e, SST_ELIMIT, NULL, SST_NOWHERE,
	    "partition %.100s: more than %ju tombstones met", b.bad ? "" : (char *)b.p,
	    (uintmax_t)m->opts.tombstones_max);
	sst_buf_free(&b);
	return r;
}

static int
met(struct merge *m, uint64_t n, struct sst_err *e)
{
	m->tombstones += n;
	if (m->opts.tombstones != NULL)
		*m->opts.tombstones += n;
	if (m->opts.tombstones_max > 0 && m->tombstones > m->opts.tombstones_max)
		return fail_tombstones(m, e);
	return 0;
}

/* A merged row as the caller wants it, into m->item; SST_ONE, 0 when nothing is left, -1. */
static int
give_row(struct merge *m, const struct sst_row *row, struct sst_err *e)
{
	struct sst_row out = *row;
	int r = SST_ONE;

	if (!sst_row_is_plain(row)) {
		if (!m->opts.raw) {
			if (met(m, sst_row_tombstones(row, m->opts.now_s, m->opts.gc_before_s),
				e) == -1)
				return -1;
			r = sst_row_live(&out, &m->scratch, row, m->opts.now_s, e);
		} else if (m->may_purge && can_purge(m))
			r = sst_row_purge(&out, &m->scratch, row, &m->purge, e);
	}
	if (r == SST_ONE)
		m->item.row = out;
	return r;
}

static int
group_row(struct merge *m, const struct sst_item **item, struct sst_err *e)
{
	const struct sst_table *t = m->s.table;
	const struct sst_item *first = m->group.at[0]->item;
	const struct sst_deletion *active =
	    sst_deletion_is_live(&m->range) ? &m->part.del : &m->range;
	struct sst_row_versions v = { first->kind == SST_STATIC ? t->statics : t->regulars,
		m->versions, m->group.n };
	struct sst_row merged;
	size_t i;
	int r;

	if (m->group.n == 1 && sst_deletion_is_live(active)) {
		if (sst_row_is_plain(&first->row)) { /* most are: as it is */
			*item = first;
			return SST_ONE;
		}
		m->item = *first;
		return give_row(m, &first->row, e);
	}
	for (i = 0; i < m->group.n; i++)
		m->versions[i] = &m->group.at[i]->item->row;
	if ((r = sst_row_merge(&merged, &m->scratch, &v, active, e)) != SST_ONE)
		return r;
	m->item = (struct sst_item){ .kind = first->kind };
	if (m->group.n == 1)
		m->item = *first;
	return give_row(m, &merged, e);
}

/* The latest deletion in force in any input, if it says more than the partition's does. */
static struct sst_deletion
latest_open(const struct merge *m)
{
	struct sst_deletion d = SST_LIVE;
	size_t i;

	for (i = 0; i < m->here.n; i++)
		if (sst_deletion_supersedes(&m->here.at[i]->open, &d))
			d = m->here.at[i]->open;
	return sst_deletion_supersedes(&d, &m->part.del) ? d : SST_LIVE;
}

static int
group_marker(struct merge *m, struct sst_err *e)
{
	const struct sst_item *first = m->group.at[0]->item;
	struct sst_marker k = { first->marker.at, m->range, SST_LIVE };
	struct sst_purge all = { .gc_before_s = m->opts.gc_before_s, .before_us = INT64_MAX };
	const struct sst_purge *p = m->opts.raw ? &m->purge : &all;
	size_t i;

	for (i = 0; i < m->group.n; i++)
		m->group.at[i]->open = m->group.at[i]->item->marker.after;
	m->range = k.after = latest_open(m);
	if (sst_deletion_eq(&k.before, &k.after))
		return 0;
	if (!m->opts.raw || (m->may_purge && can_purge(m))) {
		if (sst_purge_deletion(p, &k.before))
			k.before = SST_LIVE;
		if (sst_purge_deletion(p, &k.after))
			k.after = SST_LIVE;
		if (sst_deletion_is_live(&k.before) && sst_deletion_is_live(&k.after))
			return 0;
	}
	if (!m->opts.raw)
		return met(m, 1, e);
	m->item = *first;
	m->item.marker = k;
	return SST_ONE;
}

/* The item of the group, which then is to be advanced; SST_ONE, 0: there is none, -1. */
static int
give_group(struct merge *m, const struct sst_item **item, struct sst_err *e)
{
	enum sst_item_kind kind = m->group.at[0]->item->kind;
	int r;

	*item = &m->item;
	r = kind == SST_MARKER ? group_marker(m, e) : group_row(m, item, e);
	move_all(&m->pend, &m->group);
	return r;
}

/* ---- what goes in ---- */

static uint64_t
order_of(const struct merge *m, const struct sst_item *item)
{
	struct sst_bound b;
	uint64_t x;

	if (item->kind == SST_STATIC)
		return 0;
	b = position(m->s.table, item);
	x = sst_bound_prefix(m->s.table, &b);
	return m->s.reversed ? ~x : x;
}

/* Advances all that are pending; SST_ONE when done, SST_WAIT, -1. */
static int
advance(struct merge *m, struct sst_err *e)
{
	struct input *x;
	int r;

	while (m->pend.n > 0) {
		x = m->pend.at[m->pend.n - 1];
		r = sst_stream_next(x->s, &x->item, e);
		if (r == SST_WAIT)
			m->waiting = x;
		if (r == SST_WAIT || r == -1)
			return r;
		m->pend.n--;
		if (r == 0)
			continue;
		if (x->item->kind == SST_PARTITION) {
			heap_push(m, &m->parts, x, part_cmp);
			continue;
		}
		if (m->here.n > 1)
			x->order = order_of(m, x->item);
		add(&m->fresh, x);
	}
	return SST_ONE;
}

/* From fresh and rows, those at the smallest position become the group; false: there are none. */
static bool
next_group(struct merge *m)
{
	struct input *x;
	int c;

	if (m->fresh.n == 1 && m->rows.n == 0) {
		add(&m->group, m->fresh.at[--m->fresh.n]);
		return true;
	}
	if (m->fresh.n == 1) {
		x = m->fresh.at[--m->fresh.n];
		c = row_cmp(m, x, m->rows.at[0]);
		if (c > 0) {
			add(&m->group, m->rows.at[0]);
			sift_down(m, &m->rows, x, row_cmp);
		} else
			add(&m->group, x);
		if (c < 0)
			return true;
	} else {
		while (m->fresh.n > 0)
			heap_push(m, &m->rows, m->fresh.at[--m->fresh.n], row_cmp);
		if (m->rows.n == 0)
			return false;
		add(&m->group, heap_pop(m, &m->rows, row_cmp));
	}
	while (m->rows.n > 0 && row_cmp(m, m->rows.at[0], m->group.at[0]) == 0)
		add(&m->group, heap_pop(m, &m->rows, row_cmp));
	return true;
}

/* Sets out on the next partition; SST_ONE, 0: no more, -1. */
static int
next_part(struct merge *m, struct sst_err *e)
{
	struct input *x;

	if (m->parts.n == 0) {
		m->phase = PHASE_END;
		return 0;
	}
	m->here.n = 0;
	do {
		x = heap_pop(m, &m->parts, part_cmp);
		if (m->here.n == 0)
			m->part.del = SST_LIVE;
		if (sst_deletion_supersedes(&x->item->part.del, &m->part.del))
			m->part.del = x->item->part.del;
		x->open = SST_LIVE;
		add(&m->here, x);
		add(&m->pend, x);
	} while (m->parts.n > 0 && part_cmp(m, m->parts.at[0], m->here.at[0]) == 0);
	m->part_item = *x->item;
	if (m->here.n > 1)
		m->part_item = (struct sst_item){ .kind = SST_PARTITION };
	m->part.token = x->item->part.token;
	sst_buf_reset(&m->key);
	sst_buf_add_slice(&m->key, x->item->part.key);
	if (m->key.bad)
		return sst_fail_nomem(e);
	m->part.key = sst_buf_slice(&m->key);
	m->range = SST_LIVE;
	m->asked = false;
	m->phase = PHASE_IN;
	return SST_ONE;
}

/* The partition's item, before the first of what is in it. */
static const struct sst_item *
give_part(struct merge *m)
{
	m->phase = PHASE_GIVEN;
	m->part_item.part = m->part;
	if (!m->opts.raw ||
	    (m->may_purge && !sst_deletion_is_live(&m->part.del) && can_purge(m) &&
		sst_purge_deletion(&m->purge, &m->part.del)))
		m->part_item.part.del = SST_LIVE;
	return &m->part_item;
}

/* The partition has ended: given now if it has nothing but a deletion to say. */
static int
end_part(struct merge *m, const struct sst_item **item)
{
	bool given = m->phase == PHASE_GIVEN;

	if (!given)
		*item = give_part(m);
	m->phase = PHASE_BETWEEN;
	return !given && !sst_deletion_is_live(&m->part_item.part.del) ? SST_ONE : 0;
}

/* One input alone has the partition, and its items are wanted as they are. */
static bool
is_through(const struct merge *m)
{
	return m->here.n == 1 && m->opts.raw && !m->may_purge;
}

/* SST_ONE and *item; 0: go on, or PHASE_END; SST_WAIT; -1. */
static int
step(struct merge *m, const struct sst_item **item, struct sst_err *e)
{
	int r;

	if ((r = advance(m, e)) != SST_ONE)
		return r;
	if (m->phase == PHASE_BETWEEN) {
		r = next_part(m, e);
		return r == SST_ONE ? 0 : r;
	}
	if (!next_group(m))
		return end_part(m, item);
	if (is_through(m)) {
		*item = m->group.at[0]->item;
		move_all(&m->pend, &m->group);
	} else if ((r = give_group(m, item, e)) != SST_ONE)
		return r;
	if (m->phase == PHASE_IN) {
		m->held = *item;
		*item = give_part(m);
	}
	return SST_ONE;
}

static int
merge_next(struct sst_stream *s, const struct sst_item **item, struct sst_err *e)
{
	struct merge *m = (struct merge *)s;
	int r = 0;

	if (m->held != NULL) {
		*item = m->held;
		m->held = NULL;
		return SST_ONE;
	}
	while (r == 0 && m->phase != PHASE_END)
		r = step(m, item, e);
	return r;
}

static int
merge_skip(struct sst_stream *s, struct sst_err *e)
{
	struct merge *m = (struct merge *)s;
	struct input *x;
	size_t i;
	int r;

	if (m->phase != PHASE_GIVEN)
		return 0;
	m->held = NULL;
	move_all(&m->pend, &m->fresh);
	move_all(&m->pend, &m->rows);
	for (i = 0; i < m->pend.n; i++) {
		x = m->pend.at[i];
		if (x->skipped)
			continue;
		r = sst_stream_skip(x->s, e);
		if (r == SST_WAIT)
			m->waiting = x;
		if (r != 0)
			return r;
		x->skipped = true;
	}
	for (i = 0; i < m->pend.n; i++)
		m->pend.at[i]->skipped = false;
	m->phase = PHASE_BETWEEN;
	return 0;
}

static void
merge_want(struct sst_stream *s, struct sst_want *want)
{
	struct merge *m = (struct merge *)s;

	sst_stream_want(m->waiting->s, want);
}

static void
merge_close(struct sst_stream *s)
{
	struct merge *m = (struct merge *)s;
	size_t i;

	for (i = 0; i < m->n; i++)
		sst_stream_close(m->in[i].s);
	sst_buf_free(&m->key);
	sst_row_scratch_free(&m->scratch);
	free(m);
}

static const struct sst_stream_ops merge_ops = { merge_next, merge_skip, merge_want, merge_close };

/* With room for n inputs, all of it in one piece: a page makes a merge for each bucket that it passes. */
static struct merge *
merge_new(size_t n)
{
	const size_t each = sizeof(struct input) + sizeof(struct sst_row *) +
	    6 * sizeof(struct input *); /* lists */
	struct merge *m;
	size_t size;

	if (!sst_mul_size(&size, n, each) || !sst_add_size(&size, size, sizeof(*m)) ||
	    (m = calloc(1, size)) == NULL)
		return NULL;
	m->in = (struct input *)(m + 1);
	m->versions = (const struct sst_row **)(m->in + n);
	m->parts.at = (struct input **)(m->versions + n);
	m->rows.at = m->parts.at + n;
	m->pend.at = m->rows.at + n;
	m->fresh.at = m->pend.at + n;
	m->group.at = m->fresh.at + n;
	m->here.at = m->group.at + n;
	return m;
}

int
sst_merge_open(struct sst_stream **out, const struct sst_table *t, struct sst_stream **in, size_t n,
    const struct sst_merge_opts *opts, struct sst_err *e)
{
	struct merge *m = merge_new(n);
	size_t i;

	*out = NULL;
	if (m == NULL) {
		for (i = 0; i < n; i++)
			sst_stream_close(in[i]);
		return sst_fail_nomem(e);
	}
	m->s = (struct sst_stream){ &merge_ops, t, n > 0 && in[0]->reversed };
	m->opts = *opts;
	m->may_purge = opts->raw && opts->gc_before_s != INT64_MIN;
	m->purge = (struct sst_purge){ opts->now_s, opts->gc_before_s, INT64_MAX };
	m->n = n;
	for (i = 0; i < n; i++) {
		m->in[i].s = in[i];
		add(&m->pend, &m->in[i]);
	}
	*out = &m->s;
	return 0;
}
