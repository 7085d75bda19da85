/*
 * live/publish.c: one transaction.  Its log is the only thing that counts: what it ADDs is not live
 * before COMMIT is durable, what it REMOVEs is not afterwards, wherever this stops.
 */
#include "live/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "live/int.h"
#include "live/lock.h"

#define TRIES 1000 /* numbers or names that others took first */

struct set {
	struct set *next;
	char *base;
	bool ready; /* of one that is added */
};

struct sst_publish {
	const struct sst_io *io;
	struct sst_arena arena;
	const char *version;
	char dir[SST_LIVE_PATH]; /* absolute, as the log wants it */
	char name[SST_TXNLOG_NAME];
	char log[SST_LIVE_PATH];
	int fd;       /* of the log; holds its lock */
	uint64_t len; /* of the log, as far as it is sound */
	bool over;    /* committed, or in doubt: nothing to undo */
	struct set *added, *removed;
};

static int
name_log(struct sst_publish *p, const struct sst_publish_opts *o, int64_t now_us, struct sst_err *e)
{
	sst_txnlog_name(p->name, o->version, o->type, now_us, o->random);
	return sst_live_path(p->log, p->dir, p->name, "", e);
}

/* The table's lock is held, so no recovery sees the log before it is locked. */
static int
create_log(struct sst_publish *p, const struct sst_publish_opts *o, struct sst_err *e)
{
	int i, r;

	for (i = 0; i < TRIES; i++) {
		if (name_log(p, o, o->now_us + i, e) == -1)
			return -1;
		p->fd = sst_io_open(p->io, p->log, O_WRONLY | O_CREAT | O_EXCL | O_APPEND, e);
		if (p->fd != -1)
			break;
		if (e->code != SST_ESYS || e->sys != EEXIST)
			return -1;
	}
	if (p->fd == -1)
		return -1;
	if ((r = sst_io_lock(p->io, p->fd, p->log, true, false, e)) == 1)
		return sst_fail(e, SST_EBUSY, p->log, SST_NOWHERE, "new, and locked by another");
	if (r == -1)
		return -1;
	/* without the log's name on disk, its sets would be live after a power cut */
	return sst_io_sync_dir(p->io, p->dir, e);
}

int
sst_publish_begin(struct sst_publish **out, const struct sst_io *io, const char *dir,
    const struct sst_publish_opts *o, struct sst_err *e)
{
	struct sst_publish *p = calloc(1, sizeof(*p));
	struct sst_lock lock = { .fd = -1 };
	int r = -1;

	*out = NULL;
	if (p == NULL)
		return sst_fail_nomem(e);
	p->io = io;
	p->fd = -1;
	if (sst_io_realpath(io, dir, p->dir, sizeof(p->dir), e) == -1)
		goto out;
	if (strpbrk(p->dir, ",\n\r") != NULL) {
		sst_fail(e, SST_EINVAL, p->dir, SST_NOWHERE,
		    "a comma or newline in a folder's name cannot be written into its log");
		goto out;
	}
	if ((p->version = sst_arena_str(&p->arena, o->version, strlen(o->version))) == NULL) {
		sst_fail_nomem(e);
		goto out;
	}
	if (sst_lock_take(&lock, io, dir, SST_LIVE_LOCK, true, e) == -1 ||
	    create_log(p, o, e) == -1)
		goto out;
	*out = p;
	r = 0;
out:
	sst_lock_drop(&lock);
	if (r == -1)
		sst_publish_close(p);
	return r;
}

/*
 * Appends and syncs.  When the write fails, what it left is cut off again; when that fails, or the
 * sync, nobody knows what the log will say, and only the next recovery may decide.
 */
static int
append(struct sst_publish *p, struct sst_buf *b, struct sst_err *e)
{
	struct sst_err ignored;

	if (b->bad)
		return sst_fail_nomem(e);
	if (sst_io_write(p->io, p->fd, p->log, b->p, b->n, e) == -1) {
		p->over = sst_io_truncate(p->io, p->fd, p->log, p->len, &ignored) == -1 ||
		    sst_io_fsync(p->io, p->fd, p->log, &ignored) == -1;
		return -1;
	}
	if (sst_io_fsync(p->io, p->fd, p->log, e) == -1) {
		p->over = true;
		return -1;
	}
	p->len += b->n;
	return 0;
}

