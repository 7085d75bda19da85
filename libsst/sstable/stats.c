/* libsst/sstable/stats.c: the part of Statistics.db that counts: extremes, totals, histograms. */
#include "sstable/stats.h"

static int
get_estimate(struct sst_parse *p, struct sst_in *in, struct sst_estimate *est)
{
	uint32_t i, n = sst_get_u32(in);
	struct sst_estimate_bucket *b;

	if (p->brief) {
		sst_get_bytes(in, (size_t)n * 16);
		return 0;
	}
	if ((b = sst_parse_array(p, in, n, 16, sizeof(*b))) == NULL)
		return sst_parse_failed(p, in);
	for (i = 0; i < n; i++) {
		b[i].offset = (int64_t)sst_get_u64(in);
		b[i].count = (int64_t)sst_get_u64(in);
	}
	*est = (struct sst_estimate){ n, b };
	return 0;
}

static void
put_estimate(struct sst_buf *b, const struct sst_estimate *est)
{
	size_t i;

	sst_put_u32(b, (uint32_t)est->n);
	for (i = 0; i < est->n; i++) {
		sst_put_u64(b, (uint64_t)est->buckets[i].offset);
		sst_put_u64(b, (uint64_t)est->buckets[i].count);
	}
}

/* Casts that would be undefined, of a damaged or NaN number, give 0. */
static int64_t
whole(double d)
{
	return d >= -9e18 && d <= 9e18 ? (int64_t)d : 0;
}

static int
get_drop_times(struct sst_parse *p, struct sst_in *in)
{
	uint32_t i, n;
	struct sst_drop_time *d;

	p->st->drop_times_cap = sst_get_u32(in);
	n = sst_get_u32(in);
	if (p->brief) {
		sst_get_bytes(in, (size_t)n * (p->v->uint_ldt ? 12 : 16));
		return 0;
	}
	d = sst_parse_array(p, in, n, p->v->uint_ldt ? 12 : 16, sizeof(*d));
	if (d == NULL)
		return sst_parse_failed(p, in);
	for (i = 0; i < n; i++)
		if (p->v->uint_ldt) {
			d[i].at_s = (int64_t)sst_get_u64(in);
			d[i].count = (int32_t)sst_get_u32(in);
		} else {
			d[i].at_s = whole(sst_get_double(in));
			d[i].count = (int64_t)sst_get_u64(in);
		}
	p->st->ndrop_times = n;
	p->st->drop_times = d;
	return 0;
}

static void
put_drop_times(struct sst_buf *b, const struct sst_version *v, const struct sst_statistics *st)
{
	size_t i;

	sst_put_u32(b, st->drop_times_cap);
	sst_put_u32(b, (uint32_t)st->ndrop_times);
	for (i = 0; i < st->ndrop_times; i++)
		if (v->uint_ldt) {
			sst_put_u64(b, (uint64_t)st->drop_times[i].at_s);
			sst_put_u32(b, (uint32_t)st->drop_times[i].count);
		} else {
			sst_put_double(b, (double)st->drop_times[i].at_s);
			sst_put_u64(b, (uint64_t)st->drop_times[i].count);
		}
}

/* Before `oa` a signed number, whose largest value stands for none; since then unsigned, likewise. */
static int64_t
get_ldt(struct sst_in *in, const struct sst_version *v)
{
	uint32_t raw = sst_get_u32(in);

	if (raw == (v->uint_ldt ? UINT32_MAX : INT32_MAX))
		return SST_NO_LDT;
	return v->uint_ldt ? (int64_t)raw : (int32_t)raw;
}

static void
put_ldt(struct sst_buf *b, const struct sst_version *v, int64_t ldt_s)
{
	uint32_t none = v->uint_ldt ? UINT32_MAX : INT32_MAX;

	sst_put_u32(b,
	    ldt_s == SST_NO_LDT          ? none
		: ldt_s >= (int64_t)none ? none - 1
					 : (uint32_t)ldt_s);
}

static void
get_times(struct sst_parse *p, struct sst_in *in)
{
	struct sst_statistics *st = p->st;

	st->min_ts_us = (int64_t)sst_get_u64(in);
	st->max_ts_us = (int64_t)sst_get_u64(in);
	st->min_ldt_s = get_ldt(in, p->v);
	st->max_ldt_s = get_ldt(in, p->v);
	st->min_ttl_s = (int32_t)sst_get_u32(in);
	st->max_ttl_s = (int32_t)sst_get_u32(in);
	st->compression_ratio = sst_get_double(in);
}

static struct sst_segment_pos
get_segment_pos(struct sst_in *in)
{
	struct sst_segment_pos pos;

	pos.segment = (int64_t)sst_get_u64(in);
	pos.offset = (int32_t)sst_get_u32(in);
	return pos;
}

