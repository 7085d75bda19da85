/*
 * tests/unit/answers.c: what Apache Cassandra 5.0.9 answered to a list of statements, one after the
 * other, and what is answered here: codes, words and rows.  tests/cql/answers.tsv has a line for each:
 * the statement, Cassandra's code ("ok", "rows" or four digits) and words, and, where it differs here,
 * what is said instead.  Of syntax errors (2000) the words are each parser's own.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/memfs.h"
#include "query/cas.h"
#include "query/ddl.h"
#include "query/lists.h"
#include "query/modify.h"
#include "query/select.h"
#include "store/define.h"

Suite *answers_suite(void);

#define NOW_US INT64_C(1790000000000000)
#define MADE_MAX 64
#define TABLE "tests/cql/answers.tsv"

struct server {
	struct memfs *fs;
	struct sst_store *store;
	struct sst_db *db;
	struct sst_arena schema_arena, arena; /* the second of one statement */
	struct sst_schema schema;
	int64_t now_us;
	uint8_t tables;
	struct sst_update made[MADE_MAX]; /* by one statement */
	size_t nmade;
	struct sst_buf out; /* the answer: code, a tab, words */
	struct sst_err e;
};

static void
say(struct server *s, const char *code, const char *words)
{
	sst_buf_reset(&s->out);
	sst_buf_addf(&s->out, "%s\t%s", code, words);
}

static void
refuse(struct server *s, unsigned code)
{
	char text[8];

	snprintf(text, sizeof(text), "%04x", code);
	say(s, text, code == 0x2000 ? "" : s->e.what);
}

/* ---- rows ---- */

static void
put_names(struct server *s, const struct sst_spec *specs, size_t n)
{
	say(s, "rows", "");
	for (size_t i = 0; i < n; i++) {
		sst_buf_adds(&s->out, i > 0 ? " " : "");
		sst_buf_add_slice(&s->out, specs[i].name);
	}
	sst_buf_adds(&s->out, ":");
}

static void
put_row(struct server *s, const struct sst_spec *specs, const struct sst_slice *v, size_t n)
{
	bool first = s->out.p[s->out.n - 1] == ':';

	sst_buf_adds(&s->out, first ? " (" : "; (");
	for (size_t i = 0; i < n; i++) {
		sst_buf_adds(&s->out, i > 0 ? ", " : "");
		if (v[i].p == NULL)
			sst_buf_adds(&s->out, "null");
		else
			ck_assert_int_eq(sst_type_to_cql(specs[i].type, v[i], &s->out, &s->e), 0);
	}
	sst_buf_addc(&s->out, ')');
}

static struct sst_instant
instant(const struct server *s)
{
	return (struct sst_instant){ (uint64_t)s->now_us * 10, 7 };
}

static int
select_rows(struct server *s, const struct sst_plan *plan)
{
	struct sst_select_opts o = { .now_s = s->now_us / 1000000, .at = instant(s) };
	const struct sst_slice *v;
	struct sst_select *q;
	int r = sst_select_open(&q, s->db, plan, &o, &s->e);

	if (r == -1)
		return -1;
	put_names(s, plan->results, plan->nresults);
	while ((r = sst_select_next(q, &v, &s->e)) == SST_ONE)
		put_row(s, plan->results, v, plan->nresults);
	sst_select_close(q);
	return r;
}

/* ---- changes ---- */

/* The updates of a statement, added to those that are there. */
static int
make(struct server *s, const struct sst_plan *plan)
{
	struct sst_modify_opts o = { .ts_us = s->now_us,
		.now_s = s->now_us / 1000000,
		.element_time = (uint64_t)s->now_us * 10,
		.node = 7,
		.at = instant(s) };
	struct sst_update *u;
	size_t n;

	struct sst_lists_opts look = { .now_s = o.now_s, .at = o.at };
	struct sst_lists *lists;

	s->now_us += 10000;
	if (plan->looks && sst_lists_read(&lists, s->db, plan, &look, &s->arena, &s->e) == -1)
		return -1;
	o.lists = plan->looks ? lists : NULL;
	if (sst_modify_make(&u, &n, plan, &o, &s->arena, &s->e) == -1)
		return -1;
	ck_assert_uint_le(s->nmade + n, MADE_MAX);
	memcpy(s->made + s->nmade, u, n * sizeof(*u));
	s->nmade += n;
	say(s, "ok", "");
	return 0;
}

