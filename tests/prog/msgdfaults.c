/*
 * tests/prog/msgdfaults.c: msgd while the system under it fails: a disk that is full or broken, no
 * descriptors.
 *
 * Usage: msgdfaults MSGD DIR: MSGD is planted/msgd-faulty, whose calls fail when tests/served/faulty.h
 * says so.  Whatever fails: what cannot be done is refused, what can be done is done; nothing that was
 * acknowledged is lost; once it is over all is as before, where it can be; no processor is kept busy by
 * it.  Ends in "N passed, N failed, N skipped".
 */
#define _GNU_SOURCE /* prlimit */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../served/trial.h"

/* ---- the disk ---- */

/* Rows 5000 of 10 channels that were refused as too much: nobody took them. */
static void
are_not_found(struct cqlconn *c, const int answers[10])
{
	int rows = -1;

	for (int channel = 0; channel < 10; channel++) {
		if (answers[channel] != OVERLOADED)
			continue;
		check(run(c, &rows,
			  "SELECT message_id FROM chat.messages WHERE channel_id = %d AND bucket = "
			  "0 AND message_id = 5000",
			  channel) == DONE &&
			rows == 0,
		    "log full: a write that was refused is found (%d rows)", rows);
	}
}

/* Nothing can be written to the log, for a while. */
static void
log_is_full(void)
{
	struct cqlconn c;
	struct child s;
	int r = DONE, answers[10], unknown = 0;

	if (!start(&s, "log-full", "") || !check(meet(&c, &s), "no connection"))
		return;
	check(put_all(&c, 0, 10) == 100, "log full: not all rows are taken before it is");
	faulty->write_log = ENOSPC;
	for (int channel = 0; channel < 10; channel++) {
		r = answers[channel] = put(&c, channel, 5000);
		check(r == OVERLOADED || r == SERVER_ERROR, "log full: a write ends in %d", r);
		unknown += r == SERVER_ERROR;
	}
	check(unknown <= 2, "log full: %d writes are taken in where each shard finds out by one",
	    unknown);
	check(count(&c, 1000) == 100, "log full: rows cannot be read");
	are_not_found(&c, answers);
	check(says("No space left"), "log full: it does not say so");
	is_calm("log full");
	faulty->write_log = 0;
	for (int i = 0; i < TRIES && (r = put(&c, 1, 6000)) != DONE; i++)
		sleep_ms(10);
	check(r == DONE, "log full: when there is room again a write ends in %d", r);
	check(put_all(&c, 10, 10) == 100, "log full: not all rows are taken after it was");
	are_not_found(&c, answers);
	cqlconn_close(&c);
	kill_and_count(&s, "log-full", 1000, 200);
	if (!check(again(&s, NULL) == 0, "log full: it does not start afterwards") ||
	    !check(meet(&c, &s), "no connection"))
		return;
	are_not_found(&c, answers);
	cqlconn_close(&c);
	end_in_peace(&s, "log-full");
}

/* A sync of the log fails: what the kernel says of it after that means nothing. */
static void
sync_fails(void)
{
	struct cqlconn c;
	struct child s;
	int status, r;

	if (!start(&s, "sync", "") || !check(meet(&c, &s), "no connection"))
		return;
	check(put_all(&c, 0, 10) == 100, "sync: not all rows are taken");
	faulty->sync_log = EIO;
	for (int channel = 0; channel < 10; channel++) {
		r = put(&c, channel, 5000);
		check(r == SERVER_ERROR, "sync fails: a write ends in %d", r);
	}
	faulty->sync_log = 0;
	check(put_all(&c, 100, 10) == 0, "sync failed: writes are acknowledged after it");
	check(count(&c, 1000) >= 100, "sync failed: rows cannot be read");
	check(says("before a restart"), "sync failed: it does not say what to do");
	is_calm("sync failed");
	cqlconn_close(&c);
	status = child_end(&s, SIGTERM);
	/* what was in memory is in tables, which were synced */
	check(status == 0, "sync failed: it ends with status %#x", (unsigned)status);
	if (!start(&s, "sync", ""))
		return;
	kill_and_count(&s, "sync", 1000, 100);
}

/* A flush finds no room: its rows stay in memory and in the log. */
static void
tables_are_full(void)
{
	struct cqlconn c;
	struct child s;
	int r;

	if (!start(&s, "tables-full", "") || !check(meet(&c, &s), "no connection"))
		return;
	check(put_all(&c, 0, 10) == 100, "tables full: not all rows are taken");
	faulty->write_data = ENOSPC;
	check(flush_tables() != 0, "tables full: a flush is said to be done");
	check(count(&c, 1000) == 100, "tables full: rows cannot be read");
	is_calm("tables full");
	faulty->write_data = 0;
	r = put_all(&c, 10, 10);
	check(r == 100, "tables full: %d of 100 rows are taken after it", r);
	check(flush_tables() == 0, "tables full: no flush when there is room again");
	check(count(&c, 1000) == 200, "tables full: rows are lost by it");
	cqlconn_close(&c);
	kill_and_count(&s, "tables-full", 1000, 200);
}

