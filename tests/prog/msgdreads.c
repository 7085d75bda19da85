/*
 * tests/prog/msgdreads.c: reads that share an execution are as good as reads that do not.
 *
 * Usage: msgdreads MSGD DIR SECONDS [ARG ...]: writers append messages to a few channels while 1,000
 * readers ask for the newest of them.  Each answer holds all that was acknowledged before the reader
 * asked, nothing that was not sent, no gap, and nothing older than what the same reader had.  Then MSGD is
 * started anew and 1,000 clients open one channel at once: by its counters that costs a few
 * executions.  Ends in "N passed, N failed, N skipped".
 */
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "../served/child.h"
#include "../served/cqlconn.h"

enum {
	WRITERS = 4,
	CHANNELS = 12, /* each of one writer */
	THREADS = 4,
	EACH = 250, /* readers of a thread */
	PAGE = 10,
	DEPTH = 3,       /* messages that a writer appends at once, to different channels */
	EXECUTED_MAX = 8 /* for 1,000 clients that open one channel */
};

static const char address[] = "127.0.0.1";
static _Atomic int64_t acked[CHANNELS], sent[CHANNELS];
static _Atomic bool stop;
static _Atomic unsigned long nreads, nwrites;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char why[600];
static uint16_t port;

static int
wrong(const char *fmt, ...)
{
	va_list ap;

	pthread_mutex_lock(&lock);
	if (why[0] == '\0') {
		va_start(ap, fmt);
		vsnprintf(why, sizeof(why), fmt, ap);
		va_end(ap);
	}
	pthread_mutex_unlock(&lock);
	stop = true;
	return -1;
}

/* What message id of a channel says, so that an answer for another one is seen. */
static int64_t
author_of(int channel, int64_t id)
{
	return id * 1000 + channel;
}

static int
open_and_prepare(struct cqlconn *c, const char *cql, struct cqlconn_id *id)
{
	char text[200] = "no connection";

	if (cqlconn_open(c, address, port) == -1 || cqlconn_prepare(c, cql, id, text) == -1)
		return wrong("a client cannot begin: %s", text);
	return 0;
}

static const char page_cql[] =
    "SELECT message_id, author_id FROM chat.messages WHERE channel_id = ? AND bucket = 0 LIMIT 10";

/* ---- writers ---- */

static void *
append(void *arg)
{
	int me = *(int *)arg;
	struct cqlconn c;
	struct cqlconn_id put;
	struct cqlconn_answer a;
	char text[200];

	if (open_and_prepare(&c,
		"INSERT INTO chat.messages (channel_id, bucket, message_id, author_id, content)"
		" VALUES (?, 0, ?, ?, 'x')",
		&put) == -1)
		return NULL;
	while (!stop) {
		for (int i = 0; i < DEPTH; i++) {
			struct cqlconn_values v = { .n = 0 };
			int channel = i * WRITERS + me;
			int64_t id = ++sent[channel];

			cqlconn_bigint(&v, channel);
			cqlconn_bigint(&v, id);
			cqlconn_bigint(&v, author_of(channel, id));
			cqlconn_execute(&c, (uint16_t)i, &put, &v, 0, NULL, 0);
		}
		if (cqlconn_send(&c) == -1)
			wrong("a writer's connection ended");
		for (int i = 0; i < DEPTH && !stop; i++) {
			if (cqlconn_next(&c, &a) == -1 || cqlconn_error(&a, text) != 0 ||
			    a.stream >= DEPTH)
				wrong("a write is refused: %s", text);
			else
				acked[a.stream * WRITERS + me] = sent[a.stream * WRITERS + me];
			nwrites++;
		}
	}
	cqlconn_close(&c);
	return NULL;
}

/* ---- readers ---- */

struct reader {
	struct cqlconn c;
	struct cqlconn_id page;
	int channel;
	int64_t at_least, seen[CHANNELS];
};

static void
ask(struct reader *r, int channel)
{
	struct cqlconn_values v = { .n = 0 };

	r->channel = channel;
	r->at_least = acked[channel];
	if (r->at_least < r->seen[channel])
		r->at_least = r->seen[channel];
	cqlconn_bigint(&v, channel);
	cqlconn_execute(&r->c, 0, &r->page, &v, 0, NULL, 0);
	if (cqlconn_send(&r->c) == -1)
		wrong("a reader's connection ended");
}

static int
judge_rows(struct reader *r, struct cqlconn_rows *rows)
{
	int64_t first = 0, id, want;
	const uint8_t *p;

	for (int32_t i = 0; i < rows->rows; i++) {
		id = cqlconn_cell(rows, &p) == 8 ? cqlconn_number(p, 8) : -1;
		if (i == 0)
			first = id;
		if (id != first - i)
			return wrong("channel %d: message %" PRId64 " comes after %" PRId64,
			    r->channel, id, first - i + 1);
		if (cqlconn_cell(rows, &p) != 8 ||
		    cqlconn_number(p, 8) != author_of(r->channel, id))
			return wrong(
			    "channel %d: message %" PRId64 " is another's", r->channel, id);
	}
	if (first > sent[r->channel])
		return wrong("channel %d: message %" PRId64 " was never sent", r->channel, first);
	if (first < r->at_least)
		return wrong("channel %d: the newest is %" PRId64 ", but %" PRId64
			     " was acknowledged before",
		    r->channel, first, r->at_least);
	want = first < PAGE ? first : PAGE;
	if (rows->rows != want)
		return wrong(
		    "channel %d: %d messages up to %" PRId64, r->channel, rows->rows, first);
	r->seen[r->channel] = first;
	return 0;
}

