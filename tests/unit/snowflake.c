/* Tests of ids and buckets: the values of formats/snowflake.md, edges, and what is refused. */
#include "msg/snowflake.h"

#include <check.h>

#include "base/clock.h"
#include "base/num.h"
#include "msg/messages.h"

Suite *snowflake_suite(void);

static const struct {
	int64_t id, ms;
	const char *utc;
	unsigned worker, process, increment;
	int64_t bucket;
} ids[] = {
	{ 0, 0, "2015-01-01T00:00:00.000Z", 0, 0, 0, 0 },
	{ 4194303, 0, "2015-01-01T00:00:00.000Z", 31, 31, 4095, 0 },
	{ 3623878655999999, 863999999, "2015-01-10T23:59:59.999Z", 31, 31, 4095, 0 },
	{ 3623878656000000, 864000000, "2015-01-11T00:00:00.000Z", 0, 0, 0, 1 },
	{ 175928847299117063, 41944705796, "2016-04-30T11:18:25.796Z", 1, 0, 7, 48 },
	{ 334385199974967042, 79723644250, "2017-07-11T17:27:24.250Z", 19, 30, 1794, 92 },
	{ 897616432739799082, 214008434472, "2021-10-12T22:47:14.472Z", 1, 5, 42, 247 },
	{ 897870239797215243, 214068946790, "2021-10-13T15:35:46.790Z", 1, 0, 11, 247 },
	{ INT64_MAX, 2199023255551, "2084-09-06T15:47:35.551Z", 31, 31, 4095, 2545 },
};

START_TEST(parts)
{
	struct sst_snowflake s = sst_snowflake_split(ids[_i].id);
	int64_t us = sst_snowflake_us(ids[_i].id, SST_SNOWFLAKE_EPOCH_MS), id;
	char text[SST_TIME_LEN];
	struct sst_err e;

	ck_assert_int_eq(s.ms, ids[_i].ms);
	ck_assert_uint_eq(s.worker, ids[_i].worker);
	ck_assert_uint_eq(s.process, ids[_i].process);
	ck_assert_uint_eq(s.increment, ids[_i].increment);
	ck_assert_int_eq(sst_bucket_of(ids[_i].id, SST_BUCKET_WIDTH), ids[_i].bucket);
	sst_time_format(text, us, 3);
	ck_assert_str_eq(text, ids[_i].utc);
	/* The time gives the first id of its millisecond, at either end of it. */
	ck_assert_int_eq(sst_snowflake_at(&id, us, SST_SNOWFLAKE_EPOCH_MS, &e), 0);
	ck_assert_int_eq(id, ids[_i].id & ~INT64_C(0x3fffff));
	ck_assert_int_eq(sst_snowflake_at(&id, us + 999, SST_SNOWFLAKE_EPOCH_MS, &e), 0);
	ck_assert_int_eq(id, ids[_i].id & ~INT64_C(0x3fffff));
	ck_assert_int_eq(
	    sst_snowflake_make(&id, us / 1000, s.worker << 5 | s.process, s.increment, &e), 0);
	ck_assert_int_eq(id, ids[_i].id);
}
END_TEST

static const struct {
	int64_t bucket, first, last;
	const char *utc;
} buckets[] = {
	{ 0, 0, 3623878655999999, "2015-01-01T00:00:00.000Z" },
	{ 1, 3623878656000000, 7247757311999999, "2015-01-11T00:00:00.000Z" },
	{ 48, 173946175488000000, 177570054143999999, "2016-04-25T00:00:00.000Z" },
	{ 92, 333396836352000000, 337020715007999999, "2017-07-09T00:00:00.000Z" },
	{ 247, 895098028032000000, 898721906687999999, "2021-10-06T00:00:00.000Z" },
	{ 434, 1572763336704000000, 1576387215359999999, "2026-11-19T00:00:00.000Z" },
	{ 2545, 9222771179520000000, INT64_MAX, "2084-09-05T00:00:00.000Z" },
};

