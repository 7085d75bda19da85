/* cmd/sstdump/partvalue.c: the value of a field as JSON, or for people. */
#include "sstdump/partvalue.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/uuid.h"
#include "codec/jsonout.h"

static void
put_hex(struct sst_buf *b, struct sst_slice s)
{
	sst_buf_adds(b, "0x");
	sst_hex_put(b, s);
}

static void
put_bytes(struct sst_buf *b, const struct sst_part *part)
{
	size_t n = b->n;
	struct sst_err e;

	if (part->bytes.p == NULL)
		sst_buf_adds(b, "null");
	else if (part->type == NULL || sst_type_to_ndjson(part->type, part->bytes, b, &e) == -1) {
		b->n = n;
		b->bad |= part->type != NULL && e.code == SST_ENOMEM; /* else it is no value */
		sst_buf_addc(b, '"');
		put_hex(b, part->bytes);
		sst_buf_addc(b, '"');
	}
}

static void
put_double(struct sst_buf *b, double d, bool json)
{
	if (d != d)
		sst_buf_adds(b, json ? "null" : "NaN");
	else
		sst_buf_addf(b, "%.17g", d);
}

void
partvalue_json(struct sst_buf *b, const struct sst_part *part)
{
	switch (part->kind) {
	case SST_PART_UINT:
		sst_buf_addf(b, "%" PRIu64, part->u);
		break;
	case SST_PART_INT:
	case SST_PART_TIME_US:
	case SST_PART_TIME_MS:
	case SST_PART_TIME_S:
		sst_buf_addf(b, "%" PRId64, part->i);
		break;
	case SST_PART_BOOL:
		sst_buf_adds(b, part->u ? "true" : "false");
		break;
	case SST_PART_DOUBLE:
		put_double(b, part->d, true);
		break;
	case SST_PART_TEXT:
		sst_json_put_string(b, part->bytes);
		break;
	case SST_PART_BYTES:
		put_bytes(b, part);
		break;
	case SST_PART_UUID:
		sst_buf_addc(b, '"');
		sst_uuid_put(b, part->bytes.p);
		sst_buf_addc(b, '"');
		break;
	case SST_PART_HEX:
		sst_buf_addf(b, "\"0x%" PRIx64 "\"", part->u);
		break;
	default: /* BULK */
		sst_buf_addf(
		    b, "{\"offset\":%" PRIu64 ",\"bytes\":%" PRIu64 "}", part->off, part->u);
	}
}

/* A time with what the file holds behind it, unless that is no time. */
static void
put_time(struct sst_buf *b, int64_t v, int64_t unit_us, int digits)
{
	char text[SST_TIME_LEN];
	int64_t us;

	if (v == INT64_MAX) {
		sst_buf_adds(b, "none");
		return;
	}
	if (v == 0 || v == INT64_MIN || __builtin_mul_overflow(v, unit_us, &us)) {
		sst_buf_addf(b, "%" PRId64, v);
		return;
	}
	sst_time_format(text, us, digits);
	sst_buf_addf(b, "%s (%" PRId64 ")", text, v);
}

/* Control characters would break the line, or the terminal. */
void
partvalue_text(struct sst_buf *b, struct sst_slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] == 0x7f)
			sst_buf_addf(b, "\\u%04x", s.p[i]);
		else
			sst_buf_addc(b, (char)s.p[i]);
}

void
partvalue_plain(struct sst_buf *b, const struct sst_part *part)
{
	switch (part->kind) {
	case SST_PART_TIME_US:
		put_time(b, part->i, 1, 6);
		break;
	case SST_PART_TIME_MS:
		put_time(b, part->i, 1000, 3);
		break;
	case SST_PART_TIME_S:
		put_time(b, part->i, SST_S_US, 0);
		break;
	case SST_PART_TEXT:
		partvalue_text(b, part->bytes);
		break;
	case SST_PART_UUID:
		sst_uuid_put(b, part->bytes.p);
		break;
	case SST_PART_HEX:
		sst_buf_addf(b, "0x%" PRIx64, part->u);
		break;
	case SST_PART_DOUBLE:
		put_double(b, part->d, false);
		break;
	case SST_PART_BULK:
		sst_buf_addf(b, "(%" PRIu64 " bytes)", part->u);
		break;
	case SST_PART_BOOL:
		sst_buf_adds(b, part->u ? "yes" : "no");
		break;
	default:
		partvalue_json(b, part);
	}
}
