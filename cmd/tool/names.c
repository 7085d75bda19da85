/* cmd/tool/names.c: keyspace, table and key columns of an SSTable. */
#include "tool/names.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"
#include "store/datadir.h"
#include "tool/complain.h"
#include "tool/textfile.h"

/* Cuts the last name off a path and gives it; empty at the root. */
static const char *
cut_name(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash == NULL)
		return "";
	*slash = '\0';
	return slash + 1;
}

/* The length of a table's name in its folder's: without -ID, 32 hexadecimal digits. */
static size_t
table_len(const char *folder)
{
	uint8_t id[16];
	size_t n = sst_datadir_split(folder, id);

	if (n > 0)
		return n;
	/* No table's name has a dot, but for those of indexes. */
	return folder[0] == '.' ? strlen(folder) : strcspn(folder, ".");
}

/*
 * As Cassandra's Descriptor does it: KEYSPACE/TABLE[-ID]/FILE, where a snapshot is two folders
 * further down, a backup one, and a secondary index (.name) one: its table is called TABLE.name.
 */
static int
folder_names(struct names *n, const char *path, struct sst_table *t)
{
	char full[PATH_MAX], name[2 * PATH_MAX];
	const char *folder, *above, *index = "";
	struct sst_err e;
	int len;

	if (sst_io_realpath(&sst_io_posix, path, full, sizeof(full), &e) == -1)
		return complain(&e);
	cut_name(full);
	folder = cut_name(full);
	if (folder[0] == '.') {
		index = folder;
		folder = cut_name(full);
	}
	if (strcmp(folder, "backups") == 0)
		folder = cut_name(full);
	above = strrchr(full, '/');
	if (above != NULL && strcmp(above, "/snapshots") == 0) {
		cut_name(full);
		folder = cut_name(full);
	}
	len = snprintf(name, sizeof(name), "%.*s%s", (int)table_len(folder), folder, index);
	t->name =
	    sst_arena_slice(&n->arena, (struct sst_slice){ (const uint8_t *)name, (size_t)len });
	t->keyspace = sst_arena_slice(&n->arena, sst_slice_str(cut_name(full)));
	return SOUND;
}

static void
forget(struct names_schema *s)
{
	sst_arena_free(&s->arena);
	sst_buf_free(&s->text);
	*s = (struct names_schema){ 0 };
}

static int
parse(struct names_schema *s, const char *file)
{
	static const struct sst_slice none = { NULL, 0 };
	struct sst_err e;

	if (tool_read_text(file, SST_SCHEMA_TEXT_MAX, &s->text, &e) == -1 ||
	    sst_schema_parse(&s->schema, &s->arena, sst_buf_slice(&s->text), file, none, &e) == -1)
		return complain(&e);
	s->there = true;
	return SOUND;
}

int
names_use(struct names *n, const char *schema_file)
{
	forget(&n->given);
	return parse(&n->given, schema_file);
}

const struct sst_schema *
names_given(const struct names *n)
{
	return n->given.there ? &n->given.schema : NULL;
}

/* Reads the schema.cql beside the SSTable, if there is one and it is not at hand already. */
static int
look_beside(struct names *n, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash != NULL ? (size_t)(slash + 1 - path) : 0;
	struct sst_slice dir = { (const uint8_t *)path, len };
	struct sst_buf file = { 0 };
	struct sst_stat st;
	struct sst_err e;
	int rc = SOUND;

	if (n->dir.p != NULL && sst_slice_eq(sst_buf_slice(&n->dir), dir))
		return SOUND;
	forget(&n->beside);
	sst_buf_reset(&n->dir);
	sst_buf_add_slice(&n->dir, dir);
	sst_buf_room(&n->dir, 1); /* p says that there is a folder */
	sst_buf_add_slice(&file, dir);
	sst_buf_add(&file, "schema.cql", sizeof("schema.cql"));
	if (file.bad || n->dir.bad)
		exit(tool_problem(TROUBLE, "out of memory"));
	if (sst_io_stat(&sst_io_posix, (const char *)file.p, &st, &e) == 0)
		rc = parse(&n->beside, (const char *)file.p);
	else if (e.sys != ENOENT)
		rc = complain(&e);
	sst_buf_free(&file);
	return rc;
}

