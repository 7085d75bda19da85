/* cmd/msgd/shard.c: the turns of a shard. */
#include "msgd/shard.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "msgd/adopt.h"
#include "msgd/coalesce.h"
#include "msgd/conn.h"
#include "msgd/define.h"
#include "msgd/flusher.h"
#include "msgd/listen.h"
#include "msgd/reach.h"
#include "msgd/reading.h"
#include "msgd/selfdb.h"
#include "msgd/settle.h"
#include "msgd/task.h"
#include "msgd/watch.h"
#include "store/store.h"

#define FULL_MS 1 /* until a full ring is tried again */

/* ---- letters ---- */

void
msgd_shard_send(struct msgd_shard *s, unsigned to, struct msgd_letter *l)
{
	l->from = s->no;
	l->next = NULL;
	s->ring[to] = true;
	if (s->waiting[to] == NULL && msgd_mailbox_put(msgd_node_mailbox(s->node, s->no, to), l))
		return;
	*s->waiting_end[to] = l;
	s->waiting_end[to] = &l->next;
	s->any_waiting = true;
}

static void
send_waiting(struct msgd_shard *s, unsigned to)
{
	struct msgd_mailbox *m = msgd_node_mailbox(s->node, s->no, to);
	struct msgd_letter *l, *next;

	for (l = s->waiting[to]; l != NULL; l = next) {
		next = l->next; /* before it is somebody else's */
		if (!msgd_mailbox_put(m, l))
			break;
		s->ring[to] = true;
	}
	if ((s->waiting[to] = l) == NULL)
		s->waiting_end[to] = &s->waiting[to];
	else
		s->any_waiting = true;
}

static void
send_and_ring(struct msgd_shard *s)
{
	unsigned i;

	if (s->any_waiting) {
		s->any_waiting = false;
		for (i = 0; i < s->node->nshards; i++)
			send_waiting(s, i);
	}
	for (i = 0; i < s->node->nshards; i++) {
		if (s->ring[i] && i != s->no)
			msgd_loop_ring(&s->node->shards[i].loop);
		s->ring[i] = false;
	}
}

static void
open_letters(struct msgd_shard *s)
{
	struct msgd_letter *l;
	unsigned from, n;

	for (from = 0; from <= s->node->nshards; from++)
		for (n = 0; n < MSGD_MAILBOX_SLOTS &&
		     (l = msgd_mailbox_take(msgd_node_mailbox(s->node, from, s->no))) != NULL;
		     n++)
			l->open(s, l);
}

static bool
has_letters(struct msgd_shard *s)
{
	unsigned from;

	for (from = 0; from <= s->node->nshards; from++)
		if (!msgd_mailbox_is_empty(msgd_node_mailbox(s->node, from, s->no)))
			return true;
	return false;
}

/* ---- times ---- */

int64_t
msgd_shard_write_time(struct msgd_shard *s)
{
	s->last_us = s->now_us > s->last_us ? s->now_us : s->last_us + 1;
	return s->last_us;
}

/* Those before it and those behind it both lie n away from others, as prepended elements count down. */
uint64_t
msgd_shard_element_time(struct msgd_shard *s, size_t n)
{
	uint64_t now = (uint64_t)s->now_us * 10, at;

	if (n == 0)
		return 0;
	at = (now > s->last_element ? now : s->last_element) + n;
	s->last_element = at + n;
	return at;
}

/* ---- a turn ---- */

static void
flush_conns(struct msgd_shard *s)
{
	struct msgd_conn *c;

	while ((c = s->dirty) != NULL) {
		s->dirty = c->next_dirty;
		msgd_conn_flush(c);
	}
	while ((c = s->dead) != NULL) {
		s->dead = c->next_dead;
		msgd_conn_free(c);
	}
}

static int
sooner(int a, int b)
{
	return a == -1 || (b != -1 && b < a) ? b : a;
}

/* How long it may wait: not at all while there is something to do. */
static int
timeout_ms(struct msgd_shard *s)
{
	int ms = msgd_settle_due_ms(s);

	ms = sooner(ms, msgd_sentry_due_ms(s->sentry));
	if (s->no == 0)
		ms = sooner(ms, msgd_listen_due_ms(s->node->listeners));
	if (s->conns != NULL)
		ms = sooner(ms, MSGD_SWEEP_MS);
	if (s->any_waiting)
		ms = sooner(ms, FULL_MS);
	if (s->ready != NULL || s->dirty != NULL || s->flushes)
		return 0;
	if (ms == 0)
		return 0;
	atomic_store(&s->loop.asleep, true);
	atomic_thread_fence(memory_order_seq_cst);
	return has_letters(s) || msgd_crew_has_done(s) ? 0 : ms;
}

