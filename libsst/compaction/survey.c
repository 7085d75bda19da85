/* compaction/survey.c: what is merged, item by item, and what would become of each. */
#include "compaction/survey.h"

#include <stdlib.h>

#include "compaction/feed.h"
#include "compaction/gone.h"
#include "merge/merge.h"
#include "row/reconcile.h"

#define HEAD 14   /* bytes of a partition around its key */
#define MARKER 12 /* bytes of a marker that was put together */

const int64_t sst_age_bounds_s[SST_AGES - 1] = { 0, 3600, 86400, 3 * 86400, 10 * 86400,
	30 * 86400 };

struct looking {
	const struct sst_survey_opts *o;
	struct sst_survey *s;
	struct sst_feeds feeds;
	struct sst_purge purge;
	bool asked;
	/* The partition at hand. */
	bool inside, lives, stays; /* something of it does, for a reader; after a merge */
	struct sst_partition part;
	struct sst_buf key;
	struct sst_survey_partition p;
	uint64_t on_page, met; /* rows of the page at hand; tombstones that it has met */
	bool turned;           /* the first page is over */
	uint64_t head_len;
	struct sst_row_scratch scratch;
};

size_t
sst_age_of(int64_t ldt_s, int64_t now_s, int64_t gc_grace_s)
{
	int64_t wait;
	size_t i;

	/* A negative time is damage: it is kept for ever. */
	if (ldt_s < 0 || __builtin_sub_overflow(ldt_s, now_s - gc_grace_s, &wait))
		return SST_AGES - 1;
	if (wait < 0)
		return 0;
	for (i = 1; i + 1 < SST_AGES && wait >= sst_age_bounds_s[i]; i++)
		;
	return i;
}

/* ---- what may go ---- */

/* As the merge does it: asked once a partition, and only where something could go. */
static bool
can_purge(struct looking *l)
{
	if (!l->o->purge)
		return false;
	if (!l->asked)
		l->purge.before_us =
		    l->o->oracle == NULL ? INT64_MAX : sst_oracle_ask(l->o->oracle, &l->part);
	l->asked = true;
	return l->purge.before_us != INT64_MIN;
}

static void
count_age(void *arg, enum sst_tally_kind kind, int64_t ts_us, int64_t ldt_s)
{
	struct looking *l = arg;

	(void)kind;
	(void)ts_us;
	l->p.sum.ages.n[sst_age_of(ldt_s, l->o->now_s, l->o->gc_grace_s)]++;
}

static void
count_gone(struct looking *l, const struct sst_item *item)
{
	sst_tally_item(&l->p.sum.merged, item, l->o->now_s);
	sst_gone_each(item, l->o->now_s, count_age, l);
}

static void
stay(struct looking *l, const struct sst_item *item, uint64_t bytes)
{
	sst_tally_item(&l->p.sum.left, item, l->o->now_s);
	l->p.sum.left_bytes += bytes;
	l->stays = true;
}

/* ---- items ---- */

static void
turn_page(struct looking *l)
{
	if (l->met > l->p.page_max)
		l->p.page_max = l->met;
	l->met = 0;
	l->on_page = 0;
}

/* A page ends with its last row: what lies behind it is met by the next one.  Static rows are read
 * beside the first one. */
static void
read_item(struct looking *l, bool is_row, uint64_t tombstones)
{
	l->met += tombstones;
	if (!l->turned)
		l->p.page = l->met;
	if (is_row && ++l->on_page == l->o->page_rows) {
		l->turned = true;
		turn_page(l);
	}
}

static uint64_t
part_of(uint64_t len, const struct sst_row *part, const struct sst_row *whole, size_t nck)
{
	uint64_t a = sst_row_weight(part, nck), b = sst_row_weight(whole, nck);

	return a < b ? (uint64_t)((double)len * (double)a / (double)b) : len;
}

static void
add_live(struct looking *l, const struct sst_item *item, const struct sst_row *row, uint64_t bytes)
{
	l->lives = true;
	l->p.sum.size.live_rows++;
	l->p.sum.size.live_bytes += bytes;
	if (item->kind == SST_ROW && l->o->ghost != NULL &&
	    l->o->ghost(l->o->arg, row, l->o->now_s))
		l->p.sum.ghosts++;
}

