/*
 * cmd/sstcheck/main.c: checks SSTables, a line of verdict a file.  The check itself is
 * libsst/sstable/check.c.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "base/num.h"
#include "sstable/check.h"
#include "tool/find.h"
#include "tool/tool.h"

static const struct tool_option options[] = {
	{ "dir", 'd', "DIR", "the data directory, when there is no operand" },
	{ "json", 'j', NULL, "verdicts as NDJSON" },
	{ "output", 'o', "FIELD,...", "print these fields of the verdicts as TSV" },
	{ "quiet", 'q', NULL, "no verdict of what is sound, no progress" },
	{ NULL, 0, NULL, NULL },
};

static const struct tool tool = { "check SSTables", "[FILE|DIR]...", options,
	"FILE is any component of an SSTable, DIR a folder; all below it is checked,\n"
	"snapshots and backups too.  Without operands, -d or $OSTRAKA_DIR.\n"
	"Exit status: 1 when a file is damaged, 2 when one could not be checked.\n" };

enum field {
	VERDICT,
	PARTITIONS,
	ROWS,
	BYTES,
	STORED,
	PROBLEMS,
	FILE_NAME
};

static const struct tool_field fields[] = {
	[VERDICT] = { "verdict", TOOL_LEFT },
	[PARTITIONS] = { "partitions", TOOL_RIGHT },
	[ROWS] = { "rows", TOOL_RIGHT },
	[BYTES] = { "bytes", TOOL_RIGHT },
	[STORED] = { "stored", TOOL_RIGHT },
	[PROBLEMS] = { "problems", TOOL_RIGHT },
	[FILE_NAME] = { "file", TOOL_LEFT },
};

struct run {
	struct tool_report report;
	struct tool_output out;
	bool quiet;
};

static void
found(void *arg, enum sst_component component, const struct sst_err *e)
{
	struct run *run = arg;

	(void)component;
	tool_output_flush(&run->out); /* in the order of the files */
	(void)complain(e);
}

static void
give_verdict(struct run *run, const char *path, const struct sst_checked *c)
{
	struct tool_report *r = &run->report;

	tool_set_str(r, VERDICT,
	    c->findings > 0    ? "damaged"
		: c->unchecked ? "unchecked"
			       : "sound");
	tool_set_u64(r, PARTITIONS, c->npartitions);
	tool_set_u64(r, ROWS, c->nrows);
	tool_set_size(r, BYTES, c->data_bytes);
	tool_set_size(r, STORED, c->stored_bytes);
	tool_set_u64(r, PROBLEMS, c->findings);
	tool_set_str(r, FILE_NAME, path);
	tool_report_row(r);
	tool_output_step(&run->out);
}

static int
check(void *arg, const char *path, bool last)
{
	struct run *run = arg;
	struct sst_check_opts opts = { .found = found, .arg = run };
	struct sst_checked c;
	struct sst_stat st;
	struct sst_err e;

	if (!last && sst_io_stat(&sst_io_posix, path, &st, &e) == -1 && e.code == SST_ESYS &&
	    e.sys == ENOENT)
		return GONE;
	if (sst_check(&c, &sst_io_posix, path, &opts, &e) == -1)
		return complain(&e);
	if (c.findings > 0 || !run->quiet)
		give_verdict(run, path, &c);
	return c.findings > 0 ? DAMAGED : SOUND;
}

static void
select_fields(struct run *run, const char *names)
{
	const char *bad;
	size_t len;

	if (names != NULL && tool_report_select(&run->report, names, &bad, &len) == -1)
		tool_misuse(&tool, "-o: no field %.*s", (int)len, bad);
}

int
main(int argc, char **argv)
{
	struct run run = { .quiet = false };
	const char *dir = NULL, *names = NULL;
	enum tool_form form = TOOL_TABLE;
	int c, rc = SOUND;

	while ((c = tool_option(&tool, argc, argv)) != -1)
		switch (c) {
		case 'd':
			dir = optarg;
			break;
		case 'j':
			form = TOOL_NDJSON;
			break;
		case 'o':
			form = TOOL_TSV;
			names = optarg;
			break;
		case 'q':
			run.quiet = true;
			break;
		}
	argc -= optind;
	argv += optind;
	dir = tool_dir(dir);
	if (argc == 0 && dir == NULL)
		tool_misuse(&tool, "no SSTable or folder named");
	tool_report_start(&run.report, form, fields, SST_ARRAY_LEN(fields), &run.out);
	select_fields(&run, names);
	tool_confine();
	if (argc == 0)
		rc = find_everything(dir, check, &run);
	for (; argc > 0; argc--, argv++)
		rc = tool_worse(rc, find_everything(*argv, check, &run));
	tool_report_end(&run.report);
	tool_output_end(&run.out);
	return rc;
}
