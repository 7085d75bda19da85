/*
 * libsst/text/csv.h: rows as CSV (RFC 4180) or TSV, a line a row, as `SELECT *` would give them: for
 * spreadsheets and COPY.  formats/csv.md has the rules.  It shows values only: give it what a reader
 * sees (sst_merge_open without `raw`); tombstones and write times have no place here.
 */
#ifndef SST_TEXT_CSV_H
#define SST_TEXT_CSV_H

#include "base/buf.h"
#include "row/rows.h"

struct sst_csv;

enum sst_csv_form {
	SST_CSV, /* commas; quotes where they are needed */
	SST_TSV  /* tabs; \t \n \r \\ escaped */
};

/* Borrows the table until free. */
int sst_csv_new(struct sst_csv **, const struct sst_table *, enum sst_csv_form, struct sst_err *);
void sst_csv_free(struct sst_csv *); /* NULL is fine */

/* Appends the line of names. */
void sst_csv_head(struct sst_csv *, struct sst_buf *out);

/*
 * Appends the line of a row: nothing for a partition, whose key the rows repeat, nor for its static
 * row, whose values they repeat too; a partition with a static row alone gets a line when the next
 * partition comes, or at the end.  Deletions are passed over.  SST_EDAMAGED, with the item's file and
 * offset, when a value is none of its type; the line is then left out.
 */
int sst_csv_item(struct sst_csv *, const struct sst_item *, struct sst_buf *out, struct sst_err *);
/* After the last item. */
int sst_csv_end(struct sst_csv *, struct sst_buf *out, struct sst_err *);

#endif
