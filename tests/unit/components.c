/*
 * tests/unit/components.c: components of real SSTables, taken apart and put together again: the bytes
 * must be the same.  Reads ../shared/fixtures where they are.
 */
#define _XOPEN_SOURCE 700 /* nftw */
#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"
#include "codec/murmur3.h"
#include "sstable/filter.h"
#include "sstable/index.h"
#include "sstable/name.h"
#include "sstable/statistics.h"
#include "sstable/summary.h"

#define FIXTURES "../shared/fixtures/"

Suite *components_suite(void);

/* --- the real files --- */

struct fixture {
	char base[256]; /* up to the component */
	const struct sst_version *version;
};

static struct fixture fixtures[256];
static size_t nfixtures;

static int
collect(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	struct sst_name name;
	struct fixture *f = &fixtures[nfixtures];

	(void)st, (void)ftw;
	if (type != FTW_F || !sst_name_parse(&name, path) || name.component != SST_STATISTICS ||
	    strcmp(name.format, "big") != 0)
		return 0;
	if (nfixtures == 256 || name.base_len >= sizeof(f->base))
		abort();
	memcpy(f->base, path, name.base_len);
	f->version = sst_version_find(name.version);
	if (f->version != NULL && f->version->readable)
		nfixtures++;
	return 0;
}

static struct sst_buf
slurp(const struct fixture *f, enum sst_component c)
{
	struct sst_buf path = { 0 }, out = { 0 };
	struct sst_err e;

	sst_name_path(&path, sst_slice_str(f->base), c);
	sst_buf_addc(&path, '\0');
	if (sst_io_read_file(&sst_io_posix, (const char *)path.p, (size_t)1 << 30, &out, &e) == -1)
		sst_buf_reset(&out);
	sst_buf_free(&path);
	return out;
}

/* 5.0, 4.1 and 4.0 cannot read these four either: their Statistics.db ends too early. */
static bool
is_short(const struct fixture *f)
{
	return strstr(f->base, "/na/") != NULL && strstr(f->base, "_compact/") != NULL;
}

static void
same(const struct sst_buf *have, const struct sst_buf *want, const char *what, const char *base)
{
	size_t i;

	for (i = 0; i < have->n && i < want->n && have->p[i] == want->p[i]; i++)
		;
	ck_assert_msg(have->n == want->n && i == want->n,
	    "%s of %s: %zu bytes, want %zu; differ at %zu", what, base, have->n, want->n, i);
}

static bool
parse(
    const struct fixture *f, struct sst_statistics *st, struct sst_arena *a, struct sst_buf *bytes)
{
	struct sst_err e = { 0 };
	char text[512];
	int r;

	*bytes = slurp(f, SST_STATISTICS);
	r = sst_statistics_parse(st, a, f->version, sst_buf_slice(bytes), f->base, &e);
	ck_assert_msg(r == (is_short(f) ? -1 : 0), "%s", sst_err_text(&e, text, sizeof(text)));
	return r == 0;
}

START_TEST(real_statistics)
{
	struct sst_buf bytes, again = { 0 };
	struct sst_arena a = { 0 };
	struct sst_statistics st;
	struct sst_table *t;
	struct sst_err e;
	size_t i, n = 0;

	for (i = 0; i < nfixtures; i++) {
		if (parse(&fixtures[i], &st, &a, &bytes)) {
			sst_buf_reset(&again);
			sst_statistics_put(&again, fixtures[i].version, &st);
			same(&again, &bytes, "Statistics.db", fixtures[i].base);
			ck_assert_int_eq(sst_statistics_table(&t, &a, &st, SST_SLICE_LIT("k"),
					     SST_SLICE_LIT("t"), &e),
			    0);
			ck_assert_uint_eq(t->nregular, st.header.nregular);
			n++;
		}
		sst_buf_free(&bytes);
		sst_arena_reset(&a);
	}
	ck_assert_uint_gt(n, 80);
	sst_buf_free(&again);
	sst_arena_free(&a);
}
END_TEST

/* Class names made of the parsed types are those in the file. */
START_TEST(real_class_names)
{
	struct sst_buf bytes, again = { 0 };
	struct sst_arena a = { 0 };
	struct sst_statistics st;
	struct sst_header h;
	struct sst_err e;
	uint64_t raw_ttl;
	size_t i;

	for (i = 0; i < nfixtures; i++) {
		if (parse(&fixtures[i], &st, &a, &bytes)) {
			h = st.header;
			raw_ttl = st.header_min_ttl;
			ck_assert_int_eq(sst_statistics_set_header(&st, &a, &h, &e), 0);
			st.header_min_ttl = raw_ttl;
			sst_buf_reset(&again);
			sst_statistics_put(&again, fixtures[i].version, &st);
			same(&again, &bytes, "Statistics.db by types", fixtures[i].base);
		}
		sst_buf_free(&bytes);
		sst_arena_reset(&a);
	}
	sst_buf_free(&again);
	sst_arena_free(&a);
}
END_TEST

struct rebuilt {
	struct sst_buf index;
	struct sst_summary_builder summary;
	struct sst_filter_builder filter;
	size_t nkeys, npromoted;
};

static void
rebuild_promoted(struct rebuilt *r, const struct sst_header *h, const struct sst_index_entry *entry,
    struct sst_slice bytes)
{
	struct sst_slice ck[64], whole = { (const uint8_t *)"", 0 };
	struct sst_buf first = { 0 }, last = { 0 };
	struct sst_index_blocks blocks = { 0 };
	struct sst_index_block b;
	struct sst_promoted p;
	struct sst_err e;
	size_t i;

