/*
 * tests/unit/relics.c: segments of the log that a crash left, and that stay while what was in them is in
 * memory only: shards replay them, take writes in at once, flush beside, and then discard them.  Nothing
 * is lost wherever this stops, is cut off or fails, and however many shards come next.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "../support/faultio.h"
#include "../support/memfs.h"
#include "../support/nomem.h"
#include "../support/stores.h"
#include "base/num.h"
#include "store/store.h"

Suite *relics_suite(void);

#define LOG "/d/commitlog"
#define LEFT 20 /* rows that are in the log when it begins */
#define NEW 8   /* rows that come before the flush, and again after it */
#define ALL (LEFT + 2 * NEW)
#define SHARDS_MAX 3
#define VALUE \
	"a value of some length, so that a few rows fill a segment of the log, and a block of a " \
	"disk"

struct node {
	struct sst_store *s[SHARDS_MAX];
	struct sst_flush *given[SHARDS_MAX]; /* by each */
	struct sst_lock lock;
	unsigned n;
	struct sst_relics *relics;
	int puts, acked;
	bool recovered;
};

static bool
give(void *arg, struct sst_flush *f)
{
	*(struct sst_flush **)arg = f;
	return true;
}

static void
wait_for_it(void *arg, struct sst_flush *f)
{
	sst_flush_write(f);
	*(struct sst_flush **)arg = NULL;
}

static struct sst_store_opts
options(struct node *k, unsigned no, unsigned n, enum sst_sync sync)
{
	const uint64_t part = UINT64_MAX / n;
	struct sst_store_opts o = kt_log_options(sync);

	o.segment_size = 2048;
	o.shared = o.replay = true;
	o.shard = no;
	o.shards = n;
	if (n > 1) {
		o.left = (int64_t)(part * no - (UINT64_C(1) << 63));
		o.right =
		    no == n - 1 ? INT64_MAX : (int64_t)(part * (no + 1) - (UINT64_C(1) << 63));
	}
	o.give = give;
	o.wait = wait_for_it;
	o.flush_arg = &k->given[no];
	return o;
}

static int
node_open(
    struct node *k, const struct sst_io *io, unsigned n, enum sst_sync sync, struct sst_err *e)
{
	struct sst_store_opts o;

	*k = (struct node){ .lock = { .fd = -1 } };
	if (sst_store_lock(&k->lock, io, "/d", false, e) == -1)
		return -1;
	for (; k->n < n; k->n++) {
		o = options(k, k->n, n, sync);
		if (sst_store_open(&k->s[k->n], io, "/d", &o, e) == -1)
			return -1;
	}
	if (sst_store_recovered_beside(k->s, n, &k->relics, e) == -1)
		return -1;
	k->recovered = true;
	return 0;
}

static void
node_drop(struct node *k)
{
	while (k->n > 0)
		sst_store_drop(k->s[--k->n]);
	sst_relics_free(k->relics);
	sst_lock_drop(&k->lock);
}

/* Row by row, each in the shard that it is of; then all are settled. */
static int
node_put(struct node *k, int from, int upto, struct sst_err *e)
{
	struct sst_logpos pos;
	unsigned i;

	for (k->puts = from; k->puts < upto; k->puts++) {
		for (i = 0; i < k->n && kt_try_put(k->s[i], k->puts, 0, VALUE, e) == -1; i++)
			if (e->code != SST_EINVAL)
				return -1;
		if (i == k->n)
			ck_abort_msg("no shard has row %d", k->puts);
	}
	for (i = 0; i < k->n; i++)
		if (sst_store_settle(k->s[i], &pos, e) == -1)
			return -1;
	k->acked = upto;
	return 0;
}