/* A record of a set as it is on disk now, or as it will be. */
static int
put_set(struct sst_publish *p, struct sst_buf *b, enum sst_txn_kind kind, const char *base,
    struct sst_txn_record *r, struct sst_err *e)
{
	char path[SST_LIVE_PATH];

	if (sst_live_path(path, p->dir, base, "", e) == -1)
		return -1;
	r->kind = kind;
	r->path = sst_slice_str(path);
	sst_txnlog_put(b, r);
	return 0;
}

/* Makes the first "<version>-N-<format>-TOC.txt.tmp" that nobody has, with N past all that are here. */
static int
claim(
    struct sst_publish *p, const char *version, const char *format, char **base, struct sst_err *e)
{
	struct sst_live_scan s;
	struct sst_err ignored;
	char path[SST_LIVE_PATH], name[64];
	uint64_t n;
	int fd, i;

	if (sst_live_scan(&s, &p->arena, p->io, p->dir, e) == -1)
		return -1;
	for (n = s.generation_max + 1, i = 0; i < TRIES; i++, n++) {
		if (n > SST_LIVE_GENERATION_MAX)
			return sst_fail(e, SST_ELIMIT, p->dir, SST_NOWHERE, "no number is left");
		snprintf(
		    name, sizeof(name), "%.8s-%llu-%.8s-", version, (unsigned long long)n, format);
		if (sst_live_path(path, p->dir, name, "TOC.txt.tmp", e) == -1)
			return -1;
		fd = sst_io_open(p->io, path, O_WRONLY | O_CREAT | O_EXCL, e);
		if (fd != -1) {
			sst_io_close(p->io, fd, path, &ignored);
			*base = sst_arena_str(&p->arena, name, strlen(name));
			return *base != NULL ? 0 : sst_fail_nomem(e);
		}
		if (e->code != SST_ESYS || e->sys != EEXIST)
			return -1;
	}
	return -1;
}

int
sst_publish_add(struct sst_publish *p, int32_t nfiles, const char **base, struct sst_err *e)
{
	return sst_publish_add_as(p, p->version, "big", nfiles, base, e);
}

int
sst_publish_add_as(struct sst_publish *p, const char *version, const char *format, int32_t nfiles,
    const char **base, struct sst_err *e)
{
	struct sst_txn_record rec = { .nfiles = nfiles };
	struct set *set = sst_arena_alloc(&p->arena, sizeof(*set));
	struct sst_lock lock = { .fd = -1 };
	struct sst_buf line = { 0 };
	int r = -1;

	*base = NULL;
	if (set == NULL)
		return sst_fail_nomem(e);
	*set = (struct set){ .next = p->added };
	if (sst_lock_take(&lock, p->io, p->dir, SST_LIVE_LOCK, true, e) == -1 ||
	    claim(p, version, format, &set->base, e) == -1)
		goto out;
	p->added = set; /* so that close removes the claim, logged or not */
	if (put_set(p, &line, SST_TXN_ADD, set->base, &rec, e) == -1 || append(p, &line, e) == -1)
		goto out;
	*base = set->base;
	r = 0;
out:
	sst_lock_drop(&lock);
	sst_buf_free(&line);
	return r;
}

int
sst_publish_ready(struct sst_publish *p, const char *base, struct sst_err *e)
{
	char from[SST_LIVE_PATH], to[SST_LIVE_PATH];
	struct set *set = p->added;

	while (set != NULL && strcmp(set->base, base) != 0)
		set = set->next;
	if (set == NULL)
		return sst_fail(e, SST_EINVAL, p->log, SST_NOWHERE, "%s was not added", base);
	if (sst_live_path(from, p->dir, base, "TOC.txt.tmp", e) == -1 ||
	    sst_live_path(to, p->dir, base, "TOC.txt", e) == -1 ||
	    sst_io_rename(p->io, from, to, e) == -1)
		return -1;
	set->ready = true;
	return 0;
}

int
sst_publish_remove(struct sst_publish *p, const char *base, struct sst_err *e)
{
	struct set *set = sst_arena_alloc(&p->arena, sizeof(*set));

	if (set == NULL)
		return sst_fail_nomem(e);
	*set = (struct set){ .next = p->removed };
	if ((set->base = sst_arena_str(&p->arena, base, strlen(base))) == NULL)
		return sst_fail_nomem(e);
	p->removed = set;
	return 0;
}

