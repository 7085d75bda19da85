/* libsst/base/arena.h: memory that is freed all at once: one arena a request, flush or memtable. */
#ifndef SST_BASE_ARENA_H
#define SST_BASE_ARENA_H

#include "base/slice.h"

struct sst_arena_block;

struct sst_arena {                      /* start with {0} */
	struct sst_arena_block *blocks; /* newest first */
	uint8_t *p, *end;               /* free part of the newest */
	size_t bytes;                   /* taken from malloc, all blocks */
};

/* 8-byte aligned, uninitialised, lives until reset or free; NULL only when there is no memory. */
void *sst_arena_slow(struct sst_arena *, size_t n);
/* Forgets all; keeps the largest block for the next use. */
void sst_arena_reset(struct sst_arena *);
void sst_arena_free(struct sst_arena *);

static inline void *
sst_arena_alloc(struct sst_arena *a, size_t n)
{
	size_t up = (n + 7) & ~(size_t)7;
	void *r = a->p;

	if (r == NULL || up < n || up > (size_t)(a->end - a->p)) /* also nothing, of a new arena */
		return sst_arena_slow(a, n);
	a->p += up;
	return r;
}

/* n elements of size bytes each; NULL also when the product does not fit. */
void *sst_arena_array(struct sst_arena *, size_t n, size_t size);
/* The same, all bytes zero. */
void *sst_arena_zeroed(struct sst_arena *, size_t n, size_t size);
/* A copy in the arena.  On failure p is NULL although s.p is not.  NULL stays NULL. */
struct sst_slice sst_arena_slice(struct sst_arena *, struct sst_slice);
/* A NUL-terminated copy; NULL when there is no memory. */
char *sst_arena_str(struct sst_arena *, const char *s, size_t n);

#endif
