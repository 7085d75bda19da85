/* libsst/sstable/rebuild.h: makes what lies beside Data.db again, from it. */
#ifndef SST_SSTABLE_REBUILD_H
#define SST_SSTABLE_REBUILD_H

#include "base/io.h"

/*
 * Writes Index and Summary (or Partitions and Rows), Filter, Statistics, Digest and TOC of the SSTable
 * anew, each under its name with ".tmp" behind it until all are synced; then they are put in place, TOC.txt last.  Data.db,
 * CompressionInfo.db and CRC.db are only read, and so is of Statistics.db the header, without which
 * nothing can be: it also gives what Data.db does not say (level, repair, host, commit-log positions).
 *
 * 0; -1: nothing has changed, unless *e is of a rename.  SST_EDAMAGED and the like when Data.db cannot
 * be read to its end; SST_EUNSUPPORTED where keys have no form in tries.
 */
int sst_rebuild(const struct sst_io *, const char *path, struct sst_err *);

#endif
