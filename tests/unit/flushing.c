/*
 * tests/unit/flushing.c: memtables that become SSTables beside the store: what is read and taken in
 * meanwhile, in between any two calls; that nothing acknowledged is lost, wherever it stops or fails.
 * The other thread is played by this one: nothing of it happens at random (races.c has two).
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>

#include "../support/faultio.h"
#include "../support/memfs.h"
#include "../support/nomem.h"
#include "../support/stores.h"
#include "base/num.h"
#include "store/define.h"

Suite *flushing_suite(void);

#define NEW 80      /* rows that come */
#define MEANWHILE 5 /* of them at most, while one flush is written */
#define LATE 3      /* puts between a flush being given and its being written */
#define VALUE \
	"a value of some length, so that a few rows fill a segment of the log, and a block of a " \
	"disk"

struct beside { /* the other thread */
	struct sst_store *store;
	struct sst_flush *given;
	bool writes, refuses;
	int waits, writings;
	/* Called before each call that it makes. */
	void (*meanwhile)(struct beside *);
	int late;
	/* Of a history. */
	struct faultio *faults;
	int puts, nested, acked;
	bool puts_now;
	int result;
	struct sst_err *e;
};

static bool
give(void *arg, struct sst_flush *f)
{
	struct beside *b = arg;

	if (b->refuses)
		return false;
	b->given = f;
	b->late = 0;
	return true;
}

static void
write_given(struct beside *b)
{
	struct sst_flush *f = b->given;

	b->writes = true;
	b->nested = 0;
	b->writings++;
	sst_flush_write(f);
	b->writes = false;
}

static void
wait_for_it(void *arg, struct sst_flush *f)
{
	struct beside *b = arg;

	if (b->writes || f != b->given)
		ck_abort_msg("waits for what nobody writes");
	b->waits++;
	write_given(b);
	b->given = NULL;
}

static void
beside(struct beside *b, struct sst_store_opts *o)
{
	o->give = give;
	o->wait = wait_for_it;
	o->flush_arg = b;
}

static int
take_turns(struct sst_store *s, struct sst_err *e)
{
	int r;

	while ((r = sst_store_flush_turn(s, e)) == SST_ONE)
		;
	return r;
}

/* It is asked for, sorted, given, written and ended. */
static int
flush_beside(struct beside *b, struct sst_err *e)
{
	uint64_t ticket;

	if (sst_store_flush_ask(b->store, &ticket, e) == -1)
		return -1;
	while (!sst_store_is_flushed(b->store, ticket)) {
		if (take_turns(b->store, e) == -1)
			return -1;
		if (b->given == NULL)
			continue;
		write_given(b);
		b->given = NULL;
		if (sst_store_flush_end(b->store, e) == -1)
			return -1;
	}
	return 0;
}

/* ---- what is seen ---- */

static void
expect_all(struct sst_store *s, const char *want)
{
	struct sst_slice first, last;
	struct sst_buf b = { 0 };
	struct sst_err e;

	ck_assert_str_eq(kt_all(s, &b), want);
	ck_assert_int_eq(
	    sst_store_db(s)->ops->extent(sst_store_db(s), kt_table_of(s, "t"), &first, &last, &e),
	    SST_ONE);
	ck_assert_int_eq(kt_get_int(first), 1);
	ck_assert_int_eq(kt_get_int(last), 3);
	sst_buf_free(&b);
}

