/*
 * libsst/wire/envelope.h: a message of the native protocol: a header of 9 bytes, and a body.
 *
 *	| version | flags | stream (2) | opcode | body length (4) | body …
 *
 * In versions 3 and 4 envelopes follow each other on the connection; in 5 they travel inside frames
 * (frame.h).  formats/native-protocol.md has the fields.
 */
#ifndef SST_WIRE_ENVELOPE_H
#define SST_WIRE_ENVELOPE_H

#include "base/buf.h"
#include "base/err.h"

#define SST_WIRE_VERSION_MIN 3
#define SST_WIRE_VERSION_MAX 5
#define SST_ENVELOPE_HEADER 9
#define SST_ENVELOPE_OLD_HEADER 8 /* of versions 1 and 2: one byte of stream */

enum sst_opcode {
	SST_OP_ERROR = 0x00,
	SST_OP_STARTUP = 0x01,
	SST_OP_READY = 0x02,
	SST_OP_AUTHENTICATE = 0x03,
	SST_OP_OPTIONS = 0x05,
	SST_OP_SUPPORTED = 0x06,
	SST_OP_QUERY = 0x07,
	SST_OP_RESULT = 0x08,
	SST_OP_PREPARE = 0x09,
	SST_OP_EXECUTE = 0x0a,
	SST_OP_REGISTER = 0x0b,
	SST_OP_EVENT = 0x0c,
	SST_OP_BATCH = 0x0d,
	SST_OP_AUTH_CHALLENGE = 0x0e,
	SST_OP_AUTH_RESPONSE = 0x0f,
	SST_OP_AUTH_SUCCESS = 0x10
};

enum { /* flags of a header */
	SST_ENVELOPE_COMPRESSED = 0x01,
	SST_ENVELOPE_TRACING = 0x02,
	SST_ENVELOPE_PAYLOAD = 0x04, /* custom payload */
	SST_ENVELOPE_WARNING = 0x08,
	SST_ENVELOPE_BETA = 0x10
};

struct sst_envelope {
	uint8_t version; /* without the bit that marks responses */
	bool response;
	uint8_t flags;
	int16_t stream;
	uint8_t opcode; /* an enum sst_opcode, or what somebody sent */
	struct sst_slice body;
};

/*
 * The envelope at the start of *in, whose body borrows from it; *in moves behind it.  SST_ONE; 0:
 * more bytes are needed; -1: SST_EVERSION for a version that is not spoken here (of *env version,
 * response and stream are then set, for the answer), SST_ELIMIT for a body of more than body_max
 * bytes, SST_EDAMAGED for a negative length.
 */
int sst_envelope_take(
    struct sst_envelope *, struct sst_slice *in, size_t body_max, struct sst_err *);

/*
 * Begins an envelope at the end of a buffer: writes a header whose length is not known yet.  What is
 * appended until sst_envelope_end(at) is its body.  env->body is not looked at.  Returns at.
 */
size_t sst_envelope_begin(struct sst_buf *, const struct sst_envelope *env);
void sst_envelope_end(struct sst_buf *, size_t at);

#endif
