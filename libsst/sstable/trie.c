/*
 * libsst/sstable/trie.c: nodes taken apart, and ways through a trie.  The way is a stack of nodes from
 * the root on; every step of it can be interrupted by a wait, and is then begun again:
 *
 *	ARRIVE	the last node of the way is new: is it an entry?
 *	LAST	the last entry below the last node is wanted
 *	UP	the last node's children from the noted one on are done, backwards
 *	FLOOR	the way follows a key
 */
#include "sstable/trie.h"

#include "codec/out.h"

enum form {
	LEAF,
	SINGLE,
	SPARSE,
	DENSE
};

static const struct {
	enum form form;
	unsigned bits; /* of a distance */
} types[16] = {
	{ LEAF, 0 },
	{ SINGLE, 4 },
	{ SINGLE, 8 },
	{ SINGLE, 12 },
	{ SINGLE, 16 },
	{ SPARSE, 8 },
	{ SPARSE, 12 },
	{ SPARSE, 16 },
	{ SPARSE, 24 },
	{ SPARSE, 40 },
	{ DENSE, 12 },
	{ DENSE, 16 },
	{ DENSE, 24 },
	{ DENSE, 32 },
	{ DENSE, 40 },
	{ DENSE, 64 },
};

/* Where the distances begin, from the start of the node; of singles with odd bits the first nibble. */
static size_t
distances_at(const struct sst_trie_node *d)
{
	switch (types[d->type].form) {
	case SINGLE:
		return types[d->type].bits % 8 == 0 ? 2 : 0;
	case SPARSE:
		return 2 + d->n;
	case DENSE:
		return 3;
	default:
		return 1;
	}
}

/* Bytes of a node without its payload; 0 when it cannot be.  Its first head bytes are there. */
static size_t
node_len(struct sst_trie_node *d, const uint8_t *p)
{
	unsigned bits = types[d->type].bits;

	switch (types[d->type].form) {
	case SINGLE:
		d->n = 1;
		if (bits % 8 == 0)
			return 2 + bits / 8;
		d->flags = 0; /* those bits are of the distance */
		return 1 + (bits + 4) / 8;
	case SPARSE:
		d->n = p[1];
		return d->n == 0 ? 0 : 2 + d->n + (d->n * bits + 7) / 8;
	case DENSE:
		d->n = p[2] + 1u;
		return p[1] + d->n > 256 ? 0 : 3 + (d->n * bits + 7) / 8;
	default:
		return 1;
	}
}

bool
sst_trie_node_get(struct sst_trie_node *d, struct sst_slice bytes, uint64_t pos)
{
	static const size_t heads[] = { [LEAF] = 1, [SINGLE] = 2, [SPARSE] = 2, [DENSE] = 3 };
	size_t len = 0;

	memset(d, 0, sizeof(*d));
	if (bytes.n == 0)
		return false;
	d->pos = pos;
	d->type = bytes.p[0] >> 4;
	d->flags = bytes.p[0] & 15;
	if (bytes.n >= heads[types[d->type].form])
		len = node_len(d, bytes.p);
	if (len == 0 || len > bytes.n)
		return false;
	d->whole = (struct sst_slice){ bytes.p, len };
	d->payload = (struct sst_slice){ bytes.p + len, bytes.n - len };
	return true;
}

uint8_t
sst_trie_node_byte(const struct sst_trie_node *d, unsigned i)
{
	const uint8_t *p = d->whole.p;

	switch (types[d->type].form) {
	case SINGLE:
		return types[d->type].bits == 12 ? p[2] : p[1];
	case SPARSE:
		return p[2 + i];
	default:
		return (uint8_t)(p[1] + i);
	}
}

uint64_t
sst_trie_node_distance(const struct sst_trie_node *d, unsigned i)
{
	const uint8_t *p = d->whole.p + distances_at(d);
	unsigned bits = types[d->type].bits, n;
	uint64_t v = 0;

	if (bits == 4)
		return p[0] & 15;
	if (bits == 12 && types[d->type].form == SINGLE)
		return (uint64_t)(p[0] & 15) << 8 | p[1];
	if (bits == 12) {
		p += i * 3 / 2;
		return i % 2 == 0 ? (uint64_t)p[0] << 4 | p[1] >> 4
				  : (uint64_t)(p[0] & 15) << 8 | p[1];
	}
	p += (size_t)i * (bits / 8);
	for (n = 0; n < bits / 8; n++)
		v = v << 8 | p[n];
	return v;
}

/* ---- ways ---- */

