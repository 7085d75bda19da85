/* libsst/text/int.h: what the forms of text share: constants and numbers into a buffer, fast. */
#ifndef SST_TEXT_INT_H
#define SST_TEXT_INT_H

#include "base/buf.h"
#include "base/digits.h"
#include "row/rows.h"

/* Appends a string constant. */
#define SST_ADD(b, s) sst_buf_add(b, s, sizeof(s) - 1)

/* Java's Instant.toString of a time in µs or in s since 1970, with the quirks of sstabledump. */
void sst_text_instant_us(struct sst_buf *, int64_t us);
void sst_text_instant_s(struct sst_buf *, int64_t s);

#define SST_PLACE_LEN 32

/* What the i-th key column is called in NDJSON when its name is not known: "key1", "ck1", ... */
void sst_text_place(char buf[SST_PLACE_LEN], const char *kind, size_t i);

/* Ends of a row's arrays, which are NULL where they are empty: NULL + 0 is undefined in C. */
static inline const struct sst_cell *
sst_text_cells_end(const struct sst_row *row)
{
	return row->ncells > 0 ? row->cells + row->ncells : row->cells;
}

static inline const struct sst_complex_deletion *
sst_text_complex_end(const struct sst_row *row)
{
	return row->ncomplex > 0 ? row->complex + row->ncomplex : row->complex;
}

/* Says in *e where the item lies, if nothing is said yet.  Returns -1. */
int sst_text_fail_at(const struct sst_item *, struct sst_err *e);

#endif
