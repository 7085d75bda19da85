/* cmd/tool/complain.c: errors on standard error, once each, in one form. */
#define _GNU_SOURCE /* program_invocation_short_name */
#include "tool/complain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static int
status_of(const struct sst_err *e)
{
	switch (e->code) {
	case SST_OK:
		return SOUND;
	case SST_ESHORT:
	case SST_EDAMAGED:
	case SST_ELIMIT:
		return DAMAGED;
	case SST_EVERSION: /* a newer one may be as sound as can be */
	case SST_ESYS:
	case SST_ENOMEM:
	case SST_EBUSY:
	case SST_EINVAL:
	case SST_EUNSUPPORTED:
		break;
	}
	return TROUBLE;
}

int
complain(const struct sst_err *e)
{
	char text[1024];

	/* One call, so that lines of several programs do not mix. */
	fprintf(
	    stderr, "%s: %s\n", program_invocation_short_name, sst_err_text(e, text, sizeof(text)));
	return status_of(e);
}

int
tool_problem(int status, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, text);
	return status;
}
