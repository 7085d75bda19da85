/*
 * libsst/row/decode.c: the read side of Cassandra's row encoding.  Heads are read from bytes that may
 * end too early (the caller then has more), bodies from bytes that are all there.
 */
#include <stdlib.h>

#include "base/num.h"
#include "row/reconcile.h"
#include "row/serial.h"

#define EXT_KNOWN (SST_EXT_STATIC | SST_EXT_SHADOWABLE | SST_EXT_SCYLLA_SHADOWABLE)
#define CELLS 16 /* to begin with */
#define NOT_PLAIN (SST_ROW_END | SST_ROW_MARKER | SST_ROW_EXTENDED | SST_ROW_TTL)
#define CK_BATCH 32 /* clustering values that share a word of two bits each */

static inline int64_t
get_ts(const struct sst_header *h, struct sst_in *in)
{
	return (int64_t)((uint64_t)h->min_ts_us + sst_get_vint(in));
}

/* Seconds wrap at 32 bits: what does not fit was written negative, as nine bytes. */
static int64_t
get_ldt(const struct sst_header *h, struct sst_in *in)
{
	uint64_t v = sst_get_vint(in);
	uint32_t t = (uint32_t)v + (uint32_t)h->min_ldt_s;

	if (v > UINT32_MAX && (int64_t)v != (int32_t)v)
		in->bad = true;
	if (!h->uint_ldt)
		return (int32_t)t;
	return t == UINT32_MAX ? SST_NO_LDT : t;
}

static uint32_t
get_ttl(const struct sst_header *h, struct sst_in *in)
{
	uint64_t v = sst_get_vint(in) + h->min_ttl_s;

	if (v > INT32_MAX)
		in->bad = true;
	return (uint32_t)v;
}

static struct sst_deletion
get_delta_deletion(const struct sst_header *h, struct sst_in *in)
{
	struct sst_deletion d;

	d.ts_us = get_ts(h, in);
	d.ldt_s = get_ldt(h, in);
	return d.ts_us == SST_NO_TS ? SST_LIVE : d;
}

struct sst_deletion
sst_get_deletion(struct sst_in *in, bool uint_ldt)
{
	struct sst_deletion d;
	uint32_t t;

	if (uint_ldt) { /* the first byte's sign says that there is none */
		uint8_t first = sst_get_u8(in);

		if (first & 0x80) {
			if (first != 0x80)
				in->bad = true;
			return SST_LIVE;
		}
		d.ts_us = (int64_t)((uint64_t)first << 56 | sst_get_be(in, 7));
		t = sst_get_u32(in);
		d.ldt_s = t == UINT32_MAX ? SST_NO_LDT : t;
		return d;
	}
	d.ldt_s = (int32_t)sst_get_u32(in);
	d.ts_us = (int64_t)sst_get_u64(in);
	return d.ts_us == SST_NO_TS ? SST_LIVE : d;
}

static inline struct sst_slice
get_value(struct sst_in *in, const struct sst_type *type)
{
	if (type->fixed_len >= 0)
		return sst_get_bytes(in, (size_t)type->fixed_len);
	return sst_get_bytesv(in);
}

__attribute__((always_inline)) static inline void
get_clustering(
    struct sst_in *in, const struct sst_type *const *types, size_t n, struct sst_slice *v)
{
	uint64_t bits = 0;
	size_t i;

	for (i = 0; i < n; i++, bits >>= 2) {
		if (i % CK_BATCH == 0)
			bits = sst_get_vint(in);
		if (bits & 2)
			v[i] = (struct sst_slice){ NULL, 0 };
		else if (bits & 1)
			v[i] = SST_SLICE_LIT("");
		else
			v[i] = get_value(in, types[i]);
	}
}

void
sst_get_clustering(
    struct sst_in *in, const struct sst_type *const *types, size_t n, struct sst_slice *v)
{
	get_clustering(in, types, n, v);
}

static int
prefix_side(enum sst_prefix_kind kind)
{
	return kind == SST_CLUSTERING ? 0 : kind < SST_CLUSTERING ? -1 : 1;
}

