/*
 * tests/fuzz/message.c: messages on any bytes.  The first byte says how: lines as they come, with
 * null and unknown fields either way; or columns with any bytes in them, as a foreign file may have.
 * What is printed reads back to the same values.
 * covers: libsst/msg/msgread.c libsst/msg/fill.c libsst/msg/leftout.c libsst/msg/msgwrite.c libsst/msg/message.c
 */
#define _GNU_SOURCE /* memmem */
#include <assert.h>

#include "msg/message.h"
#include "msg/msgread.h"
#include "msg/msgwrite.h"
#include "msg/snowflake.h"
#include "world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW_US INT64_C(1800000000000000)

enum {
	EDITS = 1,
	STRICT = 2,
	DELETES = 4,
	VALUES = 8
};

static bool
has_text(const struct sst_buf *b, const char *what)
{
	return memmem(b->p, b->n, what, strlen(what)) != NULL;
}

/* Prints a row that came from m; what it says is m again, but for empty lists. */
static void
there_and_back(struct world *w, const struct sst_message *m, const struct sst_row *row)
{
	struct sst_msgread_opts opts = { .clears = true };
	struct sst_leftout leftout = { 0 };
	struct sst_msgwrite_fields fields;
	struct sst_buf b = { 0 };
	struct sst_msgread *r;
	struct sst_message again;
	struct sst_err e;
	size_t c;

	assert(sst_msgwrite_json(&b, &w->messages, m->channel, row, &e) == 0);
	assert(sst_msgread_new(&r, &opts, &leftout, &e) == 0);
	assert(sst_msgread_line(r, sst_buf_slice(&b), &again, &e) == 0);
	assert(again.channel == m->channel && again.id == m->id);
	for (c = 0; c < SST_MSG_COLUMNS; c++) {
		assert((m->value[c].p == NULL) == (again.value[c].p == NULL));
		assert(m->value[c].p == NULL || sst_slice_eq(m->value[c], again.value[c]));
	}
	sst_buf_reset(&b);
	assert(sst_msgwrite_select(&fields, SST_SLICE_LIT("bucket,content,reactions,author"), &e) ==
	    0);
	assert(sst_msgwrite_tsv(&b, &w->messages, &fields, m->channel, row, &e) == 0);
	assert(b.p[b.n - 1] == '\n' && memchr(b.p, '\n', b.n - 1) == NULL && !has_text(&b, "\r"));
	sst_msgread_free(r);
	sst_buf_free(&b);
}

static void
lines(struct world *w, unsigned mode, struct sst_slice text)
{
	enum sst_message_change change = mode & DELETES ? SST_MESSAGE_DELETE
	    : mode & EDITS                              ? SST_MESSAGE_EDIT
							: SST_MESSAGE_STORE;
	struct sst_msgread_opts opts = { (mode & STRICT) != 0, (mode & EDITS) != 0 };
	struct sst_leftout leftout = { 0 };
	struct sst_message_update up = { 0 };
	struct sst_message m;
	struct sst_msgread *r;
	struct sst_slice line;
	struct sst_err e;
	size_t i, n;

	assert(sst_msgread_new(&r, &opts, &leftout, &e) == 0);
	for (; text.n > 0; text.p += n + (n < text.n), text.n -= n + (n < text.n)) {
		line = text;
		for (n = 0; n < text.n && text.p[n] != '\n'; n++)
			;
		line.n = n;
		if (sst_msgread_line(r, line, &m, &e) == -1 ||
		    sst_message_make(&up, &w->messages, &m, change, NOW_US, &e) == -1) {
			assert(e.code == SST_EINVAL || e.code == SST_ELIMIT);
			continue;
		}
		assert(up.row.ncells <= SST_MSG_COLUMNS);
		for (i = 1; i < up.row.ncells; i++)
			assert(up.cells[i - 1].col < up.cells[i].col);
		if (change != SST_MESSAGE_DELETE)
			there_and_back(w, &m, &up.row);
	}
	assert(leftout.n <= SST_LEFTOUT_NAMES);
	sst_msgread_free(r);
}

/* Columns one after the other: its number, a length, bytes. */
static void
values(struct world *w, struct sst_slice s)
{
	struct sst_slice ck = { (const uint8_t *)"\0\0\0\0\0\0\0\7", 8 };
	struct sst_cell cells[SST_MSG_COLUMNS];
	struct sst_row row = { .ck = &ck, .del = SST_LIVE, .cells = cells };
	struct sst_msgwrite_fields fields;
	struct sst_buf b = { 0 };
	struct sst_err e;
	uint32_t col;
	size_t n, i;

	for (col = 0; s.n >= 2; s.p += n + 2, s.n -= n + 2) {
		col += s.p[0] % 4;
		n = s.p[1] < s.n - 2 ? s.p[1] : s.n - 2;
		if (col >= SST_MSG_COLUMNS)
			break;
		cells[row.ncells++] = (struct sst_cell){
			.col = col++, .ts_us = 1, .ldt_s = SST_NO_LDT, .value = { s.p + 2, n }
		};
	}
	if (sst_msgwrite_json(&b, &w->messages, -1, &row, &e) == -1)
		assert(e.code == SST_EDAMAGED && b.n == 0);
	for (i = 0; sst_msgwrite_name(i) != NULL; i++) {
		n = b.n;
		assert(sst_msgwrite_select(&fields, sst_slice_str(sst_msgwrite_name(i)), &e) == 0);
		if (sst_msgwrite_tsv(&b, &w->messages, &fields, -1, &row, &e) == -1)
			assert(e.code == SST_EDAMAGED && b.n == n);
	}
	sst_buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sst_msgwrite_fields fields;
	struct sst_slice rest;
	static struct world w; /* the table is made once: not what is tested here */
	struct sst_err e;

	if (size == 0)
		return 0;
	if (w.table == NULL)
		begin(&w);
	rest = (struct sst_slice){ data + 1, size - 1 };
	if (data[0] & VALUES)
		values(&w, rest);
	else
		lines(&w, data[0], rest);
	if (sst_msgwrite_select(&fields, rest, &e) == 0)
		assert(fields.n > 0 && fields.n <= SST_MSGWRITE_FIELDS);
	return 0;
}
