/* tests/support/model.c */
#include "model.h"

#include <stdlib.h>

static void *
need(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

static void *
take(struct sst_arena *a, size_t n, size_t size)
{
	return memset(need(sst_arena_array(a, n + 1, size)), 0, (n + 1) * size);
}

void
model_apply(struct model *m, const struct sst_update *u)
{
	const struct sst_update **list;

	if (m->n == m->cap) {
		m->cap = m->cap * 2 + 16;
		list = take(m->arena, m->cap, sizeof(const struct sst_update *));
		if (m->n > 0)
			memcpy(list, m->updates, m->n * sizeof(*list));
		m->updates = list;
	}
	m->updates[m->n++] = u;
}

/* ---- deletions ---- */

static bool
later(struct sst_deletion a, struct sst_deletion b)
{
	if (a.ts_us == SST_NO_TS || a.ts_us < b.ts_us)
		return false;
	return a.ts_us > b.ts_us || a.ldt_s > b.ldt_s;
}

static struct sst_deletion
latest(struct sst_deletion a, struct sst_deletion b)
{
	return later(b, a) ? b : a;
}

/* One partition of the model: its updates. */
struct part {
	const struct model *m;
	struct sst_partition id;
	const struct sst_update **u;
	size_t n;
};

static struct sst_deletion
partition_deletion(const struct part *p)
{
	struct sst_deletion d = SST_LIVE;
	size_t i;

	for (i = 0; i < p->n; i++)
		d = latest(d, p->u[i]->part.del);
	return d;
}

/* The latest range deletion at a position, if it is later than the partition's; `after`: the
 * position is a bound, and what counts is what follows it. */
static struct sst_deletion
range_deletion(const struct part *p, const struct sst_bound *at, bool after)
{
	struct sst_deletion d = SST_LIVE;
	const struct sst_range_deletion *r;
	size_t i, k;
	int from;

	for (i = 0; i < p->n; i++)
		for (k = 0; k < p->u[i]->nranges; k++) {
			r = &p->u[i]->ranges[k];
			from = sst_bound_compare(p->m->table, &r->from, at);
			if ((after ? from <= 0 : from < 0) &&
			    sst_bound_compare(p->m->table, at, &r->to) < 0)
				d = latest(d, r->del);
		}
	return later(d, partition_deletion(p)) ? d : SST_LIVE;
}

/* ---- cells ---- */

/* What a cell is worth, the first number that differs deciding. */
static void
rank(const struct sst_cell *c, int64_t to[3])
{
	to[0] = c->ts_us;
	to[1] = c->ldt_s == SST_NO_LDT ? 0 : c->ttl_s != 0 ? 1 : 2;
	to[2] = c->ldt_s == SST_NO_LDT ? 0 : c->ldt_s;
}

static const struct sst_cell *
winner(const struct sst_cell *a, const struct sst_cell *b)
{
	int64_t x[3], y[3];
	int i, c;

	rank(a, x);
	rank(b, y);
	for (i = 0; i < 3; i++)
		if (x[i] != y[i])
			return x[i] > y[i] ? a : b;
	if ((c = sst_slice_cmp(a->value, b->value)) != 0)
		return c > 0 ? a : b;
	return a->ttl_s <= b->ttl_s ? a : b;
}

/* Of two contexts of global shards: of each id the later clock, then the larger count. */
static struct sst_slice
merge_counters(struct sst_slice a, struct sst_slice b, struct sst_arena *arena)
{
	size_t na = a.p[1], nb = b.p[1], i = 0, j = 0, n = 0, k;
	const uint8_t *x = a.p + 2 + 2 * na, *y = b.p + 2 + 2 * nb;
	uint8_t *shards = take(arena, 32 * (na + nb), 1), *out;
	int c;

	while (i < na || j < nb) {
		c = i == na ? 1 : j == nb ? -1 : memcmp(x + 32 * i, y + 32 * j, 16);
		if (c == 0 && memcmp(x + 32 * i + 16, y + 32 * j + 16, 16) < 0)
			memcpy(shards + 32 * n++, y + 32 * j, 32);
		else
			memcpy(shards + 32 * n++, c <= 0 ? x + 32 * i : y + 32 * j, 32);
		i += c <= 0;
		j += c >= 0;
	}
	out = take(arena, 2 + 34 * n, 1);
	out[1] = (uint8_t)n;
	for (k = 0; k < n; k++) {
		out[2 + 2 * k] = 0x80;
		out[3 + 2 * k] = (uint8_t)k;
	}
	memcpy(out + 2 + 2 * n, shards, 32 * n);
	return (struct sst_slice){ out, 2 + 34 * n };
}

/* ---- rows ---- */

struct versions { /* of one row: all that was written to it */
	const struct sst_row *row[512];
	size_t n;
};

static void
collect(struct versions *v, const struct part *p, const struct sst_slice *ck)
{
	const struct sst_table *t = p->m->table;
	size_t i, k;

	v->n = 0;
	for (i = 0; i < p->n; i++) {
		if (ck == NULL && p->u[i]->statik != NULL)
			v->row[v->n++] = p->u[i]->statik;
		for (k = 0; ck != NULL && k < p->u[i]->nrows; k++)
			if (sst_clustering_compare(t, ck, t->nck, p->u[i]->rows[k].ck, t->nck) == 0)
				v->row[v->n++] = &p->u[i]->rows[k];
		if (v->n > 500)
			abort();
	}
}

/* a's liveness is worth more: later, then one that expires, then the later expiry. */
static bool
livelier(const struct sst_liveness *a, const struct sst_liveness *b)
{
	if (a->ts_us != b->ts_us)
		return a->ts_us > b->ts_us;
	if ((a->ttl_s == 0) != (b->ttl_s == 0))
		return a->ttl_s != 0;
	if (a->expiry_s != b->expiry_s)
		return a->expiry_s > b->expiry_s;
	return a->ttl_s < b->ttl_s;
}

static void
row_heads(struct sst_row *out, const struct versions *v, struct sst_deletion around)
{
	struct sst_deletion own = SST_LIVE, over = SST_LIVE; /* the latter shadowable */
	size_t i;

	out->live = (struct sst_liveness){ SST_NO_TS, 0, SST_NO_LDT };
	out->del = out->under = SST_LIVE;
	out->shadowable = false;
	for (i = 0; i < v->n; i++) {
		if (livelier(&v->row[i]->live, &out->live))
			out->live = v->row[i]->live;
		if (v->row[i]->shadowable) {
			own = latest(own, v->row[i]->under);
			over = latest(over, v->row[i]->del);
		} else
			own = latest(own, v->row[i]->del);
	}
	if (later(own, around))
		out->del = own;
	if (later(over, latest(own, around)) && out->live.ts_us <= over.ts_us) {
		out->under = out->del;
		out->del = over;
		out->shadowable = true;
	}
	if (out->live.ts_us <= latest(out->del, around).ts_us)
		out->live = (struct sst_liveness){ SST_NO_TS, 0, SST_NO_LDT };
}

/* The one cell of a place that all versions leave; false: none. */
static bool
cell_of(struct sst_cell *out, const struct part *p, const struct versions *v,
    const struct sst_cell *place, int64_t gone_us, bool counter)
{
	const struct sst_cell *c;
	bool any = false;
	size_t i, k;

	for (i = 0; i < v->n; i++)
		for (k = 0; k < v->row[i]->ncells; k++) {
			c = &v->row[i]->cells[k];
			if (c->col != place->col || !sst_slice_eq(c->path, place->path) ||
			    c->ts_us <= gone_us)
				continue;
			if (!any)
				*out = *c;
			else if (!counter)
				*out = *winner(out, c);
			else {
				out->value = merge_counters(out->value, c->value, p->m->arena);
				if (c->ts_us > out->ts_us)
					out->ts_us = c->ts_us;
			}
			any = true;
		}
	return any;
}

static struct sst_deletion
complex_of(const struct versions *v, uint32_t col)
{
	struct sst_deletion d = SST_LIVE;
	size_t i, k;

	for (i = 0; i < v->n; i++)
		for (k = 0; k < v->row[i]->ncomplex; k++)
			if (v->row[i]->complex[k].col == col)
				d = latest(d, v->row[i]->complex[k].del);
	return d;
}

static int
path_order(const struct sst_column *cols, const struct sst_cell *a, const struct sst_cell *b)
{
	if (a->path.p == NULL)
		return 0;
	return sst_type_compare(sst_type_path(cols[a->col].type), a->path, b->path);
}

/* Adds the cells of a column, in order of their paths. */
static void
column_cells(struct sst_row *out, struct sst_cell *cells, const struct part *p,
    const struct versions *v, uint32_t col, int64_t gone_us)
{
	const struct sst_table *t = p->m->table;
	const struct sst_column *cols = out->ck != NULL ? t->regulars : t->statics;
	bool counter = cols[col].type->kind == SST_COUNTER;
	size_t first = out->ncells, i, k, j;
	const struct sst_cell *place;
	struct sst_cell c;

	for (i = 0; i < v->n; i++)
		for (k = 0; k < v->row[i]->ncells; k++) {
			place = &v->row[i]->cells[k];
			if (place->col != col || !cell_of(&c, p, v, place, gone_us, counter))
				continue;
			for (j = out->ncells; j > first && path_order(cols, &cells[j - 1], &c) > 0;)
				j--;
			if (j > first && path_order(cols, &cells[j - 1], &c) == 0)
				continue;
			memmove(cells + j + 1, cells + j, (out->ncells - j) * sizeof(c));
			cells[j] = c;
			out->ncells++;
		}
}

static bool
row_is_left(const struct sst_row *r)
{
	return r->live.ts_us != SST_NO_TS || r->del.ts_us != SST_NO_TS || r->ncells > 0 ||
	    r->ncomplex > 0;
}

/* The row at ck (NULL: the static row); false when nothing of it is left. */
static bool
row_at(struct sst_row *out, const struct part *p, const struct sst_slice *ck)
{
	const struct sst_table *t = p->m->table;
	struct sst_bound at = { ck, t->nck, 0 };
	struct sst_deletion around = partition_deletion(p), gone, d;
	uint32_t col, ncols = (uint32_t)(ck != NULL ? t->nregular : t->nstatic);
	struct sst_complex_deletion *complex = take(p->m->arena, ncols, sizeof(*complex));
	struct sst_cell *cells;
	struct versions v;
	size_t i, n = 0;

	collect(&v, p, ck);
	for (i = 0; i < v.n; i++)
		n += v.row[i]->ncells;
	cells = take(p->m->arena, n, sizeof(*cells));
	*out = (struct sst_row){ .ck = ck, .cells = cells, .complex = complex };
	if (ck != NULL)
		around = latest(around, range_deletion(p, &at, false));
	row_heads(out, &v, around);
	around = latest(around, out->del);
	for (col = 0; col < ncols; col++) {
		d = complex_of(&v, col);
		gone = d.ts_us > around.ts_us ? d : around;
		column_cells(out, cells, p, &v, col, gone.ts_us);
		if (later(d, around))
			complex[out->ncomplex++] = (struct sst_complex_deletion){ col, d };
	}
	return row_is_left(out);
}

/* ---- streams ---- */

static int
clustering_order(const struct model *m, const struct sst_slice *a, const struct sst_slice *b)
{
	return sst_clustering_compare(m->table, a, m->table->nck, b, m->table->nck);
}

/* All clusterings of the partition, ascending, each once. */
static size_t
all_cks(const struct sst_slice **to, const struct part *p)
{
	const struct sst_slice *ck;
	size_t n = 0, i, k, j;

	for (i = 0; i < p->n; i++)
		for (k = 0; k < p->u[i]->nrows; k++) {
			ck = p->u[i]->rows[k].ck;
			for (j = n; j > 0 && clustering_order(p->m, to[j - 1], ck) > 0;)
				j--;
			if (j > 0 && clustering_order(p->m, to[j - 1], ck) == 0)
				continue;
			memmove(to + j + 1, to + j, (n - j) * sizeof(*to));
			to[j] = ck;
			n++;
		}
	return n;
}

static size_t
insert_bound(const struct part *p, struct sst_bound *to, size_t n, const struct sst_bound *b,
    const struct sst_range *slice)
{
	const struct sst_table *t = p->m->table;
	size_t j;

	if (sst_bound_compare(t, b, &slice->from) < 0 || sst_bound_compare(t, b, &slice->to) > 0)
		return n;
	for (j = n; j > 0 && sst_bound_compare(t, &to[j - 1], b) > 0;)
		j--;
	if (j > 0 && sst_bound_compare(t, &to[j - 1], b) == 0)
		return n;
	memmove(to + j + 1, to + j, (n - j) * sizeof(*to));
	to[j] = *b;
	return n + 1;
}

/* All places of the slice where a range deletion begins or ends, and the slice's own ends. */
static size_t
all_bounds(struct sst_bound *to, const struct part *p, const struct sst_range *slice)
{
	size_t n = 0, i, k;

	n = insert_bound(p, to, n, &slice->from, slice);
	n = insert_bound(p, to, n, &slice->to, slice);
	for (i = 0; i < p->n; i++)
		for (k = 0; k < p->u[i]->nranges; k++) {
			n = insert_bound(p, to, n, &p->u[i]->ranges[k].from, slice);
			n = insert_bound(p, to, n, &p->u[i]->ranges[k].to, slice);
		}
	return n;
}

static bool
equal(struct sst_deletion a, struct sst_deletion b)
{
	return a.ts_us == b.ts_us && (a.ts_us == SST_NO_TS || a.ldt_s == b.ldt_s);
}

/* Adds the marker at a bound, if the deletion changes there. */
static void
add_marker(struct items *out, const struct part *p, const struct sst_bound *at,
    struct sst_deletion *now, bool last)
{
	struct sst_deletion next = last ? SST_LIVE : range_deletion(p, at, true);
	struct sst_item item = { .kind = SST_MARKER };

	if (!equal(*now, next)) {
		item.marker = (struct sst_marker){ *at, *now, next };
		items_add(out, &item, p->m->arena);
	}
	*now = next;
}

static void
add_row(struct items *out, const struct part *p, const struct sst_slice *ck)
{
	struct sst_item item = { .kind = ck == NULL ? SST_STATIC : SST_ROW };

	if (row_at(&item.row, p, ck))
		items_add(out, &item, p->m->arena);
}

static void
reverse(struct sst_item *at, size_t n)
{
	struct sst_deletion d;
	struct sst_item x;
	size_t i;

	for (i = 0; i < n / 2; i++) {
		x = at[i];
		at[i] = at[n - 1 - i];
		at[n - 1 - i] = x;
	}
	for (i = 0; i < n; i++)
		if (at[i].kind == SST_MARKER) {
			d = at[i].marker.before;
			at[i].marker.before = at[i].marker.after;
			at[i].marker.after = d;
		}
}

static void
add_body(struct items *out, const struct part *p, const struct sst_range *slice)
{
	const struct sst_table *t = p->m->table;
	struct sst_deletion now = SST_LIVE;
	size_t i, j = 0, nrows = 0, nranges = 0, n, nb;
	const struct sst_slice **cks;
	struct sst_bound *bounds, row;

	for (i = 0; i < p->n; i++) {
		nrows += p->u[i]->nrows;
		nranges += p->u[i]->nranges;
	}
	cks = take(p->m->arena, nrows, sizeof(const struct sst_slice *));
	bounds = take(p->m->arena, 2 * nranges + 2, sizeof(*bounds));
	n = all_cks(cks, p);
	nb = all_bounds(bounds, p, slice);
	for (i = 0; i < n; i++) {
		row = (struct sst_bound){ cks[i], t->nck, 0 };
		for (; j < nb && sst_bound_compare(t, &bounds[j], &row) < 0; j++)
			add_marker(out, p, &bounds[j], &now, j == nb - 1);
		if (sst_bound_compare(t, &slice->from, &row) < 0 &&
		    sst_bound_compare(t, &row, &slice->to) < 0)
			add_row(out, p, cks[i]);
	}
	for (; j < nb; j++)
		add_marker(out, p, &bounds[j], &now, j == nb - 1);
}

static void
add_part(struct items *out, const struct part *p, bool reversed, const struct sst_range *slice)
{
	struct sst_item item = { .kind = SST_PARTITION, .part = p->id };
	size_t first = out->n, body;

	item.part.del = partition_deletion(p);
	items_add(out, &item, p->m->arena);
	add_row(out, p, NULL);
	body = out->n;
	add_body(out, p, slice);
	if (out->n == first + 1 && item.part.del.ts_us == SST_NO_TS)
		out->n = first;
	else if (reversed)
		reverse(out->at + body, out->n - body);
}

/* Takes the partition with the smallest key after `last` (NULL: the first); false: none. */
static bool
next_part(struct part *p, const struct model *m, const struct sst_partition *last)
{
	const struct sst_partition *id, *best = NULL;
	size_t i;

	for (i = 0; i < m->n; i++) {
		id = &m->updates[i]->part;
		if (last != NULL &&
		    sst_key_compare(id->token, id->key, last->token, last->key) <= 0)
			continue;
		if (best == NULL || sst_key_compare(id->token, id->key, best->token, best->key) < 0)
			best = id;
	}
	if (best == NULL)
		return false;
	*p = (struct part){ m, *best, take(m->arena, m->n, sizeof(const struct sst_update *)), 0 };
	for (i = 0; i < m->n; i++)
		if (sst_slice_eq(m->updates[i]->part.key, best->key))
			p->u[p->n++] = m->updates[i];
	return true;
}

struct items
model_slice(const struct model *m, bool reversed, const struct sst_range *slice)
{
	struct items out = { 0 };
	struct sst_partition last;
	struct part p;
	bool any;

	for (any = next_part(&p, m, NULL); any; any = next_part(&p, m, &last)) {
		add_part(&out, &p, reversed, slice);
		last = p.id;
	}
	return out;
}

struct items
model_items(const struct model *m, bool reversed)
{
	struct sst_range whole = { { NULL, 0, -1 }, { NULL, 0, 1 } };

	return model_slice(m, reversed, &whole);
}

/* ---- views ---- */

static bool
cell_lives(const struct sst_cell *c, int64_t now_s)
{
	return c->ldt_s == SST_NO_LDT || (c->ttl_s > 0 && c->ldt_s > now_s);
}

static bool
liveness_lives(const struct sst_liveness *l, int64_t now_s)
{
	return l->ts_us != SST_NO_TS && (l->ttl_s == 0 || l->expiry_s > now_s);
}

static bool
live_row(struct sst_row *r, int64_t now_s, uint64_t *tombstones, struct sst_arena *a)
{
	struct sst_cell *cells = take(a, r->ncells, sizeof(*cells));
	bool any = r->del.ts_us != SST_NO_TS || r->ncomplex > 0 || r->live.ts_us != SST_NO_TS;
	size_t i, n = 0;

	for (i = 0; i < r->ncells; i++)
		if (cell_lives(&r->cells[i], now_s))
			cells[n++] = r->cells[i];
	*tombstones += r->ncells - n;
	if (!liveness_lives(&r->live, now_s))
		r->live = (struct sst_liveness){ SST_NO_TS, 0, SST_NO_LDT };
	if (r->ncells == 0 && r->live.ts_us == SST_NO_TS && any)
		++*tombstones;
	r->cells = cells;
	r->ncells = n;
	r->ncomplex = 0;
	r->del = SST_LIVE;
	r->shadowable = false;
	return n > 0 || r->live.ts_us != SST_NO_TS;
}

struct items
model_live(const struct model *m, bool reversed, int64_t now_s, uint64_t *tombstones)
{
	struct items all = model_items(m, reversed), out = { 0 };
	struct sst_item item, part;
	bool given = false;
	size_t i;

	*tombstones = 0;
	for (i = 0; i < all.n; i++) {
		item = all.at[i];
		if (item.kind == SST_PARTITION) {
			part = item;
			part.part.del = SST_LIVE;
			given = false;
		} else if (item.kind == SST_MARKER)
			++*tombstones;
		else if (live_row(&item.row, now_s, tombstones, m->arena)) {
			if (!given)
				items_add(&out, &part, m->arena);
			given = true;
			items_add(&out, &item, m->arena);
		}
	}
	return out;
}

struct limits {
	int64_t now_s, gc_before_s, before_us;
};

static bool
goes(const struct limits *l, int64_t ts_us, int64_t ldt_s)
{
	return ts_us != SST_NO_TS && ts_us < l->before_us && ldt_s < l->gc_before_s;
}

static struct sst_deletion
stays(const struct limits *l, struct sst_deletion d)
{
	return goes(l, d.ts_us, d.ldt_s) ? SST_LIVE : d;
}

static bool
purged_row(struct sst_row *r, const struct limits *l, struct sst_arena *a)
{
	struct sst_complex_deletion *complex = take(a, r->ncomplex, sizeof(*complex));
	struct sst_cell *cells = take(a, r->ncells, sizeof(*cells)), c;
	size_t i, n = 0;

	for (i = 0; i < r->ncells; i++) {
		c = r->cells[i];
		if (c.ttl_s > 0 && c.ldt_s <= l->now_s &&
		    c.ts_us < l->before_us) { /* a tombstone */
			c.ldt_s -= c.ttl_s;
			c.ttl_s = 0;
			c.value.n = 0;
		}
		if (c.ttl_s > 0 || c.ldt_s == SST_NO_LDT || !goes(l, c.ts_us, c.ldt_s))
			cells[n++] = c;
	}
	r->cells = cells;
	r->ncells = n;
	for (i = n = 0; i < r->ncomplex; i++)
		if (!goes(l, r->complex[i].del.ts_us, r->complex[i].del.ldt_s))
			complex[n++] = r->complex[i];
	r->complex = complex;
	r->ncomplex = n;
	if (r->live.ttl_s > 0 && r->live.expiry_s <= l->now_s &&
	    goes(l, r->live.ts_us, r->live.expiry_s))
		r->live = (struct sst_liveness){ SST_NO_TS, 0, SST_NO_LDT };
	r->under = r->shadowable ? stays(l, r->under) : SST_LIVE;
	r->del = stays(l, r->del);
	if (r->shadowable && r->del.ts_us == SST_NO_TS) {
		r->del = r->under;
		r->shadowable = false;
	}
	return row_is_left(r);
}

struct items
model_purged(
    const struct model *m, bool reversed, int64_t now_s, int64_t gc_before_s, int64_t before_us)
{
	struct limits l = { now_s, gc_before_s, before_us };
	struct items all = model_items(m, reversed), out = { 0 };
	struct sst_item item;
	size_t i;

	for (i = 0; i < all.n; i++) {
		item = all.at[i];
		if (item.kind == SST_PARTITION) {
			if (out.n > 0 && out.at[out.n - 1].kind == SST_PARTITION &&
			    out.at[out.n - 1].part.del.ts_us == SST_NO_TS)
				out.n--;
			item.part.del = stays(&l, item.part.del);
		} else if (item.kind == SST_MARKER) {
			item.marker.before = stays(&l, item.marker.before);
			item.marker.after = stays(&l, item.marker.after);
			if (item.marker.before.ts_us == SST_NO_TS &&
			    item.marker.after.ts_us == SST_NO_TS)
				continue;
		} else if (!purged_row(&item.row, &l, m->arena))
			continue;
		items_add(&out, &item, m->arena);
	}
	if (out.n > 0 && out.at[out.n - 1].kind == SST_PARTITION &&
	    out.at[out.n - 1].part.del.ts_us == SST_NO_TS)
		out.n--;
	return out;
}
