/* text/ndjsonin.c: rows from NDJSON.  formats/ndjson.md names the members. */
#include "text/ndjsonin.h"

#include <stdlib.h>

#include "codec/in.h"
#include "codec/json.h"
#include "text/int.h"

typedef const struct sst_json_node node;

enum member { /* of a line */
	TYPE,
	KEYSPACE,
	TABLE,
	FILE_NAME,
	POSITION,
	KEY,
	CLUSTERING,
	TS,
	TTL,
	EXPIRES,
	DELETION,
	SHADOWABLE,
	UNDER,
	CELLS,
	BOUND,
	CLOSE,
	OPEN,
	NMEMBERS
};

static const char *const members[NMEMBERS] = { "type", "keyspace", "table", "file", "position",
	"key", "clustering", "ts", "ttl", "expires", "deletion", "shadowable", "under", "cells",
	"bound", "close", "open" };

enum cell_member { /* of a cell, an element, or a multicell column */
	C_VALUE,
	C_CONTEXT,
	C_DELETED,
	C_TS,
	C_TTL,
	C_EXPIRES,
	C_PATH,
	C_DELETION,
	C_ELEMENTS,
	NCELL_MEMBERS
};

static const char *const cell_members[NCELL_MEMBERS] = { "value", "context", "deleted", "ts", "ttl",
	"expires", "path", "deletion", "elements" };

static const char *const deletion_members[] = { "ts", "at" };
static const char *const bound_members[] = { "clustering", "side" };

struct sst_ndjsonin {
	const struct sst_table *table;
	struct sst_json *json;
	struct sst_arena arena; /* of this line */
	struct sst_buf value, key;
	struct sst_item item;
};

int
sst_ndjsonin_new(struct sst_ndjsonin **out, const struct sst_table *t, struct sst_err *e)
{
	struct sst_ndjsonin *r = calloc(1, sizeof(*r));

	*out = NULL;
	if (r == NULL)
		return sst_fail_nomem(e);
	r->table = t;
	if (sst_json_new(&r->json, e) == -1) {
		free(r);
		return -1;
	}
	*out = r;
	return 0;
}

void
sst_ndjsonin_free(struct sst_ndjsonin *r)
{
	if (r == NULL)
		return;
	sst_json_free(r->json);
	sst_arena_free(&r->arena);
	sst_buf_free(&r->value);
	sst_buf_free(&r->key);
	free(r);
}

static int
bad(node *at, const char *what, struct sst_err *e)
{
	return sst_fail(e, SST_EINVAL, NULL, at->off, "%s", what);
}

/* Sorts the members of an object by name into found[n]; NULL where there is none. */
static int
members_of(node *obj, const char *const *names, size_t n, node **found, struct sst_err *e)
{
	node *k;
	size_t i;

	memset(found, 0, n * sizeof(*found));
	if (obj->type != SST_JSON_OBJECT)
		return bad(obj, "not an object", e);
	for (k = sst_json_first(obj); k < sst_json_end(obj); k = sst_json_next(k + 1)) {
		for (i = 0; i < n && !sst_slice_eq(k->text, sst_slice_str(names[i])); i++)
			;
		if (i == n)
			return sst_fail(e, SST_EINVAL, NULL, k->off, "unknown member \"%.*s\"",
			    k->text.n < 64 ? (int)k->text.n : 64, (const char *)k->text.p);
		if (found[i] != NULL)
			return bad(k, "member twice", e);
		found[i] = k + 1;
	}
	return 0;
}

