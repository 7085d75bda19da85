/*
 * libsst/sstable/statistics.c: Statistics.db taken apart and put together.  The file is four parts
 * behind a table of their places:
 *
 *	count [crc] (type place)* [crc]  VALIDATION [crc]  COMPACTION [crc]  STATS [crc]  HEADER [crc]
 *
 * where the checksums are there since `na`.
 */
#include "sstable/statistics.h"

#include <math.h>

#include "codec/crc.h"
#include "codec/in.h"
#include "codec/out.h"

enum part {
	VALIDATION,
	COMPACTION,
	STATS,
	HEADER,
	NPARTS
};

#define TABLE_LEN (4 + 8 * NPARTS) /* without its checksums */

static const char *const part_names[NPARTS] = { "validation", "compaction", "stats", "header" };

struct parse { /* what all parts need */
	struct sst_statistics *st;
	struct sst_arena *arena;
	const struct sst_version *v;
	const char *file;
	struct sst_err *e;
};

static double
get_double(struct sst_in *in)
{
	uint64_t bits = sst_get_u64(in);
	double d;

	memcpy(&d, &bits, 8);
	return d;
}

static void
put_double(struct sst_buf *b, double d)
{
	uint64_t bits;

	memcpy(&bits, &d, 8);
	sst_put_u64(b, bits);
}

/* Room for n elements, each of which takes at least `least` bytes that must still be there. */
static void *
array(struct parse *p, struct sst_in *in, uint64_t n, size_t least, size_t size)
{
	void *a;

	if (n > sst_in_left(in) / least) {
		in->bad = true;
		return NULL;
	}
	a = sst_arena_array(p->arena, (size_t)n + 1, size);
	if (a == NULL)
		sst_fail_nomem(p->e);
	return a;
}

/* What a part's parser returns when array() gave NULL. */
static int
no_array(struct parse *p, const struct sst_in *in)
{
	return in->bad ? sst_fail(p->e, SST_ESHORT, p->file, in->off, "statistics cut short") : -1;
}

/* --- validation and compaction --- */

static int
get_validation(struct parse *p, struct sst_in *in)
{
	p->st->partitioner = sst_get_bytes16(in);
	p->st->bloom_fp = get_double(in);
	return 0;
}

static void
put_validation(struct sst_buf *b, const struct sst_statistics *st)
{
	sst_put_bytes16(b, st->partitioner);
	put_double(b, st->bloom_fp);
}

/* Nobody here looks into it, and ScyllaDB once wrote an empty list before what Cassandra writes. */
static int
get_compaction(struct parse *p, struct sst_in *in)
{
	p->st->compaction = sst_get_bytes(in, sst_in_left(in));
	return 0;
}

/* --- stats --- */

