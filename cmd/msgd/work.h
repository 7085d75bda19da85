/* cmd/msgd/work.h: what the owner of partitions does with a leg. */
#ifndef MSGD_WORK_H
#define MSGD_WORK_H

#include "msgd/task.h"

/* Runs it; sooner or later msgd_leg_done is called. */
void msgd_work_run(struct msgd_shard *here, struct msgd_leg *);

/* The statement of a part as it is at this shard, held; NULL: see the refusal. */
struct msgd_statement *msgd_work_statement(
    struct msgd_shard *here, const struct msgd_part *, struct msgd_refusal *);

#endif
