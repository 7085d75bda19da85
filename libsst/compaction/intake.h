/*
 * libsst/compaction/intake.h: the stream over one input of a compaction: counts what is in it, drops
 * partitions that are not wanted, and says how far all inputs are.
 */
#ifndef SST_COMPACTION_INTAKE_H
#define SST_COMPACTION_INTAKE_H

#include "compaction/compaction.h"

struct sst_intake { /* what all inputs of a run share; start with {0} but for `what` */
	const struct sst_compaction *what;
	struct sst_tally tally;
	uint64_t partitions_dropped;
	uint64_t bytes, told; /* read so far; when step was last called */
};

/* Both are borrowed until the stream is closed. */
int sst_intake_open(struct sst_stream **, struct sst_intake *, struct sst_set *, struct sst_err *);

/* What remains of all inputs, merged: the stream that is written.  It has no rows and partitions that
 * say nothing.  *rows_dropped is counted up; it outlives the stream. */
int sst_outcome_open(
    struct sst_stream **, struct sst_intake *, uint64_t *rows_dropped, struct sst_err *);

#endif
