/* tests/unit/txnlog.c: lines of transaction logs, sound and not. */
#include <check.h>

#include "base/num.h"
#include "live/txnlog.h"

Suite *txnlog_suite(void);

static void
parse(struct sst_txnlog *log, struct sst_arena *a, const char *text, size_t n)
{
	struct sst_err e;

	ck_assert_int_eq(
	    sst_txnlog_parse(log, a, (struct sst_slice){ (const uint8_t *)text, n }, &e), 0);
}

START_TEST(what_is_written_is_read)
{
	static const struct sst_txn_record recs[] = {
		{ SST_TXN_ADD, { (const uint8_t *)"/d/t-1/me-3-big-", 16 }, 0, 8 },
		{ SST_TXN_REMOVE, { (const uint8_t *)"/d/t-1/me-2-big-", 16 }, 1790000000123, 8 },
		{ SST_TXN_REMOVE, { (const uint8_t *)"/d/t-1/me-1-big-", 16 }, 1, INT32_MAX },
		{ SST_TXN_COMMIT, { NULL, 0 }, 0, 0 },
	};
	struct sst_arena a = { 0 };
	struct sst_buf b = { 0 };
	struct sst_txnlog log;
	size_t i, cut;

	for (i = 0; i < SST_ARRAY_LEN(recs); i++)
		sst_txnlog_put(&b, &recs[i]);
	parse(&log, &a, (const char *)b.p, b.n);
	ck_assert_int_eq(log.state, SST_TXN_COMMITTED);
	ck_assert_uint_eq(log.nrecords, SST_ARRAY_LEN(recs));
	for (i = 0; i < SST_ARRAY_LEN(recs); i++) {
		ck_assert_int_eq(log.records[i].kind, recs[i].kind);
		ck_assert(sst_slice_eq(log.records[i].path, recs[i].path));
		ck_assert_int_eq(log.records[i].mtime_ms, recs[i].mtime_ms);
		ck_assert_int_eq(log.records[i].nfiles, recs[i].nfiles);
	}
	ck_assert(sst_slice_eq(sst_txn_record_base(&log.records[0]), SST_SLICE_LIT("me-3-big-")));
	/* cut anywhere, it is not committed; without its last newline only, it is */
	for (cut = 0; cut < b.n; cut++) {
		parse(&log, &a, (const char *)b.p, cut);
		if (cut == b.n - 1)
			ck_assert_int_eq(log.state, SST_TXN_COMMITTED);
		else if (cut == 0 || b.p[cut - 1] == '\n' || b.p[cut] == '\n')
			ck_assert_int_eq(log.state, SST_TXN_OPEN);
		else
			ck_assert_int_eq(log.state, SST_TXN_DOUBTFUL);
	}
	/* any byte changed is found, but for letters' case, which Cassandra does not mind */
	for (cut = 0; cut < b.n; cut++) {
		b.p[cut] ^= 1;
		parse(&log, &a, (const char *)b.p, b.n);
		ck_assert_int_ne(log.state, SST_TXN_COMMITTED);
		b.p[cut] ^= 1;
	}
	sst_buf_free(&b);
	sst_arena_free(&a);
}
END_TEST

