/* cmd/msgput/recover.h: what a crash left in a long log, brought into SSTables by all processors. */
#ifndef MSGPUT_RECOVER_H
#define MSGPUT_RECOVER_H

#include "store/store.h"

/*
 * Does nothing when the log is short, as whoever opens the store then replays it, or when somebody
 * else has the directory.
 */
int recover_log(const char *dir, const struct sst_store_opts *, struct sst_err *);

#endif
