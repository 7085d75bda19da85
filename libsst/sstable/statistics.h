/*
 * libsst/sstable/statistics.h: Statistics.db: what is in an SSTable, said without reading its data:
 * the header that rows are encoded against, extremes, totals and histograms.  Both directions, over
 * bytes.  The format is formats/statistics.md.
 */
#ifndef SST_SSTABLE_STATISTICS_H
#define SST_SSTABLE_STATISTICS_H

#include "base/buf.h"
#include "row/serial.h"
#include "sstable/version.h"

#define SST_STATISTICS_MAX ((size_t)64 << 20) /* bytes of the file; longer ones are refused */

struct sst_estimate_bucket { /* counts values above this offset, up to the next one */
	int64_t offset, count;
};

struct
    sst_estimate { /* a histogram with fixed buckets; the first one, of values up to its offset, has
		       * the offset of the second */
	size_t n;
	const struct sst_estimate_bucket *buckets;
};

struct sst_drop_time { /* so many cells and deletions become droppable at about this time */
	int64_t at_s;  /* local deletion time */
	int64_t count;
};

struct sst_segment_pos { /* a place in a Cassandra's commit log; segment -1: none */
	int64_t segment;
	int32_t offset;
};

struct sst_segment_interval {
	struct sst_segment_pos from, to;
};

struct sst_named_class { /* a column of the header as the file has it */
	struct sst_slice name, class_name;
};

struct sst_statistics {
	uint8_t parts[4]; /* their order in the file's table; all zero: the usual one */
	/* Validation. */
	struct sst_slice partitioner; /* full class name */
	double bloom_fp;
	/* Compaction, whole: u32 length and a HyperLogLog++ of the partition keys, see
	 * sstable/cardinality.h. */
	struct sst_slice compaction;
	/* Stats. */
	struct sst_estimate partition_bytes, partition_cells;
	int64_t min_ts_us, max_ts_us;
	int64_t min_ldt_s, max_ldt_s; /* SST_NO_LDT: nothing is deleted or expires */
	int32_t min_ttl_s, max_ttl_s;
	double compression_ratio; /* stored / uncompressed; -1: not compressed */
	size_t ndrop_times;
	const struct sst_drop_time *drop_times; /* ascending */
	uint32_t drop_times_cap;                /* bins that the writer allowed; read by nobody */
	uint32_t level;
	int64_t repaired_at_ms; /* 0: not repaired */
	/* All rows and range tombstones lie between these two; n == 0: anywhere.  To skip by them needs
	 * version->accurate_min_max (or improved_min_max) and ncover == the table's nck. */
	struct sst_bound covered_from, covered_to;
	bool legacy_counter_shards;
	uint64_t ncolumns_set; /* columns with a cell, summed over all rows */
	uint64_t nrows;        /* static rows are counted too */
	struct sst_segment_pos log_lower, log_upper;
	size_t nlog_intervals;
	const struct sst_segment_interval *log_intervals;
	bool pending_repair, transient, host_id;
	uint8_t pending_repair_id[16], host_uuid[16]; /* when the flags say so */
	bool partition_deletions; /* there may be some; where the version does not say: if anything
				   * is deleted at all */
	struct sst_slice first_key, last_key; /* where the version has them, else p == NULL */
	double token_coverage;                /* NaN: not known */
	/* Types of the covered bounds, where the version has them (improved_min_max). */
	size_t ncover;
	const struct sst_slice *cover_classes;
	/* Header.  `header` has its columns in the file's order and is not bound to a table. */
	struct sst_header header;
	uint64_t header_min_ttl; /* as stored: where nothing expires ScyllaDB has 2^63 - 1 */
	struct sst_slice key_class;
	const struct sst_slice *ck_classes;
	const struct sst_named_class *statics, *regulars; /* header.nstatic, header.nregular */
};

/*
 * Takes Statistics.db apart, checking every length and, since `na`, the checksums.  Slices borrow from
 * `bytes`; arrays and types live in the arena.
 */
int sst_statistics_parse(struct sst_statistics *, struct sst_arena *, const struct sst_version *,
    struct sst_slice bytes, const char *file, struct sst_err *);
/* The same of what reads need: without histograms (partition_bytes, partition_cells, drop_times) and
 * the sketch of keys, most of the file; and nothing borrows from `bytes`. */
int sst_statistics_brief(struct sst_statistics *, struct sst_arena *, const struct sst_version *,
    struct sst_slice bytes, const char *file, struct sst_err *);

/* Appends the whole file.  A field that the version lacks is left out. */
void sst_statistics_put(
    struct sst_buf *, const struct sst_version *, const struct sst_statistics *);

/* Fills header and the class names of key, clustering and columns from a header. */
int sst_statistics_set_header(
    struct sst_statistics *, struct sst_arena *, const struct sst_header *, struct sst_err *);

/*
 * A table made of the header alone: keyspace and name as given, key columns named as sstabledump
 * does, `named` false.  Lives in the arena and borrows from the statistics' bytes.
 */
int sst_statistics_table(struct sst_table **, struct sst_arena *, const struct sst_statistics *,
    struct sst_slice keyspace, struct sst_slice name, struct sst_err *);

#endif
