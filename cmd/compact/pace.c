/* cmd/compact/pace.c: the clock, the scheduler and signals. */
#define _GNU_SOURCE /* SCHED_IDLE, syscall */
#include "compact/pace.h"

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define S_NS INT64_C(1000000000)
#define IOPRIO_WHO_PROCESS 1 /* linux/ioprio.h, which Debian 12 has, but older systems have not */
#define IOPRIO_IDLE (3 << 13)

static volatile sig_atomic_t stopped;

static void
on_signal(int sig)
{
	stopped = sig;
}

void
pace_catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
}

bool
pace_stopped(void)
{
	return stopped != 0;
}

/* What the system does not have is no reason not to work. */
void
pace_be_idle(void)
{
	struct sched_param none = { 0 };

	(void)sched_setscheduler(0, SCHED_IDLE, &none);
	(void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_IDLE);
}

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * S_NS + t.tv_nsec;
}

double
pace_seconds(void)
{
	return (double)now_ns() / (double)S_NS;
}

void
pace_sleep_ms(int64_t ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL); /* a signal ends it early */
}

void
pace_start(struct pace *p, uint64_t total, bool quiet)
{
	tool_progress_start(&p->progress, "rows", total, quiet || p->hidden);
	p->start_ns = now_ns();
	p->start_bytes = 0;
}

/* Sleeps until so many bytes were due; a verifying pass counts from 0 again. */
static void
slow_down(struct pace *p, uint64_t bytes)
{
	int64_t due_ms, now_ms;

	if (bytes < p->start_bytes) {
		p->start_ns = now_ns();
		p->start_bytes = 0;
	}
	due_ms = (int64_t)((double)bytes / (double)p->rate * 1000);
	while ((now_ms = (now_ns() - p->start_ns) / 1000000) < due_ms && !pace_stopped())
		pace_sleep_ms(due_ms - now_ms < 500 ? due_ms - now_ms : 500);
	p->start_bytes = bytes;
}

int
pace_step(void *arg, uint64_t bytes, uint64_t rows, struct sst_err *e)
{
	struct pace *p = arg;

	if (p->rate > 0)
		slow_down(p, bytes);
	if (pace_stopped())
		return sst_fail(e, SST_EBUSY, NULL, SST_NOWHERE, "stopped by a signal");
	tool_progress_step(&p->progress, rows, bytes);
	return 0;
}

void
pace_end(struct pace *p)
{
	tool_progress_end(&p->progress);
}
