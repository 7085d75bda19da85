/*
 * tests/unit/define.c: tables that come, change and go while two shards have a directory open: what each
 * of them sees, and what is left when a call fails, or the machine stops at any.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>

#include "../support/faultio.h"
#include "../support/memfs.h"
#include "../support/stores.h"
#include "base/num.h"
#include "query/ddl.h"
#include "store/datadir.h"
#include "store/define.h"

Suite *define_suite(void);

#define ROWS 12
#define NOW_US INT64_C(1790000000000000)

/* ---- a directory and its two shards ---- */

struct house {
	const struct sst_io *io;
	struct sst_lock lock;
	struct sst_store *s[2];
	struct sst_arena arena; /* of the schema */
	struct sst_schema schema;
};

static int
house_open(struct house *h, const struct sst_io *io, struct sst_err *e)
{
	struct sst_store_opts o = kt_options();

	*h = (struct house){ .io = io, .lock.fd = -1 };
	if (sst_store_lock(&h->lock, io, "/d", false, e) == -1)
		return -1;
	o.shared = o.replay = true;
	o.shards = 2;
	o.sync = SST_SYNC_BATCH;
	for (uint32_t i = 0; i < 2; i++) {
		o.shard = i;
		o.left = i == 0 ? INT64_MIN : 0;
		o.right = i == 0 ? 0 : INT64_MAX;
		if (sst_store_open(&h->s[i], io, "/d", &o, e) == -1)
			return -1;
	}
	if (sst_store_recovered(h->s, 2, e) == -1 ||
	    sst_store_schema(&h->schema, &h->arena, io, "/d", e) == -1)
		return -1;
	for (int i = 0; i < 2; i++)
		if (sst_store_adopt(h->s[i], &h->schema, e) == -1)
			return -1;
	return 0;
}

static void
house_close(struct house *h)
{
	sst_store_drop(h->s[0]);
	sst_store_drop(h->s[1]);
	sst_lock_drop(&h->lock);
	sst_arena_free(&h->arena);
}

static void
must(int r, const struct sst_err *e)
{
	char text[512];

	if (r == -1)
		ck_abort_msg("%s", sst_err_text(e, text, sizeof(text)));
}

/* Into the shard that owns it, and synced. */
static int
put(struct house *h, int a, int b, const char *text, struct sst_err *e)
{
	struct sst_logpos acked;

	for (int i = 0; i < 2; i++) {
		if (kt_try_put(h->s[i], a, b, text, e) == 0)
			return sst_store_settle(h->s[i], &acked, e);
		if (strstr(e->what, "is not of this store") == NULL)
			return -1;
	}
	return -1;
}

static int
put_rows(struct house *h, int b, const char *text, struct sst_err *e)
{
	for (int a = 0; a < ROWS; a++)
		if (put(h, a, b, text, e) == -1)
			return -1;
	return 0;
}

/* A row of k.u in each shard, which holds the log back. */
static int
put_others(struct house *h, struct sst_err *e)
{
	struct sst_cell cell = { .ts_us = 1, .ldt_s = SST_NO_LDT, .value = SST_SLICE_LIT("x") };
	struct sst_row row = {
		.live = { 1, 0, SST_NO_LDT }, .del = SST_LIVE, .ncells = 1, .cells = &cell
	};
	struct sst_update u = { .nrows = 1, .rows = &row };
	static const struct sst_slice nothing;

	row.ck = &nothing;
	for (uint8_t a = 0; a < ROWS; a++) {
		uint8_t key[4] = { 0, 0, 0, a };
		struct sst_store *s;

		u.part = (struct sst_partition){ { key, 4 }, 0, SST_LIVE };
		u.part.token = sst_token(u.part.key);
		s = h->s[u.part.token > 0];
		u.table = kt_table_of(s, "u");
		if (sst_store_db(s)->ops->apply(sst_store_db(s), &u, NULL, e) == -1)
			return -1;
	}
	return 0;
}

