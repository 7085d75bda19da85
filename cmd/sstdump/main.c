/*
 * cmd/sstdump/main.c: prints what is in SSTables.  This file has the options; find.c turns operands
 * into SSTables, names.c finds what those are called, dump.c prints them.
 */
#include <getopt.h>
#include <stdlib.h>

#include "base/clock.h"
#include "sstdump/dump.h"
#include "sstdump/find.h"

enum {
	OPT_NOW = TOOL_LONG,
	OPT_SCHEMA
};

static const struct tool_option options[] = {
	{ "dir", 'd', "DIR", "the data directory, when there is no operand" },
	{ "format", 'f', "FORMAT", "ndjson (default), or sstabledump as Cassandra's" },
	{ "now", OPT_NOW, "TIME", "decide expiry as of TIME" },
	{ "quiet", 'q', NULL, "show no progress" },
	{ "schema", OPT_SCHEMA, "FILE", "take names of key columns from FILE" },
	{ NULL, 0, NULL, NULL },
};

static const struct tool tool = { "print what is in SSTables", "[FILE|DIR]...", options,
	"FILE is a -Data.db file, DIR a table's folder or any folder above it; without\n"
	"them, -d or $OSTRAKA_DIR.  Exit status: 1 when a file is damaged, 2 when one\n"
	"cannot be read.\n" };

static enum form
parse_form(const char *name)
{
	if (strcmp(name, "ndjson") == 0)
		return FORM_NDJSON;
	if (strcmp(name, "sstabledump") == 0)
		return FORM_SSTABLEDUMP;
	tool_misuse(&tool, "no format %s: there are ndjson and sstabledump", name);
}

int
main(int argc, char **argv)
{
	struct names names = { 0 };
	struct dump dump = { .names = &names, .now_s = sst_now_us() / SST_S_US };
	const char *dir = NULL, *schema = NULL;
	int c, rc = SOUND;

	while ((c = tool_option(&tool, argc, argv)) != -1)
		switch (c) {
		case 'd':
			dir = optarg;
			break;
		case 'f':
			dump.form = parse_form(optarg);
			break;
		case 'q':
			dump.quiet = true;
			break;
		case OPT_NOW:
			dump.now_s = tool_time("--now", optarg) / SST_S_US;
			break;
		case OPT_SCHEMA:
			schema = optarg;
			break;
		}
	argc -= optind;
	argv += optind;
	dir = tool_dir(dir);
	if (argc == 0 && dir == NULL)
		tool_misuse(&tool, "no SSTable or folder named");
	tool_confine();
	if (schema != NULL && names_use(&names, schema) != SOUND) {
		rc = TROUBLE;
		argc = 0;
	} else if (argc == 0)
		rc = find_sstables(dir, dump_sstable, &dump);
	for (; argc > 0; argc--, argv++)
		rc = tool_worse(rc, find_sstables(*argv, dump_sstable, &dump));
	tool_output_end(&dump.out);
	names_free(&names);
	return rc;
}
