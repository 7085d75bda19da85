/*
 * tests/unit/wire.c: the native protocol: envelopes, frames and requests as stock drivers write them
 * (the bytes are the Python driver's), and answers byte by byte.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "wire/bodyzip.h"
#include "wire/frame.h"
#include "wire/request.h"
#include "wire/response.h"

Suite *wire_suite(void);

#define BODY_MAX ((size_t)1 << 20)

/* Bytes from pairs of hexadecimal digits; white space between them is for the eye. */
static struct sst_buf
unhex(const char *s)
{
	struct sst_buf b = { 0 };
	unsigned v;
	int n;

	while (sscanf(s, " %2x%n", &v, &n) == 1) {
		sst_buf_addc(&b, (char)v);
		s += n;
	}
	return b;
}

static void
check_bytes(struct sst_buf *b, const char *hex)
{
	struct sst_buf want = unhex(hex);

	ck_assert(!b->bad);
	ck_assert_uint_eq(b->n, want.n);
	ck_assert_mem_eq(b->p, want.p, want.n);
	sst_buf_free(&want);
	sst_buf_free(b);
}

struct parsed {
	struct sst_buf bytes;
	struct sst_arena arena;
	struct sst_envelope env;
	struct sst_request req;
	struct sst_err e;
	int result;
};

/* The length of the body is set to what is there: those written below are for the eye. */
static struct sst_buf
unhex_envelope(const char *hex)
{
	struct sst_buf b = unhex(hex);

	ck_assert_uint_lt(b.n, 256);
	b.p[SST_ENVELOPE_HEADER - 1] = (uint8_t)(b.n - SST_ENVELOPE_HEADER);
	return b;
}

static struct parsed
parse(const char *hex)
{
	struct parsed p = { .bytes = unhex_envelope(hex) };
	struct sst_slice in = sst_buf_slice(&p.bytes);

	ck_assert_int_eq(sst_envelope_take(&p.env, &in, BODY_MAX, &p.e), SST_ONE);
	ck_assert_uint_eq(in.n, 0);
	p.result = sst_request_parse(&p.req, &p.arena, &p.env, &p.e);
	return p;
}

static void
done(struct parsed *p)
{
	sst_arena_free(&p->arena);
	sst_buf_free(&p->bytes);
}

static void
check_slice(struct sst_slice s, const char *want)
{
	ck_assert(sst_slice_eq(s, sst_slice_str(want)));
}

START_TEST(startup_of_a_driver)
{
	struct parsed p = parse("0400000701000000260002000b4452495645525f4e414d45000178000b43514c5f"
				"56455253494f4e0005332e342e35");

	ck_assert_int_eq(p.result, 0);
	ck_assert_uint_eq(p.env.version, 4);
	ck_assert_int_eq(p.env.stream, 7);
	ck_assert_uint_eq(p.req.opcode, SST_OP_STARTUP);
	check_slice(sst_request_option(&p.req, "cql_version"), "3.4.5");
	ck_assert_ptr_null(sst_request_option(&p.req, "COMPRESSION").p);
	done(&p);
}
END_TEST

START_TEST(register_of_a_driver)
{
	struct parsed p = parse("040000070b000000110001000d534348454d415f4348414e4745");

	ck_assert_int_eq(p.result, 0);
	ck_assert_uint_eq(p.req.nevents, 1);
	check_slice(p.req.events[0], "SCHEMA_CHANGE");
	done(&p);
}
END_TEST

static const char *const queries[] = {
	"0400000707000000230000000853454c454354203100063c000000640000000261620008000000000012d687",
	"0500000707000000260000000853454c454354203100060000003c000000640000000261620008000000000012"
	"d6"
	"87",
};

START_TEST(query_of_a_driver)
{
	struct parsed p = parse(queries[_i]);
	const struct sst_query_params *q = &p.req.params;

	ck_assert_int_eq(p.result, 0);
	check_slice(p.req.text, "SELECT 1");
	ck_assert_uint_eq(q->consistency, 6);
	ck_assert_int_eq(q->page_size, 100);
	check_slice(q->paging_state, "ab");
	ck_assert_uint_eq(q->serial, 8);
	ck_assert_int_eq(q->ts_us, 1234567);
	ck_assert_uint_eq(q->nvalues, 0);
	done(&p);
}
END_TEST

