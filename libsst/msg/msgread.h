/*
 * libsst/msg/msgread.h: reads messages from NDJSON, one a line, in the form that msgscan prints, and
 * in what of Discord's own form means the same.  formats/message.md.
 */
#ifndef SST_MSG_MSGREAD_H
#define SST_MSG_MSGREAD_H

#include "msg/message.h"

#define SST_MSGREAD_UNKNOWN 32    /* names of unknown fields that are told apart */
#define SST_MSGREAD_NAME_MAX 48   /* bytes of such a name that are kept */
#define SST_MSGREAD_REACTIONS 256 /* of one message */

struct sst_msgread;

struct sst_msgread_opts {
	bool strict; /* refuse fields that are not known, else count them */
	bool clears; /* null deletes a column (edits); else null is the same as nothing */
};

struct sst_msgread_unknown { /* a field that nothing here stores */
	char name[SST_MSGREAD_NAME_MAX + 1];
	uint64_t count;
};

int sst_msgread_new(struct sst_msgread **, const struct sst_msgread_opts *, struct sst_err *);
void sst_msgread_free(struct sst_msgread *); /* NULL is fine */

/*
 * Fills *m from one line; it borrows from the line and the reader until the next call.  -1 with
 * SST_EINVAL says what is wrong with the line: in `what`, with the field, and the byte in `off` when
 * it is no JSON.
 */
int sst_msgread_line(
    struct sst_msgread *, struct sst_slice line, struct sst_message *m, struct sst_err *);

/* Unknown fields of all lines so far, in the order in which they were met; the last one of a
 * full table, named "others", stands for the rest. */
size_t sst_msgread_unknown(const struct sst_msgread *, const struct sst_msgread_unknown **);

#endif
