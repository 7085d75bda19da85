/*
 * libsst/schema/real.c: the digits that Java prints for floating-point numbers.
 *
 * The number is B / S * 10^exp with big integers B and S and 1 <= B / S < 10.  Digits are taken off
 * one after the other until what remains is within half a unit in the last place, M, of the value:
 * "low" when the digits so far are close enough from below, "high" when one more in the last place
 * is from above.  What makes the output Java's own and not the shortest: the same M below and above
 * a power of two, an estimate of the exponent, two digits at least in the form with an exponent, and
 * a strict comparison for "high" where the numbers fit in 64 bits.
 */
#include "schema/real.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include "codec/out.h"

#define LIMBS 80 /* 2560 bits; the largest of B, S and M has about 2300 */
#define DIGITS 26

struct big { /* limbs, the least first */
	uint32_t v[LIMBS];
	int n;
};

struct digits {
	char d[DIGITS];
	int n;
	int exp; /* the value is 0.ddd * 10^exp */
};

static void
big_set(struct big *b, uint64_t v)
{
	b->v[0] = (uint32_t)v;
	b->v[1] = (uint32_t)(v >> 32);
	b->n = b->v[1] != 0 ? 2 : b->v[0] != 0;
}

static void
big_mul(struct big *b, uint32_t m)
{
	uint64_t carry = 0;
	int i;

	for (i = 0; i < b->n; i++) {
		carry += (uint64_t)b->v[i] * m;
		b->v[i] = (uint32_t)carry;
		carry >>= 32;
	}
	if (carry != 0)
		b->v[b->n++] = (uint32_t)carry;
}

static void
big_mul_pow5(struct big *b, int n)
{
	for (; n >= 13; n -= 13)
		big_mul(b, 1220703125);
	for (; n > 0; n--)
		big_mul(b, 5);
}

static void
big_shift(struct big *b, int bits)
{
	int limbs = bits / 32, i;

	if (b->n == 0)
		return;
	big_mul(b, UINT32_C(1) << bits % 32);
	memmove(b->v + limbs, b->v, (size_t)b->n * sizeof(b->v[0]));
	for (i = 0; i < limbs; i++)
		b->v[i] = 0;
	b->n += limbs;
}

static int
big_cmp(const struct big *a, const struct big *b)
{
	int i;

	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	for (i = a->n; i-- > 0;)
		if (a->v[i] != b->v[i])
			return a->v[i] < b->v[i] ? -1 : 1;
	return 0;
}

static void
big_sub(struct big *a, const struct big *b) /* a >= b */
{
	int64_t borrow = 0;
	int i;

	for (i = 0; i < a->n; i++) {
		borrow += (int64_t)a->v[i] - (i < b->n ? b->v[i] : 0);
		a->v[i] = (uint32_t)borrow;
		borrow >>= 32;
	}
	while (a->n > 0 && a->v[a->n - 1] == 0)
		a->n--;
}

/* The order of a and b + c. */
static int
big_cmp_sum(const struct big *a, const struct big *b, const struct big *c)
{
	struct big sum;
	uint64_t carry = 0;
	int i;

	for (i = 0; i < b->n || i < c->n; i++) {
		carry += (uint64_t)(i < b->n ? b->v[i] : 0) + (i < c->n ? c->v[i] : 0);
		sum.v[i] = (uint32_t)carry;
		carry >>= 32;
	}
	if (carry != 0)
		sum.v[i++] = (uint32_t)carry;
	sum.n = i;
	return big_cmp(a, &sum);
}

/* Takes the whole part of b / s, which is below 10, and leaves ten times the rest in b. */
static int
big_digit(struct big *b, const struct big *s)
{
	int q;

	for (q = 0; big_cmp(b, s) >= 0; q++)
		big_sub(b, s);
	big_mul(b, 10);
	return q;
}

static int
bits_of_pow5(int n) /* an estimate, never too low */
{
	static const int8_t bits[] = { 0, 3, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28, 31, 33, 35,
		38, 40, 42, 45, 47, 49, 52, 54, 56, 59, 61 };

	return n < (int)sizeof(bits) ? bits[n] : 3 * n;
}

static uint64_t
pow5(int n)
{
	uint64_t v = 1;

	while (n-- > 0)
		v *= 5;
	return v;
}

static void
round_up(struct digits *d)
{
	int i = d->n - 1;

	while (i > 0 && d->d[i] == '9')
		d->d[i--] = '0';
	if (d->d[i] == '9') {
		d->d[i] = '1';
		d->exp++;
	} else
		d->d[i]++;
}

