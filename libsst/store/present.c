/*
 * store/present.c: the schema that a directory has: what each keyspace's keyspace.cql says, and of each
 * folder the schema.cql.  The types of keyspace.cql count: an ALTER TYPE writes that first, then the
 * tables that have the type.
 */
#include <errno.h>
#include <stdio.h>

#include "base/names.h"
#include "store/catalog.h"
#include "store/define.h"

#define PATH 4096

struct present {
	const struct sst_io *io;
	struct sst_arena *arena; /* of the schema */
	struct sst_arena tmp;
	struct sst_datadir dir;
	struct sst_buf text;     /* of all */
	struct sst_buf *folders; /* of each folder's table, as it stands there */
	struct sst_err *e;
};

/* What a keyspace is that only its tables tell of. */
static void
put_unsaid(struct sst_buf *b, struct sst_slice name)
{
	struct sst_option o[] = { { SST_SLICE_LIT("durable_writes"), SST_SLICE_LIT("true") },
		{ SST_SLICE_LIT("replication"),
		    SST_SLICE_LIT("{'class': 'SimpleStrategy', 'replication_factor': '1'}") } };
	struct sst_keyspace k = { name, 2, o };

	sst_schema_print_keyspace(&k, b);
}

static int
put_keyspace(struct present *p, const char *root, const char *name)
{
	char path[PATH];
	struct sst_err why;

	if (name[0] == '.')
		return 0;
	if ((size_t)snprintf(path, PATH, "%s/%s/" SST_KEYSPACE_FILE, root, name) >= PATH)
		return sst_fail(p->e, SST_ELIMIT, root, SST_NOWHERE, "path too long");
	if (sst_io_read_file(p->io, path, SST_SCHEMA_TEXT_MAX, &p->text, &why) == 0)
		return 0;
	if (why.code == SST_ESYS && (why.sys == ENOENT || why.sys == ENOTDIR))
		return 0;
	*p->e = why;
	return -1;
}

static int
put_keyspaces(struct present *p, const char *dir)
{
	struct sst_names names;
	char root[PATH];

	if ((size_t)snprintf(root, PATH, "%s/data", dir) >= PATH)
		return sst_fail(p->e, SST_ELIMIT, dir, SST_NOWHERE, "path too long");
	if (sst_names_list(&names, &p->tmp, p->io, root, p->e) == -1)
		return p->e->code == SST_ESYS && p->e->sys == ENOENT ? 0 : -1;
	for (size_t i = 0; i < names.n; i++)
		if (put_keyspace(p, root, names.v[i]) == -1)
			return -1;
	return 0;
}

/* The table of the i-th folder, with the types that stand there. */
static int
put_folder(struct present *p, size_t i)
{
	const struct sst_datadir_table *d = &p->dir.tables[i];
	struct sst_schema_of found;
	int r;

	if (!d->schema)
		return 0;
	r = sst_catalog_read(&found, &p->tmp, p->io, d, p->e);
	if (r == -1)
		return -1;
	put_unsaid(&p->text, found.table->keyspace);
	sst_schema_print_snapshot(&found.schema, found.table, &p->folders[i]);
	sst_buf_add_slice(&p->text, sst_buf_slice(&p->folders[i]));
	return p->folders[i].bad || p->text.bad ? sst_fail_nomem(p->e) : 0;
}

/* A folder that says otherwise than the schema is one that a crash left behind. */
static int
mend(struct present *p, const struct sst_schema *s, size_t i)
{
	const struct sst_datadir_table *d = &p->dir.tables[i];
	const struct sst_table *t = sst_schema_table(s, d->keyspace, d->name);
	struct sst_buf b = { 0 };
	int r = 0;

	if (!d->schema || t == NULL)
		return 0;
	sst_schema_print_snapshot(s, t, &b);
	if (b.bad)
		r = sst_fail_nomem(p->e);
	else if (!sst_slice_eq(sst_buf_slice(&b), sst_buf_slice(&p->folders[i])) &&
	    memcmp(t->id, d->id, 16) == 0)
		r = sst_datadir_put_file(
		    p->io, d->folder, SST_SCHEMA_FILE, sst_buf_slice(&b), p->e);
	sst_buf_free(&b);
	return r;
}

static int
present(struct present *p, struct sst_schema *out, const char *dir)
{
	struct sst_slice text;

	if (sst_datadir_scan(&p->dir, &p->tmp, p->io, dir, p->e) == -1)
		return -1;
	p->folders = sst_arena_zeroed(&p->tmp, p->dir.ntables + 1, sizeof(*p->folders));
	if (p->folders == NULL)
		return sst_fail_nomem(p->e);
	if (put_keyspaces(p, dir) == -1)
		return -1;
	for (size_t i = 0; i < p->dir.ntables; i++)
		if (put_folder(p, i) == -1)
			return -1;
	text = sst_arena_slice(p->arena, sst_buf_slice(&p->text));
	if (p->text.bad || (p->text.n > 0 && text.p == NULL))
		return sst_fail_nomem(p->e);
	if (sst_schema_parse(out, p->arena, text, dir, (struct sst_slice){ NULL, 0 }, p->e) == -1)
		return -1;
	for (size_t i = 0; i < p->dir.ntables; i++)
		if (mend(p, out, i) == -1)
			return -1;
	return 0;
}

int
sst_store_schema(struct sst_schema *out, struct sst_arena *arena, const struct sst_io *io,
    const char *dir, struct sst_err *e)
{
	struct present p = { .io = io, .arena = arena, .e = e };
	int r = present(&p, out, dir);

	for (size_t i = 0; p.folders != NULL && i < p.dir.ntables; i++)
		sst_buf_free(&p.folders[i]);
	sst_buf_free(&p.text);
	sst_arena_free(&p.tmp);
	return r;
}
