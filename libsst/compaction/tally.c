/* compaction/tally.c: one look at an item. */
#include "compaction/tally.h"

#include "row/reconcile.h"

const char *
sst_tally_name(enum sst_tally_kind kind)
{
	static const char *const names[] = { "partition", "range", "row", "complex", "cell",
		"expired" };

	return names[kind];
}

/* Called where a cell is no plain value: deleted, or to expire. */
static void
add_cell(struct sst_tally *t, const struct sst_cell *c, int64_t now_s)
{
	if (c->ttl_s == 0)
		t->gone[SST_TALLY_CELL]++;
	else
		t->gone[SST_TALLY_EXPIRED] += now_s >= c->ldt_s;
}

static void
add_row(struct sst_tally *t, const struct sst_row *r, int64_t now_s)
{
	size_t i;

	t->rows++;
	t->cells += r->ncells;
	t->gone[SST_TALLY_ROW] += r->del.ts_us != SST_NO_TS;
	t->gone[SST_TALLY_COMPLEX] += r->ncomplex;
	t->gone[SST_TALLY_EXPIRED] += r->live.ttl_s != 0 && now_s >= r->live.expiry_s;
	for (i = 0; i < r->ncells; i++)
		if (r->cells[i].ldt_s != SST_NO_LDT)
			add_cell(t, &r->cells[i], now_s);
}

void
sst_tally_item(struct sst_tally *t, const struct sst_item *item, int64_t now_s)
{
	switch (item->kind) {
	case SST_PARTITION:
		t->partitions++;
		t->gone[SST_TALLY_PARTITION] += item->part.del.ts_us != SST_NO_TS;
		break;
	case SST_MARKER:
		t->gone[SST_TALLY_RANGE] += item->marker.after.ts_us != SST_NO_TS;
		break;
	case SST_STATIC:
	case SST_ROW:
		add_row(t, &item->row, now_s);
		break;
	}
}

void
sst_tally_add(struct sst_tally *to, const struct sst_tally *t)
{
	size_t i;

	to->partitions += t->partitions;
	to->rows += t->rows;
	to->cells += t->cells;
	for (i = 0; i < SST_TALLY_KINDS; i++)
		to->gone[i] += t->gone[i];
}

uint64_t
sst_tally_gone(const struct sst_tally *t)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < SST_TALLY_KINDS; i++)
		n += t->gone[i];
	return n;
}
