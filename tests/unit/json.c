/* tests/unit/json.c: reading JSON, writing JSON strings, UTF-8. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/num.h"
#include "codec/json.h"
#include "codec/jsonout.h"
#include "codec/utf8.h"

#include "codec_vectors.h"

Suite *json_suite(void);

static struct sst_json *j;

static void
setup(void)
{
	struct sst_err e;

	ck_assert_int_eq(sst_json_new(&j, &e), 0);
}

/* The code of simdjson for a CPU without SIMD; each test runs in a process of its own. */
static void
setup_plain(void)
{
	setenv("SIMDJSON_FORCE_IMPLEMENTATION", "fallback", 1);
	setup();
}

static void
teardown(void)
{
	sst_json_free(j);
}

/* Prints a value back without white space, in a way that shows what each node says. */
static void
show(struct sst_buf *b, const struct sst_json_node *v)
{
	bool object = v->type == SST_JSON_OBJECT;
	const struct sst_json_node *c = sst_json_first(v);
	uint32_t n = 0;

	if (v->type == SST_JSON_STRING) {
		sst_json_put_string(b, v->text);
	} else if (v->type < SST_JSON_STRING) {
		ck_assert_uint_eq(v->skip, 1);
		sst_buf_add_slice(b, v->text);
	} else {
		sst_buf_addc(b, object ? '{' : '[');
		for (; c < sst_json_end(v); c = sst_json_next(c), n++) {
			sst_buf_adds(b, n > 0 ? "," : "");
			if (object) {
				show(b, c++);
				sst_buf_addc(b, ':');
			}
			show(b, c);
		}
		ck_assert_uint_eq(n, v->count);
		sst_buf_addc(b, object ? '}' : ']');
	}
}

static const struct {
	const char *text, *want; /* want NULL: as it stands */
} good[] = {
	{ "{}", NULL },
	{ "[]", NULL },
	{ " [ ]\n", "[]" },
	{ "null", NULL },
	{ "true", NULL },
	{ "false ", "false" },
	{ "\"\"", NULL },
	{ "0", NULL },
	{ "-0", NULL },
	{ "18446744073709551616123456789", NULL },
	{ "-1.50e+10", NULL },
	{ "1E9", NULL },
	{ "[1,2.5,-3,\"x\",null,true,false,{},[]]", NULL },
	{ "{\"a\":{\"b\":[1,{\"c\":[[]]}]},\"a\":2}", NULL },
	{ "\t{ \"a\" : [ 1 , 2 ] , \"b\"\r\n: \"c d\" } ", "{\"a\":[1,2],\"b\":\"c d\"}" },
	{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\"" },
	{ "\"\\u0041\\u00e4\\u20AC\\ud83d\\ude00\\u0000z\"",
	    "\"A\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\\u0000z\"" },
	{ "\"\\\\\"", NULL },
	{ "[\"a\\\\\",\"b\\\"\",\"\\n\",\"plain\",\"\\u0031\"]",
	    "[\"a\\\\\",\"b\\\"\",\"\\n\",\"plain\",\"1\"]" },
	{ "{\"k\\u0031\":\"[1,{\\\"x\\\":2}]\"}", "{\"k1\":\"[1,{\\\"x\\\":2}]\"}" },
	{ "\"\xf4\x8f\xbf\xbf\xed\x9f\xbf\xee\x80\x80\"", NULL },
};

static void
reads_json_row(size_t row)
{
	const struct sst_json_node *v;
	struct sst_buf b = { 0 };
	struct sst_err e;

	ck_assert_msg(sst_json_parse(j, sst_slice_str(good[row].text), &v, &e) == 0, "%s", e.what);
	show(&b, v);
	sst_buf_addc(&b, '\0');
	ck_assert_str_eq((char *)b.p, good[row].want != NULL ? good[row].want : good[row].text);
	sst_buf_free(&b);
}

START_TEST(reads_json)
{
	for (size_t row = 0; row < SST_ARRAY_LEN(good); row++)
		reads_json_row(row);
}
END_TEST

