/* text/number.c: instants as text, without printf. */
#include "base/clock.h"
#include "text/int.h"

#include <stdio.h>

/* v with exactly `width` digits. */
static uint8_t *
padded(uint8_t *p, uint64_t v, int width)
{
	int i;

	for (i = width - 1; i >= 0; i--, v /= 10)
		p[i] = (uint8_t)('0' + v % 10);
	return p + width;
}

/* Java prints no fraction, or one of 3, 6 or 9 digits. */
static uint8_t *
put_fraction(uint8_t *p, uint32_t nano)
{
	if (nano == 0)
		return p;
	*p++ = '.';
	if (nano % 1000000 == 0)
		return padded(p, nano / 1000000, 3);
	if (nano % 1000 == 0)
		return padded(p, nano / 1000, 6);
	return padded(p, nano, 9);
}

static uint8_t *
put_year(uint8_t *p, int64_t year)
{
	uint64_t v = year < 0 ? 0 - (uint64_t)year : (uint64_t)year, rest;
	int width = 5;

	if (year < 0)
		*p++ = '-';
	if (v <= 9999)
		return padded(p, v, 4);
	if (year > 0)
		*p++ = '+';
	for (rest = v / 100000; rest > 0; rest /= 10)
		width++;
	return padded(p, v, width);
}

/* The largest second of a Java Instant; the smallest is a little further from 0, and unreachable
 * for times in µs. */
#define INSTANT_MAX_S INT64_C(31556889864403199)

static void
put_instant(struct sst_buf *b, int64_t s, uint32_t nano)
{
	int64_t days = s / SST_DAY_S - (s % SST_DAY_S < 0), of_day = s - days * SST_DAY_S;
	struct sst_civil c;
	uint8_t tmp[48], *p;

	if (s > INSTANT_MAX_S ||
	    s < -INSTANT_MAX_S) { /* sstabledump dies of it; a number is better */
		sst_digits_i64(b, s);
		return;
	}
	sst_civil_from_days(days, &c);
	p = put_year(tmp, c.year);
	*p++ = '-';
	p = padded(p, (uint64_t)c.month, 2);
	*p++ = '-';
	p = padded(p, (uint64_t)c.day, 2);
	*p++ = 'T';
	p = padded(p, (uint64_t)of_day / 3600, 2);
	*p++ = ':';
	p = padded(p, (uint64_t)of_day / 60 % 60, 2);
	*p++ = ':';
	p = padded(p, (uint64_t)of_day % 60, 2);
	p = put_fraction(p, nano);
	*p++ = 'Z';
	sst_buf_add(b, tmp, (size_t)(p - tmp));
}

/* floorMod(n, 10^9) of nanoseconds that Java has capped at 64 bits. */
static const uint32_t capped_high = 854775807, capped_low = 145224192;

/*
 * sstabledump takes seconds rounded toward zero and adds the positive rest of the nanoseconds to
 * them, so that times before 1970 come out up to a second late.
 */
void
sst_text_instant_us(struct sst_buf *b, int64_t us)
{
	int64_t rest = us % SST_S_US;
	uint32_t nano = (uint32_t)(rest < 0 ? rest + SST_S_US : rest) * 1000;

	if (us > INT64_MAX / 1000)
		nano = capped_high;
	else if (us < INT64_MIN / 1000)
		nano = capped_low;
	put_instant(b, us / SST_S_US, nano);
}

void
sst_text_instant_s(struct sst_buf *b, int64_t s)
{
	uint32_t nano = 0;

	if (s > INT64_MAX / 1000000000)
		nano = capped_high;
	else if (s < INT64_MIN / 1000000000)
		nano = capped_low;
	put_instant(b, s, nano);
}

int
sst_text_fail_at(const struct sst_item *item, struct sst_err *e)
{
	if (e->file[0] == '\0' && item->file != NULL) {
		snprintf(e->file, sizeof(e->file), "%s", item->file);
		e->off = item->off;
	}
	return -1;
}

void
sst_text_place(char buf[SST_PLACE_LEN], const char *kind, size_t i)
{
	snprintf(buf, SST_PLACE_LEN, "%s%zu", kind, i + 1);
}
