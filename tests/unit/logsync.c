/*
 * tests/unit/logsync.c: a sync in two calls, an append taken back, a segment removed while it is
 * written, chains of several shards, and updates that nobody wants.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/faultio.h"
#include "../support/memfs.h"
#include "../support/nomem.h"
#include "base/num.h"
#include "commitlog/log.h"
#include "commitlog/mutation.h"
#include "commitlog/replay.h"
#include "commitlog/segment.h"
#include "cql/schema.h"

Suite *logsync_suite(void);

#define FAIL(e) ck_abort_msg("%s", sst_err_text(e, text, sizeof(text)))
#define ENTRY 20
#define NOW 1790000000000

static char text[512];
static struct memfs *fs;
static struct faultio *faulty;
static bool write_on;

static int64_t
now(void *arg)
{
	(void)arg;
	return NOW;
}

static void
setup(void)
{
	struct sst_err e;

	fs = memfs_new();
	faulty = faultio_new(memfs_io(fs));
	write_on = false;
	if (sst_io_mkdir(memfs_io(fs), "/log", &e) == -1 ||
	    sst_io_sync_dir(memfs_io(fs), "/", &e) == -1)
		FAIL(&e);
}

static void
teardown(void)
{
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	faultio_free(faulty);
	memfs_free(fs);
}

static struct sst_log *
open_shard(uint32_t size, uint32_t shard, uint32_t shards)
{
	struct sst_log_opts o = { .segment_size = size,
		.shard = shard,
		.shards = shards,
		.now_ms = now,
		.write_on = write_on };
	struct sst_log *log;
	struct sst_err e;

	if (sst_log_open(&log, faultio_io(faulty), "/log", &o, &e) == -1)
		FAIL(&e);
	return log;
}

static int
try_append(struct sst_log *log, unsigned i, struct sst_logpos *end, struct sst_err *e)
{
	char bytes[ENTRY + 1];

	snprintf(bytes, sizeof(bytes), "%010u%010u", i, i);
	return sst_log_append(log, (struct sst_slice){ (uint8_t *)bytes, ENTRY }, end, e);
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
ok(int r, const struct sst_err *e)
{
	if (r != 0)
		FAIL(e);
}

static unsigned
number(struct sst_slice mutation)
{
	char digits[11] = "";

	memcpy(digits, mutation.p, 10);
	return (unsigned)atoi(digits);
}

/* The entries of a copy of the log after a power cut, as numbers: "0 1 2 "; "damaged". */
static const char *
left_after(enum memfs_cut cut, struct sst_buf *b)
{
	struct memfs *copy = memfs_copy(fs);
	struct sst_log_entry entry;
	struct sst_replay *r;
	struct sst_err e;
	int got;

	memfs_power_cut(copy, cut, 1);
	sst_buf_reset(b);
	if (sst_replay_open(&r, memfs_io(copy), "/log", false, &e) == -1)
		FAIL(&e);
	while ((got = sst_replay_next(r, &entry, &e)) == SST_ONE)
		sst_buf_addf(b, "%u ", number(entry.mutation));
	sst_buf_addc(b, '\0');
	if (got == -1) {
		ck_assert_int_eq(e.code, SST_EDAMAGED);
		sst_buf_reset(b);
		sst_buf_adds(b, "damaged");
		sst_buf_addc(b, '\0');
	}
	sst_replay_close(r);
	memfs_free(copy);
	return (const char *)b->p;
}

/* ---- a sync in two calls ---- */

