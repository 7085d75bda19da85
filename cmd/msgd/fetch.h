/*
 * cmd/msgd/fetch.h: bytes of SSTables for streams that wait for them (SST_WAIT): from the page cache at
 * once, from the disk by a crew, so that a slow disk holds up nobody else.
 */
#ifndef MSGD_FETCH_H
#define MSGD_FETCH_H

#include "msgd/crew.h"
#include "row/rows.h"

struct msgd_fetch {          /* of one stream; start with {0} */
	struct msgd_job job; /* first */
	struct sst_want want;
	struct sst_buf bytes;
	struct sst_err e;
	int result;
	/* Called at the shard once the bytes are in its cache, or with -1 and e. */
	void (*go_on)(struct msgd_fetch *, int result);
};

/*
 * Fetches fetch->want: 0 when it is there, and the call that waited is to be repeated; SST_WAIT: go_on
 * will be called; -1.
 */
int msgd_fetch_begin(struct msgd_shard *, struct msgd_fetch *, struct sst_err *);
void msgd_fetch_clear(struct msgd_fetch *); /* none is under way */

#endif
