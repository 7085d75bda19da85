/*
 * libsst/sstable/checktrie.c: Partitions.db and Rows.db beside a walk over the rows: entries in their
 * order are the partitions, with the start of each one's key and its place; blocks in theirs begin at
 * rows, and the separators lie between the rows on both sides.
 */
#include <stdlib.h>

#include "codec/murmur3.h"
#include "row/reconcile.h"
#include "schema/comparable.h"
#include "sstable/checking.h"

struct sst_check_trie {
	struct sst_window partitions_w, rows_w;
	struct sst_trie partitions, rows;
	struct sst_bti_entry entry;
	struct sst_buf key, way, separator;
	uint64_t nentries;
	/* Of the partition at hand: the next block, as Rows.db has it; the last is its end. */
	bool block;
	uint64_t nblocks, met; /* blocks it says; begun so far */
	struct sst_bti_block next;
	struct sst_deletion open; /* in force before the row at hand */
};

int
sst_check_trie_open(struct sst_check *c, struct sst_err *e)
{
	struct sst_check_trie *k;
	struct sst_file *f;

	if (sst_sstable_footer(c->t, e) == -1)
		return sst_check_tell(c, SST_PARTITIONS, SST_CHECK_STORED, e);
	f = sst_sstable_index(c->t, e);
	c->trie = k = calloc(1, sizeof(*k));
	if (k == NULL)
		return sst_fail_nomem(e);
	sst_window_init(&k->partitions_w, f, SST_WINDOW_CACHED);
	sst_trie_init(&k->partitions, &k->partitions_w, c->t->footer.root);
	k->rows_w.mode = SST_WINDOW_CACHED;
	c->indexed = true;
	return 0;
}

void
sst_check_trie_close(struct sst_check_trie *k)
{
	if (k == NULL)
		return;
	sst_trie_free(&k->partitions);
	sst_trie_free(&k->rows);
	sst_window_close(&k->partitions_w);
	if (k->rows_w.file != NULL)
		sst_window_close(&k->rows_w);
	sst_buf_free(&k->key);
	sst_buf_free(&k->way);
	sst_buf_free(&k->separator);
	free(k);
}

static int
bad_entry(struct sst_check *c, struct sst_err *e, const char *what)
{
	c->indexed = false;
	return sst_check_say(c, SST_PARTITIONS, SST_CHECK_KEYS, c->trie->partitions.node.pos, e,
	    "the entry %s", what);
}

static int
bad_block(struct sst_check *c, struct sst_err *e, const char *what)
{
	c->has_promoted = false;
	return sst_check_say(
	    c, SST_ROWS, SST_CHECK_BLOCKS, c->trie->rows.node.pos, e, "the block %s", what);
}

/* ---- partitions ---- */

/* The next entry: 1; 0: there is none, or it has been told; -1. */
static int
next_entry(struct sst_check *c, struct sst_err *e)
{
	struct sst_check_trie *k = c->trie;
	int r;

	if (c->held) {
		c->held = false;
		return 1;
	}
	r = sst_trie_next(&k->partitions, e);
	if (r == -1) {
		c->indexed = false;
		return sst_check_tell(c, SST_PARTITIONS, SST_CHECK_KEYS, e);
	}
	if (r == 0)
		return 0;
	k->nentries++;
	if (!sst_bti_entry_get(&k->entry, &k->partitions.node))
		return bad_entry(c, e, "is cut short");
	return 1;
}

/* The head of a partition in Rows.db: 1; 0: it cannot be read, which has been told; -1. */
static int
read_head(struct sst_check *c, struct sst_bti_head *head, struct sst_err *e)
{
	struct sst_check_trie *k = c->trie;
	struct sst_file *f;
	struct sst_in in;

	if (k->rows_w.file == NULL) {
		f = sst_sstable_rows(c->t, e);
		if (f == NULL)
			return bad_entry(c, e, "points to Rows.db, which cannot be read");
		sst_window_init(&k->rows_w, f, SST_WINDOW_CACHED);
	}
	if (k->entry.position >= sst_file_len(k->rows_w.file))
		return bad_entry(c, e, "points outside of Rows.db");
	if (sst_window_fetch(&k->rows_w, k->entry.position, SST_KEY_MAX + 64, e) == -1)
		return -1;
	in = sst_window_in(&k->rows_w, k->entry.position);
	sst_bti_head_get(&in, head);
	if (!in.bad)
		return 1;
	return sst_check_say(c, SST_ROWS, SST_CHECK_KEYS, k->entry.position, e,
	    "head of a partition's index is damaged");
}