/* Those of a BATCH once all are made. */
static int
apply(struct server *s)
{
	for (size_t i = 0; i < s->nmade; i++)
		if (s->db->ops->apply(s->db, &s->made[i], NULL, &s->e) == -1)
			return -1;
	say(s, "ok", "");
	return 0;
}

static int
apply_if_new(struct server *s, const struct sst_plan *plan)
{
	struct sst_select_opts o = { .now_s = s->now_us / 1000000, .at = instant(s) };
	const struct sst_slice *v;
	struct sst_cas *c;
	size_t n;
	int r = sst_cas_open(&c, s->db, plan, &o, &s->e);

	if (r == -1)
		return -1;
	if ((r = sst_cas_next(c, &v, &n, &s->e)) == 0)
		r = make(s, plan) == -1 || apply(s) == -1 ? -1 : 0;
	s->nmade = 0;
	if (r != -1) {
		put_names(s, plan->applied, n);
		put_row(s, plan->applied, v, n);
	}
	sst_cas_close(c);
	return r == -1 ? -1 : 0;
}

static const struct sst_table *
find_table(struct server *s, const struct sst_cql_name *n)
{
	const struct sst_table *t = s->db->ops->table(s->db, n->keyspace, n->name);
	bool keyspace = false;

	for (size_t i = 0; i < s->schema.nkeyspaces; i++)
		keyspace |= sst_slice_eq(s->schema.keyspaces[i].name, n->keyspace);
	if (t == NULL && keyspace)
		sst_fail(&s->e, SST_EINVAL, NULL, SST_NOWHERE, "table %.*s does not exist",
		    SST_NAME_ARGS(n->name));
	else if (t == NULL && n->keyspace.n == 0)
		sst_fail(&s->e, SST_EINVAL, NULL, SST_NOWHERE,
		    "No keyspace has been specified. USE a keyspace, or explicitly specify "
		    "keyspace.tablename");
	else if (t == NULL)
		sst_fail(&s->e, SST_EINVAL, NULL, SST_NOWHERE, "keyspace %.*s does not exist",
		    SST_NAME_ARGS(n->keyspace));
	return t;
}

static int
truncate_table(struct server *s, const struct sst_table *t)
{
	struct sst_define_opts o = { .now_us = s->now_us++ };
	const struct sst_table *there = sst_schema_table(&s->schema, t->keyspace, t->name);
	uint64_t upto;

	if (sst_store_flush_table(s->store, t, &s->e) == -1 ||
	    sst_store_truncate(memfs_io(s->fs), "/d", there, &o, &upto, &s->e) == -1)
		return -1;
	say(s, "ok", "");
	return sst_store_truncated(s->store, t, upto, &s->e);
}

static int
run_one(struct server *s, const struct sst_dml *dml)
{
	const struct sst_table *t = find_table(s, &dml->name);
	struct sst_plan *plan;

	if (t == NULL)
		return -1;
	if (dml->kind == SST_TRUNCATE)
		return truncate_table(s, t);
	if (sst_plan_make(&plan, &s->arena, dml, t, &s->e) == -1)
		return -1;
	if (plan->kind == SST_SELECT)
		return select_rows(s, plan);
	return plan->existing != NULL ? apply_if_new(s, plan) : make(s, plan);
}

static int
run_dml(struct server *s, struct sst_parser *p)
{
	struct sst_dml dml;
	int r = 0;

	if (sst_dml_parse(p, &dml) == -1 || p->tok.kind != SST_TOK_END) {
		refuse(s, 0x2000);
		return 0;
	}
	if (dml.kind == SST_DESCRIBE || dml.counter) {
		sst_fail(&s->e, SST_EUNSUPPORTED, NULL, SST_NOWHERE, "%s not supported",
		    dml.counter ? "batches of counters are" : "DESCRIBE is");
		r = -1;
	} else if (dml.kind != SST_BATCH)
		r = run_one(s, &dml);
	for (const struct sst_dml *part = dml.parts; part != NULL && r == 0; part = part->next)
		r = run_one(s, part);
	if (r == 0 && (dml.kind == SST_BATCH || s->nmade > 0))
		r = apply(s);
	if (r == -1)
		refuse(s, 0x2200);
	return r;
}

/* ---- definitions ---- */

