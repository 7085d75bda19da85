/* tests/unit/ids.c: times of ids rise, whatever the clock, the process and the disk do. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/faultio.h"
#include "../support/memfs.h"
#include "../support/random.h"
#include "base/num.h"
#include "msg/snowflake.h"
#include "store/ids.h"

Suite *ids_suite(void);

#define NOW INT64_C(1790000000000)

struct clock {
	int64_t now_ms;
	unsigned slept_ms;
	bool stuck;
};

static int64_t
now_ms(void *arg)
{
	return ((struct clock *)arg)->now_ms;
}

static void
sleep_ms(void *arg, unsigned ms)
{
	struct clock *c = arg;

	c->slept_ms += ms;
	if (!c->stuck)
		c->now_ms += ms;
}

static struct sst_ids *
open_ids(const struct sst_io *io, struct clock *c)
{
	struct sst_ids_clock clock = { c, now_ms, sleep_ms };
	struct sst_ids *ids;
	struct sst_err e;

	if (sst_ids_open(&ids, io, "/", &clock, &e) == -1)
		ck_abort_msg("%s", e.what);
	return ids;
}

static int64_t
next(struct sst_ids *ids, uint32_t *seq)
{
	struct sst_err e;
	int64_t ms;

	if (sst_ids_next(ids, &ms, seq, &e) == -1)
		ck_abort_msg("%s", e.what);
	return ms;
}

START_TEST(the_clock_goes_back)
{
	struct memfs *fs = memfs_new();
	struct clock c = { NOW, 0, false };
	struct sst_ids *ids = open_ids(memfs_io(fs), &c);
	struct sst_err e;
	uint32_t seq;

	ck_assert_int_eq(next(ids, &seq), NOW);
	ck_assert_uint_eq(seq, 0);
	ck_assert_int_eq(next(ids, &seq), NOW);
	ck_assert_uint_eq(seq, 1);
	c.now_ms -= SST_IDS_PATIENCE_MS; /* a little: waits */
	ck_assert_int_eq(next(ids, &seq), NOW);
	ck_assert_uint_eq(seq, 2);
	ck_assert_uint_eq(c.slept_ms, SST_IDS_PATIENCE_MS);
	c.now_ms -= SST_IDS_PATIENCE_MS + 1; /* more: counts on */
	ck_assert_int_eq(next(ids, &seq), NOW);
	ck_assert_uint_eq(seq, 3);
	ck_assert_uint_eq(c.slept_ms, SST_IDS_PATIENCE_MS);
	c.stuck = true;
	c.now_ms = NOW - 3;
	ck_assert_int_eq(next(ids, &seq), NOW);
	ck_assert_uint_eq(seq, 4);
	c.now_ms = NOW + 5;
	ck_assert_int_eq(next(ids, &seq), NOW + 5);
	ck_assert_uint_eq(seq, 0);
	ck_assert_int_eq(sst_ids_close(ids, &e), 0);
	memfs_free(fs);
}
END_TEST

START_TEST(a_full_sequence_takes_the_next_millisecond)
{
	struct memfs *fs = memfs_new();
	struct clock c = { NOW, 0, true };
	struct sst_ids *ids = open_ids(memfs_io(fs), &c);
	int64_t ms, last_ms = 0;
	uint32_t seq, last_seq = 0;
	struct sst_err e;
	int i;

	for (i = 0; i < 3 * SST_IDS_SEQUENCE; i++) {
		ms = next(ids, &seq);
		ck_assert_uint_lt(seq, SST_IDS_SEQUENCE);
		ck_assert(ms > last_ms || (ms == last_ms && seq > last_seq));
		last_ms = ms;
		last_seq = seq;
	}
	ck_assert_int_eq(last_ms, NOW + 2);
	ck_assert_int_eq(sst_ids_close(ids, &e), 0);
	memfs_free(fs);
}
END_TEST