/* A whole number; its digits are all in the text. */
static int
read_integer(node *v, int64_t *out, struct sst_err *e)
{
	struct sst_slice s = v->text;
	bool neg = v->type == SST_JSON_NUMBER && s.p[0] == '-';
	uint64_t n = 0, max = (uint64_t)INT64_MAX + neg;
	size_t i;

	*out = 0;
	if (v->type != SST_JSON_NUMBER)
		return bad(v, "not a number", e);
	for (i = neg; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return bad(v, "not a whole number", e);
		if (n > (max - (uint64_t)(s.p[i] - '0')) / 10)
			return bad(v, "number beyond 64 bits", e);
		n = n * 10 + (uint64_t)(s.p[i] - '0');
	}
	*out = (int64_t)(neg ? 0 - n : n);
	return 0;
}

static int
read_integer_u32(node *v, uint32_t *out, struct sst_err *e)
{
	int64_t n;

	*out = 0;
	if (read_integer(v, &n, e) == -1)
		return -1;
	if (n < 0 || n > UINT32_MAX)
		return bad(v, "number beyond 32 bits", e);
	*out = (uint32_t)n;
	return 0;
}

/* A value of the type, in the arena. */
static int
read_value(struct sst_ndjsonin *r, const struct sst_type *type, node *v, struct sst_slice *out,
    struct sst_err *e)
{
	sst_buf_reset(&r->value);
	if (sst_type_from_json_node(type, v, &r->value, e) == -1) {
		e->off = v->off;
		return -1;
	}
	*out = sst_arena_slice(&r->arena, sst_buf_slice(&r->value));
	return r->value.bad || out->p == NULL ? sst_fail_nomem(e) : 0;
}

static int
read_deletion(node *obj, struct sst_deletion *del, struct sst_err *e)
{
	node *m[2];

	if (members_of(obj, deletion_members, 2, m, e) == -1)
		return -1;
	if (m[0] == NULL || m[1] == NULL)
		return bad(obj, "a deletion needs \"ts\" and \"at\"", e);
	return read_integer(m[0], &del->ts_us, e) == -1 || read_integer(m[1], &del->ldt_s, e) == -1
	    ? -1
	    : 0;
}

struct prefix { /* of key columns */
	const struct sst_column *cols;
	const char *kind;         /* of columns without a name: they go by their place; else NULL */
	size_t n, need;           /* how many there are, and how many there must be */
	struct sst_slice *values; /* set, as is count */
	size_t count;
};

/* The key column of that name, which must be the next one. */
static int
key_column(const struct prefix *x, struct sst_slice name)
{
	char place[SST_PLACE_LEN];

	if (x->kind == NULL)
		return sst_column_find(x->cols, x->n, name);
	sst_text_place(place, x->kind, x->count);
	return x->count < x->n && sst_slice_eq(name, sst_slice_str(place)) ? (int)x->count : -1;
}

/* The values of key columns from an object, in order. */
static int
read_columns(struct sst_ndjsonin *r, node *obj, struct prefix *x, struct sst_err *e)
{
	node *k;
	int col;

	x->count = 0;
	x->values = sst_arena_array(&r->arena, x->n + 1, sizeof(*x->values));
	if (x->values == NULL)
		return sst_fail_nomem(e);
	if (obj->type != SST_JSON_OBJECT)
		return bad(obj, "not an object", e);
	for (k = sst_json_first(obj); k < sst_json_end(obj); k = sst_json_next(k + 1)) {
		if ((col = key_column(x, k->text)) == -1)
			return bad(k, "no such key column", e);
		if ((size_t)col != x->count)
			return bad(k, "key column out of order", e);
		if (k[1].type == SST_JSON_NULL)
			x->values[col] = (struct sst_slice){ NULL, 0 };
		else if (read_value(r, x->cols[col].type, k + 1, &x->values[col], e) == -1)
			return -1;
		x->count++;
	}
	return x->count < x->need ? bad(obj, "key columns missing", e) : 0;
}

