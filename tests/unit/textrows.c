/* Tests of rows as text: NDJSON out and back in, and the form of sstabledump. */
#include <check.h>
#include <stdio.h>

#include "../support/items.h"
#include "base/num.h"
#include "merge/merge.h"
#include "schema/join.h"
#include "text/csv.h"
#include "text/ndjson.h"
#include "text/ndjsonin.h"
#include "text/sstabledump.h"

Suite *textrows_suite(void);

#define S(s) SST_SLICE_LIT(s)

/* Columns by their index in the table below. */
enum {
	NAME,
	V,
	L,
	M,
	ST,
	U,
	NREGULAR
};

struct fixture {
	struct sst_arena arena;
	struct sst_table table;
	struct sst_column key[2], ck[2], statics[1], regulars[NREGULAR];
	struct sst_buf out;
	struct sst_err e;
};

static const struct sst_type *udt;

static const struct sst_type *
find_udt(void *arg, struct sst_slice name)
{
	(void)arg;
	return sst_slice_eq(name, S("u")) ? udt : NULL;
}

static const struct sst_type *
type(struct fixture *f, const char *cql)
{
	const struct sst_type *t;

	ck_assert_int_eq(
	    sst_type_parse_cql(&t, &f->arena, sst_slice_str(cql), find_udt, NULL, &f->e), 0);
	return t;
}

/* A user type that is not frozen: class names say so by the absence of FrozenType. */
static const struct sst_type *
user_type(struct fixture *f)
{
	const struct sst_type *t;

	ck_assert_int_eq(sst_type_parse_class(&t, &f->arena,
			     S("org.apache.cassandra.db.marshal.UserType(ks,75,61:org.apache."
			       "cassandra.db.marshal."
			       "Int32Type,6222:org.apache.cassandra.db.marshal.UTF8Type)"),
			     &f->e),
	    0);
	return t;
}

static const struct sst_type *
reversed(struct fixture *f)
{
	const struct sst_type *t;

	ck_assert_int_eq(sst_type_parse_class(&t, &f->arena,
			     S("org.apache.cassandra.db.marshal.ReversedType("
			       "org.apache.cassandra.db.marshal.LongType)"),
			     &f->e),
	    0);
	return t;
}

static void
column(struct sst_column *c, const char *name, const struct sst_type *t)
{
	*c = (struct sst_column){ .name = sst_slice_str(name), .type = t, .dropped_us = INT64_MIN };
}

static void
setup(struct fixture *f, bool named)
{
	memset(f, 0, sizeof(*f));
	sst_table_defaults(&f->table);
	f->table.keyspace = S("ks");
	f->table.name = S("t");
	f->table.named = named;
	column(&f->key[0], "k", type(f, "int"));
	column(&f->key[1], "b", type(f, "text"));
	column(&f->ck[0], "c", reversed(f));
	column(&f->ck[1], "d", type(f, "text"));
	column(&f->statics[0], "s", type(f, "text"));
	column(&f->regulars[0], "Name", type(f, "text"));
	column(&f->regulars[1], "v", type(f, "int"));
	column(&f->regulars[2], "l", type(f, "list<int>"));
	column(&f->regulars[3], "m", type(f, "map<text, bigint>"));
	column(&f->regulars[4], "st", type(f, "set<text>"));
	column(&f->regulars[5], "u", user_type(f));
	f->table.key = f->key;
	f->table.nkey = 2;
	f->table.ck = f->ck;
	f->table.nck = 2;
	f->table.statics = f->statics;
	f->table.nstatic = 1;
	f->table.regulars = f->regulars;
	f->table.nregular = NREGULAR;
	ck_assert_int_eq(sst_table_finish(&f->table, &f->arena, &f->e), 0);
}

static void
teardown(struct fixture *f)
{
	sst_arena_free(&f->arena);
	sst_buf_free(&f->out);
}

/* The partition (7, 'x"'), and a stream of every kind of thing. */
#define KEY S("\0\4\0\0\0\7\0\0\2x\"\0")
#define TS INT64_C(1525385507816568)

static const struct sst_slice ck1[] = { { (const uint8_t *)"\0\0\0\0\0\0\0\1", 8 },
	{ (const uint8_t *)"d\n", 2 } };
static const struct sst_slice ck2[] = { { (const uint8_t *)"\0\0\0\0\0\0\0\0", 8 },
	{ (const uint8_t *)"", 0 } };
static const struct sst_slice ck3[] = { { NULL, 0 }, { (const uint8_t *)"z", 1 } };

#define CELL(c, v) \
	{ \
		.col = c, .ts_us = TS, .ldt_s = SST_NO_LDT, .value = { \
			(const uint8_t *)v, \
			sizeof(v) - 1 \
		} \
	}
#define ELEMENT(c, k, v) \
	{ \
		.col = c, .ts_us = TS, .ldt_s = SST_NO_LDT, \
		.value = { (const uint8_t *)v, sizeof(v) - 1 }, .path = { \
			(const uint8_t *)k, \
			sizeof(k) - 1 \
		} \
	}
#define UUID1 "\x56\xd8\x18\x40\x69\xc0\x11\xe8\xa3\x27\x17\x9d\x3d\x84\xb7\x3d"

static const struct sst_cell static_cells[] = {
	{ .ts_us = TS - 5, .ldt_s = SST_NO_LDT, .value = { (const uint8_t *)"\xc3\xbc\1", 3 } },
};
static const struct sst_cell cells1[] = {
	CELL(NAME, "a \"quoted\" \\ name"),
	{ .col = V,
	    .ts_us = TS,
	    .ttl_s = 90,
	    .ldt_s = 1525385597,
	    .value = { (const uint8_t *)"\0\0\0\5", 4 } },
	ELEMENT(L, UUID1, "\xff\xff\xff\xff"),
	ELEMENT(M, "a", "\x7f\xff\xff\xff\xff\xff\xff\xff"),
	{ .col = M,
	    .ts_us = TS + 9,
	    .ldt_s = 1525385600,
	    .value = { (const uint8_t *)"", 0 },
	    .path = { (const uint8_t *)"b", 1 } },
	ELEMENT(ST, "one", ""),
	ELEMENT(ST, "two", ""),
	ELEMENT(U, "\0\0", "\0\0\0\1"),
	ELEMENT(U, "\0\1", ""),
};
static const struct sst_complex_deletion complex1[] = { { L, { TS - 1, 1525385507 } },
	{ ST, { TS - 1, 1525385507 } } };
