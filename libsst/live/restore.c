/* live/restore.c: checks what comes, tells what is there already, and publishes the rest. */
#include "live/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/crc.h"
#include "live/int.h"
#include "live/lock.h"
#include "live/manifest.h"
#include "live/publish.h"
#include "sstable/reader.h"
#include "sstable/statistics.h"
#include "sstable/toc.h"

#define COPY_LEN ((size_t)1 << 20)
#define LOG_VERSION "me" /* in the log's name; the sets have each their own */

struct restore {
	const struct sst_io *io;
	const char *from, *to;
	const struct sst_restore_opts *o;
	struct sst_arena arena;
	struct sst_live in, live;  /* what comes, what is there */
	struct sst_live_scan scan; /* of `from` */
	bool *in_live, *live_in;   /* a set of one that is the other's too */
	struct sst_publish *publish;
	uint8_t *buf; /* for copies; NULL until there is one */
	struct sst_restored *done;
};

static int
path_of(char path[SST_LIVE_PATH], const char *dir, const char *base, const char *component,
    struct sst_err *e)
{
	return sst_live_path(path, dir, base, component, e);
}

/* ---- is what comes whole, and does it fit? ---- */

static int
check_left(const struct restore *r, struct sst_err *e)
{
	const struct sst_leftover *l;
	size_t i;

	for (i = 0; i < r->in.nleft; i++) {
		l = &r->in.left[i];
		if (l->why == SST_LEFT_NO_TOC &&
		    sst_live_group(&r->scan, sst_slice_str(l->name))->data)
			continue; /* as Cassandra would load it */
		return sst_fail(e, SST_EDAMAGED, r->from, SST_NOWHERE, "%s: %s", l->name,
		    l->what != NULL ? l->what : sst_left_text(l->why));
	}
	return 0;
}

static bool
has_file(const struct sst_live_group *g, struct sst_slice component)
{
	size_t i, base = strlen(g->base);

	for (i = 0; i < g->nnames; i++)
		if (sst_slice_eq(sst_slice_str(g->names[i] + base), component))
			return true;
	return false;
}

static int
check_manifest(struct restore *r, struct sst_err *e)
{
	static const char data[] = "Data.db";
	char path[SST_LIVE_PATH];
	struct sst_buf text = { 0 };
	struct sst_manifest m;
	struct sst_slice base;
	size_t i;
	int rc = -1;

	if (path_of(path, r->from, SST_MANIFEST_FILE, "", e) == -1)
		return -1;
	if (sst_io_read_file(r->io, path, SST_MANIFEST_MAX, &text, e) == -1) {
		rc = e->code == SST_ESYS && e->sys == ENOENT ? 0 : -1;
		goto out;
	}
	if (sst_manifest_parse(&m, &r->arena, sst_buf_slice(&text), path, e) == -1)
		goto out;
	for (i = 0; i < m.nfiles; i++) {
		base = sst_slice_str(m.files[i]);
		base.n -= base.n > sizeof(data) - 1 ? sizeof(data) - 1 : base.n;
		/* ScyllaDB names other components too, and Cassandra those of indexes (.i/…) */
		if (strcmp(m.files[i] + base.n, data) != 0 || memchr(base.p, '/', base.n) != NULL)
			continue;
		if (sst_live_group(&r->scan, base) == NULL) {
			sst_fail(e, SST_EDAMAGED, path, SST_NOWHERE,
			    "names %.100s, which is not there", m.files[i]);
			goto out;
		}
	}
	rc = 0;
out:
	sst_buf_free(&text);
	return rc;
}

struct toc_check {
	const struct sst_live_group *group;
	struct sst_slice missing;
};

static void
check_component(void *arg, enum sst_component c, struct sst_slice name)
{
	struct toc_check *t = arg;

	(void)c;
	if (t->missing.p == NULL && !has_file(t->group, name))
		t->missing = name;
}

