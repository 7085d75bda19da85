/*
 * cmd/compact/main.c: merges SSTables; meant for cron.  This file has the options; jobs.c takes
 * several tables at once, table.c works on one: choose.c says which SSTables, run.c merges them.  drop.c has
 * what goes whatever its age, pace.c how fast, users.c who else is there, report.c what is printed.
 */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/num.h"
#include "compact/jobs.h"
#include "compact/report.h"

#define JOBS_MAX 256

enum {
	OPT_MAJOR = TOOL_LONG,
	OPT_STRATEGY,
	OPT_SINGLE,
	OPT_KEY,
	OPT_TOKEN_RANGE,
	OPT_DROP_BUCKET,
	OPT_OLDER_THAN,
	OPT_DROP_PARTITIONS,
	OPT_KEEP_PARTITIONS,
	OPT_DROP_GHOSTS,
	OPT_GC_GRACE,
	OPT_NO_PURGE,
	OPT_NOW,
	OPT_OFFLINE,
	OPT_TO,
	OPT_COMPRESSION,
	OPT_SPLIT,
	OPT_DRY_RUN,
	OPT_RATE,
	OPT_NO_IDLE,
	OPT_JOBS,
	OPT_WAIT,
	OPT_VERIFY,
	OPT_NO_VERIFY
};

static const struct tool_option options[] = {
	{ "dir", 'd', "DIR", "data directory, when there is no operand" },
	{ "json", 'j', NULL, "a JSON object for each run" },
	{ "output", 'o', "OUT", "write there; what is read stays as it is" },
	{ "quiet", 'q', NULL, "no progress and no report" },
	{ "major", OPT_MAJOR, NULL, "all SSTables of a table into one" },
	{ "strategy", OPT_STRATEGY, "NAME", "stcs, twcs, lcs, ucs or bucket, not the schema's" },
	{ "single", OPT_SINGLE, NULL, "only SSTables that are worth it for their tombstones" },
	{ "key", OPT_KEY, "KEY", "the SSTables that may hold this partition" },
	{ "token-range", OPT_TOKEN_RANGE, "LEFT..RIGHT", "the SSTables that reach into it" },
	{ "drop-bucket", OPT_DROP_BUCKET, "CHANNEL:BUCKET", "without this partition" },
	{ "older-than", OPT_OLDER_THAN, "AGE", "without buckets that ended so long ago (90d)" },
	{ "drop-partitions", OPT_DROP_PARTITIONS, "FILE", "without the partitions listed there" },
	{ "keep-partitions", OPT_KEEP_PARTITIONS, "FILE", "only the partitions listed there" },
	{ "drop-ghosts", OPT_DROP_GHOSTS, NULL, "without edits of messages that are not there" },
	{ "gc-grace", OPT_GC_GRACE, "AGE", "age of tombstones that may go (of the schema)" },
	{ "no-purge", OPT_NO_PURGE, NULL, "keep all tombstones" },
	{ "now", OPT_NOW, "TIME", "decide expiry as of TIME" },
	{ "offline", OPT_OFFLINE, NULL, "in place in a folder of another system, stopped" },
	{ "to", OPT_TO, "VERSION", "write this version: me or nb" },
	{ "compression", OPT_COMPRESSION, "CODEC", "lz4, zstd[:LEVEL], deflate, snappy or none" },
	{ "split", OPT_SPLIT, "SIZE", "begin another SSTable when one has that size" },
	{ "dry-run", OPT_DRY_RUN, NULL, "say what would be done, and change nothing" },
	{ "rate", OPT_RATE, "SIZE", "read no more than that in a second" },
	{ "no-idle", OPT_NO_IDLE, NULL, "take processor and disk like any other program" },
	{ "jobs", OPT_JOBS, "N", "work on so many tables at once (1)" },
	{ "wait", OPT_WAIT, "[=SECONDS]", "wait for a table that another run is at" },
	{ "verify", OPT_VERIFY, NULL, "read back and compare before anything goes" },
	{ "no-verify", OPT_NO_VERIFY, NULL, "not even with --output or --offline" },
	{ NULL, 0, NULL, NULL },
};

static const struct tool tool = { "merge SSTables and drop what is deleted",
	"[DIR|TABLE-FOLDER|FILE...]", options,
	"Exit status: 1 when an SSTable is damaged, 2 when something could not be done; a\n"
	"table that another run is at is passed over.\n" };

