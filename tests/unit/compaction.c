/*
 * tests/unit/compaction.c: compactions of random tables are invisible to readers and leave what the
 * model leaves; they may be stopped or fail at any call.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/faultio.h"
#include "../support/memfs.h"
#include "../support/model.h"
#include "../support/nomem.h"
#include "../support/random.h"
#include "compaction/strategy.h"
#include "live/publish.h"
#include "live/recover.h"
#include "memtable/memtable.h"
#include "merge/merge.h"

Suite *compaction_suite(void);

#define BATCHES 50     /* processes */
#define PARTITIONS 400 /* that each makes tables of; COMPACTION_PARTITIONS says otherwise */
#define CASES_MAX 1000000
#define SETS 6
#define DIR "/t"

struct kase { /* a table in a folder, and all that was ever written to it */
	struct random r;
	struct sst_arena arena;
	struct memfs *fs;
	struct model all;
	struct model unflushed; /* a part of `all` that is in no SSTable */
	int64_t now_s;
	uint8_t names;
};

/* ---- writing ---- */

static void
write_set(struct kase *k, const struct sst_io *io, struct sst_memtable *mem)
{
	struct sst_publish_opts how = { .version = "me", .type = "flush", .now_us = ++k->names };
	struct sst_read all = { .left = INT64_MIN, .right = INT64_MIN, .raw = true };
	struct sst_writer_opts o = { .host_id = { 1 }, .index_block = 256 };
	struct sst_publish *p;
	struct sst_stream *s;
	struct sst_writer *w;
	const char *base;
	char path[200];
	struct sst_err e;
	bool done;
	int r;

	ck_assert_int_eq(sst_publish_begin(&p, io, DIR, &how, &e), 0);
	ck_assert_int_eq(sst_publish_add(p, 8, &base, &e), 0);
	snprintf(path, sizeof(path), DIR "/%s", base);
	ck_assert_int_eq(sst_memtable_read(mem, &all, &s, &e), 0);
	ck_assert_int_eq(sst_writer_open(&w, io, path, k->all.table, &o, &e), 0);
	ck_assert_int_eq(sst_writer_copy(w, s, &e), 0);
	sst_stream_close(s);
	r = sst_writer_finish(w, NULL, &e);
	ck_assert_int_ge(r, 0);
	if (r == 0) {
		ck_assert_int_eq(sst_publish_ready(p, base, &e), 0);
		ck_assert_int_eq(sst_publish_commit(p, &done, &e), 0);
	}
	sst_publish_close(p);
}

static void
flush_some(struct kase *k, const struct random_opts *o, size_t updates)
{
	const struct sst_update *u;
	struct sst_memtable *mem;
	struct sst_err e;

	ck_assert_int_eq(sst_memtable_new(&mem, k->all.table, &e), 0);
	for (; updates > 0; updates--) {
		u = random_update(&k->r, k->all.table, o, &k->arena);
		ck_assert_int_eq(sst_memtable_apply(mem, u, &e), 0);
		model_apply(&k->all, u);
	}
	write_set(k, memfs_io(k->fs), mem);
	sst_memtable_free(mem);
}

static void
kase_open(struct kase *k, int seed, size_t sets)
{
	struct random_opts o = { .nparts = 25 };
	const struct sst_update *u;
	struct sst_err e;
	size_t i;

	*k = (struct kase){ .r = { (uint64_t)seed * 7919 + 1 } };
	k->all.table = random_table(&k->r, false, &k->arena);
	k->all.arena = &k->arena;
	k->unflushed = k->all;
	k->fs = memfs_new();
	ck_assert_int_eq(sst_io_mkdir(memfs_io(k->fs), DIR, &e), 0);
	ck_assert_int_eq(sst_io_sync_dir(memfs_io(k->fs), "/", &e), 0);
	o.nrows = 1 + random_below(&k->r, 5);
	o.nvalues = 2 + random_below(&k->r, 5);
	for (i = 0; i < sets; i++)
		flush_some(k, &o, random_below(&k->r, 16));
	for (i = random_below(&k->r, 3); i > 0; i--) {
		u = random_update(&k->r, k->all.table, &o, &k->arena);
		model_apply(&k->all, u);
		model_apply(&k->unflushed, u);
	}
	k->now_s = RANDOM_LDT_S;
}

static void
kase_close(struct kase *k)
{
	memfs_free(k->fs);
	sst_arena_free(&k->arena);
}

/* ---- reading ---- */

