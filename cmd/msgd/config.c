/*
 * cmd/msgd/config.c: the keys of msgd.yaml: of what type each is, its range, and where it is kept.
 * Keys that Cassandra or ScyllaDB has bear its names.  msgd.yaml(5) is this table in words.
 */
#include "msgd/config.h"

#include <arpa/inet.h>

#include "base/num.h"
#include "codec/utf8.h"
#include "tool/quantity.h"

#define MIB ((uint64_t)1 << 20)
#define TEXT_MAX 255 /* bytes */
#define LOOPBACK "127.0.0.1"

enum type {
	TEXT,
	ADDRESS,
	BOOL,
	NOT, /* a bool that is kept the other way round */
	COUNT,
	SIZE,
	RATE,     /* a size a second */
	DURATION, /* kept in ms */
	SYNC
};

struct key {
	const char *name;
	enum type type;
	size_t at, size; /* of the field in struct msgd_config */
	uint64_t min, max;
};

#define FIELD(f) offsetof(struct msgd_config, f), sizeof(((struct msgd_config *)NULL)->f)

static const struct key keys[] = {
	{ "broadcast_address", ADDRESS, FIELD(broadcast_address), 0, 0 },
	{ "cluster_name", TEXT, FIELD(cluster_name), 0, 0 },
	{ "commitlog_segment_size", SIZE, FIELD(segment_size), MIB, 1024 * MIB },
	{ "commitlog_sync", SYNC, FIELD(sync), 0, 0 },
	{ "commitlog_sync_group_window", DURATION, FIELD(sync_window_ms), 1, 60000 },
	{ "commitlog_sync_period", DURATION, FIELD(sync_period_ms), 1, 3600000 },
	{ "commitlog_total_space", SIZE, FIELD(log_max), 4 * MIB, (uint64_t)1 << 50 },
	{ "compact", BOOL, FIELD(compact), 0, 0 },
	{ "compact_program", TEXT, FIELD(compact_program), 0, 0 },
	{ "compaction_throughput", RATE, FIELD(compact_rate), 0, (uint64_t)1 << 50 },
	{ "data_center", TEXT, FIELD(data_center), 0, 0 },
	{ "file_cache_size", SIZE, FIELD(cache), MIB, (uint64_t)1 << 50 },
	{ "memtable_heap_space", SIZE, FIELD(memory), MIB, (uint64_t)1 << 50 },
	{ "native_shard_aware_transport_port", COUNT, FIELD(shard_port), 0, 65535 },
	{ "native_transport_max_concurrent_connections", COUNT, FIELD(connections_max), 1,
	    1000000 },
	{ "native_transport_max_frame_size", SIZE, FIELD(frame_max), MIB / 8, 256 * MIB },
	{ "native_transport_max_output", SIZE, FIELD(output_all_max), MIB, (uint64_t)1 << 40 },
	{ "native_transport_max_output_per_connection", SIZE, FIELD(output_max), MIB,
	    (uint64_t)1 << 40 },
	{ "native_transport_max_request_data_in_flight", SIZE, FIELD(inflight_max), MIB,
	    (uint64_t)1 << 40 },
	{ "native_transport_port", COUNT, FIELD(cql_port), 0, 65535 },
	{ "rack", TEXT, FIELD(rack), 0, 0 },
	{ "rpc_address", ADDRESS, FIELD(listen), 0, 0 },
	{ "shards", COUNT, FIELD(shards), 1, 256 },
	{ "start_native_transport", NOT, FIELD(no_cql), 0, 0 },
	{ "tombstone_failure_threshold", COUNT, FIELD(tombstone_fail), 0, INT32_MAX },
	{ "tombstone_warn_threshold", COUNT, FIELD(tombstone_warn), 0, INT32_MAX },
};

_Static_assert(SST_ARRAY_LEN(keys) <= MSGD_CONFIG_KEYS_MAX, "room for all keys");

static const char *const modes[] = {
	[SST_SYNC_PERIODIC] = "periodic",
	[SST_SYNC_GROUP] = "group",
	[SST_SYNC_BATCH] = "batch",
};

