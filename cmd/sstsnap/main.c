/*
 * cmd/sstsnap/main.c: snapshots of tables: made, listed, put back, removed.  This file has the
 * options; each command is a file.
 */
#include <getopt.h>
#include <stdlib.h>

#include "base/clock.h"
#include "sstsnap/sstsnap.h"

enum {
	OPT_FROM = TOOL_LONG,
	OPT_EXACT,
	OPT_ALL,
	OPT_OLDER_THAN,
	OPT_WAIT,
	OPT_NO_WAIT,
	OPT_NOW
};

static const struct tool_option options[] = {
	{ "dir", 'd', "DIR", "data directory (else $OSTRAKA_DIR)" },
	{ "json", 'j', NULL, "print the report as NDJSON" },
	{ "output", 'o', "FIELD,...", "print these fields of the report as TSV" },
	{ "quiet", 'q', NULL, "print no report, no progress, no remarks" },
	{ "from", OPT_FROM, "DIR", "restore: from snapshots in another data directory" },
	{ "exact", OPT_EXACT, NULL, "restore: what is live and not in the snapshot goes" },
	{ "all", OPT_ALL, NULL, "clear: every snapshot, whatever its name" },
	{ "older-than", OPT_OLDER_THAN, "TIME", "clear: only those made before TIME" },
	{ "wait", OPT_WAIT, NULL, "wait for a process that writes to DIR, as restore does" },
	{ "no-wait", OPT_NO_WAIT, NULL, "do not wait for it, as create does not" },
	{ "now", OPT_NOW, "TIME", "the time that ages and times such as -7d count from" },
	{ NULL, 0, NULL, NULL },
};

static const struct tool tool = { "snapshots of tables", "COMMAND [NAME] [TABLE]...", options,
	"create NAME [TABLE]...   a snapshot of what is live now\n"
	"list [TABLE]...          what snapshots there are\n"
	"restore NAME [TABLE]...  puts one back; NAME may be a folder: ./backup\n"
	"clear NAME [TABLE]...    removes one; with --all instead of NAME, every one\n"
	"\nTABLE is KEYSPACE.TABLE or KEYSPACE; without any, all tables.\n" };

static const struct command {
	const char *name;
	int (*run)(struct run *);
	bool named;      /* takes a NAME */
	const char *may; /* what it understands beside -d, -j, -o, -q, --now, a letter each */
} commands[] = {
	{ "create", create, true, "w" },
	{ "list", list, false, "" },
	{ "restore", restore, true, "few" },
	{ "clear", clear, true, "ao" },
};

static const struct {
	char letter;
	const char *options;
} uses[] = { { 'f', "--from" }, { 'e', "--exact" }, { 'a', "--all" }, { 'o', "--older-than" },
	{ 'w', "--wait and --no-wait" } };

struct given { /* what the command line says beside struct run */
	bool all;
	const char *now, *older_than;
	char used[8]; /* letters as in struct command */
};

static void
use(struct given *g, char letter)
{
	size_t n = strlen(g->used);

	if (strchr(g->used, letter) == NULL && n + 1 < sizeof(g->used))
		g->used[n] = letter;
}

static void
set_option(struct run *r, struct given *g, int opt)
{
	switch (opt) {
	case 'd':
		r->dir = optarg;
		break;
	case 'j':
		r->form = TOOL_NDJSON;
		break;
	case 'o':
		r->form = TOOL_TSV;
		r->fields = optarg;
		break;
	case 'q':
		r->quiet = true;
		break;
	case OPT_FROM:
		r->from = optarg;
		use(g, 'f');
		break;
	case OPT_EXACT:
		r->exact = true;
		use(g, 'e');
		break;
	case OPT_ALL:
		g->all = true;
		use(g, 'a');
		break;
	case OPT_OLDER_THAN:
		g->older_than = optarg;
		use(g, 'o');
		break;
	case OPT_WAIT:
	case OPT_NO_WAIT:
		if (r->patience != AS_USUAL && r->patience != (opt == OPT_WAIT ? WAIT : NO_WAIT))
			tool_misuse(&tool, "--wait and --no-wait exclude each other");
		r->patience = opt == OPT_WAIT ? WAIT : NO_WAIT;
		use(g, 'w');
		break;
	case OPT_NOW:
		g->now = optarg;
		break;
	}
}

static const struct command *
find_command(const char *name)
{
	size_t i;

	for (i = 0; i < SST_ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	tool_misuse(&tool, "no command %s: there are create, list, restore and clear", name);
}

static void
set_operands(struct run *r, const struct given *g, const struct command *c, int argc, char **argv)
{
	bool named = c->named && !g->all;

	char odd = g->used[strspn(g->used, c->may)];
	size_t i;

	for (i = 0; i < SST_ARRAY_LEN(uses); i++)
		if (odd == uses[i].letter)
			tool_misuse(&tool, "%s does not take %s", c->name, uses[i].options);
	if (named && argc == 0)
		tool_misuse(&tool, "%s wants the NAME of a snapshot%s", c->name,
		    c->run == clear ? ", or --all" : "");
	r->name = named ? argv[0] : NULL;
	r->tables = argv + named;
	r->ntables = argc - named;
	r->dir = tool_dir(r->dir);
	if (r->dir == NULL)
		tool_misuse(&tool, "where? -d DIR, or OSTRAKA_DIR in the environment");
}

static void
set_times(struct run *r, const struct given *g)
{
	struct sst_err e;

	r->now_us = g->now != NULL ? tool_time("--now", g->now) : sst_now_us();
	r->aged = g->older_than != NULL;
	if (r->aged &&
	    sst_time_parse(&r->older_than_us, sst_slice_str(g->older_than), r->now_us, &e) == -1)
		exit(tool_problem(TROUBLE, "--older-than: %s", e.what));
}

int
main(int argc, char **argv)
{
	struct given given = { 0 };
	struct run r = { 0 };
	const struct command *command;
	int c, rc;

	while ((c = tool_option(&tool, argc, argv)) != -1)
		set_option(&r, &given, c);
	if (optind == argc)
		tool_misuse(&tool, "what? create, list, restore or clear");
	command = find_command(argv[optind]);
	set_operands(&r, &given, command, argc - optind - 1, argv + optind + 1);
	set_times(&r, &given);
	if (r.patience == AS_USUAL)
		r.patience = command->run == restore ? WAIT : NO_WAIT;
	rc = command->run(&r);
	if (r.report.out != NULL)
		tool_report_end(&r.report);
	tool_output_end(&r.out);
	sst_arena_free(&r.arena);
	return rc;
}
