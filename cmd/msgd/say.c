/*
 * cmd/msgd/say.c: what the daemon says, on standard error: lines as of any program, or, where systemd
 * takes them into its journal, with the level in front that the journal looks for.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "msgd/node.h"

enum { /* as in syslog */
	ERROR = 3,
	NOTICE = 5
};

/* JOURNAL_STREAM names the device and inode of the stream that the journal reads. */
static bool
is_journal(void)
{
	const char *text = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return text != NULL && sscanf(text, "%llu:%llu", &dev, &ino) == 2 &&
	    fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

/* One call, so that lines of several threads do not mix. */
static void
say(int level, const char *text)
{
	if (is_journal())
		fprintf(stderr, "<%d>%s\n", level, text);
	else
		fprintf(stderr, "msgd: %s\n", text);
}

void
msgd_node_log(const char *fmt, ...)
{
	char text[1200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(NOTICE, text);
}

void
msgd_node_log_error(const struct sst_err *e)
{
	char text[600];

	say(ERROR, sst_err_text(e, text, sizeof(text)));
}
