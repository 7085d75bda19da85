/*
 * libsst/sstable/salvagerows.c: from row to row, and over what cannot be read: to the next block of the
 * partition that its index knows of, else to the next partition.
 */
#include "codec/murmur3.h"
#include "sstable/salvaging.h"

static void
tell(struct sst_salvage *s, const struct sst_partition *next)
{
	struct sst_loss loss = { .why = &s->why, .table = s->c.t->table };

	if (s->any) {
		loss.after = sst_buf_slice(&s->after);
		loss.after_token = s->after_token;
	}
	if (next != NULL) {
		loss.before = next->key;
		loss.before_token = next->token;
	}
	s->opts->lost(s->opts->arg, &loss);
}

/* Rows of the partition at hand. */
static void
tell_rows(struct sst_salvage *s, const struct sst_bound *to)
{
	struct sst_loss loss = { .key = sst_buf_slice(&s->key),
		.after_token = s->after_token,
		.why = &s->why,
		.table = s->c.t->table };

	if (s->at.set)
		loss.from = s->at.at;
	if (to != NULL)
		loss.to = *to;
	s->opts->lost(s->opts->arg, &loss);
}

/* ---- rows ---- */

static int
keep(struct sst_buf *b, struct sst_slice bytes, struct sst_err *e)
{
	sst_buf_reset(b);
	sst_buf_add_slice(b, bytes);
	return b->bad ? sst_fail_nomem(e) : 0;
}

static int
put(struct sst_salvage *s, const struct sst_item *item, struct sst_err *e)
{
	int r = sst_writer_add(s->w, item, e);

	s->broken |= r == -1;
	return r;
}

static int
put_marker(struct sst_salvage *s, const struct sst_place *at, int side, struct sst_deletion before,
    struct sst_deletion after, struct sst_err *e)
{
	struct sst_item item = { .kind = SST_MARKER,
		.marker = { { at->ck, at->at.n, side }, before, after } };

	s->open = after;
	return put(s, &item, e);
}

static int
put_pending(struct sst_salvage *s, struct sst_deletion after, struct sst_err *e)
{
	if (!s->pending)
		return 0;
	s->pending = false;
	if (s->before.ts_us == SST_NO_TS && after.ts_us == SST_NO_TS)
		return 0;
	return put_marker(s, &s->mark, s->mark.at.side, s->before, after, e);
}

/* A range tombstone that is open ends behind the last row: what is lost may have ended it. */
static int
close_range(struct sst_salvage *s, struct sst_err *e)
{
	if (s->pending)
		return put_pending(s, SST_LIVE, e);
	if (s->open.ts_us == SST_NO_TS)
		return 0;
	return put_marker(s, &s->last, 1, s->open, SST_LIVE, e);
}

/* The rest of the partition is lost. */
static int
cut_partition(struct sst_salvage *s, struct sst_err *e)
{
	tell_rows(s, NULL);
	return close_range(s, e);
}

static int
copy_item(
    struct sst_salvage *s, const struct sst_item *item, struct sst_deletion open, struct sst_err *e)
{
	const struct sst_table *t = s->c.t->table;

	if (put_pending(s, open, e) == -1)
		return -1;
	if (item->kind != SST_STATIC && sst_place_set(&s->at, t, item, e) == -1)
		return -1;
	if (item->kind == SST_MARKER && item->marker.after.ts_us != SST_NO_TS) {
		s->pending = true;
		s->before = item->marker.before;
		return sst_place_set(&s->mark, t, item, e);
	}
	if (item->kind == SST_MARKER)
		s->open = SST_LIVE;
	else if (item->kind == SST_ROW && s->open.ts_us != SST_NO_TS &&
	    sst_place_set(&s->last, t, item, e) == -1)
		return -1;
	return put(s, item, e);
}

/* ---- behind a damaged place ---- */

/* No checksum covers an index: a deletion that it makes up would delete elsewhere.  It must be within what
 * Statistics.db says. */
