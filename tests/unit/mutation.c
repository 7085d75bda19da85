/*
 * tests/unit/mutation.c: updates through their bytes and back, bytes that a real Cassandra wrote, and
 * bytes that are wrong.
 */
#include <check.h>
#include <stdlib.h>

#include "../support/model.h"
#include "../support/random.h"
#include "base/num.h"
#include "codec/in.h"
#include "codec/out.h"
#include "commitlog/mutation.h"
#include "row/serial.h"

Suite *mutation_suite(void);

#define FAIL(e) ck_abort_msg("%s", sst_err_text(e, text, sizeof(text)))

static char text[512];

static const struct sst_table *
only_one(void *arg, const uint8_t id[16])
{
	const struct sst_table *t = arg;

	return t != NULL && memcmp(t->id, id, 16) == 0 ? t : NULL;
}

static struct sst_mutation_in *
reader(const struct sst_table *t)
{
	struct sst_mutation_in *in;
	struct sst_err e;

	if (sst_mutation_in_new(&in, only_one, (void *)(uintptr_t)t, &e) == -1)
		FAIL(&e);
	return in;
}

static struct sst_mutation_out *
writer(void)
{
	struct sst_mutation_out *out;
	struct sst_err e;

	if (sst_mutation_out_new(&out, &e) == -1)
		FAIL(&e);
	return out;
}

/* A deep copy, since what is read lasts until the next call. */
static const struct sst_update *
kept(const struct sst_update *u, struct sst_arena *a)
{
	struct sst_update *to = sst_arena_alloc(a, sizeof(*to));
	struct sst_row *rows = sst_arena_array(a, u->nrows + 1, sizeof(*rows));
	struct sst_range_deletion *ranges = sst_arena_array(a, u->nranges + 1, sizeof(*ranges));
	struct sst_item from, copy;
	struct sst_err e;
	size_t i;

	*to = *u;
	to->part.key = sst_arena_slice(a, u->part.key);
	for (i = 0; i < u->nrows + (u->statik != NULL); i++) {
		memset(&from, 0, sizeof(from));
		from.kind = i < u->nrows ? SST_ROW : SST_STATIC;
		from.row = i < u->nrows ? u->rows[i] : *u->statik;
		if (sst_item_copy(&copy, &from, u->table, a, &e) == -1)
			FAIL(&e);
		if (i < u->nrows)
			rows[i] = copy.row;
		else
			to->statik = memcpy(
			    sst_arena_alloc(a, sizeof(copy.row)), &copy.row, sizeof(copy.row));
	}
	for (i = 0; i < 2 * u->nranges; i++) {
		memset(&from, 0, sizeof(from));
		from.kind = SST_MARKER;
		from.marker.at = i % 2 == 0 ? u->ranges[i / 2].from : u->ranges[i / 2].to;
		if (sst_item_copy(&copy, &from, u->table, a, &e) == -1)
			FAIL(&e);
		ranges[i / 2].del = u->ranges[i / 2].del;
		*(i % 2 == 0 ? &ranges[i / 2].from : &ranges[i / 2].to) = copy.marker.at;
	}
	to->rows = rows;
	to->ranges = ranges;
	return to;
}

/* Through the bytes and back; the bytes once more are the same. */
static const struct sst_update *
through(struct sst_mutation_out *out, struct sst_mutation_in *in, const struct sst_update *u,
    struct sst_arena *a)
{
	const struct sst_update *got, *copy;
	struct sst_slice bytes, again;
	struct sst_err e;

	if (sst_mutation_put(out, u, &bytes, &e) == -1)
		FAIL(&e);
	bytes = sst_arena_slice(a, bytes);
	sst_mutation_begin(in, bytes, "log", 0);
	if (sst_mutation_next(in, &got, &e) != SST_ONE)
		FAIL(&e);
	ck_assert_ptr_eq(got->table, u->table);
	ck_assert(sst_slice_eq(got->part.key, u->part.key));
	ck_assert_int_eq(got->part.token, u->part.token);
	copy = kept(got, a);
	if (sst_mutation_next(in, &got, &e) != 0)
		FAIL(&e);
	if (sst_mutation_put(out, copy, &again, &e) == -1)
		FAIL(&e);
	ck_assert(sst_slice_eq(bytes, again));
	return copy;
}

