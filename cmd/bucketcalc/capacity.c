/* cmd/bucketcalc/capacity.c: how much disk messages take, and how big a bucket's partition gets. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "bucketcalc/bucketcalc.h"
#include "msg/snowflake.h"

enum column {
	NAME,
	VALUE,
	UNIT,
	HOW,
	NCOLUMNS
};

static const struct tool_field columns[NCOLUMNS] = { [NAME] = { "name", TOOL_LEFT },
	[VALUE] = { "value", TOOL_RIGHT },
	[UNIT] = { "unit", TOOL_LEFT },
	[HOW] = { "how", TOOL_LEFT } };

#define DAY_S 86400.0
#define YEAR_DAYS 365.0

double
number(const char *option, const char *text)
{
	char *end;
	double v = strtod(text, &end);

	if (end == text || *end != '\0' || !isfinite(v) || v <= 0)
		exit(tool_problem(TROUBLE, "%s %s: want a number above 0", option, text));
	return v;
}

/* "6.91", "TB": powers of 1000, as disks and clusters are sold. */
static double
scaled(double bytes, const char **unit)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB" };
	size_t u = 0;

	for (; bytes >= 999.995 && u + 1 < SST_ARRAY_LEN(units); u++)
		bytes /= 1000;
	*unit = units[u];
	return bytes;
}

static void
put(struct tool_report *r, const char *name, double v, const char *unit, const char *how)
{
	bool result = strncmp(how, "--", 2) != 0;

	tool_set_str(r, NAME, name);
	tool_set_real(r, VALUE, v, !result && v == floor(v) ? 0 : 2);
	tool_set_str(r, UNIT, unit);
	tool_set_str(r, HOW, how);
	tool_report_row(r);
}

/* A size: for people "6.91 TB", for programs bytes. */
static void
put_bytes(struct tool_report *r, const char *name, double bytes, const char *how)
{
	const char *unit = "B";
	double v = bytes;

	if (r->form == TOOL_TABLE)
		v = scaled(bytes, &unit);
	tool_set_str(r, NAME, name);
	tool_set_real(r, VALUE, v, unit[0] == 'B' ? 0 : 2);
	tool_set_str(r, UNIT, unit);
	tool_set_str(r, HOW, how);
	tool_report_row(r);
}

static void
put_factors(struct tool_report *r, const struct sizing *s)
{
	put(r, "rate", s->rate, "messages/s", "--rate: at the peak, taken for the whole day");
	put(r, "message", s->bytes, "B", "--bytes: of a message on disk");
	put(r, "copies", s->copies, "", "--copies: replication factor");
	put(r, "overhead", s->overhead, "x", "--overhead: room for compaction and snapshots");
	put(r, "years", s->years, "years", "--years: of 365 days");
}

static void
put_days(struct tool_report *r, const struct sizing *s)
{
	double day = s->rate * s->bytes * DAY_S, stored = day * s->copies * s->overhead;

	put_bytes(r, "raw_day", day, "rate x message x 86400 s");
	put_bytes(r, "replicated_day", day * s->copies, "raw_day x copies");
	put_bytes(r, "stored_day", stored, "replicated_day x overhead");
	put_bytes(r, "stored_total", stored * YEAR_DAYS * s->years, "stored_day x 365 x years");
}

/* A bucket's partition in a busy channel; gives its bytes. */
static double
put_partition(struct tool_report *r, const struct sizing *s, const struct layout *l)
{
	double day = s->channel_rate * s->bytes * DAY_S;
	double days = (double)(l->width >> SST_SNOWFLAKE_SHIFT) / 1000 / DAY_S;
	double bytes = l->timed ? day * days : s->bytes * (double)l->width;

	if (l->timed) {
		put(r, "channel_rate", s->channel_rate, "messages/s",
		    "--channel-rate: of a busy channel");
		put(r, "bucket", days, "days", "--bucket-days");
	} else
		put(r, "bucket", (double)l->width, "messages", "--block");
	put_bytes(r, "limit", s->limit, "--limit: of a partition");
	put_bytes(r, "partition", bytes,
	    l->timed ? "channel_rate x message x bucket" : "message x bucket");
	put(r, "partition_share", 100 * bytes / s->limit, "%", "partition / limit");
	if (l->timed)
		put(r, "bucket_days_max", s->limit / day, "days",
		    "limit / (channel_rate x message)");
	return bytes;
}

int
capacity(const struct sizing *s, const struct layout *l, struct output *o)
{
	const char *bad;
	double bytes;
	size_t n;

	tool_report_start(&o->report, o->form, columns, NCOLUMNS, &o->out);
	o->started = true;
	if (o->fields != NULL && tool_report_select(&o->report, o->fields, &bad, &n) == -1)
		exit(tool_problem(TROUBLE, "-o: there is no field \"%.*s\"", (int)n, bad));
	put_factors(&o->report, s);
	put_days(&o->report, s);
	bytes = put_partition(&o->report, s, l);
	return bytes > s->limit ? DAMAGED : SOUND;
}
