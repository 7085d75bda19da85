/*
 * tests/support/memfs.c: inodes hold bytes twice, as they are and as they were last synced;
 * directories hold names as they were synced, and the changes since, in order.
 */
#include "memfs.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "nomem.h"

#define BLOCK 512
#define FDS 4096

struct entry {
	char name[256];
	size_t inode;
};

struct names {
	struct entry *e;
	size_t n, cap;
};

struct change { /* of a directory; a rename is one change, seen whole or not at all */
	char gone[256], come[256];
	size_t inode;
};

struct inode {
	bool used, is_dir;
	int64_t mtime_ms;
	uint8_t *now, *synced;
	size_t now_n, synced_n;
	size_t locked; /* 0, or 1 + the descriptor that holds it */
	struct names names, names_synced;
	struct change *changes;
	size_t nchanges;
};

struct memfs {
	struct sst_io io;
	struct inode *inodes; /* 0 is the root */
	size_t ninodes;
	struct {
		bool used, append;
		size_t inode, pos;
	} fds[FDS];
	int64_t clock_ms;
	uint64_t rng;
};

static void *
grown(void *p, size_t n)
{
	p = nomem_realloc(p, n == 0 ? 1 : n);
	assert(p != NULL);
	return p;
}

static void *
duplicate(const void *p, size_t n)
{
	void *to = grown(NULL, n);

	if (n > 0)
		memcpy(to, p, n);
	return to;
}

static uint32_t
roll(struct memfs *fs, size_t n) /* below n */
{
	fs->rng = fs->rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return n == 0 ? 0 : (uint32_t)((fs->rng >> 33) % n);
}

/* ---- names ---- */

static struct entry *
name_find(const struct names *d, const char *name)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		if (strcmp(d->e[i].name, name) == 0)
			return &d->e[i];
	return NULL;
}

static void
name_del(struct names *d, const char *name)
{
	struct entry *e = name_find(d, name);

	if (e != NULL)
		*e = d->e[--d->n];
}

static void
name_put(struct names *d, const char *name, size_t inode)
{
	struct entry *e = name_find(d, name);

	if (e == NULL) {
		if (d->n == d->cap)
			d->e = grown(d->e, (d->cap = d->cap * 2 + 4) * sizeof(*d->e));
		e = &d->e[d->n++];
		snprintf(e->name, sizeof(e->name), "%s", name);
	}
	e->inode = inode;
}

static struct names
names_copy(const struct names *d)
{
	return (struct names){ duplicate(d->e, d->n * sizeof(*d->e)), d->n, d->n };
}

static void
change_apply(struct names *d, const struct change *c)
{
	if (c->gone[0] != '\0')
		name_del(d, c->gone);
	if (c->come[0] != '\0')
		name_put(d, c->come, c->inode);
}

/* gone or come may be NULL */
static void
change(struct memfs *fs, size_t dir, const char *gone, const char *come, size_t inode)
{
	struct inode *d = &fs->inodes[dir];
	struct change *c;

	d->changes = grown(d->changes, (d->nchanges + 1) * sizeof(*d->changes));
	c = &d->changes[d->nchanges++];
	snprintf(c->gone, sizeof(c->gone), "%s", gone != NULL ? gone : "");
	snprintf(c->come, sizeof(c->come), "%s", come != NULL ? come : "");
	c->inode = inode;
	change_apply(&d->names, c);
	d->mtime_ms = fs->clock_ms;
}

/* ---- paths ---- */

/* The directory that holds path's last name, and that name; -errno. */
static int
walk(const struct memfs *fs, const char *path, size_t *dir, char last[256])
{
	char part[256];
	const char *p = path;

	*dir = 0;
	last[0] = '\0';
	for (;;) {
		size_t n;

		p += strspn(p, "/");
		if (*p == '\0')
			return 0;
		if (last[0] != '\0') { /* the one before is a directory on the way */
			struct entry *e = name_find(&fs->inodes[*dir].names, last);

			if (e == NULL)
				return -ENOENT;
			if (!fs->inodes[e->inode].is_dir)
				return -ENOTDIR;
			*dir = e->inode;
		}
		if ((n = strcspn(p, "/")) >= sizeof(part))
			return -ENAMETOOLONG;
		memcpy(last, p, n);
		last[n] = '\0';
		if (strcmp(last, ".") == 0)
			last[0] = '\0';
		p += n;
	}
}