	if (bytes.n > 0) {
		ck_assert_int_eq(sst_promoted_parse(&p, h, bytes, 0, "Index.db", &e), 0);
		for (i = 0; i < p.n; i++) {
			ck_assert_int_eq(sst_promoted_get(&p, h, i, ck, &b, "Index.db", &e), 0);
			sst_buf_reset(&first);
			sst_buf_reset(&last);
			sst_put_prefix(&first, h, b.first_kind, b.first.ck, b.first.n);
			sst_put_prefix(&last, h, b.last_kind, b.last.ck, b.last.n);
			sst_index_blocks_add(
			    &blocks, h, sst_buf_slice(&first), sst_buf_slice(&last), &b);
		}
		ck_assert_int_eq(
		    sst_index_blocks_finish(&blocks, h, p.header_len, p.del, &whole, &e), 0);
		r->npromoted++;
	}
	sst_index_put(&r->index, entry->key, entry->position, whole);
	sst_index_blocks_free(&blocks);
	sst_buf_free(&first);
	sst_buf_free(&last);
}

static void
rebuild(struct rebuilt *r, const struct sst_header *h, struct sst_slice index)
{
	struct sst_in in = sst_in_new(index, 0);
	struct sst_index_entry entry;
	struct sst_slice promoted;
	uint64_t hash[2], at;
	struct sst_err e;

	while (sst_in_left(&in) > 0) {
		at = in.off;
		sst_index_get(&in, &entry);
		promoted = sst_get_bytes(&in, (size_t)entry.promoted_len);
		ck_assert(!in.bad);
		sst_summary_add(&r->summary, entry.key, at);
		sst_murmur3_128(entry.key, hash);
		ck_assert_int_eq(sst_filter_add(&r->filter, hash, &e), 0);
		rebuild_promoted(r, h, &entry, promoted);
		r->nkeys++;
	}
}

/* Every key of the index is in the filter, and most others are not. */
static void
check_filter(const struct fixture *f, struct sst_slice index, struct sst_slice bytes)
{
	struct sst_in in = sst_in_new(index, 0);
	struct sst_index_entry entry;
	struct sst_filter filter;
	size_t i, found = 0;
	char other[32];
	struct sst_err e;

	ck_assert_int_eq(sst_filter_parse(&filter, f->version, bytes, f->base, &e), 0);
	while (sst_in_left(&in) > 0) {
		sst_index_get(&in, &entry);
		sst_get_bytes(&in, (size_t)entry.promoted_len);
		ck_assert_msg(sst_filter_may_have(&filter, entry.key), "%s", f->base);
	}
	for (i = 0; i < 1000; i++) {
		snprintf(other, sizeof(other), "no such key %zu", i);
		found += sst_filter_may_have(&filter, sst_slice_str(other));
	}
	ck_assert_msg(found < 200, "%s: %zu of 1000 keys that are not there", f->base, found);
}

static void
check_fixture(
    const struct fixture *f, const struct sst_statistics *st, size_t *npromoted, size_t *nfilters)
{
	struct sst_buf index = slurp(f, SST_INDEX), summary = slurp(f, SST_SUMMARY),
		       filter = slurp(f, SST_FILTER), again = { 0 };
	struct rebuilt r = { .summary = { .interval = 128 } };
	struct sst_err e;

	ck_assert_int_eq(sst_filter_begin(&r.filter, 0, st->bloom_fp, &e), 0);
	rebuild(&r, &st->header, sst_buf_slice(&index));
	same(&r.index, &index, "Index.db", f->base);
	ck_assert_int_eq(sst_summary_finish(&r.summary, &again, &e), 0);
	if (summary.n > 0) {
		/* ScyllaDB rounds the entries of the full level down. */
		if (again.n >= 24 && summary.n >= 24 && strstr(f->base, "/scylla/") != NULL)
			memcpy(again.p + 20, summary.p + 20, 4);
		same(&again, &summary, "Summary.db", f->base);
	}
	if (filter.n > 0) {
		check_filter(f, sst_buf_slice(&index), sst_buf_slice(&filter));
		sst_buf_reset(&again);
		ck_assert_int_eq(sst_filter_finish(&r.filter, f->version, &again, &e), 0);
		/* Some were sized by an estimate of the keys. */
		*nfilters += again.n == filter.n && memcmp(again.p, filter.p, again.n) == 0;
	}
	*npromoted += r.npromoted;
	sst_summary_free(&r.summary);
	sst_filter_free(&r.filter);
	sst_buf_free(&r.index);
	sst_buf_free(&again);
	sst_buf_free(&index);
	sst_buf_free(&summary);
	sst_buf_free(&filter);
}

START_TEST(real_keys)
{
	size_t i, npromoted = 0, nfilters = 0;
	struct sst_arena a = { 0 };
	struct sst_statistics st;
	struct sst_buf bytes;

	for (i = 0; i < nfixtures; i++) {
		if (parse(&fixtures[i], &st, &a, &bytes))
			check_fixture(&fixtures[i], &st, &npromoted, &nfilters);
		sst_buf_free(&bytes);
		sst_arena_reset(&a);
	}

	ck_assert_uint_gt(npromoted, 100);
	ck_assert_uint_gt(nfilters, 110);
	sst_arena_free(&a);
}
END_TEST

Suite *
components_suite(void)
{
	Suite *s = suite_create("components");
	TCase *tc = tcase_create("components");

	nftw(FIXTURES, collect, 16, 0);
	if (nfixtures > 0) {
		tcase_add_test(tc, real_statistics);
		tcase_add_test(tc, real_class_names);
		tcase_add_test(tc, real_keys);
	} else
		fprintf(stderr, "components: skipped, as " FIXTURES " is missing\n");
	suite_add_tcase(s, tc);
	return s;
}
