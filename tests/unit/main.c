/*
 * tests/unit/main.c: runs the suite of every file beside it; suites.h is made from their names.
 * Usage: unit [NAME... | -x NAME...]: the suites of these names, or all others.
 */
#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SUITE(name) Suite *name##_suite(void);
#include "suites.h"
#undef SUITE

static bool
chosen(char **names, const char *name)
{
	bool others = *names == NULL || strcmp(*names, "-x") == 0;

	for (names += others && *names != NULL; *names != NULL; names++)
		if (strcmp(*names, name) == 0)
			return !others;
	return others;
}

int
main(int argc, char **argv)
{
	SRunner *sr = srunner_create(NULL);
	int failed;

	(void)argc;
#define SUITE(name) \
	if (chosen(argv + 1, #name)) \
		srunner_add_suite(sr, name##_suite());
#include "suites.h"
#undef SUITE
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
