/*
 * tests/unit/types.c: values and their texts and order, as a real Cassandra gave them: tests/types.tsv
 * and tests/order.tsv, which tests/cassandra/types-capture writes.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "schema/type.h"

Suite *types_suite(void);

enum {
	CLASS,
	BYTES,
	CQL,
	STRING,
	JSON,
	FROM_STRING,
	FROM_JSON,
	NCOLS
};

struct row {
	size_t line;
	struct sst_slice col[NCOLS];
	struct sst_slice bytes;
	const struct sst_type *type;
};

static struct sst_arena arena;
static struct row rows[1024];
static size_t nrows;

static struct sst_slice
unhex(struct sst_slice s)
{
	uint8_t *out = sst_arena_alloc(&arena, s.n / 2 + 1);
	size_t i;
	unsigned v;

	for (i = 0; i < s.n / 2; i++) {
		char two[3] = { (char)s.p[2 * i], (char)s.p[2 * i + 1], '\0' };

		ck_assert_int_eq(sscanf(two, "%2x", &v), 1);
		out[i] = (uint8_t)v;
	}
	return (struct sst_slice){ out, s.n / 2 };
}

static struct sst_slice
unescape(const char *s, size_t n)
{
	uint8_t *out = sst_arena_alloc(&arena, n + 1), *p = out;
	size_t i;

	for (i = 0; i < n; i++) {
		char c = s[i];

		if (c == '\\' && i + 1 < n) {
			c = s[++i];
			c = c == 't'   ? '\t'
			    : c == 'n' ? '\n'
			    : c == 'r' ? '\r'
			    : c == '0' ? '\0'
				       : c;
		}
		*p++ = (uint8_t)c;
	}
	return (struct sst_slice){ out, (size_t)(p - out) };
}

static void
read_row(struct row *r, const char *line)
{
	struct sst_err e;
	size_t i, n;

	*r = (struct row){ 0 };
	for (i = 0; i < NCOLS; i++) {
		n = strcspn(line, "\t\n");
		r->col[i] = unescape(line, n);
		line += n + (line[n] == '\t');
	}
	r->bytes = unhex(r->col[BYTES]);
	if (sst_type_parse_class(&r->type, &arena, r->col[CLASS], &e) == -1)
		ck_abort_msg("%s", e.what);
}

static void
read_table(const char *path)
{
	static char line[65536];
	FILE *f = fopen(path, "r");
	size_t at;

	ck_assert_msg(f != NULL, "%s is missing", path);
	nrows = 0;
	for (at = 1; fgets(line, sizeof(line), f) != NULL; at++) {
		if (line[0] == '#')
			continue;
		ck_assert_uint_lt(nrows, SST_ARRAY_LEN(rows));
		read_row(&rows[nrows], line);
		rows[nrows++].line = at;
	}
	fclose(f);
}

static bool
is(struct sst_slice s, const char *mark)
{
	return sst_slice_eq(s, sst_slice_str(mark));
}

static bool
holds(struct sst_slice s, const char *part)
{
	size_t i, n = strlen(part);

	for (i = 0; i + n <= s.n; i++)
		if (memcmp(s.p + i, part, n) == 0)
			return true;
	return false;
}

/* Compares and says which row it was. */
static void
expect(const struct row *r, const char *what, struct sst_slice got, struct sst_slice want)
{
	if (!sst_slice_eq(got, want))
		ck_abort_msg("types.tsv:%zu: %s: got %.*s, want %.*s", r->line, what, (int)got.n,
		    (const char *)got.p, (int)want.n, (const char *)want.p);
}

typedef int form(const struct sst_type *, struct sst_slice, struct sst_buf *, struct sst_err *);

