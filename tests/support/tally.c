/* tests/support/tally.c: a line for each failure. */
#include "tally.h"

#include <stdarg.h>
#include <stdio.h>

unsigned passed, failed;

bool
check(bool good, const char *fmt, ...)
{
	va_list ap;

	*(good ? &passed : &failed) += 1;
	if (good)
		return true;
	printf("FAILED: ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	return false;
}
