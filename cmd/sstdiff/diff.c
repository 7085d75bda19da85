/* cmd/sstdiff/diff.c: partition by partition, then item by item. */
#include "sstdiff/diff.h"

#include "row/reconcile.h"

enum {
	A,
	B,
	STEP_ITEMS = 4096 /* between two looks at the clock */
};

struct side {
	struct sst_stream *stream;
	const struct sst_item *item; /* NULL at the end */
	struct sst_item part;        /* its partition, with the key kept */
	struct sst_buf key;
	bool inside; /* of the partition: item is one of its rows */
};

struct walk {
	struct diff *d;
	const struct sst_table *table;
	struct side side[2];
	struct sst_ndjson *ndjson;
	bool keyed; /* ndjson knows the key of this partition */
	struct sst_buf line;
	struct tool_progress progress;
	uint64_t nitems;
};

bool
diff_enough(const struct diff *d)
{
	return (d->show == SHOW_NOTHING && d->ndiffs > 0) || (d->max > 0 && d->ndiffs >= d->max);
}

/* ---- streams ---- */

/* A marker at which nothing changes says nothing. */
static bool
says_nothing(const struct sst_item *item)
{
	return item->kind == SST_MARKER &&
	    sst_deletion_eq(&item->marker.before, &item->marker.after);
}

static int
next(struct walk *w, int which, struct sst_err *e)
{
	struct side *s = &w->side[which];
	int r;

	do
		r = sst_stream_next(s->stream, &s->item, e);
	while (r == SST_ONE && says_nothing(s->item));
	if (r == 0)
		s->item = NULL;
	if (r == -1)
		return -1;
	if (++w->nitems % STEP_ITEMS == 0)
		tool_progress_step(&w->progress, w->nitems, 0);
	s->inside = s->item != NULL && s->item->kind != SST_PARTITION;
	if (s->item == NULL || s->inside)
		return 0;
	s->part = *s->item;
	s->part.file = NULL;
	s->part.off = s->part.len = 0;
	sst_buf_reset(&s->key);
	sst_buf_add_slice(&s->key, s->item->part.key);
	s->part.part.key = sst_buf_slice(&s->key);
	return s->key.bad ? sst_fail_nomem(e) : 0;
}

/* ---- showing ---- */

static int
bad_value(struct walk *w, struct sst_err *e)
{
	if (e->code != SST_EDAMAGED)
		return -1;
	tool_progress_end(&w->progress);
	w->d->rc = tool_worse(w->d->rc, tool_worse(complain(e), TROUBLE));
	return 0;
}

/* The line of an item; of a partition that is not deleted there is none. */
static int
show_item(struct walk *w, int which, const struct sst_item *item, struct sst_err *e)
{
	struct sst_buf *out = &w->d->out->buf;
	struct sst_item placeless = *item;

	if (w->d->show > SHOW_NDJSON)
		return 0;
	placeless.file = NULL;
	placeless.off = placeless.len = 0;
	sst_buf_reset(&w->line);
	if (sst_ndjson_item(w->ndjson, &placeless, &w->line, e) == -1)
		return bad_value(w, e);
	if (w->line.n == 0)
		return 0;
	if (w->d->show == SHOW_LINES) {
		sst_buf_addc(out, which == A ? '-' : '+');
		sst_buf_add(out, w->line.p, w->line.n);
	} else {
		sst_buf_adds(out, which == A ? "{\"side\":\"-\"," : "{\"side\":\"+\",");
		sst_buf_add(out, w->line.p + 1, w->line.n - 1);
	}
	w->d->out->gone = DAMAGED; /* a line is a difference, if nobody reads the rest */
	tool_output_step(w->d->out);
	return 0;
}

/* Tells the writer of lines which partition follows; its own line is another matter. */
static int
know_key(struct walk *w, int which, struct sst_err *e)
{
	struct sst_item bare = w->side[which].part;

	if (w->keyed || w->d->show > SHOW_NDJSON)
		return 0;
	w->keyed = true;
	bare.part.del = SST_LIVE;
	sst_buf_reset(&w->line);
	return sst_ndjson_item(w->ndjson, &bare, &w->line, e) == -1 ? bad_value(w, e) : 0;
}

static enum counted
kind_of(const struct sst_item *item)
{
	return item->kind == SST_PARTITION ? PARTITIONS : item->kind == SST_MARKER ? BOUNDS : ROWS;
}

static int
only(struct walk *w, int which, const struct sst_item *item, struct sst_err *e)
{
	w->d->tally.only[kind_of(item)][which]++;
	w->d->ndiffs++;
	return know_key(w, which, e) == -1 ? -1 : show_item(w, which, item, e);
}

