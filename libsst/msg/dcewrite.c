/*
 * libsst/msg/dcewrite.c: the exporter's keys, in its order and indentation.  What is not known is what
 * the exporter writes where there is nothing.
 */
#include "msg/dcewrite.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/digits.h"
#include "base/num.h"
#include "codec/in.h"
#include "codec/jsonout.h"
#include "msg/columns.h"
#include "msg/dce.h"
#include "msg/snowflake.h"

#define ADD(b, s) sst_buf_add(b, s, sizeof(s) - 1)

/* A user without a picture has one of these, by the time in their id. */
#define AVATAR "https://cdn.discordapp.com/embed/avatars/"
#define AVATARS 6

static void
put_id(struct sst_buf *b, int64_t id)
{
	sst_buf_addc(b, '"');
	sst_digits_i64(b, id);
	sst_buf_addc(b, '"');
}

static void
put_time(struct sst_buf *b, int64_t us)
{
	char text[SST_TIME_LEN];
	size_t n = sst_time_format(text, us, 3);

	sst_buf_addc(b, '"');
	sst_buf_add(b, text, n - 1); /* the exporter writes an offset where we write Z */
	ADD(b, "+00:00\"");
}

static void
put_bound(struct sst_buf *b, int64_t us)
{
	if (us == INT64_MIN)
		ADD(b, "null");
	else
		put_time(b, us);
}

static struct sst_slice
value(const struct sst_columns *l, enum sst_message_column c)
{
	return l->cells[c] != NULL ? l->cells[c]->value : (struct sst_slice){ NULL, 0 };
}

/* The members of a user, each on a line of its own after `indent`. */
static void
put_user(struct sst_buf *b, const char *indent, int64_t id, struct sst_slice name, bool roles)
{
	size_t n = strlen(indent);

	ADD(b, "\"id\": ");
	put_id(b, id);
	ADD(b, ",\n");
	sst_buf_add(b, indent, n);
	ADD(b, "\"name\": ");
	sst_json_put_string(b, name);
	ADD(b, ",\n");
	sst_buf_add(b, indent, n);
	ADD(b, "\"discriminator\": \"0000\",\n");
	sst_buf_add(b, indent, n);
	ADD(b, "\"nickname\": ");
	sst_json_put_string(b, name);
	ADD(b, ",\n");
	sst_buf_add(b, indent, n);
	ADD(b, "\"color\": null,\n");
	sst_buf_add(b, indent, n);
	ADD(b, "\"isBot\": false,\n");
	sst_buf_add(b, indent, n);
	if (roles) {
		ADD(b, "\"roles\": [],\n");
		sst_buf_add(b, indent, n);
	}
	ADD(b, "\"avatarUrl\": \"" AVATAR);
	sst_digits_i64(b, sst_snowflake_split(id).ms % AVATARS);
	ADD(b, ".png\"\n");
}

static bool
put_author(struct sst_buf *b, const struct sst_columns *l)
{
	struct sst_slice name = value(l, SST_MSG_AUTHOR_NAME);
	int64_t id;

	if (!sst_value_i64(value(l, SST_MSG_AUTHOR_ID), &id) || id < 0)
		return false;
	ADD(b, ",\n      \"author\": {\n        ");
	put_user(b, "        ", id, name.p != NULL ? name : SST_SLICE_LIT(""), true);
	ADD(b, "      }");
	return true;
}

static bool
put_type(struct sst_buf *b, const struct sst_columns *l)
{
	struct sst_slice v = value(l, SST_MSG_TYPE);
	const char *name;
	int32_t type = 0;

	if (v.p != NULL && !sst_value_i32(v, &type))
		return false;
	ADD(b, ",\n      \"type\": \"");
	name = sst_dce_type_name(type);
	if (name != NULL)
		sst_buf_adds(b, name);
	else
		sst_digits_i64(b, type);
	sst_buf_addc(b, '"');
	return true;
}

static bool
put_times(struct sst_buf *b, const struct sst_columns *l)
{
	struct sst_slice v = value(l, SST_MSG_EDITED);
	int64_t edited;

	ADD(b, ",\n      \"timestamp\": ");
	put_time(b, sst_snowflake_us(l->id, SST_SNOWFLAKE_EPOCH_MS));
	ADD(b, ",\n      \"timestampEdited\": ");
	if (v.p == NULL)
		ADD(b, "null");
	else if (!sst_value_i64(v, &edited) || __builtin_mul_overflow(edited, 1000, &edited))
		return false;
	else
		put_time(b, edited);
	ADD(b, ",\n      \"callEndedTimestamp\": null");
	return true;
}

static bool
put_pinned(struct sst_buf *b, const struct sst_columns *l)
{
	struct sst_slice v = value(l, SST_MSG_PINNED);

	if (v.p != NULL && v.n != 1)
		return false;
	ADD(b, ",\n      \"isPinned\": ");
	sst_buf_adds(b, v.p != NULL && v.p[0] != 0 ? "true" : "false");
	return true;
}

