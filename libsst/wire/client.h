/*
 * libsst/wire/client.h: a database behind a server of the native protocol, as db.h: what a store does
 * with a directory of its own, a client does over a connection.  Writes are sent many at a time, and a
 * position in the "log" is the number of a write: it is durable, as the server's settings have it, when
 * the server has acknowledged it and all before it.
 *
 * Write times, times to live and times of deletion arrive as they are (protocol 5 carries a statement's
 * clock).  What CQL cannot say is refused, by name: raw reads, columns that are collections and not
 * frozen, counters, ranges whose ends differ in more than one clustering column.
 */
#ifndef SST_WIRE_CLIENT_H
#define SST_WIRE_CLIENT_H

#include "row/db.h"

#define SST_SOCKET "msgd.sock" /* in a data directory that is served */

struct sst_client;

/*
 * Asks whether a directory is served: SST_ONE and a client of DIR/msgd.sock; 0 when there is no socket,
 * or nobody listens there any more; -1: somebody does, and does not speak as a server should.
 */
int sst_client_open_dir(struct sst_client **, const char *dir, struct sst_err *);
/* A server elsewhere. */
int sst_client_open_tcp(struct sst_client **, const char *host, uint16_t port, struct sst_err *);
/* fd is a connected socket, and is taken over; name is what errors call it. */
int sst_client_open_fd(struct sst_client **, int fd, const char *name, struct sst_err *);

/* The db.h seam of this client; lives as long as the client. */
struct sst_db *sst_client_db(struct sst_client *);

/* The table of that name, read from system_schema; *table NULL when there is none.  The db's own
 * function does the same, and has no words for what went wrong. */
int sst_client_table(struct sst_client *, struct sst_slice keyspace, struct sst_slice name,
    const struct sst_table **, struct sst_err *);

/* Sends a statement without values, such as FLUSH, and waits for as long as it takes. */
int sst_client_command(struct sst_client *, struct sst_slice text, struct sst_err *);

/* What was not acknowledged may have arrived or not.  All streams must be closed.  NULL is fine. */
void sst_client_close(struct sst_client *);

#endif
