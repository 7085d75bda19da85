/* tests/unit/cql.c: tokens, terms, schemas and back to text. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"
#include "base/num.h"
#include "cql/schema.h"
#include "cql/statement.h"

Suite *cql_suite(void);

static struct sst_arena arena;
static struct sst_schema schema;
static struct sst_buf out;
static struct sst_err err;

static void
setup(void)
{
	memset(&arena, 0, sizeof(arena));
	memset(&out, 0, sizeof(out));
}

static void
teardown(void)
{
	sst_arena_free(&arena);
	sst_buf_free(&out);
}

static int
parse(const char *text)
{
	return sst_schema_parse(
	    &schema, &arena, sst_slice_str(text), "schema.cql", SST_SLICE_LIT("ks"), &err);
}

static struct sst_slice
lit(const char *s)
{
	return sst_slice_str(s);
}

static const struct sst_table *
table(const char *name)
{
	const struct sst_table *t = sst_schema_table(&schema, lit(""), lit(name));

	ck_assert_ptr_nonnull(t);
	return t;
}

static const char *
printed(void)
{
	sst_buf_addc(&out, '\0');
	ck_assert(!out.bad);
	return (const char *)out.p;
}

/* ---- what Cassandra 5.0.9 wrote into snapshots ---- */

static const char *const snapshots[] = { "alltypes", "cameltable", "cnt", "compact_one",
	"dropped_simple", "onlykey", "re", "shared", "simple", "two", "ucs" };

static void
snapshots_come_back_byte_for_byte_row(size_t row)
{
	struct sst_buf text = { 0 };
	char path[64];

	snprintf(path, sizeof(path), "tests/cql/%s.cql", snapshots[row]);
	ck_assert_int_eq(sst_io_read_file(&sst_io_posix, path, 1 << 20, &text, &err), 0);
	ck_assert_msg(sst_schema_parse(&schema, &arena, sst_buf_slice(&text), path,
			  (struct sst_slice){ NULL, 0 }, &err) == 0,
	    "%s", err.what);
	ck_assert_uint_eq(schema.ntables, 1);
	sst_schema_print_snapshot(&schema, schema.tables[0], &out);
	for (size_t i = 0; i < schema.nothers; i++) {
		sst_buf_add_slice(&out, schema.others[i].text);
		sst_buf_adds(&out, ";\n");
	}
	sst_buf_addc(&text, '\0');
	ck_assert_str_eq(printed(), (const char *)text.p);
	sst_buf_free(&text);
}

START_TEST(snapshots_come_back_byte_for_byte)
{
	for (size_t row = 0; row < SST_ARRAY_LEN(snapshots); row++) {
		snapshots_come_back_byte_for_byte_row(row);
		teardown();
		setup();
	}
}
END_TEST

/* ---- tokens ---- */

static const struct {
	const char *text; /* tokens that are all of one kind */
	enum sst_token_kind kind;
	int n;
} tokens[] = {
	{ "", SST_TOK_END, 0 },
	{ " \t\r\n-- to the end\n// of a line\n/* or * not */ --", SST_TOK_END, 0 },
	{ "a Table x1_ P PT P1 PX p1y", SST_TOK_WORD, 8 },
	{ "\"a\" \"B\"\"c\" \"\"", SST_TOK_QUOTED, 3 },
	{ "'' 'it''s' $$it's$$ $$$$ 'a\n--b'", SST_TOK_STRING, 5 },
	{ "0 -1 18446744073709551616", SST_TOK_INTEGER, 3 },
	{ "1.5 -1. 1e10 1.5E-3 -2e+1", SST_TOK_FLOAT, 5 },
	{ "99c99ca0-e54f-11f1-a62b-e70e67ec1c62 CAFECAFE-E54F-11F1-A62B-E70E67EC1C62", SST_TOK_UUID,
	    2 },
	{ "0x 0xCAfe 0X01", SST_TOK_HEX, 3 },
	{ "1h -1y2mo3w4d5h6m7s8ms9us10ns 12\xc2\xb5s 1MO P1Y2M3DT4H5M6S -P2W PT1S "
	  "P0001-02-03T04:05:06",
	    SST_TOK_DURATION, 8 },
	{ "( ) [ ] { } < > , ; . : ? = + - * / % <= >= != ..", SST_TOK_OP, 23 },
	{ "1", SST_TOK_INTEGER, 1 },
	{ "'open", SST_TOK_BAD, 1 },
	{ "\"open", SST_TOK_BAD, 1 },
	{ "$$open$", SST_TOK_BAD, 1 },
	{ "/* open", SST_TOK_BAD, 1 },
	{ "# ! \x80 \x01", SST_TOK_BAD, 4 },
};

static void
tokens_have_kinds_row(size_t row)
{
	struct sst_lexer l = sst_lexer_new(lit(tokens[row].text));
	struct sst_token t;
	int n = 0;

	while ((t = sst_lexer_next(&l)).kind != SST_TOK_END) {
		ck_assert_msg(t.kind == tokens[row].kind, "%.*s", (int)t.text.n, t.text.p);
		ck_assert_ptr_eq(t.text.p, (const uint8_t *)tokens[row].text + t.off);
		n++;
	}
	ck_assert_int_eq(n, tokens[row].n);
	ck_assert_int_eq(sst_lexer_next(&l).kind, SST_TOK_END);
}

START_TEST(tokens_have_kinds)
{
	for (size_t row = 0; row < SST_ARRAY_LEN(tokens); row++) {
		tokens_have_kinds_row(row);
		teardown();
		setup();
	}
}
END_TEST

START_TEST(tokens_split_where_they_must)
{
	static const char *const want[] = { "1", "..", "2", "1.5", "a", "-", "b", "1", "x", "1d",
		",", "0", "x", "<", "=", "\"a\"", "'b'" };
	struct sst_lexer l = sst_lexer_new(lit("1..2 1.5a-b 1x 1d,0 x< =\"a\"'b'"));

	for (size_t i = 0; i < SST_ARRAY_LEN(want); i++) {
		struct sst_token t = sst_lexer_next(&l);

		ck_assert_msg(
		    sst_slice_eq(t.text, lit(want[i])), "%zu: %.*s", i, (int)t.text.n, t.text.p);
	}
	ck_assert_int_eq(sst_lexer_next(&l).kind, SST_TOK_END);
}
END_TEST

