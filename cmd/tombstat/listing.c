/* cmd/tombstat/listing.c: a line for each SSTable, for each of the worst partitions, for each column. */
#include <stdlib.h>

#include "tombstat/show.h"

/* ---- SSTables ---- */

enum file {
	F_RECORD,
	F_TABLE,
	F_SSTABLE,
	F_BYTES,
	F_PARTITIONS,
	F_ROWS,
	F_LIVE_ROWS,
	F_DEAD_ROWS,
	F_LIVE_BYTES,
	F_DEAD_BYTES,
	F_TOMBSTONES,
	F_OLD,
	F_SHARE,
	F_KINDS
};

static const struct tool_field file_fields[] = { { "record", TOOL_LEFT }, { "table", TOOL_LEFT },
	{ "sstable", TOOL_LEFT }, { "bytes", TOOL_RIGHT }, { "partitions", TOOL_RIGHT },
	{ "rows", TOOL_RIGHT }, { "live_rows", TOOL_RIGHT }, { "dead_rows", TOOL_RIGHT },
	{ "live_bytes", TOOL_RIGHT }, { "dead_bytes", TOOL_RIGHT }, { "tombstones", TOOL_RIGHT },
	{ "past_grace", TOOL_RIGHT }, { "droppable_share", TOOL_RIGHT },
	{ "partition", TOOL_RIGHT }, { "range", TOOL_RIGHT }, { "row", TOOL_RIGHT },
	{ "complex", TOOL_RIGHT }, { "cell", TOOL_RIGHT }, { "expired", TOOL_RIGHT } };

static void
set_survey(struct tool_report *r, const struct sst_survey_input *in)
{
	size_t k;

	tool_set_u64(r, F_PARTITIONS, in->tally.partitions);
	tool_set_u64(r, F_ROWS, in->tally.rows);
	tool_set_u64(r, F_LIVE_ROWS, in->size.live_rows);
	tool_set_u64(r, F_DEAD_ROWS, in->size.dead_rows);
	tool_set_size(r, F_LIVE_BYTES, in->size.live_bytes);
	tool_set_size(r, F_DEAD_BYTES, in->size.dead_bytes);
	tool_set_u64(r, F_TOMBSTONES, sst_tally_gone(&in->tally));
	tool_set_u64(r, F_OLD, in->old);
	for (k = 0; k < SST_TALLY_KINDS; k++)
		tool_set_u64(r, F_KINDS + k, in->tally.gone[k]);
}

static double
share_of(const struct findings *f, const struct sst_set *s)
{
	return sst_set_droppable(s, f->now_s - f->gc_grace_s);
}

bool
show_is_past(const struct findings *f, const struct sst_set *s)
{
	return share_of(f, s) > f->threshold;
}

static void
file_row(struct section *s, const struct findings *f, size_t i)
{
	struct tool_report *r = &s->report;
	struct claims c;

	tool_set_text(r, F_SSTABLE, look_base(f->in[i]));
	tool_set_size(r, F_BYTES, f->in[i]->bytes);
	tool_set_real(r, F_SHARE, share_of(f, f->in[i]), 3);
	if (f->w->fast) {
		c = look_claims(f, f->in[i]);
		tool_set_u64(r, F_PARTITIONS, sst_set_partitions(f->in[i]));
		tool_set_u64(r, F_ROWS, f->in[i]->stats->nrows);
		tool_set_u64(r, F_TOMBSTONES, c.all);
		tool_set_u64(r, F_OLD, c.old);
	} else
		set_survey(r, &f->survey.inputs[i]);
	section_row(s);
}

struct ranked {
	size_t i; /* in f->in */
	uint64_t tombstones;
};

static int
most_first(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->tombstones != y->tombstones)
		return x->tombstones > y->tombstones ? -1 : 1;
	return (x->i > y->i) - (x->i < y->i);
}