static void
sweep(struct msgd_shard *s)
{
	if (s->steady_us - s->swept_us < MSGD_SWEEP_MS * 1000)
		return;
	s->swept_us = s->steady_us;
	msgd_conn_sweep(s);
}

static int
turn(struct msgd_shard *s, struct sst_err *e)
{
	if (msgd_loop_turn(&s->loop, timeout_ms(s), &s->now_us, &s->steady_us, e) == -1)
		return -1;
	open_letters(s);
	sweep(s);
	msgd_reading_turn(s);
	msgd_crew_take(s);
	msgd_settle_turn(s);
	msgd_adopt_turn(s);
	msgd_flusher_turn(s);
	if (s->no == 0)
		msgd_listen_turn(s->node->listeners);
	if (s->sentry != NULL)
		msgd_sentry_turn(s->sentry);
	flush_conns(s);
	send_and_ring(s);
	return 0;
}

/* ---- the end ---- */

static void
close_conns(struct msgd_shard *s)
{
	while (s->conns != NULL)
		msgd_conn_close(s->conns);
	flush_conns(s);
}

/* What was asked is answered, for a while; nothing new is read. */
static void
drain(struct msgd_shard *s)
{
	struct msgd_conn *c, *next;

	s->draining = true;
	for (c = s->conns; c != NULL; c = next) {
		next = c->next;
		msgd_conn_end(c);
	}
}

void
msgd_shard_drain(struct msgd_shard *s, struct msgd_letter *l)
{
	(void)l;
	if (s->no == 0)
		msgd_listen_stop(s->node->listeners, &s->loop);
	drain(s);
	atomic_fetch_sub(&s->node->untold, 1);
}

void
msgd_shard_disconnect(struct msgd_shard *s, struct msgd_letter *l)
{
	(void)l;
	s->disconnected = true;
	close_conns(s);
	atomic_fetch_sub(&s->node->untold, 1);
}

void
msgd_shard_quit(struct msgd_shard *s, struct msgd_letter *l)
{
	(void)l;
	s->quit = true;
}

/* ---- the thread ---- */

static void
note(void *arg, const char *text)
{
	(void)arg;
	msgd_node_log("%s", text);
}

static void
store_opts(struct sst_store_opts *o, struct msgd_shard *s)
{
	const struct msgd_config *c = s->node->config;
	unsigned n = s->node->nshards;

	*o = (struct sst_store_opts){ .shared = true,
		.replay = true,
		.left = s->left,
		.right = s->right,
		.memory = (c->memory != 0 ? c->memory : SST_STORE_MEMORY * n) / n,
		.cache = (c->cache != 0 ? c->cache : ((size_t)64 << 20)) / n,
		.schema = s->node->schema,
		.sync = c->sync,
		.sync_ms = c->sync_ms,
		.segment_size = c->segment_size,
		.log_max = c->log_max / n,
		.keep_log = c->keep_log,
		.skip_damage = c->skip_damage,
		.shard = s->no,
		.shards = n,
		.note = note };
	msgd_flusher_opts(s, o);
}

static int
open_all(struct msgd_shard *s, struct sst_err *e)
{
	struct sst_store_opts o;

	store_opts(&o, s);
	if (sst_store_open(&s->store, &sst_io_posix, s->node->config->dir, &o, e) == -1)
		return -1;
	s->db = sst_store_db(s->store);
	if ((s->local = calloc(1, sizeof(*s->local))) == NULL)
		return sst_fail_nomem(e);
	msgd_localdb_init(s->local, s);
	if (msgd_selfdb_new(&s->self, s->node, e) == -1 || msgd_reach_new(&s->far, s, e) == -1 ||
	    msgd_coalescer_new(&s->coalescer, o.cache / 8, e) == -1)
		return -1;
	return 0;
}

static void
wait_for_crews(struct msgd_shard *s)
{
	struct timespec ms = { 0, 1000000 };

	msgd_crew_take(s);
	if (s->njobs > 0)
		nanosleep(&ms, NULL);
}

static void
close_all(struct msgd_shard *s)
{
	struct sst_err e;

	close_conns(s);
	while (s->njobs > 0) /* they have descriptors and memory of the store */
		wait_for_crews(s);
	msgd_flusher_clear(s);
	msgd_prepared_clear(&s->prepared);
	if (atomic_load(&s->node->failed) > 0)
		sst_store_drop(s->store);
	else if (sst_store_close(s->store, &e) == -1) {
		msgd_node_log_error(&e);
		atomic_fetch_add(&s->node->failed, 1);
	}
	s->store = NULL;
}

/* The last shard lets go what a crash left of the log.  Where that fails it is replayed again, or, when
 * it could not be flushed, goes when all is flushed at the end. */
