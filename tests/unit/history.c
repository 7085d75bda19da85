/* Tests of pages: every kind, anchor and limit is held to a model that sorts ids and counts. */
#include "msg/history.h"

#include <check.h>
#include <stdlib.h>

#include "../support/fakedb.h"
#include "../support/memfs.h"
#include "base/num.h"
#include "msg/message.h"
#include "msg/snowflake.h"
#include "sstable/file.h"
#include "store/store.h"

Suite *history_suite(void);

#define CHANNEL 334385199974967042 /* of bucket 92: older messages in it were imported */
#define W SST_BUCKET_WIDTH

/* Ascending.  Gaps of many buckets, neighbours over an edge, both ends of what an id can be. */
static const int64_t ids[] = { 0, 5, W - 1, W, W + 1, 48 * W + 7, 48 * W + 9, 91 * W, 92 * W + 1,
	92 * W + 2, 92 * W + 3, 93 * W - 1, 93 * W, 434 * W + 1, 434 * W + 5000, 435 * W - 1,
	435 * W, 2545 * W, INT64_MAX };
#define NIDS SST_ARRAY_LEN(ids)

static const int64_t anchors[] = { INT64_MIN, -1, 0, 1, 4, 5, 6, W - 1, W, W + 1, W + 2, 20 * W,
	48 * W + 7, 48 * W + 8, 92 * W + 2, 93 * W - 1, 93 * W, 300 * W, 434 * W + 5000, 500 * W,
	2545 * W, INT64_MAX - 1, INT64_MAX };

static const uint64_t limits[] = { 0, 1, 2, 3, 5, 18, 19, 20, 50, UINT64_MAX };

static void
put(struct sst_messages *m, int64_t channel, int64_t id, bool ghost)
{
	static const uint8_t one[8] = { 0, 0, 0, 0, 0, 0, 0, 1 };
	struct sst_message_update u = { 0 };
	struct sst_message msg = { .channel = channel,
		.id = id,
		.has_channel = true,
		.has_id = true,
		.edited_us = INT64_MIN };
	struct sst_err e;

	msg.value[SST_MSG_CONTENT] = SST_SLICE_LIT("hello");
	if (!ghost)
		msg.value[SST_MSG_AUTHOR_ID] = (struct sst_slice){ one, 8 };
	ck_assert_int_eq(
	    sst_message_make(&u, m, &msg, ghost ? SST_MESSAGE_EDIT : SST_MESSAGE_STORE, 1, &e), 0);
	ck_assert_int_eq(m->db->ops->apply(m->db, &u.update, NULL, &e), 0);
}

static struct fakedb *
fill(struct sst_messages *m, bool ghosts)
{
	struct fakedb *f = fakedb_new(0);
	struct sst_err e;
	size_t i;

	ck_assert_int_eq(sst_messages_bind(m, &f->db, &e), 0);
	for (i = 0; i < NIDS; i++) {
		put(m, CHANNEL, ids[(i * 7) % NIDS], false);
		put(m, CHANNEL + 1, ids[i] ^ 2, false);
		if (ghosts && ids[i] < INT64_MAX)
			put(m, CHANNEL, ids[i] + 10, true);
	}
	return f;
}

/* Reads a page; gives the number of messages.  f NULL: a store's. */
static size_t
read_page(struct fakedb *f, struct sst_messages *m, const struct sst_page *p, int64_t *got,
    struct sst_history_stats *stats)
{
	struct sst_history *h;
	const struct sst_row *row;
	struct sst_want want;
	struct sst_err e;
	unsigned long waits = f != NULL ? f->waited : 0;
	size_t n = 0;
	int r;

	ck_assert_int_eq(sst_history_open(&h, m, p, &e), 0);
	while ((r = sst_history_next(h, &row, &e)) != 0) {
		if (r == SST_WAIT) {
			sst_history_want(h, &want);
			if (f == NULL && sst_want_read(&want, &e) == -1)
				ck_abort_msg("%s", e.what);
			else if (f != NULL && want.off != 7)
				ck_abort_msg("a wrong place");
			continue;
		}
		ck_assert_int_eq(r, SST_ONE);
		ck_assert_uint_lt(n, NIDS);
		got[n++] = sst_message_row_id(row);
	}
	ck_assert_int_eq(sst_history_next(h, &row, &e), 0); /* the end stays the end */
	if (stats != NULL)
		*stats = *sst_history_stats(h);
	sst_history_close(h);
	if (f != NULL && f->open_streams != 0)
		ck_abort_msg("%lu streams left open", f->open_streams);
	if (f != NULL && p->nonblocking && n > 0)
		ck_assert_uint_gt(f->waited, waits);
	return n;
}