static int
hex_digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A counter's context, in hexadecimal. */
static int
read_context(struct sst_ndjsonin *r, node *v, struct sst_slice *out, struct sst_err *e)
{
	uint8_t *p = sst_arena_alloc(&r->arena, v->text.n / 2 + 1);
	size_t i;
	int hi, lo;

	if (p == NULL)
		return sst_fail_nomem(e);
	if (v->type != SST_JSON_STRING || v->text.n % 2 != 0)
		return bad(v, "not hexadecimal", e);
	for (i = 0; i < v->text.n / 2; i++) {
		hi = hex_digit(v->text.p[2 * i]);
		lo = hex_digit(v->text.p[2 * i + 1]);
		if (hi == -1 || lo == -1)
			return bad(v, "not hexadecimal", e);
		p[i] = (uint8_t)(hi << 4 | lo);
	}
	*out = (struct sst_slice){ p, i };
	return 0;
}

/* "deleted" makes a tombstone; else a value, of a counter by its context. */
static int
read_cell_value(struct sst_ndjsonin *r, node *at, node **m, const struct sst_type *type,
    struct sst_cell *c, struct sst_err *e)
{
	if ((m[C_DELETED] != NULL) == (m[C_VALUE] != NULL))
		return bad(at, "a cell has either \"value\" or \"deleted\"", e);
	if (m[C_DELETED] != NULL) {
		c->value = (struct sst_slice){ (const uint8_t *)"", 0 };
		return read_integer(m[C_DELETED], &c->ldt_s, e);
	}
	if (type->kind != SST_COUNTER)
		return read_value(r, type, m[C_VALUE], &c->value, e);
	if (m[C_CONTEXT] == NULL)
		return bad(at, "a counter needs \"context\"", e);
	return read_context(r, m[C_CONTEXT], &c->value, e);
}

static int
read_cell(struct sst_ndjsonin *r, node *at, node **m, const struct sst_type *type,
    struct sst_cell *c, struct sst_err *e)
{
	c->ts_us = r->item.row.live.ts_us;
	c->ldt_s = SST_NO_LDT;
	c->ttl_s = 0;
	if (type == NULL)
		return bad(at, "no such path", e);
	if (read_cell_value(r, at, m, type, c, e) == -1)
		return -1;
	if (m[C_TS] != NULL && read_integer(m[C_TS], &c->ts_us, e) == -1)
		return -1;
	if (m[C_TTL] == NULL && m[C_EXPIRES] == NULL)
		return 0;
	if (m[C_TTL] == NULL || m[C_EXPIRES] == NULL || m[C_DELETED] != NULL)
		return bad(at, "\"ttl\" and \"expires\" go together, with a value", e);
	return read_integer_u32(m[C_TTL], &c->ttl_s, e) == -1 ||
		read_integer(m[C_EXPIRES], &c->ldt_s, e) == -1
	    ? -1
	    : 0;
}

/* A cell path: a field of a UDT by its name, as two bytes, or the element's value. */
static int
read_path(struct sst_ndjsonin *r, const struct sst_type *type, node *v, struct sst_slice *out,
    struct sst_err *e)
{
	uint8_t *p;
	size_t i;

	if (type->kind != SST_UDT)
		return read_value(r, sst_type_path(type), v, out, e);
	for (i = 0; i < type->nargs && !sst_slice_eq(type->fields[i], v->text); i++)
		;
	if (i == type->nargs || v->type != SST_JSON_STRING)
		return bad(v, "no such field", e);
	if ((p = sst_arena_alloc(&r->arena, 2)) == NULL)
		return sst_fail_nomem(e);
	p[0] = (uint8_t)(i >> 8);
	p[1] = (uint8_t)i;
	*out = (struct sst_slice){ p, 2 };
	return 0;
}

/* The elements of a multicell column, which ascend by path. */
static int
read_elements(struct sst_ndjsonin *r, node *list, const struct sst_type *type, struct sst_cell *c,
    struct sst_err *e)
{
	const struct sst_type *of = sst_type_path(type);
	node *v, *m[NCELL_MEMBERS];
	struct sst_cell *prev = NULL;