/* COMMIT's checksum is of "COMMIT" and twelve zeros. */
static const struct {
	const char *text, *doubt;
	enum sst_txn_state state;
} logs[] = {
	{ "", NULL, SST_TXN_OPEN },
	{ "COMMIT:[,0,0][2613697770]\n", NULL, SST_TXN_COMMITTED },
	{ "commit:[,0,0][2613697770]\r\n", NULL, SST_TXN_COMMITTED },
	{ "COMMIT:[,0,0][2613697770]", NULL, SST_TXN_COMMITTED },
	{ "COMMIT:[,0,0][2613697771]\n", "a line with a wrong checksum", SST_TXN_DOUBTFUL },
	{ "COMMIT:[,0,0][2613697770]\nCOMMIT:[,0,0][2613697770]\n", "a line after the last word",
	    SST_TXN_DOUBTFUL },
	{ "COMMIT:[,0,0][2613697770]\n\n", "a line after the last word", SST_TXN_DOUBTFUL },
	{ "\n", "a line that is no record", SST_TXN_DOUBTFUL },
	{ "COMMIT:[,0,0]\n", "a line that is no record", SST_TXN_DOUBTFUL },
	{ "COMMIT:[,0,0][]\n", "a line that is no record", SST_TXN_DOUBTFUL },
	{ "COMMIT:[,0,0][ 2613697770]\n", "a line that is no record", SST_TXN_DOUBTFUL },
	{ "COMMIT:[,0,99999999999][1]\n", "a line that is no record", SST_TXN_DOUBTFUL },
	{ "COMMIT:[,-1,0][1]\n", "a line that is no record", SST_TXN_DOUBTFUL },
	{ "COMMIT:[,0,0][123456789012345678901234567890]\n", "a line that is no record",
	    SST_TXN_DOUBTFUL },
	{ "FORGET:[,0,0][1]\n", "a line that is no record", SST_TXN_DOUBTFUL },
	{ "ADD:[/x/me-1-big-,0,8][0][1]\n", "a line that is no record", SST_TXN_DOUBTFUL },
};

START_TEST(doubt_is_named)
{
	struct sst_arena a = { 0 };
	struct sst_txnlog log;

	parse(&log, &a, logs[_i].text, strlen(logs[_i].text));
	ck_assert_int_eq(log.state, logs[_i].state);
	if (logs[_i].doubt == NULL)
		ck_assert_ptr_null(log.doubt);
	else
		ck_assert_str_eq(log.doubt, logs[_i].doubt);
	sst_arena_free(&a);
}
END_TEST

START_TEST(records_must_differ_and_name_files)
{
	struct sst_txn_record r = { SST_TXN_ADD, SST_SLICE_LIT("/x/me-1-big-"), 0, 8 };
	struct sst_arena a = { 0 };
	struct sst_buf b = { 0 };
	struct sst_txnlog log;
	uint64_t second;

	sst_txnlog_put(&b, &r);
	r.kind = SST_TXN_REMOVE;
	sst_txnlog_put(&b, &r);
	parse(&log, &a, (const char *)b.p, b.n);
	ck_assert_int_eq(log.state, SST_TXN_OPEN);
	sst_txnlog_put(&b, &r);
	parse(&log, &a, (const char *)b.p, b.n);
	ck_assert_str_eq(log.doubt, "a record that comes twice");
	sst_buf_reset(&b);
	sst_txnlog_put(&b, &r);
	second = b.n;
	r.path = SST_SLICE_LIT("/x/");
	sst_txnlog_put(&b, &r);
	parse(&log, &a, (const char *)b.p, b.n);
	ck_assert_str_eq(log.doubt, "a record without a file name, or a last word with one");
	ck_assert_uint_eq(log.doubt_off, second);
	ck_assert_uint_eq(log.nrecords, 1);
	sst_buf_free(&b);
	sst_arena_free(&a);
}
END_TEST

/* What Cassandra 5.0.9 wrote when it flushed one row, the worked example of formats/txnlog.md, and
 * when it compacted two SSTables of one row each. */
static const char cassandra_flush[] =
    "ADD:[/var/lib/cassandra/node1/data/k/t-570d9430e55311f1be878d5c551c986e/nb-1-big-,0,8]"
    "[2175137287]\n"
    "COMMIT:[,0,0][2613697770]\n";
static const char cassandra[] =
    "ADD:[/var/lib/cassandra/node1/data/k/t-570d9430e55311f1be878d5c551c986e/nb-3-big-,0,8]"
    "[1700919162]\n"
    "REMOVE:[/var/lib/cassandra/node1/data/k/t-570d9430e55311f1be878d5c551c986e/nb-2-big-,"
    "1795228158963,8][3660119002]\n"
    "REMOVE:[/var/lib/cassandra/node1/data/k/t-570d9430e55311f1be878d5c551c986e/nb-1-big-,"
    "1795228156756,8][287636771]\n"
    "COMMIT:[,0,0][2613697770]\n";