static void
updates_come_back_case(int seed)
{
	struct random r = { (uint64_t)seed };
	struct random_opts o = {
		.nrows = 1 + random_below(&r, 6), .wide = seed % 5 == 0, .shadowable = seed % 3 == 0
	};
	struct sst_arena a = { 0 };
	const struct sst_table *t = random_table(&r, seed % 10 == 9, &a);
	struct sst_mutation_out *out = writer();
	struct sst_mutation_in *in = reader(t);
	const struct sst_update *u, *got;
	struct items a_items, b_items;
	struct model want, have;
	int i;

	o.no_deletions = t->counter;
	for (i = 0; i < 20; i++) {
		u = random_update(&r, t, &o, &a);
		got = through(out, in, u, &a);
		want = have = (struct model){ .table = t, .arena = &a };
		model_apply(&want, u);
		model_apply(&have, got);
		model_apply(&have, got); /* replayed twice: no difference */
		a_items = model_items(&have, false);
		b_items = model_items(&want, false);
		ck_assert(items_same(t, &a_items, &b_items));
	}
	sst_mutation_out_free(out);
	sst_mutation_in_free(in);
	sst_arena_free(&a);
}

START_TEST(updates_come_back)
{
	random_batch(_i, updates_come_back_case);
}
END_TEST

/* ---- a table made by hand ---- */

static struct sst_arena arena;
static struct sst_table *table;

static const struct sst_type *
type(const char *cql)
{
	const struct sst_type *t;
	struct sst_err e;

	if (sst_type_parse_cql(&t, &arena, sst_slice_str(cql), NULL, NULL, &e) == -1)
		FAIL(&e);
	return t;
}

/* k int, c int, s int static, m map<int, int>, v int, w text; x int was dropped. */
static void
setup(void)
{
	static struct sst_column c[7];
	struct sst_err e;
	size_t i;

	table = sst_arena_alloc(&arena, sizeof(*table));
	memset(table, 0, sizeof(*table));
	memset(c, 0, sizeof(c));
	sst_table_defaults(table);
	table->keyspace = sst_slice_str("ks");
	table->name = sst_slice_str("t");
	memcpy(table->id, "0123456789abcdef", 16);
	for (i = 0; i < 7; i++) {
		c[i].name = (struct sst_slice){ (const uint8_t *)"kcsvwmx" + i, 1 };
		c[i].type = type(i == 4 ? "text" : i == 5 ? "map<int, int>" : "int");
		c[i].dropped_us = i == 6 ? 2000 : INT64_MIN;
	}
	table->key = c;
	table->ck = c + 1;
	table->statics = c + 2;
	table->regulars = c + 3;
	table->dropped = c + 6;
	table->nkey = table->nck = table->nstatic = table->ndropped = 1;
	table->nregular = 3;
	if (sst_table_finish(table, &arena, &e) == -1)
		FAIL(&e);
}

static void
teardown(void)
{
	sst_arena_free(&arena);
	memset(&arena, 0, sizeof(arena));
}

#define ID "0123456789abcdef"
#define KEY "\x04\0\0\0\x01"
#define TIMES "\0\0\0" /* the epoch, and a TTL of 0 */
#define BEGIN "\x01" ID KEY

