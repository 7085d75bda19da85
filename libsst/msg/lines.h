/* libsst/msg/lines.h: lines of an input, where they lie in its blocks. */
#ifndef SST_MSG_LINES_H
#define SST_MSG_LINES_H

#include "msg/feed.h"

struct sst_lines {       /* start with {0} */
	uint64_t number; /* of the line given last, from 1 */
	bool skipping;   /* the rest of a line that was too long */
};

/*
 * SST_ONE and a line without its line feed, which stays until the next call; 0 at the end; -1.
 * SST_ELIMIT: a line that is too long; the call after it gives the next line.
 */
int sst_lines_next(struct sst_lines *, struct sst_feed *, struct sst_slice *line, struct sst_err *);

#endif
