/*
 * tests/prog/served.c: msgd from outside: it is started, spoken to, killed and started again.
 *
 * Usage: served BIN DIR: BIN/msgd serves DIR on ports that are free.  Rows that were acknowledged are
 * there after SIGKILL, page by page, under another number of shards too; protocol 4 and 5; what is
 * wrong is answered with its code; SIGTERM leaves no log.  Ends in "N passed, N failed, N skipped".
 */
#define _GNU_SOURCE /* memmem */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../support/cqlclient.h"
#include "codec/in.h"
#include "codec/out.h"
#include "wire/envelope.h"

#define CHANNELS 20
#define ROWS 25 /* of a channel */
#define PAGE 7

/* The number of rows of an answer without metadata but for columns of one bigint each; *state is then
 * where the page ended. */
static uint32_t
rows(const struct client *c, struct sst_buf *state)
{
	struct sst_in in = sst_in_new(sst_buf_slice(&c->body), 0);
	uint32_t flags, n;

	sst_buf_reset(state);
	if (c->opcode != SST_OP_RESULT || sst_get_u32(&in) != 2)
		return UINT32_MAX;
	flags = sst_get_u32(&in);
	n = sst_get_u32(&in);
	if (flags & 0x02)
		sst_buf_add_slice(state, sst_get_bytes32(&in));
	sst_get_bytes16(&in);
	sst_get_bytes16(&in);
	for (; n > 0; n--) {
		sst_get_bytes16(&in);
		sst_get_u16(&in);
	}
	return sst_get_u32(&in);
}

static uint32_t
count_pages(struct client *c, const char *cql, uint32_t page)
{
	struct sst_buf state = { 0 };
	uint32_t n = 0, got;

	client_query(c, cql, page, sst_buf_slice(&state));
	while ((got = rows(c, &state)) != UINT32_MAX) {
		n += got;
		if (state.n == 0)
			break;
		client_query(c, cql, page, sst_buf_slice(&state));
	}
	sst_buf_free(&state);
	return got == UINT32_MAX ? got : n;
}

static void
prepare(struct client *c, const char *cql, struct sst_buf *id)
{
	size_t at = client_begin(c, SST_OP_PREPARE);
	struct sst_in in;

	client_put_long(&c->out, cql);
	if (c->version >= 5)
		sst_put_u32(&c->out, 0);
	client_ask(c, at);
	in = sst_in_new(sst_buf_slice(&c->body), 0);
	check(c->opcode == SST_OP_RESULT && sst_get_u32(&in) == 4, "PREPARE is answered by %d",
	    c->opcode);
	sst_buf_reset(id);
	sst_buf_add_slice(id, sst_get_bytes16(&in));
}

static bool
insert(struct client *c, struct sst_slice id, int64_t channel, int64_t message)
{
	size_t at = client_begin(c, SST_OP_EXECUTE);

	sst_put_bytes16(&c->out, id);
	if (c->version >= 5)
		sst_put_u16(&c->out, 0); /* no metadata are known */
	sst_put_u16(&c->out, 1);
	client_put_flags(c, 0x01);
	sst_put_u16(&c->out, 3);
	sst_put_u32(&c->out, 8);
	sst_put_u64(&c->out, (uint64_t)channel);
	sst_put_u32(&c->out, 8);
	sst_put_u64(&c->out, (uint64_t)message);
	client_put_long(&c->out, "what was said");
	client_ask(c, at);
	return c->opcode == SST_OP_RESULT;
}

/* ---- what is tested ---- */

static void
write_rows(struct client *c)
{
	struct sst_buf id = { 0 };
	int good = 0;

	prepare(c,
	    "INSERT INTO chat.messages (channel_id, bucket, message_id, content) VALUES "
	    "(?, 1, ?, ?)",
	    &id);
	for (int64_t channel = 0; channel < CHANNELS; channel++)
		for (int64_t m = 0; m < ROWS; m++)
			good += insert(c, sst_buf_slice(&id), channel, m);
	check(good == CHANNELS * ROWS, "%d of %d rows are taken", good, CHANNELS * ROWS);
	sst_buf_free(&id);
}