static void
parse_compression(struct wishes *w, const char *text)
{
	static const struct {
		const char *name, *class_name;
	} codecs[] = { { "lz4", "LZ4Compressor" }, { "zstd", "ZstdCompressor" },
		{ "deflate", "DeflateCompressor" }, { "snappy", "SnappyCompressor" },
		{ "none", "" } };
	size_t i, n = strcspn(text, ":");
	uint64_t level = 0;

	for (i = 0; i < 5; i++)
		if (strlen(codecs[i].name) == n && strncmp(codecs[i].name, text, n) == 0)
			break;
	if (i == 5 ||
	    (text[n] == ':' &&
		(i != 1 || tool_parse_count(text + n + 1, &level) == -1 || level < 1 ||
		    level > 22)))
		exit(tool_problem(TROUBLE,
		    "--compression %s: want lz4, zstd, zstd:1 to zstd:22, deflate, snappy or none",
		    text));
	w->compression_set = true;
	w->compression =
	    (struct sst_compression){ sst_slice_str(codecs[i].class_name), 16384, (int)level };
}

static void
parse_version(struct wishes *w, const char *text)
{
	const struct sst_version *v = sst_version_find(text);

	if (v == NULL || !v->writable)
		exit(tool_problem(
		    TROUBLE, "--to %s: versions that can be written are me and nb", text));
	w->version = text;
}

static size_t
parse_jobs(const char *text)
{
	uint64_t n = tool_count("--jobs", text);

	if (n < 1 || n > JOBS_MAX)
		exit(tool_problem(TROUBLE, "--jobs %s: want 1 to %d", text, JOBS_MAX));
	return (size_t)n;
}

static int64_t
parse_wait(const char *text)
{
	uint64_t s = tool_count("--wait", text);

	return s < WAIT_FOR_EVER / 1000 ? (int64_t)s * 1000 : WAIT_FOR_EVER;
}

static void
parse_strategy(struct wishes *w, const char *text)
{
	enum sst_strategy_kind ignored;

	if (!sst_strategy_kind(&ignored, text))
		exit(tool_problem(
		    TROUBLE, "--strategy %s: there are stcs, twcs, lcs, ucs and bucket", text));
	w->strategy = text;
}

/* Seconds.  Who forgets the unit does not mean seconds, and would lose everything. */
static int64_t
parse_older(const char *text)
{
	if (text[strspn(text, "0123456789")] == '\0')
		exit(tool_problem(
		    TROUBLE, "--older-than %s: not an age with a unit, such as 90d", text));
	return tool_age("--older-than", text);
}

/* What is compacted, and what is left out of it. */
static bool
set_choice(struct wishes *w, int opt)
{
	switch (opt) {
	case OPT_MAJOR:
		w->major = true;
		break;
	case OPT_STRATEGY:
		parse_strategy(w, optarg);
		break;
	case OPT_SINGLE:
		w->single = true;
		break;
	case OPT_KEY:
		w->key = optarg;
		break;
	case OPT_TOKEN_RANGE:
		tool_token_range("--token-range", optarg, &w->left, &w->right);
		w->ranged = true;
		break;
	case OPT_DROP_BUCKET:
		w->drop.bucket = optarg;
		break;
	case OPT_OLDER_THAN:
		w->drop.aged = true;
		w->drop.before_us = parse_older(optarg); /* made absolute later */
		break;
	case OPT_DROP_PARTITIONS:
		w->drop.listed = optarg;
		break;
	case OPT_KEEP_PARTITIONS:
		w->drop.kept = optarg;
		break;
	case OPT_DROP_GHOSTS:
		w->drop.ghosts = true;
		break;
	default:
		return false;
	}
	return true;
}

static void
set_manner(struct wishes *w, int opt)
{
	switch (opt) {
	case 'o':
		w->out = optarg;
		break;
	case 'q':
		w->quiet = true;
		break;
	case OPT_GC_GRACE:
		w->gc_grace_s = tool_age("--gc-grace", optarg);
		break;
	case OPT_NO_PURGE:
		w->no_purge = true;
		break;
	case OPT_NOW:
		w->now_us = tool_time("--now", optarg);
		w->now_given = true;
		break;
	case OPT_OFFLINE:
		w->offline = true;
		break;
	case OPT_TO:
		parse_version(w, optarg);
		break;
	case OPT_COMPRESSION:
		parse_compression(w, optarg);
		break;
	case OPT_SPLIT:
		w->split_bytes = tool_size("--split", optarg);
		break;
	case OPT_DRY_RUN:
		w->dry_run = true;
		break;
	case OPT_RATE:
		w->pace.rate = tool_size("--rate", optarg);
		break;
	case OPT_JOBS:
		w->jobs = parse_jobs(optarg);
		break;
	case OPT_WAIT:
		w->wait_ms = optarg == NULL ? WAIT_FOR_EVER : parse_wait(optarg);
		break;
	case OPT_VERIFY:
		w->verify = true;
		break;
	case OPT_NO_VERIFY:
		w->no_verify = true;
		break;
	}
}

