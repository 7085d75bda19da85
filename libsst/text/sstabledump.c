/*
 * text/sstabledump.c: the JSON of Cassandra 5.0's sstabledump.  Its pretty printer switches between
 * "compact" and indented as it goes, and forgets to switch back after the deletion_info of a cell;
 * what follows from that is written out here as constants.  formats/sstabledump.md has the grammar.
 */
#include "text/sstabledump.h"

#include <stdlib.h>

#include "codec/in.h"
#include "codec/jsonout.h"
#include "schema/ident.h"
#include "text/int.h"

struct column {
	struct sst_slice open; /* the start of a cell: white space, brace, name */
	const struct sst_type *type, *path;
};

struct sst_sstabledump {
	const struct sst_table *table;
	int64_t now_s;
	bool begun;    /* the document is open */
	bool in_part;  /* a partition is open */
	bool head_due; /* its position is not known yet: it is where the rows begin */
	bool any_row;  /* in this partition */
	bool skip;     /* the key of this partition could not be read */
	struct sst_deletion part_del;
	uint64_t part_end, rows_at;
	struct column *statics, *regulars;
	struct sst_slice *key; /* of nkey values, for splitting */
	struct sst_buf names, scratch;
	bool raw_times, lines;
	/* With `lines`: an item's text as it is indented, and what the white space was taken out of. */
	struct sst_buf indented;
	unsigned level; /* of braces and brackets within a partition */
	bool in_string, escaped;
};

/* Appends the opening of each column's cells to d->names, and leaves its length in open.n. */
static void
name_columns(struct sst_sstabledump *d, struct column *to, const struct sst_column *from, size_t n)
{
	size_t i, at;

	for (i = 0; i < n; i++) {
		at = d->names.n;
		sst_buf_reset(&d->scratch);
		sst_ident_put(&d->scratch, from[i].name);
		d->names.bad |= d->scratch.bad; /* which the next reset forgets */
		SST_ADD(&d->names, "\n          { \"name\" : ");
		sst_json_put_string(&d->names, sst_buf_slice(&d->scratch));
		to[i].open.n = d->names.n - at;
		to[i].type = from[i].type;
		to[i].path = sst_type_path(from[i].type);
	}
}

/* The names no longer move: sets the pointers. */
static void
point_columns(struct column *to, size_t n, const uint8_t **at)
{
	size_t i;

	for (i = 0; i < n; i++) {
		to[i].open.p = *at;
		*at += to[i].open.n;
	}
}

int
sst_sstabledump_new(
    struct sst_sstabledump **out, const struct sst_table *t, int64_t now_s, struct sst_err *e)
{
	struct sst_sstabledump *d = calloc(1, sizeof(*d));
	const uint8_t *at;

	*out = NULL;
	if (d == NULL)
		return sst_fail_nomem(e);
	d->table = t;
	d->now_s = now_s;
	d->statics = calloc(t->nstatic + t->nregular + 1, sizeof(*d->statics));
	d->key = calloc(t->nkey + 1, sizeof(*d->key));
	if (d->statics == NULL || d->key == NULL)
		goto nomem;
	d->regulars = d->statics + t->nstatic;
	name_columns(d, d->statics, t->statics, t->nstatic);
	name_columns(d, d->regulars, t->regulars, t->nregular);
	if (d->names.bad || d->scratch.bad)
		goto nomem;
	at = d->names.p;
	point_columns(d->statics, t->nstatic, &at);
	point_columns(d->regulars, t->nregular, &at);
	*out = d;
	return 0;
nomem:
	sst_sstabledump_free(d);
	return sst_fail_nomem(e);
}

void
sst_sstabledump_free(struct sst_sstabledump *d)
{
	if (d == NULL)
		return;
	sst_buf_free(&d->names);
	sst_buf_free(&d->scratch);
	sst_buf_free(&d->indented);
	free(d->statics);
	free(d->key);
	free(d);
}

static void
put_us(const struct sst_sstabledump *d, struct sst_buf *b, int64_t us)
{
	if (d->raw_times)
		sst_digits_i64(b, us);
	else
		sst_text_instant_us(b, us);
}

static void
put_s(const struct sst_sstabledump *d, struct sst_buf *b, int64_t s)
{
	if (d->raw_times)
		sst_digits_i64(b, s);
	else
		sst_text_instant_s(b, s);
}

