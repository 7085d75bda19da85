/*
 * tests/unit/files.c: what an SSTable's reading stands on: versions, names, the chunk table, the
 * cache of blocks, open components and windows over them.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "../support/memfs.h"
#include "../support/putfile.h"
#include "base/num.h"
#include "codec/compress.h"
#include "codec/crc.h"
#include "codec/out.h"
#include "sstable/name.h"
#include "sstable/window.h"

Suite *files_suite(void);

static char text[512];

START_TEST(versions)
{
	static const struct {
		const char *name;
		bool filter, host, crc, lists, slice, uint_ldt;
	} want[] = {
		{ "ma", true, false, false, true, false, false },
		{ "md", true, false, false, true, false, false },
		{ "me", true, true, false, true, false, false },
		{ "na", false, false, true, true, false, false },
		{ "nb", false, true, true, true, false, false },
		{ "nc", false, true, true, true, true, false },
		{ "oa", false, true, true, false, true, true },
		{ "da", false, true, true, false, true, true },
	};
	const struct sst_version *v;
	struct sst_err e;
	size_t i;

	for (i = 0; i < SST_ARRAY_LEN(want); i++) {
		v = sst_version_find(want[i].name);
		ck_assert_ptr_nonnull(v);
		ck_assert_str_eq(v->name, want[i].name);
		ck_assert_int_eq(v->old_filter, want[i].filter);
		ck_assert_int_eq(v->host_id, want[i].host);
		ck_assert_int_eq(v->metadata_crc, want[i].crc);
		ck_assert_int_eq(v->legacy_min_max, want[i].lists);
		ck_assert_int_eq(v->improved_min_max, want[i].slice);
		ck_assert_int_eq(v->uint_ldt, want[i].uint_ldt);
	}
	ck_assert_ptr_null(sst_version_find("la"));
	ck_assert_int_eq(sst_version_readable(&v, "zz", "zz-1-big-Data.db", &e), -1);
	ck_assert_str_eq(sst_err_text(&e, text, sizeof(text)),
	    "zz-1-big-Data.db: format version \"zz\" is not known");
	ck_assert_int_eq(sst_version_readable(&v, "pa", "x", &e), 0);
	ck_assert(v->dictionary && v->uint_ldt);
	ck_assert_int_eq(sst_version_readable(&v, "ea", "x", &e), 0);
	ck_assert(v->dictionary && v->index == SST_INDEX_BTI);
}
END_TEST

static const struct {
	const char *path;
	bool ok;
	uint64_t number;
	size_t base_len;
	enum sst_component component;
} names[] = {
	{ "me-1-big-Data.db", true, 1, 9, SST_DATA },
	{ "/a-b/c/nb-0012-big-TOC.txt", true, 12, 19, SST_TOC },
	{ "nb-3gpy_1dfw_2qltc2g3y7v6yrs1w7-big-Index.db", true, 0, 36, SST_INDEX },
	{ "da-5-bti-Partitions.db", true, 5, 9, SST_PARTITIONS },
	{ "me-3-big-", true, 3, 9, SST_NCOMPONENTS },
	{ "me-3-big-SI_x.db", true, 3, 9, SST_NCOMPONENTS },
	{ "me-0-big-Data.db", true, 0, 9, SST_DATA },
	{ "me-99999999999999999999-big-Data.db", false, 0, 0, 0 },
	{ "me-3gpy_1dfw_2qltc2g3y7v6yrs1w-big-Data.db", false, 0, 0, 0 },
	{ "me-3gpy_1dfw-2qltc2g3y7v6yrs1w7-big-Data.db", false, 0, 0, 0 },
	{ "me-1-big", false, 0, 0, 0 },
	{ "me--big-Data.db", false, 0, 0, 0 },
	{ "mee-1-big-Data.db", false, 0, 0, 0 },
	{ "m_-1-big-Data.db", false, 0, 0, 0 },
	{ "me-1-sma-Data.db", false, 0, 0, 0 },
	{ "ks-t-ka-1-Data.db", false, 0, 0, 0 },
	{ "me_txn_flush_1.log", false, 0, 0, 0 },
	{ "", false, 0, 0, 0 },
};

START_TEST(name_parts)
{
	struct sst_name n;
	struct sst_buf b = { 0 };

	ck_assert_int_eq(sst_name_parse(&n, names[_i].path), names[_i].ok);
	if (!names[_i].ok)
		return;
	ck_assert_uint_eq(n.number, names[_i].number);
	ck_assert_uint_eq(n.base_len, names[_i].base_len);
	ck_assert_int_eq(n.component, names[_i].component);
	if (n.component == SST_NCOMPONENTS)
		return;
	sst_name_path(
	    &b, (struct sst_slice){ (const uint8_t *)names[_i].path, n.base_len }, n.component);
	ck_assert_str_eq((const char *)b.p, names[_i].path);
	sst_buf_free(&b);
}
END_TEST

/* A chunk table of three chunks in 10,000 stored bytes. */
static struct sst_buf
chunk_table(const char *version, uint32_t chunk_len, uint64_t data_len, const uint64_t off[3])
{
	struct sst_chunks c = { .class_name = SST_SLICE_LIT("LZ4Compressor"),
		.noptions = 1,
		.options = { { SST_SLICE_LIT("a"), SST_SLICE_LIT("bc") } },
		.chunk_len = chunk_len,
		.max_compressed = 77,
		.data_len = data_len };
	struct sst_buf b = { 0 }, offsets = { 0 };
	size_t i;

	for (i = 0; i < 3; i++)
		sst_put_u64(&offsets, off[i]);
	c.offsets = sst_buf_slice(&offsets);
	sst_chunks_put(&b, sst_version_find(version), &c);
	sst_buf_free(&offsets);
	return b;
}

