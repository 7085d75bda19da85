/*
 * tests/unit/races.c: on a real file system and at the same time: one thread flushes, one replaces
 * SSTables by copies as a compaction does, others read.  No acknowledged row may ever be missing.
 * And a store that is read and written to while another thread writes its memtables.
 */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/num.h"
#include "live/publish.h"
#include "sstable/name.h"
#include "store/store.h"

Suite *races_suite(void);

#define FLUSHES 30
#define READERS 3

static const struct sst_io *const io = &sst_io_posix;

struct race {
	char dir[64], folder[512];
	atomic_int acked, reads, replaced;
	atomic_bool over;
	char error[512]; /* of whoever failed first */
	atomic_bool failed;
};

static void
give_up(struct race *r, const struct sst_err *e, const char *who)
{
	char text[400];

	if (!atomic_exchange(&r->failed, true))
		snprintf(
		    r->error, sizeof(r->error), "%s: %s", who, sst_err_text(e, text, sizeof(text)));
	r->over = true;
}

static struct sst_store *
open_store(struct race *r, bool read_only, struct sst_err *e)
{
	struct sst_store_opts o = { .read_only = read_only,
		.shared = !read_only,
		.schema =
		    SST_SLICE_LIT("CREATE TABLE k.t (a int PRIMARY KEY, v int) WITH compression "
				  "= {'class': 'LZ4Compressor'}") };
	struct sst_store *s;

	return sst_store_open(&s, io, r->dir, &o, e) == -1 ? NULL : s;
}

static int
put(struct sst_store *s, int a, struct sst_err *e)
{
	uint32_t key = __builtin_bswap32((uint32_t)a);
	struct sst_row row = { .live = { 1000, 0, SST_NO_LDT }, .del = SST_LIVE };
	struct sst_update u = { .table = sst_store_table(s, 0),
		.part = { { (uint8_t *)&key, 4 }, 0, SST_LIVE },
		.nrows = 1,
		.rows = &row };

	u.part.token = sst_token(u.part.key);
	return sst_store_db(s)->ops->apply(sst_store_db(s), &u, NULL, e);
}

static void *
flusher(void *arg)
{
	struct race *r = arg;
	struct sst_err e;
	struct sst_store *s = open_store(r, false, &e);
	int i;

	for (i = 0; i < FLUSHES && s != NULL && !r->over; i++) {
		if (put(s, i, &e) == -1 || sst_store_flush(s, &e) == -1)
			break;
		r->acked = i + 1;
	}
	if (s == NULL || (i < FLUSHES && !r->over))
		give_up(r, &e, "flusher");
	r->over = true;
	sst_store_drop(s);
	return NULL;
}

static int
copy(const char *folder, const char *from, const char *to, const char *component, struct sst_err *e)
{
	char a[600], b[600];
	struct sst_buf text = { 0 };
	int fd = -1, rc = -1;

	snprintf(a, sizeof(a), "%s/%s%s", folder, from, component);
	snprintf(b, sizeof(b), "%s/%s%s%s", folder, to, component,
	    strcmp(component, "TOC.txt") == 0 ? ".tmp" : "");
	if (sst_io_read_file(io, a, 1 << 20, &text, e) == 0 &&
	    (fd = sst_io_open(io, b, O_WRONLY | O_CREAT | O_TRUNC, e)) != -1 &&
	    sst_io_write(io, fd, b, text.p, text.n, e) == 0)
		rc = sst_io_fsync(io, fd, b, e);
	sst_io_close(io, fd, b, e);
	sst_buf_free(&text);
	return rc;
}

/* The set `gone` goes, a copy of it comes. */
static int
replace(struct race *r, const char *gone, int n, struct sst_err *e)
{
	static const enum sst_component all[] = { SST_DATA, SST_INDEX, SST_FILTER, SST_SUMMARY,
		SST_STATISTICS, SST_COMPRESSION_INFO, SST_DIGEST, SST_TOC };
	struct sst_publish_opts o = { "me", "compaction", 1790000000000000 + n, { 5 } };
	struct sst_publish *p;
	const char *base;
	bool done;
	size_t i;
	int rc = -1;

	if (sst_publish_begin(&p, io, r->folder, &o, e) == -1)
		return -1;
	if (sst_publish_add(p, SST_ARRAY_LEN(all), &base, e) == -1)
		goto out;
	for (i = 0; i < SST_ARRAY_LEN(all); i++)
		if (copy(r->folder, gone, base, sst_component_name(all[i]), e) == -1)
			goto out;
	if (sst_publish_ready(p, base, e) == 0 && sst_publish_remove(p, gone, e) == 0)
		rc = sst_publish_commit(p, &done, e);
out:
	sst_publish_close(p);
	return rc;
}

