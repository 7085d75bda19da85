/* tests/unit/memtable.c: the memtable against the model, on random updates in any order. */
#include <check.h>
#include <stdlib.h>

#include "../support/model.h"
#include "../support/random.h"
#include "memtable/memtable.h"
#include "row/reconcile.h"

Suite *memtable_suite(void);

#define BATCHES 24

static struct sst_memtable *
table_of(const struct model *m, struct random *r)
{
	size_t i, from = m->n > 0 ? random_below(r, (uint32_t)m->n) : 0;
	struct sst_memtable *t;
	struct sst_err e;

	ck_assert_int_eq(sst_memtable_new(&t, m->table, &e), 0);
	for (i = 0; i < m->n; i++) /* another order than the model's */
		ck_assert_int_eq(sst_memtable_apply(t, m->updates[(from + i) % m->n], &e), 0);
	return t;
}

static void
fill(struct model *m, struct random *r, const struct random_opts *o, size_t n)
{
	while (n-- > 0)
		model_apply(m, random_update(r, m->table, o, m->arena));
}

static struct items
read_all(struct sst_memtable *t, const struct sst_read *r, struct sst_arena *a)
{
	struct sst_stream *s;
	struct items got;
	struct sst_err e;

	ck_assert_int_eq(sst_memtable_read(t, r, &s, &e), 0);
	ck_assert_int_eq(items_read(&got, s, a, NULL, &e), 0);
	return got;
}

static void
gives_what_the_model_gives_case(int seed)
{
	struct sst_read read = { .left = INT64_MIN, .right = INT64_MIN };
	struct random r = { (uint64_t)seed };
	struct random_opts o = { .nrows = 1 + random_below(&r, 6), .wide = seed % 7 == 0 };
	struct sst_arena a = { 0 };
	struct model m = { .table = random_table(&r, seed % 10 == 9, &a), .arena = &a };
	struct items want, got;
	struct sst_memtable *t;
	int i;

	o.no_deletions = m.table->counter; /* what they delete of merged counters is not defined */
	fill(&m, &r, &o, random_below(&r, 14));
	t = table_of(&m, &r);
	for (i = 0; i < 2; i++) {
		read.reversed = i == 1;
		want = model_items(&m, read.reversed);
		got = read_all(t, &read, &a);
		ck_assert(items_same(m.table, &got, &want));
	}
	sst_memtable_free(t);
	sst_arena_free(&a);
}

START_TEST(gives_what_the_model_gives)
{
	random_batch(_i, gives_what_the_model_gives_case);
}
END_TEST

/* A slice between two bounds that random ranges give. */
static bool
random_slice(struct random *r, const struct model *m, struct sst_range *slice)
{
	const struct sst_update *u;
	int tries;

	for (tries = 0; tries < 20 && m->n > 0; tries++) {
		u = m->updates[random_below(r, (uint32_t)m->n)];
		if (u->nranges == 0)
			continue;
		slice->from = u->ranges[0].from;
		slice->to = u->ranges[0].to;
		return true;
	}
	return false;
}

static void
gives_slices_case(int seed)
{
	struct random r = { (uint64_t)seed };
	struct random_opts o = { .nvalues = 8 };
	struct sst_arena a = { 0 };
	struct model m = { .table = random_table(&r, false, &a), .arena = &a };
	struct sst_range slice;
	struct sst_read read = {
		.left = INT64_MIN, .right = INT64_MIN, .slices = &slice, .nslices = 1
	};
	struct sst_memtable *t;
	struct items want, got;
	int i;

	fill(&m, &r, &o, 10);
	if (random_slice(&r, &m, &slice)) {
		t = table_of(&m, &r);
		for (i = 0; i < 2; i++) {
			read.reversed = i == 1;
			want = model_slice(&m, read.reversed, &slice);
			got = read_all(t, &read, &a);
			/* a partition with nothing in the slice is given too */
			if (got.n == want.n)
				ck_assert(items_same(m.table, &got, &want));
			else
				ck_assert_uint_gt(got.n, want.n);
		}
		sst_memtable_free(t);
	}
	sst_arena_free(&a);
}

START_TEST(gives_slices)
{
	random_batch(_i, gives_slices_case);
}
END_TEST

