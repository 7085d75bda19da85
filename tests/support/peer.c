/* tests/support/peer.c: what it takes to answer a client: read requests, write responses. */
#define _GNU_SOURCE /* memmem */
#include "peer.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/num.h"
#include "codec/in.h"
#include "wire/frame.h"
#include "wire/request.h"
#include "wire/response.h"

static void
put_int(struct sst_buf *b, int32_t v)
{
	sst_put_u32(b, 4);
	sst_put_u32(b, (uint32_t)v);
}

static void
put_str(struct sst_buf *b, const char *s)
{
	sst_response_value(b, s != NULL ? sst_slice_str(s) : (struct sst_slice){ NULL, 0 });
}

static size_t
begin_rows(struct sst_buf *b, size_t ncolumns, struct sst_slice state)
{
	struct sst_result_metadata m = { .ncolumns = ncolumns };
	struct sst_rows_header h = { .metadata = &m, .skip_metadata = true, .paging_state = state };

	return sst_response_rows_begin(b, 5, &h);
}

/* ---- the schema: k.t with key (a int, b text), clustering (c int, d int DESC), static s, v, w ---- */

static void
answer_table(struct peer *p, struct sst_buf *b)
{
	size_t at = begin_rows(b, 3, (struct sst_slice){ NULL, 0 });

	if (!p->no_table) {
		sst_response_value(b, SST_SLICE_LIT("0123456789abcdef"));
		put_int(b, 864000);
		put_int(b, 0);
	}
	sst_response_rows_end(b, at, !p->no_table);
}

static void
answer_columns(struct sst_buf *b)
{
	static const struct {
		const char *name, *order, *kind;
		int position;
		const char *type;
	} columns[] = { { "a", "none", "partition_key", 0, "int" },
		{ "b", "none", "partition_key", 1, "text" }, { "c", "asc", "clustering", 0, "int" },
		{ "d", "desc", "clustering", 1, "int" }, { "s", "none", "static", -1, "text" },
		{ "v", "none", "regular", -1, "text" },
		{ "w", "none", "regular", -1, "frozen<outer>" } };
	size_t i, at = begin_rows(b, 5, (struct sst_slice){ NULL, 0 });

	for (i = 0; i < SST_ARRAY_LEN(columns); i++) {
		put_str(b, columns[i].name);
		put_str(b, columns[i].order);
		put_str(b, columns[i].kind);
		put_int(b, columns[i].position);
		put_str(b, columns[i].type);
	}
	sst_response_rows_end(b, at, SST_ARRAY_LEN(columns));
}

/* Two types, of which the first, by name, needs the second. */
static void
answer_types(struct sst_buf *b)
{
	size_t at = begin_rows(b, 3, (struct sst_slice){ NULL, 0 });

	put_str(b, "outer");
	sst_response_value(b, SST_SLICE_LIT("\0\0\0\1\0\0\0\1x"));
	sst_response_value(b, SST_SLICE_LIT("\0\0\0\1\0\0\0\16frozen<within>"));
	put_str(b, "within");
	sst_response_value(b, SST_SLICE_LIT("\0\0\0\2\0\0\0\1y\0\0\0\1z"));
	sst_response_value(b, SST_SLICE_LIT("\0\0\0\2\0\0\0\3int\0\0\0\4text"));
	sst_response_rows_end(b, at, 2);
}

/* ---- rows of a SELECT: c counts them; they are spread over partitions in runs ---- */

static void
put_row(struct sst_buf *b, const struct peer *p, unsigned row, bool keyed)
{
	unsigned run =
	    p->partitions > 0 ? (p->nrows + p->partitions - 1) / p->partitions : p->nrows;
	char v[24];

	if (!keyed) {
		put_int(b, (int32_t)(row / run));
		put_str(b, "key");
	}
	put_int(b, (int32_t)row);
	put_int(b, 7);
	put_str(b, "of all");
	snprintf(v, sizeof(v), "row %u", row);
	put_str(b, row % 3 == 2 ? NULL : v);
	put_str(b, NULL);
}