static bool
is_likely(const struct sst_salvage *s, struct sst_deletion d)
{
	const struct sst_statistics *st = &s->c.t->statistics;

	return d.ts_us == SST_NO_TS ||
	    (d.ts_us >= st->min_ts_us && d.ts_us <= st->max_ts_us && d.ldt_s >= 0 &&
		d.ldt_s <= st->max_ldt_s);
}

/* To the next block behind where the walk is: SST_ONE, 0: there is none, -1. */
static int
next_block(struct sst_salvage *s, uint64_t start, struct sst_err *e)
{
	struct sst_data *x = &s->c.x;
	int r = sst_check_index_resume(&s->c, &s->resume, start, x->pos, e);

	if (r != 1 || !is_likely(s, s->resume.open))
		return r == -1 ? -1 : 0;
	sst_data_seek(x, s->resume.to, s->resume.open);
	s->gap = true;
	return SST_ONE;
}

/* A place that cannot come here: the index is wrong. */
static bool
is_misplaced(const struct sst_salvage *s, const struct sst_item *item)
{
	struct sst_bound at = sst_item_bound(item, s->c.t->header.nck);

	return item->kind == SST_STATIC ||
	    (s->resume.first.ck != NULL &&
		sst_bound_compare(s->c.t->table, &s->resume.first, &at) != 0) ||
	    (s->at.set && sst_bound_compare(s->c.t->table, &s->at.at, &at) >= 0);
}

/* The range deletion that is in force where the block begins is opened again, before its first row. */
static int
reopen(
    struct sst_salvage *s, const struct sst_item *item, struct sst_deletion open, struct sst_err *e)
{
	if (open.ts_us == SST_NO_TS)
		return 0;
	if (sst_place_set(&s->mark, s->c.t->table, item, e) == -1)
		return -1;
	return put_marker(s, &s->mark, -1, SST_LIVE, open, e);
}

/* The first item of a block behind a gap.  1; 0: it is none; -1. */
static int
rejoin(
    struct sst_salvage *s, const struct sst_item *item, struct sst_deletion open, struct sst_err *e)
{
	struct sst_bound at = sst_item_bound(item, s->c.t->header.nck);
	struct sst_bound end = { s->last.ck, s->last.at.n, 1 };
	struct sst_item bound = *item;

	if (is_misplaced(s, item))
		return 0;
	s->gap = false;
	tell_rows(s, &at);
	if (item->kind == SST_ROW)
		return close_range(s, e) == -1 || reopen(s, item, open, e) == -1 ||
			copy_item(s, item, open, e) == -1
		    ? -1
		    : 1;
	bound.marker.before = SST_LIVE;
	if (!s->pending && s->open.ts_us != SST_NO_TS &&
	    sst_bound_compare(s->c.t->table, &end, &at) == 0)
		bound.marker.before = s->open; /* it stands where ours would end */
	else if (close_range(s, e) == -1)
		return -1;
	if (bound.marker.before.ts_us == SST_NO_TS && bound.marker.after.ts_us == SST_NO_TS)
		return 1;
	return copy_item(s, &bound, bound.marker.before, e) == -1 ? -1 : 1;
}

/* One item: 1; 0: it is not one of the partition; -1. */
static int
take_item(struct sst_salvage *s, struct sst_deletion open, struct sst_err *e)
{
	const struct sst_item *item = &s->c.x.item;

	if (s->gap)
		return rejoin(s, item, open, e);
	return copy_item(s, item, open, e) == -1 ? -1 : 1;
}

/* The partition's rows, after those that cannot be read as before them.  1: it is over; 0: its end is
 * lost, which has been told; -1. */
static int
copy_rows(struct sst_salvage *s, uint64_t start, struct sst_err *e)
{
	struct sst_data *x = &s->c.x;
	struct sst_deletion open = x->open; /* before the item */
	int r;

	for (;;) {
		r = sst_data_row(x, e);
		if (r == 0)
			break;
		if (r == SST_ONE) {
			r = take_item(s, open, e);
			open = x->open;
			if (r == 1)
				continue;
			if (r == 0)
				x->pos = x->item.off;
		} else if (sst_salvage_is_damage(e)) {
			s->why = *e;
			r = 0;
		}
		if (r == -1)
			return -1;
		r = next_block(s, start, e);
		open = x->open;
		if (r != SST_ONE)
			return r == 0 ? cut_partition(s, e) : -1;
	}
	if (!s->gap)
		return 1;
	s->gap = false;
	return cut_partition(s, e) == -1 ? -1 : 1;
}

