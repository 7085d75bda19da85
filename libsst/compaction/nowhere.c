/* compaction/nowhere.c: writes that end here: for the size of what would be written.  A constant. */
#include <errno.h>

#include "compaction/products.h"

static int
nowhere_open(void *ctx, const char *path, int flags, mode_t mode)
{
	(void)ctx;
	(void)path;
	(void)flags;
	(void)mode;
	return 0;
}

static int
nowhere_fd(void *ctx, int fd)
{
	(void)ctx;
	(void)fd;
	return 0;
}

static ssize_t
nowhere_write(void *ctx, int fd, const void *buf, size_t n)
{
	(void)ctx;
	(void)fd;
	(void)buf;
	return (ssize_t)n;
}

static int
nowhere_unlink(void *ctx, const char *path)
{
	(void)ctx;
	(void)path;
	return 0;
}

/* A writer asks for nothing else. */
const struct sst_io sst_io_nowhere = { .open = nowhere_open,
	.close = nowhere_fd,
	.write = nowhere_write,
	.fsync = nowhere_fd,
	.fdatasync = nowhere_fd,
	.unlink = nowhere_unlink };
