/*
 * libsst/schema/type.h: CQL types: what a value's bytes mean.  A type is parsed from Cassandra's
 * class name (as in Statistics.db) or from CQL, and then compares, validates and prints values and
 * reads them back.  formats/types.md has the encodings.
 */
#ifndef SST_SCHEMA_TYPE_H
#define SST_SCHEMA_TYPE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "codec/json.h"

enum sst_kind {
	SST_ASCII,
	SST_BIGINT,
	SST_BLOB,
	SST_BOOLEAN,
	SST_COUNTER,
	SST_DATE,
	SST_DECIMAL,
	SST_DOUBLE,
	SST_DURATION,
	SST_FLOAT,
	SST_INET,
	SST_INT,
	SST_SMALLINT,
	SST_TEXT,
	SST_TIME,
	SST_TIMESTAMP,
	SST_TIMEUUID,
	SST_TINYINT,
	SST_UUID,
	SST_VARCHAR,
	SST_VARINT,
	SST_LIST,
	SST_SET,
	SST_MAP,
	SST_TUPLE,
	SST_UDT,
	SST_VECTOR,
	/* Only in files: */
	SST_EMPTY,            /* EmptyType: the value column of some compact tables */
	SST_LEGACY_TIMESTAMP, /* DateType: a timestamp that compares unsigned */
	SST_LEXICAL_UUID,
	SST_COMPOSITE,
	SST_DYNAMIC_COMPOSITE,
	SST_PARTITIONER_ORDER,
	SST_CUSTOM /* a class that is not known: bytes */
};

#define SST_TYPE_DEPTH_MAX 32 /* nesting; deeper is refused */

struct sst_type { /* lives in the arena that it was parsed into */
	enum sst_kind kind;
	bool reversed;  /* ReversedType around it: compare the other way */
	bool multicell; /* a collection or UDT that is not frozen: one cell an element */
	int fixed_len;  /* of a serialized value in a row, or -1: a vint length goes before it */
	size_t nargs;   /* element types; of a map key, value */
	const struct sst_type **args;
	uint32_t dim;                    /* of a vector */
	struct sst_slice keyspace, name; /* UDT; name also of SST_CUSTOM (the class) */
	struct sst_slice *fields;        /* nargs names of a UDT's fields */
};

/*
 * Both parsers take the whole of `text`, allocate in the arena (in which the type then lives), and
 * fail with SST_EINVAL, SST_ELIMIT (too deep) or SST_ENOMEM.  offset in *e is within text.
 */
int sst_type_parse_class(
    const struct sst_type **, struct sst_arena *, struct sst_slice text, struct sst_err *);

/* UDT names are looked up by a function that the caller gives; NULL refuses them. */
typedef const struct sst_type *(*sst_udt_lookup)(void *arg, struct sst_slice name);
int sst_type_parse_cql(const struct sst_type **, struct sst_arena *, struct sst_slice text,
    sst_udt_lookup, void *arg, struct sst_err *);

/* Appends the Java class name, as Cassandra writes it into a serialization header. */
void sst_type_class(const struct sst_type *, struct sst_buf *);
/* Appends the CQL name ("frozen<list<bigint>>"). */
void sst_type_cql(const struct sst_type *, struct sst_buf *);

/* A frozen copy of a type, all the way down (its elements are then not multicell either). */
const struct sst_type *sst_type_freeze(const struct sst_type *, struct sst_arena *);
/* The type whose values are a multicell column's cell paths; NULL when it has none. */
const struct sst_type *sst_type_path(const struct sst_type *);
/* The type of a cell's value: the element type of a multicell list or map; the field type of a
 * multicell UDT, chosen by path; EMPTY for a multicell set; else the type itself. */
const struct sst_type *sst_type_cell(const struct sst_type *, struct sst_slice path);

/*
 * Order of two valid values, as Cassandra's AbstractType.compare: <0, 0, >0; reversed types are
 * turned round here.  Never reads outside the slices, even for invalid values.
 */
int sst_type_compare(const struct sst_type *, struct sst_slice a, struct sst_slice b);

/* 0 when the bytes are a value of the type; -1 and SST_EDAMAGED otherwise.  Empty values are valid
 * where Cassandra takes them.  */
int sst_type_validate(const struct sst_type *, struct sst_slice, struct sst_err *);

/*
 * Text forms.  to_string appends what Cassandra's AbstractType.getString gives (used for keys by
 * sstabledump); to_json what toJSONString gives (used for cells); to_cql a CQL literal that cqlsh
 * and the grammar read back.  All take any bytes: of an invalid value -1 and *e.
 */
int sst_type_to_string(
    const struct sst_type *, struct sst_slice, struct sst_buf *, struct sst_err *);
int sst_type_to_json(const struct sst_type *, struct sst_slice, struct sst_buf *, struct sst_err *);
int sst_type_to_cql(const struct sst_type *, struct sst_slice, struct sst_buf *, struct sst_err *);

/*
 * JSON for programs: as to_json, but bigint, counter, varint and decimal are strings, so that jq
 * and JavaScript keep their digits (formats/ndjson.md).
 */
int sst_type_to_ndjson(
    const struct sst_type *, struct sst_slice, struct sst_buf *, struct sst_err *);

/*
 * Appends the bytes of a value read from the text of a CQL literal, from what to_string prints, or
 * from JSON as to_json and to_ndjson print it.  SST_EINVAL says what is wrong with it.
 */
int sst_type_from_cql(
    const struct sst_type *, struct sst_slice text, struct sst_buf *, struct sst_err *);
int sst_type_from_string(
    const struct sst_type *, struct sst_slice text, struct sst_buf *, struct sst_err *);
int sst_type_from_json(
    const struct sst_type *, struct sst_slice json, struct sst_buf *, struct sst_err *);

/* From a value that is parsed already; null is refused. */
int sst_type_from_json_node(
    const struct sst_type *, const struct sst_json_node *, struct sst_buf *, struct sst_err *);

#endif
