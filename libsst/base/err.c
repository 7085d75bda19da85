/* base/err.c: fills and renders the one error type of the library. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
sst_fail(
    struct sst_err *e, enum sst_code code, const char *file, uint64_t off, const char *fmt, ...)
{
	int sys = errno;
	va_list ap;

	e->code = code;
	e->sys = code == SST_ESYS ? sys : 0;
	e->doubt = false;
	e->off = off;
	e->file[0] = '\0';
	if (file != NULL) {
		size_t n = strlen(file), max = sizeof(e->file) - 1;

		/* Of a long path the end says more than the start. */
		snprintf(e->file, sizeof(e->file), "%s", n > max ? file + (n - max) : file);
	}
	va_start(ap, fmt);
	vsnprintf(e->what, sizeof(e->what), fmt, ap);
	va_end(ap);
	return -1;
}

int
sst_err_locate(struct sst_err *e, const char *file, uint64_t off)
{
	char what[sizeof(e->what)];
	bool doubt = e->doubt;

	memcpy(what, e->what, sizeof(what));
	sst_fail(e, e->code, file, off, "%s", what);
	e->doubt = doubt;
	return -1;
}

int
sst_fail_nomem(struct sst_err *e)
{
	return sst_fail(e, SST_ENOMEM, NULL, SST_NOWHERE, "out of memory");
}

char *
sst_err_text(const struct sst_err *e, char *buf, unsigned long len)
{
	char sys[80] = "", at[40] = "";

	if (e->code == SST_ESYS && e->sys != 0)
		snprintf(sys, sizeof(sys), ": %s", strerror(e->sys));
	if (e->off != SST_NOWHERE)
		snprintf(at, sizeof(at), ": at byte %llu", (unsigned long long)e->off);
	snprintf(buf, len, "%s%s%s%s%s", e->file, e->file[0] != '\0' ? ": " : "", e->what, sys, at);
	return buf;
}
