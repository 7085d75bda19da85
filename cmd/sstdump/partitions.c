/*
 * cmd/sstdump/partitions.c: what each partition takes and holds, counted as Cassandra's
 * sstablepartitions does: a static row is no row, and a row or cell that has expired is a tombstone.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "row/reconcile.h"
#include "sstdump/job.h"
#include "tool/find.h"

enum field {
	KEY,
	TOKEN,
	OFFSET,
	BYTES,
	ROWS,
	CELLS,
	TOMBSTONES,
	DELETED,
	FILE_NAME
};

static const struct tool_field fields[] = {
	[KEY] = { "key", TOOL_LEFT },
	[TOKEN] = { "token", TOOL_RIGHT },
	[OFFSET] = { "offset", TOOL_RIGHT },
	[BYTES] = { "bytes", TOOL_RIGHT },
	[ROWS] = { "rows", TOOL_RIGHT },
	[CELLS] = { "cells", TOOL_RIGHT },
	[TOMBSTONES] = { "tombstones", TOOL_RIGHT },
	[DELETED] = { "deleted", TOOL_LEFT },
	[FILE_NAME] = { "file", TOOL_LEFT },
};

struct counts {           /* of one partition */
	char *key, *file; /* as text; owned, when it is kept */
	int64_t token;
	bool murmur3, deleted;
	uint64_t offset, bytes, rows, cells, tombstones;
};

struct tops { /* the largest ones so far: a heap with the smallest on top */
	struct counts *at;
	size_t n, max;
};

enum tool_form
report_form(const struct job *job)
{
	if (job->form == FORM_TSV)
		return TOOL_TSV;
	if (job->json || job->form == FORM_NDJSON)
		return TOOL_NDJSON;
	return job->form == FORM_TABLE || isatty(1) ? TOOL_TABLE : TOOL_NDJSON;
}

static void
count_cell(
    struct counts *c, const struct sst_liveness *live, const struct sst_cell *cell, int64_t now_s)
{
	bool own_ttl = live->ts_us == SST_NO_TS || cell->ttl_s != live->ttl_s;

	c->cells++;
	if (sst_cell_is_tombstone(cell))
		c->tombstones++;
	else if (cell->ttl_s != 0 && own_ttl && cell->ldt_s <= now_s)
		c->tombstones++;
}

static void
count_row(struct counts *c, const struct sst_row *row, int64_t now_s)
{
	size_t i;

	c->rows++;
	c->tombstones += row->ncomplex;
	if (row->del.ts_us != SST_NO_TS)
		c->tombstones++;
	if (sst_row_under(row).ts_us != SST_NO_TS)
		c->tombstones++;
	if (row->live.ts_us != SST_NO_TS && row->live.ttl_s != 0 && row->live.expiry_s < now_s)
		c->tombstones++;
	for (i = 0; i < row->ncells; i++)
		count_cell(c, &row->live, &row->cells[i], now_s);
}

static bool
is_wanted(const struct job *job, const struct counts *c)
{
	return !job->least.any || c->bytes >= job->least.bytes || c->rows >= job->least.rows ||
	    c->tombstones >= job->least.tombstones;
}

static void
show(struct job *job, const struct counts *c)
{
	struct tool_report *r = job->report;

	tool_set_str(r, KEY, c->key);
	if (c->murmur3)
		tool_set_id(r, TOKEN, c->token);
	tool_set_u64(r, OFFSET, c->offset);
	tool_set_u64(r, BYTES, c->bytes);
	tool_set_u64(r, ROWS, c->rows);
	tool_set_u64(r, CELLS, c->cells);
	tool_set_u64(r, TOMBSTONES, c->tombstones);
	tool_set_bool(r, DELETED, c->deleted);
	tool_set_str(r, FILE_NAME, c->file);
	tool_report_row(r);
	tool_output_step(&job->out);
}

static bool
is_less(const struct counts *a, const struct counts *b)
{
	return a->bytes < b->bytes;
}

static void
swap(struct counts *a, struct counts *b)
{
	struct counts t = *a;

	*a = *b;
	*b = t;
}

static void
sink(struct tops *t, size_t i)
{
	size_t child;

	for (; (child = 2 * i + 1) < t->n; i = child) {
		if (child + 1 < t->n && is_less(&t->at[child + 1], &t->at[child]))
			child++;
		if (!is_less(&t->at[child], &t->at[i]))
			return;
		swap(&t->at[i], &t->at[child]);
	}
}

static char *
copy(const char *s)
{
	char *p = strdup(s);

	if (p == NULL)
		exit(tool_problem(TROUBLE, "out of memory"));
	return p;
}

