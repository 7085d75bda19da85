/* cmd/tool/options.c: options from one table: parsing, the usage line, --help. */
#define _GNU_SOURCE /* program_invocation_short_name */
#include "tool/options.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "tool/complain.h"

enum {
	OPTIONS_MAX = 64, /* of one program */
	HELP_WIDTH = 26,  /* column of the texts in --help */
	LINE_WIDTH = 80   /* usage wraps before it */
};

static const struct tool_option help = { "help", 'h', NULL, "print this help" };
static const struct tool_option version = { "version", 'V', NULL, "print the version" };

/* The i-th option of a program, the two that all have last; NULL after them. */
static const struct tool_option *
option_at(const struct tool *tool, size_t i)
{
	size_t n = 0;

	while (tool->options != NULL && tool->options[n].name != NULL) {
		if (n == i)
			return &tool->options[n];
		n++;
	}
	return i == n ? &help : i == n + 1 ? &version : NULL;
}

static bool
is_optional(const char *arg)
{
	return arg != NULL && arg[0] == '[';
}

static const char *
before_arg(const struct tool_option *o)
{
	return o->arg == NULL || is_optional(o->arg) ? "" : " ";
}

/* Adds a word to the usage line, wrapping below the first word after the program's name. */
static void
usage_word(struct sst_buf *b, size_t *col, size_t indent, const char *word)
{
	size_t n = strlen(word);

	if (*col + 1 + n > LINE_WIDTH && *col > indent) {
		sst_buf_addf(b, "\n%*s", (int)indent, "");
		*col = indent;
	}
	sst_buf_addf(b, " %s", word);
	*col += 1 + n;
}

static void
usage_text(const struct tool *tool, struct sst_buf *b)
{
	const struct tool_option *o;
	char word[128], flags[OPTIONS_MAX + 4] = "[-";
	size_t i, n = 2, col, indent;

	sst_buf_addf(b, "usage: %s", program_invocation_short_name);
	col = indent = b->n;
	for (i = 0; (o = option_at(tool, i)) != NULL && i < OPTIONS_MAX; i++)
		if (o->letter < TOOL_LONG && o->arg == NULL)
			flags[n++] = (char)o->letter;
	flags[n++] = ']';
	flags[n] = '\0';
	usage_word(b, &col, indent, flags);
	for (i = 0; (o = option_at(tool, i)) != NULL; i++) {
		if (o->letter >= TOOL_LONG)
			snprintf(word, sizeof(word), "[--%s%s%s]", o->name, before_arg(o),
			    o->arg != NULL ? o->arg : "");
		else if (o->arg != NULL)
			snprintf(word, sizeof(word), "[-%c %s]", o->letter, o->arg);
		else
			continue;
		usage_word(b, &col, indent, word);
	}
	if (tool->operands != NULL)
		usage_word(b, &col, indent, tool->operands);
	sst_buf_addc(b, '\n');
}

static void
help_option(struct sst_buf *b, const struct tool_option *o)
{
	char left[128];
	int n;

	if (o->letter < TOOL_LONG)
		n = snprintf(left, sizeof(left), "  -%c, --%s", o->letter, o->name);
	else
		n = snprintf(left, sizeof(left), "      --%s", o->name);
	if (o->arg != NULL && n > 0 && (size_t)n < sizeof(left))
		snprintf(left + n, sizeof(left) - (size_t)n, "%s%s", before_arg(o), o->arg);
	if (strlen(left) + 2 > HELP_WIDTH)
		sst_buf_addf(b, "%s\n%*s%s\n", left, HELP_WIDTH, "", o->help);
	else
		sst_buf_addf(b, "%-*s%s\n", HELP_WIDTH, left, o->help);
}

static _Noreturn void
end_stdout(void)
{
	if (fflush(stdout) == 0 || errno == EPIPE)
		exit(SOUND);
	exit(tool_problem(TROUBLE, "standard output: %s", strerror(errno)));
}

static _Noreturn void
print_help(const struct tool *tool)
{
	const struct tool_option *o;
	struct sst_buf b = { 0 };
	size_t i;

	usage_text(tool, &b);
	sst_buf_addf(&b, "\n%s: %s.\n\n", program_invocation_short_name, tool->summary);
	for (i = 0; (o = option_at(tool, i)) != NULL; i++)
		help_option(&b, o);
	if (tool->more != NULL)
		sst_buf_addf(&b, "\n%s", tool->more);
	fwrite(b.p, 1, b.n, stdout);
	sst_buf_free(&b);
	end_stdout();
}

static _Noreturn void
print_version(void)
{
	printf("%s (ostraka) %s\n", program_invocation_short_name, SST_VERSION);
	end_stdout();
}

int
tool_option(const struct tool *tool, int argc, char **argv)
{
	struct option longs[OPTIONS_MAX + 1] = { { 0 } };
	char shorts[2 * OPTIONS_MAX + 1];
	const struct tool_option *o;
	size_t i, n = 0;
	int c;

	signal(SIGPIPE, SIG_IGN);
	for (i = 0; (o = option_at(tool, i)) != NULL && i < OPTIONS_MAX; i++) {
		longs[i] = (struct option){ o->name,
			is_optional(o->arg)  ? optional_argument
			    : o->arg != NULL ? required_argument
					     : no_argument,
			NULL, o->letter };
		if (o->letter >= TOOL_LONG)
			continue;
		shorts[n++] = (char)o->letter;
		if (o->arg != NULL)
			shorts[n++] = ':';
	}
	shorts[n] = '\0';
	c = getopt_long(argc, argv, shorts, longs, NULL);
	if (c == 'h')
		print_help(tool);
	if (c == 'V')
		print_version();
	if (c == '?')
		tool_usage(tool);
	return c;
}

_Noreturn void
tool_usage(const struct tool *tool)
{
	struct sst_buf b = { 0 };

	usage_text(tool, &b);
	fwrite(b.p, 1, b.n, stderr);
	sst_buf_free(&b);
	exit(TROUBLE);
}

_Noreturn void
tool_misuse(const struct tool *tool, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	tool_problem(TROUBLE, "%s", text);
	tool_usage(tool);
}

const char *
tool_dir(const char *given)
{
	const char *env = getenv("OSTRAKA_DIR");

	if (given != NULL)
		return given;
	return env != NULL && env[0] != '\0' ? env : NULL;
}
