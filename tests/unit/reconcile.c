/* tests/unit/reconcile.c: the rules that random streams do not reach: counters, expired liveness,
 * times that cannot be; and what purge and a reader make of single rows. */
#include <check.h>
#include <stdlib.h>

#include "base/num.h"
#include "codec/out.h"
#include "row/counter.h"
#include "row/prefix.h"
#include "row/reconcile.h"

Suite *reconcile_suite(void);

/* A context written as "kind id clock count ..." with kinds g, l, r. */
struct shard {
	char kind;
	uint8_t id;
	int64_t clock, count;
};

static struct sst_slice
context(const struct shard *s, struct sst_arena *a)
{
	struct sst_buf b = { 0 };
	struct sst_slice out;
	uint16_t n = 0, i;

	for (i = 0; s[i].kind != '\0'; i++)
		n = (uint16_t)(n + (s[i].kind != 'r'));
	sst_put_u16(&b, n);
	for (i = 0; s[i].kind != '\0'; i++)
		if (s[i].kind != 'r')
			sst_put_u16(&b, (uint16_t)(i | (s[i].kind == 'g' ? 0x8000 : 0)));
	for (i = 0; s[i].kind != '\0'; i++) {
		sst_put_u64(&b, 0);
		sst_put_u64(&b, s[i].id);
		sst_put_u64(&b, (uint64_t)s[i].clock);
		sst_put_u64(&b, (uint64_t)s[i].count);
	}
	out = sst_arena_slice(a, sst_buf_slice(&b));
	sst_buf_free(&b);
	return out;
}

static const struct {
	struct shard a[4], b[4], want[6];
	int64_t total;
} counters[] = {
	/* the later clock of two global shards */
	{ { { 'g', 1, 5, 50 } }, { { 'g', 1, 6, 40 } }, { { 'g', 1, 6, 40 } }, 40 },
	/* of the same clock, the larger count */
	{ { { 'g', 1, 5, 50 } }, { { 'g', 1, 5, 60 } }, { { 'g', 1, 5, 60 } }, 60 },
	/* global before local before remote, whatever the clocks */
	{ { { 'g', 1, 1, 10 } }, { { 'l', 1, 9, 90 } }, { { 'g', 1, 1, 10 } }, 10 },
	{ { { 'g', 1, 1, 10 } }, { { 'r', 1, 9, 90 } }, { { 'g', 1, 1, 10 } }, 10 },
	{ { { 'l', 1, 1, 10 } }, { { 'r', 1, 9, 90 } }, { { 'l', 1, 1, 10 } }, 10 },
	/* two local ones are added, clocks too */
	{ { { 'l', 1, 2, 10 } }, { { 'l', 1, 3, -4 } }, { { 'l', 1, 5, 6 } }, 6 },
	/* the later of two remote ones; a negative clock is one that was cleared, and wins */
	{ { { 'r', 1, 2, 10 } }, { { 'r', 1, 3, 11 } }, { { 'r', 1, 3, 11 } }, 11 },
	{ { { 'r', 1, -2, 10 } }, { { 'r', 1, 3, 11 } }, { { 'r', 1, -2, 10 } }, 10 },
	{ { { 'r', 1, 4, 10 } }, { { 'r', 1, 4, 9 } }, { { 'r', 1, 4, 10 } }, 10 },
	/* different replicas side by side, the header made anew */
	{ { { 'g', 1, 1, 1 }, { 'r', 3, 1, 3 } }, { { 'l', 2, 1, 2 }, { 'g', 4, 1, 4 } },
	    { { 'g', 1, 1, 1 }, { 'l', 2, 1, 2 }, { 'r', 3, 1, 3 }, { 'g', 4, 1, 4 } }, 10 },
	/* one holds all of the other */
	{ { { 'g', 1, 3, 1 }, { 'g', 2, 1, 5 } }, { { 'g', 1, 2, 9 } },
	    { { 'g', 1, 3, 1 }, { 'g', 2, 1, 5 } }, 6 },
};

START_TEST(counter_contexts)
{
	struct sst_arena a = { 0 };
	struct sst_slice x = context(counters[_i].a, &a), y = context(counters[_i].b, &a),
			 want = context(counters[_i].want, &a), got;
	struct sst_err e;
	int64_t total;

	ck_assert_int_eq(sst_counter_merge(&got, x, y, &a, &e), 0);
	ck_assert(sst_slice_eq(got, want));
	ck_assert_int_eq(sst_counter_merge(&got, y, x, &a, &e), 0);
	ck_assert(sst_slice_eq(got, want));
	ck_assert_int_eq(sst_counter_total(&total, got, &e), 0);
	ck_assert_int_eq(total, counters[_i].total);
	ck_assert_int_eq(sst_counter_merge(&got, x, SST_SLICE_LIT(""), &a, &e), 0);
	ck_assert_uint_eq(got.n, 0);
	ck_assert_int_eq(sst_counter_total(&total, got, &e), 0);
	ck_assert_int_eq(total, 0);
	sst_arena_free(&a);
}
END_TEST