static void
replay_flushed(struct msgd_shard *s, struct msgd_flush_wait *w, const struct sst_err *failed)
{
	struct sst_err e;

	(void)w;
	if (failed == NULL && atomic_fetch_sub(&s->node->unflushed, 1) == 1 &&
	    sst_relics_discard(s->node->relics, &e) == -1)
		msgd_node_log_error(&e);
}

/* All stores are open before any takes a write: the log that a crash left is replayed by then. */
static void *
run(void *arg)
{
	struct msgd_shard *s = arg;
	struct sst_err e;

	if (open_all(s, &e) == -1) {
		msgd_node_log_error(&e);
		atomic_fetch_add(&s->node->failed, 1);
	}
	pthread_barrier_wait(&s->node->started);
	pthread_barrier_wait(&s->node->started);
	s->now_us = sst_now_us();
	s->steady_us = sst_steady_us();
	if (atomic_load(&s->node->failed) == 0 && s->no == 0 &&
	    msgd_sentry_new(&s->sentry, s, &e) == -1)
		msgd_node_log_error(&e); /* reads find out by themselves */
	if (atomic_load(&s->node->failed) == 0 &&
	    msgd_selfdb_fill(s->self, msgd_definer_schema(s->node->definer), &s->node->self, &e) ==
		-1) {
		msgd_node_log_error(&e);
		atomic_fetch_add(&s->node->failed, 1);
	}
	if (atomic_load(&s->node->failed) == 0 && s->node->relics != NULL) {
		s->replayed.done = replay_flushed;
		msgd_flusher_ask(s, &s->replayed);
	}
	while (atomic_load(&s->node->failed) == 0 && !s->quit)
		if (turn(s, &e) == -1) {
			msgd_node_log_error(&e);
			atomic_fetch_add(&s->node->failed, 1);
		}
	close_all(s);
	return NULL;
}

/* ---- making ---- */

/* The first token of a shard, as an unsigned number from the lowest token on. */
static uint64_t
first_of(unsigned no, unsigned n)
{
	return (uint64_t)((((unsigned __int128)no << 64) + n - 1) / n);
}

int
msgd_shard_init(struct msgd_shard *s, struct msgd_node *node, unsigned no, struct sst_err *e)
{
	unsigned n = node->nshards;

	s->node = node;
	s->no = no;
	if (n > 1) {
		/* token = number - 2^63; no key has the lowest token of all */
		s->left =
		    no == 0 ? INT64_MIN : (int64_t)((first_of(no, n) - 1) ^ (UINT64_C(1) << 63));
		s->right = no == n - 1 ? INT64_MAX
				       : (int64_t)((first_of(no + 1, n) - 1) ^ (UINT64_C(1) << 63));
	}
	s->unsynced_end = &s->unsynced;
	s->ready_end = &s->ready;
	s->held_end = &s->held;
	s->generation = 1;
	s->waiting = calloc(n, sizeof(*s->waiting));
	s->waiting_end = calloc(n, sizeof(*s->waiting_end));
	s->ring = calloc(n, sizeof(*s->ring));
	s->input = malloc(MSGD_READ_MAX);
	s->loop.ep = s->loop.bell.fd = -1;
	if (s->waiting == NULL || s->waiting_end == NULL || s->ring == NULL || s->input == NULL)
		return sst_fail_nomem(e);
	for (unsigned i = 0; i < n; i++)
		s->waiting_end[i] = &s->waiting[i];
	memcpy(&s->element_node, node->self.host_id, sizeof(s->element_node));
	s->element_node += no;
	return msgd_prepared_init(&s->prepared, e) == -1 || msgd_loop_open(&s->loop, e) == -1 ? -1
											      : 0;
}

int
msgd_shard_start(struct msgd_shard *s, struct sst_err *e)
{
	int r = pthread_create(&s->thread, NULL, run, s);

	if (r == 0)
		return 0;
	sst_fail(e, SST_ESYS, NULL, SST_NOWHERE, "a thread cannot be started");
	e->sys = r;
	return -1;
}

void
msgd_shard_clear(struct msgd_shard *s)
{
	msgd_task_free_spare(s);
	msgd_reading_free_spare(s);
	msgd_selfdb_free(s->self);
	free(s->local);
	msgd_sentry_free(s->sentry);
	msgd_reach_free(s->far);
	msgd_coalescer_free(s->coalescer);
	msgd_prepared_clear(&s->prepared);
	msgd_loop_close(&s->loop);
	free(s->waiting);
	free(s->waiting_end);
	free(s->ring);
	free(s->input);
	sst_arena_free(&s->scratch);
	sst_buf_free(&s->body);
	sst_buf_free(&s->zip);
}
