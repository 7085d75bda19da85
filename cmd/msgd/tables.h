/* cmd/msgd/tables.h: the schema as a shard tells it to clients. */
#ifndef MSGD_TABLES_H
#define MSGD_TABLES_H

#include "msgd/shard.h"

/* Fills the system tables from what the store has. */
int msgd_tables_take(struct msgd_shard *, struct sst_err *);

#endif
