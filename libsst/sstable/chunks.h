/*
 * libsst/sstable/chunks.h: CompressionInfo.db: how Data.db is compressed and where its chunks lie.
 * The format is formats/compressioninfo.md.
 */
#ifndef SST_SSTABLE_CHUNKS_H
#define SST_SSTABLE_CHUNKS_H

#include "base/buf.h"
#include "codec/in.h"
#include "schema/table.h"
#include "sstable/version.h"

#define SST_CHUNK_LEN_MAX ((uint32_t)16 << 20) /* longer ones are refused */
#define SST_CHUNK_OPTIONS_MAX 32
#define SST_CHUNK_CRC 4 /* bytes of the CRC32 behind each chunk */

struct sst_chunks {
	struct sst_slice class_name; /* "LZ4Compressor" */
	size_t noptions;
	struct sst_option options[SST_CHUNK_OPTIONS_MAX];
	uint32_t chunk_len;      /* a power of two: bytes of a chunk (but the last) uncompressed */
	uint32_t max_compressed; /* a chunk not smaller than this is stored as it is */
	uint64_t data_len;       /* bytes of the uncompressed data */
	uint64_t nchunks;
	struct sst_slice offsets;    /* nchunks big-endian u64: use sst_chunks_off */
	struct sst_slice dictionary; /* behind them (pa, ea), checked; n == 0: none */
};

/*
 * Borrows `bytes`, the whole file; stored_len is the size of Data.db.  Checks everything: offsets
 * ascend, every chunk lies inside Data.db, their number fits the length.
 */
int sst_chunks_parse(struct sst_chunks *, const struct sst_version *, struct sst_slice bytes,
    uint64_t stored_len, const char *file, struct sst_err *);

/*
 * Appends the dictionary that chunks are compressed with: that of the file's own section, or of ScyllaDB's
 * options ".dictionary.00000000", …, which may come in any order.  Nothing when there is none.
 */
int sst_chunks_dictionary(
    const struct sst_chunks *, struct sst_buf *out, const char *file, struct sst_err *);

/* Where chunk i begins in Data.db; i < nchunks. */
static inline uint64_t
sst_chunks_off(const struct sst_chunks *c, uint64_t i)
{
	uint64_t v;

	memcpy(&v, c->offsets.p + 8 * i, 8);
	return __builtin_bswap64(v);
}

/*
 * Appends a whole CompressionInfo.db: all fields of *c count but nchunks, which offsets.n gives;
 * max_compressed is left out where the version has none.
 */
void sst_chunks_put(struct sst_buf *, const struct sst_version *, const struct sst_chunks *c);

#endif
