/* memtable/part.c: a partition: rows in a pile, range deletions in a list until they are read. */
#include <stdlib.h>

#include "base/num.h"
#include "memtable/int.h"
#include "memtable/packed.h"
#include "row/prefix.h"

int
sst_part_row_cmp(const void *memtable, const void *a, const void *b)
{
	const struct sst_memtable *m = memtable;
	size_t nck = m->table->nck;

	sst_packed_ck(a, m->ck[0], nck);
	sst_packed_ck(b, m->ck[1], nck);
	return sst_clustering_compare(m->table, m->ck[0], nck, m->ck[1], nck);
}

int
sst_part_cmp(const void *unused, const void *a, const void *b)
{
	const struct sst_part *x = a, *y = b;

	(void)unused;
	return sst_key_compare(x->id.token, x->id.key, y->id.token, y->id.key);
}

/* Packs a row, made sound first if it deletes something, perhaps of its own. */
static const uint8_t *
pack(struct sst_memtable *m, const struct sst_row *row, bool fixed, struct sst_err *e)
{
	struct sst_row_versions v = { fixed ? m->table->statics : m->table->regulars, &row, 1 };
	struct sst_deletion none = SST_LIVE;
	const uint8_t *packed;
	struct sst_row sound;

	if (row->del.ts_us != SST_NO_TS || row->ncomplex > 0) {
		if (sst_row_merge(&sound, &m->scratch, &v, &none, e) == -1)
			return NULL;
		row = &sound;
	}
	packed = sst_packed_new(row, fixed ? 0 : m->table->nck, &m->arena);
	if (packed == NULL)
		sst_fail_nomem(e);
	return packed;
}

/* One packed row out of n. */
static const uint8_t *
reconcile(
    struct sst_memtable *m, const struct sst_entry *in, size_t n, bool fixed, struct sst_err *e)
{
	size_t i, nck = fixed ? 0 : m->table->nck;
	struct sst_deletion none = SST_LIVE;
	const uint8_t *packed = NULL;
	struct sst_row_versions v;
	const struct sst_row **rows;
	struct sst_row *row, out;

	sst_arena_reset(&m->tmp);
	rows = sst_arena_array(&m->tmp, n, sizeof(*rows));
	row = sst_arena_array(&m->tmp, n, sizeof(*row));
	if (rows == NULL || row == NULL) {
		sst_fail_nomem(e);
		return NULL;
	}
	for (i = 0; i < n; i++) {
		if (sst_packed_open(&row[i], in[i].p, nck, &m->tmp, e) == -1)
			return NULL;
		rows[i] = &row[i];
	}
	v = (struct sst_row_versions){ fixed ? m->table->statics : m->table->regulars, rows, n };
	if (sst_row_merge(&out, &m->scratch, &v, &none, e) == -1)
		return NULL;
	if ((packed = sst_packed_new(&out, nck, &m->arena)) == NULL)
		sst_fail_nomem(e);
	return packed;
}

static const void *
combine_rows(void *memtable, const struct sst_entry *same, size_t n, struct sst_err *e)
{
	return reconcile(memtable, same, n, false, e);
}

int
sst_part_add_row(
    struct sst_memtable *m, struct sst_part *p, const struct sst_row *row, struct sst_err *e)
{
	struct sst_order o = { sst_part_row_cmp, m };
	size_t nck = m->table->nck;
	struct sst_entry x;

	__builtin_prefetch(p->rows.run); /* needed once the row is packed */
	if ((x.p = pack(m, row, false, e)) == NULL)
		return -1;
	x.prefix = sst_ck_prefix(m->table, row->ck, nck, 0);
	return sst_pile_add(&p->rows, &o, x, e);
}

int
sst_part_add_static(
    struct sst_memtable *m, struct sst_part *p, const struct sst_row *row, struct sst_err *e)
{
	struct sst_entry two[2] = { { 0, p->statik }, { 0, pack(m, row, true, e) } };
	const uint8_t *both = two[1].p;

	if (both != NULL && p->statik != NULL)
		both = reconcile(m, two, 2, true, e);
	if (both == NULL)
		return -1;
	p->statik = both;
	return 0;
}

static int
keep_bound(struct sst_bound *to, const struct sst_bound *from, struct sst_arena *a)
{
	struct sst_slice *ck = sst_arena_array(a, from->n, sizeof(*ck));
	size_t i;

	if (ck == NULL)
		return -1;
	for (i = 0; i < from->n; i++) {
		ck[i] = sst_arena_slice(a, from->ck[i]);
		if (from->ck[i].p != NULL && ck[i].p == NULL)
			return -1;
	}
	*to = (struct sst_bound){ ck, from->n, from->side };
	return 0;
}

int
sst_part_add_range(struct sst_memtable *m, struct sst_part *p, const struct sst_range_deletion *r,
    struct sst_err *e)
{
	size_t cap = p->more_cap + p->more_cap / 2 + 4, bytes;
	struct sst_range_deletion *more;

	if (p->nmore == p->more_cap) {
		if (!sst_mul_size(&bytes, cap, sizeof(*more)) ||
		    (more = realloc(p->more, bytes)) == NULL)
			return sst_fail_nomem(e);
		p->more = more;
		p->more_cap = cap;
	}
	more = &p->more[p->nmore];
	if (keep_bound(&more->from, &r->from, &m->arena) == -1 ||
	    keep_bound(&more->to, &r->to, &m->arena) == -1)
		return sst_fail_nomem(e);
	more->del = r->del;
	p->nmore++;
	return 0;
}

static int
tidy_ranges(struct sst_memtable *m, struct sst_part *p, struct sst_err *e)
{
	size_t n = p->ranges == NULL ? 0 : p->ranges->n, bytes;
	struct sst_range_deletion *all;
	struct sst_ranges *ranges;

	if (p->nmore == 0)
		return 0;
	if (!sst_mul_size(&bytes, n + p->nmore, sizeof(*all)) || (all = malloc(bytes)) == NULL)
		return sst_fail_nomem(e);
	if (n > 0)
		memcpy(all, p->ranges->at, n * sizeof(*all));
	memcpy(all + n, p->more, p->nmore * sizeof(*all));
	ranges = sst_ranges_new(m->table, all, n + p->nmore);
	free(all);
	if (ranges == NULL)
		return sst_fail_nomem(e);
	sst_ranges_release(p->ranges);
	p->ranges = ranges;
	free(p->more);
	p->more = NULL;
	p->nmore = p->more_cap = 0;
	return 0;
}

int
sst_part_tidy(struct sst_memtable *m, struct sst_part *p, struct sst_err *e)
{
	struct sst_order o = { sst_part_row_cmp, m };
	size_t before = sst_part_bytes(p);
	int r = tidy_ranges(m, p, e);

	if (r == 0)
		r = sst_pile_tidy(&p->rows, &o, combine_rows, m, e);
	m->piles_bytes += sst_part_bytes(p) - before;
	return r;
}

void
sst_part_free(struct sst_part *p)
{
	sst_pile_free(&p->rows);
	sst_ranges_release(p->ranges);
	free(p->more);
}

size_t
sst_part_bytes(const struct sst_part *p)
{
	size_t n = p->rows.bytes + p->more_cap * sizeof(*p->more);

	if (p->ranges != NULL)
		n += sizeof(*p->ranges) + p->ranges->n * sizeof(p->ranges->at[0]);
	return n;
}
