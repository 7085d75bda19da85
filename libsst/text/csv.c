/*
 * text/csv.c: rows as lines of values.  What is the same in all lines of a partition (its key, the
 * values of its static row) is made once.
 */
#include "text/csv.h"

#include <stdlib.h>

#include "codec/out.h"
#include "row/counter.h"
#include "text/int.h"
#include "text/tsv.h"

struct column {
	const struct sst_type *type; /* of a cell's value, or of the whole collection, frozen */
	bool multicell;
};

struct sst_csv {
	const struct sst_table *table;
	enum sst_csv_form form;
	struct sst_arena arena;
	struct column *statics, *regulars;
	struct sst_slice *key; /* of nkey values, for splitting */
	struct sst_buf part;   /* the key's values */
	struct sst_buf fixed;  /* those of the static row, each after a separator */
	struct sst_buf value, whole;
	bool skip;    /* the key of this partition could not be read */
	bool pending; /* a static row, and no row yet */
};

static struct column *
make_columns(struct sst_csv *c, const struct sst_column *from, size_t n)
{
	struct column *to = sst_arena_array(&c->arena, n + 1, sizeof(*to));
	size_t i;

	for (i = 0; to != NULL && i < n; i++) {
		to[i].multicell = from[i].type->multicell;
		to[i].type =
		    to[i].multicell ? sst_type_freeze(from[i].type, &c->arena) : from[i].type;
		if (to[i].type == NULL)
			return NULL;
	}
	return to;
}

int
sst_csv_new(
    struct sst_csv **out, const struct sst_table *t, enum sst_csv_form form, struct sst_err *e)
{
	struct sst_csv *c = calloc(1, sizeof(*c));

	*out = NULL;
	if (c == NULL)
		return sst_fail_nomem(e);
	c->table = t;
	c->form = form;
	c->statics = make_columns(c, t->statics, t->nstatic);
	c->regulars = make_columns(c, t->regulars, t->nregular);
	c->key = sst_arena_array(&c->arena, t->nkey + 1, sizeof(*c->key));
	if (c->statics == NULL || c->regulars == NULL || c->key == NULL) {
		sst_csv_free(c);
		return sst_fail_nomem(e);
	}
	*out = c;
	return 0;
}

void
sst_csv_free(struct sst_csv *c)
{
	if (c == NULL)
		return;
	sst_arena_free(&c->arena);
	sst_buf_free(&c->part);
	sst_buf_free(&c->fixed);
	sst_buf_free(&c->value);
	sst_buf_free(&c->whole);
	free(c);
}

/* True for bytes that a CSV field is quoted for. */
static bool
needs_quotes(struct sst_slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == ',' || s.p[i] == '"' || s.p[i] == '\n' || s.p[i] == '\r')
			return true;
	return s.n == 0 || s.p[0] == ' ' || s.p[s.n - 1] == ' ';
}

static void
put_quoted(struct sst_buf *b, struct sst_slice s)
{
	const uint8_t *p = s.p, *end = s.p + s.n, *q;

	sst_buf_addc(b, '"');
	while ((q = memchr(p, '"', (size_t)(end - p))) != NULL) {
		sst_buf_add(b, p, (size_t)(q + 1 - p));
		sst_buf_addc(b, '"');
		p = q + 1;
	}
	sst_buf_add(b, p, (size_t)(end - p));
	sst_buf_addc(b, '"');
}

static void
put_field(const struct sst_csv *c, struct sst_buf *b, struct sst_slice text)
{
	if (c->form == SST_TSV)
		sst_tsv_put(b, text);
	else if (needs_quotes(text))
		put_quoted(b, text);
	else
		sst_buf_add_slice(b, text);
}

static void
put_separator(const struct sst_csv *c, struct sst_buf *b)
{
	sst_buf_addc(b, c->form == SST_TSV ? '\t' : ',');
}

/* Values whose text is put together from others': CQL literals, which say what is quoted. */
static bool
is_nested(const struct sst_type *t)
{
	return t->nargs > 0 && t->kind != SST_COMPOSITE && t->kind != SST_DYNAMIC_COMPOSITE;
}

