/*
 * cmd/msgput/lines.c: a buffer of one block that the unfinished last line is moved to the front of.
 * It grows only for a line that is longer.
 */
#include "msgput/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int
lines_open(struct lines *l, const char *path, struct sst_err *e)
{
	l->name = path;
	l->fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	l->at = l->number = 0;
	l->end = l->skipping = false;
	sst_buf_reset(&l->buf);
	if (l->fd == -1)
		return sst_fail(e, SST_ESYS, path, SST_NOWHERE, "cannot open");
	return 0;
}

void
lines_close(struct lines *l)
{
	if (l->fd > STDIN_FILENO)
		close(l->fd);
	l->fd = -1;
}

void
lines_free(struct lines *l)
{
	sst_buf_free(&l->buf);
}

/* Reads a block more behind what is left.  An interrupted read is SST_ESYS with EINTR. */
static int
fill(struct lines *l, struct sst_err *e)
{
	ssize_t n;

	l->buf.n -= l->at;
	if (l->buf.n > 0)
		memmove(l->buf.p, l->buf.p + l->at, l->buf.n);
	l->at = 0;
	if (!sst_buf_room(&l->buf, LINES_BLOCK))
		return sst_fail_nomem(e);
	if (l->before_read != NULL && l->before_read(l->arg, l->fd, e) == -1)
		return -1;
	n = read(l->fd, l->buf.p + l->buf.n, LINES_BLOCK);
	if (n == -1)
		return sst_fail(e, SST_ESYS, l->name, SST_NOWHERE, "cannot read");
	l->end = n == 0;
	l->buf.n += (size_t)n;
	l->bytes += (uint64_t)n;
	return 0;
}

/* Gives the n bytes at l->at as a line, and passes over them and `feed` bytes more. */
static int
give(struct lines *l, struct sst_slice *line, size_t n, size_t feed, struct sst_err *e)
{
	bool skipped = l->skipping;

	*line = (struct sst_slice){ l->buf.p + l->at, n };
	l->at += n + feed;
	l->number++;
	l->skipping = false;
	if (skipped)
		return sst_fail(e, SST_ELIMIT, l->name, SST_NOWHERE, "a line of more than 16 MiB");
	return SST_ONE;
}

int
lines_next(struct lines *l, struct sst_slice *line, struct sst_err *e)
{
	const uint8_t *feed;
	size_t scanned = 0, left;

	for (;;) {
		left = l->buf.n - l->at;
		feed = left > scanned ? memchr(l->buf.p + l->at + scanned, '\n', left - scanned)
				      : NULL;
		if (feed != NULL)
			return give(l, line, (size_t)(feed - (l->buf.p + l->at)), 1, e);
		if (l->end)
			return left > 0 || l->skipping ? give(l, line, left, 0, e) : 0;
		scanned = left;
		if (left > LINES_LINE_MAX) {
			l->skipping = true;
			l->at = l->buf.n;
			scanned = 0;
		}
		if (fill(l, e) == -1)
			return -1;
	}
}
