/* tests/unit/merge.c: merges of random streams against the model; what a reader and compaction
 * see; re-entry. */
#include <check.h>
#include <stdlib.h>

#include "../support/model.h"
#include "../support/random.h"
#include "merge/merge.h"
#include "row/reconcile.h"

Suite *merge_suite(void);

#define BATCHES 50
#define SPLITS 5

struct kase { /* a table, what was written to it, and that split among several sources */
	struct random r;
	struct sst_arena arena;
	struct model all, split[SPLITS];
	struct items items[SPLITS];
	size_t n;
	bool reversed;
};

static const struct sst_merge_opts raw_opts = { .raw = true, .gc_before_s = INT64_MIN };

static void
kase_open(struct kase *k, int seed, bool counters)
{
	struct random_opts o = { 0 };
	size_t i, updates;
	const struct sst_table *t;
	const struct sst_update *u;

	*k = (struct kase){ .r = { (uint64_t)seed } };
	t = random_table(&k->r, counters, &k->arena);
	o.nrows = 1 + random_below(&k->r, 6);
	o.nvalues = 2 + random_below(&k->r, 6);
	o.no_deletions = counters;
	k->n = 1 + random_below(&k->r, SPLITS);
	k->reversed = random_chance(&k->r, 50);
	k->all = (struct model){ .table = t, .arena = &k->arena };
	for (i = 0; i < k->n; i++)
		k->split[i] = k->all;
	for (updates = random_below(&k->r, 16); updates > 0; updates--) {
		u = random_update(&k->r, t, &o, &k->arena);
		model_apply(&k->all, u);
		model_apply(&k->split[random_below(&k->r, (uint32_t)k->n)], u);
	}
	for (i = 0; i < k->n; i++)
		k->items[i] = model_items(&k->split[i], k->reversed);
}

/* A merge of sources from..to. */
static struct sst_stream *
merge(struct kase *k, size_t from, size_t to, bool wait, const struct sst_merge_opts *o)
{
	struct sst_stream *in[SPLITS], *out;
	struct sst_err e;
	size_t i;

	for (i = from; i < to; i++)
		in[i - from] = items_stream(&k->items[i], k->all.table, k->reversed, wait);
	ck_assert_int_eq(sst_merge_open(&out, k->all.table, in, to - from, o, &e), 0);
	return out;
}

static struct items
read_all(struct kase *k, struct sst_stream *s, uint64_t *waits)
{
	struct items got;
	struct sst_err e;

	ck_assert_int_eq(items_read(&got, s, &k->arena, waits, &e), 0);
	return got;
}

static void
raw_gives_what_the_model_gives_case(int seed)
{
	uint64_t waits[2] = { 0, 0 };
	struct items want, got;
	struct kase k;
	int wait;

	kase_open(&k, seed, seed % 10 == 9);
	want = model_items(&k.all, k.reversed);
	for (wait = 0; wait < 2; wait++) {
		got = read_all(&k, merge(&k, 0, k.n, wait == 1, &raw_opts), &waits[wait]);
		ck_assert(items_same(k.all.table, &got, &want));
	}
	ck_assert_uint_eq(waits[0], 0);
	ck_assert_uint_ge(waits[1], k.n); /* it did wait, and lost nothing */
	sst_arena_free(&k.arena);
}

START_TEST(raw_gives_what_the_model_gives)
{
	random_batch(_i, raw_gives_what_the_model_gives_case);
}
END_TEST

static void
merges_of_merges_are_the_same_case(int seed)
{
	struct sst_stream *in[3], *out;
	struct items want, got;
	size_t a, b;
	struct sst_err e;
	struct kase k;

	kase_open(&k, seed, seed % 10 == 9);
	a = random_below(&k.r, (uint32_t)k.n + 1);
	b = a + random_below(&k.r, (uint32_t)(k.n - a) + 1);
	in[0] = merge(&k, 0, a, false, &raw_opts);
	in[1] = merge(&k, b, k.n, true, &raw_opts);
	in[2] = merge(&k, a, b, false, &raw_opts);
	if (a == 0) /* an empty merge knows no direction */
		in[0]->reversed = k.reversed;
	ck_assert_int_eq(sst_merge_open(&out, k.all.table, in, 3, &raw_opts, &e), 0);
	want = model_items(&k.all, k.reversed);
	got = read_all(&k, out, NULL);
	ck_assert(items_same(k.all.table, &got, &want));
	sst_arena_free(&k.arena);
}

