/*
 * libsst/msg/msgread.c: one JSON object becomes the CQL values of a message.  Values lie where the
 * line has them (texts), in `fixed` (numbers), or in a buffer for each nested column.
 */
#include "msg/msgread.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/num.h"
#include "codec/json.h"
#include "codec/out.h"
#include "msg/snowflake.h"

#define KEYS_MEMO 64 /* fields of a line whose places are remembered */

struct reaction {
	struct sst_slice key;
	size_t off; /* of the key in `keys`, while that grows */
	int32_t count;
};

struct sst_msgread {
	struct sst_json *json;
	struct sst_msgread_opts opts;
	struct sst_message *m;
	uint8_t fixed[SST_MSG_COLUMNS][8];
	struct sst_buf nested[SST_MSG_COLUMNS]; /* of lists, maps and tuples */
	/* Lines of one writer name their fields in the same order: the i-th field is looked for
	 * where the i-th of the last line was found. */
	const struct field *memo[KEYS_MEMO];
	struct sst_msgread_unknown unknown[SST_MSGREAD_UNKNOWN];
	size_t nunknown;
	struct reaction reactions[SST_MSGREAD_REACTIONS];
	struct sst_buf keys; /* of reactions */
};

struct field {
	struct sst_slice name;
	int (*set)(struct sst_msgread *, const struct field *, const struct sst_json_node *,
	    struct sst_err *);
	enum sst_message_column column; /* SST_MSG_COLUMNS: not one of them */
};

static int
bad(const struct field *f, const char *want, struct sst_err *e)
{
	return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "%.*s: want %s", (int)f->name.n,
	    (const char *)f->name.p, want);
}

/* An id as a string of digits or as a number. */
static int
id_value(const struct field *f, const struct sst_json_node *v, int64_t *id, struct sst_err *e)
{
	if (v->type != SST_JSON_STRING && v->type != SST_JSON_NUMBER)
		return bad(f, "an id: digits, in a string or as a number", e);
	if (sst_snowflake_parse(id, v->text, e) == -1)
		return bad(f, "an id from 0 to 9223372036854775807", e);
	return 0;
}

static int
int_value(const struct field *f, const struct sst_json_node *v, int32_t *out, struct sst_err *e)
{
	struct sst_slice s = v->text;
	bool minus = s.n > 0 && s.p[0] == '-';
	int64_t n;

	if (minus) {
		s.p++;
		s.n--;
	}
	if (v->type != SST_JSON_NUMBER || sst_snowflake_parse(&n, s, e) == -1 ||
	    n > (int64_t)INT32_MAX + minus)
		return bad(f, "a whole number of 32 bits", e);
	*out = (int32_t)(minus ? -n : n);
	return 0;
}

static void
set_fixed(struct sst_msgread *r, enum sst_message_column c, uint64_t v, size_t width)
{
	uint64_t be = __builtin_bswap64(v << (64 - 8 * width));

	memcpy(r->fixed[c], &be, 8);
	r->m->value[c] = (struct sst_slice){ r->fixed[c], width };
}

static int
set_derived(
    struct sst_msgread *r, const struct field *f, const struct sst_json_node *v, struct sst_err *e)
{
	(void)r;
	(void)f;
	(void)v;
	(void)e;
	return 0;
}

static int
set_channel(
    struct sst_msgread *r, const struct field *f, const struct sst_json_node *v, struct sst_err *e)
{
	r->m->has_channel = true;
	return id_value(f, v, &r->m->channel, e);
}

static int
set_id(
    struct sst_msgread *r, const struct field *f, const struct sst_json_node *v, struct sst_err *e)
{
	r->m->has_id = true;
	return id_value(f, v, &r->m->id, e);
}

static int
set_bigint(
    struct sst_msgread *r, const struct field *f, const struct sst_json_node *v, struct sst_err *e)
{
	int64_t id;

	if (id_value(f, v, &id, e) == -1)
		return -1;
	set_fixed(r, f->column, (uint64_t)id, 8);
	return 0;
}