/* What a function makes of `in`, in the arena; p is NULL when it fails. */
static struct sst_slice
make(form *f, const struct sst_type *t, struct sst_slice in, struct sst_err *e)
{
	struct sst_slice s = { NULL, 0 };
	struct sst_buf b = { 0 };

	sst_buf_adds(&b, "before"); /* all of them append */
	if (f(t, in, &b, e) == 0) {
		ck_assert(b.n >= 6 && memcmp(b.p, "before", 6) == 0);
		s = sst_arena_slice(&arena, (struct sst_slice){ b.p + 6, b.n - 6 });
	}
	sst_buf_free(&b);
	return s;
}

static void
expect_made(
    const struct row *r, const char *what, form *f, struct sst_slice in, struct sst_slice want)
{
	struct sst_err e = { .what = "" };
	struct sst_slice got = make(f, r->type, in, &e);

	if (got.p == NULL)
		ck_abort_msg("types.tsv:%zu: %s of %.*s: %s", r->line, what, (int)in.n,
		    (const char *)in.p, e.what);
	expect(r, what, got, want);
}

START_TEST(names_and_validity)
{
	struct sst_buf b = { 0 };
	struct sst_err e;
	size_t i;

	for (i = 0; i < nrows; i++) {
		struct row *r = &rows[i];
		int want = is(r->col[CQL], "!") ? -1 : 0;

		sst_buf_reset(&b);
		sst_type_class(r->type, &b);
		expect(r, "class", sst_buf_slice(&b), r->col[CLASS]);
		if (is(r->col[STRING], "-"))
			continue; /* Cassandra takes it and fails to print it */
		if (sst_type_validate(r->type, r->bytes, &e) != want)
			ck_abort_msg("types.tsv:%zu: validate", r->line);
		if (want == -1)
			ck_assert_int_eq(e.code, SST_EDAMAGED);
	}
	sst_buf_free(&b);
}
END_TEST

START_TEST(prints_as_cassandra)
{
	size_t i;

	for (i = 0; i < nrows; i++) {
		struct row *r = &rows[i];

		if (is(r->col[CQL], "!"))
			continue;
		if (!is(r->col[STRING], "-"))
			expect_made(r, "to_string", sst_type_to_string, r->bytes, r->col[STRING]);
		if (!is(r->col[JSON], "-"))
			expect_made(r, "to_json", sst_type_to_json, r->bytes, r->col[JSON]);
	}
}
END_TEST

START_TEST(reads_as_cassandra)
{
	size_t i;

	for (i = 0; i < nrows; i++) {
		struct row *r = &rows[i];

		if (is(r->col[CQL], "!"))
			continue;
		if (!is(r->col[CQL], "-"))
			expect_made(r, "from_cql", sst_type_from_cql, r->col[CQL], r->bytes);
		if (!is(r->col[FROM_STRING], "-"))
			expect_made(r, "from_string", sst_type_from_string, r->col[STRING],
			    unhex(r->col[FROM_STRING]));
		/* Java makes a double of a decimal in JSON; we keep its digits. */
		if (!is(r->col[FROM_JSON], "-") && !holds(r->col[CLASS], "DecimalType"))
			expect_made(r, "from_json", sst_type_from_json, r->col[JSON],
			    unhex(r->col[FROM_JSON]));
	}
}
END_TEST

/* What another way to write the value is: its canonical bytes, where there are several. */
static struct sst_slice
canonical(const struct row *r)
{
	struct sst_err e;
	struct sst_slice text = make(sst_type_to_cql, r->type, r->bytes, &e);

	ck_assert_ptr_nonnull(text.p);
	return make(sst_type_from_cql, r->type, text, &e);
}

