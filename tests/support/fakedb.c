/* tests/support/fakedb.c: a memtable behind db.h. */
#include "fakedb.h"

#include <check.h>
#include <stdlib.h>

#include "cql/schema.h"
#include "merge/merge.h"
#include "msg/messages.h"

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

/* The table of messages, from its own text; with more columns, from a text that has them. */
static const struct sst_table *
make_table(struct sst_arena *a, int extra)
{
	static const char key[] = "    PRIMARY KEY", more[] = "aaa_added int, zzz_added text,";
	const char *at = strstr(sst_messages_cql, key);
	struct sst_schema schema;
	struct sst_buf b = { 0 };
	struct sst_slice text;
	struct sst_err e;

	sst_buf_add(&b, sst_messages_cql, (size_t)(at - sst_messages_cql));
	sst_buf_adds(&b, extra ? more : "");
	sst_buf_adds(&b, at);
	text = sst_arena_slice(a, sst_buf_slice(&b));
	sst_buf_free(&b);
	ck_assert_int_eq(
	    sst_schema_parse(&schema, a, text, "cql", (struct sst_slice){ NULL, 0 }, &e), 0);
	return sst_schema_table(&schema, SST_SLICE_LIT("chat"), SST_SLICE_LIT("messages"));
}

struct fakedb *
fakedb_new(int extra)
{
	struct fakedb *f = calloc(1, sizeof(*f));
	const struct sst_table *t;
	struct sst_err e;

	ck_assert_ptr_nonnull(f);
	f->db.ops = &fake_ops;
	t = make_table(&f->arena, extra);
	ck_assert_ptr_nonnull(t);
	f->table = sst_arena_alloc(&f->arena, sizeof(*f->table));
	ck_assert_ptr_nonnull(f->table);
	*f->table = *t;
	ck_assert_int_eq(sst_memtable_new(&f->mem, f->table, &e), 0);
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
