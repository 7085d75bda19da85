/*
 * cmd/sstdump/explain.c: for every version of every cell of a partition, from which file it is, and
 * why it is the one that a reader sees, or not.
 *
 * The streams of all files run beside each other, so memory does not grow with the partition.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "row/reconcile.h"
#include "sstdump/job.h"
#include "tool/gather.h"

enum field {
	KEY,
	CLUSTERING,
	COLUMN,
	VALUE,
	WRITTEN,
	FILE_NAME,
	VERDICT,
	WHY
};

static const struct tool_field fields[] = {
	[KEY] = { "key", TOOL_LEFT },
	[CLUSTERING] = { "clustering", TOOL_LEFT },
	[COLUMN] = { "column", TOOL_LEFT },
	[VALUE] = { "value", TOOL_LEFT },
	[WRITTEN] = { "ts", TOOL_RIGHT },
	[FILE_NAME] = { "file", TOOL_LEFT },
	[VERDICT] = { "verdict", TOOL_LEFT },
	[WHY] = { "why", TOOL_LEFT },
};

struct source { /* one file */
	struct gathered *of;
	const char *name; /* in the report */
	struct sst_stream *s;
	const struct sst_item *item; /* its next one; NULL: none */
	struct sst_deletion part, open;
	bool here;   /* has the partition at hand */
	bool meets;  /* has a row at the clustering at hand */
	size_t cell; /* next of that row */
};

struct explain {
	struct job *job;
	struct group *g;
	struct source *src;
	struct sst_buf key, at, text, why; /* as text */
	struct tool_report report;
};

struct killer { /* the latest deletion over a place */
	struct sst_deletion del;
	const char *kind, *name; /* what, and in which file */
};

static int
advance(struct source *s, struct sst_err *e)
{
	int r = sst_stream_next(s->s, &s->item, e);

	if (r != SST_ONE)
		s->item = NULL;
	return r == -1 ? -1 : 0;
}

static void
outdo(struct killer *k, struct sst_deletion del, const char *kind, const char *name)
{
	if (sst_deletion_supersedes(&del, &k->del))
		*k = (struct killer){ del, kind, name };
}

/* The deletion of a row: a shadowable one gives way to a later liveness of any version. */
static struct sst_deletion
row_deletion(const struct explain *x, const struct sst_row *row)
{
	size_t i;

	for (i = 0; row->shadowable && i < x->g->n; i++)
		if (x->src[i].meets && x->src[i].item->row.live.ts_us > row->del.ts_us)
			return row->under;
	return row->del;
}

/* What deletes the row as a whole, or a column of it. */
static struct killer
killer_of(const struct explain *x, bool is_static, uint32_t col)
{
	struct killer k = { SST_LIVE, NULL, NULL };
	size_t i, j;

	for (i = 0; i < x->g->n; i++) {
		const struct source *s = &x->src[i];

		if (!s->here)
			continue;
		outdo(&k, s->part, "partition deletion", s->name);
		if (!is_static)
			outdo(&k, s->open, "range deletion", s->name);
		if (!s->meets)
			continue;
		outdo(&k, row_deletion(x, &s->item->row), "row deletion", s->name);
		outdo(&k, sst_row_under(&s->item->row), "row deletion", s->name);
		for (j = 0; j < s->item->row.ncomplex; j++)
			if (s->item->row.complex[j].col == col)
				outdo(&k, s->item->row.complex[j].del, "deletion of the collection",
				    s->name);
	}
	return k;
}

static void
put_time(struct sst_buf *b, int64_t us)
{
	char text[SST_TIME_LEN];

	sst_time_format(text, us, 6);
	sst_buf_adds(b, text);
}