/* What can be wrong; good ones have no `what`. */
static const struct {
	const char *bytes;
	size_t n;
	enum sst_code code;
	const char *what;
} mutations[] = {
#define B(s) s, sizeof(s) - 1
	{ B(BEGIN "\x01"), SST_OK, NULL },
	{ B("\x02" ID KEY "\x01" ID KEY "\x01"), SST_OK, NULL },
	{ B(BEGIN "\x10" TIMES "\x01\x01v\x01"
		  "\x24\0\0\0\0\x05\x07\x08\0\0\0\x09\x01"),
	    SST_OK, NULL },
	{ B(BEGIN "\0" TIMES "\0\x01"), SST_OK, NULL },           /* no estimate, no columns */
	{ B(BEGIN "\x04" TIMES "\0\x05\x06\x01"), SST_OK, NULL }, /* a partition deletion */
	{ B(BEGIN "\x08" TIMES "\x01\x01s\0\xa4\x01\x05\x08\0\0\0\x01\x01"), SST_OK, NULL },
	{ B(BEGIN "\0" TIMES "\x01\x01x\x24\0\0\0\0\x05\x07\x08\0\0\0\x09\x01"), SST_OK, NULL },
	{ B(""), SST_EDAMAGED, "a mutation without updates, or cut short" },
	{ B("\0"), SST_EDAMAGED, "a mutation without updates, or cut short" },
	{ B("\x7f" ID), SST_EDAMAGED, "a mutation without updates, or cut short" },
	{ B("\x01"
	    "0123456789"),
	    SST_EDAMAGED, "mutation cut short" },
	{ B("\x01"
	    "0123456789abcdeX" KEY "\x01"),
	    SST_EINVAL,
	    "a write to a table that is not known, with id 30313233343536373839616263646558" },
	{ B("\x01" ID "\x04\0"), SST_EDAMAGED,
	    "partition key cut short, or longer than 65535 bytes" },
	{ B(BEGIN), SST_EDAMAGED, "partition key cut short, or longer than 65535 bytes" },
	{ B(BEGIN "\x02" TIMES "\0\x01"), SST_EDAMAGED, "flags of an update that are not known" },
	{ B(BEGIN "\x40" TIMES "\0\x01"), SST_EDAMAGED, "flags of an update that are not known" },
	{ B(BEGIN "\x01\0"), SST_EDAMAGED, "bytes after the end of a mutation" },
	{ B(BEGIN "\0"
		  "\0\0"),
	    SST_EDAMAGED, "header of an update is cut short" },
	{ B(BEGIN "\0"
		  "\0\0\xf0\x80\0\0\0"
		  "\0\x01"),
	    SST_EDAMAGED, "header of an update is cut short" },
	{ B(BEGIN "\0" TIMES "\x05\x01v"), SST_EDAMAGED, "header of an update is cut short" },
	{ B(BEGIN "\0" TIMES "\xc1\0\0\x01v"), SST_EDAMAGED, "header of an update is cut short" },
	{ B(BEGIN "\0" TIMES "\x01\x02qq\x01"), SST_EINVAL, "column \"qq\" is not in table ks.t" },
	{ B(BEGIN "\0" TIMES "\x01\x01s\x01"), SST_EINVAL, "column \"s\" is not in table ks.t" },
	{ B(BEGIN "\x08" TIMES "\x01\x01v\0\x01"), SST_EINVAL,
	    "column \"v\" is not in table ks.t" },
	{ B(BEGIN "\0" TIMES "\x02\x01w\x01v\x01"), SST_EDAMAGED,
	    "columns of a mutation out of order" },
	{ B(BEGIN "\0" TIMES "\x02\x01m\x01v\x01"), SST_EDAMAGED,
	    "columns of a mutation out of order" },
	{ B(BEGIN "\0" TIMES "\x02\x01v\x01v\x01"), SST_EDAMAGED,
	    "columns of a mutation out of order" },
	{ B(BEGIN "\x08" TIMES "\x01\x01s\0\x01"), SST_EDAMAGED,
	    "no static row where one should be" },
	{ B(BEGIN "\x08" TIMES "\x01\x01s\0\x24\0\0\0\0\x05\x07\x01"), SST_EDAMAGED,
	    "no static row where one should be" },
	{ B(BEGIN "\0" TIMES "\0"), SST_EDAMAGED, "mutation cut short in a row" },
	{ B(BEGIN "\0" TIMES "\0\x24\0\0\0"), SST_EDAMAGED, "mutation cut short in a row" },
	{ B(BEGIN "\0" TIMES "\x01\x01v\x24\0\0\0\0\x05\x07\x08\0"), SST_EDAMAGED,
	    "row damaged, or longer than it says" },
	{ B(BEGIN "\0" TIMES "\0\xa4\x01\x05\x01"), SST_EDAMAGED, "static row among the others" },
	{ B(BEGIN "\0" TIMES "\0\x24\0\0\0\0\x05\x05\x24\0\0\0\0\x05\x05\x01"), SST_EDAMAGED,
	    "rows of a mutation out of order" },
	{ B(BEGIN "\0" TIMES "\0\x24\0\0\0\0\x07\x05\x24\0\0\0\0\x05\x05\x01"), SST_EDAMAGED,
	    "rows of a mutation out of order" },
	{ B(BEGIN "\0" TIMES "\0\x02\x06\0\x01\0\0\0\0\x05\x05\x05\x01"), SST_EDAMAGED,
	    "marker ends a range deletion that is not open" },
	{ B(BEGIN "\0" TIMES "\0\x02\x01\0\x01\0\0\0\0\x05\x05\x05\x01"), SST_EDAMAGED,
	    "range deletion without an end" },
	{ B(BEGIN "\0" TIMES "\0\x02\x01\0\x01\0\0\0\0\x05\x05\x05"
		  "\x02\x06\0\x01\0\0\0\0\x05\x05\x05\x01"),
	    SST_OK, NULL },
	{ B(BEGIN "\0" TIMES "\0\x02\x01\0\x01\0\0\0\0\x05\x05\x05"
		  "\x02\x06\0\x01\0\0\0\0\x05\x06\x05\x01"),
	    SST_EDAMAGED, "marker ends a range deletion that is not open" },
	{ B(BEGIN "\0" TIMES "\0\x05\x01"), SST_EDAMAGED, "flags 05 of a row" },
#undef B
};