static const struct {
	const char *version, *as;
	uint32_t chunk_len;
	uint64_t data_len, off[3];
	size_t cut, more; /* bytes taken away, added */
	enum sst_code code;
	const char *what;
} tables[] = {
	{ "me", "me", 4096, 9000, { 0, 100, 200 }, 0, 0, SST_OK, NULL },
	{ "nb", "nb", 4096, 9000, { 0, 100, 200 }, 0, 0, SST_OK, NULL },
	{ "nb", "nb", 4096, 8192, { 0, 100, 200 }, 0, 0, SST_OK, NULL }, /* the last is empty */
	{ "nb", "nb", 4096, 4096, { 0, 100, 200 }, 0, 0, SST_EDAMAGED, "3 chunks, want 1" },
	{ "nb", "me", 4096, 9000, { 0, 100, 200 }, 0, 0, SST_EDAMAGED, "chunks, want" },
	{ "me", "nb", 4096, 9000, { 0, 100, 200 }, 0, 0, SST_EDAMAGED, "chunks, want" },
	{ "me", "me", 0, 9000, { 0, 100, 200 }, 0, 0, SST_EDAMAGED, "power of two" },
	{ "me", "me", 4097, 9000, { 0, 100, 200 }, 0, 0, SST_EDAMAGED, "power of two" },
	{ "me", "me", 1u << 30, 9000, { 0, 100, 200 }, 0, 0, SST_ELIMIT, "at most" },
	{ "me", "me", 4096, 0, { 0, 100, 200 }, 0, 0, SST_EDAMAGED, "3 chunks, want 0" },
	{ "me", "me", 4096, UINT64_MAX, { 0, 100, 200 }, 0, 0, SST_EDAMAGED, "3 chunks, want" },
	{ "me", "me", 4096, 9000, { 1, 100, 200 }, 0, 0, SST_EDAMAGED, "offset of chunk 0" },
	{ "me", "me", 4096, 9000, { 0, 4, 200 }, 0, 0, SST_EDAMAGED, "offset of chunk 1" },
	{ "me", "me", 4096, 9000, { 0, 200, 100 }, 0, 0, SST_EDAMAGED, "offset of chunk 2" },
	{ "me", "me", 4096, 9000, { 0, 100, 9996 }, 0, 0, SST_EDAMAGED, "begins at 9996" },
	{ "me", "me", 4096, 9000, { 0, 100, UINT64_MAX }, 0, 0, SST_EDAMAGED, "chunk 2 begins" },
	{ "me", "me", 4096, 9000, { 0, 100, 200 }, 1, 0, SST_ESHORT, "offsets of 3 chunks" },
	{ "me", "me", 4096, 9000, { 0, 100, 200 }, 0, 1, SST_EDAMAGED, "offsets of 3 chunks" },
	{ "me", "me", 4096, 9000, { 0, 100, 200 }, 25, 0, SST_ESHORT, "header cut short" },
};

