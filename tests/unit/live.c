/*
 * tests/unit/live.c: what is live, publication, recovery, and every crash point of a flush and of a
 * compaction.  A set here is files with made-up bytes; the room does not look into them.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/faultio.h"
#include "../support/memfs.h"
#include "base/num.h"
#include "live/lock.h"
#include "live/publish.h"
#include "live/recover.h"
#include "live/txnlog.h"

Suite *live_suite(void);

#define DIR "/d/t-1"

static const char *const components[] = { "Data.db", "Index.db", "Statistics.db", "TOC.txt.tmp" };

static void
put(const struct sst_io *io, const char *name, const char *text)
{
	char path[256];
	struct sst_err e;
	int fd;

	snprintf(path, sizeof(path), DIR "/%s", name);
	fd = sst_io_open(io, path, O_WRONLY | O_CREAT | O_TRUNC, &e);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(sst_io_write(io, fd, path, text, strlen(text), &e), 0);
	ck_assert_int_eq(sst_io_fsync(io, fd, path, &e), 0);
	ck_assert_int_eq(sst_io_close(io, fd, path, &e), 0);
}

static struct memfs *
folder(void)
{
	struct memfs *fs = memfs_new();
	const struct sst_io *io = memfs_io(fs);
	struct sst_err e;

	ck_assert_int_eq(sst_io_mkdir(io, "/d", &e), 0);
	ck_assert_int_eq(sst_io_mkdir(io, DIR, &e), 0);
	ck_assert_int_eq(sst_io_sync_dir(io, "/", &e), 0);
	ck_assert_int_eq(sst_io_sync_dir(io, "/d", &e), 0);
	return fs;
}

/* "me-1-big- me-2-big-" of what is live; with left, " !why:name" of what is not. */
static const char *
listing(const struct sst_io *io, bool foreign, bool left, char buf[1024])
{
	struct sst_live_folder f = { io, DIR, foreign };
	struct sst_arena a = { 0 };
	struct sst_live l;
	struct sst_err e;
	size_t i, n = 0;

	buf[0] = '\0';
	if (sst_live_list(&l, &a, &f, &e) == -1)
		ck_abort_msg("%s", e.what);
	for (i = 0; i < l.nsets; i++)
		n += (size_t)snprintf(buf + n, 1024 - n, "%s%s", n > 0 ? " " : "", l.sets[i].base);
	for (i = 0; left && i < l.nleft; i++)
		n += (size_t)snprintf(buf + n, 1024 - n, "%s!%s:%s", n > 0 ? " " : "",
		    sst_left_text(l.left[i].why), l.left[i].name);
	sst_arena_free(&a);
	return buf;
}

static const struct sst_publish_opts flush = { "me", "flush", 1790000000000000, { 1 } };
static const struct sst_publish_opts compaction = { "me", "compaction", 1790000001000000, { 2 } };

/* As a writer does: every component written and synced, whatever fails ends it. */
static int
write_set(const struct sst_io *io, const char *base, struct sst_err *e)
{
	char path[256];
	size_t i;
	int fd, r = 0;

	for (i = 0; i < SST_ARRAY_LEN(components) && r == 0; i++) {
		struct sst_err ignored;

		snprintf(path, sizeof(path), DIR "/%s%s", base, components[i]);
		if ((fd = sst_io_open(io, path, O_WRONLY | O_CREAT | O_TRUNC, e)) == -1)
			return -1;
		r = sst_io_write(io, fd, path, "whole", 5, e);
		if (r == 0)
			r = sst_io_fsync(io, fd, path, e);
		if (sst_io_close(io, fd, path, r == 0 ? e : &ignored) == -1)
			r = -1;
	}
	return r;
}

/* Adds a set and removes those named; 0 only when it is committed. */
static int
publish(const struct sst_io *io, const struct sst_publish_opts *o, const char *const *gone,
    bool *done, struct sst_err *e)
{
	struct sst_publish *p;
	const char *base;
	int r = -1;

	*done = false;
	if (sst_publish_begin(&p, io, DIR, o, e) == -1)
		return -1;
	if (sst_publish_add(p, (int32_t)SST_ARRAY_LEN(components), &base, e) == -1 ||
	    write_set(io, base, e) == -1 || sst_publish_ready(p, base, e) == -1)
		goto out;
	for (; gone != NULL && *gone != NULL; gone++)
		if (sst_publish_remove(p, *gone, e) == -1)
			goto out;
	r = sst_publish_commit(p, done, e);
out:
	sst_publish_close(p);
	return r;
}

