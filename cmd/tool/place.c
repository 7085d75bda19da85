/* cmd/tool/place.c: from paths to tables. */
#include "tool/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sstable/name.h"
#include "store/catalog.h"
#include "tool/complain.h"

#define PATH 4096

struct found { /* a directory, looked at */
	struct found *next;
	struct sst_arena arena;
	struct sst_datadir d;
	const struct sst_table **tables; /* of each folder of d; NULL: it has none */
	uint8_t (*dropped)[16];          /* the ids of such as were dropped */
	size_t ndropped;
};

static int
load_tables(struct found *f)
{
	struct sst_err e;
	size_t i;
	int rc = SOUND;

	f->tables = calloc(f->d.ntables + 1, sizeof(*f->tables));
	f->dropped = calloc(f->d.ntables + 1, sizeof(*f->dropped));
	if (f->tables == NULL || f->dropped == NULL)
		return tool_problem(TROUBLE, "out of memory");
	for (i = 0; i < f->d.ntables; i++)
		if (f->d.tables[i].dropped)
			memcpy(f->dropped[f->ndropped++], f->d.tables[i].id, 16);
		else if (sst_catalog_load(&f->tables[i], &f->arena, &sst_io_posix, &f->d.tables[i],
			     f->d.foreign, &e) == -1)
			rc = tool_worse(rc, complain(&e));
	return rc;
}

/* Of "DIR/data" the directory DIR of ours, whose log counts too; else NULL. */
static const char *
whose_data(const char *dir, char full[PATH])
{
	char path[PATH + sizeof(SST_HOSTID_FILE)], *slash;
	struct sst_stat st;
	struct sst_err e;

	if (sst_io_realpath(&sst_io_posix, dir, full, PATH, &e) == -1 ||
	    (slash = strrchr(full, '/')) == NULL || strcmp(slash, "/data") != 0)
		return NULL;
	*slash = '\0';
	snprintf(path, sizeof(path), "%s/" SST_HOSTID_FILE, full);
	return sst_io_stat(&sst_io_posix, path, &st, &e) == 0 ? full : NULL;
}

/* Looks at dir, for as long as the places live; NULL and a status in *rc. */
static struct found *
look(struct places *p, const char *dir, int *rc)
{
	struct found *f = calloc(1, sizeof(*f));
	char full[PATH];
	const char *ours = whose_data(dir, full);
	struct sst_err e;

	if (ours != NULL)
		dir = ours;
	if (f == NULL) {
		*rc = tool_problem(TROUBLE, "out of memory");
		return NULL;
	}
	f->next = p->looked;
	p->looked = f;
	if (sst_datadir_scan(&f->d, &f->arena, &sst_io_posix, dir, &e) == -1)
		*rc = complain(&e);
	else if (f->d.kind == SST_DATADIR_NONE)
		*rc = tool_problem(TROUBLE, "%s: no data directory and no folder of SSTables", dir);
	else {
		*rc = load_tables(f);
		return f->tables != NULL && f->dropped != NULL ? f : NULL;
	}
	return NULL;
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

static int
add_place(struct places *p, const struct place *one)
{
	struct place *grown;

	if (p->n == p->cap) {
		p->cap = 2 * p->cap + 8;
		if ((grown = realloc(p->v, p->cap * sizeof(*grown))) == NULL)
			return tool_problem(TROUBLE, "out of memory");
		p->v = grown;
	}
	p->v[p->n++] = *one;
	return SOUND;
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

/* All tables of the directory that folders of ours are in, with these folders' own among them: the
 * commit log names them all. */
static struct found *
look_around(struct places *p, const struct found *f, int *rc)
{
	struct found *whole = look(p, f->d.root, rc);
	size_t i, k;

	if (whole == NULL)
		return NULL;
	close_ranks(whole);
	for (i = 0; i < whole->d.ntables; i++)
		for (k = 0; k < f->d.ntables; k++)
			if (f->tables[k] != NULL &&
			    memcmp(whole->tables[i]->id, f->tables[k]->id,
				sizeof(f->tables[k]->id)) == 0)
				whole->tables[i] = f->tables[k];
	return whole;
}

static int
find_in(struct places *p, const char *dir, const char **files, size_t nfiles)
{
	struct found *whole = NULL, *f;
	int rc = SOUND, around = SOUND;
	size_t i;

	if ((f = look(p, dir, &rc)) == NULL)
		return rc;
	if (f->d.root != NULL && (whole = look_around(p, f, &around)) == NULL)
		return around;
	for (i = 0; i < f->d.ntables; i++) {
		bool snapshot = is_snapshot(f->d.tables[i].folder);
		struct place one = { .table = f->tables[i],
			.folder = f->d.tables[i].folder,
			.foreign = f->d.foreign && !snapshot,
			.root = snapshot ? NULL : f->d.root,
			.among = f->d.ntables > 1,
			.schema = f->d.tables[i].schema,
			.tables = whole != NULL ? whole->tables : NULL,
			.ntables = whole != NULL ? whole->d.ntables : 0,
			.dropped = whole != NULL ? (const uint8_t(*)[16])whole->dropped : NULL,
			.ndropped = whole != NULL ? whole->ndropped : 0,
			.files = files,
			.nfiles = nfiles };

		memcpy(one.hostid, f->d.hostid, sizeof(one.hostid));
		if (one.table != NULL)
			rc = tool_worse(rc, add_place(p, &one));
	}
	return rc;
}

/* Folder of a file's path, and the part of its name that its whole set has; 0 or -1. */
static int
split(const char *path, char *dir, size_t n, const char **base, struct sst_arena *a)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash == NULL ? 0 : (size_t)(slash - path);
	struct sst_name name;

	if (slash == NULL)
		snprintf(dir, n, ".");
	else
		snprintf(dir, n, "%.*s", len > 0 ? (int)len : 1, path);
	if (!sst_name_parse(&name, path))
		return tool_problem(TROUBLE, "%s: not the name of an SSTable's file", path);
	slash = slash == NULL ? path : slash + 1;
	*base = sst_arena_str(a, slash, name.base_len - (size_t)(slash - path));
	return *base == NULL ? tool_problem(TROUBLE, "out of memory") : SOUND;
}

/* Files lie in one folder: they become one set. */
static int
find_files(struct places *p, char *const *operands, size_t n)
{
	const char **bases = sst_arena_array(&p->arena, n, sizeof(*bases));
	char dir[PATH], first[PATH] = "";
	size_t i;
	int rc;

	if (bases == NULL)
		return tool_problem(TROUBLE, "out of memory");
	for (i = 0; i < n; i++) {
		if ((rc = split(operands[i], dir, sizeof(dir), &bases[i], &p->arena)) != SOUND)
			return rc;
		if (i == 0)
			memcpy(first, dir, sizeof(first));
		else if (strcmp(first, dir) != 0)
			return tool_problem(
			    TROUBLE, "%s: not in the folder of the others: %s", operands[i], first);
	}
	return find_in(p, first, bases, n);
}

int
places_find(struct places *p, char *const *operands, size_t n)
{
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
		return find_files(p, operands, n);
	for (i = 0; i < n; i++)
		rc = tool_worse(rc, find_in(p, operands[i], NULL, 0));
	return rc;
}

void
places_free(struct places *p)
{
	struct found *f;

	while ((f = p->looked) != NULL) {
		p->looked = f->next;
		free(f->tables);
		free(f->dropped);
		sst_arena_free(&f->arena);
		free(f);
	}
	free(p->v);
	sst_arena_free(&p->arena);
	*p = (struct places){ 0 };
}
