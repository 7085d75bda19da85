/*
 * libsst/schema/times.c: date (days, unsigned, 1970-01-01 is 2^31), time (ns of the day), timestamp
 * and DateType (ms since 1970).
 */
#include "base/clock.h"
#include "schema/int.h"

#define DAY_MS INT64_C(86400000)
#define DAY_NS INT64_C(86400000000000)
#define OFFSET_MAX_S (18 * 3600)

static void
put_padded(struct sst_buf *b, uint64_t v, int width)
{
	sst_buf_addf(b, "%0*ju", width, (uintmax_t)v);
}

/* The last `width` digits of v at p; returns what is after them. */
static uint8_t *
put_digits(uint8_t *p, unsigned v, int width)
{
	int i;

	for (i = width - 1; i >= 0; i--, v /= 10)
		p[i] = (uint8_t)('0' + v % 10);
	return p + width;
}

static int
print_date(const struct sst_type *t, struct sst_slice s, enum sst_form form, struct sst_buf *b,
    struct sst_err *e)
{
	struct sst_civil c;

	(void)form;
	if (s.n != 4)
		return sst_fail_value(t, s, e);
	sst_civil_from_days((int64_t)sst_load_be32(s.p) - (INT64_C(1) << 31), &c);
	if (c.year < 0 || c.year > 9999)
		sst_buf_addc(b, c.year < 0 ? '-' : '+');
	put_padded(b, (uint64_t)(c.year < 0 ? -c.year : c.year), 4);
	sst_buf_addf(b, "-%02d-%02d", c.month, c.day);
	return 0;
}

/* Between min and max digits; false also for a number beyond what dates are reckoned with. */
static bool
digits(struct sst_head *t, int min, int max, int64_t *out)
{
	return sst_head_digits(t, min, max, INT64_C(1000000000000), out);
}

/* A year of ISO 8601: 4 digits, or a sign and more of them after '+'. */
static bool
iso_year(struct sst_head *t, int64_t *year)
{
	bool minus = sst_head_take(t, '-'), plus = !minus && sst_head_take(t, '+');

	if (!digits(t, plus ? 5 : 4, minus || plus ? 10 : 4, year) || (minus && *year == 0))
		return false;
	if (minus)
		*year = -*year;
	return true;
}

static int
read_date(const struct sst_type *t, struct sst_slice text, struct sst_buf *b, struct sst_err *e)
{
	struct sst_head in = sst_head_of(text);
	int64_t v, year, month, day;

	if (sst_read_i64(text, &v) && text.p[0] != '+') { /* as it is stored */
		if (v < 0 || v > UINT32_MAX)
			return sst_fail_text(t, text, e);
		sst_put_u32(b, (uint32_t)v);
		return 0;
	}
	if (!iso_year(&in, &year) || !sst_head_take(&in, '-') || !digits(&in, 2, 2, &month) ||
	    !sst_head_take(&in, '-') || !digits(&in, 2, 2, &day) || in.p < in.end || month < 1 ||
	    month > 12 || day < 1 || day > sst_days_in_month(year, (int)month))
		return sst_fail_text(t, text, e);
	v = sst_days_from_civil(year, (int)month, (int)day) + (INT64_C(1) << 31);
	if (v < 0 || v > UINT32_MAX)
		return sst_fail_text(t, text, e);
	sst_put_u32(b, (uint32_t)v);
	return 0;
}

const struct sst_kind_ops sst_ops_date = { "date", "SimpleDateType", 4, -1,
	SST_JSON_QUOTED | SST_CQL_QUOTED, SST_LIT_STRING | SST_LIT_INTEGER, sst_compare_bytes,
	sst_validate_width, print_date, read_date };

static int
print_time(const struct sst_type *t, struct sst_slice s, enum sst_form form, struct sst_buf *b,
    struct sst_err *e)
{
	uint64_t ns, sec;

	(void)form;
	ns = s.n == 8 ? sst_load_be64(s.p) : UINT64_MAX;
	if (ns >= (uint64_t)DAY_NS)
		return sst_fail_value(t, s, e);
	sec = ns / 1000000000;
	sst_buf_addf(b, "%02u:%02u:%02u.%09u", (unsigned)(sec / 3600), (unsigned)(sec / 60 % 60),
	    (unsigned)(sec % 60), (unsigned)(ns % 1000000000));
	return 0;
}

