/*
 * tests/unit/reads.c: reads of slices through the promoted index, both ways, waiting and not, held
 * to a scan; every kind of damage that a reader can meet.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../support/faultio.h"
#include "../support/memfs.h"
#include "../support/nomem.h"
#include "../support/putfile.h"
#include "../support/reads.h"
#include "base/num.h"
#include "codec/murmur3.h"
#include "sstable/statistics.h"
#include "sstable/writer.h"

Suite *reads_suite(void);

#define BASE "t/me-1-big-"
#define OK(call) ck_assert_msg((call) == 0, "%s", sst_err_text(&e, text, sizeof(text)))

static struct memfs *fs;
static const struct sst_io *io;
static struct sst_arena arena;
static char text[512];

static void
setup(void)
{
	struct sst_err e;

	fs = memfs_new();
	io = memfs_io(fs);
	OK(sst_io_mkdir(io, "t", &e));
}

static void
teardown(void)
{
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	sst_arena_free(&arena);
	memfs_free(fs);
}

static struct sst_column
column(const char *name, const char *cql, bool reversed)
{
	struct sst_column c = { .name = sst_slice_str(name), .dropped_us = INT64_MIN };
	struct sst_type *turned;
	struct sst_err e;

	OK(sst_type_parse_cql(&c.type, &arena, sst_slice_str(cql), NULL, NULL, &e));
	if (reversed) {
		turned = sst_arena_alloc(&arena, sizeof(*turned));
		*turned = *c.type;
		turned->reversed = true;
		c.type = turned;
	}
	return c;
}

/* CREATE TABLE ks.t (k int, a int, b bigint, s text static, v blob, PRIMARY KEY (k, a, b)) WITH
 * CLUSTERING ORDER BY (a ASC, b DESC). */
static struct sst_table *
make_table(void)
{
	struct sst_table *t = sst_arena_alloc(&arena, sizeof(*t));
	struct sst_column *c = sst_arena_array(&arena, 5, sizeof(*c));
	struct sst_err e;

	memset(t, 0, sizeof(*t));
	sst_table_defaults(t);
	t->keyspace = sst_slice_str("ks");
	t->name = sst_slice_str("t");
	c[0] = column("k", "int", false);
	c[1] = column("a", "int", false);
	c[2] = column("b", "bigint", true);
	c[3] = column("s", "text", false);
	c[4] = column("v", "blob", false);
	t->key = c;
	t->ck = c + 1;
	t->statics = c + 3;
	t->regulars = c + 4;
	t->nkey = t->nstatic = t->nregular = 1;
	t->nck = 2;
	OK(sst_table_finish(t, &arena, &e));
	return t;
}

static struct sst_slice
number(uint64_t v, size_t n)
{
	uint8_t *p = sst_arena_alloc(&arena, n);
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> 8 * (n - 1 - i));
	return (struct sst_slice){ p, n };
}

/* What is being made: a stream of items with the range deletion that is open in it. */
struct making {
	const struct sst_table *table;
	struct random *rnd;
	struct items items;
	struct sst_deletion open;
	int64_t ts;
};

static void
add_marker(struct making *m, const struct sst_slice *ck, size_t n, int side, bool close)
{
	struct sst_item item = { .kind = SST_MARKER };

	item.marker.at = (struct sst_bound){ ck, n, side };
	item.marker.before = m->open;
	item.marker.after = SST_LIVE;
	if (!close && (m->open.ts_us == SST_NO_TS || random_chance(m->rnd, 40)))
		item.marker.after = (struct sst_deletion){ ++m->ts, 1700000000 };
	m->open = item.marker.after;
	items_add(&m->items, &item, &arena);
}

static void
add_row(struct making *m, const struct sst_slice *ck, size_t value_max)
{
	struct sst_item item = { .kind = SST_ROW };
	struct sst_cell *cell = sst_arena_alloc(&arena, sizeof(*cell));
	size_t n = value_max == 0 ? 0 : random_below(m->rnd, (uint32_t)value_max);
	uint8_t *p = sst_arena_alloc(&arena, n + 1);

	memset(p, 'a' + (int)random_below(m->rnd, 20), n + 1);
	*cell =
	    (struct sst_cell){ .col = 0, .ts_us = m->ts, .ldt_s = SST_NO_LDT, .value = { p, n } };
	item.row = (struct sst_row){ .ck = ck,
		.live = { m->ts, 0, SST_NO_LDT },
		.del = SST_LIVE,
		.ncells = value_max > 0,
		.cells = cell };
	items_add(&m->items, &item, &arena);
}

