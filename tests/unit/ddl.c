/*
 * tests/unit/ddl.c: what clients are told of a definition, which tables it touches, and that the schema
 * before it stays as it was.  tests/unit/answers.c has the words of refusals.
 */
#include <check.h>
#include <stdio.h>

#include "base/num.h"
#include "query/ddl.h"

Suite *ddl_suite(void);

static const char before[] =
    "CREATE KEYSPACE k WITH durable_writes = true AND replication = {'class': 'SimpleStrategy'};"
    "CREATE TYPE k.v (g int); CREATE TYPE k.u (f int, v frozen<v>);"
    "CREATE TABLE k.t (a int, c int, u u, x text, PRIMARY KEY (a, c)) WITH ID = "
    "5bc52802-de25-35ed-aeab-188eecebb090;"
    "CREATE TABLE k.n (a int PRIMARY KEY, v int) WITH ID = "
    "5bc52802-de25-35ed-aeab-188eecebb091;";

static const struct {
	const char *cql, *told;
} told[] = {
	{ "CREATE KEYSPACE q WITH replication = {'class': 'SimpleStrategy'}",
	    "CREATED KEYSPACE q." },
	{ "CREATE KEYSPACE IF NOT EXISTS k WITH replication = {'class': 'SimpleStrategy'}", "-" },
	{ "ALTER KEYSPACE k WITH durable_writes = false", "UPDATED KEYSPACE k." },
	{ "DROP KEYSPACE k", "DROPPED KEYSPACE k. t n" },
	{ "DROP KEYSPACE IF EXISTS q", "-" },
	{ "CREATE TYPE w (a int)", "CREATED TYPE k.w" },
	{ "CREATE TYPE IF NOT EXISTS k.u (a int)", "-" },
	{ "ALTER TYPE k.v ADD h text", "UPDATED TYPE k.v t" },
	{ "ALTER TYPE k.v ADD IF NOT EXISTS g int", "-" },
	{ "ALTER TYPE k.u RENAME f TO ff AND v TO vv", "UPDATED TYPE k.u t" },
	{ "DROP TYPE IF EXISTS k.w", "-" },
	{ "CREATE TABLE m (a int PRIMARY KEY, u frozen<list<frozen<u>>>)", "CREATED TABLE k.m" },
	{ "CREATE TABLE IF NOT EXISTS k.t (a int PRIMARY KEY)", "-" },
	{ "ALTER TABLE k.t ADD y int STATIC", "UPDATED TABLE k.t t" },
	{ "ALTER TABLE k.t DROP x", "UPDATED TABLE k.t t" },
	{ "ALTER TABLE k.t DROP IF EXISTS y", "-" },
	{ "ALTER TABLE k.n RENAME a TO b", "UPDATED TABLE k.n n" },
	{ "ALTER TABLE k.n WITH comment = 'x'", "UPDATED TABLE k.n n" },
	{ "DROP TABLE k.n", "DROPPED TABLE k.n n" },
	{ "DROP TABLE IF EXISTS k.q", "-" },
};

static void
print(const struct sst_schema *s, struct sst_buf *b)
{
	for (size_t i = 0; i < s->nkeyspaces; i++)
		sst_schema_print_keyspace(&s->keyspaces[i], b);
	for (size_t i = 0; i < s->ntypes; i++)
		sst_schema_print_type(s->types[i], b);
	for (size_t i = 0; i < s->ntables; i++)
		sst_schema_print_table(s->tables[i], b);
}

static void
put(struct sst_buf *b, struct sst_slice s)
{
	sst_buf_add_slice(b, s);
}

static void
make(struct sst_ddl *d, struct sst_arena *arena, const struct sst_schema *was, const char *cql)
{
	static const struct sst_ddl_opts opts = {
		.keyspace = SST_SLICE_LIT("k"), .now_us = 1700, .table_id = { 1, 2, 3 }
	};
	struct sst_err e;

	if (sst_ddl_make(d, arena, was, sst_slice_str(cql), &opts, &e) == -1)
		ck_abort_msg("%s: %s", cql, e.what);
}

