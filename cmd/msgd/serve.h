/* cmd/msgd/serve.h: the daemon from its start to its end. */
#ifndef MSGD_SERVE_H
#define MSGD_SERVE_H

#include "msgd/config.h"

/* Serves until SIGTERM or SIGINT; gives an exit status.  Borrows the configuration. */
int msgd_serve(const struct msgd_config *);

/* The shards that there are when nothing says how many: one for each processor that we may run on. */
unsigned msgd_cores(void);

#endif
