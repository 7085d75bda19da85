/*
 * libsst/commitlog/mutationout.c: updates as bytes.  What depends on the set of columns alone (their
 * names, the encoding header) is made once and kept as a shape; a write then costs its rows.
 */
#include <stdlib.h>

#include "codec/out.h"
#include "commitlog/int.h"
#include "commitlog/markers.h"
#include "commitlog/mutation.h"
#include "row/serial.h"

struct shape { /* one set of columns of one table */
	const struct sst_table *table;
	struct sst_buf used; /* bits, in words: statics, then regulars */
	struct sst_arena arena;
	struct sst_header header; /* the smallest times change from write to write */
	struct sst_encoder enc;
	struct sst_buf names; /* as in the mutation */
};

struct sst_mutation_out {
	struct shape shapes[SST_SHAPES];
	size_t nshapes, next, last;
	struct sst_buf used; /* of the update at hand */
	struct sst_markers markers;
	struct sst_buf out;
};

int
sst_mutation_out_new(struct sst_mutation_out **out, struct sst_err *e)
{
	*out = calloc(1, sizeof(**out));
	return *out == NULL ? sst_fail_nomem(e) : 0;
}

static void
shape_free(struct shape *s)
{
	sst_encoder_free(&s->enc);
	sst_buf_free(&s->used);
	sst_buf_free(&s->names);
	sst_arena_free(&s->arena);
	*s = (struct shape){ 0 };
}

void
sst_mutation_out_free(struct sst_mutation_out *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < SST_SHAPES; i++)
		shape_free(&m->shapes[i]);
	sst_buf_free(&m->used);
	sst_markers_free(&m->markers);
	sst_buf_free(&m->out);
	free(m);
}

/* ---- which columns an update has ---- */

static bool
has_static(const struct sst_update *u)
{
	return u->statik != NULL && !sst_row_is_empty(u->statik);
}

static int
set_bit(uint64_t *bits, size_t n, uint32_t col, struct sst_err *e)
{
	if (col >= n)
		return sst_fail(
		    e, SST_EINVAL, NULL, SST_NOWHERE, "a cell of column %u of %zu", col, n);
	bits[col / 64] |= (uint64_t)1 << col % 64;
	return 0;
}

static int
see_columns(const struct sst_row *row, uint64_t *bits, size_t n, struct sst_err *e)
{
	size_t i;

	for (i = 0; i < row->ncells; i++)
		if (set_bit(bits, n, row->cells[i].col, e) == -1)
			return -1;
	for (i = 0; i < row->ncomplex; i++)
		if (set_bit(bits, n, row->complex[i].col, e) == -1)
			return -1;
	return 0;
}

/* A word more than the bits take says whether there is a static row. */
static int
find_used(struct sst_buf *used, const struct sst_update *u, struct sst_err *e)
{
	const struct sst_table *t = u->table;
	size_t nstatic = t->nstatic / 64 + 1, nregular = t->nregular / 64 + 1, i;
	size_t bytes = (nstatic + nregular + 1) * sizeof(uint64_t);
	uint64_t *bits;

	sst_buf_reset(used);
	if (!sst_buf_room(used, bytes))
		return sst_fail_nomem(e);
	memset(used->p, 0, bytes);
	used->n = bytes;
	bits = (void *)used->p;
	bits[nstatic + nregular] = has_static(u);
	if (has_static(u) && see_columns(u->statik, bits, t->nstatic, e) == -1)
		return -1;
	for (i = 0; i < u->nrows; i++)
		if (see_columns(&u->rows[i], bits + nstatic, t->nregular, e) == -1)
			return -1;
	return 0;
}

/* ---- shapes ---- */

static int
add_columns(struct shape *s, bool is_static, const uint64_t *bits, struct sst_err *e)
{
	const struct sst_table *t = s->table;
	const struct sst_column *c = is_static ? t->statics : t->regulars;
	size_t i, n = 0, ntable = is_static ? t->nstatic : t->nregular;
	struct sst_header_column *to = sst_arena_array(&s->arena, ntable + 1, sizeof(*to));

	if (to == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < ntable; i++)
		if (bits[i / 64] >> i % 64 & 1)
			to[n++] = (struct sst_header_column){ c[i].name, c[i].type, (uint32_t)i,
				INT64_MIN };
	sst_put_vint(&s->names, n);
	for (i = 0; i < n; i++)
		sst_put_bytesv(&s->names, to[i].name);
	if (is_static) {
		s->header.statics = to;
		s->header.nstatic = n;
	} else {
		s->header.regulars = to;
		s->header.nregular = n;
	}
	return 0;
}

