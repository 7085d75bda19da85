/* libsst/schema/comparable.c: see comparable.h; each type has its own way to bytes in order. */
#include "schema/comparable.h"

#include "codec/out.h"
#include "schema/int.h"

/* A length so long that the number goes behind its length. */
#define VARINT_LONG 7

/* ---- strings: 00 ends them, so that zeros inside are followed by FF, many by FE … FF ---- */

static void
put_escaped(struct sst_buf *b, struct sst_slice s)
{
	const uint8_t *p = s.p, *end = s.p + s.n, *zero;

	while (p < end) {
		zero = memchr(p, 0, (size_t)(end - p));
		if (zero == NULL)
			break;
		sst_buf_add(b, p, (size_t)(zero - p) + 1);
		for (p = zero + 1; p < end && *p == 0; p++)
			sst_put_u8(b, 0xfe);
		sst_put_u8(b, p < end ? 0xff : 0xfe);
	}
	sst_buf_add(b, p, (size_t)(end - p));
	if (s.n == 0 || end[-1] != 0)
		sst_put_u8(b, 0);
}

/* ---- numbers ---- */

static void
put_be(struct sst_buf *b, uint64_t v, size_t width)
{
	while (width-- > 0)
		sst_put_u8(b, (uint8_t)(v >> 8 * width));
}

/* The sign turned over. */
static void
put_signed(struct sst_buf *b, struct sst_slice s)
{
	size_t at = b->n;

	sst_buf_add_slice(b, s);
	if (!b->bad)
		b->p[at] ^= 0x80;
}

/* Of a negative number all bits turned over, so that larger magnitudes come first. */
static void
put_real(struct sst_buf *b, struct sst_slice s)
{
	uint8_t flip = s.p[0] & 0x80 ? 0xff : 0;
	size_t i;

	for (i = 0; i < s.n; i++)
		sst_put_u8(b, (uint8_t)(s.p[i] ^ (i == 0 && flip == 0 ? 0x80 : flip)));
}

/* As many leading ones as there are bytes after the first, then a zero and the number. */
static void
put_unsigned(struct sst_buf *b, uint64_t v)
{
	size_t more = (size_t)(63 - __builtin_clzll(v | 1)) / 7;

	if (more >= 8) {
		sst_put_u8(b, 0xff);
		put_be(b, v, 8);
		return;
	}
	put_be(b, v | ((uint64_t)(uint8_t)(-256 >> more) << 8 * more), more + 1);
}

/* The same with the sign before, all turned over when it is negative. */
static void
put_integer(struct sst_buf *b, int64_t value)
{
	uint64_t minus = value < 0 ? UINT64_MAX : 0, v = (uint64_t)value ^ minus;
	size_t bytes = (size_t)(64 - __builtin_clzll(v | 1)) / 7 + 1;

	if (bytes >= 9) {
		sst_put_u8(b, (uint8_t)~minus);
		put_be(b, (v | UINT64_C(1) << 63) ^ minus, 8);
		return;
	}
	v |= (uint64_t)(uint8_t)(-256 >> bytes) << 8 * (bytes - 1);
	put_be(b, v ^ minus, bytes);
}

static void
put_varint(struct sst_buf *b, struct sst_slice s)
{
	uint8_t sign = s.p[0] & 0x80 ? 0xff : 0;
	size_t i = 0, start;
	int64_t v = sign == 0 ? 0 : -1;

	if (s.p[0] == sign)
		while (i + 1 < s.n && s.p[++i] == sign)
			;
	if (s.n - i < VARINT_LONG) {
		for (; i < s.n; i++)
			v = (int64_t)((uint64_t)v << 8 | s.p[i]);
		put_integer(b, v);
		return;
	}
	sst_put_u8(b, (uint8_t)~sign);
	start = b->n;
	put_unsigned(b, s.n - i - VARINT_LONG);
	for (; sign != 0 && !b->bad && start < b->n; start++)
		b->p[start] ^= 0xff;
	sst_buf_add(b, s.p + i, s.n - i);
}

/* Digit pairs of a number below 1, without the zeros at its end; i counts digits. */
static unsigned
pair(const char *digits, size_t n, size_t i, bool shifted)
{
	unsigned high = 0, low = 0;

	if (shifted) {
		high = i == 0 ? 0 : (unsigned)(digits[i - 1] - '0');
		low = i < n ? (unsigned)(digits[i] - '0') : 0;
	} else {
		high = (unsigned)(digits[i] - '0');
		low = i + 1 < n ? (unsigned)(digits[i + 1] - '0') : 0;
	}
	return 10 * high + low;
}

/*
 * A mantissa below 1 in base 100, leading pair first, each + 80.  Of a negative one the leading pair is
 * rounded down, so that what follows is positive again.
 */
