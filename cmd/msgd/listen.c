/* cmd/msgd/listen.c: bind, accept, hand out. */
#define _GNU_SOURCE /* accept4 */
#include "msgd/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "msgd/conn.h"
#include "msgd/passed.h"

#define BACKLOG 1024
#define ACCEPT_MAX 64 /* connections of a turn */
#define PAUSE_MS 100  /* when there is nothing to accept one with */
#define CONNECTIONS_MAX 8192

enum kind {
	CQL = MSGD_CQL,
	SHARD = MSGD_SHARD,
	GIVEN = MSGD_UNIX,  /* a socket in the file system that was handed to us */
	LOCAL = MSGD_PORTS, /* DIR/msgd.sock */
	KINDS
};

struct listener {
	struct msgd_watch watch; /* first */
	struct msgd_listeners *all;
	enum kind kind;
};

struct msgd_listeners {
	struct msgd_node *node;
	struct msgd_shard *shard;
	struct listener l[KINDS];
	unsigned turn; /* which shard gets the next one */
	int spare;     /* a descriptor to give up when there are no more */
	bool failed;   /* the last accept did, and that was said */
	bool paused;   /* since then; nobody is accepted */
	int64_t paused_us;
	int dir; /* DIR, whose path may be longer than a socket's may */
};

/* A connection on its way to its shard. */
struct arrival {
	struct msgd_letter letter; /* first */
	int fd;
	bool local;
};

static bool
is_port(enum kind kind)
{
	return kind == CQL || kind == SHARD;
}

/* ---- accepting ---- */

static void
arrive(struct msgd_shard *s, struct msgd_letter *letter)
{
	struct arrival *a = (struct arrival *)letter;

	msgd_conn_open(s, a->fd, a->local);
	free(a);
}

static unsigned
shard_for(struct listener *l, int fd)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	unsigned n = l->all->node->nshards, port;

	if (l->kind != SHARD || getpeername(fd, (struct sockaddr *)&from, &len) == -1)
		return l->all->turn++ % n;
	port = from.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&from)->sin6_port
					  : ((struct sockaddr_in *)&from)->sin_port;
	return ntohs((uint16_t)port) % n;
}

static void
hand_out(struct listener *l, int fd)
{
	struct msgd_node *n = l->all->node;
	unsigned max =
	    n->config->connections_max != 0 ? n->config->connections_max : CONNECTIONS_MAX;
	struct arrival *a = NULL;
	int one = 1;

	if (atomic_fetch_add(&n->nconns, 1) >= max || (a = malloc(sizeof(*a))) == NULL) {
		atomic_fetch_sub(&n->nconns, 1);
		close(fd);
		return;
	}
	if (is_port(l->kind))
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	*a = (struct arrival){ { .open = arrive }, fd, !is_port(l->kind) };
	msgd_shard_send(l->all->shard, shard_for(l, fd), &a->letter);
}

/* There are no descriptors left: whoever waits is turned away, as it would be waited for in vain.  As
 * accept4; a descriptor is closed already. */
static int
turn_away(struct listener *l)
{
	struct msgd_listeners *all = l->all;
	int fd, error;

	if (all->spare == -1)
		return -1;
	close(all->spare);
	if ((fd = accept4(l->watch.fd, NULL, NULL, SOCK_CLOEXEC)) != -1)
		close(fd);
	error = errno;
	all->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	errno = error;
	return fd;
}

static void
watch_all(struct msgd_listeners *all, uint32_t events)
{
	for (int k = 0; k < KINDS; k++)
		if (all->l[k].watch.fd != -1)
			msgd_loop_change(&all->shard->loop, &all->l[k].watch, events);
}

/* Whoever waits goes on waiting, and is not to be asked about all the time. */
static void
pause_all(struct msgd_listeners *all)
{
	if (!all->failed)
		msgd_node_log("connections cannot be accepted: %s", strerror(errno));
	all->failed = all->paused = true;
	all->paused_us = all->shard->steady_us;
	watch_all(all, 0);
}

static void
ready(struct msgd_watch *w, uint32_t events)
{
	struct listener *l = (struct listener *)w;
	int fd;

	(void)events;
	for (int i = 0; i < ACCEPT_MAX; i++) {
		if ((fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1) {
			l->all->failed = false;
			hand_out(l, fd);
			continue;
		}
		if ((errno == EMFILE || errno == ENFILE) && turn_away(l) != -1)
			continue;
		if (errno == EAGAIN)
			return;
		if (errno != EINTR && errno != ECONNABORTED) {
			pause_all(l->all);
			return;
		}
	}
}

int
msgd_listen_due_ms(const struct msgd_listeners *all)
{
	int64_t since;

	if (!all->paused)
		return -1;
	since = all->shard->steady_us - all->paused_us;
	return since >= PAUSE_MS * 1000 ? 0 : (int)(PAUSE_MS - since / 1000);
}

void
msgd_listen_turn(struct msgd_listeners *all)
{
	if (msgd_listen_due_ms(all) != 0)
		return;
	all->paused = false;
	if (all->spare == -1)
		all->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	watch_all(all, EPOLLIN);
}

/* ---- binding ---- */

static int
fail(struct sst_err *e, const char *what, const char *address)
{
	return sst_fail(e, SST_ESYS, address, SST_NOWHERE, "%s", what);
}

static int
bind_address(struct listener *l, const struct addrinfo *a, const char *name, struct sst_err *e)
{
	int one = 1, fd;

	fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return fail(e, "socket", name);
	l->watch.fd = fd;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, a->ai_addr, a->ai_addrlen) == -1)
		return fail(e, "cannot be bound", name);
	return listen(fd, BACKLOG) == 0 ? 0 : fail(e, "listen", name);
}

