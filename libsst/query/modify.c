/* query/modify.c: from assignments to cells and tombstones. */
#include "query/modify.h"

#include <stdlib.h>

#include "codec/in.h"
#include "query/cells.h"
#include "query/lists.h"
#include "query/refuse.h"

#define LIST_MAX 65536                                  /* elements that one statement may add */
#define PREPEND_EPOCH (UINT64_C(1262304000) * 10000000) /* 2010 in 100 ns: times run back from it */

struct maker {
	const struct sst_plan *plan;
	const struct sst_modify_opts *opts;
	struct sst_bind bind;
	struct sst_arena *arena;
	int64_t ts_us;
	uint32_t ttl_s;
	int64_t expiry_s;
	uint64_t element, prepended; /* elements of lists so far, and those of them in front */
	struct sst_cells statics, row;
	const struct sst_slice *place; /* the clustering of the row, where each has its own cells */
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

/* The static row's, or those of the others. */
static struct sst_cells *
cells_of(struct maker *m, const struct sst_column_ref *of)
{
	return of->kind == SST_COLUMN_STATIC ? &m->statics : &m->row;
}

/* A value, or a tombstone where it is null. */
static int
put_cell(
    struct maker *m, const struct sst_column_ref *of, struct sst_slice path, struct sst_slice value)
{
	struct sst_cell *c;

	if (sst_cells_add(cells_of(m, of), &c, m->arena, m->e) == -1)
		return -1;
	c->col = (uint32_t)of->i;
	c->ts_us = m->ts_us;
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
	struct sst_complex_deletion c = { (uint32_t)of->i, { ts_us, m->opts->now_s } };