static int
lookup(const struct memfs *fs, const char *path, size_t *inode)
{
	char last[256];
	struct entry *e;
	size_t dir;
	int r = walk(fs, path, &dir, last);

	if (r < 0)
		return r;
	*inode = dir;
	if (last[0] == '\0')
		return 0;
	if ((e = name_find(&fs->inodes[dir].names, last)) == NULL)
		return -ENOENT;
	*inode = e->inode;
	return 0;
}

static size_t
inode_new(struct memfs *fs, bool is_dir)
{
	struct inode *i;

	fs->inodes = grown(fs->inodes, (fs->ninodes + 1) * sizeof(*fs->inodes));
	i = &fs->inodes[fs->ninodes];
	*i = (struct inode){ .used = true, .is_dir = is_dir, .mtime_ms = fs->clock_ms };
	return fs->ninodes++;
}

static int
make(struct memfs *fs, const char *path, bool is_dir)
{
	char last[256];
	size_t dir, inode;
	int r = walk(fs, path, &dir, last);

	if (r < 0)
		return r;
	if (last[0] == '\0' || name_find(&fs->inodes[dir].names, last) != NULL)
		return -EEXIST;
	inode = inode_new(fs, is_dir);
	change(fs, dir, NULL, last, inode);
	return 0;
}

/* ---- the table ---- */

static int
mem_open(void *ctx, const char *path, int flags, mode_t mode)
{
	struct memfs *fs = ctx;
	size_t inode, fd;
	int r = lookup(fs, path, &inode);

	(void)mode;
	if (r == 0 && (flags & O_CREAT) && (flags & O_EXCL))
		return -EEXIST;
	if (r == -ENOENT && (flags & O_CREAT)) {
		if ((r = make(fs, path, false)) == 0)
			r = lookup(fs, path, &inode);
	}
	if (r < 0)
		return r;
	if (fs->inodes[inode].is_dir && (flags & O_ACCMODE) != O_RDONLY)
		return -EISDIR;
	if (!fs->inodes[inode].is_dir && (flags & O_DIRECTORY))
		return -ENOTDIR;
	for (fd = 3; fd < FDS && fs->fds[fd].used; fd++)
		;
	if (fd == FDS)
		return -EMFILE;
	if (flags & O_TRUNC)
		fs->inodes[inode].now_n = 0;
	fs->fds[fd].used = true;
	fs->fds[fd].append = (flags & O_APPEND) != 0;
	fs->fds[fd].inode = inode;
	fs->fds[fd].pos = 0;
	return (int)fd;
}

static struct inode *
by_fd(struct memfs *fs, int fd)
{
	assert(fd >= 3 && fd < FDS && fs->fds[fd].used);
	return &fs->inodes[fs->fds[fd].inode];
}

static int
mem_close(void *ctx, int fd)
{
	struct memfs *fs = ctx;
	struct inode *i = by_fd(fs, fd);

	if (i->locked == 1 + (size_t)fd)
		i->locked = 0;
	fs->fds[fd].used = false;
	return 0;
}

static ssize_t
mem_pread(void *ctx, int fd, void *buf, size_t n, uint64_t off)
{
	struct inode *i = by_fd(ctx, fd);

	if (i->is_dir)
		return -EISDIR;
	if (off >= i->now_n)
		return 0;
	if (n > i->now_n - (size_t)off)
		n = i->now_n - (size_t)off;
	memcpy(buf, i->now + off, n);
	return (ssize_t)n;
}

