/*
 * cmd/tool/options.h: one constant table per program says what options it has.  getopt's string,
 * the usage line and --help come from it; tests/cli/options.sh holds the man page and the three
 * completions to it.
 *
 *	enum { OPT_NOW = TOOL_LONG };
 *	static const struct tool_option options[] = {
 *		{ "format", 'f', "FORMAT", "ndjson (default) or sstabledump" },
 *		{ "now", OPT_NOW, "TIME", "decide expiry as of TIME" },
 *		{ NULL, 0, NULL, NULL },
 *	};
 *	static const struct tool tool = { "print SSTables", "FILE|DIR...", options, NULL };
 *
 *	while ((c = tool_option(&tool, argc, argv)) != -1)
 *		switch (c) {
 *		case 'f': format = optarg; break;
 *		case OPT_NOW: ...
 *		}
 *
 * What is not an option is then argv[optind] and after, as with getopt.  Every program has
 * -h/--help and -V/--version without naming them.
 */
#ifndef TOOL_OPTIONS_H
#define TOOL_OPTIONS_H

#define TOOL_LONG 256 /* first value for options without a letter */

struct tool_option {
	const char *name; /* without the dashes; NULL ends the table */
	int letter;       /* or a value from TOOL_LONG on: has no letter */
	const char
	    *arg; /* what its argument is called; NULL: takes none; "[=WHAT]": may be left out,
			   * and then optarg is NULL (only without a letter) */
	const char *help; /* one line */
};

struct tool {
	const char *summary;  /* one line, as after .Nd in its page */
	const char *operands; /* as in the usage line; NULL: takes none */
	const struct tool_option *options;
	const char *more; /* printed by --help after the options; may be NULL */
};

/*
 * The next option's letter or value, its argument in optarg; -1 after the last.  --help and
 * --version are answered here, and a wrong option ends in usage.  Call it first of all: it also
 * takes SIGPIPE out of the way, so that a closed pipe is an error like any other.
 */
int tool_option(const struct tool *, int argc, char **argv);

/* Prints the usage line to standard error and exits with TROUBLE. */
_Noreturn void tool_usage(const struct tool *);
/* The same after a complaint: "PROGRAM: message". */
_Noreturn void tool_misuse(const struct tool *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The data directory: what -d gave, else $OSTRAKA_DIR, else NULL. */
const char *tool_dir(const char *given);

#endif
