/* store/datadir.c: finds and makes folders; what is in them is the business of others. */
#include "store/datadir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/hex.h"
#include "base/names.h"
#include "base/uuid.h"
#include "sstable/name.h"
#include "store/truncated.h"

#define PATH SST_DATADIR_PATH

/* ---- paths and listings ---- */

int
sst_datadir_join(char out[PATH], const char *a, const char *b, struct sst_err *e)
{
	int n = snprintf(out, PATH, "%s/%s", a, b);

	return n >= 0 && n < PATH ? 0 : sst_fail(e, SST_ELIMIT, a, SST_NOWHERE, "path too long");
}

static bool
is_missing(const struct sst_err *e)
{
	return e->code == SST_ESYS && (e->sys == ENOENT || e->sys == ENOTDIR);
}

int
sst_datadir_there(const struct sst_io *io, const char *path, bool dir, struct sst_err *e)
{
	struct sst_stat st;

	if (sst_io_stat(io, path, &st, e) == 0)
		return st.is_dir == dir;
	return is_missing(e) ? 0 : -1;
}

/* ---- what is in a folder ---- */

struct seen {
	bool schema, dropped, truncated, sets, snapshots;
};

static int
see_file(void *arg, const char *name)
{
	struct sst_name parts;
	struct seen *seen = arg;

	if (strcmp(name, SST_SCHEMA_FILE) == 0)
		seen->schema = true;
	else if (strcmp(name, SST_DROPPED_FILE) == 0)
		seen->dropped = true;
	else if (strcmp(name, SST_TRUNCATED_FILE) == 0)
		seen->truncated = true;
	else if (sst_name_parse(&parts, name))
		seen->sets = true;
	else if (strcmp(name, "snapshots") == 0)
		seen->snapshots = true;
	return 0;
}

static int
look(const struct sst_io *io, const char *folder, struct seen *seen, struct sst_err *e)
{
	*seen = (struct seen){ 0 };
	return sst_io_list(io, folder, see_file, seen, e);
}

/* A table's folder may hold thousands of files, which who lists the live ones lists again: where the
 * schema is there, its name is all that is needed. */
static int
look_at_table(const struct sst_io *io, const char *folder, struct seen *seen, struct sst_err *e)
{
	char schema[PATH], truncated[PATH];
	int r;

	*seen = (struct seen){ 0 };
	if (sst_datadir_join(schema, folder, SST_SCHEMA_FILE, e) == -1 ||
	    sst_datadir_join(truncated, folder, SST_TRUNCATED_FILE, e) == -1 ||
	    (r = sst_datadir_there(io, schema, false, e)) == -1)
		return -1;
	if (r == 0)
		return look(io, folder, seen, e);
	seen->schema = true;
	if ((r = sst_datadir_there(io, truncated, false, e)) == -1)
		return -1;
	seen->truncated = r == 1;
	return 0;
}

size_t
sst_datadir_split(const char *folder, uint8_t id[16])
{
	size_t n = strlen(folder);
	const char *hex;

	memset(id, 0, 16);
	if (n < 34)
		return 0;
	hex = folder + n - 32;
	if (hex[-1] != '-' || strspn(hex, "0123456789abcdef") != 32)
		return 0;
	(void)sst_hex_read((struct sst_slice){ (const uint8_t *)hex, 32 }, id);
	return n - 33;
}

static const uint8_t no_id[16];

/* gone: with its keyspace. */
static int
add_table(struct sst_datadir *d, struct sst_arena *a, const struct sst_io *io, const char *folder,
    const char *keyspace, bool gone, struct sst_err *e)
{
	const char *last = strrchr(folder, '/');
	struct sst_datadir_table t = { .keyspace = sst_slice_str(keyspace) }, *grown;
	struct seen seen;
	size_t n;

	if (look_at_table(io, folder, &seen, e) == -1)
		return -1;
	last = last == NULL ? folder : last + 1;
	t.name = sst_slice_str(last);
	if ((n = sst_datadir_split(last, t.id)) > 0)
		t.name.n = n;
	t.schema = seen.schema && !gone;
	t.dropped = (seen.dropped && !seen.schema) || gone;
	t.truncated = seen.truncated;
	if (!seen.schema && !seen.dropped && !seen.sets && !seen.snapshots)
		return 0;
	if ((d->ntables & (d->ntables - 1)) == 0) { /* full at 0, 1, 2, 4, … */
		grown = sst_arena_array(a, d->ntables == 0 ? 1 : 2 * d->ntables, sizeof(t));
		if (grown == NULL)
			return sst_fail_nomem(e);
		if (d->ntables > 0)
			memcpy(grown, d->tables, d->ntables * sizeof(t));
		d->tables = grown;
	}
	t.folder = sst_arena_str(a, folder, strlen(folder));
	t.name = sst_arena_slice(a, t.name);
	t.keyspace = sst_arena_slice(a, t.keyspace);
	if (t.folder == NULL || t.name.p == NULL || t.keyspace.p == NULL)
		return sst_fail_nomem(e);
	d->tables[d->ntables++] = t;
	return 0;
}