static int
set_int(
    struct sst_msgread *r, const struct field *f, const struct sst_json_node *v, struct sst_err *e)
{
	int32_t n;

	if (int_value(f, v, &n, e) == -1)
		return -1;
	set_fixed(r, f->column, (uint32_t)n, 4);
	return 0;
}

static int
set_bool(
    struct sst_msgread *r, const struct field *f, const struct sst_json_node *v, struct sst_err *e)
{
	if (v->type != SST_JSON_TRUE && v->type != SST_JSON_FALSE)
		return bad(f, "true or false", e);
	set_fixed(r, f->column, v->type == SST_JSON_TRUE, 1);
	return 0;
}

static int
set_text(
    struct sst_msgread *r, const struct field *f, const struct sst_json_node *v, struct sst_err *e)
{
	if (v->type != SST_JSON_STRING)
		return bad(f, "a text", e);
	r->m->value[f->column] = v->text;
	return 0;
}

/* A nonce is a text or a whole number, and is kept as text. */
static int
set_nonce(
    struct sst_msgread *r, const struct field *f, const struct sst_json_node *v, struct sst_err *e)
{
	if (v->type != SST_JSON_STRING && v->type != SST_JSON_NUMBER)
		return bad(f, "a text or a number", e);
	r->m->value[f->column] = v->text;
	return 0;
}

/* Only ISO 8601: words such as "now" are for options. */
static int
set_time(
    struct sst_msgread *r, const struct field *f, const struct sst_json_node *v, struct sst_err *e)
{
	int64_t us, ms;

	if (v->type != SST_JSON_STRING || v->text.n == 0 || v->text.p[0] < '0' ||
	    v->text.p[0] > '9' || sst_time_parse(&us, v->text, 0, e) == -1)
		return bad(f, "a time such as \"2026-11-21T01:02:03.456Z\"", e);
	ms = us / 1000 - (us % 1000 < 0);
	r->m->edited_us = us;
	set_fixed(r, f->column, (uint64_t)ms, 8);
	return 0;
}

/* The author's name; or Discord's user object. */
static int
set_author(
    struct sst_msgread *r, const struct field *f, const struct sst_json_node *v, struct sst_err *e)
{
	static const struct field id = { { (const uint8_t *)"author.id", 9 }, set_bigint,
		SST_MSG_AUTHOR_ID };
	static const struct field name = { { (const uint8_t *)"author.username", 15 }, set_text,
		SST_MSG_AUTHOR_NAME };
	const struct sst_json_node *part;

	if (v->type == SST_JSON_STRING)
		return set_text(r, f, v, e);
	if (v->type != SST_JSON_OBJECT)
		return bad(f, "a name, or an object with id and username", e);
	part = sst_json_get(v, SST_SLICE_LIT("id"));
	if (part != NULL && set_bigint(r, &id, part, e) == -1)
		return -1;
	part = sst_json_get(v, SST_SLICE_LIT("username"));
	if (part == NULL)
		part = sst_json_get(v, SST_SLICE_LIT("name"));
	return part != NULL ? set_text(r, &name, part, e) : 0;
}

/* A frozen collection: count, then each element after its length. */
static int
end_nested(struct sst_msgread *r, const struct field *f, size_t count, struct sst_err *e)
{
	struct sst_buf *b = &r->nested[f->column];
	uint32_t be = __builtin_bswap32((uint32_t)count);

	if (b->bad)
		return sst_fail_nomem(e);
	if (count == 0 && !r->opts.clears) { /* an empty list says nothing */
		r->m->value[f->column] = (struct sst_slice){ NULL, 0 };
		return 0;
	}
	memcpy(b->p, &be, 4);
	r->m->value[f->column] = sst_buf_slice(b);
	return 0;
}

static struct sst_buf *
begin_nested(struct sst_msgread *r, const struct field *f)
{
	struct sst_buf *b = &r->nested[f->column];

	sst_buf_reset(b);
	sst_put_u32(b, 0);
	return b;
}

