/* cmd/compact/table.c: one table: its locks, what is due in it, and run after run until nothing is. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compact/job.h"
#include "cql/schema.h"
#include "live/recover.h"

#define LOG_MEMORY ((size_t)16 << 20) /* for the answer of the commit log */
#define WAIT_STEP_MS 200

const char *
job_name(const struct job *j, char buf[200])
{
	const struct sst_table *t = j->at->table;

	snprintf(buf, 200, "%.*s.%.*s", (int)(t->keyspace.n < 90 ? t->keyspace.n : 90),
	    (const char *)t->keyspace.p, (int)(t->name.n < 90 ? t->name.n : 90),
	    (const char *)t->name.p);
	return buf;
}

/* ---- locks ---- */

static int
not_locked(const struct job *j, const struct sst_err *e)
{
	char name[200];

	if (e->code != SST_EBUSY)
		return complain(e);
	if (j->w->wait_ms == 0) {
		tool_problem(SOUND, "%s: skipped, another compaction is at it", job_name(j, name));
		return SOUND;
	}
	return tool_problem(TROUBLE, "%s: another compaction is still at it", job_name(j, name));
}

/* 1: it is ours; else an exit status in *rc. */
static int
take_lock(struct job *j, const char *folder, int *rc)
{
	int64_t waited = 0;
	char text[32];
	struct sst_err e;

	while (sst_lock_take(&j->lock, &sst_io_posix, folder, SST_COMPACT_LOCK, false, &e) == -1) {
		if (e.code != SST_EBUSY || waited >= j->w->wait_ms || pace_stopped()) {
			*rc = not_locked(j, &e);
			return 0;
		}
		pace_sleep_ms(WAIT_STEP_MS);
		waited += WAIT_STEP_MS;
	}
	snprintf(text, sizeof(text), "pid %ld\n", (long)getpid());
	if (sst_lock_sign(&j->lock, text, &e) == 0)
		return 1;
	*rc = complain(&e);
	return 0;
}

/* A foreign folder is changed only when nobody uses it. */
static int
check_folder(const struct job *j)
{
	char who[80];
	int r;

	if (!j->at->foreign || j->w->out != NULL || j->w->dry_run)
		return SOUND;
	if (!j->w->offline)
		return tool_problem(TROUBLE,
		    "%s: was written by another system: use -o OUT, or --offline when it is "
		    "stopped",
		    j->at->folder);
	r = find_user(j->at->folder, who, sizeof(who));
	if (r == 1)
		return tool_problem(TROUBLE, "%s: in use by process %s", j->at->folder, who);
	if (r == -1)
		return tool_problem(
		    TROUBLE, "%s: %s: run this as root, or use -o OUT", j->at->folder, who);
	return SOUND;
}

/* What is written to a new folder can be read there by name. */
static int
copy_schema(const struct job *j)
{
	struct sst_buf text = { 0 };
	char from[4096], to[4096];
	struct sst_err e, ignored;
	int fd = -1, rc = SOUND;

	if (j->w->out == NULL || j->w->dry_run)
		return SOUND;
	snprintf(from, sizeof(from), "%s/" SST_SCHEMA_FILE, j->at->folder);
	snprintf(to, sizeof(to), "%s/" SST_SCHEMA_FILE, j->w->out);
	if (sst_io_read_file(&sst_io_posix, from, SST_SCHEMA_TEXT_MAX, &text, &e) == -1) {
		sst_buf_free(&text);
		return e.code == SST_ESYS && e.sys == ENOENT ? SOUND : complain(&e);
	}
	fd = sst_io_open(&sst_io_posix, to, O_WRONLY | O_CREAT | O_EXCL, &e);
	if (fd == -1)
		rc = e.sys == EEXIST ? SOUND : complain(&e);
	else if (sst_io_write(&sst_io_posix, fd, to, text.p, text.n, &e) == -1 ||
	    sst_io_fsync(&sst_io_posix, fd, to, &e) == -1)
		rc = complain(&e);
	sst_io_close(&sst_io_posix, fd, to, &ignored);
	sst_buf_free(&text);
	return rc;
}

