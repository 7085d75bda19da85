/* cmd/msgd/serve.c: the main thread: it starts the shards, waits for signals, and ends them. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "msgd/serve.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "msg/messages.h"
#include "msgd/child.h"
#include "msgd/command.h"
#include "msgd/define.h"
#include "msgd/listen.h"
#include "msgd/shard.h"
#include "store/datadir.h"
#include "store/store.h"
#include "tool/complain.h"

#define RELEASE_VERSION "5.0.9" /* of the Cassandra whose answers ours are like */
#define READERS 8               /* threads that wait for the disk: a few of its reads at once */
#define DRAIN_MS 5000           /* for what is under way when the daemon ends */

/* ---- making a node ---- */

unsigned
msgd_cores(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == -1 || CPU_COUNT(&set) < 1)
		return 1;
	return CPU_COUNT(&set) < MSGD_SHARDS_MAX ? (unsigned)CPU_COUNT(&set) : MSGD_SHARDS_MAX;
}

static const char *
text_or(const char *text, const char *otherwise)
{
	return text != NULL ? text : otherwise;
}

static void
describe_self(struct msgd_node *n)
{
	const struct msgd_config *c = n->config;

	n->self.cluster_name = text_or(c->cluster_name, "ostraka");
	n->self.data_center = text_or(c->data_center, "datacenter1");
	n->self.rack = text_or(c->rack, "rack1");
	n->self.release_version = RELEASE_VERSION;
	n->self.address = text_or(c->broadcast_address, text_or(c->listen, "127.0.0.1"));
	if (strcmp(n->self.address, "0.0.0.0") == 0 || strcmp(n->self.address, "::") == 0)
		n->self.address = "127.0.0.1"; /* nobody connects to any address */
	n->self.port = n->cql.port;
	n->self.started_s = sst_now_us() / 1000000;
}

/* Before anything is made in it: a directory of ours, or nothing yet. */
static int
check_ours(const char *dir, struct sst_err *e)
{
	struct sst_arena a = { 0 };
	struct sst_datadir d;
	int r = sst_datadir_scan(&d, &a, &sst_io_posix, dir, e);

	if (r == -1 && e->code == SST_ESYS && e->sys == ENOENT && dir[0] != '\0')
		r = 0; /* it is made */
	else if (r == 0 && d.kind != SST_DATADIR_NONE && d.kind != SST_DATADIR_OURS)
		r = sst_fail(e, SST_EINVAL, dir, SST_NOWHERE,
		    "holds tables, but is no data directory of ours: it can only be read");
	sst_arena_free(&a);
	return r;
}

static int
read_hostid(struct msgd_node *n, struct sst_err *e)
{
	struct sst_arena a = { 0 };
	struct sst_datadir d;
	int r = -1;

	if (sst_datadir_make(&sst_io_posix, n->config->dir, e) == 0 &&
	    (r = sst_datadir_scan(&d, &a, &sst_io_posix, n->config->dir, e)) == 0)
		memcpy(n->self.host_id, d.hostid, sizeof(d.hostid));
	sst_arena_free(&a);
	return r;
}

static int
make_shards(struct msgd_node *n, struct sst_err *e)
{
	size_t rings = (size_t)(n->nshards + 1) * n->nshards;

	n->shards = calloc(n->nshards, sizeof(*n->shards));
	n->mailboxes = aligned_alloc(64, rings * sizeof(*n->mailboxes));
	if (n->shards == NULL || n->mailboxes == NULL)
		return sst_fail_nomem(e);
	for (size_t i = 0; i < rings; i++) {
		atomic_init(&n->mailboxes[i].taken, 0);
		atomic_init(&n->mailboxes[i].put, 0);
	}
	for (unsigned i = 0; i < n->nshards; i++)
		if (msgd_shard_init(&n->shards[i], n, i, e) == -1)
			return -1;
	return 0;
}

