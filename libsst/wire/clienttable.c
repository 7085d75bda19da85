/*
 * wire/clienttable.c: a table as system_schema describes it, by way of the CREATE statements that it
 * stands for: so there is one place that makes tables of words.
 */
#define _GNU_SOURCE /* memmem */
#include <string.h>

#include "codec/out.h"
#include "cql/schema.h"
#include "cql/word.h"
#include "schema/ident.h"
#include "wire/clientint.h"

#define VALUES_MAX 8

struct describer {
	struct sst_client *c;
	struct sst_slice keyspace, name;
	struct sst_arena arena; /* what the rows said */
	struct sst_buf types, table;
	struct column *columns; /* newest first */
	size_t nkey, nck;
	struct udt *udts;
	uint8_t id[16];
	int32_t gc_grace_s, default_ttl_s;
	bool found;
};

struct column {
	struct column *next;
	struct sst_slice name, type, kind;
	int32_t position;
	bool descending;
};

struct udt {
	struct udt *next;
	struct sst_slice name, names, types; /* the lists as they came */
	bool done;
};

typedef int each_row(struct describer *, const struct sst_slice *values, struct sst_err *);

/* ---- asking ---- */

static int
take_rows(
    struct describer *d, struct sst_answer *a, unsigned ncolumns, each_row *each, struct sst_err *e)
{
	struct sst_slice values[VALUES_MAX], v;
	uint32_t row;
	unsigned i;

	if (a->opcode == SST_OP_ERROR)
		return sst_link_refused(d->c->link, a, e);
	if (a->opcode != SST_OP_RESULT || a->kind != SST_RESULT_ROWS || a->ncolumns != ncolumns)
		return sst_link_nonsense(d->c->link, "other columns than were asked for", e);
	for (row = 0; row < a->nrows; row++) {
		for (i = 0; i < ncolumns; i++) {
			if (sst_answer_value(a, &v, e) == -1)
				return -1;
			values[i] = sst_arena_slice(&d->arena, v);
			if (v.p != NULL && values[i].p == NULL)
				return sst_fail_nomem(e);
		}
		if (each(d, values, e) == -1)
			return -1;
	}
	return 0;
}

static int
ask(struct describer *d, const char *select, bool table, unsigned ncolumns, each_row *each,
    struct sst_err *e)
{
	struct sst_buf *text = &d->c->text, *b;
	struct sst_answer a;
	unsigned slot;
	int r;

	sst_buf_reset(text);
	sst_buf_adds(text, select);
	sst_buf_adds(text, " WHERE keyspace_name = ");
	sst_cql_put_string(text, d->keyspace);
	if (table) {
		sst_buf_adds(text, " AND table_name = ");
		sst_cql_put_string(text, d->name);
	}
	if (text->bad)
		return sst_fail_nomem(e);
	if (sst_link_begin(d->c->link, SST_OP_QUERY, &slot, &b, e) == -1)
		return -1;
	sst_put_bytes32(b, sst_buf_slice(text));
	sst_put_u16(b, SST_CONSISTENCY_LOCAL_QUORUM);
	sst_put_u32(b, 0);
	if (sst_link_send(d->c->link, slot, NULL, NULL, e) == -1 ||
	    sst_link_wait(d->c->link, slot, &a, e) == -1)
		return -1;
	r = take_rows(d, &a, ncolumns, each, e);
	sst_link_free(d->c->link, slot);
	return r;
}

static int32_t
number(struct sst_slice s)
{
	struct sst_in in = sst_in_new(s, 0);

	return s.n == 4 ? (int32_t)sst_get_u32(&in) : 0;
}

static int
take_table(struct describer *d, const struct sst_slice *v, struct sst_err *e)
{
	(void)e;
	d->found = true;
	if (v[0].n == sizeof(d->id))
		memcpy(d->id, v[0].p, sizeof(d->id));
	d->gc_grace_s = number(v[1]);
	d->default_ttl_s = number(v[2]);
	return 0;
}

