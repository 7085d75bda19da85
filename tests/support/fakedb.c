/* tests/support/fakedb.c: a memtable behind db.h. */
#include "fakedb.h"

#include <check.h>
#include <stdlib.h>

#include "base/num.h"
#include "merge/merge.h"

struct stream {
	struct sst_stream s;
	struct sst_stream *in;
	struct fakedb *f;
	bool waited, nonblocking;
};

static int
failing(struct fakedb *f, struct sst_err *e)
{
	return ++f->calls == f->fail_at
	    ? sst_fail(e, SST_EDAMAGED, "fake", f->calls, "this call was to fail")
	    : 0;
}

static int
stream_next(struct sst_stream *s, const struct sst_item **item, struct sst_err *e)
{
	struct stream *t = (struct stream *)s;

	if (failing(t->f, e) == -1)
		return -1;
	if (t->f->waits && t->nonblocking && !t->waited) {
		t->waited = true;
		return SST_WAIT;
	}
	t->waited = false;
	return sst_stream_next(t->in, item, e);
}

static int
stream_skip(struct sst_stream *s, struct sst_err *e)
{
	return sst_stream_skip(((struct stream *)s)->in, e);
}

static void
stream_want(struct sst_stream *s, struct sst_want *want)
{
	*want = (struct sst_want){ NULL, 7, 8 };
	((struct stream *)s)->f->waited++;
}

static void
stream_close(struct sst_stream *s)
{
	struct stream *t = (struct stream *)s;

	t->f->open_streams--;
	sst_stream_close(t->in);
	free(t);
}

static const struct sst_stream_ops stream_ops = { stream_next, stream_skip, stream_want,
	stream_close };

static const struct sst_table *
fake_table(struct sst_db *db, struct sst_slice keyspace, struct sst_slice name)
{
	struct fakedb *f = (struct fakedb *)db;

	return sst_slice_eq(keyspace, f->table->keyspace) && sst_slice_eq(name, f->table->name)
	    ? f->table
	    : NULL;
}

static bool
known(const struct fakedb *f, int64_t token)
{
	size_t i;

	for (i = 0; i < f->ntokens && f->tokens[i] != token; i++)
		;
	return i < f->ntokens;
}

static int
fake_apply(struct sst_db *db, const struct sst_update *u, struct sst_logpos *pos, struct sst_err *e)
{
	struct fakedb *f = (struct fakedb *)db;
	size_t i;

	(void)pos;
	f->applied++;
	if (!known(f, u->part.token)) {
		ck_assert_uint_lt(f->ntokens, FAKEDB_KEYS);
		f->tokens[f->ntokens++] = u->part.token;
	}
	for (i = 0; i < u->nrows; i++) {
		const uint8_t *id = u->rows[i].ck[0].p;

		if (!f->any || memcmp(id, f->first, 8) > 0)
			memcpy(f->first, id, 8);
		if (!f->any || memcmp(id, f->last, 8) < 0)
			memcpy(f->last, id, 8);
		f->any = true;
	}
	return sst_memtable_apply(f->mem, u, e);
}

static int
fake_synced(struct sst_db *db, struct sst_logpos *pos, struct sst_err *e)
{
	(void)db;
	(void)e;
	*pos = (struct sst_logpos){ 0, 0 };
	return 0;
}

static int
fake_sync(struct sst_db *db, const struct sst_logpos *pos, struct sst_err *e)
{
	(void)db;
	(void)pos;
	(void)e;
	return 0;
}

static int
fake_read(struct sst_db *db, const struct sst_read *r, struct sst_stream **out,
    struct sst_read_stats *stats, struct sst_err *e)
{
	struct fakedb *f = (struct fakedb *)db;
	struct sst_merge_opts opts = { .raw = r->raw,
		.now_s = r->now_s,
		.gc_before_s = INT64_MIN,
		.tombstones_max = r->tombstones_max };
	struct sst_stream *in;
	struct stream *t;

