/* cmd/compact/table.c: one table: its locks, what is due in it, and run after run until nothing is. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "compact/compact.h"
#include "compact/report.h"
#include "cql/schema.h"
#include "live/lock.h"
#include "live/recover.h"
#include "store/unflushed.h"

#define LOG_MEMORY ((size_t)16 << 20) /* for the answer of the commit log */
#define SPACE_MARGIN ((uint64_t)1 << 20)
#define WAIT_STEP_MS 200

struct job { /* one table, from lock to unlock */
	struct wishes *w;
	const struct place *at;
	struct sst_lock lock;
	struct sst_strategy strategy;
	struct sst_sets sets;
	struct sst_unflushed *unflushed;
	struct sst_arena arena; /* of the task at hand */
	size_t rounds;
	uint64_t generation_max; /* when it began */
	size_t group;            /* next one of a run over all */
	bool quiet_purge;        /* it was told why nothing is purged */
};

static const char *
table_name(const struct job *j, char buf[200])
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
		tool_problem(
		    SOUND, "%s: skipped, another compaction is at it", table_name(j, name));
		return SOUND;
	}
	return tool_problem(TROUBLE, "%s: another compaction is still at it", table_name(j, name));
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
		    table_name(j, name), r.finished, r.undone);
	return SOUND;
}

/* ---- what may go ---- */

static int64_t
gc_before(const struct job *j)
{
	int64_t grace = j->w->gc_grace_s >= 0 ? j->w->gc_grace_s : j->at->table->gc_grace_s;

	return j->w->no_purge ? INT64_MIN : j->w->now_us / SST_S_US - grace;
}

/* A clock that was set back would keep what has expired, and take the wrong things for old. */
static bool
clock_is_behind(const struct job *j)
{
	size_t i;

	for (i = 0; !j->w->now_given && i < j->sets.n; i++)
		if (j->sets.v[i].mtime_ms / 1000 > j->w->now_us / SST_S_US + SST_DAY_S)
			return true;
	return false;
}

static void
tell_no_purge(struct job *j, const char *why)
{
	char name[200];

	if (!j->quiet_purge)
		tool_problem(SOUND, "%s: no tombstone is purged: %s", table_name(j, name), why);
	j->quiet_purge = true;
}

static int64_t
purge_limit(struct job *j, const struct sst_task *task)
{
	if (j->w->no_purge)
		return INT64_MIN;
	if (clock_is_behind(j)) {
		tell_no_purge(j, "the clock is more than a day behind the newest file");
		return INT64_MIN;
	}
	if (j->strategy.only_purge_repaired && task->n > 0 &&
	    task->in[0]->stats->repaired_at_ms == 0)
		return INT64_MIN;
	if (j->unflushed != NULL && !sst_unflushed_known(j->unflushed))
		return INT64_MIN;
	return gc_before(j);
}

