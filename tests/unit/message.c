/* Tests of messages from NDJSON to rows and back: fields, refusals, write times, round trips. */
#include "msg/message.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/fakedb.h"
#include "base/num.h"
#include "msg/history.h"
#include "msg/msgread.h"
#include "msg/msgwrite.h"
#include "msg/snowflake.h"

Suite *message_suite(void);

#define US_OF_7 (SST_SNOWFLAKE_EPOCH_MS * 1000)
#define NOW_US INT64_C(1800000000000000)

/* Applies one line to f as `change`; -1 and e. */
static int
apply_line(struct fakedb *f, const char *line, enum sst_message_change change, struct sst_err *e)
{
	struct sst_msgread_opts opts = { .clears = change == SST_MESSAGE_EDIT };
	struct sst_leftout leftout = { 0 };
	struct sst_message_update u = { 0 };
	struct sst_messages m;
	struct sst_msgread *r;
	struct sst_message msg;
	int rc;

	ck_assert_int_eq(sst_messages_bind(&m, &f->db, e), 0);
	ck_assert_int_eq(sst_msgread_new(&r, &opts, &leftout, e), 0);
	rc = sst_msgread_line(r, sst_slice_str(line), &msg, e);
	if (rc == 0)
		rc = sst_message_make(&u, &m, &msg, change, NOW_US, e);
	if (rc == 0)
		rc = f->db.ops->apply(&f->db, &u.update, NULL, e);
	sst_msgread_free(r);
	return rc;
}

/* All messages of channel 1, as JSON lines or as TSV; the caller frees. */
static void
show(struct fakedb *f, const char *names, struct sst_buf *out)
{
	struct sst_page p = { .channel = 1, .limit = UINT64_MAX };
	struct sst_msgwrite_fields fields;
	const struct sst_row *row;
	struct sst_messages m;
	struct sst_history *h;
	struct sst_err e;
	int r;

	ck_assert_int_eq(sst_messages_bind(&m, &f->db, &e), 0);
	ck_assert_int_eq(sst_history_open(&h, &m, &p, &e), 0);
	if (names != NULL)
		ck_assert_int_eq(sst_msgwrite_select(&fields, sst_slice_str(names), &e), 0);
	while ((r = sst_history_next(h, &row, &e)) == SST_ONE)
		ck_assert_int_eq(names != NULL ? sst_msgwrite_tsv(out, &m, &fields, 1, row, &e)
					       : sst_msgwrite_json(out, &m, 1, row, &e),
		    0);
	ck_assert_int_eq(r, 0);
	sst_history_close(h);
	sst_buf_addc(out, '\0');
}

#define HEAD "{\"channel_id\":\"1\",\"message_id\":\"7\",\"author_id\":\"3\""
#define TIME "\"timestamp\":\"2015-01-01T00:00:00.000Z\""

