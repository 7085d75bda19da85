/*
 * tests/prog/starting.c: how long msgd takes from its start to its first answer, and what it takes of
 * memory then.  Usage: starting MSGD DIR [ARG ...]: prints "ms=N rss_mib=N", and ends it in peace.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../served/child.h"
#include "../served/cqlconn.h"

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static long
rss_kib(pid_t pid)
{
	char path[64], line[256];
	long kib = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "VmRSS: %ld", &kib) == 1)
			break;
	}
	if (f != NULL)
		fclose(f);
	return kib;
}

int
main(int argc, char *argv[])
{
	static const char page[] =
	    "SELECT message_id FROM chat.messages WHERE channel_id = 1 AND bucket = 1 LIMIT 50";
	double from = now_ms(), ms;
	struct cqlconn c;
	struct child s;
	char why[200] = "it does not listen";
	long kib;
	int rc;

	if (argc < 3 || child_start(&s, argv[1], argv[2], "/dev/null", argv + 3) == -1)
		return 2;
	rc = child_listens(&s, "127.0.0.1");
	if (rc == 0 && (rc = cqlconn_open(&c, "127.0.0.1", s.port)) == 0)
		rc = cqlconn_run(&c, page, why);
	ms = now_ms() - from;
	kib = rss_kib(s.pid);
	if (rc == 0)
		cqlconn_close(&c);
	else
		fprintf(stderr, "starting: %s\n", why);
	if (child_end(&s, SIGTERM) != 0)
		rc = -1;
	printf("ms=%.1f rss_mib=%.1f\n", ms, (double)kib / 1024);
	return rc == 0 ? 0 : 1;
}
