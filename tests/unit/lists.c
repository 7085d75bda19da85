/*
 * tests/unit/lists.c: lists that are changed by index and by value, against an array that is changed
 * alike: in rows and in the static row, in memory and on disk.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/memfs.h"
#include "../support/random.h"
#include "query/lists.h"
#include "query/select.h"
#include "store/store.h"

Suite *lists_suite(void);

#define NOW_S 1700000000
#define MODEL_MAX 4096
#define SCHEMA \
	"CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy', 'replication_factor': " \
	"1}; CREATE TABLE k.t (a int, c int, l list<int>, s list<int> STATIC, v int, PRIMARY KEY " \
	"(a, c)); CREATE TABLE k.one (a int PRIMARY KEY, l list<text>)"

struct lists {
	struct memfs *fs;
	struct sst_store *store;
	struct sst_db *db;
	int64_t ts_us;
	size_t nargs;
	struct sst_argument args[4];
	struct sst_err e;
};

static struct lists *
begin(void)
{
	struct lists *t = calloc(1, sizeof(*t));
	struct sst_store_opts o = { .no_wait = true, .schema = SST_SLICE_LIT(SCHEMA) };

	t->fs = memfs_new();
	t->ts_us = 1000;
	ck_assert_msg(
	    sst_store_open(&t->store, memfs_io(t->fs), "/d", &o, &t->e) == 0, "%s", t->e.what);
	t->db = sst_store_db(t->store);
	return t;
}

static void
end(struct lists *t)
{
	sst_store_drop(t->store);
	memfs_free(t->fs);
	free(t);
}

static int
plan(struct lists *t, struct sst_plan **made, struct sst_arena *arena, const char *cql)
{
	struct sst_parser p =
	    sst_parser_new(sst_slice_str(cql), arena, NULL, SST_SLICE_LIT("k"), &t->e);
	struct sst_dml dml;

	ck_assert_msg(sst_dml_parse(&p, &dml) == 0, "%s: %s", cql, t->e.what);
	return sst_plan_make(
	    made, arena, &dml, t->db->ops->table(t->db, dml.name.keyspace, dml.name.name), &t->e);
}

static int
change(struct lists *t, const char *cql)
{
	struct sst_lists_opts look = { .args = t->args, .now_s = NOW_S };
	struct sst_modify_opts o = { .args = t->args,
		.ts_us = t->ts_us++,
		.now_s = NOW_S,
		.element_time = UINT64_C(17000000000000000) + (uint64_t)t->ts_us * 65536 };
	struct sst_arena arena = { 0 };
	struct sst_lists *lists;
	struct sst_update *u;
	struct sst_plan *p;
	size_t n;
	int r = plan(t, &p, &arena, cql);

	if (r == 0)
		ck_assert_uint_eq(p->marks.n, t->nargs);
	if (r == 0 && p->looks) {
		r = sst_lists_read(&lists, t->db, p, &look, &arena, &t->e);
		o.lists = lists;
	}
	if (r == 0)
		r = sst_modify_make(&u, &n, p, &o, &arena, &t->e);
	for (size_t i = 0; r == 0 && i < n; i++)
		ck_assert_int_eq(t->db->ops->apply(t->db, &u[i], NULL, &t->e), 0);
	sst_arena_free(&arena);
	t->nargs = 0;
	return r;
}

static void
must(struct lists *t, const char *cql)
{
	ck_assert_msg(change(t, cql) == 0, "%s: %s", cql, t->e.what);
}

/* It is refused in these words. */
static void
must_not(struct lists *t, const char *cql, const char *words)
{
	ck_assert_msg(change(t, cql) == -1, "%s", cql);
	ck_assert_msg(strstr(t->e.what, words) != NULL, "%s: %s", cql, t->e.what);
}

/* The values of the rows of a SELECT, one behind the other. */
static void
gives(struct lists *t, const char *cql, const char *want)
{
	struct sst_select_opts o = { .now_s = NOW_S };
	struct sst_arena arena = { 0 };
	struct sst_buf out = { 0 };
	const struct sst_slice *v;
	struct sst_select *q;
	struct sst_plan *p;
	int r;

	ck_assert_msg(plan(t, &p, &arena, cql) == 0, "%s: %s", cql, t->e.what);
	ck_assert_int_eq(sst_select_open(&q, t->db, p, &o, &t->e), 0);
	while ((r = sst_select_next(q, &v, &t->e)) == SST_ONE)
		for (size_t i = 0; i < p->nresults; i++) {
			sst_buf_adds(&out, out.n > 0 ? " " : "");
			if (v[i].p == NULL)
				sst_buf_addc(&out, '-');
			else
				ck_assert_int_eq(
				    sst_type_to_cql(p->results[i].type, v[i], &out, &t->e), 0);
		}
	ck_assert_int_eq(r, 0);
	sst_buf_addc(&out, '\0');
	ck_assert_msg(
	    strcmp((char *)out.p, want) == 0, "%s\n\tgave %s\n\twant %s", cql, (char *)out.p, want);
	sst_select_close(q);
	sst_buf_free(&out);
	sst_arena_free(&arena);
}

