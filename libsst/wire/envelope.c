/* wire/envelope.c: headers of messages, read and written. */
#include "wire/envelope.h"

#include "codec/in.h"
#include "codec/out.h"

#define RESPONSE 0x80

int
sst_envelope_take(
    struct sst_envelope *env, struct sst_slice *from, size_t body_max, struct sst_err *e)
{
	struct sst_in in = sst_in_new(*from, 0);
	uint8_t version = sst_get_u8(&in);
	uint32_t len;

	*env = (struct sst_envelope){ .version = version & 0x7f,
		.response = (version & RESPONSE) != 0,
		.flags = sst_get_u8(&in) };
	if (env->version < SST_WIRE_VERSION_MIN || env->version > SST_WIRE_VERSION_MAX) {
		/* Nothing is known of what follows but the stream, and that only after a while. */
		if (from->n < SST_ENVELOPE_OLD_HEADER)
			return 0;
		env->stream = env->version < SST_WIRE_VERSION_MIN ? (int8_t)from->p[2]
								  : (int16_t)sst_get_u16(&in);
		return sst_fail(e, SST_EVERSION, NULL, SST_NOWHERE,
		    "Invalid or unsupported protocol version (%u); the lowest supported version is "
		    "%d and "
		    "the greatest is %d",
		    env->version, SST_WIRE_VERSION_MIN, SST_WIRE_VERSION_MAX);
	}
	env->stream = (int16_t)sst_get_u16(&in);
	env->opcode = sst_get_u8(&in);
	len = sst_get_u32(&in);
	if (in.bad)
		return 0;
	if (len > INT32_MAX)
		return sst_fail(
		    e, SST_EDAMAGED, NULL, SST_NOWHERE, "a message of %d bytes", (int32_t)len);
	if (len > body_max)
		return sst_fail(e, SST_ELIMIT, NULL, SST_NOWHERE,
		    "a message of %u bytes; %zu are allowed", len, body_max);
	env->body = sst_get_bytes(&in, len);
	if (in.bad)
		return 0;
	*from = (struct sst_slice){ in.p, (size_t)(in.end - in.p) };
	return SST_ONE;
}

size_t
sst_envelope_begin(struct sst_buf *b, const struct sst_envelope *env)
{
	size_t at = b->n;

	sst_put_u8(b, (uint8_t)(env->version | (env->response ? RESPONSE : 0)));
	sst_put_u8(b, env->flags);
	sst_put_u16(b, (uint16_t)env->stream);
	sst_put_u8(b, env->opcode);
	sst_put_u32(b, 0);
	return at;
}

void
sst_envelope_end(struct sst_buf *b, size_t at)
{
	uint32_t len;

	if (b->bad)
		return;
	len = __builtin_bswap32((uint32_t)(b->n - at - SST_ENVELOPE_HEADER));
	memcpy(b->p + at + SST_ENVELOPE_HEADER - 4, &len, 4);
}
