/*
 * libsst/row/encode.c: rows and markers as bytes.  A row is written into one buffer in one pass: its
 * body first, behind a gap that holds any head, then the head right before it, since the head says
 * how long the body is.  Room is made once a row, from a bound, so that no single field has to ask.
 */
#include "row/serial.h"

#include <stdlib.h>

#include "codec/out.h"

#define VINT_MAX 9
#define CELL_MAX_HEAD (1 + 5 * VINT_MAX) /* flags, three times, two lengths */

static inline uint8_t *
put_vint(uint8_t *p, uint64_t v)
{
	size_t len, i;

	if (v < 0x80) {
		*p = (uint8_t)v;
		return p + 1;
	}
	len = sst_vint_len(v);
	if (len == VINT_MAX) {
		p[0] = 0xff;
		v = __builtin_bswap64(v);
		memcpy(p + 1, &v, 8);
		return p + VINT_MAX;
	}
	v |= (uint64_t)(0xff00 >> (len - 1) & 0xff) << 8 * (len - 1);
	for (i = len; i-- > 0; v >>= 8)
		p[i] = (uint8_t)v;
	return p + len;
}

static inline uint8_t *
put_slice(uint8_t *p, struct sst_slice s)
{
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return p + s.n;
}

/* Differences wrap: a smaller value than the header's comes back right, only longer. */
static inline uint8_t *
put_ts(uint8_t *p, const struct sst_header *h, int64_t ts_us)
{
	return put_vint(p, (uint64_t)ts_us - (uint64_t)h->min_ts_us);
}

/* Deletion times and TTLs are differences of 32 bits, as Cassandra narrows them. */
static inline uint8_t *
put_ldt(uint8_t *p, const struct sst_header *h, int64_t ldt_s)
{
	return put_vint(p, (uint64_t)ldt_s - (uint64_t)h->min_ldt_s);
}

static inline uint8_t *
put_ttl(uint8_t *p, const struct sst_header *h, uint32_t ttl_s)
{
	return put_vint(p, (uint64_t)ttl_s - (uint64_t)h->min_ttl_s);
}

/* None, where a row has deletions of other columns, has the largest deletion time. */
static inline uint8_t *
put_del(uint8_t *p, const struct sst_header *h, struct sst_deletion d)
{
	if (d.ts_us == SST_NO_TS)
		d.ldt_s = h->uint_ldt ? (int64_t)UINT32_MAX : INT32_MAX;
	return put_ldt(put_ts(p, h, d.ts_us), h, d.ldt_s);
}

/* Two bits a value: empty, null.  They go ahead of each 32 values. */
static uint8_t *
put_ck(uint8_t *p, const struct sst_type *const *types, size_t n, const struct sst_slice *v)
{
	size_t i, j, end;
	uint64_t bits;

	for (i = 0; i < n; i = end) {
		end = i + 32 < n ? i + 32 : n;
		for (bits = 0, j = i; j < end; j++)
			bits |= (uint64_t)(v[j].p == NULL ? 2 : v[j].n == 0) << 2 * (j - i);
		p = put_vint(p, bits);
		for (j = i; j < end; j++) {
			if (v[j].n == 0)
				continue;
			if (types[j]->fixed_len < 0)
				p = put_vint(p, v[j].n);
			p = put_slice(p, v[j]);
		}
	}
	return p;
}

static size_t
ck_bound(size_t n, const struct sst_slice *v)
{
	size_t i, len = VINT_MAX * (n / 32 + 1);

	for (i = 0; i < n; i++)
		len += VINT_MAX + v[i].n;
	return len;
}

void
sst_put_clustering(
    struct sst_buf *out, const struct sst_type *const *types, size_t n, const struct sst_slice *v)
{
	if (sst_buf_room(out, ck_bound(n, v)))
		out->n = (size_t)(put_ck(out->p + out->n, types, n, v) - out->p);
}

void
sst_put_prefix(struct sst_buf *out, const struct sst_header *h, enum sst_prefix_kind kind,
    const struct sst_slice *v, size_t n)
{
	sst_put_u8(out, (uint8_t)kind);
	if (kind != SST_CLUSTERING) /* a clustering has all its values */
		sst_put_u16(out, (uint16_t)n);
	sst_put_clustering(out, h->ck, n, v);
}

