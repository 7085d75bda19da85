/*
 * query/defineoptions.c: the options of tables, as Cassandra checks them: which there are, and their
 * values where a wrong one is likely.  What is not checked here is checked when the schema is made.
 */
#include "query/defining.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/num.h"

#define TTL_MAX 630720000

enum form {
	ANY,
	NUMBER,
	FRACTION
};

static const struct {
	const char *name;
	enum form form;
	long long min, max; /* NUMBER */
} known[] = {
	{ "additional_write_policy", ANY, 0, 0 },
	{ "allow_auto_snapshot", ANY, 0, 0 },
	{ "bloom_filter_fp_chance", FRACTION, 0, 0 },
	{ "caching", ANY, 0, 0 },
	{ "cdc", ANY, 0, 0 },
	{ "comment", ANY, 0, 0 },
	{ "compaction", ANY, 0, 0 },
	{ "compression", ANY, 0, 0 },
	{ "crc_check_chance", FRACTION, 0, 0 },
	{ "default_time_to_live", NUMBER, 0, TTL_MAX },
	{ "extensions", ANY, 0, 0 },
	{ "gc_grace_seconds", NUMBER, 0, INT32_MAX },
	{ "id", ANY, 0, 0 },
	{ "incremental_backups", ANY, 0, 0 },
	{ "max_index_interval", NUMBER, 1, INT32_MAX },
	{ "memtable", ANY, 0, 0 },
	{ "memtable_flush_period_in_ms", NUMBER, 0, INT32_MAX },
	{ "min_index_interval", NUMBER, 1, INT32_MAX },
	{ "read_repair", ANY, 0, 0 },
	{ "speculative_retry", ANY, 0, 0 },
};

static int
get_number(struct sst_defining *d, const struct sst_property *q, long long *v)
{
	char text[32], *end = text;

	*v = 0;
	if (q->value->value.n < sizeof(text)) {
		memcpy(text, q->value->value.p, q->value->value.n);
		text[q->value->value.n] = '\0';
		*v = strtoll(text, &end, 10);
	}
	if (end != text && *end == '\0' && *v >= INT32_MIN && *v <= INT32_MAX)
		return 0;
	return sst_defining_refuse(d, SST_REFUSED_SYNTAX, "Invalid integer value %.*s for '%.*s'",
	    SST_S(q->value->value), SST_S(q->name));
}

static int
check_number(struct sst_defining *d, const struct sst_property *q, long long min, long long max)
{
	long long v;

	if (get_number(d, q, &v) == -1)
		return -1;
	if (v < min)
		return sst_defining_refuse(d, SST_REFUSED_CONFIG,
		    "%.*s must be greater than or equal to %lld (got %lld)", SST_S(q->name), min,
		    v);
	if (v > max)
		return sst_defining_refuse(d, SST_REFUSED_CONFIG,
		    "%.*s must be less than or equal to %lld (got %lld)", SST_S(q->name), max, v);
	return 0;
}

static int
check_fraction(struct sst_defining *d, const struct sst_property *q)
{
	bool bloom = sst_slice_eq(q->name, SST_SLICE_LIT("bloom_filter_fp_chance"));
	char text[64], *end = text, got[32];
	double v = 0;

	if (q->value->value.n < sizeof(text)) {
		memcpy(text, q->value->value.p, q->value->value.n);
		text[q->value->value.n] = '\0';
		v = strtod(text, &end);
	}
	if (end == text || *end != '\0')
		return sst_defining_refuse(d, SST_REFUSED_SYNTAX,
		    "Invalid double value %.*s for '%.*s'", SST_S(q->value->value), SST_S(q->name));
	snprintf(got, sizeof(got), v == (double)(long long)v ? "%.1f" : "%g", v);
	if (bloom && !(v > 6.71e-5 && v <= 1))
		return sst_defining_refuse(d, SST_REFUSED_CONFIG,
		    "bloom_filter_fp_chance must be larger than 6.71E-5 and less than or equal to "
		    "1.0 (got %s)",
		    got);
	if (!bloom && !(v >= 0 && v <= 1))
		return sst_defining_refuse(d, SST_REFUSED_CONFIG,
		    "%.*s must be larger than or equal to 0 and smaller than or equal to 1.0 (got "
		    "%s)",
		    SST_S(q->name), got);
	return 0;
}

