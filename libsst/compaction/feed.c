/* compaction/feed.c: counts what an input holds, while it goes to the merge. */
#include "compaction/feed.h"

#include <stdlib.h>

#include "compaction/gone.h"
#include "row/reconcile.h"

#define STEP ((uint64_t)256 << 10) /* bytes of rows between two calls of step */

struct sst_feed {
	struct sst_stream s; /* first */
	struct sst_feeds *all;
	struct sst_survey_input *in;
	struct sst_stream *rows;
	size_t index;
	uint64_t off; /* of what was last counted in all->bytes */
	bool listed;  /* in all->ended */
	bool lives;   /* something of the partition at hand */
	uint64_t head_len;
	struct sst_feed_part now, ended[SST_FEED_ENDED]; /* oldest first; invalid ones behind */
	struct sst_row_scratch scratch;
};

/* ---- partitions ---- */

static void
swap(struct sst_feed_part *a, struct sst_feed_part *b)
{
	struct sst_feed_part t = *a;

	*a = *b;
	*b = t;
}

static void
list(struct sst_feed *x)
{
	if (!x->listed)
		x->all->ended[x->all->nended++] = x->index;
	x->listed = true;
}

/* Moves the partition at hand to those that have ended; what was never claimed makes room. */
static void
end_partition(struct sst_feed *x)
{
	size_t i;

	if (!x->now.valid)
		return;
	sst_tally_add(&x->in->tally, &x->now.tally);
	if (x->lives)
		x->in->size.live_bytes += x->head_len;
	else
		x->in->size.dead_bytes += x->head_len;
	for (i = 0; i < SST_FEED_ENDED && x->ended[i].valid; i++)
		;
	if (i == SST_FEED_ENDED)
		for (i = 0; i + 1 < SST_FEED_ENDED; i++)
			swap(&x->ended[i], &x->ended[i + 1]);
	swap(&x->ended[i], &x->now);
	x->now.valid = false;
	list(x);
}

static int
begin_partition(struct sst_feed *x, const struct sst_item *item, struct sst_err *e)
{
	struct sst_feed_part *p = &x->now;

	end_partition(x);
	sst_buf_reset(&p->key);
	sst_buf_add_slice(&p->key, item->part.key);
	if (p->key.bad)
		return sst_fail_nomem(e);
	p->token = item->part.token;
	p->tally = (struct sst_tally){ 0 };
	p->share = (struct sst_survey_share){ .input = x->index, .old_ts_us = SST_NO_TS };
	p->valid = true;
	x->head_len = item->len;
	x->lives = false;
	return 0;
}

/* ---- columns ---- */

/* True when something that lives was written at the same time: the tombstone came with it. */
static bool
lives_at(const struct sst_row *r, int64_t ts_us)
{
	size_t i;

	if (r->live.ts_us == ts_us)
		return true;
	for (i = 0; i < r->ncells; i++)
		if (r->cells[i].ts_us == ts_us && !sst_cell_is_tombstone(&r->cells[i]))
			return true;
	return false;
}

static void
count_columns(struct sst_survey_column *cols, const struct sst_row *r)
{
	const struct sst_cell *c;
	size_t i;

	for (i = 0; i < r->ncells; i++) {
		c = &r->cells[i];
		if (sst_cell_is_tombstone(c)) {
			cols[c->col].tombstones++;
			cols[c->col].nulls += c->path.p == NULL && lives_at(r, c->ts_us);
		}
	}
	/* The deletion in an overwrite is written a microsecond before the elements. */
	for (i = 0; i < r->ncomplex; i++)
		cols[r->complex[i].col].overwrites += r->complex[i].del.ts_us != INT64_MAX &&
		    lives_at(r, r->complex[i].del.ts_us + 1);
}

/* ---- items ---- */

static void
count_old(void *arg, enum sst_tally_kind kind, int64_t ts_us, int64_t ldt_s)
{
	struct sst_feed *x = arg;
	const struct sst_survey_opts *o = x->all->opts;

	(void)kind;
	x->now.share.gone++;
	if (ldt_s < 0 || ldt_s >= o->now_s - o->gc_grace_s)
		return;
	x->now.share.old++;
	x->in->old++;
	if (ts_us > x->now.share.old_ts_us)
		x->now.share.old_ts_us = ts_us;
}

