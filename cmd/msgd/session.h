/*
 * cmd/msgd/session.h: what a client says, envelope by envelope: the handshake is answered here,
 * statements become tasks.  formats/native-protocol.md.
 */
#ifndef MSGD_SESSION_H
#define MSGD_SESSION_H

#include "msgd/conn.h"

void msgd_session_take(struct msgd_conn *, const struct sst_envelope *);
/* An envelope that cannot be taken: the client is told why, and the connection ends. */
void msgd_session_refuse(struct msgd_conn *, const struct sst_envelope *, const struct sst_err *);

#endif