/* Our own CQL and NDJSON read back to a value that is equal in order, and mostly in bytes. */
START_TEST(reads_what_it_prints)
{
	struct sst_err e;
	size_t i, same = 0, all = 0;

	for (i = 0; i < nrows; i++) {
		struct row *r = &rows[i];
		struct sst_slice back, text, want;

		if (is(r->col[CQL], "!") || is(r->col[STRING], "-"))
			continue;
		back = canonical(r);
		if (back.p == NULL || sst_type_compare(r->type, back, r->bytes) != 0)
			ck_abort_msg("types.tsv:%zu: to_cql does not read back", r->line);
		same += sst_slice_eq(back, r->bytes);
		all++;
		text = make(sst_type_to_ndjson, r->type, r->bytes, &e);
		ck_assert_ptr_nonnull(text.p);
		back = make(sst_type_from_json, r->type, text, &e);
		/* an IPv4 address within IPv6 is one where Java reads its text back */
		want = r->type->kind == SST_INET ? unhex(r->col[FROM_JSON]) : r->bytes;
		if (back.p == NULL || (want.n > 0 && sst_type_compare(r->type, back, want) != 0))
			ck_abort_msg("types.tsv:%zu: to_ndjson does not read back: %.*s: %s",
			    r->line, (int)text.n, (const char *)text.p, e.what);
	}
	ck_assert_uint_gt(all, 400);
	ck_assert_uint_gt(same * 100, all * 90);
}
END_TEST

static void
put_text(FILE *f, const struct row *r, const char *name, form *print)
{
	struct sst_err e;
	struct sst_slice text = make(print, r->type, r->bytes, &e);
	size_t i;

	ck_assert_ptr_nonnull(text.p);
	fprintf(f, "%.*s\t", (int)r->col[CLASS].n, (const char *)r->col[CLASS].p);
	for (i = 0; i < r->bytes.n; i++)
		fprintf(f, "%02x", r->bytes.p[i]);
	fprintf(f, "\t%s\t", name);
	for (i = 0; i < text.n; i++)
		switch (text.p[i]) {
		case '\t':
			fputs("\\t", f);
			break;
		case '\n':
			fputs("\\n", f);
			break;
		case '\r':
			fputs("\\r", f);
			break;
		case '\0':
			fputs("\\0", f);
			break;
		case '\\':
			fputs("\\\\", f);
			break;
		default:
			fputc(text.p[i], f);
		}
	fputc('\n', f);
}

/* Our texts, for types-capture's check by a Cassandra. */
START_TEST(writes_texts_for_cassandra)
{
	const char *path = getenv("TYPES_OUT");
	FILE *f = path != NULL ? fopen(path, "w") : NULL;
	size_t i;

	ck_assert(path == NULL || f != NULL);
	for (i = 0; i < nrows && f != NULL; i++) {
		if (is(rows[i].col[CQL], "!") || is(rows[i].col[STRING], "-"))
			continue;
		if (!is(rows[i].col[CQL], "-") ||
		    (rows[i].bytes.n == 0 && rows[i].type->kind < SST_LIST))
			put_text(f, &rows[i], "cql", sst_type_to_cql);
		if (sst_slice_eq(rows[i].col[FROM_JSON], rows[i].col[BYTES]) &&
		    !holds(rows[i].col[CLASS], "UserType"))
			put_text(f, &rows[i], "json", sst_type_to_ndjson);
	}
	if (f != NULL)
		ck_assert_int_eq(fclose(f), 0);
}
END_TEST

START_TEST(orders_as_cassandra)
{
	size_t i, j;

	for (i = 1; i < nrows; i++) {
		struct row *r = &rows[i];
		int c, want = 0;

		for (j = i; j-- > 0 && sst_slice_eq(rows[j].col[CLASS], r->col[CLASS]);) {
			want |= is(rows[j + 1].col[CQL], "<");
			c = sst_type_compare(r->type, rows[j].bytes, r->bytes);
			if ((c < 0) != want || (c == 0) == want ||
			    sst_type_compare(r->type, r->bytes, rows[j].bytes) * c > 0)
				ck_abort_msg(
				    "order.tsv:%zu against %zu: %d", r->line, rows[j].line, c);
		}
	}
}
END_TEST

static const struct sst_type *
simple(const char *class_name)
{
	const struct sst_type *t;
	struct sst_err e;

	ck_assert_int_eq(sst_type_parse_class(&t, &arena, sst_slice_str(class_name), &e), 0);
	return t;
}

