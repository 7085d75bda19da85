/* tests/support/putfile.h: a file of a test, written anew; what fails ends the test. */
#ifndef TESTS_SUPPORT_PUTFILE_H
#define TESTS_SUPPORT_PUTFILE_H

#include "base/io.h"

void put_file(const struct sst_io *, const char *path, struct sst_slice bytes);

#endif