static int
put_value(struct sst_csv *c, const struct sst_type *type, struct sst_slice v, struct sst_buf *b,
    struct sst_err *e)
{
	int64_t total;
	int r;

	if (v.p == NULL)
		return 0;
	if (type->kind == SST_TEXT || type->kind == SST_VARCHAR || type->kind == SST_ASCII) {
		if (sst_type_validate(type, v, e) == -1)
			return -1;
		put_field(c, b, v);
		return 0;
	}
	if (type->kind == SST_COUNTER) {
		if (sst_counter_total(&total, v, e) == -1)
			return -1;
		sst_digits_i64(b, total);
		return 0;
	}
	sst_buf_reset(&c->value);
	if (is_nested(type) || type->kind == SST_BLOB)
		r = sst_type_to_cql(type, v, &c->value, e);
	else
		r = sst_type_to_string(type, v, &c->value, e);
	if (r == -1)
		return -1;
	if (c->value.bad)
		return sst_fail_nomem(e);
	put_field(c, b, sst_buf_slice(&c->value));
	return 0;
}

static void
put_names(const struct sst_csv *c, const struct sst_column *cols, size_t n, const char *kind,
    bool first, struct sst_buf *b)
{
	char place[SST_PLACE_LEN];
	size_t i;

	for (i = 0; i < n; i++) {
		if (i > 0 || !first)
			put_separator(c, b);
		if (kind != NULL)
			sst_text_place(place, kind, i);
		put_field(c, b, kind != NULL ? sst_slice_str(place) : cols[i].name);
	}
}

void
sst_csv_head(struct sst_csv *c, struct sst_buf *out)
{
	const struct sst_table *t = c->table;

	put_names(c, t->key, t->nkey, t->named ? NULL : "key", true, out);
	put_names(c, t->ck, t->nck, t->named ? NULL : "ck", false, out);
	put_names(c, t->statics, t->nstatic, NULL, false, out);
	put_names(c, t->regulars, t->nregular, NULL, false, out);
	sst_buf_addc(out, '\n');
}

static void
put_element(struct sst_buf *b, struct sst_slice v)
{
	if (v.p == NULL)
		sst_put_u32(b, UINT32_MAX); /* null */
	else
		sst_put_bytes32(b, v);
}

/* A user type's fields by their numbers, null where there is no cell. */
static int
join_fields(struct sst_csv *c, const struct sst_type *type, const struct sst_cell *cell,
    const struct sst_cell *end, struct sst_err *e)
{
	size_t i, at;

	for (i = 0; i < type->nargs; i++) {
		at = cell < end && cell->path.n == 2
		    ? (size_t)cell->path.p[0] << 8 | cell->path.p[1]
		    : type->nargs;
		if (cell < end && (at >= type->nargs || at < i))
			return sst_fail(
			    e, SST_EDAMAGED, NULL, SST_NOWHERE, "cell path names no field");
		put_element(&c->whole, at == i ? (cell++)->value : (struct sst_slice){ NULL, 0 });
	}
	return 0;
}

/* The cells of a multicell column as the frozen value that they make up. */
static int
join_cells(struct sst_csv *c, const struct sst_type *type, const struct sst_cell *cell,
    const struct sst_cell *end, struct sst_err *e)
{
	sst_buf_reset(&c->whole);
	if (type->kind == SST_UDT)
		return join_fields(c, type, cell, end, e);
	sst_put_u32(&c->whole, (uint32_t)(end - cell));
	for (; cell < end; cell++) {
		if (type->kind != SST_LIST)
			put_element(&c->whole, cell->path);
		if (type->kind != SST_SET)
			put_element(&c->whole, cell->value);
	}
	return c->whole.bad ? sst_fail_nomem(e) : 0;
}

static int
put_cells(struct sst_csv *c, const struct sst_row *row, const struct column *cols, size_t n,
    struct sst_buf *b, struct sst_err *e)
{
	const struct sst_cell *cell = row->cells, *end = sst_text_cells_end(row), *last;
	struct sst_slice v;
	size_t i;

