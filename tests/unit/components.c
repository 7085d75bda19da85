/*
 * tests/unit/components.c: components of real SSTables, taken apart and put together again: the bytes
 * must be the same.  Reads ../shared/fixtures where they are.
 */
#define _GNU_SOURCE /* nftw, memmem */
#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"
#include "base/num.h"
#include "codec/crc.h"
#include "codec/murmur3.h"
#include "sstable/cardinality.h"
#include "sstable/droptimes.h"
#include "sstable/filter.h"
#include "sstable/index.h"
#include "sstable/name.h"
#include "sstable/statistics.h"
#include "sstable/summary.h"
#include "sstable/toc.h"

#define FIXTURES "../shared/fixtures/"
#define V(s) SST_SLICE_LIT(s)

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
	if (f->version != NULL)
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

/* --- damaged ones --- */

static const char *const versions[] = { "ma", "mb", "mc", "md", "me", "na", "nb", "nc", "oa" };

static struct sst_buf
seed(const char *target, const char *name)
{
	struct sst_buf b = { 0 };
	char path[256];
	struct sst_err e;

	snprintf(path, sizeof(path), "tests/fuzz/corpus/%s/%s", target, name);
	ck_assert_int_eq(sst_io_read_file(&sst_io_posix, path, 1 << 20, &b, &e), 0);
	return b;
}

/* One statistics in every version: cut anywhere it is refused, and since `na` so is any flipped bit. */
START_TEST(damaged_statistics)
{
	const struct sst_version *v = sst_version_find(versions[_i]);
	struct sst_arena a = { 0 };
	struct sst_statistics st;
	struct sst_slice s;
	struct sst_buf b;
	char name[16];
	struct sst_err e;
	size_t i;

	snprintf(name, sizeof(name), "a-%s", versions[_i]);
	b = seed("statistics", name);
	s = (struct sst_slice){ b.p + 1, b.n - 1 };
	ck_assert_int_eq(sst_statistics_parse(&st, &a, v, s, "f", &e), 0);
	ck_assert_int_eq(st.header.uint_ldt, v->uint_ldt);
	for (s.n = 0; s.n < b.n - 1; s.n++) {
		ck_assert_int_eq(sst_statistics_parse(&st, &a, v, s, "f", &e), -1);
		ck_assert_str_eq(e.file, "f");
		sst_arena_reset(&a);
	}
	for (i = 0; i < s.n; i++) {
		b.p[1 + i] ^= 0x10;
		if (sst_statistics_parse(&st, &a, v, s, "f", &e) == 0)
			ck_assert(!v->metadata_crc);
		b.p[1 + i] ^= 0x10;
		sst_arena_reset(&a);
	}
	sst_buf_free(&b);
	sst_arena_free(&a);
}
END_TEST

/* Each thing that is said about a file, with the bytes that make it be said. */
START_TEST(statistics_messages)
{
	static const struct {
		const char *version;
		size_t at; /* from the start */
		const char *bytes;
		size_t n;
		enum sst_code code;
		const char *what;
	} bad[] = {
		{ "me", 0, "\0\0\0\5", 4, SST_EDAMAGED, "5 parts" },
		{ "me", 4, "\0\0\0\7", 4, SST_EDAMAGED, "has type 7" },
		{ "me", 12, "\0\0\0\0", 4, SST_EDAMAGED, "has type 0" },
		{ "me", 8, "\0\0\0\1", 4, SST_EDAMAGED, "part validation is from 1" },
		{ "me", 16, "\0\1\0\0", 4, SST_EDAMAGED, "part validation is from" },
		{ "me", 36, "\xff\xff", 2, SST_ESHORT, "part validation cut short" },
		{ "me", 36, "\0\0", 2, SST_EDAMAGED, "part validation has bytes left over" },
		{ "nb", 4, "\0\0\0\0", 4, SST_EDAMAGED, "checksum is" },
		{ "nb", 40, "\0\0\0\0", 4, SST_EDAMAGED, "table of parts is" },
	};
	const struct sst_version *v = sst_version_find(bad[_i].version);
	struct sst_arena a = { 0 };
	struct sst_statistics st;
	struct sst_buf b;
	char name[16];
	struct sst_err e;

	snprintf(name, sizeof(name), "a-%s", bad[_i].version);
	b = seed("statistics", name);
	memcpy(b.p + 1 + bad[_i].at, bad[_i].bytes, bad[_i].n);
	ck_assert_int_eq(
	    sst_statistics_parse(&st, &a, v, (struct sst_slice){ b.p + 1, b.n - 1 }, "f", &e), -1);
	ck_assert_msg(strstr(e.what, bad[_i].what) != NULL, "%s", e.what);
	ck_assert_int_eq(e.code, bad[_i].code);
	sst_buf_free(&b);
	sst_arena_free(&a);
}
END_TEST