/* One statement, all the way; writes stop meanwhile, as there is one thread only. */
static int
define(struct house *h, const char *cql, struct sst_err *e)
{
	struct sst_ddl_opts how = { .now_us = NOW_US, .table_id = { 7, 7, 7 } };
	struct sst_define_opts o = { .now_us = NOW_US };
	struct sst_arena arena = { 0 };
	struct sst_ddl ddl;
	int r = sst_ddl_make(&ddl, &arena, &h->schema, sst_slice_str(cql), &how, e);

	for (size_t i = 0; r == 0 && i < 2 * ddl.ntables; i++) {
		struct sst_db *db = sst_store_db(h->s[i % 2]);
		const struct sst_table *t = ddl.tables[i / 2];

		r = sst_store_flush_table(h->s[i % 2], db->ops->table(db, t->keyspace, t->name), e);
	}
	if (r == 0)
		r = sst_store_define(h->io, "/d", &h->schema, &ddl.schema, &o, e);
	for (int i = 0; r == 0 && i < 2; i++)
		r = sst_store_adopt(h->s[i], &ddl.schema, e);
	if (r == -1) {
		sst_arena_free(&arena);
		return -1;
	}
	sst_arena_free(&h->arena);
	h->arena = arena;
	h->schema = ddl.schema;
	for (int i = 0; i < 2; i++)
		sst_store_retire(h->s[i]);
	return 0;
}

static int
truncate_t(struct house *h, struct sst_err *e)
{
	const struct sst_table *t =
	    sst_schema_table(&h->schema, SST_SLICE_LIT("k"), SST_SLICE_LIT("t"));
	struct sst_define_opts o = { .now_us = NOW_US };
	uint64_t upto;

	for (int i = 0; i < 2; i++)
		if (sst_store_flush_table(h->s[i], kt_table_of(h->s[i], "t"), e) == -1)
			return -1;
	if (sst_store_truncate(h->io, "/d", t, &o, &upto, e) == -1)
		return -1;
	for (int i = 0; i < 2; i++)
		if (sst_store_truncated(h->s[i], kt_table_of(h->s[i], "t"), upto, e) == -1)
			return -1;
	return 0;
}

/* ---- what a store has ---- */

struct seen {
	bool t, u, n, z; /* tables; a column z of t */
	int old, new;    /* rows of t with b = 0, b = 1 */
};

/* False when a read fails. */
static bool
count(struct sst_store *s, struct seen *seen)
{
	struct sst_db *db = sst_store_db(s);
	struct sst_read r = kt_everything;
	const struct sst_item *item;
	struct sst_stream *rows;
	struct sst_err e;
	int got;

	seen->t = (r.table = db->ops->table(db, SST_SLICE_LIT("k"), SST_SLICE_LIT("t"))) != NULL;
	seen->u = db->ops->table(db, SST_SLICE_LIT("k"), SST_SLICE_LIT("u")) != NULL;
	seen->n = db->ops->table(db, SST_SLICE_LIT("k"), SST_SLICE_LIT("n")) != NULL;
	if (!seen->t)
		return true;
	seen->z = sst_column_find(r.table->regulars, r.table->nregular, SST_SLICE_LIT("z")) >= 0;
	if (db->ops->read(db, &r, &rows, NULL, &e) == -1)
		return false;
	while ((got = sst_stream_next(rows, &item, &e)) == SST_ONE)
		if (item->kind == SST_ROW) {
			seen->old += kt_get_int(item->row.ck[0]) == 0;
			seen->new += kt_get_int(item->row.ck[0]) == 1;
		}
	sst_stream_close(rows);
	return got == 0;
}

static bool
count_house(struct house *h, struct seen *seen)
{
	*seen = (struct seen){ 0 };
	return count(h->s[0], seen) && count(h->s[1], seen);
}

