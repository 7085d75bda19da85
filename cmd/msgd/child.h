/*
 * cmd/msgd/child.h: compact(1) as a child, when SSTables were published: it decides what is worth merging,
 * at idle priority, and ends with us.
 */
#ifndef MSGD_CHILD_H
#define MSGD_CHILD_H

#include <signal.h>

#include "msgd/node.h"

struct msgd_child {       /* start with {0} */
	pid_t pid;        /* 0: none runs */
	unsigned seen;    /* of node->published */
	int64_t ended_us; /* of the steady clock */
	bool missing;     /* there is no such program */
	bool told;        /* to end, as a table is to be emptied */
};

#define MSGD_CHILD_PATH 4096

/* The program that is run: the one of the settings, the one beside this program, else what PATH has. */
void msgd_child_program(const struct msgd_config *, char path[MSGD_CHILD_PATH]);

/* Sent to this process, it makes the main thread look at once. */
#define MSGD_CHILD_LOOK SIGUSR2

/* Now and then, in the main thread. */
void msgd_child_turn(struct msgd_child *, const struct msgd_node *, int64_t steady_us);
/* It is told to end, and waited for. */
void msgd_child_stop(struct msgd_child *);

#endif