static const struct sst_cell cells2[] = {
	{ .col = NAME, .ts_us = TS, .ldt_s = 1525385600, .value = { (const uint8_t *)"", 0 } },
	{ .col = V, .ts_us = TS + 1, .ldt_s = 1525385600, .value = { (const uint8_t *)"", 0 } },
};
static const struct sst_complex_deletion complex2[] = { { M, { TS - 1, 1525385507 } } };

#define NO_LIVE \
	{ \
		SST_NO_TS, 0, SST_NO_LDT \
	}
#define LIVE_DEL \
	{ \
		SST_NO_TS, SST_NO_LDT \
	}

static const struct sst_item items[] = {
	{ .kind = SST_PARTITION, .off = 0, .len = 26, .part = { .del = { TS, 1530821498 } } },
	{ .kind = SST_STATIC,
	    .off = 26,
	    .len = 10,
	    .row = { .live = NO_LIVE, .del = LIVE_DEL, .ncells = 1, .cells = static_cells } },
	{ .kind = SST_ROW,
	    .off = 36,
	    .len = 100,
	    .row = { .ck = ck1,
		.live = { TS, 90, 1525385597 },
		.del = LIVE_DEL,
		.ncells = 9,
		.cells = cells1,
		.ncomplex = 2,
		.complex = complex1 } },
	{ .kind = SST_MARKER,
	    .off = 136,
	    .len = 10,
	    .marker = { { ck1, 2, 1 }, LIVE_DEL, { TS, 1530821498 } } },
	{ .kind = SST_MARKER,
	    .off = 146,
	    .len = 10,
	    .marker = { { ck1, 1, 1 }, { TS, 1530821498 }, { TS + 2, 1530821499 } } },
	{ .kind = SST_ROW,
	    .off = 156,
	    .len = 10,
	    .row = { .ck = ck2,
		.live = { TS, 0, SST_NO_LDT },
		.del = { TS - 9, 1530821498 },
		.shadowable = true,
		.under = { TS - 20, 1530821490 },
		.ncells = 2,
		.cells = cells2,
		.ncomplex = 1,
		.complex = complex2 } },
	{ .kind = SST_ROW,
	    .off = 166,
	    .len = 10,
	    .row = { .ck = ck3, .live = NO_LIVE, .del = LIVE_DEL } },
	{ .kind = SST_MARKER,
	    .off = 176,
	    .len = 10,
	    .marker = { { NULL, 0, 1 }, { TS + 2, 1530821499 }, LIVE_DEL } },
};

/* The i-th of them, with the key of the partition set. */
static struct sst_item
item(size_t i)
{
	struct sst_item it = items[i];

	if (it.kind == SST_PARTITION) {
		it.part.key = KEY;
		it.part.token = sst_token(KEY);
	}
	it.file = "dir/me-1-big-Data.db";
	return it;
}

#define HEAD(type, pos) \
	"{\"type\":\"" type \
	"\",\"keyspace\":\"ks\",\"table\":\"t\",\"file\":\"dir/me-1-big-Data.db\"," \
	"\"position\":" pos ",\"key\":{\"k\":7,\"b\":\"x\\\"\"}"
#define TSS "1525385507816568"

static const char *const lines[] = {
	HEAD("partition", "0") ",\"deletion\":{\"ts\":" TSS ",\"at\":1530821498}}\n",
	HEAD("static",
	    "26") ",\"cells\":{\"s\":{\"value\":\"\xc3\xbc\\u0001\",\"ts\":1525385507816563}}}\n",
	HEAD("row",
	    "36") ",\"clustering\":{\"c\":\"1\",\"d\":\"d\\n\"},\"ts\":" TSS
		  ",\"ttl\":90,\"expires\":1525385597,\"cells\":{"
		  "\"Name\":{\"value\":\"a \\\"quoted\\\" \\\\ name\"},"
		  "\"v\":{\"value\":5,\"ttl\":90,\"expires\":1525385597},"
		  "\"l\":{\"deletion\":{\"ts\":1525385507816567,\"at\":1525385507},\"elements\":["
		  "{\"path\":\"56d81840-69c0-11e8-a327-179d3d84b73d\",\"value\":-1}]},"
		  "\"m\":{\"elements\":[{\"path\":\"a\",\"value\":\"9223372036854775807\"},"
		  "{\"path\":\"b\",\"deleted\":1525385600,\"ts\":1525385507816577}]},"
		  "\"st\":{\"deletion\":{\"ts\":1525385507816567,\"at\":1525385507},\"elements\":["
		  "{\"path\":\"one\",\"value\":\"\"},{\"path\":\"two\",\"value\":\"\"}]},"
		  "\"u\":{\"elements\":[{\"path\":\"a\",\"value\":1},{\"path\":\"b\\\"\",\"value\":"
		  "\"\"}]}}}\n",
	HEAD("range_tombstone", "136") ",\"bound\":{\"clustering\":{\"c\":\"1\",\"d\":\"d\\n\"},"
				       "\"side\":\"after\"},\"open\":{\"ts\":" TSS
				       ",\"at\":1530821498}}\n",
	HEAD("range_tombstone",
	    "146") ",\"bound\":{\"clustering\":{\"c\":\"1\"},\"side\":\"after\"},"
		   "\"close\":{\"ts\":" TSS
		   ",\"at\":1530821498},\"open\":{\"ts\":1525385507816570,\"at\":1530821499}}\n",
	HEAD("row", "156") ",\"clustering\":{\"c\":\"0\",\"d\":\"\"},\"ts\":" TSS
			   ",\"deletion\":{\"ts\":1525385507816559,\"at\":1530821498},"
			   "\"shadowable\":true,"
			   "\"under\":{\"ts\":1525385507816548,\"at\":1530821490},"
			   "\"cells\":{"
			   "\"Name\":{\"deleted\":1525385600},\"v\":{\"deleted\":1525385600,\"ts\":"
			   "1525385507816569},"
			   "\"m\":{\"deletion\":{\"ts\":1525385507816567,\"at\":1525385507}}}}\n",
	HEAD("row", "166") ",\"clustering\":{\"c\":null,\"d\":\"z\"},\"cells\":{}}\n",
	HEAD("range_tombstone", "176") ",\"bound\":{\"clustering\":{},\"side\":\"after\"},"
				       "\"close\":{\"ts\":1525385507816570,\"at\":1530821499}}\n",
};

