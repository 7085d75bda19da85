/*
 * libsst/sstable/droptimes.h: when tombstones and expiring cells become droppable: a histogram of at
 * most 100 points, made as Cassandra makes it.  See formats/statistics.md.
 */
#ifndef SST_SSTABLE_DROPTIMES_H
#define SST_SSTABLE_DROPTIMES_H

#include "sstable/statistics.h"

#define SST_DROP_TIMES 100  /* points */
#define SST_DROP_ROUND_S 60 /* times are rounded up to this */
#define SST_DROP_FEW 256    /* points for which the whole hash is not looked through */

struct sst_drop_times { /* start with {0}; takes up to 3 MiB from its first point on */
	size_t n;
	struct sst_drop_time points[SST_DROP_TIMES + 1];
	/* An open hash of points not yet in `points`: their times and one, 0 where a cell is free, so
	 * that memory that is not used is never touched. */
	int64_t *spool_next;
	int32_t *spool_count;
	size_t spool_n;
	uint32_t few[SST_DROP_FEW]; /* cells of the first points, as they came */
	size_t last;                /* cell of the last point */
};

int sst_drop_times_add(struct sst_drop_times *, int64_t ldt_s, struct sst_err *);
/* All points, ascending: fills *st's fields.  Borrows. */
void sst_drop_times_finish(struct sst_drop_times *, struct sst_statistics *st);
void sst_drop_times_free(struct sst_drop_times *);

#endif