void
msgd_config_init(struct msgd_config *c)
{
	*c = (struct msgd_config){
		.listen = LOOPBACK,
		.cql_port = 9042,
		.shard_port = 19042,
		.sync = SST_SYNC_PERIODIC,
		.sync_period_ms = 10000,
		.sync_window_ms = 10,
		.segment_size = 32 * MIB,
		.memory = 256 * MIB,
		.cache = 256 * MIB,
		.cluster_name = "ostraka",
		.data_center = "datacenter1",
		.rack = "rack1",
		.tombstone_warn = 1000,
		.tombstone_fail = 100000,
		.connections_max = 10000,
		.frame_max = 16 * MIB,
		.inflight_max = 128 * MIB,
		.output_max = 64 * MIB,
		.output_all_max = 256 * MIB,
		.compact = true,
		.compact_rate = 64 * MIB,
	};
}

size_t
msgd_config_nkeys(void)
{
	return SST_ARRAY_LEN(keys);
}

const char *
msgd_config_key(size_t i)
{
	return keys[i].name;
}

int
msgd_config_find(struct sst_slice name)
{
	size_t i;

	for (i = 0; i < SST_ARRAY_LEN(keys); i++)
		if (sst_slice_eq(name, sst_slice_str(keys[i].name)))
			return (int)i;
	return -1;
}

static int
want(struct sst_err *e, const struct msgd_value *v, const char *what)
{
	return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "%.80s: want %s", v->text, what);
}

/* In the largest unit of which it is a whole number. */
static void
print_size(struct sst_buf *b, uint64_t n)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	size_t u = 0;

	while (u + 1 < SST_ARRAY_LEN(units) && n > 0 && n % 1024 == 0) {
		n /= 1024;
		u++;
	}
	sst_buf_addf(b, "%ju%s", (uintmax_t)n, units[u]);
}

static int
want_range(struct sst_err *e, const struct msgd_value *v, const struct key *k)
{
	struct sst_buf b = { 0 };

	if (k->type == SIZE || k->type == RATE) {
		sst_buf_adds(&b, "a size from ");
		print_size(&b, k->min);
		sst_buf_adds(&b, " to ");
		print_size(&b, k->max);
		if (k->type == RATE)
			sst_buf_adds(&b, " a second");
	} else if (k->type == DURATION) {
		sst_buf_addf(&b, "a duration from %ju ms to %ju s", (uintmax_t)k->min,
		    (uintmax_t)k->max / 1000);
	} else {
		sst_buf_addf(&b, "a number from %ju to %ju", (uintmax_t)k->min, (uintmax_t)k->max);
	}
	sst_buf_addc(&b, '\0');
	if (b.bad)
		sst_fail_nomem(e);
	else
		want(e, v, (const char *)b.p);
	sst_buf_free(&b);
	return -1;
}

/* A field of 1, 2, 4 or 8 bytes; the range of its key fits. */
static void
store(struct msgd_config *c, const struct key *k, uint64_t n)
{
	void *at = (char *)c + k->at;

	switch (k->size) {
	case sizeof(uint16_t):
		*(uint16_t *)at = (uint16_t)n;
		break;
	case sizeof(uint32_t):
		*(uint32_t *)at = (uint32_t)n;
		break;
	default:
		*(uint64_t *)at = n;
	}
}

static uint64_t
fetch(const struct msgd_config *c, const struct key *k)
{
	const void *at = (const char *)c + k->at;

	switch (k->size) {
	case sizeof(uint16_t):
		return *(const uint16_t *)at;
	case sizeof(uint32_t):
		return *(const uint32_t *)at;
	default:
		return *(const uint64_t *)at;
	}
}

static bool *
flag(struct msgd_config *c, const struct key *k)
{
	return (bool *)((char *)c + k->at);
}

static int
set_bool(struct msgd_config *c, const struct key *k, const struct msgd_value *v, struct sst_err *e)
{
	bool yes = strcmp(v->text, "true") == 0;

	if (v->quoted || (!yes && strcmp(v->text, "false") != 0))
		return want(e, v, "true or false");
	*flag(c, k) = yes != (k->type == NOT);
	return 0;
}

