/*
 * libsst/msg/msgread.h: reads messages from NDJSON, one a line, in the form that msgscan prints, and
 * in what of Discord's own form means the same.  formats/message.md.
 */
#ifndef SST_MSG_MSGREAD_H
#define SST_MSG_MSGREAD_H

#include "msg/leftout.h"
#include "msg/message.h"

struct sst_msgread;

struct sst_msgread_opts {
	bool strict; /* refuse fields that are not known, else count them */
	bool clears; /* null deletes a column (edits); else null is the same as nothing */
};

/* Counts fields that nothing here stores in *leftout, which it borrows until free. */
int sst_msgread_new(
    struct sst_msgread **, const struct sst_msgread_opts *, struct sst_leftout *, struct sst_err *);
void sst_msgread_free(struct sst_msgread *); /* NULL is fine */

/*
 * Fills *m from one line; it borrows from the line and the reader until the next call.  -1 with
 * SST_EINVAL says what is wrong with the line: in `what`, with the field, and the byte in `off` when
 * it is no JSON.
 */
int sst_msgread_line(
    struct sst_msgread *, struct sst_slice line, struct sst_message *m, struct sst_err *);

#endif