/* A partition of nrows rows, seven to a value of a; markers before, between and after. */
static void
add_partition(struct making *m, const struct sst_item *part, size_t nrows, size_t value_max,
    uint32_t marker_percent)
{
	struct sst_slice *ck;
	size_t i;

	items_add(&m->items, part, &arena);
	for (i = 0; i < nrows; i++) {
		ck = sst_arena_array(&arena, 2, sizeof(*ck));
		ck[0] = number(i / 7, 4);
		ck[1] = number(100 - i % 7, 8);
		if (i % 7 == 0 && random_chance(m->rnd, marker_percent))
			add_marker(m, ck, 1, -1, false);
		add_row(m, ck, value_max);
		if (i % 7 != 6 && i + 1 < nrows) {
			if (random_chance(m->rnd, marker_percent))
				add_marker(m, ck, 2, 1, false);
		} else if (m->open.ts_us != SST_NO_TS &&
		    (i + 1 == nrows || random_chance(m->rnd, 20)))
			add_marker(m, ck, 1, 1, i + 1 == nrows);
	}
}

static const struct {
	size_t nrows, value_max;
	uint32_t marker_percent;
} shapes[] = {
	{ 2000, 400, 5 },  /* several index blocks */
	{ 20000, 0, 0 },   /* more rows to a block than offsets are kept of */
	{ 20, 20000, 30 }, /* rows across chunks */
	{ 1, 10, 0 },
	{ 3000, 60, 60 }, /* range deletions open at most ends of blocks */
	{ 8000, 0, 50 },
};

static int
by_key(const void *va, const void *vb)
{
	const struct sst_item *a = va, *b = vb;

	return sst_key_compare(a->part.token, a->part.key, b->part.token, b->part.key);
}

static const struct sst_table *
make_sstable(const char *base, const char *compressor, struct random *rnd, struct sst_err *e)
{
	struct sst_item parts[SST_ARRAY_LEN(shapes)];
	struct making m = { make_table(), rnd, { 0 }, SST_LIVE, 1700000000000000 };
	struct sst_writer_opts o = { .compression_set = true,
		.compression = { sst_slice_str(compressor), 4096, 0 },
		.host_id = { 1 } };
	struct sst_stream *s;
	struct sst_writer *w;
	size_t i;

	memset(parts, 0, sizeof(parts));
	for (i = 0; i < SST_ARRAY_LEN(parts); i++) {
		parts[i].kind = SST_PARTITION;
		parts[i].part.key = number(i + 1, 4);
		parts[i].part.token = sst_token(parts[i].part.key);
		parts[i].part.del = SST_LIVE;
	}
	qsort(parts, SST_ARRAY_LEN(parts), sizeof(*parts), by_key);
	for (i = 0; i < SST_ARRAY_LEN(parts); i++)
		add_partition(
		    &m, &parts[i], shapes[i].nrows, shapes[i].value_max, shapes[i].marker_percent);
	s = items_stream(&m.items, m.table, false, false);
	ck_assert_msg((sst_writer_open(&w, io, base, m.table, &o, e)) == 0, "%s",
	    sst_err_text(e, text, sizeof(text)));
	ck_assert_msg((sst_writer_copy(w, s, e)) == 0, "%s", sst_err_text(e, text, sizeof(text)));
	sst_stream_close(s);
	ck_assert_msg(
	    (sst_writer_finish(w, NULL, e)) == 0, "%s", sst_err_text(e, text, sizeof(text)));
	return m.table;
}

START_TEST(slices_equal_the_scan)
{
	static const char *const classes[] = { "LZ4Compressor", "", "ZstdCompressor" };
	static const char *const bases[] = { "t/me-1-big-", "t/nb-1-big-" };
	struct random rnd = { 77 + (uint64_t)_i };
	struct sst_err e;
	const struct sst_table *t = make_sstable(bases[_i % 2], classes[_i % 3], &rnd, &e);

	ck_assert(reads_check(io, bases[_i % 2], t, 150, 5 + (uint64_t)_i));
	ck_assert(reads_check(io, bases[_i % 2], NULL, 10, 6 + (uint64_t)_i));
}
END_TEST