static void
gives_one_partition_and_token_ranges_case(int seed)
{
	struct random r = { (uint64_t)seed };
	struct random_opts o = { .nparts = 9 };
	struct sst_arena a = { 0 };
	struct model m = { .table = random_table(&r, false, &a), .arena = &a };
	struct sst_read read = { .left = INT64_MIN, .right = INT64_MIN };
	struct items all, got, want = { 0 };
	struct sst_memtable *t;
	bool in = false;
	size_t i;

	fill(&m, &r, &o, 12);
	t = table_of(&m, &r);
	all = read_all(t, &read, &a);
	ck_assert_uint_gt(all.n, 0);
	read.left = all.at[0].part.token;
	read.right = (int64_t)random_u64(&r);
	for (i = 0; i < all.n; i++) {
		if (all.at[i].kind == SST_PARTITION)
			in = all.at[i].part.token > read.left && all.at[i].part.token <= read.right;
		if (in)
			items_add(&want, &all.at[i], &a);
	}
	got = read_all(t, &read, &a);
	ck_assert(items_same(m.table, &got, &want));

	read.key = all.at[0].part.key;
	for (want.n = 0; want.n == 0 || (want.n < all.n && all.at[want.n].kind != SST_PARTITION);)
		items_add(&want, &all.at[want.n], &a);
	got = read_all(t, &read, &a);
	ck_assert(items_same(m.table, &got, &want));

	read.key = sst_slice_str("nobody has this key");
	ck_assert_uint_eq(read_all(t, &read, &a).n, 0);
	sst_memtable_free(t);
	sst_arena_free(&a);
}

START_TEST(gives_one_partition_and_token_ranges)
{
	random_batch(_i, gives_one_partition_and_token_ranges_case);
}
END_TEST

/* Several slices: what each gives alone, one after the other. */
static void
gives_slices_in_order_case(int seed)
{
	struct random r = { (uint64_t)seed };
	struct random_opts o = { .nparts = 1, .nvalues = 12, .nrows = 8 };
	struct sst_arena a = { 0 };
	struct model m = { .table = random_table(&r, false, &a), .arena = &a };
	struct sst_range slices[2];
	struct sst_read read = { .left = INT64_MIN, .right = INT64_MIN };
	struct items want = { 0 }, one, got;
	struct sst_memtable *t;
	size_t i, k;

	fill(&m, &r, &o, 12);
	if (random_slice(&r, &m, &slices[0]) && random_slice(&r, &m, &slices[1]) &&
	    sst_bound_compare(m.table, &slices[0].to, &slices[1].from) < 0) {
		t = table_of(&m, &r);
		read.reversed = seed % 2;
		for (i = 0; i < 2; i++) {
			read.slices = &slices[read.reversed ? 1 - i : i];
			read.nslices = 1;
			one = read_all(t, &read, &a);
			for (k = 0; k < one.n; k++)
				if (i == 0 || one.at[k].kind == SST_ROW ||
				    one.at[k].kind == SST_MARKER)
					items_add(&want, &one.at[k], &a);
		}
		read.slices = slices;
		read.nslices = 2;
		got = read_all(t, &read, &a);
		ck_assert(items_same(m.table, &got, &want));
		sst_memtable_free(t);
	}
	sst_arena_free(&a);
}

START_TEST(gives_slices_in_order)
{
	random_batch(_i, gives_slices_in_order_case);
}
END_TEST

/* An open stream of one partition sees it as it was, whatever is written meanwhile. */
static void
streams_are_snapshots_case(int seed)
{
	struct random r = { (uint64_t)seed };
	struct random_opts o = { .nparts = 1, .nvalues = 10 };
	struct sst_arena a = { 0 };
	struct model m = { .table = random_table(&r, false, &a), .arena = &a };
	struct sst_read read = { .reversed = seed % 2 };
	const struct sst_item *item;
	struct items want, got = { 0 };
	struct sst_stream *s, *other;
	struct sst_memtable *t;
	struct sst_item copy;
	struct sst_err e;
	int n;

	fill(&m, &r, &o, 8);
	t = table_of(&m, &r);
	want = model_items(&m, read.reversed);
	read.key = m.updates[0]->part.key;
	ck_assert_int_eq(sst_memtable_read(t, &read, &s, &e), 0);
	while ((n = sst_stream_next(s, &item, &e)) == SST_ONE) {
		ck_assert_int_eq(sst_item_copy(&copy, item, m.table, &a, &e), 0);
		items_add(&got, &copy, &a);
		ck_assert_int_eq(sst_memtable_apply(t, random_update(&r, m.table, &o, &a), &e), 0);
		if (random_chance(&r, 30)) { /* sorts what has just come */
			ck_assert_int_eq(sst_memtable_read(t, &read, &other, &e), 0);
			sst_stream_close(other);
		}
	}
	ck_assert_int_eq(n, 0);
	ck_assert(items_same(m.table, &got, &want));
	sst_stream_close(s);
	sst_memtable_free(t);
	sst_arena_free(&a);
}

