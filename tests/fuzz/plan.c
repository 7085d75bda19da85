/*
 * tests/fuzz/plan.c: any text as a statement for a schema: definitions make another schema, which is
 * printed and read again; what reads or changes rows is planned, and run with
 * arguments of any length: changes are made and thrown away, and reads find tables without rows.
 * covers: libsst/query/ddl.c libsst/query/definekeyspace.c libsst/query/definetype.c
 * covers: libsst/query/definetable.c libsst/query/defineoptions.c libsst/query/plan.c
 * covers: libsst/query/planselect.c libsst/query/planchange.c libsst/query/where.c
 * covers: libsst/query/operand.c libsst/query/function.c libsst/query/wheretuple.c
 * covers: libsst/query/wherefilter.c libsst/query/bounds.c
 */
#include <assert.h>

#include "query/ddl.h"
#include "query/lists.h"
#include "query/select.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char schema_cql[] =
    "CREATE KEYSPACE k WITH durable_writes = true AND replication = {'class': 'SimpleStrategy'};"
    "CREATE TYPE k.u (f int, g text);"
    "CREATE TYPE k.w (i frozen<u>, l list<int>);"
    "CREATE TABLE k.t (a int, b int, c int, d text, s text STATIC, v int, w text, PRIMARY KEY "
    "((a, b), c, d)) WITH CLUSTERING ORDER BY (c DESC, d ASC) AND ID = "
    "5bc52802-de25-35ed-aeab-188eecebb090;"
    "CREATE TABLE k.m (a int PRIMARY KEY, l list<int>, e set<text>, m map<text, int>, fm "
    "frozen<map<text, int>>, u u, fu frozen<u>, tup tuple<int, text>, v int, ts timestamp, tu "
    "timeuuid, d date, id uuid, x blob, y bigint);"
    "CREATE TABLE k.n (a int, c int, v int, gone int, PRIMARY KEY (a, c));"
    "ALTER TABLE k.n DROP gone USING TIMESTAMP 5;"
    "CREATE TABLE k.cnt (a int PRIMARY KEY, n counter);";

static void
print(const struct sst_schema *s, struct sst_buf *b)
{
	for (size_t i = 0; i < s->nkeyspaces; i++)
		sst_schema_print_keyspace(&s->keyspaces[i], b);
	for (size_t i = 0; i < s->ntypes; i++)
		sst_schema_print_type(s->types[i], b);
	for (size_t i = 0; i < s->ntables; i++)
		sst_schema_print_table(s->tables[i], b);
}

static void
check_refused(const struct sst_err *e)
{
	assert(e->code == SST_EINVAL || e->code == SST_EUNSUPPORTED || e->code == SST_ELIMIT);
	assert(e->what[0] != '\0');
}

static void
define(const struct sst_schema *was, struct sst_slice text, struct sst_arena *arena)
{
	static const struct sst_ddl_opts opts = {
		.keyspace = SST_SLICE_LIT("k"), .now_us = 7, .table_id = { 1 }
	};
	struct sst_buf once = { 0 }, twice = { 0 };
	struct sst_schema again;
	struct sst_ddl d;
	struct sst_err e;

	if (sst_ddl_make(&d, arena, was, text, &opts, &e) == -1) {
		check_refused(&e);
		assert(e.code == SST_ELIMIT || d.refusal != 0);
		return;
	}
	if (d.change == NULL)
		return;
	for (size_t i = 0; i < d.schema.ntables; i++)
		for (size_t k = 0; k < i; k++)
			assert(memcmp(d.schema.tables[i]->id, d.schema.tables[k]->id, 16) != 0 ||
			    d.schema.tables[i]->id[0] != 1);
	print(&d.schema, &once);
	assert(sst_schema_parse(&again, arena, sst_buf_slice(&once), NULL, opts.keyspace, &e) == 0);
	print(&again, &twice);
	assert(sst_slice_eq(sst_buf_slice(&once), sst_buf_slice(&twice)));
	sst_buf_free(&once);
	sst_buf_free(&twice);
}

/* ---- a database without rows ---- */

static int
none(struct sst_stream *s, const struct sst_item **item, struct sst_err *e)
{
	(void)s, (void)item, (void)e;
	return 0;
}

static int
skip(struct sst_stream *s, struct sst_err *e)
{
	(void)s, (void)e;
	return 0;
}

static void
close_stream(struct sst_stream *s)
{
	(void)s;
}

static int
begin_read(struct sst_db *db, const struct sst_read *r, struct sst_stream **out,
    struct sst_read_stats *stats, struct sst_err *e)
{
	static const struct sst_stream_ops ops = { none, skip, NULL, close_stream };
	static struct sst_stream s = { &ops, NULL, false };

