/*
 * tests/unit/storelog.c: a store and its commit log: what was acknowledged outlives the process and the
 * power, in each mode, at any call; what is in SSTables leaves the log, durably; what a crash left that
 * cannot be taken in is kept and named.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/faultio.h"
#include "../support/memfs.h"
#include "../support/nomem.h"
#include "../support/stores.h"
#include "base/num.h"
#include "commitlog/log.h"

Suite *storelog_suite(void);

#define LOG "/d/commitlog"
#define OLD 6   /* rows in SSTables */
#define LEFT 20 /* rows that a crash left in the log */
#define NEW 48  /* rows that come now */
/* So long that what is not synced spans blocks of a disk, and a dozen rows fill a segment. */
#define VALUE \
	"a value that is rather long, so that a few of them do not fit into one block of a disk, " \
	"which a torn write may then have or not have, one by one"

static void
settle(struct sst_store *s, struct sst_logpos *acked)
{
	char text[512];
	struct sst_err e;

	if (sst_store_settle(s, acked, &e) == -1)
		ck_abort_msg("%s", sst_err_text(&e, text, sizeof(text)));
}

/* ---- modes ---- */

static int64_t clock_ms;

static int64_t
now(void *arg)
{
	(void)arg;
	return clock_ms;
}

/* What a mode acknowledges, and what is left when the process dies, and when the power goes. */
static const struct {
	enum sst_sync sync;
	int64_t wait_ms;
	bool acked, killed, cut;
	int due_ms; /* after the write and a settle */
} modes[] = {
	{ SST_SYNC_PERIODIC, 1, true, true, false, 9999 },
	{ SST_SYNC_PERIODIC, 10000, true, true, true, -1 },
	{ SST_SYNC_GROUP, 4, false, true, false, 6 },
	{ SST_SYNC_GROUP, 10, true, true, true, -1 },
	{ SST_SYNC_BATCH, 0, true, true, true, -1 },
	{ SST_SYNC_NONE, 10000, false, false, false, -1 },
};

static bool
has_row(struct memfs *fs)
{
	struct sst_store *s = kt_open_reader(memfs_io(fs));
	struct sst_buf b = { 0 };
	bool has = strcmp(kt_all(s, &b), "1:1=x ") == 0;

	ck_assert(has || b.n == 1);
	kt_finish(s);
	sst_buf_free(&b);
	return has;
}

START_TEST(what_a_mode_promises)
{
	struct sst_store_opts o = kt_log_options(modes[_i].sync);
	struct memfs *fs = memfs_new(), *killed, *cut;
	struct sst_logpos acked;
	struct sst_store *s;

	clock_ms = 1000000;
	o.now_ms = now;
	s = kt_open_with(memfs_io(fs), &o);
	kt_put(s, 1, 1, "x");
	ck_assert(!has_row(fs)); /* in memory only: an append is no write */
	clock_ms += modes[_i].wait_ms;
	settle(s, &acked);
	ck_assert_int_eq(acked.offset > 0, modes[_i].acked);
	ck_assert_int_eq(sst_store_due_ms(s), modes[_i].due_ms);
	ck_assert_int_eq(has_row(fs), modes[_i].killed); /* beside a writer that lives, too */
	killed = memfs_copy(fs);
	cut = memfs_copy(fs);
	memfs_power_cut(killed, MEMFS_ALL, 0);
	memfs_power_cut(cut, MEMFS_NONE, 0);
	ck_assert_int_eq(has_row(killed), modes[_i].killed);
	ck_assert_int_eq(has_row(cut), modes[_i].cut);
	kt_finish(s);
	ck_assert(has_row(fs));
	memfs_free(killed);
	memfs_free(cut);
	memfs_free(fs);
}
END_TEST

/* When a store finds out that the log has no room: a sync is due, a segment ends, its buffer is full. */
static const struct {
	enum sst_sync sync;
	uint32_t segment_size;
	int64_t later_ms;
} full_logs[] = {
	{ SST_SYNC_PERIODIC, 0, 10000 },
	{ SST_SYNC_PERIODIC, 0, 0 },
	{ SST_SYNC_PERIODIC, 1024, 0 },
	{ SST_SYNC_GROUP, 0, 10 },
	{ SST_SYNC_BATCH, 0, 0 },
	{ SST_SYNC_BATCH, 1024, 0 },
};

