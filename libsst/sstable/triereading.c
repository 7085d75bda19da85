/*
 * libsst/sstable/triereading.c: partitions and their blocks of rows through Partitions.db and Rows.db.
 * Entries hold prefixes of keys, and separators between blocks are no clusterings: what is found is where
 * to look, and the data says what is there.
 */
#include <stdlib.h>

#include "codec/murmur3.h"
#include "schema/comparable.h"
#include "sstable/reading.h"

int
sst_trie_reading_open(struct sst_reading *p, enum sst_window_mode mode, struct sst_err *e)
{
	struct sst_trie_reading *b;

	if (sst_sstable_footer(p->t, e) == -1)
		return -1;
	b = p->trie = calloc(1, sizeof(*b));
	if (b == NULL)
		return sst_fail_nomem(e);
	sst_trie_init(&b->partitions, &p->walk.w, p->t->footer.root);
	b->rows_w.mode = mode; /* for when it is opened */
	return 0;
}

void
sst_trie_reading_close(struct sst_trie_reading *b)
{
	if (b == NULL)
		return;
	sst_trie_free(&b->partitions);
	sst_trie_free(&b->rows);
	sst_buf_free(&b->key);
	if (b->rows_w.file != NULL)
		sst_window_close(&b->rows_w);
	free(b);
}

static int
fail_entry(const struct sst_reading *p, const char *what, struct sst_err *e)
{
	return sst_trie_fail(&p->trie->partitions, p->trie->partitions.node.pos, what, e);
}

/* ---- partitions ---- */

/* What to look for, of partitioners whose order the bytes have. */
static int
make_key(struct sst_reading *p, struct sst_err *e)
{
	static const char ordered[] = "ByteOrderedPartitioner";
	struct sst_slice class_name = p->t->statistics.partitioner;
	size_t n = sizeof(ordered) - 1;
	struct sst_trie_reading *b = p->trie;

	sst_buf_reset(&b->key);
	b->direct = true;
	if (p->one && p->t->murmur3)
		sst_comparable_key_murmur3(&b->key, p->token, p->r->key);
	else if (p->one && class_name.n >= n &&
	    memcmp(class_name.p + class_name.n - n, ordered, n) == 0)
		sst_comparable_key_ordered(&b->key, p->r->key);
	else if (!p->one && p->t->murmur3 && p->r->left != p->r->right) {
		sst_comparable_key_murmur3(&b->key, p->token, SST_SLICE_LIT(""));
		b->key.n = b->key.bad ? 0 : 9; /* up to the token's end */
	} else
		b->direct = false;
	return b->key.bad ? sst_fail_nomem(e) : 0;
}

/* The next entry that may be asked for: SST_ONE, 0, SST_WAIT, -1. */
static int
next_entry(struct sst_reading *p, struct sst_err *e)
{
	struct sst_trie_reading *b = p->trie;
	int r;

	if (!b->started) {
		if (b->partitions.going == SST_TRIE_REST && make_key(p, e) == -1)
			return -1;
		r = !b->direct ? 0
		    : p->one   ? sst_trie_find(&b->partitions, sst_buf_slice(&b->key), e)
			       : sst_trie_floor(&b->partitions, sst_buf_slice(&b->key), e);
		if (r == SST_WAIT || r == -1)
			return r;
		b->started = true;
		if (r == SST_ONE || (p->one && b->direct))
			return r;
	} else if (p->one && b->direct)
		return 0; /* there is one such entry at most */
	return sst_trie_next(&b->partitions, e);
}

/* The window on Rows.db, opened when something points there. */
static int
open_rows(struct sst_reading *p, struct sst_err *e)
{
	struct sst_trie_reading *b = p->trie;
	enum sst_window_mode mode = b->rows_w.mode;
	struct sst_file *f;

	if (b->rows_w.file != NULL)
		return 0;
	if ((f = sst_sstable_rows(p->t, e)) == NULL)
		return -1;
	sst_window_init(&b->rows_w, f, mode);
	return 0;
}

/* Where the entry's partition is, which for one with many rows Rows.db knows. */
static int
read_head(struct sst_reading *p, struct sst_err *e)
{
	struct sst_trie_reading *b = p->trie;
	struct sst_bti_head head;
	struct sst_in in;
	size_t n = 64, have;
	int r;

	if (open_rows(p, e) == -1)
		return -1;
	if (b->entry.position >= sst_file_len(b->rows_w.file))
		return fail_entry(p, "entry points outside of Rows.db", e);
	for (;;) {
		p->waiting = &b->rows_w;
		r = sst_window_fetch(&b->rows_w, b->entry.position, n, e);
		if (r != 0)
			return r;
		in = sst_window_in(&b->rows_w, b->entry.position);
		have = sst_in_left(&in);
		sst_bti_head_get(&in, &head);
		if (!in.bad)
			break;
		if (have < n || n > SST_KEY_MAX + 64)
			return sst_fail(e, SST_EDAMAGED, sst_file_path(b->rows_w.file),
			    b->entry.position, "head of a partition's index is damaged");
		n *= 4;
	}
	sst_trie_init(&b->rows, &b->rows_w, head.root);
	b->entry.position = head.position;
	return 0;
}

/* Takes the entry apart that the trie has come to. */
static int
check_entry(struct sst_reading *p, struct sst_err *e)
{
	struct sst_trie_reading *b = p->trie;
	uint64_t hash[2];
	int r;

	if (!sst_bti_entry_get(&b->entry, &b->partitions.node))
		return fail_entry(p, "payload is cut short by its page", e);
	if (p->one && b->entry.hashed) {
		sst_murmur3_128(p->r->key, hash);
		if (b->entry.hash != (uint8_t)hash[1])
			return 0;
	}
	r = b->entry.in_rows ? read_head(p, e) : 0;
	if (r != 0)
		return r;
	if (b->checked && b->entry.position <= b->prev_position)
		return fail_entry(p, "position is not after the one before", e);
	if (b->entry.position >= sst_file_len(p->x.w.file))
		return fail_entry(p, "entry points outside of the data", e);
	b->checked = true;
	b->prev_position = b->entry.position;
	return SST_ONE;
}

