/* libsst/msg/msgwrite.c: a row of the table becomes a line of JSON or TSV. */
#include "msg/msgwrite.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/digits.h"
#include "base/num.h"
#include "codec/in.h"
#include "codec/jsonout.h"
#include "msg/columns.h"
#include "msg/snowflake.h"
#include "text/tsv.h"

enum field { /* in the order in which they are printed */
	CHANNEL_ID,
	MESSAGE_ID,
	AUTHOR_ID,
	AUTHOR,
	CONTENT,
	TIMESTAMP,
	TYPE,
	FLAGS,
	EDITED,
	PINNED,
	NONCE,
	WEBHOOK_ID,
	REFERENCE,
	MENTIONS,
	ATTACHMENTS,
	REACTIONS,
	BUCKET, /* only when chosen */
	NFIELDS
};

typedef bool (*put_value)(struct sst_buf *, struct sst_slice);

static void
put_id(struct sst_buf *b, int64_t id)
{
	sst_buf_addc(b, '"');
	sst_digits_i64(b, id);
	sst_buf_addc(b, '"');
}

static bool
put_bigint(struct sst_buf *b, struct sst_slice v)
{
	int64_t id;

	if (!sst_value_i64(v, &id))
		return false;
	put_id(b, id);
	return true;
}

static bool
put_int(struct sst_buf *b, struct sst_slice v)
{
	int32_t n;

	if (!sst_value_i32(v, &n))
		return false;
	sst_digits_i64(b, n);
	return true;
}

static bool
put_boolean(struct sst_buf *b, struct sst_slice v)
{
	if (v.n != 1)
		return false;
	sst_buf_adds(b, v.p[0] != 0 ? "true" : "false");
	return true;
}

static bool
put_text(struct sst_buf *b, struct sst_slice v)
{
	sst_json_put_string(b, v);
	return true;
}

static void
put_time(struct sst_buf *b, int64_t us)
{
	char text[SST_TIME_LEN];
	size_t n = sst_time_format(text, us, 3);

	sst_buf_addc(b, '"');
	sst_buf_add(b, text, n);
	sst_buf_addc(b, '"');
}

static bool
put_timestamp(struct sst_buf *b, struct sst_slice v)
{
	int64_t ms, us;

	if (!sst_value_i64(v, &ms) || __builtin_mul_overflow(ms, 1000, &us))
		return false;
	put_time(b, us);
	return true;
}

static bool
put_list(struct sst_buf *b, struct sst_slice v, put_value put)
{
	struct sst_in in = sst_in_new(v, 0);
	uint32_t i, n = sst_get_u32(&in);

	sst_buf_addc(b, '[');
	for (i = 0; i < n && !in.bad; i++) {
		if (i > 0)
			sst_buf_addc(b, ',');
		if (!put(b, sst_get_bytes32(&in)))
			return false;
	}
	sst_buf_addc(b, ']');
	return !in.bad && sst_in_left(&in) == 0;
}

static bool
put_ids(struct sst_buf *b, struct sst_slice v)
{
	return put_list(b, v, put_bigint);
}

static bool
put_texts(struct sst_buf *b, struct sst_slice v)
{
	return put_list(b, v, put_text);
}

static bool
put_counts(struct sst_buf *b, struct sst_slice v)
{
	struct sst_in in = sst_in_new(v, 0);
	uint32_t i, n = sst_get_u32(&in);

	sst_buf_addc(b, '{');
	for (i = 0; i < n && !in.bad; i++) {
		if (i > 0)
			sst_buf_addc(b, ',');
		put_text(b, sst_get_bytes32(&in));
		sst_buf_addc(b, ':');
		if (!put_int(b, sst_get_bytes32(&in)))
			return false;
	}
	sst_buf_addc(b, '}');
	return !in.bad && sst_in_left(&in) == 0;
}

