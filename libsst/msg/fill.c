/* libsst/msg/fill.c: JSON values become CQL values, and an object the columns of a message. */
#include "msg/fill.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "codec/out.h"
#include "msg/snowflake.h"

int
sst_fill_bad(const struct sst_fill_field *f, const char *want, struct sst_err *e)
{
	return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "%.*s: want %s", (int)f->name.n,
	    (const char *)f->name.p, want);
}

/* An id as a string of digits or as a number. */
static int
id_value(
    const struct sst_fill_field *f, const struct sst_json_node *v, int64_t *id, struct sst_err *e)
{
	if (v->type != SST_JSON_STRING && v->type != SST_JSON_NUMBER)
		return sst_fill_bad(f, "an id: digits, in a string or as a number", e);
	if (sst_snowflake_parse(id, v->text, e) == -1)
		return sst_fill_bad(f, "an id from 0 to 9223372036854775807", e);
	return 0;
}

static int
int_value(
    const struct sst_fill_field *f, const struct sst_json_node *v, int32_t *out, struct sst_err *e)
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
		return sst_fill_bad(f, "a whole number of 32 bits", e);
	*out = (int32_t)(minus ? -n : n);
	return 0;
}

void
sst_fill_number(struct sst_fill *r, enum sst_message_column c, uint64_t v, size_t width)
{
	uint64_t be = __builtin_bswap64(v << (64 - 8 * width));

	memcpy(r->fixed[c], &be, 8);
	r->m->value[c] = (struct sst_slice){ r->fixed[c], width };
}

int
sst_fill_derived(struct sst_fill *r, const struct sst_fill_field *f, const struct sst_json_node *v,
    struct sst_err *e)
{
	(void)r;
	(void)f;
	(void)v;
	(void)e;
	return 0;
}

int
sst_fill_channel(struct sst_fill *r, const struct sst_fill_field *f, const struct sst_json_node *v,
    struct sst_err *e)
{
	r->m->has_channel = true;
	return id_value(f, v, &r->m->channel, e);
}

int
sst_fill_id(struct sst_fill *r, const struct sst_fill_field *f, const struct sst_json_node *v,
    struct sst_err *e)
{
	r->m->has_id = true;
	return id_value(f, v, &r->m->id, e);
}

int
sst_fill_bigint(struct sst_fill *r, const struct sst_fill_field *f, const struct sst_json_node *v,
    struct sst_err *e)
{
	int64_t id;

	if (id_value(f, v, &id, e) == -1)
		return -1;
	sst_fill_number(r, f->column, (uint64_t)id, 8);
	return 0;
}

int
sst_fill_int(struct sst_fill *r, const struct sst_fill_field *f, const struct sst_json_node *v,
    struct sst_err *e)
{
	int32_t n;

	if (int_value(f, v, &n, e) == -1)
		return -1;
	sst_fill_number(r, f->column, (uint32_t)n, 4);
	return 0;
}

int
sst_fill_bool(struct sst_fill *r, const struct sst_fill_field *f, const struct sst_json_node *v,
    struct sst_err *e)
{
	if (v->type != SST_JSON_TRUE && v->type != SST_JSON_FALSE)
		return sst_fill_bad(f, "true or false", e);
	sst_fill_number(r, f->column, v->type == SST_JSON_TRUE, 1);
	return 0;
}

int
sst_fill_text(struct sst_fill *r, const struct sst_fill_field *f, const struct sst_json_node *v,
    struct sst_err *e)
{
	if (v->type != SST_JSON_STRING)
		return sst_fill_bad(f, "a text", e);
	r->m->value[f->column] = v->text;
	return 0;
}

/* A nonce is a text or a whole number, and is kept as text. */
int
sst_fill_nonce(struct sst_fill *r, const struct sst_fill_field *f, const struct sst_json_node *v,
    struct sst_err *e)
{
	if (v->type != SST_JSON_STRING && v->type != SST_JSON_NUMBER)
		return sst_fill_bad(f, "a text or a number", e);
	r->m->value[f->column] = v->text;
	return 0;
}

#define YEAR_9999_MS INT64_C(253402300799999) /* the last ms that ISO 8601 has four digits for */

