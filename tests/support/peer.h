/*
 * tests/support/peer.h: a server of the native protocol in a thread of its own, for tests of the client:
 * it knows one table, prepares everything, acknowledges every write and writes down what it was asked.
 * It can answer a few bytes at a time, close in the middle, say that it is overloaded or has forgotten
 * a statement, and answer nonsense.
 */
#ifndef PEER_H
#define PEER_H

#include <pthread.h>

#include "base/buf.h"

struct peer {
	/* Set by the test, before peer_start: */
	size_t chunk;       /* bytes written at once; 0: all */
	size_t close_after; /* bytes written; 0: never closes */
	size_t garble;      /* this byte of the output comes with another value; 0: none */
	unsigned overload;  /* so many writes are answered with Overloaded */
	unsigned forget;    /* so many executions are answered with Unprepared */
	unsigned refuse_at; /* this write fails; 0: none */
	uint32_t refuse_code;
	const char *refuse_text;
	bool password, no_table, other_id, no_result;
	unsigned nrows, page_rows; /* of a SELECT: rows, and how many a page has; 0: as asked for */
	unsigned partitions;       /* that they are spread over; 0: one */
	bool endless;              /* empty pages, and always more of them */
	bool changed;              /* the columns of the second page are others */
	/* For the test, after peer_stop: */
	struct sst_buf log; /* a line a request */
	unsigned writes;

	int fd;
	pthread_t thread;
	struct sst_buf in, envelopes, out;
	size_t written;
	bool framed, closed;
	unsigned nprepared;
	struct sst_buf prepared[32];
};

/* The client's end. */
int peer_start(struct peer *);
/* Once the client's end is closed. */
void peer_stop(struct peer *);
void peer_free(struct peer *);
/* Whether a line of the log begins with this. */
unsigned peer_count(const struct peer *, const char *line);

#endif
