/*
 * tests/unit/storeshare.c: several stores on one directory: readers beside a writer, shards, publishers.
 */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../support/memfs.h"
#include "../support/stores.h"
#include "live/publish.h"

Suite *storeshare_suite(void);

START_TEST(one_writer_and_many_readers)
{
	struct memfs *fs = memfs_new();
	struct sst_store_opts o = kt_options();
	struct sst_store *w = kt_open_writer(memfs_io(fs)), *r1, *r2, *none;
	struct sst_stream *early;
	struct sst_buf b = { 0 }, c = { 0 };
	unsigned waits = 0;
	char pid[64];
	struct sst_err e;
	int i;

	ck_assert_int_eq(sst_store_open(&none, memfs_io(fs), "/d", &o, &e), -1);
	ck_assert_int_eq(e.code, SST_EBUSY);
	snprintf(pid, sizeof(pid), "held by another process, pid %ld", (long)getpid());
	ck_assert_str_eq(e.what, pid);
	for (i = 0; i < 1000; i++)
		kt_put(w, 1, i, "x");
	kt_flush(w);
	r1 = kt_open_reader(memfs_io(fs));
	r2 = kt_open_reader(memfs_io(fs));
	early = kt_start(r1, &kt_everything, NULL);
	ck_assert_int_eq(kt_take(early, 10, &c, &waits, &e), SST_ONE);
	kt_put(w, 1, 1000, "new");
	kt_flush(w);
	ck_assert_str_ne(kt_all(r1, &b), kt_all(w, &c)); /* as it was when it was opened */
	ck_assert_int_eq(sst_store_refresh(r1, &e), 0);
	ck_assert_int_eq(sst_store_refresh(r2, &e), 0);
	kt_all(r1, &b);
	kt_all(w, &c);
	ck_assert_str_eq((char *)b.p, (char *)c.p);
	kt_all(r2, &b);
	ck_assert_str_eq((char *)b.p, (char *)c.p);
	sst_buf_reset(&b);
	ck_assert_int_eq(kt_take(early, SIZE_MAX, &b, &waits, &e), 0); /* goes on as it began */
	sst_buf_addc(&b, '\0');
	ck_assert_ptr_null(strstr((char *)b.p, "new"));
	ck_assert_ptr_nonnull(strstr((char *)b.p, ":999=x"));
	sst_stream_close(early);
	kt_finish(r1);
	kt_finish(r2);
	kt_finish(w);
	sst_buf_free(&b);
	sst_buf_free(&c);
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	memfs_free(fs);
}
END_TEST

/* As compact does: the sets named go, one with other rows comes. */
static void
replace_sets(struct memfs *fs, const char *const *gone)
{
	static const struct sst_publish_opts o = { "me", "compaction", 1790000000000000, { 9 } };
	struct sst_publish *p;
	struct sst_err e;
	bool done;

	ck_assert_int_eq(sst_publish_begin(&p, memfs_io(fs), KT_FOLDER, &o, &e), 0);
	for (; *gone != NULL; gone++)
		ck_assert_int_eq(sst_publish_remove(p, *gone, &e), 0);
	ck_assert_int_eq(sst_publish_commit(p, &done, &e), 0);
	sst_publish_close(p);
}

START_TEST(sets_may_go_at_any_time)
{
	static const char *const first[] = { "me-1-big-", NULL };
	struct memfs *fs = memfs_new();
	struct sst_store *w = kt_open_writer(memfs_io(fs)), *r;
	struct sst_buf b = { 0 };
	struct sst_stream *early;
	unsigned waits = 0;
	struct sst_err e;
	int i;

	for (i = 0; i < 1000; i++)
		kt_put(w, 1, i, "in both");
	kt_flush(w);
	kt_put(w, 2, 5, "stays");
	kt_flush(w);
	r = kt_open_reader(memfs_io(fs));
	early = kt_start(w, &kt_everything, NULL);
	ck_assert_int_eq(kt_take(early, 1, &b, &waits, &e), SST_ONE);
	replace_sets(fs, first);
	/* r has listed nothing yet or has, but opened no Data.db: it lists again */
	ck_assert_str_eq(kt_all(r, &b), "2:5=stays ");
	sst_buf_reset(&b);
	ck_assert_int_eq(kt_take(early, SIZE_MAX, &b, &waits, &e), 0);
	sst_buf_addc(&b, '\0');
	ck_assert_ptr_nonnull(strstr((char *)b.p, ":999=in both"));
	sst_stream_close(early);
	ck_assert_int_eq(sst_store_refresh(w, &e), 0);
	ck_assert_str_eq(kt_all(w, &b), "2:5=stays ");
	kt_finish(w);
	kt_finish(r);
	sst_buf_free(&b);
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	memfs_free(fs);
}
END_TEST

