/* query/outrow.c: from cells to values. */
#include "query/outrow.h"

#include "codec/in.h"
#include "codec/out.h"

struct cells { /* of one column in one row */
	const struct sst_cell *p;
	size_t n;
};

static struct cells
cells_of(const struct sst_outrow *o, const struct sst_column_ref *c)
{
	const struct sst_row *row = c->kind == SST_COLUMN_STATIC ? o->statik : o->row;
	struct cells found = { NULL, 0 };
	size_t i = 0;

	if (row == NULL)
		return found;
	while (i < row->ncells && row->cells[i].col < c->i)
		i++;
	found.p = row->cells + i;
	while (i + found.n < row->ncells && row->cells[i + found.n].col == c->i)
		found.n++;
	return found;
}

static struct sst_slice
in_arena(struct sst_buf *b, struct sst_arena *arena)
{
	struct sst_slice s = { NULL, 0 };

	if (!b->bad)
		s = sst_arena_slice(arena, sst_buf_slice(b));
	sst_buf_free(b);
	return s;
}

/* All fields in their order; those that have no cell are null. */
static void
put_fields(struct sst_buf *b, const struct sst_type *t, struct cells cells)
{
	unsigned at = 0;

	for (size_t i = 0; i < cells.n; i++) {
		struct sst_in in = sst_in_new(cells.p[i].path, 0);
		unsigned field = sst_get_u16(&in);

		for (; at < field; at++)
			sst_put_u32(b, UINT32_MAX);
		sst_put_bytes32(b, cells.p[i].value);
		at = field + 1;
	}
	for (; at < t->nargs; at++)
		sst_put_u32(b, UINT32_MAX);
}

/* Cells of a collection as the protocol has it: their number, then each, of a map key and value. */
static int
assemble(const struct sst_type *t, struct cells cells, struct sst_arena *arena,
    struct sst_slice *out, struct sst_err *e)
{
	struct sst_buf b = { 0 };

	if (t->kind == SST_UDT)
		put_fields(&b, t, cells);
	else {
		sst_put_u32(&b, (uint32_t)cells.n);
		for (size_t i = 0; i < cells.n; i++) {
			if (t->kind != SST_LIST)
				sst_put_bytes32(&b, cells.p[i].path);
			if (t->kind != SST_SET)
				sst_put_bytes32(&b, cells.p[i].value);
		}
	}
	*out = in_arena(&b, arena);
	return out->p == NULL ? sst_fail_nomem(e) : 0;
}

int
sst_outrow_column(const struct sst_outrow *o, const struct sst_column_ref *c, struct sst_slice *out,
    struct sst_err *e)
{
	struct cells cells;

	*out = (struct sst_slice){ NULL, 0 };
	if (c->kind == SST_COLUMN_KEY) {
		*out = o->key_values[c->i];
		return 0;
	}
	if (c->kind == SST_COLUMN_CK) {
		if (o->row != NULL)
			*out = o->row->ck[c->i];
		return 0;
	}
	cells = cells_of(o, c);
	if (cells.n == 0)
		return 0;
	if (c->column->type->multicell)
		return assemble(c->column->type, cells, o->arena, out, e);
	*out = cells.p[0].value;
	return 0;
}

static int
put_number(
    const struct sst_outrow *o, int64_t v, size_t width, struct sst_slice *out, struct sst_err *e)
{
	uint8_t *p = sst_arena_alloc(o->arena, width);

	if (p == NULL)
		return sst_fail_nomem(e);
	*out = (struct sst_slice){ p, width };
	for (size_t i = width; i-- > 0; v >>= 8)
		p[i] = (uint8_t)v;
	return 0;
}

/* The value of a key in a frozen map, or of a field in a frozen user type; both are valid. */
static struct sst_slice
inside(const struct sst_output *op, struct sst_slice value, struct sst_slice key)
{
	const struct sst_type *t = op->of.column->type;
	struct sst_in in = sst_in_new(value, 0);
	struct sst_slice none = { NULL, 0 };
	int32_t len;

	if (t->kind == SST_UDT) {
		for (size_t i = 0; i <= op->field; i++) {
			len = (int32_t)sst_get_u32(&in);
			value = len < 0 ? none : sst_get_bytes(&in, (size_t)len);
		}
		return in.bad ? none : value;
	}
	for (uint32_t n = sst_get_u32(&in); n > 0 && !in.bad; n--) {
		struct sst_slice k = sst_get_bytes32(&in), v = sst_get_bytes32(&in);

		if (!in.bad && sst_type_compare(t->args[0], k, key) == 0)
			return v;
	}
	return none;
}

/* column[key], column.field */
static int
part_value(const struct sst_outrow *o, const struct sst_output *op, const struct sst_bind *bind,
    struct sst_slice *out, struct sst_err *e)
{
	struct sst_slice key = { NULL, 0 }, all;

