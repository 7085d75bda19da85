/*
 * cmd/msgd/crew.h: threads for what blocks: syncs of the log, flushes, reads of the disk, changes of the
 * schema.
 * A job goes to a crew and comes back to its shard; between the two it is the crew's.  There are locks
 * here, taken once a job, and none where requests run from memory.
 */
#ifndef MSGD_CREW_H
#define MSGD_CREW_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/err.h"

struct msgd_shard;

struct msgd_job {
	struct msgd_job *next;
	struct msgd_shard *shard;
	void (*work)(struct msgd_job *);                      /* in a thread of the crew */
	void (*done)(struct msgd_shard *, struct msgd_job *); /* then at the shard */
};

#define MSGD_CREW_MAX 256

struct msgd_crew {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct msgd_job *first, **last;
	unsigned nthreads;
	bool quit, made;
	pthread_t threads[MSGD_CREW_MAX];
};

int msgd_crew_start(struct msgd_crew *, unsigned nthreads, struct sst_err *);
/* Waits for the jobs under way; those that wait are done too. */
void msgd_crew_stop(struct msgd_crew *);

/* From a shard, to which it comes back. */
void msgd_crew_give(struct msgd_crew *, struct msgd_shard *, struct msgd_job *);
/* At the shard, once a turn: calls done for what came back. */
void msgd_crew_take(struct msgd_shard *);
bool msgd_crew_has_done(const struct msgd_shard *);

#endif
