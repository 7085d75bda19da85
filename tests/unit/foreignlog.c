/*
 * tests/unit/foreignlog.c: segments that real Cassandras wrote, of versions 7 and 8 and with every
 * compressor, all of the same statements: the writes come out the same.  Version 6, whose entries are
 * those of 7, is one of them with another header.  Segments that are still written, and damaged ones.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/memfs.h"
#include "../support/putfile.h"
#include "base/num.h"
#include "codec/crc.h"
#include "codec/out.h"
#include "commitlog/mutation.h"
#include "commitlog/segread.h"
#include "cql/schema.h"
#include "memtable/memtable.h"

Suite *foreignlog_suite(void);

#define DATA "tests/data/commitlog/"
#define FAIL(e) ck_abort_msg("%s", sst_err_text(e, text, sizeof(text)))

static char text[512];
static struct sst_arena arena;
static struct sst_schema schema;
static struct sst_buf schema_text; /* names borrow from it */

/* A table of the schema: its id in the segment at hand, and what was written to it. */
struct target {
	struct sst_table table;
	struct sst_memtable *mem;
	bool found;
};

static struct target targets[3];
enum {
	T,
	N,
	W
};

static const struct {
	const char *name;
	uint32_t version;
	const char *compression;
} logs[] = {
	{ "CommitLog-8-1795237438137.log", 8, "" },
	{ "CommitLog-8-1795237482660.log", 8, "ZstdCompressor" },
	{ "CommitLog-7-1795237521418.log", 7, "LZ4Compressor" },
	{ "CommitLog-7-1795237559806.log", 7, "SnappyCompressor" },
	{ "CommitLog-7-1795237591836.log", 7, "DeflateCompressor" },
};

static void
load(struct sst_buf *b, const char *dir, const char *name)
{
	struct sst_err e;
	char path[256];

	snprintf(path, sizeof(path), "%s%s", dir, name);
	if (sst_io_read_file(&sst_io_posix, path, 1 << 20, b, &e) == -1)
		FAIL(&e);
}

static void
setup(void)
{
	static const char *const names[] = { "t", "n", "w" };
	struct sst_err e;
	size_t i;

	memset(&arena, 0, sizeof(arena));
	sst_buf_reset(&schema_text);
	load(&schema_text, DATA, "foreign.cql");
	if (sst_schema_parse(&schema, &arena, sst_buf_slice(&schema_text), "foreign.cql",
		SST_SLICE_LIT(""), &e) == -1)
		FAIL(&e);
	for (i = 0; i < 3; i++) {
		const struct sst_table *t =
		    sst_schema_table(&schema, SST_SLICE_LIT("l"), sst_slice_str(names[i]));

		ck_assert_ptr_nonnull(t);
		targets[i] = (struct target){ .table = *t };
		if (sst_memtable_new(&targets[i].mem, &targets[i].table, &e) == -1)
			FAIL(&e);
	}
}

static void
teardown(void)
{
	size_t i;

	for (i = 0; i < 3; i++)
		sst_memtable_free(targets[i].mem);
	sst_arena_free(&arena);
	sst_buf_free(&schema_text);
}

static const struct sst_table *
by_id(void *arg, const uint8_t id[16])
{
	size_t i;

	(void)arg;
	for (i = 0; i < 3; i++)
		if (targets[i].found && memcmp(targets[i].table.id, id, 16) == 0)
			return &targets[i].table;
	return NULL;
}

static bool
names_are(const struct sst_slice *names, size_t n, const char *want)
{
	return n == 1 && sst_slice_eq(names[0], sst_slice_str(want));
}

/* The ids differ from node to node: our tables are told by their columns. */
static void
recognise(const struct sst_mutation_stub *s)
{
	struct target *t = NULL;

	if (names_are(s->statics, s->nstatic, "s"))
		t = &targets[T];
	else if (names_are(s->regulars, s->nregular, "n"))
		t = &targets[N];
	else if (names_are(s->regulars, s->nregular, "v") && s->key.n == 14)
		t = &targets[W];
	if (t == NULL)
		return;
	memcpy(t->table.id, s->id, 16);
	t->found = true;
}

