/* tests/faults/trial.c: one life of the program, the power cuts after it, and lives after those. */
#include <assert.h>
#include <ctype.h>
#include <execinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "sweep.h"

static void
tell(struct faults_trial *t, const char *why, const char *detail)
{
	if (t->told->bad++ == 0)
		snprintf(t->told->why, sizeof(t->told->why), "%s%s", why, detail);
}

/* ---- sites of syncs ---- */

/* "me-12-big-Data.db" is "me-N-big-Data.db": numbers and uuids differ from run to run. */
static void
kind_of(char kind[80], const char *path, bool is_dir)
{
	const char *name = strrchr(path, '/');
	size_t n = 0;

	name = name == NULL || is_dir ? path : name + 1;
	n = (size_t)snprintf(kind, 80, "%s", is_dir ? "folder " : "");
	if (!is_dir && strstr(name, "_txn_") != NULL)
		name = "transaction log";
	for (; *name != '\0' && n < 79; name++) {
		size_t run = strspn(name, "0123456789abcdef");

		if (run >= 8 || isdigit((unsigned char)*name)) {
			kind[n++] = 'N';
			name += run - 1;
		} else {
			kind[n++] = *name;
		}
	}
	kind[n] = '\0';
}

bool
faults_same_site(const struct faults_site *a, const struct faults_site *b)
{
	return strcmp(a->file, b->file) == 0 && a->nframes == b->nframes &&
	    memcmp(a->frame, b->frame, (size_t)a->nframes * sizeof(a->frame[0])) == 0;
}

/* From the function that the table is called by, out to the program's main(). */
static void
find_site(struct faults_site *s, const char *path, bool is_dir)
{
	void *frame[FAULTS_DEPTH_MAX];
	int n = backtrace(frame, FAULTS_DEPTH_MAX) - faults_depth();

	memset(s, 0, sizeof(*s));
	kind_of(s->file, path, is_dir);
	s->nframes = n < FAULTS_FRAMES ? n : FAULTS_FRAMES;
	memcpy(s->frame, frame, (size_t)s->nframes * sizeof(frame[0]));
}

static enum faultio_sync
on_sync(void *arg, const char *path, bool is_dir)
{
	struct faults_trial *t = arg;
	struct faults_told *told = t->told;
	struct faults_site site;
	size_t i;

	find_site(&site, path, is_dir);
	if (t->planted_file)
		return strcmp(site.file, t->site.file) == 0 ? FAULTIO_SYNC_SKIPPED
							    : FAULTIO_SYNC_DONE;
	if (t->planted)
		return faults_same_site(&site, &t->site) ? FAULTIO_SYNC_SKIPPED : FAULTIO_SYNC_DONE;
	for (i = 0; i < told->nsites && !faults_same_site(&told->sites[i], &site); i++)
		;
	if (i == told->nsites) {
		assert(i < FAULTS_SITES_MAX);
		told->sites[told->nsites++] = site;
	}
	return FAULTIO_SYNC_DONE;
}

void
faults_site_name(const struct faults_site *s, struct sst_buf *b)
{
	char **names = backtrace_symbols(s->frame, s->nframes), *from, *to;
	int i, n = 0;

	sst_buf_addf(b, "%s", s->file);
	for (i = 0; names != NULL && i < s->nframes; i++) {
		from = strchr(names[i], '(');
		to = from != NULL ? strpbrk(from, "+)") : NULL;
		if (to == NULL || to == from + 1 || strncmp(from, "(sst_io", 7) == 0)
			continue; /* static, or a way to the table */
		if (strncmp(from, "(__", 3) != 0)
			sst_buf_addf(
			    b, "%s%.*s", n++ == 0 ? ": " : " < ", (int)(to - from - 1), from + 1);
	}
	free(names);
}

/* ---- judging ---- */

static bool
is_closed_pipe(const struct faults_how *how)
{
	return how->out == FAULTS_CLOSED_PIPE;
}

/* NULL, or what is wrong with a directory that is read, recovered, and recovered again. */
static const char *
judge_state(const struct faults_trial *t, struct memfs *fs, const struct sst_buf *acked, bool all)
{
	static struct faults_dump first, second; /* kept from state to state */
	static char text[600];
	const char *bad;
	struct sst_err e;
	int i;

	if (faults_dump(fs, false, &first, &e) == -1) {
		if (all || t->ref.before.n > 0 || (acked != NULL && acked->n > 0)) {
			snprintf(text, sizeof(text), "cannot be read: ");
			sst_err_text(&e, text + strlen(text), sizeof(text) - strlen(text));
			return text;
		}
		faults_dump_free(&first); /* there is nothing yet */
	}
	if ((bad = faults_judge(t->c, &t->ref, &first, acked, all)) != NULL ||
	    (t->c->makes && (bad = faults_judge_ids(fs, &first)) != NULL))
		return bad;
	for (i = 0; i < 2; i++) {
		if (faults_dump(fs, true, &second, &e) == -1) {
			snprintf(text, sizeof(text), "cannot be recovered: ");
			sst_err_text(&e, text + strlen(text), sizeof(text) - strlen(text));
			return text;
		}
		if (!sst_slice_eq(sst_buf_slice(&first.text), sst_buf_slice(&second.text)))
			return "recovery changed what there is";
	}
	return NULL;
}

