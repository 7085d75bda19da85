/* libsst/msg/document.c: outer brackets of a JSON document, and values whole. */
#include "msg/document.h"

#include "codec/jsonscan.h"

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int
cut_short(const struct sst_feed *f, struct sst_err *e)
{
	return sst_fail(e, SST_ESHORT, f->name, f->off + f->buf.n, "the document is cut short");
}

int
sst_document_peek(struct sst_feed *f, uint8_t *c, struct sst_err *e)
{
	for (;;) {
		while (f->at < f->buf.n && is_space(f->buf.p[f->at]))
			f->at++;
		if (f->at < f->buf.n) {
			*c = f->buf.p[f->at];
			return SST_ONE;
		}
		if (f->end)
			return 0;
		if (sst_feed_fill(f, e) == -1)
			return -1;
	}
}

/* The same where something has to follow: 0 or -1. */
static int
need(struct sst_feed *f, uint8_t *c, struct sst_err *e)
{
	int r = sst_document_peek(f, c, e);

	return r == 0 ? cut_short(f, e) : r == SST_ONE ? 0 : -1;
}

int
sst_document_take(struct sst_feed *f, uint8_t c, struct sst_err *e)
{
	uint8_t got;

	if (need(f, &got, e) == -1)
		return -1;
	if (got != c)
		return sst_fail(
		    e, SST_EDAMAGED, f->name, sst_feed_off(f), "not JSON: expected \"%c\"", c);
	f->at++;
	return 0;
}

int
sst_document_next(struct sst_feed *f, bool first, uint8_t close, struct sst_err *e)
{
	uint8_t c;

	if (need(f, &c, e) == -1)
		return -1;
	if (c == close) {
		f->at++;
		return 0;
	}
	return first || sst_document_take(f, ',', e) == 0 ? SST_ONE : -1;
}

int
sst_document_value(struct sst_feed *f, struct sst_slice *text, struct sst_err *e)
{
	struct sst_jsonscan scan = { 0 };
	struct sst_slice left;
	bool skipping = false;
	uint64_t off;
	uint8_t c;

	if (need(f, &c, e) == -1)
		return -1;
	off = sst_feed_off(f);
	if (memchr(",:}]", c, 4) != NULL)
		return sst_fail(e, SST_EDAMAGED, f->name, off, "not JSON: expected a value");
	for (;;) {
		left = sst_feed_left(f);
		if (sst_jsonscan(&scan, left.p, left.n))
			break;
		if (f->end && !scan.word)
			return cut_short(f, e);
		if (f->end)
			break;
		if (left.n > SST_FEED_RECORD_MAX) {
			skipping = true;
			f->at += scan.at;
			scan.at = 0;
		}
		if (sst_feed_fill(f, e) == -1)
			return -1;
	}
	*text = (struct sst_slice){ left.p, scan.at };
	f->at += scan.at;
	if (skipping || text->n > SST_FEED_RECORD_MAX)
		return sst_fail(e, SST_ELIMIT, f->name, off, "a value of more than 16 MiB");
	return 0;
}

int
sst_document_parse(struct sst_feed *f, struct sst_json *j, const struct sst_json_node **v,
    uint64_t *off, struct sst_err *e)
{
	struct sst_slice text;

	*v = NULL;
	if (sst_document_value(f, &text, e) == -1)
		return -1;
	*off = sst_feed_off(f) - text.n;
	if (sst_json_parse(j, text, v, e) == 0)
		return 0;
	return sst_err_locate(e, f->name, *off + (e->off != SST_NOWHERE ? e->off : 0));
}
