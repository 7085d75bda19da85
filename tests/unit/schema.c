/* tests/unit/schema.c: types by name, tables, keys and tokens. */
#include <check.h>
#include <stdlib.h>

#include "base/num.h"
#include "schema/table.h"

Suite *schema_suite(void);

#define M "org.apache.cassandra.db.marshal."

static struct sst_arena arena;

static const struct sst_type *
type(const char *class_name)
{
	const struct sst_type *t;
	struct sst_err e;

	if (sst_type_parse_class(&t, &arena, sst_slice_str(class_name), &e) == -1)
		ck_abort_msg("%s: %s", class_name, e.what);
	return t;
}

static const struct {
	const char *in, *class_name, *cql;
	int fixed_len;
	bool multicell;
} names[] = {
	{ M "LongType", NULL, "bigint", 8, false },
	{ "Int32Type", M "Int32Type", "int", 4, false },
	{ "", M "BytesType", "blob", -1, false },
	{ M "BooleanType", NULL, "boolean", 1, false },
	{ M "ShortType", NULL, "smallint", -1, false },
	{ M "ByteType", NULL, "tinyint", -1, false },
	{ M "SimpleDateType", NULL, "date", -1, false },
	{ M "TimeType", NULL, "time", -1, false },
	{ M "TimestampType", NULL, "timestamp", 8, false },
	{ M "UUIDType", NULL, "uuid", 16, false },
	{ M "EmptyType", NULL, "empty", 0, false },
	{ M "LegacyTimeUUIDType", NULL, "timeuuid", 16, false },
	{ M "ReversedType(" M "LongType)", NULL, "bigint", 8, false },
	{ M "ListType(" M "UTF8Type)", NULL, "list<text>", -1, true },
	{ M "FrozenType(" M "ListType(" M "UTF8Type))", NULL, "frozen<list<text>>", -1, false },
	{ M "MapType(" M "UTF8Type," M "FrozenType(" M "SetType(" M "Int32Type)))", NULL,
	    "map<text, frozen<set<int>>>", -1, true },
	{ M "MapType( UTF8Type , SetType(Int32Type) )",
	    M "MapType(" M "UTF8Type," M "FrozenType(" M "SetType(" M "Int32Type)))",
	    "map<text, frozen<set<int>>>", -1, true },
	{ M "TupleType(" M "LongType," M "ListType(" M "LongType))", NULL,
	    "frozen<tuple<bigint, frozen<list<bigint>>>>", -1, false },
	{ M "UserType(ks,61646472,73:" M "UTF8Type,6e:" M "Int32Type)", NULL, "addr", -1, true },
	{ M "FrozenType(" M "UserType(ks,41,73:" M "ListType(" M "UTF8Type)))", NULL,
	    "frozen<\"A\">", -1, false },
	{ M "VectorType(" M "FloatType , 3)", NULL, "vector<float, 3>", 12, false },
	{ M "VectorType(" M "FrozenType(" M "ListType(" M "LongType)) , 3)", NULL,
	    "vector<frozen<list<bigint>>, 3>", -1, false },
	{ M "VectorType(" M "VectorType(" M "DoubleType , 2) , 3)", NULL,
	    "vector<vector<double, 2>, 3>", 48, false },
	{ M "CompositeType(" M "LongType," M "Int32Type)", NULL,
	    "'" M "CompositeType(" M "LongType," M "Int32Type)'", -1, false },
	{ M "DynamicCompositeType(a=>" M "LongType,b=>" M "UTF8Type)", NULL,
	    "'" M "DynamicCompositeType(a=>" M "LongType,b=>" M "UTF8Type)'", -1, false },
	{ M "PartitionerDefinedOrder(org.apache.cassandra.dht.Murmur3Partitioner)", NULL,
	    "'" M "PartitionerDefinedOrder(org.apache.cassandra.dht.Murmur3Partitioner)'", -1,
	    false },
	{ M "PartitionerDefinedOrder(org.apache.cassandra.dht.Murmur3Partitioner:" M "Int32Type)",
	    NULL,
	    "'" M "PartitionerDefinedOrder(org.apache.cassandra.dht.Murmur3Partitioner:" M
	    "Int32Type)'",
	    -1, false },
	{ "com.example.Odd(a=b, (c))", NULL, "'com.example.Odd(a=b, (c))'", -1, false },
	{ M "ColumnToCollectionType(61:" M "ListType(" M "LongType))", NULL,
	    "'" M "ColumnToCollectionType(61:" M "ListType(" M "LongType))'", -1, false },
};