static void
put_segment_pos(struct sst_buf *b, struct sst_segment_pos pos)
{
	sst_put_u64(b, (uint64_t)pos.segment);
	sst_put_u32(b, (uint32_t)pos.offset);
}

/* Lists of clustering values, lowest then highest: bounds that hold what begins with them. */
static int
get_legacy_bound(struct sst_parse *p, struct sst_in *in, struct sst_bound *at, int side)
{
	uint32_t i, n = sst_get_u32(in);
	struct sst_slice *v = sst_parse_array(p, in, n, 2, sizeof(*v));

	if (v == NULL)
		return sst_parse_failed(p, in);
	for (i = 0; i < n; i++)
		v[i] = sst_get_bytes16(in);
	*at = (struct sst_bound){ v, n, side };
	return 0;
}

static void
put_legacy_bound(struct sst_buf *b, const struct sst_bound *at)
{
	size_t i, n = 0;

	while (n < at->n && at->ck[n].p != NULL) /* up to the first null */
		n++;
	sst_put_u32(b, (uint32_t)n);
	for (i = 0; i < n; i++)
		sst_put_bytes16(b, at->ck[i]);
}

/* The clusterings covered, as a slice of two bounds. */
static int
get_cover(struct sst_parse *p, struct sst_in *in)
{
	struct sst_statistics *st = p->st;
	struct sst_header h = { .sized = true, .uint_ldt = p->v->uint_ldt };
	enum sst_prefix_kind from, to;
	struct sst_slice *v;

	if (sst_parse_types(p, in, &st->cover_classes, &h.ck, &h.nck) == -1)
		return -1;
	st->ncover = h.nck;
	v = sst_arena_array(p->arena, 2 * h.nck + 1, sizeof(*v));
	if (v == NULL)
		return sst_fail_nomem(p->e);
	sst_get_prefix(in, &h, v, &st->covered_from, &from);
	sst_get_prefix(in, &h, v + h.nck, &st->covered_to, &to);
	if (in->bad)
		return sst_parse_failed(p, in);
	if (st->covered_from.side == 0 || st->covered_to.side == 0)
		return sst_fail(p->e, SST_EDAMAGED, p->file, in->off,
		    "bounds of kinds %d and %d where a slice starts and ends", from, to);
	return 0;
}

static void
put_cover(struct sst_buf *b, const struct sst_statistics *st)
{
	sst_put_classes(b, st->cover_classes, st->ncover);
	sst_put_prefix(b, &st->header, sst_bound_kind(&st->covered_from, true), st->covered_from.ck,
	    st->covered_from.n);
	sst_put_prefix(b, &st->header, sst_bound_kind(&st->covered_to, false), st->covered_to.ck,
	    st->covered_to.n);
}

static int
get_intervals(struct sst_parse *p, struct sst_in *in)
{
	uint32_t i, n = sst_get_u32(in);
	struct sst_segment_interval *iv = sst_parse_array(p, in, n, 24, sizeof(*iv));

	if (iv == NULL)
		return sst_parse_failed(p, in);
	for (i = 0; i < n; i++) {
		iv[i].from = get_segment_pos(in);
		iv[i].to = get_segment_pos(in);
	}
	p->st->nlog_intervals = n;
	p->st->log_intervals = iv;
	return 0;
}

static void
get_uuid(struct sst_in *in, bool *there, uint8_t uuid[16])
{
	struct sst_slice s;

	*there = sst_get_u8(in) != 0;
	if (!*there)
		return;
	s = sst_get_bytes(in, 16);
	if (s.p != NULL)
		memcpy(uuid, s.p, 16);
}

static void
put_uuid(struct sst_buf *b, bool there, const uint8_t uuid[16])
{
	sst_put_u8(b, there);
	if (there)
		sst_buf_add(b, uuid, 16);
}

/* The fields behind the counts of rows, each since some version. */
static int
get_later(struct sst_parse *p, struct sst_in *in)
{
	const struct sst_version *v = p->v;
	struct sst_statistics *st = p->st;

	if (v->commitlog_lower)
		st->log_lower = get_segment_pos(in);
	if (v->commitlog_intervals && get_intervals(p, in) == -1)
		return -1;
	if (v->pending_repair)
		get_uuid(in, &st->pending_repair, st->pending_repair_id);
	if (v->is_transient)
		st->transient = sst_get_u8(in) != 0;
	if (v->host_id)
		get_uuid(in, &st->host_id, st->host_uuid);
	st->partition_deletions = st->min_ldt_s != SST_NO_LDT;
	if (v->partition_deletions)
		st->partition_deletions = sst_get_u8(in) != 0;
	if (v->improved_min_max && v->legacy_min_max && get_cover(p, in) == -1)
		return -1;
	if (v->key_range) {
		st->first_key = sst_get_bytesv(in);
		st->last_key = sst_get_bytesv(in);
	}
	if (v->token_coverage)
		st->token_coverage = sst_get_double(in);
	return 0;
}