/* A row by itself: how much of it lives. */
static int
weigh(struct sst_feed *x, const struct sst_item *item, struct sst_err *e)
{
	struct sst_survey_size *z = &x->in->size;
	size_t nck = x->s.table->nck;
	struct sst_row live;
	uint64_t part, whole;
	int r = sst_row_live(&live, &x->scratch, &item->row, x->all->opts->now_s, e);

	if (r == -1)
		return -1;
	if (r == 0) {
		z->dead_rows++;
		z->dead_bytes += item->len;
		return 0;
	}
	part = sst_row_weight(&live, nck);
	whole = sst_row_weight(&item->row, nck);
	part =
	    part < whole ? (uint64_t)((double)item->len * (double)part / (double)whole) : item->len;
	z->live_rows++;
	z->live_bytes += part;
	z->dead_bytes += item->len - part;
	x->lives = true;
	return 0;
}

static int
take_bare(struct sst_feed *x, const struct sst_item *item)
{
	x->now.tally.rows++;
	x->now.tally.gone[SST_TALLY_ROW]++;
	x->now.tally.gone_bytes[SST_TALLY_ROW] += item->len;
	count_old(x, SST_TALLY_ROW, item->row.del.ts_us, item->row.del.ldt_s);
	x->in->size.dead_rows++;
	x->in->size.dead_bytes += item->len;
	return 0;
}

static int
take_row(struct sst_feed *x, const struct sst_item *item, struct sst_err *e)
{
	struct sst_survey *s = x->all->survey;
	struct sst_survey_column *cols = item->kind == SST_STATIC ? s->statics : s->regulars;
	const struct sst_row *r = &item->row;
	bool plain = r->del.ts_us == SST_NO_TS && r->live.ttl_s == 0 && r->ncomplex == 0;
	size_t i;

	x->all->rows++;
	if (sst_row_is_bare(r))
		return take_bare(x, item);
	for (i = 0; i < r->ncells; i++) {
		cols[r->cells[i].col].cells++;
		plain &= r->cells[i].ldt_s == SST_NO_LDT;
	}
	if (plain) {
		x->now.tally.rows++;
		x->now.tally.cells += r->ncells;
		x->now.tally.live_bytes += item->len;
		x->in->size.live_rows++;
		x->in->size.live_bytes += item->len;
		x->lives = true;
		return 0;
	}
	sst_tally_item(&x->now.tally, item, x->all->opts->now_s);
	sst_gone_each(item, x->all->opts->now_s, count_old, x);
	count_columns(cols, r);
	return weigh(x, item, e);
}

static int
tell(struct sst_feeds *all, struct sst_err *e)
{
	const struct sst_survey_opts *o = all->opts;

	all->told = all->bytes;
	return o->step == NULL ? 0 : o->step(o->arg, all->bytes, all->rows, e);
}

static int
take(struct sst_feed *x, const struct sst_item *item, struct sst_err *e)
{
	int r = 0;

	x->all->bytes += item->off - x->off;
	x->off = item->off;
	if (item->kind == SST_PARTITION && begin_partition(x, item, e) == -1)
		return -1;
	x->now.share.bytes += item->len;
	if (item->kind == SST_STATIC || item->kind == SST_ROW)
		r = take_row(x, item, e);
	else {
		sst_tally_item(&x->now.tally, item, x->all->opts->now_s);
		sst_gone_each(item, x->all->opts->now_s, count_old, x);
		x->in->size.dead_bytes += item->kind == SST_MARKER ? item->len : 0;
	}
	if (r == 0 && x->all->bytes - x->all->told >= STEP)
		r = tell(x->all, e);
	return r;
}

