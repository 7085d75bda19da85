/*
 * cmd/msgd/reach.h: all shards' rows as one db, for a SELECT of several partitions: db.h for reading,
 * in which a stream asks the owners, one after the other, and waits for their letters.
 *
 *	home:   stream ──"the next rows"──> cursor at the owner
 *	                <──a batch of items──
 *
 * Batches are small, so that a scan of everything holds up nobody.
 */
#ifndef MSGD_REACH_H
#define MSGD_REACH_H

#include "msgd/shard.h"

struct msgd_reach;

int msgd_reach_new(struct msgd_reach **, struct msgd_shard *, struct sst_err *);
void msgd_reach_free(struct msgd_reach *); /* NULL is fine */
/* A stream that waits has the reading go on that ran last (shard.h: reading). */
struct sst_db *msgd_reach_db(struct msgd_reach *);

#endif
