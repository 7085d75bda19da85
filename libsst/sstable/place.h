/* libsst/sstable/place.h: a clustering position that is kept while the stream goes on. */
#ifndef SST_SSTABLE_PLACE_H
#define SST_SSTABLE_PLACE_H

#include "base/buf.h"
#include "row/rows.h"

struct sst_place { /* start with {0} */
	bool set;
	struct sst_bound at;     /* of a row side 0 */
	enum sst_item_kind kind; /* ROW or MARKER */
	bool start;              /* a marker that opens, and does not close */
	bool boundary;           /* one that does both */
	uint64_t prefix;         /* sst_bound_prefix */
	struct sst_slice *ck;    /* what at.ck is */
	struct sst_buf bytes;
};

/* Room for nck values.  SST_ENOMEM. */
int sst_place_init(struct sst_place *, size_t nck, struct sst_err *);
void sst_place_free(struct sst_place *);

/* Copies the place of a ROW or MARKER. */
int sst_place_set(
    struct sst_place *, const struct sst_table *, const struct sst_item *, struct sst_err *);
int sst_place_copy(struct sst_place *, const struct sst_place *from, struct sst_err *);

/* Order of two places, as sst_bound_compare. */
int sst_place_compare(
    const struct sst_table *, const struct sst_place *a, const struct sst_place *b);

#endif