void
sst_put_deletion(struct sst_buf *out, struct sst_deletion d, bool uint_ldt)
{
	bool live = d.ts_us == SST_NO_TS;

	if (!uint_ldt) {
		sst_put_u32(out,
		    live                       ? INT32_MAX
			: d.ldt_s >= INT32_MAX ? INT32_MAX - 1
					       : (uint32_t)d.ldt_s);
		sst_put_u64(out, (uint64_t)d.ts_us);
	} else if (live)
		sst_put_u8(out, 0x80);
	else {
		sst_put_u64(out, (uint64_t)d.ts_us);
		sst_put_u32(out, (uint32_t)d.ldt_s);
	}
}

static int
map_columns(uint32_t **map, size_t ntable, const struct sst_header_column *cols, size_t n,
    struct sst_err *e)
{
	size_t i;

	*map = malloc((ntable + 1) * sizeof(**map));
	if (*map == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < ntable; i++)
		(*map)[i] = SST_NO_COLUMN;
	for (i = 0; i < n; i++)
		if (cols[i].col < ntable)
			(*map)[cols[i].col] = (uint32_t)i;
	return 0;
}

int
sst_encoder_init(struct sst_encoder *enc, const struct sst_header *h, const struct sst_table *t,
    struct sst_err *e)
{
	memset(enc, 0, sizeof(*enc));
	enc->header = h;
	enc->nstatic = t->nstatic;
	enc->nregular = t->nregular;
	if (map_columns(&enc->statics, t->nstatic, h->statics, h->nstatic, e) == -1 ||
	    map_columns(&enc->regulars, t->nregular, h->regulars, h->nregular, e) == -1) {
		sst_encoder_free(enc);
		return -1;
	}
	return 0;
}

void
sst_encoder_free(struct sst_encoder *enc)
{
	free(enc->statics);
	free(enc->regulars);
	sst_buf_free(&enc->buf);
	memset(enc, 0, sizeof(*enc));
}

/* What a row's columns are: those of the header, and the header's column of each of the table's. */
struct columns {
	const struct sst_header_column *cols;
	size_t n;
	const uint32_t *map;
	size_t ntable;
};

static struct columns
columns_of(const struct sst_encoder *enc, bool is_static)
{
	const struct sst_header *h = enc->header;

	return is_static
	    ? (struct columns){ h->statics, h->nstatic, enc->statics, enc->nstatic }
	    : (struct columns){ h->regulars, h->nregular, enc->regulars, enc->nregular };
}

static int
check_ldt(const struct sst_header *h, int64_t ldt_s, struct sst_err *e)
{
	int64_t most = h->uint_ldt ? (int64_t)UINT32_MAX - 1 : INT32_MAX - 1;

	if (ldt_s < 0 || ldt_s > most)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "deletion time %jd s does not fit this format: 0 to %jd", (intmax_t)ldt_s,
		    (intmax_t)most);
	return 0;
}

static int
check_deletion(const struct sst_header *h, struct sst_deletion d, struct sst_err *e)
{
	return d.ts_us == SST_NO_TS ? 0 : check_ldt(h, d.ldt_s, e);
}

static int
check_cell(const struct sst_header *h, const struct columns *cs, const struct sst_cell *c,
    struct sst_err *e)
{
	const struct sst_header_column *col;

	if (c->col >= cs->ntable || cs->map[c->col] == SST_NO_COLUMN)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "a cell of column %u, which the header has not", c->col);
	col = &cs->cols[cs->map[c->col]];
	if (col->type->multicell != (c->path.p != NULL))
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "cell of %.*s %s a path",
		    (int)col->name.n, (const char *)col->name.p,
		    c->path.p != NULL ? "with" : "without");
	if (c->value.n > 0 && !col->type->multicell && col->type->fixed_len >= 0 &&
	    c->value.n != (size_t)col->type->fixed_len)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "value of %.*s has %zu bytes, want %d", (int)col->name.n,
		    (const char *)col->name.p, c->value.n, col->type->fixed_len);
	return c->ldt_s == SST_NO_LDT ? 0 : check_ldt(h, c->ldt_s, e);
}

/*
 * The table's columns that a row has, one after the other: those of cells and of complex deletions,
 * each once.  Both lists ascend.
 */
struct present {
	const struct sst_row *row;
	size_t cell, complex;
};

