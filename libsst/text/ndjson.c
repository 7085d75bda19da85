/*
 * text/ndjson.c: rows as NDJSON.  All that is the same from line to line is built once: what stands
 * before the position once a file, the key once a partition, names once a table.
 */
#include "text/ndjson.h"

#include <stdlib.h>

#include "base/hex.h"
#include "codec/jsonout.h"
#include "row/counter.h"
#include "text/int.h"

struct part { /* of a buffer that may still grow */
	size_t off, len;
};

struct column {
	struct part name; /* `"NAME":` in n->names */
	const struct sst_type *type;
};

struct sst_ndjson {
	const struct sst_table *table;
	bool skip;            /* the key of this partition could not be read */
	const char *file;     /* of heads */
	struct sst_buf heads; /* from the start of a line to its position, one of each kind */
	struct part head[4];  /* by enum sst_item_kind */
	struct sst_buf key;   /* `,"key":{...}` of this partition */
	struct sst_buf names;
	struct column *keys, *cks, *statics, *regulars;
	struct sst_slice *values; /* of nkey, for splitting */
};

/* Names of columns; those without a name are called by their kind and place, from 1 on. */
static void
name_columns(
    struct sst_buf *b, struct column *to, const struct sst_column *from, size_t n, const char *kind)
{
	char place[SST_PLACE_LEN];
	size_t i;

	for (i = 0; i < n; i++) {
		to[i].type = from[i].type;
		to[i].name.off = b->n;
		if (kind != NULL) {
			sst_text_place(place, kind, i);
			sst_json_put_string(b, sst_slice_str(place));
		} else
			sst_json_put_string(b, from[i].name);
		sst_buf_addc(b, ':');
		to[i].name.len = b->n - to[i].name.off;
	}
}

int
sst_ndjson_new(struct sst_ndjson **out, const struct sst_table *t, struct sst_err *e)
{
	struct sst_ndjson *n = calloc(1, sizeof(*n));
	struct column *cols;

	*out = NULL;
	if (n == NULL)
		return sst_fail_nomem(e);
	cols = calloc(t->nkey + t->nck + t->nstatic + t->nregular + 1, sizeof(*cols));
	n->keys = cols;
	n->values = calloc(t->nkey + 1, sizeof(*n->values));
	if (cols == NULL || n->values == NULL)
		goto nomem;
	n->table = t;
	n->cks = cols + t->nkey;
	n->statics = n->cks + t->nck;
	n->regulars = n->statics + t->nstatic;
	name_columns(&n->names, n->keys, t->key, t->nkey, t->named ? NULL : "key");
	name_columns(&n->names, n->cks, t->ck, t->nck, t->named ? NULL : "ck");
	name_columns(&n->names, n->statics, t->statics, t->nstatic, NULL);
	name_columns(&n->names, n->regulars, t->regulars, t->nregular, NULL);
	if (n->names.bad)
		goto nomem;
	*out = n;
	return 0;
nomem:
	sst_ndjson_free(n);
	return sst_fail_nomem(e);
}

void
sst_ndjson_free(struct sst_ndjson *n)
{
	if (n == NULL)
		return;
	sst_buf_free(&n->heads);
	sst_buf_free(&n->key);
	sst_buf_free(&n->names);
	free(n->keys);
	free(n->values);
	free(n);
}

static void
put_name(const struct sst_ndjson *n, const struct part *name, struct sst_buf *b)
{
	sst_buf_add(b, n->names.p + name->off, name->len);
}

static void
put_text_or_null(struct sst_buf *b, struct sst_slice s)
{
	if (s.n > 0)
		sst_json_put_string(b, s);
	else
		SST_ADD(b, "null");
}

/* Builds the starts of lines anew when the file is another one. */
static int
use_file(struct sst_ndjson *n, const char *file, struct sst_err *e)
{
	static const char *const types[] = { "partition", "static", "row", "range_tombstone" };
	size_t i;

	if (n->heads.n > 0 && file == n->file)
		return 0;
	sst_buf_reset(&n->heads);
	for (i = 0; i < 4; i++) {
		n->head[i].off = n->heads.n;
		SST_ADD(&n->heads, "{\"type\":\"");
		sst_buf_adds(&n->heads, types[i]);
		SST_ADD(&n->heads, "\",\"keyspace\":");
		put_text_or_null(&n->heads, n->table->keyspace);
		SST_ADD(&n->heads, ",\"table\":");
		put_text_or_null(&n->heads, n->table->name);
		SST_ADD(&n->heads, ",\"file\":");
		put_text_or_null(&n->heads, sst_slice_str(file != NULL ? file : ""));
		SST_ADD(&n->heads, ",\"position\":");
		n->head[i].len = n->heads.n - n->head[i].off;
	}
	n->file = file;
	return n->heads.bad ? sst_fail_nomem(e) : 0;
}

static void
open_line(const struct sst_ndjson *n, const struct sst_item *item, struct sst_buf *b)
{
	const struct part *h = &n->head[item->kind];

	sst_buf_add(b, n->heads.p + h->off, h->len);
	sst_digits_u64(b, item->off);
	sst_buf_add(b, n->key.p, n->key.n);
}