static const struct sst_live_folder *
folder_of(const struct sst_io *io)
{
	static struct sst_live_folder f;

	f = (struct sst_live_folder){ io, DIR, false };
	return &f;
}

/* All that is there, merged; with what is unflushed. */
static bool
read_all(struct items *got, struct kase *k, const struct sst_merge_opts *o, struct sst_err *e)
{
	struct sst_live_folder folder = *folder_of(memfs_io(k->fs));
	struct items unflushed = model_items(&k->unflushed, false);
	struct sst_stream *in[64], *s;
	struct sst_sets sets;
	size_t i;
	bool good;

	if (sst_sets_open(&sets, &folder, k->all.table, e) == -1)
		return false;
	ck_assert_uint_lt(sets.n, 63);
	for (i = 0; i < sets.n; i++)
		ck_assert_int_eq(sst_sstable_scan(sets.v[i].sstable, &in[i], e), 0);
	in[i++] = items_stream(&unflushed, k->all.table, false, false);
	ck_assert_int_eq(sst_merge_open(&s, k->all.table, in, i, o, e), 0);
	good = items_read(got, s, &k->arena, NULL, e) == 0;
	sst_sets_close(&sets);
	return good;
}

static struct items
live_rows(struct kase *k, int64_t now_s)
{
	struct sst_merge_opts o = { .now_s = now_s, .gc_before_s = INT64_MIN };
	struct items got;
	struct sst_err e;
	char text[500];

	ck_assert_msg(read_all(&got, k, &o, &e), "%s", sst_err_text(&e, text, sizeof(text)));
	return got;
}

static void
check_rows(struct kase *k, int64_t now_s)
{
	uint64_t ignored;
	struct items want = model_live(&k->all, false, now_s, &ignored);
	struct items got = live_rows(k, now_s);

	ck_assert(items_same(k->all.table, &got, &want));
}

/* ---- compacting ---- */

static int64_t
min_of_row(const struct sst_row *r, int64_t min)
{
	size_t i;

	if (r->live.ts_us != SST_NO_TS && r->live.ts_us < min)
		min = r->live.ts_us;
	if (r->del.ts_us != SST_NO_TS && r->del.ts_us < min)
		min = r->del.ts_us;
	for (i = 0; i < r->ncells; i++)
		min = r->cells[i].ts_us < min ? r->cells[i].ts_us : min;
	for (i = 0; i < r->ncomplex; i++)
		min = r->complex[i].del.ts_us < min ? r->complex[i].del.ts_us : min;
	return min;
}

/* The oldest unflushed write of a partition, from the list of them. */
static int64_t
unflushed_min(void *arg, const struct sst_partition *p)
{
	const struct kase *k = arg;
	int64_t min = INT64_MAX;
	size_t i, n;

	for (i = 0; i < k->unflushed.n; i++) {
		const struct sst_update *u = k->unflushed.updates[i];

		if (!sst_slice_eq(u->part.key, p->key))
			continue;
		if (u->part.del.ts_us != SST_NO_TS && u->part.del.ts_us < min)
			min = u->part.del.ts_us;
		if (u->statik != NULL)
			min = min_of_row(u->statik, min);
		for (n = 0; n < u->nrows; n++)
			min = min_of_row(&u->rows[n], min);
		for (n = 0; n < u->nranges; n++)
			min = u->ranges[n].del.ts_us < min ? u->ranges[n].del.ts_us : min;
	}
	return min;
}

struct doing { /* one compaction of some of the sets */
	struct sst_compaction c;
	struct sst_oracle oracle;
	struct sst_set *in[64], *outside[64];
};

static void
prepare(
    struct doing *d, struct kase *k, const struct sst_io *io, struct sst_sets *sets, unsigned share)
{
	size_t i;

	*d = (struct doing){ .oracle = { .unflushed = unflushed_min, .arg = k } };
	for (i = 0; i < sets->n; i++)
		if (random_chance(&k->r, share))
			d->in[d->c.n++] = &sets->v[i];
		else
			d->outside[d->oracle.n++] = &sets->v[i];
	d->oracle.outside = d->outside;
	d->c.io = io;
	d->c.dir = DIR;
	d->c.in_place = true;
	d->c.table = k->all.table;
	d->c.in = d->in;
	d->c.version = random_chance(&k->r, 50) ? "me" : "nb";
	d->c.writer.host_id[0] = 1;
	d->c.split_bytes = random_chance(&k->r, 30) ? 1 : 0;
	d->c.now_s = k->now_s;
	d->c.gc_before_s = k->now_s - random_below(&k->r, 60);
	d->c.oracle = &d->oracle;
	d->c.verify = true;
	d->c.random[0] = ++k->names;
}

