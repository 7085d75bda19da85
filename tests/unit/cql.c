/* tests/unit/cql.c: tokens, terms, schemas and back to text. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"
#include "base/num.h"
#include "cql/schema.h"
#include "cql/term.h"

Suite *cql_suite(void);

static struct sst_arena arena;
static struct sst_schema schema;
static struct sst_buf out;
static struct sst_err err;

static void
setup(void)
{
	memset(&arena, 0, sizeof(arena));
	memset(&out, 0, sizeof(out));
}

static void
teardown(void)
{
	sst_arena_free(&arena);
	sst_buf_free(&out);
}

static const char *
printed(void)
{
	sst_buf_addc(&out, '\0');
	ck_assert(!out.bad);
	return (const char *)out.p;
}

/* ---- what Cassandra 5.0.9 wrote into snapshots ---- */

static const char *const snapshots[] = { "alltypes", "cameltable", "cnt", "compact_one",
	"dropped_simple", "onlykey", "re", "shared", "simple", "two", "ucs" };

START_TEST(snapshots_come_back_byte_for_byte)
{
	struct sst_buf text = { 0 };
	char path[64];

	snprintf(path, sizeof(path), "tests/cql/%s.cql", snapshots[_i]);
	ck_assert_int_eq(sst_io_read_file(&sst_io_posix, path, 1 << 20, &text, &err), 0);
	ck_assert_msg(sst_schema_parse(&schema, &arena, sst_buf_slice(&text), path,
			  (struct sst_slice){ NULL, 0 }, &err) == 0,
	    "%s", err.what);
	ck_assert_uint_eq(schema.ntables, 1);
	sst_schema_print_snapshot(&schema, schema.tables[0], &out);
	for (size_t i = 0; i < schema.nothers; i++) {
		sst_buf_add_slice(&out, schema.others[i].text);
		sst_buf_adds(&out, ";\n");
	}
	sst_buf_addc(&text, '\0');
	ck_assert_str_eq(printed(), (const char *)text.p);
	sst_buf_free(&text);
}
END_TEST

Suite *
cql_suite(void)
{
	Suite *s = suite_create("cql");
	TCase *t = tcase_create("cql");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, snapshots_come_back_byte_for_byte, 0, SST_ARRAY_LEN(snapshots));
	suite_add_tcase(s, t);
	return s;
}
