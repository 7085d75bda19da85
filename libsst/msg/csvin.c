/*
 * libsst/msg/csvin.c: a field of a record becomes the JSON value that it would be in NDJSON, and goes
 * the same way from there.
 */
#include "msg/csvin.h"

#include <stdlib.h>

#include "base/clock.h"
#include "codec/utf8.h"
#include "msg/fill.h"
#include "msg/records.h"
#include "msg/snowflake.h"

struct column {                             /* what a field of the heading is */
	const struct sst_fill_field *field; /* NULL: not stored */
	struct sst_slice name;              /* for counting; in `heading` */
};

struct sst_csvin {
	struct sst_feed *feed;
	struct sst_records records;
	struct sst_json *json;
	struct sst_fill fill;
	struct column columns[SST_RECORDS_FIELDS];
	size_t ncolumns;
	struct sst_buf heading;
	bool headed, ended;
	/* Ids that are made of the exporter's dates: the n-th message of a millisecond has the n-th
	 * id of it, so that the same file gives the same ids.  Dates go one way, or two messages would
	 * have one id. */
	int64_t date_id; /* the first id of the last date */
	int64_t nth;
	int way; /* 1: oldest first, -1: newest first, 0: not known yet */
};

static int
bad_record(struct sst_csvin *c, struct sst_err *e)
{
	return sst_err_locate(e, c->feed->name, c->records.off);
}

/* The id of a message of which only the date is known; see struct sst_csvin. */
static int
set_date(struct sst_fill *r, const struct sst_fill_field *f, const struct sst_json_node *v,
    struct sst_err *e)
{
	struct sst_csvin *c = r->arg;
	int64_t us, id;
	int way;

	if (v->text.n == 0 || v->text.p[0] < '0' || v->text.p[0] > '9' ||
	    sst_time_parse(&us, v->text, 0, e) == -1 ||
	    sst_snowflake_at(&id, us, SST_SNOWFLAKE_EPOCH_MS, e) == -1)
		return sst_fill_bad(f, "a time such as 2026-11-21T01:02:03.456+00:00", e);
	way = (id > c->date_id) - (id < c->date_id);
	if (c->date_id != -1 && way != 0 && c->way == -way)
		return sst_fill_bad(f, "records in the order of their dates", e);
	if (c->date_id != -1 && way != 0)
		c->way = way;
	c->nth = way == 0 ? c->nth + 1 : 0;
	c->date_id = id;
	if (c->nth >> SST_SNOWFLAKE_SHIFT != 0)
		return sst_fill_bad(f, "fewer messages of one date", e);
	r->m->id = id + c->nth;
	r->m->has_id = true;
	return 0;
}

static int
set_commas(struct sst_fill *r, const struct sst_fill_field *f, const struct sst_json_node *v,
    struct sst_err *e)
{
	return sst_fill_urls(r, f->column, v->text, ',', e);
}

static int
set_spaces(struct sst_fill *r, const struct sst_fill_field *f, const struct sst_json_node *v,
    struct sst_err *e)
{
	return sst_fill_urls(r, f->column, v->text, ' ', e);
}

/* "name (3), name (1)", as the exporter writes them. */
static int
set_counts(struct sst_fill *r, const struct sst_fill_field *f, const struct sst_json_node *v,
    struct sst_err *e)
{
	static const char want[] = "reactions such as \"+1 (3), heart (1)\"";
	struct sst_slice left = v->text, one;
	const uint8_t *end, *open;
	int64_t count;
	size_t n = 0;

	sst_buf_reset(&r->keys);
	while (left.n > 0 && n < SST_FILL_REACTIONS) {
		end = memchr(left.p, ')', left.n);
		one = (struct sst_slice){ left.p, end != NULL ? (size_t)(end - left.p) : 0 };
		for (open = one.p + one.n; open > one.p && *open != '('; open--)
			;
		if (open < one.p + 2 || open[-1] != ' ' ||
		    sst_snowflake_parse(&count,
			(struct sst_slice){ open + 1, (size_t)(end - open - 1) }, e) == -1 ||
		    count > INT32_MAX)
			return sst_fill_bad(f, want, e);
		r->reactions[n].off = r->keys.n;
		r->reactions[n++].count = (int32_t)count;
		sst_buf_add(&r->keys, one.p, (size_t)(open - 1 - one.p));
		left.p += one.n + 1;
		left.n -= one.n + 1;
		for (; left.n > 0 && (*left.p == ',' || *left.p == ' '); left.p++)
			left.n--;
	}
	return left.n > 0 ? sst_fill_bad(f, want, e) : sst_fill_counts(r, f, n, e);
}

