/* live/live.c: the answer of a scan, and how a reader makes sure of it. */
#include "live/live.h"

#include <errno.h>

#include "live/int.h"

const char *
sst_left_text(enum sst_left_why why)
{
	static const char *const text[] = { "unfinished", "removed", "without TOC.txt",
		"without Data.db", "transaction log in doubt" };

	return text[why];
}

static void
leave(struct sst_live *out, enum sst_left_why why, const char *name, const char *log,
    const char *what)
{
	out->left[out->nleft++] = (struct sst_leftover){ why, name, log, what };
}

static int
take(struct sst_live *out, const struct sst_live_scan *s, const struct sst_live_group *g,
    struct sst_err *e)
{
	struct sst_live_set *set = &out->sets[out->nsets];
	char path[SST_LIVE_PATH];
	struct sst_stat st;

	if (sst_live_path(path, s->dir, g->base, g->toc ? "TOC.txt" : "Data.db", e) == -1 ||
	    sst_io_stat(s->io, path, &st, e) == -1)
		return -1;
	*set = (struct sst_live_set){ g->base, g->generation, !g->toc, st.ino, st.mtime_ms };
	out->nsets++;
	return 0;
}

static int
judge(struct sst_live *out, const struct sst_live_scan *s, const struct sst_live_group *g,
    bool foreign, struct sst_err *e)
{
	if (g->log != NULL && !g->kept) {
		leave(out, g->why, g->base, g->log, NULL);
		return 0;
	}
	if (!g->data) {
		leave(out, g->toc ? SST_LEFT_NO_DATA : SST_LEFT_NO_TOC, g->base, NULL, NULL);
		return 0;
	}
	if (!g->toc)
		leave(out, SST_LEFT_NO_TOC, g->base, NULL, NULL);
	return g->toc || foreign ? take(out, s, g, e) : 0;
}

/* glance: the folder is looked at once (sst_live_scan_once); or NULL. */
static int
list(struct sst_live *out, struct sst_live_glance *glance, struct sst_arena *a,
    const struct sst_live_folder *folder, struct sst_err *e)
{
	struct sst_live_scan s;
	size_t i;
	int r;

	*out = (struct sst_live){ 0 };
	r = glance != NULL ? sst_live_scan_once(&s, glance, a, folder->io, folder->dir, e)
			   : sst_live_scan(&s, a, folder->io, folder->dir, e);
	if (r == -1)
		return -1;
	out->generation_max = s.generation_max;
	out->sets = sst_arena_array(a, s.ngroups + 1, sizeof(*out->sets));
	out->left = sst_arena_array(a, s.ngroups + s.nlogs + 1, sizeof(*out->left));
	if (out->sets == NULL || out->left == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < s.ngroups; i++)
		if (judge(out, &s, &s.groups[i], folder->foreign, e) == -1)
			return -1;
	for (i = 0; i < s.nlogs; i++)
		if (s.logs[i].text.state == SST_TXN_DOUBTFUL)
			leave(out, SST_LEFT_DOUBT, s.logs[i].name, s.logs[i].name,
			    s.logs[i].text.doubt);
	return 0;
}

int
sst_live_list(struct sst_live *out, struct sst_arena *a, const struct sst_live_folder *folder,
    struct sst_err *e)
{
	return list(out, NULL, a, folder, e);
}

static bool
same(const struct sst_live *a, const struct sst_live *b)
{
	size_t i;

	if (a->nsets != b->nsets)
		return false;
	for (i = 0; i < a->nsets; i++)
		if (strcmp(a->sets[i].base, b->sets[i].base) != 0 ||
		    a->sets[i].ino != b->sets[i].ino || a->sets[i].mtime_ms != b->sets[i].mtime_ms)
			return false;
	return true;
}

static bool
vanished(const struct sst_err *e)
{
	return e->code == SST_ESYS && e->sys == ENOENT;
}

static int
open_all(const struct sst_live *l, const struct sst_live_opener *opener, struct sst_err *e)
{
	size_t i;

	for (i = 0; i < l->nsets; i++)
		if (opener->open(opener->arg, &l->sets[i], e) == -1)
			return -1;
	return 0;
}

/* A listing, trying again when a file of it was gone before it could be looked at. */
static int
list_whole(struct sst_live *out, struct sst_live_glance *glance, struct sst_arena *a,
    const struct sst_live_folder *folder, struct sst_err *e)
{
	struct sst_stat st;
	int tries, r = -1;

	for (tries = 0; tries < SST_LIVE_TRIES; tries++)
		if ((r = list(out, glance, a, folder, e)) == 0 || !vanished(e) ||
		    sst_io_stat(folder->io, folder->dir, &st, e) == -1)
			break;
	return r;
}

/* Nothing has come or gone since, and no transaction was there, either time. */
static bool
is_quiet(const struct sst_live_folder *folder, const struct sst_live_glance *before)
{
	struct sst_live_glance now;
	struct sst_err ignored;

	return !before->logs && sst_live_glance(&now, folder->io, folder->dir, &ignored) == 0 &&
	    !now.logs && now.n == before->n && now.sum[0] == before->sum[0] &&
	    now.sum[1] == before->sum[1];
}

int
sst_live_open(struct sst_live *out, struct sst_arena *a, const struct sst_live_folder *folder,
    const struct sst_live_opener *opener, struct sst_err *e)
{
	struct sst_live_glance glance;
	struct sst_live again;
	struct sst_err ignored;
	int tries, r;

	if (list_whole(out, &glance, a, folder, e) == -1)
		return -1;
	for (tries = 0; tries < SST_LIVE_TRIES; tries++) {
		r = open_all(out, opener, e);
		if (r == -1 && !vanished(e))
			return -1;
		if (r == 0 && tries == 0 && is_quiet(folder, &glance))
			return 0;
		if (list_whole(&again, NULL, a, folder, r == 0 ? e : &ignored) == -1)
			return -1;
		if (same(out, &again))
			return r; /* a file that is missing, and was missing before */
		*out = again;
	}
	return sst_fail(
	    e, SST_EBUSY, folder->dir, SST_NOWHERE, "changed %d times while being read", tries);
}
