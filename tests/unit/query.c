/*
 * tests/unit/query.c: CQL statements run on a store: what they give, page by page, what they change,
 * and the words in which they are refused.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/memfs.h"
#include "base/num.h"
#include "query/modify.h"
#include "query/select.h"
#include "query/system.h"
#include "store/store.h"

Suite *query_suite(void);

#define NOW_S 1700000000
#define SCHEMA \
	"CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy', 'replication_factor': " \
	"1};" \
	"CREATE TYPE k.u (f int, g text);" \
	"CREATE TABLE k.t (a int, b int, c int, d text, s text STATIC, v int, w text," \
	" PRIMARY KEY ((a, b), c, d)) WITH CLUSTERING ORDER BY (c DESC, d ASC);" \
	"CREATE TABLE k.m (a int PRIMARY KEY, l list<int>, e set<text>, m map<text, int>," \
	" fm frozen<map<text, int>>, u u, fu frozen<u>, tup tuple<int, text>);" \
	"CREATE TABLE k.n (a int, c int, v int, PRIMARY KEY (a, c))"

struct session {
	struct memfs *fs;
	struct sst_store *store;
	struct sst_db *db;
	int64_t ts_us;
	struct sst_buf out;
	struct sst_err e;
	/* Arguments for markers, of the next statement. */
	size_t nargs;
	struct sst_argument args[8];
	uint8_t bytes[8][16];
	/* Of pages. */
	uint64_t page_size;
	struct sst_buf state;
	bool more;
};

static struct session *
begin_with(struct sst_slice schema)
{
	struct session *s = calloc(1, sizeof(*s));
	struct sst_store_opts o = { .no_wait = true, .schema = schema };
	int r;

	s->fs = memfs_new();
	r = sst_store_open(&s->store, memfs_io(s->fs), "/d", &o, &s->e);
	ck_assert_msg(r == 0, "%s", s->e.what);
	s->db = sst_store_db(s->store);
	s->ts_us = 1000;
	return s;
}

static struct session *
begin(void)
{
	return begin_with(SST_SLICE_LIT(SCHEMA));
}

static void
end(struct session *s)
{
	sst_store_drop(s->store);
	memfs_free(s->fs);
	sst_buf_free(&s->out);
	sst_buf_free(&s->state);
	free(s);
}

static void
arg(struct session *s, const void *p, size_t n)
{
	memcpy(s->bytes[s->nargs], p, n);
	s->args[s->nargs] = (struct sst_argument){ { s->bytes[s->nargs], n }, false };
	s->nargs++;
}

static void
arg_int(struct session *s, int v)
{
	const uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
		(uint8_t)v };

	arg(s, b, 4);
}

static void
arg_unset(struct session *s)
{
	s->args[s->nargs++] = (struct sst_argument){ { NULL, 0 }, true };
}

static void
arg_null(struct session *s)
{
	s->args[s->nargs++] = (struct sst_argument){ { NULL, 0 }, false };
}

static int
select_rows(struct session *s, const struct sst_plan *plan)
{
	struct sst_select_opts o = { .args = s->args,
		.page_size = s->page_size,
		.paging_state = sst_buf_slice(&s->state),
		.now_s = NOW_S,
		.at = { UINT64_C(10000000) * NOW_S, 7 } };
	struct sst_buf state = { 0 };
	const struct sst_slice *v;
	struct sst_select *q;
	int r;

	if (sst_select_open(&q, s->db, plan, &o, &s->e) == -1)
		return -1;
	while ((r = sst_select_next(q, &v, &s->e)) == SST_ONE) {
		if (s->out.n > 0)
			sst_buf_adds(&s->out, " | ");
		for (size_t i = 0; i < plan->nresults; i++) {
			if (i > 0)
				sst_buf_addc(&s->out, ' ');
			if (v[i].p == NULL)
				sst_buf_addc(&s->out, '-');
			else
				ck_assert_int_eq(
				    sst_type_to_cql(plan->results[i].type, v[i], &s->out, &s->e),
				    0);
		}
	}
	if (r == 0)
		r = sst_select_state(q, &s->more, &state, &s->e);
	sst_buf_free(&s->state);
	s->state = state;
	sst_select_close(q);
	return r;
}

static int
change(struct session *s, const struct sst_plan *plan, struct sst_arena *arena)
{
	struct sst_modify_opts o = { .args = s->args,
		.ts_us = s->ts_us,
		.now_s = NOW_S,
		.element_time = UINT64_C(17000000000000000) + (uint64_t)s->ts_us * 65536,
		.node = 7 };
	struct sst_update *u;
	size_t n;

	if (sst_modify_make(&u, &n, plan, &o, arena, &s->e) == -1)
		return -1;
	s->ts_us++;
	for (size_t i = 0; i < n; i++)
		if (s->db->ops->apply(s->db, &u[i], NULL, &s->e) == -1)
			return -1;
	return 0;
}

/* Runs one statement; a SELECT's rows are then in out, as text. */
static int
run(struct session *s, const char *cql)
{
	struct sst_arena arena = { 0 };
	const struct sst_table *t;
	struct sst_parser p;
	struct sst_plan *plan;
	struct sst_dml dml;
	int r = -1;

	sst_buf_reset(&s->out);
	p = sst_parser_new(sst_slice_str(cql), &arena, NULL, SST_SLICE_LIT("k"), &s->e);
	if (sst_dml_parse(&p, &dml) == -1)
		goto out;
	t = s->db->ops->table(s->db, dml.name.keyspace, dml.name.name);
	ck_assert_ptr_nonnull(t);
	if (sst_plan_make(&plan, &arena, &dml, t, &s->e) == -1)
		goto out;
	ck_assert_uint_eq(plan->marks.n, s->nargs);
	r = plan->kind == SST_SELECT ? select_rows(s, plan) : change(s, plan, &arena);
out:
	s->nargs = 0;
	sst_arena_free(&arena);
	sst_buf_addc(&s->out, '\0');
	s->out.n--;
	return r;
}

