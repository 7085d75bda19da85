/*
 * libsst/text/ndjson.h: rows as NDJSON, a line for each row, static row, bound of a range tombstone
 * and partition deletion.  formats/ndjson.md defines every member.  ndjsonin.h reads it back.
 */
#ifndef SST_TEXT_NDJSON_H
#define SST_TEXT_NDJSON_H

#include "base/buf.h"
#include "row/rows.h"

struct sst_ndjson;

/* Borrows the table until free, and the file names of items from one to the next. */
int sst_ndjson_new(struct sst_ndjson **, const struct sst_table *, struct sst_err *);
void sst_ndjson_free(struct sst_ndjson *); /* NULL is fine */

/*
 * Appends the line of the next item of a stream: nothing for a partition that is not deleted.
 * SST_EDAMAGED, with the item's file and offset, when a value is none of its type; what was
 * appended of the item is then taken back, and when it was a partition, its rows are passed over.
 */
int sst_ndjson_item(
    struct sst_ndjson *, const struct sst_item *, struct sst_buf *out, struct sst_err *);

#endif