START_TEST(merges_of_merges_are_the_same)
{
	random_batch(_i, merges_of_merges_are_the_same_case);
}
END_TEST

static void
readers_see_what_lives_case(int seed)
{
	uint64_t tombstones, met = 0;
	struct sst_merge_opts o = { .gc_before_s = INT64_MIN, .tombstones = &met };
	struct items want, got;
	struct kase k;

	kase_open(&k, seed, false);
	o.now_s = RANDOM_LDT_S + random_below(&k.r, 110);
	want = model_live(&k.all, k.reversed, o.now_s, &tombstones);
	got = read_all(&k, merge(&k, 0, k.n, seed % 2, &o), NULL);
	ck_assert(items_same(k.all.table, &got, &want));
	ck_assert_uint_eq(met, tombstones);
	sst_arena_free(&k.arena);
}

START_TEST(readers_see_what_lives)
{
	random_batch(_i, readers_see_what_lives_case);
}
END_TEST

static int64_t
before_from_arg(void *arg, const struct sst_partition *p)
{
	ck_assert_ptr_nonnull(p->key.p);
	return *(int64_t *)arg;
}

static void
compaction_purges_case(int seed)
{
	int64_t before_us;
	struct sst_merge_opts o = { .raw = true, .purge_before = before_from_arg };
	struct items want, got;
	struct kase k;

	kase_open(&k, seed, false);
	o.now_s = RANDOM_LDT_S + random_below(&k.r, 110);
	o.gc_before_s = o.now_s - random_below(&k.r, 60);
	before_us = random_chance(&k.r, 50) ? INT64_MAX : RANDOM_TS_US + random_below(&k.r, 30);
	o.arg = &before_us;
	if (before_us == INT64_MAX && random_chance(&k.r, 50))
		o.purge_before = NULL;
	want = model_purged(&k.all, k.reversed, o.now_s, o.gc_before_s, before_us);
	got = read_all(&k, merge(&k, 0, k.n, seed % 2, &o), NULL);
	ck_assert(items_same(k.all.table, &got, &want));
	before_us = INT64_MIN; /* not known: all stay, but expired cells are tombstones now */
	if (o.purge_before != NULL) {
		want = model_items(&k.all, k.reversed);
		got = read_all(&k, merge(&k, 0, k.n, false, &o), NULL);
		ck_assert(items_same(k.all.table, &got, &want));
	}
	sst_arena_free(&k.arena);
}

START_TEST(compaction_purges)
{
	random_batch(_i, compaction_purges_case);
}
END_TEST

/* Skips each partition at a random place: the others come whole. */
static void
skips_case(int seed)
{
	const struct sst_item *item;
	struct items all, want = { 0 }, got = { 0 };
	size_t i, at = 0, stop = 0;
	struct sst_stream *s;
	struct sst_item copy;
	struct sst_err e;
	struct random r;
	struct kase k;
	int n;

	kase_open(&k, seed, false);
	all = model_items(&k.all, k.reversed);
	r = k.r;
	for (i = 0; i < all.n; i++) { /* a partition's first `stop` items are wanted */
		if (all.at[i].kind == SST_PARTITION) {
			at = 0;
			stop = 1 + random_below(&r, 5);
		}
		if (at++ < stop)
			items_add(&want, &all.at[i], &k.arena);
	}
	r = k.r;
	s = merge(&k, 0, k.n, seed % 2, &raw_opts);
	ck_assert_int_eq(sst_stream_skip(s, &e), 0);
	while ((n = sst_stream_next(s, &item, &e)) != 0) {
		if (n == SST_WAIT)
			continue;
		ck_assert_int_eq(n, SST_ONE);
		if (item->kind == SST_PARTITION) {
			at = 0;
			stop = 1 + random_below(&r, 5);
		}
		ck_assert_int_eq(sst_item_copy(&copy, item, k.all.table, &k.arena, &e), 0);
		items_add(&got, &copy, &k.arena);
		if (++at == stop)
			while ((n = sst_stream_skip(s, &e)) == SST_WAIT)
				;
		ck_assert_int_ne(n, -1);
	}
	sst_stream_close(s);
	ck_assert(items_same(k.all.table, &got, &want));
	sst_arena_free(&k.arena);
}