static bool
put_content(struct sst_buf *b, const struct sst_columns *l)
{
	struct sst_slice v = value(l, SST_MSG_CONTENT);

	ADD(b, ",\n      \"content\": ");
	sst_json_put_string(b, v.p != NULL ? v : SST_SLICE_LIT(""));
	return true;
}

/* The last name of a URL's path, and what is before it. */
static struct sst_slice
last_name(struct sst_slice *path)
{
	struct sst_slice name = { path->p + path->n, 0 };

	while (path->n > 0 && path->p[path->n - 1] != '/') {
		path->n--;
		name.p--;
		name.n++;
	}
	path->n -= path->n > 0;
	return name;
}

/* ".../<channel>/<id>/<filename>?<query>" */
static bool
put_attachment(struct sst_buf *b, struct sst_in *in)
{
	struct sst_slice url = sst_get_bytes32(in), path = url, name, id;
	const uint8_t *query = url.n > 0 ? memchr(url.p, '?', url.n) : NULL;
	struct sst_err e;
	int64_t n = 0;

	if (in->bad)
		return false;
	if (query != NULL)
		path.n = (size_t)(query - url.p);
	name = last_name(&path);
	id = last_name(&path);
	if (sst_snowflake_parse(&n, id, &e) == -1)
		n = 0;
	ADD(b, "          \"id\": ");
	put_id(b, n);
	ADD(b, ",\n          \"url\": ");
	sst_json_put_string(b, url);
	ADD(b, ",\n          \"fileName\": ");
	sst_json_put_string(b, name);
	ADD(b, ",\n          \"fileSizeBytes\": 0\n");
	return true;
}

static bool
put_mention(struct sst_buf *b, struct sst_in *in)
{
	struct sst_buf name = { 0 };
	int64_t id;

	if (!sst_value_i64(sst_get_bytes32(in), &id) || id < 0)
		return false;
	sst_digits_i64(&name, id);
	ADD(b, "          ");
	put_user(b, "          ", id, sst_buf_slice(&name), true);
	b->bad |= name.bad;
	sst_buf_free(&name);
	return true;
}

/* The key of a custom emoji is "name:id"; one that is none has its own text. */
static struct sst_slice
split_emoji(struct sst_slice *name)
{
	struct sst_slice id = { name->p + name->n, 0 };

	while (id.n < name->n && id.p[-1] >= '0' && id.p[-1] <= '9') {
		id.p--;
		id.n++;
	}
	if (id.n == 0 || id.n == name->n || id.p[-1] != ':')
		return SST_SLICE_LIT("");
	name->n -= id.n + 1;
	return id;
}

static bool
put_reaction(struct sst_buf *b, struct sst_in *in)
{
	struct sst_slice name = sst_get_bytes32(in), id, count = sst_get_bytes32(in);
	int32_t n;

	if (in->bad || !sst_value_i32(count, &n))
		return false;
	id = split_emoji(&name);
	ADD(b, "          \"emoji\": {\n            \"id\": ");
	sst_json_put_string(b, id);
	ADD(b, ",\n            \"name\": ");
	sst_json_put_string(b, name);
	ADD(b, ",\n            \"code\": ");
	sst_json_put_string(b, name);
	ADD(b, ",\n            \"isAnimated\": false,\n            \"imageUrl\": \"");
	if (id.n > 0) {
		ADD(b, "https://cdn.discordapp.com/emojis/");
		sst_buf_add_slice(b, id);
		ADD(b, ".png");
	}
	ADD(b, "\"\n          },\n          \"count\": ");
	sst_digits_i64(b, n);
	ADD(b, ",\n          \"users\": []\n");
	return true;
}

/* An array of objects, from the elements of a list or the pairs of a map. */
static bool
put_array(struct sst_buf *b, const char *key, struct sst_slice v,
    bool (*put)(struct sst_buf *, struct sst_in *))
{
	struct sst_in in = sst_in_new(v.p != NULL ? v : SST_SLICE_LIT("\0\0\0\0"), 0);
	uint32_t i, n = sst_get_u32(&in);

	ADD(b, ",\n      \"");
	sst_buf_adds(b, key);
	ADD(b, "\": [");
	for (i = 0; i < n && !in.bad; i++) {
		sst_buf_adds(b, i > 0 ? ",\n        {\n" : "\n        {\n");
		if (!put(b, &in))
			return false;
		ADD(b, "        }");
	}
	sst_buf_adds(b, n > 0 ? "\n      ]" : "]");
	return !in.bad && sst_in_left(&in) == 0;
}

/* A part of a tuple: an id, null, or missing at the end. */
static bool
put_part(struct sst_buf *b, struct sst_in *in)
{
	uint32_t n = sst_in_left(in) > 0 ? sst_get_u32(in) : UINT32_MAX;
	int64_t id;

	if (n == UINT32_MAX) {
		ADD(b, "null");
		return true;
	}
	if (!sst_value_i64(sst_get_bytes(in, n), &id))
		return false;
	put_id(b, id);
	return true;
}

