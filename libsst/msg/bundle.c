/* libsst/msg/bundle.c: a zip, or a list of paths under a folder. */
#include "msg/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "msg/zip.h"

struct sst_bundle {
	const struct sst_io *io;
	const char *path;
	struct sst_zip *zip;    /* NULL: a folder */
	struct sst_arena arena; /* of names */
	struct sst_buf names;   /* of const char *, in order */
	size_t nfolders;        /* listed */
	int fd;                 /* of the file at hand, in a folder */
	uint64_t off, size;
	char open[4096]; /* its path */
};

struct listing { /* one folder, as it is listed */
	struct sst_bundle *b;
	const char *within; /* "" or "Messages/c123/" */
	struct sst_buf folders;
	bool nomem;
};

static bool
ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

static bool
add_name(struct sst_buf *to, const char *name)
{
	sst_buf_add(to, &name, sizeof(name));
	return !to->bad;
}

static int
list_one(void *arg, const char *name)
{
	struct listing *l = arg;
	size_t n = strlen(l->within), m = strlen(name);
	char *full = sst_arena_alloc(&l->b->arena, n + m + 2);
	bool file = ends_in(name, ".json") || ends_in(name, ".csv");

	if (full == NULL) {
		l->nomem = true;
		return 1;
	}
	memcpy(full, l->within, n);
	memcpy(full + n, name, m + 1);
	if (!add_name(file ? &l->b->names : &l->folders, full))
		l->nomem = true;
	return l->nomem;
}

/* "DIR/within", into b->open; false when it is too long to be opened. */
static bool
make_path(struct sst_bundle *b, const char *within)
{
	int n = snprintf(b->open, sizeof(b->open), "%s/%s", b->path, within);

	return n >= 0 && (size_t)n < sizeof(b->open);
}

static int list_folder(struct sst_bundle *b, const char *within, int depth, struct sst_err *e);

/* What is no .json and no .csv is looked into, if it is a folder: a link is as good as one, and the
 * depth ends what goes in circles. */
static int
list_within(struct sst_bundle *b, char *name, int depth, struct sst_err *e)
{
	struct sst_stat st;
	size_t n = strlen(name);

	if (!make_path(b, name))
		return sst_fail(e, SST_ELIMIT, b->path, SST_NOWHERE, "a path in it is too long");
	if (sst_io_stat(b->io, b->open, &st, e) == -1) /* a link may lead nowhere */
		return e->code == SST_ESYS && (e->sys == ENOENT || e->sys == ELOOP) ? 0 : -1;
	if (!st.is_dir)
		return 0;
	name[n] = '/'; /* list_one left room */
	name[n + 1] = '\0';
	return list_folder(b, name, depth + 1, e);
}

static int
list_folder(struct sst_bundle *b, const char *within, int depth, struct sst_err *e)
{
	struct listing l = { .b = b, .within = within };
	char **folder;
	size_t i, n;
	int r = -1;

	if (depth > SST_BUNDLE_DEPTH || !make_path(b, within))
		return 0;
	if (++b->nfolders > SST_BUNDLE_FOLDERS) /* links that go in circles */
		return sst_fail(e, SST_ELIMIT, b->path, SST_NOWHERE, "more than %d folders",
		    SST_BUNDLE_FOLDERS);
	if (sst_io_list(b->io, b->open, list_one, &l, e) == -1)
		goto out;
	if (l.nomem) {
		sst_fail_nomem(e);
		goto out;
	}
	folder = (char **)(void *)l.folders.p;
	n = l.folders.n / sizeof(*folder);
	for (i = 0, r = 0; i < n && r == 0; i++)
		r = list_within(b, folder[i], depth, e);
out:
	sst_buf_free(&l.folders);
	return r;
}

static int
list_zip(struct sst_bundle *b, struct sst_err *e)
{
	uint64_t i, n = sst_zip_count(b->zip);
	const char *name;

	for (i = 0; i < n; i++) {
		name = sst_zip_name(b->zip, i);
		if (!add_name(&b->names, name != NULL ? name : ""))
			return sst_fail_nomem(e);
	}
	return 0;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
fill(struct sst_bundle *b, struct sst_err *e)
{
	struct sst_stat st;

	if (sst_io_stat(b->io, b->path, &st, e) == -1)
		return -1;
	if (!st.is_dir)
		return sst_zip_open(&b->zip, b->io, b->path, e) == -1 ? -1 : list_zip(b, e);
	if (list_folder(b, "", 0, e) == -1)
		return -1;
	if (b->names.n > 0) /* a folder has no order */
		qsort(b->names.p, b->names.n / sizeof(char *), sizeof(char *), compare);
	return 0;
}

int
sst_bundle_open(
    struct sst_bundle **out, const struct sst_io *io, const char *path, struct sst_err *e)
{
	struct sst_bundle *b = calloc(1, sizeof(*b));

	*out = NULL;
	if (b == NULL)
		return sst_fail_nomem(e);
	b->io = io;
	b->path = path;
	b->fd = -1;
	if (fill(b, e) == -1) {
		sst_bundle_close(b);
		return -1;
	}
	*out = b;
	return 0;
}

static void
end(struct sst_bundle *b)
{
	struct sst_err e;

	if (b->fd != -1)
		(void)sst_io_close(b->io, b->fd, b->open, &e);
	b->fd = -1;
}

void
sst_bundle_close(struct sst_bundle *b)
{
	if (b == NULL)
		return;
	end(b);
	sst_zip_close(b->zip);
	sst_arena_free(&b->arena);
	sst_buf_free(&b->names);
	free(b);
}

size_t
sst_bundle_count(const struct sst_bundle *b)
{
	return b->names.n / sizeof(char *);
}

const char *
sst_bundle_name(const struct sst_bundle *b, size_t i)
{
	return ((const char *const *)(const void *)b->names.p)[i];
}

int
sst_bundle_begin(struct sst_bundle *b, size_t i, struct sst_err *e)
{
	struct sst_stat st;

	if (b->zip != NULL)
		return sst_zip_begin(b->zip, i, e);
	end(b);
	if (!make_path(b, sst_bundle_name(b, i)))
		return sst_fail(e, SST_ELIMIT, NULL, SST_NOWHERE, "its path is too long");
	/* a pipe that lies there is not waited for */
	b->fd = sst_io_open(b->io, b->open, O_RDONLY | O_NONBLOCK, e);
	if (b->fd == -1 || sst_io_fstat(b->io, b->fd, b->open, &st, e) == -1)
		return -1;
	b->off = 0;
	b->size = st.is_dir ? 0 : st.size;
	return 0;
}

int
sst_bundle_read(void *ctx, void *buf, size_t n, size_t *got, struct sst_err *e)
{
	struct sst_bundle *b = ctx;

	if (b->zip != NULL)
		return sst_zip_read(b->zip, buf, n, got, e);
	*got = b->size - b->off < n ? (size_t)(b->size - b->off) : n;
	if (sst_io_read(b->io, b->fd, b->open, buf, *got, b->off, e) == -1)
		return -1;
	b->off += *got;
	return 0;
}
