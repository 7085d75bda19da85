/*
 * tests/unit/snapshot.c: snapshots made, listed, removed and restored; stopped at any call, with
 * every kind of power cut, with every call failing, and with syncs left out.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#include "../support/faultio.h"
#include "../support/memfs.h"
#include "../support/nomem.h"
#include "../support/putfile.h"
#include "../support/stores.h"
#include "base/num.h"
#include "live/lock.h"
#include "live/restore.h"
#include "live/snapshot.h"

Suite *snapshot_suite(void);

#define SNAPSHOTS KT_FOLDER "/snapshots"
#define MADE_US INT64_C(1790000000123456)

/* ---- the manifest ---- */

static const struct {
	const char *text;
	const char *want; /* files, created, expires; NULL: refused */
} manifests[] = {
	{ "{\n  \"files\" : [ \"nb-2-big-Data.db\", \"nb-1-big-Data.db\" ],\n  \"created_at\" : "
	  "\"2026-11-21T04:53:36.385Z\",\n  \"expires_at\" : \"2026-11-22T04:53:36Z\",\n  "
	  "\"ephemeral\" : false\n}",
	    "nb-2-big-Data.db nb-1-big-Data.db 1795236816385000 1795323216000000" },
	{ "{\"files\":[],\"created_at\":\"2026-11-21T04:53:49.231Z\",\"expires_at\":null}",
	    "1795236829231000 -" },
	{ "{\"files\":[\"a\"]}", "a - -" }, /* Cassandra 4.0 */
	{ "{\"files\":{\"a\":1},\"created_at\":7,\"more\":[[]]}", "- -" },
	{ "{\"files\":[\"a\",7,null],\"created_at\":\"soon\"}", "a - -" },
	{ "{}", "- -" },
	{ "[]", NULL },
	{ "", NULL },
	{ "{\"files\":[\"a\"", NULL },
};

static const char *
manifest_text(const struct sst_manifest *m, char text[256])
{
	size_t i, n = 0;

	for (i = 0; i < m->nfiles; i++)
		n += (size_t)snprintf(text + n, 256 - n, "%s ", m->files[i]);
	n += (size_t)snprintf(text + n, 256 - n, m->created_us == SST_NO_TIME ? "- " : "%lld ",
	    (long long)m->created_us);
	snprintf(text + n, 256 - n, m->expires_us == SST_NO_TIME ? "-" : "%lld",
	    (long long)m->expires_us);
	return text;
}

START_TEST(manifests_of_all_ages)
{
	struct sst_arena a = { 0 };
	struct sst_manifest m;
	char text[256];
	struct sst_err e;
	int r = sst_manifest_parse(&m, &a, sst_slice_str(manifests[_i].text), "m", &e);

	if (manifests[_i].want == NULL) {
		ck_assert_int_eq(r, -1);
		ck_assert_int_eq(e.code, SST_EDAMAGED);
		ck_assert_str_eq(e.file, "m");
	} else {
		ck_assert_int_eq(r, 0);
		ck_assert_str_eq(manifest_text(&m, text), manifests[_i].want);
	}
	sst_arena_free(&a);
}
END_TEST

START_TEST(a_manifest_as_cassandra_writes_it)
{
	const char *files[] = { "nb-2-big-Data.db", "nb-1-big-Data.db" };
	struct sst_manifest m = { 2, files, INT64_C(1795236816385999), SST_NO_TIME };
	struct sst_buf b = { 0 };

	sst_manifest_put(&b, &m);
	m = (struct sst_manifest){ 0, NULL, INT64_C(1795236816000000), INT64_C(1795323216385000) };
	sst_manifest_put(&b, &m);
	sst_buf_addc(&b, '\0');
	ck_assert_str_eq((char *)b.p,
	    "{\n  \"files\" : [ \"nb-2-big-Data.db\", \"nb-1-big-Data.db\" ],\n  \"created_at\" : "
	    "\"2026-11-21T04:53:36.385Z\",\n  \"expires_at\" : null,\n  \"ephemeral\" : false\n}"
	    "{\n  \"files\" : [ ],\n  \"created_at\" : \"2026-11-21T04:53:36Z\",\n  "
	    "\"expires_at\" : \"2026-11-22T04:53:36.385Z\",\n  \"ephemeral\" : false\n}");
	sst_buf_free(&b);
}
END_TEST

