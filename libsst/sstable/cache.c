/*
 * libsst/sstable/cache.c: a hash table over two lists, oldest at the tail.  A hit only marks its block:
 * to move it in a list would touch its neighbours, and memory that is far away is most of what a hit
 * costs.  Marks are looked at when memory is needed, from the tail on.
 */
#include "sstable/cache.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define KEEP 8 /* so many unpinned blocks stay whatever the budget: what a wait brought is there */
#define CODECS_MAX 16 /* more than there are compressors */

enum {
	PROBATION,
	PROTECTED,
	NLISTS
};

struct block {
	struct sst_block pub; /* first: what callers hold */
	struct block *next;   /* in its hash bucket */
	uint64_t file, no;
	uint32_t pins;
	bool shown; /* in the hash table */
	bool used;  /* somebody has had it already */
	bool again; /* somebody has had it a second time, or again since it was last looked at */
	uint8_t list;
	struct block *newer, *older;
	uint8_t data[];
};

struct list {
	struct block *newest, *oldest;
	size_t bytes, blocks;
};

struct note {
	uint64_t file, token; /* file 0: none */
	struct sst_noted place;
};

struct sst_cache {
	size_t budget;
	struct list lists[NLISTS]; /* pinned blocks too */
	size_t npinned;            /* of those in the lists */
	struct block **buckets;
	size_t nbuckets;    /* a power of two */
	struct note *notes; /* nnotes, each where its hash says: the last one stays */
	size_t nnotes;      /* a power of two */
	uint64_t next_file;
	struct sst_codec *codecs[CODECS_MAX]; /* one of each compressor met */
	size_t ncodecs;
	struct sst_buf scratch;
	struct sst_cache_stats stats;
};

static size_t
cost(const struct block *b)
{
	return sizeof(*b) + b->pub.n;
}

static size_t
bucket(const struct sst_cache *c, uint64_t file, uint64_t no)
{
	uint64_t h = (file * UINT64_C(0x9e3779b97f4a7c15)) ^ (no * UINT64_C(0xc2b2ae3d27d4eb4f));

	h ^= h >> 32;
	return (size_t)(h * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (c->nbuckets - 1);
}

static void
unlink_block(struct sst_cache *c, struct block *b)
{
	struct list *l = &c->lists[b->list];

	*(b->newer != NULL ? &b->newer->older : &l->newest) = b->older;
	*(b->older != NULL ? &b->older->newer : &l->oldest) = b->newer;
	b->newer = b->older = NULL;
	l->bytes -= cost(b);
	l->blocks--;
}

static void
push_block(struct sst_cache *c, struct block *b)
{
	struct list *l = &c->lists[b->list];

	b->older = l->newest;
	*(l->newest != NULL ? &l->newest->newer : &l->oldest) = b;
	l->newest = b;
	l->bytes += cost(b);
	l->blocks++;
}

/* Takes an unpinned block out of everything and frees it. */
static void
destroy(struct sst_cache *c, struct block *b)
{
	struct block **at = &c->buckets[bucket(c, b->file, b->no)];

	while (*at != b)
		at = &(*at)->next;
	*at = b->next;
	unlink_block(c, b);
	c->stats.bytes -= cost(b);
	c->stats.blocks--;
	free(b);
}

static void
move(struct sst_cache *c, struct block *b, uint8_t list)
{
	unlink_block(c, b);
	b->list = list;
	push_block(c, b);
}

/* The oldest protected block, unless it was used since, is on probation again. */
static void
demote(struct sst_cache *c)
{
	struct block *b = c->lists[PROTECTED].oldest;

	move(c, b, b->again ? PROTECTED : PROBATION);
	b->again = false;
}

/* The oldest block on probation goes, is protected, or stays because it is pinned. */
static void
evict(struct sst_cache *c)
{
	struct block *b = c->lists[PROBATION].oldest;

	if (b->pins > 0 || b->again) {
		move(c, b, b->again ? PROTECTED : PROBATION);
		b->again = false;
		return;
	}
	destroy(c, b);
	c->stats.evicted++;
}

static void
shrink(struct sst_cache *c)
{
	struct list *prob = &c->lists[PROBATION], *prot = &c->lists[PROTECTED];
	size_t looks = 4 * (prob->blocks + prot->blocks); /* each mark is taken away once */

	for (; c->stats.bytes > c->budget && looks > 0; looks--) {
		if (prob->blocks + prot->blocks - c->npinned <= KEEP)
			break;
		if (prob->blocks == 0 || prot->bytes > c->budget / 4 * 3)
			demote(c);
		else
			evict(c);
	}
}

struct sst_cache *
sst_cache_new(size_t budget)
{
	struct sst_cache *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->budget = budget < SST_CACHE_MIN ? SST_CACHE_MIN : budget;
	for (c->nbuckets = 64; c->nbuckets < c->budget / 8192; c->nbuckets *= 2)
		continue;
	c->nnotes = 4 * c->nbuckets; /* 2 % of the budget, touched as they are used */
	c->buckets = calloc(c->nbuckets, sizeof(*c->buckets));
	c->notes = calloc(c->nnotes, sizeof(*c->notes));
	if (c->buckets != NULL && c->notes != NULL)
		return c;
	sst_cache_free(c);
	return NULL;
}

void
sst_cache_free(struct sst_cache *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < NLISTS; i++)
		while (c->lists[i].oldest != NULL)
			destroy(c, c->lists[i].oldest);
	while (c->ncodecs > 0)
		sst_codec_free(c->codecs[--c->ncodecs]);
	free(c->buckets);
	free(c->notes);
	sst_buf_free(&c->scratch);
	free(c);
}

