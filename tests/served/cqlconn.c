#include "cqlconn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	HEADER = 9,
	QUERY = 7,
	PREPARE = 9,
	EXECUTE = 10,
	BATCH = 13,
	STARTUP = 1
};
enum {
	WITH_VALUES = 1,
	SKIP_METADATA = 2,
	WITH_PAGE = 4,
	WITH_STATE = 8
};
enum {
	CONSISTENCY_ONE = 1
};

const char cqlconn_ended[] = "the connection ended";

static void
add(struct cqlconn *c, const void *p, size_t n)
{
	if (c->nout + n > c->out_max) {
		c->out_max = (c->nout + n) * 2;
		c->out = realloc(c->out, c->out_max);
		if (c->out == NULL)
			abort();
	}
	if (n > 0)
		memcpy(c->out + c->nout, p, n);
	c->nout += n;
}

static void
add_number(struct cqlconn *c, uint32_t v, size_t width)
{
	uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };

	add(c, b + 4 - width, width);
}

static size_t
begin(struct cqlconn *c, uint16_t stream, uint8_t opcode)
{
	size_t at = c->nout;
	uint8_t head[HEADER] = { 4, 0, (uint8_t)(stream >> 8), (uint8_t)stream, opcode };

	add(c, head, sizeof(head));
	return at;
}

static void
finish(struct cqlconn *c, size_t at)
{
	uint32_t n = (uint32_t)(c->nout - at - HEADER);

	for (size_t i = 0; i < 4; i++)
		c->out[at + 5 + i] = (uint8_t)(n >> (24 - 8 * i));
}

static void
add_long_string(struct cqlconn *c, const char *s)
{
	add_number(c, (uint32_t)strlen(s), 4);
	add(c, s, strlen(s));
}

void
cqlconn_int(struct cqlconn_values *v, int32_t x)
{
	uint32_t be[2] = { htonl(4), htonl((uint32_t)x) };

	memcpy(v->bytes + v->n, be, 8);
	v->n += 8;
	v->count++;
}

void
cqlconn_bigint(struct cqlconn_values *v, int64_t x)
{
	uint32_t be[3] = { htonl(8), htonl((uint32_t)((uint64_t)x >> 32)), htonl((uint32_t)x) };

	memcpy(v->bytes + v->n, be, 12);
	v->n += 12;
	v->count++;
}

void
cqlconn_text(struct cqlconn_values *v, const void *p, size_t n)
{
	uint32_t be = htonl((uint32_t)n);

	if (v->n + 4 + n > sizeof(v->bytes))
		abort();
	memcpy(v->bytes + v->n, &be, 4);
	memcpy(v->bytes + v->n + 4, p, n);
	v->n += 4 + n;
	v->count++;
}

void
cqlconn_query(struct cqlconn *c, uint16_t stream, const char *cql)
{
	size_t at = begin(c, stream, QUERY);

	add_long_string(c, cql);
	add_number(c, CONSISTENCY_ONE, 2);
	add_number(c, 0, 1);
	finish(c, at);
}

void
cqlconn_execute(struct cqlconn *c, uint16_t stream, const struct cqlconn_id *id,
    const struct cqlconn_values *v, int32_t page, const uint8_t *state, int32_t state_len)
{
	size_t at = begin(c, stream, EXECUTE);

	add_number(c, id->n, 2);
	add(c, id->bytes, id->n);
	add_number(c, CONSISTENCY_ONE, 2);
	add_number(c,
	    WITH_VALUES | SKIP_METADATA | (page > 0 ? WITH_PAGE : 0) |
		(state != NULL ? WITH_STATE : 0),
	    1);
	add_number(c, v->count, 2);
	add(c, v->bytes, v->n);
	if (page > 0)
		add_number(c, (uint32_t)page, 4);
	if (state != NULL) {
		add_number(c, (uint32_t)state_len, 4);
		add(c, state, (size_t)state_len);
	}
	finish(c, at);
}

void
cqlconn_batch(struct cqlconn *c, uint16_t stream, bool logged, const struct cqlconn_id *id,
    const struct cqlconn_values *v, size_t n)
{
	size_t at = begin(c, stream, BATCH);

	add_number(c, logged ? 0 : 1, 1);
	add_number(c, (uint32_t)n, 2);
	for (size_t i = 0; i < n; i++) {
		add_number(c, 1, 1);
		add_number(c, id->n, 2);
		add(c, id->bytes, id->n);
		add_number(c, v[i].count, 2);
		add(c, v[i].bytes, v[i].n);
	}
	add_number(c, CONSISTENCY_ONE, 2);
	add_number(c, 0, 1);
	finish(c, at);
}