/* Ids, or users with an id. */
static int
set_mentions(
    struct sst_msgread *r, const struct field *f, const struct sst_json_node *v, struct sst_err *e)
{
	struct sst_buf *b = begin_nested(r, f);
	const struct sst_json_node *el, *id;
	int64_t n;

	if (v->type != SST_JSON_ARRAY)
		return bad(f, "an array of ids or users", e);
	for (el = sst_json_first(v); el < sst_json_end(v); el = sst_json_next(el)) {
		id = el->type == SST_JSON_OBJECT ? sst_json_get(el, SST_SLICE_LIT("id")) : el;
		if (id == NULL)
			return bad(f, "an array of ids or users", e);
		if (id_value(f, id, &n, e) == -1)
			return -1;
		sst_put_u32(b, 8);
		sst_put_u64(b, (uint64_t)n);
	}
	return end_nested(r, f, v->count, e);
}

/* Texts, or Discord's attachment objects, of which the URL is kept. */
static int
set_attachments(
    struct sst_msgread *r, const struct field *f, const struct sst_json_node *v, struct sst_err *e)
{
	struct sst_buf *b = begin_nested(r, f);
	const struct sst_json_node *el, *url;

	if (v->type != SST_JSON_ARRAY)
		return bad(f, "an array of texts, or of objects with a url", e);
	for (el = sst_json_first(v); el < sst_json_end(v); el = sst_json_next(el)) {
		url = el->type == SST_JSON_OBJECT ? sst_json_get(el, SST_SLICE_LIT("url")) : el;
		if (url == NULL || url->type != SST_JSON_STRING)
			return bad(f, "an array of texts, or of objects with a url", e);
		sst_put_bytes32(b, url->text);
	}
	return end_nested(r, f, v->count, e);
}

/* The tuple (channel_id, message_id); either may be null. */
static int
set_reference(
    struct sst_msgread *r, const struct field *f, const struct sst_json_node *v, struct sst_err *e)
{
	static const struct sst_slice names[] = { { (const uint8_t *)"channel_id", 10 },
		{ (const uint8_t *)"message_id", 10 } };
	struct sst_buf *b = &r->nested[f->column];
	const struct sst_json_node *part;
	int64_t id;
	size_t i;

	sst_buf_reset(b);
	if (v->type != SST_JSON_OBJECT)
		return bad(f, "an object with channel_id and message_id", e);
	for (i = 0; i < SST_ARRAY_LEN(names); i++) {
		part = sst_json_get(v, names[i]);
		if (part == NULL || part->type == SST_JSON_NULL) {
			sst_put_u32(b, UINT32_MAX);
			continue;
		}
		if (id_value(f, part, &id, e) == -1)
			return -1;
		sst_put_u32(b, 8);
		sst_put_u64(b, (uint64_t)id);
	}
	if (b->bad)
		return sst_fail_nomem(e);
	r->m->value[f->column] = sst_buf_slice(b);
	return 0;
}

/* One of Discord's reaction objects, {"emoji": {"id", "name"}, "count"}: the key of a custom emoji
 * is "name:id". */
static int
reaction_object(struct sst_msgread *r, const struct field *f, const struct sst_json_node *v,
    struct reaction *to, struct sst_err *e)
{
	const struct sst_json_node *emoji = sst_json_get(v, SST_SLICE_LIT("emoji"));
	const struct sst_json_node *count = sst_json_get(v, SST_SLICE_LIT("count")), *name, *id;

	if (emoji == NULL || count == NULL)
		return bad(f, "objects with emoji and count", e);
	name = sst_json_get(emoji, SST_SLICE_LIT("name"));
	id = sst_json_get(emoji, SST_SLICE_LIT("id"));
	if (name == NULL || name->type != SST_JSON_STRING)
		return bad(f, "emoji with a name", e);
	sst_buf_add_slice(&r->keys, name->text);
	if (id != NULL && id->type == SST_JSON_STRING && id->text.n > 0) {
		sst_buf_addc(&r->keys, ':');
		sst_buf_add_slice(&r->keys, id->text);
	}
	return int_value(f, count, &to->count, e);
}