static const char *const executes[] = {
	"040000070a000000210002696400012100030000000400000001ffffffff000000000000000000000005",
	"050000070a00000028000269640002726d00010000002100030000000400000001ffffffff0000000000000000"
	"00000005",
};

START_TEST(execute_of_a_driver)
{
	struct parsed p = parse(executes[_i]);
	const struct sst_query_params *q = &p.req.params;

	ck_assert_int_eq(p.result, 0);
	check_slice(p.req.id, "id");
	check_slice(p.req.result_id, p.env.version == 5 ? "rm" : "");
	ck_assert_uint_eq(q->nvalues, 3);
	ck_assert_uint_eq(q->values[0].value.n, 4);
	ck_assert_ptr_null(q->values[1].value.p);
	ck_assert(!q->values[1].unset);
	ck_assert_ptr_nonnull(q->values[2].value.p);
	ck_assert_uint_eq(q->values[2].value.n, 0);
	ck_assert_int_eq(q->ts_us, 5);
	done(&p);
}
END_TEST

static const char *const batches[] = {
	"040000070d000000280100020000000003494e530001000000017101000269640001ffffffff00012000000000"
	"00000009",
	"050000070d0000002b0100020000000003494e530001000000017101000269640001ffffffff00010000002000"
	"00000000000009",
};

START_TEST(batch_of_a_driver)
{
	struct parsed p = parse(batches[_i]);

	ck_assert_int_eq(p.result, 0);
	ck_assert_int_eq(p.req.batch, SST_BATCH_UNLOGGED);
	ck_assert_uint_eq(p.req.nparts, 2);
	check_slice(p.req.parts[0].text, "INS");
	check_slice(p.req.parts[0].values[0].value, "q");
	ck_assert_ptr_null(p.req.parts[1].text.p);
	check_slice(p.req.parts[1].id, "id");
	ck_assert_int_eq(p.req.params.ts_us, 9);
	done(&p);
}
END_TEST

static const char *const prepares[] = {
	"04000007090000000a00000006494e53455254",
	"05000007090000000e00000006494e5345525400000000",
	"0500000709000000110000 0006494e53455254 00000001 0001 6b",
};

START_TEST(prepare_of_a_driver)
{
	struct parsed p = parse(prepares[_i]);

	ck_assert_int_eq(p.result, 0);
	check_slice(p.req.text, "INSERT");
	check_slice(p.req.params.keyspace, _i == 2 ? "k" : "");
	done(&p);
}
END_TEST

/* Values by name, one unset; a custom payload before the query; an authentication's token. */
START_TEST(rarer_requests)
{
	struct parsed p =
	    parse("04 04 0001 07 00000028  0001 0001 61 00000002 6262"
		  "00000001 51  0001  41 0002  0001 61 00000001 39  0001 62 fffffffe");

	ck_assert_int_eq(p.result, 0);
	check_slice(p.req.text, "Q");
	check_slice(p.req.params.values[0].name, "a");
	check_slice(p.req.params.values[0].value, "9");
	ck_assert(p.req.params.values[1].unset);
	done(&p);
	p = parse("04 00 0001 0f 00000006  00000002 6869");
	ck_assert_int_eq(p.result, 0);
	check_slice(p.req.token, "hi");
	done(&p);
	p = parse("05 00 0001 07 0000001a  00000001 51  0001  00000184  00000001"
		  "0001 6b  0000002a 00000000");
	ck_assert_int_eq(p.result, 0);
	ck_assert_int_eq(p.req.params.now_s, 42);
	check_slice(p.req.params.keyspace, "k");
	done(&p);
}
END_TEST

