/*
 * cmd/msgd/loop.h: what a shard waits on: descriptors that become ready, and a bell that other
 * threads ring.
 */
#ifndef MSGD_LOOP_H
#define MSGD_LOOP_H

#include <stdatomic.h>
#include <sys/epoll.h>

#include "base/err.h"

struct msgd_watch {
	int fd;
	/* Called with the events of epoll; must not free a watch of the same turn. */
	void (*ready)(struct msgd_watch *, uint32_t events);
};

struct msgd_loop {
	int ep;
	struct msgd_watch bell; /* an eventfd */
	/* Set before the last look at what is to be done, so that whoever adds something rings. */
	_Atomic bool asleep;
};

int msgd_loop_open(struct msgd_loop *, struct sst_err *);
void msgd_loop_close(struct msgd_loop *);

int msgd_loop_add(struct msgd_loop *, struct msgd_watch *, uint32_t events, struct sst_err *);
void msgd_loop_change(struct msgd_loop *, struct msgd_watch *, uint32_t events);
void msgd_loop_remove(struct msgd_loop *, struct msgd_watch *);

/* Waits for up to timeout_ms (-1: for ever), looks at the clocks, and calls whose descriptor is ready. */
int msgd_loop_turn(
    struct msgd_loop *, int timeout_ms, int64_t *now_us, int64_t *steady_us, struct sst_err *);

/* From any thread: the turn that waits ends; does nothing while none waits. */
void msgd_loop_ring(struct msgd_loop *);

#endif