/* ---- maps ---- */

static struct sst_slice
entry(const struct sst_term *map, const char *name)
{
	for (const struct sst_term *k = map->first; k != NULL && k->next != NULL; k = k->next->next)
		if (sst_slice_eq(k->value, sst_slice_str(name)))
			return k->next->value;
	return (struct sst_slice){ NULL, 0 };
}

static bool
is_one_of(struct sst_slice name, const char *package, const char *const *names, size_t n)
{
	size_t len = strlen(package);

	if (name.n > len && memcmp(name.p, package, len) == 0)
		name = (struct sst_slice){ name.p + len, name.n - len };
	for (size_t i = 0; i < n; i++)
		if (sst_slice_eq(name, sst_slice_str(names[i])))
			return true;
	return false;
}

/* Of all strategies together. */
static const char *const compaction_options[] = { "class", "enabled", "log_all",
	"tombstone_threshold", "tombstone_compaction_interval", "unchecked_tombstone_compaction",
	"only_purge_repaired_tombstones", "provide_overlapping_tombstones", "min_threshold",
	"max_threshold", "min_sstable_size", "bucket_low", "bucket_high", "sstable_size_in_mb",
	"single_sstable_uplevel", "fanout_size", "compaction_window_unit", "compaction_window_size",
	"timestamp_resolution", "expired_sstable_check_frequency_seconds",
	"unsafe_aggressive_sstable_expiration", "scaling_parameters", "target_sstable_size",
	"base_shard_count", "sstable_growth", "flush_size_override", "max_sstables_to_compact",
	"overlap_inclusion_method", "parallelize_output_shards" };

static int
check_compaction(struct sst_defining *d, const struct sst_term *map)
{
	static const char *const names[] = { "SizeTieredCompactionStrategy",
		"LeveledCompactionStrategy", "TimeWindowCompactionStrategy",
		"UnifiedCompactionStrategy", "IncrementalCompactionStrategy" };
	struct sst_slice class_name = entry(map, "class");

	if (class_name.p == NULL)
		return sst_defining_refuse(d, SST_REFUSED_CONFIG,
		    "Missing sub-option 'class' for the 'compaction' option");
	for (const struct sst_term *k = map->first; k != NULL && k->next != NULL; k = k->next->next)
		if (!is_one_of(k->value, "", compaction_options, SST_ARRAY_LEN(compaction_options)))
			return sst_defining_refuse(d, SST_REFUSED_CONFIG,
			    "Properties specified [%.*s] are not understood by %.*s",
			    SST_S(k->value), SST_S(class_name));
	if (is_one_of(
		class_name, "org.apache.cassandra.db.compaction.", names, SST_ARRAY_LEN(names)))
		return 0;
	return sst_defining_refuse(d, SST_REFUSED_CONFIG,
	    "Unable to find compaction strategy class 'org.apache.cassandra.db.compaction.%.*s'",
	    SST_S(class_name));
}

static const char *const compression_options[] = { "class", "sstable_compression", "enabled",
	"chunk_length_in_kb", "chunk_length_kb", "min_compress_ratio", "max_compressed_length",
	"crc_check_chance", "compression_level", "lz4_compressor_type",
	"lz4_high_compressor_level" };

static int
check_compression(struct sst_defining *d, const struct sst_term *map)
{
	static const char *const names[] = { "LZ4Compressor", "SnappyCompressor",
		"DeflateCompressor", "ZstdCompressor", "NoopCompressor" };
	struct sst_slice class_name = entry(map, "class");

	for (const struct sst_term *k = map->first; k != NULL && k->next != NULL; k = k->next->next)
		if (!is_one_of(
			k->value, "", compression_options, SST_ARRAY_LEN(compression_options)))
			return sst_defining_refuse(d, SST_REFUSED_CONFIG,
			    "Unknown compression options %.*s", SST_S(k->value));
	if (class_name.p == NULL)
		class_name = entry(map, "sstable_compression");
	if (class_name.n == 0 ||
	    is_one_of(class_name, "org.apache.cassandra.io.compress.", names, SST_ARRAY_LEN(names)))
		return 0;
	return sst_defining_refuse(d, SST_REFUSED_CONFIG,
	    "Could not create Compression for type org.apache.cassandra.io.compress.%.*s",
	    SST_S(class_name));
}