/* Replaces a text by one of the same length. */
static void
replace(struct sst_buf *b, const char *old, const char *new)
{
	uint8_t *p = memmem(b->p, b->n, old, strlen(old));

	ck_assert_ptr_nonnull(p);
	memcpy(p, new, strlen(new));
}

START_TEST(statistics_types)
{
	const struct sst_version *v = sst_version_find("me"), *oa = sst_version_find("oa");
	struct sst_buf b = seed("statistics", "a-me");
	struct sst_arena a = { 0 };
	struct sst_statistics st;
	struct sst_err e;

	/* The place of a type that is none is its part's. */
	replace(&b, "org.apache.cassandra.db.marshal.CompositeType(",
	    "org.apache.cassandra.db.marshal.CompositeType)");
	ck_assert_int_eq(
	    sst_statistics_parse(&st, &a, v, (struct sst_slice){ b.p + 1, b.n - 1 }, "f", &e), -1);
	ck_assert_str_eq(e.file, "f");
	ck_assert_uint_ne(e.off, SST_NOWHERE);
	sst_buf_free(&b);
	/* What covers has to start with a start. */
	b = seed("statistics", "a-oa");
	ck_assert_int_eq(
	    sst_statistics_parse(&st, &a, oa, (struct sst_slice){ b.p + 1, b.n - 1 }, "f", &e), 0);
	ck_assert_int_eq(st.covered_from.side, -1);
	ck_assert_int_eq(st.covered_to.side, 1);
	sst_buf_free(&b);
	sst_arena_free(&a);
}
END_TEST

START_TEST(filter_messages)
{
	static const struct {
		const char *bytes;
		size_t n;
		enum sst_code code;
		const char *what;
	} bad[] = {
		{ "\0\0\0\5\0\0\0", 7, SST_ESHORT, "cut short" },
		{ "\0\0\0\0\0\0\0\0", 8, SST_EDAMAGED, "0 hashes" },
		{ "\0\0\0\x41\0\0\0\0", 8, SST_EDAMAGED, "65 hashes" },
		{ "\0\0\0\5\0\0\0\1\0\0\0\0\0\0\0", 15, SST_ESHORT, "1 words" },
		{ "\0\0\0\5\0\0\0\1\0\0\0\0\0\0\0\0\0", 17, SST_EDAMAGED, "1 words" },
		{ "\0\0\0\5\xff\xff\xff\xff\0\0\0\0\0\0\0\0\0", 17, SST_ESHORT,
		    "4294967295 words" },
	};
	struct sst_slice s = { (const uint8_t *)bad[_i].bytes, bad[_i].n };
	struct sst_filter f;
	struct sst_err e;

	ck_assert_int_eq(sst_filter_parse(&f, sst_version_find("me"), s, "f", &e), -1);
	ck_assert_int_eq(e.code, bad[_i].code);
	ck_assert_msg(strstr(e.what, bad[_i].what) != NULL, "%s", e.what);
}
END_TEST