static int
look_at_row(struct looking *l, const struct sst_item *item, struct sst_err *e)
{
	size_t nck = l->o->table->nck;
	uint64_t len = item->len > 0 ? item->len : sst_row_weight(&item->row, nck);
	struct sst_item left = *item;
	struct sst_row live;
	int r;

	count_gone(l, item);
	if ((r = sst_row_live(&live, &l->scratch, &item->row, l->o->now_s, e)) == -1)
		return -1;
	read_item(l, r == SST_ONE && item->kind == SST_ROW,
	    sst_row_tombstones(&item->row, l->o->now_s, INT64_MIN));
	if (r == SST_ONE)
		add_live(l, item, &live, part_of(len, &live, &item->row, nck));
	else
		l->p.sum.size.dead_rows++;
	if (!can_purge(l)) {
		stay(l, item, len);
		return 0;
	}
	if ((r = sst_row_purge(&left.row, &l->scratch, &item->row, &l->purge, e)) == SST_ONE)
		stay(l, &left, part_of(len, &left.row, &item->row, nck));
	return r == -1 ? -1 : 0;
}

static void
look_at_plain(struct looking *l, const struct sst_item *item)
{
	uint64_t len = item->len > 0 ? item->len : sst_row_weight(&item->row, l->o->table->nck);
	struct sst_survey_sum *sum = &l->p.sum;

	sum->merged.rows++;
	sum->merged.cells += item->row.ncells;
	sum->left.rows++;
	sum->left.cells += item->row.ncells;
	sum->left_bytes += len;
	l->stays = true;
	read_item(l, item->kind == SST_ROW, 0);
	add_live(l, item, &item->row, len);
}

static void
look_at_bare(struct looking *l, const struct sst_item *item)
{
	struct sst_survey_sum *sum = &l->p.sum;

	sum->merged.rows++;
	sum->merged.gone[SST_TALLY_ROW]++;
	count_age(l, SST_TALLY_ROW, item->row.del.ts_us, item->row.del.ldt_s);
	read_item(l, false, 1);
	sum->size.dead_rows++;
	if (can_purge(l) && sst_purge_deletion(&l->purge, &item->row.del))
		return;
	sum->left.rows++;
	sum->left.gone[SST_TALLY_ROW]++;
	sum->left_bytes += item->len > 0 ? item->len : HEAD;
	l->stays = true;
}

static void
look_at_marker(struct looking *l, const struct sst_item *item)
{
	uint64_t len = item->len > 0 ? item->len : MARKER;
	struct sst_item left = *item;

	count_gone(l, item);
	read_item(l, false, 1);
	if (can_purge(l)) {
		if (sst_purge_deletion(&l->purge, &left.marker.before))
			left.marker.before = SST_LIVE;
		if (sst_purge_deletion(&l->purge, &left.marker.after))
			left.marker.after = SST_LIVE;
		if (sst_deletion_is_live(&left.marker.before) &&
		    sst_deletion_is_live(&left.marker.after))
			return;
	}
	stay(l, &left, len);
}

/* ---- partitions ---- */

static void
add_ages(struct sst_ages *to, const struct sst_ages *a)
{
	size_t i;

	for (i = 0; i < SST_AGES; i++)
		to->n[i] += a->n[i];
}

/* What the inputs hold is added at the end, from their own numbers: it is all that there was. */
static void
add_partition(struct sst_survey_sum *to, const struct sst_survey_sum *s)
{
	sst_tally_add(&to->merged, &s->merged);
	sst_tally_add(&to->left, &s->left);
	to->size.live_rows += s->size.live_rows;
	to->size.dead_rows += s->size.dead_rows;
	to->size.live_bytes += s->size.live_bytes;
	to->left_bytes += s->left_bytes;
	to->ghosts += s->ghosts;
	add_ages(&to->ages, &s->ages);
}

static uint64_t
less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static int
end_partition(struct looking *l, struct sst_err *e)
{
	struct sst_survey_sum *sum = &l->p.sum;

	if (!l->inside)
		return 0;
	l->inside = false;
	turn_page(l);
	sum->size.live_bytes += l->lives ? l->head_len : 0;
	sum->left.partitions = l->stays;
	sum->left_bytes += l->stays ? l->head_len : 0;
	sst_feeds_claim(&l->feeds, &l->p);
	sum->size.dead_bytes = less(sum->in_bytes, sum->size.live_bytes);
	add_partition(&l->s->sum, sum);
	return l->o->partition == NULL ? 0 : l->o->partition(l->o->arg, &l->p, e);
}