static void
must(struct session *s, const char *cql)
{
	ck_assert_msg(run(s, cql) == 0, "%s: %s", cql, s->e.what);
}

static void
gives(struct session *s, const char *cql, const char *rows)
{
	must(s, cql);
	ck_assert_msg(strcmp((const char *)s->out.p, rows) == 0, "%s\ngives %s\nwant  %s", cql,
	    (const char *)s->out.p, rows);
}

/* Two partitions; in the first three rows, c running down and d up. */
static struct session *
with_rows(void)
{
	struct session *s = begin();

	must(s, "INSERT INTO t (a, b, c, d, v, w, s) VALUES (1, 1, 1, 'x', 10, 'p', 'S')");
	must(s, "INSERT INTO t (a, b, c, d, v) VALUES (1, 1, 2, 'y', 20)");
	must(s, "INSERT INTO t (a, b, c, d, v) VALUES (1, 1, 2, 'x', 30)");
	must(s, "INSERT INTO t (a, b, c, d, v) VALUES (1, 2, 5, 'z', 40)");
	must(s, "UPDATE t SET s = 'alone' WHERE a = 3 AND b = 3");
	return s;
}

static const struct {
	const char *cql, *rows;
} selects[] = {
	{ "SELECT * FROM t WHERE a = 1 AND b = 1",
	    "1 1 2 'x' 'S' 30 - | 1 1 2 'y' 'S' 20 - | 1 1 1 'x' 'S' 10 'p'" },
	{ "SELECT v FROM t WHERE a = 1 AND b = 1 ORDER BY c ASC", "10 | 20 | 30" },
	{ "SELECT v FROM t WHERE a = 1 AND b = 1 ORDER BY c ASC, d DESC", "10 | 20 | 30" },
	{ "SELECT v FROM t WHERE a = 1 AND b = 1 ORDER BY c DESC", "30 | 20 | 10" },
	{ "SELECT v FROM t WHERE a = 1 AND b = 1 AND c = 2", "30 | 20" },
	{ "SELECT v FROM t WHERE a = 1 AND b = 1 AND c = 2 AND d = 'y'", "20" },
	{ "SELECT v FROM t WHERE a = 1 AND b = 1 AND c > 1", "30 | 20" },
	{ "SELECT v FROM t WHERE a = 1 AND b = 1 AND c >= 1 AND c < 2", "10" },
	{ "SELECT v FROM t WHERE a = 1 AND b = 1 AND c <= 1", "10" },
	{ "SELECT v FROM t WHERE a = 1 AND b = 1 AND c = 2 AND d > 'x'", "20" },
	{ "SELECT v FROM t WHERE a = 1 AND b = 1 AND c IN (1, 2, 2, 9) AND d IN ('x')", "30 | 10" },
	{ "SELECT v FROM t WHERE a = 1 AND b = 1 AND c IN ()", "" },
	{ "SELECT v FROM t WHERE a = 1 AND b = 1 AND c > 2 AND c < 1", "" },
	{ "SELECT v FROM t WHERE a = 1 AND b IN (2, 1)", "30 | 20 | 10 | 40" },
	{ "SELECT v FROM t WHERE a IN (1) AND b IN (1, 2) LIMIT 2", "30 | 20" },
	{ "SELECT v FROM t WHERE a = 1 AND b IN (1, 2) PER PARTITION LIMIT 1", "30 | 40" },
	{ "SELECT v FROM t WHERE a = 1 AND b = 1 AND (c, d) = (2, 'y')", "20" },
	{ "SELECT s, c, v FROM t WHERE a = 3 AND b = 3", "'alone' - -" },
	{ "SELECT s, c FROM t WHERE a = 3 AND b = 3 AND c = 1", "" },
	{ "SELECT a AS first, w FROM t WHERE a = 1 AND b = 1 AND c = 1 AND d = 'x'", "1 'p'" },
	{ "SELECT count(*) FROM t WHERE a = 1 AND b = 1", "3" },
	{ "SELECT count(w), COUNT(1) FROM t WHERE a = 1 AND b = 1", "1 3" },
	{ "SELECT count(*) FROM t WHERE a = 9 AND b = 9", "0" },
	{ "SELECT writetime(v), ttl(v) FROM t WHERE a = 1 AND b = 2", "1003 -" },
	{ "SELECT v FROM t WHERE v > 10 AND v <= 30 ALLOW FILTERING", "30 | 20" },
	{ "SELECT v FROM t WHERE b = 2 ALLOW FILTERING", "40" },
	{ "SELECT v FROM t WHERE a = 1 AND b = 1 AND w = 'p' ALLOW FILTERING", "10" },
	{ "SELECT v FROM t WHERE d = 'x' AND b = 1 ALLOW FILTERING", "30 | 10" },
	{ "SELECT v FROM t WHERE s = 'S' AND v IN (10, 20) ALLOW FILTERING", "20 | 10" },
};

START_TEST(rows_that_are_selected)
{
	struct session *s = with_rows();

	gives(s, selects[_i].cql, selects[_i].rows);
	ck_assert_int_eq(sst_store_flush(s->store, &s->e), 0);
	gives(s, selects[_i].cql, selects[_i].rows);
	end(s);
}
END_TEST

