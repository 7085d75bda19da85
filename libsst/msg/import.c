/* libsst/msg/import.c: chooses the reader, and keeps one of each kind that was needed. */
#include "msg/import.h"

#include <stdlib.h>

#include "base/num.h"
#include "msg/csvin.h"
#include "msg/dce.h"
#include "msg/lines.h"
#include "msg/msgread.h"
#include "msg/package.h"

enum {
	HEAD_ENOUGH = 4096, /* bytes that are looked at, at most */
	KEY_ENOUGH = 24     /* of the first key and what follows it */
};

struct sst_import {
	struct sst_import_opts opts;
	struct sst_leftout *leftout;
	enum sst_import_form form; /* of the input at hand; SST_IMPORT_GUESS: none */
	struct sst_feed feed;
	struct sst_lines lines;
	struct sst_msgread *msgread;
	struct sst_dce *dce;
	struct sst_csvin *csvin;
	struct sst_package *package;
	uint64_t author; /* big-endian */
};

static const char *const names[SST_IMPORT_FORMS] = { [SST_IMPORT_NDJSON] = "ndjson",
	[SST_IMPORT_DCE] = "dce",
	[SST_IMPORT_CSV] = "csv",
	[SST_IMPORT_PACKAGE] = "package" };

int
sst_import_form(enum sst_import_form *form, const char *name)
{
	size_t i;

	for (i = 0; i < SST_IMPORT_FORMS; i++)
		if (names[i] != NULL && strcmp(names[i], name) == 0) {
			*form = (enum sst_import_form)i;
			return 0;
		}
	return -1;
}

