/*
 * tests/served/child.h: an msgd as a child: started on ports that are free, killed, asked to end.
 */
#ifndef CHILD_H
#define CHILD_H

#include <stdint.h>
#include <sys/types.h>

struct child {
	pid_t pid;
	int out; /* its standard output */
	uint16_t port;
};

/* Starts program on dir with more arguments (NULL last); err is a file for its standard error. */
int child_start(
    struct child *, const char *program, const char *dir, const char *err, char *const *more);
/* Waits for its line: 0; -1: it ended, or said something else. */
int child_listens(struct child *, const char *address);
/* Sends a signal and waits: what waitpid says of it. */
int child_end(struct child *, int signal);

#endif
