/*
 * tests/served/kills.h: what clients of an msgd that is killed know of its rows: tests/prog/msgdkill.c.
 */
#ifndef KILLS_H
#define KILLS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cqlconn.h"

enum {
	CLIENTS = 8,
	WILD = 4,
	PARTITIONS = 4, /* of a client */
	ROWS = 64,      /* of a partition, at most */
	KEYS = PARTITIONS * ROWS,
	TEXT_MAX = 2000,  /* bytes of a row's */
	BURST = 24,       /* requests that a client has in flight */
	ROUNDS_EACH = 20, /* of a directory, then another begins */
	ONCE_MAX = 40000, /* keys of IF NOT EXISTS, of a directory */
	ONCE_CHANNEL = 1000
};

struct slot { /* a row: versions are times of writing; a negative one deleted it */
	_Atomic int64_t acked, sent;
	int64_t pending; /* sent, and no answer yet */
	int partner;     /* of the same batch; -1: none */
};

struct once { /* a key that all want to be first at */
	_Atomic uint32_t tried, won, lost_to;
};

extern struct slot slots[CLIENTS][KEYS];
extern struct once onces[ONCE_MAX];
extern _Atomic uint32_t next_once;
extern _Atomic bool stop;    /* something is wrong */
extern _Atomic bool no_once; /* IF NOT EXISTS is refused as not supported */
extern const char address[];

struct client {
	int me;
	uint64_t random;
	int64_t version;
	uint16_t port;
	struct cqlconn c;
	struct cqlconn_id put, drop, get, page, once;
	int64_t seen[CLIENTS][KEYS]; /* in this life of the server */
	unsigned long requests;
};

/* What is wrong, the first time; -1. */
int wrong(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
uint64_t roll(uint64_t *state, uint64_t below);
int64_t larger(int64_t, int64_t);
/* A number that looks random, and is the same each time. */
uint64_t mix(uint64_t);
/* Whether this is the text that a version of a row holds; text_of makes it. */
size_t text_of(char text[TEXT_MAX], int of, int key, int64_t version);
int judge_text(int of, int key, int64_t version, const uint8_t *, int32_t n);

/* A thread: writes and reads until the connection ends. */
void *work(void *client);
/* One that asks for anything, in any manner, until it finds nobody. */
void *work_wildly(void *client);
/* Holds all that is there against what is known; what had no answer is settled. */
int judge_all(uint16_t port);

#endif