static int
feed_next(struct sst_stream *s, const struct sst_item **item, struct sst_err *e)
{
	struct sst_feed *x = (struct sst_feed *)s;
	int r = sst_stream_next(x->rows, item, e);

	if (r == 0)
		end_partition(x);
	return r == SST_ONE && take(x, *item, e) == -1 ? -1 : r;
}

static int
feed_skip(struct sst_stream *s, struct sst_err *e)
{
	return sst_stream_skip(((struct sst_feed *)s)->rows, e);
}

static void
feed_want(struct sst_stream *s, struct sst_want *want)
{
	sst_stream_want(((struct sst_feed *)s)->rows, want);
}

static void
feed_close(struct sst_stream *s)
{
	struct sst_feed *x = (struct sst_feed *)s;
	size_t i;

	sst_stream_close(x->rows);
	sst_buf_free(&x->now.key);
	for (i = 0; i < SST_FEED_ENDED; i++)
		sst_buf_free(&x->ended[i].key);
	sst_row_scratch_free(&x->scratch);
	x->all->v[x->index] = NULL;
	free(x);
}

static const struct sst_stream_ops feed_ops = { feed_next, feed_skip, feed_want, feed_close };

int
sst_feed_open(struct sst_stream **out, struct sst_feeds *all, size_t i, struct sst_err *e)
{
	const struct sst_survey_opts *o = all->opts;
	struct sst_feed *x = calloc(1, sizeof(*x));
	int r;

	*out = NULL;
	if (x == NULL)
		return sst_fail_nomem(e);
	x->s = (struct sst_stream){ &feed_ops, o->table, false };
	x->all = all;
	x->index = i;
	x->in = &all->survey->inputs[i];
	r = o->read == NULL ? sst_sstable_scan(o->in[i]->sstable, &x->rows, e)
			    : sst_sstable_read(o->in[i]->sstable, o->read, &x->rows, e);
	if (r == -1) {
		free(x);
		return -1;
	}
	all->v[i] = x;
	*out = &x->s;
	return 0;
}

/* ---- all of them ---- */

int
sst_feeds_init(struct sst_feeds *all, struct sst_err *e)
{
	size_t n = all->opts->n + 1;

	all->v = calloc(n, sizeof(*all->v));
	all->ended = calloc(n, sizeof(*all->ended));
	all->shares = calloc(n, sizeof(*all->shares));
	if (all->v != NULL && all->ended != NULL && all->shares != NULL)
		return 0;
	sst_feeds_free(all);
	return sst_fail_nomem(e);
}

void
sst_feeds_free(struct sst_feeds *all)
{
	free(all->v);
	free(all->ended);
	free(all->shares);
	all->v = NULL;
	all->ended = NULL;
	all->shares = NULL;
}

/* The input's numbers of the partition, when it has it.  Those of earlier ones go too: the
 * merge gave nothing for them. */
static void
claim(struct sst_feed *x, const struct sst_partition *p, struct sst_survey_partition *to)
{
	bool found = false;
	size_t i, k;
	int c;

	for (i = 0; i < SST_FEED_ENDED && x->ended[i].valid && !found; i++) {
		struct sst_feed_part *had = &x->ended[i];

		c = sst_key_compare(had->token, sst_buf_slice(&had->key), p->token, p->key);
		if (c > 0)
			break;
		had->valid = false;
		if (c < 0)
			continue;
		found = true;
		sst_tally_add(&to->sum.in, &had->tally);
		to->sum.in_bytes += had->share.bytes;
		x->all->shares[to->nshares++] = had->share;
	}
	for (k = 0; i < SST_FEED_ENDED && x->ended[i].valid; i++, k++)
		if (i != k)
			swap(&x->ended[k], &x->ended[i]);
}

void
sst_feeds_claim(struct sst_feeds *all, struct sst_survey_partition *p)
{
	struct sst_feed *x;
	size_t i, kept = 0;

	p->nshares = 0;
	for (i = 0; i < all->nended; i++) {
		x = all->v[all->ended[i]];
		claim(x, p->part, p);
		x->listed = x->ended[0].valid;
		if (x->listed)
			all->ended[kept++] = x->index;
	}
	all->nended = kept;
	p->shares = all->shares;
}