static int
node_flush(struct node *k, struct sst_err *e)
{
	uint64_t ticket;
	unsigned i;
	int r;

	for (i = 0; i < k->n; i++) {
		if (sst_store_flush_ask(k->s[i], &ticket, e) == -1)
			return -1;
		while (!sst_store_is_flushed(k->s[i], ticket)) {
			while ((r = sst_store_flush_turn(k->s[i], e)) == SST_ONE)
				;
			if (r == -1)
				return -1;
			if (k->given[i] == NULL)
				continue;
			sst_flush_write(k->given[i]);
			k->given[i] = NULL;
			if (sst_store_flush_end(k->s[i], e) == -1)
				return -1;
		}
	}
	return 0;
}

/* What two shards leave that are killed: nothing was cut off, but not all of it is durable. */
static struct memfs *
killed(enum sst_sync sync)
{
	struct memfs *fs = memfs_new(), *died;
	struct sst_store_opts o = kt_options();
	struct node k;
	struct sst_err e;

	kt_finish(kt_open_with(memfs_io(fs), &o));
	memfs_power_cut(fs, MEMFS_ALL, 0);
	ck_assert_int_eq(node_open(&k, memfs_io(fs), 2, sync, &e), 0);
	ck_assert_ptr_null(k.relics); /* there was nothing to replay */
	ck_assert_int_eq(node_put(&k, 0, LEFT, &e), 0);
	died = memfs_copy(fs);
	node_drop(&k);
	memfs_free(fs);
	return died;
}

/* Rows that are there; -1 when they cannot be read. */
static int
look(struct sst_store *s, bool there[ALL])
{
	struct sst_read all = kt_everything;
	const struct sst_item *item;
	struct sst_stream *rows;
	struct sst_err e;
	int got, a = -1, n = 0;

	all.table = kt_table_of(s, "t");
	if (sst_store_db(s)->ops->read(sst_store_db(s), &all, &rows, NULL, &e) == -1)
		return -1;
	while ((got = sst_stream_next(rows, &item, &e)) == SST_ONE) {
		if (item->kind == SST_PARTITION)
			a = kt_get_int(item->part.key);
		if (item->kind == SST_ROW && a >= 0 && a < ALL) {
			n += !there[a];
			there[a] = true;
		}
	}
	sst_stream_close(rows);
	return got == 0 ? n : -1;
}

static bool
has_first(const bool there[ALL], int n)
{
	int a = 0;

	while (a < n && there[a])
		a++;
	return a == n;
}

/* Three shards come next, and are killed before they have flushed; what they leave is judged too. */
static const char *
judge_next(struct memfs *fs, int rows)
{
	bool there[ALL] = { false };
	struct memfs *after;
	struct sst_store *s;
	struct sst_err e;
	struct node k;
	unsigned i;
	int n = 0, some;

	if (node_open(&k, memfs_io(fs), 3, SST_SYNC_PERIODIC, &e) == -1) {
		node_drop(&k);
		return "does not open with other shards";
	}
	for (i = 0; i < k.n && n != -1; i++)
		n = (some = look(k.s[i], there)) == -1 ? -1 : n + some;
	for (i = 0; i < k.n && there[0]; i++) /* as one that goes on: a row that is there */
		kt_try_put(k.s[i], 0, 0, VALUE, &e);
	after = memfs_copy(fs);
	node_drop(&k);
	memfs_power_cut(after, MEMFS_NONE, 0);
	memset(there, 0, sizeof(there));
	s = kt_open_reader(memfs_io(after));
	some = look(s, there);
	kt_finish(s);
	memfs_free(after);
	return n != rows   ? "other shards see other rows"
	    : some != rows ? "rows are lost when other shards are killed"
			   : NULL;
}

