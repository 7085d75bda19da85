/*
 * tests/faults/sweep.c: the main() of these tests.
 *
 * Usage: faults/PROGRAM [-apv] [CASE ...]: runs each case once without faults, then with every fault
 * at every call.  -a: more power cuts of each kind, and each crash followed by others; -p: plants a
 * fault, a sync that is left out, and passes when that is found; -v: counts.
 * Ends in "N passed, N failed, N skipped".
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/nomem.h"
#include "base/num.h"
#include "sweep.h"

enum {
	SEEDS = 2,
	SEEDS_ALL = 12,
	LIVES_ALL = 4,
	LIVES_PLANTED = 2,
	TOLD_MAX = 4 /* failures of a sweep that are told */
};

int __wrap_main(int argc, char **argv);

static struct {
	struct faults_trial t;
	bool all;
	unsigned passed, failed, skipped;
	unsigned long runs, states;
	uint8_t ops[FAULTS_CALLS_MAX];
} now;

/* A crash at a call that changes nothing is one at the next that does. */
static const struct faults_fault faults[] = {
	{ "EIO", { .plan = { .how = FAULTIO_FAIL, .sys = EIO } }, false, FAULTS_ANY },
	{ "ENOSPC", { .plan = { .how = FAULTIO_FAIL, .sys = ENOSPC } }, false, FAULTS_GROWS },
	{ "EMFILE", { .plan = { .how = FAULTIO_FAIL, .sys = EMFILE } }, false, FAULTS_OPENS },
	{ "short write", { .plan = { .how = FAULTIO_SHORT, .sys = ENOSPC } }, false,
	    FAULTS_WRITES },
	{ "full disk", { .plan = { .how = FAULTIO_FULL, .sys = ENOSPC } }, false, FAULTS_GROWS },
	{ "crash", { .plan = { .how = FAULTIO_STOP } }, true, FAULTS_CHANGES },
};

/* ---- lives of their own ---- */

