/* wire/link.c: slots, frames, and the bytes of both directions. */
#include "wire/link.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "codec/out.h"
#include "wire/frame.h"

#define VERSION 5
#define READ_SIZE ((size_t)256 << 10)
#define RETRY_FIRST_MS 10
#define RETRY_LAST_MS 1000
#define RETRIES 36 /* half a minute in all */

enum state {
	FREE,
	FILLING,
	SENT,
	LATER, /* the server was overloaded: sent again at retry_ms */
	ANSWERED
};

struct slot {
	enum state state;
	struct sst_buf request; /* the envelope */
	struct sst_buf body;    /* of the answer, when somebody waits */
	struct sst_envelope env;
	sst_link_answered handler;
	void *arg;
	unsigned tries;
	int64_t retry_ms;
};

struct sst_link {
	int fd;
	char *name;
	bool framed; /* the server is ready: envelopes travel in frames */
	bool patient;
	unsigned pending;             /* slots with a handler that are not free */
	unsigned missing;             /* slots that are SENT or LATER */
	unsigned later;               /* slots that are LATER */
	size_t bytes;                 /* of requests in slots that are not free */
	struct sst_buf out;           /* bytes to write, from `written` on */
	struct sst_buf gathered;      /* whole envelopes, to become one frame */
	struct sst_buf in, envelopes; /* bytes that came; what was in their frames */
	size_t written;
	unsigned next; /* where to look for a free slot */
	struct slot slots[SST_LINK_SLOTS];
};

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

const char *
sst_link_name(const struct sst_link *l)
{
	return l->name;
}

unsigned
sst_link_pending(const struct sst_link *l)
{
	return l->pending;
}

int
sst_link_nonsense(const struct sst_link *l, const char *what, struct sst_err *e)
{
	return sst_fail(e, SST_EDAMAGED, l->name, SST_NOWHERE, "the server answers with %s", what);
}

int
sst_link_refused(const struct sst_link *l, const struct sst_answer *a, struct sst_err *e)
{
	enum sst_code code = SST_EINVAL;
	struct sst_slice m = a->message;

	if (a->error == SST_WIRE_READ_FAILURE)
		code = SST_ELIMIT;
	else if (a->error == SST_WIRE_OVERLOADED)
		code = SST_EBUSY;
	while (m.n > 0 && m.p[m.n - 1] == '\n')
		m.n--;
	if (m.n == 0)
		return sst_fail(e, code, l->name, SST_NOWHERE, "error %04x", a->error);
	return sst_fail(
	    e, code, l->name, SST_NOWHERE, "%.*s", (int)(m.n < 200 ? m.n : 200), (const char *)m.p);
}

/* ---- to the server ---- */

/* What was gathered becomes bytes to write. */
static void
frame(struct sst_link *l)
{
	if (l->gathered.n == 0)
		return;
	if (l->framed)
		sst_frame_put(&l->out, sst_buf_slice(&l->gathered), false);
	else
		sst_buf_add_slice(&l->out, sst_buf_slice(&l->gathered));
	l->gathered.n = 0;
}

/* Envelopes share a frame as long as they fit into it whole. */
static void
queue(struct sst_link *l, struct slot *s)
{
	if (l->gathered.n > 0 && l->gathered.n + s->request.n > SST_FRAME_PAYLOAD_MAX)
		frame(l);
	sst_buf_add_slice(&l->gathered, sst_buf_slice(&s->request));
	s->state = SENT;
}

static void
queue_again(struct sst_link *l)
{
	int64_t now = now_ms();
	unsigned i;

	for (i = 0; i < SST_LINK_SLOTS && l->later > 0; i++)
		if (l->slots[i].state == LATER && l->slots[i].retry_ms <= now) {
			l->later--;
			queue(l, &l->slots[i]);
		}
}

