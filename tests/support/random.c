/* tests/support/random.c: memory that cannot be had ends the test program. */
#include "random.h"

#include <stdlib.h>

#include "base/num.h"
#include "codec/out.h"
#include "row/reconcile.h"

void
random_batch(int batch, void (*one)(int seed))
{
	int i;

	for (i = 0; i < RANDOM_BATCH; i++)
		one(batch * RANDOM_BATCH + i);
}

uint64_t
random_u64(struct random *r) /* splitmix64 */
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

uint32_t
random_below(struct random *r, uint32_t n)
{
	return (uint32_t)((random_u64(r) >> 32) * n >> 32);
}

bool
random_chance(struct random *r, uint32_t percent)
{
	return random_below(r, 100) < percent;
}

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
	return memset(need(sst_arena_array(a, n > 0 ? n : 1, size)), 0, n * size);
}

static struct sst_slice
keep(struct sst_arena *a, const struct sst_buf *b)
{
	struct sst_slice s = sst_arena_slice(a, sst_buf_slice(b));

	if (b->bad)
		abort();
	need((void *)(uintptr_t)s.p);
	return s;
}

/* ---- tables ---- */

static const char *const key_types[] = { "int", "text", "bigint", "uuid" };
static const char *const ck_types[] = { "int", "text", "bigint", "timestamp", "blob", "timeuuid",
	"varint", "boolean" };
static const char *const simple_types[] = { "int", "text", "bigint", "blob", "boolean", "double",
	"timestamp", "uuid", "varint", "smallint", "frozen<list<int>>", "date", "inet", "float" };
static const char *const multi_types[] = { "set<int>", "list<text>", "map<text, int>",
	"map<int, blob>", "set<text>", "udt" };

static const struct sst_type *
parse(struct sst_arena *a, const char *text)
{
	const struct sst_type *t;
	struct sst_err e;

	if (sst_type_parse_cql(&t, a, sst_slice_str(text), NULL, NULL, &e) == -1)
		abort();
	return t;
}

static const struct sst_type *
udt(struct sst_arena *a)
{
	struct sst_type *t = take(a, 1, sizeof(*t));
	const struct sst_type **args = take(a, 2, sizeof(*args));

	args[0] = parse(a, "int");
	args[1] = parse(a, "text");
	t->kind = SST_UDT;
	t->multicell = true;
	t->fixed_len = -1;
	t->nargs = 2;
	t->args = args;
	t->keyspace = sst_slice_str("ks");
	t->name = sst_slice_str("pair");
	t->fields = take(a, 2, sizeof(*t->fields));
	t->fields[0] = sst_slice_str("number");
	t->fields[1] = sst_slice_str("word");
	return t;
}

static void
name_column(struct sst_column *c, const char *prefix, size_t i, struct sst_arena *a)
{
	struct sst_buf b = { 0 };

	sst_buf_addf(&b, "%s%zu", prefix, i);
	c->name = keep(a, &b);
	c->dropped_us = INT64_MIN;
	sst_buf_free(&b);
}

static const struct sst_type *
reverse(const struct sst_type *t, struct sst_arena *a)
{
	struct sst_type *copy = take(a, 1, sizeof(*copy));

	*copy = *t;
	copy->reversed = true;
	return copy;
}

static struct sst_column *
key_columns(struct random *r, size_t n, bool clustering, struct sst_arena *a)
{
	struct sst_column *c = take(a, n, sizeof(*c));
	size_t i;

	for (i = 0; i < n; i++) {
		name_column(&c[i], clustering ? "c" : "k", i, a);
		if (!clustering)
			c[i].type = parse(a, key_types[random_below(r, SST_ARRAY_LEN(key_types))]);
		else
			c[i].type = parse(a, ck_types[random_below(r, SST_ARRAY_LEN(ck_types))]);
		if (clustering && random_chance(r, 50))
			c[i].type = reverse(c[i].type, a);
	}
	return c;
}