static int
compact_some(
    struct kase *k, const struct sst_io *io, unsigned share, bool *doubt, struct sst_err *e)
{
	struct sst_compacted done = { 0 };
	struct sst_live_folder folder = *folder_of(io);
	struct sst_recovery rec;
	struct sst_sets sets;
	struct doing d;
	int r;

	*doubt = false;
	if (sst_live_recover(&rec, io, DIR, e) == -1)
		return -1;
	if (sst_sets_open(&sets, &folder, k->all.table, e) == -1)
		return -1;
	prepare(&d, k, io, &sets, share);
	r = d.c.n == 0 ? 0 : sst_compaction_run(&done, &d.c, doubt, e);
	sst_compacted_free(&done);
	sst_sets_close(&sets);
	return r;
}

static size_t
count_partitions(const struct model *m)
{
	struct items all = model_items(m, false);
	size_t i, n = 0;

	for (i = 0; i < all.n; i++)
		n += all.at[i].kind == SST_PARTITION;
	return n;
}

/* Any of the sets, merged at any time, three times; readers see no difference.  In the end all of them,
 * and what is left is what the model leaves.  Gives how many partitions were in it. */
static size_t
invisible_case(int seed)
{
	struct items want, got;
	struct sst_merge_opts raw = { .raw = true, .gc_before_s = INT64_MIN };
	struct kase k;
	struct sst_err e;
	char text[500];
	size_t partitions;
	bool doubt;
	int round;

	kase_open(&k, seed, 1 + (size_t)seed % SETS);
	for (round = 0; round < 3; round++) {
		check_rows(&k, k.now_s);
		k.now_s += random_below(&k.r, 50);
		ck_assert_msg(compact_some(&k, memfs_io(k.fs), 60, &doubt, &e) == 0, "%s",
		    sst_err_text(&e, text, sizeof(text)));
		check_rows(&k, k.now_s);
		check_rows(&k, k.now_s + random_below(&k.r, 50));
	}
	if (k.unflushed.n == 0) { /* all that may go is gone after a full merge */
		struct sst_merge_opts none = raw;

		k.now_s += 200;
		ck_assert_int_eq(compact_some(&k, memfs_io(k.fs), 100, &doubt, &e), 0);
		check_rows(&k, k.now_s);
		want = model_purged(&k.all, false, k.now_s, k.now_s - 60, INT64_MAX);
		ck_assert(read_all(&got, &k, &none, &e));
		ck_assert(items_same(k.all.table, &got, &want));
	}
	ck_assert_uint_eq(memfs_nopen(k.fs), 0);
	partitions = count_partitions(&k.all);
	kase_close(&k);
	return partitions;
}

START_TEST(compactions_are_invisible)
{
	const char *more = getenv("COMPACTION_PARTITIONS");
	size_t n = 0, want = more != NULL ? strtoul(more, NULL, 10) : PARTITIONS;
	int i;

	for (i = 0; n < want && i < CASES_MAX; i++)
		n += invisible_case(_i * CASES_MAX + i);
	ck_assert_uint_ge(n, want);
}
END_TEST

/* ---- stopped, or failing ---- */

#define CRASH_SEED 4

/* NULL, or what is wrong with the folder after it. */
static const char *
judge(struct kase *k, struct memfs *fs, const struct items *want)
{
	struct memfs *mine = k->fs;
	const char *bad = NULL;
	struct items got;
	struct sst_merge_opts o = { .now_s = k->now_s, .gc_before_s = INT64_MIN };
	struct sst_err e;
	bool doubt;

	k->fs = fs;
	if (!read_all(&got, k, &o, &e))
		bad = "cannot be read";
	else if (!items_same(k->all.table, &got, want))
		bad = "rows have changed";
	else if (compact_some(k, memfs_io(fs), 100, &doubt, &e) == -1)
		bad = "the next run fails";
	else if (!read_all(&got, k, &o, &e) || !items_same(k->all.table, &got, want))
		bad = "the next run changes rows";
	k->fs = mine;
	return bad;
}