static void
publish_ok(const struct sst_io *io, const struct sst_publish_opts *o, const char *const *gone)
{
	struct sst_err e;
	bool done;

	if (publish(io, o, gone, &done, &e) == -1)
		ck_abort_msg("%s: %s", e.file, e.what);
	ck_assert(done);
}

START_TEST(flushes_and_a_compaction)
{
	static const char *const two[] = { "me-1-big-", "me-2-big-", NULL };
	struct memfs *fs = folder();
	const struct sst_io *io = memfs_io(fs);
	char buf[1024];

	publish_ok(io, &flush, NULL);
	ck_assert_str_eq(listing(io, false, true, buf), "me-1-big-");
	publish_ok(io, &flush, NULL);
	ck_assert_str_eq(listing(io, false, true, buf), "me-1-big- me-2-big-");
	publish_ok(io, &compaction, two);
	ck_assert_str_eq(listing(io, false, true, buf), "me-3-big-");
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	memfs_free(fs);
}
END_TEST

START_TEST(two_writers_take_different_numbers)
{
	struct memfs *fs = folder();
	const struct sst_io *io = memfs_io(fs);
	struct sst_publish *p, *q;
	struct sst_recovery r;
	const char *a, *b, *c;
	char buf[1024];
	struct sst_err e;
	bool done;

	ck_assert_int_eq(sst_publish_begin(&p, io, DIR, &flush, &e), 0);
	ck_assert_int_eq(sst_publish_begin(&q, io, DIR, &flush, &e), 0); /* same time and chance */
	ck_assert_int_eq(sst_publish_add(p, 4, &a, &e), 0);
	ck_assert_int_eq(sst_publish_add(q, 4, &b, &e), 0);
	ck_assert_int_eq(sst_publish_add(p, 4, &c, &e), 0);
	ck_assert_str_eq(a, "me-1-big-");
	ck_assert_str_eq(b, "me-2-big-");
	ck_assert_str_eq(c, "me-3-big-");
	ck_assert_int_eq(write_set(io, a, &e), 0);
	ck_assert_int_eq(write_set(io, b, &e), 0);
	ck_assert_int_eq(write_set(io, c, &e), 0);
	ck_assert_int_eq(sst_publish_ready(p, a, &e), 0);
	ck_assert_int_eq(sst_publish_ready(q, b, &e), 0);
	ck_assert_str_eq(listing(io, false, true, buf),
	    "!unfinished:me-1-big- !unfinished:me-2-big- !unfinished:me-3-big-");
	/* recovery by a third leaves both alone */
	ck_assert_int_eq(sst_live_recover(&r, io, DIR, &e), 0);
	ck_assert_uint_eq(r.alive, 2);
	ck_assert_uint_eq(r.files, 0);
	ck_assert_int_eq(sst_publish_commit(p, &done, &e), -1); /* c is not ready */
	ck_assert(!done);
	ck_assert_int_eq(e.code, SST_EINVAL);
	ck_assert_int_eq(sst_publish_commit(q, &done, &e), 0);
	ck_assert_int_eq(sst_publish_ready(p, "me-9-big-", &e), -1);
	ck_assert_int_eq(sst_publish_ready(p, c, &e), 0);
	ck_assert_int_eq(sst_publish_commit(p, &done, &e), 0);
	ck_assert_int_eq(sst_publish_commit(p, &done, &e), -1); /* twice */
	sst_publish_close(p);
	sst_publish_close(q);
	ck_assert_str_eq(listing(io, false, true, buf), "me-1-big- me-2-big- me-3-big-");
	memfs_free(fs);
}
END_TEST

START_TEST(close_without_commit_undoes)
{
	struct memfs *fs = folder();
	const struct sst_io *io = memfs_io(fs);
	struct sst_publish *p;
	const char *base;
	struct sst_err e;
	uint64_t before;

	publish_ok(io, &flush, NULL);
	before = memfs_digest(fs, DIR);
	ck_assert_int_eq(sst_publish_begin(&p, io, DIR, &compaction, &e), 0);
	ck_assert_int_eq(sst_publish_add(p, 4, &base, &e), 0);
	ck_assert_int_eq(write_set(io, base, &e), 0);
	ck_assert_int_eq(sst_publish_ready(p, base, &e), 0);
	ck_assert_int_eq(sst_publish_remove(p, "me-1-big-", &e), 0);
	sst_publish_close(p);
	ck_assert_uint_eq(memfs_digest(fs, DIR), before);
	memfs_free(fs);
}
END_TEST