/* h:m:s with up to 9 digits of fraction */
static bool
clock_time(struct sst_head t, int64_t *ns)
{
	int64_t h, m, s, f = 0;
	const uint8_t *from;

	if (!digits(&t, 1, 9, &h) || !sst_head_take(&t, ':') || !digits(&t, 1, 9, &m) ||
	    !sst_head_take(&t, ':') || !digits(&t, 1, 9, &s) || h > 23 || m > 59 || s > 59)
		return false;
	if (sst_head_take(&t, '.')) {
		from = t.p;
		if (!digits(&t, 1, 9, &f))
			return false;
		for (; from + 9 > t.p; from--)
			f *= 10;
	}
	*ns = ((h * 60 + m) * 60 + s) * 1000000000 + f;
	return t.p == t.end;
}

static int
read_time(const struct sst_type *t, struct sst_slice text, struct sst_buf *b, struct sst_err *e)
{
	struct sst_head in = sst_head_of(text);
	int64_t ns;

	if (!sst_read_i64(text, &ns) || text.p[0] == '+') {
		while (in.p < in.end && *in.p <= ' ')
			in.p++;
		while (in.end > in.p && in.end[-1] <= ' ')
			in.end--;
		if (!clock_time(in, &ns))
			return sst_fail_text(t, text, e);
	}
	if (ns < 0 || ns >= DAY_NS)
		return sst_fail_text(t, text, e);
	sst_put_u64(b, (uint64_t)ns);
	return 0;
}

const struct sst_kind_ops sst_ops_time = { "time", "TimeType", 8, -1,
	SST_JSON_QUOTED | SST_CQL_QUOTED, SST_LIT_STRING | SST_LIT_INTEGER, sst_compare_bytes,
	sst_validate_width, print_time, read_time };

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* yyyy-MM-dd HH:mm:ss.SSSZ, where Java does not say that a year is BC. */
static void
put_timestamp(struct sst_buf *b, int64_t ms, char separator)
{
	int64_t days = floor_div(ms, DAY_MS);
	/* Not ms - days * DAY_MS: the first day of all begins before int64 does. */
	unsigned of_day = (unsigned)((ms % DAY_MS + DAY_MS) % DAY_MS);
	struct sst_civil c;
	uint8_t *p;

	sst_civil_from_days(days, &c);
	if (!sst_buf_room(b, 32))
		return;
	if (c.year > 9999 || c.year < -9998)
		sst_buf_addc(b, '+');
	if (c.year < 1 || c.year > 9999)
		put_padded(b, (uint64_t)(c.year > 0 ? c.year : 1 - c.year), 4);
	if (!sst_buf_room(b, 32))
		return;
	p = b->p + b->n;
	if (c.year >= 1 && c.year <= 9999)
		p = put_digits(p, (unsigned)c.year, 4);
	*p++ = '-';
	p = put_digits(p, (unsigned)c.month, 2);
	*p++ = '-';
	p = put_digits(p, (unsigned)c.day, 2);
	*p++ = (uint8_t)separator;
	p = put_digits(p, of_day / 3600000, 2);
	*p++ = ':';
	p = put_digits(p, of_day / 60000 % 60, 2);
	*p++ = ':';
	p = put_digits(p, of_day / 1000 % 60, 2);
	*p++ = '.';
	p = put_digits(p, of_day % 1000, 3);
	*p++ = 'Z';
	b->n = (size_t)(p - b->p);
}

/* Only what reads back as the same time is written as a date in CQL and NDJSON. */
static bool
is_plain(int64_t ms)
{
	return ms >= INT64_C(-62135596800000) && ms < INT64_C(253402300800000); /* 1 to 9999 */
}

static int
print_timestamp(const struct sst_type *t, struct sst_slice s, enum sst_form form, struct sst_buf *b,
    struct sst_err *e)
{
	int64_t ms;

	if (s.n != 8)
		return sst_fail_value(t, s, e);
	ms = (int64_t)sst_load_be64(s.p);
	if (!is_plain(ms) && (form == SST_FORM_CQL || form == SST_FORM_NDJSON)) {
		sst_put_i64(b, ms);
	} else if (form != SST_FORM_CQL) {
		put_timestamp(b, ms, form == SST_FORM_STRING ? 'T' : ' ');
	} else {
		sst_buf_addc(b, '\'');
		put_timestamp(b, ms, 'T');
		sst_buf_addc(b, '\'');
	}
	return 0;
}