/* Keys and token ranges, waiting and not, against the scan. */
START_TEST(ranges)
{
	struct random rnd = { 5 };
	struct sst_err e;
	const struct sst_table *table = make_sstable(BASE, "LZ4Compressor", &rnd, &e);
	struct sst_sstable_opts o = { .table = table };
	struct sst_sstable *t;
	struct sst_stream *s;
	struct items all = { 0 };
	uint64_t waits = 0;
	size_t i, n = 0, from[8];

	OK(sst_sstable_open(&t, io, BASE "Data.db", &o, &e));
	OK(sst_sstable_scan(t, &s, &e));
	OK(reads_all(&all, s, &arena, &waits, &e));
	for (i = 0; i < all.n; i++)
		if (all.at[i].kind == SST_PARTITION)
			from[n++] = i;
	from[n] = all.n;
	ck_assert_uint_eq(n, SST_ARRAY_LEN(shapes));
	for (i = 0; i < 2 * n * n; i++) {
		size_t a = i / 2 % n, b = i / 2 / n;
		struct sst_read r = { .left = all.at[from[a]].part.token,
			.right = all.at[from[b]].part.token,
			.nonblocking = i % 2 };
		struct items got = { 0 }, want = { all.at + from[a + 1], 0, 0 };

		if (a == b) {
			r.left = r.right = INT64_MIN;
			want = all;
		} else if (a < b)
			want.n = from[b + 1] - from[a + 1];
		waits = 0;
		OK(sst_sstable_read(t, &r, &s, &e));
		OK(reads_all(&got, s, &arena, &waits, &e));
		ck_assert(items_same(table, &got, &want));
		ck_assert(r.nonblocking || waits == 0);
	}
	for (i = 0; i < 200; i++) { /* keys that are not there */
		struct sst_read r = { .key = number(1000 + i, 4), .reversed = i % 2 };
		struct items got = { 0 };

		OK(sst_sstable_read(t, &r, &s, &e));
		OK(reads_all(&got, s, &arena, &waits, &e));
		ck_assert_uint_eq(got.n, 0);
	}
	sst_sstable_close(t);
}
END_TEST

/* Reverse slices of every partition of a range, which the walk over the index finds one by one. */
START_TEST(range_of_slices)
{
	struct random rnd = { 6 };
	struct sst_err e;
	const struct sst_table *table = make_sstable(BASE, "LZ4Compressor", &rnd, &e);
	struct sst_sstable_opts o = { .table = table };
	struct sst_slice a[2] = { number(50, 4), number(60, 4) };
	struct sst_range range = { { &a[0], 1, -1 }, { &a[1], 1, 1 } };
	struct items all = { 0 }, got = { 0 }, want = { 0 };
	struct sst_sstable *t;
	struct sst_stream *s;
	uint64_t waits = 0;
	size_t i, j;

	for (i = 0; i < 4; i++) {
		struct sst_read r = { .left = INT64_MIN,
			.right = INT64_MIN,
			.slices = &range,
			.nslices = 1,
			.reversed = i & 1,
			.nonblocking = i & 2 };

		all.n = got.n = want.n = 0;
		OK(sst_sstable_open(&t, io, BASE "Data.db", &o, &e));
		OK(sst_sstable_scan(t, &s, &e));
		OK(reads_all(&all, s, &arena, &waits, &e));
		for (j = 0; j < all.n; j++)
			if (all.at[j].kind == SST_PARTITION) {
				struct items one = reads_expect(&all, j, table, &r, &arena);
				size_t k;

				for (k = 0; k < one.n; k++)
					items_add(&want, &one.at[k], &arena);
			}
		OK(sst_sstable_read(t, &r, &s, &e));
		OK(reads_all(&got, s, &arena, &waits, &e));
		ck_assert(items_same(table, &got, &want));
		sst_sstable_close(t);
	}
}
END_TEST

