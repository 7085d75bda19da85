/*
 * libsst/compaction/compaction.h: this room merges SSTables of a table's folder into new ones and
 * drops what may go: which to merge is strategy.h, what must stay is oracle.h, and this runs it:
 *
 *	inputs ─ intake (counts, drops partitions) ─┐
 *	inputs ─ intake ─────────────────────────────┴─ merge ─ outcome (drops rows) ─ products ─ live
 *
 * Nobody sees anything of it before all of it is there: live/publish.h.
 */
#ifndef SST_COMPACTION_COMPACTION_H
#define SST_COMPACTION_COMPACTION_H

#include "compaction/oracle.h"
#include "compaction/sets.h"
#include "compaction/tally.h"
#include "sstable/writer.h"

/* What is left out whatever the merge says; NULL in either: nothing. */
struct sst_dropping {
	/* True: the whole partition goes, without a tombstone. */
	bool (*partition)(void *arg, const struct sst_partition *);
	/* True: the cells and liveness of a merged row go.  Asked only where the merge sees all that
	 * there is of the partition. */
	bool (*row)(void *arg, const struct sst_row *, int64_t now_s);
	void *arg;
};

/* Partitions go to several SSTables side by side: to the i-th where window() is below cuts[i] and not
 * below the one before; to the last where it is not below any. */
#define SST_CUTS_MAX 7
struct sst_cutting {
	size_t n;                   /* 0: all to one */
	int64_t cuts[SST_CUTS_MAX]; /* ascending */
	int64_t (*window)(void *arg, const struct sst_partition *);
	void *arg;
};

struct sst_compaction {
	const struct sst_io *io;
	const char
	    *dir;      /* of the table; in place, where the inputs are, or where the output goes */
	bool in_place; /* the inputs go when the output is live */
	const struct sst_table *table;
	size_t n;
	struct sst_set **in;
	/* How it is written. */
	const char *version; /* "me" */
	struct sst_writer_opts
	    writer;           /* times, columns, repair and expected keys are filled in here */
	uint64_t split_bytes; /* Data.db of one SSTable ends after so many bytes; 0: never */
	struct sst_cutting cutting;
	/* What is left out. */
	int64_t now_s, gc_before_s; /* INT64_MIN: no tombstone goes */
	bool keep_tombstones; /* none goes; those before gc_before_s are still counted as due */
	struct sst_oracle *oracle;
	struct sst_dropping dropping;
	/* Reads the output back and compares it with the merged inputs before anything goes. */
	bool verify;
	/*
	 * Called every few hundred KiB with the bytes of rows read so far (of sst_compaction_bytes, and
	 * again when it verifies): -1 and *e stop the run, with nothing changed.
	 */
	int (*step)(void *arg, uint64_t bytes, uint64_t rows, struct sst_err *);
	void *arg;
	int64_t now_us; /* time and randomness for names */
	uint8_t random[8];
};

struct sst_product {      /* an SSTable that was made */
	const char *base; /* "me-4-big-" */
	struct sst_written written;
};

struct sst_compacted { /* start with {0} */
	struct sst_arena arena;
	struct sst_tally in, out;
	uint64_t partitions_dropped; /* by dropping, in all inputs together */
	uint64_t rows_dropped;
	/* Tombstones that are left: those that are old enough to go, but for something else; and of
	 * which sources (c->oracle->held) that is. */
	uint64_t held;
	uint64_t bytes_in, bytes_out; /* stored, all components */
	size_t nproducts;
	struct sst_product *products;
};

/*
 * 0: the output is live and durable, and in place the inputs are not any more.  -1: nothing has
 * changed for readers, and what was written is removed; unless *doubt: the transaction may or may not
 * be durable, which the next recovery settles.  When nothing remains, no SSTable is made.
 */
int sst_compaction_run(
    struct sst_compacted *, const struct sst_compaction *, bool *doubt, struct sst_err *);
void sst_compacted_free(struct sst_compacted *);

/* Bytes of rows that the inputs hold, before compression.  -1 when a file cannot be opened. */
int sst_compaction_bytes(const struct sst_compaction *, uint64_t *bytes, struct sst_err *);

/* What a run would do, without a file being touched: all of *d is as after sst_compaction_run, but that
 * names of products are made up. */
int sst_compaction_rehearse(
    struct sst_compacted *, const struct sst_compaction *, struct sst_err *);

#endif