struct scale { /* powers of 2 and 5 in B, S and M */
	int b2, b5, s2, s5, m2, m5;
	int nbits; /* that matter in the mantissa */
};

/* How far the digits may be off, and what is left when they are close enough. */
struct stop {
	bool low, high;
	int left; /* order of twice what is left and one in the last place */
};

/* Stores the digit, unless it is a first one of 0. */
static void
add_digit(struct digits *d, int q, bool high)
{
	if (q == 0 && !high && d->n == 0)
		d->exp--;
	else
		d->d[d->n++] = (char)('0' + q);
}

/* The form with an exponent has two digits at least, so the first is never the last. */
static void
want_two(const struct digits *d, struct stop *stop)
{
	if (d->exp < -3 || d->exp >= 8)
		stop->low = stop->high = false;
}

/* As Java's int or long: both wrap, and sometimes do. */
static int64_t
wrap(uint64_t v, bool wide)
{
	return wide ? (int64_t)v : (int32_t)(uint32_t)v;
}

/* With numbers that fit in 64 bits, or in 32 when not wide. */
static struct stop
small_digits(struct digits *d, uint64_t mantissa, const struct scale *k, bool wide)
{
	int64_t b = wrap((mantissa * pow5(k->b5)) << k->b2, wide);
	int64_t s = wrap(pow5(k->s5) << k->s2, wide), tens = wrap((uint64_t)s * 10, wide);
	int64_t m = wrap((pow5(k->m5) << k->m2) * 10, wide);
	struct stop stop;
	int q = (int)(b / s);

	b = wrap((uint64_t)(b % s) * 10, wide);
	stop.low = b < m;
	stop.high = wrap((uint64_t)b + (uint64_t)m, wide) > tens;
	add_digit(d, q, stop.high);
	want_two(d, &stop);
	while (!stop.low && !stop.high) {
		q = (int)(b / s);
		b = wrap((uint64_t)(b % s) * 10, wide);
		m = wrap((uint64_t)m * 10, wide);
		stop.low = m <= 0 || b < m; /* an m that wrapped is larger than b */
		stop.high = m <= 0 || wrap((uint64_t)b + (uint64_t)m, wide) > tens;
		d->d[d->n++] = (char)('0' + q);
	}
	b = wrap(((uint64_t)b << 1) - (uint64_t)tens, wide);
	stop.left = (b > 0) - (b < 0);
	return stop;
}

static struct stop
big_digits(struct digits *d, uint64_t mantissa, const struct scale *k)
{
	struct big b, s, m, tens;
	struct stop stop;
	int q;

	big_set(&b, mantissa);
	big_mul_pow5(&b, k->b5);
	big_shift(&b, k->b2);
	big_set(&s, 1);
	big_mul_pow5(&s, k->s5);
	big_shift(&s, k->s2);
	big_set(&m, 10);
	big_mul_pow5(&m, k->m5);
	big_shift(&m, k->m2);
	tens = s;
	big_mul(&tens, 10);
	q = big_digit(&b, &s);
	stop.low = big_cmp(&b, &m) < 0;
	stop.high = big_cmp_sum(&tens, &b, &m) <= 0;
	add_digit(d, q, stop.high);
	want_two(d, &stop);
	while (!stop.low && !stop.high) {
		q = big_digit(&b, &s);
		big_mul(&m, 10);
		stop.low = big_cmp(&b, &m) < 0;
		stop.high = big_cmp_sum(&tens, &b, &m) <= 0;
		d->d[d->n++] = (char)('0' + q);
	}
	big_shift(&b, 1);
	stop.left = big_cmp(&b, &tens);
	return stop;
}

/* A whole number below 2^63; Java drops the digits that 53 bits do not carry. */
static void
whole_digits(struct digits *d, uint64_t v, int insignificant)
{
	char text[24];
	uint64_t pow10 = 1, rest;
	int i, n = 0;

	for (i = 0; i < insignificant; i++)
		pow10 *= 10;
	rest = v % pow10;
	v = v / pow10 + (insignificant > 0 && rest >= pow10 / 2);
	for (; v > 0; v /= 10)
		text[n++] = (char)('0' + v % 10);
	d->exp = n + insignificant;
	for (i = 0; i < n; i++)
		d->d[i] = text[n - 1 - i];
	while (n > 1 && d->d[n - 1] == '0')
		n--;
	d->n = n;
}