START_TEST(bytes_that_are_wrong)
{
	struct sst_mutation_in *in = reader(table);
	uint8_t *exact = malloc(mutations[_i].n + 1);
	const struct sst_update *u;
	struct sst_err e = { .code = SST_OK };
	int r;

	memcpy(exact, mutations[_i].bytes, mutations[_i].n);
	sst_mutation_begin(in, (struct sst_slice){ exact, mutations[_i].n }, "seg", 1000);
	while ((r = sst_mutation_next(in, &u, &e)) == SST_ONE)
		;
	if (mutations[_i].what == NULL && r == -1)
		FAIL(&e);
	if (mutations[_i].what != NULL) {
		ck_assert_int_eq(r, -1);
		ck_assert_str_eq(e.what, mutations[_i].what);
		ck_assert_int_eq(e.code, mutations[_i].code);
		ck_assert_str_eq(e.file, "seg");
		ck_assert_uint_ge(e.off, 1000);
		ck_assert_uint_le(e.off, 1000 + mutations[_i].n);
	}
	sst_mutation_in_free(in);
	free(exact);
}
END_TEST

START_TEST(a_row_is_what_its_bytes_say)
{
	static const char bytes[] = BEGIN "\x18" TIMES "\x01\x01s\x01\x01v" /* columns s; v */
					  "\xa4\x01\x05\x08\0\0\0\x01"      /* s = 1 at 5 */
					  "\x01"                            /* one row */
					  "\x24\0\0\0\0\x05\x07\x08\0\0\0\x09\x01";
	struct sst_mutation_in *in = reader(table);
	const struct sst_update *u;
	struct sst_err e;

	sst_mutation_begin(in, SST_SLICE_LIT(bytes), "seg", 0);
	if (sst_mutation_next(in, &u, &e) != SST_ONE)
		FAIL(&e);
	ck_assert_ptr_nonnull(u->statik);
	ck_assert_int_eq(u->statik->live.ts_us, SST_EPOCH_TS_US + 5);
	ck_assert_mem_eq(u->statik->cells[0].value.p, "\0\0\0\x01", 4);
	ck_assert_uint_eq(u->nrows, 1);
	ck_assert_mem_eq(u->rows[0].ck[0].p, "\0\0\0\x05", 4);
	ck_assert_int_eq(u->rows[0].live.ts_us, SST_EPOCH_TS_US + 7);
	ck_assert_uint_eq(u->rows[0].ncells, 1);
	ck_assert_uint_eq(u->rows[0].cells[0].col, 0);
	ck_assert_mem_eq(u->rows[0].cells[0].value.p, "\0\0\0\x09", 4);
	sst_mutation_in_free(in);
}
END_TEST

