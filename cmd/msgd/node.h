/*
 * cmd/msgd/node.h: the daemon as a whole: what its shards share.  But for the mailboxes nothing here
 * changes once they run.
 */
#ifndef MSGD_NODE_H
#define MSGD_NODE_H

#include <pthread.h>

#include "live/lock.h"
#include "msgd/config.h"
#include "msgd/crew.h"
#include "msgd/mailbox.h"
#include "query/system.h"

#define MSGD_SHARDS_MAX 256

struct msgd_definer;
struct msgd_listeners;
struct sst_relics;

struct msgd_node {
	const struct msgd_config *config;
	struct sst_lock lock;
	struct sst_node self;              /* as the system tables tell it */
	struct msgd_address cql, by_shard; /* where it listens */
	struct msgd_listeners *listeners;  /* shard 0's */

	struct sst_slice schema; /* CQL of tables to make where they are missing */
	unsigned nshards;
	struct msgd_shard *shards;
	/* From i to k: mailboxes[i * nshards + k]; the last row is of the main thread. */
	struct msgd_mailbox *mailboxes;

	struct msgd_crew syncers;  /* one for each shard */
	struct msgd_crew flushers; /* the same */
	struct msgd_crew readers;
	struct msgd_crew definers;    /* one */
	struct msgd_definer *definer; /* shard 0's */

	/* What a crash left of the log, and was replayed: it goes when all shards have flushed. */
	struct sst_relics *relics;
	_Atomic unsigned unflushed; /* shards that have not */

	/* How the start and the end of the shards are kept in step. */
	pthread_barrier_t started;
	_Atomic unsigned failed;    /* shards that could not start, or died */
	_Atomic unsigned published; /* how often SSTables came or went */
	_Atomic unsigned nconns;    /* connections */
	_Atomic bool emptying;   /* a table goes, or its rows: no compaction is to be waited for */
	_Atomic unsigned untold; /* shards that have not opened the main thread's last letter */
};

static inline struct msgd_mailbox *
msgd_node_mailbox(struct msgd_node *n, unsigned from, unsigned to)
{
	return &n->mailboxes[from * n->nshards + to];
}

/* Prints a line to standard error, whole, whatever other threads print; under systemd for its journal. */
void msgd_node_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void msgd_node_log_error(const struct sst_err *);

#endif
