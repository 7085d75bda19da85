/*
 * libsst/compaction/feed.h: the streams of a survey's inputs.  Each counts what goes by, and keeps the
 * numbers of the last partitions that it has left, until the survey, which comes behind it by the
 * length of the merge, claims them.
 */
#ifndef SST_COMPACTION_FEED_H
#define SST_COMPACTION_FEED_H

#include "compaction/survey.h"

/*
 * Partitions that an input may be ahead of what the merge has given: the one it stands in, the one
 * before, and, after one that has nothing but a deletion, one more.
 */
#define SST_FEED_ENDED 4

struct sst_feed_part { /* a partition of one input */
	struct sst_buf key;
	int64_t token;
	bool valid;
	struct sst_tally tally;
	struct sst_survey_share share;
};

struct sst_feed; /* a stream */

struct sst_feeds { /* what all of them share; start with {0} but for opts and survey */
	const struct sst_survey_opts *opts;
	struct sst_survey *survey;
	uint64_t bytes, told, rows; /* read so far; when step was last called */
	struct sst_feed **v;        /* by input; theirs to free */
	size_t *ended, nended;      /* inputs with partitions to claim, each once */
	struct sst_survey_share *shares;
};

/* -1 without memory. */
int sst_feeds_init(struct sst_feeds *, struct sst_err *);
void sst_feeds_free(struct sst_feeds *);

/* Opens the i-th input.  Borrows *feeds until the stream is closed. */
int sst_feed_open(struct sst_stream **, struct sst_feeds *, size_t i, struct sst_err *);

/* What the inputs had of a partition that the merge has left: fills p->sum.in, in_bytes and shares. */
void sst_feeds_claim(struct sst_feeds *, struct sst_survey_partition *p);

#endif