START_TEST(a_log_of_cassandra_is_read_and_written)
{
	struct sst_arena a = { 0 };
	struct sst_buf b = { 0 };
	struct sst_txnlog log;
	size_t i;

	parse(&log, &a, cassandra, sizeof(cassandra) - 1);
	ck_assert_int_eq(log.state, SST_TXN_COMMITTED);
	ck_assert_uint_eq(log.nrecords, 4);
	ck_assert(sst_slice_eq(sst_txn_record_base(&log.records[2]), SST_SLICE_LIT("nb-1-big-")));
	ck_assert_int_eq(log.records[2].mtime_ms, INT64_C(1795228156756));
	ck_assert_int_eq(log.records[2].nfiles, 8);
	for (i = 0; i < log.nrecords; i++)
		sst_txnlog_put(&b, &log.records[i]);
	ck_assert(sst_slice_eq(sst_buf_slice(&b), sst_slice_str(cassandra)));
	sst_buf_reset(&b);
	parse(&log, &a, cassandra_flush, sizeof(cassandra_flush) - 1);
	for (i = 0; i < log.nrecords; i++)
		sst_txnlog_put(&b, &log.records[i]);
	ck_assert(sst_slice_eq(sst_buf_slice(&b), sst_slice_str(cassandra_flush)));
	sst_buf_free(&b);
	sst_arena_free(&a);
}
END_TEST

static const struct {
	const char *name;
	bool is;
} names[] = {
	{ "me_txn_flush_01ff6a80-7c61-11ef-8b5c-e5fdd6b0ad16.log", true },
	{ "txn_write_01ff6a80-7c61-11ef-8b5c-e5fdd6b0ad16.log", true },
	{ "bti-da_txn_compaction_01ff6a80-7c61-11ef-8b5c-e5fdd6b0ad16.log", true },
	{ "me_txn_flush_01ff6a80-7c61-11ef-8b5c-e5fdd6b0ad1.log", false },
	{ "me_txn_flush_01ff6a80-7c61-11ef-8b5c-e5fdd6b0ad16.logs", false },
	{ "me_txn_01ff6a80-7c61-11ef-8b5c-e5fdd6b0ad16.log", false },
	{ "mex_txn_flush_01ff6a80-7c61-11ef-8b5c-e5fdd6b0ad16.log", false },
	{ "me-3-big-Data.db", false },
	{ "", false },
};

START_TEST(names_of_logs)
{
	ck_assert(sst_txnlog_is_name(names[_i].name) == names[_i].is);
}
END_TEST

START_TEST(a_name_is_made_of_time_and_chance)
{
	static const uint8_t random[8] = { 0xff, 1, 2, 3, 4, 5, 6, 7 };
	char name[SST_TXNLOG_NAME];

	/* 2024-09-26T20:12:34.567890Z; the low bits of the time come first */
	sst_txnlog_name(name, "me", "flush", INT64_C(1727381554567890), random);
	ck_assert_str_eq(name, "me_txn_flush_ab054c34-7c43-11ef-bf01-030304050607.log");
	ck_assert(sst_txnlog_is_name(name));
}
END_TEST

Suite *
txnlog_suite(void)
{
	Suite *s = suite_create("txnlog");
	TCase *t = tcase_create("txnlog");

	tcase_add_test(t, what_is_written_is_read);
	tcase_add_loop_test(t, doubt_is_named, 0, SST_ARRAY_LEN(logs));
	tcase_add_test(t, records_must_differ_and_name_files);
	tcase_add_test(t, a_log_of_cassandra_is_read_and_written);
	tcase_add_loop_test(t, names_of_logs, 0, SST_ARRAY_LEN(names));
	tcase_add_test(t, a_name_is_made_of_time_and_chance);
	suite_add_tcase(s, t);
	return s;
}