static int
rows_of_2(struct sst_store *s)
{
	struct sst_buf b = { 0 };
	uint32_t key;
	struct sst_read read = kt_partition(&key, 2);
	const char *p = kt_read_text(s, &read, NULL, &b);
	int n = 0;

	for (; (p = strstr(p, "=y ")) != NULL; p++)
		n++;
	sst_buf_free(&b);
	return n;
}

/* What is refused was not taken in: it is not there, then or later. */
START_TEST(a_full_log_takes_nothing_in)
{
	struct sst_store_opts o = kt_log_options(full_logs[_i].sync);
	struct memfs *fs = memfs_new();
	struct faultio *f = faultio_new(memfs_io(fs));
	struct faultio_plan full = { .at = 1, .how = FAULTIO_FULL, .sys = ENOSPC }, none = { 0 };
	struct sst_store *s;
	struct sst_err e;
	int taken = 0;

	clock_ms = 1000000;
	o.now_ms = now;
	o.segment_size = full_logs[_i].segment_size;
	s = kt_open_with(faultio_io(f), &o);
	kt_put(s, 1, 0, "x");
	faultio_plan(f, &full);
	clock_ms += full_logs[_i].later_ms;
	while (taken < 100000 && kt_try_put(s, 2, taken, "y", &e) == 0)
		taken++;
	ck_assert_int_lt(taken, 100000);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(e.sys, ENOSPC);
		ck_assert(!e.doubt);
		ck_assert_int_eq(rows_of_2(s), taken);
		ck_assert_int_eq(kt_try_put(s, 2, taken, "y", &e), -1);
	}
	faultio_plan(f, &none);
	kt_put(s, 3, 0, "z");
	ck_assert_int_eq(rows_of_2(s), taken);
	kt_finish(s);
	s = kt_open_reader(memfs_io(fs));
	ck_assert_int_eq(rows_of_2(s), taken);
	kt_finish(s);
	faultio_free(f);
	memfs_free(fs);
}
END_TEST

/* Those who only put are synced too, when the time has come. */
START_TEST(a_period_ends_without_a_settle)
{
	struct sst_store_opts o = kt_log_options(SST_SYNC_PERIODIC);
	struct memfs *fs = memfs_new();
	struct sst_logpos pos;
	struct sst_store *s;
	struct sst_db *db;
	struct sst_err e;
	int i;

	clock_ms = 1000000;
	o.now_ms = now;
	o.segment_size = 0;
	s = kt_open_with(memfs_io(fs), &o);
	db = sst_store_db(s);
	for (i = 0; i < 200; i++)
		kt_put(s, 1, i, "x");
	db->ops->synced(db, &pos, &e);
	ck_assert_uint_eq(pos.offset, 0);
	clock_ms += 10000;
	for (i = 0; i < 200; i++)
		kt_put(s, 1, i, "x");
	db->ops->synced(db, &pos, &e);
	ck_assert_uint_gt(pos.offset, 0);
	sst_store_drop(s);
	memfs_free(fs);
}
END_TEST

START_TEST(sync_waits_for_a_position)
{
	struct sst_store_opts o = kt_log_options(SST_SYNC_PERIODIC);
	struct memfs *fs = memfs_new();
	struct faultio *f = faultio_new(memfs_io(fs));
	struct sst_store *s = kt_open_with(faultio_io(f), &o);
	struct sst_db *db = sst_store_db(s);
	struct faultio_plan none = { 0 };
	struct sst_logpos pos, synced;
	struct sst_err e;

	ck_assert_int_eq(kt_put_static(s, 1, "s", &e), 0);
	kt_put(s, 1, 1, "x");
	settle(s, &pos);
	db->ops->synced(db, &synced, &e);
	ck_assert_int_lt(sst_logpos_cmp(synced, pos), 0);
	ck_assert_int_eq(db->ops->sync(db, &pos, &e), 0);
	db->ops->synced(db, &synced, &e);
	ck_assert_int_eq(sst_logpos_cmp(synced, pos), 0);
	faultio_plan(f, &none);
	ck_assert_int_eq(db->ops->sync(db, &pos, &e), 0);
	ck_assert_uint_eq(faultio_calls(f), 0); /* it was */
	sst_store_drop(s);
	faultio_free(f);
	memfs_free(fs);
}
END_TEST

