/*
 * cmd/msgput/acks.h: what was taken in but is not yet durable as --sync demands, in the order of the
 * log; with --ack, ids are printed as soon as they are.  When nobody reads them any more, messages are
 * stored all the same.
 */
#ifndef MSGPUT_ACKS_H
#define MSGPUT_ACKS_H

#include "store/store.h"
#include "tool/tool.h"

#define ACKS_EVERY 1000 /* messages that one settle, and so one sync, is for at most */

struct acks {
	bool print;
	struct sst_store *store; /* NULL: what serves the directory settles by itself */
	struct sst_db *db;
	struct sst_buf pending; /* of struct ack; those before `at` are printed */
	size_t at;
	size_t unsettled; /* taken in since the last settle */
	struct sst_logpos last;
	struct sst_buf out; /* ids to print */
};

/* A message was taken in, and is at pos.  Settles when it is time; 0, or -1: nothing more is durable. */
int acks_add(struct acks *, struct sst_logpos pos, int64_t id, struct sst_err *);
/* Before a read from fd: when there is nothing to read yet, all that was taken in becomes as durable as
 * --sync demands while we wait.  An interrupted wait is SST_ESYS with EINTR. */
int acks_wait(struct acks *, int fd, struct sst_err *);
/* No more is coming: what can be durable without a flush is, and then is acknowledged. */
int acks_sync(struct acks *, struct sst_err *);
/* Prints what is durable now, for instance since a flush. */
int acks_settle(struct acks *, struct sst_err *);
void acks_free(struct acks *);

#endif
