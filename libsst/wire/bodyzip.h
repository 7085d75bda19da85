/*
 * libsst/wire/bodyzip.h: compressed bodies of protocol 3 and 4, when STARTUP asked for it: LZ4 (a
 * big-endian length, then a block) or Snappy.  Protocol 5 compresses frames instead.
 */
#ifndef SST_WIRE_BODYZIP_H
#define SST_WIRE_BODYZIP_H

#include "base/buf.h"
#include "base/err.h"

enum sst_body_codec {
	SST_BODY_PLAIN,
	SST_BODY_LZ4,
	SST_BODY_SNAPPY
};

/* "lz4" and "snappy" in any case; -1 for another name. */
int sst_body_codec_find(struct sst_slice name);

/*
 * Decompresses a body into scratch, from which *body then borrows.  SST_EDAMAGED, SST_ELIMIT when it
 * says that it would be longer than body_max, SST_ENOMEM.
 */
int sst_body_unzip(enum sst_body_codec, struct sst_slice *body, size_t body_max,
    struct sst_buf *scratch, struct sst_err *);

/* Compresses what lies in the buffer from `at` on, in place.  Without memory the buffer is `bad`. */
void sst_body_zip(enum sst_body_codec, struct sst_buf *, size_t at, struct sst_buf *scratch);

#endif
