/*
 * libsst/wire/frame.h: the outer layer of protocol 5: envelopes in frames of up to 128 KiB, each with
 * a CRC24 over its header and a CRC32 over its payload; with LZ4 the payload is a block.
 *
 *	| header (3, or 5 with LZ4) | CRC24 (3) | payload (length in the header) | CRC32 (4) |
 *
 * A self-contained frame holds whole envelopes; an envelope that does not fit is spread over several
 * that are not.  formats/native-protocol.md has the bits.
 */
#ifndef SST_WIRE_FRAME_H
#define SST_WIRE_FRAME_H

#include "base/buf.h"
#include "base/err.h"

#define SST_FRAME_PAYLOAD_MAX 131071

struct sst_frame {
	bool self_contained;
	struct sst_slice payload; /* decompressed */
};

/*
 * The frame at the start of *in, which moves behind it.  Its payload borrows from *in, or from
 * scratch until that changes.  SST_ONE; 0: more bytes are needed; -1: SST_EDAMAGED for a checksum or
 * a block that is wrong, SST_ENOMEM.
 */
int sst_frame_take(
    struct sst_frame *, struct sst_slice *in, bool lz4, struct sst_buf *scratch, struct sst_err *);

/*
 * Appends the bytes of whole envelopes as frames: one that is self-contained while they fit, else one
 * after the other.  envelopes must not overlap the buffer.  Without memory the buffer is `bad`.
 */
void sst_frame_put(struct sst_buf *, struct sst_slice envelopes, bool lz4);

#endif