static const struct {
	const char *cql, *what;
} refused[] = {
	{ "SELECT nope FROM t", "Undefined column name nope" },
	{ "SELECT * FROM t WHERE nope = 1", "Undefined column name nope" },
	{ "SELECT * FROM t WHERE v = 1", "ALLOW FILTERING" },
	{ "SELECT * FROM t WHERE a = 1", "ALLOW FILTERING" },
	{ "SELECT * FROM t WHERE c = 1", "ALLOW FILTERING" },
	{ "SELECT * FROM t WHERE a = 1 AND b = 1 AND d = 'x'",
	    "PRIMARY KEY column \"d\" cannot be restricted as preceding column \"c\"" },
	{ "SELECT * FROM t WHERE a = 1 AND b = 1 AND c > 1 AND d = 'x'",
	    "Clustering column \"d\" cannot be restricted (preceding column \"c\"" },
	{ "SELECT * FROM t WHERE a = 1 AND a = 2 AND b = 1", "by more than one relation" },
	{ "SELECT * FROM t WHERE a = 1 AND b = 1 AND c > 1 AND c > 2",
	    "More than one restriction" },
	{ "SELECT * FROM t WHERE a = 'x' AND b = 1", "Invalid STRING constant (x) for \"a\"" },
	{ "SELECT * FROM t WHERE a = null AND b = 1", "Invalid null value" },
	{ "SELECT * FROM t WHERE token(a) > 1", "all partition key components" },
	{ "SELECT * FROM t WHERE token(a, b) > 1 AND token(a, b) > 2", "for the start bound on a" },
	{ "SELECT * FROM t WHERE a = 1 AND b = 1 AND (c, d) > (1, 'x', 2)", "Expected 2 elements" },
	{ "SELECT * FROM t WHERE a = 1 AND b = 1 AND (d, c) = ('x', 1)", "PRIMARY KEY order" },
	{ "SELECT * FROM t WHERE (a, b) = (1, 1)", "only be applied to clustering columns" },
	{ "SELECT * FROM t ORDER BY c", "ORDER BY is only supported" },
	{ "SELECT * FROM t WHERE a = 1 AND b = 1 ORDER BY d", "following their declared order" },
	{ "SELECT * FROM t WHERE a = 1 AND b = 1 ORDER BY c, d ASC", "Unsupported order by" },
	{ "SELECT DISTINCT v FROM t", "SELECT DISTINCT queries must only request" },
	{ "SELECT * FROM t LIMIT 0", "LIMIT must be strictly positive" },
	{ "SELECT f(v) FROM t", "Unknown function 'f'" },
	{ "SELECT writetime(a) FROM t", "PRIMARY KEY part" },
	{ "SELECT l[1] FROM m", "not a map" },
	{ "SELECT u.x FROM m", "Undefined field x" },
	{ "SELECT count(*), v FROM t", "count() beside columns" },
	{ "SELECT v FROM t GROUP BY a", "GROUP BY" },
	{ "INSERT INTO t (a, b, v) VALUES (1, 1, 1)", "Some clustering keys are missing: c" },
	{ "INSERT INTO t (a, c, d, v) VALUES (1, 1, 'x', 1)",
	    "partition key parts are missing: b" },
	{ "INSERT INTO t (a, b, c, d, nope) VALUES (1, 1, 1, 'x', 1)",
	    "Undefined column name nope" },
	{ "INSERT INTO t (a, b, c, d, v) VALUES (1, 1, 1, 'x', 'no')",
	    "Invalid STRING constant (no)" },
	{ "INSERT INTO t (a, b, c, d) VALUES (1, 1, 1, 'x') USING TTL -1", "TTL must be greater" },
	{ "INSERT INTO t (a, b, c, d) VALUES (1, 1, 1, 'x') USING TTL 700000000",
	    "ttl is too large" },
	{ "INSERT INTO t (a, b, c, d) VALUES (1, 1, 1, 'x') USING TTL 600000000",
	    "maximum supported" },
	{ "UPDATE t SET v = 1 WHERE a = 1 AND b = 1 AND c = 1 AND d = 'x' IF EXISTS",
	    "IF EXISTS of UPDATE and DELETE is not supported" },
	{ "DELETE FROM t WHERE a = 1 AND b = 1 IF v = 1", "IF with conditions on columns" },
	{ "INSERT INTO t (a, b, c, d) VALUES (1, 1, 1, 'x') IF NOT EXISTS USING TIMESTAMP 5",
	    "Cannot provide custom timestamp" },
	{ "SELECT max(v) FROM t", "max() is not supported" },
	{ "SELECT toJson(v) FROM t", "toJson() is not supported" },
	{ "SELECT maxwritetime(m['x']) FROM m", "of parts, or of no column, are not supported" },
	{ "SELECT writetime(fm['x']) FROM m", "of other than maps and user types" },
	{ "SELECT writetime(m.x) FROM m", "Invalid selection of a part of m" },
	{ "SELECT ttl(u.nope) FROM m", "Undefined field nope" },
	{ "INSERT INTO m (a, l) VALUES (1, [blobAsInt(0x00000001)])", "within a literal" },
	{ "INSERT INTO m (a, l) VALUES (blobAsInt(0x0001), [1])", "not a valid binary" },
	{ "UPDATE t SET a = 1 WHERE a = 1 AND b = 1 AND c = 1 AND d = 'x'", "PRIMARY KEY part a" },
	{ "UPDATE t SET v = 1 WHERE a = 1 AND b = 1 AND c = 1",
	    "Some clustering keys are missing: d" },
	{ "UPDATE t SET v = 1 WHERE a = 1 AND b = 1 AND c > 1", "Slice restrictions" },
	{ "INSERT INTO t (a, b, c, d) VALUES (1, 1, 1)", "Unmatched column names" },
	{ "INSERT INTO t (a, b, c, d) VALUES (1, 1, 1, 'x', 2)", "Unmatched column names" },
	{ "UPDATE m SET m['x'] = 1, m = {} WHERE a = 1", "Multiple incompatible" },
	{ "UPDATE m SET m = {}, m['x'] = 1 WHERE a = 1", "Multiple incompatible" },
	{ "UPDATE t SET v = v + 1 WHERE a = 1 AND b = 1 AND c = 1 AND d = 'x'", "no collection" },
	{ "UPDATE m SET fm['x'] = 1 WHERE a = 1", "not a map, or frozen" },
	{ "UPDATE m SET l[0] = 1 WHERE a = 1", "not supported" },
	{ "UPDATE m SET fu.f = 1 WHERE a = 1", "frozen column fu" },
	{ "DELETE FROM t WHERE token(a, b) = 1", "token function cannot be used" },
	{ "UPDATE t SET v = 1 WHERE a = 1 AND b = 1 AND (c, d) = (1, 'x', 2)",
	    "Expected 2 elements" },
	{ "DELETE FROM t WHERE a = 1", "partition key parts are missing: b" },
	{ "DELETE v FROM t WHERE a = 1 AND b = 1 AND c = 1", "Range deletions are not" },
	{ "DELETE FROM t WHERE a = 1 AND b = 1 AND v = 1", "Non PRIMARY KEY columns" },
	{ "SELECT * FROM t WHERE a = 1 AND b = 1 AND w LIKE 'x' ALLOW FILTERING",
	    "LIKE restriction" },
	{ "SELECT * FROM t WHERE v CONTAINS 1 ALLOW FILTERING", "non-collection column v" },
	{ "SELECT * FROM m WHERE e CONTAINS KEY 'x' ALLOW FILTERING", "non-map column e" },
};

