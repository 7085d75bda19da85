/*
 * tests/prog/killing.c: kills msgput, again and again, while a reader looks on.
 *
 * Usage: killing BIN DIR ROUNDS [SEED]: each round feeds messages to BIN/msgput --ack --sync batch,
 * kills it with SIGKILL at a random moment (while it recovers, writes, flushes or closes), and then reads
 * the directory: what was acknowledged is there, nothing twice, nothing half.  Beside it msgscan runs in
 * a loop: it never fails, and misses nothing that was acknowledged before it began.  Every outcome of a
 * kill is judged; only the moments are random.  Ends in "N passed, N failed, N skipped".
 */
#define _GNU_SOURCE /* pipe2 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	MESSAGES_MAX = 200000, /* of a directory */
	LINE_MAX_BYTES = 4096,
	BACKLOG = 65536,  /* bytes of input made ahead */
	ROUNDS_EACH = 20, /* of a directory, then another begins */
	MADE_EVERY = 8    /* so many messages one has no id */
};

struct message {
	int64_t id; /* given, or made and acknowledged; 0: not known */
	_Atomic bool acked;
	bool sent;
};

static struct shared { /* with the reader */
	_Atomic bool stop;
	unsigned long reads;
	char why[800]; /* what the reader found wrong */
	_Atomic uint32_t n;
	struct message m[MESSAGES_MAX];
} * all;

static struct {
	const char *bin, *dir;
	uint64_t seed;
	char err[4200]; /* where programs complain */
} opts;

static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static uint64_t
roll(uint64_t below)
{
	static uint64_t state;

	if (state == 0)
		state = opts.seed;
	return mix(state += UINT64_C(0x9e3779b97f4a7c15)) % below;
}

static bool
is_made(uint32_t k)
{
	return k % MADE_EVERY == MADE_EVERY - 1;
}

static int64_t
given_id(uint32_t k)
{
	return INT64_C(1100000000000000000) + (int64_t)k * (INT64_C(1000) << 22);
}

/* Message k without its closing brace; the same each time.  id 0: it has none. */
static size_t
make_line(char line[LINE_MAX_BYTES], uint32_t k, int64_t id)
{
	uint64_t h = mix(k + 1);
	size_t n, i, len = h % 2 == 0 ? h / 2 % 3000 : h / 2 % 100;

	n = (size_t)sprintf(line, "{\"channel_id\":\"%" PRIu64 "\",", 1 + h % 3);
	if (id != 0)
		n += (size_t)sprintf(line + n, "\"message_id\":\"%" PRId64 "\",", id);
	n += (size_t)sprintf(line + n,
	    "\"author_id\":\"%" PRIu32 "\",\"author\":\"author %" PRIu32 "\",\"content\":\"%" PRIu32
	    " ",
	    k % 100, k % 100, k);
	for (i = 0; i < len; i++)
		line[n++] = (char)('a' + mix(k * UINT64_C(4099) + i) % 26);
	line[n++] = '"';
	return n;
}

/* ---- judging ---- */

static int
fails(char why[800], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, 800, fmt, ap);
	va_end(ap);
	return -1;
}

static int64_t
number_after(const char *line, const char *what)
{
	const char *p = strstr(line, what);

	return p != NULL ? strtoll(p + strlen(what), NULL, 10) : -1;
}

/* One line that msgscan printed. */
static int
judge_line(const char *line, uint8_t *seen, char why[800])
{
	int64_t id = number_after(line, "\"message_id\":\"");
	int64_t k = number_after(line, "\"content\":\"");
	char want[LINE_MAX_BYTES];
	size_t n;

	if (k < 0 || k >= all->n || !all->m[k].sent)
		return fails(why, "a message that was never sent: %.200s", line);
	if (seen[k]++ > 0)
		return fails(why, "message %" PRId64 " is there twice", k);
	if (all->m[k].acked && all->m[k].id != id)
		return fails(why,
		    "message %" PRId64 " has the id %" PRId64 ", %" PRId64 " was acknowledged", k,
		    id, all->m[k].id);
	n = make_line(want, (uint32_t)k, is_made((uint32_t)k) ? id : given_id((uint32_t)k));
	if (strncmp(line, want, n) != 0 || strncmp(line + n, ",\"timestamp\":\"", 14) != 0)
		return fails(why, "message %" PRId64 " is not as it was sent: %.200s", k, line);
	return 0;
}

