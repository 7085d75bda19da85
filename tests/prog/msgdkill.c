/*
 * tests/prog/msgdkill.c: kills msgd, again and again, under the load of 8 clients.
 *
 * Usage: msgdkill [-t] MSGD DIR ROUNDS SEED [ARG ...]: each round starts MSGD -d DIR ARG ..., judges what is in
 * it, lets 8 clients insert, overwrite, delete, batch and read, and kills it with SIGKILL at a random
 * moment (in one round of 8 while it starts).  Before each round, and after a last one that ends in
 * peace:
 *	- a row is as the newest write that was acknowledged left it, or as one that was sent after it;
 *	- a partition, read in pages forward and backward, holds each row once;
 *	- of a batch in one partition there is all or nothing;
 *	- of those who inserted IF NOT EXISTS one was told that it did, and its value is there.
 * And while it runs: a client reads what it wrote; what one reads of another's rows never goes back, is
 * no older than what was acknowledged before, and was sent.  Every outcome of a kill is judged, only the
 * moments are random.  With -t it is asked to end, by SIGTERM, while more clients do what nobody judges:
 * it ends with status 0 whatever is under way, and nothing that was acknowledged is lost; a sanitizer
 * that saw something makes that status another one.  A round is a test; ends in "N passed, N failed, N skipped".
 */
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "../served/child.h"
#include "../served/kills.h"

const char address[] = "127.0.0.1";
struct slot slots[CLIENTS][KEYS];
struct once onces[ONCE_MAX];
_Atomic uint32_t next_once;
_Atomic bool stop, no_once;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char why[600]; /* what is wrong */

static struct client clients[CLIENTS], wild[WILD];

uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

uint64_t
roll(uint64_t *state, uint64_t below)
{
	return mix(*state += UINT64_C(0x9e3779b97f4a7c15)) % below;
}

int64_t
larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int
wrong(const char *fmt, ...)
{
	va_list ap;

	pthread_mutex_lock(&lock);
	if (why[0] == '\0') {
		va_start(ap, fmt);
		vsnprintf(why, sizeof(why), fmt, ap);
		va_end(ap);
	}
	pthread_mutex_unlock(&lock);
	stop = true;
	return -1;
}

/* The text that a version of a row holds. */
size_t
text_of(char text[TEXT_MAX], int of, int key, int64_t version)
{
	uint64_t h = mix((uint64_t)version * 131 + (uint64_t)(of * KEYS + key));
	size_t n = h % 4 == 0 ? h / 4 % TEXT_MAX : h / 4 % 60;

	for (size_t i = 0; i < n; i++)
		text[i] = (char)('a' + (h >> i % 48) % 26);
	return n;
}

int
judge_text(int of, int key, int64_t version, const uint8_t *p, int32_t n)
{
	char want[TEXT_MAX];
	size_t len = text_of(want, of, key, version);

	if (n < 0 || (size_t)n != len || (len > 0 && memcmp(p, want, len) != 0))
		return wrong("row %d of client %d has a text that version %" PRId64 " had not", key,
		    of, version);
	return 0;
}

/* ---- rounds ---- */

static void
begin_directory(void)
{
	memset(slots, 0, sizeof(slots));
	memset(onces, 0, sizeof(onces));
	next_once = 0;
}