static int
check_toc(struct restore *r, const struct sst_live_group *g, struct sst_err *e)
{
	struct toc_check check = { .group = g };
	char path[SST_LIVE_PATH];
	struct sst_buf text = { 0 };
	int rc = -1;

	if (!g->toc)
		return 0;
	if (path_of(path, r->from, g->base, "TOC.txt", e) == 0 &&
	    sst_io_read_file(r->io, path, SST_TOC_MAX, &text, e) == 0 &&
	    sst_toc_parse(sst_buf_slice(&text), path, check_component, &check, e) == 0)
		rc = check.missing.p == NULL
		    ? 0
		    : sst_fail(e, SST_EDAMAGED, path, SST_NOWHERE, "names %.*s, which is not there",
			  (int)check.missing.n, (const char *)check.missing.p);
	sst_buf_free(&text);
	return rc;
}

/* Its columns are the table's, and what point reads need can be opened. */
static int
check_fits(struct restore *r, const struct sst_live_group *g, struct sst_err *e)
{
	struct sst_sstable_opts opts = { .table = r->o->table };
	struct sst_sstable *t;
	struct sst_slice part;
	char path[SST_LIVE_PATH];
	int rc;

	if (path_of(path, r->from, g->base, "", e) == -1 ||
	    sst_sstable_open(&t, r->io, path, &opts, e) == -1)
		return -1;
	part = sst_sstable_statistics(t)->partitioner;
	if (sst_partitioner_is_murmur3(part) !=
	    sst_partitioner_is_murmur3(r->o->table->partitioner))
		rc = sst_fail(e, SST_EINVAL, path, SST_NOWHERE, "is of partitioner %.*s",
		    (int)part.n, (const char *)part.p);
	else
		rc = sst_sstable_load(t, e);
	sst_sstable_close(t);
	return rc;
}

static int
check(struct restore *r, struct sst_err *e)
{
	const struct sst_live_group *g;
	size_t i;

	if (check_left(r, e) == -1 || check_manifest(r, e) == -1)
		return -1;
	for (i = 0; i < r->in.nsets; i++) {
		g = sst_live_group(&r->scan, sst_slice_str(r->in.sets[i].base));
		if (check_toc(r, g, e) == -1 || check_fits(r, g, e) == -1)
			return -1;
	}
	return 0;
}

/* ---- what is there already ---- */

static int
stat_data(const struct restore *r, const char *dir, const struct sst_live_set *set,
    struct sst_stat *st, struct sst_err *e)
{
	char path[SST_LIVE_PATH];

	return path_of(path, dir, set->base, "Data.db", e) == -1 ? -1
								 : sst_io_stat(r->io, path, st, e);
}

/* A set whose Data.db is the very file that a live set has is that set. */
static int
pair(struct restore *r, struct sst_err *e)
{
	struct sst_stat *st = sst_arena_array(&r->arena, r->live.nsets + 1, sizeof(*st)), one;
	size_t i, k;

	r->in_live = sst_arena_array(&r->arena, r->in.nsets + 1, sizeof(bool));
	r->live_in = sst_arena_array(&r->arena, r->live.nsets + 1, sizeof(bool));
	if (st == NULL || r->in_live == NULL || r->live_in == NULL)
		return sst_fail_nomem(e);
	for (k = 0; k < r->live.nsets; k++) {
		r->live_in[k] = false;
		if (stat_data(r, r->to, &r->live.sets[k], &st[k], e) == -1)
			return -1;
	}
	for (i = 0; i < r->in.nsets; i++) {
		r->in_live[i] = false;
		if (stat_data(r, r->from, &r->in.sets[i], &one, e) == -1)
			return -1;
		for (k = 0; k < r->live.nsets; k++)
			if (st[k].dev == one.dev && st[k].ino == one.ino)
				r->in_live[i] = r->live_in[k] = true;
		r->done->kept += r->in_live[i];
	}
	return 0;
}

/* ---- files ---- */

static bool
no_links(const struct sst_err *e)
{
	return e->code == SST_ESYS &&
	    (e->sys == EXDEV || e->sys == EPERM || e->sys == EMLINK || e->sys == EOPNOTSUPP);
}

static int
sync_file(const struct restore *r, const char *path, uint64_t *len, struct sst_err *e)
{
	struct sst_err ignored;
	struct sst_stat st;
	int fd = sst_io_open(r->io, path, O_RDONLY, e), rc;

	if (fd == -1)
		return -1;
	rc = sst_io_fsync(r->io, fd, path, e);
	if (rc == 0 && (rc = sst_io_fstat(r->io, fd, path, &st, e)) == 0)
		*len = st.size;
	sst_io_close(r->io, fd, path, &ignored);
	return rc;
}