static void
show(struct explain *x, const char *column, int64_t ts_us, const struct source *s,
    const char *verdict)
{
	struct tool_report *r = &x->report;

	tool_set_text(r, KEY, sst_buf_slice(&x->key));
	if (x->at.n > 0)
		tool_set_text(r, CLUSTERING, sst_buf_slice(&x->at));
	tool_set_str(r, COLUMN, column);
	if (x->text.n > 0)
		tool_set_text(r, VALUE, sst_buf_slice(&x->text));
	tool_set_i64(r, WRITTEN, ts_us);
	tool_set_str(r, FILE_NAME, s->name);
	tool_set_str(r, VERDICT, verdict);
	if (x->why.n > 0)
		tool_set_text(r, WHY, sst_buf_slice(&x->why));
	tool_report_row(r);
	tool_output_step(&x->job->out);
	sst_buf_reset(&x->text);
	sst_buf_reset(&x->why);
}

static void
why_deleted(struct explain *x, const struct killer *k)
{
	sst_buf_addf(&x->why, "%s of ", k->kind);
	put_time(&x->why, k->del.ts_us);
	sst_buf_addf(&x->why, " in %s", k->name);
}

static bool
explain_deleted(struct explain *x, const struct killer *k, int64_t ts_us)
{
	if (!sst_deletion_covers(&k->del, ts_us))
		return false;
	why_deleted(x, k);
	return true;
}

/* A deletion is there for those after it: it counts unless another one is later. */
static void
show_deletion(struct explain *x, const struct source *s, struct sst_deletion del, const char *kind,
    const struct killer *k)
{
	bool won = k->name == s->name && sst_deletion_eq(&k->del, &del);

	if (del.ts_us == SST_NO_TS)
		return;
	if (!won && !sst_deletion_eq(&k->del, &del))
		why_deleted(x, k);
	else if (!won)
		sst_buf_addf(&x->why, "the same as in %s", k->name);
	show(x, kind, del.ts_us, s, won ? "deletes" : "lost");
}

static void
show_liveness(struct explain *x, const struct killer *k)
{
	const struct source *best = NULL;
	size_t i;

	for (i = 0; i < x->g->n; i++) {
		const struct source *s = &x->src[i];

		if (s->meets && s->item->row.live.ts_us != SST_NO_TS &&
		    (best == NULL ||
			sst_liveness_supersedes(&s->item->row.live, &best->item->row.live)))
			best = s;
	}
	for (i = 0; i < x->g->n; i++) {
		const struct source *s = &x->src[i];
		const struct sst_liveness *l;
		const char *verdict = "lost";

		if (!s->meets || s->item->row.live.ts_us == SST_NO_TS)
			continue;
		l = &s->item->row.live;
		if (explain_deleted(x, k, l->ts_us))
			verdict = "deleted";
		else if (s == best && !sst_liveness_is_live(l, x->job->now_s))
			verdict = "expired";
		else if (s == best)
			verdict = "won";
		else
			sst_buf_addf(&x->why, "%s in %s",
			    l->ts_us < best->item->row.live.ts_us ? "a later write"
								  : "the same time",
			    best->name);
		show(x, "(row)", l->ts_us, s, verdict);
	}
}

/* The next cell of a source's row, or NULL. */
static const struct sst_cell *
cell_of(const struct source *s)
{
	return s->meets && s->cell < s->item->row.ncells ? &s->item->row.cells[s->cell] : NULL;
}

static const char *
reason(const struct sst_cell *won, const struct sst_cell *lost)
{
	if (won->ts_us > lost->ts_us)
		return "a later write";
	if (sst_cell_is_tombstone(won) && !sst_cell_is_tombstone(lost))
		return "a deletion of the same time";
	if (won->ttl_s != 0 && lost->ttl_s == 0)
		return "an expiring value of the same time";
	if (won->ldt_s != lost->ldt_s)
		return "of the same time, and later deleted or expiring,";
	return sst_slice_eq(won->value, lost->value) ? "the same value and time"
						     : "of the same time, and the larger value,";
}

static void
put_cell_value(struct explain *x, const struct sst_type *type, const struct sst_cell *c)
{
	struct sst_err e;

	sst_buf_reset(&x->text);
	if (sst_cell_is_tombstone(c))
		return;
	type = sst_type_cell(type, c->path);
	if (type == NULL || sst_type_to_ndjson(type, c->value, &x->text, &e) == -1) {
		sst_buf_reset(&x->text);
		sst_buf_adds(&x->text, "(not of its type)");
	}
}