START_TEST(tokens_know_their_place_and_value)
{
	static const struct {
		const char *value;
		uint32_t line, column;
	} want[] = { { "create", 1, 1 }, { "My \"T\"", 2, 3 }, { "it's", 4, 4 }, { "7", 4, 12 },
		{ "a\nb", 5, 1 }, { "x", 6, 5 } };
	struct sst_lexer l =
	    sst_lexer_new(lit("CREATE\n  \"My \"\"T\"\"\" -- c\n/* c\n*/ 'it''s' 7\n$$a\nb$$ x"));

	for (size_t i = 0; i < SST_ARRAY_LEN(want); i++) {
		struct sst_token t = sst_lexer_next(&l);

		ck_assert(sst_slice_eq(sst_token_value(&t, &arena), lit(want[i].value)));
		ck_assert_uint_eq(t.line, want[i].line);
		ck_assert_uint_eq(t.column, want[i].column);
	}
}
END_TEST

START_TEST(words_are_found)
{
	ck_assert_int_eq(sst_word_find(lit("create")), SST_W_CREATE);
	ck_assert_int_eq(sst_word_find(lit("WiTh")), SST_W_WITH);
	ck_assert_int_eq(sst_word_find(lit("messages")), SST_W_NONE);
	ck_assert_int_eq(sst_word_find(lit("")), SST_W_NONE);
	ck_assert_int_eq(sst_word_find(lit("abcdefghijklmnopqrstuvwxyz")), SST_W_NONE);
	ck_assert(sst_word_is_reserved(SST_W_TABLE));
	ck_assert(!sst_word_is_reserved(SST_W_KEY));
	for (int w = SST_W_NONE + 1; w < SST_W_END; w++)
		ck_assert_int_eq(sst_word_find(lit(sst_word_text((enum sst_word)w))), w);
}
END_TEST

/* ---- terms ---- */

static const struct {
	const char *text, *want; /* want NULL: as it stands */
	enum sst_term_kind kind;
	size_t ncount;
} terms[] = {
	{ "NULL", NULL, SST_TERM_NULL, 0 },
	{ "'it''s'", NULL, SST_TERM_STRING, 0 },
	{ "$$it's$$", "'it''s'", SST_TERM_STRING, 0 },
	{ "-12", NULL, SST_TERM_INTEGER, 0 },
	{ "1.5e3", NULL, SST_TERM_FLOAT, 0 },
	{ "NaN", NULL, SST_TERM_FLOAT, 0 },
	{ "- Infinity", NULL, SST_TERM_FLOAT, 0 },
	{ "true", NULL, SST_TERM_BOOLEAN, 0 },
	{ "99c99ca0-e54f-11f1-a62b-e70e67ec1c62", NULL, SST_TERM_UUID, 0 },
	{ "0xcafe", NULL, SST_TERM_HEX, 0 },
	{ "1h30m", NULL, SST_TERM_DURATION, 0 },
	{ "[]", NULL, SST_TERM_LIST, 0 },
	{ "[1,[ 2 ],'a']", "[1, [2], 'a']", SST_TERM_LIST, 3 },
	{ "{}", NULL, SST_TERM_SET, 0 },
	{ "{1,2}", "{1, 2}", SST_TERM_SET, 2 },
	{ "{'a':1,'b' : {true}}", "{'a': 1, 'b': {true}}", SST_TERM_MAP, 4 },
	{ "{ f(1) : 2 }", "{f(1): 2}", SST_TERM_MAP, 2 },
	{ "{street:'x', \"Zip c\": null}", "{street: 'x', \"Zip c\": null}", SST_TERM_UDT, 2 },
	{ "(1,'a',null)", "(1, 'a', null)", SST_TERM_TUPLE, 3 },
	{ "(true)", NULL, SST_TERM_TUPLE, 1 },
	{ "?", NULL, SST_TERM_MARK, 0 },
	{ ":a", NULL, SST_TERM_MARK, 0 },
	{ "now()", NULL, SST_TERM_CALL, 0 },
	{ "system.f( 1,? )", "system.f(1, ?)", SST_TERM_CALL, 2 },
	{ "token(a())", NULL, SST_TERM_CALL, 1 },
	{ "(text) 'a'", NULL, SST_TERM_CAST, 1 },
	{ "(map<text,set<int>>){}", "(map<text, set<int>>) {}", SST_TERM_CAST, 1 },
};

static void
reads_terms_row(size_t row)
{
	struct sst_slice text = lit(terms[row].text);
	struct sst_parser p = sst_parser_new(text, &arena, NULL, (struct sst_slice){ 0 }, &err);
	struct sst_term *t = sst_term_parse(&p), *c;
	size_t n = 0;

	ck_assert_msg(t != NULL, "%s", err.what);
	ck_assert_int_eq(p.tok.kind, SST_TOK_END);
	ck_assert_int_eq(t->kind, terms[row].kind);
	ck_assert(sst_slice_eq(t->text, text));
	for (c = t->first; c != NULL; c = c->next)
		n++;
	ck_assert_uint_eq(n, t->ncount);
	ck_assert_uint_eq(n, terms[row].ncount);
	sst_term_put(t, &out);
	ck_assert_str_eq(printed(), terms[row].want != NULL ? terms[row].want : terms[row].text);
}

START_TEST(reads_terms)
{
	for (size_t row = 0; row < SST_ARRAY_LEN(terms); row++) {
		reads_terms_row(row);
		teardown();
		setup();
	}
}
END_TEST

static const struct {
	const char *text, *what;
} bad_terms[] = {
	{ "", "line 1: expected a value, found the end" },
	{ "\n\n)", "line 3: expected a value, found )" },
	{ "[1", "line 1: expected ], found the end" },
	{ "[1,]", "line 1: expected a value, found ]" },
	{ "{1:2,3}", "line 1: expected :, found }" },
	{ "{1,2:3}", "line 1: expected }, found :" },
	{ "{a:1, 2:3}", "line 1: expected a field, found 2" },
	{ "()", "line 1: a tuple of nothing" },
	{ "-x", "line 1: expected a number, found x" },
	{ "now", "line 1: expected (, found the end" },
	{ "select", "line 1: expected a value, found select" },
	{ "'abc", "line 1: a string that does not end" },
	{ "[$$abc]", "line 1: a string that does not end" },
	{ "\"abc", "line 1: a quoted name that does not end" },
	{ "[/* ]", "line 1: a comment that does not end" },
	{ "\x7f", "line 1: expected a value, found byte 0x7f" },
	{ ":", "line 1: expected a name, found the end" },
	{ "\"\"()", "line 1: a value without a name" },
	{ "[01234567890123456789012345678901234567890123456789 1]", "line 1: expected ], found 1" },
	{ "0123456789abcdefghijklmnopqrstuvwxyz0123456789",
	    "line 1: expected the end, found "
	    "abcdefghijklmnopqrstuvwxyz0123456789" },
};