static int
shape_make(
    struct shape *s, const struct sst_table *t, const struct sst_buf *used, struct sst_err *e)
{
	size_t nstatic = t->nstatic / 64 + 1, nregular = t->nregular / 64 + 1;
	const uint64_t *bits;

	s->table = t;
	sst_buf_add_slice(&s->used, sst_buf_slice(used));
	if (s->used.bad || sst_header_make(&s->header, t, &s->arena, e) == -1)
		return sst_fail_nomem(e);
	s->header.sized = false;
	s->header.nstatic = 0;
	bits = (void *)s->used.p;
	if (bits[nstatic + nregular] && add_columns(s, true, bits, e) == -1)
		return -1;
	if (add_columns(s, false, bits + nstatic, e) == -1)
		return -1;
	if (s->names.bad)
		return sst_fail_nomem(e);
	return sst_encoder_init(&s->enc, &s->header, t, e);
}

static bool
shape_is(const struct shape *s, const struct sst_table *t, const struct sst_buf *used)
{
	return s->table == t && sst_slice_eq(sst_buf_slice(&s->used), sst_buf_slice(used));
}

/* The shape of m->used: the one of last time, one that is remembered, or a new one. */
static struct shape *
shape_get(struct sst_mutation_out *m, const struct sst_table *t, struct sst_err *e)
{
	size_t i;

	if (shape_is(&m->shapes[m->last], t, &m->used))
		return &m->shapes[m->last];
	for (i = 0; i < SST_SHAPES; i++)
		if (shape_is(&m->shapes[i], t, &m->used))
			return &m->shapes[m->last = i];
	m->last = m->next;
	m->next = (m->next + 1) % SST_SHAPES;
	shape_free(&m->shapes[m->last]);
	if (shape_make(&m->shapes[m->last], t, &m->used, e) == -1) {
		shape_free(&m->shapes[m->last]);
		return NULL;
	}
	return &m->shapes[m->last];
}

/* ---- the smallest times ---- */

struct least {
	int64_t ts_us, ldt_s;
	uint32_t ttl_s;
};

static void
see_ts(struct least *l, int64_t ts_us)
{
	if (ts_us != SST_NO_TS && ts_us < l->ts_us)
		l->ts_us = ts_us;
}

static void
see_ldt(struct least *l, int64_t ldt_s)
{
	if (ldt_s < l->ldt_s)
		l->ldt_s = ldt_s;
}

static void
see_deletion(struct least *l, const struct sst_deletion *d)
{
	if (d->ts_us == SST_NO_TS)
		return;
	see_ts(l, d->ts_us);
	see_ldt(l, d->ldt_s);
}

static void
see_ttl(struct least *l, uint32_t ttl_s)
{
	if (ttl_s != 0 && ttl_s < l->ttl_s)
		l->ttl_s = ttl_s;
}

static void
see_row(struct least *l, const struct sst_row *row)
{
	size_t i;

	see_deletion(l, &row->del);
	if (row->live.ts_us != SST_NO_TS) {
		see_ts(l, row->live.ts_us);
		see_ttl(l, row->live.ttl_s);
		if (row->live.ttl_s != 0)
			see_ldt(l, row->live.expiry_s);
	}
	for (i = 0; i < row->ncells; i++) {
		see_ts(l, row->cells[i].ts_us);
		see_ldt(l, row->cells[i].ldt_s);
		see_ttl(l, row->cells[i].ttl_s);
	}
	for (i = 0; i < row->ncomplex; i++)
		see_deletion(l, &row->complex[i].del);
}

/* What there is none of has the epoch's value, as in SSTables. */
static void
set_least(struct sst_header *h, const struct sst_update *u, const struct sst_markers *markers)
{
	struct least l = { INT64_MAX, SST_NO_LDT, UINT32_MAX };
	size_t i;

	see_deletion(&l, &u->part.del);
	if (has_static(u))
		see_row(&l, u->statik);
	for (i = 0; i < u->nrows; i++)
		see_row(&l, &u->rows[i]);
	for (i = 0; i < markers->n; i++)
		see_deletion(&l, &markers->at[i].after);
	h->min_ts_us = l.ts_us == INT64_MAX ? SST_EPOCH_TS_US : l.ts_us;
	h->min_ldt_s = l.ldt_s == SST_NO_LDT ? SST_EPOCH_LDT_S : l.ldt_s;
	h->min_ttl_s = l.ttl_s == UINT32_MAX ? 0 : l.ttl_s;
}

/* ---- bytes ---- */

static void
put_times(struct sst_buf *b, const struct sst_header *h)
{
	sst_put_vint(b, (uint64_t)h->min_ts_us - (uint64_t)SST_EPOCH_TS_US);
	sst_put_vint(b, (uint64_t)(h->min_ldt_s - SST_EPOCH_LDT_S));
	sst_put_vint(b, h->min_ttl_s);
}

