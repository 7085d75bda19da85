/* tests/support/putfile.c */
#include "putfile.h"

#include <check.h>
#include <fcntl.h>

void
put_file(const struct sst_io *io, const char *path, struct sst_slice bytes)
{
	struct sst_err e;
	int fd = sst_io_open(io, path, O_WRONLY | O_CREAT | O_TRUNC, &e);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(sst_io_write(io, fd, path, bytes.p, bytes.n, &e), 0);
	ck_assert_int_eq(sst_io_close(io, fd, path, &e), 0);
}
