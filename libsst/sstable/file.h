/*
 * libsst/sstable/file.h: an open component, seen as numbered blocks of its uncompressed bytes:
 *
 *	plain		blocks of 16 KiB as they lie in the file, nothing checked (Index.db)
 *	with CRC.db	blocks of CRC.db's length, each checked
 *	compressed	chunks of CompressionInfo.db, each checked before it is decompressed
 *
 * Checks are made on every read from the file; blocks that the cache holds were checked then.
 */
#ifndef SST_SSTABLE_FILE_H
#define SST_SSTABLE_FILE_H

#include "base/io.h"
#include "row/rows.h"
#include "sstable/cache.h"
#include "sstable/chunks.h"

#define SST_PLAIN_BLOCK ((uint32_t)16 << 10)

/* Borrows io and cache until close; the cache must be there.  The file is plain until told. */
int sst_file_open(struct sst_file **, const struct sst_io *, const char *path, struct sst_cache *,
    struct sst_err *);
void sst_file_close(struct sst_file *); /* NULL is fine; no block of it may be pinned */

/*
 * Before what follows: the file may be shorter than CompressionInfo.db or CRC.db say.  Blocks that it does
 * not have are then SST_ESHORT when they are read.
 */
void sst_file_allow_cut(struct sst_file *);
/* Reads CRC.db of this file, or CompressionInfo.db; once, before any block is read. */
int sst_file_check_by(struct sst_file *, const char *crc_path, struct sst_err *);
int sst_file_chunks_by(
    struct sst_file *, const char *info_path, const struct sst_version *, struct sst_err *);

const char *sst_file_path(const struct sst_file *);
uint64_t sst_file_len(const struct sst_file *);    /* bytes uncompressed */
uint64_t sst_file_stored(const struct sst_file *); /* bytes in the file */
uint32_t sst_file_block_len(const struct sst_file *);
uint64_t sst_file_nblocks(const struct sst_file *);
/* NULL when it is not compressed. */
const struct sst_chunks *sst_file_chunks(const struct sst_file *);
struct sst_cache *sst_file_cache(const struct sst_file *);
uint64_t sst_file_id(const struct sst_file *); /* in its cache */

/* Whether CRC.db has a checksum for each block; if so that of block i, and true. */
bool sst_file_is_checked(const struct sst_file *);
bool sst_file_block_crc(const struct sst_file *, uint64_t i, uint32_t *crc);

/* Whether the last block is read although its checksum is not that of CRC.db: of a file that was cut
 * within it there is none. */
void sst_file_trust_last(struct sst_file *, bool trust);

/* Bytes of block i uncompressed: the last one may be shorter. */
size_t sst_file_block_size(const struct sst_file *, uint64_t i);
/* Where block i lies in the file, with its checksum. */
void sst_file_block_at(const struct sst_file *, uint64_t i, uint64_t *off, size_t *len);

/* Checks and decompresses block i from its stored bytes; out has room for its size. */
int sst_file_decode(
    struct sst_file *, uint64_t i, struct sst_slice stored, uint8_t *out, struct sst_err *);
/* Reads stored bytes as they are; of all functions here this one may be called by any thread. */
int sst_file_pread(struct sst_file *, void *buf, size_t n, uint64_t off, struct sst_err *);

/*
 * Block i, pinned in the cache: 0 and *b; SST_WAIT when it is not there and nonblocking (then see
 * sst_file_want); -1.
 */
int sst_file_block(
    struct sst_file *, uint64_t i, bool nonblocking, struct sst_block **b, struct sst_err *);
/* What to read for n blocks from i on; fewer at the end of the file. */
void sst_file_want(struct sst_file *, uint64_t i, uint64_t n, struct sst_want *);

/* For whoever reads what is wanted by other means than sst_file_pread; it stays the file's. */
int sst_file_fd(const struct sst_file *);

/* Ends a wait: reads what is wanted and puts it into the cache.  Blocks. */
int sst_want_read(const struct sst_want *, struct sst_err *);
/* The same from bytes that somebody else has read: exactly those wanted. */
int sst_want_fill(const struct sst_want *, struct sst_slice bytes, struct sst_err *);

#endif