/* Reads see what is frozen, with what was written after it on top; streams go on over it. */
START_TEST(frozen_rows_are_read)
{
	struct sst_store_opts o = kt_log_options(SST_SYNC_BATCH);
	struct beside b = { 0 };
	struct memfs *fs = memfs_new(), *died;
	struct sst_buf text = { 0 };
	struct sst_stream *early;
	unsigned waits = 0;
	struct sst_store *s, *r;
	struct sst_logpos acked;
	uint64_t ticket;
	struct sst_err e;

	beside(&b, &o);
	s = b.store = kt_open_with(memfs_io(fs), &o);
	kt_put(s, 1, 3, "c");
	kt_put(s, 1, 1, "a"); /* out of order */
	ck_assert_int_eq(sst_store_flush_ask(s, &ticket, &e), 0);
	ck_assert_int_eq(take_turns(s, &e), 0);
	ck_assert_ptr_nonnull(b.given);
	expect_all(s, "1:1=a 1:3=c ");
	early = kt_start(s, &kt_everything, NULL);
	ck_assert_int_eq(kt_take(early, 1, &text, &waits, &e), SST_ONE);
	kt_put(s, 1, 2, "b");
	kt_put(s, 1, 3, "d"); /* the same time: the larger value counts */
	expect_all(s, "1:1=a 1:2=b 1:3=d ");
	ck_assert_int_eq(sst_store_settle(s, &acked, &e), 0);
	died = memfs_copy(fs);
	memfs_power_cut(died, MEMFS_NONE, 0);
	write_given(&b);
	expect_all(s, "1:1=a 1:2=b 1:3=d ");
	ck_assert(!sst_store_is_flushed(s, ticket));
	ck_assert_int_eq(sst_store_flush_end(s, &e), 0);
	ck_assert(sst_store_is_flushed(s, ticket));
	expect_all(s, "1:1=a 1:2=b 1:3=d ");
	ck_assert_int_eq(kt_take(early, SIZE_MAX, &text, &waits, &e), 0);
	sst_buf_addc(&text, '\0');
	ck_assert_ptr_nonnull(strstr((char *)text.p, ":3=c ")); /* as it began */
	ck_assert_ptr_null(strstr((char *)text.p, "=b"));
	sst_stream_close(early);
	ck_assert_int_eq(sst_store_flush_end(s, &e), 0); /* there is none */
	sst_store_drop(s);
	r = kt_open_reader(memfs_io(fs));
	expect_all(r, "1:1=a 1:2=b 1:3=d ");
	kt_finish(r);
	r = kt_open_reader(memfs_io(died));
	expect_all(r, "1:1=a 1:2=b 1:3=d ");
	kt_finish(r);
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	sst_buf_free(&text);
	memfs_free(died);
	memfs_free(fs);
}
END_TEST

/* The log has what is frozen until it is live, and then no longer. */
START_TEST(the_log_waits)
{
	struct sst_store_opts o = kt_log_options(SST_SYNC_BATCH);
	struct beside b = { 0 };
	struct memfs *fs = memfs_new();
	struct sst_logpos acked;
	struct sst_store *s;
	uint64_t ticket;
	size_t before;
	struct sst_err e;
	int i;

	beside(&b, &o);
	s = b.store = kt_open_with(memfs_io(fs), &o);
	for (i = 0; i < 40; i++)
		kt_put(s, 1, i, VALUE);
	ck_assert_int_eq(sst_store_flush_ask(s, &ticket, &e), 0);
	ck_assert_int_eq(take_turns(s, &e), 0);
	kt_put(s, 2, 0, VALUE);
	ck_assert_int_eq(sst_store_settle(s, &acked, &e), 0);
	before = kt_count_log(fs, ".log");
	ck_assert_uint_gt(before, 5);
	write_given(&b);
	ck_assert_uint_eq(kt_count_log(fs, ".log"), before);
	ck_assert_int_eq(sst_store_flush_end(s, &e), 0);
	ck_assert_uint_le(kt_count_log(fs, ".log"), 2); /* the row after it */
	ck_assert_uint_ge(kt_count_log(fs, ".log"), 1);
	b.given = NULL;
	ck_assert_int_eq(flush_beside(&b, &e), 0);
	ck_assert_uint_eq(kt_count_log(fs, ".log"), 0);
	sst_store_drop(s);
	memfs_free(fs);
}
END_TEST