struct sst_buf *
sst_cache_scratch(struct sst_cache *c)
{
	sst_buf_reset(&c->scratch);
	return &c->scratch;
}

static struct note *
note_of(const struct sst_cache *c, uint64_t file, int64_t token)
{
	return &c->notes[((uint64_t)token ^ file * UINT64_C(0x9e3779b97f4a7c15)) & (c->nnotes - 1)];
}

void
sst_cache_note(struct sst_cache *c, uint64_t file, int64_t token, const struct sst_noted *place)
{
	*note_of(c, file, token) = (struct note){ file, (uint64_t)token, *place };
}

bool
sst_cache_noted(const struct sst_cache *c, uint64_t file, int64_t token, struct sst_noted *place)
{
	const struct note *n = note_of(c, file, token);

	if (n->file != file || n->token != (uint64_t)token)
		return false;
	*place = n->place;
	return true;
}

int
sst_cache_codec(
    struct sst_cache *c, struct sst_slice class_name, struct sst_codec **out, struct sst_err *e)
{
	size_t i;

	for (i = 0; i < c->ncodecs; i++)
		if (sst_codec_is(c->codecs[i], class_name)) {
			*out = c->codecs[i];
			return 0;
		}
	assert(c->ncodecs < CODECS_MAX);
	if (sst_codec_new(out, class_name, 0, e) == -1)
		return -1;
	c->codecs[c->ncodecs++] = *out;
	return 0;
}

void
sst_cache_stats(const struct sst_cache *c, struct sst_cache_stats *s)
{
	*s = c->stats;
}

uint64_t
sst_cache_file(struct sst_cache *c)
{
	return ++c->next_file;
}

void
sst_cache_forget(struct sst_cache *c, uint64_t file)
{
	struct block *b, *newer;
	size_t i;

	for (i = 0; i < NLISTS; i++)
		for (b = c->lists[i].oldest; b != NULL; b = newer) {
			newer = b->newer;
			if (b->file == file && b->pins == 0)
				destroy(c, b);
		}
}

static struct block *
find(const struct sst_cache *c, uint64_t file, uint64_t no)
{
	struct block *b = c->buckets[bucket(c, file, no)];

	while (b != NULL && (b->no != no || b->file != file))
		b = b->next;
	return b;
}

struct sst_block *
sst_cache_get(struct sst_cache *c, uint64_t file, uint64_t no)
{
	struct block *b = find(c, file, no);

	if (b == NULL) {
		c->stats.misses++;
		return NULL;
	}
	c->stats.hits++;
	c->npinned += b->pins++ == 0;
	b->again |= b->used;
	b->used = true;
	return &b->pub;
}

bool
sst_cache_has(const struct sst_cache *c, uint64_t file, uint64_t no)
{
	return find(c, file, no) != NULL;
}

struct sst_block *
sst_cache_make(struct sst_cache *c, uint64_t file, uint64_t no, size_t n, uint8_t **room)
{
	struct block *b = malloc(sizeof(*b) + n);

	*room = NULL;
	if (b == NULL)
		return NULL;
	*b = (struct block){ .file = file, .no = no, .pins = 1, .list = PROBATION };
	b->pub.p = *room = b->data;
	b->pub.n = n;
	c->stats.bytes += cost(b);
	c->stats.blocks++;
	return &b->pub;
}

void
sst_cache_add(struct sst_cache *c, struct sst_block *pub, bool used)
{
	struct block *b = (struct block *)pub, **at = &c->buckets[bucket(c, b->file, b->no)];

	b->next = *at;
	*at = b;
	b->shown = true;
	b->used = used;
	push_block(c, b);
	c->npinned++;
	shrink(c);
}

void
sst_cache_drop(struct sst_cache *c, struct sst_block *pub)
{
	struct block *b = (struct block *)pub;

	if (b == NULL || --b->pins > 0)
		return;
	if (!b->shown) {
		c->stats.bytes -= cost(b);
		c->stats.blocks--;
		free(b);
		return;
	}
	c->npinned--;
	if (c->stats.bytes > c->budget)
		shrink(c);
}
