/*
 * tests/served/trial.h: an msgd whose calls fail when that is wanted, and a client that asks it one thing at
 * a time: for tests/prog/msgdfaults.c and msgdclients.c.
 */
#ifndef TRIAL_H
#define TRIAL_H

#include <stdbool.h>

#include "../support/tally.h"
#include "child.h"
#include "cqlconn.h"
#include "faulty.h"

enum {
	SERVER_ERROR = 0x0000,
	PROTOCOL_ERROR = 0x000a,
	OVERLOADED = 0x1001,
	DONE = -1, /* no error */
	ENDED = -2,
	PATIENCE_S = 60,
	TRIES = 1000 /* for what comes about, of 10 ms */
};

extern const char *program, *root; /* root: a folder for the directories of all tests */
extern char dir[2048], err[2100];  /* of the one that is served; and what it says */
extern struct faulty *faulty;

struct trial {
	const char *name;
	void (*run)(void);
};

/* What main does: argv has the program, the root and perhaps the name of one of the n tests. */
int try_all(int argc, char *argv[], const struct trial *, size_t n);
void sleep_ms(long);

/* In a directory of that name, with these settings as well: whether it listens. */
bool start(struct child *, const char *name, const char *settings);
/* In the same directory once more, with one more option or NULL: 0; -1: it does not listen. */
int again(struct child *, const char *option);
/* No call fails any more. */
void heal(void);
void end_in_peace(struct child *, const char *name);
/* What it has said holds this text; does so sooner or later. */
bool has_said(const char *text);
bool says(const char *text);
/* It waits for something to happen, and says no more than it has to. */
void is_calm(const char *when);
/* As msgd flush: its status. */
int flush_tables(void);

bool meet(struct cqlconn *, struct child *);
bool is_turned_away(struct child *);
/* An error's code, or one of the above; with rows, how many there are. */
int next_answer(struct cqlconn *, int *rows);
int run(struct cqlconn *, int *rows, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int put(struct cqlconn *, int channel, int id);
/* So many rows of each of 10 channels, from id on: how many are taken. */
int put_all(struct cqlconn *, int id, int n);
/* The rows with ids below this; -1: there is an error. */
int count(struct cqlconn *, int below);
/* After a kill all that was acknowledged is there. */
void kill_and_count(struct child *, const char *name, int below, int want);

#endif
