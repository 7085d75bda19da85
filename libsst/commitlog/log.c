/*
 * libsst/commitlog/log.c: `buf` holds what follows the file's first `written` bytes: sections that
 * could not be written yet, and at its end the one that is still open, whose marker is filled in
 * when it is closed.  A write is all of it.  One that fails is taken back by a truncate, as the file
 * must never have a gap: readers stop there.
 */
#include "commitlog/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "codec/crc.h"
#include "codec/out.h"
#include "commitlog/segment.h"

#define PATH 4096
#define NO_SECTION SIZE_MAX
#define SUFFIX_MAX 16  /* of a segment set aside, with its NUL */
#define ID_TRIES 10000 /* other shards take ids too */

struct sst_log {
	const struct sst_io *io;
	const char *dir;
	struct sst_log_opts opts;
	char path[PATH]; /* of the segment, when fd is not -1 */
	int fd;
	uint64_t id;                 /* of the segment, or the largest seen */
	uint64_t after;              /* no append goes into a segment up to this id */
	uint64_t written;            /* bytes of the file */
	bool unsynced;               /* some of them are not known to be durable */
	struct sst_buf buf;          /* what comes after them */
	size_t section;              /* where in buf the open section begins, or NO_SECTION */
	size_t undo_n, undo_section; /* buf before the last append */
	bool stuck;                  /* the last write failed */
	bool dead;          /* a sync failed: nothing after the last good one is believed */
	struct sst_err why; /* it is dead */
	bool syncing;       /* between the two calls of a sync; buf begins with its mark, or: */
	uint64_t begun;     /* with write_on: what was written when it began */
	int late_fd;        /* of a segment that ended in between, or -1 */
	struct sst_logpos synced;
};

static int
see_name(void *arg, const char *name)
{
	uint64_t *largest = arg, id;
	uint32_t version;
	const char *rest;

	if (sst_segment_parse_name(name, &version, &id, &rest) && id > *largest)
		*largest = id;
	return 0;
}

int
sst_log_open(struct sst_log **out, const struct sst_io *io, const char *dir,
    const struct sst_log_opts *opts, struct sst_err *e)
{
	struct sst_log *log = calloc(1, sizeof(*log));
	int r = -1;

	*out = NULL;
	if (log == NULL)
		return sst_fail_nomem(e);
	log->io = io;
	log->dir = dir;
	log->opts = *opts;
	log->fd = log->late_fd = -1;
	log->section = NO_SECTION;
	if (log->opts.segment_size == 0)
		log->opts.segment_size = SST_LOG_SEGMENT;
	if (log->opts.now_ms == NULL)
		log->opts.now_ms = sst_now_ms_of;
	if (log->opts.segment_size < SST_LOG_SEGMENT_MIN ||
	    log->opts.segment_size > SST_LOG_SEGMENT_MAX)
		sst_fail(e, SST_EINVAL, dir, SST_NOWHERE, "segments of %u bytes: want %u to %u",
		    log->opts.segment_size, SST_LOG_SEGMENT_MIN, SST_LOG_SEGMENT_MAX);
	else if (strlen(dir) + 1 + SST_SEGMENT_NAME + SUFFIX_MAX > PATH)
		sst_fail(e, SST_ELIMIT, dir, SST_NOWHERE, "path too long");
	else
		r = sst_io_list(io, dir, see_name, &log->id, e);
	if (r == -1) {
		free(log);
		return -1;
	}
	*out = log;
	return 0;
}

static int
check_alive(const struct sst_log *log, struct sst_err *e)
{
	if (!log->dead)
		return 0;
	*e = log->why;
	snprintf(e->what, sizeof(e->what),
	    "the commit log takes nothing before a restart, since this failed: %.80s",
	    log->why.what);
	return -1;
}

/* For good: the kernel may by now count as clean what never reached the disk. */
static int
die(struct sst_log *log, const struct sst_err *why)
{
	if (!log->dead)
		log->why = *why;
	log->why.doubt = log->dead = true;
	return -1;
}