void
sst_get_prefix(struct sst_in *in, const struct sst_header *h, struct sst_slice *v,
    struct sst_bound *bound, enum sst_prefix_kind *kind)
{
	uint8_t k = sst_get_u8(in);
	size_t n = k == SST_CLUSTERING ? h->nck : sst_get_u16(in);

	*bound = (struct sst_bound){ v, 0, 0 };
	if (kind != NULL)
		*kind = (enum sst_prefix_kind)(k & 7);
	if (k > SST_EXCL_START || k == SST_PREFIX_STATIC || n > h->nck) {
		in->bad = true;
		return;
	}
	sst_get_clustering(in, h->ck, n, v);
	bound->n = in->bad ? 0 : n;
	bound->side = prefix_side((enum sst_prefix_kind)k);
}

int
sst_decoder_init(struct sst_decoder *d, const struct sst_header *h, struct sst_err *e)
{
	size_t ncols = 1 + (h->nregular > h->nstatic ? h->nregular : h->nstatic), nck = h->nck + 1;
	size_t complex = 2 * nck * sizeof(*d->ck), cols = complex + ncols * sizeof(*d->complex);

	memset(d, 0, sizeof(*d));
	d->header = h;
	d->cells_cap = CELLS;
	d->room = calloc(1, cols + ncols * sizeof(*d->cols)); /* one: a page opens many */
	d->cells = malloc(d->cells_cap * sizeof(*d->cells));
	if (d->room == NULL || d->cells == NULL) {
		sst_decoder_free(d);
		return sst_fail_nomem(e);
	}
	d->ck = d->room;
	d->ck_spare = d->ck + nck;
	d->complex = (struct sst_complex_deletion *)((uint8_t *)d->room + complex);
	d->cols = (uint32_t *)((uint8_t *)d->room + cols);
	return 0;
}

void
sst_decoder_free(struct sst_decoder *d)
{
	free(d->room);
	free(d->cells);
	memset(d, 0, sizeof(*d));
}

static int
decode_marker_head(
    struct sst_decoder *d, struct sst_in *in, struct sst_row_head *head, struct sst_err *e)
{
	uint64_t at = in->off - 1;
	uint8_t kind;

	if (head->flags != SST_ROW_MARKER)
		return sst_fail(e, SST_EDAMAGED, NULL, at, "flags %02x of a range tombstone marker",
		    head->flags);
	kind = sst_get_u8(in);
	head->nck = sst_get_u16(in);
	if (in->bad)
		return SST_ONE;
	if (kind > SST_EXCL_START || kind == SST_PREFIX_STATIC || kind == SST_CLUSTERING)
		return sst_fail(
		    e, SST_EDAMAGED, NULL, at + 1, "kind %u of a range tombstone marker", kind);
	if (head->nck > d->header->nck)
		return sst_fail(e, SST_EDAMAGED, NULL, at + 2,
		    "%zu clustering values in a marker, the table has %zu", head->nck,
		    d->header->nck);
	head->kind = (enum sst_prefix_kind)kind;
	sst_get_clustering(in, d->header->ck, head->nck, d->ck);
	return SST_ONE;
}

int
sst_decode_head(
    struct sst_decoder *d, struct sst_in *in, struct sst_row_head *head, struct sst_err *e)
{
	const struct sst_header *h = d->header;
	uint64_t at = in->off;
	int r = SST_ONE;

