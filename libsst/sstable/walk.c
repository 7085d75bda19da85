/* libsst/sstable/walk.c: entries of Index.db one after the other, and where to begin. */
#include "sstable/int.h"

#define ENTRY_HEAD_MAX (SST_KEY_MAX + 2 + 9 + 9)

void
sst_walk_init(
    struct sst_walk *k, struct sst_sstable *t, struct sst_file *index, enum sst_window_mode mode)
{
	memset(k, 0, sizeof(*k));
	sst_window_init(&k->w, index, mode);
	k->t = t;
	k->end = sst_file_len(index);
}

void
sst_walk_close(struct sst_walk *k)
{
	if (k->w.file != NULL)
		sst_window_close(&k->w);
}

void
sst_walk_seek(struct sst_walk *k, uint64_t pos)
{
	k->pos = pos;
	k->started = false;
}

/* Keys and positions ascend, or the index has been damaged: it has no checksum of its own. */
static int
check_entry(struct sst_walk *k, uint64_t at, struct sst_err *e)
{
	const char *path = sst_file_path(k->w.file);

	if (k->entry.promoted_len > k->end - k->pos)
		return sst_fail(e, SST_EDAMAGED, path, at,
		    "promoted index of %ju bytes, the file has %ju more",
		    (uintmax_t)k->entry.promoted_len, (uintmax_t)(k->end - k->pos));
	if (k->started && k->entry.position <= k->prev_position)
		return sst_fail(e, SST_EDAMAGED, path, at, "position %ju after %ju",
		    (uintmax_t)k->entry.position, (uintmax_t)k->prev_position);
	if (k->started && k->t->murmur3 && k->token < k->prev_token)
		return sst_fail(
		    e, SST_EDAMAGED, path, at, "partition is not after the one before it");
	k->started = true;
	k->prev_position = k->entry.position;
	k->prev_token = k->token;
	return 0;
}

int
sst_walk_next(struct sst_walk *k, struct sst_err *e)
{
	uint64_t at = k->pos;
	struct sst_in in;
	size_t have;
	int r;

	if (k->pos >= k->end)
		return 0;
	for (;;) {
		in = sst_window_in(&k->w, k->pos);
		have = sst_in_left(&in);
		sst_index_get(&in, &k->entry);
		if (!in.bad)
			break;
		if (have > ENTRY_HEAD_MAX || have >= k->end - k->pos)
			return sst_fail(e, have >= k->end - k->pos ? SST_ESHORT : SST_EDAMAGED,
			    sst_file_path(k->w.file), at, "index entry cut short");
		r = sst_window_fetch(&k->w, k->pos, have + 1, e);
		if (r != 0)
			return r;
	}
	k->token = k->t->murmur3 ? sst_token(k->entry.key) : 0;
	k->at = at;
	k->promoted_at = in.off;
	k->pos = in.off;
	if (check_entry(k, at, e) == -1)
		return -1;
	k->pos += k->entry.promoted_len;
	return SST_ONE;
}

int
sst_walk_promoted(struct sst_walk *k, struct sst_promoted *p, struct sst_err *e)
{
	uint64_t len = k->entry.promoted_len;
	size_t n = len < SST_PROMOTED_HEAD ? (size_t)len : SST_PROMOTED_HEAD;
	int r = sst_window_fetch(&k->w, k->promoted_at, n, e);
	struct sst_in in;

	if (r != 0)
		return r;
	in = sst_window_in(&k->w, k->promoted_at);
	in.end = in.p + n;
	return sst_promoted_head(p, &k->t->header, &in, len, sst_file_path(k->w.file), e);
}

/* Where block i of a promoted index lies among its blocks. */
static int
block_place(struct sst_walk *k, const struct sst_promoted *p, size_t i, size_t *at, size_t *len,
    struct sst_err *e)
{
	size_t n = i + 1 < p->n ? 8 : 4, end;
	uint64_t pos = p->off + p->blocks.n + 4 * i;
	int r = sst_window_fetch(&k->w, pos, n, e);
	struct sst_in in;

	if (r != 0)
		return r;
	in = sst_window_in(&k->w, pos);
	*at = sst_get_u32(&in);
	end = n == 8 ? sst_get_u32(&in) : p->blocks.n;
	if (*at > end || end > p->blocks.n || (i == 0 && *at != 0))
		return sst_fail(e, SST_EDAMAGED, sst_file_path(k->w.file), pos,
		    "block %zu of a promoted index is from %zu to %zu of %zu bytes", i, *at, end,
		    p->blocks.n);
	*len = end - *at;
	return 0;
}

int
sst_walk_block(struct sst_walk *k, const struct sst_promoted *p, size_t i, struct sst_slice *ck,
    struct sst_index_block *b, struct sst_err *e)
{
	struct sst_in in;
	size_t at = 0, len = 0;
	int r = block_place(k, p, i, &at, &len, e);

