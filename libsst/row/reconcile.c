/*
 * row/reconcile.c: many versions of a row become one in one pass over their cells, which all are
 * sorted; then the row may be looked at with the eyes of compaction or of a reader.
 */
#include "row/reconcile.h"

#include <stdlib.h>

#include "base/num.h"
#include "row/counter.h"

bool
sst_liveness_supersedes(const struct sst_liveness *a, const struct sst_liveness *b)
{
	bool ax = a->ttl_s == SST_EXPIRED_TTL, bx = b->ttl_s == SST_EXPIRED_TTL;

	if (a->ts_us != b->ts_us)
		return a->ts_us > b->ts_us;
	if (ax != bx)
		return ax;
	if ((a->ttl_s != 0) != (b->ttl_s != 0))
		return a->ttl_s != 0;
	if (a->expiry_s != b->expiry_s)
		return a->expiry_s > b->expiry_s;
	return a->ttl_s < b->ttl_s; /* Cassandra takes either; the later write is ours */
}

int
sst_cell_reconcile(const struct sst_cell *a, const struct sst_cell *b)
{
	bool ad = a->ldt_s != SST_NO_LDT, bd = b->ldt_s != SST_NO_LDT;
	int c;

	if (a->ts_us != b->ts_us)
		return a->ts_us > b->ts_us ? 1 : -1;
	if (ad != bd) /* whatever the clock says: what will expire is treated as what has */
		return ad ? 1 : -1;
	if (ad) {
		if ((a->ttl_s == 0) != (b->ttl_s == 0))
			return a->ttl_s == 0 ? 1 : -1;
		if (a->ldt_s != b->ldt_s)
			return a->ldt_s > b->ldt_s ? 1 : -1;
	}
	if ((c = sst_slice_cmp(a->value, b->value)) != 0)
		return c > 0 ? 1 : -1;
	/* Cassandra takes either; the later write is ours */
	return (a->ttl_s < b->ttl_s) - (a->ttl_s > b->ttl_s);
}

int
sst_cell_order(const struct sst_column *cols, const struct sst_cell *a, const struct sst_cell *b)
{
	if (a->col != b->col)
		return a->col < b->col ? -1 : 1;
	if (a->path.p == NULL || b->path.p == NULL)
		return (a->path.p != NULL) - (b->path.p != NULL);
	return sst_type_compare(sst_type_path(cols[a->col].type), a->path, b->path);
}

void
sst_row_scratch_free(struct sst_row_scratch *s)
{
	free(s->cells);
	free(s->complex);
	free(s->at);
	sst_arena_free(&s->arena);
	*s = (struct sst_row_scratch){ 0 };
}

/* Makes *array hold n elements; what it held is lost. */
static int
reserve(void **array, size_t *cap, size_t n, size_t size, struct sst_err *e)
{
	size_t want, bytes;
	void *p;

	if (n <= *cap)
		return 0;
	if (!sst_add_size(&want, n, n / 2) || !sst_mul_size(&bytes, want, size) ||
	    (p = malloc(bytes)) == NULL)
		return sst_fail_nomem(e);
	free(*array);
	*array = p;
	*cap = want;
	return 0;
}

static int
reserve_cells(struct sst_row_scratch *s, size_t n, struct sst_err *e)
{
	return reserve((void **)&s->cells, &s->cells_cap, n, sizeof(*s->cells), e);
}

static int
reserve_complex(struct sst_row_scratch *s, size_t n, struct sst_err *e)
{
	return reserve((void **)&s->complex, &s->complex_cap, n, sizeof(*s->complex), e);
}

static int
reserve_all(struct sst_row_scratch *s, const struct sst_row_versions *v, struct sst_err *e)
{
	size_t i, cells = 0, complex = 0, at;

	for (i = 0; i < v->n; i++) { /* all are in memory: the sums cannot wrap */
		cells += v->in[i]->ncells;
		complex += v->in[i]->ncomplex;
	}
	if (!sst_mul_size(&at, v->n, 3))
		return sst_fail_nomem(e);
	if (reserve_cells(s, cells, e) == -1 || reserve_complex(s, complex, e) == -1)
		return -1;
	return reserve((void **)&s->at, &s->at_cap, at, sizeof(*s->at), e);
}

/* The row's deletions that say more than *active, which becomes the latest of all three. */
static void
set_deletion(struct sst_row *out, struct sst_deletion *active, struct sst_deletion own,
    struct sst_deletion shadowable)
{
	out->del = out->under = SST_LIVE;
	out->shadowable = false;
	if (sst_deletion_supersedes(&own, active))
		*active = out->del = own;
	if (!sst_deletion_supersedes(&shadowable, active))
		return;
	out->under = out->del;
	*active = out->del = shadowable;
	out->shadowable = true;
}

