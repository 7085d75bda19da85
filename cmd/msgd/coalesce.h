/*
 * cmd/msgd/coalesce.h: identical reads of a partition share one execution and one encoded answer.
 *
 *	a read that comes while the same one runs	waits for that one's answer
 *	… within the second in which it ran		is given the answer again
 *
 * but only if nothing was written to the partition since that execution began: a write counts as soon
 * as it is applied, which is before it is acknowledged, so that a read that begins after a write was
 * acknowledged sees it.  The second is that by which expiry is decided: answers of two seconds may
 * differ though nothing was written.
 *
 * Writes are counted by partition, many partitions to a counter: one that is written to by mistake of
 * that costs an execution, and nothing else.
 */
#ifndef MSGD_COALESCE_H
#define MSGD_COALESCE_H

#include "msgd/task.h"

struct msgd_coalescer;
struct msgd_shared; /* an execution, and its answer */

/* bytes: of answers that are kept. */
int msgd_coalescer_new(struct msgd_coalescer **, size_t bytes, struct sst_err *);
void msgd_coalescer_free(struct msgd_coalescer *); /* NULL is fine */

/* Something is written to the partition, now; or to all of them, or the schema changed. */
void msgd_coalesce_written(struct msgd_coalescer *, int64_t token);
void msgd_coalesce_forget(struct msgd_coalescer *);

enum msgd_coalesced {
	MSGD_RUN,    /* it is to be executed; *shared (NULL: nobody can share it) is to be ended */
	MSGD_JOINED, /* it is answered when the other one ends */
	MSGD_ANSWERED
};
/* Takes over the leg but of MSGD_RUN.  now_s: by which expiry is decided. */
enum msgd_coalesced msgd_coalesce_begin(
    struct msgd_shard *, struct msgd_leg *, int64_t now_s, struct msgd_shared **shared);
/* The leg's answer is made, but not yet sent: all that joined get it too. */
void msgd_coalesce_end(struct msgd_shard *, struct msgd_shared *, struct msgd_leg *);

#endif
