/* libsst/sstable/stats.h: the parts of Statistics.db among themselves: what their parsers share. */
#ifndef SST_SSTABLE_STATS_H
#define SST_SSTABLE_STATS_H

#include "codec/out.h"
#include "sstable/statistics.h"

struct sst_parse { /* what all parts need */
	struct sst_statistics *st;
	struct sst_arena *arena;
	const struct sst_version *v;
	const char *file;
	struct sst_err *e;
	bool brief; /* histograms are passed over, and nothing borrows from the file's bytes */
};

/* Room for n elements, each of which takes at least `least` bytes that must still be there: else
 * NULL, and `in` is poisoned. */
void *sst_parse_array(struct sst_parse *, struct sst_in *in, uint64_t n, size_t least, size_t size);
/* What to return when sst_parse_array gave NULL, or `in` is poisoned. */
int sst_parse_failed(struct sst_parse *, const struct sst_in *in);

/* A list of class names, and the types that they name. */
int sst_parse_types(struct sst_parse *, struct sst_in *in, const struct sst_slice **classes,
    const struct sst_type ***types, size_t *count);
void sst_put_classes(struct sst_buf *, const struct sst_slice *classes, size_t n);

/* When brief: what is left of `in`, in the arena. */
int sst_parse_keep(struct sst_parse *, struct sst_in *in);

/* The part STATS. */
/* Zeros that some writers leave behind it, of what is left. */
size_t sst_stats_padding(
    const struct sst_version *, const struct sst_statistics *, const struct sst_in *in);
int sst_stats_get(struct sst_parse *, struct sst_in *in);
void sst_stats_put(struct sst_buf *, const struct sst_version *, const struct sst_statistics *);

static inline double
sst_get_double(struct sst_in *in)
{
	uint64_t bits = sst_get_u64(in);
	double d;

	memcpy(&d, &bits, 8);
	return d;
}

static inline void
sst_put_double(struct sst_buf *b, double d)
{
	uint64_t bits;

	memcpy(&bits, &d, 8);
	sst_put_u64(b, bits);
}

#endif
