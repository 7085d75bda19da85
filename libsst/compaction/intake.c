/* compaction/intake.c: from an SSTable to the merge. */
#include "compaction/intake.h"

#include <stdlib.h>

#define STEP ((uint64_t)256 << 10) /* bytes of rows between two calls of step */

struct input {
	struct sst_passing rows; /* first */
	struct sst_intake *all;
	uint64_t off; /* of what was last counted in all->bytes */
	bool dropped; /* the partition at hand is not wanted */
};

static int
tell(struct sst_intake *all, struct sst_err *e)
{
	const struct sst_compaction *c = all->what;

	all->told = all->bytes;
	return c->step == NULL ? 0 : c->step(c->arg, all->bytes, all->tally.rows, e);
}

static int
take(struct input *x, const struct sst_item *item, struct sst_err *e)
{
	const struct sst_dropping *d = &x->all->what->dropping;

	x->all->bytes += item->off - x->off;
	x->off = item->off;
	sst_tally_item(&x->all->tally, item, x->all->what->now_s);
	if (item->kind == SST_PARTITION && d->partition != NULL &&
	    d->partition(d->arg, &item->part)) {
		x->all->partitions_dropped++;
		x->dropped = true;
	}
	return x->all->bytes - x->all->told >= STEP ? tell(x->all, e) : 0;
}

static int
input_next(struct sst_stream *s, const struct sst_item **item, struct sst_err *e)
{
	struct input *x = (struct input *)s;
	int r;

	for (;;) {
		if (x->dropped && (r = sst_stream_skip(x->rows.in, e)) != 0)
			return r;
		x->dropped = false;
		if ((r = sst_stream_next(x->rows.in, item, e)) != SST_ONE)
			return r;
		if (take(x, *item, e) == -1)
			return -1;
		if (!x->dropped)
			return SST_ONE;
	}
}

static const struct sst_stream_ops input_ops = { input_next, sst_passing_skip, sst_passing_want,
	sst_passing_close };

int
sst_intake_open(
    struct sst_stream **out, struct sst_intake *all, struct sst_set *set, struct sst_err *e)
{
	struct input *x = calloc(1, sizeof(*x));

	*out = NULL;
	if (x == NULL)
		return sst_fail_nomem(e);
	x->rows.s = (struct sst_stream){ &input_ops, all->what->table, false };
	x->all = all;
	if (sst_sstable_scan(set->sstable, &x->rows.in, e) == -1) {
		free(x);
		return -1;
	}
	*out = &x->rows.s;
	return 0;
}
