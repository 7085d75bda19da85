/* tests/support/faultio.c: counts, fails, and forgets on purpose. */
#include "faultio.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#define FDS 4096
#define LATE 64

const struct faultio_failure faultio_failures[FAULTIO_FAILURES] = { { FAULTIO_FAIL, EIO },
	{ FAULTIO_FAIL, ENOSPC }, { FAULTIO_FAIL, EMFILE }, { FAULTIO_SHORT, ENOSPC } };

struct faultio {
	struct sst_io io;
	const struct sst_io *under;
	struct faultio_plan plan;
	unsigned long calls;
	bool short_pending; /* the next write fails */
	char failed[32], failed_path[256];
	char *lost; /* a file whose sync failed */
	struct {
		char *path;
		bool is_dir;
	} fds[FDS];
	char *late[LATE]; /* syncs that are still to be done */
	size_t nlate;
};

/* A call that needs room on the disk.  An open is one when it makes a file. */
static bool
grows(const char *op)
{
	static const char *const ops[] = { "write", "create", "mkdir", "rename", "link" };
	size_t i;

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (strcmp(op, ops[i]) == 0)
			return true;
	return false;
}

static bool
is_hit(const struct faultio_plan *p, const char *op, unsigned long n)
{
	switch (p->how) {
	case FAULTIO_FAIL:
		return n == p->at;
	case FAULTIO_FULL:
		return n >= p->at && grows(op);
	case FAULTIO_STOP:
		return n >= p->at;
	case FAULTIO_STOP_AFTER:
		return n > p->at;
	case FAULTIO_SHORT:
		break;
	}
	return false;
}

/* 0: do it.  <0: it fails with this. */
static int
enter(struct faultio *f, const char *op, const char *path)
{
	const struct faultio_plan *p = &f->plan;
	unsigned long n = ++f->calls;

	if (p->before != NULL)
		p->before(p->before_arg, op, path);
	if (p->at == 0)
		return 0;
	if (!is_hit(p, op, n))
		return 0;
	if (f->failed[0] == '\0') {
		snprintf(f->failed, sizeof(f->failed), "%s", op);
		snprintf(f->failed_path, sizeof(f->failed_path), "%s", path);
	}
	return p->how == FAULTIO_STOP || p->how == FAULTIO_STOP_AFTER ? -EIO : -p->sys;
}

int
faultio_enter(struct faultio *f, const char *op, const char *path)
{
	return enter(f, op, path);
}

static const char *
path_of(const struct faultio *f, int fd)
{
	return fd >= 0 && fd < FDS && f->fds[fd].path != NULL ? f->fds[fd].path : "";
}

static void
forget(struct faultio *f, int fd)
{
	if (fd >= 0 && fd < FDS) {
		free(f->fds[fd].path);
		f->fds[fd].path = NULL;
	}
}

static int
f_open(void *ctx, const char *path, int flags, mode_t mode)
{
	struct faultio *f = ctx;
	struct sst_stat st;
	int r = enter(f, flags & O_CREAT ? "create" : "open", path);

	if (r < 0)
		return r;
	r = f->under->open(f->under->ctx, path, flags, mode);
	if (r >= 0 && r < FDS) {
		forget(f, r);
		f->fds[r].path = strdup(path);
		f->fds[r].is_dir = f->under->fstat(f->under->ctx, r, &st) == 0 && st.is_dir;
	}
	return r;
}

static int
f_close(void *ctx, int fd)
{
	struct faultio *f = ctx;
	int fail = enter(f, "close", path_of(f, fd)), r;

	/* as in Linux, the descriptor is gone even when close fails; a dead process's goes too */
	r = f->under->close(f->under->ctx, fd);
	forget(f, fd);
	return fail < 0 ? fail : r;
}

static ssize_t
f_pread(void *ctx, int fd, void *buf, size_t n, uint64_t off)
{
	struct faultio *f = ctx;
	int r = enter(f, "pread", path_of(f, fd));

	return r < 0 ? r : f->under->pread(f->under->ctx, fd, buf, n, off);
}

static ssize_t
f_write(void *ctx, int fd, const void *buf, size_t n)
{
	struct faultio *f = ctx;
	int r = enter(f, "write", path_of(f, fd));

	if (r < 0)
		return r;
	if (f->short_pending) {
		f->short_pending = false;
		snprintf(f->failed, sizeof(f->failed), "write");
		return -f->plan.sys;
	}
	if (f->plan.how == FAULTIO_SHORT && f->calls == f->plan.at && n > 1) {
		f->short_pending = true;
		n /= 2;
	}
	return f->under->write(f->under->ctx, fd, buf, n);
}

static void
sync_late(struct faultio *f)
{
	while (f->nlate > 0) {
		char *path = f->late[--f->nlate];
		int fd = f->under->open(f->under->ctx, path, 0, 0);

		if (fd >= 0) {
			f->under->fsync(f->under->ctx, fd);
			f->under->close(f->under->ctx, fd);
		}
		free(path);
	}
}