	return sst_cells_forget(cells_of(m, of), &c, m->arena, m->e);
}

/*
 * The path of a list's next element: a time UUID, so that elements stay in the order they came in.  Of what
 * is put in front left are still to come, this one among them: the later the further in front, but those
 * that come together keep their order.
 */
static int
list_path(struct maker *m, uint32_t left, struct sst_slice *path)
{
	uint64_t t = m->opts->element_time + m->element;
	uint8_t *p = sst_arena_alloc(m->arena, 16);

	if (p == NULL)
		return sst_fail_nomem(m->e);
	if (m->element++ == LIST_MAX)
		return sst_fail(m->e, SST_ELIMIT, NULL, SST_NOWHERE,
		    "more than %d elements of lists in one statement", LIST_MAX);
	if (left > 0)
		t = PREPEND_EPOCH - (m->opts->element_time - PREPEND_EPOCH) - m->prepended - left;
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
	uint32_t all = sst_get_u32(&in);
	bool prepend = c->kind == SST_ASSIGN_PREPEND;

	for (uint32_t n = all; n > 0 && !in.bad; n--) {
		struct sst_slice a = sst_get_bytes32(&in), path = a, v = a;

		if (t->kind == SST_MAP)
			v = sst_get_bytes32(&in);
		else if (t->kind == SST_SET)
			v = (struct sst_slice){ (const uint8_t *)"", 0 };
		else if (list_path(m, prepend ? n : 0, &path) == -1)
			return -1;
		if (c->kind == SST_ASSIGN_SUBTRACT)
			v = (struct sst_slice){ NULL, 0 };
		if (!in.bad && put_cell(m, &c->of, path, v) == -1)
			return -1;
	}
	m->prepended += prepend ? all : 0;
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

/* ---- lists that were looked at ---- */

static int
get_elements(struct maker *m, const struct sst_column_ref *of, const struct sst_cell **p, size_t *n)
{
	const struct sst_cells *c = cells_of(m, of);

	return sst_lists_elements(m->opts->lists, of->kind == SST_COLUMN_STATIC ? NULL : m->place,
	    of, c->p, c->n, m->arena, p, n, m->e);
}

/* column[index] = value; value.p == NULL: it is deleted. */
static int
put_indexed(struct maker *m, const struct sst_change *c, struct sst_slice value, bool unset)
{
	const struct sst_cell *p;
	struct sst_slice index;
	bool no_index, deletes = c->value == NULL;
	struct sst_in in;
	int32_t i;
	size_t n;

	if (sst_operand_value(c->key, &m->bind, &index, &no_index, m->e) == -1)
		return -1;
	if (no_index && deletes)
		return 0;
	if (index.n != 4)
		return sst_refuse(m->e,
		    no_index ? "Invalid unset value for list index"
			     : "Invalid null value for list index");
	in = sst_in_new(index, 0);
	i = (int32_t)sst_get_u32(&in);
	if (get_elements(m, &c->of, &p, &n) == -1)
		return -1;
	if (n == 0)
		return sst_refuse(m->e,
		    deletes ? "Attempted to delete an element from a list which is null"
			    : "Attempted to set an element on a list which is null");
	if (i < 0 || (size_t)i >= n)
		return sst_fail(m->e, SST_EINVAL, NULL, SST_NOWHERE,
		    "List index %d out of bound, list has size %zu", i, n);
	return unset ? 0 : put_cell(m, &c->of, p[i].path, value);
}

static int
compare_slices(const void *a, const void *b)
{
	return sst_slice_cmp(*(const struct sst_slice *)a, *(const struct sst_slice *)b);
}

/* column = column - value: every element that is among these. */
static int
put_discarded(struct maker *m, const struct sst_change *c, struct sst_slice value)
{
	struct sst_in in = sst_in_new(value, 0);
	struct sst_slice *all;
	const struct sst_cell *p;
	uint32_t nall;
	size_t n, k = 0;

	if (value.p == NULL || get_elements(m, &c->of, &p, &n) == -1)
		return value.p == NULL ? 0 : -1;
	nall = sst_get_u32(&in);
	if (in.bad || nall > sst_in_left(&in) / 4)
		nall = 0;
	if ((all = sst_arena_array(m->arena, (size_t)nall + 1, sizeof(*all))) == NULL)
		return sst_fail_nomem(m->e);
	while (k < nall)
		all[k++] = sst_get_bytes32(&in);
	qsort(all, k, sizeof(*all), compare_slices);
	for (size_t i = 0; i < n; i++)
		if (bsearch(&p[i].value, all, k, sizeof(*all), compare_slices) != NULL &&
		    put_cell(m, &c->of, p[i].path, (struct sst_slice){ NULL, 0 }) == -1)
			return -1;
	return 0;
}

static int
put_change(struct maker *m, const struct sst_change *c)
{
	struct sst_slice value = { NULL, 0 }, path = { NULL, 0 };
	bool unset = false;

	if (c->value != NULL && sst_operand_value(c->value, &m->bind, &value, &unset, m->e) == -1)
		return -1;
	if (c->kind == SST_ASSIGN_ELEMENT && sst_change_looks(c))
		return put_indexed(m, c, value, unset);
	if (unset)
		return 0;
	if (sst_change_looks(c))
		return put_discarded(m, c, value);
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

/* The cells of the static row, or of the others. */
static int
put_changes(struct maker *m, bool statics)
{
	const struct sst_plan *plan = m->plan;

	for (size_t i = 0; i < plan->nchanges; i++)
		if ((plan->changes[i].of.kind == SST_COLUMN_STATIC) == statics &&
		    put_change(m, &plan->changes[i]) == -1)
			return -1;
	return statics ? sst_cells_sort(&m->statics, plan->table->statics, m->arena, m->e)
		       : sst_cells_sort(&m->row, plan->table->regulars, m->arena, m->e);
}

/* One row for each place, all with the same cells, unless what is in each was looked at. */
static int
make_rows(struct maker *m, struct sst_update *u, const struct places *p)
{
	static const struct sst_slice nothing = { NULL, 0 };
	const struct sst_table *t = m->plan->table;
	size_t n = t->nck == 0 ? 1 : p->n;
	struct sst_row *rows = sst_arena_array(m->arena, n + 1, sizeof(*rows)), *row = rows;
	uint64_t element = m->element, prepended = m->prepended;

	if (rows == NULL)
		return sst_fail_nomem(m->e);
	for (size_t i = 0; i < n; i++) {
		m->place = t->nck == 0 ? &nothing : p->slices[i].from.ck;
		if (m->plan->looks) {
			m->row = (struct sst_cells){ 0 };
			m->element = element;
			m->prepended = prepended;
			if (put_changes(m, false) == -1)
				return -1;
		}
		/* An UPDATE all of whose values are unset touches no row. */
		if (m->plan->kind != SST_INSERT && m->row.n + m->row.ncomplex == 0)
			continue;
		*row = sst_cells_row(&m->row);
		row->ck = m->place;
		if (m->plan->kind == SST_INSERT)
			row->live = (struct sst_liveness){ m->ts_us, m->ttl_s, m->expiry_s };
		row++;
	}
	u->rows = rows;
	u->nrows = (size_t)(row - rows);
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
		rows[u->nrows] = sst_cells_row(&m->row);
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
		*statik = sst_cells_row(&m->statics);
		u->statik = statik;
	}
	return statics_only ? 0 : make_rows(m, u, p);
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
	if (!p.all && p.n == 0) /* IN () */
		*n = 0;
	if (plan->looks && opts->lists == NULL)
		return sst_refuse_unsupported(e, "looking at lists before changing them is");
	if (plan->looks && *n > 1) /* for each the lists would be others */
		return sst_refuse_unsupported(
		    e, "looking at lists in several partitions at once is");
	if ((!plan->looks || *n > 0) &&
	    (put_changes(&m, true) == -1 || (!plan->looks && put_changes(&m, false) == -1)))
		return -1;
	if ((*out = sst_arena_array(arena, *n + 1, sizeof(**out))) == NULL)
		return sst_fail_nomem(e);
	for (size_t i = 0; i < *n; i++)
		if (make_update(&m, &(*out)[i], keys[i], &p) == -1)
			return -1;
	return 0;
}
