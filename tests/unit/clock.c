/* tests/unit/clock.c: civil dates and times as text. */
#include <check.h>

#include "base/clock.h"
#include "base/num.h"

Suite *clock_suite(void);

#define NOW INT64_C(1420070400000000) /* 2015-01-01T00:00:00Z */

static const struct {
	const char *text;
	int64_t us;
} good[] = {
	{ "1970-01-01", 0 },
	{ "2015-01-01", NOW },
	{ "2015-01-01Z", NOW },
	{ "2015-01-01T00:00", NOW },
	{ "2015-01-01 01:30:00+01:30", NOW },
	{ "2015-01-01T00:00:00.000001Z", NOW + 1 },
	{ "2015-01-01T00:00:00.0000019", NOW + 1 },
	{ "2014-12-31T22:00:00-0200", NOW },
	{ "2014-12-31T22:00:00-02", NOW },
	{ "1969-12-31T23:59:59.999999Z", -1 },
	{ "2000-02-29", INT64_C(951782400000000) },
	{ "@0", 0 },
	{ "@1420070400", NOW },
	{ "@1420070400.5", NOW + 500000 },
	{ "@-1.5", -1500000 },
	{ "@-0.0000001", -1 },
	{ "now", NOW },
	{ "-2h", NOW - 2 * 3600 * SST_S_US },
	{ "+1d12h", NOW + 36 * 3600 * SST_S_US },
	{ "-1w2m3s4ms5us", NOW - 604923004005 },
	{ "-0001-03-01", INT64_C(-62193657600000000) },
	{ "+10000-01-01", INT64_C(253402300800000000) },
};

static const struct {
	const char *text;
	enum sst_code code;
} bad[] = {
	{ "", SST_EINVAL },
	{ "@", SST_EINVAL },
	{ "@1x", SST_EINVAL },
	{ "@999999999999999999", SST_ELIMIT },
	{ "-", SST_EINVAL },
	{ "-2", SST_EINVAL },
	{ "-2y", SST_EINVAL },
	{ "2h", SST_EINVAL },
	{ "-999999999999999999w", SST_ELIMIT },
	{ "-99999999999w", SST_ELIMIT },
	{ "2015-1-1", SST_EINVAL },
	{ "2015-02-29", SST_EINVAL },
	{ "2015-13-01", SST_EINVAL },
	{ "2015-00-01", SST_EINVAL },
	{ "2015-01-00", SST_EINVAL },
	{ "2015-01-01T24:00", SST_EINVAL },
	{ "2015-01-01T00:00:60", SST_EINVAL },
	{ "2015-01-01T00:00:00.", SST_EINVAL },
	{ "2015-01-01T00:00:00.1234567890", SST_EINVAL },
	{ "2015-01-01T00:00:00Zx", SST_EINVAL },
	{ "2015-01-01T", SST_EINVAL },
	{ "2015-01-01+1", SST_EINVAL },
	{ "20150-01-01", SST_EINVAL },
	{ "+999999-12-31", SST_ELIMIT },
};

START_TEST(reads_times)
{
	struct sst_err e;
	int64_t us;

	ck_assert_int_eq(sst_time_parse(&us, sst_slice_str(good[_i].text), NOW, &e), 0);
	ck_assert_int_eq(us, good[_i].us);
}
END_TEST

START_TEST(refuses_what_is_no_time)
{
	struct sst_err e;
	int64_t us = 7;

	ck_assert_int_eq(sst_time_parse(&us, sst_slice_str(bad[_i].text), NOW, &e), -1);
	ck_assert_int_eq(e.code, bad[_i].code);
	ck_assert_int_eq(us, 0);
}
END_TEST

/* Every day of five centuries, and steps that reach the ends of 64 bits of µs. */
START_TEST(dates_go_both_ways)
{
	struct sst_civil c, last = { .year = 1599, .month = 12, .day = 31 };
	int64_t d;

	/* an assertion costs a write(2), even when it holds, and there are many days */
	for (d = sst_days_from_civil(1600, 1, 1); d < sst_days_from_civil(2101, 1, 1); d++) {
		sst_civil_from_days(d, &c);
		if (sst_days_from_civil(c.year, c.month, c.day) != d)
			ck_abort_msg("day %jd does not come back", (intmax_t)d);
		if (c.day != last.day + 1 &&
		    (c.day != 1 || last.day != sst_days_in_month(last.year, last.month)))
			ck_abort_msg("day %jd does not follow", (intmax_t)d);
		last = c;
	}
	for (d = -INT64_C(1000000000000); d < INT64_C(1000000000000); d += 7777777777) {
		sst_civil_from_days(d, &c);
		ck_assert_int_eq(sst_days_from_civil(c.year, c.month, c.day), d);
	}
}
END_TEST

START_TEST(formats_times)
{
	static const struct {
		int64_t us;
		int digits;
		const char *want;
	} t[] = {
		{ 0, 0, "1970-01-01T00:00:00Z" },
		{ -1, 6, "1969-12-31T23:59:59.999999Z" },
		{ -1, 3, "1969-12-31T23:59:59.999Z" },
		{ NOW + 1500, 3, "2015-01-01T00:00:00.001Z" },
		{ INT64_MAX, 6, "+294247-01-10T04:00:54.775807Z" },
		{ INT64_MIN, 6, "-290308-12-21T19:59:05.224192Z" },
		{ INT64_C(253402300800000000), 0, "+10000-01-01T00:00:00Z" },
	};
	char buf[SST_TIME_LEN];
	struct sst_err e;
	int64_t us;
	size_t i, n;

	for (i = 0; i < SST_ARRAY_LEN(t); i++) {
		n = sst_time_format(buf, t[i].us, t[i].digits);
		ck_assert_str_eq(buf, t[i].want);
		ck_assert_uint_eq(n, strlen(buf));
		if (t[i].digits != 6)
			continue;
		ck_assert_int_eq(sst_time_parse(&us, sst_slice_str(buf), 0, &e), 0);
		ck_assert_int_eq(us, t[i].us);
	}
	ck_assert_int_gt(sst_now_us(), NOW);
}
END_TEST

START_TEST(steady_clock_never_goes_back)
{
	int64_t us = sst_steady_us(), next;

	for (int i = 0; i < 1000; i++, us = next) {
		next = sst_steady_us();
		ck_assert_int_ge(next, us);
	}
	ck_assert_int_ge(sst_steady_ms_of(NULL), us / 1000);
}
END_TEST

Suite *
clock_suite(void)
{
	Suite *s = suite_create("clock");
	TCase *t = tcase_create("clock");

	tcase_add_loop_test(t, reads_times, 0, (int)SST_ARRAY_LEN(good));
	tcase_add_loop_test(t, refuses_what_is_no_time, 0, (int)SST_ARRAY_LEN(bad));
	tcase_add_test(t, dates_go_both_ways);
	tcase_add_test(t, formats_times);
	tcase_add_test(t, steady_clock_never_goes_back);
	suite_add_tcase(s, t);
	return s;
}