static int
get_estimate(struct parse *p, struct sst_in *in, struct sst_estimate *est)
{
	uint32_t i, n = sst_get_u32(in);
	struct sst_estimate_bucket *b = array(p, in, n, 16, sizeof(*b));

	if (b == NULL)
		return no_array(p, in);
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
get_drop_times(struct parse *p, struct sst_in *in)
{
	uint32_t i, n;
	struct sst_drop_time *d;

	p->st->drop_times_cap = sst_get_u32(in);
	n = sst_get_u32(in);
	d = array(p, in, n, p->v->uint_ldt ? 12 : 16, sizeof(*d));
	if (d == NULL)
		return no_array(p, in);
	for (i = 0; i < n; i++)
		if (p->v->uint_ldt) {
			d[i].at_s = (int64_t)sst_get_u64(in);
			d[i].count = (int32_t)sst_get_u32(in);
		} else {
			d[i].at_s = whole(get_double(in));
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
			put_double(b, (double)st->drop_times[i].at_s);
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
get_times(struct parse *p, struct sst_in *in)
{
	struct sst_statistics *st = p->st;

	st->min_ts_us = (int64_t)sst_get_u64(in);
	st->max_ts_us = (int64_t)sst_get_u64(in);
	st->min_ldt_s = get_ldt(in, p->v);
	st->max_ldt_s = get_ldt(in, p->v);
	st->min_ttl_s = (int32_t)sst_get_u32(in);
	st->max_ttl_s = (int32_t)sst_get_u32(in);
	st->compression_ratio = get_double(in);
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
get_legacy_bound(struct parse *p, struct sst_in *in, struct sst_bound *at, int side)
{
	uint32_t i, n = sst_get_u32(in);
	struct sst_slice *v = array(p, in, n, 2, sizeof(*v));

	if (v == NULL)
		return no_array(p, in);
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

/* Class names of types, and the types themselves. */
static int
get_types(struct parse *p, struct sst_in *in, const struct sst_slice **classes,
    const struct sst_type ***types, size_t *count)
{
	uint64_t i, n = sst_get_vint(in);
	struct sst_slice *names = array(p, in, n, 1, sizeof(*names));
	const struct sst_type **t;

	if (names == NULL)
		return no_array(p, in);
	t = sst_arena_array(p->arena, (size_t)n + 1, sizeof(struct sst_type *));
	if (t == NULL)
		return sst_fail_nomem(p->e);
	for (i = 0; i < n; i++) {
		names[i] = sst_get_bytesv(in);
		if (in->bad)
			return no_array(p, in);
		if (sst_type_parse_class(&t[i], p->arena, names[i], p->e) == -1)
			return -1;
	}
	*classes = names;
	*types = t;
	*count = (size_t)n;
	return 0;
}

static void
put_types(struct sst_buf *b, const struct sst_slice *classes, size_t n)
{
	size_t i;

	sst_put_vint(b, n);
	for (i = 0; i < n; i++)
		sst_put_bytesv(b, classes[i]);
}

/* The clusterings covered, as a slice of two bounds. */
static int
get_cover(struct parse *p, struct sst_in *in)
{
	struct sst_statistics *st = p->st;
	struct sst_header h = { .sized = true, .uint_ldt = p->v->uint_ldt };
	enum sst_prefix_kind from, to;
	struct sst_slice *v;

	if (get_types(p, in, &st->cover_classes, &h.ck, &h.nck) == -1)
		return -1;
	st->ncover = h.nck;
	v = sst_arena_array(p->arena, 2 * h.nck + 1, sizeof(*v));
	if (v == NULL)
		return sst_fail_nomem(p->e);
	sst_get_prefix(in, &h, v, &st->covered_from, &from);
	sst_get_prefix(in, &h, v + h.nck, &st->covered_to, &to);
	if (in->bad)
		return no_array(p, in);
	if (st->covered_from.side == 0 || st->covered_to.side == 0)
		return sst_fail(p->e, SST_EDAMAGED, p->file, in->off,
		    "bounds of kinds %d and %d where a slice starts and ends", from, to);
	return 0;
}

static void
put_cover(struct sst_buf *b, const struct sst_statistics *st)
{
	put_types(b, st->cover_classes, st->ncover);
	sst_put_prefix(b, &st->header, sst_bound_kind(&st->covered_from, true), st->covered_from.ck,
	    st->covered_from.n);
	sst_put_prefix(b, &st->header, sst_bound_kind(&st->covered_to, false), st->covered_to.ck,
	    st->covered_to.n);
}

static int
get_intervals(struct parse *p, struct sst_in *in)
{
	uint32_t i, n = sst_get_u32(in);
	struct sst_segment_interval *iv = array(p, in, n, 24, sizeof(*iv));

	if (iv == NULL)
		return no_array(p, in);
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
get_later(struct parse *p, struct sst_in *in)
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
		st->token_coverage = get_double(in);
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
		put_double(b, st->token_coverage);
}

static int
get_stats(struct parse *p, struct sst_in *in)
{
	struct sst_statistics *st = p->st;

	if (get_estimate(p, in, &st->partition_bytes) == -1 ||
	    get_estimate(p, in, &st->partition_cells) == -1)
		return -1;
	st->log_upper = get_segment_pos(in);
	get_times(p, in);
	if (get_drop_times(p, in) == -1)
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
	return get_later(p, in);
}

static void
put_stats(struct sst_buf *b, const struct sst_version *v, const struct sst_statistics *st)
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
	put_double(b, st->compression_ratio);
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

/* --- header --- */

static int
get_columns(struct parse *p, struct sst_in *in, const struct sst_named_class **named,
    struct sst_header_column **columns, size_t *count)
{
	uint64_t i, n = sst_get_vint(in);
	struct sst_named_class *names = array(p, in, n, 2, sizeof(*names));
	struct sst_header_column *cols;

	if (names == NULL)
		return no_array(p, in);
	if (n > SST_COLUMNS_MAX)
		return sst_fail(p->e, SST_ELIMIT, p->file, in->off, "%ju columns, at most %d",
		    (uintmax_t)n, SST_COLUMNS_MAX);
	cols = sst_arena_array(p->arena, (size_t)n + 1, sizeof(*cols));
	if (cols == NULL)
		return sst_fail_nomem(p->e);
	for (i = 0; i < n; i++) {
		names[i].name = sst_get_bytesv(in);
		names[i].class_name = sst_get_bytesv(in);
		if (in->bad)
			return no_array(p, in);
		cols[i] = (struct sst_header_column){
			.name = names[i].name, .col = SST_NO_COLUMN, .dropped_us = INT64_MIN
		};
		if (sst_type_parse_class(&cols[i].type, p->arena, names[i].class_name, p->e) == -1)
			return -1;
	}
	*named = names;
	*columns = cols;
	*count = (size_t)n;
	return 0;
}

static void
put_columns(struct sst_buf *b, const struct sst_named_class *named, size_t n)
{
	size_t i;

	sst_put_vint(b, n);
	for (i = 0; i < n; i++) {
		sst_put_bytesv(b, named[i].name);
		sst_put_bytesv(b, named[i].class_name);
	}
}

static int
get_header(struct parse *p, struct sst_in *in)
{
	struct sst_statistics *st = p->st;
	struct sst_header *h = &st->header;

	h->sized = true;
	h->uint_ldt = p->v->uint_ldt;
	h->min_ts_us = (int64_t)(sst_get_vint(in) + (uint64_t)SST_EPOCH_TS_US);
	h->min_ldt_s = (int64_t)(sst_get_vint(in) + (uint64_t)SST_EPOCH_LDT_S);
	st->header_min_ttl = sst_get_vint(in);
	h->min_ttl_s = (uint32_t)st->header_min_ttl;
	st->key_class = sst_get_bytesv(in);
	if (in->bad)
		return no_array(p, in);
	if (sst_type_parse_class(&h->key_type, p->arena, st->key_class, p->e) == -1 ||
	    get_types(p, in, &st->ck_classes, &h->ck, &h->nck) == -1 ||
	    get_columns(p, in, &st->statics, &h->statics, &h->nstatic) == -1)
		return -1;
	return get_columns(p, in, &st->regulars, &h->regulars, &h->nregular);
}

static void
put_header(struct sst_buf *b, const struct sst_statistics *st)
{
	const struct sst_header *h = &st->header;

	sst_put_vint(b, (uint64_t)h->min_ts_us - (uint64_t)SST_EPOCH_TS_US);
	sst_put_vint(b, (uint64_t)h->min_ldt_s - (uint64_t)SST_EPOCH_LDT_S);
	sst_put_vint(b, st->header_min_ttl);
	sst_put_bytesv(b, st->key_class);
	put_types(b, st->ck_classes, h->nck);
	put_columns(b, st->statics, h->nstatic);
	put_columns(b, st->regulars, h->nregular);
}

/* --- the file --- */

static int
check_crc(struct parse *p, struct sst_slice bytes, size_t from, size_t end)
{
	struct sst_in in = sst_in_new((struct sst_slice){ bytes.p + end, 4 }, end);
	uint32_t have, want = sst_crc32(0, bytes.p + from, end - from);

	if (!p->v->metadata_crc)
		return 0;
	have = sst_get_u32(&in);
	if (have != want)
		return sst_fail(
		    p->e, SST_EDAMAGED, p->file, end, "checksum is %08x, want %08x", have, want);
	return 0;
}

/* Which part is where: by type.  The table's checksums cover the numbers alone. */
static int
get_table(struct parse *p, struct sst_slice bytes, size_t at[NPARTS])
{
	size_t i, crc = p->v->metadata_crc ? 4 : 0;
	struct sst_in in = sst_in_new(bytes, 0);
	uint32_t n = sst_get_u32(&in), type, seen = 0, sum, have;
	uint8_t numbers[TABLE_LEN];

	if (!in.bad && n != NPARTS)
		return sst_fail(p->e, SST_EDAMAGED, p->file, 0, "%u parts, want %d", n, NPARTS);
	if (bytes.n < TABLE_LEN + 2 * crc)
		return sst_fail(p->e, SST_ESHORT, p->file, bytes.n, "statistics cut short");
	if (crc != 0 && check_crc(p, bytes, 0, 4) == -1)
		return -1;
	sst_get_bytes(&in, crc);
	memcpy(numbers, bytes.p, 4);
	memcpy(numbers + 4, in.p, TABLE_LEN - 4);
	for (i = 0; i < NPARTS; i++) {
		type = sst_get_u32(&in);
		if (type >= NPARTS || (seen >> type & 1) != 0)
			return sst_fail(p->e, SST_EDAMAGED, p->file, in.off - 4,
			    "part %zu has type %u", i, type);
		seen |= 1u << type;
		p->st->parts[i] = (uint8_t)type;
		at[type] = sst_get_u32(&in);
	}
	sum = sst_crc32(0, numbers, sizeof(numbers));
	if (crc != 0 && (have = sst_get_u32(&in)) != sum)
		return sst_fail(p->e, SST_EDAMAGED, p->file, in.off - 4,
		    "checksum of the table of parts is %08x, want %08x", have, sum);
	return 0;
}

/* Parts follow each other in the order of types, also where the table names them in another. */
static int
get_parts(struct parse *p, struct sst_slice bytes, struct sst_slice parts[NPARTS])
{
	size_t i, end, crc = p->v->metadata_crc ? 4 : 0, at[NPARTS];

	if (get_table(p, bytes, at) == -1)
		return -1;
	for (i = 0; i < NPARTS; i++) {
		end = i + 1 < NPARTS ? at[i + 1] : bytes.n;
		if (at[i] < TABLE_LEN + 2 * crc || end > bytes.n || end < at[i] ||
		    end - at[i] < crc)
			return sst_fail(p->e, SST_EDAMAGED, p->file, 4,
			    "part %s is from %zu to %zu of %zu bytes", part_names[i], at[i], end,
			    bytes.n);
		parts[i] = (struct sst_slice){ bytes.p + at[i], end - at[i] - crc };
	}
	return 0;
}

/* A type that is none: its text is in the part at that place. */
static int
name_file(struct sst_err *e, const char *file, uint64_t off)
{
	struct sst_err plain = *e;

	return sst_fail(e, plain.code, file, off, "%s", plain.what);
}

int
sst_statistics_parse(struct sst_statistics *st, struct sst_arena *arena,
    const struct sst_version *v, struct sst_slice bytes, const char *file, struct sst_err *e)
{
	static int (*const get[NPARTS])(struct parse *, struct sst_in *) = { get_validation,
		get_compaction, get_stats, get_header };
	struct parse p = { st, arena, v, file, e };
	struct sst_slice parts[NPARTS];
	struct sst_in in;
	size_t i, at;

	memset(st, 0, sizeof(*st));
	st->log_lower.segment = -1;
	st->token_coverage = NAN;
	if (get_parts(&p, bytes, parts) == -1)
		return -1;
	for (i = 0; i < NPARTS; i++) {
		at = (size_t)(parts[i].p - bytes.p);
		if (check_crc(&p, bytes, at, at + parts[i].n) == -1)
			return -1;
		in = sst_in_new(parts[i], at);
		if (get[i](&p, &in) == -1) {
			return e->file[0] == '\0' ? name_file(e, file, at) : -1;
		}
		if (in.bad || sst_in_left(&in) > 0)
			return sst_fail(e, in.bad ? SST_ESHORT : SST_EDAMAGED, file, in.off,
			    in.bad ? "part %s cut short" : "part %s has bytes left over",
			    part_names[i]);
	}
	if (v->legacy_min_max && !v->improved_min_max)
		st->ncover = st->header.nck;
	return 0;
}

static void
put_part(struct sst_buf *out, enum part part, const struct sst_version *v,
    const struct sst_statistics *st)
{
	if (part == VALIDATION)
		put_validation(out, st);
	else if (part == COMPACTION)
		sst_buf_add_slice(out, st->compaction);
	else if (part == STATS)
		put_stats(out, v, st);
	else
		put_header(out, st);
}

static void
set_u32(uint8_t *p, uint32_t v)
{
	v = __builtin_bswap32(v);
	memcpy(p, &v, 4);
}

void
sst_statistics_put(
    struct sst_buf *out, const struct sst_version *v, const struct sst_statistics *st)
{
	size_t i, start = out->n, at[NPARTS], crc = v->metadata_crc ? 4 : 0;
	bool usual = st->parts[0] == st->parts[1];
	uint8_t numbers[TABLE_LEN], *table;

	for (i = 0; i < TABLE_LEN + 2 * crc; i++)
		sst_put_u8(out, 0);
	for (i = 0; i < NPARTS; i++) {
		at[i] = out->n - start;
		put_part(out, (enum part)i, v, st);
		if (v->metadata_crc && !out->bad)
			sst_put_u32(
			    out, sst_crc32(0, out->p + start + at[i], out->n - start - at[i]));
	}
	if (out->bad)
		return;
	set_u32(numbers, NPARTS);
	for (i = 0; i < NPARTS; i++) {
		set_u32(numbers + 4 + 8 * i, usual ? (uint32_t)i : st->parts[i]);
		set_u32(numbers + 8 + 8 * i, (uint32_t)at[usual ? i : st->parts[i]]);
	}
	table = out->p + start;
	memcpy(table, numbers, 4);
	memcpy(table + 4 + crc, numbers + 4, TABLE_LEN - 4);
	if (v->metadata_crc) {
		set_u32(table + 4, sst_crc32(0, numbers, 4));
		set_u32(table + 4 + crc + TABLE_LEN - 4, sst_crc32(0, numbers, TABLE_LEN));
	}
}