/* Everything is there, by each way to read it. */
static void
read_rows(struct client *c, const char *when)
{
	static const struct {
		const char *cql;
		uint32_t want;
	} all[] = {
		{ "SELECT message_id FROM chat.messages WHERE channel_id = 3 AND bucket = 1",
		    ROWS },
		{ "SELECT message_id FROM chat.messages WHERE channel_id = 3 AND bucket = 1 ORDER "
		  "BY message_id ASC",
		    ROWS },
		{ "SELECT message_id FROM chat.messages WHERE channel_id IN (1, 2, 3, 4, 5, 99) "
		  "AND bucket = 1",
		    5 * ROWS },
		{ "SELECT message_id FROM chat.messages", CHANNELS * ROWS },
		{ "SELECT message_id FROM chat.messages LIMIT 33", 33 },
		{ "SELECT message_id FROM chat.messages PER PARTITION LIMIT 2", CHANNELS * 2 },
		{ "SELECT channel_id FROM chat.messages WHERE token(channel_id, bucket) > 0 "
		  "PER PARTITION LIMIT 0",
		    UINT32_MAX },
		{ "SELECT count(*) FROM chat.messages", 1 },
		{ "SELECT table_id FROM system.local", UINT32_MAX },
		{ "SELECT gossip_generation FROM system.local", 1 },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (uint32_t page = 0; page <= PAGE; page += PAGE) {
			uint32_t got = count_pages(c, all[i].cql, page);

			check(got == all[i].want, "%s, pages of %u: %s: %u rows, not %u", when,
			    page, all[i].cql, got, all[i].want);
		}
}

static void
errors(struct client *c)
{
	static const struct {
		const char *cql;
		uint32_t code;
	} all[] = { { "SELEC", 0x2000 }, { "SELECT * FROM chat.nothing", 0x2200 },
		{ "SELECT * FROM nothing.messages", 0x2200 },
		{ "SELECT nothing FROM chat.messages", 0x2200 },
		{ "SELECT * FROM messages", 0x2200 },
		{ "SELECT * FROM chat.messages WHERE bucket = 1", 0x2200 },
		{ "DELETE FROM system.local WHERE key = 'local'", 0x2100 },
		{ "USE nothing", 0x2200 } };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		client_query(c, all[i].cql, 0, (struct sst_slice){ NULL, 0 });
		check(client_error(c) == all[i].code, "%s: opcode %d, code %x, not %x", all[i].cql,
		    c->opcode, client_error(c), all[i].code);
	}
	check(!insert(c, SST_SLICE_LIT("0123456789abcdef"), 1, 1) && client_error(c) == 0x2500,
	    "an id that nobody prepared: %x", client_error(c));
}

/* The sum over all shards of a counter. */
static int64_t
counter(struct client *c, const char *name)
{
	struct sst_in in;
	int64_t sum = 0;
	char cql[256];
	uint32_t n;

	snprintf(cql, sizeof(cql), "SELECT value FROM system_views.msgd_counters WHERE name = '%s'",
	    name);
	client_query(c, cql, 0, (struct sst_slice){ NULL, 0 });
	in = sst_in_new(sst_buf_slice(&c->body), 0);
	if (sst_get_u32(&in) != 2)
		return -1;
	sst_get_bytes(&in, 8);
	sst_get_bytes16(&in);
	sst_get_bytes16(&in);
	sst_get_bytes16(&in);
	sst_get_u16(&in);
	for (n = sst_get_u32(&in); n > 0; n--) {
		sst_get_u32(&in);
		sum += (int64_t)sst_get_u64(&in);
	}
	return in.bad ? -1 : sum;
}