START_TEST(skips)
{
	random_batch(_i, skips_case);
}
END_TEST

/* A shadowable deletion gives way only when all versions are seen at once. */
static void
shadowable_deletions_give_way_case(int seed)
{
	struct sst_stream *in[4], *out;
	struct items one[4], want, got;
	struct random_opts o = {
		.nparts = 1, .nvalues = 2, .shadowable = true, .under = seed % 2 == 0
	};
	struct random r = { (uint64_t)seed };
	struct sst_arena a = { 0 };
	struct model all = { .table = random_table(&r, false, &a), .arena = &a }, m;
	struct sst_err e;
	size_t i;

	for (i = 0; i < 4; i++) {
		m = (struct model){ .table = all.table, .arena = &a };
		model_apply(&m, random_update(&r, all.table, &o, &a));
		model_apply(&all, m.updates[0]);
		one[i] = model_items(&m, false);
		in[i] = items_stream(&one[i], all.table, false, false);
	}
	ck_assert_int_eq(sst_merge_open(&out, all.table, in, 4, &raw_opts, &e), 0);
	want = model_items(&all, false);
	ck_assert_int_eq(items_read(&got, out, &a, NULL, &e), 0);
	ck_assert(items_same(all.table, &got, &want));
	sst_arena_free(&a);
}

START_TEST(shadowable_deletions_give_way)
{
	random_batch(_i, shadowable_deletions_give_way_case);
}
END_TEST

START_TEST(too_many_tombstones_name_the_partition)
{
	uint64_t met = 0, all = 0;
	struct sst_merge_opts o = {
		.now_s = RANDOM_LDT_S + 200, .gc_before_s = INT64_MIN, .tombstones = &met
	};
	struct items got;
	struct sst_err e;
	struct kase k;

	kase_open(&k, 8, false);
	model_live(&k.all, k.reversed, o.now_s, &all);
	ck_assert_uint_gt(all, 3);
	o.tombstones_max = all;
	ck_assert_int_eq(items_read(&got, merge(&k, 0, k.n, false, &o), &k.arena, NULL, &e), 0);
	ck_assert_uint_eq(met, all);
	o.tombstones_max = all - 1;
	ck_assert_int_eq(items_read(&got, merge(&k, 0, k.n, false, &o), &k.arena, NULL, &e), -1);
	ck_assert_int_eq(e.code, SST_ELIMIT);
	ck_assert_ptr_nonnull(strstr(e.what, "partition "));
	ck_assert_ptr_nonnull(strstr(e.what, "tombstones"));
	o.gc_before_s = RANDOM_LDT_S + 1000; /* all are older than gc_grace: none counts */
	met = 0;
	o.tombstones_max = 1;
	ck_assert_int_eq(items_read(&got, merge(&k, 0, k.n, false, &o), &k.arena, NULL, &e), 0);
	ck_assert_uint_eq(met, 0);
	sst_arena_free(&k.arena);
}
END_TEST

START_TEST(nothing_gives_nothing)
{
	const struct sst_item *item;
	struct sst_stream *s;
	struct sst_err e;
	struct kase k;

	kase_open(&k, 1, false);
	ck_assert_int_eq(sst_merge_open(&s, k.all.table, NULL, 0, &raw_opts, &e), 0);
	ck_assert_int_eq(sst_stream_skip(s, &e), 0);
	ck_assert_int_eq(sst_stream_next(s, &item, &e), 0);
	ck_assert_int_eq(sst_stream_next(s, &item, &e), 0);
	sst_stream_close(s);
	sst_arena_free(&k.arena);
}
END_TEST

Suite *
merge_suite(void)
{
	Suite *s = suite_create("merge");
	TCase *t = tcase_create("merge");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, raw_gives_what_the_model_gives, 0, BATCHES);
	tcase_add_loop_test(t, merges_of_merges_are_the_same, 0, BATCHES);
	tcase_add_loop_test(t, readers_see_what_lives, 0, BATCHES);
	tcase_add_loop_test(t, compaction_purges, 0, BATCHES);
	tcase_add_loop_test(t, skips, 0, 8);
	tcase_add_loop_test(t, shadowable_deletions_give_way, 0, 6);
	tcase_add_test(t, too_many_tombstones_name_the_partition);
	tcase_add_test(t, nothing_gives_nothing);
	suite_add_tcase(s, t);
	return s;
}
