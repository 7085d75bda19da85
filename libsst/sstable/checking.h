/* libsst/sstable/checking.h: what the parts of check.h share.  Private to the room. */
#ifndef SST_SSTABLE_CHECKING_H
#define SST_SSTABLE_CHECKING_H

#include "sstable/check.h"
#include "sstable/int.h"
#include "sstable/place.h"
#include "sstable/reading.h"

enum sst_check_kind { /* what findings are counted by */
	SST_CHECK_STORED,
	SST_CHECK_ORDER,
	SST_CHECK_KEYS,
	SST_CHECK_BLOCKS,
	SST_CHECK_CLAIMS,
	SST_CHECK_KINDS
};

struct sst_extent { /* what Statistics.db says, as the data has it */
	bool any_time, deletions, clustered;
	int64_t min_ts_us, max_ts_us, min_ldt_s, max_ldt_s;
	uint32_t max_ttl_s;
	uint64_t nrows, npartitions;
	struct sst_place from, to; /* first and last row or marker of all partitions */
};

struct sst_check_trie;

struct sst_check { /* one run */
	const struct sst_io *io;
	const struct sst_check_opts *opts;
	struct sst_checked *out;
	struct sst_sstable *t;
	uint64_t told[SST_NCOMPONENTS][SST_CHECK_KINDS];
	bool stored_done;
	uint64_t bad_chunks; /* of Data.db: found by their checksums */
	struct sst_data x;
	struct sst_extent extent;
	bool cut; /* some of the data could not be read */
	struct sst_buf first_key;
	/* The index, beside the data: `indexed` while it agrees with it. */
	bool walking, indexed;
	bool held; /* the walk's entry is the next one still */
	struct sst_walk walk;
	struct sst_check_trie *trie; /* instead of the walk, where the index is of tries */
	/* The promoted index of the partition at hand. */
	struct sst_promoted promoted;
	bool has_promoted;
	size_t block;
	struct sst_index_block expect;
	struct sst_slice *block_ck;  /* what its bounds point to */
	bool begun;                  /* a row of the block has come */
	uint64_t part_off, prev_end; /* of the partition; of the row before, in the data */
	/* Summary and Filter. */
	bool summarised, filtered;
	struct sst_summary summary;
	struct sst_buf summary_bytes, filter_bytes;
	struct sst_filter filter;
	size_t sample; /* the summary's next entry */
};

/* Tells of a finding, and gives 0; -1 when *e is none: no memory, or the system failed. */
int sst_check_tell(
    struct sst_check *, enum sst_component, enum sst_check_kind, const struct sst_err *e);
/* A finding of our own. */
int sst_check_say(struct sst_check *, enum sst_component, enum sst_check_kind, uint64_t off,
    struct sst_err *e, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* Path of a component, in *path; -1 without memory. */
int sst_check_path(
    const struct sst_check *, enum sst_component, struct sst_buf *path, struct sst_err *);
/* 1: it is there, 0: it is not, -1. */
int sst_check_there(const struct sst_check *, enum sst_component, struct sst_err *);

int sst_check_toc(struct sst_check *, struct sst_err *);
/*
 * The checksums of all blocks of Data.db, and Digest: for when the walk over the rows, which sees the
 * same bytes, has met damage or did not come to the end.  Once; later calls do nothing.
 */
int sst_check_stored(struct sst_check *, struct sst_err *);
/* Digest against the checksum of Data.db that the walk has found, all blocks being right. */
int sst_check_digest(struct sst_check *, uint32_t crc, struct sst_err *);

/* Index, Summary and Filter: opened, then held against each partition, then at the end. */
int sst_check_index_open(struct sst_check *, struct sst_err *);
int sst_check_index_partition(struct sst_check *, const struct sst_item *, struct sst_err *);
int sst_check_index_row(struct sst_check *, const struct sst_item *, struct sst_err *);
int sst_check_index_over(struct sst_check *, struct sst_err *);
int sst_check_index_end(struct sst_check *, struct sst_err *);
/*
 * For who has lost the way after pos, in the partition that begins at start: a block of rows behind pos, as
 * the partition's own index knows it.  1; 0: there is none; -1.  The entries before it are passed.
 */
struct sst_resume {               /* start with {0} */
	struct sst_buf key;       /* of the partition */
	uint64_t start;           /* where that begins */
	bool known;               /* the two are set */
	struct sst_deletion del;  /* of the partition */
	uint64_t to;              /* where the block begins in the data */
	struct sst_deletion open; /* range deletion in force there */
	/* Its first row or marker, until the next call; ck == NULL: the index does not say. */
	struct sst_bound first;
};
int sst_check_index_resume(
    struct sst_check *, struct sst_resume *, uint64_t start, uint64_t pos, struct sst_err *);
int sst_check_trie_resume(
    struct sst_check *, struct sst_resume *, uint64_t start, uint64_t pos, struct sst_err *);
/* Goes to the first entry whose partition begins after pos.  1 and *to, 0: there is none, -1. */
int sst_check_index_after(struct sst_check *, uint64_t pos, uint64_t *to, struct sst_err *);
void sst_check_index_close(struct sst_check *);

/* The same for Partitions.db and Rows.db; called by the above. */
int sst_check_trie_open(struct sst_check *, struct sst_err *);
int sst_check_trie_partition(struct sst_check *, const struct sst_item *, struct sst_err *);
int sst_check_trie_row(struct sst_check *, const struct sst_item *, struct sst_err *);
int sst_check_trie_over(struct sst_check *, struct sst_err *);
int sst_check_trie_end(struct sst_check *, struct sst_err *);
int sst_check_trie_after(struct sst_check *, uint64_t pos, uint64_t *to, struct sst_err *);
void sst_check_trie_close(struct sst_check_trie *); /* NULL is fine */

/* Takes in what the data has; then holds Statistics.db against it. */
void sst_extent_deletion(struct sst_extent *, struct sst_deletion);
void sst_extent_row(struct sst_extent *, const struct sst_row *);
int sst_check_claims(struct sst_check *, struct sst_err *);
/* Types that nobody knows are misspelt. */
int sst_check_types(struct sst_check *, struct sst_err *);

#endif
