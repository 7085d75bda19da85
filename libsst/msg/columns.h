/* libsst/msg/columns.h: room-internal: a row of the table, column by column, for those who print it. */
#ifndef SST_MSG_COLUMNS_H
#define SST_MSG_COLUMNS_H

#include "msg/history.h"

struct sst_columns { /* borrows from the row */
	int64_t channel, id;
	const struct sst_cell *cells[SST_MSG_COLUMNS]; /* NULL: not set */
};

void sst_columns_take(
    struct sst_columns *, const struct sst_messages *, int64_t channel, const struct sst_row *);

/* "channel 1, message 2: NAME is no value of its type"; SST_EDAMAGED, -1. */
int sst_columns_damaged(const struct sst_columns *, const char *name, struct sst_err *);

#endif
