/*
 * libsst/sstable/backward.c: the slices of a partition in reverse.  Rows cannot be read backward, so
 * a block of the promoted index (or all of a partition that has none) is passed over forward, which
 * gives the offsets of its rows and the range deletion in force at its end, and is then handed out
 * from the last row to the first:
 *
 *	ENTER --> PASS --> OUT --block is done--> PASS of the block before
 *	                    '----slice is done--> LEAVE --> NEXT --> ENTER of the slice before
 *
 * Offsets are kept for SST_SEGMENT rows only.  A longer block is cut into segments, of which the
 * places are noted in the first pass; earlier segments are passed over again, one at a time.
 */
#include <stdlib.h>

#include "sstable/reading.h"

/* The last block that begins before a bound; promoted.n when there is none. */
static int
block_before(struct sst_reading *p, const struct sst_bound *to, size_t *found, struct sst_err *e)
{
	size_t lo = 0, hi = p->promoted.n, mid;
	struct sst_index_block b;
	int r;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		r = sst_reading_block(p, mid, &b, e);
		if (r != 0)
			return r;
		if (to->n == 0 || sst_bound_compare(p->s.table, &b.first, to) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	*found = lo == 0 ? p->promoted.n : lo - 1;
	return 0;
}

/* Sets off on the pass over a block. */
static int
begin_block(struct sst_reading *p, size_t i, struct sst_err *e)
{
	struct sst_index_block b = { .off = p->rows };
	struct sst_deletion open = SST_LIVE;
	uint64_t end = UINT64_MAX;
	int r;

	if (p->indexed) {
		r = sst_reading_block_after(p, i, &b, &open, e);
		if (r != 0)
			return r;
		end = b.off + b.width;
		p->expect = i + 1;
	}
	p->block = i;
	p->block_end = end;
	p->pass = open;
	sst_data_seek(&p->x, b.off, SST_LIVE);
	p->nsegs = p->noffs = 0;
	p->measured = false;
	p->step = SST_STEP_PASS;
	return 0;
}

/* The same for a block of a trie, which does not say where it ends. */
static int
begin_trie_block(struct sst_reading *p, uint64_t end)
{
	uint64_t off = p->trie->off < p->rows ? p->rows : p->trie->off;

	p->block_end = end;
	p->pass = off == p->rows ? SST_LIVE : p->trie->open;
	sst_data_seek(&p->x, off, SST_LIVE);
	p->nsegs = p->noffs = 0;
	p->measured = false;
	p->step = SST_STEP_PASS;
	return 0;
}

static int
before_by_trie(struct sst_reading *p, struct sst_err *e)
{
	uint64_t end = p->trie->off;
	int r = end <= p->rows ? 0 : sst_trie_reading_prev(p, e);

	if (r == SST_ONE)
		return begin_trie_block(p, end);
	if (r == 0)
		p->step = SST_STEP_LEAVE;
	return r;
}

/* 0; 1: no row of the partition lies before the slice's end; SST_WAIT; -1. */
static int
enter(struct sst_reading *p, const struct sst_range *range, struct sst_err *e)
{
	size_t i = 0;
	int r;

	p->fresh = true;
	p->cur = SST_LIVE;
	if (p->indexed && p->trie != NULL) {
		r = sst_trie_reading_last(p, range, e);
		return r == 0 ? begin_trie_block(p, sst_file_len(p->x.w.file)) : r;
	}
	if (p->indexed) {
		r = block_before(p, &range->to, &i, e);
		if (r != 0)
			return r;
		if (i == p->promoted.n)
			return 1;
	}
	return begin_block(p, i, e);
}

static int
note_offset(struct sst_reading *p, uint64_t off, struct sst_err *e)
{
	if (!p->measured && (p->nsegs == 0 || p->noffs == SST_SEGMENT)) {
		if (p->nsegs == p->segs_cap) {
			size_t cap = p->segs_cap == 0 ? 16 : 2 * p->segs_cap;
			struct sst_segment *s = realloc(p->segs, cap * sizeof(*s));

			if (s == NULL)
				return sst_fail_nomem(e);
			p->segs = s;
			p->segs_cap = cap;
		}
		p->segs[p->nsegs++].pos = off;
		p->noffs = 0;
	}
	if (p->noffs == SST_SEGMENT)
		return sst_data_fail(&p->x, off, "rows are not where they were", e);
	p->offs[p->noffs++] = off;
	return 0;
}

/* A marker's body says what is open behind it. */
static int
pass_marker(struct sst_reading *p, struct sst_err *e)
{
	int r = sst_data_row_here(&p->x, p->x.item.off, e);

	if (r != SST_ONE)
		return r;
	if (p->x.item.marker.before.ts_us != p->pass.ts_us)
		return sst_data_fail(
		    &p->x, p->x.item.off, "range tombstone closes that was not open", e);
	p->pass = p->x.item.marker.after;
	return SST_ONE;
}

/* Notes rows up to the end of the block or slice.  0 done; SST_WAIT; -1. */
static int
pass_rows(struct sst_reading *p, const struct sst_bound *to, struct sst_err *e)
{
	struct sst_bound at;
	uint64_t off;
	int r;

	while (p->x.pos < p->block_end) {
		r = sst_data_row_at(&p->x, &at, e);
		if (r != SST_ONE)
			return r;
		off = p->x.item.off;
		if (p->x.item.kind == SST_STATIC)
			return sst_data_fail(&p->x, off, "static row after other rows", e);
		r = sst_reading_expect(p, &at, e);
		if (r != 0) {
			p->x.pos = off; /* again, after a wait */
			return r;
		}
		if (p->fresh && to->n > 0 && sst_bound_compare(p->s.table, &at, to) >= 0) {
			p->x.pos = off;
			break;
		}
		if (p->x.item.kind == SST_MARKER && !p->measured &&
		    (r = pass_marker(p, e)) != SST_ONE)
			return r;
		if (note_offset(p, off, e) == -1)
			return -1;
	}
	return 0;
}

static int
pass(struct sst_reading *p, const struct sst_range *range, const struct sst_item **item,
    struct sst_err *e)
{
	int r = pass_rows(p, &range->to, e);

	if (r != 0)
		return r;
	p->step = SST_STEP_OUT;
	if (p->measured)
		return 0;
	p->measured = true;
	if (!p->fresh) {
		if (p->pass.ts_us != p->cur.ts_us)
			return sst_data_fail(&p->x, p->x.pos,
			    "range tombstone open at the end of an index block", e);
		return 0;
	}
	p->fresh = false;
	p->cur = p->pass;
	if (p->cur.ts_us == SST_NO_TS)
		return 0;
	if (range->to.n == 0)
		return sst_data_fail(
		    &p->x, p->x.pos, "range tombstone open at the end of its partition", e);
	*item = sst_reading_mark(p, &range->to, SST_LIVE, p->cur);
	return SST_ONE;
}

/* All rows at hand are handed out: the segment before, the block before, or the slice is over. */
static int
refill(struct sst_reading *p, const struct sst_range *range, struct sst_err *e)
{
	struct sst_index_block b;
	int r;

	if (p->nsegs > 1) {
		p->block_end = p->segs[--p->nsegs].pos;
		sst_data_seek(&p->x, p->segs[p->nsegs - 1].pos, SST_LIVE);
		p->step = SST_STEP_PASS;
		return 0;
	}
	if (p->indexed && p->trie != NULL)
		return before_by_trie(p, e);
	if (p->indexed && p->block > 0) {
		r = sst_reading_block(p, p->block - 1, &b, e);
		if (r != 0)
			return r;
		if (range->from.n == 0 || sst_bound_compare(p->s.table, &b.last, &range->from) > 0)
			return begin_block(p, p->block - 1, e);
	}
	p->step = SST_STEP_LEAVE;
	return 0;
}

/* A marker as it looks from behind. */
static int
turn_marker(struct sst_reading *p, const struct sst_item **item, struct sst_err *e)
{
	const struct sst_marker *m = &p->x.item.marker;

	if (m->after.ts_us != p->cur.ts_us)
		return sst_data_fail(
		    &p->x, p->x.item.off, "range tombstone opens that is not closed", e);
	p->cur = m->before;
	p->made = p->x.item;
	p->made.marker.before = m->after;
	p->made.marker.after = m->before;
	*item = &p->made;
	return SST_ONE;
}

static int
out(struct sst_reading *p, const struct sst_range *range, const struct sst_item **item,
    struct sst_err *e)
{
	struct sst_bound at;
	int r;

	while (p->noffs > 0) {
		r = sst_data_row_here(&p->x, p->offs[p->noffs - 1], e);
		if (r != SST_ONE)
			return r;
		at = sst_item_bound(&p->x.item, p->t->header.nck);
		if (range->from.n > 0 && sst_bound_compare(p->s.table, &at, &range->from) <= 0) {
			p->step = SST_STEP_LEAVE;
			return 0;
		}
		p->noffs--;
		if (p->x.item.kind == SST_MARKER)
			return turn_marker(p, item, e);
		if (!sst_row_is_empty(&p->x.item.row)) {
			*item = &p->x.item;
			return SST_ONE;
		}
	}
	return refill(p, range, e);
}

static int
leave(struct sst_reading *p, const struct sst_range *range, const struct sst_item **item,
    struct sst_err *e)
{
	p->step = SST_STEP_NEXT;
	if (p->cur.ts_us == SST_NO_TS)
		return 0;
	if (range->from.n == 0)
		return sst_data_fail(&p->x, p->rows, "range tombstone closes that was not open", e);
	*item = sst_reading_mark(p, &range->from, p->cur, SST_LIVE);
	return SST_ONE;
}

int
sst_reading_backward(struct sst_reading *p, const struct sst_item **item, struct sst_err *e)
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
		case SST_STEP_PASS:
			r = pass(p, range, item, e);
			break;
		case SST_STEP_OUT:
			r = out(p, range, item, e);
			break;
		case SST_STEP_LEAVE:
			r = leave(p, range, item, e);
			break;
		default:
			if (p->slice == 0)
				return 0;
			p->slice--;
			p->step = SST_STEP_ENTER;
			break;
		}
		if (r != 0)
			return r;
	}
}