/* '99p', '10ms', 'ALWAYS', 'NONE', 'MIN(99p,10ms)' */
static int
check_retry(struct sst_defining *d, const struct sst_property *q)
{
	static const char *const words[] = { "always", "none", "never", "min(", "max(" };
	struct sst_slice v = q->value->value;

	for (size_t i = 0; i < SST_ARRAY_LEN(words); i++)
		if (v.n >= strlen(words[i]) &&
		    strncasecmp((const char *)v.p, words[i], strlen(words[i])) == 0)
			return 0;
	if (v.n > 0 && v.p[0] >= '0' && v.p[0] <= '9')
		return 0;
	return sst_defining_refuse(d, SST_REFUSED_CONFIG, "Invalid value %.*s for option '%.*s'",
	    SST_S(v), SST_S(q->name));
}

static int
check_caching(struct sst_defining *d, const struct sst_term *map)
{
	struct sst_slice keys = entry(map, "keys");

	if (keys.p == NULL || (keys.n == 3 && strncasecmp((const char *)keys.p, "all", 3) == 0) ||
	    (keys.n == 4 && strncasecmp((const char *)keys.p, "none", 4) == 0))
		return 0;
	return sst_defining_refuse(d, SST_REFUSED_CONFIG,
	    "Invalid value '%.*s' for caching sub-option 'keys': only 'ALL' and 'NONE' are allowed",
	    SST_S(keys));
}

static int
check_map(struct sst_defining *d, const struct sst_property *q)
{
	const struct sst_term *v = q->value;
	bool compaction = sst_slice_eq(q->name, SST_SLICE_LIT("compaction"));
	bool compression = sst_slice_eq(q->name, SST_SLICE_LIT("compression"));

	if (sst_slice_eq(q->name, SST_SLICE_LIT("speculative_retry")) ||
	    sst_slice_eq(q->name, SST_SLICE_LIT("additional_write_policy")))
		return check_retry(d, q);
	if (!compaction && !compression && !sst_slice_eq(q->name, SST_SLICE_LIT("caching")))
		return 0;
	if (v->kind != SST_TERM_MAP && (v->kind != SST_TERM_SET || v->ncount > 0))
		return sst_defining_refuse(d, SST_REFUSED_SYNTAX,
		    "Invalid value for property '%.*s'. It should be a map.", SST_S(q->name));
	if (compaction)
		return check_compaction(d, v);
	return compression ? check_compression(d, v) : check_caching(d, v);
}

static int
check_one(struct sst_defining *d, const struct sst_property *q)
{
	size_t i = 0;

	while (i < SST_ARRAY_LEN(known) && !sst_slice_eq(q->name, sst_slice_str(known[i].name)))
		i++;
	if (i == SST_ARRAY_LEN(known))
		return sst_defining_refuse(
		    d, SST_REFUSED_SYNTAX, "Unknown property '%.*s'", SST_S(q->name));
	if (known[i].form == NUMBER)
		return check_number(d, q, known[i].min, known[i].max);
	return known[i].form == FRACTION ? check_fraction(d, q) : check_map(d, q);
}

/* The two intervals, as they are when both are said. */
static int
check_intervals(struct sst_defining *d)
{
	long long min = 128, max = 2048;

	for (const struct sst_property *q = d->s.properties; q != NULL; q = q->next) {
		if (sst_slice_eq(q->name, SST_SLICE_LIT("min_index_interval")))
			get_number(d, q, &min);
		if (sst_slice_eq(q->name, SST_SLICE_LIT("max_index_interval")))
			get_number(d, q, &max);
	}
	if (max >= min || d->s.kind != SST_CREATE_TABLE)
		return 0;
	return sst_defining_refuse(d, SST_REFUSED_CONFIG,
	    "max_index_interval must be greater than or equal to min_index_interval (%lld) (got "
	    "%lld)",
	    min, max);
}

int
sst_define_check_options(struct sst_defining *d)
{
	for (const struct sst_property *q = d->s.properties; q != NULL; q = q->next)
		if (check_one(d, q) == -1)
			return -1;
	return check_intervals(d);
}
