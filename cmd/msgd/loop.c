/* cmd/msgd/loop.c: epoll. */
#include "msgd/loop.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"

#define EVENTS_MAX 128 /* of a turn */

static void
hear_bell(struct msgd_watch *w, uint32_t events)
{
	uint64_t n;

	(void)events;
	while (read(w->fd, &n, sizeof(n)) == -1 && errno == EINTR)
		;
}

static int
fail(struct sst_err *e, const char *what)
{
	return sst_fail(e, SST_ESYS, NULL, SST_NOWHERE, "%s", what);
}

int
msgd_loop_open(struct msgd_loop *l, struct sst_err *e)
{
	l->bell = (struct msgd_watch){ -1, hear_bell };
	atomic_init(&l->asleep, false);
	if ((l->ep = epoll_create1(EPOLL_CLOEXEC)) == -1)
		return fail(e, "epoll_create1");
	if ((l->bell.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1)
		return fail(e, "eventfd");
	return msgd_loop_add(l, &l->bell, EPOLLIN, e);
}

void
msgd_loop_close(struct msgd_loop *l)
{
	if (l->bell.fd != -1)
		close(l->bell.fd);
	if (l->ep != -1)
		close(l->ep);
	l->bell.fd = l->ep = -1;
}

int
msgd_loop_add(struct msgd_loop *l, struct msgd_watch *w, uint32_t events, struct sst_err *e)
{
	struct epoll_event ev = { .events = events, .data.ptr = w };

	return epoll_ctl(l->ep, EPOLL_CTL_ADD, w->fd, &ev) == 0 ? 0 : fail(e, "epoll_ctl");
}

void
msgd_loop_change(struct msgd_loop *l, struct msgd_watch *w, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = w };

	epoll_ctl(l->ep, EPOLL_CTL_MOD, w->fd, &ev);
}

void
msgd_loop_remove(struct msgd_loop *l, struct msgd_watch *w)
{
	epoll_ctl(l->ep, EPOLL_CTL_DEL, w->fd, NULL);
}

int
msgd_loop_turn(
    struct msgd_loop *l, int timeout_ms, int64_t *now_us, int64_t *steady_us, struct sst_err *e)
{
	struct epoll_event ev[EVENTS_MAX];
	int n = epoll_wait(l->ep, ev, EVENTS_MAX, timeout_ms);

	atomic_store_explicit(&l->asleep, false, memory_order_relaxed);
	*now_us = sst_now_us();
	*steady_us = sst_steady_us();
	if (n == -1)
		return errno == EINTR ? 0 : fail(e, "epoll_wait");
	for (int i = 0; i < n; i++) {
		struct msgd_watch *w = ev[i].data.ptr;

		w->ready(w, ev[i].events);
	}
	return 0;
}

void
msgd_loop_ring(struct msgd_loop *l)
{
	uint64_t one = 1;

	/* After what was added, before the flag is read: mailbox.h has the other half. */
	atomic_thread_fence(memory_order_seq_cst);
	if (!atomic_exchange(&l->asleep, false))
		return;
	while (write(l->bell.fd, &one, sizeof(one)) == -1 && errno == EINTR)
		;
}