static int
take_column(struct describer *d, const struct sst_slice *v, struct sst_err *e)
{
	struct column *c = sst_arena_alloc(&d->arena, sizeof(*c));

	if (c == NULL)
		return sst_fail_nomem(e);
	*c = (struct column){ .next = d->columns,
		.name = v[0],
		.kind = v[2],
		.position = number(v[3]),
		.type = v[4],
		.descending = sst_slice_eq(v[1], SST_SLICE_LIT("desc")) };
	d->columns = c;
	if (c->name.n == 0 || c->type.n == 0)
		return sst_link_nonsense(d->c->link, "a column without name or type", e);
	d->nkey += sst_slice_eq(c->kind, SST_SLICE_LIT("partition_key"));
	d->nck += sst_slice_eq(c->kind, SST_SLICE_LIT("clustering"));
	return 0;
}

static int
take_udt(struct describer *d, const struct sst_slice *v, struct sst_err *e)
{
	struct udt *u = sst_arena_alloc(&d->arena, sizeof(*u));

	if (u == NULL)
		return sst_fail_nomem(e);
	*u = (struct udt){ .next = d->udts, .name = v[0], .names = v[1], .types = v[2] };
	d->udts = u;
	return 0;
}

/* ---- words ---- */

static bool
mentions(struct sst_slice text, struct sst_slice name)
{
	return name.n > 0 && memmem(text.p, text.n, name.p, name.n) != NULL;
}

/* A type goes after those that its fields may be of. */
static bool
is_ready(const struct describer *d, const struct udt *u)
{
	const struct udt *o;

	for (o = d->udts; o != NULL; o = o->next)
		if (o != u && !o->done && mentions(u->types, o->name))
			return false;
	return true;
}

static void
put_udt(struct describer *d, struct udt *u)
{
	struct sst_in names = sst_in_new(u->names, 0), types = sst_in_new(u->types, 0);
	uint32_t i, n = sst_get_u32(&names);

	sst_get_u32(&types);
	sst_buf_adds(&d->types, "CREATE TYPE ");
	sst_ident_put(&d->types, d->keyspace);
	sst_buf_addc(&d->types, '.');
	sst_ident_put(&d->types, u->name);
	sst_buf_adds(&d->types, " (");
	for (i = 0; i < n && !names.bad && !types.bad; i++) {
		sst_buf_adds(&d->types, i > 0 ? ", " : "");
		sst_ident_put(&d->types, sst_get_bytes32(&names));
		sst_buf_addc(&d->types, ' ');
		sst_buf_add_slice(&d->types, sst_get_bytes32(&types));
	}
	sst_buf_adds(&d->types, ");\n");
	u->done = true;
}

static void
put_udts(struct describer *d)
{
	struct udt *u, *some;

	for (;;) {
		some = NULL;
		for (u = d->udts; u != NULL; u = u->next)
			if (!u->done && (some == NULL || is_ready(d, u)))
				some = u;
		if (some == NULL)
			return;
		put_udt(d, some);
	}
}

/* The names of key columns of a kind, in order of position. */
static void
put_key(struct describer *d, const char *kind, size_t n, const char *before, bool order)
{
	const struct column *c;
	size_t i;

	for (i = 0; i < n; i++)
		for (c = d->columns; c != NULL; c = c->next) {
			if (c->position != (int32_t)i ||
			    !sst_slice_eq(c->kind, sst_slice_str(kind)))
				continue;
			sst_buf_adds(&d->table, i > 0 ? ", " : before);
			sst_ident_put(&d->table, c->name);
			if (order)
				sst_buf_adds(&d->table, c->descending ? " DESC" : " ASC");
		}
}