static void
put_deletion(const struct sst_sstabledump *d, struct sst_buf *b, struct sst_deletion del)
{
	SST_ADD(b, "\"deletion_info\" : { \"marked_deleted\" : \"");
	put_us(d, b, del.ts_us);
	SST_ADD(b, "\", \"local_delete_time\" : \"");
	put_s(d, b, del.ldt_s);
	SST_ADD(b, "\" }");
}

/* A JSON string of what getString prints for the value. */
static int
put_string_of(struct sst_sstabledump *d, const struct sst_type *type, struct sst_slice v,
    struct sst_buf *b, struct sst_err *e)
{
	sst_buf_reset(&d->scratch);
	if (sst_type_to_string(type, v, &d->scratch, e) == -1)
		return -1;
	if (d->scratch.bad)
		return sst_fail_nomem(e);
	sst_json_put_string(b, sst_buf_slice(&d->scratch));
	return 0;
}

static int
put_key(struct sst_sstabledump *d, struct sst_slice key, struct sst_buf *b, struct sst_err *e)
{
	size_t i;

	if (sst_key_split(d->table, key, d->key, e) == -1)
		return -1;
	SST_ADD(b, "\"key\" : [");
	for (i = 0; i < d->table->nkey; i++) {
		if (i > 0)
			sst_buf_addc(b, ',');
		sst_buf_addc(b, ' ');
		if (put_string_of(d, d->table->key[i].type, d->key[i], b, e) == -1)
			return -1;
	}
	SST_ADD(b, " ]");
	return 0;
}

/*
 * The position of a partition is where the reader stood when it was asked for the partition's
 * deletion: after the header and the static row.
 */
static void
finish_head(struct sst_sstabledump *d, uint64_t rows_at, struct sst_buf *b)
{
	if (!d->head_due)
		return;
	d->head_due = false;
	d->rows_at = rows_at;
	sst_digits_u64(b, rows_at);
	if (d->part_del.ts_us != SST_NO_TS) {
		SST_ADD(b, ",\n      ");
		put_deletion(d, b, d->part_del);
	}
	SST_ADD(b, "\n    },\n    \"rows\" : [");
}

static void
close_partition(struct sst_sstabledump *d, uint64_t rows_at, struct sst_buf *b)
{
	if (!d->in_part)
		return;
	finish_head(d, rows_at, b);
	if (d->any_row)
		SST_ADD(b, "\n    ]\n  }");
	else
		SST_ADD(b, " ]\n  }");
	d->in_part = false;
}

/* Where the rows of a partition that has none would begin: a flags byte before the next one. */
static uint64_t
before(const struct sst_item *item)
{
	return item->off > 0 ? item->off - 1 : 0;
}

/* The table of a secondary index is called TABLE.INDEX. */
static bool
is_index(const struct sst_table *t)
{
	return t->name.n > 0 && memchr(t->name.p, '.', t->name.n) != NULL;
}

static int
put_partition(
    struct sst_sstabledump *d, const struct sst_item *item, struct sst_buf *b, struct sst_err *e)
{
	close_partition(d, before(item), b);
	if (d->begun)
		SST_ADD(b, ",\n  {");
	else
		SST_ADD(b, "[\n  {");
	d->begun = true;
	SST_ADD(b, "\n    \"table kind\" : \"");
	sst_buf_adds(b, is_index(d->table) ? "INDEX" : "REGULAR");
	SST_ADD(b, "\",\n    \"partition\" : {\n      ");
	if (put_key(d, item->part.key, b, e) == -1)
		return -1;
	SST_ADD(b, ",\n      \"position\" : ");
	d->skip = false;
	d->in_part = d->head_due = true;
	d->any_row = false;
	d->part_del = item->part.del;
	d->part_end = item->off + item->len;
	return 0;
}

/* The first n values of a clustering, "*" for the others. */
static int
put_clustering(const struct sst_sstabledump *d, const struct sst_slice *ck, size_t n,
    struct sst_buf *b, struct sst_err *e)
{
	size_t i;

