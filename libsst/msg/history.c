/*
 * libsst/msg/history.c: pages.  A page is one walk, or two or three: the walks before the last one
 * only look for the id at which the last one has to begin or end.
 *
 *	newest, before	DOWN
 *	after		UP to find the newest of the page, DOWN from there
 *	around		UP by limit / 2, DOWN from there
 *
 * and reversed, what would be given DOWN is only walked to find the oldest, and given UP.
 */
#include "msg/history.h"

#include <stdlib.h>

#include "codec/in.h"
#include "msg/snowflake.h"

#define BUCKET_MAX (INT64_MAX / SST_BUCKET_WIDTH)

enum {
	UP = 1,
	DOWN = -1
};

struct walk {
	int dir;
	bool give;         /* to the caller; else only the last id matters */
	int64_t low, high; /* ids, inclusive */
	uint64_t limit;
};

struct sst_history {
	const struct sst_messages *messages;
	struct sst_page page;
	struct sst_history_stats stats;
	struct walk walk;
	bool first_walk; /* of those that a page takes */
	bool done;
	uint64_t found;            /* by this walk */
	int64_t last;              /* id found by this walk */
	int64_t lowest, highest;   /* buckets that may hold anything */
	int64_t bucket;            /* of stream, or the next to open */
	int64_t first_id, last_id; /* of the bucket */
	uint64_t read_before;      /* SSTables read, before this bucket */
	bool visited;              /* something came from this bucket */
	struct sst_stream *stream;
	uint8_t key[SST_MESSAGES_KEY_LEN];
};

int64_t
sst_message_row_id(const struct sst_row *row)
{
	int64_t id = 0;

	sst_value_i64(row->ck[0], &id);
	return id;
}

bool
sst_message_row_shown(const struct sst_messages *m, const struct sst_row *row)
{
	uint32_t want = m->regular[SST_MSG_AUTHOR_ID];
	size_t i;

	for (i = 0; i < row->ncells && row->cells[i].col <= want; i++)
		if (row->cells[i].col == want)
			return row->cells[i].value.n > 0;
	return false;
}

static int64_t
bucket_or(struct sst_slice ck, int64_t unknown)
{
	int64_t id;

	if (!sst_value_i64(ck, &id))
		return unknown;
	return id < 0 ? 0 : sst_bucket_of(id, SST_BUCKET_WIDTH);
}

/* Which buckets can hold anything at all.  Clustering order is newest first. */
static int
find_extent(struct sst_history *h, struct sst_err *e)
{
	struct sst_db *db = h->messages->db;
	struct sst_slice newest = { NULL, 0 }, oldest = { NULL, 0 };
	int r = SST_ONE;

	if (db->ops->extent != NULL)
		r = db->ops->extent(db, h->messages->table, &newest, &oldest, e);
	if (r == -1)
		return -1;
	h->lowest = bucket_or(oldest, 0);
	h->highest = bucket_or(newest, BUCKET_MAX);
	if (r == 0)
		h->highest = h->lowest - 1;
	return 0;
}

/* Starts a walk at its first bucket. */
static void
begin(struct sst_history *h, struct walk w)
{
	int64_t low = sst_bucket_of(w.low < 0 ? 0 : w.low, SST_BUCKET_WIDTH);
	int64_t high = w.high < 0 ? -1 : sst_bucket_of(w.high, SST_BUCKET_WIDTH);

	h->walk = w;
	h->found = 0;
	if (w.dir == UP)
		h->bucket = low > h->lowest ? low : h->lowest;
	else
		h->bucket = high < h->highest ? high : h->highest;
	if (w.low > w.high || w.high < 0)
		h->walk.limit = 0;
}

/* The first walk of a page. */
static struct walk
plan(const struct sst_page *p)
{
	struct walk w = { DOWN, !p->reversed, 0, INT64_MAX, p->limit };

	switch (p->kind) {
	case SST_PAGE_NEWEST:
		break;
	case SST_PAGE_BEFORE:
		w.high = p->id > 0 ? p->id - 1 : -1;
		break;
	case SST_PAGE_AFTER:
		w.dir = UP;
		w.give = p->reversed;
		w.low = p->id < 0 ? 0 : p->id + (p->id < INT64_MAX);
		if (p->id == INT64_MAX)
			w.limit = 0;
		break;
	case SST_PAGE_AROUND:
		w.dir = UP;
		w.give = false;
		w.low = p->id < 0 ? 0 : p->id + (p->id < INT64_MAX);
		w.limit = p->id == INT64_MAX ? 0 : p->limit / 2;
		break;
	}
	return w;
}

/* The walk after one that only looked; false when the page is done. */
static bool
plan_next(struct sst_history *h)
{
	const struct sst_page *p = &h->page;
	struct walk w = h->walk;
	bool first = h->first_walk;

	h->first_walk = false;
	if (w.give)
		return false;
	if (w.dir == DOWN) { /* the oldest of a reversed page is known now */
		if (h->found == 0)
			return false;
		w.dir = UP;
		w.give = true;
		w.low = h->last;
	} else if (first && p->kind == SST_PAGE_AFTER) {
		if (h->found == 0)
			return false;
		w.dir = DOWN;
		w.give = true;
		w.high = h->last;
	} else { /* around: the upper half is known; the id itself is below it */
		w.dir = DOWN;
		w.give = !p->reversed;
		w.high = h->found > 0 ? h->last : p->id;
		w.low = 0;
	}
	w.limit = p->limit;
	begin(h, w);
	return true;
}