int
cqlconn_send(struct cqlconn *c)
{
	size_t done = 0;

	while (done < c->nout) {
		ssize_t n = send(c->fd, c->out + done, c->nout - done, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		done += (size_t)n;
	}
	c->nout = 0;
	return 0;
}

/* At least n bytes of input after what was taken. */
static int
fill(struct cqlconn *c, size_t n)
{
	while (c->nin - c->at < n) {
		ssize_t got;

		if (c->nin > c->at)
			memmove(c->in, c->in + c->at, c->nin - c->at);
		c->nin -= c->at;
		c->at = 0;
		if (c->in_max < n + 65536) {
			c->in_max = n + 65536;
			c->in = realloc(c->in, c->in_max);
			if (c->in == NULL)
				abort();
		}
		got = recv(c->fd, c->in + c->nin, c->in_max - c->nin, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		c->nin += (size_t)got;
	}
	return 0;
}

static uint32_t
number_at(const uint8_t *p, size_t width)
{
	uint32_t v = 0;

	while (width-- > 0)
		v = v << 8 | *p++;
	return v;
}

int
cqlconn_next(struct cqlconn *c, struct cqlconn_answer *a)
{
	const uint8_t *head;
	uint32_t n;

	if (fill(c, HEADER) == -1)
		return -1;
	n = number_at(c->in + c->at + 5, 4);
	if (n > 256 << 20 || fill(c, HEADER + n) == -1)
		return -1;
	head = c->in + c->at;
	a->stream = (uint16_t)number_at(head + 2, 2);
	a->opcode = head[4];
	a->p = head + HEADER;
	a->end = a->p + n;
	if (head[1] & 8 && n >= 2) { /* warnings: passed over */
		uint32_t count = number_at(a->p, 2);

		for (a->p += 2; count > 0 && a->end - a->p >= 2; count--)
			a->p += 2 + number_at(a->p, 2);
	}
	c->at += HEADER + n;
	return 0;
}

uint32_t
cqlconn_error(const struct cqlconn_answer *a, char why[200])
{
	uint32_t len;

	if (a->opcode != CQLCONN_ERROR || a->end - a->p < 6)
		return 0;
	len = number_at(a->p + 4, 2);
	snprintf(why, 200, "%04x %.*s", number_at(a->p, 4), (int)(len < 180 ? len : 180),
	    (const char *)a->p + 6);
	return number_at(a->p, 4);
}

static int
one_answer(struct cqlconn *c, struct cqlconn_answer *a, char why[200])
{
	snprintf(why, 200, "%s", cqlconn_ended);
	if (cqlconn_send(c) == -1 || cqlconn_next(c, a) == -1)
		return -1;
	return cqlconn_error(a, why) == 0 && a->opcode != CQLCONN_ERROR ? 0 : -1;
}

int
cqlconn_run(struct cqlconn *c, const char *cql, char why[200])
{
	struct cqlconn_answer a;

	cqlconn_query(c, 0, cql);
	return one_answer(c, &a, why);
}

int
cqlconn_prepare(struct cqlconn *c, const char *cql, struct cqlconn_id *id, char why[200])
{
	struct cqlconn_answer a;
	size_t at = begin(c, 0, PREPARE);

	add_long_string(c, cql);
	finish(c, at);
	if (one_answer(c, &a, why) == -1)
		return -1;
	snprintf(why, 200, "not the answer to PREPARE");
	if (a.end - a.p < 6 || number_at(a.p, 4) != 4)
		return -1;
	id->n = (uint16_t)number_at(a.p + 4, 2);
	if (id->n > sizeof(id->bytes) || id->n > a.end - a.p - 6)
		return -1;
	memcpy(id->bytes, a.p + 6, id->n);
	return 0;
}

int
cqlconn_open(struct cqlconn *c, const char *address, uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
	static const char version[] = "\0\1\0\13CQL_VERSION\0\0053.0.0";
	struct cqlconn_answer a;
	char why[200];
	int on = 1;
	size_t at;

	memset(c, 0, sizeof(*c));
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd == -1 || inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
	    connect(c->fd, (struct sockaddr *)&to, sizeof(to)) == -1)
		return -1;
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	at = begin(c, 0, STARTUP);
	add(c, version, sizeof(version) - 1);
	finish(c, at);
	return one_answer(c, &a, why) == 0 && a.opcode == CQLCONN_READY ? 0 : -1;
}

void
cqlconn_close(struct cqlconn *c)
{
	if (c->fd > 0)
		close(c->fd);
	free(c->out);
	free(c->in);
	memset(c, 0, sizeof(*c));
	c->fd = -1;
}

/* A string of metadata: its length; all ends where one is cut short. */
static uint32_t
string_at(struct cqlconn_rows *r, const uint8_t **text)
{
	uint32_t n = r->end - r->p >= 2 ? number_at(r->p, 2) : 0;

	*text = r->p + 2;
	r->p = r->end - r->p >= 2 + (ptrdiff_t)n ? r->p + 2 + n : r->end;
	return n;
}

static void
pass_strings(struct cqlconn_rows *r, int n)
{
	const uint8_t *text;

	while (n-- > 0)
		string_at(r, &text);
}

static uint32_t
short_at(struct cqlconn_rows *r)
{
	uint32_t v = r->end - r->p >= 2 ? number_at(r->p, 2) : 0;

	r->p = r->end - r->p >= 2 ? r->p + 2 : r->end;
	return v;
}

static void
pass_type(struct cqlconn_rows *r)
{
	uint32_t type = short_at(r), n;

	switch (type) {
	case 0: /* of a class */
		pass_strings(r, 1);
		break;
	case 0x21: /* map */
		pass_type(r);
		/* fall through */
	case 0x20: /* list, set */
	case 0x22:
		pass_type(r);
		break;
	case 0x30: /* a user's type */
		pass_strings(r, 2);
		for (n = short_at(r); n > 0 && r->p < r->end; n--) {
			pass_strings(r, 1);
			pass_type(r);
		}
		break;
	case 0x31: /* tuple */
		for (n = short_at(r); n > 0 && r->p < r->end; n--)
			pass_type(r);
		break;
	default:
		break;
	}
}

static void
pass_metadata(struct cqlconn_rows *r, uint32_t flags, const char *name)
{
	const uint8_t *text;
	uint32_t n;

	if (flags & 1) /* all of one table */
		pass_strings(r, 2);
	for (int32_t i = 0; i < r->columns && r->p < r->end; i++) {
		if ((flags & 1) == 0)
			pass_strings(r, 2);
		n = string_at(r, &text);
		if (name != NULL && n == strlen(name) && memcmp(text, name, n) == 0)
			r->column = i;
		pass_type(r);
	}
}

int
cqlconn_rows(const struct cqlconn_answer *a, struct cqlconn_rows *r, const char *name)
{
	uint32_t flags;

	memset(r, 0, sizeof(*r));
	r->column = -1;
	if (a->opcode != CQLCONN_RESULT || a->end - a->p < 12 || number_at(a->p, 4) != CQLCONN_ROWS)
		return -1;
	flags = number_at(a->p + 4, 4);
	r->columns = (int32_t)number_at(a->p + 8, 4);
	r->p = a->p + 12;
	r->end = a->end;
	if (flags & 2) {
		r->state_len = cqlconn_cell(r, &r->state);
		if (r->state_len < 0)
			return -1;
	}
	if ((flags & 4) == 0)
		pass_metadata(r, flags, name);
	if (r->end - r->p < 4)
		return -1;
	r->rows = (int32_t)number_at(r->p, 4);
	r->p += 4;
	return 0;
}

int32_t
cqlconn_cell(struct cqlconn_rows *r, const uint8_t **p)
{
	int32_t n;

	*p = NULL;
	if (r->end - r->p < 4)
		return -2;
	n = (int32_t)number_at(r->p, 4);
	r->p += 4;
	if (n < 0)
		return -1;
	if (n > r->end - r->p)
		return -2;
	*p = r->p;
	r->p += n;
	return n;
}

int64_t
cqlconn_number(const uint8_t *p, int32_t len)
{
	uint64_t v = len > 0 && p[0] & 0x80 ? UINT64_MAX : 0;

	while (len-- > 0)
		v = v << 8 | *p++;
	return (int64_t)v;
}