static int
put_columns(const struct sst_ndjson *n, const struct column *cols, const struct sst_slice *values,
    size_t count, struct sst_buf *b, struct sst_err *e)
{
	size_t i;

	for (i = 0; i < count; i++) {
		sst_buf_addc(b, i > 0 ? ',' : '{');
		put_name(n, &cols[i].name, b);
		if (values[i].p == NULL)
			SST_ADD(b, "null");
		else if (sst_type_to_ndjson(cols[i].type, values[i], b, e) == -1)
			return -1;
	}
	if (count == 0)
		sst_buf_addc(b, '{');
	sst_buf_addc(b, '}');
	return 0;
}

static void
put_deletion(struct sst_buf *b, struct sst_deletion del)
{
	SST_ADD(b, "{\"ts\":");
	sst_digits_i64(b, del.ts_us);
	SST_ADD(b, ",\"at\":");
	sst_digits_i64(b, del.ldt_s);
	sst_buf_addc(b, '}');
}

static void
put_expiry(struct sst_buf *b, uint32_t ttl_s, int64_t at_s)
{
	SST_ADD(b, ",\"ttl\":");
	sst_digits_u64(b, ttl_s);
	SST_ADD(b, ",\"expires\":");
	sst_digits_i64(b, at_s);
}

static int
put_partition(
    struct sst_ndjson *n, const struct sst_item *item, struct sst_buf *b, struct sst_err *e)
{
	const struct sst_table *t = n->table;

	sst_buf_reset(&n->key);
	SST_ADD(&n->key, ",\"key\":");
	if (sst_key_split(t, item->part.key, n->values, e) == -1 ||
	    put_columns(n, n->keys, n->values, t->nkey, &n->key, e) == -1)
		return -1;
	if (n->key.bad)
		return sst_fail_nomem(e);
	if (item->part.del.ts_us == SST_NO_TS)
		return 0;
	open_line(n, item, b);
	SST_ADD(b, ",\"deletion\":");
	put_deletion(b, item->part.del);
	SST_ADD(b, "}\n");
	return 0;
}

/* The sum for people, and the context, from which the sum comes, for whoever reads it back. */
static int
put_counter(struct sst_slice context, struct sst_buf *b, struct sst_err *e)
{
	int64_t total;

	if (sst_counter_total(&total, context, e) == -1)
		return -1;
	SST_ADD(b, "\"value\":\"");
	sst_digits_i64(b, total);
	SST_ADD(b, "\",\"context\":\"");
	sst_hex_put(b, context);
	sst_buf_addc(b, '"');
	return 0;
}

/* A cell's members from its value on, and the brace that closes it. */
static int
put_cell(const struct sst_type *type, const struct sst_row *row, const struct sst_cell *c,
    struct sst_buf *b, struct sst_err *e)
{
	if (type == NULL)
		return sst_fail(e, SST_EDAMAGED, NULL, SST_NOWHERE, "cell path names no field");
	if (sst_cell_is_tombstone(c)) {
		SST_ADD(b, "\"deleted\":");
		sst_digits_i64(b, c->ldt_s);
	} else if (type->kind == SST_COUNTER) {
		if (put_counter(c->value, b, e) == -1)
			return -1;
	} else {
		SST_ADD(b, "\"value\":");
		if (sst_type_to_ndjson(type, c->value, b, e) == -1)
			return -1;
	}
	if (c->ts_us != row->live.ts_us || c->ts_us == SST_NO_TS) {
		SST_ADD(b, ",\"ts\":");
		sst_digits_i64(b, c->ts_us);
	}
	if (c->ttl_s != 0)
		put_expiry(b, c->ttl_s, c->ldt_s);
	sst_buf_addc(b, '}');
	return 0;
}

static int
put_path(const struct sst_type *type, struct sst_slice path, struct sst_buf *b, struct sst_err *e)
{
	const struct sst_type *of = sst_type_path(type);
	size_t field;

	SST_ADD(b, "{\"path\":");
	if (type->kind != SST_UDT && of != NULL)
		return sst_type_to_ndjson(of, path, b, e);
	field = path.n == 2 ? (size_t)path.p[0] << 8 | path.p[1] : type->nargs;
	if (type->kind != SST_UDT || field >= type->nargs)
		return sst_fail(e, SST_EDAMAGED, NULL, SST_NOWHERE, "cell path names no field");
	sst_json_put_string(b, type->fields[field]);
	return 0;
}

struct walk { /* over the cells and complex deletions of a row, both by column */
	const struct sst_row *row;
	const struct sst_cell *c, *cend;
	const struct sst_complex_deletion *x, *xend;
};

/* The cells of column col, which is multicell. */
static int
put_elements(
    const struct sst_type *type, uint32_t col, struct walk *w, struct sst_buf *b, struct sst_err *e)
{
	bool first = true;

	SST_ADD(b, "\"elements\":[");
	for (; w->c < w->cend && w->c->col == col; w->c++) {
		if (!first)
			sst_buf_addc(b, ',');
		first = false;
		if (put_path(type, w->c->path, b, e) == -1)
			return -1;
		sst_buf_addc(b, ',');
		if (put_cell(sst_type_cell(type, w->c->path), w->row, w->c, b, e) == -1)
			return -1;
	}
	sst_buf_addc(b, ']');
	return 0;
}

