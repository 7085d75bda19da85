/*
 * libsst/msg/package.c: folder names differ by age and by the person's language, so that messages are
 * found by the shape of their paths and the author by what a file says:
 *
 *	Messages/c123/channel.json	  .../[c]DIGITS/channel.json
 *	Messages/c123/messages.json	  .../[c]DIGITS/messages.json or .csv
 *	Account/user.json		  has "id" and "username", and lies in no such folder
 */
#include "msg/package.h"

#include <stdio.h>
#include <stdlib.h>

#include "msg/bundle.h"
#include "msg/csvin.h"
#include "msg/document.h"
#include "msg/fill.h"
#include "msg/snowflake.h"

enum kind { /* of a file in the package, in the order in which a folder's files are read */
	CHANNEL,
	JSON,
	CSV,
	OTHER_JSON /* may be the user's */
};

struct file {
	const char *name;
	size_t folder; /* bytes of name up to its last slash, with it */
	size_t index;  /* in the bundle */
	int64_t id;    /* of the folder's name */
	enum kind kind;
};

struct sst_package {
	struct sst_bundle *bundle;
	struct sst_feed *feed;
	struct sst_leftout *leftout;
	const char *path;
	struct sst_json *json;
	struct sst_fill fill;
	struct sst_csvin *csvin;
	struct sst_buf files; /* of struct file, channel by channel */
	size_t at;            /* the next one */
	enum kind reading;    /* JSON or CSV; CHANNEL: none */
	bool first;           /* of the array */
	int64_t channel;      /* of the file at hand */
	size_t folder;        /* of which file `channel` is the channel, + 1; 0: of none */
	uint64_t number;
	uint8_t author_id[8]; /* big-endian */
	struct sst_buf author_name;
	char name[4096]; /* "package.zip/Messages/c123/messages.json" */
};

static int
set_urls(struct sst_fill *r, const struct sst_fill_field *f, const struct sst_json_node *v,
    struct sst_err *e)
{
	if (v->type != SST_JSON_STRING)
		return sst_fill_bad(f, "a text", e);
	return sst_fill_urls(r, f->column, v->text, ' ', e);
}

static const struct sst_fill_field fields[] = {
	SST_FILL_FIELD("ID", sst_fill_id, SST_MSG_COLUMNS),
	SST_FILL_FIELD("Timestamp", sst_fill_derived, SST_MSG_COLUMNS),
	SST_FILL_FIELD("Contents", sst_fill_text, SST_MSG_CONTENT),
	SST_FILL_FIELD("Attachments", set_urls, SST_MSG_ATTACHMENTS),
};

static bool
is_slash(char c)
{
	return c == '/' || c == '\\'; /* some programs make such zips */
}

/* The last name of a path of n bytes: where it begins. */
static size_t
last_name(const char *path, size_t n)
{
	while (n > 0 && !is_slash(path[n - 1]))
		n--;
	return n;
}

/* Whether the folder that a file lies in is a channel's: "c123" or "123". */
static bool
channel_folder(const char *path, size_t folder, int64_t *id)
{
	size_t end = folder > 0 ? folder - 1 : 0, at = last_name(path, end);
	struct sst_err e;

	if (at < end && path[at] == 'c')
		at++;
	return sst_snowflake_parse(
		   id, (struct sst_slice){ (const uint8_t *)path + at, end - at }, &e) == 0;
}

static bool
ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n >= m && strcmp(name + n - m, end) == 0;
}

/* What a file is, by its path; false: nothing of use here. */
static bool
classify(struct file *f)
{
	const char *last;

	f->folder = last_name(f->name, strlen(f->name));
	last = f->name + f->folder;
	if (!channel_folder(f->name, f->folder, &f->id)) {
		f->kind = OTHER_JSON;
		return ends_in(last, ".json");
	}
	f->kind = strcmp(last, "channel.json") == 0 ? CHANNEL
	    : strcmp(last, "messages.json") == 0    ? JSON
						    : CSV;
	return f->kind != CSV || strcmp(last, "messages.csv") == 0;
}

static int
compare_files(const void *a, const void *b)
{
	const struct file *x = a, *y = b;
	struct sst_slice p = { (const uint8_t *)x->name, x->folder };
	struct sst_slice q = { (const uint8_t *)y->name, y->folder };
	int c = (x->kind == OTHER_JSON) - (y->kind == OTHER_JSON);

	if (c == 0)
		c = sst_slice_cmp(p, q);
	if (c == 0)
		c = (int)x->kind - (int)y->kind;
	return c != 0 ? c : (x->index > y->index) - (x->index < y->index);
}

static struct file *
file_at(const struct sst_package *p, size_t i)
{
	return (struct file *)(void *)p->files.p + i;
}

static size_t
nfiles(const struct sst_package *p)
{
	return p->files.n / sizeof(struct file);
}

