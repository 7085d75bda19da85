/*
 * cmd/sstdump/main.c: prints what is in SSTables.  This file has the options; find.c turns operands
 * into SSTables, names.c finds what those are called, select.c and sift.c say what of them is wanted.
 * Then one of these prints it:
 *
 *	rows			dump.c, or merged.c for many as one; both through print.c
 *	other components	component.c, as --show or the operand's name says
 *	--show stats		stats.c, a line a file
 *	--show partitions	partitions.c
 *	CommitLog-….log		log.c
 *	all of it, when called sstabledump	link.c
 *	--show schema		merged.c
 *	--show explain		explain.c
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "sstdump/component.h"
#include "sstdump/job.h"
#include "sstdump/link.h"
#include "sstdump/log.h"
#include "text/scylladump.h"
#include "tool/find.h"
#include "tool/gather.h"

enum {
	OPT_CLUSTERING = TOOL_LONG,
	OPT_MERGE,
	OPT_MIN_ROWS,
	OPT_MIN_SIZE,
	OPT_MIN_TOMBSTONES,
	OPT_NOW,
	OPT_NULL,
	OPT_SCHEMA,
	OPT_SHOW,
	OPT_SINCE,
	OPT_TOKEN_RANGE,
	OPT_TOMBSTONES,
	OPT_UNTIL,
	OPT_WRITTEN
};

static const struct tool_option options[] = {
	{ "dir", 'd', "DIR", "the data directory, when there is no operand" },
	{ "format", 'f', "FORMAT", "ndjson, sstabledump, scylla, csv, tsv, hex or table" },
	{ "follow", 'F', NULL, "go on as the commit log is written" },
	{ "json", 'j', NULL, "reports as NDJSON on a terminal too" },
	{ "key", 'k', "KEY", "this partition: A:B, JSON or 0xHEX; may be repeated" },
	{ "key-file", 'K', "FILE", "those whose keys are in FILE, one a line" },
	{ "count", 'n', "N", "--show partitions: the N largest" },
	{ "quiet", 'q', NULL, "show no progress" },
	{ "clustering", OPT_CLUSTERING, "FROM..TO", "rows of these clusterings" },
	{ "merge", OPT_MERGE, NULL, "what all SSTables say together" },
	{ "min-rows", OPT_MIN_ROWS, "N", "--show partitions: of N rows or more" },
	{ "min-size", OPT_MIN_SIZE, "SIZE", "--show partitions: of SIZE or more" },
	{ "min-tombstones", OPT_MIN_TOMBSTONES, "N", "--show partitions: of N tombstones or more" },
	{ "now", OPT_NOW, "TIME", "decide expiry as of TIME" },
	{ "null", OPT_NULL, NULL, "names on standard input end in NUL" },
	{ "schema", OPT_SCHEMA, "FILE", "take names of key columns from FILE" },
	{ "show", OPT_SHOW, "WHAT", "rows, or another of those below" },
	{ "since", OPT_SINCE, "TIME", "rows whose ids are of TIME or later" },
	{ "token-range", OPT_TOKEN_RANGE, "LEFT..RIGHT", "partitions with LEFT < token <= RIGHT" },
	{ "tombstones", OPT_TOMBSTONES, NULL, "only what deletes or has expired" },
	{ "until", OPT_UNTIL, "TIME", "rows whose ids are from before TIME" },
	{ "written", OPT_WRITTEN, "FROM..TO", "only what was written between these times" },
	{ NULL, 0, NULL, NULL },
};

static const struct tool tool = { "print what is in SSTables", "[FILE|DIR|-]...", options,
	"FILE is a component of an SSTable or a commit-log segment, DIR a folder of them\n"
	"or any folder above; - reads such names from standard input.  Without operands,\n"
	"-d or $OSTRAKA_DIR.\n"
	"WHAT is rows, partitions, stats, index, summary, filter, chunks, schema or\n"
	"explain.\n"
	"Exit status: 1 when a file is damaged, 2 when one cannot be read.\n" };

static const struct {
	const char *name;
	int value;
} forms[] = { { "ndjson", FORM_NDJSON }, { "sstabledump", FORM_SSTABLEDUMP },
	{ "scylla", FORM_SCYLLA }, { "csv", FORM_CSV }, { "tsv", FORM_TSV }, { "hex", FORM_HEX },
	{ "table", FORM_TABLE }, { NULL, 0 } },
  shows[] = { { "rows", SHOW_ROWS }, { "partitions", SHOW_PARTITIONS }, { "stats", SHOW_STATS },
	  { "index", SHOW_INDEX }, { "summary", SHOW_SUMMARY }, { "filter", SHOW_FILTER },
	  { "chunks", SHOW_CHUNKS }, { "schema", SHOW_SCHEMA }, { "explain", SHOW_EXPLAIN },
	  { NULL, 0 } };

static enum form
parse_form(const char *name)
{
	size_t i;

	for (i = 0; forms[i].name != NULL; i++)
		if (strcmp(name, forms[i].name) == 0)
			return (enum form)forms[i].value;
	tool_misuse(&tool, "no format %s: see --help", name);
}

static enum show
parse_show(const char *name)
{
	size_t i;

	for (i = 0; shows[i].name != NULL; i++)
		if (strcmp(name, shows[i].name) == 0)
			return (enum show)shows[i].value;
	tool_misuse(&tool, "nothing to show that is called %s: see --help", name);
}

struct args { /* what options say that is not the job's */
	const char *dir, *schema;
	bool null, input; /* names end in NUL; are read from standard input */
};

