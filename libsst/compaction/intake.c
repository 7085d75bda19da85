/* compaction/intake.c: from an SSTable to the merge. */
#include "compaction/intake.h"

#include <stdlib.h>

#define STEP ((uint64_t)256 << 10) /* bytes of rows between two calls of step */

struct input {
	struct sst_passing rows; /* first */
	struct sst_intake *all;
	uint64_t off;         /* of what was last counted in all->bytes */
	bool dropped;         /* the partition at hand is not wanted */
	uint64_t passed, len; /* from where its rows lie, 0: it is wanted; of the file */
};

/* Rows of a partition that is dropped are not read: where they end says how many bytes go. */
static void
count_passed(struct input *x, uint64_t end)
{
	if (x->passed != 0 && end > x->passed)
		x->all->tally.live_bytes += end - x->passed;
	x->passed = 0;
}

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

	count_passed(x, item->off);
	x->all->bytes += item->off - x->off;
	x->off = item->off;
	sst_tally_item(&x->all->tally, item, x->all->what->now_s);
	if (item->kind == SST_PARTITION && d->partition != NULL &&
	    d->partition(d->arg, &item->part)) {
		x->all->partitions_dropped++;
		x->dropped = true;
		x->passed = item->off + item->len;
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
		if ((r = sst_stream_next(x->rows.in, item, e)) == 0)
			count_passed(x, x->len);
		if (r != SST_ONE)
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
	struct sst_file *data = sst_sstable_data(set->sstable, e);
	struct input *x;

	*out = NULL;
	if (data == NULL)
		return -1;
	if ((x = calloc(1, sizeof(*x))) == NULL)
		return sst_fail_nomem(e);
	x->len = sst_file_len(data);
	x->rows.s = (struct sst_stream){ &input_ops, all->what->table, false };
	x->all = all;
	if (sst_sstable_scan(set->sstable, &x->rows.in, e) == -1) {
		free(x);
		return -1;
	}
	*out = &x->rows.s;
	return 0;
}
