/*
 * libsst/sstable/cache.h: decompressed chunks of Data.db and blocks of Index.db, kept under one
 * memory budget.  A cache belongs to one thread; there are no locks.
 *
 *	miss -> probation --hit--> protected (at most 3/4 of the budget)
 *	            |   <--overflow--'
 *	            '--> freed, oldest first
 *
 * A block that is read once, as in a scan, passes through probation only and cannot push out those
 * that are read again.  Blocks in use are pinned: never freed, whatever the budget.
 */
#ifndef SST_SSTABLE_CACHE_H
#define SST_SSTABLE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "codec/compress.h"

#define SST_CACHE_MIN ((size_t)1 << 20) /* smaller budgets are taken for this one */

struct sst_cache;

struct sst_block {
	const uint8_t *p;
	size_t n;
};

struct sst_cache_stats {
	uint64_t hits, misses, evicted;
	size_t bytes, blocks; /* held now, pinned ones too */
};

struct sst_cache *sst_cache_new(size_t budget); /* NULL without memory */
void sst_cache_free(struct sst_cache *);        /* all blocks must be unpinned; NULL is fine */
void sst_cache_stats(const struct sst_cache *, struct sst_cache_stats *);

/* A number for a file whose blocks are to be kept here; never used again. */
uint64_t sst_cache_file(struct sst_cache *);
/* Frees what is kept of a file. */
void sst_cache_forget(struct sst_cache *, uint64_t file);

/*
 * The decompressor of that class, shared by all files of this cache and freed with it: its contexts
 * are large, and new memory is what opening many files costs most.
 */
int sst_cache_codec(
    struct sst_cache *, struct sst_slice class_name, struct sst_codec **, struct sst_err *);

/* Room for a file that is read whole and not kept; whose bytes are in it changes with every use. */
struct sst_buf *sst_cache_scratch(struct sst_cache *);

/* Where a partition was found in the Data.db and Index.db of an SSTable. */
struct sst_noted {
	uint64_t data, index;
	bool promoted; /* Index.db has a promoted index for it */
};

/*
 * Remembers the places of some partitions, the last ones found, by token: a page then asks neither
 * Filter, Summary nor Index.  A hint: another key may have the token, so the key at the place is to be
 * compared.  file: the number of Index.db.
 */
void sst_cache_note(struct sst_cache *, uint64_t file, int64_t token, const struct sst_noted *);
bool sst_cache_noted(const struct sst_cache *, uint64_t file, int64_t token, struct sst_noted *);

/* The block, pinned, or NULL when it is not here. */
struct sst_block *sst_cache_get(struct sst_cache *, uint64_t file, uint64_t no);
/* True when it is here; counts as no use. */
bool sst_cache_has(const struct sst_cache *, uint64_t file, uint64_t no);

/*
 * Room for n bytes of a block that is not here yet, pinned; the caller writes to *room, then either
 * adds the block, or drops it, which frees it.  NULL without memory.
 */
struct sst_block *sst_cache_make(
    struct sst_cache *, uint64_t file, uint64_t no, size_t n, uint8_t **room);
/* Makes it visible; it stays pinned.  Frees others to keep to the budget.  used: the caller reads it
 * now, so that the next use is its second; else it was brought for somebody who waits. */
void sst_cache_add(struct sst_cache *, struct sst_block *, bool used);
/* Unpins; NULL is fine. */
void sst_cache_drop(struct sst_cache *, struct sst_block *);

#endif