/* A part of a tuple: an id, null, or missing at the end. */
static bool
put_part(struct sst_buf *b, struct sst_in *in)
{
	uint32_t n = sst_in_left(in) > 0 ? sst_get_u32(in) : UINT32_MAX;

	if (n != UINT32_MAX)
		return put_bigint(b, sst_get_bytes(in, n));
	sst_buf_adds(b, "null");
	return true;
}

static bool
put_reference(struct sst_buf *b, struct sst_slice v)
{
	struct sst_in in = sst_in_new(v, 0);
	bool good;

	sst_buf_adds(b, "{\"channel_id\":");
	good = put_part(b, &in);
	sst_buf_adds(b, ",\"message_id\":");
	good = good && put_part(b, &in);
	sst_buf_addc(b, '}');
	return good && !in.bad && sst_in_left(&in) == 0;
}

/* head: what stands before the value in JSON. */
#define FIELD(begin, name, put, column) \
	{ \
		name, begin "\"" name "\":", sizeof(begin "\"" name "\":") - 1, put, column \
	}

static const struct {
	const char *name, *head;
	size_t headlen;
	put_value put; /* NULL: not of a column */
	enum sst_message_column column;
} fields[NFIELDS] = {
	[CHANNEL_ID] = FIELD("{", "channel_id", NULL, SST_MSG_COLUMNS),
	[MESSAGE_ID] = FIELD(",", "message_id", NULL, SST_MSG_COLUMNS),
	[AUTHOR_ID] = FIELD(",", "author_id", put_bigint, SST_MSG_AUTHOR_ID),
	[AUTHOR] = FIELD(",", "author", put_text, SST_MSG_AUTHOR_NAME),
	[CONTENT] = FIELD(",", "content", put_text, SST_MSG_CONTENT),
	[TIMESTAMP] = FIELD(",", "timestamp", NULL, SST_MSG_COLUMNS),
	[TYPE] = FIELD(",", "type", put_int, SST_MSG_TYPE),
	[FLAGS] = FIELD(",", "flags", put_int, SST_MSG_FLAGS),
	[EDITED] = FIELD(",", "edited_timestamp", put_timestamp, SST_MSG_EDITED),
	[PINNED] = FIELD(",", "pinned", put_boolean, SST_MSG_PINNED),
	[NONCE] = FIELD(",", "nonce", put_text, SST_MSG_NONCE),
	[WEBHOOK_ID] = FIELD(",", "webhook_id", put_bigint, SST_MSG_WEBHOOK_ID),
	[REFERENCE] = FIELD(",", "reference", put_reference, SST_MSG_REFERENCE),
	[MENTIONS] = FIELD(",", "mentions", put_ids, SST_MSG_MENTIONS),
	[ATTACHMENTS] = FIELD(",", "attachments", put_texts, SST_MSG_ATTACHMENTS),
	[REACTIONS] = FIELD(",", "reactions", put_counts, SST_MSG_REACTIONS),
	[BUCKET] = FIELD(",", "bucket", NULL, SST_MSG_COLUMNS),
};

const char *
sst_msgwrite_name(size_t i)
{
	return i < NFIELDS ? fields[i].name : NULL;
}

int
sst_msgwrite_select(struct sst_msgwrite_fields *to, struct sst_slice names, struct sst_err *e)
{
	struct sst_slice name;
	size_t at = 0, f;

	to->n = 0;
	do {
		name = (struct sst_slice){ names.p + at, 0 };
		while (at < names.n && names.p[at] != ',')
			at++;
		name.n = (size_t)(names.p + at - name.p);
		for (f = 0; f < NFIELDS && !sst_slice_eq(sst_slice_str(fields[f].name), name); f++)
			;
		if (f == NFIELDS || to->n == SST_MSGWRITE_FIELDS)
			return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "%s \"%.*s\"",
			    f == NFIELDS ? "there is no field" : "too many fields at",
			    (int)(name.n < 64 ? name.n : 64), (const char *)name.p);
		to->field[to->n++] = (uint8_t)f;
	} while (at++ < names.n);
	return 0;
}

