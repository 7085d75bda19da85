/* cmd/msgd/watch.c: inotify.  Events come in swarms, so that a moment is waited for the rest. */
#include "msgd/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "msgd/round.h"
#include "store/store.h"

#define CALM_MS 100

struct msgd_sentry {
	struct msgd_watch watch; /* first */
	struct msgd_shard *shard;
	int64_t seen_us; /* the first event since the last round, by the steady clock; 0: none */
	bool out;        /* a round is under way */
	struct msgd_round round;
};

/* A set is live by its TOC, or dead without. */
static bool
matters(const struct inotify_event *e)
{
	static const char toc[] = "TOC.txt";
	size_t n = e->len > 0 ? strlen(e->name) : 0;

	return (e->mask & IN_Q_OVERFLOW) != 0 ||
	    (n >= sizeof(toc) - 1 && strcmp(e->name + n - (sizeof(toc) - 1), toc) == 0);
}

static void
ready(struct msgd_watch *w, uint32_t events)
{
	struct msgd_sentry *s = (struct msgd_sentry *)w;
	_Alignas(struct inotify_event) char buf[8192];
	const struct inotify_event *e;
	ssize_t n, at;

	(void)events;
	while ((n = read(w->fd, buf, sizeof(buf))) > 0)
		for (at = 0; at < n; at += (ssize_t)(sizeof(*e) + e->len)) {
			e = (const struct inotify_event *)(const void *)(buf + at);
			if (matters(e) && s->seen_us == 0)
				s->seen_us = s->shard->steady_us;
		}
}

int
msgd_sentry_new(struct msgd_sentry **out, struct msgd_shard *shard, struct sst_err *e)
{
	struct msgd_sentry *s = *out = calloc(1, sizeof(*s));

	if (s == NULL)
		return sst_fail_nomem(e);
	s->shard = shard;
	s->watch = (struct msgd_watch){ inotify_init1(IN_NONBLOCK | IN_CLOEXEC), ready };
	if (s->watch.fd == -1)
		return sst_fail(e, SST_ESYS, NULL, SST_NOWHERE, "inotify_init1");
	msgd_sentry_look(s);
	return msgd_loop_add(&shard->loop, &s->watch, EPOLLIN, e);
}

void
msgd_sentry_look(struct msgd_sentry *s)
{
	struct sst_store *store = s->shard->store;

	/* One that cannot be watched is found out by reads, whose files are gone. */
	for (size_t i = 0; i < sst_store_ntables(store); i++)
		if (inotify_add_watch(s->watch.fd,
			sst_store_folder(store, sst_store_table(store, i)),
			IN_MOVED_TO | IN_DELETE | IN_ONLYDIR) == -1)
			msgd_node_log("%s cannot be watched: %s",
			    sst_store_folder(store, sst_store_table(store, i)), strerror(errno));
}

void
msgd_sentry_free(struct msgd_sentry *s)
{
	if (s == NULL)
		return;
	if (s->watch.fd != -1)
		close(s->watch.fd);
	free(s);
}

/* ---- rounds ---- */

static int
refresh(struct msgd_shard *s, struct msgd_round *r, struct sst_err *e)
{
	(void)r;
	return sst_store_refresh(s->store, e);
}

static void
refreshed(struct msgd_round *r, int result)
{
	struct msgd_sentry *s = r->arg;

	if (result == -1) /* reads try again by themselves */
		msgd_node_log_error(&r->e);
	s->out = false;
	atomic_fetch_add(&s->shard->node->published, 1);
}

int
msgd_sentry_due_ms(const struct msgd_sentry *s)
{
	int64_t left;

	if (s == NULL || s->seen_us == 0 || s->out || s->shard->draining)
		return -1;
	left = s->seen_us + CALM_MS * 1000 - s->shard->steady_us;
	return left <= 0 ? 0 : (int)(left / 1000) + 1;
}

void
msgd_sentry_turn(struct msgd_sentry *s)
{
	if (msgd_sentry_due_ms(s) != 0)
		return;
	s->seen_us = 0;
	s->out = true;
	s->round.visit = refresh;
	s->round.back = refreshed;
	s->round.arg = s;
	msgd_round_begin(&s->round, s->shard);
}
