/*
 * text/scylladump.c: the JSON of ScyllaDB's tool.  Its keys are shown as ScyllaDB holds them in memory:
 * each value behind its length, those of a single column too.
 */
#include "text/scylladump.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/uuid.h"
#include "codec/in.h"
#include "codec/jsonout.h"
#include "text/int.h"

struct sst_scylladump {
	const struct sst_table *table;
	struct sst_slice *key; /* of nkey values, for splitting */
	struct sst_buf scratch;
	bool any; /* partition, in this file */
	bool in_part;
	bool elements; /* the partition's array is open */
	bool skip;     /* the key of this partition could not be read */
};

int
sst_scylladump_new(struct sst_scylladump **out, const struct sst_table *t, struct sst_err *e)
{
	struct sst_scylladump *d = calloc(1, sizeof(*d));

	*out = NULL;
	if (d == NULL)
		return sst_fail_nomem(e);
	d->table = t;
	d->key = calloc(t->nkey + 1, sizeof(*d->key));
	if (d->key == NULL) {
		sst_scylladump_free(d);
		return sst_fail_nomem(e);
	}
	*out = d;
	return 0;
}

void
sst_scylladump_free(struct sst_scylladump *d)
{
	if (d == NULL)
		return;
	sst_buf_free(&d->scratch);
	free(d->key);
	free(d);
}

void
sst_scylladump_begin(struct sst_buf *out, const char *path, bool first)
{
	sst_buf_adds(out, first ? "{\"sstables\":{" : ",");
	sst_json_put_string(out, sst_slice_str(path != NULL ? path : "anonymous"));
	sst_buf_adds(out, ":[");
}

void
sst_scylladump_finish(struct sst_buf *out, bool any)
{
	sst_buf_adds(out, any ? "}}\n" : "{\"sstables\":{}}\n");
}

/* ---- values ---- */

static int
put_string(struct sst_scylladump *d, const struct sst_type *type, struct sst_slice v,
    struct sst_buf *b, struct sst_err *e)
{
	sst_buf_reset(&d->scratch);
	if (v.p != NULL && sst_type_to_string(type, v, &d->scratch, e) == -1)
		return -1;
	if (d->scratch.bad)
		return sst_fail_nomem(e);
	sst_json_put_string(b, sst_buf_slice(&d->scratch));
	return 0;
}

/* "raw":"000400000001","value":"1" */
static int
put_key(struct sst_scylladump *d, const struct sst_column *cols, const struct sst_slice *v,
    size_t n, struct sst_buf *b, struct sst_err *e)
{
	size_t i;

	SST_ADD(b, "\"raw\":\"");
	for (i = 0; i < n; i++) {
		uint8_t len[2] = { (uint8_t)(v[i].n >> 8), (uint8_t)v[i].n };

		sst_hex_put(b, (struct sst_slice){ len, 2 });
		sst_hex_put(b, v[i]);
	}
	SST_ADD(b, "\",\"value\":");
	sst_buf_reset(&d->scratch);
	for (i = 0; i < n; i++) {
		if (i > 0)
			sst_buf_addc(&d->scratch, ':');
		if (v[i].p != NULL && sst_type_to_string(cols[i].type, v[i], &d->scratch, e) == -1)
			return -1;
	}
	if (d->scratch.bad)
		return sst_fail_nomem(e);
	sst_json_put_string(b, sst_buf_slice(&d->scratch));
	return 0;
}

/* "2018-05-03 22:11:47z" */
static void
put_time(struct sst_buf *b, int64_t s)
{
	char text[SST_TIME_LEN];
	int64_t us;
	char *t;

	if (__builtin_mul_overflow(s, SST_S_US, &us))
		us = s < 0 ? INT64_MIN : INT64_MAX;
	sst_time_format(text, us, 0);
	if ((t = strchr(text, 'T')) != NULL)
		*t = ' ';
	if ((t = strchr(text, 'Z')) != NULL)
		*t = 'z';
	sst_buf_addf(b, "\"%s\"", text);
}

static void
put_tombstone(struct sst_buf *b, struct sst_deletion del)
{
	sst_buf_addc(b, '{');
	if (del.ts_us != SST_NO_TS) {
		sst_buf_addf(b, "\"timestamp\":%lld,\"deletion_time\":", (long long)del.ts_us);
		put_time(b, del.ldt_s);
	}
	sst_buf_addc(b, '}');
}

static void
put_expiry(struct sst_buf *b, uint32_t ttl_s, int64_t at_s)
{
	sst_buf_addf(b, ",\"ttl\":\"%us\",\"expiry\":", ttl_s);
	put_time(b, at_s);
}