static unsigned
walk(struct sst_segread *r, struct sst_mutation_in *in, bool apply)
{
	const struct sst_mutation_stub *stub;
	const struct sst_update *u;
	struct sst_log_entry entry;
	unsigned unknown = 0;
	struct sst_err e;
	int got, more;

	while ((got = sst_segread_next(r, &entry, &e)) == SST_ONE) {
		sst_mutation_begin_entry(in, &entry);
		while ((more = sst_mutation_next(in, &u, &e)) == SST_ONE) {
			ck_assert_ptr_null(sst_mutation_stub(in));
			if (apply &&
			    sst_memtable_apply(targets[u->table == &targets[T].table   ? T
						       : u->table == &targets[N].table ? N
										       : W]
						   .mem,
				u, &e) == -1)
				FAIL(&e);
		}
		if (more == -1 && e.code != SST_EINVAL)
			FAIL(&e);
		stub = sst_mutation_stub(in);
		ck_assert(more == 0 || stub != NULL);
		unknown += more == -1;
		if (stub != NULL && !apply)
			recognise(stub);
	}
	if (got == -1)
		FAIL(&e);
	return unknown;
}

static void
hex(struct sst_buf *b, struct sst_slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		sst_buf_addf(b, "%02x", s.p[i]);
}

static void
print_bound(struct sst_buf *b, const struct sst_bound *at)
{
	size_t i;

	for (i = 0; i < at->n; i++) {
		sst_buf_addc(b, ' ');
		hex(b, at->ck[i]);
	}
	sst_buf_adds(b, at->side < 0 ? " -" : " +");
}

/* Elements of lists have paths of their time, and counters ids of their node: those are left out. */
static void
print_row(struct sst_buf *b, const struct sst_table *t, const struct sst_row *row, bool is_static)
{
	const struct sst_column *cols = is_static ? t->statics : t->regulars;
	size_t i;

	sst_buf_adds(b, is_static ? "  static" : "  row");
	for (i = 0; !is_static && i < t->nck; i++) {
		sst_buf_addc(b, ' ');
		hex(b, row->ck[i]);
	}
	if (row->live.ts_us != SST_NO_TS)
		sst_buf_addf(b, " @%jd", (intmax_t)row->live.ts_us % 100);
	if (row->del.ts_us != SST_NO_TS)
		sst_buf_addf(b, " deleted@%jd", (intmax_t)row->del.ts_us % 100);
	for (i = 0; i < row->ncomplex; i++)
		sst_buf_addf(b, " %.*s:deleted@%jd", (int)cols[row->complex[i].col].name.n,
		    (const char *)cols[row->complex[i].col].name.p,
		    (intmax_t)row->complex[i].del.ts_us % 100);
	for (i = 0; i < row->ncells; i++) {
		const struct sst_cell *c = &row->cells[i];
		const struct sst_column *col = &cols[c->col];

		sst_buf_addf(b, " %.*s", (int)col->name.n, (const char *)col->name.p);
		if (c->path.p != NULL && col->type->kind != SST_LIST) {
			sst_buf_addc(b, '/');
			hex(b, c->path);
		}
		if (col->type->kind == SST_COUNTER)
			continue;
		sst_buf_addc(b, '=');
		hex(b, c->value);
		sst_buf_addf(b, "@%jd", (intmax_t)c->ts_us % 100);
		if (sst_cell_is_tombstone(c))
			sst_buf_adds(b, "!");
		if (c->ttl_s != 0)
			sst_buf_addf(b, " ttl %u", c->ttl_s);
	}
	sst_buf_addc(b, '\n');
}

static void
print(struct sst_buf *b, const struct target *t)
{
	struct sst_read all = {
		.table = &t->table, .left = INT64_MIN, .right = INT64_MIN, .raw = true
	};
	const struct sst_item *item;
	struct sst_stream *s;
	struct sst_err e;
	int r;

	if (sst_memtable_read(t->mem, &all, &s, &e) == -1)
		FAIL(&e);
	while ((r = sst_stream_next(s, &item, &e)) == SST_ONE) {
		if (item->kind == SST_PARTITION) {
			hex(b, item->part.key);
			if (item->part.del.ts_us != SST_NO_TS)
				sst_buf_addf(
				    b, " deleted@%jd", (intmax_t)item->part.del.ts_us % 100);
			sst_buf_addc(b, '\n');
		} else if (item->kind == SST_MARKER) {
			sst_buf_adds(b, "  marker");
			print_bound(b, &item->marker.at);
			sst_buf_addc(b, '\n');
		} else
			print_row(b, &t->table, &item->row, item->kind == SST_STATIC);
	}
	if (r == -1)
		FAIL(&e);
	sst_stream_close(s);
}

