/*
 * libsst/sstable/scylla.c: Scylla.db: what ScyllaDB says about an SSTable beyond Statistics.db: sections
 * with a tag and a length, so that those that are not known here are passed over
 * (formats/scylla.md).
 */
#include "codec/crc.h"
#include "sstable/partsint.h"

#define SECTION_DIGESTS 12
#define SCYLLA_MAX ((size_t)64 << 20)

static const char *
named(const char *const *names, size_t n, uint64_t i)
{
	return i < n && names[i] != NULL ? names[i] : "unknown";
}

static void
tagged(struct sst_fields *f, const char *name, const char *const *names, size_t n, size_t width)
{
	struct sst_in from = f->in;
	uint64_t v = sst_get_be(&f->in, width);
	struct sst_part part = { .kind = SST_PART_UINT, .name = name, .u = v };

	sst_field_made(f, &from, &part);
	sst_field_text(f, "name", named(names, n, v));
}

/* So many objects, as their count says. */
static void
objects(struct sst_fields *f, void (*each)(struct sst_fields *))
{
	uint64_t i, n = sst_field_be(f, "count", SST_PART_UINT, 4);

	sst_field_array(f, "items");
	for (i = 0; i < n && sst_fields_ok(f); i++) {
		sst_field_object(f, NULL);
		each(f);
		sst_field_close(f);
	}
	sst_field_close(f);
}

static void
token_bound(struct sst_fields *f, const char *name)
{
	sst_field_object(f, name);
	sst_field_be(f, "is_exclusive", SST_PART_BOOL, 1);
	sst_field_counted(f, "token", SST_PART_BYTES, 2, NULL);
	sst_field_close(f);
}

static void
token_range(struct sst_fields *f)
{
	token_bound(f, "left");
	token_bound(f, "right");
}

static void
sharding(struct sst_fields *f)
{
	objects(f, token_range);
}

static void
features(struct sst_fields *f)
{
	static const char *const names[] = { "non_compound_pi_entries",
		"non_compound_range_tombstones", "shadowable_tombstones", "correct_static_compact",
		"correct_empty_counters", "correct_udts_in_collections",
		"correct_last_pi_block_width" };
	uint64_t bit, set = sst_field_be(f, "bits", SST_PART_HEX, 8);

	sst_field_array(f, "names");
	for (bit = 0; bit < 64; bit++)
		if (set >> bit & 1)
			sst_field_text(f, NULL, named(names, 7, bit));
	sst_field_close(f);
}

static void
attribute(struct sst_fields *f)
{
	sst_field_counted(f, "name", SST_PART_TEXT, 4, NULL);
	sst_field_counted(f, "value", SST_PART_BYTES, 4, NULL);
}

static void
attributes(struct sst_fields *f)
{
	objects(f, attribute);
}

static void
uuid(struct sst_fields *f)
{
	sst_field_bytes(f, "id", SST_PART_UUID, 16);
}

static const char *const large_data[] = { NULL, "partition_bytes", "row_bytes", "cell_bytes",
	"rows_in_partition", "elements_in_collection" };

static void
large_stat(struct sst_fields *f)
{
	tagged(f, "type", large_data, 6, 4);
	sst_field_be(f, "max", SST_PART_UINT, 8);
	sst_field_be(f, "threshold", SST_PART_UINT, 8);
	sst_field_be(f, "above_threshold", SST_PART_UINT, 4);
}

static void
large_stats(struct sst_fields *f)
{
	objects(f, large_stat);
}

static void
large_record(struct sst_fields *f)
{
	tagged(f, "type", large_data, 6, 4);
	sst_field_counted(f, "partition_key", SST_PART_BYTES, 4, NULL);
	sst_field_counted(f, "clustering_key", SST_PART_BYTES, 4, NULL);
	sst_field_counted(f, "column", SST_PART_TEXT, 4, NULL);
	sst_field_be(f, "value", SST_PART_UINT, 8);
	sst_field_be(f, "elements", SST_PART_UINT, 8);
	sst_field_be(f, "range_tombstones", SST_PART_UINT, 8);
	sst_field_be(f, "dead_rows", SST_PART_UINT, 8);
}

static void
large_records(struct sst_fields *f)
{
	objects(f, large_record);
}

static void
text(struct sst_fields *f)
{
	sst_field_counted(f, "text", SST_PART_TEXT, 4, NULL);
}