#define NO_MORE UINT32_MAX

static inline uint32_t
present_next(struct present *p)
{
	const struct sst_row *r = p->row;
	uint32_t a = p->cell < r->ncells ? r->cells[p->cell].col : NO_MORE;
	uint32_t b = p->complex < r->ncomplex ? r->complex[p->complex].col : NO_MORE;
	uint32_t col = a < b ? a : b;

	while (p->cell < r->ncells && r->cells[p->cell].col == col)
		p->cell++;
	if (b == col && b != NO_MORE)
		p->complex++;
	return col;
}

static size_t
count_present(const struct sst_row *r)
{
	struct present p = { r, 0, 0 };
	size_t n = 0;

	while (present_next(&p) != NO_MORE)
		n++;
	return n;
}

/* Fewer than 64 columns: a bit for each that is missing. */
static uint8_t *
put_subset_bits(uint8_t *p, const struct columns *cs, const struct sst_row *r)
{
	struct present it = { r, 0, 0 };
	uint64_t missing = ((uint64_t)1 << cs->n) - 1;
	uint32_t col;

	while ((col = present_next(&it)) != NO_MORE)
		missing &= ~((uint64_t)1 << cs->map[col]);
	return put_vint(p, missing);
}

/* 64 columns or more: how many are missing, then those that are there, or those that are not. */
static uint8_t *
put_subset_list(uint8_t *p, const struct columns *cs, const struct sst_row *r, size_t npresent)
{
	struct present it = { r, 0, 0 };
	uint32_t col, next = 0;

	p = put_vint(p, cs->n - npresent);
	while ((col = present_next(&it)) != NO_MORE) {
		if (npresent < cs->n / 2) {
			p = put_vint(p, cs->map[col]);
			continue;
		}
		for (; next < cs->map[col]; next++)
			p = put_vint(p, next);
		next++;
	}
	if (npresent >= cs->n / 2)
		for (; next < cs->n; next++)
			p = put_vint(p, next);
	return p;
}

static uint8_t *
put_cell(uint8_t *p, const struct sst_header *h, const struct sst_type *type,
    const struct sst_liveness *live, const struct sst_cell *c)
{
	bool deleted = sst_cell_is_tombstone(c), expiring = c->ttl_s != 0;
	bool row_ts = live->ts_us != SST_NO_TS && c->ts_us == live->ts_us;
	bool row_ttl = expiring && live->ttl_s == c->ttl_s && live->expiry_s == c->ldt_s &&
	    live->ts_us != SST_NO_TS;

	*p++ = (uint8_t)((deleted ? SST_CELL_DELETED : 0) | (expiring ? SST_CELL_EXPIRING : 0) |
	    (c->value.n == 0 ? SST_CELL_EMPTY : 0) | (row_ts ? SST_CELL_ROW_TIMESTAMP : 0) |
	    (row_ttl ? SST_CELL_ROW_TTL : 0));
	if (!row_ts)
		p = put_ts(p, h, c->ts_us);
	if ((deleted || expiring) && !row_ttl)
		p = put_ldt(p, h, c->ldt_s);
	if (expiring && !row_ttl)
		p = put_ttl(p, h, c->ttl_s);
	if (type->multicell)
		p = put_slice(put_vint(p, c->path.n), c->path);
	if (c->value.n > 0) {
		/* Also elements of fixed length have theirs written: the length is the column's. */
		if (type->multicell || type->fixed_len < 0)
			p = put_vint(p, c->value.n);
		p = put_slice(p, c->value);
	}
	return p;
}

/* A multicell column: its deletion where the row has any such, the number of cells, the cells. */
static uint8_t *
put_complex(uint8_t *p, const struct sst_header *h, const struct sst_type *type, uint32_t col,
    const struct sst_row *r, size_t *icell, size_t *icomplex)
{
	struct sst_deletion del = SST_LIVE;
	size_t end = *icell;

	if (*icomplex < r->ncomplex && r->complex[*icomplex].col == col)
		del = r->complex[(*icomplex)++].del;
	if (r->ncomplex > 0)
		p = put_del(p, h, del);
	while (end < r->ncells && r->cells[end].col == col)
		end++;
	p = put_vint(p, end - *icell);
	for (; *icell < end; ++*icell)
		p = put_cell(p, h, type, &r->live, &r->cells[*icell]);
	return p;
}