/* NULL, or what is wrong with a directory in which the first so many rows have to be. */
static const char *
judge(struct memfs *fs, int acked)
{
	struct sst_store_opts ro = { .read_only = true }, rw = kt_log_options(SST_SYNC_BATCH);
	bool there[ALL] = { false };
	const char *bad;
	struct sst_store *s;
	struct sst_err e;
	int n, i, again;

	if (sst_store_open(&s, memfs_io(fs), "/d", &ro, &e) == -1)
		return "does not open for reading";
	n = look(s, there);
	sst_store_drop(s);
	if (n == -1)
		return "cannot be read";
	if (!has_first(there, acked))
		return "acknowledged rows are lost";
	if ((bad = judge_next(fs, n)) != NULL)
		return bad;
	for (i = 0; i < 2; i++) {
		memset(there, 0, sizeof(there));
		if (sst_store_open(&s, memfs_io(fs), "/d", &rw, &e) == -1)
			return "does not open for writing";
		again = look(s, there);
		sst_store_drop(s);
		if (again != n)
			return "recovery changed what there is";
	}
	return kt_count_log(fs, ".log") == 0 ? NULL : "recovery left segments";
}

/* ---- what happens when nothing goes wrong ---- */

START_TEST(they_go_when_all_is_flushed)
{
	struct memfs *fs = killed(SST_SYNC_PERIODIC), *died;
	size_t before = kt_count_log(fs, ".log");
	struct node k;
	struct sst_err e;

	ck_assert_uint_ge(before, 2);
	ck_assert_int_eq(node_open(&k, memfs_io(fs), _i == 0 ? 2 : 1, SST_SYNC_BATCH, &e), 0);
	ck_assert_ptr_nonnull(k.relics);
	ck_assert_uint_eq(kt_count_log(fs, ".log"), before);
	ck_assert_int_eq(node_put(&k, LEFT, LEFT + NEW, &e), 0);
	died = memfs_copy(fs);
	memfs_power_cut(died, MEMFS_NONE, 0);
	ck_assert_ptr_null(judge(died, LEFT + NEW));
	ck_assert_int_eq(node_flush(&k, &e), 0);
	ck_assert_uint_eq(kt_count_log(fs, ".log"), before); /* the new ones are gone */
	ck_assert_int_eq(sst_relics_discard(k.relics, &e), 0);
	ck_assert_int_eq(sst_relics_discard(k.relics, &e), 0);
	memfs_free(died);
	died = memfs_copy(fs);
	memfs_power_cut(died, MEMFS_NONE, 0);
	ck_assert_uint_eq(kt_count_log(died, ".log"), 0);
	ck_assert_ptr_null(judge(died, LEFT + NEW));
	node_drop(&k);
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	memfs_free(died);
	memfs_free(fs);
}
END_TEST

/* A segment that its writer did not get to begin. */
static void
add_unused(struct memfs *fs)
{
	struct sst_err e;
	int fd = sst_io_open(memfs_io(fs), LOG "/CommitLog-7-1.log", O_WRONLY | O_CREAT, &e);

	ck_assert_int_ge(fd, 0);
	sst_io_close(memfs_io(fs), fd, LOG, &e);
}

/* Where something about them is out of the ordinary, all is flushed first, as it used to be. */
START_TEST(others_are_flushed_first)
{
	struct memfs *fs = killed(SST_SYNC_BATCH);
	struct node k;
	struct sst_err e;

	add_unused(fs);
	ck_assert_int_eq(node_open(&k, memfs_io(fs), 2, SST_SYNC_BATCH, &e), 0);
	ck_assert_ptr_null(k.relics);
	ck_assert_uint_eq(kt_count_log(fs, ".log"), 0);
	node_drop(&k);
	ck_assert_ptr_null(judge(fs, LEFT));
	memfs_free(fs);
}
END_TEST