static void
sleep_ms(uint64_t ms)
{
	struct timespec t = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

struct run {
	const char *program;
	char dir[4096], err[4200];
	char *const *more;
	uint64_t random;
	bool asks; /* it to end */
};

/* The first line in which a sanitizer says what it saw. */
static void
find_report(const struct run *run, char line[300])
{
	FILE *f = fopen(run->err, "r");
	bool found = false;

	while (f != NULL && !found && fgets(line, 300, f) != NULL)
		found = strstr(line, "ERROR: ") != NULL || strstr(line, "WARNING: ") != NULL ||
		    strstr(line, "runtime error") != NULL;
	if (f != NULL)
		fclose(f);
	line[found ? strcspn(line, "\n") : 0] = '\0';
}

/* Before it listens it may not yet have got as far as to hear of signals. */
static int
ask_to_end(const struct run *run, struct child *s, bool early)
{
	int status = child_end(s, SIGTERM);
	char line[300] = "";

	if (status == 0 || (early && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM))
		return 0;
	find_report(run, line);
	return wrong("asked to end, it ends with status %#x: %s", (unsigned)status, line);
}

static void
begin_client(struct run *run, struct child *s, struct client *c, int me)
{
	c->me = me;
	c->port = s->port;
	c->random = mix(run->random + (uint64_t)me);
}

static int
load_and_kill(struct run *run, struct child *s)
{
	pthread_t threads[CLIENTS + WILD];
	int i, n = CLIENTS + (run->asks ? WILD : 0);

	for (i = 0; i < n; i++) {
		begin_client(run, s, i < CLIENTS ? &clients[i] : &wild[i - CLIENTS], i);
		if (i < CLIENTS)
			pthread_create(&threads[i], NULL, work, &clients[i]);
		else
			pthread_create(&threads[i], NULL, work_wildly, &wild[i - CLIENTS]);
	}
	if (!run->asks) {
		sleep_ms(20 + roll(&run->random, 400));
		child_end(s, SIGKILL);
	} else {
		/* now and then so long that SSTables are merged by then */
		sleep_ms(roll(&run->random, roll(&run->random, 8) == 0 ? 3000 : 300));
		if (roll(&run->random, 2) == 0)
			kill(s->pid, SIGUSR1);
		sleep_ms(roll(&run->random, 20));
		ask_to_end(run, s, false);
	}
	for (i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	return why[0] == '\0' ? 0 : -1;
}

static int
end_early(struct run *run)
{
	struct child s;

	if (child_start(&s, run->program, run->dir, run->err, run->more) == -1)
		return wrong("it does not start");
	sleep_ms(roll(&run->random, 30));
	if (run->asks)
		return ask_to_end(run, &s, true);
	child_end(&s, SIGKILL);
	return 0;
}

static int
one_round(struct run *run, bool fresh, bool last)
{
	struct child s;
	int status;

	if (!fresh && !last && roll(&run->random, 8) == 0 && end_early(run) == -1)
		return -1;
	if (child_start(&s, run->program, run->dir, run->err, run->more) == -1)
		return wrong("it does not start");
	if (child_listens(&s, address) == -1) {
		status = child_end(&s, SIGKILL);
		return wrong("it does not listen: status %#x", (unsigned)status);
	}
	if (judge_all(s.port) == -1) {
		child_end(&s, SIGKILL);
		return -1;
	}
	if (!last)
		return load_and_kill(run, &s);
	return ask_to_end(run, &s, false);
}

int
main(int argc, char *argv[])
{
	struct run run = { .asks = argc > 1 && strcmp(argv[1], "-t") == 0 };
	unsigned long rounds, i, requests = 0;

	argc -= run.asks;
	argv += run.asks;
	if (argc < 5) {
		fprintf(stderr, "usage: msgdkill [-t] MSGD DIR ROUNDS SEED [ARG ...]\n");
		return 2;
	}
	run.program = argv[1];
	rounds = strtoul(argv[3], NULL, 10);
	run.random = strtoull(argv[4], NULL, 10);
	run.more = argv + 5;
	signal(SIGPIPE, SIG_IGN);
	for (i = 0; i <= rounds && why[0] == '\0'; i++) {
		bool fresh = i % ROUNDS_EACH == 0;

		if (fresh) {
			snprintf(run.dir, sizeof(run.dir), "%s/%lu", argv[2], i / ROUNDS_EACH);
			snprintf(run.err, sizeof(run.err), "%s/%lu.err", argv[2], i / ROUNDS_EACH);
			begin_directory();
		}
		one_round(&run, fresh, i == rounds);
	}
	for (int c = 0; c < CLIENTS; c++)
		requests += clients[c].requests;
	for (int c = 0; c < WILD; c++)
		requests += wild[c].requests;
	if (why[0] != '\0')
		printf("FAILED: round %lu with seed %s: %s\n%s holds what is left\n", i, argv[4],
		    why, run.dir);
	else
		printf(
		    "%lu %s under %lu requests\n", rounds, run.asks ? "ends" : "kills", requests);
	if (no_once)
		printf("skipped: IF NOT EXISTS is refused\n");
	printf("%lu passed, %d failed, %d skipped\n", why[0] == '\0' ? i : i - 1, why[0] != '\0',
	    no_once);
	return why[0] != '\0';
}