static void
refuses_bad_terms_row(size_t row)
{
	struct sst_parser p =
	    sst_parser_new(lit(bad_terms[row].text), &arena, NULL, (struct sst_slice){ 0 }, &err);

	if (sst_term_parse(&p) != NULL)
		sst_parser_expected(&p, "the end");
	ck_assert_str_eq(err.what, bad_terms[row].what);
	ck_assert_int_eq(err.code, SST_EINVAL);
}

START_TEST(refuses_bad_terms)
{
	for (size_t row = 0; row < SST_ARRAY_LEN(bad_terms); row++) {
		refuses_bad_terms_row(row);
		teardown();
		setup();
	}
}
END_TEST

/* Both kinds of nesting, at the limit and one beyond it. */
START_TEST(nesting_is_limited)
{
	for (int deep = SST_CQL_DEPTH_MAX; deep <= SST_CQL_DEPTH_MAX + 1; deep++) {
		struct sst_slice none = { NULL, 0 }, text;
		struct sst_parser p;

		sst_buf_reset(&out);
		for (int i = 1; i < deep; i++)
			sst_buf_addc(&out, '[');
		sst_buf_addc(&out, '1');
		for (int i = 1; i < deep; i++)
			sst_buf_addc(&out, ']');
		p = sst_parser_new(sst_buf_slice(&out), &arena, NULL, none, &err);
		ck_assert_int_eq(sst_term_parse(&p) != NULL, deep == SST_CQL_DEPTH_MAX);
		sst_buf_reset(&out);
		for (int i = 1; i < deep; i++)
			sst_buf_adds(&out, "list<");
		sst_buf_adds(&out, "int");
		for (int i = 1; i < deep; i++)
			sst_buf_addc(&out, '>');
		p = sst_parser_new(sst_buf_slice(&out), &arena, NULL, none, &err);
		ck_assert_int_eq(
		    sst_parser_want_type(&p, none, &text), deep == SST_CQL_DEPTH_MAX ? 0 : -1);
	}
	ck_assert_int_eq(err.code, SST_ELIMIT);
}
END_TEST

/* ---- schemas ---- */

static const char messages[] =
    "CREATE TABLE chat.messages ( channel_id bigint, bucket int, message_id bigint, "
    "author_id bigint, author_name text, content text,\n"
    "  type int, flags int, edited_timestamp timestamp, pinned boolean, nonce text, "
    "webhook_id bigint, reference frozen<tuple<bigint,bigint>>,\n"
    "  mentions frozen<list<bigint>>, attachments frozen<list<text>>, "
    "reactions frozen<map<text,int>>,\n"
    "  PRIMARY KEY ((channel_id, bucket), message_id) ) WITH CLUSTERING ORDER BY (message_id DESC) "
    "AND gc_grace_seconds = 172800\n"
    "  AND compression = {'class': 'ZstdCompressor', 'chunk_length_in_kb': 16} AND compaction = "
    "{'class': 'SizeTieredCompactionStrategy', 'min_threshold': 4, 'max_threshold': 32};";

START_TEST(reads_the_table_of_messages)
{
	const struct sst_table *t;

	ck_assert_msg(parse(messages) == 0, "%s", err.what);
	t = table("messages");
	ck_assert(sst_slice_eq(t->keyspace, lit("chat")));
	ck_assert(t->named && !t->compact && !t->counter);
	ck_assert_uint_eq(t->nkey, 2);
	ck_assert_uint_eq(t->nck, 1);
	ck_assert_uint_eq(t->nstatic, 0);
	ck_assert_uint_eq(t->nregular, 13);
	ck_assert(t->ck[0].type->reversed);
	ck_assert_int_eq(t->ck[0].type->kind, SST_BIGINT);
	ck_assert_int_eq(t->key_type->kind, SST_COMPOSITE);
	for (size_t i = 0; i < t->nregular; i++) {
		ck_assert(!t->regulars[i].type->multicell);
		ck_assert_int_eq(t->regulars[i].dropped_us, INT64_MIN);
		ck_assert(
		    i == 0 || sst_slice_cmp(t->regulars[i - 1].name, t->regulars[i].name) < 0);
	}
	ck_assert_uint_eq(t->gc_grace_s, 172800);
	ck_assert_uint_eq(t->default_ttl_s, 0);
	ck_assert(sst_slice_eq(t->compression.class_name, lit("ZstdCompressor")));
	ck_assert_uint_eq(t->compression.chunk_len, 16384);
	ck_assert_int_eq(t->compression.level, 0);
	ck_assert(sst_slice_eq(t->compaction_class, lit("SizeTieredCompactionStrategy")));
	ck_assert_uint_eq(t->ncompaction_options, 2);
	ck_assert(sst_slice_eq(t->compaction_options[0].name, lit("max_threshold")));
	ck_assert(sst_slice_eq(t->compaction_options[0].value, lit("32")));
	ck_assert_uint_eq(t->noptions, 0);
	ck_assert_double_eq(t->bloom_fp, 0.01);
}
END_TEST