int
sst_trie_fail(const struct sst_trie *x, uint64_t pos, const char *what, struct sst_err *e)
{
	return sst_fail(e, SST_EDAMAGED, sst_file_path(x->w->file), pos, "%s", what);
}

void
sst_trie_init(struct sst_trie *x, struct sst_window *w, uint64_t root)
{
	x->w = w;
	x->root = root;
	x->going = SST_TRIE_REST;
	x->over = false;
	sst_buf_reset(&x->way);
}

void
sst_trie_free(struct sst_trie *x)
{
	sst_buf_free(&x->way);
	memset(x, 0, sizeof(*x));
}

static size_t
nsteps(const struct sst_trie *x)
{
	return x->way.n / sizeof(struct sst_trie_step);
}

static struct sst_trie_step *
top(const struct sst_trie *x)
{
	return (struct sst_trie_step *)(void *)x->way.p + nsteps(x) - 1;
}

static void
pop(struct sst_trie *x)
{
	x->way.n -= sizeof(struct sst_trie_step);
}

static int
push(struct sst_trie *x, uint64_t pos, struct sst_err *e)
{
	struct sst_trie_step step = { .pos = pos, .child = -1 };

	if (nsteps(x) > SST_TRIE_DEPTH_MAX)
		return sst_trie_fail(x, pos, "trie is deeper than any key is long", e);
	sst_buf_add(&x->way, &step, sizeof(step));
	return x->way.bad ? sst_fail_nomem(e) : 0;
}

/* The node at pos into x->node. */
static int
load(struct sst_trie *x, uint64_t pos, struct sst_err *e)
{
	uint64_t len = sst_file_len(x->w->file), page = SST_TRIE_PAGE - pos % SST_TRIE_PAGE;
	struct sst_slice bytes;
	int r;

	if (pos >= len)
		return sst_trie_fail(x, pos, "node of a trie is outside of its file", e);
	bytes.n = page < len - pos ? (size_t)page : (size_t)(len - pos);
	r = sst_window_fetch(x->w, pos, bytes.n, e);
	if (r != 0)
		return r;
	bytes.p = x->w->p + (pos - x->w->off);
	if (!sst_trie_node_get(&x->node, bytes, pos))
		return sst_trie_fail(x, pos, "node of a trie is cut short by its page", e);
	if (x->node.n == 0 && x->node.flags == 0)
		return sst_trie_fail(x, pos, "leaf of a trie has no payload", e);
	return 0;
}

/* Where child i of x->node is: 0 and *pos, 1 when its place is empty, -1. */
static int
child_at(const struct sst_trie *x, unsigned i, uint64_t *pos, struct sst_err *e)
{
	uint64_t distance = sst_trie_node_distance(&x->node, i);

	*pos = x->node.pos - distance;
	if (distance == 0 && types[x->node.type].form == DENSE)
		return 1;
	if (distance == 0 || distance > x->node.pos)
		return sst_trie_fail(
		    x, x->node.pos, "node of a trie points outside of its file", e);
	return 0;
}

/* The way goes on to child i of x->node, which is the last node of it. */
static int
descend(struct sst_trie *x, unsigned i, uint64_t pos, struct sst_err *e)
{
	top(x)->child = (int)i;
	top(x)->byte = sst_trie_node_byte(&x->node, i);
	return push(x, pos, e);
}

/* To the first child from i on, or with step -1 to the last one up to i.  0; 1: there is none; -1. */
static int
descend_from(struct sst_trie *x, int i, int step, struct sst_err *e)
{
	uint64_t pos;
	int r = 1;

	for (; i >= 0 && i < (int)x->node.n; i += step) {
		r = child_at(x, (unsigned)i, &pos, e);
		if (r != 1)
			break;
	}
	if (i < 0 || i >= (int)x->node.n)
		return 1;
	return r == -1 ? -1 : descend(x, (unsigned)i, pos, e);
}

/* The last child of x->node whose byte is not after b, -1 for none. */
static int
child_upto(const struct sst_trie_node *d, uint8_t b)
{
	int lo = 0, hi = (int)d->n, mid;

	if (types[d->type].form == DENSE) {
		lo = b - d->whole.p[1];
		return lo < 0 ? -1 : lo < hi ? lo : hi - 1;
	}
	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (sst_trie_node_byte(d, (unsigned)mid) <= b)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo - 1;
}

/* x->node was visited, and nothing below it is wanted: is it an entry itself? */
static int
entry_or_up(struct sst_trie *x)
{
	if (x->node.flags != 0) {
		top(x)->child = -1;
		x->going = SST_TRIE_REST;
		return SST_ONE;
	}
	pop(x);
	x->going = SST_TRIE_UP;
	return 0;
}

