/*
 * libsst/schema/duration.c: durations: months, days and nanoseconds, three signed vints of one sign.
 * Text forms: 1y2mo3w4d5h6m7s8ms9us10ns, P1Y2M3DT4H5M6S (or P3W), P0001-02-03T04:05:06.
 */
#include "schema/int.h"

#include <limits.h>

#define NS_S INT64_C(1000000000)

struct duration {
	int64_t months, days, nanos;
};

static bool
decode(struct sst_slice s, struct duration *d)
{
	struct sst_in in = sst_in_new(s, 0);

	d->months = sst_get_svint(&in);
	d->days = sst_get_svint(&in);
	d->nanos = sst_get_svint(&in);
	if (in.bad || d->months != (int32_t)d->months || d->days != (int32_t)d->days)
		return false;
	return (d->months >= 0 && d->days >= 0 && d->nanos >= 0) ||
	    (d->months <= 0 && d->days <= 0 && d->nanos <= 0);
}

static int
validate_duration(const struct sst_type *t, struct sst_slice s, struct sst_err *e)
{
	struct duration d;

	return decode(s, &d) ? 0 : sst_fail_value(t, s, e);
}

/* Appends how many whole units there are, unless none; returns the rest. */
static uint64_t
put_unit(struct sst_buf *b, uint64_t v, uint64_t unit, const char *name)
{
	if (v >= unit)
		sst_buf_addf(b, "%ju%s", (uintmax_t)(v / unit), name);
	return v % unit;
}

static uint64_t
magnitude(int64_t v)
{
	return v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
}

static int
print_duration(const struct sst_type *t, struct sst_slice s, enum sst_form form, struct sst_buf *b,
    struct sst_err *e)
{
	struct duration d;
	uint64_t v;

	if (!decode(s, &d))
		return sst_fail_value(t, s, e);
	if (d.months == 0 && d.days == 0 && d.nanos == 0 &&
	    (form == SST_FORM_CQL || form == SST_FORM_NDJSON)) {
		sst_buf_adds(b, "0s"); /* Cassandra prints nothing, which it does not read */
		return 0;
	}
	if (d.months < 0 || d.days < 0 || d.nanos < 0)
		sst_buf_addc(b, '-');
	put_unit(b, put_unit(b, magnitude(d.months), 12, "y"), 1, "mo");
	put_unit(b, magnitude(d.days), 1, "d");
	v = put_unit(b, magnitude(d.nanos), 3600 * NS_S, "h");
	v = put_unit(b, v, 60 * NS_S, "m");
	v = put_unit(b, v, NS_S, "s");
	v = put_unit(b, v, NS_S / 1000, "ms");
	v = put_unit(b, v, NS_S / 1000000, "us");
	put_unit(b, v, 1, "ns");
	return 0;
}

static bool
take(struct sst_head *t, char upper)
{
	if (t->p == t->end || (*t->p & ~0x20) != upper)
		return false;
	t->p++;
	return true;
}

static bool
number(struct sst_head *t, int64_t *out)
{
	return sst_head_digits(t, 1, INT_MAX, INT64_MAX, out);
}

/* *sum += v * unit; false when that is more than max. */
static bool
add(int64_t *sum, int64_t v, int64_t unit, int64_t max)
{
	return !__builtin_mul_overflow(v, unit, &v) && !__builtin_add_overflow(*sum, v, sum) &&
	    *sum <= max;
}

enum unit { /* in the order in which they must come */
	UNIT_Y,
	UNIT_MO,
	UNIT_W,
	UNIT_D,
	UNIT_H,
	UNIT_M,
	UNIT_S,
	UNIT_MS,
	UNIT_US,
	UNIT_NS,
	UNIT_NONE
};

static enum unit
take_unit(struct sst_head *t)
{
	if (take(t, 'Y'))
		return UNIT_Y;
	if (take(t, 'W'))
		return UNIT_W;
	if (take(t, 'D'))
		return UNIT_D;
	if (take(t, 'H'))
		return UNIT_H;
	if (take(t, 'M'))
		return take(t, 'O') ? UNIT_MO : take(t, 'S') ? UNIT_MS : UNIT_M;
	if (take(t, 'S'))
		return UNIT_S;
	if (take(t, 'U'))
		return take(t, 'S') ? UNIT_US : UNIT_NONE;
	if (take(t, 'N'))
		return take(t, 'S') ? UNIT_NS : UNIT_NONE;
	if (t->end - t->p >= 3 && t->p[0] == 0xc2 && t->p[1] == 0xb5) { /* µs */
		t->p += 2;
		return take(t, 'S') ? UNIT_US : UNIT_NONE;
	}
	return UNIT_NONE;
}