/* The shards of a counter: formats/reconciliation.md. */
static int
put_shards(struct sst_buf *b, struct sst_slice context, struct sst_err *e)
{
	struct sst_in in = sst_in_new(context, 0);
	int16_t i, n = (int16_t)sst_get_u16(&in);
	bool first = true;

	for (i = 0; i < n; i++)
		sst_get_u16(&in);
	sst_buf_addc(b, '[');
	while (!in.bad && sst_in_left(&in) > 0) {
		struct sst_slice id = sst_get_bytes(&in, 16);
		int64_t clock = (int64_t)sst_get_u64(&in), value = (int64_t)sst_get_u64(&in);

		if (in.bad)
			break;
		if (!first)
			sst_buf_addc(b, ',');
		first = false;
		SST_ADD(b, "{\"id\":\"");
		sst_uuid_put(b, id.p);
		sst_buf_addf(
		    b, "\",\"value\":%lld,\"clock\":%lld}", (long long)value, (long long)clock);
	}
	sst_buf_addc(b, ']');
	return in.bad ? sst_fail(e, SST_EDAMAGED, NULL, SST_NOWHERE, "counter cut short") : 0;
}

static const char *
kind_name(const struct sst_type *type)
{
	switch (type->kind) {
	case SST_COUNTER:
		return "counter-shards";
	case SST_LIST:
	case SST_SET:
	case SST_MAP:
		return "frozen-collection";
	default:
		return "regular";
	}
}

static int
put_cell(struct sst_scylladump *d, const struct sst_type *type, const struct sst_cell *c,
    struct sst_buf *b, struct sst_err *e)
{
	bool dead = sst_cell_is_tombstone(c);

	if (type == NULL)
		return sst_fail(e, SST_EDAMAGED, NULL, SST_NOWHERE, "cell path names no field");
	sst_buf_addf(b, "{\"is_live\":%s,\"type\":\"%s\",\"timestamp\":%lld",
	    dead ? "false" : "true", kind_name(type), (long long)c->ts_us);
	if (c->ttl_s != 0)
		put_expiry(b, c->ttl_s, c->ldt_s);
	if (dead) {
		SST_ADD(b, ",\"deletion_time\":");
		put_time(b, c->ldt_s);
	} else {
		SST_ADD(b, ",\"value\":");
		if ((type->kind == SST_COUNTER ? put_shards(b, c->value, e)
					       : put_string(d, type, c->value, b, e)) == -1)
			return -1;
	}
	sst_buf_addc(b, '}');
	return 0;
}

/* ---- rows ---- */

struct walk { /* over the cells and complex deletions of a row, both by column */
	const struct sst_cell *c, *cend;
	const struct sst_complex_deletion *x, *xend;
};

static int
put_collection(struct sst_scylladump *d, const struct sst_type *type, uint32_t col, struct walk *w,
    struct sst_buf *b, struct sst_err *e)
{
	const struct sst_type *path = sst_type_path(type);
	bool first = true;

	sst_buf_addc(b, '{');
	if (w->x < w->xend && w->x->col == col) {
		SST_ADD(b, "\"tombstone\":");
		put_tombstone(b, (w->x++)->del);
		sst_buf_addc(b, ',');
	}
	SST_ADD(b, "\"cells\":[");
	for (; w->c < w->cend && w->c->col == col; w->c++) {
		if (!first)
			sst_buf_addc(b, ',');
		first = false;
		SST_ADD(b, "{\"key\":");
		if (type->kind == SST_UDT || path == NULL)
			SST_ADD(b, "\"\"");
		else if (put_string(d, path, w->c->path, b, e) == -1)
			return -1;
		SST_ADD(b, ",\"value\":");
		if (put_cell(d, sst_type_cell(type, w->c->path), w->c, b, e) == -1)
			return -1;
		sst_buf_addc(b, '}');
	}
	SST_ADD(b, "]}");
	return 0;
}

static int
put_columns(struct sst_scylladump *d, const struct sst_row *row, const struct sst_column *cols,
    struct sst_buf *b, struct sst_err *e)
{
	struct walk w = { row->cells, sst_text_cells_end(row), row->complex,
		sst_text_complex_end(row) };
	bool first = true;
	uint32_t col;

	sst_buf_addc(b, '{');
	while (w.c < w.cend || w.x < w.xend) {
		col = w.x < w.xend && (w.c == w.cend || w.x->col <= w.c->col) ? w.x->col : w.c->col;
		if (!first)
			sst_buf_addc(b, ',');
		first = false;
		sst_json_put_string(b, cols[col].name);
		sst_buf_addc(b, ':');
		if ((cols[col].type->multicell || w.c == w.cend || w.c->col != col
			    ? put_collection(d, cols[col].type, col, &w, b, e)
			    : put_cell(d, cols[col].type, w.c++, b, e)) == -1)
			return -1;
	}
	sst_buf_addc(b, '}');
	return 0;
}