static int
list(struct sst_package *p, struct sst_err *e)
{
	size_t i, n = sst_bundle_count(p->bundle);
	bool any = false;
	struct file f;

	for (i = 0; i < n; i++) {
		f = (struct file){ .name = sst_bundle_name(p->bundle, i), .index = i };
		if (!classify(&f))
			continue;
		any = any || f.kind != OTHER_JSON;
		sst_buf_add(&p->files, &f, sizeof(f));
	}
	if (p->files.bad)
		return sst_fail_nomem(e);
	if (!any)
		return sst_fail(e, SST_EDAMAGED, p->path, SST_NOWHERE,
		    "no data package: no folder of a channel in it");
	qsort(p->files.p, nfiles(p), sizeof(f), compare_files);
	return 0;
}

/* Begins to read a file, which errors then name. */
static int
begin(struct sst_package *p, const struct file *f, struct sst_err *e)
{
	snprintf(p->name, sizeof(p->name), "%s/%s", p->path, f->name);
	sst_feed_start(p->feed, p->name, sst_bundle_read, p->bundle);
	p->number = 0;
	if (sst_bundle_begin(p->bundle, f->index, e) == -1)
		return sst_err_locate(e, p->name, e->off);
	return 0;
}

/* The id and name that a user's file says; 0: it is none. */
static int
take_user(struct sst_package *p, const struct sst_json_node *v, struct sst_err *e)
{
	const struct sst_json_node *id = sst_json_get(v, SST_SLICE_LIT("id"));
	const struct sst_json_node *name = sst_json_get(v, SST_SLICE_LIT("username"));
	uint64_t be;
	int64_t n;

	if (id == NULL || name == NULL || name->type != SST_JSON_STRING ||
	    (id->type != SST_JSON_STRING && id->type != SST_JSON_NUMBER) ||
	    sst_snowflake_parse(&n, id->text, e) == -1)
		return 0;
	be = __builtin_bswap64((uint64_t)n);
	memcpy(p->author_id, &be, sizeof(be));
	sst_buf_add_slice(&p->author_name, name->text);
	return p->author_name.bad ? sst_fail_nomem(e) : SST_ONE;
}

/* SST_ONE: this file says who the author is; 0: it does not, or is not to be read; -1. */
static int
read_user(struct sst_package *p, const struct file *f, struct sst_err *e)
{
	const struct sst_json_node *v;
	uint64_t off;
	uint8_t c;
	int r = begin(p, f, e);

	if (r == 0)
		r = sst_document_peek(p->feed, &c, e);
	if (r == SST_ONE && c == '{' && sst_document_parse(p->feed, p->json, &v, &off, e) == 0)
		return take_user(p, v, e);
	return e->code == SST_ENOMEM || e->code == SST_ESYS ? -1 : 0;
}

/* A file named user.json in any folder comes before those of other names. */
static int
find_author(struct sst_package *p, int64_t given, struct sst_err *e)
{
	uint64_t be = __builtin_bswap64((uint64_t)given);
	const struct file *f;
	int pass, r = 0;
	size_t i;

	for (pass = 0; pass < 2 && r == 0; pass++)
		for (i = 0; i < nfiles(p) && r == 0; i++) {
			f = file_at(p, i);
			e->code = SST_OK;
			if (f->kind == OTHER_JSON &&
			    (strncmp(f->name + f->folder, "user", 4) == 0) == (pass == 0))
				r = read_user(p, f, e);
		}
	if (r == -1)
		return -1;
	if (r == 0 && given < 0)
		return sst_fail(e, SST_EINVAL, p->path, SST_NOWHERE,
		    "the package does not say whose messages these are: say it by --author ID");
	if (r == 0)
		memcpy(p->author_id, &be, sizeof(be));
	return 0;
}

/* Nothing follows: and so all of a file is read, whose CRC a zip compares at its end. */
static int
expect_end(struct sst_package *p, struct sst_err *e)
{
	uint8_t c;
	int r = sst_document_peek(p->feed, &c, e);

	p->number = 0;
	return r == SST_ONE
	    ? sst_fail(e, SST_EDAMAGED, p->name, sst_feed_off(p->feed), "something follows the end")
	    : r;
}

/* The id that channel.json says; what else it says has no place. */
static int
read_channel(struct sst_package *p, const struct file *f, struct sst_err *e)
{
	const struct sst_json_node *v, *k;
	uint64_t off;
	int64_t id;

	if (begin(p, f, e) == -1 || sst_document_parse(p->feed, p->json, &v, &off, e) == -1)
		return -1;
	if (v->type != SST_JSON_OBJECT)
		return sst_fail(e, SST_EDAMAGED, p->name, off, "not a JSON object");
	for (k = sst_json_first(v); k < sst_json_end(v); k = sst_json_next(k + 1)) {
		if (!sst_slice_eq(k->text, SST_SLICE_LIT("id")))
			sst_leftout_count(p->leftout, "channel.", k->text);
		else if (sst_snowflake_parse(&id, k[1].text, e) == 0)
			p->channel = id;
	}
	return expect_end(p, e);
}

