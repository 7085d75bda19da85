/*
 * libsst/schema/numbers.c: integers of a fixed width, boolean, counter, float and double
 * (formats/types.md).
 */
#include "schema/int.h"

void
sst_put_i64(struct sst_buf *b, int64_t v)
{
	static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930"
				    "31323334353637383940414243444546474849505152535455565758596061"
				    "62636465666768697071727374757677787980818283848586878889909192"
				    "93949596979899";
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	char text[20], *p = text + sizeof(text);

	for (; u >= 100; u /= 100)
		memcpy(p -= 2, pairs + 2 * (u % 100), 2);
	if (u >= 10)
		memcpy(p -= 2, pairs + 2 * u, 2);
	else
		*--p = (char)('0' + u);
	if (v < 0)
		*--p = '-';
	sst_buf_add(b, p, (size_t)(text + sizeof(text) - p));
}

bool
sst_read_i64(struct sst_slice s, int64_t *out)
{
	bool minus = s.n > 0 && s.p[0] == '-';
	size_t i = s.n > 0 && (minus || s.p[0] == '+');

	*out = 0;
	if (i == s.n)
		return false;
	for (; i < s.n; i++) {
		int d = s.p[i] - '0';

		if (d < 0 || d > 9 || __builtin_mul_overflow(*out, 10, out) ||
		    __builtin_sub_overflow(*out, d, out)) /* counts down: the minimum fits */
			return false;
	}
	return minus || !__builtin_mul_overflow(*out, -1, out);
}

int
sst_validate_width(const struct sst_type *t, struct sst_slice s, struct sst_err *e)
{
	return s.n == sst_ops(t)->width ? 0 : sst_fail_value(t, s, e);
}

static int
print_integer(const struct sst_type *t, struct sst_slice s, enum sst_form form, struct sst_buf *b,
    struct sst_err *e)
{
	size_t width = sst_ops(t)->width;
	struct sst_in in = sst_in_new(s, 0);
	unsigned up = (unsigned)(64 - 8 * width);

	(void)form;
	if (s.n != width)
		return sst_fail_value(t, s, e);
	sst_put_i64(b, (int64_t)(sst_get_be(&in, width) << up) >> up);
	return 0;
}

static int
read_integer(const struct sst_type *t, struct sst_slice text, struct sst_buf *b, struct sst_err *e)
{
	size_t width = sst_ops(t)->width;
	unsigned up = (unsigned)(64 - 8 * width);
	int64_t v;
	uint64_t be;

	if (!sst_read_i64(text, &v) || (int64_t)((uint64_t)v << up) >> up != v)
		return sst_fail_text(t, text, e);
	be = __builtin_bswap64((uint64_t)v << up);
	sst_buf_add(b, &be, width);
	return 0;
}

const struct sst_kind_ops sst_ops_bigint = { "bigint", "LongType", 8, 8,
	SST_EMPTY_OK | SST_NDJSON_QUOTED, SST_LIT_INTEGER, sst_compare_signed, sst_validate_width,
	print_integer, read_integer };
const struct sst_kind_ops sst_ops_int = { "int", "Int32Type", 4, 4, SST_EMPTY_OK, SST_LIT_INTEGER,
	sst_compare_signed, sst_validate_width, print_integer, read_integer };
const struct sst_kind_ops sst_ops_smallint = { "smallint", "ShortType", 2, -1, 0, SST_LIT_INTEGER,
	sst_compare_signed, sst_validate_width, print_integer, read_integer };
const struct sst_kind_ops sst_ops_tinyint = { "tinyint", "ByteType", 1, -1, 0, SST_LIT_INTEGER,
	sst_compare_signed, sst_validate_width, print_integer, read_integer };

static int
compare_boolean(const struct sst_type *t, struct sst_slice a, struct sst_slice b)
{
	int c = sst_compare_empty(a, b);

	(void)t;
	return c != 2 ? c : (a.p[0] != 0) - (b.p[0] != 0);
}

static int
print_boolean(const struct sst_type *t, struct sst_slice s, enum sst_form form, struct sst_buf *b,
    struct sst_err *e)
{
	(void)form;
	if (s.n != 1)
		return sst_fail_value(t, s, e);
	sst_buf_adds(b, s.p[0] != 0 ? "true" : "false");
	return 0;
}

static bool
is_word(struct sst_slice s, const char *lower)
{
	size_t i, n = strlen(lower);

	for (i = 0; i < n && i < s.n && (s.p[i] | 0x20) == lower[i]; i++)
		;
	return i == n && i == s.n;
}

static int
read_boolean(const struct sst_type *t, struct sst_slice text, struct sst_buf *b, struct sst_err *e)
{
	bool yes = is_word(text, "true");

	if (!yes && text.n > 0 && !is_word(text, "false"))
		return sst_fail_text(t, text, e);
	sst_put_u8(b, yes);
	return 0;
}

const struct sst_kind_ops sst_ops_boolean = { "boolean", "BooleanType", 1, 1, SST_EMPTY_OK,
	SST_LIT_BOOLEAN, compare_boolean, sst_validate_width, print_boolean, read_boolean };

/*
 * A counter's cell is a context: a count of headers (2 bytes), that many headers of 2 bytes, and
 * shards of 32 bytes, an id (16), a clock (8) and a count (8).  Its value is the sum of the counts.
 * Outside of cells it is the sum itself, 8 bytes.
 */