static int
put_in_order(const struct job *j)
{
	struct sst_recovery r;
	struct sst_err e;
	char name[200];

	if (j->w->dry_run || j->w->out != NULL)
		return SOUND;
	if (sst_live_recover(&r, &sst_io_posix, j->at->folder, &e) == -1)
		return complain(&e);
	if (r.finished + r.undone > 0 && !j->w->quiet)
		tool_problem(SOUND,
		    "%s: a writer died here: %zu of its transactions finished, %zu undone",
		    job_name(j, name), r.finished, r.undone);
	return SOUND;
}

/* ---- what may go ---- */

/* Before the sets are listed, so that no write is in neither. */
static int
read_log(struct job *j)
{
	struct sst_unflushed_tables all = { .v = j->at->tables,
		.n = j->at->ntables,
		.wanted = j->at->table,
		.dropped = j->at->dropped,
		.ndropped = j->at->ndropped };
	char text[512];
	struct sst_err e;

	sst_unflushed_free(j->unflushed);
	j->unflushed = NULL;
	if (j->at->root == NULL || (j->w->no_purge && !j->w->drop.ghosts))
		return SOUND;
	if (sst_unflushed_read(&j->unflushed, &sst_io_posix, j->at->root, &all, LOG_MEMORY, &e) ==
	    -1)
		return complain(&e);
	if (!sst_unflushed_known(j->unflushed))
		job_tell_no_purge(j, sst_err_text(&e, text, sizeof(text)));
	return SOUND;
}

static int
open_sets(struct job *j)
{
	struct sst_live_folder folder = { &sst_io_posix, j->at->folder, j->at->foreign };
	struct sst_err e;
	int rc = read_log(j);

	sst_sets_close(&j->sets);
	if (rc != SOUND)
		return rc;
	if (sst_sets_open(&j->sets, &folder, j->at->table, &e) == -1)
		return complain(&e);
	return SOUND;
}

static int
rounds(struct job *j)
{
	struct sst_task task;
	struct sst_err e;
	int r, rc;

	for (;;) {
		sst_arena_reset(&j->arena);
		if ((rc = open_sets(j)) != SOUND)
			return rc;
		if (j->rounds++ == 0) {
			j->generation_max = j->sets.generation_max;
			if ((rc = choose_check_drops(j)) != SOUND)
				return rc;
		}
		if ((r = choose_next(j, &task, &e)) == -1)
			return complain(&e);
		if (r == 0)
			return SOUND;
		if ((rc = run_task(j, &task)) != SOUND)
			return rc;
		if (pace_stopped() || (j->w->dry_run && !choose_is_told(j)))
			return SOUND;
	}
}

static int
set_strategy(struct job *j)
{
	struct sst_strategy *s = &j->strategy;
	char name[200];
	struct sst_err e;

	if (sst_strategy_of(s, j->at->table, &e) == -1)
		return tool_problem(TROUBLE, "%s: %s", job_name(j, name), e.what);
	if (j->w->strategy != NULL)
		s->known = sst_strategy_kind(&s->kind, j->w->strategy);
	s->windows = drop_windows();
	if (s->kind == SST_BUCKETS && !drop_is_messages(j->at->table))
		return tool_problem(
		    TROUBLE, "%s: --strategy bucket is for tables of messages", job_name(j, name));
	if (!s->known && !choose_is_told(j))
		tool_problem(SOUND, "%s: %.*s is not known here: SSTables are chosen by size",
		    job_name(j, name), (int)j->at->table->compaction_class.n,
		    (const char *)j->at->table->compaction_class.p);
	return SOUND;
}

int
compact_table(struct wishes *w, const struct place *at)
{
	struct job j = { .w = w, .at = at, .lock.fd = -1 };
	char name[200];
	int rc;

	if (at->table->counter && at->foreign && w->out == NULL)
		return tool_problem(
		    TROUBLE, "%s: counters of another system: use -o OUT", job_name(&j, name));
	if ((rc = check_folder(&j)) != SOUND || (rc = set_strategy(&j)) != SOUND ||
	    (rc = drop_bind(&w->drop, at->table)) != SOUND)
		goto out;
	if (!w->dry_run && take_lock(&j, w->out != NULL ? w->out : at->folder, &rc) == 0)
		goto out;
	if ((rc = put_in_order(&j)) == SOUND && (rc = copy_schema(&j)) == SOUND)
		rc = rounds(&j);
out:
	sst_unflushed_free(j.unflushed);
	sst_sets_close(&j.sets);
	sst_arena_free(&j.arena);
	sst_lock_drop(&j.lock);
	drop_free(&w->drop);
	return rc;
}
