/*
 * cmd/msgd/adopt.h: what a shard does when the schema changes: writes to the tables in question wait at a
 * gate, plans are made anew, clients are told.
 */
#ifndef MSGD_ADOPT_H
#define MSGD_ADOPT_H

#include "cql/schema.h"
#include "msgd/task.h"

struct msgd_gate { /* tables by their ids; borrowed by all shards until it is open again */
	const struct sst_table **tables;
	size_t n;
};

/* From now on writes to these tables wait; what was written before is in SSTables. */
int msgd_gate_close(struct msgd_shard *, const struct msgd_gate *, struct sst_err *);
/* Those that wait are run. */
void msgd_gate_open(struct msgd_shard *);
/* Whether the leg writes to a table behind the gate: then it is put aside until that is open. */
bool msgd_gate_holds(struct msgd_shard *, struct msgd_leg *);

/* Takes over a schema; borrows nothing. */
int msgd_adopt(struct msgd_shard *, const struct sst_schema *, struct sst_err *);
int msgd_adopt_truncated(
    struct msgd_shard *, const struct msgd_gate *, uint64_t upto, struct sst_err *);
/* Events for those who asked for them. */
void msgd_adopt_tell(struct msgd_shard *, const struct sst_schema_change *);
/* Once a turn: what is left of the schema before goes when no stream and no plan uses it. */
void msgd_adopt_turn(struct msgd_shard *);

#endif