/* The file, whose name is made durable before anything relies on it. */
static int
create(struct sst_log *log, struct sst_err *e)
{
	int64_t now = log->opts.now_ms(log->opts.arg);
	char name[SST_SEGMENT_NAME];
	struct sst_err ignored;
	int tries, fd = -1;
	uint64_t id;

	for (tries = 0; tries < ID_TRIES && fd == -1; tries++) {
		if (log->id >= INT64_MAX || log->after >= INT64_MAX)
			return sst_fail(e, SST_ELIMIT, log->dir, SST_NOWHERE, "no segment id left");
		id = (log->id > log->after ? log->id : log->after) + 1;
		if (now > 0 && (uint64_t)now > id)
			id = (uint64_t)now;
		sst_segment_name(name, id);
		snprintf(log->path, PATH, "%s/%s", log->dir, name);
		fd = sst_io_open(log->io, log->path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND, e);
		if (fd == -1 && (e->code != SST_ESYS || e->sys != EEXIST))
			return -1;
		log->id = id;
	}
	if (fd == -1)
		return -1;
	if (sst_io_sync_dir(log->io, log->dir, e) == -1) {
		/* without a descriptor nothing was tried; after a failed sync nothing is believed */
		if (e->code != SST_ESYS || (e->sys != EMFILE && e->sys != ENFILE))
			die(log, e);
		sst_io_close(log->io, fd, log->path, &ignored);
		sst_io_unlink(log->io, log->path, &ignored);
		return -1;
	}
	log->fd = fd;
	log->written = 0;
	log->section = NO_SECTION;
	sst_buf_reset(&log->buf);
	sst_segment_put_header(&log->buf, log->id, log->opts.shard, log->opts.shards);
	if (log->buf.bad) {
		log->fd = -1;
		sst_io_close(log->io, fd, log->path, &ignored);
		sst_io_unlink(log->io, log->path, &ignored);
		return sst_fail_nomem(e);
	}
	return 0;
}

static void
close_section(struct sst_log *log)
{
	if (log->section == NO_SECTION)
		return;
	sst_marker_put(log->buf.p + log->section, log->id, (uint32_t)(log->written + log->section),
	    (uint32_t)(log->written + log->buf.n));
	log->section = NO_SECTION;
}

int
sst_log_write(struct sst_log *log, struct sst_err *e)
{
	struct sst_err second;

	if (check_alive(log, e) == -1)
		return -1;
	if (log->fd == -1 || log->buf.n == 0 || (log->syncing && !log->opts.write_on))
		return 0;
	close_section(log);
	if (sst_io_write(log->io, log->fd, log->path, log->buf.p, log->buf.n, e) == -1) {
		log->stuck = true;
		if (sst_io_truncate(log->io, log->fd, log->path, log->written, &second) == -1)
			die(log, &second); /* half a section is there: nothing may follow */
		return -1;
	}
	log->stuck = false;
	log->unsynced = true;
	log->written += log->buf.n;
	log->buf.n = 0;
	return 0;
}

/*
 * The mark that says that all before it is durable.  It is put in front of what is appended while the
 * sync goes on, and written when that went well.
 */
static int
put_mark(struct sst_log *log, struct sst_err *e)
{
	uint32_t pos = (uint32_t)log->written;

	if (!sst_buf_room(&log->buf, SST_MARKER_LEN)) {
		log->buf.bad = false;
		return sst_fail_nomem(e);
	}
	sst_marker_put(log->buf.p, log->id, pos, pos + SST_MARKER_LEN);
	log->buf.n = SST_MARKER_LEN;
	return 0;
}

int
sst_log_sync_begin(struct sst_log *log, int *fd, struct sst_err *e)
{
	*fd = -1;
	if (check_alive(log, e) == -1)
		return -1;
	if (log->syncing || log->late_fd != -1)
		return sst_fail(e, SST_EINVAL, log->dir, SST_NOWHERE, "a sync is under way");
	if (sst_log_write(log, e) == -1)
		return -1;
	if (log->fd == -1 || !log->unsynced)
		return 0;
	if (!log->opts.write_on && put_mark(log, e) == -1)
		return -1;
	log->syncing = true;
	log->begun = log->written;
	*fd = log->fd;
	return SST_ONE;
}