/* A cell of a dropped column is left out when it is older than the drop, and so is its row's. */
START_TEST(columns_that_were_dropped)
{
	static const char bytes[] =
	    BEGIN "\0" TIMES "\x02\x01v\x01x\x24\0\0\0\0\x05\x07\x08\0\0\0\x09\x08\0\0\0\x08\x01";
	struct sst_mutation_in *in = reader(table);
	const struct sst_update *u;
	struct sst_err e;

	sst_mutation_begin(in, SST_SLICE_LIT(bytes), "seg", 0);
	if (sst_mutation_next(in, &u, &e) != SST_ONE)
		FAIL(&e);
	ck_assert_uint_eq(u->rows[0].ncells, 1);
	ck_assert_mem_eq(u->rows[0].cells[0].value.p, "\0\0\0\x09", 4);
	sst_mutation_in_free(in);
}
END_TEST

/* More sets of columns than are remembered, and each again. */
START_TEST(many_shapes)
{
	struct random r = { 7 };
	struct random_opts o = { .nrows = 3 };
	struct sst_arena a = { 0 };
	struct sst_mutation_out *out = writer();
	const struct sst_table *t[40];
	struct sst_mutation_in *in;
	struct sst_table *own;
	int i;

	for (i = 0; i < 200; i++) {
		if (i < 40) {
			t[i] = random_table(&r, false, &a);
			own = (struct sst_table *)(uintptr_t)t[i];
			own->id[0] = (uint8_t)i;
		}
		in = reader(t[i % 40]);
		through(out, in, random_update(&r, t[i % 40], &o, &a), &a);
		through(out, in, random_update(&r, t[i % 40], &o, &a), &a);
		sst_mutation_in_free(in);
	}
	sst_mutation_out_free(out);
	sst_arena_free(&a);
}
END_TEST

START_TEST(what_cannot_be_written)
{
	struct sst_mutation_out *out = writer();
	static uint8_t key[SST_PARTITION_KEY_MAX + 1];
	struct sst_slice ck = SST_SLICE_LIT("\0\0\0\x01"), bytes;
	struct sst_cell cell = { .col = 3, .ts_us = 1, .ldt_s = SST_NO_LDT };
	struct sst_row row = { .ck = &ck,
		.live = { SST_NO_TS, 0, SST_NO_LDT },
		.del = SST_LIVE,
		.ncells = 1,
		.cells = &cell };
	struct sst_update u = {
		.table = table, .part = { { key, 4 }, 0, SST_LIVE }, .nrows = 1, .rows = &row
	};
	struct sst_complex_deletion del = { 3, { 1, 1 } };
	struct sst_err e;

	ck_assert_int_eq(sst_mutation_put(out, &u, &bytes, &e), -1);
	ck_assert_str_eq(e.what, "a cell of column 3 of 3");
	cell.col = 0;
	cell.value = SST_SLICE_LIT("\0");
	ck_assert_int_eq(sst_mutation_put(out, &u, &bytes, &e), -1); /* an int of one byte */
	ck_assert_int_eq(e.code, SST_EINVAL);
	cell.value = SST_SLICE_LIT("\0\0\0\0");
	ck_assert_int_eq(sst_mutation_put(out, &u, &bytes, &e), 0);
	row.ncomplex = 1;
	row.complex = &del;
	ck_assert_int_eq(sst_mutation_put(out, &u, &bytes, &e), -1);
	row.ncomplex = 0;
	u.statik = &row;
	cell.col = 1;
	ck_assert_int_eq(sst_mutation_put(out, &u, &bytes, &e), -1);
	ck_assert_str_eq(e.what, "a cell of column 1 of 1");
	u.statik = NULL;
	cell.col = 0;
	u.part.del = (struct sst_deletion){ 1, -1 };
	ck_assert_int_eq(sst_mutation_put(out, &u, &bytes, &e), -1);
	ck_assert_str_eq(e.what, "deletion time -1 s of a partition: 0 to 2147483646 fit");
	u.part.del = (struct sst_deletion){ 1, INT32_MAX };
	ck_assert_int_eq(sst_mutation_put(out, &u, &bytes, &e), -1);
	u.part.del = SST_LIVE;
	u.part.key.n = sizeof(key);
	ck_assert_int_eq(sst_mutation_put(out, &u, &bytes, &e), -1);
	ck_assert_str_eq(e.what, "a partition key of 65536 bytes: at most 65535");
	u.part.key.n = 4;
	memset(table->id, 0, 16);
	ck_assert_int_eq(sst_mutation_put(out, &u, &bytes, &e), -1);
	ck_assert_str_eq(e.what, "a table without an id");
	sst_mutation_out_free(out);
}
END_TEST