START_TEST(statements_that_are_refused)
{
	struct session *s = with_rows();

	ck_assert_int_eq(run(s, refused[_i].cql), -1);
	ck_assert_msg(
	    strstr(s->e.what, refused[_i].what) != NULL, "%s: %s", refused[_i].cql, s->e.what);
	end(s);
}
END_TEST

/* ---- ranges of partitions ---- */

static int
compare_tokens(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

START_TEST(tokens)
{
	struct session *s = begin();
	char cql[128], want[32];
	int64_t t[4];

	for (int i = 0; i < 4; i++) {
		const uint8_t key[4] = { 0, 0, 0, (uint8_t)i };

		snprintf(cql, sizeof(cql), "INSERT INTO n (a, c, v) VALUES (%d, 1, 1)", i);
		must(s, cql);
		t[i] = sst_token((struct sst_slice){ key, 4 });
	}
	snprintf(cql, sizeof(cql), "SELECT token(a) FROM n WHERE a = 2");
	snprintf(want, sizeof(want), "%lld", (long long)t[2]);
	gives(s, cql, want);
	qsort(t, 4, sizeof(t[0]), compare_tokens);
	snprintf(cql, sizeof(cql),
	    "SELECT count(*) FROM n WHERE token(a) > %lld AND token(a) <= %lld", (long long)t[0],
	    (long long)t[2]);
	gives(s, cql, "2");
	snprintf(
	    cql, sizeof(cql), "SELECT count(*) FROM n WHERE token(a) >= %lld", (long long)t[0]);
	gives(s, cql, "4");
	snprintf(cql, sizeof(cql), "SELECT count(*) FROM n WHERE token(a) < %lld", (long long)t[3]);
	gives(s, cql, "3");
	snprintf(cql, sizeof(cql), "SELECT count(*) FROM n WHERE token(a) = %lld", (long long)t[1]);
	gives(s, cql, "1");
	snprintf(cql, sizeof(cql),
	    "SELECT count(*) FROM n WHERE token(a) > %lld AND token(a) < %lld", (long long)t[1],
	    (long long)t[1]);
	gives(s, cql, "0");
	gives(s, "SELECT DISTINCT a FROM n WHERE a IN (0, 3)", "0 | 3");
	end(s);
}
END_TEST

/* ---- pages ---- */

static const struct {
	const char *cql;
	size_t rows;
} paged[] = {
	{ "SELECT a, c, v FROM n", 35 },
	{ "SELECT a, c, v FROM n WHERE a = 3", 7 },
	{ "SELECT a, c, v FROM n WHERE a = 3 ORDER BY c DESC", 7 },
	{ "SELECT a, c, v FROM n WHERE a IN (1, 3, 4)", 21 },
	{ "SELECT a, c, v FROM n WHERE a IN (1, 3) AND c IN (1, 2, 6)", 6 },
	{ "SELECT a, c, v FROM n PER PARTITION LIMIT 3", 15 },
	{ "SELECT a, c, v FROM n PER PARTITION LIMIT 3 LIMIT 10", 10 },
	{ "SELECT a, c, v FROM n LIMIT 9", 9 },
	{ "SELECT DISTINCT a FROM n", 5 },
	{ "SELECT a, c, v FROM n WHERE v > 2 ALLOW FILTERING", 20 },
};

/* Pages of every size, put together, are the whole; none gives a row twice. */
START_TEST(pages_make_the_whole)
{
	struct session *s = begin();
	struct sst_buf whole = { 0 }, pages = { 0 };
	char cql[128];
	size_t rows = 1;

	for (int a = 0; a < 5; a++)
		for (int c = 0; c < 7; c++) {
			snprintf(cql, sizeof(cql), "INSERT INTO n (a, c, v) VALUES (%d, %d, %d)", a,
			    c, c);
			must(s, cql);
		}
	must(s, paged[_i].cql);
	sst_buf_add_slice(&whole, sst_buf_slice(&s->out));
	for (size_t i = 0; i < whole.n; i++)
		rows += whole.p[i] == '|';
	ck_assert_uint_eq(rows, paged[_i].rows);
	for (s->page_size = 1; s->page_size < 12; s->page_size++) {
		unsigned n = 0;

		sst_buf_reset(&pages);
		sst_buf_reset(&s->state);
		do {
			must(s, paged[_i].cql);
			if (pages.n > 0 && s->out.n > 0)
				sst_buf_adds(&pages, " | ");
			sst_buf_add_slice(&pages, sst_buf_slice(&s->out));
			ck_assert_uint_lt(n++, 100);
		} while (s->more);
		ck_assert(sst_slice_eq(sst_buf_slice(&pages), sst_buf_slice(&whole)));
	}
	sst_buf_free(&whole);
	sst_buf_free(&pages);
	end(s);
}
END_TEST

/* A state comes back from a client: any byte of it may be another, and it may be cut. */
START_TEST(states_that_are_none)
{
	struct session *s = begin();
	struct sst_buf good = { 0 };

	must(s, "INSERT INTO n (a, c, v) VALUES (1, 1, 1)");
	must(s, "INSERT INTO n (a, c, v) VALUES (1, 2, 1)");
	s->page_size = 1;
	must(s, "SELECT * FROM n WHERE a = 1");
	ck_assert(s->more);
	sst_buf_add_slice(&good, sst_buf_slice(&s->state));
	for (size_t n = 1; n < good.n; n++) {
		sst_buf_reset(&s->state);
		sst_buf_add(&s->state, good.p, n);
		ck_assert_int_eq(run(s, "SELECT * FROM n WHERE a = 1"), -1);
		ck_assert_str_eq(s->e.what, "Invalid value for the paging state");
	}
	for (size_t i = 0; i < good.n * 8; i++) {
		sst_buf_reset(&s->state);
		sst_buf_add_slice(&s->state, sst_buf_slice(&good));
		s->state.p[i / 8] ^= (uint8_t)(1 << i % 8);
		run(s,
		    "SELECT * FROM n WHERE a = 1"); /* fails or not, but only reads its own bytes */
	}
	sst_buf_reset(&s->state);
	sst_buf_add_slice(&s->state, sst_buf_slice(&good));
	ck_assert_int_eq(run(s, "SELECT * FROM n WHERE a = 2"), -1);
	sst_buf_free(&good);
	end(s);
}
END_TEST

/* ---- changes ---- */

START_TEST(collections)
{
	struct session *s = begin();

	must(s,
	    "INSERT INTO m (a, l, e, m, fm, u, fu, tup) VALUES (1, [3, 1], {'b', 'a'}, {'y': 2, "
	    "'x': 1}, {'q': 9}, {f: 1, g: 'G'}, {f: 7}, (5, 't'))");
	gives(s, "SELECT l, e, m, fm, u, fu, tup FROM m WHERE a = 1",
	    "[3, 1] {'a', 'b'} {'x': 1, 'y': 2} {'q': 9} {f: 1, g: 'G'} {f: 7, g: null} (5, 't')");
	must(s, "UPDATE m SET l = l + [4], e = e + {'c'}, m['z'] = 3, u.f = 2 WHERE a = 1");
	must(s, "UPDATE m SET l = [0, 9] + l, e = e - {'a', 'q'}, m = m - {'x'} WHERE a = 1");
	gives(s, "SELECT l, e, m, u FROM m WHERE a = 1",
	    "[0, 9, 3, 1, 4] {'b', 'c'} {'y': 2, 'z': 3} {f: 2, g: 'G'}");
	gives(s, "SELECT m['y'], m['no'], fm['q'], u.g, fu.f FROM m WHERE a = 1", "2 - 9 'G' 7");
	gives(s,
	    "SELECT a FROM m WHERE e CONTAINS 'c' AND m CONTAINS KEY 'y' AND m CONTAINS 3 AND "
	    "m['y'] = 2 ALLOW FILTERING",
	    "1");
	gives(s, "SELECT a FROM m WHERE l CONTAINS 8 ALLOW FILTERING", "");
	must(s, "DELETE m['y'], e['b'], u.f, tup FROM m WHERE a = 1");
	gives(s, "SELECT e FROM m WHERE a = 1", "{'c'}");
	gives(s, "SELECT m, u, tup FROM m WHERE a = 1", "{'z': 3} {f: null, g: 'G'} -");
	must(s, "UPDATE m SET l = [8], m = {}, u = null WHERE a = 1");
	gives(s, "SELECT l, m, u FROM m WHERE a = 1", "[8] - -");
	must(s, "DELETE l FROM m WHERE a = 1");
	gives(s, "SELECT l FROM m WHERE a = 1", "-");
	end(s);
}
END_TEST

START_TEST(rows_that_are_deleted)
{
	struct session *s = with_rows();

	must(s, "DELETE v FROM t WHERE a = 1 AND b = 1 AND c = 2 AND d = 'x'");
	gives(s, "SELECT v FROM t WHERE a = 1 AND b = 1 AND c = 2", "- | 20");
	must(s, "DELETE FROM t WHERE a = 1 AND b = 1 AND c = 2 AND d IN ('x', 'nope')");
	gives(s, "SELECT v FROM t WHERE a = 1 AND b = 1", "20 | 10");
	must(s, "DELETE FROM t WHERE a = 1 AND b = 1 AND c > 1");
	gives(s, "SELECT v FROM t WHERE a = 1 AND b = 1", "10");
	must(s, "DELETE FROM t WHERE a = 1 AND b = 1");
	gives(s, "SELECT v FROM t WHERE a = 1 AND b = 1", "");
	must(s, "DELETE s FROM t WHERE a = 3 AND b = 3");
	gives(s, "SELECT s FROM t WHERE a = 3 AND b = 3", "");
	must(s, "DELETE FROM t USING TIMESTAMP 5 WHERE a = 1 AND b = 2");
	gives(s, "SELECT v FROM t WHERE a = 1 AND b = 2", "40");
	end(s);
}
END_TEST

/* An UPDATE makes no row that outlives its values; an INSERT does. */
START_TEST(liveness)
{
	struct session *s = begin();

	must(s, "UPDATE n SET v = 1 WHERE a = 1 AND c = 1");
	must(s, "INSERT INTO n (a, c, v) VALUES (1, 2, 1)");
	must(s, "UPDATE n SET v = null WHERE a = 1 AND c IN (1, 2)");
	gives(s, "SELECT c, v FROM n WHERE a = 1", "2 -");
	must(s, "INSERT INTO n (a, c, v) VALUES (2, 1, 1) USING TTL 100 AND TIMESTAMP 77");
	gives(s, "SELECT v, ttl(v), writetime(v) FROM n WHERE a = 2", "1 100 77");
	end(s);
}
END_TEST

/* What functions give: of what a row holds, of arguments, and of the time at which they run. */
static const struct {
	const char *what, *gives;
} calls[] = {
	{ "writetime(e), ttl(e)", "[5, 5] [100, 100]" },
	{ "writetime(u), ttl(u)", "[6, null] [null, null]" },
	{ "maxwritetime(m), maxwritetime(fm), writetime(fm)", "8 - -" },
	{ "writetime(l)", "-" },
	{ "now()", "04afc000-833b-11ee-8000-000000000007" },
	{ "currentTimestamp(), current_date()", "'2023-11-14T22:13:20.000Z' '2023-11-14'" },
	{ "currentTime()", "'22:13:20.000000000'" },
	{ "toTimestamp(now())", "'2023-11-14T22:13:20.000Z'" },
	{ "toDate(9d9ddd00-833e-11ee-8000-000000000007)", "'2023-11-14'" },
	{ "to_unix_timestamp('1969-12-31')", "-86400000" },
	{ "todate(mintimeuuid('1969-12-31 23:59:59+0000'))", "'1969-12-31'" },
	{ "maxTimeuuid('2020-01-01 00:00+0000')", "a747e70f-2c29-11ea-7f7f-7f7f7f7f7f7f" },
	{ "intAsBlob(a), int_as_blob(7), blobAsText(0x6869)", "0x00000001 0x00000007 'hi'" },
	{ "system.now()", "04afc000-833b-11ee-8000-000000000007" },
};

START_TEST(functions)
{
	struct session *s = begin();
	char cql[256];

	must(s, "UPDATE m USING TIMESTAMP 5 AND TTL 100 SET e = {'x', 'y'} WHERE a = 1");
	must(s, "UPDATE m USING TIMESTAMP 6 SET u.f = 1 WHERE a = 1");
	must(s, "UPDATE m USING TIMESTAMP 7 SET m['a'] = 1 WHERE a = 1");
	must(s, "UPDATE m USING TIMESTAMP 8 SET m['b'] = 1 WHERE a = 1");
	snprintf(cql, sizeof(cql), "SELECT %s FROM m WHERE a = 1", calls[_i].what);
	gives(s, cql, calls[_i].gives);
	end(s);
}
END_TEST

/* The same call is the same value, another call is another. */
START_TEST(every_call_is_another)
{
	struct session *s = begin();
	struct sst_slice first, second;

	must(s, "INSERT INTO m (a, e) VALUES (9, {'x'})");
	must(s, "SELECT uuid(), uuid() FROM m WHERE a = 9");
	first = (struct sst_slice){ s->out.p, 36 };
	second = (struct sst_slice){ s->out.p + 37, 36 };
	ck_assert_uint_eq(s->out.n, 73);
	ck_assert(!sst_slice_eq(first, second));
	ck_assert_int_eq(first.p[14], '4');
	must(s, "INSERT INTO n (a, c) VALUES (1, 1)");
	gives(s, "SELECT a FROM n WHERE token(a) >= token(1) AND token(a) <= token(1)", "1");
	end(s);
}
END_TEST

START_TEST(markers)
{
	struct session *s = begin();

	arg_int(s, 1);
	arg_int(s, 2);
	arg_int(s, 3);
	must(s, "INSERT INTO n (a, c, v) VALUES (?, ?, ?)");
	arg_int(s, 9);
	arg_int(s, 1);
	must(s, "INSERT INTO n (c, a) VALUES (:cc, :aa)");
	arg_int(s, 1);
	arg_int(s, 2);
	gives(s, "SELECT c, v FROM n WHERE a = ? AND c <= ?", "2 3");
	arg_int(s, 1);
	arg_int(s, 1);
	gives(s, "SELECT c FROM n WHERE a = ? LIMIT ?", "2");
	arg_int(s, 1);
	arg_unset(s);
	gives(s, "SELECT c FROM n WHERE a = ? LIMIT ?", "2 | 9");
	arg_unset(s);
	must(s, "UPDATE n SET v = ? WHERE a = 1 AND c = 2");
	gives(s, "SELECT v FROM n WHERE a = 1 AND c = 2", "3");
	arg_null(s);
	must(s, "UPDATE n SET v = ? WHERE a = 1 AND c = 2");
	gives(s, "SELECT v FROM n WHERE a = 1 AND c = 2", "-");
	arg_int(s, 5);
	must(s, "INSERT INTO m (a, l) VALUES (1, [4, ?])");
	gives(s, "SELECT l FROM m WHERE a = 1", "[4, 5]");
	arg_null(s);
	ck_assert_int_eq(run(s, "SELECT * FROM n WHERE a = ?"), -1);
	ck_assert_ptr_nonnull(strstr(s->e.what, "Invalid null value in condition for column a"));
	arg_unset(s);
	ck_assert_int_eq(run(s, "SELECT * FROM n WHERE a = ?"), -1);
	ck_assert_ptr_nonnull(strstr(s->e.what, "Invalid unset value for column a"));
	arg(s, "xyz", 3);
	ck_assert_int_eq(run(s, "SELECT * FROM n WHERE a = ?"), -1);
	ck_assert_int_eq(s->e.code, SST_EINVAL);
	end(s);
}
END_TEST

/* IN ? takes a list; it may be empty, hold nulls, or end too early. */
START_TEST(lists_for_in)
{
	static const uint8_t good[] = { 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 2 };
	static const uint8_t null[] = { 0, 0, 0, 1, 255, 255, 255, 255 };
	struct session *s = begin();

	must(s, "INSERT INTO n (a, c, v) VALUES (2, 1, 5)");
	arg(s, good, sizeof(good));
	gives(s, "SELECT v FROM n WHERE a IN ?", "5");
	arg(s, "\0\0\0\0", 4);
	gives(s, "SELECT v FROM n WHERE a IN ?", "");
	arg(s, null, sizeof(null));
	ck_assert_int_eq(run(s, "SELECT v FROM n WHERE a IN ?"), -1);
	arg(s, good, 10);
	ck_assert_int_eq(run(s, "SELECT v FROM n WHERE a IN ?"), -1);
	end(s);
}
END_TEST

/* What clients are told: names and types of markers, and which are the key. */
START_TEST(what_is_announced)
{
	struct session *s = begin();
	struct sst_arena arena = { 0 };
	struct sst_plan *plan;
	struct sst_dml dml;
	struct sst_parser p;

	p = sst_parser_new(SST_SLICE_LIT("SELECT count(*), writetime(v), v AS x FROM t WHERE b = ? "
					 "AND c IN ? AND a = :first LIMIT ?"),
	    &arena, NULL, SST_SLICE_LIT("k"), &s->e);
	ck_assert_int_eq(sst_dml_parse(&p, &dml), 0);
	dml.selectors = dml.selectors->next;
	ck_assert_int_eq(sst_plan_make(&plan, &arena, &dml,
			     s->db->ops->table(s->db, dml.name.keyspace, dml.name.name), &s->e),
	    0);
	ck_assert_uint_eq(plan->marks.n, 4);
	ck_assert(sst_slice_eq(plan->marks.specs[0].name, SST_SLICE_LIT("b")));
	ck_assert_int_eq(plan->marks.specs[1].type->kind, SST_LIST);
	ck_assert(sst_slice_eq(plan->marks.specs[2].name, SST_SLICE_LIT("first")));
	ck_assert(sst_slice_eq(plan->marks.specs[3].name, SST_SLICE_LIT("[limit]")));
	ck_assert_uint_eq(plan->npk, 2);
	ck_assert_uint_eq(plan->pk[0], 2);
	ck_assert_uint_eq(plan->pk[1], 0);
	ck_assert(sst_slice_eq(plan->results[0].name, SST_SLICE_LIT("writetime(v)")));
	ck_assert(sst_slice_eq(plan->results[1].name, SST_SLICE_LIT("x")));
	sst_arena_free(&arena);
	end(s);
}
END_TEST

/* ---- system tables ---- */

static int
put_system(void *arg, const struct sst_update *u, struct sst_err *e)
{
	struct session *s = arg;
	struct sst_update copy = *u;

	copy.table = s->db->ops->table(s->db, u->table->keyspace, u->table->name);
	return s->db->ops->apply(s->db, &copy, NULL, e);
}

static struct session *
with_system(const char *user_schema)
{
	struct sst_node node = { .host_id = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
				     16 },
		.cluster_name = "it's ours",
		.data_center = "dc",
		.rack = "r",
		.release_version = "5.0.9",
		.address = "127.0.0.1",
		.port = 9042,
		.started_s = NOW_S };
	struct session *s = begin_with(sst_system_cql());
	struct sst_schema system, user;
	struct sst_arena arena = { 0 };
	struct sst_slice none = { NULL, 0 };
	int r;

	ck_assert_int_eq(sst_schema_parse(&system, &arena, sst_system_cql(), NULL, none, &s->e), 0);
	r = sst_schema_parse(&user, &arena, sst_slice_str(user_schema), NULL, none, &s->e);
	ck_assert_msg(r == 0, "%s", s->e.what);
	r = sst_system_fill(&system, &user, &node, put_system, s, &s->e);
	ck_assert_msg(r == 0, "%s", s->e.what);
	sst_arena_free(&arena);
	return s;
}

