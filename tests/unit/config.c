/* Tests of msgd.yaml: every key, every refusal, and that the page of the keys is the table of them. */
#include "msgd/config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/nomem.h"
#include "base/num.h"

Suite *config_suite(void);

#define MIB ((uint64_t)1 << 20)

static int
parse(struct msgd_config *c, struct sst_arena *a, const char *text, struct sst_err *e)
{
	msgd_config_init(c);
	return msgd_config_parse(c, sst_slice_str(text), "x.yaml", a, e);
}

static const char everything[] = "# all keys\n"
				 "broadcast_address: 10.0.0.7\n"
				 "cluster_name: 'a ''small'' one'\n"
				 "commitlog_segment_size: 16MiB\n"
				 "commitlog_sync: group\n"
				 "commitlog_sync_group_window: 5ms\n"
				 "commitlog_sync_period: 2s\n"
				 "commitlog_total_space: 1GiB\n"
				 "compact: false\n"
				 "compact_program: /opt/bin/compact\n"
				 "compaction_throughput: 16MiB/s\n"
				 "data_center: \"east\"\n"
				 "file_cache_size: 12M\n"
				 "memtable_heap_space: 1536K\n"
				 "native_shard_aware_transport_port: 19043\n"
				 "native_transport_max_concurrent_connections: 7\n"
				 "native_transport_max_frame_size: 1MiB\n"
				 "native_transport_max_output: 5MiB\n"
				 "native_transport_max_output_per_connection: 2MiB\n"
				 "native_transport_max_request_data_in_flight: 3MiB\n"
				 "native_transport_port: 0\n"
				 "rack: 1\n"
				 "rpc_address: ::1\n"
				 "shards: 3\n"
				 "start_native_transport: false\n"
				 "tombstone_failure_threshold: 0\n"
				 "tombstone_warn_threshold: 2147483647\n";

static void
check_everything(const struct msgd_config *c)
{
	ck_assert_str_eq(c->broadcast_address, "10.0.0.7");
	ck_assert_str_eq(c->cluster_name, "a 'small' one");
	ck_assert_uint_eq(c->segment_size, 16 * MIB);
	ck_assert_int_eq(c->sync, SST_SYNC_GROUP);
	ck_assert_uint_eq(c->sync_window_ms, 5);
	ck_assert_uint_eq(c->sync_period_ms, 2000);
	ck_assert_uint_eq(c->log_max, 1024 * MIB);
	ck_assert(!c->compact);
	ck_assert_str_eq(c->compact_program, "/opt/bin/compact");
	ck_assert_uint_eq(c->compact_rate, 16 * MIB);
	ck_assert_str_eq(c->data_center, "east");
	ck_assert_uint_eq(c->cache, 12 * MIB);
	ck_assert_uint_eq(c->memory, 3 * MIB / 2);
	ck_assert_uint_eq(c->shard_port, 19043);
	ck_assert_uint_eq(c->connections_max, 7);
	ck_assert_uint_eq(c->frame_max, MIB);
	ck_assert_uint_eq(c->output_max, 2 * MIB);
	ck_assert_uint_eq(c->output_all_max, 5 * MIB);
	ck_assert_uint_eq(c->inflight_max, 3 * MIB);
	ck_assert_uint_eq(c->cql_port, 0);
	ck_assert_str_eq(c->rack, "1");
	ck_assert_str_eq(c->listen, "::1");
	ck_assert_uint_eq(c->shards, 3);
	ck_assert(c->no_cql);
	ck_assert_uint_eq(c->tombstone_fail, 0);
	ck_assert_uint_eq(c->tombstone_warn, INT32_MAX);
}

/* And printed, it reads back the same. */
START_TEST(every_key)
{
	struct sst_arena a = { 0 };
	struct sst_buf first = { 0 }, second = { 0 };
	struct msgd_config c;
	struct sst_err e;
	char name[80];
	size_t i;

	ck_assert_msg(parse(&c, &a, everything, &e) == 0, "%s", e.what);
	check_everything(&c);
	ck_assert_int_eq(msgd_config_finish(&c, &e), 0);
	ck_assert_uint_eq(c.sync_ms, 5);
	for (i = 0; i < msgd_config_nkeys(); i++) {
		snprintf(name, sizeof(name), "\n%s: ", msgd_config_key(i));
		ck_assert_msg(strstr(everything, name) != NULL, "%s has no test", name);
		ck_assert(i == 0 || strcmp(msgd_config_key(i - 1), msgd_config_key(i)) < 0);
	}
	msgd_config_print(&c, &first);
	msgd_config_init(&c);
	ck_assert_int_eq(msgd_config_parse(&c, sst_buf_slice(&first), "printed", &a, &e), 0);
	check_everything(&c);
	msgd_config_print(&c, &second);
	ck_assert(sst_slice_eq(sst_buf_slice(&first), sst_buf_slice(&second)));
	sst_buf_free(&first);
	sst_buf_free(&second);
	sst_arena_free(&a);
}
END_TEST

