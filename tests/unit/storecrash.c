/*
 * tests/unit/storecrash.c: a store that stops at any call, whose calls fail, whose memory runs out.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>

#include "../support/faultio.h"
#include "../support/memfs.h"
#include "../support/nomem.h"
#include "../support/stores.h"
#include "base/num.h"

Suite *storecrash_suite(void);

#define ROWS 40

static struct memfs *
crash_start(void)
{
	struct memfs *fs = memfs_new();
	struct sst_store *s = kt_open_writer(memfs_io(fs));
	int i;

	for (i = 0; i < ROWS; i++)
		kt_put(s, i, 0, "old");
	kt_finish(s);
	memfs_power_cut(fs, MEMFS_NONE, 0);
	return fs;
}

/* Opens, writes, flushes; 0 only when the flush said that it is done. */
static int
crash_act(const struct sst_io *io, struct sst_err *e)
{
	struct sst_store_opts o = kt_options();
	struct sst_store *s;
	int i, r = 0;

	if (sst_store_open(&s, io, "/d", &o, e) == -1)
		return -1;
	for (i = 0; i < ROWS && r == 0; i++)
		r = kt_try_put(s, i, 1, "new", e);
	if (r == 0)
		r = sst_store_flush(s, e);
	sst_store_drop(s);
	return r;
}

/* Counts rows of a read; false when it fails. */
static bool
count_read(struct sst_store *s, const struct sst_read *what, int *old, int *new)
{
	struct sst_read r = *what;
	const struct sst_item *item;
	struct sst_stream *rows;
	struct sst_err e;
	int got;

	r.table = kt_table_of(s, "t");
	if (sst_store_db(s)->ops->read(sst_store_db(s), &r, &rows, NULL, &e) == -1)
		return false;
	while ((got = sst_stream_next(rows, &item, &e)) == SST_ONE)
		if (item->kind == SST_ROW) {
			*old += kt_get_int(item->row.ck[0]) == 0;
			*new += kt_get_int(item->row.ck[0]) == 1;
		}
	sst_stream_close(rows);
	return got == 0;
}

/* All rows, by a scan, and by key as far as the keys have been seen. */
static const char *
count_rows(struct sst_store *s, int *old, int *new)
{
	int old_by_key = 0, new_by_key = 0, a;
	struct sst_read r;
	uint32_t key;

	*old = *new = 0;
	if (!count_read(s, &kt_everything, old, new))
		return "cannot be scanned";
	for (a = 0; a < ROWS; a += 13) {
		r = kt_partition(&key, a);
		if (!count_read(s, &r, &old_by_key, &new_by_key))
			return "cannot be read by key";
	}
	if (old_by_key != (*old + 12) / 13 || new_by_key != (*new + 12) / 13)
		return "keys are not found";
	return NULL;
}

/* NULL, or what is wrong with a directory after a crash. */
static const char *
crash_judge(struct memfs *fs, bool acked)
{
	struct sst_store_opts ro = { .read_only = true }, rw = kt_options();
	struct sst_store *s;
	const char *bad;
	struct sst_err e;
	int old, new, old2, new2, i;

	if (sst_store_open(&s, memfs_io(fs), "/d", &ro, &e) == -1)
		return "does not open for reading";
	bad = count_rows(s, &old, &new);
	sst_store_drop(s);
	if (bad != NULL)
		return bad;
	if (old != ROWS || (new != 0 && new != ROWS) || (acked && new != ROWS))
		return "rows are missing";
	for (i = 0; i < 2; i++) { /* the second time there is nothing to recover */
		if (sst_store_open(&s, memfs_io(fs), "/d", &rw, &e) == -1)
			return "does not open for writing";
		bad = count_rows(s, &old2, &new2);
		sst_store_drop(s);
		if (bad != NULL || old2 != old || new2 != new)
			return "recovery changed what there is";
	}
	return NULL;
}

struct crash {
	unsigned long states, bad;
	char first[256];
};

