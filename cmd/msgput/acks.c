/* cmd/msgput/acks.c: a queue of ids; its head is printed when the store says how far it is. */
#define _GNU_SOURCE /* ppoll */
#include "msgput/acks.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/digits.h"
#include "commitlog/log.h"

struct ack {
	struct sst_logpos pos;
	int64_t id;
};

static void
print_id(struct sst_buf *b, int64_t id)
{
	sst_digits_i64(b, id);
	sst_buf_addc(b, '\n');
}

static int
print_out(struct acks *a, struct sst_err *e)
{
	size_t done = 0;
	ssize_t n;
	int r = 0;

	if (a->out.bad)
		return sst_fail_nomem(e);
	while (done < a->out.n) {
		n = write(STDOUT_FILENO, a->out.p + done, a->out.n - done);
		if (n >= 0) {
			done += (size_t)n;
		} else if (errno != EINTR) {
			if (errno != EPIPE)
				r = sst_fail(
				    e, SST_ESYS, "standard output", SST_NOWHERE, "cannot write");
			a->print = false; /* nobody hears of the rest, but it is stored */
			a->pending.n = a->at = 0;
			break;
		}
	}
	a->out.n = 0;
	return r;
}

int
acks_settle(struct acks *a, struct sst_err *e)
{
	const struct ack *at = (const void *)a->pending.p;
	size_t n = a->pending.n / sizeof(*at);
	struct sst_logpos acked;

	a->unsettled = 0;
	if ((a->store != NULL ? sst_store_settle(a->store, &acked, e)
			      : a->db->ops->synced(a->db, &acked, e)) == -1)
		return -1;
	for (; a->at < n && sst_logpos_cmp(at[a->at].pos, acked) <= 0; a->at++)
		print_id(&a->out, at[a->at].id);
	if (a->at == n)
		a->pending.n = a->at = 0;
	return print_out(a, e);
}

/* Those that are printed make room once they are most of the queue. */
static void
compact(struct acks *a)
{
	size_t gone = a->at * sizeof(struct ack);

	if (gone < a->pending.n / 2 || gone == 0)
		return;
	a->pending.n -= gone;
	memmove(a->pending.p, a->pending.p + gone, a->pending.n);
	a->at = 0;
}

int
acks_add(struct acks *a, struct sst_logpos pos, int64_t id, struct sst_err *e)
{
	struct ack ack = { pos, id };

	a->last = pos;
	if (a->print) {
		if (a->pending.n == a->pending.cap)
			compact(a);
		sst_buf_add(&a->pending, &ack, sizeof(ack));
		if (a->pending.bad)
			return sst_fail_nomem(e);
	}
	return ++a->unsettled < ACKS_EVERY ? 0 : acks_settle(a, e);
}

static int
wait_ms(struct pollfd *fd, int ms, const sigset_t *open)
{
	struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	return ppoll(fd, 1, ms < 0 ? NULL : &t, open);
}

int
acks_wait(struct acks *a, int fd, struct sst_err *e)
{
	struct pollfd in = { .fd = fd, .events = POLLIN };
	sigset_t all, old;
	int n = 0, r = 0;

	if (poll(&in, 1, 0) != 0)
		return 0;
	/* a signal just before the wait must end it too */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	do {
		if (a->store == NULL && a->last.segment > 0 &&
		    (r = a->db->ops->sync(a->db, &a->last, e)) == -1)
			break;
		if ((r = acks_settle(a, e)) == -1)
			break;
		n = wait_ms(&in, a->store != NULL ? sst_store_due_ms(a->store) : -1, &old);
	} while (n == 0);
	if (r == 0 && n == -1)
		r = sst_fail(e, SST_ESYS, NULL, SST_NOWHERE, "cannot wait for input");
	sigprocmask(SIG_SETMASK, &old, NULL);
	return r;
}

int
acks_sync(struct acks *a, struct sst_err *e)
{
	/* without a log a sync is a flush, which comes anyway */
	if (a->last.segment > 0 && a->db->ops->sync(a->db, &a->last, e) == -1)
		return -1;
	return acks_settle(a, e);
}

void
acks_free(struct acks *a)
{
	sst_buf_free(&a->pending);
	sst_buf_free(&a->out);
}
