/* live/snapshot.c: links made aside and renamed, and folders that are counted and removed. */
#include "live/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/names.h"
#include "live/int.h"
#include "live/lock.h"

#define FOLDER "snapshots"
#define SCHEMA "schema.cql"
#define SCHEMA_MAX ((size_t)16 << 20)
#define DEPTH_MAX 4 /* of folders in a snapshot: Cassandra has one for each secondary index */

/* ---- names and paths ---- */

static int
check_name(const char *name, struct sst_err *e)
{
	size_t n = strlen(name), i;

	for (i = 0; i < n; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f || name[i] == '/')
			break;
	if (n == 0 || n > SST_SNAPSHOT_NAME_MAX || i < n || name[0] == '.')
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "a snapshot's name is 1 to %d bytes, without a slash or control character, and "
		    "no dot comes first",
		    SST_SNAPSHOT_NAME_MAX);
	return 0;
}

struct paths {
	char all[SST_LIVE_PATH];   /* dir/snapshots */
	char aside[SST_LIVE_PATH]; /* dir/snapshots/.name.tmp */
	char final[SST_LIVE_PATH]; /* dir/snapshots/name */
};

static int
make_paths(struct paths *p, const char *dir, const char *name, struct sst_err *e)
{
	char last[SST_SNAPSHOT_NAME_MAX + 8];

	if (check_name(name, e) == -1)
		return -1;
	snprintf(last, sizeof(last), ".%s.tmp", name);
	if (sst_live_path(p->all, dir, FOLDER, "", e) == -1 ||
	    sst_live_path(p->aside, p->all, last, "", e) == -1)
		return -1;
	return sst_live_path(p->final, p->all, name, "", e);
}

static bool
is_missing(const struct sst_err *e)
{
	return e->code == SST_ESYS && (e->sys == ENOENT || e->sys == ENOTDIR);
}

/* 1, 0 or -1. */
static int
there(const struct sst_io *io, const char *path, struct sst_err *e)
{
	struct sst_stat st;

	if (sst_io_stat(io, path, &st, e) == 0)
		return 1;
	return is_missing(e) ? 0 : -1;
}

int
sst_snapshot_exists(const struct sst_io *io, const char *dir, const char *name, struct sst_err *e)
{
	struct paths p;

	return make_paths(&p, dir, name, e) == -1 ? -1 : there(io, p.final, e);
}

/* ---- removing ---- */

/* Removing is tried first: only of a real directory that fails so, never of a link to one. */
static int
remove_tree(
    const struct sst_io *io, struct sst_arena *a, const char *path, int depth, struct sst_err *e)
{
	char below[SST_LIVE_PATH];
	struct sst_names names;
	size_t i;

	if (sst_io_unlink(io, path, e) == 0 || is_missing(e))
		return 0;
	if (e->code != SST_ESYS || (e->sys != EISDIR && e->sys != EPERM))
		return -1;
	if (depth == 0)
		return sst_fail(e, SST_ELIMIT, path, SST_NOWHERE, "folders too deep");
	if (sst_names_list(&names, a, io, path, e) == -1)
		return -1;
	for (i = 0; i < names.n; i++)
		if (sst_live_path(below, path, names.v[i], "", e) == -1 ||
		    remove_tree(io, a, below, depth - 1, e) == -1)
			return -1;
	return sst_io_rmdir(io, path, e);
}

static int
remove_aside(const struct sst_io *io, const struct paths *p, struct sst_err *e)
{
	struct sst_arena a = { 0 };
	int r = remove_tree(io, &a, p->aside, DEPTH_MAX, e);

	sst_arena_free(&a);
	return r;
}

/* The table's lock is held. */
static int
remove_it(const struct sst_io *io, const struct paths *p, struct sst_err *e)
{
	int r = there(io, p->all, e);

	if (r <= 0)
		return r;
	if (remove_aside(io, p, e) == -1 || (r = there(io, p->final, e)) == -1)
		return -1;
	if (r == 0)
		return sst_io_sync_dir(io, p->all, e);
	/* Once the new name is durable, nobody finds half of it under the old one. */
	if (sst_io_rename(io, p->final, p->aside, e) == -1 ||
	    sst_io_sync_dir(io, p->all, e) == -1 || remove_aside(io, p, e) == -1)
		return -1;
	return sst_io_sync_dir(io, p->all, e);
}