static struct sst_column *
value_columns(struct random *r, size_t n, const char *prefix, bool counter, struct sst_arena *a)
{
	struct sst_column *c = take(a, n, sizeof(*c));
	const char *type;
	size_t i;

	for (i = 0; i < n; i++) {
		name_column(&c[i], prefix, i, a);
		type = random_chance(r, 40)
		    ? multi_types[random_below(r, SST_ARRAY_LEN(multi_types))]
		    : simple_types[random_below(r, SST_ARRAY_LEN(simple_types))];
		if (counter)
			type = "counter";
		c[i].type = strcmp(type, "udt") == 0 ? udt(a) : parse(a, type);
	}
	return c;
}

const struct sst_table *
random_table(struct random *r, bool counter, struct sst_arena *a)
{
	struct sst_table *t = take(a, 1, sizeof(*t));
	struct sst_err e;

	sst_table_defaults(t);
	t->keyspace = sst_slice_str("ks");
	t->name = sst_slice_str("t");
	t->named = true;
	memset(t->id, 0x11, sizeof(t->id));
	t->counter = counter;
	t->nkey = 1 + random_below(r, 2);
	t->nck = random_below(r, 4);
	t->nstatic = t->nck > 0 ? random_below(r, 3) : 0;
	t->nregular = 1 + random_below(r, random_chance(r, 10) ? 80 : 6);
	t->key = key_columns(r, t->nkey, false, a);
	t->ck = key_columns(r, t->nck, true, a);
	t->statics = value_columns(r, t->nstatic, "s", counter, a);
	t->regulars = value_columns(r, t->nregular, "v", counter, a);
	if (sst_table_finish(t, a, &e) == -1)
		abort();
	return t;
}

/* ---- values ---- */

static void
put_text(struct random *r, const struct random_opts *o, struct sst_buf *b)
{
	uint32_t i, n = random_below(r, o->wide ? 300 : 3);

	for (i = 0; i < n; i++)
		sst_buf_addc(b, (char)('a' + random_below(r, o->wide ? 26 : 2)));
}

static void
put_int(struct random *r, const struct random_opts *o, size_t width, struct sst_buf *b)
{
	uint64_t v = o->wide ? random_u64(r) : random_below(r, 5) - (uint64_t)2;

	while (width-- > 0)
		sst_put_u8(b, (uint8_t)(v >> 8 * width));
}

/* Version 1, as in list paths, or 4. */
static void
put_uuid(struct random *r, bool time, struct sst_buf *b)
{
	sst_put_u32(b, random_below(r, 6));
	sst_put_u16(b, (uint16_t)random_below(r, 2));
	sst_put_u16(b, time ? 0x11ee : 0x4000);
	sst_put_u64(b, 0x8080808080808080 + random_below(r, 2));
}

static void put_value(
    struct random *, const struct sst_type *, const struct random_opts *, struct sst_buf *);

static void
put_element(
    struct random *r, const struct sst_type *t, const struct random_opts *o, struct sst_buf *b)
{
	size_t at = b->n, n;

	sst_put_u32(b, 0);
	put_value(r, t, o, b);
	n = b->n - at - 4;
	b->p[at + 2] = (uint8_t)(n >> 8);
	b->p[at + 3] = (uint8_t)n;
}

static void
put_list(struct random *r, const struct sst_type *t, const struct random_opts *o, struct sst_buf *b)
{
	uint32_t i, n = random_below(r, 3);

	sst_put_u32(b, n);
	for (i = 0; i < n; i++)
		put_element(r, t->args[0], o, b);
}

/* A whole number with no byte more than it needs. */
static void
put_varint(struct random *r, const struct random_opts *o, struct sst_buf *b)
{
	int64_t v = o->wide ? (int64_t)random_u64(r) >> random_below(r, 60)
			    : (int64_t)random_below(r, 5) * 100 - 200;
	size_t width = 1;

	while (width < 8 && v >> (8 * width - 1) != 0 && v >> (8 * width - 1) != -1)
		width++;
	while (width-- > 0)
		sst_put_u8(b, (uint8_t)(v >> 8 * width));
}