static const struct {
	const char *hex;
	enum sst_code code;
	const char *what;
} bad[] = {
	{ "04 00 0001 07 00000003 000000", SST_ESHORT, "a message that ends too early" },
	{ "04 00 0001 07 00000009 00000001 51 0001 01 ff", SST_ESHORT, NULL },
	{ "04 00 0001 07 0000000f 00000001 51 0001 01 0001 fffffffd ffff", SST_EDAMAGED,
	    "a value of -3 bytes" },
	{ "03 00 0001 07 0000000e 00000001 51 0001 01 0001 fffffffe ff", SST_EDAMAGED,
	    "a value of -2 bytes" },
	{ "04 00 0001 07 0000000c 00000001 51 0001 01 ffff ff ff", SST_ESHORT, NULL },
	{ "04 00 0001 0d 00000006 03 0000 0001 00", SST_EDAMAGED, "batch type 3" },
	{ "04 00 0001 0d 00000009 00 0001 02 0000 0001 00", SST_EDAMAGED,
	    "kind 2 of a statement in a batch" },
	{ "04 00 0001 0d 00000006 00 0000 0001 40", SST_EDAMAGED, "named values in a batch" },
	{ "04 00 0001 0d 00000003 00 ffff", SST_ESHORT, NULL },
	{ "04 00 0001 01 00000004 ffff 0000", SST_ESHORT, NULL },
	{ "04 00 0001 0b 00000004 0001 0005", SST_ESHORT, NULL },
	{ "04 04 0001 05 00000004 0001 0005", SST_ESHORT, NULL },
	{ "04 00 0001 02 00000000", SST_EINVAL, "opcode 2 is no request" },
};

START_TEST(bad_requests_are_refused)
{
	struct parsed p = { .bytes = unhex_envelope(bad[_i].hex) };
	struct sst_slice in = sst_buf_slice(&p.bytes);

	ck_assert_int_eq(sst_envelope_take(&p.env, &in, BODY_MAX, &p.e), SST_ONE);
	ck_assert_int_eq(sst_request_parse(&p.req, &p.arena, &p.env, &p.e), -1);
	ck_assert_int_eq(p.e.code, bad[_i].code);
	if (bad[_i].what != NULL)
		ck_assert_str_eq(p.e.what, bad[_i].what);
	done(&p);
}
END_TEST

/* No request cut anywhere, nor with any byte changed, is read beyond its end (asan sees that). */
START_TEST(cut_and_changed_requests)
{
	const char *const *all[] = { queries, executes, batches };
	struct parsed p = { .bytes = unhex(all[_i / 2][_i % 2]) };

	for (size_t at = 4; at < p.bytes.n; at++)
		for (unsigned v = 0; v < 256; v += 5) {
			uint8_t *copy = malloc(p.bytes.n), *end = copy + p.bytes.n;
			struct sst_slice in = { copy, p.bytes.n };

			memcpy(copy, p.bytes.p, p.bytes.n);
			copy[at] = (uint8_t)v;
			if (sst_envelope_take(&p.env, &in, BODY_MAX, &p.e) == SST_ONE) {
				ck_assert(p.env.body.p + p.env.body.n <= end);
				sst_request_parse(&p.req, &p.arena, &p.env, &p.e);
			}
			sst_arena_reset(&p.arena);
			free(copy);
		}
	done(&p);
}
END_TEST

START_TEST(envelopes_that_are_not_whole)
{
	struct sst_buf b = unhex(queries[0]);
	struct sst_envelope env;
	struct sst_slice in;
	struct sst_err e;

	for (size_t n = 0; n < b.n; n++) {
		in = (struct sst_slice){ b.p, n };
		ck_assert_int_eq(sst_envelope_take(&env, &in, BODY_MAX, &e), 0);
		ck_assert_uint_eq(in.n, n);
	}
	in = sst_buf_slice(&b);
	ck_assert_int_eq(sst_envelope_take(&env, &in, 34, &e), -1);
	ck_assert_int_eq(e.code, SST_ELIMIT);
	b.p[5] = 0x80;
	ck_assert_int_eq(sst_envelope_take(&env, &in, BODY_MAX, &e), -1);
	ck_assert_int_eq(e.code, SST_EDAMAGED);
	sst_buf_free(&b);
}
END_TEST

