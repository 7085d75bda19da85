/*
 * libsst/schema/bignum.c: varint, a two's complement integer of any length, and decimal, a scale of
 * 4 bytes before such an integer: value = integer / 10^scale.
 *
 * Own code, since GMP ends the process where there is no memory.  Changing the base takes time with
 * the square of the length, so texts are made only of integers up to BYTES_MAX (28 ms each);
 * comparing and storing know no such limit.
 */
#include <math.h>

#include "schema/int.h"

#define BYTES_MAX 16384
#define DIGITS_MAX 39457 /* of BYTES_MAX bytes */
#define LIMBS (BYTES_MAX / 8 + 4)
#define E19 UINT64_C(10000000000000000000) /* the largest power of ten in a limb */

struct mag { /* a magnitude: limbs, the least first, none of them 0 at the end */
	uint64_t v[LIMBS];
	size_t n;
};

static void
trim(struct mag *m)
{
	while (m->n > 0 && m->v[m->n - 1] == 0)
		m->n--;
}

/* |s|; false when it is too long.  Empty is 0. */
static bool
load(struct mag *m, struct sst_slice s)
{
	bool minus = s.n > 0 && s.p[0] & 0x80;
	uint64_t carry = minus, w;
	size_t i, j;

	if (s.n > BYTES_MAX)
		return false;
	m->n = (s.n + 7) / 8;
	for (i = 0; i < m->n; i++) {
		w = minus ? UINT64_MAX : 0;
		for (j = 0; j < 8 && 8 * i + j < s.n; j++) {
			w &= ~(UINT64_C(0xff) << 8 * j);
			w |= (uint64_t)s.p[s.n - 1 - 8 * i - j] << 8 * j;
		}
		m->v[i] = (minus ? ~w : w) + carry;
		carry = carry && m->v[i] == 0;
	}
	if (carry) /* the minimum of its width */
		m->v[m->n++] = 1;
	trim(m);
	return true;
}

/* m = m * by + add; by the caller's arithmetic there is room. */
static void
mul_add(struct mag *m, uint64_t by, uint64_t add)
{
	unsigned __int128 t = add;
	size_t i;

	for (i = 0; i < m->n; i++) {
		t += (unsigned __int128)m->v[i] * by;
		m->v[i] = (uint64_t)t;
		t >>= 64;
	}
	if (t != 0)
		m->v[m->n++] = (uint64_t)t;
}

/* m = m / 10^19; the remainder is returned. */
static uint64_t
div_e19(struct mag *m)
{
	unsigned __int128 t;
	uint64_t rest = 0;
	size_t i;

	for (i = m->n; i-- > 0;) {
		t = (unsigned __int128)rest << 64 | m->v[i];
		m->v[i] = (uint64_t)(t / E19);
		rest = (uint64_t)(t % E19);
	}
	trim(m);
	return rest;
}

/* Appends the decimal digits of m, which becomes 0. */
static void
put_digits(struct mag *m, struct sst_buf *b)
{
	uint64_t parts[LIMBS + LIMBS / 64 + 1]; /* 64 bits are more than 19 digits */
	size_t n = 0;

	do
		parts[n++] = div_e19(m);
	while (m->n > 0);
	sst_buf_addf(b, "%ju", (uintmax_t)parts[--n]);
	while (n > 0)
		sst_buf_addf(b, "%019ju", (uintmax_t)parts[--n]);
}

static int
fail_long(size_t n, struct sst_err *e)
{
	return sst_fail(e, SST_ELIMIT, NULL, SST_NOWHERE,
	    "an integer of %zu bytes is too long for text (limit %d)", n, BYTES_MAX);
}

/* A number of up to 8 bytes. */
static int64_t
small(struct sst_slice s)
{
	uint64_t v = s.n > 0 && s.p[0] & 0x80 ? UINT64_MAX : 0;
	size_t i;

	for (i = 0; i < s.n; i++)
		v = v << 8 | s.p[i];
	return (int64_t)v;
}

static int
put_integer(struct sst_slice s, struct sst_buf *b, struct sst_err *e)
{
	struct mag m;

	if (s.n <= 8) {
		sst_put_i64(b, small(s));
		return 0;
	}
	if (!load(&m, s))
		return fail_long(s.n, e);
	if (s.p[0] & 0x80)
		sst_buf_addc(b, '-');
	put_digits(&m, b);
	return 0;
}

/* Digits, of which those at and after `skip` are one place further on (a decimal point is there). */
static int
read_digits(struct mag *m, const uint8_t *p, size_t n, size_t skip, struct sst_err *e)
{
	uint64_t part = 0, scale = 1;
	size_t i;

	m->n = 0;
	if (n > DIGITS_MAX)
		return sst_fail(e, SST_ELIMIT, NULL, SST_NOWHERE, "a number of %zu digits", n);
	for (i = 0; i < n; i++) {
		part = part * 10 + (p[i + (i >= skip)] - (unsigned)'0');
		scale *= 10;
		if (scale == E19 || i + 1 == n) {
			mul_add(m, scale, part);
			part = 0;
			scale = 1;
		}
	}
	trim(m);
	return 0;
}

