/*
 * libsst/sstable/toc.h: the two components that are text: TOC.txt, which names the components, and
 * Digest.crc32, the CRC32 of Data.db.  The formats are formats/toc-digest-crc.md.
 */
#ifndef SST_SSTABLE_TOC_H
#define SST_SSTABLE_TOC_H

#include "base/buf.h"
#include "base/err.h"
#include "sstable/name.h"

#define SST_TOC_MAX ((size_t)64 << 10)

/* Calls each() for every name, also for those that are not known here: component is then
 * SST_NCOMPONENTS.  A line may end in CR LF; empty ones are passed over.  SST_EDAMAGED for a name
 * that could lead out of the folder. */
int sst_toc_parse(struct sst_slice bytes, const char *file,
    void (*each)(void *arg, enum sst_component, struct sst_slice name), void *arg,
    struct sst_err *);

/* A line for each of n components. */
void sst_toc_put(struct sst_buf *, const enum sst_component *, size_t n);

/* Decimal digits, perhaps with white space behind. */
int sst_digest_parse(uint32_t *crc, struct sst_slice bytes, const char *file, struct sst_err *);
void sst_digest_put(struct sst_buf *, uint32_t crc);

#endif
