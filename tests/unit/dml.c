/* tests/unit/dml.c: statements that read and change rows, shown as what the grammar made of them. */
#include <check.h>
#include <stdio.h>

#include "base/num.h"
#include "cql/dml.h"

Suite *dml_suite(void);

/* ---- statements as lists between brackets ---- */

static void
show_term(struct sst_buf *b, const struct sst_term *t)
{
	if (t->kind == SST_TERM_MARK)
		sst_buf_addf(b, "#%zu", t->ncount);
	else if (t->text.n > 0)
		sst_term_put(t, b);
	else { /* the values of IN have no text of their own */
		sst_buf_addc(b, '(');
		for (const struct sst_term *c = t->first; c != NULL; c = c->next) {
			show_term(b, c);
			if (c->next != NULL)
				sst_buf_addc(b, ' ');
		}
		sst_buf_addc(b, ')');
	}
}

static void
show_slice(struct sst_buf *b, const char *before, struct sst_slice s)
{
	sst_buf_adds(b, before);
	sst_buf_add_slice(b, s);
}

static void
show_selector(struct sst_buf *b, const struct sst_selector *s)
{
	static const char *const kinds[] = { "", "count", "call:", "cast:", "at:", "field:", "" };

	sst_buf_addc(b, ' ');
	sst_buf_adds(b, kinds[s->kind]);
	if (s->keyspace.n > 0) {
		sst_buf_add_slice(b, s->keyspace);
		sst_buf_addc(b, '.');
	}
	if (s->kind != SST_SELECT_COUNT)
		sst_buf_add_slice(b, s->name);
	sst_buf_add_slice(b, s->field);
	if (s->key != NULL)
		show_term(b, s->key);
	if (s->args != NULL) {
		sst_buf_addc(b, '[');
		for (const struct sst_selector *a = s->args; a != NULL; a = a->next)
			show_selector(b, a);
		sst_buf_addc(b, ']');
	}
	if (s->alias.n > 0)
		show_slice(b, " as ", s->alias);
}

static void
show_relations(struct sst_buf *b, const char *word, const struct sst_relation *r)
{
	static const char *const ops[] = { "=", "!=", "<", "<=", ">", ">=", "in", "contains",
		"contains-key", "like", "is-not-null" };

	for (; r != NULL; r = r->next) {
		sst_buf_addf(b, " (%s %s", word, ops[r->op]);
		if (r->token || r->tuple)
			sst_buf_adds(b, r->token ? " token" : " tuple");
		for (const struct sst_name_list *n = r->names; n != NULL; n = n->next)
			show_slice(b, " ", n->name);
		if (r->key != NULL) {
			sst_buf_addc(b, '[');
			show_term(b, r->key);
			sst_buf_addc(b, ']');
		}
		if (r->field.n > 0)
			show_slice(b, ".", r->field);
		if (r->value != NULL) {
			sst_buf_addc(b, ' ');
			show_term(b, r->value);
		}
		sst_buf_addc(b, ')');
	}
}

static void
show_option(struct sst_buf *b, const char *word, const struct sst_term *t)
{
	if (t == NULL)
		return;
	sst_buf_addf(b, " (%s ", word);
	show_term(b, t);
	sst_buf_addc(b, ')');
}

static void
show_set(struct sst_buf *b, const struct sst_assignment *a)
{
	static const char *const kinds[] = { "=", "+=", "=+", "-=", "=", "=" };

	for (; a != NULL; a = a->next) {
		show_slice(b, " (", a->column);
		if (a->key != NULL) {
			sst_buf_addc(b, '[');
			show_term(b, a->key);
			sst_buf_addc(b, ']');
		}
		if (a->field.n > 0)
			show_slice(b, ".", a->field);
		if (a->value != NULL) {
			sst_buf_addf(b, " %s ", kinds[a->kind]);
			show_term(b, a->value);
		}
		sst_buf_addc(b, ')');
	}
}

static void
show_select(struct sst_buf *b, const struct sst_dml *s)
{
	if (s->selectors == NULL)
		sst_buf_adds(b, " *");
	for (const struct sst_selector *c = s->selectors; c != NULL; c = c->next)
		show_selector(b, c);
	for (const struct sst_name_list *n = s->group; n != NULL; n = n->next)
		show_slice(b, " group:", n->name);
	for (const struct sst_name_list *o = s->order; o != NULL; o = o->next)
		show_slice(b, o->desc ? " desc:" : " asc:", o->name);
}