/* ---- descriptors ---- */

/* There are no more descriptors: whoever comes is turned away, who is there is served. */
static void
no_descriptors(void)
{
	struct rlimit was, few;
	struct cqlconn c[64], *first = &c[0];
	struct child s;
	size_t n;

	if (!start(&s, "descriptors", "") || !check(meet(first, &s), "no connection"))
		return;
	check(put_all(first, 0, 1) == 10 && count(first, 10) == 10, "descriptors: a write");
	prlimit(s.pid, RLIMIT_NOFILE, NULL, &was);
	few = (struct rlimit){ 60, was.rlim_max };
	prlimit(s.pid, RLIMIT_NOFILE, &few, NULL);
	for (n = 1; n < 64 && meet(&c[n], &s); n++)
		;
	check(n > 2 && n < 64, "descriptors: %zu connections with 60 of them", n);
	check(is_turned_away(&s), "descriptors: one more has a connection");
	check(count(first, 10) == 10, "descriptors: who is there is not served");
	is_calm("no descriptors");
	while (n > 1)
		cqlconn_close(&c[--n]);
	for (n = 0; n < TRIES && is_turned_away(&s); n++)
		sleep_ms(10);
	check(n < TRIES, "descriptors: nobody comes in when others have left");
	cqlconn_close(first);
	end_in_peace(&s, "descriptors");
}

/* Connections cannot be taken, and nothing helps: it does not try all the time. */
static void
no_accept(void)
{
	struct cqlconn c, second;
	struct child s;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in to = { .sin_family = AF_INET };

	if (!start(&s, "accept", "") || !check(meet(&c, &s), "no connection"))
		return;
	faulty->accept = ENOMEM;
	to.sin_port = htons(s.port);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	check(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0, "accept: connect");
	is_calm("no memory for connections");
	check(put_all(&c, 0, 1) == 10, "accept: who is there is not served");
	faulty->accept = 0;
	check(meet(&second, &s), "accept: nobody comes in afterwards");
	cqlconn_close(&second);
	cqlconn_close(&c);
	close(fd);
	end_in_peace(&s, "accept");
}

/* An SSTable cannot be opened: that is an error, never an answer without its rows. */
static void
no_open(void)
{
	struct cqlconn c;
	struct child s;
	int r;

	if (!start(&s, "open", "") || !check(meet(&c, &s), "no connection"))
		return;
	check(put_all(&c, 0, 10) == 100, "open: not all rows are taken");
	cqlconn_close(&c);
	end_in_peace(&s, "open");
	if (!start(&s, "open", "") || !check(meet(&c, &s), "no connection"))
		return;
	faulty->open_data = EMFILE;
	r = count(&c, 1000);
	check(r == -1 || r == 100, "open: %d of 100 rows where tables cannot be opened", r);
	check(says("Too many open files"), "open: it does not say so");
	is_calm("tables cannot be opened");
	faulty->open_data = 0;
	check(count(&c, 1000) == 100, "open: rows cannot be read afterwards");
	cqlconn_close(&c);
	end_in_peace(&s, "open");
}

/* ---- damage ---- */

/* Another byte in the middle of a file, or in the middle one of such texts in it: the first file of that
 * name below the directory. */
static bool
damage(const char *pattern, const char *text, char file[256])
{
	static uint8_t bytes[1 << 20];
	char path[4200];
	size_t at;
	glob_t all;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, pattern);
	if (glob(path, 0, NULL, &all) != 0)
		return check(false, "there is no %s", path);
	fd = open(all.gl_pathv[0], O_RDWR);
	snprintf(file, 256, "%s", strrchr(all.gl_pathv[0], '/') + 1);
	globfree(&all);
	if (fd == -1 || (len = read(fd, bytes, sizeof(bytes))) <= 0)
		return check(false, "%s cannot be read", file);
	at = (size_t)len / 2;
	while (text != NULL && at + strlen(text) <= (size_t)len &&
	    memcmp(bytes + at, text, strlen(text)) != 0)
		at++;
	bytes[at] ^= 0x10;
	check(at < (size_t)len && pwrite(fd, bytes + at, 1, (off_t)at) == 1, "%s cannot be written",
	    file);
	close(fd);
	return true;
}

