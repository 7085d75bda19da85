/*
 * query/system.c: the rows of the system tables, written as INSERT statements: a schema seldom
 * changes, and statements are easier to read than cells.
 */
#include "query/system.h"

#include "base/hex.h"
#include "base/uuid.h"
#include "codec/murmur3.h"
#include "cql/word.h"
#include "query/modify.h"

#define LOCAL "WITH comment = 'information about the local node'"

static const char cql[] =
    "CREATE KEYSPACE system WITH replication = {'class': 'LocalStrategy'};"
    "CREATE KEYSPACE system_schema WITH replication = {'class': 'LocalStrategy'};"
    "CREATE KEYSPACE system_virtual_schema WITH replication = {'class': 'LocalStrategy'};"
    "CREATE TABLE system.local (key text PRIMARY KEY, bootstrapped text, broadcast_address inet, "
    "broadcast_port int, cluster_name text, cql_version text, data_center text, "
    "gossip_generation int, host_id uuid, listen_address inet, listen_port int, "
    "native_protocol_version text, partitioner text, rack text, release_version text, "
    "rpc_address inet, rpc_port int, schema_version uuid, tokens set<text>, "
    "truncated_at map<uuid, blob>) " LOCAL ";"
    "CREATE TABLE system.peers (peer inet PRIMARY KEY, data_center text, host_id uuid, "
    "preferred_ip inet, rack text, release_version text, rpc_address inet, schema_version uuid, "
    "tokens set<text>);"
    "CREATE TABLE system.peers_v2 (peer inet, peer_port int, data_center text, host_id uuid, "
    "native_address inet, native_port int, preferred_ip inet, preferred_port int, rack text, "
    "release_version text, schema_version uuid, tokens set<text>, PRIMARY KEY (peer, peer_port));"
    "CREATE TABLE system_schema.keyspaces (keyspace_name text PRIMARY KEY, durable_writes "
    "boolean, replication frozen<map<text, text>>);"
    "CREATE TABLE system_schema.tables (keyspace_name text, table_name text, "
    "additional_write_policy text, allow_auto_snapshot boolean, bloom_filter_fp_chance double, "
    "caching frozen<map<text, text>>, cdc boolean, comment text, "
    "compaction frozen<map<text, text>>, compression frozen<map<text, text>>, "
    "crc_check_chance double, dclocal_read_repair_chance double, default_time_to_live int, "
    "extensions frozen<map<text, blob>>, flags frozen<set<text>>, gc_grace_seconds int, id uuid, "
    "incremental_backups boolean, max_index_interval int, memtable text, "
    "memtable_flush_period_in_ms int, min_index_interval int, read_repair text, "
    "read_repair_chance double, speculative_retry text, PRIMARY KEY (keyspace_name, table_name));"
    "CREATE TABLE system_schema.columns (keyspace_name text, table_name text, column_name text, "
    "clustering_order text, column_name_bytes blob, kind text, position int, type text, "
    "PRIMARY KEY (keyspace_name, table_name, column_name));"
    "CREATE TABLE system_schema.types (keyspace_name text, type_name text, "
    "field_names frozen<list<text>>, field_types frozen<list<text>>, "
    "PRIMARY KEY (keyspace_name, type_name));"
    "CREATE TABLE system_schema.indexes (keyspace_name text, table_name text, index_name text, "
    "kind text, options frozen<map<text, text>>, "
    "PRIMARY KEY (keyspace_name, table_name, index_name));"
    "CREATE TABLE system_schema.triggers (keyspace_name text, table_name text, trigger_name text, "
    "options frozen<map<text, text>>, PRIMARY KEY (keyspace_name, table_name, trigger_name));"
    "CREATE TABLE system_schema.functions (keyspace_name text, function_name text, "
    "argument_types frozen<list<text>>, argument_names frozen<list<text>>, body text, "
    "called_on_null_input boolean, language text, return_type text, "
    "PRIMARY KEY (keyspace_name, function_name, argument_types));"
    "CREATE TABLE system_schema.aggregates (keyspace_name text, aggregate_name text, "
    "argument_types frozen<list<text>>, final_func text, initcond text, return_type text, "
    "state_func text, state_type text, "
    "PRIMARY KEY (keyspace_name, aggregate_name, argument_types));"
    "CREATE TABLE system_schema.views (keyspace_name text, view_name text, "
    "additional_write_policy text, allow_auto_snapshot boolean, base_table_id uuid, "
    "base_table_name text, bloom_filter_fp_chance double, caching frozen<map<text, text>>, "
    "cdc boolean, comment text, compaction frozen<map<text, text>>, "
    "compression frozen<map<text, text>>, crc_check_chance double, "
    "dclocal_read_repair_chance double, default_time_to_live int, "
    "extensions frozen<map<text, blob>>, gc_grace_seconds int, id uuid, include_all_columns "
    "boolean, incremental_backups boolean, max_index_interval int, memtable text, "
    "memtable_flush_period_in_ms int, min_index_interval int, read_repair text, "
    "read_repair_chance double, speculative_retry text, where_clause text, "
    "PRIMARY KEY (keyspace_name, view_name));"
    "CREATE TABLE system_virtual_schema.keyspaces (keyspace_name text PRIMARY KEY);"
    "CREATE TABLE system_virtual_schema.tables (keyspace_name text, table_name text, comment "
    "text, PRIMARY KEY (keyspace_name, table_name));"
    "CREATE TABLE system_virtual_schema.columns (keyspace_name text, table_name text, "
    "column_name text, clustering_order text, column_name_bytes blob, kind text, position int, "
    "type text, PRIMARY KEY (keyspace_name, table_name, column_name));";

