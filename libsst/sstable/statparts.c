/* libsst/sstable/statparts.c: Statistics.db, field by field (formats/statistics.md). */
#include "codec/crc.h"
#include "sstable/partsint.h"
#include "sstable/stats.h"

#define NPARTS 4

static const char *const part_names[NPARTS] = { "validation", "compaction", "stats", "header" };

static void
counted_array(struct sst_fields *f, const char *name, uint64_t n,
    void (*element)(struct sst_fields *, const struct sst_version *), const struct sst_version *v)
{
	uint64_t i;

	sst_field_array(f, name);
	for (i = 0; i < n && sst_fields_ok(f); i++) {
		sst_field_object(f, NULL);
		element(f, v);
		sst_field_close(f);
	}
	sst_field_close(f);
}

static void
bucket(struct sst_fields *f, const struct sst_version *v)
{
	(void)v;
	sst_field_be(f, "above", SST_PART_INT, 8);
	sst_field_be(f, "count", SST_PART_INT, 8);
}

static void
estimate(struct sst_fields *f, const char *name)
{
	uint64_t n;

	sst_field_object(f, name);
	n = sst_field_be(f, "bucket_count", SST_PART_UINT, 4);
	counted_array(f, "buckets", n, bucket, NULL);
	sst_field_close(f);
}

static void
drop_time(struct sst_fields *f, const struct sst_version *v)
{
	if (v->uint_ldt) {
		sst_field_be(f, "at_s", SST_PART_TIME_S, 8);
		sst_field_be(f, "count", SST_PART_UINT, 4);
	} else {
		sst_field_double(f, "at_s");
		sst_field_be(f, "count", SST_PART_UINT, 8);
	}
}

static void
log_place(struct sst_fields *f, const char *name)
{
	sst_field_object(f, name);
	sst_field_be(f, "segment", SST_PART_INT, 8);
	sst_field_be(f, "offset", SST_PART_INT, 4);
	sst_field_close(f);
}

static void
log_interval(struct sst_fields *f, const struct sst_version *v)
{
	(void)v;
	log_place(f, "from");
	log_place(f, "to");
}

/* Since `oa` the number is unsigned, and its largest value says none. */
static void
deletion_time(struct sst_fields *f, const struct sst_version *v, const char *name)
{
	struct sst_part part = { .kind = SST_PART_TIME_S, .name = name };
	struct sst_in from = f->in;
	uint32_t raw;

	if (!v->uint_ldt) {
		sst_field_be(f, name, SST_PART_TIME_S, 4);
		return;
	}
	raw = sst_get_u32(&f->in);
	part.i = raw == UINT32_MAX ? SST_NO_LDT : (int64_t)raw;
	sst_field_made(f, &from, &part);
}

/* Clustering values up to the first that is missing. */
static void
legacy_bound(struct sst_fields *f, const char *name, const struct sst_header *h)
{
	uint64_t i, n;

	sst_field_object(f, name);
	n = sst_field_be(f, "count", SST_PART_UINT, 4);
	sst_field_array(f, "values");
	for (i = 0; i < n && sst_fields_ok(f); i++)
		sst_field_counted(f, NULL, SST_PART_BYTES, 2, i < h->nck ? h->ck[i] : NULL);
	sst_field_close(f);
	sst_field_close(f);
}

static void
class_names(struct sst_fields *f, const char *count, const char *name)
{
	uint64_t i, n = sst_field_vint(f, count);

	sst_field_array(f, name);
	for (i = 0; i < n && sst_fields_ok(f); i++)
		sst_field_counted(f, NULL, SST_PART_TEXT, 0, NULL);
	sst_field_close(f);
}

static void
covered(struct sst_fields *f, const struct sst_statistics *st)
{
	sst_field_object(f, "covered");
	class_names(f, "type_count", "types");
	sst_field_prefix(f, "from", &st->header);
	sst_field_prefix(f, "to", &st->header);
	sst_field_close(f);
}