static void
put_table(struct describer *d)
{
	struct sst_buf *b = &d->table;
	const struct column *c;
	int i;

	sst_buf_adds(b, "CREATE TABLE ");
	sst_ident_put(b, d->keyspace);
	sst_buf_addc(b, '.');
	sst_ident_put(b, d->name);
	sst_buf_adds(b, " (");
	for (c = d->columns; c != NULL; c = c->next) {
		sst_ident_put(b, c->name);
		sst_buf_addc(b, ' ');
		sst_buf_add_slice(b, c->type);
		if (sst_slice_eq(c->kind, SST_SLICE_LIT("static")))
			sst_buf_adds(b, " static");
		sst_buf_adds(b, ", ");
	}
	put_key(d, "partition_key", d->nkey, "PRIMARY KEY ((", false);
	sst_buf_addc(b, ')');
	put_key(d, "clustering", d->nck, ", ", false);
	sst_buf_adds(b, ")) WITH ID = ");
	for (i = 0; i < 16; i++)
		sst_buf_addf(b, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", d->id[i]);
	sst_buf_addf(b, " AND gc_grace_seconds = %d AND default_time_to_live = %d", d->gc_grace_s,
	    d->default_ttl_s);
	put_key(d, "clustering", d->nck, " AND CLUSTERING ORDER BY (", true);
	sst_buf_adds(b, d->nck > 0 ? ");" : ";");
}

static int
describe(struct describer *d, struct sst_err *e)
{
	if (ask(d, "SELECT id, gc_grace_seconds, default_time_to_live FROM system_schema.tables",
		true, 3, take_table, e) == -1)
		return -1;
	if (!d->found)
		return 0;
	if (ask(d,
		"SELECT column_name, clustering_order, kind, position, type "
		"FROM system_schema.columns",
		true, 5, take_column, e) == -1 ||
	    ask(d, "SELECT type_name, field_names, field_types FROM system_schema.types", false, 3,
		take_udt, e) == -1)
		return -1;
	put_udts(d);
	put_table(d);
	return 0;
}

static int
parse(struct describer *d, const struct sst_table **table, struct sst_err *e)
{
	struct sst_arena *a = &d->c->arena;
	struct sst_client_table *t = sst_arena_alloc(a, sizeof(*t));
	struct sst_schema schema;
	struct sst_slice text;

	sst_buf_add_slice(&d->types, sst_buf_slice(&d->table));
	text = sst_arena_slice(a, sst_buf_slice(&d->types));
	if (d->types.bad || text.p == NULL || t == NULL)
		return sst_fail_nomem(e);
	if (sst_schema_parse(&schema, a, text, sst_link_name(d->c->link), d->keyspace, e) == -1)
		return -1;
	*t = (struct sst_client_table){ d->c->tables,
		.table = sst_schema_table(&schema, d->keyspace, d->name) };
	if (t->table == NULL)
		return sst_link_nonsense(d->c->link, "the table of another name", e);
	d->c->tables = t;
	*table = t->table;
	return 0;
}

int
sst_client_table(struct sst_client *c, struct sst_slice keyspace, struct sst_slice name,
    const struct sst_table **table, struct sst_err *e)
{
	struct describer d = { .c = c, .keyspace = keyspace, .name = name };
	struct sst_client_table *t;
	int r;

	*table = NULL;
	for (t = c->tables; t != NULL; t = t->next)
		if (sst_slice_eq(t->table->keyspace, keyspace) &&
		    sst_slice_eq(t->table->name, name)) {
			*table = t->table;
			return 0;
		}
	r = describe(&d, e);
	if (r == 0 && (d.types.bad || d.table.bad))
		r = sst_fail_nomem(e);
	if (r == 0 && d.found)
		r = parse(&d, table, e);
	sst_arena_free(&d.arena);
	sst_buf_free(&d.types);
	sst_buf_free(&d.table);
	return r;
}

struct sst_client_table *
sst_client_table_of(struct sst_client *c, const struct sst_table *table)
{
	struct sst_client_table *t;

	for (t = c->tables; t != NULL && t->table != table; t = t->next)
		;
	return t;
}
