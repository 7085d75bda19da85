/* wire/bodyzip.c: LZ4 and Snappy bodies. */
#include "wire/bodyzip.h"

#include <lz4.h>
#include <snappy-c.h>
#include <strings.h>

#include "codec/in.h"
#include "codec/out.h"

#define LZ4_LEN 4 /* bytes of the length before a block */

int
sst_body_codec_find(struct sst_slice name)
{
	if (name.n == 3 && strncasecmp((const char *)name.p, "lz4", 3) == 0)
		return SST_BODY_LZ4;
	if (name.n == 6 && strncasecmp((const char *)name.p, "snappy", 6) == 0)
		return SST_BODY_SNAPPY;
	return -1;
}

/* The length that the body says it has when decompressed, and where its data begin. */
static int
raw_length(enum sst_body_codec codec, struct sst_slice *body, size_t *raw, struct sst_err *e)
{
	struct sst_in in = sst_in_new(*body, 0);

	if (codec == SST_BODY_SNAPPY) {
		if (snappy_uncompressed_length((const char *)body->p, body->n, raw) == SNAPPY_OK)
			return 0;
		return sst_fail(e, SST_EDAMAGED, NULL, SST_NOWHERE, "a body that is not Snappy");
	}
	*raw = sst_get_u32(&in);
	if (in.bad)
		return sst_fail(e, SST_ESHORT, NULL, SST_NOWHERE, "an LZ4 body without a length");
	*body = (struct sst_slice){ in.p, sst_in_left(&in) };
	return 0;
}

int
sst_body_unzip(enum sst_body_codec codec, struct sst_slice *body, size_t body_max,
    struct sst_buf *scratch, struct sst_err *e)
{
	size_t raw, n;
	bool good;

	if (raw_length(codec, body, &raw, e) == -1)
		return -1;
	if (raw > body_max || raw > INT32_MAX || body->n > INT32_MAX)
		return sst_fail(e, SST_ELIMIT, NULL, SST_NOWHERE,
		    "a message of %zu bytes when decompressed; %zu are allowed", raw, body_max);
	sst_buf_reset(scratch);
	if (!sst_buf_room(scratch, raw + 1))
		return sst_fail_nomem(e);
	n = raw;
	if (codec == SST_BODY_SNAPPY)
		good = snappy_uncompress((const char *)body->p, body->n, (char *)scratch->p, &n) ==
		    SNAPPY_OK;
	else
		good = LZ4_decompress_safe((const char *)body->p, (char *)scratch->p, (int)body->n,
			   (int)raw) == (int)raw;
	if (!good || n != raw)
		return sst_fail(e, SST_EDAMAGED, NULL, SST_NOWHERE,
		    "a body that does not decompress to %zu bytes", raw);
	scratch->n = raw;
	*body = sst_buf_slice(scratch);
	return 0;
}

void
sst_body_zip(enum sst_body_codec codec, struct sst_buf *b, size_t at, struct sst_buf *scratch)
{
	size_t raw, bound, n;

	if (b->bad || b->n - at > INT32_MAX)
		return;
	raw = b->n - at;
	bound = codec == SST_BODY_SNAPPY ? snappy_max_compressed_length(raw)
					 : (size_t)LZ4_compressBound((int)raw);
	sst_buf_reset(scratch);
	if (!sst_buf_room(scratch, bound)) {
		b->bad = true;
		return;
	}
	n = bound;
	if (codec == SST_BODY_SNAPPY)
		snappy_compress((const char *)b->p + at, raw, (char *)scratch->p, &n);
	else
		n = (size_t)LZ4_compress_default(
		    (const char *)b->p + at, (char *)scratch->p, (int)raw, (int)bound);
	b->n = at;
	if (codec == SST_BODY_LZ4)
		sst_put_u32(b, (uint32_t)raw);
	sst_buf_add(b, scratch->p, n);
}
