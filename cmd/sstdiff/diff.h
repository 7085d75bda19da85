/*
 * cmd/sstdiff/diff.h: two row streams of one table, walked side by side.  Both are merged, so each
 * says a thing once, and in the same order; so what is at another place is missing on the other side.
 */
#ifndef SSTDIFF_DIFF_H
#define SSTDIFF_DIFF_H

#include "row/rows.h"
#include "sstdiff/same.h"
#include "text/ndjson.h"
#include "tool/tool.h"

enum counted {
	PARTITIONS,
	ROWS,  /* static ones too */
	BOUNDS /* of range tombstones */
};

struct tally { /* by enum counted */
	uint64_t same[3], changed[3], only[3][2];
};

enum show {
	SHOW_LINES,  /* -LINE and +LINE */
	SHOW_NDJSON, /* {"side":"-",... */
	SHOW_STAT,   /* nothing but the tally */
	SHOW_NOTHING /* stops at the first difference */
};

struct diff {
	enum show show;
	enum exactness exactness; /* VALUES wants streams of what is live */
	uint64_t max;             /* differences that are shown; 0: all */
	bool quiet;
	struct tool_output *out;
	struct tally tally;
	uint64_t ndiffs; /* so far, of all tables */
	int rc;          /* of values that cannot be shown */
};

/*
 * Walks both streams, which are closed, of `table`.  0: done, or enough has been seen; -1 and *e when
 * one of them cannot be read.
 */
int diff_streams(struct diff *, const struct sst_table *, struct sst_stream *a,
    struct sst_stream *b, struct sst_err *);

/* True when no more is to be looked at. */
bool diff_enough(const struct diff *);

#endif