static void
show(struct sst_buf *b, const struct sst_dml *s)
{
	static const char *const kinds[] = { "select", "insert", "update", "delete", "batch",
		"truncate", "drop-keyspace", "drop-table", "drop-type", "describe" };
	static const struct {
		size_t at;
		const char *name;
	} flags[] = { { offsetof(struct sst_dml, if_exists), "if-exists" },
		{ offsetof(struct sst_dml, if_not_exists), "if-not-exists" },
		{ offsetof(struct sst_dml, distinct), "distinct" },
		{ offsetof(struct sst_dml, json), "json" },
		{ offsetof(struct sst_dml, json_default_unset), "default-unset" },
		{ offsetof(struct sst_dml, allow_filtering), "filtering" },
		{ offsetof(struct sst_dml, unlogged), "unlogged" },
		{ offsetof(struct sst_dml, counter), "counter" } };

	sst_buf_addf(b, "(%s", kinds[s->kind]);
	if (s->name.keyspace.n > 0)
		show_slice(b, " ", s->name.keyspace);
	if (s->name.name.n > 0)
		show_slice(b, s->name.keyspace.n > 0 ? "." : " ", s->name.name);
	for (size_t i = 0; i < SST_ARRAY_LEN(flags); i++)
		if (*((const bool *)s + flags[i].at))
			sst_buf_addf(b, " %s", flags[i].name);
	if (s->kind == SST_SELECT)
		show_select(b, s);
	if (s->kind == SST_DESCRIBE)
		show_slice(b, " ", s->what);
	show_set(b, s->set);
	show_option(b, "json", s->json_value);
	show_relations(b, "where", s->where);
	show_relations(b, "if", s->cond);
	show_option(b, "ts", s->ts_us);
	show_option(b, "ttl", s->ttl_s);
	show_option(b, "per-partition", s->per_partition_limit);
	show_option(b, "limit", s->limit);
	for (const struct sst_dml *p = s->parts; p != NULL; p = p->next) {
		sst_buf_addc(b, ' ');
		show(b, p);
	}
	sst_buf_addc(b, ')');
}