static void
put_mantissa(struct sst_buf *b, const char *digits, size_t n, bool shifted, bool minus)
{
	size_t i, len = n + shifted;
	unsigned p;
	bool last;

	for (i = 0; i < len; i += 2) {
		p = pair(digits, n, i, shifted);
		last = i + 2 >= len;
		if (minus && i == 0)
			p = last ? 0 - p : 0 - p - 1;
		else if (minus)
			p = last ? 100 - p : 99 - p;
		sst_put_u8(b, (uint8_t)(p + 0x80));
	}
	sst_put_u8(b, 0);
}

static void
put_exponent(struct sst_buf *b, int64_t exponent, bool minus)
{
	int64_t e = minus ? -exponent : exponent;
	uint32_t size = (uint32_t)(e < 0 ? -e : e);
	unsigned len = size == 0 ? 0 : 4 - (unsigned)__builtin_clz(size) / 8;

	sst_put_u8(b, (uint8_t)(0x40 + (e < 0 ? 0 - len : len) + (minus ? 0 : 0x80)));
	put_be(b, (uint64_t)e, len);
}

static bool
put_decimal(struct sst_buf *b, struct sst_slice s)
{
	static const struct sst_type varint = { .kind = SST_VARINT, .fixed_len = -1 };
	struct sst_slice unscaled = { s.p + 4, s.n - 4 };
	int64_t scale, down;
	struct sst_buf text = { 0 };
	struct sst_err e;
	const char *digits;
	size_t n;
	bool minus;

	if (s.n < 5 || sst_type_to_string(&varint, unscaled, &text, &e) == -1 || text.bad) {
		sst_buf_free(&text);
		return false;
	}
	digits = (const char *)text.p;
	n = text.n;
	minus = *digits == '-';
	digits += minus;
	n -= minus;
	scale = (int32_t)sst_load_be32(s.p) - (int64_t)n;
	down = scale & ~INT64_C(1);
	while (n > 1 && digits[n - 1] == '0')
		n--;
	if (n == 1 && *digits == '0')
		sst_put_u8(b, 0x80);
	else {
		put_exponent(b, -down >> 1, minus);
		put_mantissa(b, digits, n, scale != down, minus);
	}
	sst_buf_free(&text);
	return true;
}

/* ---- uuids ---- */

/* The time of a version 1 uuid from its first 8 bytes, version above it, so that it compares. */
static uint64_t
reorder(uint64_t msb)
{
	return msb << 48 | (msb << 16 & UINT64_C(0xffff00000000)) | msb >> 32;
}

static void
put_uuid(struct sst_buf *b, enum sst_kind kind, struct sst_slice s)
{
	uint64_t high = sst_load_be64(s.p), low = sst_load_be64(s.p + 8), version;

	version = high >> 12 & 15;
	if (kind == SST_LEXICAL_UUID) {
		high ^= UINT64_C(1) << 63;
		low ^= UINT64_C(1) << 63;
	} else if (kind == SST_TIMEUUID) {
		high = reorder(high);
		low ^= UINT64_C(0x8080808080808080);
	} else if (version == 1)
		high = reorder(high);
	else
		high = version << 60 | (high >> 4 & UINT64_C(0x0ffffffffffff000)) | (high & 0xfff);
	put_be(b, high, 8);
	put_be(b, low, 8);
}

/* ---- values of values ---- */

static bool put_value(struct sst_buf *, const struct sst_type *, struct sst_slice, unsigned depth);

/* A part of a collection or tuple; those that say nothing have no bytes of their own. */
static bool
put_part(struct sst_buf *b, const struct sst_type *t, struct sst_slice v, unsigned depth)
{
	size_t at = b->n;

	sst_put_u8(b, SST_COMPARABLE_NEXT);
	if (v.p != NULL && !put_value(b, t, v, depth))
		return false;
	if (!b->bad && b->n == at + 1)
		b->p[at] = SST_COMPARABLE_NULL;
	return true;
}

static bool
put_collection(struct sst_buf *b, const struct sst_type *t, struct sst_slice s, unsigned depth)
{
	size_t per = t->kind == SST_MAP ? 2 : 1, i;
	struct sst_in in = sst_in_new(s, 0);
	uint64_t n = (uint64_t)sst_get_u32(&in) * per;
	struct sst_slice v;

	if (in.bad || n > sst_in_left(&in))
		return false;
	for (i = 0; i < n; i++)
		if (!sst_get_element(&in, &v) || !put_part(b, t->args[i % per], v, depth))
			return false;
	sst_put_u8(b, SST_COMPARABLE_END);
	return true;
}

/* Nulls at the end are left out. */
static bool
put_tuple(struct sst_buf *b, const struct sst_type *t, struct sst_slice s, unsigned depth)
{
	struct sst_in in = sst_in_new(s, 0);
	size_t i, end = b->n;
	struct sst_slice v;

	for (i = 0; i < t->nargs && sst_in_left(&in) > 0; i++) {
		if (!sst_get_element(&in, &v) || !put_part(b, t->args[i], v, depth))
			return false;
		if (v.p != NULL)
			end = b->n;
	}
	if (!b->bad)
		b->n = end;
	sst_put_u8(b, SST_COMPARABLE_END);
	return true;
}

