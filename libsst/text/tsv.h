/* libsst/text/tsv.h: a text as one field of tab-separated values. */
#ifndef SST_TEXT_TSV_H
#define SST_TEXT_TSV_H

#include "base/buf.h"

/* Appends it with \t, \n, \r and \\ escaped, so that a line stays a line and a field a field. */
void sst_tsv_put(struct sst_buf *, struct sst_slice);

#endif