START_TEST(shards_take_over)
{
	struct memfs *fs = memfs_new();
	struct house h;
	struct seen seen;
	const struct sst_table *u;
	struct sst_stream *early;
	struct sst_buf b = { 0 };
	unsigned waits = 0;
	struct sst_err e;

	must(house_open(&h, memfs_io(fs), &e), &e);
	must(put_rows(&h, 0, "x", &e), &e);
	u = kt_table_of(h.s[0], "u");
	early = kt_start(h.s[0], &kt_everything, NULL);
	ck_assert_int_eq(kt_take(early, 1, &b, &waits, &e), SST_ONE);
	must(define(&h, "CREATE TABLE k.n (a int PRIMARY KEY, b list<int>)", &e), &e);
	ck_assert(count_house(&h, &seen) && seen.n && seen.old == ROWS);
	ck_assert_ptr_eq(u, kt_table_of(h.s[0], "u")); /* what did not change stays where it was */
	ck_assert_int_eq(kt_take(early, 100, &b, &waits, &e), 0);
	sst_stream_close(early);
	sst_buf_free(&b);
	must(define(&h, "ALTER TABLE k.t ADD z int", &e), &e);
	ck_assert(count_house(&h, &seen) && seen.z && seen.old == ROWS);
	must(put_rows(&h, 1, "y", &e), &e);
	ck_assert(count_house(&h, &seen) && seen.old == ROWS && seen.new == ROWS);
	ck_assert_ptr_eq(u, kt_table_of(h.s[0], "u"));
	must(truncate_t(&h, &e), &e);
	ck_assert(count_house(&h, &seen) && seen.old == 0 && seen.new == 0);
	must(put_rows(&h, 1, "y", &e), &e);
	house_close(&h); /* all that was written since is in the log only */
	must(house_open(&h, memfs_io(fs), &e), &e);
	ck_assert(count_house(&h, &seen) && seen.z && seen.old == 0 && seen.new == ROWS);
	must(define(&h, "DROP TABLE k.t", &e), &e);
	ck_assert(count_house(&h, &seen) && !seen.t && seen.u);
	house_close(&h);
	must(house_open(&h, memfs_io(fs), &e), &e);
	/* kt_options wants it, so it was made again: another one, empty */
	ck_assert(count_house(&h, &seen) && seen.t && !seen.z && seen.old + seen.new == 0);
	house_close(&h);
	ck_assert_uint_eq(memfs_nopen(fs), 0);
	memfs_free(fs);
}
END_TEST

/* A stream that was open when its table changed goes on as it began. */
START_TEST(open_streams_go_on)
{
	static const char *const changes[] = { "ALTER TABLE k.t ADD a0 int", "DROP TABLE k.t",
		"ALTER TABLE k.t DROP w" };
	struct memfs *fs = memfs_new();
	struct sst_define_opts o = { .now_us = NOW_US };
	struct sst_ddl_opts how = { .now_us = NOW_US };
	struct sst_arena arena = { 0 };
	struct sst_buf b = { 0 };
	struct sst_stream *early;
	struct sst_ddl ddl;
	unsigned waits = 0;
	struct house h;
	struct sst_err e;

	must(house_open(&h, memfs_io(fs), &e), &e);
	must(put_rows(&h, 0, "x", &e), &e);
	must(sst_store_flush_table(h.s[1], kt_table_of(h.s[1], "t"), &e), &e);
	early = kt_start(h.s[1], &kt_everything, NULL);
	ck_assert_int_eq(kt_take(early, 1, &b, &waits, &e), SST_ONE);
	must(sst_ddl_make(&ddl, &arena, &h.schema, sst_slice_str(changes[_i]), &how, &e), &e);
	must(sst_store_flush_table(h.s[0], kt_table_of(h.s[0], "t"), &e), &e);
	must(sst_store_define(memfs_io(fs), "/d", &h.schema, &ddl.schema, &o, &e), &e);
	must(sst_store_adopt(h.s[1], &ddl.schema, &e), &e);
	ck_assert_int_eq(kt_take(early, 100, &b, &waits, &e), 0);
	sst_buf_addc(&b, '\0');
	ck_assert_ptr_nonnull(strstr((char *)b.p, "=x "));
	sst_stream_close(early);
	sst_store_retire(h.s[1]);
	sst_buf_free(&b);
	sst_arena_free(&arena);
	house_close(&h);
	memfs_free(fs);
}
END_TEST

