/*
 * libsst/msg/dce.c: the members of the document come one by one; of those but "messages" only the
 * channel's id is of use.  The exporter writes every field of every message, so that false, "" and
 * empty lists say nothing, and neither does the type "Default".
 */
#include "msg/dce.h"

#include <inttypes.h>
#include <stdlib.h>

#include "msg/document.h"
#include "msg/fill.h"
#include "msg/snowflake.h"

enum state {
	START,   /* before a document */
	MEMBERS, /* in its outer braces */
	MESSAGES,
	END
};

struct sst_dce {
	struct sst_feed *feed;
	struct sst_json *json;
	struct sst_fill fill;
	enum state state;
	bool first; /* of the members or messages */
	bool has_channel, has_messages;
	int64_t channel;
	uint64_t number;      /* of messages, of all documents */
	uint64_t in_document; /* of messages, of this one */
	struct sst_buf key;   /* of the member */
};

static const struct {
	const char *name;
	int32_t type;
} types[] = {
	{ "Default", 0 },
	{ "RecipientAdd", 1 },
	{ "RecipientRemove", 2 },
	{ "Call", 3 },
	{ "ChannelNameChange", 4 },
	{ "ChannelIconChange", 5 },
	{ "ChannelPinnedMessage", 6 },
	{ "GuildMemberJoin", 7 },
	{ "ThreadCreated", 18 },
	{ "Reply", 19 },
};

const char *
sst_dce_type_name(int32_t type)
{
	size_t i;

	for (i = 0; i < SST_ARRAY_LEN(types); i++)
		if (types[i].type == type)
			return types[i].name;
	return NULL;
}

int
sst_dce_type(struct sst_slice name, int32_t *type)
{
	size_t i;

	for (i = 0; i < SST_ARRAY_LEN(types); i++)
		if (sst_slice_eq(sst_slice_str(types[i].name), name)) {
			*type = types[i].type;
			return 0;
		}
	return -1;
}

/* A name, or of a type that the exporter has no name for its number in a string. */
static int
set_type(struct sst_fill *r, const struct sst_fill_field *f, const struct sst_json_node *v,
    struct sst_err *e)
{
	struct sst_json_node number = *v;
	int32_t type;

	if (v->type != SST_JSON_STRING)
		return sst_fill_bad(f, "the name of a type, or a number in a string", e);
	if (sst_dce_type(v->text, &type) == 0) {
		sst_fill_number(r, f->column, (uint32_t)type, 4);
	} else {
		number.type = SST_JSON_NUMBER;
		if (sst_fill_int(r, f, &number, e) == -1)
			return -1;
	}
	if (memcmp(r->fixed[f->column], "\0\0\0\0", 4) == 0) /* said of every message */
		r->m->value[f->column] = (struct sst_slice){ NULL, 0 };
	return 0;
}

/* What the exporter writes of an author of whom there is no more to say, and what dcewrite.c does. */
static bool
is_usual(struct sst_slice key, const struct sst_json_node *v, const struct sst_json_node *author)
{
	static const struct sst_slice avatars =
	    SST_SLICE_LIT("https://cdn.discordapp.com/embed/avatars/");
	const struct sst_json_node *name;

	if (sst_slice_eq(key, SST_SLICE_LIT("discriminator")))
		return sst_slice_eq(v->text, SST_SLICE_LIT("0000"));
	if (sst_slice_eq(key, SST_SLICE_LIT("avatarUrl")))
		return v->text.n >= avatars.n && memcmp(v->text.p, avatars.p, avatars.n) == 0;
	if (!sst_slice_eq(key, SST_SLICE_LIT("nickname")))
		return false;
	name = sst_json_get(author, SST_SLICE_LIT("name"));
	return name != NULL && sst_slice_eq(v->text, name->text);
}

/* Counts the members of an object that have no place. */
static void
count_rest(struct sst_fill *r, const struct sst_json_node *o, const char *within,
    const struct sst_slice *known, size_t nknown)
{
	const struct sst_json_node *k;
	size_t i;

	for (k = sst_json_first(o); k < sst_json_end(o); k = sst_json_next(k + 1)) {
		for (i = 0; i < nknown && !sst_slice_eq(known[i], k->text); i++)
			;
		if (i == nknown && !sst_fill_says_nothing(k + 1) && !is_usual(k->text, k + 1, o))
			sst_leftout_count(r->leftout, within, k->text);
	}
}

static int
set_author(struct sst_fill *r, const struct sst_fill_field *f, const struct sst_json_node *v,
    struct sst_err *e)
{
	static const struct sst_fill_field id =
	    SST_FILL_FIELD("author.id", sst_fill_bigint, SST_MSG_AUTHOR_ID);
	static const struct sst_fill_field name =
	    SST_FILL_FIELD("author.name", sst_fill_text, SST_MSG_AUTHOR_NAME);
	static const struct sst_slice known[] = { SST_FILL_NAME("id"), SST_FILL_NAME("name") };
	const struct sst_json_node *part;

