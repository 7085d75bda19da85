/*
 * tests/unit/tries.c: a trie that is written is read back: all entries in their order, each found by its
 * key and by what lies behind it, no node across the end of a page; keys out of order are refused.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/faultio.h"
#include "../support/memfs.h"
#include "../support/nomem.h"
#include "../support/random.h"
#include "base/num.h"
#include "sstable/trie.h"
#include "sstable/trieout.h"

Suite *tries_suite(void);

#define PATH "trie"

static struct memfs *fs;
static const struct sst_io *io;
static char text[512];

#define OK(call) ck_assert_msg((call) == 0, "%s", sst_err_text(&e, text, sizeof(text)))

static void
setup(void)
{
	fs = memfs_new();
	io = memfs_io(fs);
}

static void
teardown(void)
{
	memfs_free(fs);
}

struct keys {
	struct sst_slice *at;
	size_t n;
	struct sst_arena arena;
};

static int
by_bytes(const void *a, const void *b)
{
	return sst_slice_cmp(*(const struct sst_slice *)a, *(const struct sst_slice *)b);
}

/* Random keys, of which many have long starts in common, and some are starts of others. */
static void
make_keys(struct keys *k, struct random *r, size_t n, size_t len_max, unsigned letters)
{
	uint8_t bytes[64];
	size_t i, j, len, from = 0;

	*k = (struct keys){ .at = calloc(n, sizeof(*k->at)) };
	ck_assert_ptr_nonnull(k->at);
	for (i = 0; i < n; i++) {
		if (i > 0 && random_chance(r, 50)) /* go on from where the last one was */
			from = random_below(r, (unsigned)len_max);
		len = from + random_below(r, (unsigned)(len_max - from) + 1);
		for (j = from; j < len; j++)
			bytes[j] = (uint8_t)(random_below(r, letters) * (255 / letters));
		k->at[i] = sst_arena_slice(&k->arena, (struct sst_slice){ bytes, len });
		ck_assert(len == 0 || k->at[i].p != NULL);
		from = 0;
	}
	qsort(k->at, n, sizeof(*k->at), by_bytes);
	for (i = 0; i < n; i++)
		if (k->n == 0 || !sst_slice_eq(k->at[k->n - 1], k->at[i]))
			k->at[k->n++] = k->at[i];
}

static struct sst_slice
payload_of(size_t i, uint8_t p[8])
{
	size_t n = 1 + i % 7, j;

	for (j = 0; j < n; j++)
		p[j] = (uint8_t)(i >> 8 * (j % 4)) ^ (uint8_t)j;
	return (struct sst_slice){ p, n };
}

static uint64_t
write_trie(const struct keys *k, size_t before)
{
	struct sst_fileout f = { .fd = -1 };
	struct sst_trieout t = { .out = &f };
	struct sst_buf zeros = { 0 };
	uint64_t root;
	uint8_t p[8];
	struct sst_err e;
	size_t i;

	OK(sst_fileout_open(&f, io, PATH, true, &e));
	for (i = 0; i < before; i++)
		sst_buf_addc(&zeros, 0);
	OK(sst_fileout_add(&f, sst_buf_slice(&zeros), &e));
	for (i = 0; i < k->n; i++)
		OK(sst_trieout_add(&t, k->at[i], (unsigned)(1 + i % 7), payload_of(i, p), &e));
	OK(sst_trieout_finish(&t, &root, &e));
	sst_trieout_free(&t);
	OK(sst_fileout_finish(&f, &e));
	sst_fileout_free(&f);
	sst_buf_free(&zeros);
	return root;
}

static void
check_entry(const struct sst_trie *x, const struct keys *k, size_t i)
{
	const struct sst_trie_node *d = &x->node;
	struct sst_buf key = { 0 };
	struct sst_slice want;
	uint8_t p[8];

	want = payload_of(i, p);
	sst_trie_key(x, &key);
	ck_assert_msg(sst_slice_eq(sst_buf_slice(&key), k->at[i]), "entry %zu has another key", i);
	sst_buf_free(&key);
	ck_assert_uint_eq(d->flags, 1 + i % 7);
	ck_assert_uint_ge(d->payload.n, want.n);
	ck_assert_int_eq(memcmp(d->payload.p, want.p, want.n), 0);
	ck_assert_uint_le(d->pos % SST_TRIE_PAGE + d->whole.n + want.n, SST_TRIE_PAGE);
}

