/* msg/ghost.c: what lives without an author. */
#include "msg/ghost.h"

#include "row/reconcile.h"

bool
sst_messages_has_key(const struct sst_table *t)
{
	return t->nkey == 2 && t->nck == 1 && t->key[0].type->kind == SST_BIGINT &&
	    t->key[1].type->kind == SST_INT && t->ck[0].type->kind == SST_BIGINT;
}

uint32_t
sst_messages_author(const struct sst_table *t)
{
	int col = sst_messages_has_key(t)
	    ? sst_column_find(t->regulars, t->nregular, SST_SLICE_LIT("author_id"))
	    : -1;

	return col < 0 ? SST_MSG_NO_COLUMN : (uint32_t)col;
}

bool
sst_message_is_ghost(const struct sst_row *r, uint32_t author, int64_t now_s)
{
	bool live = sst_liveness_is_live(&r->live, now_s);
	size_t i;

	for (i = 0; i < r->ncells; i++) {
		if (!sst_cell_is_live(&r->cells[i], now_s))
			continue;
		if (r->cells[i].col == author)
			return false;
		live = true;
	}
	return live;
}
