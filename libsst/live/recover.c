/*
 * live/recover.c: what the next writer does first.  The table's lock is held throughout, and every
 * step of a living writer that counts is taken under it, so a scan is the truth until the end.
 */
#include "live/recover.h"

#include <errno.h>
#include <fcntl.h>

#include "live/int.h"
#include "live/lock.h"

/* Deletes the sets of records of this kind that no doubtful log names. */
static int
delete_sets(const struct sst_live_scan *s, const struct sst_txnlog *log, enum sst_txn_kind kind,
    size_t *nfiles, struct sst_err *e)
{
	const struct sst_live_group *g;
	size_t i;

	for (i = 0; i < log->nrecords; i++) {
		if (log->records[i].kind != kind)
			continue;
		g = sst_live_group(s, sst_txn_record_base(&log->records[i]));
		if (g != NULL && !g->kept && sst_live_delete(s, g, nfiles, e) == -1)
			return -1;
	}
	return 0;
}

/* fd has the log's lock. */
static int
settle(const struct sst_live_scan *s, const struct sst_live_log *log, int fd, const char *path,
    struct sst_recovery *r, struct sst_err *e)
{
	bool committed = log->text.state == SST_TXN_COMMITTED;

	/* A COMMIT that its writer did not live to sync may be in memory only: deleting on its word
	 * and then losing it would lose both sets. */
	if (sst_io_fsync(s->io, fd, path, e) == -1 || sst_io_sync_dir(s->io, s->dir, e) == -1)
		return -1;
	if (delete_sets(s, &log->text, committed ? SST_TXN_REMOVE : SST_TXN_ADD, &r->files, e) ==
	    -1)
		return -1;
	/* the log's name must not go before theirs */
	if (sst_io_sync_dir(s->io, s->dir, e) == -1 || sst_io_unlink(s->io, path, e) == -1)
		return -1;
	if (committed)
		r->finished++;
	else
		r->undone++;
	return 0;
}

static int
recover_log(const struct sst_live_scan *s, const struct sst_live_log *log, struct sst_recovery *r,
    struct sst_err *e)
{
	char path[SST_LIVE_PATH];
	struct sst_err ignored;
	int fd, got;

	if (sst_live_path(path, s->dir, log->name, "", e) == -1)
		return -1;
	if ((fd = sst_io_open(s->io, path, O_RDWR, e)) == -1)
		return -1;
	if ((got = sst_io_lock(s->io, fd, path, true, false, e)) == 1) {
		r->alive++;
		got = 0;
	} else if (got == 0 && log->text.state == SST_TXN_DOUBTFUL)
		r->doubtful++;
	else if (got == 0)
		got = settle(s, log, fd, path, r, e);
	sst_io_close(s->io, fd, path, &ignored);
	return got;
}

static bool
logged(const struct sst_live_scan *s, const char *base)
{
	size_t i, k;

	for (i = 0; i < s->nlogs; i++)
		for (k = 0; k < s->logs[i].text.nrecords; k++)
			if (sst_slice_eq(sst_txn_record_base(&s->logs[i].text.records[k]),
				sst_slice_str(base)))
				return true;
	return false;
}

/* A claim whose writer died before it could log it; an empty file and nothing else. */
static int
drop_claim(const struct sst_live_scan *s, const struct sst_live_group *g, struct sst_recovery *r,
    struct sst_err *e)
{
	char path[SST_LIVE_PATH];
	struct sst_stat st;

	if (g->nnames != 1 || !g->toc_tmp || logged(s, g->base))
		return 0;
	if (sst_live_path(path, s->dir, g->names[0], "", e) == -1 ||
	    sst_io_stat(s->io, path, &st, e) == -1)
		return -1;
	if (st.size > 0)
		return 0;
	if (sst_io_unlink(s->io, path, e) == -1)
		return -1;
	r->claims++;
	r->files++;
	return 0;
}

static int
recover_all(const struct sst_live_scan *s, struct sst_recovery *r, struct sst_err *e)
{
	size_t i;

	for (i = 0; i < s->nlogs; i++)
		if (recover_log(s, &s->logs[i], r, e) == -1)
			return -1;
	for (i = 0; i < s->ngroups; i++)
		if (drop_claim(s, &s->groups[i], r, e) == -1)
			return -1;
	return 0;
}

int
sst_live_recover(
    struct sst_recovery *r, const struct sst_io *io, const char *dir, struct sst_err *e)
{
	struct sst_lock lock = { .fd = -1 };
	struct sst_arena arena = { 0 };
	struct sst_live_scan s;
	int rc = -1;

	*r = (struct sst_recovery){ 0 };
	if (sst_lock_take(&lock, io, dir, SST_LIVE_LOCK, true, e) == -1)
		goto out;
	if (sst_live_scan(&s, &arena, io, dir, e) == -1)
		goto out;
	rc = recover_all(&s, r, e);
out:
	sst_lock_drop(&lock);
	sst_arena_free(&arena);
	return rc;
}
