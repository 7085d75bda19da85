/* cmd/msgd/conn.c: bytes of a connection. */
#include "msgd/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "msgd/output.h"
#include "msgd/session.h"
#include "wire/envelope.h"
#include "wire/frame.h"
#include "wire/response.h"

#define FRAME_MAX ((size_t)16 << 20)
#define FRAME_MAX_BEFORE_STARTUP ((size_t)100 << 10)
#define OUTPUT_PAUSE ((size_t)1 << 20) /* waiting for the client: read no more of it meanwhile */
#define TASKS_PAUSE 1024

/* ---- output ---- */

static void
mark_dirty(struct msgd_conn *c)
{
	if (c->dirty || c->closed)
		return;
	c->dirty = true;
	c->next_dirty = c->shard->dirty;
	c->shard->dirty = c;
}

static void
frame_envelopes(struct msgd_conn *c)
{
	sst_frame_put(&c->out, sst_buf_slice(&c->envelopes), c->lz4);
	c->out.bad |= c->envelopes.bad;
	sst_buf_reset(&c->envelopes);
}

/* Instead of an answer. */
static struct msgd_answer
overloaded(struct msgd_conn *c, const struct msgd_answer *a)
{
	struct sst_buf *b = &c->shard->body;

	sst_buf_reset(b);
	sst_response_error(
	    b, SST_WIRE_OVERLOADED, SST_SLICE_LIT("too many bytes of answers wait for clients"));
	return (struct msgd_answer){ a->version, 0, SST_OP_ERROR, a->stream, sst_buf_slice(b) };
}

void
msgd_conn_answer(struct msgd_conn *c, const struct msgd_answer *given)
{
	bool much = !c->closed && msgd_output_is_too_much(c, given->body.n);
	struct msgd_answer too_much = much ? overloaded(c, given) : *given, *a = &too_much;
	struct sst_envelope env = { .version = a->version,
		.response = true,
		.flags = a->flags,
		.stream = a->stream,
		.opcode = a->opcode };
	struct sst_buf *b = c->framed ? &c->envelopes : &c->out;
	bool zip = !c->framed && c->codec != SST_BODY_PLAIN && a->body.n > 0;
	size_t at;

	if (c->closed)
		return;
	mark_dirty(c);
	if (c->framed && b->n > 0 && b->n + SST_ENVELOPE_HEADER + a->body.n > SST_FRAME_PAYLOAD_MAX)
		frame_envelopes(c); /* one that does not fit shares its frames with no other */
	if (zip)
		env.flags |= SST_ENVELOPE_COMPRESSED;
	at = sst_envelope_begin(b, &env);
	sst_buf_add_slice(b, a->body);
	if (zip)
		sst_body_zip(c->codec, b, at + SST_ENVELOPE_HEADER, &c->shard->zip);
	sst_envelope_end(b, at);
	if (msgd_output_waiting(c) > c->counted + MSGD_OUTPUT_KEEP)
		msgd_output_count(c); /* before the turn ends, so that the next one knows of it */
}

static void
empty(struct sst_buf *b)
{
	if (b->cap > MSGD_OUTPUT_KEEP)
		sst_buf_free(b);
	sst_buf_reset(b);
}

static void
watch_for(struct msgd_conn *c, uint32_t events)
{
	if (c->events == events || c->closed)
		return;
	c->events = events;
	msgd_loop_change(&c->shard->loop, &c->watch, events);
}

static void take_what_came(struct msgd_conn *);

/* Enough waits for the client, or is being worked on for it. */
static bool
is_full(const struct msgd_conn *c)
{
	return msgd_output_waiting(c) > OUTPUT_PAUSE || c->ntasks >= TASKS_PAUSE ||
	    (c->counted > 0 && msgd_output_is_crowded(c));
}

static void
pause_if_full(struct msgd_conn *c)
{
	if (!is_full(c) || c->closed)
		return;
	c->paused = true;
	mark_dirty(c);
}

/* Whether to read on, and whether to wait until the client takes more. */
static void
set_watch(struct msgd_conn *c)
{
	bool was = c->paused;

	if (c->closed)
		return;
	c->paused = is_full(c);
	watch_for(c,
	    (uint32_t)((c->paused || c->closing ? 0 : EPOLLIN) |
		(msgd_output_unsent(c) > 0 ? EPOLLOUT : 0)));
	if (was && !c->paused && c->in.n + c->piece.n > 0)
		take_what_came(c);
}

