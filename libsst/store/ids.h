/*
 * libsst/store/ids.h: times for new ids that only rise, over restarts and clocks that go back.  A
 * reserved time, later than any that was given out, is kept in DIR/ids; so after a kill nothing
 * repeats.  Whoever makes snowflakes of them adds epoch, worker and layout.  formats/datadir.md.
 *
 * One process at a time: its holder has DIR/lock.
 */
#ifndef SST_STORE_IDS_H
#define SST_STORE_IDS_H

#include "base/io.h"

#define SST_IDS_FILE "ids"
#define SST_IDS_SEQUENCE 4096  /* ids a millisecond: the sequence of a snowflake has 12 bits */
#define SST_IDS_SLICE_MS 3000  /* reserved at a time */
#define SST_IDS_PATIENCE_MS 10 /* a clock that is back by this much at most is waited for */

struct sst_ids;

struct sst_ids_clock { /* so that a test can turn it back */
	void *arg;
	int64_t (*now_ms)(void *arg);
	void (*sleep_ms)(void *arg, unsigned ms);
};

/* clock NULL: the system's.  io and dir's string must outlive it. */
int sst_ids_open(struct sst_ids **, const struct sst_io *, const char *dir,
    const struct sst_ids_clock *, struct sst_err *);

/*
 * The next pair (ms since 1970, sequence below SST_IDS_SEQUENCE), larger than every earlier one of
 * this directory.  Clock back by at most SST_IDS_PATIENCE_MS: waits; by more: keeps the last
 * millisecond and counts on.  Sequence full: next millisecond.
 */
int sst_ids_next(struct sst_ids *, int64_t *ms, uint32_t *sequence, struct sst_err *);

/* Writes back the last time that was used, so that the next opening starts without a gap; frees.
 * NULL is fine. */
int sst_ids_close(struct sst_ids *, struct sst_err *);

#endif