/* Liveness and row deletion of all; *active becomes what deletes their cells. */
static void
merge_heads(struct sst_row *out, const struct sst_row_versions *v, struct sst_deletion *active)
{
	struct sst_deletion own = SST_LIVE, shadowable = SST_LIVE, del;
	const struct sst_row *live = v->in[0], *r;
	size_t i;

	for (i = 0; i < v->n; i++) {
		r = v->in[i];
		del = r->shadowable ? r->under : r->del;
		if (sst_deletion_supersedes(&del, &own))
			own = del;
		if (r->shadowable && sst_deletion_supersedes(&r->del, &shadowable))
			shadowable = r->del;
		if (sst_liveness_supersedes(&r->live, &live->live))
			live = r;
	}
	out->ck = live->ck;
	out->live = live->live;
	set_deletion(out, active, own, live->live.ts_us > shadowable.ts_us ? SST_LIVE : shadowable);
	if (sst_deletion_covers(active, out->live.ts_us))
		out->live = (struct sst_liveness){ SST_NO_TS, 0, SST_NO_LDT };
}

/* The latest deletion of each collection, those within *active too, into the scratch. */
static size_t
merge_complex(struct sst_row_scratch *s, const struct sst_row_versions *v)
{
	const struct sst_complex_deletion *c, *best;
	size_t n = 0, i;

	for (i = 0; i < v->n; i++)
		s->at[i] = 0;
	for (;;) {
		best = NULL;
		for (i = 0; i < v->n; i++) {
			if (s->at[i] == v->in[i]->ncomplex)
				continue;
			c = &v->in[i]->complex[s->at[i]];
			if (best == NULL || c->col < best->col ||
			    (c->col == best->col && sst_deletion_supersedes(&c->del, &best->del)))
				best = c;
		}
		if (best == NULL)
			return n;
		for (i = 0; i < v->n; i++)
			while (s->at[i] < v->in[i]->ncomplex &&
			    v->in[i]->complex[s->at[i]].col <= best->col)
				s->at[i]++;
		s->complex[n++] = *best;
	}
}

/* Keeps those collection deletions that say more than `active` does. */
static size_t
thin_complex(struct sst_complex_deletion *c, size_t n, const struct sst_deletion *active)
{
	size_t i, kept = 0;

	for (i = 0; i < n; i++)
		if (sst_deletion_supersedes(&c[i].del, active))
			c[kept++] = c[i];
	return kept;
}

/* Takes b into *to, both of one place. */
static int
fold_cell(struct sst_cell *to, const struct sst_cell *b, const struct sst_type *type,
    struct sst_arena *arena, struct sst_err *e)
{
	bool at = sst_cell_is_tombstone(to), bt = sst_cell_is_tombstone(b);

	if (type->kind != SST_COUNTER || (at && bt)) {
		if (sst_cell_reconcile(b, to) > 0)
			*to = *b;
		return 0;
	}
	if (at || bt) { /* whatever the timestamps say */
		if (bt)
			*to = *b;
		return 0;
	}
	if (b->ts_us > to->ts_us)
		to->ts_us = b->ts_us;
	return sst_counter_merge(&to->value, to->value, b->value, arena, e);
}

/*
 * The next place in column order over all inputs: *to is its cell, nat inputs have it.  In the
 * scratch at[0..n) is where each input is, at[n..n+nat) who has the place.
 */
static size_t
next_place(struct sst_row_scratch *s, const struct sst_row_versions *v)
{
	const struct sst_cell *c, *best = NULL;
	size_t i, nat = 0, *has = s->at + v->n;
	int o;

	for (i = 0; i < v->n; i++) {
		if (s->at[i] == v->in[i]->ncells)
			continue;
		c = &v->in[i]->cells[s->at[i]];
		o = best == NULL ? -1 : sst_cell_order(v->cols, c, best);
		if (o > 0)
			continue;
		if (o < 0)
			nat = 0;
		best = c;
		has[nat++] = i;
	}
	return nat;
}

static int
merge_cells(struct sst_row *out, struct sst_row_scratch *s, const struct sst_row_versions *v,
    const struct sst_deletion *active, struct sst_err *e)
{
	const struct sst_cell *c;
	size_t i, nat, cx = 0, *has = s->at + v->n;
	struct sst_cell *to;
	int64_t gone_us;
	bool any;

	for (i = 0; i < v->n; i++)
		s->at[i] = 0;
	out->cells = s->cells;
	out->ncells = 0;
	while ((nat = next_place(s, v)) > 0) {
		to = &s->cells[out->ncells];
		c = &v->in[has[0]]->cells[s->at[has[0]]];
		while (cx < out->ncomplex && s->complex[cx].col < c->col)
			cx++;
		gone_us = active->ts_us;
		if (cx < out->ncomplex && s->complex[cx].col == c->col &&
		    s->complex[cx].del.ts_us > gone_us)
			gone_us = s->complex[cx].del.ts_us;
		for (any = false, i = 0; i < nat; i++) {
			c = &v->in[has[i]]->cells[s->at[has[i]]++];
			if (c->ts_us <= gone_us)
				continue;
			if (!any)
				*to = *c;
			else if (fold_cell(to, c, v->cols[c->col].type, &s->arena, e) == -1)
				return -1;
			any = true;
		}
		out->ncells += any;
	}
	return 0;
}

static int
row_left(const struct sst_row *r)
{
	return r->live.ts_us != SST_NO_TS || r->del.ts_us != SST_NO_TS || r->ncells > 0 ||
		r->ncomplex > 0
	    ? SST_ONE
	    : 0;
}