	SST_ADD(b, "\"clustering\" : [");
	for (i = 0; i < d->table->nck; i++) {
		if (i > 0)
			sst_buf_addc(b, ',');
		sst_buf_addc(b, ' ');
		if (i >= n)
			SST_ADD(b, "\"*\"");
		else if (ck[i].p == NULL)
			SST_ADD(b, "null");
		else if (sst_type_to_json(d->table->ck[i].type, ck[i], b, e) == -1)
			return -1;
	}
	SST_ADD(b, " ]");
	return 0;
}

static void
put_expiry(
    const struct sst_sstabledump *d, struct sst_buf *b, uint32_t ttl_s, int64_t at_s, bool expired)
{
	SST_ADD(b, ", \"ttl\" : ");
	sst_digits_u64(b, ttl_s);
	SST_ADD(b, ", \"expires_at\" : \"");
	put_s(d, b, at_s);
	if (expired)
		SST_ADD(b, "\", \"expired\" : true");
	else
		SST_ADD(b, "\", \"expired\" : false");
}

static void
put_liveness(const struct sst_sstabledump *d, const struct sst_liveness *l, struct sst_buf *b)
{
	if (l->ts_us == SST_NO_TS)
		return;
	SST_ADD(b, ",\n        \"liveness_info\" : { \"tstamp\" : \"");
	put_us(d, b, l->ts_us);
	sst_buf_addc(b, '"');
	if (l->ttl_s != 0) /* a row lives up to its expiry and a cell until before it: sic */
		put_expiry(d, b, l->ttl_s, l->expiry_s, l->expiry_s < d->now_s);
	SST_ADD(b, " }");
}

/* A counter is shown as the first 8 bytes of its context, whatever they are: sic. */
static int
put_counter(struct sst_slice v, struct sst_buf *b, struct sst_err *e)
{
	struct sst_in in = sst_in_new(v, 0);
	uint64_t n = sst_get_u64(&in);

	if (in.bad)
		return sst_fail(e, SST_EDAMAGED, NULL, SST_NOWHERE,
		    "counter of %zu bytes, want 8 at least", v.n);
	sst_digits_i64(b, (int64_t)n);
	return 0;
}

static int
put_value(
    const struct sst_type *column, const struct sst_cell *c, struct sst_buf *b, struct sst_err *e)
{
	const struct sst_type *type = column->multicell ? sst_type_cell(column, c->path) : column;

	if (type == NULL)
		return sst_fail(e, SST_EDAMAGED, NULL, SST_NOWHERE, "cell path names no field");
	SST_ADD(b, ", \"value\" : ");
	if (type->kind == SST_COUNTER)
		return put_counter(c->value, b, e);
	return sst_type_to_json(type, c->value, b, e);
}

/* The element of a collection, or the field of a UDT by its name. */
static int
put_path(struct sst_sstabledump *d, const struct column *col, struct sst_slice v, struct sst_buf *b,
    struct sst_err *e)
{
	const struct sst_type *type = col->type;
	struct sst_in in = sst_in_new(v, 0);
	uint16_t field;

	SST_ADD(b, ", \"path\" : [ ");
	if (type->kind == SST_UDT) {
		field = sst_get_u16(&in);
		if (in.bad || field >= type->nargs)
			return sst_fail(
			    e, SST_EDAMAGED, NULL, SST_NOWHERE, "cell path names no field");
		sst_json_put_string(b, type->fields[field]);
	} else if (col->path == NULL)
		return sst_fail(e, SST_EDAMAGED, NULL, SST_NOWHERE, "column has no cell paths");
	else if (put_string_of(d, col->path, v, b, e) == -1)
		return -1;
	SST_ADD(b, " ]");
	return 0;
}

/* After a tombstone's deletion_info the printer is no longer compact: sic. */
static void
put_tombstone_rest(const struct sst_sstabledump *d, const struct sst_row *row,
    const struct sst_cell *c, struct sst_buf *b)
{
	SST_ADD(b, ", \"deletion_info\" : { \"local_delete_time\" : \"");
	put_s(d, b, c->ldt_s);
	SST_ADD(b, "\" }");
	if (row->live.ts_us == SST_NO_TS || c->ts_us != row->live.ts_us) {
		SST_ADD(b, ",\n            \"tstamp\" : \"");
		put_us(d, b, c->ts_us);
		sst_buf_addc(b, '"');
	}
	SST_ADD(b, "\n          }");
}

