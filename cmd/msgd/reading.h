/*
 * cmd/msgd/reading.h: a SELECT that runs at a shard.  It stops where it would have to wait, and every
 * now and then for others, and goes on from there.
 */
#ifndef MSGD_READING_H
#define MSGD_READING_H

#include "msgd/task.h"

struct msgd_reading;

void msgd_reading_start(struct msgd_shard *, struct msgd_leg *);
/* What it waited for has come. */
void msgd_reading_go_on(struct msgd_reading *);
/* Those that gave way to others go on. */
void msgd_reading_turn(struct msgd_shard *);
void msgd_reading_free_spare(struct msgd_shard *);

#endif
