/*
 * store/catalog.c: which tables there are: by the schema.cql in their folders, by what the caller
 * wants made, or, in folders without a schema, by what the SSTables themselves say.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cql/schema.h"
#include "live/recover.h"
#include "sstable/statistics.h"
#include "store/catalog.h"
#include "store/int.h"

#define PATH 4096

/* ---- tables that a writer makes ---- */

static bool
is_there(const struct sst_store *s, const struct sst_table *t)
{
	const struct sst_datadir_table *d;
	size_t i;

	for (i = 0; i < s->datadir.ntables; i++) {
		d = &s->datadir.tables[i];
		if (d->schema && sst_slice_eq(d->keyspace, t->keyspace) &&
		    sst_slice_eq(d->name, t->name))
			return true;
	}
	return false;
}

/* Where one of its id was dropped, and a crash left files: they are none of the new one's. */
static int
clear_dropped(struct sst_store *s, const uint8_t id[16], struct sst_err *e)
{
	struct sst_recovery ignored;

	for (size_t i = 0; i < s->datadir.ntables; i++) {
		const struct sst_datadir_table *d = &s->datadir.tables[i];

		if (d->dropped && memcmp(d->id, id, sizeof(d->id)) == 0 &&
		    (sst_live_recover(&ignored, s->io, d->folder, e) == -1 ||
			sst_store_clear_folder(s->io, d->folder, sst_now_us(), e) == -1))
			return -1;
	}
	return 0;
}

static int
make_table(struct sst_store *s, const struct sst_schema *schema, const struct sst_table *wanted,
    struct sst_err *e)
{
	static const uint8_t none[16];
	struct sst_datadir_table d = { .keyspace = wanted->keyspace, .name = wanted->name };
	struct sst_table t = *wanted;
	struct sst_buf text = { 0 };
	int r;

	if (memcmp(t.id, none, sizeof(none)) == 0 && sst_datadir_uuid(t.id, e) == -1)
		return -1;
	memcpy(d.id, t.id, sizeof(d.id));
	if (clear_dropped(s, t.id, e) == -1)
		return -1;
	sst_schema_print_snapshot(schema, &t, &text);
	r = text.bad
	    ? sst_fail_nomem(e)
	    : sst_datadir_make_table(&d, &s->arena, s->io, s->dir, sst_buf_slice(&text), e);
	sst_buf_free(&text);
	return r;
}

int
sst_store_make_tables(struct sst_store *s, struct sst_err *e)
{
	struct sst_schema schema;
	size_t i;

	if (s->opts.schema.n == 0)
		return 0;
	if (sst_schema_parse(
		&schema, &s->arena, s->opts.schema, NULL, (struct sst_slice){ 0 }, e) == -1)
		return -1;
	for (i = 0; i < schema.ntables; i++)
		if (!is_there(s, schema.tables[i]) &&
		    make_table(s, &schema, schema.tables[i], e) == -1)
			return -1;
	return 0;
}

/* ---- a table by its schema.cql ---- */

int
sst_catalog_read(struct sst_schema_of *out, struct sst_arena *a, const struct sst_io *io,
    const struct sst_datadir_table *d, struct sst_err *e)
{
	struct sst_buf text = { 0 };
	struct sst_schema *schema = &out->schema;
	struct sst_slice kept;
	char path[PATH];
	int r = -1;

	if ((size_t)snprintf(path, PATH, "%s/" SST_SCHEMA_FILE, d->folder) >= PATH)
		return sst_fail(e, SST_ELIMIT, d->folder, SST_NOWHERE, "path too long");
	if (sst_io_read_file(io, path, SST_SCHEMA_TEXT_MAX, &text, e) == -1)
		goto out;
	kept = sst_arena_slice(a, sst_buf_slice(&text));
	if (kept.p == NULL) {
		sst_fail_nomem(e);
		goto out;
	}
	if (sst_schema_parse(schema, a, kept, path, d->keyspace, e) == -1)
		goto out;
	/* Its folder's name says which, when there are several; one alone is the one, whatever the
	 * folder is called now. */
	out->table = sst_schema_table(schema, d->keyspace, d->name);
	if (out->table == NULL && schema->ntables == 1)
		out->table = schema->tables[0];
	if (out->table == NULL)
		sst_fail(e, SST_EINVAL, path, SST_NOWHERE, "%zu tables, none of them %.*s.%.*s",
		    schema->ntables, (int)d->keyspace.n, (const char *)d->keyspace.p,
		    (int)d->name.n, (const char *)d->name.p);
	else
		r = SST_ONE;
out:
	sst_buf_free(&text);
	return r;
}

/* ---- a table by the headers of its SSTables ---- */

struct columns {
	struct sst_column *v;
	size_t n;
};

