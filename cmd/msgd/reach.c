/* cmd/msgd/reach.c: streams from other shards. */
#include "msgd/reach.h"

#include <stdlib.h>

#include "msgd/fetch.h"
#include "msgd/reading.h"

#define BATCH_ITEMS 256
#define BATCH_BYTES ((size_t)256 << 10)

struct msgd_reach {
	struct sst_db db; /* first */
	struct msgd_shard *home;
};

enum op {
	NEXT,
	SKIP, /* the rest of the partition; then as NEXT */
	CLOSE
};

/* What is being asked of one owner.  It is with the one or the other, never with both. */
struct cursor {
	struct msgd_letter letter; /* first */
	struct msgd_fetch fetch;   /* of the owner */
	struct far_stream *stream; /* home's; NULL: it was closed meanwhile */
	unsigned home, owner;
	enum op op;
	uint64_t generation; /* of the schema */
	struct sst_slice keyspace, table;
	struct sst_read what;    /* its slices are in asked */
	struct sst_arena asked;  /* of the home */
	struct sst_stream *rows; /* of the owner */
	struct sst_read_stats stats;
	struct sst_arena batch; /* of the owner, for the home to read */
	struct sst_item *items;
	size_t n;
	int result; /* SST_ONE: there may be more; 0: the end; -1 */
	struct sst_err e;
};

struct far_stream {
	struct sst_stream stream; /* first */
	struct msgd_shard *home;
	struct sst_read what; /* copied, in arena */
	struct sst_arena arena;
	unsigned owner, last; /* of those that are still to be asked */
	struct cursor *cursor;
	bool out, skipping;
	size_t at; /* in the cursor's batch */
	struct msgd_reading *waiter;
};

/* ---- at the owner ---- */

static int
begin_batch(struct cursor *c, struct sst_err *e)
{
	sst_arena_reset(&c->batch);
	c->n = 0;
	c->items = sst_arena_array(&c->batch, BATCH_ITEMS, sizeof(*c->items));
	return c->items == NULL ? sst_fail_nomem(e) : 0;
}

/* As sst_stream_next, of a batch that is full. */
static int
fill_batch(struct cursor *c, struct sst_err *e)
{
	const struct sst_item *item;
	int r = SST_ONE;

	while (r == SST_ONE && c->n < BATCH_ITEMS && c->batch.bytes < BATCH_BYTES) {
		if (c->op == SKIP && (r = sst_stream_skip(c->rows, e)) != 0)
			return r;
		c->op = NEXT;
		if ((r = sst_stream_next(c->rows, &item, e)) != SST_ONE)
			break;
		if (c->what.heads && item->kind == SST_ROW)
			c->op = SKIP;
		if (sst_item_copy(&c->items[c->n++], item, c->rows->table, &c->batch, e) == -1)
			r = -1;
	}
	return r;
}

static int
open_rows(struct msgd_shard *here, struct cursor *c, struct sst_err *e)
{
	c->what.table = here->db->ops->table(here->db, c->keyspace, c->table);
	/* Rows of another schema have other columns than the home's plan. */
	if (c->generation != here->generation)
		return sst_fail(e, SST_EBUSY, NULL, SST_NOWHERE,
		    "the schema changed while it was read: try again");
	if (c->what.table == NULL)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "the table is gone");
	if (here->db->ops->read(here->db, &c->what, &c->rows, &c->stats, e) == -1)
		return -1;
	here->nstreams++;
	return 0;
}

static void come_back(struct msgd_shard *home, struct msgd_letter *);

static void
send_back(struct msgd_shard *here, struct cursor *c)
{
	c->letter.open = come_back;
	msgd_shard_send(here, c->home, &c->letter);
}

static void fetched(struct msgd_fetch *, int result);

/* Until the batch is full, or has to wait for the disk. */
static void
go_on(struct msgd_shard *here, struct cursor *c)
{
	int r;

	while ((r = fill_batch(c, &c->e)) == SST_WAIT) {
		sst_stream_want(c->rows, &c->fetch.want);
		c->fetch.go_on = fetched;
		if ((r = msgd_fetch_begin(here, &c->fetch, &c->e)) == SST_WAIT)
			return;
		if (r == -1)
			break;
	}
	c->result = r;
	send_back(here, c);
}

static void
fetched(struct msgd_fetch *f, int result)
{
	struct cursor *c = (struct cursor *)((uint8_t *)f - offsetof(struct cursor, fetch));

	if (result == 0) {
		go_on(f->job.shard, c);
		return;
	}
	c->e = f->e;
	c->result = -1;
	send_back(f->job.shard, c);
}

static void
serve(struct msgd_shard *here, struct msgd_letter *letter)
{
	struct cursor *c = (struct cursor *)letter;

	if (c->op == CLOSE) {
		here->nstreams -= c->rows != NULL;
		here->old_streams -= c->rows != NULL && c->generation != here->generation;
		sst_stream_close(c->rows);
		c->rows = NULL;
		send_back(here, c);
	} else if (begin_batch(c, &c->e) == -1 ||
	    (c->rows == NULL && open_rows(here, c, &c->e) == -1)) {
		c->result = -1;
		send_back(here, c);
	} else
		go_on(here, c);
}

/* ---- at home ---- */

static void
send(struct msgd_shard *home, struct cursor *c, enum op op)
{
	c->op = op;
	c->letter.open = serve;
	msgd_shard_send(home, c->owner, &c->letter);
}

static void
free_cursor(struct cursor *c)
{
	sst_arena_free(&c->asked);
	sst_arena_free(&c->batch);
	msgd_fetch_clear(&c->fetch);
	free(c);
}