void
sst_msgwrite_select_all(struct sst_msgwrite_fields *to)
{
	for (to->n = 0; to->n < BUCKET; to->n++)
		to->field[to->n] = (uint8_t)to->n;
}

/* The value of a field, as JSON; false when its bytes are no such value. */
static bool
put_field(struct sst_buf *b, const struct sst_columns *l, enum field f)
{
	switch (f) {
	case CHANNEL_ID:
		put_id(b, l->channel);
		return true;
	case MESSAGE_ID:
		put_id(b, l->id);
		return true;
	case BUCKET:
		sst_digits_i64(b, sst_bucket_of(l->id, SST_BUCKET_WIDTH));
		return true;
	case TIMESTAMP:
		put_time(b, sst_snowflake_us(l->id, SST_SNOWFLAKE_EPOCH_MS));
		return true;
	default:
		return fields[f].put(b, l->cells[fields[f].column]->value);
	}
}

static bool
is_set(const struct sst_columns *l, enum field f)
{
	return fields[f].put == NULL || l->cells[fields[f].column] != NULL;
}

static int
damaged(struct sst_buf *out, size_t before, const struct sst_columns *l, enum field f,
    struct sst_err *e)
{
	out->n = before;
	return sst_columns_damaged(l, fields[f].name, e);
}

/* Columns that somebody added to the table, under their own names. */
static int
put_others(
    struct sst_buf *out, const struct sst_messages *m, const struct sst_row *row, struct sst_err *e)
{
	const struct sst_column *col;
	size_t i, c;

	for (i = 0; i < row->ncells; i++) {
		c = row->cells[i].col;
		if (c < SST_ARRAY_LEN(m->known) && m->known[c] < SST_MSG_COLUMNS)
			continue;
		col = &m->table->regulars[c];
		sst_buf_addc(out, ',');
		sst_json_put_string(out, col->name);
		sst_buf_addc(out, ':');
		if (sst_type_to_ndjson(col->type, row->cells[i].value, out, e) == -1)
			return -1;
	}
	return 0;
}

int
sst_msgwrite_json(struct sst_buf *out, const struct sst_messages *m, int64_t channel,
    const struct sst_row *row, struct sst_err *e)
{
	size_t before = out->n;
	enum field f;
	struct sst_columns l;

	sst_columns_take(&l, m, channel, row);
	for (f = 0; f < BUCKET; f++) {
		if (!is_set(&l, f))
			continue;
		sst_buf_add(out, fields[f].head, fields[f].headlen);
		if (!put_field(out, &l, f))
			return damaged(out, before, &l, f, e);
	}
	if (m->table->nregular > SST_MSG_COLUMNS && put_others(out, m, row, e) == -1) {
		out->n = before;
		return -1;
	}
	sst_buf_adds(out, "}\n");
	return out->bad ? sst_fail_nomem(e) : 0;
}

int
sst_msgwrite_tsv(struct sst_buf *out, const struct sst_messages *m,
    const struct sst_msgwrite_fields *chosen, int64_t channel, const struct sst_row *row,
    struct sst_err *e)
{
	size_t before = out->n, i, from;
	enum field f;
	struct sst_columns l;

	sst_columns_take(&l, m, channel, row);
	for (i = 0; i < chosen->n; i++) {
		f = chosen->field[i];
		if (i > 0)
			sst_buf_addc(out, '\t');
		if (!is_set(&l, f))
			continue;
		if (fields[f].put == put_text) {
			sst_tsv_put(out, l.cells[fields[f].column]->value);
			continue;
		}
		from = out->n;
		if (!put_field(out, &l, f))
			return damaged(out, before, &l, f, e);
		if (!out->bad && out->n > from + 1 &&
		    out->p[from] == '"') { /* ids and times bare */
			memmove(out->p + from, out->p + from + 1, out->n - from - 2);
			out->n -= 2;
		}
	}
	sst_buf_addc(out, '\n');
	return out->bad ? sst_fail_nomem(e) : 0;
}