static pid_t
start(const char *const argv[], int in, int out)
{
	char path[4200];
	pid_t pid;

	snprintf(path, sizeof(path), "%s/%s", opts.bin, argv[0]);
	if ((pid = fork()) != 0)
		return pid;
	if (in != -1)
		dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(open(opts.err, O_WRONLY | O_CREAT | O_APPEND, 0666), STDERR_FILENO);
	execv(path, (char *const *)(uintptr_t)argv);
	_exit(127);
}

/* Reads the whole directory; what `acked` names must be there. */
static int
judge(const uint8_t *acked, uint32_t n, char why[800])
{
	const char *const argv[] = { "msgscan", "-q", "-d", opts.dir, "--all", NULL };
	uint8_t *seen = calloc(MESSAGES_MAX, 1);
	char *line = NULL;
	size_t cap = 0;
	int fds[2], status, r = 0;
	uint32_t k;
	FILE *in;
	pid_t pid;

	if (seen == NULL || pipe2(fds, O_CLOEXEC) == -1 || (pid = start(argv, -1, fds[1])) == -1 ||
	    (in = fdopen(fds[0], "r")) == NULL)
		return fails(why, "%s", strerror(errno));
	close(fds[1]);
	while (getline(&line, &cap, in) != -1)
		if (r == 0)
			r = judge_line(line, seen, why);
	fclose(in);
	free(line);
	waitpid(pid, &status, 0);
	if (r == 0 && status != 0)
		r = fails(why, "msgscan ended with status %#x", (unsigned)status);
	for (k = 0; k < n && r == 0; k++)
		if (acked[k] && seen[k] == 0)
			r = fails(why,
			    "message %" PRIu32 ", id %" PRId64 ", was acknowledged and is gone", k,
			    all->m[k].id);
	free(seen);
	return r;
}

static uint32_t
snapshot(uint8_t *acked)
{
	uint32_t n = all->n, k;

	for (k = 0; k < n; k++)
		acked[k] = all->m[k].acked;
	return n;
}

/* A process that reads until it is told to stop. */
static void
look_on(void)
{
	uint8_t *acked = malloc(MESSAGES_MAX);
	uint32_t n;

	while (!all->stop && all->why[0] == '\0') {
		n = snapshot(acked);
		judge(acked, n, all->why);
		all->reads++;
	}
	_exit(0);
}

/* ---- a round ---- */

struct writer {
	pid_t pid;
	int in, out;
	char ahead[BACKLOG + 2 * LINE_MAX_BYTES]; /* input that the pipe has not taken yet */
	size_t n, at;
	uint32_t *order; /* of messages, as they went in */
	uint32_t nsent, nacked;
	char ack[64]; /* of the line that is not whole yet */
	size_t nack;
	uint32_t old, again; /* messages of earlier rounds, and the next to be sent again */
};

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* An old one that nobody acknowledged, as a client would send it again, or a new one. */
static bool
choose(struct writer *w, uint32_t *k)
{
	for (; w->again < w->old && roll(4) > 0; w->again++)
		if (!all->m[w->again].acked && !is_made(w->again)) {
			*k = w->again++;
			return true;
		}
	if (all->n == MESSAGES_MAX)
		return false;
	*k = all->n;
	all->m[*k] = (struct message){ .id = is_made(*k) ? 0 : given_id(*k), .sent = true };
	all->n++;
	return true;
}