/* Skipping hands out every partition, and nothing of those skipped. */
START_TEST(skipping)
{
	struct random rnd = { 8 };
	struct sst_err e;
	const struct sst_table *table = make_sstable(BASE, "LZ4Compressor", &rnd, &e);
	struct sst_sstable_opts o = { .table = table };
	const struct sst_item *item;
	struct sst_read all = { .reversed = true };
	struct sst_sstable *t;
	struct sst_stream *s;
	size_t parts = 0, rows = 0;
	int r;

	OK(sst_sstable_open(&t, io, BASE "Data.db", &o, &e));
	if (_i == 0)
		OK(sst_sstable_scan(t, &s, &e));
	else
		OK(sst_sstable_read(t, &all, &s, &e));
	OK(sst_stream_skip(s, &e)); /* before the first: nothing */
	while ((r = sst_stream_next(s, &item, &e)) == SST_ONE) {
		if (item->kind != SST_PARTITION)
			rows++;
		else if (parts++ % 2 == 0)
			OK(sst_stream_skip(s, &e));
		if (rows % 1000 == 999) {
			rows++;
			OK(sst_stream_skip(s, &e));
		}
	}
	ck_assert_int_eq(r, 0);
	ck_assert_uint_eq(parts, SST_ARRAY_LEN(shapes));
	ck_assert_uint_gt(rows, 0);
	sst_stream_close(s);
	sst_sstable_close(t);
}
END_TEST

START_TEST(statistics_say_what_to_leave_out)
{
	struct random rnd = { 9 };
	struct sst_err e;
	const struct sst_table *table = make_sstable(BASE, "LZ4Compressor", &rnd, &e);
	struct sst_sstable_opts o = { .table = table };
	struct sst_slice a[3] = { number(100000, 4), number(100001, 4), number(10, 4) };
	struct sst_range beyond = { { &a[0], 1, -1 }, { &a[1], 1, 1 } },
			 within = { { &a[2], 1, -1 }, { &a[1], 1, 1 } };
	struct sst_slice first, last, key = number(1, 4), none = number(999, 4);
	uint64_t key_hash[2], none_hash[2];
	struct sst_sstable *t;

	OK(sst_sstable_open(&t, io, BASE, &o, &e));
	sst_murmur3_128(key, key_hash);
	sst_murmur3_128(none, none_hash);
	ck_assert(!sst_sstable_filters_out(t, none_hash)); /* not read yet */
	ck_assert_uint_eq(sst_sstable_opened(t), 0);
	ck_assert(!sst_sstable_may_have_slices(t, &beyond, 1));
	ck_assert(sst_sstable_may_have_slices(t, &within, 1));
	ck_assert(sst_sstable_may_have_slices(t, NULL, 0));
	ck_assert_int_eq(sst_sstable_may_have_key(t, key, sst_token(key), &e), 1);
	ck_assert_int_eq(sst_sstable_may_have_key(t, none, sst_token(none), &e), 0);
	ck_assert(sst_sstable_filters_out(t, none_hash));
	ck_assert(!sst_sstable_filters_out(t, key_hash));
	OK(sst_sstable_keys(t, &first, &last, &e));
	ck_assert_int_eq(sst_sstable_may_have_tokens(t, sst_token(last), INT64_MAX, &e), 0);
	ck_assert_int_eq(sst_sstable_may_have_tokens(t, INT64_MIN, sst_token(first) - 1, &e), 0);
	ck_assert_int_eq(
	    sst_sstable_may_have_tokens(t, sst_token(first) - 1, sst_token(first), &e), 1);
	ck_assert_int_eq(sst_sstable_min_ts_us(t), 1700000000000000);
	ck_assert_int_gt(sst_sstable_max_ts_us(t), 1700000000000000);
	sst_sstable_close(t);
}
END_TEST

/* A partition by its key, forward, back, and a slice of it, waiting or not: as a scan gives it. */
static void
check_partition(struct sst_sstable *t, const struct items *all, size_t at)
{
	struct sst_slice a[2] = { number(1, 4), number(4, 4) };
	struct sst_range range = { { &a[0], 1, -1 }, { &a[1], 1, 1 } };
	struct sst_err e;
	uint64_t waits = 0;
	int i;

	for (i = 0; i < 8; i++) {
		struct sst_read r = { .key = all->at[at].part.key,
			.reversed = i & 1,
			.nonblocking = i & 2,
			.slices = &range,
			.nslices = i >= 4 };
		struct items got = { 0 },
			     want = reads_expect(all, at, sst_sstable_table(t), &r, &arena);
		struct sst_stream *s;

		OK(sst_sstable_read(t, &r, &s, &e));
		OK(reads_all(&got, s, &arena, &waits, &e));
		ck_assert(items_same(sst_sstable_table(t), &got, &want));
	}
}

