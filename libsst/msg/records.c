/*
 * libsst/msg/records.c: a record is cut where it lies in the feed; when its end is not there yet, it
 * is begun again with more bytes.  Quotes are halved in place, once the record is whole.
 */
#include "msg/records.h"

struct cut { /* a record, as it is cut */
	struct sst_records *r;
	uint8_t *p, *end; /* what is left of the bytes at hand */
	bool all;         /* nothing follows them */
};

enum {
	MORE = 0, /* the record goes on behind the bytes at hand */
	WHOLE = 1
};

/* A field in quotes, with what follows it; *last when that ends the record. */
static int
quoted(struct cut *c, struct sst_slice *field, bool *doubled, bool *last, struct sst_err *e)
{
	uint8_t *from = ++c->p, *q;

	*doubled = false;
	for (;; *doubled = true) {
		q = memchr(c->p, '"', (size_t)(c->end - c->p));
		if (q == NULL && c->all)
			return sst_fail(
			    e, SST_EINVAL, NULL, SST_NOWHERE, "a field in quotes does not end");
		if (q == NULL || (q + 1 == c->end && !c->all))
			return MORE;
		c->p = q + 1;
		if (c->p == c->end || *c->p != '"')
			break;
		c->p++;
	}
	*field = (struct sst_slice){ from, (size_t)(q - from) };
	if (c->p < c->end && *c->p == '\r')
		c->p++;
	if (c->p == c->end && !c->all)
		return MORE;
	*last = c->p == c->end || *c->p == '\n';
	if (!*last && *c->p != ',')
		return sst_fail(
		    e, SST_EINVAL, NULL, SST_NOWHERE, "something follows a field in quotes");
	c->p += c->p < c->end;
	return WHOLE;
}

static int
bare(struct cut *c, struct sst_slice *field, bool *last)
{
	size_t n = (size_t)(c->end - c->p);
	uint8_t *feed = n > 0 ? memchr(c->p, '\n', n) : NULL, *comma;

	if (feed == NULL && !c->all)
		return MORE;
	n = (size_t)((feed != NULL ? feed : c->end) - c->p);
	comma = n > 0 ? memchr(c->p, ',', n) : NULL;
	*last = comma == NULL;
	*field = (struct sst_slice){ c->p, comma != NULL ? (size_t)(comma - c->p) : n };
	c->p += field->n;
	c->p += c->p < c->end;
	if (*last && field->n > 0 && field->p[field->n - 1] == '\r')
		field->n--;
	return WHOLE;
}

static int
fields(struct cut *c, struct sst_err *e)
{
	struct sst_records *r = c->r;
	bool last = false;
	int got;

	for (r->n = 0; !last; r->n++) {
		if (r->n == SST_RECORDS_FIELDS)
			return sst_fail(e, SST_ELIMIT, NULL, SST_NOWHERE,
			    "a record of more than %d fields", SST_RECORDS_FIELDS);
		r->doubled[r->n] = false;
		if (c->p < c->end && *c->p == '"')
			got = quoted(c, &r->field[r->n], &r->doubled[r->n], &last, e);
		else
			got = bare(c, &r->field[r->n], &last);
		if (got != WHOLE)
			return got;
	}
	return WHOLE;
}

/* Halves quotes: the bytes are the feed's own. */
static void
halve(struct sst_slice *s, uint8_t *p)
{
	const uint8_t *from = s->p, *end = s->p + s->n, *q;
	uint8_t *to = p;
	size_t n;

	while (from < end) {
		q = memchr(from, '"', (size_t)(end - from));
		n = (size_t)((q != NULL ? q + 1 : end) - from);
		memmove(to, from, n);
		to += n;
		from += n + (q != NULL);
	}
	s->n = (size_t)(to - p);
}

/* Passes over the line at hand, which may not be there yet as a whole. */
static int
skip_line(struct sst_feed *f, struct sst_err *e)
{
	const uint8_t *feed;
	struct sst_slice left;

	for (;;) {
		left = sst_feed_left(f);
		feed = left.n > 0 ? memchr(left.p, '\n', left.n) : NULL;
		f->at += feed != NULL ? (size_t)(feed + 1 - left.p) : left.n;
		if (feed != NULL || f->end)
			return 0;
		if (sst_feed_fill(f, e) == -1)
			return -1;
	}
}

/* The record is bad, and so is its first line: what it says is in *e already. */
static int
refuse(struct sst_records *r, struct sst_feed *f, struct sst_err *e)
{
	struct sst_err why = *e;

	if (skip_line(f, e) == -1)
		return -1;
	*e = why;
	return sst_err_locate(e, f->name, r->off);
}

static bool
is_empty(const struct sst_records *r)
{
	return r->n == 1 && r->field[0].n == 0;
}

static int
whole(struct sst_records *r, struct sst_feed *f, const struct cut *c)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (r->doubled[i])
			halve(&r->field[i], f->buf.p + (r->field[i].p - f->buf.p));
	f->at = (size_t)(c->p - f->buf.p);
	r->number++;
	return SST_ONE;
}

int
sst_records_next(struct sst_records *r, struct sst_feed *f, struct sst_err *e)
{
	struct cut c;
	int got;

	for (;;) {
		if (f->at == f->buf.n && !f->end && sst_feed_fill(f, e) == -1)
			return -1;
		if (f->at == f->buf.n) {
			if (f->end)
				return 0;
			continue;
		}
		r->off = sst_feed_off(f);
		c = (struct cut){ r, f->buf.p + f->at, f->buf.p + f->buf.n, f->end };
		got = fields(&c, e);
		if (got == WHOLE && is_empty(r)) {
			f->at = (size_t)(c.p - f->buf.p);
			continue;
		}
		if (got == WHOLE)
			return whole(r, f, &c);
		if (got == MORE && f->buf.n - f->at > SST_FEED_RECORD_MAX)
			got = sst_fail(
			    e, SST_ELIMIT, NULL, SST_NOWHERE, "a record of more than 16 MiB");
		if (got == -1) {
			r->number++;
			return refuse(r, f, e);
		}
		if (sst_feed_fill(f, e) == -1)
			return -1;
	}
}
