/*
 * tests/unit/commitlog.c: segments written and read, and every row of the failure catalogue that is
 * about them: torn tails, damage, what lies behind the end, names, ids, full disks, failed syncs.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/faultio.h"
#include "../support/memfs.h"
#include "base/num.h"
#include "codec/crc.h"
#include "codec/in.h"
#include "codec/out.h"
#include "commitlog/log.h"
#include "commitlog/replay.h"
#include "commitlog/segment.h"

Suite *commitlog_suite(void);

#define FAIL(e) ck_abort_msg("%s", sst_err_text(e, text, sizeof(text)))
#define ENTRY 20 /* bytes of a test's mutation: its number, ten digits twice */
#define NOW 1790000000000

static char text[512];
static struct memfs *fs;
static const struct sst_io *io;
static int64_t now_ms;

static int64_t
test_now(void *arg)
{
	(void)arg;
	return now_ms;
}

static void
setup(void)
{
	struct sst_err e;

	fs = memfs_new();
	io = memfs_io(fs);
	now_ms = NOW;
	if (sst_io_mkdir(io, "/log", &e) == -1 || sst_io_sync_dir(io, "/", &e) == -1)
		FAIL(&e);
}

static void
teardown(void)
{
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	memfs_free(fs);
}

static struct sst_log *
open_log(const struct sst_io *on, uint32_t segment_size)
{
	struct sst_log_opts o = { .segment_size = segment_size, .now_ms = test_now };
	struct sst_log *log;
	struct sst_err e;

	if (sst_log_open(&log, on, "/log", &o, &e) == -1)
		FAIL(&e);
	return log;
}

static struct sst_slice
entry_bytes(char bytes[ENTRY + 1], unsigned i)
{
	snprintf(bytes, ENTRY + 1, "%010u%010u", i, i);
	return (struct sst_slice){ (const uint8_t *)bytes, ENTRY };
}

static int
try_append(struct sst_log *log, unsigned i, struct sst_logpos *end, struct sst_err *e)
{
	char bytes[ENTRY + 1];

	return sst_log_append(log, entry_bytes(bytes, i), end, e);
}

static struct sst_logpos
append(struct sst_log *log, unsigned i)
{
	struct sst_logpos end;
	struct sst_err e;

	if (try_append(log, i, &end, &e) == -1)
		FAIL(&e);
	return end;
}

static void
sync_log(struct sst_log *log)
{
	struct sst_err e;

	if (sst_log_sync(log, &e) == -1)
		FAIL(&e);
	ck_assert_uint_eq(sst_log_synced(log).segment, sst_log_written(log).segment);
}

static void
close_log(struct sst_log *log)
{
	struct sst_err e;

	if (sst_log_close(log, &e) == -1)
		FAIL(&e);
}

/* What a replay found. */
struct got {
	int r; /* 0 or -1 */
	struct sst_err e;
	size_t n;
	unsigned at[4096];
	uint64_t left, lost;
	struct sst_logpos last;
};

static void
replay(struct got *g, bool skip)
{
	const struct sst_segread_info *info;
	struct sst_log_entry entry;
	char number[ENTRY / 2 + 1] = "";
	struct sst_replay *r;
	size_t i;

	memset(g, 0, sizeof(*g));
	if ((g->r = sst_replay_open(&r, io, "/log", skip, &g->e)) == -1)
		return;
	while ((g->r = sst_replay_next(r, &entry, &g->e)) == SST_ONE) {
		ck_assert_uint_eq(entry.mutation.n, ENTRY);
		memcpy(number, entry.mutation.p + ENTRY / 2, ENTRY / 2);
		g->at[g->n++] = (unsigned)strtoul(number, NULL, 10);
		g->last = entry.end;
	}
	for (i = 0; (info = sst_replay_segment(r, i, NULL)) != NULL; i++) {
		g->left += info->left;
		g->lost += info->lost;
	}
	sst_replay_close(r);
}

/* Entries from `first` on, `n` of them, and no error. */
static void
expect(const struct got *g, unsigned first, size_t n)
{
	size_t i;

	if (g->r != 0)
		ck_abort_msg("%s", sst_err_text(&g->e, text, sizeof(text)));
	ck_assert_uint_eq(g->n, n);
	for (i = 0; i < n; i++)
		ck_assert_uint_eq(g->at[i], first + i);
}

static struct sst_buf
load(const char *path)
{
	struct sst_buf b = { 0 };
	struct sst_err e;

	if (sst_io_read_file(io, path, 1 << 20, &b, &e) == -1)
		FAIL(&e);
	return b;
}

static void
store(const char *path, const void *p, size_t n)
{
	struct sst_err e;
	int fd = sst_io_open(io, path, O_WRONLY | O_CREAT | O_TRUNC, &e);

	if (fd == -1 || sst_io_write(io, fd, path, p, n, &e) == -1 ||
	    sst_io_close(io, fd, path, &e) == -1)
		FAIL(&e);
}

static const char *
path_of(uint64_t id)
{
	static char paths[2][128];
	char name[SST_SEGMENT_NAME];
	char *path = paths[id % 2];

	sst_segment_name(name, id);
	snprintf(path, sizeof(paths[0]), "/log/%s", name);
	return path;
}

/* Three sections of two entries, each made durable; two more that are only written. */
#define SYNCED 6
#define WRITTEN 10

static struct sst_buf
sample(void)
{
	struct sst_log *log = open_log(io, 0);
	struct sst_buf b;
	struct sst_err e;
	unsigned i;

	for (i = 0; i < WRITTEN; i++) {
		append(log, i);
		if (i % 2 == 1 && i < SYNCED)
			sync_log(log);
		else if (i % 2 == 1 && sst_log_write(log, &e) == -1)
			FAIL(&e);
	}
	b = load(path_of(NOW)); /* as a kill would leave it */
	close_log(log);
	return b;
}