START_TEST(reads_every_option)
{
	static const uint8_t id[16] = { 0x99, 0xc9, 0x9c, 0xa0, 0xe5, 0x4f, 0x11, 0xf1, 0xa6, 0x2b,
		0xe7, 0x0e, 0x67, 0xec, 0x1c, 0x62 };
	static const uint8_t none[16];
	const struct sst_table *t;

	ck_assert_msg(
	    parse("create columnfamily T (a int, b text static, c int, primary key (a, c)) with "
		  "id = 99C99CA0-e54f-11f1-a62b-e70e67ec1c62 and compact storage and "
		  "GC_grace_seconds = '5' and default_time_to_live = 60 and min_index_interval = 1 "
		  "and max_index_interval = 2 and comment = 'it''s' and tombstone_gc = "
		  "{'mode':'timeout','x':1} and compression = {'sstable_compression': "
		  "'org.apache.cassandra.io.compress.LZ4Compressor', 'chunk_length_kb': 4, "
		  "'lz4_compressor_type': 'high'} and compaction = {'class': 'com.example.Own'} "
		  "and speculative_retry = $$99p$$;"
		  "alter table t with comment = 'new' and gc_grace_seconds = 6") == 0,
	    "%s", err.what);
	t = table("t");
	ck_assert_ptr_eq(t, sst_schema_table_by_id(&schema, id));
	ck_assert_ptr_null(sst_schema_table_by_id(&schema, none));
	ck_assert(sst_slice_eq(t->keyspace, lit("ks")));
	ck_assert(t->compact);
	ck_assert_uint_eq(t->gc_grace_s, 6);
	ck_assert_uint_eq(t->default_ttl_s, 60);
	ck_assert_uint_eq(t->min_index_interval, 1);
	ck_assert_uint_eq(t->max_index_interval, 2);
	ck_assert(sst_slice_eq(t->compression.class_name, lit("LZ4Compressor")));
	ck_assert_uint_eq(t->compression.chunk_len, 4096);
	ck_assert_int_eq(t->compression.level, 9);
	ck_assert_uint_eq(t->ncompression_options, 1);
	ck_assert(sst_slice_eq(t->compaction_class, lit("com.example.Own")));
	ck_assert_uint_eq(t->ncompaction_options, 0);
	ck_assert_uint_eq(t->noptions, 3);
	ck_assert(sst_slice_eq(t->options[0].value, lit("'new'")));
	ck_assert(sst_slice_eq(t->options[1].value, lit("'99p'")));
	ck_assert(sst_slice_eq(t->options[2].value, lit("{'mode': 'timeout', 'x': 1}")));
}
END_TEST

static const struct {
	const char *map, *class_name;
	int level;
} compressions[] = {
	{ "{}", "", 0 },
	{ "{'enabled': 'false'}", "", 0 },
	{ "{'enabled': false, 'class': 'LZ4Compressor'}", "", 0 },
	{ "{'enabled': true, 'class': 'SnappyCompressor'}", "SnappyCompressor", 0 },
	{ "{'sstable_compression': ''}", "", 0 },
	{ "{'class': 'ZstdCompressor', 'compression_level': '-3'}", "ZstdCompressor", -3 },
	{ "{'class': 'a.b.c.ZstdCompressor'}", "a.b.c.ZstdCompressor", 0 },
};

static void
reads_compression_row(size_t row)
{
	const struct sst_table *t;

	sst_buf_addf(&out, "create table t (a int primary key) with compression = %s",
	    compressions[row].map);
	ck_assert_msg(parse(printed()) == 0, "%s", err.what);
	t = table("t");
	ck_assert(sst_slice_eq(t->compression.class_name, lit(compressions[row].class_name)));
	ck_assert_int_eq(t->compression.level, compressions[row].level);
	ck_assert_uint_eq(t->compression.chunk_len, 16384);
}

START_TEST(reads_compression)
{
	for (size_t row = 0; row < SST_ARRAY_LEN(compressions); row++) {
		reads_compression_row(row);
		teardown();
		setup();
	}
}
END_TEST

START_TEST(leveled_has_its_own_filter)
{
	ck_assert_int_eq(parse("create table a (a int primary key) with compaction = {'class': "
			       "'LeveledCompactionStrategy', 'max_threshold': 8};"
			       "create table b (a int primary key) with compaction = {'class': "
			       "'LeveledCompactionStrategy'} and bloom_filter_fp_chance = 1e-3"),
	    0);
	ck_assert_double_eq(table("a")->bloom_fp, 0.1);
	ck_assert_double_eq(table("b")->bloom_fp, 0.001);
	ck_assert_uint_eq(table("a")->ncompaction_options, 2);
	ck_assert(sst_slice_eq(table("a")->compaction_options[0].value, lit("8")));
}
END_TEST

START_TEST(drops_and_adds_columns)
{
	const struct sst_table *t;
	int i;

	ck_assert_msg(
	    parse("create table t (k int, c int, a int, b set<text>, s int static, primary key "
		  "(k, c)); alter table t drop a using timestamp 5; alter table ks.t drop (b, s) "
		  "using timestamp -6; alter table t add (a text, d frozen<list<int>> static); "
		  "alter table t drop a using timestamp 9; alter table t add a blob, e int; "
		  "alter table if exists t drop if exists e") == 0,
	    "%s", err.what);
	t = table("t");
	ck_assert_uint_eq(t->nregular, 1);
	ck_assert_uint_eq(t->nstatic, 1);
	ck_assert_int_eq(t->regulars[0].type->kind, SST_BLOB);
	ck_assert_int_eq(t->regulars[0].dropped_us, 9);
	ck_assert_int_eq(t->statics[0].dropped_us, INT64_MIN);
	ck_assert_uint_eq(t->ndropped, 4);
	i = sst_column_find(t->dropped, t->ndropped, lit("a"));
	ck_assert_int_eq(t->dropped[i].type->kind, SST_TEXT);
	ck_assert_int_eq(t->dropped[i].dropped_us, 9);
	i = sst_column_find(t->dropped, t->ndropped, lit("s"));
	ck_assert(t->dropped[i].is_static);
	ck_assert_int_eq(t->dropped[i].dropped_us, -6);
	i = sst_column_find(t->dropped, t->ndropped, lit("b"));
	ck_assert(!t->dropped[i].is_static && t->dropped[i].type->multicell);
	i = sst_column_find(t->dropped, t->ndropped, lit("e"));
	ck_assert_int_eq(t->dropped[i].dropped_us, INT64_MAX);
}
END_TEST

