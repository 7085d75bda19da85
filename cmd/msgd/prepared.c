/* cmd/msgd/prepared.c: a hash of chains, and a list by use. */
#include "msgd/prepared.h"

#include <stdlib.h>

#include "msgd/shard.h"

int
msgd_prepared_init(struct msgd_prepared *p, struct sst_err *e)
{
	p->slots = calloc(MSGD_PREPARED_SLOTS, sizeof(struct msgd_statement *));
	return p->slots == NULL ? sst_fail_nomem(e) : 0;
}

static struct msgd_statement **
slot_of(struct msgd_prepared *p, const uint8_t *id)
{
	uint32_t h;

	memcpy(&h, id, sizeof(h));
	return &p->slots[h % MSGD_PREPARED_SLOTS];
}

/* ---- the list by use ---- */

static void
unlink_use(struct msgd_prepared *p, struct msgd_statement *s)
{
	*(s->newer != NULL ? &s->newer->older : &p->newest) = s->older;
	*(s->older != NULL ? &s->older->newer : &p->oldest) = s->newer;
	s->newer = s->older = NULL;
}

static void
link_newest(struct msgd_prepared *p, struct msgd_statement *s)
{
	if ((s->older = p->newest) != NULL)
		p->newest->newer = s;
	p->newest = s;
	if (p->oldest == NULL)
		p->oldest = s;
}

/* ---- in and out ---- */

static void
forget(struct msgd_prepared *p, struct msgd_statement *s)
{
	struct msgd_statement **at = slot_of(p, s->id);

	while (*at != s)
		at = &(*at)->chain;
	*at = s->chain;
	unlink_use(p, s);
	p->n--;
	p->bytes -= s->arena.bytes;
	msgd_statement_drop(s);
}

static void
keep(struct msgd_prepared *p, struct msgd_statement *s)
{
	struct msgd_statement **slot = slot_of(p, s->id);

	while (p->n > 0 &&
	    (p->n >= MSGD_PREPARED_MAX || p->bytes + s->arena.bytes > MSGD_PREPARED_BYTES))
		forget(p, p->oldest);
	s->chain = *slot;
	*slot = s;
	link_newest(p, s);
	p->n++;
	p->bytes += s->arena.bytes;
}

void
msgd_prepared_clear(struct msgd_prepared *p)
{
	while (p->oldest != NULL)
		forget(p, p->oldest);
	free(p->slots);
	p->slots = NULL;
}

size_t
msgd_prepared_count(const struct msgd_shard *shard)
{
	return shard->prepared.n;
}

/* What is left of a statement without its plans; NULL without memory. */
static struct msgd_statement *
unplanned(const struct msgd_statement *from)
{
	struct msgd_statement *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->refs = 1;
	s->shard = from->shard;
	s->unplanned = true;
	memcpy(s->id, from->id, sizeof(s->id));
	s->text = sst_arena_slice(&s->arena, from->text);
	s->keyspace = sst_arena_slice(&s->arena, from->keyspace);
	if (s->text.p != NULL && (s->keyspace.p != NULL || from->keyspace.n == 0))
		return s;
	msgd_statement_drop(s);
	return NULL;
}

void
msgd_prepared_unplan(struct msgd_shard *shard)
{
	struct msgd_prepared *p = &shard->prepared;
	struct msgd_statement *s, *left;

	for (size_t n = p->n; n > 0; n--) { /* from the oldest on, each becomes the newest */
		s = p->oldest;
		left = unplanned(s);
		forget(p, s);
		if (left != NULL)
			keep(p, left);
	}
}

/* ---- looking up ---- */

/* One of an older schema is made again from its text. */
static struct msgd_statement *
renew(struct msgd_shard *shard, struct msgd_statement *old)
{
	struct msgd_prepared *p = &shard->prepared;
	struct msgd_statement *s;
	struct msgd_refusal why;

	if (old->generation == shard->generation)
		return old;
	msgd_statement_make(&s, shard, old->text, old->keyspace, &why);
	forget(p, old);
	if (s != NULL)
		keep(p, s);
	return s;
}

struct msgd_statement *
msgd_prepared_find(struct msgd_shard *shard, struct sst_slice id)
{
	struct msgd_prepared *p = &shard->prepared;
	struct msgd_statement *s;

	if (id.n != MSGD_ID_LEN)
		return NULL;
	for (s = *slot_of(p, id.p); s != NULL; s = s->chain)
		if (memcmp(s->id, id.p, MSGD_ID_LEN) == 0)
			break;
	if (s == NULL || (s = renew(shard, s)) == NULL)
		return NULL;
	if (p->newest != s) {
		unlink_use(p, s);
		link_newest(p, s);
	}
	return s;
}

struct msgd_statement *
msgd_prepared_get(struct msgd_shard *shard, struct sst_slice text, struct sst_slice keyspace,
    struct msgd_refusal *why)
{
	uint8_t id[MSGD_ID_LEN];
	struct msgd_statement *s;

	msgd_statement_id(id, text, keyspace, &shard->zip);
	s = msgd_prepared_find(shard, (struct sst_slice){ id, sizeof(id) });
	if (s != NULL && sst_slice_eq(s->text, text) && sst_slice_eq(s->keyspace, keyspace))
		return s;
	if (s != NULL) { /* the hash is not of the kind that nobody can aim at */
		msgd_refuse(why, SST_WIRE_INVALID, "another statement has the same id");
		return NULL;
	}
	if (msgd_statement_make(&s, shard, text, keyspace, why) == 0)
		keep(&shard->prepared, s);
	return s;
}