/* The defaults are valid, and printed they are the defaults. */
START_TEST(defaults)
{
	static const char *const nothing[] = { "", "\n", "# only a remark\n", "---\n", "--- {}\n",
		"---\n...\n", "\xef\xbb\xbf# marked\n" };
	struct sst_arena a = { 0 };
	struct sst_buf printed = { 0 }, again = { 0 };
	struct msgd_config c;
	struct sst_err e;

	ck_assert_msg(parse(&c, &a, nothing[_i], &e) == 0, "%s", e.what);
	ck_assert_int_eq(msgd_config_finish(&c, &e), 0);
	ck_assert_str_eq(c.listen, "127.0.0.1");
	ck_assert_uint_eq(c.cql_port, 9042);
	ck_assert_uint_eq(c.shard_port, 19042);
	ck_assert_int_eq(c.sync, SST_SYNC_PERIODIC);
	ck_assert_uint_eq(c.sync_ms, 10000);
	msgd_config_print(&c, &printed);
	ck_assert_int_eq(msgd_config_parse(&c, sst_buf_slice(&printed), "printed", &a, &e), 0);
	msgd_config_print(&c, &again);
	ck_assert(sst_slice_eq(sst_buf_slice(&printed), sst_buf_slice(&again)));
	sst_buf_free(&printed);
	sst_buf_free(&again);
	sst_arena_free(&a);
}
END_TEST