static int
compare_reactions(const void *a, const void *b)
{
	return sst_slice_cmp(((const struct reaction *)a)->key, ((const struct reaction *)b)->key);
}

/* A map is stored in the order of its keys, each of them once. */
static int
end_reactions(struct sst_msgread *r, const struct field *f, size_t n, struct sst_err *e)
{
	struct sst_buf *b = begin_nested(r, f);
	struct reaction *x = r->reactions;
	size_t i;

	if (r->keys.bad)
		return sst_fail_nomem(e);
	for (i = 0; i < n; i++)
		x[i].key = (struct sst_slice){ sst_buf_slice(&r->keys).p + x[i].off,
			(i + 1 < n ? x[i + 1].off : r->keys.n) - x[i].off };
	qsort(x, n, sizeof(*x), compare_reactions);
	for (i = 0; i < n; i++) {
		if (i > 0 && compare_reactions(&x[i - 1], &x[i]) == 0)
			return bad(f, "each emoji once", e);
		sst_put_bytes32(b, x[i].key);
		sst_put_u32(b, 4);
		sst_put_u32(b, (uint32_t)x[i].count);
	}
	return end_nested(r, f, n, e);
}

/* {"emoji": count}, or an array of Discord's reaction objects. */
static int
set_reactions(
    struct sst_msgread *r, const struct field *f, const struct sst_json_node *v, struct sst_err *e)
{
	const struct sst_json_node *el = sst_json_first(v), *end = sst_json_end(v);
	struct reaction *to = r->reactions;
	int rc;

	sst_buf_reset(&r->keys);
	if (v->type != SST_JSON_OBJECT && v->type != SST_JSON_ARRAY)
		return bad(f, "an object of counts by emoji", e);
	if (v->count > SST_MSGREAD_REACTIONS)
		return bad(f, "256 different emoji at most", e);
	for (; el < end; el = sst_json_next(el), to++) {
		to->off = r->keys.n;
		if (v->type == SST_JSON_OBJECT) {
			sst_buf_add_slice(&r->keys, el->text);
			rc = int_value(f, ++el, &to->count, e);
		} else
			rc = reaction_object(r, f, el, to, e);
		if (rc == -1)
			return -1;
	}
	return end_reactions(r, f, v->count, e);
}

#define NAME(s) \
	{ \
		(const uint8_t *)(s), sizeof(s) - 1 \
	}

static const struct field fields[] = {
	{ NAME("channel_id"), set_channel, SST_MSG_COLUMNS },
	{ NAME("message_id"), set_id, SST_MSG_COLUMNS },
	{ NAME("id"), set_id, SST_MSG_COLUMNS },
	{ NAME("author_id"), set_bigint, SST_MSG_AUTHOR_ID },
	{ NAME("author"), set_author, SST_MSG_AUTHOR_NAME },
	{ NAME("author_name"), set_text, SST_MSG_AUTHOR_NAME },
	{ NAME("content"), set_text, SST_MSG_CONTENT },
	{ NAME("type"), set_int, SST_MSG_TYPE },
	{ NAME("flags"), set_int, SST_MSG_FLAGS },
	{ NAME("edited_timestamp"), set_time, SST_MSG_EDITED },
	{ NAME("pinned"), set_bool, SST_MSG_PINNED },
	{ NAME("nonce"), set_nonce, SST_MSG_NONCE },
	{ NAME("webhook_id"), set_bigint, SST_MSG_WEBHOOK_ID },
	{ NAME("reference"), set_reference, SST_MSG_REFERENCE },
	{ NAME("message_reference"), set_reference, SST_MSG_REFERENCE },
	{ NAME("mentions"), set_mentions, SST_MSG_MENTIONS },
	{ NAME("attachments"), set_attachments, SST_MSG_ATTACHMENTS },
	{ NAME("reactions"), set_reactions, SST_MSG_REACTIONS },
	/* Known, and told by the ids or by nobody: not stored. */
	{ NAME("timestamp"), set_derived, SST_MSG_COLUMNS },
	{ NAME("bucket"), set_derived, SST_MSG_COLUMNS },
	{ NAME("channel"), set_derived, SST_MSG_COLUMNS },
	{ NAME("log_time"), set_derived, SST_MSG_COLUMNS },
};