static void
uuid(struct sst_fields *f, const char *flag, const char *name)
{
	if (sst_field_be(f, flag, SST_PART_BOOL, 1) != 0)
		sst_field_bytes(f, name, SST_PART_UUID, 16);
}

static void
later_stats(struct sst_fields *f, const struct sst_version *v, const struct sst_statistics *st)
{
	const struct sst_type *key = st->header.key_type;

	if (v->commitlog_lower)
		log_place(f, "commit_log_lower");
	if (v->commitlog_intervals)
		counted_array(f, "commit_log_intervals",
		    sst_field_be(f, "commit_log_interval_count", SST_PART_UINT, 4), log_interval,
		    v);
	if (v->pending_repair)
		uuid(f, "is_pending_repair", "pending_repair");
	if (v->is_transient)
		sst_field_be(f, "is_transient", SST_PART_BOOL, 1);
	if (v->host_id)
		uuid(f, "has_originating_host_id", "originating_host_id");
	if (v->partition_deletions)
		sst_field_be(f, "has_partition_deletions", SST_PART_BOOL, 1);
	if (v->improved_min_max && v->legacy_min_max)
		covered(f, st);
	if (v->key_range) {
		sst_field_counted(f, "first_key", SST_PART_BYTES, 0, key);
		sst_field_counted(f, "last_key", SST_PART_BYTES, 0, key);
	}
	if (v->token_coverage)
		sst_field_double(f, "token_space_coverage");
	if (sst_fields_ok(f) && sst_in_left(&f->in) > 0)
		sst_field_bytes(f, "padding", SST_PART_BULK, sst_stats_padding(v, st, &f->in));
}

static void
stats(struct sst_fields *f, const struct sst_version *v, const struct sst_statistics *st)
{
	estimate(f, "partition_bytes");
	estimate(f, "partition_cells");
	log_place(f, "commit_log_upper");
	sst_field_be(f, "min_timestamp_us", SST_PART_TIME_US, 8);
	sst_field_be(f, "max_timestamp_us", SST_PART_TIME_US, 8);
	deletion_time(f, v, "min_local_deletion_time_s");
	deletion_time(f, v, "max_local_deletion_time_s");
	sst_field_be(f, "min_ttl_s", SST_PART_INT, 4);
	sst_field_be(f, "max_ttl_s", SST_PART_INT, 4);
	sst_field_double(f, "compression_ratio");
	sst_field_be(f, "drop_time_max", SST_PART_UINT, 4);
	counted_array(
	    f, "drop_times", sst_field_be(f, "drop_time_count", SST_PART_UINT, 4), drop_time, v);
	sst_field_be(f, "level", SST_PART_UINT, 4);
	sst_field_be(f, "repaired_at_ms", SST_PART_TIME_MS, 8);
	if (v->legacy_min_max) {
		legacy_bound(f, "min_clustering", &st->header);
		legacy_bound(f, "max_clustering", &st->header);
	} else if (v->improved_min_max)
		covered(f, st);
	sst_field_be(f, "has_legacy_counter_shards", SST_PART_BOOL, 1);
	sst_field_be(f, "columns_set", SST_PART_UINT, 8);
	sst_field_be(f, "rows", SST_PART_UINT, 8);
	later_stats(f, v, st);
}

static void
validation(struct sst_fields *f, const struct sst_version *v, const struct sst_statistics *st)
{
	(void)v;
	(void)st;
	sst_field_counted(f, "partitioner", SST_PART_TEXT, 2, NULL);
	sst_field_double(f, "bloom_filter_fp_chance");
}

static void
compaction(struct sst_fields *f, const struct sst_version *v, const struct sst_statistics *st)
{
	(void)v;
	(void)st;
	sst_field_bytes(f, "cardinality", SST_PART_BULK, sst_in_left(&f->in));
}

static void
column(struct sst_fields *f, const struct sst_version *v)
{
	(void)v;
	sst_field_counted(f, "name", SST_PART_TEXT, 0, NULL);
	sst_field_counted(f, "type", SST_PART_TEXT, 0, NULL);
}

