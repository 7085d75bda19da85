/*
 * wire/clientwrite.c: an update as CQL: INSERT for rows that have a liveness, UPDATE for cells that have
 * none, DELETE for rows, ranges and partitions.  A statement has one write time, one time to live and
 * one clock, so cells that differ in these get a statement each.  A statement names all columns of the
 * table, and those that the row does not have are left unset.
 */
#include "codec/out.h"
#include "schema/ident.h"
#include "wire/clientint.h"
#include "wire/request.h"

#define BATCH_MAX 65535
#define WRITES_MAX (SST_LINK_SLOTS - 32) /* in flight */
#define UNSET UINT32_C(0xfffffffe)

struct times { /* of a statement */
	int64_t ts_us, now_s;
	uint32_t ttl_s;
};

struct writer {
	struct sst_client *c;
	struct sst_client_table *t;
	const struct sst_table *table;
	const struct sst_update *u;
	struct sst_err *e;
};

static void
put_value(struct sst_buf *b, struct sst_slice s)
{
	sst_put_u32(b, s.p == NULL ? UINT32_MAX : (uint32_t)s.n);
	sst_buf_add_slice(b, s);
}

/* ---- statements ---- */

static int
prepare(struct writer *w, struct sst_prepared **p)
{
	if (w->c->text.bad)
		return sst_fail_nomem(w->e);
	return sst_client_prepare(w->c, p, sst_buf_slice(&w->c->text), w->e);
}

static struct sst_part *
new_part(struct writer *w, struct sst_prepared *p, const struct times *t)
{
	struct sst_part *part;

	if (!sst_buf_room(&w->c->parts, sizeof(*part))) {
		sst_fail_nomem(w->e);
		return NULL;
	}
	part = (struct sst_part *)(void *)(w->c->parts.p + w->c->parts.n);
	w->c->parts.n += sizeof(*part);
	*part = (struct sst_part){ .prepared = p, .at = w->c->values.n, .now_s = t->now_s };
	return part;
}

static int
end_part(struct writer *w, struct sst_part *part)
{
	if (w->c->values.bad)
		return sst_fail_nomem(w->e);
	part->len = w->c->values.n - part->at;
	return 0;
}

static int
put_key_values(struct writer *w, unsigned *n)
{
	return sst_client_put_key(w->table, w->u->part.key, NULL, &w->c->values, n, w->e);
}

static void
put_times(struct writer *w, const struct times *t, bool ttl, unsigned *n)
{
	sst_put_u32(&w->c->values, 8);
	sst_put_u64(&w->c->values, (uint64_t)t->ts_us);
	++*n;
	if (ttl) {
		sst_put_u32(&w->c->values, 4);
		sst_put_u32(&w->c->values, t->ttl_s);
		++*n;
	}
}

static void
put_clustering(struct writer *w, const struct sst_row *row, unsigned *n)
{
	size_t i;

	for (i = 0; i < w->table->nck; i++)
		put_value(&w->c->values, row->ck[i]);
	*n += (unsigned)w->table->nck;
}

/* When a cell was written, as far as it can tell. */
static int64_t
now_of(const struct sst_cell *c)
{
	if (c->ttl_s != 0)
		return c->ldt_s - (int64_t)c->ttl_s;
	return sst_cell_is_tombstone(c) ? c->ldt_s : SST_NOW_ANY;
}

/* Cells of these times are taken; without a clock of their own they take that of the others. */
static void
choose_cells(struct writer *w, const struct sst_row *row, struct times *t)
{
	uint8_t *taken = w->c->taken.p;
	int64_t now;
	size_t i;

	for (i = 0; i < row->ncells; i++) {
		const struct sst_cell *c = &row->cells[i];

		now = now_of(c);
		if (taken[i] != 0 || c->ts_us != t->ts_us || c->ttl_s != t->ttl_s)
			continue;
		if (t->now_s == SST_NOW_ANY)
			t->now_s = now;
		if (now == t->now_s || now == SST_NOW_ANY)
			taken[i] = 1;
	}
}