START_TEST(a_sync_that_somebody_else_waits_for)
{
	const struct sst_io *io = faultio_io(faulty);
	struct sst_log *log = open_shard(0, 0, 0);
	struct sst_buf b = { 0 };
	struct sst_logpos end[4], none = { 0, 0 };
	struct sst_err e;
	int fd, other;

	ck_assert_int_eq(sst_log_sync_begin(log, &fd, &e), 0); /* of nothing */
	ck_assert_int_eq(fd, -1);
	end[0] = append(log, 0);
	end[1] = append(log, 1);
	ck_assert_int_eq(sst_log_sync_begin(log, &fd, &e), SST_ONE);
	ck_assert_int_eq(sst_logpos_cmp(sst_log_written(log), end[1]), 0);
	ck_assert_int_eq(sst_logpos_cmp(sst_log_synced(log), none), 0);
	ck_assert_int_eq(sst_log_sync_begin(log, &other, &e), -1);
	ck_assert_str_eq(e.what, "a sync is under way");
	end[2] = append(log, 2);
	ok(sst_log_write(log, &e), &e); /* is put off: the mark comes first */
	ck_assert_int_eq(sst_logpos_cmp(sst_log_written(log), end[1]), 0);
	ck_assert_int_eq(io->fdatasync(io->ctx, fd), 0);
	ok(sst_log_sync_end(log, 0, &e), &e);
	ck_assert_int_eq(sst_logpos_cmp(sst_log_synced(log), end[1]), 0);
	ck_assert_int_gt(sst_logpos_cmp(sst_log_written(log), sst_log_synced(log)), 0);
	ck_assert_int_ge(sst_logpos_cmp(sst_log_written(log), end[2]), 0);
	ck_assert_str_eq(left_after(MEMFS_NONE, &b), "0 1 ");
	ck_assert_str_eq(left_after(MEMFS_ALL, &b), "0 1 2 ");
	ck_assert_int_eq(sst_log_sync_begin(log, &fd, &e), SST_ONE);
	ck_assert_int_eq(io->fdatasync(io->ctx, fd), 0);
	ok(sst_log_sync_end(log, 0, &e), &e);
	ck_assert_int_ge(sst_logpos_cmp(sst_log_synced(log), end[2]), 0);
	ck_assert_str_eq(left_after(MEMFS_NONE, &b), "0 1 2 ");
	ck_assert_int_eq(sst_log_sync_begin(log, &fd, &e), 0); /* but for the mark, all is */
	ok(sst_log_close(log, &e), &e);
	sst_buf_free(&b);
}
END_TEST

/* Who acknowledges what is written does not wait for the sync: it leaves a mark when it was let alone. */
START_TEST(writes_go_on_while_a_sync_does)
{
	const struct sst_io *io = faultio_io(faulty);
	struct sst_buf b = { 0 };
	struct sst_logpos end[3];
	struct sst_log *log;
	struct sst_err e;
	int fd;

	write_on = true;
	log = open_shard(0, 0, 0);
	end[0] = append(log, 0);
	ck_assert_int_eq(sst_log_sync_begin(log, &fd, &e), SST_ONE);
	end[1] = append(log, 1);
	ok(sst_log_write(log, &e), &e);
	ck_assert_int_eq(sst_logpos_cmp(sst_log_written(log), end[1]), 0);
	ck_assert_str_eq(left_after(MEMFS_ALL, &b), "0 1 ");
	ck_assert_int_eq(io->fdatasync(io->ctx, fd), 0);
	ok(sst_log_sync_end(log, 0, &e), &e);
	ck_assert_int_eq(sst_logpos_cmp(sst_log_synced(log), end[0]), 0); /* no more was promised */
	ck_assert_int_eq(sst_logpos_cmp(sst_log_written(log), end[1]), 0); /* no mark */
	ck_assert_int_eq(sst_log_sync_begin(log, &fd, &e), SST_ONE);
	ck_assert_int_eq(io->fdatasync(io->ctx, fd), 0);
	end[2] = append(log, 2);
	ok(sst_log_sync_end(log, 0, &e), &e);
	ck_assert_int_eq(sst_logpos_cmp(sst_log_synced(log), end[1]), 0);
	ck_assert_int_eq(sst_logpos_cmp(sst_log_written(log), end[2]), 0);
	ck_assert_uint_eq(sst_log_unsynced(log), end[2].offset - end[1].offset);
	ck_assert_int_eq(sst_log_sync_begin(log, &fd, &e), SST_ONE);
	ck_assert_int_eq(io->fdatasync(io->ctx, fd), 0);
	ok(sst_log_sync_end(log, 0, &e), &e); /* and its mark */
	ck_assert_int_eq(sst_logpos_cmp(sst_log_synced(log), end[2]), 0);
	ck_assert_uint_gt(sst_log_written(log).offset, end[2].offset);
	ck_assert_uint_eq(sst_log_unsynced(log), 0);
	ck_assert_str_eq(left_after(MEMFS_NONE, &b), "0 1 2 ");
	ok(sst_log_close(log, &e), &e);
	sst_buf_free(&b);
}
END_TEST