/* A number that is the difference to another one, shown as what it stands for. */
static void
since(struct sst_fields *f, const char *name, enum sst_part_kind kind, int64_t epoch)
{
	struct sst_part part = { .kind = kind, .name = name };
	struct sst_in from = f->in;

	part.i = (int64_t)(sst_get_vint(&f->in) + (uint64_t)epoch);
	sst_field_made(f, &from, &part);
}

static void
header(struct sst_fields *f, const struct sst_version *v, const struct sst_statistics *st)
{
	(void)st;
	since(f, "min_timestamp_us", SST_PART_TIME_US, SST_EPOCH_TS_US);
	since(f, "min_local_deletion_time_s", SST_PART_TIME_S, SST_EPOCH_LDT_S);
	sst_field_vint(f, "min_ttl_s");
	sst_field_counted(f, "key_type", SST_PART_TEXT, 0, NULL);
	class_names(f, "clustering_count", "clustering_types");
	counted_array(f, "static_columns", sst_field_vint(f, "static_count"), column, v);
	counted_array(f, "regular_columns", sst_field_vint(f, "regular_count"), column, v);
}

static void (*const walks[NPARTS])(struct sst_fields *, const struct sst_version *,
    const struct sst_statistics *) = { validation, compaction, stats, header };

/* The table of parts: where each begins, by type. */
static void
table(struct sst_fields *f, const struct sst_version *v, uint64_t at[NPARTS])
{
	uint8_t numbers[4 + 8 * NPARTS];
	const uint8_t *start = f->in.p;
	uint64_t type;
	size_t i;

	sst_field_be(f, "part_count", SST_PART_UINT, 4);
	memcpy(numbers, start, 4);
	if (v->metadata_crc)
		sst_field_crc(f, "part_count_crc32", sst_crc32(0, numbers, 4));
	memcpy(numbers + 4, f->in.p, sizeof(numbers) - 4);
	sst_field_array(f, "parts");
	for (i = 0; i < NPARTS && sst_fields_ok(f); i++) {
		sst_field_object(f, NULL);
		type = sst_field_be(f, "type", SST_PART_UINT, 4);
		sst_field_text(f, "name", part_names[type]);
		at[type] = sst_field_be(f, "offset", SST_PART_UINT, 4);
		sst_field_close(f);
	}
	sst_field_close(f);
	if (v->metadata_crc)
		sst_field_crc(f, "parts_crc32", sst_crc32(0, numbers, sizeof(numbers)));
}

static void
part(struct sst_parts *p, size_t i, const uint64_t at[NPARTS], const struct sst_statistics *st)
{
	size_t crc = p->version->metadata_crc ? 4 : 0;
	uint64_t end = i + 1 < NPARTS ? at[i + 1] : p->bytes.n;
	struct sst_slice body = { p->bytes.p + at[i], (size_t)(end - at[i]) - crc };
	struct sst_fields *f = &p->f;

	f->in = sst_in_new(body, at[i]);
	sst_field_object(f, part_names[i]);
	walks[i](f, p->version, st);
	if (sst_fields_end(f) != 0) {
		f->result = f->result != 0 ? f->result : -1;
		return;
	}
	f->in = sst_in_new((struct sst_slice){ body.p + body.n, crc }, at[i] + body.n);
	if (crc != 0)
		sst_field_crc(f, "crc32", sst_crc32(0, body.p, body.n));
	sst_field_close(f);
}

int
sst_parts_statistics(struct sst_parts *p)
{
	struct sst_fields *f = &p->f;
	struct sst_statistics st;
	uint64_t at[NPARTS];
	size_t i;

	/* Taken apart first, so that no count or place is believed here that was not checked. */
	if (sst_parts_load(p, SST_STATISTICS_MAX) == -1 ||
	    sst_statistics_parse(
		&st, &p->arena, p->version, sst_buf_slice(&p->bytes), p->path, f->e) == -1)
		return -1;
	sst_field_object(f, NULL);
	table(f, p->version, at);
	for (i = 0; i < NPARTS && sst_fields_ok(f); i++)
		part(p, i, at, &st);
	sst_field_close(f);
	return sst_fields_end(f);
}