/* Reads that are the same are executed once, until somebody writes: then they see it. */
static void
repeated(struct client *c)
{
	static const char read[] =
	    "SELECT message_id FROM chat.messages WHERE channel_id = 77 AND bucket = 7";
	int64_t before = counter(c, "reads_executed"), reads = 0;
	char cql[256];
	uint32_t got;

	for (uint32_t i = 1; i <= 5; i++) {
		snprintf(cql, sizeof(cql),
		    "INSERT INTO chat.messages (channel_id, bucket, message_id) VALUES (77, 7, %u)",
		    i);
		client_query(c, cql, 0, (struct sst_slice){ NULL, 0 });
		for (int k = 0; k < 40; k++, reads++)
			if ((got = count_pages(c, read, 0)) != i) {
				check(false, "%u rows are seen where %u were written", got, i);
				return;
			}
	}
	check(counter(c, "reads_executed") - before < reads / 2, "%jd of %jd reads are executed",
	    (intmax_t)(counter(c, "reads_executed") - before), (intmax_t)reads);
	client_query(c, "DELETE FROM chat.messages WHERE channel_id = 77 AND bucket = 7", 0,
	    (struct sst_slice){ NULL, 0 });
}

/* A batch is refused whole, and what it has for one partition is one write. */
static void
batches(struct client *c)
{
	static const struct sst_slice none = { NULL, 0 };
	static const char put[] =
	    "INSERT INTO chat.messages (channel_id, bucket, message_id, author_id) VALUES ";
	static const char read[] = "SELECT message_id FROM chat.messages WHERE channel_id IN (80, "
				   "81, 82, 83) AND bucket = 7";
	int64_t before;
	char cql[2048];
	uint32_t got;

	snprintf(cql, sizeof(cql),
	    "BEGIN BATCH %s(80, 7, 1, 1); %s(81, 7, 1, 1); %s(82, 7, 1, 1); %s(83, 7, 1, 1); "
	    "%s(80, 7, 2, 1) USING TTL 630720001; APPLY BATCH",
	    put, put, put, put, put);
	client_query(c, cql, 0, none);
	check(client_error(c) == 0x2200, "a batch with a TTL of more than 20 years ends in %x",
	    client_error(c));
	got = count_pages(c, read, 0);
	check(got == 0, "of a batch that was refused there are %u rows", got);
	before = counter(c, "partitions_written");
	snprintf(cql, sizeof(cql),
	    "BEGIN BATCH %s(80, 7, 3, 1); %s(80, 7, 1, 1); %s(80, 7, 2, 1); %s(80, 7, 1, 2); "
	    "APPLY BATCH",
	    put, put, put, put);
	client_query(c, cql, 0, none);
	got = count_pages(c, read, 0);
	check(got == 3, "of a batch of 3 rows there are %u", got);
	check(counter(c, "partitions_written") - before == 1, "it is %jd writes",
	    (intmax_t)(counter(c, "partitions_written") - before));
	client_query(c, "DELETE FROM chat.messages WHERE channel_id = 80 AND bucket = 7", 0, none);
}

/* One that has to pass many tombstones is warned of, one that has to pass too many ends, and names where. */
static void
tombstones(struct client *c)
{
	static const char read[] =
	    "SELECT message_id FROM chat.messages WHERE channel_id = 78 AND bucket = 7";
	struct sst_buf batch = { 0 };
	unsigned id = 0;

	for (int round = 0; round < 102; round++) {
		sst_buf_reset(&batch);
		sst_buf_adds(&batch, "BEGIN UNLOGGED BATCH ");
		for (int i = 0; i < 1000; i++)
			sst_buf_addf(&batch,
			    "DELETE FROM chat.messages WHERE channel_id = 78 AND bucket = 7 AND "
			    "message_id = %u;",
			    id++);
		sst_buf_addf(&batch, "APPLY BATCH%c", '\0');
		client_query(c, (const char *)batch.p, 0, (struct sst_slice){ NULL, 0 });
		if (c->opcode != SST_OP_RESULT)
			break;
		if (round != 1)
			continue;
		client_query(c, read, 0, (struct sst_slice){ NULL, 0 });
		check(c->opcode == SST_OP_RESULT && (c->flags & SST_ENVELOPE_WARNING) &&
			memmem(c->body.p, c->body.n, "2000 tombstone cells", 20) != NULL,
		    "2000 tombstones are not warned of");
	}
	client_query(c, read, 0, (struct sst_slice){ NULL, 0 });
	check(client_error(c) == 0x1300 && memmem(c->body.p, c->body.n, "78:7", 4) != NULL,
	    "%u tombstones end in %x: %.*s", id, client_error(c),
	    (int)(c->body.n > 200 ? 200 : c->body.n), (const char *)c->body.p);
	client_query(c, "DELETE FROM chat.messages WHERE channel_id = 78 AND bucket = 7", 0,
	    (struct sst_slice){ NULL, 0 });
	sst_buf_free(&batch);
}

