/* libsst/sstable/salvaging.h: what the parts of salvage.h share.  Private to the room. */
#ifndef SST_SSTABLE_SALVAGING_H
#define SST_SSTABLE_SALVAGING_H

#include "sstable/checking.h"
#include "sstable/salvage.h"

struct sst_salvage {
	const struct sst_io *io;
	const struct sst_salvage_opts *opts;
	struct sst_check c; /* its index, and the data */
	struct sst_checked checked;
	struct sst_check_opts silent;
	struct sst_writer *w;
	struct sst_table table; /* with the filter's chance */
	struct sst_buf base;
	/* The last partition that could be read; what was lost since. */
	struct sst_buf after;
	int64_t after_token;
	bool any;
	bool losing;
	struct sst_err why;
	struct sst_buf key;    /* of the partition at hand */
	struct sst_place at;   /* last row or marker of it */
	struct sst_place last; /* row in the range tombstone that is open */
	bool gap;              /* rows before the next one were lost */
	struct sst_resume resume;
	/* A marker that opens one is written when something follows it: else nobody would know how far
	 * it reaches, and it must not reach too far. */
	bool pending;
	struct sst_place mark;
	struct sst_deletion before, open; /* at the mark; in force in what is written */
	bool broken;                      /* the writer has failed: that is no damage */
};

/* Damage, of which there may be any, and not a failure. */
static inline bool
sst_salvage_is_damage(const struct sst_err *e)
{
	return e->code == SST_ESHORT || e->code == SST_EDAMAGED || e->code == SST_ELIMIT ||
	    e->code == SST_EINVAL;
}

/* Copies all partitions that can be read, and tells of the others.  0; -1. */
int sst_salvage_rows(struct sst_salvage *, struct sst_err *);

#endif