/* What the statements of the segments say, by table t, n and w. */
static const char want[] =
    "00000001\n"
    "  static s=7374@1\n"
    "  marker 67 -\n"
    "  marker 65 -\n"
    "  row 64 deleted@6\n"
    "  row 63 v=00000009@3 ttl 100000\n"
    "  row 62 @2 l:deleted@1 m:deleted@9 u:deleted@1"
    " f=00000003000000040000000100000004000000020000000400000003@2"
    " v=00000008@2 l=00000001@2 l=00000002@2 l=00000003@2 u/0000=00000001@2 u/0001=776879@2\n"
    "  row 61 @1 v=@5!\n"
    "00000002 deleted@8\n"
    "0004000000010000040000000200\n"
    "  row 00000003 00000004 @10 v=cafe@10\n"
    "  marker 00000009 -\n"
    "  marker 00000009 +\n"
    "  marker 0000000a +\n"
    "  marker +\n";

static void
check_log(const struct sst_io *io, const char *path, uint32_t version, const char *compression)
{
	struct sst_buf out = { 0 };
	struct sst_mutation_in *in;
	struct sst_segread *r;
	struct sst_err e;
	int pass;
	size_t i;

	for (pass = 0; pass < 2; pass++) {
		if (sst_mutation_in_new(&in, by_id, NULL, &e) == -1 ||
		    sst_segread_open(&r, io, path, &e) == -1)
			FAIL(&e);
		ck_assert_uint_eq(sst_segread_info(r)->version, version);
		ck_assert_str_eq(sst_segread_info(r)->compression, compression);
		ck_assert_uint_gt(walk(r, in, pass == 1), 10); /* system tables */
		ck_assert_uint_eq(sst_segread_info(r)->left, 0);
		ck_assert_uint_gt(sst_segread_info(r)->entries, 20);
		sst_segread_close(r);
		sst_mutation_in_free(in);
	}
	ck_assert(targets[T].found && targets[W].found);
	for (i = 0; i < 3; i++)
		print(&out, &targets[i]);
	sst_buf_addc(&out, '\0');
	ck_assert_str_eq((const char *)out.p, want);
	sst_buf_free(&out);
}

START_TEST(real_logs)
{
	char path[256];

	snprintf(path, sizeof(path), DATA "foreign/%s", logs[_i].name);
	check_log(&sst_io_posix, path, logs[_i].version, logs[_i].compression);
}
END_TEST

static void
set_u32(uint8_t *p, uint32_t v)
{
	v = __builtin_bswap32(v);
	memcpy(p, &v, 4);
}

/* The checksum of a header with n bytes of parameters. */
static void
sign_header(uint8_t *p, size_t n)
{
	uint32_t words[4];

	memcpy(&words[0], p, 4);
	memcpy(&words[1], p + 8, 4);
	memcpy(&words[2], p + 4, 4);
	words[3] = __builtin_bswap32((uint32_t)n);
	set_u32(p + 14 + n, sst_crc32(sst_crc32(0, words, 16), p + 14, n));
}

/* 3.0 and 3.11 write the entries of 4.0 behind another number. */
START_TEST(version_6)
{
	struct memfs *fs = memfs_new();
	struct sst_buf b = { 0 };

	load(&b, DATA "foreign/", logs[2].name);
	set_u32(b.p, 6);
	sign_header(b.p, (size_t)b.p[12] << 8 | b.p[13]);
	put_file(memfs_io(fs), "/CommitLog-6-1795237521418.log", sst_buf_slice(&b));
	check_log(memfs_io(fs), "/CommitLog-6-1795237521418.log", 6, "LZ4Compressor");
	sst_buf_free(&b);
	memfs_free(fs);
}
END_TEST

/* Reads to the end; what came, and what was wrong. */
static int
count(const struct sst_io *io, const char *path, bool has_successor, uint64_t *entries,
    uint64_t *left, struct sst_err *e)
{
	struct sst_log_entry entry;
	struct sst_segread *r;
	int got;

	*entries = *left = 0;
	if (sst_segread_open(&r, io, path, e) == -1)
		return -1;
	sst_segread_set(r, has_successor, false);
	while ((got = sst_segread_next(r, &entry, e)) == SST_ONE)
		;
	*entries = sst_segread_info(r)->entries;
	*left = sst_segread_info(r)->left;
	sst_segread_close(r);
	return got;
}

