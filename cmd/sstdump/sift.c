/*
 * cmd/sstdump/sift.c: the streams behind select.h: some partitions of an SSTable, one after the other,
 * and a sieve that lets through what was written in time, or tombstones alone.
 */
#include <stdlib.h>

#include "row/reconcile.h"
#include "sstdump/select.h"

/* ---- some partitions ---- */

struct some {
	struct sst_stream s; /* first */
	struct sst_sstable *sst;
	const struct selection *sel;
	struct sst_read read;
	struct sst_stream *in; /* of the key at hand, or NULL */
	size_t next;           /* key */
};

/* SST_ONE and c->in, 0 when there are no more, -1. */
static int
some_begin(struct some *c, struct sst_err *e)
{
	const struct wanted_key *w;
	int may;

	for (; c->next < c->sel->nwanted; c->next++) {
		w = &c->sel->wanted[c->next];
		if (c->sel->tokens && (w->token <= c->sel->left || w->token > c->sel->right))
			continue;
		may = sst_sstable_may_have_key(c->sst, w->key, w->token, e);
		if (may == -1)
			return -1;
		if (may == 0)
			continue;
		c->next++;
		c->read.key = w->key;
		return sst_sstable_read(c->sst, &c->read, &c->in, e) == -1 ? -1 : SST_ONE;
	}
	return 0;
}

static int
some_next(struct sst_stream *s, const struct sst_item **item, struct sst_err *e)
{
	struct some *c = (struct some *)s;
	int r;

	*item = NULL;
	for (;;) {
		if (c->in == NULL && (r = some_begin(c, e)) != SST_ONE)
			return r;
		r = sst_stream_next(c->in, item, e);
		if (r != 0)
			return r;
		sst_stream_close(c->in);
		c->in = NULL;
	}
}

static int
some_skip(struct sst_stream *s, struct sst_err *e)
{
	struct some *c = (struct some *)s;

	return c->in != NULL ? sst_stream_skip(c->in, e) : 0;
}

/* Tools wait for the disk. */
static void
some_want(struct sst_stream *s, struct sst_want *want)
{
	(void)s;
	*want = (struct sst_want){ NULL, 0, 0 };
}

static void
some_close(struct sst_stream *s)
{
	struct some *c = (struct some *)s;

	sst_stream_close(c->in);
	free(c);
}

static const struct sst_stream_ops some_ops = { some_next, some_skip, some_want, some_close };

static int
open_keys(
    struct selection *sel, struct sst_sstable *sst, struct sst_stream **out, struct sst_err *e)
{
	struct some *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return sst_fail_nomem(e);
	c->s = (struct sst_stream){ &some_ops, sst_sstable_table(sst), false };
	c->sst = sst;
	c->sel = sel;
	c->read = (struct sst_read){
		.table = c->s.table, .slices = &sel->slice, .nslices = sel->sliced, .raw = true
	};
	*out = &c->s;
	return 0;
}

/* A range of tokens, or a slice of every partition: *read must outlive the stream. */
struct ranged {
	struct sst_stream s; /* first */
	struct sst_read read;
	struct sst_stream *in;
};

static int
ranged_next(struct sst_stream *s, const struct sst_item **item, struct sst_err *e)
{
	return sst_stream_next(((struct ranged *)s)->in, item, e);
}

static int
ranged_skip(struct sst_stream *s, struct sst_err *e)
{
	return sst_stream_skip(((struct ranged *)s)->in, e);
}

static void
ranged_want(struct sst_stream *s, struct sst_want *want)
{
	sst_stream_want(((struct ranged *)s)->in, want);
}

static void
ranged_close(struct sst_stream *s)
{
	sst_stream_close(((struct ranged *)s)->in);
	free(s);
}

static const struct sst_stream_ops ranged_ops = { ranged_next, ranged_skip, ranged_want,
	ranged_close };

static int
open_range(
    struct selection *sel, struct sst_sstable *sst, struct sst_stream **out, struct sst_err *e)
{
	struct ranged *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return sst_fail_nomem(e);
	c->s = (struct sst_stream){ &ranged_ops, sst_sstable_table(sst), false };
	c->read = (struct sst_read){ .table = c->s.table,
		.left = sel->tokens ? sel->left : INT64_MIN,
		.right = sel->tokens ? sel->right : INT64_MIN,
		.slices = &sel->slice,
		.nslices = sel->sliced,
		.raw = true };
	if (sst_sstable_read(sst, &c->read, &c->in, e) == -1) {
		free(c);
		return -1;
	}
	*out = &c->s;
	return 0;
}

int
select_open(
    struct selection *sel, struct sst_sstable *sst, struct sst_stream **out, struct sst_err *e)
{
	*out = NULL;
	if (sel->keyed)
		return open_keys(sel, sst, out, e);
	if (sel->tokens || sel->sliced)
		return open_range(sel, sst, out, e);
	return sst_sstable_scan(sst, out, e);
}

/* ---- a sieve ---- */

