/*
 * cmd/bucketcalc/main.c: arithmetic of the message layout: id, time, bucket, token and shard into
 * each other; the buckets of a range; the sizing of disks and partitions.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bucketcalc/bucketcalc.h"
#include "msg/snowflake.h"

enum {
	OPT_RANGE = TOOL_LONG,
	OPT_CAPACITY,
	OPT_EPOCH,
	OPT_BUCKET_DAYS,
	OPT_BLOCK,
	OPT_NOW,
	OPT_RATE,
	OPT_BYTES,
	OPT_COPIES,
	OPT_OVERHEAD,
	OPT_YEARS,
	OPT_CHANNEL_RATE,
	OPT_LIMIT
};

#define LINE_MAX_BYTES 4096 /* an operand read from standard input */
#define SHARDS_MAX 65536

static const struct tool_option options[] = {
	{ "channel", 'c', "CHANNEL", "show token and shard of ids and times in this channel" },
	{ "shards", 's', "N", "show which of N shards owns the token" },
	{ "json", 'j', NULL, "print NDJSON" },
	{ "output", 'o', "FIELD,...", "print these fields as TSV" },
	{ "range", OPT_RANGE, NULL, "list the buckets from one id or time to another" },
	{ "capacity", OPT_CAPACITY, NULL, "size disks and partitions" },
	{ "epoch", OPT_EPOCH, "TIME", "time of id 0 (2015-01-01)" },
	{ "bucket-days", OPT_BUCKET_DAYS, "N", "days in a bucket (10)" },
	{ "block", OPT_BLOCK, "N", "buckets of N ids, which hold no time" },
	{ "now", OPT_NOW, "TIME", "the time that times such as -2h count from" },
	{ "rate", OPT_RATE, "N", "capacity: messages a second (400000)" },
	{ "bytes", OPT_BYTES, "N", "capacity: bytes of a message (200)" },
	{ "copies", OPT_COPIES, "N", "capacity: replicas (3)" },
	{ "overhead", OPT_OVERHEAD, "X", "capacity: factor for compaction, snapshots (1.4)" },
	{ "years", OPT_YEARS, "N", "capacity: years kept (5)" },
	{ "channel-rate", OPT_CHANNEL_RATE, "N",
	    "capacity: messages a second in a busy channel (0.5)" },
	{ "limit", OPT_LIMIT, "BYTES", "capacity: largest partition wanted (100e6)" },
	{ NULL, 0, NULL, NULL },
};

static const struct tool tool = { "convert between ids, times, buckets, tokens and shards",
	"[ID|TIME|CHANNEL:BUCKET|-]...", options,
	"TIME is ISO 8601, @UNIX, now, or relative as in -2h (after --, as an operand).\n"
	"Without operands they are read from standard input, one a line.\n" };

struct run {
	struct output o;
	struct sizing sizing;
	int64_t channel, now_us;
	bool range, capacity;
	bool tokens; /* a table shows them: a channel is known */
};

static int64_t
time_option(const char *option, const char *text, int64_t now_us)
{
	struct sst_err e;
	int64_t us;

	if (sst_time_parse(&us, sst_slice_str(text), now_us, &e) == -1)
		exit(tool_problem(TROUBLE, "%s: %s", option, e.what));
	return us;
}

static void
set_days(struct layout *l, const char *text)
{
	l->width = sst_bucket_width(tool_count("--bucket-days", text));
	if (l->width == 0)
		exit(tool_problem(TROUBLE, "--bucket-days %s: want 1 to 25451", text));
}

static void
set_block(struct layout *l, const char *text)
{
	uint64_t n = tool_count("--block", text);

	if (n == 0 || n > INT64_MAX)
		exit(tool_problem(TROUBLE, "--block %s: want 1 or more ids", text));
	l->width = (int64_t)n;
	l->timed = false;
}

static void
set_channel(struct run *r, const char *text)
{
	struct sst_err e;

	if (sst_snowflake_parse(&r->channel, sst_slice_str(text), &e) == -1)
		exit(tool_problem(TROUBLE, "-c %s: %s", text, e.what));
}

static void
set_shards(struct run *r, const char *text)
{
	uint64_t n = tool_count("-s", text);

	if (n == 0 || n > SHARDS_MAX)
		exit(tool_problem(TROUBLE, "-s %s: want 1 to %d shards", text, SHARDS_MAX));
	r->o.shards = (uint32_t)n;
}

static void
set_factor(struct sizing *s, int opt, const char *text)
{
	switch (opt) {
	case OPT_RATE:
		s->rate = number("--rate", text);
		break;
	case OPT_BYTES:
		s->bytes = number("--bytes", text);
		break;
	case OPT_COPIES:
		s->copies = number("--copies", text);
		break;
	case OPT_OVERHEAD:
		s->overhead = number("--overhead", text);
		break;
	case OPT_YEARS:
		s->years = number("--years", text);
		break;
	case OPT_CHANNEL_RATE:
		s->channel_rate = number("--channel-rate", text);
		break;
	case OPT_LIMIT:
		s->limit = number("--limit", text);
		break;
	}
}