/* In the middle of the log: rows are missing, and that is for somebody to decide. */
static void
damaged_log(void)
{
	struct cqlconn c;
	struct child s;
	char file[256];
	int status, r;

	if (!start(&s, "damaged-log", "") || !check(meet(&c, &s), "no connection"))
		return;
	check(put_all(&c, 0, 10) == 100, "damaged log: not all rows are taken");
	cqlconn_close(&c);
	child_end(&s, SIGKILL);
	if (!damage("commitlog/*.log", "what was said", file))
		return;
	check(again(&s, NULL) == -1, "damaged log: it starts");
	status = child_end(&s, SIGTERM);
	check(WIFEXITED(status) && WEXITSTATUS(status) != 0, "damaged log: status %#x",
	    (unsigned)status);
	check(says(file), "damaged log: it does not say which");
	if (!check(again(&s, "--skip-damage") == 0, "damaged log: it does not pass over damage") ||
	    !check(meet(&c, &s), "no connection"))
		return;
	r = count(&c, 1000);
	check(r > 0 && r < 100, "damaged log: %d of 100 rows are there", r);
	check(put_all(&c, 0, 10) == 100 && count(&c, 1000) == 100, "damaged log: no writes");
	cqlconn_close(&c);
	end_in_peace(&s, "damaged-log");
}

/* What cannot be read is an error, and everything else goes on. */
static void
damaged_table(void)
{
	struct cqlconn c;
	struct child s;
	char file[256];

	if (!start(&s, "damaged-table", "") || !check(meet(&c, &s), "no connection"))
		return;
	check(put_all(&c, 0, 10) == 100, "damaged table: not all rows are taken");
	cqlconn_close(&c);
	end_in_peace(&s, "damaged-table");
	if (!damage("data/chat/messages-*/*-Data.db", NULL, file))
		return;
	if (!check(again(&s, NULL) == 0, "damaged table: it does not start") ||
	    !check(meet(&c, &s), "no connection"))
		return;
	check(count(&c, 1000) == -1, "damaged table: rows are missing, and nobody says so");
	check(says(file), "damaged table: it does not say which");
	check(run(&c, NULL, "SELECT * FROM system_schema.tables") == DONE,
	    "damaged table: others cannot be read");
	check(put_all(&c, 10, 1) == 10, "damaged table: no writes");
	cqlconn_close(&c);
	end_in_peace(&s, "damaged-table");
}

/* Rows are in memory up to the limit, and cannot leave it: more are refused, until they can. */
static void
memory_is_full(void)
{
	static char text[8000];
	struct cqlconn_values v;
	struct cqlconn_id id;
	struct cqlconn c;
	struct child s;
	char why[200];
	int r = DONE, good = 0, n = 0;

	if (!start(&s, "memory-full", "memtable_heap_space: 1MiB\n") ||
	    !check(meet(&c, &s), "no connection"))
		return;
	check(cqlconn_prepare(&c,
		  "INSERT INTO chat.messages (channel_id, bucket, message_id, content) VALUES (1, "
		  "0, ?, ?)",
		  &id, why) == 0,
	    "memory full: %s", why);
	memset(text, 'x', sizeof(text));
	faulty->write_data = ENOSPC;
	for (; n < 2000 && r == DONE; n++) {
		v = (struct cqlconn_values){ .n = 0 };
		cqlconn_bigint(&v, n);
		cqlconn_text(&v, text, sizeof(text) - 100);
		cqlconn_execute(&c, 0, &id, &v, 0, NULL, 0);
		r = cqlconn_send(&c) == -1 ? ENDED : next_answer(&c, NULL);
		good += r == DONE;
	}
	check(r == OVERLOADED, "memory full: %d rows, the last one ends in %d", n, r);
	check(run(&c, &r,
		  "SELECT message_id FROM chat.messages WHERE channel_id = 1 AND bucket = 0") ==
		    DONE &&
		r == good,
	    "memory full: %d rows of %d that were taken", r, good);
	is_calm("memory full");
	faulty->write_data = 0;
	for (int i = 0; i < TRIES && (r = put(&c, 2, 200000)) != DONE; i++)
		sleep_ms(10);
	check(r == DONE, "memory full: when there is room again a write ends in %d", r);
	cqlconn_close(&c);
	kill_and_count(&s, "memory-full", 100000, good);
}

int
main(int argc, char *argv[])
{
	static const struct trial all[] = { { "log", log_is_full }, { "sync", sync_fails },
		{ "tables", tables_are_full }, { "descriptors", no_descriptors },
		{ "accept", no_accept }, { "open", no_open }, { "damaged-log", damaged_log },
		{ "damaged-table", damaged_table }, { "memory", memory_is_full } };

	return try_all(argc, argv, all, sizeof(all) / sizeof(all[0]));
}
