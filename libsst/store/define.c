/* store/define.c: what a definition changes on disk. */
#include "store/define.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/names.h"
#include "commitlog/segment.h"
#include "live/publish.h"
#include "live/snapshot.h"
#include "store/catalog.h"
#include "store/int.h"
#include "store/truncated.h"

#define PATH SST_DATADIR_PATH
#define VERSION "me"

struct definer {
	const struct sst_io *io;
	const char *dir;
	const struct sst_define_opts *opts;
	struct sst_arena arena;
	struct sst_err *e;
	bool marked; /* a keyspace is gone, and nothing takes that back */
};

/* ---- text ---- */

static void
put_keyspace(const struct sst_schema *s, const struct sst_keyspace *k, struct sst_buf *b)
{
	sst_schema_print_keyspace(k, b);
	for (size_t i = 0; i < s->ntypes; i++)
		if (sst_slice_eq(s->types[i]->keyspace, k->name))
			sst_schema_print_type(s->types[i], b);
}

static const struct sst_keyspace *
find_keyspace(const struct sst_schema *s, struct sst_slice name)
{
	for (size_t i = 0; i < s->nkeyspaces; i++)
		if (sst_slice_eq(s->keyspaces[i].name, name))
			return &s->keyspaces[i];
	return NULL;
}