START_TEST(what_is_to_go_must_be_there)
{
	static const char *const gone[] = { "me-7-big-", NULL };
	struct memfs *fs = folder();
	struct sst_err e;
	bool done;

	ck_assert_int_eq(publish(memfs_io(fs), &compaction, gone, &done, &e), -1);
	ck_assert_int_eq(e.code, SST_EBUSY);
	ck_assert(!done);
	memfs_free(fs);
}
END_TEST

START_TEST(numbers_and_names_have_limits)
{
	struct memfs *fs = folder();
	const struct sst_io *io = memfs_io(fs);
	struct sst_publish *p;
	const char *base;
	struct sst_err e;

	put(io, "me-99999999999999999999-big-Data.db", "");
	put(io, "me-2147483648-big-Data.db", "");
	put(io, "nb-41-big-Data.db", "");
	put(io, "me-3gbz_0vc4_5sqnk2vhdx4vnv6hxn-big-Data.db", "");
	ck_assert_int_eq(sst_publish_begin(&p, io, DIR, &flush, &e), 0);
	ck_assert_int_eq(sst_publish_add(p, 4, &base, &e), 0);
	ck_assert_str_eq(base, "me-42-big-");
	put(io, "me-2147483647-big-Data.db", "");
	ck_assert_int_eq(sst_publish_add(p, 4, &base, &e), -1);
	ck_assert_int_eq(e.code, SST_ELIMIT);
	ck_assert_ptr_null(base);
	sst_publish_close(p);
	ck_assert_int_eq(sst_io_mkdir(io, "/d/a,b", &e), 0);
	ck_assert_int_eq(sst_publish_begin(&p, io, "/d/a,b", &flush, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	ck_assert_int_eq(sst_publish_begin(&p, io, "/nowhere", &flush, &e), -1);
	ck_assert_int_eq(e.sys, ENOENT);
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	memfs_free(fs);
}
END_TEST

START_TEST(sets_without_their_toc)
{
	struct memfs *fs = folder();
	const struct sst_io *io = memfs_io(fs);
	struct sst_recovery r;
	char buf[1024];
	struct sst_err e;

	put(io, "nb-10-big-Data.db", "");
	put(io, "nb-9-big-Data.db", "");
	put(io, "nb-9-big-TOC.txt", "");
	put(io, "nb-3-big-TOC.txt", "");
	put(io, "nb-4-big-Index.db", "");
	put(io, "da-3gbz_0vc4_5sqnk2vhdx4vnv6hxn-bti-Data.db", "");
	put(io, "da-3gbz_0vc4_5sqnk2vhdx4vnv6hxn-bti-TOC.txt", "");
	put(io, "schema.cql", "");
	put(io, "manifest.json", "");
	put(io, "me-5-big-TOC.txt.tmp", "");
	put(io, "me-6-big-TOC.txt.tmp", "Data.db\n");
	ck_assert_str_eq(listing(io, false, true, buf),
	    "da-3gbz_0vc4_5sqnk2vhdx4vnv6hxn-bti- nb-9-big- !without Data.db:nb-3-big- "
	    "!without TOC.txt:nb-4-big- !without TOC.txt:me-5-big- "
	    "!without TOC.txt:me-6-big- !without TOC.txt:nb-10-big-");
	ck_assert_str_eq(listing(io, true, false, buf),
	    "da-3gbz_0vc4_5sqnk2vhdx4vnv6hxn-bti- nb-9-big- nb-10-big-");
	/* of all this recovery removes the empty claim only */
	ck_assert_int_eq(sst_live_recover(&r, io, DIR, &e), 0);
	ck_assert_uint_eq(r.files, 1);
	ck_assert_uint_eq(r.claims, 1);
	ck_assert_int_eq(sst_live_recover(&r, io, DIR, &e), 0);
	ck_assert_uint_eq(r.files, 0);
	memfs_free(fs);
}
END_TEST

/* ---- logs that somebody left ---- */

#define COMMIT "COMMIT:[,0,0][2613697770]\n"
#define ABORT "ABORT:[,0,0][737437348]\n"
#define LOG "me_txn_compaction_01ff6a80-7c61-11ef-8b5c-e5fdd6b0ad16.log"

/* A log of records "A3", "R1" (mtime as on disk, or off by delta_ms), then last words as given. */
static void
put_log(const struct sst_io *io, const char *records, int64_t delta_ms, const char *last)
{
	struct sst_buf b = { 0 };
	struct sst_err e;
	const char *p;

	for (p = records; *p != '\0'; p += 2) {
		char path[256];
		struct sst_txn_record r = { *p == 'A' ? SST_TXN_ADD : SST_TXN_REMOVE, { NULL, 0 },
			0, (int32_t)SST_ARRAY_LEN(components) };
		struct sst_stat st;

		snprintf(path, sizeof(path), DIR "/me-%c-big-TOC.txt", p[1]);
		if (*p == 'R' && sst_io_stat(io, path, &st, &e) == 0)
			r.mtime_ms = st.mtime_ms + delta_ms;
		/* the directory has moved since */
		snprintf(path, sizeof(path), "/elsewhere/me-%c-big-", p[1]);
		r.path = sst_slice_str(path);
		sst_txnlog_put(&b, &r);
	}
	sst_buf_adds(&b, last);
	sst_buf_addc(&b, '\0');
	put(io, LOG, (char *)b.p);
	ck_assert_int_eq(sst_io_sync_dir(io, DIR, &e), 0);
	sst_buf_free(&b);
}

static const struct {
	const char *records, *last;
	int64_t delta_ms;
	const char *before, *after; /* recovery */
} left_logs[] = {
	{ "A3R1R2", COMMIT, 0, "me-3-big- !removed:me-1-big- !removed:me-2-big-", "me-3-big-" },
	{ "A3R1R2", COMMIT, 500, "me-3-big- !removed:me-1-big- !removed:me-2-big-", "me-3-big-" },
	{ "A3R1R2", "", 0, "me-1-big- me-2-big- !unfinished:me-3-big-", "me-1-big- me-2-big-" },
	{ "A3R1R2", ABORT, 0, "me-1-big- me-2-big- !unfinished:me-3-big-", "me-1-big- me-2-big-" },
	{ "", "", 0, "me-1-big- me-2-big- me-3-big-", "me-1-big- me-2-big- me-3-big-" },
	{ "A3R1R2", COMMIT, 60000, "me-1-big- me-2-big- me-3-big- !transaction log in doubt:" LOG,
	    NULL },
	{ "A3R1R2", "COMMIT:[,0,0][2613", 0,
	    "me-1-big- me-2-big- me-3-big- !transaction log in doubt:" LOG, NULL },
	{ "A3R1R2", COMMIT ABORT, 0, "me-1-big- me-2-big- me-3-big- !transaction log in doubt:" LOG,
	    NULL },
	{ "A3R1R2", "COMMIT:[,0,0][1]\n", 0,
	    "me-1-big- me-2-big- me-3-big- !transaction log in doubt:" LOG, NULL },
	{ "A3A3", COMMIT, 0, "me-1-big- me-2-big- me-3-big- !transaction log in doubt:" LOG, NULL },
	{ "A3R9", "", 0, "me-1-big- me-2-big- me-3-big- !transaction log in doubt:" LOG, NULL },
};

START_TEST(logs_that_dead_writers_left)
{
	struct memfs *fs = folder();
	const struct sst_io *io = memfs_io(fs);
	struct sst_recovery r;
	uint64_t before;
	char buf[1024];
	struct sst_err e;
	int i;

	for (i = 0; i < 3; i++)
		publish_ok(io, &flush, NULL);
	put_log(io, left_logs[_i].records, left_logs[_i].delta_ms, left_logs[_i].last);
	ck_assert_str_eq(listing(io, false, true, buf), left_logs[_i].before);
	before = memfs_digest(fs, DIR);
	ck_assert_int_eq(sst_live_recover(&r, io, DIR, &e), 0);
	if (left_logs[_i].after == NULL) {
		ck_assert_uint_eq(r.doubtful, 1);
		ck_assert_uint_eq(memfs_digest(fs, DIR), before);
	} else {
		ck_assert_str_eq(listing(io, false, true, buf), left_logs[_i].after);
		ck_assert_uint_eq(r.finished + r.undone, 1);
	}
	before = memfs_digest(fs, DIR);
	ck_assert_int_eq(sst_live_recover(&r, io, DIR, &e), 0);
	ck_assert_uint_eq(memfs_digest(fs, DIR), before);
	memfs_free(fs);
}
END_TEST

struct order {
	char last[32];
	int64_t newest;
	const struct sst_io *io;
};

/* At each call that removes a file of set 1 the newest of those left must be as new as before. */
static void
watch_order(void *arg, const char *op, const char *path)
{
	static const char *const all[] = { "Data.db", "Index.db", "Statistics.db", "TOC.txt" };
	struct order *o = arg;
	int64_t newest = 0;
	struct sst_stat st;
	char other[256];
	size_t i;

	if (strcmp(op, "unlink") != 0 || strstr(path, "me-1-big-") == NULL)
		return;
	for (i = 0; i < SST_ARRAY_LEN(all); i++) {
		snprintf(other, sizeof(other), DIR "/me-1-big-%s", all[i]);
		if (o->io->stat(o->io->ctx, other, &st) == 0 && st.mtime_ms > newest)
			newest = st.mtime_ms;
	}
	ck_assert(o->newest == 0 || newest == o->newest);
	o->newest = newest;
	snprintf(o->last, sizeof(o->last), "%s", strrchr(path, '-') + 1);
}

START_TEST(the_newest_file_goes_last)
{
	static const char *const one[] = { "me-1-big-", NULL };
	struct memfs *fs = folder();
	struct faultio *f = faultio_new(memfs_io(fs));
	struct order o = { .io = memfs_io(fs) };
	struct faultio_plan plan = { .before = watch_order, .before_arg = &o };
	struct sst_err e;
	int fd;

	publish_ok(memfs_io(fs), &flush, NULL);
	fd = sst_io_open(memfs_io(fs), DIR "/me-1-big-Index.db", O_RDWR, &e);
	memfs_io(fs)->set_mtime(memfs_io(fs)->ctx, fd, INT64_C(1890000000000));
	memfs_io(fs)->close(memfs_io(fs)->ctx, fd);
	faultio_plan(f, &plan);
	publish_ok(faultio_io(f), &compaction, one);
	ck_assert_str_eq(o.last, "Index.db");
	faultio_free(f);
	memfs_free(fs);
}
END_TEST

/* ---- readers ---- */

struct reader {
	const struct sst_io *io;
	char opened[1024];
	int calls;
	/* what others do while the first set is opened, that many times */
	int meanwhile;
	const char *const *gone;
	bool missing;
};

static int
reader_open(void *arg, const struct sst_live_set *set, struct sst_err *e)
{
	struct reader *r = arg;
	char path[256];
	int fd;

	if (r->calls++ == 0)
		r->opened[0] = '\0';
	if (r->meanwhile > 0 && (r->calls == 1 || strcmp(set->base, "me-3-big-") == 0)) {
		r->meanwhile--;
		publish_ok(r->io, &flush, r->gone);
		r->gone = NULL;
	}
	snprintf(path, sizeof(path), DIR "/%s%s", set->base, r->missing ? "Filter.db" : "Data.db");
	if ((fd = sst_io_open(r->io, path, O_RDONLY, e)) == -1)
		return -1;
	return sst_io_close(r->io, fd, path, e);
}

static int
read_live(struct reader *r, char buf[1024], struct sst_err *e)
{
	struct sst_live_folder f = { r->io, DIR, false };
	struct sst_live_opener opener = { reader_open, r };
	struct sst_arena a = { 0 };
	struct sst_live l;
	size_t i, n = 0;
	int rc;

	r->calls = 0;
	rc = sst_live_open(&l, &a, &f, &opener, e);

	buf[0] = '\0';
	for (i = 0; rc == 0 && i < l.nsets; i++)
		n += (size_t)snprintf(buf + n, 1024 - n, "%s%s", n > 0 ? " " : "", l.sets[i].base);
	sst_arena_free(&a);
	return rc;
}

START_TEST(readers_see_one_set_or_the_other)
{
	static const char *const two[] = { "me-1-big-", "me-2-big-", NULL };
	struct memfs *fs = folder();
	struct reader r = { .io = memfs_io(fs) };
	char buf[1024];
	struct sst_err e;

	publish_ok(r.io, &flush, NULL);
	publish_ok(r.io, &flush, NULL);
	ck_assert_int_eq(read_live(&r, buf, &e), 0);
	ck_assert_str_eq(buf, "me-1-big- me-2-big-");
	r.meanwhile = 1;
	r.gone = two;
	ck_assert_int_eq(read_live(&r, buf, &e), 0);
	ck_assert_str_eq(buf, "me-3-big-");
	r.meanwhile = 3;
	ck_assert_int_eq(read_live(&r, buf, &e), 0);
	ck_assert_str_eq(buf, "me-3-big- me-4-big- me-5-big- me-6-big-");
	r.meanwhile = 1000;
	ck_assert_int_eq(read_live(&r, buf, &e), -1);
	ck_assert_int_eq(e.code, SST_EBUSY);
	r.meanwhile = 0;
	r.missing = true; /* and stays so */
	ck_assert_int_eq(read_live(&r, buf, &e), -1);
	ck_assert_int_eq(e.sys, ENOENT);
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	memfs_free(fs);
}
END_TEST

/* ---- crashes ---- */

enum {
	FLUSH,
	COMPACTION
};

static const char *const olds[] = { "me-1-big-", "me-2-big-", NULL };

struct verdict {
	unsigned long points, states, bad;
	char first[2400];
};

static bool
is_whole(const struct sst_io *io, const char *base)
{
	static const char *const all[] = { "Data.db", "Index.db", "Statistics.db", "TOC.txt" };
	struct sst_buf b = { 0 };
	char path[256];
	struct sst_err e;
	bool whole = true;
	size_t i;

	for (i = 0; i < SST_ARRAY_LEN(all); i++) {
		sst_buf_reset(&b);
		snprintf(path, sizeof(path), DIR "/%s%s", base, all[i]);
		if (sst_io_read_file(io, path, 100, &b, &e) == -1 ||
		    !sst_slice_eq(sst_buf_slice(&b), SST_SLICE_LIT("whole")))
			whole = false;
	}
	sst_buf_free(&b);
	return whole;
}

/*
 * The words that are allowed after a crash: the old sets, the new one, or (only in doubt, or
 * after a compaction whose COMMIT is torn) both, and whatever is live is whole.
 */
static bool
allowed(const struct sst_io *io, int what, bool acked, const char *live)
{
	bool one = strstr(live, "me-1-big-") != NULL, two = strstr(live, "me-2-big-") != NULL;
	bool three = strstr(live, "me-3-big-") != NULL;

	if ((one && !is_whole(io, "me-1-big-")) || (two && !is_whole(io, "me-2-big-")) ||
	    (three && !is_whole(io, "me-3-big-")))
		return false;
	if (acked && !three)
		return false;
	if (what == FLUSH)
		return one && two;
	return three ? one == two && !(acked && one) : one && two;
}

static void
judge(struct verdict *v, struct memfs *fs, int what, bool acked, const char *when)
{
	const struct sst_io *io = memfs_io(fs);
	char before[1024], after[1024], last[1024];
	struct sst_recovery r;
	uint64_t settled;
	struct sst_err e;
	bool done, good;

	v->states++;
	listing(io, false, false, before);
	good = sst_live_recover(&r, io, DIR, &e) == 0;
	listing(io, false, false, after);
	good = good && strcmp(before, after) == 0 && allowed(io, what, acked, after);
	settled = memfs_digest(fs, DIR);
	good = good && sst_live_recover(&r, io, DIR, &e) == 0 && memfs_digest(fs, DIR) == settled &&
	    r.alive == 0;
	/* and life goes on */
	good = good && publish(io, &flush, NULL, &done, &e) == 0 &&
	    strlen(listing(io, false, false, last)) > strlen(after);
	if (!good && v->bad++ == 0)
		snprintf(v->first, sizeof(v->first), "%s: live %s, then %s", when, before, after);
}

static int
act(const struct sst_io *io, int what, struct sst_err *e)
{
	bool done;

	return publish(
	    io, what == FLUSH ? &flush : &compaction, what == FLUSH ? NULL : olds, &done, e);
}

/* Every call of one transaction, stopped before and after it, and every kind of power cut. */
static void
sweep(struct verdict *v, int what, const struct faultio_plan *plan, unsigned seeds)
{
	struct memfs *start = folder();
	unsigned long at;
	struct sst_err e;

	*v = (struct verdict){ 0 };
	publish_ok(memfs_io(start), &flush, NULL);
	publish_ok(memfs_io(start), &flush, NULL);
	memfs_power_cut(start, MEMFS_NONE, 0);
	for (at = 1;; at++) {
		struct memfs *fs = memfs_copy(start);
		struct faultio *f = faultio_new(memfs_io(fs));
		struct faultio_plan p = *plan;
		char when[96];
		unsigned seed;
		int cut, r;

		p.at = (at + 1) / 2;
		p.how = at % 2 == 1 ? FAULTIO_STOP : FAULTIO_STOP_AFTER;
		faultio_plan(f, &p);
		r = act(faultio_io(f), what, &e);
		v->points++;
		for (cut = MEMFS_NONE; cut <= MEMFS_TORN; cut++)
			for (seed = 0; seed < (cut <= MEMFS_ALL ? 1 : seeds); seed++) {
				struct memfs *after = memfs_copy(fs);

				memfs_power_cut(after, (enum memfs_cut)cut, seed);
				snprintf(when, sizeof(when), "call %lu (%s), cut %d, seed %u", p.at,
				    faultio_failed(f), cut, seed);
				judge(v, after, what, r == 0, when);
				memfs_free(after);
			}
		r = faultio_calls(f) < p.at ? 1 : 0; /* it was over before */
		faultio_free(f);
		memfs_free(fs);
		if (r == 1)
			break;
	}
	memfs_free(start);
}

START_TEST(crash_at_any_call)
{
	static const struct faultio_plan plan = { 0 };
	struct verdict v;

	sweep(&v, _i, &plan, 8);
	ck_assert_msg(v.bad == 0, "%lu of %lu: %s", v.bad, v.states, v.first);
	ck_assert_uint_gt(v.points, 60);
}
END_TEST

/* Which syncs a broken writer forgets, or does too late. */
struct broken {
	const char *what;
	enum faultio_sync how;
};

static enum faultio_sync
forget(void *arg, const char *path, bool is_dir)
{
	const struct broken *b = arg;

	if (strcmp(b->what, "folder") == 0)
		return is_dir ? b->how : FAULTIO_SYNC_DONE;
	return strstr(path, b->what) != NULL ? b->how : FAULTIO_SYNC_DONE;
}

static struct broken brokens[] = {
	{ "folder", FAULTIO_SYNC_SKIPPED },
	{ "folder", FAULTIO_SYNC_LATE }, /* COMMIT comes before it */
	{ "Data.db", FAULTIO_SYNC_SKIPPED },
	{ "TOC.txt.tmp", FAULTIO_SYNC_SKIPPED },
	{ ".log", FAULTIO_SYNC_SKIPPED },
};

START_TEST(a_missing_sync_is_seen)
{
	struct faultio_plan plan = { .sync = forget, .sync_arg = &brokens[_i] };
	struct verdict v, w;

	sweep(&v, FLUSH, &plan, 4);
	sweep(&w, COMPACTION, &plan, 4);
	ck_assert_msg(v.bad + w.bad > 0, "nobody saw that syncs of %s were left out or late",
	    brokens[_i].what);
}
END_TEST

static const struct {
	enum faultio_how how;
	int sys;
} failures[] = {
	{ FAULTIO_FAIL, EIO },
	{ FAULTIO_FAIL, ENOSPC },
	{ FAULTIO_FAIL, EMFILE },
	{ FAULTIO_SHORT, ENOSPC },
};

/* The n-th call fails and the process lives on: an error or success, as the folder says. */
START_TEST(any_call_may_fail)
{
	struct memfs *start = folder();
	int what = _i / (int)SST_ARRAY_LEN(failures);
	struct faultio_plan plan = { .how = failures[_i % (int)SST_ARRAY_LEN(failures)].how,
		.sys = failures[_i % (int)SST_ARRAY_LEN(failures)].sys };
	struct verdict v = { 0 };
	unsigned long calls = ULONG_MAX;
	struct sst_err e;

	publish_ok(memfs_io(start), &flush, NULL);
	publish_ok(memfs_io(start), &flush, NULL);
	for (plan.at = 1; calls >= plan.at - 1; plan.at++) {
		struct memfs *fs = memfs_copy(start);
		struct faultio *f = faultio_new(memfs_io(fs));
		char when[64], live[1024];
		int r;

		faultio_plan(f, &plan);
		r = act(faultio_io(f), what, &e);
		calls = faultio_calls(f);
		ck_assert_msg(memfs_nopen(fs) == 0, "call %lu leaks a descriptor", plan.at);
		listing(memfs_io(fs), false, false, live);
		ck_assert_msg(r == -1 || strstr(live, "me-3-big-") != NULL,
		    "false success at call %lu (%s)", plan.at, faultio_failed(f));
		snprintf(when, sizeof(when), "call %lu fails", plan.at);
		judge(&v, fs, what, r == 0, when);
		faultio_free(f);
		memfs_free(fs);
	}
	ck_assert_msg(v.bad == 0, "%lu of %lu: %s", v.bad, v.states, v.first);
	ck_assert_uint_gt(calls, 30);
	memfs_free(start);
}
END_TEST

/* Recovery that is itself cut short, at any call. */
START_TEST(recovery_may_die_too)
{
	struct memfs *start = folder();
	struct faultio_plan plan = { .how = FAULTIO_STOP };
	struct verdict v = { 0 };
	unsigned long calls = ULONG_MAX;
	struct sst_err e;

	publish_ok(memfs_io(start), &flush, NULL);
	publish_ok(memfs_io(start), &flush, NULL);
	publish_ok(memfs_io(start), &flush, NULL);
	put_log(memfs_io(start), "A3R1R2", 0, _i == 0 ? COMMIT : "");
	for (plan.at = 1; calls >= plan.at - 1; plan.at++) {
		struct memfs *fs = memfs_copy(start);
		struct faultio *f = faultio_new(memfs_io(fs));
		struct sst_recovery r;
		char when[64], live[1024];
		int cut;

		faultio_plan(f, &plan);
		sst_live_recover(&r, faultio_io(f), DIR, &e);
		calls = faultio_calls(f);
		for (cut = MEMFS_NONE; cut <= MEMFS_TORN; cut++) {
			struct memfs *after = memfs_copy(fs);

			memfs_power_cut(after, (enum memfs_cut)cut, 7);
			snprintf(when, sizeof(when), "recovery, call %lu, cut %d", plan.at, cut);
			listing(memfs_io(after), false, false, live);
			ck_assert_str_eq(live, _i == 0 ? "me-3-big-" : "me-1-big- me-2-big-");
			judge(&v, after, COMPACTION, _i == 0, when);
			memfs_free(after);
		}
		faultio_free(f);
		memfs_free(fs);
	}
	ck_assert_msg(v.bad == 0, "%lu of %lu: %s", v.bad, v.states, v.first);
	memfs_free(start);
}
END_TEST

START_TEST(a_lock_has_one_holder)
{
	struct memfs *fs = folder();
	const struct sst_io *io = memfs_io(fs);
	struct sst_lock a, b;
	struct sst_err e;

	ck_assert_int_eq(sst_lock_take(&a, io, DIR, "lock", false, &e), 0);
	ck_assert_int_eq(sst_lock_take(&b, io, DIR, "lock", false, &e), -1);
	ck_assert_int_eq(e.code, SST_EBUSY);
	ck_assert_str_eq(e.what, "held by another process");
	ck_assert_int_eq(sst_lock_sign(&a, "pid 4711\n", &e), 0);
	ck_assert_int_eq(sst_lock_take(&b, io, DIR, "lock", false, &e), -1);
	ck_assert_str_eq(e.what, "held by another process, pid 4711");
	sst_lock_drop(&a);
	ck_assert_int_eq(sst_lock_take(&b, io, DIR, "lock", false, &e), 0);
	sst_lock_drop(&b);
	sst_lock_drop(&b);
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	memfs_free(fs);
}
END_TEST

Suite *
live_suite(void)
{
	Suite *s = suite_create("live");
	TCase *t = tcase_create("live"), *c = tcase_create("crash");

	tcase_add_test(t, flushes_and_a_compaction);
	tcase_add_test(t, two_writers_take_different_numbers);
	tcase_add_test(t, close_without_commit_undoes);
	tcase_add_test(t, what_is_to_go_must_be_there);
	tcase_add_test(t, numbers_and_names_have_limits);
	tcase_add_test(t, sets_without_their_toc);
	tcase_add_loop_test(t, logs_that_dead_writers_left, 0, SST_ARRAY_LEN(left_logs));
	tcase_add_test(t, the_newest_file_goes_last);
	tcase_add_test(t, readers_see_one_set_or_the_other);
	tcase_add_test(t, a_lock_has_one_holder);
	suite_add_tcase(s, t);
	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, crash_at_any_call, FLUSH, COMPACTION + 1);
	tcase_add_loop_test(c, a_missing_sync_is_seen, 0, SST_ARRAY_LEN(brokens));
	tcase_add_loop_test(c, any_call_may_fail, 0, 2 * SST_ARRAY_LEN(failures));
	tcase_add_loop_test(c, recovery_may_die_too, 0, 2);
	suite_add_tcase(s, c);
	return s;
}