	for (i = 0; i < n; i++) {
		put_separator(c, b);
		for (last = cell; last < end && last->col == i;)
			last++;
		if (last == cell)
			continue;
		v = cell->value;
		if (cols[i].multicell) {
			if (join_cells(c, cols[i].type, cell, last, e) == -1)
				return -1;
			v = sst_buf_slice(&c->whole);
		}
		if (put_value(c, cols[i].type, v, b, e) == -1)
			return -1;
		cell = last;
	}
	return 0;
}

/* The line of a partition that has a static row and no other. */
static int
flush(struct sst_csv *c, struct sst_buf *b, struct sst_err *e)
{
	size_t i;

	if (!c->pending)
		return 0;
	c->pending = false;
	sst_buf_add(b, c->part.p, c->part.n);
	for (i = 0; i < c->table->nck; i++)
		put_separator(c, b);
	sst_buf_add(b, c->fixed.p, c->fixed.n);
	for (i = 0; i < c->table->nregular; i++)
		put_separator(c, b);
	sst_buf_addc(b, '\n');
	return b->bad ? sst_fail_nomem(e) : 0;
}

static int
take_partition(struct sst_csv *c, const struct sst_partition *p, struct sst_err *e)
{
	const struct sst_table *t = c->table;
	size_t i;

	sst_buf_reset(&c->part);
	sst_buf_reset(&c->fixed);
	for (i = 0; i < t->nstatic; i++)
		put_separator(c, &c->fixed);
	if (sst_key_split(t, p->key, c->key, e) == -1)
		return -1;
	for (i = 0; i < t->nkey; i++) {
		if (i > 0)
			put_separator(c, &c->part);
		if (put_value(c, t->key[i].type, c->key[i], &c->part, e) == -1)
			return -1;
	}
	return c->part.bad || c->fixed.bad ? sst_fail_nomem(e) : 0;
}

static int
take_static(struct sst_csv *c, const struct sst_row *row, struct sst_err *e)
{
	sst_buf_reset(&c->fixed);
	if (put_cells(c, row, c->statics, c->table->nstatic, &c->fixed, e) == -1)
		return -1;
	c->pending = true;
	return c->fixed.bad ? sst_fail_nomem(e) : 0;
}

static int
put_row(struct sst_csv *c, const struct sst_row *row, struct sst_buf *b, struct sst_err *e)
{
	const struct sst_table *t = c->table;
	size_t i;

	c->pending = false;
	sst_buf_add(b, c->part.p, c->part.n);
	for (i = 0; i < t->nck; i++) {
		put_separator(c, b);
		if (put_value(c, t->ck[i].type, row->ck[i], b, e) == -1)
			return -1;
	}
	sst_buf_add(b, c->fixed.p, c->fixed.n);
	if (put_cells(c, row, c->regulars, t->nregular, b, e) == -1)
		return -1;
	sst_buf_addc(b, '\n');
	return b->bad ? sst_fail_nomem(e) : 0;
}

int
sst_csv_item(struct sst_csv *c, const struct sst_item *item, struct sst_buf *out, struct sst_err *e)
{
	size_t at;
	int r = 0;

	if (item->kind == SST_PARTITION) {
		if (flush(c, out, e) == -1)
			return -1;
		r = take_partition(c, &item->part, e);
		c->skip = r == -1;
		return r == -1 ? sst_text_fail_at(item, e) : 0;
	}
	if (c->skip || item->kind == SST_MARKER)
		return 0;
	at = out->n;
	if (item->kind == SST_STATIC)
		r = take_static(c, &item->row, e);
	else
		r = put_row(c, &item->row, out, e);
	if (r == 0)
		return 0;
	if (!out->bad)
		out->n = at;
	return sst_text_fail_at(item, e);
}

int
sst_csv_end(struct sst_csv *c, struct sst_buf *out, struct sst_err *e)
{
	return flush(c, out, e);
}
