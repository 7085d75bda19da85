/*
 * store/adopt.c: a store takes over what define.c has done on disk.  All that can fail is done first:
 * the new shelves are made, and what is in memory of tables that change is flushed, as its columns are
 * those of the table before.
 */
#include <stdlib.h>

#include "store/int.h"
#include "store/truncated.h"

int
sst_store_flush_table(struct sst_store *s, const struct sst_table *t, struct sst_err *e)
{
	struct sst_shelf *shelf = sst_store_shelf(s, t);

	if (shelf == NULL)
		return sst_fail(e, SST_EINVAL, s->dir, SST_NOWHERE, "not a table of this store");
	if (s->broken)
		return sst_store_refuse_broken(s, e);
	return sst_store_flush_shelf(s, shelf, e);
}

/* What makes a table another one: its text, and the fields of its types. */
static void
put_definition(const struct sst_table *t, struct sst_buf *b)
{
	const struct {
		const struct sst_column *p;
		size_t n;
	} all[] = { { t->key, t->nkey }, { t->ck, t->nck }, { t->statics, t->nstatic },
		{ t->regulars, t->nregular } };

	sst_schema_print_table(t, b);
	for (size_t k = 0; k < sizeof(all) / sizeof(all[0]); k++)
		for (size_t i = 0; i < all[k].n; i++)
			sst_type_class(all[k].p[i].type, b);
}

/* 1, 0 or -1. */
static int
is_same(const struct sst_table *x, const struct sst_table *y, struct sst_err *e)
{
	struct sst_buf a = { 0 }, b = { 0 };
	int r;

	put_definition(x, &a);
	put_definition(y, &b);
	r = a.bad || b.bad ? sst_fail_nomem(e) : sst_slice_eq(sst_buf_slice(&a), sst_buf_slice(&b));
	sst_buf_free(&a);
	sst_buf_free(&b);
	return r;
}

/* A copy of the table in the arena, made of its text. */
static const struct sst_table *
copy_table(const struct sst_schema *schema, const struct sst_table *t, struct sst_arena *arena,
    struct sst_err *e)
{
	const struct sst_table *copy = NULL;
	struct sst_buf b = { 0 };
	struct sst_schema parsed;
	struct sst_slice text = { NULL, 0 };

	sst_schema_print_snapshot(schema, t, &b);
	if (!b.bad)
		text = sst_arena_slice(arena, sst_buf_slice(&b));
	if (text.p == NULL)
		sst_fail_nomem(e);
	else if (sst_schema_parse(&parsed, arena, text, NULL, t->keyspace, e) == 0)
		copy = sst_schema_table(&parsed, t->keyspace, t->name);
	sst_buf_free(&b);
	return copy;
}

static struct sst_shelf *
make_shelf(struct sst_store *s, const struct sst_schema *schema, const struct sst_table *t,
    struct sst_err *e)
{
	struct sst_arena arena = { 0 };
	const struct sst_table *copy = copy_table(schema, t, &arena, e);
	const char *folder =
	    copy == NULL ? NULL : sst_datadir_path(&arena, s->dir, t->keyspace, &t->name, t->id, e);
	struct sst_shelf *shelf = folder == NULL ? NULL : sst_store_new_shelf(s, copy, folder, e);

	if (shelf == NULL) {
		sst_arena_free(&arena);
		return NULL;
	}
	shelf->arena = arena;
	if (sst_truncated_read(&shelf->truncated, s->io, folder, e) == 0)
		return shelf;
	sst_store_free_shelf(shelf);
	return NULL;
}

struct adoption {
	struct sst_store *s;
	const struct sst_schema *schema;
	struct sst_shelf **stay, **new, **go; /* new ones are ours until all is done */
	size_t nstay, nnew, ngo;
};

static struct sst_shelf *
shelf_of(const struct sst_store *s, const uint8_t id[16])
{
	for (size_t i = 0; i < s->nshelves; i++)
		if (memcmp(s->shelves[i]->table->id, id, 16) == 0)
			return s->shelves[i];
	return NULL;
}

static int
add_new(struct adoption *a, const struct sst_table *t, struct sst_err *e)
{
	struct sst_shelf *shelf = make_shelf(a->s, a->schema, t, e);

	if (shelf == NULL)
		return -1;
	a->new[a->nnew++] = shelf;
	return 0;
}

