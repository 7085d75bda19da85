/* base/sock.c: connecting.  It waits until there is a connection; reading and writing then do not. */
#define _GNU_SOURCE /* O_PATH */
#include "base/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int
connect_to(int fd, const struct sockaddr *to, socklen_t len)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t size = sizeof(errno);
	int error = 0;

	if (connect(fd, to, len) == 0)
		return 0;
	if (errno != EINPROGRESS && errno != EINTR)
		return -1;
	while (poll(&p, 1, -1) == -1)
		if (errno != EINTR)
			return -1;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == -1)
		return -1;
	errno = error;
	return error == 0 ? 0 : -1;
}

/* Closes, and keeps errno for whoever tells of it. */
static void
give_up(int fd)
{
	int error = errno;

	if (fd >= 0)
		close(fd);
	errno = error;
}

int
sst_sock_unix(const char *dir, const char *name, struct sst_err *e)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = -1, at = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int n;

	if (at == -1)
		return sst_fail(e, SST_ESYS, dir, SST_NOWHERE, "cannot open");
	n = snprintf(to.sun_path, sizeof(to.sun_path), "/proc/self/fd/%d/%s", at, name);
	if (n < 0 || (size_t)n >= sizeof(to.sun_path)) {
		errno = ENAMETOOLONG;
	} else {
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd != -1 && connect_to(fd, (struct sockaddr *)&to, sizeof(to)) == 0) {
			close(at);
			return fd;
		}
	}
	give_up(fd);
	give_up(at);
	sst_fail(e, SST_ESYS, dir, SST_NOWHERE, "cannot connect to %s", name);
	return -1;
}

int
sst_sock_tcp(const char *host, uint16_t port, struct sst_err *e)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM }, *all, *a;
	char service[8];
	int fd = -1, one = 1, r;

	snprintf(service, sizeof(service), "%u", port);
	if ((r = getaddrinfo(host, service, &hints, &all)) != 0)
		return sst_fail(e, SST_EINVAL, host, SST_NOWHERE, "%s", gai_strerror(r));
	for (a = all; a != NULL && fd == -1; a = a->ai_next) {
		fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd == -1 || connect_to(fd, a->ai_addr, a->ai_addrlen) == 0)
			continue;
		give_up(fd);
		fd = -1;
	}
	r = errno;
	freeaddrinfo(all);
	errno = r;
	if (fd == -1)
		return sst_fail(e, SST_ESYS, host, SST_NOWHERE, "cannot connect to port %u", port);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}