/* 1: the keyspace was dropped, and what is left of it is still to go; 0; -1. */
static int
is_gone(const struct sst_datadir *d, const struct sst_io *io, const char *keyspace,
    const struct sst_names *files, struct sst_err *e)
{
	char path[PATH];
	size_t i;

	for (i = 0; i < files->n && strcmp(files->v[i], SST_GONE_FILE) != 0; i++)
		;
	if (i == files->n || d->kind != SST_DATADIR_OURS)
		return 0;
	return sst_datadir_join(path, keyspace, SST_GONE_FILE, e) == -1
	    ? -1
	    : sst_datadir_there(io, path, false, e);
}

static int
scan_keyspace(struct sst_datadir *d, struct sst_arena *a, const struct sst_io *io, const char *root,
    const char *keyspace, struct sst_err *e)
{
	char path[PATH], folder[PATH];
	struct sst_names tables;
	bool gone;
	size_t i;
	int r;

	if (sst_datadir_join(path, root, keyspace, e) == -1)
		return -1;
	if ((r = sst_datadir_there(io, path, true, e)) <= 0)
		return r;
	if (sst_names_list(&tables, a, io, path, e) == -1)
		return -1;
	if ((r = is_gone(d, io, path, &tables, e)) == -1)
		return -1;
	gone = r == 1;
	for (i = 0; i < tables.n; i++) {
		if (tables.v[i][0] == '.')
			continue;
		if (sst_datadir_join(folder, path, tables.v[i], e) == -1)
			return -1;
		if ((r = sst_datadir_there(io, folder, true, e)) == -1)
			return -1;
		if (r == 1 && add_table(d, a, io, folder, keyspace, gone, e) == -1)
			return -1;
	}
	return 0;
}

static int
by_name(const void *pa, const void *pb)
{
	const struct sst_datadir_table *a = pa, *b = pb;
	int c = sst_slice_cmp(a->keyspace, b->keyspace);

	if (c == 0)
		c = sst_slice_cmp(a->name, b->name);
	return c != 0 ? c : strcmp(a->folder, b->folder);
}

static int
scan_root(struct sst_datadir *d, struct sst_arena *a, const struct sst_io *io, const char *root,
    struct sst_err *e)
{
	struct sst_names keyspaces;
	size_t i;

	if (sst_names_list(&keyspaces, a, io, root, e) == -1)
		return -1;
	for (i = 0; i < keyspaces.n; i++)
		if (keyspaces.v[i][0] != '.' &&
		    scan_keyspace(d, a, io, root, keyspaces.v[i], e) == -1)
			return -1;
	if (d->ntables > 1)
		qsort(d->tables, d->ntables, sizeof(*d->tables), by_name);
	return 0;
}

/* ---- the host id ---- */

/* "01234567-89ab-4def-8123-456789abcdef\n" */
static bool
parse_uuid(struct sst_slice s, uint8_t id[16])
{
	size_t i, k = 0;
	int digit;

	for (i = 0; i < s.n && k < 32 && s.n == 37; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (s.p[i] != '-')
				return false;
			continue;
		}
		digit = sst_hex_digit(s.p[i]);
		if (digit == -1 || (s.p[i] >= 'A' && s.p[i] <= 'F')) /* we write lower case */
			return false;
		id[k / 2] = (uint8_t)(k % 2 == 0 ? digit << 4 : id[k / 2] | digit);
		k++;
	}
	return k == 32 && s.p[36] == '\n' && memcmp(id, no_id, 16) != 0;
}