/* Letters, digits and underscores, as in Cassandra: names become folders. */
static int
check_name(struct sst_slice name, struct sst_err *e)
{
	size_t i;

	for (i = 0; i < name.n; i++) {
		uint8_t c = name.p[i];

		if (c != '_' && !(c >= '0' && c <= '9') &&
		    !((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
			break;
	}
	if (name.n > 0 && i == name.n)
		return 0;
	return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
	    "no folder can be named \"%.*s\": only letters, digits and _",
	    (int)(name.n > 64 ? 64 : name.n), (const char *)name.p);
}

static int
check_names(const struct definer *d, const struct sst_schema *s)
{
	static const uint8_t none[16];

	for (size_t i = 0; i < s->nkeyspaces; i++)
		if (check_name(s->keyspaces[i].name, d->e) == -1)
			return -1;
	for (size_t i = 0; i < s->ntables; i++) {
		const struct sst_table *t = s->tables[i];

		if (check_name(t->keyspace, d->e) == -1 || check_name(t->name, d->e) == -1)
			return -1;
		if (memcmp(t->id, none, 16) == 0)
			return sst_fail(d->e, SST_EINVAL, NULL, SST_NOWHERE, "table %.*s has no id",
			    (int)t->name.n, (const char *)t->name.p);
	}
	return 0;
}

/* ---- keyspaces ---- */

static int
write_keyspace(struct definer *d, struct sst_slice name, struct sst_slice text)
{
	const char *folder = sst_datadir_path(&d->arena, d->dir, name, NULL, NULL, d->e);
	char data[PATH];

	if (folder == NULL)
		return -1;
	if (sst_datadir_join(data, d->dir, "data", d->e) == -1 ||
	    sst_datadir_make_dir(d->io, data, d->e) == -1 ||
	    sst_datadir_make_dir(d->io, folder, d->e) == -1)
		return -1;
	return sst_datadir_put_file(d->io, folder, SST_KEYSPACE_FILE, text, d->e);
}

static int
define_keyspace(struct definer *d, const struct sst_schema *was, const struct sst_schema *now,
    const struct sst_keyspace *k)
{
	const struct sst_keyspace *old = find_keyspace(was, k->name);
	struct sst_buf a = { 0 }, b = { 0 };
	int r = 0;

	if (old != NULL)
		put_keyspace(was, old, &a);
	put_keyspace(now, k, &b);
	if (a.bad || b.bad)
		r = sst_fail_nomem(d->e);
	else if (!sst_slice_eq(sst_buf_slice(&a), sst_buf_slice(&b)))
		r = write_keyspace(d, k->name, sst_buf_slice(&b));
	sst_buf_free(&a);
	sst_buf_free(&b);
	return r;
}

/* A file of a folder, if it is there; durable. */
static int
remove_file(struct definer *d, const char *folder, const char *name)
{
	char path[PATH];

	if (sst_datadir_join(path, folder, name, d->e) == -1)
		return -1;
	if (sst_io_unlink(d->io, path, d->e) == -1 && d->e->sys != ENOENT)
		return -1;
	return sst_io_sync_dir(d->io, folder, d->e);
}

/* Its tables are gone.  The mark goes last, when nothing is left that it stands for; the folder stays as long as
 * there are snapshots in it. */
static int
drop_keyspace(struct definer *d, const char *folder)
{
	struct sst_err ignored;

	if (remove_file(d, folder, SST_KEYSPACE_FILE) == -1 ||
	    remove_file(d, folder, SST_GONE_FILE) == -1)
		return -1;
	sst_io_rmdir(d->io, folder, &ignored);
	return 0;
}

/* ---- what goes ---- */

struct largest {
	uint64_t id;
};

static int
see_segment(void *arg, const char *name)
{
	struct largest *l = arg;
	uint32_t version;
	const char *rest;
	uint64_t id;

	if (sst_segment_parse_name(name, &version, &id, &rest) && id > l->id)
		l->id = id;
	return 0;
}

/* The largest id of any segment: what has been written so far is in none behind it. */
static int
log_end(struct definer *d, uint64_t *id)
{
	struct largest l = { 0 };
	char path[PATH];

	if (sst_datadir_join(path, d->dir, SST_STORE_LOG, d->e) == -1)
		return -1;
	if (sst_io_list(d->io, path, see_segment, &l, d->e) == -1 && d->e->sys != ENOENT)
		return -1;
	*id = l.id;
	return 0;
}

int
sst_store_clear_folder(
    const struct sst_io *io, const char *folder, int64_t now_us, struct sst_err *e)
{
	struct sst_publish_opts how = { .version = VERSION, .type = "write", .now_us = now_us };
	struct sst_live_folder in = { io, folder, false };
	struct sst_publish *p = NULL;
	struct sst_arena arena = { 0 };
	struct sst_live live;
	bool done = false;
	int r = sst_live_list(&live, &arena, &in, e);

	if (r == 0 && live.nsets > 0 &&
	    (r = sst_datadir_random(how.random, sizeof(how.random), e)) == 0 &&
	    (r = sst_publish_begin(&p, io, folder, &how, e)) == 0) {
		for (size_t i = 0; i < live.nsets && r == 0; i++)
			r = sst_publish_remove(p, live.sets[i].base, e);
		if (r == 0 && (r = sst_publish_commit(p, &done, e)) == -1)
			e->doubt |= done;
		sst_publish_close(p);
	}
	sst_arena_free(&arena);
	return r;
}

/* A snapshot of what is there, unless nothing is. */
static int
keep(struct definer *d, const char *folder, const char *why, struct sst_slice name)
{
	struct sst_live_folder in = { d->io, folder, false };
	struct sst_live live;
	char snapshot[320];
	int r;

	if (d->opts->no_snapshot)
		return 0;
	if (sst_live_list(&live, &d->arena, &in, d->e) == -1)
		return -1;
	if (live.nsets == 0)
		return 0;
	snprintf(snapshot, sizeof(snapshot), "%s-%" PRId64 "-%.*s", why, d->opts->now_us / 1000,
	    (int)(name.n > 200 ? 200 : name.n), (const char *)name.p);
	r = sst_snapshot_exists(d->io, folder, snapshot, d->e);
	return r != 0 ? (r == 1 ? 0 : -1)
		      : sst_snapshot_create(d->io, folder, snapshot, d->opts->now_us, d->e);
}

/* From here on it was dropped; a second time changes nothing. */
static int
rename_schema(struct definer *d, const char *folder)
{
	char from[PATH], to[PATH];
	struct sst_stat st;

	if (sst_datadir_join(from, folder, SST_SCHEMA_FILE, d->e) == -1 ||
	    sst_datadir_join(to, folder, SST_DROPPED_FILE, d->e) == -1)
		return -1;
	if (sst_io_rename(d->io, from, to, d->e) == -1 &&
	    (d->e->sys != ENOENT || sst_io_stat(d->io, to, &st, d->e) == -1))
		return -1;
	return sst_io_sync_dir(d->io, folder, d->e);
}

/* Of a table that is truncated, or dropped: first a snapshot, then the log's part, then the files'. */
static int
empty(struct definer *d, const char *folder, const struct sst_table *t, bool drop, uint64_t *upto)
{
	if (keep(d, folder, drop ? "dropped" : "truncated", t->name) == -1 ||
	    log_end(d, upto) == -1 || sst_truncated_write(d->io, folder, *upto, d->e) == -1 ||
	    (drop && rename_schema(d, folder) == -1))
		return -1;
	return sst_store_clear_folder(d->io, folder, d->opts->now_us, d->e);
}

/* The folder of a table, which nobody compacts until the lock is dropped; NULL: *d->e says why. */
static const char *
lock_table(struct definer *d, const struct sst_table *t, struct sst_lock *lock)
{
	const char *folder =
	    sst_datadir_path(&d->arena, d->dir, t->keyspace, &t->name, t->id, d->e);

	lock->fd = -1;
	if (folder == NULL ||
	    sst_lock_take(lock, d->io, folder, SST_COMPACT_LOCK, !d->opts->no_wait, d->e) == -1)
		return NULL;
	return folder;
}

static int
take_away(struct definer *d, const struct sst_table *t, bool drop, uint64_t *upto)
{
	struct sst_lock lock;
	const char *folder = lock_table(d, t, &lock);
	int r;

	*upto = 0;
	if (folder == NULL)
		return -1;
	r = empty(d, folder, t, drop, upto);
	sst_lock_drop(&lock);
	return r;
}

int
sst_store_truncate(const struct sst_io *io, const char *dir, const struct sst_table *t,
    const struct sst_define_opts *opts, uint64_t *upto, struct sst_err *e)
{
	struct definer d = { .io = io, .dir = dir, .opts = opts, .e = e };
	int r = take_away(&d, t, false, upto);

	sst_arena_free(&d.arena);
	return r;
}

/* ---- keyspaces that go ---- */

/* From here on all of the keyspace was dropped, whatever is still there of it. */
static int
mark(struct definer *d, const char *folder)
{
	static const char text[] =
	    "-- This keyspace was dropped.  What is left of it goes when the "
	    "directory is opened for writing.\n";
	struct sst_stat st;
	struct sst_err why;
	char path[PATH];

	if (sst_datadir_join(path, folder, SST_GONE_FILE, d->e) == -1)
		return -1;
	if (sst_datadir_put_file(d->io, folder, SST_GONE_FILE, sst_slice_str(text), d->e) == 0)
		return 0;
	/* it may have come about all the same */
	if (sst_io_stat(d->io, path, &st, &why) == 0 || why.sys != ENOENT)
		d->e->doubt = true;
	return -1;
}

static int
keep_table(struct definer *d, const struct sst_table *t)
{
	struct sst_lock lock;
	const char *folder = lock_table(d, t, &lock);
	int r;

	if (folder == NULL)
		return -1;
	r = keep(d, folder, "dropped", t->name);
	sst_lock_drop(&lock);
	return r;
}

/* Snapshots first, as they may find no room. */
static int
mark_keyspace(struct definer *d, const struct sst_schema *was, struct sst_slice name)
{
	const char *folder = sst_datadir_path(&d->arena, d->dir, name, NULL, NULL, d->e);

	if (folder == NULL)
		return -1;
	for (size_t i = 0; i < was->ntables; i++)
		if (sst_slice_eq(was->tables[i]->keyspace, name) &&
		    keep_table(d, was->tables[i]) == -1)
			return -1;
	if (mark(d, folder) == -1)
		return -1;
	d->marked = true;
	return 0;
}

/* 1: there; 0: not; -1. */
static int
has_file(struct definer *d, const char *folder, const char *name)
{
	char path[PATH];

	return sst_datadir_join(path, folder, name, d->e) == -1
	    ? -1
	    : sst_datadir_there(d->io, path, false, d->e);
}

/* A table of a keyspace that is gone becomes one that was dropped: its SSTables go as those of any do. */
static int
finish_table(struct definer *d, const char *above, const char *name)
{
	char folder[PATH];
	uint64_t upto;
	int r;

	if (sst_datadir_join(folder, above, name, d->e) == -1)
		return -1;
	if ((r = has_file(d, folder, SST_SCHEMA_FILE)) <= 0)
		return r;
	if (log_end(d, &upto) == -1 || sst_truncated_write(d->io, folder, upto, d->e) == -1)
		return -1;
	return rename_schema(d, folder);
}

static int
finish_keyspace(struct definer *d, const char *data, const char *name)
{
	struct sst_names tables;
	char folder[PATH];
	int r;

	if (sst_datadir_join(folder, data, name, d->e) == -1)
		return -1;
	if ((r = has_file(d, folder, SST_GONE_FILE)) <= 0)
		return r;
	/* it may be of a process that died before it could sync, and has to stay until all is done */
	if (sst_io_sync_dir(d->io, folder, d->e) == -1 ||
	    sst_names_list(&tables, &d->arena, d->io, folder, d->e) == -1)
		return -1;
	for (size_t i = 0; i < tables.n; i++)
		if (tables.v[i][0] != '.' && finish_table(d, folder, tables.v[i]) == -1)
			return -1;
	return drop_keyspace(d, folder);
}

int
sst_store_finish_drops(const struct sst_io *io, const char *dir, struct sst_err *e)
{
	struct definer d = { .io = io, .dir = dir, .e = e };
	struct sst_names keyspaces = { 0 };
	char data[PATH];
	int r = 0;

	if (sst_datadir_join(data, dir, "data", e) == -1)
		return -1;
	if (sst_names_list(&keyspaces, &d.arena, io, data, e) == -1)
		r = e->code == SST_ESYS && e->sys == ENOENT ? 0 : -1;
	for (size_t i = 0; i < keyspaces.n && r == 0; i++)
		if (keyspaces.v[i][0] != '.')
			r = finish_keyspace(&d, data, keyspaces.v[i]);
	sst_arena_free(&d.arena);
	return r;
}

/* ---- tables ---- */

static int
write_table(struct definer *d, const struct sst_table *t, struct sst_slice text, bool new)
{
	struct sst_datadir_table made = { .keyspace = t->keyspace, .name = t->name };
	const char *folder;

	if (new) {
		memcpy(made.id, t->id, sizeof(made.id));
		return sst_datadir_make_table(&made, &d->arena, d->io, d->dir, text, d->e);
	}
	folder = sst_datadir_path(&d->arena, d->dir, t->keyspace, &t->name, t->id, d->e);
	return folder == NULL ? -1
			      : sst_datadir_put_file(d->io, folder, SST_SCHEMA_FILE, text, d->e);
}

static int
define_table(struct definer *d, const struct sst_schema *was, const struct sst_schema *now,
    const struct sst_table *t)
{
	const struct sst_table *old = sst_schema_table_by_id(was, t->id);
	struct sst_buf a = { 0 }, b = { 0 };
	int r = 0;

	if (old != NULL)
		sst_schema_print_snapshot(was, old, &a);
	sst_schema_print_snapshot(now, t, &b);
	if (a.bad || b.bad)
		r = sst_fail_nomem(d->e);
	else if (!sst_slice_eq(sst_buf_slice(&a), sst_buf_slice(&b)))
		r = write_table(d, t, sst_buf_slice(&b), old == NULL);
	sst_buf_free(&a);
	sst_buf_free(&b);
	return r;
}

static int
define(struct definer *d, const struct sst_schema *was, const struct sst_schema *now)
{
	const char *folder;
	uint64_t ignored;

	if (check_names(d, now) == -1)
		return -1;
	for (size_t i = 0; i < now->nkeyspaces; i++)
		if (define_keyspace(d, was, now, &now->keyspaces[i]) == -1)
			return -1;
	for (size_t i = 0; i < now->ntables; i++)
		if (define_table(d, was, now, now->tables[i]) == -1)
			return -1;
	for (size_t i = 0; i < was->nkeyspaces; i++)
		if (find_keyspace(now, was->keyspaces[i].name) == NULL &&
		    mark_keyspace(d, was, was->keyspaces[i].name) == -1)
			return -1;
	for (size_t i = 0; i < was->ntables; i++)
		if (sst_schema_table_by_id(now, was->tables[i]->id) == NULL &&
		    take_away(d, was->tables[i], true, &ignored) == -1)
			return -1;
	for (size_t i = 0; i < was->nkeyspaces; i++) {
		if (find_keyspace(now, was->keyspaces[i].name) != NULL)
			continue;
		folder =
		    sst_datadir_path(&d->arena, d->dir, was->keyspaces[i].name, NULL, NULL, d->e);
		if (folder == NULL || drop_keyspace(d, folder) == -1)
			return -1;
	}
	return 0;
}

int
sst_store_define(const struct sst_io *io, const char *dir, const struct sst_schema *was,
    const struct sst_schema *now, const struct sst_define_opts *opts, struct sst_err *e)
{
	struct definer d = { .io = io, .dir = dir, .opts = opts, .e = e };
	int r = define(&d, was, now);

	if (r == -1 &&
	    d.marked) /* the next start finishes it, and nothing may be written until then */
		e->doubt = true;
	sst_arena_free(&d.arena);
	return r;
}