static void
keep(struct tops *t, const struct counts *c)
{
	size_t i;

	if (t->n == t->max && !is_less(&t->at[0], c))
		return;
	if (t->n == t->max) {
		free(t->at[0].key);
		free(t->at[0].file);
		t->at[0] = *c;
		t->at[0].key = copy(c->key);
		t->at[0].file = copy(c->file);
		sink(t, 0);
		return;
	}
	if ((t->n & (t->n - 1)) == 0) { /* full at powers of two */
		t->at = realloc(t->at, (t->n * 2 + 1) * sizeof(*t->at));
		if (t->at == NULL)
			exit(tool_problem(TROUBLE, "out of memory"));
	}
	i = t->n++;
	t->at[i] = *c;
	t->at[i].key = copy(c->key);
	t->at[i].file = copy(c->file);
	for (; i > 0 && is_less(&t->at[i], &t->at[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&t->at[i], &t->at[(i - 1) / 2]);
}

struct counting {
	struct job *job;
	struct sst_table table;
	struct sst_buf key; /* its text */
	struct counts c;
	bool inside;
};

static void
over(struct counting *k, uint64_t end)
{
	if (!k->inside)
		return;
	k->inside = false;
	k->c.bytes = end - k->c.offset;
	if (!is_wanted(k->job, &k->c))
		return;
	if (k->job->tops != NULL)
		keep(k->job->tops, &k->c);
	else
		show(k->job, &k->c);
}

static int
begin(struct counting *k, const struct sst_item *item, struct sst_err *e)
{
	struct counts was = k->c;

	k->c = (struct counts){ .file = was.file,
		.murmur3 = was.murmur3,
		.token = item->part.token,
		.offset = item->off,
		.deleted = item->part.del.ts_us != SST_NO_TS };
	sst_buf_reset(&k->key);
	if (sst_type_to_string(k->table.key_type, item->part.key, &k->key, e) == -1)
		return sst_err_locate(e, item->file, item->off);
	sst_buf_addc(&k->key, '\0');
	if (k->key.bad)
		return sst_fail_nomem(e);
	k->c.key = (char *)k->key.p;
	k->inside = true;
	return 0;
}

static int
count_all(struct counting *k, struct sst_stream *s, struct sst_err *e)
{
	const struct sst_item *item;
	uint64_t end = 0;
	int r, rc = SOUND;

	while ((r = sst_stream_next(s, &item, e)) == SST_ONE) {
		if (item->kind == SST_PARTITION) {
			over(k, k->job->sel.keyed ? end + 1 : item->off);
			if (begin(k, item, e) == -1)
				rc = tool_worse(rc, complain(e));
		} else if (item->kind == SST_ROW)
			count_row(&k->c, &item->row, k->job->now_s);
		else if (item->kind == SST_MARKER)
			k->c.tombstones++;
		end = item->off + item->len;
	}
	if (r == 0)
		over(k, end + 1); /* a byte says that the partition ends */
	return r == -1 ? tool_worse(rc, complain(e)) : rc;
}

int
partitions_sstable(void *arg, const char *path, bool last)
{
	struct counting k = { .job = arg };
	struct sst_sstable_opts opts = { 0 };
	struct sst_sstable *sst = NULL;
	struct sst_stream *s = NULL;
	struct sst_err e;
	int rc;

	if (sst_sstable_open(&sst, &sst_io_posix, path, &opts, &e) == -1 ||
	    sst_sstable_data(sst, &e) == NULL) {
		sst_sstable_close(sst);
		return e.code == SST_ESYS && e.sys == ENOENT && !last ? GONE : complain(&e);
	}
	k.table = *sst_sstable_table(sst);
	rc = names_find(k.job->names, path, &k.table);
	k.c.file = (char *)(uintptr_t)path;
	k.c.murmur3 = sst_sstable_is_murmur3(sst);
	if (select_for(&k.job->sel, &k.table, &e) == -1 ||
	    select_open(&k.job->sel, sst, &s, &e) == -1)
		rc = tool_worse(rc, select_complain(&k.job->sel, &e));
	else
		rc = tool_worse(rc, count_all(&k, s, &e));
	sst_stream_close(s);
	sst_sstable_close(sst);
	sst_buf_free(&k.key);
	return rc;
}

void
partitions_begin(struct job *job)
{
	job->report = calloc(1, sizeof(*job->report));
	if (job->count > 0)
		job->tops = calloc(1, sizeof(*job->tops));
	if (job->report == NULL || (job->count > 0 && job->tops == NULL))
		exit(tool_problem(TROUBLE, "out of memory"));
	if (job->tops != NULL)
		job->tops->max = job->count > SIZE_MAX ? SIZE_MAX : (size_t)job->count;
	tool_report_start(job->report, report_form(job), fields, SST_ARRAY_LEN(fields), &job->out);
}

static int
largest_first(const void *a, const void *b)
{
	const struct counts *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	if (strcmp(x->file, y->file) != 0)
		return strcmp(x->file, y->file);
	return (x->offset > y->offset) - (x->offset < y->offset);
}

int
partitions_end(struct job *job)
{
	struct tops *t = job->tops;
	size_t i;

	if (t != NULL && t->n > 0)
		qsort(t->at, t->n, sizeof(*t->at), largest_first);
	for (i = 0; t != NULL && i < t->n; i++) {
		show(job, &t->at[i]);
		free(t->at[i].key);
		free(t->at[i].file);
	}
	tool_report_end(job->report);
	free(job->report);
	if (t != NULL)
		free(t->at);
	free(t);
	return SOUND;
}