static void
read_trie(const struct keys *k, uint64_t root)
{
	struct sst_cache *cache = sst_cache_new((size_t)4 << 20);
	struct sst_window w;
	struct sst_file *f;
	struct sst_trie x = { 0 };
	struct sst_err e;
	size_t i;

	OK(sst_file_open(&f, io, PATH, cache, &e));
	sst_window_init(&w, f, SST_WINDOW_CACHED);
	sst_trie_init(&x, &w, root);
	for (i = 0; i < k->n; i++) {
		ck_assert_int_eq(sst_trie_next(&x, &e), SST_ONE);
		check_entry(&x, k, i);
	}
	ck_assert_int_eq(sst_trie_next(&x, &e), 0);
	for (i = 0; i < k->n; i += 1 + k->n / 500) {
		ck_assert_int_eq(sst_trie_floor(&x, k->at[i], &e), SST_ONE);
		check_entry(&x, k, i);
	}
	sst_trie_free(&x);
	sst_window_close(&w);
	sst_file_close(f);
	sst_cache_free(cache);
}

/* Reads on whatever comes, as far as it is not without end; 0 at the end or cut off, -1 with *e. */
static int
read_any(const struct sst_io *from, const struct keys *k, uint64_t root, struct sst_err *e)
{
	struct sst_cache *cache = sst_cache_new((size_t)1 << 20);
	struct sst_window w = { 0 };
	struct sst_file *f = NULL;
	struct sst_trie x = { 0 };
	size_t i;
	int r = cache == NULL ? sst_fail_nomem(e) : sst_file_open(&f, from, PATH, cache, e);

	if (r == 0) {
		sst_window_init(&w, f, SST_WINDOW_CACHED);
		sst_trie_init(&x, &w, root);
		for (i = 0, r = SST_ONE; r == SST_ONE && i < 2 * k->n; i++)
			r = sst_trie_next(&x, e);
		for (i = 0; r != -1 && i < k->n; i += 1 + k->n / 20)
			r = i % 2 == 0 ? sst_trie_find(&x, k->at[i], e)
				       : sst_trie_floor(&x, k->at[i], e);
		sst_trie_free(&x);
		sst_window_close(&w);
	}
	sst_file_close(f);
	sst_cache_free(cache);
	return r == -1 ? -1 : 0;
}

/* Each bit of a small trie, and some of a large one, turned round: an error, or other entries. */
START_TEST(flipped_bits)
{
	static const size_t sizes[] = { 40, 3000 };
	struct random r = { 77 };
	struct sst_buf b = { 0 };
	struct keys k;
	uint64_t root;
	struct sst_err e;
	size_t i, at, n;

	make_keys(&k, &r, sizes[_i], 12, 200);
	root = write_trie(&k, 0);
	OK(sst_io_read_file(io, PATH, 1 << 24, &b, &e));
	n = 8 * b.n < 4000 ? 8 * b.n : 4000;
	for (i = 0; i < n; i++) {
		at = n == 8 * b.n ? i : random_below(&r, (unsigned)(8 * b.n));
		b.p[at / 8] ^= (uint8_t)(1u << at % 8);
		OK(sst_fileout_write(io, PATH, true, sst_buf_slice(&b), &e));
		b.p[at / 8] ^= (uint8_t)(1u << at % 8);
		if (read_any(io, &k, root, &e) == -1) {
			ck_assert(
			    e.code == SST_EDAMAGED || e.code == SST_ESHORT || e.code == SST_ELIMIT);
			ck_assert_str_eq(e.file, PATH);
		}
	}
	sst_buf_free(&b);
	free(k.at);
	sst_arena_free(&k.arena);
}
END_TEST

START_TEST(read_without_memory)
{
	struct random r = { 3 };
	struct keys k;
	uint64_t root;
	unsigned long n;
	struct sst_err e;
	int rc = -1;

	make_keys(&k, &r, 500, 12, 200);
	root = write_trie(&k, 0);
	for (n = 1; n < 10000; n++) {
		nomem_arm(n);
		rc = read_any(io, &k, root, &e);
		if (!nomem_disarm())
			break;
		ck_assert_int_eq(rc, -1);
		ck_assert_int_eq(e.code, SST_ENOMEM);
		ck_assert_uint_eq(memfs_nopen(fs), 0);
	}
	ck_assert_int_eq(rc, 0);
	free(k.at);
	sst_arena_free(&k.arena);
}
END_TEST