static bool
put_vector(struct sst_buf *b, const struct sst_type *t, struct sst_slice s, unsigned depth)
{
	struct sst_in in = sst_in_new(s, 0);
	int each = t->args[0]->fixed_len;
	struct sst_slice v;
	uint32_t i;

	for (i = 0; i < t->dim; i++) {
		v = each >= 0 ? sst_get_bytes(&in, (size_t)each) : sst_get_bytesv(&in);
		if (in.bad || !put_part(b, t->args[0], v, depth))
			return false;
	}
	sst_put_u8(b, SST_COMPARABLE_END);
	return true;
}

static bool
put_fixed(struct sst_buf *b, const struct sst_type *t, struct sst_slice s)
{
	switch (t->kind) {
	case SST_TINYINT:
	case SST_SMALLINT:
	case SST_INT:
	case SST_TIMESTAMP:
		put_signed(b, s);
		return true;
	case SST_BIGINT:
		if (s.n == 8)
			put_integer(b, (int64_t)sst_load_be64(s.p));
		return s.n == 8;
	case SST_FLOAT:
	case SST_DOUBLE:
		put_real(b, s);
		return true;
	case SST_BOOLEAN:
		sst_put_u8(b, s.p[0] != 0);
		return true;
	case SST_DATE:
	case SST_TIME:
	case SST_LEGACY_TIMESTAMP:
		sst_buf_add_slice(b, s);
		return true;
	case SST_UUID:
	case SST_TIMEUUID:
	case SST_LEXICAL_UUID:
		if (s.n == 16)
			put_uuid(b, t->kind, s);
		return s.n == 16;
	default:
		return false;
	}
}

static bool
put_plain(struct sst_buf *b, const struct sst_type *t, struct sst_slice s, unsigned depth)
{
	switch (t->kind) {
	case SST_ASCII:
	case SST_BLOB:
	case SST_INET:
	case SST_TEXT:
	case SST_VARCHAR:
		put_escaped(b, s);
		return true;
	case SST_EMPTY:
		return true;
	default:
		break;
	}
	if (s.n == 0)
		return true; /* no bytes: whoever called says that it is empty */
	switch (t->kind) {
	case SST_VARINT:
		put_varint(b, s);
		return true;
	case SST_DECIMAL:
		return put_decimal(b, s);
	case SST_LIST:
	case SST_SET:
	case SST_MAP:
		return put_collection(b, t, s, depth - 1);
	case SST_TUPLE:
	case SST_UDT:
		return put_tuple(b, t, s, depth - 1);
	case SST_VECTOR:
		return put_vector(b, t, s, depth - 1);
	default:
		return put_fixed(b, t, s);
	}
}

static bool
put_value(struct sst_buf *b, const struct sst_type *t, struct sst_slice s, unsigned depth)
{
	size_t at = b->n;

	if (depth == 0 || !put_plain(b, t, s, depth))
		return false;
	for (; t->reversed && !b->bad && at < b->n; at++)
		b->p[at] ^= 0xff;
	return true;
}

bool
sst_comparable_clustering(struct sst_buf *b, const struct sst_type *const *types,
    const struct sst_slice *values, size_t n, int side)
{
	size_t i, at;

	for (i = 0; i < n; i++) {
		at = b->n;
		sst_put_u8(b, SST_COMPARABLE_NEXT);
		if (values[i].p != NULL && !put_value(b, types[i], values[i], SST_TYPE_DEPTH_MAX))
			return false;
		if (b->bad)
			return false;
		if (values[i].p == NULL)
			b->p[at] = SST_COMPARABLE_NULL;
		else if (b->n == at + 1)
			b->p[at] = types[i]->reversed ? SST_COMPARABLE_EMPTY_REVERSED
						      : SST_COMPARABLE_EMPTY;
	}
	sst_put_u8(b,
	    side == 0      ? SST_COMPARABLE_END
		: side < 0 ? SST_COMPARABLE_BEFORE
			   : SST_COMPARABLE_AFTER);
	return !b->bad;
}

void
sst_comparable_key_murmur3(struct sst_buf *b, int64_t token, struct sst_slice key)
{
	sst_put_u8(b, SST_COMPARABLE_NEXT);
	put_be(b, (uint64_t)token ^ UINT64_C(1) << 63, 8);
	sst_put_u8(b, SST_COMPARABLE_NEXT);
	put_escaped(b, key);
	sst_put_u8(b, SST_COMPARABLE_END);
}

void
sst_comparable_key_ordered(struct sst_buf *b, struct sst_slice key)
{
	sst_put_u8(b, SST_COMPARABLE_NEXT);
	put_escaped(b, key);
	sst_put_u8(b, SST_COMPARABLE_NEXT);
	put_escaped(b, key);
	sst_put_u8(b, SST_COMPARABLE_END);
}