/* ---- at random ---- */

struct model {
	int v[MODEL_MAX];
	size_t n;
};

static void
remove_at(struct model *m, size_t i)
{
	memmove(m->v + i, m->v + i + 1, (--m->n - i) * sizeof(*m->v));
}

static void
remove_all(struct model *m, int v)
{
	for (size_t i = m->n; i-- > 0;)
		if (m->v[i] == v)
			remove_at(m, i);
}

/* Changes the model, and says by which assignment of column `name` the same is done. */
static void
step(struct random *r, struct model *m, const char *name, char *to, size_t cap)
{
	int a = (int)random_below(r, 9), b = (int)random_below(r, 9);
	size_t i = m->n > 0 ? random_below(r, (uint32_t)m->n) : 0;

	switch (m->n == 0 ? random_below(r, 3) : random_below(r, 6)) {
	case 0:
		snprintf(to, cap, "%s = %s + [%d, %d]", name, name, a, b);
		m->v[m->n++] = a;
		m->v[m->n++] = b;
		break;
	case 1:
		snprintf(to, cap, "%s = [%d, %d] + %s", name, a, b, name);
		memmove(m->v + 2, m->v, m->n * sizeof(*m->v));
		m->v[0] = a;
		m->v[1] = b;
		m->n += 2;
		break;
	case 2:
		snprintf(to, cap, "%s = %s - [%d, %d, %d]", name, name, a, b, a);
		remove_all(m, a);
		remove_all(m, b);
		break;
	case 3:
		snprintf(to, cap, "%s[%zu] = null", name, i);
		remove_at(m, i);
		break;
	default:
		snprintf(to, cap, "%s[%zu] = %d", name, i, a);
		m->v[i] = a;
	}
}

static void
put_model(const struct model *m, char *to, size_t cap)
{
	size_t at = (size_t)snprintf(to, cap, m->n == 0 ? "-" : "[");

	for (size_t i = 0; i < m->n; i++)
		at +=
		    (size_t)snprintf(to + at, cap - at, "%d%s", m->v[i], i + 1 < m->n ? ", " : "]");
}

START_TEST(at_random)
{
	static struct model l, s;
	static char want[2 * MODEL_MAX * 4];
	struct lists *t = begin();
	struct random r = { 3 + (unsigned)_i };
	char cql[400], one[100], two[100], three[100];

	l.n = s.n = 0; /* tests may share a process */
	must(t, "INSERT INTO t (a, c, v) VALUES (1, 1, 1)");
	for (int i = 0; i < 150; i++) {
		step(&r, &l, "l", one, sizeof(one));
		step(&r, &s, "s", two, sizeof(two));
		step(&r, &l, "l", three, sizeof(three)); /* sees what the first has done */
		snprintf(cql, sizeof(cql), "UPDATE t SET %s, %s, v = %d, %s WHERE a = 1 AND c = 1",
		    one, two, i, three);
		must(t, cql);
		put_model(&l, want, sizeof(want));
		strcat(want, " ");
		put_model(&s, want + strlen(want), sizeof(want) - strlen(want));
		gives(t, "SELECT l, s FROM t WHERE a = 1 AND c = 1", want);
		if (random_below(&r, 10) == 0)
			ck_assert_int_eq(sst_store_flush(t->store, &t->e), 0);
		while (l.n > 40)
			remove_at(&l, l.n - 1),
			    must(t, "DELETE l[40] FROM t WHERE a = 1 AND c = 1");
	}
	end(t);
}
END_TEST

/* ---- what is particular ---- */

START_TEST(rows_of_one_statement)
{
	struct lists *t = begin();

	must(t, "INSERT INTO t (a, c, l, s) VALUES (1, 1, [1, 2], [5, 6])");
	must(t, "INSERT INTO t (a, c, l) VALUES (1, 2, [2, 3, 2])");
	must(t, "INSERT INTO t (a, c, v) VALUES (1, 3, 3)");
	must(t, "UPDATE t SET l = l - [2], s = s - [5] WHERE a = 1 AND c IN (3, 2, 1)");
	gives(t, "SELECT l, s FROM t", "[1] [6] [3] [6] - [6]");
	must(t, "UPDATE t SET l[0] = 7, l = l + [8] WHERE a = 1 AND c IN (1, 2)");
	gives(t, "SELECT l FROM t", "[7, 8] [7, 8] -");
	must_not(t, "UPDATE t SET l[0] = 9 WHERE a = 1 AND c IN (1, 2, 3)", "list which is null");
	gives(t, "SELECT l FROM t", "[7, 8] [7, 8] -");
	must(t, "UPDATE t SET s[0] = 9 WHERE a = 1");
	must(t, "UPDATE t SET l[0] = 9 WHERE a = 1 AND c IN ()");
	must(t, "UPDATE t SET l[0] = 9 WHERE a IN () AND c = 1");
	must_not(t, "UPDATE t SET l[0] = 9 WHERE a IN (1, 2) AND c = 1", "several partitions");
	must_not(t, "DELETE l[1], l[1] FROM t WHERE a = 1 AND c = 1", "out of bound");
	must(t, "DELETE l[0], l[0], s[0] FROM t WHERE a = 1 AND c = 1");
	gives(t, "SELECT l, s FROM t", "- - [7, 8] - - -");
	must(t, "UPDATE t SET l = [1, 2] + l, l = [3, 4] + l WHERE a = 1 AND c = 3");
	must(t, "UPDATE t SET l = [5] + l WHERE a = 1 AND c = 3");
	gives(t, "SELECT l FROM t WHERE a = 1 AND c = 3", "[5, 3, 4, 1, 2]");
	must(t, "INSERT INTO one (a, l) VALUES (1, ['x', 'y', 'x'])");
	must(t, "UPDATE one SET l = l - ['x', ''] WHERE a = 1");
	must(t, "UPDATE one SET l[0] = 'z' WHERE a = 1");
	gives(t, "SELECT l FROM one", "['z']");
	end(t);
}
END_TEST

