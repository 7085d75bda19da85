/* cmd/bucketcalc/output.c: prints places: a row each, or a field a line when there is but one. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/num.h"
#include "bucketcalc/bucketcalc.h"
#include "msg/messages.h"
#include "msg/snowflake.h"

enum field {
	OPERAND,
	ID,
	ID_END,
	TIME,
	WORKER,
	PROCESS,
	INCREMENT,
	BUCKET,
	BUCKET_TIME,
	FIRST_ID,
	LAST_ID,
	CHANNEL_ID,
	TOKEN,
	SHARD,
	NFIELDS
};

static const struct tool_field fields[NFIELDS] = {
	[OPERAND] = { "operand", TOOL_LEFT },
	[ID] = { "id", TOOL_RIGHT },
	[ID_END] = { "id_end", TOOL_RIGHT },
	[TIME] = { "time", TOOL_LEFT },
	[WORKER] = { "worker", TOOL_RIGHT },
	[PROCESS] = { "process", TOOL_RIGHT },
	[INCREMENT] = { "increment", TOOL_RIGHT },
	[BUCKET] = { "bucket", TOOL_RIGHT },
	[BUCKET_TIME] = { "bucket_time", TOOL_LEFT },
	[FIRST_ID] = { "first_id", TOOL_RIGHT },
	[LAST_ID] = { "last_id", TOOL_RIGHT },
	[CHANNEL_ID] = { "channel_id", TOOL_RIGHT },
	[TOKEN] = { "token", TOOL_RIGHT },
	[SHARD] = { "shard", TOOL_RIGHT },
};

static const struct tool_field upright_fields[] = { { "field", TOOL_LEFT },
	{ "value", TOOL_LEFT } };

/* What a table for people shows: what fits a line of 80; -o and -j have the rest. */
static const char *
shown(const struct output *o, bool ranged, bool channel)
{
	if (!channel)
		return ranged ? "bucket,bucket_time,first_id,last_id"
			      : "operand,bucket,first_id,last_id";
	if (o->shards == 0)
		return ranged ? "bucket,bucket_time,token" : "operand,bucket,token";
	return ranged ? "bucket,bucket_time,token,shard" : "operand,bucket,token,shard";
}

static void
start(struct output *o, bool ranged, bool channel)
{
	const char *names = o->fields, *bad;
	size_t n;

	o->started = true;
	if (o->upright && o->form == TOOL_TABLE && names == NULL) {
		tool_report_start(
		    &o->report, o->form, upright_fields, SST_ARRAY_LEN(upright_fields), &o->out);
		return;
	}
	o->upright = false;
	tool_report_start(&o->report, o->form, fields, NFIELDS, &o->out);
	if (names == NULL && o->form == TOOL_TABLE)
		names = shown(o, ranged, channel);
	if (names != NULL && tool_report_select(&o->report, names, &bad, &n) == -1)
		exit(tool_problem(TROUBLE, "-o: there is no field \"%.*s\"", (int)n, bad));
}

/* Where a value goes: its own column; upright, a row of its own. */
static size_t
slot(struct output *o, enum field f)
{
	if (!o->upright)
		return f;
	tool_set_str(&o->report, 0, fields[f].name);
	return 1;
}

static void
stored(struct output *o)
{
	if (o->upright)
		tool_report_row(&o->report);
}

static void
put_id(struct output *o, enum field f, int64_t v)
{
	tool_set_id(&o->report, slot(o, f), v);
	stored(o);
}

static void
put_int(struct output *o, enum field f, int64_t v)
{
	tool_set_i64(&o->report, slot(o, f), v);
	stored(o);
}

static void
put_time(struct output *o, enum field f, int64_t id)
{
	char text[SST_TIME_LEN];

	if (!o->layout.timed)
		return;
	sst_time_format(text, sst_snowflake_us(id, o->layout.epoch_ms), 3);
	tool_set_str(&o->report, slot(o, f), text);
	stored(o);
}

static void
put_ids(struct output *o, const struct place *p)
{
	struct sst_snowflake s = sst_snowflake_split(p->id);

	put_id(o, ID, p->id);
	put_id(o, ID_END, p->id_end);
	put_time(o, TIME, p->id);
	if (p->is_time || !o->layout.timed)
		return;
	put_int(o, WORKER, s.worker);
	put_int(o, PROCESS, s.process);
	put_int(o, INCREMENT, s.increment);
}

static void
put_partition(struct output *o, const struct place *p)
{
	uint8_t key[SST_MESSAGES_KEY_LEN];
	int64_t token;

	sst_messages_key(key, p->channel, (int32_t)p->bucket);
	token = sst_token((struct sst_slice){ key, sizeof(key) });
	put_id(o, CHANNEL_ID, p->channel);
	put_id(o, TOKEN, token);
	if (o->shards > 0)
		put_int(o, SHARD, sst_shard(token, o->shards));
}

void
output_place(struct output *o, const struct place *p, bool channel)
{
	int64_t first, last;

	if (!o->started)
		start(o, p->operand.p == NULL, channel);
	if (p->operand.p != NULL) {
		tool_set_text(&o->report, slot(o, OPERAND), p->operand);
		stored(o);
	}
	if (p->has_id)
		put_ids(o, p);
	sst_bucket_ids(p->bucket, o->layout.width, &first, &last);
	put_int(o, BUCKET, p->bucket);
	put_time(o, BUCKET_TIME, first);
	put_id(o, FIRST_ID, first);
	put_id(o, LAST_ID, last);
	if (p->channel >= 0)
		put_partition(o, p);
	if (!o->upright)
		tool_report_row(&o->report);
}

void
output_end(struct output *o)
{
	if (o->started)
		tool_report_end(&o->report);
	tool_output_end(&o->out);
}