/* What was sent goes, at the latest when it is more than what waits behind it. */
static void
drop_sent(struct msgd_conn *c)
{
	size_t left = msgd_output_unsent(c);

	if (left == 0)
		empty(&c->out);
	else if (c->sent < MSGD_OUTPUT_KEEP || c->sent < left)
		return;
	else
		memmove(c->out.p, c->out.p + c->sent, left);
	c->out.n = left;
	c->sent = 0;
}

void
msgd_conn_flush(struct msgd_conn *c)
{
	ssize_t n = 0;

	c->dirty = false;
	if (c->closed)
		return;
	if (c->envelopes.n > 0)
		frame_envelopes(c);
	empty(&c->envelopes);
	if (c->out.bad) {
		msgd_conn_close(c);
		return;
	}
	if (msgd_output_unsent(c) > 0) {
		do
			n = send(
			    c->watch.fd, c->out.p + c->sent, msgd_output_unsent(c), MSG_NOSIGNAL);
		while (n == -1 && errno == EINTR);
		if (n == -1 && errno != EAGAIN) {
			msgd_conn_close(c);
			return;
		}
		c->sent += n > 0 ? (size_t)n : 0;
		if (n > 0)
			c->sent_us = c->shard->steady_us;
	}
	drop_sent(c);
	msgd_output_count(c);
	if (msgd_output_unsent(c) == 0 && c->closing && c->ntasks == 0) {
		msgd_conn_close(c);
		return;
	}
	if (msgd_output_is_stuck(c)) {
		msgd_node_log("a client does not read its answers: %zu bytes wait for it; it is "
			      "disconnected",
		    msgd_output_unsent(c));
		msgd_conn_close(c);
		return;
	}
	set_watch(c);
}

/* ---- input ---- */

static size_t
body_max(const struct msgd_conn *c)
{
	size_t max = c->shard->node->config->frame_max;

	if (max == 0)
		max = FRAME_MAX;
	return c->started || max < FRAME_MAX_BEFORE_STARTUP ? max : FRAME_MAX_BEFORE_STARTUP;
}

/* The envelopes at the start of *in.  False: the connection ends. */
static bool
take_envelopes(struct msgd_conn *c, struct sst_slice *in)
{
	bool framed = c->framed;
	struct sst_envelope env;
	struct sst_err e;
	int r = 0;

	while (in->n > 0 && !c->closing && !c->closed && !c->paused && c->framed == framed &&
	    (r = sst_envelope_take(&env, in, body_max(c), &e)) == SST_ONE) {
		msgd_session_take(c, &env);
		pause_if_full(c);
	}
	if (r == -1)
		msgd_session_refuse(c, &env, &e);
	return !c->closing && !c->closed;
}

/* The envelopes of a frame, behind what is left of those before: one may be spread over several, and some
 * may have to wait. */
static bool
take_payload(struct msgd_conn *c, struct sst_slice payload)
{
	bool behind = c->piece.n > 0;
	struct sst_slice rest = payload;

	if (behind) {
		sst_buf_add_slice(&c->piece, payload);
		rest = sst_buf_slice(&c->piece);
	}
	if (!take_envelopes(c, &rest))
		return false;
	if (rest.n == 0)
		empty(&c->piece);
	else if (behind) {
		memmove(c->piece.p, rest.p, rest.n);
		c->piece.n = rest.n;
	} else
		sst_buf_add_slice(&c->piece, rest);
	if (c->piece.bad)
		msgd_conn_close(c);
	return !c->closed;
}

static void
take_frames(struct msgd_conn *c, struct sst_slice *in)
{
	struct sst_buf scratch = { 0 };
	struct sst_frame f;
	struct sst_err e;
	int r = 0;

	while (in->n > 0 && !c->paused &&
	    (r = sst_frame_take(&f, in, c->lz4, &scratch, &e)) == SST_ONE)
		if (!take_payload(c, f.payload))
			break;
	if (r == -1)
		msgd_conn_close(c);
	sst_buf_free(&scratch);
}

static void
take(struct msgd_conn *c, struct sst_slice *in)
{
	if (!c->framed && !take_envelopes(c, in))
		return;
	if (!c->framed || c->closed)
		return;
	if (c->piece.n > 0 && !take_payload(c, (struct sst_slice){ NULL, 0 }))
		return;
	take_frames(c, in);
}

static void
take_what_came(struct msgd_conn *c)
{
	struct sst_slice in = sst_buf_slice(&c->in);

	take(c, &in);
	if (in.n == 0 || c->closed || c->closing)
		empty(&c->in);
	else {
		memmove(c->in.p, in.p, in.n);
		c->in.n = in.n;
	}
}

