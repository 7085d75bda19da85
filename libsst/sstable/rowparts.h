/*
 * libsst/sstable/rowparts.h: Data.db field by field, as parts.h has the other components: flags, sizes,
 * times as the differences that lie there, clusterings, cells.  Offsets are in the uncompressed data.
 * The fields are those of formats/data.md.
 *
 *	OBJECT "row"
 *	  TEXT "flags" "timestamp all_columns"
 *	  HEX "empty_or_null" 0
 *	  OBJECT "clustering"
 *	    BYTES "message_id" ...
 *	  END
 *	  ...
 *	END
 */
#ifndef SST_SSTABLE_ROWPARTS_H
#define SST_SSTABLE_ROWPARTS_H

#include "sstable/parts.h"
#include "sstable/reader.h"

struct sst_rowparts;

/* Borrows the SSTable and the table, whose names key columns are called by, until close. */
int sst_rowparts_open(struct sst_rowparts **, struct sst_sstable *, const struct sst_table *,
    sst_part_each each, void *arg, struct sst_err *);
void sst_rowparts_close(struct sst_rowparts *); /* NULL is fine */

/*
 * Hands out the fields of an item that a stream of this SSTable gave: of a partition its key and
 * deletion, of all else what lies there, whole.  What is made at the bounds of a slice (len == 0) has
 * none.  0; what each() returned, when that was not 0; -1.
 */
int sst_rowparts_item(struct sst_rowparts *, const struct sst_item *, struct sst_err *);

/*
 * The same for the bytes from one item's end to the next one's start, or to the end of the data: the
 * byte that ends a partition, and rows that say nothing, which streams leave out.
 */
int sst_rowparts_between(struct sst_rowparts *, uint64_t from, uint64_t to, struct sst_err *);

#endif
