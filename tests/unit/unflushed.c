/* tests/unit/unflushed.c: how old the writes are that lie in a commit log. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>

#include "../support/memfs.h"
#include "../support/stores.h"
#include "store/unflushed.h"

Suite *unflushed_suite(void);

/* A directory whose writer died with rows in its log: a = 1 at b = 3 and 5, a = 2 at b = 4. */
static struct memfs *
start(void)
{
	struct memfs *fs = memfs_new();
	struct sst_store *s = kt_open_writer(memfs_io(fs));

	kt_put(s, 7, 1, "flushed");
	kt_flush(s);
	kt_put(s, 1, 5, "x");
	kt_put(s, 1, 3, "x");
	kt_put(s, 2, 4, "x");
	sst_store_drop(s);
	return fs;
}

struct asked {
	struct sst_store *store; /* for its tables */
	struct sst_unflushed *u;
	struct sst_err why;
};

static void
ask(struct asked *a, struct memfs *fs, const char *name, size_t memory)
{
	const struct sst_table *all[8];
	struct sst_unflushed_tables t = { .v = all };

	a->store = kt_open_reader(memfs_io(fs));
	for (t.n = 0; t.n < sst_store_ntables(a->store) && t.n < 8; t.n++)
		all[t.n] = sst_store_table(a->store, t.n);
	t.wanted = kt_table_of(a->store, name);
	ck_assert_int_eq(sst_unflushed_read(&a->u, memfs_io(fs), "/d", &t, memory, &a->why), 0);
}

static void
done(struct asked *a)
{
	sst_unflushed_free(a->u);
	sst_store_drop(a->store);
}

static int64_t
min_of(struct asked *a, int key)
{
	uint32_t bytes;
	struct sst_read r = kt_partition(&bytes, key);
	struct sst_partition p = { .key = r.key, .token = sst_token(r.key) };

	return sst_unflushed_min_ts_us(a->u, &p);
}

START_TEST(each_partition_has_its_oldest)
{
	struct memfs *fs = start();
	struct asked a;

	ask(&a, fs, "t", (size_t)1 << 20);
	ck_assert(sst_unflushed_known(a.u));
	ck_assert_int_lt(min_of(&a, 1), min_of(&a, 2)); /* b = 3 is older than 4 */
	ck_assert_int_lt(min_of(&a, 2), INT64_MAX);
	ck_assert_int_eq(min_of(&a, 3), INT64_MAX);
	done(&a);
	ask(&a, fs, "u", (size_t)1 << 20); /* another table */
	ck_assert_int_eq(min_of(&a, 1), INT64_MAX);
	done(&a);
	memfs_free(fs);
}
END_TEST

START_TEST(without_memory_one_for_all)
{
	struct memfs *fs = start();
	struct asked fine, a;

	ask(&fine, fs, "t", (size_t)1 << 20);
	ask(&a, fs, "t", 16);
	ck_assert_int_eq(min_of(&a, 1), min_of(&fine, 1));
	ck_assert_int_eq(min_of(&a, 2), min_of(&fine, 1));
	ck_assert_int_eq(min_of(&a, 3), min_of(&fine, 1));
	done(&a);
	done(&fine);
	memfs_free(fs);
}
END_TEST

START_TEST(many_partitions)
{
	struct memfs *fs = memfs_new();
	struct sst_store *s = kt_open_writer(memfs_io(fs));
	struct asked a;
	int i;

	for (i = 0; i < 3000; i++)
		kt_put(s, i, i % 50, "x");
	sst_store_drop(s);
	ask(&a, fs, "t", (size_t)1 << 20);
	for (i = 0; i < 3000; i++)
		ck_assert_int_eq(min_of(&a, i), min_of(&a, i % 50));
	ck_assert_int_eq(min_of(&a, 3000), INT64_MAX);
	done(&a);
	memfs_free(fs);
}
END_TEST

START_TEST(no_log_holds_nothing)
{
	struct memfs *fs = memfs_new();
	struct asked a;

	kt_finish(kt_open_writer(memfs_io(fs)));
	ask(&a, fs, "t", (size_t)1 << 20);
	ck_assert(sst_unflushed_known(a.u));
	ck_assert_int_eq(min_of(&a, 1), INT64_MAX);
	done(&a);
	memfs_free(fs);
}
END_TEST

/* Writes to a table that nobody knows: what follows them cannot be read. */
START_TEST(a_log_in_doubt_says_nothing)
{
	struct memfs *fs = start();
	struct sst_unflushed_tables none = { 0 };
	struct asked a = { .store = kt_open_reader(memfs_io(fs)) };

	ck_assert_int_eq(
	    sst_unflushed_read(&a.u, memfs_io(fs), "/d", &none, (size_t)1 << 20, &a.why), 0);
	ck_assert(!sst_unflushed_known(a.u));
	ck_assert_int_eq(a.why.code, SST_EINVAL);
	ck_assert_int_eq(min_of(&a, 1), INT64_MIN);
	ck_assert_int_eq(min_of(&a, 3), INT64_MIN);
	done(&a);
	memfs_free(fs);
}
END_TEST

/* Of a table that was dropped nothing comes back: its writes hold nothing, and are in nobody's way. */
START_TEST(what_was_dropped_is_passed_over)
{
	struct memfs *fs = start();
	struct asked a = { .store = kt_open_reader(memfs_io(fs)) };
	const struct sst_table *u = kt_table_of(a.store, "u");
	uint8_t gone[2][16] = { { 1 } };
	struct sst_unflushed_tables t = { &u, 1, u, (const uint8_t(*)[16])gone, 1 };

	memcpy(gone[1], kt_table_of(a.store, "t")->id, 16);
	ck_assert_int_eq(
	    sst_unflushed_read(&a.u, memfs_io(fs), "/d", &t, (size_t)1 << 20, &a.why), 0);
	ck_assert(!sst_unflushed_known(a.u));
	sst_unflushed_free(a.u);
	t.ndropped = 2;
	ck_assert_int_eq(
	    sst_unflushed_read(&a.u, memfs_io(fs), "/d", &t, (size_t)1 << 20, &a.why), 0);
	ck_assert(sst_unflushed_known(a.u));
	ck_assert_int_eq(min_of(&a, 1), INT64_MAX);
	done(&a);
	memfs_free(fs);
}
END_TEST

Suite *
unflushed_suite(void)
{
	Suite *s = suite_create("unflushed");
	TCase *t = tcase_create("unflushed");

	tcase_add_test(t, each_partition_has_its_oldest);
	tcase_add_test(t, without_memory_one_for_all);
	tcase_add_test(t, many_partitions);
	tcase_add_test(t, no_log_holds_nothing);
	tcase_add_test(t, a_log_in_doubt_says_nothing);
	tcase_add_test(t, what_was_dropped_is_passed_over);
	suite_add_tcase(s, t);
	return s;
}
