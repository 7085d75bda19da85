/*
 * cmd/tombstat/main.c: where the tombstones are, what they cost readers, and what keeps them.  This file
 * has the options; look.c looks at a table, worst.c keeps its worst partitions, show.c to metrics.c
 * print.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "tombstat/show.h"

enum {
	OPT_EXACT = TOOL_LONG,
	OPT_FAIL,
	OPT_FAST,
	OPT_GC_GRACE,
	OPT_NOW,
	OPT_PAGE,
	OPT_PROMETHEUS,
	OPT_TOKEN_RANGE,
	OPT_WARN
};

static const struct tool_option options[] = {
	{ "dir", 'd', "DIR", "data directory, when there is no operand" },
	{ "json", 'j', NULL, "NDJSON: of tables, kinds, ages, SSTables, partitions" },
	{ "key", 'k', "KEY", "only this partition: A:B" },
	{ "count", 'n', "N", "so many of the worst partitions (10)" },
	{ "quiet", 'q', NULL, "print only what is past a threshold" },
	{ "exact", OPT_EXACT, NULL, "weigh what a compaction would write, to the byte" },
	{ "fail", OPT_FAIL, "N", "tombstones a page from which readers fail (100000)" },
	{ "fast", OPT_FAST, NULL, "by Statistics.db alone, without reading any row" },
	{ "gc-grace", OPT_GC_GRACE, "AGE", "age of tombstones that may go (of the schema)" },
	{ "now", OPT_NOW, "TIME", "decide expiry as of TIME" },
	{ "page", OPT_PAGE, "N", "rows of a page (50)" },
	{ "prometheus", OPT_PROMETHEUS, NULL, "metrics in the text format of Prometheus" },
	{ "token-range", OPT_TOKEN_RANGE, "LEFT..RIGHT", "partitions with LEFT < token <= RIGHT" },
	{ "warn", OPT_WARN, "N", "tombstones a page from which readers warn (1000)" },
	{ NULL, 0, NULL, NULL },
};

static const struct tool tool = { "where the tombstones are, what they cost, what keeps them",
	"[DIR|TABLE-FOLDER|FILE...]", options,
	"Exit status: 1 when something is past a threshold or an SSTable is damaged,\n"
	"2 when something could not be looked at.\n" };

static void
set_option(struct wishes *w, int opt)
{
	switch (opt) {
	case 'j':
		w->form = TOOL_NDJSON;
		break;
	case 'k':
		w->key = optarg;
		break;
	case 'n':
		w->count = tool_count("--count", optarg);
		break;
	case 'q':
		w->quiet = true;
		break;
	case OPT_EXACT:
		w->exact = true;
		break;
	case OPT_FAIL:
		w->fail = tool_count("--fail", optarg);
		break;
	case OPT_FAST:
		w->fast = true;
		break;
	case OPT_GC_GRACE:
		w->gc_grace_s = tool_age("--gc-grace", optarg);
		break;
	case OPT_NOW:
		w->now_us = tool_time("--now", optarg);
		w->now_given = true;
		break;
	case OPT_PAGE:
		w->page = tool_count("--page", optarg);
		break;
	case OPT_PROMETHEUS:
		w->prometheus = true;
		break;
	case OPT_TOKEN_RANGE:
		tool_token_range("--token-range", optarg, &w->left, &w->right);
		w->ranged = true;
		break;
	case OPT_WARN:
		w->warn = tool_count("--warn", optarg);
		break;
	}
}

static void
check_options(const struct wishes *w)
{
	bool some = w->key != NULL || w->ranged;

	if (w->fast && (some || w->exact))
		tool_misuse(
		    &tool, "--fast reads no partition: not with --key, --token-range, --exact");
	if (w->exact && some)
		tool_misuse(&tool, "--exact is for whole SSTables: not with --key, --token-range");
	if (w->key != NULL && w->ranged)
		tool_misuse(&tool, "--key and --token-range exclude each other");
	if (w->prometheus && (w->quiet || w->form != TOOL_TABLE))
		tool_misuse(&tool, "--prometheus, --json and --quiet exclude each other");
}

/* A table of many SSTables holds some files of each open. */
static void
allow_files(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
}

int
main(int argc, char **argv)
{
	struct wishes w = { .count = 10,
		.page = 50,
		.warn = 1000,
		.fail = 100000,
		.gc_grace_s = -1,
		.now_us = sst_now_us() };
	struct places places = { 0 };
	const char *dir = NULL;
	char *operand;
	size_t i;
	int c, rc;

	while ((c = tool_option(&tool, argc, argv)) != -1)
		if (c == 'd')
			dir = optarg;
		else
			set_option(&w, c);
	check_options(&w);
	dir = tool_dir(dir);
	operand = dir != NULL ? strdup(dir) : NULL;
	if (optind == argc && operand == NULL)
		tool_misuse(&tool, "what? an operand, -d DIR, or OSTRAKA_DIR in the environment");
	w.bars = w.form == TOOL_TABLE && isatty(STDOUT_FILENO);
	w.metrics = w.prometheus ? metrics_new() : NULL;
	allow_files();
	tool_confine();
	rc = optind == argc ? places_find(&places, &operand, 1)
			    : places_find(&places, argv + optind, (size_t)(argc - optind));
	for (i = 0; i < places.n; i++)
		rc = tool_worse(rc, look_table(&w, &places.v[i]));
	if (w.prometheus)
		metrics_print(w.metrics, &w.out.buf);
	tool_output_end(&w.out);
	metrics_free(w.metrics);
	places_free(&places);
	free(operand);
	return rc;
}