/* Ranges over and inside each other, some of them nothing. */
START_TEST(ranges_add_up)
{
	struct sst_mutation_out *out = writer();
	struct sst_mutation_in *in = reader(table);
	static struct sst_slice at[64];
	static uint8_t be[64][4];
	struct sst_range_deletion ranges[200];
	struct sst_update u = { .table = table,
		.part = { SST_SLICE_LIT("\0\0\0\x01"), 0, SST_LIVE },
		.ranges = ranges };
	struct random r = { 3 };
	const struct sst_update *got;
	struct model want, have;
	struct items a, b;
	uint32_t i, n, c;

	u.part.token = sst_token(u.part.key);
	for (i = 0; i < 64; i++) {
		be[i][3] = (uint8_t)i;
		at[i] = (struct sst_slice){ be[i], 4 };
	}
	for (c = 0; c < 60; c++) {
		n = random_below(&r, 20);
		for (i = 0; i < n; i++)
			ranges[i] = (struct sst_range_deletion){ { &at[random_below(&r, 64)],
								     random_below(&r, 10) > 0, -1 },
				{ &at[random_below(&r, 64)], random_below(&r, 10) > 0, 1 },
				{ random_below(&r, 5), random_below(&r, 3) } };
		if (n > 3)
			ranges[3].del = SST_LIVE;
		u.nranges = n;
		got = through(out, in, &u, &arena);
		for (i = 0; i < n;) /* the model has no place for ranges that are none */
			if (ranges[i].del.ts_us == SST_NO_TS ||
			    sst_bound_compare(table, &ranges[i].from, &ranges[i].to) >= 0)
				ranges[i] = ranges[--n];
			else
				i++;
		u.nranges = n;
		want = have = (struct model){ .table = table, .arena = &arena };
		model_apply(&want, &u);
		model_apply(&have, got);
		a = model_items(&have, false);
		b = model_items(&want, false);
		ck_assert(items_same(table, &a, &b));
	}
	sst_mutation_out_free(out);
	sst_mutation_in_free(in);
}
END_TEST

Suite *
mutation_suite(void)
{
	Suite *s = suite_create("mutation");
	TCase *t = tcase_create("mutation");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, updates_come_back, 0, 10);
	tcase_add_loop_test(t, bytes_that_are_wrong, 0, SST_ARRAY_LEN(mutations));
	tcase_add_test(t, a_row_is_what_its_bytes_say);
	tcase_add_test(t, columns_that_were_dropped);
	tcase_add_test(t, many_shapes);
	tcase_add_test(t, what_cannot_be_written);
	tcase_add_test(t, ranges_add_up);
	suite_add_tcase(s, t);
	return s;
}
