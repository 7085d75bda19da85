/* query/modify.c: from assignments to cells and tombstones. */
#include "query/modify.h"

#include <stdlib.h>

#include "codec/in.h"
#include "query/refuse.h"

#define LIST_MAX 65536                                  /* elements that one statement may add */
#define PREPEND_EPOCH (UINT64_C(1262304000) * 10000000) /* 2010 in 100 ns: times run back from it */

struct cells { /* of the statics or of a row, growing in the arena */
	struct sst_cell *p;
	struct sst_complex_deletion *complex;
	size_t n, cap, ncomplex;
};

struct maker {
	const struct sst_plan *plan;
	const struct sst_modify_opts *opts;
	struct sst_bind bind;
	struct sst_arena *arena;
	int64_t ts_us;
	uint32_t ttl_s;
	int64_t expiry_s;
	uint64_t element; /* elements of lists so far */
	struct cells statics, row;
	struct sst_err *e;
};

/* ---- times ---- */

static int
get_number(struct maker *m, const struct sst_operand *o, int64_t *v, bool *given)
{
	struct sst_slice s;
	struct sst_in in;
	bool unset;

	*given = false;
	if (o == NULL)
		return 0;
	if (sst_operand_value(o, &m->bind, &s, &unset, m->e) == -1)
		return -1;
	if (unset)
		return 0;
	*given = true;
	if (s.p == NULL && o == m->plan->ttl_s) { /* no TTL, whatever the table says */
		*v = 0;
		return 0;
	}
	if (s.p == NULL || (s.n != 4 && s.n != 8))
		return sst_refuse(m->e, "Invalid null value of timestamp");
	in = sst_in_new(s, 0);
	*v = s.n == 4 ? (int32_t)sst_get_u32(&in) : (int64_t)sst_get_u64(&in);
	return 0;
}

static int
get_times(struct maker *m)
{
	int64_t ttl = 0;
	bool given;

	m->ts_us = m->opts->ts_us;
	if (get_number(m, m->plan->ts_us, &m->ts_us, &given) == -1)
		return -1;
	if (m->ts_us == SST_NO_TS)
		return sst_fail(m->e, SST_EINVAL, NULL, SST_NOWHERE,
		    "Out of bound timestamp, must be in [-9223372036854775807, "
		    "9223372036854775807]");
	if (get_number(m, m->plan->ttl_s, &ttl, &given) == -1)
		return -1;
	if (!given)
		ttl = m->plan->table->default_ttl_s;
	if (ttl < 0 || ttl > SST_TTL_MAX)
		return sst_fail(m->e, SST_EINVAL, NULL, SST_NOWHERE,
		    ttl < 0 ? "A TTL must be greater or equal to 0, but was %lld"
			    : "ttl is too large. requested (%lld) maximum (630720000)",
		    (long long)ttl);
	m->ttl_s = (uint32_t)ttl;
	m->expiry_s = ttl > 0 ? m->opts->now_s + ttl : SST_NO_LDT;
	if (ttl > 0 && m->expiry_s > SST_EXPIRY_MAX)
		return sst_fail(m->e, SST_EINVAL, NULL, SST_NOWHERE,
		    "a ttl of %lld seconds exceeds maximum supported expiration date of "
		    "2038-01-19T03:14:06+00:00",
		    (long long)ttl);
	return 0;
}

/* ---- cells ---- */

static struct sst_cell *
new_cell(struct maker *m, const struct sst_column_ref *of)
{
	struct cells *c = of->kind == SST_COLUMN_STATIC ? &m->statics : &m->row;
	struct sst_cell *bigger;

	if (c->n == c->cap) {
		size_t cap = c->cap == 0 ? 16 : 2 * c->cap;

		if ((bigger = sst_arena_array(m->arena, cap, sizeof(*bigger))) == NULL) {
			sst_fail_nomem(m->e);
			return NULL;
		}
		if (c->n > 0)
			memcpy(bigger, c->p, c->n * sizeof(*bigger));
		c->p = bigger;
		c->cap = cap;
	}
	c->p[c->n] =
	    (struct sst_cell){ .col = (uint32_t)of->i, .ts_us = m->ts_us, .ldt_s = SST_NO_LDT };
	return &c->p[c->n++];
}

/* A value, or a tombstone where it is null. */
static int
put_cell(
    struct maker *m, const struct sst_column_ref *of, struct sst_slice path, struct sst_slice value)
{
	struct sst_cell *c = new_cell(m, of);