START_TEST(ndjson_lines)
{
	struct fixture f;
	struct sst_ndjson *n;
	struct sst_item it;
	size_t i, at;

	setup(&f, true);
	ck_assert_int_eq(sst_ndjson_new(&n, &f.table, &f.e), 0);
	for (i = 0; i < SST_ARRAY_LEN(items); i++) {
		it = item(i);
		at = f.out.n;
		ck_assert_msg(sst_ndjson_item(n, &it, &f.out, &f.e) == 0, "%s", f.e.what);
		sst_buf_addc(&f.out, '\0');
		ck_assert_str_eq((char *)f.out.p + at, lines[i]);
	}
	sst_ndjson_free(n);
	teardown(&f);
}
END_TEST

/* Each line, read back and printed again, is the same line. */
START_TEST(ndjson_round_trip)
{
	struct fixture f;
	struct sst_ndjson *n;
	struct sst_ndjsonin *r;
	const struct sst_item *it;
	struct sst_item copy, part;
	struct sst_slice key;
	size_t i, at, len;

	setup(&f, _i == 0);
	part = item(0);
	ck_assert_int_eq(sst_ndjson_new(&n, &f.table, &f.e), 0);
	ck_assert_int_eq(sst_ndjsonin_new(&r, &f.table, &f.e), 0);
	for (i = 0; i < SST_ARRAY_LEN(items); i++) {
		copy = item(i);
		at = f.out.n;
		ck_assert_int_eq(sst_ndjson_item(n, &copy, &f.out, &f.e), 0);
		len = f.out.n - at;
		ck_assert_msg(sst_ndjsonin_line(
				  r, (struct sst_slice){ f.out.p + at, len }, &key, &it, &f.e) == 0,
		    "%zu: %s at %ju", i, f.e.what, (uintmax_t)f.e.off);
		ck_assert(sst_slice_eq(key, KEY));
		ck_assert_int_eq(it->kind, items[i].kind);
		copy = *it;
		copy.file = part.file;
		if (copy.kind == SST_PARTITION)
			ck_assert_int_eq(copy.part.token, part.part.token);
		ck_assert_int_eq(sst_ndjson_item(n, &copy, &f.out, &f.e), 0);
		ck_assert_uint_eq(f.out.n - at, 2 * len);
		ck_assert_mem_eq(f.out.p + at, f.out.p + at + len, len);
	}
	sst_ndjson_free(n);
	sst_ndjsonin_free(r);
	teardown(&f);
}
END_TEST

/* Without a schema, key columns go by their place. */
START_TEST(ndjson_unnamed)
{
	struct fixture f;
	struct sst_ndjson *n;
	struct sst_item it;

	setup(&f, false);
	ck_assert_int_eq(sst_ndjson_new(&n, &f.table, &f.e), 0);
	it = item(0);
	ck_assert_int_eq(sst_ndjson_item(n, &it, &f.out, &f.e), 0);
	sst_buf_reset(&f.out);
	it = item(4);
	it.file = NULL;
	ck_assert_int_eq(sst_ndjson_item(n, &it, &f.out, &f.e), 0);
	sst_buf_addc(&f.out, '\0');
	ck_assert_ptr_nonnull(strstr((char *)f.out.p, "\"file\":null,"));
	ck_assert_ptr_nonnull(strstr((char *)f.out.p, "\"key\":{\"key1\":7,\"key2\":\"x\\\"\"}"));
	ck_assert_ptr_nonnull(strstr((char *)f.out.p, "\"clustering\":{\"ck1\":\"1\"}"));
	sst_ndjson_free(n);
	teardown(&f);
}
END_TEST