/* Places of partitions that were found are notes in the cache; a wrong one, as of another key with
 * the same token, is found out. */
START_TEST(remembered_places_are_hints)
{
	struct random rnd = { 11 };
	struct sst_err e;
	const struct sst_table *table = make_sstable(BASE, "LZ4Compressor", &rnd, &e);
	struct sst_cache *cache = sst_cache_new(8 << 20);
	struct sst_sstable_opts o = { .table = table, .cache = cache };
	struct sst_noted place = { 0 }, other = { 0 };
	struct items all = { 0 };
	struct sst_sstable *t;
	struct sst_stream *s;
	uint64_t waits = 0, index = 0;
	size_t i, noted = 0;

	OK(sst_sstable_open(&t, io, BASE, &o, &e));
	OK(sst_sstable_load(t, &e));
	OK(sst_sstable_scan(t, &s, &e));
	OK(reads_all(&all, s, &arena, &waits, &e));
	for (i = 0; i < all.n; i++)
		if (all.at[i].kind == SST_PARTITION) {
			check_partition(t, &all, i);
			check_partition(t, &all, i);
		}
	while (index < 4 && noted == 0) /* which file's it is */
		noted += sst_cache_noted(cache, ++index, all.at[0].part.token, &place);
	ck_assert_uint_eq(noted, 1);
	for (i = 1; i < all.n; i++)
		if (all.at[i].kind == SST_PARTITION) {
			ck_assert(sst_cache_noted(cache, index, all.at[i].part.token, &other));
			ck_assert_uint_gt(other.data, place.data);
			sst_cache_note(cache, index, all.at[i].part.token, &place);
			check_partition(t, &all, i);
			place = other;
		}
	sst_sstable_close(t);
	sst_cache_free(cache);
}
END_TEST

static struct sst_buf
read_file(const char *path)
{
	struct sst_buf b = { 0 };
	struct sst_err e;

	OK(sst_io_read_file(io, path, SIZE_MAX, &b, &e));
	return b;
}

/* Scans and reads a key in reverse; true when all went well. */
static bool
reads_well(struct sst_err *e, const char *base)
{
	struct sst_read all = { .reversed = true };
	struct sst_sstable_opts o = { 0 };
	const struct sst_item *item;
	struct sst_sstable *t = NULL;
	struct sst_stream *s = NULL;
	int r = -1;

	if (sst_sstable_open(&t, io, base, &o, e) == -1 || sst_sstable_scan(t, &s, e) == -1)
		goto out;
	while ((r = sst_stream_next(s, &item, e)) == SST_ONE)
		continue;
	sst_stream_close(s);
	s = NULL;
	if (r == -1 || (r = sst_sstable_read(t, &all, &s, e)) == -1)
		goto out;
	while ((r = sst_stream_next(s, &item, e)) == SST_ONE)
		continue;
out:
	sst_stream_close(s);
	sst_sstable_close(t);
	return r == 0;
}

/* Any byte of compressed or checked data, and of what finds it, changed: found, never read as sound. */
START_TEST(flips_are_found)
{
	static const char *const classes[] = { "LZ4Compressor", "" };
	struct random rnd = { 10 };
	struct sst_err e;
	struct sst_buf b;
	size_t i, at;

	(void)make_sstable(BASE, classes[_i], &rnd, &e);
	ck_assert(reads_well(&e, BASE));
	b = read_file(BASE "Data.db");
	for (i = 0; i < 60; i++) {
		at = i == 0 ? 0 : i == 1 ? b.n - 1 : random_below(&rnd, (uint32_t)b.n);
		b.p[at] ^= (uint8_t)(1u << random_below(&rnd, 8));
		put_file(io, BASE "Data.db", sst_buf_slice(&b));
		ck_assert(!reads_well(&e, BASE));
		ck_assert_int_eq(e.code, SST_EDAMAGED);
		ck_assert_str_eq(e.file, BASE "Data.db");
		sst_buf_free(&b);
		memfs_free(fs);
		setup();
		rnd.state = 10;
		(void)make_sstable(BASE, classes[_i], &rnd, &e);
		rnd.state = 100 + i;
		b = read_file(BASE "Data.db");
		if (i == 2)
			i = 40; /* making it is slow */
	}
	for (i = 0; i < 20; i++) { /* cut short */
		put_file(io, BASE "Data.db",
		    (struct sst_slice){ b.p, random_below(&rnd, (uint32_t)b.n) });
		ck_assert(!reads_well(&e, BASE));
	}
	sst_buf_free(&b);
}
END_TEST

