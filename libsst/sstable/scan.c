/* libsst/sstable/scan.c: the stream over all of Data.db, or from a position up to a token. */
#include <stdlib.h>

#include "sstable/int.h"

struct scan {
	struct sst_stream s; /* first */
	struct sst_data x;
	bool inside;  /* of a partition */
	bool bounded; /* by last */
	int64_t last; /* the last token wanted */
};

static int
scan_next(struct sst_stream *s, const struct sst_item **item, struct sst_err *e)
{
	struct scan *c = (struct scan *)s;
	int r;

	*item = NULL;
	if (c->inside) {
		r = sst_data_row(&c->x, e);
		if (r != 0) {
			*item = r == SST_ONE ? &c->x.item : NULL;
			return r;
		}
		c->inside = false;
	}
	r = sst_data_partition(&c->x, e);
	if (r != SST_ONE)
		return r;
	if (c->bounded && c->x.item.part.token > c->last) {
		c->x.pos = c->x.item.off; /* and stays there */
		c->x.has_key = false;
		return 0;
	}
	c->inside = true;
	*item = &c->x.item;
	return SST_ONE;
}

static int
scan_skip(struct sst_stream *s, struct sst_err *e)
{
	struct scan *c = (struct scan *)s;
	int r = c->inside ? sst_data_skip(&c->x, e) : 0;

	if (r == 0)
		c->inside = false;
	return r;
}

/* A scan waits for the disk itself. */
static void
scan_want(struct sst_stream *s, struct sst_want *want)
{
	(void)s;
	*want = (struct sst_want){ NULL, 0, 0 };
}

static void
scan_close(struct sst_stream *s)
{
	struct scan *c = (struct scan *)s;

	sst_data_close(&c->x);
	free(c);
}

static const struct sst_stream_ops scan_ops = { scan_next, scan_skip, scan_want, scan_close };

int
sst_scan_open(struct sst_stream **out, struct sst_sstable *t, uint64_t pos, const int64_t *last,
    struct sst_err *e)
{
	struct sst_file *data = sst_sstable_data(t, e);
	struct scan *c;

	*out = NULL;
	if (data == NULL)
		return -1;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return sst_fail_nomem(e);
	c->s = (struct sst_stream){ &scan_ops, sst_sstable_table(t), false };
	if (sst_data_init(
		&c->x, data, SST_WINDOW_SEQUENTIAL, sst_sstable_header(t), c->s.table, e) == -1) {
		free(c);
		return -1;
	}
	c->bounded = last != NULL;
	c->last = last != NULL ? *last : 0;
	sst_data_seek(&c->x, pos, SST_LIVE);
	*out = &c->s;
	return 0;
}
