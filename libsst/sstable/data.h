/*
 * libsst/sstable/data.h: a walk over the partitions and rows of Data.db (formats/data.md), from any
 * position that is the start of a partition or of a row, forward.
 */
#ifndef SST_SSTABLE_DATA_H
#define SST_SSTABLE_DATA_H

#include "row/serial.h"
#include "sstable/window.h"

#define SST_KEY_MAX 65535
#define SST_ROW_HEAD_MAX \
	((size_t)1 << 20) /* bytes of a row's flags and clustering; more is damage */

struct sst_data {
	struct sst_window w;
	struct sst_decoder d;
	const struct sst_table *table;
	bool murmur3;             /* keys have tokens, and are checked to ascend by them */
	uint64_t pos;             /* of the next byte that is not decoded */
	struct sst_deletion open; /* range deletion in force at pos */
	bool open_known;          /* else markers are not held against it */
	struct sst_item item;     /* the last one */
	/* Private: what came before, to check the order. */
	struct sst_buf key;
	int64_t token;
	bool has_key;
	struct sst_slice *prev; /* clustering of the row or marker before, n values */
	size_t nprev;
	int prev_side;
	bool has_prev, prev_saved, given;
	struct sst_buf prev_bytes;
};

/* Borrows all until close. */
int sst_data_init(struct sst_data *, struct sst_file *, enum sst_window_mode,
    const struct sst_header *, const struct sst_table *, struct sst_err *);
void sst_data_close(struct sst_data *); /* all zero is fine */

/* Goes to a position: the start of a partition, or of a row or marker with `open` in force. */
void sst_data_seek(struct sst_data *, uint64_t pos, struct sst_deletion open);

/*
 * The partition that begins at pos: SST_ONE and x->item, its key kept until the next partition; 0 at
 * the end of the data; SST_WAIT; -1.
 */
int sst_data_partition(struct sst_data *, struct sst_err *);

/*
 * What comes next in the partition: SST_ONE and x->item, which is a static row, row or marker; 0
 * after its end, where the next partition begins; SST_WAIT; -1.  Rows that say nothing are left out.
 */
int sst_data_row(struct sst_data *, struct sst_err *);

/*
 * Only the clustering of what comes next: SST_ONE, and x->item.off and len say where it lies; its
 * kind is ROW, MARKER or STATIC; *at borrows until the next call.  The body is neither read nor checked, and
 * `open` not kept.  0, SST_WAIT and -1 as above.
 */
int sst_data_row_at(struct sst_data *, struct sst_bound *at, struct sst_err *);

/* The row or marker at pos, which may say nothing, for walks that do not go forward: it is not held
 * against what came before.  SST_ONE, SST_WAIT or -1. */
int sst_data_row_here(struct sst_data *, uint64_t pos, struct sst_err *);

/* Damage in the data at an offset: fills *e, returns -1. */
int sst_data_fail(const struct sst_data *, uint64_t off, const char *what, struct sst_err *);

/* Passes over what is left of the partition, without decoding it.  0; SST_WAIT; -1. */
int sst_data_skip(struct sst_data *, struct sst_err *);

#endif