static int
put_partition_deletion(
    struct sst_buf *b, const struct sst_header *h, const struct sst_deletion *d, struct sst_err *e)
{
	if (d->ldt_s < 0 || d->ldt_s >= INT32_MAX)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "deletion time %jd s of a partition: 0 to %d fit", (intmax_t)d->ldt_s,
		    INT32_MAX - 1);
	sst_put_vint(b, (uint64_t)d->ts_us - (uint64_t)h->min_ts_us);
	sst_put_vint(b, (uint64_t)(d->ldt_s - h->min_ldt_s));
	return 0;
}

static size_t
count_rows(const struct sst_update *u)
{
	size_t i, n = 0;

	for (i = 0; i < u->nrows; i++)
		n += !sst_row_is_empty(&u->rows[i]);
	return n;
}

/* Rows, and before and between them the markers. */
static int
put_rows(struct sst_mutation_out *m, struct shape *s, const struct sst_update *u, struct sst_err *e)
{
	const struct sst_table *t = u->table;
	size_t row = 0, mark = 0;
	struct sst_slice bytes;
	struct sst_bound at;
	int got;

	while (row < u->nrows || mark < m->markers.n) {
		if (row < u->nrows && sst_row_is_empty(&u->rows[row])) {
			row++;
			continue;
		}
		if (row < u->nrows)
			at = (struct sst_bound){ u->rows[row].ck, t->nck, 0 };
		if (row == u->nrows ||
		    (mark < m->markers.n && sst_bound_compare(t, &m->markers.at[mark].at, &at) < 0))
			got = sst_encode_marker(&s->enc, &m->markers.at[mark++], 0, &bytes, e);
		else
			got = sst_encode_row(&s->enc, &u->rows[row++], false, 0, &bytes, e);
		if (got == -1)
			return -1;
		sst_buf_add_slice(&m->out, bytes);
	}
	return 0;
}

static int
put_content(struct sst_mutation_out *m, const struct sst_update *u, size_t nrows, struct sst_err *e)
{
	bool deleted = u->part.del.ts_us != SST_NO_TS, statik = has_static(u);
	struct sst_slice bytes;
	struct shape *s;

	if (find_used(&m->used, u, e) == -1 || (s = shape_get(m, u->table, e)) == NULL)
		return -1;
	set_least(&s->header, u, &m->markers);
	sst_put_u8(&m->out,
	    (uint8_t)((deleted ? SST_UPDATE_DELETION : 0) | (statik ? SST_UPDATE_STATIC : 0) |
		SST_UPDATE_ESTIMATE));
	put_times(&m->out, &s->header);
	sst_buf_add_slice(&m->out, sst_buf_slice(&s->names));
	if (deleted && put_partition_deletion(&m->out, &s->header, &u->part.del, e) == -1)
		return -1;
	if (statik) {
		if (sst_encode_row(&s->enc, u->statik, true, 0, &bytes, e) == -1)
			return -1;
		sst_buf_add_slice(&m->out, bytes);
	}
	sst_put_vint(&m->out, nrows);
	if (put_rows(m, s, u, e) == -1)
		return -1;
	sst_put_u8(&m->out, SST_ROW_END);
	return 0;
}

int
sst_mutation_put(struct sst_mutation_out *m, const struct sst_update *u, struct sst_slice *out,
    struct sst_err *e)
{
	static const uint8_t none[16];
	size_t nrows = count_rows(u);

	*out = (struct sst_slice){ NULL, 0 };
	if (memcmp(u->table->id, none, sizeof(none)) == 0)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "a table without an id");
	if (u->part.key.n > SST_PARTITION_KEY_MAX)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "a partition key of %zu bytes: at most %d", u->part.key.n,
		    SST_PARTITION_KEY_MAX);
	if (sst_markers_make(&m->markers, u->table, u->ranges, u->nranges, e) == -1)
		return -1;
	sst_buf_reset(&m->out);
	sst_put_vint(&m->out, 1); /* updates */
	sst_buf_add(&m->out, u->table->id, sizeof(u->table->id));
	sst_put_bytesv(&m->out, u->part.key);
	if (nrows == 0 && m->markers.n == 0 && !has_static(u) && u->part.del.ts_us == SST_NO_TS)
		sst_put_u8(&m->out, SST_UPDATE_EMPTY);
	else if (put_content(m, u, nrows, e) == -1)
		return -1;
	if (m->out.bad)
		return sst_fail_nomem(e);
	*out = sst_buf_slice(&m->out);
	return 0;
}