static void
answer_select(struct peer *p, const struct sst_request *r, struct sst_slice text, struct sst_buf *b)
{
	bool keyed = memcmp(text.p, "SELECT c", 8) == 0;
	size_t ncolumns = keyed ? 5 : 7, at;
	unsigned from = 0, rows = p->page_rows > 0 ? p->page_rows : (unsigned)r->params.page_size,
		 i;
	char state[16];
	struct sst_slice next = { NULL, 0 };

	if (r->params.paging_state.n > 0 && r->params.paging_state.n < sizeof(state)) {
		memset(state, 0, sizeof(state));
		memcpy(state, r->params.paging_state.p, r->params.paging_state.n);
		from = (unsigned)strtoul(state, NULL, 10);
	}
	if (p->endless) {
		at = begin_rows(b, ncolumns, (struct sst_slice){ (const uint8_t *)"", 0 });
		sst_response_rows_end(b, at, 0);
		return;
	}
	if (rows > p->nrows - from)
		rows = p->nrows - from;
	if (from + rows < p->nrows) {
		snprintf(state, sizeof(state), "%u", from + rows);
		next = sst_slice_str(state);
	}
	at = begin_rows(b, ncolumns + (p->changed && from > 0), next);
	for (i = 0; i < rows; i++) {
		put_row(b, p, from + i, keyed);
		if (p->changed && from > 0)
			put_str(b, NULL);
	}
	sst_response_rows_end(b, at, rows);
}

/* ---- requests ---- */

static void
log_values(struct peer *p, const struct sst_wire_value *v, size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		sst_buf_addc(&p->log, ' ');
		if (v[i].unset)
			sst_buf_addc(&p->log, '.');
		else if (v[i].value.p == NULL)
			sst_buf_adds(&p->log, "null");
		for (k = 0; k < v[i].value.n; k++)
			sst_buf_addf(&p->log, "%02x", v[i].value.p[k]);
	}
}

static void
log_now(struct peer *p, const struct sst_query_params *q)
{
	if (q->flags & SST_QUERY_NOW)
		sst_buf_addf(&p->log, " @%d", q->now_s);
	sst_buf_addc(&p->log, '\n');
}

static uint8_t
put_error(struct sst_buf *b, uint32_t code, const char *text)
{
	sst_response_error(b, (enum sst_wire_error)code, sst_slice_str(text));
	return SST_OP_ERROR;
}

static uint8_t
answer_prepare(struct peer *p, const struct sst_request *r, struct sst_buf *b)
{
	struct sst_result_metadata none = { 0 };
	struct sst_prepared_reply reply = { .bound = &none, .result = &none };
	char id[16];
	unsigned i;

	sst_buf_addf(&p->log, "P %.*s\n", (int)r->text.n, (const char *)r->text.p);
	for (i = 0; i < p->nprepared; i++)
		if (sst_slice_eq(sst_buf_slice(&p->prepared[i]), r->text))
			break;
	if (i == p->nprepared) {
		ck_assert_uint_lt(i, SST_ARRAY_LEN(p->prepared));
		sst_buf_add_slice(&p->prepared[p->nprepared++], r->text);
	} else if (p->other_id) {
		i += 1000;
	}
	snprintf(id, sizeof(id), "id%u", i);
	reply.id = sst_slice_str(id);
	reply.result_id = SST_SLICE_LIT("result");
	sst_response_prepared(b, 5, &reply);
	return SST_OP_RESULT;
}

static struct sst_slice
text_of(struct peer *p, struct sst_slice id)
{
	unsigned i = 0;

	ck_assert(id.n > 2 && id.n < 8);
	for (size_t k = 2; k < id.n; k++)
		i = 10 * i + (unsigned)(id.p[k] - '0');
	ck_assert_uint_lt(i, p->nprepared);
	return sst_buf_slice(&p->prepared[i]);
}

