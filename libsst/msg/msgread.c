/*
 * libsst/msg/msgread.c: the fields of our own NDJSON and of Discord's message objects.
 */
#include "msg/msgread.h"

#include <stdlib.h>

#include "msg/fill.h"

struct sst_msgread {
	struct sst_json *json;
	struct sst_fill fill;
};

/* The author's name; or Discord's user object. */
static int
set_author(struct sst_fill *r, const struct sst_fill_field *f, const struct sst_json_node *v,
    struct sst_err *e)
{
	static const struct sst_fill_field id =
	    SST_FILL_FIELD("author.id", sst_fill_bigint, SST_MSG_AUTHOR_ID);
	static const struct sst_fill_field name =
	    SST_FILL_FIELD("author.username", sst_fill_text, SST_MSG_AUTHOR_NAME);
	const struct sst_json_node *part;

	if (v->type == SST_JSON_STRING)
		return sst_fill_text(r, f, v, e);
	if (v->type != SST_JSON_OBJECT)
		return sst_fill_bad(f, "a name, or an object with id and username", e);
	part = sst_json_get(v, SST_SLICE_LIT("id"));
	if (part != NULL && sst_fill_bigint(r, &id, part, e) == -1)
		return -1;
	part = sst_json_get(v, SST_SLICE_LIT("username"));
	if (part == NULL)
		part = sst_json_get(v, SST_SLICE_LIT("name"));
	return part != NULL ? sst_fill_text(r, &name, part, e) : 0;
}

static const struct sst_fill_field fields[] = {
	SST_FILL_FIELD("channel_id", sst_fill_channel, SST_MSG_COLUMNS),
	SST_FILL_FIELD("message_id", sst_fill_id, SST_MSG_COLUMNS),
	SST_FILL_FIELD("id", sst_fill_id, SST_MSG_COLUMNS),
	SST_FILL_FIELD("author_id", sst_fill_bigint, SST_MSG_AUTHOR_ID),
	SST_FILL_FIELD("author", set_author, SST_MSG_AUTHOR_NAME),
	SST_FILL_FIELD("author_name", sst_fill_text, SST_MSG_AUTHOR_NAME),
	SST_FILL_FIELD("content", sst_fill_text, SST_MSG_CONTENT),
	SST_FILL_FIELD("type", sst_fill_int, SST_MSG_TYPE),
	SST_FILL_FIELD("flags", sst_fill_int, SST_MSG_FLAGS),
	SST_FILL_FIELD("edited_timestamp", sst_fill_time, SST_MSG_EDITED),
	SST_FILL_FIELD("pinned", sst_fill_bool, SST_MSG_PINNED),
	SST_FILL_FIELD("nonce", sst_fill_nonce, SST_MSG_NONCE),
	SST_FILL_FIELD("webhook_id", sst_fill_bigint, SST_MSG_WEBHOOK_ID),
	SST_FILL_FIELD("reference", sst_fill_reference, SST_MSG_REFERENCE),
	SST_FILL_FIELD("message_reference", sst_fill_reference, SST_MSG_REFERENCE),
	SST_FILL_FIELD("mentions", sst_fill_mentions, SST_MSG_MENTIONS),
	SST_FILL_FIELD("attachments", sst_fill_attachments, SST_MSG_ATTACHMENTS),
	SST_FILL_FIELD("reactions", sst_fill_reactions, SST_MSG_REACTIONS),
	SST_FILL_FIELD("timestamp", sst_fill_derived, SST_MSG_COLUMNS),
	SST_FILL_FIELD("bucket", sst_fill_derived, SST_MSG_COLUMNS),
	SST_FILL_FIELD("channel", sst_fill_derived, SST_MSG_COLUMNS),
	SST_FILL_FIELD("log_time", sst_fill_derived, SST_MSG_COLUMNS),
};

const struct sst_fill_field *
sst_msgread_fields(size_t *n)
{
	*n = SST_ARRAY_LEN(fields);
	return fields;
}

int
sst_msgread_line(
    struct sst_msgread *r, struct sst_slice line, struct sst_message *m, struct sst_err *e)
{
	const struct sst_json_node *root;

	if (sst_json_parse(r->json, line, &root, e) == -1)
		return -1;
	return sst_fill_object(&r->fill, root, m, e);
}

int
sst_msgread_new(struct sst_msgread **out, const struct sst_msgread_opts *opts,
    struct sst_leftout *leftout, struct sst_err *e)
{
	struct sst_msgread *r = calloc(1, sizeof(*r));

	*out = NULL;
	if (r == NULL)
		return sst_fail_nomem(e);
	r->fill.fields = fields;
	r->fill.nfields = SST_ARRAY_LEN(fields);
	r->fill.leftout = leftout;
	r->fill.strict = opts->strict;
	r->fill.clears = opts->clears;
	if (sst_json_new(&r->json, e) == -1) {
		sst_msgread_free(r);
		return -1;
	}
	*out = r;
	return 0;
}

void
sst_msgread_free(struct sst_msgread *r)
{
	if (r == NULL)
		return;
	sst_fill_free(&r->fill);
	sst_json_free(r->json);
	free(r);
}