static uint8_t *
put_cells(uint8_t *p, const struct sst_header *h, const struct columns *cs, const struct sst_row *r)
{
	size_t cell = 0, complex = 0;
	const struct sst_type *type;
	uint32_t col;

	while (cell < r->ncells || complex < r->ncomplex) {
		col = cell < r->ncells ? r->cells[cell].col : NO_MORE;
		if (complex < r->ncomplex && r->complex[complex].col < col)
			col = r->complex[complex].col;
		type = cs->cols[cs->map[col]].type;
		if (type->multicell)
			p = put_complex(p, h, type, col, r, &cell, &complex);
		else
			p = put_cell(p, h, type, &r->live, &r->cells[cell++]);
	}
	return p;
}

/* Two deletions, one shadowable over the other, are ScyllaDB's form: Cassandra has one a row. */
static bool
has_both(const struct sst_row *r)
{
	return r->del.ts_us != SST_NO_TS && sst_row_under(r).ts_us != SST_NO_TS;
}

static uint8_t *
put_body(uint8_t *p, const struct sst_header *h, const struct columns *cs, const struct sst_row *r,
    size_t npresent)
{
	if (r->live.ts_us != SST_NO_TS)
		p = put_ts(p, h, r->live.ts_us);
	if (r->live.ts_us != SST_NO_TS && r->live.ttl_s != 0)
		p = put_ldt(put_ttl(p, h, r->live.ttl_s), h, r->live.expiry_s);
	if (has_both(r))
		p = put_del(p, h, r->under);
	if (r->del.ts_us != SST_NO_TS)
		p = put_del(p, h, r->del);
	if (npresent < cs->n)
		p = cs->n < 64 ? put_subset_bits(p, cs, r) : put_subset_list(p, cs, r, npresent);
	return put_cells(p, h, cs, r);
}

/* Checks all of a row before a byte is written, and gives a bound of its body. */
static int
check_row(const struct sst_encoder *enc, const struct columns *cs, const struct sst_row *r,
    size_t *bound, struct sst_err *e)
{
	const struct sst_header *h = enc->header;
	size_t i, n = 10 * VINT_MAX + 3 * cs->n;

	*bound = 0;
	if (check_deletion(h, r->del, e) == -1 || check_deletion(h, sst_row_under(r), e) == -1)
		return -1;
	if (has_both(r) && !h->sized)
		return sst_fail(e, SST_EUNSUPPORTED, NULL, SST_NOWHERE,
		    "row with a deletion and a later shadowable one: logs have no form for both");
	if (r->live.ts_us != SST_NO_TS && r->live.ttl_s != 0 &&
	    check_ldt(h, r->live.expiry_s, e) == -1)
		return -1;
	for (i = 0; i < r->ncomplex; i++) {
		if (r->complex[i].col >= cs->ntable ||
		    cs->map[r->complex[i].col] == SST_NO_COLUMN ||
		    !cs->cols[cs->map[r->complex[i].col]].type->multicell)
			return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
			    "a deletion of column %u, which is no multicell column of the header",
			    r->complex[i].col);
		if (check_deletion(h, r->complex[i].del, e) == -1)
			return -1;
		n += 3 * VINT_MAX;
	}
	for (i = 0; i < r->ncells; i++) {
		if (check_cell(h, cs, &r->cells[i], e) == -1)
			return -1;
		n += CELL_MAX_HEAD + 3 * VINT_MAX + r->cells[i].path.n + r->cells[i].value.n;
	}
	*bound = n;
	return 0;
}

static int
check_ck(const struct sst_header *h, const struct sst_slice *v, size_t n, struct sst_err *e)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (v[i].n > 0 && h->ck[i]->fixed_len >= 0 && v[i].n != (size_t)h->ck[i]->fixed_len)
			return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
			    "clustering value %zu has %zu bytes, want %d", i, v[i].n,
			    h->ck[i]->fixed_len);
	return 0;
}