/* Cassandra's sizes for some chances: bits a key and hashes, after BloomCalculations of 5.0.9. */
START_TEST(filter_sizes)
{
	static const struct {
		double fp;
		uint32_t bits, hashes;
	} sizes[] = { { 0.01, 10, 5 }, { 0.1, 5, 3 }, { 0.001, 15, 7 }, { 0.5, 1, 2 },
		{ 0.0001, 20, 10 }, { 6.71e-5, 20, 14 }, { 0.092, 5, 3 }, { 0.0133, 9, 6 },
		{ 0.0918, 6, 2 } };
	struct sst_filter_builder b;
	struct sst_err e;

	ck_assert_int_eq(sst_filter_begin(&b, 64000, sizes[_i].fp, &e), 0);
	ck_assert_uint_eq(b.nbits, 64000 * sizes[_i].bits + 64);
	ck_assert_uint_eq(b.nhashes, sizes[_i].hashes);
	sst_filter_free(&b);
	ck_assert_int_eq(sst_filter_begin(&b, UINT64_MAX / 4, sizes[_i].fp, &e), -1);
	ck_assert_int_eq(e.code, SST_ELIMIT);
	sst_filter_free(&b);
}
END_TEST

START_TEST(summary_messages)
{
	static const struct {
		size_t at;
		const char *bytes;
		size_t n;
		enum sst_code code;
		const char *what;
	} bad[] = {
		{ 0, "\0\0\0\0", 4, SST_EDAMAGED, "interval 0" },
		{ 16, "\0\0\0\0", 4, SST_EDAMAGED, "sampling level 0" },
		{ 16, "\0\0\0\x81", 4, SST_EDAMAGED, "sampling level 129" },
		{ 4, "\0\0\0\0", 4, SST_EDAMAGED, "0 entries" },
		{ 4, "\xff\0\0\0", 4, SST_EDAMAGED, "entries in" },
		{ 8, "\xff", 1, SST_ESHORT, "summary cut short" },
		{ 24, "\x05", 1, SST_EDAMAGED, "entry 0 is from 5" },
		{ 28, "\xff\xff", 2, SST_EDAMAGED, "entry 0 is from" },
	};
	static const char *const keys[] = { "a", "bb", "ccc" };
	struct sst_summary_builder builder = { .interval = 1 };
	struct sst_buf b = { 0 };
	struct sst_summary s;
	struct sst_err e;
	size_t i;

	for (i = 0; i < 3; i++)
		sst_summary_add(&builder, sst_slice_str(keys[i]), 10 * i);
	ck_assert_int_eq(sst_summary_finish(&builder, &b, &e), 0);
	sst_summary_free(&builder);
	for (i = 0; i < b.n; i++)
		ck_assert_int_eq(sst_summary_parse(&s, (struct sst_slice){ b.p, i }, "f", &e), -1);
	ck_assert_int_eq(sst_summary_parse(&s, sst_buf_slice(&b), "f", &e), 0);
	memcpy(b.p + bad[_i].at, bad[_i].bytes, bad[_i].n);
	ck_assert_int_eq(sst_summary_parse(&s, sst_buf_slice(&b), "f", &e), -1);
	ck_assert_int_eq(e.code, bad[_i].code);
	ck_assert_msg(strstr(e.what, bad[_i].what) != NULL, "%s", e.what);
	memcpy(b.p + bad[_i].at, bad[_i].bytes, bad[_i].n);
	sst_buf_addc(&b, 'x');
	ck_assert_int_eq(sst_summary_parse(&s, sst_buf_slice(&b), "f", &e), -1);
	sst_buf_free(&b);
}
END_TEST

