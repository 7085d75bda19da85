/* cmd/tool/quantity.c: sizes, counts and times in option arguments. */
#include "tool/quantity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/num.h"
#include "tool/complain.h"

/* Reads digits; *text then is what follows.  -1 without any, or beyond 64 bits. */
static int
digits(const char **text, uint64_t *n)
{
	const char *p = *text;

	for (*n = 0; *p >= '0' && *p <= '9'; p++)
		if (!sst_mul_u64(n, *n, 10) || !sst_add_u64(n, *n, (uint64_t)(*p - '0')))
			return -1;
	if (p == *text)
		return -1;
	*text = p;
	return 0;
}

int
tool_parse_count(const char *text, uint64_t *n)
{
	return digits(&text, n) == 0 && *text == '\0' ? 0 : -1;
}

/* The shift of a unit, or -1. */
static int
unit_shift(const char *unit)
{
	static const char letters[] = "KMGTPE";
	const char *at;

	if (unit[0] == '\0' || strcmp(unit, "B") == 0)
		return 0;
	at = strchr(letters, unit[0] >= 'a' ? unit[0] - 'a' + 'A' : unit[0]);
	if (at == NULL)
		return -1;
	if (unit[1] != '\0' && strcmp(unit + 1, "B") != 0 && strcmp(unit + 1, "iB") != 0)
		return -1;
	return 10 * (int)(at - letters + 1);
}

int
tool_parse_size(const char *text, uint64_t *bytes)
{
	uint64_t whole, part, tenth = 1;
	int shift;

	*bytes = 0;
	if (digits(&text, &whole) == -1)
		return -1;
	part = 0;
	if (*text == '.') {
		for (text++; *text >= '0' && *text <= '9' && tenth < 1000; text++) {
			part = part * 10 + (uint64_t)(*text - '0');
			tenth *= 10;
		}
		if (tenth == 1)
			return -1;
	}
	shift = unit_shift(text);
	if (shift == -1 || (part != 0 && shift == 0) || whole > UINT64_MAX >> shift)
		return -1;
	/* part < 1000 and shift <= 60: the shift comes first where it fits, for exact halves */
	part = shift <= 50 ? (part << shift) / tenth : ((part << 50) / tenth) << (shift - 50);
	return sst_add_u64(bytes, whole << shift, part) ? 0 : -1;
}

uint64_t
tool_size(const char *option, const char *text)
{
	uint64_t n;

	if (tool_parse_size(text, &n) == -1)
		exit(tool_problem(TROUBLE, "%s %s: not a size such as 512K or 256M", option, text));
	return n;
}

uint64_t
tool_count(const char *option, const char *text)
{
	uint64_t n;

	if (tool_parse_count(text, &n) == -1)
		exit(tool_problem(TROUBLE, "%s %s: not a count", option, text));
	return n;
}

int64_t
tool_time(const char *option, const char *text)
{
	struct sst_err e;
	int64_t us;

	if (sst_time_parse(&us, sst_slice_str(text), sst_now_us(), &e) == -1)
		exit(tool_problem(TROUBLE, "%s %s: %s", option, text, e.what));
	return us;
}

int64_t
tool_age(const char *option, const char *text)
{
	char back[64];
	int64_t us;
	uint64_t s;
	struct sst_err e;

	if (tool_parse_count(text, &s) == 0 && s < (uint64_t)INT32_MAX * 1000)
		return (int64_t)s;
	snprintf(back, sizeof(back), "-%s", text);
	if (strlen(text) > 60 || text[0] == '-' || text[0] == '+' ||
	    sst_time_parse(&us, sst_slice_str(back), 0, &e) == -1)
		exit(tool_problem(TROUBLE, "%s %s: not an age such as 90d or 36h", option, text));
	return -us / SST_S_US;
}

void
tool_add_size(struct sst_buf *b, uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double v = (double)bytes;
	size_t u = 0;

	while (v >= 1023.5 && u + 1 < SST_ARRAY_LEN(units)) {
		v /= 1024;
		u++;
	}
	if (u == 0 || v >= 99.95)
		sst_buf_addf(b, "%.0f %s", v, units[u]);
	else
		sst_buf_addf(b, "%.1f %s", v, units[u]);
}

static int64_t
one_token(const char *option, const char *text, const char **end, int64_t otherwise)
{
	char *stop;
	long long v;

	errno = 0;
	v = strtoll(text, &stop, 10);
	*end = stop;
	if (errno == ERANGE)
		exit(tool_problem(TROUBLE, "%s %s: a token has 64 bits", option, text));
	return stop == text ? otherwise : (int64_t)v;
}

void
tool_token_range(const char *option, const char *text, int64_t *left, int64_t *right)
{
	const char *p;

	*left = one_token(option, text, &p, INT64_MIN);
	if (*p == ',')
		p++;
	else if (p[0] == '.' && p[1] == '.')
		p += 2;
	else
		exit(tool_problem(TROUBLE, "%s %s: want LEFT..RIGHT", option, text));
	*right = one_token(option, p, &p, INT64_MAX);
	if (*p != '\0')
		exit(tool_problem(TROUBLE, "%s %s: want LEFT..RIGHT", option, text));
	if (*left >= *right)
		exit(tool_problem(TROUBLE, "%s %s: want LEFT below RIGHT", option, text));
}