static const struct sst_fill_field exporter[] = {
	SST_FILL_FIELD("AuthorID", sst_fill_bigint, SST_MSG_AUTHOR_ID),
	SST_FILL_FIELD("Author", sst_fill_text, SST_MSG_AUTHOR_NAME),
	SST_FILL_FIELD("Date", set_date, SST_MSG_COLUMNS),
	SST_FILL_FIELD("Content", sst_fill_text, SST_MSG_CONTENT),
	SST_FILL_FIELD("Attachments", set_commas, SST_MSG_ATTACHMENTS),
	SST_FILL_FIELD("Reactions", set_counts, SST_MSG_REACTIONS),
};

static const struct sst_fill_field package[] = {
	SST_FILL_FIELD("ID", sst_fill_id, SST_MSG_COLUMNS),
	SST_FILL_FIELD("Timestamp", sst_fill_derived, SST_MSG_COLUMNS),
	SST_FILL_FIELD("Contents", sst_fill_text, SST_MSG_CONTENT),
	SST_FILL_FIELD("Attachments", set_spaces, SST_MSG_ATTACHMENTS),
};

static const struct sst_fill_field *
find(const struct sst_fill_field *fields, size_t n, struct sst_slice name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (sst_slice_eq(fields[i].name, name))
			return &fields[i];
	return NULL;
}

/* The fields of a form, which the first name of the heading tells. */
static const struct sst_fill_field *
form_of(struct sst_slice first, size_t *n)
{
	const struct sst_fill_field *ours;

	if (find(exporter, *n = SST_ARRAY_LEN(exporter), first) != NULL)
		return exporter;
	if (find(package, *n = SST_ARRAY_LEN(package), first) != NULL)
		return package;
	ours = sst_msgread_fields(n);
	return find(ours, *n, first) != NULL ? ours : NULL;
}

bool
sst_csvin_is_heading(struct sst_slice line)
{
	const uint8_t *end = line.n > 0 ? memchr(line.p, ',', line.n) : NULL;
	struct sst_slice first = { line.p, end != NULL ? (size_t)(end - line.p) : 0 };
	size_t n;

	if (first.n >= 2 && first.p[0] == '"' && first.p[first.n - 1] == '"')
		first = (struct sst_slice){ first.p + 1, first.n - 2 };
	return first.n > 0 && form_of(first, &n) != NULL;
}

static struct sst_slice
without_mark(struct sst_slice s)
{
	if (s.n >= 3 && memcmp(s.p, "\xef\xbb\xbf", 3) == 0)
		s = (struct sst_slice){ s.p + 3, s.n - 3 };
	return s;
}

static int
take_name(struct sst_csvin *c, struct sst_slice name, const struct sst_fill_field *fields,
    size_t nfields, struct sst_err *e)
{
	struct column *to = &c->columns[c->ncolumns++];

	to->field = find(fields, nfields, name);
	to->name = (struct sst_slice){ c->heading.p + c->heading.n, name.n };
	sst_buf_add_slice(&c->heading, name); /* its room is made already: nothing moves */
	if (to->field == NULL && c->fill.strict)
		return sst_fail(e, SST_EDAMAGED, c->feed->name, c->records.off,
		    "unknown field \"%.*s\"", (int)(name.n < 48 ? name.n : 48),
		    (const char *)name.p);
	return 0;
}

static int
take_heading(struct sst_csvin *c, struct sst_err *e)
{
	const struct sst_fill_field *fields;
	struct sst_slice *name = c->records.field;
	size_t i, n, len = 0;

	name[0] = without_mark(name[0]);
	fields = form_of(name[0], &n);
	if (fields == NULL)
		return sst_fail(e, SST_EDAMAGED, c->feed->name, 0,
		    "the first line names no field that is known");
	for (i = 0; i < c->records.n; i++)
		len += name[i].n;
	sst_buf_reset(&c->heading);
	if (!sst_buf_room(&c->heading, len + 1))
		return sst_fail_nomem(e);
	for (i = 0, c->ncolumns = 0; i < c->records.n; i++)
		if (take_name(c, name[i], fields, n, e) == -1)
			return -1;
	c->headed = true;
	return 0;
}

