/*
 * tests/support/memfs.h: a file system in memory, strict as POSIX allows: what was not synced may be
 * gone after a power cut, file bytes and directory entries alike, and a file's sync says nothing
 * about its name.  Its clock only moves when the test or a write moves it.
 */
#ifndef MEMFS_H
#define MEMFS_H

#include "base/io.h"

struct memfs;

enum memfs_cut {      /* what a power cut leaves of what was not synced */
	MEMFS_NONE,   /* nothing */
	MEMFS_ALL,    /* everything: as if only the process had died */
	MEMFS_PREFIX, /* of each file and directory a random number of the first changes */
	MEMFS_TORN    /* random changes; of file bytes random 512-byte blocks, others zero */
};

struct memfs *memfs_new(void);
void memfs_free(struct memfs *);
/* The table to give to libsst; lives as long as the file system. */
const struct sst_io *memfs_io(struct memfs *);

/* The machine stops: descriptors and locks are gone, and what was not synced as said. */
void memfs_power_cut(struct memfs *, enum memfs_cut, unsigned seed);
/* An independent copy of the state, without descriptors. */
struct memfs *memfs_copy(const struct memfs *);
/* Moves the clock that stamps files. */
void memfs_tick(struct memfs *, int64_t ms);
/* Descriptors that are open, to find leaks. */
size_t memfs_nopen(const struct memfs *);
/* FNV of all names and bytes under dir, to see whether anything changed. */
uint64_t memfs_digest(const struct memfs *, const char *dir);

#endif