/* Any number of lives, each ended by a power cut at a random call, with a clock that jumps. */
START_TEST(nothing_repeats_after_a_kill)
{
	static const int64_t jumps[] = { 1, 0, -5, 40, -86400000, 2500, 3001, -11, 90000000 };
	struct memfs *fs = memfs_new();
	struct clock c = { NOW, 0, false };
	int64_t last_ms = 0;
	uint32_t last_seq = 0;
	unsigned life;

	for (life = 0; life < 400; life++) {
		struct faultio *f = faultio_new(memfs_io(fs));
		struct faultio_plan plan = { .at = 1 + life % 23,
			.how = life % 2 == 0 ? FAULTIO_STOP : FAULTIO_STOP_AFTER };
		struct sst_ids_clock clock = { &c, now_ms, sleep_ms };
		struct sst_ids *ids;
		struct sst_err e;
		uint32_t seq;
		int64_t ms;
		int i;

		faultio_plan(f, &plan);
		if (sst_ids_open(&ids, faultio_io(f), "/", &clock, &e) == 0) {
			for (i = 0; i < 50; i++) {
				c.now_ms += jumps[(life + (unsigned)i) % SST_ARRAY_LEN(jumps)];
				if (sst_ids_next(ids, &ms, &seq, &e) == -1)
					break;
				ck_assert(ms > last_ms || (ms == last_ms && seq > last_seq));
				last_ms = ms;
				last_seq = seq;
			}
			sst_ids_close(ids, &e); /* fails, as the machine has stopped */
		}
		memfs_power_cut(fs, (enum memfs_cut)(life % 4), life);
		faultio_free(f);
	}
	ck_assert_int_gt(last_ms, NOW);
	memfs_free(fs);
}
END_TEST

/* A clock that mostly stands, sometimes runs, and now and then is set: back too. */
static void
move_clock(struct clock *c, struct random *rnd)
{
	static const int64_t jumps[] = { 2, 40, 2999, 3001, 90000, -1, -9, -11, -700, -86400000 };

	c->now_ms += random_below(rnd, 3);
	if (random_chance(rnd, 10))
		c->now_ms += jumps[random_below(rnd, SST_ARRAY_LEN(jumps))];
}

#define LIVES 200
#define IDS_OF_A_LIFE 50000

/*
 * Ten million ids as messages carry them, in lives that end in any way: closed, killed, or with a
 * power cut at any call.  Larger than the one before is all it takes to be unique.  Returns how many
 * were made before one was not.
 */
static uint64_t
rising_ids(struct memfs *fs, struct clock *c, struct random *rnd, int64_t *last)
{
	struct sst_ids_clock clock = { c, now_ms, sleep_ms };
	struct faultio *f = faultio_new(memfs_io(fs));
	struct faultio_plan plan = { .at = 1 + random_below(rnd, 400), .how = FAULTIO_STOP };
	uint64_t made = 0;
	struct sst_ids *ids;
	struct sst_err e;
	uint32_t seq;
	int64_t ms, id;

	if (random_chance(rnd, 50))
		plan.at = 0;
	faultio_plan(f, &plan);
	if (sst_ids_open(&ids, faultio_io(f), "/", &clock, &e) == 0) {
		for (; made < IDS_OF_A_LIFE; made++, *last = id) {
			if (made % 1024 == 0)
				move_clock(c, rnd);
			if (sst_ids_next(ids, &ms, &seq, &e) == -1)
				break; /* the machine stopped */
			if (sst_snowflake_make(&id, ms, 7, seq, &e) == -1 || id <= *last)
				ck_abort_msg("id %lld of %lld.%u after %lld", (long long)id,
				    (long long)ms, (unsigned)seq, (long long)*last);
		}
		if (random_chance(rnd, 50))
			sst_ids_close(ids, &e);
		else
			free(ids); /* killed: as a process leaves it */
	}
	faultio_free(f);
	return made;
}

START_TEST(ten_million_rise)
{
	struct memfs *fs = memfs_new();
	struct clock c = { NOW, 0, false };
	struct random rnd = { 10 };
	int64_t last = 0;
	uint64_t made = 0;
	unsigned life;

	for (life = 0; made < UINT64_C(10000000); life++) {
		made += rising_ids(fs, &c, &rnd, &last);
		memfs_power_cut(fs, (enum memfs_cut)(life % 4), life);
	}
	ck_assert_uint_ge(life, LIVES);
	memfs_free(fs);
}
END_TEST

START_TEST(a_clean_end_leaves_no_gap)
{
	struct memfs *fs = memfs_new();
	struct clock c = { NOW, 0, false };
	struct sst_ids *ids = open_ids(memfs_io(fs), &c);
	struct sst_buf b = { 0 };
	struct sst_err e;
	uint32_t seq;

	ck_assert_int_eq(next(ids, &seq), NOW);
	/* the worked example of formats/datadir.md */
	ck_assert_int_eq(sst_io_read_file(memfs_io(fs), "/ids", 100, &b, &e), 0);
	ck_assert(sst_slice_eq(sst_buf_slice(&b),
	    SST_SLICE_LIT("ostraka ids 1\ntime_ms 1790000003000\ncrc32 43674aab\n")));
	sst_buf_free(&b);
	ck_assert_int_eq(sst_ids_close(ids, &e), 0);
	ids = open_ids(memfs_io(fs), &c);
	ck_assert_int_eq(next(ids, &seq), NOW + 1);
	ck_assert_int_eq(sst_ids_close(ids, &e), 0);
	ck_assert_int_eq(sst_ids_close(NULL, &e), 0);
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	memfs_free(fs);
}
END_TEST

