/*
 * libsst/row/serial.h: Cassandra's encoding of rows, range tombstone markers and clusterings, shared
 * by Data.db, Index.db, the commit log and messages between nodes.  decode.c reads it, encode.c
 * writes it; formats/data.md has the bytes.
 *
 * Rows are encoded against a header, which each SSTable has in its Statistics.db: the smallest
 * write time, deletion time and TTL, to which all others are differences, and the columns.
 */
#ifndef SST_ROW_SERIAL_H
#define SST_ROW_SERIAL_H

#include "base/buf.h"
#include "codec/in.h"
#include "row/rows.h"

/* 2015-09-22T00:00:00Z: what an encoding header's own smallest times are relative to, and what it
 * holds where nothing has such a time. */
#define SST_EPOCH_TS_US INT64_C(1442880000000000)
#define SST_EPOCH_LDT_S INT64_C(1442880000)

#define SST_CELL_MAX ((size_t)256 << 20) /* bytes of a value; Cassandra's default */

/* Flags of a row or marker, of the byte after them, and of a cell. */
#define SST_ROW_END 0x01 /* no row: the partition ends */
#define SST_ROW_MARKER 0x02
#define SST_ROW_TIMESTAMP 0x04
#define SST_ROW_TTL 0x08
#define SST_ROW_DELETION 0x10
#define SST_ROW_ALL_COLUMNS 0x20
#define SST_ROW_COMPLEX_DELETION 0x40
#define SST_ROW_EXTENDED 0x80

#define SST_EXT_STATIC 0x01
#define SST_EXT_SHADOWABLE 0x02
#define SST_EXT_SCYLLA_SHADOWABLE 0x80 /* another deletion follows, which is shadowable */

#define SST_CELL_DELETED 0x01
#define SST_CELL_EXPIRING 0x02
#define SST_CELL_EMPTY 0x04
#define SST_CELL_ROW_TIMESTAMP 0x08
#define SST_CELL_ROW_TTL 0x10

/* The kinds of clustering prefixes, as they are numbered in files. */
enum sst_prefix_kind {
	SST_EXCL_END,
	SST_INCL_START,
	SST_EXCL_END_INCL_START,
	SST_PREFIX_STATIC,
	SST_CLUSTERING,
	SST_INCL_END_EXCL_START,
	SST_INCL_END,
	SST_EXCL_START
};

#define SST_NO_COLUMN UINT32_MAX

struct sst_header_column {
	struct sst_slice name;
	const struct sst_type *type; /* as the values were written */
	uint32_t
	    col; /* index in the table's statics or regulars; SST_NO_COLUMN: cells are left out */
	int64_t dropped_us; /* cells written at or before this are left out; INT64_MIN: none */
};

struct sst_header { /* lives in an arena; immutable once bound */
	int64_t min_ts_us, min_ldt_s;
	uint32_t min_ttl_s;
	const struct sst_type *key_type; /* of the whole partition key */
	size_t nck, nstatic, nregular;
	const struct sst_type **ck;
	/* In the order of the encoding (sst_header_sort). */
	struct sst_header_column *statics, *regulars;
	bool sized;    /* sizes go before bodies: in SSTables, not in logs and messages */
	bool uint_ldt; /* deletion times are unsigned 32 bits (since `oa`), else signed */
};

/* Puts columns into the order of the encoding, that of tables: simple before multicell, then by
 * name.  SST_EDAMAGED when a name comes twice. */
int sst_header_sort(struct sst_header *, struct sst_err *);

enum sst_unknown_column {
	SST_UNKNOWN_REFUSE, /* a column that the table does not have is an error */
	SST_UNKNOWN_DROP    /* its cells are left out */
};

/*
 * Says which columns of `table` the header's columns are, by name; cells of those that the table has
 * dropped are left out.  SST_EINVAL when a type cannot be
 * read as the table's, when key or clustering differ, or when the table lacks a column.
 */
int sst_header_bind(
    struct sst_header *, const struct sst_table *, enum sst_unknown_column, struct sst_err *);

/* A header for data of `table` itself: all its columns, no smallest times, sized.  Arena. */
int sst_header_make(
    struct sst_header *, const struct sst_table *, struct sst_arena *, struct sst_err *);

/* Reads values of n clustering columns into v; null has p == NULL.  Borrows; may poison `in`. */
void sst_get_clustering(
    struct sst_in *in, const struct sst_type *const *types, size_t n, struct sst_slice *v);

/*
 * Reads a clustering prefix with its kind, as promoted indexes and slices have it.  v has room for
 * header->nck values; bound->ck is v; side is 0 for a row's clustering.  *kind may be NULL.  A kind
 * or count that cannot be poisons `in`.
 */
void sst_get_prefix(struct sst_in *in, const struct sst_header *, struct sst_slice *v,
    struct sst_bound *bound, enum sst_prefix_kind *kind);