static void
set_option(struct run *r, int opt)
{
	switch (opt) {
	case 'c':
		set_channel(r, optarg);
		break;
	case 's':
		set_shards(r, optarg);
		break;
	case 'j':
		r->o.form = TOOL_NDJSON;
		break;
	case 'o':
		r->o.form = TOOL_TSV;
		r->o.fields = optarg;
		break;
	case OPT_RANGE:
		r->range = true;
		break;
	case OPT_CAPACITY:
		r->capacity = true;
		break;
	case OPT_EPOCH:
		r->o.layout.epoch_ms = time_option("--epoch", optarg, r->now_us) / 1000;
		break;
	case OPT_BUCKET_DAYS:
		set_days(&r->o.layout, optarg);
		break;
	case OPT_BLOCK:
		set_block(&r->o.layout, optarg);
		break;
	case OPT_NOW:
		r->now_us = time_option("--now", optarg, r->now_us);
		break;
	default:
		set_factor(&r->sizing, opt, optarg);
	}
}

/* A line of standard input as an operand, or a complaint: bad input does not stop the rest. */
static int
one(struct run *r, struct sst_slice operand, uint64_t line)
{
	struct place p;
	struct sst_err e;
	int len = operand.n > 64 ? 64 : (int)operand.n;

	if (place_parse(&p, operand, &r->o.layout, r->channel, r->now_us, &e) == 0) {
		output_place(&r->o, &p, r->tokens || !p.has_id);
		return SOUND;
	}
	if (line > 0)
		return tool_problem(DAMAGED, "-: line %llu: %.*s: %s", (unsigned long long)line,
		    len, (const char *)operand.p, e.what);
	return tool_problem(DAMAGED, "%.*s: %s", len, (const char *)operand.p, e.what);
}

/* White space, and the carriage return of other systems, is not part of an operand. */
static struct sst_slice
trim(const char *p, size_t n)
{
	while (n > 0 && strchr(" \t\r\n", p[n - 1]) != NULL)
		n--;
	while (n > 0 && (*p == ' ' || *p == '\t')) {
		p++;
		n--;
	}
	return (struct sst_slice){ (const uint8_t *)p, n };
}

static int
standard_input(struct run *r)
{
	char *text = NULL;
	size_t cap = 0;
	struct sst_slice operand;
	uint64_t line = 0;
	ssize_t n;
	int rc = SOUND;

	r->o.upright = false;
	while ((n = getline(&text, &cap, stdin)) != -1) {
		line++;
		operand = trim(text, (size_t)n);
		if (operand.n > LINE_MAX_BYTES)
			rc = tool_worse(rc,
			    tool_problem(
				DAMAGED, "-: line %llu: too long", (unsigned long long)line));
		else if (operand.n > 0)
			rc = tool_worse(rc, one(r, operand, line));
	}
	if (!feof(stdin)) /* an error, or a line that there is no memory for */
		rc = tool_problem(TROUBLE, "standard input: %s", strerror(errno));
	free(text);
	return rc;
}

static int
operands(struct run *r, int n, char **v)
{
	int i, rc = SOUND;

	r->o.upright = n == 1;
	r->tokens = r->channel >= 0;
	for (i = 0; i < n; i++)
		r->tokens |= v[i][strspn(v[i], "0123456789")] == ':';
	for (i = 0; i < n; i++)
		if (strcmp(v[i], "-") == 0)
			rc = tool_worse(rc, standard_input(r));
		else
			rc = tool_worse(rc, one(r, sst_slice_str(v[i]), 0));
	return n > 0 ? rc : standard_input(r);
}

static int
range(struct run *r, char **v)
{
	struct place from, to, p = { .channel = r->channel };
	const char *at = v[0];
	struct sst_err e;

	if (place_parse(&from, sst_slice_str(v[0]), &r->o.layout, -1, r->now_us, &e) == -1 ||
	    (at = v[1],
		place_parse(&to, sst_slice_str(v[1]), &r->o.layout, -1, r->now_us, &e) == -1))
		return tool_problem(TROUBLE, "%s: %s", at, e.what);
	if (from.bucket > to.bucket || from.id > to.id)
		return tool_problem(TROUBLE, "--range: %s is after %s", v[0], v[1]);
	for (p.bucket = from.bucket; p.bucket <= to.bucket; p.bucket++)
		output_place(&r->o, &p, r->channel >= 0);
	return SOUND;
}

int
main(int argc, char **argv)
{
	struct run r = { .channel = -1, .now_us = sst_now_us() };
	int c, rc;

	r.o.layout = (struct layout){ SST_SNOWFLAKE_EPOCH_MS, SST_BUCKET_WIDTH, true };
	r.sizing = (struct sizing){ 400000, 200, 3, 1.4, 5, 0.5, 100e6 };
	while ((c = tool_option(&tool, argc, argv)) != -1)
		set_option(&r, c);
	argc -= optind;
	argv += optind;
	if (r.range + r.capacity == 2)
		tool_misuse(&tool, "--range and --capacity exclude each other");
	if (r.capacity ? argc > 0 : r.range && argc != 2)
		tool_misuse(&tool,
		    r.capacity ? "--capacity takes no operands" : "--range takes FROM and TO");
	tool_confine();
	if (r.capacity)
		rc = capacity(&r.sizing, &r.o.layout, &r.o);
	else if (r.range)
		rc = range(&r, argv);
	else
		rc = operands(&r, argc, argv);
	output_end(&r.o);
	return rc;
}