static int
sort_out(struct adoption *a, struct sst_err *e)
{
	const struct sst_schema *schema = a->schema;
	struct sst_store *s = a->s;
	int same;

	for (size_t i = 0; i < s->nshelves; i++) {
		struct sst_shelf *shelf = s->shelves[i];
		const struct sst_table *t = sst_schema_table_by_id(schema, shelf->table->id);

		if (t == NULL) {
			a->go[a->ngo++] = shelf;
			continue;
		}
		if ((same = is_same(shelf->table, t, e)) == -1)
			return -1;
		if (same == 1) {
			a->stay[a->nstay++] = shelf;
			continue;
		}
		a->go[a->ngo++] = shelf;
		if (sst_store_flush_shelf(s, shelf, e) == -1 || add_new(a, t, e) == -1)
			return -1;
	}
	for (size_t i = 0; i < schema->ntables; i++)
		if (shelf_of(s, schema->tables[i]->id) == NULL &&
		    add_new(a, schema->tables[i], e) == -1)
			return -1;
	return 0;
}

/* Nothing here can fail. */
static void
settle(struct adoption *a)
{
	struct sst_store *s = a->s;

	for (size_t i = 0; i < a->ngo; i++) {
		struct sst_shelf *shelf = a->go[i];

		sst_store_forget_shelf(s, shelf); /* of a table that was dropped */
		s->retired[s->nretired++] = shelf;
	}
	for (size_t i = 0; i < a->nnew; i++) {
		a->stay[a->nstay++] = a->new[i];
		if (s->journal != NULL)
			sst_journal_begin_after(s->journal, a->new[i]->truncated);
	}
	free(s->shelves);
	s->shelves = a->stay;
	s->nshelves = a->nstay;
	s->last = NULL;
	a->stay = NULL;
	a->nnew = 0;
}

static int
make_lists(struct adoption *a, struct sst_err *e)
{
	struct sst_store *s = a->s;
	size_t n = s->nshelves + a->schema->ntables + 1;
	struct sst_shelf **retired = realloc(s->retired, (s->nretired + n) * sizeof(*retired));

	if (retired != NULL)
		s->retired = retired;
	a->stay = calloc(n, sizeof(*a->stay));
	a->new = calloc(n, sizeof(*a->new));
	a->go = calloc(n, sizeof(*a->go));
	if (retired == NULL || a->stay == NULL || a->new == NULL || a->go == NULL)
		return sst_fail_nomem(e);
	return 0;
}

int
sst_store_adopt(struct sst_store *s, const struct sst_schema *schema, struct sst_err *e)
{
	struct adoption a = { .s = s, .schema = schema };
	int r = make_lists(&a, e);

	if (r == 0)
		r = sort_out(&a, e);
	/* the log knows tables by where they lie */
	if (r == 0 && a.ngo > 0 && s->journal != NULL)
		r = sst_journal_forget_tables(s->journal, e);
	if (r == 0)
		settle(&a);
	for (size_t i = 0; i < a.nnew; i++)
		sst_store_free_shelf(a.new[i]);
	free(a.stay);
	free(a.new);
	free(a.go);
	if (r == 0)
		sst_store_discard_log(s);
	return r;
}

int
sst_store_truncated(
    struct sst_store *s, const struct sst_table *t, uint64_t upto, struct sst_err *e)
{
	struct sst_shelf *shelf = sst_store_shelf(s, t);

	if (shelf == NULL)
		return sst_fail(e, SST_EINVAL, s->dir, SST_NOWHERE, "not a table of this store");
	if (s->journal != NULL)
		sst_journal_begin_after(s->journal, upto);
	shelf->truncated = upto;
	sst_store_forget_shelf(s, shelf);
	sst_store_discard_log(s);
	return shelf->listed ? sst_shelf_refresh(shelf, e) : 0;
}

void
sst_store_retire(struct sst_store *s)
{
	for (size_t i = 0; i < s->nretired; i++)
		sst_store_free_shelf(s->retired[i]);
	free(s->retired);
	s->retired = NULL;
	s->nretired = 0;
}
