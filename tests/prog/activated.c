/*
 * tests/prog/activated.c: msgd under somebody who listens for it, as systemd does.
 *
 * Usage: activated BIN DIR: BIN/msgd serves data in DIR on sockets that are passed to it: by name, by
 * kind, none when they are for another process; who came before it ran is served; it says that it is
 * ready; what is no such socket is refused.  Ends in "N passed, N failed, N skipped".
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/cqlclient.h"
#include "wire/envelope.h"

enum {
	HANDED_MAX = 4,
	ASIDE = 64 /* descriptors are moved here before they are put where they belong */
};

/* How msgd is started. */
struct start {
	int fd[HANDED_MAX], n; /* passed, in this order */
	const char *names;     /* LISTEN_FDNAMES; NULL: none */
	const char *count;     /* LISTEN_FDS, where it is not n */
	bool for_another;      /* LISTEN_PID is another process */
	const char *option;    /* one more, or NULL */
	const char *notify;    /* NOTIFY_SOCKET, or NULL */
};

static const char *bin;
static char data[512], given[512], path[600];

/* ---- sockets ---- */

static int
tcp(uint32_t address, int type, bool listens)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd = socket(AF_INET, type, 0);

	a.sin_addr.s_addr = htonl(address);
	if (fd == -1 || bind(fd, (struct sockaddr *)&a, sizeof(a)) == -1 ||
	    (listens && listen(fd, 16) == -1))
		die("a TCP socket");
	return fd;
}

static unsigned
port_of(int fd)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);

	if (getsockname(fd, (struct sockaddr *)&a, &len) == -1)
		die("getsockname");
	return ntohs(a.sin_port);
}

static int
local(const char *at, int type)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type, 0);

	if (strlen(at) >= sizeof(a.sun_path)) {
		printf("%s is too long a path for a socket\n", at);
		die("a socket in the file system");
	}
	strcpy(a.sun_path, at);
	unlink(at);
	if (fd == -1 || bind(fd, (struct sockaddr *)&a, sizeof(a)) == -1 ||
	    (type == SOCK_STREAM && listen(fd, 16) == -1))
		die(at);
	return fd;
}

/* ---- the daemon ---- */

static void
set_environment(const struct start *s)
{
	char number[32];

	snprintf(number, sizeof(number), "%d", (int)(s->for_another ? getppid() : getpid()));
	setenv("LISTEN_PID", number, 1);
	snprintf(number, sizeof(number), "%d", s->n);
	setenv("LISTEN_FDS", s->count != NULL ? s->count : number, 1);
	if (s->names != NULL)
		setenv("LISTEN_FDNAMES", s->names, 1);
	if (s->notify != NULL)
		setenv("NOTIFY_SOCKET", s->notify, 1);
}

static void
become(const struct start *s, int out)
{
	char program[512];
	int aside[HANDED_MAX];

	prctl(PR_SET_PDEATHSIG, SIGKILL); /* not to outlive a test that died */
	for (int i = 0; i < s->n; i++)
		aside[i] = fcntl(s->fd[i], F_DUPFD, ASIDE);
	dup2(out, 1);
	dup2(out, 2);
	for (int fd = 3; fd < ASIDE; fd++)
		close(fd);
	for (int i = 0; i < s->n; i++) {
		dup2(aside[i], 3 + i);
		close(aside[i]);
	}
	set_environment(s);
	snprintf(program, sizeof(program), "%s/msgd", bin);
	execl(program, "msgd", "-d", data, "--cql-port", "0", "--shard-port", "0", "--shards", "2",
	    s->option, (char *)NULL);
	_exit(127);
}

/* Starts it; its first line, without the line's end, goes to line. */
static pid_t
start(const struct start *s, char line[1024], FILE **out)
{
	int p[2];
	pid_t pid;

	fflush(stdout);
	if (pipe(p) == -1 || (pid = fork()) == -1)
		die("fork");
	if (pid == 0)
		become(s, p[1]);
	close(p[1]);
	line[0] = '\0';
	*out = fdopen(p[0], "r");
	if (*out == NULL || fgets(line, 1024, *out) == NULL)
		die("msgd says nothing");
	line[strcspn(line, "\n")] = '\0';
	return pid;
}

