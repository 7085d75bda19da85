/*
 * compaction/outcome.c: what the merge gives, less what is dropped after it.  A partition is held back
 * until something of it comes, so that none comes that says nothing.
 */
#include <stdlib.h>

#include "compaction/intake.h"
#include "merge/merge.h"
#include "row/serial.h"

struct outcome {
	struct sst_passing rows; /* first */
	const struct sst_compaction *what;
	uint64_t *dropped;
	bool whole, asked; /* nothing of the partition lies elsewhere */
	struct sst_partition part;
	struct sst_buf key;
	struct sst_item part_item, row_item;
	const struct sst_item *held; /* came with the partition that was given before it */
	bool pending;                /* the partition is not given yet */
};

static bool
is_whole(struct outcome *o)
{
	if (!o->asked)
		o->whole = o->what->oracle == NULL ||
		    sst_oracle_ask(o->what->oracle, &o->part) == INT64_MAX;
	o->asked = true;
	return o->whole;
}

/* A row's deletion stays, and those of collections: they may shadow what comes later. */
static void
strip(struct outcome *o, const struct sst_item *item)
{
	o->row_item = *item;
	o->row_item.row.ncells = 0;
	o->row_item.row.live = (struct sst_liveness){ SST_NO_TS, 0, SST_NO_LDT };
	++*o->dropped;
}

/* The row as it is given, or NULL. */
static const struct sst_item *
judge(struct outcome *o, const struct sst_item *item)
{
	const struct sst_dropping *d = &o->what->dropping;

	if (item->kind != SST_MARKER && d->row != NULL && item->kind == SST_ROW &&
	    d->row(d->arg, &item->row, o->what->now_s) && is_whole(o)) {
		strip(o, item);
		item = &o->row_item;
	}
	return item->kind == SST_MARKER || !sst_row_is_empty(&item->row) ? item : NULL;
}

static int
begin(struct outcome *o, const struct sst_item *item, struct sst_err *e)
{
	o->part_item = *item;
	o->part = item->part;
	sst_buf_reset(&o->key);
	sst_buf_add_slice(&o->key, item->part.key);
	if (o->key.bad)
		return sst_fail_nomem(e);
	o->part.key = o->part_item.part.key = sst_buf_slice(&o->key);
	o->asked = false;
	o->pending = true;
	return 0;
}

/* A partition whose deletion says something goes out at once, else with its first row. */
static int
outcome_next(struct sst_stream *s, const struct sst_item **item, struct sst_err *e)
{
	struct outcome *o = (struct outcome *)s;
	const struct sst_item *got;
	int r;

	if (o->held != NULL) {
		*item = o->held;
		o->held = NULL;
		return SST_ONE;
	}
	while ((r = sst_stream_next(o->rows.in, &got, e)) == SST_ONE) {
		if (got->kind == SST_PARTITION) {
			if (begin(o, got, e) == -1)
				return -1;
			if (o->part.del.ts_us == SST_NO_TS)
				continue;
			o->pending = false;
			*item = &o->part_item;
			return SST_ONE;
		}
		if ((got = judge(o, got)) == NULL)
			continue;
		*item = got;
		if (o->pending) {
			o->pending = false;
			o->held = got;
			*item = &o->part_item;
		}
		return SST_ONE;
	}
	return r;
}

static int
outcome_skip(struct sst_stream *s, struct sst_err *e)
{
	struct outcome *o = (struct outcome *)s;

	o->held = NULL;
	return sst_stream_skip(o->rows.in, e);
}

static void
outcome_close(struct sst_stream *s)
{
	sst_buf_free(&((struct outcome *)s)->key);
	sst_passing_close(s);
}

static const struct sst_stream_ops outcome_ops = { outcome_next, outcome_skip, sst_passing_want,
	outcome_close };

static int
open_inputs(struct sst_stream **in, struct sst_intake *all, struct sst_err *e)
{
	size_t i;

	for (i = 0; i < all->what->n; i++)
		if (sst_intake_open(&in[i], all, all->what->in[i], e) == -1) {
			while (i > 0)
				sst_stream_close(in[--i]);
			return -1;
		}
	return 0;
}

static int
open_merge(struct sst_stream **out, struct sst_intake *all, struct sst_err *e)
{
	const struct sst_compaction *c = all->what;
	struct sst_merge_opts o = { .raw = true,
		.now_s = c->now_s,
		.gc_before_s = c->keep_tombstones ? INT64_MIN : c->gc_before_s };
	struct sst_stream **in = calloc(c->n + 1, sizeof(*in));
	int r = -1;

	if (in == NULL)
		return sst_fail_nomem(e);
	if (c->oracle != NULL) {
		o.purge_before = sst_oracle_ask;
		o.arg = c->oracle;
	}
	if (open_inputs(in, all, e) == 0)
		r = sst_merge_open(out, c->table, in, c->n, &o, e);
	free(in);
	return r;
}

int
sst_outcome_open(
    struct sst_stream **out, struct sst_intake *all, uint64_t *rows_dropped, struct sst_err *e)
{
	struct outcome *o = calloc(1, sizeof(*o));

	*out = NULL;
	if (o == NULL)
		return sst_fail_nomem(e);
	o->rows.s = (struct sst_stream){ &outcome_ops, all->what->table, false };
	o->what = all->what;
	o->dropped = rows_dropped;
	if (open_merge(&o->rows.in, all, e) == -1) {
		free(o);
		return -1;
	}
	*out = &o->rows.s;
	return 0;
}
