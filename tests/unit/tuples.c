/*
 * tests/unit/tuples.c: relations of several clustering columns at once, against a model: of all
 * places of a small cube those that a comparison of values lets through, in the order of the table, for
 * every way in which its columns can run.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/memfs.h"
#include "../support/random.h"
#include "query/modify.h"
#include "query/select.h"
#include "store/store.h"

Suite *tuples_suite(void);

#define EDGE 3 /* values of a column: 0, 1, 2 */
#define COLUMNS 3
#define PLACES (EDGE * EDGE * EDGE)
#define NOW_S 1700000000

struct cube {
	struct memfs *fs;
	struct sst_store *store;
	struct sst_db *db;
	unsigned down; /* a bit for each column that runs down */
	struct sst_arena arena;
	bool there[PLACES];
	size_t nargs;
	struct sst_argument args[4];
	int64_t ts_us;
	struct sst_err e;
};

struct place {
	int v[COLUMNS];
};

static struct place
place(size_t i)
{
	return (struct place){ { (int)i / 9, (int)i / 3 % 3, (int)i % 3 } };
}

static const struct sst_plan *
plan(struct cube *c, const char *cql)
{
	struct sst_parser p =
	    sst_parser_new(sst_slice_str(cql), &c->arena, NULL, SST_SLICE_LIT("k"), &c->e);
	struct sst_plan *made;
	struct sst_dml dml;

	ck_assert_msg(sst_dml_parse(&p, &dml) == 0, "%s: %s", cql, c->e.what);
	if (sst_plan_make(&made, &c->arena, &dml,
		c->db->ops->table(c->db, dml.name.keyspace, dml.name.name), &c->e) == -1)
		return NULL;
	ck_assert_uint_eq(made->marks.n, c->nargs);
	return made;
}