static void
come_back(struct msgd_shard *home, struct msgd_letter *letter)
{
	struct cursor *c = (struct cursor *)letter;
	struct far_stream *f = c->stream;

	if (c->op == CLOSE) {
		free_cursor(c);
		msgd_over(&home->nabroad);
	} else if (f == NULL)
		send(home, c, CLOSE);
	else {
		f->out = false;
		f->at = 0;
		msgd_reading_add(f->waiter, &c->stats);
		c->stats = (struct sst_read_stats){ 0 };
		msgd_reading_go_on(f->waiter);
	}
}

/* Its owner closes its stream first. */
static void
end_cursor(struct far_stream *f)
{
	struct cursor *c = f->cursor;

	f->cursor = NULL;
	if (c == NULL)
		return;
	c->stream = NULL;
	if (!f->out)
		send(f->home, c, CLOSE);
	f->out = false;
}

/* Asks the next owner. */
static int
begin_cursor(struct far_stream *f, struct sst_err *e)
{
	struct cursor *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return sst_fail_nomem(e);
	c->stream = f;
	c->home = f->home->no;
	c->generation = msgd_reading_generation(f->home->reading);
	c->owner = f->owner++;
	c->keyspace = sst_arena_slice(&c->asked, f->what.table->keyspace);
	c->table = sst_arena_slice(&c->asked, f->what.table->name);
	if (c->keyspace.p == NULL || c->table.p == NULL ||
	    sst_read_copy(&c->what, &f->what, &c->asked, e) == -1) {
		free_cursor(c);
		return sst_fail_nomem(e);
	}
	f->cursor = c;
	msgd_begun(&f->home->nabroad);
	return 0;
}

static int
ask(struct far_stream *f, struct sst_err *e)
{
	if (f->cursor == NULL && begin_cursor(f, e) == -1)
		return -1;
	f->waiter = f->home->reading;
	f->out = true;
	send(f->home, f->cursor, f->skipping && f->cursor->rows != NULL ? SKIP : NEXT);
	f->skipping = false;
	return SST_WAIT;
}

static int
far_next(struct sst_stream *s, const struct sst_item **item, struct sst_err *e)
{
	struct far_stream *f = (struct far_stream *)s;
	struct cursor *c;

	for (;;) {
		if ((c = f->cursor) != NULL && f->at < c->n) {
			*item = &c->items[f->at++];
			if (f->skipping && (*item)->kind != SST_PARTITION)
				continue;
			f->skipping = false;
			return SST_ONE;
		}
		if (c != NULL && c->result == -1) {
			*e = c->e;
			return -1;
		}
		if (c != NULL && c->result == 0) {
			end_cursor(f);
			f->skipping = false; /* partitions end with their owner */
			continue;
		}
		return c == NULL && f->owner > f->last ? 0 : ask(f, e);
	}
}

static int
far_skip(struct sst_stream *s, struct sst_err *e)
{
	struct far_stream *f = (struct far_stream *)s;

	(void)e;
	f->skipping = f->cursor != NULL;
	return 0;
}

static void
far_want(struct sst_stream *s, struct sst_want *want)
{
	(void)s;
	*want = (struct sst_want){ 0 }; /* a letter, no bytes of a file */
}

static void
far_close(struct sst_stream *s)
{
	struct far_stream *f = (struct far_stream *)s;

	end_cursor(f);
	sst_arena_free(&f->arena);
	free(f);
}

static const struct sst_stream_ops far_ops = { far_next, far_skip, far_want, far_close };

/* ---- the db ---- */

static const struct sst_table *
find_table(struct sst_db *db, struct sst_slice keyspace, struct sst_slice name)
{
	struct sst_db *own = ((struct msgd_reach *)db)->home->db;

	return own->ops->table(own, keyspace, name);
}

/* The shards of a key, or of a range of tokens. */
static void
find_owners(struct far_stream *f, const struct sst_read *r)
{
	unsigned n = f->home->node->nshards;

	if (r->key.p != NULL)
		f->owner = f->last = sst_shard(sst_token(r->key), n);
	else if (r->left == r->right) {
		f->owner = 0;
		f->last = n - 1;
	} else {
		f->owner = sst_shard(r->left, n);
		f->last = r->right == INT64_MIN ? n - 1 : sst_shard(r->right, n);
	}
}

static int
read_rows(struct sst_db *db, const struct sst_read *r, struct sst_stream **out,
    struct sst_read_stats *stats, struct sst_err *e)
{
	struct far_stream *f = calloc(1, sizeof(*f));

	(void)stats;
	*out = NULL;
	if (f == NULL)
		return sst_fail_nomem(e);
	f->stream = (struct sst_stream){ &far_ops, r->table, r->reversed };
	f->home = ((struct msgd_reach *)db)->home;
	if (sst_read_copy(&f->what, r, &f->arena, e) == -1) {
		far_close(&f->stream);
		return -1;
	}
	find_owners(f, r);
	*out = &f->stream;
	return 0;
}

static const struct sst_db_ops ops = { .table = find_table, .read = read_rows };

int
msgd_reach_new(struct msgd_reach **out, struct msgd_shard *home, struct sst_err *e)
{
	struct msgd_reach *r = *out = calloc(1, sizeof(*r));

	if (r == NULL)
		return sst_fail_nomem(e);
	r->db.ops = &ops;
	r->home = home;
	return 0;
}

void
msgd_reach_free(struct msgd_reach *r)
{
	free(r);
}

struct sst_db *
msgd_reach_db(struct msgd_reach *r)
{
	return &r->db;
}