/* A multicell column: its deletion, if it has one, and its cells. */
static int
put_complex(
    const struct sst_type *type, uint32_t col, struct walk *w, struct sst_buf *b, struct sst_err *e)
{
	bool cells = w->c < w->cend && w->c->col == col;

	sst_buf_addc(b, '{');
	if (w->x < w->xend && w->x->col == col) {
		SST_ADD(b, "\"deletion\":");
		put_deletion(b, w->x->del);
		w->x++;
		if (cells)
			sst_buf_addc(b, ',');
	}
	if (cells && put_elements(type, col, w, b, e) == -1)
		return -1;
	sst_buf_addc(b, '}');
	return 0;
}

static int
put_cells(const struct sst_ndjson *n, const struct sst_row *row, const struct column *cols,
    struct sst_buf *b, struct sst_err *e)
{
	struct walk w = { row, row->cells, sst_text_cells_end(row), row->complex,
		sst_text_complex_end(row) };
	bool deleted, first = true;
	uint32_t col;

	SST_ADD(b, ",\"cells\":{");
	while (w.c < w.cend || w.x < w.xend) {
		deleted = w.x < w.xend && (w.c == w.cend || w.x->col <= w.c->col);
		col = deleted ? w.x->col : w.c->col;
		if (!first)
			sst_buf_addc(b, ',');
		first = false;
		put_name(n, &cols[col].name, b);
		if (deleted || cols[col].type->multicell) {
			if (put_complex(cols[col].type, col, &w, b, e) == -1)
				return -1;
			continue;
		}
		sst_buf_addc(b, '{');
		if (put_cell(cols[col].type, row, w.c++, b, e) == -1)
			return -1;
	}
	SST_ADD(b, "}}\n");
	return 0;
}

static int
put_row(struct sst_ndjson *n, const struct sst_item *item, struct sst_buf *b, struct sst_err *e)
{
	const struct sst_table *t = n->table;
	const struct sst_row *row = &item->row;

	open_line(n, item, b);
	if (item->kind == SST_ROW && t->nck > 0) {
		SST_ADD(b, ",\"clustering\":");
		if (put_columns(n, n->cks, row->ck, t->nck, b, e) == -1)
			return -1;
	}
	if (row->live.ts_us != SST_NO_TS) {
		SST_ADD(b, ",\"ts\":");
		sst_digits_i64(b, row->live.ts_us);
		if (row->live.ttl_s != 0)
			put_expiry(b, row->live.ttl_s, row->live.expiry_s);
	}
	if (row->del.ts_us != SST_NO_TS) {
		SST_ADD(b, ",\"deletion\":");
		put_deletion(b, row->del);
		if (row->shadowable)
			SST_ADD(b, ",\"shadowable\":true");
		if (row->shadowable && row->under.ts_us != SST_NO_TS) {
			SST_ADD(b, ",\"under\":");
			put_deletion(b, row->under);
		}
	}
	if (item->kind == SST_STATIC)
		return put_cells(n, row, n->statics, b, e);
	return put_cells(n, row, n->regulars, b, e);
}

static int
put_marker(struct sst_ndjson *n, const struct sst_item *item, struct sst_buf *b, struct sst_err *e)
{
	const struct sst_marker *m = &item->marker;

	open_line(n, item, b);
	SST_ADD(b, ",\"bound\":{\"clustering\":");
	if (put_columns(n, n->cks, m->at.ck, m->at.n, b, e) == -1)
		return -1;
	if (m->at.side < 0)
		SST_ADD(b, ",\"side\":\"before\"}");
	else
		SST_ADD(b, ",\"side\":\"after\"}");
	if (m->before.ts_us != SST_NO_TS) {
		SST_ADD(b, ",\"close\":");
		put_deletion(b, m->before);
	}
	if (m->after.ts_us != SST_NO_TS) {
		SST_ADD(b, ",\"open\":");
		put_deletion(b, m->after);
	}
	SST_ADD(b, "}\n");
	return 0;
}

int
sst_ndjson_item(
    struct sst_ndjson *n, const struct sst_item *item, struct sst_buf *out, struct sst_err *e)
{
	size_t at = out->n;
	int r;

	if (n->skip && item->kind != SST_PARTITION)
		return 0;
	n->skip = false;
	r = use_file(n, item->file, e);
	if (r == -1)
		return -1;
	if (item->kind == SST_PARTITION)
		r = put_partition(n, item, out, e);
	else if (item->kind == SST_MARKER)
		r = put_marker(n, item, out, e);
	else
		r = put_row(n, item, out, e);
	if (r == 0 && out->bad)
		r = sst_fail_nomem(e);
	if (r == 0)
		return 0;
	n->skip = item->kind == SST_PARTITION;
	if (!out->bad)
		out->n = at;
	return sst_text_fail_at(item, e);
}
