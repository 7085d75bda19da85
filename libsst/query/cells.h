/* query/cells.h: room-internal: the cells of a row, or of the static row, that a statement makes. */
#ifndef SST_QUERY_CELLS_H
#define SST_QUERY_CELLS_H

#include "base/arena.h"
#include "row/rows.h"

struct sst_cells { /* start with {0}; grows in the arena */
	struct sst_cell *p;
	struct sst_complex_deletion *complex;
	size_t n, cap, ncomplex, complex_cap;
};

/* Adds a cell, which the caller fills: its column, time, value and path are not set.  -1 only without memory. */
int sst_cells_add(struct sst_cells *, struct sst_cell **, struct sst_arena *, struct sst_err *);
/* Adds that all of a column is forgotten.  -1 only without memory. */
int sst_cells_forget(
    struct sst_cells *, const struct sst_complex_deletion *, struct sst_arena *, struct sst_err *);
/* Puts them in order of column and path; of those of one place the last counts.  -1 only without memory. */
int sst_cells_sort(
    struct sst_cells *, const struct sst_column *columns, struct sst_arena *, struct sst_err *);
/* The row that they make, without a clustering; it borrows them. */
struct sst_row sst_cells_row(const struct sst_cells *);

#endif
