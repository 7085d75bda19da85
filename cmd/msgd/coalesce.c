/* cmd/msgd/coalesce.c: a hash of executions by what they read. */
#include "msgd/coalesce.h"

#include <stdlib.h>

#include "codec/murmur3.h"
#include "codec/out.h"

#define SLOTS 8192
#define WRITTEN 4096                   /* counters */
#define ANSWER_MAX ((size_t)256 << 10) /* of one that is kept */
#define KEPT_MAX 8192                  /* answers */

struct msgd_shared {
	struct msgd_shared *chain, *newer, *older;
	uint64_t hash;
	size_t counter;
	uint32_t written; /* that counter when it began */
	int64_t now_s;
	bool running, listed;
	uint8_t opcode, flags;
	struct msgd_leg *joined;
	struct sst_buf answer;
	size_t nkey;
	uint8_t key[];
};

struct msgd_coalescer {
	struct msgd_shared *slots[SLOTS];
	struct msgd_shared *newest, *oldest; /* those that are done */
	size_t n, bytes, bytes_max;
	uint32_t written[WRITTEN];
	struct sst_buf key;
};

int
msgd_coalescer_new(struct msgd_coalescer **out, size_t bytes, struct sst_err *e)
{
	struct msgd_coalescer *c = *out = calloc(1, sizeof(*c));

	if (c == NULL)
		return sst_fail_nomem(e);
	c->bytes_max = bytes;
	return 0;
}

/* ---- in and out of the hash ---- */

static size_t
size_of(const struct msgd_shared *x)
{
	return sizeof(*x) + x->nkey + x->answer.cap;
}

static void
unlink_slot(struct msgd_coalescer *c, struct msgd_shared *x)
{
	struct msgd_shared **at = &c->slots[x->hash % SLOTS];

	while (*at != x)
		at = &(*at)->chain;
	*at = x->chain;
	x->listed = false;
}

static void
free_shared(struct msgd_shared *x)
{
	sst_buf_free(&x->answer);
	free(x);
}

/* One that is done. */
static void
forget(struct msgd_coalescer *c, struct msgd_shared *x)
{
	unlink_slot(c, x);
	*(x->newer != NULL ? &x->newer->older : &c->newest) = x->older;
	*(x->older != NULL ? &x->older->newer : &c->oldest) = x->newer;
	c->n--;
	c->bytes -= size_of(x);
	free_shared(x);
}

static void
keep(struct msgd_coalescer *c, struct msgd_shared *x)
{
	if ((x->older = c->newest) != NULL)
		c->newest->newer = x;
	c->newest = x;
	if (c->oldest == NULL)
		c->oldest = x;
	c->n++;
	c->bytes += size_of(x);
	while (c->n > KEPT_MAX || c->bytes > c->bytes_max)
		forget(c, c->oldest);
}

void
msgd_coalescer_free(struct msgd_coalescer *c)
{
	if (c == NULL)
		return;
	while (c->oldest != NULL)
		forget(c, c->oldest);
	sst_buf_free(&c->key);
	free(c);
}

/* ---- writes ---- */

static size_t
counter_of(int64_t token)
{
	return (uint64_t)token % WRITTEN;
}

void
msgd_coalesce_written(struct msgd_coalescer *c, int64_t token)
{
	c->written[counter_of(token)]++;
}

void
msgd_coalesce_forget(struct msgd_coalescer *c)
{
	for (size_t i = 0; i < WRITTEN; i++)
		c->written[i]++;
	while (c->oldest != NULL)
		forget(c, c->oldest);
}

/* ---- reads ---- */