/* Integers of any length compare; texts are made up to 16 KiB of them, in bounded time. */
START_TEST(long_numbers_are_bounded)
{
	const struct sst_type *v = simple("IntegerType"), *d = simple("DecimalType");
	struct sst_buf big = { 0 }, text = { 0 }, back = { 0 };
	struct sst_err e;
	int i;

	sst_buf_addc(&big, 1);
	for (i = 0; i < 16383; i++)
		sst_buf_addc(&big, (char)i);
	ck_assert_int_eq(sst_type_to_string(v, sst_buf_slice(&big), &text, &e), 0);
	ck_assert_uint_eq(text.n, 39455);
	ck_assert_int_eq(sst_type_from_string(v, sst_buf_slice(&text), &back, &e), 0);
	ck_assert(sst_slice_eq(sst_buf_slice(&back), sst_buf_slice(&big)));
	sst_buf_addc(&big, 0);
	ck_assert_int_eq(sst_type_to_string(v, sst_buf_slice(&big), &text, &e), -1);
	ck_assert_int_eq(e.code, SST_ELIMIT);
	ck_assert_int_eq(sst_type_to_json(d, sst_buf_slice(&big), &text, &e), 0);
	ck_assert_int_gt(sst_type_compare(v, sst_buf_slice(&big), sst_buf_slice(&back)), 0);
	ck_assert_int_eq(sst_type_validate(v, sst_buf_slice(&big), &e), 0);
	sst_buf_reset(&text);
	for (i = 0; i < 40000; i++)
		sst_buf_addc(&text, '7');
	ck_assert_int_eq(sst_type_from_string(v, sst_buf_slice(&text), &back, &e), -1);
	ck_assert_int_eq(e.code, SST_ELIMIT);
	sst_buf_free(&big);
	sst_buf_free(&text);
	sst_buf_free(&back);
}
END_TEST

