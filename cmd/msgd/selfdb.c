/* cmd/msgd/selfdb.c: a memtable for each system table. */
#include "msgd/selfdb.h"

#include <stdlib.h>

#include "memtable/memtable.h"
#include "merge/merge.h"
#include "query/system.h"

struct msgd_selfdb {
	struct sst_db db; /* first */
	struct sst_arena arena;
	struct sst_schema schema;
	struct sst_memtable **tables; /* schema.ntables */
	struct sst_buf keyspaces;     /* their names, each with a NUL behind it */
};

static const struct sst_table *
find_table(struct sst_db *db, struct sst_slice keyspace, struct sst_slice name)
{
	return sst_schema_table(&((struct msgd_selfdb *)db)->schema, keyspace, name);
}

static struct sst_memtable **
memtable_of(struct msgd_selfdb *s, const struct sst_table *t)
{
	for (size_t i = 0; i < s->schema.ntables; i++)
		if (s->schema.tables[i] == t)
			return &s->tables[i];
	return NULL;
}

static int
read_rows(struct sst_db *db, const struct sst_read *r, struct sst_stream **out,
    struct sst_read_stats *stats, struct sst_err *e)
{
	struct msgd_selfdb *s = (struct msgd_selfdb *)db;
	struct sst_memtable **m = memtable_of(s, r->table);
	struct sst_merge_opts o = { .raw = r->raw,
		.now_s = r->now_s,
		.gc_before_s = INT64_MIN,
		.tombstones_max = r->tombstones_max };
	struct sst_stream *in;

	(void)stats;
	*out = NULL;
	if (m == NULL)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "not a system table");
	if (sst_memtable_read(*m, r, &in, e) == -1)
		return -1;
	return sst_merge_open(out, r->table, &in, 1, &o, e);
}

static const struct sst_db_ops ops = { .table = find_table, .read = read_rows };

int
msgd_selfdb_new(struct msgd_selfdb **out, struct sst_err *e)
{
	struct msgd_selfdb *s = *out = calloc(1, sizeof(*s));

	if (s == NULL)
		return sst_fail_nomem(e);
	s->db.ops = &ops;
	if (sst_schema_parse(&s->schema, &s->arena, sst_system_cql(), NULL,
		(struct sst_slice){ NULL, 0 }, e) == -1)
		goto fail;
	if ((s->tables = calloc(s->schema.ntables + 1, sizeof(struct sst_memtable *))) == NULL) {
		sst_fail_nomem(e);
		goto fail;
	}
	return 0;
fail:
	msgd_selfdb_free(s);
	*out = NULL;
	return -1;
}

static void
clear(struct msgd_selfdb *s)
{
	for (size_t i = 0; s->tables != NULL && i < s->schema.ntables; i++) {
		sst_memtable_free(s->tables[i]);
		s->tables[i] = NULL;
	}
	sst_buf_reset(&s->keyspaces);
}

void
msgd_selfdb_free(struct msgd_selfdb *s)
{
	if (s == NULL)
		return;
	clear(s);
	free(s->tables);
	sst_buf_free(&s->keyspaces);
	sst_arena_free(&s->arena);
	free(s);
}

static int
put(void *arg, const struct sst_update *u, struct sst_err *e)
{
	return sst_memtable_apply(*memtable_of(arg, u->table), u, e);
}

static void
note_keyspaces(struct msgd_selfdb *s, const struct sst_schema *from)
{
	for (size_t i = 0; i < from->nkeyspaces; i++) {
		sst_buf_add_slice(&s->keyspaces, from->keyspaces[i].name);
		sst_buf_addc(&s->keyspaces, '\0');
	}
}

int
msgd_selfdb_fill(struct msgd_selfdb *s, const struct sst_schema *schema,
    const struct sst_node *node, struct sst_err *e)
{
	clear(s);
	for (size_t i = 0; i < s->schema.ntables; i++)
		if (sst_memtable_new(&s->tables[i], s->schema.tables[i], e) == -1)
			return -1;
	note_keyspaces(s, &s->schema);
	note_keyspaces(s, schema);
	if (s->keyspaces.bad)
		return sst_fail_nomem(e);
	return sst_system_fill(&s->schema, schema, node, put, s, e);
}

struct sst_db *
msgd_selfdb(struct msgd_selfdb *s)
{
	return &s->db;
}

bool
msgd_selfdb_has_keyspace(const struct msgd_selfdb *s, struct sst_slice name)
{
	const uint8_t *p = s->keyspaces.p, *end = p + s->keyspaces.n;

	for (; p < end; p += strlen((const char *)p) + 1)
		if (sst_slice_eq(sst_slice_str((const char *)p), name))
			return true;
	return false;
}