static int
begin_partition(struct looking *l, const struct sst_item *item, struct sst_err *e)
{
	struct sst_item left = *item;

	if (end_partition(l, e) == -1)
		return -1;
	sst_buf_reset(&l->key);
	sst_buf_add_slice(&l->key, item->part.key);
	if (l->key.bad)
		return sst_fail_nomem(e);
	l->part = item->part;
	l->part.key = sst_buf_slice(&l->key);
	l->p = (struct sst_survey_partition){ .part = &l->part };
	l->asked = l->lives = l->stays = l->turned = false;
	l->inside = true;
	l->met = l->on_page = 0;
	l->head_len = item->len > 0 ? item->len : item->part.key.n + HEAD;
	count_gone(l, item);
	if (sst_deletion_is_live(&left.part.del))
		return 0;
	if (can_purge(l) && sst_purge_deletion(&l->purge, &left.part.del))
		return 0;
	sst_tally_item(&l->p.sum.left, &left, l->o->now_s);
	l->stays = true;
	return 0;
}

static int
look_at(struct looking *l, const struct sst_item *item, struct sst_err *e)
{
	switch (item->kind) {
	case SST_PARTITION:
		return begin_partition(l, item, e);
	case SST_MARKER:
		look_at_marker(l, item);
		return 0;
	case SST_STATIC:
	case SST_ROW:
		break;
	}
	if (sst_row_is_bare(&item->row))
		look_at_bare(l, item);
	else if (sst_row_is_plain(&item->row))
		look_at_plain(l, item);
	else
		return look_at_row(l, item, e);
	return 0;
}

/* ---- the whole ---- */

/*
 * All that a compaction's merge sees, with nothing purged and nothing expired yet: what it would make
 * of each item is asked here, one by one.
 */
static int
open_merge(struct looking *l, struct sst_stream **out, struct sst_err *e)
{
	struct sst_merge_opts o = { .raw = true, .now_s = INT64_MIN, .gc_before_s = INT64_MIN + 1 };
	struct sst_stream **in = calloc(l->o->n + 1, sizeof(*in));
	size_t n = 0;
	int r = 0;

	*out = NULL;
	if (in == NULL)
		return sst_fail_nomem(e);
	while (r == 0 && n < l->o->n)
		if ((r = sst_feed_open(&in[n], &l->feeds, n, e)) == 0)
			n++;
	if (r == 0)
		r = sst_merge_open(out, l->o->table, in, n, &o, e);
	else
		while (n > 0)
			sst_stream_close(in[--n]);
	free(in);
	return r;
}

static int
walk(struct looking *l, struct sst_err *e)
{
	const struct sst_item *item;
	struct sst_stream *merged;
	int r;

	if (open_merge(l, &merged, e) == -1)
		return -1;
	while ((r = sst_stream_next(merged, &item, e)) == SST_ONE)
		if (look_at(l, item, e) == -1) {
			r = -1;
			break;
		}
	if (r == 0)
		r = end_partition(l, e);
	sst_stream_close(merged);
	return r;
}

static void
add_inputs(struct sst_survey *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		sst_tally_add(&s->sum.in, &s->inputs[i].tally);
		s->sum.in_bytes += s->inputs[i].size.live_bytes + s->inputs[i].size.dead_bytes;
	}
	s->sum.size.dead_bytes = less(s->sum.in_bytes, s->sum.size.live_bytes);
}

static int
make_room(struct sst_survey *s, const struct sst_survey_opts *o, struct sst_err *e)
{
	*s = (struct sst_survey){ 0 };
	s->inputs = calloc(o->n + 1, sizeof(*s->inputs));
	s->statics = calloc(o->table->nstatic + 1, sizeof(*s->statics));
	s->regulars = calloc(o->table->nregular + 1, sizeof(*s->regulars));
	return s->inputs != NULL && s->statics != NULL && s->regulars != NULL ? 0
									      : sst_fail_nomem(e);
}

int
sst_survey_run(struct sst_survey *s, const struct sst_survey_opts *o, struct sst_err *e)
{
	struct looking l = { .o = o, .s = s };
	int r = -1;

	l.feeds.opts = o;
	l.feeds.survey = s;
	l.purge = (struct sst_purge){ o->now_s, o->now_s - o->gc_grace_s, INT64_MAX };
	if (make_room(s, o, e) == 0 && sst_feeds_init(&l.feeds, e) == 0) {
		r = walk(&l, e);
		add_inputs(s, o->n);
	}
	sst_feeds_free(&l.feeds);
	sst_buf_free(&l.key);
	sst_row_scratch_free(&l.scratch);
	return r;
}

void
sst_survey_free(struct sst_survey *s)
{
	free(s->inputs);
	free(s->statics);
	free(s->regulars);
	*s = (struct sst_survey){ 0 };
}
