/* libsst/commitlog/replay.c: the segments of a folder, one after the other. */
#include "commitlog/replay.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"

struct found { /* a name in the folder */
	uint64_t id;
	uint32_t version;
	char *path;
};

struct sst_replay {
	const struct sst_io *io;
	const char *dir; /* while it is opened */
	struct sst_arena arena;
	struct sst_buf found; /* of struct found */
	struct sst_err *e;    /* and here */
	bool failed;
	struct sst_segread **segs;
	size_t nsegs, at;
};

/* Not 0 ends the listing, with r->failed. */
static int
see_name(void *arg, const char *name)
{
	static const char prefix[] = "CommitLog-";
	struct sst_replay *r = arg;
	size_t n = strlen(r->dir), len = strlen(name);
	struct found f;
	const char *rest;

	if (strncmp(name, prefix, sizeof(prefix) - 1) != 0 || len < 4 ||
	    strcmp(name + len - 4, ".log") != 0)
		return 0;
	r->failed = true;
	if (!sst_segment_parse_name(name, &f.version, &f.id, &rest) || *rest != '\0')
		return sst_fail(
		    r->e, SST_EINVAL, name, SST_NOWHERE, "is no segment's name, but looks like it");
	if ((f.path = sst_arena_alloc(&r->arena, n + len + 2)) == NULL)
		return sst_fail_nomem(r->e);
	memcpy(f.path, r->dir, n);
	f.path[n] = '/';
	memcpy(f.path + n + 1, name, len + 1);
	sst_buf_add(&r->found, &f, sizeof(f));
	if (r->found.bad)
		return sst_fail_nomem(r->e);
	r->failed = false;
	return 0;
}

static int
by_id(const void *va, const void *vb)
{
	const struct found *a = va, *b = vb;

	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return (a->version > b->version) - (a->version < b->version);
}

static int
open_all(struct sst_replay *r, struct sst_err *e)
{
	size_t i, n = r->found.n / sizeof(struct found);
	struct found *f = (void *)r->found.p;

	if (n == 0)
		return 0;
	qsort(f, n, sizeof(*f), by_id);
	if ((r->segs = calloc(n, sizeof(struct sst_segread *))) == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < n; i++) {
		if (f[i].version != SST_SEGMENT_VERSION)
			return sst_fail(e, SST_EVERSION, f[i].path, SST_NOWHERE,
			    "commit log version %u, want %d", f[i].version, SST_SEGMENT_VERSION);
		if (sst_segread_open(&r->segs[r->nsegs], r->io, f[i].path, e) == 0)
			r->nsegs++;
		else if (e->code != SST_ESYS || e->sys != ENOENT)
			return -1;
	}
	return 0;
}

/* Whether b, which comes after a and has begun, shows that a is complete. */
static bool
succeeds(const struct sst_segread_info *a, const struct sst_segread_info *b)
{
	if (a->named && b->named)
		return a->ours == b->ours && (!a->ours || a->shard == b->shard);
	/* One of them does not say whose it is: all of one writer follow each other, but of several
	 * shards each may have torn its newest. */
	return (!a->named || !a->ours || a->shards == 1) &&
	    (!b->named || !b->ours || b->shards == 1);
}

static bool
has_successor(const struct sst_replay *r, size_t i)
{
	const struct sst_segread_info *a = sst_segread_info(r->segs[i]), *b;

	while (++i < r->nsegs) {
		b = sst_segread_info(r->segs[i]);
		if (b->begun && succeeds(a, b))
			return true;
	}
	return false;
}

int
sst_replay_open(struct sst_replay **out, const struct sst_io *io, const char *dir, bool skip_damage,
    struct sst_err *e)
{
	struct sst_replay *r = calloc(1, sizeof(*r));
	size_t i;
	int got;

	*out = NULL;
	if (r == NULL)
		return sst_fail_nomem(e);
	*r = (struct sst_replay){ .io = io, .dir = dir, .e = e };
	got = sst_io_list(io, dir, see_name, r, e);
	if (got == -1 && e->code == SST_ESYS && e->sys == ENOENT)
		got = 0;
	if (got == -1 || r->failed || open_all(r, e) == -1) {
		sst_replay_close(r);
		return -1;
	}
	for (i = 0; i < r->nsegs; i++)
		sst_segread_set(r->segs[i], has_successor(r, i), skip_damage);
	*out = r;
	return 0;
}

int
sst_replay_next(struct sst_replay *r, struct sst_log_entry *entry, struct sst_err *e)
{
	int got;

	memset(entry, 0, sizeof(*entry));
	for (; r->at < r->nsegs; r->at++) {
		if ((got = sst_segread_next(r->segs[r->at], entry, e)) != 0)
			return got;
	}
	return 0;
}

const struct sst_segread_info *
sst_replay_segment(const struct sst_replay *r, size_t i, const char **path)
{
	if (i >= r->nsegs)
		return NULL;
	if (path != NULL)
		*path = sst_segread_path(r->segs[i]);
	return sst_segread_info(r->segs[i]);
}

void
sst_replay_close(struct sst_replay *r)
{
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < r->nsegs; i++)
		sst_segread_close(r->segs[i]);
	free(r->segs);
	sst_buf_free(&r->found);
	sst_arena_free(&r->arena);
	free(r);
}
