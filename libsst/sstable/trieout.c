/*
 * libsst/sstable/trieout.c: the stack of nodes that are not written yet.  Of a node's children only the last
 * can be among them, so the children of all lie in one list, cut where the next node's begin.
 */
#include "sstable/trieout.h"

#include "sstable/trie.h"

struct node {
	size_t first; /* child */
	unsigned bits;
	uint8_t len; /* of the payload */
	uint8_t payload[SST_TRIE_PAYLOAD];
};

struct child {
	uint64_t pos;
	uint8_t byte;
};

static struct node *
nodes(const struct sst_trieout *t)
{
	return (struct node *)(void *)t->nodes.p;
}

static struct child *
children(const struct sst_trieout *t)
{
	return (struct child *)(void *)t->children.p;
}

static size_t
nnodes(const struct sst_trieout *t)
{
	return t->nodes.n / sizeof(struct node);
}

static size_t
nchildren(const struct sst_trieout *t)
{
	return t->children.n / sizeof(struct child);
}

/* ---- a node ---- */

/* What a distance of so many bits can lie in: a single child, several, several with gaps. */
static const struct {
	unsigned bits;
	uint8_t single, sparse, dense;
} widths[] = {
	{ 4, 1, 5, 10 },
	{ 8, 2, 5, 10 },
	{ 12, 3, 6, 10 },
	{ 16, 4, 7, 11 },
	{ 24, 12, 8, 12 },
	{ 32, 13, 9, 13 },
	{ 40, 14, 9, 14 },
	{ 64, 15, 15, 15 },
};

static const uint8_t type_bits[16] = { 0, 4, 8, 12, 16, 8, 12, 16, 24, 40, 12, 16, 24, 32, 40, 64 };

struct shape { /* of a node at some place */
	const struct child *c;
	size_t n;
	unsigned type;
	size_t len; /* without the payload */
};

static size_t
span(const struct shape *s)
{
	return (size_t)(s->c[s->n - 1].byte - s->c[0].byte) + 1;
}

static size_t
shape_len(const struct shape *s, unsigned type)
{
	if (type == 0)
		return 1;
	if (type <= 4)
		return type == 1 ? 2 : type == 3 ? 3 : 2 + type_bits[type] / 8;
	if (type <= 9)
		return 2 + s->n + (s->n * type_bits[type] + 7) / 8;
	return 3 + (span(s) * type_bits[type] + 7) / 8;
}

/* The type that takes least; as Cassandra chooses. */
static void
set_shape(struct shape *s, bool payload, uint64_t pos)
{
	uint64_t far = 0;
	size_t i, w = 0;

	s->type = 0;
	for (i = 0; i < s->n; i++)
		if (pos - s->c[i].pos > far)
			far = pos - s->c[i].pos;
	while (widths[w].bits < 64 && far >> widths[w].bits != 0)
		w++;
	if (s->n == 1) {
		if (payload && (widths[w].bits == 4 || widths[w].bits == 12))
			w++; /* those have no bits for one */
		s->type = widths[w].single;
	} else if (s->n > 1)
		s->type = shape_len(s, widths[w].sparse) < shape_len(s, widths[w].dense)
		    ? widths[w].sparse
		    : widths[w].dense;
	s->len = shape_len(s, s->type);
}

/* n distances of so many bits; two of 12 lie in three bytes. */
static uint8_t *
put_distances(uint8_t *p, const uint64_t *d, size_t n, unsigned bits)
{
	unsigned shift;
	size_t i;

	for (i = 0; i < n; i++) {
		if (bits != 12) {
			for (shift = bits; shift > 0; shift -= 8)
				*p++ = (uint8_t)(d[i] >> (shift - 8));
			continue;
		}
		*p++ = (uint8_t)(d[i] >> 4);
		*p = (uint8_t)(d[i] << 4);
		if (++i < n) {
			*p++ |= (uint8_t)(d[i] >> 8);
			*p = (uint8_t)d[i];
		}
		p++;
	}
	return p;
}

static uint8_t *
put_single(uint8_t *p, const struct shape *s, unsigned bits, uint64_t far)
{
	bool bare = s->type == 1 || s->type == 3;

	*p++ = (uint8_t)(s->type << 4 | (s->type == 3 ? far >> 8 : s->type == 1 ? far : bits));
	if (s->type == 3)
		*p++ = (uint8_t)far;
	*p++ = s->c[0].byte;
	return bare ? p : put_distances(p, &far, 1, type_bits[s->type]);
}

