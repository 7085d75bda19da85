/* libsst/schema/uuid.c: uuid, timeuuid and LexicalUUIDType: three orders of the same 16 bytes. */
#include "base/uuid.h"
#include "schema/int.h"

/* The time of a version 1 uuid from its first 8 bytes, version above it, so that it compares. */
static uint64_t
reorder(uint64_t msb)
{
	return msb << 48 | (msb << 16 & UINT64_C(0xffff00000000)) | msb >> 32;
}

static int
compare_lengths(struct sst_slice a, struct sst_slice b)
{
	return (a.n == 16) - (b.n == 16);
}

/* By version; version 1 by time, others by bytes; then the last 8 bytes unsigned. */
static int
compare_uuid(const struct sst_type *t, struct sst_slice a, struct sst_slice b)
{
	uint64_t x, y;
	int c;

	(void)t;
	if (a.n != 16 || b.n != 16)
		return compare_lengths(a, b);
	x = sst_load_be64(a.p);
	y = sst_load_be64(b.p);
	c = SST_CMP(x >> 12 & 15, y >> 12 & 15);
	if (c == 0 && (x >> 12 & 15) == 1)
		c = SST_CMP(reorder(x), reorder(y));
	else if (c == 0)
		c = SST_CMP(x, y);
	return c != 0 ? c : memcmp(a.p + 8, b.p + 8, 8);
}

/* By time, then the last 8 bytes as signed ones: Cassandra's order since its first release. */
static int
compare_timeuuid(const struct sst_type *t, struct sst_slice a, struct sst_slice b)
{
	const uint64_t high = UINT64_C(0x8080808080808080);
	uint64_t x, y;

	(void)t;
	if (a.n != 16 || b.n != 16)
		return compare_lengths(a, b);
	x = reorder(sst_load_be64(a.p));
	y = reorder(sst_load_be64(b.p));
	if (x != y)
		return SST_CMP((int64_t)x, (int64_t)y);
	x = sst_load_be64(a.p + 8) ^ high;
	y = sst_load_be64(b.p + 8) ^ high;
	return SST_CMP(x, y);
}

/* Java's UUID.compareTo: both halves signed. */
static int
compare_lexical(const struct sst_type *t, struct sst_slice a, struct sst_slice b)
{
	int64_t x, y;

	(void)t;
	if (a.n != 16 || b.n != 16)
		return compare_lengths(a, b);
	x = (int64_t)sst_load_be64(a.p);
	y = (int64_t)sst_load_be64(b.p);
	if (x == y) {
		x = (int64_t)sst_load_be64(a.p + 8);
		y = (int64_t)sst_load_be64(b.p + 8);
	}
	return SST_CMP(x, y);
}

static int
validate_timeuuid(const struct sst_type *t, struct sst_slice s, struct sst_err *e)
{
	return s.n == 16 && s.p[6] >> 4 == 1 ? 0 : sst_fail_value(t, s, e);
}

static int
print_uuid(const struct sst_type *t, struct sst_slice s, enum sst_form form, struct sst_buf *b,
    struct sst_err *e)
{
	if (s.n != 16)
		return sst_fail_value(t, s, e);
	if (form == SST_FORM_CQL && t->kind == SST_LEXICAL_UUID) { /* no type of CQL: bytes */
		sst_buf_adds(b, "0x");
		sst_hex_put(b, s);
		return 0;
	}
	sst_uuid_put(b, s.p);
	return 0;
}

static int
read_uuid(const struct sst_type *t, struct sst_slice text, struct sst_buf *b, struct sst_err *e)
{
	char hex[32];
	size_t i, n = 0, from = b->n;

	if (text.n != 36)
		return sst_fail_text(t, text, e);
	for (i = 0; i < 36; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (text.p[i] != '-')
				return sst_fail_text(t, text, e);
		} else
			hex[n++] = (char)text.p[i];
	}
	if (!sst_hex_get((struct sst_slice){ (const uint8_t *)hex, 32 }, b) ||
	    (t->kind == SST_TIMEUUID && !b->bad && b->p[from + 6] >> 4 != 1))
		return sst_fail_text(t, text, e);
	return 0;
}

const struct sst_kind_ops sst_ops_uuid = { "uuid", "UUIDType", 16, 16,
	SST_EMPTY_OK | SST_JSON_QUOTED, SST_LIT_UUID, compare_uuid, sst_validate_width, print_uuid,
	read_uuid };
const struct sst_kind_ops sst_ops_timeuuid = { "timeuuid", "TimeUUIDType", 16, 16,
	SST_EMPTY_OK | SST_JSON_QUOTED, SST_LIT_UUID, compare_timeuuid, validate_timeuuid,
	print_uuid, read_uuid };
const struct sst_kind_ops sst_ops_lexical_uuid = { NULL, "LexicalUUIDType", 16, 16,
	SST_EMPTY_OK | SST_JSON_QUOTED, SST_LIT_UUID | SST_LIT_HEX, compare_lexical,
	sst_validate_width, print_uuid, read_uuid };
