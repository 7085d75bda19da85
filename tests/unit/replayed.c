/*
 * tests/unit/replayed.c: whole writes through whole logs: random updates against the model, a segment
 * that a real Cassandra wrote against the SSTable that it made of it, and the page's worked example.
 */
#include <check.h>
#include <stdlib.h>

#include "../support/memfs.h"
#include "../support/model.h"
#include "../support/random.h"
#include "commitlog/log.h"
#include "commitlog/mutation.h"
#include "commitlog/replay.h"
#include "cql/schema.h"
#include "memtable/memtable.h"
#include "text/sstabledump.h"

Suite *replayed_suite(void);

#define FAIL(e) ck_abort_msg("%s", sst_err_text(e, text, sizeof(text)))
#define DATA "tests/data/commitlog/"
#define NOW_S 1795230000 /* before anything in the segment expires */

static char text[512];
static struct sst_arena arena;

static void
teardown(void)
{
	sst_arena_free(&arena);
	memset(&arena, 0, sizeof(arena));
}

static const struct sst_table *
by_id(void *arg, const uint8_t id[16])
{
	return sst_schema_table_by_id(arg, id);
}

static const struct sst_table *
this_one(void *arg, const uint8_t id[16])
{
	const struct sst_table *t = arg;

	return memcmp(t->id, id, 16) == 0 ? t : NULL;
}

static void
load(struct sst_buf *b, const char *path)
{
	struct sst_err e;

	if (sst_io_read_file(&sst_io_posix, path, 1 << 20, b, &e) == -1)
		FAIL(&e);
}

/* All of a log into memtables, one a table; NULL for tables that nobody asks for. */
struct target {
	const struct sst_table *table;
	struct sst_memtable *mem;
	unsigned mutations, unknown;
};

static void
apply(struct target *to, struct sst_mutation_in *in, const struct sst_log_entry *entry)
{
	const struct sst_update *u;
	struct sst_err e;
	int r;

	to->mutations++;
	sst_mutation_begin(in, entry->mutation, entry->file, entry->off);
	while ((r = sst_mutation_next(in, &u, &e)) == SST_ONE) {
		ck_assert_ptr_eq(u->table, to->table);
		if (sst_memtable_apply(to->mem, u, &e) == -1)
			FAIL(&e);
	}
	if (r == -1) {
		if (e.code != SST_EINVAL || strstr(e.what, "table that is not known") == NULL)
			FAIL(&e);
		to->unknown++;
	}
}

static struct sst_stream *
read_all(struct target *t)
{
	struct sst_read all = {
		.table = t->table, .left = INT64_MIN, .right = INT64_MIN, .raw = true
	};
	struct sst_stream *s;
	struct sst_err e;

	if (sst_memtable_read(t->mem, &all, &s, &e) == -1)
		FAIL(&e);
	return s;
}

/* As sstabledump prints it, without the lines of positions: there is no file. */
static struct sst_buf
dump(struct target *t)
{
	struct sst_buf all = { 0 }, out = { 0 };
	struct sst_stream *s = read_all(t);
	struct sst_sstabledump *d;
	const struct sst_item *item;
	const char *p, *end;
	struct sst_err e;
	int r;

	if (sst_sstabledump_new(&d, t->table, NOW_S, &e) == -1)
		FAIL(&e);
	while ((r = sst_stream_next(s, &item, &e)) == SST_ONE)
		if (sst_sstabledump_item(d, item, &all, &e) == -1)
			FAIL(&e);
	if (r == -1)
		FAIL(&e);
	sst_sstabledump_end(d, &all);
	sst_buf_addc(&all, '\n');
	sst_buf_addc(&all, '\0');
	for (p = (const char *)all.p; *p != '\0'; p = end) {
		const char *position = strstr(p, "\"position\" : ");

		end = strchr(p, '\n') + 1;
		if (position == NULL || position > end)
			sst_buf_add(&out, p, (size_t)(end - p));
	}
	sst_sstabledump_free(d);
	sst_stream_close(s);
	sst_buf_free(&all);
	return out;
}

START_TEST(a_segment_of_cassandra)
{
	static const char path[] = DATA "CommitLog-7-1795232893271.log";
	struct sst_buf cql = { 0 }, want = { 0 }, got;
	struct sst_mutation_in *in;
	struct sst_log_entry entry;
	struct target t = { 0 };
	struct sst_schema schema;
	struct sst_segread *r;
	struct sst_err e;

	load(&cql, DATA "schema.cql");
	load(&want, DATA "types.json");
	if (sst_schema_parse(&schema, &arena, sst_buf_slice(&cql), "schema.cql",
		SST_SLICE_LIT("everything"), &e) == -1)
		FAIL(&e);
	t.table = schema.tables[0];
	if (sst_memtable_new(&t.mem, t.table, &e) == -1 ||
	    sst_mutation_in_new(&in, by_id, &schema, &e) == -1 ||
	    sst_segread_open(&r, &sst_io_posix, path, &e) == -1)
		FAIL(&e);
	while (sst_segread_next(r, &entry, &e) == SST_ONE)
		apply(&t, in, &entry);
	ck_assert_uint_eq(sst_segread_info(r)->left, 0);
	ck_assert_uint_eq(sst_segread_info(r)->marked, 0);
	ck_assert(sst_segread_info(r)->begun);
	ck_assert_uint_eq(t.mutations, 127);
	ck_assert_uint_eq(t.unknown, 87); /* of the node's system tables */
	got = dump(&t);
	ck_assert_uint_eq(got.n, want.n);
	ck_assert_mem_eq(got.p, want.p, want.n);
	sst_buf_free(&got);
	sst_buf_free(&want);
	sst_buf_free(&cql);
	sst_segread_close(r);
	sst_mutation_in_free(in);
	sst_memtable_free(t.mem);
}
END_TEST