/* A context of one to three global shards. */
static void
put_counter(struct random *r, struct sst_buf *b)
{
	uint32_t i, has = 1 + random_below(r, 7);
	uint16_t n = 0;

	for (i = 0; i < 3; i++)
		n = (uint16_t)(n + (has >> i & 1));
	sst_put_u16(b, n);
	for (i = 0; i < n; i++)
		sst_put_u16(b, (uint16_t)(0x8000 | i));
	for (i = 0; i < 3; i++) {
		if (!(has >> i & 1))
			continue;
		sst_put_u64(b, 0x1111111111111111);
		sst_put_u64(b, i);
		sst_put_u64(b, random_below(r, 5));
		sst_put_u64(b, random_below(r, 1000));
	}
}

static void
put_value(
    struct random *r, const struct sst_type *t, const struct random_opts *o, struct sst_buf *b)
{
	switch (t->kind) {
	case SST_TEXT:
	case SST_VARCHAR:
	case SST_ASCII:
	case SST_BLOB:
		put_text(r, o, b);
		break;
	case SST_BOOLEAN:
		sst_put_u8(b, (uint8_t)random_below(r, 2));
		break;
	case SST_SMALLINT:
		put_int(r, o, 2, b);
		break;
	case SST_INT:
	case SST_FLOAT:
	case SST_DATE:
	case SST_INET:
		put_int(r, o, 4, b);
		break;
	case SST_UUID:
	case SST_TIMEUUID:
		put_uuid(r, t->kind == SST_TIMEUUID, b);
		break;
	case SST_VARINT:
		put_varint(r, o, b);
		break;
	case SST_COUNTER:
		put_counter(r, b);
		break;
	case SST_LIST:
		put_list(r, t, o, b);
		break;
	default: /* bigint, timestamp, double */
		put_int(r, o, 8, b);
	}
}

struct sst_slice
random_value(
    struct random *r, const struct sst_type *t, const struct random_opts *o, struct sst_arena *a)
{
	struct sst_buf b = { 0 };
	struct sst_slice s;

	put_value(r, t, o, &b);
	s = keep(a, &b);
	sst_buf_free(&b);
	return s;
}

/* One of nvalues values, always the same ones for a column. */
static struct sst_slice
key_value(const struct sst_type *t, uint64_t which, size_t column, const struct random_opts *o,
    struct sst_arena *a)
{
	struct random r = { which * 1000003 + column };

	return random_value(&r, t, o, a);
}

/* ---- updates ---- */

static int64_t
random_ts(struct random *r)
{
	return RANDOM_TS_US + 4 + random_below(r, 20);
}

static int64_t
random_ldt(struct random *r)
{
	return RANDOM_LDT_S + random_below(r, 100);
}

static struct sst_deletion
random_deletion(struct random *r)
{
	return (struct sst_deletion){ random_ts(r), random_ldt(r) };
}

static struct sst_slice
random_path(
    struct random *r, const struct sst_type *t, const struct random_opts *o, struct sst_arena *a)
{
	struct sst_buf b = { 0 };
	struct sst_slice s;

	if (t->kind == SST_UDT)
		sst_put_u16(&b, (uint16_t)random_below(r, (uint32_t)t->nargs));
	else if (t->kind == SST_LIST)
		put_uuid(r, true, &b);
	else
		put_value(r, t->args[0], o, &b);
	s = keep(a, &b);
	sst_buf_free(&b);
	return s;
}

static struct sst_cell
random_cell(struct random *r, const struct sst_type *t, uint32_t col, const struct random_opts *o,
    struct sst_arena *a)
{
	struct sst_cell c = { .col = col, .ldt_s = SST_NO_LDT, .value = SST_SLICE_LIT("") };
	const struct sst_type *of = t;

	if (t->multicell) {
		c.path = random_path(r, t, o, a);
		of = t->kind == SST_UDT  ? t->args[c.path.p[1]]
		    : t->kind == SST_MAP ? t->args[1]
		    : t->kind == SST_SET ? NULL
					 : t->args[0];
	}
	if (t->kind != SST_COUNTER && !o->no_deletions && random_chance(r, 20)) {
		c.ldt_s = random_ldt(r);
		return c;
	}
	if (of != NULL)
		c.value = random_value(r, of, o, a);
	if (t->kind != SST_COUNTER && !o->no_ttl && random_chance(r, 20)) {
		c.ttl_s = 1 + random_below(r, 3) * 30;
		c.ldt_s = random_ldt(r);
	}
	return c;
}