/* The tuple has the channel first, the exporter the message. */
static bool
put_reference(struct sst_buf *b, const struct sst_columns *l)
{
	struct sst_slice v = value(l, SST_MSG_REFERENCE);
	struct sst_buf channel = { 0 };
	struct sst_in in;
	bool good;

	if (v.p == NULL)
		return true;
	in = sst_in_new(v, 0);
	good = put_part(&channel, &in);
	ADD(b,
	    ",\n      \"reference\": {\n        \"type\": \"Default\",\n        \"messageId\": ");
	good = good && put_part(b, &in);
	ADD(b, ",\n        \"channelId\": ");
	sst_buf_add_slice(b, sst_buf_slice(&channel));
	ADD(b, ",\n        \"guildId\": null\n      }");
	b->bad |= channel.bad;
	sst_buf_free(&channel);
	return good && !in.bad && sst_in_left(&in) == 0;
}

/* NULL, or the name of the column that is no value of its type. */
static const char *
put_members(struct sst_buf *b, const struct sst_columns *l)
{
	if (!put_type(b, l))
		return "type";
	if (!put_times(b, l))
		return "edited_timestamp";
	if (!put_pinned(b, l))
		return "pinned";
	put_content(b, l);
	if (!put_author(b, l))
		return "author_id";
	if (!put_array(b, "attachments", value(l, SST_MSG_ATTACHMENTS), put_attachment))
		return "attachments";
	ADD(b, ",\n      \"embeds\": [],\n      \"stickers\": []");
	if (!put_array(b, "reactions", value(l, SST_MSG_REACTIONS), put_reaction))
		return "reactions";
	if (!put_array(b, "mentions", value(l, SST_MSG_MENTIONS), put_mention))
		return "mentions";
	return put_reference(b, l) ? NULL : "reference";
}

/* Counts the columns that the form has no place for. */
static void
leave_out(struct sst_dcewrite *w, const struct sst_row *row)
{
	const struct sst_messages *m = w->messages;
	size_t i, c;
	uint8_t known;

	for (i = 0; i < row->ncells; i++) {
		c = row->cells[i].col;
		known = c < SST_ARRAY_LEN(m->known) ? m->known[c] : SST_MSG_COLUMNS;
		if (!sst_cell_is_tombstone(&row->cells[i]) &&
		    (known == SST_MSG_FLAGS || known == SST_MSG_NONCE ||
			known == SST_MSG_WEBHOOK_ID || known == SST_MSG_COLUMNS))
			sst_leftout_count(&w->leftout, "", m->table->regulars[c].name);
	}
}

int
sst_dcewrite_message(
    struct sst_dcewrite *w, struct sst_buf *out, const struct sst_row *row, struct sst_err *e)
{
	size_t before = out->n;
	struct sst_columns l;
	const char *bad;

	sst_columns_take(&l, w->messages, w->channel, row);
	sst_buf_adds(out, w->count > 0 ? ",\n    {\n      \"id\": " : "\n    {\n      \"id\": ");
	put_id(out, l.id);
	if ((bad = put_members(out, &l)) != NULL) {
		out->n = before;
		return sst_columns_damaged(&l, bad, e);
	}
	ADD(out, ",\n      \"inlineEmojis\": []\n    }");
	leave_out(w, row);
	w->count++;
	return out->bad ? sst_fail_nomem(e) : 0;
}

int
sst_dcewrite_begin(struct sst_dcewrite *w, struct sst_buf *b, struct sst_err *e)
{
	ADD(b,
	    "{\n  \"guild\": {\n    \"id\": \"0\",\n    \"name\": \"Direct Messages\",\n"
	    "    \"iconUrl\": \"" AVATAR "0.png\"\n  },\n  \"channel\": {\n    \"id\": ");
	put_id(b, w->channel);
	ADD(b,
	    ",\n    \"type\": \"DirectTextChat\",\n    \"categoryId\": null,\n"
	    "    \"category\": null,\n    \"name\": ");
	put_id(b, w->channel);
	ADD(b, ",\n    \"topic\": null\n  },\n  \"dateRange\": {\n    \"after\": ");
	put_bound(b, w->after_us);
	ADD(b, ",\n    \"before\": ");
	put_bound(b, w->before_us);
	ADD(b, "\n  },\n  \"exportedAt\": ");
	put_time(b, w->now_us);
	ADD(b, ",\n  \"messages\": [");
	return b->bad ? sst_fail_nomem(e) : 0;
}

int
sst_dcewrite_end(struct sst_dcewrite *w, struct sst_buf *b, struct sst_err *e)
{
	sst_buf_adds(b, w->count > 0 ? "\n  ],\n" : "],\n");
	ADD(b, "  \"messageCount\": ");
	sst_digits_u64(b, w->count);
	ADD(b, "\n}\n");
	return b->bad ? sst_fail_nomem(e) : 0;
}