static const struct {
	const char *cql, *rows;
} systems[] = {
	{ "SELECT cluster_name, release_version FROM system.local", "'it''s ours' '5.0.9'" },
	{ "select host_id, rpc_address, data_center, rack, tokens, cluster_name from system.local "
	  "where key='local'",
	    "01020304-0506-0708-090a-0b0c0d0e0f10 '127.0.0.1' 'dc' 'r' {'-9223372036854775808'} "
	    "'it''s ours'" },
	{ "SELECT partitioner, bootstrapped, rpc_port FROM system.local",
	    "'org.apache.cassandra.dht.Murmur3Partitioner' 'COMPLETED' 9042" },
	{ "SELECT * FROM system.peers", "" },
	{ "SELECT host_id, peer, peer_port, native_address, native_port, schema_version FROM "
	  "system.peers_v2",
	    "" },
	{ "SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = 'k'", "'k'" },
	{ "SELECT durable_writes, replication FROM system_schema.keyspaces WHERE keyspace_name = "
	  "'k'",
	    "true {'class': 'org.apache.cassandra.locator.SimpleStrategy', 'replication_factor': "
	    "'1'}" },
	{ "SELECT table_name, flags, gc_grace_seconds, comment, speculative_retry FROM "
	  "system_schema.tables WHERE keyspace_name = 'k'",
	    "'n' {'compound'} 864000 'about ''n''' '98p' | 'p' {'compound', 'counter'} 864000 '' "
	    "'99p'" },
	{ "SELECT compaction, compression FROM system_schema.tables WHERE keyspace_name = 'k' AND "
	  "table_name = 'n'",
	    "{'class': 'org.apache.cassandra.db.compaction.LeveledCompactionStrategy', "
	    "'max_threshold': '32', 'min_threshold': '4'} "
	    "{'chunk_length_in_kb': '4', 'class': "
	    "'org.apache.cassandra.io.compress.LZ4Compressor'}" },
	{ "SELECT column_name, kind, position, clustering_order, type FROM system_schema.columns "
	  "WHERE keyspace_name = 'k' AND table_name = 'n'",
	    "'a' 'partition_key' 0 'none' 'int' | 'c' 'clustering' 0 'desc' 'text' | 's' 'static' "
	    "-1 "
	    "'none' 'u' | 'v' 'regular' -1 'none' 'frozen<list<bigint>>'" },
	{ "SELECT type_name, field_names, field_types FROM system_schema.types",
	    "'u' ['f', 'g'] ['int', 'frozen<set<text>>']" },
	{ "SELECT count(*) FROM system_schema.tables WHERE keyspace_name = 'system_schema'", "9" },
	{ "SELECT * FROM system_schema.views", "" },
	{ "SELECT * FROM system_virtual_schema.keyspaces", "'system_virtual_schema'" },
	{ "SELECT table_name FROM system_virtual_schema.tables",
	    "'columns' | 'keyspaces' | 'tables'" },
	{ "SELECT column_name, kind, type FROM system_virtual_schema.columns WHERE keyspace_name = "
	  "'system_virtual_schema' AND table_name = 'keyspaces'",
	    "'keyspace_name' 'partition_key' 'text'" },
	{ "SELECT count(*) FROM system_schema.tables WHERE keyspace_name = 'system_virtual_schema'",
	    "0" },
	{ "SELECT keyspace_name, durable_writes, replication FROM system_schema.keyspaces WHERE "
	  "keyspace_name IN ('system', 'q')",
	    "'q' false {'class': 'org.apache.cassandra.locator.NetworkTopologyStrategy', 'dc1': "
	    "'3', "
	    "'dc2': '2'} | 'system' true {'class': 'org.apache.cassandra.locator.LocalStrategy'}" },
	{ "SELECT caching, read_repair, crc_check_chance, speculative_retry FROM "
	  "system_schema.tables WHERE keyspace_name = 'k' AND table_name = 'p'",
	    "{'keys': 'ALL', 'rows_per_partition': 'NONE'} 'BLOCKING' 1.0 '99p'" },
};