/* Where the last durability mark of the sample ends. */
static size_t
marked(void)
{
	struct sst_segread *r;
	struct sst_log_entry entry;
	struct sst_err e;
	size_t end;

	if (sst_segread_open(&r, io, path_of(NOW), &e) == -1)
		FAIL(&e);
	while (sst_segread_next(r, &entry, &e) == SST_ONE)
		;
	end = (size_t)sst_segread_info(r)->marked;
	sst_segread_close(r);
	return end;
}

START_TEST(what_is_appended_is_read)
{
	struct sst_log *log = open_log(io, 0);
	struct sst_logpos prev = { 0, 0 }, end;
	struct sst_err e;
	struct got g;
	unsigned i;

	ck_assert_uint_eq(sst_log_synced(log).segment, 0);
	sync_log(log);
	replay(&g, false);
	expect(&g, 0, 0); /* no file before the first append */
	for (i = 0; i < 3000; i++) {
		end = append(log, i);
		ck_assert_int_gt(sst_logpos_cmp(end, prev), 0);
		prev = end;
		if (i == 1000)
			sync_log(log);
		if (i == 2000 && sst_log_write(log, &e) == -1)
			FAIL(&e);
	}
	ck_assert_int_lt(sst_logpos_cmp(sst_log_synced(log), sst_log_written(log)), 0);
	ck_assert_int_lt(sst_logpos_cmp(sst_log_written(log), end), 0);
	sync_log(log);
	ck_assert_int_eq(sst_logpos_cmp(sst_log_synced(log), end), 0);
	sync_log(log); /* nothing to do */
	replay(&g, false);
	expect(&g, 0, 3000);
	ck_assert_int_eq(sst_logpos_cmp(g.last, end), 0);
	ck_assert_uint_eq(g.left + g.lost, 0);
	close_log(log);
	replay(&g, false);
	expect(&g, 0, 3000);
}
END_TEST

/* The bytes of a segment are exactly these: formats/commitlog.md has them. */
START_TEST(bytes_of_a_segment)
{
	static const char want[] = "\0\0\0\x07"
				   "\0\0\x01\xa0\xc4\x43\xbc\0"
				   "\0\x0f"
				   "{\"ostraka\":\"0\"}";
	struct sst_log *log = open_log(io, 0);
	struct sst_in in;
	struct sst_buf b;

	now_ms = 0x1a0c443bc00;
	append(log, 7);
	close_log(log);
	b = load(path_of(0x1a0c443bc00));
	ck_assert_mem_eq(b.p, want, sizeof(want) - 1);
	in = sst_in_new(sst_buf_slice(&b), 0);
	sst_get_bytes(&in, sizeof(want) - 1 + 4);
	ck_assert_uint_eq(sst_get_u32(&in), 33 + 8 + ENTRY + 12); /* marker: where the next is */
	sst_get_u32(&in);
	ck_assert_uint_eq(sst_get_u32(&in), ENTRY);
	ck_assert_uint_eq(sst_get_u32(&in), sst_crc32(0, "\0\0\0\x14", 4));
	sst_get_bytes(&in, ENTRY);
	ck_assert_uint_eq(sst_get_u32(&in),
	    sst_crc32(sst_crc32(0, "\0\0\0\x14", 4), "00000000070000000007", ENTRY));
	ck_assert_uint_eq(sst_get_u32(&in), 33 + 8 + ENTRY + 12 + 8); /* the mark */
	ck_assert_uint_eq(b.n, 33 + 8 + ENTRY + 12 + 8);
	sst_buf_free(&b);
}
END_TEST

START_TEST(a_tail_cut_anywhere_is_torn)
{
	struct sst_buf b = sample();
	struct got g;
	size_t cut, n;

	for (n = 0, cut = b.n; cut > 0; cut--) {
		store(path_of(NOW), b.p, cut - 1);
		replay(&g, false);
		ck_assert_uint_le(g.n, WRITTEN);
		expect(&g, 0, g.n);
		ck_assert_uint_le(g.left, cut - 1);
		n += g.n == WRITTEN - 1; /* a whole entry of a section that is cut is given */
	}
	ck_assert_uint_gt(n, 12);
	sst_buf_free(&b);
}
END_TEST

START_TEST(what_lies_behind_the_end)
{
	struct sst_buf b = sample(), other = { 0 };
	uint8_t old[SST_MARKER_LEN];
	struct got g;

	sst_buf_add_slice(&other, sst_buf_slice(&b));
	memset(b.p + b.n, 0, sst_buf_room(&b, 300000) ? 300000 : 0);
	store(path_of(NOW), b.p, b.n + 300000); /* a file that was made ahead */
	replay(&g, false);
	expect(&g, 0, WRITTEN);
	ck_assert_uint_eq(g.left, 0);

	sst_marker_put(old, NOW - 5, (uint32_t)other.n, (uint32_t)other.n + 100);
	sst_buf_add(&other, old, sizeof(old)); /* a marker of another segment, at this place */
	sst_buf_add(&other, b.p + 50, 100);
	store(path_of(NOW), other.p, other.n);
	replay(&g, false);
	expect(&g, 0, WRITTEN);
	ck_assert_uint_eq(g.left, 108);

	sst_marker_put(old, NOW, 100, (uint32_t)other.n); /* of another place in this one */
	memcpy(other.p + b.n, old, sizeof(old));
	store(path_of(NOW), other.p, other.n);
	replay(&g, false);
	expect(&g, 0, WRITTEN);
	ck_assert_uint_eq(g.left, 108);
	sst_buf_free(&b);
	sst_buf_free(&other);
}
END_TEST