/* Two blocks of a table with one int clustering, and what can be wrong in them. */
START_TEST(index_messages)
{
	static const struct {
		size_t at;
		const char *byte;
		size_t len; /* of all; 0: whole */
		enum sst_code code;
		const char *what;
	} bad[] = {
		{ 0, "\x19", 9, SST_ESHORT, "promoted index cut short" },
		{ 13, "\0", 0, SST_EDAMAGED, "of 0 blocks" },
		{ 13, "\x20", 0, SST_EDAMAGED, "of 32 blocks" },
		{ 53, "\x80", 0, SST_EDAMAGED, "is from 0 to" },
		{ 46, "\1", 0, SST_EDAMAGED, "is from" },
		{ 29, "\2", 0, SST_EDAMAGED, "has not its" },
		{ 14, "\3", 0, SST_EDAMAGED, "has not its" },
		{ 14, "\6", 0, SST_EDAMAGED, "has not its" },
	};
	static const struct sst_type num = { .kind = SST_INT, .fixed_len = 4 };
	static const struct sst_type *types[] = { &num };
	const struct sst_header h = { .nck = 1, .ck = types, .sized = true };
	const struct sst_slice v[] = { V("\0\0\0\1"), V("\0\0\0\2") };
	struct sst_index_block b = { .off = 25, .width = 70000, .open = SST_LIVE }, got;
	struct sst_index_blocks made = { 0 };
	struct sst_buf prefix = { 0 }, copy = { 0 };
	struct sst_slice whole, ck[2];
	struct sst_promoted p;
	struct sst_err e;
	int r;

	sst_put_prefix(&prefix, &h, SST_CLUSTERING, v, 1);
	sst_index_blocks_add(&made, &h, sst_buf_slice(&prefix), sst_buf_slice(&prefix), &b);
	sst_index_blocks_add(&made, &h, sst_buf_slice(&prefix), sst_buf_slice(&prefix), &b);
	ck_assert_int_eq(sst_index_blocks_finish(&made, &h, 25, SST_LIVE, &whole, &e), 0);
	ck_assert_uint_eq(whole.n, 54);
	sst_buf_add_slice(&copy, whole);
	ck_assert_int_eq(sst_promoted_parse(&p, &h, sst_buf_slice(&copy), 0, "f", &e), 0);
	ck_assert_int_eq(sst_promoted_get(&p, &h, 1, ck, &got, "f", &e), 0);
	ck_assert_uint_eq(got.width, 70000);
	memcpy(copy.p + bad[_i].at, bad[_i].byte, 1);
	copy.n = bad[_i].len != 0 ? bad[_i].len : copy.n;
	r = sst_promoted_parse(&p, &h, sst_buf_slice(&copy), 0, "f", &e);
	if (r == 0)
		r = sst_promoted_get(&p, &h, 0, ck, &got, "f", &e);
	if (r == 0)
		r = sst_promoted_get(&p, &h, 1, ck, &got, "f", &e);
	ck_assert_int_eq(r, -1);
	ck_assert_int_eq(e.code, bad[_i].code);
	ck_assert_msg(strstr(e.what, bad[_i].what) != NULL, "%s", e.what);
	sst_index_blocks_free(&made);
	sst_buf_free(&prefix);
	sst_buf_free(&copy);
}
END_TEST

static void
names(void *arg, enum sst_component c, struct sst_slice name)
{
	struct sst_buf *out = arg;

	sst_buf_addf(
	    out, "%d:%.*s ", c == SST_NCOMPONENTS ? -1 : (int)c, (int)name.n, (const char *)name.p);
}

START_TEST(toc_and_digest)
{
	static const enum sst_component all[] = { SST_DATA, SST_TOC };
	static const char *const bad_toc[] = { "Data.db\n../x\n", "a/b\n", "Data .db\n", "\x80\n" },
				 *const bad_digest[] = { "", "x", "4294967296", "12x",
					 "99999999999999999999" };
	struct sst_buf b = { 0 };
	uint32_t crc;
	struct sst_err e;
	size_t i;

	ck_assert_int_eq(
	    sst_toc_parse(V("Data.db\r\n\nScylla.db\nSAI+x.db"), "f", names, &b, &e), 0);
	sst_buf_addc(&b, '\0');
	ck_assert_str_eq((const char *)b.p, "0:Data.db 11:Scylla.db -1:SAI+x.db ");
	for (i = 0; i < SST_ARRAY_LEN(bad_toc); i++)
		ck_assert_int_eq(sst_toc_parse(sst_slice_str(bad_toc[i]), "f", names, &b, &e), -1);
	sst_buf_reset(&b);
	sst_toc_put(&b, all, 2);
	ck_assert(sst_slice_eq(sst_buf_slice(&b), V("Data.db\nTOC.txt\n")));
	ck_assert_int_eq(sst_digest_parse(&crc, V("4294967295\n"), "f", &e), 0);
	ck_assert_uint_eq(crc, UINT32_MAX);
	for (i = 0; i < SST_ARRAY_LEN(bad_digest); i++)
		ck_assert_int_eq(sst_digest_parse(&crc, sst_slice_str(bad_digest[i]), "f", &e), -1);
	sst_buf_reset(&b);
	sst_digest_put(&b, 17);
	ck_assert(sst_slice_eq(sst_buf_slice(&b), V("17")));
	sst_buf_free(&b);
}
END_TEST