START_TEST(knows_keyspaces_and_passes_over_the_rest)
{
	static const char *const what[] = { "CREATE INDEX", "CREATE CUSTOM INDEX",
		"CREATE MATERIALIZED VIEW", "CREATE OR REPLACE FUNCTION", "CREATE ROLE" };

	ck_assert_msg(
	    parse(
		"CREATE KEYSPACE IF NOT EXISTS \"K\" WITH replication = {'class':'X'} AND "
		"durable_writes = true; CREATE KEYSPACE if not exists \"K\"; USE \"K\";"
		"CREATE TABLE t (a int PRIMARY KEY MASKED WITH DEFAULT, b text MASKED WITH "
		"mask_inner(1, null) , c int CHECK c > 1 AND c < 9);;"
		"CREATE INDEX ON t (b); CREATE CUSTOM INDEX IF NOT EXISTS i ON t (b) USING "
		"'a;b' WITH OPTIONS = {'x': 'y;'};"
		"CREATE MATERIALIZED VIEW v AS SELECT * FROM t WHERE a IS NOT NULL PRIMARY KEY (a);"
		"CREATE OR REPLACE FUNCTION o.f (a int) CALLED ON NULL INPUT RETURNS int "
		"LANGUAGE java AS $$ return a; $$; CREATE ROLE r WITH LOGIN = true;"
		"CREATE TABLE IF NOT EXISTS t (z int PRIMARY KEY)") == -1,
	    "a mask behind PRIMARY KEY");
	ck_assert_msg(
	    parse(
		"CREATE KEYSPACE IF NOT EXISTS \"K\" WITH replication = {'class':'X'} AND "
		"durable_writes = true; CREATE KEYSPACE if not exists \"K\"; USE \"K\";"
		"CREATE TABLE t (a int PRIMARY KEY, b text MASKED WITH mask_inner(1, null) , "
		"c int CHECK c > 1 AND c < 9);;"
		"CREATE INDEX ON t (b); CREATE CUSTOM INDEX IF NOT EXISTS i ON t (b) USING "
		"'a;b' WITH OPTIONS = {'x': 'y;'};"
		"CREATE MATERIALIZED VIEW v AS SELECT * FROM t WHERE a IS NOT NULL PRIMARY KEY (a);"
		"CREATE OR REPLACE FUNCTION o.f (a int) CALLED ON NULL INPUT RETURNS int "
		"LANGUAGE java AS $$ return a; $$; CREATE ROLE r WITH LOGIN = true;"
		"CREATE TABLE IF NOT EXISTS t (z int PRIMARY KEY)") == 0,
	    "%s", err.what);
	ck_assert_uint_eq(schema.nkeyspaces, 1);
	ck_assert(sst_slice_eq(schema.keyspaces[0].name, lit("K")));
	ck_assert_uint_eq(schema.keyspaces[0].noptions, 2);
	ck_assert(sst_slice_eq(schema.keyspaces[0].options[1].value, lit("{'class': 'X'}")));
	ck_assert_uint_eq(schema.ntables, 1);
	ck_assert(sst_slice_eq(schema.tables[0]->keyspace, lit("K")));
	ck_assert_uint_eq(schema.tables[0]->nregular, 2);
	ck_assert_uint_eq(schema.nothers, SST_ARRAY_LEN(what));
	for (size_t i = 0; i < SST_ARRAY_LEN(what); i++)
		ck_assert(sst_slice_eq(schema.others[i].what, lit(what[i])));
	ck_assert_uint_eq(schema.others[0].name.n, 0);
	ck_assert(sst_slice_eq(schema.others[1].name, lit("i")));
	ck_assert(sst_slice_eq(schema.others[2].name, lit("v")));
	ck_assert(sst_slice_eq(schema.others[3].keyspace, lit("o")));
	ck_assert(sst_slice_eq(schema.others[3].name, lit("f")));
}
END_TEST

START_TEST(looks_up)
{
	ck_assert_int_eq(parse("create table a.t (a int primary key); create table b.t (a int "
			       "primary key); create table b.u (a int primary key, b frozen<b.x>)"),
	    -1);
	ck_assert_str_eq(err.what, "line 1: b: no type x");
	ck_assert_int_eq(parse("create table a.t (a int primary key); create table b.t (a int "
			       "primary key); create type b.x (f int); create table b.u (a int "
			       "primary key, b frozen<b.x>, c x)"),
	    0);
	ck_assert_ptr_null(sst_schema_table(&schema, lit(""), lit("t")));
	ck_assert_ptr_eq(sst_schema_table(&schema, lit("b"), lit("t")), schema.tables[1]);
	ck_assert_ptr_null(sst_schema_table(&schema, lit("c"), lit("t")));
	ck_assert_ptr_nonnull(sst_schema_type(&schema, lit("b"), lit("x")));
	ck_assert_ptr_null(sst_schema_type(&schema, lit("a"), lit("x")));
	ck_assert(table("u")->regulars[1].type->multicell); /* c: not frozen */
	ck_assert(!table("u")->regulars[0].type->multicell);
}
END_TEST