static int
f_fsync(void *ctx, int fd)
{
	struct faultio *f = ctx;
	enum faultio_sync what = FAULTIO_SYNC_DONE;
	int r = enter(f, "fsync", path_of(f, fd));

	if (r < 0 && f->lost == NULL && f->plan.how == FAULTIO_FAIL && f->plan.sys != EMFILE)
		f->lost = strdup(path_of(f, fd));
	if (r < 0)
		return r;
	if (f->lost != NULL && strcmp(f->lost, path_of(f, fd)) == 0)
		return 0;
	if (f->plan.sync != NULL)
		what = f->plan.sync(f->plan.sync_arg, path_of(f, fd), f->fds[fd].is_dir);
	if (what == FAULTIO_SYNC_LATE) {
		assert(f->nlate < LATE);
		f->late[f->nlate++] = strdup(path_of(f, fd));
	}
	if (what != FAULTIO_SYNC_DONE)
		return 0;
	r = f->under->fsync(f->under->ctx, fd);
	sync_late(f);
	return r;
}

static int
f_truncate(void *ctx, int fd, uint64_t size)
{
	struct faultio *f = ctx;
	int r = enter(f, "truncate", path_of(f, fd));

	return r < 0 ? r : f->under->truncate(f->under->ctx, fd, size);
}

static int
f_stat(void *ctx, const char *path, struct sst_stat *st)
{
	struct faultio *f = ctx;
	int r = enter(f, "stat", path);

	return r < 0 ? r : f->under->stat(f->under->ctx, path, st);
}

static int
f_fstat(void *ctx, int fd, struct sst_stat *st)
{
	struct faultio *f = ctx;
	int r = enter(f, "fstat", path_of(f, fd));

	return r < 0 ? r : f->under->fstat(f->under->ctx, fd, st);
}

static int
f_rename(void *ctx, const char *from, const char *to)
{
	struct faultio *f = ctx;
	int r = enter(f, "rename", to);

	return r < 0 ? r : f->under->rename(f->under->ctx, from, to);
}

static int
f_link(void *ctx, const char *from, const char *to)
{
	struct faultio *f = ctx;
	int r = enter(f, "link", to);

	return r < 0 ? r : f->under->link(f->under->ctx, from, to);
}

static int
f_unlink(void *ctx, const char *path)
{
	struct faultio *f = ctx;
	int r = enter(f, "unlink", path);

	return r < 0 ? r : f->under->unlink(f->under->ctx, path);
}

static int
f_mkdir(void *ctx, const char *path, mode_t mode)
{
	struct faultio *f = ctx;
	int r = enter(f, "mkdir", path);

	return r < 0 ? r : f->under->mkdir(f->under->ctx, path, mode);
}

static int
f_rmdir(void *ctx, const char *path)
{
	struct faultio *f = ctx;
	int r = enter(f, "rmdir", path);

	return r < 0 ? r : f->under->rmdir(f->under->ctx, path);
}

static int
f_set_mtime(void *ctx, int fd, int64_t mtime_ms)
{
	struct faultio *f = ctx;
	int r = enter(f, "set_mtime", path_of(f, fd));

	return r < 0 ? r : f->under->set_mtime(f->under->ctx, fd, mtime_ms);
}

static int
f_list(void *ctx, const char *dir, int (*each)(void *arg, const char *name), void *arg)
{
	struct faultio *f = ctx;
	int r = enter(f, "list", dir);

	return r < 0 ? r : f->under->list(f->under->ctx, dir, each, arg);
}

static int
f_realpath(void *ctx, const char *path, char *buf, size_t n)
{
	struct faultio *f = ctx;
	int r = enter(f, "realpath", path);

	return r < 0 ? r : f->under->realpath(f->under->ctx, path, buf, n);
}

static int
f_lock(void *ctx, int fd, bool exclusive, bool wait)
{
	struct faultio *f = ctx;
	int r = enter(f, "lock", path_of(f, fd));

	return r < 0 ? r : f->under->lock(f->under->ctx, fd, exclusive, wait);
}

struct faultio *
faultio_new(const struct sst_io *under)
{
	struct faultio *f = calloc(1, sizeof(*f));

	assert(f != NULL);
	f->under = under;
	f->io = (struct sst_io){ f, f_open, f_close, f_pread, f_write, f_fsync, f_fsync, f_truncate,
		f_stat, f_fstat, f_rename, f_link, f_unlink, f_mkdir, f_rmdir, f_set_mtime, f_list,
		f_realpath, f_lock };
	return f;
}

void
faultio_free(struct faultio *f)
{
	int i;

	if (f == NULL)
		return;
	for (i = 0; i < FDS; i++)
		free(f->fds[i].path);
	while (f->nlate > 0)
		free(f->late[--f->nlate]);
	free(f->lost);
	free(f);
}

const struct sst_io *
faultio_io(struct faultio *f)
{
	return &f->io;
}

void
faultio_plan(struct faultio *f, const struct faultio_plan *plan)
{
	f->plan = *plan;
	f->calls = 0;
	f->short_pending = false;
	f->failed[0] = f->failed_path[0] = '\0';
	free(f->lost);
	f->lost = NULL;
	while (f->nlate > 0)
		free(f->late[--f->nlate]);
}

unsigned long
faultio_calls(const struct faultio *f)
{
	return f->calls;
}

const char *
faultio_failed(const struct faultio *f)
{
	return f->failed;
}

const char *
faultio_failed_path(const struct faultio *f)
{
	return f->failed_path;
}
