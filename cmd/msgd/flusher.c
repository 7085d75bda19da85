/* cmd/msgd/flusher.c: one flush under way at a time, and who waits for it. */
#include "msgd/flusher.h"

#include <stdlib.h>
#include <time.h>

#include "msgd/shard.h"

#define WAIT_NS 200000 /* between looks whether a flush that is waited for is written */

struct msgd_flush_job {
	struct msgd_job job; /* first */
	struct sst_flush *flush;
	_Atomic bool written;
};

/* In a thread of the crew. */
static void
write_it(struct msgd_job *job)
{
	struct msgd_flush_job *j = (struct msgd_flush_job *)job;

	sst_flush_write(j->flush);
	atomic_store_explicit(&j->written, true, memory_order_release);
}

/* In the order in which they asked. */
static void
tell(struct msgd_shard *s, const struct sst_err *e)
{
	struct msgd_flush_wait *w = s->flush_waits, *next, *left = NULL, **end = &left;

	s->flush_waits = NULL;
	for (; w != NULL; w = next) {
		next = w->next;
		if (e != NULL || sst_store_is_flushed(s->store, w->ticket)) {
			w->done(s, w, e);
			continue;
		}
		w->next = NULL;
		*end = w;
		end = &w->next;
	}
	*end = s->flush_waits; /* who asked meanwhile */
	s->flush_waits = left;
}

static void
fail(struct msgd_shard *s, const struct sst_err *e)
{
	msgd_node_log_error(e);
	tell(s, e);
}

static void
back(struct msgd_shard *s, struct msgd_job *job)
{
	struct msgd_flush_job *j = (struct msgd_flush_job *)job;
	bool waited = s->flush != j; /* then the store has gone on without us */
	struct sst_err e;

	free(j);
	if (waited)
		return;
	s->flush = NULL;
	if (sst_store_flush_end(s->store, &e) == -1)
		fail(s, &e);
}

/* ---- for the store ---- */

static bool
give(void *arg, struct sst_flush *flush)
{
	struct msgd_shard *s = arg;
	struct msgd_flush_job *j = calloc(1, sizeof(*j));

	if (j == NULL)
		return false;
	j->job = (struct msgd_job){ .work = write_it, .done = back };
	j->flush = flush;
	atomic_init(&j->written, false);
	s->flush = j;
	msgd_crew_give(&s->node->flushers, s, &j->job);
	return true;
}

/* It comes back from the crew later, to be freed. */
static void
wait_for_it(void *arg, struct sst_flush *flush)
{
	struct msgd_shard *s = arg;
	struct timespec t = { 0, WAIT_NS };

	(void)flush;
	while (!atomic_load_explicit(&s->flush->written, memory_order_acquire))
		nanosleep(&t, NULL);
	s->flush = NULL;
}

void
msgd_flusher_opts(struct msgd_shard *s, struct sst_store_opts *o)
{
	o->give = give;
	o->wait = wait_for_it;
	o->flush_arg = s;
}

/* ---- for the shard ---- */

void
msgd_flusher_ask(struct msgd_shard *s, struct msgd_flush_wait *w)
{
	struct msgd_flush_wait **end = &s->flush_waits;
	struct sst_err e;

	if (sst_store_flush_ask(s->store, &w->ticket, &e) == -1) {
		msgd_node_log_error(&e);
		w->done(s, w, &e);
		return;
	}
	w->next = NULL;
	while (*end != NULL)
		end = &(*end)->next;
	*end = w;
	s->flushes = true;
}

void
msgd_flusher_turn(struct msgd_shard *s)
{
	struct sst_err e;
	int r = sst_store_flush_turn(s->store, &e);

	s->flushes = r == SST_ONE;
	if (r == -1)
		fail(s, &e);
	else if (s->flush_waits != NULL)
		tell(s, NULL);
}

void
msgd_flusher_clear(struct msgd_shard *s)
{
	struct sst_err e;

	if (s->flush_waits == NULL)
		return;
	sst_fail(&e, SST_EBUSY, NULL, SST_NOWHERE, "the daemon ends");
	tell(s, &e);
}