struct filler {
	const struct sst_schema *system;
	sst_system_put put;
	void *arg;
	int64_t ts_us;       /* of what is written: what comes later may have to count more */
	struct sst_buf text; /* of the statement */
	struct sst_arena arena;
	struct sst_err *e;
};

struct sst_slice
sst_system_cql(void)
{
	return (struct sst_slice){ (const uint8_t *)cql, sizeof(cql) - 1 };
}

/* ---- statements ---- */

/* Runs the INSERT in text. */
static int
run(struct filler *f)
{
	struct sst_modify_opts o = { .ts_us = f->ts_us };
	struct sst_parser p;
	struct sst_plan *plan;
	struct sst_update *u;
	struct sst_dml dml;
	size_t n;

	if (f->text.bad)
		return sst_fail_nomem(f->e);
	sst_arena_reset(&f->arena);
	p = sst_parser_new(
	    sst_buf_slice(&f->text), &f->arena, NULL, (struct sst_slice){ NULL, 0 }, f->e);
	if (sst_dml_parse(&p, &dml) == -1 ||
	    sst_plan_make(&plan, &f->arena, &dml,
		sst_schema_table(f->system, dml.name.keyspace, dml.name.name), f->e) == -1 ||
	    sst_modify_make(&u, &n, plan, &o, &f->arena, f->e) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (f->put(f->arg, &u[i], f->e) == -1)
			return -1;
	return 0;
}

static void
begin(struct filler *f, const char *start)
{
	sst_buf_reset(&f->text);
	sst_buf_adds(&f->text, start);
}

static void
put_string(struct filler *f, const char *before, struct sst_slice s)
{
	sst_buf_adds(&f->text, before);
	sst_cql_put_string(&f->text, s);
}

static void
put_text(struct filler *f, const char *before, const char *s)
{
	put_string(f, before, sst_slice_str(s));
}

static void
put_uuid(struct filler *f, const char *before, const uint8_t u[16])
{
	sst_buf_adds(&f->text, before);
	sst_uuid_put(&f->text, u);
}

static void
put_hex(struct filler *f, const char *before, struct sst_slice s)
{
	sst_buf_addf(&f->text, "%s0x", before);
	sst_hex_put(&f->text, s);
}

static void
put_type(struct filler *f, const char *before, const struct sst_type *t)
{
	struct sst_buf b = { 0 };

	sst_type_cql(t, &b);
	put_string(f, before, sst_buf_slice(&b));
	f->text.bad |= b.bad;
	sst_buf_free(&b);
}

/* ---- rows ---- */

static int
fill_local(struct filler *f, const struct sst_node *n, const uint8_t version[16])
{
	begin(f,
	    "INSERT INTO system.local (key, bootstrapped, cql_version, native_protocol_version, "
	    "partitioner, tokens, cluster_name, data_center, rack, release_version, "
	    "broadcast_address, listen_address, rpc_address, broadcast_port, listen_port, "
	    "rpc_port, "
	    "gossip_generation, host_id, schema_version) VALUES ('local', 'COMPLETED', '3.4.7', "
	    "'5', "
	    "'org.apache.cassandra.dht.Murmur3Partitioner', {'-9223372036854775808'}");
	put_text(f, ", ", n->cluster_name);
	put_text(f, ", ", n->data_center);
	put_text(f, ", ", n->rack);
	put_text(f, ", ", n->release_version);
	for (int i = 0; i < 3; i++)
		put_text(f, ", ", n->address);
	sst_buf_addf(
	    &f->text, ", 7000, 7000, %u, %lld", n->port, (long long)(n->started_s & INT32_MAX));
	put_uuid(f, ", ", n->host_id);
	put_uuid(f, ", ", version);
	sst_buf_addc(&f->text, ')');
	return run(f);
}

/* Keyspaces of tables that are made when they are read: clients look for them elsewhere. */
static bool
is_virtual(struct sst_slice keyspace)
{
	return sst_slice_eq(keyspace, SST_SLICE_LIT("system_virtual_schema")) ||
	    sst_slice_eq(keyspace, SST_SLICE_LIT("system_views"));
}

static struct sst_slice
option_of(const struct sst_keyspace *k, const char *name)
{
	for (size_t i = 0; i < k->noptions; i++)
		if (sst_slice_eq(k->options[i].name, sst_slice_str(name)))
			return k->options[i].value;
	return (struct sst_slice){ NULL, 0 };
}

/* A class of Cassandra's own with its package. */
static void
put_class(struct filler *f, struct sst_slice name)
{
	struct sst_buf b = { 0 };

	if (memchr(name.p, '.', name.n) == NULL)
		sst_buf_adds(&b, "org.apache.cassandra.locator.");
	sst_buf_add_slice(&b, name);
	put_string(f, ", {'class': ", sst_buf_slice(&b));
	f->text.bad |= b.bad;
	sst_buf_free(&b);
}

/* The replication, a CQL map of constants, as a map of strings. */
static int
put_replication(struct filler *f, const struct sst_keyspace *k)
{
	struct sst_slice text = option_of(k, "replication");
	struct sst_slice class_name = SST_SLICE_LIT("SimpleStrategy");
	const struct sst_term *map, *first, *t;
	struct sst_parser p;
	bool more = false;

	if (text.p == NULL)
		text = SST_SLICE_LIT("{}");
	sst_arena_reset(&f->arena);
	p = sst_parser_new(text, &f->arena, NULL, k->name, f->e);
	if ((map = sst_term_parse(&p)) == NULL)
		return -1;
	first = map->kind == SST_TERM_MAP ? map->first : NULL;
	for (t = first; t != NULL; t = t->next->next)
		if (sst_slice_eq(t->value, SST_SLICE_LIT("class")) && t->next->value.n > 0)
			class_name = t->next->value;
	put_class(f, class_name);
	for (t = first; t != NULL; t = t->next->next) {
		if (sst_slice_eq(t->value, SST_SLICE_LIT("class")))
			continue;
		put_string(f, ", ", t->value);
		put_string(f, ": ", t->next->value);
		more = true;
	}
	if (!more && sst_slice_eq(class_name, SST_SLICE_LIT("SimpleStrategy")))
		sst_buf_adds(&f->text, ", 'replication_factor': '1'");
	sst_buf_addc(&f->text, '}');
	return 0;
}

static int
fill_keyspace(struct filler *f, const struct sst_keyspace *k)
{
	bool durable = !sst_slice_eq(option_of(k, "durable_writes"), SST_SLICE_LIT("false"));

	if (is_virtual(k->name)) {
		begin(f, "INSERT INTO system_virtual_schema.keyspaces (keyspace_name) VALUES (");
		put_string(f, "", k->name);
		sst_buf_addc(&f->text, ')');
		return run(f);
	}
	begin(f,
	    "INSERT INTO system_schema.keyspaces (keyspace_name, durable_writes, replication) "
	    "VALUES (");
	put_string(f, "", k->name);
	sst_buf_adds(&f->text, durable ? ", true" : ", false");
	if (put_replication(f, k) == -1)
		return -1;
	sst_buf_addc(&f->text, ')');
	return run(f);
}

static int
fill_type(struct filler *f, const struct sst_type *t)
{
	begin(f,
	    "INSERT INTO system_schema.types (keyspace_name, type_name, field_names, "
	    "field_types) VALUES (");
	put_string(f, "", t->keyspace);
	put_string(f, ", ", t->name);
	for (size_t i = 0; i < t->nargs; i++)
		put_string(f, i == 0 ? ", [" : ", ", t->fields[i]);
	for (size_t i = 0; i < t->nargs; i++)
		put_type(f, i == 0 ? "], [" : ", ", t->args[i]);
	sst_buf_adds(&f->text, t->nargs == 0 ? ", [], [])" : "])");
	return run(f);
}

/* An option that has no field in sst_table; one whose value is none for its column is left out, as
 * schemas of other versions have such. */
static int
fill_option(struct filler *f, const struct sst_table *t, const struct sst_option *o)
{
	const struct sst_table *tables =
	    sst_schema_table(f->system, SST_SLICE_LIT("system_schema"), SST_SLICE_LIT("tables"));
	int r;

	if (sst_column_find(tables->regulars, tables->nregular, o->name) < 0)
		return 0;
	begin(f, "INSERT INTO system_schema.tables (keyspace_name, table_name, ");
	sst_buf_add_slice(&f->text, o->name);
	put_string(f, ") VALUES (", t->keyspace);
	put_string(f, ", ", t->name);
	sst_buf_adds(&f->text, ", ");
	sst_buf_add_slice(&f->text, o->value);
	sst_buf_addc(&f->text, ')');
	f->ts_us = 2; /* than what was written as the default */
	r = run(f);
	f->ts_us = 1;
	return r == -1 && f->e->code != SST_EINVAL ? -1 : 0;
}

/* What Cassandra has for a table that does not say it; what it says comes later, and counts. */
#define DEFAULT_COLUMNS \
	"additional_write_policy, caching, cdc, crc_check_chance, dclocal_read_repair_chance, " \
	"extensions, memtable_flush_period_in_ms, read_repair, read_repair_chance, " \
	"speculative_retry, comment, "
#define DEFAULT_VALUES \
	"'99p', {'keys': 'ALL', 'rows_per_partition': 'NONE'}, false, 1.0, 0.0, {}, 0, " \
	"'BLOCKING', 0.0, '99p', '', "

static int
fill_virtual_table(struct filler *f, const struct sst_table *t)
{
	begin(f,
	    "INSERT INTO system_virtual_schema.tables (keyspace_name, table_name, comment) VALUES "
	    "(");
	put_string(f, "", t->keyspace);
	put_string(f, ", ", t->name);
	sst_buf_adds(&f->text, ", '')");
	return run(f);
}

static int
fill_table(struct filler *f, const struct sst_table *t)
{
	if (is_virtual(t->keyspace))
		return fill_virtual_table(f, t);
	begin(f,
	    "INSERT INTO system_schema.tables (keyspace_name, table_name, id, flags, "
	    "bloom_filter_fp_chance, gc_grace_seconds, default_time_to_live, "
	    "min_index_interval, max_index_interval, " DEFAULT_COLUMNS
	    "compaction, compression) VALUES (");
	put_string(f, "", t->keyspace);
	put_string(f, ", ", t->name);
	put_uuid(f, ", ", t->id);
	sst_buf_adds(&f->text, t->compact ? ", {'dense'" : ", {'compound'");
	sst_buf_addf(&f->text, "%s}, %.17g, %u, %u, %u, %u, " DEFAULT_VALUES,
	    t->counter ? ", 'counter'" : "", t->bloom_fp, t->gc_grace_s, t->default_ttl_s,
	    t->min_index_interval, t->max_index_interval);
	sst_schema_print_compaction(t, &f->text);
	sst_buf_adds(&f->text, ", ");
	sst_schema_print_compression(t, &f->text);
	sst_buf_addc(&f->text, ')');
	if (run(f) == -1)
		return -1;
	for (size_t i = 0; i < t->noptions; i++)
		if (fill_option(f, t, &t->options[i]) == -1)
			return -1;
	return 0;
}

static int
fill_column(struct filler *f, const struct sst_table *t, const struct sst_column *c,
    const char *kind, int position)
{
	bool ck = kind[0] == 'c';

	begin(f,
	    is_virtual(t->keyspace) ? "INSERT INTO system_virtual_schema.columns "
				    : "INSERT INTO system_schema.columns ");
	sst_buf_adds(&f->text,
	    "(keyspace_name, table_name, column_name, kind, position, clustering_order, "
	    "column_name_bytes, type) VALUES (");
	put_string(f, "", t->keyspace);
	put_string(f, ", ", t->name);
	put_string(f, ", ", c->name);
	put_text(f, ", ", kind);
	sst_buf_addf(&f->text, ", %d, '%s'", position,
	    !ck                     ? "none"
		: c->type->reversed ? "desc"
				    : "asc");
	put_hex(f, ", ", c->name);
	put_type(f, ", ", c->type);
	sst_buf_addc(&f->text, ')');
	return run(f);
}

static int
fill_columns(struct filler *f, const struct sst_table *t)
{
	const struct {
		const struct sst_column *p;
		size_t n;
		const char *kind;
		bool placed;
	} all[] = { { t->key, t->nkey, "partition_key", true },
		{ t->ck, t->nck, "clustering", true }, { t->statics, t->nstatic, "static", false },
		{ t->regulars, t->nregular, "regular", false } };

	for (int k = 0; k < 4; k++)
		for (size_t i = 0; i < all[k].n; i++)
			if (fill_column(
				f, t, &all[k].p[i], all[k].kind, all[k].placed ? (int)i : -1) == -1)
				return -1;
	return 0;
}

static int
fill_schema(struct filler *f, const struct sst_schema *s)
{
	for (size_t i = 0; i < s->nkeyspaces; i++)
		if (fill_keyspace(f, &s->keyspaces[i]) == -1)
			return -1;
	for (size_t i = 0; i < s->ntypes; i++)
		if (fill_type(f, s->types[i]) == -1)
			return -1;
	for (size_t i = 0; i < s->ntables; i++)
		if (fill_table(f, s->tables[i]) == -1 || fill_columns(f, s->tables[i]) == -1)
			return -1;
	return 0;
}

/* ---- all ---- */

int
sst_system_schema_version(const struct sst_schema *s, uint8_t version[16], struct sst_err *e)
{
	struct sst_buf b = { 0 };
	uint64_t h[2];

	for (size_t i = 0; i < s->nkeyspaces; i++)
		sst_schema_print_keyspace(&s->keyspaces[i], &b);
	for (size_t i = 0; i < s->ntypes; i++)
		sst_schema_print_type(s->types[i], &b);
	for (size_t i = 0; i < s->ntables; i++)
		sst_schema_print_table(s->tables[i], &b);
	if (b.bad) {
		sst_buf_free(&b);
		return sst_fail_nomem(e);
	}
	sst_murmur3_128(sst_buf_slice(&b), h);
	sst_buf_free(&b);
	for (int i = 0; i < 16; i++)
		version[i] = (uint8_t)(h[i / 8] >> (56 - 8 * (i % 8)));
	version[6] = (uint8_t)((version[6] & 0x0f) | 0x30); /* of names, by hash */
	version[8] = (uint8_t)((version[8] & 0x3f) | 0x80);
	return 0;
}

int
sst_system_fill(const struct sst_schema *system, const struct sst_schema *schema,
    const struct sst_node *node, sst_system_put put, void *arg, struct sst_err *e)
{
	struct filler f = { .system = system, .put = put, .arg = arg, .ts_us = 1, .e = e };
	uint8_t version[16];
	int r = -1;

	if (sst_system_schema_version(schema, version, e) == 0 &&
	    fill_local(&f, node, version) == 0 && fill_schema(&f, system) == 0 &&
	    fill_schema(&f, schema) == 0)
		r = 0;
	sst_buf_free(&f.text);
	sst_arena_free(&f.arena);
	return r;
}
