/* cmd/sstdump/stats.c: a line for each SSTable: what its Statistics.db says of it in short. */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "sstable/statistics.h"
#include "sstdump/job.h"
#include "tool/find.h"

enum field {
	FILE_NAME,
	STORED,
	RATIO,
	PARTITIONS,
	ROWS,
	CELLS,
	TOMBSTONES,
	LARGEST,
	MIN_TIME,
	MAX_TIME,
	LEVEL,
	REPAIRED
};

static const struct tool_field fields[] = {
	[FILE_NAME] = { "file", TOOL_LEFT },
	[STORED] = { "bytes", TOOL_RIGHT },
	[RATIO] = { "ratio", TOOL_RIGHT },
	[PARTITIONS] = { "partitions", TOOL_RIGHT },
	[ROWS] = { "rows", TOOL_RIGHT },
	[CELLS] = { "cells", TOOL_RIGHT },
	[TOMBSTONES] = { "tombstones", TOOL_RIGHT },
	[LARGEST] = { "largest", TOOL_RIGHT },
	[MIN_TIME] = { "min_ts", TOOL_RIGHT },
	[MAX_TIME] = { "max_ts", TOOL_RIGHT },
	[LEVEL] = { "level", TOOL_RIGHT },
	[REPAIRED] = { "repaired_at", TOOL_RIGHT },
};

/* µs as they are for programs, and to the second for people. */
static void
set_time(struct job *job, enum field f, int64_t us)
{
	char text[SST_TIME_LEN];

	if (job->report->form != TOOL_TABLE) {
		tool_set_i64(job->report, f, us);
		return;
	}
	sst_time_format(text, us, 0);
	tool_set_str(job->report, f, text);
}

static uint64_t
total(const struct sst_estimate *est)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < est->n; i++)
		n += (uint64_t)est->buckets[i].count;
	return n;
}

/* The upper end of the largest bucket that is not empty: no partition takes more bytes. */
static uint64_t
largest(const struct sst_estimate *est)
{
	size_t i;

	for (i = est->n; i > 0; i--)
		if (est->buckets[i - 1].count > 0)
			return (uint64_t)est->buckets[i < est->n ? i : est->n - 1].offset;
	return 0;
}

static void
show(struct job *job, const char *path, const struct sst_statistics *st, uint64_t stored)
{
	struct tool_report *r = job->report;
	uint64_t tombstones = 0;
	size_t i;

	for (i = 0; i < st->ndrop_times; i++)
		tombstones += (uint64_t)st->drop_times[i].count;
	tool_set_str(r, FILE_NAME, path);
	tool_set_size(r, STORED, stored);
	if (st->compression_ratio > 0)
		tool_set_real(r, RATIO, st->compression_ratio, 3);
	tool_set_u64(r, PARTITIONS, total(&st->partition_bytes));
	tool_set_u64(r, ROWS, st->nrows);
	tool_set_u64(r, CELLS, st->ncolumns_set);
	tool_set_u64(r, TOMBSTONES, tombstones);
	tool_set_size(r, LARGEST, largest(&st->partition_bytes));
	set_time(job, MIN_TIME, st->min_ts_us);
	set_time(job, MAX_TIME, st->max_ts_us);
	tool_set_u64(r, LEVEL, st->level);
	if (st->repaired_at_ms != 0)
		set_time(job, REPAIRED, st->repaired_at_ms * 1000);
	tool_report_row(r);
	tool_output_step(&job->out);
}

int
stats_sstable(void *arg, const char *path, bool last)
{
	struct sst_sstable_opts opts = { .cache = NULL };
	struct sst_sstable *sst = NULL;
	struct job *job = arg;
	struct sst_stat st;
	struct sst_err e;
	int rc = SOUND;

	opts.cache = job->cache;
	if (sst_sstable_open(&sst, &sst_io_posix, path, &opts, &e) == -1 ||
	    sst_io_stat(&sst_io_posix, path, &st, &e) == -1)
		rc = e.code == SST_ESYS && e.sys == ENOENT && !last ? GONE : complain(&e);
	else
		show(job, path, sst_sstable_statistics(sst), st.size);
	sst_sstable_close(sst);
	return rc;
}

void
stats_begin(struct job *job)
{
	job->report = calloc(1, sizeof(*job->report));
	job->cache = sst_cache_new(SST_CACHE_MIN);
	if (job->report == NULL || job->cache == NULL)
		exit(tool_problem(TROUBLE, "out of memory"));
	tool_report_start(job->report, report_form(job), fields, SST_ARRAY_LEN(fields), &job->out);
}

int
stats_end(struct job *job)
{
	tool_report_end(job->report);
	free(job->report);
	sst_cache_free(job->cache);
	return SOUND;
}
