/* libsst/sstable/reading.c: partitions by key or token range, and the stream around their slices. */
#include "sstable/reading.h"

#include <stdlib.h>

static const struct sst_range whole = { { NULL, 0, -1 }, { NULL, 0, 1 } };

const struct sst_item *
sst_reading_mark(struct sst_reading *p, const struct sst_bound *at, struct sst_deletion before,
    struct sst_deletion after)
{
	p->made = (struct sst_item){
		.kind = SST_MARKER, .file = sst_file_path(p->x.w.file), .off = p->x.item.off
	};
	p->made.marker = (struct sst_marker){ *at, before, after };
	return &p->made;
}

int
sst_reading_block(struct sst_reading *p, size_t i, struct sst_index_block *b, struct sst_err *e)
{
	const char *path = sst_file_path(p->walk.w.file);
	uint64_t len = sst_file_len(p->x.w.file) - p->start;
	int r = sst_walk_block(&p->walk, &p->promoted, i, p->ck, b, e);

	if (r == SST_WAIT)
		p->waiting = &p->walk.w;
	if (r != 0)
		return r;
	if (b->off > len || b->width > len - b->off)
		return sst_fail(e, SST_EDAMAGED, path, p->promoted.off,
		    "block %zu of a promoted index is outside of the data", i);
	b->off += p->start;
	if (i == 0 && b->off < p->rows) { /* with the static row in front */
		b->width -= b->width < p->rows - b->off ? b->width : p->rows - b->off;
		b->off = p->rows;
	}
	return 0;
}

int
sst_reading_block_after(struct sst_reading *p, size_t i, struct sst_index_block *b,
    struct sst_deletion *open, struct sst_err *e)
{
	int r;

	*open = SST_LIVE;
	if (i > 0) {
		r = sst_reading_block(p, i - 1, b, e);
		if (r != 0)
			return r;
		*open = b->open;
	}
	return sst_reading_block(p, i, b, e);
}

int
sst_reading_expect(struct sst_reading *p, const struct sst_bound *at, struct sst_err *e)
{
	struct sst_index_block b;
	size_t i = p->expect;
	int r;

	if (i <= 1) { /* of the first block the place is known from the partition's header */
		p->expect = 0;
		return 0;
	}
	r = sst_reading_block(p, i - 1, &b, e);
	if (r != 0)
		return r;
	p->expect = 0;
	if (sst_bound_compare(p->s.table, at, &b.first) != 0)
		return sst_fail(e, SST_EDAMAGED, sst_file_path(p->walk.w.file), p->promoted.off,
		    "block %zu of a promoted index does not begin with the row it says", i - 1);
	return 0;
}

int
sst_reading_wanted(const struct sst_reading *p)
{
	int c;

	if (!p->one) {
		if (p->r->left == p->r->right)
			return 1;
		return p->walk.token <= p->r->left ? 0 : p->walk.token <= p->r->right ? 1 : 2;
	}
	if (sst_slice_eq(p->walk.entry.key, p->r->key))
		return 1;
	if (!p->t->murmur3)
		return 0;
	c = sst_key_compare(p->walk.token, p->walk.entry.key, p->token, p->r->key);
	return c > 0 ? 2 : 0;
}

/* Goes to where the partition of that key begins. */
static int
go(struct sst_reading *p, struct sst_slice key, uint64_t start, bool indexed, struct sst_err *e)
{
	sst_buf_reset(&p->key);
	sst_buf_add_slice(&p->key, key);
	if (p->key.bad)
		return sst_fail_nomem(e);
	p->start = start;
	p->indexed = indexed && (p->r->nslices > 0 || p->s.reversed);
	p->state = p->indexed && p->trie == NULL ? SST_READ_PROMOTED : SST_READ_HEADER;
	sst_data_seek(&p->x, p->start, SST_LIVE);
	p->x.has_key = false;
	return 0;
}