/* All that was written when it began is durable.  The mark may as well go with the next write when it does not go
 * now, and by itself it is nothing that anybody waits for. */
static void
synced(struct sst_log *log)
{
	struct sst_err ignored;
	bool alone;

	log->syncing = false;
	log->unsynced = log->written > log->begun;
	log->synced = (struct sst_logpos){ log->id, log->begun };
	if (log->opts.write_on && !log->unsynced && log->buf.n == 0 &&
	    put_mark(log, &ignored) == -1)
		return;
	alone = log->buf.n == SST_MARKER_LEN;
	if (sst_log_write(log, &ignored) == 0 && alone)
		log->unsynced = false;
}

static int
close_late(struct sst_log *log, struct sst_err *e)
{
	int fd = log->late_fd;

	log->late_fd = -1;
	return sst_io_close(log->io, fd, log->dir, e) == -1 ? die(log, e) : 0;
}

int
sst_log_sync_end(struct sst_log *log, int result, struct sst_err *e)
{
	if (result < 0) {
		sst_fail(e, SST_ESYS, log->path, SST_NOWHERE, "cannot sync");
		e->sys = -result;
		die(log, e);
		log->syncing = false;
	}
	if (log->late_fd != -1 && close_late(log, e) == -1)
		return -1;
	if (check_alive(log, e) == -1)
		return -1;
	if (log->syncing)
		synced(log);
	return 0;
}

static int
sync_file(struct sst_log *log, struct sst_err *e)
{
	return sst_io_fdatasync(log->io, log->fd, log->path, e) == -1 ? die(log, e) : 0;
}

static int
sync_now(struct sst_log *log, struct sst_err *e)
{
	if (sync_file(log, e) == -1)
		return -1;
	log->begun = log->written;
	synced(log);
	return 0;
}

int
sst_log_sync(struct sst_log *log, struct sst_err *e)
{
	int fd, r = sst_log_sync_begin(log, &fd, e);

	if (r == SST_ONE && (r = sync_now(log, e)) == -1)
		log->syncing = false; /* nobody else has the descriptor */
	return r;
}

/* The segment's end.  Its last mark is synced too: whoever finds a successor may insist on it. */
static int
finish(struct sst_log *log, struct sst_err *e)
{
	int fd = log->fd;
	bool late = log->syncing; /* whoever began this sync has the descriptor */

	if (fd == -1)
		return 0;
	if (late && sync_now(log, e) == -1)
		return -1;
	if (sst_log_sync(log, e) == -1 || sst_log_write(log, e) == -1 || sync_file(log, e) == -1)
		return -1;
	log->fd = -1;
	if (late)
		log->late_fd = fd;
	else if (sst_io_close(log->io, fd, log->path, e) == -1)
		return die(log, e);
	return 0;
}

/* What the segment will have with an entry of n bytes and the mark after it. */
static uint64_t
length_with(const struct sst_log *log, size_t n)
{
	return log->written + log->buf.n + (log->section == NO_SECTION ? SST_MARKER_LEN : 0) + n +
	    SST_ENTRY_OVERHEAD + SST_MARKER_LEN;
}

/* A segment with room for n bytes, and memory for them. */
static int
prepare(struct sst_log *log, size_t n, struct sst_err *e)
{
	bool stale = log->fd != -1 && log->id <= log->after;

	if (log->late_fd != -1 && (stale || length_with(log, n) > log->opts.segment_size))
		return sst_fail(e, SST_EBUSY, log->dir, SST_NOWHERE,
		    "a whole segment was filled while a sync goes on");
	if ((log->stuck || log->buf.n >= SST_LOG_BUFFER) && sst_log_write(log, e) == -1)
		return -1;
	if (log->fd != -1 && (stale || length_with(log, n) > log->opts.segment_size) &&
	    finish(log, e) == -1)
		return -1;
	if (log->fd == -1 && create(log, e) == -1)
		return -1;
	if (!sst_buf_room(&log->buf, SST_MARKER_LEN + SST_ENTRY_OVERHEAD + n)) {
		log->buf.bad = false;
		return sst_fail_nomem(e);
	}
	return 0;
}