static void
put_later(struct sst_buf *b, const struct sst_version *v, const struct sst_statistics *st)
{
	size_t i;

	if (v->commitlog_lower)
		put_segment_pos(b, st->log_lower);
	if (v->commitlog_intervals) {
		sst_put_u32(b, (uint32_t)st->nlog_intervals);
		for (i = 0; i < st->nlog_intervals; i++) {
			put_segment_pos(b, st->log_intervals[i].from);
			put_segment_pos(b, st->log_intervals[i].to);
		}
	}
	if (v->pending_repair)
		put_uuid(b, st->pending_repair, st->pending_repair_id);
	if (v->is_transient)
		sst_put_u8(b, st->transient);
	if (v->host_id)
		put_uuid(b, st->host_id, st->host_uuid);
	if (v->partition_deletions)
		sst_put_u8(b, st->partition_deletions);
	if (v->improved_min_max && v->legacy_min_max)
		put_cover(b, st);
	if (v->key_range) {
		sst_put_bytesv(b, st->first_key);
		sst_put_bytesv(b, st->last_key);
	}
	if (v->token_coverage)
		sst_put_double(b, st->token_coverage);
}

/*
 * Cassandra 5.0 reserves 16 bytes for each drop time of `oa` and `da` but writes 12, and the rest of its
 * buffer goes into the file behind everything else (formats/errata.md).
 */
size_t
sst_stats_padding(
    const struct sst_version *v, const struct sst_statistics *st, const struct sst_in *in)
{
	size_t n = v->uint_ldt ? 4 * st->ndrop_times : 0, i;

	if (in->bad || sst_in_left(in) != n)
		return 0;
	for (i = 0; i < n; i++)
		if (in->p[i] != 0)
			return 0;
	return n;
}

int
sst_stats_get(struct sst_parse *p, struct sst_in *in)
{
	struct sst_statistics *st = p->st;

	if (get_estimate(p, in, &st->partition_bytes) == -1 ||
	    get_estimate(p, in, &st->partition_cells) == -1)
		return -1;
	st->log_upper = get_segment_pos(in);
	get_times(p, in);
	if (get_drop_times(p, in) == -1 || sst_parse_keep(p, in) == -1)
		return -1;
	st->level = sst_get_u32(in);
	st->repaired_at_ms = (int64_t)sst_get_u64(in);
	if (p->v->legacy_min_max) {
		if (get_legacy_bound(p, in, &st->covered_from, -1) == -1 ||
		    get_legacy_bound(p, in, &st->covered_to, +1) == -1)
			return -1;
	} else if (p->v->improved_min_max && get_cover(p, in) == -1)
		return -1;
	st->legacy_counter_shards = sst_get_u8(in) != 0;
	st->ncolumns_set = sst_get_u64(in);
	st->nrows = sst_get_u64(in);
	if (get_later(p, in) == -1)
		return -1;
	sst_get_bytes(in, sst_stats_padding(p->v, st, in));
	return 0;
}

void
sst_stats_put(struct sst_buf *b, const struct sst_version *v, const struct sst_statistics *st)
{
	put_estimate(b, &st->partition_bytes);
	put_estimate(b, &st->partition_cells);
	put_segment_pos(b, st->log_upper);
	sst_put_u64(b, (uint64_t)st->min_ts_us);
	sst_put_u64(b, (uint64_t)st->max_ts_us);
	put_ldt(b, v, st->min_ldt_s);
	put_ldt(b, v, st->max_ldt_s);
	sst_put_u32(b, (uint32_t)st->min_ttl_s);
	sst_put_u32(b, (uint32_t)st->max_ttl_s);
	sst_put_double(b, st->compression_ratio);
	put_drop_times(b, v, st);
	sst_put_u32(b, st->level);
	sst_put_u64(b, (uint64_t)st->repaired_at_ms);
	if (v->legacy_min_max) {
		put_legacy_bound(b, &st->covered_from);
		put_legacy_bound(b, &st->covered_to);
	} else if (v->improved_min_max)
		put_cover(b, st);
	sst_put_u8(b, st->legacy_counter_shards);
	sst_put_u64(b, st->ncolumns_set);
	sst_put_u64(b, st->nrows);
	put_later(b, v, st);
}