START_TEST(streams_are_snapshots)
{
	random_batch(_i, streams_are_snapshots_case);
}
END_TEST

/* A stream over all partitions, with new ones coming meanwhile, misses none that was there. */
static void
scans_miss_nothing_case(int seed)
{
	struct random r = { (uint64_t)seed };
	struct random_opts o = { .nparts = 400, .nrows = 1, .no_deletions = true };
	struct sst_arena a = { 0 };
	struct model m = { .table = random_table(&r, false, &a), .arena = &a };
	struct sst_read read = { .left = INT64_MIN, .right = INT64_MIN };
	struct items before, got = { 0 };
	const struct sst_item *item;
	struct sst_memtable *t;
	struct sst_stream *s;
	struct sst_item copy;
	struct sst_err e;
	size_t i, k = 0;

	fill(&m, &r, &o, 60);
	t = table_of(&m, &r);
	before = read_all(t, &read, &a);
	ck_assert_int_eq(sst_memtable_read(t, &read, &s, &e), 0);
	while (sst_stream_next(s, &item, &e) == SST_ONE) {
		if (item->kind == SST_PARTITION) {
			ck_assert_int_eq(sst_item_copy(&copy, item, m.table, &a, &e), 0);
			items_add(&got, &copy, &a);
			ck_assert_int_eq(sst_stream_skip(s, &e), 0);
		}
		ck_assert_int_eq(sst_memtable_apply(t, random_update(&r, m.table, &o, &a), &e), 0);
	}
	sst_stream_close(s);
	for (i = 0; i < before.n; i++) {
		if (before.at[i].kind != SST_PARTITION)
			continue;
		while (k < got.n && !sst_slice_eq(got.at[k].part.key, before.at[i].part.key))
			k++;
		ck_assert_uint_lt(k, got.n);
	}
	for (k = 1; k < got.n; k++)
		ck_assert_int_lt(sst_key_compare(got.at[k - 1].part.token, got.at[k - 1].part.key,
				     got.at[k].part.token, got.at[k].part.key),
		    0);
	sst_memtable_free(t);
	sst_arena_free(&a);
}

START_TEST(scans_miss_nothing)
{
	random_batch(_i, scans_miss_nothing_case);
}
END_TEST

/* One int key, one int clustering, one int and one set<int> column. */
static const struct sst_table *
small_table(struct sst_arena *a)
{
	static const char *const names[] = { "k", "c", "v", "w" };
	struct sst_table *t = sst_arena_alloc(a, sizeof(*t));
	struct sst_column *c = sst_arena_array(a, 4, sizeof(*c));
	struct sst_err e;
	size_t i;

	memset(t, 0, sizeof(*t));
	memset(c, 0, 4 * sizeof(*c));
	sst_table_defaults(t);
	for (i = 0; i < 4; i++) {
		c[i].name = sst_slice_str(names[i]);
		c[i].dropped_us = INT64_MIN;
		ck_assert_int_eq(sst_type_parse_cql(&c[i].type, a,
				     sst_slice_str(i < 3 ? "int" : "set<int>"), NULL, NULL, &e),
		    0);
	}
	t->keyspace = t->name = sst_slice_str("t");
	t->nkey = t->nck = 1;
	t->nregular = 2;
	t->key = c;
	t->ck = c + 1;
	t->regulars = c + 2;
	ck_assert_int_eq(sst_table_finish(t, a, &e), 0);
	return t;
}

static struct sst_update
small_update(const struct sst_table *t, const struct sst_row *row)
{
	struct sst_update u = { .table = t, .nrows = 1, .rows = row };

	u.part.key = SST_SLICE_LIT("\0\0\0\1");
	u.part.token = sst_token(u.part.key);
	u.part.del = SST_LIVE;
	return u;
}

static const struct sst_slice one = { (const uint8_t *)"\0\0\0\1", 4 };

