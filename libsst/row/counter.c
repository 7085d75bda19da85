/* row/counter.c: a counter context is walked shard by shard, both of a merge side by side. */
#include "row/counter.h"

#include "codec/in.h"

#define ID_LEN ((size_t)16)
#define SHARD_LEN ((size_t)32)
#define GLOBAL 0x8000u

enum kind {
	KIND_REMOTE,
	KIND_LOCAL,
	KIND_GLOBAL
};

struct walk {
	const uint8_t *index; /* of the header, not yet used */
	size_t nindex;
	const uint8_t *shard; /* the current one */
	size_t left, i;       /* shards from the current one on; its number */
};

struct merged {
	uint8_t *index, *shard; /* where the next goes; NULL in the counting pass */
	size_t nindex, nshard;
};

static uint64_t
be(const uint8_t *p, size_t n)
{
	struct sst_in in = sst_in_new((struct sst_slice){ p, n }, 0);

	return sst_get_be(&in, n);
}

static void
put_be(uint8_t *p, uint64_t v, size_t n)
{
	while (n-- > 0) {
		p[n] = (uint8_t)v;
		v >>= 8;
	}
}

static int
walk_open(struct walk *w, struct sst_slice s, struct sst_err *e)
{
	int16_t n;
	size_t head;

	if (s.n < 2)
		return sst_fail(e, SST_EDAMAGED, NULL, SST_NOWHERE,
		    "counter context of %zu bytes, want at least 2", s.n);
	n = (int16_t)be(
	    s.p, 2); /* negative: local shards are to be cleared; the length is the same */
	w->nindex = (size_t)(n < 0 ? -(int)n : n);
	head = 2 + 2 * w->nindex;
	if (head > s.n || (s.n - head) % SHARD_LEN != 0)
		return sst_fail(e, SST_EDAMAGED, NULL, SST_NOWHERE,
		    "counter context of %zu bytes with %zu indexes", s.n, w->nindex);
	w->index = s.p + 2;
	w->shard = s.p + head;
	w->left = (s.n - head) / SHARD_LEN;
	w->i = 0;
	return 0;
}

static enum kind
walk_kind(const struct walk *w)
{
	uint64_t v;

	if (w->nindex == 0)
		return KIND_REMOTE;
	v = be(w->index, 2);
	if ((v & ~(uint64_t)GLOBAL) != w->i)
		return KIND_REMOTE;
	return v & GLOBAL ? KIND_GLOBAL : KIND_LOCAL;
}

static void
walk_next(struct walk *w)
{
	if (walk_kind(w) != KIND_REMOTE) {
		w->index += 2;
		w->nindex--;
	}
	w->shard += SHARD_LEN;
	w->left--;
	w->i++;
}

static int64_t
walk_clock(const struct walk *w)
{
	return (int64_t)be(w->shard + ID_LEN, 8);
}

static int64_t
walk_count(const struct walk *w)
{
	return (int64_t)be(w->shard + ID_LEN + 8, 8);
}

/* Which of two remote clocks is ahead, with Cassandra's view of negative ones (from versions that
 * marked cleared shards so). */
static bool
clock_ahead(int64_t a, int64_t b)
{
	return (a >= 0 && b > 0 && a >= b) || (a < 0 && (b > 0 || a < b));
}

/* >0: a replaces b, <0: b a, 0: the same.  Two local shards do neither: *sum. */
static int
shard_order(const struct walk *a, const struct walk *b, bool *sum)
{
	enum kind ka = walk_kind(a), kb = walk_kind(b);
	int64_t ca = walk_clock(a), cb = walk_clock(b);

	*sum = ka == KIND_LOCAL && kb == KIND_LOCAL;
	if (*sum)
		return 0;
	if (ka != kb)
		return ka > kb ? 1 : -1;
	if (ca == cb) {
		ca = walk_count(a);
		cb = walk_count(b);
		return (ca > cb) - (ca < cb);
	}
	if (ka == KIND_GLOBAL)
		return ca > cb ? 1 : -1;
	return clock_ahead(ca, cb) ? 1 : -1;
}

static void
merged_add(struct merged *m, const struct walk *from, const struct walk *plus)
{
	enum kind k = walk_kind(from);

	if (m->shard != NULL) {
		memcpy(m->shard, from->shard, SHARD_LEN);
		if (plus != NULL) {
			put_be(m->shard + ID_LEN,
			    (uint64_t)walk_clock(from) + (uint64_t)walk_clock(plus), 8);
			put_be(m->shard + ID_LEN + 8,
			    (uint64_t)walk_count(from) + (uint64_t)walk_count(plus), 8);
		}
		m->shard += SHARD_LEN;
		if (k != KIND_REMOTE) {
			put_be(m->index, m->nshard | (k == KIND_GLOBAL ? GLOBAL : 0), 2);
			m->index += 2;
		}
	}
	m->nindex += k != KIND_REMOTE;
	m->nshard++;
}

/* One pass over both; *holds[0] stays true when a holds all of b, holds[1] when b all of a. */
static void
merge_pass(struct merged *m, struct walk a, struct walk b, bool holds[2])
{
	bool sum;
	int c, r;

	while (a.left > 0 || b.left > 0) {
		c = a.left == 0 ? 1 : b.left == 0 ? -1 : memcmp(a.shard, b.shard, ID_LEN);
		if (c != 0) {
			holds[c < 0] = false;
			merged_add(m, c < 0 ? &a : &b, NULL);
		} else {
			r = shard_order(&a, &b, &sum);
			holds[0] &= r >= 0 && !sum;
			holds[1] &= r <= 0 && !sum;
			merged_add(m, r > 0 || sum ? &a : &b, sum ? &b : NULL);
		}
		if (c <= 0)
			walk_next(&a);
		if (c >= 0)
			walk_next(&b);
	}
}

int
sst_counter_merge(struct sst_slice *out, struct sst_slice a, struct sst_slice b,
    struct sst_arena *arena, struct sst_err *e)
{
	bool holds[2] = { true, true };
	struct merged m = { 0 };
	struct walk wa, wb;
	uint8_t *p;
	size_t n;

	*out = a.n == 0 ? a : b;
	if (a.n == 0 || b.n == 0)
		return 0;
	if (walk_open(&wa, a, e) == -1 || walk_open(&wb, b, e) == -1)
		return -1;
	merge_pass(&m, wa, wb, holds);
	if (holds[0] || holds[1]) {
		*out = holds[0] ? a : b;
		return 0;
	}
	if (m.nindex > INT16_MAX || m.nshard > INT16_MAX)
		return sst_fail(
		    e, SST_ELIMIT, NULL, SST_NOWHERE, "counter of %zu shards", m.nshard);
	n = 2 + 2 * m.nindex + SHARD_LEN * m.nshard;
	if ((p = sst_arena_alloc(arena, n)) == NULL)
		return sst_fail_nomem(e);
	put_be(p, m.nindex, 2);
	m = (struct merged){ .index = p + 2, .shard = p + 2 + 2 * m.nindex };
	merge_pass(&m, wa, wb, holds);
	*out = (struct sst_slice){ p, n };
	return 0;
}

int
sst_counter_total(int64_t *total, struct sst_slice context, struct sst_err *e)
{
	uint64_t sum = 0;
	struct walk w;

	*total = 0;
	if (context.n == 0)
		return 0;
	if (walk_open(&w, context, e) == -1)
		return -1;
	for (; w.left > 0; walk_next(&w))
		sum += (uint64_t)walk_count(&w);
	*total = (int64_t)sum;
	return 0;
}