static bool
counter_total(struct sst_slice s, int64_t *out)
{
	struct sst_in in = sst_in_new(s, 0);
	int16_t headers;
	uint64_t sum = 0;

	*out = 0;
	if (s.n == 8) {
		*out = (int64_t)sst_load_be64(s.p);
		return true;
	}
	headers = (int16_t)sst_get_u16(&in);
	sst_get_bytes(&in, headers > 0 ? 2 * (size_t)headers : 0);
	if (in.bad || sst_in_left(&in) % 32 != 0)
		return false;
	while (sst_in_left(&in) > 0) {
		sst_get_bytes(&in, 24);
		sum += sst_get_u64(&in);
	}
	*out = (int64_t)sum;
	return true;
}

static int
validate_counter(const struct sst_type *t, struct sst_slice s, struct sst_err *e)
{
	int64_t v;

	return counter_total(s, &v) ? 0 : sst_fail_value(t, s, e);
}

static int
print_counter(const struct sst_type *t, struct sst_slice s, enum sst_form form, struct sst_buf *b,
    struct sst_err *e)
{
	int64_t v;

	if (form == SST_FORM_STRING) {
		sst_hex_put(b, s);
		return 0;
	}
	if (!counter_total(s, &v))
		return sst_fail_value(t, s, e);
	sst_put_i64(b, v);
	return 0;
}

static int
read_counter(const struct sst_type *t, struct sst_slice text, struct sst_buf *b, struct sst_err *e)
{
	if (!sst_hex_get(text, b))
		return sst_fail_text(t, text, e);
	return 0;
}

const struct sst_kind_ops sst_ops_counter = { "counter", "CounterColumnType", 0, -1,
	SST_EMPTY_OK | SST_NDJSON_QUOTED, SST_LIT_INTEGER, sst_compare_bytes, validate_counter,
	print_counter, read_counter };

/* Java's order: -0.0 before 0.0, and a NaN after all else and equal to every other NaN. */
static int
compare_ieee(uint64_t a, uint64_t b, uint64_t infinity, uint64_t sign)
{
	bool nan_a = (a & ~sign) > infinity, nan_b = (b & ~sign) > infinity;

	if (nan_a || nan_b)
		return nan_a - nan_b;
	a = a & sign ? ~a & (sign | (sign - 1)) : a | sign; /* so that it orders as unsigned */
	b = b & sign ? ~b & (sign | (sign - 1)) : b | sign;
	return SST_CMP(a, b);
}

static int
compare_float(const struct sst_type *t, struct sst_slice a, struct sst_slice b)
{
	if (a.n != 4 || b.n != 4)
		return sst_compare_signed(t, a, b);
	return compare_ieee(sst_load_be32(a.p), sst_load_be32(b.p), 0x7f800000, 0x80000000);
}

static int
compare_double(const struct sst_type *t, struct sst_slice a, struct sst_slice b)
{
	if (a.n != 8 || b.n != 8)
		return sst_compare_signed(t, a, b);
	return compare_ieee(sst_load_be64(a.p), sst_load_be64(b.p), UINT64_C(0x7ff0000000000000),
	    UINT64_C(1) << 63);
}

/* JSON has no NaN or infinities: Cassandra prints null; in NDJSON they are strings, so that nothing
 * is lost, as its JSON input takes them. */
static bool
is_finite(const struct sst_type *t, struct sst_slice s)
{
	if (t->kind == SST_FLOAT)
		return (sst_load_be32(s.p) & 0x7f800000) != 0x7f800000;
	return (sst_load_be64(s.p) >> 52 & 0x7ff) != 0x7ff;
}

static int
print_real(const struct sst_type *t, struct sst_slice s, enum sst_form form, struct sst_buf *b,
    struct sst_err *e)
{
	char text[SST_REAL_LEN];
	bool quoted;

	if (s.n != sst_ops(t)->width)
		return sst_fail_value(t, s, e);
	quoted = form == SST_FORM_NDJSON && !is_finite(t, s);
	if (form == SST_FORM_JSON && !is_finite(t, s)) {
		sst_buf_adds(b, "null");
		return 0;
	}
	if (t->kind == SST_FLOAT)
		sst_format_float(sst_load_be32(s.p), text);
	else
		sst_format_double(sst_load_be64(s.p), text);
	if (quoted)
		sst_buf_addc(b, '"');
	sst_buf_adds(b, text);
	if (quoted)
		sst_buf_addc(b, '"');
	return 0;
}

static int
read_real(const struct sst_type *t, struct sst_slice text, struct sst_buf *b, struct sst_err *e)
{
	int r = t->kind == SST_FLOAT ? sst_read_float(text, b) : sst_read_double(text, b);

	return r == 0 ? 0 : sst_fail_text(t, text, e);
}

const struct sst_kind_ops sst_ops_float = { "float", "FloatType", 4, 4, SST_EMPTY_OK,
	SST_LIT_INTEGER | SST_LIT_FLOAT, compare_float, sst_validate_width, print_real, read_real };
const struct sst_kind_ops sst_ops_double = { "double", "DoubleType", 8, 8, SST_EMPTY_OK,
	SST_LIT_INTEGER | SST_LIT_FLOAT, compare_double, sst_validate_width, print_real,
	read_real };