/* All that the bytes of the answer depend on, but for the rows. */
static bool
make_key(struct sst_buf *b, const struct msgd_leg *l)
{
	const struct msgd_task *t = l->task;
	const struct sst_query_params *p = &t->request.params;
	const struct msgd_part *part = &t->parts[0];
	const struct sst_slice state = p->paging_state;

	sst_buf_reset(b);
	sst_buf_add(b, part->statement->id, MSGD_ID_LEN);
	sst_put_u8(b, t->version);
	sst_put_u32(b, p->flags & (SST_QUERY_SKIP_METADATA | SST_QUERY_PAGE_SIZE));
	sst_put_u16(b, p->consistency); /* errors name it */
	sst_put_u32(b, (uint32_t)p->page_size);
	sst_put_u32(b, state.p != NULL ? (uint32_t)state.n : UINT32_MAX);
	sst_buf_add_slice(b, state);
	sst_put_bytes16(b, t->request.result_id);
	sst_put_u8(b, t->request.opcode);
	if (t->request.opcode == SST_OP_QUERY) { /* nobody has compared what its id stands for */
		sst_put_u32(b, (uint32_t)part->statement->text.n);
		sst_buf_add_slice(b, part->statement->text);
		sst_buf_add_slice(b, part->statement->keyspace);
	}
	for (size_t i = 0; i < part->statement->nmarks; i++) {
		const struct sst_argument *a = &part->args[i];

		sst_put_u32(b,
		    a->unset                 ? UINT32_MAX - 1
			: a->value.p == NULL ? UINT32_MAX
					     : (uint32_t)a->value.n);
		sst_buf_add_slice(b, a->value);
	}
	return !b->bad;
}

static struct msgd_shared *
find(struct msgd_coalescer *c, uint64_t hash)
{
	struct msgd_shared *x;

	for (x = c->slots[hash % SLOTS]; x != NULL; x = x->chain)
		if (x->hash == hash && x->nkey == c->key.n &&
		    memcmp(x->key, c->key.p, x->nkey) == 0)
			break;
	return x;
}

static struct msgd_shared *
begin(struct msgd_coalescer *c, uint64_t hash, const struct msgd_task *t, int64_t now_s)
{
	struct msgd_shared *x = calloc(1, sizeof(*x) + c->key.n);

	if (x == NULL)
		return NULL;
	x->hash = hash;
	x->counter = counter_of(t->token);
	x->written = c->written[x->counter];
	x->now_s = now_s;
	x->running = x->listed = true;
	x->nkey = c->key.n;
	memcpy(x->key, c->key.p, c->key.n);
	x->chain = c->slots[hash % SLOTS];
	c->slots[hash % SLOTS] = x;
	return x;
}

enum msgd_coalesced
msgd_coalesce_begin(
    struct msgd_shard *s, struct msgd_leg *l, int64_t now_s, struct msgd_shared **shared)
{
	struct msgd_coalescer *c = s->coalescer;
	struct msgd_shared *x;
	uint64_t h[2];

	*shared = NULL;
	if (!make_key(&c->key, l))
		return MSGD_RUN;
	sst_murmur3_128(sst_buf_slice(&c->key), h);
	x = find(c, h[0]);
	if (x != NULL && (x->written != c->written[x->counter] || x->now_s != now_s)) {
		if (x->running)
			unlink_slot(c, x); /* it ends for those who wait for it already */
		else
			forget(c, x);
		x = NULL;
	}
	if (x == NULL) {
		*shared = begin(c, h[0], l->task, now_s);
		return MSGD_RUN;
	}
	if (x->running) {
		l->next = x->joined;
		x->joined = l;
		msgd_count(&s->counts.joined);
		return MSGD_JOINED;
	}
	msgd_count(&s->counts.repeated);
	l->opcode = x->opcode;
	l->flags = x->flags;
	msgd_leg_done_with(s, l, sst_buf_slice(&x->answer));
	return MSGD_ANSWERED;
}

void
msgd_coalesce_end(struct msgd_shard *s, struct msgd_shared *x, struct msgd_leg *l)
{
	struct msgd_leg *j, *next;

	if (x == NULL)
		return;
	x->running = false;
	x->opcode = l->opcode;
	x->flags = l->flags;
	for (j = x->joined; j != NULL; j = next) {
		next = j->next;
		j->opcode = l->opcode;
		j->flags = l->flags;
		msgd_leg_done_with(s, j, sst_buf_slice(&l->answer));
	}
	x->joined = NULL;
	if (x->listed && l->opcode != SST_OP_ERROR && !l->answer.bad && l->answer.n <= ANSWER_MAX &&
	    x->written == s->coalescer->written[x->counter]) {
		sst_buf_add_slice(&x->answer, sst_buf_slice(&l->answer));
		if (!x->answer.bad) {
			keep(s->coalescer, x);
			return;
		}
	}
	if (x->listed)
		unlink_slot(s->coalescer, x);
	free_shared(x);
}
