/* cmd/sstsnap/restore.c: SSTables of a snapshot become live again, here or in another directory. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cql/schema.h"
#include "live/restore.h"
#include "sstsnap/sstsnap.h"

enum {
	TABLE,
	ADDED,
	KEPT,
	REMOVED,
	LINKED,
	COPIED
};

static const struct tool_field fields[] = { { "table", TOOL_LEFT }, { "added", TOOL_RIGHT },
	{ "kept", TOOL_RIGHT }, { "removed", TOOL_RIGHT }, { "linked", TOOL_RIGHT },
	{ "copied", TOOL_RIGHT } };

struct source {                         /* one folder of SSTables */
	struct sst_datadir_table table; /* keyspace and name of what it restores */
	const char *folder;
	struct sst_buf schema;
};

struct sources {
	size_t n;
	struct source *v;
};

struct copying {
	struct tool_progress progress;
	uint64_t bytes;
};

static void
step(void *arg, uint64_t bytes)
{
	struct copying *c = arg;

	c->bytes += bytes;
	tool_progress_step(&c->progress, c->bytes, 0);
}

/* ---- what to restore ---- */

static int
read_schema(struct source *s)
{
	char path[4096];
	struct sst_err e;

	if ((size_t)snprintf(path, sizeof(path), "%s/" SST_SCHEMA_FILE, s->folder) >= sizeof(path))
		return tool_problem(TROUBLE, "%s: path too long", s->folder);
	if (sst_io_read_file(&sst_io_posix, path, SST_SCHEMA_TEXT_MAX, &s->schema, &e) == 0 ||
	    (e.code == SST_ESYS && e.sys == ENOENT))
		return SOUND;
	return complain(&e);
}

/* Which table it is of, its schema.cql says; the id too, when it is another one than the folder's. */
static int
name_by_schema(struct run *r, struct source *s)
{
	struct sst_schema schema;
	struct sst_err e;

	if (s->schema.n == 0)
		return SOUND;
	if (sst_schema_parse(&schema, &r->arena, sst_buf_slice(&s->schema), s->folder,
		s->table.keyspace, &e) == -1)
		return complain(&e);
	if (schema.ntables != 1)
		return tool_problem(DAMAGED, "%s/%s: %zu tables, want the snapshot's one",
		    s->folder, SST_SCHEMA_FILE, schema.ntables);
	s->table.keyspace = schema.tables[0]->keyspace;
	s->table.name = schema.tables[0]->name;
	memcpy(s->table.id, schema.tables[0]->id, sizeof(s->table.id));
	return SOUND;
}

static int
add_source(
    struct run *r, struct sources *all, const struct sst_datadir_table *t, const char *folder)
{
	struct source *s = &all->v[all->n];
	size_t i;
	int rc;

	*s = (struct source){ .table = *t, .folder = folder };
	all->n++;
	if ((rc = read_schema(s)) != SOUND || (rc = name_by_schema(r, s)) != SOUND)
		return rc;
	for (i = 0; i + 1 < all->n; i++)
		if (sst_slice_eq(all->v[i].table.keyspace, s->table.keyspace) &&
		    sst_slice_eq(all->v[i].table.name, s->table.name))
			return tool_problem(TROUBLE,
			    "%s and %s are of the same table: name the one to restore",
			    all->v[i].folder, folder);
	return SOUND;
}

/* Snapshots of that name in a data directory, of the tables chosen. */
static int
find_named(struct run *r, struct sources *all)
{
	const char *dir = r->from != NULL ? r->from : r->dir;
	struct chosen c;
	struct sst_err e;
	char path[4096];
	const char *kept;
	size_t i;
	int x, rc = choose(r, dir, &c);

	if (rc != SOUND)
		return rc;
	if ((all->v = calloc(c.n + 1, sizeof(*all->v))) == NULL)
		return tool_problem(TROUBLE, "out of memory");
	for (i = 0; rc == SOUND && i < c.n; i++) {
		if ((x = sst_snapshot_exists(&sst_io_posix, c.v[i]->folder, r->name, &e)) == -1)
			return complain(&e);
		if (x == 0)
			continue;
		snprintf(path, sizeof(path), "%s/snapshots/%s", c.v[i]->folder, r->name);
		if ((kept = sst_arena_str(&r->arena, path, strlen(path))) == NULL)
			return tool_problem(TROUBLE, "out of memory");
		rc = add_source(r, all, c.v[i], kept);
	}
	if (rc == SOUND && all->n == 0)
		rc = tool_problem(TROUBLE, "%s: no snapshot %s%s", dir, r->name,
		    r->ntables > 0 ? " of these tables" : "");
	return rc;
}

