/*
 * memtable/scan.c: the stream over a memtable.  Of the partition that it is in, it holds the sorted
 * run and the range deletions by reference, so that later writes make new ones.  In each slice rows
 * and the ends of ranges are merged by position; `dir` is -1 in a reversed stream, and then the far
 * end of a range is where it opens.
 *
 * A dump may run in another thread than the memtable's: it reads what nobody changes any more, and
 * counts no references, as those are the owner's.
 */
#include <stdlib.h>

#include "memtable/int.h"
#include "memtable/packed.h"
#include "row/prefix.h"

#define AHEAD 4 /* rows or partitions that are fetched before they are needed */

enum phase {
	PHASE_NEXT,  /* no partition yet, or all of it given */
	PHASE_START, /* one is held, its item not yet given */
	PHASE_STATIC,
	PHASE_SLICE, /* the next slice is to be set up */
	PHASE_BODY,
	PHASE_END
};

struct scan {
	struct sst_stream s;
	struct sst_memtable *m;
	bool one;  /* partition, that of the read's key */
	bool all;  /* tokens */
	bool dump; /* it changes nothing of the memtable */
	int64_t left, right;
	size_t nslices;
	struct sst_range *slices;
	struct sst_arena slices_arena;

	enum phase phase;
	struct sst_part *part; /* the last one held */
	size_t place;          /* of part, as long as nothing was added since: */
	uint64_t sorted;

	struct sst_partition id; /* of the partition held */
	const uint8_t *statik;
	struct sst_run *run;
	const struct sst_entry *rows;
	size_t nrows;
	struct sst_ranges *ranges;

	size_t slice; /* how many are done */
	struct sst_range in;
	size_t row_lo, row_hi;     /* rows of the slice not yet given */
	size_t range_lo, range_hi; /* ranges of the slice not yet closed */
	bool open;                 /* the range at hand is */
	struct sst_arena arena;    /* of the row at hand */
	struct sst_row_scratch scratch;
	struct sst_row row;
	struct sst_item item;
	struct sst_slice ck[]; /* scratch of comparisons, nck */
};

static void
let_go(struct scan *c)
{
	if (!c->dump) {
		sst_run_release(c->run);
		sst_ranges_release(c->ranges);
	}
	c->run = NULL;
	c->ranges = NULL;
	c->open = false;
}

static bool
part_is_nothing(const struct sst_part *p)
{
	return sst_deletion_is_live(&p->id.del) && p->statik == NULL && p->rows.run->n == 0 &&
	    p->ranges == NULL;
}

/* Holds the partition as it is now. */
static int
hold(struct scan *c, struct sst_part *p, struct sst_err *e)
{
	if (!c->dump && sst_part_tidy(c->m, p, e) == -1)
		return -1;
	c->part = p;
	if (part_is_nothing(p))
		return 0;
	c->id = p->id;
	c->statik = p->statik;
	c->run = p->rows.run;
	c->rows = sst_run_first(c->run);
	c->nrows = c->run->n;
	c->ranges = p->ranges;
	if (!c->dump)
		c->run->refs++;
	if (!c->dump && c->ranges != NULL)
		c->ranges->refs++;
	c->slice = 0;
	c->phase = PHASE_START;
	return 0;
}

/* The place of the first partition to give, or of the one after the last held. */
static void
find_place(struct scan *c)
{
	struct sst_run *run = c->m->parts.run;
	struct sst_order o = { sst_part_cmp, NULL };
	struct sst_entry x;
	size_t lo = 0, hi = run->n, mid;

	if (c->part != NULL) {
		if (c->sorted == c->m->sorted)
			c->place++;
		else {
			x.prefix = (uint64_t)c->part->id.token ^ UINT64_C(1) << 63;
			x.p = c->part;
			c->place = sst_run_find(run, &o, &x) + 1;
		}
	} else if (!c->all) {
		while (lo < hi) {
			mid = lo + (hi - lo) / 2;
			if (((const struct sst_part *)sst_run_first(run)[mid].p)->id.token <=
			    c->left)
				lo = mid + 1;
			else
				hi = mid;
		}
		c->place = lo;
	}
	c->sorted = c->m->sorted;
}