	if (op->key != NULL && sst_operand_value(op->key, bind, &key, NULL, e) == -1)
		return -1;
	*out = (struct sst_slice){ NULL, 0 };
	if (sst_outrow_column(o, &op->of, &all, e) == -1)
		return -1;
	if (all.p != NULL && (op->key == NULL || key.p != NULL))
		*out = inside(op, all, key);
	return 0;
}

static int64_t
max_writetime(struct cells cells)
{
	int64_t max = cells.p[0].ts_us;

	for (size_t i = 1; i < cells.n; i++)
		max = cells.p[i].ts_us > max ? cells.p[i].ts_us : max;
	return max;
}

/* The time, or what is left of the TTL, of a cell; null where it never expires. */
static void
put_time(const struct sst_outrow *o, struct sst_buf *b, const struct sst_cell *c, bool ttl)
{
	if (!ttl) {
		sst_put_u32(b, 8);
		sst_put_u64(b, (uint64_t)c->ts_us);
	} else if (c->ttl_s == 0)
		sst_put_u32(b, UINT32_MAX);
	else {
		sst_put_u32(b, 4);
		sst_put_u32(b, (uint32_t)(c->ldt_s - o->now_s));
	}
}

/* A list of the cells' times; of a user type one for each field, null for those that are not there. */
static int
put_times(const struct sst_outrow *o, const struct sst_column_ref *of, struct cells cells, bool ttl,
    struct sst_slice *out, struct sst_err *e)
{
	const struct sst_type *t = of->column->type;
	size_t n = t->kind == SST_UDT ? t->nargs : cells.n, at = 0;
	struct sst_buf b = { 0 };

	sst_put_u32(&b, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		struct sst_in path;

		if (t->kind != SST_UDT) {
			put_time(o, &b, &cells.p[i], ttl);
			continue;
		}
		path = at < cells.n ? sst_in_new(cells.p[at].path, 0)
				    : sst_in_new((struct sst_slice){ NULL, 0 }, 0);
		if (at < cells.n && sst_get_u16(&path) == i)
			put_time(o, &b, &cells.p[at++], ttl);
		else
			sst_put_u32(&b, UINT32_MAX);
	}
	*out = in_arena(&b, o->arena);
	return out->p == NULL ? sst_fail_nomem(e) : 0;
}

/* The one cell of those of a column that an output is of. */
static int
find_part(struct cells *cells, const struct sst_output *op, const struct sst_bind *bind,
    struct sst_err *e)
{
	const struct sst_type *t = op->of.column->type;
	struct sst_slice key = { NULL, 0 };
	size_t i = 0;

	if (op->part == SST_PART_ELEMENT && sst_operand_value(op->key, bind, &key, NULL, e) == -1)
		return -1;
	for (; i < cells->n; i++) {
		struct sst_in path = sst_in_new(cells->p[i].path, 0);

		if (op->part == SST_PART_FIELD
			? sst_get_u16(&path) == op->field
			: key.p != NULL && sst_type_compare(t->args[0], cells->p[i].path, key) == 0)
			break;
	}
	*cells = (struct cells){ cells->p + i, i < cells->n };
	return 0;
}

static int
time_value(const struct sst_outrow *o, const struct sst_output *op, const struct sst_bind *bind,
    struct sst_slice *out, struct sst_err *e)
{
	struct cells cells = cells_of(o, &op->of);
	bool part = op->part != SST_PART_NONE;

	if (part && find_part(&cells, op, bind, e) == -1)
		return -1;
	if (cells.n == 0)
		return 0;
	if (op->kind == SST_OUTPUT_MAX_WRITETIME)
		return put_number(o, max_writetime(cells), 8, out, e);
	if (op->of.column->type->multicell && !part)
		return put_times(o, &op->of, cells, op->kind == SST_OUTPUT_TTL, out, e);
	if (op->kind == SST_OUTPUT_WRITETIME)
		return put_number(o, cells.p[0].ts_us, 8, out, e);
	if (cells.p[0].ttl_s == 0)
		return 0;
	return put_number(o, cells.p[0].ldt_s - o->now_s, 4, out, e);
}

static int
call_value(const struct sst_outrow *o, const struct sst_output *op, const struct sst_bind *bind,
    struct sst_slice *out, struct sst_err *e)
{
	struct sst_slice arg = { NULL, 0 };
	struct sst_err why;

	if (op->arg != NULL && sst_outrow_value(o, op->arg, bind, &arg, e) == -1)
		return -1;
	if (sst_function_value(op->function, arg, &bind->at, op->nth, o->arena, out, e) == -1)
		return -1;
	if (out->p == NULL || op->function->call != NULL ||
	    sst_type_validate(op->type, *out, &why) == 0)
		return 0;
	return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "In call to function system.%.*s: %.100s",
	    SST_NAME_ARGS(op->function->name), why.what);
}

