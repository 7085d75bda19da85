/* wire/request.c: bodies of requests.  All lengths are checked by the read head (codec/in.h). */
#include "wire/request.h"

#include <strings.h>

#include "codec/in.h"

#define VALUE_MIN 4 /* bytes that a value takes at least */
#define PART_MIN 5  /* bytes that a statement of a batch takes at least */

struct body {
	struct sst_in in;
	struct sst_arena *arena;
	uint8_t version;
	struct sst_err *e;
};

static int
short_body(struct body *b)
{
	return sst_fail(b->e, SST_ESHORT, NULL, SST_NOWHERE, "a message that ends too early");
}

/* n elements of size bytes, each of which takes at least `least` bytes of what is left. */
static int
room_for(struct body *b, void *out, size_t n, size_t size, size_t least)
{
	void **p = out;

	*p = NULL;
	if (b->in.bad || n > sst_in_left(&b->in) / least)
		return short_body(b);
	if (n > 0 && (*p = sst_arena_array(b->arena, n, size)) == NULL)
		return sst_fail_nomem(b->e);
	return 0;
}

static int
get_value(struct body *b, struct sst_wire_value *v, bool named)
{
	int32_t n;

	*v = (struct sst_wire_value){ 0 };
	if (named)
		v->name = sst_get_bytes16(&b->in);
	n = (int32_t)sst_get_u32(&b->in);
	if (n >= 0)
		v->value = sst_get_bytes(&b->in, (size_t)n);
	else if (n == -2 && b->version >= 4)
		v->unset = true;
	else if (n < -1)
		return sst_fail(b->e, SST_EDAMAGED, NULL, SST_NOWHERE, "a value of %d bytes", n);
	return b->in.bad ? short_body(b) : 0;
}

static int
get_values(struct body *b, size_t *n, struct sst_wire_value **values, bool named)
{
	*n = sst_get_u16(&b->in);
	if (room_for(b, values, *n, sizeof(**values), VALUE_MIN) == -1)
		return -1;
	for (size_t i = 0; i < *n; i++)
		if (get_value(b, &(*values)[i], named) == -1)
			return -1;
	return 0;
}

static uint32_t
get_flags(struct body *b)
{
	return b->version >= 5 ? sst_get_u32(&b->in) : sst_get_u8(&b->in);
}

/* What may follow flags in every request; the order is the protocol's. */
static int
get_tail(struct body *b, struct sst_query_params *q)
{
	int32_t n;

	if (q->flags & SST_QUERY_PAGE_SIZE)
		q->page_size = (int32_t)sst_get_u32(&b->in);
	if (q->flags & SST_QUERY_PAGING_STATE) {
		n = (int32_t)sst_get_u32(&b->in);
		if (n >= 0)
			q->paging_state = sst_get_bytes(&b->in, (size_t)n);
	}
	if (q->flags & SST_QUERY_SERIAL)
		q->serial = sst_get_u16(&b->in);
	if (q->flags & SST_QUERY_TIMESTAMP)
		q->ts_us = (int64_t)sst_get_u64(&b->in);
	if (b->version >= 5 && q->flags & SST_QUERY_KEYSPACE)
		q->keyspace = sst_get_bytes16(&b->in);
	if (b->version >= 5 && q->flags & SST_QUERY_NOW)
		q->now_s = (int32_t)sst_get_u32(&b->in);
	return b->in.bad ? short_body(b) : 0;
}

static int
get_params(struct body *b, struct sst_query_params *q)
{
	q->consistency = sst_get_u16(&b->in);
	q->flags = get_flags(b);
	if (q->flags & SST_QUERY_VALUES &&
	    get_values(b, &q->nvalues, &q->values, (q->flags & SST_QUERY_NAMES) != 0) == -1)
		return -1;
	return get_tail(b, q);
}

static int
get_query(struct body *b, struct sst_request *r)
{
	r->text = sst_get_bytes32(&b->in);
	return get_params(b, &r->params);
}

static int
get_prepare(struct body *b, struct sst_request *r)
{
	r->text = sst_get_bytes32(&b->in);
	if (b->version >= 5 && (sst_get_u32(&b->in) & 1))
		r->params.keyspace = sst_get_bytes16(&b->in);
	return b->in.bad ? short_body(b) : 0;
}

static int
get_execute(struct body *b, struct sst_request *r)
{
	r->id = sst_get_bytes16(&b->in);
	if (b->version >= 5)
		r->result_id = sst_get_bytes16(&b->in);
	return get_params(b, &r->params);
}