	for (v = sst_json_first(list); v < sst_json_end(list); v = sst_json_next(v)) {
		if (members_of(v, cell_members, C_DELETION, m, e) == -1)
			return -1;
		if (m[C_PATH] == NULL)
			return bad(v, "an element needs \"path\"", e);
		if (read_path(r, type, m[C_PATH], &c->path, e) == -1 ||
		    read_cell(r, v, m, sst_type_cell(type, c->path), c, e) == -1)
			return -1;
		if (prev != NULL && sst_type_compare(of, prev->path, c->path) >= 0)
			return bad(v, "elements out of order", e);
		prev = c;
		c[1].col = c->col;
		c++;
	}
	return 0;
}

struct building { /* a row's cells */
	struct sst_cell *cells;
	struct sst_complex_deletion *complex;
	size_t ncells, ncomplex;
};

static int
read_column(struct sst_ndjsonin *r, node *v, const struct sst_column *col, uint32_t index,
    struct building *to, struct sst_err *e)
{
	node *m[NCELL_MEMBERS];
	struct sst_cell *c = &to->cells[to->ncells];
	size_t from = col->type->multicell ? C_DELETION : 0, n = col->type->multicell ? 2 : C_PATH;

	if (members_of(v, cell_members + from, n, m, e) == -1)
		return -1;
	*c = (struct sst_cell){ .col = index };
	if (!col->type->multicell) {
		to->ncells++;
		return read_cell(r, v, m, col->type, c, e);
	}
	if (m[0] != NULL) {
		to->complex[to->ncomplex].col = index;
		if (read_deletion(m[0], &to->complex[to->ncomplex++].del, e) == -1)
			return -1;
	}
	if (m[1] == NULL)
		return 0;
	if (m[1]->type != SST_JSON_ARRAY)
		return bad(m[1], "not an array", e);
	to->ncells += m[1]->count;
	return read_elements(r, m[1], col->type, c, e);
}

/* How many cells there can be: a node each. */
static int
read_cells(struct sst_ndjsonin *r, node *obj, const struct sst_column *cols, size_t n,
    struct sst_row *row, struct sst_err *e)
{
	struct building to = { 0 };
	node *k, **by_col;
	uint32_t i;
	int col;

	if (obj->type != SST_JSON_OBJECT)
		return bad(obj, "not an object", e);
	by_col = sst_arena_array(&r->arena, n + 1, sizeof(*by_col));
	to.cells = sst_arena_array(&r->arena, (size_t)obj->skip + 1, sizeof(*to.cells));
	to.complex = sst_arena_array(&r->arena, (size_t)obj->count + 1, sizeof(*to.complex));
	if (by_col == NULL || to.cells == NULL || to.complex == NULL)
		return sst_fail_nomem(e);
	memset(by_col, 0, n * sizeof(*by_col));
	for (k = sst_json_first(obj); k < sst_json_end(obj); k = sst_json_next(k + 1)) {
		if ((col = sst_column_find(cols, n, k->text)) == -1)
			return bad(k, "no such column", e);
		if (by_col[col] != NULL)
			return bad(k, "column twice", e);
		by_col[col] = k + 1;
	}
	for (i = 0; i < n; i++)
		if (by_col[i] != NULL && read_column(r, by_col[i], &cols[i], i, &to, e) == -1)
			return -1;
	row->cells = to.cells;
	row->ncells = to.ncells;
	row->complex = to.complex;
	row->ncomplex = to.ncomplex;
	return 0;
}

static int
read_liveness(node *at, node **m, struct sst_liveness *live, struct sst_err *e)
{
	*live = (struct sst_liveness){ SST_NO_TS, 0, SST_NO_LDT };
	if (m[TS] != NULL && read_integer(m[TS], &live->ts_us, e) == -1)
		return -1;
	if (m[TTL] == NULL && m[EXPIRES] == NULL)
		return 0;
	if (m[TTL] == NULL || m[EXPIRES] == NULL || m[TS] == NULL)
		return bad(at, "\"ttl\" and \"expires\" go together, with \"ts\"", e);
	return read_integer_u32(m[TTL], &live->ttl_s, e) == -1 ||
		read_integer(m[EXPIRES], &live->expiry_s, e) == -1
	    ? -1
	    : 0;
}