START_TEST(a_sync_that_somebody_else_saw_fail)
{
	struct sst_log *log = open_shard(0, 0, 0);
	struct sst_err e;
	int fd;

	append(log, 0);
	ck_assert_int_eq(sst_log_sync_begin(log, &fd, &e), SST_ONE);
	ck_assert_int_eq(sst_log_sync_end(log, -EIO, &e), -1);
	ck_assert_int_eq(e.sys, EIO);
	ck_assert_int_eq(try_append(log, 1, NULL, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.what, "before a restart"));
	ck_assert_int_eq(sst_log_sync_begin(log, &fd, &e), -1);
	ck_assert_int_eq(sst_log_sync_end(log, 0, &e), -1); /* and never believed later */
	ck_assert_uint_eq(sst_log_synced(log).segment, 0);
	ck_assert_int_eq(sst_log_close(log, &e), -1);
}
END_TEST

/* The segment gets full while its sync goes on: it ends with a sync of its own, and the descriptor stays
 * open for whoever has it. */
START_TEST(a_segment_ends_while_a_sync_goes_on)
{
	const struct sst_io *io = faultio_io(faulty);
	struct sst_logpos end = { 0, 0 };
	struct sst_buf b = { 0 };
	struct sst_log *log;
	struct sst_err e;
	uint64_t first;
	unsigned i = 0;
	int fd, fd2;

	write_on = _i == 1;
	log = open_shard(1024, 0, 0);
	first = append(log, i++).segment;
	ck_assert_int_eq(sst_log_sync_begin(log, &fd, &e), SST_ONE);
	do
		end = append(log, i++);
	while (end.segment == first);
	ck_assert_uint_eq(sst_log_synced(log).segment, first);
	ck_assert_int_eq(sst_log_sync_begin(log, &fd2, &e), -1); /* one at a time, still */
	ck_assert_int_eq(io->fdatasync(io->ctx, fd), 0);
	while (try_append(log, i, &end, &e) == 0) {
		ck_assert_uint_eq(end.segment, first + 1);
		i++;
	}
	ck_assert_int_eq(e.code, SST_EBUSY);
	ok(sst_log_sync_end(log, 0, &e), &e);
	append(log, i++);
	ok(sst_log_sync(log, &e), &e);
	left_after(MEMFS_NONE, &b);
	snprintf(text, sizeof(text), " %u ", i - 1);
	ck_assert_ptr_nonnull(strstr((char *)b.p, text));
	ok(sst_log_close(log, &e), &e);
	sst_buf_free(&b);
}
END_TEST

/* At any moment of overlapping writes and syncs: what was synced is there, in order, and what a torn
 * write leaves is no damage. */
START_TEST(power_cuts_while_a_sync_goes_on)
{
	unsigned long at, calls = 1;
	struct sst_logpos end[200];
	struct sst_err e;
	int cut, fd, r, result = 0;
	unsigned i, n, seed, durable;

	for (at = 1; at <= calls; at++) {
		struct faultio_plan p = { .at = at, .how = FAULTIO_STOP_AFTER };
		const struct sst_io *io = faultio_io(faulty);
		struct sst_buf b = { 0 }, want = { 0 };
		struct sst_log *log;

		write_on = _i == 1;
		log = open_shard(1024, 0, 0);
		faultio_plan(faulty, &p);
		for (i = n = durable = 0; i < 60; i++) {
			if (try_append(log, n, &end[n], &e) == 0)
				n++;
			if (i % 7 == 3) {
				r = sst_log_sync_begin(log, &fd, &e);
				if (r == SST_ONE &&
				    write_on) /* what is written later is not in it */
					result = io->fdatasync(io->ctx, fd);
				while (i++ % 3 != 0)
					n += try_append(log, n, &end[n], &e) == 0;
				(void)sst_log_write(log, &e);
				if (r == SST_ONE && !write_on)
					result = io->fdatasync(io->ctx, fd);
				if (r == SST_ONE)
					sst_log_sync_end(log, result, &e);
			}
			while (
			    durable < n && sst_logpos_cmp(end[durable], sst_log_synced(log)) <= 0)
				durable++;
		}
		sst_log_close(log, &e);
		if (faultio_calls(faulty) > calls)
			calls = faultio_calls(faulty);
		for (i = 0; i < durable; i++)
			sst_buf_addf(&want, "%u ", i);
		for (cut = MEMFS_NONE; cut <= MEMFS_TORN; cut++)
			for (seed = 0; seed < 4; seed++)
				if (left_after((enum memfs_cut)cut, &b),
				    want.n > 0 &&
					(b.n <= want.n || memcmp(b.p, want.p, want.n) != 0))
					ck_abort_msg("call %lu, cut %d: %s instead of %.*s", at,
					    cut, (char *)b.p, (int)want.n, (char *)want.p);
		sst_buf_free(&b);
		sst_buf_free(&want);
		faultio_free(faulty);
		memfs_free(fs);
		setup();
	}
	ck_assert_uint_gt(calls, 40);
}
END_TEST