static const struct {
	const char *text, *what;
} refused[] = {
	{ "cluster_nam: x\n", "line 1: unknown key cluster_nam" },
	{ "\n\nSHARDS: 2\n", "line 3: unknown key SHARDS" },
	{ "'': 2\n", "line 1: unknown key " },
	{ "shards: 2\nrack: r\nshards: 2\n", "line 3: shards: is on line 1 already" },
	{ "shards: two\n", "line 1: shards: two: want a number from 1 to 256" },
	{ "shards: '2'\n", "line 1: shards: 2: want a number, without quotes" },
	{ "shards: 0\n", "line 1: shards: 0: want a number from 1 to 256" },
	{ "shards: -1\n", "line 1: shards: -1: want a number from 1 to 256" },
	{ "shards: 257\n", "line 1: shards: 257: want a number from 1 to 256" },
	{ "shards: 2.0\n", "line 1: shards: 2.0: want a number from 1 to 256" },
	{ "shards: 18446744073709551617\n",
	    "line 1: shards: 18446744073709551617: want a number from 1 to 256" },
	{ "native_transport_port: 65536\n",
	    "line 1: native_transport_port: 65536: want a number from 0 to 65535" },
	{ "native_shard_aware_transport_port: x\n",
	    "line 1: native_shard_aware_transport_port: x: want a number from 0 to 65535" },
	{ "native_transport_max_concurrent_connections: 0\n",
	    "line 1: native_transport_max_concurrent_connections: 0: want a number from 1 to "
	    "1000000" },
	{ "tombstone_warn_threshold: 2147483648\n",
	    "line 1: tombstone_warn_threshold: 2147483648: want a number from 0 to 2147483647" },
	{ "tombstone_failure_threshold: -1\n",
	    "line 1: tombstone_failure_threshold: -1: want a number from 0 to 2147483647" },
	{ "memtable_heap_space: lots\n",
	    "line 1: memtable_heap_space: lots: want a size such as 64MiB" },
	{ "memtable_heap_space: 1023K\n",
	    "line 1: memtable_heap_space: 1023K: want a size from 1MiB to 1024TiB" },
	{ "file_cache_size: 2PiB\n",
	    "line 1: file_cache_size: 2PiB: want a size from 1MiB to 1024TiB" },
	{ "commitlog_segment_size: 2GiB\n",
	    "line 1: commitlog_segment_size: 2GiB: want a size from 1MiB to 1GiB" },
	{ "commitlog_total_space: 1\n",
	    "line 1: commitlog_total_space: 1: want a size from 4MiB to 1024TiB" },
	{ "native_transport_max_frame_size: 1KiB\n",
	    "line 1: native_transport_max_frame_size: 1KiB: want a size from 128KiB to 256MiB" },
	{ "native_transport_max_output_per_connection: 0\n",
	    "line 1: native_transport_max_output_per_connection: 0: want a size from 1MiB to "
	    "1TiB" },
	{ "native_transport_max_request_data_in_flight: -5\n",
	    "line 1: native_transport_max_request_data_in_flight: -5: want a size such as 64MiB" },
	{ "compaction_throughput: 64\n",
	    "line 1: compaction_throughput: 64: want a rate such as 64MiB/s, or 0 for no limit" },
	{ "compaction_throughput: /s\n",
	    "line 1: compaction_throughput: /s: want a rate such as 64MiB/s, or 0 for no limit" },
	{ "compaction_throughput: 2PiB/s\n",
	    "line 1: compaction_throughput: 2PiB/s: want a size from 0B to 1024TiB a second" },
	{ "compaction_throughput: 111111111111111111111111111111111111/s\n",
	    "line 1: compaction_throughput: 111111111111111111111111111111111111/s: "
	    "want a rate such as 64MiB/s, or 0 for no limit" },
	{ "commitlog_sync: sometimes\n",
	    "line 1: commitlog_sync: sometimes: want periodic, group or batch" },
	{ "commitlog_sync_period: 10\n",
	    "line 1: commitlog_sync_period: 10: want a duration such as 200ms or 10s" },
	{ "commitlog_sync_period: 10 s\n",
	    "line 1: commitlog_sync_period: 10 s: want a duration such as 200ms or 10s" },
	{ "commitlog_sync_period: s\n",
	    "line 1: commitlog_sync_period: s: want a duration such as 200ms or 10s" },
	{ "commitlog_sync_period: 18446744073709551615h\n",
	    "line 1: commitlog_sync_period: 18446744073709551615h: want a duration such as 200ms "
	    "or 10s" },
	{ "commitlog_sync_period: 111111111111111111111111h\n",
	    "line 1: commitlog_sync_period: 111111111111111111111111h: "
	    "want a duration such as 200ms or 10s" },
	{ "commitlog_sync_period: 2h\n",
	    "line 1: commitlog_sync_period: 2h: want a duration from 1 ms to 3600 s" },
	{ "commitlog_sync_group_window: 0ms\n",
	    "line 1: commitlog_sync_group_window: 0ms: want a duration from 1 ms to 60 s" },
	{ "compact: yes\n", "line 1: compact: yes: want true or false" },
	{ "compact: 'true'\n", "line 1: compact: true: want true or false" },
	{ "start_native_transport: 1\n", "line 1: start_native_transport: 1: want true or false" },
	{ "rpc_address: example.org\n",
	    "line 1: rpc_address: example.org: want an IPv4 or IPv6 address" },
	{ "broadcast_address: 10.0.0\n",
	    "line 1: broadcast_address: 10.0.0: want an IPv4 or IPv6 address" },
	{ "rack: ''\n",
	    "line 1: rack: : want a text of 1 to 255 bytes, without control characters" },
	{ "rack: \"a\\tb\"\n",
	    "line 1: rack: a\tb: want a text of 1 to 255 bytes, without control characters" },
	{ "rack: \"\\x85\"\n",
	    "line 1: rack: \xc2\x85: want a text of 1 to 255 bytes, without control characters" },
	{ "rack: \"\\L\"\n",
	    "line 1: rack: \xe2\x80\xa8: want a text of 1 to 255 bytes, without "
	    "control characters" },
	{ "rack: \"a\\0b\"\n", "line 1: rack: has a NUL in it" },
	{ "\"ra\\0ck\": b\n", "line 1: key: has a NUL in it" },
	{ "shards:\n", "line 1: shards: has no value" },
	{ "shards: ~\n", "line 1: shards: has no value" },
	{ "rack: null\n", "line 1: rack: has no value" },
	{ "rack: r\nshards: [1, 2]\n", "line 2: shards: want one value, found a list" },
	{ "shards: {a: 1}\n", "line 1: shards: want one value, found a mapping" },
	{ "rack: &a r\n", "line 1: rack: anchors are not for this" },
	{ "rack: *a\n", "line 1: rack: want one value, found an alias" },
	{ "rack: !!str r\n", "line 1: rack: tags are not for this" },
	{ "[a]: b\n", "line 1: key: want one value, found a list" },
	{ "- shards\n", "line 1: want lines of \"key: value\"" },
	{ "shards\n", "line 1: want lines of \"key: value\"" },
	{ "rack: a\n---\nrack: b\n", "line 2: a second document" },
	{ "rack: 'a\n", "line 2: no YAML: found unexpected end of stream" },
	{ "rack: a\n\track: b\n",
	    "line 2: no YAML: found a tab character that violates indentation" },
	{ "rack: \xff\n", "no YAML: invalid leading UTF-8 octet" },
	{ "rack: @\n", "line 1: no YAML: found character that cannot start any token" },
};