/* The partition is not where one with its token was found: it is another one. */
static int
forget(struct sst_reading *p, struct sst_err *e)
{
	p->noted = false;
	p->state = SST_READ_FIND;
	return sst_walk_start(&p->walk, p->r->key, p->token, e);
}

static int
find_in_trie(struct sst_reading *p, struct sst_err *e)
{
	int r = sst_trie_reading_find(p, e);

	if (r == 0)
		p->state = SST_READ_END;
	if (r != SST_ONE)
		return r;
	return go(p, p->x.item.part.key, p->trie->entry.position, p->trie->entry.in_rows, e);
}

static int
find(struct sst_reading *p, struct sst_err *e)
{
	struct sst_slice key = p->one ? p->r->key : (struct sst_slice){ NULL, 0 };
	bool leapt = false;
	int r, w = 0;

	if (p->trie != NULL)
		return find_in_trie(p, e);
	while (w == 0) {
		r = sst_walk_first(&p->walk, key, p->token, e);
		if (r == SST_WAIT || r == -1)
			return r;
		w = r == 0 ? 2 : sst_reading_wanted(p);
		if (p->noted && w != 1)
			return forget(p, e);
		if (w == 0 && p->one && !leapt)
			sst_walk_leap(&p->walk, p->r->key);
		leapt = true;
	}
	p->state = SST_READ_END;
	if (w == 2)
		return 0;
	if (go(p, p->walk.entry.key, p->walk.entry.position, p->walk.entry.promoted_len > 0, e) ==
	    -1)
		return -1;
	if (p->one)
		sst_cache_note(p->t->cache, sst_file_id(p->walk.w.file), p->token,
		    &(struct sst_noted){ p->start, p->walk.at, p->walk.entry.promoted_len > 0 });
	return 0;
}

/* The partition is where it was found before: neither Filter, Summary nor Index need be asked, unless
 * its promoted index is wanted. */
static int
recall(struct sst_reading *p, struct sst_err *e)
{
	p->noted = true;
	if (go(p, p->r->key, p->place.data, p->place.promoted, e) == -1)
		return -1;
	if (p->indexed) {
		sst_walk_seek(&p->walk, p->place.index);
		p->state = SST_READ_FIND;
	}
	return 0;
}

static int
header(struct sst_reading *p, const struct sst_item **item, struct sst_err *e)
{
	int r = sst_data_partition(&p->x, e);

	if (p->noted && r == SST_ONE && !sst_slice_eq(p->x.item.part.key, p->r->key))
		return forget(p, e);
	if (r == 0 || (r == SST_ONE && !sst_slice_eq(p->x.item.part.key, sst_buf_slice(&p->key))))
		return sst_fail(e, SST_EDAMAGED, sst_file_path(p->walk.w.file), SST_NOWHERE,
		    "position %ju is not where its partition begins", (uintmax_t)p->start);
	if (r == SST_ONE) {
		p->state = SST_READ_STATIC;
		p->rows = p->x.pos;
		*item = &p->x.item;
	}
	return r;
}

/* SST_ONE with the static row, 0 when there is none (then the rows begin). */
static int
static_row(struct sst_reading *p, const struct sst_item **item, struct sst_err *e)
{
	struct sst_bound at;
	int r;

	sst_data_seek(&p->x, p->rows, SST_LIVE);
	r = sst_data_row_at(&p->x, &at, e);
	if (r == SST_ONE && p->x.item.kind == SST_STATIC)
		r = sst_data_row_here(&p->x, p->rows, e);
	else if (r >= 0 && r != SST_WAIT) {
		sst_data_seek(&p->x, p->rows, SST_LIVE);
		r = 0;
	}
	if (r == SST_WAIT || r == -1)
		return r;
	p->rows = p->x.pos;
	sst_data_seek(&p->x, p->rows, SST_LIVE);
	p->state = SST_READ_ROWS;
	p->step = SST_STEP_ENTER;
	p->slice = p->s.reversed ? p->nslices - 1 : 0;
	p->pending = false;
	p->expect = 0;
	if (r == 0 || sst_row_is_empty(&p->x.item.row))
		return 0;
	*item = &p->x.item;
	return SST_ONE;
}

