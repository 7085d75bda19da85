/*
 * cmd/msgd/round.h: something that every shard does once, each in its thread, at the wish of one that
 * hears when all have done it.
 */
#ifndef MSGD_ROUND_H
#define MSGD_ROUND_H

#include "msgd/shard.h"

struct msgd_round;

struct msgd_round_letter {
	struct msgd_letter letter; /* first */
	struct msgd_round *round;
	struct sst_err e;
	bool failed;
};

struct msgd_round {
	struct msgd_shard *from;
	/* At each shard; -1 with *e filled in. */
	int (*visit)(struct msgd_shard *, struct msgd_round *, struct sst_err *e);
	/* At `from`, when all are back: result is -1 when one of them failed, then e says why. */
	void (*back)(struct msgd_round *, int result);
	void *arg;
	struct sst_err e;
	unsigned out;
	struct msgd_round_letter letters[MSGD_SHARDS_MAX];
};

/* One at a time; visit, back and arg are set, and *r stays until back is called. */
void msgd_round_begin(struct msgd_round *, struct msgd_shard *from);

#endif
