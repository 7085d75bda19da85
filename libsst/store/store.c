/* store/store.c: a directory opened, its tables found, and what is taken in. */
#include "store/store.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"
#include "commitlog/log.h"
#include "live/recover.h"
#include "store/catalog.h"
#include "store/int.h"
#include "store/truncated.h"

#define CACHE ((size_t)32 << 20)
#define SETUP_LOCK "lock.setup" /* stores of one process make their tables one after the other */

struct sst_db *
sst_store_db(struct sst_store *s)
{
	return &s->db;
}

size_t
sst_store_ntables(const struct sst_store *s)
{
	return s->nshelves;
}

const struct sst_table *
sst_store_table(const struct sst_store *s, size_t i)
{
	return i < s->nshelves ? s->shelves[i]->table : NULL;
}

struct sst_shelf *
sst_store_shelf(struct sst_store *s, const struct sst_table *t)
{
	size_t i;

	if (s->last != NULL && s->last->table == t)
		return s->last;
	for (i = 0; i < s->nshelves; i++)
		if (s->shelves[i]->table == t)
			return s->shelves[i];
	return NULL;
}

const char *
sst_store_folder(const struct sst_store *s, const struct sst_table *t)
{
	size_t i;

	for (i = 0; i < s->nshelves; i++)
		if (s->shelves[i]->table == t)
			return s->shelves[i]->folder;
	return NULL;
}

static const struct sst_table *
find_table(struct sst_db *db, struct sst_slice keyspace, struct sst_slice name)
{
	struct sst_store *s = (struct sst_store *)db;
	size_t i;

	for (i = 0; i < s->nshelves; i++)
		if (sst_slice_eq(s->shelves[i]->table->keyspace, keyspace) &&
		    sst_slice_eq(s->shelves[i]->table->name, name))
			return s->shelves[i]->table;
	return NULL;
}