static int
next_block(struct sst_check *c, struct sst_err *e)
{
	struct sst_check_trie *k = c->trie;
	int r = sst_trie_next(&k->rows, e);

	k->block = r == SST_ONE;
	if (r == -1) {
		c->has_promoted = false;
		return sst_check_tell(c, SST_ROWS, SST_CHECK_BLOCKS, e);
	}
	if (r == SST_ONE && !sst_bti_block_get(&k->next, &k->rows.node, c->t->version))
		return bad_block(c, e, "has a damaged payload");
	return 0;
}

/* A partition with an index of its own rows. */
static int
check_head(struct sst_check *c, const struct sst_item *part, struct sst_err *e)
{
	struct sst_check_trie *k = c->trie;
	struct sst_bti_head head;
	int r = read_head(c, &head, e);

	if (r != 1)
		return r;
	if (head.position != part->off || !sst_slice_eq(head.key, part->part.key))
		return bad_entry(c, e, "points to another partition's index in Rows.db");
	if (head.del.ts_us != part->part.del.ts_us ||
	    (head.del.ts_us != SST_NO_TS && head.del.ldt_s != part->part.del.ldt_s))
		return sst_check_say(c, SST_ROWS, SST_CHECK_BLOCKS, k->entry.position, e,
		    "the index has another deletion of the partition");
	sst_trie_free(&k->rows);
	sst_trie_init(&k->rows, &k->rows_w, head.root);
	k->open = SST_LIVE;
	k->nblocks = head.nblocks;
	k->met = 0;
	c->has_promoted = true;
	c->part_off = part->off;
	c->prev_end = part->off + part->len;
	return next_block(c, e);
}

static bool
ends_with(struct sst_slice s, const char *end)
{
	size_t n = strlen(end);

	return s.n >= n && memcmp(s.p + s.n - n, end, n) == 0;
}

/* The entry's bytes are the first ones of the key's, where it is known what those are. */
static bool
leads_to(struct sst_check *c, const struct sst_partition *part)
{
	struct sst_check_trie *k = c->trie;

	sst_buf_reset(&k->key);
	sst_buf_reset(&k->way);
	if (c->t->murmur3)
		sst_comparable_key_murmur3(&k->key, part->token, part->key);
	else if (ends_with(c->t->statistics.partitioner, "ByteOrderedPartitioner"))
		sst_comparable_key_ordered(&k->key, part->key);
	else
		return true;
	sst_trie_key(&k->partitions, &k->way);
	return !k->key.bad && !k->way.bad && k->way.n <= k->key.n &&
	    memcmp(sst_buf_slice(&k->way).p, sst_buf_slice(&k->key).p, k->way.n) == 0;
}

int
sst_check_trie_partition(struct sst_check *c, const struct sst_item *part, struct sst_err *e)
{
	struct sst_check_trie *k = c->trie;
	uint64_t hash[2];
	int r = next_entry(c, e);

	if (r == -1 || !c->indexed)
		return r == -1 ? -1 : 0;
	if (r == 0) {
		c->indexed = false;
		return sst_check_say(c, SST_PARTITIONS, SST_CHECK_KEYS, SST_NOWHERE, e,
		    "has no entry for the partition at byte %ju of the data", (uintmax_t)part->off);
	}
	sst_murmur3_128(part->part.key, hash);
	if (!leads_to(c, &part->part) || (k->entry.hashed && k->entry.hash != (uint8_t)hash[1]))
		return bad_entry(c, e, "is not that of the partition in its place");
	if (k->entry.in_rows)
		return check_head(c, part, e);
	if (k->entry.position != part->off)
		return bad_entry(c, e, "does not point to its partition");
	return 0;
}

int
sst_check_trie_after(struct sst_check *c, uint64_t pos, uint64_t *to, struct sst_err *e)
{
	struct sst_check_trie *k = c->trie;
	struct sst_bti_head head;
	int r;

	c->has_promoted = false;
	while ((r = next_entry(c, e)) == 1 && c->indexed) {
		*to = k->entry.position;
		if (k->entry.in_rows) {
			r = read_head(c, &head, e);
			if (r != 1)
				return r;
			*to = head.position;
		}
		if (*to > pos) {
			c->held = true;
			return 1;
		}
	}
	return r == -1 ? -1 : 0;
}

int
sst_check_trie_resume(
    struct sst_check *c, struct sst_resume *r, uint64_t start, uint64_t pos, struct sst_err *e)
{
	struct sst_check_trie *k = c->trie;
	struct sst_bti_head head = { 0 };
	uint64_t at = 0;
	int rc;

