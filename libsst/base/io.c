/* base/io.c: the real file system behind the table, and the loops that every caller would repeat. */
#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Open-file-description locks (Linux 3.15): unlike POSIX ones they belong to the descriptor, so
 * that two stores in one process exclude each other as two processes do. */
#ifndef F_OFD_SETLK /* glibc shows it with _GNU_SOURCE only */
#define F_OFD_SETLK 37
#define F_OFD_SETLKW 38
#endif

static int
sys(long r)
{
	return r == -1 ? -errno : (int)r;
}

static void
fill_stat(struct sst_stat *out, const struct stat *st)
{
	out->size = (uint64_t)st->st_size;
	out->mtime_ms = (int64_t)st->st_mtim.tv_sec * 1000 + st->st_mtim.tv_nsec / 1000000;
	out->dev = (uint64_t)st->st_dev;
	out->ino = (uint64_t)st->st_ino;
	out->is_dir = S_ISDIR(st->st_mode);
}

static int
posix_open(void *ctx, const char *path, int flags, mode_t mode)
{
	(void)ctx;
	return sys(open(path, flags | O_CLOEXEC, mode));
}

static int
posix_close(void *ctx, int fd)
{
	(void)ctx;
	return sys(close(fd));
}

static ssize_t
posix_pread(void *ctx, int fd, void *buf, size_t n, uint64_t off)
{
	ssize_t r = pread(fd, buf, n, (off_t)off);

	(void)ctx;
	return r == -1 ? -errno : r;
}

static ssize_t
posix_write(void *ctx, int fd, const void *buf, size_t n)
{
	ssize_t r = write(fd, buf, n);

	(void)ctx;
	return r == -1 ? -errno : r;
}

static int
posix_fsync(void *ctx, int fd)
{
	(void)ctx;
	return sys(fsync(fd));
}

static int
posix_fdatasync(void *ctx, int fd)
{
	(void)ctx;
	return sys(fdatasync(fd));
}

static int
posix_truncate(void *ctx, int fd, uint64_t size)
{
	(void)ctx;
	return sys(ftruncate(fd, (off_t)size));
}

static int
posix_stat(void *ctx, const char *path, struct sst_stat *out)
{
	struct stat st;

	(void)ctx;
	if (stat(path, &st) == -1)
		return -errno;
	fill_stat(out, &st);
	return 0;
}

static int
posix_fstat(void *ctx, int fd, struct sst_stat *out)
{
	struct stat st;

	(void)ctx;
	if (fstat(fd, &st) == -1)
		return -errno;
	fill_stat(out, &st);
	return 0;
}

static int
posix_rename(void *ctx, const char *from, const char *to)
{
	(void)ctx;
	return sys(rename(from, to));
}

static int
posix_link(void *ctx, const char *from, const char *to)
{
	(void)ctx;
	return sys(link(from, to));
}

static int
posix_unlink(void *ctx, const char *path)
{
	(void)ctx;
	return sys(unlink(path));
}

static int
posix_mkdir(void *ctx, const char *path, mode_t mode)
{
	(void)ctx;
	return sys(mkdir(path, mode));
}

static int
posix_rmdir(void *ctx, const char *path)
{
	(void)ctx;
	return sys(rmdir(path));
}

static int
posix_set_mtime(void *ctx, int fd, int64_t mtime_ms)
{
	struct timespec ts[2];

	(void)ctx;
	ts[0].tv_sec = mtime_ms / 1000;
	ts[0].tv_nsec = mtime_ms % 1000 * 1000000;
	ts[1] = ts[0];
	return sys(futimens(fd, ts));
}

static int
posix_list(void *ctx, const char *dir, int (*each)(void *arg, const char *name), void *arg)
{
	DIR *d = opendir(dir);
	struct dirent *ent;
	int r = 0;

	(void)ctx;
	if (d == NULL)
		return -errno;
	for (;;) {
		errno = 0;
		if ((ent = readdir(d)) == NULL) {
			r = -errno;
			break;
		}
		if (strcmp(ent->d_name, ".") != 0 && strcmp(ent->d_name, "..") != 0 &&
		    each(arg, ent->d_name) != 0)
			break;
	}
	closedir(d);
	return r;
}