static const struct {
	const char *in, *out;
} lines[] = {
	{ "{\"channel_id\":\"1\",\"message_id\":\"7\",\"author_id\":\"3\"}", HEAD "," TIME "}\n" },
	/* ids as numbers, another order, white space, what is derived */
	{ " { \"content\" : \"\", \"author_id\":3, \"message_id\":7, \"channel_id\" :1, "
	  "\"timestamp\":\"x\","
	  "\"channel\":5,\"log_time\":null,\"bucket\":9 } ",
	    HEAD ",\"content\":\"\"," TIME "}\n" },
	/* null and empty lists say nothing */
	{ HEAD
	    ",\"content\":null,\"mentions\":[],\"reactions\":{},\"attachments\":[],\"nonce\":null}",
	    HEAD "," TIME "}\n" },
	{ HEAD ",\"author\":\"a\\\"b\\u0000\\ud83d\\ude00\",\"content\":\"l1\\nl2\"}",
	    HEAD ",\"author\":\"a\\\"b\\u0000\xf0\x9f\x98\x80\",\"content\":\"l1\\nl2\"," TIME
		 "}\n" },
	{ HEAD ",\"author_name\":\"n\"}", HEAD ",\"author\":\"n\"," TIME "}\n" },
	/* Discord's author */
	{ "{\"channel_id\":1,\"id\":\"7\",\"author\":{\"id\":\"3\",\"username\":\"u\",\"bot\":true}"
	  "}",
	    HEAD ",\"author\":\"u\"," TIME "}\n" },
	{ "{\"channel_id\":1,\"id\":\"7\",\"author\":{\"id\":3,\"name\":\"u\"}}",
	    HEAD ",\"author\":\"u\"," TIME "}\n" },
	/* a key that is there twice: the last one counts */
	{ HEAD ",\"content\":\"a\",\"content\":\"b\"}", HEAD ",\"content\":\"b\"," TIME "}\n" },
	{ HEAD ",\"type\":-2147483648,\"flags\":2147483647,\"pinned\":false}",
	    HEAD "," TIME ",\"type\":-2147483648,\"flags\":2147483647,\"pinned\":false}\n" },
	{ HEAD ",\"type\":0,\"flags\":0,\"pinned\":true,\"nonce\":12345678901234567890}",
	    HEAD "," TIME
		 ",\"type\":0,\"flags\":0,\"pinned\":true,\"nonce\":\"12345678901234567890\"}\n" },
	{ HEAD ",\"edited_timestamp\":\"2016-01-02T03:04:05.678901+01:00\",\"webhook_id\":\"9\"}",
	    HEAD "," TIME
		 ",\"edited_timestamp\":\"2016-01-02T02:04:05.678Z\",\"webhook_id\":\"9\"}\n" },
	{ HEAD ",\"reference\":{\"channel_id\":\"4\",\"message_id\":\"5\"}}",
	    HEAD "," TIME ",\"reference\":{\"channel_id\":\"4\",\"message_id\":\"5\"}}\n" },
	{ HEAD ",\"message_reference\":{\"type\":1,\"message_id\":\"5\",\"channel_id\":null}}",
	    HEAD "," TIME ",\"reference\":{\"channel_id\":null,\"message_id\":\"5\"}}\n" },
	{ HEAD ",\"mentions\":[\"9223372036854775807\",0,{\"id\":\"8\",\"username\":\"u\"}]}",
	    HEAD "," TIME ",\"mentions\":[\"9223372036854775807\",\"0\",\"8\"]}\n" },
	{ HEAD ",\"attachments\":[\"\",\"u\",{\"id\":\"1\",\"url\":\"v\"}]}",
	    HEAD "," TIME ",\"attachments\":[\"\",\"u\",\"v\"]}\n" },
	/* without a URL: the end that it would have */
	{ HEAD ",\"attachments\":[{\"id\":\"1\",\"filename\":\"a.png\",\"size\":5},{\"id\":2},{"
	       "\"filename\":\"c\"}]}",
	    HEAD "," TIME ",\"attachments\":[\"1/a.png\",\"2\",\"c\"]}\n" },
	/* Unix ms */
	{ HEAD ",\"edited_timestamp\":1451700245678}",
	    HEAD "," TIME ",\"edited_timestamp\":\"2016-01-02T02:04:05.678Z\"}\n" },
	/* a map is stored in the order of its keys: bytes */
	{ HEAD ",\"reactions\":{\"b\":2,\"a\":1,\"\\u00e9\":0,\"B\":4}}",
	    HEAD "," TIME ",\"reactions\":{\"B\":4,\"a\":1,\"b\":2,\"\xc3\xa9\":0}}\n" },
	{ HEAD ",\"reactions\":{\"\":1}}", HEAD "," TIME ",\"reactions\":{\"\":1}}\n" },
	{ HEAD ",\"reactions\":[{\"emoji\":{\"id\":null,\"name\":\"x\"},\"count\":2},"
	       "{\"emoji\":{\"id\":\"77\",\"name\":\"x\"},\"count\":1}]}",
	    HEAD "," TIME ",\"reactions\":{\"x\":2,\"x:77\":1}}\n" },
};

START_TEST(in_and_out)
{
	struct fakedb *f = fakedb_new(0);
	struct sst_buf out = { 0 }, again = { 0 };
	struct sst_err e;

	ck_assert_int_eq(apply_line(f, lines[_i].in, SST_MESSAGE_STORE, &e), 0);
	show(f, NULL, &out);
	ck_assert_str_eq((char *)out.p, lines[_i].out);
	fakedb_free(f);
	/* What is printed reads back to the same, into a table with more columns too. */
	f = fakedb_new(1);
	ck_assert_int_eq(apply_line(f, (char *)out.p, SST_MESSAGE_STORE, &e), 0);
	show(f, NULL, &again);
	ck_assert_str_eq((char *)again.p, lines[_i].out);
	fakedb_free(f);
	sst_buf_free(&out);
	sst_buf_free(&again);
}
END_TEST

#define N100 \
	"0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000" \
	"0000000000000"