/* Memory does not grow on and on while a flush is not written: who fills it waits. */
START_TEST(memory_is_bounded)
{
	struct sst_store_opts o = kt_log_options(SST_SYNC_BATCH);
	struct beside b = { .refuses = _i == 1 };
	struct memfs *fs = memfs_new();
	struct sst_read what;
	struct sst_read_stats stats = { 0 };
	struct sst_buf text = { 0 };
	struct sst_store *s;
	uint32_t key;
	struct sst_err e;
	int i;

	o.memory = 64 << 10;
	beside(&b, &o);
	s = b.store = kt_open_with(memfs_io(fs), &o);
	for (i = 0; i < 2000; i++) {
		kt_put(s, 1, i, VALUE);
		ck_assert_int_eq(take_turns(s, &e), 0);
	}
	ck_assert(_i == 1 ? b.waits == 0 : b.waits > 3);
	what = kt_partition(&key, 1);
	kt_read_text(s, &what, &stats, &text);
	ck_assert_uint_eq(stats.rows, 2000);
	ck_assert_uint_gt(stats.sstables_seen, 3);
	sst_buf_free(&text);
	kt_finish(s);
	memfs_free(fs);
}
END_TEST

/* What is to be done at once waits for what is done beside. */
START_TEST(others_wait_for_it)
{
	struct sst_store_opts o = kt_log_options(SST_SYNC_BATCH);
	struct beside b = { 0 };
	struct memfs *fs = memfs_new();
	struct sst_store *s;
	uint64_t ticket;
	struct sst_err e;

	beside(&b, &o);
	s = b.store = kt_open_with(memfs_io(fs), &o);
	kt_put(s, 1, 1, "a");
	kt_put(s, 1, 3, "c");
	ck_assert_int_eq(sst_store_flush_ask(s, &ticket, &e), 0);
	ck_assert_int_eq(take_turns(s, &e), 0);
	kt_put(s, 1, 2, "b");
	if (_i == 0)
		kt_flush(s);
	else if (_i == 1)
		ck_assert_int_eq(sst_store_flush_table(s, kt_table_of(s, "t"), &e), 0);
	else if (_i == 2)
		sst_store_drop(s);
	else
		kt_finish(s);
	ck_assert_int_eq(b.waits, 1);
	if (_i < 2) {
		ck_assert(sst_store_is_flushed(s, UINT64_MAX));
		ck_assert_int_eq(sst_store_flush_end(s, &e), 0); /* as a job that comes back late */
		expect_all(s, "1:1=a 1:2=b 1:3=c ");
		kt_finish(s);
	}
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	memfs_free(fs);
}
END_TEST

/* A full disk: rows stay in memory, and are flushed when somebody asks again.  A sync that failed:
 * nothing more is taken in, and whoever asks is told. */
START_TEST(after_a_flush_that_failed)
{
	static const int why[] = { ENOSPC, EIO };
	unsigned went_on = 0, refused = 0;
	unsigned long at;
	bool over = false;

	for (at = 1; !over; at++) {
		struct memfs *fs = memfs_new();
		struct faultio *f = faultio_new(memfs_io(fs));
		struct faultio_plan plan = { .at = at, .how = FAULTIO_FAIL, .sys = why[_i] };
		struct sst_store_opts o = kt_log_options(SST_SYNC_BATCH);
		struct beside b = { 0 };
		struct sst_store *s;
		struct sst_err e;

		beside(&b, &o);
		s = b.store = kt_open_with(faultio_io(f), &o);
		kt_put(s, 1, 1, "a");
		kt_put(s, 1, 3, "c");
		faultio_plan(f, &plan);
		if (flush_beside(&b, &e) == -1) {
			expect_all(s, "1:1=a 1:3=c ");
			ck_assert_int_eq(sst_store_flush_turn(s, &e), 0); /* nobody asks */
			if (kt_try_put(s, 1, 2, "b", &e) == 0) {
				went_on++;
				ck_assert_int_eq(flush_beside(&b, &e), 0);
				expect_all(s, "1:1=a 1:2=b 1:3=c ");
			} else {
				refused++;
				ck_assert_ptr_nonnull(strstr(e.what, "restart"));
				ck_assert_int_eq(flush_beside(&b, &e), -1);
			}
		}
		over = faultio_calls(f) < at;
		sst_store_drop(s);
		ck_assert_uint_eq(memfs_nopen(fs), 0);
		faultio_free(f);
		memfs_free(fs);
	}
	ck_assert(_i == 0 ? went_on > 10 : refused > 10);
	ck_assert(_i == 0 || went_on == 0);
}
END_TEST