/* The lines that end the log. */
static int
last_words(
    struct sst_publish *p, const struct sst_live_scan *s, struct sst_buf *b, struct sst_err *e)
{
	static const struct sst_txn_record commit = { .kind = SST_TXN_COMMIT };
	const struct sst_live_group *g;
	struct sst_txn_record r;
	const struct set *set;
	size_t n;

	for (set = p->added; set != NULL; set = set->next)
		if (!set->ready)
			return sst_fail(
			    e, SST_EINVAL, p->log, SST_NOWHERE, "%s is not ready", set->base);
	for (set = p->removed; set != NULL; set = set->next) {
		g = sst_live_group(s, sst_slice_str(set->base));
		if (g == NULL || (g->log != NULL && !g->kept))
			return sst_fail(
			    e, SST_EBUSY, p->dir, SST_NOWHERE, "%s is gone meanwhile", set->base);
		if (sst_live_newest(s, g, &r.mtime_ms, &n, e) == -1)
			return -1;
		r.nfiles = (int32_t)n;
		if (put_set(p, b, SST_TXN_REMOVE, set->base, &r, e) == -1)
			return -1;
	}
	sst_txnlog_put(b, &commit);
	return 0;
}

/* After COMMIT.  What fails here is for recovery: the transaction has happened. */
static void
clean_up(struct sst_publish *p, const struct sst_live_scan *s)
{
	const struct set *set;
	struct sst_err ignored;
	size_t n = 0;

	for (set = p->removed; set != NULL; set = set->next)
		if (sst_live_delete(s, sst_live_group(s, sst_slice_str(set->base)), &n, &ignored) ==
		    -1)
			return;
	if (n > 0 && sst_io_sync_dir(p->io, p->dir, &ignored) == -1)
		return;
	sst_io_unlink(p->io, p->log, &ignored);
}

int
sst_publish_commit(struct sst_publish *p, bool *done, struct sst_err *e)
{
	struct sst_lock lock = { .fd = -1 };
	struct sst_buf lines = { 0 };
	struct sst_live_scan s;
	int r = -1;

	*done = p->over;
	if (p->over)
		return sst_fail(e, SST_EINVAL, p->log, SST_NOWHERE, "is in doubt already");
	if (sst_lock_take(&lock, p->io, p->dir, SST_LIVE_LOCK, true, e) == -1 ||
	    sst_live_scan(&s, &p->arena, p->io, p->dir, e) == -1 ||
	    last_words(p, &s, &lines, e) == -1 || sst_io_sync_dir(p->io, p->dir, e) == -1 ||
	    append(p, &lines, e) == -1)
		goto out;
	p->over = true;
	clean_up(p, &s);
	r = 0;
out:
	*done = p->over;
	sst_lock_drop(&lock);
	sst_buf_free(&lines);
	return r;
}

static int
undo(struct sst_publish *p, struct sst_err *e)
{
	const struct sst_live_group *g;
	struct sst_lock lock = { .fd = -1 };
	struct sst_live_scan s;
	const struct set *set;
	size_t n = 0;
	int r = -1;

	if (sst_lock_take(&lock, p->io, p->dir, SST_LIVE_LOCK, true, e) == -1 ||
	    sst_live_scan(&s, &p->arena, p->io, p->dir, e) == -1)
		goto out;
	for (set = p->added; set != NULL; set = set->next) {
		g = set->base == NULL ? NULL : sst_live_group(&s, sst_slice_str(set->base));
		if (g != NULL && sst_live_delete(&s, g, &n, e) == -1)
			goto out;
	}
	if (n > 0 && sst_io_sync_dir(p->io, p->dir, e) == -1)
		goto out;
	r = sst_io_unlink(p->io, p->log, e);
out:
	sst_lock_drop(&lock);
	return r;
}

void
sst_publish_close(struct sst_publish *p)
{
	struct sst_err ignored;

	if (p == NULL)
		return;
	if (p->fd != -1 && !p->over)
		undo(p, &ignored);
	sst_io_close(p->io, p->fd, p->log, &ignored);
	sst_arena_free(&p->arena);
	free(p);
}
