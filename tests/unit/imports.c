/* Tests of what messages are imported from: however the bytes come, whatever call fails. */
#include "msg/import.h"

#include <assert.h>
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "../support/fakedb.h"
#include "../support/faultio.h"
#include "../support/nomem.h"
#include "base/num.h"
#include "codec/json.h"
#include "codec/jsonscan.h"
#include "msg/bundle.h"
#include "msg/dce.h"
#include "msg/dcewrite.h"
#include "msg/snowflake.h"

Suite *imports_suite(void);

#define DATA "tests/data/imports/"

static const struct {
	const char *text;
	size_t len; /* of the value at its beginning; 0: it does not end */
} scans[] = {
	{ "{}", 2 }, { "{},", 2 }, { "[{\"a\":[1,2]}]}", 13 }, { "\"a\\\"b\"c", 6 },
	{ "\"\\\\\"x", 4 }, { "\"\\\\\\\"\"x", 6 }, { "{\"a}\":\"]\\\"}\"}]", 13 },
	{ "[        1       ,        \"  \"          ]  ", 41 }, { "12345,", 5 }, { "-1e5]", 4 },
	{ "true}", 4 }, { "null ", 4 }, { "null\n", 4 }, { "12345", 0 }, { "[1", 0 },
	{ "\"a\\\"", 0 }, { "{\"a\":\"\\\\\"", 0 },
	{ "[{]", 0 }, /* brackets are counted, not matched */
};

/* All at once, and in two parts at every place, the first of which may be thrown away. */
START_TEST(scan)
{
	const uint8_t *text = (const uint8_t *)scans[_i].text;
	size_t n = strlen(scans[_i].text), cut;
	struct sst_jsonscan s = { 0 };
	bool ends = scans[_i].len > 0;

	ck_assert_int_eq(sst_jsonscan(&s, text, n), ends);
	ck_assert(!ends || s.at == scans[_i].len);
	for (cut = 0; cut <= n; cut++) {
		s = (struct sst_jsonscan){ 0 };
		if (sst_jsonscan(&s, text, cut)) {
			ck_assert(ends && cut >= scans[_i].len);
			continue;
		}
		ck_assert(s.at <= cut);
		ck_assert_int_eq(sst_jsonscan(&s, text, n), ends);
		ck_assert(!ends || s.at == scans[_i].len);

		s = (struct sst_jsonscan){ 0 };
		(void)sst_jsonscan(&s, text, cut);
		size_t gone = s.at;
		s.at = 0;
		ck_assert_int_eq(sst_jsonscan(&s, text + gone, n - gone), ends);
		ck_assert(!ends || gone + s.at == scans[_i].len);
	}
}
END_TEST

struct bytes {
	struct sst_slice left;
	size_t step;
	size_t fail_at; /* bytes before the read that fails; 0: none does */
};

static int
read_bytes(void *ctx, void *buf, size_t n, size_t *got, struct sst_err *e)
{
	struct bytes *b = ctx;

	if (b->fail_at > 0 && b->left.n <= b->fail_at) {
		errno = EIO;
		return sst_fail(e, SST_ESYS, NULL, SST_NOWHERE, "cannot read");
	}
	*got = b->left.n < b->step ? b->left.n : b->step;
	assert(*got <= n); /* Check allocates */
	if (*got > 0)
		memcpy(buf, b->left.p, *got);
	b->left.p += *got;
	b->left.n -= *got;
	return 0;
}

static void
load(const char *path, struct sst_buf *b)
{
	struct sst_err e;

	ck_assert_int_eq(sst_io_read_file(&sst_io_posix, path, 1 << 20, b, &e), 0);
}

static const char csv[] =
    "channel_id,message_id,author_id,content\n5,10,7,\"a,\n\"\"b\"\n5,11,7,c\n";
static const char lines[] = "{\"channel_id\":5,\"message_id\":10,\"author_id\":7}\n"
			    "{\"channel_id\":5,\"message_id\":11,\"author_id\":7}";

/* Each of these has two messages. */
static struct sst_slice
input(int which, struct sst_buf *b)
{
	sst_buf_reset(b);
	if (which == 0)
		load(DATA "dce.json", b);
	else
		sst_buf_adds(b, which == 1 ? csv : lines);
	return sst_buf_slice(b);
}

