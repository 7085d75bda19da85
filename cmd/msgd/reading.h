/*
 * cmd/msgd/reading.h: a SELECT that runs at a shard.  It stops where it would have to wait, and every
 * now and then for others, and goes on from there.
 */
#ifndef MSGD_READING_H
#define MSGD_READING_H

#include "row/db.h"

struct msgd_leg;
struct msgd_reading;
struct msgd_shard;

/* This shard's own part as a db, whose reads are counted for the reading that runs. */
struct msgd_localdb {
	struct sst_db db; /* first */
	struct msgd_shard *shard;
};
void msgd_localdb_init(struct msgd_localdb *, struct msgd_shard *);

/* Of the schema that its plan is made for. */
uint64_t msgd_reading_generation(const struct msgd_reading *);
/* What others met who read for it. */
void msgd_reading_add(struct msgd_reading *, const struct sst_read_stats *);

void msgd_reading_start(struct msgd_shard *, struct msgd_leg *);
/* What it waited for has come. */
void msgd_reading_go_on(struct msgd_reading *);
/* Those that gave way to others go on. */
void msgd_reading_turn(struct msgd_shard *);
void msgd_reading_free_spare(struct msgd_shard *);

#endif
