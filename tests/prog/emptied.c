/*
 * tests/prog/emptied.c: a table that is being compacted is emptied.
 *
 * Usage: emptied BIN DIR: BIN/msgd serves DIR, and this program is what it runs as compact(1): that holds
 * the table, as a long compaction does, until it is told to end.  TRUNCATE, and DROP TABLE, are answered
 * all the same, and it is started anew.  Ends in "N passed, N failed, N skipped".
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/cqlclient.h"
#include "live/lock.h"
#include "wire/envelope.h"

#define HELD "EMPTIED_HELD" /* in the environment: where it is told that the table is held */
#define FOLDER "data/chat/messages-7e9ac000e53e11f1a0156f737472616b"

static volatile sig_atomic_t ended;

static void
end(int sig)
{
	ended = sig;
}

/* As compact(1): holds the table, says so, and waits for the signal. */
static int
compact(const char *dir)
{
	struct sigaction sa = { .sa_handler = end };
	struct sst_lock lock = { .fd = -1 };
	char folder[1024];
	struct sst_err e;
	sigset_t term, was;
	int fd;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, &was);
	sigaction(SIGTERM, &sa, NULL);
	snprintf(folder, sizeof(folder), "%s/" FOLDER, dir);
	if (sst_lock_take(&lock, &sst_io_posix, folder, SST_COMPACT_LOCK, false, &e) == -1)
		return 0; /* it is just being emptied */
	if ((fd = open(getenv(HELD), O_WRONLY)) == -1 || write(fd, "h", 1) != 1)
		return 2;
	while (!ended)
		sigsuspend(&was);
	sst_lock_drop(&lock);
	return 1;
}

static void
configure(const char *dir)
{
	char path[1024], self[512];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	FILE *f;

	snprintf(path, sizeof(path), "%s/msgd.yaml", dir);
	if (n == -1 || (f = fopen(path, "w")) == NULL)
		die(path);
	fprintf(f, "compact_program: %.*s\n", (int)n, self);
	if (fclose(f) == EOF)
		die(path);
}

static void
run(struct client *c, const char *cql)
{
	client_query(c, cql, 0, (struct sst_slice){ NULL, 0 });
	check(c->opcode == SST_OP_RESULT, "%s: %x", cql, client_error(c));
}

int
main(int argc, char **argv)
{
	struct served s = { 0 };
	struct client c;
	char held[1024], byte;
	int fd;

	if (argc > 3 && strcmp(argv[0], "compact") == 0)
		return compact(argv[3]); /* compact -q -d DIR */
	if (argc != 3) {
		fprintf(stderr, "usage: emptied BIN DIR\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	s.bin = argv[1];
	s.dir = argv[2];
	snprintf(held, sizeof(held), "%s.held", s.dir);
	if (mkdir(s.dir, 0700) == -1 || mkfifo(held, 0600) == -1)
		die(held);
	setenv(HELD, held, 1);
	configure(s.dir);
	if ((fd = open(held, O_RDWR)) == -1) /* no end of file between two compactions */
		die(held);
	served_start(&s, "2", "periodic");
	client_connect(&c, &s, 4, true, NULL);
	for (int i = 0; i < 2; i++) {
		run(&c,
		    "INSERT INTO chat.messages (channel_id, bucket, message_id) VALUES (1, 1, 1)");
		run(&c, "FLUSH");
		if (read(fd, &byte, 1) != 1) /* the compaction is at it */
			die("read");
		run(&c, i == 0 ? "TRUNCATE chat.messages" : "DROP TABLE chat.messages");
	}
	client_leave(&c);
	served_stop(&s, SIGTERM);
	printf("%u passed, %u failed, 0 skipped\n", passed, failed);
	return failed > 0;
}