static int
open_bucket(struct sst_history *h, struct sst_err *e)
{
	struct sst_db *db = h->messages->db;
	const struct walk *w = &h->walk;
	uint64_t from_be, to_be;
	struct sst_slice from = { (const uint8_t *)&from_be, 8 },
			 to = { (const uint8_t *)&to_be, 8 };
	uint64_t newest_be = __builtin_bswap64((uint64_t)h->last_id),
		 oldest_be = __builtin_bswap64((uint64_t)h->first_id);
	struct sst_slice newest = { (const uint8_t *)&newest_be, 8 },
			 oldest = { (const uint8_t *)&oldest_be, 8 };
	struct sst_range slice = { { &from, 1, -1 }, { &to, 1, +1 } },
			 bucket = { { &newest, 1, -1 }, { &oldest, 1, +1 } };
	struct sst_read read = { .table = h->messages->table,
		.key = { h->key, sizeof(h->key) },
		.within = &bucket,
		.reversed = w->dir == UP,
		.nonblocking = h->page.nonblocking,
		.now_s = h->page.now_s,
		.tombstones_max = h->page.tombstones_max };

	if (w->low > h->first_id || w->high < h->last_id) {
		from_be =
		    __builtin_bswap64((uint64_t)(w->high < h->last_id ? w->high : h->last_id));
		to_be = __builtin_bswap64((uint64_t)(w->low > h->first_id ? w->low : h->first_id));
		read.slices = &slice;
		read.nslices = 1;
	}
	h->read_before = h->stats.reads.sstables_read;
	h->visited = false;
	return db->ops->read(db, &read, &h->stream, &h->stats.reads, e);
}

static bool
in_tokens(const struct sst_history *h)
{
	int64_t left = h->page.left, right = h->page.right, token;

	if (left == right)
		return true;
	token = sst_token((struct sst_slice){ h->key, sizeof(h->key) });
	return left < right ? token > left && token <= right : token > left || token <= right;
}

/* SST_ONE: a bucket's stream is open; 0: the walk has no more buckets. */
static int
next_bucket(struct sst_history *h, struct sst_err *e)
{
	for (;; h->bucket += h->walk.dir) {
		if (h->bucket < h->lowest || h->bucket > h->highest ||
		    !sst_bucket_ids(h->bucket, SST_BUCKET_WIDTH, &h->first_id, &h->last_id) ||
		    (h->walk.dir == UP ? h->first_id > h->walk.high : h->last_id < h->walk.low))
			return 0;
		sst_messages_key(h->key, h->page.channel, (int32_t)h->bucket);
		if (in_tokens(h))
			return open_bucket(h, e) == -1 ? -1 : SST_ONE;
		h->stats.buckets_skipped++;
	}
}

static void
close_bucket(struct sst_history *h)
{
	if (h->visited || h->stats.reads.sstables_read > h->read_before)
		h->stats.buckets_visited++;
	else
		h->stats.buckets_skipped++;
	sst_stream_close(h->stream);
	h->stream = NULL;
	h->bucket += h->walk.dir;
}

/* Whether a row belongs to the page; counts why not. */
static bool
admits(struct sst_history *h, const struct sst_row *row, int64_t id)
{
	if (id < h->first_id || id > h->last_id) {
		h->stats.misfiled++;
		return false;
	}
	if (!sst_message_row_shown(h->messages, row)) {
		h->stats.ghosts++;
		return false;
	}
	return id >= h->walk.low && id <= h->walk.high;
}

/* The next row of this walk; 0: it has ended. */
static int
step(struct sst_history *h, const struct sst_row **row, struct sst_err *e)
{
	const struct sst_item *item;
	int64_t id;
	int r;

	while (h->found < h->walk.limit) {
		if (h->stream == NULL && (r = next_bucket(h, e)) != SST_ONE)
			return r;
		r = sst_stream_next(h->stream, &item, e);
		if (r == 0)
			close_bucket(h);
		if (r == -1 || r == SST_WAIT)
			return r;
		h->visited |= r == SST_ONE;
		if (r != SST_ONE || item->kind != SST_ROW)
			continue;
		id = sst_message_row_id(&item->row);
		if (!admits(h, &item->row, id))
			continue;
		h->found++;
		h->last = id;
		*row = &item->row;
		return SST_ONE;
	}
	return 0;
}

int
sst_history_next(struct sst_history *h, const struct sst_row **row, struct sst_err *e)
{
	int r;

	while (!h->done) {
		r = step(h, row, e);
		if (r == SST_ONE && h->walk.give)
			return SST_ONE;
		if (r == SST_WAIT || r == -1)
			return r;
		if (r == SST_ONE)
			continue;
		if (h->stream != NULL)
			close_bucket(h);
		h->done = !plan_next(h);
	}
	return 0;
}

void
sst_history_want(struct sst_history *h, struct sst_want *want)
{
	sst_stream_want(h->stream, want);
}

const struct sst_history_stats *
sst_history_stats(const struct sst_history *h)
{
	return &h->stats;
}

int
sst_history_open(struct sst_history **out, const struct sst_messages *m, const struct sst_page *p,
    struct sst_err *e)
{
	struct sst_history *h = calloc(1, sizeof(*h));

	*out = NULL;
	if (h == NULL)
		return sst_fail_nomem(e);
	h->messages = m;
	h->page = *p;
	h->first_walk = true;
	if (find_extent(h, e) == -1) {
		free(h);
		return -1;
	}
	begin(h, plan(p));
	*out = h;
	return 0;
}

void
sst_history_close(struct sst_history *h)
{
	if (h == NULL)
		return;
	sst_stream_close(h->stream);
	free(h);
}