/* SST_ONE: something was written; 0: nothing can be; -1. */
static int
write_some(struct sst_link *l, struct sst_err *e)
{
	int r = 0;
	ssize_t n;

	frame(l);
	if (l->out.bad || l->gathered.bad)
		return sst_fail_nomem(e);
	while (l->written < l->out.n) {
		n = send(l->fd, l->out.p + l->written, l->out.n - l->written,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return r;
		if (n == -1 && (errno == EPIPE || errno == ECONNRESET))
			return 0; /* it may have said why: reading tells */
		if (n == -1)
			return sst_fail(e, SST_ESYS, l->name, SST_NOWHERE, "cannot write");
		l->written += (size_t)n;
		r = SST_ONE;
	}
	l->out.n = l->written = 0;
	return r;
}

/* ---- from the server ---- */

/* SST_ONE: the slot keeps waiting, as its request is to be sent again. */
static int
try_later(struct sst_link *l, struct slot *s, const struct sst_answer *a)
{
	int64_t wait = RETRY_FIRST_MS;

	if (a->opcode != SST_OP_ERROR || a->error != SST_WIRE_OVERLOADED || s->tries == RETRIES)
		return 0;
	wait <<= s->tries < 7 ? s->tries : 7;
	s->tries++;
	s->retry_ms = now_ms() + (wait < RETRY_LAST_MS ? wait : RETRY_LAST_MS);
	s->state = LATER;
	l->later++;
	return SST_ONE;
}

/* Of a slot that was answered. */
static void
release(struct sst_link *l, struct slot *s)
{
	l->bytes -= s->request.n;
	l->pending -= s->handler != NULL;
	if (s->body.cap > READ_SIZE)
		sst_buf_free(&s->body);
	s->state = FREE;
}

static int
answer(struct sst_link *l, const struct sst_envelope *env, struct sst_err *e)
{
	unsigned i = (unsigned)env->stream;
	struct slot *s = &l->slots[i];
	struct sst_answer a;
	bool keep = false;

	if (sst_answer_parse(&a, env, e) == -1)
		return sst_err_locate(e, l->name, SST_NOWHERE);
	if (try_later(l, s, &a) == SST_ONE)
		return 0;
	if (s->handler == NULL) {
		sst_buf_reset(&s->body);
		sst_buf_add_slice(&s->body, env->body);
		if (s->body.bad)
			return sst_fail_nomem(e);
		s->env = *env;
		s->env.body = sst_buf_slice(&s->body);
		s->state = ANSWERED;
		l->missing--;
		return 0;
	}
	if (s->handler(s->arg, i, &a, &keep, e) == -1)
		return -1;
	l->missing--;
	if (keep)
		s->state = FILLING;
	else
		release(l, s);
	return 0;
}

static int
take_envelopes(struct sst_link *l, struct sst_buf *from, unsigned *answers, struct sst_err *e)
{
	struct sst_slice in = sst_buf_slice(from);
	struct sst_envelope env;
	int r;

	while ((r = sst_envelope_take(&env, &in, SST_LINK_BODY_MAX, e)) == SST_ONE) {
		if (!env.response || (env.flags & SST_ENVELOPE_COMPRESSED && env.version < VERSION))
			return sst_link_nonsense(l, "a message that is no answer", e);
		if (env.stream == -1 && env.opcode == SST_OP_EVENT)
			continue;
		if (env.stream < 0 || env.stream >= SST_LINK_SLOTS ||
		    l->slots[env.stream].state != SENT)
			return sst_link_nonsense(l, "an answer to no question", e);
		if (answer(l, &env, e) == -1)
			return -1;
		++*answers;
		if (env.opcode == SST_OP_READY && !l->framed) {
			l->framed = true; /* what follows is in frames */
			break;
		}
	}
	if (r == -1)
		return sst_err_locate(e, l->name, SST_NOWHERE);
	memmove(from->p, in.p, in.n);
	from->n = in.n;
	return 0;
}

static int
take_frames(struct sst_link *l, unsigned *answers, struct sst_err *e)
{
	struct sst_slice in = sst_buf_slice(&l->in);
	struct sst_buf scratch = { 0 };
	struct sst_frame f;
	int r;

	while ((r = sst_frame_take(&f, &in, false, &scratch, e)) == SST_ONE)
		sst_buf_add_slice(&l->envelopes, f.payload);
	if (r == -1)
		return sst_err_locate(e, l->name, SST_NOWHERE);
	if (l->envelopes.bad)
		return sst_fail_nomem(e);
	memmove(l->in.p, in.p, in.n);
	l->in.n = in.n;
	return l->envelopes.n > 0 ? take_envelopes(l, &l->envelopes, answers, e) : 0;
}

/* SST_ONE: something came; 0: nothing is there; -1. */
static int
read_some(struct sst_link *l, unsigned *answers, struct sst_err *e)
{
	ssize_t n;

	if (!sst_buf_room(&l->in, READ_SIZE))
		return sst_fail_nomem(e);
	do
		n = recv(l->fd, l->in.p + l->in.n, READ_SIZE, MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (n == -1 && errno != ECONNRESET)
		return sst_fail(e, SST_ESYS, l->name, SST_NOWHERE, "cannot read");
	if (n <= 0) {
		errno = ECONNRESET;
		return sst_fail(e, SST_ESYS, l->name, SST_NOWHERE, "the server has gone");
	}
	l->in.n += (size_t)n;
	if (!l->framed && take_envelopes(l, &l->in, answers, e) == -1)
		return -1;
	if (l->framed && take_frames(l, answers, e) == -1)
		return -1;
	return SST_ONE;
}

/* ---- both ---- */

static int
wait_some(struct sst_link *l, int64_t until_ms, struct sst_err *e)
{
	struct pollfd p = { .fd = l->fd, .events = POLLIN };
	int64_t now = now_ms(), ms = until_ms - now;
	unsigned i;

	if (l->written < l->out.n)
		p.events |= POLLOUT;
	for (i = 0; i < SST_LINK_SLOTS && l->later > 0; i++)
		if (l->slots[i].state == LATER && l->slots[i].retry_ms - now < ms)
			ms = l->slots[i].retry_ms - now;
	if (poll(&p, 1, ms > 0 ? (int)ms : 0) == -1 && errno != EINTR)
		return sst_fail(e, SST_ESYS, l->name, SST_NOWHERE, "cannot wait");
	if (l->patient || now_ms() < until_ms)
		return 0;
	errno = ETIMEDOUT;
	return sst_fail(e, SST_ESYS, l->name, SST_NOWHERE, "no answer");
}

int
sst_link_step(struct sst_link *l, bool wait, struct sst_err *e)
{
	int64_t until_ms = now_ms() + SST_LINK_SILENCE_MS;
	unsigned answers = 0;
	int w, r;

	for (;;) {
		if (l->later > 0)
			queue_again(l);
		if ((w = write_some(l, e)) == -1 || (r = read_some(l, &answers, e)) == -1)
			return -1;
		if (w == SST_ONE || r == SST_ONE)
			continue;
		if (!wait || answers > 0 || l->missing == 0)
			return 0;
		if (wait_some(l, until_ms, e) == -1)
			return -1;
	}
}

/* ---- slots ---- */

static bool
find_free(struct sst_link *l, unsigned *slot)
{
	unsigned i, at;

	for (i = 0; i < SST_LINK_SLOTS; i++) {
		at = (l->next + i) % SST_LINK_SLOTS;
		if (l->slots[at].state == FREE) {
			l->next = at + 1;
			*slot = at;
			return true;
		}
	}
	return false;
}

int
sst_link_begin(struct sst_link *l, enum sst_opcode opcode, unsigned *slot, struct sst_buf **body,
    struct sst_err *e)
{
	struct sst_envelope env = { .version = VERSION, .opcode = (uint8_t)opcode };
	struct slot *s;

	while (l->missing > 0 && l->pending > 0 && l->bytes > SST_LINK_BYTES)
		if (sst_link_step(l, true, e) == -1)
			return -1;
	while (!find_free(l, slot)) {
		if (l->pending == 0 || l->missing == 0)
			return sst_fail(
			    e, SST_ELIMIT, l->name, SST_NOWHERE, "too many reads at a time");
		if (sst_link_step(l, true, e) == -1)
			return -1;
	}
	s = &l->slots[*slot];
	sst_buf_reset(&s->request);
	s->state = FILLING;
	s->handler = NULL;
	s->tries = 0;
	env.stream = (int16_t)*slot;
	sst_envelope_begin(&s->request, &env);
	*body = &s->request;
	return 0;
}

int
sst_link_send(
    struct sst_link *l, unsigned slot, sst_link_answered handler, void *arg, struct sst_err *e)
{
	struct slot *s = &l->slots[slot];

	sst_envelope_end(&s->request, 0);
	if (s->request.bad) {
		s->state = FREE;
		return sst_fail_nomem(e);
	}
	s->handler = handler;
	s->arg = arg;
	l->pending += handler != NULL;
	l->missing++;
	l->bytes += s->request.n;
	queue(l, s);
	/* what is larger than a frame goes now, so that memory is not held twice for long */
	return l->gathered.n + l->out.n < SST_FRAME_PAYLOAD_MAX / 2 ? 0
								    : sst_link_step(l, false, e);
}

void
sst_link_resend(struct sst_link *l, unsigned slot)
{
	l->missing++;
	queue(l, &l->slots[slot]);
}

void
sst_link_be_patient(struct sst_link *l)
{
	l->patient = true;
}

int
sst_link_wait(struct sst_link *l, unsigned slot, struct sst_answer *a, struct sst_err *e)
{
	struct slot *s = &l->slots[slot];

	while (s->state != ANSWERED)
		if (sst_link_step(l, true, e) == -1)
			return -1;
	return sst_answer_parse(a, &s->env, e);
}

/* Nobody wants to know any more. */
static int
discard(void *arg, unsigned slot, const struct sst_answer *a, bool *keep, struct sst_err *e)
{
	(void)arg, (void)slot, (void)a, (void)keep, (void)e;
	return 0;
}

void
sst_link_free(struct sst_link *l, unsigned slot)
{
	struct slot *s = &l->slots[slot];

	if (s->state == ANSWERED) {
		release(l, s);
	} else if (s->state == FILLING) { /* was never sent */
		s->state = FREE;
	} else if (s->state != FREE && s->handler == NULL) {
		s->handler = discard; /* its answer is still to come */
		l->pending++;
	}
}

/* ---- opening ---- */

static int
start_up(struct sst_link *l, struct sst_err *e)
{
	struct sst_answer a;
	struct sst_buf *b;
	unsigned slot;

	if (sst_link_begin(l, SST_OP_STARTUP, &slot, &b, e) == -1)
		return -1;
	sst_put_u16(b, 2);
	sst_put_bytes16(b, SST_SLICE_LIT("CQL_VERSION"));
	sst_put_bytes16(b, SST_SLICE_LIT("3.0.0"));
	sst_put_bytes16(b, SST_SLICE_LIT("DRIVER_NAME"));
	sst_put_bytes16(b, SST_SLICE_LIT("ostraka"));
	if (sst_link_send(l, slot, NULL, NULL, e) == -1 || sst_link_wait(l, slot, &a, e) == -1)
		return -1;
	if (a.opcode == SST_OP_ERROR)
		return sst_link_refused(l, &a, e);
	if (a.opcode == SST_OP_AUTHENTICATE)
		return sst_fail(e, SST_EUNSUPPORTED, l->name, SST_NOWHERE,
		    "the server wants a password, and there is none to give");
	if (a.opcode != SST_OP_READY)
		return sst_link_nonsense(l, "no READY", e);
	sst_link_free(l, slot);
	return 0;
}

int
sst_link_open(struct sst_link **out, int fd, const char *name, struct sst_err *e)
{
	struct sst_link *l = calloc(1, sizeof(*l));

	*out = NULL;
	if (l == NULL || (l->name = strdup(name)) == NULL) {
		free(l);
		close(fd);
		return sst_fail_nomem(e);
	}
	l->fd = fd;
	if (start_up(l, e) == -1) {
		sst_link_close(l);
		return -1;
	}
	*out = l;
	return 0;
}

void
sst_link_close(struct sst_link *l)
{
	unsigned i;

	if (l == NULL)
		return;
	for (i = 0; i < SST_LINK_SLOTS; i++) {
		sst_buf_free(&l->slots[i].request);
		sst_buf_free(&l->slots[i].body);
	}
	sst_buf_free(&l->out);
	sst_buf_free(&l->gathered);
	sst_buf_free(&l->in);
	sst_buf_free(&l->envelopes);
	close(l->fd);
	free(l->name);
	free(l);
}
