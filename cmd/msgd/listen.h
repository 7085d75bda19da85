/*
 * cmd/msgd/listen.h: the sockets that clients come to: the CQL port, the port for drivers that know
 * shards, and DIR/msgd.sock.  Shard 0 accepts, and hands connections out: in turn, or on the second
 * port to shard (source port mod shards), as such drivers want it.
 */
#ifndef MSGD_LISTEN_H
#define MSGD_LISTEN_H

#include "msgd/loop.h"
#include "msgd/node.h"

#define MSGD_SOCKET "msgd.sock" /* in DIR */

struct msgd_listeners;

/* Binds what the configuration says, and tells the node its ports. */
int msgd_listen_open(struct msgd_listeners **, struct msgd_node *, struct sst_err *);
/* Accepts from now on, at shard 0. */
int msgd_listen_start(struct msgd_listeners *, struct msgd_shard *, struct sst_err *);
/* When there was nothing to accept a connection with, it tries again after a while: in how many ms, -1: it
 * need not; and once each turn of shard 0. */
int msgd_listen_due_ms(const struct msgd_listeners *);
void msgd_listen_turn(struct msgd_listeners *);
void msgd_listen_stop(struct msgd_listeners *, struct msgd_loop *);
void msgd_listen_close(struct msgd_listeners *); /* NULL is fine */

#endif