static int
put_cell(struct sst_sstabledump *d, const struct sst_row *row, const struct column *col,
    const struct sst_cell *c, struct sst_buf *b, struct sst_err *e)
{
	bool no_live = row->live.ts_us == SST_NO_TS;

	sst_buf_add_slice(b, col->open);
	if (col->type->multicell && put_path(d, col, c->path, b, e) == -1)
		return -1;
	if (sst_cell_is_tombstone(c)) {
		put_tombstone_rest(d, row, c, b);
		return 0;
	}
	if (put_value(col->type, c, b, e) == -1)
		return -1;
	if (no_live || c->ts_us != row->live.ts_us) {
		SST_ADD(b, ", \"tstamp\" : \"");
		put_us(d, b, c->ts_us);
		sst_buf_addc(b, '"');
	}
	if (c->ttl_s != 0 && (no_live || c->ttl_s != row->live.ttl_s))
		put_expiry(d, b, c->ttl_s, c->ldt_s, c->ldt_s <= d->now_s);
	SST_ADD(b, " }");
	return 0;
}

static void
put_complex(const struct sst_sstabledump *d, const struct column *col, struct sst_deletion del,
    struct sst_buf *b)
{
	sst_buf_add_slice(b, col->open);
	SST_ADD(b, ", ");
	put_deletion(d, b, del);
	SST_ADD(b, " }");
}

/* Cells in the order of columns, a column's deletion before its cells. */
static int
put_cells(struct sst_sstabledump *d, const struct sst_row *row, const struct column *cols,
    struct sst_buf *b, struct sst_err *e)
{
	const struct sst_cell *c = row->cells, *end = sst_text_cells_end(row);
	const struct sst_complex_deletion *x = row->complex, *xend = sst_text_complex_end(row);
	size_t start;

	SST_ADD(b, ",\n        \"cells\" : [");
	start = b->n;
	while (c < end || x < xend) {
		if (b->n > start)
			sst_buf_addc(b, ',');
		if (x < xend && (c == end || x->col <= c->col)) {
			put_complex(d, &cols[x->col], x->del, b);
			x++;
			continue;
		}
		if (put_cell(d, row, &cols[c->col], c, b, e) == -1)
			return -1;
		c++;
	}
	if (b->n > start)
		SST_ADD(b, "\n        ]");
	else
		SST_ADD(b, " ]");
	return 0;
}

/* Opens an element of "rows". */
static void
open_row(struct sst_sstabledump *d, struct sst_buf *b)
{
	if (d->any_row)
		sst_buf_addc(b, ',');
	d->any_row = true;
	SST_ADD(b, "\n      {\n        \"type\" : \"");
}

static int
put_row(
    struct sst_sstabledump *d, const struct sst_item *item, struct sst_buf *b, struct sst_err *e)
{
	const struct sst_table *t = d->table;
	const struct sst_row *row = &item->row;
	bool is_static = item->kind == SST_STATIC;

	finish_head(d, is_static ? item->off + item->len : item->off, b);
	open_row(d, b);
	if (is_static)
		SST_ADD(b, "static_block\",\n        \"position\" : ");
	else
		SST_ADD(b, "row\",\n        \"position\" : ");
	sst_digits_u64(b, is_static ? d->rows_at : item->off);
	if (!is_static && t->nck > 0) {
		SST_ADD(b, ",\n        ");
		if (put_clustering(d, row->ck, t->nck, b, e) == -1)
			return -1;
	}
	put_liveness(d, &row->live, b);
	if (row->del.ts_us != SST_NO_TS) {
		SST_ADD(b, ",\n        ");
		put_deletion(d, b, row->del);
	}
	if (put_cells(d, row, is_static ? d->statics : d->regulars, b, e) == -1)
		return -1;
	SST_ADD(b, "\n      }");
	return 0;
}

static int
put_bound(const struct sst_sstabledump *d, const struct sst_bound *at, bool start,
    struct sst_deletion del, struct sst_buf *b, struct sst_err *e)
{
	bool inclusive = start == (at->side < 0);

