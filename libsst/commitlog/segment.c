/* libsst/commitlog/segment.c: names, headers and markers.  Integers are big-endian. */
#include "commitlog/segment.h"

#include <inttypes.h>
#include <stdio.h>

#include "codec/crc.h"
#include "codec/in.h"
#include "codec/json.h"
#include "codec/out.h"

#define PREFIX "CommitLog-"
#define SUFFIX ".log"

void
sst_segment_name(char name[SST_SEGMENT_NAME], uint64_t id)
{
	snprintf(name, SST_SEGMENT_NAME, PREFIX "%d-%" PRIu64 SUFFIX, SST_SEGMENT_VERSION, id);
}

/* Decimal digits up to INT64_MAX; false when there are none, or too many. */
static bool
get_number(const char **p, uint64_t *v)
{
	const char *start = *p;

	for (*v = 0; **p >= '0' && **p <= '9'; ++*p) {
		unsigned digit = (unsigned)(**p - '0');

		if (*v > ((uint64_t)INT64_MAX - digit) / 10)
			return false;
		*v = *v * 10 + digit;
	}
	return *p > start;
}

bool
sst_segment_parse_name(const char *name, uint32_t *version, uint64_t *id, const char **rest)
{
	const char *p = name + sizeof(PREFIX) - 1;
	uint64_t v;

	*version = 0;
	*id = 0;
	*rest = "";
	if (strncmp(name, PREFIX, sizeof(PREFIX) - 1) != 0 || !get_number(&p, id))
		return false;
	if (*p == '-') {
		v = *id;
		p++;
		if (v > UINT32_MAX || !get_number(&p, id))
			return false;
		*version = (uint32_t)v;
	}
	if (strncmp(p, SUFFIX, sizeof(SUFFIX) - 1) != 0)
		return false;
	*rest = p + sizeof(SUFFIX) - 1;
	return true;
}

/* The checksum runs over 32-bit words: the id's low half goes first, and the length is widened. */
static uint32_t
header_crc(uint32_t version, uint64_t id, struct sst_slice params)
{
	uint32_t words[4] = { __builtin_bswap32(version), __builtin_bswap32((uint32_t)id),
		__builtin_bswap32((uint32_t)(id >> 32)), __builtin_bswap32((uint32_t)params.n) };

	return sst_crc32(sst_crc32(0, words, sizeof(words)), params.p, params.n);
}

void
sst_segment_put_params(struct sst_buf *b, uint64_t id, struct sst_slice params)
{
	sst_put_u32(b, SST_SEGMENT_VERSION);
	sst_put_u64(b, id);
	sst_put_bytes16(b, params);
	sst_put_u32(b, header_crc(SST_SEGMENT_VERSION, id, params));
}

void
sst_segment_put_header(struct sst_buf *b, uint64_t id, uint32_t shard, uint32_t shards)
{
	char text[48];
	int n = shards <= 1 ? snprintf(text, sizeof(text), "{\"ostraka\":\"0\"}")
			    : snprintf(text, sizeof(text),
				  "{\"ostraka\":\"%" PRIu32 "/%" PRIu32 "\"}", shard, shards);

	sst_segment_put_params(b, id, (struct sst_slice){ (const uint8_t *)text, (size_t)n });
}

/* "0", or "2/4"; anything else, which we never wrote, counts as 0. */
static void
get_shard(struct sst_segment_header *h, struct sst_slice text)
{
	char copy[32] = "";
	const char *p = copy;
	uint64_t shard, shards = 1;

	if (text.n >= sizeof(copy))
		return;
	memcpy(copy, text.p, text.n);
	if (!get_number(&p, &shard) || (*p == '/' && (p++, !get_number(&p, &shards))) ||
	    *p != '\0' || shards > UINT32_MAX || shard >= shards)
		return;
	h->shard = (uint32_t)shard;
	h->shards = (uint32_t)shards;
}

/* What the parameters say must be nothing that changes the bytes that follow. */
static int
check_params(struct sst_segment_header *h, const char *file, struct sst_err *e)
{
	const struct sst_json_node *root, *v;
	struct sst_json *json;
	int r = -1;

	if (sst_json_new(&json, e) == -1)
		return -1;
	if (sst_json_parse(json, h->params, &root, e) == -1 || root->type != SST_JSON_OBJECT)
		sst_fail(e, SST_EDAMAGED, file, 14, "parameters are no JSON object");
	else if (sst_json_get(root, SST_SLICE_LIT("encCipher")) != NULL)
		sst_fail(e, SST_EUNSUPPORTED, file, 14, "encrypted segment");
	else if ((v = sst_json_get(root, SST_SLICE_LIT("compressionClass"))) != NULL &&
	    v->type != SST_JSON_NULL &&
	    (v->type != SST_JSON_STRING || v->text.n == 0 || v->text.n >= SST_SEGMENT_COMPRESSION))
		sst_fail(e, SST_EDAMAGED, file, 14, "compressionClass is no class name");
	else {
		if (v != NULL && v->type == SST_JSON_STRING)
			memcpy(h->compression, v->text.p, v->text.n);
		v = sst_json_get(root, SST_SLICE_LIT("ostraka"));
		h->ours = v != NULL;
		if (v != NULL && v->type == SST_JSON_STRING)
			get_shard(h, v->text);
		r = 0;
	}
	sst_json_free(json);
	return r;
}

int
sst_segment_get_header(
    struct sst_segment_header *h, struct sst_slice bytes, const char *file, struct sst_err *e)
{
	struct sst_in in = sst_in_new(bytes, 0);
	uint32_t crc;

	*h = (struct sst_segment_header){ .shards = 1 };
	h->version = sst_get_u32(&in);
	h->id = sst_get_u64(&in);
	h->params = sst_get_bytes16(&in);
	crc = sst_get_u32(&in);
	h->len = (size_t)in.off;
	if (in.bad)
		return sst_fail(e, SST_ESHORT, file, bytes.n, "header cut short");
	if (crc != header_crc(h->version, h->id, h->params))
		return sst_fail(e, SST_EDAMAGED, file, 0, "checksum of the header is wrong");
	if (h->version < SST_SEGMENT_VERSION_MIN || h->version > SST_SEGMENT_VERSION_MAX)
		return sst_fail(e, SST_EVERSION, file, 0, "commit log version %u, want %d to %d",
		    h->version, SST_SEGMENT_VERSION_MIN, SST_SEGMENT_VERSION_MAX);
	return check_params(h, file, e);
}

static uint32_t
marker_crc(uint64_t id, uint32_t pos)
{
	uint32_t words[3] = { __builtin_bswap32((uint32_t)id),
		__builtin_bswap32((uint32_t)(id >> 32)), __builtin_bswap32(pos) };

	return sst_crc32(0, words, sizeof(words));
}

void
sst_marker_put(uint8_t p[SST_MARKER_LEN], uint64_t id, uint32_t pos, uint32_t next)
{
	uint32_t words[2] = { __builtin_bswap32(next), __builtin_bswap32(marker_crc(id, pos)) };

	memcpy(p, words, sizeof(words));
}

bool
sst_marker_get(const uint8_t p[SST_MARKER_LEN], uint64_t id, uint32_t pos, uint32_t *next)
{
	uint32_t words[2];

	memcpy(words, p, sizeof(words));
	*next = __builtin_bswap32(words[0]);
	return __builtin_bswap32(words[1]) == marker_crc(id, pos);
}
