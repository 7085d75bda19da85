/* libsst/sstable/int.h: what the files that read an SSTable share. */
#ifndef SST_SSTABLE_INT_H
#define SST_SSTABLE_INT_H

#include "sstable/bti.h"
#include "sstable/data.h"
#include "sstable/filter.h"
#include "sstable/index.h"
#include "sstable/reader.h"
#include "sstable/statistics.h"
#include "sstable/summary.h"

struct sst_sstable {
	const struct sst_io *io;
	struct sst_cache *cache, *own_cache;
	struct sst_arena arena;
	struct sst_slice base; /* "dir/me-1-big-" */
	struct sst_name name;
	const struct sst_version *version;
	const struct sst_table *table;
	struct sst_header header; /* bound to the table */
	struct sst_buf statistics_bytes;
	struct sst_statistics statistics;
	bool murmur3;
	bool has_ends; /* tokens of the first and last key */
	int64_t first_token, last_token;
	/* Opened when first needed. */
	bool cut;                      /* Data.db may be */
	struct sst_file *data, *index; /* index: Index.db, or Partitions.db */
	struct sst_file *rows;         /* Rows.db */
	bool has_footer;               /* of Partitions.db */
	struct sst_bti_footer footer;
	struct sst_buf footer_keys;
	bool filter_read, has_filter;
	struct sst_buf filter_bytes;
	struct sst_filter filter;
	bool has_summary;
	struct sst_buf summary_bytes;
	struct sst_summary summary;
};

struct sst_file *sst_sstable_index(struct sst_sstable *, struct sst_err *);
/* Rows.db: only when Partitions.db points into it. */
struct sst_file *sst_sstable_rows(struct sst_sstable *, struct sst_err *);
/* What Partitions.db says of itself.  0, -1. */
int sst_sstable_footer(struct sst_sstable *, struct sst_err *);
/* From Summary.db, or made from Index.db where that is missing or in doubt. */
int sst_sstable_summary(struct sst_sstable *, const struct sst_summary **, struct sst_err *);
int sst_sstable_summary_rebuild(struct sst_sstable *, struct sst_err *);

/* The stream over Data.db from the partition at pos on; last: the last token wanted, or NULL. */
int sst_scan_open(struct sst_stream **, struct sst_sstable *, uint64_t pos, const int64_t *last,
    struct sst_err *);

/* A walk over the entries of Index.db. */
struct sst_walk {
	struct sst_window w;
	struct sst_sstable *t;
	uint64_t pos, end;            /* of the next entry; of the file */
	struct sst_index_entry entry; /* the last one; its key borrows from the window */
	uint64_t at, promoted_at;     /* where it, and its promoted index, is */
	int64_t token;                /* of its key */
	struct sst_slice hint; /* key of the entry at pos, as the summary says; or p == NULL */
	uint64_t sampled;      /* of the summary's next entry, or the end */
	bool started;
	int64_t prev_token;
	uint64_t prev_position;
};

void sst_walk_init(
    struct sst_walk *, struct sst_sstable *, struct sst_file *, enum sst_window_mode);
void sst_walk_close(struct sst_walk *);
void sst_walk_seek(struct sst_walk *, uint64_t pos);
/* The next entry: SST_ONE; 0 at the end; SST_WAIT; -1. */
int sst_walk_next(struct sst_walk *, struct sst_err *);
/* The promoted index of the last entry, but for its slices; then block i of it, whose bounds point to
 * ck (2 * nck values) and borrow until the next call.  0; SST_WAIT; -1. */
int sst_walk_promoted(struct sst_walk *, struct sst_promoted *, struct sst_err *);
int sst_walk_block(struct sst_walk *, const struct sst_promoted *, size_t i, struct sst_slice *ck,
    struct sst_index_block *, struct sst_err *);
/* Goes to where to look for a key, or for the first one with a token >= token (key.p NULL). */
int sst_walk_start(struct sst_walk *, struct sst_slice key, int64_t token, struct sst_err *);
/* The first entry after start, which must be the one that the summary promised; else the summary is
 * made again.  As next otherwise, and so is every call after the first. */
int sst_walk_first(struct sst_walk *, struct sst_slice key, int64_t token, struct sst_err *);
/* When the entry of a key is among the bytes at hand, and before the next one that the summary has,
 * goes there; else stays, for a walk that looks at each entry. */
void sst_walk_leap(struct sst_walk *, struct sst_slice key);

#endif
