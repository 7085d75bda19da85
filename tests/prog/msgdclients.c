/*
 * tests/prog/msgdclients.c: msgd and clients that ask for too much, or do not go on; and clocks that are set.
 *
 * Usage: msgdclients MSGD DIR [TEST]: MSGD is planted/msgd-faulty, whose clocks stand where
 * tests/served/faulty.h says.  Whatever some clients do: others are served; what they may have is
 * bounded, and what is above is refused at once.  Ends in "N passed, N failed, N skipped".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "../served/trial.h"

#define HELD_MAX 80 /* requests of 8 kB that 1 MiB has room for, with what goes with each */

/* The disk takes its time: what is above the limit is refused at once, the rest is done. */
static void
overload(void)
{
	static char text[8000];
	int good = 0, refused = 0, r;
	struct cqlconn_values v;
	struct cqlconn_id id;
	struct cqlconn c;
	struct child s;
	char why[200];

	if (!start(&s, "overload",
		"native_transport_max_request_data_in_flight: "
		"1MiB\nnative_transport_max_frame_size: 128KiB\n") ||
	    !check(meet(&c, &s), "no connection"))
		return;
	memset(text, 'x', sizeof(text));
	check(cqlconn_prepare(&c,
		  "INSERT INTO chat.messages (channel_id, bucket, message_id, content) VALUES (1, "
		  "1, ?, ?)",
		  &id, why) == 0,
	    "overload: %s", why);
	faulty->hold_sync = 1;
	for (int i = 0; i < 400; i++) {
		v = (struct cqlconn_values){ .n = 0 };
		cqlconn_bigint(&v, i);
		cqlconn_text(&v, text, sizeof(text) - 100);
		cqlconn_execute(&c, (uint16_t)i, &id, &v, 0, NULL, 0);
	}
	check(cqlconn_send(&c) == 0, "overload: nobody reads");
	/* more than 1 MiB cannot be under way: all but these do not wait for the disk */
	for (; refused < 400 - HELD_MAX && (r = next_answer(&c, NULL)) != ENDED; refused++)
		if (!check(r == OVERLOADED, "overload: refused by %d", r))
			break;
	faulty->hold_sync = 0;
	for (int i = refused; i < 400 && (r = next_answer(&c, NULL)) != ENDED; i++) {
		good += r == DONE;
		refused += r == OVERLOADED;
	}
	check(good > 10 && good <= HELD_MAX && good + refused == 400,
	    "overload: %d done, %d refused", good, refused);
	check(put_all(&c, 0, 1) == 10, "overload: it does not end");
	cqlconn_close(&c);
	end_in_peace(&s, "overload");
}

static void
connections_end(void)
{
	struct cqlconn c[4], more;
	struct child s;
	size_t n;

	if (!start(&s, "connections", "native_transport_max_concurrent_connections: 4\n"))
		return;
	for (n = 0; n < 4; n++)
		check(meet(&c[n], &s), "connections: number %zu of 4 is turned away", n);
	check(is_turned_away(&s), "connections: a fifth of 4");
	cqlconn_close(&c[3]);
	for (n = 0; n < TRIES && !meet(&more, &s); n++)
		sleep_ms(10);
	check(n < TRIES, "connections: nobody comes in when one has left");
	for (n = 0; n < 3; n++)
		cqlconn_close(&c[n]);
	cqlconn_close(&more);
	end_in_peace(&s, "connections");
}

static int
say(struct child *s, const void *p, size_t n)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(s->port) };
	struct timeval patience = { PATIENCE_S, 0 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1 ||
	    (n > 0 && write(fd, p, n) != (ssize_t)n))
		check(false, "connect: %s", strerror(errno));
	return fd;
}