static bool
place_taken(const struct sst_cell *cells, size_t n, const struct sst_cell *c)
{
	while (n-- > 0)
		if (cells[n].col == c->col && cells[n].path.p != NULL &&
		    sst_slice_eq(cells[n].path, c->path))
			return true;
	return false;
}

/* The cells of one column, in order, all written after `after_us`. */
static size_t
random_cells(struct random *r, const struct sst_column *cols, uint32_t col, int64_t ts_us,
    const struct random_opts *o, struct sst_cell *to, struct sst_arena *a)
{
	size_t n = 0, i, want = cols[col].type->multicell ? random_below(r, 4) : 1;
	struct sst_cell c;

	while (want-- > 0) {
		c = random_cell(r, cols[col].type, col, o, a);
		c.ts_us = ts_us + (random_chance(r, 30) ? random_below(r, 3) : 0);
		if (place_taken(to, n, &c))
			continue;
		for (i = n++; i > 0 && sst_cell_order(cols, &to[i - 1], &c) > 0; i--)
			to[i] = to[i - 1];
		to[i] = c;
	}
	return n;
}

static void
random_row(struct random *r, struct sst_row *row, const struct sst_table *t,
    const struct random_opts *o, struct sst_arena *a)
{
	bool fixed = row->ck == NULL && t->nstatic > 0;
	const struct sst_column *cols = fixed ? t->statics : t->regulars;
	uint32_t col, ncols = (uint32_t)(fixed ? t->nstatic : t->nregular);
	struct sst_cell *cells = take(a, ncols * 4, sizeof(*cells));
	struct sst_complex_deletion *complex = take(a, ncols, sizeof(*complex));
	int64_t ts_us = random_ts(r);

	row->live = (struct sst_liveness){ SST_NO_TS, 0, SST_NO_LDT };
	row->del = row->under = SST_LIVE;
	row->cells = cells;
	row->complex = complex;
	if (!fixed && !o->no_deletions && random_chance(r, 15)) {
		row->del = (struct sst_deletion){ ts_us - 3, random_ldt(r) };
		row->shadowable = o->shadowable && random_chance(r, 50);
		if (row->shadowable && o->under && random_chance(r, 50)) /* as ScyllaDB has it */
			row->under = (struct sst_deletion){ row->del.ts_us - 2, random_ldt(r) };
		if (row->shadowable || random_chance(r, 60))
			return;
	}
	if (!fixed && random_chance(r, 60)) {
		row->live.ts_us = ts_us;
		if (!t->counter && !o->no_ttl && random_chance(r, 25)) {
			row->live.ttl_s = 1 + random_below(r, 3) * 30;
			row->live.expiry_s = random_ldt(r);
		}
	}
	for (col = 0; col < ncols; col++) {
		if (!random_chance(r, 50))
			continue;
		if (cols[col].type->multicell && !o->no_deletions && random_chance(r, 40))
			complex[row->ncomplex++] = (struct sst_complex_deletion){ col,
				{ ts_us - 1 - random_below(r, 2), random_ldt(r) } };
		row->ncells += random_cells(r, cols, col, ts_us, o, cells + row->ncells, a);
	}
}

static struct sst_slice *
random_ck(struct random *r, const struct sst_table *t, size_t n, const struct random_opts *o,
    struct sst_arena *a)
{
	struct sst_slice *ck = take(a, t->nck, sizeof(*ck));
	uint32_t nvalues = o->nvalues > 0 ? o->nvalues : 4;
	size_t i;

	for (i = 0; i < n; i++)
		ck[i] = key_value(t->ck[i].type, random_below(r, nvalues), i, o, a);
	return ck;
}

