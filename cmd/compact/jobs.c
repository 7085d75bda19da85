/* cmd/compact/jobs.c: threads that take one table after the other.  Tables share nothing. */
#include "compact/jobs.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct crew {
	pthread_mutex_t lock; /* of what follows */
	size_t next;
	int rc;
	/* These stay as they are. */
	const struct wishes *wishes;
	const struct places *places;
};

/* The next table, or NULL; takes in how the last one went. */
static const struct place *
take(struct crew *c, int rc)
{
	const struct place *p = NULL;

	pthread_mutex_lock(&c->lock);
	c->rc = tool_worse(c->rc, rc);
	if (c->next < c->places->n && !pace_stopped())
		p = &c->places->v[c->next++];
	pthread_mutex_unlock(&c->lock);
	return p;
}

static void *
work(void *arg)
{
	struct crew *c = arg;
	struct wishes w = *c->wishes;
	const struct place *p;
	int rc = SOUND;

	while ((p = take(c, rc)) != NULL)
		rc = compact_table(&w, p);
	return NULL;
}

/* One output holds one table. */
static int
check_output(const struct wishes *w, const struct places *p)
{
	const struct sst_table *t;

	if (w->out == NULL || p->n < 2)
		return SOUND;
	t = p->v[1].table;
	return tool_problem(TROUBLE, "%.*s.%.*s: --output holds another table: one at a time",
	    (int)t->keyspace.n, (const char *)t->keyspace.p, (int)t->name.n,
	    (const char *)t->name.p);
}

int
jobs_run(struct wishes *w, const struct places *p)
{
	struct crew c = { .lock = PTHREAD_MUTEX_INITIALIZER, .wishes = w, .places = p };
	size_t n = w->jobs < p->n ? w->jobs : p->n, i, started = 0;
	pthread_t *threads = calloc(n + 1, sizeof(*threads));

	if (threads == NULL)
		return tool_problem(TROUBLE, "out of memory");
	c.rc = check_output(w, p);
	if (c.rc != SOUND)
		c.next = p->n;
	if (n > 1) { /* lines of several would overwrite each other */
		w->pace.hidden = true;
		if (w->pace.rate > 0)
			w->pace.rate = w->pace.rate / n > 0 ? w->pace.rate / n : 1;
	}
	for (i = 1; i < n; i++) /* fewer are slower, and no error */
		started += pthread_create(&threads[started], NULL, work, &c) == 0;
	work(&c);
	while (started > 0)
		pthread_join(threads[--started], NULL);
	free(threads);
	return c.rc;
}