static const struct {
	const char *text;
	uint64_t off; /* SST_NOWHERE: depends on the CPU */
} bad[] = {
	{ "", 0 },
	{ "  \n", 0 },
	{ "{", 1 },
	{ "[", 1 },
	{ "}", 0 },
	{ "]", 0 },
	{ "[1", 2 },
	{ "[1,", 3 },
	{ "[1,]", 3 },
	{ "[,1]", 1 },
	{ "[1 2]", 3 },
	{ "[1]]", 3 },
	{ "{}{}", 2 },
	{ "[}", 1 },
	{ "{]", 1 },
	{ "[1}", 2 },
	{ "{\"a\":1]", 6 },
	{ "{\"a\"}", 4 },
	{ "{\"a\" 1}", 5 },
	{ "{\"a\":}", 5 },
	{ "{\"a\":1,}", 7 },
	{ "{a:1}", 1 },
	{ "{1:1}", 1 },
	{ "{\"a\":1 \"b\":2}", 7 },
	{ "{\"a\"::1}", 5 },
	{ "{,}", 1 },
	{ ",", 0 },
	{ ":", 0 },
	{ "[\"a\" \"b\"]", 5 },
	{ "\"a\"\"b\"", 3 },
	{ "\"a\"b", 3 },
	{ "\"abc", 0 },
	{ "[\"abc]", 1 },
	{ "[\"a\\\"]", 1 },
	{ "nul", 0 },
	{ "nulll", 0 },
	{ "True", 0 },
	{ "tru", 0 },
	{ "nan", 0 },
	{ "01", 0 },
	{ "-", 0 },
	{ "+1", 0 },
	{ "1.", 0 },
	{ ".5", 0 },
	{ "1e", 0 },
	{ "1e+", 0 },
	{ "0x10", 0 },
	{ "1 2", 2 },
	{ "--1", 0 },
	{ "1-1", 0 },
	{ "1\"a\"", 0 },
	{ "[1\\\"x\"]", SST_NOWHERE },
	{ "\\\"a\"", SST_NOWHERE },
	{ "'a'", 0 },
	{ "\"\\x\"", 1 },
	{ "\"a\\u12\"", 2 },
	{ "\"\\u12g4\"", 1 },
	{ "\"\\ud800\"", 1 },
	{ "\"\\udc00\"", 1 },
	{ "\"\\ud800\\u0041\"", 1 },
	{ "\"\\ud800x12345\"", 1 },
	{ "[1,\"a\tb\"]", 5 },
	{ "\"a\\\\b\x01\"", 5 },
	{ "\"\x80\"", 1 },
	{ "\"ab\xc0\xaf\"", 3 },
	{ "\"\xed\xa0\x80\"", 1 },
	{ "\"\xf5\x80\x80\x80\"", 1 },
	{ "\"\xe2\x82\"", 1 },
	{ "\xef\xbb\xbf{}", 0 },
};