static ssize_t
mem_write(void *ctx, int fd, const void *buf, size_t n)
{
	struct memfs *fs = ctx;
	struct inode *i = by_fd(fs, fd);
	size_t pos = fs->fds[fd].append ? i->now_n : fs->fds[fd].pos;

	if (pos + n > i->now_n) {
		i->now = grown(i->now, pos + n);
		if (pos > i->now_n)
			memset(i->now + i->now_n, 0, pos - i->now_n);
		i->now_n = pos + n;
	}
	memcpy(i->now + pos, buf, n);
	fs->fds[fd].pos = pos + n;
	i->mtime_ms = fs->clock_ms++;
	return (ssize_t)n;
}

static int
mem_sync(void *ctx, int fd)
{
	struct inode *i = by_fd(ctx, fd);

	if (i->is_dir) {
		free(i->names_synced.e);
		i->names_synced = names_copy(&i->names);
		i->nchanges = 0;
		return 0;
	}
	free(i->synced);
	i->synced = duplicate(i->now, i->now_n);
	i->synced_n = i->now_n;
	return 0;
}

static int
mem_truncate(void *ctx, int fd, uint64_t size)
{
	struct memfs *fs = ctx;
	struct inode *i = by_fd(fs, fd);

	if (size > i->now_n) {
		i->now = grown(i->now, (size_t)size);
		memset(i->now + i->now_n, 0, (size_t)size - i->now_n);
	}
	i->now_n = (size_t)size;
	i->mtime_ms = fs->clock_ms;
	return 0;
}

static void
fill(const struct memfs *fs, size_t inode, struct sst_stat *st)
{
	const struct inode *i = &fs->inodes[inode];

	*st = (struct sst_stat){ i->now_n, i->mtime_ms, 1, inode + 1, i->is_dir };
}

static int
mem_stat(void *ctx, const char *path, struct sst_stat *st)
{
	size_t inode;
	int r = lookup(ctx, path, &inode);

	if (r == 0)
		fill(ctx, inode, st);
	return r;
}

static int
mem_fstat(void *ctx, int fd, struct sst_stat *st)
{
	struct memfs *fs = ctx;

	by_fd(fs, fd);
	fill(fs, fs->fds[fd].inode, st);
	return 0;
}

static int
mem_rename(void *ctx, const char *from, const char *to)
{
	struct memfs *fs = ctx;
	char a[256], b[256];
	size_t from_dir, to_dir, inode;
	int r = lookup(fs, from, &inode);

	if (r < 0 || (r = walk(fs, from, &from_dir, a)) < 0 || (r = walk(fs, to, &to_dir, b)) < 0)
		return r;
	if (from_dir == to_dir) {
		change(fs, from_dir, a, b, inode);
	} else { /* two directories: the new name may be there without the old one gone */
		change(fs, to_dir, NULL, b, inode);
		change(fs, from_dir, a, NULL, 0);
	}
	return 0;
}

static int
mem_link(void *ctx, const char *from, const char *to)
{
	struct memfs *fs = ctx;
	char last[256];
	size_t dir, inode;
	int r = lookup(fs, from, &inode);

	if (r < 0 || (r = walk(fs, to, &dir, last)) < 0)
		return r;
	if (name_find(&fs->inodes[dir].names, last) != NULL)
		return -EEXIST;
	change(fs, dir, NULL, last, inode);
	return 0;
}

static int
remove_name(struct memfs *fs, const char *path, bool is_dir)
{
	char last[256];
	size_t dir, inode;
	int r = lookup(fs, path, &inode);

	if (r < 0 || (r = walk(fs, path, &dir, last)) < 0)
		return r;
	if (fs->inodes[inode].is_dir != is_dir)
		return is_dir ? -ENOTDIR : -EISDIR;
	if (is_dir && fs->inodes[inode].names.n > 0)
		return -ENOTEMPTY;
	change(fs, dir, last, NULL, 0);
	return 0;
}