/* "column", or "column[path]". */
static void
put_column(struct sst_buf *b, const struct sst_column *col, const struct sst_cell *c)
{
	const struct sst_type *path = sst_type_path(col->type);
	struct sst_err e;

	sst_buf_reset(b);
	sst_buf_add_slice(b, col->name);
	if (c->path.p != NULL && path != NULL) {
		sst_buf_addc(b, '[');
		(void)sst_type_to_ndjson(path, c->path, b, &e);
		sst_buf_addc(b, ']');
	}
	sst_buf_addc(b, '\0');
}

struct place { /* a cell's, and the best version of it */
	const struct sst_column *col;
	const struct sst_cell *first, *best;
	const struct source *from;
	struct killer killer;
};

static void
judge(struct explain *x, const struct place *p, const struct source *s, struct sst_buf *name)
{
	const struct sst_cell *c = cell_of(s);
	const char *verdict = "lost";
	bool counter = p->col->type->kind == SST_COUNTER;

	put_cell_value(x, p->col->type, c);
	put_column(name, p->col, c);
	if (explain_deleted(x, &p->killer, c->ts_us))
		verdict = "deleted";
	else if (counter && !sst_cell_is_tombstone(p->best)) {
		verdict = "added";
		sst_buf_adds(&x->why, "counters are summed over their shards");
	} else if (s != p->from)
		sst_buf_addf(&x->why, "%s in %s", reason(p->best, c), p->from->name);
	else if (sst_cell_is_tombstone(c))
		verdict = "deletes";
	else if (!sst_cell_is_live(c, x->job->now_s))
		verdict = "expired";
	else
		verdict = "won";
	show(x, (const char *)name->p, c->ts_us, s, verdict);
}

/* The versions of the first place that any source still has; false when there is none. */
static bool
explain_place(struct explain *x, bool is_static, struct sst_buf *name)
{
	const struct sst_column *cols = is_static ? x->g->table->statics : x->g->table->regulars;
	const struct sst_cell *c;
	struct place p = { 0 };
	size_t i;

	for (i = 0; i < x->g->n; i++) {
		c = cell_of(&x->src[i]);
		if (c != NULL && (p.first == NULL || sst_cell_order(cols, c, p.first) < 0))
			p.first = c;
	}
	if (p.first == NULL)
		return false;
	p.col = &cols[p.first->col];
	for (i = 0; i < x->g->n; i++) {
		c = cell_of(&x->src[i]);
		if (c == NULL || sst_cell_order(cols, c, p.first) != 0)
			continue;
		if (p.best == NULL || sst_cell_reconcile(c, p.best) > 0) {
			p.best = c;
			p.from = &x->src[i];
		}
	}
	p.killer = killer_of(x, is_static, p.first->col);
	for (i = 0; i < x->g->n; i++) {
		c = cell_of(&x->src[i]);
		if (c != NULL && sst_cell_order(cols, c, p.first) == 0)
			judge(x, &p, &x->src[i], name);
	}
	for (i = 0; i < x->g->n; i++) {
		c = cell_of(&x->src[i]);
		if (c != NULL && c != p.first && sst_cell_order(cols, c, p.first) == 0)
			x->src[i].cell++;
	}
	for (i = 0; i < x->g->n; i++) /* last: all were held against it */
		if (cell_of(&x->src[i]) == p.first)
			x->src[i].cell++;
	return true;
}

static int
put_clustering(struct explain *x, const struct sst_slice *ck, size_t n, struct sst_err *e)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (i > 0)
			sst_buf_addc(&x->at, ':');
		if (ck[i].p != NULL &&
		    sst_type_to_string(x->g->table->ck[i].type, ck[i], &x->at, e) == -1)
			return -1;
	}
	return 0;
}