static bool
unix_ms(struct sst_slice digits, int64_t *us, struct sst_err *e)
{
	int64_t ms;

	if (sst_snowflake_parse(&ms, digits, e) == -1 || ms > YEAR_9999_MS)
		return false;
	*us = ms * 1000;
	return true;
}

/* Words such as "now" are for options. */
int
sst_fill_time(struct sst_fill *r, const struct sst_fill_field *f, const struct sst_json_node *v,
    struct sst_err *e)
{
	int64_t us, ms;
	bool good = false;

	if (v->type == SST_JSON_NUMBER)
		good = unix_ms(v->text, &us, e);
	else if (v->type == SST_JSON_STRING && v->text.n > 0 && v->text.p[0] >= '0' &&
	    v->text.p[0] <= '9')
		good = sst_time_parse(&us, v->text, 0, e) == 0;
	if (!good)
		return sst_fill_bad(f, "a time such as \"2026-11-21T01:02:03.456Z\"", e);
	ms = us / 1000 - (us % 1000 < 0);
	r->m->edited_us = us;
	sst_fill_number(r, f->column, (uint64_t)ms, 8);
	return 0;
}

/* A frozen collection: count, then each element after its length. */
int
sst_fill_end_list(struct sst_fill *r, enum sst_message_column c, size_t count, struct sst_err *e)
{
	struct sst_buf *b = &r->nested[c];
	uint32_t be = __builtin_bswap32((uint32_t)count);

	if (b->bad)
		return sst_fail_nomem(e);
	if (count == 0 && !r->clears) { /* an empty list says nothing */
		r->m->value[c] = (struct sst_slice){ NULL, 0 };
		return 0;
	}
	memcpy(b->p, &be, 4);
	r->m->value[c] = sst_buf_slice(b);
	return 0;
}

struct sst_buf *
sst_fill_begin_list(struct sst_fill *r, enum sst_message_column c)
{
	struct sst_buf *b = &r->nested[c];

	sst_buf_reset(b);
	sst_put_u32(b, 0);
	return b;
}

/* Ids, or users with an id. */
int
sst_fill_mentions(struct sst_fill *r, const struct sst_fill_field *f, const struct sst_json_node *v,
    struct sst_err *e)
{
	struct sst_buf *b = sst_fill_begin_list(r, f->column);
	const struct sst_json_node *el, *id;
	int64_t n;

	if (v->type != SST_JSON_ARRAY)
		return sst_fill_bad(f, "an array of ids or users", e);
	for (el = sst_json_first(v); el < sst_json_end(v); el = sst_json_next(el)) {
		id = el->type == SST_JSON_OBJECT ? sst_json_get(el, SST_SLICE_LIT("id")) : el;
		if (id == NULL)
			return sst_fill_bad(f, "an array of ids or users", e);
		if (id_value(f, id, &n, e) == -1)
			return -1;
		sst_put_u32(b, 8);
		sst_put_u64(b, (uint64_t)n);
	}
	return sst_fill_end_list(r, f->column, v->count, e);
}

static bool
is_text(const struct sst_json_node *v)
{
	return v != NULL && v->type == SST_JSON_STRING;
}

/* The end that an attachment's URL would have: "id/filename", or the one of them that is there. */
static bool
put_name(struct sst_buf *b, const struct sst_json_node *v)
{
	const struct sst_json_node *id = sst_json_get(v, SST_SLICE_LIT("id"));
	const struct sst_json_node *name = sst_json_get(v, SST_SLICE_LIT("filename"));
	bool has_id = is_text(id) || (id != NULL && id->type == SST_JSON_NUMBER);
	size_t n = (has_id ? id->text.n : 0) + (is_text(name) ? name->text.n : 0);

	if (!has_id && !is_text(name))
		return false;
	sst_put_u32(b, (uint32_t)(n + (has_id && is_text(name))));
	if (has_id)
		sst_buf_add_slice(b, id->text);
	if (has_id && is_text(name))
		sst_buf_addc(b, '/');
	if (is_text(name))
		sst_buf_add_slice(b, name->text);
	return true;
}

