/* libsst/sstable/partsint.h: what the files behind parts.h share.  Private to the room. */
#ifndef SST_SSTABLE_PARTSINT_H
#define SST_SSTABLE_PARTSINT_H

#include "sstable/fields.h"
#include "sstable/name.h"
#include "sstable/version.h"

struct sst_parts { /* a component that is being walked */
	struct sst_fields f;
	const struct sst_io *io;
	const char *path;
	const struct sst_name *name;
	const struct sst_version *version;
	struct sst_arena arena;
	struct sst_buf bytes; /* the file, where it is read whole; else what of it is at hand */
	int fd;               /* where it is not; -1 */
	uint64_t size;
};

/* Reads the whole file, and sets the head on it.  0, -1. */
int sst_parts_load(struct sst_parts *, size_t max);
/*
 * The same for files that may be large: opens it; then makes at least n bytes from where the head is
 * contiguous, fewer only where the file ends.  What was read before is gone.  0, -1.
 */
int sst_parts_open(struct sst_parts *);
int sst_parts_more(struct sst_parts *, size_t n);
/* The path of another component of the same SSTable; NULL and *e without memory.  Arena. */
const char *sst_parts_beside(struct sst_parts *, enum sst_component);

/* The header that Statistics.db has, with its types, in the arena.  1; 0: it cannot be read, and *h is
 * all zero; -1 without memory. */
int sst_parts_header(struct sst_parts *, struct sst_header *h);

/* One for each component: 0, what each() said, -1. */
int sst_parts_statistics(struct sst_parts *);
int sst_parts_scylla(struct sst_parts *);
int sst_parts_index(struct sst_parts *);
int sst_parts_partitions(struct sst_parts *);
int sst_parts_rows(struct sst_parts *);

#endif