START_TEST(class_names_go_both_ways)
{
	const char *want = names[_i].class_name ? names[_i].class_name : names[_i].in;
	const struct sst_type *t = type(names[_i].in);
	struct sst_buf b = { 0 };

	ck_assert_int_eq(t->fixed_len, names[_i].fixed_len);
	ck_assert_int_eq(t->multicell, names[_i].multicell);
	sst_type_class(t, &b);
	sst_buf_addc(&b, '\0');
	ck_assert_str_eq((char *)b.p, want);
	sst_buf_reset(&b);
	sst_type_cql(t, &b);
	sst_buf_addc(&b, '\0');
	ck_assert_str_eq((char *)b.p, names[_i].cql);
	sst_buf_free(&b);
}
END_TEST

static const struct sst_type *
lookup(void *arg, struct sst_slice name)
{
	ck_assert_ptr_eq(arg, &arena);
	return sst_slice_eq(name, SST_SLICE_LIT("A")) || sst_slice_eq(name, SST_SLICE_LIT("addr"))
	    ? type(M "UserType(ks,61646472,73:" M "UTF8Type,6e:" M "Int32Type)")
	    : NULL;
}

/* What sst_type_cql prints, sst_type_parse_cql reads. */
START_TEST(cql_names_go_both_ways)
{
	const struct sst_type *t;
	struct sst_buf b = { 0 };
	struct sst_err e;

	if (strstr(names[_i].cql, "empty") != NULL || names[_i].in[0] == '\0')
		return;
	ck_assert_msg(
	    sst_type_parse_cql(&t, &arena, sst_slice_str(names[_i].cql), lookup, &arena, &e) == 0,
	    "%s: %s", names[_i].cql, e.what);
	ck_assert_int_eq(t->fixed_len, names[_i].fixed_len);
	ck_assert_int_eq(t->multicell, names[_i].multicell);
	sst_type_cql(t, &b);
	sst_buf_addc(&b, '\0');
	if (strstr(names[_i].cql, "\"A\"") == NULL)
		ck_assert_str_eq((char *)b.p, names[_i].cql);
	sst_buf_free(&b);
}
END_TEST

static const struct {
	const char *text;
	bool cql;
	enum sst_code code;
	uint64_t off;
} bad[] = {
	{ "LongType x", false, SST_EINVAL, 9 },
	{ "LongType)", false, SST_EINVAL, 8 },
	{ "ListType", false, SST_EINVAL, 8 },
	{ "ListType(", false, SST_EINVAL, 9 },
	{ "ListType(LongType", false, SST_EINVAL, 17 },
	{ "ListType(LongType,LongType)", false, SST_EINVAL, 27 },
	{ "MapType(LongType)", false, SST_EINVAL, 17 },
	{ "TupleType()", false, SST_EINVAL, 11 },
	{ "FrozenType(LongType,LongType)", false, SST_EINVAL, 19 },
	{ "FrozenType", false, SST_EINVAL, 10 },
	{ "ReversedType(ReversedType(LongType))", false, SST_EINVAL, 36 },
	{ "UserType", false, SST_EINVAL, 8 },
	{ "UserType(ks)", false, SST_EINVAL, 11 },
	{ "UserType(ks,6)", false, SST_EINVAL, 13 },
	{ "UserType(ks,6x)", false, SST_EINVAL, 14 },
	{ "UserType(ks,61 62:LongType)", false, SST_EINVAL, 15 },
	{ "UserType(ks,61,62)", false, SST_EINVAL, 17 },
	{ "UserType(ks,61,62:LongType,62:LongType)", false, SST_EINVAL, 39 },
	{ "VectorType", false, SST_EINVAL, 10 },
	{ "VectorType(LongType)", false, SST_EINVAL, 19 },
	{ "VectorType(LongType , 0)", false, SST_EINVAL, SST_NOWHERE },
	{ "VectorType(LongType , 99999999999)", false, SST_EINVAL, 33 },
	{ "VectorType(LongType , 4000000000)", false, SST_ELIMIT, SST_NOWHERE },
	{ "VectorType(LongType , 1000000000)", false, SST_ELIMIT, SST_NOWHERE },
	{ "VectorType(EmptyType , 3)", false, SST_EINVAL, SST_NOWHERE },
	{ "DynamicCompositeType(aa=>LongType)", false, SST_EINVAL, 23 },
	{ "DynamicCompositeType(a=>LongType b=>LongType)", false, SST_EINVAL, 33 },
	{ "Custom(", false, SST_EINVAL, 7 },
	{ "(", false, SST_EINVAL, 0 },
	{ "", true, SST_EINVAL, 0 },
	{ "list", true, SST_EINVAL, 4 },
	{ "list<int, int>", true, SST_EINVAL, 9 },
	{ "map<int>", true, SST_EINVAL, 8 },
	{ "list<list<int>>", true, SST_EINVAL, 14 },
	{ "list<nothing>", true, SST_EINVAL, 12 },
	{ "int int", true, SST_EINVAL, 4 },
	{ "frozen int", true, SST_EINVAL, 7 },
	{ "frozen<int", true, SST_EINVAL, 10 },
	{ "\"unclosed", true, SST_EINVAL, 9 },
	{ "vector<float>", true, SST_EINVAL, 12 },
	{ "vector float", true, SST_EINVAL, 7 },
	{ "vector<float, x>", true, SST_EINVAL, 14 },
	{ "'Custom('", true, SST_EINVAL, 7 },
	{ "''", true, SST_EINVAL, 2 },
};