/* As a reactor does it: writes go on while somebody else waits for the disk. */
START_TEST(a_sync_need_not_be_waited_for)
{
	struct sst_store_opts o = kt_log_options(SST_SYNC_GROUP);
	struct memfs *fs = memfs_new(), *cut;
	struct sst_store *s = (o.now_ms = now, kt_open_with(memfs_io(fs), &o));
	struct sst_db *db = sst_store_db(s);
	struct sst_logpos before, synced;
	struct sst_err e;
	int fd;

	ck_assert_int_eq(sst_store_sync_begin(s, &fd, &e), 0);
	kt_put(s, 1, 1, "x");
	ck_assert_int_eq(sst_store_sync_begin(s, &fd, &e), SST_ONE);
	kt_put(s, 1, 2, "y");
	clock_ms += 1000;
	ck_assert_int_eq(sst_store_due_ms(s), -1);
	settle(s, &synced);
	ck_assert_uint_eq(synced.segment, 0);
	db->ops->synced(db, &before, &e);
	ck_assert_int_eq(memfs_io(fs)->fdatasync(memfs_io(fs)->ctx, fd), 0);
	ck_assert_int_eq(sst_store_sync_end(s, 0, &e), 0);
	db->ops->synced(db, &synced, &e);
	ck_assert_int_gt(sst_logpos_cmp(synced, before), 0);
	cut = memfs_copy(fs);
	memfs_power_cut(cut, MEMFS_NONE, 0);
	ck_assert(has_row(cut));
	memfs_free(cut);
	ck_assert_int_eq(sst_store_sync_begin(s, &fd, &e), SST_ONE);
	ck_assert_int_eq(sst_store_sync_end(s, -EIO, &e), -1);
	ck_assert_int_eq(kt_try_put(s, 1, 3, "z", &e), -1);
	sst_store_drop(s);
	o.sync = SST_SYNC_NONE;
	s = kt_open_with(memfs_io(fs), &o);
	kt_put(s, 1, 4, "a");
	ck_assert_int_eq(sst_store_sync_begin(s, &fd, &e), 0); /* there is no log */
	ck_assert_int_eq(sst_store_sync_end(s, 0, &e), 0);
	sst_store_drop(s);
	memfs_free(fs);
}
END_TEST

static struct sst_store_opts crash_options(enum sst_sync);
static struct memfs *crash_start(void);

/* ---- segments go ---- */

START_TEST(what_is_in_sstables_leaves_the_log)
{
	struct sst_store_opts o = kt_log_options(SST_SYNC_BATCH);
	struct memfs *fs = memfs_new(), *cut;
	struct sst_store *s = kt_open_with(memfs_io(fs), &o);
	struct sst_logpos acked, before = { 0, 0 };
	int i;

	for (i = 0; i < 40; i++) {
		kt_put(s, 1, i, "x");
		settle(s, &acked);
		ck_assert_int_gt(sst_logpos_cmp(acked, before), 0);
		before = acked;
	}
	ck_assert_uint_gt(kt_count_log(fs, ".log"), 3);
	kt_flush(s);
	cut = memfs_copy(fs);
	memfs_power_cut(cut, MEMFS_NONE, 0); /* they went durably */
	ck_assert_uint_eq(kt_count_log(cut, ".log"), 0);
	memfs_free(cut);
	sst_store_drop(s);
	s = kt_open_with(memfs_io(fs), &o);
	ck_assert_str_eq(kt_told, "");
	kt_put(s, 1, 40, "x");
	settle(s, &acked);
	ck_assert_uint_eq(kt_count_log(fs, ".log"), 1);
	kt_finish(s);
	ck_assert_uint_eq(kt_count_log(fs, ".log"), 0);
	memfs_free(fs);
}
END_TEST

static int
put_other(struct sst_store *s, int a, struct sst_err *e)
{
	const struct sst_table *t = kt_table_of(s, "u");
	uint32_t key = __builtin_bswap32((uint32_t)a);
	struct sst_cell cell = { .ts_us = 1, .ldt_s = SST_NO_LDT, .value = SST_SLICE_LIT("other") };
	struct sst_row row = {
		.live = { 1, 0, SST_NO_LDT }, .del = SST_LIVE, .ncells = 1, .cells = &cell
	};
	struct sst_slice none = { NULL, 0 };
	struct sst_update u = { .table = t,
		.part = { { (uint8_t *)&key, 4 }, 0, SST_LIVE },
		.nrows = 1,
		.rows = &row };

	row.ck = &none;
	u.part.token = sst_token(u.part.key);
	return sst_store_db(s)->ops->apply(sst_store_db(s), &u, NULL, e);
}

/* A segment waits for each table that has something in it, and a table that is never full does not
 * keep the log for ever. */