static int
copy_bytes(struct restore *r, int in, const char *from, int out, const char *to, uint32_t *crc,
    struct sst_err *e)
{
	struct sst_stat st;
	uint64_t off;
	size_t n;

	*crc = 0;
	if (r->buf == NULL && (r->buf = malloc(COPY_LEN)) == NULL)
		return sst_fail_nomem(e);
	if (sst_io_fstat(r->io, in, from, &st, e) == -1)
		return -1;
	for (off = 0; off < st.size; off += n) {
		n = st.size - off < COPY_LEN ? (size_t)(st.size - off) : COPY_LEN;
		if (sst_io_read(r->io, in, from, r->buf, n, off, e) == -1 ||
		    sst_io_write(r->io, out, to, r->buf, n, e) == -1)
			return -1;
		*crc = sst_crc32(*crc, r->buf, n);
		r->done->copied_bytes += n;
		if (r->o->progress != NULL)
			r->o->progress(r->o->arg, n);
	}
	return sst_io_fsync(r->io, out, to, e);
}

static int
copy_file(struct restore *r, const char *from, const char *to, int flags, uint32_t *crc,
    struct sst_err *e)
{
	struct sst_err ignored;
	int in, out, rc = -1;

	*crc = 0;
	if ((in = sst_io_open(r->io, from, O_RDONLY, e)) == -1)
		return -1;
	if ((out = sst_io_open(r->io, to, O_WRONLY | flags, e)) != -1) {
		rc = copy_bytes(r, in, from, out, to, crc, e);
		if (sst_io_close(r->io, out, to, rc == 0 ? e : &ignored) == -1)
			rc = -1;
	}
	sst_io_close(r->io, in, from, &ignored);
	return rc;
}

/* What was copied is compared with what its writer counted. */
static int
check_digest(struct restore *r, const struct sst_live_group *g, uint32_t crc, struct sst_err *e)
{
	char path[SST_LIVE_PATH];
	struct sst_buf text = { 0 };
	uint32_t want;
	int rc = -1;

	if (!has_file(g, SST_SLICE_LIT("Digest.crc32")))
		return 0;
	if (path_of(path, r->from, g->base, "Digest.crc32", e) == 0 &&
	    sst_io_read_file(r->io, path, 64, &text, e) == 0 &&
	    sst_digest_parse(&want, sst_buf_slice(&text), path, e) == 0)
		rc = want == crc ? 0
				 : sst_fail(e, SST_EDAMAGED, path, SST_NOWHERE,
				       "says %u, the bytes of Data.db have %u", want, crc);
	sst_buf_free(&text);
	return rc;
}

static int
take_file(struct restore *r, const struct sst_live_group *g, const char *component,
    const char *base, struct sst_err *e)
{
	char from[SST_LIVE_PATH], to[SST_LIVE_PATH];
	uint64_t len = 0;
	uint32_t crc;

	if (path_of(from, r->from, g->base, component, e) == -1 ||
	    path_of(to, r->to, base, component, e) == -1)
		return -1;
	if (sst_io_link(r->io, from, to, e) == 0) {
		if (sync_file(r, to, &len, e) == -1)
			return -1;
		r->done->linked_bytes += len;
		return 0;
	}
	if (!no_links(e) || copy_file(r, from, to, O_CREAT | O_EXCL, &crc, e) == -1)
		return -1;
	return strcmp(component, "Data.db") == 0 ? check_digest(r, g, crc, e) : 0;
}

/* Where there is none, as in some snapshots of Cassandra, of what files there are. */
static int
make_toc(struct restore *r, const struct sst_live_group *g, const char *to, struct sst_err *e)
{
	struct sst_buf text = { 0 };
	struct sst_err ignored;
	size_t i;
	int fd, rc = -1;

	for (i = 0; i < g->nnames; i++)
		if (!g->toc_tmp || strcmp(g->names[i] + strlen(g->base), "TOC.txt.tmp") != 0)
			sst_buf_addf(&text, "%s\n", g->names[i] + strlen(g->base));
	sst_buf_adds(&text, "TOC.txt\n");
	if (text.bad)
		sst_fail_nomem(e);
	else if ((fd = sst_io_open(r->io, to, O_WRONLY | O_TRUNC, e)) != -1) {
		if (sst_io_write(r->io, fd, to, text.p, text.n, e) == 0)
			rc = sst_io_fsync(r->io, fd, to, e);
		if (sst_io_close(r->io, fd, to, rc == 0 ? e : &ignored) == -1)
			rc = -1;
	}
	sst_buf_free(&text);
	return rc;
}

