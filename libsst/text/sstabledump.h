/*
 * libsst/text/sstabledump.h: rows as Cassandra 5.0's sstabledump prints them, byte for byte, with
 * its white space and its quirks (formats/sstabledump.md).  Streaming: an item goes in, its text
 * comes out.
 */
#ifndef SST_TEXT_SSTABLEDUMP_H
#define SST_TEXT_SSTABLEDUMP_H

#include "base/buf.h"
#include "row/rows.h"

struct sst_sstabledump;

/* Borrows the table until free.  now_s, in s since 1970, decides what is "expired". */
int sst_sstabledump_new(
    struct sst_sstabledump **, const struct sst_table *, int64_t now_s, struct sst_err *);
void sst_sstabledump_free(struct sst_sstabledump *); /* NULL is fine */

/* Before the first item: times as numbers (-t); a partition a line without white space (-l). */
void sst_sstabledump_set(struct sst_sstabledump *, bool raw_times, bool lines);

/*
 * Appends the text of the next item of a stream (not a reversed one).  SST_EDAMAGED, with the
 * item's file and offset, when a value is none of its type; what was appended of the item is then
 * taken back, so that end() still leaves whole JSON; of a partition, its rows are passed over.
 */
int sst_sstabledump_item(
    struct sst_sstabledump *, const struct sst_item *, struct sst_buf *out, struct sst_err *);

/* Appends what closes the document.  Like sstabledump, without a newline after it. */
void sst_sstabledump_end(struct sst_sstabledump *, struct sst_buf *out);

#endif
