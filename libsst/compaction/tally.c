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

/* Of a row of which nothing lives: what it says above all. */
static enum sst_tally_kind
kind_of(const struct sst_row *r)
{
	size_t i;

	if (r->del.ts_us != SST_NO_TS)
		return SST_TALLY_ROW;
	if (r->ncomplex > 0)
		return SST_TALLY_COMPLEX;
	for (i = 0; i < r->ncells; i++)
		if (r->cells[i].ttl_s == 0)
			return SST_TALLY_CELL;
	return SST_TALLY_EXPIRED;
}

static void
add_row(struct sst_tally *t, const struct sst_item *item, int64_t now_s)
{
	const struct sst_row *r = &item->row;
	bool live = sst_liveness_is_live(&r->live, now_s);
	size_t i;

	t->rows++;
	t->cells += r->ncells;
	t->gone[SST_TALLY_ROW] += r->del.ts_us != SST_NO_TS;
	t->gone[SST_TALLY_COMPLEX] += r->ncomplex;
	t->gone[SST_TALLY_EXPIRED] += r->live.ttl_s != 0 && now_s >= r->live.expiry_s;
	for (i = 0; i < r->ncells; i++) {
		if (r->cells[i].ldt_s != SST_NO_LDT)
			add_cell(t, &r->cells[i], now_s);
		live = live || sst_cell_is_live(&r->cells[i], now_s);
	}
	*(live ? &t->live_bytes : &t->gone_bytes[kind_of(r)]) += item->len;
}

void
sst_tally_item(struct sst_tally *t, const struct sst_item *item, int64_t now_s)
{
	bool gone;

	switch (item->kind) {
	case SST_PARTITION:
		gone = item->part.del.ts_us != SST_NO_TS;
		t->partitions++;
		t->gone[SST_TALLY_PARTITION] += gone;
		*(gone ? &t->gone_bytes[SST_TALLY_PARTITION] : &t->live_bytes) += item->len;
		break;
	case SST_MARKER:
		t->gone[SST_TALLY_RANGE] += item->marker.after.ts_us != SST_NO_TS;
		t->gone_bytes[SST_TALLY_RANGE] += item->len;
		break;
	case SST_STATIC:
	case SST_ROW:
		add_row(t, item, now_s);
		break;
	}
}

/* ---- what may go ---- */

static uint64_t
is_due(const struct sst_deletion *d, int64_t gc_before_s)
{
	return d->ts_us != SST_NO_TS && d->ldt_s >= 0 && d->ldt_s < gc_before_s;
}

static uint64_t
row_due(const struct sst_row *r, int64_t now_s, int64_t gc_before_s)
{
	uint64_t n = is_due(&r->del, gc_before_s);
	const struct sst_cell *c;
	size_t i;

	n += r->live.ttl_s != 0 && now_s >= r->live.expiry_s && r->live.expiry_s < gc_before_s;
	for (i = 0; i < r->ncomplex; i++)
		n += is_due(&r->complex[i].del, gc_before_s);
	for (i = 0; i < r->ncells; i++) {
		c = &r->cells[i];
		if (c->ldt_s != SST_NO_LDT && c->ldt_s >= 0 && now_s >= c->ldt_s)
			n += c->ldt_s - (int64_t)c->ttl_s < gc_before_s;
	}
	return n;
}

uint64_t
sst_tally_due(const struct sst_item *item, int64_t now_s, int64_t gc_before_s)
{
	switch (item->kind) {
	case SST_PARTITION:
		return is_due(&item->part.del, gc_before_s);
	case SST_MARKER:
		return is_due(&item->marker.after, gc_before_s);
	case SST_STATIC:
	case SST_ROW:
		return row_due(&item->row, now_s, gc_before_s);
	}
	return 0;
}

void
sst_tally_add(struct sst_tally *to, const struct sst_tally *t)
{
	size_t i;

	to->partitions += t->partitions;
	to->rows += t->rows;
	to->cells += t->cells;
	to->live_bytes += t->live_bytes;
	for (i = 0; i < SST_TALLY_KINDS; i++) {
		to->gone[i] += t->gone[i];
		to->gone_bytes[i] += t->gone_bytes[i];
	}
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
