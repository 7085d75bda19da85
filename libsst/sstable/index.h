/*
 * libsst/sstable/index.h: entries of Index.db: where each partition begins in the data and, for a
 * long one, a promoted index: the clusterings of each block of about 64 KiB.  Both directions, over
 * bytes; whoever reads does the I/O.  The format is formats/index.md.
 */
#ifndef SST_SSTABLE_INDEX_H
#define SST_SSTABLE_INDEX_H

#include "base/buf.h"
#include "row/serial.h"

#define SST_INDEX_BLOCK ((uint32_t)64 << 10) /* bytes of rows between two blocks */

struct sst_index_entry {
	struct sst_slice key;
	uint64_t position;     /* of the partition in the uncompressed data */
	uint64_t promoted_len; /* bytes of promoted index that follow; 0: none */
};

/* Reads an entry up to its promoted index, which the caller reads or passes over.  Borrows; may
 * poison `in`. */
void sst_index_get(struct sst_in *, struct sst_index_entry *);

struct sst_promoted {
	uint64_t header_len;      /* from the partition's start to its first row or marker */
	struct sst_deletion del;  /* of the partition */
	size_t n;                 /* blocks: two or more */
	struct sst_slice blocks;  /* one after the other */
	struct sst_slice offsets; /* n big-endian u32, within blocks */
	uint64_t off;             /* of `blocks` in the file, for messages */
};

struct sst_index_block {
	struct sst_bound first, last; /* first and last row or marker; side 0: a row */
	enum sst_prefix_kind first_kind, last_kind;
	uint64_t off, width;      /* from the partition's start; bytes */
	struct sst_deletion open; /* range deletion in force at its end; SST_LIVE: none */
};

#define SST_PROMOTED_HEAD 32 /* bytes in which what goes before the blocks fits */

/* From the first SST_PROMOTED_HEAD bytes (or all) of len: everything but the slices, whose lengths are
 * set, for who reads block by block. */
int sst_promoted_head(struct sst_promoted *, const struct sst_header *, struct sst_in *,
    uint64_t len, const char *file, struct sst_err *);

/* bytes are the promoted_len behind the entry's head, off their place in the file.  Borrows. */
int sst_promoted_parse(struct sst_promoted *, const struct sst_header *, struct sst_slice bytes,
    uint64_t off, const char *file, struct sst_err *);

/* Block i < n.  ck has room for 2 * header->nck values, which the bounds then point to. */
int sst_promoted_get(const struct sst_promoted *, const struct sst_header *, size_t i,
    struct sst_slice *ck, struct sst_index_block *, const char *file, struct sst_err *);

/* The same from exactly the bytes of one block; anything else poisons `in`. */
void sst_index_block_get(
    struct sst_in *, const struct sst_header *, struct sst_slice *ck, struct sst_index_block *);

/* Appends an entry; promoted as sst_index_blocks_finish gives it, empty for a short partition. */
void sst_index_put(
    struct sst_buf *, struct sst_slice key, uint64_t position, struct sst_slice promoted);

/* The promoted index of one partition, while it is written. */
struct sst_index_blocks { /* start with {0} */
	size_t n;
	struct sst_buf blocks, offsets, whole;
};

void sst_index_blocks_reset(struct sst_index_blocks *);
/* A block is over: first and last are its prefixes as sst_put_prefix encoded them. */
void sst_index_blocks_add(struct sst_index_blocks *, const struct sst_header *,
    struct sst_slice first, struct sst_slice last, const struct sst_index_block *);
/* What goes behind the entry: empty for fewer than two blocks.  Borrows until reset.  SST_ENOMEM. */
int sst_index_blocks_finish(struct sst_index_blocks *, const struct sst_header *,
    uint64_t header_len, struct sst_deletion del, struct sst_slice *out, struct sst_err *);
void sst_index_blocks_free(struct sst_index_blocks *);

#endif