int
sst_fill_attachments(struct sst_fill *r, const struct sst_fill_field *f,
    const struct sst_json_node *v, struct sst_err *e)
{
	static const char want[] = "an array of texts, or of objects with a url or an id";
	struct sst_buf *b = sst_fill_begin_list(r, f->column);
	const struct sst_json_node *el, *url;

	if (v->type != SST_JSON_ARRAY)
		return sst_fill_bad(f, want, e);
	for (el = sst_json_first(v); el < sst_json_end(v); el = sst_json_next(el)) {
		url = el->type == SST_JSON_OBJECT ? sst_json_get(el, SST_SLICE_LIT("url")) : el;
		if (is_text(url))
			sst_put_bytes32(b, url->text);
		else if (url != NULL || !put_name(b, el))
			return sst_fill_bad(f, want, e);
	}
	return sst_fill_end_list(r, f->column, v->count, e);
}

int
sst_fill_urls(struct sst_fill *r, enum sst_message_column c, struct sst_slice text,
    uint8_t separator, struct sst_err *e)
{
	struct sst_buf *b = sst_fill_begin_list(r, c);
	size_t at = 0, n, count = 0;
	const uint8_t *end;

	for (; at < text.n; at += n + 1) {
		end = memchr(text.p + at, separator, text.n - at);
		n = end != NULL ? (size_t)(end - (text.p + at)) : text.n - at;
		if (n == 0)
			continue;
		sst_put_bytes32(b, (struct sst_slice){ text.p + at, n });
		count++;
	}
	return sst_fill_end_list(r, c, count, e);
}

