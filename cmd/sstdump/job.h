/* cmd/sstdump/job.h: what one run of sstdump is to do, as the options say it. */
#ifndef SSTDUMP_JOB_H
#define SSTDUMP_JOB_H

#include "base/num.h"
#include "sstdump/select.h"
#include "tool/names.h"
#include "tool/tool.h"

enum form {
	FORM_DEFAULT, /* NDJSON for rows; for reports a table on a terminal, else NDJSON */
	FORM_NDJSON,
	FORM_SSTABLEDUMP,
	FORM_SCYLLA,
	FORM_CSV,
	FORM_TSV,
	FORM_HEX,
	FORM_TABLE
};

enum show {
	SHOW_ROWS,
	SHOW_PARTITIONS,
	SHOW_STATS,
	SHOW_INDEX,
	SHOW_SUMMARY,
	SHOW_FILTER,
	SHOW_CHUNKS,
	SHOW_SCHEMA,
	SHOW_EXPLAIN
};

struct least { /* --min-size and its like: a partition is shown that reaches one of them */
	bool any;
	uint64_t bytes, rows, tombstones; /* UINT64_MAX: not given */
};

struct job {
	enum form form;
	enum show show;
	bool merge, follow, quiet, json;
	uint64_t count; /* -n; 0: all */
	struct least least;
	int64_t now_s;
	struct selection sel;
	struct names *names; /* of key columns */
	struct tool_output out;
	size_t nfiles; /* printed so far */
	struct gather *gather;
	struct tops *tops;
	struct tool_report *report;
	struct sst_cache *cache; /* of many SSTables that are opened one after the other */
	struct sst_buf head;     /* the last line of names of CSV */
};

/* The form of a report. */
enum tool_form report_form(const struct job *);

/* Each is called for every SSTable, as find.h asks for it; arg is the job. */
int dump_sstable(void *job, const char *path, bool last);       /* rows */
int partitions_sstable(void *job, const char *path, bool last); /* --show partitions */
int gather_sstable(void *job, const char *path, bool last);     /* kept open, for what follows */

int stats_sstable(void *job, const char *path, bool last); /* --show stats */

/* Before the first SSTable and after the last; the ends give an exit status. */
void stats_begin(struct job *);
int stats_end(struct job *);
void partitions_begin(struct job *);
int partitions_end(struct job *);
int merge_gathered(struct job *);
int schema_gathered(struct job *);
int explain_gathered(struct job *);

#endif