static uint8_t *
put_node(uint8_t *p, const struct shape *s, unsigned bits, uint64_t pos)
{
	uint64_t d[256] = { 0 };
	size_t i;

	if (s->n == 0) {
		*p++ = (uint8_t)bits;
		return p;
	}
	if (s->type <= 4)
		return put_single(p, s, bits, pos - s->c[0].pos);
	*p++ = (uint8_t)(s->type << 4 | bits);
	if (s->type <= 9) {
		*p++ = (uint8_t)s->n;
		for (i = 0; i < s->n; i++) {
			*p++ = s->c[i].byte;
			d[i] = pos - s->c[i].pos;
		}
		return put_distances(p, d, s->n, type_bits[s->type]);
	}
	*p++ = s->c[0].byte;
	*p++ = (uint8_t)(span(s) - 1);
	for (i = 0; i < s->n; i++)
		d[s->c[i].byte - s->c[0].byte] = pos - s->c[i].pos;
	return put_distances(p, d, span(s), type_bits[s->type]);
}

/* Zeros up to the next page, unless n bytes fit in this one. */
static int
keep_whole(struct sst_fileout *f, size_t n, struct sst_err *e)
{
	static const uint8_t zeros[SST_TRIE_PAGE];
	size_t used = sst_fileout_len(f) % SST_TRIE_PAGE;

	if (used + n <= SST_TRIE_PAGE)
		return 0;
	return sst_fileout_add(f, (struct sst_slice){ zeros, SST_TRIE_PAGE - used }, e);
}

/* Writes the last node of the stack and takes it off; *pos is where it lies. */
static int
write_node(struct sst_trieout *t, uint64_t *pos, struct sst_err *e)
{
	struct node *node = &nodes(t)[nnodes(t) - 1];
	struct shape s = { .c = children(t) + node->first, .n = nchildren(t) - node->first };
	uint8_t *p, *end;

	set_shape(&s, node->len > 0, sst_fileout_len(t->out));
	if (keep_whole(t->out, s.len + node->len, e) == -1)
		return -1;
	*pos = sst_fileout_len(t->out);
	set_shape(&s, node->len > 0, *pos); /* it may have moved on */
	p = sst_fileout_room(t->out, s.len + node->len, e);
	if (p == NULL)
		return -1;
	end = put_node(p, &s, node->bits, *pos);
	memcpy(end, node->payload, node->len);
	t->out->n += s.len + node->len;
	t->children.n = node->first * sizeof(struct child);
	t->nodes.n -= sizeof(*node);
	return 0;
}

/* ---- the way ---- */

static int
push_node(struct sst_trieout *t, struct sst_err *e)
{
	struct node node = { .first = nchildren(t) };

	sst_buf_add(&t->nodes, &node, sizeof(node));
	return t->nodes.bad ? sst_fail_nomem(e) : 0;
}

/* Writes nodes until `depth` bytes of the way are left. */
static int
write_down_to(struct sst_trieout *t, size_t depth, struct sst_err *e)
{
	struct child c = { 0 };

	while (t->key.n > depth) {
		if (write_node(t, &c.pos, e) == -1)
			return -1;
		c.byte = t->key.p[--t->key.n];
		sst_buf_add(&t->children, &c, sizeof(c));
		if (t->children.bad)
			return sst_fail_nomem(e);
	}
	return 0;
}

int
sst_trieout_add(struct sst_trieout *t, struct sst_slice key, unsigned bits,
    struct sst_slice payload, struct sst_err *e)
{
	struct node *node;
	size_t i = 0;

	while (i < key.n && i < t->key.n && key.p[i] == t->key.p[i])
		i++;
	if (t->any && (i == key.n || (i < t->key.n && key.p[i] < t->key.p[i])))
		return sst_fail(
		    e, SST_EINVAL, t->out->path, SST_NOWHERE, "keys of a trie do not ascend");
	if (write_down_to(t, i, e) == -1 || (!t->any && push_node(t, e) == -1))
		return -1;
	t->any = true;
	for (; i < key.n; i++) {
		sst_buf_addc(&t->key, (char)key.p[i]);
		if (t->key.bad)
			return sst_fail_nomem(e);
		if (push_node(t, e) == -1)
			return -1;
	}
	node = &nodes(t)[nnodes(t) - 1];
	node->bits = bits;
	node->len = (uint8_t)payload.n;
	memcpy(node->payload, payload.p, payload.n);
	return 0;
}

int
sst_trieout_finish(struct sst_trieout *t, uint64_t *root, struct sst_err *e)
{
	*root = 0;
	if (write_down_to(t, 0, e) == -1 || write_node(t, root, e) == -1)
		return -1;
	t->any = false;
	return 0;
}

void
sst_trieout_reset(struct sst_trieout *t)
{
	t->key.n = t->nodes.n = t->children.n = 0;
	t->any = false;
}

void
sst_trieout_free(struct sst_trieout *t)
{
	sst_buf_free(&t->key);
	sst_buf_free(&t->nodes);
	sst_buf_free(&t->children);
}
