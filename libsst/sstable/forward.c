/*
 * libsst/sstable/forward.c: the slices of a partition in clustering order.  What is read but lies
 * beyond a slice stays pending for the next one.  The deletion in force is followed from the start
 * of the partition, or of an index block, so that a slice can open and close with it.
 */
#include "sstable/reading.h"

/* The first block that reaches beyond a bound; promoted.n when there is none. */
static int
block_after(struct sst_reading *p, const struct sst_bound *from, size_t *found, struct sst_err *e)
{
	size_t lo = 0, hi = p->promoted.n, mid;
	struct sst_index_block b;
	int r;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		r = sst_reading_block(p, mid, &b, e);
		if (r != 0)
			return r;
		if (sst_bound_compare(p->s.table, &b.last, from) > 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	*found = lo;
	return 0;
}

static int
enter_by_trie(struct sst_reading *p, const struct sst_range *range, struct sst_err *e)
{
	uint64_t here = p->pending ? p->x.item.off : p->x.pos, off;
	struct sst_deletion open;
	int r = sst_trie_reading_floor(p, &range->from, &off, &open, e);

	if (r == SST_WAIT || r == -1)
		return r;
	if (r == SST_ONE && off > here) {
		sst_data_seek(&p->x, off, open);
		p->pending = false;
	}
	p->step = SST_STEP_BEFORE;
	return 0;
}

/* Goes to the block where the slice begins, unless the walk is there or beyond.  0; 1: no row of the
 * partition lies so far; SST_WAIT; -1. */
static int
enter(struct sst_reading *p, const struct sst_range *range, struct sst_err *e)
{
	struct sst_deletion open = SST_LIVE;
	struct sst_index_block b;
	uint64_t here = p->pending ? p->x.item.off : p->x.pos;
	size_t i;
	int r;

	if (p->indexed && p->trie != NULL && range->from.n > 0)
		return enter_by_trie(p, range, e);
	if (p->indexed && p->trie == NULL && range->from.n > 0) {
		r = block_after(p, &range->from, &i, e);
		if (r != 0)
			return r;
		if (i == p->promoted.n)
			return 1;
		r = sst_reading_block_after(p, i, &b, &open, e);
		if (r != 0)
			return r;
		if (b.off > here) {
			sst_data_seek(&p->x, b.off, open);
			p->pending = false;
			p->expect = i + 1;
		}
	}
	p->step = SST_STEP_BEFORE;
	return 0;
}

/* Passes rows before the slice by their heads alone.  0: at pos is something else; SST_WAIT; -1. */
static int
pass_rows(struct sst_reading *p, const struct sst_bound *from, struct sst_err *e)
{
	struct sst_bound at;
	int r;

	for (;;) {
		r = sst_data_row_at(&p->x, &at, e);
		if (r != SST_ONE)
			return r;
		r = sst_reading_expect(p, &at, e);
		if (r != 0) {
			p->x.pos = p->x.item.off; /* again, after a wait */
			return r;
		}
		if (p->x.item.kind != SST_ROW || sst_bound_compare(p->s.table, &at, from) >= 0)
			break;
	}
	p->x.pos = p->x.item.off;
	return 0;
}

/* Reads the next row or marker into x.item.  SST_ONE; 0 at the end of the partition; ... */
static int
get_item(struct sst_reading *p, struct sst_err *e)
{
	struct sst_deletion open = p->x.open;
	int r;

	if (p->pending)
		return SST_ONE;
	r = sst_data_row(&p->x, e);
	if (r != SST_ONE)
		return r;
	if (p->x.item.kind == SST_STATIC)
		return sst_data_fail(&p->x, p->x.item.off, "static row after other rows", e);
	p->before = p->x.item.kind == SST_MARKER ? p->x.item.marker.before : open;
	p->pending = true;
	return SST_ONE;
}

/* Up to the first row or marker inside of the slice or beyond. */
static int
before(struct sst_reading *p, const struct sst_range *range, const struct sst_item **item,
    struct sst_err *e)
{
	const struct sst_bound *from = &range->from;
	struct sst_bound at;
	int r;

	for (;;) {
		if (!p->pending && from->n > 0 && (r = pass_rows(p, from, e)) != 0)
			return r;
		r = get_item(p, e);
		if (r != SST_ONE)
			return r == 0 ? (p->step = SST_STEP_NEXT, 0) : r;
		at = sst_item_bound(&p->x.item, p->t->header.nck);
		if (from->n == 0 || sst_bound_compare(p->s.table, &at, from) > 0)
			break;
		p->pending = false;
	}
	p->step = SST_STEP_OUT;
	if (p->before.ts_us == SST_NO_TS)
		return 0;
	*item = sst_reading_mark(p, from, SST_LIVE, p->before);
	return SST_ONE;
}

static int
inside(struct sst_reading *p, const struct sst_range *range, const struct sst_item **item,
    struct sst_err *e)
{
	const struct sst_bound *to = &range->to;
	struct sst_bound at;
	int r = get_item(p, e);

	if (r != SST_ONE)
		return r == 0 ? (p->step = SST_STEP_NEXT, 0) : r;
	at = sst_item_bound(&p->x.item, p->t->header.nck);
	if (to->n == 0 || sst_bound_compare(p->s.table, &at, to) < 0) {
		p->pending = false;
		*item = &p->x.item;
		return SST_ONE;
	}
	p->step = SST_STEP_NEXT;
	if (p->before.ts_us == SST_NO_TS)
		return 0;
	*item = sst_reading_mark(p, to, p->before, SST_LIVE);
	return SST_ONE;
}

int
sst_reading_forward(struct sst_reading *p, const struct sst_item **item, struct sst_err *e)
{
	const struct sst_range *range;
	int r = 0;

	for (;;) {
		range = &p->slices[p->slice];
		switch (p->step) {
		case SST_STEP_ENTER:
			r = enter(p, range, e);
			if (r == 1)
				return 0;
			break;
		case SST_STEP_BEFORE:
			r = before(p, range, item, e);
			break;
		case SST_STEP_OUT:
			r = inside(p, range, item, e);
			break;
		default: /* at the end of the partition nothing is pending */
			if (!p->pending || p->slice + 1 == p->nslices)
				return 0;
			p->slice++;
			p->step = SST_STEP_ENTER;
			break;
		}
		if (r != 0)
			return r;
	}
}
