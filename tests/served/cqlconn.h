/*
 * tests/served/cqlconn.h: a connection to a CQL server, native protocol 4, as small as a test wants it;
 * of its own, so that what it tests is not judged by itself.  Requests are gathered and sent at once;
 * answers come in any order.  A failure of the connection is final: -1 from then on.
 */
#ifndef CQLCONN_H
#define CQLCONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CQLCONN_ERROR = 0,
	CQLCONN_READY = 2,
	CQLCONN_RESULT = 8
}; /* opcodes */
enum {
	CQLCONN_ROWS = 2
}; /* a kind of result */

struct cqlconn {
	int fd;
	uint8_t *out, *in;
	size_t nout, out_max, nin, at, in_max;
};

struct cqlconn_id { /* of a prepared statement */
	uint8_t bytes[32];
	uint16_t n;
};

/* Values of a request, each with its length, -1: null. */
struct cqlconn_values {
	uint8_t bytes[8192];
	size_t n;
	uint16_t count;
};

struct cqlconn_answer { /* points into the connection until the next answer is asked for */
	uint16_t stream;
	uint8_t opcode;
	const uint8_t *p, *end;
};

struct cqlconn_rows { /* of an answer that was asked for without metadata, or with it */
	const uint8_t *p, *end, *state;
	int32_t columns, rows, state_len;
	int32_t column; /* of the name that was asked for; -1: none */
};

int cqlconn_open(struct cqlconn *, const char *address, uint16_t port);
void cqlconn_close(struct cqlconn *);

void cqlconn_int(struct cqlconn_values *, int32_t);
void cqlconn_bigint(struct cqlconn_values *, int64_t);
void cqlconn_text(struct cqlconn_values *, const void *, size_t);

/* Adds a request to those to be sent; page 0: all rows at once. */
void cqlconn_query(struct cqlconn *, uint16_t stream, const char *cql);
void cqlconn_execute(struct cqlconn *, uint16_t stream, const struct cqlconn_id *,
    const struct cqlconn_values *, int32_t page, const uint8_t *state, int32_t state_len);
/* An unlogged or logged batch of one prepared statement with several rows of values. */
void cqlconn_batch(struct cqlconn *, uint16_t stream, bool logged, const struct cqlconn_id *,
    const struct cqlconn_values *, size_t n);
int cqlconn_send(struct cqlconn *);
/* The next answer: waits.  0, or -1 when the connection has ended. */
int cqlconn_next(struct cqlconn *, struct cqlconn_answer *);

/* Sends one statement and waits; text of an error goes to why: a refusal, or this. */
extern const char cqlconn_ended[];
int cqlconn_run(struct cqlconn *, const char *cql, char why[200]);
int cqlconn_prepare(struct cqlconn *, const char *cql, struct cqlconn_id *, char why[200]);

/* The answer's rows: 0; -1: it is no such answer.  With a name, and metadata in the answer, its column. */
int cqlconn_rows(const struct cqlconn_answer *, struct cqlconn_rows *, const char *name);
/* The next cell: its length, -1 for null, -2 when it is cut short. */
int32_t cqlconn_cell(struct cqlconn_rows *, const uint8_t **);
int64_t cqlconn_number(const uint8_t *, int32_t len);
/* Error's code; 0: it is none. */
uint32_t cqlconn_error(const struct cqlconn_answer *, char why[200]);

#endif
