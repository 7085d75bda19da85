/* libsst/sstable/collect.c: statistics of what is written. */
#include "sstable/collect.h"

#include <math.h>

#include "codec/in.h"
#include "codec/out.h"

#define SHARD_LEN 32 /* of a counter: its id, clock and count */

int
sst_collect_begin(struct sst_collector *c, const struct sst_table *t, struct sst_err *e)
{
	memset(c, 0, sizeof(*c));
	c->table = t;
	c->min_ldt_s = c->max_ldt_s = SST_NO_LDT;
	sst_estimate_begin(&c->partition_bytes, SST_ESTIMATE_BYTES);
	sst_estimate_begin(&c->partition_cells, SST_ESTIMATE_CELLS);
	return sst_place_init(&c->from, t->nck, e) == -1 ? -1 : sst_place_init(&c->to, t->nck, e);
}

void
sst_collect_free(struct sst_collector *c)
{
	sst_place_free(&c->from);
	sst_place_free(&c->to);
	sst_buf_free(&c->first_key);
	sst_buf_free(&c->last_key);
	sst_buf_free(&c->cardinality_bytes);
	sst_drop_times_free(&c->drop_times);
	sst_cardinality_free(&c->cardinality);
}

/* A time of writing, and SST_NO_LDT or a time of deletion or expiry. */
static inline int
add_times(struct sst_collector *c, int64_t ts_us, int64_t ldt_s, struct sst_err *e)
{
	if (!c->any_time) {
		c->any_time = true;
		c->min_ts_us = c->max_ts_us = ts_us;
		c->min_ldt_s = c->max_ldt_s = ldt_s;
	}
	c->min_ts_us = ts_us < c->min_ts_us ? ts_us : c->min_ts_us;
	c->max_ts_us = ts_us > c->max_ts_us ? ts_us : c->max_ts_us;
	c->min_ldt_s = ldt_s < c->min_ldt_s ? ldt_s : c->min_ldt_s;
	c->max_ldt_s = ldt_s > c->max_ldt_s ? ldt_s : c->max_ldt_s;
	return ldt_s == SST_NO_LDT ? 0 : sst_drop_times_add(&c->drop_times, ldt_s, e);
}

static inline void
add_ttl(struct sst_collector *c, uint32_t ttl_s)
{
	if (!c->any_ttl) {
		c->any_ttl = true;
		c->min_ttl_s = c->max_ttl_s = ttl_s;
	}
	c->min_ttl_s = ttl_s < c->min_ttl_s ? ttl_s : c->min_ttl_s;
	c->max_ttl_s = ttl_s > c->max_ttl_s ? ttl_s : c->max_ttl_s;
}

int
sst_collect_deletion(struct sst_collector *c, struct sst_deletion d, struct sst_err *e)
{
	return d.ts_us == SST_NO_TS ? 0 : add_times(c, d.ts_us, d.ldt_s, e);
}

/* Shards of a counter from before Cassandra 2.1 are local or remote; later ones all global, named so
 * in the list ahead of them. */
static bool
has_legacy_shards(struct sst_slice v)
{
	struct sst_in in = sst_in_new(v, 0);
	int16_t i, n = (int16_t)sst_get_u16(&in);
	bool legacy = false;

	for (i = 0; i < n; i++)
		legacy |= (int16_t)sst_get_u16(&in) >= 0;
	return !in.bad && n >= 0 && (legacy || sst_in_left(&in) / SHARD_LEN > (size_t)n);
}

static int
add_cells(struct sst_collector *c, const struct sst_row *r, struct sst_err *e)
{
	const struct sst_cell *cell, *end = r->cells + r->ncells;
	uint32_t col = UINT32_MAX;

	for (cell = r->cells; cell < end; cell++) {
		if (add_times(c, cell->ts_us, cell->ldt_s, e) == -1)
			return -1;
		add_ttl(c, cell->ttl_s);
		c->ncolumns_set += cell->col != col;
		col = cell->col;
		if (c->table->counter && cell->ldt_s == SST_NO_LDT)
			c->legacy_counter_shards |= has_legacy_shards(cell->value);
	}
	c->ncells += r->ncells;
	return 0;
}

