/*
 * libsst/sstable/writer.h: writes one SSTable from a row stream, in one pass, with memory that does
 * not grow with the size of a partition.
 *
 * The writer makes every component under its final name and syncs it, but for the TOC, which it
 * writes as TOC.txt.tmp: renaming that is what makes the set live, and belongs to live/publish.h.
 */
#ifndef SST_SSTABLE_WRITER_H
#define SST_SSTABLE_WRITER_H

#include "base/io.h"
#include "row/rows.h"
#include "sstable/name.h"
#include "sstable/version.h"

struct sst_writer;

struct sst_writer_opts { /* all zero but host_id: what a flush of unknown size writes */
	/* The table's compression when it is not `set`; class_name.n == 0 then writes CRC.db. */
	bool compression_set;
	struct sst_compression compression;
	/* Smallest times of the data, where they are known before: 0 or wrong ones only cost bytes,
	 * as differences wrap.  `times_set` false: those of the format's epoch. */
	bool times_set;
	int64_t min_ts_us, min_ldt_s;
	uint32_t min_ttl_s;
	/* Which of the table's columns the data has, a bit each (bit 0 of byte 0 is column 0): others
	 * are left out of the header and must not come.  NULL: all. */
	const uint8_t *statics_used, *regulars_used;
	uint64_t expected_keys; /* for the bloom filter; 0: not known */
	uint8_t host_id[16];    /* originating host; ScyllaDB refuses `me` files without */
	int64_t repaired_at_ms; /* 0: not repaired */
	bool pending_repair, transient;
	uint8_t pending_repair_id[16];
	uint32_t level;
	uint32_t index_block; /* bytes of rows from one entry of a promoted index to the next; 0:
			       * 64 KiB, as Cassandra's column_index_size */
};

/*
 * base is a path up to and with the last '-' ("dir/me-3-big-"), whose version says what is written.
 * Files must not be there yet, but for TOC.txt.tmp, which may.  io, table and the options' pointers
 * are borrowed until finish or abort.  SST_EVERSION for a version that is not written here.
 */
int sst_writer_open(struct sst_writer **, const struct sst_io *, const char *base,
    const struct sst_table *, const struct sst_writer_opts *, struct sst_err *);

/*
 * The next item.  Partitions must ascend by token and key, rows and markers by clustering, range
 * deletions must be closed: anything else is SST_EINVAL.  Rows that say nothing are left out, and so
 * are partitions without deletion, rows and markers.  The item is not kept.  After a failure only
 * abort is left.
 */
int sst_writer_add(struct sst_writer *, const struct sst_item *, struct sst_err *);

/* All items of a stream that waits for the disk; it is left at its end. */
int sst_writer_copy(struct sst_writer *, struct sst_stream *, struct sst_err *);

struct sst_written { /* what finish made */
	uint64_t npartitions, nrows;
	uint64_t data_bytes;   /* of rows, before compression */
	uint64_t stored_bytes; /* of all components */
};

/*
 * Writes and syncs what is left.  0: every component is durable (its name is not, before somebody
 * syncs the folder).  1: no partition came, so nothing was written and all files are gone.  -1: call
 * abort.  written may be NULL.  After 0 or 1 the writer is freed.
 */
int sst_writer_finish(struct sst_writer *, struct sst_written *written, struct sst_err *);

/* Removes its files and frees; TOC.txt.tmp is left to whoever claimed it.  NULL is fine. */
void sst_writer_abort(struct sst_writer *);

/* Components that writing this table makes, TOC.txt included, in TOC order; *n at most
 * SST_NCOMPONENTS.  What ADD records in a transaction log count. */
size_t sst_writer_components(const struct sst_table *, const struct sst_writer_opts *,
    enum sst_component out[SST_NCOMPONENTS]);

/* Bytes of rows so far, before compression.  The head of a partition is not in it before its first row. */
uint64_t sst_writer_pos(const struct sst_writer *);

/* Bytes of Data.db written so far, to split output by size. */
uint64_t sst_writer_stored(const struct sst_writer *);

#endif
