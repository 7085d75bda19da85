/*
 * libsst/sstable/dataout.h: Data.db as it is written: chunks, each compressed and with its CRC32
 * behind it, or as they are with the CRC32s in CRC.db.  See formats/compressioninfo.md and
 * formats/toc-digest-crc.md.
 */
#ifndef SST_SSTABLE_DATAOUT_H
#define SST_SSTABLE_DATAOUT_H

#include "codec/compress.h"
#include "schema/table.h"
#include "sstable/fileout.h"
#include "sstable/version.h"

#define SST_CRC_CHUNK ((uint32_t)64 << 10) /* without compression; Cassandra's */

struct sst_dataout { /* start with {.file.fd = -1} */
	struct sst_fileout file;
	struct sst_compression compression; /* class_name.n == 0: none */
	struct sst_codec *codec;
	uint8_t *chunk;
	uint32_t chunk_len, fill;
	uint64_t flushed;       /* bytes of full chunks, uncompressed */
	uint64_t stored;        /* compressed, without checksums */
	uint32_t crc;           /* of the file so far */
	struct sst_buf offsets; /* of chunks, u64; or CRC32s, u32 */
};

int sst_dataout_open(struct sst_dataout *, const struct sst_io *, const char *path,
    const struct sst_compression *, struct sst_err *);
int sst_dataout_add(struct sst_dataout *, struct sst_slice, struct sst_err *);

/* Bytes added. */
static inline uint64_t
sst_dataout_pos(const struct sst_dataout *d)
{
	return d->flushed + d->fill;
}

/* Writes, syncs and closes Data.db. */
int sst_dataout_finish(struct sst_dataout *, struct sst_err *);
/* Stored over uncompressed; -1 without compression. */
double sst_dataout_ratio(const struct sst_dataout *);
/* Appends CompressionInfo.db, or CRC.db without compression.  After finish. */
int sst_dataout_put_chunks(
    const struct sst_dataout *, const struct sst_version *, struct sst_buf *out, struct sst_err *);
void sst_dataout_free(struct sst_dataout *);

#endif
