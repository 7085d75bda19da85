/* cmd/compact/job.h: the work on one table: table.c has its locks and order, choose.c which SSTables, run.c
 * one merge of them. */
#ifndef COMPACT_JOB_H
#define COMPACT_JOB_H

#include "compact/compact.h"
#include "live/lock.h"
#include "store/unflushed.h"

struct job { /* one table, from lock to unlock */
	struct wishes *w;
	const struct place *at;
	struct sst_lock lock;
	struct sst_strategy strategy;
	struct sst_sets sets;
	struct sst_unflushed *unflushed;
	struct sst_arena arena; /* of the task at hand */
	size_t rounds;
	uint64_t generation_max; /* when it began */
	size_t group;            /* next one of a run over all */
	bool quiet_purge;        /* it was told why nothing is purged */
};

/* "keyspace.table", in buf. */
const char *job_name(const struct job *, char buf[200]);

/* Tombstones of before may go, in s since 1970; INT64_MIN: none. */
int64_t job_gc_before(const struct job *);
/* Tells the user once why none goes. */
void job_tell_no_purge(struct job *, const char *why);

/* ---- choose.c ---- */

/* True when the user says what is merged; else the strategy does. */
bool choose_is_told(const struct job *);
/* SST_ONE and what to merge next, in j->arena; 0; -1. */
int choose_next(struct job *, struct sst_task *, struct sst_err *);
/* Whether what is to be dropped can be: a status, having complained. */
int choose_check_drops(struct job *);

/* ---- run.c ---- */

/* Merges; a status. */
int run_task(struct job *, struct sst_task *);

#endif
