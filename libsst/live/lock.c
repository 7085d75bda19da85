/* live/lock.c: a lock is a file's; its text is only for people. */
#include "live/lock.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX 64

/* What the holder wrote, up to the first newline; "" when it wrote nothing. */
static void
holder(const struct sst_io *io, int fd, const char *path, char text[TEXT_MAX])
{
	struct sst_err ignored;
	struct sst_stat st;
	size_t n;

	text[0] = '\0';
	if (sst_io_fstat(io, fd, path, &st, &ignored) == -1)
		return;
	n = st.size < TEXT_MAX - 1 ? (size_t)st.size : TEXT_MAX - 1;
	if (sst_io_read(io, fd, path, text, n, 0, &ignored) == -1)
		n = 0;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

int
sst_lock_take(struct sst_lock *l, const struct sst_io *io, const char *dir, const char *name,
    bool wait, struct sst_err *e)
{
	char path[4096], text[TEXT_MAX];
	struct sst_err ignored;
	int fd, r;

	*l = (struct sst_lock){ io, name, -1 };
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path))
		return sst_fail(e, SST_ELIMIT, dir, SST_NOWHERE, "path too long");
	if ((fd = sst_io_open(io, path, O_RDWR | O_CREAT, e)) == -1)
		return -1;
	if ((r = sst_io_lock(io, fd, path, true, wait, e)) == 0) {
		l->fd = fd;
		return 0;
	}
	if (r == 1) {
		holder(io, fd, path, text);
		r = sst_fail(e, SST_EBUSY, path, SST_NOWHERE, "held by another %s%s",
		    text[0] == '\0' ? "process" : "process, ", text);
	}
	sst_io_close(io, fd, path, &ignored);
	return r;
}

int
sst_lock_sign(struct sst_lock *l, const char *text, struct sst_err *e)
{
	if (sst_io_truncate(l->io, l->fd, l->name, 0, e) == -1)
		return -1;
	return sst_io_write(l->io, l->fd, l->name, text, strlen(text), e);
}

void
sst_lock_drop(struct sst_lock *l)
{
	struct sst_err ignored;

	if (l->fd >= 0)
		sst_io_close(l->io, l->fd, l->name, &ignored);
	l->fd = -1;
}