START_TEST(any_byte_before_the_last_mark_is_damage)
{
	struct sst_buf b = sample();
	size_t i, end;
	struct got g;

	store(path_of(NOW), b.p, b.n);
	end = marked();
	ck_assert_uint_gt(end, 6 * ENTRY);
	for (i = 0; i < b.n; i++) {
		b.p[i] ^= 0x10;
		store(path_of(NOW), b.p, b.n);
		replay(&g, false);
		if (i < end - SST_MARKER_LEN) {
			ck_assert_msg(g.r == -1, "byte %zu", i);
			ck_assert_int_eq(g.e.code, SST_EDAMAGED);
			ck_assert_str_eq(g.e.file, path_of(NOW));
			ck_assert_uint_le(g.e.off, b.n);
			replay(&g, true); /* where a section ends may be wrong, and all be read */
			ck_assert_int_eq(g.r, 0);
			ck_assert(g.lost > 0 || g.n == WRITTEN);
		} else if (i < end) { /* the last mark itself: the one before it speaks */
			ck_assert_int_eq(g.r, 0);
			ck_assert_uint_eq(g.n, SYNCED);
		} else { /* nobody was promised these */
			ck_assert_int_eq(g.r, 0);
			ck_assert_uint_ge(g.n, SYNCED);
			ck_assert(g.left > 0 || g.n == WRITTEN);
			ck_assert_uint_eq(g.lost, 0);
		}
		b.p[i] ^= 0x10;
	}
	sst_buf_free(&b);
}
END_TEST

/* A segment that a later one follows has to be whole, to its last mark. */
START_TEST(any_byte_of_an_older_segment_is_damage)
{
	struct sst_log *log = open_log(io, 0);
	struct sst_buf b;
	struct got g;
	size_t i;

	append(log, 0);
	append(log, 1);
	close_log(log);
	b = load(path_of(NOW));
	log = open_log(io, 0);
	append(log, 2);
	close_log(log);
	replay(&g, false);
	expect(&g, 0, 3);
	for (i = 0; i < b.n; i++) {
		b.p[i] ^= 0x80;
		store(path_of(NOW), b.p, b.n);
		replay(&g, false);
		ck_assert_msg(g.r == -1 && g.e.code == SST_EDAMAGED, "byte %zu", i);
		replay(&g, true);
		ck_assert_int_eq(g.r, 0);
		ck_assert_uint_ge(g.n, 1);
		ck_assert_uint_eq(g.at[g.n - 1], 2);
		b.p[i] ^= 0x80;
	}
	for (i = 4; i < b.n; i++) { /* a file of nothing but zeros is unused */
		store(path_of(NOW), b.p, i);
		replay(&g, false);
		ck_assert_msg(g.r == -1 && g.e.code != SST_ESYS, "cut at %zu", i);
	}
	/* old bytes after the last mark are no damage here either */
	sst_buf_add(&b, "rubbish of a recycled file", 26);
	store(path_of(NOW), b.p, b.n);
	replay(&g, false);
	expect(&g, 0, 3);
	ck_assert_uint_eq(g.left, 26);
	sst_buf_free(&b);
}
END_TEST

START_TEST(unused_files_are_fine)
{
	static const uint8_t zeros[5000];
	struct sst_log *log = open_log(io, 0);
	struct got g;

	append(log, 0);
	close_log(log);
	store(path_of(NOW - 9), zeros, 0);
	store(path_of(NOW - 8), zeros, sizeof(zeros));
	store(path_of(NOW + 1), zeros, 0);
	store(path_of(NOW + 2), zeros, sizeof(zeros));
	replay(&g, false);
	expect(&g, 0, 1);
	ck_assert_uint_eq(g.left, 0);
}
END_TEST

/* Cassandra makes the next segment ahead: a header and zeros.  It does not end the one before. */
START_TEST(a_header_alone_is_no_successor)
{
	struct sst_buf b = sample(), next = { 0 };
	struct got g;

	store(path_of(NOW), b.p, b.n - 3);
	sst_segment_put_header(&next, NOW + 1, 0, 1);
	memset(next.p + next.n, 0, sst_buf_room(&next, 4096) ? 4096 : 0);
	store(path_of(NOW + 1), next.p, next.n + 4096);
	replay(&g, false);
	expect(&g, 0, WRITTEN - 1);
	ck_assert_uint_gt(g.left, 0);
	sst_buf_free(&b);
	sst_buf_free(&next);
}
END_TEST

/* Sections made by hand, with right checksums. */
struct craft {
	const char *what;
	int64_t len;      /* of the second entry, as it says */
	int wrong;        /* which checksum: 1 length, 2 data */
	int64_t next_by;  /* the section's end is moved by this */
	size_t entries;   /* that come before the trouble */
	size_t skipped_n; /* and in all, when damage is passed over */
};

static const struct craft crafts[] = {
	{ "zeros where an entry", 0, 0, 0, 1, 3 },
	{ "longer than its section", -5, 0, 0, 1, 3 },
	{ "longer than its section", INT32_MIN, 0, 0, 1, 3 },
	{ "longer than its section", 9, 0, 0, 1, 3 },
	{ "longer than its section", ENTRY + 13 + ENTRY + 12, 0, 0, 1, 3 },
	{ "checksum of an entry's length", ENTRY, 1, 0, 1, 3 },
	{ "checksum of an entry is", ENTRY, 2, 0, 1, 4 },
	{ "cut short by its section", ENTRY, 0, -2 * ENTRY - 22, 1, 1 },
	{ "marker points backwards", ENTRY, 0, -10000, 0, 0 },
	{ "section cut short", ENTRY, 0, 10000, 4, 4 },
};