static int
change(struct cube *c, const char *cql)
{
	struct sst_modify_opts o = { .args = c->args, .ts_us = c->ts_us++, .now_s = NOW_S };
	const struct sst_plan *p = plan(c, cql);
	struct sst_update *u;
	size_t n;

	if (p == NULL || sst_modify_make(&u, &n, p, &o, &c->arena, &c->e) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(c->db->ops->apply(c->db, &u[i], NULL, &c->e), 0);
	c->nargs = 0;
	return 0;
}

static void
fill(struct cube *c)
{
	char cql[128];

	for (size_t i = 0; i < PLACES; i++) {
		struct place p = place(i);

		snprintf(cql, sizeof(cql), "INSERT INTO t (k, x, y, z) VALUES (1, %d, %d, %d)",
		    p.v[0], p.v[1], p.v[2]);
		ck_assert_int_eq(change(c, cql), 0);
		c->there[i] = true;
	}
}

static struct cube *
begin(unsigned down)
{
	struct cube *c = calloc(1, sizeof(*c));
	struct sst_store_opts o = { .no_wait = true };
	char schema[300];

	snprintf(schema, sizeof(schema),
	    "CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy', "
	    "'replication_factor': 1}; CREATE TABLE k.t (k int, x int, y int, z int, PRIMARY KEY "
	    "(k, x, y, z)) WITH CLUSTERING ORDER BY (x %s, y %s, z %s)",
	    down & 1 ? "DESC" : "ASC", down & 2 ? "DESC" : "ASC", down & 4 ? "DESC" : "ASC");
	o.schema = sst_slice_str(schema);
	c->fs = memfs_new();
	c->down = down;
	c->ts_us = 1000;
	ck_assert_msg(
	    sst_store_open(&c->store, memfs_io(c->fs), "/d", &o, &c->e) == 0, "%s", c->e.what);
	c->db = sst_store_db(c->store);
	fill(c);
	return c;
}

static void
end(struct cube *c)
{
	sst_store_drop(c->store);
	memfs_free(c->fs);
	sst_arena_free(&c->arena);
	free(c);
}

/* The rows that a statement gives, as numbers of three digits. */
static int
rows_of(struct cube *c, const char *cql, int *rows, size_t *n)
{
	struct sst_select_opts o = { .args = c->args, .now_s = NOW_S };
	const struct sst_plan *p = plan(c, cql);
	const struct sst_slice *v;
	struct sst_select *q;
	int r;

	*n = 0;
	if (p == NULL || sst_select_open(&q, c->db, p, &o, &c->e) == -1)
		return -1;
	while ((r = sst_select_next(q, &v, &c->e)) == SST_ONE) {
		ck_assert_uint_lt(*n, PLACES);
		rows[(*n)++] = v[0].p[3] * 100 + v[1].p[3] * 10 + v[2].p[3];
	}
	sst_select_close(q);
	c->nargs = 0;
	return r;
}

/* ---- the model ---- */

struct edge {
	size_t n;  /* columns; 0: open */
	size_t at; /* the first of them */
	struct place p;
	bool in;
};

static int
compare(const struct place *p, const struct edge *e)
{
	int c = 0;

	for (size_t i = 0; c == 0 && i < e->n; i++)
		c = p->v[e->at + i] - e->p.v[e->at + i];
	return c;
}

static bool
passes(const struct place *p, const struct edge *low, const struct edge *high)
{
	int a = compare(p, low), b = compare(p, high);

	return (low->n == 0 || a > 0 || (a == 0 && low->in)) &&
	    (high->n == 0 || b < 0 || (b == 0 && high->in));
}

/* The i-th place in the table's order. */
static size_t
in_order(const struct cube *c, size_t i)
{
	struct place p = place(i);

	for (size_t k = 0; k < COLUMNS; k++)
		if (c->down >> k & 1)
			p.v[k] = EDGE - 1 - p.v[k];
	return (size_t)(p.v[0] * 9 + p.v[1] * 3 + p.v[2]);
}

static void
put_edge(char *to, size_t cap, const struct edge *e, const char *sign, size_t n)
{
	static const char *const names[] = { "x", "y", "z" };
	char left[16] = "", right[16] = "";

	for (size_t i = e->at; i < e->at + n; i++) {
		snprintf(left + strlen(left), sizeof(left) - strlen(left), "%s%s",
		    i > e->at ? ", " : "", names[i]);
		snprintf(right + strlen(right), sizeof(right) - strlen(right), "%s%d",
		    i > e->at ? ", " : "", e->p.v[i]);
	}
	snprintf(to, cap, " AND (%s) %s%s (%s)", left, sign, e->in ? "=" : "", right);
}

struct slice {
	size_t prefix; /* columns that are given */
	struct place p;
	struct edge low, high;
	char where[256];
};

static struct edge
any_edge(struct random *r, size_t at)
{
	struct edge e = { random_below(r, (uint32_t)(COLUMNS - at + 1)), at,
		place((size_t)random_below(r, PLACES)), random_below(r, 2) == 0 };

	return e;
}

static struct slice
any_slice(struct random *r)
{
	static const char *const names[] = { "x", "y", "z" };
	struct slice s = { .prefix = random_below(r, 2) * random_below(r, COLUMNS) };
	char *end = s.where;

	s.p = place((size_t)random_below(r, PLACES));
	s.low = any_edge(r, s.prefix);
	s.high = any_edge(r, s.prefix);
	s.where[0] = '\0';
	for (size_t i = 0; i < s.prefix; i++)
		end += snprintf(end, 32, " AND %s = %d", names[i], s.p.v[i]);
	if (s.low.n > 0)
		put_edge(end, 64, &s.low, ">", s.low.n);
	end += strlen(end);
	if (s.high.n > 0)
		put_edge(end, 64, &s.high, "<", s.high.n);
	return s;
}

static bool
is_within(const struct slice *s, const struct place *p)
{
	for (size_t i = 0; i < s->prefix; i++)
		if (p->v[i] != s->p.v[i])
			return false;
	return passes(p, &s->low, &s->high);
}

static void
check_rows(struct cube *c, const char *cql, const struct slice *s, bool reversed)
{
	int rows[PLACES], want[PLACES];
	size_t n, nwant = 0;

	for (size_t i = 0; i < PLACES; i++) {
		size_t at = in_order(c, reversed ? PLACES - 1 - i : i);
		struct place p = place(at);

		if (c->there[at] && is_within(s, &p))
			want[nwant++] = p.v[0] * 100 + p.v[1] * 10 + p.v[2];
	}
	ck_assert_msg(rows_of(c, cql, rows, &n) == 0, "%s: %s", cql, c->e.what);
	ck_assert_msg(n == nwant && memcmp(rows, want, n * sizeof(*rows)) == 0,
	    "%s (columns down: %u): %zu rows, want %zu", cql, c->down, n, nwant);
}

START_TEST(slices)
{
	struct cube *c = begin((unsigned)_i);
	struct random r = { 17 + (unsigned)_i };
	char cql[400];

	for (int i = 0; i < 300; i++) {
		struct slice s = any_slice(&r);

		snprintf(cql, sizeof(cql), "SELECT x, y, z FROM t WHERE k = 1%s", s.where);
		check_rows(c, cql, &s, false);
		snprintf(cql, sizeof(cql), "SELECT x, y, z FROM t WHERE k = 1%s ORDER BY x %s",
		    s.where, _i & 1 ? "ASC" : "DESC");
		check_rows(c, cql, &s, true);
	}
	end(c);
}
END_TEST

/* What is deleted by a slice is what a SELECT of it gave. */
START_TEST(slices_that_are_deleted)
{
	static const struct slice all = { .prefix = 0 };
	struct cube *c = begin((unsigned)_i);
	struct random r = { 71 + (unsigned)_i };
	char cql[400];

	for (int i = 0; i < 60; i++) {
		struct slice s = any_slice(&r);

		snprintf(cql, sizeof(cql), "DELETE FROM t WHERE k = 1%s", s.where);
		ck_assert_msg(change(c, cql) == 0, "%s: %s", cql, c->e.what);
		for (size_t k = 0; k < PLACES; k++) {
			struct place p = place(k);

			c->there[k] &= !is_within(&s, &p);
		}
		check_rows(c, "SELECT x, y, z FROM t WHERE k = 1", &all, false);
		if (i % 3 == 2)
			fill(c);
	}
	end(c);
}
END_TEST

/* (x, y) IN (…) and the like: the rows of each, once, in the table's order. */
START_TEST(lists)
{
	struct cube *c = begin((unsigned)_i);
	struct random r = { 99 + (unsigned)_i };

	for (int i = 0; i < 200; i++) {
		char cql[400] = "SELECT x, y, z FROM t WHERE k = 1 AND (x, y) IN (";
		int rows[PLACES], want[PLACES];
		bool named[PLACES] = { false };
		size_t n, nwant = 0;

		for (uint64_t k = random_below(&r, 5) + 1; k > 0; k--) {
			struct place p = place((size_t)random_below(&r, PLACES));

			snprintf(cql + strlen(cql), 40, "(%d, %d)%s", p.v[0], p.v[1],
			    k > 1 ? ", " : ") AND z >= 1");
			for (int z = 1; z < EDGE; z++)
				named[p.v[0] * 9 + p.v[1] * 3 + z] = true;
		}
		for (size_t k = 0; k < PLACES; k++) {
			struct place p = place(in_order(c, k));

			if (named[in_order(c, k)])
				want[nwant++] = p.v[0] * 100 + p.v[1] * 10 + p.v[2];
		}
		ck_assert_msg(rows_of(c, cql, rows, &n) == 0, "%s: %s", cql, c->e.what);
		ck_assert_msg(n == nwant && memcmp(rows, want, n * sizeof(*rows)) == 0,
		    "%s (columns down: %u)", cql, c->down);
	}
	end(c);
}
END_TEST

/* ---- markers ---- */

#define INT(v) 0, 0, 0, 4, 0, 0, 0, v
#define NULL_FIELD 255, 255, 255, 255

static void
give(struct cube *c, const uint8_t *p, size_t n)
{
	c->args[c->nargs++] = (struct sst_argument){ { p, n }, false };
}

static void
check_bound(struct cube *c, const char *cql, size_t want, int first)
{
	int rows[PLACES];
	size_t n;

	ck_assert_msg(rows_of(c, cql, rows, &n) == 0, "%s: %s", cql, c->e.what);
	ck_assert_uint_eq(n, want);
	if (n > 0)
		ck_assert_int_eq(rows[0], first);
}

START_TEST(markers)
{
	static const uint8_t pair[] = { INT(1), INT(2) };
	static const uint8_t other[] = { INT(0), INT(2) };
	static const uint8_t pairs[] = { 0, 0, 0, 3, 0, 0, 0, 16, INT(1), INT(2), 0, 0, 0, 16,
		INT(0), INT(2), 0, 0, 0, 16, INT(1), INT(2) };
	static const uint8_t one[] = { 0, 0, 0, 1 };
	struct cube *c = begin((unsigned)_i);

	give(c, pair, sizeof(pair));
	check_bound(c, "SELECT x, y, z FROM t WHERE k = 1 AND (x, y) = ? AND z = 1", 1, 121);
	give(c, pair, sizeof(pair));
	check_bound(c, "SELECT x, y, z FROM t WHERE k = 1 AND (x, y) > ? AND (x) <= (1)", 0, 0);
	give(c, other, sizeof(other));
	check_bound(c,
	    "SELECT x, y, z FROM t WHERE k = 1 AND (x, y) >= ? AND (x, y, z) <= (0, 2, 0)", 1, 20);
	give(c, pairs, sizeof(pairs));
	check_bound(
	    c, "SELECT x, y, z FROM t WHERE k = 1 AND (x, y) IN ? AND z = 1", 2, _i & 1 ? 121 : 21);
	give(c, pair, sizeof(pair));
	give(c, other, sizeof(other));
	check_bound(c, "SELECT x, y, z FROM t WHERE k = 1 AND (x, y) IN (?, ?) AND z = 1", 2,
	    _i & 1 ? 121 : 21);
	give(c, one, sizeof(one));
	give(c, one, sizeof(one));
	check_bound(c, "SELECT x, y, z FROM t WHERE k = 1 AND (x, y) IN ((?, 2), (0, ?)) AND z = 1",
	    2, _i & 1 ? 121 : 11);
	end(c);
}
END_TEST

/* A null within, a tuple too short, one too long, bytes that are none. */
START_TEST(markers_that_are_refused)
{
	static const uint8_t null[] = { INT(1), NULL_FIELD };
	static const uint8_t small[] = { INT(1) };
	static const uint8_t large[] = { INT(1), INT(1), INT(1) };
	static const uint8_t bad[] = { INT(1), 0, 0, 0, 9, 1 };
	static const uint8_t list[] = { 0, 0, 0, 1, 0, 0, 0, 12, INT(1), NULL_FIELD };
	static const uint8_t nulls[] = { 0, 0, 0, 1, NULL_FIELD };
	static const struct sst_slice tuples[] = { { null, sizeof(null) }, { small, sizeof(small) },
		{ large, sizeof(large) }, { bad, sizeof(bad) }, { NULL, 0 } };
	static const struct sst_slice listed[] = { { list, sizeof(list) }, { nulls, sizeof(nulls) },
		{ bad, sizeof(bad) }, { NULL, 0 } };
	static const char *const ops[] = { "(x, y) = ?", "(x, y) > ?", "(x, y) <= ?",
		"(x, y) IN (?)" };
	struct cube *c = begin(2);
	int rows[PLACES];
	char cql[128];
	size_t n;

	for (size_t o = 0; o < 4; o++)
		for (size_t i = 0; i < 5; i++) {
			snprintf(
			    cql, sizeof(cql), "SELECT x, y, z FROM t WHERE k = 1 AND %s", ops[o]);
			c->nargs = 0;
			give(c, tuples[i].p, tuples[i].n);
			ck_assert_int_eq(rows_of(c, cql, rows, &n), -1);
			ck_assert_int_eq(c->e.code, SST_EINVAL);
		}
	for (size_t i = 0; i < 4; i++) {
		c->nargs = 0;
		give(c, listed[i].p, listed[i].n);
		ck_assert_int_eq(
		    rows_of(c, "SELECT x, y, z FROM t WHERE k = 1 AND (x, y) IN ?", rows, &n), -1);
		ck_assert_int_eq(c->e.code, SST_EINVAL);
	}
	end(c);
}
END_TEST

/* What clients are asked for, named as Cassandra names it. */
START_TEST(names_of_markers)
{
	static const struct {
		const char *where, *name, *type;
	} cases[] = { { "(x, y) IN ?", "in(x,y)", "frozen<list<frozen<tuple<int, int>>>>" },
		{ "(x, y) IN (?)", "(x,y)", "frozen<tuple<int, int>>" },
		{ "(x, y) > ?", "(x,y)", "frozen<tuple<int, int>>" },
		{ "(x, y) > (?, 2)", "x", "int" },
		{ "(x, y) = :pair", "pair", "frozen<tuple<int, int>>" },
		{ "x IN ?", "in(x)", "frozen<list<int>>" } };
	struct cube *c = begin(5);
	struct sst_buf type = { 0 };
	char cql[128];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct sst_plan *p;

		c->nargs = 1;
		snprintf(cql, sizeof(cql), "SELECT x FROM t WHERE k = 1 AND %s", cases[i].where);
		ck_assert_ptr_nonnull(p = plan(c, cql));
		ck_assert_msg(
		    sst_slice_eq(p->marks.specs[0].name, sst_slice_str(cases[i].name)), "%s", cql);
		sst_buf_reset(&type);
		sst_type_cql(p->marks.specs[0].type, &type);
		sst_buf_addc(&type, '\0');
		ck_assert_str_eq((char *)type.p, cases[i].type);
	}
	sst_buf_free(&type);
	end(c);
}
END_TEST

Suite *
tuples_suite(void)
{
	Suite *s = suite_create("tuples");
	TCase *tc = tcase_create("tuples");

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, slices, 0, 8);
	tcase_add_loop_test(tc, slices_that_are_deleted, 0, 8);
	tcase_add_loop_test(tc, lists, 0, 8);
	tcase_add_loop_test(tc, markers, 0, 8);
	tcase_add_test(tc, markers_that_are_refused);
	tcase_add_test(tc, names_of_markers);
	suite_add_tcase(s, tc);
	return s;
}