/* A type outlives the SSTable that it came from by being written down and read again. */
static int
keep_column(
    struct sst_column *to, const struct sst_column *from, struct sst_arena *a, struct sst_err *e)
{
	struct sst_buf class_name = { 0 };
	struct sst_slice kept;
	bool nomem;

	*to = *from;
	sst_type_class(from->type, &class_name);
	kept = sst_arena_slice(a, sst_buf_slice(&class_name));
	to->name = sst_arena_slice(a, from->name);
	nomem = class_name.bad || kept.p == NULL || to->name.p == NULL;
	sst_buf_free(&class_name);
	if (nomem)
		return sst_fail_nomem(e);
	return sst_type_parse_class(&to->type, a, kept, e);
}

static int
keep_columns(struct columns *all, const struct sst_column *more, size_t n, bool by_name,
    struct sst_arena *a, struct sst_err *e)
{
	struct sst_column *grown;
	size_t i;

	if ((grown = sst_arena_array(a, all->n + n + 1, sizeof(*grown))) == NULL)
		return sst_fail_nomem(e);
	if (all->n > 0)
		memcpy(grown, all->v, all->n * sizeof(*grown));
	all->v = grown;
	for (i = 0; i < n; i++) {
		if (by_name && sst_column_find(all->v, all->n, more[i].name) != -1)
			continue;
		if (keep_column(&all->v[all->n], &more[i], a, e) == -1)
			return -1;
		all->n++;
	}
	return 0;
}

struct guess { /* a table in the making */
	const struct sst_io *io;
	struct sst_arena *arena;
	const struct sst_datadir_table *where;
	struct sst_table *table;
	struct columns key, ck, statics, regulars;
};

static int
add_header(struct guess *g, const struct sst_table *t, struct sst_err *e)
{
	struct sst_arena *a = g->arena;

	if (g->key.n ==
	    0) { /* keys cannot differ: a set whose keys do is refused when it is opened */
		if (keep_columns(&g->key, t->key, t->nkey, false, a, e) == -1 ||
		    keep_columns(&g->ck, t->ck, t->nck, false, a, e) == -1)
			return -1;
		g->table->partitioner = sst_arena_slice(a, t->partitioner);
		g->table->counter = t->counter;
		g->table->compact = t->compact;
	}
	if (keep_columns(&g->statics, t->statics, t->nstatic, true, a, e) == -1)
		return -1;
	return keep_columns(&g->regulars, t->regulars, t->nregular, true, a, e);
}

static int
read_header(void *arg, const struct sst_live_set *set, struct sst_err *e)
{
	struct sst_sstable_opts opts = { 0 };
	struct guess *g = arg;
	struct sst_sstable *t;
	char path[PATH];
	int r;

	if ((size_t)snprintf(path, PATH, "%s/%s", g->where->folder, set->base) >= PATH)
		return sst_fail(e, SST_ELIMIT, g->where->folder, SST_NOWHERE, "path too long");
	if (sst_sstable_open(&t, g->io, path, &opts, e) == -1)
		return -1;
	r = add_header(g, sst_sstable_table(t), e);
	sst_sstable_close(t);
	return r;
}

static int
guess_table(const struct sst_table **out, const struct sst_live_folder *folder, struct sst_arena *a,
    const struct sst_datadir_table *d, struct sst_err *e)
{
	struct guess g = { .io = folder->io, .arena = a, .where = d };
	struct sst_live_opener opener = { read_header, &g };
	struct sst_live live;

	if ((g.table = sst_arena_alloc(a, sizeof(*g.table))) == NULL)
		return sst_fail_nomem(e);
	*g.table = (struct sst_table){ .keyspace = d->keyspace, .name = d->name };
	memcpy(g.table->id, d->id, sizeof(d->id));
	sst_table_defaults(g.table);
	if (sst_live_open(&live, a, folder, &opener, e) == -1)
		return -1;
	if (g.key.n == 0)
		return 0;
	g.table->key = g.key.v;
	g.table->nkey = g.key.n;
	g.table->ck = g.ck.v;
	g.table->nck = g.ck.n;
	g.table->statics = g.statics.v;
	g.table->nstatic = g.statics.n;
	g.table->regulars = g.regulars.v;
	g.table->nregular = g.regulars.n;
	if (sst_table_finish(g.table, a, e) == -1)
		return -1;
	*out = g.table;
	return SST_ONE;
}

int
sst_catalog_load(const struct sst_table **out, struct sst_arena *a, const struct sst_io *io,
    const struct sst_datadir_table *d, bool foreign, struct sst_err *e)
{
	struct sst_live_folder folder = { io, d->folder, foreign };
	struct sst_schema_of found;

	*out = NULL;
	if (d->dropped)
		return 0;
	if (!d->schema)
		return guess_table(out, &folder, a, d, e);
	if (sst_catalog_read(&found, a, io, d, e) == -1)
		return -1;
	*out = found.table;
	return SST_ONE;
}