static int
ended(pid_t pid, int sig, FILE *out)
{
	int status = -1;

	if (sig != 0)
		kill(pid, sig);
	waitpid(pid, &status, 0);
	fclose(out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- what is tested ---- */

/* A whole handshake and a statement. */
static void
speaks(unsigned port, const char *dir, const char *what)
{
	struct served s = { .dir = dir, .port = port };
	struct client c;

	client_connect(&c, &s, 4, dir != NULL, NULL);
	client_query(&c, "SELECT key FROM system.local", 0, (struct sst_slice){ NULL, 0 });
	check(c.opcode == SST_OP_RESULT, "%s: %x", what, client_error(&c));
	client_leave(&c);
}

/* Connects, and asks what is supported; nobody need run yet. */
static int
come_early(unsigned port)
{
	static const uint8_t options[] = { 4, 0, 0, 1, SST_OP_OPTIONS, 0, 0, 0, 0 };
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 || connect(fd, (struct sockaddr *)&a, sizeof(a)) == -1 ||
	    write(fd, options, sizeof(options)) != sizeof(options))
		die("connect");
	return fd;
}

/* A minute: msgd has said that it listens by then, so that it is there already, or never. */
static void
give_up_late(int fd)
{
	struct timeval minute = { 60, 0 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &minute, sizeof(minute));
}

static void
is_told(int fd, const char *want)
{
	char got[128];
	ssize_t n = recv(fd, got, sizeof(got) - 1, 0);

	got[n > 0 ? n : 0] = '\0';
	check(strcmp(got, want) == 0, "wanted %s, was told %s", want, got);
}

static void
passed_as(const char *names)
{
	struct start s = { .n = 3, .names = names };
	char line[1024], want[1200], head[9], notify[600];
	FILE *out;
	pid_t pid;
	int early, told;

	snprintf(notify, sizeof(notify), "%s/notify", given);
	s.notify = notify;
	told = local(notify, SOCK_DGRAM);
	s.fd[0] = tcp(INADDR_LOOPBACK, SOCK_STREAM, true);
	s.fd[1] = tcp(INADDR_LOOPBACK, SOCK_STREAM, true);
	s.fd[2] = local(path, SOCK_STREAM);
	early = come_early(port_of(s.fd[0]));
	pid = start(&s, line, &out);
	snprintf(want, sizeof(want),
	    "msgd: listening on 127.0.0.1:%u (shards 127.0.0.1:%u), %s/msgd.sock", port_of(s.fd[0]),
	    port_of(s.fd[1]), data);
	if (!check(strcmp(line, want) == 0, "names %s: wanted %s, it says %s", names, want, line))
		return;
	give_up_late(told);
	give_up_late(early);
	is_told(told, "READY=1");
	check(recv(early, head, sizeof(head), MSG_WAITALL) == sizeof(head) &&
		head[4] == SST_OP_SUPPORTED,
	    "who came early is not answered");
	close(early);
	speaks(port_of(s.fd[0]), NULL, "the port");
	speaks(port_of(s.fd[1]), NULL, "the port for shards");
	speaks(0, given, "the socket that was passed");
	speaks(0, data, "its own socket");
	check(ended(pid, SIGTERM, out) == 0, "SIGTERM ends it with another status");
	is_told(told, "STOPPING=1");
	check(access(path, F_OK) == 0, "the socket that was passed is removed");
	for (int i = 0; i < s.n; i++)
		close(s.fd[i]);
	close(told);
}

static void
others(void)
{
	struct start s = { .n = 1, .names = "cql", .for_another = true };
	char line[1024], want[1200];
	unsigned port;
	FILE *out;
	pid_t pid;

	s.fd[0] = tcp(INADDR_LOOPBACK, SOCK_STREAM, true);
	pid = start(&s, line, &out);
	check(sscanf(line, "msgd: listening on 127.0.0.1:%u (", &port) == 1 &&
		port != port_of(s.fd[0]),
	    "what is for another process is taken: %s", line);
	ended(pid, SIGKILL, out);
	s.for_another = false;
	s.option = "--no-cql";
	pid = start(&s, line, &out);
	snprintf(want, sizeof(want), "msgd: listening on 127.0.0.1:%u, %s/msgd.sock",
	    port_of(s.fd[0]), data);
	if (check(strcmp(line, want) == 0, "--no-cql: wanted %s, it says %s", want, line))
		speaks(port_of(s.fd[0]), NULL, "without ports of its own");
	ended(pid, SIGTERM, out);
	close(s.fd[0]);
}

static void
refused(struct start s, const char *want)
{
	char line[1024];
	FILE *out;
	pid_t pid = start(&s, line, &out);
	int status = ended(pid, strncmp(line, "msgd: listening", 15) == 0 ? SIGKILL : 0, out);

	check(status == 2 && strcmp(line, want) == 0, "wanted %s, it says %s, status %d", want,
	    line, status);
	for (int i = 0; i < s.n; i++)
		close(s.fd[i]);
}

static int
a_pipe(void)
{
	int p[2];

	if (pipe(p) == -1)
		die("pipe");
	close(p[1]);
	return p[0];
}

static int
port(void)
{
	return tcp(INADDR_LOOPBACK, SOCK_STREAM, true);
}

static struct start
one(int fd, const char *names)
{
	return (struct start){ .fd = { fd }, .n = 1, .names = names };
}

static void
refusals(void)
{
	static const char no_stream[] = "msgd: descriptor 3 (cql): is no listening stream socket";
	char ours[600], want[1200];
	struct start s;

	refused(one(a_pipe(), "cql"), no_stream);
	refused(one(tcp(INADDR_LOOPBACK, SOCK_STREAM, false), "cql"), no_stream);
	refused(one(tcp(INADDR_LOOPBACK, SOCK_DGRAM, false), "cql"), no_stream);
	refused(
	    one(local(path, SOCK_STREAM), "shard"), "msgd: descriptor 3 (shard): is no TCP socket");
	refused(one(port(), "unix"), "msgd: descriptor 3 (unix): is no socket in the file system");
	s = (struct start){ .fd = { port(), port() }, .n = 2, .names = "cql:cql" };
	refused(s, "msgd: descriptor 4 (cql): is a second one of its kind");
	s = (struct start){ .fd = { port(), port(), port() }, .n = 3, .names = "a:a:a" };
	refused(s, "msgd: descriptor 5 (a): is a third TCP socket");
	s = one(port(), NULL);
	s.count = "2";
	refused(s, "msgd: descriptor 4: is no listening stream socket");
	s = one(port(), NULL);
	s.count = "-1";
	refused(s, "msgd: LISTEN_FDS: is no number of descriptors");
	refused(one(tcp(INADDR_ANY, SOCK_STREAM, true), "cql"),
	    "msgd: rpc_address: with 0.0.0.0 clients need a broadcast_address");
	snprintf(ours, sizeof(ours), "%s/msgd.sock", data);
	snprintf(
	    want, sizeof(want), "msgd: %s: was passed, and is made here: name another path", ours);
	refused(one(local(ours, SOCK_STREAM), "unix"), want);
	check(access(ours, F_OK) == 0, "a socket that was refused is removed");
	unlink(ours);
}

int
main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: activated BIN DIR\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	bin = argv[1];
	snprintf(data, sizeof(data), "%s/data", argv[2]);
	snprintf(given, sizeof(given), "%s/given", argv[2]);
	snprintf(path, sizeof(path), "%s/msgd.sock", given);
	if (mkdir(argv[2], 0700) == -1 || mkdir(given, 0700) == -1)
		die(argv[2]);
	passed_as("cql:shard:unix");
	passed_as("msgd.socket:msgd.socket:msgd.socket");
	passed_as(NULL);
	others();
	refusals();
	printf("%u passed, %u failed, 0 skipped\n", passed, failed);
	return failed > 0;
}