/* Reads which partition it is, and whether that is asked for.  SST_ONE, SST_WAIT, -1. */
static int
look(struct sst_reading *p, int *wanted, struct sst_err *e)
{
	int r;

	p->waiting = &p->x.w;
	sst_data_seek(&p->x, p->trie->entry.position, SST_LIVE);
	p->x.has_key = false;
	r = sst_data_partition(&p->x, e);
	if (r == 0)
		return fail_entry(p, "entry points outside of the data", e);
	if (r != SST_ONE)
		return r;
	p->walk.token = p->x.item.part.token;
	p->walk.entry.key = p->x.item.part.key;
	*wanted = sst_reading_wanted(p);
	return SST_ONE;
}

int
sst_trie_reading_find(struct sst_reading *p, struct sst_err *e)
{
	struct sst_trie_reading *b = p->trie;
	int r, wanted = 0;

	for (;;) {
		if (!b->have) {
			p->waiting = &p->walk.w;
			r = next_entry(p, e);
			if (r != SST_ONE)
				return r;
			b->have = true;
			b->checked_entry = false;
		}
		if (!b->checked_entry) {
			r = check_entry(p, e);
			if (r == SST_WAIT || r == -1)
				return r;
			if (r == 0) {
				b->have = false;
				continue;
			}
			b->checked_entry = true;
		}
		r = look(p, &wanted, e);
		if (r != SST_ONE)
			return r;
		b->have = false;
		if (wanted != 0)
			return wanted == 1 ? SST_ONE : 0;
	}
}

/* ---- rows ---- */

/* The block at hand, made absolute. */
static int
get_block(struct sst_reading *p, uint64_t *off, struct sst_deletion *open, struct sst_err *e)
{
	struct sst_trie_reading *b = p->trie;
	uint64_t len = sst_file_len(p->x.w.file) - p->start;
	struct sst_bti_block block;

	if (!sst_bti_block_get(&block, &b->rows.node, p->t->version))
		return sst_trie_fail(&b->rows, b->rows.node.pos, "payload is damaged", e);
	if (block.off > len)
		return sst_trie_fail(&b->rows, b->rows.node.pos, "block is outside of the data", e);
	*off = p->start + block.off;
	*open = block.open;
	return SST_ONE;
}

/* Bytes that compare for a bound; without such, nothing is known of where rows are. */
static bool
make_bound(struct sst_reading *p, const struct sst_bound *at)
{
	struct sst_trie_reading *b = p->trie;

	sst_buf_reset(&b->key);
	return sst_comparable_clustering(&b->key, p->t->header.ck, at->ck, at->n, at->side);
}

int
sst_trie_reading_floor(struct sst_reading *p, const struct sst_bound *at, uint64_t *off,
    struct sst_deletion *open, struct sst_err *e)
{
	struct sst_trie_reading *b = p->trie;
	int r;

	*off = p->rows;
	*open = SST_LIVE;
	p->waiting = &b->rows_w;
	if (!make_bound(p, at))
		return b->key.bad ? sst_fail_nomem(e) : 0;
	r = sst_trie_floor(&b->rows, sst_buf_slice(&b->key), e);
	return r == SST_ONE ? get_block(p, off, open, e) : r;
}

/* To the last block that begins before the slice's end. */
static int
seek_last(struct sst_reading *p, const struct sst_bound *to, struct sst_err *e)
{
	struct sst_trie_reading *b = p->trie;
	bool bound = to->n > 0 && make_bound(p, to);

	if (b->key.bad)
		return sst_fail_nomem(e);
	if (bound)
		return sst_trie_floor(&b->rows, sst_buf_slice(&b->key), e);
	if (b->rows.going == SST_TRIE_REST)
		sst_trie_init(&b->rows, &b->rows_w, b->rows.root);
	return sst_trie_prev(&b->rows, e);
}

int
sst_trie_reading_last(struct sst_reading *p, const struct sst_range *range, struct sst_err *e)
{
	struct sst_trie_reading *b = p->trie;
	struct sst_deletion open;
	int r;

	p->waiting = &b->rows_w;
	if (!b->lo_known) {
		b->lo = p->rows;
		r = range->from.n == 0 ? 0
				       : sst_trie_reading_floor(p, &range->from, &b->lo, &open, e);
		if (r == SST_WAIT || r == -1)
			return r;
		b->lo_known = true;
	}
	b->off = p->rows;
	b->open = SST_LIVE;
	r = seek_last(p, &range->to, e);
	if (r == SST_ONE)
		r = get_block(p, &b->off, &b->open, e);
	if (r == SST_WAIT || r == -1)
		return r;
	b->lo_known = false;
	return 0;
}

int
sst_trie_reading_prev(struct sst_reading *p, struct sst_err *e)
{
	struct sst_trie_reading *b = p->trie;
	uint64_t before = b->off;
	int r;

	if (b->off <= b->lo)
		return 0;
	p->waiting = &b->rows_w;
	r = sst_trie_prev(&b->rows, e);
	if (r == SST_ONE)
		r = get_block(p, &b->off, &b->open, e);
	if (r == SST_ONE && b->off >= before)
		return sst_trie_fail(
		    &b->rows, b->rows.node.pos, "block begins after the next one", e);
	return r;
}
