/*
 * libsst/wire/answer.h: what a server answers: bodies of responses into a struct, for a client.
 * Everything borrows from the body.  formats/native-protocol.md has the fields of each.
 */
#ifndef SST_WIRE_ANSWER_H
#define SST_WIRE_ANSWER_H

#include "codec/in.h"
#include "wire/envelope.h"
#include "wire/response.h"

struct sst_answer {
	uint8_t opcode;
	/* ERROR */
	uint32_t error; /* an enum sst_wire_error, or what somebody sent */
	struct sst_slice message;
	/* RESULT */
	uint32_t kind; /* an enum sst_result_kind */
	/* RESULT of rows */
	uint32_t ncolumns, nrows;
	struct sst_slice paging_state; /* p == NULL: no more pages */
	bool changed;                  /* the columns are others than when it was prepared */
	struct sst_in values;          /* the rows: nrows * ncolumns values */
	/* RESULT of PREPARE */
	struct sst_slice id, result_id; /* result_id from version 5 on */
};

/*
 * Parses the body of env, which is decompressed already; tracing id, warnings and custom payload before
 * it are passed over.  SST_EDAMAGED or SST_ESHORT for a body that does not hold what it says.
 */
int sst_answer_parse(struct sst_answer *, const struct sst_envelope *, struct sst_err *);

/* The next value of the rows, p == NULL is null.  -1 and SST_ESHORT when they end before. */
int sst_answer_value(struct sst_answer *, struct sst_slice *value, struct sst_err *);

#endif