/* What a page has to be, newest first: from ids[*hi] down, so many. */
static size_t
model(const struct sst_page *p, size_t *hi)
{
	size_t below = 0, above, half;

	while (below < NIDS &&
	    ids[below] < p->id +
		    (p->kind == SST_PAGE_AROUND || p->kind == SST_PAGE_AFTER ? p->id < INT64_MAX
									     : 0))
		below++;
	if (p->id == INT64_MAX && (p->kind == SST_PAGE_AFTER || p->kind == SST_PAGE_AROUND))
		below = NIDS;
	if (p->kind == SST_PAGE_NEWEST)
		below = NIDS;
	above = NIDS - below; /* after and around: ids above the anchor */
	if (p->kind == SST_PAGE_AFTER) {
		half = above < p->limit ? above : (size_t)p->limit;
		*hi = below + half;
		return half;
	}
	if (p->kind == SST_PAGE_AROUND) {
		half = above < p->limit / 2 ? above : (size_t)(p->limit / 2);
		below += half;
	}
	*hi = below;
	return below < p->limit ? below : (size_t)p->limit;
}

static void
check_page(struct fakedb *f, struct sst_messages *m, struct sst_page p)
{
	int64_t got[NIDS];
	size_t hi, want = model(&p, &hi), n = read_page(f, m, &p, got, NULL), i;

	ck_assert_msg(n == want, "kind %d id %jd limit %ju reversed %d: %zu messages, want %zu",
	    (int)p.kind, (intmax_t)p.id, (uintmax_t)p.limit, p.reversed, n, want);
	for (i = 0; i < n; i++)
		ck_assert_int_eq(got[i], ids[p.reversed ? hi - n + i : hi - 1 - i]);
}

static void
check_all(struct fakedb *f, struct sst_messages *m, bool nonblocking, size_t every)
{
	size_t a, l, k = 0;
	int kind, rev;

	for (kind = SST_PAGE_NEWEST; kind <= SST_PAGE_AROUND; kind++)
		for (a = 0; a < SST_ARRAY_LEN(anchors); a++)
			for (l = 0; l < SST_ARRAY_LEN(limits); l++)
				for (rev = 0; rev < 2; rev++)
					if (k++ % every == 0)
						check_page(f, m,
						    (struct sst_page){ .channel = CHANNEL,
							.kind = (enum sst_page_kind)kind,
							.id = anchors[a],
							.limit = limits[l],
							.reversed = rev,
							.nonblocking = nonblocking });
}

START_TEST(pages)
{
	struct sst_messages m;
	struct fakedb *f = fill(&m, _i & 1);

	f->waits = (_i & 2) != 0;
	f->extent_unknown = (_i & 4) != 0;
	check_all(f, &m, f->waits, f->extent_unknown ? 71 : _i == 1 ? 1 : 13);
	fakedb_free(f);
}
END_TEST

/* The same pages of a store: two SSTables that share buckets, and a memtable; read waiting, and with
 * every chunk missing at first; then by a reader of its own. */
START_TEST(pages_of_a_store)
{
	struct memfs *fs = memfs_new();
	struct sst_store_opts opts = { .schema = sst_slice_str(sst_messages_cql) };
	struct sst_messages m;
	struct sst_store *s;
	struct sst_err e;
	size_t i;

	ck_assert_int_eq(sst_store_open(&s, memfs_io(fs), "/d", &opts, &e), 0);
	ck_assert_int_eq(sst_messages_bind(&m, sst_store_db(s), &e), 0);
	for (i = 0; i < NIDS; i++) {
		put(&m, CHANNEL, ids[(i * 7) % NIDS], false);
		put(&m, CHANNEL + 1, ids[i] ^ 2, false);
		put(&m, CHANNEL, ids[i] ^ 64, true);
		if (i == 6 || i == 12)
			ck_assert_int_eq(sst_store_flush(s, &e), 0);
	}
	check_all(NULL, &m, false, 11);
	check_all(NULL, &m, true, 11);
	ck_assert_int_eq(sst_store_close(s, &e), 0);
	opts.read_only = true;
	ck_assert_int_eq(sst_store_open(&s, memfs_io(fs), "/d", &opts, &e), 0);
	ck_assert_int_eq(sst_messages_bind(&m, sst_store_db(s), &e), 0);
	check_all(NULL, &m, true, 11);
	sst_store_drop(s);
	memfs_free(fs);
}
END_TEST

