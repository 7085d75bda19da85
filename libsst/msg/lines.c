/* libsst/msg/lines.c: cuts lines out of a feed. */
#include "msg/lines.h"

/* Gives the n bytes at hand as a line, and passes over them and `feed` bytes more. */
static int
give(struct sst_lines *l, struct sst_feed *f, struct sst_slice *line, size_t n, size_t feed,
    struct sst_err *e)
{
	bool skipped = l->skipping;

	*line = (struct sst_slice){ f->buf.p + f->at, n };
	f->at += n + feed;
	l->number++;
	l->skipping = false;
	if (skipped)
		return sst_fail(e, SST_ELIMIT, f->name, SST_NOWHERE, "a line of more than 16 MiB");
	return SST_ONE;
}

int
sst_lines_next(struct sst_lines *l, struct sst_feed *f, struct sst_slice *line, struct sst_err *e)
{
	const uint8_t *feed;
	size_t scanned = 0;
	struct sst_slice left;

	for (;;) {
		left = sst_feed_left(f);
		feed = left.n > scanned ? memchr(left.p + scanned, '\n', left.n - scanned) : NULL;
		if (feed != NULL)
			return give(l, f, line, (size_t)(feed - left.p), 1, e);
		if (f->end)
			return left.n > 0 || l->skipping ? give(l, f, line, left.n, 0, e) : 0;
		scanned = left.n;
		if (left.n > SST_FEED_RECORD_MAX) {
			l->skipping = true;
			f->at = f->buf.n;
			scanned = 0;
		}
		if (sst_feed_fill(f, e) == -1)
			return -1;
	}
}
