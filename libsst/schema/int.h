/*
 * libsst/schema/int.h: what the files of this room share: a table of functions for each kind of
 * type, and the small readers that several kinds use.  Nobody outside the room includes it.
 */
#ifndef SST_SCHEMA_INT_H
#define SST_SCHEMA_INT_H

#include "base/head.h"
#include "base/hex.h"
#include "base/num.h"
#include "codec/in.h"
#include "codec/jsonout.h"
#include "codec/out.h"
#include "schema/real.h"
#include "schema/table.h"
#include "schema/type.h"

#define SST_MARSHAL "org.apache.cassandra.db.marshal."

/* A printed value is refused beyond this: hostile bytes must not blow up without bound. */
#define SST_VALUE_TEXT_MAX ((size_t)1 << 29)

enum sst_form { /* a text form to print in */
	SST_FORM_STRING,
	SST_FORM_JSON,
	SST_FORM_NDJSON,
	SST_FORM_CQL
};

enum sst_literal { /* what a constant in CQL looks like; JSON has the first four of them */
	SST_LIT_STRING = 1,
	SST_LIT_INTEGER = 2,
	SST_LIT_FLOAT = 4,
	SST_LIT_BOOLEAN = 8,
	SST_LIT_UUID = 16,
	SST_LIT_HEX = 32,
	SST_LIT_DURATION = 64
};

enum {                         /* flags of a kind */
	SST_EMPTY_OK = 1,      /* zero bytes are a valid value */
	SST_JSON_QUOTED = 2,   /* its string goes between quotes in JSON */
	SST_NDJSON_QUOTED = 4, /* and in NDJSON, although not in JSON */
	SST_CQL_QUOTED = 8,    /* and in CQL */
	SST_NESTED = 16        /* has a syntax of its own in each form: print() sees the form */
};

struct sst_kind_ops {
	const char *cql;        /* name in CQL; NULL: has none */
	const char *class_name; /* after SST_MARSHAL */
	size_t width;           /* bytes of a value that is not empty; 0: they vary */
	int fixed_len;
	unsigned flags;
	unsigned literals; /* enum sst_literal that CQL takes for it */
	int (*compare)(const struct sst_type *, struct sst_slice, struct sst_slice);
	/* Neither is called with an empty value when SST_EMPTY_OK is set. */
	int (*validate)(const struct sst_type *, struct sst_slice, struct sst_err *);
	/* Prints without quotes or escapes unless SST_NESTED; checks the bytes as it goes. */
	int (*print)(const struct sst_type *, struct sst_slice, enum sst_form, struct sst_buf *,
	    struct sst_err *);
	/* Reads what getString prints.  Not called with an empty text when SST_EMPTY_OK is set. */
	int (*read)(
	    const struct sst_type *, struct sst_slice text, struct sst_buf *, struct sst_err *);
};

extern const struct sst_kind_ops sst_ops_ascii, sst_ops_bigint, sst_ops_blob, sst_ops_boolean,
    sst_ops_counter, sst_ops_date, sst_ops_decimal, sst_ops_double, sst_ops_duration, sst_ops_float,
    sst_ops_inet, sst_ops_int, sst_ops_smallint, sst_ops_text, sst_ops_time, sst_ops_timestamp,
    sst_ops_timeuuid, sst_ops_tinyint, sst_ops_uuid, sst_ops_varchar, sst_ops_varint, sst_ops_list,
    sst_ops_set, sst_ops_map, sst_ops_tuple, sst_ops_udt, sst_ops_vector, sst_ops_empty,
    sst_ops_legacy_timestamp, sst_ops_lexical_uuid, sst_ops_composite, sst_ops_dynamic_composite,
    sst_ops_partitioner_order, sst_ops_custom;

/* Decimal digits of an integer; and an optional sign and digits back, false when they do not fit. */
void sst_put_i64(struct sst_buf *, int64_t);
bool sst_read_i64(struct sst_slice, int64_t *out);

/* The functions of a type's kind. */
const struct sst_kind_ops *sst_ops(const struct sst_type *);

/* A new type in the arena, with fixed_len of its kind; NULL and *e without memory. */
struct sst_type *sst_type_new(struct sst_arena *, enum sst_kind, size_t nargs, struct sst_err *);
/* Sorts names; one that is there twice, or NULL. */
const struct sst_slice *sst_find_twice(struct sst_slice *names, size_t n);

/* Sets dim and fixed_len of a vector; SST_EINVAL for 0, SST_ELIMIT for too many. */
int sst_type_set_dim(struct sst_type *, uint64_t dim, struct sst_err *);

/*
 * Prints a value in a form, with the quotes and escapes that its type needs there; p == NULL is
 * null.  All printing of elements goes through here.
 */
int sst_print(
    const struct sst_type *, struct sst_slice, enum sst_form, struct sst_buf *, struct sst_err *);

/* A name in CQL: between double quotes where it needs them. */
void sst_put_identifier(struct sst_buf *, struct sst_slice name);

/* Sets the 4 bytes at `at` to the number of bytes after them; SST_ELIMIT past 2^31 - 1. */
int sst_set_length(struct sst_buf *, size_t at, struct sst_err *);

/* Appends one more element of a vector; SST_EINVAL when it has another width than its type. */
int sst_vector_add(
    const struct sst_type *, struct sst_slice element, struct sst_buf *, struct sst_err *);

/* SST_ELIMIT: a text longer than SST_VALUE_TEXT_MAX. */
int sst_fail_long(struct sst_err *e);

/* "not a KIND: TEXT", SST_EINVAL. */
int sst_fail_text(const struct sst_type *, struct sst_slice text, struct sst_err *);
/* "a KIND of N bytes", SST_EDAMAGED. */
int sst_fail_value(const struct sst_type *, struct sst_slice value, struct sst_err *);

/* Validates by width alone. */
int sst_validate_width(const struct sst_type *, struct sst_slice, struct sst_err *);

/* Order of signed big-endian integers of one width, the empty value first. */
int sst_compare_signed(const struct sst_type *, struct sst_slice, struct sst_slice);
/* Order of unsigned bytes. */
int sst_compare_bytes(const struct sst_type *, struct sst_slice, struct sst_slice);

static inline uint64_t
sst_load_be64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return __builtin_bswap64(v);
}

static inline uint32_t
sst_load_be32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return __builtin_bswap32(v);
}

/*
 * An element of a collection or a field of a tuple: its length as 4 signed bytes, negative for
 * null.  False when the bytes end early.
 */
static inline bool
sst_get_element(struct sst_in *in, struct sst_slice *out)
{
	int32_t n = (int32_t)sst_get_u32(in);

	*out = (struct sst_slice){ NULL, 0 };
	if (!in->bad && n >= 0)
		*out = sst_get_bytes(in, (size_t)n);
	return !in->bad;
}

/* -1, 0, 1 */
#define SST_CMP(a, b) (((a) > (b)) - ((a) < (b)))

/* Order of two values that may be null; null comes first. */
static inline int
sst_compare_null(const struct sst_type *t, struct sst_slice a, struct sst_slice b)
{
	if (a.p == NULL || b.p == NULL)
		return (a.p != NULL) - (b.p != NULL);
	return sst_type_compare(t, a, b);
}

/* Order where an empty value comes first; 2 when neither is empty. */
static inline int
sst_compare_empty(struct sst_slice a, struct sst_slice b)
{
	return a.n == 0 || b.n == 0 ? (a.n != 0) - (b.n != 0) : 2;
}

#endif
