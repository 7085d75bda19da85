/* libsst/sstable/writing.h: what the writer is inside: writer.c takes items, ending.c makes the components
 * that are written at the end. */
#ifndef SST_SSTABLE_WRITING_H
#define SST_SSTABLE_WRITING_H

#include "row/serial.h"
#include "sstable/collect.h"
#include "sstable/dataout.h"
#include "sstable/filter.h"
#include "sstable/index.h"
#include "sstable/summary.h"
#include "sstable/writer.h"

enum state {
	BETWEEN, /* no partition is open */
	NAMED,   /* its key is known; nothing of it is written */
	STARTED, /* its header is written */
	OVER     /* finished or failed */
};

struct partition {
	struct sst_partition part; /* key is in key_bytes */
	struct sst_buf key_bytes;
	uint64_t start, header_len; /* in the data; of all before its first row */
	uint64_t prev;              /* where the row or marker before this one began, in it */
	struct sst_deletion open;   /* range deletion in force */
	struct sst_place first, last, spare; /* spare takes turns with last */
};

struct block { /* of the promoted index: rows since the last one */
	bool any;
	uint64_t start; /* in the partition */
	struct sst_buf first, last;
};

struct sst_writer {
	const struct sst_io *io;
	const struct sst_table *table;
	const struct sst_version *version;
	struct sst_writer_opts opts;
	struct sst_arena arena;
	struct sst_buf base; /* path up to the component */
	struct sst_header header;
	struct sst_encoder encoder;
	struct sst_dataout data;
	struct sst_fileout index;
	struct sst_buf entry;
	struct sst_index_blocks blocks;
	struct sst_filter_builder filter;
	struct sst_summary_builder summary;
	struct sst_collector collector;
	struct sst_written written;
	enum state state;
	bool first_partition;
	int64_t last_token;
	struct sst_buf last_key;
	struct partition now;
	struct block block;
	enum sst_component components[SST_NCOMPONENTS];
	size_t ncomponents;
	uint32_t made; /* a bit for each component whose file is there */
};

/* What Data.db is compressed with. */
const struct sst_compression *sst_writer_compression(
    const struct sst_table *, const struct sst_writer_opts *);
/* Whether there is a Filter.db. */
bool sst_writer_filters(const struct sst_table *);
/* Path of a component, in *path; NULL and *e without memory. */
const char *sst_writer_path(
    struct sst_writer *, enum sst_component, struct sst_buf *path, struct sst_err *);
/* Ends Data.db and Index.db, and makes all others. */
int sst_writer_end(struct sst_writer *, struct sst_err *);

#endif
