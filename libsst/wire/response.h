/*
 * libsst/wire/response.h: what the server answers: bodies appended to a buffer, behind a header that
 * sst_envelope_begin wrote.  Without memory the buffer is `bad`.  formats/native-protocol.md has the
 * fields of each.
 */
#ifndef SST_WIRE_RESPONSE_H
#define SST_WIRE_RESPONSE_H

#include "codec/out.h"
#include "schema/table.h"
#include "wire/envelope.h"

enum sst_wire_error {
	SST_WIRE_SERVER_ERROR = 0x0000,
	SST_WIRE_PROTOCOL_ERROR = 0x000a,
	SST_WIRE_UNAVAILABLE = 0x1000,
	SST_WIRE_OVERLOADED = 0x1001,
	SST_WIRE_IS_BOOTSTRAPPING = 0x1002,
	SST_WIRE_TRUNCATE_ERROR = 0x1003,
	SST_WIRE_WRITE_TIMEOUT = 0x1100,
	SST_WIRE_READ_TIMEOUT = 0x1200,
	SST_WIRE_READ_FAILURE = 0x1300,
	SST_WIRE_WRITE_FAILURE = 0x1500,
	SST_WIRE_SYNTAX_ERROR = 0x2000,
	SST_WIRE_UNAUTHORIZED = 0x2100,
	SST_WIRE_INVALID = 0x2200,
	SST_WIRE_CONFIG_ERROR = 0x2300,
	SST_WIRE_ALREADY_EXISTS = 0x2400,
	SST_WIRE_UNPREPARED = 0x2500
};

/* An error's code and message; the codes with more fields have functions of their own below. */
void sst_response_error(struct sst_buf *, enum sst_wire_error, struct sst_slice message);
/* One node was asked and failed. */
void sst_response_read_failure(
    struct sst_buf *, uint8_t version, uint16_t consistency, struct sst_slice message);
void sst_response_write_failure(struct sst_buf *, uint8_t version, uint16_t consistency,
    const char *write_type, struct sst_slice message);
void sst_response_already_exists(
    struct sst_buf *, struct sst_slice keyspace, struct sst_slice table, struct sst_slice message);
void sst_response_unprepared(struct sst_buf *, struct sst_slice id, struct sst_slice message);

/* SUPPORTED: names with lists of values. */
struct sst_supported {
	const char *name;
	size_t n;
	const char *const *values;
};
void sst_response_supported(struct sst_buf *, const struct sst_supported *, size_t n);

enum sst_result_kind {
	SST_RESULT_VOID = 1,
	SST_RESULT_ROWS = 2,
	SST_RESULT_SET_KEYSPACE = 3,
	SST_RESULT_PREPARED = 4,
	SST_RESULT_SCHEMA_CHANGE = 5
};

void sst_response_void(struct sst_buf *);
void sst_response_set_keyspace(struct sst_buf *, struct sst_slice keyspace);

struct sst_schema_change {
	const char *change;              /* CREATED, UPDATED, DROPPED */
	const char *target;              /* KEYSPACE, TABLE, TYPE */
	struct sst_slice keyspace, name; /* name.n == 0 for a keyspace */
};

void sst_response_schema_change(struct sst_buf *, const struct sst_schema_change *);
void sst_response_schema_event(struct sst_buf *, const struct sst_schema_change *);

/* A column of a result, or of what a prepared statement wants to be given. */
struct sst_result_column {
	struct sst_slice name;
	const struct sst_type *type;
};

struct sst_result_metadata {
	struct sst_slice keyspace, table;
	size_t ncolumns;
	const struct sst_result_column *columns;
};

struct sst_rows_header {
	const struct sst_result_metadata *metadata;
	bool skip_metadata;
	struct sst_slice paging_state; /* p == NULL: no more pages */
	struct sst_slice new_id;       /* version 5: the metadata have changed; p == NULL: no */
};

/* RESULT of rows, up to the number of rows, which is 0 until sst_response_rows_end(at) sets it. */
size_t sst_response_rows_begin(struct sst_buf *, uint8_t version, const struct sst_rows_header *);
void sst_response_rows_end(struct sst_buf *, size_t at, uint32_t nrows);
/* A value of a row; p == NULL is null. */
static inline void
sst_response_value(struct sst_buf *b, struct sst_slice s)
{
	sst_put_u32(b, s.p == NULL ? UINT32_MAX : (uint32_t)s.n);
	sst_buf_add_slice(b, s);
}

struct sst_prepared_reply {
	struct sst_slice id, result_id; /* result_id from version 5 on */
	const struct sst_result_metadata *bound, *result;
	size_t npk;
	const uint16_t
	    *pk; /* which of the bound values are the partition key, in order; version 4 */
};

void sst_response_prepared(struct sst_buf *, uint8_t version, const struct sst_prepared_reply *);

/* A type, as [option]: formats/native-protocol.md.  One that a version has not yet goes by class. */
void sst_response_type(struct sst_buf *, uint8_t version, const struct sst_type *);

#endif