static int
posix_realpath(void *ctx, const char *path, char *buf, size_t n)
{
	char *full = realpath(path, NULL);
	size_t len;

	(void)ctx;
	if (full == NULL)
		return -errno;
	len = strlen(full);
	if (len < n)
		memcpy(buf, full, len + 1);
	free(full);
	return len < n ? 0 : -ERANGE;
}

static int
posix_lock(void *ctx, int fd, bool exclusive, bool wait)
{
	struct flock fl = { .l_type = exclusive ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET };

	(void)ctx;
	if (fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &fl) == -1)
		return errno == EACCES ? -EAGAIN : -errno;
	return 0;
}

const struct sst_io sst_io_posix = {
	.open = posix_open,
	.close = posix_close,
	.pread = posix_pread,
	.write = posix_write,
	.fsync = posix_fsync,
	.fdatasync = posix_fdatasync,
	.truncate = posix_truncate,
	.stat = posix_stat,
	.fstat = posix_fstat,
	.rename = posix_rename,
	.link = posix_link,
	.unlink = posix_unlink,
	.mkdir = posix_mkdir,
	.rmdir = posix_rmdir,
	.set_mtime = posix_set_mtime,
	.list = posix_list,
	.realpath = posix_realpath,
	.lock = posix_lock,
};

static int
failed(struct sst_err *e, int r, const char *path, uint64_t off, const char *what)
{
	errno = -r;
	return sst_fail(e, SST_ESYS, path, off, "%s", what);
}

static int
failed_in_doubt(struct sst_err *e, int r, const char *path, const char *what)
{
	failed(e, r, path, SST_NOWHERE, what);
	e->doubt = true;
	return -1;
}

int
sst_io_open(const struct sst_io *io, const char *path, int flags, struct sst_err *e)
{
	int fd;

	do
		fd = io->open(io->ctx, path, flags, 0666);
	while (fd == -EINTR);
	if (fd >= 0)
		return fd;
	return failed(e, fd, path, SST_NOWHERE, flags & O_CREAT ? "cannot create" : "cannot open");
}

int
sst_io_close(const struct sst_io *io, int fd, const char *path, struct sst_err *e)
{
	int r;

	if (fd < 0)
		return 0;
	r = io->close(io->ctx, fd);
	return r < 0 ? failed_in_doubt(e, r, path, "close failed") : 0;
}

int
sst_io_read(const struct sst_io *io, int fd, const char *path, void *buf, size_t n, uint64_t off,
    struct sst_err *e)
{
	uint8_t *p = buf;

	while (n > 0) {
		ssize_t r = io->pread(io->ctx, fd, p, n, off);

		if (r == -EINTR)
			continue;
		if (r < 0)
			return failed(e, (int)r, path, off, "read failed");
		if (r == 0)
			return sst_fail(
			    e, SST_ESHORT, path, off, "file ends here, %zu bytes too early", n);
		p += r;
		n -= (size_t)r;
		off += (uint64_t)r;
	}
	return 0;
}

int
sst_io_write(
    const struct sst_io *io, int fd, const char *path, const void *buf, size_t n, struct sst_err *e)
{
	const uint8_t *p = buf;

	while (n > 0) {
		ssize_t r = io->write(io->ctx, fd, p, n);

		if (r == -EINTR)
			continue;
		if (r <= 0)
			return failed(e, r == 0 ? -EIO : (int)r, path, SST_NOWHERE, "write failed");
		p += r;
		n -= (size_t)r;
	}
	return 0;
}

int
sst_io_fsync(const struct sst_io *io, int fd, const char *path, struct sst_err *e)
{
	int r = io->fsync(io->ctx, fd);

	return r < 0 ? failed_in_doubt(e, r, path, "sync failed") : 0;
}

int
sst_io_fdatasync(const struct sst_io *io, int fd, const char *path, struct sst_err *e)
{
	int r = io->fdatasync(io->ctx, fd);

	return r < 0 ? failed_in_doubt(e, r, path, "sync failed") : 0;
}

int
sst_io_truncate(const struct sst_io *io, int fd, const char *path, uint64_t size, struct sst_err *e)
{
	int r = io->truncate(io->ctx, fd, size);

	return r < 0 ? failed(e, r, path, SST_NOWHERE, "cannot cut to length") : 0;
}

