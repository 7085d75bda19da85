/* cmd/msgd/crew.c: a queue under a lock, and what is done on a list without. */
#include "msgd/crew.h"

#include <string.h>

#include "msgd/shard.h"

static struct msgd_job *
next_job(struct msgd_crew *c)
{
	struct msgd_job *j;

	pthread_mutex_lock(&c->lock);
	while (c->first == NULL && !c->quit)
		pthread_cond_wait(&c->more, &c->lock);
	if ((j = c->first) != NULL && (c->first = j->next) == NULL)
		c->last = &c->first;
	pthread_mutex_unlock(&c->lock);
	return j;
}

static void
bring_back(struct msgd_job *j)
{
	struct msgd_shard *s = j->shard;
	struct msgd_job *top = atomic_load_explicit(&s->finished, memory_order_relaxed);

	do
		j->next = top;
	while (!atomic_compare_exchange_weak_explicit(
	    &s->finished, &top, j, memory_order_release, memory_order_relaxed));
	msgd_loop_ring(&s->loop);
}

static void *
run(void *arg)
{
	struct msgd_job *j;

	while ((j = next_job(arg)) != NULL) {
		j->work(j);
		bring_back(j);
	}
	return NULL;
}

int
msgd_crew_start(struct msgd_crew *c, unsigned nthreads, struct sst_err *e)
{
	int r;

	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->more, NULL);
	c->last = &c->first;
	c->made = true;
	for (; c->nthreads < nthreads; c->nthreads++)
		if ((r = pthread_create(&c->threads[c->nthreads], NULL, run, c)) != 0) {
			sst_fail(e, SST_ESYS, NULL, SST_NOWHERE, "a thread cannot be started");
			e->sys = r;
			return -1;
		}
	return 0;
}

void
msgd_crew_stop(struct msgd_crew *c)
{
	if (!c->made)
		return;
	pthread_mutex_lock(&c->lock);
	c->quit = true;
	pthread_cond_broadcast(&c->more);
	pthread_mutex_unlock(&c->lock);
	while (c->nthreads > 0)
		pthread_join(c->threads[--c->nthreads], NULL);
	pthread_cond_destroy(&c->more);
	pthread_mutex_destroy(&c->lock);
	c->made = false;
}

void
msgd_crew_give(struct msgd_crew *c, struct msgd_shard *s, struct msgd_job *j)
{
	j->shard = s;
	j->next = NULL;
	s->njobs++;
	pthread_mutex_lock(&c->lock);
	*c->last = j;
	c->last = &j->next;
	pthread_cond_signal(&c->more);
	pthread_mutex_unlock(&c->lock);
}

void
msgd_crew_take(struct msgd_shard *s)
{
	struct msgd_job *j, *next, *in_order = NULL;

	if (atomic_load_explicit(&s->finished, memory_order_relaxed) == NULL)
		return;
	j = atomic_exchange_explicit(&s->finished, NULL, memory_order_acquire);
	for (; j != NULL; j = next) { /* the last one is on top */
		next = j->next;
		j->next = in_order;
		in_order = j;
	}
	for (j = in_order; j != NULL; j = next) {
		next = j->next;
		s->njobs--;
		j->done(s, j);
	}
}

bool
msgd_crew_has_done(const struct msgd_shard *s)
{
	return atomic_load_explicit(&s->finished, memory_order_relaxed) != NULL;
}