/* A set whose rows come later in a page is opened late; gone then, the page goes on in what has taken
 * its place, in either direction, with slices, and more than once. */
START_TEST(gone_in_the_middle_of_a_page)
{
	static const char *const later[] = { "me-2-big-", "me-3-big-", NULL },
				 *const sooner[] = { "me-1-big-", "me-2-big-", NULL },
				 *const again[] = { "me-4-big-", NULL };
	uint32_t low = __builtin_bswap32(20), high = __builtin_bswap32(279);
	struct sst_slice from = { (uint8_t *)&low, 4 }, to = { (uint8_t *)&high, 4 };
	struct sst_range range = { { &from, 1, -1 }, { &to, 1, 1 } };
	int how, i;

	for (how = 0; how < 8; how++) {
		struct memfs *fs = memfs_new();
		struct sst_store *w = kt_open_writer(memfs_io(fs)), *r;
		struct sst_read_stats stats = { 0 };
		struct sst_buf got = { 0 }, want = { 0 };
		struct sst_stream *page;
		struct sst_read read;
		unsigned waits = 0;
		uint32_t key;
		struct sst_err e;

		for (i = 0; i < 300; i++) {
			kt_put(w, 1, i, "x");
			if (i % 100 == 99)
				kt_flush(w);
		}
		r = kt_open_reader(memfs_io(fs));
		read = kt_partition(&key, 1);
		read.table = kt_table_of(r, "t");
		read.reversed = how & 1;
		read.slices = &range;
		read.nslices = how >> 1 & 1;
		page = kt_start(w, &read, NULL);
		ck_assert_int_eq(kt_take(page, 50, &want, &waits, &e), SST_ONE);
		if (how & 4)
			ck_assert_int_eq(kt_take(page, 60, &want, &waits, &e), SST_ONE);
		ck_assert_int_eq(kt_take(page, SIZE_MAX, &want, &waits, &e), 0);
		sst_stream_close(page);
		page = kt_start(r, &read, &stats);
		ck_assert_int_eq(kt_take(page, 50, &got, &waits, &e), SST_ONE);
		ck_assert_uint_eq(stats.sstables_read, 1);
		for (i = how & 1 ? 0 : 100; i < (how & 1 ? 200 : 300); i++)
			kt_put(w, 1, i, "x");
		kt_flush(w);
		replace_sets(fs, how & 1 ? sooner : later);
		if (how & 4) {
			ck_assert_int_eq(kt_take(page, 60, &got, &waits, &e), SST_ONE);
			for (i = 0; i < 300; i++)
				kt_put(w, 1, i, "x");
			kt_flush(w);
			replace_sets(fs, again);
		}
		ck_assert_int_eq(kt_take(page, SIZE_MAX, &got, &waits, &e), 0);
		ck_assert(sst_slice_eq(sst_buf_slice(&got), sst_buf_slice(&want)));
		sst_stream_close(page);
		kt_finish(r);
		kt_finish(w);
		sst_buf_free(&got);
		sst_buf_free(&want);
		ck_assert_uint_eq(memfs_nopen(fs), 0);
		memfs_free(fs);
	}
}
END_TEST

/* A set was listed, and another one has taken its name since: what is read is one or the other. */
START_TEST(another_set_of_the_same_name)
{
	static const char *const first[] = { "me-1-big-", NULL };
	struct memfs *fs = memfs_new();
	struct sst_store *w = kt_open_writer(memfs_io(fs)), *r;
	struct sst_slice from, to;
	struct sst_buf b = { 0 };
	struct sst_stat st;
	struct sst_err e;
	int i;

	for (i = 0; i < 500; i++)
		kt_put(w, 1, i, "old");
	kt_finish(w);
	r = kt_open_reader(memfs_io(fs));
	ck_assert_int_eq(
	    sst_store_db(r)->ops->extent(sst_store_db(r), kt_table_of(r, "t"), &from, &to, &e),
	    SST_ONE); /* lists */
	replace_sets(fs, first);
	w = kt_open_writer(memfs_io(fs));
	kt_put(w, 2, 1000, "new");
	kt_finish(w);
	ck_assert_int_eq(sst_io_stat(memfs_io(fs), KT_FOLDER "/me-1-big-TOC.txt", &st, &e), 0);
	ck_assert_str_eq(kt_all(r, &b), "2:1000=new ");
	kt_finish(r);
	sst_buf_free(&b);
	memfs_free(fs);
}
END_TEST