static const struct {
	const char *text, *what;
} bad_schemas[] = {
	{ "drop table x", "line 1: expected create, alter or use, found drop" },
	{ "create tabel x", "line 1: expected keyspace, type, table or index, found tabel" },
	{ "create\n\ntable\nx", "line 4: expected (, found the end" },
	{ "create table x (", "line 1: expected a column, found the end" },
	{ "create table x ()", "line 1: table x has no PRIMARY KEY" },
	{ "create table x (a int)", "line 1: table x has no PRIMARY KEY" },
	{ "create table select (a int)", "line 1: expected a table, found select" },
	{ "create table x (a int primary key, b int primary key)", "line 1: a second PRIMARY KEY" },
	{ "create table x (a int primary key, primary key (a))", "line 1: a second PRIMARY KEY" },
	{ "create table x (a int, primary key (a), primary key (a))",
	    "line 1: a second PRIMARY KEY" },
	{ "create table x (a int, primary key (b))",
	    "line 1: column b of the primary key is not defined" },
	{ "create table x (a int, primary key (a, a))",
	    "line 1: column a of the primary key is not defined" },
	{ "create table x (a int, b int static, primary key (a, b))",
	    "line 1: column b is static and in the primary key" },
	{ "create table x (a int primary key,\n b int static)",
	    "line 1: table x has static but no clustering columns" },
	{ "create table x (a list<int> primary key)",
	    "line 1: column a has a type that no key can have" },
	{ "create table x (a counter primary key)",
	    "line 1: column a has a type that no key can have" },
	{ "create table x (a int primary key, b int, b int)",
	    "line 1: table x: two columns named b" },
	{ "create table x (a int primary key,\n b wrong)", "line 2: b: no type wrong" },
	{ "create table x (a int primary key, b a.b)", "line 1: type b is of another keyspace" },
	{ "create table x (a int primary key b)", "line 1: expected a type, found )" },
	{ "create table x (a int primary key) with", "line 1: expected an option, found the end" },
	{ "create table x (a int primary key) with a", "line 1: expected =, found the end" },
	{ "create table x (a int primary key) with a = 1 and a = 2",
	    "line 1: option a is there twice" },
	{ "create table x (a int primary key) with compact",
	    "line 1: expected storage, found the end" },
	{ "create table x (a int primary key) with id = 5", "line 1: id is a uuid, not 5" },
	{ "create table x (a int primary key) with gc_grace_seconds = -1",
	    "line 1: gc_grace_seconds is a number within its limits, not -1" },
	{ "create table x (a int primary key) with default_time_to_live = 630720001",
	    "line 1: default_time_to_live is a number within its limits, not 630720001" },
	{ "create table x (a int primary key) with min_index_interval = 0",
	    "line 1: min_index_interval is a number above 0, not 0" },
	{ "create table x (a int primary key) with max_index_interval = 99999999999999999999999",
	    "line 1: max_index_interval is a number above 0, not 99999999999999999999999" },
	{ "create table x (a int primary key) with max_index_interval = 100",
	    "line 1: table x: min_index_interval is above max" },
	{ "create table x (a int primary key) with bloom_filter_fp_chance = 0",
	    "line 1: bloom_filter_fp_chance is a number above 0, up to 1, not 0" },
	{ "create table x (a int primary key) with bloom_filter_fp_chance = 'NaN'",
	    "line 1: bloom_filter_fp_chance is a number above 0, up to 1, not 'NaN'" },
	{ "create table x (a int primary key) with compression = 'x'",
	    "line 1: compression is a map, not 'x'" },
	{ "create table x (a int primary key) with compression = {1: 2}",
	    "line 1: compression is a map of strings, not {1: 2}" },
	{ "create table x (a int primary key) with compression = {'a': [1]}",
	    "line 1: compression is a map of strings, not {'a': [1]}" },
	{ "create table x (a int primary key) with compression = {'a': 1, 'a': 2}",
	    "line 1: compression is a map of different keys, not {'a': 1, 'a': 2}" },
	{ "create table x (a int primary key) with compression = {'chunk_length_in_kb': 3}",
	    "line 1: chunk_length_in_kb is a power of 2 up to 131072" },
	{ "create table x (a int primary key) with compression = {'chunk_length_kb': 262144}",
	    "line 1: chunk_length_in_kb is a power of 2 up to 131072" },
	{ "create table x (a int primary key) with compression = {'class': 'ZstdCompressor', "
	  "'compression_level': 23}",
	    "line 1: compression is a map that its compressor knows, not {'class': "
	    "'ZstdCompressor', 'compression" },
	{ "create table x (a int primary key) with compaction = {'min_threshold': 4}",
	    "line 1: compaction is a map with a class, not {'min_threshold': 4}" },
	{ "create table x (a int, b int, primary key (a, b)) with clustering order by (c desc)",
	    "line 1: column c stands where the primary key has another one" },
	{ "create table x (a int primary key) with clustering order by (a desc)",
	    "line 1: column a stands where the primary key has another one" },
	{ "create table x (a int primary key); create table x (a int primary key)",
	    "line 1: table x is there twice" },
	{ "create type x (a int); create type x (a int)", "line 1: type x is there twice" },
	{ "create type x ()", "line 1: expected a field, found )" },
	{ "create type x (a int, a text)", "line 1: type x: two fields named a" },
	{ "create keyspace x; create keyspace x", "line 1: keyspace x is there twice" },
	{ "alter table x add a int", "line 1: table x is not defined" },
	{ "alter type x add a int",
	    "line 1: a schema says what is: of ALTER only ADD, DROP and WITH of a table" },
	{ "create table x (a int primary key); alter table x rename a to b",
	    "line 1: a schema says what is: of ALTER only ADD, DROP and WITH of a table" },
	{ "create table x (a int primary key); alter table x drop a",
	    "line 1: column a cannot be dropped" },
	{ "create table x (a int primary key, b int); alter table x drop b; alter table x add b "
	  "int",
	    "line 1: column b is added again: its DROP needs USING TIMESTAMP" },
	{ "create table x (a int primary key, b int); alter table x drop b using timestamp 'a'",
	    "line 1: a timestamp is a number of microseconds" },
	{ "create table x (a int primary key, b int); alter table x drop b using timestamp "
	  "9223372036854775808",
	    "line 1: a timestamp is a number of microseconds" },
	{ "create index on x (a", "line 1: expected the rest of the statement, found the end" },
	{ "create index on x 'a", "line 1: a string that does not end" },
	{ "create table x (a int primary key) create", "line 1: expected ;, found create" },
	{ "use 5", "line 1: expected a keyspace, found 5" },
};

static void
refuses_bad_schemas_row(size_t row)
{
	char text[400];

	ck_assert_int_eq(parse(bad_schemas[row].text), -1);
	ck_assert_str_eq(err.what, bad_schemas[row].what);
	ck_assert_int_eq(err.code, SST_EINVAL);
	snprintf(text, sizeof(text), "schema.cql: %s", bad_schemas[row].what);
	ck_assert_str_eq(sst_err_text(&err, (char[512]){ 0 }, 512), text);
}

START_TEST(refuses_bad_schemas)
{
	for (size_t row = 0; row < SST_ARRAY_LEN(bad_schemas); row++) {
		refuses_bad_schemas_row(row);
		teardown();
		setup();
	}
}
END_TEST

/* Options without number; user types that double with each one, or go ever deeper. */
START_TEST(schemas_have_limits)
{
	sst_buf_adds(&out, "create table t (a int primary key) with o = 0");
	for (int i = 0; i < SST_CQL_PROPERTIES_MAX; i++)
		sst_buf_addf(&out, " and o%d = 1", i);
	ck_assert_int_eq(parse(printed()), -1);
	ck_assert_int_eq(err.code, SST_ELIMIT);
	for (int wide = 0; wide < 2; wide++) {
		sst_buf_reset(&out);
		sst_buf_adds(&out, "create type t0 (a int);");
		for (int i = 1; i < 64; i++)
			sst_buf_addf(&out, "create type t%d (a frozen<t%d>, b frozen<t%d>);", i,
			    i - 1, wide ? i - 1 : 0);
		ck_assert_int_eq(parse(printed()), -1);
		ck_assert_int_eq(err.code, SST_ELIMIT);
	}
	ck_assert_int_eq(
	    sst_schema_parse(&schema, &arena, (struct sst_slice){ out.p, SST_SCHEMA_TEXT_MAX + 1 },
		NULL, (struct sst_slice){ NULL, 0 }, &err),
	    -1);
	ck_assert_int_eq(err.code, SST_ELIMIT);
}
END_TEST