/* ---- a table with two SSTables, and a snapshot of the first ---- */

static void
must(int r, const struct sst_err *e)
{
	char text[512];

	if (r == -1)
		ck_abort_msg("%s", sst_err_text(e, text, sizeof(text)));
}

static void
put_more(const struct sst_io *io, int b)
{
	struct sst_store *s = kt_open_writer(io);

	kt_put(s, 1, b, "x");
	kt_finish(s);
}

static void
snap(const struct sst_io *io, const char *name)
{
	struct sst_err e;

	must(sst_snapshot_create(io, KT_FOLDER, name, MADE_US, &e), &e);
}

static struct memfs *
two_and_a_snapshot(void)
{
	struct memfs *fs = memfs_new();

	put_more(memfs_io(fs), 1);
	snap(memfs_io(fs), "one");
	put_more(memfs_io(fs), 2);
	return fs;
}

/* "one:1/9 two:2/17": SSTables and files, and what they hold alone of it as +N files. */
static const char *
listing(const struct sst_io *io, char text[256])
{
	struct sst_arena a = { 0 };
	struct sst_snapshots all;
	struct sst_err e;
	size_t i, n = 0;

	text[0] = '\0';
	must(sst_snapshot_list(&all, &a, io, KT_FOLDER, &e), &e);
	for (i = 0; i < all.n; i++)
		n += (size_t)snprintf(text + n, 256 - n, "%s%s:%zu/%zu", i > 0 ? " " : "",
		    all.v[i].name, all.v[i].nsets, all.v[i].nfiles);
	sst_arena_free(&a);
	return text;
}

static const char *
rows(const struct sst_io *io, struct sst_buf *b)
{
	struct sst_store *s = kt_open_reader(io);
	const char *text = kt_all(s, b);

	sst_store_drop(s);
	return text;
}

static int
restore(const struct sst_io *io, const char *from, bool exact, struct sst_restored *done,
    struct sst_err *e)
{
	struct sst_store_opts o = kt_options();
	struct sst_restore_opts how = { .exact = exact, .now_us = MADE_US };
	struct sst_store *s;
	bool doubt;
	int r;

	if (sst_store_open(&s, io, "/d", &o, e) == -1)
		return -1;
	how.table = kt_table_of(s, "t");
	r = sst_restore(done, &doubt, io, from, KT_FOLDER, &how, e);
	sst_store_drop(s);
	return r;
}

