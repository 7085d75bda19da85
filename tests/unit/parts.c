/*
 * tests/unit/parts.c: components field by field: the raw bytes of all fields make the file again, and
 * of a file cut anywhere everything before the cut is shown, then an error.  Over the SSTables in
 * tests/data, and ../shared/fixtures where they are.
 */
#define _GNU_SOURCE
#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/memfs.h"
#include "../support/putfile.h"
#include "sstable/name.h"
#include "sstable/parts.h"
#include "sstable/version.h"

Suite *parts_suite(void);

#define FILES_MAX 2048

static char *files[FILES_MAX];
static size_t nfiles;

static int
collect(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	struct sst_name name;

	(void)st, (void)ftw;
	if (type != FTW_F || !sst_name_parse(&name, path) || name.component == SST_NCOMPONENTS ||
	    name.component == SST_DATA || nfiles == FILES_MAX)
		return 0;
	files[nfiles++] = strdup(path);
	return 0;
}

static void
find_files(void)
{
	nftw("tests/data", collect, 16, FTW_PHYS);
	ck_assert_uint_gt(nfiles, 0);
	nftw("../shared/fixtures", collect, 16, FTW_PHYS);
}

static void
forget_files(void)
{
	while (nfiles > 0)
		free(files[--nfiles]);
}

struct seen {
	uint64_t end; /* of the bytes so far */
	int depth, deepest;
	uint64_t fields, stop_at;
	bool tiles;
	struct sst_buf text; /* name=value of the numbers and texts */
	bool keep;
};

static void
keep(struct seen *s, const struct sst_part *part)
{
	if (part->kind == SST_PART_UINT || part->kind == SST_PART_BOOL)
		sst_buf_addf(&s->text, "%s=%ju ", part->name ? part->name : "", (uintmax_t)part->u);
	else if (part->kind == SST_PART_INT || part->kind == SST_PART_TIME_US ||
	    part->kind == SST_PART_TIME_S)
		sst_buf_addf(&s->text, "%s=%jd ", part->name ? part->name : "", (intmax_t)part->i);
	else if (part->kind == SST_PART_TEXT)
		sst_buf_addf(&s->text, "%s=%.*s ", part->name ? part->name : "", (int)part->bytes.n,
		    (const char *)part->bytes.p);
}

static int
see(void *arg, const struct sst_part *part)
{
	struct seen *s = arg;

	if (part->kind == SST_PART_OBJECT || part->kind == SST_PART_ARRAY)
		s->depth++;
	else if (part->kind == SST_PART_END)
		s->depth--;
	ck_assert_int_ge(s->depth, 0);
	if (part->raw.n > 0 && part->off != s->end)
		s->tiles = false;
	s->end += part->raw.n;
	if (s->keep)
		keep(s, part);
	return ++s->fields == s->stop_at ? 7 : 0;
}

/* Nodes of tries lie in an order of their own. */
static bool
is_trie(const char *path)
{
	return strstr(path, "-Partitions.db") != NULL || strstr(path, "-Rows.db") != NULL;
}

/* 5.0, 4.1 and 4.0 cannot read these four either: their Statistics.db ends too early. */
static bool
is_short(const char *path)
{
	return strstr(path, "/na/") != NULL && strstr(path, "_compact/") != NULL &&
	    strstr(path, "-Statistics.db") != NULL;
}

START_TEST(all_bytes)
{
	struct sst_err e = { 0 };
	struct sst_stat st;
	char text[512];
	size_t i;
	int r;

	find_files();
	for (i = 0; i < nfiles; i++) {
		struct seen s = { .tiles = true };

		r = sst_parts_read(&sst_io_posix, files[i], see, &s, &e);
		if (is_short(files[i])) {
			ck_assert_int_eq(r, -1);
			continue;
		}
		ck_assert_msg(r == 0, "%s: %s", files[i], sst_err_text(&e, text, sizeof(text)));
		ck_assert_int_eq(s.depth, 0);
		ck_assert_int_eq(sst_io_stat(&sst_io_posix, files[i], &st, &e), 0);
		if (!is_trie(files[i]))
			ck_assert_msg(s.tiles && s.end == st.size,
			    "%s: fields have %ju of %ju bytes%s", files[i], (uintmax_t)s.end,
			    (uintmax_t)st.size, s.tiles ? "" : ", not one after the other");
	}
	forget_files();
}
END_TEST

/* The component in a folder of its own, with Statistics.db beside it. */
static void
put_beside(struct memfs *fs, const char *path, const struct sst_name *name, char *to, size_t n)
{
	struct sst_buf bytes = { 0 };
	char from[512];
	struct sst_err e;

	snprintf(from, sizeof(from), "%.*sStatistics.db", (int)name->base_len, path);
	snprintf(to, n, "/%s-1-%s-Statistics.db", name->version, name->format);
	if (sst_io_read_file(&sst_io_posix, from, 1 << 20, &bytes, &e) == 0)
		put_file(memfs_io(fs), to, sst_buf_slice(&bytes));
	sst_buf_free(&bytes);
	snprintf(to, n, "/%s-1-%s-%s", name->version, name->format, path + name->base_len);
}

