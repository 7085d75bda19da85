/* tests/served/load.c: a client of an msgd that is killed: what it asks, and what the answers say. */
#include "kills.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct request { /* of a burst, by stream */
	enum {
		PUT,
		DROP,
		PAIR,
		OWN,
		OTHER,
		ONCE
	} what;
	int of, key;
	int64_t version; /* PUT, DROP, PAIR; OTHER: it is at least so old; ONCE: the key */
};

/* ---- what a burst asks ---- */

static void
key_values(struct cqlconn_values *v, int of, int key)
{
	cqlconn_bigint(v, of);
	cqlconn_int(v, key / ROWS);
	cqlconn_bigint(v, key % ROWS);
}

static struct cqlconn_values
put_values(int of, int key, int64_t version)
{
	struct cqlconn_values v = { .n = 0 };
	char text[TEXT_MAX];

	key_values(&v, of, key);
	cqlconn_bigint(&v, version);
	cqlconn_text(&v, text, text_of(text, of, key, version));
	cqlconn_bigint(&v, version);
	return v;
}

/* Rows that others read are never deleted, so that finding none is always wrong. */
static bool
is_shown(int key)
{
	return key % 4 == 0;
}

static void
note_sent(struct client *c, int key, int64_t version, int partner)
{
	struct slot *s = &slots[c->me][key];

	s->pending = version;
	s->partner = partner;
	s->sent = llabs(version);
}

static void
ask_write(struct client *c, struct request *r, uint16_t stream)
{
	struct cqlconn_values v[2] = { { .n = 0 }, { .n = 0 } };

	r->of = c->me;
	r->version = ++c->version;
	if (r->what == PAIR) {
		v[0] = put_values(c->me, r->key, r->version);
		v[1] = put_values(c->me, r->key + 1, r->version);
		cqlconn_batch(&c->c, stream, r->version % 2 == 0, &c->put, v, 2);
		note_sent(c, r->key, r->version, r->key + 1);
		note_sent(c, r->key + 1, r->version, r->key);
	} else if (r->what == DROP) {
		cqlconn_bigint(v, r->version);
		key_values(v, c->me, r->key);
		cqlconn_execute(&c->c, stream, &c->drop, v, 0, NULL, 0);
		note_sent(c, r->key, -r->version, -1);
	} else {
		v[0] = put_values(c->me, r->key, r->version);
		cqlconn_execute(&c->c, stream, &c->put, v, 0, NULL, 0);
		note_sent(c, r->key, r->version, -1);
	}
}

static void
ask_read(struct client *c, struct request *r, uint16_t stream)
{
	struct cqlconn_values v = { .n = 0 };

	if (r->what == OTHER) {
		r->of = (int)roll(&c->random, CLIENTS);
		r->key &= ~3;
		r->version = r->of == c->me ? 0 : slots[r->of][r->key].acked;
		r->version = larger(r->version, c->seen[r->of][r->key]);
	}
	key_values(&v, r->of, r->key);
	cqlconn_execute(&c->c, stream, &c->get, &v, 0, NULL, 0);
}

static void
ask_once(struct client *c, struct request *r, uint16_t stream)
{
	struct cqlconn_values v = { .n = 0 };
	uint32_t key = next_once++ / 3 % ONCE_MAX;

	r->version = key;
	onces[key].tried |= 1u << c->me;
	cqlconn_bigint(&v, ONCE_CHANNEL + key);
	cqlconn_bigint(&v, c->me);
	cqlconn_execute(&c->c, stream, &c->once, &v, 0, NULL, 0);
}

/* A burst writes a row at most once, so that at most one write of it is without an answer. */
static size_t
ask(struct client *c, struct request burst[BURST])
{
	bool used[KEYS + 1] = { false };
	size_t n = 0;

	for (int tries = 0; n < BURST && tries < 2 * BURST; tries++) {
		struct request *r = &burst[n];
		uint64_t dice = roll(&c->random, 100);
		int key = (int)roll(&c->random, KEYS);

		*r = (struct request){ .of = c->me, .key = key };
		r->what = dice < 45 ? PUT
		    : dice < 55     ? DROP
		    : dice < 65     ? PAIR
		    : dice < 80     ? OWN
		    : dice < 97     ? OTHER
				    : ONCE;
		if (r->what == PAIR)
			r->key = key &= ~1;
		if ((r->what == DROP && is_shown(key)) || used[key] ||
		    (r->what == PAIR && used[key + 1]))
			continue;
		used[key] = true;
		used[key + 1] |= r->what == PAIR;
		if (r->what <= PAIR)
			ask_write(c, r, (uint16_t)n);
		else if (r->what == ONCE)
			ask_once(c, r, (uint16_t)n);
		else
			ask_read(c, r, (uint16_t)n);
		n++;
	}
	return n;
}

/* ---- what the answers say ---- */

static void
note_acked(struct client *c, int key)
{
	struct slot *s = &slots[c->me][key];

	s->acked = s->pending;
	s->pending = 0;
}