START_TEST(bad_names_are_refused)
{
	const struct sst_type *t = type("LongType");
	struct sst_slice text = sst_slice_str(bad[_i].text);
	struct sst_err e;
	int r = bad[_i].cql ? sst_type_parse_cql(&t, &arena, text, NULL, NULL, &e)
			    : sst_type_parse_class(&t, &arena, text, &e);

	ck_assert_int_eq(r, -1);
	ck_assert_ptr_null(t);
	ck_assert_int_eq(e.code, bad[_i].code);
	ck_assert_uint_eq(e.off, bad[_i].off);
}
END_TEST

START_TEST(nesting_is_limited)
{
	const struct sst_type *t;
	struct sst_buf b = { 0 };
	struct sst_err e;
	int i;

	for (i = 0; i < 100000; i++)
		sst_buf_adds(&b, "FrozenType(");
	ck_assert_int_eq(sst_type_parse_class(&t, &arena, sst_buf_slice(&b), &e), -1);
	ck_assert_int_eq(e.code, SST_ELIMIT);
	sst_buf_reset(&b);
	for (i = 0; i < 100000; i++)
		sst_buf_adds(&b, "frozen<");
	ck_assert_int_eq(sst_type_parse_cql(&t, &arena, sst_buf_slice(&b), NULL, NULL, &e), -1);
	ck_assert_int_eq(e.code, SST_ELIMIT);
	sst_buf_free(&b);
}
END_TEST

START_TEST(cells_of_multicell_columns)
{
	const struct sst_type *t = type("MapType(UTF8Type,LongType)");
	struct sst_slice none = { NULL, 0 }, one = SST_SLICE_LIT("\0\1"),
			 far = SST_SLICE_LIT("\1\0");

	ck_assert_int_eq(sst_type_path(t)->kind, SST_TEXT);
	ck_assert_int_eq(sst_type_cell(t, none)->kind, SST_BIGINT);
	t = type("SetType(UTF8Type)");
	ck_assert_int_eq(sst_type_path(t)->kind, SST_TEXT);
	ck_assert_int_eq(sst_type_cell(t, none)->kind, SST_EMPTY);
	t = type("ListType(LongType)");
	ck_assert_int_eq(sst_type_path(t)->kind, SST_TIMEUUID);
	ck_assert_int_eq(sst_type_cell(t, none)->kind, SST_BIGINT);
	t = type("UserType(ks,61,62:LongType,63:UTF8Type)");
	ck_assert_int_eq(sst_type_path(t)->kind, SST_SMALLINT);
	ck_assert_int_eq(sst_type_cell(t, one)->kind, SST_TEXT);
	ck_assert_ptr_null(sst_type_cell(t, far));
	ck_assert_ptr_null(sst_type_cell(t, none));
	t = sst_type_freeze(t, &arena);
	ck_assert_ptr_null(sst_type_path(t));
	ck_assert_ptr_eq(sst_type_cell(t, one), t);
}
END_TEST