/* What goes stays as a snapshot, unless nobody wants that, or nothing was there. */
START_TEST(snapshots_are_kept)
{
	static const char *const dropped = KT_FOLDER "/snapshots/dropped-1790000000000-t";
	static const char *const truncated = KT_FOLDER "/snapshots/truncated-1790000000000-t";
	struct memfs *fs = memfs_new();
	const struct sst_io *io = memfs_io(fs);
	struct sst_stat st;
	struct house h;
	struct sst_err e;

	must(house_open(&h, io, &e), &e);
	must(truncate_t(&h, &e), &e);
	ck_assert_int_eq(sst_io_stat(io, truncated, &st, &e), -1);
	must(put_rows(&h, 0, "x", &e), &e);
	must(truncate_t(&h, &e), &e);
	ck_assert_int_eq(sst_io_stat(io, truncated, &st, &e), 0);
	must(put_rows(&h, 0, "x", &e), &e);
	must(define(&h, "DROP KEYSPACE k", &e), &e);
	ck_assert_int_eq(sst_io_stat(io, dropped, &st, &e), 0);
	ck_assert_int_eq(sst_io_stat(io, KT_FOLDER "/schema.cql", &st, &e), -1);
	ck_assert_int_eq(sst_io_stat(io, KT_FOLDER "/dropped.cql", &st, &e), 0);
	ck_assert_int_eq(sst_io_stat(io, KT_FOLDER "/me-1-big-Data.db", &st, &e), -1);
	ck_assert_uint_eq(h.schema.nkeyspaces, 0);
	house_close(&h);
	memfs_free(fs);
}
END_TEST

static bool
has(const struct sst_io *io, const char *path, const char *text)
{
	struct sst_buf b = { 0 };
	struct sst_err e;
	bool found;

	ck_assert_int_eq(sst_io_read_file(io, path, 1 << 20, &b, &e), 0);
	sst_buf_addc(&b, '\0');
	found = strstr((char *)b.p, text) != NULL;
	sst_buf_free(&b);
	return found;
}

/* Keyspaces and types are kept, whether a table has them or not; ALTER TYPE goes into tables. */
START_TEST(schemas_come_back)
{
	struct memfs *fs = memfs_new();
	const struct sst_io *io = memfs_io(fs);
	const struct sst_table *t;
	struct house h;
	struct sst_err e;
	static const char *const all[] = {
		"CREATE KEYSPACE q WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': "
		"3} "
		"AND durable_writes = false",
		"CREATE TYPE q.v (g int)",
		"CREATE TYPE q.u (f int, v frozen<v>)",
		"CREATE TYPE q.alone (f int)",
		"CREATE TABLE q.t (a int PRIMARY KEY, u frozen<list<frozen<u>>>)",
		"ALTER TYPE q.v ADD h text",
		"ALTER TYPE q.u RENAME f TO ff",
		"ALTER TABLE q.t RENAME a TO aa",
		"ALTER KEYSPACE q WITH durable_writes = true",
	};

	must(house_open(&h, io, &e), &e);
	for (size_t i = 0; i < SST_ARRAY_LEN(all); i++)
		must(define(&h, all[i], &e), &e);
	house_close(&h);
	/* as a crash leaves it in the midst of an ALTER TYPE: the table has not heard of it */
	ck_assert(has(io, "/d/data/q/t-07070700000000000000000000000000/schema.cql", "h text"));
	kt_put_file(io, "/d/data/q/t-07070700000000000000000000000000/schema.cql",
	    "CREATE TYPE q.v (g int); CREATE TYPE q.u (ff int, v frozen<v>); CREATE TABLE q.t (aa "
	    "int "
	    "PRIMARY KEY, u frozen<list<frozen<u>>>) WITH ID = "
	    "07070700-0000-0000-0000-000000000000;");
	must(house_open(&h, io, &e), &e);
	ck_assert_uint_eq(h.schema.nkeyspaces, 2);
	ck_assert_ptr_nonnull(
	    sst_schema_type(&h.schema, SST_SLICE_LIT("q"), SST_SLICE_LIT("alone")));
	t = sst_schema_table(&h.schema, SST_SLICE_LIT("q"), SST_SLICE_LIT("t"));
	ck_assert_ptr_nonnull(t);
	ck_assert(sst_slice_eq(t->key[0].name, SST_SLICE_LIT("aa")));
	ck_assert_uint_eq(t->regulars[0].type->args[0]->args[1]->nargs, 2);
	ck_assert(sst_slice_eq(t->regulars[0].type->args[0]->fields[0], SST_SLICE_LIT("ff")));
	ck_assert(has(io, "/d/data/q/t-07070700000000000000000000000000/schema.cql", "h text"));
	ck_assert(has(io, "/d/data/q/keyspace.cql",
	    "durable_writes = true AND replication = {'class': 'NetworkTopologyStrategy', 'dc1': "
	    "'3'}"));
	house_close(&h);
	memfs_free(fs);
}
END_TEST