/* SUPPORTED has SCYLLA_SHARD with that one value. */
static bool
says_shard(const struct client *c, unsigned want)
{
	static const uint8_t name[] = "SCYLLA_SHARD\0\1";
	const uint8_t *at = memmem(c->body.p, c->body.n, name, sizeof(name) - 1);

	return at != NULL && at[sizeof(name)] == 1 && at[sizeof(name) + 1] == '0' + want;
}

/* The port for drivers that know shards leads to the shard that they want. */
static void
shard_port(struct served *s, unsigned nshards)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	uint16_t port;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (unsigned want = 0; want < nshards; want++) {
		struct client c = { .version = 4 };
		int one = 1, r = -1;
		size_t at;

		/* Any port of ours that is free and says so. */
		for (port = (uint16_t)(40000 + getpid() % 9973); r == -1 && port < 60000; port++) {
			if (port % nshards != want)
				continue;
			c.fd = socket(AF_INET, SOCK_STREAM, 0);
			setsockopt(c.fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
			a.sin_port = htons(port);
			if ((r = bind(c.fd, (struct sockaddr *)&a, sizeof(a))) == 0) {
				a.sin_port = htons((uint16_t)s->shard_port);
				r = connect(c.fd, (struct sockaddr *)&a, sizeof(a));
			}
			if (r == -1)
				close(c.fd);
		}
		if (r == -1)
			die("no port is free");
		at = client_begin(&c, SST_OP_OPTIONS);
		client_ask(&c, at);
		check(c.opcode == SST_OP_SUPPORTED && says_shard(&c, want),
		    "a connection for shard %u leads elsewhere", want);
		client_leave(&c);
	}
}

/* ---- definitions ---- */

static const struct {
	const char *cql;
	uint32_t code; /* UINT32_MAX: it is done */
	const char *event;
} definitions[] = {
	{ "CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy', 'replication_factor': "
	  "1}",
	    UINT32_MAX, "CREATED KEYSPACE k" },
	{ "CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy', 'replication_factor': "
	  "1}",
	    0x2400, NULL },
	{ "CREATE TABLE k.t (a int, b int, v text, PRIMARY KEY (a, b))", UINT32_MAX,
	    "CREATED TABLE k t" },
	{ "CREATE TABLE IF NOT EXISTS k.t (a int PRIMARY KEY)", UINT32_MAX, NULL },
	{ "INSERT INTO k.t (a, b, v) VALUES (1, 1, 'x')", UINT32_MAX, NULL },
	{ "INSERT INTO k.t (a, b, v) VALUES (2, 1, 'x')", UINT32_MAX, NULL },
	{ "INSERT INTO k.t (a, b, v) VALUES (3, 1, 'x')", UINT32_MAX, NULL },
	{ "ALTER TABLE k.t ADD w int", UINT32_MAX, "UPDATED TABLE k t" },
	{ "UPDATE k.t SET w = 7 WHERE a = 2 AND b = 1", UINT32_MAX, NULL },
	{ "ALTER TABLE k.t DROP v", UINT32_MAX, "UPDATED TABLE k t" },
	{ "SELECT v FROM k.t", 0x2200, NULL },
	{ "CREATE TYPE k.u (x int)", UINT32_MAX, "CREATED TYPE k u" },
	{ "DROP TYPE k.u", UINT32_MAX, "DROPPED TYPE k u" },
	{ "CREATE INDEX ON k.t (w)", 0x2200, NULL },
	{ "CREATE TABLE k.l (a int, b int, l list<int>, PRIMARY KEY (a, b))", UINT32_MAX,
	    "CREATED TABLE k l" },
	{ "INSERT INTO k.l (a, b, l) VALUES (1, 1, [1, 2, 3, 2])", UINT32_MAX, NULL },
	{ "INSERT INTO k.l (a, b, l) VALUES (2, 1, [4])", UINT32_MAX, NULL },
	{ "UPDATE k.l SET l[0] = 71, l = l - [2] WHERE a = 1 AND b = 1", UINT32_MAX, NULL },
	{ "UPDATE k.l SET l[2] = 72 WHERE a = 1 AND b = 1", 0x2200, NULL },
	{ "BEGIN BATCH UPDATE k.l SET l[1] = 73 WHERE a = 1 AND b = 1; UPDATE k.l SET l = l + [74] "
	  "WHERE a = 1 AND b = 1; APPLY BATCH",
	    UINT32_MAX, NULL },
	{ "BEGIN BATCH UPDATE k.l SET l = l + [75] WHERE a = 1 AND b = 1; DELETE l[9] FROM k.l "
	  "WHERE "
	  "a = 1 AND b = 1; APPLY BATCH",
	    0x2200, NULL },
	{ "BEGIN BATCH UPDATE k.l SET l[0] = 76 WHERE a = 1 AND b = 1; UPDATE k.l SET l[0] = 76 "
	  "WHERE a = 2 AND b = 1; APPLY BATCH",
	    0x2200, NULL },
	{ "UPDATE k.l SET l[0] = 77 WHERE a IN (1, 2) AND b = 1", 0x2200, NULL },
	{ "DELETE l[0] FROM k.l WHERE a = 2 AND b = 1", UINT32_MAX, NULL },
	{ "DROP KEYSPACE system", 0x2100, NULL },
	{ "TRUNCATE system.local", 0x2100, NULL },
};