static void
crash_sweep(struct crash *c, const struct faultio_plan *plan, unsigned seeds, bool to_first)
{
	struct memfs *from = crash_start();
	unsigned long at;
	bool over = false;
	struct sst_err e;

	*c = (struct crash){ 0 };
	for (at = 1; !over && !(to_first && c->bad > 0); at++) {
		struct memfs *fs = memfs_copy(from);
		struct faultio *f = faultio_new(memfs_io(fs));
		struct faultio_plan p = *plan;
		unsigned seed;
		int cut, r;

		p.at = (at + 1) / 2;
		p.how = at % 2 == 1 ? FAULTIO_STOP : FAULTIO_STOP_AFTER;
		faultio_plan(f, &p);
		r = crash_act(faultio_io(f), &e);
		over = faultio_calls(f) < p.at;
		for (cut = MEMFS_NONE; cut <= MEMFS_TORN; cut++)
			for (seed = 0; seed < (cut <= MEMFS_ALL ? 1 : seeds); seed++) {
				struct memfs *after = memfs_copy(fs);
				const char *bad;

				memfs_power_cut(after, (enum memfs_cut)cut, seed);
				c->states++;
				bad = crash_judge(after, r == 0);
				if (bad != NULL && c->bad++ == 0)
					snprintf(c->first, sizeof(c->first),
					    "call %lu (%s), cut %d, seed %u: %s", p.at,
					    faultio_failed(f), cut, seed, bad);
				memfs_free(after);
			}
		faultio_free(f);
		memfs_free(fs);
	}
	memfs_free(from);
}

START_TEST(crash_at_any_call)
{
	static const struct faultio_plan plan = { 0 };
	struct crash c;

	crash_sweep(&c, &plan, 2, false);
	ck_assert_msg(c.bad == 0, "%lu of %lu: %s", c.bad, c.states, c.first);
	ck_assert_uint_gt(c.states, 800);
}
END_TEST

static enum faultio_sync
forget(void *arg, const char *path, bool is_dir)
{
	const char *what = arg;

	if (strcmp(what, "folder skipped") == 0)
		return is_dir ? FAULTIO_SYNC_SKIPPED : FAULTIO_SYNC_DONE;
	if (strcmp(what, "folder late") == 0)
		return is_dir ? FAULTIO_SYNC_LATE : FAULTIO_SYNC_DONE;
	return strstr(path, what) != NULL ? FAULTIO_SYNC_SKIPPED : FAULTIO_SYNC_DONE;
}

static char *const forgotten[] = { "folder skipped", "folder late", "Data.db", "Index.db",
	"Statistics.db", "CompressionInfo.db" };

START_TEST(a_missing_sync_is_seen)
{
	struct faultio_plan plan = { .sync = forget, .sync_arg = forgotten[_i] };
	struct crash c;

	crash_sweep(&c, &plan, 2, true);
	ck_assert_msg(c.bad > 0, "nobody saw that %s was not synced in time", forgotten[_i]);
}
END_TEST

START_TEST(any_call_may_fail)
{
	struct memfs *from = crash_start();
	struct faultio_plan plan = { .how = faultio_failures[_i].how,
		.sys = faultio_failures[_i].sys };
	bool over = false;
	struct sst_err e;

	for (plan.at = 1; !over; plan.at++) {
		struct memfs *fs = memfs_copy(from);
		struct faultio *f = faultio_new(memfs_io(fs));
		const char *bad;
		int r;

		faultio_plan(f, &plan);
		e.code = SST_OK;
		r = crash_act(faultio_io(f), &e);
		over = faultio_calls(f) < plan.at;
		ck_assert(r == 0 || e.code != SST_OK);
		ck_assert_msg(memfs_nopen(fs) == 0, "call %lu (%s) leaks a descriptor", plan.at,
		    faultio_failed(f));
		bad = crash_judge(fs, r == 0);
		ck_assert_msg(bad == NULL, "call %lu (%s): %s", plan.at, faultio_failed(f), bad);
		faultio_free(f);
		memfs_free(fs);
	}
	ck_assert_uint_gt(plan.at, 60);
	memfs_free(from);
}
END_TEST