static uint8_t
answer_write(struct peer *p, struct sst_buf *b)
{
	if (p->overload > 0) {
		p->overload--;
		return put_error(b, SST_WIRE_OVERLOADED, "too much");
	}
	p->writes++;
	if (p->writes == p->refuse_at)
		return put_error(b, p->refuse_code, p->refuse_text);
	if (p->no_result)
		return SST_OP_READY;
	sst_response_void(b);
	return SST_OP_RESULT;
}

static uint8_t
answer_execute(struct peer *p, const struct sst_request *r, struct sst_buf *b)
{
	struct sst_slice text = text_of(p, r->id);

	sst_buf_addf(&p->log, "E %.6s", (const char *)text.p);
	log_values(p, r->params.values, r->params.nvalues);
	log_now(p, &r->params);
	if (p->forget > 0) {
		p->forget--;
		sst_response_unprepared(b, r->id, SST_SLICE_LIT("forgotten"));
		return SST_OP_ERROR;
	}
	if (text.p[0] != 'S')
		return answer_write(p, b);
	if (p->refuse_text != NULL && p->refuse_at == 0)
		return put_error(b, p->refuse_code, p->refuse_text);
	answer_select(p, r, text, b);
	return SST_OP_RESULT;
}

static uint8_t
answer_batch(struct peer *p, const struct sst_request *r, struct sst_buf *b)
{
	struct sst_slice text;
	size_t i;

	sst_buf_adds(&p->log, "B");
	for (i = 0; i < r->nparts; i++) {
		text = text_of(p, r->parts[i].id);
		sst_buf_addf(&p->log, " %.6s", (const char *)text.p);
		log_values(p, r->parts[i].values, r->parts[i].nvalues);
	}
	log_now(p, &r->params);
	if (p->forget > 0) {
		p->forget--;
		sst_response_unprepared(b, r->parts[0].id, SST_SLICE_LIT("forgotten"));
		return SST_OP_ERROR;
	}
	return answer_write(p, b);
}

static uint8_t
answer_query(struct peer *p, const struct sst_request *r, struct sst_buf *b)
{
	sst_buf_addf(&p->log, "Q %.*s\n", (int)r->text.n, (const char *)r->text.p);
	if (memmem(r->text.p, r->text.n, ".tables", 7) != NULL)
		answer_table(p, b);
	else if (memmem(r->text.p, r->text.n, ".columns", 8) != NULL)
		answer_columns(b);
	else if (memmem(r->text.p, r->text.n, ".types", 6) != NULL)
		answer_types(b);
	else if (memmem(r->text.p, r->text.n, "FLUSH", 5) != NULL)
		sst_response_void(b);
	else
		return put_error(b, SST_WIRE_SYNTAX_ERROR, "line 1:0 no viable alternative");
	return SST_OP_RESULT;
}

static uint8_t
answer(struct peer *p, const struct sst_request *r, struct sst_buf *b)
{
	switch (r->opcode) {
	case SST_OP_STARTUP:
		if (p->password)
			return SST_OP_AUTHENTICATE;
		return SST_OP_READY;
	case SST_OP_QUERY:
		return answer_query(p, r, b);
	case SST_OP_PREPARE:
		return answer_prepare(p, r, b);
	case SST_OP_EXECUTE:
		return answer_execute(p, r, b);
	case SST_OP_BATCH:
		return answer_batch(p, r, b);
	default:
		return put_error(b, SST_WIRE_PROTOCOL_ERROR, "what?");
	}
}

/* ---- bytes ---- */