/* A bit is turned over at every 7th byte: of a segment that is followed it is always found. */
START_TEST(flipped)
{
	struct memfs *fs = memfs_new();
	struct sst_buf b = { 0 };
	uint64_t all, entries, left;
	struct sst_err e;
	char path[64];
	size_t i;

	load(&b, DATA "foreign/", logs[_i].name);
	snprintf(path, sizeof(path), "/%s", logs[_i].name);
	put_file(memfs_io(fs), path, sst_buf_slice(&b));
	ck_assert_int_eq(count(memfs_io(fs), path, true, &all, &left, &e), 0);
	for (i = 0; i < b.n; i += 7) {
		if (b.p[i] == 0 && i > 1 && b.p[i - 1] == 0)
			continue; /* the zeros at the end say nothing */
		b.p[i] ^= 4;
		put_file(memfs_io(fs), path, sst_buf_slice(&b));
		e = (struct sst_err){ 0 };
		if (count(memfs_io(fs), path, true, &entries, &left, &e) == 0)
			ck_assert_msg(entries == all, "%s: byte %zu: %ju of %ju entries", path, i,
			    (uintmax_t)entries, (uintmax_t)all);
		else
			ck_assert_int_ne(e.code, SST_OK);
		b.p[i] ^= 4;
	}
	sst_buf_free(&b);
	memfs_free(fs);
}
END_TEST

/* Somebody writes the segment while it is read: all entries come, each once, however it is cut. */
START_TEST(followed)
{
	struct memfs *fs = memfs_new();
	uint64_t all, left, seen = 0;
	struct sst_log_entry entry;
	struct sst_buf b = { 0 };
	struct sst_segread *r;
	struct sst_err e;
	char path[64];
	size_t n;
	int got;

	load(&b, DATA "foreign/", logs[_i].name);
	snprintf(path, sizeof(path), "/%s", logs[_i].name);
	put_file(memfs_io(fs), path, sst_buf_slice(&b));
	ck_assert_int_eq(count(memfs_io(fs), path, false, &all, &left, &e), 0);
	put_file(memfs_io(fs), path, (struct sst_slice){ b.p, 0 });
	ck_assert_int_eq(sst_segread_open(&r, memfs_io(fs), path, &e), 0);
	for (n = 0;; n = n + 97 < b.n ? n + 97 : b.n) {
		put_file(memfs_io(fs), path, (struct sst_slice){ b.p, n });
		if (sst_segread_follow(r, &e) == -1)
			FAIL(&e);
		while ((got = sst_segread_next(r, &entry, &e)) == SST_ONE)
			seen++;
		if (got == -1)
			FAIL(&e);
		if (n == b.n)
			break;
	}
	ck_assert_uint_eq(seen, all);
	ck_assert_uint_eq(sst_segread_info(r)->left, 0);
	sst_segread_close(r);
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	sst_buf_free(&b);
	memfs_free(fs);
}
END_TEST

static const struct {
	const char *params;
	const char *body; /* of the first section, behind its marker */
	size_t n;
	const char *want;
} bad[] = {
	{ "{\"encCipher\":\"AES/CBC/PKCS5Padding\"}", "", 0, "encrypted segment" },
	{ "{\"compressionClass\":\"ZipCompressor\"}", "", 0, "ZipCompressor" },
	{ "{\"compressionClass\":7}", "", 0, "compressionClass is no class name" },
	{ "{\"compressionClass\":\"LZ4Compressor\"}", "\0\0", 2, "compressed section cut short" },
	{ "{\"compressionClass\":\"LZ4Compressor\"}", "\x7f\xff\xff\xff\0\0\0\0", 8,
	    "compressed section of more than 64 MiB" },
	{ "{\"compressionClass\":\"LZ4Compressor\"}", "\0\0\0\x09\x09\0\0\0\xff", 9,
	    "compressed section that is damaged" },
	{ "{\"compressionClass\":\"NoopCompressor\"}", "\0\0\0\x04\0\0\0\0", 8,
	    "entry cut short by its section" },
	{ "{\"compressionClass\":\"NoopCompressor\"}", "\0\0\0\x0c\0\0\0\0\0\0\0\0\0\0\0\0", 16,
	    "zeros where an entry should be" },
};

