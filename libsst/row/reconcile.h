/*
 * libsst/row/reconcile.h: who wins, when two writes say different things about the same place.  The
 * rules are Cassandra's (4.0 and later) and depend on nothing but the writes themselves, so that
 * the order in which data is merged never matters.  formats/reconciliation.md has them all.
 */
#ifndef SST_ROW_RECONCILE_H
#define SST_ROW_RECONCILE_H

#include "row/rows.h"

static inline bool
sst_deletion_is_live(const struct sst_deletion *d)
{
	return d->ts_us == SST_NO_TS;
}

/* True when a replaces b: the later, and of the same time the one with the later ldt_s. */
static inline bool
sst_deletion_supersedes(const struct sst_deletion *a, const struct sst_deletion *b)
{
	return a->ts_us > b->ts_us ||
	    (a->ts_us == b->ts_us && a->ldt_s > b->ldt_s && a->ts_us != SST_NO_TS);
}

static inline bool
sst_deletion_eq(const struct sst_deletion *a, const struct sst_deletion *b)
{
	return a->ts_us == b->ts_us && (a->ldt_s == b->ldt_s || a->ts_us == SST_NO_TS);
}

/* True when what was written at ts_us is gone: written at or before the deletion. */
static inline bool
sst_deletion_covers(const struct sst_deletion *d, int64_t ts_us)
{
	return ts_us <= d->ts_us;
}

/* An INSERT that shadows the whole primary key (old materialized views); never live. */
#define SST_EXPIRED_TTL ((uint32_t)INT32_MAX)

static inline bool
sst_liveness_is_live(const struct sst_liveness *l, int64_t now_s)
{
	return l->ts_us != SST_NO_TS &&
	    (l->ttl_s == 0 || (l->ttl_s != SST_EXPIRED_TTL && now_s < l->expiry_s));
}

/* True when a replaces b.  Of two equal ones neither does. */
bool sst_liveness_supersedes(const struct sst_liveness *a, const struct sst_liveness *b);

static inline bool
sst_cell_is_live(const struct sst_cell *c, int64_t now_s)
{
	return c->ldt_s == SST_NO_LDT || (c->ttl_s != 0 && now_s < c->ldt_s);
}

/*
 * >0 when a wins over b, <0 when b does, 0 when they are the same in all that counts.  For cells of
 * one place (column and path) that are not both counters.
 */
int sst_cell_reconcile(const struct sst_cell *a, const struct sst_cell *b);

/* Order of two cells in a row: by column, then by path; <0, 0, >0.  cols: the row's columns. */
int sst_cell_order(
    const struct sst_column *cols, const struct sst_cell *a, const struct sst_cell *b);

/* Scratch for making rows: start with {0}.  What a function below gives out lives in it until the
 * next call with the same scratch. */
struct sst_row_scratch {
	struct sst_cell *cells;
	struct sst_complex_deletion *complex;
	size_t *at; /* three numbers an input */
	size_t cells_cap, complex_cap, at_cap;
	struct sst_arena arena; /* merged counters */
};

void sst_row_scratch_free(struct sst_row_scratch *);

struct sst_row_versions {              /* n >= 1 rows of one place */
	const struct sst_column *cols; /* table's regulars, or its statics */
	const struct sst_row *const *in;
	size_t n;
};

/*
 * One row out of many, without what `active` (the deletion of the partition or range around them)
 * or they themselves shadow.  Values, paths and ck borrow from the inputs; arrays live in the
 * scratch.  SST_ONE, or 0 when nothing is left; -1 without memory and for damaged counters.
 */
int sst_row_merge(struct sst_row *out, struct sst_row_scratch *, const struct sst_row_versions *,
    const struct sst_deletion *active, struct sst_err *);

/* When a tombstone may go: deleted before gc_before_s, and written before before_us.  A negative
 * local deletion time is damage, and stays. */
struct sst_purge {
	int64_t now_s;
	int64_t gc_before_s;
	int64_t before_us;
};

static inline bool
sst_purge_deletion(const struct sst_purge *p, const struct sst_deletion *d)
{
	return d->ts_us != SST_NO_TS && d->ldt_s >= 0 && d->ldt_s < p->gc_before_s &&
	    d->ts_us < p->before_us;
}

/* True when the row holds nothing that is deleted, or that will ever expire. */
bool sst_row_is_plain(const struct sst_row *);

/*
 * Compaction's view of a row: without the tombstones that may go; expired cells that stay become
 * tombstones of the time they were written.  out may be in.  SST_ONE, or 0 when nothing is left.
 */
int sst_row_purge(struct sst_row *out, struct sst_row_scratch *, const struct sst_row *in,
    const struct sst_purge *, struct sst_err *);

/*
 * A reader's view of a row at now_s: only live cells and live liveness, no deletions.  out may be
 * in.  SST_ONE, or 0 when the row does not exist for a reader.
 */
int sst_row_live(struct sst_row *out, struct sst_row_scratch *, const struct sst_row *in,
    int64_t now_s, struct sst_err *);

/*
 * Tombstones that a reader at now_s meets in a merged row, as Cassandra counts them: cells that
 * are not live; else one for a row that is deleted or expired as a whole.  Those deleted before
 * gc_before_s do not count.
 */
uint64_t sst_row_tombstones(const struct sst_row *, int64_t now_s, int64_t gc_before_s);

#endif