static void
make_input(struct writer *w)
{
	uint32_t k;

	memmove(w->ahead, w->ahead + w->at, w->n - w->at);
	w->n -= w->at;
	w->at = 0;
	/* a little at a time: what is acknowledged alone was synced alone */
	while (w->n < 1000 && w->nsent < MESSAGES_MAX && choose(w, &k)) {
		w->n += make_line(w->ahead + w->n, k, all->m[k].id);
		w->ahead[w->n++] = '}';
		w->ahead[w->n++] = '\n';
		w->order[w->nsent++] = k;
	}
}

static int
take_ack(struct writer *w, char why[800])
{
	int64_t id = strtoll(w->ack, NULL, 10);
	struct message *m;

	if (w->nacked == w->nsent)
		return fails(why, "acknowledged without being sent: %s", w->ack);
	m = &all->m[w->order[w->nacked]];
	if (id <= 0 || (m->id != 0 && m->id != id))
		return fails(why, "%s acknowledged, %" PRId64 " was next", w->ack, m->id);
	m->id = id;
	m->acked = true;
	w->nacked++;
	return 0;
}

/* 1, or 0 at the end of its output. */
static int
read_acks(struct writer *w, char why[800])
{
	char buf[65536];
	ssize_t n = read(w->out, buf, sizeof(buf)), i;

	for (i = 0; i < n; i++) {
		if (buf[i] != '\n' && w->nack < sizeof(w->ack) - 1) {
			w->ack[w->nack++] = buf[i];
			continue;
		}
		w->ack[w->nack] = '\0';
		w->nack = 0;
		if (take_ack(w, why) == -1)
			return -1;
	}
	return n > 0;
}

static int
feed(struct writer *w, char why[800], int64_t kill_us, int64_t close_us)
{
	struct pollfd fds[2];
	int64_t now;
	int r = 1;

	while (r == 1 && (now = now_us()) < kill_us) {
		if (w->in != -1 && w->at == w->n) {
			if (now < close_us) {
				make_input(w);
			} else {
				close(w->in);
				w->in = -1;
			}
		}
		fds[0] = (struct pollfd){ .fd = w->out, .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = w->in, .events = POLLOUT };
		if (poll(fds, w->in != -1 ? 2 : 1, 1) <= 0)
			continue;
		if (fds[0].revents != 0)
			r = read_acks(w, why);
		if (w->in != -1 && (fds[1].revents & POLLOUT)) {
			ssize_t n = write(w->in, w->ahead + w->at, w->n - w->at);

			w->at += n > 0 ? (size_t)n : 0;
		}
	}
	return r == -1 ? -1 : 0;
}

/* It ended by itself: then all that was sent whole must have been acknowledged. */
static int
judge_end(const struct writer *w, int status, bool fed, char why[800])
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return 0;
	if (status != 0)
		return fails(why, "msgput ended with status %#x", (unsigned)status);
	if (!fed || w->nacked != w->nsent)
		return fails(why, "msgput ended well with %" PRIu32 " of %" PRIu32 " acknowledged",
		    w->nacked, w->nsent);
	return 0;
}

