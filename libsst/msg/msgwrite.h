/*
 * libsst/msg/msgwrite.h: prints messages, as the NDJSON that msgread reads back to the same row, or
 * as chosen fields in TSV.  formats/message.md.
 */
#ifndef SST_MSG_MSGWRITE_H
#define SST_MSG_MSGWRITE_H

#include "base/buf.h"
#include "msg/messages.h"

#define SST_MSGWRITE_FIELDS 32

struct sst_msgwrite_fields { /* what -o chose */
	uint8_t field[SST_MSGWRITE_FIELDS];
	size_t n;
};

/* Reads "message_id,author,content"; SST_EINVAL names a field that there is not. */
int sst_msgwrite_select(struct sst_msgwrite_fields *, struct sst_slice names, struct sst_err *);
/* All that sst_msgwrite_json prints, in that order. */
void sst_msgwrite_select_all(struct sst_msgwrite_fields *);
/* The i-th name that can be selected, or NULL. */
const char *sst_msgwrite_name(size_t i);

/*
 * Append one message and a line feed.  Columns that are not set are left out of JSON and empty in
 * TSV.  SST_EDAMAGED for a value that is none of its column's type; out then ends as it began.
 */
int sst_msgwrite_json(struct sst_buf *out, const struct sst_messages *, int64_t channel,
    const struct sst_row *, struct sst_err *);
int sst_msgwrite_tsv(struct sst_buf *out, const struct sst_messages *,
    const struct sst_msgwrite_fields *, int64_t channel, const struct sst_row *, struct sst_err *);

#endif
