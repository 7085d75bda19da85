/* memtable/memtable.c: the table of partitions, and taking updates in. */
#include "memtable/memtable.h"

#include <stdlib.h>

#include "base/num.h"
#include "memtable/int.h"

#define SLOTS_MIN ((size_t)64)

int
sst_memtable_new(struct sst_memtable **out, const struct sst_table *t, struct sst_err *e)
{
	struct sst_memtable *m = calloc(1, sizeof(*m));

	*out = NULL;
	if (m == NULL)
		return sst_fail_nomem(e);
	m->table = t;
	m->nslots = SLOTS_MIN;
	m->slots = calloc(m->nslots, sizeof(*m->slots));
	m->ck[0] = calloc(2 * t->nck + 1, sizeof(*m->ck[0]));
	if (m->slots == NULL || m->ck[0] == NULL) {
		sst_memtable_free(m);
		return sst_fail_nomem(e);
	}
	m->ck[1] = m->ck[0] + t->nck;
	m->stats = (struct sst_memtable_stats){ .min_ts_us = INT64_MAX,
		.max_ts_us = INT64_MIN,
		.min_ldt_s = SST_NO_LDT,
		.min_ttl_s = UINT32_MAX };
	*out = m;
	return 0;
}

void
sst_memtable_free(struct sst_memtable *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; m->slots != NULL && i < m->nslots; i++)
		if (m->slots[i].part != NULL)
			sst_part_free(m->slots[i].part);
	free(m->slots);
	free(m->ck[0]);
	sst_pile_free(&m->parts);
	sst_arena_free(&m->arena);
	sst_arena_free(&m->tmp);
	sst_row_scratch_free(&m->scratch);
	free(m);
}

size_t
sst_memtable_bytes(const struct sst_memtable *m)
{
	return sizeof(*m) + m->arena.bytes + m->tmp.bytes + m->nslots * sizeof(*m->slots) +
	    m->parts.bytes + m->piles_bytes;
}

const struct sst_memtable_stats *
sst_memtable_stats(const struct sst_memtable *m)
{
	return &m->stats;
}

/* Keys that an attacker chooses may share tokens only where Murmur3 collides; other partitioners
 * give no token, so theirs is made here. */
static uint64_t
hash(const struct sst_partition *p)
{
	uint64_t h = (uint64_t)(p->token != 0 ? p->token : sst_token(p->key));

	return (h ^ h >> 32) * UINT64_C(0x9e3779b97f4a7c15);
}

/* The slot that holds the key, or the free one where it belongs. */
static struct sst_slot *
slot_of(const struct sst_memtable *m, uint64_t h, struct sst_slice key)
{
	size_t i = (size_t)(h >> 20) & (m->nslots - 1);

	while (m->slots[i].part != NULL &&
	    (m->slots[i].hash != h || !sst_slice_eq(m->slots[i].part->id.key, key)))
		i = (i + 1) & (m->nslots - 1);
	return &m->slots[i];
}

struct sst_part *
sst_memtable_find(const struct sst_memtable *m, struct sst_slice key)
{
	struct sst_partition p = { .key = key, .token = 0 };

	return slot_of(m, hash(&p), key)->part;
}

static int
grow(struct sst_memtable *m, struct sst_err *e)
{
	struct sst_slot *old = m->slots, *s;
	size_t nold = m->nslots, i, j, n;

	if (!sst_mul_size(&n, nold, 2) || (s = calloc(n, sizeof(*s))) == NULL)
		return sst_fail_nomem(e);
	m->slots = s;
	m->nslots = n;
	for (i = 0; i < nold; i++) {
		if (old[i].part == NULL)
			continue;
		for (j = (size_t)(old[i].hash >> 20) & (n - 1); s[j].part != NULL;)
			j = (j + 1) & (n - 1);
		s[j] = old[i];
	}
	free(old);
	return 0;
}