START_TEST(refused)
{
	uint32_t pos = (uint32_t)(SST_SEGMENT_HEADER_MIN + strlen(bad[_i].params));
	struct memfs *fs = memfs_new();
	uint8_t marker[SST_MARKER_LEN];
	struct sst_buf b = { 0 };
	uint64_t entries, left;
	struct sst_err e;

	sst_put_u32(&b, 7);
	sst_put_u64(&b, 5);
	sst_put_bytes16(&b, sst_slice_str(bad[_i].params));
	sst_put_u32(&b, 0);
	sign_header(b.p, strlen(bad[_i].params));
	sst_marker_put(marker, 5, pos, pos + SST_MARKER_LEN + (uint32_t)bad[_i].n);
	sst_buf_add(&b, marker, sizeof(marker));
	sst_buf_add(&b, bad[_i].body, bad[_i].n);
	put_file(memfs_io(fs), "/CommitLog-7-5.log", sst_buf_slice(&b));
	ck_assert_int_eq(count(memfs_io(fs), "/CommitLog-7-5.log", true, &entries, &left, &e), -1);
	ck_assert_msg(strstr(e.what, bad[_i].want) != NULL, "%s", e.what);
	ck_assert_str_eq(e.file, "/CommitLog-7-5.log");
	sst_buf_free(&b);
	memfs_free(fs);
}
END_TEST

/* One of three sections is damaged, and passed over: the others are read, also when followed. */
START_TEST(passed_over)
{
	static const char params[] = "{\"compressionClass\":\"NoopCompressor\"}";
	struct memfs *fs = memfs_new();
	struct sst_log_entry entry;
	uint8_t marker[SST_MARKER_LEN];
	struct sst_buf b = { 0 };
	struct sst_segread *r;
	struct sst_err e;
	uint32_t pos, crc;
	uint64_t first = 0;
	size_t i, n = 0;

	sst_put_u32(&b, 7);
	sst_put_u64(&b, 5);
	sst_put_bytes16(&b, sst_slice_str(params));
	sst_put_u32(&b, 0);
	sign_header(b.p, strlen(params));
	for (i = 0; i < 3; i++) {
		pos = (uint32_t)b.n;
		sst_marker_put(marker, 5, pos, pos + 8 + 4 + 12 + 10);
		sst_buf_add(&b, marker, sizeof(marker));
		sst_put_u32(&b, i == 1 ? 21 : 22); /* Noop gives 22 */
		sst_put_u32(&b, 10);
		crc = sst_crc32(0, b.p + b.n - 4, 4);
		sst_put_u32(&b, crc);
		sst_buf_add(&b, "0123456789", 10);
		sst_put_u32(&b, sst_crc32(crc, "0123456789", 10));
	}
	put_file(memfs_io(fs), "/CommitLog-7-5.log", sst_buf_slice(&b));
	ck_assert_int_eq(sst_segread_open(&r, memfs_io(fs), "/CommitLog-7-5.log", &e), 0);
	sst_segread_set(r, true, true);
	for (; sst_segread_next(r, &entry, &e) == SST_ONE; n++)
		first = n == 0 ? entry.off : first;
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(sst_segread_info(r)->lost, 26);
	ck_assert_uint_eq(sst_segread_info(r)->lost_why.off, first + 26 + SST_MARKER_LEN);
	ck_assert_int_eq(sst_segread_follow(r, &e), 0);
	ck_assert_int_eq(sst_segread_next(r, &entry, &e), 0);
	sst_segread_close(r);
	sst_buf_free(&b);
	memfs_free(fs);
}
END_TEST

Suite *
foreignlog_suite(void)
{
	Suite *s = suite_create("foreignlog");
	TCase *t = tcase_create("foreignlog");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, real_logs, 0, SST_ARRAY_LEN(logs));
	tcase_add_test(t, version_6);
	tcase_add_loop_test(t, flipped, 0, SST_ARRAY_LEN(logs));
	tcase_add_loop_test(t, followed, 0, SST_ARRAY_LEN(logs));
	tcase_add_loop_test(t, refused, 0, SST_ARRAY_LEN(bad));
	tcase_add_test(t, passed_over);
	suite_add_tcase(s, t);
	return s;
}