int
sst_log_append(
    struct sst_log *log, struct sst_slice mutation, struct sst_logpos *end, struct sst_err *e)
{
	uint32_t len = __builtin_bswap32((uint32_t)mutation.n), crc;

	if (end != NULL)
		*end = (struct sst_logpos){ 0, 0 };
	if (check_alive(log, e) == -1)
		return -1;
	if (mutation.n > log->opts.segment_size / 2 - SST_ENTRY_OVERHEAD)
		return sst_fail(e, SST_ELIMIT, log->dir, SST_NOWHERE,
		    "a write of %zu bytes, more than half a commit log segment: at most %u",
		    mutation.n, log->opts.segment_size / 2 - SST_ENTRY_OVERHEAD);
	if (mutation.n < SST_ENTRY_MIN)
		return sst_fail(e, SST_EINVAL, log->dir, SST_NOWHERE,
		    "%zu bytes are no mutation: at least %d", mutation.n, SST_ENTRY_MIN);
	if (prepare(log, mutation.n, e) == -1)
		return -1;
	log->undo_n = log->buf.n;
	log->undo_section = log->section;
	if (log->section == NO_SECTION) {
		log->section = log->buf.n;
		log->buf.n += SST_MARKER_LEN; /* filled in when the section is closed */
	}
	crc = sst_crc32(0, &len, sizeof(len));
	sst_buf_add(&log->buf, &len, sizeof(len));
	sst_put_u32(&log->buf, crc);
	sst_buf_add_slice(&log->buf, mutation);
	sst_put_u32(&log->buf, sst_crc32(crc, mutation.p, mutation.n));
	if (end != NULL)
		*end = (struct sst_logpos){ log->id, log->written + log->buf.n };
	return 0;
}

void
sst_log_begin_after(struct sst_log *log, uint64_t id)
{
	if (id > log->after)
		log->after = id;
}

void
sst_log_undo(struct sst_log *log)
{
	log->buf.n = log->undo_n;
	log->section = log->undo_section;
}

struct sst_logpos
sst_log_written(const struct sst_log *log)
{
	return log->fd == -1 ? log->synced : (struct sst_logpos){ log->id, log->written };
}

struct sst_logpos
sst_log_synced(const struct sst_log *log)
{
	return log->synced;
}

uint64_t
sst_log_unsynced(const struct sst_log *log)
{
	bool same = log->synced.segment == log->id;

	if (log->fd == -1 || !log->unsynced)
		return 0;
	return log->written - (same ? log->synced.offset : 0);
}

int
sst_log_close(struct sst_log *log, struct sst_err *e)
{
	struct sst_err ignored;
	int r = 0;

	if (log == NULL)
		return 0;
	if (log->fd != -1 && (r = log->dead ? check_alive(log, e) : finish(log, e)) == -1 &&
	    log->fd != -1)
		sst_io_close(log->io, log->fd, log->path, &ignored);
	sst_buf_free(&log->buf);
	free(log);
	return r;
}

/* The path of a segment that is not the one being written. */
static int
path_of(const struct sst_log *log, const char *name, char path[PATH], struct sst_err *e)
{
	if (strlen(name) >= SST_SEGMENT_NAME)
		return sst_fail(e, SST_EINVAL, name, SST_NOWHERE, "is no segment's name");
	snprintf(path, PATH, "%s/%s", log->dir, name);
	if (log->fd != -1 && strcmp(path, log->path) == 0)
		return sst_fail(e, SST_EINVAL, path, SST_NOWHERE, "segment is being written");
	return 0;
}