/* 1: there; 0: not; -1. */
static int
read_hostid(const struct sst_io *io, const char *dir, uint8_t id[16], struct sst_err *e)
{
	struct sst_buf b = { 0 };
	char path[PATH];
	int r = 1;

	memset(id, 0, 16);
	if (sst_datadir_join(path, dir, SST_HOSTID_FILE, e) == -1)
		return -1;
	if (sst_io_read_file(io, path, 64, &b, e) == -1)
		r = is_missing(e) ? 0 : -1;
	else if (!parse_uuid(sst_buf_slice(&b), id))
		r = sst_fail(e, SST_EDAMAGED, path, SST_NOWHERE, "is no UUID");
	sst_buf_free(&b);
	return r;
}

int
sst_datadir_put_file(const struct sst_io *io, const char *dir, const char *name,
    struct sst_slice text, struct sst_err *e)
{
	char path[PATH], aside[PATH];
	struct sst_err ignored;
	int fd, r = -1;

	if (sst_datadir_join(path, dir, name, e) == -1 ||
	    sst_datadir_join(aside, dir, name, e) == -1)
		return -1;
	if (strlen(aside) + 5 > sizeof(aside))
		return sst_fail(e, SST_ELIMIT, dir, SST_NOWHERE, "path too long");
	strcat(aside, ".tmp");
	if ((fd = sst_io_open(io, aside, O_WRONLY | O_CREAT | O_TRUNC, e)) == -1)
		return -1;
	if (sst_io_write(io, fd, aside, text.p, text.n, e) == 0)
		r = sst_io_fsync(io, fd, aside, e);
	if (sst_io_close(io, fd, aside, r == 0 ? e : &ignored) == -1)
		r = -1;
	if (r == -1 || sst_io_rename(io, aside, path, e) == -1)
		return -1;
	return sst_io_sync_dir(io, dir, e);
}

/* The directory that holds a path; "." for a bare name. */
static void
parent(char out[PATH], const char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	while (n > 0 && path[n - 1] != '/')
		n--;
	while (n > 1 && path[n - 1] == '/')
		n--;
	if (n >= PATH)
		n = PATH - 1;
	memcpy(out, n == 0 ? "." : path, n == 0 ? 1 : n);
	out[n == 0 ? 1 : n] = '\0';
}

int
sst_datadir_make_dir(const struct sst_io *io, const char *path, struct sst_err *e)
{
	char above[PATH];

	parent(above, path);
	if (sst_io_mkdir(io, path, e) == -1)
		return -1;
	return sst_io_sync_dir(io, above, e);
}

int
sst_datadir_random(void *buf, size_t n, struct sst_err *e)
{
	if (getrandom(buf, n, 0) == (ssize_t)n)
		return 0;
	return sst_fail(e, SST_ESYS, NULL, SST_NOWHERE, "the system gives no random bytes");
}

int
sst_datadir_uuid(uint8_t id[16], struct sst_err *e)
{
	if (sst_datadir_random(id, 16, e) == -1)
		return -1;
	id[6] = (uint8_t)((id[6] & 0x0f) | 0x40); /* version 4 */
	id[8] = (uint8_t)((id[8] & 0x3f) | 0x80);
	return 0;
}

int
sst_datadir_make(const struct sst_io *io, const char *dir, struct sst_err *e)
{
	uint8_t id[16];
	char text[SST_UUID_LEN + 1];
	int r;

	if ((r = read_hostid(io, dir, id, e)) == -1)
		return -1;
	if (r == 1) /* perhaps of a process that died before it could sync */
		return sst_io_sync_dir(io, dir, e);
	if (sst_datadir_make_dir(io, dir, e) == -1)
		return -1;
	if (sst_datadir_uuid(id, e) == -1)
		return -1;
	sst_uuid_format(text, id);
	text[SST_UUID_LEN - 1] = '\n';
	text[SST_UUID_LEN] = '\0';
	return sst_datadir_put_file(io, dir, SST_HOSTID_FILE, sst_slice_str(text), e);
}