START_TEST(chunk_tables)
{
	struct sst_buf b = chunk_table(
	    tables[_i].version, tables[_i].chunk_len, tables[_i].data_len, tables[_i].off);
	struct sst_slice s;
	struct sst_chunks c;
	struct sst_err e;
	size_t i;
	int r;

	for (i = 0; i < tables[_i].more; i++)
		sst_put_u8(&b, 0);
	s = (struct sst_slice){ b.p, b.n - tables[_i].cut };
	r = sst_chunks_parse(&c, sst_version_find(tables[_i].as), s, 10000, "x", &e);
	ck_assert_int_eq(r, tables[_i].code == SST_OK ? 0 : -1);
	if (r == -1) {
		ck_assert_int_eq(e.code, tables[_i].code);
		ck_assert_msg(strstr(e.what, tables[_i].what) != NULL, "%s", e.what);
	} else {
		ck_assert_uint_eq(c.nchunks, 3);
		ck_assert_uint_eq(c.noptions, 1);
		ck_assert(sst_slice_eq(c.options[0].value, SST_SLICE_LIT("bc")));
		ck_assert_uint_eq(c.max_compressed, tables[_i].version[0] == 'n' ? 77 : INT32_MAX);
		ck_assert_uint_eq(sst_chunks_off(&c, 2), 200);
	}
	sst_buf_free(&b);
}
END_TEST

START_TEST(chunk_table_options)
{
	struct sst_buf b = { 0 };
	struct sst_chunks c;
	struct sst_err e;

	sst_put_bytes16(&b, SST_SLICE_LIT("X"));
	sst_put_u32(&b, 1000000);
	ck_assert_int_eq(
	    sst_chunks_parse(&c, sst_version_find("me"), sst_buf_slice(&b), 10, "x", &e), -1);
	ck_assert_int_eq(e.code, SST_ELIMIT);
	sst_buf_free(&b);
}
END_TEST

static struct sst_block *
put(struct sst_cache *c, uint64_t file, uint64_t no, size_t n, bool used)
{
	uint8_t *room;
	struct sst_block *b = sst_cache_make(c, file, no, n, &room);

	ck_assert_ptr_nonnull(b);
	memset(room, (int)no, n);
	sst_cache_add(c, b, used);
	return b;
}

/* Blocks that were used twice outlive a scan of ten times the budget; pinned ones outlive all. */
START_TEST(cache_resists_scans)
{
	struct sst_cache *c = sst_cache_new(1 << 20);
	uint64_t f = sst_cache_file(c), g = sst_cache_file(c), i;
	struct sst_block *pinned = put(c, f, 1000, 16384, true), *b;
	struct sst_cache_stats s;
	unsigned kept = 0;

	ck_assert_uint_ne(f, g);
	for (i = 0; i < 20; i++)
		sst_cache_drop(c, put(c, f, i, 16384, true));
	for (i = 0; i < 20; i++)
		sst_cache_drop(c, sst_cache_get(c, f, i));
	for (i = 0; i < 640; i++)
		sst_cache_drop(c, put(c, g, i, 16384, true));
	for (i = 0; i < 20; i++) {
		b = sst_cache_get(c, f, i);
		if (b != NULL) {
			ck_assert_uint_eq(b->p[0], i);
			kept++;
		}
		sst_cache_drop(c, b);
	}
	ck_assert_uint_eq(kept, 20);
	ck_assert(sst_cache_has(c, f, 1000));
	ck_assert_uint_eq(pinned->n, 16384);
	ck_assert(!sst_cache_has(c, g, 0));
	sst_cache_stats(c, &s);
	ck_assert_uint_le(s.bytes, 1 << 20);
	ck_assert_uint_eq(s.hits, 40);
	ck_assert_uint_eq(s.misses, 0);
	ck_assert_uint_gt(s.evicted, 500);
	sst_cache_forget(c, g);
	sst_cache_stats(c, &s);
	ck_assert_uint_eq(s.blocks, 21);
	sst_cache_drop(c, pinned);
	sst_cache_free(c);
}
END_TEST

