/* tests/unit/join.c: updates joined by partition say what they said one by one. */
#include <check.h>
#include <stdlib.h>

#include "../support/model.h"
#include "../support/random.h"
#include "row/join.h"

Suite *join_suite(void);

#define BATCHES 12
#define UPDATES 14

static void
check_order(const struct sst_update *u)
{
	size_t nck = u->table->nck;

	for (size_t i = 1; i < u->nrows; i++)
		ck_assert_int_lt(
		    sst_clustering_compare(u->table, u->rows[i - 1].ck, nck, u->rows[i].ck, nck),
		    0);
}

static void
check_each_once(const struct sst_update *u, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		check_order(&u[i]);
		for (size_t k = 0; k < i; k++)
			ck_assert_int_ne(sst_slice_cmp(u[i].part.key, u[k].part.key), 0);
	}
}

static void
says_the_same_case(int seed)
{
	struct random r = { (uint64_t)seed };
	struct random_opts o = { .nrows = 1 + random_below(&r, 6),
		.nvalues = 2 + random_below(&r, 4),
		.nparts = 1 + random_below(&r, 3) };
	struct sst_arena a = { 0 };
	struct model apart = { .table = random_table(&r, seed % 10 == 9, &a), .arena = &a }, joined;
	struct sst_update u[UPDATES];
	size_t n = random_below(&r, UPDATES + 1), left = n;
	struct items want, got;
	struct sst_err e;

	joined = apart;
	o.no_deletions =
	    apart.table->counter; /* what they delete of merged counters is not defined */
	for (size_t i = 0; i < n; i++) {
		const struct sst_update *one = random_update(&r, apart.table, &o, &a);

		model_apply(&apart, one);
		u[i] = *one;
	}
	ck_assert_int_eq(sst_update_join(u, &left, &a, &e), 0);
	ck_assert_uint_le(left, n);
	check_each_once(u, left);
	for (size_t i = 0; i < left; i++)
		model_apply(&joined, &u[i]);
	want = model_items(&apart, false);
	got = model_items(&joined, false);
	ck_assert(items_same(apart.table, &got, &want));
	sst_arena_free(&a);
}

START_TEST(says_the_same)
{
	random_batch(_i, says_the_same_case);
}
END_TEST

/* Two tables with the same key stay two, and updates keep the order of their first ones. */
START_TEST(tables_stay_apart)
{
	struct random r = { 7 };
	struct random_opts o = { .nparts = 1, .no_deletions = true };
	struct sst_arena a = { 0 };
	const struct sst_table *t = random_table(&r, false, &a);
	struct sst_table other = *t;
	struct sst_update u[4];
	size_t n = 4;
	struct sst_err e;

	for (size_t i = 0; i < 4; i++)
		u[i] = *random_update(&r, t, &o, &a);
	for (size_t i = 1; i < 4; i++)
		u[i].part = u[0].part;
	u[1].table = u[2].table = &other;
	ck_assert_int_eq(sst_update_join(u, &n, &a, &e), 0);
	ck_assert_uint_eq(n, 2);
	ck_assert_ptr_eq(u[0].table, t);
	ck_assert_ptr_eq(u[1].table, &other);
	sst_arena_free(&a);
}
END_TEST

Suite *
join_suite(void)
{
	Suite *s = suite_create("join");
	TCase *t = tcase_create("join");

	tcase_add_loop_test(t, says_the_same, 0, BATCHES);
	tcase_add_test(t, tables_stay_apart);
	suite_add_tcase(s, t);
	return s;
}