/* Whatever a power cut has torn: a mark may only follow what ends with a section. */
START_TEST(torn_tails)
{
	unsigned seed, stayed = 0, went = 0;

	for (seed = 0; seed < 60; seed++) {
		struct memfs *fs = killed(SST_SYNC_PERIODIC), *died;
		bool there[ALL] = { false };
		const char *bad;
		struct node k;
		struct sst_err e;
		int i, n = 0;

		memfs_power_cut(fs,
		    seed == 0           ? MEMFS_ALL /* which surely ends with a section */
			: seed % 2 == 0 ? MEMFS_TORN
					: MEMFS_PREFIX,
		    seed);
		ck_assert_int_eq(node_open(&k, memfs_io(fs), 2, SST_SYNC_BATCH, &e), 0);
		stayed += k.relics != NULL;
		went += k.relics == NULL;
		for (i = 0; i < 2; i++)
			n += look(k.s[i], there);
		ck_assert_int_eq(node_put(&k, LEFT, LEFT + NEW, &e), 0);
		died = memfs_copy(fs);
		node_drop(&k);
		memfs_power_cut(died, MEMFS_NONE, 0);
		memset(there, 0, sizeof(there));
		ck_assert_int_eq(node_open(&k, memfs_io(died), 1, SST_SYNC_BATCH, &e), 0);
		ck_assert_int_eq(look(k.s[0], there), n + NEW);
		node_drop(&k);
		bad = judge(died, 0);
		ck_assert_msg(bad == NULL, "seed %u: %s", seed, bad);
		memfs_free(died);
		memfs_free(fs);
	}
	ck_assert_uint_gt(stayed, 0);
	ck_assert_uint_gt(went, 0);
}
END_TEST

/* ---- what may go wrong ---- */

static int
act(struct node *k, const struct sst_io *io, unsigned shards, struct sst_err *e)
{
	int r = -1;

	if (node_open(k, io, shards, SST_SYNC_BATCH, e) == 0 &&
	    node_put(k, LEFT, LEFT + NEW, e) == 0 && node_flush(k, e) == 0 &&
	    (k->relics == NULL || sst_relics_discard(k->relics, e) == 0) &&
	    node_put(k, LEFT + NEW, ALL, e) == 0)
		r = 0;
	node_drop(k);
	return r;
}

struct sweep {
	enum sst_sync sync; /* of those who were killed */
	unsigned shards;
	enum faultio_sync (*forget)(void *, const char *, bool);
	bool to_first;
	unsigned long states, bad;
	char first[256];
};

static void
judge_cuts(struct sweep *w, const struct memfs *fs, const char *where, const struct node *k)
{
	int cut, must;
	const char *bad;

	for (cut = MEMFS_NONE; cut <= MEMFS_TORN; cut++) {
		struct memfs *after = memfs_copy(fs);

		/* What periodic sync acknowledged is durable at the latest when it was replayed. */
		must = k->acked > 0 ? k->acked : LEFT;
		if (w->sync == SST_SYNC_PERIODIC && !k->recovered && cut != MEMFS_ALL)
			must = 0;
		memfs_power_cut(after, (enum memfs_cut)cut, (unsigned)w->states);
		w->states++;
		if ((bad = judge(after, must)) != NULL && w->bad++ == 0)
			snprintf(w->first, sizeof(w->first), "%s, cut %d, state %lu: %s", where,
			    cut, w->states, bad);
		memfs_free(after);
	}
}

static void
run_sweep(struct sweep *w)
{
	struct memfs *from = killed(w->sync);
	unsigned long at;
	bool over = false;
	char where[64];

	for (at = 1; !over && !(w->to_first && w->bad > 0); at++) {
		struct memfs *fs = memfs_copy(from);
		struct faultio *f = faultio_new(memfs_io(fs));
		struct faultio_plan p = { .at = (at + 1) / 2,
			.how = at % 2 == 1 ? FAULTIO_STOP : FAULTIO_STOP_AFTER,
			.sync = w->forget };
		struct sst_err e;
		struct node k;

		faultio_plan(f, &p);
		act(&k, faultio_io(f), w->shards, &e);
		over = faultio_calls(f) < p.at;
		snprintf(where, sizeof(where), "call %lu (%s)", p.at, faultio_failed(f));
		judge_cuts(w, fs, where, &k);
		faultio_free(f);
		memfs_free(fs);
	}
	memfs_free(from);
}

static const struct {
	enum sst_sync sync;
	unsigned shards;
} histories[] = { { SST_SYNC_BATCH, 2 }, { SST_SYNC_PERIODIC, 1 } };