/* ---- a history, with rows that come in between any two calls of the other thread ---- */

static int
put_next(struct beside *b)
{
	struct sst_logpos pos;
	int r = kt_try_put(b->store, b->puts, 0, VALUE, b->e);

	if (r == -1)
		return -1;
	b->puts++;
	if (b->puts % 2 == 0 && (r = sst_store_settle(b->store, &pos, b->e)) == 0)
		b->acked = b->puts;
	return r;
}

static void
between(void *arg, const char *op, const char *path)
{
	struct beside *b = arg;

	(void)op;
	(void)path;
	if (!b->writes || b->puts_now || b->result == -1 || b->puts == NEW ||
	    b->nested == MEANWHILE)
		return;
	b->puts_now = true;
	b->nested++;
	b->result = put_next(b);
	b->puts_now = false;
}

static int
one_step(struct beside *b)
{
	int r = put_next(b);

	if (r == 0)
		r = take_turns(b->store, b->e);
	if (r == 0 && b->given != NULL && ++b->late > LATE) {
		write_given(b);
		b->given = NULL;
		r = sst_store_flush_end(b->store, b->e);
		if (b->result == -1)
			r = -1;
	}
	return r;
}

static struct sst_store_opts
history_options(void)
{
	struct sst_store_opts o = kt_log_options(SST_SYNC_BATCH);

	o.memory = 28 << 10;
	o.segment_size = 2048;
	return o;
}

/* Opens, puts, with flushes beside, and closes; b->acked: so many rows were acknowledged. */
static int
history(struct beside *b, const struct sst_io *io)
{
	struct sst_store_opts o = history_options();

	beside(b, &o);
	if (sst_store_open(&b->store, io, "/d", &o, b->e) == -1)
		return -1;
	while (b->puts < NEW)
		if (one_step(b) == -1) {
			sst_store_drop(b->store);
			return -1;
		}
	if (sst_store_close(b->store, b->e) == -1)
		return -1;
	b->acked = NEW;
	return 0;
}

static struct memfs *
empty_directory(void)
{
	struct memfs *fs = memfs_new();
	struct sst_store_opts o = history_options();

	kt_finish(kt_open_with(memfs_io(fs), &o));
	return fs;
}

/* Rows from 0 on, without a hole; -1 when there is one. */
static int
count_rows(struct sst_store *s)
{
	struct sst_read all_rows = kt_everything;
	struct sst_stream *rows;
	bool there[NEW] = { false };
	const struct sst_item *item;
	struct sst_err e;
	int got, a = -1, n = 0, all = 0;

	all_rows.table = kt_table_of(s, "t");
	if (sst_store_db(s)->ops->read(sst_store_db(s), &all_rows, &rows, NULL, &e) == -1)
		return -1;
	while ((got = sst_stream_next(rows, &item, &e)) == SST_ONE) {
		if (item->kind == SST_PARTITION)
			a = kt_get_int(item->part.key);
		if (item->kind == SST_ROW && a >= 0 && a < NEW && !there[a]) {
			there[a] = true;
			all++;
		}
	}
	sst_stream_close(rows);
	while (n < NEW && there[n])
		n++;
	return got == 0 && n == all ? n : -1;
}