/* Appends m, negated if minus, in the fewest bytes of two's complement. */
static void
store(struct mag *m, bool minus, struct sst_buf *b)
{
	uint64_t carry = minus;
	bool started = false;
	size_t i;
	int j;

	m->v[m->n++] = 0; /* room for the sign */
	for (i = 0; i < m->n && minus; i++) {
		m->v[i] = ~m->v[i] + carry;
		carry = carry && m->v[i] == 0;
	}
	minus = m->v[m->n - 1] >> 63; /* not when it was -0 */
	for (i = m->n; i-- > 0;)
		for (j = 7; j >= 0; j--) {
			uint8_t byte = (uint8_t)(m->v[i] >> 8 * j & 0xff);
			int next = j > 0 ? (int)(m->v[i] >> (8 * j - 1) & 1)
			    : i > 0      ? (int)(m->v[i - 1] >> 63)
					 : 2; /* the last byte is always there */

			started = started || byte != (minus ? 0xff : 0) || next != minus;
			if (started)
				sst_put_u8(b, byte);
		}
}

static int
validate_varint(const struct sst_type *t, struct sst_slice s, struct sst_err *e)
{
	(void)t, (void)s, (void)e;
	return 0;
}

static int
print_varint(const struct sst_type *t, struct sst_slice s, enum sst_form form, struct sst_buf *b,
    struct sst_err *e)
{
	(void)t, (void)form;
	return put_integer(s, b, e);
}

static int
read_varint(const struct sst_type *t, struct sst_slice text, struct sst_buf *b, struct sst_err *e)
{
	bool minus = text.n > 0 && text.p[0] == '-';
	size_t i, sign = text.n > 0 && (minus || text.p[0] == '+');
	struct mag m;

	for (i = sign; i < text.n; i++)
		if (text.p[i] < '0' || text.p[i] > '9')
			return sst_fail_text(t, text, e);
	if (text.n == sign)
		return sst_fail_text(t, text, e);
	if (read_digits(&m, text.p + sign, text.n - sign, SIZE_MAX, e) == -1)
		return -1;
	store(&m, minus, b);
	return 0;
}

/* Without the bytes that only repeat the sign, all but the last. */
static struct sst_slice
significant(struct sst_slice s)
{
	uint8_t sign = s.n > 0 && s.p[0] & 0x80 ? 0xff : 0;

	while (s.n > 1 && s.p[0] == sign && (s.p[1] & 0x80) == (sign & 0x80)) {
		s.p++;
		s.n--;
	}
	return s;
}

/* Of two integers that are not empty. */
static int
compare_integers(struct sst_slice a, struct sst_slice b)
{
	int sign_a = a.p[0] & 0x80 ? -1 : 1, sign_b = b.p[0] & 0x80 ? -1 : 1;

	if (sign_a != sign_b)
		return sign_a;
	a = significant(a);
	b = significant(b);
	if (a.n != b.n)
		return a.n > b.n ? sign_a : -sign_a;
	return memcmp(a.p, b.p, a.n);
}

static int
compare_varint(const struct sst_type *t, struct sst_slice a, struct sst_slice b)
{
	int c = sst_compare_empty(a, b);

	(void)t;
	return c != 2 ? c : compare_integers(a, b);
}

const struct sst_kind_ops sst_ops_varint = { "varint", "IntegerType", 0, -1,
	SST_EMPTY_OK | SST_NDJSON_QUOTED, SST_LIT_INTEGER, compare_varint, validate_varint,
	print_varint, read_varint };

static struct sst_slice
unscaled(struct sst_slice s)
{
	return significant((struct sst_slice){ s.p + 4, s.n - 4 });
}

static int64_t
scale_of(struct sst_slice s)
{
	return (int32_t)sst_load_be32(s.p);
}

static int
sign_of(struct sst_slice s) /* of a significant() integer */
{
	return s.n == 0 || (s.n == 1 && s.p[0] == 0) ? 0 : s.p[0] & 0x80 ? -1 : 1;
}

/* log2 of the magnitude, right to some 2^-50. */
static double
log2_of(struct sst_slice s)
{
	struct sst_slice top = { s.p, s.n < 8 ? s.n : 8 };
	int64_t v = small(top);

	if (s.n > 8 && s.p[0] == 0) { /* the first byte only says that it is not negative */
		top.p++;
		v = (int64_t)(sst_load_be64(top.p) >> 1);
		return log2((double)v) + 8.0 * (double)(s.n - 9) + 1;
	}
	return log2(fabs((double)v)) + 8.0 * (double)(s.n - top.n);
}

static void
mul_pow10(struct mag *m, int64_t n)
{
	for (; n >= 19; n -= 19)
		mul_add(m, E19, 0);
	for (; n > 0; n--)
		mul_add(m, 10, 0);
}

static int
compare_mags(const struct mag *a, const struct mag *b)
{
	size_t i;

	if (a->n != b->n)
		return SST_CMP(a->n, b->n);
	for (i = a->n; i-- > 0;)
		if (a->v[i] != b->v[i])
			return SST_CMP(a->v[i], b->v[i]);
	return 0;
}

