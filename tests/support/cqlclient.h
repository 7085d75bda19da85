/*
 * tests/support/cqlclient.h: msgd as a child, and a client of it that says what it is told to.  What
 * fails of its own ends the program.
 */
#ifndef TESTS_CQLCLIENT_H
#define TESTS_CQLCLIENT_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "tally.h"
#include "wire/bodyzip.h"

/* Says what, errno, and the totals. */
_Noreturn void die(const char *what);

struct served {
	const char *bin, *dir;
	pid_t pid;
	FILE *out;
	unsigned port, shard_port;
};

/* Starts BIN/msgd over DIR on ports that are free; back when it accepts. */
void served_start(struct served *, const char *shards, const char *sync);
void served_stop(struct served *, int sig);

struct client {
	int fd;
	uint8_t version;
	bool framed;
	struct sst_buf in, rest;  /* as it came; within frames */
	struct sst_buf out, body; /* to be sent; the last answer's body */
	uint8_t opcode, flags;
	bool lz4, zips; /* frames; bodies, before protocol 5 */
	enum sst_body_codec codec;
};

/* Connects and says STARTUP; local: by the unix socket; compression: "lz4", "snappy" or NULL. */
void client_connect(
    struct client *, struct served *, uint8_t version, bool local, const char *compression);
void client_leave(struct client *);

/* Begins a request in c->out; sends it, and takes the answer; or takes what comes unasked. */
size_t client_begin(struct client *, uint8_t opcode);
void client_ask(struct client *, size_t at);
void client_receive(struct client *);
void client_put_long(struct sst_buf *, const char *);
void client_put_flags(struct client *, uint32_t flags);

/* QUERY with pages of so many rows (0: without), from where the last one ended. */
void client_query(struct client *, const char *cql, uint32_t page, struct sst_slice state);
/* UINT32_MAX when it is none. */
uint32_t client_error(const struct client *);

#endif