/* NULL, or what is wrong with a directory after a crash. */
static const char *
judge(struct memfs *fs, int acked)
{
	struct sst_store_opts ro = { .read_only = true }, rw = history_options();
	struct sst_store *s;
	struct sst_err e;
	int n, i, again;

	if (sst_store_open(&s, memfs_io(fs), "/d", &ro, &e) == -1)
		return "does not open for reading";
	n = count_rows(s);
	sst_store_drop(s);
	if (n < 0)
		return "a row is missing between others";
	if (n < acked)
		return "acknowledged rows are lost";
	for (i = 0; i < 2; i++) {
		if (sst_store_open(&s, memfs_io(fs), "/d", &rw, &e) == -1)
			return "does not open for writing";
		again = count_rows(s);
		sst_store_drop(s);
		if (again != n)
			return "recovery changed what there is";
	}
	return kt_count_log(fs, ".log") == 0 ? NULL : "recovery left segments";
}

START_TEST(a_history)
{
	struct memfs *fs = empty_directory();
	struct faultio *f = faultio_new(memfs_io(fs));
	struct sst_err e;
	struct beside b = { .faults = f, .e = &e };
	struct faultio_plan plan = { .before = between, .before_arg = &b };

	faultio_plan(f, &plan);
	ck_assert_int_eq(history(&b, faultio_io(f)), 0);
	ck_assert_int_ge(b.writings, 3);
	ck_assert_int_le(b.waits, 1); /* when it closes */
	ck_assert_ptr_null(judge(fs, NEW));
	faultio_free(f);
	memfs_free(fs);
}
END_TEST

struct sweep {
	enum faultio_sync (*sync)(void *, const char *, bool);
	void *sync_arg;
	unsigned seeds;
	bool to_first;
	unsigned long states, bad;
	char first[256];
};

static void
judge_cuts(struct sweep *w, const struct memfs *fs, const char *where, int acked)
{
	const char *bad;
	unsigned seed;
	int cut;

	for (cut = MEMFS_NONE; cut <= MEMFS_TORN; cut++)
		for (seed = 0; seed < (cut <= MEMFS_ALL ? 1 : w->seeds); seed++) {
			struct memfs *after = memfs_copy(fs);

			memfs_power_cut(after, (enum memfs_cut)cut, seed);
			w->states++;
			if ((bad = judge(after, acked)) != NULL && w->bad++ == 0)
				snprintf(w->first, sizeof(w->first), "%s, cut %d, seed %u: %s",
				    where, cut, seed, bad);
			memfs_free(after);
		}
}

static void
run_sweep(struct sweep *w)
{
	struct memfs *from = empty_directory();
	unsigned long at;
	bool over = false;
	char where[64];

	for (at = 1; !over && !(w->to_first && w->bad > 0); at++) {
		struct memfs *fs = memfs_copy(from);
		struct faultio *f = faultio_new(memfs_io(fs));
		struct sst_err e;
		struct beside b = { .faults = f, .e = &e };
		struct faultio_plan p = { .at = (at + 1) / 2,
			.how = at % 2 == 1 ? FAULTIO_STOP : FAULTIO_STOP_AFTER,
			.before = between,
			.before_arg = &b,
			.sync = w->sync,
			.sync_arg = w->sync_arg };

		faultio_plan(f, &p);
		history(&b, faultio_io(f));
		over = faultio_calls(f) < p.at;
		snprintf(where, sizeof(where), "call %lu (%s)", p.at, faultio_failed(f));
		judge_cuts(w, fs, where, b.acked);
		faultio_free(f);
		memfs_free(fs);
	}
	memfs_free(from);
}

START_TEST(crash_at_any_call)
{
	struct sweep w = { .seeds = 1 };

	run_sweep(&w);
	ck_assert_msg(w.bad == 0, "%lu of %lu: %s", w.bad, w.states, w.first);
	ck_assert_uint_gt(w.states, 1000);
}
END_TEST

static enum faultio_sync
forget(void *arg, const char *path, bool is_dir)
{
	const char *what = arg;

	if (strstr(path, "/data/") == NULL)
		return FAULTIO_SYNC_DONE;
	if (strcmp(what, "folder") == 0)
		return is_dir ? FAULTIO_SYNC_SKIPPED : FAULTIO_SYNC_DONE;
	return strstr(path, what) != NULL ? FAULTIO_SYNC_SKIPPED : FAULTIO_SYNC_DONE;
}