const char *
sst_datadir_path(struct sst_arena *a, const char *dir, struct sst_slice keyspace,
    const struct sst_slice *table, const uint8_t id[16], struct sst_err *e)
{
	char path[PATH], name[600], *end = name;
	const char *kept;
	size_t i;

	if (keyspace.n > 255 || (table != NULL && table->n > 222)) {
		sst_fail(e, SST_ELIMIT, dir, SST_NOWHERE, "a table's name is too long");
		return NULL;
	}
	end += sprintf(name, "data/%.*s", (int)keyspace.n, (const char *)keyspace.p);
	if (table != NULL) {
		end += sprintf(end, "/%.*s-", (int)table->n, (const char *)table->p);
		for (i = 0; i < 16; i++)
			end += sprintf(end, "%02x", id[i]);
	}
	if (sst_datadir_join(path, dir, name, e) == -1)
		return NULL;
	if ((kept = sst_arena_str(a, path, strlen(path))) == NULL)
		sst_fail_nomem(e);
	return kept;
}

int
sst_datadir_make_table(struct sst_datadir_table *t, struct sst_arena *a, const struct sst_io *io,
    const char *dir, struct sst_slice schema, struct sst_err *e)
{
	char path[PATH], dropped[PATH];
	const char *above;
	int r;

	if (sst_datadir_join(path, dir, "data", e) == -1 ||
	    sst_datadir_make_dir(io, path, e) == -1 ||
	    (above = sst_datadir_path(a, dir, t->keyspace, NULL, NULL, e)) == NULL ||
	    sst_datadir_make_dir(io, above, e) == -1 ||
	    (t->folder = sst_datadir_path(a, dir, t->keyspace, &t->name, t->id, e)) == NULL ||
	    sst_datadir_make_dir(io, t->folder, e) == -1)
		return -1;
	if (sst_datadir_join(path, t->folder, SST_SCHEMA_FILE, e) == -1 ||
	    (r = sst_datadir_there(io, path, false, e)) == -1)
		return -1;
	/* a table of this id may have been dropped before */
	if (r == 0 &&
	    (sst_datadir_join(dropped, t->folder, SST_DROPPED_FILE, e) == -1 ||
		(sst_io_unlink(io, dropped, e) == -1 && !is_missing(e)) ||
		sst_datadir_put_file(io, t->folder, SST_SCHEMA_FILE, schema, e) == -1))
		return -1;
	t->schema = true;
	return 0;
}

/* ---- what a directory is ---- */

static int
set_root(struct sst_datadir *d, struct sst_arena *a, const char *dir, struct sst_err *e)
{
	d->root = sst_arena_str(a, dir, strlen(dir));
	return d->root != NULL ? 0 : sst_fail_nomem(e);
}

/* The folder of a table; in one of our data directories it is one of ours. */
static int
scan_folder(struct sst_datadir *d, struct sst_arena *a, const struct sst_io *io, const char *dir,
    struct sst_err *e)
{
	char full[PATH], up[PATH], top[PATH];
	const char *keyspace;
	int r;

	if (sst_io_realpath(io, dir, full, sizeof(full), e) == -1)
		return -1;
	parent(up, full);
	keyspace = strrchr(up, '/') != NULL ? strrchr(up, '/') + 1 : up;
	d->kind = SST_DATADIR_FOLDER;
	if (add_table(d, a, io, full, keyspace, false, e) == -1)
		return -1;
	parent(top, up);
	parent(up, top);
	if ((r = read_hostid(io, up, d->hostid, e)) == -1)
		return -1;
	d->foreign = r == 0;
	return r == 1 ? set_root(d, a, up, e) : 0;
}

int
sst_datadir_scan(struct sst_datadir *d, struct sst_arena *a, const struct sst_io *io,
    const char *dir, struct sst_err *e)
{
	char root[PATH];
	struct seen seen;
	int r, data;

	*d = (struct sst_datadir){ 0 };
	if (look(io, dir, &seen, e) == -1)
		return -1;
	if ((r = read_hostid(io, dir, d->hostid, e)) == -1 ||
	    sst_datadir_join(root, dir, "data", e) == -1 ||
	    (data = sst_datadir_there(io, root, true, e)) == -1)
		return -1;
	if (r == 0 && (seen.schema || seen.sets))
		return scan_folder(d, a, io, dir, e);
	d->kind = r == 1 ? SST_DATADIR_OURS : SST_DATADIR_FOREIGN;
	d->foreign = r == 0;
	if (r == 1 && set_root(d, a, dir, e) == -1)
		return -1;
	if (data == 0 && r == 1)
		return 0;
	if (scan_root(d, a, io, data == 1 ? root : dir, e) == -1)
		return -1;
	if (r == 0 && d->ntables == 0)
		d->kind = SST_DATADIR_NONE;
	return 0;
}