	if (v->type != SST_JSON_OBJECT)
		return sst_fill_bad(f, "an object with id and name", e);
	part = sst_json_get(v, known[0]);
	if (part != NULL && sst_fill_bigint(r, &id, part, e) == -1)
		return -1;
	part = sst_json_get(v, known[1]);
	if (part != NULL && !sst_fill_says_nothing(part) && sst_fill_text(r, &name, part, e) == -1)
		return -1;
	count_rest(r, v, "author.", known, SST_ARRAY_LEN(known));
	return 0;
}

/* A forward is told from a reply by its type, which has no column. */
static int
set_reference(struct sst_fill *r, const struct sst_fill_field *f, const struct sst_json_node *v,
    struct sst_err *e)
{
	static const struct sst_slice known[] = { SST_FILL_NAME("messageId"),
		SST_FILL_NAME("channelId"), SST_FILL_NAME("type") };
	const struct sst_json_node *type = sst_json_get(v, known[2]);

	if (type != NULL && !sst_slice_eq(type->text, SST_SLICE_LIT("Default")))
		sst_leftout_count(r->leftout, "reference.", known[2]);
	if (v->type == SST_JSON_OBJECT)
		count_rest(r, v, "reference.", known, SST_ARRAY_LEN(known));
	return sst_fill_reference(r, f, v, e);
}

static const struct sst_fill_field fields[] = {
	SST_FILL_FIELD("id", sst_fill_id, SST_MSG_COLUMNS),
	SST_FILL_FIELD("type", set_type, SST_MSG_TYPE),
	SST_FILL_FIELD("timestamp", sst_fill_derived, SST_MSG_COLUMNS),
	SST_FILL_FIELD("timestampEdited", sst_fill_time, SST_MSG_EDITED),
	SST_FILL_FIELD("isPinned", sst_fill_bool, SST_MSG_PINNED),
	SST_FILL_FIELD("content", sst_fill_text, SST_MSG_CONTENT),
	SST_FILL_FIELD("author", set_author, SST_MSG_AUTHOR_NAME),
	SST_FILL_FIELD("attachments", sst_fill_attachments, SST_MSG_ATTACHMENTS),
	SST_FILL_FIELD("reactions", sst_fill_reactions, SST_MSG_REACTIONS),
	SST_FILL_FIELD("mentions", sst_fill_mentions, SST_MSG_MENTIONS),
	SST_FILL_FIELD("reference", set_reference, SST_MSG_REFERENCE),
};

/* The end of what can be read of this input. */
static int
give_up(struct sst_dce *d)
{
	d->state = END;
	return -1;
}

/* What follows a whole document: nothing, or another one (parts of an export in one pipe). */
static int
start(struct sst_dce *d, struct sst_err *e)
{
	uint8_t c;
	int r = sst_document_peek(d->feed, &c, e);

	if (r != SST_ONE) {
		d->state = END;
		return r;
	}
	if (sst_document_take(d->feed, '{', e) == -1)
		return give_up(d);
	d->has_channel = d->has_messages = false;
	d->in_document = 0;
	d->first = true;
	d->state = MEMBERS;
	return SST_ONE;
}

static int
take_channel(struct sst_dce *d, const struct sst_json_node *v, uint64_t off, struct sst_err *e)
{
	const struct sst_json_node *id = sst_json_get(v, SST_SLICE_LIT("id"));

	if (id == NULL || (id->type != SST_JSON_STRING && id->type != SST_JSON_NUMBER) ||
	    sst_snowflake_parse(&d->channel, id->text, e) == -1)
		return sst_fail(e, SST_EDAMAGED, d->feed->name, off, "channel.id: want an id");
	d->has_channel = true;
	return 0;
}

/* The exporter counts what it wrote: a file that somebody has cut or mended differs. */
static int
compare_count(struct sst_dce *d, const struct sst_json_node *v, uint64_t off, struct sst_err *e)
{
	int64_t n;

	if (v->type != SST_JSON_NUMBER || sst_snowflake_parse(&n, v->text, e) == -1 ||
	    (uint64_t)n != d->in_document)
		return sst_fail(e, SST_EINVAL, d->feed->name, off,
		    "messageCount is %.*s, but there are %" PRIu64 " messages",
		    (int)(v->text.n < 24 ? v->text.n : 24), (const char *)v->text.p,
		    d->in_document);
	return 0;
}

/* Direct messages have the guild 0. */
static bool
is_no_guild(const struct sst_json_node *v)
{
	const struct sst_json_node *id = sst_json_get(v, SST_SLICE_LIT("id"));

	return id != NULL && sst_slice_eq(id->text, SST_SLICE_LIT("0"));
}