int
sst_snapshot_remove(const struct sst_io *io, const char *dir, const char *name, struct sst_err *e)
{
	struct sst_lock lock = { .fd = -1 };
	struct paths p;
	int r;

	if (make_paths(&p, dir, name, e) == -1 ||
	    sst_lock_take(&lock, io, dir, SST_LIVE_LOCK, true, e) == -1)
		return -1;
	r = remove_it(io, &p, e);
	sst_lock_drop(&lock);
	return r;
}

/* ---- making ---- */

static int
link_set(const struct sst_live_scan *s, const char *aside, const struct sst_live_set *set,
    struct sst_err *e)
{
	const struct sst_live_group *g = sst_live_group(s, sst_slice_str(set->base));
	char from[SST_LIVE_PATH], to[SST_LIVE_PATH];
	size_t i;

	for (i = 0; g != NULL && i < g->nnames; i++) {
		if (strcmp(g->names[i] + strlen(g->base), "TOC.txt.tmp") == 0)
			continue;
		if (sst_live_path(from, s->dir, g->names[i], "", e) == -1 ||
		    sst_live_path(to, aside, g->names[i], "", e) == -1 ||
		    sst_io_link(s->io, from, to, e) == -1)
			return -1;
	}
	return 0;
}

static int
put_file(const struct sst_io *io, const char *dir, const char *name, struct sst_slice text,
    struct sst_err *e)
{
	char path[SST_LIVE_PATH];
	struct sst_err ignored;
	int fd, r = -1;

	if (sst_live_path(path, dir, name, "", e) == -1 ||
	    (fd = sst_io_open(io, path, O_WRONLY | O_CREAT | O_EXCL, e)) == -1)
		return -1;
	if (sst_io_write(io, fd, path, text.p, text.n, e) == 0)
		r = sst_io_fsync(io, fd, path, e);
	if (sst_io_close(io, fd, path, r == 0 ? e : &ignored) == -1)
		r = -1;
	return r;
}

/* Copied, not linked: it is small, and the snapshot's own. */
static int
copy_schema(const struct sst_io *io, const char *dir, const char *aside, struct sst_err *e)
{
	char path[SST_LIVE_PATH];
	struct sst_buf text = { 0 };
	int r = -1;

	if (sst_live_path(path, dir, SCHEMA, "", e) == -1)
		return -1;
	if (sst_io_read_file(io, path, SCHEMA_MAX, &text, e) == 0)
		r = put_file(io, aside, SCHEMA, sst_buf_slice(&text), e);
	else if (is_missing(e))
		r = 0;
	sst_buf_free(&text);
	return r;
}

static int
write_manifest(const struct sst_io *io, const struct sst_live *live, const char *aside,
    int64_t now_us, struct sst_arena *a, struct sst_err *e)
{
	struct sst_manifest m = { .created_us = now_us, .expires_us = SST_NO_TIME };
	struct sst_buf text = { 0 };
	size_t i, n;
	char *name;
	int r = -1;

	if ((m.files = sst_arena_array(a, live->nsets + 1, sizeof(*m.files))) == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < live->nsets; i++) {
		n = strlen(live->sets[i].base) + sizeof("Data.db");
		if ((name = sst_arena_alloc(a, n)) == NULL)
			return sst_fail_nomem(e);
		snprintf(name, n, "%sData.db", live->sets[i].base);
		m.files[m.nfiles++] = name;
	}
	sst_manifest_put(&text, &m);
	if (text.bad)
		sst_fail_nomem(e);
	else
		r = put_file(io, aside, SST_MANIFEST_FILE, sst_buf_slice(&text), e);
	sst_buf_free(&text);
	return r;
}

/* All of it, under the name aside; the folder is there. */
static int
fill(const struct sst_io *io, const char *dir, const char *aside, int64_t now_us,
    struct sst_arena *a, struct sst_err *e)
{
	struct sst_live_folder folder = { io, dir, false };
	struct sst_live_scan scan;
	struct sst_live live;
	size_t i;