/* As many of one thing as the limit, and one more. */
START_TEST(definitions_have_limits)
{
	static const struct {
		const char *start, *each, *end;
		int max;
	} t[] = {
		{ "", "create keyspace k%d;", "", SST_SCHEMA_MAX },
		{ "", "create type k%d (a int);", "", SST_SCHEMA_MAX },
		{ "create table t (k int primary key", ", c%d int", ")", SST_COLUMNS_MAX - 1 },
		{ "create table t (k1024 int, ", "k%d int, ", "primary key ((k1024", 1023 },
	};

	for (size_t i = 0; i < SST_ARRAY_LEN(t); i++) {
		for (int over = 0; over < 2; over++) {
			sst_buf_reset(&out);
			sst_buf_adds(&out, t[i].start);
			for (int k = 0; k < t[i].max + over; k++)
				sst_buf_addf(&out, t[i].each, k);
			sst_buf_adds(&out, t[i].end);
			for (int k = 0; i == 3 && k < t[i].max + over; k++)
				sst_buf_addf(&out, ", k%d", k);
			sst_buf_adds(&out, i == 3 ? ")))" : "");
			ck_assert_msg(parse(printed()) == -over, "%zu: %s", i, err.what);
			ck_assert(!over || err.code == SST_ELIMIT);
			sst_arena_reset(&arena);
		}
	}
}
END_TEST

/* A type of 4,000 types, mentioned 20,000 times: the memory for the copies is limited. */
START_TEST(copies_of_types_have_a_limit)
{
	sst_buf_adds(&out, "create type a (x int");
	for (int i = 0; i < 60; i++)
		sst_buf_addf(&out, ", f%d int", i);
	sst_buf_adds(&out, "); create type b (x int");
	for (int i = 0; i < 60; i++)
		sst_buf_addf(&out, ", f%d frozen<a>", i);
	sst_buf_adds(&out, "); create table t (k int primary key");
	for (int i = 0; i < 20000; i++)
		sst_buf_addf(&out, ", c%d frozen<b>", i);
	sst_buf_adds(&out, ")");
	ck_assert_int_eq(parse(printed()), -1);
	ck_assert_int_eq(err.code, SST_ELIMIT);
	ck_assert_uint_lt(arena.bytes, ((size_t)32 << 20) + 512 * out.n);
}
END_TEST

/* ---- parse(print(x)) == x ---- */

static void
same_type(const struct sst_type *a, const struct sst_type *b)
{
	struct sst_buf x = { 0 }, y = { 0 };

	ck_assert(a->reversed == b->reversed && a->multicell == b->multicell);
	sst_type_class(a, &x);
	sst_type_class(b, &y);
	ck_assert(sst_slice_eq(sst_buf_slice(&x), sst_buf_slice(&y)));
	sst_buf_free(&x);
	sst_buf_free(&y);
}

static void
same_columns(const struct sst_column *a, size_t na, const struct sst_column *b, size_t nb)
{
	ck_assert_uint_eq(na, nb);
	for (size_t i = 0; i < na; i++) {
		ck_assert(sst_slice_eq(a[i].name, b[i].name));
		ck_assert_int_eq(a[i].dropped_us, b[i].dropped_us);
		ck_assert(a[i].is_static == b[i].is_static);
		same_type(a[i].type, b[i].type);
	}
}

static void
same_options(const struct sst_option *a, size_t na, const struct sst_option *b, size_t nb)
{
	ck_assert_uint_eq(na, nb);
	for (size_t i = 0; i < na; i++) {
		ck_assert(sst_slice_eq(a[i].name, b[i].name));
		ck_assert(sst_slice_eq(a[i].value, b[i].value));
	}
}

static void
same_table(const struct sst_table *a, const struct sst_table *b)
{
	ck_assert(sst_slice_eq(a->keyspace, b->keyspace) && sst_slice_eq(a->name, b->name));
	ck_assert_mem_eq(a->id, b->id, 16);
	same_columns(a->key, a->nkey, b->key, b->nkey);
	same_columns(a->ck, a->nck, b->ck, b->nck);
	same_columns(a->statics, a->nstatic, b->statics, b->nstatic);
	same_columns(a->regulars, a->nregular, b->regulars, b->nregular);
	same_columns(a->dropped, a->ndropped, b->dropped, b->ndropped);
	same_options(a->options, a->noptions, b->options, b->noptions);
	same_options(a->compression_options, a->ncompression_options, b->compression_options,
	    b->ncompression_options);
	same_options(a->compaction_options, a->ncompaction_options, b->compaction_options,
	    b->ncompaction_options);
	ck_assert(a->compact == b->compact && a->counter == b->counter && a->named == b->named);
	ck_assert_uint_eq(a->gc_grace_s, b->gc_grace_s);
	ck_assert_uint_eq(a->default_ttl_s, b->default_ttl_s);
	ck_assert_uint_eq(a->min_index_interval, b->min_index_interval);
	ck_assert_uint_eq(a->max_index_interval, b->max_index_interval);
	ck_assert_double_eq(a->bloom_fp, b->bloom_fp);
	ck_assert(sst_slice_eq(a->compression.class_name, b->compression.class_name));
	ck_assert_uint_eq(a->compression.chunk_len, b->compression.chunk_len);
	ck_assert_int_eq(a->compression.level, b->compression.level);
	ck_assert(sst_slice_eq(a->compaction_class, b->compaction_class));
}

static uint32_t rnd;

static uint32_t
dice(uint32_t n)
{
	rnd = rnd * 1664525 + 1013904223;
	return (rnd >> 8) % n;
}

static const char *
any_of(const char *const *list, size_t n)
{
	return list[dice((uint32_t)n)];
}

static void
random_column(struct sst_buf *b, int i)
{
	static const char *const names[] = { "c%d", "\"C%d\"", "\"c \"\"%d\"\"\"", "\"select%d\"",
		"key%d", "\"\xc3\xa4%d\"" };
	static const char *const types[] = { "int", "text", "list<int>", "frozen<list<text>>",
		"map<text, frozen<set<inet>>>", "tuple<int, u1>", "u1", "frozen<\"U 2\">",
		"vector<float, 7>", "set<frozen<u1>>", "duration", "varint" };

	sst_buf_addf(b, any_of(names, SST_ARRAY_LEN(names)), i);
	sst_buf_addf(b, " %s", any_of(types, SST_ARRAY_LEN(types)));
}