/* Index tables have a name of two parts, and are in no schema. */
static bool
is_index(const struct sst_table *t)
{
	return t->name.n > 0 && memchr(t->name.p, '.', t->name.n) != NULL;
}

/* By its full name, else by the table's alone, else the only one there is. */
static const struct sst_table *
find_table(const struct names_schema *s, const struct sst_table *t)
{
	static const struct sst_slice any = { NULL, 0 };
	const struct sst_table *found = NULL;

	if (!s->there || is_index(t))
		return NULL;
	if (t->name.n > 0)
		found = sst_schema_table(&s->schema, t->keyspace, t->name);
	if (found == NULL && t->name.n > 0)
		found = sst_schema_table(&s->schema, any, t->name);
	if (found == NULL && s->schema.ntables == 1)
		found = s->schema.tables[0];
	return found;
}

static bool
same_type(const struct sst_type *a, const struct sst_type *b)
{
	struct sst_buf x = { 0 }, y = { 0 };
	bool same;

	sst_type_class(a, &x);
	sst_type_class(b, &y);
	same = !x.bad && !y.bad && sst_slice_eq(sst_buf_slice(&x), sst_buf_slice(&y));
	sst_buf_free(&x);
	sst_buf_free(&y);
	return same;
}

/* A copy of `cols` with the names of `from`; NULL when they are not the same columns. */
static struct sst_column *
with_names(
    struct names *n, const struct sst_column *cols, const struct sst_column *from, size_t count)
{
	struct sst_column *copy = sst_arena_array(&n->arena, count + 1, sizeof(*copy));
	size_t i;

	if (copy == NULL)
		exit(tool_problem(TROUBLE, "out of memory"));
	for (i = 0; i < count; i++) {
		if (!same_type(cols[i].type, from[i].type))
			return NULL;
		copy[i] = cols[i];
		copy[i].name = from[i].name;
	}
	return copy;
}

static int
take_names(struct names *n, const char *path, const struct sst_table *from, struct sst_table *t)
{
	struct sst_column *key = NULL, *ck = NULL;

	if (from->nkey == t->nkey && from->nck == t->nck) {
		key = with_names(n, t->key, from->key, t->nkey);
		ck = with_names(n, t->ck, from->ck, t->nck);
	}
	if (key == NULL || ck == NULL)
		return tool_problem(DAMAGED,
		    "%s: the key of table %.*s in the schema is another one", path,
		    (int)from->name.n, (const char *)from->name.p);
	t->key = key;
	t->ck = ck;
	t->keyspace = from->keyspace;
	t->name = from->name;
	t->named = true;
	return SOUND;
}

int
names_find(struct names *n, const char *path, struct sst_table *t)
{
	const struct sst_table *from;
	int rc;

	sst_arena_reset(&n->arena);
	rc = folder_names(n, path, t);
	if (!n->given.there)
		rc = tool_worse(rc, look_beside(n, path));
	from = find_table(n->given.there ? &n->given : &n->beside, t);
	return from != NULL ? tool_worse(rc, take_names(n, path, from, t)) : rc;
}

const struct sst_table *
names_table(struct names *n, const char *path)
{
	struct sst_table t = { 0 };

	sst_arena_reset(&n->arena);
	if (folder_names(n, path, &t) != SOUND ||
	    (!n->given.there && look_beside(n, path) != SOUND))
		return NULL;
	return find_table(n->given.there ? &n->given : &n->beside, &t);
}

void
names_free(struct names *n)
{
	forget(&n->given);
	forget(&n->beside);
	sst_buf_free(&n->dir);
	sst_arena_free(&n->arena);
}
