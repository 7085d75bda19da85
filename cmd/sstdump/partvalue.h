/* cmd/sstdump/partvalue.h: the value of a field of a component (sstable/parts.h), as text. */
#ifndef SSTDUMP_PARTVALUE_H
#define SSTDUMP_PARTVALUE_H

#include "base/buf.h"
#include "sstable/parts.h"

void partvalue_json(struct sst_buf *, const struct sst_part *);
/* For people: times as such, with what the file holds behind them. */
void partvalue_plain(struct sst_buf *, const struct sst_part *);
/* Text without the control characters that would break a line, or the terminal. */
void partvalue_text(struct sst_buf *, struct sst_slice);

#endif