static const struct {
	const char *cql, *shown;
} good[] = {
	{ "SELECT * FROM t", "(select t *)" },
	{ "select a, \"B\" AS b from k.t;", "(select k.t a B as b)" },
	{ "SELECT DISTINCT k FROM t", "(select t distinct k)" },
	{ "SELECT JSON a FROM t", "(select t json a)" },
	{ "SELECT json, distinct FROM t", "(select t json distinct)" },
	{ "SELECT json AS distinct FROM t", "(select t json as distinct)" },
	{ "SELECT JSON * FROM t", "(select t json *)" },
	{ "SELECT count(*), COUNT(1) AS n, count(a) FROM t",
	    "(select t count count as n call:count[ a])" },
	{ "SELECT writetime(a), ttl(a), token(x, y), k.f(a, 1, ?) FROM t",
	    "(select t call:writetime[ a] call:ttl[ a] call:token[ x y] call:k.f[ a 1 #0])" },
	{ "SELECT cast(a AS text), m['x'], u.f, u.f.g FROM t",
	    "(select t cast:text[ a] at:'x'[ m] field:f[ u] field:g[ field:f[ u]])" },
	{ "SELECT now() FROM t", "(select t call:now)" },
	{ "SELECT * FROM t WHERE a = 1 AND b IN (1, 2) AND c > -5 AND d <= ?",
	    "(select t * (where = a 1) (where in b (1 2)) (where > c -5) (where <= d #0))" },
	{ "SELECT * FROM t WHERE a IN () AND b IN ? AND c IN :names",
	    "(select t * (where in a ()) (where in b #0) (where in c #1))" },
	{ "SELECT * FROM t WHERE token(a, b) > token(1, 'x') AND (c, d) >= (1, 2)",
	    "(select t * (where > token a b token(1, 'x')) (where >= tuple c d (1, 2)))" },
	{ "SELECT * FROM t WHERE (c, d) IN ((1, 2), (3, ?))",
	    "(select t * (where in tuple c d ((1, 2) (3, ?))))" },
	{ "SELECT * FROM t WHERE l CONTAINS 1 AND m CONTAINS KEY 'k' AND s LIKE 'x%'",
	    "(select t * (where contains l 1) (where contains-key m 'k') (where like s 'x%'))" },
	{ "SELECT * FROM t WHERE m['k'] = 1 AND v IS NOT NULL AND w != 3",
	    "(select t * (where = m['k'] 1) (where is-not-null v) (where != w 3))" },
	{ "SELECT * FROM t WHERE a=1 ORDER BY c DESC, d ASC, e PER PARTITION LIMIT 2 LIMIT ? "
	  "ALLOW FILTERING BYPASS CACHE USING TIMEOUT 5s",
	    "(select t filtering * desc:c asc:d asc:e (where = a 1) (per-partition 2) (limit "
	    "#0))" },
	{ "SELECT a FROM t GROUP BY a, b LIMIT 1", "(select t a group:a group:b (limit 1))" },
	{ "INSERT INTO k.t (a, b) VALUES (1, ?)", "(insert k.t (a = 1) (b = #0))" },
	{ "INSERT INTO t (a) VALUES ({1: [2, (3, 4)]}) IF NOT EXISTS USING TTL 5 AND TIMESTAMP 6",
	    "(insert t if-not-exists (a = {1: [2, (3, 4)]}) (ts 6) (ttl 5))" },
	{ "INSERT INTO t JSON '{\"a\": 1}' DEFAULT UNSET",
	    "(insert t json default-unset (json '{\"a\": 1}'))" },
	{ "INSERT INTO t JSON ? DEFAULT NULL USING TTL ?", "(insert t json (json #0) (ttl #1))" },
	{ "UPDATE t USING TIMESTAMP ? AND TTL ? SET a = ?, b = null WHERE k = ?",
	    "(update t (a = #2) (b = null) (where = k #3) (ts #0) (ttl #1))" },
	{ "UPDATE t SET a = a + 1, b = b - {1}, c = [1] + c, d += 2, e -= 3, f = f -4 WHERE k=1",
	    "(update t (a += 1) (b -= {1}) (c =+ [1]) (d += 2) (e -= 3) (f += -4) (where = k 1))" },
	{ "UPDATE t SET m['x'] = 1, u.f = 2 WHERE k = 1 IF a = 1 AND m['y'] > 2 AND u.g IN (1)",
	    "(update t (m['x'] = 1) (u.f = 2) (where = k 1) (if = a 1) (if > m['y'] 2)"
	    " (if in u.g (1)))" },
	{ "UPDATE t SET a = f(1) WHERE k = 1 IF EXISTS",
	    "(update t if-exists (a = f(1)) (where = k 1))" },
	{ "DELETE FROM t WHERE k = 1 AND c > 2", "(delete t (where = k 1) (where > c 2))" },
	{ "DELETE a, m['x'], u.f FROM k.t USING TIMESTAMP 5 WHERE k = 1 IF EXISTS",
	    "(delete k.t if-exists (a) (m['x']) (u.f) (where = k 1) (ts 5))" },
	{ "BEGIN BATCH INSERT INTO t (a) VALUES (?); DELETE FROM t WHERE a = ? APPLY BATCH;",
	    "(batch (insert t (a = #0)) (delete t (where = a #1)))" },
	{ "BEGIN UNLOGGED BATCH USING TIMESTAMP 3 UPDATE t SET a=1 WHERE k=1 APPLY BATCH",
	    "(batch unlogged (ts 3) (update t (a = 1) (where = k 1)))" },
	{ "BEGIN COUNTER BATCH APPLY BATCH", "(batch counter)" },
	{ "TRUNCATE TABLE k.t", "(truncate k.t)" },
	{ "TRUNCATE t", "(truncate t)" },
	{ "DROP TABLE IF EXISTS k.t", "(drop-table k.t if-exists)" },
	{ "DROP KEYSPACE k", "(drop-keyspace k)" },
	{ "DROP TYPE k.u", "(drop-type k.u)" },
	{ "DESCRIBE KEYSPACE chat WITH INTERNALS;", "(describe KEYSPACE chat WITH INTERNALS)" },
	{ "DESC tables", "(describe tables)" },
};

struct parsed {
	struct sst_arena arena;
	struct sst_dml dml;
	struct sst_err e;
	int result;
};

static void
parse(struct parsed *r, const char *cql)
{
	struct sst_parser p;

	*r = (struct parsed){ .result = -1 };
	p = sst_parser_new(
	    sst_slice_str(cql), &r->arena, NULL, (struct sst_slice){ NULL, 0 }, &r->e);
	r->result = sst_dml_parse(&p, &r->dml);
}

START_TEST(statements)
{
	struct sst_buf b = { 0 };
	struct parsed r;

	parse(&r, good[_i].cql);
	ck_assert_msg(r.result == 0, "%s: %s", good[_i].cql, r.e.what);
	show(&b, &r.dml);
	sst_buf_addc(&b, '\0');
	ck_assert_str_eq((const char *)b.p, good[_i].shown);
	sst_buf_free(&b);
	sst_arena_free(&r.arena);
}
END_TEST