static int
read_row(struct sst_ndjsonin *r, node *at, node **m, struct sst_err *e)
{
	const struct sst_table *t = r->table;
	bool is_static = r->item.kind == SST_STATIC;
	struct sst_row *row = &r->item.row;
	struct prefix ck = { t->ck, t->named ? NULL : "ck", t->nck, t->nck, NULL, 0 };

	*row = (struct sst_row){ .del = SST_LIVE, .under = SST_LIVE };
	if (read_liveness(at, m, &row->live, e) == -1)
		return -1;
	if (m[DELETION] != NULL && read_deletion(m[DELETION], &row->del, e) == -1)
		return -1;
	row->shadowable = m[SHADOWABLE] != NULL && m[SHADOWABLE]->type == SST_JSON_TRUE;
	if (m[UNDER] != NULL && !row->shadowable)
		return bad(at, "\"under\" without \"shadowable\"", e);
	if (m[UNDER] != NULL && read_deletion(m[UNDER], &row->under, e) == -1)
		return -1;
	if (!is_static && t->nck > 0) {
		if (m[CLUSTERING] == NULL)
			return bad(at, "a row needs \"clustering\"", e);
		if (read_columns(r, m[CLUSTERING], &ck, e) == -1)
			return -1;
		row->ck = ck.values;
	}
	if (m[CELLS] == NULL)
		return 0;
	if (is_static)
		return read_cells(r, m[CELLS], t->statics, t->nstatic, row, e);
	return read_cells(r, m[CELLS], t->regulars, t->nregular, row, e);
}

static int
read_marker(struct sst_ndjsonin *r, node *at, node **m, struct sst_err *e)
{
	struct sst_marker *k = &r->item.marker;
	const struct sst_table *t = r->table;
	struct prefix ck = { t->ck, t->named ? NULL : "ck", t->nck, 0, NULL, 0 };
	node *b[2];

	*k = (struct sst_marker){ .before = SST_LIVE, .after = SST_LIVE };
	if (m[BOUND] == NULL || (m[OPEN] == NULL && m[CLOSE] == NULL))
		return bad(at, "a range tombstone needs \"bound\", and \"open\" or \"close\"", e);
	if (members_of(m[BOUND], bound_members, 2, b, e) == -1)
		return -1;
	if (b[0] == NULL || b[1] == NULL)
		return bad(m[BOUND], "a bound needs \"clustering\" and \"side\"", e);
	if (read_columns(r, b[0], &ck, e) == -1)
		return -1;
	k->at.ck = ck.values;
	k->at.n = ck.count;
	if (sst_slice_eq(b[1]->text, SST_SLICE_LIT("before")))
		k->at.side = -1;
	else if (sst_slice_eq(b[1]->text, SST_SLICE_LIT("after")))
		k->at.side = 1;
	else
		return bad(b[1], "a side is \"before\" or \"after\"", e);
	if (m[CLOSE] != NULL && read_deletion(m[CLOSE], &k->before, e) == -1)
		return -1;
	return m[OPEN] != NULL ? read_deletion(m[OPEN], &k->after, e) : 0;
}

static int
read_partition(struct sst_ndjsonin *r, node *at, node **m, struct sst_err *e)
{
	struct sst_partition *p = &r->item.part;

	*p = (struct sst_partition){ .key = sst_buf_slice(&r->key), .del = SST_LIVE };
	p->token = sst_token(p->key);
	if (m[DELETION] == NULL)
		return bad(at, "a partition needs \"deletion\"", e);
	return read_deletion(m[DELETION], &p->del, e);
}