/* The tuple (channel_id, message_id); either may be null. */
int
sst_fill_reference(struct sst_fill *r, const struct sst_fill_field *f,
    const struct sst_json_node *v, struct sst_err *e)
{
	static const struct sst_slice names[][2] = {
		{ SST_FILL_NAME("channel_id"), SST_FILL_NAME("channelId") },
		{ SST_FILL_NAME("message_id"), SST_FILL_NAME("messageId") },
	};
	struct sst_buf *b = &r->nested[f->column];
	const struct sst_json_node *part;
	int64_t id;
	size_t i;

	sst_buf_reset(b);
	if (v->type != SST_JSON_OBJECT)
		return sst_fill_bad(f, "an object with channel_id and message_id", e);
	for (i = 0; i < SST_ARRAY_LEN(names); i++) {
		part = sst_json_get(v, names[i][0]);
		if (part == NULL)
			part = sst_json_get(v, names[i][1]);
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
reaction_object(struct sst_fill *r, const struct sst_fill_field *f, const struct sst_json_node *v,
    struct sst_fill_reaction *to, struct sst_err *e)
{
	const struct sst_json_node *emoji = sst_json_get(v, SST_SLICE_LIT("emoji"));
	const struct sst_json_node *count = sst_json_get(v, SST_SLICE_LIT("count")), *name, *id;

	if (emoji == NULL || count == NULL)
		return sst_fill_bad(f, "objects with emoji and count", e);
	name = sst_json_get(emoji, SST_SLICE_LIT("name"));
	id = sst_json_get(emoji, SST_SLICE_LIT("id"));
	if (name == NULL || name->type != SST_JSON_STRING)
		return sst_fill_bad(f, "emoji with a name", e);
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
	return sst_slice_cmp(
	    ((const struct sst_fill_reaction *)a)->key, ((const struct sst_fill_reaction *)b)->key);
}

/* A map is stored in the order of its keys, each of them once. */
int
sst_fill_counts(struct sst_fill *r, const struct sst_fill_field *f, size_t n, struct sst_err *e)
{
	struct sst_buf *b = sst_fill_begin_list(r, f->column);
	struct sst_fill_reaction *x = r->reactions;
	size_t i;

	if (r->keys.bad)
		return sst_fail_nomem(e);
	for (i = 0; i < n; i++)
		x[i].key = (struct sst_slice){ sst_buf_slice(&r->keys).p + x[i].off,
			(i + 1 < n ? x[i + 1].off : r->keys.n) - x[i].off };
	qsort(x, n, sizeof(*x), compare_reactions);
	for (i = 0; i < n; i++) {
		if (i > 0 && compare_reactions(&x[i - 1], &x[i]) == 0)
			return sst_fill_bad(f, "each emoji once", e);
		sst_put_bytes32(b, x[i].key);
		sst_put_u32(b, 4);
		sst_put_u32(b, (uint32_t)x[i].count);
	}
	return sst_fill_end_list(r, f->column, n, e);
}

/* {"emoji": count}, or an array of Discord's reaction objects. */
int
sst_fill_reactions(struct sst_fill *r, const struct sst_fill_field *f,
    const struct sst_json_node *v, struct sst_err *e)
{
	const struct sst_json_node *el = sst_json_first(v), *end = sst_json_end(v);
	struct sst_fill_reaction *to = r->reactions;
	int rc;

	sst_buf_reset(&r->keys);
	if (v->type != SST_JSON_OBJECT && v->type != SST_JSON_ARRAY)
		return sst_fill_bad(f, "an object of counts by emoji", e);
	if (v->count > SST_FILL_REACTIONS)
		return sst_fill_bad(f, "256 different emoji at most", e);
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
	return sst_fill_counts(r, f, v->count, e);
}

static const struct sst_fill_field *
find_field(struct sst_fill *r, size_t place, struct sst_slice name)
{
	const struct sst_fill_field *f = place < SST_FILL_MEMO ? r->memo[place] : NULL;
	size_t i;

	if (f != NULL && sst_slice_eq(f->name, name))
		return f;
	for (i = 0; i < r->nfields; i++)
		if (sst_slice_eq(r->fields[i].name, name)) {
			if (place < SST_FILL_MEMO)
				r->memo[place] = &r->fields[i];
			return &r->fields[i];
		}
	return NULL;
}

bool
sst_fill_says_nothing(const struct sst_json_node *v)
{
	switch (v->type) {
	case SST_JSON_NULL:
	case SST_JSON_FALSE:
		return true;
	case SST_JSON_STRING:
		return v->text.n == 0;
	case SST_JSON_ARRAY:
	case SST_JSON_OBJECT:
		return v->count == 0;
	default:
		return false;
	}
}

static int
take(struct sst_fill *r, const struct sst_fill_field *f, const struct sst_json_node *v,
    struct sst_err *e)
{
	if (v->type == SST_JSON_NULL) {
		if (r->clears && f->column < SST_MSG_COLUMNS)
			r->m->cleared |= 1u << f->column;
		return 0;
	}
	return r->full && sst_fill_says_nothing(v) ? 0 : f->set(r, f, v, e);
}

static int
leave_out(
    struct sst_fill *r, struct sst_slice name, const struct sst_json_node *v, struct sst_err *e)
{
	if (r->full && sst_fill_says_nothing(v))
		return 0;
	if (r->strict)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "unknown field \"%.*s\"",
		    (int)(name.n < SST_LEFTOUT_NAME_MAX ? name.n : SST_LEFTOUT_NAME_MAX),
		    (const char *)name.p);
	sst_leftout_count(r->leftout, "", name);
	return 0;
}

void
sst_fill_begin(struct sst_fill *r, struct sst_message *m)
{
	*m = (struct sst_message){ .edited_us = INT64_MIN };
	r->m = m;
}

int
sst_fill_object(struct sst_fill *r, const struct sst_json_node *object, struct sst_message *m,
    struct sst_err *e)
{
	const struct sst_json_node *key;
	const struct sst_fill_field *f;
	size_t place = 0;

	sst_fill_begin(r, m);
	if (object->type != SST_JSON_OBJECT)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "not a JSON object");
	for (key = sst_json_first(object); key < sst_json_end(object);
	     key = sst_json_next(key + 1)) {
		f = find_field(r, place++, key->text);
		if ((f != NULL ? take(r, f, key + 1, e) : leave_out(r, key->text, key + 1, e)) ==
		    -1)
			return -1;
	}
	return 0;
}

void
sst_fill_free(struct sst_fill *r)
{
	size_t c;

	for (c = 0; c < SST_MSG_COLUMNS; c++)
		sst_buf_free(&r->nested[c]);
	sst_buf_free(&r->keys);
}