static void
random_options(struct sst_buf *b)
{
	static const char *const options[] = { " AND comment = 'it''s'",
		" AND gc_grace_seconds = 1", " AND bloom_filter_fp_chance = 1.0E-4",
		" AND memtable = 'x'", " AND cdc = true",
		" AND extensions = {'a': 0xcafe, 'b': [1, 2]}",
		" AND \"Odd One\" = {a: 'b', c: null}",
		" AND compression = {'enabled': 'false', 'z': '1'}",
		" AND compression = {'class': 'ZstdCompressor', 'compression_level': 7}",
		" AND compression = {'class': 'x.Y', 'chunk_length_in_kb': 64, 'a': 'b''c'}",
		" AND compaction = {'class': 'UnifiedCompactionStrategy', 'a': 1}",
		" AND compaction = {'class': 'x.Y'}", " AND default_time_to_live = 77",
		" AND min_index_interval = 1", " AND max_index_interval = 100000",
		" AND ID = 99c99ca0-e54f-11f1-a62b-e70e67ec1c62" };
	bool compression = false, compaction = false;

	for (size_t i = 0; i < SST_ARRAY_LEN(options); i++) {
		bool first = strstr(options[i], "compression = ") != NULL;
		bool second = strstr(options[i], "compaction = ") != NULL;

		if (dice(3) != 0 || (first && compression) || (second && compaction))
			continue;
		compression = compression || first;
		compaction = compaction || second;
		sst_buf_adds(b, options[i]);
	}
}

static void
random_schema(struct sst_buf *b)
{
	int n = 1 + (int)dice(12);

	sst_buf_adds(b,
	    "CREATE TYPE u1 (a int, \"B b\" list<text>);"
	    "CREATE TYPE \"U 2\" (x frozen<u1>, y tuple<int, u1>);");
	sst_buf_addf(b,
	    "CREATE TABLE %s (k1 int, k2 text, ck uuid, \"Ck2\" timeuuid, d1 int, "
	    "d2 map<int, int>, d3 text static",
	    dice(2) ? "t" : "\"T t\"");
	for (int i = 0; i < n; i++) {
		sst_buf_adds(b, ", ");
		random_column(b, i);
		sst_buf_adds(b, dice(3) == 0 ? " static" : "");
	}
	sst_buf_adds(b,
	    dice(2) ? ", PRIMARY KEY ((k1, k2), ck, \"Ck2\")" : ", PRIMARY KEY (k1, \"Ck2\", ck)");
	sst_buf_adds(b, ") WITH foo = 1");
	sst_buf_adds(b, dice(3) == 0 ? " AND COMPACT STORAGE" : "");
	random_options(b);
	sst_buf_adds(b, ";");
}

static void
what_is_printed_reads_the_same_row(size_t row)
{
	struct sst_buf text = { 0 }, again = { 0 };
	struct sst_schema second;

	rnd = (uint32_t)row;
	random_schema(&text);
	ck_assert_msg(sst_schema_parse(&schema, &arena, sst_buf_slice(&text), NULL,
			  SST_SLICE_LIT("ks"), &err) == 0,
	    "%s", err.what);
	if (dice(2)) {
		struct sst_slice name = schema.tables[0]->name;

		sst_buf_addf(&text, "ALTER TABLE \"%.*s\" DROP (d1, d2, d3) USING TIMESTAMP 17;",
		    (int)name.n, (const char *)name.p);
		sst_buf_addf(&text, "ALTER TABLE \"%.*s\" ADD d1 bigint;", (int)name.n,
		    (const char *)name.p);
		ck_assert_int_eq(sst_schema_parse(&schema, &arena, sst_buf_slice(&text), NULL,
				     SST_SLICE_LIT("ks"), &err),
		    0);
		ck_assert_uint_eq(schema.tables[0]->ndropped, 3);
	}
	sst_schema_print_snapshot(&schema, schema.tables[0], &out);
	ck_assert_msg(sst_schema_parse(&second, &arena, sst_buf_slice(&out), NULL,
			  (struct sst_slice){ NULL, 0 }, &err) == 0,
	    "%s in %.*s", err.what, (int)out.n, (const char *)out.p);
	same_table(schema.tables[0], second.tables[0]);
	sst_schema_print_snapshot(&second, second.tables[0], &again);
	ck_assert(sst_slice_eq(sst_buf_slice(&out), sst_buf_slice(&again)));
	sst_buf_free(&text);
	sst_buf_free(&again);
}

START_TEST(what_is_printed_reads_the_same)
{
	for (size_t row = 0; row < 200; row++) {
		what_is_printed_reads_the_same_row(row);
		teardown();
		setup();
	}
}
END_TEST

Suite *
cql_suite(void)
{
	Suite *s = suite_create("cql");
	TCase *t = tcase_create("cql");

	tcase_set_timeout(t, 60); /* the limits take a while under sanitizers */
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, tokens_have_kinds);
	tcase_add_test(t, tokens_split_where_they_must);
	tcase_add_test(t, tokens_know_their_place_and_value);
	tcase_add_test(t, words_are_found);
	tcase_add_test(t, reads_terms);
	tcase_add_test(t, refuses_bad_terms);
	tcase_add_test(t, nesting_is_limited);
	tcase_add_test(t, snapshots_come_back_byte_for_byte);
	tcase_add_test(t, reads_the_table_of_messages);
	tcase_add_test(t, reads_every_option);
	tcase_add_test(t, reads_compression);
	tcase_add_test(t, leveled_has_its_own_filter);
	tcase_add_test(t, drops_and_adds_columns);
	tcase_add_test(t, knows_keyspaces_and_passes_over_the_rest);
	tcase_add_test(t, looks_up);
	tcase_add_test(t, refuses_bad_schemas);
	tcase_add_test(t, schemas_have_limits);
	tcase_add_test(t, definitions_have_limits);
	tcase_add_test(t, copies_of_types_have_a_limit);
	tcase_add_test(t, what_is_printed_reads_the_same);
	suite_add_tcase(s, t);
	return s;
}
