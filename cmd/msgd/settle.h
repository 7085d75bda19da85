/*
 * cmd/msgd/settle.h: when writes are acknowledged: what waits for the log, and the syncs that it waits
 * for, which go on beside the loop.
 *
 *	periodic	a turn's writes go to the kernel in one write, and are answered
 *	group, batch	they wait for a sync; what comes meanwhile shares the next one
 */
#ifndef MSGD_SETTLE_H
#define MSGD_SETTLE_H

#include "msgd/task.h"

/* The leg's changes are in the log up to leg->pos: its answer waits for that to be settled. */
void msgd_settle_wait(struct msgd_shard *, struct msgd_leg *);
/* Once a turn. */
void msgd_settle_turn(struct msgd_shard *);
/* ms until there is something to do; -1: never. */
int msgd_settle_due_ms(const struct msgd_shard *);

#endif
