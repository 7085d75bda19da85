/*
 * libsst/row/rows.h: what a table's data is made of, and the row stream, in which every room hands
 * it on: SSTable, memtable and commit log give streams, merge makes one of many, SSTable writer,
 * text and clients take them.
 *
 * A stream is a flat sequence of items:
 *
 *	PARTITION [STATIC] (ROW | MARKER)*  PARTITION [STATIC] (ROW | MARKER)*  …  end
 *
 * Partitions come in key order (token, then key bytes), rows and markers in clustering order, or
 * both kinds within each partition in reverse of it when the stream was opened so.  An item and all
 * that it points to stay until the next call on the same stream.
 *
 * No stream has to block: opened non-blocking, next() and skip() may return SST_WAIT, and then
 * want() says which bytes to read.  Nothing has moved: after the read the same call is repeated.
 */
#ifndef SST_ROW_ROWS_H
#define SST_ROW_ROWS_H

#include "base/err.h"
#include "base/slice.h"
#include "schema/table.h"

#define SST_NO_TS INT64_MIN  /* no write timestamp: nothing written, nothing deleted */
#define SST_NO_LDT INT64_MAX /* no local deletion time: neither deleted nor expiring */

/* Write times are µs since 1970; local deletion times and expiries are s since 1970. */
struct sst_deletion {
	int64_t ts_us; /* deletes what was written at or before; SST_NO_TS: none */
	int64_t ldt_s; /* when it was deleted, for gc_grace */
};

#define SST_LIVE ((struct sst_deletion){ SST_NO_TS, SST_NO_LDT })

struct sst_liveness {     /* primary-key liveness: what INSERT writes and UPDATE does not */
	int64_t ts_us;    /* SST_NO_TS: none */
	uint32_t ttl_s;   /* 0: for ever */
	int64_t expiry_s; /* SST_NO_LDT when ttl_s is 0 */
};

struct sst_cell {
	uint32_t col;   /* index in the table's regulars, in a static row in its statics */
	uint32_t ttl_s; /* not 0: expiring, at ldt_s */
	int64_t ts_us;
	int64_t ldt_s;          /* with ttl_s == 0 and not SST_NO_LDT: a tombstone */
	struct sst_slice value; /* of a tombstone empty */
	struct sst_slice path;  /* in a multicell column; else p == NULL */
};

static inline bool
sst_cell_is_tombstone(const struct sst_cell *c)
{
	return c->ttl_s == 0 && c->ldt_s != SST_NO_LDT;
}

struct sst_complex_deletion {
	uint32_t col;
	struct sst_deletion del;
};

struct sst_row {
	const struct sst_slice *ck; /* table->nck values; p == NULL is null; NULL in a static row */
	struct sst_liveness live;
	struct sst_deletion del;
	bool shadowable; /* del gives way to a newer liveness (old materialized views) */
	/* With `shadowable`: the row's own deletion, which stays when del gives way; older than del, or
	 * SST_LIVE.  Otherwise nobody looks at it. */
	struct sst_deletion under;
	size_t ncells, ncomplex;
	const struct sst_cell *cells;               /* by (col, path in the path type's order) */
	const struct sst_complex_deletion *complex; /* by col */
};

/* The deletion beneath a shadowable one. */
static inline struct sst_deletion
sst_row_under(const struct sst_row *r)
{
	return r->shadowable ? r->under : SST_LIVE;
}

/* A position between rows: before (-1) or after (+1) all rows that begin with these values. */
struct sst_bound {
	const struct sst_slice *ck; /* n <= table->nck values */
	size_t n;
	int side; /* -1 or +1, in clustering order even in a reversed stream */
};

/* The range deletion in force changes here: from `before` to `after`, in the stream's direction. */
struct sst_marker {
	struct sst_bound at;
	struct sst_deletion before, after; /* SST_LIVE on the open side of a single bound */
};

struct sst_partition {
	struct sst_slice key;
	int64_t token; /* Murmur3; 0 for other partitioners */
	struct sst_deletion del;
};

enum sst_item_kind {
	SST_PARTITION,
	SST_STATIC,
	SST_ROW,
	SST_MARKER
};

struct sst_item {
	enum sst_item_kind kind;
	/* Where the item lies, for messages and reports: file may be NULL. */
	const char *file;
	uint64_t off, len; /* in the uncompressed data */
	union {
		struct sst_partition part;
		struct sst_row row; /* STATIC and ROW */
		struct sst_marker marker;
	};
};

struct sst_file; /* sstable/file.h: an open component */

struct sst_want { /* a read that a non-blocking stream waits for */
	struct sst_file *file;
	uint64_t off; /* in the file as stored */
	size_t len;
};

struct sst_stream;

struct sst_stream_ops {
	/* SST_ONE and *item; 0 at the end; SST_WAIT; -1. */
	int (*next)(struct sst_stream *, const struct sst_item **item, struct sst_err *);
	/* Passes over what is left of the partition; next() then gives the next one, or 0.
	 * 0 done; SST_WAIT; -1.  Before the first partition it does nothing. */
	int (*skip)(struct sst_stream *, struct sst_err *);
	/* After SST_WAIT: fills *want. */
	void (*want)(struct sst_stream *, struct sst_want *want);
	void (*close)(struct sst_stream *);
};

struct sst_stream { /* the first member of every stream */
	const struct sst_stream_ops *ops;
	const struct sst_table *table; /* the columns that items speak of; borrowed */
	bool reversed;
};

static inline int
sst_stream_next(struct sst_stream *s, const struct sst_item **item, struct sst_err *e)
{
	return s->ops->next(s, item, e);
}

static inline int
sst_stream_skip(struct sst_stream *s, struct sst_err *e)
{
	return s->ops->skip(s, e);
}

static inline void
sst_stream_want(struct sst_stream *s, struct sst_want *want)
{
	s->ops->want(s, want);
}

static inline void
sst_stream_close(struct sst_stream *s) /* NULL is fine */
{
	if (s != NULL)
		s->ops->close(s);
}

/*
 * A stream that hands on what another one gives, or most of it: what counts, sifts or drops begins with it,
 * and puts into its operations those of these that it has nothing to add to.
 */
struct sst_passing {
	struct sst_stream s;   /* first */
	struct sst_stream *in; /* owned */
};

int sst_passing_skip(struct sst_stream *, struct sst_err *);
void sst_passing_want(struct sst_stream *, struct sst_want *want);
/* Closes the one within and frees the whole, which malloc gave. */
void sst_passing_close(struct sst_stream *);

/* Order of two bounds, or of a bound and a row's clustering (side 0), in clustering order. */
int sst_bound_compare(
    const struct sst_table *, const struct sst_bound *a, const struct sst_bound *b);

/* Deep copies into an arena; -1 only without memory. */
int sst_bound_copy(
    struct sst_bound *to, const struct sst_bound *from, struct sst_arena *, struct sst_err *);
int sst_item_copy(struct sst_item *to, const struct sst_item *from, const struct sst_table *,
    struct sst_arena *, struct sst_err *);

#endif
