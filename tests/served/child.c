#define _GNU_SOURCE /* pipe2 */
#include "child.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	ARGS_MAX = 32
};

static void
become(const char *program, const char *dir, const char *err, char *const *more, int out)
{
	char *argv[ARGS_MAX + 8] = { (char *)(uintptr_t)program, (char *)(uintptr_t) "-d",
		(char *)(uintptr_t)dir, (char *)(uintptr_t) "--cql-port", (char *)(uintptr_t) "0",
		(char *)(uintptr_t) "--shard-port", (char *)(uintptr_t) "0" };
	int fd = open(err, O_WRONLY | O_CREAT | O_APPEND, 0644);

	for (size_t i = 0; more != NULL && more[i] != NULL && i < ARGS_MAX; i++)
		argv[7 + i] = more[i];
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* not to outlive a test that died */
	if (fd == -1 || dup2(fd, 2) == -1 || dup2(out, 1) == -1)
		_exit(126);
	execv(program, argv);
	_exit(127);
}

int
child_start(
    struct child *s, const char *program, const char *dir, const char *err, char *const *more)
{
	int p[2];

	s->port = 0;
	if (pipe2(p, O_CLOEXEC) == -1)
		return -1;
	s->pid = fork();
	if (s->pid == 0)
		become(program, dir, err, more, p[1]);
	close(p[1]);
	s->out = p[0];
	if (s->pid == -1)
		close(p[0]);
	return s->pid == -1 ? -1 : 0;
}

int
child_listens(struct child *s, const char *address)
{
	char line[1024], want[128];
	size_t n = 0;
	ssize_t got;

	while (n < sizeof(line) - 1 && (n == 0 || line[n - 1] != '\n')) {
		got = read(s->out, line + n, sizeof(line) - 1 - n);
		if (got <= 0)
			return -1;
		n += (size_t)got;
	}
	line[n] = '\0';
	n = (size_t)snprintf(want, sizeof(want), "msgd: listening on %s:", address);
	if (strncmp(line, want, n) != 0)
		return -1;
	s->port = (uint16_t)strtoul(line + n, NULL, 10);
	return s->port != 0 ? 0 : -1;
}

int
child_end(struct child *s, int signal)
{
	int status = -1;

	kill(s->pid, signal);
	waitpid(s->pid, &status, 0);
	close(s->out);
	return status;
}