static const struct field *
find_field(struct sst_msgread *r, size_t place, struct sst_slice name)
{
	const struct field *f = place < KEYS_MEMO ? r->memo[place] : NULL;
	size_t i;

	if (f != NULL && sst_slice_eq(f->name, name))
		return f;
	for (i = 0; i < SST_ARRAY_LEN(fields); i++)
		if (sst_slice_eq(fields[i].name, name)) {
			if (place < KEYS_MEMO)
				r->memo[place] = &fields[i];
			return &fields[i];
		}
	return NULL;
}

static void
count_unknown(struct sst_msgread *r, struct sst_slice name)
{
	struct sst_msgread_unknown *u;
	size_t i, n = name.n < SST_MSGREAD_NAME_MAX ? name.n : SST_MSGREAD_NAME_MAX;

	if (memchr(name.p, 0, n) != NULL)
		n = strnlen((const char *)name.p, n);
	for (i = 0; i < r->nunknown; i++)
		if (strlen(r->unknown[i].name) == n && memcmp(r->unknown[i].name, name.p, n) == 0)
			break;
	if (i == r->nunknown && i + 1 >= SST_MSGREAD_UNKNOWN) { /* full: the last is for the rest */
		i = SST_MSGREAD_UNKNOWN - 1;
		name = SST_SLICE_LIT("others");
		n = name.n;
	}
	u = &r->unknown[i];
	if (i == r->nunknown) {
		memcpy(u->name, name.p, n);
		r->nunknown++;
	}
	u->count++;
}

static int
take(struct sst_msgread *r, const struct field *f, const struct sst_json_node *v, struct sst_err *e)
{
	if (v->type != SST_JSON_NULL)
		return f->set(r, f, v, e);
	if (r->opts.clears && f->column < SST_MSG_COLUMNS)
		r->m->cleared |= 1u << f->column;
	return 0;
}

int
sst_msgread_line(
    struct sst_msgread *r, struct sst_slice line, struct sst_message *m, struct sst_err *e)
{
	const struct sst_json_node *root, *key;
	const struct field *f;
	size_t place = 0;

	*m = (struct sst_message){ .edited_us = INT64_MIN };
	r->m = m;
	if (sst_json_parse(r->json, line, &root, e) == -1)
		return -1;
	if (root->type != SST_JSON_OBJECT)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "not a JSON object");
	for (key = sst_json_first(root); key < sst_json_end(root); key = sst_json_next(key + 1)) {
		f = find_field(r, place++, key->text);
		if (f != NULL) {
			if (take(r, f, key + 1, e) == -1)
				return -1;
		} else if (r->opts.strict)
			return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "unknown field \"%.*s\"",
			    (int)(key->text.n < SST_MSGREAD_NAME_MAX ? key->text.n
								     : SST_MSGREAD_NAME_MAX),
			    (const char *)key->text.p);
		else
			count_unknown(r, key->text);
	}
	return 0;
}

size_t
sst_msgread_unknown(const struct sst_msgread *r, const struct sst_msgread_unknown **u)
{
	*u = r->unknown;
	return r->nunknown;
}

int
sst_msgread_new(struct sst_msgread **out, const struct sst_msgread_opts *opts, struct sst_err *e)
{
	struct sst_msgread *r = calloc(1, sizeof(*r));

	*out = NULL;
	if (r == NULL)
		return sst_fail_nomem(e);
	r->opts = *opts;
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
	size_t c;

	if (r == NULL)
		return;
	for (c = 0; c < SST_MSG_COLUMNS; c++)
		sst_buf_free(&r->nested[c]);
	sst_buf_free(&r->keys);
	sst_json_free(r->json);
	free(r);
}
