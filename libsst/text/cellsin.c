/* text/cellsin.c: the cells of a row from NDJSON. */
#include "text/cellsin.h"

#include "base/hex.h"

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

struct reading { /* of one row */
	struct sst_linein *in;
	int64_t ts_us; /* the row's */
};

/* A counter's context, in hexadecimal. */
static int
read_context(const struct reading *r, node *v, struct sst_slice *out, struct sst_err *e)
{
	uint8_t *p = sst_arena_alloc(&r->in->arena, v->text.n / 2 + 1);

	if (p == NULL)
		return sst_fail_nomem(e);
	if (v->type != SST_JSON_STRING || !sst_hex_read(v->text, p))
		return sst_member_bad(v, "not hexadecimal", e);
	*out = (struct sst_slice){ p, v->text.n / 2 };
	return 0;
}

/* "deleted" makes a tombstone; else a value, of a counter by its context. */
static int
read_cell_value(const struct reading *r, node *at, node **m, const struct sst_type *type,
    struct sst_cell *c, struct sst_err *e)
{
	if ((m[C_DELETED] != NULL) == (m[C_VALUE] != NULL))
		return sst_member_bad(at, "a cell has either \"value\" or \"deleted\"", e);
	if (m[C_DELETED] != NULL) {
		c->value = (struct sst_slice){ (const uint8_t *)"", 0 };
		return sst_member_integer(m[C_DELETED], &c->ldt_s, e);
	}
	if (type->kind != SST_COUNTER)
		return sst_member_value(r->in, type, m[C_VALUE], &c->value, e);
	if (m[C_CONTEXT] == NULL)
		return sst_member_bad(at, "a counter needs \"context\"", e);
	return read_context(r, m[C_CONTEXT], &c->value, e);
}

static int
read_cell(const struct reading *r, node *at, node **m, const struct sst_type *type,
    struct sst_cell *c, struct sst_err *e)
{
	c->ts_us = r->ts_us;
	c->ldt_s = SST_NO_LDT;
	c->ttl_s = 0;
	if (type == NULL)
		return sst_member_bad(at, "no such path", e);
	if (read_cell_value(r, at, m, type, c, e) == -1)
		return -1;
	if (m[C_TS] != NULL && sst_member_integer(m[C_TS], &c->ts_us, e) == -1)
		return -1;
	if (m[C_TTL] == NULL && m[C_EXPIRES] == NULL)
		return 0;
	if (m[C_TTL] == NULL || m[C_EXPIRES] == NULL || m[C_DELETED] != NULL)
		return sst_member_bad(at, "\"ttl\" and \"expires\" go together, with a value", e);
	return sst_member_u32(m[C_TTL], &c->ttl_s, e) == -1 ||
		sst_member_integer(m[C_EXPIRES], &c->ldt_s, e) == -1
	    ? -1
	    : 0;
}

/* A cell path: a field of a UDT by its name, as two bytes, or the element's value. */
static int
read_path(const struct reading *r, const struct sst_type *type, node *v, struct sst_slice *out,
    struct sst_err *e)
{
	uint8_t *p;
	size_t i;

	if (type->kind != SST_UDT)
		return sst_member_value(r->in, sst_type_path(type), v, out, e);
	for (i = 0; i < type->nargs && !sst_slice_eq(type->fields[i], v->text); i++)
		;
	if (i == type->nargs || v->type != SST_JSON_STRING)
		return sst_member_bad(v, "no such field", e);
	if ((p = sst_arena_alloc(&r->in->arena, 2)) == NULL)
		return sst_fail_nomem(e);
	p[0] = (uint8_t)(i >> 8);
	p[1] = (uint8_t)i;
	*out = (struct sst_slice){ p, 2 };
	return 0;
}

/* The elements of a multicell column, which ascend by path. */
static int
read_elements(const struct reading *r, node *list, const struct sst_type *type, struct sst_cell *c,
    struct sst_err *e)
{
	const struct sst_type *of = sst_type_path(type);
	node *v, *m[NCELL_MEMBERS];
	struct sst_cell *prev = NULL;

	for (v = sst_json_first(list); v < sst_json_end(list); v = sst_json_next(v)) {
		if (sst_members_of(v, cell_members, C_DELETION, m, e) == -1)
			return -1;
		if (m[C_PATH] == NULL)
			return sst_member_bad(v, "an element needs \"path\"", e);
		if (read_path(r, type, m[C_PATH], &c->path, e) == -1 ||
		    read_cell(r, v, m, sst_type_cell(type, c->path), c, e) == -1)
			return -1;
		if (prev != NULL && sst_type_compare(of, prev->path, c->path) >= 0)
			return sst_member_bad(v, "elements out of order", e);
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
read_column(const struct reading *r, node *v, const struct sst_column *col, uint32_t index,
    struct building *to, struct sst_err *e)
{
	node *m[NCELL_MEMBERS];
	struct sst_cell *c = &to->cells[to->ncells];
	size_t from = col->type->multicell ? C_DELETION : 0, n = col->type->multicell ? 2 : C_PATH;

	if (sst_members_of(v, cell_members + from, n, m, e) == -1)
		return -1;
	*c = (struct sst_cell){ .col = index };
	if (!col->type->multicell) {
		to->ncells++;
		return read_cell(r, v, m, col->type, c, e);
	}
	if (m[0] != NULL) {
		to->complex[to->ncomplex].col = index;
		if (sst_member_deletion(m[0], &to->complex[to->ncomplex++].del, e) == -1)
			return -1;
	}
	if (m[1] == NULL)
		return 0;
	if (m[1]->type != SST_JSON_ARRAY)
		return sst_member_bad(m[1], "not an array", e);
	to->ncells += m[1]->count;
	return read_elements(r, m[1], col->type, c, e);
}

/* How many cells there can be: a node each. */
int
sst_cells_read(struct sst_linein *in, node *obj, const struct sst_column *cols, size_t n,
    struct sst_row *row, struct sst_err *e)
{
	const struct reading r = { in, row->live.ts_us };
	struct building to = { 0 };
	node *k, **by_col;
	uint32_t i;
	int col;

	if (obj->type != SST_JSON_OBJECT)
		return sst_member_bad(obj, "not an object", e);
	by_col = sst_arena_array(&in->arena, n + 1, sizeof(*by_col));
	to.cells = sst_arena_array(&in->arena, (size_t)obj->skip + 1, sizeof(*to.cells));
	to.complex = sst_arena_array(&in->arena, (size_t)obj->count + 1, sizeof(*to.complex));
	if (by_col == NULL || to.cells == NULL || to.complex == NULL)
		return sst_fail_nomem(e);
	memset(by_col, 0, n * sizeof(*by_col));
	for (k = sst_json_first(obj); k < sst_json_end(obj); k = sst_json_next(k + 1)) {
		if ((col = sst_column_find(cols, n, k->text)) == -1)
			return sst_member_bad(k, "no such column", e);
		if (by_col[col] != NULL)
			return sst_member_bad(k, "column twice", e);
		by_col[col] = k + 1;
	}
	for (i = 0; i < n; i++)
		if (by_col[i] != NULL && read_column(&r, by_col[i], &cols[i], i, &to, e) == -1)
			return -1;
	row->cells = to.cells;
	row->ncells = to.ncells;
	row->complex = to.complex;
	row->ncomplex = to.ncomplex;
	return 0;
}