	(void)db, (void)stats, (void)e;
	s.table = r->table;
	*out = &s;
	return 0;
}

/* A number or text as a marker's type has it; (c, d) of k.t where it is a tuple, or a list of those. */
static struct sst_slice
some_value(const struct sst_type *t, size_t n)
{
	static const uint8_t pairs[] = { 0, 0, 0, 2, 0, 0, 0, 13, 0, 0, 0, 4, 0, 0, 0, 7, 0, 0, 0,
		1, 'x', 0, 0, 0, 13, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 1, 'y' };
	static const uint8_t number[8] = { 0 };

	if (t != NULL && t->kind == SST_TUPLE)
		return (struct sst_slice){ pairs + 8, 13 };
	if (t != NULL && t->kind == SST_LIST && t->args[0]->kind == SST_TUPLE)
		return (struct sst_slice){ pairs, sizeof(pairs) };
	return (struct sst_slice){ number, n };
}

/* Of one kind or another. */
static const struct sst_argument *
arguments(const struct sst_plan *p, struct sst_slice text, struct sst_arena *arena)
{
	struct sst_argument *a = sst_arena_zeroed(arena, p->marks.n + 1, sizeof(*a));

	assert(a != NULL);
	for (size_t i = 0; i < p->marks.n; i++)
		switch ((i + text.n) % 5) {
		case 0:
			a[i].unset = true;
			break;
		case 1:
			a[i].value = text;
			break;
		case 2:
			break; /* null */
		default:
			a[i].value = some_value(p->marks.specs[i].type, (i + text.n) % 5 * 4 - 8);
		}
	return a;
}

static void
run(const struct sst_plan *p, struct sst_slice text)
{
	struct sst_arena arena = { 0 };
	const struct sst_argument *args = arguments(p, text, &arena);
	static const struct sst_db_ops ops = { .read = begin_read };
	const struct sst_select_opts read = { .args = args, .at = { 1, 2 } };
	const struct sst_lists_opts look = { .args = args, .at = { 1, 2 } };
	struct sst_modify_opts write = { .args = args, .ts_us = 1, .at = { 1, 2 } };
	struct sst_lists *lists = NULL;
	struct sst_db db = { &ops };
	const struct sst_slice *values;
	struct sst_select *select = NULL;
	struct sst_update *updates;
	struct sst_err e;
	size_t n;

	if (p->looks && sst_lists_read(&lists, &db, p, &look, &arena, &e) == -1)
		check_refused(&e);
	write.lists = lists;
	if (p->kind != SST_SELECT) {
		if (sst_modify_make(&updates, &n, p, &write, &arena, &e) == -1)
			check_refused(&e);
	} else if (sst_select_open(&select, &db, p, &read, &e) == -1) {
		check_refused(&e);
	} else {
		assert(sst_select_next(select, &values, &e) == p->count);
		sst_select_close(select);
	}
	sst_arena_free(&arena);
}

static void
plan(const struct sst_schema *schema, const struct sst_dml *dml, struct sst_slice text,
    struct sst_arena *arena)
{
	const struct sst_table *t = sst_schema_table(schema, dml->name.keyspace, dml->name.name);
	struct sst_plan *p;
	struct sst_err e;

	if (t == NULL || dml->kind > SST_DELETE)
		return;
	if (sst_plan_make(&p, arena, dml, t, &e) == -1) {
		check_refused(&e);
		return;
	}
	assert(p->marks.n == dml->nmarks && p->ncalls == dml->ncalls);
	for (size_t i = 0; i < p->nresults; i++)
		assert(p->results[i].type != NULL && p->results[i].name.p != NULL);
	for (size_t i = 0; i < p->npk; i++)
		assert(p->pk[i] < p->marks.n);
	run(p, text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sst_slice text = { data, size }, ks = SST_SLICE_LIT("k");
	struct sst_arena arena = { 0 };
	struct sst_schema schema;
	struct sst_parser p;
	struct sst_dml dml;
	struct sst_err e;

	assert(sst_schema_parse(&schema, &arena, sst_slice_str(schema_cql), NULL, ks, &e) == 0);
	p = sst_parser_new(text, &arena, NULL, ks, &e);
	if (sst_ddl_at(&p))
		define(&schema, text, &arena);
	else if (sst_dml_at(&p) && sst_dml_parse(&p, &dml) == 0) {
		plan(&schema, &dml, text, &arena);
		for (const struct sst_dml *part = dml.parts; part != NULL; part = part->next)
			plan(&schema, part, text, &arena);
	}
	assert(arena.bytes <= (1 << 20) + 4096 * size);
	sst_arena_free(&arena);
	return 0;
}