/* Puts the sizes between head and body, which lie at head..head_end and body..end. */
static struct sst_slice
join(uint8_t *head, uint8_t *head_end, uint8_t *body, uint8_t *end, uint64_t prev, bool sized)
{
	size_t head_len = (size_t)(head_end - head), sizes_len;
	uint8_t sizes[2 * VINT_MAX], *p = sizes;

	if (sized)
		p = put_vint(put_vint(p, (uint64_t)(end - body) + sst_vint_len(prev)), prev);
	sizes_len = (size_t)(p - sizes);
	body -= sizes_len;
	memcpy(body, sizes, sizes_len);
	body -= head_len;
	memmove(body, head, head_len);
	return (struct sst_slice){ body, (size_t)(end - body) };
}

static uint8_t
row_flags(const struct sst_row *r, bool all, bool extended)
{
	bool ts = r->live.ts_us != SST_NO_TS;

	return (uint8_t)((ts ? SST_ROW_TIMESTAMP : 0) |
	    (ts && r->live.ttl_s != 0 ? SST_ROW_TTL : 0) |
	    (r->del.ts_us != SST_NO_TS ? SST_ROW_DELETION : 0) | (all ? SST_ROW_ALL_COLUMNS : 0) |
	    (r->ncomplex > 0 ? SST_ROW_COMPLEX_DELETION : 0) | (extended ? SST_ROW_EXTENDED : 0));
}

int
sst_encode_row(struct sst_encoder *enc, const struct sst_row *r, bool is_static, uint64_t prev,
    struct sst_slice *out, struct sst_err *e)
{
	const struct sst_header *h = enc->header;
	struct columns cs = columns_of(enc, is_static);
	size_t gap, bound, npresent, nck = is_static ? 0 : h->nck;
	bool shadowable = r->shadowable && r->del.ts_us != SST_NO_TS;
	uint8_t *p, *body;

	if (check_row(enc, &cs, r, &bound, e) == -1 || check_ck(h, r->ck, nck, e) == -1)
		return -1;
	gap = 2 + ck_bound(nck, r->ck) + 2 * VINT_MAX;
	sst_buf_reset(&enc->buf);
	if (!sst_buf_room(&enc->buf, gap + bound))
		return sst_fail_nomem(e);
	npresent = count_present(r);
	p = enc->buf.p;
	*p++ = row_flags(r, npresent == cs.n, is_static || shadowable);
	if (is_static || shadowable)
		*p++ = (uint8_t)((is_static ? SST_EXT_STATIC : 0) |
		    (!shadowable          ? 0
			    : has_both(r) ? SST_EXT_SCYLLA_SHADOWABLE
					  : SST_EXT_SHADOWABLE));
	p = put_ck(p, h->ck, nck, r->ck);
	body = enc->buf.p + gap;
	*out = join(enc->buf.p, p, body, put_body(body, h, &cs, r, npresent), prev, h->sized);
	return 0;
}

int
sst_encode_marker(struct sst_encoder *enc, const struct sst_marker *m, uint64_t prev,
    struct sst_slice *out, struct sst_err *e)
{
	const struct sst_header *h = enc->header;
	uint8_t *p, *body, *end;
	size_t gap;

	if (check_deletion(h, m->before, e) == -1 || check_deletion(h, m->after, e) == -1)
		return -1;
	if (m->at.n > h->nck || m->at.side == 0 ||
	    (m->before.ts_us == SST_NO_TS && m->after.ts_us == SST_NO_TS))
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "a marker of %zu values on side %d that changes no deletion", m->at.n,
		    m->at.side);
	if (check_ck(h, m->at.ck, m->at.n, e) == -1)
		return -1;
	gap = 4 + ck_bound(m->at.n, m->at.ck) + 2 * VINT_MAX;
	sst_buf_reset(&enc->buf);
	if (!sst_buf_room(&enc->buf, gap + 4 * VINT_MAX))
		return sst_fail_nomem(e);
	p = enc->buf.p;
	*p++ = SST_ROW_MARKER;
	*p++ = (uint8_t)sst_marker_kind(m);
	*p++ = (uint8_t)(m->at.n >> 8);
	*p++ = (uint8_t)m->at.n;
	p = put_ck(p, h->ck, m->at.n, m->at.ck);
	end = body = enc->buf.p + gap;
	if (m->before.ts_us != SST_NO_TS)
		end = put_del(end, h, m->before);
	if (m->after.ts_us != SST_NO_TS)
		end = put_del(end, h, m->after);
	*out = join(enc->buf.p, p, body, end, prev, h->sized);
	return 0;
}
