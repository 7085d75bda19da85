/* cmd/tool/complain.h: exit statuses, and how a program says what went wrong. */
#ifndef TOOL_COMPLAIN_H
#define TOOL_COMPLAIN_H

#include "base/err.h"

/* Exit statuses of the whole suite; with several operands the worst wins. */
enum {
	SOUND,   /* done, and all is well; an empty answer too */
	DAMAGED, /* done, and the answer is damaged, different, past a threshold; or bad input */
	TROUBLE  /* usage, or could not do it */
};

/* The worse of two statuses. */
static inline int
tool_worse(int a, int b)
{
	return a > b ? a : b;
}

/*
 * Prints "PROGRAM: FILE: what: at byte N" to standard error and gives the status that the error
 * means: DAMAGED when the input is at fault, TROUBLE when it could not be looked at.
 */
int complain(const struct sst_err *);
/* The same for a problem that is the program's own; prints "PROGRAM: message" and gives `status`. */
int tool_problem(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