START_TEST(stopped_at_any_call)
{
	struct items want;
	unsigned long at, states = 0;
	bool over = false, doubt;
	struct sst_err e;
	struct kase k;
	int cut;

	kase_open(&k, CRASH_SEED, 3);
	k.now_s += 100;
	want = live_rows(&k, k.now_s);
	for (at = 1; !over; at++) {
		struct memfs *fs = memfs_copy(k.fs);
		struct faultio *f = faultio_new(memfs_io(fs));
		struct faultio_plan plan = { .at = (at + 1) / 2,
			.how = at % 2 == 1 ? FAULTIO_STOP : FAULTIO_STOP_AFTER };
		struct random was = k.r;

		faultio_plan(f, &plan);
		compact_some(&k, faultio_io(f), 100, &doubt, &e);
		over = faultio_calls(f) < plan.at;
		for (cut = MEMFS_NONE; cut <= MEMFS_TORN; cut++, states++) {
			struct memfs *after = memfs_copy(fs);
			const char *bad;

			memfs_power_cut(after, (enum memfs_cut)cut, (unsigned)at);
			bad = judge(&k, after, &want);
			ck_assert_msg(bad == NULL, "call %lu (%s), cut %d: %s", plan.at,
			    faultio_failed(f), cut, bad);
			memfs_free(after);
		}
		k.r = was;
		faultio_free(f);
		memfs_free(fs);
	}
	ck_assert_uint_gt(states, 400);
	kase_close(&k);
}
END_TEST

START_TEST(any_call_may_fail)
{
	struct faultio_plan plan = { .how = faultio_failures[_i].how,
		.sys = faultio_failures[_i].sys };
	struct items want;
	bool over = false, doubt;
	unsigned long failed = 0;
	struct sst_err e;
	struct kase k;

	kase_open(&k, CRASH_SEED, 3);
	k.now_s += 100;
	want = live_rows(&k, k.now_s);
	for (plan.at = 1; !over; plan.at++) {
		struct memfs *fs = memfs_copy(k.fs);
		struct faultio *f = faultio_new(memfs_io(fs));
		struct random was = k.r;
		const char *bad;
		int r;

		faultio_plan(f, &plan);
		e.code = SST_OK;
		r = compact_some(&k, faultio_io(f), 100, &doubt, &e);
		over = faultio_calls(f) < plan.at;
		failed += r == -1;
		ck_assert(r == 0 || e.code != SST_OK);
		ck_assert_msg(memfs_nopen(fs) == 0, "call %lu (%s) leaks a descriptor", plan.at,
		    faultio_failed(f));
		k.r = was;
		bad = judge(&k, fs, &want);
		ck_assert_msg(bad == NULL, "call %lu (%s): %s", plan.at, faultio_failed(f), bad);
		faultio_free(f);
		memfs_free(fs);
	}
	ck_assert_uint_ge(failed, 10);
	kase_close(&k);
}
END_TEST

START_TEST(any_allocation_may_fail)
{
	unsigned long n, failed = 0;
	bool came = true, doubt;
	struct items want;
	struct sst_err e;
	struct kase k;

	kase_open(&k, CRASH_SEED, 3);
	k.now_s += 100;
	want = live_rows(&k, k.now_s);
	if (!nomem_arm(0)) { /* a sanitizer has malloc */
		kase_close(&k);
		return;
	}
	nomem_disarm();
	for (n = 1; came; n++) {
		struct memfs *fs = memfs_copy(k.fs);
		struct random was = k.r;
		const char *bad;
		int r;

		e.code = SST_OK;
		nomem_arm(n);
		r = compact_some(&k, memfs_io(fs), 100, &doubt, &e);
		came = nomem_disarm();
		failed += r == -1;
		ck_assert_msg(r == 0 || e.code == SST_ENOMEM, "allocation %lu: %s", n, e.what);
		ck_assert_msg(memfs_nopen(fs) == 0, "allocation %lu leaks a descriptor", n);
		k.r = was;
		bad = judge(&k, fs, &want);
		ck_assert_msg(bad == NULL, "allocation %lu: %s", n, bad);
		memfs_free(fs);
	}
	ck_assert_uint_ge(failed, 50);
	kase_close(&k);
}
END_TEST

Suite *
compaction_suite(void)
{
	Suite *s = suite_create("compaction");
	TCase *t = tcase_create("compaction");

	tcase_set_timeout(t, 3600);
	tcase_add_loop_test(t, compactions_are_invisible, 0, BATCHES);
	tcase_add_test(t, stopped_at_any_call);
	tcase_add_loop_test(t, any_call_may_fail, 0, 4);
	tcase_add_test(t, any_allocation_may_fail);
	suite_add_tcase(s, t);
	return s;
}