static const struct {
	const char *cql, *what;
} bad[] = {
	{ "EXPLAIN x", "line 1: expected a statement, found EXPLAIN" },
	{ "SELECT FROM t", "line 1: expected a column, found FROM" },
	{ "SELECT * t", "line 1: expected from, found t" },
	{ "SELECT *\nFROM t WHERE", "line 2: expected a column, found the end" },
	{ "SELECT * FROM t WHERE a", "line 1: expected an operator, found the end" },
	{ "SELECT * FROM t WHERE a IS 1", "line 1: expected not, found 1" },
	{ "SELECT * FROM t WHERE a IN 1", "line 1: IN wants values between brackets, or a marker" },
	{ "SELECT * FROM t WHERE a = 'x", "line 1: a string that does not end" },
	{ "SELECT f(a FROM t", "line 1: expected ), found FROM" },
	{ "SELECT m['x' FROM t", "line 1: expected ], found FROM" },
	{ "SELECT u. FROM t", "line 1: expected a field, found FROM" },
	{ "SELECT cast(a text) FROM t", "line 1: expected as, found text" },
	{ "SELECT * FROM t PER LIMIT 3", "line 1: expected partition, found LIMIT" },
	{ "SELECT * FROM t ALLOW x", "line 1: expected filtering, found x" },
	{ "SELECT * FROM t BYPASS x", "line 1: expected cache, found x" },
	{ "SELECT * FROM t USING x 1", "line 1: expected timestamp, ttl or timeout, found x" },
	{ "SELECT * FROM t GROUP a", "line 1: expected by, found a" },
	{ "SELECT * FROM t ORDER a", "line 1: expected by, found a" },
	{ "INSERT INTO t (a) VALUES ()", "line 1: expected a value, found )" },
	{ "INSERT INTO t (a) VALUES (1 2)", "line 1: expected ), found 2" },
	{ "INSERT INTO t (a) (1)", "line 1: expected values, found (" },
	{ "INSERT INTO t JSON '{}' DEFAULT 1", "line 1: expected null, found 1" },
	{ "INSERT INTO t (a) VALUES (1) IF EXISTS", "line 1: expected not, found EXISTS" },
	{ "UPDATE t SET a 1 WHERE k = 1", "line 1: expected =, found 1" },
	{ "UPDATE t SET a = a * 1 WHERE k = 1", "line 1: expected + or -, found *" },
	{ "UPDATE t SET a = 1 + b WHERE k = 1", "line 1: only a itself can be added to a value" },
	{ "UPDATE t SET a = 1", "line 1: expected where, found the end" },
	{ "DELETE a t WHERE k = 1", "line 1: expected from, found t" },
	{ "BEGIN BATCH SELECT * FROM t APPLY BATCH",
	    "line 1: expected insert, update, delete or apply, found SELECT" },
	{ "BEGIN x", "line 1: expected batch, found x" },
	{ "DROP INDEX i", "line 1: expected keyspace, table or type, found INDEX" },
	{ "DESCRIBE 'x", "line 1: a string that does not end" },
	{ "TRUNCATE t x", "line 1: expected ;, found x" },
	{ "SELECT \"\" FROM t", "line 1: a column without a name" },
};

START_TEST(statements_that_are_none)
{
	struct parsed r;

	parse(&r, bad[_i].cql);
	ck_assert_int_eq(r.result, -1);
	ck_assert_str_eq(r.e.what, bad[_i].what);
	sst_arena_free(&r.arena);
}
END_TEST

START_TEST(nesting_has_an_end)
{
	struct sst_buf b = { 0 };
	struct parsed r;

	sst_buf_adds(&b, "SELECT ");
	for (int i = 0; i < 100; i++)
		sst_buf_adds(&b, "f(");
	sst_buf_addc(&b, '\0');
	parse(&r, (const char *)b.p);
	ck_assert_int_eq(r.result, -1);
	ck_assert_int_eq(r.e.code, SST_ELIMIT);
	sst_arena_free(&r.arena);
	sst_buf_free(&b);
}
END_TEST

/* The text of a statement is without its semicolon and what follows; marks count on in a batch. */
START_TEST(text_and_marks)
{
	struct parsed r;

	parse(&r, "  INSERT INTO t (a) VALUES (?) ; ");
	ck_assert_uint_eq(r.dml.text.n, strlen("INSERT INTO t (a) VALUES (?)"));
	ck_assert_uint_eq(r.dml.nmarks, 1);
	sst_arena_free(&r.arena);
}
END_TEST

Suite *
dml_suite(void)
{
	Suite *s = suite_create("dml");
	TCase *t = tcase_create("dml");

	tcase_add_loop_test(t, statements, 0, SST_ARRAY_LEN(good));
	tcase_add_loop_test(t, statements_that_are_none, 0, SST_ARRAY_LEN(bad));
	tcase_add_test(t, nesting_has_an_end);
	tcase_add_test(t, text_and_marks);
	suite_add_tcase(s, t);
	return s;
}