static int
make_node(struct msgd_node *n, const struct msgd_config *c, struct sst_err *e)
{
	n->config = c;
	n->lock.fd = -1;
	n->schema = sst_slice_str(sst_messages_cql);
	n->nshards = c->shards != 0 ? c->shards : msgd_cores();
	if (check_ours(c->dir, e) == -1 ||
	    sst_store_lock(&n->lock, &sst_io_posix, c->dir, false, e) == -1 ||
	    read_hostid(n, e) == -1 || msgd_listen_open(&n->listeners, n, e) == -1)
		return -1;
	describe_self(n);
	if (make_shards(n, e) == -1)
		return -1;
	if (msgd_crew_start(&n->syncers, n->nshards, e) == -1 ||
	    msgd_crew_start(&n->flushers, n->nshards, e) == -1)
		return -1;
	if (msgd_crew_start(&n->readers, READERS, e) == -1)
		return -1;
	return msgd_crew_start(&n->definers, 1, e);
}

static void
clear_node(struct msgd_node *n)
{
	msgd_crew_stop(&n->syncers);
	msgd_crew_stop(&n->flushers);
	msgd_crew_stop(&n->readers);
	msgd_crew_stop(&n->definers);
	for (unsigned i = 0; n->shards != NULL && i < n->nshards; i++)
		msgd_shard_clear(&n->shards[i]);
	msgd_definer_free(n->definer);
	msgd_listen_close(n->listeners);
	sst_relics_free(n->relics);
	free(n->shards);
	free(n->mailboxes);
	sst_lock_drop(&n->lock);
}

/* ---- running ---- */

/* The main thread's row of mailboxes. */
static void
tell(struct msgd_node *n, struct msgd_letter *letters,
    void (*what)(struct msgd_shard *, struct msgd_letter *))
{
	atomic_store(&n->untold, n->nshards);
	for (unsigned i = 0; i < n->nshards; i++) {
		letters[i] = (struct msgd_letter){ .open = what, .from = n->nshards };
		msgd_mailbox_put(msgd_node_mailbox(n, n->nshards, i), &letters[i]);
		msgd_loop_ring(&n->shards[i].loop);
	}
}

static void
say_where(const struct msgd_node *n)
{
	char text[MSGD_ADDRESS_TEXT];

	printf("msgd: listening on ");
	msgd_address_text(text, n->cql.host, n->cql.port);
	if (n->cql.port != 0)
		printf("%s%s", text, n->by_shard.port != 0 ? " " : ", ");
	msgd_address_text(text, n->by_shard.host, n->by_shard.port);
	if (n->by_shard.port != 0)
		printf("(shards %s), ", text);
	printf("%s/" MSGD_SOCKET "\n", n->config->dir);
	fflush(stdout);
}

static int
start_shards(struct msgd_node *n, struct sst_err *e)
{
	struct sst_store *stores[MSGD_SHARDS_MAX];
	int r = 0;

	for (unsigned i = 0; i < n->nshards; i++)
		if (msgd_shard_start(&n->shards[i], e) == -1) {
			complain(e);
			_exit(TROUBLE); /* the others wait at the barrier */
		}
	pthread_barrier_wait(&n->started);
	if (atomic_load(&n->failed) == 0) {
		for (unsigned i = 0; i < n->nshards; i++)
			stores[i] = n->shards[i].store;
		atomic_store(&n->unflushed, n->nshards);
		r = sst_store_recovered_beside(stores, n->nshards, &n->relics, e);
		if (r == 0)
			r = msgd_definer_new(&n->definer, n, e);
		if (r == 0)
			r = msgd_listen_start(n->listeners, &n->shards[0], e);
		if (r == -1) {
			msgd_node_log_error(e);
			atomic_fetch_add(&n->failed, 1);
		}
	}
	if (atomic_load(&n->failed) == 0) {
		say_where(n);
		msgd_notify("READY=1");
	}
	pthread_barrier_wait(&n->started);
	return r;
}