/* An older change of an element is not seen, and its place stays. */
START_TEST(times)
{
	struct lists *t = begin();

	must(t, "INSERT INTO t (a, c, l) VALUES (1, 1, [1, 2, 3]) USING TIMESTAMP 100");
	must(t,
	    "UPDATE t USING TIMESTAMP 99 SET l[0] = 9, l[1] = null, l[1] = 8 WHERE a = 1 AND c = "
	    "1");
	gives(t, "SELECT l FROM t", "[1, 2, 3]");
	must(t, "UPDATE t USING TIMESTAMP 101 AND TTL 50 SET l[0] = 9 WHERE a = 1 AND c = 1");
	gives(t, "SELECT l, writetime(l), ttl(l) FROM t",
	    "[9, 2, 3] [101, 100, 100] [50, null, null]");
	end(t);
}
END_TEST

START_TEST(markers)
{
	static const uint8_t zero[4] = { 0 }, nine[4] = { 0, 0, 0, 9 };
	static const struct sst_argument unset = { { NULL, 0 }, true },
					 null = { { NULL, 0 }, false },
					 first = { { zero, 4 }, false },
					 value = { { nine, 4 }, false };
	static const char set[] = "UPDATE t SET l[?] = ? WHERE a = 1 AND c = 1";
	static const char del[] = "DELETE l[?] FROM t WHERE a = 1 AND c = 1";
	static const char take[] = "UPDATE t SET l = l - ? WHERE a = 1 AND c = 1";
	struct lists *t = begin();
#define WITH(n, a, b) (t->nargs = (n), t->args[0] = (a), t->args[1] = (b))

	must(t, "INSERT INTO t (a, c, l) VALUES (1, 1, [1, 2, 3])");
	WITH(2, first, unset), must(t, set);
	WITH(2, value, unset), must_not(t, set, "List index 9 out of bound, list has size 3");
	WITH(2, unset, value), must_not(t, set, "Invalid unset value for list index");
	WITH(2, null, value), must_not(t, set, "Invalid null value for list index");
	WITH(1, unset, unset), must(t, del);
	WITH(1, null, unset), must_not(t, del, "Invalid null value for list index");
	WITH(1, unset, unset), must(t, take);
	WITH(1, null, unset), must(t, take);
	gives(t, "SELECT l FROM t", "[1, 2, 3]");
	WITH(2, first, value), must(t, set);
	WITH(2, first, value), must(t, "UPDATE t SET l[1] = null, l[?] = ? WHERE a = 1 AND c = 1");
	gives(t, "SELECT l FROM t", "[9, 3]");
	WITH(1, first, unset), must(t, del);
	gives(t, "SELECT l FROM t", "[3]");
	end(t);
#undef WITH
}
END_TEST

START_TEST(too_many)
{
	struct lists *t = begin();
	char cql[4000] = "UPDATE t SET l[0] = 1";

	must(t, "INSERT INTO t (a, c, l) VALUES (1, 1, [7])");
	for (int i = 1; i < SST_LISTS_CHANGES_MAX; i++)
		strcat(cql, ", l[0] = 2");
	strcat(cql, " WHERE a = 1 AND c = 1");
	must(t, cql);
	memmove(cql + 23, cql + 13, strlen(cql + 13) + 1);
	memcpy(cql + 13, "l[0] = 5, ", 10);
	must_not(t, cql, "more than 64 changes of lists");
	gives(t, "SELECT l FROM t", "[2]");
	end(t);
}
END_TEST

Suite *
lists_suite(void)
{
	Suite *s = suite_create("lists");
	TCase *tc = tcase_create("lists");

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, at_random, 0, 6);
	tcase_add_test(tc, rows_of_one_statement);
	tcase_add_test(tc, times);
	tcase_add_test(tc, markers);
	tcase_add_test(tc, too_many);
	suite_add_tcase(s, tc);
	return s;
}