int
sst_outrow_value(const struct sst_outrow *o, const struct sst_output *op,
    const struct sst_bind *bind, struct sst_slice *out, struct sst_err *e)
{
	*out = (struct sst_slice){ NULL, 0 };
	switch (op->kind) {
	case SST_OUTPUT_COLUMN:
		return sst_outrow_column(o, &op->of, out, e);
	case SST_OUTPUT_TOKEN:
		return put_number(o, o->token, 8, out, e);
	case SST_OUTPUT_ELEMENT:
	case SST_OUTPUT_FIELD:
		return part_value(o, op, bind, out, e);
	case SST_OUTPUT_WRITETIME:
	case SST_OUTPUT_MAX_WRITETIME:
	case SST_OUTPUT_TTL:
		return time_value(o, op, bind, out, e);
	case SST_OUTPUT_CALL:
		return call_value(o, op, bind, out, e);
	case SST_OUTPUT_VALUE:
		return sst_operand_value(op->key, bind, out, NULL, e);
	default:
		return 0; /* counts are kept by whoever sees all rows */
	}
}

/* ---- filters ---- */

/* Is a value among the elements of a collection (its keys, or a map's values)? */
static bool
contains(const struct sst_type *t, struct sst_slice all, struct sst_slice v, bool key)
{
	struct sst_in in = sst_in_new(all, 0);
	bool map = t->kind == SST_MAP;
	const struct sst_type *of = t->args[map && !key];

	for (uint32_t n = sst_get_u32(&in); n > 0 && !in.bad; n--) {
		struct sst_slice a = sst_get_bytes32(&in), b = map ? sst_get_bytes32(&in) : a;

		if (!in.bad && sst_type_compare(of, key ? a : b, v) == 0)
			return true;
	}
	return false;
}

/* A reversed type compares the other way round, which is not what `<` means. */
static int
natural_compare(const struct sst_type *t, struct sst_slice a, struct sst_slice b)
{
	int c = sst_type_compare(t, a, b);

	return t->reversed ? -c : c;
}

static bool
holds(const struct sst_filter *f, const struct sst_type *t, struct sst_slice have,
    struct sst_slice want)
{
	switch (f->op) {
	case SST_REL_CONTAINS:
		return contains(t, have, want, false);
	case SST_REL_CONTAINS_KEY:
		return contains(t, have, want, true);
	case SST_REL_LT:
		return natural_compare(t, have, want) < 0;
	case SST_REL_LE:
		return natural_compare(t, have, want) <= 0;
	case SST_REL_GT:
		return natural_compare(t, have, want) > 0;
	case SST_REL_GE:
		return natural_compare(t, have, want) >= 0;
	default: /* =, IN */
		return sst_type_compare(t, have, want) == 0;
	}
}

static const struct sst_column *
filter_column(const struct sst_table *t, const struct sst_filter *f)
{
	switch (f->kind) {
	case SST_COLUMN_KEY:
		return &t->key[f->col];
	case SST_COLUMN_CK:
		return &t->ck[f->col];
	case SST_COLUMN_STATIC:
		return &t->statics[f->col];
	default:
		return &t->regulars[f->col];
	}
}

/* Is a value among those of a list that came for IN ?; it is valid. */
static bool
is_among(const struct sst_type *t, struct sst_slice have, struct sst_slice list)
{
	struct sst_in in = sst_in_new(list, 0);

	for (uint32_t n = sst_get_u32(&in); n > 0 && !in.bad; n--) {
		struct sst_slice v = sst_get_bytes32(&in);

		if (!in.bad && v.p != NULL && sst_type_compare(t, have, v) == 0)
			return true;
	}
	return false;
}

static int
passes_one(const struct sst_outrow *o, const struct sst_filter *f, const struct sst_bind *bind,
    struct sst_err *e)
{
	struct sst_column_ref c = { f->kind, f->col, filter_column(o->table, f) };
	struct sst_output part = { .kind = SST_OUTPUT_ELEMENT, .of = c, .key = f->key };
	const struct sst_type *type = f->key != NULL ? c.column->type->args[1] : c.column->type;
	struct sst_slice have, want;

	if ((f->key != NULL ? part_value(o, &part, bind, &have, e)
			    : sst_outrow_column(o, &c, &have, e)) == -1)
		return -1;
	if (have.p == NULL)
		return 0;
	for (size_t i = 0; i < f->nvalues; i++) {
		if (sst_operand_value(&f->values[i], bind, &want, NULL, e) == -1)
			return -1;
		if (want.p == NULL)
			return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
			    "Unsupported null value for column %.*s",
			    SST_NAME_ARGS(c.column->name));
		if (f->in_arg ? is_among(type, have, want) : holds(f, type, have, want))
			return SST_ONE;
	}
	return 0;
}

int
sst_outrow_passes(const struct sst_outrow *o, const struct sst_where *w,
    const struct sst_bind *bind, struct sst_err *e)
{
	int r = SST_ONE;

	for (size_t i = 0; r == SST_ONE && i < w->nfilters; i++)
		r = passes_one(o, &w->filters[i], bind, e);
	return r;
}
