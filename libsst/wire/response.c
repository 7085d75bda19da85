/* wire/response.c: bodies of responses. */
#include "wire/response.h"

enum { /* flags of metadata */
	GLOBAL_TABLE = 0x01,
	MORE_PAGES = 0x02,
	NO_METADATA = 0x04,
	METADATA_CHANGED = 0x08
};

#define TYPE_CUSTOM 0x0000
#define TYPE_UDT 0x0030
#define TYPE_TUPLE 0x0031
#define FAILURE_UNKNOWN 0x0000 /* why a node failed: not said */

static void
put_string(struct sst_buf *b, const char *s)
{
	sst_put_bytes16(b, sst_slice_str(s));
}

/* A message ends at 65,535 bytes: its length has 16 bits. */
void
sst_response_error(struct sst_buf *b, enum sst_wire_error code, struct sst_slice message)
{
	if (message.n > UINT16_MAX)
		message.n = UINT16_MAX;
	sst_put_u32(b, code);
	sst_put_bytes16(b, message);
}

/* How many nodes answered, how many should have, how many failed: one node, and it failed.  Version 3
 * knows no failures: its timeouts, which a failure is there, do not count them. */
static void
put_failure(struct sst_buf *b, uint8_t version, uint16_t consistency)
{
	static const uint8_t loopback[] = { 4, 127, 0, 0, 1 };

	sst_put_u16(b, consistency);
	sst_put_u32(b, 0);
	sst_put_u32(b, 1);
	if (version >= 4)
		sst_put_u32(b, 1);
	if (version >= 5) { /* a map of who failed to why */
		sst_buf_add(b, loopback, sizeof(loopback));
		sst_put_u16(b, FAILURE_UNKNOWN);
	}
}

void
sst_response_read_failure(
    struct sst_buf *b, uint8_t version, uint16_t consistency, struct sst_slice message)
{
	sst_response_error(
	    b, version >= 4 ? SST_WIRE_READ_FAILURE : SST_WIRE_READ_TIMEOUT, message);
	put_failure(b, version, consistency);
	sst_put_u8(b, 0); /* no data */
}

void
sst_response_write_failure(struct sst_buf *b, uint8_t version, uint16_t consistency,
    const char *write_type, struct sst_slice message)
{
	sst_response_error(
	    b, version >= 4 ? SST_WIRE_WRITE_FAILURE : SST_WIRE_WRITE_TIMEOUT, message);
	put_failure(b, version, consistency);
	put_string(b, write_type);
}

void
sst_response_already_exists(
    struct sst_buf *b, struct sst_slice keyspace, struct sst_slice table, struct sst_slice message)
{
	sst_response_error(b, SST_WIRE_ALREADY_EXISTS, message);
	sst_put_bytes16(b, keyspace);
	sst_put_bytes16(b, table);
}

void
sst_response_unprepared(struct sst_buf *b, struct sst_slice id, struct sst_slice message)
{
	sst_response_error(b, SST_WIRE_UNPREPARED, message);
	sst_put_bytes16(b, id);
}

void
sst_response_supported(struct sst_buf *b, const struct sst_supported *s, size_t n)
{
	sst_put_u16(b, (uint16_t)n);
	for (size_t i = 0; i < n; i++) {
		put_string(b, s[i].name);
		sst_put_u16(b, (uint16_t)s[i].n);
		for (size_t k = 0; k < s[i].n; k++)
			put_string(b, s[i].values[k]);
	}
}

void
sst_response_void(struct sst_buf *b)
{
	sst_put_u32(b, SST_RESULT_VOID);
}

void
sst_response_set_keyspace(struct sst_buf *b, struct sst_slice keyspace)
{
	sst_put_u32(b, SST_RESULT_SET_KEYSPACE);
	sst_put_bytes16(b, keyspace);
}

static void
put_change(struct sst_buf *b, const struct sst_schema_change *c)
{
	put_string(b, c->change);
	put_string(b, c->target);
	sst_put_bytes16(b, c->keyspace);
	if (c->name.n > 0)
		sst_put_bytes16(b, c->name);
}

void
sst_response_schema_change(struct sst_buf *b, const struct sst_schema_change *c)
{
	sst_put_u32(b, SST_RESULT_SCHEMA_CHANGE);
	put_change(b, c);
}

void
sst_response_schema_event(struct sst_buf *b, const struct sst_schema_change *c)
{
	put_string(b, "SCHEMA_CHANGE");
	put_change(b, c);
}

/* ---- types ---- */