/* NAME with a slash: a folder of SSTables, whose schema.cql or the operand names the table. */
static int
find_folder(struct run *r, struct sources *all)
{
	struct sst_datadir_table t = { 0 };
	const char *dot;
	int rc;

	if (r->from != NULL || r->ntables > 1)
		return tool_problem(
		    TROUBLE, "%s: a folder restores one table, without --from", r->name);
	if (r->ntables == 1) {
		if ((dot = strchr(r->tables[0], '.')) == NULL)
			return tool_problem(TROUBLE, "%s: want KEYSPACE.TABLE", r->tables[0]);
		t.keyspace = (struct sst_slice){ (const uint8_t *)r->tables[0],
			(size_t)(dot - r->tables[0]) };
		t.name = sst_slice_str(dot + 1);
	}
	if ((all->v = calloc(1, sizeof(*all->v))) == NULL)
		return tool_problem(TROUBLE, "out of memory");
	rc = add_source(r, all, &t, r->name);
	if (rc == SOUND && r->ntables == 1) {
		all->v[0].table.keyspace = t.keyspace;
		all->v[0].table.name = t.name;
	}
	if (rc == SOUND && all->v[0].table.name.n == 0)
		rc = tool_problem(TROUBLE,
		    "%s: no schema.cql that says of which table it is: "
		    "name it, KEYSPACE.TABLE",
		    r->name);
	return rc;
}

/* ---- restoring ---- */

static void
report(struct run *r, const struct source *s, const struct sst_restored *done)
{
	set_table(r, TABLE, &s->table);
	tool_set_u64(&r->report, ADDED, done->added);
	tool_set_u64(&r->report, KEPT, done->kept);
	tool_set_u64(&r->report, REMOVED, done->removed);
	tool_set_size(&r->report, LINKED, done->linked_bytes);
	tool_set_size(&r->report, COPIED, done->copied_bytes);
	tool_report_row(&r->report);
}

/* Not a problem, since columns and types are checked file by file, but worth a word. */
static void
tell_id(const struct run *r, const struct source *s, const struct sst_table *t)
{
	static const uint8_t none[16];

	if (!r->quiet && memcmp(s->table.id, none, 16) != 0 && memcmp(t->id, none, 16) != 0 &&
	    memcmp(s->table.id, t->id, 16) != 0)
		tool_problem(SOUND, "%s: of a table of the same name with another id", s->folder);
}

static int
put_back(struct run *r, struct sst_store *store, const struct source *s)
{
	struct sst_restore_opts o = { .exact = r->exact,
		.wait = r->patience != NO_WAIT,
		.now_us = sst_now_us(),
		.progress = step };
	struct sst_db *db = sst_store_db(store);
	struct copying copying = { .bytes = 0 };
	struct sst_restored done;
	struct sst_err e;
	bool doubt;
	int rc;

	o.table = db->ops->table(db, s->table.keyspace, s->table.name);
	if (o.table == NULL)
		return tool_problem(TROUBLE, "%s: no table %.*s.%.*s, and no schema.cql to make it",
		    r->dir, (int)s->table.keyspace.n, (const char *)s->table.keyspace.p,
		    (int)s->table.name.n, (const char *)s->table.name.p);
	tell_id(r, s, o.table);
	o.arg = &copying;
	/* What is in memory goes first, so that --exact replaces it too. */
	if (sst_store_flush(store, &e) == -1 ||
	    sst_datadir_random(o.random, sizeof(o.random), &e) == -1)
		return complain(&e);
	tool_progress_start(&copying.progress, "bytes", 0, r->quiet);
	rc = sst_restore(
	    &done, &doubt, &sst_io_posix, s->folder, sst_store_folder(store, o.table), &o, &e);
	tool_progress_end(&copying.progress);
	if (rc == -1) {
		rc = complain(&e);
		return doubt ? tool_problem(TROUBLE,
				   "%s: restored or not: the next writer finds out", r->dir)
			     : rc;
	}
	if (!r->quiet)
		report(r, s, &done);
	return SOUND;
}

static int
restore_source(struct run *r, const struct source *s)
{
	struct sst_store_opts opts = { .schema = sst_buf_slice(&s->schema) };
	struct sst_store *store = NULL;
	struct sst_err e;
	bool busy;
	int rc = open_writer(r, &opts, &store, &busy, &e);

	if (rc == SOUND)
		rc = put_back(r, store, s);
	else if (busy)
		complain(&e);
	if (sst_store_close(store, &e) == -1)
		rc = tool_worse(rc, complain(&e));
	return rc;
}

int
restore(struct run *r)
{
	struct sources all = { 0 };
	size_t i;
	int rc = strchr(r->name, '/') != NULL ? find_folder(r, &all) : find_named(r, &all);

	if (rc == SOUND && !r->quiet)
		rc = start_report(r, fields, SST_ARRAY_LEN(fields), SST_ARRAY_LEN(fields));
	for (i = 0; rc == SOUND && i < all.n; i++)
		rc = restore_source(r, &all.v[i]);
	for (i = 0; i < all.n; i++)
		sst_buf_free(&all.v[i].schema);
	free(all.v);
	return rc;
}
