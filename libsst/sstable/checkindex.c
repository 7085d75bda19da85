/*
 * libsst/sstable/checkindex.c: Index.db, Summary.db and Filter.db beside a walk over the rows: each
 * partition must be where its entry says, each block of a promoted index begin and end with the rows
 * it names, each sample of the summary be an entry, and each key pass the filter.
 */
#include <errno.h>
#include <stdlib.h>

#include "row/reconcile.h"
#include "sstable/checking.h"

#define SIDE_MAX ((size_t)2 << 30)

/* Reads a component whole.  1; 0: it is not there, which check_toc tells of; -1, also after damage. */
static int
read_side(struct sst_check *c, enum sst_component component, struct sst_buf *bytes,
    struct sst_buf *path, struct sst_err *e)
{
	if (sst_check_path(c, component, path, e) == -1)
		return -1;
	if (sst_io_read_file(c->io, (const char *)path->p, SIDE_MAX, bytes, e) == 0)
		return 1;
	return e->code == SST_ESYS && e->sys == ENOENT ? 0 : -1;
}

static int
open_filter(struct sst_check *c, struct sst_err *e)
{
	struct sst_buf path = { 0 };
	int r = read_side(c, SST_FILTER, &c->filter_bytes, &path, e);

	if (r == 1) {
		r = sst_filter_parse(&c->filter, c->t->version, sst_buf_slice(&c->filter_bytes),
		    (const char *)path.p, e);
		c->filtered = r == 0;
		if (r == -1)
			r = sst_check_tell(c, SST_FILTER, SST_CHECK_STORED, e);
	}
	sst_buf_free(&path);
	return r;
}

static int
open_summary(struct sst_check *c, struct sst_err *e)
{
	struct sst_buf path = { 0 };
	int r = read_side(c, SST_SUMMARY, &c->summary_bytes, &path, e);

	if (r == 1) {
		r = sst_summary_parse(
		    &c->summary, sst_buf_slice(&c->summary_bytes), (const char *)path.p, e);
		c->summarised = r == 0;
		if (r == -1)
			r = sst_check_tell(c, SST_SUMMARY, SST_CHECK_STORED, e);
	}
	sst_buf_free(&path);
	return r;
}

int
sst_check_index_open(struct sst_check *c, struct sst_err *e)
{
	struct sst_file *index;

	if (open_filter(c, e) == -1)
		return -1;
	if (c->t->version->index == SST_INDEX_BTI)
		return sst_check_trie_open(c, e);
	if (open_summary(c, e) == -1)
		return -1;
	index = sst_sstable_index(c->t, e);
	if (index == NULL && e->code == SST_ESYS && e->sys == ENOENT)
		return c->out->findings > 0 /* TOC.txt names it */
		    ? 0
		    : sst_check_say(c, SST_INDEX, SST_CHECK_STORED, SST_NOWHERE, e, "missing");
	if (index == NULL)
		return sst_check_tell(c, SST_INDEX, SST_CHECK_STORED, e);
	c->block_ck = calloc(2 * c->t->header.nck + 1, sizeof(*c->block_ck));
	if (c->block_ck == NULL)
		return sst_fail_nomem(e);
	sst_walk_init(&c->walk, c->t, index, SST_WINDOW_SEQUENTIAL);
	c->walking = c->indexed = true;
	return 0;
}

void
sst_check_index_close(struct sst_check *c)
{
	if (c->walking)
		sst_walk_close(&c->walk);
	sst_check_trie_close(c->trie);
	sst_buf_free(&c->summary_bytes);
	sst_buf_free(&c->filter_bytes);
	free(c->block_ck);
}

/* ---- entries ---- */

/* The entry may be the one that the summary samples next. */
static int
check_sample(struct sst_check *c, struct sst_err *e)
{
	struct sst_slice key;
	uint64_t pos;

	while (c->summarised && c->sample < c->summary.n) {
		sst_summary_get(&c->summary, c->sample, &key, &pos);
		if (pos > c->walk.at)
			return 0;
		if ((pos < c->walk.at || !sst_slice_eq(key, c->walk.entry.key)) &&
		    sst_check_say(c, SST_SUMMARY, SST_CHECK_KEYS, SST_NOWHERE, e,
			"entry %zu is not what Index.db has at byte %ju", c->sample,
			(uintmax_t)pos) == -1)
			return -1;
		c->sample++;
	}
	return 0;
}

/* The next entry: 1; 0: there is none, or it cannot be read, which has been told; -1. */
static int
next_entry(struct sst_check *c, struct sst_err *e)
{
	int r;

	if (c->held) {
		c->held = false;
		return 1;
	}
	r = sst_walk_next(&c->walk, e);
	if (r == -1) {
		c->indexed = false;
		return sst_check_tell(c, SST_INDEX, SST_CHECK_KEYS, e);
	}
	if (r == SST_ONE && check_sample(c, e) == -1)
		return -1;
	return r;
}