	*head = (struct sst_row_head){ .flags = sst_get_u8(in), .kind = SST_CLUSTERING };
	if (in->bad)
		return SST_ONE;
	if (!(head->flags & NOT_PLAIN) && h->sized) {
		struct sst_in local = *in; /* stays in registers */

		head->nck = h->nck;
		get_clustering(&local, h->ck, h->nck, d->ck);
		head->body = sst_get_vint(&local);
		*in = local;
		return SST_ONE;
	}
	if (head->flags & SST_ROW_END) {
		if (head->flags != SST_ROW_END)
			return sst_fail(
			    e, SST_EDAMAGED, NULL, at, "flags %02x of a row", head->flags);
		return 0;
	}
	if (head->flags & SST_ROW_MARKER)
		r = decode_marker_head(d, in, head, e);
	else {
		if (head->flags & SST_ROW_EXTENDED)
			head->ext = sst_get_u8(in);
		if (head->ext & (uint8_t)~EXT_KNOWN)
			return sst_fail(e, SST_EDAMAGED, NULL, at + 1,
			    "extended flags %02x of a row", head->ext);
		if ((head->flags & (SST_ROW_TTL | SST_ROW_TIMESTAMP)) == SST_ROW_TTL)
			return sst_fail(e, SST_EDAMAGED, NULL, at,
			    "flags %02x of a row: a TTL without a write time", head->flags);
		if (!(head->ext & SST_EXT_STATIC)) {
			head->nck = h->nck;
			sst_get_clustering(in, h->ck, h->nck, d->ck);
		}
	}
	if (h->sized && r == SST_ONE)
		head->body = sst_get_vint(in);
	return r;
}

static int
decode_marker(struct sst_decoder *d, struct sst_in *in, const struct sst_row_head *head,
    struct sst_item *item)
{
	struct sst_marker *m = &item->marker;
	struct sst_deletion del = get_delta_deletion(d->header, in);

	item->kind = SST_MARKER;
	m->at = (struct sst_bound){ d->ck, head->nck, prefix_side(head->kind) };
	m->before = m->after = SST_LIVE;
	switch (head->kind) {
	case SST_EXCL_END:
	case SST_INCL_END:
		m->before = del;
		break;
	case SST_INCL_START:
	case SST_EXCL_START:
		m->after = del;
		break;
	default: /* a boundary: where one ends and the next begins */
		m->before = del;
		m->after = get_delta_deletion(d->header, in);
		break;
	}
	return 0;
}

/* A cell's flags that contradict each other or the row. */
static bool
flags_are_wrong(uint8_t flags, const struct sst_row *row)
{
	uint8_t both = SST_CELL_DELETED | SST_CELL_EXPIRING;

	return (flags & 0xe0) != 0 || (flags & both) == both ||
	    ((flags & SST_CELL_ROW_TTL) != 0 && row->live.ttl_s == 0) ||
	    ((flags & SST_CELL_ROW_TIMESTAMP) != 0 && row->live.ts_us == SST_NO_TS);
}

/* One cell of a column; wrong flags poison `in`. */
__attribute__((always_inline)) static inline void
get_cell(const struct sst_header *h, const struct sst_header_column *c, struct sst_in *in,
    const struct sst_row *row, struct sst_cell *cell)
{
	uint8_t flags = sst_get_u8(in);

	cell->col = c->col;
	cell->ttl_s = 0;
	cell->ts_us = row->live.ts_us;
	cell->ldt_s = SST_NO_LDT;
	cell->path = (struct sst_slice){ NULL, 0 };
	if (flags != SST_CELL_ROW_TIMESTAMP || row->live.ts_us == SST_NO_TS) {
		if (flags_are_wrong(flags, row)) {
			in->bad = true;
			return;
		}
		if (!(flags & SST_CELL_ROW_TIMESTAMP))
			cell->ts_us = get_ts(h, in);
		if (flags & SST_CELL_ROW_TTL) {
			cell->ttl_s = row->live.ttl_s;
			cell->ldt_s = row->live.expiry_s;
		} else if (flags & (SST_CELL_DELETED | SST_CELL_EXPIRING)) {
			cell->ldt_s = get_ldt(h, in);
			if (flags & SST_CELL_EXPIRING) {
				cell->ttl_s = get_ttl(h, in);
				in->bad |= cell->ttl_s == 0; /* would be a tombstone */
			}
		}
	}
	if (c->type->multicell)
		cell->path = sst_get_bytesv(in);
	if (flags & SST_CELL_EMPTY)
		cell->value = SST_SLICE_LIT("");
	else
		cell->value = get_value(in, c->type);
}