	if (r == 0)
		r = sst_window_fetch(&k->w, p->off + at, len, e);
	if (r != 0)
		return r;
	in = sst_window_in(&k->w, p->off + at);
	in.end = in.p + len;
	sst_index_block_get(&in, &k->t->header, ck, b);
	if (in.bad)
		return sst_fail(e, SST_EDAMAGED, sst_file_path(k->w.file), in.off,
		    "block %zu of a promoted index has not its %zu bytes", i, len);
	return 0;
}

/* The last entry of the summary that is not after what is looked for, or -1. */
static int64_t
summary_find(const struct sst_summary *s, struct sst_slice key, int64_t token)
{
	size_t lo = 0, hi = s->n, mid;
	struct sst_slice k;
	uint64_t pos;
	int64_t t;
	bool after;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		sst_summary_get(s, mid, &k, &pos);
		t = sst_token(k);
		after = key.p != NULL ? sst_key_compare(t, k, token, key) > 0 : t >= token;
		if (after)
			hi = mid;
		else
			lo = mid + 1;
	}
	return (int64_t)lo - 1;
}

int
sst_walk_start(struct sst_walk *k, struct sst_slice key, int64_t token, struct sst_err *e)
{
	const struct sst_summary *s;
	uint64_t pos = 0;
	int64_t i;

	k->hint = (struct sst_slice){ NULL, 0 };
	k->sampled = k->end;
	sst_walk_seek(k, 0);
	if (!k->t->murmur3)
		return 0;
	if (sst_sstable_summary(k->t, &s, e) == -1)
		return -1;
	i = summary_find(s, key, token);
	if ((size_t)(i + 1) < s->n)
		sst_summary_get(s, (size_t)(i + 1), &k->hint, &k->sampled);
	k->hint = (struct sst_slice){ NULL, 0 };
	if (i >= 0) {
		sst_summary_get(s, (size_t)i, &k->hint, &pos);
		sst_walk_seek(k, pos);
	}
	return 0;
}

/* The summary said something else than what the index has: make it again. */
static int
start_again(struct sst_walk *k, struct sst_slice key, int64_t token, struct sst_err *e)
{
	if (sst_sstable_summary_rebuild(k->t, e) == -1)
		return -1;
	return sst_walk_start(k, key, token, e);
}

int
sst_walk_first(struct sst_walk *k, struct sst_slice key, int64_t token, struct sst_err *e)
{
	bool again = k->hint.p == NULL;
	int r = sst_walk_next(k, e);

	if (again || r == SST_WAIT)
		return r;
	if (r == SST_ONE && sst_slice_eq(k->entry.key, k->hint)) {
		k->hint.p = NULL;
		return r;
	}
	if (start_again(k, key, token, e) == -1)
		return -1;
	k->hint.p = NULL;
	return sst_walk_next(k, e);
}

/* Bytes of the vint that begins with this one. */
static inline size_t
vint_len(uint8_t first)
{
	return first < 0x80 ? 1
	    : first == 0xff ? 9
			    : (size_t)__builtin_clz(~((uint32_t)first << 24)) + 1;
}

/* Eight bytes from the middle of a key, where keys of a table differ most; of a short one, none. */
static inline uint64_t
middle(const uint8_t *key, size_t n)
{
	uint64_t v = 0;

	if (n >= sizeof(v))
		memcpy(&v, key + (n - sizeof(v)) / 2, sizeof(v));
	return v;
}

/*
 * Keys are compared and not hashed, and numbers that nobody asks for are not decoded: a page leaps
 * over 64 entries on average.  So the order of those that are leapt over is not checked.  That is for
 * misses: what is found is checked in Data.db, and what is not found here is looked for again entry
 * by entry, so that a damaged key is not taken for none.
 */
void
sst_walk_leap(struct sst_walk *k, struct sst_slice key)
{
	struct sst_in in = sst_window_in(&k->w, k->pos);
	const uint8_t *start = in.p, *p = start;
	uint64_t want = middle(key.p, key.n), promoted;
	size_t n, pos;

	while (k->pos + (size_t)(p - start) < k->sampled && in.end - p > 4) {
		n = (size_t)p[0] << 8 | p[1];
		if ((size_t)(in.end - p) < 2 + n + 2 * 9)
			return;
		if (n == key.n && middle(p + 2, n) == want && memcmp(p + 2, key.p, n) == 0) {
			sst_walk_seek(k, k->pos + (size_t)(p - start));
			return;
		}
		pos = 2 + n + vint_len(p[2 + n]);
		promoted = 0;
		if (p[pos] != 0) {
			in.p = p + pos;
			promoted = sst_get_vint(&in);
		}
		p += pos + vint_len(p[pos]);
		if (promoted > (size_t)(in.end - p))
			return;
		p += promoted;
	}
}