START_TEST(every_read_fails)
{
	struct faultio_plan plan = { .how = FAULTIO_FAIL, .sys = EIO };
	struct faultio *f = faultio_new(io);
	struct random r = { 4 };
	struct keys k;
	uint64_t root;
	struct sst_err e;
	int rc = -1;

	make_keys(&k, &r, 5000, 12, 200);
	root = write_trie(&k, 0);
	for (plan.at = 1; plan.at < 10000; plan.at++) {
		faultio_plan(f, &plan);
		rc = read_any(faultio_io(f), &k, root, &e);
		if (faultio_failed(f)[0] == '\0')
			break;
		if (strcmp(faultio_failed(f), "close") == 0)
			continue;
		ck_assert_int_eq(rc, -1);
		ck_assert_int_eq(e.code, SST_ESYS);
		ck_assert_uint_eq(memfs_nopen(fs), 0);
	}
	ck_assert_int_eq(rc, 0);
	faultio_free(f);
	free(k.at);
	sst_arena_free(&k.arena);
}
END_TEST

static const struct {
	size_t n, len_max, before;
	unsigned letters;
} shapes[] = {
	{ 1, 1, 0, 1 }, { 1, 40, 0, 255 }, { 2, 3, 4095, 2 }, { 300, 2, 0, 255 }, /* dense */
	{ 300, 2, 4000, 17 },                                                     /* with gaps */
	{ 5000, 3, 100, 255 },                                                    /* many pages */
	{ 20000, 8, 0, 255 },     /* of random keys, as tokens are */
	{ 3000, 60, 1, 3 },       /* long ways */
	{ 60000, 4, 70000, 255 }, /* far from the root */
};

START_TEST(written_is_read)
{
	struct random r = { 5 + (uint64_t)_i };
	struct keys k;

	make_keys(&k, &r, shapes[_i].n, shapes[_i].len_max, shapes[_i].letters);
	read_trie(&k, write_trie(&k, shapes[_i].before));
	free(k.at);
	sst_arena_free(&k.arena);
}
END_TEST

START_TEST(order_is_kept)
{
	static const struct {
		const char *a, *b;
		bool ok;
	} pairs[] = { { "", "a", true }, { "a", "ab", true }, { "ab", "b", true },
		{ "a", "a", false }, { "b", "a", false }, { "ab", "a", false }, { "", "", false },
		{ "a", "", false } };
	struct sst_fileout f = { .fd = -1 };
	struct sst_trieout t = { .out = &f };
	struct sst_err e;

	OK(sst_fileout_open(&f, io, PATH, true, &e));
	OK(sst_trieout_add(&t, sst_slice_str(pairs[_i].a), 1, SST_SLICE_LIT("x"), &e));
	ck_assert_int_eq(sst_trieout_add(&t, sst_slice_str(pairs[_i].b), 1, SST_SLICE_LIT("x"), &e),
	    pairs[_i].ok ? 0 : -1);
	if (!pairs[_i].ok)
		ck_assert_int_eq(e.code, SST_EINVAL);
	sst_trieout_free(&t);
	sst_fileout_free(&f);
}
END_TEST

START_TEST(without_memory)
{
	struct sst_fileout f = { .fd = -1 };
	struct sst_trieout t = { .out = &f };
	unsigned long n;
	uint64_t root;
	uint8_t p[8];
	struct random r = { 1 };
	struct keys k;
	struct sst_err e;
	size_t i;
	int rc;

	make_keys(&k, &r, 200, 30, 9);
	for (n = 1; n < 1000; n++) {
		OK(sst_fileout_open(&f, io, PATH, true, &e));
		nomem_arm(n);
		for (rc = 0, i = 0; rc == 0 && i < k.n; i++)
			rc = sst_trieout_add(
			    &t, k.at[i], (unsigned)(1 + i % 7), payload_of(i, p), &e);
		if (rc == 0)
			rc = sst_trieout_finish(&t, &root, &e);
		if (!nomem_disarm())
			n = 1000;
		else {
			ck_assert_int_eq(rc, -1);
			ck_assert_int_eq(e.code, SST_ENOMEM);
		}
		sst_trieout_free(&t);
		t = (struct sst_trieout){ .out = &f };
		sst_fileout_free(&f);
	}
	ck_assert_int_eq(rc, 0);
	free(k.at);
	sst_arena_free(&k.arena);
}
END_TEST

Suite *
tries_suite(void)
{
	Suite *s = suite_create("tries");
	TCase *t = tcase_create("tries");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, written_is_read, 0, SST_ARRAY_LEN(shapes));
	tcase_add_loop_test(t, order_is_kept, 0, 8);
	tcase_add_test(t, without_memory);
	tcase_add_loop_test(t, flipped_bits, 0, 2);
	tcase_add_test(t, read_without_memory);
	tcase_add_test(t, every_read_fails);
	suite_add_tcase(s, t);
	return s;
}