START_TEST(bucket_ids)
{
	int64_t first, last;
	char text[SST_TIME_LEN];

	ck_assert(sst_bucket_ids(buckets[_i].bucket, SST_BUCKET_WIDTH, &first, &last));
	ck_assert_int_eq(first, buckets[_i].first);
	ck_assert_int_eq(last, buckets[_i].last);
	ck_assert_int_eq(sst_bucket_of(first, SST_BUCKET_WIDTH), buckets[_i].bucket);
	ck_assert_int_eq(sst_bucket_of(last, SST_BUCKET_WIDTH), buckets[_i].bucket);
	sst_time_format(text, sst_snowflake_us(first, SST_SNOWFLAKE_EPOCH_MS), 3);
	ck_assert_str_eq(text, buckets[_i].utc);
}
END_TEST

START_TEST(buckets_without_ids)
{
	int64_t first, last;

	ck_assert(!sst_bucket_ids(-1, SST_BUCKET_WIDTH, &first, &last));
	ck_assert(!sst_bucket_ids(INT32_MIN, SST_BUCKET_WIDTH, &first, &last));
	ck_assert(!sst_bucket_ids(2546, SST_BUCKET_WIDTH, &first, &last));
	ck_assert(!sst_bucket_ids(INT64_MAX, 2, &first, &last));
	ck_assert(sst_bucket_ids(INT64_MAX, 1, &first, &last));
	ck_assert_int_eq(last, INT64_MAX);
}
END_TEST

START_TEST(widths)
{
	ck_assert_int_eq(sst_bucket_width(SST_BUCKET_DAYS), SST_BUCKET_WIDTH);
	ck_assert_int_eq(sst_bucket_width(1), SST_BUCKET_WIDTH / 10);
	ck_assert_int_eq(sst_bucket_width(0), 0);
	ck_assert_int_gt(sst_bucket_width(25451), 0);
	ck_assert_int_eq(sst_bucket_width(25452), 0);
	ck_assert_int_eq(sst_bucket_width(UINT64_MAX), 0);
}
END_TEST

static const struct {
	const char *text;
	int64_t id; /* -1: refused */
} texts[] = {
	{ "0", 0 },
	{ "00000000000000000000000000000007", 7 },
	{ "175928847299117063", 175928847299117063 },
	{ "9223372036854775807", INT64_MAX },
	{ "9223372036854775808", -1 },
	{ "18446744073709551615", -1 },
	{ "18446744073709551616", -1 },
	{ "99999999999999999999999999", -1 },
	{ "", -1 },
	{ "-1", -1 },
	{ "+1", -1 },
	{ " 1", -1 },
	{ "1 ", -1 },
	{ "0x1", -1 },
	{ "1e3", -1 },
	{ "1.0", -1 },
	/* Digits are read eight at a time. */
	{ "12345678", 12345678 },
	{ "123456789", 123456789 },
	{ "1234567890123456", 1234567890123456 },
	{ "12345678901234567", 12345678901234567 },
	{ "0000000000000000000000000012345678", 12345678 },
	{ "99999999999999999", 99999999999999999 },
	{ "/2345678", -1 },
	{ ":2345678", -1 },
	{ "1234567/", -1 },
	{ "1234567:", -1 },
	{ "123456789/123456", -1 },
	{ "123456789\xfa\xff\x80"
	  "123456",
	    -1 },
	{ "12345678\xb1\xb2\xb3\xb4\xb5\xb6\xb7\xb8", -1 },
	{ "1234567890123456a", -1 },
};

START_TEST(parse)
{
	struct sst_err e;
	int64_t id;

	ck_assert_int_eq(sst_snowflake_parse(&id, sst_slice_str(texts[_i].text), &e),
	    texts[_i].id == -1 ? -1 : 0);
	ck_assert_int_eq(id, texts[_i].id == -1 ? 0 : texts[_i].id);
}
END_TEST