/* ---- taken back, and removed ---- */

START_TEST(an_append_is_taken_back)
{
	struct sst_log *log = open_shard(0, 0, 0);
	struct sst_buf b = { 0 };
	struct sst_err e;

	append(log, 0);
	sst_log_undo(log); /* the first of its segment */
	ok(sst_log_write(log, &e), &e);
	ck_assert_str_eq(left_after(MEMFS_ALL, &b), "");
	append(log, 1);
	append(log, 2);
	sst_log_undo(log); /* within a section */
	append(log, 3);
	ok(sst_log_write(log, &e), &e);
	append(log, 4);
	sst_log_undo(log); /* the first of a section */
	ok(sst_log_write(log, &e), &e);
	append(log, 5);
	ok(sst_log_sync(log, &e), &e);
	ck_assert_str_eq(left_after(MEMFS_NONE, &b), "1 3 5 ");
	ok(sst_log_close(log, &e), &e);
	sst_buf_free(&b);
}
END_TEST

START_TEST(the_segment_that_is_written_goes)
{
	struct sst_log *log = open_shard(0, 0, 0);
	struct sst_logpos end;
	struct sst_buf b = { 0 };
	struct sst_err e;
	int fd;

	ok(sst_log_clear(log, &e), &e); /* there is none */
	append(log, 0);
	ok(sst_log_write(log, &e), &e);
	end = append(log, 1);
	ok(sst_log_clear(log, &e), &e);
	ck_assert_int_eq(sst_logpos_cmp(sst_log_synced(log), end), 0);
	ck_assert_int_eq(sst_logpos_cmp(sst_log_written(log), end), 0);
	ck_assert_str_eq(left_after(MEMFS_NONE, &b), "");
	end = append(log, 2);
	ck_assert_int_eq(sst_log_sync_begin(log, &fd, &e), SST_ONE);
	ok(sst_log_clear(log, &e), &e);
	ck_assert_int_eq(faultio_io(faulty)->fdatasync(faultio_io(faulty)->ctx, fd), 0);
	ok(sst_log_sync_end(log, 0, &e), &e);
	ck_assert_int_ge(sst_logpos_cmp(sst_log_synced(log), end), 0);
	append(log, 3);
	ok(sst_log_sync(log, &e), &e);
	ck_assert_str_eq(left_after(MEMFS_NONE, &b), "3 ");
	ok(sst_log_close(log, &e), &e);
	sst_buf_free(&b);
}
END_TEST

START_TEST(a_segment_that_cannot_go)
{
	struct sst_log *log = open_shard(0, 0, 0);
	struct faultio_plan p = { .at = 1, .how = FAULTIO_FAIL, .sys = EACCES }, none = { 0 };
	struct sst_buf b = { 0 };
	struct sst_err e;

	append(log, 0);
	ok(sst_log_sync(log, &e), &e);
	faultio_plan(faulty, &p); /* unlink */
	ck_assert_int_eq(sst_log_clear(log, &e), -1);
	faultio_plan(faulty, &none);
	append(log, 1); /* it goes on */
	ok(sst_log_sync(log, &e), &e);
	ck_assert_str_eq(left_after(MEMFS_NONE, &b), "0 1 ");
	p.at = 3; /* unlink, open, fsync of the folder */
	faultio_plan(faulty, &p);
	ck_assert_int_eq(sst_log_clear(log, &e), -1);
	faultio_plan(faulty, &none);
	ck_assert_int_eq(try_append(log, 2, NULL, &e), -1); /* it may come back */
	ck_assert_ptr_nonnull(strstr(e.what, "before a restart"));
	ck_assert_int_eq(sst_log_close(log, &e), -1);
	sst_buf_free(&b);
}
END_TEST