	while ((rc = next_entry(c, e)) == 1 && c->indexed) {
		at = k->entry.position;
		if (k->entry.in_rows) {
			rc = read_head(c, &head, e);
			if (rc != 1)
				return rc;
			at = head.position;
		}
		if (at >= start)
			break;
	}
	if (rc != 1 || !c->indexed)
		return rc == -1 ? -1 : 0;
	c->held = true;
	if (at != start || !k->entry.in_rows)
		return 0;
	sst_buf_reset(&r->key);
	sst_buf_add_slice(&r->key, head.key);
	if (r->key.bad)
		return sst_fail_nomem(e);
	r->del = head.del;
	r->first.ck = NULL;
	sst_trie_free(&k->rows);
	sst_trie_init(&k->rows, &k->rows_w, head.root);
	do {
		if (next_block(c, e) == -1)
			return -1;
		r->to = start + k->next.off;
		r->open = k->next.open;
	} while (k->block && r->to <= pos && r->to >= start);
	return k->block && r->to > pos;
}

/* ---- rows ---- */

/* -1 or +1 where the bytes of the separator lie to those of a place; 0 the same; 2: not known. */
static int
separator_order(struct sst_check *c, const struct sst_slice *ck, size_t n, int side)
{
	struct sst_check_trie *k = c->trie;
	int order;

	sst_buf_reset(&k->key);
	if (!sst_comparable_clustering(&k->key, c->t->header.ck, ck, n, side))
		return 2;
	order = sst_slice_cmp(sst_buf_slice(&k->separator), sst_buf_slice(&k->key));
	return order < 0 ? -1 : order > 0;
}

static int
check_block(struct sst_check *c, const struct sst_item *item, struct sst_err *e)
{
	struct sst_check_trie *k = c->trie;
	struct sst_bound at = sst_item_bound(item, c->t->table->nck);

	k->met++;
	if (!sst_deletion_eq(&k->next.open, &k->open))
		return bad_block(c, e, "has another range tombstone open where it begins");
	sst_buf_reset(&k->separator);
	sst_trie_key(&k->rows, &k->separator);
	if (k->separator.bad)
		return sst_fail_nomem(e);
	if (separator_order(c, at.ck, at.n, at.side) == 1)
		return bad_block(c, e, "begins after its first row");
	if (c->x.has_prev && c->x.nprev > 0) {
		int order = separator_order(c, c->x.prev, c->x.nprev, c->x.prev_side);

		if (order == -1 || order == 0)
			return bad_block(c, e, "begins before the last row of the one before");
	}
	return next_block(c, e);
}

int
sst_check_trie_row(struct sst_check *c, const struct sst_item *item, struct sst_err *e)
{
	struct sst_check_trie *k = c->trie;
	uint64_t off = item->off - c->part_off;
	bool gap = item->off != c->prev_end; /* a row that says nothing was passed over */
	int r = 0;

	c->prev_end = item->off + item->len;
	if (!k->block)
		return bad_block(c, e, "is the last, and rows follow");
	if ((off > k->next.off || (k->met == 0 && off != k->next.off)) && !gap)
		return bad_block(c, e, "does not begin at a row");
	if (off >= k->next.off)
		r = check_block(c, item, e);
	if (item->kind == SST_MARKER)
		k->open = item->marker.after;
	return r;
}

/* One entry is left, which has the place of the byte that ends the partition. */
int
sst_check_trie_over(struct sst_check *c, struct sst_err *e)
{
	struct sst_check_trie *k = c->trie;

	if (!k->block || k->next.off != c->x.pos - 1 - c->part_off)
		return bad_block(c, e, "does not end with the partition");
	if (k->next.open.ts_us != SST_NO_TS)
		return bad_block(c, e, "has a range tombstone open at the end");
	if (k->met != k->nblocks)
		return bad_block(c, e, "is not among as many as the index says");
	if (next_block(c, e) == -1)
		return -1;
	return c->has_promoted && k->block ? bad_block(c, e, "is behind the last") : 0;
}

int
sst_check_trie_end(struct sst_check *c, struct sst_err *e)
{
	const struct sst_bti_footer *f = &c->t->footer;
	int r;

	if (c->trie == NULL || !c->indexed)
		return 0;
	r = next_entry(c, e);
	if (r == -1 || !c->indexed)
		return r == -1 ? -1 : 0;
	if (r == 1)
		return bad_entry(c, e, "is of a partition that the data does not have");
	if (f->nkeys != c->out->npartitions)
		return sst_check_say(c, SST_PARTITIONS, SST_CHECK_KEYS, SST_NOWHERE, e,
		    "says %ju partitions, the data has %ju", (uintmax_t)f->nkeys,
		    (uintmax_t)c->out->npartitions);
	if (c->out->npartitions > 0 &&
	    (!sst_slice_eq(f->first, sst_buf_slice(&c->first_key)) ||
		!sst_slice_eq(f->last, sst_buf_slice(&c->x.key))))
		return sst_check_say(c, SST_PARTITIONS, SST_CHECK_KEYS, SST_NOWHERE, e,
		    "first and last key are not those of the data");
	return 0;
}
