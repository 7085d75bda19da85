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
		{ "clocks", clocks_are_set }, { "large", large_requests },
		{ "definitions", many_definitions } };

	return try_all(argc, argv, all, sizeof(all) / sizeof(all[0]));
}