/* A major compaction of many sets holds two files of each open. */
static void
allow_files(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
}

/* Of each pair one would be passed over: more, or less, would be done than was asked for. */
static void
refuse_pairs(const struct wishes *w)
{
	const bool drops = drop_partitions(&w->drop) || w->drop.ghosts;
	const struct {
		bool both;
		const char *names;
	} pairs[] = {
		{ w->single && w->major, "--single and --major" },
		{ w->single && w->key != NULL, "--single and --key" },
		{ w->single && w->ranged, "--single and --token-range" },
		{ w->single && drops, "--single and dropping" },
		{ w->single && w->out != NULL, "--single and --output" },
		{ w->strategy != NULL && w->major, "--strategy and --major" },
		{ w->strategy != NULL && w->key != NULL, "--strategy and --key" },
		{ w->strategy != NULL && w->ranged, "--strategy and --token-range" },
		{ w->strategy != NULL && drops, "--strategy and dropping" },
		{ w->strategy != NULL && w->out != NULL, "--strategy and --output" },
		{ w->major && w->key != NULL, "--major and --key" },
		{ w->major && w->ranged, "--major and --token-range" },
		{ w->key != NULL && w->ranged, "--key and --token-range" },
		{ w->no_purge && w->gc_grace_s >= 0, "--no-purge and --gc-grace" },
		{ w->verify && w->no_verify, "--verify and --no-verify" },
	};
	size_t i;

	for (i = 0; i < SST_ARRAY_LEN(pairs); i++)
		if (pairs[i].both)
			tool_misuse(&tool, "%s exclude each other", pairs[i].names);
}

/* Files that are named are merged with each other, whatever is due. */
static void
refuse_files(const struct wishes *w, const struct places *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->v[i].nfiles > 0 && (w->single || w->strategy != NULL))
			tool_misuse(&tool, "files are merged with each other: not with %s",
			    w->single ? "--single" : "--strategy");
}

/*
 * What goes by a message's age or author is asked of tables of messages; whoever names a directory means
 * those that are in it.
 */
static int
leave_messages(const struct wishes *w, struct places *p)
{
	size_t i, n = 0;

	if ((!w->drop.aged && !w->drop.ghosts) || p->n == 0)
		return SOUND;
	for (i = 0; i < p->n; i++)
		if (!p->v[i].among || drop_is_messages(p->v[i].table))
			p->v[n++] = p->v[i];
	p->n = n;
	return n > 0 ? SOUND : tool_problem(TROUBLE, "no table of messages is there");
}

static int
make_out(const char *out)
{
	struct sst_err e;

	return sst_datadir_make_dir(&sst_io_posix, out, &e) == -1 ? complain(&e) : SOUND;
}

int
main(int argc, char **argv)
{
	struct wishes w = { .jobs = 1, .gc_grace_s = -1, .now_us = sst_now_us() };
	struct tool_output out = { 0 };
	struct places places = { 0 };
	struct report report;
	enum tool_form form = TOOL_TABLE;
	const char *dir = NULL;
	bool idle = true;
	char *operand;
	int c, rc;

	while ((c = tool_option(&tool, argc, argv)) != -1)
		if (c == 'd')
			dir = optarg;
		else if (c == 'j')
			form = TOOL_NDJSON;
		else if (c == OPT_NO_IDLE)
			idle = false;
		else if (!set_choice(&w, c))
			set_manner(&w, c);
	w.drop.before_us = w.now_us - w.drop.before_us * SST_S_US;
	dir = tool_dir(dir);
	operand = dir != NULL ? strdup(dir) : NULL;
	if (optind == argc && operand == NULL)
		tool_misuse(&tool, "what? an operand, -d DIR, or OSTRAKA_DIR in the environment");
	refuse_pairs(&w);
	pace_catch_signals();
	allow_files();
	if (idle)
		pace_be_idle();
	report_start(&report, form, w.dry_run, &out);
	w.report = &report;
	rc = drop_read(&w.drop);
	if (rc == SOUND && w.out != NULL && !w.dry_run)
		rc = make_out(w.out);
	if (rc == SOUND) {
		rc = optind == argc ? places_find(&places, &operand, 1)
				    : places_find(&places, argv + optind, (size_t)(argc - optind));
		refuse_files(&w, &places);
		rc = tool_worse(rc, leave_messages(&w, &places));
		rc = tool_worse(rc, jobs_run(&w, &places));
	}
	if (w.quiet)
		out.buf.n = 0;
	report_end(&report);
	if (w.quiet)
		out.buf.n = 0;
	tool_output_end(&out);
	places_free(&places);
	drop_end(&w.drop);
	free(operand);
	return rc;
}