	if (c == NULL)
		return -1;
	c->path = path;
	c->value = value;
	if (value.p == NULL) {
		c->value = (struct sst_slice){ (const uint8_t *)"", 0 };
		c->ldt_s = m->opts->now_s;
	} else {
		c->ttl_s = m->ttl_s;
		c->ldt_s = m->expiry_s;
	}
	return 0;
}

/* All that a column held before: a collection that is overwritten forgets it first, 1 µs earlier. */
static int
put_complex(struct maker *m, const struct sst_column_ref *of, int64_t ts_us)
{
	struct cells *c = of->kind == SST_COLUMN_STATIC ? &m->statics : &m->row;

	if (c->complex == NULL) {
		c->complex = sst_arena_array(m->arena, m->plan->nchanges + 1, sizeof(*c->complex));
		if (c->complex == NULL)
			return sst_fail_nomem(m->e);
	}
	c->complex[c->ncomplex++] =
	    (struct sst_complex_deletion){ (uint32_t)of->i, { ts_us, m->opts->now_s } };
	return 0;
}

/* The path of a list's next element: a time UUID, so that elements stay in the order they came in. */
static int
list_path(struct maker *m, bool prepend, struct sst_slice *path)
{
	uint64_t t = m->opts->element_time + m->element;
	uint8_t *p = sst_arena_alloc(m->arena, 16);

	if (p == NULL)
		return sst_fail_nomem(m->e);
	if (m->element++ == LIST_MAX)
		return sst_fail(m->e, SST_ELIMIT, NULL, SST_NOWHERE,
		    "more than %d elements of lists in one statement", LIST_MAX);
	if (prepend) /* the later, the further in front; elements of one statement keep their order */
		t = PREPEND_EPOCH - (m->opts->element_time - PREPEND_EPOCH) - LIST_MAX + m->element;
	*path = (struct sst_slice){ p, 16 };
	sst_timeuuid_put(p, t, m->opts->node);
	return 0;
}

/* The elements of a value that came as a whole, each a cell. */
static int
put_elements(
    struct maker *m, const struct sst_change *c, const struct sst_type *t, struct sst_slice value)
{
	struct sst_in in = sst_in_new(value, 0);
	bool prepend = c->kind == SST_ASSIGN_PREPEND;

	for (uint32_t n = sst_get_u32(&in); n > 0 && !in.bad; n--) {
		struct sst_slice a = sst_get_bytes32(&in), path = a, v = a;

		if (t->kind == SST_MAP)
			v = sst_get_bytes32(&in);
		else if (t->kind == SST_SET)
			v = (struct sst_slice){ (const uint8_t *)"", 0 };
		else if (list_path(m, prepend, &path) == -1)
			return -1;
		if (c->kind == SST_ASSIGN_SUBTRACT)
			v = (struct sst_slice){ NULL, 0 };
		if (!in.bad && put_cell(m, &c->of, path, v) == -1)
			return -1;
	}
	return 0;
}

static int
field_path(struct maker *m, size_t field, struct sst_slice *path)
{
	uint8_t *p = sst_arena_alloc(m->arena, 2);

	if (p == NULL)
		return sst_fail_nomem(m->e);
	p[0] = (uint8_t)(field >> 8);
	p[1] = (uint8_t)field;
	*path = (struct sst_slice){ p, 2 };
	return 0;
}

static int
put_fields(struct maker *m, const struct sst_change *c, struct sst_slice value)
{
	struct sst_in in = sst_in_new(value, 0);

	for (size_t i = 0; i < c->of.column->type->nargs && sst_in_left(&in) > 0; i++) {
		int32_t n = (int32_t)sst_get_u32(&in);
		struct sst_slice v, path;

		if (n < 0)
			continue;
		v = sst_get_bytes(&in, (size_t)n);
		if (field_path(m, i, &path) == -1 || put_cell(m, &c->of, path, v) == -1)
			return -1;
	}
	return 0;
}

/* column = value of what has a cell for each element. */
static int
put_multicell(struct maker *m, const struct sst_change *c, struct sst_slice value)
{
	const struct sst_type *t = c->of.column->type;

	if (c->kind == SST_ASSIGN &&
	    put_complex(m, &c->of, c->value == NULL ? m->ts_us : m->ts_us - 1) == -1)
		return -1;
	if (value.p == NULL)
		return 0;
	if (t->kind == SST_UDT)
		return put_fields(m, c, value);
	return put_elements(m, c, c->kind == SST_ASSIGN_SUBTRACT ? c->value->type : t, value);
}