static bool
row_is_nothing(const struct sst_row *row)
{
	return row->live.ts_us == SST_NO_TS && row->del.ts_us == SST_NO_TS && row->ncells == 0 &&
	    row->ncomplex == 0;
}

static size_t
random_rows(struct random *r, const struct sst_table *t, const struct random_opts *o,
    struct sst_row *rows, struct sst_arena *a)
{
	size_t n = 0, i, want = random_below(r, (o->nrows > 0 ? o->nrows : 4) + 1);
	struct sst_row row;
	int c;

	while (want-- > 0) {
		row = (struct sst_row){ .ck = random_ck(r, t, t->nck, o, a) };
		random_row(r, &row, t, o, a);
		if (row_is_nothing(&row))
			continue;
		for (i = n; i > 0; i--) {
			c = sst_clustering_compare(t, rows[i - 1].ck, t->nck, row.ck, t->nck);
			if (c <= 0)
				break;
		}
		if (i > 0 && c == 0)
			continue;
		memmove(rows + i + 1, rows + i, (n - i) * sizeof(*rows));
		rows[i] = row;
		n++;
	}
	return n;
}

static struct sst_bound
random_bound(
    struct random *r, const struct sst_table *t, const struct random_opts *o, struct sst_arena *a)
{
	size_t n = random_below(r, (uint32_t)t->nck + 1);

	return (struct sst_bound){ random_ck(r, t, n, o, a), n, random_chance(r, 50) ? -1 : 1 };
}

static size_t
random_ranges(struct random *r, const struct sst_table *t, const struct random_opts *o,
    struct sst_range_deletion *ranges, struct sst_arena *a)
{
	size_t n = 0, want = random_chance(r, 40) ? 1 + random_below(r, 3) : 0;
	struct sst_range_deletion d;
	struct sst_bound swap;
	int c;

	while (want-- > 0) {
		d.from = random_bound(r, t, o, a);
		d.to = random_bound(r, t, o, a);
		d.del = random_deletion(r);
		if ((c = sst_bound_compare(t, &d.from, &d.to)) > 0) {
			swap = d.from;
			d.from = d.to;
			d.to = swap;
		}
		if (c != 0)
			ranges[n++] = d;
	}
	return n;
}

static void
random_partition(struct random *r, const struct sst_table *t, const struct random_opts *o,
    struct sst_partition *p, struct sst_arena *a)
{
	struct sst_slice *values = take(a, t->nkey, sizeof(*values));
	uint32_t i, which = random_below(r, o->nparts > 0 ? o->nparts : 3);
	struct sst_buf b = { 0 };
	struct sst_err e;

	for (i = 0; i < t->nkey; i++) {
		values[i] = key_value(t->key[i].type, which, i + 100, o, a);
		if (values[i].n == 0) /* a key may not be empty */
			values[i] = sst_slice_str("k");
	}
	if (sst_key_join(t, values, &b, &e) == -1)
		abort();
	p->key = keep(a, &b);
	p->token = sst_token(p->key);
	p->del = SST_LIVE;
	if (!o->no_deletions && random_chance(r, 5))
		p->del = random_deletion(r);
	sst_buf_free(&b);
}

const struct sst_update *
random_update(
    struct random *r, const struct sst_table *t, const struct random_opts *o, struct sst_arena *a)
{
	struct sst_update *u = take(a, 1, sizeof(*u));
	struct sst_range_deletion *ranges = take(a, 3, sizeof(*ranges));
	struct sst_row *rows = take(a, (o->nrows > 0 ? o->nrows : 4) + 1, sizeof(*rows));
	struct sst_row *statik;

	u->table = t;
	random_partition(r, t, o, &u->part, a);
	if (t->nstatic > 0 && random_chance(r, 30)) {
		statik = take(a, 1, sizeof(*statik));
		random_row(r, statik, t, o, a);
		u->statik = row_is_nothing(statik) ? NULL : statik;
	}
	u->rows = rows;
	u->nrows = random_rows(r, t, o, rows, a);
	u->ranges = ranges;
	u->nranges = o->no_deletions || t->nck == 0 ? 0 : random_ranges(r, t, o, ranges, a);
	return u;
}
