/* wire/answer.c: responses taken apart.  Types of columns are passed over: who asks knows them. */
#include "wire/answer.h"

#define TYPE_DEPTH_MAX 32
#define UUID_LEN 16

enum { /* flags of the metadata of rows */
	GLOBAL_TABLE = 0x01,
	MORE_PAGES = 0x02,
	NO_METADATA = 0x04,
	METADATA_CHANGED = 0x08
};

static int
fail_short(struct sst_err *e)
{
	return sst_fail(e, SST_ESHORT, NULL, SST_NOWHERE, "an answer ends before it is whole");
}

/* [bytes], of which a negative length is null. */
static struct sst_slice
get_value(struct sst_in *in)
{
	uint32_t n = sst_get_u32(in);

	return n > INT32_MAX ? (struct sst_slice){ NULL, 0 } : sst_get_bytes(in, n);
}

static void
skip_strings(struct sst_in *in)
{
	for (unsigned n = sst_get_u16(in); n > 0 && !in->bad; n--)
		sst_get_bytes16(in);
}

static void
skip_payload(struct sst_in *in)
{
	for (unsigned n = sst_get_u16(in); n > 0 && !in->bad; n--) {
		sst_get_bytes16(in);
		get_value(in);
	}
}

/* An [option]: an id, and for those that are made of others, these. */
static void
skip_type(struct sst_in *in, unsigned depth)
{
	unsigned id = sst_get_u16(in), n = 0;
	bool named = false;

	if (depth > TYPE_DEPTH_MAX)
		in->bad = true;
	switch (id) {
	case 0x00:
		sst_get_bytes16(in);
		break;
	case 0x20:
	case 0x22:
		n = 1;
		break;
	case 0x21:
		n = 2;
		break;
	case 0x30:
		sst_get_bytes16(in);
		sst_get_bytes16(in);
		named = true;
		n = sst_get_u16(in);
		break;
	case 0x31:
		n = sst_get_u16(in);
		break;
	}
	for (; n > 0 && !in->bad; n--) {
		if (named)
			sst_get_bytes16(in);
		skip_type(in, depth + 1);
	}
}

static void
skip_columns(struct sst_in *in, uint32_t flags, uint32_t n)
{
	if (flags & GLOBAL_TABLE) {
		sst_get_bytes16(in);
		sst_get_bytes16(in);
	}
	for (; n > 0 && !in->bad; n--) {
		if (!(flags & GLOBAL_TABLE)) {
			sst_get_bytes16(in);
			sst_get_bytes16(in);
		}
		sst_get_bytes16(in);
		skip_type(in, 0);
	}
}

static int
parse_rows(struct sst_answer *a, struct sst_in *in, struct sst_err *e)
{
	uint32_t flags = sst_get_u32(in);

	a->ncolumns = sst_get_u32(in);
	if (flags & MORE_PAGES)
		a->paging_state = get_value(in);
	a->changed = (flags & METADATA_CHANGED) != 0;
	if (a->changed)
		a->result_id = sst_get_bytes16(in);
	if (!(flags & NO_METADATA))
		skip_columns(in, flags, a->ncolumns);
	a->nrows = sst_get_u32(in);
	if (in->bad)
		return fail_short(e);
	/* each value has a length at least; without columns any number would fit */
	if (a->nrows > 0 && (a->ncolumns == 0 || a->nrows > sst_in_left(in) / 4 / a->ncolumns))
		return sst_fail(e, SST_EDAMAGED, NULL, SST_NOWHERE,
		    "an answer of %u rows of %u columns in %zu bytes", a->nrows, a->ncolumns,
		    sst_in_left(in));
	a->values = *in;
	return 0;
}

static int
parse_prepared(struct sst_answer *a, uint8_t version, struct sst_in *in, struct sst_err *e)
{
	a->id = sst_get_bytes16(in);
	if (version >= 5)
		a->result_id = sst_get_bytes16(in);
	if (!in->bad && a->id.n == 0)
		return sst_fail(
		    e, SST_EDAMAGED, NULL, SST_NOWHERE, "a prepared statement without an id");
	return in->bad ? fail_short(e) : 0;
}

static int
parse_result(struct sst_answer *a, uint8_t version, struct sst_in *in, struct sst_err *e)
{
	a->kind = sst_get_u32(in);
	if (in->bad)
		return fail_short(e);
	switch (a->kind) {
	case SST_RESULT_ROWS:
		return parse_rows(a, in, e);
	case SST_RESULT_PREPARED:
		return parse_prepared(a, version, in, e);
	case SST_RESULT_VOID:
	case SST_RESULT_SET_KEYSPACE:
	case SST_RESULT_SCHEMA_CHANGE:
		return 0;
	}
	return sst_fail(e, SST_EDAMAGED, NULL, SST_NOWHERE, "a result of kind %u", a->kind);
}

int
sst_answer_parse(struct sst_answer *a, const struct sst_envelope *env, struct sst_err *e)
{
	struct sst_in in = sst_in_new(env->body, 0);

	*a = (struct sst_answer){ .opcode = env->opcode };
	if (env->flags & SST_ENVELOPE_TRACING)
		sst_get_bytes(&in, UUID_LEN);
	if (env->flags & SST_ENVELOPE_WARNING)
		skip_strings(&in);
	if (env->flags & SST_ENVELOPE_PAYLOAD)
		skip_payload(&in);
	if (env->opcode == SST_OP_ERROR) {
		a->error = sst_get_u32(&in);
		a->message = sst_get_bytes16(&in);
	}
	if (in.bad)
		return fail_short(e);
	return env->opcode == SST_OP_RESULT ? parse_result(a, env->version, &in, e) : 0;
}

int
sst_answer_value(struct sst_answer *a, struct sst_slice *value, struct sst_err *e)
{
	*value = get_value(&a->values);
	return a->values.bad ? fail_short(e) : 0;
}