static int
mem_unlink(void *ctx, const char *path)
{
	return remove_name(ctx, path, false);
}

static int
mem_rmdir(void *ctx, const char *path)
{
	return remove_name(ctx, path, true);
}

static int
mem_mkdir(void *ctx, const char *path, mode_t mode)
{
	(void)mode;
	return make(ctx, path, true);
}

static int
mem_set_mtime(void *ctx, int fd, int64_t mtime_ms)
{
	by_fd(ctx, fd)->mtime_ms = mtime_ms;
	return 0;
}

static int
mem_list(void *ctx, const char *dir, int (*each)(void *arg, const char *name), void *arg)
{
	struct memfs *fs = ctx;
	struct names d;
	size_t inode, i;
	int r = lookup(fs, dir, &inode);

	if (r < 0)
		return r;
	if (!fs->inodes[inode].is_dir)
		return -ENOTDIR;
	d = names_copy(&fs->inodes[inode].names);
	for (i = 0; i < d.n && each(arg, d.e[i].name) == 0; i++)
		;
	free(d.e);
	return 0;
}

static int
mem_realpath(void *ctx, const char *path, char *buf, size_t n)
{
	size_t inode;
	int r = lookup(ctx, path, &inode);

	if (r < 0)
		return r;
	if ((size_t)snprintf(buf, n, "%s", path) >= n)
		return -ERANGE;
	for (n = strlen(buf); n > 1 && buf[n - 1] == '/'; n--)
		buf[n - 1] = '\0';
	return 0;
}

static int
mem_lock(void *ctx, int fd, bool exclusive, bool wait)
{
	struct inode *i = by_fd(ctx, fd);

	(void)exclusive;
	if (i->locked != 0 &&
	    i->locked != 1 + (size_t)fd) /* one thread: waiting would be for ever */
		return wait ? -EDEADLK : -EAGAIN;
	i->locked = 1 + (size_t)fd;
	return 0;
}

/* ---- what tests do ---- */

struct memfs *
memfs_new(void)
{
	struct memfs *fs = calloc(1, sizeof(*fs));

	assert(fs != NULL);
	fs->clock_ms = INT64_C(1790000000000);
	fs->io = (struct sst_io){ fs, mem_open, mem_close, mem_pread, mem_write, mem_sync, mem_sync,
		mem_truncate, mem_stat, mem_fstat, mem_rename, mem_link, mem_unlink, mem_mkdir,
		mem_rmdir, mem_set_mtime, mem_list, mem_realpath, mem_lock };
	inode_new(fs, true);
	return fs;
}

static void
inode_free(struct inode *i)
{
	free(i->now);
	free(i->synced);
	free(i->names.e);
	free(i->names_synced.e);
	free(i->changes);
}

void
memfs_free(struct memfs *fs)
{
	size_t i;

	if (fs == NULL)
		return;
	for (i = 0; i < fs->ninodes; i++)
		inode_free(&fs->inodes[i]);
	free(fs->inodes);
	free(fs);
}

const struct sst_io *
memfs_io(struct memfs *fs)
{
	return &fs->io;
}

struct memfs *
memfs_copy(const struct memfs *from)
{
	struct memfs *fs = memfs_new();
	size_t i;

	inode_free(&fs->inodes[0]);
	fs->clock_ms = from->clock_ms;
	fs->ninodes = from->ninodes;
	fs->inodes = grown(fs->inodes, fs->ninodes * sizeof(*fs->inodes));
	for (i = 0; i < fs->ninodes; i++) {
		const struct inode *a = &from->inodes[i];
		struct inode *b = &fs->inodes[i];

		*b = *a;
		b->locked = 0;
		b->now = duplicate(a->now, a->now_n);
		b->synced = duplicate(a->synced, a->synced_n);
		b->names = names_copy(&a->names);
		b->names_synced = names_copy(&a->names_synced);
		b->changes = duplicate(a->changes, a->nchanges * sizeof(*a->changes));
	}
	return fs;
}

