/* cmd/msgd/child.c: fork, exec, wait. */
#include "msgd/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAUSE_US 2000000 /* between one that ends and the next */
#define NO_PROGRAM 127

void
msgd_child_program(const struct msgd_config *c, char path[MSGD_CHILD_PATH])
{
	ssize_t len = readlink("/proc/self/exe", path, MSGD_CHILD_PATH - 16);
	char *slash;

	if (c->compact_program != NULL) {
		snprintf(path, MSGD_CHILD_PATH, "%s", c->compact_program);
		return;
	}
	path[len > 0 ? len : 0] = '\0';
	if ((slash = strrchr(path, '/')) != NULL) {
		strcpy(slash + 1, "compact");
		if (access(path, X_OK) == 0)
			return;
	}
	strcpy(path, "compact");
}

static void
become(const char *path, const char *dir, const char *rate, pid_t parent)
{
	const char *argv[8] = { "compact", "-q", "-d", dir, rate != NULL ? "--rate" : NULL, rate };
	sigset_t none;
	int null;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(0); /* it has died meanwhile */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if ((null = open("/dev/null", O_RDWR)) != -1) {
		dup2(null, 0);
		dup2(null, 1);
	}
	execvp(path, (char *const *)argv);
	_exit(NO_PROGRAM);
}

static void
start(struct msgd_child *c, const struct msgd_node *n)
{
	pid_t parent = getpid();
	char path[MSGD_CHILD_PATH], rate[32];

	msgd_child_program(n->config, path);
	snprintf(rate, sizeof(rate), "%ju", (uintmax_t)n->config->compact_rate);
	if ((c->pid = fork()) == 0)
		become(path, n->config->dir, n->config->compact_rate > 0 ? rate : NULL, parent);
	if (c->pid == -1) {
		msgd_node_log("compact cannot be started: %s", strerror(errno));
		c->pid = 0;
	}
}

static void
reap(struct msgd_child *c, int status, int64_t steady_us)
{
	c->pid = 0;
	c->ended_us = steady_us;
	if (c->told) { /* what it did not get to is still to be done */
		c->told = false;
		c->seen--;
	} else if (WIFEXITED(status) && WEXITSTATUS(status) == NO_PROGRAM) {
		msgd_node_log("compact is not to be found: SSTables are not merged");
		c->missing = true;
	} else if (WIFSIGNALED(status))
		msgd_node_log("compact died of signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		msgd_node_log("compact ended with status %d", WEXITSTATUS(status));
}

void
msgd_child_turn(struct msgd_child *c, const struct msgd_node *n, int64_t steady_us)
{
	unsigned published = atomic_load(&n->published);
	int status;

	if (!n->config->compact || c->missing)
		return;
	if (c->pid != 0) {
		if (waitpid(c->pid, &status, WNOHANG) == c->pid)
			reap(c, status, steady_us);
		else if (atomic_load(&n->emptying) && !c->told)
			c->told = kill(c->pid, SIGTERM) == 0;
		return;
	}
	if (atomic_load(&n->emptying) || published == c->seen || steady_us - c->ended_us < PAUSE_US)
		return;
	c->seen = published;
	start(c, n);
}

void
msgd_child_stop(struct msgd_child *c)
{
	if (c->pid == 0)
		return;
	kill(c->pid, SIGTERM);
	while (waitpid(c->pid, NULL, 0) == -1 && errno == EINTR)
		;
	c->pid = 0;
}