START_TEST(a_snapshot_stays_as_it_was)
{
	struct memfs *fs = two_and_a_snapshot();
	const struct sst_io *io = memfs_io(fs);
	struct sst_arena a = { 0 };
	struct sst_snapshots all;
	char text[256];
	uint64_t before = memfs_digest(fs, SNAPSHOTS "/one");
	struct sst_stat st, live;
	struct sst_err e;

	snap(io, "two");
	ck_assert_uint_eq(memfs_digest(fs, SNAPSHOTS "/one"), before);
	ck_assert_str_eq(listing(io, text), "one:1/10 two:2/18");
	must(sst_snapshot_list(&all, &a, io, KT_FOLDER, &e), &e);
	ck_assert_int_eq(all.v[0].created_us, MADE_US / 1000 * 1000);
	ck_assert_int_eq(all.v[0].expires_us, SST_NO_TIME);
	ck_assert_uint_lt(all.v[1].own_bytes, all.v[1].bytes);
	ck_assert_str_eq(all.v[1].folder, SNAPSHOTS "/two");
	must(sst_io_stat(io, SNAPSHOTS "/two/me-2-big-Data.db", &st, &e), &e);
	must(sst_io_stat(io, KT_FOLDER "/me-2-big-Data.db", &live, &e), &e);
	ck_assert_uint_eq(st.ino, live.ino);
	ck_assert_int_eq(sst_snapshot_exists(io, KT_FOLDER, "two", &e), 1);
	ck_assert_int_eq(sst_snapshot_exists(io, KT_FOLDER, "three", &e), 0);
	ck_assert_int_eq(sst_snapshot_create(io, KT_FOLDER, "two", 0, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	must(sst_snapshot_remove(io, KT_FOLDER, "one", &e), &e);
	must(sst_snapshot_remove(io, KT_FOLDER, "one", &e), &e);
	ck_assert_str_eq(listing(io, text), "two:2/18");
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	sst_arena_free(&a);
	memfs_free(fs);
}
END_TEST

/* What only snapshots hold, once what was live has gone. */
START_TEST(the_true_size_grows_as_files_go)
{
	struct memfs *fs = two_and_a_snapshot();
	const struct sst_io *io = memfs_io(fs);
	struct sst_arena a = { 0 };
	struct sst_snapshots all;
	struct sst_restored done;
	struct sst_err e;

	snap(io, "two");
	must(restore(io, SNAPSHOTS "/one", true, &done, &e), &e); /* me-2 goes */
	must(sst_snapshot_list(&all, &a, io, KT_FOLDER, &e), &e);
	ck_assert_uint_lt(all.v[0].own_bytes, 2000);
	ck_assert_uint_gt(all.v[1].own_bytes, 4000);
	sst_arena_free(&a);
	memfs_free(fs);
}
END_TEST

START_TEST(names_that_are_none)
{
	struct memfs *fs = two_and_a_snapshot();
	char longest[SST_SNAPSHOT_NAME_MAX + 2];
	const char *names[] = { "", ".", "..", ".x", "a/b", "../one", "a\nb", "\x7f", longest };
	uint64_t before = memfs_digest(fs, "/d");
	struct sst_err e;
	size_t i;

	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	for (i = 0; i < SST_ARRAY_LEN(names); i++) {
		ck_assert_int_eq(sst_snapshot_create(memfs_io(fs), KT_FOLDER, names[i], 0, &e), -1);
		ck_assert_int_eq(e.code, SST_EINVAL);
		ck_assert_int_eq(sst_snapshot_remove(memfs_io(fs), KT_FOLDER, names[i], &e), -1);
		ck_assert_int_eq(sst_snapshot_exists(memfs_io(fs), KT_FOLDER, names[i], &e), -1);
	}
	ck_assert_uint_eq(memfs_digest(fs, "/d"), before);
	longest[SST_SNAPSHOT_NAME_MAX] = '\0';
	snap(memfs_io(fs), longest);
	memfs_free(fs);
}
END_TEST

/* Folders in it, as Cassandra has for indexes, a manifest that is none, names that are no snapshots. */
START_TEST(snapshots_of_others)
{
	struct memfs *fs = two_and_a_snapshot();
	const struct sst_io *io = memfs_io(fs);
	char text[256], deep[256] = SNAPSHOTS "/deep"; /* folders without a time are the oldest */
	struct sst_err e;
	int i;

	must(sst_io_mkdir(io, SNAPSHOTS "/theirs", &e), &e);
	put_file(io, SNAPSHOTS "/theirs/manifest.json", sst_slice_str("no JSON"));
	put_file(io, SNAPSHOTS "/theirs/nb-1-big-Data.db", sst_slice_str(""));
	must(sst_io_mkdir(io, SNAPSHOTS "/theirs/.index", &e), &e);
	put_file(io, SNAPSHOTS "/theirs/.index/nb-1-big-Data.db", sst_slice_str(""));
	put_file(io, SNAPSHOTS "/file", sst_slice_str(""));
	must(sst_io_mkdir(io, SNAPSHOTS "/.aside", &e), &e);
	ck_assert_str_eq(listing(io, text), "theirs:1/3 one:1/10");
	must(sst_snapshot_remove(io, KT_FOLDER, "theirs", &e), &e);
	ck_assert_str_eq(listing(io, text), "one:1/10");
	for (i = 0; i < 8; i++) {
		must(sst_io_mkdir(io, deep, &e), &e);
		strcat(deep, "/x");
	}
	ck_assert_int_eq(sst_snapshot_remove(io, KT_FOLDER, "deep", &e), -1);
	ck_assert_int_eq(e.code, SST_ELIMIT);
	memfs_free(fs);
}
END_TEST

/* ---- restoring ---- */

START_TEST(restored_beside_or_exactly)
{
	struct memfs *fs = two_and_a_snapshot();
	const struct sst_io *io = memfs_io(fs);
	struct sst_restored done;
	struct sst_buf b = { 0 };
	struct sst_err e;

	must(restore(io, SNAPSHOTS "/one", false, &done, &e), &e);
	ck_assert_uint_eq(done.kept, 1);
	ck_assert_uint_eq(done.added + done.removed, 0);
	ck_assert_str_eq(rows(io, &b), "1:1=x 1:2=x ");
	snap(io, "two");
	must(restore(io, SNAPSHOTS "/one", true, &done, &e), &e);
	ck_assert_uint_eq(done.removed, 1);
	ck_assert_str_eq(rows(io, &b), "1:1=x ");
	must(restore(io, SNAPSHOTS "/two", false, &done, &e), &e);
	ck_assert_uint_eq(done.added, 1);
	ck_assert_uint_eq(done.kept, 1);
	ck_assert_uint_gt(done.linked_bytes, 4000);
	ck_assert_str_eq(rows(io, &b), "1:1=x 1:2=x ");
	must(restore(io, SNAPSHOTS "/two", true, &done, &e), &e); /* nothing to do */
	ck_assert_uint_eq(done.kept, 2);
	ck_assert_uint_eq(done.added + done.removed, 0);
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	sst_buf_free(&b);
	memfs_free(fs);
}
END_TEST

static int
no_link(void *ctx, const char *from, const char *to)
{
	(void)ctx;
	(void)from;
	(void)to;
	return -EXDEV;
}

/* Another file system: links fail. */
static struct sst_io
elsewhere(const struct memfs *fs)
{
	struct sst_io io = *memfs_io((struct memfs *)fs);

	io.link = no_link;
	return io;
}

START_TEST(restored_by_copy)
{
	struct memfs *fs = two_and_a_snapshot();
	struct sst_io io = elsewhere(fs);
	struct sst_restored done;
	struct sst_buf b = { 0 };
	struct sst_err e;

	must(sst_io_rename(&io, SNAPSHOTS "/one", "/d/one", &e), &e);
	put_file(&io, "/d/empty", sst_slice_str(""));
	must(sst_io_unlink(&io, "/d/one/manifest.json", &e), &e);
	must(sst_io_unlink(&io, KT_FOLDER "/me-1-big-TOC.txt", &e), &e); /* me-1 is live no more */
	ck_assert_str_eq(rows(&io, &b), "1:2=x ");
	must(restore(&io, "/d/one", false, &done, &e), &e);
	ck_assert_uint_eq(done.added, 1);
	ck_assert_uint_eq(done.linked_bytes, 0);
	ck_assert_uint_gt(done.copied_bytes, 4000);
	ck_assert_str_eq(rows(&io, &b), "1:1=x 1:2=x ");
	/* as Cassandra takes it too */
	must(sst_io_unlink(&io, "/d/one/me-1-big-TOC.txt", &e), &e);
	must(restore(&io, "/d/one", false, &done, &e), &e);
	ck_assert_uint_eq(done.added, 1);
	sst_buf_reset(&b);
	must(sst_io_read_file(&io, KT_FOLDER "/me-4-big-TOC.txt", 4096, &b, &e), &e);
	sst_buf_addc(&b, '\0');
	ck_assert_ptr_nonnull(strstr((char *)b.p, "Statistics.db\n"));
	sst_buf_free(&b);
	memfs_free(fs);
}
END_TEST

static const struct {
	const char *file, *text; /* NULL: is gone */
	enum sst_code code;
	const char *what;
} damages[] = {
	{ "me-1-big-Data.db", NULL, SST_EDAMAGED, "me-1-big-: without Data.db" },
	{ "me-1-big-Filter.db", NULL, SST_EDAMAGED, "names Filter.db, which is not there" },
	{ "me-1-big-TOC.txt", "../x\n", SST_EDAMAGED, "a line is no component's name" },
	{ "me-1-big-Digest.crc32", "17", SST_EDAMAGED, "says 17, the bytes of Data.db have" },
	{ "me-1-big-Statistics.db", "", SST_ESHORT, NULL },
	{ "manifest.json", "{\"files\":[\"me-9-big-Data.db\"]}", SST_EDAMAGED,
	    "names me-9-big-Data.db, which is not there" },
	{ "manifest.json", "{\"files\":[\"Data.db\"]}", SST_EDAMAGED, "names Data.db" },
	{ "me_txn_flush_01ff6a80-7c61-11ef-8b5c-e5fdd6b0ad16.log", "ADD", SST_EDAMAGED,
	    "me_txn_flush_01ff6a80-7c61-11ef-8b5c-e5fdd6b0ad16.log: " },
};

START_TEST(what_is_not_whole_is_refused)
{
	struct memfs *fs = two_and_a_snapshot();
	struct sst_io io = elsewhere(fs);
	struct sst_restored done;
	struct sst_buf b = { 0 };
	char path[256];
	uint64_t before;
	struct sst_err e;

	must(sst_io_rename(&io, SNAPSHOTS "/one", "/d/one", &e), &e);
	must(sst_io_unlink(&io, KT_FOLDER "/me-1-big-TOC.txt", &e), &e);
	snprintf(path, sizeof(path), "/d/one/%s", damages[_i].file);
	if (sst_io_unlink(&io, path, &e) == -1)
		ck_assert_int_eq(e.sys, ENOENT);
	if (damages[_i].text != NULL)
		put_file(&io, path, sst_slice_str(damages[_i].text));
	must(restore(&io, KT_FOLDER, false, &done, &e), &e); /* makes the lock files */
	before = memfs_digest(fs, KT_FOLDER);
	ck_assert_int_eq(restore(&io, "/d/one", true, &done, &e), -1);
	ck_assert_int_eq(e.code, damages[_i].code);
	if (damages[_i].what != NULL && strstr(e.what, damages[_i].what) == NULL)
		ck_abort_msg("%s", e.what);
	ck_assert_uint_eq(memfs_digest(fs, KT_FOLDER), before);
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	sst_buf_free(&b);
	memfs_free(fs);
}
END_TEST

START_TEST(a_compaction_keeps_it_out)
{
	struct memfs *fs = two_and_a_snapshot();
	struct sst_restored done;
	struct sst_lock l;
	struct sst_err e;

	must(sst_lock_take(&l, memfs_io(fs), KT_FOLDER, SST_COMPACT_LOCK, false, &e), &e);
	ck_assert_int_eq(restore(memfs_io(fs), SNAPSHOTS "/one", false, &done, &e), -1);
	ck_assert_int_eq(e.code, SST_EBUSY);
	sst_lock_drop(&l);
	must(restore(memfs_io(fs), SNAPSHOTS "/one", false, &done, &e), &e);
	memfs_free(fs);
}
END_TEST

START_TEST(other_tables_and_partitioners)
{
	struct memfs *fs = two_and_a_snapshot();
	const struct sst_io *io = memfs_io(fs);
	struct sst_restore_opts how = { 0 };
	struct sst_store *s = kt_open_reader(io);
	struct sst_table other = *kt_table_of(s, "t");
	struct sst_restored done;
	struct sst_err e;
	bool doubt;

	how.table = kt_table_of(s, "u");
	ck_assert_int_eq(sst_restore(&done, &doubt, io, SNAPSHOTS "/one", KT_FOLDER, &how, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	other.partitioner = SST_SLICE_LIT("org.apache.cassandra.dht.RandomPartitioner");
	how.table = &other;
	ck_assert_int_eq(sst_restore(&done, &doubt, io, SNAPSHOTS "/one", KT_FOLDER, &how, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	ck_assert_ptr_nonnull(strstr(e.what, "partitioner"));
	sst_store_drop(s);
	memfs_free(fs);
}
END_TEST

/* ---- stopped at any call ---- */

enum act {
	CREATE,
	REMOVE,
	ADD,
	EXACT,
	ACTS
};

/* The state before each act: a snapshot "one" of the first of two SSTables, and "all" of a third. */
static struct memfs *
crash_start(void)
{
	struct memfs *fs = memfs_new();
	const struct sst_io *io = memfs_io(fs);
	struct sst_restored done;
	struct sst_err e;

	put_more(io, 3);
	snap(io, "three");
	must(sst_io_mkdir(io, "/d/none", &e), &e);
	must(restore(io, "/d/none", true, &done, &e), &e);
	put_more(io, 1);
	snap(io, "one");
	put_more(io, 2);
	memfs_power_cut(fs, MEMFS_ALL, 0);
	return fs;
}

static int
act(const struct sst_io *io, enum act what, struct sst_err *e)
{
	struct sst_restored done;

	if (what == CREATE)
		return sst_snapshot_create(io, KT_FOLDER, "two", MADE_US, e);
	if (what == REMOVE)
		return sst_snapshot_remove(io, KT_FOLDER, "one", e);
	return restore(io, SNAPSHOTS "/three", what == EXACT, &done, e);
}

struct verdict {
	unsigned long points, states, bad;
	char first[256];
};

static bool
one_of(const char *got, const char *before, const char *after, bool acked)
{
	return strcmp(got, after) == 0 || (!acked && strcmp(got, before) == 0);
}

/* NULL, or what is wrong after a crash: half a snapshot, rows that neither were nor are to be. */
static const char *
judge(struct memfs *fs, enum act what, bool acked)
{
	static const char base[] = "one:1/10 three:1/10", made[] = "one:1/10 three:1/10 two:2/18";
	const struct sst_io *io = memfs_io(fs);
	struct sst_buf b = { 0 };
	char text[256];
	struct sst_err e;
	bool good;

	listing(io, text);
	good = one_of(text, base,
	    what == CREATE       ? made
		: what == REMOVE ? "three:1/10"
				 : base,
	    acked);
	if (!good)
		return "other snapshots";
	good = one_of(rows(io, &b), "1:1=x 1:2=x ",
	    what == ADD         ? "1:1=x 1:2=x 1:3=x "
		: what == EXACT ? "1:3=x "
				: "1:1=x 1:2=x ",
	    acked);
	/* a COMMIT that is torn leaves both: in doubt nothing goes */
	if (what == EXACT && !acked)
		good |= strcmp((char *)b.p, "1:1=x 1:2=x 1:3=x ") == 0;
	sst_buf_free(&b);
	if (!good)
		return "other rows";
	/* and life goes on: what a crash left stands in nobody's way */
	if (what == CREATE && strcmp(text, base) == 0 && act(io, what, &e) == -1)
		return "cannot be made any more";
	if (what == REMOVE &&
	    (act(io, what, &e) == -1 || strcmp(listing(io, text), "three:1/10") != 0))
		return "cannot be removed any more";
	if (what >= ADD && (act(io, what, &e) == -1 || act(io, EXACT, &e) == -1))
		return "cannot be restored any more";
	return NULL;
}

static void
count(struct verdict *v, const char *bad, const char *how, unsigned long at, int cut)
{
	v->states++;
	if (bad != NULL && v->bad++ == 0)
		snprintf(
		    v->first, sizeof(v->first), "%s: call %lu (%s), cut %d", bad, at, how, cut);
}

static void
sweep(struct verdict *v, enum act what, const struct faultio_plan *plan, unsigned seeds)
{
	struct memfs *start = crash_start(), *fs, *after;
	struct faultio_plan p = *plan;
	unsigned long at, calls = ULONG_MAX;
	struct faultio *f;
	struct sst_err e;
	unsigned seed;
	int cut, r;

	*v = (struct verdict){ 0 };
	for (at = 1; calls >= (at + 1) / 2 - 1; at++) {
		fs = memfs_copy(start);
		f = faultio_new(memfs_io(fs));
		p.at = (at + 1) / 2;
		p.how = at % 2 == 1 ? FAULTIO_STOP : FAULTIO_STOP_AFTER;
		faultio_plan(f, &p);
		r = act(faultio_io(f), what, &e);
		calls = faultio_calls(f);
		v->points++;
		for (cut = MEMFS_NONE; cut <= MEMFS_TORN; cut++)
			for (seed = 0; seed < (cut <= MEMFS_ALL ? 1 : seeds); seed++) {
				after = memfs_copy(fs);
				memfs_power_cut(after, (enum memfs_cut)cut, seed);
				count(v, judge(after, what, r == 0), faultio_failed(f), p.at, cut);
				memfs_free(after);
			}
		faultio_free(f);
		memfs_free(fs);
	}
	memfs_free(start);
}

START_TEST(stopped_at_any_call)
{
	static const struct faultio_plan plan = { 0 };
	struct verdict v;

	sweep(&v, (enum act)_i, &plan, 3);
	ck_assert_msg(v.bad == 0, "%lu of %lu: %s", v.bad, v.states, v.first);
	ck_assert_uint_gt(v.points, 40);
}
END_TEST

struct broken {
	enum act act;
	const char *path; /* ends so */
	enum faultio_sync how;
};

static enum faultio_sync
forget(void *arg, const char *path, bool is_dir)
{
	const struct broken *b = arg;
	size_t n = strlen(path), m = strlen(b->path);

	(void)is_dir;
	return n >= m && strcmp(path + n - m, b->path) == 0 ? b->how : FAULTIO_SYNC_DONE;
}

static struct broken brokens[] = {
	{ CREATE, "/.two.tmp", FAULTIO_SYNC_SKIPPED },
	{ CREATE, "/snapshots", FAULTIO_SYNC_SKIPPED },
	{ CREATE, "/manifest.json", FAULTIO_SYNC_SKIPPED },
	{ CREATE, "/schema.cql", FAULTIO_SYNC_SKIPPED },
	{ REMOVE, "/snapshots", FAULTIO_SYNC_SKIPPED },
	{ EXACT, "-TOC.txt.tmp", FAULTIO_SYNC_SKIPPED },
};

/* Bytes, too: a manifest or schema of zeros is not whole. */
static const char *
judge_bytes(struct memfs *fs)
{
	static const char *const files[] = { "manifest.json", "schema.cql", "me-3-big-TOC.txt" };
	char path[256];
	struct sst_buf b = { 0 };
	const char *bad = NULL;
	struct sst_err e;
	size_t i;

	for (i = 0; i < SST_ARRAY_LEN(files) && bad == NULL; i++) {
		snprintf(
		    path, sizeof(path), i < 2 ? SNAPSHOTS "/two/%s" : KT_FOLDER "/%s", files[i]);
		sst_buf_reset(&b);
		if (sst_io_read_file(memfs_io(fs), path, 4096, &b, &e) == 0 &&
		    (b.n == 0 || memchr(b.p, '\0', b.n) != NULL))
			bad = "bytes are missing";
	}
	sst_buf_free(&b);
	return bad;
}

START_TEST(a_missing_sync_is_seen)
{
	struct faultio_plan plan = { .sync = forget, .sync_arg = &brokens[_i] };
	struct memfs *fs = crash_start(), *after;
	struct faultio *f = faultio_new(memfs_io(fs));
	struct verdict v;
	struct sst_err e;
	unsigned seed;

	sweep(&v, brokens[_i].act, &plan, 4);
	faultio_plan(f, &plan);
	must(act(faultio_io(f), brokens[_i].act, &e), &e);
	for (seed = 0; seed < 8; seed++) {
		after = memfs_copy(fs);
		memfs_power_cut(after, seed == 0 ? MEMFS_NONE : MEMFS_TORN, seed);
		v.bad += judge_bytes(after) != NULL;
		memfs_free(after);
	}
	ck_assert_msg(v.bad > 0, "nobody saw that syncs of %s were left out", brokens[_i].path);
	faultio_free(f);
	memfs_free(fs);
}
END_TEST

static const struct {
	enum faultio_how how;
	int sys;
} failures[] = {
	{ FAULTIO_FAIL, EIO },
	{ FAULTIO_FAIL, ENOSPC },
	{ FAULTIO_SHORT, ENOSPC },
};

/* The n-th call fails and the process lives on. */
START_TEST(any_call_may_fail)
{
	enum act what = (enum act)(_i / (int)SST_ARRAY_LEN(failures));
	struct faultio_plan plan = { .how = failures[_i % (int)SST_ARRAY_LEN(failures)].how,
		.sys = failures[_i % (int)SST_ARRAY_LEN(failures)].sys };
	struct memfs *start = crash_start(), *fs;
	unsigned long calls = ULONG_MAX;
	struct verdict v = { 0 };
	struct faultio *f;
	struct sst_err e;
	int r;

	for (plan.at = 1; calls >= plan.at - 1; plan.at++) {
		fs = memfs_copy(start);
		f = faultio_new(memfs_io(fs));
		faultio_plan(f, &plan);
		r = act(faultio_io(f), what, &e);
		calls = faultio_calls(f);
		ck_assert_msg(memfs_nopen(fs) == 0, "call %lu leaks a descriptor", plan.at);
		count(&v, judge(fs, what, r == 0), faultio_failed(f), plan.at, -1);
		faultio_free(f);
		memfs_free(fs);
	}
	ck_assert_msg(v.bad == 0, "%lu of %lu: %s", v.bad, v.states, v.first);
	ck_assert_uint_gt(calls, 20);
	memfs_free(start);
}
END_TEST

START_TEST(memory_may_run_out)
{
	struct memfs *start = crash_start(), *fs;
	struct sst_arena a = { 0 };
	struct sst_snapshots all;
	struct sst_err e;
	unsigned long n;
	bool failed = true;
	int r;

	/* simdjson makes a list of what it can do at its first use, and aborts without memory */
	must(sst_snapshot_list(&all, &a, memfs_io(start), KT_FOLDER, &e), &e);
	sst_arena_free(&a);
	for (n = 1; failed; n++) {
		fs = memfs_copy(start);
		if (!nomem_arm(n)) {
			memfs_free(fs);
			break;
		}
		r = _i < ACTS ? act(memfs_io(fs), (enum act)_i, &e)
			      : sst_snapshot_list(&all, &a, memfs_io(fs), KT_FOLDER, &e);
		failed = nomem_disarm();
		sst_arena_free(&a);
		ck_assert_msg(r == 0 || failed, "allocation %lu: %s", n, e.what);
		ck_assert_uint_eq(memfs_nopen(fs), 0);
		if (_i < ACTS)
			ck_assert_ptr_null(judge(fs, (enum act)_i, r == 0));
		memfs_free(fs);
	}
	memfs_free(start);
}
END_TEST

Suite *
snapshot_suite(void)
{
	Suite *s = suite_create("snapshot");
	TCase *t = tcase_create("snapshot"), *c = tcase_create("crash");

	tcase_add_loop_test(t, manifests_of_all_ages, 0, SST_ARRAY_LEN(manifests));
	tcase_add_test(t, a_manifest_as_cassandra_writes_it);
	tcase_add_test(t, a_snapshot_stays_as_it_was);
	tcase_add_test(t, the_true_size_grows_as_files_go);
	tcase_add_test(t, names_that_are_none);
	tcase_add_test(t, snapshots_of_others);
	tcase_add_test(t, restored_beside_or_exactly);
	tcase_add_test(t, restored_by_copy);
	tcase_add_loop_test(t, what_is_not_whole_is_refused, 0, SST_ARRAY_LEN(damages));
	tcase_add_test(t, a_compaction_keeps_it_out);
	tcase_add_test(t, other_tables_and_partitioners);
	suite_add_tcase(s, t);
	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, stopped_at_any_call, 0, ACTS);
	tcase_add_loop_test(c, a_missing_sync_is_seen, 0, SST_ARRAY_LEN(brokens));
	tcase_add_loop_test(c, any_call_may_fail, 0, ACTS * SST_ARRAY_LEN(failures));
	tcase_add_loop_test(c, memory_may_run_out, 0, ACTS + 1);
	suite_add_tcase(s, c);
	return s;
}