/* "CREATED TABLE k t" of a schema event, "" of what is none. */
static void
event_text(const struct client *c, char *text, size_t n)
{
	struct sst_in in = sst_in_new(sst_buf_slice(&c->body), 0);
	size_t at = 0;

	text[0] = '\0';
	if (c->opcode != SST_OP_EVENT)
		return;
	sst_get_bytes16(&in);
	while (!in.bad && sst_in_left(&in) > 0 && at < n) {
		struct sst_slice s = sst_get_bytes16(&in);

		if (s.p == NULL)
			break;
		at += (size_t)snprintf(
		    text + at, n - at, "%s%.*s", at > 0 ? " " : "", (int)s.n, (const char *)s.p);
	}
}

/* Lists hold what statements that look first were told to make of them, and nothing of those refused. */
static void
lists(struct client *c)
{
	static const bool there[] = { true, false, true, true, false, false, false };
	char cql[128];

	for (int i = 0; i < 7; i++) {
		snprintf(cql, sizeof(cql), "SELECT a FROM k.l WHERE l CONTAINS %d ALLOW FILTERING",
		    71 + i);
		check(count_pages(c, cql, 0) == there[i], "%d %s a list", 71 + i,
		    there[i] ? "is not in" : "is in");
	}
	check(count_pages(c, "SELECT a FROM k.l", 0) == 2, "the row of a list is gone");
	check(count_pages(c, "SELECT a FROM k.l WHERE l CONTAINS 4 ALLOW FILTERING", 0) == 0,
	    "an element that was deleted by its index is there");
}

/* Of many partitions of several shards the first rows, and no partition twice or not at all. */
static void
heads(struct client *c)
{
	static const struct {
		const char *cql;
		uint32_t rows;
	} reads[] = { { "SELECT DISTINCT a FROM k.l", 62 },
		{ "SELECT a, b FROM k.l PER PARTITION LIMIT 1", 62 },
		{ "SELECT a, b FROM k.l PER PARTITION LIMIT 2", 122 },
		{ "SELECT a, b FROM k.l WHERE b > 1 PER PARTITION LIMIT 1 ALLOW FILTERING", 60 } };
	char cql[200];

	for (int a = 100; a < 160; a++) {
		snprintf(cql, sizeof(cql),
		    "BEGIN BATCH INSERT INTO k.l (a, b) VALUES (%d, 1); INSERT INTO k.l (a, b) "
		    "VALUES (%d, 2); INSERT INTO k.l (a, b) VALUES (%d, 3); APPLY BATCH",
		    a, a, a);
		client_query(c, cql, 0, (struct sst_slice){ NULL, 0 });
	}
	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++)
		for (uint32_t page = 0; page < 12; page += 5) {
			uint32_t got = count_pages(c, reads[i].cql, page);

			check(got == reads[i].rows, "%s, %u a page: %u rows, want %u", reads[i].cql,
			    page, got, reads[i].rows);
		}
}