static bool
is_kept(const struct sst_header_column *c, int64_t ts_us)
{
	return c->col != SST_NO_COLUMN && (c->dropped_us == INT64_MIN || ts_us > c->dropped_us);
}

__attribute__((noinline)) static bool
grow_cells(struct sst_decoder *d)
{
	size_t cap = 2 * d->cells_cap;
	struct sst_cell *p = realloc(d->cells, cap * sizeof(*p));

	if (p == NULL)
		return false;
	d->cells = p;
	d->cells_cap = cap;
	return true;
}

__attribute__((noinline)) static int
decode_complex(struct sst_decoder *d, const struct sst_header_column *c, struct sst_in *in,
    struct sst_row *row, bool deletions, struct sst_err *e)
{
	struct sst_slice prev = { NULL, 0 };
	struct sst_cell *cell;
	uint64_t i, n;

	if (deletions) {
		struct sst_deletion del = get_delta_deletion(d->header, in);

		if (del.ts_us != SST_NO_TS && is_kept(c, del.ts_us))
			d->complex[row->ncomplex++] = (struct sst_complex_deletion){ c->col, del };
	}
	n = sst_get_vint(in);
	if (n > sst_in_left(in)) /* a cell takes a byte at least */
		in->bad = true;
	for (i = 0; i < n && !in->bad; i++) {
		if (row->ncells == d->cells_cap && !grow_cells(d))
			return sst_fail_nomem(e);
		cell = &d->cells[row->ncells];
		get_cell(d->header, c, in, row, cell);
		if (in->bad)
			break;
		if (prev.p != NULL &&
		    sst_type_compare(sst_type_path(c->type), prev, cell->path) >= 0)
			return sst_fail(
			    e, SST_EDAMAGED, NULL, in->off, "elements of a column out of order");
		prev = cell->path;
		if (is_kept(c, cell->ts_us))
			row->ncells++;
	}
	return 0;
}

__attribute__((always_inline)) static inline int
decode_column(struct sst_decoder *d, const struct sst_header_column *c, struct sst_in *in,
    struct sst_row *row, bool deletions, struct sst_err *e)
{
	if (c->type->multicell)
		return decode_complex(d, c, in, row, deletions, e);
	if (row->ncells == d->cells_cap && !grow_cells(d))
		return sst_fail_nomem(e);
	get_cell(d->header, c, in, row, &d->cells[row->ncells]);
	if (is_kept(c, d->cells[row->ncells].ts_us))
		row->ncells++;
	return 0;
}

/*
 * The list form of which of n columns there are, for 64 and more of them: how many are missing, then
 * the indices of those present if they are fewer than half, else of those missing.  Fills d->cols
 * and *ncols; false when the list is wrong.
 */
static bool
get_large_subset(
    struct sst_decoder *d, struct sst_in *in, size_t n, uint64_t missing, size_t *ncols)
{
	bool present = missing <= n && n - missing < n / 2;
	uint64_t i, listed = present ? n - missing : missing, v, next = 0;

	*ncols = 0;
	if (missing > n)
		return false;
	for (i = 0; i < listed; i++) {
		v = sst_get_vint(in);
		if (in->bad || v >= n || v < next)
			return false;
		if (present)
			d->cols[(*ncols)++] = (uint32_t)v;
		else
			for (; next < v; next++)
				d->cols[(*ncols)++] = (uint32_t)next;
		next = v + 1;
	}
	for (; !present && next < n; next++)
		d->cols[(*ncols)++] = (uint32_t)next;
	return true;
}

static int
decode_subset(struct sst_decoder *d, const struct sst_header_column *cols, size_t n,
    struct sst_in *in, struct sst_row *row, bool deletions, struct sst_err *e)
{
	uint64_t missing = sst_get_vint(in), mask;
	size_t i, ncols;