static bool
add_unit(struct duration *d, enum unit unit, int64_t v)
{
	static const int64_t ns[] = { [UNIT_H] = 3600 * NS_S,
		[UNIT_M] = 60 * NS_S,
		[UNIT_S] = NS_S,
		[UNIT_MS] = 1000000,
		[UNIT_US] = 1000,
		[UNIT_NS] = 1 };

	switch (unit) {
	case UNIT_NONE:
		return false;
	case UNIT_Y:
		return add(&d->months, v, 12, INT32_MAX);
	case UNIT_MO:
		return add(&d->months, v, 1, INT32_MAX);
	case UNIT_W:
		return add(&d->days, v, 7, INT32_MAX);
	case UNIT_D:
		return add(&d->days, v, 1, INT32_MAX);
	default:
		return add(&d->nanos, v, ns[unit], INT64_MAX);
	}
}

/* 1y2mo…: each unit once, from large to small */
static bool
read_units(struct sst_head t, struct duration *d)
{
	int last = -1;
	enum unit unit;
	int64_t v;

	while (t.p < t.end) {
		if (!number(&t, &v))
			return false;
		unit = take_unit(&t);
		if ((int)unit <= last || !add_unit(d, unit, v))
			return false;
		last = (int)unit;
	}
	return last >= 0;
}

/* Designators of one half of the ISO form, each at most once and in order. */
static bool
read_designators(
    struct sst_head *t, const char *letters, const enum unit *units, struct duration *d)
{
	int64_t v;

	while (t->p < t->end && *t->p != 'T') {
		if (!number(t, &v))
			return false;
		for (; *letters != '\0' && !sst_head_take(t, *letters); letters++)
			units++;
		if (*letters++ == '\0' || !add_unit(d, *units++, v))
			return false;
	}
	return true;
}

/* P1Y2M3DT4H5M6S after the P */
static bool
read_iso(struct sst_head t, struct duration *d)
{
	static const enum unit dates[] = { UNIT_Y, UNIT_MO, UNIT_D };
	static const enum unit times[] = { UNIT_H, UNIT_M, UNIT_S };

	if (!read_designators(&t, "YMD", dates, d))
		return false;
	return t.p == t.end ||
	    (sst_head_take(&t, 'T') && read_designators(&t, "HMS", times, d) && t.p == t.end);
}

/* P3W after the P */
static bool
read_weeks(struct sst_head t, struct duration *d)
{
	int64_t v;

	return number(&t, &v) && sst_head_take(&t, 'W') && t.p == t.end && add_unit(d, UNIT_W, v);
}

/* P0001-02-03T04:05:06 after the P: all parts, of fixed widths */
static bool
read_alternative(struct sst_head t, struct duration *d)
{
	static const struct {
		ptrdiff_t width;
		char after;
		enum unit unit;
	} parts[] = { { 4, '-', UNIT_Y }, { 2, '-', UNIT_MO }, { 2, 'T', UNIT_D },
		{ 2, ':', UNIT_H }, { 2, ':', UNIT_M }, { 2, '\0', UNIT_S } };
	size_t i;
	int64_t v;

	for (i = 0; i < SST_ARRAY_LEN(parts); i++) {
		const uint8_t *from = t.p;

		if (!number(&t, &v) || t.p - from != parts[i].width ||
		    !add_unit(d, parts[i].unit, v) ||
		    (parts[i].after != '\0' && !sst_head_take(&t, parts[i].after)))
			return false;
	}
	return t.p == t.end;
}

static bool
read_any(struct sst_head t, struct duration *d)
{
	if (!sst_head_take(&t, 'P'))
		return read_units(t, d);
	if (t.p < t.end && t.end[-1] == 'W')
		return read_weeks(t, d);
	if (memchr(t.p, '-', (size_t)(t.end - t.p)) != NULL)
		return read_alternative(t, d);
	return read_iso(t, d);
}

static int
read_duration(const struct sst_type *t, struct sst_slice text, struct sst_buf *b, struct sst_err *e)
{
	struct sst_head in = sst_head_of(text);
	struct duration d = { 0, 0, 0 };
	bool minus = sst_head_take(&in, '-');
	int sign = minus ? -1 : 1;

	if (!read_any(in, &d))
		return sst_fail_text(t, text, e);
	sst_put_svint(b, sign * d.months);
	sst_put_svint(b, sign * d.days);
	sst_put_svint(b, sign * d.nanos);
	return 0;
}

const struct sst_kind_ops sst_ops_duration = { "duration", "DurationType", 0, -1, SST_JSON_QUOTED,
	SST_LIT_DURATION, sst_compare_bytes, validate_duration, print_duration, read_duration };