START_TEST(counter_contexts_that_are_none)
{
	static const struct sst_slice bad[] = {
		{ (const uint8_t *)"\0", 1 },
		{ (const uint8_t *)"\0\1\0", 3 },     /* an index is missing */
		{ (const uint8_t *)"\0\0\1\2\3", 5 }, /* not whole shards */
		{ (const uint8_t *)"\x80\0", 2 },     /* -32768 indexes */
	};
	struct sst_arena a = { 0 };
	struct sst_slice good = context(counters[0].a, &a), got;
	struct sst_err e;
	int64_t total;

	ck_assert_int_eq(sst_counter_merge(&got, good, bad[_i], &a, &e), -1);
	ck_assert_int_eq(e.code, SST_EDAMAGED);
	ck_assert_int_eq(sst_counter_merge(&got, bad[_i], good, &a, &e), -1);
	ck_assert_int_eq(sst_counter_total(&total, bad[_i], &e), -1);
	sst_arena_free(&a);
}
END_TEST

/* Remote shards with the ids first, first + 2, ... */
static struct sst_slice
many_shards(size_t n, uint64_t first, struct sst_arena *a)
{
	struct sst_buf b = { 0 };
	struct sst_slice s;
	size_t i;

	sst_put_u16(&b, 0);
	for (i = 0; i < n; i++) {
		sst_put_u64(&b, 0);
		sst_put_u64(&b, first + 2 * i);
		sst_put_u64(&b, 1);
		sst_put_u64(&b, 1);
	}
	s = sst_arena_slice(a, sst_buf_slice(&b));
	sst_buf_free(&b);
	return s;
}

START_TEST(counters_have_a_limit)
{
	struct sst_arena a = { 0 };
	struct sst_slice got;
	struct sst_err e;

	ck_assert_int_eq(
	    sst_counter_merge(&got, many_shards(20000, 0, &a), many_shards(20000, 1, &a), &a, &e),
	    -1);
	ck_assert_int_eq(e.code, SST_ELIMIT);
	ck_assert_int_eq(
	    sst_counter_merge(&got, many_shards(10000, 0, &a), many_shards(10000, 1, &a), &a, &e),
	    0);
	ck_assert_uint_eq(got.n, 2 + 20000 * 32);
	sst_arena_free(&a);
}
END_TEST

static const struct sst_type counter_type = { .kind = SST_COUNTER, .fixed_len = -1 };
static const struct sst_type int_type = { .kind = SST_INT, .fixed_len = 4 };
static const struct sst_column columns[] = {
	{ .type = &int_type, .dropped_us = INT64_MIN },
	{ .type = &counter_type, .dropped_us = INT64_MIN },
};

static const struct sst_row nothing = { .live = { SST_NO_TS, 0, SST_NO_LDT },
	.del = { SST_NO_TS, SST_NO_LDT } };

static int
merge2(struct sst_row *out, struct sst_row_scratch *s, const struct sst_row *a,
    const struct sst_row *b, struct sst_err *e)
{
	const struct sst_row *in[2] = { a, b };
	struct sst_row_versions v = { columns, in, 2 };
	struct sst_deletion none = SST_LIVE;

	return sst_row_merge(out, s, &v, &none, e);
}

START_TEST(counter_tombstones_win_whatever_their_time)
{
	struct sst_arena arena = { 0 };
	struct sst_cell live = { .col = 1, .ts_us = 9, .ldt_s = SST_NO_LDT }, dead;
	struct sst_row a = nothing, b = nothing, out;
	struct sst_row_scratch s = { 0 };
	struct sst_err e;
	int i;

	live.value = context(counters[0].a, &arena);
	dead = (struct sst_cell){ .col = 1, .ts_us = 3, .ldt_s = 7, .value = SST_SLICE_LIT("") };
	a.cells = &live;
	b.cells = &dead;
	a.ncells = b.ncells = 1;
	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(merge2(&out, &s, i ? &a : &b, i ? &b : &a, &e), SST_ONE);
		ck_assert_uint_eq(out.ncells, 1);
		ck_assert_int_eq(out.cells[0].ts_us, 3);
		ck_assert(sst_cell_is_tombstone(&out.cells[0]));
	}
	dead.ldt_s = SST_NO_LDT; /* now a counter that is no context */
	dead.value = SST_SLICE_LIT("x");
	ck_assert_int_eq(merge2(&out, &s, &a, &b, &e), -1);
	ck_assert_int_eq(e.code, SST_EDAMAGED);
	sst_row_scratch_free(&s);
	sst_arena_free(&arena);
}
END_TEST

