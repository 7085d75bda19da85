/*
 * cmd/msgd/define.h: changes of the schema, and TRUNCATE: one after the other, at shard 0.
 *
 *	gate	writes to the tables that are changed wait, and what was written is flushed	every shard
 *	define	the disk, in a crew of one							shard 0
 *	adopt	the new schema, new plans, system tables; writes go on, events are sent	every shard
 *
 * store/define.h says why in this order.
 */
#ifndef MSGD_DEFINE_H
#define MSGD_DEFINE_H

#include "cql/schema.h"
#include "msgd/task.h"

struct msgd_definer;

/* The schema that the directory has, which shards take over as they start. */
int msgd_definer_new(struct msgd_definer **, struct msgd_node *, struct sst_err *);
void msgd_definer_free(struct msgd_definer *); /* NULL is fine */
const struct sst_schema *msgd_definer_schema(const struct msgd_definer *);

/* At shard 0: takes over a leg whose statement defines or truncates. */
void msgd_define(struct msgd_shard *, struct msgd_leg *);

#endif