static void
timestamp(struct sst_fields *f)
{
	static const char *const names[] = { NULL, "min_live", "min_live_row_marker" };

	tagged(f, "type", names, 3, 4);
	sst_field_be(f, "timestamp_us", SST_PART_TIME_US, 8);
}

static void
timestamps(struct sst_fields *f)
{
	objects(f, timestamp);
}

static void
column(struct sst_fields *f)
{
	static const char *const kinds[] = { NULL, "partition_key", "clustering", "static",
		"regular" };
	struct sst_in from = f->in;
	struct sst_part part = { .kind = SST_PART_TEXT, .name = "kind" };

	part.bytes = sst_slice_str(named(kinds, 5, sst_get_u8(&f->in)));
	sst_field_made(f, &from, &part);
	sst_field_counted(f, "name", SST_PART_TEXT, 4, NULL);
	sst_field_counted(f, "type", SST_PART_TEXT, 4, NULL);
}

static void
schema(struct sst_fields *f)
{
	sst_field_bytes(f, "id", SST_PART_UUID, 16);
	sst_field_bytes(f, "version", SST_PART_UUID, 16);
	sst_field_counted(f, "keyspace", SST_PART_TEXT, 4, NULL);
	sst_field_counted(f, "table", SST_PART_TEXT, 4, NULL);
	objects(f, column);
}

static void
digest(struct sst_fields *f)
{
	static const char *const names[] = { "Index.db", "CompressionInfo.db", "Data.db", "TOC.txt",
		"Summary.db", "Digest.crc32", "CRC.db", "Filter.db", "Statistics.db", "TOC.txt.tmp",
		"Statistics.db.tmp", "Scylla.db", "Rows.db", "Partitions.db",
		"TemporaryHashes.db.tmp" };

	tagged(f, "component", names, 15, 4);
	sst_field_be(f, "crc32", SST_PART_HEX, 4);
}

static void
digests(struct sst_fields *f)
{
	objects(f, digest);
}

static void
unknown(struct sst_fields *f)
{
	sst_field_bytes(f, "bytes", SST_PART_BULK, sst_in_left(&f->in));
}

static const struct {
	const char *name;
	void (*walk)(struct sst_fields *);
} sections[] = {
	{ "unknown", unknown },
	{ "sharding", sharding },
	{ "features", features },
	{ "extension_attributes", attributes },
	{ "run_identifier", uuid },
	{ "large_data_stats", large_stats },
	{ "origin", text },
	{ "build_id", text },
	{ "scylla_version", text },
	{ "timestamp_stats", timestamps },
	{ "sstable_identifier", uuid },
	{ "schema", schema },
	{ "component_digests", digests },
	{ "large_data_records", large_records },
};

/* A section must take exactly the bytes that it says it has. */
static void
section(struct sst_fields *f, uint64_t *tag)
{
	struct sst_in whole;
	struct sst_slice body;
	uint64_t n, i;

	*tag = sst_field_be(f, "tag", SST_PART_UINT, 4);
	n = sst_field_be(f, "bytes", SST_PART_UINT, 4);
	whole = f->in;
	body = sst_get_bytes(&whole, (size_t)n);
	if (whole.bad)
		f->in.bad = true;
	if (!sst_fields_ok(f))
		return;
	i = *tag < sizeof(sections) / sizeof(sections[0]) ? *tag : 0;
	f->in.end = body.p + body.n;
	sst_field_object(f, sections[i].name);
	sections[i].walk(f);
	sst_field_close(f);
	if (sst_fields_end(f) == -1)
		f->result = -1;
	if (f->result == 0)
		f->in = whole;
}

int
sst_parts_scylla(struct sst_parts *p)
{
	struct sst_fields *f = &p->f;
	uint64_t i, n, tag;
	bool digested = false;

	if (sst_parts_load(p, SCYLLA_MAX) == -1)
		return -1;
	sst_field_object(f, NULL);
	n = sst_field_be(f, "section_count", SST_PART_UINT, 4);
	sst_field_array(f, "sections");
	for (i = 0; i < n && sst_fields_ok(f); i++) {
		sst_field_object(f, NULL);
		section(f, &tag);
		digested |= tag == SECTION_DIGESTS;
		sst_field_close(f);
	}
	sst_field_close(f);
	if (digested && sst_fields_ok(f))
		sst_field_crc(f, "crc32", sst_crc32(0, p->bytes.p, (size_t)f->in.off));
	sst_field_close(f);
	return sst_fields_end(f);
}
