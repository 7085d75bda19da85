/*
 * libsst/base/clock.c: civil dates by counting in eras of 400 years (146,097 days), with years that
 * begin in March, so that the leap day is a year's last.
 */
#include "base/clock.h"

#include <time.h>

#include "base/head.h"
#include "base/num.h"

#define ERA_DAYS 146097
#define EPOCH_DAYS 719468 /* from 0000-03-01 to 1970-01-01 */

static int64_t
read_clock(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * SST_S_US + ts.tv_nsec / 1000;
}

int64_t
sst_now_us(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t
sst_steady_us(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t
sst_now_ms_of(void *arg)
{
	(void)arg;
	return sst_now_us() / 1000;
}

int64_t
sst_steady_ms_of(void *arg)
{
	(void)arg;
	return sst_steady_us() / 1000;
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

int64_t
sst_days_from_civil(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year, era = floor_div(y, 400), yoe = y - era * 400;
	int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * ERA_DAYS + yoe * 365 + yoe / 4 - yoe / 100 + doy - EPOCH_DAYS;
}

void
sst_civil_from_days(int64_t days, struct sst_civil *c)
{
	int64_t z = days + EPOCH_DAYS, era = floor_div(z, ERA_DAYS), doe = z - era * ERA_DAYS;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / (ERA_DAYS - 1)) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;

	c->day = (int)(doy - (153 * mp + 2) / 5 + 1);
	c->month = (int)(mp < 10 ? mp + 3 : mp - 9);
	c->year = yoe + era * 400 + (c->month <= 2);
}

int
sst_days_in_month(int64_t year, int month)
{
	static const int8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month == 2 && leap ? 29 : days[month - 1];
}

void
sst_civil_from_us(int64_t us, struct sst_civil *c)
{
	int64_t s = floor_div(us, SST_S_US), days = floor_div(s, SST_DAY_S);
	int sod = (int)(s - days * SST_DAY_S);

	sst_civil_from_days(days, c);
	c->hour = sod / 3600;
	c->minute = sod / 60 % 60;
	c->second = sod % 60;
	c->nano = (uint32_t)(us - s * SST_S_US) * 1000;
}

static bool
digits_to(struct sst_head *t, int width, int max, int *out)
{
	int64_t v;

	if (!sst_head_digits(t, width, width, INT64_MAX, &v) || v > max)
		return false;
	*out = (int)v;
	return true;
}

/* An optional '.' and 1 to 9 digits, as billionths. */
static bool
fraction(struct sst_head *t, uint32_t *nano)
{
	const uint8_t *from;
	int64_t v;
	ptrdiff_t n;

	*nano = 0;
	if (!sst_head_take(t, '.'))
		return true;
	from = t->p;
	if (!sst_head_digits(t, 1, 9, INT64_MAX, &v))
		return false;
	for (n = t->p - from; n < 9; n++)
		v *= 10;
	*nano = (uint32_t)v;
	return true;
}

/* Z, +hh, +hhmm, +hh:mm or nothing: seconds east of UTC. */
static bool
zone(struct sst_head *t, int *east_s)
{
	bool west;
	int h, m = 0;

	*east_s = 0;
	if (t->p == t->end || sst_head_take(t, 'Z'))
		return t->p == t->end;
	west = *t->p == '-';
	if (!sst_head_take(t, '+') && !sst_head_take(t, '-'))
		return false;
	if (!digits_to(t, 2, 18, &h))
		return false;
	if (t->p < t->end && (sst_head_take(t, ':'), !digits_to(t, 2, 59, &m)))
		return false;
	*east_s = (h * 3600 + m * 60) * (west ? -1 : 1);
	return t->p == t->end;
}

/* yyyy-mm-dd, where a sign allows for up to 6 digits of year */
static bool
date(struct sst_head *t, struct sst_civil *c)
{
	bool minus = sst_head_take(t, '-'), sign = minus || sst_head_take(t, '+');
	int64_t year;

	if (!sst_head_digits(t, 4, sign ? 6 : 4, INT64_MAX, &year))
		return false;
	c->year = minus ? -year : year;
	return sst_head_take(t, '-') && digits_to(t, 2, 12, &c->month) && sst_head_take(t, '-') &&
	    c->month > 0 && digits_to(t, 2, sst_days_in_month(c->year, c->month), &c->day) &&
	    c->day > 0;
}

static bool
clock_time(struct sst_head *t, struct sst_civil *c)
{
	if (!digits_to(t, 2, 23, &c->hour) || !sst_head_take(t, ':') ||
	    !digits_to(t, 2, 59, &c->minute))
		return false;
	return !sst_head_take(t, ':') || (digits_to(t, 2, 59, &c->second) && fraction(t, &c->nano));
}

/* seconds * 10^6 + us, where it fits; false where not. */
static bool
join(int64_t *out, int64_t s, int64_t us)
{
	__int128 v = (__int128)s * SST_S_US + us;

	*out = (int64_t)v;
	return *out == v;
}

/* 1 read, 0 not of this form, -1 of this form and too large */
static int
parse_iso(struct sst_head t, int64_t *us)
{
	struct sst_civil c = { 0 };
	int east_s;
	int64_t s;

	if (!date(&t, &c))
		return 0;
	if ((sst_head_take(&t, 'T') || sst_head_take(&t, ' ')) && !clock_time(&t, &c))
		return 0;
	if (!zone(&t, &east_s))
		return 0;
	s = sst_days_from_civil(c.year, c.month, c.day) * SST_DAY_S + c.hour * 3600 +
	    c.minute * 60 + c.second - east_s;
	return join(us, s, c.nano / 1000) ? 1 : -1;
}

static int
parse_unix(struct sst_head t, int64_t *us)
{
	bool minus = sst_head_take(&t, '-');
	uint32_t nano, up;
	int64_t s;

	if (!sst_head_digits(&t, 1, 18, INT64_MAX, &s) || !fraction(&t, &nano) || t.p != t.end)
		return 0;
	up = nano % 1000 != 0; /* rounding down moves away from 0 when negative */
	if (minus)
		return join(us, -s, -(int64_t)(nano / 1000 + up)) ? 1 : -1;
	return join(us, s, nano / 1000) ? 1 : -1;
}

static int64_t
unit_us(struct sst_head *t)
{
	if (sst_head_take(t, 'w'))
		return 7 * SST_DAY_S * SST_S_US;
	if (sst_head_take(t, 'd'))
		return SST_DAY_S * SST_S_US;
	if (sst_head_take(t, 'h'))
		return 3600 * SST_S_US;
	if (sst_head_take(t, 'm'))
		return sst_head_take(t, 's') ? 1000 : 60 * SST_S_US;
	if (sst_head_take(t, 's'))
		return SST_S_US;
	if (sst_head_take(t, 'u') && sst_head_take(t, 's'))
		return 1;
	return 0;
}

static int
parse_relative(struct sst_head t, int64_t now_us, int64_t *us)
{
	bool minus = sst_head_take(&t, '-');
	__int128 sum = 0;
	int64_t v, unit;

	if ((!minus && !sst_head_take(&t, '+')) || t.p == t.end)
		return 0;
	while (t.p < t.end) {
		if (!sst_head_digits(&t, 1, 18, INT64_MAX, &v) || (unit = unit_us(&t)) == 0)
			return 0;
		sum += (__int128)v * unit;
		if (sum > INT64_MAX)
			return -1;
	}
	sum = now_us + (minus ? -sum : sum);
	*us = (int64_t)sum;
	return *us == sum ? 1 : -1;
}

int
sst_time_parse(int64_t *us, struct sst_slice text, int64_t now_us, struct sst_err *e)
{
	struct sst_head t = sst_head_of(text);
	int r;

	*us = 0;
	if (sst_slice_eq(text, SST_SLICE_LIT("now"))) {
		*us = now_us;
		return 0;
	}
	if (sst_head_take(&t, '@'))
		r = parse_unix(t, us);
	else if ((r = parse_iso(t, us)) == 0)
		r = parse_relative(t, now_us, us);
	if (r == 1)
		return 0;
	*us = 0;
	if (r == -1)
		return sst_fail(e, SST_ELIMIT, NULL, SST_NOWHERE, "time is out of range: %.*s",
		    (int)(text.n < 40 ? text.n : 40), (const char *)text.p);
	return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
	    "not a time (want 2015-01-02T03:04:05Z, @1420167845 or -2h): %.*s",
	    (int)(text.n < 40 ? text.n : 40), text.n > 0 ? (const char *)text.p : "");
}

/* The last `width` digits of v, which is not negative. */
static char *
put(char *p, uint64_t v, int width)
{
	int i;

	for (i = width - 1; i >= 0; i--, v /= 10)
		p[i] = (char)('0' + v % 10);
	return p + width;
}

size_t
sst_time_format(char buf[SST_TIME_LEN], int64_t us, int ndigits)
{
	struct sst_civil c;
	uint64_t year, f;
	char *p = buf;
	int i;

	sst_civil_from_us(us, &c);
	year = (uint64_t)(c.year < 0 ? -c.year : c.year);
	if (c.year < 0 || c.year > 9999)
		*p++ = c.year < 0 ? '-' : '+';
	p = put(p, year, year > 99999 ? 6 : year > 9999 ? 5 : 4);
	*p++ = '-';
	p = put(p, (uint64_t)c.month, 2);
	*p++ = '-';
	p = put(p, (uint64_t)c.day, 2);
	*p++ = 'T';
	p = put(p, (uint64_t)c.hour, 2);
	*p++ = ':';
	p = put(p, (uint64_t)c.minute, 2);
	*p++ = ':';
	p = put(p, (uint64_t)c.second, 2);
	if (ndigits > 0) {
		*p++ = '.';
		for (f = c.nano / 1000, i = ndigits; i < 6; i++)
			f /= 10;
		p = put(p, f, ndigits > 6 ? 6 : ndigits);
	}
	*p++ = 'Z';
	*p = '\0';
	return (size_t)(p - buf);
}
