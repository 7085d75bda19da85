/*
 * cmd/msgd/output.h: answers that wait for clients to take them: how much memory they may have, of one
 * connection and of all of the daemon together.
 *
 *	more than fits with that of all		the answer becomes Overloaded
 *	more than half of that			who has answers waiting is not read from
 *	for half a minute, nothing taken	disconnected: with more than one may have, or in that case
 */
#ifndef MSGD_OUTPUT_H
#define MSGD_OUTPUT_H

#include "msgd/conn.h"

#define MSGD_PATIENCE_US INT64_C(30000000)  /* with those who do not go on */
#define MSGD_OUTPUT_KEEP ((size_t)64 << 10) /* memory that a connection may have in any case */

static inline size_t
msgd_output_unsent(const struct msgd_conn *c)
{
	return c->out.n - c->sent;
}

static inline size_t
msgd_output_waiting(const struct msgd_conn *c)
{
	return msgd_output_unsent(c) + c->envelopes.n;
}

/* Makes what waits for this client known to all shards. */
void msgd_output_count(struct msgd_conn *);
/* So much waits that those who do not read make place for others. */
bool msgd_output_is_crowded(const struct msgd_conn *);
/* An answer of n bytes is not to wait beside all that does.  Who reads gets small ones all the same. */
bool msgd_output_is_too_much(const struct msgd_conn *, size_t n);
/* It has taken nothing of what waits for it for long, and that is more than it may be. */
bool msgd_output_is_stuck(const struct msgd_conn *);

#endif