/* The steady clock stands from now on, until it is moved. */
static void
stop_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	faulty->steady_us = (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Every shard has gone through a turn since this was asked: all prepare it. */
static void
pass_a_turn(struct cqlconn *c)
{
	struct cqlconn_id id;
	char why[200];

	check(cqlconn_prepare(c, "SELECT now() FROM system.local", &id, why) == 0, "turn: %s", why);
}

static bool
is_silent(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN;
}

/* Those who begin and do not go on are disconnected after half a minute, and others are not; by a clock
 * that nobody sets. */
static void
slow_clients(void)
{
	static const uint8_t half[] = "\4\0\0\1\5\0\0\0";
	struct cqlconn c, half_way;
	struct child s;
	int mute, slow;
	char byte;

	if (!start(&s, "slow", ""))
		return;
	stop_clock();
	if (!check(meet(&c, &s) && meet(&half_way, &s), "no connection"))
		return;
	mute = say(&s, NULL, 0);
	slow = say(&s, half, sizeof(half) - 1);
	check(write(half_way.fd, half, sizeof(half) - 1) > 0, "slow: write");
	check(put_all(&c, 0, 1) == 10, "slow: others are not served");
	for (int hours = -1; hours <= 1; hours++) {
		faulty->wall_us = hours * INT64_C(3600000000);
		faulty->steady_us += 6000000; /* connections are looked at */
		pass_a_turn(&c);
		check(is_silent(mute) && is_silent(slow) && is_silent(half_way.fd),
		    "slow: disconnected too early, the wall clock being set by %d h", hours);
	}
	faulty->steady_us += 13000000;
	check(recv(mute, &byte, 1, 0) == 0, "slow: without a word it stays connected");
	check(recv(slow, &byte, 1, 0) == 0, "slow: half a handshake stays connected");
	check(recv(half_way.fd, &byte, 1, 0) == 0, "slow: half a request stays connected");
	check(put_all(&c, 1, 1) == 10, "slow: who only waits is disconnected");
	close(mute);
	close(slow);
	cqlconn_close(&half_way);
	cqlconn_close(&c);
	end_in_peace(&s, "slow");
}

/* What is written bears the time of the wall clock, and expires by it; and it never goes back. */
static void
clocks_are_set(void)
{
	static const char expires[] =
	    "INSERT INTO chat.messages (channel_id, bucket, message_id, content) VALUES (1, 0, 9, "
	    "'soon gone') USING TTL 600";
	struct cqlconn c;
	struct child s;

	if (!start(&s, "clocks", ""))
		return;
	stop_clock();
	if (!check(meet(&c, &s), "no connection"))
		return;
	check(run(&c, NULL, expires) == DONE && count(&c, 100) == 1, "clocks: a row with a TTL");
	faulty->steady_us += INT64_C(3600000000);
	pass_a_turn(&c);
	check(count(&c, 100) == 1, "clocks: a row expires by a clock that is not the wall clock");
	faulty->wall_us = INT64_C(3600000000);
	check(count(&c, 100) == 0, "clocks: a row of 600 s is there an hour later");
	check(put_all(&c, 10, 1) == 10 && count(&c, 100) == 10, "clocks: rows are not taken");
	faulty->wall_us = INT64_C(-3600000000);
	for (int channel = 0; channel < 10; channel++)
		check(run(&c, NULL,
			  "DELETE FROM chat.messages WHERE channel_id = %d AND bucket = 0 AND "
			  "message_id = 10",
			  channel) == DONE,
		    "clocks: DELETE");
	check(count(&c, 11) == 1, "clocks: a deletion is older than what it deletes");
	cqlconn_close(&c);
	end_in_peace(&s, "clocks");
}

/* ---- answers that nobody reads ---- */

enum {
	PAGE_ROWS = 130, /* of 8 kB: 1 MB */
	PAGES = 24,      /* that are asked for at once: more than the kernel takes of them */
	SILENT = 6       /* clients */
};

static const char page[] = "SELECT content FROM chat.messages WHERE channel_id = 1 AND bucket = 1";
static const char large_page[] =
    "SELECT content FROM chat.messages WHERE channel_id = 1 AND bucket IN (1, 2, 3)";

/* Three pages. */
static bool
put_pages(struct cqlconn *c)
{
	static char text[8000];
	struct cqlconn_values v;
	struct cqlconn_id id;
	char why[200];
	int good = 0;

	memset(text, 'x', sizeof(text));
	if (!check(cqlconn_prepare(c,
		       "INSERT INTO chat.messages (channel_id, bucket, message_id, content) VALUES "
		       "(1, ?, ?, ?)",
		       &id, why) == 0,
		"pages: %s", why))
		return false;
	for (int i = 0; i < 3 * PAGE_ROWS; i++) {
		v = (struct cqlconn_values){ .n = 0 };
		cqlconn_int(&v, 1 + i / PAGE_ROWS);
		cqlconn_bigint(&v, i);
		cqlconn_text(&v, text, sizeof(text) - 100);
		cqlconn_execute(c, 0, &id, &v, 0, NULL, 0);
		good += cqlconn_send(c) == 0 && next_answer(c, NULL) == DONE;
	}
	return check(good == 3 * PAGE_ROWS, "pages: %d rows are taken", good);
}

/* Bytes that wait for clients, of all shards; -1: it does not say. */
static int64_t
output_waiting(struct cqlconn *c)
{
	struct cqlconn_answer a;
	struct cqlconn_rows r;
	const uint8_t *p;
	int64_t sum = 0;
	int32_t len;

	cqlconn_query(
	    c, 0, "SELECT value FROM system_views.msgd_counters WHERE name = 'output_waiting'");
	if (cqlconn_send(c) == -1 || cqlconn_next(c, &a) == -1 ||
	    cqlconn_rows(&a, &r, NULL) == -1 || r.rows != 2)
		return -1;
	for (int i = 0; i < r.rows; i++) {
		len = cqlconn_cell(&r, &p);
		sum += len > 0 ? cqlconn_number(p, len) : 0;
	}
	return sum;
}

/* Sooner or later more than that wait for clients. */
static bool
wait_for_output(struct cqlconn *c, int64_t more)
{
	int64_t n = 0;

	for (int i = 0; i < TRIES && (n = output_waiting(c)) <= more && n >= 0; i++)
		sleep_ms(10);
	return check(n > more, "%jd bytes wait for clients, want more than %jd", (intmax_t)n,
	    (intmax_t)more);
}

/* A client asks for pages, and does not read; what the kernel keeps for it is little. */
static bool
ask_and_be_silent(struct cqlconn *c, struct child *s)
{
	int room = 64 << 10;

	if (!meet(c, s))
		return check(false, "no connection");
	setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	for (int i = 0; i < PAGES; i++)
		cqlconn_query(c, (uint16_t)i, page);
	return check(cqlconn_send(c) == 0, "silent: it does not read");
}

/* How many of so many pages it is given when it reads after all, and how many answers in all; each is a page
 * or a refusal. */
static int
read_all(struct cqlconn *c, int asked, int *answers)
{
	int rows, r = DONE, good = 0;

	for (*answers = 0; *answers < asked && (r = next_answer(c, &rows)) != ENDED; ++*answers) {
		good += r == DONE && rows == PAGE_ROWS;
		check(r == OVERLOADED || (r == DONE && rows == PAGE_ROWS),
		    "silent: an answer is %d", r);
	}
	return good;
}

/* Who does not read is not read from either, and after half a minute it has to go; who reads late is given all. */
static void
silent_client(void)
{
	struct cqlconn c, silent, late;
	struct child s;
	int n;

	if (!start(&s, "silent", "native_transport_max_output_per_connection: 1MiB\n"))
		return;
	stop_clock();
	if (!check(meet(&c, &s), "no connection") || !put_pages(&c))
		return;
	if (!ask_and_be_silent(&late, &s) || !wait_for_output(&c, 1 << 20))
		return;
	check(put_all(&c, 0, 1) == 10, "silent: others are not served");
	check(read_all(&late, PAGES, &n) == PAGES, "late: not all pages are given");
	check(ask_and_be_silent(&silent, &s) && wait_for_output(&c, 1 << 20), "silent");
	for (n = 0; n < TRIES && !has_said("does not read its answers"); n++) {
		faulty->steady_us += 31000000; /* since it took something, once it takes no more */
		pass_a_turn(&c);
	}
	check(n < TRIES, "silent: it is not told of");
	for (n = 0; n < TRIES && output_waiting(&c) > 0; n++)
		sleep_ms(10);
	check(n < TRIES, "silent: what waits for it stays");
	check(read_all(&silent, PAGES, &n) < PAGES && n < PAGES, "silent: it stays connected");
	check(put_all(&c, 1, 1) == 10, "silent: others are not served afterwards");
	cqlconn_close(&late);
	cqlconn_close(&silent);
	cqlconn_close(&c);
	end_in_peace(&s, "silent");
}

enum {
	MOST = 4 << 20
};

/* Each asks for one more: until nothing fits any more wherever answers lie, as nobody takes one. */
static void
ask_for_more(struct cqlconn silent[SILENT], int asked[SILENT])
{
	for (int i = 0; i < SILENT; i++) {
		cqlconn_query(&silent[i], 0, page);
		asked[i] += cqlconn_send(&silent[i]) == 0;
	}
	sleep_ms(10);
}

/* What waits for all is bounded; at two shards, which do not ask each other, an answer may be above. */
static void
is_bounded(struct cqlconn *c)
{
	int64_t n = output_waiting(c);

	check(n >= 0 && n < 2 * MOST, "all: %jd bytes wait for clients", (intmax_t)n);
}

/* Many of them: others are told at once that there is no room, and once they are gone all is well. */
static void
silent_clients(void)
{
	struct cqlconn c, silent[SILENT];
	int r = DONE, rows = -1, n, asked[SILENT];
	struct child s;

	if (!start(&s, "silent-all", "native_transport_max_output: 4MiB\n"))
		return;
	stop_clock();
	if (!check(meet(&c, &s), "no connection") || !put_pages(&c))
		return;
	check(run(&c, &rows, large_page) == DONE && rows == 3 * PAGE_ROWS, "all: a large answer");
	for (int i = 0; i < SILENT; i++, asked[i - 1] = PAGES)
		if (!ask_and_be_silent(&silent[i], &s))
			return;
	for (n = 0; n < TRIES && (r = run(&c, NULL, large_page)) == DONE; n++) {
		ask_for_more(silent, asked);
		is_bounded(&c);
	}
	check(r == OVERLOADED, "all: an answer above the limit is %d", r);
	check(put_all(&c, 0, 1) == 10 && count(&c, 100) == 10, "all: small answers are refused");
	for (n = 0; n < TRIES && !has_said("does not read its answers"); n++) {
		ask_for_more(silent, asked);
		is_bounded(&c);
		faulty->steady_us += 31000000;
	}
	check(n < TRIES, "all: nobody has to go");
	for (n = 0; n < TRIES && (r = run(&c, &rows, page)) == OVERLOADED; n++) {
		faulty->steady_us += 31000000;
		pass_a_turn(&c);
	}
	check(r == DONE && rows == PAGE_ROWS, "all: when they have to go a page is %d", r);
	for (int i = 0; i < SILENT; i++) {
		read_all(&silent[i], asked[i], &n);
		cqlconn_close(&silent[i]);
	}
	check(run(&c, &rows, large_page) == DONE && rows == 3 * PAGE_ROWS, "all: and afterwards");
	cqlconn_close(&c);
	end_in_peace(&s, "silent-all");
}

/* ---- requests ---- */

/* A request above the limit is refused by its header. */
static void
large_requests(void)
{
	static const uint8_t head[] = { 4, 0, 0, 1, 7, 0, 3, 0, 0 };
	struct cqlconn c, other;
	struct child s;

	if (!start(&s, "large", "native_transport_max_frame_size: 128KiB\n") ||
	    !check(meet(&c, &s) && meet(&other, &s), "no connection"))
		return;
	check(write(c.fd, head, sizeof(head)) == sizeof(head), "large: write");
	check(next_answer(&c, NULL) == PROTOCOL_ERROR, "large: it is not refused");
	check(next_answer(&c, NULL) == ENDED, "large: it stays connected");
	check(put_all(&other, 0, 1) == 10, "large: others are not served");
	cqlconn_close(&c);
	cqlconn_close(&other);
	end_in_peace(&s, "large");
}

/* Thousands of definitions at once, each of which is answered as soon as it is looked at. */
static void
many_definitions(void)
{
	enum {
		MANY = 30,
		EACH = 1000
	};
	struct cqlconn c[MANY];
	struct child s;
	int good = 0;

	if (!start(&s, "definitions", ""))
		return;
	for (int i = 0; i < MANY; i++) {
		check(meet(&c[i], &s), "definitions: no connection");
		for (int k = 0; k < EACH; k++)
			cqlconn_query(&c[i], (uint16_t)k,
			    k == 0
				? "CREATE TABLE IF NOT EXISTS chat.t (a int PRIMARY KEY)"
				: "CREATE TABLE IF NOT EXISTS chat.messages (a int PRIMARY KEY)");
	}
	for (int i = 0; i < MANY; i++)
		check(cqlconn_send(&c[i]) == 0, "definitions: it does not read");
	for (int i = 0; i < MANY; i++)
		for (int k = 0; k < EACH; k++)
			good += next_answer(&c[i], NULL) == DONE;
	check(good == MANY * EACH, "definitions: %d of %d are answered", good, MANY * EACH);
	for (int i = 0; i < MANY; i++)
		cqlconn_close(&c[i]);
	end_in_peace(&s, "definitions");
}

int
main(int argc, char *argv[])
{
	static const struct trial all[] = { { "overload", overload },
		{ "connections", connections_end }, { "slow", slow_clients },
		{ "clocks", clocks_are_set }, { "silent", silent_client },
		{ "silent-all", silent_clients }, { "large", large_requests },
		{ "definitions", many_definitions } };

	return try_all(argc, argv, all, sizeof(all) / sizeof(all[0]));
}