static struct sst_slice
skip_blanks(struct sst_slice s)
{
	if (s.n >= 3 && memcmp(s.p, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark */
		s.p += 3;
		s.n -= 3;
	}
	for (; s.n > 0 && memchr(" \t\r\n", *s.p, 4) != NULL; s.p++)
		s.n--;
	return s;
}

/* The exporter begins `{"guild": {`; a line of NDJSON has no object under that name, nor is it
 * spread over lines. */
static bool
is_document(struct sst_slice s)
{
	static const struct sst_slice first[] = { SST_SLICE_LIT("\"guild\""),
		SST_SLICE_LIT("\"channel\"") };
	size_t i;

	s = skip_blanks((struct sst_slice){ s.p + 1, s.n - 1 });
	for (i = 0; i < SST_ARRAY_LEN(first); i++) {
		if (s.n <= first[i].n || memcmp(s.p, first[i].p, first[i].n) != 0)
			continue;
		s = skip_blanks((struct sst_slice){ s.p + first[i].n, s.n - first[i].n });
		if (s.n == 0 || *s.p != ':')
			return false;
		s = skip_blanks((struct sst_slice){ s.p + 1, s.n - 1 });
		return s.n > 0 && *s.p == '{';
	}
	return false;
}

enum sst_import_form
sst_import_guess(struct sst_slice head)
{
	struct sst_slice s = skip_blanks(head);
	const uint8_t *end;

	if (head.n >= 4 && (memcmp(head.p, "PK\3\4", 4) == 0 || memcmp(head.p, "PK\5\6", 4) == 0))
		return SST_IMPORT_PACKAGE;
	if (s.n > 0 && *s.p == '{')
		return is_document(s) ? SST_IMPORT_DCE : SST_IMPORT_NDJSON;
	end = s.n > 0 ? memchr(s.p, '\n', s.n) : NULL;
	if (end != NULL)
		s.n = (size_t)(end - s.p);
	return sst_csvin_is_heading(s) ? SST_IMPORT_CSV : SST_IMPORT_NDJSON;
}

/* The program that an input which begins so has to go through first; NULL: none that is known. */
static const char *
packed_by(struct sst_slice head)
{
	static const struct {
		struct sst_slice magic;
		const char *program;
	} all[] = { { SST_SLICE_LIT("\x28\xb5\x2f\xfd"), "zstd" },
		{ SST_SLICE_LIT("\x1f\x8b"), "gzip" }, { SST_SLICE_LIT("\xfd\x37zXZ"), "xz" },
		{ SST_SLICE_LIT("\x04\x22\x4d\x18"), "lz4" } };
	size_t i;

	for (i = 0; i < SST_ARRAY_LEN(all); i++)
		if (head.n >= all[i].magic.n && memcmp(head.p, all[i].magic.p, all[i].magic.n) == 0)
			return all[i].program;
	return NULL;
}

/* Whether more bytes could say something else: pipes give them in any portions. */
static bool
is_undecided(struct sst_slice head)
{
	struct sst_slice s = skip_blanks(head);

	if (head.n >= HEAD_ENOUGH)
		return false;
	if (s.n == 0 || (s.n < 4 && *s.p == 'P'))
		return true;
	if (*s.p != '{')
		return memchr(s.p, '\n', s.n) == NULL;
	s = skip_blanks((struct sst_slice){ s.p + 1, s.n - 1 });
	return s.n < KEY_ENOUGH && (s.n == 0 || memchr(s.p, '}', s.n) == NULL);
}

int
sst_import_new(struct sst_import **out, const struct sst_import_opts *opts,
    struct sst_leftout *leftout, struct sst_err *e)
{
	struct sst_import *i = calloc(1, sizeof(*i));

	*out = NULL;
	if (i == NULL)
		return sst_fail_nomem(e);
	i->opts = *opts;
	i->leftout = leftout;
	i->author = __builtin_bswap64((uint64_t)opts->author_id);
	*out = i;
	return 0;
}

void
sst_import_free(struct sst_import *i)
{
	if (i == NULL)
		return;
	sst_msgread_free(i->msgread);
	sst_dce_free(i->dce);
	sst_csvin_free(i->csvin);
	sst_package_close(i->package);
	sst_feed_free(&i->feed);
	free(i);
}

static int
start_lines(struct sst_import *i, struct sst_err *e)
{
	struct sst_msgread_opts opts = { i->opts.strict, i->opts.clears };

	i->lines = (struct sst_lines){ 0 };
	return i->msgread != NULL ? 0 : sst_msgread_new(&i->msgread, &opts, i->leftout, e);
}

static int
start_csv(struct sst_import *i, struct sst_err *e)
{
	struct sst_csvin_opts opts = { i->opts.strict, i->opts.clears };

	if (i->csvin == NULL)
		return sst_csvin_new(&i->csvin, &i->feed, i->leftout, &opts, e);
	sst_csvin_start(i->csvin);
	return 0;
}

static int
start_dce(struct sst_import *i, struct sst_err *e)
{
	sst_dce_free(i->dce);
	return sst_dce_new(&i->dce, &i->feed, i->leftout, i->opts.strict, e);
}

int
sst_import_stream(struct sst_import *i, enum sst_import_form *form, const char *name,
    int (*read)(void *ctx, void *buf, size_t n, size_t *got, struct sst_err *e), void *ctx,
    struct sst_err *e)
{
	const char *program;
	int r = 0;

	i->form = SST_IMPORT_GUESS;
	sst_feed_start(&i->feed, name, read, ctx);
	if (*form == SST_IMPORT_GUESS) {
		while (!i->feed.end && is_undecided(sst_feed_left(&i->feed)))
			if (sst_feed_fill(&i->feed, e) == -1)
				return -1;
		if ((program = packed_by(sst_feed_left(&i->feed))) != NULL)
			return sst_fail(e, SST_EUNSUPPORTED, name, SST_NOWHERE,
			    "is compressed: pipe it through %s -dc", program);
		*form = sst_import_guess(sst_feed_left(&i->feed));
	}
	if (*form == SST_IMPORT_NDJSON)
		r = start_lines(i, e);
	else if (*form == SST_IMPORT_DCE)
		r = start_dce(i, e);
	else if (*form == SST_IMPORT_CSV)
		r = start_csv(i, e);
	if (r == 0)
		i->form = *form;
	return r;
}

int
sst_import_package(
    struct sst_import *i, const struct sst_io *io, const char *path, struct sst_err *e)
{
	struct sst_package_opts opts = { i->opts.strict, i->opts.author_id };

	i->form = SST_IMPORT_GUESS;
	sst_package_close(i->package);
	if (sst_package_open(&i->package, io, path, &i->feed, i->leftout, &opts, e) == -1)
		return -1;
	i->form = SST_IMPORT_PACKAGE;
	return 0;
}

static bool
is_blank(struct sst_slice s)
{
	size_t i;

	for (i = 0; i < s.n && memchr(" \t\r", s.p[i], 3) != NULL; i++)
		;
	return i == s.n;
}

static int
next_line(struct sst_import *i, struct sst_message *m, struct sst_err *e)
{
	struct sst_slice line;
	int r;

	do {
		r = sst_lines_next(&i->lines, &i->feed, &line, e);
		if (r != SST_ONE)
			return r;
		/* Some editors put a byte order mark in front of UTF-8. */
		if (i->lines.number == 1 && line.n >= 3 && memcmp(line.p, "\xef\xbb\xbf", 3) == 0)
			line = (struct sst_slice){ line.p + 3, line.n - 3 };
	} while (is_blank(line));
	return sst_msgread_line(i->msgread, line, m, e) == 0 ? SST_ONE : -1;
}

/* What the input leaves to be told by the caller. */
static void
add_defaults(struct sst_import *i, struct sst_message *m)
{
	if (!m->has_channel && i->opts.channel >= 0) {
		m->channel = i->opts.channel;
		m->has_channel = true;
	}
	if (m->value[SST_MSG_AUTHOR_ID].p == NULL && i->opts.author_id >= 0 && !i->opts.clears)
		m->value[SST_MSG_AUTHOR_ID] =
		    (struct sst_slice){ (const uint8_t *)&i->author, sizeof(i->author) };
}

int
sst_import_next(struct sst_import *i, struct sst_message *m, struct sst_err *e)
{
	int r = 0;

	if (i->form == SST_IMPORT_NDJSON)
		r = next_line(i, m, e);
	else if (i->form == SST_IMPORT_DCE)
		r = sst_dce_next(i->dce, m, e);
	else if (i->form == SST_IMPORT_CSV)
		r = sst_csvin_next(i->csvin, m, e);
	else if (i->form == SST_IMPORT_PACKAGE)
		r = sst_package_next(i->package, m, e);
	if (r == SST_ONE)
		add_defaults(i, m);
	return r;
}

uint64_t
sst_import_place(const struct sst_import *i, const char **noun)
{
	switch (i->form) {
	case SST_IMPORT_DCE:
		*noun = "message";
		return sst_dce_number(i->dce);
	case SST_IMPORT_PACKAGE:
		*noun = "message";
		return sst_package_number(i->package);
	case SST_IMPORT_CSV:
		*noun = "record";
		return sst_csvin_number(i->csvin);
	default:
		*noun = "line";
		return i->lines.number;
	}
}

uint64_t
sst_import_bytes(const struct sst_import *i)
{
	return i->feed.bytes;
}