static int
new_part(struct sst_part **out, struct sst_memtable *m, const struct sst_partition *id, uint64_t h,
    struct sst_err *e)
{
	struct sst_order o = { sst_part_cmp, NULL };
	struct sst_part *p;
	struct sst_entry x;

	if (m->stats.partitions >= m->nslots / 2 && grow(m, e) == -1)
		return -1;
	if ((p = sst_arena_alloc(&m->arena, sizeof(*p))) == NULL)
		return sst_fail_nomem(e);
	*p = (struct sst_part){ .id = { sst_arena_slice(&m->arena, id->key), id->token, SST_LIVE },
		.hash = h };
	if (p->id.key.p == NULL)
		return sst_fail_nomem(e);
	x = (struct sst_entry){ (uint64_t)id->token ^ UINT64_C(1) << 63, p };
	if (sst_pile_add(&m->parts, &o, x, e) == -1)
		return -1;
	m->sorted++;
	*slot_of(m, h, p->id.key) = (struct sst_slot){ h, p };
	m->stats.partitions++;
	*out = p;
	return 0;
}

static int
find_part(struct sst_part **out, struct sst_memtable *m, const struct sst_partition *id,
    struct sst_err *e)
{
	uint64_t h;

	if (m->last != NULL && sst_slice_eq(m->last->id.key, id->key)) {
		*out = m->last;
		return 0;
	}
	h = hash(id);
	*out = slot_of(m, h, id->key)->part;
	if (*out == NULL && new_part(out, m, id, h, e) == -1)
		return -1;
	m->last = *out;
	return 0;
}

static void
note_ts(struct sst_memtable_stats *s, int64_t ts_us)
{
	if (ts_us < s->min_ts_us)
		s->min_ts_us = ts_us;
	if (ts_us > s->max_ts_us)
		s->max_ts_us = ts_us;
}

static void
note_ldt(struct sst_memtable_stats *s, int64_t ldt_s, uint32_t ttl_s)
{
	if (ldt_s < s->min_ldt_s)
		s->min_ldt_s = ldt_s;
	if (ttl_s != 0 && ttl_s < s->min_ttl_s)
		s->min_ttl_s = ttl_s;
}

static void
note_deletion(struct sst_memtable_stats *s, const struct sst_deletion *d)
{
	if (d->ts_us == SST_NO_TS)
		return;
	note_ts(s, d->ts_us);
	note_ldt(s, d->ldt_s, 0);
	s->tombstones++;
}

static int
bad(const char *what, size_t n, struct sst_err *e)
{
	return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "%s %zu does not fit the table", what, n);
}

/* Counts a row in, and refuses one that would lead us out of the table's columns. */
static int
note_row(struct sst_memtable *m, const struct sst_row *row, const struct sst_column *cols,
    size_t ncols, struct sst_err *e)
{
	struct sst_memtable_stats *s = &m->stats;
	struct sst_deletion under = sst_row_under(row);
	const struct sst_cell *c;
	uint32_t col = 0;
	size_t i;

	for (i = 0; i < row->ncells; i++) {
		c = &row->cells[i];
		if (c->col < col || c->col >= ncols ||
		    (c->path.p != NULL) != cols[c->col].type->multicell)
			return bad("cell", i, e);
		col = c->col;
		note_ts(s, c->ts_us);
		if (c->ldt_s != SST_NO_LDT) {
			note_ldt(s, c->ldt_s, c->ttl_s);
			s->tombstones += c->ttl_s == 0;
		}
	}
	for (i = 0; i < row->ncomplex; i++) {
		if (row->complex[i].col >= ncols ||
		    (i > 0 && row->complex[i].col <= row->complex[i - 1].col))
			return bad("collection deletion", i, e);
		note_deletion(s, &row->complex[i].del);
	}
	if (row->live.ts_us != SST_NO_TS) {
		note_ts(s, row->live.ts_us);
		if (row->live.ttl_s != 0)
			note_ldt(s, row->live.expiry_s, row->live.ttl_s);
	}
	note_deletion(s, &row->del);
	note_deletion(s, &under);
	s->cells += row->ncells;
	return 0;
}