static int
bind_port(struct listener *l, const char *host, uint16_t port, struct sst_err *e)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM },
			*a;
	char service[8], name[MSGD_ADDRESS_TEXT];
	int r;

	snprintf(service, sizeof(service), "%u", port);
	msgd_address_text(name, host, port);
	if ((r = getaddrinfo(host, service, &hints, &a)) != 0)
		return sst_fail(
		    e, SST_EINVAL, host, SST_NOWHERE, "is no address: %s", gai_strerror(r));
	r = bind_address(l, a, name, e);
	freeaddrinfo(a);
	return r;
}

/* What was handed to us takes the place of what the configuration says. */
static int
open_port(struct listener *l, uint16_t port, struct msgd_address *a, struct sst_err *e)
{
	const struct msgd_config *c = l->all->node->config;

	if (c->passed.fd[l->kind] != 0)
		l->watch.fd = c->passed.fd[l->kind];
	else if (c->no_cql)
		return 0;
	else if (bind_port(l, c->listen != NULL ? c->listen : "127.0.0.1", port, e) == -1)
		return -1;
	msgd_passed_address(l->watch.fd, a);
	return 0;
}

/* Our own is bound anew at each start: what was bound there would not be reached any more. */
static int
open_given(struct msgd_listeners *all, struct sst_err *e)
{
	union {
		struct sockaddr any;
		struct sockaddr_un local;
		char room[sizeof(struct sockaddr_un) + 1]; /* a path may fill it */
	} a = { 0 };
	socklen_t len = sizeof(a.local);
	struct stat given, ours;

	if (all->node->config->passed.fd[GIVEN] == 0)
		return 0;
	all->l[GIVEN].watch.fd = all->node->config->passed.fd[GIVEN];
	if (getsockname(all->l[GIVEN].watch.fd, &a.any, &len) == 0 &&
	    stat(a.local.sun_path, &given) == 0 && fstatat(all->dir, MSGD_SOCKET, &ours, 0) == 0 &&
	    given.st_dev == ours.st_dev && given.st_ino == ours.st_ino)
		return sst_fail(e, SST_EINVAL, a.local.sun_path, SST_NOWHERE,
		    "was passed, and is made here: name another path");
	return 0;
}

/* The directory is ours, locked: a socket that is there is of a daemon that died. */
static int
bind_local(struct msgd_listeners *all, struct sst_err *e)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct listener *l = &all->l[LOCAL];
	const char *dir = all->node->config->dir;
	mode_t mask;
	int r;

	snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/" MSGD_SOCKET, all->dir);
	l->watch.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->watch.fd == -1)
		return fail(e, "socket", dir);
	unlinkat(all->dir, MSGD_SOCKET, 0);
	mask = umask(0177); /* whoever may connect may change all that is here */
	r = bind(l->watch.fd, (struct sockaddr *)&a, sizeof(a));
	umask(mask);
	if (r == -1 || listen(l->watch.fd, BACKLOG) == -1)
		return fail(e, MSGD_SOCKET " cannot be bound", dir);
	return 0;
}

int
msgd_listen_open(struct msgd_listeners **out, struct msgd_node *n, struct sst_err *e)
{
	const struct msgd_config *c = n->config;
	struct msgd_listeners *all = *out = calloc(1, sizeof(*all));

	if (all == NULL)
		return sst_fail_nomem(e);
	all->node = n;
	all->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	for (int k = 0; k < KINDS; k++)
		all->l[k] = (struct listener){ { -1, ready }, all, (enum kind)k };
	all->dir = open(c->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (all->dir == -1)
		return fail(e, "open", c->dir);
	if (open_given(all, e) == -1 || bind_local(all, e) == -1 ||
	    open_port(&all->l[CQL], c->cql_port, &n->cql, e) == -1)
		return -1;
	return open_port(&all->l[SHARD], c->shard_port, &n->by_shard, e);
}

int
msgd_listen_start(struct msgd_listeners *all, struct msgd_shard *s, struct sst_err *e)
{
	all->shard = s;
	for (int k = 0; k < KINDS; k++)
		if (all->l[k].watch.fd != -1 &&
		    msgd_loop_add(&s->loop, &all->l[k].watch, EPOLLIN, e) == -1)
			return -1;
	return 0;
}

void
msgd_listen_stop(struct msgd_listeners *all, struct msgd_loop *loop)
{
	for (int k = 0; k < KINDS; k++)
		if (all->l[k].watch.fd != -1) {
			msgd_loop_remove(loop, &all->l[k].watch);
			close(all->l[k].watch.fd);
			all->l[k].watch.fd = -1;
		}
	if (all->dir != -1)
		unlinkat(all->dir, MSGD_SOCKET, 0);
}

void
msgd_listen_close(struct msgd_listeners *all)
{
	if (all == NULL)
		return;
	if (all->l[LOCAL].watch.fd != -1) /* it never came to be reached */
		unlinkat(all->dir, MSGD_SOCKET, 0);
	for (int k = 0; k < KINDS; k++)
		if (all->l[k].watch.fd != -1)
			close(all->l[k].watch.fd);
	if (all->dir != -1)
		close(all->dir);
	if (all->spare != -1)
		close(all->spare);
	free(all);
}
