/*
 * tests/fuzz/wire.c: what a client may send, on any bytes.  The first byte says how to look at the
 * rest: as frames of protocol 5, with LZ4 or without, or as envelopes whose bodies are compressed.
 * covers: libsst/wire/envelope.c libsst/wire/frame.c libsst/wire/request.c
 */
#include <assert.h>

#include "wire/bodyzip.h"
#include "wire/frame.h"
#include "wire/request.h"

#define BODY_MAX ((size_t)1 << 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A header that is written again is the same. */
static void
check_header(const struct sst_envelope *env)
{
	struct sst_buf b = { 0 };
	struct sst_envelope back;
	struct sst_slice in;
	struct sst_err e;
	size_t at = sst_envelope_begin(&b, env);

	sst_buf_add_slice(&b, env->body);
	sst_envelope_end(&b, at);
	in = sst_buf_slice(&b);
	assert(sst_envelope_take(&back, &in, BODY_MAX, &e) == SST_ONE);
	assert(back.stream == env->stream && back.opcode == env->opcode);
	assert(back.response == env->response && sst_slice_eq(back.body, env->body));
	sst_buf_free(&b);
}

static void
requests(struct sst_slice in, enum sst_body_codec codec)
{
	struct sst_arena arena = { 0 };
	struct sst_buf scratch = { 0 };
	struct sst_envelope env;
	struct sst_request r;
	struct sst_err e;

	while (sst_envelope_take(&env, &in, BODY_MAX, &e) == SST_ONE) {
		check_header(&env);
		if (codec != SST_BODY_PLAIN && env.flags & SST_ENVELOPE_COMPRESSED &&
		    sst_body_unzip(codec, &env.body, BODY_MAX, &scratch, &e) == -1)
			continue;
		if (sst_request_parse(&r, &arena, &env, &e) == 0)
			sst_request_option(&r, "compression");
		assert(arena.bytes <= 64 * env.body.n + 65536);
		sst_arena_reset(&arena);
	}
	sst_arena_free(&arena);
	sst_buf_free(&scratch);
}

/* What was framed comes back; then the bytes themselves are taken for frames. */
static void
frames(struct sst_slice in, bool lz4)
{
	struct sst_buf b = { 0 }, scratch = { 0 };
	struct sst_slice rest;
	struct sst_frame f;
	struct sst_err e;

	sst_frame_put(&b, in, lz4);
	rest = sst_buf_slice(&b);
	if (in.n > 0 && in.n <= SST_FRAME_PAYLOAD_MAX) {
		assert(sst_frame_take(&f, &rest, lz4, &scratch, &e) == SST_ONE);
		assert(sst_slice_eq(f.payload, in));
	}
	while (sst_frame_take(&f, &in, lz4, &scratch, &e) == SST_ONE)
		requests(f.payload, SST_BODY_PLAIN);
	sst_buf_free(&b);
	sst_buf_free(&scratch);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sst_slice rest;

	if (size == 0)
		return 0;
	rest = (struct sst_slice){ data + 1, size - 1 };
	switch (data[0] % 5) {
	case 0:
		requests(rest, SST_BODY_PLAIN);
		break;
	case 1:
		requests(rest, SST_BODY_LZ4);
		break;
	case 2:
		requests(rest, SST_BODY_SNAPPY);
		break;
	default:
		frames(rest, data[0] % 5 == 3);
	}
	return 0;
}