static void
put_entry(struct sst_buf *b, unsigned i, int64_t len, int wrong)
{
	uint32_t n = __builtin_bswap32((uint32_t)len), crc = sst_crc32(0, &n, 4);
	char bytes[ENTRY + 1];
	struct sst_slice s = entry_bytes(bytes, i);

	sst_buf_add(b, &n, 4);
	sst_put_u32(b, len == 0 ? 0 : crc ^ (uint32_t)(wrong == 1));
	sst_buf_add_slice(b, s);
	sst_put_u32(b, sst_crc32(crc, s.p, s.n) ^ (uint32_t)(wrong == 2));
}

static struct sst_buf
craft(const struct craft *c, uint64_t id)
{
	struct sst_buf b = { 0 };
	size_t first, second;

	sst_segment_put_header(&b, id, 0, 1);
	first = b.n;
	sst_put_u64(&b, 0);
	put_entry(&b, 0, ENTRY, 0);
	put_entry(&b, 1, c->len, c->wrong);
	put_entry(&b, 2, ENTRY, 0);
	second = b.n;
	sst_marker_put(b.p + first, id, (uint32_t)first,
	    (uint32_t)(c->next_by == -10000 ? 5 : (int64_t)second + c->next_by));
	if (c->next_by == 10000) { /* the last section */
		put_entry(&b, 3, ENTRY, 0);
		return b;
	}
	sst_put_u64(&b, 0);
	put_entry(&b, 3, ENTRY, 0);
	put_entry(&b, 4, ENTRY, 0);
	sst_marker_put(b.p + second, id, (uint32_t)second, (uint32_t)b.n);
	return b;
}

START_TEST(lengths_and_markers_that_lie)
{
	const struct craft *c = &crafts[_i];
	struct sst_buf b = craft(c, NOW);
	struct sst_log *log;
	struct got g;

	store(path_of(NOW), b.p, b.n);
	replay(&g, false); /* the newest, without a mark: torn */
	ck_assert_int_eq(g.r, 0);
	ck_assert_uint_eq(g.n, c->entries);
	if (c->next_by != 10000)
		ck_assert_uint_gt(g.left, 0);
	log = open_log(io, 0);
	append(log, 100);
	close_log(log);
	replay(&g, false);
	ck_assert_int_eq(g.r, -1);
	ck_assert_int_eq(g.e.code, SST_EDAMAGED);
	ck_assert_ptr_nonnull(strstr(g.e.what, c->what));
	ck_assert_ptr_nonnull(strstr(g.e.what, "a later one follows"));
	ck_assert_str_eq(g.e.file, path_of(NOW));
	replay(&g, true);
	ck_assert_int_eq(g.r, 0);
	ck_assert_uint_eq(g.at[g.n - 1], 100);
	ck_assert_uint_eq(g.n, c->skipped_n + 1);
	if (c->wrong == 2) /* the length is trusted: what follows is read, and one entry is lost */
		ck_assert_uint_eq(g.lost, ENTRY + 12);
	sst_buf_free(&b);
}
END_TEST

START_TEST(an_entry_larger_than_the_window)
{
	struct sst_log *log = open_log(io, 0);
	size_t n = 3 << 20, i;
	struct sst_segread *r;
	struct sst_log_entry entry;
	uint8_t *big = malloc(n);
	struct sst_err e;

	for (i = 0; i < n; i++)
		big[i] = (uint8_t)(i * 7 + i / 251);
	append(log, 1);
	if (sst_log_append(log, (struct sst_slice){ big, n }, NULL, &e) == -1)
		FAIL(&e);
	append(log, 2);
	close_log(log);
	if (sst_segread_open(&r, io, path_of(NOW), &e) == -1)
		FAIL(&e);
	ck_assert_int_eq(sst_segread_next(r, &entry, &e), SST_ONE);
	ck_assert_int_eq(sst_segread_next(r, &entry, &e), SST_ONE);
	ck_assert_uint_eq(entry.mutation.n, n);
	ck_assert_mem_eq(entry.mutation.p, big, n);
	ck_assert_int_eq(sst_segread_next(r, &entry, &e), SST_ONE);
	ck_assert_int_eq(sst_segread_next(r, &entry, &e), 0);
	ck_assert_int_eq(sst_segread_next(r, &entry, &e), 0);
	sst_segread_close(r);
	free(big);
}
END_TEST

static const struct {
	const char *bytes;
	size_t n; /* 0: strlen */
	uint32_t version;
	enum sst_code code;
	const char *what;
} headers[] = {
	{ "{}", 0, 7, SST_OK, NULL },
	{ "{\"compressionClass\":null}", 0, 7, SST_OK, NULL },
	{ "{\"a\":[1]}", 0, 7, SST_OK, NULL },
	{ "{}", 0, 8, SST_OK, NULL },
	{ "{}", 0, 6, SST_OK, NULL },
	{ "{}", 0, 9, SST_EVERSION, "commit log version 9, want 6 to 8" },
	{ "{}", 0, 5, SST_EVERSION, "commit log version 5, want 6 to 8" },
	{ "{\"compressionClass\":\"LZ4Compressor\"}", 0, 7, SST_OK, NULL },
	{ "{\"encCipher\":\"AES\"}", 0, 7, SST_EUNSUPPORTED, "encrypted segment" },
	{ "{", 0, 7, SST_EDAMAGED, "parameters are no JSON object" },
	{ "[]", 0, 7, SST_EDAMAGED, "parameters are no JSON object" },
	{ "", 0, 7, SST_EDAMAGED, "parameters are no JSON object" },
};

