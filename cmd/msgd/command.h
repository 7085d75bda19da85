/*
 * cmd/msgd/command.h: what the daemon itself is asked to do, by its own socket and by signals:
 *
 *	FLUSH			what is in memory becomes SSTables
 *	SNAPSHOT name		the same, and a snapshot of every table
 *	EXTENT keyspace.table	between which clusterings its rows lie: none or one row of two blobs
 *
 * They are QUERY texts, so that any client of the protocol can send them.
 */
#ifndef MSGD_COMMAND_H
#define MSGD_COMMAND_H

#include "msgd/task.h"

/* Whether the request is a command; then it is under way. */
bool msgd_command_start(struct msgd_task *);
/* At each shard: its part. */
void msgd_command_run(struct msgd_shard *here, struct msgd_leg *);
/* At home, when all legs are back and none has failed: true when there is more to do before the answer,
 * which then comes by itself. */
bool msgd_command_end(struct msgd_task *);

/* From the main thread: all shards flush, and complain where they cannot. */
void msgd_command_flush(struct msgd_node *);

#endif
