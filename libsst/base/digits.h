/* libsst/base/digits.h: integers as decimal digits, without printf, which takes five times as long. */
#ifndef SST_BASE_DIGITS_H
#define SST_BASE_DIGITS_H

#include "base/buf.h"

/* Append decimal digits. */
void sst_digits_u64(struct sst_buf *, uint64_t);
void sst_digits_i64(struct sst_buf *, int64_t);

#endif
