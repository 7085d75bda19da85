/*
 * tests/fuzz/package.c: data packages on any bytes: a zip where they begin like one, else the files of a
 * folder, each after a line "=PATH".  No file but the package is opened.
 * covers: libsst/msg/zip.c libsst/msg/bundle.c libsst/msg/package.c
 */
#define _GNU_SOURCE /* memmem */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>

#include "msg/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILES 64
#define NAME_MAX_LEN 64

struct disk { /* a file, or a folder of files */
	struct sst_slice zip;
	struct {
		char name[NAME_MAX_LEN];
		struct sst_slice bytes;
	} file[FILES];
	size_t n;
	int open;
};

/* "p" is the package; "p/x" a file or folder in it. */
static const char *
inside(const char *path)
{
	assert(path[0] == 'p' && (path[1] == '\0' || path[1] == '/'));
	return path[1] == '/' ? path + 2 : path + 1;
}

static int
find(const struct disk *d, const char *path)
{
	const char *name = inside(path);
	size_t i;

	if (d->zip.p != NULL)
		return *name == '\0' ? 0 : -1;
	for (i = 0; i < d->n; i++)
		if (strcmp(d->file[i].name, name) == 0)
			return (int)i;
	return -1;
}

static struct sst_slice
bytes_of(const struct disk *d, int i)
{
	return d->zip.p != NULL ? d->zip : d->file[i].bytes;
}

static int
fake_open(void *ctx, const char *path, int flags, mode_t mode)
{
	struct disk *d = ctx;
	int i = find(d, path);

	(void)mode;
	assert((flags & (O_WRONLY | O_RDWR | O_CREAT)) == 0);
	d->open += i >= 0;
	return i >= 0 ? i : -ENOENT;
}

static int
fake_close(void *ctx, int fd)
{
	(void)fd;
	((struct disk *)ctx)->open--;
	return 0;
}

static ssize_t
fake_pread(void *ctx, int fd, void *buf, size_t n, uint64_t off)
{
	struct sst_slice s = bytes_of(ctx, fd);

	if (off >= s.n)
		return 0;
	n = n < s.n - off ? n : (size_t)(s.n - off);
	memcpy(buf, s.p + off, n);
	return (ssize_t)n;
}

static int
fake_fstat(void *ctx, int fd, struct sst_stat *st)
{
	*st = (struct sst_stat){ .size = bytes_of(ctx, fd).n };
	return 0;
}

/* The next name in a folder of a path that lies in it; 0: it does not. */
static size_t
next_name(const char *folder, const char *path, const char **name)
{
	size_t n = strlen(folder);

	if (strncmp(path, folder, n) != 0)
		return 0;
	*name = path + n;
	return strcspn(*name, "/");
}

static int
fake_stat(void *ctx, const char *path, struct sst_stat *st)
{
	struct disk *d = ctx;
	char folder[NAME_MAX_LEN + 2];
	const char *name = inside(path), *rest;
	int i = find(d, path);
	size_t j, n = strlen(name);

	*st = (struct sst_stat){ .size = i >= 0 ? bytes_of(d, i).n : 0 };
	if (i >= 0)
		return 0;
	st->is_dir = true;
	if (n == 0)
		return 0;
	memcpy(folder, name, n);
	memcpy(folder + n, "/", 2);
	for (j = 0; j < d->n; j++)
		if (next_name(folder, d->file[j].name, &rest) > 0)
			return 0;
	return -ENOENT;
}

static int
fake_list(void *ctx, const char *path, int (*each)(void *arg, const char *name), void *arg)
{
	struct disk *d = ctx;
	const char *folder = inside(path), *name;
	char one[NAME_MAX_LEN];
	size_t i, n;

	for (i = 0; i < d->n; i++) {
		n = next_name(folder, d->file[i].name, &name);
		if (n == 0)
			continue;
		memcpy(one, name, n);
		one[n] = '\0';
		if (each(arg, one) != 0)
			break;
	}
	return 0;
}

static void
fill(struct disk *d, struct sst_slice s)
{
	const uint8_t *end, *next;
	size_t n;

	if (s.n >= 2 && memcmp(s.p, "PK", 2) == 0)
		d->zip = s;
	while (d->zip.p == NULL && d->n < FILES && s.n > 1 && s.p[0] == '=') {
		end = memchr(s.p, '\n', s.n);
		n = end != NULL ? (size_t)(end - s.p) - 1 : 0;
		if (n == 0 || n >= NAME_MAX_LEN || memchr(s.p, 0, n) != NULL)
			break;
		memcpy(d->file[d->n].name, s.p + 1, n);
		s.p += n + 2;
		s.n -= n + 2;
		next = memmem(s.p, s.n, "\n=", 2);
		n = next != NULL ? (size_t)(next - s.p) : s.n;
		d->file[d->n++].bytes = (struct sst_slice){ s.p, n };
		s.p += n + (next != NULL);
		s.n -= n + (next != NULL);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct disk d = { 0 };
	struct sst_io io = { .ctx = &d,
		.open = fake_open,
		.close = fake_close,
		.pread = fake_pread,
		.stat = fake_stat,
		.fstat = fake_fstat,
		.list = fake_list };
	struct sst_import_opts opts = { .channel = -1, .author_id = (int64_t)(size % 3) - 1 };
	struct sst_leftout leftout = { 0 };
	struct sst_import *i;
	struct sst_message m;
	struct sst_err e;
	int r;

	fill(&d, (struct sst_slice){ data, size });
	assert(sst_import_new(&i, &opts, &leftout, &e) == 0);
	if (sst_import_package(i, &io, "p", &e) == 0) {
		while ((r = sst_import_next(i, &m, &e)) != 0) {
			if (r == SST_ONE)
				assert(
				    m.has_id && m.has_channel && m.value[SST_MSG_AUTHOR_ID].n == 8);
			else if (e.code == SST_ESYS) /* the bytes of the zip end */
				break;
		}
	}
	sst_import_free(i);
	assert(d.open == 0);
	return 0;
}