static const char dumped[] =
    "[\n  {\n    \"table kind\" : \"REGULAR\",\n    \"partition\" : {\n"
    "      \"key\" : [ \"7\", \"x\\\"\" ],\n      \"position\" : 36,\n"
    "      \"deletion_info\" : { \"marked_deleted\" : \"2018-05-03T22:11:47.816568Z\","
    " \"local_delete_time\" : \"2018-07-05T20:11:38Z\" }\n    },\n    \"rows\" : [\n"
    "      {\n        \"type\" : \"static_block\",\n        \"position\" : 36,\n"
    "        \"cells\" : [\n          { \"name\" : \"s\", \"value\" : \"\xc3\xbc\\u0001\","
    " \"tstamp\" : \"2018-05-03T22:11:47.816563Z\" }\n        ]\n      },\n"
    "      {\n        \"type\" : \"row\",\n        \"position\" : 36,\n"
    "        \"clustering\" : [ 1, \"d\\n\" ],\n"
    "        \"liveness_info\" : { \"tstamp\" : \"2018-05-03T22:11:47.816568Z\", \"ttl\" : 90,"
    " \"expires_at\" : \"2018-05-03T22:13:17Z\", \"expired\" : false },\n"
    "        \"cells\" : [\n"
    "          { \"name\" : \"\\\"Name\\\"\", \"value\" : \"a \\\"quoted\\\" \\\\ name\" },\n"
    "          { \"name\" : \"v\", \"value\" : 5 },\n"
    "          { \"name\" : \"l\", \"deletion_info\" : { \"marked_deleted\" :"
    " \"2018-05-03T22:11:47.816567Z\", \"local_delete_time\" : \"2018-05-03T22:11:47Z\" } },\n"
    "          { \"name\" : \"l\", \"path\" : [ \"56d81840-69c0-11e8-a327-179d3d84b73d\" ],"
    " \"value\" : -1 },\n"
    "          { \"name\" : \"m\", \"path\" : [ \"a\" ], \"value\" : 9223372036854775807 },\n"
    "          { \"name\" : \"m\", \"path\" : [ \"b\" ], \"deletion_info\" :"
    " { \"local_delete_time\" : \"2018-05-03T22:13:20Z\" },\n"
    "            \"tstamp\" : \"2018-05-03T22:11:47.816577Z\"\n          },\n"
    "          { \"name\" : \"st\", \"deletion_info\" : { \"marked_deleted\" :"
    " \"2018-05-03T22:11:47.816567Z\", \"local_delete_time\" : \"2018-05-03T22:11:47Z\" } },\n"
    "          { \"name\" : \"st\", \"path\" : [ \"one\" ], \"value\" : \"\" },\n"
    "          { \"name\" : \"st\", \"path\" : [ \"two\" ], \"value\" : \"\" },\n"
    "          { \"name\" : \"u\", \"path\" : [ \"a\" ], \"value\" : 1 },\n"
    "          { \"name\" : \"u\", \"path\" : [ \"b\\\"\" ], \"value\" : \"\" }\n"
    "        ]\n      },\n"
    "      {\n        \"type\" : \"range_tombstone_bound\",\n        \"start\" : {\n"
    "          \"type\" : \"exclusive\",\n          \"clustering\" : [ 1, \"d\\n\" ],\n"
    "          \"deletion_info\" : { \"marked_deleted\" : \"2018-05-03T22:11:47.816568Z\","
    " \"local_delete_time\" : \"2018-07-05T20:11:38Z\" }\n        }\n      },\n"
    "      {\n        \"type\" : \"range_tombstone_boundary\",\n        \"start\" : {\n"
    "          \"type\" : \"exclusive\",\n          \"clustering\" : [ 1, \"*\" ],\n"
    "          \"deletion_info\" : { \"marked_deleted\" : \"2018-05-03T22:11:47.816570Z\","
    " \"local_delete_time\" : \"2018-07-05T20:11:39Z\" }\n        },\n        \"end\" : {\n"
    "          \"type\" : \"inclusive\",\n          \"clustering\" : [ 1, \"*\" ],\n"
    "          \"deletion_info\" : { \"marked_deleted\" : \"2018-05-03T22:11:47.816568Z\","
    " \"local_delete_time\" : \"2018-07-05T20:11:38Z\" }\n        }\n      },\n"
    "      {\n        \"type\" : \"row\",\n        \"position\" : 156,\n"
    "        \"clustering\" : [ 0, \"\" ],\n"
    "        \"liveness_info\" : { \"tstamp\" : \"2018-05-03T22:11:47.816568Z\" },\n"
    "        \"deletion_info\" : { \"marked_deleted\" : \"2018-05-03T22:11:47.816559Z\","
    " \"local_delete_time\" : \"2018-07-05T20:11:38Z\" },\n"
    "        \"cells\" : [\n"
    "          { \"name\" : \"\\\"Name\\\"\", \"deletion_info\" : { \"local_delete_time\" :"
    " \"2018-05-03T22:13:20Z\" }\n          },\n"
    "          { \"name\" : \"v\", \"deletion_info\" : { \"local_delete_time\" :"
    " \"2018-05-03T22:13:20Z\" },\n            \"tstamp\" : \"2018-05-03T22:11:47.816569Z\"\n"
    "          },\n"
    "          { \"name\" : \"m\", \"deletion_info\" : { \"marked_deleted\" :"
    " \"2018-05-03T22:11:47.816567Z\", \"local_delete_time\" : \"2018-05-03T22:11:47Z\" } }\n"
    "        ]\n      },\n"
    "      {\n        \"type\" : \"row\",\n        \"position\" : 166,\n"
    "        \"clustering\" : [ null, \"z\" ],\n        \"cells\" : [ ]\n      },\n"
    "      {\n        \"type\" : \"range_tombstone_bound\",\n        \"end\" : {\n"
    "          \"type\" : \"inclusive\",\n"
    "          \"deletion_info\" : { \"marked_deleted\" : \"2018-05-03T22:11:47.816570Z\","
    " \"local_delete_time\" : \"2018-07-05T20:11:39Z\" }\n        }\n      }\n    ]\n  }\n]";

START_TEST(sstabledump_form)
{
	struct fixture f;
	struct sst_sstabledump *d;
	struct sst_item it;
	size_t i;

	setup(&f, true);
	ck_assert_int_eq(sst_sstabledump_new(&d, &f.table, 1525385597, &f.e), 0);
	for (i = 0; i < SST_ARRAY_LEN(items); i++) {
		it = item(i);
		ck_assert_msg(sst_sstabledump_item(d, &it, &f.out, &f.e) == 0, "%s", f.e.what);
	}
	sst_sstabledump_end(d, &f.out);
	sst_buf_addc(&f.out, '\0');
	ck_assert_str_eq((char *)f.out.p, dumped);
	sst_sstabledump_free(d);
	teardown(&f);
}
END_TEST

/* At its second of expiry a cell has expired and a row has not. */
static const struct {
	int64_t now_s;
	const char *row, *cell;
} expiries[] = {
	{ 999, "false", "false" },
	{ 1000, "false", "true" },
	{ 1001, "true", "true" },
};