static int
judge_read(struct client *c, const struct request *r, const struct cqlconn_answer *a)
{
	struct slot *s = &slots[r->of][r->key];
	struct cqlconn_rows rows;
	const uint8_t *p;
	int64_t version;
	int32_t n;

	if (cqlconn_rows(a, &rows, NULL) == -1 || rows.columns != 2 || rows.rows > 1)
		return wrong("a row by its key is no row, or many");
	version = 0;
	if (rows.rows == 1) {
		n = cqlconn_cell(&rows, &p);
		version = n == 8 ? cqlconn_number(p, n) : -1;
		n = cqlconn_cell(&rows, &p);
		if (version <= 0 || version > s->sent)
			return wrong("client %d reads version %" PRId64
				     " of row %d of client %d: never sent",
			    c->me, version, r->key, r->of);
		if (judge_text(r->of, r->key, version, p, n) == -1)
			return -1;
	}
	if (r->what == OWN && version != larger(s->acked, 0))
		return wrong("client %d wrote version %" PRId64 " of row %d and reads %" PRId64,
		    c->me, s->acked, r->key, version);
	if (r->what == OTHER && version < r->version)
		return wrong("client %d reads version %" PRId64
			     " of row %d of client %d after %" PRId64,
		    c->me, version, r->key, r->of, r->version);
	if (r->what == OTHER)
		c->seen[r->of][r->key] = larger(version, c->seen[r->of][r->key]);
	return 0;
}

/* [applied], and when it was not the row that is there: k, who. */
static int
judge_once(struct client *c, const struct request *r, const struct cqlconn_answer *a)
{
	struct once *o = &onces[r->version];
	struct cqlconn_rows rows;
	const uint8_t *p;
	uint32_t who, before = 0;
	int32_t n = -1;

	if (cqlconn_rows(a, &rows, "author_id") == -1 || rows.rows != 1 ||
	    cqlconn_cell(&rows, &p) != 1)
		return wrong("IF NOT EXISTS is not answered with one row");
	if (*p != 0) {
		if (!atomic_compare_exchange_strong(&o->won, &before, 1u << c->me))
			return wrong(
			    "key %" PRId64 " was inserted twice if it did not exist", r->version);
		return 0;
	}
	for (int32_t i = 0; i < rows.column; i++)
		n = cqlconn_cell(&rows, &p);
	if (n != 8)
		return wrong("key %" PRId64 " exists, but its row is not told", r->version);
	who = 1u << (cqlconn_number(p, n) & 31);
	if ((o->tried & who) == 0)
		return wrong("key %" PRId64 " was inserted by nobody", r->version);
	if (!atomic_compare_exchange_strong(&o->lost_to, &before, who) && before != who)
		return wrong("key %" PRId64 " was inserted by two", r->version);
	return 0;
}

static int
judge(struct client *c, const struct request *r, const struct cqlconn_answer *a)
{
	char text[200];

	if (cqlconn_error(a, text) != 0)
		return wrong("client %d is refused: %s", c->me, text);
	if (a->opcode != CQLCONN_RESULT)
		return wrong("an answer with opcode %d", a->opcode);
	switch (r->what) {
	case PAIR:
		note_acked(c, r->key + 1);
		/* fall through */
	case PUT:
	case DROP:
		note_acked(c, r->key);
		return 0;
	case ONCE:
		return judge_once(c, r, a);
	default:
		return judge_read(c, r, a);
	}
}

static int
prepare(struct client *c, char text[200])
{
	if (cqlconn_prepare(&c->c,
		"INSERT INTO chat.messages (channel_id, bucket, message_id, author_id, content)"
		" VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?",
		&c->put, text) == -1 ||
	    cqlconn_prepare(&c->c,
		"DELETE FROM chat.messages USING TIMESTAMP ?"
		" WHERE channel_id = ? AND bucket = ? AND message_id = ?",
		&c->drop, text) == -1)
		return -1;
	if (cqlconn_prepare(&c->c,
		"SELECT author_id, content FROM chat.messages"
		" WHERE channel_id = ? AND bucket = ? AND message_id = ?",
		&c->get, text) == -1)
		return -1;
	if (cqlconn_prepare(&c->c,
		"INSERT INTO chat.messages (channel_id, bucket, message_id, author_id)"
		" VALUES (?, 0, 0, ?) IF NOT EXISTS",
		&c->once, text) == 0)
		return 0;
	if (strstr(text, "not supported") == NULL)
		return -1;
	no_once = true;
	return 0;
}

void *
work(void *arg)
{
	struct client *c = arg;
	struct request burst[BURST];
	struct cqlconn_answer a;
	char text[200];

	memset(c->seen, 0, sizeof(c->seen));
	if (cqlconn_open(&c->c, address, c->port) == -1)
		goto out; /* it was killed early */
	if (prepare(c, text) == -1) {
		if (strcmp(text, cqlconn_ended) != 0)
			wrong("client %d cannot prepare: %s", c->me, text);
		goto out;
	}
	while (!stop) {
		size_t n = ask(c, burst);

		if (cqlconn_send(&c->c) == -1)
			break;
		for (; n > 0 && cqlconn_next(&c->c, &a) == 0; n--, c->requests++) {
			if (a.stream >= BURST || judge(c, &burst[a.stream], &a) == -1)
				break;
		}
		if (n > 0)
			break;
	}
out:
	cqlconn_close(&c->c);
	return NULL;
}