/* A text without its end is a text: only the others are found out. */
static bool
has_an_end(enum sst_component c)
{
	return c != SST_TOC && c != SST_DIGEST && c != SST_CRC && c != SST_INDEX;
}

static void
cut_everywhere(const char *path, bool flip)
{
	struct memfs *fs = memfs_new();
	struct sst_buf bytes = { 0 };
	struct sst_name name;
	struct sst_err e;
	char to[512];
	size_t n;
	int r;

	ck_assert(sst_name_parse(&name, path));
	put_beside(fs, path, &name, to, sizeof(to));
	ck_assert_int_eq(sst_io_read_file(&sst_io_posix, path, 1 << 20, &bytes, &e), 0);
	for (n = 0; n < bytes.n; n++) {
		struct seen s = { .tiles = true };

		if (flip)
			bytes.p[n] ^= 0x80;
		put_file(memfs_io(fs), to, (struct sst_slice){ bytes.p, flip ? bytes.n : n });
		e = (struct sst_err){ 0 };
		r = sst_parts_read(memfs_io(fs), to, see, &s, &e);
		if (flip)
			bytes.p[n] ^= 0x80;
		if (r == -1)
			ck_assert_msg(e.code != SST_OK && e.what[0] != '\0', "%s at %zu", path, n);
		if (!flip && has_an_end(name.component))
			ck_assert_msg(r == -1, "%s cut at %zu is found sound", path, n);
		ck_assert_uint_eq(memfs_nopen(fs), 0);
	}
	sst_buf_free(&bytes);
	memfs_free(fs);
}

START_TEST(damaged)
{
	struct sst_stat st;
	struct sst_err e;
	size_t i;

	find_files();
	for (i = 0; i < nfiles; i++) {
		ck_assert_int_eq(sst_io_stat(&sst_io_posix, files[i], &st, &e), 0);
		if (st.size > 3000 || (i % 7 != 0 && strstr(files[i], "-Scylla.db") == NULL))
			continue;
		cut_everywhere(files[i], false);
		cut_everywhere(files[i], true);
	}
	forget_files();
}
END_TEST

/* Whoever prints may have enough at any field. */
START_TEST(stopped)
{
	static const char path[] = "tests/data/nb/types/nb-1-big-Statistics.db";
	struct seen all = { .tiles = true };
	struct sst_err e;
	uint64_t i;

	ck_assert_int_eq(sst_parts_read(&sst_io_posix, path, see, &all, &e), 0);
	ck_assert_uint_gt(all.fields, 100);
	for (i = 1; i <= all.fields; i++) {
		struct seen s = { .tiles = true, .stop_at = i };

		ck_assert_int_eq(sst_parts_read(&sst_io_posix, path, see, &s, &e), 7);
		ck_assert_uint_eq(s.fields, i);
	}
}
END_TEST

START_TEST(values)
{
	struct seen s = { .tiles = true, .keep = true };
	const char *const want[] = { "part_count=4 ", "name=stats ",
		"partitioner=org.apache.cassandra.dht.Murmur3Partitioner ",
		"has_legacy_counter_shards=0 ", "key_type=org.apache.cassandra.db.marshal." };
	struct sst_err e;
	size_t i;

	ck_assert_int_eq(sst_parts_read(&sst_io_posix, "tests/data/nb/types/nb-1-big-Statistics.db",
			     see, &s, &e),
	    0);
	sst_buf_addc(&s.text, '\0');
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		ck_assert_msg(strstr((const char *)s.text.p, want[i]) != NULL, "no %s in %s",
		    want[i], (const char *)s.text.p);
	sst_buf_free(&s.text);
}
END_TEST

START_TEST(refused)
{
	struct seen s = { .tiles = true };
	struct sst_err e;

	ck_assert_int_eq(sst_parts_read(&sst_io_posix, "me-1-big-Data.db", see, &s, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	ck_assert_int_eq(sst_parts_read(&sst_io_posix, "notes.txt", see, &s, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	ck_assert_int_eq(sst_parts_read(&sst_io_posix, "zz-1-big-TOC.txt", see, &s, &e), -1);
	ck_assert_int_eq(e.code, SST_EVERSION);
	ck_assert_int_eq(sst_parts_read(&sst_io_posix, "me-1-big-Filter.db", see, &s, &e), -1);
	ck_assert_int_eq(e.code, SST_ESYS);
	ck_assert_uint_eq(s.fields, 0);
}
END_TEST

Suite *
parts_suite(void)
{
	Suite *s = suite_create("parts");
	TCase *t = tcase_create("parts");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, all_bytes);
	tcase_add_test(t, damaged);
	tcase_add_test(t, stopped);
	tcase_add_test(t, values);
	tcase_add_test(t, refused);
	suite_add_tcase(s, t);
	return s;
}
