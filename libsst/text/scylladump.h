/*
 * libsst/text/scylladump.h: rows as `scylla sstable dump-data` prints them (formats/scylladump.md): one
 * JSON document for all files, without white space.
 */
#ifndef SST_TEXT_SCYLLADUMP_H
#define SST_TEXT_SCYLLADUMP_H

#include "base/buf.h"
#include "row/rows.h"

struct sst_scylladump;

/* Borrows the table until free. */
int sst_scylladump_new(struct sst_scylladump **, const struct sst_table *, struct sst_err *);
void sst_scylladump_free(struct sst_scylladump *); /* NULL is fine */

/* The document: a file after the other.  path NULL: rows of several, "anonymous". */
void sst_scylladump_begin(struct sst_buf *out, const char *path, bool first);
/*
 * Appends the next item of a stream.  SST_EDAMAGED, with the item's file and offset, when a value is
 * none of its type; what was appended of the item is then taken back; of a partition, its rows are
 * passed over.
 */
int sst_scylladump_item(
    struct sst_scylladump *, const struct sst_item *, struct sst_buf *out, struct sst_err *);
/* After the last item of a file; then after the last file. */
void sst_scylladump_end(struct sst_scylladump *, struct sst_buf *out);
void sst_scylladump_finish(struct sst_buf *out, bool any);

#endif
