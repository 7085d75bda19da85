/*
 * libsst/schema/table.h: a table: its columns, key and options.  Everything that walks rows speaks
 * of columns by their index in `statics` or `regulars` here.
 */
#ifndef SST_SCHEMA_TABLE_H
#define SST_SCHEMA_TABLE_H

#include "schema/type.h"

#define SST_COLUMNS_MAX 32768
#define SST_TTL_MAX 630720000 /* s, 20 years, as in Cassandra */

struct sst_column {
	struct sst_slice name;
	const struct sst_type *type;
	int64_t
	    dropped_us; /* drop time in µs: older cells are not shown; INT64_MIN: never dropped */
	bool is_static; /* set in sst_table.dropped only: elsewhere the array says it */
};

struct sst_compression {
	struct sst_slice class_name; /* "ZstdCompressor", "LZ4Compressor", …; n == 0: none */
	uint32_t chunk_len;          /* bytes; 16384 by default */
	int level;                   /* of zstd; 0: the codec's default */
};

struct sst_option { /* the value as CQL text */
	struct sst_slice name, value;
};

struct sst_table { /* immutable once made; lives in the arena it was made in */
	struct sst_slice keyspace, name;
	uint8_t id[16]; /* all zero: not known */
	bool named;     /* key columns have their true names (a schema was given) */
	size_t nkey, nck, nstatic, nregular;
	struct sst_column *key;                /* partition key, in order */
	struct sst_column *ck;                 /* clustering, in order; types carry `reversed` */
	struct sst_column *statics, *regulars; /* simple before multicell, then by name bytes */
	const struct sst_type
	    *key_type; /* of the whole partition key: the one type, or a COMPOSITE of them */
	struct sst_slice partitioner; /* class name; n == 0: Murmur3Partitioner */
	bool compact;                 /* COMPACT STORAGE */
	bool counter;
	uint32_t gc_grace_s, default_ttl_s;
	double bloom_fp;                                 /* 0.01 */
	uint32_t min_index_interval, max_index_interval; /* 128, 2048 */
	struct sst_compression compression;
	struct sst_slice compaction_class; /* "SizeTieredCompactionStrategy" */
	/* What the compression and compaction maps say beside class and chunk length, and all other
	 * options that have no field here, with their values as CQL text ('99p', true, {…}).  Each
	 * sorted by name. */
	size_t ncompression_options, ncompaction_options, noptions;
	struct sst_option *compression_options, *compaction_options, *options;
	size_t ndropped; /* columns that were dropped, also those that were added again since */
	struct sst_column *dropped; /* with the types they had: SSTables may still hold them */
};

/* Index of the column of that name among n, or -1. */
int sst_column_find(const struct sst_column *, size_t n, struct sst_slice name);

/* Defaults of Cassandra 5.0 for everything but names and columns. */
void sst_table_defaults(struct sst_table *);

/* Sorts statics and regulars into the order above, makes key_type, and checks that names are
 * unique and counts within limits. */
int sst_table_finish(struct sst_table *, struct sst_arena *, struct sst_err *);

/* Order of clustering prefixes of na and nb values; a prefix that ends first is equal so far (0).
 * p == NULL (null) sorts before everything, reversed or not, as in Cassandra. */
int sst_clustering_compare(const struct sst_table *, const struct sst_slice *a, size_t na,
    const struct sst_slice *b, size_t nb);

/* The partition key's bytes from the values of its columns (composite when there are several),
 * and back: values borrow from key. */
int sst_key_join(const struct sst_table *, const struct sst_slice *values, struct sst_buf *out,
    struct sst_err *);
int sst_key_split(
    const struct sst_table *, struct sst_slice key, struct sst_slice *values, struct sst_err *);
/* Appends the partition key of a text, values with ':' between, as sst_type_to_string() prints it: "123:4".
 * All of them have to be there.  0 or -1. */
int sst_key_from_string(
    const struct sst_table *, struct sst_slice text, struct sst_buf *out, struct sst_err *);

/* Whether a partitioner's class name, with a package or not, is Murmur3Partitioner; "" is. */
bool sst_partitioner_is_murmur3(struct sst_slice class_name);

/* The token of a partition key under Murmur3Partitioner (other partitioners: order of the file). */
int64_t sst_token(struct sst_slice key);

/* Order of partitions under Murmur3: by token, then key bytes unsigned. */
int sst_key_compare(int64_t token_a, struct sst_slice a, int64_t token_b, struct sst_slice b);

/* The shard of `nshards` that owns a token: ((token + 2^63) * nshards) >> 64. */
uint32_t sst_shard(int64_t token, uint32_t nshards);

#endif
