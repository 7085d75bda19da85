/*
 * libsst/sstable/version.h: the one table of what the versions of the format differ in.  Nobody else
 * compares version letters.  formats/versions.md lists the same.
 */
#ifndef SST_SSTABLE_VERSION_H
#define SST_SSTABLE_VERSION_H

#include <stdbool.h>

#include "base/err.h"

enum sst_index_kind {
	SST_INDEX_BIG, /* Index.db and Summary.db */
	SST_INDEX_BTI  /* tries: Partitions.db and Rows.db */
};

struct sst_version {
	char name[3];
	char format[4]; /* in file names: "big" or "bti"; ScyllaDB calls its tries big */
	enum sst_index_kind index;
	bool writable; /* by this library; all can be read */
	/* In Statistics.db. */
	bool commitlog_lower;     /* lower bound of commit-log positions (mb) */
	bool commitlog_intervals; /* set of commit-log intervals (mc) */
	bool accurate_min_max;    /* min and max clustering may be used to skip (md) */
	bool legacy_min_max;      /* min and max clustering values as two lists (not in oa) */
	bool host_id;             /* originating host id (me, nb) */
	bool pending_repair;      /* session of a pending repair (na) */
	bool is_transient;        /* isTransient flag (na) */
	bool metadata_crc;        /* checksums of Statistics.db itself (na) */
	bool improved_min_max;    /* the clusterings covered, as a slice (nc) */
	bool partition_deletions; /* says whether any partition deletion is in it (nc) */
	bool key_range;           /* first and last key (nc) */
	bool token_coverage;      /* share of the token space (oa) */
	/* Elsewhere. */
	bool old_filter;         /* Filter.db: each group of 8 bytes lies reversed (before na) */
	bool max_compressed_len; /* CompressionInfo.db: chunks may be stored as they are (na) */
	bool dictionary; /* CompressionInfo.db: a dictionary may follow the offsets (pa, ea) */
	bool uint_ldt;   /* deletion times are unsigned, DeletionTime in its new form (oa) */
};

/* A constant of the version's name ("me"); NULL when it is not known at all. */
const struct sst_version *sst_version_find(const char *name);

/* Whether a came after b.  Both are of this table. */
bool sst_version_newer(const struct sst_version *a, const struct sst_version *b);

/* As find, but fails with SST_EVERSION naming `file` when it is not known. */
int sst_version_readable(
    const struct sst_version **, const char *name, const char *file, struct sst_err *);

#endif