static void
write_out(struct peer *p)
{
	size_t at = 0, n;
	ssize_t w;

	for (; at < p->out.n && !p->closed; at += (size_t)w) {
		n = p->chunk > 0 && p->chunk < p->out.n - at ? p->chunk : p->out.n - at;
		if (p->close_after > 0 && p->written + n > p->close_after)
			n = p->close_after - p->written;
		if (p->garble > p->written && p->garble <= p->written + n)
			p->out.p[at + p->garble - p->written - 1] ^= 0x5a;
		w = n > 0 ? send(p->fd, p->out.p + at, n, MSG_NOSIGNAL) : 0;
		p->closed = w <= 0 || (p->close_after > 0 && p->written + n == p->close_after);
		p->written += n;
	}
	p->out.n = 0;
	if (p->closed)
		shutdown(p->fd, SHUT_RDWR);
}

static void
take(struct peer *p, const struct sst_envelope *env)
{
	struct sst_envelope reply = { .version = 5, .response = true, .stream = env->stream };
	struct sst_arena arena = { 0 };
	struct sst_buf body = { 0 }, whole = { 0 };
	struct sst_request r;
	struct sst_err e;
	size_t at;

	ck_assert_int_eq(sst_request_parse(&r, &arena, env, &e), 0);
	reply.opcode = answer(p, &r, &body);
	at = sst_envelope_begin(&whole, &reply);
	sst_buf_add_slice(&whole, sst_buf_slice(&body));
	sst_envelope_end(&whole, at);
	if (p->framed)
		sst_frame_put(&p->out, sst_buf_slice(&whole), false);
	else
		sst_buf_add_slice(&p->out, sst_buf_slice(&whole));
	p->framed |= reply.opcode == SST_OP_READY;
	sst_buf_free(&body);
	sst_buf_free(&whole);
	sst_arena_free(&arena);
	write_out(p);
}

static void
take_envelopes(struct peer *p, struct sst_buf *from)
{
	struct sst_slice in = sst_buf_slice(from);
	struct sst_envelope env;
	struct sst_err e;

	while (sst_envelope_take(&env, &in, (size_t)64 << 20, &e) == SST_ONE)
		take(p, &env);
	memmove(from->p, in.p, in.n);
	from->n = in.n;
}

static void
take_frames(struct peer *p)
{
	struct sst_slice in = sst_buf_slice(&p->in);
	struct sst_buf scratch = { 0 };
	struct sst_frame f;
	struct sst_err e;

	while (sst_frame_take(&f, &in, false, &scratch, &e) == SST_ONE) {
		sst_buf_add_slice(&p->envelopes, f.payload);
		take_envelopes(p, &p->envelopes);
	}
	memmove(p->in.p, in.p, in.n);
	p->in.n = in.n;
}

static void *
serve(void *arg)
{
	struct peer *p = arg;
	ssize_t n;

	while (!p->closed && sst_buf_room(&p->in, 65536) &&
	    (n = recv(p->fd, p->in.p + p->in.n, 65536, 0)) > 0) {
		p->in.n += (size_t)n;
		if (p->framed)
			take_frames(p);
		else
			take_envelopes(p, &p->in);
	}
	return NULL;
}

int
peer_start(struct peer *p)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	p->fd = fds[0];
	ck_assert_int_eq(pthread_create(&p->thread, NULL, serve, p), 0);
	return fds[1];
}

void
peer_stop(struct peer *p)
{
	pthread_join(p->thread, NULL);
	close(p->fd);
	sst_buf_addc(&p->log, '\0');
}

void
peer_free(struct peer *p)
{
	size_t i;

	for (i = 0; i < SST_ARRAY_LEN(p->prepared); i++)
		sst_buf_free(&p->prepared[i]);
	sst_buf_free(&p->in);
	sst_buf_free(&p->envelopes);
	sst_buf_free(&p->out);
	sst_buf_free(&p->log);
}

unsigned
peer_count(const struct peer *p, const char *line)
{
	const char *at = (const char *)p->log.p;
	unsigned n = 0;

	for (; at != NULL && *at != '\0'; at = strchr(at, '\n'), at += at != NULL)
		n += strncmp(at, line, strlen(line)) == 0;
	return n;
}
