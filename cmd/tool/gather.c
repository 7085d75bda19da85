/* cmd/tool/gather.c: opens SSTables, and tells which are of one table. */
#include "tool/gather.h"

#include <errno.h>
#include <stdlib.h>

#include "schema/join.h"
#include "tool/complain.h"
#include "tool/find.h"

static void *
must(void *p)
{
	if (p == NULL)
		exit(tool_problem(TROUBLE, "out of memory"));
	return p;
}

static struct sst_slice
keep_slice(struct sst_arena *a, struct sst_slice s)
{
	if (s.p == NULL)
		return s;
	s.p = must((void *)(uintptr_t)sst_arena_slice(a, s).p);
	return s;
}

static struct sst_column *
keep_columns(struct sst_arena *a, const struct sst_column *from, size_t n)
{
	struct sst_column *to = must(sst_arena_array(a, n + 1, sizeof(*to)));
	size_t i;

	for (i = 0; i < n; i++) {
		to[i] = from[i];
		to[i].name = keep_slice(a, from[i].name);
	}
	return to;
}

/* Names are the finder's, who forgets them with the next SSTable. */
static void
keep_names(struct sst_arena *a, struct sst_table *t)
{
	t->keyspace = keep_slice(a, t->keyspace);
	t->name = keep_slice(a, t->name);
	t->key = keep_columns(a, t->key, t->nkey);
	t->ck = keep_columns(a, t->ck, t->nck);
}

static struct group *
find_group(struct gather *g, const struct sst_table *t)
{
	struct group *grown;
	size_t i;

	for (i = 0; i < g->n; i++)
		if (sst_slice_eq(g->groups[i].at[0].table.keyspace, t->keyspace) &&
		    sst_slice_eq(g->groups[i].at[0].table.name, t->name))
			return &g->groups[i];
	if (g->n == g->cap) {
		g->cap = g->cap * 2 + 4;
		grown = must(realloc(g->groups, g->cap * sizeof(*grown)));
		g->groups = grown;
	}
	g->groups[g->n] = (struct group){ 0 };
	return &g->groups[g->n++];
}

static void
add(struct gather *g, const struct gathered *one)
{
	struct group *group = find_group(g, &one->table);

	if (group->n == group->cap) {
		group->cap = group->cap * 2 + 16;
		group->at = must(realloc(group->at, group->cap * sizeof(*group->at)));
	}
	group->at[group->n++] = *one;
}

int
gather_add(void *arg, const char *path, bool last)
{
	struct gather *g = arg;
	struct sst_sstable_opts opts = { 0 };
	struct gathered one = { 0 };
	struct sst_err e;
	int rc;

	if (sst_sstable_open(&one.sst, &sst_io_posix, path, &opts, &e) == -1 ||
	    sst_sstable_data(one.sst, &e) == NULL ||
	    (g->load && sst_sstable_load(one.sst, &e) == -1)) {
		sst_sstable_close(one.sst);
		return e.code == SST_ESYS && e.sys == ENOENT && !last ? GONE : complain(&e);
	}
	one.path = must(sst_arena_str(&g->arena, path, strlen(path)));
	one.table = *sst_sstable_table(one.sst);
	rc = names_find(g->names, path, &one.table);
	keep_names(&g->arena, &one.table);
	add(g, &one);
	return rc;
}

int
gather_join(struct group *g, struct sst_err *e)
{
	const struct sst_table **tables = must(malloc(g->n * sizeof(*tables)));
	size_t i;
	int r;

	for (i = 0; i < g->n; i++)
		tables[i] = &g->at[i].table;
	r = sst_table_join(&g->table, &g->arena, tables, g->n, e);
	for (i = 0; r == 0 && i < g->n; i++)
		r = sst_sstable_rebind(g->at[i].sst, g->table, SST_UNKNOWN_REFUSE, e);
	free(tables);
	return r;
}

void
gather_free(struct gather *g)
{
	size_t i, k;

	for (i = 0; i < g->n; i++) {
		for (k = 0; k < g->groups[i].n; k++)
			sst_sstable_close(g->groups[i].at[k].sst);
		free(g->groups[i].at);
		sst_arena_free(&g->groups[i].arena);
	}
	free(g->groups);
	sst_arena_free(&g->arena);
}