START_TEST(set_aside_under_another_name)
{
	struct sst_log *log = open_shard(1024, 0, 0);
	struct sst_buf b = { 0 };
	char name[SST_SEGMENT_NAME];
	struct sst_stat st;
	struct sst_err e;
	unsigned i;

	for (i = 0; i < 40; i++)
		append(log, i);
	sst_segment_name(name, NOW);
	ok(sst_log_set_aside(log, name, SST_LOG_UNKNOWN, &e), &e);
	ok(sst_io_stat(memfs_io(fs), "/log/CommitLog-7-1790000000000.log.unknown", &st, &e), &e);
	ok(sst_log_close(log, &e), &e);
	ck_assert_ptr_null(strstr(left_after(MEMFS_NONE, &b), "0 1 "));
	ck_assert_ptr_nonnull(strstr((char *)b.p, " 39 "));
	sst_buf_free(&b);
}
END_TEST

/* ---- shards ---- */

/* The first of two segments loses its last bytes; whose they are decides what that is. */
static const struct {
	uint32_t first, second, shards;
	bool header; /* loses its header, too */
	bool forgiven;
} chains[] = {
	{ 0, 0, 1, false, false }, { 0, 0, 1, true, false }, { 1, 1, 4, false, false },
	{ 1, 2, 4, false, true }, { 3, 0, 4, false, true },
	{ 1, 2, 4, true, true }, /* it may be anybody's */
};

START_TEST(whose_segment_follows)
{
	struct sst_log *log = open_shard(0, chains[_i].first, chains[_i].shards);
	struct sst_buf b = { 0 };
	struct sst_err e;
	int fd;

	append(log, 1);
	ok(sst_log_write(log, &e), &e);
	ok(sst_log_close(log, &e), &e);
	log = open_shard(0, chains[_i].second, chains[_i].shards);
	append(log, 2);
	ok(sst_log_close(log, &e), &e);
	fd = sst_io_open(memfs_io(fs), "/log/CommitLog-7-1790000000000.log", O_WRONLY, &e);
	ok(sst_io_truncate(memfs_io(fs), fd, "", chains[_i].header ? 9 : 60, &e), &e);
	ok(sst_io_fsync(memfs_io(fs), fd, "", &e), &e);
	ok(sst_io_close(memfs_io(fs), fd, "", &e), &e);
	ck_assert_str_eq(left_after(MEMFS_NONE, &b), chains[_i].forgiven ? "2 " : "damaged");
	sst_buf_free(&b);
}
END_TEST

static const struct {
	const char *params;
	bool ours;
	uint32_t shard, shards;
} params[] = {
	{ "{}", false, 0, 1 },
	{ "{\"ostraka\":\"0\"}", true, 0, 1 },
	{ "{\"ostraka\":\"2/4\"}", true, 2, 4 },
	{ "{\"ostraka\":\"4/4\"}", true, 0, 1 },
	{ "{\"ostraka\":\"x\"}", true, 0, 1 },
	{ "{\"ostraka\":\"1/\"}", true, 0, 1 },
	{ "{\"ostraka\":\"1/2x\"}", true, 0, 1 },
	{ "{\"ostraka\":\"1/99999999999\"}", true, 0, 1 },
	{ "{\"ostraka\":\"00000000000000000000000000000000000000\"}", true, 0, 1 },
	{ "{\"ostraka\":3}", true, 0, 1 },
};

START_TEST(what_a_header_says_of_shards)
{
	struct sst_segment_header h;
	struct sst_slice p = sst_slice_str(params[_i].params);
	struct sst_buf b = { 0 }, again = { 0 };
	struct sst_err e;

	sst_segment_put_header(&b, NOW, params[_i].shard, params[_i].shards);
	ok(sst_segment_get_header(&h, sst_buf_slice(&b), "x", &e), &e);
	ck_assert(h.ours);
	ck_assert_uint_eq(h.shard, params[_i].shard);
	ck_assert_uint_eq(h.shards, params[_i].shards);
	/* the same with other parameters */
	sst_segment_put_params(&again, NOW, p);
	ok(sst_segment_get_header(&h, sst_buf_slice(&again), "x", &e), &e);
	ck_assert_int_eq(h.ours, params[_i].ours);
	if (h.ours) {
		ck_assert_uint_eq(h.shard, params[_i].shard);
		ck_assert_uint_eq(h.shards, params[_i].shards);
	}
	sst_buf_free(&b);
	sst_buf_free(&again);
}
END_TEST