static char *const forgotten[] = { "folder", "Data.db", "Statistics.db", "CompressionInfo.db" };

/* The sweep is one that finds what it looks for. */
START_TEST(a_missing_sync_is_seen)
{
	struct sweep w = {
		.seeds = 2, .sync = forget, .sync_arg = forgotten[_i], .to_first = true
	};

	run_sweep(&w);
	ck_assert_msg(w.bad > 0, "nobody saw that %s was not synced", forgotten[_i]);
}
END_TEST

START_TEST(any_call_may_fail)
{
	struct memfs *from = empty_directory();
	unsigned long at;
	bool over = false;

	for (at = 1; !over; at++) {
		struct memfs *fs = memfs_copy(from);
		struct faultio *f = faultio_new(memfs_io(fs));
		struct sst_err e = { 0 };
		struct beside b = { .faults = f, .e = &e };
		struct faultio_plan plan = { .at = at,
			.how = faultio_failures[_i].how,
			.sys = faultio_failures[_i].sys,
			.before = between,
			.before_arg = &b };
		const char *bad;
		int r;

		faultio_plan(f, &plan);
		r = history(&b, faultio_io(f));
		over = faultio_calls(f) < at;
		if (r == -1 && e.code == SST_OK)
			ck_abort_msg(
			    "call %lu (%s): fails without a reason", at, faultio_failed(f));
		if (memfs_nopen(fs) != 0)
			ck_abort_msg("call %lu (%s) leaks a descriptor", at, faultio_failed(f));
		memfs_power_cut(fs, MEMFS_NONE, 0);
		if ((bad = judge(fs, b.acked)) != NULL)
			ck_abort_msg("call %lu (%s): %s", at, faultio_failed(f), bad);
		faultio_free(f);
		memfs_free(fs);
	}
	ck_assert_uint_gt(at, 200);
	memfs_free(from);
}
END_TEST

START_TEST(memory_may_run_out)
{
	struct memfs *from = empty_directory();
	bool over = false, armed = false;
	unsigned long n;
	const char *bad;

	for (n = 1; !over; n++) {
		struct memfs *fs = memfs_copy(from);
		struct sst_err e = { 0 };
		struct beside b = { .e = &e };
		int r;

		armed = nomem_arm(n);
		r = history(&b, memfs_io(fs));
		over = !nomem_disarm();
		if (over && r == -1)
			ck_abort_msg("fails with memory, too");
		if (memfs_nopen(fs) != 0)
			ck_abort_msg("allocation %lu leaks a descriptor", n);
		memfs_power_cut(fs, MEMFS_NONE, 0);
		if ((n % 16 == 0 || over) && (bad = judge(fs, b.acked)) != NULL)
			ck_abort_msg("allocation %lu: %s", n, bad);
		memfs_free(fs);
	}
	ck_assert(!armed || n > 500);
	memfs_free(from);
}
END_TEST

Suite *
flushing_suite(void)
{
	Suite *s = suite_create("flushing");
	TCase *t = tcase_create("flushing");

	tcase_set_timeout(t, 240);
	tcase_add_test(t, frozen_rows_are_read);
	tcase_add_test(t, the_log_waits);
	tcase_add_loop_test(t, memory_is_bounded, 0, 2);
	tcase_add_loop_test(t, others_wait_for_it, 0, 4);
	tcase_add_loop_test(t, after_a_flush_that_failed, 0, 2);
	tcase_add_test(t, a_history);
	tcase_add_test(t, crash_at_any_call);
	tcase_add_loop_test(t, a_missing_sync_is_seen, 0, SST_ARRAY_LEN(forgotten));
	tcase_add_loop_test(t, any_call_may_fail, 0, FAULTIO_FAILURES);
	tcase_add_test(t, memory_may_run_out);
	suite_add_tcase(s, t);
	return s;
}
