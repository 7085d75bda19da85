/*
 * libsst/text/rowline.h: rows as `sstabledump -d` of Cassandra 5.0 prints them: a line for each row,
 * static row, marker and partition deletion, in the words of Cassandra's own debugging output
 * (formats/sstabledump.md).
 */
#ifndef SST_TEXT_ROWLINE_H
#define SST_TEXT_ROWLINE_H

#include "base/buf.h"
#include "row/rows.h"

struct sst_rowline {                   /* start with sst_rowline_init */
	const struct sst_table *table; /* borrowed */
	struct sst_buf key;            /* of the partition, as text */
	struct sst_deletion del;       /* of the partition, until its line is given */
	uint64_t at;                   /* the position that the next line says */
	bool first;                    /* nothing was said of the partition yet */
	struct sst_buf tmp;
};

void sst_rowline_init(struct sst_rowline *, const struct sst_table *);
void sst_rowline_free(struct sst_rowline *);

/* Appends the lines of the next item of a stream.  SST_EDAMAGED for a key or clustering that is none of
 * its type (other values are then hexadecimal digits); SST_ENOMEM. */
int sst_rowline_item(
    struct sst_rowline *, const struct sst_item *, struct sst_buf *out, struct sst_err *);
/* Appends what the end of the stream still owes. */
int sst_rowline_end(struct sst_rowline *, struct sst_buf *out, struct sst_err *);

#endif