/* ---- updates that nobody wants ---- */

static const struct sst_table *
the_table(void *arg, const uint8_t id[16])
{
	(void)id;
	return arg;
}

static bool
odd(void *arg, const struct sst_table *t, const struct sst_partition *p)
{
	(void)arg;
	(void)t;
	return p->key.p[3] % 2 == 1;
}

START_TEST(updates_that_nobody_wants)
{
	struct sst_arena arena = { 0 };
	struct sst_schema schema;
	struct sst_mutation_out *out;
	struct sst_mutation_in *in;
	const struct sst_update *got;
	struct sst_slice bytes;
	struct sst_buf two = { 0 };
	uint8_t key[4] = { 0 };
	struct sst_update u = { .part = { { key, 4 }, 0, { 7, 7 } } };
	struct sst_err e;
	int i;

	ok(sst_schema_parse(&schema, &arena,
	       SST_SLICE_LIT("CREATE TABLE k.t (a int PRIMARY KEY, v text)"
			     " WITH ID = 5bc52802-de25-35ed-aeab-188eecebb090;"),
	       "schema.cql", SST_SLICE_LIT("k"), &e),
	    &e);
	u.table = schema.tables[0];
	ok(sst_mutation_out_new(&out, &e), &e);
	ok(sst_mutation_in_new(&in, the_table, (void *)(uintptr_t)u.table, &e), &e);
	sst_mutation_in_want(in, odd, NULL);
	for (i = 0; i < 4; i++) {
		key[3] = (uint8_t)i;
		ok(sst_mutation_put(out, &u, &bytes, &e), &e);
		sst_mutation_begin(in, bytes, "x", 0);
		ck_assert_int_eq(sst_mutation_next(in, &got, &e), i % 2 == 1 ? SST_ONE : 0);
		if (i % 2 == 1) {
			ck_assert_uint_eq(got->part.key.p[3], (unsigned)i);
			ck_assert_int_eq(sst_mutation_next(in, &got, &e), 0);
		}
		/* several in one mutation: those that are wanted, whatever lies before them */
		sst_buf_add(&two, bytes.p + 1, bytes.n - 1);
	}
	{
		struct sst_buf all = { 0 };

		sst_buf_addc(&all, 4);
		sst_buf_add_slice(&all, sst_buf_slice(&two));
		sst_mutation_begin(in, sst_buf_slice(&all), "x", 0);
		for (i = 1; i < 4; i += 2) {
			ck_assert_int_eq(sst_mutation_next(in, &got, &e), SST_ONE);
			ck_assert_uint_eq(got->part.key.p[3], (unsigned)i);
		}
		ck_assert_int_eq(sst_mutation_next(in, &got, &e), 0);
		sst_buf_free(&all);
	}
	sst_buf_free(&two);
	sst_mutation_out_free(out);
	sst_mutation_in_free(in);
	sst_arena_free(&arena);
}
END_TEST

Suite *
logsync_suite(void)
{
	Suite *s = suite_create("logsync");
	TCase *t = tcase_create("logsync");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_sync_that_somebody_else_waits_for);
	tcase_add_test(t, writes_go_on_while_a_sync_does);
	tcase_add_test(t, a_sync_that_somebody_else_saw_fail);
	tcase_add_loop_test(t, a_segment_ends_while_a_sync_goes_on, 0, 2);
	tcase_add_loop_test(t, power_cuts_while_a_sync_goes_on, 0, 2);
	tcase_add_test(t, an_append_is_taken_back);
	tcase_add_test(t, the_segment_that_is_written_goes);
	tcase_add_test(t, a_segment_that_cannot_go);
	tcase_add_test(t, set_aside_under_another_name);
	tcase_add_loop_test(t, whose_segment_follows, 0, SST_ARRAY_LEN(chains));
	tcase_add_loop_test(t, what_a_header_says_of_shards, 0, SST_ARRAY_LEN(params));
	tcase_add_test(t, updates_that_nobody_wants);
	suite_add_tcase(s, t);
	return s;
}