static const struct {
	struct sst_liveness winner, loser;
} livenesses[] = {
	{ { 6, 0, SST_NO_LDT }, { 5, 0, SST_NO_LDT } },         /* later */
	{ { 5, 9, 100 }, { 5, 0, SST_NO_LDT } },                /* expires */
	{ { 5, 9, 101 }, { 5, 9, 100 } },                       /* expires later */
	{ { 5, SST_EXPIRED_TTL, 50 }, { 5, 9, 100 } },          /* shadows the key */
	{ { 5, SST_EXPIRED_TTL, 50 }, { 5, 0, SST_NO_LDT } },   /* the same */
	{ { 5, 8, 100 }, { 5, 9, 100 } },                       /* was written later */
	{ { 5, 0, SST_NO_LDT }, { SST_NO_TS, 0, SST_NO_LDT } }, /* is there at all */
};

START_TEST(liveness)
{
	const struct sst_liveness *a = &livenesses[_i].winner, *b = &livenesses[_i].loser;

	ck_assert(sst_liveness_supersedes(a, b));
	ck_assert(!sst_liveness_supersedes(b, a));
	ck_assert(!sst_liveness_supersedes(a, a));
	ck_assert(sst_liveness_is_live(a, 10) == (a->ttl_s != SST_EXPIRED_TTL));
	ck_assert(!sst_liveness_is_live(a, 1000) || a->ttl_s == 0);
}
END_TEST

/* ldt: gc_grace of a cell counts from its writing, of a row's liveness from its expiry */
static const struct {
	const char *what;
	struct sst_cell cell;
	struct sst_liveness live;
	int left; /* 2: as a tombstone of the time it was written at */
} purges[] = {
	{ "old tombstone", { .ts_us = 5, .ldt_s = 899 }, { SST_NO_TS, 0, SST_NO_LDT }, 0 },
	{ "young tombstone", { .ts_us = 5, .ldt_s = 900 }, { SST_NO_TS, 0, SST_NO_LDT }, 1 },
	{ "not older than the rest", { .ts_us = 50, .ldt_s = 1 }, { SST_NO_TS, 0, SST_NO_LDT }, 1 },
	{ "written long ago, expired now", { .ts_us = 5, .ttl_s = 200, .ldt_s = 1000 },
	    { SST_NO_TS, 0, SST_NO_LDT }, 0 },
	{ "written and expired now", { .ts_us = 5, .ttl_s = 100, .ldt_s = 1000 },
	    { SST_NO_TS, 0, SST_NO_LDT }, 2 },
	{ "not expired", { .ts_us = 5, .ttl_s = 500, .ldt_s = 1001 }, { SST_NO_TS, 0, SST_NO_LDT },
	    1 },
	{ "negative time", { .ts_us = 5, .ldt_s = -1 }, { SST_NO_TS, 0, SST_NO_LDT }, 1 },
	{ "row that expired now", { .ts_us = 5, .ldt_s = 899 }, { 5, 500, 1000 }, 1 },
	{ "row that expired long ago", { .ts_us = 5, .ldt_s = 899 }, { 5, 500, 899 }, 0 },
	{ "row with a negative expiry", { .ts_us = 5, .ldt_s = 899 }, { 5, 500, -7 }, 1 },
};

START_TEST(purge)
{
	struct sst_purge p = { .now_s = 1000, .gc_before_s = 900, .before_us = 50 };
	struct sst_cell cell = purges[_i].cell;
	struct sst_row row = nothing, out;
	struct sst_row_scratch s = { 0 };
	struct sst_err e;

	cell.value = SST_SLICE_LIT("");
	row.live = purges[_i].live;
	row.ncells = 1;
	row.cells = &cell;
	ck_assert_int_eq(sst_row_purge(&out, &s, &row, &p, &e), purges[_i].left > 0);
	if (purges[_i].left == 2) {
		ck_assert(sst_cell_is_tombstone(&out.cells[0]));
		ck_assert_int_eq(out.cells[0].ldt_s, 900);
	}
	sst_row_scratch_free(&s);
}
END_TEST