/* By generation for programs, and all of them; for people those with most tombstones. */
static size_t
rank(struct findings *f, struct ranked *v)
{
	size_t i, n = f->n;

	for (i = 0; i < n; i++) {
		v[i].i = i;
		v[i].tombstones = f->w->fast ? look_claims(f, f->in[i]).all
					     : sst_tally_gone(&f->survey.inputs[i].tally);
	}
	if (f->w->form != TOOL_TABLE || n <= f->w->count)
		return n;
	qsort(v, n, sizeof(*v), most_first);
	return (size_t)f->w->count;
}

void
show_files(struct findings *f)
{
	struct ranked *v = calloc(f->n + 1, sizeof(*v));
	struct section s;
	size_t i, shown;

	if (v == NULL)
		exit(tool_problem(TROUBLE, "out of memory"));
	shown = rank(f, v);
	section_start(&s, f, "sstable",
	    shown < f->n ? "SSTables with most tombstones, each by itself"
			 : "SSTables, each by itself",
	    file_fields, SST_ARRAY_LEN(file_fields),
	    f->w->fast ? "sstable,bytes,partitions,rows,tombstones,past_grace,droppable_share"
		       : "sstable,bytes,live_rows,dead_rows,dead_bytes,tombstones,past_grace");
	for (i = 0; i < shown; i++)
		file_row(&s, f, v[i].i);
	section_end(&s);
	section_more(f, shown, f->n);
	free(v);
}

static void
show_past_files(struct findings *f)
{
	struct section s;
	size_t i;

	section_start(&s, f, "sstable", NULL, file_fields, SST_ARRAY_LEN(file_fields),
	    "table,sstable,bytes,tombstones,past_grace,droppable_share");
	for (i = 0; i < f->n; i++)
		if (show_is_past(f, f->in[i]))
			file_row(&s, f, i);
	section_end(&s);
}

/* ---- partitions ---- */

enum partition {
	T_RECORD,
	T_TABLE,
	T_KEY,
	T_TOKEN,
	T_PAGE,
	T_PAGE_MAX,
	T_THRESHOLD,
	T_TOMBSTONES,
	T_MERGED,
	T_DROPPABLE,
	T_LIVE_ROWS,
	T_DEAD_ROWS,
	T_LIVE_BYTES,
	T_DEAD_BYTES,
	T_GHOSTS,
	T_SSTABLES,
	T_KINDS
};

static const struct tool_field partition_fields[] = { { "record", TOOL_LEFT },
	{ "table", TOOL_LEFT }, { "key", TOOL_LEFT }, { "token", TOOL_RIGHT },
	{ "page", TOOL_RIGHT }, { "page_max", TOOL_RIGHT }, { "threshold", TOOL_LEFT },
	{ "tombstones", TOOL_RIGHT }, { "merged", TOOL_RIGHT }, { "droppable", TOOL_RIGHT },
	{ "live_rows", TOOL_RIGHT }, { "dead_rows", TOOL_RIGHT }, { "live_bytes", TOOL_RIGHT },
	{ "dead_bytes", TOOL_RIGHT }, { "ghosts", TOOL_RIGHT }, { "sstables", TOOL_RIGHT },
	{ "partition", TOOL_RIGHT }, { "range", TOOL_RIGHT }, { "row", TOOL_RIGHT },
	{ "complex", TOOL_RIGHT }, { "cell", TOOL_RIGHT }, { "expired", TOOL_RIGHT } };