static const struct {
	const char *type, *text;
	bool json;
} refused[] = {
	{ "LongType", "9223372036854775808", false },
	{ "LongType", "1.5", false },
	{ "LongType", "'1'", false },
	{ "LongType", "1 2", false },
	{ "LongType", "", false },
	{ "LongType", "blobAsInt(0x)", false },
	{ "LongType", "blobAsBigint(0x00)", false },
	{ "LongType", "blobAsBigint 0x", false },
	{ "LongType", "blobAsBigint(0x0)", false },
	{ "ByteType", "128", false },
	{ "BooleanType", "yes", false },
	{ "CounterColumnType", "99999999999999999999", false },
	{ "UTF8Type", "'open", false },
	{ "UTF8Type", "$$open", false },
	{ "UTF8Type", "bare", false },
	{ "BytesType", "0xabc", false },
	{ "DoubleType", "1e", false },
	{ "DecimalType", "1e99999999999", false },
	{ "DecimalType", "1.2.3", false },
	{ "SimpleDateType", "'2015-02-29'", false },
	{ "SimpleDateType", "'10000-01-01'", false },
	{ "SimpleDateType", "'+9999999-01-01'", false },
	{ "SimpleDateType", "4294967296", false },
	{ "TimeType", "'24:00:00'", false },
	{ "TimeType", "86400000000000", false },
	{ "TimestampType", "'2015-13-01'", false },
	{ "TimestampType", "'2015-01-01T25:00'", false },
	{ "TimestampType", "'2015-01-01 00:00 CET'", false },
	{ "TimestampType", "'2015-01-01+19:00'", false },
	{ "DurationType", "1d1y", false },
	{ "DurationType", "1d1d", false },
	{ "DurationType", "2147483648mo", false },
	{ "DurationType", "P1Y2", false },
	{ "DurationType", "P1-02-03T04:05:06", false },
	{ "InetAddressType", "'1.2.3.256'", false },
	{ "InetAddressType", "'1.2.3.4.5'", false },
	{ "InetAddressType", "'1::2::3'", false },
	{ "InetAddressType", "'1:2:3:4:5:6:7:8:9'", false },
	{ "InetAddressType", "'example.org'", false },
	{ "UUIDType", "550e8400-e29b-41d4-a716-44665544000g", false },
	{ "TimeUUIDType", "550e8400-e29b-41d4-a716-446655440000", false },
	{ "EmptyType", "'x'", false },
	{ "ListType(Int32Type)", "[1, null]", false },
	{ "ListType(Int32Type)", "[1", false },
	{ "ListType(Int32Type)", "{1}", false },
	{ "MapType(Int32Type,Int32Type)", "{1}", false },
	{ "TupleType(Int32Type)", "(1, 2)", false },
	{ "TupleType(Int32Type)", "1", false },
	{ "UserType(ks,61,62:Int32Type)", "{c: 1}", false },
	{ "UserType(ks,61,62:Int32Type)", "{b 1}", false },
	{ "UserType(ks,61,62:Int32Type)", "{b: 1", false },
	{ "UserType(ks,61,62:Int32Type)", "(1)", false },
	{ "VectorType(Int32Type , 2)", "[1]", false },
	{ "VectorType(Int32Type , 2)", "[1, 2, 3]", false },
	{ "VectorType(Int32Type , 2)", "[1, blobAsInt(0x)]", false },
	{ "VectorType(Int32Type , 2)", "1", false },
	{ "LongType", "null", true },
	{ "LongType", "true", true },
	{ "LongType", "[1]", true },
	{ "LongType", "{", true },
	{ "UTF8Type", "5", true },
	{ "BytesType", "\"cafe\"", true },
	{ "CounterColumnType", "\"x\"", true },
	{ "FloatType", "\"x\"", true },
	{ "ListType(Int32Type)", "[null]", true },
	{ "ListType(Int32Type)", "{}", true },
	{ "TupleType(Int32Type)", "[1, 2]", true },
	{ "UserType(ks,61,62:Int32Type)", "{\"c\": 1}", true },
	{ "UserType(ks,61,62:Int32Type)", "[1]", true },
	{ "VectorType(Int32Type , 2)", "[1]", true },
	{ "VectorType(Int32Type , 2)", "[1, \"\"]", true },
};

START_TEST(refuses_what_is_no_value)
{
	struct sst_slice text = sst_slice_str(refused[_i].text), got;
	const struct sst_type *t = simple(refused[_i].type);
	struct sst_err e = { .code = SST_OK };

	got = make(refused[_i].json ? sst_type_from_json : sst_type_from_cql, t, text, &e);
	ck_assert_msg(got.p == NULL, "%s took %s", refused[_i].type, refused[_i].text);
	ck_assert(e.code == SST_EINVAL || e.code == SST_EDAMAGED);
	ck_assert_str_ne(e.what, "");
}
END_TEST

static void
read_types(void)
{
	read_table("tests/types.tsv");
}

static void
read_order(void)
{
	read_table("tests/order.tsv");
}

static void
forget(void)
{
	sst_arena_free(&arena);
}

Suite *
types_suite(void)
{
	Suite *s = suite_create("types");
	TCase *t = tcase_create("texts"), *o = tcase_create("order"), *l = tcase_create("limits");

	tcase_add_checked_fixture(t, read_types, forget);
	tcase_add_test(t, names_and_validity);
	tcase_add_test(t, prints_as_cassandra);
	tcase_add_test(t, reads_as_cassandra);
	tcase_add_test(t, reads_what_it_prints);
	tcase_add_test(t, writes_texts_for_cassandra);
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(l, NULL, forget);
	tcase_add_test(l, long_numbers_are_bounded);
	tcase_add_loop_test(l, refuses_what_is_no_value, 0, (int)SST_ARRAY_LEN(refused));
	suite_add_tcase(s, l);
	tcase_add_checked_fixture(o, read_order, forget);
	tcase_add_test(o, orders_as_cassandra);
	suite_add_tcase(s, o);
	return s;
}