static int
both(struct walk *w, const struct sst_item *a, const struct sst_item *b, bool same,
    struct sst_err *e)
{
	enum counted kind = kind_of(a);

	if (same) {
		w->d->tally.same[kind]++;
		return 0;
	}
	w->d->tally.changed[kind]++;
	w->d->ndiffs++;
	if (know_key(w, A, e) == -1 || show_item(w, A, a, e) == -1)
		return -1;
	return show_item(w, B, b, e);
}

/* ---- order ---- */

static int
compare_partitions(const struct side *a, const struct side *b)
{
	if (a->item == NULL || b->item == NULL)
		return (a->item == NULL) - (b->item == NULL);
	return sst_key_compare(
	    a->part.part.token, a->part.part.key, b->part.part.token, b->part.part.key);
}

static struct sst_bound
place(const struct sst_table *t, const struct sst_item *item)
{
	if (item->kind == SST_MARKER)
		return item->marker.at;
	return (struct sst_bound){ item->row.ck, t->nck, 0 };
}

/* Of two items of one partition; one that is at its end (not inside) comes last. */
static int
compare_items(const struct sst_table *t, const struct side *a, const struct side *b)
{
	struct sst_bound x, y;

	if (!a->inside || !b->inside)
		return !a->inside - !b->inside;
	if (a->item->kind == SST_STATIC || b->item->kind == SST_STATIC)
		return (b->item->kind == SST_STATIC) - (a->item->kind == SST_STATIC);
	x = place(t, a->item);
	y = place(t, b->item);
	return sst_bound_compare(t, &x, &y);
}

/* ---- walking ---- */

/* A partition that the other side does not have: its rows, and itself. */
static int
lone_partition(struct walk *w, int which, struct sst_err *e)
{
	struct side *s = &w->side[which];

	if (know_key(w, which, e) == -1 || only(w, which, &s->part, e) == -1 ||
	    next(w, which, e) == -1)
		return -1;
	while (s->inside && !diff_enough(w->d))
		if (only(w, which, s->item, e) == -1 || next(w, which, e) == -1)
			return -1;
	return 0;
}

static int
step(struct walk *w, struct sst_err *e)
{
	struct side *a = &w->side[A], *b = &w->side[B];
	int c = compare_items(w->table, a, b);

	if (c < 0)
		return only(w, A, a->item, e) == -1 ? -1 : next(w, A, e);
	if (c > 0)
		return only(w, B, b->item, e) == -1 ? -1 : next(w, B, e);
	if (both(w, a->item, b->item, same_item(w->table, a->item, b->item, w->d->exactness), e) ==
		-1 ||
	    next(w, A, e) == -1)
		return -1;
	return next(w, B, e);
}

static int
shared_partition(struct walk *w, struct sst_err *e)
{
	struct side *a = &w->side[A], *b = &w->side[B];

	if (both(w, &a->part, &b->part, sst_deletion_eq(&a->part.part.del, &b->part.part.del), e) ==
		-1 ||
	    next(w, A, e) == -1 || next(w, B, e) == -1)
		return -1;
	while ((a->inside || b->inside) && !diff_enough(w->d))
		if (step(w, e) == -1)
			return -1;
	return 0;
}

static int
walk(struct walk *w, struct sst_err *e)
{
	int c, r;

	if (next(w, A, e) == -1 || next(w, B, e) == -1)
		return -1;
	while ((w->side[A].item != NULL || w->side[B].item != NULL) && !diff_enough(w->d)) {
		w->keyed = false;
		c = compare_partitions(&w->side[A], &w->side[B]);
		r = c == 0 ? shared_partition(w, e) : lone_partition(w, c < 0 ? A : B, e);
		if (r == -1)
			return -1;
	}
	return 0;
}

int
diff_streams(struct diff *d, const struct sst_table *table, struct sst_stream *a,
    struct sst_stream *b, struct sst_err *e)
{
	struct walk w = { .d = d, .table = table };
	int r = -1;

	w.side[A].stream = a;
	w.side[B].stream = b;
	tool_progress_start(&w.progress, "rows", 0, d->quiet);
	if (sst_ndjson_new(&w.ndjson, table, e) == 0)
		r = walk(&w, e);
	tool_progress_end(&w.progress);
	sst_ndjson_free(w.ndjson);
	sst_buf_free(&w.line);
	sst_buf_free(&w.side[A].key);
	sst_buf_free(&w.side[B].key);
	sst_stream_close(a);
	sst_stream_close(b);
	return r;
}