static void
open_element(struct sst_scylladump *d, struct sst_buf *b)
{
	if (d->elements)
		sst_buf_addc(b, ',');
	else
		SST_ADD(b, ",\"clustering_elements\":[");
	d->elements = true;
}

static int
put_row(struct sst_scylladump *d, const struct sst_row *row, struct sst_buf *b, struct sst_err *e)
{
	const struct sst_table *t = d->table;

	open_element(d, b);
	SST_ADD(b, "{\"type\":\"clustering-row\",\"key\":{");
	if (put_key(d, t->ck, row->ck, t->nck, b, e) == -1)
		return -1;
	sst_buf_addc(b, '}');
	if (row->del.ts_us != SST_NO_TS) {
		SST_ADD(b, ",\"tombstone\":");
		put_tombstone(b, row->shadowable ? row->under : row->del);
		SST_ADD(b, ",\"shadowable_tombstone\":");
		put_tombstone(b, row->del);
	}
	if (row->live.ts_us != SST_NO_TS) {
		sst_buf_addf(b, ",\"marker\":{\"timestamp\":%lld", (long long)row->live.ts_us);
		if (row->live.ttl_s != 0)
			put_expiry(b, row->live.ttl_s, row->live.expiry_s);
		sst_buf_addc(b, '}');
	}
	SST_ADD(b, ",\"columns\":");
	if (put_columns(d, row, t->regulars, b, e) == -1)
		return -1;
	sst_buf_addc(b, '}');
	return 0;
}

static int
put_marker(
    struct sst_scylladump *d, const struct sst_marker *m, struct sst_buf *b, struct sst_err *e)
{
	open_element(d, b);
	SST_ADD(b, "{\"type\":\"range-tombstone-change\"");
	if (m->at.n > 0) {
		SST_ADD(b, ",\"key\":{");
		if (put_key(d, d->table->ck, m->at.ck, m->at.n, b, e) == -1)
			return -1;
		sst_buf_addc(b, '}');
	}
	sst_buf_addf(b, ",\"weight\":%d,\"tombstone\":", m->at.side);
	put_tombstone(b, m->after);
	sst_buf_addc(b, '}');
	return 0;
}

static void
close_partition(struct sst_scylladump *d, struct sst_buf *b)
{
	if (!d->in_part)
		return;
	if (d->elements)
		sst_buf_addc(b, ']');
	sst_buf_addc(b, '}');
	d->in_part = d->elements = false;
}

static int
put_partition(
    struct sst_scylladump *d, const struct sst_partition *p, struct sst_buf *b, struct sst_err *e)
{
	close_partition(d, b);
	if (d->any)
		sst_buf_addc(b, ',');
	d->any = d->in_part = true;
	d->skip = false;
	sst_buf_addf(b, "{\"key\":{\"token\":\"%lld\",", (long long)p->token);
	if (sst_key_split(d->table, p->key, d->key, e) == -1 ||
	    put_key(d, d->table->key, d->key, d->table->nkey, b, e) == -1)
		return -1;
	sst_buf_addc(b, '}');
	if (p->del.ts_us != SST_NO_TS) {
		SST_ADD(b, ",\"tombstone\":");
		put_tombstone(b, p->del);
	}
	return 0;
}

static int
put_item(
    struct sst_scylladump *d, const struct sst_item *item, struct sst_buf *b, struct sst_err *e)
{
	switch (item->kind) {
	case SST_PARTITION:
		return put_partition(d, &item->part, b, e);
	case SST_STATIC:
		SST_ADD(b, ",\"static_row\":");
		return put_columns(d, &item->row, d->table->statics, b, e);
	case SST_ROW:
		return put_row(d, &item->row, b, e);
	case SST_MARKER:
		break;
	}
	return put_marker(d, &item->marker, b, e);
}

int
sst_scylladump_item(
    struct sst_scylladump *d, const struct sst_item *item, struct sst_buf *out, struct sst_err *e)
{
	struct sst_scylladump was = *d;
	size_t n = out->n;
	int r;

	if (d->skip && item->kind != SST_PARTITION)
		return 0;
	r = put_item(d, item, out, e);
	if (r == 0 && out->bad)
		r = sst_fail_nomem(e);
	if (r == 0)
		return 0;
	was.scratch = d->scratch; /* as if the item had never been */
	*d = was;
	d->skip = item->kind == SST_PARTITION;
	if (!out->bad)
		out->n = n;
	return sst_text_fail_at(item, e);
}

void
sst_scylladump_end(struct sst_scylladump *d, struct sst_buf *out)
{
	close_partition(d, out);
	sst_buf_addc(out, ']');
}
