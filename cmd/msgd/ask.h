/* cmd/msgd/ask.h: what the msgd that serves a directory is asked to do, over its socket. */
#ifndef MSGD_ASK_H
#define MSGD_ASK_H

#include <stdbool.h>

/* Each gives an exit status, after a complaint where it is not SOUND. */
int msgd_ask_flush(const char *dir);
/* name NULL: the time in ms, as nodetool takes it.  Prints the name, unless quiet. */
int msgd_ask_snapshot(const char *dir, const char *name, bool quiet);

#endif
