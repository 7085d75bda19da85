/*
 * libsst/sstable/collect.h: gathers what Statistics.db says of the data, while it is written, by
 * Cassandra's rules (which row counts where, what widens the covered clusterings); see
 * formats/statistics.md.
 */
#ifndef SST_SSTABLE_COLLECT_H
#define SST_SSTABLE_COLLECT_H

#include "sstable/cardinality.h"
#include "sstable/droptimes.h"
#include "sstable/estimate.h"
#include "sstable/place.h"

struct sst_collector {
	const struct sst_table *table;
	bool any_time, any_ttl, any_key;
	int64_t min_ts_us, max_ts_us, min_ldt_s, max_ldt_s;
	uint32_t min_ttl_s, max_ttl_s;
	uint64_t ncolumns_set, nrows, ncells; /* ncells: of this partition */
	bool legacy_counter_shards, partition_deletions;
	struct sst_place from, to; /* of all rows and range tombstones */
	struct sst_buf first_key, last_key, cardinality_bytes;
	struct sst_estimate_builder partition_bytes, partition_cells;
	struct sst_drop_times drop_times;
	struct sst_cardinality cardinality;
};

/* The table is borrowed until free. */
int sst_collect_begin(struct sst_collector *, const struct sst_table *, struct sst_err *);
void sst_collect_free(struct sst_collector *); /* all zero is fine */

int sst_collect_deletion(struct sst_collector *, struct sst_deletion, struct sst_err *);
/* A static row counts as a row. */
int sst_collect_row(struct sst_collector *, const struct sst_row *, struct sst_err *);
int sst_collect_marker(struct sst_collector *, const struct sst_marker *, struct sst_err *);
/* A partition is over, which takes so many bytes; first and last are those of its rows and markers,
 * NULL when it has none. */
int sst_collect_partition(struct sst_collector *, const struct sst_partition *, uint64_t bytes,
    const struct sst_place *first, const struct sst_place *last, struct sst_err *);

/* Fills everything but validation, header and what the caller chooses (level, repair, host).
 * Borrows from the collector. */
int sst_collect_finish(struct sst_collector *, struct sst_statistics *, struct sst_err *);

#endif