/* floor(log10(mantissa * 2^exp)), or one less: the digits tell. */
static int
estimate_exp(uint64_t mantissa, int exp)
{
	uint64_t bits = UINT64_C(0x3ff0000000000000) | (mantissa & UINT64_C(0xfffffffffffff));
	double m, a, b;

	memcpy(&m, &bits, 8);
	a = (m - 1.5) * 0.289529654; /* apart, so that no compiler joins them into one rounding */
	b = (double)exp * 0.301029995663981;
	a = a + 0.176091259;
	return (int)floor(a + b);
}

/* The digits of mantissa / 2^52 * 2^exp; nsig bits of the mantissa are the number's own. */
static void
to_digits(struct digits *d, uint64_t mantissa, int exp, int nsig)
{
	int tail = __builtin_ctzll(mantissa), nbits = 53 - tail;
	int tiny = nbits - exp - 1 > 0 ? nbits - exp - 1 : 0, common, bbits, sbits;
	struct scale k = { .nbits = nbits };
	struct stop stop;

	if (tiny == 0 && exp >= -21 && exp <= 62) {
		int drop = exp > nsig ? (int)((exp - nsig - 1) * 0.30103) : 0;

		whole_digits(d, exp >= 52 ? mantissa << (exp - 52) : mantissa >> (52 - exp), drop);
		return;
	}
	d->n = 0;
	d->exp = estimate_exp(mantissa, exp);
	k.b5 = k.m5 = d->exp < 0 ? -d->exp : 0;
	k.b2 = k.b5 + tiny + exp;
	k.s5 = d->exp > 0 ? d->exp : 0;
	k.s2 = k.s5 + tiny;
	k.m2 = k.b2 - nsig;
	mantissa >>= tail;
	k.b2 -= nbits - 1;
	common = k.b2 < k.s2 ? k.b2 : k.s2;
	k.b2 -= common;
	k.s2 -= common;
	k.m2 -= common;
	if (nbits == 1) /* a power of two: the number below is half as far away */
		k.m2--;
	if (k.m2 < 0) {
		k.b2 -= k.m2;
		k.s2 -= k.m2;
		k.m2 = 0;
	}
	bbits = nbits + k.b2 + bits_of_pow5(k.b5);
	sbits = k.s2 + 1 + bits_of_pow5(k.s5 + 1);
	if (bbits < 64 && sbits < 64)
		stop = small_digits(d, mantissa, &k, bbits >= 32 || sbits >= 32);
	else
		stop = big_digits(d, mantissa, &k);
	d->exp++;
	if (stop.high && (!stop.low || stop.left > 0 || (stop.left == 0 && (d->d[d->n - 1] & 1))))
		round_up(d);
}

/* Java's layout: 0.00123, 123.0, 1.23E10. */
static void
lay_out(const struct digits *d, char *p)
{
	int i, e;

	if (d->exp > 0 && d->exp < 8) {
		for (i = 0; i < d->n || i < d->exp; i++) {
			if (i == d->exp)
				*p++ = '.';
			*p++ = i < d->n ? d->d[i] : '0';
		}
		if (d->n <= d->exp) {
			*p++ = '.';
			*p++ = '0';
		}
		*p = '\0';
	} else if (d->exp <= 0 && d->exp > -3) {
		*p++ = '0';
		*p++ = '.';
		for (i = d->exp; i < 0; i++)
			*p++ = '0';
		memcpy(p, d->d, (size_t)d->n);
		p[d->n] = '\0';
	} else {
		*p++ = d->d[0];
		*p++ = '.';
		if (d->n == 1)
			*p++ = '0';
		for (i = 1; i < d->n; i++)
			*p++ = d->d[i];
		*p++ = 'E';
		e = d->exp - 1;
		if (e < 0)
			*p++ = '-';
		e = e < 0 ? -e : e;
		if (e >= 100)
			*p++ = (char)('0' + e / 100);
		if (e >= 10)
			*p++ = (char)('0' + e / 10 % 10);
		*p++ = (char)('0' + e % 10);
		*p = '\0';
	}
}