/* The values of columns 0 to n in order: of cells that are marked 1, which are then done (2). */
static void
put_cells(struct writer *w, const struct sst_row *row, size_t ncolumns, unsigned *n)
{
	struct sst_buf *b = &w->c->values;
	uint8_t *taken = w->c->taken.p;
	size_t i = 0, col;

	for (col = 0; col < ncolumns; col++) {
		while (i < row->ncells && (row->cells[i].col < col || taken[i] != 1))
			i++;
		if (i == row->ncells || row->cells[i].col != col) {
			sst_put_u32(b, UNSET);
			continue;
		}
		if (sst_cell_is_tombstone(&row->cells[i]))
			sst_put_u32(b, UINT32_MAX);
		else
			put_value(b, row->cells[i].value);
		taken[i] = 2;
	}
	*n += (unsigned)ncolumns;
}

static int
insert_row(struct writer *w, const struct sst_row *row)
{
	struct times t = { row->live.ts_us,
		row->live.ttl_s != 0 ? row->live.expiry_s - (int64_t)row->live.ttl_s : SST_NOW_ANY,
		row->live.ttl_s };
	struct sst_part *part;
	unsigned n = 0;

	if (w->t->insert == NULL) {
		sst_buf_reset(&w->c->text);
		sst_client_put_insert(&w->c->text, w->table);
		if (prepare(w, &w->t->insert) == -1)
			return -1;
	}
	choose_cells(w, row, &t);
	if ((part = new_part(w, w->t->insert, &t)) == NULL || put_key_values(w, &n) == -1)
		return -1;
	put_clustering(w, row, &n);
	put_cells(w, row, w->table->nregular, &n);
	put_times(w, &t, true, &n);
	part->nvalues = n;
	return end_part(w, part);
}

static int
update_row(struct writer *w, const struct sst_row *row, const struct sst_cell *first, bool regular)
{
	struct sst_prepared **p = regular ? &w->t->update : &w->t->update_static;
	struct times t = { first->ts_us, SST_NOW_ANY, first->ttl_s };
	struct sst_part *part;
	unsigned n = 0;

	if (*p == NULL) {
		sst_buf_reset(&w->c->text);
		sst_client_put_update(&w->c->text, w->table, regular);
		if (prepare(w, p) == -1)
			return -1;
	}
	choose_cells(w, row, &t);
	if ((part = new_part(w, *p, &t)) == NULL)
		return -1;
	put_times(w, &t, true, &n);
	put_cells(w, row, regular ? w->table->nregular : w->table->nstatic, &n);
	if (put_key_values(w, &n) == -1)
		return -1;
	if (regular)
		put_clustering(w, row, &n);
	part->nvalues = n;
	return end_part(w, part);
}

static int
delete_row(struct writer *w, const struct sst_row *row)
{
	struct times t = { row->del.ts_us, row->del.ldt_s, 0 };
	struct sst_part *part;
	unsigned n = 0;

	if (w->t->delete_row == NULL) {
		sst_buf_reset(&w->c->text);
		sst_client_put_delete(&w->c->text, w->table);
		sst_client_put_where(&w->c->text, w->table, true);
		if (prepare(w, &w->t->delete_row) == -1)
			return -1;
	}
	if ((part = new_part(w, w->t->delete_row, &t)) == NULL)
		return -1;
	put_times(w, &t, false, &n);
	if (put_key_values(w, &n) == -1)
		return -1;
	put_clustering(w, row, &n);
	part->nvalues = n;
	return end_part(w, part);
}

static int
delete_partition(struct writer *w)
{
	struct times t = { w->u->part.del.ts_us, w->u->part.del.ldt_s, 0 };
	struct sst_part *part;
	unsigned n = 0;

	if (w->t->delete_partition == NULL) {
		sst_buf_reset(&w->c->text);
		sst_client_put_delete(&w->c->text, w->table);
		sst_client_put_where(&w->c->text, w->table, false);
		if (prepare(w, &w->t->delete_partition) == -1)
			return -1;
	}
	if ((part = new_part(w, w->t->delete_partition, &t)) == NULL)
		return -1;
	put_times(w, &t, false, &n);
	if (put_key_values(w, &n) == -1)
		return -1;
	part->nvalues = n;
	return end_part(w, part);
}