START_TEST(no_messages)
{
	struct sst_messages m;
	struct fakedb *f = fakedb_new(0);
	struct sst_history_stats s;
	struct sst_err e;
	int64_t got[NIDS];
	int kind;

	ck_assert_int_eq(sst_messages_bind(&m, &f->db, &e), 0);
	for (kind = SST_PAGE_NEWEST; kind <= SST_PAGE_AROUND; kind++)
		ck_assert_uint_eq(
		    read_page(f, &m,
			&(struct sst_page){
			    .channel = 1, .kind = (enum sst_page_kind)kind, .id = 9, .limit = 50 },
			got, &s),
		    0);
	ck_assert_uint_eq(f->reads, 0); /* an empty table is known to be empty */
	put(&m, 2, 5, false);
	ck_assert_uint_eq(
	    read_page(f, &m, &(struct sst_page){ .channel = 1, .limit = 50 }, got, &s), 0);
	ck_assert_uint_eq(s.buckets_skipped, 1);
	ck_assert_uint_eq(s.buckets_visited, 0);
	fakedb_free(f);
}
END_TEST

/* The page is taken lazily: what is not needed is not read. */
START_TEST(buckets_are_counted)
{
	struct sst_messages m;
	struct fakedb *f = fill(&m, false);
	struct sst_history_stats s;
	int64_t got[NIDS];

	read_page(f, &m, &(struct sst_page){ .channel = CHANNEL, .limit = 2 }, got, &s);
	ck_assert_uint_eq(s.buckets_visited, 1); /* 2545 has two */
	ck_assert_uint_eq(s.buckets_skipped, 0);
	read_page(f, &m, &(struct sst_page){ .channel = CHANNEL, .limit = 3 }, got, &s);
	ck_assert_uint_eq(s.buckets_visited, 2);
	ck_assert_uint_eq(s.buckets_skipped, 2109); /* 2544 down to 436 */
	read_page(f, &m,
	    &(struct sst_page){
		.channel = CHANNEL, .kind = SST_PAGE_BEFORE, .id = 436 * W, .limit = 1 },
	    got, &s);
	ck_assert_uint_eq(s.buckets_visited, 1);
	ck_assert_uint_eq(s.buckets_skipped, 0);
	fakedb_free(f);
}
END_TEST

START_TEST(ghosts_are_counted)
{
	struct sst_messages m;
	struct fakedb *f = fill(&m, true);
	struct sst_history_stats s;
	int64_t got[NIDS];

	ck_assert_uint_eq(
	    read_page(
		f, &m, &(struct sst_page){ .channel = CHANNEL, .limit = UINT64_MAX }, got, &s),
	    NIDS);
	ck_assert_uint_eq(s.ghosts, NIDS - 1);
	ck_assert_uint_eq(s.misfiled, 0);
	fakedb_free(f);
}
END_TEST

/* A row in a bucket that its id does not belong to would break the order: it is not given. */
START_TEST(misfiled_rows)
{
	static const uint8_t one[8] = { 0, 0, 0, 0, 0, 0, 0, 1 };
	struct sst_messages m;
	struct fakedb *f = fill(&m, false);
	struct sst_message_update u = { 0 };
	struct sst_message msg = { .channel = CHANNEL,
		.id = 92 * W + 50,
		.has_channel = true,
		.has_id = true,
		.edited_us = INT64_MIN };
	struct sst_history_stats s;
	int64_t got[NIDS];
	struct sst_err e;

	msg.value[SST_MSG_AUTHOR_ID] = (struct sst_slice){ one, 8 };
	ck_assert_int_eq(sst_message_make(&u, &m, &msg, SST_MESSAGE_STORE, 1, &e), 0);
	sst_messages_key(u.key, CHANNEL, 48);
	u.update.part.token = sst_token(u.update.part.key);
	ck_assert_int_eq(f->db.ops->apply(&f->db, &u.update, NULL, &e), 0);
	ck_assert_uint_eq(
	    read_page(
		f, &m, &(struct sst_page){ .channel = CHANNEL, .limit = UINT64_MAX }, got, &s),
	    NIDS);
	ck_assert_uint_eq(s.misfiled, 1);
	fakedb_free(f);
}
END_TEST