START_TEST(clients_are_told)
{
	struct sst_arena arena = { 0 }, arena2 = { 0 };
	struct sst_buf text = { 0 }, again = { 0 }, b = { 0 };
	struct sst_schema was;
	struct sst_ddl d;
	struct sst_err e;

	ck_assert_int_eq(
	    sst_schema_parse(&was, &arena, SST_SLICE_LIT(before), NULL, SST_SLICE_LIT("k"), &e), 0);
	print(&was, &text);
	make(&d, &arena2, &was, told[_i].cql);
	if (d.change == NULL)
		sst_buf_addc(&b, '-');
	else {
		sst_buf_addf(&b, "%s %s ", d.change, d.target);
		put(&b, d.keyspace);
		sst_buf_addc(&b, '.');
		put(&b, d.name);
	}
	for (size_t i = 0; i < d.ntables; i++) {
		sst_buf_addc(&b, ' ');
		put(&b, d.tables[i]->name);
	}
	sst_buf_addc(&b, '\0');
	ck_assert_str_eq((char *)b.p, told[_i].told);
	print(&was, &again); /* nobody saw it change */
	ck_assert(sst_slice_eq(sst_buf_slice(&text), sst_buf_slice(&again)));
	sst_buf_reset(&again);
	sst_arena_free(&arena); /* the new one borrows nothing of it */
	if (d.change != NULL) {
		print(&d.schema, &again);
		ck_assert(!sst_slice_eq(sst_buf_slice(&text), sst_buf_slice(&again)));
	}
	sst_arena_free(&arena2);
	sst_buf_free(&text);
	sst_buf_free(&again);
	sst_buf_free(&b);
}
END_TEST

/* What a new table has of the caller, and a dropped column. */
START_TEST(ids_and_times)
{
	struct sst_arena arena = { 0 };
	const struct sst_table *t;
	struct sst_schema was;
	struct sst_ddl d;
	struct sst_err e;

	ck_assert_int_eq(
	    sst_schema_parse(&was, &arena, SST_SLICE_LIT(before), NULL, SST_SLICE_LIT("k"), &e), 0);
	make(&d, &arena, &was, "CREATE TABLE m (a int PRIMARY KEY)");
	t = sst_schema_table(&d.schema, SST_SLICE_LIT("k"), SST_SLICE_LIT("m"));
	ck_assert_mem_eq(t->id, "\1\2\3\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	make(&d, &arena, &was,
	    "CREATE TABLE m (a int PRIMARY KEY) WITH ID = 5bc52802-de25-35ed-aeab-188eecebb092");
	t = sst_schema_table(&d.schema, SST_SLICE_LIT("k"), SST_SLICE_LIT("m"));
	ck_assert_int_eq(t->id[15], 0x92);
	make(&d, &arena, &was, "ALTER TABLE t DROP x");
	t = sst_schema_table(&d.schema, SST_SLICE_LIT("k"), SST_SLICE_LIT("t"));
	ck_assert_uint_eq(t->ndropped, 1);
	ck_assert_int_eq(t->dropped[0].dropped_us, 1700);
	make(&d, &arena, &was, "ALTER TABLE t DROP x USING TIMESTAMP 5");
	t = sst_schema_table(&d.schema, SST_SLICE_LIT("k"), SST_SLICE_LIT("t"));
	ck_assert_int_eq(t->dropped[0].dropped_us, 5);
	was = d.schema;
	make(&d, &arena, &was, "ALTER TABLE t ADD x text");
	t = sst_schema_table(&d.schema, SST_SLICE_LIT("k"), SST_SLICE_LIT("t"));
	ck_assert_int_eq(
	    t->regulars[sst_column_find(t->regulars, t->nregular, SST_SLICE_LIT("x"))].dropped_us,
	    5);
	sst_arena_free(&arena);
}
END_TEST

Suite *
ddl_suite(void)
{
	Suite *s = suite_create("ddl");
	TCase *tc = tcase_create("ddl");

	tcase_add_loop_test(tc, clients_are_told, 0, (int)SST_ARRAY_LEN(told));
	tcase_add_test(tc, ids_and_times);
	suite_add_tcase(s, tc);
	return s;
}