static void
cut_dir(struct memfs *fs, struct inode *d, enum memfs_cut how)
{
	struct names left = names_copy(&d->names_synced);
	size_t i, n = how == MEMFS_NONE ? 0 : d->nchanges;

	if (how == MEMFS_PREFIX)
		n = roll(fs, n + 1);
	for (i = 0; i < n; i++)
		if (how != MEMFS_TORN || roll(fs, 2) == 0)
			change_apply(&left, &d->changes[i]);
	free(d->names.e);
	free(d->names_synced.e);
	d->names = left;
	d->names_synced = names_copy(&left);
	d->nchanges = 0;
}

/* Each block that differs is new, old, or zero. */
static void
tear(struct memfs *fs, struct inode *f)
{
	size_t off;

	for (off = 0; off < f->now_n; off += BLOCK) {
		size_t n = f->now_n - off < BLOCK ? f->now_n - off : BLOCK;
		size_t had = off >= f->synced_n ? 0 : f->synced_n - off < n ? f->synced_n - off : n;

		if (had == n && memcmp(f->now + off, f->synced + off, n) == 0)
			continue;
		if (roll(fs, 2) == 0) { /* what was synced, then zeros */
			memset(f->now + off, 0, n);
			if (had > 0)
				memcpy(f->now + off, f->synced + off, had);
		}
	}
}

static void
cut_file(struct memfs *fs, struct inode *f, enum memfs_cut how)
{
	size_t n = f->now_n;

	if (how == MEMFS_NONE) {
		free(f->now);
		f->now = duplicate(f->synced, f->synced_n);
		f->now_n = f->synced_n;
	} else if (how == MEMFS_PREFIX && n > f->synced_n) { /* files here only grow */
		f->now_n = f->synced_n + roll(fs, n - f->synced_n + 1);
	} else if (how == MEMFS_TORN) {
		tear(fs, f);
		if (n > f->synced_n && roll(fs, 2) == 0)
			f->now_n = f->synced_n + roll(fs, n - f->synced_n + 1);
	}
	free(f->synced);
	f->synced = duplicate(f->now, f->now_n);
	f->synced_n = f->now_n;
}

void
memfs_power_cut(struct memfs *fs, enum memfs_cut how, unsigned seed)
{
	size_t i;

	fs->rng = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	roll(fs, 1);
	for (i = 0; i < fs->ninodes; i++) {
		fs->inodes[i].locked = 0;
		if (fs->inodes[i].is_dir)
			cut_dir(fs, &fs->inodes[i], how);
		else
			cut_file(fs, &fs->inodes[i], how);
	}
	memset(fs->fds, 0, sizeof(fs->fds));
}

void
memfs_tick(struct memfs *fs, int64_t ms)
{
	fs->clock_ms += ms;
}

size_t
memfs_nopen(const struct memfs *fs)
{
	size_t i, n = 0;

	for (i = 0; i < FDS; i++)
		n += fs->fds[i].used;
	return n;
}

static uint64_t
hash(uint64_t h, const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n-- > 0)
		h = (h ^ *b++) * UINT64_C(0x100000001b3);
	return h;
}

static uint64_t
digest(const struct memfs *fs, size_t inode)
{
	const struct inode *i = &fs->inodes[inode];
	uint64_t h = hash(UINT64_C(0xcbf29ce484222325), i->now, i->is_dir ? 0 : i->now_n), sum = 0;
	size_t k;

	for (k = 0; k < i->names.n; k++) { /* a sum, as names have no order */
		const struct entry *e = &i->names.e[k];
		uint64_t below = digest(fs, e->inode);

		sum +=
		    hash(hash(UINT64_C(0xcbf29ce484222325), e->name, strlen(e->name)), &below, 8);
	}
	return h ^ sum;
}

uint64_t
memfs_digest(const struct memfs *fs, const char *dir)
{
	size_t inode;

	return lookup(fs, dir, &inode) == 0 ? digest(fs, inode) : 0;
}