static void
set_selection(struct selection *s, int opt)
{
	switch (opt) {
	case 'k':
		select_key(s, optarg);
		break;
	case 'K':
		select_key_file(s, optarg);
		break;
	case OPT_CLUSTERING:
		select_clusterings(s, optarg);
		break;
	case OPT_SINCE:
	case OPT_UNTIL:
		select_since(s, optarg, opt == OPT_UNTIL);
		break;
	case OPT_TOKEN_RANGE:
		select_tokens(s, optarg);
		break;
	case OPT_TOMBSTONES:
		s->tombstones = true;
		break;
	case OPT_WRITTEN:
		select_written(s, optarg);
		break;
	}
}

static void
set_least(struct least *least, int opt)
{
	if (!least->any)
		*least = (struct least){ true, UINT64_MAX, UINT64_MAX, UINT64_MAX };
	if (opt == OPT_MIN_SIZE)
		least->bytes = tool_size("--min-size", optarg);
	else if (opt == OPT_MIN_ROWS)
		least->rows = tool_count("--min-rows", optarg);
	else
		least->tombstones = tool_count("--min-tombstones", optarg);
}

static void
set_option(struct job *job, struct args *a, int opt)
{
	switch (opt) {
	case 'd':
		a->dir = optarg;
		break;
	case 'f':
		job->form = parse_form(optarg);
		break;
	case 'F':
		job->follow = true;
		break;
	case 'j':
		job->json = true;
		break;
	case 'n':
		job->count = tool_count("-n", optarg);
		break;
	case 'q':
		job->quiet = true;
		break;
	case OPT_MERGE:
		job->merge = true;
		break;
	case OPT_MIN_ROWS:
	case OPT_MIN_SIZE:
	case OPT_MIN_TOMBSTONES:
		set_least(&job->least, opt);
		break;
	case OPT_NOW:
		job->now_s = tool_time("--now", optarg) / SST_S_US;
		break;
	case OPT_NULL:
		a->null = true;
		break;
	case OPT_SCHEMA:
		a->schema = optarg;
		break;
	case OPT_SHOW:
		job->show = parse_show(optarg);
		break;
	default:
		set_selection(&job->sel, opt);
	}
}

static void
check_options(const struct job *job, const struct args *a, int argc)
{
	bool report = job->show != SHOW_ROWS && job->show != SHOW_SCHEMA;

	if (argc == 0 && a->dir == NULL)
		tool_misuse(&tool, "no SSTable or folder named");
	if (a->null && !a->input)
		tool_misuse(&tool, "--null is for names on standard input, which - reads");
	if (job->sel.ids && job->sel.from != NULL)
		tool_misuse(&tool, "--clustering goes without --since and --until");
	if (job->show != SHOW_PARTITIONS && (job->count > 0 || job->least.any))
		tool_misuse(&tool, "-n and --min-… are for --show partitions");
	if (job->show != SHOW_ROWS && job->merge)
		tool_misuse(&tool, "--merge is for rows");
	if (report && (job->form == FORM_SSTABLEDUMP || job->form == FORM_CSV))
		tool_misuse(&tool, "that format is for rows");
	if (job->show == SHOW_EXPLAIN && !job->sel.keyed)
		tool_misuse(&tool, "--show explain wants -k KEY");
	if (job->merge && job->form == FORM_SSTABLEDUMP)
		tool_misuse(&tool, "sstabledump has no form for merged rows");
	if (job->merge && job->form == FORM_HEX)
		tool_misuse(&tool, "merged rows have no bytes");
}