START_TEST(headers_that_others_write)
{
	struct sst_segment_header h;
	struct sst_buf b = { 0 };
	struct sst_err e;
	size_t n = strlen(headers[_i].bytes), cut;
	uint32_t words[4] = { __builtin_bswap32(headers[_i].version), __builtin_bswap32(5),
		__builtin_bswap32(1), __builtin_bswap32((uint32_t)n) };
	int r;

	sst_put_u32(&b, headers[_i].version);
	sst_put_u64(&b, UINT64_C(1) << 32 | 5);
	sst_put_bytes16(&b, sst_slice_str(headers[_i].bytes));
	sst_put_u32(&b, sst_crc32(sst_crc32(0, words, 16), headers[_i].bytes, n));
	r = sst_segment_get_header(&h, sst_buf_slice(&b), "f", &e);
	ck_assert_int_eq(r, headers[_i].code == SST_OK ? 0 : -1);
	if (r == -1) {
		ck_assert_int_eq(e.code, headers[_i].code);
		ck_assert_str_eq(e.what, headers[_i].what);
		ck_assert_str_eq(e.file, "f");
	} else {
		ck_assert_uint_eq(h.id, UINT64_C(1) << 32 | 5);
		ck_assert_uint_eq(h.len, b.n);
		ck_assert(!h.ours);
	}
	for (cut = 0; cut < b.n; cut++) {
		ck_assert_int_eq(
		    sst_segment_get_header(&h, (struct sst_slice){ b.p, cut }, "f", &e), -1);
		ck_assert_int_eq(e.code, SST_ESHORT);
	}
	sst_buf_free(&b);
}
END_TEST

START_TEST(a_file_under_another_name)
{
	struct sst_buf b = sample();
	struct sst_err e;
	struct got g;

	if (sst_io_rename(io, path_of(NOW), path_of(NOW + 1), &e) == -1)
		FAIL(&e);
	replay(&g, false);
	ck_assert_int_eq(g.r, -1);
	ck_assert_int_eq(g.e.code, SST_EDAMAGED);
	ck_assert_ptr_nonnull(strstr(g.e.what, "in a file of another name"));
	replay(&g, true);
	expect(&g, 0, 0);
	ck_assert_uint_gt(g.lost, 0);
	sst_buf_free(&b);
}
END_TEST

static const struct {
	const char *name;
	bool is;
	uint32_t version;
	uint64_t id;
	const char *rest;
} names[] = {
	{ "CommitLog-7-1795230986957.log", true, 7, 1795230986957, "" },
	{ "CommitLog-7-0.log", true, 7, 0, "" },
	{ "CommitLog-8-9223372036854775807.log", true, 8, INT64_MAX, "" },
	{ "CommitLog-7-5.log.damaged", true, 7, 5, ".damaged" },
	{ "CommitLog-1795230986957.log", true, 0, 1795230986957, "" },
	{ "CommitLog-7-9223372036854775808.log", false, 0, 0, "" },
	{ "CommitLog-4294967296-1.log", false, 0, 0, "" },
	{ "CommitLog-7-.log", false, 0, 0, "" },
	{ "CommitLog-.log", false, 0, 0, "" },
	{ "CommitLog-7-x.log", false, 0, 0, "" },
	{ "CommitLog-7-5_cdc.idx", false, 0, 0, "" },
	{ "commitlog-7-5.log", false, 0, 0, "" },
	{ "", false, 0, 0, "" },
};

START_TEST(names_of_segments)
{
	uint32_t version;
	const char *rest;
	uint64_t id;

	ck_assert(sst_segment_parse_name(names[_i].name, &version, &id, &rest) == names[_i].is);
	if (!names[_i].is)
		return;
	ck_assert_uint_eq(version, names[_i].version);
	ck_assert_uint_eq(id, names[_i].id);
	ck_assert_str_eq(rest, names[_i].rest);
}
END_TEST

START_TEST(files_that_are_no_segments)
{
	struct got g;

	store("/log/CommitLog-7-5_cdc.idx", "5", 1);
	store("/log/CommitLog-7-5.log.damaged", "5", 1);
	store("/log/notes.log", "5", 1);
	replay(&g, false);
	expect(&g, 0, 0);
	store("/log/CommitLog-7-5x.log", "5", 1);
	replay(&g, false);
	ck_assert_int_eq(g.e.code, SST_EINVAL);
	ck_assert_str_eq(g.e.what, "is no segment's name, but looks like it");
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_empty)
{
	struct sst_log_entry entry;
	struct sst_segread *seg;
	struct sst_replay *r;
	struct sst_err e;

	ck_assert_int_eq(sst_replay_open(&r, io, "/none", false, &e), 0);
	ck_assert_int_eq(sst_replay_next(r, &entry, &e), 0);
	sst_replay_close(r);
	ck_assert_int_eq(sst_segread_open(&seg, io, "/log/x", &e), -1);
	ck_assert_str_eq(e.what, "is no segment's name");
}
END_TEST

/* ---- ids ---- */

START_TEST(ids_rise_whatever_the_clock_says)
{
	struct sst_log *log, *second;
	struct sst_logpos a, b;
	int i;

	log = open_log(io, 0);
	a = append(log, 0);
	ck_assert_uint_eq(a.segment, NOW);
	close_log(log);
	now_ms = 5; /* a reboot without a clock */
	for (i = 1; i < 4; i++) {
		log = open_log(io, 0);
		b = append(log, (unsigned)i);
		ck_assert_uint_eq(b.segment, a.segment + 1);
		close_log(log);
		a = b;
	}
	store("/log/CommitLog-7-1890000000000.log.damaged", "x", 1); /* its id was used too */
	log = open_log(io, 0);
	second = open_log(io, 0); /* of another shard */
	ck_assert_uint_eq(append(log, 4).segment, 1890000000001);
	ck_assert_uint_eq(append(second, 5).segment, 1890000000002);
	close_log(log);
	close_log(second);
	now_ms = 1990000000000;
	log = open_log(io, 0);
	ck_assert_uint_eq(append(log, 6).segment, 1990000000000);
	close_log(log);
}
END_TEST