static int
judge(struct reader *r)
{
	struct cqlconn_answer a;
	struct cqlconn_rows rows;
	char text[200] = "it is no page";

	if (cqlconn_next(&r->c, &a) == -1)
		return wrong("a reader's connection ended");
	cqlconn_error(&a, text);
	if (cqlconn_rows(&a, &rows, NULL) == -1 || rows.columns != 2)
		return wrong("a read is refused: %s", text);
	return judge_rows(r, &rows);
}

static void *
read_on(void *arg)
{
	unsigned seed = (unsigned)*(int *)arg + 1;
	struct reader *readers = calloc(EACH, sizeof(*readers));

	for (int i = 0; readers != NULL && i < EACH && !stop; i++)
		open_and_prepare(&readers[i].c, page_cql, &readers[i].page);
	while (readers != NULL && !stop) {
		for (int i = 0; i < EACH && !stop;
		     i++) /* the first channels are the popular ones */
			ask(&readers[i], rand_r(&seed) % (1 + rand_r(&seed) % CHANNELS));
		for (int i = 0; i < EACH && !stop; i++, nreads++)
			judge(&readers[i]);
	}
	for (int i = 0; readers != NULL && i < EACH; i++)
		cqlconn_close(&readers[i].c);
	free(readers);
	return NULL;
}

static void
write_and_read(time_t seconds)
{
	pthread_t writers[WRITERS], readers[THREADS];
	int no[THREADS];

	for (int i = 0; i < THREADS; i++) {
		no[i] = i;
		pthread_create(&readers[i], NULL, read_on, &no[i]);
	}
	for (int i = 0; i < WRITERS; i++)
		pthread_create(&writers[i], NULL, append, &no[i]);
	for (time_t end = time(NULL) + seconds; time(NULL) < end && !stop;)
		nanosleep(&(struct timespec){ 0, 50000000 }, NULL);
	stop = true;
	for (int i = 0; i < WRITERS; i++)
		pthread_join(writers[i], NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(readers[i], NULL);
	if (why[0] == '\0' && (nreads < 1000 || nwrites < 100))
		wrong("only %lu reads and %lu writes", nreads, nwrites);
}

/* ---- one channel, opened by all at once ---- */

/* The sum of a counter over all shards; -1: it is not told. */
static int64_t
counter(const char *name)
{
	struct cqlconn c;
	struct cqlconn_answer a;
	struct cqlconn_rows rows;
	const uint8_t *p;
	char cql[200];
	int64_t sum = -1;

	snprintf(cql, sizeof(cql), "SELECT value FROM system_views.msgd_counters WHERE name = '%s'",
	    name);
	if (cqlconn_open(&c, address, port) == 0) {
		cqlconn_query(&c, 0, cql);
		if (cqlconn_send(&c) == 0 && cqlconn_next(&c, &a) == 0 &&
		    cqlconn_rows(&a, &rows, NULL) == 0 && rows.rows > 0) {
			sum = 0;
			for (int32_t i = 0; i < rows.rows; i++)
				sum += cqlconn_cell(&rows, &p) == 8 ? cqlconn_number(p, 8) : 0;
		}
	}
	cqlconn_close(&c);
	return sum;
}

static void
open_one_channel(int channel)
{
	struct reader *readers = calloc(THREADS * EACH, sizeof(*readers));
	int64_t before, after;
	int i;

	stop = false;
	for (i = 0; readers != NULL && i < THREADS * EACH && !stop; i++)
		open_and_prepare(&readers[i].c, page_cql, &readers[i].page);
	before = counter("reads_executed");
	for (i = 0; readers != NULL && i < THREADS * EACH && !stop; i++)
		ask(&readers[i], channel);
	for (i = 0; readers != NULL && i < THREADS * EACH && !stop; i++)
		judge(&readers[i]);
	after = counter("reads_executed");
	for (i = 0; readers != NULL && i < THREADS * EACH; i++)
		cqlconn_close(&readers[i].c);
	free(readers);
	if (why[0] == '\0' && (before < 0 || after < before || after - before > EXECUTED_MAX))
		wrong("1,000 clients that opened one channel cost %" PRId64 " executions",
		    after - before);
	else if (why[0] == '\0')
		printf("1,000 clients open one channel: %" PRId64
		       " executions, the counters' own among them\n",
		    after - before);
}

/* ---- */

static int
start(struct child *s, char *argv[])
{
	char err[4200];

	snprintf(err, sizeof(err), "%s.err", argv[2]);
	if (child_start(s, argv[1], argv[2], err, argv + 4) == -1 ||
	    child_listens(s, address) == -1)
		return wrong("it does not start");
	port = s->port;
	return 0;
}

static void
end(struct child *s)
{
	int status = child_end(s, SIGTERM);

	if (status != 0)
		wrong("it ends with status %#x", (unsigned)status);
}

int
main(int argc, char *argv[])
{
	struct rlimit files;
	struct child s;
	unsigned passed = 0;

	if (argc < 4) {
		fprintf(stderr, "usage: msgdreads MSGD DIR SECONDS [ARG ...]\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	if (start(&s, argv) == 0) {
		write_and_read(strtol(argv[3], NULL, 10));
		end(&s);
		passed += why[0] == '\0';
	}
	if (why[0] == '\0' && start(&s, argv) == 0) {
		open_one_channel(0);
		open_one_channel(1);
		end(&s);
		passed += why[0] == '\0';
	}
	if (why[0] != '\0')
		printf("FAILED: %s\n", why);
	else
		printf("%lu reads beside %lu writes\n", nreads, nwrites);
	printf("%u passed, %d failed, 0 skipped\n", passed, why[0] != '\0');
	return why[0] != '\0';
}