int
sst_row_merge(struct sst_row *out, struct sst_row_scratch *s, const struct sst_row_versions *v,
    const struct sst_deletion *active, struct sst_err *e)
{
	struct sst_deletion del = *active;

	if (s->arena.bytes > 0)
		sst_arena_reset(&s->arena);
	if (reserve_all(s, v, e) == -1)
		return -1;
	merge_heads(out, v, &del);
	out->ncomplex = merge_complex(s, v);
	if (merge_cells(out, s, v, &del, e) == -1)
		return -1;
	out->ncomplex = thin_complex(s->complex, out->ncomplex, &del);
	out->complex = s->complex;
	return row_left(out);
}

bool
sst_row_is_plain(const struct sst_row *r)
{
	size_t i;

	if (r->del.ts_us != SST_NO_TS || r->live.ttl_s != 0 || r->ncomplex > 0)
		return false;
	for (i = 0; i < r->ncells; i++)
		if (r->cells[i].ldt_s != SST_NO_LDT)
			return false;
	return true;
}

static bool
may_go(const struct sst_purge *p, int64_t ts_us, int64_t ldt_s)
{
	return ldt_s < p->gc_before_s && ts_us < p->before_us;
}

/*
 * What compaction makes of a cell that is not live; false: nothing.  One that has expired stays what it
 * is where a write of the same time may lie elsewhere: it would lose to a later expiry, and win as a
 * tombstone.
 */
static bool
purge_cell(struct sst_cell *c, const struct sst_purge *p)
{
	if (sst_cell_is_live(c, p->now_s) || c->ldt_s < 0) /* a negative time is damage: kept */
		return true;
	if (c->ttl_s != 0) {
		if (c->ts_us >= p->before_us)
			return true;
		c->ldt_s -= c->ttl_s;
		c->ttl_s = 0;
		c->value = SST_SLICE_LIT("");
	}
	return !may_go(p, c->ts_us, c->ldt_s);
}

int
sst_row_purge(struct sst_row *out, struct sst_row_scratch *s, const struct sst_row *in,
    const struct sst_purge *p, struct sst_err *e)
{
	size_t i, ncells = 0, ncomplex = 0;

	if (reserve_cells(s, in->ncells, e) == -1 || reserve_complex(s, in->ncomplex, e) == -1)
		return -1;
	for (i = 0; i < in->ncells; i++) { /* in->cells may be s->cells: never ahead of i */
		s->cells[ncells] = in->cells[i];
		ncells += purge_cell(&s->cells[ncells], p);
	}
	for (i = 0; i < in->ncomplex; i++)
		if (!sst_purge_deletion(p, &in->complex[i].del))
			s->complex[ncomplex++] = in->complex[i];
	*out = *in;
	out->cells = s->cells;
	out->complex = s->complex;
	out->ncells = ncells;
	out->ncomplex = ncomplex;
	if (!sst_liveness_is_live(&in->live, p->now_s) && in->live.expiry_s >= 0 &&
	    may_go(p, in->live.ts_us, in->live.expiry_s))
		out->live = (struct sst_liveness){ SST_NO_TS, 0, SST_NO_LDT };
	if (in->shadowable && sst_purge_deletion(p, &in->under))
		out->under = SST_LIVE;
	if (sst_purge_deletion(p, &in->del)) {
		out->del = sst_row_under(out);
		out->shadowable = false;
	}
	return row_left(out);
}

int
sst_row_live(struct sst_row *out, struct sst_row_scratch *s, const struct sst_row *in,
    int64_t now_s, struct sst_err *e)
{
	size_t i, ncells = 0;

	if (reserve_cells(s, in->ncells, e) == -1)
		return -1;
	for (i = 0; i < in->ncells; i++)
		if (sst_cell_is_live(&in->cells[i], now_s))
			s->cells[ncells++] = in->cells[i];
	*out = *in;
	out->cells = s->cells;
	out->ncells = ncells;
	out->ncomplex = 0;
	out->del = SST_LIVE;
	out->shadowable = false;
	if (!sst_liveness_is_live(&in->live, now_s))
		out->live = (struct sst_liveness){ SST_NO_TS, 0, SST_NO_LDT };
	return row_left(out);
}

uint64_t
sst_row_tombstones(const struct sst_row *r, int64_t now_s, int64_t gc_before_s)
{
	bool live = sst_liveness_is_live(&r->live, now_s), dead;
	const struct sst_cell *c;
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < r->ncells; i++) {
		c = &r->cells[i];
		if (sst_cell_is_live(c, now_s))
			live = true;
		else
			n += c->ldt_s - (int64_t)c->ttl_s >= gc_before_s;
	}
	if (n > 0 || live)
		return n;
	dead = (r->del.ts_us != SST_NO_TS && r->del.ldt_s >= gc_before_s) ||
	    (r->live.ts_us != SST_NO_TS && r->live.expiry_s >= gc_before_s);
	for (i = 0; i < r->ncomplex; i++)
		dead |= r->complex[i].del.ldt_s >= gc_before_s;
	return dead;
}