START_TEST(no_id_is_left)
{
	struct sst_log *log;
	struct sst_err e;

	store("/log/CommitLog-7-9223372036854775807.log", "", 0);
	log = open_log(io, 0);
	ck_assert_int_eq(try_append(log, 0, NULL, &e), -1);
	ck_assert_int_eq(e.code, SST_ELIMIT);
	close_log(log);
}
END_TEST

START_TEST(segments_follow_each_other)
{
	struct sst_log *log = open_log(io, 1024);
	struct sst_logpos end;
	struct sst_buf b;
	struct sst_err e;
	struct got g;
	unsigned i;
	uint64_t id;

	for (i = 0; i < 500; i++) {
		end = append(log, i);
		ck_assert_uint_le(end.offset, 1024 - SST_MARKER_LEN);
		if (i % 7 == 0)
			sync_log(log);
		if (i % 5 == 0 && sst_log_write(log, &e) == -1)
			FAIL(&e);
	}
	close_log(log);
	ck_assert_uint_gt(end.segment, NOW + 15);
	for (id = NOW; id <= end.segment; id++) {
		b = load(path_of(id));
		ck_assert_uint_le(b.n, 1024);
		sst_buf_free(&b);
	}
	replay(&g, false);
	expect(&g, 0, 500);
	ck_assert_uint_eq(g.left, 0);
}
END_TEST

