/* cmd/msgd/dispatch.h: where a request goes: to the shards that own its partitions. */
#ifndef MSGD_DISPATCH_H
#define MSGD_DISPATCH_H

#include "msgd/task.h"

/* Takes over a task whose request is parsed. */
void msgd_dispatch(struct msgd_task *);

#endif
