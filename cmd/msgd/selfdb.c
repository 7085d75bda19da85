/* cmd/msgd/selfdb.c: a memtable for each system table. */
#include "msgd/selfdb.h"

#include <stdlib.h>

#include "base/num.h"
#include "memtable/memtable.h"
#include "merge/merge.h"
#include "msgd/shard.h"
#include "query/system.h"

/* What is our own among them: system_views is where Cassandra has such things. */
static const char counters_cql[] =
    "CREATE KEYSPACE system_views WITH replication = {'class': 'LocalStrategy'};"
    "CREATE TABLE system_views.msgd_counters (name text, shard int, value bigint, "
    "PRIMARY KEY (name, shard));";

struct msgd_selfdb {
	struct sst_db db; /* first */
	struct sst_arena arena;
	struct sst_schema schema;
	struct sst_memtable **tables; /* schema.ntables */
	struct sst_buf keyspaces;     /* their names, each with a NUL behind it */
	struct msgd_node *node;
	const struct sst_table *counters;
	unsigned users;
	size_t nold;
	struct sst_memtable **old; /* written anew since, and perhaps still read */
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

/* ---- counters ---- */

static int
put_counter(struct msgd_selfdb *s, struct sst_memtable *m, const char *name, unsigned shard,
    uint64_t value, struct sst_err *e)
{
	uint8_t no[4], number[8];
	struct sst_slice ck = { no, 4 };
	struct sst_cell cell = { .ts_us = 1, .ldt_s = SST_NO_LDT, .value = { number, 8 } };
	struct sst_row row = { .ck = &ck,
		.live = { 1, 0, SST_NO_LDT },
		.del = SST_LIVE,
		.ncells = 1,
		.cells = &cell };
	struct sst_slice key = sst_slice_str(name);
	struct sst_update u = { .table = s->counters,
		.part = { key, sst_token(key), SST_LIVE },
		.nrows = 1,
		.rows = &row };

	for (int i = 0; i < 4; i++)
		no[i] = (uint8_t)(shard >> (24 - 8 * i));
	for (int i = 0; i < 8; i++)
		number[i] = (uint8_t)(value >> (56 - 8 * i));
	return sst_memtable_apply(m, &u, e);
}

static int
count_shard(struct msgd_selfdb *s, struct sst_memtable *m, unsigned no, struct sst_err *e)
{
	struct msgd_counts *c = &s->node->shards[no].counts;
	const struct {
		const char *name;
		_Atomic uint64_t *n;
	} all[] = { { "requests", &c->requests }, { "partitions_written", &c->writes },
		{ "log_syncs", &c->syncs }, { "reads", &c->reads },
		{ "reads_executed", &c->executed }, { "reads_joined", &c->joined },
		{ "reads_repeated", &c->repeated }, { "tombstone_warnings", &c->warnings },
		{ "blocks_from_page_cache", &c->fetched }, { "blocks_waited_for", &c->waited },
		{ "output_waiting", &c->output } };

	for (size_t i = 0; i < SST_ARRAY_LEN(all); i++)
		if (put_counter(s, m, all[i].name, no,
			atomic_load_explicit(all[i].n, memory_order_relaxed), e) == -1)
			return -1;
	return 0;
}

/* One that streams may still be open on goes later. */
static void
retire(struct msgd_selfdb *s, struct sst_memtable *m)
{
	struct sst_memtable **more;

	if (m == NULL)
		return;
	if (s->users == 0) {
		sst_memtable_free(m);
		return;
	}
	if ((more = realloc(s->old, (s->nold + 1) * sizeof(*more))) == NULL)
		return; /* leaked rather than read after it is gone */
	s->old = more;
	s->old[s->nold++] = m;
}

void
msgd_selfdb_hold(struct msgd_selfdb *s)
{
	s->users++;
}

void
msgd_selfdb_let_go(struct msgd_selfdb *s)
{
	if (--s->users > 0)
		return;
	while (s->nold > 0)
		sst_memtable_free(s->old[--s->nold]);
}

/* The counters as they are now. */
static int
count_now(struct msgd_selfdb *s, struct sst_memtable **at, struct sst_err *e)
{
	struct sst_memtable *m;
	int r;

	if (sst_memtable_new(&m, s->counters, e) == -1)
		return -1;
	retire(s, *at);
	*at = m;
	r = 0;
	for (unsigned i = 0; r == 0 && i < s->node->nshards; i++)
		r = count_shard(s, m, i, e);
	return r;
}

/* ---- db.h ---- */

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
	if (r->table == s->counters && count_now(s, m, e) == -1)
		return -1;
	if (sst_memtable_read(*m, r, &in, e) == -1)
		return -1;
	return sst_merge_open(out, r->table, &in, 1, &o, e);
}

static const struct sst_db_ops ops = { .table = find_table, .read = read_rows };

/* The system's tables and ours; the text is kept, as the schema borrows from it. */
static int
parse(struct msgd_selfdb *s, struct sst_err *e)
{
	struct sst_buf text = { 0 };
	struct sst_slice kept;

	sst_buf_add_slice(&text, sst_system_cql());
	sst_buf_adds(&text, counters_cql);
	kept = sst_arena_slice(&s->arena, sst_buf_slice(&text));
	sst_buf_free(&text);
	if (kept.p == NULL)
		return sst_fail_nomem(e);
	return sst_schema_parse(
	    &s->schema, &s->arena, kept, NULL, (struct sst_slice){ NULL, 0 }, e);
}

int
msgd_selfdb_new(struct msgd_selfdb **out, struct msgd_node *node, struct sst_err *e)
{
	struct msgd_selfdb *s = *out = calloc(1, sizeof(*s));

	if (s == NULL)
		return sst_fail_nomem(e);
	s->db.ops = &ops;
	s->node = node;
	if (parse(s, e) == -1)
		goto fail;
	s->counters = sst_schema_table(
	    &s->schema, SST_SLICE_LIT("system_views"), SST_SLICE_LIT("msgd_counters"));
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
		retire(s, s->tables[i]);
		s->tables[i] = NULL;
	}
	sst_buf_reset(&s->keyspaces);
}

void
msgd_selfdb_free(struct msgd_selfdb *s)
{
	if (s == NULL)
		return;
	s->users = 0;
	clear(s);
	while (s->nold > 0)
		sst_memtable_free(s->old[--s->nold]);
	free(s->old);
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