static int
get_part(struct body *b, struct sst_batch_part *p)
{
	uint8_t kind = sst_get_u8(&b->in);

	*p = (struct sst_batch_part){ 0 };
	if (kind == 0)
		p->text = sst_get_bytes32(&b->in);
	else if (kind == 1)
		p->id = sst_get_bytes16(&b->in);
	else
		return sst_fail(b->e, SST_EDAMAGED, NULL, SST_NOWHERE,
		    "kind %u of a statement in a batch", kind);
	return get_values(b, &p->nvalues, &p->values, false);
}

static int
get_batch(struct body *b, struct sst_request *r)
{
	uint8_t type = sst_get_u8(&b->in);

	if (type > SST_BATCH_COUNTER)
		return sst_fail(b->e, SST_EDAMAGED, NULL, SST_NOWHERE, "batch type %u", type);
	r->batch = (enum sst_batch_type)type;
	r->nparts = sst_get_u16(&b->in);
	if (room_for(b, &r->parts, r->nparts, sizeof(*r->parts), PART_MIN) == -1)
		return -1;
	for (size_t i = 0; i < r->nparts; i++)
		if (get_part(b, &r->parts[i]) == -1)
			return -1;
	r->params.consistency = sst_get_u16(&b->in);
	r->params.flags = get_flags(b);
	if (r->params.flags & SST_QUERY_NAMES) /* the names would stand where nobody reads them */
		return sst_fail(b->e, SST_EDAMAGED, NULL, SST_NOWHERE, "named values in a batch");
	return get_tail(b, &r->params);
}

static int
get_startup(struct body *b, struct sst_request *r)
{
	r->noptions = sst_get_u16(&b->in);
	if (room_for(b, &r->options, r->noptions, sizeof(*r->options), 4) == -1)
		return -1;
	for (size_t i = 0; i < r->noptions; i++) {
		r->options[i].key = sst_get_bytes16(&b->in);
		r->options[i].value = sst_get_bytes16(&b->in);
	}
	return b->in.bad ? short_body(b) : 0;
}

static int
get_register(struct body *b, struct sst_request *r)
{
	r->nevents = sst_get_u16(&b->in);
	if (room_for(b, &r->events, r->nevents, sizeof(*r->events), 2) == -1)
		return -1;
	for (size_t i = 0; i < r->nevents; i++)
		r->events[i] = sst_get_bytes16(&b->in);
	return b->in.bad ? short_body(b) : 0;
}

static int
get_token(struct body *b, struct sst_request *r)
{
	int32_t n = (int32_t)sst_get_u32(&b->in);

	if (n >= 0)
		r->token = sst_get_bytes(&b->in, (size_t)n);
	return b->in.bad ? short_body(b) : 0;
}

/* A map of names to bytes: nobody here knows any, and the protocol lets a server ignore it. */
static int
pass_payload(struct body *b)
{
	for (unsigned n = sst_get_u16(&b->in); n > 0 && !b->in.bad; n--) {
		int32_t len;

		sst_get_bytes16(&b->in);
		len = (int32_t)sst_get_u32(&b->in);
		if (len > 0)
			sst_get_bytes(&b->in, (size_t)len);
	}
	return b->in.bad ? short_body(b) : 0;
}

int
sst_request_parse(struct sst_request *r, struct sst_arena *arena, const struct sst_envelope *env,
    struct sst_err *e)
{
	struct body b = { sst_in_new(env->body, 0), arena, env->version, e };

	*r = (struct sst_request){ .opcode = env->opcode };
	if (env->flags & SST_ENVELOPE_PAYLOAD && pass_payload(&b) == -1)
		return -1;
	switch (env->opcode) {
	case SST_OP_STARTUP:
		return get_startup(&b, r);
	case SST_OP_OPTIONS:
		return 0;
	case SST_OP_QUERY:
		return get_query(&b, r);
	case SST_OP_PREPARE:
		return get_prepare(&b, r);
	case SST_OP_EXECUTE:
		return get_execute(&b, r);
	case SST_OP_BATCH:
		return get_batch(&b, r);
	case SST_OP_REGISTER:
		return get_register(&b, r);
	case SST_OP_AUTH_RESPONSE:
		return get_token(&b, r);
	default:
		return sst_fail(
		    e, SST_EINVAL, NULL, SST_NOWHERE, "opcode %u is no request", env->opcode);
	}
}

struct sst_slice
sst_request_option(const struct sst_request *r, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < r->noptions; i++)
		if (r->options[i].key.n == n &&
		    strncasecmp((const char *)r->options[i].key.p, name, n) == 0)
			return r->options[i].value;
	return (struct sst_slice){ NULL, 0 };
}
