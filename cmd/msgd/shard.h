/*
 * cmd/msgd/shard.h: a thread that owns a part of the token range, and everything for it: the store,
 * connections, statements.  Nothing of it is touched by other threads, which send letters.
 *
 *	wait -> read requests, run them -> open letters -> settle the log -> write answers -> wait
 *
 * So one write to the log, one to each connection and one ring of each bell serve all requests of a
 * turn.
 */
#ifndef MSGD_SHARD_H
#define MSGD_SHARD_H

#include <pthread.h>

#include "msgd/crew.h"
#include "msgd/flusher.h"
#include "msgd/loop.h"
#include "msgd/node.h"
#include "msgd/prepared.h"

#define MSGD_READ_MAX ((size_t)256 << 10) /* bytes that are read from a connection at once */

struct msgd_coalescer;
struct msgd_conn;
struct msgd_flush_job;
struct msgd_gate;
struct msgd_leg;
struct msgd_localdb;
struct msgd_reach;
struct msgd_reading;
struct msgd_selfdb;
struct msgd_sentry;
struct msgd_task;

struct msgd_sync {           /* of the log, in a crew */
	struct msgd_job job; /* first */
	int fd, result;
	bool under_way, failed;
	int64_t failed_us; /* the last time, by the steady clock */
};

/* What happened here since the start. */
struct msgd_counts {
	_Atomic uint64_t requests, syncs, writes;           /* writes: partitions changed */
	_Atomic uint64_t reads, executed, joined, repeated; /* coalesce.h: reads are the sum */
	_Atomic uint64_t warnings;                          /* of tombstones */
	_Atomic uint64_t fetched, waited; /* fetch.h: out of the page cache; by the crew */
	_Atomic uint64_t output;          /* bytes of answers that wait for clients, now */
};

/* Only the shard itself counts; others may look. */
static inline void
msgd_count(_Atomic uint64_t *n)
{
	atomic_store_explicit(
	    n, atomic_load_explicit(n, memory_order_relaxed) + 1, memory_order_relaxed);
}

struct msgd_shard {
	struct msgd_node *node;
	unsigned no;
	int64_t left, right; /* tokens: left < token <= right; equal: all */
	pthread_t thread;
	struct msgd_loop loop;

	struct sst_store *store;
	struct sst_db *db;          /* the store's */
	struct msgd_reach *far;     /* of all shards */
	struct msgd_localdb *local; /* of this shard's part */
	struct msgd_selfdb *self;   /* the system tables */
	uint64_t generation;        /* of the schema */
	struct msgd_prepared prepared;
	struct msgd_coalescer *coalescer;

	struct msgd_conn *conns, *dirty, *dead;
	struct msgd_task *spare; /* tasks to be used again */
	size_t nstreams; /* of the store that may be open: of readings, and for other shards */
	size_t nspare, inflight;
	/* For the end, which waits until there are none: tasks, and letters that are to come back. */
	_Atomic size_t ntasks, nabroad;
	struct msgd_reading *reading;            /* that runs now */
	struct msgd_reading *ready, **ready_end; /* gave way to others */
	struct msgd_reading *spare_readings;
	struct msgd_leg *unsynced, **unsynced_end; /* wait for the log, oldest first */
	struct sst_logpos applied;                 /* of the newest change */

	/* Of the schema before, until nothing uses it: adopt.h. */
	size_t new_statements, old_statements, old_streams;
	bool retires;
	const struct msgd_gate *gate; /* NULL: open */
	struct msgd_leg *held, **held_end;

	struct msgd_flush_job *flush; /* that a crew writes, or NULL */
	struct msgd_flush_wait *flush_waits;
	struct msgd_flush_wait replayed; /* what a crash left of the log */
	bool flushes;                    /* there is more to do for one, at once */

	struct msgd_sentry *sentry; /* shard 0's */
	struct msgd_sync sync;
	_Atomic(struct msgd_job *) finished; /* by crews; the last one on top */
	size_t njobs;                        /* with crews */
	struct msgd_counts counts;

	/* Letters that wait for room in a ring, by shard; and whose bells are to be rung. */
	struct msgd_letter **waiting, ***waiting_end;
	bool *ring;
	bool any_waiting;

	/* Of this turn: what is written bears the one, and what lasts is measured by the other. */
	int64_t now_us, steady_us;
	int64_t swept_us;      /* when connections were looked through */
	int64_t last_us;       /* the last time given to a write */
	uint64_t last_element; /* and to an element of a list, in 100 ns */
	uint64_t element_node; /* what tells its time UUIDs from those of others */

	uint8_t *input;           /* MSGD_READ_MAX */
	struct sst_arena scratch; /* of one statement */
	struct sst_buf body, zip; /* of one answer */
	bool draining, disconnected, quit;
};

/* Of what is under way: the shard itself counts; who sees that it is over sees all that came before. */
static inline void
msgd_begun(_Atomic size_t *n)
{
	atomic_store_explicit(
	    n, atomic_load_explicit(n, memory_order_relaxed) + 1, memory_order_relaxed);
}

static inline void
msgd_over(_Atomic size_t *n)
{
	atomic_store_explicit(
	    n, atomic_load_explicit(n, memory_order_relaxed) - 1, memory_order_release);
}

/* Begins with what node and no say; makes nothing that needs the others. */
int msgd_shard_init(struct msgd_shard *, struct msgd_node *, unsigned no, struct sst_err *);
int msgd_shard_start(struct msgd_shard *, struct sst_err *);
/* Once its thread has ended. */
void msgd_shard_clear(struct msgd_shard *);

/* Letters of the main thread: what is asked is still answered, nothing new is read; who is still there
 * is disconnected, and what was asked is given up; the thread ends. */
void msgd_shard_drain(struct msgd_shard *, struct msgd_letter *);
void msgd_shard_disconnect(struct msgd_shard *, struct msgd_letter *);
void msgd_shard_quit(struct msgd_shard *, struct msgd_letter *);

/* Sends a letter at the end of this turn, at the latest. */
void msgd_shard_send(struct msgd_shard *, unsigned to, struct msgd_letter *);

/* A write time that no other write here has had, in µs. */
int64_t msgd_shard_write_time(struct msgd_shard *);
/* The first of n times for elements of lists: query/modify.h. */
uint64_t msgd_shard_element_time(struct msgd_shard *, size_t n);

#endif