/* "10s", "200ms", "1m", "1h"; the unit has to be there, as nobody remembers which it would be. */
static int
parse_duration(const char *text, uint64_t *ms)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 } };
	size_t i, n = strspn(text, "0123456789");
	char digits[24];

	if (n == 0 || n >= sizeof(digits))
		return -1;
	memcpy(digits, text, n);
	digits[n] = '\0';
	for (i = 0; i < SST_ARRAY_LEN(units); i++)
		if (strcmp(text + n, units[i].name) == 0)
			return tool_parse_count(digits, ms) == 0 &&
				sst_mul_u64(ms, *ms, units[i].ms)
			    ? 0
			    : -1;
	return -1;
}

/* "64MiB/s", or 0. */
static int
parse_rate(const char *text, uint64_t *bytes)
{
	char size[32];
	size_t n = strlen(text);

	if (n > 2 && strcmp(text + n - 2, "/s") == 0)
		n -= 2;
	else if (strcmp(text, "0") != 0)
		return -1;
	if (n >= sizeof(size))
		return -1;
	memcpy(size, text, n);
	size[n] = '\0';
	return tool_parse_size(size, bytes);
}

static int
set_number(
    struct msgd_config *c, const struct key *k, const struct msgd_value *v, struct sst_err *e)
{
	uint64_t n = 0;

	switch (k->type) {
	case SIZE:
		if (tool_parse_size(v->text, &n) == -1)
			return want(e, v, "a size such as 64MiB");
		break;
	case RATE:
		if (parse_rate(v->text, &n) == -1)
			return want(e, v, "a rate such as 64MiB/s, or 0 for no limit");
		break;
	case DURATION:
		if (parse_duration(v->text, &n) == -1)
			return want(e, v, "a duration such as 200ms or 10s");
		break;
	default:
		if (v->quoted)
			return want(e, v, "a number, without quotes");
		if (tool_parse_count(v->text, &n) == -1)
			return want_range(e, v, k);
	}
	if (n < k->min || n > k->max)
		return want_range(e, v, k);
	store(c, k, n);
	return 0;
}

static int
set_sync(struct msgd_config *c, const struct msgd_value *v, struct sst_err *e)
{
	size_t i;

	for (i = 0; i < SST_ARRAY_LEN(modes); i++)
		if (strcmp(v->text, modes[i]) == 0) {
			c->sync = (enum sst_sync)i;
			return 0;
		}
	return want(e, v, "periodic, group or batch");
}

static bool
is_address(const char *text)
{
	struct in6_addr a;

	return inet_pton(AF_INET, text, &a) == 1 || inet_pton(AF_INET6, text, &a) == 1;
}

/* The control characters above ASCII, and those which YAML takes for the end of a line. */
static bool
is_break(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	return (p[0] == 0xc2 && p[1] < 0xa0) ||
	    (p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9));
}

static bool
is_clean(const char *text)
{
	size_t n = strlen(text);

	if (n == 0 || n > TEXT_MAX ||
	    sst_utf8_valid((struct sst_slice){ (const uint8_t *)text, n }) != n)
		return false;
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f || is_break(text))
			return false;
	return true;
}

static int
set_text(struct msgd_config *c, const struct key *k, const struct msgd_value *v,
    struct sst_arena *a, struct sst_err *e)
{
	const char *text = v->text, *copy;

	if (k->type == ADDRESS && strcmp(text, "localhost") == 0)
		text = LOOPBACK;
	if (k->type == ADDRESS && !is_address(text))
		return want(e, v, "an IPv4 or IPv6 address");
	if (!is_clean(text))
		return want(e, v, "a text of 1 to 255 bytes, without control characters");
	if ((copy = sst_arena_str(a, text, strlen(text))) == NULL)
		return sst_fail_nomem(e);
	memcpy((char *)c + k->at, &copy, sizeof(copy));
	return 0;
}

int
msgd_config_set(struct msgd_config *c, size_t i, const struct msgd_value *v, struct sst_arena *a,
    struct sst_err *e)
{
	const struct key *k = &keys[i];