START_TEST(limits_of_a_log)
{
	struct sst_log_opts o = { .segment_size = 1023 };
	static const uint8_t bytes[1024];
	struct sst_log *log;
	struct sst_err e;
	char dir[5000];

	ck_assert_int_eq(sst_log_open(&log, io, "/log", &o, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	o.segment_size = SST_LOG_SEGMENT_MAX + 1;
	ck_assert_int_eq(sst_log_open(&log, io, "/log", &o, &e), -1);
	o.segment_size = 0;
	memset(dir, 'd', sizeof(dir) - 1);
	dir[sizeof(dir) - 1] = '\0';
	ck_assert_int_eq(sst_log_open(&log, io, dir, &o, &e), -1);
	ck_assert_int_eq(e.code, SST_ELIMIT);
	ck_assert_int_eq(sst_log_open(&log, io, "/none", &o, &e), -1);
	ck_assert_int_eq(e.code, SST_ESYS);
	log = open_log(io, 1024);
	ck_assert_int_eq(
	    sst_log_append(log, (struct sst_slice){ bytes, 1024 / 2 - 11 }, NULL, &e), -1);
	ck_assert_int_eq(e.code, SST_ELIMIT);
	ck_assert_ptr_nonnull(strstr(e.what, "more than half a commit log segment"));
	ck_assert_int_eq(
	    sst_log_append(log, (struct sst_slice){ bytes, SST_ENTRY_MIN - 1 }, NULL, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	ck_assert_int_eq(
	    sst_log_append(log, (struct sst_slice){ bytes, 1024 / 2 - 12 }, NULL, &e), 0);
	close_log(log);
}
END_TEST

START_TEST(segments_go_and_are_kept)
{
	struct sst_log *log = open_log(io, 1024);
	char name[SST_SEGMENT_NAME];
	struct memfs *before;
	struct sst_err e;
	struct got g;
	unsigned i;

	for (i = 0; i < 100; i++)
		append(log, i);
	sst_segment_name(name, sst_log_written(log).segment);
	ck_assert_int_eq(sst_log_discard(log, name, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	ck_assert_int_eq(sst_log_set_aside(log, name, SST_LOG_DAMAGED, &e), -1);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_eq(sst_log_discard(log,
			     "a name that is longer than any segment ever had, "
			     "whatever its id may be",
			     &e),
	    -1);
	sst_segment_name(name, NOW);
	ck_assert_int_eq(sst_log_discard(log, name, &e), 0);
	ck_assert_int_eq(sst_log_discard(log, name, &e), 0); /* gone already */
	sst_segment_name(name, NOW + 1);
	for (i = 0; i < 2; i++)
		if (sst_log_set_aside(log, name, SST_LOG_DAMAGED, &e) == -1)
			FAIL(&e);
	close_log(log);
	before = memfs_copy(fs);
	memfs_power_cut(fs, MEMFS_NONE, 1);
	ck_assert_uint_eq(memfs_digest(before, "/log"), memfs_digest(fs, "/log"));
	memfs_free(before);
	replay(&g, false);
	ck_assert_int_eq(g.r, 0);
	ck_assert_uint_gt(g.at[0], 50);
	ck_assert_uint_eq(g.at[g.n - 1], 99);
}
END_TEST

/* ---- calls that fail ---- */

static struct faultio *faulty;

static void
plan(unsigned long at, enum faultio_how how, int sys)
{
	struct faultio_plan p = { .at = at, .how = how, .sys = sys };

	faultio_plan(faulty, &p);
}

START_TEST(a_failed_sync_is_the_end)
{
	struct sst_log *log;
	struct sst_logpos end, synced;
	struct sst_err e;
	struct got g;

	faulty = faultio_new(io);
	log = open_log(faultio_io(faulty), 0);
	append(log, 0);
	sync_log(log);
	synced = sst_log_synced(log);
	append(log, 1);
	plan(2, FAULTIO_FAIL, EIO); /* write, fdatasync */
	ck_assert_int_eq(sst_log_sync(log, &e), -1);
	ck_assert_str_eq(faultio_failed(faulty), "fsync");
	ck_assert_int_eq(e.code, SST_ESYS);
	ck_assert_int_eq(sst_logpos_cmp(sst_log_synced(log), synced), 0);
	ck_assert_int_eq(sst_log_sync(log, &e), -1); /* never tried again and believed */
	ck_assert_ptr_nonnull(strstr(e.what, "takes nothing before a restart"));
	ck_assert_int_eq(sst_log_write(log, &e), -1);
	ck_assert_int_eq(try_append(log, 2, &end, &e), -1);
	ck_assert_uint_eq(end.segment, 0);
	ck_assert_int_eq(sst_log_close(log, &e), -1);
	faultio_free(faulty);
	replay(&g, false);
	ck_assert_int_eq(g.r, 0);
	ck_assert_uint_ge(g.n, 1);
}
END_TEST

/* Whatever call fails, once or with half a write before it: what is synced is there, nothing comes
 * twice, and a full disk is over when there is room again. */
static void
any_call_fails(enum faultio_how how, int sys)
{
	unsigned long at, calls = 1;
	struct sst_logpos end;
	struct memfs *clean = fs;
	struct sst_log *log;
	unsigned i, taken, durable, failures;
	struct sst_err e;
	struct got g;

	for (at = 1; at <= calls; at++) {
		fs = memfs_copy(clean);
		io = memfs_io(fs);
		faulty = faultio_new(io);
		log = open_log(faultio_io(faulty), 1024);
		plan(at, how, sys);
		for (i = taken = durable = failures = 0; i < 90; i++) {
			if (try_append(log, taken, &end, &e) == 0)
				taken++;
			else
				failures++;
			if (i % 3 == 0 && sst_log_write(log, &e) == -1)
				failures++;
			if (i % 10 == 0) {
				if (sst_log_sync(log, &e) == 0)
					durable = taken;
				else
					failures++;
			}
		}
		if (sst_log_close(log, &e) == 0)
			durable = taken;
		else
			failures += 3;
		if (faultio_calls(faulty) > calls)
			calls = faultio_calls(faulty);
		faultio_free(faulty);
		memfs_power_cut(fs, MEMFS_NONE, 1);
		replay(&g, false);
		ck_assert_msg(g.r == 0, "call %lu: %s", at, sst_err_text(&g.e, text, sizeof(text)));
		ck_assert_uint_ge(g.n, durable);
		ck_assert_uint_le(g.n, taken);
		expect(&g, 0, g.n);
		if (sys == ENOSPC && failures < 3) /* a write failed, not a sync: it is over */
			ck_assert_uint_eq(durable, taken);
		memfs_free(fs);
	}
	ck_assert_uint_gt(calls, 40);
	fs = clean;
	io = memfs_io(fs);
}

START_TEST(any_call_fails_once)
{
	static const int sys[] = { EIO, ENOSPC, EMFILE };

	any_call_fails(FAULTIO_FAIL, sys[_i]);
}
END_TEST

START_TEST(a_write_is_short)
{
	any_call_fails(FAULTIO_SHORT, ENOSPC);
}
END_TEST

START_TEST(a_full_disk_is_over_when_there_is_room)
{
	struct sst_log *log;
	struct sst_err e;
	struct got g;

	faulty = faultio_new(io);
	log = open_log(faultio_io(faulty), 0);
	append(log, 0);
	append(log, 1);
	plan(1, FAULTIO_SHORT, ENOSPC);
	ck_assert_int_eq(sst_log_write(log, &e), -1);
	ck_assert_int_eq(e.sys, ENOSPC);
	replay(&g, false);
	expect(&g, 0, 0); /* half a write was taken back */
	ck_assert_uint_eq(g.left, 0);
	plan(1, FAULTIO_FAIL, ENOSPC);
	ck_assert_int_eq(try_append(log, 2, NULL, &e), -1); /* refused as long as it is full */
	plan(0, FAULTIO_FAIL, 0);
	append(log, 2);
	sync_log(log);
	replay(&g, false);
	expect(&g, 0, 3);
	append(log, 3);
	plan(1, FAULTIO_SHORT, ENOSPC);
	ck_assert_int_eq(sst_log_write(log, &e), -1);
	plan(2, FAULTIO_FAIL, EIO); /* a write, then the truncate that would take it back */
	ck_assert_int_eq(sst_log_write(log, &e), 0);
	append(log, 4);
	{
		struct faultio_plan p = { .at = 1, .how = FAULTIO_STOP };

		faultio_plan(faulty, &p);
	}
	ck_assert_int_eq(sst_log_write(log, &e), -1);
	plan(0, FAULTIO_FAIL, 0);
	ck_assert_int_eq(try_append(log, 5, NULL, &e), -1); /* half a section may be there */
	ck_assert_ptr_nonnull(strstr(e.what, "takes nothing"));
	ck_assert_int_eq(sst_log_close(log, &e), -1);
	faultio_free(faulty);
	replay(&g, false);
	expect(&g, 0, 4);
}
END_TEST

START_TEST(a_read_fails)
{
	struct sst_log_entry entry;
	unsigned long at, calls = 1;
	struct sst_replay *r;
	struct sst_err e;
	struct sst_buf b = sample();
	int got;

	sst_buf_free(&b);
	faulty = faultio_new(io);
	for (at = 1; at <= calls; at++) {
		plan(at, FAULTIO_FAIL, EIO);
		got = sst_replay_open(&r, faultio_io(faulty), "/log", true, &e);
		while (got == 0 && (got = sst_replay_next(r, &entry, &e)) == SST_ONE)
			got = 0;
		if (strcmp(faultio_failed(faulty), "close") != 0) {
			ck_assert_msg(at == calls || got == -1 || r == NULL, "call %lu", at);
			calls++;
		}
		if (got == 0)
			calls = at;
		sst_replay_close(r);
	}
	ck_assert_uint_gt(at, 4);
	plan(0, FAULTIO_FAIL, 0);
	faultio_free(faulty);
}
END_TEST

/* ---- power cuts ---- */

struct crash {
	unsigned taken, durable, written;
	bool stopped;
};

/* Appends, writes and syncs in a pattern of the seed, over several segments, until the plan stops it. */
static void
run(struct crash *c, unsigned seed)
{
	struct sst_log_opts o = { .segment_size = 1024, .now_ms = test_now };
	struct sst_log *log;
	struct sst_err e;
	unsigned i;

	if (sst_log_open(&log, faultio_io(faulty), "/log", &o, &e) == -1)
		return;
	for (i = 0; i < 120 && !c->stopped; i++) {
		if (try_append(log, c->taken, NULL, &e) == -1)
			c->stopped = true;
		else
			c->taken++;
		if ((i * 7 + seed) % 5 == 0 && !c->stopped) {
			if (sst_log_write(log, &e) == -1)
				c->stopped = true;
		}
		if ((i + seed) % 4 == 0 && !c->stopped) {
			if (sst_log_sync(log, &e) == -1)
				c->stopped = true;
			else
				c->durable = c->taken;
		}
	}
	if (sst_log_close(log, &e) == 0)
		c->durable = c->taken;
}

/* States in which a power cut at call `at` broke the promise. */
static unsigned
cut_at(unsigned long at, struct faultio_plan p, unsigned seed, unsigned long *calls)
{
	struct memfs *clean = fs, *stopped;
	unsigned bad = 0, how;
	struct crash c = { 0 };
	struct got g;
	size_t i;

	fs = memfs_copy(clean);
	io = memfs_io(fs);
	faulty = faultio_new(io);
	p.at = at;
	p.how = seed % 2 == 0 ? FAULTIO_STOP : FAULTIO_STOP_AFTER;
	faultio_plan(faulty, &p);
	run(&c, seed);
	if (at == 0)
		*calls = faultio_calls(faulty);
	faultio_free(faulty);
	stopped = fs;
	for (how = MEMFS_NONE; how <= MEMFS_TORN; how++) {
		fs = memfs_copy(stopped);
		io = memfs_io(fs);
		memfs_power_cut(fs, (enum memfs_cut)how, seed * 31 + (unsigned)at);
		replay(&g, false);
		if (g.r == -1 || g.n < c.durable || g.n > c.taken)
			bad++;
		else
			for (i = 0; i < g.n; i++) /* no holes, nothing twice */
				bad += g.at[i] != i;
		memfs_free(fs);
	}
	memfs_free(stopped);
	fs = clean;
	io = memfs_io(fs);
	return bad;
}

START_TEST(what_is_synced_survives_a_power_cut_anywhere)
{
	struct faultio_plan p = { 0 };
	unsigned long at, calls = 0;
	unsigned bad;

	for (at = 0; at <= calls; at++) /* 0: after the last one */
		if ((bad = cut_at(at, p, (unsigned)_i, &calls)) > 0)
			ck_abort_msg("call %lu, seed %d: %u states", at, _i, bad);
	ck_assert_uint_gt(at, 100);
}
END_TEST

static enum faultio_sync
leave_out(void *arg, const char *path, bool is_dir)
{
	const int *which = arg;

	(void)path;
	return is_dir == (*which == 0) ? FAULTIO_SYNC_SKIPPED : FAULTIO_SYNC_DONE;
}

/* The test above sees it when a sync is missing: of the folder, and of files. */
START_TEST(a_sync_that_is_missing_is_seen)
{
	int which = _i;
	struct faultio_plan p = { .sync = leave_out, .sync_arg = &which };
	unsigned long at, calls = 0;
	unsigned bad = 0;

	for (at = 0; at <= calls; at++)
		bad += cut_at(at, p, 3, &calls);
	ck_assert_uint_gt(bad, 0);
}
END_TEST

Suite *
commitlog_suite(void)
{
	Suite *s = suite_create("commitlog");
	TCase *t = tcase_create("commitlog");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, what_is_appended_is_read);
	tcase_add_test(t, bytes_of_a_segment);
	tcase_add_test(t, a_tail_cut_anywhere_is_torn);
	tcase_add_test(t, what_lies_behind_the_end);
	tcase_add_test(t, any_byte_before_the_last_mark_is_damage);
	tcase_add_test(t, any_byte_of_an_older_segment_is_damage);
	tcase_add_test(t, unused_files_are_fine);
	tcase_add_test(t, a_header_alone_is_no_successor);
	tcase_add_loop_test(t, lengths_and_markers_that_lie, 0, SST_ARRAY_LEN(crafts));
	tcase_add_test(t, an_entry_larger_than_the_window);
	tcase_add_loop_test(t, headers_that_others_write, 0, SST_ARRAY_LEN(headers));
	tcase_add_test(t, a_file_under_another_name);
	tcase_add_loop_test(t, names_of_segments, 0, SST_ARRAY_LEN(names));
	tcase_add_test(t, files_that_are_no_segments);
	tcase_add_test(t, a_folder_that_is_not_there_is_empty);
	tcase_add_test(t, ids_rise_whatever_the_clock_says);
	tcase_add_test(t, no_id_is_left);
	tcase_add_test(t, segments_follow_each_other);
	tcase_add_test(t, limits_of_a_log);
	tcase_add_test(t, segments_go_and_are_kept);
	tcase_add_test(t, a_failed_sync_is_the_end);
	tcase_add_loop_test(t, any_call_fails_once, 0, 3);
	tcase_add_test(t, a_write_is_short);
	tcase_add_test(t, a_full_disk_is_over_when_there_is_room);
	tcase_add_test(t, a_read_fails);
	tcase_add_loop_test(t, what_is_synced_survives_a_power_cut_anywhere, 0, 8);
	tcase_add_loop_test(t, a_sync_that_is_missing_is_seen, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