START_TEST(refusals)
{
	struct sst_arena a = { 0 };
	struct msgd_config c;
	struct sst_err e;

	ck_assert_int_eq(parse(&c, &a, refused[_i].text, &e), -1);
	ck_assert_int_eq(e.code, SST_EINVAL);
	ck_assert_str_eq(e.file, "x.yaml");
	ck_assert_str_eq(e.what, refused[_i].what);
	sst_arena_free(&a);
}
END_TEST

static const struct {
	const char *text, *what;
} together[] = {
	{ "rpc_address: 0.0.0.0\n", "rpc_address: with 0.0.0.0 clients need a broadcast_address" },
	{ "rpc_address: \"::\"\n", "rpc_address: with :: clients need a broadcast_address" },
	{ "rpc_address: 0.0.0.0\nbroadcast_address: 10.0.0.1\n", NULL },
	{ "rpc_address: localhost\n", NULL },
	{ "broadcast_address: 0.0.0.0\n",
	    "broadcast_address: 0.0.0.0 is no address that clients can reach" },
	{ "tombstone_failure_threshold: 999\n",
	    "tombstone_warn_threshold: 1000 is more than tombstone_failure_threshold" },
	{ "tombstone_failure_threshold: 0\n", NULL },
	{ "native_transport_port: 19042\n",
	    "native_transport_port and native_shard_aware_transport_port: both are 19042" },
	{ "native_transport_port: 0\nnative_shard_aware_transport_port: 0\n", NULL },
	{ "native_transport_max_request_data_in_flight: 15MiB\n",
	    "native_transport_max_request_data_in_flight: less than one frame may have" },
};

START_TEST(go_together)
{
	struct sst_arena a = { 0 };
	struct msgd_config c;
	struct sst_err e;

	ck_assert_int_eq(parse(&c, &a, together[_i].text, &e), 0);
	ck_assert_int_eq(msgd_config_finish(&c, &e), together[_i].what != NULL ? -1 : 0);
	if (together[_i].what != NULL)
		ck_assert_str_eq(e.what, together[_i].what);
	sst_arena_free(&a);
}
END_TEST

/* Words that are given to others fit in what they are kept in. */
START_TEST(long_ones)
{
	struct sst_arena a = { 0 };
	struct msgd_config c;
	struct sst_err e;
	char text[300] = "rack: ";

	memset(text + 6, 'r', 255);
	ck_assert_int_eq(parse(&c, &a, text, &e), 0);
	ck_assert_uint_eq(strlen(c.rack), 255);
	text[261] = 'r';
	ck_assert_int_eq(parse(&c, &a, text, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.what, "want a text of 1 to 255 bytes"));
	sst_arena_free(&a);
}
END_TEST

/* The two lists of keys, that of msgd.yaml(5) and that of the code, are one. */
START_TEST(page)
{
	FILE *f = fopen("man/msgd.yaml.5", "r");
	char line[256], *end;
	size_t found = 0;

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, ".It Cm ", 7) != 0)
			continue;
		end = line + strcspn(line, "\n");
		ck_assert_msg(msgd_config_find((struct sst_slice){
				  (const uint8_t *)line + 7, (size_t)(end - line) - 7 }) != -1,
		    "the page has %s", line);
		found++;
	}
	fclose(f);
	ck_assert_uint_eq(found, msgd_config_nkeys());
}
END_TEST

START_TEST(no_memory)
{
	struct sst_arena a = { 0 };
	struct msgd_config c;
	struct sst_err e;
	unsigned long n;
	bool failed = true;
	int r;

	for (n = 1; failed && nomem_arm(n); n++) {
		r = parse(&c, &a, everything, &e);
		failed = nomem_disarm();
		ck_assert_int_eq(r, failed ? -1 : 0);
		if (failed)
			ck_assert_int_eq(e.code, SST_ENOMEM);
		else
			check_everything(&c);
		sst_arena_free(&a);
	}
}
END_TEST

Suite *
config_suite(void)
{
	Suite *s = suite_create("config");
	TCase *tc = tcase_create("config");

	tcase_add_test(tc, every_key);
	tcase_add_loop_test(tc, defaults, 0, 7);
	tcase_add_loop_test(tc, refusals, 0, SST_ARRAY_LEN(refused));
	tcase_add_loop_test(tc, go_together, 0, SST_ARRAY_LEN(together));
	tcase_add_test(tc, long_ones);
	tcase_add_test(tc, page);
	tcase_add_test(tc, no_memory);
	suite_add_tcase(s, tc);
	return s;
}