/* exp: as stored; width: bits of the mantissa, which `bias` goes with */
static void
format(uint64_t mantissa, int exp, int width, int bias, char *p)
{
	int max = width == 52 ? 0x7ff : 0xff, nsig = width + 1, shift;
	struct digits d;

	if (exp == max && mantissa == 0) {
		memcpy(p, "Infinity", 9);
		return;
	}
	if (exp == max || (exp == 0 && mantissa == 0)) {
		memcpy(p, exp == max ? "NaN" : "0.0", 4);
		return;
	}
	if (exp == 0) {
		nsig = 64 - __builtin_clzll(mantissa);
		shift = width + 1 - nsig;
		mantissa <<= shift;
		exp = 1 - shift;
	} else
		mantissa |= UINT64_C(1) << width;
	to_digits(&d, mantissa << (52 - width), exp - bias, nsig);
	lay_out(&d, p);
}

void
sst_format_float(uint32_t bits, char text[SST_REAL_LEN])
{
	bool nan = (bits & 0x7fffffff) > 0x7f800000;

	if (bits >> 31 && !nan)
		*text++ = '-';
	format(bits & 0x7fffff, (int)(bits >> 23 & 0xff), 23, 127, text);
}

void
sst_format_double(uint64_t bits, char text[SST_REAL_LEN])
{
	bool nan = (bits & INT64_MAX) > UINT64_C(0x7ff0000000000000);

	if (bits >> 63 && !nan)
		*text++ = '-';
	format(bits & UINT64_C(0xfffffffffffff), (int)(bits >> 52 & 0x7ff), 52, 1023, text);
}

struct text {
	const uint8_t *p, *end;
};

static bool
take_word(struct text *t, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(t->end - t->p) < n || memcmp(t->p, word, n) != 0)
		return false;
	t->p += n;
	return true;
}

static size_t
pass_digits(struct text *t)
{
	const uint8_t *from = t->p;

	while (t->p < t->end && *t->p >= '0' && *t->p <= '9')
		t->p++;
	return (size_t)(t->p - from);
}

static bool
take_any(struct text *t, const char *of)
{
	if (t->p == t->end || *t->p == '\0' || strchr(of, *t->p) == NULL)
		return false;
	t->p++;
	return true;
}

/* Passes over a number as Java reads it; *number is what strtod() shall see. */
static bool
check(struct text t, struct sst_slice *number)
{
	const uint8_t *from;
	size_t n;

	while (t.p < t.end && *t.p <= ' ')
		t.p++;
	while (t.end > t.p && t.end[-1] <= ' ')
		t.end--;
	from = t.p;
	take_any(&t, "+-");
	if (take_word(&t, "NaN") || take_word(&t, "Infinity")) {
		*number = (struct sst_slice){ from, (size_t)(t.p - from) };
		return t.p == t.end;
	}
	n = pass_digits(&t);
	if (take_any(&t, "."))
		n += pass_digits(&t);
	if (n == 0 || (take_any(&t, "eE") && (take_any(&t, "+-"), pass_digits(&t) == 0)))
		return false;
	*number = (struct sst_slice){ from, (size_t)(t.p - from) };
	take_any(&t, "fFdD");
	return t.p == t.end;
}

/* strtod or strtof of checked text, with a point whatever the locale is. */
static int
convert(struct sst_slice text, double *d, float *f)
{
	struct text t = { text.p, text.p + text.n };
	struct sst_buf z = { 0 };
	struct sst_slice number;
	locale_t c, old;

	if (!check(t, &number) || (c = newlocale(LC_ALL_MASK, "C", (locale_t)0)) == (locale_t)0)
		return -1;
	sst_buf_add_slice(&z, number);
	sst_buf_addc(&z, '\0');
	if (!z.bad) {
		old = uselocale(c);
		if (d != NULL)
			*d = strtod((const char *)z.p, NULL);
		else
			*f = strtof((const char *)z.p, NULL);
		uselocale(old);
	}
	freelocale(c);
	number.n = z.bad;
	sst_buf_free(&z);
	return number.n ? -1 : 0;
}

int
sst_read_float(struct sst_slice text, struct sst_buf *b)
{
	uint32_t bits;
	float f = 0;

	if (convert(text, NULL, &f) == -1)
		return -1;
	memcpy(&bits, &f, 4);
	sst_put_u32(b, isnan(f) ? 0x7fc00000 : bits);
	return 0;
}

int
sst_read_double(struct sst_slice text, struct sst_buf *b)
{
	uint64_t bits;
	double d = 0;

	if (convert(text, &d, NULL) == -1)
		return -1;
	memcpy(&bits, &d, 8);
	sst_put_u64(b, isnan(d) ? UINT64_C(0x7ff8000000000000) : bits);
	return 0;
}