/* Space comes back: the same store goes on.  A sync that failed: it takes in nothing more. */
START_TEST(after_a_failed_flush)
{
	unsigned long at;
	bool over = false, went_on = false, refused = false;

	for (at = 1; !over; at++) {
		struct memfs *fs = memfs_new();
		struct faultio *f = faultio_new(memfs_io(fs));
		struct faultio_plan plan = {
			.at = at, .how = FAULTIO_FAIL, .sys = _i == 0 ? ENOSPC : EIO
		};
		struct sst_store_opts o = kt_options();
		struct sst_buf b = { 0 };
		struct sst_store *s;
		struct sst_err e;

		ck_assert_int_eq(sst_store_open(&s, faultio_io(f), "/d", &o, &e), 0);
		kt_put(s, 1, 1, "x");
		faultio_plan(f, &plan);
		if (sst_store_flush(s, &e) == -1) {
			ck_assert_str_eq(kt_all(s, &b), "1:1=x "); /* reads go on */
			if (kt_try_put(s, 1, 2, "y", &e) == 0) {
				went_on = true;
				kt_flush(s);
				ck_assert_str_eq(kt_all(s, &b), "1:1=x 1:2=y ");
			} else {
				refused = true;
				ck_assert_ptr_nonnull(strstr(e.what, "restart"));
				ck_assert_int_eq(sst_store_flush(s, &e), -1);
			}
		}
		over = faultio_calls(f) < at;
		sst_store_drop(s);
		sst_buf_free(&b);
		faultio_free(f);
		memfs_free(fs);
	}
	ck_assert(_i == 0 ? went_on : refused);
	ck_assert(_i == 0 || !went_on);
}
END_TEST

/* Everything once: a flush, reads of all kinds, a refresh. */
static int
do_all(const struct sst_io *io, struct sst_err *e)
{
	struct sst_store_opts o = kt_options();
	struct sst_slice first, last;
	int old = 0, new = 0, r = -1;
	struct sst_store *s;
	struct sst_read key;
	uint32_t a;

	if (sst_store_open(&s, io, "/d", &o, e) == -1)
		return -1;
	key = kt_partition(&a, 3);
	if (kt_try_put(s, 3, 1, "new", e) == 0 && sst_store_flush(s, e) == 0 &&
	    kt_try_put(s, 3, 2, "newer", e) == 0 && sst_store_refresh(s, e) == 0 &&
	    sst_store_db(s)->ops->extent(sst_store_db(s), kt_table_of(s, "t"), &first, &last, e) !=
		-1) {
		e->code = SST_ENOMEM;
		if (count_read(s, &kt_everything, &old, &new) && count_read(s, &key, &old, &new))
			r = 0;
	}
	sst_store_drop(s);
	return r;
}

START_TEST(memory_may_run_out)
{
	struct memfs *from = crash_start();
	bool over = false;
	unsigned long n;

	for (n = 1; !over; n++) {
		struct memfs *fs = memfs_copy(from);
		struct sst_err e;
		int r;

		nomem_arm(n);
		r = do_all(memfs_io(fs), &e);
		over = !nomem_disarm();
		if (r == -2)
			ck_abort_msg("allocation %lu: rows are missing, and nobody said so", n);
		if (over && r == -1)
			ck_abort_msg("fails with memory, too");
		if (memfs_nopen(fs) != 0)
			ck_abort_msg("allocation %lu leaks a descriptor", n);
		if (n % 16 == 0) {
			struct sst_store *s = kt_open_reader(memfs_io(fs));
			int old = 0, new = 0;

			if (!count_read(s, &kt_everything, &old, &new) || old != ROWS)
				ck_abort_msg("allocation %lu: %d rows are left", n, old);
			kt_finish(s);
		}
		memfs_free(fs);
	}
	memfs_free(from);
}
END_TEST

Suite *
storecrash_suite(void)
{
	Suite *s = suite_create("storecrash");
	TCase *t = tcase_create("storecrash");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, crash_at_any_call);
	tcase_add_loop_test(t, a_missing_sync_is_seen, 0, SST_ARRAY_LEN(forgotten));
	tcase_add_loop_test(t, any_call_may_fail, 0, FAULTIO_FAILURES);
	tcase_add_loop_test(t, after_a_failed_flush, 0, 2);
	tcase_add_test(t, memory_may_run_out);
	suite_add_tcase(s, t);
	return s;
}
