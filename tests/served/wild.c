/*
 * tests/served/wild.c: clients that nobody judges, for an msgd that is asked to end: tables come and go,
 * scans over all shards are left in the middle, messages are sent by half, answers are not read.
 */
#include "kills.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	AT_ONCE = 40, /* requests */
	TABLES = 3
};

static void
rest(struct client *c)
{
	struct timespec t = { 0, (long)roll(&c->random, 30) * 1000000 };

	nanosleep(&t, NULL);
}

static void
add_write(struct client *c, uint16_t stream)
{
	char cql[600];
	int t = (int)roll(&c->random, TABLES), a = (int)roll(&c->random, 1000);

	snprintf(cql, sizeof(cql),
	    "BEGIN BATCH INSERT INTO wild.t%d (a, b, v) VALUES (%d, 1, 'x');"
	    "INSERT INTO wild.t%d (a, b, v) VALUES (%d, 2, 'y');"
	    "DELETE FROM wild.t%d WHERE a = %d AND b > 3; APPLY BATCH",
	    t, a, t, a + 1, t, a + 2);
	cqlconn_query(&c->c, stream, cql);
}

static void
add_definition(struct client *c, uint16_t stream)
{
	static const char *const all[] = {
		"CREATE TABLE IF NOT EXISTS wild.t%d (a int, b int, v text, PRIMARY KEY (a, b))",
		"ALTER TABLE wild.t%d ADD w%u list<text>", "TRUNCATE wild.t%d",
		"DROP TABLE IF EXISTS wild.t%d", "CREATE TYPE wild.u%d_%u (x int)",
		"CREATE TABLE IF NOT EXISTS wild.t%d (a int, b int, v text, PRIMARY KEY (a, b))"
	};
	char cql[200];

	snprintf(cql, sizeof(cql), all[roll(&c->random, sizeof(all) / sizeof(all[0]))],
	    (int)roll(&c->random, TABLES), (unsigned)roll(&c->random, 50));
	cqlconn_query(&c->c, stream, cql);
}

static void
add_read(struct client *c, uint16_t stream)
{
	static const char *const all[] = { "SELECT * FROM chat.messages",
		"SELECT * FROM chat.messages LIMIT 5", "SELECT count(*) FROM chat.messages",
		"SELECT * FROM chat.messages PER PARTITION LIMIT 1",
		"SELECT DISTINCT channel_id, bucket FROM chat.messages",
		"SELECT * FROM chat.messages WHERE channel_id IN (0, 1, 2, 3, 4, 5) AND bucket = 1",
		"SELECT * FROM chat.messages WHERE token(channel_id, bucket) > 0 LIMIT 9",
		"SELECT * FROM wild.t0", "SELECT a FROM wild.t1 WHERE a = 1",
		"SELECT * FROM system_schema.columns", "SELECT * FROM system_views.msgd_counters" };

	cqlconn_query(&c->c, stream, all[roll(&c->random, sizeof(all) / sizeof(all[0]))]);
}

/* What comes without being asked for. */
static void
listen_for_changes(struct client *c)
{
	static const uint8_t request[] = "\4\0\0\0\x0b\0\0\0\x11\0\1\0\x0dSCHEMA_CHANGE";
	ssize_t n = write(c->c.fd, request, sizeof(request) - 1);

	(void)n;
}

static void
send_half(struct client *c)
{
	static const uint8_t request[] = "\4\0\0\1\7\0\0\0\x20\0\0\0\x19SELECT * FROM";
	ssize_t n = write(c->c.fd, request, 1 + roll(&c->random, sizeof(request) - 1));

	(void)n;
}

static void
ask(struct client *c)
{
	uint64_t dice = roll(&c->random, 8);
	size_t n = 1 + roll(&c->random, AT_ONCE);

	for (size_t i = 0; i < n; i++)
		if (dice < 2)
			add_definition(c, (uint16_t)i);
		else if (dice < 4)
			add_write(c, (uint16_t)i);
		else
			add_read(c, (uint16_t)i);
	if (cqlconn_send(&c->c) == -1)
		return;
	if (dice == 7) { /* not one answer is read, for a while */
		rest(c);
		return;
	}
	for (struct cqlconn_answer a; n > 0 && cqlconn_next(&c->c, &a) == 0; n--, c->requests++)
		;
}

void *
work_wildly(void *arg)
{
	struct client *c = arg;
	char text[200];

	while (!stop && cqlconn_open(&c->c, address, c->port) == 0) {
		cqlconn_run(&c->c,
		    "CREATE KEYSPACE IF NOT EXISTS wild WITH replication = "
		    "{'class': 'SimpleStrategy', 'replication_factor': 1}",
		    text);
		if (roll(&c->random, 2) == 0)
			listen_for_changes(c);
		for (uint64_t k = roll(&c->random, 4); k > 0; k--)
			ask(c);
		if (roll(&c->random, 4) == 0) {
			send_half(c);
			rest(c);
		}
		cqlconn_close(&c->c);
	}
	cqlconn_close(&c->c);
	return NULL;
}
