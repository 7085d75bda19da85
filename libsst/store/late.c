/* store/late.c: a partition, a marker, and then the SSTable's own rows. */
#include "store/late.h"

#include <stdlib.h>

#include "sstable/statistics.h"

enum late_state {
	LATE_PARTITION,
	LATE_MARKER,
	LATE_UNOPENED,
	LATE_ROWS,
	LATE_END
};

struct late {
	struct sst_passing rows; /* first; not within before it is opened */
	struct sst_late_opts o;
	struct sst_source *source;
	enum late_state state;
	struct sst_item item;
};

bool
sst_late_covers(const struct sst_sstable *t, struct sst_bound *from, struct sst_bound *to)
{
	const struct sst_statistics *st = sst_sstable_statistics(t);
	const struct sst_version *v = sst_sstable_version(t);

	if ((!v->accurate_min_max && !v->improved_min_max) || st->covered_from.n == 0 ||
	    st->covered_to.n == 0)
		return false;
	*from = st->covered_from;
	*to = st->covered_to;
	return true;
}

bool
sst_late_takes(const struct sst_sstable *t)
{
	struct sst_bound from, to;

	return !sst_sstable_has_more_than_rows(t) && sst_late_covers(t, &from, &to);
}

/* Where its rows begin in the stream's direction. */
static struct sst_bound
begin(const struct late *l)
{
	struct sst_bound from = { 0 }, to = { 0 };

	sst_late_covers(l->source->sstable, &from, &to);
	return l->rows.s.reversed ? to : from;
}

static int
give_partition(struct late *l, const struct sst_item **item)
{
	l->item = (struct sst_item){ .kind = SST_PARTITION,
		.file = sst_sstable_base(l->source->sstable),
		.part = { l->o.what->key, l->o.token, SST_LIVE } };
	l->state = LATE_MARKER;
	*item = &l->item;
	return SST_ONE;
}

static int
give_marker(struct late *l, const struct sst_item **item)
{
	l->item.kind = SST_MARKER;
	l->item.marker = (struct sst_marker){ begin(l), SST_LIVE, SST_LIVE };
	l->state = LATE_UNOPENED;
	*item = &l->item;
	return SST_ONE;
}

static int
open_rows(struct late *l, struct sst_err *e)
{
	struct sst_bound at = begin(l);
	int r = l->o.open(l->o.arg, l->source, &at, &l->rows.in, e);

	if (r != -1)
		l->state = r == SST_ONE ? LATE_ROWS : LATE_END;
	return r;
}

static int
late_next(struct sst_stream *s, const struct sst_item **item, struct sst_err *e)
{
	struct late *l = (struct late *)s;
	int r;

	if (l->state == LATE_PARTITION)
		return give_partition(l, item);
	if (l->state == LATE_MARKER)
		return give_marker(l, item);
	if (l->state == LATE_UNOPENED && (r = open_rows(l, e)) != SST_ONE)
		return r;
	if (l->state == LATE_END)
		return 0;
	do /* the partition was given already */
		r = sst_stream_next(l->rows.in, item, e);
	while (r == SST_ONE && (*item)->kind == SST_PARTITION);
	return r;
}

static int
late_skip(struct sst_stream *s, struct sst_err *e)
{
	struct late *l = (struct late *)s;

	(void)e;
	if (l->state != LATE_PARTITION)
		l->state = LATE_END; /* there is one partition only */
	return 0;
}

static const struct sst_stream_ops late_ops = { late_next, late_skip, sst_passing_want,
	sst_passing_close };

int
sst_late_open(struct sst_stream **out, struct sst_source *source, const struct sst_late_opts *o,
    struct sst_err *e)
{
	struct late *l = calloc(1, sizeof(*l));

	*out = NULL;
	if (l == NULL)
		return sst_fail_nomem(e);
	l->rows.s = (struct sst_stream){ &late_ops, o->what->table, o->what->reversed };
	l->o = *o;
	l->source = source;
	*out = &l->rows.s;
	return 0;
}