START_TEST(a_quiet_table_holds_segments_back_for_a_while)
{
	struct sst_store_opts o = kt_log_options(SST_SYNC_BATCH);
	struct memfs *fs = memfs_new();
	struct sst_store *s;
	struct sst_logpos acked;
	size_t files, most = 0, fell = 0, last = 0;
	struct sst_err e;
	int i;

	o.log_max = 20 << 10;
	s = kt_open_with(memfs_io(fs), &o);
	ck_assert_int_eq(put_other(s, 7, &e), 0);
	for (i = 0; i < 1000; i++) {
		kt_put(s, 1, i, "a text of some length, so that segments are full in time");
		settle(s, &acked);
		files = kt_count_log(fs, ".log");
		most = files > most ? files : most;
		fell += files < last;
		last = files;
	}
	ck_assert_uint_eq(most, 21);
	ck_assert_uint_gt(fell, 2);
	kt_finish(s);
	memfs_free(fs);
}
END_TEST

START_TEST(segments_are_kept_on_request)
{
	struct sst_store_opts o = kt_log_options(SST_SYNC_PERIODIC);
	struct memfs *fs = memfs_new();
	struct sst_store *s;
	struct sst_buf b = { 0 };
	size_t files;
	int i;

	o.keep_log = true;
	s = kt_open_with(memfs_io(fs), &o);
	for (i = 0; i < 40; i++) {
		kt_put(s, 1, i, "x");
		if (i == 20)
			kt_flush(s);
	}
	kt_finish(s);
	memfs_power_cut(fs, MEMFS_NONE, 0);
	ck_assert_uint_gt(kt_count_log(fs, ".log"), 2);
	s = kt_open_reader(memfs_io(fs)); /* the same rows twice are one */
	kt_all(s, &b);
	ck_assert_uint_eq(b.n, strlen("1:0=x ") * 10 + strlen("1:10=x ") * 30 + 1);
	kt_finish(s);
	files = kt_count_log(fs, ".log");
	s = kt_open_with(memfs_io(fs), &o);
	kt_put(s, 1, 40, "x");
	kt_finish(s);
	ck_assert_uint_eq(kt_count_log(fs, ".log"), files + 1);
	o.keep_log = false;
	kt_finish(kt_open_with(memfs_io(fs), &o));
	ck_assert_ptr_nonnull(strstr(kt_told, "replayed 41 changes from"));
	ck_assert_uint_eq(kt_count_log(fs, ".log"), 0);
	sst_buf_free(&b);
	memfs_free(fs);
}
END_TEST

/* One that a crash tore does not stay: what follows it would make it damage. */
START_TEST(a_torn_segment_is_not_kept)
{
	struct memfs *fs = crash_start();
	struct sst_store_opts o = crash_options(SST_SYNC_BATCH);
	size_t files = kt_count_log(fs, ".log");
	struct sst_store *s;

	o.keep_log = true;
	s = kt_open_with(memfs_io(fs), &o);
	ck_assert_uint_eq(kt_count_log(fs, ".log"), files - 1);
	kt_put(s, 1, 40, "x");
	kt_finish(s);
	kt_finish(kt_open_reader(memfs_io(fs)));
	kt_finish(kt_open_with(memfs_io(fs), &o));
	memfs_free(fs);
}
END_TEST

/* ---- refused ---- */

START_TEST(a_write_may_have_half_a_segment)
{
	struct sst_store_opts o = kt_log_options(SST_SYNC_BATCH);
	struct memfs *fs = memfs_new();
	struct sst_store *s = kt_open_with(memfs_io(fs), &o);
	char large[600];
	struct sst_logpos acked;
	struct sst_buf b = { 0 };
	struct sst_err e;

	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	kt_put(s, 1, 1, "x");
	ck_assert_int_eq(kt_try_put(s, 1, 2, large, &e), -1);
	ck_assert_int_eq(e.code, SST_ELIMIT);
	ck_assert_ptr_nonnull(strstr(e.what, "more than half a commit log segment"));
	ck_assert_str_eq(kt_all(s, &b), "1:1=x ");
	kt_put(s, 1, 3, "y"); /* and it goes on */
	settle(s, &acked);
	sst_store_drop(s);
	s = kt_open_reader(memfs_io(fs));
	ck_assert_str_eq(kt_all(s, &b), "1:1=x 1:3=y ");
	kt_finish(s);
	sst_buf_free(&b);
	memfs_free(fs);
}
END_TEST

