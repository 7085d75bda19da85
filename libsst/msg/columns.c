/* libsst/msg/columns.c: finds the cells of our columns in a row. */
#include "msg/columns.h"

#include <inttypes.h>

#include "base/num.h"

void
sst_columns_take(
    struct sst_columns *l, const struct sst_messages *m, int64_t channel, const struct sst_row *row)
{
	size_t i, c;

	*l = (struct sst_columns){ .channel = channel, .id = sst_message_row_id(row) };
	for (i = 0; i < row->ncells; i++) {
		c = row->cells[i].col;
		c = c < SST_ARRAY_LEN(m->known) ? m->known[c] : SST_MSG_COLUMNS;
		if (c < SST_MSG_COLUMNS && !sst_cell_is_tombstone(&row->cells[i]))
			l->cells[c] = &row->cells[i];
	}
}

int
sst_columns_damaged(const struct sst_columns *l, const char *name, struct sst_err *e)
{
	return sst_fail(e, SST_EDAMAGED, NULL, SST_NOWHERE,
	    "channel %" PRId64 ", message %" PRId64 ": %s is no value of its type", l->channel,
	    l->id, name);
}