/* As Cassandra counts: cells; else one for a row without anything live. */
START_TEST(tombstones_met)
{
	struct sst_cell cells[] = {
		{ .col = 0, .ts_us = 5, .ldt_s = 90 },
		{ .col = 1, .ts_us = 5, .ldt_s = SST_NO_LDT },
	};
	struct sst_complex_deletion complex = { 0, { 3, 90 } };
	struct sst_row r = nothing;

	ck_assert_uint_eq(sst_row_tombstones(&r, 100, INT64_MIN), 0);
	r.del = (struct sst_deletion){ 4, 90 };
	ck_assert_uint_eq(sst_row_tombstones(&r, 100, INT64_MIN), 1);
	ck_assert_uint_eq(sst_row_tombstones(&r, 100, 91), 0);
	r.cells = cells;
	r.ncells = 1;
	ck_assert_uint_eq(sst_row_tombstones(&r, 100, INT64_MIN), 1);
	r.ncells = 2;
	ck_assert_uint_eq(sst_row_tombstones(&r, 100, INT64_MIN), 1);
	r.cells = &cells[1];
	r.ncells = 1;
	ck_assert_uint_eq(sst_row_tombstones(&r, 100, INT64_MIN), 0);
	r = nothing;
	r.complex = &complex;
	r.ncomplex = 1;
	ck_assert_uint_eq(sst_row_tombstones(&r, 100, INT64_MIN), 1);
	r.ncomplex = 0;
	r.live = (struct sst_liveness){ 5, 10, 100 };
	ck_assert_uint_eq(sst_row_tombstones(&r, 99, INT64_MIN), 0);
	ck_assert_uint_eq(sst_row_tombstones(&r, 100, INT64_MIN), 1);
}
END_TEST

/* Whatever the type, a smaller prefix is a smaller clustering. */
static const struct {
	const char *type;
	bool reversed;
} prefix_types[] = { { "bigint", false }, { "bigint", true }, { "int", false }, { "int", true },
	{ "text", false }, { "text", true }, { "blob", true }, { "smallint", false },
	{ "tinyint", true }, { "date", false }, { "timestamp", true }, { "uuid", false },
	{ "varint", false }, { "boolean", true }, { "time", false }, { "inet", true } };

START_TEST(prefixes_order)
{
	static const uint8_t bytes[] = "\0\1\x7f\x80\xff\0\0\2\xff\xfe\x01\x40\x80\0\0\0\xc0\x33";
	struct sst_arena a = { 0 };
	struct sst_type *type = sst_arena_alloc(&a, sizeof(*type));
	const struct sst_type *t;
	struct sst_column ck = { .type = type };
	struct sst_table table = { .nck = 1, .ck = &ck };
	struct sst_slice v[40];
	struct sst_err e;
	size_t i, j, n = 0, len;
	uint64_t x, y;
	int c;

	ck_assert_int_eq(
	    sst_type_parse_cql(&t, &a, sst_slice_str(prefix_types[_i].type), NULL, NULL, &e), 0);
	*type = *t;
	type->reversed = prefix_types[_i].reversed;
	v[n++] = (struct sst_slice){ NULL, 0 };
	v[n++] = SST_SLICE_LIT("");
	for (i = 0; i + 16 < sizeof(bytes); i++)
		for (len = 1; len <= 16; len++)
			if (type->fixed_len < 0 || (size_t)type->fixed_len == len)
				if (n < 40 &&
				    sst_type_validate(
					type, (struct sst_slice){ bytes + i, len }, &e) == 0)
					v[n++] = (struct sst_slice){ bytes + i, len };
	for (i = 0; i + 4 < sizeof(bytes) && type->fixed_len > 0 && type->fixed_len < 9; i++)
		if (n < 40 && i + (size_t)type->fixed_len < sizeof(bytes))
			v[n++] = (struct sst_slice){ bytes + i, (size_t)type->fixed_len };
	for (i = 0; i < n; i++)
		for (j = 0; j < n; j++) {
			x = sst_ck_prefix(&table, &v[i], 1, 0);
			y = sst_ck_prefix(&table, &v[j], 1, 0);
			c = sst_clustering_compare(&table, &v[i], 1, &v[j], 1);
			if ((c < 0 && x > y) || (c > 0 && x < y) || (c == 0 && x != y))
				ck_abort_msg("%s: %zu and %zu", prefix_types[_i].type, i, j);
		}
	sst_arena_free(&a);
}
END_TEST

Suite *
reconcile_suite(void)
{
	Suite *s = suite_create("reconcile");
	TCase *t = tcase_create("reconcile");

	tcase_add_loop_test(t, counter_contexts, 0, (int)SST_ARRAY_LEN(counters));
	tcase_add_loop_test(t, counter_contexts_that_are_none, 0, 4);
	tcase_add_test(t, counters_have_a_limit);
	tcase_add_test(t, counter_tombstones_win_whatever_their_time);
	tcase_add_loop_test(t, liveness, 0, (int)SST_ARRAY_LEN(livenesses));
	tcase_add_loop_test(t, purge, 0, (int)SST_ARRAY_LEN(purges));
	tcase_add_test(t, tombstones_met);
	tcase_add_loop_test(t, prefixes_order, 0, (int)SST_ARRAY_LEN(prefix_types));
	suite_add_tcase(s, t);
	return s;
}