	switch (k->type) {
	case TEXT:
	case ADDRESS:
		return set_text(c, k, v, a, e);
	case BOOL:
	case NOT:
		return set_bool(c, k, v, e);
	case SYNC:
		return set_sync(c, v, e);
	default:
		return set_number(c, k, v, e);
	}
}

/* 0.0.0.0 and :: are where to listen, not where to be reached. */
static bool
is_any(const char *address)
{
	struct in6_addr a;
	static const struct in6_addr any;

	if (inet_pton(AF_INET6, address, &a) == 1)
		return memcmp(&a, &any, sizeof(a)) == 0;
	return inet_pton(AF_INET, address, &a) == 1 && memcmp(&a, &any, 4) == 0;
}

int
msgd_config_finish(struct msgd_config *c, struct sst_err *e)
{
	c->sync_ms = c->sync == SST_SYNC_GROUP ? c->sync_window_ms : c->sync_period_ms;
	if (c->broadcast_address != NULL && is_any(c->broadcast_address))
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "broadcast_address: %s is no address that clients can reach",
		    c->broadcast_address);
	if (is_any(c->listen) && c->broadcast_address == NULL)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "rpc_address: with %s clients need a broadcast_address", c->listen);
	if (c->tombstone_fail != 0 && c->tombstone_warn > c->tombstone_fail)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "tombstone_warn_threshold: %ju is more than tombstone_failure_threshold",
		    (uintmax_t)c->tombstone_warn);
	if (c->cql_port != 0 && c->cql_port == c->shard_port)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "native_transport_port and native_shard_aware_transport_port: both are %u",
		    c->cql_port);
	if (c->inflight_max < c->frame_max)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "native_transport_max_request_data_in_flight: less than one frame may have");
	return 0;
}

/* In single quotes, in which only they themselves are doubled. */
static void
print_text(struct sst_buf *b, const char *text)
{
	sst_buf_addc(b, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			sst_buf_addc(b, '\'');
		sst_buf_addc(b, *text);
	}
	sst_buf_addc(b, '\'');
}

static void
print_value(const struct msgd_config *c, const struct key *k, struct sst_buf *b)
{
	const char *text;

	switch (k->type) {
	case TEXT:
	case ADDRESS:
		memcpy(&text, (const char *)c + k->at, sizeof(text));
		print_text(b, text);
		break;
	case BOOL:
	case NOT:
		sst_buf_adds(b, *((const bool *)c + k->at) != (k->type == NOT) ? "true" : "false");
		break;
	case SYNC:
		sst_buf_adds(b, modes[c->sync]);
		break;
	case DURATION:
		sst_buf_addf(b, "%jums", (uintmax_t)fetch(c, k));
		break;
	case COUNT:
		sst_buf_addf(b, "%ju", (uintmax_t)fetch(c, k));
		break;
	default:
		print_size(b, fetch(c, k));
		if (k->type == RATE)
			sst_buf_adds(b, "/s");
	}
}

/* Whether it is left to msgd what to do: then it is no setting. */
static bool
is_open(const struct msgd_config *c, const struct key *k)
{
	const char *text;

	if (k->type == TEXT || k->type == ADDRESS) {
		memcpy(&text, (const char *)c + k->at, sizeof(text));
		return text == NULL;
	}
	return (k->type == SIZE || k->type == COUNT) && fetch(c, k) < k->min;
}

static void
print_key(const struct msgd_config *c, const struct key *k, struct sst_buf *b)
{
	sst_buf_addf(b, "%s: ", k->name);
	print_value(c, k, b);
	sst_buf_addc(b, '\n');
}

void
msgd_config_print(const struct msgd_config *c, struct sst_buf *b)
{
	size_t i;

	for (i = 0; i < SST_ARRAY_LEN(keys); i++)
		if (!is_open(c, &keys[i]))
			print_key(c, &keys[i], b);
}

void
msgd_config_print_open(
    const struct msgd_config *c, const struct msgd_config *chosen, struct sst_buf *b)
{
	size_t i;

	for (i = 0; i < SST_ARRAY_LEN(keys); i++)
		if (is_open(c, &keys[i]) && !is_open(chosen, &keys[i])) {
			sst_buf_adds(b, "# ");
			print_key(chosen, &keys[i], b);
		}
}
