/* cmd/sstdump/tables.c: finds out which tables the ids in a commit log mean. */
#include "sstdump/tables.h"

#include <errno.h>
#include <stdlib.h>

#include "base/io.h"
#include "store/datadir.h"
#include "tool/complain.h"

static void
add(struct tables *t, const uint8_t id[16], const struct sst_table *table)
{
	struct tables_one *grown;

	if (t->n == t->cap) {
		t->cap = t->cap * 2 + 16;
		grown = realloc(t->at, t->cap * sizeof(*grown));
		if (grown == NULL)
			exit(tool_problem(TROUBLE, "out of memory"));
		t->at = grown;
	}
	memcpy(t->at[t->n].id, id, 16);
	t->at[t->n++].table = table;
}

const struct sst_table *
tables_by_id(void *arg, const uint8_t id[16])
{
	struct tables *t = arg;
	size_t i;

	for (i = 0; i < t->n; i++)
		if (memcmp(t->at[i].id, id, 16) == 0)
			return t->at[i].table;
	return NULL;
}

void
tables_add_schema(struct tables *t, const struct sst_schema *s)
{
	static const uint8_t none[16];
	size_t i;

	for (i = 0; i < s->ntables; i++)
		if (memcmp(s->tables[i]->id, none, 16) != 0)
			add(t, s->tables[i]->id, s->tables[i]);
}

struct looking {
	struct tables *to;
	const struct sst_schema *given;
	const char *dir, *keyspace; /* the folder that is listed; its name, within DIR/data */
	int rc;
};

static const char *
join(struct sst_arena *a, const char *dir, const char *name)
{
	struct sst_buf b = { 0 };
	const char *s;

	sst_buf_addf(&b, "%s/%s", dir, name);
	s = b.bad ? NULL : sst_arena_str(a, (const char *)b.p, b.n);
	sst_buf_free(&b);
	if (s == NULL)
		exit(tool_problem(TROUBLE, "out of memory"));
	return s;
}

/* The table that schema.cql in a folder defines; NULL when there is none. */
static const struct sst_table *
read_schema(struct looking *l, const char *dir, struct sst_slice name)
{
	struct sst_slice keyspace = sst_slice_str(l->keyspace);
	const char *file = join(&l->to->arena, dir, "schema.cql");
	struct sst_schema *s = sst_arena_alloc(&l->to->arena, sizeof(*s));
	struct sst_buf text = { 0 };
	struct sst_slice kept;
	struct sst_err e;

	if (s == NULL)
		exit(tool_problem(TROUBLE, "out of memory"));
	if (sst_io_read_file(&sst_io_posix, file, SST_SCHEMA_TEXT_MAX, &text, &e) == -1) {
		sst_buf_free(&text);
		if (e.code != SST_ESYS || (e.sys != ENOENT && e.sys != ENOTDIR))
			l->rc = tool_worse(l->rc, complain(&e));
		return NULL;
	}
	kept = sst_arena_slice(&l->to->arena, sst_buf_slice(&text));
	sst_buf_free(&text);
	if (kept.p == NULL)
		exit(tool_problem(TROUBLE, "out of memory"));
	if (sst_schema_parse(s, &l->to->arena, kept, file, keyspace, &e) == -1) {
		l->rc = tool_worse(l->rc, complain(&e));
		return NULL;
	}
	return sst_schema_table(s, keyspace, name);
}

static int
table_folder(void *arg, const char *folder)
{
	struct looking *l = arg;
	const struct sst_table *t = NULL;
	struct sst_slice name = { (const uint8_t *)folder, 0 };
	uint8_t id[16];

	name.n = sst_datadir_split(folder, id);
	if (name.n == 0 || tables_by_id(l->to, id) != NULL)
		return 0;
	if (l->given != NULL)
		t = sst_schema_table(l->given, sst_slice_str(l->keyspace), name);
	if (t == NULL)
		t = read_schema(l, join(&l->to->arena, l->dir, folder), name);
	if (t != NULL)
		add(l->to, id, t);
	return 0;
}

/* Lists a folder; one that is gone, or a file, holds nothing. */
static int
list(const char *dir, int (*each)(void *, const char *), void *arg)
{
	struct sst_err e;

	if (sst_io_list(&sst_io_posix, dir, each, arg, &e) == 0 ||
	    (e.code == SST_ESYS && (e.sys == ENOENT || e.sys == ENOTDIR)))
		return SOUND;
	return complain(&e);
}

static int
keyspace_folder(void *arg, const char *name)
{
	struct looking *all = arg, l = *all;

	l.keyspace = sst_arena_str(&l.to->arena, name, strlen(name));
	if (l.keyspace == NULL)
		exit(tool_problem(TROUBLE, "out of memory"));
	l.dir = join(&l.to->arena, all->dir, name);
	l.rc = tool_worse(l.rc, list(l.dir, table_folder, &l));
	all->rc = l.rc;
	return 0;
}

int
tables_add_dir(struct tables *t, const char *dir, const struct sst_schema *given)
{
	struct looking l = { .to = t, .given = given, .rc = SOUND };

	l.dir = join(&t->arena, dir, "data");
	return tool_worse(list(l.dir, keyspace_folder, &l), l.rc);
}

void
tables_free(struct tables *t)
{
	sst_arena_free(&t->arena);
	free(t->at);
}