static int
step(struct sst_reading *p, const struct sst_item **item, struct sst_err *e)
{
	int r = 0;

	p->waiting = &p->x.w;
	switch (p->state) {
	case SST_READ_FIND:
		p->waiting = &p->walk.w;
		return find(p, e);
	case SST_READ_PROMOTED:
		p->waiting = &p->walk.w;
		r = sst_walk_promoted(&p->walk, &p->promoted, e);
		if (r == 0)
			p->state = SST_READ_HEADER;
		return r;
	case SST_READ_HEADER:
		return header(p, item, e);
	case SST_READ_STATIC:
		return static_row(p, item, e);
	case SST_READ_ROWS:
		r = p->s.reversed ? sst_reading_backward(p, item, e)
				  : sst_reading_forward(p, item, e);
		if (r == 0)
			p->state = p->one ? SST_READ_END : SST_READ_FIND;
		return r;
	default:
		return 0;
	}
}

static int
read_next(struct sst_stream *s, const struct sst_item **item, struct sst_err *e)
{
	struct sst_reading *p = (struct sst_reading *)s;
	int r = 0;

	*item = NULL;
	while (r == 0 && p->state != SST_READ_END)
		r = step(p, item, e);
	return r;
}

static int
read_skip(struct sst_stream *s, struct sst_err *e)
{
	struct sst_reading *p = (struct sst_reading *)s;

	(void)e;
	if (p->state == SST_READ_STATIC || p->state == SST_READ_ROWS)
		p->state = p->one ? SST_READ_END : SST_READ_FIND;
	return 0;
}

/* A reverse read takes a whole block of the promoted index before it hands out its last row. */
static void
read_want(struct sst_stream *s, struct sst_want *want)
{
	struct sst_reading *p = (struct sst_reading *)s;
	uint64_t ahead = 1, at, len;

	if (p->waiting == &p->x.w && p->state == SST_READ_ROWS && p->step == SST_STEP_PASS &&
	    p->indexed) {
		len = sst_file_block_len(p->x.w.file);
		at = p->x.w.want * len;
		if (p->block_end > at)
			ahead = (p->block_end - at + len - 1) / len;
		ahead = ahead > 16 ? 16 : ahead;
	}
	sst_window_want(p->waiting, ahead, want);
}

static void
read_close(struct sst_stream *s)
{
	struct sst_reading *p = (struct sst_reading *)s;

	sst_walk_close(&p->walk);
	sst_trie_reading_close(p->trie);
	sst_data_close(&p->x);
	sst_buf_free(&p->key);
	free(p->ck);
	free(p->segs);
	free(p->offs);
	free(p);
}

static const struct sst_stream_ops read_ops = { read_next, read_skip, read_want, read_close };

static int
init(struct sst_reading *p, struct sst_sstable *t, const struct sst_read *r, struct sst_err *e)
{
	enum sst_window_mode mode = r->nonblocking ? SST_WINDOW_NONBLOCKING : SST_WINDOW_CACHED;
	struct sst_file *data = sst_sstable_data(t, e), *index = NULL;

	p->s = (struct sst_stream){ &read_ops, t->table, r->reversed };
	p->t = t;
	p->r = r;
	p->one = r->key.p != NULL;
	p->slices = r->nslices > 0 ? r->slices : &whole;
	p->nslices = r->nslices > 0 ? r->nslices : 1;
	if (data == NULL || (index = sst_sstable_index(t, e)) == NULL)
		return -1;
	sst_walk_init(&p->walk, t, index, mode);
	if (t->version->index == SST_INDEX_BTI && sst_trie_reading_open(p, mode, e) == -1)
		return -1;
	if (sst_data_init(&p->x, data, mode, &t->header, t->table, e) == -1)
		return -1;
	p->ck = calloc(2 * t->header.nck + 1, sizeof(*p->ck));
	if (r->reversed)
		p->offs = calloc(SST_SEGMENT, sizeof(*p->offs));
	if (p->ck == NULL || (r->reversed && p->offs == NULL))
		return sst_fail_nomem(e);
	return 0;
}