/* The schema changes under a client, and another one hears of it. */
static void
define(struct client *c, struct client *other)
{
	static const char all[] = "SELECT a FROM k.t";
	struct sst_slice none = { NULL, 0 };
	size_t at = client_begin(other, SST_OP_REGISTER);
	char text[128];

	sst_put_u16(&other->out, 1);
	sst_put_bytes16(&other->out, SST_SLICE_LIT("SCHEMA_CHANGE"));
	client_ask(other, at);
	for (size_t i = 0; i < sizeof(definitions) / sizeof(definitions[0]); i++) {
		client_query(c, definitions[i].cql, 0, none);
		check(client_error(c) == definitions[i].code, "%s: %x: %.*s", definitions[i].cql,
		    client_error(c), (int)(c->body.n > 200 ? 200 : c->body.n),
		    (const char *)c->body.p);
		if (definitions[i].event == NULL)
			continue;
		client_receive(other);
		event_text(other, text, sizeof(text));
		check(strcmp(text, definitions[i].event) == 0, "%s: the event is %s",
		    definitions[i].cql, text);
	}
	lists(c);
	heads(c);
	check(count_pages(c, all, 2) == 3, "rows are lost by ALTER");
	check(count_pages(other, "SELECT w FROM k.t WHERE a = 2", 0) == 1, "a new column");
	client_query(c, "TRUNCATE k.t", 0, none);
	check(c->opcode == SST_OP_RESULT && count_pages(c, all, 0) == 0, "TRUNCATE leaves rows");
	client_query(c, "INSERT INTO k.t (a, b) VALUES (9, 9)", 0, none);
	check(count_pages(c, all, 0) == 1, "nothing can be written after TRUNCATE");
}

/* After a kill: the schema is there, and what was truncated is not; then the rest goes too. */
static void
defined(struct client *c)
{
	struct sst_slice none = { NULL, 0 };

	check(count_pages(c, "SELECT w FROM k.t", 0) == 1, "after a kill TRUNCATE is undone");
	client_query(c, "DROP KEYSPACE k", 0, none);
	check(c->opcode == SST_OP_RESULT, "DROP KEYSPACE: %x", client_error(c));
	client_query(c, "SELECT w FROM k.t", 0, none);
	check(client_error(c) == 0x2200, "a table that is gone: %x", client_error(c));
}

static void
schema(struct served *s, bool made)
{
	struct client c, other;

	client_connect(&c, s, 4, false, NULL);
	client_connect(&other, s, 5, false, NULL);
	if (made)
		defined(&c);
	else
		define(&c, &other);
	client_leave(&c);
	client_leave(&other);
}

static unsigned
count_files(const char *dir, const char *name)
{
	char path[1024];
	struct dirent *d;
	unsigned n = 0;
	DIR *all;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if ((all = opendir(path)) == NULL)
		die(path);
	while ((d = readdir(all)) != NULL)
		n += d->d_name[0] != '.';
	closedir(all);
	return n;
}

