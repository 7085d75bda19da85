/* tests/served/judge.c: what is there after a kill. */
#include "kills.h"

#include <inttypes.h>
#include <string.h>

/* A row as it is found, 0: it is not there.  What was without an answer is settled by it. */
static int
settle(int of, int key, int64_t found)
{
	struct slot *s = &slots[of][key];

	if (found != larger(s->acked, 0) && (s->pending == 0 || found != larger(s->pending, 0)))
		return wrong("row %d of client %d is of version %" PRId64 ", %" PRId64
			     " was acknowledged, %" PRId64 " sent after it",
		    key, of, found, s->acked, s->pending);
	return 0;
}

/* The rows of one partition in pages; each once, in order. */
static int
read_partition(struct client *c, int of, int part, bool up, int64_t found[ROWS])
{
	uint8_t state[4096];
	struct cqlconn_rows rows = { .state_len = -1 };
	struct cqlconn_answer a;
	struct cqlconn_values v = { .n = 0 };
	const uint8_t *p;
	int64_t last = up ? -1 : ROWS, key;
	int32_t n;

	cqlconn_bigint(&v, of);
	cqlconn_int(&v, part);
	memset(found, 0, ROWS * sizeof(*found));
	do {
		if (rows.state != NULL)
			memcpy(state, rows.state, (size_t)rows.state_len);
		cqlconn_execute(&c->c, 0, up ? &c->page : &c->get, &v, 7,
		    rows.state != NULL ? state : NULL, rows.state_len);
		if (cqlconn_send(&c->c) == -1 || cqlconn_next(&c->c, &a) == -1 ||
		    cqlconn_rows(&a, &rows, NULL) == -1 || rows.columns != 3 || rows.rows > 7 ||
		    rows.state_len > (int32_t)sizeof(state))
			return wrong(
			    "a page of partition %d of client %d cannot be read", part, of);
		for (int32_t i = 0; i < rows.rows; i++, last = key) {
			n = cqlconn_cell(&rows, &p);
			key = n == 8 ? cqlconn_number(p, n) : -1;
			if (key < 0 || key >= ROWS || (up ? key <= last : key >= last))
				return wrong("row %" PRId64 " comes after %" PRId64, key, last);
			n = cqlconn_cell(&rows, &p);
			found[key] = n == 8 ? cqlconn_number(p, n) : -1;
			n = cqlconn_cell(&rows, &p);
			if (found[key] <= 0 ||
			    judge_text(of, part * ROWS + (int)key, found[key], p, n) == -1)
				return wrong("row %" PRId64 " has no version", key);
		}
	} while (rows.state != NULL);
	return 0;
}

static int
settle_batches(int of, int64_t found[KEYS])
{
	for (int key = 0; key < KEYS; key++) {
		struct slot *s = &slots[of][key];

		if (s->pending > 0 && s->partner >= 0 &&
		    (found[key] == s->pending) != (found[s->partner] == s->pending))
			return wrong("of a batch of client %d row %d is there, and %d is not", of,
			    found[key] == s->pending ? key : s->partner,
			    found[key] == s->pending ? s->partner : key);
	}
	for (int key = 0; key < KEYS; key++) {
		struct slot *s = &slots[of][key];

		if (s->pending != 0 && found[key] == larger(s->pending, 0))
			s->acked = s->pending; /* it stays from now on */
		s->pending = 0;
	}
	return 0;
}

static int
judge_client(struct client *c, int of)
{
	int64_t found[KEYS], again[ROWS];

	for (int part = 0; part < PARTITIONS; part++) {
		int64_t *down = found + part * ROWS;

		if (read_partition(c, of, part, false, down) == -1 ||
		    read_partition(c, of, part, true, again) == -1)
			return -1;
		if (memcmp(down, again, sizeof(again)) != 0)
			return wrong("partition %d of client %d differs backward", part, of);
		for (int i = 0; i < ROWS; i++) {
			if (settle(of, part * ROWS + i, down[i]) == -1)
				return -1;
		}
	}
	return settle_batches(of, found);
}

static int
judge_onces(struct client *c)
{
	uint32_t n = next_once / 3;

	for (uint32_t key = n > 300 ? n - 300 : 0; key < n; key++) {
		struct cqlconn_values v = { .n = 0 };
		struct once *o = &onces[key];
		struct cqlconn_rows rows;
		struct cqlconn_answer a;
		const uint8_t *p;
		uint32_t who = 0;

		cqlconn_bigint(&v, ONCE_CHANNEL + key);
		cqlconn_execute(&c->c, 0, &c->once, &v, 0, NULL, 0);
		if (cqlconn_send(&c->c) == -1 || cqlconn_next(&c->c, &a) == -1 ||
		    cqlconn_rows(&a, &rows, NULL) == -1)
			return wrong("key %" PRIu32 " cannot be read", key);
		if (rows.rows == 1 && cqlconn_cell(&rows, &p) == 8)
			who = 1u << (cqlconn_number(p, 8) & 31);
		if ((o->won != 0 && who != o->won) || (o->lost_to != 0 && who != o->lost_to) ||
		    (who & ~o->tried) != 0)
			return wrong(
			    "key %" PRIu32
			    " is of %#x; %#x was told that it inserted it, others that %#x did",
			    key, who, o->won, o->lost_to);
	}
	return 0;
}

int
judge_all(uint16_t port)
{
	static struct client judge;
	char text[200] = "";
	int rc = -1;

	if (cqlconn_open(&judge.c, address, port) == -1 ||
	    cqlconn_prepare(&judge.c,
		"SELECT message_id, author_id, content FROM chat.messages"
		" WHERE channel_id = ? AND bucket = ?",
		&judge.get, text) == -1 ||
	    cqlconn_prepare(&judge.c,
		"SELECT message_id, author_id, content FROM chat.messages"
		" WHERE channel_id = ? AND bucket = ? ORDER BY message_id ASC",
		&judge.page, text) == -1 ||
	    cqlconn_prepare(&judge.c,
		"SELECT author_id FROM chat.messages WHERE channel_id = ? AND bucket = 0",
		&judge.once, text) == -1) {
		wrong("it does not answer: %s", text);
		goto out;
	}
	for (int of = 0; of < CLIENTS; of++) {
		if (judge_client(&judge, of) == -1)
			goto out;
	}
	rc = judge_onces(&judge);
out:
	cqlconn_close(&judge.c);
	return rc;
}
