/*
 * libsst/wire/link.h: a client's connection to a server of the native protocol, version 5: many requests
 * in flight, each in a slot until it is answered.
 *
 *	begin	a free slot, and a buffer for the body of the request
 *	send	the request is queued; it leaves when there is enough, or somebody waits
 *	wait	its answer, which borrows from the slot
 *	free	the slot is free again
 *
 * A slot that was sent with a handler is answered by a call, and is free afterwards.  What the server
 * answers with Overloaded is sent again, later and later, for half a minute.
 */
#ifndef SST_WIRE_LINK_H
#define SST_WIRE_LINK_H

#include "wire/answer.h"

#define SST_LINK_SLOTS 256
#define SST_LINK_BYTES ((size_t)8 << 20)      /* of requests in flight */
#define SST_LINK_BODY_MAX ((size_t)256 << 20) /* of an answer */
#define SST_LINK_SILENCE_MS 60000             /* without an answer that somebody waits for */

struct sst_link;

/* 0, or -1: the link is of no use any more.  With *keep set the slot stays as it is, for resend. */
typedef int (*sst_link_answered)(
    void *arg, unsigned slot, const struct sst_answer *, bool *keep, struct sst_err *);

/*
 * Speaks to the server at fd, a connected socket, which it takes over whatever happens.
 * name is what errors call it.
 */
int sst_link_open(struct sst_link **, int fd, const char *name, struct sst_err *);
void sst_link_close(struct sst_link *); /* NULL is fine */
const char *sst_link_name(const struct sst_link *);

int sst_link_begin(
    struct sst_link *, enum sst_opcode, unsigned *slot, struct sst_buf **body, struct sst_err *);
/* handler NULL: somebody will wait. */
int sst_link_send(
    struct sst_link *, unsigned slot, sst_link_answered handler, void *arg, struct sst_err *);
/* From a slot that was kept, what was sent is sent once more. */
void sst_link_resend(struct sst_link *, unsigned slot);
/* Waits for the answer.  An ERROR is one, too: sst_link_refused makes an error of it. */
int sst_link_wait(struct sst_link *, unsigned slot, struct sst_answer *, struct sst_err *);
/* Answered or not; an answer that comes later is dropped. */
void sst_link_free(struct sst_link *, unsigned slot);
/* What is asked from here on may take its time: no answer is no error. */
void sst_link_be_patient(struct sst_link *);

/* Sends what is queued, and takes what has come; wait: until an answer has come, if any is missing. */
int sst_link_step(struct sst_link *, bool wait, struct sst_err *);
/* Requests that have a handler and are not answered yet. */
unsigned sst_link_pending(const struct sst_link *);

/* An ERROR as an error of ours, in the server's words; returns -1. */
int sst_link_refused(const struct sst_link *, const struct sst_answer *, struct sst_err *);
/* An answer that makes no sense here; returns -1. */
int sst_link_nonsense(const struct sst_link *, const char *what, struct sst_err *);

#endif
