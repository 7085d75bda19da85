/* memtable/packed.c */
#include "memtable/packed.h"

#include "codec/out.h"

enum { /* of a row */
	HAS_LIVE = 1,
	HAS_TTL = 2,
	HAS_DELETION = 4,
	IS_SHADOWABLE = 8,
	HAS_COMPLEX = 16,
	HAS_UNDER = 32
};

enum { /* of a cell, under its column */
	OWN_TS = 1,
	EXPIRES = 2,
	DELETED = 4,
	HAS_PATH = 8,
	FLAG_BITS = 4
};

#define NUMBER_MAX ((size_t)10) /* bytes of one number */

static uint8_t *
put(uint8_t *p, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		*p++ = (uint8_t)(v | 0x80);
	*p++ = (uint8_t)v;
	return p;
}

static uint64_t
get(const uint8_t **p)
{
	uint64_t v = *(*p)++;
	unsigned shift;

	if (v < 0x80)
		return v;
	v &= 0x7f;
	for (shift = 7;; shift += 7) {
		v |= (uint64_t)(**p & 0x7f) << shift;
		if (*(*p)++ < 0x80)
			return v;
	}
}

/* Steps wrap, so that any two times have one. */
static uint8_t *
put_step(uint8_t *p, int64_t v, int64_t base)
{
	return put(p, sst_zigzag((int64_t)((uint64_t)v - (uint64_t)base)));
}

static int64_t
get_step(const uint8_t **p, int64_t base)
{
	uint64_t v = get(p);

	return (int64_t)((v >> 1 ^ (0 - (v & 1))) + (uint64_t)base);
}

static uint8_t *
put_value(uint8_t *p, struct sst_slice s)
{
	if (s.p == NULL)
		return put(p, 0);
	p = put(p, (uint64_t)s.n + 1);
	memcpy(p, s.p, s.n);
	return p + s.n;
}

static struct sst_slice
get_value(const uint8_t **p)
{
	uint64_t n = get(p);
	struct sst_slice s = { NULL, 0 };

	if (n > 0) {
		s = (struct sst_slice){ *p, n - 1 };
		*p += n - 1;
	}
	return s;
}

/* More than the row will take. */
static size_t
size_max(const struct sst_row *row, size_t nck)
{
	size_t n = 96 + NUMBER_MAX * (nck + 3 * row->ncomplex + 6 * row->ncells), i;

	for (i = 0; i < nck; i++)
		n += row->ck[i].n;
	for (i = 0; i < row->ncells; i++)
		n += row->cells[i].value.n + row->cells[i].path.n;
	return n;
}

/* The time that most of the row was written at. */
static int64_t
base_ts(const struct sst_row *row)
{
	return row->live.ts_us != SST_NO_TS ? row->live.ts_us
	    : row->ncells > 0               ? row->cells[0].ts_us
					    : row->del.ts_us;
}

static uint8_t *
put_head(uint8_t *p, const struct sst_row *row, int64_t base)
{
	bool live = row->live.ts_us != SST_NO_TS, del = row->del.ts_us != SST_NO_TS;
	struct sst_deletion below = sst_row_under(row);
	bool under = below.ts_us != SST_NO_TS;
	size_t i;

	memcpy(p, &base, 8);
	p += 8;
	*p++ = (uint8_t)((live ? HAS_LIVE : 0) | (live && row->live.ttl_s != 0 ? HAS_TTL : 0) |
	    (del ? HAS_DELETION : 0) | (row->shadowable ? IS_SHADOWABLE : 0) |
	    (under ? HAS_UNDER : 0) | (row->ncomplex > 0 ? HAS_COMPLEX : 0));
	if (live && row->live.ttl_s != 0) {
		p = put(p, row->live.ttl_s);
		p = put_step(p, row->live.expiry_s, 0);
	}
	if (del) {
		p = put_step(p, row->del.ts_us, base);
		p = put_step(p, row->del.ldt_s, 0);
	}
	if (under) {
		p = put_step(p, below.ts_us, base);
		p = put_step(p, below.ldt_s, 0);
	}
	if (row->ncomplex > 0)
		p = put(p, row->ncomplex);
	for (i = 0; i < row->ncomplex; i++) {
		p = put(p, row->complex[i].col);
		p = put_step(p, row->complex[i].del.ts_us, base);
		p = put_step(p, row->complex[i].del.ldt_s, 0);
	}
	return p;
}

