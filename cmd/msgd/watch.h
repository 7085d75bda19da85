/*
 * cmd/msgd/watch.h: SSTables that others publish and remove, as a compaction does: the tables' folders are
 * watched, and every shard takes over what is live now.
 */
#ifndef MSGD_WATCH_H
#define MSGD_WATCH_H

#include "msgd/shard.h"

struct msgd_sentry;

/* At shard 0, of the tables that its store has; and again when they are others. */
int msgd_sentry_new(struct msgd_sentry **, struct msgd_shard *, struct sst_err *);
void msgd_sentry_look(struct msgd_sentry *);
void msgd_sentry_free(struct msgd_sentry *); /* NULL is fine */

/* Once a turn; ms until there is something to do, -1: never. */
void msgd_sentry_turn(struct msgd_sentry *);
int msgd_sentry_due_ms(const struct msgd_sentry *);

#endif