static void
show_row_deletions(struct explain *x, const struct source *s, const struct killer *k)
{
	const struct sst_row *row = &s->item->row;
	struct sst_deletion del = row_deletion(x, row);

	if (!row->shadowable)
		show_deletion(x, s, row->del, "(row deletion)", k);
	else if (sst_deletion_eq(&del, &row->del))
		show_deletion(x, s, row->del, "(shadowable row deletion)", k);
	else {
		sst_buf_adds(&x->why, "gives way to a later write of the row");
		show(x, "(shadowable row deletion)", row->del.ts_us, s, "lost");
	}
	show_deletion(x, s, sst_row_under(row), "(row deletion)", k);
}

/* All sources that meet here. */
static int
explain_row(struct explain *x, bool is_static, struct sst_err *e)
{
	struct killer k = killer_of(x, is_static, SST_NO_COLUMN);
	struct sst_buf name = { 0 };
	size_t i, j;
	int r = 0;

	for (i = 0; i < x->g->n; i++)
		if (x->src[i].meets)
			show_row_deletions(x, &x->src[i], &k);
	show_liveness(x, &k);
	for (i = 0; i < x->g->n; i++)
		for (j = 0; x->src[i].meets && j < x->src[i].item->row.ncomplex; j++) {
			const struct sst_complex_deletion *d = &x->src[i].item->row.complex[j];
			struct killer over = killer_of(x, is_static, d->col);

			show_deletion(x, &x->src[i], d->del, "(deletion of a collection)", &over);
		}
	while (explain_place(x, is_static, &name))
		;
	sst_buf_free(&name);
	for (i = 0; r == 0 && i < x->g->n; i++)
		if (x->src[i].meets) {
			x->src[i].meets = false;
			r = advance(&x->src[i], e);
		}
	return r;
}

static struct sst_bound
bound_of(const struct sst_item *item, size_t nck)
{
	if (item->kind == SST_MARKER)
		return item->marker.at;
	return (struct sst_bound){ item->row.ck, nck, 0 };
}

static int
explain_marker(struct explain *x, struct source *s, struct sst_err *e)
{
	const struct sst_marker *m = &s->item->marker;
	struct killer k;

	s->open = m->after;
	if (m->after.ts_us != SST_NO_TS) {
		k = killer_of(x, false, SST_NO_COLUMN);
		sst_buf_adds(&x->at, m->at.side < 0 ? "from " : "after ");
		if (put_clustering(x, m->at.ck, m->at.n, e) == -1)
			return -1;
		show_deletion(x, s, m->after, "(range deletion)", &k);
	}
	return advance(s, e);
}

/* The row or marker that comes first, of all sources.  1, 0: the partition is over, -1. */
static int
explain_next(struct explain *x, struct sst_err *e)
{
	const struct sst_table *t = x->g->table;
	struct source *first = NULL;
	struct sst_bound at = { 0 }, b;
	bool is_static = false;
	size_t i;

	for (i = 0; i < x->g->n; i++) {
		struct source *s = &x->src[i];

		if (!s->here || s->item == NULL || s->item->kind == SST_PARTITION)
			continue;
		if (s->item->kind == SST_STATIC) {
			s->meets = is_static = true;
			s->cell = 0;
			continue;
		}
		b = bound_of(s->item, t->nck);
		if (first == NULL || sst_bound_compare(t, &b, &at) < 0) {
			first = s;
			at = b;
		}
	}
	sst_buf_reset(&x->at);
	if (is_static)
		return explain_row(x, true, e) == -1 ? -1 : 1;
	if (first == NULL)
		return 0;
	if (first->item->kind == SST_MARKER)
		return explain_marker(x, first, e) == -1 ? -1 : 1;
	for (i = 0; i < x->g->n; i++) {
		struct source *s = &x->src[i];

		if (!s->here || s->item == NULL || s->item->kind != SST_ROW)
			continue;
		b = bound_of(s->item, t->nck);
		s->meets = sst_bound_compare(t, &b, &at) == 0;
		s->cell = 0;
	}
	if (put_clustering(x, at.ck, at.n, e) == -1)
		return -1;
	return explain_row(x, false, e) == -1 ? -1 : 1;
}

static int
part_order(const struct source *a, const struct source *b)
{
	const struct sst_partition *x = &a->item->part, *y = &b->item->part;

	return sst_key_compare(x->token, x->key, y->token, y->key);
}

