/*
 * cmd/msgd/mailbox.h: how threads that share nothing talk: letters in a ring of one writer and one
 * reader.
 *
 *	shard 0 ──ring──> shard 1		a ring for each pair and direction
 *	shard 0 <──ring── shard 1
 *
 * Whoever sends a letter does not touch it, nor what it points to, until it comes back.
 */
#ifndef MSGD_MAILBOX_H
#define MSGD_MAILBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define MSGD_MAILBOX_SLOTS 1024 /* a power of two */

struct msgd_shard;

struct msgd_letter {
	/* Called at the shard that it was sent to. */
	void (*open)(struct msgd_shard *, struct msgd_letter *);
	struct msgd_letter *next; /* of the sender, while the ring is full */
	unsigned from;
};

struct msgd_mailbox {
	_Alignas(64) _Atomic size_t taken; /* the reader's */
	_Alignas(64) _Atomic size_t put;   /* the writer's */
	_Alignas(64) struct msgd_letter *slots[MSGD_MAILBOX_SLOTS];
};

/* False when the ring is full. */
static inline bool
msgd_mailbox_put(struct msgd_mailbox *m, struct msgd_letter *l)
{
	size_t put = atomic_load_explicit(&m->put, memory_order_relaxed);

	if (put - atomic_load_explicit(&m->taken, memory_order_acquire) == MSGD_MAILBOX_SLOTS)
		return false;
	m->slots[put % MSGD_MAILBOX_SLOTS] = l;
	atomic_store_explicit(&m->put, put + 1, memory_order_release);
	return true;
}

/* NULL when there is none. */
static inline struct msgd_letter *
msgd_mailbox_take(struct msgd_mailbox *m)
{
	size_t taken = atomic_load_explicit(&m->taken, memory_order_relaxed);
	struct msgd_letter *l;

	if (taken == atomic_load_explicit(&m->put, memory_order_acquire))
		return NULL;
	l = m->slots[taken % MSGD_MAILBOX_SLOTS];
	atomic_store_explicit(&m->taken, taken + 1, memory_order_release);
	return l;
}

/* For the reader, before it sleeps and after it has said so. */
static inline bool
msgd_mailbox_is_empty(struct msgd_mailbox *m)
{
	return atomic_load_explicit(&m->taken, memory_order_relaxed) ==
	    atomic_load_explicit(&m->put, memory_order_acquire);
}

#endif