START_TEST(crash_at_any_call)
{
	struct sweep w = { .sync = histories[_i].sync, .shards = histories[_i].shards };

	run_sweep(&w);
	ck_assert_msg(w.bad == 0, "%lu of %lu: %s", w.bad, w.states, w.first);
	ck_assert_uint_gt(w.states, 800);
}
END_TEST

static enum faultio_sync
forget_log(void *arg, const char *path, bool is_dir)
{
	(void)arg;
	return strstr(path, "commitlog/") != NULL && !is_dir ? FAULTIO_SYNC_SKIPPED
							     : FAULTIO_SYNC_DONE;
}

START_TEST(a_missing_sync_is_seen)
{
	struct sweep w = {
		.sync = SST_SYNC_PERIODIC, .shards = 1, .forget = forget_log, .to_first = true
	};

	run_sweep(&w);
	ck_assert_msg(w.bad > 0, "nobody saw that the log was not synced");
}
END_TEST

START_TEST(any_call_may_fail)
{
	struct memfs *from = killed(SST_SYNC_BATCH);
	unsigned long at;
	bool over = false;

	for (at = 1; !over; at++) {
		struct memfs *fs = memfs_copy(from);
		struct faultio *f = faultio_new(memfs_io(fs));
		struct faultio_plan plan = {
			.at = at, .how = faultio_failures[_i].how, .sys = faultio_failures[_i].sys
		};
		struct sst_err e = { 0 };
		const char *bad;
		struct node k;
		int r;

		faultio_plan(f, &plan);
		r = act(&k, faultio_io(f), 2, &e);
		over = faultio_calls(f) < at;
		if (r == -1 && e.code == SST_OK)
			ck_abort_msg(
			    "call %lu (%s): fails without a reason", at, faultio_failed(f));
		if (memfs_nopen(fs) != 0)
			ck_abort_msg("call %lu (%s) leaks a descriptor", at, faultio_failed(f));
		memfs_power_cut(fs, MEMFS_NONE, 0);
		if ((bad = judge(fs, k.acked > 0 ? k.acked : LEFT)) != NULL)
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
	struct memfs *from = killed(SST_SYNC_BATCH);
	bool over = false, armed = false;
	unsigned long n;
	const char *bad;

	for (n = 1; !over; n++) {
		struct memfs *fs = memfs_copy(from);
		struct sst_err e = { 0 };
		struct node k;
		int r;

		armed = nomem_arm(n);
		r = act(&k, memfs_io(fs), 2, &e);
		over = !nomem_disarm();
		if (over && r == -1)
			ck_abort_msg("fails with memory, too");
		if (memfs_nopen(fs) != 0)
			ck_abort_msg("allocation %lu leaks a descriptor", n);
		memfs_power_cut(fs, MEMFS_NONE, 0);
		if ((n % 16 == 0 || over) &&
		    (bad = judge(fs, k.acked > 0 ? k.acked : LEFT)) != NULL)
			ck_abort_msg("allocation %lu: %s", n, bad);
		memfs_free(fs);
	}
	ck_assert(!armed || n > 300);
	memfs_free(from);
}
END_TEST

Suite *
relics_suite(void)
{
	Suite *s = suite_create("relics");
	TCase *t = tcase_create("relics");

	tcase_set_timeout(t, 240);
	tcase_add_loop_test(t, they_go_when_all_is_flushed, 0, 2);
	tcase_add_test(t, others_are_flushed_first);
	tcase_add_test(t, torn_tails);
	tcase_add_loop_test(t, crash_at_any_call, 0, SST_ARRAY_LEN(histories));
	tcase_add_test(t, a_missing_sync_is_seen);
	tcase_add_loop_test(t, any_call_may_fail, 0, FAULTIO_FAILURES);
	tcase_add_test(t, memory_may_run_out);
	suite_add_tcase(s, t);
	return s;
}