/* Two pins are two drops; a block that is never added is freed by its drop. */
START_TEST(cache_pins)
{
	struct sst_cache *c = sst_cache_new(0);
	uint64_t f = sst_cache_file(c);
	struct sst_block *a = put(c, f, 1, 3 << 20, true), *again = sst_cache_get(c, f, 1);
	struct sst_cache_stats s;
	uint8_t *room;

	ck_assert_ptr_eq(a, again);
	sst_cache_drop(c, sst_cache_make(c, f, 2, 100, &room));
	ck_assert(!sst_cache_has(c, f, 2));
	sst_cache_drop(c, a);
	ck_assert(sst_cache_has(c, f, 1));
	sst_cache_drop(c, again);
	sst_cache_drop(c, NULL);
	sst_cache_stats(c, &s);
	ck_assert_uint_eq(s.blocks, 1); /* the few newest stay, for whoever waited for them */
	sst_cache_free(c);
}
END_TEST

static struct memfs *fs;
static const struct sst_io *io;
static struct sst_cache *cache;
static uint8_t raw[50000];

static void
setup(void)
{
	size_t i;

	fs = memfs_new();
	io = memfs_io(fs);
	cache = sst_cache_new(0);
	for (i = 0; i < sizeof(raw); i++)
		raw[i] = (uint8_t)(i / 100 * 7 + i % 3);
}

static void
teardown(void)
{
	sst_cache_free(cache);
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	memfs_free(fs);
}

#define OK(call) ck_assert_msg((call) == 0, "%s", sst_err_text(&e, text, sizeof(text)))

/* raw in chunks of 4096, those from `plain` on stored as they are, with room to spare. */
static void
write_chunks(uint32_t max_compressed, size_t plain)
{
	struct sst_chunks c = { .class_name = SST_SLICE_LIT("LZ4Compressor"),
		.chunk_len = 4096,
		.max_compressed = max_compressed,
		.data_len = sizeof(raw) };
	struct sst_buf data = { 0 }, offsets = { 0 }, info = { 0 };
	struct sst_codec *codec;
	uint8_t out[8192];
	struct sst_err e;
	size_t i, n, len;

	OK(sst_codec_new(&codec, c.class_name, 0, &e));
	for (i = 0; i * 4096 < sizeof(raw); i++) {
		len = sizeof(raw) - i * 4096 < 4096 ? sizeof(raw) - i * 4096 : 4096;
		if (i < plain)
			OK(sst_codec_compress(
			    codec, (struct sst_slice){ raw + i * 4096, len }, out, &n, &e));
		else {
			memset(out, 0, sizeof(out));
			memcpy(out, raw + i * 4096, len);
			n = len < max_compressed ? max_compressed : len;
		}
		sst_put_u64(&offsets, data.n);
		sst_buf_add(&data, out, n);
		sst_put_u32(&data, sst_crc32(0, out, n));
	}
	c.offsets = sst_buf_slice(&offsets);
	sst_chunks_put(&info, sst_version_find("nb"), &c);
	put_file(io, "Data.db", sst_buf_slice(&data));
	put_file(io, "CompressionInfo.db", sst_buf_slice(&info));
	sst_codec_free(codec);
	sst_buf_free(&data);
	sst_buf_free(&offsets);
	sst_buf_free(&info);
}

static void
write_checked(void)
{
	struct sst_buf crc = { 0 };
	size_t i, len;

	sst_put_u32(&crc, 4096);
	for (i = 0; i < sizeof(raw); i += 4096) {
		len = sizeof(raw) - i < 4096 ? sizeof(raw) - i : 4096;
		sst_put_u32(&crc, sst_crc32(0, raw + i, len));
	}
	put_file(io, "Data.db", (struct sst_slice){ raw, sizeof(raw) });
	put_file(io, "CRC.db", sst_buf_slice(&crc));
	sst_buf_free(&crc);
}

static struct sst_file *
open_kind(int kind)
{
	struct sst_file *f;
	struct sst_err e;

	if (kind == 0)
		put_file(io, "Data.db", (struct sst_slice){ raw, sizeof(raw) });
	else if (kind == 1)
		write_checked();
	else
		write_chunks(kind == 2 ? INT32_MAX : 3500, kind == 2 ? 100 : 5);
	OK(sst_file_open(&f, io, "Data.db", cache, &e));
	if (kind == 1)
		OK(sst_file_check_by(f, "CRC.db", &e));
	else if (kind >= 2)
		OK(sst_file_chunks_by(f, "CompressionInfo.db", sst_version_find("nb"), &e));
	ck_assert_uint_eq(sst_file_len(f), sizeof(raw));
	return f;
}

