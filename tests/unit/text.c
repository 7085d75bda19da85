/* Tests of room text: instants, names, and both forms of rows. */
#include <check.h>

#include "base/num.h"
#include "schema/ident.h"
#include "text/int.h"

Suite *text_suite(void);

/* Printed by Java's TimeUnit and Instant, put together as sstabledump does it. */
static const struct {
	char unit;
	int64_t t;
	const char *want;
} instants[] = {
	{ 'u', INT64_C(0), "1970-01-01T00:00:00Z" },
	{ 'u', INT64_C(1), "1970-01-01T00:00:00.000001Z" },
	{ 'u', INT64_C(-1), "1970-01-01T00:00:00.999999Z" },
	{ 'u', INT64_C(999999), "1970-01-01T00:00:00.999999Z" },
	{ 'u', INT64_C(-999999), "1970-01-01T00:00:00.000001Z" },
	{ 'u', INT64_C(-1000000), "1969-12-31T23:59:59Z" },
	{ 'u', INT64_C(-1500000), "1969-12-31T23:59:59.500Z" },
	{ 'u', INT64_C(1525385507816568), "2018-05-03T22:11:47.816568Z" },
	{ 'u', INT64_C(1000), "1970-01-01T00:00:00.001Z" },
	{ 'u', INT64_C(1461330710051000), "2016-04-22T13:11:50.051Z" },
	{ 'u', INT64_C(253402300799999999), "9999-12-31T23:59:59.854775807Z" },
	{ 'u', INT64_C(253402300800000000), "+10000-01-01T00:00:00.854775807Z" },
	{ 'u', INT64_C(-62167219200000000), "0000-01-01T00:00:00.145224192Z" },
	{ 'u', INT64_C(-62167219200000001), "0000-01-01T00:00:00.145224192Z" },
	{ 'u', INT64_C(-62198755200000000), "-0001-01-01T00:00:00.145224192Z" },
	{ 'u', INT64_C(9223372036854775), "2262-04-11T23:47:16.854775Z" },
	{ 'u', INT64_C(9223372036854776), "2262-04-11T23:47:16.854775807Z" },
	{ 'u', INT64_C(-9223372036854775), "1677-09-21T00:12:44.145225Z" },
	{ 'u', INT64_C(-9223372036854776), "1677-09-21T00:12:44.145224192Z" },
	{ 'u', INT64_C(9223372036854775807), "+294247-01-10T04:00:54.854775807Z" },
	{ 'u', INT64_MIN, "-290308-12-21T19:59:06.145224192Z" },
	{ 'u', INT64_C(-377705116800000000), "-9999-01-01T00:00:00.145224192Z" },
	{ 'u', INT64_C(-377736652800000000), "-10000-01-02T00:00:00.145224192Z" },
	{ 's', INT64_C(0), "1970-01-01T00:00:00Z" },
	{ 's', INT64_C(-1), "1969-12-31T23:59:59Z" },
	{ 's', INT64_C(59), "1970-01-01T00:00:59Z" },
	{ 's', INT64_C(1525385507), "2018-05-03T22:11:47Z" },
	{ 's', INT64_C(2147483647), "2038-01-19T03:14:07Z" },
	{ 's', INT64_C(-2147483648), "1901-12-13T20:45:52Z" },
	{ 's', INT64_C(4294967294), "2106-02-07T06:28:14Z" },
	{ 's', INT64_C(9223372036), "2262-04-11T23:47:16Z" },
	{ 's', INT64_C(9223372037), "2262-04-11T23:47:17.854775807Z" },
	{ 's', INT64_C(-9223372037), "1677-09-21T00:12:43.145224192Z" },
	{ 's', INT64_C(31556889864403199), "+1000000000-12-31T23:59:59.854775807Z" },
	{ 's', INT64_C(-31556889864403199), "-999996061-01-01T00:00:01.145224192Z" },
	{ 's', INT64_C(253402300800), "+10000-01-01T00:00:00.854775807Z" },
	{ 's', INT64_MAX, "9223372036854775807" }, /* where Java has no Instant: the number */
	{ 's', INT64_MIN, "-9223372036854775808" },
};

START_TEST(instant)
{
	struct sst_buf b = { 0 };

	if (instants[_i].unit == 'u')
		sst_text_instant_us(&b, instants[_i].t);
	else
		sst_text_instant_s(&b, instants[_i].t);
	sst_buf_addc(&b, '\0');
	ck_assert_str_eq((char *)b.p, instants[_i].want);
	sst_buf_free(&b);
}
END_TEST

static const struct {
	const char *name, *want;
} idents[] = {
	{ "a", "a" },
	{ "z_09", "z_09" },
	{ "", "\"\"" },
	{ "9a", "\"9a\"" },
	{ "_a", "\"_a\"" },
	{ "Name", "\"Name\"" },
	{ "with \"quotes\"", "\"with \"\"quotes\"\"\"" },
	{ "\xc3\xbc", "\"\xc3\xbc\"" },
	{ "add", "\"add\"" },
	{ "with", "\"with\"" },
	{ "norecursive", "\"norecursive\"" },
	{ "replace", "replace" },
	{ "adds", "adds" },
	{ "timestamp", "timestamp" },
};

START_TEST(ident)
{
	struct sst_buf b = { 0 };

	sst_ident_put(&b, sst_slice_str(idents[_i].name));
	sst_buf_addc(&b, '\0');
	ck_assert_str_eq((char *)b.p, idents[_i].want);
	sst_buf_free(&b);
}
END_TEST

static const struct {
	int64_t v;
	const char *want;
} numbers[] = {
	{ 0, "0" },
	{ 9, "9" },
	{ 10, "10" },
	{ 99, "99" },
	{ 100, "100" },
	{ -1, "-1" },
	{ 12345, "12345" },
	{ INT64_MAX, "9223372036854775807" },
	{ INT64_MIN, "-9223372036854775808" },
};

START_TEST(number)
{
	struct sst_buf b = { 0 };

	sst_digits_i64(&b, numbers[_i].v);
	sst_buf_addc(&b, '\0');
	ck_assert_str_eq((char *)b.p, numbers[_i].want);
	sst_buf_free(&b);
}
END_TEST

Suite *
text_suite(void)
{
	Suite *s = suite_create("text");
	TCase *t = tcase_create("text");

	tcase_add_loop_test(t, instant, 0, (int)SST_ARRAY_LEN(instants));
	tcase_add_loop_test(t, ident, 0, (int)SST_ARRAY_LEN(idents));
	tcase_add_loop_test(t, number, 0, (int)SST_ARRAY_LEN(numbers));
	suite_add_tcase(s, t);
	return s;
}