static const struct {
	const char *in, *why;
	enum sst_message_change change;
} refused[] = {
	{ "", NULL, SST_MESSAGE_STORE },
	{ "{", NULL, SST_MESSAGE_STORE },
	{ "{\"channel_id\":1,}", NULL, SST_MESSAGE_STORE },
	{ "[]", "not a JSON object", SST_MESSAGE_STORE },
	{ "7", "not a JSON object", SST_MESSAGE_STORE },
	{ "{}", "no channel_id", SST_MESSAGE_STORE },
	{ "{\"channel_id\":1}", "no author_id", SST_MESSAGE_STORE },
	{ "{\"channel_id\":1,\"author_id\":3}", "no message_id", SST_MESSAGE_STORE },
	{ "{\"channel_id\":null,\"message_id\":7,\"author_id\":3}", "no channel_id",
	    SST_MESSAGE_STORE },
	{ "{\"channel_id\":1,\"message_id\":7}", "no author_id", SST_MESSAGE_STORE },
	{ "{\"channel_id\":1,\"message_id\":7,\"author_id\":null}", "no author_id",
	    SST_MESSAGE_STORE },
	{ "{\"channel_id\":1,\"message_id\":7,\"author\":{}}", "no author_id", SST_MESSAGE_STORE },
	{ "{\"channel_id\":-1}", "channel_id: want an id from 0 to 9223372036854775807",
	    SST_MESSAGE_STORE },
	{ "{\"message_id\":9223372036854775808}",
	    "message_id: want an id from 0 to 9223372036854775807", SST_MESSAGE_STORE },
	{ "{\"message_id\":\"7x\"}", "message_id: want an id from 0 to 9223372036854775807",
	    SST_MESSAGE_STORE },
	{ "{\"message_id\":1e3}", "message_id: want an id from 0 to 9223372036854775807",
	    SST_MESSAGE_STORE },
	{ "{\"message_id\":\"\"}", "message_id: want an id from 0 to 9223372036854775807",
	    SST_MESSAGE_STORE },
	{ "{\"id\":true}", "id: want an id: digits, in a string or as a number",
	    SST_MESSAGE_STORE },
	{ "{\"author_id\":[]}", "author_id: want an id: digits, in a string or as a number",
	    SST_MESSAGE_STORE },
	{ "{\"author\":{\"id\":\"x\"}}", "author.id: want an id from 0 to 9223372036854775807",
	    SST_MESSAGE_STORE },
	{ "{\"author\":{\"username\":7}}", "author.username: want a text", SST_MESSAGE_STORE },
	{ "{\"author\":7}", "author: want a name, or an object with id and username",
	    SST_MESSAGE_STORE },
	{ "{\"content\":7}", "content: want a text", SST_MESSAGE_STORE },
	{ "{\"type\":\"19\"}", "type: want a whole number of 32 bits", SST_MESSAGE_STORE },
	{ "{\"type\":1.5}", "type: want a whole number of 32 bits", SST_MESSAGE_STORE },
	{ "{\"type\":2147483648}", "type: want a whole number of 32 bits", SST_MESSAGE_STORE },
	{ "{\"flags\":-2147483649}", "flags: want a whole number of 32 bits", SST_MESSAGE_STORE },
	{ "{\"pinned\":1}", "pinned: want true or false", SST_MESSAGE_STORE },
	{ "{\"nonce\":true}", "nonce: want a text or a number", SST_MESSAGE_STORE },
	{ "{\"edited_timestamp\":\"now\"}",
	    "edited_timestamp: want a time such as \"2026-11-21T01:02:03.456Z\"",
	    SST_MESSAGE_STORE },
	{ "{\"edited_timestamp\":\"\"}",
	    "edited_timestamp: want a time such as \"2026-11-21T01:02:03.456Z\"",
	    SST_MESSAGE_STORE },
	{ "{\"edited_timestamp\":1.5}",
	    "edited_timestamp: want a time such as \"2026-11-21T01:02:03.456Z\"",
	    SST_MESSAGE_STORE },
	{ "{\"edited_timestamp\":9223372036854776}",
	    "edited_timestamp: want a time such as \"2026-11-21T01:02:03.456Z\"",
	    SST_MESSAGE_STORE },
	{ "{\"edited_timestamp\":true}",
	    "edited_timestamp: want a time such as \"2026-11-21T01:02:03.456Z\"",
	    SST_MESSAGE_STORE },
	{ "{\"edited_timestamp\":\"2026-13-01\"}",
	    "edited_timestamp: want a time such as \"2026-11-21T01:02:03.456Z\"",
	    SST_MESSAGE_STORE },
	{ "{\"reference\":[1,2]}", "reference: want an object with channel_id and message_id",
	    SST_MESSAGE_STORE },
	{ "{\"reference\":{\"message_id\":true}}",
	    "reference: want an id: digits, in a string or as a number", SST_MESSAGE_STORE },
	{ "{\"mentions\":\"1\"}", "mentions: want an array of ids or users", SST_MESSAGE_STORE },
	{ "{\"mentions\":[{}]}", "mentions: want an array of ids or users", SST_MESSAGE_STORE },
	{ "{\"mentions\":[null]}", "mentions: want an id: digits, in a string or as a number",
	    SST_MESSAGE_STORE },
	{ "{\"attachments\":{}}",
	    "attachments: want an array of texts, or of objects with a url or an id",
	    SST_MESSAGE_STORE },
	{ "{\"attachments\":[{\"size\":1}]}",
	    "attachments: want an array of texts, or of objects with a url or an id",
	    SST_MESSAGE_STORE },
	{ "{\"attachments\":[{\"url\":1}]}",
	    "attachments: want an array of texts, or of objects with a url or an id",
	    SST_MESSAGE_STORE },
	{ "{\"reactions\":1}", "reactions: want an object of counts by emoji", SST_MESSAGE_STORE },
	{ "{\"reactions\":{\"a\":\"1\"}}", "reactions: want a whole number of 32 bits",
	    SST_MESSAGE_STORE },
	{ "{\"reactions\":{\"a\":1,\"a\":1}}", "reactions: want each emoji once",
	    SST_MESSAGE_STORE },
	{ "{\"reactions\":[{}]}", "reactions: want objects with emoji and count",
	    SST_MESSAGE_STORE },
	{ "{\"reactions\":[{\"emoji\":{},\"count\":1}]}", "reactions: want emoji with a name",
	    SST_MESSAGE_STORE },
	{ "{\"reactions\":[{\"emoji\":{\"name\":\"a\"},\"count\":true}]}",
	    "reactions: want a whole number of 32 bits", SST_MESSAGE_STORE },
	{ "{\"channel_id\":1,\"message_id\":7}", "an edit that names no column", SST_MESSAGE_EDIT },
	{ "{\"channel_id\":1,\"content\":\"x\"}", "no message_id", SST_MESSAGE_EDIT },
	{ "{\"channel_id\":1,\"message_id\":7,\"author_id\":null}",
	    "author_id: a message cannot lose its author", SST_MESSAGE_EDIT },
	{ "{\"message_id\":7}", "no channel_id", SST_MESSAGE_DELETE },
	{ "{\"channel_id\":7}", "no message_id", SST_MESSAGE_DELETE },
};