/* Points that are near each other join, nothing is lost, and the order stays. */
START_TEST(drop_times)
{
	struct sst_drop_times d = { 0 };
	struct sst_statistics st;
	int64_t sum = 0, i;
	struct sst_err e;

	for (i = 0; i < 400000; i++)
		ck_assert_int_eq(sst_drop_times_add(&d, 1700000000 + i * i % 1000003 * 60, &e), 0);
	sst_drop_times_finish(&d, &st);
	ck_assert_uint_eq(st.ndrop_times, SST_DROP_TIMES);
	for (i = 0; i < (int64_t)st.ndrop_times; i++) {
		sum += st.drop_times[i].count;
		ck_assert_int_eq(st.drop_times[i].at_s % SST_DROP_ROUND_S, 0);
		if (i > 0)
			ck_assert_int_gt(st.drop_times[i].at_s, st.drop_times[i - 1].at_s);
	}
	ck_assert_int_eq(sum, 400000);
	sst_drop_times_free(&d);
}
END_TEST

/* The estimator's bytes for keys 0 .. n-1 (8 bytes, big-endian), after stream-lib 2.5.2. */
START_TEST(cardinality)
{
	static const struct {
		uint64_t nkeys;
		size_t n;
		uint32_t crc;
	} want[] = { { 0, 8, 974759724u }, { 1, 12, 1815020260u }, { 1000, 2793, 3760810361u },
		{ 7000, 5473, 2130587511u }, { 100000, 5473, 3317763934u } };
	struct sst_cardinality c = { 0 };
	struct sst_buf b = { 0 };
	uint64_t i, key;
	struct sst_err e;

	for (i = 0; i < want[_i].nkeys; i++) {
		key = __builtin_bswap64(i);
		ck_assert_int_eq(
		    sst_cardinality_add(&c, (struct sst_slice){ (const uint8_t *)&key, 8 }, &e), 0);
	}
	ck_assert_int_eq(sst_cardinality_put(&c, &b, &e), 0);
	ck_assert_uint_eq(b.n, want[_i].n);
	ck_assert_uint_eq(sst_crc32(0, b.p, b.n), want[_i].crc);
	sst_cardinality_free(&c);
	sst_buf_free(&b);
}
END_TEST

Suite *
components_suite(void)
{
	Suite *s = suite_create("components");
	TCase *tc = tcase_create("components");

	tcase_set_timeout(tc, 60);
	nftw(FIXTURES, collect, 16, 0);
	if (nfixtures > 0) {
		tcase_add_test(tc, real_statistics);
		tcase_add_test(tc, real_class_names);
		tcase_add_test(tc, real_keys);
	} else
		fprintf(stderr, "components: skipped, as " FIXTURES " is missing\n");
	tcase_add_loop_test(tc, damaged_statistics, 0, 9);
	tcase_add_loop_test(tc, statistics_messages, 0, 9);
	tcase_add_test(tc, statistics_types);
	tcase_add_loop_test(tc, filter_messages, 0, 6);
	tcase_add_loop_test(tc, filter_sizes, 0, 9);
	tcase_add_loop_test(tc, summary_messages, 0, 8);
	tcase_add_loop_test(tc, index_messages, 0, 8);
	tcase_add_test(tc, toc_and_digest);
	tcase_add_test(tc, drop_times);
	tcase_add_loop_test(tc, cardinality, 0, 5);
	suite_add_tcase(s, tc);
	return s;
}