/*
 * Rows and partitions lie in the order in which they came, so a walk in theirs misses the processor's
 * cache at each one: it asks for those that come next while it works on this one.  Inlined by force:
 * gcc takes a function that only prefetches for one without effect, and drops its calls.
 */
static inline __attribute__((always_inline)) void
prefetch_row(const struct scan *c, size_t i)
{
	const uint8_t *packed;

	if (i >= c->row_lo && i < c->row_hi) {
		packed = c->rows[i].p;
		__builtin_prefetch(packed);
		__builtin_prefetch(packed + 64);
	}
}

/* The partition after some, then its run, then its first rows: each leads to the next. */
static inline __attribute__((always_inline)) void
prefetch_part(const struct scan *c)
{
	const struct sst_run *run = c->m->parts.run, *rows;
	const struct sst_entry *at = run->at + run->lo + c->place;
	size_t left = run->n - c->place, i;

	if (left > 3 * AHEAD)
		__builtin_prefetch(at[3 * AHEAD].p);
	if (left <= 2 * AHEAD)
		return;
	rows = ((const struct sst_part *)at[2 * AHEAD].p)->rows.run;
	if (rows != NULL) {
		__builtin_prefetch(rows);
		__builtin_prefetch((const char *)rows + 64);
	}
	rows = ((const struct sst_part *)at[AHEAD].p)->rows.run;
	for (i = 0; rows != NULL && i < rows->n && i < AHEAD; i++)
		__builtin_prefetch(rows->at[rows->lo + i].p);
}

/* Holds the next partition that has something in it, or ends. */
static int
next_part(struct scan *c, struct sst_err *e)
{
	struct sst_order o = { sst_part_cmp, NULL };
	struct sst_part *p;

	if (c->one) {
		c->phase = PHASE_END;
		return 0;
	}
	while (c->phase == PHASE_NEXT) {
		if (!c->dump && sst_pile_tidy(&c->m->parts, &o, NULL, NULL, e) == -1)
			return -1;
		find_place(c);
		if (c->place >= c->m->parts.run->n) {
			c->phase = PHASE_END;
			return 0;
		}
		prefetch_part(c);
		p = (struct sst_part *)(uintptr_t)sst_run_first(c->m->parts.run)[c->place].p;
		if (!c->all && p->id.token > c->right) {
			c->phase = PHASE_END;
			return 0;
		}
		if (hold(c, p, e) == -1)
			return -1;
	}
	return 0;
}

