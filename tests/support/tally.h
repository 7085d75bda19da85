/* tests/support/tally.h: what a test program has found, for its last line of totals. */
#ifndef TESTS_TALLY_H
#define TESTS_TALLY_H

#include <stdbool.h>

extern unsigned passed, failed; /* by check() */

/* Counts, and says what is wrong. */
bool check(bool good, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