static int
delete_range(struct writer *w, const struct sst_range_deletion *d)
{
	const struct sst_range range = { d->from, d->to };
	struct times t = { d->del.ts_us, d->del.ldt_s, 0 };
	struct sst_buf values = { 0 };
	struct sst_prepared *p;
	struct sst_part *part = NULL;
	unsigned n = 0, more = 0;
	int r = -1;

	sst_buf_reset(&w->c->text);
	sst_client_put_delete(&w->c->text, w->table);
	sst_client_put_where(&w->c->text, w->table, false);
	if (sst_client_put_range(w->table, &range, &w->c->text, &values, &more, w->e) == 0 &&
	    prepare(w, &p) == 0 && (part = new_part(w, p, &t)) != NULL) {
		put_times(w, &t, false, &n);
		r = put_key_values(w, &n);
	}
	if (r == 0) {
		sst_buf_add_slice(&w->c->values, sst_buf_slice(&values));
		w->c->values.bad |= values.bad;
		part->nvalues = n + more;
		r = end_part(w, part);
	}
	sst_buf_free(&values);
	return r;
}

static int
write_row(struct writer *w, const struct sst_row *row, bool regular)
{
	size_t i;

	if (row->ncomplex > 0)
		return sst_fail(w->e, SST_EUNSUPPORTED, NULL, SST_NOWHERE,
		    "a collection that is not frozen cannot be written by CQL as it is");
	for (i = 0; i < row->ncells; i++)
		if (row->cells[i].path.p != NULL)
			return sst_fail(w->e, SST_EUNSUPPORTED, NULL, SST_NOWHERE,
			    "a collection that is not frozen cannot be written by CQL as it is");
	sst_buf_reset(&w->c->taken);
	if (!sst_buf_room(&w->c->taken, row->ncells + 1))
		return sst_fail_nomem(w->e);
	memset(w->c->taken.p, 0, row->ncells + 1);
	if (regular && row->del.ts_us != SST_NO_TS && delete_row(w, row) == -1)
		return -1;
	if (regular && row->live.ts_us != SST_NO_TS && insert_row(w, row) == -1)
		return -1;
	for (i = 0; i < row->ncells; i++)
		if (w->c->taken.p[i] == 0 && update_row(w, row, &row->cells[i], regular) == -1)
			return -1;
	return 0;
}

static int
make_parts(struct writer *w)
{
	const struct sst_update *u = w->u;
	size_t i;

	if (w->table->counter)
		return sst_fail(w->e, SST_EUNSUPPORTED, NULL, SST_NOWHERE,
		    "counters cannot be written by CQL as they are");
	if (u->part.del.ts_us != SST_NO_TS && delete_partition(w) == -1)
		return -1;
	for (i = 0; i < u->nranges; i++)
		if (delete_range(w, &u->ranges[i]) == -1)
			return -1;
	if (u->statik != NULL && write_row(w, u->statik, false) == -1)
		return -1;
	for (i = 0; i < u->nrows; i++)
		if (write_row(w, &u->rows[i], true) == -1)
			return -1;
	return 0;
}

/* ---- sending ---- */

static int
answered(void *arg, unsigned slot, const struct sst_answer *a, bool *keep, struct sst_err *e)
{
	struct sst_client *c = arg;
	struct sst_prepared *p;

	if (a->opcode == SST_OP_ERROR && a->error == SST_WIRE_UNPREPARED) {
		for (p = c->prepared; p != NULL; p = p->next) /* of a batch it may be any */
			p->stale |= c->of[slot] == NULL || c->of[slot] == p;
		c->held[slot] = *keep = true;
		c->nheld++;
		return 0;
	}
	c->writing[slot] = false;
	if (a->opcode == SST_OP_RESULT)
		return 0;
	if (a->opcode != SST_OP_ERROR)
		return sst_link_nonsense(c->link, "no result of a write", e);
	if (!c->failed) { /* the first one counts */
		sst_link_refused(c->link, a, &c->why);
		if (c->why.code == SST_ELIMIT)
			c->why.code = SST_EINVAL;
		c->failed = true;
	}
	return 0;
}

