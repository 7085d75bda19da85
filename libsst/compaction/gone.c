/* compaction/gone.c: walks over deletions, and over what has expired. */
#include "compaction/gone.h"

#include "row/reconcile.h"

static void
each_in_row(const struct sst_row *r, int64_t now_s, sst_gone_fn *f, void *arg)
{
	const struct sst_cell *c;
	size_t i;

	if (r->del.ts_us != SST_NO_TS)
		f(arg, SST_TALLY_ROW, r->del.ts_us, r->del.ldt_s);
	for (i = 0; i < r->ncomplex; i++)
		f(arg, SST_TALLY_COMPLEX, r->complex[i].del.ts_us, r->complex[i].del.ldt_s);
	if (r->live.ttl_s != 0 && now_s >= r->live.expiry_s)
		f(arg, SST_TALLY_EXPIRED, r->live.ts_us, r->live.expiry_s);
	for (i = 0; i < r->ncells; i++) {
		c = &r->cells[i];
		if (c->ldt_s == SST_NO_LDT)
			continue;
		if (c->ttl_s == 0)
			f(arg, SST_TALLY_CELL, c->ts_us, c->ldt_s);
		else if (now_s >= c->ldt_s)
			f(arg, SST_TALLY_EXPIRED, c->ts_us, c->ldt_s - c->ttl_s);
	}
}

void
sst_gone_each(const struct sst_item *item, int64_t now_s, sst_gone_fn *f, void *arg)
{
	switch (item->kind) {
	case SST_PARTITION:
		if (item->part.del.ts_us != SST_NO_TS)
			f(arg, SST_TALLY_PARTITION, item->part.del.ts_us, item->part.del.ldt_s);
		break;
	case SST_MARKER:
		if (item->marker.after.ts_us != SST_NO_TS)
			f(arg, SST_TALLY_RANGE, item->marker.after.ts_us, item->marker.after.ldt_s);
		break;
	case SST_STATIC:
	case SST_ROW:
		each_in_row(&item->row, now_s, f, arg);
		break;
	}
}

uint64_t
sst_row_weight(const struct sst_row *r, size_t nck)
{
	uint64_t n = 4;
	size_t i;

	for (i = 0; r->ck != NULL && i < nck; i++)
		n += r->ck[i].n;
	n += r->live.ts_us != SST_NO_TS ? 4 : 0;
	n += r->del.ts_us != SST_NO_TS ? 8 : 0;
	n += 8 * r->ncomplex;
	for (i = 0; i < r->ncells; i++)
		n += 2 + r->cells[i].value.n + r->cells[i].path.n +
		    (r->cells[i].ts_us != r->live.ts_us ? 4 : 0) +
		    (r->cells[i].ldt_s != SST_NO_LDT ? 4 : 0);
	return n;
}
