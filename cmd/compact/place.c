/* cmd/compact/place.c: from paths to tables. */
#include "compact/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sstable/name.h"
#include "store/catalog.h"

#define PATH 4096

struct found { /* a directory, looked at */
	struct sst_arena arena;
	struct sst_datadir d;
	const struct sst_table **tables; /* of each folder of d; NULL: it has none */
};

static void
forget(struct found *f)
{
	free(f->tables);
	sst_arena_free(&f->arena);
	*f = (struct found){ 0 };
}

static int
load_tables(struct found *f)
{
	struct sst_err e;
	size_t i;
	int rc = SOUND;

	f->tables = calloc(f->d.ntables + 1, sizeof(*f->tables));
	if (f->tables == NULL)
		return tool_problem(TROUBLE, "out of memory");
	for (i = 0; i < f->d.ntables; i++)
		if (sst_catalog_load(&f->tables[i], &f->arena, &sst_io_posix, &f->d.tables[i],
			f->d.foreign, &e) == -1)
			rc = tool_worse(rc, complain(&e));
	return rc;
}

static int
look(struct found *f, const char *dir)
{
	struct sst_err e;

	*f = (struct found){ 0 };
	if (sst_datadir_scan(&f->d, &f->arena, &sst_io_posix, dir, &e) == -1)
		return complain(&e);
	if (f->d.kind == SST_DATADIR_NONE)
		return tool_problem(
		    TROUBLE, "%s: no data directory and no folder of SSTables", dir);
	return load_tables(f);
}

/* A snapshot's folder is nobody's live set. */
static bool
is_snapshot(const char *folder)
{
	char full[PATH], *slash;
	struct sst_err e;

	if (sst_io_realpath(&sst_io_posix, folder, full, sizeof(full), &e) == -1 ||
	    (slash = strrchr(full, '/')) == NULL)
		return false;
	*slash = '\0';
	slash = strrchr(full, '/');
	return slash != NULL && strcmp(slash, "/snapshots") == 0;
}

/* Of the table that has the same id, or the same folder. */
static void
fill(struct place *p, const struct found *f, size_t i, const struct found *whole)
{
	*p = (struct place){ .table = f->tables[i],
		.folder = f->d.tables[i].folder,
		.foreign = f->d.foreign && !is_snapshot(f->d.tables[i].folder),
		.root = is_snapshot(f->d.tables[i].folder) ? NULL : f->d.root,
		.tables = whole->tables,
		.ntables = whole->d.ntables };
	memcpy(p->hostid, f->d.hostid, sizeof(p->hostid));
}

/* The tables of a list without those that could not be loaded. */
static void
close_ranks(struct found *f)
{
	size_t i, n = 0;

	for (i = 0; i < f->d.ntables; i++)
		if (f->tables[i] != NULL)
			f->tables[n++] = f->tables[i];
	f->d.ntables = n;
}

/* All tables of the directory that a folder of ours is in, with this folder's own among them. */
static int
look_around(struct found *whole, const struct found *f, const struct sst_table *own)
{
	size_t i;
	int rc;

	*whole = (struct found){ 0 };
	if (f->d.root == NULL)
		return SOUND;
	if ((rc = look(whole, f->d.root)) != SOUND)
		return rc;
	close_ranks(whole);
	for (i = 0; i < whole->d.ntables; i++)
		if (memcmp(whole->tables[i]->id, own->id, sizeof(own->id)) == 0)
			whole->tables[i] = own;
	return SOUND;
}

struct visit {
	int (*each)(struct wishes *, const struct place *);
	struct wishes *wishes;
};

static int
visit_table(const struct visit *v, const struct found *f, size_t i, const char **files, size_t n)
{
	struct found whole;
	struct place p;
	int rc = look_around(&whole, f, f->tables[i]);

	if (rc == SOUND) {
		fill(&p, f, i, &whole);
		p.files = files;
		p.nfiles = n;
		rc = v->each(v->wishes, &p);
	}
	forget(&whole);
	return rc;
}

static int
visit_dir(const struct visit *v, const char *dir, const char **files, size_t n)
{
	struct found f;
	int rc = look(&f, dir);
	size_t i;

	for (i = 0; rc != TROUBLE && i < f.d.ntables && !pace_stopped(); i++)
		if (f.tables != NULL && f.tables[i] != NULL)
			rc = tool_worse(rc, visit_table(v, &f, i, files, n));
	forget(&f);
	return rc;
}

/* Files lie in one folder: they become one set. */
static int
visit_files(const struct visit *v, char *const *operands, size_t n)
{
	const char **bases = calloc(n, sizeof(*bases)), *slash;
	char dir[PATH] = ".", base[PATH];
	struct sst_arena arena = { 0 };
	struct sst_name name;
	size_t i, len;
	int rc = SOUND;

	for (i = 0; i < n && rc == SOUND && bases != NULL; i++) {
		slash = strrchr(operands[i], '/');
		len = slash == NULL ? 0 : (size_t)(slash - operands[i]);
		snprintf(base, sizeof(base), "%.*s", len > 0 ? (int)len : 1,
		    len > 0             ? operands[i]
			: slash == NULL ? "."
					: "/");
		if (!sst_name_parse(&name, operands[i]))
			rc = tool_problem(
			    TROUBLE, "%s: not the name of an SSTable's file", operands[i]);
		else if (i > 0 && strcmp(base, dir) != 0)
			rc = tool_problem(
			    TROUBLE, "%s: not in the folder of the others: %s", operands[i], dir);
		strcpy(dir, base);
		slash = slash == NULL ? operands[i] : slash + 1;
		if (rc == SOUND)
			bases[i] = sst_arena_str(
			    &arena, slash, name.base_len - (size_t)(slash - operands[i]));
		if (rc == SOUND && bases[i] == NULL)
			rc = tool_problem(TROUBLE, "out of memory");
	}
	if (bases == NULL)
		rc = tool_problem(TROUBLE, "out of memory");
	if (rc == SOUND)
		rc = visit_dir(v, dir, bases, n);
	sst_arena_free(&arena);
	free(bases);
	return rc;
}

int
place_each(char *const *operands, size_t n, int (*each)(struct wishes *, const struct place *),
    struct wishes *w)
{
	struct visit v = { each, w };
	struct sst_stat st;
	struct sst_err e;
	size_t i, nfiles = 0;
	int rc = SOUND;

	for (i = 0; i < n; i++) {
		if (sst_io_stat(&sst_io_posix, operands[i], &st, &e) == -1)
			return complain(&e);
		nfiles += !st.is_dir;
	}
	if (nfiles > 0 && nfiles < n)
		return tool_problem(TROUBLE, "want either folders or files of one folder");
	if (nfiles > 0)
		return visit_files(&v, operands, n);
	for (i = 0; i < n && !pace_stopped(); i++)
		rc = tool_worse(rc, visit_dir(&v, operands[i], NULL, 0));
	return rc;
}