struct calls { /* the path of call `at` */
	unsigned long n, at;
	char path[64], op[16];
};

static void
note_call(void *arg, const char *op, const char *path)
{
	struct calls *c = arg;

	if (++c->n != c->at)
		return;
	(void)snprintf(c->path, sizeof(c->path), "%s", path == NULL ? "" : path);
	(void)snprintf(c->op, sizeof(c->op), "%s", op);
}

/* Every call of a read fails once: said as such, but where the reader can do without. */
START_TEST(every_call_fails)
{
	struct faultio *fault = faultio_new(io);
	struct calls calls = { 0 };
	struct faultio_plan plan = { .sys = EIO, .before = note_call, .before_arg = &calls };
	struct random rnd = { 15 };
	const struct sst_io *under = io;
	struct sst_err e;
	unsigned long total;

	(void)make_sstable(BASE, "LZ4Compressor", &rnd, &e);
	io = faultio_io(fault);
	faultio_plan(fault, &plan);
	ck_assert(reads_well(&e, BASE));
	total = faultio_calls(fault);
	ck_assert_uint_gt(total, 20);
	for (plan.at = 1; plan.at <= total; plan.at += plan.at < 40 ? 1 : 17) {
		calls.n = 0;
		calls.at = plan.at;
		faultio_plan(fault, &plan);
		e.code = SST_OK;
		if (reads_well(&e, BASE))
			ck_assert_msg(strcmp(calls.op, "close") == 0 ||
				strstr(calls.path, "Summary.db") != NULL ||
				strstr(calls.path, "Filter.db") != NULL,
			    "%s %s", calls.op, calls.path);
		else
			ck_assert_int_eq(e.sys, EIO);
		ck_assert_uint_eq(memfs_nopen(fs), 0);
	}
	io = under;
	faultio_free(fault);
}
END_TEST

/* Every allocation of a read fails once: an error like any other, and nothing is left behind. */
START_TEST(every_allocation_fails)
{
	struct random rnd = { 16 };
	struct sst_err e;
	unsigned long n;
	unsigned failed = 0;
	bool well, over = false;

	(void)make_sstable(BASE, "ZstdCompressor", &rnd, &e);
	if (!nomem_arm(0)) /* a sanitizer has malloc */
		return;
	for (n = 1; !over; n += n < 200 ? 1 : 29) {
		e.code = SST_OK;
		nomem_arm(n);
		well = reads_well(&e, BASE);
		over = !nomem_disarm();
		ck_assert_msg(well || e.code == SST_ENOMEM || e.sys == ENOMEM, "%lu: %s", n,
		    sst_err_text(&e, text, sizeof(text)));
		ck_assert(well || !over);
		failed += !well;
		ck_assert_uint_eq(memfs_nopen(fs), 0);
	}
	ck_assert_uint_gt(failed, 30);
}
END_TEST

/* A flipped bit of an index, statistics or chunk table may go unseen, but must do no harm. */
START_TEST(flips_elsewhere_do_no_harm)
{
	static const char *const names[] = { "Index.db", "Summary.db", "Filter.db", "Statistics.db",
		"CompressionInfo.db" };
	struct random rnd = { 11 };
	struct sst_err e;
	struct sst_buf b;
	char path[64];
	size_t i, at;

	(void)make_sstable(BASE, "LZ4Compressor", &rnd, &e);
	(void)snprintf(path, sizeof(path), BASE "%s", names[_i]);
	b = read_file(path);
	for (i = 0; i < 150; i++) {
		uint8_t bit = (uint8_t)(1u << random_below(&rnd, 8));

		at = random_below(&rnd, (uint32_t)b.n);
		b.p[at] ^= bit;
		put_file(io, path, sst_buf_slice(&b));
		(void)reads_well(&e, BASE);
		b.p[at] ^= bit;
	}
	for (i = 0; i < 30; i++) {
		put_file(io, path, (struct sst_slice){ b.p, random_below(&rnd, (uint32_t)b.n) });
		(void)reads_well(&e, BASE);
	}
	sst_buf_free(&b);
}
END_TEST

