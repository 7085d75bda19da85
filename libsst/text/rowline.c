/* text/rowline.c: rows a line each. */
#include "text/rowline.h"

#include <inttypes.h>

#include "row/counter.h"

void
sst_rowline_init(struct sst_rowline *r, const struct sst_table *table)
{
	*r = (struct sst_rowline){ .table = table, .del = SST_LIVE };
}

void
sst_rowline_free(struct sst_rowline *r)
{
	sst_buf_free(&r->key);
	sst_buf_free(&r->tmp);
}

static bool
is_live(const struct sst_deletion *d)
{
	return d->ts_us == SST_NO_TS;
}

static void
put_deletion(struct sst_buf *b, const struct sst_deletion *d)
{
	sst_buf_addf(b, "deletedAt=%" PRId64 ", localDeletion=%" PRId64, d->ts_us, d->ldt_s);
}

/* [key]@position */
static void
begin_line(const struct sst_rowline *r, struct sst_buf *b)
{
	sst_buf_addc(b, '[');
	sst_buf_add_slice(b, sst_buf_slice(&r->key));
	sst_buf_addf(b, "]@%" PRIu64 " ", r->at);
}

/* The deletion of a partition says where its rows begin, so it waits for what comes behind. */
static void
put_partition_deletion(struct sst_rowline *r, struct sst_buf *b)
{
	if (is_live(&r->del))
		return;
	begin_line(r, b);
	put_deletion(b, &r->del);
	sst_buf_addc(b, '\n');
	r->del = SST_LIVE;
}

/* A value as text, or what cannot be one as hexadecimal digits. */
static void
put_value(struct sst_buf *b, const struct sst_type *t, struct sst_slice v)
{
	size_t at = b->n;
	struct sst_err ignored;

	if (sst_type_to_string(t, v, b, &ignored) == 0)
		return;
	if (ignored.code == SST_ENOMEM)
		b->bad = true;
	if (b->bad)
		return;
	b->n = at;
	sst_buf_adds(b, "0x");
	for (size_t i = 0; i < v.n; i++)
		sst_buf_addf(b, "%02x", v.p[i]);
}

static void
put_times(struct sst_buf *b, const struct sst_cell *c)
{
	sst_buf_addf(b, " ts=%" PRId64, c->ts_us);
	if (c->ttl_s != 0)
		sst_buf_addf(b, " ttl=%" PRIu32 " ldt=%" PRId64, c->ttl_s, c->ldt_s);
	else if (sst_cell_is_tombstone(c))
		sst_buf_addf(b, " ldt=%" PRId64, c->ldt_s);
	sst_buf_addc(b, ']');
}

static int
put_counter(struct sst_buf *b, const struct sst_cell *c, struct sst_err *e)
{
	int64_t total;

	if (sst_counter_total(&total, c->value, e) == -1)
		return -1;
	sst_buf_addf(b, "=%" PRId64 " ts=%" PRId64 "]", total, c->ts_us);
	return 0;
}

/* [name=value ts=…], of a collection [name[path]=value ts=…] */
static int
put_cell(
    struct sst_buf *b, const struct sst_column *col, const struct sst_cell *c, struct sst_err *e)
{
	const struct sst_type *t = col->type;
	bool tombstone = sst_cell_is_tombstone(c);

	sst_buf_addc(b, '[');
	sst_buf_add_slice(b, col->name);
	if (t->kind == SST_COUNTER && !tombstone)
		return put_counter(b, c, e);
	if (t->multicell && t->kind != SST_UDT) {
		sst_buf_addc(b, '[');
		put_value(b, sst_type_path(t), c->path);
		sst_buf_addc(b, ']');
		t = sst_type_cell(t, c->path);
	}
	sst_buf_addc(b, '=');
	if (tombstone)
		sst_buf_adds(b, "<tombstone>");
	else
		put_value(b, t, c->value);
	put_times(b, c);
	return 0;
}

/* A column that has a deletion, cells, or both: del(name)=…, then the cells, each behind a comma. */
static int
put_column(struct sst_buf *b, const struct sst_column *col, const struct sst_row *row, size_t *cell,
    size_t *complex, struct sst_err *e)
{
	uint32_t i = *cell < row->ncells ? row->cells[*cell].col : UINT32_MAX;
	bool first = true;

	if (*complex < row->ncomplex && row->complex[*complex].col <= i) {
		i = row->complex[*complex].col;
		sst_buf_adds(b, "del(");
		sst_buf_add_slice(b, col[i].name);
		sst_buf_adds(b, ")=");
		put_deletion(b, &row->complex[(*complex)++].del);
		first = false;
	}
	for (; *cell < row->ncells && row->cells[*cell].col == i; ++*cell) {
		if (!first || col[i].type->multicell)
			sst_buf_adds(b, ", ");
		first = false;
		if (put_cell(b, &col[i], &row->cells[*cell], e) == -1)
			return -1;
	}
	return 0;
}

static void
put_liveness(struct sst_buf *b, const struct sst_liveness *l)
{
	sst_buf_addf(b, "[ts=%" PRId64, l->ts_us);
	if (l->ttl_s != 0)
		sst_buf_addf(b, " ttl=%" PRIu32 ", let=%" PRId64, l->ttl_s, l->expiry_s);
	sst_buf_addc(b, ']');
}