static const struct {
	const char *text, *what;
} bad[] = {
	{ "", "is no file of ids" },
	{ "ostraka ids 2\ntime_ms 1\ncrc32 00000000\n", "is no file of ids" },
	{ "ostraka ids 1\ntime_ms 5\ncrc32 00000000\n", "checksum is wrong" },
	{ "ostraka ids 1\ntime_ms 5\n", "is no file of ids" },
};

START_TEST(damage_refuses)
{
	struct memfs *fs = memfs_new();
	const struct sst_io *io = memfs_io(fs);
	char text[300];
	struct sst_ids *ids;
	struct sst_err e;
	int fd = sst_io_open(io, "/ids", O_WRONLY | O_CREAT, &e);

	ck_assert_int_eq(sst_io_write(io, fd, "/ids", bad[_i].text, strlen(bad[_i].text), &e), 0);
	ck_assert_int_eq(sst_ids_open(&ids, io, "/", NULL, &e), -1);
	ck_assert_int_eq(e.code, SST_EDAMAGED);
	ck_assert_str_eq(e.what, bad[_i].what);
	memset(text, 'x', sizeof(text));
	ck_assert_int_eq(sst_io_write(io, fd, "/ids", text, sizeof(text), &e), 0);
	ck_assert_int_eq(sst_ids_open(&ids, io, "/", NULL, &e), -1);
	ck_assert_int_eq(e.code, SST_ELIMIT);
	sst_io_close(io, fd, "/ids", &e);
	memfs_free(fs);
}
END_TEST

/* Each call fails once; what fails for want of space may be tried again, a sync may not. */
START_TEST(a_failed_sync_is_final)
{
	struct faultio_plan plan = { .how = FAULTIO_FAIL, .sys = _i == 0 ? ENOSPC : EIO };
	unsigned long calls = 1;

	for (plan.at = 1; plan.at <= calls + 1; plan.at++) {
		struct memfs *fs = memfs_new();
		struct faultio *f = faultio_new(memfs_io(fs));
		struct clock c = { NOW, 0, false };
		struct sst_ids *ids = open_ids(faultio_io(f), &c);
		struct sst_err e;
		uint32_t seq;
		int64_t ms;
		bool sync;

		faultio_plan(f, &plan);
		if (sst_ids_next(ids, &ms, &seq, &e) == -1) {
			/* open, write, fsync, close, rename, then the folder's open, fsync, close */
			sync = plan.at == 3 || plan.at >= 6;
			ck_assert_int_eq(e.code, SST_ESYS);
			ck_assert_int_eq(sst_ids_next(ids, &ms, &seq, &e), sync ? -1 : 0);
		}
		calls = faultio_calls(f) > calls ? faultio_calls(f) : calls;
		sst_ids_close(ids, &e);
		ck_assert_uint_eq(memfs_nopen(fs), 0);
		faultio_free(f);
		memfs_free(fs);
	}
	ck_assert_uint_gt(calls, 6);
}
END_TEST

START_TEST(the_real_clock_and_disk)
{
	char dir[] = "/tmp/ostraka-ids-XXXXXX", path[64];
	struct sst_ids *ids;
	struct sst_err e;
	uint32_t seq;
	int64_t a, b;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(sst_ids_open(&ids, &sst_io_posix, dir, NULL, &e), 0);
	a = next(ids, &seq);
	b = next(ids, &seq);
	ck_assert_int_ge(b, a);
	ck_assert_int_gt(a, INT64_C(1700000000000));
	ck_assert_int_eq(sst_ids_close(ids, &e), 0);
	snprintf(path, sizeof(path), "%s/ids", dir);
	ck_assert_int_eq(sst_io_unlink(&sst_io_posix, path, &e), 0);
	ck_assert_int_eq(sst_io_posix.rmdir(NULL, dir), 0);
}
END_TEST

Suite *
ids_suite(void)
{
	Suite *s = suite_create("ids");
	TCase *t = tcase_create("ids");

	tcase_add_test(t, the_clock_goes_back);
	tcase_add_test(t, a_full_sequence_takes_the_next_millisecond);
	tcase_add_test(t, nothing_repeats_after_a_kill);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, ten_million_rise);
	tcase_add_test(t, a_clean_end_leaves_no_gap);
	tcase_add_loop_test(t, damage_refuses, 0, SST_ARRAY_LEN(bad));
	tcase_add_loop_test(t, a_failed_sync_is_final, 0, 2);
	tcase_add_test(t, the_real_clock_and_disk);
	suite_add_tcase(s, t);
	return s;
}
