/* libsst/msg/feed.c: a buffer of one block that what is not taken is moved to the front of. */
#include "msg/feed.h"

void
sst_feed_start(struct sst_feed *f, const char *name,
    int (*read)(void *ctx, void *buf, size_t n, size_t *got, struct sst_err *e), void *ctx)
{
	f->read = read;
	f->ctx = ctx;
	f->name = name;
	f->at = 0;
	f->off = 0;
	f->end = false;
	sst_buf_reset(&f->buf);
}

void
sst_feed_free(struct sst_feed *f)
{
	sst_buf_free(&f->buf);
}

int
sst_feed_fill(struct sst_feed *f, struct sst_err *e)
{
	size_t got = 0;

	if (f->end)
		return 0;
	f->buf.n -= f->at;
	if (f->buf.n > 0)
		memmove(f->buf.p, f->buf.p + f->at, f->buf.n);
	f->off += f->at;
	f->at = 0;
	if (!sst_buf_room(&f->buf, SST_FEED_BLOCK))
		return sst_fail_nomem(e);
	if (f->read(f->ctx, f->buf.p + f->buf.n, SST_FEED_BLOCK, &got, e) == -1)
		return sst_err_locate(e, f->name, SST_NOWHERE);
	f->end = got == 0;
	f->buf.n += got;
	f->bytes += got;
	return 0;
}