START_TEST(what_clients_look_at)
{
	struct session *s = with_system(
	    "CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy'};"
	    "CREATE KEYSPACE q WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 3, "
	    "'dc2': '2'} AND durable_writes = false;"
	    "CREATE TYPE k.u (f int, g frozen<set<text>>);"
	    "CREATE TABLE k.n (a int, c text, s u STATIC, v frozen<list<bigint>>, PRIMARY KEY (a, "
	    "c)) "
	    "WITH CLUSTERING ORDER BY (c DESC) AND comment = 'about ''n''' AND speculative_retry = "
	    "'98p' AND compaction = {'class': 'LeveledCompactionStrategy'} AND compression = "
	    "{'class': 'LZ4Compressor', 'chunk_length_in_kb': 4};"
	    "CREATE TABLE k.p (a int PRIMARY KEY, n counter);");

	gives(s, systems[_i].cql, systems[_i].rows);
	end(s);
}
END_TEST

/* Another schema has another version; the same one, the same. */
START_TEST(versions_of_schemas)
{
	static const char *const texts[] = { "CREATE TABLE k.a (x int PRIMARY KEY)",
		"CREATE TABLE k.a (x int PRIMARY KEY)", "CREATE TABLE k.a (y int PRIMARY KEY)",
		"CREATE TYPE k.a (x int)", "CREATE KEYSPACE k",
		"CREATE KEYSPACE k WITH durable_writes = false" };
	struct sst_slice none = { NULL, 0 };
	struct sst_arena arena = { 0 };
	struct sst_schema schema;
	uint8_t v[6][16];
	struct sst_err e;

	for (int i = 0; i < 6; i++) {
		ck_assert_int_eq(
		    sst_schema_parse(&schema, &arena, sst_slice_str(texts[i]), NULL, none, &e), 0);
		ck_assert_int_eq(sst_system_schema_version(&schema, v[i], &e), 0);
	}
	ck_assert_mem_eq(v[0], v[1], 16);
	for (int i = 1; i < 6; i++)
		for (int k = 1; k < i; k++)
			ck_assert_mem_ne(v[i], v[k], 16);
	sst_arena_free(&arena);
}
END_TEST