static int64_t
example_now(void *arg)
{
	(void)arg;
	return 1795230986957;
}

/* formats/commitlog.md shows this file. */
START_TEST(the_worked_example)
{
	struct sst_log_opts o = { .now_ms = example_now };
	struct sst_slice ck = SST_SLICE_LIT("\0\0\0\x05"), bytes;
	struct sst_cell cell = {
		.ts_us = 1442880000000007, .ldt_s = SST_NO_LDT, .value = SST_SLICE_LIT("\0\0\0\x09")
	};
	struct sst_row row = { .ck = &ck,
		.live = { 1442880000000007, 0, SST_NO_LDT },
		.del = SST_LIVE,
		.ncells = 1,
		.cells = &cell };
	struct sst_update u = {
		.part = { SST_SLICE_LIT("\0\0\0\x01"), 0, SST_LIVE }, .nrows = 1, .rows = &row
	};
	struct memfs *fs = memfs_new();
	struct sst_buf want = { 0 }, got = { 0 };
	struct sst_mutation_out *out;
	struct sst_schema schema;
	struct sst_log *log;
	struct sst_err e;

	if (sst_schema_parse(&schema, &arena,
		SST_SLICE_LIT("CREATE TABLE k.t (k int, c int, v int, PRIMARY KEY (k, c))"
			      " WITH ID = 5bc52802-de25-35ed-aeab-188eecebb090;"),
		"schema.cql", SST_SLICE_LIT("k"), &e) == -1)
		FAIL(&e);
	u.table = schema.tables[0];
	if (sst_mutation_out_new(&out, &e) == -1 || sst_mutation_put(out, &u, &bytes, &e) == -1 ||
	    sst_log_open(&log, memfs_io(fs), "/", &o, &e) == -1 ||
	    sst_log_append(log, bytes, NULL, &e) == -1 || sst_log_close(log, &e) == -1 ||
	    sst_io_read_file(memfs_io(fs), "//CommitLog-7-1795230986957.log", 4096, &got, &e) == -1)
		FAIL(&e);
	load(&want, DATA "example.log");
	ck_assert_uint_eq(got.n, want.n);
	ck_assert_mem_eq(got.p, want.p, want.n);
	sst_buf_free(&got);
	sst_buf_free(&want);
	sst_mutation_out_free(out);
	memfs_free(fs);
}
END_TEST

/* Random updates into a log of small segments; what comes back is what the model says, also when the
 * log is replayed twice. */
START_TEST(random_updates_through_a_log)
{
	struct random r = { (uint64_t)_i + 1000 };
	struct random_opts o = { .nrows = 1 + random_below(&r, 6), .wide = _i % 4 == 0 };
	struct target t = { .table = random_table(&r, false, &arena) };
	struct sst_log_opts log_opts = { .segment_size = 64 << 10, .now_ms = example_now };
	struct model m = { .table = t.table, .arena = &arena };
	struct memfs *fs = memfs_new();
	const struct sst_update *u;
	struct sst_mutation_out *out;
	struct sst_mutation_in *in;
	struct sst_log_entry entry;
	struct items want, got;
	struct sst_replay *replay;
	struct sst_slice bytes;
	struct sst_log *log;
	struct sst_err e;
	int i;

	if (sst_memtable_new(&t.mem, t.table, &e) == -1 || sst_mutation_out_new(&out, &e) == -1 ||
	    sst_mutation_in_new(&in, this_one, (void *)(uintptr_t)t.table, &e) == -1 ||
	    sst_log_open(&log, memfs_io(fs), "/", &log_opts, &e) == -1)
		FAIL(&e);
	for (i = 0; i < 40; i++) {
		u = random_update(&r, t.table, &o, &arena);
		model_apply(&m, u);
		if (sst_mutation_put(out, u, &bytes, &e) == -1 ||
		    sst_log_append(log, bytes, NULL, &e) == -1 ||
		    (i % 7 == 0 && sst_log_sync(log, &e) == -1))
			FAIL(&e);
	}
	if (sst_log_close(log, &e) == -1)
		FAIL(&e);
	for (i = 0; i < 2; i++) {
		if (sst_replay_open(&replay, memfs_io(fs), "/", false, &e) == -1)
			FAIL(&e);
		while (sst_replay_next(replay, &entry, &e) == SST_ONE)
			apply(&t, in, &entry);
		sst_replay_close(replay);
		want = model_items(&m, false);
		ck_assert_int_eq(items_read(&got, read_all(&t), &arena, NULL, &e), 0);
		ck_assert(items_same(t.table, &got, &want));
	}
	ck_assert_uint_eq(t.mutations, 80);
	ck_assert_uint_eq(t.unknown, 0);
	sst_mutation_out_free(out);
	sst_mutation_in_free(in);
	sst_memtable_free(t.mem);
	memfs_free(fs);
}
END_TEST

Suite *
replayed_suite(void)
{
	Suite *s = suite_create("replayed");
	TCase *t = tcase_create("replayed");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_segment_of_cassandra);
	tcase_add_test(t, the_worked_example);
	tcase_add_loop_test(t, random_updates_through_a_log, 0, 40);
	suite_add_tcase(s, t);
	return s;
}
