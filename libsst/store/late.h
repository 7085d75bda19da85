/*
 * libsst/store/late.h: an SSTable that is opened when a read of one partition gets to where its rows
 * begin, which Statistics.db says: a page of the newest rows then never opens the files of older ones.
 *
 *	clustering ──►   [ A ]      [  C  ]
 *	                   [ B  ]            [ D ]
 *	opened:          A B        C        D
 *
 * Until then its stream gives the partition, and a range tombstone marker that changes nothing, at that
 * place: the merge opens it by asking for what follows.
 */
#ifndef SST_STORE_LATE_H
#define SST_STORE_LATE_H

#include "store/shelf.h"

/* Between which positions all rows and range deletions lie; false when the SSTable does not say. */
bool sst_late_covers(const struct sst_sstable *, struct sst_bound *from, struct sst_bound *to);

/* True when it can be opened late: it says what it covers, and holds nothing but rows. */
bool sst_late_takes(const struct sst_sstable *);

struct sst_late_opts {
	/* Opens the SSTable: SST_ONE and its stream, 0 when it has nothing of the partition, -1.
	 * Nothing from *at on, in the stream's direction, has been given yet. */
	int (*open)(void *arg, struct sst_source *, const struct sst_bound *at,
	    struct sst_stream **, struct sst_err *);
	void *arg;
	const struct sst_read *what; /* one partition, not raw */
	int64_t token;               /* of it */
};

/* *o is copied; the source, and what *o points to, stay until close. */
int sst_late_open(
    struct sst_stream **, struct sst_source *, const struct sst_late_opts *o, struct sst_err *);

#endif