START_TEST(names_that_are_no_folders)
{
	struct sst_define_opts o = { .now_us = NOW_US };
	struct memfs *fs = memfs_new();
	struct sst_arena arena = { 0 };
	struct sst_schema none = { 0 }, bad;
	struct sst_err e;

	ck_assert_int_eq(
	    sst_schema_parse(&bad, &arena, SST_SLICE_LIT("CREATE KEYSPACE \"../x\" WITH a = 1"),
		NULL, SST_SLICE_LIT("k"), &e),
	    0);
	ck_assert_int_eq(sst_store_define(memfs_io(fs), "/d", &none, &bad, &o, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	sst_arena_free(&arena);
	memfs_free(fs);
}
END_TEST

/* ---- stopping ---- */

enum act {
	CREATE,
	ADD,
	DROP_TABLE,
	TRUNCATE,
	DROP_KEYSPACE
};

static const char *const statements[] = { [CREATE] = "CREATE TABLE k.n (a int PRIMARY KEY)",
	[ADD] = "ALTER TABLE k.t ADD z int",
	[DROP_TABLE] = "DROP TABLE k.t",
	[TRUNCATE] = NULL,
	[DROP_KEYSPACE] = "DROP KEYSPACE k" };

static struct memfs *
start(void)
{
	struct memfs *fs = memfs_new();
	struct house h;
	struct sst_err e;

	must(house_open(&h, memfs_io(fs), &e), &e);
	must(put_rows(&h, 0, "x", &e), &e);
	house_close(&h); /* in the log */
	return fs;
}

/* How far it came: 0, 1: the definition is made, 2: and rows were written behind it. */
static int
play(const struct sst_io *io, enum act act, struct sst_err *e)
{
	struct house h;
	int far = 0;

	if (house_open(&h, io, e) == 0 && put_others(&h, e) == 0 && put_rows(&h, 0, "x", e) == 0 &&
	    (act == TRUNCATE ? truncate_t(&h, e) : define(&h, statements[act], e)) == 0) {
		far = 1;
		if (act == TRUNCATE && put_rows(&h, 1, "y", e) == 0)
			far = 2;
	}
	house_close(&h);
	return far;
}

static const char *
judge_seen(const struct seen *s, enum act act, int far)
{
	bool done = far > 0;

	if (act == DROP_TABLE && (s->t ? done || s->old != ROWS : !s->u))
		return "the table is not dropped, or not whole";
	if (act == DROP_KEYSPACE && s->t != s->u)
		return "half of the keyspace is dropped";
	if (act == DROP_KEYSPACE && ((done && s->t) || (s->t && s->old != ROWS)))
		return "the keyspace is not dropped, or a table of it not whole";
	if (act == DROP_TABLE || act == DROP_KEYSPACE)
		return NULL;
	if (!s->t || !s->u)
		return "a table is gone";
	if (act == TRUNCATE) {
		if (s->old != ROWS && s->old != 0)
			return "half of the rows are gone";
		if (s->old != 0 && done)
			return "truncated rows are there";
		return far == 2 && s->new != ROWS ? "rows written since are gone" : NULL;
	}
	if (s->old != ROWS)
		return "rows are gone";
	if (done && !(act == CREATE ? s->n : s->z))
		return "the definition is gone";
	return NULL;
}

static int
see_left(void *arg, const char *name)
{
	(void)arg;
	return strstr(name, "-Data.db") != NULL || strstr(name, ".unknown") != NULL;
}

/* A table that was dropped leaves no files, and nothing in the log that nobody knows. */
static const char *
judge_files(struct memfs *fs, const struct seen *seen)
{
	struct sst_stat st;
	struct sst_err e;

	if (seen->t)
		return NULL;
	if (sst_io_list(memfs_io(fs), KT_FOLDER, see_left, NULL, &e) != 0)
		return "files of the table are left";
	if (sst_io_stat(memfs_io(fs), "/d/data/k/" SST_GONE_FILE, &st, &e) == 0 || e.sys != ENOENT)
		return "the keyspace is still being dropped";
	return sst_io_list(memfs_io(fs), "/d/commitlog", see_left, NULL, &e) == 0
	    ? NULL
	    : "a segment was set aside";
}

/* Read, then opened for writing twice; the schema wanted is not made again. */
static const char *
judge(struct memfs *fs, enum act act, int far)
{
	struct sst_store_opts ro = { .read_only = true }, rw = { .no_wait = true };
	struct seen seen[3] = { 0 };
	const char *bad = NULL;
	struct sst_store *s;
	struct sst_err e;

	for (int i = 0; i < 3 && bad == NULL; i++) {
		if (sst_store_open(&s, memfs_io(fs), "/d", i == 0 ? &ro : &rw, &e) == -1)
			return e.what[0] != '\0' && i > 0 ? "does not open for writing"
							  : "does not open for reading";
		if (!count(s, &seen[i]))
			bad = "cannot be read";
		else
			bad = judge_seen(&seen[i], act, far);
		if (bad == NULL && i > 0 && memcmp(&seen[0], &seen[i], sizeof(seen[0])) != 0)
			bad = "is not what a reader saw";
		if (bad == NULL && i > 0)
			bad = judge_files(fs, &seen[i]);
		sst_store_drop(s);
	}
	return bad;
}

/* Opened by somebody who wants the tables: they are as they were, or made again, empty. */
static const char *
judge_made_again(const struct memfs *left)
{
	struct sst_store_opts ro = { .read_only = true }, rw = kt_options();
	struct memfs *fs = memfs_copy(left);
	struct seen seen[2] = { 0 };
	const char *bad = NULL;
	struct sst_store *s;
	struct sst_err e;

	for (int i = 0; i < 2 && bad == NULL; i++) {
		if (sst_store_open(&s, memfs_io(fs), "/d", i == 0 ? &ro : &rw, &e) == -1) {
			bad = "does not open for who wants tables";
			break;
		}
		if (!count(s, &seen[i]))
			bad = "cannot be read by who wants tables";
		sst_store_drop(s);
	}
	if (bad == NULL && seen[1].old != seen[0].old)
		bad = "rows of a dropped table are in the one made in its place";
	memfs_free(fs);
	return bad;
}

START_TEST(the_machine_stops)
{
	enum act act = (enum act)_i;
	struct memfs *from = start();
	unsigned long at, states = 0;
	bool over = false;
	struct sst_err e;

	for (at = 1; !over; at += FAULTIO_STRIDE) {
		struct memfs *fs = memfs_copy(from);
		struct faultio *f = faultio_new(memfs_io(fs));
		struct faultio_plan p = { .at = (at + 1) / 2 };
		int far;

		p.how = at % 2 == 1 ? FAULTIO_STOP : FAULTIO_STOP_AFTER;
		faultio_plan(f, &p);
		far = play(faultio_io(f), act, &e);
		over = faultio_calls(f) < p.at;
		for (int cut = MEMFS_NONE; cut <= MEMFS_TORN; cut++) {
			struct memfs *after = memfs_copy(fs);
			const char *bad;

			memfs_power_cut(after, (enum memfs_cut)cut, (unsigned)at);
			bad = act >= DROP_TABLE ? judge_made_again(after) : NULL;
			if (bad == NULL)
				bad = judge(after, act, far);
			states++;
			if (bad != NULL)
				ck_abort_msg("act %d, call %lu (%s %s), cut %d, came to %d: %s",
				    act, p.at, faultio_failed(f), faultio_failed_path(f), cut, far,
				    bad);
			memfs_free(after);
		}
		faultio_free(f);
		memfs_free(fs);
	}
	ck_assert_uint_gt(states, 400 / FAULTIO_STRIDE);
	memfs_free(from);
}
END_TEST

START_TEST(a_call_fails)
{
	enum act act = (enum act)(_i / 4);
	struct faultio_plan p = { .how = faultio_failures[_i % FAULTIO_FAILURES].how,
		.sys = faultio_failures[_i % FAULTIO_FAILURES].sys };
	struct memfs *from = start();
	bool over = false;
	struct sst_err e;

	for (p.at = 1; !over; p.at += FAULTIO_STRIDE) {
		struct memfs *fs = memfs_copy(from);
		struct faultio *f = faultio_new(memfs_io(fs));
		const char *bad;
		int far;

		faultio_plan(f, &p);
		e.code = SST_OK;
		far = play(faultio_io(f), act, &e);
		over = faultio_calls(f) < p.at;
		ck_assert(far > 0 || e.code != SST_OK);
		if (memfs_nopen(fs) != 0)
			ck_abort_msg("call %lu (%s) leaks a descriptor", p.at, faultio_failed(f));
		if ((bad = judge(fs, act, far)) != NULL)
			ck_abort_msg("act %d, call %lu (%s %s), came to %d: %s", act, p.at,
			    faultio_failed(f), faultio_failed_path(f), far, bad);
		faultio_free(f);
		memfs_free(fs);
	}
	memfs_free(from);
}
END_TEST

/* What failed may be tried again by the same process, when nothing is in doubt. */
START_TEST(and_works_again)
{
	enum act act = (enum act)_i;
	struct memfs *from = start();
	unsigned tried = 0;
	bool over = false;

	for (unsigned long at = 1; !over; at++) {
		struct memfs *fs = memfs_copy(from);
		struct faultio *f = faultio_new(memfs_io(fs));
		struct faultio_plan none = { 0 },
				    p = { .how = FAULTIO_FAIL, .sys = ENOSPC, .at = at };
		struct seen seen;
		struct house h;
		struct sst_err e;
		int r;

		must(house_open(&h, faultio_io(f), &e), &e);
		faultio_plan(f, &p);
		e.doubt = false;
		r = act == TRUNCATE ? truncate_t(&h, &e) : define(&h, statements[act], &e);
		over = faultio_calls(f) < at;
		faultio_plan(f, &none);
		if (r == -1 && !e.doubt && put_rows(&h, 1, "y", &e) == 0) {
			tried++;
			must(act == TRUNCATE ? truncate_t(&h, &e) : define(&h, statements[act], &e),
			    &e);
			ck_assert(count_house(&h, &seen));
			ck_assert_ptr_null(
			    judge_seen(&seen, act, act == TRUNCATE || act >= DROP_TABLE ? 1 : 0));
		}
		house_close(&h);
		faultio_free(f);
		memfs_free(fs);
	}
	ck_assert_uint_gt(tried, 3);
	memfs_free(from);
}
END_TEST

Suite *
define_suite(void)
{
	Suite *s = suite_create("define");
	TCase *tc = tcase_create("define");
	int nacts = (int)SST_ARRAY_LEN(statements);

	tcase_set_timeout(tc, 600); /* sanitizers on a busy machine */
	tcase_add_test(tc, shards_take_over);
	tcase_add_loop_test(tc, open_streams_go_on, 0, 3);
	tcase_add_test(tc, snapshots_are_kept);
	tcase_add_test(tc, schemas_come_back);
	tcase_add_test(tc, names_that_are_no_folders);
	tcase_add_loop_test(tc, the_machine_stops, 0, nacts);
	tcase_add_loop_test(tc, a_call_fails, 0, 4 * nacts);
	tcase_add_loop_test(tc, and_works_again, 0, nacts);
	suite_add_tcase(s, tc);
	return s;
}
