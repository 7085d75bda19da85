/*
 * libsst/msg/records.h: records of CSV (RFC 4180): fields between commas, a record a line; a field
 * in quotes may hold commas, line feeds, and quotes, doubled.  Lines may end in CR LF.
 */
#ifndef SST_MSG_RECORDS_H
#define SST_MSG_RECORDS_H

#include "msg/feed.h"

#define SST_RECORDS_FIELDS 256 /* of one record */

struct sst_records { /* start with {0} */
	struct sst_slice field[SST_RECORDS_FIELDS];
	bool doubled[SST_RECORDS_FIELDS]; /* quotes in it are to be halved */
	size_t n;                         /* fields of the record given last */
	uint64_t number;                  /* of that record, from 1: the heading */
	uint64_t off;                     /* where it begins */
};

/*
 * SST_ONE and a record, whose fields stay until the next call; 0 at the end; -1.  After SST_EINVAL
 * (quotes where none may be) and SST_ELIMIT the next call goes on with the next line.  Lines that are
 * empty are passed over.
 */
int sst_records_next(struct sst_records *, struct sst_feed *, struct sst_err *);

#endif