/* Goes on to the next file.  SST_ONE: there is one, which may hold no messages; 0; -1. */
static int
next_file(struct sst_package *p, struct sst_err *e)
{
	const struct file *f, *last;

	p->reading = CHANNEL;
	if (p->at == nfiles(p) || file_at(p, p->at)->kind == OTHER_JSON)
		return 0;
	f = file_at(p, p->at++);
	last = p->folder > 0 ? file_at(p, p->folder - 1) : NULL;
	if (last == NULL || last->folder != f->folder ||
	    memcmp(last->name, f->name, f->folder) != 0)
		p->channel = f->id;
	p->folder = p->at;
	if (f->kind == CHANNEL)
		return read_channel(p, f, e) == -1 ? -1 : SST_ONE;
	if (begin(p, f, e) == -1)
		return -1;
	if (f->kind == CSV)
		sst_csvin_start(p->csvin);
	else if (sst_document_take(p->feed, '[', e) == -1)
		return -1;
	p->first = true;
	p->reading = f->kind;
	return SST_ONE;
}

static int
next_element(struct sst_package *p, struct sst_message *m, struct sst_err *e)
{
	const struct sst_json_node *v;
	uint64_t off;
	int r = sst_document_next(p->feed, p->first, ']', e);

	if (r != SST_ONE) {
		p->reading = CHANNEL; /* what follows a broken array cannot be told apart */
		return r == 0 ? expect_end(p, e) : -1;
	}
	p->first = false;
	p->number++;
	if (sst_document_parse(p->feed, p->json, &v, &off, e) == -1) {
		if (e->code != SST_EINVAL && e->code != SST_ELIMIT)
			p->reading = CHANNEL;
		return -1;
	}
	if (sst_fill_object(&p->fill, v, m, e) == -1)
		return sst_err_locate(e, p->name, off);
	return SST_ONE;
}

static int
next_record(struct sst_package *p, struct sst_message *m, struct sst_err *e)
{
	int r = sst_csvin_next(p->csvin, m, e);

	p->number = sst_csvin_number(p->csvin);
	if (r == 0 || (r == -1 && e->code != SST_EINVAL && e->code != SST_ELIMIT))
		p->reading = CHANNEL;
	return r;
}

int
sst_package_next(struct sst_package *p, struct sst_message *m, struct sst_err *e)
{
	int r;

	for (;;) {
		if (p->reading == JSON)
			r = next_element(p, m, e);
		else if (p->reading == CSV)
			r = next_record(p, m, e);
		else if ((r = next_file(p, e)) == SST_ONE)
			continue;
		else
			return r;
		if (r == SST_ONE)
			break;
		if (r == -1)
			return -1;
	}
	if (!m->has_id)
		return sst_fail(e, SST_EINVAL, p->name, SST_NOWHERE, "no ID");
	m->channel = p->channel;
	m->has_channel = true;
	m->value[SST_MSG_AUTHOR_ID] = (struct sst_slice){ p->author_id, sizeof(p->author_id) };
	if (p->author_name.n > 0)
		m->value[SST_MSG_AUTHOR_NAME] = sst_buf_slice(&p->author_name);
	return SST_ONE;
}

uint64_t
sst_package_number(const struct sst_package *p)
{
	return p->number;
}

static int
open_all(struct sst_package *p, const struct sst_io *io, const struct sst_package_opts *opts,
    struct sst_err *e)
{
	struct sst_csvin_opts csv = { opts->strict, false };

	if (sst_json_new(&p->json, e) == -1 ||
	    sst_csvin_new(&p->csvin, p->feed, p->leftout, &csv, e) == -1 ||
	    sst_bundle_open(&p->bundle, io, p->path, e) == -1 || list(p, e) == -1)
		return -1;
	return find_author(p, opts->author_id, e);
}

int
sst_package_open(struct sst_package **out, const struct sst_io *io, const char *path,
    struct sst_feed *feed, struct sst_leftout *leftout, const struct sst_package_opts *opts,
    struct sst_err *e)
{
	struct sst_package *p = calloc(1, sizeof(*p));

	*out = NULL;
	if (p == NULL)
		return sst_fail_nomem(e);
	p->path = path;
	p->feed = feed;
	p->leftout = leftout;
	p->fill.fields = fields;
	p->fill.nfields = SST_ARRAY_LEN(fields);
	p->fill.leftout = leftout;
	p->fill.strict = opts->strict;
	p->fill.full = true;
	if (open_all(p, io, opts, e) == -1) {
		sst_package_close(p);
		return -1;
	}
	*out = p;
	return 0;
}

void
sst_package_close(struct sst_package *p)
{
	if (p == NULL)
		return;
	sst_fill_free(&p->fill);
	sst_json_free(p->json);
	sst_csvin_free(p->csvin);
	sst_bundle_close(p->bundle);
	sst_buf_free(&p->files);
	sst_buf_free(&p->author_name);
	free(p);
}