static void *
compactor(void *arg)
{
	struct race *r = arg;
	static const struct timespec pause = { 0, 3000000 };
	struct sst_live_folder f = { io, r->folder, false };
	struct sst_err e;

	while (!r->over) {
		struct sst_arena a = { 0 };
		struct sst_live l;
		int n = r->replaced;

		if (r->acked > 0 &&
		    (sst_live_list(&l, &a, &f, &e) == -1 ||
			(l.nsets > 0 && replace(r, l.sets[(size_t)n % l.nsets].base, n, &e) == -1)))
			give_up(r, &e, "compactor");
		else if (r->acked > 0)
			r->replaced++;
		sst_arena_free(&a);
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static int
count(struct sst_store *s, struct sst_err *e)
{
	struct sst_read all = {
		.table = sst_store_table(s, 0), .left = INT64_MIN, .right = INT64_MIN, .now_s = 1
	};
	const struct sst_item *item;
	struct sst_stream *rows;
	int got, n = 0;

	if (sst_store_db(s)->ops->read(sst_store_db(s), &all, &rows, NULL, e) == -1)
		return -1;
	while ((got = sst_stream_next(rows, &item, e)) == SST_ONE)
		n += item->kind == SST_ROW;
	sst_stream_close(rows);
	return got == 0 ? n : -1;
}

static void *
reader(void *arg)
{
	struct race *r = arg;
	struct sst_err e;
	struct sst_store *s = open_store(r, true, &e);
	int acked, n;

	if (s == NULL)
		give_up(r, &e, "reader's open");
	while (!r->over) {
		acked = r->acked;
		if (sst_store_refresh(s, &e) == -1 || (n = count(s, &e)) == -1) {
			give_up(r, &e, "reader");
		} else if (n < acked) {
			sst_fail(&e, SST_EDAMAGED, NULL, SST_NOWHERE, "%d rows of %d", n, acked);
			give_up(r, &e, "reader");
		}
		r->reads++;
	}
	sst_store_drop(s);
	return NULL;
}

START_TEST(no_row_is_ever_missing)
{
	pthread_t t[READERS + 2];
	struct race *r = calloc(1, sizeof(*r));
	struct sst_lock lock;
	struct sst_store *s;
	struct sst_err e;
	char cmd[128];
	size_t i;

	snprintf(r->dir, sizeof(r->dir), "/tmp/ostraka-races-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(r->dir));
	ck_assert_int_eq(sst_store_lock(&lock, io, r->dir, true, &e), 0);
	s = open_store(r, false, &e); /* makes the table */
	ck_assert_ptr_nonnull(s);
	snprintf(r->folder, sizeof(r->folder), "%s", sst_store_folder(s, sst_store_table(s, 0)));
	sst_store_drop(s);
	for (i = 0; i < READERS; i++)
		pthread_create(&t[i], NULL, reader, r);
	pthread_create(&t[i++], NULL, compactor, r);
	pthread_create(&t[i++], NULL, flusher, r);
	while (i > 0)
		pthread_join(t[--i], NULL);
	sst_lock_drop(&lock);
	ck_assert_msg(!r->failed, "%s", r->error);
	ck_assert_int_eq(r->acked, FLUSHES);
	ck_assert_int_gt(r->replaced, 5);
	ck_assert_int_gt(r->reads, 10);
	s = open_store(r, true, &e);
	ck_assert_ptr_nonnull(s);
	ck_assert_int_eq(count(s, &e), FLUSHES);
	sst_store_drop(s);
	snprintf(cmd, sizeof(cmd), "rm -r '%s'", r->dir);
	ck_assert_int_eq(system(cmd), 0);
	free(r);
}
END_TEST

/* ---- flushes beside ---- */

#define PARTITIONS 40
#define UPDATES 6000

struct beside {
	pthread_t thread;
	struct sst_flush *flush; /* NULL: none is under way */
	atomic_bool written;
	int flushes;
};

static void *
write_flush(void *arg)
{
	struct beside *b = arg;

	sst_flush_write(b->flush);
	b->written = true;
	return NULL;
}

static bool
give(void *arg, struct sst_flush *f)
{
	struct beside *b = arg;

	b->flush = f;
	b->written = false;
	b->flushes++;
	return pthread_create(&b->thread, NULL, write_flush, b) == 0;
}

static void
wait_for_it(void *arg, struct sst_flush *f)
{
	struct beside *b = arg;

	(void)f;
	pthread_join(b->thread, NULL);
	b->flush = NULL;
}

/* Row (a, b), out of order, with a deletion of a range where there is nothing. */
static int
put_row(struct sst_store *s, int i, struct sst_err *e)
{
	uint32_t key = __builtin_bswap32((uint32_t)(i % PARTITIONS)),
		 ck = __builtin_bswap32((uint32_t)(i * 7919 % 10007)),
		 far = __builtin_bswap32((uint32_t)(20000 + i % 50));
	struct sst_slice at = { (uint8_t *)&ck, 4 }, away = { (uint8_t *)&far, 4 };
	struct sst_row row = { .ck = &at, .live = { 1000, 0, SST_NO_LDT }, .del = SST_LIVE };
	struct sst_range_deletion range = { { &away, 1, -1 }, { &away, 1, 1 }, { 900, 1 } };
	struct sst_update u = { .table = sst_store_table(s, 0),
		.part = { { (uint8_t *)&key, 4 }, 0, SST_LIVE },
		.nrows = 1,
		.rows = &row,
		.nranges = i % 8 == 0,
		.ranges = &range };

	u.part.token = sst_token(u.part.key);
	return sst_store_db(s)->ops->apply(sst_store_db(s), &u, NULL, e);
}

/* Of one partition, backwards, or of all. */
static int
count_some(struct sst_store *s, int part, struct sst_err *e)
{
	uint32_t key = __builtin_bswap32((uint32_t)part);
	struct sst_read r = {
		.table = sst_store_table(s, 0), .left = INT64_MIN, .right = INT64_MIN, .now_s = 1
	};
	const struct sst_item *item;
	struct sst_stream *rows;
	int got, n = 0;

	if (part >= 0) {
		r.key = (struct sst_slice){ (uint8_t *)&key, 4 };
		r.reversed = true;
	}
	if (sst_store_db(s)->ops->read(sst_store_db(s), &r, &rows, NULL, e) == -1)
		return -1;
	while ((got = sst_stream_next(rows, &item, e)) == SST_ONE)
		n += item->kind == SST_ROW;
	sst_stream_close(rows);
	return got == 0 ? n : -1;
}

/* A turn as a reactor has it. */
static int
turn(struct sst_store *s, struct beside *b, struct sst_err *e)
{
	if (b->flush != NULL && b->written) {
		pthread_join(b->thread, NULL);
		b->flush = NULL;
		if (sst_store_flush_end(s, e) == -1)
			return -1;
	}
	return sst_store_flush_turn(s, e);
}

static int
run_beside(struct sst_store *s, struct beside *b, struct sst_err *e)
{
	int i, n, p;

	for (i = 0; i < UPDATES; i++) {
		if (put_row(s, i, e) == -1 || turn(s, b, e) == -1)
			return -1;
		if (i % 5 == 0) {
			p = i % PARTITIONS;
			n = count_some(s, p, e);
			if (n != i / PARTITIONS + 1)
				return n == -1 ? -1
					       : sst_fail(e, SST_EDAMAGED, NULL, SST_NOWHERE,
						     "%d rows of partition %d after %d", n, p, i);
		}
		if (i % 500 == 0 && (n = count_some(s, -1, e)) != i + 1)
			return n == -1 ? -1
				       : sst_fail(e, SST_EDAMAGED, NULL, SST_NOWHERE,
					     "%d rows of %d", n, i + 1);
	}
	return 0;
}

START_TEST(flushes_beside)
{
	struct beside b = { 0 };
	struct sst_store_opts o = { .schema = SST_SLICE_LIT(
					"CREATE TABLE k.t (a int, b int, PRIMARY KEY (a, b)) WITH "
					"compression = {'class': 'LZ4Compressor'}"),
		.memory = 128 << 10,
		.give = give,
		.wait = wait_for_it,
		.flush_arg = &b };
	char dir[] = "/tmp/ostraka-races-XXXXXX", cmd[128], text[512];
	struct sst_store *s;
	struct sst_err e;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	if (sst_store_open(&s, io, dir, &o, &e) == -1 || run_beside(s, &b, &e) == -1)
		ck_abort_msg("%s", sst_err_text(&e, text, sizeof(text)));
	ck_assert_int_ge(b.flushes, 3);
	ck_assert_int_eq(sst_store_close(s, &e), 0);
	snprintf(cmd, sizeof(cmd), "rm -r '%s'", dir);
	ck_assert_int_eq(system(cmd), 0);
}
END_TEST

Suite *
races_suite(void)
{
	Suite *s = suite_create("races");
	TCase *t = tcase_create("races");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, no_row_is_ever_missing);
	tcase_add_test(t, flushes_beside);
	suite_add_tcase(s, t);
	return s;
}