START_TEST(sstabledump_expired)
{
	static const struct sst_cell cell = { .col = V,
		.ts_us = 1,
		.ttl_s = 7,
		.ldt_s = 1000,
		.value = { (const uint8_t *)"\0\0\0\1", 4 } };
	struct fixture f;
	struct sst_sstabledump *d;
	struct sst_item it = item(0);
	char want[512];

	setup(&f, true);
	ck_assert_int_eq(sst_sstabledump_new(&d, &f.table, expiries[_i].now_s, &f.e), 0);
	ck_assert_int_eq(sst_sstabledump_item(d, &it, &f.out, &f.e), 0);
	it = item(6);
	it.row.live = (struct sst_liveness){ 0, 8, 1000 };
	it.row.cells = &cell;
	it.row.ncells = 1;
	sst_buf_reset(&f.out);
	ck_assert_int_eq(sst_sstabledump_item(d, &it, &f.out, &f.e), 0);
	sst_buf_addc(&f.out, '\0');
	snprintf(want, sizeof(want),
	    "\"ttl\" : 8, \"expires_at\" : \"1970-01-01T00:16:40Z\", \"expired\" : %s }",
	    expiries[_i].row);
	ck_assert_ptr_nonnull(strstr((char *)f.out.p, want));
	snprintf(want, sizeof(want),
	    "\"value\" : 1, \"tstamp\" : \"1970-01-01T00:00:00.000001Z\", \"ttl\" : 7, "
	    "\"expires_at\" : \"1970-01-01T00:16:40Z\", \"expired\" : %s }",
	    expiries[_i].cell);
	ck_assert_ptr_nonnull(strstr((char *)f.out.p, want));
	sst_sstabledump_free(d);
	teardown(&f);
}
END_TEST

/* No partition; and partitions without rows, whose position is that of their end. */
START_TEST(sstabledump_empty)
{
	struct fixture f;
	struct sst_sstabledump *d;
	struct sst_item it = item(0);

	setup(&f, true);
	ck_assert_int_eq(sst_sstabledump_new(&d, &f.table, 0, &f.e), 0);
	sst_sstabledump_end(d, &f.out);
	ck_assert(sst_slice_eq(sst_buf_slice(&f.out), S("[ ]")));
	sst_buf_reset(&f.out);
	it.part.del = SST_LIVE;
	ck_assert_int_eq(sst_sstabledump_item(d, &it, &f.out, &f.e), 0);
	it.off = 31;
	ck_assert_int_eq(sst_sstabledump_item(d, &it, &f.out, &f.e), 0);
	sst_sstabledump_end(d, &f.out);
	sst_buf_addc(&f.out, '\0');
	ck_assert_ptr_nonnull(strstr(
	    (char *)f.out.p, "      \"position\" : 30\n    },\n    \"rows\" : [ ]\n  },\n  {\n"));
	ck_assert_ptr_nonnull(
	    strstr((char *)f.out.p, "      \"position\" : 57\n    },\n    \"rows\" : [ ]\n  }\n]"));
	sst_sstabledump_free(d);
	teardown(&f);
}
END_TEST

/* Values that are none of their type: what was printed of the item is taken back. */
static const struct sst_cell bad_cells[] = {
	{ .col = V, .ts_us = 1, .ldt_s = SST_NO_LDT, .value = { (const uint8_t *)"\0\1", 2 } },
	{ .col = L,
	    .ts_us = 1,
	    .ldt_s = SST_NO_LDT,
	    .value = { (const uint8_t *)"\0\0\0\1", 4 },
	    .path = { (const uint8_t *)"x", 1 } },
	{ .col = U,
	    .ts_us = 1,
	    .ldt_s = SST_NO_LDT,
	    .value = { (const uint8_t *)"\0\0\0\1", 4 },
	    .path = { (const uint8_t *)"\0\2", 2 } },
	{ .col = U,
	    .ts_us = 1,
	    .ldt_s = SST_NO_LDT,
	    .value = { (const uint8_t *)"\0\0\0\1", 4 },
	    .path = { (const uint8_t *)"\0", 1 } },
};

START_TEST(bad_value)
{
	struct fixture f;
	struct sst_ndjson *n;
	struct sst_sstabledump *d;
	struct sst_item it = item(0);
	size_t at;

	setup(&f, true);
	ck_assert_int_eq(sst_ndjson_new(&n, &f.table, &f.e), 0);
	ck_assert_int_eq(sst_sstabledump_new(&d, &f.table, 0, &f.e), 0);
	ck_assert_int_eq(sst_ndjson_item(n, &it, &f.out, &f.e), 0);
	ck_assert_int_eq(sst_sstabledump_item(d, &it, &f.out, &f.e), 0);
	it = item(6);
	it.row.cells = &bad_cells[_i];
	it.row.ncells = 1;
	at = f.out.n;
	f.e = (struct sst_err){ 0 };
	ck_assert_int_eq(sst_ndjson_item(n, &it, &f.out, &f.e), -1);
	ck_assert_int_eq(f.e.code, SST_EDAMAGED);
	ck_assert_str_eq(f.e.file, it.file);
	ck_assert_uint_eq(f.e.off, it.off);
	ck_assert_uint_eq(f.out.n, at);
	f.e = (struct sst_err){ 0 };
	ck_assert_int_eq(sst_sstabledump_item(d, &it, &f.out, &f.e), -1);
	ck_assert_int_eq(f.e.code, SST_EDAMAGED);
	ck_assert_uint_eq(f.e.off, it.off);
	ck_assert_uint_eq(f.out.n, at);
	sst_sstabledump_end(d, &f.out);
	ck_assert_mem_eq(f.out.p + f.out.n - 2, "\n]", 2);
	sst_ndjson_free(n);
	sst_sstabledump_free(d);
	teardown(&f);
}
END_TEST

/* Rows of a partition whose key cannot be read belong nowhere, and are not printed elsewhere. */
START_TEST(bad_key)
{
	struct fixture f;
	struct sst_ndjson *n;
	struct sst_sstabledump *d;
	struct sst_item good = item(0), bad = good, row = item(6);

	setup(&f, true);
	bad.part.key = S("\0\4\0\0\0\7");
	ck_assert_int_eq(sst_ndjson_new(&n, &f.table, &f.e), 0);
	ck_assert_int_eq(sst_ndjson_item(n, &bad, &f.out, &f.e), -1);
	ck_assert_int_eq(sst_ndjson_item(n, &row, &f.out, &f.e), 0);
	ck_assert_uint_eq(f.out.n, 0);
	ck_assert_int_eq(sst_ndjson_item(n, &good, &f.out, &f.e), 0);
	ck_assert_uint_ne(f.out.n, 0);
	sst_buf_reset(&f.out);

	ck_assert_int_eq(sst_sstabledump_new(&d, &f.table, 0, &f.e), 0);
	ck_assert_int_eq(sst_sstabledump_item(d, &good, &f.out, &f.e), 0);
	ck_assert_int_eq(sst_sstabledump_item(d, &bad, &f.out, &f.e), -1);
	ck_assert_int_eq(sst_sstabledump_item(d, &row, &f.out, &f.e), 0);
	sst_sstabledump_end(d, &f.out);
	sst_buf_addc(&f.out, '\0');
	ck_assert_ptr_nonnull(strstr((char *)f.out.p, "\"rows\" : [ ]\n  }\n]"));
	sst_ndjson_free(n);
	sst_sstabledump_free(d);
	teardown(&f);
}
END_TEST