/* A partition begins in what is written. */
static int
begin_partition(struct sst_salvage *s, const struct sst_item *item, struct sst_err *e)
{
	if (s->losing)
		tell(s, &item->part);
	s->losing = s->gap = s->pending = s->at.set = false;
	s->open = SST_LIVE;
	s->any = true;
	s->after_token = item->part.token;
	if (keep(&s->after, item->part.key, e) == -1 || keep(&s->key, item->part.key, e) == -1)
		return -1;
	return put(s, item, e);
}

/* Whether a key that only the index has is likely to be one. */
static bool
is_partition(const struct sst_salvage *s, const struct sst_partition *p)
{
	struct sst_err ignored;
	uint64_t hash[2];

	if (s->any && s->c.t->murmur3 &&
	    sst_key_compare(s->after_token, sst_buf_slice(&s->after), p->token, p->key) >= 0)
		return false;
	sst_murmur3_128(p->key, hash);
	return sst_type_validate(s->c.t->header.key_type, p->key, &ignored) == 0 &&
	    is_likely(s, p->del) &&
	    (!s->c.filtered || sst_filter_may_have_hash(&s->c.filter, hash));
}

/* A partition whose start cannot be read, but of which the index knows a later block: 1; 0; -1. */
static int
begin_late(struct sst_salvage *s, uint64_t start, struct sst_err *e)
{
	struct sst_item item = { .kind = SST_PARTITION };
	struct sst_partition *p = &item.part;
	int r = next_block(s, start, e);

	if (r != SST_ONE)
		return r;
	p->key = sst_buf_slice(&s->resume.key);
	p->token = s->c.t->murmur3 ? sst_token(p->key) : 0;
	p->del = s->resume.del;
	if (!is_partition(s, p)) {
		sst_data_seek(&s->c.x, start, SST_LIVE);
		return 0;
	}
	if (begin_partition(s, &item, e) == -1)
		return -1;
	s->gap = true;
	return 1;
}

/* 1, 0 at the end of the data, -1: damaged or not, as *e says; *start: where it began. */
static int
copy_partition(struct sst_salvage *s, uint64_t *start, bool *whole, struct sst_err *e)
{
	struct sst_data *x = &s->c.x;
	int r = sst_data_partition(x, e);

	*whole = false;
	if (r == -1 && sst_salvage_is_damage(e)) {
		s->why = *e;
		r = begin_late(s, *start, e);
		if (r == 0) {
			*e = s->why;
			return -1;
		}
	} else if (r == SST_ONE) {
		*start = x->item.off;
		r = begin_partition(s, &x->item, e) == -1 ? -1 : 1;
	}
	if (r != 1)
		return r;
	r = copy_rows(s, *start, e);
	*whole = r == 1;
	return r == -1 ? -1 : 1;
}

/* To the next partition that the index knows: 1; 0: there is none; -1. */
static int
go_on(struct sst_salvage *s, uint64_t start, struct sst_err *e)
{
	uint64_t to;
	int r;

	if (!s->c.indexed)
		return 0;
	r = sst_check_index_after(&s->c, start, &to, e);
	if (r == 1)
		sst_data_seek(&s->c.x, to, SST_LIVE);
	return r;
}

int
sst_salvage_rows(struct sst_salvage *s, struct sst_err *e)
{
	uint64_t start = 0;
	bool whole;
	int r;

	do {
		start = s->c.x.pos;
		r = copy_partition(s, &start, &whole, e);
		if (r == 1 && whole)
			continue;
		if (r == 0)
			break;
		if (r == -1) {
			if (!sst_salvage_is_damage(e) || s->broken)
				return -1;
			s->why = *e;
			s->losing = true;
		}
		r = go_on(s, start, e);
		if (r == 0)
			s->losing = true;
	} while (r == 1);
	if (r == 0 && s->losing)
		tell(s, NULL);
	return r;
}