	if (sst_live_list(&live, a, &folder, e) == -1 || sst_live_scan(&scan, a, io, dir, e) == -1)
		return -1;
	for (i = 0; i < live.nsets; i++)
		if (link_set(&scan, aside, &live.sets[i], e) == -1)
			return -1;
	if (copy_schema(io, dir, aside, e) == -1 ||
	    write_manifest(io, &live, aside, now_us, a, e) == -1)
		return -1;
	return sst_io_sync_dir(io, aside, e);
}

/* The table's lock is held: what is live stays, and what is aside is nobody's. */
static int
make_it(const struct sst_io *io, const char *dir, const struct paths *p, int64_t now_us,
    struct sst_err *e)
{
	struct sst_arena a = { 0 };
	struct sst_err ignored;
	int r;

	if ((r = there(io, p->final, e)) == -1)
		return -1;
	if (r == 1)
		return sst_fail(e, SST_EINVAL, p->final, SST_NOWHERE, "is there already");
	if (sst_io_mkdir(io, p->all, e) == -1 || sst_io_sync_dir(io, dir, e) == -1 ||
	    remove_aside(io, p, e) == -1)
		return -1;
	r = -1;
	if (sst_io_mkdir(io, p->aside, e) == 0 && fill(io, dir, p->aside, now_us, &a, e) == 0 &&
	    sst_io_rename(io, p->aside, p->final, e) == 0) {
		r = sst_io_sync_dir(io, p->all, e);
		if (r == -1) /* so that -1 leaves nothing */
			sst_io_rename(io, p->final, p->aside, &ignored);
	}
	if (r == -1)
		remove_aside(io, p, &ignored);
	sst_arena_free(&a);
	return r;
}

int
sst_snapshot_create(
    const struct sst_io *io, const char *dir, const char *name, int64_t now_us, struct sst_err *e)
{
	struct sst_lock lock = { .fd = -1 };
	struct paths p;
	int r;

	if (make_paths(&p, dir, name, e) == -1 ||
	    sst_lock_take(&lock, io, dir, SST_LIVE_LOCK, true, e) == -1)
		return -1;
	r = make_it(io, dir, &p, now_us, e);
	sst_lock_drop(&lock);
	return r;
}

/* ---- listing ---- */

struct file_id {
	uint64_t dev, ino;
};

struct live_files { /* sorted */
	struct file_id *v;
	size_t n;
};

static int
by_id(const void *pa, const void *pb)
{
	const struct file_id *a = pa, *b = pb;

	if (a->dev != b->dev)
		return (a->dev > b->dev) - (a->dev < b->dev);
	return (a->ino > b->ino) - (a->ino < b->ino);
}

/* All files of a table's folder, whatever their names: those that go free no space with a snapshot. */
static int
find_live(struct live_files *f, struct sst_arena *a, const struct sst_io *io, const char *dir,
    struct sst_err *e)
{
	char path[SST_LIVE_PATH];
	struct sst_names names;
	struct sst_stat st;
	size_t i;

	if (sst_names_list(&names, a, io, dir, e) == -1)
		return -1;
	*f = (struct live_files){ .v = sst_arena_array(a, names.n + 1, sizeof(*f->v)) };
	if (f->v == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < names.n; i++) {
		if (sst_live_path(path, dir, names.v[i], "", e) == -1)
			return -1;
		if (sst_io_stat(io, path, &st, e) == 0)
			f->v[f->n++] = (struct file_id){ st.dev, st.ino };
		else if (!is_missing(e))
			return -1;
	}
	qsort(f->v, f->n, sizeof(*f->v), by_id);
	return 0;
}