/* A counter of two shards, 5 and -7. */
#define CONTEXT \
	"\0\1\x80\0" \
	"aaaaaaaaaaaaaaaa\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\5" \
	"bbbbbbbbbbbbbbbb\0\0\0\0\0\0\0\1\xff\xff\xff\xff\xff\xff\xff\xf9"

static const struct {
	struct sst_slice context;
	int rc;
	const char *ndjson, *dump;
} counters[] = {
	{ { (const uint8_t *)CONTEXT, sizeof(CONTEXT) - 1 }, 0,
	    "\"n\":{\"value\":\"-2\",\"context\":\"0001800061616161616161616161616161616161"
	    "000000000000000100000000000000056262626262626262626262626262626200000000000000"
	    "01fffffffffffffff9\",\"ts\":1}",
	    "{ \"name\" : \"n\", \"value\" : 422214098837857, \"tstamp\" :" },
	{ { (const uint8_t *)CONTEXT, 7 }, -1, NULL, NULL },
};

START_TEST(counter)
{
	struct fixture f;
	struct sst_column n;
	struct sst_cell cell = { .ts_us = 1, .ldt_s = SST_NO_LDT, .value = counters[_i].context };
	struct sst_item it = item(0), row = item(6), back;
	const struct sst_item *in;
	struct sst_slice key;
	struct sst_ndjson *w;
	struct sst_ndjsonin *r;
	struct sst_sstabledump *d;

	setup(&f, true);
	column(&n, "n", type(&f, "counter"));
	f.table.regulars = &n;
	f.table.nregular = 1;
	row.row.cells = &cell;
	row.row.ncells = 1;
	ck_assert_int_eq(sst_ndjson_new(&w, &f.table, &f.e), 0);
	ck_assert_int_eq(sst_ndjsonin_new(&r, &f.table, &f.e), 0);
	ck_assert_int_eq(sst_sstabledump_new(&d, &f.table, 0, &f.e), 0);
	ck_assert_int_eq(sst_sstabledump_item(d, &it, &f.out, &f.e), 0);
	ck_assert_int_eq(sst_sstabledump_item(d, &row, &f.out, &f.e), counters[_i].rc);
	sst_buf_addc(&f.out, '\0');
	if (counters[_i].rc == 0)
		ck_assert_ptr_nonnull(strstr((char *)f.out.p, counters[_i].dump));
	sst_buf_reset(&f.out);
	ck_assert_int_eq(sst_ndjson_item(w, &it, &f.out, &f.e), 0);
	sst_buf_reset(&f.out);
	ck_assert_int_eq(sst_ndjson_item(w, &row, &f.out, &f.e), counters[_i].rc);
	if (counters[_i].rc == 0) {
		ck_assert_int_eq(sst_ndjsonin_line(r, sst_buf_slice(&f.out), &key, &in, &f.e), 0);
		back = *in;
		ck_assert_uint_eq(back.row.ncells, 1);
		ck_assert(sst_slice_eq(back.row.cells[0].value, counters[_i].context));
		sst_buf_addc(&f.out, '\0');
		ck_assert_ptr_nonnull(strstr((char *)f.out.p, counters[_i].ndjson));
	}
	sst_ndjson_free(w);
	sst_ndjsonin_free(r);
	sst_sstabledump_free(d);
	teardown(&f);
}
END_TEST

#define K "\"key\":{\"k\":7,\"b\":\"x\"}"
#define C "\"clustering\":{\"c\":\"1\",\"d\":\"x\"}"

