/*
 * libsst/base/clock.h: the clocks, civil dates, and times as text.  Times are µs since
 * 1970-01-01T00:00:00Z without leap seconds; dates are of the proleptic Gregorian calendar, with a
 * year 0 before year 1.  Nothing here knows a locale or a time zone's name.
 */
#ifndef SST_BASE_CLOCK_H
#define SST_BASE_CLOCK_H

#include "base/err.h"
#include "base/slice.h"

#define SST_S_US INT64_C(1000000)
#define SST_DAY_S 86400

/* The wall clock now. */
int64_t sst_now_us(void);
/* A clock that only goes forward, whoever sets the other one: for how long something takes.  When it began
 * means nothing. */
int64_t sst_steady_us(void);
/* The same in ms, as what may be given another clock calls them; arg is not looked at. */
int64_t sst_now_ms_of(void *arg);
int64_t sst_steady_ms_of(void *arg);

struct sst_civil {    /* a date and a time of day */
	int64_t year; /* 0 is 1 BC */
	int month;    /* 1 to 12 */
	int day;      /* 1 to 31 */
	int hour;     /* 0 to 23 */
	int minute, second;
	uint32_t nano; /* of the second */
};

/* Days since 1970-01-01 of a date, for |year| <= 10^12; month and day must be in range. */
int64_t sst_days_from_civil(int64_t year, int month, int day);
/* Fills in year, month and day; any number of days up to 10^14 either way. */
void sst_civil_from_days(int64_t days, struct sst_civil *);
/* 28 to 31. */
int sst_days_in_month(int64_t year, int month);
/* Fills in all fields. */
void sst_civil_from_us(int64_t us, struct sst_civil *);

/*
 * Reads a time from text into *us:
 *
 *	2015-01-02, 2015-01-02T03:04, 2015-01-02 03:04:05, 2015-01-02T03:04:05.123456
 *		ISO 8601, each with an optional zone: Z, +01, +0130, +01:30; without one it is UTC
 *	@1420070400, @-1.5
 *		seconds since 1970
 *	now, -2h, +1d12h, -90s
 *		from now_us; units w d h m s ms us
 *
 * A fraction may have up to 9 digits and is rounded down to µs.  SST_EINVAL for what is none of
 * these, SST_ELIMIT for a time that 64 bits of µs do not hold; *us is then 0.
 */
int sst_time_parse(int64_t *us, struct sst_slice text, int64_t now_us, struct sst_err *);

#define SST_TIME_LEN 40 /* longest text of sst_time_format, with its NUL */

/*
 * Writes "2015-01-02T03:04:05.123456Z" with `digits` (0 to 6) digits of fraction, rounded down, to
 * buf; returns its length.  Years past 9999 have a sign and more digits, years before 0 a sign.
 */
size_t sst_time_format(char buf[SST_TIME_LEN], int64_t us, int digits);

#endif