static const enum sst_import_form forms[] = { SST_IMPORT_DCE, SST_IMPORT_CSV, SST_IMPORT_NDJSON };

/* Reads all; the number of messages, or -1. */
static int
read_all(struct sst_slice text, size_t step, size_t fail_at, enum sst_import_form *form,
    struct sst_err *e)
{
	struct bytes bytes = { text, step, fail_at };
	struct sst_import_opts opts = { .channel = -1, .author_id = -1 };
	struct sst_leftout leftout = { 0 };
	struct sst_import *i;
	struct sst_message m;
	int r, n = 0;

	if (sst_import_new(&i, &opts, &leftout, e) == -1)
		return -1;
	r = sst_import_stream(i, form, "input", read_bytes, &bytes, e);
	while (r != -1 && (r = sst_import_next(i, &m, e)) == SST_ONE)
		n += m.has_id && m.has_channel && m.value[SST_MSG_AUTHOR_ID].p != NULL;
	assert(r == -1 || sst_import_bytes(i) == text.n);
	sst_import_free(i);
	return r == -1 ? -1 : n;
}

START_TEST(steps)
{
	struct sst_buf b = { 0 };
	struct sst_slice text = input(_i, &b);
	enum sst_import_form form;
	struct sst_err e;
	size_t step;

	for (step = 1; step < 300; step += step < 40 ? 1 : 37) {
		form = forms[_i];
		ck_assert_int_eq(read_all(text, step, 0, &form, &e), 2);
		form = SST_IMPORT_GUESS;
		ck_assert_int_eq(read_all(text, step, 0, &form, &e), 2);
		ck_assert_int_eq(form, forms[_i]);
	}
	sst_buf_free(&b);
}
END_TEST

START_TEST(reads_fail)
{
	struct sst_buf b = { 0 };
	struct sst_slice text = input(_i, &b);
	enum sst_import_form form;
	struct sst_err e;
	size_t at;

	for (at = 1; at < text.n; at += 13) {
		form = forms[_i];
		ck_assert_int_eq(read_all(text, 7, at, &form, &e), -1);
		ck_assert_int_eq(e.code, SST_ESYS);
		ck_assert_str_eq(e.file, "input");
	}
	sst_buf_free(&b);
}
END_TEST

/* simdjson finds out once what the processor can do, and dies when there is no memory for that. */
static void
know_the_processor(void)
{
	struct sst_json *j;
	struct sst_err e;

	ck_assert_int_eq(sst_json_new(&j, &e), 0);
	sst_json_free(j);
}

START_TEST(no_memory)
{
	struct sst_buf b = { 0 };
	struct sst_slice text = input(_i, &b);
	enum sst_import_form form;
	struct sst_err e;
	unsigned long n, failed = 0;
	bool refused = true;
	int r;

	know_the_processor();
	for (n = 1; refused; n++) {
		form = forms[_i];
		if (!nomem_arm(n))
			break;
		r = read_all(text, 4096, 0, &form, &e);
		refused = nomem_disarm();
		/* some do with less memory when there is not much of it */
		ck_assert(r == 2 || (refused && e.code == SST_ENOMEM));
		failed += r == -1;
	}
	ck_assert(n == 1 || failed >= 3);
	sst_buf_free(&b);
}
END_TEST

static const struct {
	const char *head;
	enum sst_import_form form;
} guesses[] = {
	{ "", SST_IMPORT_NDJSON },
	{ "{", SST_IMPORT_NDJSON },
	{ "{\"channel_id\":\"1\"}", SST_IMPORT_NDJSON },
	{ "{\"channel\":\"name\",\"message_id\":1}", SST_IMPORT_NDJSON },
	{ "{\"guild\":", SST_IMPORT_NDJSON },
	{ "{\"guild\":null}", SST_IMPORT_NDJSON },
	{ "{\"guild\":{", SST_IMPORT_DCE },
	{ "\xef\xbb\xbf {\r\n\t\"guild\" : {}", SST_IMPORT_DCE },
	{ "{\"channel\": {\"id\"", SST_IMPORT_DCE },
	{ "PK\3\4", SST_IMPORT_PACKAGE },
	{ "PK\5\6", SST_IMPORT_PACKAGE },
	{ "PK\1\2", SST_IMPORT_NDJSON },
	{ "message_id,channel_id\n", SST_IMPORT_CSV },
	{ "\xef\xbb\xbf\"AuthorID\",\"Author\"", SST_IMPORT_CSV },
	{ "ID,Timestamp,Contents,Attachments\r\n", SST_IMPORT_CSV },
	{ "content\n1,2", SST_IMPORT_NDJSON },
	{ "name,other\n", SST_IMPORT_NDJSON },
};

