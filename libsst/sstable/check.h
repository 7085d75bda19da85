/*
 * libsst/sstable/check.h: holds an SSTable against itself: every checksum, the order of partitions
 * and rows, and what Index, Summary, Filter and Statistics say against what Data.db holds.  Whatever
 * could make a reader give wrong rows, or none, is found.
 */
#ifndef SST_SSTABLE_CHECK_H
#define SST_SSTABLE_CHECK_H

#include "base/io.h"
#include "schema/table.h"
#include "sstable/name.h"

#define SST_CHECK_SAME 8 /* findings of one kind in one component that are told; more are counted */

/*
 * Something is wrong: *e says what, with file and offset.  Called at most SST_CHECK_SAME times a
 * component and kind; the rest are in sst_checked.findings.
 */
typedef void (*sst_check_found)(void *arg, enum sst_component, const struct sst_err *e);

struct sst_checked {
	uint64_t findings;
	uint64_t npartitions, nrows; /* that were read */
	uint64_t data_bytes;         /* uncompressed */
	uint64_t stored_bytes;       /* of Data.db */
	bool
	    unchecked; /* no checksum at all covers Data.db: neither CRC.db nor chunks nor Digest */
};

struct sst_check_opts {
	sst_check_found found;
	void *arg;
	/* The table it belongs to, where that is known, or NULL: the only witness for the names and
	 * types of columns, which before `na` no checksum covers. */
	const struct sst_table *table;
};

/*
 * Checks the SSTable that path is a component of.  0: it was looked at, and *out says how it is;
 * findings == 0: sound.  -1: it could not be: a version that is not read here, or no memory, or the
 * system failed.  Waits for the disk.  Memory: the windows of two files, Filter.db and Summary.db.
 */
int sst_check(struct sst_checked *out, const struct sst_io *, const char *path,
    const struct sst_check_opts *, struct sst_err *);

#endif