START_TEST(listed_and_gone_before_it_is_opened)
{
	static const char *const first[] = { "me-1-big-", NULL };
	struct memfs *fs = memfs_new();
	struct sst_store *w = kt_open_writer(memfs_io(fs)), *r;
	struct sst_slice from, to;
	struct sst_buf b = { 0 };
	struct sst_err e;

	kt_put(w, 1, 1, "goes");
	kt_flush(w);
	kt_put(w, 2, 5, "stays");
	kt_flush(w);
	r = kt_open_reader(memfs_io(fs));
	ck_assert_int_eq(
	    sst_store_db(r)->ops->extent(sst_store_db(r), kt_table_of(r, "t"), &from, &to, &e),
	    SST_ONE); /* lists */
	replace_sets(fs, first);
	ck_assert_str_eq(kt_all(r, &b), "2:5=stays ");
	kt_finish(w);
	kt_finish(r);
	sst_buf_free(&b);
	memfs_free(fs);
}
END_TEST

/* ---- shards ---- */

struct shard {
	pthread_t thread;
	char dir[64];
	int64_t left, right;
	int taken, found;
	char error[512];
};

static int
shard_fill(struct shard *sh, struct sst_store *s, struct sst_err *e)
{
	uint32_t key;
	int a;

	for (a = 0; a < 600; a++) {
		key = __builtin_bswap32((uint32_t)a);
		if (kt_try_put(s, a, 1, "x", e) == 0)
			sh->taken++;
		else if (e->code != SST_EINVAL)
			return -1;
		if (a % 100 == 99 && sst_store_flush(s, e) == -1)
			return -1;
		(void)key;
	}
	return 0;
}

static int
shard_count(struct shard *sh, struct sst_store *s, struct sst_err *e)
{
	struct sst_stream *rows = kt_start(s, &kt_everything, NULL);
	const struct sst_item *item;
	int r;

	while ((r = sst_stream_next(rows, &item, e)) == SST_ONE)
		if (item->kind == SST_PARTITION) {
			sh->found++;
			if (item->part.token <= sh->left || item->part.token > sh->right)
				sh->found += 1000000; /* another's */
		}
	sst_stream_close(rows);
	return r;
}

static void *
shard_run(void *arg)
{
	struct shard *sh = arg;
	struct sst_store_opts o = kt_options();
	struct sst_store *s;
	struct sst_err e;

	o.shared = true;
	o.left = sh->left;
	o.right = sh->right;
	if (sst_store_open(&s, &sst_io_posix, sh->dir, &o, &e) == -1) {
		sst_err_text(&e, sh->error, sizeof(sh->error));
		return NULL;
	}
	if (shard_fill(sh, s, &e) == -1 || shard_count(sh, s, &e) == -1)
		sst_err_text(&e, sh->error, sizeof(sh->error));
	else if (sst_store_close(s, &e) == -1)
		sst_err_text(&e, sh->error, sizeof(sh->error));
	return NULL;
}

