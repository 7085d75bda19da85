/*
 * libsst/text/ndjsonin.h: reads rows back from NDJSON as ndjson.h writes it (formats/ndjson.md).
 * Members may stand in any order; one that is not known is refused, so that nothing is lost.
 */
#ifndef SST_TEXT_NDJSONIN_H
#define SST_TEXT_NDJSONIN_H

#include "row/rows.h"

struct sst_ndjsonin;

/* Borrows the table, whose columns the lines name, until free. */
int sst_ndjsonin_new(struct sst_ndjsonin **, const struct sst_table *, struct sst_err *);
void sst_ndjsonin_free(struct sst_ndjsonin *); /* NULL is fine */

/*
 * Reads one line.  *key is the partition's key, *item what the line says: of kind SST_PARTITION a
 * partition with its deletion, else what belongs to the partition of that key.  Both stay until the
 * next call.  item->off is the line's "position"; item->file is NULL.  SST_EINVAL says what is wrong
 * with the line; *key and *item are then empty and NULL.
 */
int sst_ndjsonin_line(struct sst_ndjsonin *, struct sst_slice line, struct sst_slice *key,
    const struct sst_item **item, struct sst_err *);

#endif
