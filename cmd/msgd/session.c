/* cmd/msgd/session.c: the handshake, and tasks made of requests. */
#include "msgd/session.h"

#include <stdio.h>

#include "base/num.h"
#include "msgd/dispatch.h"
#include "msgd/task.h"
#include "wire/request.h"

#define INFLIGHT_MAX ((size_t)64 << 20)
#define TASK_BYTES ((size_t)1024) /* that a request takes beside its own */

static const char *const cql_versions[] = { "3.4.7" };
static const char *const codecs[] = { "lz4", "snappy" };
static const char *const protocols[] = { "3/v3", "4/v4", "5/v5" };

/* As ScyllaDB says it: drivers that know shards connect to each. */
static const char *const algorithm = "biased-token-round-robin";
static const char *const ignored_bits = "0";
static const char *const partitioner = "org.apache.cassandra.dht.Murmur3Partitioner";

static void
answer(struct msgd_conn *c, const struct sst_envelope *env, uint8_t opcode, struct sst_slice body)
{
	struct msgd_answer a = { env->version, 0, opcode, env->stream, body };

	msgd_conn_answer(c, &a);
}

static void
answer_error(struct msgd_conn *c, const struct sst_envelope *env, enum sst_wire_error code,
    const char *message)
{
	struct sst_buf *b = &c->shard->body;

	sst_buf_reset(b);
	sst_response_error(b, code, sst_slice_str(message));
	answer(c, env, SST_OP_ERROR, sst_buf_slice(b));
}

/* A version before 3 has a header of its own. */
static void
answer_old(struct msgd_conn *c, const struct sst_envelope *env)
{
	struct sst_buf *b = &c->shard->body;
	uint8_t head[SST_ENVELOPE_OLD_HEADER] = { (uint8_t)(0x80 | env->version), 0, 0,
		SST_OP_ERROR, 0, 0, (uint8_t)(b->n >> 8), (uint8_t)b->n };

	sst_buf_add(&c->out, head, sizeof(head));
	sst_buf_add_slice(&c->out, sst_buf_slice(b));
}

void
msgd_session_refuse(struct msgd_conn *c, const struct sst_envelope *env, const struct sst_err *e)
{
	struct sst_envelope to = *env;
	struct sst_buf *b = &c->shard->body;

	if (env->version < SST_WIRE_VERSION_MIN || env->version > SST_WIRE_VERSION_MAX) {
		/* On stream 0, since two drivers fall back to another version only then. */
		to.version = SST_WIRE_VERSION_MAX;
		to.stream = 0;
	}
	sst_buf_reset(b);
	sst_response_error(b, SST_WIRE_PROTOCOL_ERROR, sst_slice_str(e->what));
	if (env->version < SST_WIRE_VERSION_MIN && e->code == SST_EVERSION)
		answer_old(c, env);
	else
		answer(c, &to, SST_OP_ERROR, sst_buf_slice(b));
	msgd_conn_end(c);
}

static void
protocol_error(struct msgd_conn *c, const struct sst_envelope *env, const char *what)
{
	answer_error(c, env, SST_WIRE_PROTOCOL_ERROR, what);
	msgd_conn_end(c);
}

/* ---- the handshake ---- */

static void
answer_options(struct msgd_conn *c, const struct sst_envelope *env)
{
	const struct msgd_node *n = c->shard->node;
	char numbers[3][16];
	const char *const shard = numbers[0], *const shards = numbers[1], *const port = numbers[2];
	/* The last one only where there is such a port. */
	const struct sst_supported all[] = { { "CQL_VERSION", 1, cql_versions },
		{ "COMPRESSION", env->version >= 5 ? 1 : 2, codecs },
		{ "PROTOCOL_VERSIONS", 3, protocols }, { "SCYLLA_SHARD", 1, &shard },
		{ "SCYLLA_NR_SHARDS", 1, &shards }, { "SCYLLA_SHARDING_ALGORITHM", 1, &algorithm },
		{ "SCYLLA_SHARDING_IGNORE_MSB", 1, &ignored_bits },
		{ "SCYLLA_PARTITIONER", 1, &partitioner },
		{ "SCYLLA_SHARD_AWARE_PORT", 1, &port } };
	struct sst_buf *b = &c->shard->body;

	snprintf(numbers[0], sizeof(numbers[0]), "%u", c->shard->no);
	snprintf(numbers[1], sizeof(numbers[1]), "%u", n->nshards);
	snprintf(numbers[2], sizeof(numbers[2]), "%u", n->by_shard.port);
	sst_buf_reset(b);
	sst_response_supported(b, all, SST_ARRAY_LEN(all) - (n->by_shard.port == 0));
	answer(c, env, SST_OP_SUPPORTED, sst_buf_slice(b));
}