/* Magnitudes a / 10^sa and b / 10^sb, neither 0: by logarithms where they tell, else exactly. */
static int
compare_scaled(struct sst_slice a, int64_t sa, struct sst_slice b, int64_t sb)
{
	const double log2_10 = 3.3219280948873623;
	double d = log2_of(a) - log2_of(b) - (double)(sa - sb) * log2_10;
	struct mag x, y;

	if (fabs(d) > 0.001)
		return d < 0 ? -1 : 1;
	/* Nearly equal: scaling by 10^|sa - sb| makes one about as long as the other is. */
	if (!load(&x, a) || !load(&y, b))
		return SST_CMP(a.n, b.n);
	if (sa < sb)
		mul_pow10(&x, sb - sa);
	else
		mul_pow10(&y, sa - sb);
	return compare_mags(&x, &y);
}

static int
compare_decimal(const struct sst_type *t, struct sst_slice a, struct sst_slice b)
{
	struct sst_slice x, y;
	int c = sst_compare_empty(a, b), sx, sy;

	(void)t;
	if (c != 2)
		return c;
	if (a.n <= 4 || b.n <= 4) /* damaged: no integer after the scale */
		return sst_slice_cmp(a, b);
	x = unscaled(a);
	y = unscaled(b);
	sx = sign_of(x);
	sy = sign_of(y);
	if (sx != sy || sx == 0)
		return SST_CMP(sx, sy);
	if (scale_of(a) == scale_of(b))
		return compare_integers(x, y);
	return sx * compare_scaled(x, scale_of(a), y, scale_of(b));
}

static int
validate_decimal(const struct sst_type *t, struct sst_slice s, struct sst_err *e)
{
	return s.n > 4 ? 0 : sst_fail_value(t, s, e);
}

/* BigDecimal.toString: plain while the exponent is not positive and not below -6. */
static int
print_decimal(const struct sst_type *t, struct sst_slice s, enum sst_form form, struct sst_buf *b,
    struct sst_err *e)
{
	struct sst_buf text = { 0 };
	int64_t scale, exp, n, i;
	const uint8_t *p;

	(void)form;
	if (s.n <= 4)
		return sst_fail_value(t, s, e);
	if (put_integer((struct sst_slice){ s.p + 4, s.n - 4 }, &text, e) == -1)
		return -1;
	if (text.bad) {
		sst_buf_free(&text);
		return sst_fail_nomem(e);
	}
	p = text.p;
	n = (int64_t)text.n;
	if (*p == '-') {
		sst_buf_addc(b, (char)*p++);
		n--;
	}
	scale = scale_of(s);
	exp = n - 1 - scale;
	if (scale >= 0 && exp >= -6) {
		if (exp < 0)
			sst_buf_adds(b, "0.");
		for (i = exp; i < -1; i++)
			sst_buf_addc(b, '0');
		for (i = 0; i < n; i++) {
			if (i > 0 && i == n - scale)
				sst_buf_addc(b, '.');
			sst_buf_addc(b, (char)p[i]);
		}
	} else {
		sst_buf_addc(b, (char)p[0]);
		if (n > 1)
			sst_buf_addc(b, '.');
		sst_buf_add(b, p + 1, (size_t)n - 1);
		if (exp != 0)
			sst_buf_addf(b, "E%+jd", (intmax_t)exp);
	}
	sst_buf_free(&text);
	return 0;
}

/* [sign] digits [. digits] [e [sign] digits] */
static int
read_decimal(const struct sst_type *t, struct sst_slice text, struct sst_buf *b, struct sst_err *e)
{
	bool minus = text.n > 0 && text.p[0] == '-';
	size_t sign = text.n > 0 && (minus || text.p[0] == '+'), i, point = SIZE_MAX, n;
	struct sst_slice exp;
	int64_t scale = 0;
	struct mag m;

	for (i = sign; i < text.n && (text.p[i] | 0x20) != 'e'; i++) {
		if (text.p[i] == '.' && point == SIZE_MAX)
			point = i - sign;
		else if (text.p[i] < '0' || text.p[i] > '9')
			return sst_fail_text(t, text, e);
	}
	n = i - sign - (point != SIZE_MAX);
	if (i < text.n) {
		exp = (struct sst_slice){ text.p + i + 1, text.n - i - 1 };
		if (!sst_read_i64(exp, &scale) || scale != (int32_t)scale)
			return sst_fail_text(t, text, e);
	}
	scale = (point == SIZE_MAX ? 0 : (int64_t)(n - point)) - scale;
	if (n == 0 || scale != (int32_t)scale)
		return sst_fail_text(t, text, e);
	if (read_digits(&m, text.p + sign, n, point, e) == -1)
		return -1;
	sst_put_u32(b, (uint32_t)scale);
	store(&m, minus, b);
	return 0;
}

const struct sst_kind_ops sst_ops_decimal = { "decimal", "DecimalType", 0, -1,
	SST_EMPTY_OK | SST_NDJSON_QUOTED, SST_LIT_INTEGER | SST_LIT_FLOAT, compare_decimal,
	validate_decimal, print_decimal, read_decimal };