static struct sst_column
column(const char *name, const char *class_name)
{
	return (struct sst_column){
		.name = sst_slice_str(name), .type = type(class_name), .dropped_us = INT64_MIN
	};
}

START_TEST(table_orders_its_columns)
{
	struct sst_column key[] = { column("a", "LongType"), column("b", "Int32Type") };
	struct sst_column ck[] = { column("c", "ReversedType(LongType)"), column("d", "UTF8Type") };
	struct sst_column reg[] = { column("z", "LongType"), column("m", "ListType(LongType)"),
		column("B", "LongType"), column("l", "SetType(LongType)") };
	struct sst_table t = {
		.nkey = 2, .nck = 2, .nregular = 4, .key = key, .ck = ck, .regulars = reg
	};
	struct sst_err e;

	sst_table_defaults(&t);
	ck_assert_uint_eq(t.gc_grace_s, 864000);
	ck_assert_int_eq(sst_table_finish(&t, &arena, &e), 0);
	ck_assert_int_eq(sst_column_find(reg, 4, SST_SLICE_LIT("B")), 0);
	ck_assert_int_eq(sst_column_find(reg, 4, SST_SLICE_LIT("z")), 1);
	ck_assert_int_eq(sst_column_find(reg, 4, SST_SLICE_LIT("l")), 2);
	ck_assert_int_eq(sst_column_find(reg, 4, SST_SLICE_LIT("m")), 3);
	ck_assert_int_eq(sst_column_find(reg, 4, SST_SLICE_LIT("n")), -1);
	ck_assert_int_eq(t.key_type->kind, SST_COMPOSITE);
	ck_assert_uint_eq(t.key_type->nargs, 2);

	reg[0].name = SST_SLICE_LIT("a");
	ck_assert_int_eq(sst_table_finish(&t, &arena, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	t.nregular = SST_COLUMNS_MAX;
	ck_assert_int_eq(sst_table_finish(&t, &arena, &e), -1);
	ck_assert_int_eq(e.code, SST_ELIMIT);
	t.nregular = t.nkey = 0;
	ck_assert_int_eq(sst_table_finish(&t, &arena, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
}
END_TEST

START_TEST(clusterings_compare)
{
	struct sst_column ck[] = { column("c", "ReversedType(LongType)"), column("d", "UTF8Type") };
	struct sst_table t = { .nck = 2, .ck = ck };
	struct sst_slice one = SST_SLICE_LIT("\0\0\0\0\0\0\0\1"),
			 two = SST_SLICE_LIT("\0\0\0\0\0\0\0\2");
	struct sst_slice minus = SST_SLICE_LIT("\xff\xff\xff\xff\xff\xff\xff\xff");
	struct sst_slice a[2] = { two, SST_SLICE_LIT("x") }, b[2] = { one, SST_SLICE_LIT("y") };

	ck_assert_int_lt(sst_clustering_compare(&t, a, 2, b, 2), 0);
	ck_assert_int_gt(sst_clustering_compare(&t, b, 2, a, 1), 0);
	ck_assert_int_eq(sst_clustering_compare(&t, b, 2, a, 0), 0);
	b[0] = two;
	ck_assert_int_lt(sst_clustering_compare(&t, a, 2, b, 2), 0);
	ck_assert_int_eq(sst_clustering_compare(&t, a, 2, b, 1), 0);
	b[0] = minus;
	ck_assert_int_lt(sst_clustering_compare(&t, a, 1, b, 1), 0);
	b[0] = (struct sst_slice){ NULL, 0 }; /* null is first, reversed or not */
	ck_assert_int_gt(sst_clustering_compare(&t, a, 1, b, 1), 0);
	ck_assert_int_eq(sst_clustering_compare(&t, b, 1, b, 1), 0);
}
END_TEST

START_TEST(keys_come_apart)
{
	struct sst_column key[] = { column("a", "LongType"), column("b", "UTF8Type") };
	struct sst_table t = { .nkey = 2, .key = key };
	struct sst_slice v[2] = { SST_SLICE_LIT("\0\0\0\0\0\0\0\1"), SST_SLICE_LIT("xy") }, got[2];
	struct sst_buf b = { 0 };
	struct sst_slice joined;
	struct sst_err e;
	uint8_t *big = calloc(1, 70000);
	size_t i;

	ck_assert_int_eq(sst_key_join(&t, v, &b, &e), 0);
	joined = SST_SLICE_LIT("\0\x8\0\0\0\0\0\0\0\1\0\0\2xy\0");
	ck_assert(sst_slice_eq(sst_buf_slice(&b), joined));
	ck_assert_int_eq(sst_key_split(&t, joined, got, &e), 0);
	ck_assert(sst_slice_eq(got[0], v[0]) && sst_slice_eq(got[1], v[1]));
	for (i = 0; i < joined.n; i++) {
		struct sst_slice cut = { joined.p, i };

		ck_assert_int_eq(sst_key_split(&t, cut, got, &e), -1);
		ck_assert_int_eq(e.code, SST_EDAMAGED);
	}
	v[1] = (struct sst_slice){ big, 65536 };
	ck_assert_int_eq(sst_key_join(&t, v, &b, &e), -1);
	ck_assert_int_eq(e.code, SST_ELIMIT);
	v[1].n = 65530;
	sst_buf_reset(&b);
	ck_assert_int_eq(sst_key_join(&t, v, &b, &e), -1);
	ck_assert_int_eq(e.code, SST_ELIMIT);
	t.nkey = 1;
	sst_buf_reset(&b);
	ck_assert_int_eq(sst_key_join(&t, v, &b, &e), 0);
	ck_assert_int_eq(sst_key_split(&t, sst_buf_slice(&b), got, &e), 0);
	ck_assert(sst_slice_eq(got[0], v[0]));
	sst_buf_free(&b);
	free(big);
}
END_TEST

START_TEST(tokens_and_shards)
{
	/* SELECT token(1) of a bigint key, on a real Cassandra */
	ck_assert_int_eq(
	    sst_token(SST_SLICE_LIT("\0\0\0\0\0\0\0\1")), INT64_C(6292367497774912474));
	ck_assert_int_eq(sst_token(SST_SLICE_LIT("")), INT64_MIN);
	ck_assert_int_lt(sst_key_compare(1, SST_SLICE_LIT("b"), 2, SST_SLICE_LIT("a")), 0);
	ck_assert_int_gt(sst_key_compare(2, SST_SLICE_LIT("b"), 2, SST_SLICE_LIT("a")), 0);
	ck_assert_int_gt(sst_key_compare(2, SST_SLICE_LIT("b"), 1, SST_SLICE_LIT("b")), 0);
	ck_assert_uint_eq(sst_shard(INT64_MIN, 3), 0);
	ck_assert_uint_eq(sst_shard(INT64_MAX, 3), 2);
	ck_assert_uint_eq(sst_shard(0, 2), 1);
	ck_assert_uint_eq(sst_shard(-1, 2), 0);
	ck_assert_uint_eq(sst_shard(INT64_MAX, UINT32_MAX), UINT32_MAX - 1);
}
END_TEST

static void
reset(void)
{
	sst_arena_free(&arena);
}

Suite *
schema_suite(void)
{
	Suite *s = suite_create("schema");
	TCase *t = tcase_create("schema");

	tcase_add_checked_fixture(t, NULL, reset);
	tcase_add_loop_test(t, class_names_go_both_ways, 0, (int)SST_ARRAY_LEN(names));
	tcase_add_loop_test(t, cql_names_go_both_ways, 0, (int)SST_ARRAY_LEN(names));
	tcase_add_loop_test(t, bad_names_are_refused, 0, (int)SST_ARRAY_LEN(bad));
	tcase_add_test(t, nesting_is_limited);
	tcase_add_test(t, cells_of_multicell_columns);
	tcase_add_test(t, table_orders_its_columns);
	tcase_add_test(t, clusterings_compare);
	tcase_add_test(t, keys_come_apart);
	tcase_add_test(t, tokens_and_shards);
	suite_add_tcase(s, t);
	return s;
}