	if (n < 64) {
		if (missing >> n != 0)
			return sst_fail(e, SST_EDAMAGED, NULL, in->off,
			    "missing columns %#jx of %zu", (uintmax_t)missing, n);
		for (mask = ~missing & ((UINT64_C(1) << n) - 1); mask != 0; mask &= mask - 1)
			if (decode_column(d, &cols[__builtin_ctzll(mask)], in, row, deletions, e) ==
			    -1)
				return -1;
		return 0;
	}
	if (!get_large_subset(d, in, n, missing, &ncols))
		return sst_fail(e, SST_EDAMAGED, NULL, in->off,
		    "list of %ju missing columns of %zu", (uintmax_t)missing, n);
	for (i = 0; i < ncols; i++)
		if (decode_column(d, &cols[d->cols[i]], in, row, deletions, e) == -1)
			return -1;
	return 0;
}

/* ScyllaDB writes a shadowable deletion beside the row's own one, where it says nothing if it is not
 * later. */
static void
get_scylla_shadowable(const struct sst_header *h, struct sst_in *in, struct sst_row *row)
{
	struct sst_deletion del = get_delta_deletion(h, in);

	if (!sst_deletion_supersedes(&del, &row->del))
		return;
	row->under = row->del;
	row->del = del;
	row->shadowable = true;
}

static int
decode_row(struct sst_decoder *d, struct sst_in *in, const struct sst_row_head *head,
    struct sst_item *item, struct sst_err *e)
{
	const struct sst_header *h = d->header;
	bool is_static = head->ext & SST_EXT_STATIC,
	     deletions = head->flags & SST_ROW_COMPLEX_DELETION;
	const struct sst_header_column *cols = is_static ? h->statics : h->regulars;
	size_t i, n = is_static ? h->nstatic : h->nregular;
	struct sst_row *row = &item->row;

	item->kind = is_static ? SST_STATIC : SST_ROW;
	*row = (struct sst_row){ .ck = is_static ? NULL : d->ck,
		.live = { SST_NO_TS, 0, SST_NO_LDT },
		.del = SST_LIVE,
		.under = SST_LIVE };
	if (head->flags & SST_ROW_TIMESTAMP)
		row->live.ts_us = get_ts(h, in);
	if (head->flags & SST_ROW_TTL) {
		row->live.ttl_s = get_ttl(h, in);
		row->live.expiry_s = get_ldt(h, in);
		in->bad |= row->live.ttl_s == 0;
	}
	if (head->flags & SST_ROW_DELETION) {
		row->del = get_delta_deletion(h, in);
		row->shadowable = head->ext & SST_EXT_SHADOWABLE;
	}
	if (head->ext & SST_EXT_SCYLLA_SHADOWABLE)
		get_scylla_shadowable(h, in, row);
	if (!(head->flags & SST_ROW_ALL_COLUMNS)) {
		if (decode_subset(d, cols, n, in, row, deletions, e) == -1)
			return -1;
	} else
		for (i = 0; i < n; i++)
			if (decode_column(d, &cols[i], in, row, deletions, e) == -1)
				return -1;
	row->cells = d->cells;
	row->complex = d->complex;
	return 0;
}

int
sst_decode_body(struct sst_decoder *d, struct sst_in *in, const struct sst_row_head *head,
    struct sst_item *item, struct sst_err *e)
{
	/* A copy whose address is not taken in the hot loops stays in registers.  Member by member: a
	 * load of two that were stored one by one waits for both. */
	struct sst_in local = { in->p, in->end, in->off, in->bad };
	int r;

	if (d->header->sized)
		(void)sst_get_vint(&local); /* size of the row before */
	r = head->flags & SST_ROW_MARKER ? decode_marker(d, &local, head, item)
					 : decode_row(d, &local, head, item, e);
	in->p = local.p;
	in->off = local.off;
	in->bad = local.bad;
	if (r == -1)
		return -1;
	if (local.bad)
		return sst_fail(e, SST_EDAMAGED, NULL, local.off,
		    "%s damaged, or longer than it says",
		    head->flags & SST_ROW_MARKER ? "range tombstone marker" : "row");
	if (d->header->sized && local.p != local.end)
		return sst_fail(e, SST_EDAMAGED, NULL, local.off, "%zu bytes more than the row has",
		    sst_in_left(&local));
	return 0;
}
