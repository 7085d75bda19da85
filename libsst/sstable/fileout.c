/* libsst/sstable/fileout.c: files written once. */
#include "sstable/fileout.h"

#include <fcntl.h>
#include <stdlib.h>

int
sst_fileout_open(
    struct sst_fileout *f, const struct sst_io *io, const char *path, bool over, struct sst_err *e)
{
	memset(f, 0, sizeof(*f));
	f->io = io;
	f->fd = -1;
	f->path = strdup(path);
	if (f->path == NULL)
		return sst_fail_nomem(e);
	f->fd =
	    sst_io_open(io, path, O_WRONLY | O_CREAT | O_CLOEXEC | (over ? O_TRUNC : O_EXCL), e);
	return f->fd == -1 ? -1 : 0;
}

static int
flush(struct sst_fileout *f, struct sst_err *e)
{
	size_t n = f->n;

	f->n = 0;
	f->written += n;
	return n == 0 ? 0 : sst_io_write(f->io, f->fd, f->path, f->p, n, e);
}

uint8_t *
sst_fileout_room(struct sst_fileout *f, size_t n, struct sst_err *e)
{
	size_t cap = n > SST_FILEOUT_BUFFER ? n : SST_FILEOUT_BUFFER;

	if (f->cap - f->n >= n)
		return f->p + f->n;
	if (flush(f, e) == -1)
		return NULL;
	if (f->cap < n) {
		free(f->p);
		f->cap = 0;
		f->p = malloc(cap);
		if (f->p == NULL) {
			sst_fail_nomem(e);
			return NULL;
		}
		f->cap = cap;
	}
	return f->p;
}

int
sst_fileout_add(struct sst_fileout *f, struct sst_slice s, struct sst_err *e)
{
	uint8_t *p;

	if (s.n == 0)
		return 0;
	if (s.n > SST_FILEOUT_BUFFER) { /* no need to pass through the buffer */
		if (flush(f, e) == -1)
			return -1;
		f->written += s.n;
		return sst_io_write(f->io, f->fd, f->path, s.p, s.n, e);
	}
	if ((p = sst_fileout_room(f, s.n, e)) == NULL)
		return -1;
	memcpy(p, s.p, s.n);
	f->n += s.n;
	return 0;
}

int
sst_fileout_finish(struct sst_fileout *f, struct sst_err *e)
{
	int fd = f->fd, r;

	if (flush(f, e) == -1 || sst_io_fsync(f->io, fd, f->path, e) == -1)
		return -1;
	f->fd = -1;
	r = sst_io_close(f->io, fd, f->path, e);
	free(f->p);
	f->p = NULL;
	f->cap = 0;
	return r;
}

void
sst_fileout_free(struct sst_fileout *f)
{
	struct sst_err ignored;

	if (f->fd != -1)
		sst_io_close(f->io, f->fd, f->path, &ignored);
	f->fd = -1;
	free(f->p);
	free(f->path);
	f->p = NULL;
	f->path = NULL;
	f->n = f->cap = 0;
}

int
sst_fileout_write(
    const struct sst_io *io, const char *path, bool over, struct sst_slice bytes, struct sst_err *e)
{
	struct sst_fileout f;
	int r = sst_fileout_open(&f, io, path, over, e);

	if (r == 0 && sst_io_write(io, f.fd, path, bytes.p, bytes.n, e) == -1)
		r = -1;
	if (r == 0)
		r = sst_fileout_finish(&f, e);
	sst_fileout_free(&f);
	return r;
}