static find_each *
how(const struct job *job)
{
	switch (job->show) {
	case SHOW_ROWS:
		return job->merge ? gather_sstable : dump_sstable;
	case SHOW_PARTITIONS:
		return partitions_sstable;
	case SHOW_STATS:
		return job->form == FORM_HEX ? component_sstable : stats_sstable;
	case SHOW_SCHEMA:
	case SHOW_EXPLAIN:
		return gather_sstable;
	default:
		return component_sstable;
	}
}

/* A component that is named is printed itself; all else is found and then printed. */
static int
operand(struct job *job, const struct args *a, const char *path)
{
	struct sst_name name;
	struct sst_err e;
	int log = log_is(path, &e);

	if (log == -1)
		return complain(&e);
	if (log) {
		if (job->show == SHOW_ROWS && !job->merge &&
		    (job->form == FORM_DEFAULT || job->form == FORM_NDJSON))
			return log_print(job, path, a->dir);
		return tool_problem(
		    TROUBLE, "%s: of a commit log only rows are shown, as ndjson", path);
	}
	if (job->follow)
		return tool_problem(TROUBLE, "%s: -F follows commit logs", path);
	if (job->show == SHOW_ROWS && sst_name_parse(&name, path) && name.component != SST_DATA &&
	    name.component != SST_NCOMPONENTS)
		return component_print(job, path);
	return find_sstables(path, how(job), job);
}

/* Every name that standard input holds, one a line, or each ending in NUL. */
static int
from_input(struct job *job, const struct args *a)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	int rc = SOUND;

	while ((n = getdelim(&line, &cap, a->null ? '\0' : '\n', stdin)) > 0) {
		if (line[n - 1] == '\n' && !a->null)
			line[--n] = '\0';
		if (n > 0)
			rc = tool_worse(rc, operand(job, a, line));
	}
	if (ferror(stdin))
		rc = tool_problem(TROUBLE, "standard input: %s", strerror(errno));
	free(line);
	return rc;
}

static int
run(struct job *job, const struct args *a, int argc, char **argv)
{
	int rc = SOUND;

	if (job->show == SHOW_PARTITIONS)
		partitions_begin(job);
	if (job->show == SHOW_STATS)
		stats_begin(job);
	if (argc == 0)
		rc = find_sstables(a->dir, how(job), job);
	for (; argc > 0; argc--, argv++)
		rc = tool_worse(
		    rc, strcmp(*argv, "-") == 0 ? from_input(job, a) : operand(job, a, *argv));
	if (job->show == SHOW_PARTITIONS)
		return tool_worse(rc, partitions_end(job));
	if (job->show == SHOW_STATS)
		return tool_worse(rc, stats_end(job));
	if (job->show == SHOW_SCHEMA)
		return tool_worse(rc, schema_gathered(job));
	if (job->show == SHOW_EXPLAIN)
		return tool_worse(rc, explain_gathered(job));
	return job->merge ? tool_worse(rc, merge_gathered(job)) : rc;
}

int
main(int argc, char **argv)
{
	struct names names = { 0 };
	struct gather gather = { .names = &names };
	struct job job = { .names = &names, .gather = &gather, .now_s = sst_now_us() / SST_S_US };
	struct args args = { 0 };
	int c, rc;

	if (link_is(argv[0]))
		return link_main(argc, argv);
	while ((c = tool_option(&tool, argc, argv)) != -1)
		set_option(&job, &args, c);
	for (c = optind; c < argc; c++)
		args.input |= strcmp(argv[c], "-") == 0;
	job.sel.now_s = job.now_s;
	args.dir = tool_dir(args.dir);
	check_options(&job, &args, argc - optind);
	tool_confine();
	if (args.schema != NULL && names_use(&names, args.schema) != SOUND)
		rc = TROUBLE;
	else
		rc = run(&job, &args, argc - optind, argv + optind);
	if (job.form == FORM_SCYLLA)
		sst_scylladump_finish(&job.out.buf, job.nfiles > 0);
	tool_output_end(&job.out);
	gather_free(&gather);
	select_free(&job.sel);
	sst_buf_free(&job.head);
	names_free(&names);
	return rc;
}