static bool
row_is_nothing(const struct sst_row *r)
{
	return r->live.ts_us == SST_NO_TS && r->del.ts_us == SST_NO_TS && r->ncells == 0 &&
	    r->ncomplex == 0;
}

/* Fixed-size clustering values must be whole or empty: the order of prefixes relies on it. */
static int
check_ck(const struct sst_table *t, const struct sst_slice *ck, size_t n, struct sst_err *e)
{
	size_t i;
	int len;

	for (i = 0; i < n; i++) {
		len = t->ck[i].type->fixed_len;
		if (len >= 0 && ck[i].n != 0 && ck[i].n != (size_t)len)
			return bad("clustering value", i, e);
	}
	return 0;
}

static int
apply_row(struct sst_memtable *m, struct sst_part *p, const struct sst_row *row, struct sst_err *e)
{
	const struct sst_table *t = m->table;

	if (row_is_nothing(row))
		return 0;
	if (check_ck(t, row->ck, t->nck, e) == -1 ||
	    note_row(m, row, t->regulars, t->nregular, e) == -1)
		return -1;
	m->stats.rows++;
	return sst_part_add_row(m, p, row, e);
}

static int
apply_range(struct sst_memtable *m, struct sst_part *p, const struct sst_range_deletion *r,
    struct sst_err *e)
{
	const struct sst_table *t = m->table;

	if (r->from.n > t->nck || r->to.n > t->nck)
		return bad("range bound", r->from.n > r->to.n ? r->from.n : r->to.n, e);
	if (check_ck(t, r->from.ck, r->from.n, e) == -1 || check_ck(t, r->to.ck, r->to.n, e) == -1)
		return -1;
	note_deletion(&m->stats, &r->del);
	return sst_part_add_range(m, p, r, e);
}

static int
apply_all(struct sst_memtable *m, struct sst_part *p, const struct sst_update *u, struct sst_err *e)
{
	const struct sst_table *t = m->table;
	size_t i;

	note_deletion(&m->stats, &u->part.del);
	if (sst_deletion_supersedes(&u->part.del, &p->id.del))
		p->id.del = u->part.del;
	if (u->statik != NULL && !row_is_nothing(u->statik)) {
		if (note_row(m, u->statik, t->statics, t->nstatic, e) == -1 ||
		    sst_part_add_static(m, p, u->statik, e) == -1)
			return -1;
	}
	for (i = 0; i < u->nranges; i++)
		if (apply_range(m, p, &u->ranges[i], e) == -1)
			return -1;
	for (i = 0; i < u->nrows; i++)
		if (apply_row(m, p, &u->rows[i], e) == -1)
			return -1;
	return 0;
}

int
sst_memtable_apply(struct sst_memtable *m, const struct sst_update *u, struct sst_err *e)
{
	struct sst_part *p;
	size_t before;
	int r;

	if (find_part(&p, m, &u->part, e) == -1)
		return -1;
	before = sst_part_bytes(p);
	m->stats.updates++;
	m->tidied = 0;
	r = apply_all(m, p, u, e);
	m->piles_bytes += sst_part_bytes(p) - before;
	return r;
}

int
sst_memtable_tidy(struct sst_memtable *m, size_t n, struct sst_err *e)
{
	struct sst_order o = { sst_part_cmp, NULL };
	size_t done = 0;
	struct sst_part *p;

	if (sst_pile_tidy(&m->parts, &o, NULL, NULL, e) == -1)
		return -1;
	for (; m->tidied < m->parts.run->n && done < n; m->tidied++) {
		p = (struct sst_part *)(uintptr_t)sst_run_first(m->parts.run)[m->tidied].p;
		done += 1 + p->rows.nlate + p->nmore;
		if (sst_part_tidy(m, p, e) == -1)
			return -1;
	}
	return m->tidied < m->parts.run->n ? SST_ONE : 0;
}