int
sst_check_index_after(struct sst_check *c, uint64_t pos, uint64_t *to, struct sst_err *e)
{
	int r;

	if (c->trie != NULL)
		return sst_check_trie_after(c, pos, to, e);
	c->has_promoted = false;
	while ((r = next_entry(c, e)) == 1)
		if (c->walk.entry.position > pos) {
			c->held = true;
			*to = c->walk.entry.position;
			return 1;
		}
	return r;
}

/* ---- promoted indexes ---- */

/* Where block i begins in the data, and the range deletion in force there.  0; -1, also after damage. */
static int
block_start(struct sst_check *c, const struct sst_promoted *p, size_t i, struct sst_resume *r,
    struct sst_err *e)
{
	struct sst_index_block b;

	r->open = SST_LIVE;
	if (i > 0) {
		if (sst_walk_block(&c->walk, p, i - 1, c->block_ck, &b, e) == -1)
			return -1;
		r->open = b.open;
	}
	if (sst_walk_block(&c->walk, p, i, c->block_ck, &b, e) == -1)
		return -1;
	r->first = b.first;
	r->to = c->walk.entry.position + b.off;
	return r->to < c->walk.entry.position ? sst_fail(e, SST_EDAMAGED, NULL, 0, "block") : 0;
}

/* The first block behind pos.  1, 0, -1, also after damage. */
static int
block_behind(struct sst_check *c, struct sst_resume *r, uint64_t pos, struct sst_err *e)
{
	struct sst_promoted p;
	size_t lo = 0, hi, mid;

	if (sst_walk_promoted(&c->walk, &p, e) != 0)
		return -1;
	r->del = p.del;
	for (hi = p.n; lo < hi;) {
		mid = lo + (hi - lo) / 2;
		if (block_start(c, &p, mid, r, e) == -1)
			return -1;
		if (r->to > pos)
			hi = mid;
		else
			lo = mid + 1;
	}
	if (lo == p.n)
		return 0;
	return block_start(c, &p, lo, r, e) == -1 ? -1 : r->to > pos;
}

int
sst_check_index_resume(
    struct sst_check *c, struct sst_resume *r, uint64_t start, uint64_t pos, struct sst_err *e)
{
	int rc;

	if (!c->indexed)
		return 0;
	if (c->trie != NULL)
		return sst_check_trie_resume(c, r, start, pos, e);
	while ((rc = next_entry(c, e)) == 1 && c->walk.entry.position < start)
		;
	if (rc != 1)
		return rc;
	c->held = true;
	if (c->walk.entry.position != start || c->walk.entry.promoted_len == 0)
		return 0;
	if (!r->known || r->start != start) { /* the entry's own is there until a block is read */
		sst_buf_reset(&r->key);
		sst_buf_add_slice(&r->key, c->walk.entry.key);
		if (r->key.bad)
			return sst_fail_nomem(e);
		r->start = start;
		r->known = true;
	}
	rc = block_behind(c, r, pos, e);
	if (rc == -1)
		return sst_check_tell(c, SST_INDEX, SST_CHECK_BLOCKS, e);
	return rc;
}

static int
bad_block(struct sst_check *c, struct sst_err *e, const char *what)
{
	c->has_promoted = false;
	return sst_check_say(c, SST_INDEX, SST_CHECK_BLOCKS, c->promoted.off, e,
	    "block %zu of the promoted index %s", c->block, what);
}

static int
load_block(struct sst_check *c, struct sst_err *e)
{
	if (c->block == c->promoted.n)
		return 0;
	if (sst_walk_block(&c->walk, &c->promoted, c->block, c->block_ck, &c->expect, e) == 0)
		return 0;
	c->has_promoted = false;
	return sst_check_tell(c, SST_INDEX, SST_CHECK_BLOCKS, e);
}

static int
begin_promoted(struct sst_check *c, const struct sst_item *part, struct sst_err *e)
{
	if (c->walk.entry.promoted_len == 0)
		return 0;
	if (sst_walk_promoted(&c->walk, &c->promoted, e) == -1)
		return sst_check_tell(c, SST_INDEX, SST_CHECK_BLOCKS, e);
	if (c->promoted.del.ts_us != part->part.del.ts_us ||
	    (part->part.del.ts_us != SST_NO_TS && c->promoted.del.ldt_s != part->part.del.ldt_s))
		return sst_check_say(c, SST_INDEX, SST_CHECK_BLOCKS, c->walk.promoted_at, e,
		    "the promoted index has another deletion of the partition");
	c->has_promoted = true;
	c->block = 0;
	c->begun = false;
	c->part_off = part->off;
	c->prev_end = part->off + part->len;
	return load_block(c, e);
}

