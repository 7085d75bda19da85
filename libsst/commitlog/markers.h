/*
 * libsst/commitlog/markers.h: range deletions, which may overlap, as the markers of a stream, which do
 * not: where each of them begins or ends, the newest deletion on either side.
 */
#ifndef SST_COMMITLOG_MARKERS_H
#define SST_COMMITLOG_MARKERS_H

#include "row/db.h"

struct sst_markers { /* start with {0}; its memory is reused */
	struct sst_marker *at;
	size_t n, cap;
	void *ends; /* 2n of them, and room to sort */
	size_t ends_cap;
	const struct sst_range_deletion **open;
};

/* Ranges that end before they begin, or delete nothing, are left out.  Bounds are borrowed. */
int sst_markers_make(struct sst_markers *, const struct sst_table *,
    const struct sst_range_deletion *, size_t n, struct sst_err *);
void sst_markers_free(struct sst_markers *);

#endif
