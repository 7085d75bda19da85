/*
 * cmd/msgd/passed.h: sockets that somebody else listens on and hands to us, as systemd does for a
 * .socket unit (sd_listen_fds(3)), and telling it how far we are (sd_notify(3)).
 */
#ifndef MSGD_PASSED_H
#define MSGD_PASSED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum msgd_port {
	MSGD_CQL,
	MSGD_SHARD,
	MSGD_UNIX,
	MSGD_PORTS
};

struct msgd_passed {
	int fd[MSGD_PORTS]; /* 0: none; closed by whoever takes them */
};

/*
 * Takes what LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES speak of; these variables are gone then, so
 * that no child believes that they are for it.  Nothing where LISTEN_PID is another process.  Names
 * are cql, shard and unix; of another name, or none, the first TCP socket is cql, the second shard,
 * and one in the file system unix.  SST_EINVAL names a descriptor that is no listening stream socket
 * of its kind, or one too many.  Before there are threads.
 */
int msgd_passed_take(struct msgd_passed *, struct sst_err *);

struct msgd_address {
	char host[64];
	uint16_t port; /* 0: none */
};

/* What a TCP socket is bound to. */
void msgd_passed_address(int fd, struct msgd_address *);

#define MSGD_ADDRESS_TEXT 80

/* "127.0.0.1:9042", "[::1]:9042". */
void msgd_address_text(char text[MSGD_ADDRESS_TEXT], const char *host, unsigned port);

/* Sends a state, as "READY=1", to where NOTIFY_SOCKET says; nothing where there is none. */
void msgd_notify(const char *state);

#endif
