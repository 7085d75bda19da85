/* cmd/msgd/passed.c: LISTEN_FDS and NOTIFY_SOCKET. */
#include "msgd/passed.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST 3 /* the descriptor that passed ones begin at */

static const char *const names[MSGD_PORTS] = { "cql", "shard", "unix" };

struct socket {
	int fd, family;
	char name[64]; /* of a descriptor, for messages: "descriptor 3 (cql)" */
};

/* A variable's number; UINTMAX_MAX: there is none. */
static uintmax_t
number(const char *variable)
{
	const char *text = getenv(variable);
	char *end;
	uintmax_t n;

	if (text == NULL || text[0] < '0' || text[0] > '9')
		return UINTMAX_MAX;
	errno = 0;
	n = strtoumax(text, &end, 10);
	return errno == 0 && *end == '\0' ? n : UINTMAX_MAX;
}

static int
fail(const struct socket *s, const char *what, struct sst_err *e)
{
	return sst_fail(e, SST_EINVAL, s->name, SST_NOWHERE, "%s", what);
}

static int
option(int fd, int what)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, what, &value, &len) == 0 ? value : -1;
}

static int
inspect(struct socket *s, struct sst_err *e)
{
	int flags;

	if (option(s->fd, SO_TYPE) != SOCK_STREAM || option(s->fd, SO_ACCEPTCONN) != 1)
		return fail(s, "is no listening stream socket", e);
	s->family = option(s->fd, SO_DOMAIN);
	if (s->family != AF_INET && s->family != AF_INET6 && s->family != AF_UNIX)
		return fail(s, "is a socket of neither TCP nor the file system", e);
	flags = fcntl(s->fd, F_GETFL);
	if (flags == -1 || fcntl(s->fd, F_SETFL, flags | O_NONBLOCK) == -1 ||
	    fcntl(s->fd, F_SETFD, FD_CLOEXEC) == -1)
		return sst_fail(e, SST_ESYS, s->name, SST_NOWHERE, "fcntl");
	return 0;
}

/* What a socket of such a name, which may be none of ours, is for; MSGD_PORTS: nothing. */
static enum msgd_port
port_of(const struct msgd_passed *p, const struct socket *s, const char *name, size_t len)
{
	enum msgd_port i;

	for (i = 0; i < MSGD_PORTS; i++)
		if (strlen(names[i]) == len && strncmp(names[i], name, len) == 0)
			return i;
	if (s->family == AF_UNIX)
		return MSGD_UNIX;
	for (i = MSGD_CQL; i < MSGD_UNIX && p->fd[i] != 0; i++)
		;
	return i < MSGD_UNIX ? i : MSGD_PORTS;
}

static int
take(struct msgd_passed *p, int fd, const char *name, size_t len, struct sst_err *e)
{
	struct socket s = { .fd = fd };
	enum msgd_port port;

	snprintf(s.name, sizeof(s.name), "descriptor %d%s%.*s%s", fd, len > 0 ? " (" : "",
	    (int)(len < 32 ? len : 32), name, len > 0 ? ")" : "");
	if (inspect(&s, e) == -1)
		return -1;
	port = port_of(p, &s, name, len);
	if (port == MSGD_PORTS)
		return fail(&s, "is a third TCP socket", e);
	if (p->fd[port] != 0)
		return fail(&s, "is a second one of its kind", e);
	if ((s.family == AF_UNIX) != (port == MSGD_UNIX))
		return fail(&s,
		    port == MSGD_UNIX ? "is no socket in the file system" : "is no TCP socket", e);
	p->fd[port] = fd;
	return 0;
}

int
msgd_passed_take(struct msgd_passed *p, struct sst_err *e)
{
	const char *name = getenv("LISTEN_FDNAMES");
	uintmax_t n = number("LISTEN_PID") == (uintmax_t)getpid() ? number("LISTEN_FDS") : 0;
	int r = 0;

	if (n > INT_MAX)
		return sst_fail(
		    e, SST_EINVAL, "LISTEN_FDS", SST_NOWHERE, "is no number of descriptors");
	for (int i = 0; i < (int)n && r == 0; i++) {
		size_t len = name != NULL ? strcspn(name, ":") : 0;

		r = take(p, FIRST + i, len > 0 ? name : "", len, e);
		if (name != NULL)
			name += name[len] == ':' ? len + 1 : len;
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return r;
}

void
msgd_passed_address(int fd, struct msgd_address *out)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} a = { 0 };
	socklen_t len = sizeof(a);

	*out = (struct msgd_address){ 0 };
	if (getsockname(fd, &a.any, &len) == -1)
		return;
	if (a.any.sa_family == AF_INET6)
		inet_ntop(AF_INET6, &a.v6.sin6_addr, out->host, sizeof(out->host));
	else
		inet_ntop(AF_INET, &a.v4.sin_addr, out->host, sizeof(out->host));
	out->port = ntohs(a.any.sa_family == AF_INET6 ? a.v6.sin6_port : a.v4.sin_port);
}

void
msgd_address_text(char text[MSGD_ADDRESS_TEXT], const char *host, unsigned port)
{
	snprintf(text, MSGD_ADDRESS_TEXT, strchr(host, ':') != NULL ? "[%.64s]:%u" : "%.64s:%u",
	    host, port);
}

void
msgd_notify(const char *state)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path != NULL ? strlen(path) : 0;
	int fd;

	if (len < 2 || len >= sizeof(a.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(a.sun_path, path, len);
	if (path[0] == '@')
		a.sun_path[0] = '\0'; /* of the abstract name space */
	if ((fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return;
	/* Who does not listen has nothing to hear. */
	sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&a,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
}