static ssize_t
receive(struct msgd_conn *c, uint8_t *to, size_t room)
{
	ssize_t n;

	do
		n = recv(c->watch.fd, to, room, 0);
	while (n == -1 && errno == EINTR);
	c->read_us = c->shard->steady_us;
	if (n == 0 || (n == -1 && errno != EAGAIN))
		msgd_conn_close(c);
	return n;
}

static void
read_on(struct msgd_conn *c)
{
	struct sst_slice in;
	ssize_t n;

	if (c->in.n > 0) {
		if (!sst_buf_room(&c->in, MSGD_OUTPUT_KEEP)) {
			msgd_conn_close(c);
			return;
		}
		if ((n = receive(c, c->in.p + c->in.n, c->in.cap - c->in.n)) > 0) {
			c->in.n += (size_t)n;
			take_what_came(c);
		}
		return;
	}
	if ((n = receive(c, c->shard->input, MSGD_READ_MAX)) <= 0)
		return;
	in = (struct sst_slice){ c->shard->input, (size_t)n };
	take(c, &in);
	if (!c->closed && !c->closing)
		sst_buf_add_slice(&c->in, in);
}

static void
ready(struct msgd_watch *w, uint32_t events)
{
	struct msgd_conn *c = (struct msgd_conn *)w;

	if (c->closed)
		return;
	if (events & EPOLLIN && !c->paused && !c->closing)
		read_on(c);
	else if (events & (EPOLLERR | EPOLLHUP))
		msgd_conn_close(c);
	if (!c->closed && (events & EPOLLOUT))
		mark_dirty(c);
}

void
msgd_conn_task_ended(struct msgd_conn *c)
{
	c->ntasks--;
	if (c->closed && c->ntasks == 0) {
		c->next_dead = c->shard->dead;
		c->shard->dead = c;
	} else if (c->paused || c->closing)
		mark_dirty(c);
}

/* ---- life ---- */

void
msgd_conn_sweep(struct msgd_shard *s)
{
	struct msgd_conn *c, *next;

	for (c = s->conns; c != NULL; c = next) {
		next = c->next;
		if (msgd_output_is_stuck(c))
			mark_dirty(c); /* it is told of, and closed */
		if ((!c->started || c->in.n > 0 || c->piece.n > 0) && !c->paused &&
		    s->steady_us - c->read_us > MSGD_PATIENCE_US)
			msgd_conn_close(c);
	}
}

/* One that cannot be served: it was counted when it came. */
static void
turn_away(struct msgd_shard *s, struct msgd_conn *c, int fd)
{
	close(fd);
	free(c);
	atomic_fetch_sub(&s->node->nconns, 1);
}

void
msgd_conn_open(struct msgd_shard *s, int fd, bool local)
{
	struct msgd_conn *c = calloc(1, sizeof(*c));
	struct sst_err e;

	if (c == NULL || s->draining) {
		turn_away(s, c, fd);
		return;
	}
	c->watch = (struct msgd_watch){ fd, ready };
	c->shard = s;
	c->local = local;
	c->events = EPOLLIN;
	c->read_us = c->sent_us = s->steady_us;
	if (msgd_loop_add(&s->loop, &c->watch, EPOLLIN, &e) == -1) {
		msgd_node_log_error(&e);
		turn_away(s, c, fd);
		return;
	}
	if ((c->next = s->conns) != NULL)
		c->next->prev = c;
	s->conns = c;
}

void
msgd_conn_end(struct msgd_conn *c)
{
	if (c->closed)
		return;
	c->closing = true;
	mark_dirty(c);
}

void
msgd_conn_close(struct msgd_conn *c)
{
	struct msgd_shard *s = c->shard;

	if (c->closed)
		return;
	c->closed = true;
	msgd_output_count(c);
	sst_buf_free(&c->out);
	sst_buf_free(&c->envelopes);
	c->sent = 0;
	msgd_loop_remove(&s->loop, &c->watch);
	close(c->watch.fd);
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		s->conns = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	atomic_fetch_sub(&s->node->nconns, 1);
	if (c->ntasks == 0) {
		c->next_dead = s->dead;
		s->dead = c;
	}
}

void
msgd_conn_free(struct msgd_conn *c)
{
	sst_buf_free(&c->in);
	sst_buf_free(&c->piece);
	sst_buf_free(&c->envelopes);
	sst_buf_free(&c->out);
	sst_buf_free(&c->keyspace);
	free(c);
}