/* Z, UTC, GMT, +01, +0130, +01:30, after a blank or not; or nothing */
static bool
zone(struct sst_head *t, int64_t *east_s)
{
	int64_t h, m = 0;
	bool blank = sst_head_take(t, ' '), minus;

	*east_s = 0;
	if (t->p == t->end)
		return !blank;
	if (sst_head_take(t, 'Z'))
		return t->p == t->end;
	if (blank && t->end - t->p == 3 &&
	    (memcmp(t->p, "UTC", 3) == 0 || memcmp(t->p, "GMT", 3) == 0)) {
		t->p = t->end;
		return true;
	}
	minus = *t->p == '-';
	if ((!minus && *t->p != '+') || (t->p++, !digits(t, 2, 2, &h)))
		return false;
	if (t->p < t->end && (sst_head_take(t, ':'), !digits(t, 2, 2, &m)))
		return false;
	*east_s = (h * 60 + m) * (minus ? -60 : 60);
	return t->p == t->end && m < 60 && h * 3600 + m * 60 <= OFFSET_MAX_S;
}

/* H:m, H:m:s or H:m:s.fraction as ms of the day; 24:00:00 is the day's end */
static bool
time_of_day(struct sst_head *t, int64_t *ms)
{
	int64_t h, m, s = 0, f = 0;
	const uint8_t *from;

	if (!digits(t, 1, 19, &h) || !sst_head_take(t, ':') || !digits(t, 1, 19, &m))
		return false;
	if (sst_head_take(t, ':')) {
		if (!digits(t, 1, 19, &s))
			return false;
		if (sst_head_take(t, '.')) {
			from = t->p;
			digits(t, 0, 9, &f);
			for (; t->p - from < 3; from--)
				f *= 10;
			for (; t->p - from > 3; from++)
				f /= 10;
		}
	}
	*ms = ((h * 60 + m) * 60 + s) * 1000 + f;
	return (h < 24 && m < 60 && s < 60) || (h == 24 && *ms == DAY_MS);
}

/* The day, where one past the month's end means its last, up to 31, as in Java. */
static bool
to_days(int64_t year, int64_t month, int64_t day, int64_t *days)
{
	if (month < 1 || month > 12 || day < 1 || day > 31 || year > 999999999 || year < -999999999)
		return false;
	if (day > sst_days_in_month(year, (int)month))
		day = sst_days_in_month(year, (int)month);
	*days = sst_days_from_civil(year, (int)month, (int)day);
	return true;
}

/* y-M-d'T'H:m[:s[.f]][zone], any widths */
static bool
date_and_time(struct sst_head t, int64_t *ms)
{
	int64_t year, month, day, days, of_day, east_s;

	if (!digits(&t, 1, 19, &year) || !sst_head_take(&t, '-') || !digits(&t, 1, 19, &month) ||
	    !sst_head_take(&t, '-') || !digits(&t, 1, 19, &day) || year == 0)
		return false;
	if ((!sst_head_take(&t, 'T') && !sst_head_take(&t, ' ')) || !time_of_day(&t, &of_day) ||
	    !zone(&t, &east_s))
		return false;
	return to_days(year, month, day, &days) && !__builtin_mul_overflow(days, DAY_MS, ms) &&
	    !__builtin_add_overflow(*ms, of_day - east_s * 1000, ms);
}

/* yyyy-MM-dd[zone] */
static bool
date_alone(struct sst_head t, int64_t *ms)
{
	int64_t year, month, day, days, east_s;

	if (!iso_year(&t, &year) || !sst_head_take(&t, '-') || !digits(&t, 2, 2, &month) ||
	    !sst_head_take(&t, '-') || !digits(&t, 2, 2, &day) || !zone(&t, &east_s))
		return false;
	return to_days(year, month, day, &days) && !__builtin_mul_overflow(days, DAY_MS, ms) &&
	    !__builtin_add_overflow(*ms, -east_s * 1000, ms);
}

static int
read_timestamp(
    const struct sst_type *t, struct sst_slice text, struct sst_buf *b, struct sst_err *e)
{
	struct sst_head in = sst_head_of(text);
	int64_t ms;

	if ((!sst_read_i64(text, &ms) || text.p[0] == '+') && !date_and_time(in, &ms) &&
	    !date_alone(in, &ms))
		return sst_fail_text(t, text, e);
	sst_put_u64(b, (uint64_t)ms);
	return 0;
}

const struct sst_kind_ops sst_ops_timestamp = { "timestamp", "TimestampType", 8, 8,
	SST_EMPTY_OK | SST_JSON_QUOTED, SST_LIT_STRING | SST_LIT_INTEGER, sst_compare_signed,
	sst_validate_width, print_timestamp, read_timestamp };
const struct sst_kind_ops sst_ops_legacy_timestamp = { NULL, "DateType", 8, 8,
	SST_EMPTY_OK | SST_JSON_QUOTED, SST_LIT_STRING | SST_LIT_INTEGER | SST_LIT_HEX,
	sst_compare_bytes, sst_validate_width, print_timestamp, read_timestamp };