/* What a kind is called, and since which version of the protocol; code 0: never. */
static const struct {
	uint16_t code;
	uint8_t since;
} codes[] = { [SST_ASCII] = { 0x01, 3 },
	[SST_BIGINT] = { 0x02, 3 },
	[SST_BLOB] = { 0x03, 3 },
	[SST_BOOLEAN] = { 0x04, 3 },
	[SST_COUNTER] = { 0x05, 3 },
	[SST_DECIMAL] = { 0x06, 3 },
	[SST_DOUBLE] = { 0x07, 3 },
	[SST_FLOAT] = { 0x08, 3 },
	[SST_INT] = { 0x09, 3 },
	[SST_TIMESTAMP] = { 0x0b, 3 },
	[SST_UUID] = { 0x0c, 3 },
	[SST_TEXT] = { 0x0d, 3 },
	[SST_VARCHAR] = { 0x0d, 3 },
	[SST_VARINT] = { 0x0e, 3 },
	[SST_TIMEUUID] = { 0x0f, 3 },
	[SST_INET] = { 0x10, 3 },
	[SST_DATE] = { 0x11, 4 },
	[SST_TIME] = { 0x12, 4 },
	[SST_SMALLINT] = { 0x13, 4 },
	[SST_TINYINT] = { 0x14, 4 },
	[SST_DURATION] = { 0x15, 5 },
	[SST_LIST] = { 0x20, 3 },
	[SST_MAP] = { 0x21, 3 },
	[SST_SET] = { 0x22, 3 },
	[SST_UDT] = { TYPE_UDT, 3 },
	[SST_TUPLE] = { TYPE_TUPLE, 3 },
	[SST_CUSTOM] = { 0, 0 } };

static void
put_class(struct sst_buf *b, const struct sst_type *t)
{
	struct sst_type plain = *t; /* neither the order nor freezing is part of what clients see */
	size_t at = b->n, n;

	plain.reversed = false;
	sst_put_u16(b, 0);
	sst_type_class(&plain, b);
	if (b->bad)
		return;
	n = b->n - at - 2;
	if (n > UINT16_MAX) { /* what is too long to be said is bytes */
		b->n = at;
		put_string(b, "org.apache.cassandra.db.marshal.BytesType");
		return;
	}
	b->p[at] = (uint8_t)(n >> 8);
	b->p[at + 1] = (uint8_t)n;
}

void
sst_response_type(struct sst_buf *b, uint8_t version, const struct sst_type *t)
{
	unsigned kind = t->kind;

	if (kind >= sizeof(codes) / sizeof(codes[0]) || codes[kind].code == 0 ||
	    codes[kind].since > version) {
		sst_put_u16(b, TYPE_CUSTOM);
		put_class(b, t);
		return;
	}
	sst_put_u16(b, codes[kind].code);
	if (codes[kind].code == TYPE_UDT) {
		sst_put_bytes16(b, t->keyspace);
		sst_put_bytes16(b, t->name);
	}
	if (codes[kind].code == TYPE_UDT || codes[kind].code == TYPE_TUPLE)
		sst_put_u16(b, (uint16_t)t->nargs);
	for (size_t i = 0; i < t->nargs; i++) { /* as deep as SST_TYPE_DEPTH_MAX */
		if (codes[kind].code == TYPE_UDT)
			sst_put_bytes16(b, t->fields[i]);
		sst_response_type(b, version, t->args[i]);
	}
}

/* ---- rows ---- */

static void
put_columns(struct sst_buf *b, uint8_t version, const struct sst_result_metadata *m)
{
	sst_put_bytes16(b, m->keyspace);
	sst_put_bytes16(b, m->table);
	for (size_t i = 0; i < m->ncolumns; i++) {
		sst_put_bytes16(b, m->columns[i].name);
		sst_response_type(b, version, m->columns[i].type);
	}
}

size_t
sst_response_rows_begin(struct sst_buf *b, uint8_t version, const struct sst_rows_header *h)
{
	bool changed = version >= 5 && h->new_id.p != NULL;
	bool skip = h->skip_metadata && !changed;
	uint32_t flags = (skip ? NO_METADATA : GLOBAL_TABLE) |
	    (h->paging_state.p != NULL ? MORE_PAGES : 0) | (changed ? METADATA_CHANGED : 0);

	sst_put_u32(b, SST_RESULT_ROWS);
	sst_put_u32(b, flags);
	sst_put_u32(b, (uint32_t)h->metadata->ncolumns);
	if (h->paging_state.p != NULL)
		sst_put_bytes32(b, h->paging_state);
	if (changed)
		sst_put_bytes16(b, h->new_id);
	if (!skip)
		put_columns(b, version, h->metadata);
	sst_put_u32(b, 0);
	return b->n - 4;
}

void
sst_response_rows_end(struct sst_buf *b, size_t at, uint32_t nrows)
{
	if (b->bad)
		return;
	nrows = __builtin_bswap32(nrows);
	memcpy(b->p + at, &nrows, 4);
}

void
sst_response_prepared(struct sst_buf *b, uint8_t version, const struct sst_prepared_reply *r)
{
	const struct sst_result_metadata *result = r->result;
	bool rows = result != NULL && result->ncolumns > 0;

	sst_put_u32(b, SST_RESULT_PREPARED);
	sst_put_bytes16(b, r->id);
	if (version >= 5)
		sst_put_bytes16(b, r->result_id);
	sst_put_u32(b, r->bound->ncolumns > 0 ? GLOBAL_TABLE : 0);
	sst_put_u32(b, (uint32_t)r->bound->ncolumns);
	if (version >= 4) {
		sst_put_u32(b, (uint32_t)r->npk);
		for (size_t i = 0; i < r->npk; i++)
			sst_put_u16(b, r->pk[i]);
	}
	if (r->bound->ncolumns > 0)
		put_columns(b, version, r->bound);
	sst_put_u32(b, rows ? GLOBAL_TABLE : NO_METADATA);
	sst_put_u32(b, rows ? (uint32_t)result->ncolumns : 0);
	if (rows)
		put_columns(b, version, result);
}