static int
put_change(struct maker *m, const struct sst_change *c)
{
	struct sst_slice value = { NULL, 0 }, path = { NULL, 0 };
	bool unset = false;

	if (c->value != NULL && sst_operand_value(c->value, &m->bind, &value, &unset, m->e) == -1)
		return -1;
	if (unset)
		return 0;
	if (c->kind == SST_ASSIGN_FIELD) {
		if (field_path(m, c->field, &path) == -1)
			return -1;
	} else if (c->kind == SST_ASSIGN_ELEMENT) {
		if (sst_operand_value(c->key, &m->bind, &path, NULL, m->e) == -1)
			return -1;
		if (path.p == NULL)
			return sst_refuse(m->e, "Invalid null map key");
	} else if (c->of.column->type->multicell)
		return put_multicell(m, c, value);
	return put_cell(m, &c->of, path, value);
}

/* ---- in order ---- */

struct order { /* a cell, and the type that its path is compared by */
	struct sst_cell cell;
	const struct sst_type *path;
	size_t n; /* in the statement: the last one wins */
};

static int
compare(const void *va, const void *vb)
{
	const struct order *a = va, *b = vb;
	int c = (a->cell.col > b->cell.col) - (a->cell.col < b->cell.col);

	if (c == 0 && a->path != NULL)
		c = sst_type_compare(a->path, a->cell.path, b->cell.path);
	return c != 0 ? c : (a->n > b->n) - (a->n < b->n);
}

static int
compare_complex(const void *va, const void *vb)
{
	const struct sst_complex_deletion *a = va, *b = vb;

	return (a->col > b->col) - (a->col < b->col);
}

/* Cells by column and path, each once. */
static int
sort_cells(struct maker *m, struct cells *c, const struct sst_column *columns)
{
	struct order *all = sst_arena_array(m->arena, c->n + 1, sizeof(*all));
	size_t kept = 0;

	if (all == NULL)
		return sst_fail_nomem(m->e);
	for (size_t i = 0; i < c->n; i++) {
		const struct sst_type *t = columns[c->p[i].col].type;

		all[i] = (struct order){ c->p[i], t->multicell ? sst_type_path(t) : NULL, i };
	}
	if (c->n > 1)
		qsort(all, c->n, sizeof(*all), compare);
	for (size_t i = 0; i < c->n; i++) {
		if (i + 1 < c->n && all[i + 1].cell.col == all[i].cell.col &&
		    (all[i].path == NULL ||
			sst_type_compare(all[i].path, all[i].cell.path, all[i + 1].cell.path) == 0))
			continue;
		c->p[kept++] = all[i].cell;
	}
	c->n = kept;
	if (c->ncomplex > 1)
		qsort(c->complex, c->ncomplex, sizeof(*c->complex), compare_complex);
	return 0;
}

static struct sst_row
row_of(const struct cells *c)
{
	struct sst_row r = { .live = { SST_NO_TS, 0, SST_NO_LDT },
		.del = SST_LIVE,
		.ncells = c->n,
		.cells = c->p,
		.ncomplex = c->ncomplex,
		.complex = c->complex };

	return r;
}

/* ---- updates ---- */

struct places { /* where in its partitions the statement goes */
	struct sst_range *slices;
	size_t n;
	bool all;
};

static bool
is_row(const struct sst_table *t, const struct sst_range *r)
{
	return r->from.n == t->nck && r->to.n == t->nck && r->from.side == -1 && r->to.side == 1 &&
	    sst_clustering_compare(t, r->from.ck, t->nck, r->to.ck, t->nck) == 0;
}

/* One row for each place, all with the same cells. */
static int
make_rows(struct maker *m, struct sst_update *u, const struct places *p)
{
	static const struct sst_slice nothing = { NULL, 0 };
	const struct sst_table *t = m->plan->table;
	size_t n = t->nck == 0 ? 1 : p->n;
	struct sst_row *rows = sst_arena_array(m->arena, n + 1, sizeof(*rows));

	if (rows == NULL)
		return sst_fail_nomem(m->e);
	for (size_t i = 0; i < n; i++) {
		rows[i] = row_of(&m->row);
		rows[i].ck = t->nck == 0 ? &nothing : p->slices[i].from.ck;
		if (m->plan->kind == SST_INSERT)
			rows[i].live = (struct sst_liveness){ m->ts_us, m->ttl_s, m->expiry_s };
	}
	u->rows = rows;
	u->nrows = n;
	return 0;
}