/* The partition that comes first, of all sources that have it.  1, 0: there is none, -1. */
static int
explain_partition(struct explain *x, struct sst_err *e)
{
	struct source *first = NULL;
	struct killer k;
	size_t i;
	int r = 0;

	for (i = 0; i < x->g->n; i++)
		if (x->src[i].item != NULL && (first == NULL || part_order(&x->src[i], first) < 0))
			first = &x->src[i];
	if (first == NULL)
		return 0;
	sst_buf_reset(&x->key);
	sst_buf_reset(&x->at);
	if (sst_type_to_string(x->g->table->key_type, first->item->part.key, &x->key, e) == -1)
		return -1;
	for (i = 0; i < x->g->n; i++) {
		struct source *s = &x->src[i];

		s->here = s->item != NULL && part_order(s, first) == 0;
		s->part = s->here ? s->item->part.del : SST_LIVE;
		s->open = SST_LIVE;
	}
	k = killer_of(x, true, SST_NO_COLUMN);
	for (i = 0; i < x->g->n; i++)
		if (x->src[i].here)
			show_deletion(x, &x->src[i], x->src[i].part, "(partition deletion)", &k);
	for (i = 0; r == 0 && i < x->g->n; i++)
		if (x->src[i].here)
			r = advance(&x->src[i], e);
	while (r == 0 && (r = explain_next(x, e)) == 1)
		r = 0;
	return r == -1 ? -1 : 1;
}

/* The length of the path's folder. */
static size_t
folder_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? (size_t)(slash + 1 - path) : 0;
}

/* Files of one folder by their names alone, without what all Data.db end in: "me-3-big". */
static void
name_sources(struct explain *x)
{
	struct group *g = x->g;
	size_t i, n = folder_len(g->at[0].path), len, end = sizeof("-Data.db") - 1;
	bool one = true;
	char *name;

	for (i = 1; i < g->n; i++)
		one = one && folder_len(g->at[i].path) == n &&
		    memcmp(g->at[i].path, g->at[0].path, n) == 0;
	for (i = 0; i < g->n; i++) {
		x->src[i].name = g->at[i].path + (one ? n : 0);
		len = strlen(x->src[i].name);
		if (!one || len < end || strcmp(x->src[i].name + len - end, "-Data.db") != 0)
			continue;
		name = sst_arena_str(&g->arena, x->src[i].name, len - end);
		if (name != NULL)
			x->src[i].name = name;
	}
}

static int
explain_group(struct job *job, struct group *g, struct explain *x, struct sst_err *e)
{
	size_t i;
	int r;

	x->g = g;
	x->src = calloc(g->n, sizeof(*x->src));
	if (x->src == NULL)
		return sst_fail_nomem(e);
	name_sources(x);
	r = gather_join(g, e);
	if (r == 0)
		r = select_for(&job->sel, g->table, e);
	for (i = 0; r == 0 && i < g->n; i++) {
		x->src[i].of = &g->at[i];
		r = select_open(&job->sel, g->at[i].sst, &x->src[i].s, e);
		if (r == 0)
			r = advance(&x->src[i], e);
	}
	while (r == 0 && (r = explain_partition(x, e)) == 1)
		r = 0;
	for (i = 0; i < g->n; i++)
		sst_stream_close(x->src[i].s);
	free(x->src);
	return r;
}

int
explain_gathered(struct job *job)
{
	struct explain x = { .job = job };
	struct sst_err e;
	int rc = SOUND;
	size_t i;

	tool_report_start(&x.report, report_form(job), fields, SST_ARRAY_LEN(fields), &job->out);
	for (i = 0; i < job->gather->n; i++)
		if (explain_group(job, &job->gather->groups[i], &x, &e) == -1)
			rc = tool_worse(rc, complain(&e));
	tool_report_end(&x.report);
	sst_buf_free(&x.key);
	sst_buf_free(&x.at);
	sst_buf_free(&x.text);
	sst_buf_free(&x.why);
	return rc;
}