void
sst_store_note(struct sst_store *s, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (s->opts.note == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	s->opts.note(s->opts.note_arg, text);
}

void
sst_store_note_error(struct sst_store *s, const struct sst_err *e)
{
	char text[512];

	if (s->opts.note != NULL)
		s->opts.note(s->opts.note_arg, sst_err_text(e, text, sizeof(text)));
}

/* ---- writing ---- */

int
sst_store_take(struct sst_store *s, struct sst_shelf *shelf, const struct sst_update *u,
    struct sst_logpos pos, struct sst_err *e)
{
	size_t before = sst_shelf_bytes(shelf);
	int r = sst_shelf_apply(shelf, u, pos, e);

	s->bytes += sst_shelf_bytes(shelf) - before;
	s->last = shelf;
	if (shelf->active.rows != NULL && shelf->active.no == 0)
		shelf->active.no = ++s->memtables;
	return r;
}

static int
check_update(const struct sst_store *s, const struct sst_update *u, struct sst_err *e)
{
	if (s->opts.read_only)
		return sst_fail(e, SST_EINVAL, s->dir, SST_NOWHERE, "opened for reading only");
	if (s->replaying)
		return sst_fail(
		    e, SST_EINVAL, s->dir, SST_NOWHERE, "the log of other shards is still there");
	if (s->ranged && (u->part.token <= s->opts.left || u->part.token > s->opts.right))
		return sst_fail(e, SST_EINVAL, s->dir, SST_NOWHERE,
		    "token %lld is not of this store", (long long)u->part.token);
	return s->broken ? sst_store_refuse_broken(s, e) : 0;
}

/* Into the log first: what memory has is never more than what a crash leaves.  What memory does not
 * take leaves the log too, as nobody was promised it.  What is due of the log comes before both: after an
 * error nothing was taken in. */
static int
log_and_take(struct sst_store *s, struct sst_shelf *shelf, const struct sst_update *u,
    struct sst_logpos *pos, struct sst_err *e)
{
	if (sst_journal_step(s->journal, e) == -1 || sst_journal_put(s->journal, u, pos, e) == -1)
		return -1;
	if (sst_store_take(s, shelf, u, *pos, e) == -1) {
		sst_journal_undo(s->journal);
		return -1;
	}
	return 0;
}

static int
apply(struct sst_db *db, const struct sst_update *u, struct sst_logpos *pos, struct sst_err *e)
{
	struct sst_store *s = (struct sst_store *)db;
	struct sst_shelf *shelf = sst_store_shelf(s, u->table);
	struct sst_logpos end;

	if (shelf == NULL)
		return sst_fail(e, SST_EINVAL, s->dir, SST_NOWHERE, "not a table of this store");
	if (check_update(s, u, e) == -1 || sst_store_make_room(s, e) == -1)
		return -1;
	if (s->journal != NULL) {
		if (log_and_take(s, shelf, u, &end, e) == -1)
			return -1;
	} else {
		end = (struct sst_logpos){ 0, s->updates + 1 };
		if (sst_store_take(s, shelf, u, end, e) == -1)
			return -1;
		s->updates++;
	}
	if (pos != NULL)
		*pos = end;
	return 0;
}

/* ---- durability ---- */

static void
stay_before(const struct sst_memory *m, struct sst_logpos *pos)
{
	if (m->rows != NULL && m->first.offset <= pos->offset)
		pos->offset = m->first.offset - 1;
}

/* Without a log: before the first update of any memtable. */
static struct sst_logpos
flushed(const struct sst_store *s)
{
	struct sst_logpos pos = { 0, s->updates };
	size_t i;

	for (i = 0; i < s->nshelves; i++) {
		stay_before(&s->shelves[i]->active, &pos);
		stay_before(&s->shelves[i]->frozen, &pos);
	}
	return pos;
}

static int
synced(struct sst_db *db, struct sst_logpos *pos, struct sst_err *e)
{
	struct sst_store *s = (struct sst_store *)db;

	(void)e;
	*pos = s->journal != NULL ? sst_journal_synced(s->journal) : flushed(s);
	return 0;
}

static int
sync_to(struct sst_db *db, const struct sst_logpos *pos, struct sst_err *e)
{
	struct sst_store *s = (struct sst_store *)db;
	struct sst_logpos now;

	if (synced(db, &now, e) == -1)
		return -1;
	if (sst_logpos_cmp(now, *pos) >= 0)
		return 0;
	return s->journal != NULL ? sst_journal_sync(s->journal, e) : sst_store_flush(s, e);
}

int
sst_store_settle(struct sst_store *s, struct sst_logpos *acked, struct sst_err *e)
{
	if (s->journal != NULL)
		return sst_journal_settle(s->journal, acked, e);
	*acked = flushed(s);
	return 0;
}

int
sst_store_sync_begin(struct sst_store *s, int *fd, struct sst_err *e)
{
	*fd = -1;
	return s->journal != NULL ? sst_journal_sync_begin(s->journal, fd, e) : 0;
}

int
sst_store_sync_end(struct sst_store *s, int result, struct sst_err *e)
{
	return s->journal != NULL ? sst_journal_sync_end(s->journal, result, e) : 0;
}

uint64_t
sst_store_unsynced(const struct sst_store *s)
{
	return s->journal != NULL ? sst_journal_unsynced(s->journal) : 0;
}

int
sst_store_due_ms(const struct sst_store *s)
{
	return s->journal != NULL ? sst_journal_due_ms(s->journal) : -1;
}

static const struct sst_db_ops ops = { .table = find_table,
	.apply = apply,
	.sync = sync_to,
	.synced = synced,
	.read = sst_store_read,
	.extent = sst_store_extent };

/* ---- opening ---- */

int
sst_store_lock(
    struct sst_lock *l, const struct sst_io *io, const char *dir, bool wait, struct sst_err *e)
{
	struct sst_stat st;
	char text[32];

	l->fd = -1;
	if (sst_io_stat(io, dir, &st, e) == -1 &&
	    (e->sys != ENOENT || sst_datadir_make_dir(io, dir, e) == -1))
		return -1;
	if (sst_lock_take(l, io, dir, SST_STORE_LOCK, wait, e) == -1)
		return -1;
	snprintf(text, sizeof(text), "pid %ld\n", (long)getpid());
	if (sst_lock_sign(l, text, e) == 0)
		return 0;
	sst_lock_drop(l);
	return -1;
}

/* A writer may have a directory of ours, or make one where there is nothing. */
static int
check_ours(struct sst_store *s, struct sst_err *e)
{
	struct sst_arena arena = { 0 };
	struct sst_datadir d;
	int r = sst_datadir_scan(&d, &arena, s->io, s->dir, e);

	if (r == -1 && e->code == SST_ESYS && e->sys == ENOENT)
		r = 0;
	else if (r == 0 && d.kind != SST_DATADIR_NONE && d.kind != SST_DATADIR_OURS)
		r = sst_fail(e, SST_EINVAL, s->dir, SST_NOWHERE,
		    "holds tables, but is no data directory of ours: it can only be read");
	sst_arena_free(&arena);
	return r;
}

static void
note_recovery(struct sst_store *s, const char *folder, const struct sst_recovery *r)
{
	char text[1024];

	if (s->opts.note == NULL || r->finished + r->undone == 0)
		return;
	snprintf(text, sizeof(text),
	    "%s: a writer died here: %zu of its transactions finished, %zu undone", folder,
	    r->finished, r->undone);
	s->opts.note(s->opts.note_arg, text);
}

static int
recover(struct sst_store *s, struct sst_err *e)
{
	struct sst_recovery r;
	size_t i;

	for (i = 0; i < s->datadir.ntables; i++) {
		const struct sst_datadir_table *t = &s->datadir.tables[i];

		if (sst_live_recover(&r, s->io, t->folder, e) == -1 ||
		    (t->dropped && sst_store_clear_folder(s->io, t->folder, sst_now_us(), e) == -1))
			return -1;
		note_recovery(s, t->folder, &r);
	}
	return 0;
}

/* What a writer does before it looks at anything. */
static int
set_up(struct sst_store *s, struct sst_err *e)
{
	struct sst_lock setup = { .fd = -1 };
	int r = -1;

	if (check_ours(s, e) == -1)
		return -1;
	if (!s->opts.shared && sst_store_lock(&s->lock, s->io, s->dir, !s->opts.no_wait, e) == -1)
		return -1;
	if (s->opts.shared && sst_lock_take(&setup, s->io, s->dir, SETUP_LOCK, true, e) == -1)
		return -1;
	if (sst_datadir_make(s->io, s->dir, e) == 0 &&
	    sst_store_finish_drops(s->io, s->dir, e) == 0 &&
	    sst_datadir_scan(&s->datadir, &s->arena, s->io, s->dir, e) == 0 &&
	    sst_store_make_tables(s, e) == 0 &&
	    sst_datadir_scan(&s->datadir, &s->arena, s->io, s->dir, e) == 0)
		r = recover(s, e);
	sst_lock_drop(&setup);
	return r;
}

struct sst_shelf *
sst_store_new_shelf(
    struct sst_store *s, const struct sst_table *table, const char *folder, struct sst_err *e)
{
	struct sst_shelf *shelf = calloc(1, sizeof(*shelf));

	if (shelf == NULL) {
		sst_fail_nomem(e);
		return NULL;
	}
	*shelf = (struct sst_shelf){ .io = s->io,
		.table = table,
		.folder = folder,
		.cache = s->cache,
		.foreign = s->datadir.foreign,
		.note = s->opts.note,
		.note_arg = s->opts.note_arg };
	return shelf;
}

void
sst_store_free_shelf(struct sst_shelf *shelf)
{
	struct sst_arena arena;

	if (shelf == NULL)
		return;
	arena = shelf->arena; /* of the table, which what is on the shelf borrows */
	sst_shelf_clear(shelf);
	sst_arena_free(&arena);
	free(shelf);
}

static int
add_shelf(struct sst_store *s, const struct sst_datadir_table *t, struct sst_err *e)
{
	const struct sst_table *table;
	struct sst_shelf *shelf;
	int r = sst_catalog_load(&table, &s->arena, s->io, t, s->datadir.foreign, e);

	if (r == -1 && s->datadir.foreign && s->datadir.ntables > 1) {
		sst_store_note_error(s, e); /* the others can still be read */
		return 0;
	}
	if (r <= 0)
		return r;
	if ((shelf = sst_store_new_shelf(s, table, t->folder, e)) == NULL)
		return -1;
	s->shelves[s->nshelves++] = shelf;
	return t->truncated ? sst_truncated_read(&shelf->truncated, s->io, t->folder, e) : 0;
}

static int
open_tables(struct sst_store *s, struct sst_err *e)
{
	size_t i;

	s->cache = sst_cache_new(s->opts.cache);
	s->shelves = calloc(s->datadir.ntables + 1, sizeof(*s->shelves));
	if (s->cache == NULL || s->shelves == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < s->datadir.ntables; i++)
		if (add_shelf(s, &s->datadir.tables[i], e) == -1)
			return -1;
	return 0;
}

/* The log: what a crash left comes into SSTables and goes; then a new one is begun. */
static int
open_log(struct sst_store *s, struct sst_err *e)
{
	const char *root = s->datadir.root;
	char *dir;

	if (root == NULL)
		return 0;
	dir = sst_arena_alloc(&s->arena, strlen(root) + sizeof("/" SST_STORE_LOG));
	if (dir == NULL)
		return sst_fail_nomem(e);
	sprintf(dir, "%s/" SST_STORE_LOG, root);
	s->log_dir = dir;
	if (s->opts.read_only)
		return sst_store_recall(s, e);
	if (sst_datadir_make_dir(s->io, dir, e) == -1 ||
	    sst_journal_open(&s->journal, s->io, dir, &s->opts, e) == -1)
		return -1;
	for (size_t i = 0; i < s->nshelves; i++)
		sst_journal_begin_after(s->journal, s->shelves[i]->truncated);
	s->replaying = !s->opts.shared || s->opts.replay;
	if (!s->replaying)
		return sst_store_recovered(&s, 1, e); /* it has no segments */
	if (sst_store_recall(s, e) == -1 ||
	    (!sst_store_may_keep_relics(s) && sst_store_flush(s, e) == -1))
		return -1;
	return s->opts.shared ? 0 : sst_store_recovered(&s, 1, e);
}

static int
start(struct sst_store *s, struct sst_err *e)
{
	if (s->ranged && s->opts.left > s->opts.right)
		return sst_fail(e, SST_EINVAL, s->dir, SST_NOWHERE,
		    "token range from %lld to %lld is empty", (long long)s->opts.left,
		    (long long)s->opts.right);
	if (!s->opts.read_only && set_up(s, e) == -1)
		return -1;
	if (s->opts.read_only) {
		if (sst_datadir_scan(&s->datadir, &s->arena, s->io, s->dir, e) == -1)
			return -1;
		if (s->datadir.kind == SST_DATADIR_NONE)
			return sst_fail(e, SST_EINVAL, s->dir, SST_NOWHERE,
			    "no data directory and no folder of SSTables");
	}
	if (open_tables(s, e) == -1)
		return -1;
	return open_log(s, e);
}

int
sst_store_open(struct sst_store **out, const struct sst_io *io, const char *dir,
    const struct sst_store_opts *opts, struct sst_err *e)
{
	struct sst_store *s = calloc(1, sizeof(*s));

	*out = NULL;
	if (s == NULL)
		return sst_fail_nomem(e);
	s->db.ops = &ops;
	s->io = io;
	s->opts = *opts;
	s->lock.fd = -1;
	s->ranged = opts->left != opts->right;
	if (s->opts.memory == 0)
		s->opts.memory = SST_STORE_MEMORY;
	if (s->opts.cache == 0)
		s->opts.cache = CACHE;
	if ((s->dir = strdup(dir)) == NULL) {
		sst_fail_nomem(e);
		goto fail;
	}
	if (start(s, e) == 0) {
		*out = s;
		return 0;
	}
fail:
	sst_store_drop(s);
	return -1;
}

int
sst_store_refresh(struct sst_store *s, struct sst_err *e)
{
	size_t i;

	/* the log first: what leaves it is in SSTables by then */
	if (s->opts.read_only && s->log_dir != NULL && sst_store_recall(s, e) == -1)
		return -1;
	for (i = 0; i < s->nshelves; i++)
		if (s->shelves[i]->listed && sst_shelf_refresh(s->shelves[i], e) == -1)
			return -1;
	return 0;
}

int
sst_store_close(struct sst_store *s, struct sst_err *e)
{
	bool done = s == NULL || s->opts.read_only || sst_store_is_flushed(s, UINT64_MAX);
	int r = done ? 0 : sst_store_flush(s, e);
	struct sst_err second;

	if (s != NULL && sst_journal_close(s->journal, r == 0 ? e : &second) == -1)
		r = -1;
	if (s != NULL)
		s->journal = NULL;
	sst_store_drop(s);
	return r;
}

void
sst_store_drop(struct sst_store *s)
{
	struct sst_err ignored;
	size_t i;

	if (s == NULL)
		return;
	sst_store_await_flush(s);
	sst_journal_close(s->journal, &ignored);
	for (i = 0; i < s->nshelves; i++)
		sst_store_free_shelf(s->shelves[i]);
	sst_store_retire(s);
	free(s->shelves);
	sst_cache_free(s->cache);
	sst_lock_drop(&s->lock);
	sst_arena_free(&s->arena);
	sst_buf_free(&s->extent[0]);
	sst_buf_free(&s->extent[1]);
	free(s->relics);
	free(s->dir);
	free(s);
}
