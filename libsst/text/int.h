/* libsst/text/int.h: what the forms of text share: constants and numbers into a buffer, fast. */
#ifndef SST_TEXT_INT_H
#define SST_TEXT_INT_H

#include "base/buf.h"
#include "row/rows.h"

/* Appends a string constant. */
#define SST_ADD(b, s) sst_buf_add(b, s, sizeof(s) - 1)

/* Appends decimal digits: no printf, two digits a step. */
void sst_text_u64(struct sst_buf *, uint64_t);
void sst_text_i64(struct sst_buf *, int64_t);

/* Java's Instant.toString of a time in µs or in s since 1970, with the quirks of sstabledump. */
void sst_text_instant_us(struct sst_buf *, int64_t us);
void sst_text_instant_s(struct sst_buf *, int64_t s);

/* Says in *e where the item lies, if nothing is said yet.  Returns -1. */
int sst_text_fail_at(const struct sst_item *, struct sst_err *e);

#endif