static bool
is_number(struct sst_slice s)
{
	size_t i;

	for (i = 0; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
		;
	return i == s.n && s.n > 0;
}

/* The JSON value that a field of CSV stands for, which its setter tells. */
static int
to_json(struct sst_csvin *c, const struct sst_fill_field *f, struct sst_slice s,
    struct sst_json_node *room, const struct sst_json_node **v, struct sst_err *e)
{
	*room = (struct sst_json_node){ .text = s, .type = SST_JSON_STRING, .skip = 1 };
	*v = room;
	if (f->set == sst_fill_int || (f->set == sst_fill_time && is_number(s)))
		room->type = SST_JSON_NUMBER;
	else if (f->set == sst_fill_bool && sst_slice_eq(s, SST_SLICE_LIT("true")))
		room->type = SST_JSON_TRUE;
	else if (f->set == sst_fill_bool && sst_slice_eq(s, SST_SLICE_LIT("false")))
		room->type = SST_JSON_FALSE;
	else if (f->set == sst_fill_mentions || f->set == sst_fill_attachments ||
	    f->set == sst_fill_reactions || f->set == sst_fill_reference) {
		if (sst_json_parse(c->json, s, v, e) == -1)
			return sst_fill_bad(f, "JSON", e);
	}
	return 0;
}

static int
take_field(struct sst_csvin *c, const struct column *col, struct sst_slice s, struct sst_err *e)
{
	const struct sst_fill_field *f = col->field;
	const struct sst_json_node *v;
	struct sst_json_node room;

	if (s.n == 0) {
		if (f != NULL && c->fill.clears && f->column < SST_MSG_COLUMNS)
			c->fill.m->cleared |= 1u << f->column;
		return 0;
	}
	if (f == NULL) {
		sst_leftout_count(c->fill.leftout, "", col->name);
		return 0;
	}
	/* JSON is checked where it is read; a text of CSV is checked here. */
	if (sst_utf8_valid(s) != s.n)
		return sst_fill_bad(f, "UTF-8", e);
	if (to_json(c, f, s, &room, &v, e) == -1)
		return -1;
	return f->set(&c->fill, f, v, e);
}

static int
take_record(struct sst_csvin *c, struct sst_message *m, struct sst_err *e)
{
	size_t i;

	sst_fill_begin(&c->fill, m);
	if (c->records.n != c->ncolumns)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "%zu fields, the heading has %zu",
		    c->records.n, c->ncolumns);
	for (i = 0; i < c->ncolumns; i++)
		if (take_field(c, &c->columns[i], c->records.field[i], e) == -1)
			return -1;
	return SST_ONE;
}

int
sst_csvin_next(struct sst_csvin *c, struct sst_message *m, struct sst_err *e)
{
	int r;

	if (c->ended)
		return 0;
	if (!c->headed) {
		r = sst_records_next(&c->records, c->feed, e);
		if (r != SST_ONE || take_heading(c, e) == -1) {
			c->ended = true;
			return r == 0 ? 0 : -1;
		}
	}
	r = sst_records_next(&c->records, c->feed, e);
	if (r == -1 && e->code != SST_EINVAL && e->code != SST_ELIMIT)
		c->ended = true;
	if (r != SST_ONE)
		return r;
	return take_record(c, m, e) == -1 ? bad_record(c, e) : SST_ONE;
}

uint64_t
sst_csvin_number(const struct sst_csvin *c)
{
	return c->records.number;
}

void
sst_csvin_start(struct sst_csvin *c)
{
	c->records = (struct sst_records){ 0 };
	c->headed = c->ended = false;
	c->date_id = -1;
	c->nth = 0;
	c->way = 0;
}

int
sst_csvin_new(struct sst_csvin **out, struct sst_feed *feed, struct sst_leftout *leftout,
    const struct sst_csvin_opts *opts, struct sst_err *e)
{
	struct sst_csvin *c = calloc(1, sizeof(*c));

	*out = NULL;
	if (c == NULL)
		return sst_fail_nomem(e);
	c->feed = feed;
	c->fill.arg = c;
	c->fill.leftout = leftout;
	c->fill.strict = opts->strict;
	c->fill.clears = opts->clears;
	sst_csvin_start(c);
	if (sst_json_new(&c->json, e) == -1) {
		sst_csvin_free(c);
		return -1;
	}
	*out = c;
	return 0;
}

void
sst_csvin_free(struct sst_csvin *c)
{
	if (c == NULL)
		return;
	sst_fill_free(&c->fill);
	sst_json_free(c->json);
	sst_buf_free(&c->heading);
	free(c);
}
