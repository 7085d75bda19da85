/*
 * libsst/codec/compress.h: the compressors of Cassandra's chunks, named as CompressionInfo.db and
 * schema.cql name them.  What each writes is in formats/primitives.md.
 */
#ifndef SST_CODEC_COMPRESS_H
#define SST_CODEC_COMPRESS_H

#include "base/err.h"
#include "base/slice.h"

#define SST_ZSTD_WINDOW_MAX ((uint64_t)8 << 20) /* a frame that asks for more is refused */

/* Contexts of one compressor, kept from chunk to chunk.  Belongs to one thread. */
struct sst_codec;

/*
 * class_name: LZ4Compressor, ZstdCompressor, DeflateCompressor, SnappyCompressor, NoopCompressor,
 * ScyllaDB's LZ4WithDictsCompressor and ZstdWithDictsCompressor, Cassandra's ZstdDictionaryCompressor,
 * with or without a package before it; empty: bytes are copied.  level 0 is the compressor's
 * default; of zstd -131072 to 22, of lz4 1 to 17 for its slow "high" mode, of deflate 1 to 9.
 * Fails with SST_EUNSUPPORTED for another name, SST_EINVAL for a level, SST_ENOMEM.
 */
int sst_codec_new(struct sst_codec **, struct sst_slice class_name, int level, struct sst_err *);
void sst_codec_free(struct sst_codec *); /* NULL is fine */
/*
 * What chunks are decompressed against from now on; the bytes are copied.  Only for the last three above,
 * which without one are the plain compressors: SST_EINVAL for others, and for a damaged dictionary.
 * Compressing does not use it.
 */
int sst_codec_dictionary(struct sst_codec *, struct sst_slice, struct sst_err *);
/* True when this is the compressor of that name. */
bool sst_codec_is(const struct sst_codec *, struct sst_slice class_name);

/* Whether it keeps up with writers, so that memory is flushed through it: lz4 but for its "high" mode,
 * snappy, none.  What is not known counts as fast: who opens it says so. */
bool sst_codec_is_fast(struct sst_slice class_name, int level);

/*
 * The level that an option of the compression map asks for: `compression_level` of zstd,
 * `lz4_compressor_type` and `lz4_high_compressor_level` of lz4.  Call it once for each option, with
 * *level 0 before the first one.  Other names leave *level as it is.  SST_EINVAL: the value is not
 * one of that option.
 */
int sst_codec_option(int *level, struct sst_slice class_name, struct sst_slice name,
    struct sst_slice value, struct sst_err *);

/* The most that n bytes can take when compressed. */
size_t sst_codec_bound(const struct sst_codec *, size_t n);

/* Compresses into out, which has room for sst_codec_bound(in.n) bytes; *n is what it took. */
int sst_codec_compress(
    struct sst_codec *, struct sst_slice in, uint8_t *out, size_t *n, struct sst_err *);

/*
 * Decompresses to exactly n bytes at out, without ever writing beyond them.  SST_EDAMAGED when the
 * bytes are not a whole compressed chunk or give another length; *e names no file: the caller knows
 * it, and the offset.
 */
int sst_codec_decompress(
    struct sst_codec *, struct sst_slice in, uint8_t *out, size_t n, struct sst_err *);

#endif