Suite *
query_suite(void)
{
	Suite *s = suite_create("query");
	TCase *t = tcase_create("select");

	tcase_add_loop_test(t, rows_that_are_selected, 0, SST_ARRAY_LEN(selects));
	tcase_add_loop_test(t, statements_that_are_refused, 0, SST_ARRAY_LEN(refused));
	tcase_add_test(t, tokens);
	tcase_add_loop_test(t, pages_make_the_whole, 0, SST_ARRAY_LEN(paged));
	tcase_add_test(t, states_that_are_none);
	suite_add_tcase(s, t);
	t = tcase_create("changes");
	tcase_add_test(t, collections);
	tcase_add_test(t, rows_that_are_deleted);
	tcase_add_test(t, liveness);
	tcase_add_loop_test(t, functions, 0, SST_ARRAY_LEN(calls));
	tcase_add_test(t, every_call_is_another);
	tcase_add_test(t, markers);
	tcase_add_test(t, lists_for_in);
	tcase_add_test(t, what_is_announced);
	suite_add_tcase(s, t);
	t = tcase_create("system");
	tcase_add_loop_test(t, what_clients_look_at, 0, SST_ARRAY_LEN(systems));
	tcase_add_test(t, versions_of_schemas);
	suite_add_tcase(s, t);
	return s;
}