/* Before the sets are listed, so that no write is in neither. */
static int
read_log(struct job *j)
{
	struct sst_unflushed_tables all = { j->at->tables, j->at->ntables, j->at->table };
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
		tell_no_purge(j, sst_err_text(&e, text, sizeof(text)));
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

/* ---- which sets ---- */

static bool
is_named(const struct job *j, const struct sst_set *s)
{
	size_t i;

	for (i = 0; i < j->at->nfiles; i++)
		if (strcmp(j->at->files[i], s->base) == 0)
			return true;
	return j->at->nfiles == 0;
}

/* 1: it is one that the user means; 0; -1. */
static int
is_meant(const struct job *j, const struct sst_set *s, struct sst_slice key, struct sst_err *e)
{
	if (!is_named(j, s))
		return 0;
	if (j->w->key != NULL)
		return sst_sstable_may_have_key(s->sstable, key, sst_token(key), e);
	if (j->w->ranged)
		return sst_sstable_may_have_tokens(s->sstable, j->w->left, j->w->right, e);
	return 1;
}

/* The sets of one group that the user means.  SST_ONE, 0, -1. */
static int
take_meant(struct job *j, size_t group, struct sst_task *task, struct sst_err *e)
{
	struct sst_buf key = { 0 };
	size_t i;
	int r = 0;

	*task = (struct sst_task){ .why = "all" };
	task->in = sst_arena_array(&j->arena, j->sets.n + 1, sizeof(*task->in));
	if (task->in == NULL)
		return sst_fail_nomem(e);
	if (j->w->key != NULL)
		r = drop_parse_key(&key, j->at->table, j->w->key, e);
	for (i = 0; i < j->sets.n && r >= 0; i++) {
		if (j->sets.v[i].group != group)
			continue;
		r = is_meant(j, &j->sets.v[i], sst_buf_slice(&key), e);
		if (r == 1)
			task->in[task->n++] = &j->sets.v[i];
	}
	sst_buf_free(&key);
	return r == -1 ? -1 : task->n > 0;
}

static bool
is_chosen(const struct job *j)
{
	return j->w->major || j->at->nfiles > 0 || j->w->key != NULL || j->w->ranged ||
	    j->w->out != NULL || drop_partitions(&j->w->drop) || j->w->drop.ghosts;
}

/* SST_ONE, 0, -1. */
static int
next_task(struct job *j, struct sst_task *task, struct sst_err *e)
{
	struct sst_moment m = { j->w->now_us / SST_S_US, gc_before(j), j->generation_max };
	int r = 0;

	if (is_chosen(j)) {
		while (r == 0 && j->group < j->sets.ngroups)
			r = take_meant(j, j->group++, task, e);
		return r;
	}
	if (!j->w->single) {
		r = sst_strategy_pick(&j->strategy, &j->sets, &m, task, &j->arena, e);
		if (r != 0)
			return r;
	}
	return sst_strategy_pick_single(&j->strategy, &j->sets, &m, task, &j->arena, e);
}

/* ---- a run ---- */

static int
check_space(const char *dir, const struct sst_task *task)
{
	uint64_t want = SPACE_MARGIN, have;
	struct statvfs fs;
	size_t i;

	for (i = 0; i < task->n; i++)
		want += task->in[i]->bytes;
	if (statvfs(dir, &fs) == -1)
		return tool_problem(TROUBLE, "%s: %s", dir, strerror(errno));
	have = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (have >= want)
		return SOUND;
	return tool_problem(TROUBLE, "%s: not enough space: %ju bytes may be needed, %ju are free",
	    dir, (uintmax_t)want, (uintmax_t)have);
}

/* Version of what is written: that of the folder's newest, where that can be written. */
static const char *
version_for(const struct job *j, const struct sst_task *task)
{
	const struct sst_version *v, *best = NULL;
	size_t i;

	if (j->w->version != NULL)
		return j->w->version;
	if (!j->at->foreign)
		return "me";
	for (i = 0; i < task->n; i++) {
		v = sst_sstable_version(task->in[i]->sstable);
		if (best == NULL || strcmp(v->name, best->name) > 0)
			best = v;
	}
	if (best->writable)
		return best->name;
	if (j->w->out != NULL)
		return "me";
	return strcmp(best->name, "me") < 0 ? "me" : NULL;
}

static int
set_host(
    struct sst_writer_opts *o, const struct job *j, const struct sst_task *task, struct sst_err *e)
{
	static const uint8_t none[16];
	size_t i;

	memcpy(o->host_id, j->at->hostid, 16);
	for (i = 0; i < task->n && memcmp(o->host_id, none, 16) == 0; i++)
		if (task->in[i]->stats->host_id)
			memcpy(o->host_id, task->in[i]->stats->host_uuid, 16);
	return memcmp(o->host_id, none, 16) == 0 ? sst_datadir_uuid(o->host_id, e) : 0;
}

static int
fill(struct sst_compaction *c, struct job *j, const struct sst_task *task,
    struct sst_oracle *oracle, struct sst_err *e)
{
	struct wishes *w = j->w;

	*c = (struct sst_compaction){ .io = &sst_io_posix,
		.dir = w->out != NULL ? w->out : j->at->folder,
		.in_place = w->out == NULL,
		.table = j->at->table,
		.n = task->n,
		.in = task->in,
		.version = version_for(j, task),
		.split_bytes = w->split_bytes > 0 ? w->split_bytes : task->split_bytes,
		.cutting = task->cutting,
		.now_s = w->now_us / SST_S_US,
		.gc_before_s = purge_limit(j, task),
		.oracle = oracle,
		.dropping = drop_functions(&w->drop),
		.verify = w->verify || ((w->out != NULL || w->offline) && !w->no_verify),
		.step = pace_step,
		.arg = &w->pace,
		.now_us = sst_now_us() };
	if (c->version == NULL)
		return sst_fail(e, SST_EVERSION, j->at->folder, SST_NOWHERE,
		    "its version cannot be written: use --to");
	c->writer.level = task->level;
	c->writer.compression_set = w->compression_set;
	c->writer.compression = w->compression;
	if (set_host(&c->writer, j, task, e) == -1)
		return -1;
	return sst_datadir_random(c->random, sizeof(c->random), e);
}

static int
find_outside(struct sst_oracle *o, struct job *j, const struct sst_task *task, struct sst_err *e)
{
	size_t i, k;

	*o = (struct sst_oracle){ 0 };
	if (j->unflushed != NULL) {
		o->unflushed = sst_unflushed_min_ts_us;
		o->arg = j->unflushed;
	}
	o->outside = sst_arena_array(&j->arena, j->sets.n + 1, sizeof(*o->outside));
	if (o->outside == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < j->sets.n; i++) {
		for (k = 0; k < task->n && task->in[k] != &j->sets.v[i]; k++)
			;
		if (k == task->n)
			o->outside[o->n++] = &j->sets.v[i];
	}
	return 0;
}

static int
run(struct job *j, struct sst_task *task)
{
	struct sst_compacted done = { 0 };
	struct sst_compaction c;
	struct sst_oracle oracle;
	double began = pace_seconds();
	uint64_t total;
	struct sst_err e;
	char name[200];
	bool doubt = false;
	int rc = SOUND, r = -1;

	if (find_outside(&oracle, j, task, &e) == -1 || fill(&c, j, task, &oracle, &e) == -1 ||
	    sst_compaction_bytes(&c, &total, &e) == -1)
		return complain(&e);
	if (!j->w->dry_run && (rc = check_space(c.dir, task)) != SOUND)
		return rc;
	pace_start(&j->w->pace, total, j->w->quiet);
	r = j->w->dry_run ? sst_compaction_rehearse(&done, &c, &e)
			  : sst_compaction_run(&done, &c, &doubt, &e);
	pace_end(&j->w->pace);
	if (oracle.unknown > 0)
		complain(&oracle.why);
	if (r == 0) {
		struct report_run one = { table_name(j, name), task, &done, &oracle,
			pace_seconds() - began, j->w->dry_run };

		report_run(j->w->report, &one);
	} else {
		rc = complain(&e);
		if (doubt)
			rc = tool_problem(TROUBLE,
			    "%s: it is not known which set is durable: the next run finds out",
			    table_name(j, name));
	}
	sst_compacted_free(&done);
	return rc;
}

/* Partitions go from all SSTables at once, or what a tombstone in one hides in another would be
 * seen. */
static int
check_groups(const struct job *j)
{
	char name[200];

	if (!drop_partitions(&j->w->drop))
		return SOUND;
	if (j->at->nfiles > 0 || j->w->key != NULL || j->w->ranged)
		return tool_problem(TROUBLE,
		    "%s: partitions are dropped from all SSTables of a table or from none",
		    table_name(j, name));
	if (j->sets.ngroups <= 1)
		return SOUND;
	return tool_problem(TROUBLE,
	    "%s: partitions cannot be dropped while some SSTables are repaired and some are not",
	    table_name(j, name));
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
			if ((rc = check_groups(j)) != SOUND)
				return rc;
		}
		if ((r = next_task(j, &task, &e)) == -1)
			return complain(&e);
		if (r == 0)
			return SOUND;
		if ((rc = run(j, &task)) != SOUND)
			return rc;
		if (pace_stopped() || (j->w->dry_run && !is_chosen(j)))
			return SOUND;
	}
}

