/*
 * tests/support/random.h: random tables and updates, the same for the same seed.  Values and times
 * come from small sets, so that writes meet: the same rows, equal timestamps, ranges inside ranges.
 */
#ifndef TESTS_SUPPORT_RANDOM_H
#define TESTS_SUPPORT_RANDOM_H

#include "row/db.h"

#define RANDOM_TS_US INT64_C(1700000000000000) /* write times lie in the 40 µs from here */
#define RANDOM_LDT_S INT64_C(1700000000)       /* deletions and expiries in the 100 s from here */

#define RANDOM_BATCH 50 /* cases a test: a process of its own for each costs more than a case */

/* Runs the cases of one batch: seeds from batch * RANDOM_BATCH on. */
void random_batch(int batch, void (*one)(int seed));

struct random {
	uint64_t state;
};

uint64_t random_u64(struct random *);
uint32_t random_below(struct random *, uint32_t n); /* 0 .. n - 1; n > 0 */
bool random_chance(struct random *, uint32_t percent);

struct random_opts {       /* {0}: everything but counters and shadowable deletions */
	uint32_t nparts;   /* different partitions; 0: 3 */
	uint32_t nvalues;  /* different values of a clustering column; 0: 4 */
	uint32_t nrows;    /* rows an update at most; 0: 4 */
	bool wide;         /* values of any length and content that the type takes */
	bool no_ttl;       /* nothing expires */
	bool no_deletions; /* neither rows, ranges, partitions, cells nor collections */
	bool shadowable;   /* some row deletions are */
	bool under;        /* and some of those lie over another one */
};

/*
 * A table ks.t with 1–2 key columns, 0–3 clustering columns (reversed or not), static columns (with
 * clustering only) and simple and multicell regulars of many types; or, with counter, counters.
 * Lives in the arena; never NULL.
 */
const struct sst_table *random_table(struct random *, bool counter, struct sst_arena *);

/* An update of the table.  Rows ascend and shadow nothing of themselves; ranges come in any order. */
const struct sst_update *random_update(
    struct random *, const struct sst_table *, const struct random_opts *, struct sst_arena *);

/* A value of a frozen type; of a multicell one, of an element that path names. */
struct sst_slice random_value(
    struct random *, const struct sst_type *, const struct random_opts *, struct sst_arena *);

#endif