START_TEST(refusals)
{
	struct fakedb *f = fakedb_new(0);
	struct sst_err e;

	ck_assert_int_eq(apply_line(f, refused[_i].in, refused[_i].change, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	if (refused[_i].why != NULL)
		ck_assert_str_eq(e.what, refused[_i].why);
	ck_assert_uint_eq(f->applied, 0);
	fakedb_free(f);
}
END_TEST

START_TEST(many_reactions)
{
	struct fakedb *f = fakedb_new(0);
	struct sst_buf b = { 0 }, out = { 0 };
	struct sst_err e;
	int i;

	sst_buf_adds(&b, HEAD ",\"reactions\":{");
	for (i = 0; i < 256; i++)
		sst_buf_addf(&b, "%s\"e%d\":%d", i > 0 ? "," : "", i, i);
	sst_buf_add(&b, "}}", 3);
	ck_assert_int_eq(apply_line(f, (char *)b.p, SST_MESSAGE_STORE, &e), 0);
	show(f, "reactions", &out);
	ck_assert_int_eq(strncmp((char *)out.p, "{\"e0\":0,\"e1\":1,\"e10\":10,", 23), 0);
	b.n -= 3;
	sst_buf_add(&b, ",\"more\":1}}", 12);
	ck_assert_int_eq(apply_line(f, (char *)b.p, SST_MESSAGE_STORE, &e), -1);
	ck_assert_str_eq(e.what, "reactions: want 256 different emoji at most");
	sst_buf_free(&b);
	sst_buf_free(&out);
	fakedb_free(f);
}
END_TEST

START_TEST(edits_and_deletes)
{
	static const char full[] =
	    HEAD ",\"author\":\"a\",\"content\":\"one\",\"pinned\":true,\"flags\":4}";
	struct fakedb *f = fakedb_new(0);
	struct sst_buf out = { 0 };
	struct sst_err e;

	/* An edit changes what it names; null takes away; an empty list is one. */
	ck_assert_int_eq(apply_line(f, full, SST_MESSAGE_STORE, &e), 0);
	ck_assert_int_eq(apply_line(f,
			     "{\"channel_id\":1,\"message_id\":7,\"content\":\"two\",\"pinned\":"
			     "null,\"mentions\":[]}",
			     SST_MESSAGE_EDIT, &e),
	    0);
	show(f, "message_id,author,content,pinned,flags,mentions,timestamp,bucket", &out);
	ck_assert_str_eq((char *)out.p, "7\ta\ttwo\t\t4\t[]\t2015-01-01T00:00:00.000Z\t0\n");
	/* Storing the first form again does not undo the edit: its write time is the id's. */
	ck_assert_int_eq(apply_line(f, full, SST_MESSAGE_STORE, &e), 0);
	sst_buf_reset(&out);
	show(f, "content,pinned", &out);
	ck_assert_str_eq((char *)out.p, "two\t\n");
	/* Nor does an edit that was made earlier. */
	ck_assert_int_eq(apply_line(f,
			     "{\"channel_id\":1,\"message_id\":7,\"content\":\"old\",\"edited_"
			     "timestamp\":\"2020-01-01\"}",
			     SST_MESSAGE_EDIT, &e),
	    0);
	sst_buf_reset(&out);
	show(f, "content,edited_timestamp", &out);
	ck_assert_str_eq((char *)out.p, "two\t2020-01-01T00:00:00.000Z\n");
	/* A whole message that was edited later than stored wins over the stored one. */
	ck_assert_int_eq(apply_line(f,
			     "{\"channel_id\":1,\"message_id\":8,\"author_id\":3,\"content\":\"b\","
			     "\"edited_timestamp\":\"2020-01-01\"}",
			     SST_MESSAGE_STORE, &e),
	    0);
	ck_assert_int_eq(
	    apply_line(f, "{\"channel_id\":1,\"message_id\":8,\"author_id\":3,\"content\":\"a\"}",
		SST_MESSAGE_STORE, &e),
	    0);
	sst_buf_reset(&out);
	show(f, "message_id,content", &out);
	ck_assert_str_eq((char *)out.p, "8\tb\n7\ttwo\n");
	/* A deleted message stays deleted, whatever is stored again. */
	ck_assert_int_eq(
	    apply_line(f, "{\"channel_id\":1,\"message_id\":7}", SST_MESSAGE_DELETE, &e), 0);
	ck_assert_int_eq(apply_line(f, full, SST_MESSAGE_STORE, &e), 0);
	sst_buf_reset(&out);
	show(f, "message_id", &out);
	ck_assert_str_eq((char *)out.p, "8\n");
	/* An edit of what is not there is a ghost: not shown. */
	ck_assert_int_eq(apply_line(f, "{\"channel_id\":1,\"message_id\":9,\"content\":\"x\"}",
			     SST_MESSAGE_EDIT, &e),
	    0);
	sst_buf_reset(&out);
	show(f, "message_id", &out);
	ck_assert_str_eq((char *)out.p, "8\n");
	sst_buf_free(&out);
	fakedb_free(f);
}
END_TEST

/* An id from the future is later than the clock: its edits and its deletion still count. */
START_TEST(messages_from_the_future)
{
	struct fakedb *f = fakedb_new(0);
	struct sst_buf out = { 0 };
	struct sst_err e;

	ck_assert_int_eq(apply_line(f,
			     "{\"channel_id\":1,\"message_id\":\"9223372036854775807\",\"author_"
			     "id\":3,\"content\":\"a\"}",
			     SST_MESSAGE_STORE, &e),
	    0);
	ck_assert_int_eq(
	    apply_line(f,
		"{\"channel_id\":1,\"message_id\":\"9223372036854775807\",\"content\":\"b\"}",
		SST_MESSAGE_EDIT, &e),
	    0);
	show(f, "timestamp,content", &out);
	ck_assert_str_eq((char *)out.p, "2084-09-06T15:47:35.551Z\tb\n");
	ck_assert_int_eq(apply_line(f, "{\"channel_id\":1,\"message_id\":\"9223372036854775807\"}",
			     SST_MESSAGE_DELETE, &e),
	    0);
	sst_buf_reset(&out);
	show(f, "timestamp,content", &out);
	ck_assert_str_eq((char *)out.p, "");
	sst_buf_free(&out);
	fakedb_free(f);
}
END_TEST

START_TEST(update_is_sparse)
{
	struct sst_message_update u = { 0 };
	struct sst_msgread_opts opts = { 0 };
	struct sst_leftout leftout = { 0 };
	struct fakedb *f = fakedb_new(1);
	struct sst_messages m;
	struct sst_message msg;
	struct sst_msgread *r;
	struct sst_err e;
	size_t i;

	ck_assert_int_eq(sst_messages_bind(&m, &f->db, &e), 0);
	ck_assert_int_eq(sst_msgread_new(&r, &opts, &leftout, &e), 0);
	ck_assert_int_eq(
	    sst_msgread_line(r,
		sst_slice_str(
		    HEAD ",\"author\":\"a\",\"content\":\"c\",\"pinned\":null,\"mentions\":[]}"),
		&msg, &e),
	    0);
	ck_assert_int_eq(sst_message_make(&u, &m, &msg, SST_MESSAGE_STORE, NOW_US, &e), 0);
	ck_assert_uint_eq(u.update.nrows, 1);
	ck_assert_uint_eq(u.row.ncells, 3);
	ck_assert_int_eq(u.row.live.ts_us, US_OF_7);
	for (i = 0; i < 3; i++) {
		ck_assert(!sst_cell_is_tombstone(&u.cells[i]));
		ck_assert_int_eq(u.cells[i].ts_us, US_OF_7);
		ck_assert_str_eq(
		    sst_message_column_name((enum sst_message_column)(SST_MSG_AUTHOR_ID + i)),
		    ((const char *[]){ "author_id", "author_name", "content" })[i]);
		ck_assert_uint_eq(u.cells[i].col, SST_MSG_AUTHOR_ID + i + 1); /* after aaa_added */
	}
	sst_msgread_free(r);
	fakedb_free(f);
}
END_TEST

/* The text of the table gives what the design says: its id, its order, its options. */
START_TEST(table_of_messages)
{
	static const uint8_t id[16] = { 0x7e, 0x9a, 0xc0, 0, 0xe5, 0x3e, 0x11, 0xf1, 0xa0, 0x15,
		'o', 's', 't', 'r', 'a', 'k' };
	struct fakedb *f = fakedb_new(0);
	const struct sst_table *t = f->table;
	size_t c;

	ck_assert_mem_eq(t->id, id, 16);
	ck_assert_uint_eq(t->nkey + t->nck + t->nregular, 16);
	ck_assert_uint_eq(t->nregular, SST_MSG_COLUMNS);
	ck_assert_uint_eq(t->gc_grace_s, 172800);
	ck_assert(t->ck[0].type->reversed);
	ck_assert(sst_slice_eq(t->compression.class_name, SST_SLICE_LIT("ZstdCompressor")));
	ck_assert_uint_eq(t->compression.chunk_len, 16384);
	for (c = 0; c < SST_MSG_COLUMNS; c++) {
		ck_assert(sst_slice_eq(t->regulars[c].name,
		    sst_slice_str(sst_message_column_name((enum sst_message_column)c))));
		ck_assert(!t->regulars[c].type->multicell);
	}
	fakedb_free(f);
}
END_TEST

/* The bytes in formats/message.md. */
START_TEST(nested_values)
{
	struct sst_msgread_opts opts = { 0 };
	struct sst_leftout leftout = { 0 };
	struct sst_msgread *r;
	struct sst_message m;
	struct sst_err e;

	ck_assert_int_eq(sst_msgread_new(&r, &opts, &leftout, &e), 0);
	ck_assert_int_eq(
	    sst_msgread_line(r,
		sst_slice_str(
		    "{\"reference\":{\"channel_id\":null,\"message_id\":5},\"mentions\":[7],"
		    "\"reactions\":{\"\xc3\xa9\":2}}"),
		&m, &e),
	    0);
	ck_assert(sst_slice_eq(m.value[SST_MSG_REFERENCE],
	    SST_SLICE_LIT("\377\377\377\377\0\0\0\10\0\0\0\0\0\0\0\5")));
	ck_assert(sst_slice_eq(
	    m.value[SST_MSG_MENTIONS], SST_SLICE_LIT("\0\0\0\1\0\0\0\10\0\0\0\0\0\0\0\7")));
	ck_assert(sst_slice_eq(
	    m.value[SST_MSG_REACTIONS], SST_SLICE_LIT("\0\0\0\1\0\0\0\2\xc3\xa9\0\0\0\4\0\0\0\2")));
	sst_msgread_free(r);
}
END_TEST

START_TEST(unknown_fields)
{
	struct sst_msgread_opts opts = { 0 };
	struct sst_leftout leftout = { 0 };
	const struct sst_leftout_name *u = leftout.names;
	struct sst_msgread *r;
	struct sst_message msg;
	struct sst_err e;
	char line[256];
	int i;

	ck_assert_int_eq(sst_msgread_new(&r, &opts, &leftout, &e), 0);
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(
		    sst_msgread_line(r,
			sst_slice_str("{\"embeds\":[{\"id\":5}],\"tts\":false,\"content\":\"x\"}"),
			&msg, &e),
		    0);
	ck_assert(!msg.has_id); /* what is nested in an unknown field is not looked at */
	ck_assert_uint_eq(leftout.n, 2);
	ck_assert_str_eq(u[0].name, "embeds");
	ck_assert_uint_eq(u[0].count, 3);
	ck_assert_str_eq(u[1].name, "tts");
	/* However many names there are, they take a fixed room. */
	for (i = 0; i < 100; i++) {
		snprintf(line, sizeof(line), "{\"%s%d\":1}", i % 2 ? N100 : "x\\u0000", i);
		ck_assert_int_eq(sst_msgread_line(r, sst_slice_str(line), &msg, &e), 0);
	}
	ck_assert_uint_eq(leftout.n, 4); /* cut off they are the same */
	for (i = 0; i < 100; i++) {
		snprintf(line, sizeof(line), "{\"x%d\":1}", i);
		ck_assert_int_eq(sst_msgread_line(r, sst_slice_str(line), &msg, &e), 0);
	}
	ck_assert_uint_eq(leftout.n, SST_LEFTOUT_NAMES);
	ck_assert_str_eq(u[SST_LEFTOUT_NAMES - 1].name, "others");
	ck_assert_uint_eq(u[SST_LEFTOUT_NAMES - 1].count, 73);
	sst_msgread_free(r);
	opts.strict = true;
	ck_assert_int_eq(sst_msgread_new(&r, &opts, &leftout, &e), 0);
	ck_assert_int_eq(sst_msgread_line(r, sst_slice_str("{\"tts\":false}"), &msg, &e), -1);
	ck_assert_str_eq(e.what, "unknown field \"tts\"");
	sst_msgread_free(r);
}
END_TEST

/* Values that another writer left in the files: what is no value of its type is named. */
static const struct {
	enum sst_message_column col;
	const char *bytes;
	size_t n;
	const char *json; /* NULL: damaged */
} values[] = {
	{ SST_MSG_TYPE, "\0\0\0", 3, NULL },
	{ SST_MSG_WEBHOOK_ID, "\0\0\0\0\0\0\0\1\0", 9, NULL },
	{ SST_MSG_WEBHOOK_ID, "\377\377\377\377\377\377\377\377", 8, "\"-1\"" },
	{ SST_MSG_PINNED, "", 0, NULL },
	{ SST_MSG_PINNED, "\2", 1, "true" },
	{ SST_MSG_EDITED, "\0\0\0\0", 4, NULL },
	{ SST_MSG_EDITED, "\177\377\377\377\377\377\377\377", 8, NULL },
	{ SST_MSG_EDITED, "\377\377\377\377\377\377\377\377", 8, "\"1969-12-31T23:59:59.999Z\"" },
	{ SST_MSG_MENTIONS, "\0\0\0\2\0\0\0\10\0\0\0\0\0\0\0\1", 16, NULL },
	{ SST_MSG_MENTIONS, "\0\0\0\1\0\0\0\10\0\0\0\0\0\0\0\1x", 17, NULL },
	{ SST_MSG_MENTIONS, "\377\377\377\377", 4, NULL },
	{ SST_MSG_MENTIONS, "\0\0\0\1\0\0\0\4\0\0\0\0", 12, NULL },
	{ SST_MSG_MENTIONS, "\0\0\0\0", 4, "[]" },
	{ SST_MSG_ATTACHMENTS, "\0\0\0\1\0\0\0\1\377", 9, "[\"\xef\xbf\xbd\"]" },
	{ SST_MSG_REACTIONS, "\0\0\0\1\0\0\0\1a\0\0\0\4\0\0\0\7", 17, "{\"a\":7}" },
	{ SST_MSG_REACTIONS, "\0\0\0\1\0\0\0\1a\0\0\0\3\0\0\7", 16, NULL },
	{ SST_MSG_REACTIONS, "\0\0\0\1\0\0\0\1a", 9, NULL },
	{ SST_MSG_REFERENCE, "", 0, "{\"channel_id\":null,\"message_id\":null}" },
	{ SST_MSG_REFERENCE, "\0\0\0\10\0\0\0\0\0\0\0\4", 12,
	    "{\"channel_id\":\"4\",\"message_id\":null}" },
	{ SST_MSG_REFERENCE, "\0\0\0\10\0\0\0", 7, NULL },
	{ SST_MSG_REFERENCE, "\377\377\377\377\377\377\377\377x", 9, NULL },
};

START_TEST(foreign_values)
{
	struct fakedb *f = fakedb_new(0);
	struct sst_slice ck = { (const uint8_t *)"\0\0\0\0\0\0\0\7", 8 };
	struct sst_cell cell = { .ts_us = 1,
		.ldt_s = SST_NO_LDT,
		.value = { (const uint8_t *)values[_i].bytes, values[_i].n } };
	struct sst_row row = { .ck = &ck,
		.live = { 1, 0, SST_NO_LDT },
		.del = SST_LIVE,
		.ncells = 1,
		.cells = &cell };
	struct sst_msgwrite_fields fields;
	struct sst_messages m;
	struct sst_buf b = { 0 }, want = { 0 };
	struct sst_err e;
	int rc = values[_i].json != NULL ? 0 : -1;

	ck_assert_int_eq(sst_messages_bind(&m, &f->db, &e), 0);
	cell.col = m.regular[values[_i].col];
	sst_buf_adds(&b, "before");
	ck_assert_int_eq(sst_msgwrite_json(&b, &m, 1, &row, &e), rc);
	if (rc == 0)
		sst_buf_addf(&want,
		    "before{\"channel_id\":\"1\",\"message_id\":\"7\"," TIME ",\"%s\":%s}\n",
		    sst_message_column_name(values[_i].col), values[_i].json);
	else
		sst_buf_adds(&want, "before");
	ck_assert(sst_slice_eq(sst_buf_slice(&b), sst_buf_slice(&want)));
	if (rc == -1)
		ck_assert_int_eq(e.code, SST_EDAMAGED);
	b.n = 6;
	ck_assert_int_eq(sst_msgwrite_select(&fields,
			     sst_slice_str("message_id,type,webhook_id,pinned,edited_timestamp,"
					   "mentions,attachments,reactions,reference"),
			     &e),
	    0);
	ck_assert_int_eq(sst_msgwrite_tsv(&b, &m, &fields, 1, &row, &e), rc);
	if (rc == -1)
		ck_assert_uint_eq(b.n, 6);
	sst_buf_free(&b);
	sst_buf_free(&want);
	fakedb_free(f);
}
END_TEST

START_TEST(tsv_escapes)
{
	struct fakedb *f = fakedb_new(0);
	struct sst_buf out = { 0 };
	struct sst_msgwrite_fields fields;
	struct sst_err e;

	ck_assert_int_eq(
	    apply_line(f, HEAD ",\"content\":\"a\\tb\\nc\\\\d\\re\\\\\",\"author\":\"\"}",
		SST_MESSAGE_STORE, &e),
	    0);
	show(f, "content,author,nonce,channel_id", &out);
	ck_assert_str_eq((char *)out.p, "a\\tb\\nc\\\\d\\re\\\\\t\t\t1\n");
	ck_assert_int_eq(sst_msgwrite_select(&fields, SST_SLICE_LIT("content,,author"), &e), -1);
	ck_assert_str_eq(e.what, "there is no field \"\"");
	ck_assert_int_eq(sst_msgwrite_select(&fields, SST_SLICE_LIT("content,contents"), &e), -1);
	ck_assert_int_eq(
	    sst_msgwrite_select(&fields,
		SST_SLICE_LIT("type,type,type,type,type,type,type,type,type,type,type,type,type,"
			      "type,type,type,type,type,type,type,type,type,type,type,type,type,"
			      "type,type,type,type,type,type,type"),
		&e),
	    -1);
	ck_assert_str_eq(e.what, "too many fields at \"type\"");
	sst_buf_free(&out);
	fakedb_free(f);
}
END_TEST

/* Columns that somebody added are printed too; a table that is not ours is refused. */
START_TEST(other_tables)
{
	static const uint8_t seven[4] = { 0, 0, 0, 7 };
	struct fakedb *f = fakedb_new(1);
	struct sst_slice ck = { (const uint8_t *)"\0\0\0\0\0\0\0\7", 8 };
	struct sst_cell cell = { .col = 0, .ts_us = 1, .ldt_s = SST_NO_LDT, .value = { seven, 4 } };
	struct sst_row row = { .ck = &ck,
		.live = { 1, 0, SST_NO_LDT },
		.del = SST_LIVE,
		.ncells = 1,
		.cells = &cell };
	struct sst_message said = { .has_channel = true,
		.has_id = true,
		.channel = 1,
		.id = 7,
		.edited_us = INT64_MIN,
		.value[SST_MSG_AUTHOR_ID] = { (const uint8_t *)"\0\0\0\0\0\0\0\1", 8 } };
	struct sst_message_update update;
	struct sst_messages m;
	struct sst_buf b = { 0 };
	struct sst_type type;
	struct sst_err e;
	int i;

	ck_assert_int_eq(sst_messages_bind(&m, &f->db, &e), 0);
	ck_assert_int_eq(sst_msgwrite_json(&b, &m, 1, &row, &e), 0);
	sst_buf_addc(&b, '\0');
	ck_assert_str_eq(
	    (char *)b.p, "{\"channel_id\":\"1\",\"message_id\":\"7\"," TIME ",\"aaa_added\":7}\n");
	cell.value.n = 3;
	sst_buf_reset(&b);
	ck_assert_int_eq(sst_msgwrite_json(&b, &m, 1, &row, &e), -1);
	ck_assert_uint_eq(b.n, 0);
	sst_buf_free(&b);

	type = *f->table->regulars[0].type;
	type.multicell = true;
	f->table->regulars[0].type = &type;
	ck_assert_int_eq(sst_messages_bind(&m, &f->db, &e), -1);
	ck_assert_int_eq(e.code, SST_EUNSUPPORTED);
	type.multicell = false;
	i = sst_column_find(f->table->regulars, f->table->nregular, SST_SLICE_LIT("type"));
	f->table->regulars[i].type = f->table->regulars[i + 2].type; /* zzz_added text */
	ck_assert_int_eq(sst_messages_bind(&m, &f->db, &e), -1);
	ck_assert_str_eq(e.what, "chat.messages: column type is of another type");
	/* A table that lacks a column can be read, but not told what that column is for. */
	f->table->regulars[i].name = SST_SLICE_LIT("typf");
	ck_assert_int_eq(sst_messages_bind(&m, &f->db, &e), 0);
	ck_assert_uint_eq(m.regular[SST_MSG_TYPE], SST_MSG_NO_COLUMN);
	said.value[SST_MSG_TYPE] = (struct sst_slice){ seven, 4 };
	ck_assert_int_eq(sst_message_make(&update, &m, &said, SST_MESSAGE_STORE, 0, &e), -1);
	ck_assert_str_eq(e.what, "chat.messages has no column type here");
	f->table->nkey = 1;
	ck_assert_int_eq(sst_messages_bind(&m, &f->db, &e), -1);
	ck_assert_int_eq(strncmp(e.what, "chat.messages: want the key", 27), 0);
	f->table->nkey = 2;
	f->table->name = SST_SLICE_LIT("others");
	ck_assert_int_eq(sst_messages_bind(&m, &f->db, &e), -1);
	ck_assert_str_eq(e.what, "there is no table chat.messages");
	fakedb_free(f);
}
END_TEST

Suite *
message_suite(void)
{
	Suite *s = suite_create("message");
	TCase *t = tcase_create("message");

	tcase_add_loop_test(t, in_and_out, 0, SST_ARRAY_LEN(lines));
	tcase_add_loop_test(t, refusals, 0, SST_ARRAY_LEN(refused));
	tcase_add_test(t, many_reactions);
	tcase_add_test(t, edits_and_deletes);
	tcase_add_test(t, messages_from_the_future);
	tcase_add_test(t, update_is_sparse);
	tcase_add_test(t, table_of_messages);
	tcase_add_test(t, nested_values);
	tcase_add_test(t, unknown_fields);
	tcase_add_loop_test(t, foreign_values, 0, SST_ARRAY_LEN(values));
	tcase_add_test(t, tsv_escapes);
	tcase_add_test(t, other_tables);
	suite_add_tcase(s, t);
	return s;
}