/* FLUSH and SNAPSHOT are for those who come by the unix socket. */
static void
commands(struct served *s)
{
	static const char snapshot[] = "SNAPSHOT before";
	struct sst_slice none = { NULL, 0 };
	struct client far, local;
	uint32_t got;

	client_connect(&far, s, 4, false, NULL);
	client_connect(&local, s, 4, true, NULL);
	client_query(&far, "FLUSH", 0, none);
	check(client_error(&far) == 0x2000, "FLUSH by TCP: %x", client_error(&far));
	client_query(&local, "FLUSH", 0, none);
	check(local.opcode == SST_OP_RESULT && count_files(s->dir, "commitlog") == 0,
	    "FLUSH leaves a log: %x", client_error(&local));
	client_query(&local, snapshot, 0, none);
	check(local.opcode == SST_OP_RESULT, "%s: %x", snapshot, client_error(&local));
	client_query(&local, snapshot, 0, none);
	check(client_error(&local) == 0x2200, "%s again: %x", snapshot, client_error(&local));
	client_query(&local, "SNAPSHOT a/b", 0, none);
	check(local.opcode == SST_OP_ERROR, "a name that is none");
	/* Sets are merged beside it, and what there was is there. */
	for (unsigned i = 0; i < 6; i++) {
		client_query(&local,
		    "INSERT INTO chat.messages (channel_id, bucket, message_id) VALUES (79, 7, 1)",
		    0, none);
		client_query(&local, "FLUSH", 0, none);
		got = count_pages(&far, "SELECT message_id FROM chat.messages", PAGE);
		check(got == CHANNELS * ROWS + 1, "%u rows after %u flushes", got, i + 1);
	}
	client_query(
	    &local, "DELETE FROM chat.messages WHERE channel_id = 79 AND bucket = 7", 0, none);
	client_leave(&far);
	client_leave(&local);
}

/* A version that is not spoken is answered on stream 0, and a frame that is no frame ends it. */
static void
strangers(struct served *s)
{
	static const uint8_t v66[] = { 66, 0, 0, 9, SST_OP_OPTIONS, 0, 0, 0, 0 };
	static const uint8_t huge[] = { 4, 0, 0, 1, SST_OP_STARTUP, 0x7f, 0xff, 0xff, 0xff };
	static const struct {
		const uint8_t *p;
		size_t n;
	} all[] = { { v66, sizeof(v66) }, { huge, sizeof(huge) } };
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)s->port) };
	uint8_t got[512];

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (size_t i = 0; i < 2; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		ssize_t n = 0, more;

		if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == -1 ||
		    write(fd, all[i].p, all[i].n) != (ssize_t)all[i].n)
			die("connect");
		while ((more = read(fd, got + n, sizeof(got) - (size_t)n)) > 0)
			n += more;
		check(n > 13 && got[4] == SST_OP_ERROR && got[12] == 0x0a,
		    "stranger %zu is answered by %zd bytes", i, n);
		check(i > 0 || (got[0] == 0x85 && got[2] == 0 && got[3] == 0),
		    "an unknown version is answered by version %x", got[0]);
		close(fd);
	}
}

static void
talk(struct served *s, uint8_t version, const char *compression, const char *when, bool writes)
{
	struct client c;

	client_connect(&c, s, version, strcmp(when, "by the unix socket") == 0, compression);
	if (writes)
		write_rows(&c);
	read_rows(&c, when);
	errors(&c);
	if (writes) {
		repeated(&c);
		batches(&c);
		tombstones(&c);
	}
	client_leave(&c);
}

int
main(int argc, char **argv)
{
	struct served s = { 0 };

	if (argc != 3) {
		fprintf(stderr, "usage: served BIN DIR\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	s.bin = argv[1];
	s.dir = argv[2];
	served_start(&s, "3", "batch");
	strangers(&s);
	shard_port(&s, 3);
	talk(&s, 4, NULL, "as it was written", true);
	schema(&s, false);
	served_stop(&s, SIGKILL);
	served_start(&s, "2", "periodic");
	talk(&s, 4, NULL, "after a kill", false);
	schema(&s, true);
	talk(&s, 4, NULL, "by the unix socket", false);
	commands(&s);
	talk(&s, 5, NULL, "in frames", true);
	talk(&s, 5, "lz4", "in frames with LZ4", false);
	talk(&s, 4, "lz4", "bodies with LZ4", false);
	talk(&s, 3, "snappy", "bodies with Snappy", false);
	served_stop(&s, SIGTERM);
	check(count_files(s.dir, "commitlog") == 0, "a log is left");
	served_start(&s, "1", "group");
	talk(&s, 4, NULL, "alone", false);
	served_stop(&s, SIGTERM);
	printf("%u passed, %u failed, 0 skipped\n", passed, failed);
	return failed > 0;
}
