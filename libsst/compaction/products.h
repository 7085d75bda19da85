/*
 * libsst/compaction/products.h: the SSTables that a compaction writes: one, or several where the
 * output is cut into windows or split by size.  A file is opened when something for it comes.
 */
#ifndef SST_COMPACTION_PRODUCTS_H
#define SST_COMPACTION_PRODUCTS_H

#include "compaction/compaction.h"
#include "live/publish.h"

/* A place for new files of which nothing is kept. */
extern const struct sst_io sst_io_nowhere;

struct sst_product_slot {
	struct sst_writer *w; /* open, or NULL */
	const char *base;
};

struct sst_products { /* start with {0} */
	const struct sst_compaction *what;
	struct sst_writer_opts opts;
	const struct sst_io *io;
	struct sst_publish *publish; /* NULL: everything is written to nowhere */
	struct sst_compacted *done;  /* finished ones are added there */
	size_t cap;                  /* of done->products */
	size_t opened;               /* to nowhere */
	struct sst_product_slot slots[SST_CUTS_MAX + 1], *slot;
	/* To tell what an item takes: where the last one ended, and what its partition's head takes that
	 * is not written yet. */
	uint64_t mark, head;
	uint64_t item_bytes; /* of the last item, before compression */
	uint8_t *used[2];    /* columns that the inputs have: statics, regulars */
};

/* All borrowed until free.  Without publish nothing is kept of what is written, but its size. */
int sst_products_begin(struct sst_products *, const struct sst_compaction *, struct sst_publish *,
    struct sst_compacted *, struct sst_err *);
/* The next item of the outcome. */
int sst_products_add(struct sst_products *, const struct sst_item *, struct sst_err *);
/* Ends all files: they are written and synced, and not live. */
int sst_products_finish(struct sst_products *, struct sst_err *);
/* Removes what is not finished; frees. */
void sst_products_free(struct sst_products *);

#endif