static void
refuses_what_is_not_json_row(size_t row)
{
	const struct sst_json_node *v;
	struct sst_err e;

	ck_assert_int_eq(sst_json_parse(j, sst_slice_str(bad[row].text), &v, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	if (bad[row].off != SST_NOWHERE)
		ck_assert_uint_eq(e.off, bad[row].off);
	ck_assert_uint_le(e.off, strlen(bad[row].text));
	ck_assert_ptr_null(v);
	/* and the parser is as good as new */
	ck_assert_int_eq(sst_json_parse(j, SST_SLICE_LIT("[1]"), &v, &e), 0);
}

START_TEST(refuses_what_is_not_json)
{
	for (size_t row = 0; row < SST_ARRAY_LEN(bad); row++)
		refuses_what_is_not_json_row(row);
}
END_TEST

START_TEST(raw_nul_is_no_token)
{
	const struct sst_json_node *v;
	struct sst_err e;

	ck_assert_int_eq(sst_json_parse(j, SST_SLICE_LIT("[1]\0"), &v, &e), -1);
	ck_assert_int_eq(sst_json_parse(j, SST_SLICE_LIT("\0"), &v, &e), -1);
	ck_assert_int_eq(sst_json_parse(j, SST_SLICE_LIT("[1\0]"), &v, &e), -1);
	ck_assert_int_eq(sst_json_parse(j, SST_SLICE_LIT("[\0]"), &v, &e), -1);
	ck_assert_int_eq(sst_json_parse(j, (struct sst_slice){ NULL, 0 }, &v, &e), -1);
}
END_TEST

START_TEST(depth_and_length_are_limited)
{
	const struct sst_json_node *v;
	struct sst_buf b = { 0 };
	struct sst_err e;

	for (int deep = SST_JSON_DEPTH_MAX; deep <= SST_JSON_DEPTH_MAX + 1; deep++) {
		sst_buf_reset(&b);
		for (int i = 0; i < deep; i++)
			sst_buf_addc(&b, '[');
		for (int i = 0; i < deep; i++)
			sst_buf_addc(&b, ']');
		ck_assert_int_eq(sst_json_parse(j, sst_buf_slice(&b), &v, &e),
		    deep == SST_JSON_DEPTH_MAX ? 0 : -1);
	}
	ck_assert_int_eq(e.code, SST_ELIMIT);
	ck_assert_uint_eq(e.off, SST_JSON_DEPTH_MAX);
	b.n = SST_JSON_TEXT_MAX + 1; /* not looked at */
	ck_assert_int_eq(sst_json_parse(j, sst_buf_slice(&b), &v, &e), -1);
	ck_assert_int_eq(e.code, SST_ELIMIT);
	sst_buf_free(&b);
}
END_TEST

/* Many values, many escapes: memory grows, and what was handed out does not move in one parse. */
START_TEST(long_arrays)
{
	const struct sst_json_node *v, *c;
	struct sst_buf b = { 0 };
	struct sst_err e;
	uint32_t i = 0;

	sst_buf_addc(&b, '[');
	for (; i < 20000; i++)
		sst_buf_addf(&b, "%s\"\\u0041%u\"", i > 0 ? "," : "", i);
	sst_buf_addc(&b, ']');
	ck_assert_int_eq(sst_json_parse(j, sst_buf_slice(&b), &v, &e), 0);
	ck_assert_uint_eq(v->count, 20000);
	for (i = 0, c = sst_json_first(v); c < sst_json_end(v); c = sst_json_next(c), i++) {
		char want[16];

		ck_assert_uint_eq(
		    c->text.n, (size_t)snprintf(want, sizeof(want), "A%u", (unsigned)i));
		ck_assert_mem_eq(c->text.p, want, c->text.n);
	}
	sst_buf_free(&b);
}
END_TEST

START_TEST(finds_members)
{
	struct sst_slice text = SST_SLICE_LIT("{\"a\":1,\"b\":[{\"a\":2}],\"a\": 3e1 ,\"\":0}");
	const struct sst_json_node *v, *m;
	struct sst_err e;

	ck_assert_int_eq(sst_json_parse(j, text, &v, &e), 0);
	m = sst_json_get(v, SST_SLICE_LIT("a"));
	ck_assert(sst_slice_eq(m->text, SST_SLICE_LIT("3e1")));
	ck_assert_uint_eq(m->off, 26);
	m = sst_json_get(v, SST_SLICE_LIT("b"));
	ck_assert(sst_slice_eq(m->text, SST_SLICE_LIT("[{\"a\":2}]")));
	ck_assert_ptr_eq(m->text.p, text.p + m->off);
	ck_assert_ptr_null(sst_json_get(m, SST_SLICE_LIT("a")));
	ck_assert_ptr_nonnull(sst_json_get(v, SST_SLICE_LIT("")));
	ck_assert_ptr_null(sst_json_get(v, SST_SLICE_LIT("c")));
	ck_assert_ptr_null(sst_json_get(NULL, SST_SLICE_LIT("c")));
}
END_TEST

/* Text that ends where readable memory does, at every length to the end of a page. */
START_TEST(reads_nothing_behind_the_text)
{
	static const char text[] =
	    "{\"channel_id\":\"6885369446704490\",\"content\":\"a\\u0041"
	    "\xc3\xa4 long enough to fill more than one block\",\"n\":[1,2]}";
	size_t page = (size_t)sysconf(_SC_PAGESIZE), n = sizeof(text) - 1;
	uint8_t *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
	const struct sst_json_node *v;
	struct sst_err e;

	ck_assert_ptr_ne(map, MAP_FAILED);
	ck_assert_int_eq(mprotect(map + page, page, PROT_NONE), 0);
	memcpy(map + page - n, text, n);
	ck_assert_int_eq(sst_json_parse(j, (struct sst_slice){ map + page - n, n }, &v, &e), 0);
	for (size_t cut = 1; cut < n; cut++) {
		memmove(map + page - n + cut, text, n - cut);
		ck_assert_int_eq(
		    sst_json_parse(j, (struct sst_slice){ map + page - n + cut, n - cut }, &v, &e),
		    -1);
		ck_assert_uint_le(e.off, n - cut);
	}
	munmap(map, 2 * page);
}
END_TEST

START_TEST(writes_as_cassandra)
{
	struct sst_slice from = { (const uint8_t *)quoted.from, quoted.from_n };
	struct sst_slice want = { (const uint8_t *)quoted.to, quoted.to_n };
	struct sst_buf b = { 0 };

	sst_json_put_chars(&b, from);
	ck_assert(sst_slice_eq(sst_buf_slice(&b), want));
	sst_buf_free(&b);
}
END_TEST

/* One U+FFFD for each longest broken sequence (the examples of Unicode 15, chapter 3.9, and more). */
START_TEST(writes_broken_utf8_visibly)
{
#define R "\xef\xbf\xbd"
	static const struct {
		const char *from, *to;
	} t[] = {
		{ "", "\"\"" },
		{ "\x80", "\"" R "\"" },
		{ "a\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41", "\"a" R R R R R R R R "A\"" },
		{ "\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41", "\"" R R R R R R R R "A\"" },
		{ "\xf4\x91\x92\x93\xff\x41\x80\xbf\x42", "\"" R R R R R "A" R R "B\"" },
		{ "\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", "\"" R R R R "A\"" },
		{ "12345678901234567\xe2\x82", "\"12345678901234567" R "\"" },
		{ "\xe2\x82\xac", "\"\xe2\x82\xac\"" },
	};
	struct sst_buf b = { 0 };

	for (size_t i = 0; i < SST_ARRAY_LEN(t); i++) {
		sst_buf_reset(&b);
		sst_json_put_string(&b, sst_slice_str(t[i].from));
		ck_assert(sst_slice_eq(sst_buf_slice(&b), sst_slice_str(t[i].to)));
	}
	sst_buf_free(&b);
}
END_TEST

/* A character to escape at each place in a block of eight. */
START_TEST(escapes_wherever_it_stands)
{
	static const struct {
		uint8_t c;
		const char *want;
	} t[] = { { '"', "\\\"" }, { '\\', "\\\\" }, { '\n', "\\n" }, { 0x1f, "\\u001F" },
		{ 0, "\\u0000" }, { 0x7f, "\x7f" }, { ' ', " " }, { '!', "!" }, { '[', "[" } };
	struct sst_buf b = { 0 }, want = { 0 };
	uint8_t text[40];

	for (size_t i = 0; i < SST_ARRAY_LEN(t); i++) {
		for (size_t at = 0; at < sizeof(text); at++) {
			memset(text, ' ' + (int)at, sizeof(text));
			memset(text, 'x', at);
			memset(text + at, '~', sizeof(text) - at);
			text[at] = t[i].c;
			sst_buf_reset(&b);
			sst_buf_reset(&want);
			sst_json_put_chars(&b, (struct sst_slice){ text, sizeof(text) });
			sst_buf_add(&want, text, at);
			sst_buf_adds(&want, t[i].want);
			sst_buf_add(&want, text + at + 1, sizeof(text) - at - 1);
			ck_assert(sst_slice_eq(sst_buf_slice(&b), sst_buf_slice(&want)));
		}
	}
	sst_buf_free(&b);
	sst_buf_free(&want);
}
END_TEST

/* Every code point is written, found good, and read as long as it is; surrogates are not UTF-8, nor
 * is what lacks its last byte.  Counted, since an assertion a code point would take seconds. */
START_TEST(utf8_of_every_code_point)
{
	size_t wrong = 0;
	uint8_t p[4];
	bool ok;

	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		size_t n = (size_t)(sst_utf8_put(p, c) - p);
		size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		bool surrogate = c >= 0xd800 && c <= 0xdfff;

		wrong += n != len;
		wrong += sst_utf8_char(p, p + n, &ok) != (surrogate ? 1 : n);
		wrong += ok == surrogate;
		wrong += sst_utf8_valid((struct sst_slice){ p, n }) != (surrogate ? 0 : n);
		wrong += n > 1 && sst_utf8_valid((struct sst_slice){ p, n - 1 }) != 0;
	}
	ck_assert_uint_eq(wrong, 0);
}
END_TEST

static TCase *
reading(const char *name, void (*set)(void))
{
	TCase *t = tcase_create(name);

	tcase_add_checked_fixture(t, set, teardown);
	tcase_add_test(t, reads_json);
	tcase_add_test(t, refuses_what_is_not_json);
	tcase_add_test(t, raw_nul_is_no_token);
	tcase_add_test(t, depth_and_length_are_limited);
	tcase_add_test(t, long_arrays);
	tcase_add_test(t, finds_members);
	tcase_add_test(t, reads_nothing_behind_the_text);
	return t;
}

Suite *
json_suite(void)
{
	Suite *s = suite_create("json");
	TCase *t = tcase_create("writing");

	suite_add_tcase(s, reading("json", setup));
	suite_add_tcase(s, reading("json without SIMD", setup_plain));
	tcase_add_test(t, writes_as_cassandra);
	tcase_add_test(t, writes_broken_utf8_visibly);
	tcase_add_test(t, escapes_wherever_it_stands);
	tcase_add_test(t, utf8_of_every_code_point);
	suite_add_tcase(s, t);
	return s;
}