static const struct {
	const char *line, *what; /* NULL: it is right */
} inputs[] = {
	{ "{\"type\":\"row\"," K "," C "}", NULL },
	{ "{" C ",\"cells\":{\"v\":{\"ts\":1,\"value\":1},\"Name\":{\"value\":null,\"ts\":-1}}," K
	  ",\"type\":\"row\",\"position\":5,\"file\":\"x\",\"table\":\"y\",\"keyspace\":\"z\"}",
	    "null" },
	{ "{" C ",\"cells\":{\"v\":{\"ts\":1,\"value\":1},\"Name\":{\"value\":\"\",\"ts\":-1}}," K
	  ",\"type\":\"row\",\"position\":5,\"file\":\"x\",\"table\":\"y\",\"keyspace\":\"z\"}",
	    NULL },
	{ "", "" },
	{ "[]", "not an object" },
	{ "{}", "no \"type\"" },
	{ "{\"type\":5," K "}", "no \"type\"" },
	{ "{\"type\":\"rows\"," K "}", "unknown type" },
	{ "{\"type\":\"row\"," C "}", "no \"key\"" },
	{ "{\"type\":\"row\"," K "}", "a row needs \"clustering\"" },
	{ "{\"type\":\"row\"," K "," C ",\"colour\":1}", "unknown member \"colour\"" },
	{ "{\"type\":\"row\"," K "," C "," K "}", "member twice" },
	{ "{\"type\":\"row\",\"key\":[]," C "}", "not an object" },
	{ "{\"type\":\"row\",\"key\":{\"k\":7}," C "}", "key columns missing" },
	{ "{\"type\":\"row\",\"key\":{\"b\":\"x\",\"k\":7}," C "}", "key column out of order" },
	{ "{\"type\":\"row\",\"key\":{\"k\":7,\"x\":7}," C "}", "no such key column" },
	{ "{\"type\":\"row\",\"key\":{\"k\":7,\"b\":null}," C "}", "null in a partition key" },
	{ "{\"type\":\"row\"," K "," C ",\"position\":\"1\"}", "not a number" },
	{ "{\"type\":\"row\"," K "," C ",\"position\":-9}", "position below 0" },
	{ "{\"type\":\"row\"," K "," C ",\"ts\":1.5}", "not a whole number" },
	{ "{\"type\":\"row\"," K "," C ",\"ts\":9223372036854775808}", "number beyond 64 bits" },
	{ "{\"type\":\"row\"," K "," C ",\"ts\":-9223372036854775808}", NULL },
	{ "{\"type\":\"row\"," K "," C ",\"ts\":-9223372036854775809}", "number beyond 64 bits" },
	{ "{\"type\":\"row\"," K "," C ",\"ts\":1,\"ttl\":4294967296,\"expires\":1}",
	    "number beyond 32 bits" },
	{ "{\"type\":\"row\"," K "," C ",\"ts\":1,\"ttl\":5}",
	    "\"ttl\" and \"expires\" go together, with \"ts\"" },
	{ "{\"type\":\"row\"," K "," C ",\"deletion\":{\"ts\":1}}",
	    "a deletion needs \"ts\" and \"at\"" },
	{ "{\"type\":\"row\"," K "," C ",\"cells\":[]}", "not an object" },
	{ "{\"type\":\"row\"," K "," C ",\"cells\":{\"w\":{}}}", "no such column" },
	{ "{\"type\":\"row\"," K "," C ",\"cells\":{\"v\":{\"value\":1},\"v\":{\"value\":1}}}",
	    "column twice" },
	{ "{\"type\":\"row\"," K "," C ",\"cells\":{\"v\":{}}}",
	    "a cell has either \"value\" or \"deleted\"" },
	{ "{\"type\":\"row\"," K "," C ",\"cells\":{\"v\":{\"value\":1,\"ttl\":1}}}",
	    "\"ttl\" and \"expires\" go together, with a value" },
	{ "{\"type\":\"row\"," K "," C ",\"cells\":{\"m\":{\"elements\":5}}}", "not an array" },
	{ "{\"type\":\"row\"," K "," C ",\"cells\":{\"m\":{\"elements\":[{\"value\":\"1\"}]}}}",
	    "an element needs \"path\"" },
	{ "{\"type\":\"row\"," K "," C
	  ",\"cells\":{\"m\":{\"elements\":[{\"path\":\"b\",\"value\":\"1\"},"
	  "{\"path\":\"a\",\"value\":\"1\"}]}}}",
	    "elements out of order" },
	{ "{\"type\":\"row\"," K "," C
	  ",\"cells\":{\"u\":{\"elements\":[{\"path\":\"z\",\"value\":1}]}}}",
	    "no such field" },
	{ "{\"type\":\"row\"," K "," C ",\"cells\":{\"v\":{\"value\":\"x\"}}}", "" },
	{ "{\"type\":\"static\"," K ",\"cells\":{\"s\":{\"value\":\"x\",\"ts\":1}}}", NULL },
	{ "{\"type\":\"static\"," K "," C "}", "\"clustering\" in a static" },
	{ "{\"type\":\"partition\"," K "}", "a partition needs \"deletion\"" },
	{ "{\"type\":\"range_tombstone\"," K "}",
	    "a range tombstone needs \"bound\", and \"open\" or \"close\"" },
	{ "{\"type\":\"range_tombstone\"," K ",\"bound\":{},\"open\":{\"ts\":1,\"at\":1}}",
	    "a bound needs \"clustering\" and \"side\"" },
	{ "{\"type\":\"range_tombstone\"," K ",\"bound\":{\"clustering\":{},\"side\":\"in\"},"
	  "\"open\":{\"ts\":1,\"at\":1}}",
	    "a side is \"before\" or \"after\"" },
	{ "{\"type\":\"range_tombstone\"," K ",\"bound\":{\"clustering\":{},\"side\":\"before\"},"
	  "\"open\":{\"ts\":1,\"at\":1}}",
	    NULL },
};

START_TEST(ndjson_input)
{
	struct fixture f;
	struct sst_ndjsonin *r;
	const struct sst_item *it;
	struct sst_slice key;
	int rc;

	setup(&f, true);
	ck_assert_int_eq(sst_ndjsonin_new(&r, &f.table, &f.e), 0);
	rc = sst_ndjsonin_line(r, sst_slice_str(inputs[_i].line), &key, &it, &f.e);
	if (inputs[_i].what == NULL)
		ck_assert_msg(rc == 0, "%s", f.e.what);
	else {
		ck_assert_int_eq(rc, -1);
		ck_assert_int_eq(f.e.code, SST_EINVAL);
		ck_assert_msg(strstr(f.e.what, inputs[_i].what) != NULL, "%s", f.e.what);
		ck_assert_ptr_null(it);
		ck_assert_ptr_null(key.p);
	}
	sst_ndjsonin_free(r);
	teardown(&f);
}
END_TEST

/* The same items as a reader sees them, in the partition that is not deleted and one that has
 * nothing but a static row. */
static void
as_csv(struct fixture *f, enum sst_csv_form form)
{
	struct sst_merge_opts opts = { .now_s = 1525385500, .gc_before_s = INT64_MIN };
	static const size_t wanted[] = { 0, 1, 2, 5, 0, 1 };
	const struct sst_item *got;
	struct items list = { 0 };
	struct sst_stream *in, *all;
	struct sst_csv *c;
	size_t i;

	for (i = 0; i < SST_ARRAY_LEN(wanted); i++) {
		struct sst_item it = item(wanted[i]);

		if (it.kind == SST_PARTITION)
			it.part.del = SST_LIVE;
		if (i == 4) {
			it.part.key = S("\0\4\0\0\0\1\0\0\2a,\0");
			it.part.token = INT64_MAX;
		}
		items_add(&list, &it, &f->arena);
	}
	all = items_stream(&list, &f->table, false, false);
	ck_assert_int_eq(sst_merge_open(&in, &f->table, &all, 1, &opts, &f->e), 0);
	ck_assert_int_eq(sst_csv_new(&c, &f->table, form, &f->e), 0);
	sst_csv_head(c, &f->out);
	while (sst_stream_next(in, &got, &f->e) == SST_ONE)
		ck_assert_msg(sst_csv_item(c, got, &f->out, &f->e) == 0, "%s", f->e.what);
	ck_assert_int_eq(sst_csv_end(c, &f->out, &f->e), 0);
	sst_buf_addc(&f->out, '\0');
	sst_csv_free(c);
	sst_stream_close(in);
}