struct sieve {
	struct sst_stream s; /* first */
	const struct selection *sel;
	struct sst_stream *in;
	struct sst_item item;
	struct sst_cell *cells;
	struct sst_complex_deletion *complex;
	size_t cells_cap, complex_cap;
};

static bool
in_time(const struct sieve *c, int64_t ts_us)
{
	return !c->sel->written || (ts_us >= c->sel->from_us && ts_us <= c->sel->to_us);
}

static void
sift_deletion(const struct sieve *c, struct sst_deletion *d)
{
	if (d->ts_us != SST_NO_TS && !in_time(c, d->ts_us))
		*d = SST_LIVE;
}

static bool
keeps_cell(const struct sieve *c, const struct sst_cell *cell)
{
	if (!in_time(c, cell->ts_us))
		return false;
	return !c->sel->tombstones || !sst_cell_is_live(cell, c->sel->now_s);
}

static int
room(struct sieve *c, const struct sst_row *row, struct sst_err *e)
{
	void *p;

	if (row->ncells > c->cells_cap) {
		p = realloc(c->cells, row->ncells * sizeof(*c->cells));
		if (p == NULL)
			return sst_fail_nomem(e);
		c->cells = p;
		c->cells_cap = row->ncells;
	}
	if (row->ncomplex > c->complex_cap) {
		p = realloc(c->complex, row->ncomplex * sizeof(*c->complex));
		if (p == NULL)
			return sst_fail_nomem(e);
		c->complex = p;
		c->complex_cap = row->ncomplex;
	}
	return 0;
}

static int
sift_row(struct sieve *c, struct sst_row *row, struct sst_err *e)
{
	const struct sst_cell *cells = row->cells;
	const struct sst_complex_deletion *complex = row->complex;
	size_t i, n = 0, nx = 0;

	if (room(c, row, e) == -1)
		return -1;
	for (i = 0; i < row->ncells; i++)
		if (keeps_cell(c, &cells[i]))
			c->cells[n++] = cells[i];
	for (i = 0; i < row->ncomplex; i++)
		if (in_time(c, complex[i].del.ts_us))
			c->complex[nx++] = complex[i];
	row->cells = c->cells;
	row->ncells = n;
	row->complex = c->complex;
	row->ncomplex = nx;
	if (row->shadowable)
		sift_deletion(c, &row->under);
	sift_deletion(c, &row->del);
	if (row->shadowable && sst_deletion_is_live(&row->del)) {
		row->del = row->under;
		row->shadowable = false;
	}
	if (row->live.ts_us != SST_NO_TS &&
	    (!in_time(c, row->live.ts_us) ||
		(c->sel->tombstones && sst_liveness_is_live(&row->live, c->sel->now_s))))
		row->live = (struct sst_liveness){ SST_NO_TS, 0, SST_NO_LDT };
	return n > 0 || nx > 0 || row->del.ts_us != SST_NO_TS || row->live.ts_us != SST_NO_TS;
}

/* 1: c->item goes on; 0: nothing of it is left; -1. */
static int
sift(struct sieve *c, struct sst_err *e)
{
	struct sst_marker *m = &c->item.marker;

	if (c->item.kind == SST_PARTITION) {
		sift_deletion(c, &c->item.part.del);
		return 1;
	}
	if (c->item.kind != SST_MARKER)
		return sift_row(c, &c->item.row, e);
	sift_deletion(c, &m->before);
	sift_deletion(c, &m->after);
	return m->before.ts_us != SST_NO_TS || m->after.ts_us != SST_NO_TS;
}

static int
sieve_next(struct sst_stream *s, const struct sst_item **item, struct sst_err *e)
{
	struct sieve *c = (struct sieve *)s;
	int r, kept;

	*item = NULL;
	do {
		r = sst_stream_next(c->in, item, e);
		if (r != SST_ONE)
			return r;
		c->item = **item;
		kept = sift(c, e);
	} while (kept == 0);
	*item = &c->item;
	return kept;
}

static int
sieve_skip(struct sst_stream *s, struct sst_err *e)
{
	return sst_stream_skip(((struct sieve *)s)->in, e);
}

static void
sieve_want(struct sst_stream *s, struct sst_want *want)
{
	sst_stream_want(((struct sieve *)s)->in, want);
}

static void
sieve_close(struct sst_stream *s)
{
	struct sieve *c = (struct sieve *)s;

	sst_stream_close(c->in);
	free(c->cells);
	free(c->complex);
	free(c);
}

static const struct sst_stream_ops sieve_ops = { sieve_next, sieve_skip, sieve_want, sieve_close };

int
select_sift(
    struct selection *sel, struct sst_stream *in, struct sst_stream **out, struct sst_err *e)
{
	struct sieve *c;

	*out = in;
	if (!sel->written && !sel->tombstones)
		return 0;
	*out = NULL;
	c = calloc(1, sizeof(*c));
	if (c == NULL) {
		sst_stream_close(in);
		return sst_fail_nomem(e);
	}
	c->s = (struct sst_stream){ &sieve_ops, in->table, in->reversed };
	c->sel = sel;
	c->in = in;
	*out = &c->s;
	return 0;
}