/* How many rows are before the bound. */
static size_t
rows_before(struct scan *c, const struct sst_bound *b)
{
	const struct sst_table *t = c->m->table;
	struct sst_bound row = { c->ck, t->nck, 0 };
	uint64_t prefix = sst_bound_prefix(t, b);
	size_t lo = 0, hi = c->nrows, mid;
	bool before;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		before = c->rows[mid].prefix < prefix;
		if (c->rows[mid].prefix == prefix) {
			sst_packed_ck(c->rows[mid].p, c->ck, t->nck);
			before = sst_bound_compare(t, &row, b) < 0;
		}
		if (before)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* How many range deletions begin before the bound, or (by_end) end at or before it. */
static size_t
ranges_before(const struct scan *c, const struct sst_bound *b, bool by_end)
{
	size_t lo = 0, hi = c->ranges == NULL ? 0 : c->ranges->n, mid;
	const struct sst_range_deletion *r;
	bool before;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		r = &c->ranges->at[mid];
		before = by_end ? sst_bound_compare(c->m->table, &r->to, b) <= 0
				: sst_bound_compare(c->m->table, &r->from, b) < 0;
		if (before)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The range at hand, or NULL; those that the partition's deletion covers are passed over. */
static const struct sst_range_deletion *
range_at_hand(struct scan *c)
{
	const struct sst_range_deletion *r;

	while (c->range_lo < c->range_hi) {
		r = &c->ranges->at[c->s.reversed ? c->range_hi - 1 : c->range_lo];
		if (sst_deletion_supersedes(&r->del, &c->id.del))
			return r;
		if (c->s.reversed)
			c->range_hi--;
		else
			c->range_lo++;
	}
	return NULL;
}

static bool
next_slice(struct scan *c)
{
	static const struct sst_range whole = { { NULL, 0, -1 }, { NULL, 0, 1 } };
	size_t n = c->nslices == 0 ? 1 : c->nslices, i;

	if (c->slice == n)
		return false;
	c->in = c->nslices == 0 ? whole : c->slices[c->s.reversed ? n - 1 - c->slice : c->slice];
	c->slice++;
	c->row_lo = rows_before(c, &c->in.from);
	c->row_hi = rows_before(c, &c->in.to);
	if (c->row_hi < c->row_lo) /* a slice that ends before it begins */
		c->row_hi = c->row_lo;
	c->range_lo = ranges_before(c, &c->in.from, true);
	c->range_hi = ranges_before(c, &c->in.to, false);
	for (i = 0; i < AHEAD; i++)
		prefetch_row(c, c->s.reversed ? c->row_hi - 1 - i : c->row_lo + i);
	return true;
}

/* Where the range opens (or closes) in the stream's direction, within the slice. */
static const struct sst_bound *
range_end(const struct scan *c, const struct sst_range_deletion *r, bool opens)
{
	const struct sst_table *t = c->m->table;

	if (opens != c->s.reversed)
		return sst_bound_compare(t, &r->from, &c->in.from) < 0 ? &c->in.from : &r->from;
	return sst_bound_compare(t, &r->to, &c->in.to) > 0 ? &c->in.to : &r->to;
}

static struct sst_deletion
active(struct scan *c)
{
	return c->open ? range_at_hand(c)->del : c->id.del;
}

/* Unpacks the next row; SST_ONE, 0 when the deletions around it leave nothing, -1. */
static int
unpack(struct scan *c, const uint8_t *packed, bool fixed, struct sst_err *e)
{
	const struct sst_table *t = c->m->table;
	struct sst_deletion del = active(c);
	const struct sst_row *in = &c->row;
	struct sst_row_versions v = { fixed ? t->statics : t->regulars, &in, 1 };
	struct sst_row out;
	int r;

	sst_arena_reset(&c->arena);
	if (sst_packed_open(&c->row, packed, fixed ? 0 : t->nck, &c->arena, e) == -1)
		return -1;
	if (fixed)
		c->row.ck = NULL;
	if (sst_deletion_is_live(&del))
		return SST_ONE;
	if ((r = sst_row_merge(&out, &c->scratch, &v, &del, e)) == SST_ONE)
		c->row = out;
	return r;
}

static int
give_row(struct scan *c, enum sst_item_kind kind)
{
	c->item.kind = kind;
	c->item.row = c->row;
	return SST_ONE;
}

/* True when the next end of a range comes before the row. */
static bool
range_is_first(struct scan *c, const uint8_t *packed)
{
	const struct sst_range_deletion *r = range_at_hand(c);
	const struct sst_table *t = c->m->table;
	struct sst_bound row = { c->ck, t->nck, 0 };
	int cmp;

	if (r == NULL)
		return false;
	sst_packed_ck(packed, c->ck, t->nck);
	cmp = sst_bound_compare(t, range_end(c, r, !c->open), &row);
	return c->s.reversed ? cmp > 0 : cmp < 0;
}

/* Opens or closes the range at hand; where the next one opens at the same place, both. */
static int
give_marker(struct scan *c)
{
	const struct sst_range_deletion *r = range_at_hand(c);
	struct sst_marker *k = &c->item.marker;

	c->item.kind = SST_MARKER;
	*k = (struct sst_marker){ *range_end(c, r, !c->open), SST_LIVE, SST_LIVE };
	if (!c->open) {
		k->after = r->del;
		c->open = true;
		return SST_ONE;
	}
	k->before = r->del;
	if (c->s.reversed)
		c->range_hi--;
	else
		c->range_lo++;
	r = range_at_hand(c);
	c->open = r != NULL && sst_bound_compare(c->m->table, &k->at, range_end(c, r, true)) == 0;
	if (c->open)
		k->after = r->del;
	return SST_ONE;
}

static int
body(struct scan *c, struct sst_err *e)
{
	const uint8_t *packed;
	int r;

	while (c->row_lo < c->row_hi) {
		packed = c->rows[c->s.reversed ? c->row_hi - 1 : c->row_lo].p;
		if (range_is_first(c, packed))
			return give_marker(c);
		prefetch_row(c, c->s.reversed ? c->row_hi - 1 - AHEAD : c->row_lo + AHEAD);
		if (c->s.reversed)
			c->row_hi--;
		else
			c->row_lo++;
		if ((r = unpack(c, packed, false, e)) != 0)
			return r == -1 ? -1 : give_row(c, SST_ROW);
	}
	if (range_at_hand(c) != NULL)
		return give_marker(c);
	c->phase = PHASE_SLICE;
	return 0;
}

static int
step(struct scan *c, struct sst_err *e)
{
	int r;

	switch (c->phase) {
	case PHASE_NEXT:
		return next_part(c, e);
	case PHASE_START:
		c->item = (struct sst_item){ .kind = SST_PARTITION, .part = c->id };
		c->phase = PHASE_STATIC;
		return SST_ONE;
	case PHASE_STATIC:
		c->phase = PHASE_SLICE;
		if (c->statik == NULL || (r = unpack(c, c->statik, true, e)) == 0)
			return 0;
		return r == -1 ? -1 : give_row(c, SST_STATIC);
	case PHASE_SLICE:
		if (next_slice(c))
			c->phase = PHASE_BODY;
		else {
			let_go(c);
			c->phase = PHASE_NEXT;
		}
		return 0;
	case PHASE_BODY:
		return body(c, e);
	case PHASE_END:
		break;
	}
	return 0;
}

static int
scan_next(struct sst_stream *s, const struct sst_item **item, struct sst_err *e)
{
	struct scan *c = (struct scan *)s;
	int r = 0;

	*item = &c->item;
	while (r == 0 && c->phase != PHASE_END)
		r = step(c, e);
	return r;
}

static int
scan_skip(struct sst_stream *s, struct sst_err *e)
{
	struct scan *c = (struct scan *)s;

	(void)e;
	if (c->phase == PHASE_START || c->phase == PHASE_END)
		return 0; /* before the first partition, or after the last */
	let_go(c);
	c->phase = PHASE_NEXT;
	return 0;
}

static void
scan_want(struct sst_stream *s, struct sst_want *want)
{
	(void)s; /* it never waits */
	*want = (struct sst_want){ NULL, 0, 0 };
}

static void
scan_close(struct sst_stream *s)
{
	struct scan *c = (struct scan *)s;

	let_go(c);
	sst_arena_free(&c->slices_arena);
	sst_arena_free(&c->arena);
	sst_row_scratch_free(&c->scratch);
	free(c);
}

static const struct sst_stream_ops scan_ops = { scan_next, scan_skip, scan_want, scan_close };

static struct scan *
new_scan(struct sst_memtable *m, bool reversed, struct sst_err *e)
{
	struct scan *c = calloc(1, sizeof(*c) + m->table->nck * sizeof(c->ck[0]));

	if (c == NULL) {
		sst_fail_nomem(e);
		return NULL;
	}
	c->s = (struct sst_stream){ &scan_ops, m->table, reversed };
	c->m = m;
	return c;
}

int
sst_memtable_read(
    struct sst_memtable *m, const struct sst_read *r, struct sst_stream **out, struct sst_err *e)
{
	struct scan *c = new_scan(m, r->reversed, e);
	struct sst_part *p;

	*out = NULL;
	if (c == NULL)
		return -1;
	c->one = r->key.p != NULL;
	c->all = r->left == INT64_MIN && r->right == INT64_MIN;
	c->left = r->left;
	c->right = r->right;
	if (r->nslices > 0 &&
	    sst_slices_copy(&c->slices, r->slices, r->nslices, &c->slices_arena, e) == -1)
		goto fail;
	c->nslices = r->nslices;
	if (c->one && (p = sst_memtable_find(m, r->key)) != NULL && hold(c, p, e) == -1)
		goto fail;
	*out = &c->s;
	return 0;
fail:
	scan_close(&c->s);
	return -1;
}

int
sst_memtable_dump(struct sst_memtable *m, struct sst_stream **out, struct sst_err *e)
{
	struct scan *c = new_scan(m, false, e);

	*out = NULL;
	if (c == NULL)
		return -1;
	c->all = c->dump = true;
	*out = &c->s;
	return 0;
}