/* Token ranges that partition the ring give each message once. */
START_TEST(token_ranges)
{
	static const int64_t edges[] = { INT64_MIN, -4611686018427387904, 0, 4611686018427387904,
		INT64_MIN };
	struct sst_messages m;
	struct fakedb *f = fill(&m, false);
	int64_t got[NIDS];
	size_t i, n, sum = 0, parts = 0;

	for (i = 0; i + 1 < SST_ARRAY_LEN(edges); i++) {
		n = read_page(f, &m,
		    &(struct sst_page){ .channel = CHANNEL,
			.limit = UINT64_MAX,
			.left = edges[i],
			.right = edges[i + 1] },
		    got, NULL);
		parts += n > 0;
		sum += n;
	}
	ck_assert_uint_eq(sum, NIDS);
	ck_assert_uint_gt(parts, 1);
	fakedb_free(f);
}
END_TEST

/* Whatever call fails, the failure comes out, and nothing is left open. */
START_TEST(failures)
{
	struct sst_messages m;
	struct fakedb *f = fill(&m, false);
	struct sst_page p = { .channel = CHANNEL,
		.kind = SST_PAGE_AROUND,
		.id = 92 * W,
		.limit = 9,
		.reversed = true };
	const struct sst_row *row;
	struct sst_history *h;
	struct sst_err e;
	unsigned long calls, at;
	int64_t got[NIDS];
	int r;

	f->calls = 0;
	read_page(f, &m, &p, got, NULL);
	calls = f->calls;
	ck_assert_uint_gt(calls, 10);
	for (at = 1; at <= calls; at++) {
		f->calls = 0;
		f->fail_at = at;
		e.code = SST_OK;
		r = sst_history_open(&h, &m, &p, &e);
		while (r == 0 && (r = sst_history_next(h, &row, &e)) == SST_ONE)
			r = 0;
		ck_assert_int_eq(r, -1);
		ck_assert_int_eq(e.code, SST_EDAMAGED);
		sst_history_close(h);
		ck_assert_uint_eq(f->open_streams, 0);
	}
	fakedb_free(f);
}
END_TEST

/* A deleted message leaves a tombstone; too many in a bucket end the page. */
START_TEST(tombstones)
{
	struct sst_messages m;
	struct fakedb *f = fill(&m, false);
	struct sst_message_update u = { 0 };
	struct sst_message msg = {
		.channel = CHANNEL, .has_channel = true, .has_id = true, .edited_us = INT64_MIN
	};
	struct sst_page p = { .channel = CHANNEL, .limit = 50 };
	struct sst_history_stats s;
	const struct sst_row *row;
	struct sst_history *h;
	int64_t got[NIDS];
	struct sst_err e;
	int r;

	for (msg.id = 92 * W + 1; msg.id <= 92 * W + 3; msg.id++) {
		ck_assert_int_eq(sst_message_make(&u, &m, &msg, SST_MESSAGE_DELETE,
				     INT64_C(4000000000000000), &e),
		    0);
		ck_assert_int_eq(f->db.ops->apply(&f->db, &u.update, NULL, &e), 0);
	}
	ck_assert_uint_eq(read_page(f, &m, &p, got, &s), NIDS - 3);
	ck_assert_uint_eq(s.reads.tombstones, 3);
	p.tombstones_max = 2;
	ck_assert_int_eq(sst_history_open(&h, &m, &p, &e), 0);
	while ((r = sst_history_next(h, &row, &e)) == SST_ONE)
		;
	ck_assert_int_eq(r, -1);
	ck_assert_int_eq(e.code, SST_ELIMIT);
	sst_history_close(h);
	fakedb_free(f);
}
END_TEST

Suite *
history_suite(void)
{
	Suite *s = suite_create("history");
	TCase *t = tcase_create("history");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, pages, 0, 8);
	tcase_add_test(t, pages_of_a_store);
	tcase_add_test(t, no_messages);
	tcase_add_test(t, buckets_are_counted);
	tcase_add_test(t, ghosts_are_counted);
	tcase_add_test(t, misfiled_rows);
	tcase_add_test(t, token_ranges);
	tcase_add_test(t, failures);
	tcase_add_test(t, tombstones);
	suite_add_tcase(s, t);
	return s;
}
