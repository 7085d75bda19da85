/*
 * libsst/wire/request.h: what clients ask: bodies of requests into structs.  Everything borrows from
 * the body and the arena.  formats/native-protocol.md has the fields of each.
 */
#ifndef SST_WIRE_REQUEST_H
#define SST_WIRE_REQUEST_H

#include "base/arena.h"
#include "wire/envelope.h"

enum { /* flags of a query's parameters */
	SST_QUERY_VALUES = 0x01,
	SST_QUERY_SKIP_METADATA = 0x02,
	SST_QUERY_PAGE_SIZE = 0x04,
	SST_QUERY_PAGING_STATE = 0x08,
	SST_QUERY_SERIAL = 0x10,
	SST_QUERY_TIMESTAMP = 0x20,
	SST_QUERY_NAMES = 0x40,
	SST_QUERY_KEYSPACE = 0x80, /* version 5 */
	SST_QUERY_NOW = 0x100      /* version 5 */
};

struct sst_wire_value {
	struct sst_slice name;  /* n == 0: by position */
	struct sst_slice value; /* p == NULL: null */
	bool unset;             /* as if the column had not been named */
};

struct sst_query_params {
	uint16_t consistency, serial;
	uint32_t flags; /* of the above */
	size_t nvalues;
	struct sst_wire_value *values;
	int32_t page_size;             /* rows; 0: no paging */
	struct sst_slice paging_state; /* p == NULL: from the start */
	int64_t ts_us;
	struct sst_slice keyspace; /* n == 0: the connection's */
	int32_t now_s;
};

struct sst_batch_part {
	struct sst_slice text; /* p == NULL: prepared */
	struct sst_slice id;
	size_t nvalues;
	struct sst_wire_value *values;
};

enum sst_batch_type {
	SST_BATCH_LOGGED,
	SST_BATCH_UNLOGGED,
	SST_BATCH_COUNTER
};

struct sst_wire_string_pair {
	struct sst_slice key, value;
};

struct sst_request {
	uint8_t opcode;
	struct sst_slice text;                /* QUERY, PREPARE */
	struct sst_slice id, result_id;       /* EXECUTE; result_id from version 5 on */
	struct sst_slice token;               /* AUTH_RESPONSE */
	struct sst_query_params params;       /* QUERY, EXECUTE, BATCH; of PREPARE only keyspace */
	enum sst_batch_type batch;            /* BATCH */
	size_t nparts;                        /* BATCH */
	struct sst_batch_part *parts;         /* BATCH */
	size_t noptions;                      /* STARTUP */
	struct sst_wire_string_pair *options; /* STARTUP */
	size_t nevents;                       /* REGISTER */
	struct sst_slice *events;             /* REGISTER */
};

/*
 * Parses the body of env, which is decompressed already; a custom payload before it is passed over.
 * SST_EINVAL for an opcode that is no request, SST_EDAMAGED or SST_ESHORT for a body that does not
 * hold what it says, SST_ENOMEM: to the client all but the last are protocol errors.
 */
int sst_request_parse(
    struct sst_request *, struct sst_arena *, const struct sst_envelope *, struct sst_err *);

/* The value of a STARTUP option, names in any case; p == NULL when it is not there. */
struct sst_slice sst_request_option(const struct sst_request *, const char *name);

#endif
