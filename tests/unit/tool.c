/* Tests of what programs share: sizes, counts, widths, reports. */
#include "tool/tool.h"

#include "base/num.h"
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *tool_suite(void);

static const struct {
	const char *text;
	int rc;
	uint64_t want;
} sizes[] = {
	{ "0", 0, 0 },
	{ "4096", 0, 4096 },
	{ "512B", 0, 512 },
	{ "64K", 0, 65536 },
	{ "64kB", 0, 65536 },
	{ "256M", 0, 268435456 },
	{ "256MiB", 0, 268435456 },
	{ "1.5G", 0, 1610612736 },
	{ "0.125T", 0, 137438953472 },
	{ "1.5E", 0, 1729382256910270464 },
	{ "15E", 0, 17293822569102704640u },
	{ "16E", -1, 0 },
	{ "18446744073709551615", 0, UINT64_MAX },
	{ "18446744073709551616", -1, 0 },
	{ "", -1, 0 },
	{ "-1", -1, 0 },
	{ " 1", -1, 0 },
	{ "1 M", -1, 0 },
	{ "1.5", -1, 0 },
	{ "1.", -1, 0 },
	{ "1Mi", -1, 0 },
	{ "1X", -1, 0 },
	{ "M", -1, 0 },
};

START_TEST(parse_size)
{
	uint64_t n;

	ck_assert_int_eq(tool_parse_size(sizes[_i].text, &n), sizes[_i].rc);
	if (sizes[_i].rc == 0)
		ck_assert_uint_eq(n, sizes[_i].want);
}
END_TEST

START_TEST(parse_count)
{
	uint64_t n;

	ck_assert_int_eq(tool_parse_count("18446744073709551615", &n), 0);
	ck_assert_uint_eq(n, UINT64_MAX);
	ck_assert_int_eq(tool_parse_count("18446744073709551616", &n), -1);
	ck_assert_int_eq(tool_parse_count("", &n), -1);
	ck_assert_int_eq(tool_parse_count("5x", &n), -1);
	ck_assert_int_eq(tool_parse_count("-5", &n), -1);
}
END_TEST

static const struct {
	uint64_t bytes;
	const char *want;
} shown[] = {
	{ 0, "0 B" },
	{ 1023, "1023 B" },
	{ 1024, "1.0 KiB" },
	{ 1536, "1.5 KiB" },
	{ 102400, "100 KiB" },
	{ 1048575, "1.0 MiB" },
	{ UINT64_MAX, "16.0 EiB" },
};

START_TEST(add_size)
{
	struct sst_buf b = { 0 };

	tool_add_size(&b, shown[_i].bytes);
	sst_buf_addc(&b, '\0');
	ck_assert_str_eq((char *)b.p, shown[_i].want);
	sst_buf_free(&b);
}
END_TEST

static const struct {
	const char *text;
	size_t want;
} texts[] = {
	{ "", 0 }, { "abc", 3 }, { "e\xcc\x81", 1 }, /* e, combining acute */
	{ "\xe6\xbc\xa2\xe5\xad\x97", 4 },           /* two ideographs */
	{ "\xf0\x9f\x98\x80", 2 },                   /* a face */
	{ "\xc3\xbc", 1 }, { "\xff\x80", 2 },        /* stray bytes */
	{ "\xe6\xbc", 2 },                           /* cut short */
};

START_TEST(text_width)
{
	ck_assert_uint_eq(tool_text_width(sst_slice_str(texts[_i].text)), texts[_i].want);
}
END_TEST

static const struct tool_field fields[] = {
	{ "name", TOOL_LEFT },
	{ "id", TOOL_RIGHT },
	{ "bytes", TOOL_RIGHT },
	{ "live", TOOL_LEFT },
};

static void
two_rows(struct tool_report *r)
{
	tool_set_str(r, 0, "a\t\"\\\x1b");
	tool_set_id(r, 1, INT64_MIN);
	tool_set_size(r, 2, 1536);
	tool_set_bool(r, 3, true);
	tool_report_row(r);
	tool_set_str(r, 0, "\xe6\xbc\xa2");
	tool_set_u64(r, 2, 7);
	tool_set_real(r, 3, 0.0 / 0.0, 2);
	tool_report_row(r);
	tool_report_end(r);
}