/* All shards have ended in peace, and so flushed; perhaps before the last of them came to it by itself. */
static void
discard_relics(struct msgd_node *n)
{
	struct sst_err e;

	if (n->relics != NULL && atomic_load(&n->unflushed) > 0 &&
	    sst_relics_discard(n->relics, &e) == -1)
		msgd_node_log_error(&e);
}

/* Until a signal comes, or a shard gave up. */
static void
wait_for_end(struct msgd_node *n, const sigset_t *signals)
{
	struct timespec second = { 1, 0 };
	struct msgd_child child = { .ended_us = sst_steady_us() };
	int sig = 0;

	while (atomic_load(&n->failed) == 0 && sig != SIGTERM && sig != SIGINT && sig != SIGHUP) {
		sig = sigtimedwait(signals, NULL, &second);
		if (sig == SIGUSR1)
			msgd_command_flush(n);
		msgd_child_turn(&child, n, sst_steady_us());
	}
	msgd_child_stop(&child);
}

/* ---- the end ---- */

static bool
has_tasks(const struct msgd_node *n)
{
	bool asked = atomic_load(&n->nconns) > 0;

	for (unsigned i = 0; i < n->nshards && !asked; i++)
		asked = atomic_load_explicit(&n->shards[i].ntasks, memory_order_acquire) > 0;
	return asked;
}

static bool
is_asked(const struct msgd_node *n)
{
	return atomic_load(&n->untold) > 0 || has_tasks(n);
}

/* Once nothing is asked no more letters go abroad: those that are there come back. */
static bool
is_abroad(const struct msgd_node *n)
{
	bool abroad = false;

	for (unsigned i = 0; i < n->nshards && !abroad; i++)
		abroad = atomic_load_explicit(&n->shards[i].nabroad, memory_order_acquire) > 0;
	return abroad;
}

/* For ms at most; -1: however long it takes. */
static void
wait_while(const struct msgd_node *n, bool (*busy)(const struct msgd_node *), int ms)
{
	struct timespec one = { 0, 1000000 };

	for (int i = 0; i != ms && busy(n) && atomic_load(&n->failed) == 0; i += ms != -1)
		nanosleep(&one, NULL);
}

/* No shard ends while another one has something of it, or it something of another. */
static void
stop_shards(struct msgd_node *n)
{
	struct msgd_letter drain[MSGD_SHARDS_MAX], leave[MSGD_SHARDS_MAX], quit[MSGD_SHARDS_MAX];

	tell(n, drain, msgd_shard_drain);
	wait_while(n, is_asked, DRAIN_MS);
	tell(n, leave, msgd_shard_disconnect);
	wait_while(n, is_asked, -1);
	wait_while(n, is_abroad, -1);
	tell(n, quit, msgd_shard_quit);
	for (unsigned i = 0; i < n->nshards; i++)
		pthread_join(n->shards[i].thread, NULL);
}

/* Shards that gave up leave what was under way behind. */
static void
leave_behind(struct msgd_node *n)
{
	if (!has_tasks(n) && !is_abroad(n))
		return;
	msgd_listen_close(n->listeners);
	_exit(TROUBLE);
}

static void
raise_limit(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
		l.rlim_cur = l.rlim_max;
		setrlimit(RLIMIT_NOFILE, &l);
	}
}

int
msgd_serve(const struct msgd_config *c)
{
	struct msgd_node n = { 0 };
	struct sst_err e;
	sigset_t signals;
	int status = SOUND;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, MSGD_CHILD_LOOK);
	sigaddset(&signals, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	raise_limit();
	if (make_node(&n, c, &e) == -1) {
		status = complain(&e);
		clear_node(&n);
		return tool_worse(status, TROUBLE);
	}
	pthread_barrier_init(&n.started, NULL, n.nshards + 1);
	start_shards(&n, &e);
	wait_for_end(&n, &signals);
	msgd_notify("STOPPING=1");
	stop_shards(&n);
	if (atomic_load(&n.failed) > 0) {
		status = TROUBLE;
		leave_behind(&n);
	} else {
		discard_relics(&n);
	}
	pthread_barrier_destroy(&n.started);
	clear_node(&n);
	return status;
}