	if (start)
		SST_ADD(b, ",\n        \"start\" : {\n          \"type\" : \"");
	else
		SST_ADD(b, ",\n        \"end\" : {\n          \"type\" : \"");
	if (inclusive)
		SST_ADD(b, "inclusive\",\n          ");
	else
		SST_ADD(b, "exclusive\",\n          ");
	if (at->n > 0) {
		if (put_clustering(d, at->ck, at->n, b, e) == -1)
			return -1;
		SST_ADD(b, ",\n          ");
	}
	put_deletion(d, b, del);
	SST_ADD(b, "\n        }");
	return 0;
}

static int
put_marker(
    struct sst_sstabledump *d, const struct sst_item *item, struct sst_buf *b, struct sst_err *e)
{
	const struct sst_marker *m = &item->marker;
	bool opens = m->after.ts_us != SST_NO_TS, closes = m->before.ts_us != SST_NO_TS;

	finish_head(d, item->off, b);
	open_row(d, b);
	if (opens && closes)
		SST_ADD(b, "range_tombstone_boundary\"");
	else
		SST_ADD(b, "range_tombstone_bound\"");
	if (opens && put_bound(d, &m->at, true, m->after, b, e) == -1)
		return -1;
	if (closes && put_bound(d, &m->at, false, m->before, b, e) == -1)
		return -1;
	SST_ADD(b, "\n      }");
	return 0;
}

/* ---- a line a partition ---- */

/*
 * Takes out the white space between tokens, and the array around the partitions, of which each stands
 * on a line of its own.
 */
static void
compact(struct sst_sstabledump *d, struct sst_slice text, struct sst_buf *out)
{
	const uint8_t *p, *end = text.p + text.n;

	for (p = text.p; p < end; p++) {
		if (d->in_string) {
			d->in_string = d->escaped || *p != '"';
			d->escaped = !d->escaped && *p == '\\';
		} else if (*p == ' ' || *p == '\n')
			continue;
		else if (d->level == 0 && *p != '{') {
			if (*p == ',')
				sst_buf_addc(out, '\n');
			continue;
		} else if (*p == '{' || *p == '[')
			d->level++;
		else if (*p == '}' || *p == ']')
			d->level--;
		else
			d->in_string = *p == '"';
		sst_buf_addc(out, (char)*p);
	}
}

void
sst_sstabledump_set(struct sst_sstabledump *d, bool raw_times, bool lines)
{
	d->raw_times = raw_times;
	d->lines = lines;
}

static int
add_item(
    struct sst_sstabledump *d, const struct sst_item *item, struct sst_buf *out, struct sst_err *e)
{
	struct sst_sstabledump was = *d;
	size_t n = out->n;
	int r;

	if (d->skip && item->kind != SST_PARTITION)
		return 0;
	if (item->kind == SST_PARTITION)
		r = put_partition(d, item, out, e);
	else if (item->kind == SST_MARKER)
		r = put_marker(d, item, out, e);
	else
		r = put_row(d, item, out, e);
	if (r == 0 && out->bad)
		r = sst_fail_nomem(e);
	if (r == -1) { /* as if the item had never been */
		was.scratch = d->scratch;
		was.indented = d->indented;
		*d = was;
		d->skip = item->kind == SST_PARTITION;
		if (!out->bad)
			out->n = n;
		return sst_text_fail_at(item, e);
	}
	return 0;
}

int
sst_sstabledump_item(
    struct sst_sstabledump *d, const struct sst_item *item, struct sst_buf *out, struct sst_err *e)
{
	if (!d->lines)
		return add_item(d, item, out, e);
	sst_buf_reset(&d->indented);
	if (add_item(d, item, &d->indented, e) == -1)
		return -1;
	compact(d, sst_buf_slice(&d->indented), out);
	return out->bad ? sst_fail_nomem(e) : 0;
}

static void
end(struct sst_sstabledump *d, struct sst_buf *out)
{
	close_partition(d, d->part_end, out);
	if (d->begun)
		SST_ADD(out, "\n]");
	else
		SST_ADD(out, "[ ]");
}

void
sst_sstabledump_end(struct sst_sstabledump *d, struct sst_buf *out)
{
	if (!d->lines) {
		end(d, out);
		return;
	}
	sst_buf_reset(&d->indented);
	end(d, &d->indented);
	compact(d, sst_buf_slice(&d->indented), out);
}
