/*
 * base/arena.c: a list of blocks, each twice the one before up to 1 MiB, so that small arenas cost
 * little and large ones few mallocs.  A request larger than the next block gets one of its own.
 */
#include "base/arena.h"

#include <stdlib.h>

#include "base/num.h"

#define BLOCK_MIN ((size_t)960) /* with its head, what malloc has at hand for a thread */
#define BLOCK_MAX ((size_t)1 << 20)

struct sst_arena_block {
	struct sst_arena_block *next;
	size_t size;      /* of bytes[] */
	uint64_t bytes[]; /* 8-byte aligned */
};

void *
sst_arena_slow(struct sst_arena *a, size_t n)
{
	size_t size = a->blocks == NULL ? BLOCK_MIN : a->blocks->size * 2, total;
	struct sst_arena_block *b;

	if (n > SIZE_MAX / 2)
		return NULL;
	n = (n + 7) & ~(size_t)7;
	if (size > BLOCK_MAX)
		size = BLOCK_MAX;
	if (size < n)
		size = n;
	if (!sst_add_size(&total, sizeof(*b), size) || (b = malloc(total)) == NULL)
		return NULL;
	b->size = size;
	b->next = a->blocks;
	a->blocks = b;
	a->bytes += total;
	a->p = (uint8_t *)b->bytes + n;
	a->end = (uint8_t *)b->bytes + size;
	return b->bytes;
}

void
sst_arena_reset(struct sst_arena *a)
{
	struct sst_arena_block *b, *next, *keep = NULL;

	for (b = a->blocks; b != NULL; b = next) {
		next = b->next;
		if (keep == NULL || b->size > keep->size) {
			free(keep);
			keep = b;
		} else
			free(b);
	}
	*a = (struct sst_arena){ .blocks = keep };
	if (keep != NULL) {
		keep->next = NULL;
		a->bytes = sizeof(*keep) + keep->size;
		a->p = (uint8_t *)keep->bytes;
		a->end = a->p + keep->size;
	}
}

void
sst_arena_free(struct sst_arena *a)
{
	struct sst_arena_block *b, *next;

	if (a == NULL)
		return;
	for (b = a->blocks; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	*a = (struct sst_arena){ 0 };
}

void *
sst_arena_array(struct sst_arena *a, size_t n, size_t size)
{
	size_t bytes;

	return sst_mul_size(&bytes, n, size) ? sst_arena_alloc(a, bytes) : NULL;
}

void *
sst_arena_zeroed(struct sst_arena *a, size_t n, size_t size)
{
	void *p = sst_arena_array(a, n, size);

	return p == NULL ? NULL : memset(p, 0, n * size);
}

struct sst_slice
sst_arena_slice(struct sst_arena *a, struct sst_slice s)
{
	uint8_t *p;

	if (s.p == NULL)
		return s;
	if ((p = sst_arena_alloc(a, s.n > 0 ? s.n : 1)) == NULL)
		return (struct sst_slice){ NULL, 0 };
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return (struct sst_slice){ p, s.n };
}

char *
sst_arena_str(struct sst_arena *a, const char *s, size_t n)
{
	char *p;

	if (n == SIZE_MAX || (p = sst_arena_alloc(a, n + 1)) == NULL)
		return NULL;
	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}
