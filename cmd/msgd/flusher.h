/*
 * cmd/msgd/flusher.h: memtables become SSTables beside the loop (store/flushing.h): the shard sorts
 * one, a little in each turn, a crew's thread writes it, and the shard takes the SSTable over.
 */
#ifndef MSGD_FLUSHER_H
#define MSGD_FLUSHER_H

#include "base/err.h"
#include "store/store.h"

struct msgd_shard;

struct msgd_flush_wait { /* the caller's, until done is called */
	struct msgd_flush_wait *next;
	uint64_t ticket;
	/* All that was in memory is in SSTables; or, unless e is NULL, it could not be. */
	void (*done)(struct msgd_shard *, struct msgd_flush_wait *, const struct sst_err *e);
};

/* Of the store that the shard is going to open. */
void msgd_flusher_opts(struct msgd_shard *, struct sst_store_opts *);

/* Flushes all that is in memory now. */
void msgd_flusher_ask(struct msgd_shard *, struct msgd_flush_wait *);

/* Once a turn, when what it takes in has been taken in. */
void msgd_flusher_turn(struct msgd_shard *);

/* Nobody is kept waiting when the shard ends. */
void msgd_flusher_clear(struct msgd_shard *);

#endif