int
sst_log_discard(struct sst_log *log, const char *name, struct sst_err *e)
{
	char path[PATH];

	if (path_of(log, name, path, e) == -1)
		return -1;
	if (sst_io_unlink(log->io, path, e) == -1 && (e->code != SST_ESYS || e->sys != ENOENT))
		return -1;
	return sst_io_sync_dir(log->io, log->dir, e);
}

int
sst_log_set_aside(struct sst_log *log, const char *name, const char *suffix, struct sst_err *e)
{
	char path[PATH], aside[PATH + SUFFIX_MAX];

	if (path_of(log, name, path, e) == -1)
		return -1;
	snprintf(aside, sizeof(aside), "%s%.15s", path, suffix);
	if (sst_io_rename(log->io, path, aside, e) == -1 &&
	    (e->code != SST_ESYS || e->sys != ENOENT))
		return -1;
	return sst_io_sync_dir(log->io, log->dir, e);
}

int
sst_log_keep(struct sst_log *log, const char *name, struct sst_err *e)
{
	struct sst_err ignored;
	char path[PATH];
	int fd, r;

	if (path_of(log, name, path, e) == -1 ||
	    (fd = sst_io_open(log->io, path, O_RDONLY, e)) == -1)
		return -1;
	r = sst_io_fsync(log->io, fd, path, e);
	sst_io_close(log->io, fd, path, &ignored);
	return r == -1 ? -1 : sst_io_sync_dir(log->io, log->dir, e);
}

static int
put_last_mark(
    struct sst_log *log, int fd, const char *path, const struct sst_log_end *end, struct sst_err *e)
{
	uint32_t pos = (uint32_t)end->size;
	uint8_t mark[SST_MARKER_LEN];

	if (end->size > SST_SEGMENT_MAX - SST_MARKER_LEN)
		return sst_fail(e, SST_ELIMIT, path, SST_NOWHERE, "no room for a mark");
	sst_marker_put(mark, end->id, pos, pos + SST_MARKER_LEN);
	if (sst_io_write(log->io, fd, path, mark, sizeof(mark), e) == -1)
		return -1;
	return sst_io_fsync(log->io, fd, path, e);
}

/* Its name is durable since it was made. */
int
sst_log_seal(
    struct sst_log *log, const char *name, const struct sst_log_end *end, struct sst_err *e)
{
	struct sst_err ignored;
	struct sst_stat st;
	char path[PATH];
	int fd, r = -1;

	if (path_of(log, name, path, e) == -1 ||
	    (fd = sst_io_open(log->io, path, O_WRONLY | O_APPEND, e)) == -1)
		return -1;
	if (sst_io_fstat(log->io, fd, path, &st, e) == 0) {
		if (st.size != end->size)
			sst_fail(e, SST_EBUSY, path, SST_NOWHERE, "changes while it is replayed");
		else if (sst_io_fsync(log->io, fd, path, e) == 0) /* before a mark says so */
			r = end->marked ? 0 : put_last_mark(log, fd, path, end, e);
	}
	sst_io_close(log->io, fd, path, &ignored);
	return r;
}

int
sst_log_clear(struct sst_log *log, struct sst_err *e)
{
	struct sst_err ignored;
	int fd = log->fd;

	if (fd == -1)
		return 0;
	if (sst_io_unlink(log->io, log->path, e) == -1 && (e->code != SST_ESYS || e->sys != ENOENT))
		return -1;
	if (sst_io_sync_dir(log->io, log->dir, e) == -1)
		return die(log, e); /* it may come back, with a tail that was never synced */
	log->synced = (struct sst_logpos){ log->id, log->written + log->buf.n };
	if (log->syncing)
		log->late_fd = fd;
	else
		sst_io_close(log->io, fd, log->path, &ignored);
	log->fd = -1;
	log->syncing = log->stuck = log->unsynced = false;
	log->section = NO_SECTION;
	sst_buf_reset(&log->buf);
	return 0;
}