static int
read_key(struct sst_ndjsonin *r, node *at, node **m, struct sst_err *e)
{
	const struct sst_table *t = r->table;
	struct prefix k = { t->key, t->named ? NULL : "key", t->nkey, t->nkey, NULL, 0 };
	size_t i;

	if (m[KEY] == NULL)
		return bad(at, "no \"key\"", e);
	if (read_columns(r, m[KEY], &k, e) == -1)
		return -1;
	for (i = 0; i < k.count; i++)
		if (k.values[i].p == NULL)
			return bad(m[KEY], "null in a partition key", e);
	sst_buf_reset(&r->key);
	if (sst_key_join(t, k.values, &r->key, e) == -1)
		return -1;
	return r->key.bad ? sst_fail_nomem(e) : 0;
}

/* What kinds there are, and which members beside the common ones each may have. */
static const struct {
	const char *name;
	enum sst_item_kind kind;
	unsigned may;
} kinds[] = {
	{ "partition", SST_PARTITION, 1u << DELETION },
	{ "static", SST_STATIC,
	    1u << TS | 1u << TTL | 1u << EXPIRES | 1u << DELETION | 1u << SHADOWABLE | 1u << UNDER |
		1u << CELLS },
	{ "row", SST_ROW,
	    1u << TS | 1u << TTL | 1u << EXPIRES | 1u << DELETION | 1u << SHADOWABLE | 1u << UNDER |
		1u << CELLS | 1u << CLUSTERING },
	{ "range_tombstone", SST_MARKER, 1u << BOUND | 1u << CLOSE | 1u << OPEN },
};

static int
read_kind(node *at, node **m, enum sst_item_kind *out, struct sst_err *e)
{
	unsigned i, k;

	if (m[TYPE] == NULL || m[TYPE]->type != SST_JSON_STRING)
		return bad(at, "no \"type\"", e);
	for (k = 0; k < 4 && !sst_slice_eq(m[TYPE]->text, sst_slice_str(kinds[k].name)); k++)
		;
	if (k == 4)
		return bad(m[TYPE], "unknown type", e);
	for (i = KEY + 1; i < NMEMBERS; i++)
		if (m[i] != NULL && (kinds[k].may & 1u << i) == 0)
			return sst_fail(e, SST_EINVAL, NULL, m[i]->off, "\"%s\" in a %s",
			    members[i], kinds[k].name);
	*out = kinds[k].kind;
	return 0;
}

static int
read_line(struct sst_ndjsonin *r, struct sst_slice line, struct sst_err *e)
{
	node *root, *m[NMEMBERS];
	int64_t off;

	if (sst_json_parse(r->json, line, &root, e) == -1 ||
	    members_of(root, members, NMEMBERS, m, e) == -1 ||
	    read_kind(root, m, &r->item.kind, e) == -1 || read_key(r, root, m, e) == -1)
		return -1;
	if (m[POSITION] != NULL) {
		if (read_integer(m[POSITION], &off, e) == -1)
			return -1;
		if (off < 0)
			return bad(m[POSITION], "position below 0", e);
		r->item.off = (uint64_t)off;
	}
	if (r->item.kind == SST_PARTITION)
		return read_partition(r, root, m, e);
	if (r->item.kind == SST_MARKER)
		return read_marker(r, root, m, e);
	return read_row(r, root, m, e);
}

int
sst_ndjsonin_line(struct sst_ndjsonin *r, struct sst_slice line, struct sst_slice *key_out,
    const struct sst_item **item, struct sst_err *e)
{
	*key_out = (struct sst_slice){ NULL, 0 };
	*item = NULL;
	r->item = (struct sst_item){ 0 };
	sst_arena_reset(&r->arena);
	if (read_line(r, line, e) == -1)
		return -1;
	*key_out = sst_buf_slice(&r->key);
	*item = &r->item;
	return 0;
}