/* Every kind of file through every kind of window, at all sorts of places. */
START_TEST(windows_show_the_bytes)
{
	struct sst_file *f = open_kind(_i / 3);
	enum sst_window_mode mode = (enum sst_window_mode)(_i % 3);
	struct sst_window w;
	struct sst_want want;
	struct sst_err e;
	struct sst_in in;
	uint64_t pos = 0, seed = 1;
	unsigned i, waits = 0;
	size_t n;
	int r;

	sst_window_init(&w, f, mode);
	for (i = 0; i < 400; i++) {
		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
		pos = i % 4 == 0 ? (seed >> 33) % (sizeof(raw) + 1) : pos + (seed >> 40) % 300;
		pos = pos > sizeof(raw) ? sizeof(raw) : pos;
		n = i % 7 == 0 ? 20000 : (seed >> 45) % 200;
		while ((r = sst_window_fetch(&w, pos, n, &e)) == SST_WAIT) {
			ck_assert_int_eq(mode, SST_WINDOW_NONBLOCKING);
			waits++;
			sst_window_want(&w, 1 + i % 3, &want);
			OK(sst_want_read(&want, &e));
		}
		OK(r);
		in = sst_window_in(&w, pos);
		if (n > sizeof(raw) - pos)
			n = (size_t)(sizeof(raw) - pos);
		ck_assert_uint_ge(sst_in_left(&in), n);
		ck_assert_uint_eq(in.off, pos);
		ck_assert_int_eq(memcmp(in.p, raw + pos, n), 0);
	}
	ck_assert(mode != SST_WINDOW_NONBLOCKING || waits > 3);
	sst_window_close(&w);
	sst_file_close(f);
}
END_TEST

START_TEST(want_fill)
{
	struct sst_file *f = open_kind(2);
	struct sst_block *b;
	struct sst_want want;
	struct sst_err e;
	uint8_t *bytes;

	ck_assert_int_eq(sst_file_block(f, 3, true, &b, &e), SST_WAIT);
	sst_file_want(f, 3, 1000, &want);
	bytes = malloc(want.len);
	OK(sst_file_pread(f, bytes, want.len, want.off, &e));
	ck_assert_int_eq(sst_want_fill(&want, (struct sst_slice){ bytes, want.len - 1 }, &e), -1);
	ck_assert_int_eq(e.code, SST_ESHORT);
	OK(sst_want_fill(&want, (struct sst_slice){ bytes, want.len }, &e));
	OK(sst_file_block(f, 12, true, &b, &e));
	ck_assert_int_eq(memcmp(b->p, raw + 12 * 4096, b->n), 0);
	sst_cache_drop(cache, b);
	bytes[4] ^= 1;
	sst_cache_forget(cache, 1);
	ck_assert_int_eq(sst_want_fill(&want, (struct sst_slice){ bytes, want.len }, &e), -1);
	ck_assert_int_eq(e.code, SST_EDAMAGED);
	ck_assert_uint_eq(e.off, want.off);
	free(bytes);
	sst_file_close(f);
}
END_TEST

/* Changes `n` bytes of a file from `at` on (0: cuts it there) and says what reading block i says. */
static const struct {
	const char *file;
	int kind;
	size_t at, cut;
	uint64_t block;
	const char *what;
} harm[] = {
	{ "Data.db", 1, 5000, 0, 1, "checksum of block 1 is" },
	{ "Data.db", 2, 3, 0, 0, "checksum of chunk 0 is" },
	{ "CRC.db", 1, 0, 0, 0, "block length" },
	{ "CRC.db", 1, 6, 0, 0, "checksum of block 0 is" },
	{ "CRC.db", 1, 0, 20, 0, "16 bytes of checksums for 13 blocks" },
	{ "CompressionInfo.db", 2, 3, 0, 0, "compressor \"L" },
	{ "CompressionInfo.db", 2, 0, 60, 0, "bytes for the offsets" },
};