static int
put_clustering(
    struct sst_buf *b, const struct sst_table *t, const struct sst_row *row, struct sst_err *e)
{
	for (size_t i = 0; i < t->nck; i++) {
		if (i > 0)
			sst_buf_adds(b, ", ");
		if (row->ck[i].p == NULL)
			sst_buf_adds(b, "null");
		else if (sst_type_to_cql(t->ck[i].type, row->ck[i], b, e) == -1)
			return -1;
	}
	return 0;
}

static int
put_row(struct sst_rowline *r, const struct sst_row *row, bool is_static, struct sst_buf *b,
    struct sst_err *e)
{
	const struct sst_column *columns = is_static ? r->table->statics : r->table->regulars;
	size_t cell = 0, complex = 0;

	begin_line(r, b);
	sst_buf_adds(b, "Row[info=");
	put_liveness(b, &row->live);
	if (!is_live(&row->del)) {
		sst_buf_adds(b, " del=");
		put_deletion(b, &row->del);
		if (row->shadowable)
			sst_buf_adds(b, "(shadowable)");
		if (row->shadowable && !is_live(&row->under)) {
			sst_buf_adds(b, " under=");
			put_deletion(b, &row->under);
		}
	}
	sst_buf_adds(b, " ]: ");
	if (is_static)
		sst_buf_adds(b, "STATIC");
	else if (put_clustering(b, r->table, row, e) == -1)
		return -1;
	sst_buf_adds(b, " | ");
	while (cell < row->ncells || complex < row->ncomplex) {
		if (cell + complex > 0)
			sst_buf_adds(b, ", ");
		if (put_column(b, columns, row, &cell, &complex, e) == -1)
			return -1;
	}
	sst_buf_addc(b, '\n');
	return 0;
}

/* INCL_START_BOUND(values), by the side on which it stands and what begins or ends there. */
static int
put_bound(
    struct sst_buf *b, const struct sst_table *t, const struct sst_marker *m, struct sst_err *e)
{
	bool opens = !is_live(&m->after), closes = !is_live(&m->before), low = m->at.side < 0;
	const char *kind;

	if (opens && closes)
		kind = low ? "EXCL_END_INCL_START_BOUNDARY" : "INCL_END_EXCL_START_BOUNDARY";
	else if (opens)
		kind = low ? "INCL_START_BOUND" : "EXCL_START_BOUND";
	else
		kind = low ? "EXCL_END_BOUND" : "INCL_END_BOUND";
	sst_buf_addf(b, "%s(", kind);
	for (size_t i = 0; i < m->at.n; i++) {
		if (i > 0)
			sst_buf_adds(b, ", ");
		if (m->at.ck[i].p == NULL)
			sst_buf_adds(b, "null");
		else if (sst_type_to_string(t->ck[i].type, m->at.ck[i], b, e) == -1)
			return -1;
	}
	sst_buf_adds(b, ")@");
	return 0;
}

static int
put_marker(struct sst_rowline *r, const struct sst_marker *m, struct sst_buf *b, struct sst_err *e)
{
	const struct sst_deletion *d = is_live(&m->before) ? &m->after : &m->before;

	begin_line(r, b);
	sst_buf_adds(b, "Marker ");
	if (put_bound(b, r->table, m, e) == -1)
		return -1;
	sst_buf_addf(b, "%" PRId64 "/%" PRId64, d->ts_us, d->ldt_s);
	if (!is_live(&m->before) && !is_live(&m->after))
		sst_buf_addf(b, "-%" PRId64 "/%" PRId64, m->after.ts_us, m->after.ldt_s);
	sst_buf_addc(b, '\n');
	return 0;
}

static int
add_item(struct sst_rowline *r, const struct sst_item *item, struct sst_buf *b, struct sst_err *e)
{
	if (item->kind == SST_PARTITION) {
		put_partition_deletion(r, b);
		sst_buf_reset(&r->key);
		r->del = item->part.del;
		r->at = item->off + item->len;
		r->first = true;
		return sst_type_to_string(r->table->key_type, item->part.key, &r->key, e);
	}
	/* An empty static row lies in the file and is no item: what comes behind it knows where. */
	if (item->kind == SST_STATIC)
		r->at = item->off + item->len;
	else if (r->first)
		r->at = item->off;
	r->first = false;
	put_partition_deletion(r, b);
	if (item->kind == SST_MARKER) {
		if (put_marker(r, &item->marker, b, e) == -1)
			return -1;
	} else if (put_row(r, &item->row, item->kind == SST_STATIC, b, e) == -1)
		return -1;
	r->at = item->off + item->len;
	return 0;
}

int
sst_rowline_item(
    struct sst_rowline *r, const struct sst_item *item, struct sst_buf *out, struct sst_err *e)
{
	if (add_item(r, item, out, e) == -1) {
		e->code = e->code == SST_ENOMEM ? e->code : SST_EDAMAGED;
		return sst_err_locate(e, item->file, item->off);
	}
	return out->bad || r->key.bad ? sst_fail_nomem(e) : 0;
}

int
sst_rowline_end(struct sst_rowline *r, struct sst_buf *out, struct sst_err *e)
{
	put_partition_deletion(r, out);
	return out->bad ? sst_fail_nomem(e) : 0;
}