static int
set_strategy(struct job *j)
{
	struct sst_strategy *s = &j->strategy;
	static const char *const names[] = { "stcs", "twcs", "lcs", "bucket" };
	char name[200];
	struct sst_err e;
	size_t i;

	if (sst_strategy_of(s, j->at->table, &e) == -1)
		return tool_problem(TROUBLE, "%s: %s", table_name(j, name), e.what);
	for (i = 0; j->w->strategy != NULL && i < 4; i++)
		if (strcmp(names[i], j->w->strategy) == 0) {
			s->kind = (enum sst_strategy_kind)i;
			s->known = true;
		}
	s->windows = drop_windows();
	if (s->kind == SST_BUCKETS && !drop_is_messages(j->at->table))
		return tool_problem(TROUBLE, "%s: --strategy bucket is for tables of messages",
		    table_name(j, name));
	if (!s->known && !is_chosen(j))
		tool_problem(SOUND, "%s: %.*s is not known here: SSTables are chosen by size",
		    table_name(j, name), (int)j->at->table->compaction_class.n,
		    (const char *)j->at->table->compaction_class.p);
	return SOUND;
}

int
compact_table(struct wishes *w, const struct place *at)
{
	struct job j = { .w = w, .at = at, .lock.fd = -1 };
	char name[200];
	int rc;

	if (w->out != NULL && w->ntables++ > 0)
		return tool_problem(TROUBLE, "%s: --output holds another table: one at a time",
		    table_name(&j, name));
	if (at->table->counter && at->foreign && w->out == NULL)
		return tool_problem(
		    TROUBLE, "%s: counters of another system: use -o OUT", table_name(&j, name));
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