static const struct {
	enum tool_form form;
	const char *select, *want;
} forms[] = {
	{ TOOL_TABLE, NULL,
	    "name                            id    bytes  live\n"
	    "a\\t\"\\\\\\u001b  -9223372036854775808  1.5 KiB  yes\n"
	    "\xe6\xbc\xa2                               -        7  -\n" },
	{ TOOL_TABLE, "bytes,name",
	    "  bytes  name\n1.5 KiB  a\\t\"\\\\\\u001b\n      7  \xe6\xbc\xa2\n" },
	{ TOOL_NDJSON, NULL,
	    "{\"name\":\"a\\t\\\"\\\\\\u001b\",\"id\":\"-9223372036854775808\",\"bytes\":1536,"
	    "\"live\":true}\n"
	    "{\"name\":\"\xe6\xbc\xa2\",\"id\":null,\"bytes\":7,\"live\":null}\n" },
	{ TOOL_TSV, "live,id", "true\t-9223372036854775808\n\t\n" },
};

START_TEST(report_forms)
{
	struct tool_output out = { 0 };
	struct tool_report r;
	const char *bad;
	size_t badlen;

	tool_report_start(&r, forms[_i].form, fields, 4, &out);
	if (forms[_i].select != NULL)
		ck_assert_int_eq(tool_report_select(&r, forms[_i].select, &bad, &badlen), 0);
	two_rows(&r);
	sst_buf_addc(&out.buf, '\0');
	ck_assert_str_eq((char *)out.buf.p, forms[_i].want);
	sst_buf_free(&out.buf);
}
END_TEST

START_TEST(report_bad_field)
{
	struct tool_output out = { 0 };
	struct tool_report r;
	const char *bad;
	size_t badlen;

	tool_report_start(&r, TOOL_TSV, fields, 4, &out);
	ck_assert_int_eq(tool_report_select(&r, "id,nam,live", &bad, &badlen), -1);
	ck_assert_uint_eq(badlen, 3);
	ck_assert_mem_eq(bad, "nam", 3);
	tool_report_end(&r);
}
END_TEST

/* More rows than are gathered ahead: one heading, every row once. */
START_TEST(report_long)
{
	struct tool_output out = { 0 };
	struct tool_report r;
	size_t i, lines = 0;

	tool_report_start(&r, TOOL_TABLE, fields, 1, &out);
	for (i = 0; i < 2 * TOOL_ROWS_AHEAD + 1; i++) {
		tool_set_str(&r, 0, i == 300 ? "wider than before" : "x");
		tool_report_row(&r);
	}
	tool_report_end(&r);
	for (i = 0; i < out.buf.n; i++)
		lines += out.buf.p[i] == '\n';
	ck_assert_uint_eq(lines, 2 * TOOL_ROWS_AHEAD + 2);
	sst_buf_free(&out.buf);
}
END_TEST

/* In a child of its own, since there is no way back.  Exits with the number of what is wrong. */
static int
confined(void)
{
	char c;
	int fd;

	tool_confine();
	if (prctl(PR_GET_SECCOMP) == 0)
		return 77; /* this kernel has no filters */
	if ((fd = open("/proc/self/status", O_RDONLY)) == -1 || read(fd, &c, 1) != 1)
		return 1;
	if (open("/dev/null", O_WRONLY) != -1 || errno != EPERM)
		return 2;
	if (open("confine.tmp", O_RDWR | O_CREAT, 0600) != -1 || errno != EPERM)
		return 3;
	if (mkdir("confine.tmp", 0700) != -1 || errno != EPERM)
		return 4;
	if (unlink("confine.tmp") != -1 || errno != EPERM)
		return 5;
	if (socket(AF_UNIX, SOCK_STREAM, 0) != -1 || errno != EPERM)
		return 6;
	if (execl("/bin/true", "true", (char *)NULL) != -1 || errno != EPERM)
		return 7;
	return 0;
}

START_TEST(confine)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(confined());
	ck_assert_int_ne(pid, -1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	if (WEXITSTATUS(status) != 77)
		ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

Suite *
tool_suite(void)
{
	Suite *s = suite_create("tool");
	TCase *t = tcase_create("tool");

	tcase_add_loop_test(t, parse_size, 0, (int)SST_ARRAY_LEN(sizes));
	tcase_add_test(t, parse_count);
	tcase_add_loop_test(t, add_size, 0, (int)SST_ARRAY_LEN(shown));
	tcase_add_loop_test(t, text_width, 0, (int)SST_ARRAY_LEN(texts));
	tcase_add_loop_test(t, report_forms, 0, (int)SST_ARRAY_LEN(forms));
	tcase_add_test(t, report_bad_field);
	tcase_add_test(t, report_long);
	tcase_add_test(t, confine);
	suite_add_tcase(s, t);
	return s;
}