START_TEST(harmed_files)
{
	struct sst_file *f = open_kind(harm[_i].kind);
	struct sst_buf b = { 0 };
	struct sst_block *block;
	struct sst_err e;
	int r;

	sst_file_close(f);
	OK(sst_io_read_file(io, harm[_i].file, SIZE_MAX, &b, &e));
	if (harm[_i].cut > 0)
		b.n = harm[_i].cut;
	else
		b.p[harm[_i].at] ^= 0x81;
	put_file(io, harm[_i].file, sst_buf_slice(&b));
	OK(sst_file_open(&f, io, "Data.db", cache, &e));
	r = harm[_i].kind == 1
	    ? sst_file_check_by(f, "CRC.db", &e)
	    : sst_file_chunks_by(f, "CompressionInfo.db", sst_version_find("nb"), &e);
	if (r == 0)
		r = sst_file_block(f, harm[_i].block, false, &block, &e);
	ck_assert_int_eq(r, -1);
	ck_assert_msg(strstr(e.what, harm[_i].what) != NULL, "%s", e.what);
	sst_file_close(f);
	sst_buf_free(&b);
}
END_TEST

/* A right checksum over bytes that do not decompress, and over too few bytes. */
START_TEST(sound_checksum_wrong_chunk)
{
	struct sst_file *f = open_kind(_i == 0 ? 2 : 3);
	struct sst_buf b = { 0 };
	struct sst_block *block;
	struct sst_err e;
	uint64_t off, i = _i == 0 ? 0 : 6;
	size_t len;

	sst_file_block_at(f, i, &off, &len);
	OK(sst_io_read_file(io, "Data.db", SIZE_MAX, &b, &e));
	if (_i == 0)
		memset(b.p + off, 0xff, len - 4);
	else { /* the chunk is plain: let it end early, which only the chunk table can say */
		sst_file_close(f);
		write_chunks(100, 0);
		OK(sst_file_open(&f, io, "Data.db", cache, &e));
		sst_buf_reset(&b);
		OK(sst_io_read_file(io, "CompressionInfo.db", SIZE_MAX, &b, &e));
		b.p[b.n - 8 * 7 + 6] = (uint8_t)(b.p[b.n - 8 * 7 + 6] - 1);
		put_file(io, "CompressionInfo.db", sst_buf_slice(&b));
		OK(sst_file_chunks_by(f, "CompressionInfo.db", sst_version_find("nb"), &e));
		ck_assert_int_eq(sst_file_block(f, 5, false, &block, &e), -1);
		ck_assert_int_eq(e.code, SST_EDAMAGED);
		goto out;
	}
	len = sst_crc32(0, b.p + off, len - 4);
	for (i = 0; i < 4; i++)
		b.p[sst_chunks_off(sst_file_chunks(f), 1) - 4 + i] = (uint8_t)(len >> 8 * (3 - i));
	sst_file_close(f);
	put_file(io, "Data.db", sst_buf_slice(&b));
	OK(sst_file_open(&f, io, "Data.db", cache, &e));
	OK(sst_file_chunks_by(f, "CompressionInfo.db", sst_version_find("nb"), &e));
	ck_assert_int_eq(sst_file_block(f, 0, false, &block, &e), -1);
	ck_assert_int_eq(e.code, SST_EDAMAGED);
	ck_assert_str_eq(e.file, "Data.db");
	ck_assert_uint_eq(e.off, 0);
out:
	sst_file_close(f);
	sst_buf_free(&b);
}
END_TEST

Suite *
files_suite(void)
{
	Suite *s = suite_create("files");
	TCase *t = tcase_create("files");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, versions);
	tcase_add_loop_test(t, name_parts, 0, (int)SST_ARRAY_LEN(names));
	tcase_add_loop_test(t, chunk_tables, 0, (int)SST_ARRAY_LEN(tables));
	tcase_add_test(t, chunk_table_options);
	tcase_add_test(t, cache_resists_scans);
	tcase_add_test(t, cache_pins);
	tcase_add_loop_test(t, windows_show_the_bytes, 0, 12);
	tcase_add_test(t, want_fill);
	tcase_add_loop_test(t, harmed_files, 0, (int)SST_ARRAY_LEN(harm));
	tcase_add_loop_test(t, sound_checksum_wrong_chunk, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