START_TEST(counts_what_was_applied)
{
	struct sst_arena a = { 0 };
	const struct sst_table *t = small_table(&a);
	struct sst_cell cells[] = {
		{ .col = 0, .ts_us = 7, .ldt_s = 500, .ttl_s = 60, .value = one },
		{ .col = 1, .ts_us = 9, .ldt_s = 90, .path = one, .value = SST_SLICE_LIT("") },
	};
	struct sst_complex_deletion complex = { 1, { 8, 80 } };
	struct sst_row row = { .ck = &one,
		.live = { 5, 30, 300 },
		.del = { 3, 70 },
		.ncells = 2,
		.ncomplex = 1,
		.cells = cells,
		.complex = &complex };
	struct sst_update u = small_update(t, &row);
	const struct sst_memtable_stats *s;
	struct sst_memtable *m;
	struct sst_err e;

	u.part.del = (struct sst_deletion){ 2, 60 };
	ck_assert_int_eq(sst_memtable_new(&m, t, &e), 0);
	s = sst_memtable_stats(m);
	ck_assert_int_eq(s->min_ts_us, INT64_MAX);
	ck_assert_int_eq(s->min_ldt_s, SST_NO_LDT);
	ck_assert_uint_eq(s->min_ttl_s, UINT32_MAX);
	ck_assert_int_eq(sst_memtable_apply(m, &u, &e), 0);
	ck_assert_int_eq(sst_memtable_apply(m, &u, &e), 0);
	ck_assert_int_eq(s->min_ts_us, 2);
	ck_assert_int_eq(s->max_ts_us, 9);
	ck_assert_int_eq(s->min_ldt_s, 60);
	ck_assert_uint_eq(s->min_ttl_s, 30);
	ck_assert_uint_eq(s->rows, 2);
	ck_assert_uint_eq(s->cells, 4);
	ck_assert_uint_eq(s->partitions, 1);
	ck_assert_uint_eq(s->updates, 2);
	ck_assert_uint_eq(s->tombstones, 2 * 4); /* cell, collection, row, partition */
	sst_memtable_free(m);
	sst_arena_free(&a);
}
END_TEST

START_TEST(refuses_what_does_not_fit_the_table)
{
	struct sst_arena a = { 0 };
	const struct sst_table *t = small_table(&a);
	struct sst_cell cell = { .col = 0, .ts_us = 1, .ldt_s = SST_NO_LDT, .value = one };
	struct sst_complex_deletion complex = { 1, { 8, 80 } };
	struct sst_row row = { .ck = &one,
		.live = { 5, 0, SST_NO_LDT },
		.del = SST_LIVE,
		.ncells = 1,
		.ncomplex = 1,
		.cells = &cell,
		.complex = &complex };
	struct sst_update u = small_update(t, &row);
	struct sst_range_deletion range = { { &one, 1, -1 }, { &one, 1, 1 }, { 5, 5 } };
	struct sst_slice half = { one.p, 2 };
	struct sst_memtable *m;
	struct sst_err e;

	ck_assert_int_eq(sst_memtable_new(&m, t, &e), 0);
	ck_assert_int_eq(sst_memtable_apply(m, &u, &e), 0);
	cell.col = 2; /* no such column */
	ck_assert_int_eq(sst_memtable_apply(m, &u, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	cell.col = 1; /* needs a path */
	ck_assert_int_eq(sst_memtable_apply(m, &u, &e), -1);
	cell.col = 0;
	cell.path = one; /* has none */
	ck_assert_int_eq(sst_memtable_apply(m, &u, &e), -1);
	cell.path.p = NULL;
	complex.col = 9;
	ck_assert_int_eq(sst_memtable_apply(m, &u, &e), -1);
	complex.col = 1;
	row.ck = &half; /* two bytes of an int */
	ck_assert_int_eq(sst_memtable_apply(m, &u, &e), -1);
	row.ck = &one;
	u.nranges = 1;
	u.ranges = &range;
	ck_assert_int_eq(sst_memtable_apply(m, &u, &e), 0);
	range.to.n = 2;
	ck_assert_int_eq(sst_memtable_apply(m, &u, &e), -1);
	sst_memtable_free(m);
	sst_arena_free(&a);
}
END_TEST

Suite *
memtable_suite(void)
{
	Suite *s = suite_create("memtable");
	TCase *t = tcase_create("memtable");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, gives_what_the_model_gives, 0, BATCHES);
	tcase_add_loop_test(t, gives_slices, 0, BATCHES);
	tcase_add_loop_test(t, gives_slices_in_order, 0, BATCHES);
	tcase_add_loop_test(t, gives_one_partition_and_token_ranges, 0, 2);
	tcase_add_loop_test(t, streams_are_snapshots, 0, 4);
	tcase_add_loop_test(t, scans_miss_nothing, 0, 1);
	tcase_add_test(t, counts_what_was_applied);
	tcase_add_test(t, refuses_what_does_not_fit_the_table);
	suite_add_tcase(s, t);
	return s;
}