/* DELETE of rows, of ranges of them, or of whole partitions.  A slice of several columns may come to rows
 * and ranges both. */
static int
make_deletions(struct maker *m, struct sst_update *u, const struct places *p)
{
	const struct sst_table *t = m->plan->table;
	struct sst_deletion del = { m->ts_us, m->opts->now_s };
	struct sst_range_deletion *ranges;
	struct sst_row *rows;

	if (p->all) {
		u->part.del = del;
		return 0;
	}
	rows = sst_arena_array(m->arena, p->n + 1, sizeof(*rows));
	ranges = sst_arena_array(m->arena, p->n + 1, sizeof(*ranges));
	if (rows == NULL || ranges == NULL)
		return sst_fail_nomem(m->e);
	for (size_t i = 0; i < p->n; i++) {
		const struct sst_range *s = &p->slices[i];

		if (!is_row(t, s)) {
			ranges[u->nranges++] = (struct sst_range_deletion){ s->from, s->to, del };
			continue;
		}
		rows[u->nrows] = row_of(&m->row);
		rows[u->nrows].ck = s->from.ck;
		rows[u->nrows++].del = del;
	}
	u->rows = rows;
	u->ranges = ranges;
	return 0;
}

static int
make_update(struct maker *m, struct sst_update *u, struct sst_slice key, const struct places *p)
{
	bool statics_only =
	    m->plan->wants_static && !m->plan->wants_rows && p->all && m->plan->table->nck > 0;
	struct sst_row *statik;

	*u = (struct sst_update){ .table = m->plan->table,
		.part = { key, sst_token(key), SST_LIVE } };
	if (m->plan->row_level)
		return make_deletions(m, u, p);
	if (m->statics.n + m->statics.ncomplex > 0) {
		if ((statik = sst_arena_alloc(m->arena, sizeof(*statik))) == NULL)
			return sst_fail_nomem(m->e);
		*statik = row_of(&m->statics);
		u->statik = statik;
	}
	/* An UPDATE all of whose values are unset, or only of statics, touches no row. */
	if (statics_only || (m->plan->kind != SST_INSERT && m->row.n + m->row.ncomplex == 0))
		return 0;
	return make_rows(m, u, p);
}

static int
check_values(struct maker *m, const struct places *p)
{
	const struct sst_table *t = m->plan->table;

	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; k < p->slices[i].from.n; k++)
			if (p->slices[i].from.ck[k].n > UINT16_MAX)
				return sst_refuse_name(m->e,
				    "Clustering value of %.*s is longer than 65535 bytes",
				    t->ck[k].name);
	return 0;
}

int
sst_modify_make(struct sst_update **out, size_t *n, const struct sst_plan *plan,
    const struct sst_modify_opts *opts, struct sst_arena *arena, struct sst_err *e)
{
	struct maker m = { .plan = plan,
		.opts = opts,
		.bind = { opts->args, plan->marks.n, arena, opts->at },
		.arena = arena,
		.e = e };
	struct places p = { NULL, 0, true };
	struct sst_slice *keys;

	*n = 0;
	if (get_times(&m) == -1 || sst_where_keys(&plan->where, &m.bind, &keys, n, e) == -1 ||
	    sst_where_slices(&plan->where, &m.bind, &p.slices, &p.n, &p.all, e) == -1 ||
	    check_values(&m, &p) == -1)
		return -1;
	for (size_t i = 0; i < plan->nchanges; i++)
		if (put_change(&m, &plan->changes[i]) == -1)
			return -1;
	if (sort_cells(&m, &m.statics, plan->table->statics) == -1 ||
	    sort_cells(&m, &m.row, plan->table->regulars) == -1)
		return -1;
	if (!p.all && p.n == 0) /* IN () */
		*n = 0;
	if ((*out = sst_arena_array(arena, *n + 1, sizeof(**out))) == NULL)
		return sst_fail_nomem(e);
	for (size_t i = 0; i < *n; i++)
		if (make_update(&m, &(*out)[i], keys[i], &p) == -1)
			return -1;
	return 0;
}