/* Version 66 (a driver looks for another server first), 2 with its shorter header, 6. */
START_TEST(versions_that_are_not_spoken)
{
	static const struct {
		const char *hex;
		uint8_t version;
		int16_t stream;
	} t[] = { { "42 00 0102 05 00000000", 66, 0x102 }, { "02 00 05 05 00000000", 2, 5 },
		{ "06 10 0001 05 00000000", 6, 1 } };
	struct sst_envelope env;
	struct sst_err e;

	for (size_t i = 0; i < SST_ARRAY_LEN(t); i++) {
		struct sst_buf b = unhex(t[i].hex);
		struct sst_slice in = { b.p, 7 };

		ck_assert_int_eq(sst_envelope_take(&env, &in, BODY_MAX, &e), 0);
		in.n = b.n;
		ck_assert_int_eq(sst_envelope_take(&env, &in, BODY_MAX, &e), -1);
		ck_assert_int_eq(e.code, SST_EVERSION);
		ck_assert_uint_eq(env.version, t[i].version);
		ck_assert_int_eq(env.stream, t[i].stream);
		ck_assert_ptr_nonnull(strstr(e.what, "the greatest is 5"));
		sst_buf_free(&b);
	}
}
END_TEST

/* ---- frames ---- */

static const struct {
	const char *hex, *text;
	bool lz4;
} frames[] = {
	{ "0a00028c687968656c6c6f207769726530ead6cf", "hello wire", false },
	{ "0a000000048edb5868656c6c6f207769726530ead6cf", "hello wire", true },
	{ "0b00500004b96a081f7801000f5078787878782f61719d",
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", true },
};

START_TEST(frames_of_a_driver)
{
	struct sst_buf b = unhex(frames[_i].hex), scratch = { 0 }, out = { 0 };
	struct sst_slice in = sst_buf_slice(&b);
	struct sst_frame f;
	struct sst_err e;

	for (in.n = 0; in.n < b.n; in.n++)
		ck_assert_int_eq(sst_frame_take(&f, &in, frames[_i].lz4, &scratch, &e), 0);
	ck_assert_int_eq(sst_frame_take(&f, &in, frames[_i].lz4, &scratch, &e), SST_ONE);
	ck_assert_uint_eq(in.n, 0);
	ck_assert(f.self_contained);
	check_slice(f.payload, frames[_i].text);
	sst_frame_put(&out, sst_slice_str(frames[_i].text), frames[_i].lz4);
	if (strlen(frames[_i].text) == 10) /* compressed bytes may differ between versions of LZ4 */
		ck_assert(sst_slice_eq(sst_buf_slice(&out), sst_buf_slice(&b)));
	in = sst_buf_slice(&out);
	ck_assert_int_eq(sst_frame_take(&f, &in, frames[_i].lz4, &scratch, &e), SST_ONE);
	check_slice(f.payload, frames[_i].text);
	sst_buf_free(&b);
	sst_buf_free(&out);
	sst_buf_free(&scratch);
}
END_TEST

/* Every bit of a frame is under one of the two checksums. */
START_TEST(frames_with_a_flipped_bit)
{
	struct sst_buf b = unhex(frames[_i].hex), scratch = { 0 };
	struct sst_frame f;
	struct sst_err e;

	for (size_t bit = 0; bit < 8 * b.n; bit++) {
		struct sst_slice in = sst_buf_slice(&b);

		b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_int_eq(sst_frame_take(&f, &in, frames[_i].lz4, &scratch, &e), -1);
		ck_assert_int_eq(e.code, SST_EDAMAGED);
		b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	sst_buf_free(&b);
	sst_buf_free(&scratch);
}
END_TEST

/* What does not fit in one frame comes back from several, none of which is self-contained. */
START_TEST(frames_of_a_large_envelope)
{
	size_t n = 3 * SST_FRAME_PAYLOAD_MAX + 17, frames_seen = 0;
	struct sst_buf out = { 0 }, back = { 0 }, scratch = { 0 };
	uint8_t *bytes = malloc(n);
	struct sst_frame f;
	struct sst_slice in;
	struct sst_err e;

	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(i * i >> 7);
	sst_frame_put(&out, (struct sst_slice){ bytes, n }, _i == 1);
	in = sst_buf_slice(&out);
	while (sst_frame_take(&f, &in, _i == 1, &scratch, &e) == SST_ONE) {
		ck_assert(!f.self_contained);
		sst_buf_add_slice(&back, f.payload);
		frames_seen++;
	}
	ck_assert_uint_eq(in.n, 0);
	ck_assert_uint_eq(frames_seen, 4);
	ck_assert(sst_slice_eq(sst_buf_slice(&back), (struct sst_slice){ bytes, n }));
	free(bytes);
	sst_buf_free(&out);
	sst_buf_free(&back);
	sst_buf_free(&scratch);
}
END_TEST

/* ---- compressed bodies ---- */

START_TEST(bodies_there_and_back)
{
	enum sst_body_codec codec = _i == 0 ? SST_BODY_LZ4 : SST_BODY_SNAPPY;
	struct sst_buf b = { 0 }, scratch = { 0 };
	struct sst_slice body;
	struct sst_err e;

	sst_buf_adds(&b, "head");
	for (int i = 0; i < 1000; i++)
		sst_buf_adds(&b, "the same again ");
	sst_body_zip(codec, &b, 4, &scratch);
	ck_assert_uint_lt(b.n, 1500);
	body = (struct sst_slice){ b.p + 4, b.n - 4 };
	ck_assert_int_eq(sst_body_unzip(codec, &body, 14999, &scratch, &e), -1);
	ck_assert_int_eq(e.code, SST_ELIMIT);
	body = (struct sst_slice){ b.p + 4, b.n - 5 };
	ck_assert_int_eq(sst_body_unzip(codec, &body, BODY_MAX, &scratch, &e), -1);
	ck_assert_int_eq(e.code, SST_EDAMAGED);
	body = (struct sst_slice){ b.p + 4, b.n - 4 };
	ck_assert_int_eq(sst_body_unzip(codec, &body, BODY_MAX, &scratch, &e), 0);
	ck_assert_uint_eq(body.n, 15000);
	ck_assert_mem_eq(body.p + 14985, "the same again ", 15);
	body = (struct sst_slice){ (const uint8_t *)"\xff\xff", 2 };
	ck_assert_int_eq(sst_body_unzip(codec, &body, BODY_MAX, &scratch, &e), -1);
	ck_assert_int_eq(e.code, _i == 0 ? SST_ESHORT : SST_EDAMAGED);
	sst_buf_free(&b);
	sst_buf_free(&scratch);
}
END_TEST

START_TEST(names_of_body_codecs)
{
	ck_assert_int_eq(sst_body_codec_find(SST_SLICE_LIT("LZ4")), SST_BODY_LZ4);
	ck_assert_int_eq(sst_body_codec_find(SST_SLICE_LIT("snappy")), SST_BODY_SNAPPY);
	ck_assert_int_eq(sst_body_codec_find(SST_SLICE_LIT("zstd")), -1);
}
END_TEST

/* ---- answers ---- */

START_TEST(plain_answers)
{
	static const char *const lz4[] = { "lz4" };
	static const struct sst_supported supported[] = { { "COMPRESSION", 1, lz4 } };
	struct sst_envelope env = { .version = 4, .response = true, .stream = 9, .opcode = 8 };
	struct sst_schema_change c = { "CREATED", "TABLE", SST_SLICE_LIT("k"), SST_SLICE_LIT("t") };
	struct sst_buf b = { 0 };
	size_t at = sst_envelope_begin(&b, &env);

	sst_response_void(&b);
	sst_envelope_end(&b, at);
	check_bytes(&b, "84 00 0009 08 00000004 00000001");
	b = (struct sst_buf){ 0 };
	sst_response_supported(&b, supported, 1);
	check_bytes(&b, "0001 000b 434f4d5052455353494f4e 0001 0003 6c7a34");
	b = (struct sst_buf){ 0 };
	sst_response_set_keyspace(&b, SST_SLICE_LIT("chat"));
	check_bytes(&b, "00000003 0004 63686174");
	b = (struct sst_buf){ 0 };
	sst_response_schema_change(&b, &c);
	check_bytes(&b, "00000005 0007 43524541544544 0005 5441424c45 0001 6b 0001 74");
	b = (struct sst_buf){ 0 };
	c = (struct sst_schema_change){ "DROPPED", "KEYSPACE", SST_SLICE_LIT("k"), { NULL, 0 } };
	sst_response_schema_event(&b, &c);
	check_bytes(&b,
	    "000d 534348454d415f4348414e4745 0007 44524f50504544 0008 4b45595350414345 0001 6b");
}
END_TEST

START_TEST(errors_with_their_fields)
{
	struct sst_slice no = SST_SLICE_LIT("no");
	struct sst_buf b = { 0 };

	sst_response_error(&b, SST_WIRE_INVALID, no);
	check_bytes(&b, "00002200 0002 6e6f");
	b = (struct sst_buf){ 0 };
	sst_response_unprepared(&b, SST_SLICE_LIT("id"), no);
	check_bytes(&b, "00002500 0002 6e6f 0002 6964");
	b = (struct sst_buf){ 0 };
	sst_response_already_exists(&b, SST_SLICE_LIT("k"), SST_SLICE_LIT("t"), no);
	check_bytes(&b, "00002400 0002 6e6f 0001 6b 0001 74");
	b = (struct sst_buf){ 0 };
	sst_response_read_failure(&b, 3, 1, no);
	check_bytes(&b, "00001200 0002 6e6f 0001 00000000 00000001 00");
	b = (struct sst_buf){ 0 };
	sst_response_read_failure(&b, 4, 1, no);
	check_bytes(&b, "00001300 0002 6e6f 0001 00000000 00000001 00000001 00");
	b = (struct sst_buf){ 0 };
	sst_response_write_failure(&b, 5, 1, "SIMPLE", no);
	check_bytes(&b,
	    "00001500 0002 6e6f 0001 00000000 00000001 00000001 04 7f000001 0000"
	    "0006 53494d504c45");
	b = (struct sst_buf){ 0 };
	sst_response_write_failure(&b, 3, 1, "BATCH", no);
	check_bytes(&b, "00001100 0002 6e6f 0001 00000000 00000001 0005 4241544348");
}
END_TEST

static const struct {
	const char *cql;
	uint8_t version;
	const char *hex;
} types[] = {
	{ "bigint", 4, "0002" },
	{ "text", 4, "000d" },
	{ "date", 4, "0011" },
	{ "duration", 5, "0015" },
	{ "list<int>", 4, "0020 0009" },
	{ "frozen<map<text, frozen<set<uuid>>>>", 4, "0021 000d 0022 000c" },
	{ "tuple<bigint, inet>", 4, "0031 0002 0002 0010" },
	{ "date", 3,
	    "0000 002e 6f72672e6170616368652e63617373616e6472612e64622e6d61727368616c2e"
	    "53696d706c654461746554797065" },
};

START_TEST(types_as_options)
{
	struct sst_arena arena = { 0 };
	const struct sst_type *t;
	struct sst_buf b = { 0 };
	struct sst_err e;

	ck_assert_int_eq(
	    sst_type_parse_cql(&t, &arena, sst_slice_str(types[_i].cql), NULL, NULL, &e), 0);
	sst_response_type(&b, types[_i].version, t);
	check_bytes(&b, types[_i].hex);
	sst_arena_free(&arena);
}
END_TEST

START_TEST(user_types_and_vectors)
{
	static const struct sst_type number = { .kind = SST_INT, .fixed_len = 4 };
	static const struct sst_type *args[] = { &number };
	struct sst_slice field = SST_SLICE_LIT("f");
	struct sst_type udt = { .kind = SST_UDT,
		.nargs = 1,
		.args = args,
		.keyspace = SST_SLICE_LIT("k"),
		.name = SST_SLICE_LIT("u"),
		.fields = &field };
	struct sst_type vector = { .kind = SST_VECTOR, .nargs = 1, .args = args, .dim = 3 };
	struct sst_buf b = { 0 };

	sst_response_type(&b, 4, &udt);
	check_bytes(&b, "0030 0001 6b 0001 75 0001 0001 66 0009");
	b = (struct sst_buf){ 0 };
	sst_response_type(&b, 5, &vector);
	ck_assert_uint_eq(b.p[1], 0);
	sst_buf_addc(&b, '\0');
	ck_assert_ptr_nonnull(strstr((const char *)b.p + 4, "VectorType("));
	sst_buf_free(&b);
}
END_TEST

START_TEST(rows_and_prepared)
{
	static const struct sst_type number = { .kind = SST_INT, .fixed_len = 4 };
	struct sst_result_column col = { SST_SLICE_LIT("c"), &number };
	struct sst_result_metadata m = { SST_SLICE_LIT("k"), SST_SLICE_LIT("t"), 1, &col };
	struct sst_result_metadata none = { .ncolumns = 0 };
	struct sst_rows_header h = { .metadata = &m };
	uint16_t pk = 0;
	struct sst_prepared_reply r = { SST_SLICE_LIT("id"), SST_SLICE_LIT("rm"), &m, &none, 1,
		&pk };
	struct sst_buf b = { 0 };
	size_t at = sst_response_rows_begin(&b, 4, &h);

	sst_response_value(&b, SST_SLICE_LIT("\0\0\0\7"));
	sst_response_value(&b, (struct sst_slice){ NULL, 0 });
	sst_response_rows_end(&b, at, 2);
	check_bytes(&b,
	    "00000002 00000001 00000001 0001 6b 0001 74 0001 63 0009"
	    "00000002 00000004 00000007 ffffffff");
	b = (struct sst_buf){ 0 };
	h.skip_metadata = true;
	h.paging_state = SST_SLICE_LIT("p");
	sst_response_rows_begin(&b, 4, &h);
	check_bytes(&b, "00000002 00000006 00000001 00000001 70 00000000");
	b = (struct sst_buf){ 0 };
	h.new_id = SST_SLICE_LIT("n");
	sst_response_rows_begin(&b, 5, &h);
	check_bytes(&b,
	    "00000002 0000000b 00000001 00000001 70 0001 6e 0001 6b 0001 74 0001 63 0009"
	    "00000000");
	b = (struct sst_buf){ 0 };
	sst_response_prepared(&b, 5, &r);
	check_bytes(&b,
	    "00000004 0002 6964 0002 726d 00000001 00000001 00000001 0000"
	    "0001 6b 0001 74 0001 63 0009 00000004 00000000");
	b = (struct sst_buf){ 0 };
	r.bound = &none;
	r.npk = 0;
	r.result = &m;
	sst_response_prepared(&b, 3, &r);
	check_bytes(&b,
	    "00000004 0002 6964 00000000 00000000 00000001 00000001 0001 6b 0001 74 0001 63 0009");
}
END_TEST

Suite *
wire_suite(void)
{
	Suite *s = suite_create("wire");
	TCase *t = tcase_create("requests");

	tcase_add_test(t, startup_of_a_driver);
	tcase_add_test(t, register_of_a_driver);
	tcase_add_loop_test(t, query_of_a_driver, 0, SST_ARRAY_LEN(queries));
	tcase_add_loop_test(t, execute_of_a_driver, 0, SST_ARRAY_LEN(executes));
	tcase_add_loop_test(t, batch_of_a_driver, 0, SST_ARRAY_LEN(batches));
	tcase_add_loop_test(t, prepare_of_a_driver, 0, SST_ARRAY_LEN(prepares));
	tcase_add_test(t, rarer_requests);
	tcase_add_loop_test(t, bad_requests_are_refused, 0, SST_ARRAY_LEN(bad));
	tcase_add_loop_test(t, cut_and_changed_requests, 0, 6);
	tcase_add_test(t, envelopes_that_are_not_whole);
	tcase_add_test(t, versions_that_are_not_spoken);
	suite_add_tcase(s, t);
	t = tcase_create("frames");
	tcase_add_loop_test(t, frames_of_a_driver, 0, SST_ARRAY_LEN(frames));
	tcase_add_loop_test(t, frames_with_a_flipped_bit, 0, SST_ARRAY_LEN(frames));
	tcase_add_loop_test(t, frames_of_a_large_envelope, 0, 2);
	tcase_add_loop_test(t, bodies_there_and_back, 0, 2);
	tcase_add_test(t, names_of_body_codecs);
	suite_add_tcase(s, t);
	t = tcase_create("responses");
	tcase_add_test(t, plain_answers);
	tcase_add_test(t, errors_with_their_fields);
	tcase_add_loop_test(t, types_as_options, 0, SST_ARRAY_LEN(types));
	tcase_add_test(t, user_types_and_vectors);
	tcase_add_test(t, rows_and_prepared);
	suite_add_tcase(s, t);
	return s;
}
