/*
 * libsst/compaction/survey.h: looks at all that several SSTables of a table hold: what of it only says
 * that something is gone, what a reader pays for that, and what a merge of them would drop.  Reads
 * as a compaction does, writes nothing, and keeps nothing of a partition but numbers:
 *
 *	inputs ─ feed (counts each by itself) ─┐
 *	inputs ─ feed ──────────────────────────┴─ merge ─ survey (counts what remains of all)
 */
#ifndef SST_COMPACTION_SURVEY_H
#define SST_COMPACTION_SURVEY_H

#include "compaction/oracle.h"
#include "compaction/sets.h"
#include "compaction/tally.h"
#include "row/db.h"

struct sst_survey_size {
	uint64_t live_rows, dead_rows; /* what a reader sees, and what it does not */
	/*
	 * Uncompressed; live and dead parts of one row share its bytes by their lengths, and rows
	 * that were put together of several SSTables count for about what they would take.
	 */
	uint64_t live_bytes, dead_bytes;
};

/* Tombstones by how long it takes until gc_grace is over for them. */
#define SST_AGES 7
struct sst_ages {
	uint64_t n[SST_AGES]; /* the first: over already; the last: never, or later than all */
};
/* Upper ends in seconds of all but the last. */
extern const int64_t sst_age_bounds_s[SST_AGES - 1];
/* The place of a tombstone with this local deletion time. */
size_t sst_age_of(int64_t ldt_s, int64_t now_s, int64_t gc_grace_s);

struct sst_survey_column {
	uint64_t cells;      /* tombstones too */
	uint64_t tombstones; /* cells that were deleted */
	uint64_t nulls;      /* of these: written as null along with something that lives */
	uint64_t overwrites; /* collections that were replaced as a whole: a deletion for each */
};

struct sst_survey_input { /* an SSTable by itself */
	struct sst_tally tally;
	struct sst_survey_size size;
	uint64_t old; /* tombstones for which gc_grace is over */
};

struct sst_survey_share { /* of an input in a partition */
	size_t input;
	uint64_t gone, old;
	int64_t old_ts_us; /* largest write time of the old ones; SST_NO_TS: there are none */
	uint64_t bytes;
};

struct sst_survey_sum {              /* of a partition, or of all */
	struct sst_tally in;         /* as they lie in the inputs */
	struct sst_tally merged;     /* without what is shadowed */
	struct sst_tally left;       /* what a merge of all inputs would write */
	struct sst_survey_size size; /* of what is merged, with what is shadowed as dead */
	uint64_t in_bytes, left_bytes;
	uint64_t ghosts;
	struct sst_ages ages; /* of merged */
};

struct sst_survey_partition {
	const struct sst_partition *part; /* borrowed, like the shares */
	struct sst_survey_sum sum;
	uint64_t page;     /* tombstones met by the first page of rows */
	uint64_t page_max; /* by the page that meets most, one after the other */
	size_t nshares;
	const struct sst_survey_share *shares; /* inputs that have it */
};

struct sst_survey_opts {
	const struct sst_table *table;
	size_t n;
	struct sst_set *const *in;
	const struct sst_read *read; /* key or token range; NULL: everything */
	int64_t now_s, gc_grace_s;
	bool purge;                /* false: `left` is `merged` */
	struct sst_oracle *oracle; /* asked before something may go; NULL: all may */
	uint64_t page_rows;
	/* Whether a merged row is one that nobody sees although it lives; may be NULL. */
	bool (*ghost)(void *arg, const struct sst_row *, int64_t now_s);
	/* After each partition.  -1 and *e end the survey. */
	int (*partition)(void *arg, const struct sst_survey_partition *, struct sst_err *);
	/* Every few hundred KiB, with the bytes of rows read so far; may be NULL. */
	int (*step)(void *arg, uint64_t bytes, uint64_t rows, struct sst_err *);
	void *arg;
};

struct sst_survey { /* start with {0} */
	struct sst_survey_sum sum;
	struct sst_survey_input *inputs;              /* as opts->in */
	struct sst_survey_column *statics, *regulars; /* as the table's */
};

/* Fills *s, also as far as it came on -1. */
int sst_survey_run(struct sst_survey *s, const struct sst_survey_opts *, struct sst_err *);
void sst_survey_free(struct sst_survey *);

#endif
