/*
 * tests/fuzz/dce.c: exports on any bytes, which come a few at a time: the first byte says how many.
 * What is read is printed as an export, and reads back to the same values.
 * covers: libsst/codec/jsonscan.c libsst/msg/document.c libsst/msg/feed.c libsst/msg/dce.c libsst/msg/dcewrite.c libsst/msg/columns.c libsst/msg/fill.c
 */
#include <assert.h>

#include "bytes.h"
#include "msg/dce.h"
#include "msg/dcewrite.h"
#include "msg/snowflake.h"
#include "world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An export of one row, and what it reads back to. */
static void
there_and_back(struct world *w, const struct sst_message *m, const struct sst_row *row)
{
	struct sst_dcewrite out = { .messages = &w->messages,
		.channel = m->channel,
		.after_us = INT64_MIN,
		.before_us = 0 };
	struct sst_leftout leftout = { 0 };
	struct sst_feed feed = { 0 };
	struct bytes bytes = { .step = 777 };
	struct sst_message again;
	struct sst_buf b = { 0 };
	struct sst_dce *d;
	struct sst_err e;
	size_t c;

	assert(sst_dcewrite_begin(&out, &b, &e) == 0);
	assert(sst_dcewrite_message(&out, &b, row, &e) == 0);
	assert(sst_dcewrite_end(&out, &b, &e) == 0);
	assert(out.leftout.n == 0);
	bytes.left = sst_buf_slice(&b);
	sst_feed_start(&feed, "again", read_bytes, &bytes);
	assert(sst_dce_new(&d, &feed, &leftout, true, &e) == 0);
	assert(sst_dce_next(d, &again, &e) == SST_ONE);
	assert(again.channel == m->channel && again.id == m->id);
	for (c = 0; c < SST_MSG_COLUMNS; c++) {
		assert((m->value[c].p == NULL) == (again.value[c].p == NULL));
		assert(m->value[c].p == NULL || sst_slice_eq(m->value[c], again.value[c]));
	}
	assert(sst_dce_next(d, &again, &e) == 0 && leftout.n == 0);
	sst_dce_free(d);
	sst_feed_free(&feed);
	sst_buf_free(&b);
}

/* Columns with any bytes in them: printed, or damaged. */
static void
values(struct world *w, struct sst_slice s)
{
	struct sst_slice ck = { (const uint8_t *)"\0\0\0\0\0\0\0\7", 8 };
	struct sst_cell cells[SST_MSG_COLUMNS];
	struct sst_row row = { .ck = &ck, .del = SST_LIVE, .cells = cells };
	struct sst_dcewrite out = { .messages = &w->messages };
	struct sst_buf b = { 0 };
	struct sst_err e;
	uint32_t col;
	size_t n;

	for (col = 0; s.n >= 2; s.p += n + 2, s.n -= n + 2) {
		col += s.p[0] % 4;
		n = s.p[1] < s.n - 2 ? s.p[1] : s.n - 2;
		if (col >= SST_MSG_COLUMNS)
			break;
		cells[row.ncells++] = (struct sst_cell){
			.col = col++, .ts_us = 1, .ldt_s = SST_NO_LDT, .value = { s.p + 2, n }
		};
	}
	if (sst_dcewrite_message(&out, &b, &row, &e) == -1)
		assert(e.code == SST_EDAMAGED && b.n == 0 && out.count == 0);
	sst_buf_free(&b);
}

static void
documents(struct world *w, size_t step, struct sst_slice text)
{
	struct bytes bytes = { text, step };
	struct sst_message_update up = { 0 };
	struct sst_leftout leftout = { 0 };
	struct sst_feed feed = { 0 };
	struct sst_message m;
	struct sst_dce *d;
	struct sst_err e;
	int r;

	sst_feed_start(&feed, "input", read_bytes, &bytes);
	assert(sst_dce_new(&d, &feed, &leftout, step % 2 == 0, &e) == 0);
	while ((r = sst_dce_next(d, &m, &e)) != 0) {
		if (r == -1) {
			assert(e.code != SST_ENOMEM && e.code != SST_ESYS);
			assert(e.off == SST_NOWHERE || e.off <= text.n);
		} else if (sst_message_make(&up, &w->messages, &m, SST_MESSAGE_STORE, 0, &e) == 0)
			there_and_back(w, &m, &up.row);
	}
	assert(sst_dce_next(d, &m, &e) == 0);
	sst_dce_free(d);
	sst_feed_free(&feed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world w; /* the table is made once: not what is tested here */
	struct sst_slice rest;

	if (size == 0)
		return 0;
	if (w.table == NULL)
		begin(&w);
	rest = (struct sst_slice){ data + 1, size - 1 };
	if (data[0] == 0)
		values(&w, rest);
	else
		documents(&w, data[0], rest);
	return 0;
}
