/*
 * cmd/msgd/conn.h: a connection: bytes in, envelopes out of them, and answers back.  Answers are
 * gathered, and written once a turn.
 */
#ifndef MSGD_CONN_H
#define MSGD_CONN_H

#include "msgd/shard.h"
#include "wire/bodyzip.h"

struct msgd_conn {
	struct msgd_watch watch; /* first */
	struct msgd_shard *shard;
	struct msgd_conn *next, *prev, *next_dirty, *next_dead;
	bool local;   /* by the unix socket */
	bool dirty;   /* has answers to be written */
	bool closing; /* once the answers are out */
	bool closed;
	bool paused; /* not read from: the client does not read either, or asks too much at once */
	uint32_t events; /* that epoll watches for */
	size_t ntasks;
	/* When something came from it, and when it took something; by the steady clock. */
	int64_t read_us, sent_us;
	struct sst_buf in;        /* the start of a message whose end has not come */
	struct sst_buf piece;     /* protocol 5: out of frames, of an envelope that is not whole */
	struct sst_buf envelopes; /* protocol 5: not yet framed */
	struct sst_buf out;
	size_t sent;    /* of out */
	size_t counted; /* of what waits for it, among what waits for all (msgd_counts.output) */

	/* The session. */
	bool started, framed, lz4;
	enum sst_body_codec codec; /* of bodies, before protocol 5 */
	uint8_t version;
	bool wants_schema; /* events */
	struct sst_buf keyspace;
};

/* A connection on fd, which it takes over whatever happens. */
void msgd_conn_open(struct msgd_shard *, int fd, bool local);
void msgd_conn_close(struct msgd_conn *);
/* Frees a connection that is closed and has no tasks; the shard calls it between turns. */
void msgd_conn_free(struct msgd_conn *);

/* Appends an answer, or an event with stream -1. */
struct msgd_answer {
	uint8_t version, flags, opcode;
	int16_t stream;
	struct sst_slice body;
};
void msgd_conn_answer(struct msgd_conn *, const struct msgd_answer *);
/* Writes what there is, as far as the client takes it. */
void msgd_conn_flush(struct msgd_conn *);
/* No more is read; it closes when the answers are out. */
void msgd_conn_end(struct msgd_conn *);
/* Ends those that began something and do not go on: half a message, a handshake. */
void msgd_conn_sweep(struct msgd_shard *);
#define MSGD_SWEEP_MS 5000
/* A task ended: a connection that was paused for their number may go on. */
#define MSGD_BODY_MAX ((size_t)256 << 20) /* of one that is decompressed */

void msgd_conn_task_ended(struct msgd_conn *);

#endif