static uint8_t *
put_cell(uint8_t *p, const struct sst_cell *c, uint32_t step, int64_t base)
{
	bool dead = sst_cell_is_tombstone(c);
	unsigned flags = (c->ts_us != base ? OWN_TS : 0u) | (c->ttl_s != 0 ? EXPIRES : 0u) |
	    (dead ? DELETED : 0u) | (c->path.p != NULL ? HAS_PATH : 0u);

	p = put(p, (uint64_t)step << FLAG_BITS | flags);
	if (flags & OWN_TS)
		p = put_step(p, c->ts_us, base);
	if (flags & EXPIRES)
		p = put(p, c->ttl_s);
	if (flags & (EXPIRES | DELETED))
		p = put_step(p, c->ldt_s, 0);
	if (flags & HAS_PATH)
		p = put_value(p, c->path);
	return dead ? p : put_value(p, c->value);
}

const uint8_t *
sst_packed_new(const struct sst_row *row, size_t nck, struct sst_arena *a)
{
	uint8_t *packed = sst_arena_alloc(a, size_max(row, nck)), *p = packed;
	int64_t base = base_ts(row);
	uint32_t col = 0;
	size_t i;

	if (packed == NULL)
		return NULL;
	for (i = 0; i < nck; i++)
		p = put_value(p, row->ck[i]);
	p = put_head(p, row, base);
	p = put(p, row->ncells);
	for (i = 0; i < row->ncells; i++) {
		p = put_cell(p, &row->cells[i], row->cells[i].col - col, base);
		col = row->cells[i].col;
	}
	a->p = packed + ((size_t)(p - packed + 7) & ~(size_t)7); /* gives the rest back */
	return packed;
}

void
sst_packed_ck(const uint8_t *p, struct sst_slice *ck, size_t nck)
{
	size_t i;

	for (i = 0; i < nck; i++)
		ck[i] = get_value(&p);
}

static int64_t
get_head(struct sst_row *row, const uint8_t **p)
{
	int64_t base;
	unsigned flags;

	memcpy(&base, *p, 8);
	flags = (*p)[8];
	*p += 9;
	row->live = (struct sst_liveness){ flags & HAS_LIVE ? base : SST_NO_TS, 0, SST_NO_LDT };
	if (flags & HAS_TTL) {
		row->live.ttl_s = (uint32_t)get(p);
		row->live.expiry_s = get_step(p, 0);
	}
	row->del = row->under = SST_LIVE;
	if (flags & HAS_DELETION) {
		row->del.ts_us = get_step(p, base);
		row->del.ldt_s = get_step(p, 0);
	}
	if (flags & HAS_UNDER) {
		row->under.ts_us = get_step(p, base);
		row->under.ldt_s = get_step(p, 0);
	}
	row->shadowable = flags & IS_SHADOWABLE;
	row->ncomplex = flags & HAS_COMPLEX ? get(p) : 0;
	return base;
}

static void
get_cell(struct sst_cell *c, const uint8_t **p, uint32_t col, int64_t base)
{
	uint64_t head = get(p);

	c->col = col + (uint32_t)(head >> FLAG_BITS);
	c->ts_us = head & OWN_TS ? get_step(p, base) : base;
	c->ttl_s = head & EXPIRES ? (uint32_t)get(p) : 0;
	c->ldt_s = head & (EXPIRES | DELETED) ? get_step(p, 0) : SST_NO_LDT;
	c->path = head & HAS_PATH ? get_value(p) : (struct sst_slice){ NULL, 0 };
	c->value = head & DELETED ? SST_SLICE_LIT("") : get_value(p);
}

int
sst_packed_open(
    struct sst_row *row, const uint8_t *p, size_t nck, struct sst_arena *a, struct sst_err *e)
{
	struct sst_complex_deletion *complex;
	struct sst_slice *ck = sst_arena_array(a, nck, sizeof(*ck));
	struct sst_cell *cells;
	uint32_t col = 0;
	int64_t base;
	size_t i;

	if (ck == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < nck; i++)
		ck[i] = get_value(&p);
	row->ck = ck;
	base = get_head(row, &p);
	if ((complex = sst_arena_array(a, row->ncomplex, sizeof(*complex))) == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < row->ncomplex; i++) {
		complex[i].col = (uint32_t)get(&p);
		complex[i].del.ts_us = get_step(&p, base);
		complex[i].del.ldt_s = get_step(&p, 0);
	}
	row->complex = complex;
	row->ncells = get(&p);
	if ((cells = sst_arena_array(a, row->ncells, sizeof(*cells))) == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < row->ncells; i++) {
		get_cell(&cells[i], &p, col, base);
		col = cells[i].col;
	}
	row->cells = cells;
	return 0;
}