START_TEST(guess)
{
	ck_assert_int_eq(sst_import_guess(sst_slice_str(guesses[_i].head)), guesses[_i].form);
}
END_TEST

static const char *const packed[] = { "\x28\xb5\x2f\xfd\n", "\x1f\x8b\n", "\xfd\x37zXZ\n",
	"\x04\x22\x4d\x18\n" };

/* In portions of any size; who says what it is is believed. */
START_TEST(compressed)
{
	enum sst_import_form form;
	struct sst_err e;
	size_t step;

	for (step = 1; step < 7; step++) {
		form = SST_IMPORT_GUESS;
		ck_assert_int_eq(read_all(sst_slice_str(packed[_i]), step, 0, &form, &e), -1);
		ck_assert_int_eq(e.code, SST_EUNSUPPORTED);
		ck_assert_str_eq(e.file, "input");
	}
	form = SST_IMPORT_NDJSON;
	ck_assert_int_eq(read_all(sst_slice_str(packed[_i]), 1, 0, &form, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
}
END_TEST

static const char *const packages[] = { DATA "2019.zip", DATA "2022.zip", DATA "2024.zip",
	DATA "2025-german.zip" };

/* Messages of a package, or -1 at the first that is wrong. */
static int
read_package(const struct sst_io *io, const char *path, struct sst_err *e)
{
	struct sst_import_opts opts = { .channel = -1, .author_id = -1 };
	struct sst_leftout leftout = { 0 };
	struct sst_import *i;
	struct sst_message m;
	int r, n = 0;

	if (sst_import_new(&i, &opts, &leftout, e) == -1)
		return -1;
	r = sst_import_package(i, io, path, e);
	while (r != -1 && (r = sst_import_next(i, &m, e)) == SST_ONE)
		n++;
	sst_import_free(i);
	return r == -1 ? -1 : n;
}

/* Every call of the file system fails once: no crash, no descriptor lost, no message missing silently. */
START_TEST(package_faults)
{
	struct faultio *fault = faultio_new(&sst_io_posix);
	struct faultio_plan plan = { .how = FAULTIO_FAIL, .sys = EIO };
	unsigned long calls;
	struct sst_err e;
	int r;

	faultio_plan(fault, &plan);
	ck_assert_int_eq(read_package(faultio_io(fault), packages[_i], &e), 2);
	calls = faultio_calls(fault);
	ck_assert_uint_gt(calls, 4);
	for (plan.at = 1; plan.at <= calls; plan.at++) {
		faultio_plan(fault, &plan);
		r = read_package(faultio_io(fault), packages[_i], &e);
		if (strcmp(faultio_failed(fault), "close") == 0)
			ck_assert_int_eq(r, 2);
		else {
			ck_assert_int_eq(r, -1);
			ck_assert_int_eq(e.code, SST_ESYS);
			ck_assert_int_eq(e.sys, EIO);
		}
	}
	faultio_free(fault);
}
END_TEST

START_TEST(package_no_memory)
{
	bool refused = true;
	struct sst_err e;
	unsigned long n, failed = 0;
	int r;

	know_the_processor();
	for (n = 1; refused && nomem_arm(n); n++) {
		r = read_package(&sst_io_posix, packages[_i], &e);
		refused = nomem_disarm();
		ck_assert(r == 2 || refused);
		failed += r == -1;
	}
	ck_assert(n == 1 || failed >= 10);
}
END_TEST

/* A folder: its files by number, in order of their names, and only those of use. */
START_TEST(folder)
{
	struct sst_bundle *b;
	struct sst_err e;
	char buf[64];
	size_t i, got, n;
	bool found = false;

	ck_assert_int_eq(sst_bundle_open(&b, &sst_io_posix, "tests/data", &e), 0);
	n = sst_bundle_count(b);
	for (i = 0; i < n; i++) {
		ck_assert(i == 0 || strcmp(sst_bundle_name(b, i - 1), sst_bundle_name(b, i)) < 0);
		if (strcmp(sst_bundle_name(b, i), "imports/dce.json") != 0)
			continue;
		found = true;
		ck_assert_int_eq(sst_bundle_begin(b, i, &e), 0);
		ck_assert_int_eq(sst_bundle_read(b, buf, sizeof(buf), &got, &e), 0);
		ck_assert_uint_eq(got, sizeof(buf));
		ck_assert(memcmp(buf, "{\n  \"guild\"", 11) == 0);
	}
	ck_assert(found);
	sst_bundle_close(b);
	ck_assert_int_eq(sst_bundle_open(&b, &sst_io_posix, "tests/data/none", &e), -1);
	ck_assert_int_eq(e.code, SST_ESYS);
}
END_TEST

/* The names of types there and back; those that have none. */
START_TEST(types)
{
	int32_t type, again;
	const char *name;
	int n = 0;

	for (type = -1; type < 64; type++) {
		if ((name = sst_dce_type_name(type)) == NULL)
			continue;
		n++;
		ck_assert_int_eq(sst_dce_type(sst_slice_str(name), &again), 0);
		ck_assert_int_eq(again, type);
	}
	ck_assert_int_eq(n, 10);
	ck_assert_int_eq(sst_dce_type(SST_SLICE_LIT("default"), &again), -1);
}
END_TEST

/* Printing an export without memory, and a row that has what it should not. */
START_TEST(printing)
{
	struct fakedb *f = fakedb_new(0);
	struct sst_dcewrite w = { .channel = 5, .after_us = INT64_MIN, .before_us = INT64_MIN };
	struct sst_slice ck = SST_SLICE_LIT("\0\0\0\0\0\0\0\7");
	struct sst_cell cell = { .ts_us = 1, .ldt_s = SST_NO_LDT, .value = SST_SLICE_LIT("x") };
	struct sst_row row = { .ck = &ck, .del = SST_LIVE, .cells = &cell, .ncells = 1 };
	struct sst_messages messages;
	struct sst_buf b = { 0 };
	struct sst_err e;

	ck_assert_int_eq(sst_messages_bind(&messages, &f->db, &e), 0);
	w.messages = &messages;
	cell.col = messages.regular[SST_MSG_AUTHOR_ID];
	ck_assert_int_eq(sst_dcewrite_message(&w, &b, &row, &e), -1);
	ck_assert_int_eq(e.code, SST_EDAMAGED);
	ck_assert_str_eq(e.what, "channel 5, message 7: author_id is no value of its type");
	ck_assert_uint_eq(b.n, 0);
	if (nomem_arm(1)) {
		sst_buf_free(&b);
		ck_assert_int_eq(sst_dcewrite_begin(&w, &b, &e), -1);
		ck_assert(nomem_disarm() && e.code == SST_ENOMEM);
		ck_assert_int_eq(sst_dcewrite_end(&w, &b, &e), -1);
		sst_buf_reset(&b);
	}
	sst_buf_free(&b);
	fakedb_free(f);
}
END_TEST

Suite *
imports_suite(void)
{
	Suite *s = suite_create("imports");
	TCase *t = tcase_create("imports");

	tcase_add_loop_test(t, scan, 0, SST_ARRAY_LEN(scans));
	tcase_add_loop_test(t, steps, 0, SST_ARRAY_LEN(forms));
	tcase_add_loop_test(t, reads_fail, 0, SST_ARRAY_LEN(forms));
	tcase_add_loop_test(t, no_memory, 0, SST_ARRAY_LEN(forms));
	tcase_add_loop_test(t, guess, 0, SST_ARRAY_LEN(guesses));
	tcase_add_loop_test(t, compressed, 0, SST_ARRAY_LEN(packed));
	tcase_add_loop_test(t, package_faults, 0, SST_ARRAY_LEN(packages));
	tcase_add_loop_test(t, package_no_memory, 0, SST_ARRAY_LEN(packages));
	tcase_add_test(t, folder);
	tcase_add_test(t, types);
	tcase_add_test(t, printing);
	suite_add_tcase(s, t);
	return s;
}