int
sst_io_sync_dir(const struct sst_io *io, const char *dir, struct sst_err *e)
{
	int fd = sst_io_open(io, dir, O_RDONLY | O_DIRECTORY, e), r;
	struct sst_err ignored;

	if (fd == -1)
		return -1;
	r = sst_io_fsync(io, fd, dir, e);
	if (sst_io_close(io, fd, dir, r == 0 ? e : &ignored) == -1)
		r = -1;
	return r;
}

int
sst_io_stat(const struct sst_io *io, const char *path, struct sst_stat *st, struct sst_err *e)
{
	int r = io->stat(io->ctx, path, st);

	return r < 0 ? failed(e, r, path, SST_NOWHERE, "cannot stat") : 0;
}

int
sst_io_fstat(
    const struct sst_io *io, int fd, const char *path, struct sst_stat *st, struct sst_err *e)
{
	int r = io->fstat(io->ctx, fd, st);

	return r < 0 ? failed(e, r, path, SST_NOWHERE, "cannot stat") : 0;
}

int
sst_io_rename(const struct sst_io *io, const char *from, const char *to, struct sst_err *e)
{
	int r = io->rename(io->ctx, from, to);

	return r < 0 ? failed(e, r, to, SST_NOWHERE, "cannot rename to this name") : 0;
}

int
sst_io_link(const struct sst_io *io, const char *from, const char *to, struct sst_err *e)
{
	int r = io->link(io->ctx, from, to);

	return r < 0 ? failed(e, r, to, SST_NOWHERE, "cannot link to this name") : 0;
}

int
sst_io_unlink(const struct sst_io *io, const char *path, struct sst_err *e)
{
	int r = io->unlink(io->ctx, path);

	return r < 0 ? failed(e, r, path, SST_NOWHERE, "cannot remove") : 0;
}

int
sst_io_mkdir(const struct sst_io *io, const char *path, struct sst_err *e)
{
	int r = io->mkdir(io->ctx, path, 0777);

	return r < 0 && r != -EEXIST ? failed(e, r, path, SST_NOWHERE, "cannot make directory") : 0;
}

int
sst_io_rmdir(const struct sst_io *io, const char *path, struct sst_err *e)
{
	int r = io->rmdir(io->ctx, path);

	return r < 0 ? failed(e, r, path, SST_NOWHERE, "cannot remove directory") : 0;
}

int
sst_io_list(const struct sst_io *io, const char *dir, int (*each)(void *arg, const char *name),
    void *arg, struct sst_err *e)
{
	int r = io->list(io->ctx, dir, each, arg);

	return r < 0 ? failed(e, r, dir, SST_NOWHERE, "cannot list") : 0;
}

int
sst_io_realpath(const struct sst_io *io, const char *path, char *buf, size_t n, struct sst_err *e)
{
	int r = io->realpath(io->ctx, path, buf, n);

	return r < 0 ? failed(e, r, path, SST_NOWHERE, "cannot find its full path") : 0;
}

int
sst_io_lock(
    const struct sst_io *io, int fd, const char *path, bool exclusive, bool wait, struct sst_err *e)
{
	int r;

	do
		r = io->lock(io->ctx, fd, exclusive, wait);
	while (r == -EINTR && wait);
	if (r == -EAGAIN && !wait)
		return 1;
	return r < 0 ? failed(e, r, path, SST_NOWHERE, "cannot lock") : 0;
}

static int
read_all(const struct sst_io *io, int fd, const char *path, size_t max, struct sst_buf *out,
    struct sst_err *e)
{
	struct sst_stat st;

	if (sst_io_fstat(io, fd, path, &st, e) == -1)
		return -1;
	if (st.size > max)
		return sst_fail(e, SST_ELIMIT, path, SST_NOWHERE,
		    "%llu bytes long, at most %zu are read", (unsigned long long)st.size, max);
	if (!sst_buf_room(out, (size_t)st.size + 1))
		return sst_fail_nomem(e);
	if (sst_io_read(io, fd, path, out->p + out->n, (size_t)st.size, 0, e) == -1)
		return -1;
	out->n += (size_t)st.size;
	return 0;
}

int
sst_io_read_file(
    const struct sst_io *io, const char *path, size_t max, struct sst_buf *out, struct sst_err *e)
{
	int fd = sst_io_open(io, path, O_RDONLY, e), r;
	struct sst_err ignored;

	if (fd == -1)
		return -1;
	r = read_all(io, fd, path, max, out, e);
	sst_io_close(io, fd, path, &ignored);
	return r;
}
