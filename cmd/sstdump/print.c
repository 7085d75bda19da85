/* cmd/sstdump/print.c: a stream of rows as text, whatever the form. */
#include "sstdump/print.h"

#include <stdlib.h>

#include "merge/merge.h"
#include "text/csv.h"
#include "text/ndjson.h"
#include "text/scylladump.h"
#include "text/sstabledump.h"

enum {
	COMPLAINTS_MAX = 20, /* bad values of one file that are named */
	STEP_ITEMS = 4096    /* between two looks at the clock */
};

struct printing { /* of one stream */
	struct job *job;
	const struct print_what *what;
	struct sst_ndjson *ndjson;
	struct sst_sstabledump *sstabledump;
	struct sst_scylladump *scylla;
	struct sst_csv *csv;
	uint64_t nitems, nbad;
	int rc;
};

/* A line of names, unless the one before says the same. */
static void
put_head(struct printing *p)
{
	struct sst_buf head = { 0 };
	struct sst_buf *last = &p->job->head;

	sst_csv_head(p->csv, &head);
	p->job->out.buf.bad |= head.bad; /* said when it is to be written */
	if (!head.bad && !sst_slice_eq(sst_buf_slice(&head), sst_buf_slice(last))) {
		sst_buf_add_slice(&p->job->out.buf, sst_buf_slice(&head));
		sst_buf_reset(last);
		sst_buf_add_slice(last, sst_buf_slice(&head));
	}
	sst_buf_free(&head);
}

static int
start(struct printing *p, struct sst_err *e)
{
	const struct sst_table *t = p->what->table;

	switch (p->job->form) {
	case FORM_SSTABLEDUMP:
		if (p->job->nfiles > 0)
			sst_buf_addc(&p->job->out.buf, '\n');
		return sst_sstabledump_new(&p->sstabledump, t, p->job->now_s, e);
	case FORM_SCYLLA:
		sst_scylladump_begin(
		    &p->job->out.buf, p->what->placed ? p->what->path : NULL, p->job->nfiles == 0);
		return sst_scylladump_new(&p->scylla, t, e);
	case FORM_CSV:
	case FORM_TSV:
		if (sst_csv_new(&p->csv, t, p->job->form == FORM_CSV ? SST_CSV : SST_TSV, e) == -1)
			return -1;
		put_head(p);
		return 0;
	default:
		return sst_ndjson_new(&p->ndjson, t, e);
	}
}

static int
item_text(struct printing *p, const struct sst_item *item, struct sst_err *e)
{
	struct sst_buf *b = &p->job->out.buf;

	if (p->ndjson != NULL)
		return sst_ndjson_item(p->ndjson, item, b, e);
	if (p->sstabledump != NULL)
		return sst_sstabledump_item(p->sstabledump, item, b, e);
	if (p->scylla != NULL)
		return sst_scylladump_item(p->scylla, item, b, e);
	return sst_csv_item(p->csv, item, b, e);
}

/* A value that is none of its type is left out and named; the rest of the file goes on. */
static void
print_item(struct printing *p, const struct sst_item *item)
{
	struct sst_item moved;
	struct sst_err e;

	if (!p->what->placed) {
		moved = *item;
		moved.file = NULL;
		moved.off = moved.len = 0;
		item = &moved;
	}
	p->nitems++;
	if (item_text(p, item, &e) == 0)
		return;
	if (p->nbad++ < COMPLAINTS_MAX)
		p->rc = tool_worse(p->rc, complain(&e));
}

static int
print_items(struct printing *p, struct sst_stream *s, struct sst_err *e)
{
	const struct sst_item *item;
	struct tool_progress progress;
	int r;

	tool_progress_start(&progress, "rows", p->what->len, p->job->quiet);
	while ((r = sst_stream_next(s, &item, e)) == SST_ONE) {
		print_item(p, item);
		if (p->nitems % STEP_ITEMS == 0)
			tool_progress_step(&progress, p->nitems, item->off);
		tool_output_step(&p->job->out);
	}
	tool_progress_end(&progress);
	return r;
}

static void
finish(struct printing *p)
{
	struct sst_buf *b = &p->job->out.buf;
	struct sst_err e;

	if (p->sstabledump != NULL)
		sst_sstabledump_end(p->sstabledump, b);
	if (p->scylla != NULL)
		sst_scylladump_end(p->scylla, b);
	if (p->csv != NULL && sst_csv_end(p->csv, b, &e) == -1)
		p->rc = tool_worse(p->rc, complain(&e));
	sst_ndjson_free(p->ndjson);
	sst_sstabledump_free(p->sstabledump);
	sst_scylladump_free(p->scylla);
	sst_csv_free(p->csv);
	tool_output_step(&p->job->out);
	p->job->nfiles++;
}

/* CSV shows what a reader sees: no tombstones, nothing that has expired. */
static int
as_seen(struct job *job, struct sst_stream **s, struct sst_err *e)
{
	struct sst_merge_opts opts = { .now_s = job->now_s, .gc_before_s = INT64_MIN };
	struct sst_stream *in = *s;

	if (job->form != FORM_CSV && job->form != FORM_TSV)
		return 0;
	return sst_merge_open(s, in->table, &in, 1, &opts, e);
}

int
print_stream(struct job *job, struct sst_stream *s, const struct print_what *what)
{
	struct printing p = { .job = job, .what = what };
	struct sst_err e;
	int r;

	r = select_sift(&job->sel, s, &s, &e);
	if (r == 0)
		r = as_seen(job, &s, &e);
	if (r == 0)
		r = start(&p, &e);
	if (r == 0)
		r = print_items(&p, s, &e);
	if (r == -1)
		p.rc = tool_worse(p.rc, complain(&e));
	finish(&p);
	sst_stream_close(s);
	if (p.nbad > COMPLAINTS_MAX)
		tool_problem(p.rc, "%s: %ju more rows with bad values", what->path,
		    (uintmax_t)(p.nbad - COMPLAINTS_MAX));
	return p.rc;
}