START_TEST(three_stores_in_three_threads)
{
	char dir[] = "/tmp/ostraka-store-XXXXXX", cmd[128];
	struct shard sh[3] = { { .left = INT64_MIN, .right = INT64_MIN / 3 },
		{ .left = INT64_MIN / 3, .right = INT64_MAX / 3 },
		{ .left = INT64_MAX / 3, .right = INT64_MAX } };
	struct sst_store_opts o = { .read_only = true };
	struct sst_lock lock;
	struct sst_store *s;
	struct sst_buf b = { 0 };
	int i, taken = 0, rows = 0;
	struct sst_err e;
	const char *p;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(sst_store_lock(&lock, &sst_io_posix, dir, true, &e), 0);
	for (i = 0; i < 3; i++) {
		snprintf(sh[i].dir, sizeof(sh[i].dir), "%s", dir);
		ck_assert_int_eq(pthread_create(&sh[i].thread, NULL, shard_run, &sh[i]), 0);
	}
	for (i = 0; i < 3; i++) {
		pthread_join(sh[i].thread, NULL);
		ck_assert_msg(sh[i].error[0] == '\0', "shard %d: %s", i, sh[i].error);
		ck_assert_int_gt(sh[i].taken, 100);
		ck_assert_int_eq(sh[i].taken, sh[i].found);
		taken += sh[i].taken;
	}
	sst_lock_drop(&lock);
	ck_assert_int_eq(taken, 600);
	ck_assert_int_eq(sst_store_open(&s, &sst_io_posix, dir, &o, &e), 0);
	for (p = kt_all(s, &b); (p = strchr(p, '=')) != NULL; p++)
		rows++;
	ck_assert_int_eq(rows, 600);
	kt_finish(s);
	sst_buf_free(&b);
	snprintf(cmd, sizeof(cmd), "rm -r '%s'", dir);
	ck_assert_int_eq(system(cmd), 0);
}
END_TEST

START_TEST(tokens_of_others)
{
	struct memfs *fs = memfs_new();
	struct sst_store_opts o = kt_options();
	struct sst_read r = { .left = 5, .right = 5, .now_s = 1 };
	struct sst_stream *rows;
	struct sst_buf b = { 0 };
	struct sst_store *s;
	struct sst_err e;
	uint32_t key;

	o.left = 10;
	o.right = 5;
	ck_assert_int_eq(sst_store_open(&s, memfs_io(fs), "/d", &o, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	o.left = INT64_MIN;
	o.right = INT64_MIN + 1; /* nothing has such a token */
	s = kt_open_with(memfs_io(fs), &o);
	ck_assert_int_eq(kt_try_put(s, 1, 1, "x", &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	ck_assert_str_eq(kt_all(s, &b), "");
	r.table = kt_table_of(s, "t");
	ck_assert_int_eq(sst_store_db(s)->ops->read(sst_store_db(s), &r, &rows, NULL, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	ck_assert_ptr_null(rows);
	r = kt_partition(&key, 1);
	ck_assert_str_eq(kt_read_text(s, &r, NULL, &b), "");
	r.table = NULL;
	ck_assert_int_eq(sst_store_db(s)->ops->read(sst_store_db(s), &r, &rows, NULL, &e), -1);
	kt_finish(s);
	sst_buf_free(&b);
	memfs_free(fs);
}
END_TEST

START_TEST(two_publishers_and_a_reader_between)
{
	struct memfs *fs = memfs_new();
	struct sst_store_opts o = kt_options();
	struct sst_store *a, *b, *r;
	struct sst_lock lock;
	struct sst_buf t = { 0 };
	struct sst_err e;
	const char *p;
	int i, n;

	ck_assert_int_eq(sst_store_lock(&lock, memfs_io(fs), "/d", true, &e), 0);
	o.shared = true;
	a = kt_open_with(memfs_io(fs), &o);
	b = kt_open_with(memfs_io(fs), &o);
	r = kt_open_reader(memfs_io(fs));
	for (i = 0; i < 60; i++) {
		kt_put(i % 2 == 0 ? a : b, 1, i, "x");
		kt_flush(i % 2 == 0 ? a : b);
		ck_assert_int_eq(sst_store_refresh(r, &e), 0);
		for (n = 0, p = kt_all(r, &t); (p = strchr(p, '=')) != NULL; p++)
			n++;
		ck_assert_int_eq(n, i + 1);
	}
	kt_finish(a);
	kt_finish(b);
	kt_finish(r);
	sst_lock_drop(&lock);
	sst_buf_free(&t);
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	memfs_free(fs);
}
END_TEST

Suite *
storeshare_suite(void)
{
	Suite *s = suite_create("storeshare");
	TCase *t = tcase_create("storeshare");

	tcase_add_test(t, one_writer_and_many_readers);
	tcase_add_test(t, sets_may_go_at_any_time);
	tcase_add_test(t, listed_and_gone_before_it_is_opened);
	tcase_add_test(t, gone_in_the_middle_of_a_page);
	tcase_add_test(t, another_set_of_the_same_name);
	tcase_add_test(t, tokens_of_others);
	tcase_add_test(t, three_stores_in_three_threads);
	tcase_add_test(t, two_publishers_and_a_reader_between);
	suite_add_tcase(s, t);
	return s;
}