START_TEST(missing_components)
{
	static const struct {
		const char *name;
		bool fatal;
	} gone[] = { { "Index.db", true }, { "Summary.db", false }, { "Filter.db", false },
		{ "Statistics.db", true }, { "CompressionInfo.db", true }, { "Data.db", true } };
	struct random rnd = { 12 };
	struct sst_err e;
	char path[64];

	(void)make_sstable(BASE, "LZ4Compressor", &rnd, &e);
	OK(sst_io_rename(io, BASE "TOC.txt.tmp", BASE "TOC.txt", &e));
	(void)snprintf(path, sizeof(path), BASE "%s", gone[_i].name);
	OK(sst_io_unlink(io, path, &e));
	ck_assert_int_eq(reads_well(&e, BASE), !gone[_i].fatal);
	if (gone[_i].fatal)
		ck_assert_str_eq(e.file, path);
}
END_TEST

START_TEST(refused)
{
	struct sst_sstable_opts o = { 0 };
	struct random rnd = { 13 };
	struct sst_sstable *t;
	struct sst_table *other;
	struct sst_column gone;
	struct sst_err e;

	ck_assert_int_eq(sst_sstable_open(&t, io, "t/xx-1-big-Data.db", &o, &e), -1);
	ck_assert_int_eq(e.code, SST_EVERSION);
	ck_assert_int_eq(sst_sstable_open(&t, io, "t/da-1-big-Data.db", &o, &e), -1);
	ck_assert_int_eq(e.code, SST_EVERSION);
	ck_assert_int_eq(sst_sstable_open(&t, io, "t/Data.db", &o, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	(void)make_sstable(BASE, "LZ4Compressor", &rnd, &e);
	other = make_table();
	other->regulars[0].name = sst_slice_str("w");
	o.table = other;
	ck_assert_int_eq(sst_sstable_open(&t, io, BASE, &o, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	ck_assert_str_eq(sst_err_text(&e, text, sizeof(text)),
	    BASE "Statistics.db: column \"v\" is not in the table");
	o.unknown = SST_UNKNOWN_DROP;
	OK(sst_sstable_open(&t, io, BASE, &o, &e));
	sst_sstable_close(t);
	o.unknown = SST_UNKNOWN_REFUSE;
	gone = column("v", "blob", false);
	other->dropped = &gone;
	other->ndropped = 1;
	OK(sst_sstable_open(&t, io, BASE, &o, &e));
	sst_sstable_close(t);
	gone.is_static = true; /* another one of that name */
	ck_assert_int_eq(sst_sstable_open(&t, io, BASE, &o, &e), -1);
	o.unknown = SST_UNKNOWN_DROP;
	other->regulars[0] = column("v", "int", false);
	ck_assert_int_eq(sst_sstable_open(&t, io, BASE, &o, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.what, "has another type"));
	other = make_table();
	other->ck[1] = column("b", "bigint", false);
	o.table = other;
	ck_assert_int_eq(sst_sstable_open(&t, io, BASE, &o, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.what, "has another type"));
	other->nck = 1;
	ck_assert_int_eq(sst_sstable_open(&t, io, BASE, &o, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.what, "clustering columns"));
	other->key[0] = column("k", "bigint", false);
	other->key_type = other->key[0].type;
	ck_assert_int_eq(sst_sstable_open(&t, io, BASE, &o, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.what, "partition key"));
}
END_TEST

/* Cells written before their column was dropped are left out. */
START_TEST(dropped_column)
{
	struct random rnd = { 14 };
	struct sst_err e;
	struct sst_table *table = make_table();
	struct sst_sstable_opts o = { .table = table };
	const struct sst_item *item;
	struct sst_sstable *t;
	struct sst_stream *s;
	size_t with = 0, without = 0;
	int r;

	(void)make_sstable(BASE, "LZ4Compressor", &rnd, &e);
	table->regulars[0].dropped_us = 1700000000000010;
	OK(sst_sstable_open(&t, io, BASE, &o, &e));
	OK(sst_sstable_scan(t, &s, &e));
	while ((r = sst_stream_next(s, &item, &e)) == SST_ONE)
		if (item->kind == SST_ROW && item->row.ncells > 0) {
			ck_assert_int_gt(item->row.cells[0].ts_us, 1700000000000010);
			with++;
		} else if (item->kind == SST_ROW)
			without++;
	ck_assert_int_eq(r, 0);
	ck_assert_uint_gt(with, 0);
	ck_assert_uint_gt(without, 28000);
	sst_stream_close(s);
	sst_sstable_close(t);
}
END_TEST

/* Tries for an index: clusterings of every type, ascending and descending, a block a KiB. */
static const char *const tries_of[] = { "one", "parts", "t1", "t10", "t2", "t3", "t4", "t5", "t6",
	"t7", "t8", "t9" };

START_TEST(tries)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "tests/data/da/%s/da-1-bti-Data.db", tries_of[_i]);
	ck_assert(reads_check(&sst_io_posix, path, NULL, 300, 5));
}
END_TEST

/* What Cassandra and ScyllaDB wrote. */
static const char *const foreign[] = {
	"scylla/uncompressed/read_range_tombstone_boundaries_index/mc-1-big-Data.db",
	"scylla/uncompressed/skip_using_index_rows/mc-1-big-Data.db",
	"scylla/uncompressed/write_many_range_tombstones/mc-1-big-Data.db",
	"scylla/uncompressed/range_tombstones_partial/mc-1-big-Data.db",
	"scylla/uncompressed/filtering_and_forwarding/mc-1-big-Data.db",
	"scylla/uncompressed/write_static_row/mc-1-big-Data.db",
	"scylla/uncompressed/compound_ck/mc-1-big-Data.db",
	"scylla/uncompressed/collections/mc-1-big-Data.db",
	"scylla/zstd/multiple_chunks/mc-1-big-Data.db",
	"cassandra/ma/legacy_tables/legacy_ma_clust/ma-1-big-Data.db",
	"cassandra/me/legacy_tables/legacy_me_clust/me-1-big-Data.db",
	"cassandra/me/legacy_tables/legacy_me_clust_counter/me-1-big-Data.db",
	"cassandra/nb/legacy_tables/legacy_nb_clust/nb-1-big-Data.db",
	"cassandra/oa/legacy_tables/legacy_oa_clust/oa-1-big-Data.db",
	"cassandra/da/legacy_tables/legacy_da_simple/da-1-bti-Data.db",
	"cassandra/da/legacy_tables/legacy_da_clust/da-1-bti-Data.db",
	"cassandra/da/legacy_tables/legacy_da_clust_counter/da-1-bti-Data.db",
	"scylla/ms/partition_skipping/ms-1-big-Data.db",
	"scylla/ms/promoted_index_read/ms-1-big-Data.db",
	"scylla/ms/counter_test/ms-5-big-Data.db",
	"scylla/mt/partition_skipping/mt-1-big-Data.db",
	"scylla/mt/promoted_index_read/mt-1-big-Data.db",
	"scylla/mt/counter_test/mt-5-big-Data.db",
};

START_TEST(foreign_files)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "../shared/fixtures/%s", foreign[_i]);
	if (access(path, R_OK) == 0)
		ck_assert(reads_check(&sst_io_posix, path, NULL, 40, 3));
}
END_TEST

Suite *
reads_suite(void)
{
	Suite *s = suite_create("reads");
	TCase *t = tcase_create("reads");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 240);
	tcase_add_loop_test(t, slices_equal_the_scan, 0, 6);
	tcase_add_test(t, ranges);
	tcase_add_test(t, remembered_places_are_hints);
	tcase_add_test(t, range_of_slices);
	tcase_add_loop_test(t, skipping, 0, 2);
	tcase_add_test(t, statistics_say_what_to_leave_out);
	tcase_add_loop_test(t, flips_are_found, 0, 2);
	tcase_add_test(t, every_call_fails);
	tcase_add_test(t, every_allocation_fails);
	tcase_add_loop_test(t, flips_elsewhere_do_no_harm, 0, 5);
	tcase_add_loop_test(t, missing_components, 0, 6);
	tcase_add_test(t, refused);
	tcase_add_test(t, dropped_column);
	tcase_add_loop_test(t, tries, 0, (int)SST_ARRAY_LEN(tries_of));
	tcase_add_loop_test(t, foreign_files, 0, (int)SST_ARRAY_LEN(foreign));
	suite_add_tcase(s, t);
	return s;
}
