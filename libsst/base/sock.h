/*
 * libsst/base/sock.h: connections to servers, on this machine and elsewhere, as descriptors that do not
 * block.
 */
#ifndef SST_BASE_SOCK_H
#define SST_BASE_SOCK_H

#include "base/err.h"

/*
 * Connects to the socket dir/name, however long that path is.  The descriptor, or -1: SST_ESYS with
 * ENOENT where there is no socket, ECONNREFUSED where nobody listens any more.
 */
int sst_sock_unix(const char *dir, const char *name, struct sst_err *e);
/* Connects to a host, by name or address. */
int sst_sock_tcp(const char *host, uint16_t port, struct sst_err *e);

#endif