/* The kind of a marker in a file, from its neutral form. */
static inline enum sst_prefix_kind
sst_marker_kind(const struct sst_marker *m)
{
	bool closes = m->before.ts_us != SST_NO_TS, opens = m->after.ts_us != SST_NO_TS;

	if (m->at.side < 0)
		return closes && opens ? SST_EXCL_END_INCL_START
		    : closes           ? SST_EXCL_END
				       : SST_INCL_START;
	return closes && opens ? SST_INCL_END_EXCL_START : closes ? SST_INCL_END : SST_EXCL_START;
}

/* A deletion outside of rows: as partition deletions and the open marker of an index block are
 * written: fixed width, before `oa` (uint_ldt false) time last. */
struct sst_deletion sst_get_deletion(struct sst_in *, bool uint_ldt);

/* What a row or marker says before its body. */
struct sst_row_head {
	uint8_t flags, ext;
	enum sst_prefix_kind kind; /* of a marker */
	size_t nck;                /* clustering values, in the decoder */
	uint64_t body;             /* bytes of the body, when header->sized; else 0 */
};

/* Decodes rows one after the other; its memory is reused, so what it gave stays until the next
 * call. */
struct sst_decoder {
	const struct sst_header *header;
	void *room; /* what follows but the cells */
	struct sst_slice *ck;
	struct sst_slice *ck_spare; /* as many: whoever keeps a clustering swaps the two */
	struct sst_complex_deletion *complex;
	uint32_t *cols; /* scratch: columns of a row that has not all of many */
	struct sst_cell *cells;
	size_t cells_cap;
};

/* The header is borrowed until free. */
int sst_decoder_init(struct sst_decoder *, const struct sst_header *, struct sst_err *);
void sst_decoder_free(struct sst_decoder *); /* all zero is fine */

/*
 * Reads flags, clustering and size.  SST_ONE; 0 at the end of the partition; -1 when the bytes are
 * no head, with *e lacking the file.  When `in` is poisoned the bytes were too few, whatever the
 * result: the caller tries again with more, or knows that there are none.
 */
int sst_decode_head(
    struct sst_decoder *, struct sst_in *in, struct sst_row_head *, struct sst_err *);

/*
 * Reads the body: `in` holds exactly head->body bytes when the header is sized.  Fills item's kind
 * and row or marker.  0, or -1 when damaged or cut short, with *e lacking the file.
 */
int sst_decode_body(struct sst_decoder *, struct sst_in *in, const struct sst_row_head *,
    struct sst_item *item, struct sst_err *);

/*
 * The write side, encode.c.  Values of n clustering columns; a clustering prefix with its kind; a
 * deletion outside of rows.
 */
void sst_put_clustering(
    struct sst_buf *, const struct sst_type *const *types, size_t n, const struct sst_slice *v);
void sst_put_prefix(struct sst_buf *, const struct sst_header *, enum sst_prefix_kind,
    const struct sst_slice *v, size_t n);
void sst_put_deletion(struct sst_buf *, struct sst_deletion, bool uint_ldt);

/* The kind of a bound that stands at the start or end of a range. */
static inline enum sst_prefix_kind
sst_bound_kind(const struct sst_bound *b, bool start)
{
	return start ? (b->side < 0 ? SST_INCL_START : SST_EXCL_START)
		     : (b->side < 0 ? SST_EXCL_END : SST_INCL_END);
}

/* Encodes rows one after the other into memory of its own, which is reused. */
struct sst_encoder {
	const struct sst_header *header;
	uint32_t *statics, *regulars; /* the header's column of each of the table's */
	size_t nstatic, nregular;     /* columns of the table */
	struct sst_buf buf;
};

/* The header is bound to the table and borrowed until free. */
int sst_encoder_init(
    struct sst_encoder *, const struct sst_header *, const struct sst_table *, struct sst_err *);
void sst_encoder_free(struct sst_encoder *); /* all zero is fine */

/*
 * A row or static row, or a marker, whole.  prev: bytes from the start of the row or marker before it
 * (of the partition, for the first one) to here, 0 for a static row; only read when the header is
 * sized.  *out stays
 * until the next call.  SST_EINVAL for a column that the header lacks, a value of the wrong fixed
 * length, or a deletion time that the format cannot hold; SST_ENOMEM.
 */
int sst_encode_row(struct sst_encoder *, const struct sst_row *, bool is_static, uint64_t prev,
    struct sst_slice *out, struct sst_err *);
int sst_encode_marker(struct sst_encoder *, const struct sst_marker *, uint64_t prev,
    struct sst_slice *out, struct sst_err *);

/* A row that says nothing (no liveness, deletion or cells): streams leave it out. */
static inline bool
sst_row_is_empty(const struct sst_row *r)
{
	return r->ncells == 0 && r->ncomplex == 0 && r->live.ts_us == SST_NO_TS &&
	    r->del.ts_us == SST_NO_TS;
}

#endif