START_TEST(times_without_ids)
{
	struct sst_err e;
	int64_t id;

	ck_assert_int_eq(
	    sst_snowflake_at(&id, SST_SNOWFLAKE_EPOCH_MS * 1000 - 1, SST_SNOWFLAKE_EPOCH_MS, &e),
	    -1);
	ck_assert_int_eq(id, 0);
	ck_assert_int_eq(sst_snowflake_at(&id, INT64_MIN, SST_SNOWFLAKE_EPOCH_MS, &e), -1);
	ck_assert_int_eq(id, 0);
	ck_assert_int_eq(
	    sst_snowflake_at(&id, (SST_SNOWFLAKE_EPOCH_MS + SST_SNOWFLAKE_MS_MAX + 1) * 1000,
		SST_SNOWFLAKE_EPOCH_MS, &e),
	    -1);
	ck_assert_int_eq(id, INT64_MAX);
	ck_assert_int_eq(sst_snowflake_at(&id, INT64_MAX, INT64_MIN, &e), -1);
	ck_assert_int_eq(id, INT64_MAX);
	ck_assert_int_eq(sst_snowflake_at(&id, -1, -1, &e), 0);
	ck_assert_int_eq(id, 0);
	ck_assert_int_eq(sst_snowflake_make(&id, SST_SNOWFLAKE_EPOCH_MS, 1024, 0, &e), -1);
	ck_assert_int_eq(sst_snowflake_make(&id, SST_SNOWFLAKE_EPOCH_MS, 0, 4096, &e), -1);
	ck_assert_int_eq(sst_snowflake_make(&id, INT64_MIN, 0, 0, &e), -1);
	ck_assert_int_eq(sst_snowflake_make(&id, INT64_MAX, 0, 0, &e), -1);
	/* Epochs at the ends of time do not overflow. */
	ck_assert_int_eq(sst_snowflake_us(INT64_MAX, INT64_MAX), INT64_MAX);
	ck_assert_int_eq(sst_snowflake_us(0, INT64_MIN), INT64_MIN);
}
END_TEST

START_TEST(keys)
{
	static const uint8_t want[] = { 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 4, 0, 0, 1, 178, 0 };
	uint8_t key[SST_MESSAGES_KEY_LEN];
	int64_t channel;
	int32_t bucket;
	size_t i;

	sst_messages_key(key, 0x0102030405060708, 434);
	ck_assert_mem_eq(key, want, sizeof(want));
	ck_assert(
	    sst_messages_key_split((struct sst_slice){ key, sizeof(key) }, &channel, &bucket));
	ck_assert_int_eq(channel, 0x0102030405060708);
	ck_assert_int_eq(bucket, 434);
	sst_messages_key(key, INT64_MIN, -1);
	ck_assert(
	    sst_messages_key_split((struct sst_slice){ key, sizeof(key) }, &channel, &bucket));
	ck_assert_int_eq(channel, INT64_MIN);
	ck_assert_int_eq(bucket, -1);
	ck_assert(
	    !sst_messages_key_split((struct sst_slice){ key, sizeof(key) - 1 }, &channel, &bucket));
	for (i = 0; i < sizeof(key); i++) { /* each byte of the form counts */
		sst_messages_key(key, 0, 0);
		key[i] = 9;
		ck_assert_int_eq(sst_messages_key_split(
				     (struct sst_slice){ key, sizeof(key) }, &channel, &bucket),
		    (i >= 2 && i < 10) || (i >= 13 && i < 17));
	}
}
END_TEST

/* The key in formats/snowflake.md. */
START_TEST(key_of_the_page)
{
	static const uint8_t want[] = { 0x00, 0x08, 0x01, 0x21, 0x23, 0x08, 0xc0, 0x80, 0x20, 0x00,
		0x00, 0x00, 0x04, 0x00, 0x00, 0x01, 0xb2, 0x00 };
	uint8_t key[SST_MESSAGES_KEY_LEN];
	int64_t token;

	sst_messages_key(key, 81384788765712384, 434);
	ck_assert_mem_eq(key, want, sizeof(want));
	token = sst_token((struct sst_slice){ key, sizeof(key) });
	ck_assert_int_eq(token, 1954888271743600264);
	ck_assert_uint_eq(sst_shard(token, 8), 4);
}
END_TEST

Suite *
snowflake_suite(void)
{
	Suite *s = suite_create("snowflake");
	TCase *t = tcase_create("snowflake");

	tcase_add_loop_test(t, parts, 0, SST_ARRAY_LEN(ids));
	tcase_add_loop_test(t, bucket_ids, 0, SST_ARRAY_LEN(buckets));
	tcase_add_test(t, buckets_without_ids);
	tcase_add_test(t, widths);
	tcase_add_loop_test(t, parse, 0, SST_ARRAY_LEN(texts));
	tcase_add_test(t, times_without_ids);
	tcase_add_test(t, keys);
	tcase_add_test(t, key_of_the_page);
	suite_add_tcase(s, t);
	return s;
}
