/*
 * cmd/msgd/task.h: a request that is being worked on, from the connection it came by to the answer.
 *
 *	home shard:  parse -> which shards own its partitions -> a leg to each
 *	an owner:    run the leg -> wait for disk or log -> send it back
 *	home shard:  when the last leg is back: answer
 *
 * The task belongs to its home; owners read it while their leg is out, and write to the leg only.
 */
#ifndef MSGD_TASK_H
#define MSGD_TASK_H

#include "msgd/conn.h"
#include "msgd/statement.h"
#include "row/db.h"
#include "wire/request.h"

struct msgd_part { /* a statement with its arguments: one, or several of a BATCH */
	struct msgd_statement *statement; /* the home's, held */
	const struct sst_argument *args;
};

enum msgd_command { /* command.h */
	MSGD_NO_COMMAND,
	MSGD_FLUSH,
	MSGD_SNAPSHOT,
	MSGD_EXTENT
};

struct msgd_leg {
	struct msgd_letter letter; /* first */
	struct msgd_task *task;
	struct msgd_leg *next; /* in a queue of the owner */
	struct sst_logpos pos; /* durable from here on */
	uint8_t opcode;        /* of the answer */
	uint8_t flags;         /* and of its envelope */
	struct sst_buf answer; /* its body */
};

struct msgd_task {
	struct msgd_shard *home;
	struct msgd_conn *conn; /* counts its tasks, and stays until there are none */
	struct msgd_task *next; /* of those that are spare */
	uint8_t version;
	int16_t stream;
	size_t len; /* of the request's body */
	struct sst_arena arena;
	struct sst_request request;
	struct sst_slice keyspace; /* of names without one */
	enum msgd_command command;
	struct sst_slice operand; /* of the command */
	size_t nparts;
	struct msgd_part *parts;
	int64_t token; /* of a SELECT of one partition (single) */
	bool single;
	bool alone; /* a SELECT all of whose partitions one shard has: the leg's */
	/* Times of a change that several shards take part in; else ts_us is SST_NO_TS. */
	int64_t ts_us, now_s;
	uint64_t element_time;
	struct sst_instant at; /* for functions, of the first part */
	unsigned out;          /* legs that are not back */
	size_t nlegs;
	struct msgd_leg *legs; /* nlegs; or &leg */
	struct msgd_leg leg;
};

/* When and where a part runs, wherever that is worked out. */
static inline struct sst_instant
msgd_task_instant(const struct msgd_task *t, size_t part)
{
	return (struct sst_instant){ t->at.time + part * SST_CALLS_MAX, t->at.node };
}

/* How many elements of lists a plan of a part may make, and all of the task: 0 when none makes any. */
size_t msgd_part_elements(const struct msgd_task *, const struct msgd_part *);
size_t msgd_task_elements(const struct msgd_task *);

/* A task of a connection, counted there; NULL without memory. */
struct msgd_task *msgd_task_new(struct msgd_conn *);

/* Runs it at shard `to` alone; or at each of n shards. */
void msgd_task_send(struct msgd_task *, unsigned to);
void msgd_task_scatter(struct msgd_task *, const unsigned *to, size_t n);

/* At home: no leg is out, and the answer is given. */
void msgd_task_back(struct msgd_task *);

/* At the owner: the leg's answer is made. */
void msgd_leg_done(struct msgd_shard *, struct msgd_leg *);
/* The same with a body that is elsewhere, and opcode and flags of the leg. */
void msgd_leg_done_with(struct msgd_shard *, struct msgd_leg *, struct sst_slice body);
/* At the owner: the answer of a leg that failed. */
void msgd_leg_refuse(struct msgd_leg *, const struct msgd_refusal *);

/* At home: answers at once, with an error or with what the caller put into leg.answer, and ends it. */
void msgd_task_refuse(struct msgd_task *, const struct msgd_refusal *);
void msgd_task_answer(struct msgd_task *, uint8_t opcode);

void msgd_task_free_spare(struct msgd_shard *);

#endif