static void
partition_row(struct section *s, struct findings *f, const struct worst *x)
{
	const struct sst_survey_sum *sum = &x->sum;
	const char *threshold = look_threshold(f->w, x->page_max);
	struct tool_report *r = &s->report;
	size_t k;

	section_key(s, T_KEY, f, sst_buf_slice(&x->key));
	if (f->n > 0 && sst_sstable_is_murmur3(f->in[0]->sstable))
		tool_set_id(r, T_TOKEN, x->token);
	tool_set_u64(r, T_PAGE, x->page);
	tool_set_u64(r, T_PAGE_MAX, x->page_max);
	if (threshold != NULL)
		tool_set_str(r, T_THRESHOLD, threshold);
	tool_set_u64(r, T_TOMBSTONES, sst_tally_gone(&sum->in));
	tool_set_u64(r, T_MERGED, sst_tally_gone(&sum->merged));
	if (f->ngroups <= 1)
		tool_set_u64(r, T_DROPPABLE,
		    f->purge ? show_less(sst_tally_gone(&sum->in), sst_tally_gone(&sum->left)) : 0);
	tool_set_u64(r, T_LIVE_ROWS, sum->size.live_rows);
	tool_set_u64(r, T_DEAD_ROWS, sum->size.dead_rows);
	tool_set_u64(r, T_LIVE_BYTES, sum->size.live_bytes);
	tool_set_u64(r, T_DEAD_BYTES, sum->size.dead_bytes);
	tool_set_u64(r, T_GHOSTS, sum->ghosts);
	tool_set_u64(r, T_SSTABLES, x->nshares);
	for (k = 0; k < SST_TALLY_KINDS; k++)
		tool_set_u64(r, T_KINDS + k, sum->in.gone[k]);
	section_row(s);
}

void
show_partitions(struct findings *f)
{
	struct section s;
	size_t i;

	section_start(&s, f, "partition", "worst partitions", partition_fields,
	    SST_ARRAY_LEN(partition_fields),
	    "key,page,page_max,tombstones,droppable,live_rows,sstables");
	for (i = 0; i < f->worst.n; i++)
		partition_row(&s, f, &f->worst.v[i]);
	section_end(&s);
	section_more(f, f->worst.n, f->with_tombstones);
}

static void
show_past_partitions(struct findings *f)
{
	uint64_t shown = 0;
	struct section s;
	size_t i;

	section_start(&s, f, "partition", NULL, partition_fields, SST_ARRAY_LEN(partition_fields),
	    "table,key,threshold,page,page_max,tombstones,droppable");
	for (i = 0; i < f->worst.n; i++)
		if (look_threshold(f->w, f->worst.v[i].page_max) != NULL) {
			partition_row(&s, f, &f->worst.v[i]);
			shown++;
		}
	section_end(&s);
	section_more(f, shown, f->past_warn);
}

void
show_past(struct findings *f)
{
	if (f->w->fast)
		show_past_files(f);
	else
		show_past_partitions(f);
}

/* ---- columns ---- */

enum column {
	C_RECORD,
	C_TABLE,
	C_COLUMN,
	C_CELLS,
	C_TOMBSTONES,
	C_NULLS,
	C_OVERWRITES,
	C_BAR
};

static const struct tool_field column_fields[] = { { "record", TOOL_LEFT }, { "table", TOOL_LEFT },
	{ "column", TOOL_LEFT }, { "cells", TOOL_RIGHT }, { "tombstones", TOOL_RIGHT },
	{ "nulls", TOOL_RIGHT }, { "overwrites", TOOL_RIGHT }, { "", TOOL_LEFT } };

static void
column_rows(
    struct section *s, const struct sst_column *cols, const struct sst_survey_column *c, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (c[i].nulls + c[i].overwrites == 0)
			continue;
		tool_set_text(&s->report, C_COLUMN, cols[i].name);
		tool_set_u64(&s->report, C_CELLS, c[i].cells);
		tool_set_u64(&s->report, C_TOMBSTONES, c[i].tombstones);
		tool_set_u64(&s->report, C_NULLS, c[i].nulls);
		tool_set_u64(&s->report, C_OVERWRITES, c[i].overwrites);
		section_bar(s, C_BAR, c[i].nulls, c[i].cells);
		section_row(s);
	}
}

void
show_columns(struct findings *f)
{
	const struct sst_table *t = f->at->table;
	struct section s;

	section_start(&s, f, "column", "columns that are written as null, or replaced as a whole",
	    column_fields, SST_ARRAY_LEN(column_fields) - !f->w->bars,
	    f->w->bars ? "column,cells,tombstones,nulls,overwrites,"
		       : "column,cells,tombstones,nulls,overwrites");
	column_rows(&s, t->statics, f->survey.statics, t->nstatic);
	column_rows(&s, t->regulars, f->survey.regulars, t->nregular);
	section_end(&s);
}