int
sst_collect_row(struct sst_collector *c, const struct sst_row *r, struct sst_err *e)
{
	size_t i;

	c->nrows++;
	if (r->live.ts_us != SST_NO_TS) {
		if (add_times(c, r->live.ts_us, r->live.ttl_s != 0 ? r->live.expiry_s : SST_NO_LDT,
			e) == -1)
			return -1;
		add_ttl(c, r->live.ttl_s);
	}
	if (sst_collect_deletion(c, r->del, e) == -1 ||
	    sst_collect_deletion(c, sst_row_under(r), e) == -1)
		return -1;
	for (i = 0; i < r->ncomplex; i++)
		if (sst_collect_deletion(c, r->complex[i].del, e) == -1)
			return -1;
	return add_cells(c, r, e);
}

int
sst_collect_marker(struct sst_collector *c, const struct sst_marker *m, struct sst_err *e)
{
	return sst_collect_deletion(c, m->before, e) == -1 ? -1
							   : sst_collect_deletion(c, m->after, e);
}

static void
keep(struct sst_buf *b, struct sst_slice key)
{
	sst_buf_reset(b);
	sst_buf_add_slice(b, key);
}

int
sst_collect_partition(struct sst_collector *c, const struct sst_partition *p, uint64_t bytes,
    const struct sst_place *first, const struct sst_place *last, struct sst_err *e)
{
	if (!c->any_key)
		keep(&c->first_key, p->key);
	c->any_key = true;
	keep(&c->last_key, p->key);
	c->partition_deletions |= p->del.ts_us != SST_NO_TS;
	sst_estimate_add(&c->partition_bytes, bytes);
	sst_estimate_add(&c->partition_cells, c->ncells);
	c->ncells = 0;
	if (c->first_key.bad || c->last_key.bad)
		return sst_fail_nomem(e);
	if (sst_cardinality_add(&c->cardinality, p->key, e) == -1)
		return -1;
	if (first == NULL)
		return 0;
	if ((!c->from.set || sst_place_compare(c->table, first, &c->from) < 0) &&
	    sst_place_copy(&c->from, first, e) == -1)
		return -1;
	if (!c->to.set || sst_place_compare(c->table, last, &c->to) > 0)
		return sst_place_copy(&c->to, last, e);
	return 0;
}

/* A row's clustering starts or ends the cover with its own values, a marker as it stands. */
static struct sst_bound
cover(const struct sst_place *p, int side)
{
	if (!p->set)
		return (struct sst_bound){ NULL, 0, side };
	return (struct sst_bound){ p->ck, p->at.n, p->kind == SST_ROW ? side : p->at.side };
}

int
sst_collect_finish(struct sst_collector *c, struct sst_statistics *st, struct sst_err *e)
{
	struct sst_buf *b = &c->cardinality_bytes;
	uint32_t len;

	sst_buf_reset(b);
	sst_put_u32(b, 0);
	if (sst_cardinality_put(&c->cardinality, b, e) == -1)
		return -1;
	len = __builtin_bswap32((uint32_t)(b->n - 4));
	memcpy(b->p, &len, 4);
	st->compaction = sst_buf_slice(b);
	st->partition_bytes = sst_estimate_get(&c->partition_bytes);
	st->partition_cells = sst_estimate_get(&c->partition_cells);
	st->min_ts_us = c->any_time ? c->min_ts_us : INT64_MIN;
	st->max_ts_us = c->any_time ? c->max_ts_us : INT64_MAX;
	st->min_ldt_s = c->min_ldt_s;
	st->max_ldt_s = c->max_ldt_s;
	st->min_ttl_s = (int32_t)c->min_ttl_s;
	st->max_ttl_s = (int32_t)c->max_ttl_s;
	sst_drop_times_finish(&c->drop_times, st);
	st->covered_from = cover(&c->from, -1);
	st->covered_to = cover(&c->to, +1);
	st->legacy_counter_shards = c->legacy_counter_shards;
	st->ncolumns_set = c->ncolumns_set;
	st->nrows = c->nrows;
	st->log_lower = st->log_upper = (struct sst_segment_pos){ -1, 0 };
	st->partition_deletions = c->partition_deletions;
	st->first_key = sst_buf_slice(&c->first_key);
	st->last_key = sst_buf_slice(&c->last_key);
	st->token_coverage = NAN;
	return 0;
}