	*out = NULL;
	f->reads++;
	if (failing(f, e) == -1 || sst_memtable_read(f->mem, r, &in, e) == -1)
		return -1;
	if (stats != NULL) {
		opts.tombstones = &stats->tombstones;
		stats->sstables_seen++;
		if (r->key.p == NULL || known(f, sst_token(r->key)))
			stats->sstables_read++;
		else
			stats->sstables_skipped++;
	}
	/* Check's assertions write a mark each: none where pages are read by the thousand. */
	if ((t = calloc(1, sizeof(*t))) == NULL)
		abort();
	*t = (struct stream){ { &stream_ops, f->table, r->reversed }, NULL, f, false,
		r->nonblocking };
	if (sst_merge_open(&t->in, f->table, &in, 1, &opts, e) == -1)
		abort();
	f->open_streams++;
	*out = &t->s;
	return 0;
}

static int
fake_extent(struct sst_db *db, const struct sst_table *table, struct sst_slice *first,
    struct sst_slice *last, struct sst_err *e)
{
	struct fakedb *f = (struct fakedb *)db;

	(void)table;
	*first = *last = (struct sst_slice){ NULL, 0 };
	if (failing(f, e) == -1)
		return -1;
	if (!f->any)
		return 0;
	if (!f->extent_unknown) {
		*first = (struct sst_slice){ f->first, 8 };
		*last = (struct sst_slice){ f->last, 8 };
	}
	return SST_ONE;
}

static const struct sst_db_ops fake_ops = { fake_table, fake_apply, fake_sync, fake_synced,
	fake_read, fake_extent };

static const struct {
	const char *name, *type;
} columns[] = { { "aaa_added", "int" }, { "zzz_added", "text" },
	{ "attachments", "frozen<list<text>>" }, { "author_id", "bigint" },
	{ "author_name", "text" }, { "content", "text" }, { "edited_timestamp", "timestamp" },
	{ "flags", "int" }, { "mentions", "frozen<list<bigint>>" }, { "nonce", "text" },
	{ "pinned", "boolean" }, { "reactions", "frozen<map<text, int>>" },
	{ "reference", "frozen<tuple<bigint, bigint>>" }, { "type", "int" },
	{ "webhook_id", "bigint" } };

static struct sst_column
column(struct fakedb *f, const char *name, const char *type, bool reversed)
{
	struct sst_column c = { .name = sst_slice_str(name), .dropped_us = INT64_MIN };
	struct sst_type *copy;
	struct sst_err e;

	ck_assert_int_eq(
	    sst_type_parse_cql(&c.type, &f->arena, sst_slice_str(type), NULL, NULL, &e), 0);
	if (reversed) {
		copy = sst_arena_alloc(&f->arena, sizeof(*copy));
		*copy = *c.type;
		copy->reversed = true;
		c.type = copy;
	}
	return c;
}

struct fakedb *
fakedb_new(int extra)
{
	struct fakedb *f = calloc(1, sizeof(*f));
	struct sst_table *t;
	struct sst_err e;
	size_t i, skip = extra ? 0 : 2;

	ck_assert_ptr_nonnull(f);
	f->db.ops = &fake_ops;
	f->table = t = sst_arena_alloc(&f->arena, sizeof(*t));
	*t = (struct sst_table){ .keyspace = SST_SLICE_LIT("chat"),
		.name = SST_SLICE_LIT("messages"),
		.named = true,
		.nkey = 2,
		.nck = 1 };
	sst_table_defaults(t);
	t->key = sst_arena_array(&f->arena, 2, sizeof(*t->key));
	t->key[0] = column(f, "channel_id", "bigint", false);
	t->key[1] = column(f, "bucket", "int", false);
	t->ck = sst_arena_array(&f->arena, 1, sizeof(*t->ck));
	t->ck[0] = column(f, "message_id", "bigint", true);
	t->nregular = SST_ARRAY_LEN(columns) - skip;
	t->regulars = sst_arena_array(&f->arena, t->nregular, sizeof(*t->regulars));
	for (i = 0; i < t->nregular; i++)
		t->regulars[i] = column(f, columns[i + skip].name, columns[i + skip].type, false);
	ck_assert_int_eq(sst_table_finish(t, &f->arena, &e), 0);
	ck_assert_int_eq(sst_memtable_new(&f->mem, t, &e), 0);
	return f;
}

void
fakedb_free(struct fakedb *f)
{
	ck_assert_uint_eq(f->open_streams, 0);
	sst_memtable_free(f->mem);
	sst_arena_free(&f->arena);
	free(f);
}