/* What memory does not take is not in the log either. */
START_TEST(a_change_that_contradicts_the_table)
{
	struct sst_store_opts o = kt_log_options(SST_SYNC_BATCH);
	struct memfs *fs = memfs_new();
	struct sst_store *s = kt_open_with(memfs_io(fs), &o);
	uint32_t ka = __builtin_bswap32(1);
	struct sst_slice ck = SST_SLICE_LIT("\0\0\1"); /* an int of three bytes */
	struct sst_row row = { .ck = &ck, .live = { 5, 0, SST_NO_LDT }, .del = SST_LIVE };
	struct sst_update u = { .table = kt_table_of(s, "t"),
		.part = { { (uint8_t *)&ka, 4 }, 0, SST_LIVE },
		.nrows = 1,
		.rows = &row };
	struct sst_logpos acked, before;
	struct sst_buf b = { 0 };
	struct sst_err e;

	u.part.token = sst_token(u.part.key);
	kt_put(s, 1, 1, "x");
	settle(s, &before);
	ck_assert_int_eq(sst_store_db(s)->ops->apply(sst_store_db(s), &u, NULL, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	settle(s, &acked);
	ck_assert_int_eq(sst_logpos_cmp(acked, before), 0);
	ck_assert_int_eq(sst_store_due_ms(s), -1);
	kt_put(s, 1, 2, "y");
	settle(s, &acked);
	sst_store_drop(s);
	s = kt_open_with(memfs_io(fs), &o); /* nothing there that cannot be taken in */
	ck_assert_str_eq(kt_all(s, &b), "1:1=x 1:2=y ");
	kt_finish(s);
	sst_buf_free(&b);
	memfs_free(fs);
}
END_TEST

/* After a sync that failed nothing is acknowledged and nothing taken in, with the reason; what is in
 * memory still becomes SSTables. */
START_TEST(after_a_sync_that_failed)
{
	struct sst_store_opts o = kt_log_options(SST_SYNC_BATCH);
	struct memfs *fs = memfs_new();
	struct faultio *f = faultio_new(memfs_io(fs));
	struct faultio_plan plan = { .at = 2, .how = FAULTIO_FAIL, .sys = EIO }, none = { 0 };
	struct sst_store *s = kt_open_with(faultio_io(f), &o);
	struct sst_logpos acked;
	struct sst_buf b = { 0 };
	struct sst_err e;

	kt_put(s, 1, 1, "x");
	settle(s, &acked);
	kt_put(s, 1, 2, "y");
	faultio_plan(f, &plan); /* write, fdatasync */
	ck_assert_int_eq(sst_store_settle(s, &acked, &e), -1);
	ck_assert_str_eq(faultio_failed(f), "fsync");
	faultio_plan(f, &none);
	ck_assert_int_eq(sst_store_settle(s, &acked, &e), -1);
	ck_assert_uint_eq(acked.offset, 0);
	ck_assert_int_eq(kt_try_put(s, 1, 3, "z", &e), -1);
	ck_assert_ptr_nonnull(strstr(e.what, "before a restart"));
	ck_assert_ptr_nonnull(strstr(e.file, "CommitLog-7-"));
	ck_assert_int_eq(e.sys, EIO);
	ck_assert_str_eq(kt_all(s, &b), "1:1=x 1:2=y ");
	kt_flush(s);
	ck_assert_int_eq(sst_store_settle(s, &acked, &e), -1);
	sst_store_drop(s);
	s = kt_open_reader(memfs_io(fs));
	ck_assert_str_eq(kt_all(s, &b), "1:1=x 1:2=y ");
	kt_finish(s);
	sst_buf_free(&b);
	faultio_free(f);
	memfs_free(fs);
}
END_TEST

/* ---- crashes ---- */

static struct sst_store_opts
crash_options(enum sst_sync sync)
{
	struct sst_store_opts o = kt_log_options(sync);

	o.segment_size = 2048;
	o.now_ms = now; /* which stands still: the same history each time */
	clock_ms = 1000000;
	return o;
}

/* A directory with OLD rows in SSTables, and LEFT in the log of a process that died; the last of them
 * half written. */
static struct memfs *
crash_start(void)
{
	struct sst_store_opts o = crash_options(SST_SYNC_PERIODIC);
	struct memfs *fs = memfs_new(), *died;
	struct sst_store *s = kt_open_with(memfs_io(fs), &o);
	struct sst_logpos acked;
	unsigned seed = 0;
	int i;

	for (i = 0; i < OLD; i++)
		kt_put(s, i, 0, VALUE);
	kt_flush(s);
	for (; i < OLD + LEFT; i++)
		kt_put(s, i, 0, VALUE);
	sst_store_db(s)->ops->sync(
	    sst_store_db(s), &(struct sst_logpos){ UINT64_MAX, 0 }, &(struct sst_err){ 0 });
	kt_put(s, i, 0, "torn");
	settle(s, &acked);
	do { /* a cut that leaves a torn tail, whatever else it leaves */
		died = memfs_copy(fs);
		memfs_power_cut(died, MEMFS_TORN, seed++);
		kt_told[0] = '\0';
		o.read_only = false;
		{
			struct memfs *tried = memfs_copy(died);

			kt_finish(kt_open_with(memfs_io(tried), &o));
			memfs_free(tried);
		}
		if (strstr(kt_told, "unfinished write") != NULL)
			break;
		memfs_free(died);
	} while (seed < 200);
	ck_assert_uint_lt(seed, 200);
	sst_store_drop(s);
	memfs_free(fs);
	return died;
}

/* Opens, which recovers; puts and flushes and puts, and closes.  Counts rows that were acknowledged. */
static int
crash_act(const struct sst_io *io, enum sst_sync sync, int *acked, struct sst_err *e)
{
	struct sst_store_opts o = crash_options(sync);
	struct sst_logpos pos;
	struct sst_store *s;
	int i, r = 0;

	*acked = 0;
	if (sst_store_open(&s, io, "/d", &o, e) == -1)
		return -1;
	for (i = 0; i < NEW && r == 0; i++) {
		r = kt_try_put(s, OLD + LEFT + i, 0, VALUE, e);
		if (r == 0 && i % (i < 18 ? 3 : 7) == 2 && (r = sst_store_settle(s, &pos, e)) == 0)
			*acked = i + 1;
		if (r == 0 && i == 32 && (r = sst_store_flush(s, e)) == 0)
			*acked = i + 1;
	}
	if (r == -1) {
		sst_store_drop(s);
		return -1;
	}
	if ((r = sst_store_close(s, e)) == 0)
		*acked = NEW;
	return r;
}

/* Rows that come one after the other, without a hole; -1 when there is one, or a half row. */
static int
count_rows(struct sst_store *s)
{
	bool there[OLD + LEFT + NEW] = { false };
	const struct sst_item *item;
	struct sst_stream *rows;
	struct sst_err e;
	int got, a = -1, n = 0, all = 0;

	rows = kt_start(s, &kt_everything, NULL);
	while ((got = sst_stream_next(rows, &item, &e)) == SST_ONE) {
		if (item->kind == SST_PARTITION)
			a = kt_get_int(item->part.key);
		if (item->kind != SST_ROW || item->row.ncells != 1 || a < 0)
			continue;
		if (a == OLD + LEFT &&
		    sst_slice_eq(item->row.cells[0].value, SST_SLICE_LIT("torn")))
			continue; /* it was never acknowledged; may be whole after all */
		if (a >= (int)SST_ARRAY_LEN(there) || there[a] ||
		    !sst_slice_eq(item->row.cells[0].value, SST_SLICE_LIT(VALUE)))
			n = -1;
		else
			there[a] = true;
		all++;
	}
	sst_stream_close(rows);
	if (got != 0 || n == -1)
		return -1;
	while (n < (int)SST_ARRAY_LEN(there) && there[n])
		n++;
	return n == all ? n : -1;
}

/* NULL, or what is wrong with a directory after a crash. */
static const char *
crash_judge(struct memfs *fs, int acked)
{
	struct sst_store_opts ro = { .read_only = true }, rw = crash_options(SST_SYNC_BATCH);
	struct sst_store *s;
	struct sst_err e;
	int n, i, again;

	if (sst_store_open(&s, memfs_io(fs), "/d", &ro, &e) == -1)
		return "does not open for reading";
	n = count_rows(s);
	sst_store_drop(s);
	if (n < 0)
		return "a row is half there, twice, or missing between others";
	if (n < OLD + LEFT + acked)
		return "acknowledged rows are lost";
	for (i = 0; i < 2; i++) { /* the second time there is nothing to recover */
		if (sst_store_open(&s, memfs_io(fs), "/d", &rw, &e) == -1)
			return "does not open for writing";
		again = count_rows(s);
		sst_store_drop(s);
		if (again != n)
			return "recovery changed what there is";
	}
	return kt_count_log(fs, ".log") == 0 ? NULL : "recovery left segments";
}

/* Leaves out the n-th sync of those that the log asks for. */
struct leave_out {
	unsigned long calls, n;
	struct faultio *f;
	unsigned long at; /* which call it was */
	char path[128];
	bool is_dir;
};

static enum faultio_sync
leave_out(void *arg, const char *path, bool is_dir)
{
	struct leave_out *l = arg;

	if (strstr(path, "commitlog") == NULL || ++l->calls != l->n)
		return FAULTIO_SYNC_DONE;
	if (l->f != NULL)
		l->at = faultio_calls(l->f);
	l->is_dir = is_dir;
	snprintf(l->path, sizeof(l->path), "%s", path);
	return FAULTIO_SYNC_SKIPPED;
}

struct crash {
	enum sst_sync sync;
	bool kill_only; /* no power cut */
	unsigned seeds;
	bool to_first;             /* failure */
	unsigned long from, calls; /* that it may stop at; calls 0: all */
	unsigned long states, bad;
	char first[256];
};

static void
crash_state(struct crash *c, struct memfs *fs, const char *where, enum memfs_cut cut, unsigned seed,
    int acked)
{
	struct memfs *after = memfs_copy(fs);
	const char *bad;

	memfs_power_cut(after, cut, seed);
	c->states++;
	bad = crash_judge(after, acked);
	if (bad != NULL && c->bad++ == 0)
		snprintf(c->first, sizeof(c->first), "%s, cut %d, seed %u: %s", where, (int)cut,
		    seed, bad);
	memfs_free(after);
}

static void
crash_sweep(struct crash *c, const struct memfs *from, const struct faultio_plan *plan)
{
	unsigned long at;
	bool over = false;
	char where[64];
	struct sst_err e;
	unsigned seed;
	int cut, acked;

	for (at = 2 * c->from + 1; !over && !(c->to_first && c->bad > 0); at++) {
		struct memfs *fs = memfs_copy(from);
		struct faultio *f = faultio_new(memfs_io(fs));
		struct faultio_plan p = *plan;

		if (plan->sync != NULL)
			((struct leave_out *)p.sync_arg)->calls = 0;
		p.at = (at + 1) / 2;
		p.how = at % 2 == 1 ? FAULTIO_STOP : FAULTIO_STOP_AFTER;
		faultio_plan(f, &p);
		crash_act(faultio_io(f), c->sync, &acked, &e);
		over = faultio_calls(f) < p.at || (c->calls > 0 && p.at > c->from + c->calls);
		snprintf(where, sizeof(where), "call %lu (%s)", p.at, faultio_failed(f));
		if (c->kill_only)
			crash_state(c, fs, where, MEMFS_ALL, 0, acked);
		for (cut = MEMFS_NONE; cut <= MEMFS_TORN && !c->kill_only; cut++)
			for (seed = 0; seed < (cut <= MEMFS_ALL ? 1 : c->seeds) &&
			     !(c->to_first && c->bad > 0);
			     seed++)
				crash_state(c, fs, where, (enum memfs_cut)cut, seed, acked);
		faultio_free(f);
		memfs_free(fs);
	}
}

/* One call fails, and after that the power does: what was acknowledged is there. */
START_TEST(any_call_may_fail)
{
	struct memfs *from = crash_start();
	struct faultio_plan plan = { .how = faultio_failures[_i].how,
		.sys = faultio_failures[_i].sys };
	bool over = false;
	const char *bad;
	struct sst_err e;
	int acked, r;

	for (plan.at = 1; !over; plan.at++) {
		struct memfs *fs = memfs_copy(from);
		struct faultio *f = faultio_new(memfs_io(fs));

		faultio_plan(f, &plan);
		e.code = SST_OK;
		r = crash_act(faultio_io(f), SST_SYNC_BATCH, &acked, &e);
		over = faultio_calls(f) < plan.at;
		if (r == -1 && e.code == SST_OK)
			ck_abort_msg(
			    "call %lu (%s): fails without a reason", plan.at, faultio_failed(f));
		if (memfs_nopen(fs) != 0)
			ck_abort_msg(
			    "call %lu (%s) leaks a descriptor", plan.at, faultio_failed(f));
		memfs_power_cut(fs, MEMFS_NONE, 0);
		if ((bad = crash_judge(fs, acked)) != NULL)
			ck_abort_msg("call %lu (%s): %s", plan.at, faultio_failed(f), bad);
		faultio_free(f);
		memfs_free(fs);
	}
	ck_assert_uint_gt(plan.at, 200);
	memfs_free(from);
}
END_TEST

START_TEST(memory_may_run_out)
{
	struct memfs *from = crash_start();
	bool over = false, armed = false;
	unsigned long n;
	const char *bad;
	struct sst_err e;
	int acked, r;

	for (n = 1; !over; n++) {
		struct memfs *fs = memfs_copy(from);

		armed = nomem_arm(n);
		r = crash_act(memfs_io(fs), SST_SYNC_BATCH, &acked, &e);
		over = !nomem_disarm();
		if (over && r == -1)
			ck_abort_msg("fails with memory, too");
		if (memfs_nopen(fs) != 0)
			ck_abort_msg("allocation %lu leaks a descriptor", n);
		memfs_power_cut(fs, MEMFS_NONE, 0);
		if ((n % 8 == 0 || over) && (bad = crash_judge(fs, acked)) != NULL)
			ck_abort_msg("allocation %lu: %s", n, bad);
		memfs_free(fs);
	}
	ck_assert(!armed || n > 200);
	memfs_free(from);
}
END_TEST

static const struct {
	enum sst_sync sync;
	bool kill_only;
} crashes[] = { { SST_SYNC_BATCH, false }, { SST_SYNC_PERIODIC, true } };

START_TEST(crash_at_any_call)
{
	struct crash c = {
		.sync = crashes[_i].sync, .kill_only = crashes[_i].kill_only, .seeds = 1
	};
	struct memfs *from = crash_start();
	static const struct faultio_plan plan = { 0 };

	crash_sweep(&c, from, &plan);
	memfs_free(from);
	ck_assert_msg(c.bad == 0, "%lu of %lu: %s", c.bad, c.states, c.first);
	ck_assert_uint_gt(c.states, 400);
}
END_TEST

/* At which call it is left out, when nothing stops; 0: there is no such sync. */
static unsigned long
find_sync(struct leave_out *l, const struct memfs *from)
{
	struct memfs *fs = memfs_copy(from);
	struct faultio *f = faultio_new(memfs_io(fs));
	struct faultio_plan plan = { .sync = leave_out, .sync_arg = l };
	struct sst_err e;
	int acked;

	l->f = f;
	l->at = l->calls = 0;
	faultio_plan(f, &plan);
	crash_act(faultio_io(f), SST_SYNC_BATCH, &acked, &e);
	l->f = NULL;
	faultio_free(f);
	memfs_free(fs);
	return l->at;
}

/*
 * Each sync is left out once, and some state after it must show it.  Those that need not are of the
 * folder, after segments were removed: one that comes back does no harm to this history.  That it does
 * not is tested above.
 */
START_TEST(a_missing_sync_is_seen)
{
	struct memfs *from = crash_start();
	struct leave_out l = { .n = 1 };
	struct faultio_plan plan = { .sync = leave_out, .sync_arg = &l };
	unsigned seen = 0;
	struct crash c;

	for (; find_sync(&l, from) > 0; l.n++) {
		c = (struct crash){ .sync = SST_SYNC_BATCH,
			.seeds = l.is_dir ? 3 : 40,
			.to_first = true,
			.from = l.at - 1,
			.calls = 24 };
		crash_sweep(&c, from, &plan);
		seen += c.bad > 0;
		if (c.bad == 0 && !l.is_dir)
			ck_abort_msg("nobody saw that %s was not synced", l.path);
	}
	memfs_free(from);
	ck_assert_uint_gt(seen, 15);
}
END_TEST

Suite *
storelog_suite(void)
{
	Suite *s = suite_create("storelog");
	TCase *t = tcase_create("storelog");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, what_a_mode_promises, 0, SST_ARRAY_LEN(modes));
	tcase_add_test(t, a_period_ends_without_a_settle);
	tcase_add_loop_test(t, a_full_log_takes_nothing_in, 0, (int)SST_ARRAY_LEN(full_logs));
	tcase_add_test(t, sync_waits_for_a_position);
	tcase_add_test(t, a_sync_need_not_be_waited_for);
	tcase_add_test(t, what_is_in_sstables_leaves_the_log);
	tcase_add_test(t, a_quiet_table_holds_segments_back_for_a_while);
	tcase_add_test(t, segments_are_kept_on_request);
	tcase_add_test(t, a_torn_segment_is_not_kept);
	tcase_add_test(t, a_write_may_have_half_a_segment);
	tcase_add_test(t, a_change_that_contradicts_the_table);
	tcase_add_test(t, after_a_sync_that_failed);
	tcase_add_loop_test(t, crash_at_any_call, 0, SST_ARRAY_LEN(crashes));
	tcase_add_test(t, a_missing_sync_is_seen);
	tcase_add_loop_test(t, any_call_may_fail, 0, FAULTIO_FAILURES);
	tcase_add_test(t, memory_may_run_out);
	suite_add_tcase(s, t);
	return s;
}