static int
send_slot(struct writer *w, unsigned slot, struct sst_prepared *p)
{
	struct sst_client *c = w->c;

	c->of[slot] = p;
	c->number[slot] = c->sent;
	c->writing[slot] = true;
	c->held[slot] = false;
	if (sst_link_send(c->link, slot, answered, c, w->e) == 0)
		return 0;
	c->writing[slot] = false;
	return -1;
}

static uint32_t
now_flag(int64_t now_s)
{
	return now_s >= 0 && now_s <= INT32_MAX ? SST_QUERY_NOW : 0;
}

static int
send_one(struct writer *w, const struct sst_part *part)
{
	uint32_t flags = now_flag(part->now_s);
	struct sst_buf *b;
	unsigned slot;

	if (sst_link_begin(w->c->link, SST_OP_EXECUTE, &slot, &b, w->e) == -1)
		return -1;
	sst_client_put_execute(b, part->prepared, flags, part->nvalues);
	sst_buf_add(b, w->c->values.p + part->at, part->len);
	if (flags != 0)
		sst_put_u32(b, (uint32_t)part->now_s);
	return send_slot(w, slot, part->prepared);
}

static int
send_batch(struct writer *w, const struct sst_part *parts, size_t n, int64_t now_s)
{
	uint32_t flags = now_flag(now_s);
	struct sst_buf *b;
	unsigned slot;
	size_t i;

	if (sst_link_begin(w->c->link, SST_OP_BATCH, &slot, &b, w->e) == -1)
		return -1;
	sst_put_u8(b, SST_BATCH_UNLOGGED);
	sst_put_u16(b, (uint16_t)n);
	for (i = 0; i < n; i++) {
		sst_put_u8(b, 1);
		sst_put_bytes16(b, parts[i].prepared->id);
		sst_put_u16(b, (uint16_t)parts[i].nvalues);
		sst_buf_add(b, w->c->values.p + parts[i].at, parts[i].len);
	}
	sst_put_u16(b, SST_CONSISTENCY_LOCAL_QUORUM);
	sst_put_u32(b, flags);
	if (flags != 0)
		sst_put_u32(b, (uint32_t)now_s);
	return send_slot(w, slot, NULL);
}

/* One clock for all, where they agree on one. */
static bool
agree(const struct sst_part *parts, size_t n, int64_t *now_s)
{
	size_t i;

	*now_s = SST_NOW_ANY;
	for (i = 0; i < n; i++) {
		if (*now_s == SST_NOW_ANY)
			*now_s = parts[i].now_s;
		if (parts[i].now_s != SST_NOW_ANY && parts[i].now_s != *now_s)
			return false;
	}
	return true;
}

/* Writes leave some slots to others, without which a forgotten statement could not be prepared again. */
static int
make_room(struct sst_client *c, struct sst_err *e)
{
	for (;;) {
		if (c->nheld > 0 && sst_client_revive(c, e) == -1)
			return -1;
		if (c->failed) {
			*e = c->why;
			return -1;
		}
		if (sst_link_pending(c->link) < WRITES_MAX)
			return 0;
		if (sst_link_step(c->link, true, e) == -1)
			return -1;
	}
}

static int
send_parts(struct writer *w)
{
	const struct sst_part *parts = (const struct sst_part *)(const void *)w->c->parts.p;
	size_t i, n = w->c->parts.n / sizeof(*parts);
	int64_t now_s;

	w->c->sent++;
	if (n > 1 && n <= BATCH_MAX && agree(parts, n, &now_s))
		return send_batch(w, parts, n, now_s);
	for (i = 0; i < n; i++)
		if (make_room(w->c, w->e) == -1 || send_one(w, &parts[i]) == -1)
			return -1;
	return 0;
}

int
sst_client_apply(
    struct sst_db *db, const struct sst_update *u, struct sst_logpos *pos, struct sst_err *e)
{
	struct sst_client *c = (struct sst_client *)db;
	struct writer w = { c, sst_client_table_of(c, u->table), u->table, u, e };

	if (w.t == NULL)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "a table of another database");
	if (make_room(c, e) == -1)
		return -1;
	sst_buf_reset(&c->values);
	sst_buf_reset(&c->parts);
	if (make_parts(&w) == -1 || send_parts(&w) == -1)
		return -1;
	if (pos != NULL)
		*pos = (struct sst_logpos){ 1, c->sent };
	return 0;
}