static void
judge_cut(struct faults_trial *t, struct memfs *fs, const struct sst_buf *acked, bool all,
    enum memfs_cut cut, unsigned seed)
{
	static const char *const names[] = { "nothing", "everything", "a prefix", "torn blocks" };
	bool held =
	    t->c->acks == FAULTS_ACKS_POWER || (t->c->acks == FAULTS_ACKS_KILL && cut == MEMFS_ALL);
	struct memfs *after = memfs_copy(fs);
	const char *bad;
	char detail[100];

	memfs_power_cut(after, cut, seed);
	if (all && t->told->failed[0] == '\0' && !t->c->keeps_log && faults_has_log(after))
		tell(t, "a clean end, and segments are left", "");
	if ((bad = faults_check_live(fs, after)) == NULL)
		bad = judge_state(t, after, held ? acked : NULL, all);
	t->told->states++;
	if (bad != NULL) {
		snprintf(detail, sizeof(detail), " (%s left of what was not synced, seed %u)",
		    names[cut], seed);
		tell(t, bad, detail);
	}
	memfs_free(after);
}

static void
judge_cuts(
    struct faults_trial *t, struct memfs *fs, const struct sst_buf *acked, bool all, bool crash)
{
	unsigned seed;

	judge_cut(t, fs, acked, all, MEMFS_ALL, 0);
	judge_cut(t, fs, acked, all, MEMFS_NONE, 0);
	for (seed = 0; crash && seed < t->seeds; seed++) {
		judge_cut(t, fs, acked, all, MEMFS_PREFIX, seed);
		judge_cut(t, fs, acked, all, MEMFS_TORN, seed);
	}
}

/* What a run may say whatever happened, and what its exit status promises. */
static const char *
judge_life(const struct faults_trial *t, const struct faults_life *l, const struct faults_how *how,
    bool reached)
{
	const struct faults_reference *ref = &t->ref;
	bool pipe = is_closed_pipe(how);

	if (l->rc < 0 || l->rc > 2)
		return "an exit status that is none of 0, 1, 2";
	if (!reached && how->in == FAULTS_INPUT_GIVEN && how->out == FAULTS_GATHERED &&
	    l->rc != ref->rc && !t->c->once)
		return "another exit status, though nothing failed";
	if (l->rc < ref->rc && !pipe)
		return "a lower exit status than without the fault";
	if (l->rc > ref->rc && l->err.n == 0 && !pipe)
		return "an exit status, and not a word why";
	if (how->in != FAULTS_INPUT_GIVEN && l->rc == 0)
		return "success, though the input could not be read";
	if ((how->out == FAULTS_DISK_FULL || how->out == FAULTS_NO_STDOUT) && ref->out.n > 0 &&
	    l->rc != 2)
		return "no failure, though the output could not be written";
	if (!t->c->writes && how->out == FAULTS_GATHERED && (!t->c->prints_on || l->rc == ref->rc))
		return faults_judge_output(ref, l, l->out.n > 0);
	return NULL;
}

/* ---- lives ---- */

static void
tell_outputs(const struct faults_trial *t, const struct faults_life *l)
{
	if (t->outputs && t->told->bad > 0)
		fprintf(stderr, "-- it said:\n%.*s", (int)l->err.n, (const char *)l->err.p);
}

static void live(struct faults_trial *, struct memfs *, const struct faults_fault *,
    struct sst_buf *acked, unsigned lives);

/*
 * The process, or the machine, comes up again and does the same again; it stops again, or not.  After a
 * kill what was not synced is there, and may still be lost: recovery must not build on it.
 */
static void
live_again(struct faults_trial *t, struct memfs *fs, const struct faults_fault *f,
    const struct sst_buf *acked, unsigned lives)
{
	unsigned long n = f->how.plan.at, r = n * 7919 + lives * 104729;
	struct faults_fault again = { .name = f->name, .crash = lives > 1 };
	struct memfs *left = memfs_copy(fs);
	struct sst_buf all = { 0 };

	if (lives > 1) {
		again.how.plan.how = n % 2 == 0 ? FAULTIO_STOP : FAULTIO_STOP_AFTER;
		/* anywhere, or in its recovery */
		again.how.plan.at = 1 + r / 2 % (r % 2 == 0 ? t->ref.calls + 40 : 80);
	}
	/* what periodic mode acknowledged a power cut may take back */
	if (n % 2 == 0 && t->c->acks != FAULTS_ACKS_KILL)
		memfs_power_cut(left, (enum memfs_cut)(n / 2 % 4), (unsigned)n);
	sst_buf_add_slice(&all, sst_buf_slice(acked));
	live(t, left, &again, &all, lives - 1);
	sst_buf_free(&all);
	memfs_free(left);
}