static void
start(struct msgd_conn *c, const struct sst_envelope *env, const struct sst_request *r)
{
	struct sst_slice compression = sst_request_option(r, "COMPRESSION");
	int codec = SST_BODY_PLAIN;

	if (c->started) {
		protocol_error(c, env, "Unexpected message STARTUP, expecting QUERY or OPTIONS");
		return;
	}
	if (sst_request_option(r, "CQL_VERSION").p == NULL) {
		protocol_error(c, env, "Missing value CQL_VERSION in STARTUP message");
		return;
	}
	if (compression.n > 0)
		codec = sst_body_codec_find(compression);
	if (codec == -1 || (env->version >= 5 && codec == SST_BODY_SNAPPY)) {
		protocol_error(c, env, "Unknown compression algorithm");
		return;
	}
	c->version = env->version;
	answer(c, env, SST_OP_READY, (struct sst_slice){ NULL, 0 });
	c->started = true;
	c->framed = env->version >= 5;
	c->lz4 = c->framed && codec == SST_BODY_LZ4;
	c->codec = c->framed ? SST_BODY_PLAIN : (enum sst_body_codec)codec;
}

static void
listen_for(struct msgd_conn *c, const struct sst_envelope *env, const struct sst_request *r)
{
	static const char *const known[] = { "SCHEMA_CHANGE", "STATUS_CHANGE", "TOPOLOGY_CHANGE" };
	size_t i, k;

	for (i = 0; i < r->nevents; i++) {
		for (k = 0; k < SST_ARRAY_LEN(known); k++)
			if (sst_slice_eq(r->events[i], sst_slice_str(known[k])))
				break;
		if (k == SST_ARRAY_LEN(known)) {
			protocol_error(c, env, "Unknown type of event in REGISTER");
			return;
		}
		c->wants_schema |= k == 0; /* of the others there are none: one node */
	}
	answer(c, env, SST_OP_READY, (struct sst_slice){ NULL, 0 });
}

/* What needs no table. */
static void
take_simple(struct msgd_conn *c, const struct sst_envelope *env)
{
	struct sst_arena *a = &c->shard->scratch;
	struct sst_request r;
	struct sst_err e;

	sst_arena_reset(a);
	if (sst_request_parse(&r, a, env, &e) == -1)
		msgd_session_refuse(c, env, &e);
	else if (env->opcode == SST_OP_OPTIONS)
		answer_options(c, env);
	else if (env->opcode == SST_OP_STARTUP)
		start(c, env, &r);
	else if (!c->started)
		protocol_error(c, env, "STARTUP has to come first");
	else if (env->opcode == SST_OP_REGISTER)
		listen_for(c, env, &r);
	else
		protocol_error(c, env, "no authentication is going on");
}

/* ---- statements ---- */

static bool
is_statement(uint8_t opcode)
{
	return opcode == SST_OP_QUERY || opcode == SST_OP_PREPARE || opcode == SST_OP_EXECUTE ||
	    opcode == SST_OP_BATCH;
}

static size_t
inflight_max(const struct msgd_shard *s)
{
	size_t max = s->node->config->inflight_max;

	return (max != 0 ? max : INFLIGHT_MAX) / s->node->nshards;
}

static void
take_statement(struct msgd_conn *c, const struct sst_envelope *env)
{
	struct msgd_shard *s = c->shard;
	struct sst_envelope copy = *env;
	struct msgd_task *t;
	struct sst_err e;

	msgd_count(&s->counts.requests);
	if (s->inflight + env->body.n + TASK_BYTES > inflight_max(s) ||
	    (t = msgd_task_new(c)) == NULL) {
		answer_error(
		    c, env, SST_WIRE_OVERLOADED, "too many bytes of requests are being worked on");
		return;
	}
	t->version = env->version;
	t->stream = env->stream;
	t->len = env->body.n + TASK_BYTES;
	s->inflight += t->len;
	/* A copy, as the task may live longer than what was read. */
	copy.body = sst_arena_slice(&t->arena, env->body);
	if (copy.body.p == NULL && env->body.n > 0)
		sst_fail_nomem(&e);
	else if (sst_request_parse(&t->request, &t->arena, &copy, &e) == 0) {
		msgd_dispatch(t);
		return;
	}
	t->leg.opcode = SST_OP_ERROR;
	sst_response_error(&t->leg.answer,
	    e.code == SST_ENOMEM ? SST_WIRE_OVERLOADED : SST_WIRE_PROTOCOL_ERROR,
	    sst_slice_str(e.what));
	if (e.code != SST_ENOMEM)
		msgd_conn_end(c);
	msgd_task_answer(t, SST_OP_ERROR);
}

static bool
unzip(struct msgd_conn *c, struct sst_envelope *env)
{
	struct sst_err e;

	if (c->framed || !(env->flags & SST_ENVELOPE_COMPRESSED) || env->body.n == 0)
		return true;
	if (c->codec == SST_BODY_PLAIN) {
		protocol_error(c, env, "a compressed body, and STARTUP named no compression");
		return false;
	}
	if (sst_body_unzip(c->codec, &env->body, MSGD_BODY_MAX, &c->shard->zip, &e) == 0)
		return true;
	msgd_session_refuse(c, env, &e);
	return false;
}

void
msgd_session_take(struct msgd_conn *c, const struct sst_envelope *given)
{
	struct sst_envelope env = *given;

	if (env.response)
		protocol_error(c, &env, "a response where a request should be");
	else if (c->started && env.version != c->version)
		protocol_error(c, &env, "another version of the protocol than at STARTUP");
	else if (!unzip(c, &env))
		return;
	else if (!is_statement(env.opcode))
		take_simple(c, &env);
	else if (!c->started)
		protocol_error(c, &env, "STARTUP has to come first");
	else
		take_statement(c, &env);
}