static int
define(struct server *s, const char *cql)
{
	struct sst_ddl_opts how = { .now_us = s->now_us++, .table_id = { 9, ++s->tables } };
	struct sst_define_opts o = { .now_us = s->now_us };
	struct sst_arena arena = { 0 };
	struct sst_ddl ddl;
	int r = sst_ddl_make(&ddl, &arena, &s->schema, sst_slice_str(cql), &how, &s->e);

	if (r == -1)
		refuse(s, ddl.refusal);
	else
		say(s, "ok", "");
	if (r == 0 && ddl.change != NULL) {
		r = sst_store_define(memfs_io(s->fs), "/d", &s->schema, &ddl.schema, &o, &s->e);
		ck_assert_msg(r == 0, "%s: %s", cql, s->e.what);
		r = sst_store_adopt(s->store, &ddl.schema, &s->e);
		ck_assert_msg(r == 0, "%s: %s", cql, s->e.what);
		sst_store_retire(s->store);
		sst_arena_free(&s->schema_arena);
		s->schema_arena = arena;
		s->schema = ddl.schema;
	} else
		sst_arena_free(&arena);
	return 0;
}

static int
use(struct server *s, const char *name)
{
	for (size_t i = 0; i < s->schema.nkeyspaces; i++)
		if (sst_slice_eq(s->schema.keyspaces[i].name, sst_slice_str(name))) {
			say(s, "ok", "");
			return 0;
		}
	sst_fail(&s->e, SST_EINVAL, NULL, SST_NOWHERE, "Keyspace '%s' does not exist", name);
	refuse(s, 0x2200);
	return 0;
}

static void
run(struct server *s, const char *cql)
{
	struct sst_parser p;

	sst_arena_reset(&s->arena);
	s->nmade = 0;
	p = sst_parser_new(
	    sst_slice_str(cql), &s->arena, NULL, (struct sst_slice){ NULL, 0 }, &s->e);
	if (sst_ddl_at(&p))
		define(s, cql);
	else if (sst_dml_at(&p))
		run_dml(s, &p);
	else if (sst_parser_at(&p, SST_W_USE))
		use(s, cql + 4);
	else
		refuse(s, 0x2000);
	sst_buf_addc(&s->out, '\0');
}

/* ---- the list ---- */

static struct server *
start(void)
{
	struct sst_store_opts o = { .no_wait = true };
	struct server *s = calloc(1, sizeof(*s));

	s->fs = memfs_new();
	s->now_us = NOW_US;
	ck_assert_int_eq(sst_store_open(&s->store, memfs_io(s->fs), "/d", &o, &s->e), 0);
	s->db = sst_store_db(s->store);
	return s;
}

static void
end(struct server *s)
{
	sst_store_drop(s->store);
	memfs_free(s->fs);
	sst_arena_free(&s->schema_arena);
	sst_arena_free(&s->arena);
	sst_buf_free(&s->out);
	free(s);
}

/* "a b: *": of the rows nothing is said. */
static bool
is_answer(const char *got, const char *want)
{
	size_t n = strlen(want);

	if (n > 2 && strcmp(want + n - 2, " *") == 0)
		return strncmp(got, want, n - 2) == 0;
	return strcmp(got, want) == 0;
}

START_TEST(as_cassandra_answers)
{
	struct server *s = start();
	FILE *f = fopen(TABLE, "r");
	char *line = NULL;
	size_t cap = 0, lines = 0, same = 0, bad = 0;

	ck_assert_ptr_nonnull(f);
	while (getline(&line, &cap, f) != -1) {
		char *cql = line, *code, *words, *ours;
		char want[1024];

		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#' || line[0] == '\0')
			continue;
		ck_assert_ptr_nonnull(code = strchr(cql, '\t'));
		*code++ = '\0';
		ck_assert_ptr_nonnull(words = strchr(code, '\t'));
		*words++ = '\0';
		if ((ours = strchr(words, '\t')) != NULL)
			*ours++ = '\0';
		snprintf(want, sizeof(want), "%s\t%s", code, words);
		if (ours != NULL) {
			size_t n = strcspn(ours, " ");

			snprintf(want, sizeof(want), "%.*s\t%s", (int)n, ours,
			    ours[n] == ' ' ? ours + n + 1 : "");
		}
		run(s, cql);
		lines++;
		same += ours == NULL;
		if (!is_answer((char *)s->out.p, want)) {
			fprintf(stderr, TABLE ": %s\n\tgot  %s\n\twant %s\n", cql, s->out.p, want);
			bad++;
		}
	}
	free(line);
	fclose(f);
	end(s);
	ck_assert_uint_eq(bad, 0);
	ck_assert_uint_gt(lines, 300);
	ck_assert_uint_gt(same, lines / 2);
}
END_TEST

Suite *
answers_suite(void)
{
	Suite *s = suite_create("answers");
	TCase *tc = tcase_create("answers");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, as_cassandra_answers);
	suite_add_tcase(s, tc);
	return s;
}
