/*
 * cmd/msgd/statement.h: a statement's text, understood: what kind it is, and its plans over the tables
 * of the shard that it was made at.
 */
#ifndef MSGD_STATEMENT_H
#define MSGD_STATEMENT_H

#include "query/plan.h"
#include "wire/response.h"

#define MSGD_ID_LEN 16

struct msgd_shard;

enum msgd_statement_kind {
	MSGD_SELECT,
	MSGD_CHANGE, /* INSERT, UPDATE, DELETE, and BATCH of them */
	MSGD_USE,
	MSGD_DEFINE, /* CREATE, ALTER, DROP */
	MSGD_TRUNCATE
};

struct msgd_statement {
	struct msgd_shard *shard; /* that it was made at */
	unsigned refs;
	struct msgd_statement *chain, *newer, *older; /* of prepared.h */
	uint64_t generation;                          /* of the schema that it was made for */
	uint8_t id[MSGD_ID_LEN];                      /* of text and keyspace */
	uint8_t result_id[MSGD_ID_LEN];               /* of the result's columns */
	struct sst_arena arena;                       /* of all that follows */
	struct sst_slice text, keyspace;
	enum msgd_statement_kind kind;
	bool unplanned; /* only text and id are left of it: prepared.h */
	bool system;    /* a SELECT from system tables, which every shard has */
	bool lists;     /* makes elements of lists, which want times */
	bool if_new;    /* INSERT … IF NOT EXISTS */
	size_t looks;   /* plans that look at lists before they change them */
	bool calls;     /* of functions, which want an instant of their own */
	size_t nplans;
	struct sst_plan *
	    *plans; /* one; of a BATCH one for each part, all with the same arguments */
	size_t nmarks;
	struct sst_result_metadata bound, result;
	struct sst_slice use;          /* USE: the keyspace */
	struct sst_cql_name truncated; /* TRUNCATE: the table */
};

struct msgd_refusal { /* what goes wrong with a statement, for the client */
	enum sst_wire_error code;
	struct sst_err e;
};

/* keyspace is that of names without one; n == 0: there is none. */
int msgd_statement_make(struct msgd_statement **, struct msgd_shard *, struct sst_slice text,
    struct sst_slice keyspace, struct msgd_refusal *);
struct msgd_statement *msgd_statement_hold(struct msgd_statement *);
void msgd_statement_drop(struct msgd_statement *); /* NULL is fine */

void msgd_statement_id(
    uint8_t id[MSGD_ID_LEN], struct sst_slice text, struct sst_slice keyspace, struct sst_buf *);

/* The refusal that an error means; returns -1. */
int msgd_refuse(struct msgd_refusal *, enum sst_wire_error, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void msgd_refusal_put(struct sst_buf *, const struct msgd_refusal *);

#endif