START_TEST(csv_rows)
{
	struct fixture f;

	setup(&f, true);
	as_csv(&f, SST_CSV);
	ck_assert_str_eq((char *)f.out.p,
	    "k,b,c,d,s,Name,v,l,m,st,u\n"
	    "7,\"x\"\"\",1,\"d\n\",\xc3\xbc\1,\"a \"\"quoted\"\" \\ name\",5,[-1],"
	    "{'a': 9223372036854775807},\"{'one', 'two'}\",\"{a: 1, \"\"b\"\"\"\"\"\": ''}\"\n"
	    "7,\"x\"\"\",0,\"\",\xc3\xbc\1,,,,,,\n"
	    "1,\"a,\",,,\xc3\xbc\1,,,,,,\n");
	sst_buf_reset(&f.out);
	f.table.named = false;
	as_csv(&f, SST_TSV);
	ck_assert_str_eq((char *)f.out.p,
	    "key1\tkey2\tck1\tck2\ts\tName\tv\tl\tm\tst\tu\n"
	    "7\tx\"\t1\td\\n\t\xc3\xbc\1\ta \"quoted\" \\\\ name\t5\t[-1]\t"
	    "{'a': 9223372036854775807}\t{'one', 'two'}\t{a: 1, \"b\"\"\": ''}\n"
	    "7\tx\"\t0\t\t\xc3\xbc\1\t\t\t\t\t\t\n"
	    "1\ta,\t\t\t\xc3\xbc\1\t\t\t\t\t\t\n");
	teardown(&f);
}
END_TEST

/* A value that is none of its type leaves its line out, a bad key its partition; the rest follows. */
START_TEST(csv_bad)
{
	static const struct sst_cell bad[] = { CELL(V, "\1") };
	static const struct sst_cell field[] = { ELEMENT(U, "\0\7", "") };
	struct fixture f;
	struct sst_csv *c;
	struct sst_item it = item(0), row = item(5);

	setup(&f, true);
	ck_assert_int_eq(sst_csv_new(&c, &f.table, SST_CSV, &f.e), 0);
	ck_assert_int_eq(sst_csv_item(c, &it, &f.out, &f.e), 0);
	row.row.ncells = 1;
	row.row.cells = bad;
	ck_assert_int_eq(sst_csv_item(c, &row, &f.out, &f.e), -1);
	ck_assert_int_eq(f.e.code, SST_EDAMAGED);
	ck_assert_str_eq(f.e.file, row.file);
	ck_assert_uint_eq(f.e.off, row.off);
	row.row.cells = field;
	ck_assert_int_eq(sst_csv_item(c, &row, &f.out, &f.e), -1);
	ck_assert_uint_eq(f.out.n, 0);
	it.part.key = S("\0\4\0");
	ck_assert_int_eq(sst_csv_item(c, &it, &f.out, &f.e), -1);
	row.row.ncells = 0;
	ck_assert_int_eq(sst_csv_item(c, &row, &f.out, &f.e), 0);
	ck_assert_int_eq(sst_csv_end(c, &f.out, &f.e), 0);
	ck_assert_uint_eq(f.out.n, 0);
	sst_csv_free(c);
	teardown(&f);
}
END_TEST

/* Columns of all tables, each with the type that holds the values of all. */
START_TEST(joined)
{
	struct fixture f, g;
	const struct sst_table *both[2] = { &f.table, &g.table };
	struct sst_column extra[2];
	struct sst_table *t;
	int at;

	setup(&f, true);
	setup(&g, true);
	column(&extra[0], "v", type(&g, "varint"));
	column(&extra[1], "zz", type(&g, "map<text, int>"));
	g.table.regulars = extra;
	g.table.nregular = 2;
	g.table.nstatic = 0;
	ck_assert_msg(sst_table_join(&t, &f.arena, both, 2, &f.e) == 0, "%s", f.e.what);
	ck_assert_uint_eq(t->nstatic, 1);
	ck_assert_uint_eq(t->nregular, NREGULAR + 1);
	at = sst_column_find(t->regulars, t->nregular, S("v"));
	ck_assert_int_eq(t->regulars[at].type->kind, SST_VARINT);
	ck_assert_int_ge(sst_column_find(t->regulars, t->nregular, S("zz")), 0);
	extra[0].name = S("s"); /* a static column of the other one */
	ck_assert_int_eq(sst_table_join(&t, &f.arena, both, 2, &f.e), -1);
	ck_assert_int_eq(f.e.code, SST_EINVAL);
	ck_assert_ptr_null(t);
	teardown(&f);
	teardown(&g);
}
END_TEST

Suite *
textrows_suite(void)
{
	Suite *s = suite_create("textrows");
	TCase *t = tcase_create("textrows");

	tcase_add_test(t, ndjson_lines);
	tcase_add_loop_test(t, ndjson_round_trip, 0, 2);
	tcase_add_test(t, ndjson_unnamed);
	tcase_add_test(t, sstabledump_form);
	tcase_add_loop_test(t, sstabledump_expired, 0, (int)SST_ARRAY_LEN(expiries));
	tcase_add_test(t, sstabledump_empty);
	tcase_add_loop_test(t, bad_value, 0, (int)SST_ARRAY_LEN(bad_cells));
	tcase_add_test(t, bad_key);
	tcase_add_loop_test(t, counter, 0, (int)SST_ARRAY_LEN(counters));
	tcase_add_loop_test(t, ndjson_input, 0, (int)SST_ARRAY_LEN(inputs));
	tcase_add_test(t, csv_rows);
	tcase_add_test(t, csv_bad);
	tcase_add_test(t, joined);
	suite_add_tcase(s, t);
	return s;
}