/* A row or marker must be where and what the promoted index says of the block it lies in. */
int
sst_check_index_row(struct sst_check *c, const struct sst_item *item, struct sst_err *e)
{
	const struct sst_table *t = c->t->table;
	struct sst_bound at = sst_item_bound(item, t->nck);
	uint64_t off = item->off - c->part_off, end = off + item->len;
	bool gap = item->off != c->prev_end; /* a row that says nothing was passed over */

	if (c->trie != NULL)
		return sst_check_trie_row(c, item, e);
	c->prev_end = item->off + item->len;
	if (c->block == c->promoted.n)
		return bad_block(c, e, "is the last, and rows follow");
	if (!c->begun && !gap) {
		if (c->block == 0 ? c->promoted.header_len != off : c->expect.off != off)
			return bad_block(c, e, "does not begin where it says");
		if (sst_bound_compare(t, &at, &c->expect.first) != 0)
			return bad_block(c, e, "does not begin with the row it says");
	}
	c->begun = true;
	if (end < c->expect.off + c->expect.width || c->block + 1 == c->promoted.n)
		return 0; /* how the last block ends is seen at the end of the partition */
	if (end > c->expect.off + c->expect.width)
		return gap ? 0 : bad_block(c, e, "does not end where it says");
	if (sst_bound_compare(t, &at, &c->expect.last) != 0)
		return bad_block(c, e, "does not end with the row it says");
	if (!sst_deletion_eq(&c->x.open, &c->expect.open))
		return bad_block(c, e, "has another range tombstone open at its end");
	c->block++;
	c->begun = false;
	return load_block(c, e);
}

/* ---- partitions ---- */

static int
check_filter(struct sst_check *c, const struct sst_item *part, struct sst_err *e)
{
	if (!c->filtered || sst_filter_may_have(&c->filter, part->part.key))
		return 0;
	return sst_check_say(c, SST_FILTER, SST_CHECK_KEYS, SST_NOWHERE, e,
	    "hides the partition at byte %ju of the data", (uintmax_t)part->off);
}

int
sst_check_index_partition(struct sst_check *c, const struct sst_item *part, struct sst_err *e)
{
	int r;

	c->has_promoted = false;
	if (check_filter(c, part, e) == -1)
		return -1;
	if (!c->indexed)
		return 0;
	if (c->trie != NULL)
		return sst_check_trie_partition(c, part, e);
	r = next_entry(c, e);
	if (r == -1 || !c->indexed)
		return r == -1 ? -1 : 0;
	if (r == 0 || c->walk.entry.position != part->off ||
	    !sst_slice_eq(c->walk.entry.key, part->part.key)) {
		c->indexed = false;
		return sst_check_say(c, SST_INDEX, SST_CHECK_KEYS,
		    r == 0 ? SST_NOWHERE : c->walk.at, e,
		    r == 0 ? "has no entry for the partition at byte %ju of the data"
			   : "the entry is not that of the partition at byte %ju of the data",
		    (uintmax_t)part->off);
	}
	return begin_promoted(c, part, e);
}

/* The last block may count the byte that ends the partition. */
int
sst_check_index_over(struct sst_check *c, struct sst_err *e)
{
	const struct sst_data *x = &c->x;
	struct sst_bound last = { x->prev, x->nprev, x->prev_side };
	uint64_t end = c->expect.off + c->expect.width, got = x->pos - c->part_off;

	if (!c->has_promoted)
		return 0;
	if (c->trie != NULL)
		return sst_check_trie_over(c, e);
	if (c->block + 1 != c->promoted.n || !c->begun)
		return bad_block(c, e, "has no rows");
	if (end != got && end + 1 != got)
		return bad_block(c, e, "does not end with the partition");
	if (sst_bound_compare(c->t->table, &last, &c->expect.last) != 0 &&
	    c->prev_end + 1 == x->pos)
		return bad_block(c, e, "does not end with the row it says");
	return 0;
}

/* First and last key of the summary decide whether a reader looks further. */
static int
check_ends(struct sst_check *c, struct sst_err *e)
{
	struct sst_slice last = sst_buf_slice(&c->x.key);

	if (!c->summarised || c->out->npartitions == 0)
		return 0;
	if (!sst_slice_eq(c->summary.first, sst_buf_slice(&c->first_key)) &&
	    sst_check_say(c, SST_SUMMARY, SST_CHECK_KEYS, SST_NOWHERE, e,
		"first key is not that of the data") == -1)
		return -1;
	if (!sst_slice_eq(c->summary.last, last))
		return sst_check_say(c, SST_SUMMARY, SST_CHECK_KEYS, SST_NOWHERE, e,
		    "last key is not that of the data");
	return 0;
}

int
sst_check_index_end(struct sst_check *c, struct sst_err *e)
{
	int r;

	if (c->t->version->index == SST_INDEX_BTI)
		return sst_check_trie_end(c, e);
	if (c->indexed) {
		r = next_entry(c, e);
		if (r == -1)
			return -1;
		if (r == 1 &&
		    sst_check_say(c, SST_INDEX, SST_CHECK_KEYS, c->walk.at, e,
			"entry of a partition that the data does not have") == -1)
			return -1;
		if (r == 0 && c->summarised && c->sample < c->summary.n &&
		    sst_check_say(c, SST_SUMMARY, SST_CHECK_KEYS, SST_NOWHERE, e,
			"entry %zu is not in Index.db", c->sample) == -1)
			return -1;
	}
	return check_ends(c, e);
}