static bool
is_all(const struct sst_read *r)
{
	return r->key.p == NULL && r->left == r->right;
}

/* The token where to begin. */
static int64_t
first_token(const struct sst_read *r)
{
	if (r->key.p != NULL)
		return sst_token(r->key);
	return r->left == INT64_MAX ? INT64_MAX : r->left + 1;
}

/* 1: what is asked for may be here; 0: it is not; -1. */
static int
may_have(struct sst_sstable *t, const struct sst_read *r, int64_t token, struct sst_err *e)
{
	if (r->key.p != NULL)
		return sst_sstable_may_have_key(t, r->key, token, e);
	if (!is_all(r) && !t->murmur3)
		return sst_fail(e, SST_EUNSUPPORTED, sst_sstable_base(t), SST_NOWHERE,
		    "a token range of a table that has another partitioner than Murmur3");
	return sst_sstable_may_have_tokens(t, r->left, r->right, e);
}

/*
 * A range without slices, forward, by somebody who can wait: found through the index, read on by a
 * scan.
 */
static int
range_scan(struct sst_reading *p, struct sst_stream **out, struct sst_err *e)
{
	const struct sst_read *r = p->r;
	bool all = is_all(r);
	int found = 0;

	if (!all && p->state == SST_READ_FIND)
		found = find(p, e);
	if (found == -1)
		return -1;
	if (!all && p->state == SST_READ_END) {
		*out = &p->s; /* nothing there */
		return 0;
	}
	if (sst_scan_open(out, p->t, all ? 0 : p->start, all ? NULL : &r->right, e) == -1)
		return -1;
	read_close(&p->s);
	return 0;
}

/* 1 and p->place: where the key was found before. */
static bool
remembers(struct sst_sstable *t, const struct sst_read *r, int64_t token, struct sst_noted *place)
{
	return r->key.p != NULL && t->index != NULL && t->data != NULL &&
	    sst_cache_noted(t->cache, sst_file_id(t->index), token, place);
}

/* Sets out for what is asked for. */
static int
start(struct sst_reading *p, struct sst_stream **out, struct sst_err *e)
{
	const struct sst_read *r = p->r;

	*out = &p->s;
	p->state = SST_READ_FIND;
	if (p->noted)
		return recall(p, e);
	if (!is_all(r) && p->trie == NULL && sst_walk_start(&p->walk, r->key, p->token, e) == -1)
		return -1;
	if (!p->one && !r->reversed && !r->nonblocking && r->nslices == 0)
		return range_scan(p, out, e);
	return 0;
}

int
sst_sstable_find(
    struct sst_sstable *t, const struct sst_read *r, struct sst_stream **out, struct sst_err *e)
{
	int64_t token = first_token(r);
	struct sst_noted place = { 0 };
	bool noted = remembers(t, r, token, &place);
	struct sst_reading *p;
	int rc = noted ? 1 : may_have(t, r, token, e);

	*out = NULL;
	if (rc != 1)
		return rc;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return sst_fail_nomem(e);
	p->token = token;
	p->noted = noted;
	p->place = place;
	if (init(p, t, r, e) == 0 && start(p, out, e) == 0)
		return SST_ONE;
	*out = NULL;
	read_close(&p->s);
	return -1;
}

int
sst_sstable_read(
    struct sst_sstable *t, const struct sst_read *r, struct sst_stream **out, struct sst_err *e)
{
	struct sst_reading *p;
	int rc = sst_sstable_find(t, r, out, e);

	if (rc != 0)
		return rc == SST_ONE ? 0 : -1;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return sst_fail_nomem(e);
	p->s = (struct sst_stream){ &read_ops, t->table, r->reversed };
	p->state = SST_READ_END;
	*out = &p->s;
	return 0;
}