/* Follows the key by one byte; what is not greater lies to the left. */
static int
step_floor(struct sst_trie *x, struct sst_slice key, struct sst_err *e)
{
	size_t at = nsteps(x) - 1;
	int i = at < key.n ? child_upto(&x->node, key.p[at]) : -1, r;

	if (i < 0)
		return entry_or_up(x);
	r = descend_from(x, i, -1, e);
	if (r == 1)
		return entry_or_up(x);
	if (r == 0 && top(x)[-1].byte != key.p[at])
		x->going = SST_TRIE_LAST;
	return r;
}

static int
step_back(struct sst_trie *x, struct sst_err *e)
{
	int r;

	if (x->going == SST_TRIE_LAST) {
		r = descend_from(x, (int)x->node.n - 1, -1, e);
		return r == 1 ? entry_or_up(x) : r;
	}
	r = descend_from(x, top(x)->child - 1, -1, e);
	if (r == 0)
		x->going = SST_TRIE_LAST;
	return r == 1 ? entry_or_up(x) : r;
}

/* On from what was begun, to an entry or out of the trie. */
static int
go_back(struct sst_trie *x, struct sst_slice key, struct sst_err *e)
{
	int r;

	for (;;) {
		if (nsteps(x) == 0) {
			x->going = SST_TRIE_REST;
			return 0;
		}
		r = load(x, top(x)->pos, e);
		if (r == 0)
			r = x->going == SST_TRIE_FLOOR ? step_floor(x, key, e) : step_back(x, e);
		if (r != 0)
			return r;
	}
}

static int
begin(struct sst_trie *x, enum sst_trie_going going, struct sst_err *e)
{
	sst_buf_reset(&x->way);
	x->over = false;
	x->going = going;
	return push(x, x->root, e);
}

int
sst_trie_floor(struct sst_trie *x, struct sst_slice key, struct sst_err *e)
{
	if (x->going == SST_TRIE_REST && begin(x, SST_TRIE_FLOOR, e) == -1)
		return -1;
	return go_back(x, key, e);
}

int
sst_trie_prev(struct sst_trie *x, struct sst_err *e)
{
	if (x->going == SST_TRIE_REST) {
		if (nsteps(x) == 0) {
			if (begin(x, SST_TRIE_LAST, e) == -1)
				return -1;
		} else {
			pop(x);
			x->going = SST_TRIE_UP;
		}
	}
	return go_back(x, (struct sst_slice){ NULL, 0 }, e);
}

int
sst_trie_next(struct sst_trie *x, struct sst_err *e)
{
	int r;

	if (x->over)
		return 0;
	if (x->going == SST_TRIE_REST && nsteps(x) == 0 && begin(x, SST_TRIE_ARRIVE, e) == -1)
		return -1;
	while (nsteps(x) > 0) {
		r = load(x, top(x)->pos, e);
		if (r != 0)
			return r;
		if (x->going == SST_TRIE_ARRIVE) {
			x->going = SST_TRIE_REST;
			if (x->node.flags != 0)
				return SST_ONE;
		}
		r = descend_from(x, top(x)->child + 1, 1, e);
		if (r == -1)
			return -1;
		if (r == 0)
			x->going = SST_TRIE_ARRIVE;
		else
			pop(x);
	}
	x->over = true;
	return 0;
}

int
sst_trie_find(struct sst_trie *x, struct sst_slice key, struct sst_err *e)
{
	int r, i;

	if (x->going == SST_TRIE_REST) {
		x->going = SST_TRIE_FIND;
		x->at = x->root;
		x->depth = 0;
	}
	for (;;) {
		r = load(x, x->at, e);
		if (r == SST_WAIT || r == -1)
			return r;
		if (x->node.n == 0 || x->depth == key.n)
			break;
		i = child_upto(&x->node, key.p[x->depth]);
		if (i < 0 || sst_trie_node_byte(&x->node, (unsigned)i) != key.p[x->depth])
			r = 1;
		else
			r = child_at(x, (unsigned)i, &x->at, e);
		if (r != 0) {
			x->going = SST_TRIE_REST;
			return r == 1 ? 0 : -1;
		}
		x->depth++;
	}
	x->going = SST_TRIE_REST;
	return x->node.flags != 0 ? SST_ONE : 0;
}

void
sst_trie_key(const struct sst_trie *x, struct sst_buf *b)
{
	const struct sst_trie_step *s = (void *)x->way.p;
	size_t i;

	for (i = 0; i + 1 < nsteps(x); i++)
		sst_put_u8(b, s[i].byte);
}
