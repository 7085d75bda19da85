/* tests/served/trial.c: an msgd whose calls fail, and a client that asks it one thing at a time. */
#include "trial.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char address[] = "127.0.0.1";
const char *program, *root;
char dir[2048], err[2100];
struct faulty *faulty;

void
sleep_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* ---- the daemon ---- */

void
heal(void)
{
	faulty->write_log = faulty->write_data = faulty->sync_log = faulty->open_data = 0;
	faulty->accept = faulty->hold_sync = 0;
	faulty->wall_us = faulty->steady_us = 0;
}

int
again(struct child *s, const char *option)
{
	char *more[] = { "--shards", "2", "--sync", "batch", "--no-compact",
		(char *)(uintptr_t)option, NULL };

	if (child_start(s, program, dir, err, more) == -1)
		return -1;
	return child_listens(s, address);
}

bool
start(struct child *s, const char *name, const char *settings)
{
	char path[2100];
	FILE *f;

	heal();
	snprintf(dir, sizeof(dir), "%s/%s", root, name);
	snprintf(err, sizeof(err), "%s/%s.err", root, name);
	mkdir(dir, 0755);
	snprintf(path, sizeof(path), "%s/msgd.yaml", dir);
	if ((f = fopen(path, "w")) == NULL)
		return check(false, "%s: %s", path, strerror(errno));
	fputs(settings, f);
	fclose(f);
	return again(s, NULL) == 0 || check(false, "%s: it does not start", name);
}

void
end_in_peace(struct child *s, const char *name)
{
	int status;

	heal();
	status = child_end(s, SIGTERM);
	check(status == 0, "%s: asked to end, it ends with status %#x", name, (unsigned)status);
}

bool
has_said(const char *text)
{
	static char all[1 << 16];
	FILE *f = fopen(err, "r");
	size_t n = f != NULL ? fread(all, 1, sizeof(all) - 1, f) : 0;

	if (f != NULL)
		fclose(f);
	all[n] = '\0';
	return strstr(all, text) != NULL;
}

bool
says(const char *text)
{
	int i;

	for (i = 0; i < TRIES && !has_said(text); i++)
		sleep_ms(10);
	return i < TRIES;
}

void
is_calm(const char *when)
{
	uint64_t waits = faulty->waits;
	struct stat before, after;

	stat(err, &before);
	sleep_ms(500);
	stat(err, &after);
	check(faulty->waits - waits < 500, "%s: it looks for work %ju times in half a second", when,
	    (uintmax_t)(faulty->waits - waits));
	check(after.st_size - before.st_size < 20000, "%s: it says %jd bytes in half a second",
	    when, (intmax_t)(after.st_size - before.st_size));
}

int
flush_tables(void)
{
	char *argv[] = { "msgd", "flush", dir, NULL };
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		freopen("/dev/null", "w", stderr);
		execv(program, argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return status;
}

/* ---- a client ---- */

bool
meet(struct cqlconn *c, struct child *s)
{
	struct timeval patience = { PATIENCE_S, 0 };

	if (cqlconn_open(c, address, s->port) == -1) {
		cqlconn_close(c);
		return false;
	}
	setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return true;
}

bool
is_turned_away(struct child *s)
{
	struct cqlconn c;
	bool met = meet(&c, s);

	if (met)
		cqlconn_close(&c);
	return !met;
}

int
next_answer(struct cqlconn *c, int *rows)
{
	struct cqlconn_answer a;
	struct cqlconn_rows r;
	char text[200];

	if (cqlconn_next(c, &a) == -1)
		return ENDED;
	if (a.opcode == CQLCONN_ERROR)
		return (int)cqlconn_error(&a, text);
	if (rows != NULL)
		*rows = cqlconn_rows(&a, &r, NULL) == 0 ? r.rows : -1;
	return DONE;
}

int
run(struct cqlconn *c, int *rows, const char *fmt, ...)
{
	char cql[1000];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cql, sizeof(cql), fmt, ap);
	va_end(ap);
	cqlconn_query(c, 0, cql);
	return cqlconn_send(c) == -1 ? ENDED : next_answer(c, rows);
}

int
put(struct cqlconn *c, int channel, int id)
{
	return run(c, NULL,
	    "INSERT INTO chat.messages (channel_id, bucket, message_id, content) VALUES (%d, 0, "
	    "%d, "
	    "'what was said')",
	    channel, id);
}

int
put_all(struct cqlconn *c, int id, int n)
{
	int good = 0;

	for (int i = id; i < id + n; i++)
		for (int channel = 0; channel < 10; channel++)
			good += put(c, channel, i) == DONE;
	return good;
}

int
count(struct cqlconn *c, int below)
{
	int rows = -1, all = 0;

	for (int channel = 0; channel < 10; channel++, all += rows)
		if (run(c, &rows,
			"SELECT message_id FROM chat.messages WHERE channel_id = %d AND bucket = 0 "
			"AND "
			"message_id < %d",
			channel, below) != DONE)
			return -1;
	return all;
}

void
kill_and_count(struct child *s, const char *name, int below, int want)
{
	struct cqlconn c;
	int got;

	child_end(s, SIGKILL);
	if (!start(s, name, ""))
		return;
	check(meet(&c, s), "%s: no connection after a kill", name);
	got = count(&c, below);
	check(got >= want, "%s: after a kill there are %d of %d rows", name, got, want);
	cqlconn_close(&c);
	end_in_peace(s, name);
}

/* Makes the page that is shared with msgd. */
static int
share(void)
{
	char path[2100];
	void *p;
	int fd;

	snprintf(path, sizeof(path), "%s/faulty", root);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd == -1 || ftruncate(fd, sizeof(struct faulty)) == -1)
		return -1;
	p = mmap(NULL, sizeof(struct faulty), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	setenv(FAULTY, path, 1);
	faulty = p != MAP_FAILED ? p : NULL;
	return faulty != NULL ? 0 : -1;
}

int
try_all(int argc, char *argv[], const struct trial *all, size_t n)
{
	if (argc < 3) {
		fprintf(stderr, "usage: %s MSGD DIR [TEST]\n", argv[0]);
		return 2;
	}
	program = argv[1];
	root = argv[2];
	signal(SIGPIPE, SIG_IGN);
	if (share() == -1) {
		fprintf(stderr, "%s: %s: %s\n", argv[0], root, strerror(errno));
		return 2;
	}
	for (size_t i = 0; i < n; i++)
		if (argc < 4 || strcmp(argv[3], all[i].name) == 0)
			all[i].run();
	printf("%u passed, %u failed, 0 skipped\n", passed, failed);
	return failed > 0;
}