/* Runs f in a process of its own; false when that died. */
static bool
in_child(void (*f)(void *arg), void *arg)
{
	int status;
	pid_t pid;

	memset(now.t.told, 0, offsetof(struct faults_told, ops));
	now.t.told->nsites = 0;
	fflush(stdout);
	if ((pid = fork()) == 0) {
		f(arg);
		fflush(stdout);
		_exit(0);
	}
	if (pid == -1 || waitpid(pid, &status, 0) != pid) {
		perror("fork");
		exit(2);
	}
	now.runs++;
	now.states += now.t.told->states;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	snprintf(now.t.told->why, sizeof(now.t.told->why),
	    WIFSIGNALED(status) ? "died of signal %d" : "died with status %d",
	    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	now.t.told->bad++;
	return false;
}

static void
one_life(void *arg)
{
	faults_try(&now.t, arg);
}

static void
count(bool good)
{
	if (good)
		now.passed++;
	else
		now.failed++;
}

static void
complain_of(const struct faults_fault *f, const char *at, unsigned long n)
{
	printf("FAILED: faults/%s, case %s: %s at %s %lu%s%s: %s\n", now.t.c->argv[0],
	    now.t.c->name, f->name, at, n, now.t.told->failed[0] != '\0' ? " " : "",
	    now.t.told->failed, now.t.told->why);
}

/* The next call from n on that can fail like that, or one more than there are. */
static unsigned long
next_call(const struct faults_fault *f, unsigned long n)
{
	while (n <= now.t.ref.calls && (now.ops[n - 1] & f->ops) == 0)
		n++;
	return n;
}

/* Every n until the fault is not reached any more: calls that differ from run to run come last. */
static void
sweep(const struct faults_fault *kind)
{
	struct faults_fault f = *kind;
	unsigned bad = 0;

	for (f.how.plan.at = 1;; f.how.plan.at++) {
		f.how.plan.at = next_call(&f, f.how.plan.at);
		in_child(one_life, &f);
		if (now.t.told->bad > 0 && bad++ < TOLD_MAX)
			complain_of(&f, "call", f.how.plan.at);
		if (f.how.plan.at > now.t.told->calls)
			break;
	}
	count(bad == 0);
}

/* Every allocation; of many thousands, every one at the start and then one in some. */
static void
sweep_memory(void)
{
	struct faults_fault f = { .name = "no memory" };
	unsigned bad = 0;

	if (!nomem_arm(0)) { /* a sanitizer has malloc */
		now.skipped++;
		return;
	}
	nomem_disarm();
	for (f.how.nomem = 1;; f.how.nomem += now.all ? 1 : 1 + f.how.nomem / 16) {
		in_child(one_life, &f);
		if (now.t.told->bad > 0 && bad++ < TOLD_MAX)
			complain_of(&f, "allocation", f.how.nomem);
		if (!now.t.told->reached)
			break;
	}
	count(bad == 0);
}

static const struct faults_fault outside[] = {
	{ "standard output on a full disk", { .out = FAULTS_DISK_FULL }, false, FAULTS_ANY },
	{ "standard output a closed pipe", { .out = FAULTS_CLOSED_PIPE }, false, FAULTS_ANY },
	{ "no standard output", { .out = FAULTS_NO_STDOUT }, false, FAULTS_ANY },
	{ "standard input a directory", { .in = FAULTS_DIRECTORY }, false, FAULTS_ANY },
	{ "standard input with EIO", { .in = FAULTS_IO_ERROR }, false, FAULTS_ANY },
	{ "no standard input", { .in = FAULTS_NO_STDIN }, false, FAULTS_ANY },
};

static void
sweep_outside(void)
{
	struct faults_fault f;
	size_t i;

	for (i = 0; i < SST_ARRAY_LEN(outside); i++) {
		f = outside[i];
		if (f.how.in != FAULTS_INPUT_GIVEN && now.t.c->input == NULL)
			continue;
		in_child(one_life, &f);
		if (now.t.told->bad > 0)
			complain_of(&f, "call", 0);
		count(now.t.told->bad == 0);
	}
}

static bool
is_wanted(const char *name, char **names)
{
	if (*names == NULL)
		return true;
	for (; *names != NULL; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

/* ---- the run without faults ---- */

struct reference_files {
	int out, after;
};

static void
well(void *arg)
{
	const struct reference_files *to = arg;

	faults_try_well(&now.t, to->out, to->after);
}

static bool
make_reference(void)
{
	struct reference_files files = { faults_file(NULL, 0), faults_file(NULL, 0) };
	struct faults_reference *ref = &now.t.ref;
	struct sst_err e;

	sst_buf_free(&ref->out);
	faults_dump_free(&ref->before);
	faults_dump_free(&ref->after);
	*ref = (struct faults_reference){ .digest = memfs_digest(now.t.fs, "/") };
	if (now.t.c->before != NULL && faults_dump(now.t.fs, false, &ref->before, &e) == -1)
		abort();
	in_child(well, &files);
	if (now.t.told->bad > 0)
		printf("FAILED: faults/%s, case %s: without a fault: %s\n", now.t.c->argv[0],
		    now.t.c->name, now.t.told->why);
	ref->rc = now.t.told->rc;
	ref->calls = now.t.told->calls;
	memcpy(now.ops, now.t.told->ops, sizeof(now.ops));
	faults_gather(&ref->out, files.out);
	faults_gather(&ref->after.text, files.after);
	faults_dump_index(&ref->after);
	close(files.out);
	close(files.after);
	return now.t.told->bad == 0;
}

static void
run_case(const struct faults_case *c)
{
	size_t i;

	if (c->slow && !now.all)
		return;
	now.t.c = c;
	now.t.fs = faults_directory(c);
	if (make_reference()) {
		for (i = 0; i < SST_ARRAY_LEN(faults); i++)
			if (c->writes || !faults[i].crash)
				sweep(&faults[i]);
		sweep_outside();
		sweep_memory();
	} else
		now.failed++;
	if (now.t.outputs)
		printf("%s: %lu calls, %lu runs, %lu states so far\n", c->name, now.t.ref.calls,
		    now.runs, now.states);
	memfs_free(now.t.fs);
}

/* ---- syncs that are left out ---- */

static struct {
	struct faults_site site[FAULTS_SITES_MAX];
	size_t n;
} sites; /* of all cases */

/* here: those of the case that was run last. */
static void
add_sites(bool here[FAULTS_SITES_MAX])
{
	const struct faults_told *told = now.t.told;
	size_t i, k;

	memset(here, 0, FAULTS_SITES_MAX * sizeof(*here));
	for (i = 0; i < told->nsites; i++) {
		for (k = 0; k < sites.n && !faults_same_site(&sites.site[k], &told->sites[i]); k++)
			;
		if (k == sites.n && k < FAULTS_SITES_MAX)
			sites.site[sites.n++] = told->sites[i];
		if (k < FAULTS_SITES_MAX)
			here[k] = true;
	}
}

/* Until a state is bad: at the end, then at each call. */
static bool
is_seen(void)
{
	struct faults_fault f = faults[SST_ARRAY_LEN(faults) - 1];

	f.how.plan.at = now.t.ref.calls + 1;
	in_child(one_life, &f);
	for (f.how.plan.at = 1; now.t.told->bad == 0; f.how.plan.at++) {
		f.how.plan.at = next_call(&f, f.how.plan.at);
		if (f.how.plan.at > now.t.ref.calls)
			break;
		in_child(one_life, &f);
	}
	return now.t.told->bad > 0;
}

/* Why a site need not be missed, or NULL. */
static const char *
spare(struct sst_slice name)
{
	const struct faults_spare *f;
	char text[512];
	size_t i;

	snprintf(text, sizeof(text), "%.*s", (int)name.n, (const char *)name.p);
	for (i = 0; i < faults_nspares; i++) {
		f = &faults_spares[i];
		if (strncmp(text, f->file, strlen(f->file)) == 0 &&
		    strstr(text, f->function) != NULL)
			return f->why;
	}
	return NULL;
}

/* Each site must be missed by one case at least, or another sync of the file stand in for it. */
static void
plant(char **names)
{
	bool seen[FAULTS_SITES_MAX] = { false }, covered[FAULTS_SITES_MAX] = { false };
	bool here[FAULTS_SITES_MAX];
	struct sst_buf b = { 0 };
	size_t i, k;

	for (i = 0; i < faults_ncases; i++) {
		if (!is_wanted(faults_cases[i].name, names) || !faults_cases[i].writes ||
		    faults_cases[i].slow)
			continue;
		now.t.c = &faults_cases[i];
		now.t.fs = faults_directory(now.t.c);
		now.t.planted = false;
		make_reference();
		add_sites(here);
		now.t.planted = true;
		for (k = 0; k < sites.n; k++) {
			if (seen[k] || !here[k])
				continue;
			now.t.site = sites.site[k];
			seen[k] = is_seen();
			/* another sync of the same file may be there in time */
			if (!seen[k] && !covered[k]) {
				now.t.planted_file = true;
				covered[k] = is_seen();
				now.t.planted_file = false;
			}
			if (seen[k] && now.t.outputs) {
				sst_buf_reset(&b);
				faults_site_name(&sites.site[k], &b);
				printf("%.*s\n\tcase %s: %s\n", (int)b.n, (char *)b.p,
				    now.t.c->name, now.t.told->why);
			}
		}
		memfs_free(now.t.fs);
	}
	for (k = 0; k < sites.n; k++) {
		sst_buf_reset(&b);
		faults_site_name(&sites.site[k], &b);
		if (covered[k] && !seen[k] && now.t.outputs)
			printf("another sync of it comes in time: %.*s\n", (int)b.n, (char *)b.p);
		seen[k] |= covered[k];
		if (!seen[k] && spare(sst_buf_slice(&b)) != NULL) {
			now.skipped++;
			if (now.t.outputs)
				printf("spare: %.*s: %s\n", (int)b.n, (char *)b.p,
				    spare(sst_buf_slice(&b)));
			continue;
		}
		if (!seen[k])
			printf("FAILED: faults: nobody sees that this is not synced: %.*s\n",
			    (int)b.n, (char *)b.p);
		count(seen[k]);
	}
	sst_buf_free(&b);
}

/* ---- */

int
__wrap_main(int argc, char **argv)
{
	bool planting = false;
	size_t i;
	int c;

	now.t.seeds = SEEDS;
	now.t.lives = 1;
	while ((c = getopt(argc, argv, "apv")) != -1)
		switch (c) {
		case 'a':
			now.all = true;
			now.t.seeds = SEEDS_ALL;
			now.t.lives = LIVES_ALL;
			break;
		case 'p':
			planting = true;
			break;
		case 'v':
			now.t.outputs = true;
			break;
		default:
			fprintf(stderr, "usage: %s [-apv] [CASE ...]\n", argv[0]);
			return 2;
		}
	now.t.told = mmap(
	    NULL, sizeof(*now.t.told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (now.t.told == MAP_FAILED) {
		perror("mmap");
		return 2;
	}
	if (planting) {
		now.t.lives = LIVES_PLANTED;
		plant(argv + optind);
	}
	for (i = 0; !planting && i < faults_ncases; i++)
		if (is_wanted(faults_cases[i].name, argv + optind))
			run_case(&faults_cases[i]);
	printf("%u passed, %u failed, %u skipped\n", now.passed, now.failed, now.skipped);
	return now.failed > 0;
}