/* Counts the files below a folder; *st is its own.  -1 with ENOENT when it has gone. */
static int
count(struct sst_snapshot *s, struct sst_arena *a, const struct sst_io *io, const char *path,
    const struct live_files *live, int depth, struct sst_err *e)
{
	static const char data[] = "-Data.db";
	char below[SST_LIVE_PATH];
	struct sst_names names;
	struct file_id id;
	struct sst_stat st;
	size_t i, n;

	if (sst_names_list(&names, a, io, path, e) == -1)
		return -1;
	for (i = 0; i < names.n; i++) {
		if (sst_live_path(below, path, names.v[i], "", e) == -1 ||
		    sst_io_stat(io, below, &st, e) == -1)
			return -1;
		if (st.is_dir) {
			if (depth > 0 && count(s, a, io, below, live, depth - 1, e) == -1)
				return -1;
			continue;
		}
		n = strlen(names.v[i]);
		s->nsets += depth == DEPTH_MAX && n >= sizeof(data) &&
		    strcmp(names.v[i] + n - (sizeof(data) - 1), data) == 0;
		s->nfiles++;
		s->bytes += st.size;
		id = (struct file_id){ st.dev, st.ino };
		if (bsearch(&id, live->v, live->n, sizeof(id), by_id) == NULL)
			s->own_bytes += st.size;
	}
	return 0;
}

static int
read_times(struct sst_snapshot *s, struct sst_arena *a, const struct sst_io *io, struct sst_err *e)
{
	char path[SST_LIVE_PATH];
	struct sst_manifest m = { .created_us = SST_NO_TIME, .expires_us = SST_NO_TIME };
	struct sst_buf text = { 0 };
	struct sst_stat st;
	int r = -1;

	if (sst_live_path(path, s->folder, SST_MANIFEST_FILE, "", e) == -1 ||
	    sst_io_stat(io, s->folder, &st, e) == -1)
		return -1;
	if (sst_io_read_file(io, path, SST_MANIFEST_MAX, &text, e) == 0) {
		r = sst_manifest_parse(&m, a, sst_buf_slice(&text), path, e);
		if (r == -1 && e->code == SST_EDAMAGED)
			r = 0;
	} else if (is_missing(e) || e->code == SST_ELIMIT) {
		r = 0;
	}
	sst_buf_free(&text);
	s->created_us = m.created_us != SST_NO_TIME ? m.created_us : st.mtime_ms * 1000;
	s->expires_us = m.expires_us;
	return r;
}

/* 1, 0 when it is none or has gone, -1. */
static int
look(struct sst_snapshot *s, struct sst_arena *a, const struct sst_io *io,
    const struct live_files *live, struct sst_err *e)
{
	struct sst_stat st;

	if (sst_io_stat(io, s->folder, &st, e) == 0) {
		if (!st.is_dir)
			return 0;
		if (count(s, a, io, s->folder, live, DEPTH_MAX, e) == 0 &&
		    read_times(s, a, io, e) == 0)
			return 1;
	}
	return is_missing(e) ? 0 : -1;
}

static int
by_time(const void *pa, const void *pb)
{
	const struct sst_snapshot *a = pa, *b = pb;

	if (a->created_us != b->created_us)
		return (a->created_us > b->created_us) - (a->created_us < b->created_us);
	return strcmp(a->name, b->name);
}

int
sst_snapshot_list(struct sst_snapshots *out, struct sst_arena *a, const struct sst_io *io,
    const char *dir, struct sst_err *e)
{
	char all[SST_LIVE_PATH], path[SST_LIVE_PATH];
	struct sst_snapshot *s;
	struct live_files live;
	struct sst_names names;
	size_t i;
	int r;

	*out = (struct sst_snapshots){ 0 };
	if (sst_live_path(all, dir, FOLDER, "", e) == -1)
		return -1;
	if (sst_names_list(&names, a, io, all, e) == -1)
		return is_missing(e) ? 0 : -1;
	if (find_live(&live, a, io, dir, e) == -1)
		return -1;
	if ((out->v = sst_arena_array(a, names.n + 1, sizeof(*out->v))) == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < names.n; i++) {
		if (names.v[i][0] == '.')
			continue;
		s = &out->v[out->n];
		if (sst_live_path(path, all, names.v[i], "", e) == -1)
			return -1;
		*s = (struct sst_snapshot){ .name = names.v[i] };
		if ((s->folder = sst_arena_str(a, path, strlen(path))) == NULL)
			return sst_fail_nomem(e);
		if ((r = look(s, a, io, &live, e)) == -1)
			return -1;
		out->n += (size_t)r;
	}
	qsort(out->v, out->n, sizeof(*out->v), by_time);
	return 0;
}