static int
take_member(struct sst_dce *d, struct sst_err *e)
{
	const struct sst_json_node *v;
	struct sst_slice key = sst_buf_slice(&d->key);
	uint64_t off;

	if (sst_document_parse(d->feed, d->json, &v, &off, e) == -1)
		return -1;
	if (sst_slice_eq(key, SST_SLICE_LIT("channel")))
		return take_channel(d, v, off, e);
	if (sst_slice_eq(key, SST_SLICE_LIT("messageCount")))
		return compare_count(d, v, off, e);
	if (!sst_slice_eq(key, SST_SLICE_LIT("exportedAt")) &&
	    !sst_slice_eq(key, SST_SLICE_LIT("dateRange")) && !is_no_guild(v))
		sst_leftout_count(d->fill.leftout, "", key);
	return 0;
}

/* One member, up to the first message where it is that. */
static int
member(struct sst_dce *d, struct sst_err *e)
{
	const struct sst_json_node *v;
	uint64_t off;
	uint8_t c;
	int r = sst_document_next(d->feed, d->first, '}', e);

	if (r != SST_ONE)
		return r;
	d->first = false;
	if (sst_document_parse(d->feed, d->json, &v, &off, e) == -1)
		return -1;
	if (v->type != SST_JSON_STRING)
		return sst_fail(e, SST_EDAMAGED, d->feed->name, off, "not JSON: expected a key");
	sst_buf_reset(&d->key); /* a copy: its bytes move when more is read */
	sst_buf_add_slice(&d->key, v->text);
	if (d->key.bad)
		return sst_fail_nomem(e);
	if (sst_document_take(d->feed, ':', e) == -1 || sst_document_peek(d->feed, &c, e) == -1)
		return -1;
	if (c != '[' || !sst_slice_eq(sst_buf_slice(&d->key), SST_SLICE_LIT("messages")))
		return take_member(d, e) == -1 ? -1 : SST_ONE;
	if (!d->has_channel)
		return sst_fail(e, SST_EDAMAGED, d->feed->name, sst_feed_off(d->feed),
		    "messages without a channel before them");
	d->has_messages = d->first = true;
	d->state = MESSAGES;
	return sst_document_take(d->feed, '[', e) == -1 ? -1 : SST_ONE;
}

static int
members(struct sst_dce *d, struct sst_err *e)
{
	uint64_t off = sst_feed_off(d->feed);
	int r = member(d, e);

	if (r == -1)
		return e->code == SST_EINVAL || e->code == SST_ELIMIT ? -1 : give_up(d);
	if (r == 0) {
		d->state = START;
		if (!d->has_messages) {
			d->state = END;
			return sst_fail(
			    e, SST_EDAMAGED, d->feed->name, off, "a document without messages");
		}
	}
	return SST_ONE;
}

/* SST_ONE: a message; 0: the array is closed; -1. */
static int
message(struct sst_dce *d, struct sst_message *m, struct sst_err *e)
{
	const struct sst_json_node *v;
	uint64_t off;
	int r = sst_document_next(d->feed, d->first, ']', e);

	if (r != SST_ONE)
		return r == 0 ? 0 : give_up(d);
	d->first = false;
	d->number++;
	d->in_document++;
	if (sst_document_parse(d->feed, d->json, &v, &off, e) == -1)
		return e->code == SST_EINVAL || e->code == SST_ELIMIT ? -1 : give_up(d);
	if (sst_fill_object(&d->fill, v, m, e) == -1)
		return sst_err_locate(e, d->feed->name, off);
	if (!m->has_id)
		return sst_fail(e, SST_EINVAL, d->feed->name, off, "no id");
	m->channel = d->channel;
	m->has_channel = true;
	return SST_ONE;
}

int
sst_dce_next(struct sst_dce *d, struct sst_message *m, struct sst_err *e)
{
	int r = SST_ONE;

	while (r == SST_ONE && d->state != END) {
		if (d->state == START)
			r = start(d, e);
		else if (d->state == MEMBERS)
			r = members(d, e);
		else if ((r = message(d, m, e)) == 0) {
			d->state = MEMBERS;
			d->first = false;
			r = SST_ONE;
		} else
			return r;
	}
	return r == -1 ? -1 : 0;
}

uint64_t
sst_dce_number(const struct sst_dce *d)
{
	return d->state == MESSAGES ? d->number : 0;
}

int
sst_dce_new(struct sst_dce **out, struct sst_feed *feed, struct sst_leftout *leftout, bool strict,
    struct sst_err *e)
{
	struct sst_dce *d = calloc(1, sizeof(*d));

	*out = NULL;
	if (d == NULL)
		return sst_fail_nomem(e);
	d->feed = feed;
	d->fill.fields = fields;
	d->fill.nfields = SST_ARRAY_LEN(fields);
	d->fill.leftout = leftout;
	d->fill.strict = strict;
	d->fill.full = true;
	if (sst_json_new(&d->json, e) == -1) {
		sst_dce_free(d);
		return -1;
	}
	*out = d;
	return 0;
}

void
sst_dce_free(struct sst_dce *d)
{
	if (d == NULL)
		return;
	sst_fill_free(&d->fill);
	sst_json_free(d->json);
	sst_buf_free(&d->key);
	free(d);
}