/* One life of msgput.  kind: 0 killed as it starts, 1 while it writes, 2 as it ends, 3 not at all. */
static int
round_of(unsigned kind, char why[800])
{
	static struct writer w;
	const char *const argv[] = { "msgput", "-q", "-d", opts.dir, "--ack", "--sync", "batch",
		"--memory", "1M", NULL };
	int64_t begin_us = now_us(), kill_us = INT64_MAX, close_us = INT64_MAX;
	int in[2], out[2], status, r;
	uint32_t *order = w.order;

	if (order == NULL)
		order = malloc(MESSAGES_MAX * sizeof(*order));
	memset(&w, 0, sizeof(w));
	w.order = order;
	w.old = all->n;
	if (kind == 0)
		kill_us = begin_us + (int64_t)roll(20000);
	else if (kind == 1)
		kill_us = begin_us + 5000 + (int64_t)roll(200000);
	else
		close_us = begin_us + (int64_t)roll(150000);
	if (kind == 2)
		kill_us = close_us + (int64_t)roll(40000);
	if (pipe2(in, O_CLOEXEC) == -1 || pipe2(out, O_CLOEXEC) == -1)
		return fails(why, "%s", strerror(errno));
	w.pid = start(argv, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	w.in = in[1];
	w.out = out[0];
	fcntl(w.in, F_SETFL, O_NONBLOCK);
	r = feed(&w, why, kill_us, close_us);
	kill(w.pid, SIGKILL);
	waitpid(w.pid, &status, 0);
	while (r == 0 && (r = read_acks(&w, why)) == 1)
		r = 0;
	if (r == 0)
		r = judge_end(&w, status, w.in == -1 && w.at == w.n, why);
	if (w.in != -1)
		close(w.in);
	close(w.out);
	return r;
}

/* ---- */

static int
remove_directory(void)
{
	const char *const argv[] = { "rm", "-rf", opts.dir, NULL };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execv("/bin/rm", (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

/* Some rounds on one directory, the last one with a clean end. */
static int
lives_of_directory(unsigned rounds, char why[800])
{
	uint8_t *acked = malloc(MESSAGES_MAX);
	unsigned i, kind;
	int status, r = 0;
	pid_t reader;

	memset(all, 0, sizeof(*all));
	/* a directory is there before the reader is */
	r = round_of(3, why);
	if ((reader = fork()) == 0)
		look_on();
	for (i = 0; i < rounds && r == 0; i++) {
		kind = (unsigned)roll(4);
		r = round_of(kind == 3 ? 1 : kind, why);
		if (r == 0 && all->why[0] == '\0' && roll(3) > 0) /* else crashes in a row */
			r = judge(acked, snapshot(acked), why);
	}
	if (r == 0)
		r = round_of(3, why);
	if (r == 0)
		r = judge(acked, snapshot(acked), why);
	all->stop = true;
	waitpid(reader, &status, 0);
	if (r == 0 && all->why[0] != '\0')
		r = fails(why, "the reader: %s", all->why);
	free(acked);
	return r;
}

int
main(int argc, char **argv)
{
	unsigned rounds, done = 0, some, passed = 0;
	unsigned long reads = 0, acked = 0;
	char why[800] = "";
	uint32_t k;
	int r = 0;

	if (argc < 4) {
		fprintf(stderr, "usage: killing BIN DIR ROUNDS [SEED]\n");
		return 2;
	}
	opts.bin = argv[1];
	opts.dir = argv[2];
	rounds = (unsigned)strtoul(argv[3], NULL, 10);
	opts.seed = argc > 4 ? strtoull(argv[4], NULL, 10) : (uint64_t)time(NULL);
	snprintf(opts.err, sizeof(opts.err), "%.4000s.err", opts.dir);
	signal(SIGPIPE, SIG_IGN);
	all = mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (all == MAP_FAILED) {
		perror("mmap");
		return 2;
	}
	for (; done < rounds && r == 0; done += some) {
		some = rounds - done < ROUNDS_EACH ? rounds - done : ROUNDS_EACH;
		unlink(opts.err);
		if ((r = remove_directory()) == 0)
			r = lives_of_directory(some, why);
		passed += r == 0 ? some : 0;
		reads += all->reads;
		for (k = 0; k < all->n; k++)
			acked += all->m[k].acked ? 1 : 0;
	}
	if (r == 0 && remove_directory() == 0)
		unlink(opts.err);
	else
		printf("FAILED: kill, seed %" PRIu64 ": %s; the directory is %s\n", opts.seed, why,
		    opts.dir);
	fprintf(
	    stderr, "%u kills, %lu acknowledged, %lu reads beside them\n", passed, acked, reads);
	printf("%u passed, %u failed, 0 skipped\n", passed, r != 0);
	return r != 0;
}