static int
take_toc(struct restore *r, const struct sst_live_group *g, const char *base, struct sst_err *e)
{
	char from[SST_LIVE_PATH], to[SST_LIVE_PATH];
	uint32_t crc;

	if (path_of(from, r->from, g->base, "TOC.txt", e) == -1 ||
	    path_of(to, r->to, base, "TOC.txt.tmp", e) == -1)
		return -1;
	return g->toc ? copy_file(r, from, to, O_TRUNC, &crc, e) : make_toc(r, g, to, e);
}

static int
take_set(struct restore *r, const struct sst_live_set *set, struct sst_err *e)
{
	const struct sst_live_group *g = sst_live_group(&r->scan, sst_slice_str(set->base));
	const char *base, *component;
	struct sst_name name;
	char first[256];
	size_t i;

	snprintf(first, sizeof(first), "%s", g->names[0]);
	if (!sst_name_parse(&name, first))
		return sst_fail(e, SST_EINVAL, r->from, SST_NOWHERE, "%s is no name", first);
	if (sst_publish_add_as(r->publish, name.version, name.format,
		(int32_t)(g->nnames + !g->toc), &base, e) == -1)
		return -1;
	for (i = 0; i < g->nnames; i++) {
		component = g->names[i] + strlen(g->base);
		if (strncmp(component, "TOC.txt", 7) != 0 &&
		    take_file(r, g, component, base, e) == -1)
			return -1;
	}
	if (take_toc(r, g, base, e) == -1 || sst_publish_ready(r->publish, base, e) == -1)
		return -1;
	r->done->added++;
	return 0;
}

/* ---- all of it ---- */

static int
publish(struct restore *r, bool *done, struct sst_err *e)
{
	struct sst_publish_opts how = { .version = LOG_VERSION, .type = "write" };
	size_t i;
	int rc = -1;

	how.now_us = r->o->now_us;
	memcpy(how.random, r->o->random, sizeof(how.random));
	if (sst_publish_begin(&r->publish, r->io, r->to, &how, e) == -1)
		return -1;
	for (i = 0; i < r->in.nsets; i++)
		if (!r->in_live[i] && take_set(r, &r->in.sets[i], e) == -1)
			goto out;
	for (i = 0; r->o->exact && i < r->live.nsets; i++) {
		if (r->live_in[i])
			continue;
		if (sst_publish_remove(r->publish, r->live.sets[i].base, e) == -1)
			goto out;
		r->done->removed++;
	}
	rc = sst_publish_commit(r->publish, done, e);
out:
	sst_publish_close(r->publish);
	return rc;
}

static int
restore(struct restore *r, bool *done, struct sst_err *e)
{
	struct sst_live_folder in = { r->io, r->from, true }, to = { r->io, r->to, false };

	if (sst_live_list(&r->in, &r->arena, &in, e) == -1 ||
	    sst_live_scan(&r->scan, &r->arena, r->io, r->from, e) == -1 || check(r, e) == -1 ||
	    sst_live_list(&r->live, &r->arena, &to, e) == -1 || pair(r, e) == -1)
		return -1;
	if (r->done->kept == r->in.nsets && (!r->o->exact || r->live.nsets == r->in.nsets))
		return 0;
	return publish(r, done, e);
}

int
sst_restore(struct sst_restored *out, bool *done, const struct sst_io *io, const char *from,
    const char *to, const struct sst_restore_opts *o, struct sst_err *e)
{
	struct restore r = { .io = io, .from = from, .to = to, .o = o, .done = out };
	struct sst_lock lock = { .fd = -1 };
	int rc;

	*out = (struct sst_restored){ 0 };
	*done = false;
	if (sst_lock_take(&lock, io, to, SST_COMPACT_LOCK, o->wait, e) == -1)
		return -1;
	rc = restore(&r, done, e);
	sst_lock_drop(&lock);
	sst_arena_free(&r.arena);
	free(r.buf);
	return rc;
}