/* acked: what was before this life; it grows. */
static void
live(struct faults_trial *t, struct memfs *fs, const struct faults_fault *f, struct sst_buf *acked,
    unsigned lives)
{
	struct faults_how how = f->how;
	struct faults_life l = { 0 };
	const char *bad;
	bool all, reached;

	how.plan.sync = on_sync;
	how.plan.sync_arg = t;
	faults_live(&l, t->c, fs, &how);
	reached = l.failed[0] != '\0' ||
	    (how.plan.how == FAULTIO_STOP_AFTER && l.calls >= how.plan.at && how.plan.at > 0);
	if (t->told->calls == 0) { /* the first life is the one that is swept */
		t->told->calls = l.calls;
		t->told->reached = reached;
		t->told->rc = l.rc;
		snprintf(t->told->failed, sizeof(t->told->failed), "%s", l.failed);
	}
	if ((bad = judge_life(t, &l, &how, reached)) != NULL)
		tell(t, bad, "");
	if (!l.exited && memfs_nopen(fs) > 0)
		tell(t, "a descriptor is left open", "");
	if (!t->c->writes && memfs_digest(fs, "/") != t->ref.digest)
		tell(t, "a program that only reads changed the directory", "");
	all = l.rc == t->ref.rc && !is_closed_pipe(&how) && how.in == FAULTS_INPUT_GIVEN;
	sst_buf_add_slice(acked, sst_buf_slice(&l.out));
	if (t->c->writes)
		judge_cuts(t, fs, acked, all, f->crash);
	tell_outputs(t, &l);
	faults_life_free(&l);
	if (f->crash && lives > 0 && t->told->bad == 0 && !t->c->makes)
		live_again(t, fs, f, acked, lives);
}

void
faults_try(struct faults_trial *t, const struct faults_fault *f)
{
	struct memfs *fs = memfs_copy(t->fs);
	struct sst_buf acked = { 0 };

	live(t, fs, f, &acked, f->crash ? t->lives : 0);
	sst_buf_free(&acked);
	memfs_free(fs);
}

static void
put(int fd, const struct sst_buf *b)
{
	if (write(fd, b->p, b->n) != (ssize_t)b->n)
		abort();
}

static void
on_call(void *arg, const char *op, const char *path)
{
	static const struct {
		const char *op;
		unsigned bits;
	} ops[] = { { "open", FAULTS_OPENS }, { "list", FAULTS_OPENS },
		{ "realpath", FAULTS_OPENS },
		{ "create", FAULTS_OPENS | FAULTS_GROWS | FAULTS_CHANGES },
		{ "write", FAULTS_GROWS | FAULTS_CHANGES | FAULTS_WRITES },
		{ "mkdir", FAULTS_GROWS | FAULTS_CHANGES },
		{ "rename", FAULTS_GROWS | FAULTS_CHANGES },
		{ "link", FAULTS_GROWS | FAULTS_CHANGES },
		{ "fsync", FAULTS_GROWS | FAULTS_CHANGES }, { "unlink", FAULTS_CHANGES },
		{ "rmdir", FAULTS_CHANGES }, { "truncate", FAULTS_CHANGES } };
	struct faults_told *told = ((struct faults_trial *)arg)->told;
	size_t i;

	(void)path;
	assert(told->calls < FAULTS_CALLS_MAX);
	told->ops[told->calls] = FAULTS_ANY;
	for (i = 0; i < SST_ARRAY_LEN(ops); i++)
		if (strcmp(op, ops[i].op) == 0)
			told->ops[told->calls] |= (uint8_t)ops[i].bits;
	told->calls++;
}

void
faults_try_well(struct faults_trial *t, int out, int after)
{
	struct faults_how how = {
		.plan = { .sync = on_sync, .sync_arg = t, .before = on_call, .before_arg = t }
	};
	struct faults_dump dump = { 0 };
	struct faults_life l = { 0 };
	struct sst_err e;

	faults_live(&l, t->c, t->fs, &how);
	t->told->rc = l.rc;
	t->told->calls = l.calls;
	put(out, &l.out);
	if (t->outputs)
		fprintf(stderr, "-- %s\n%.*s", t->c->name, (int)l.err.n, (char *)l.err.p);
	if (!l.exited && memfs_nopen(t->fs) > 0)
		tell(t, "a descriptor is left open", "");
	if (t->c->writes) {
		memfs_power_cut(t->fs, MEMFS_NONE, 0);
		if (faults_dump(t->fs, false, &dump, &e) == -1)
			tell(t, "cannot be read afterwards: ", e.what);
		put(after, &dump.text);
	}
	faults_dump_free(&dump);
	faults_life_free(&l);
}
