/* cmd/compact/run.c: one merge: what may go in it, how it is written, and what came of it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/clock.h"
#include "compact/job.h"
#include "compact/report.h"

#define SPACE_MARGIN ((uint64_t)1 << 20)

/* ---- what may go ---- */

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

/* Why nothing of the table may go; NULL: it may. */
static const char *
why_none(const struct job *j)
{
	if (j->w->no_purge)
		return "--no-purge";
	if (clock_is_behind(j))
		return "the clock is more than a day behind the newest file";
	if (j->unflushed != NULL && !sst_unflushed_known(j->unflushed))
		return "the commit log cannot be read";
	return NULL;
}

/* The same of what is merged. */
static const char *
why_none_here(const struct job *j, const struct sst_task *task)
{
	const char *why = why_none(j);

	if (why == NULL && !sst_strategy_may_purge(&j->strategy, task->in[0]))
		why = "only_purge_repaired_tombstones";
	return why;
}

static int64_t
age_limit(const struct job *j)
{
	int64_t grace = j->w->gc_grace_s >= 0 ? j->w->gc_grace_s : j->at->table->gc_grace_s;

	return j->w->now_us / SST_S_US - grace;
}

int64_t
job_gc_before(const struct job *j)
{
	return why_none(j) == NULL ? age_limit(j) : INT64_MIN;
}

void
job_tell_no_purge(struct job *j, const char *why)
{
	char name[200];

	if (!j->quiet_purge)
		tool_problem(SOUND, "%s: no tombstone is purged: %s", job_name(j, name), why);
	j->quiet_purge = true;
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

/* Whether the version can say of an SSTable that a repair is pending, and that it is transient. */
static bool
keeps_group(const char *version, const struct sst_task *task)
{
	const struct sst_version *v = sst_version_find(version);
	const struct sst_statistics *st = task->in[0]->stats;

	return (!st->pending_repair || v->pending_repair) && (!st->transient || v->is_transient);
}

/* Of a foreign folder, that of its newest, where that can be written; NULL: none. */
static const char *
foreign_version(const struct job *j, const struct sst_task *task)
{
	const struct sst_version *v, *best = NULL;
	size_t i;

	for (i = 0; i < task->n; i++) {
		v = sst_sstable_version(task->in[i]->sstable);
		if (best == NULL || sst_version_newer(v, best))
			best = v;
	}
	if (best->writable)
		return best->name;
	if (j->w->out != NULL)
		return "me";
	return sst_version_newer(sst_version_find("me"), best) ? "me" : NULL;
}

static int
find_version(const char **out, const struct job *j, const struct sst_task *task, struct sst_err *e)
{
	const char *v = j->at->foreign ? foreign_version(j, task) : "me";

	if (j->w->version != NULL)
		v = j->w->version;
	else if (v != NULL && !keeps_group(v, task))
		v = "nb";
	*out = v;
	if (v == NULL)
		return sst_fail(e, SST_EUNSUPPORTED, j->at->folder, SST_NOWHERE,
		    "its version cannot be written: use --to");
	if (!keeps_group(v, task))
		return sst_fail(e, SST_EUNSUPPORTED, j->at->folder, SST_NOWHERE,
		    "version %s cannot say that a repair is pending or an SSTable transient: use "
		    "--to nb",
		    v);
	return 0;
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
		.split_bytes = w->split_bytes > 0 ? w->split_bytes : task->split_bytes,
		.cutting = task->cutting,
		.now_s = w->now_us / SST_S_US,
		.gc_before_s = age_limit(j),
		.keep_tombstones = why_none_here(j, task) != NULL,
		.oracle = oracle,
		.dropping = drop_functions(&w->drop),
		.verify = w->verify || ((w->out != NULL || w->offline) && !w->no_verify),
		.step = pace_step,
		.arg = &w->pace,
		.now_us = sst_now_us() };
	if (find_version(&c->version, j, task, e) == -1)
		return -1;
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
	o->held = sst_arena_array(&j->arena, j->sets.n + 1, sizeof(*o->held));
	if (o->outside == NULL || o->held == NULL)
		return sst_fail_nomem(e);
	memset(o->held, 0, (j->sets.n + 1) * sizeof(*o->held));
	for (i = 0; i < j->sets.n; i++) {
		for (k = 0; k < task->n && task->in[k] != &j->sets.v[i]; k++)
			;
		if (k == task->n)
			o->outside[o->n++] = &j->sets.v[i];
	}
	return 0;
}

static int
do_task(struct sst_compacted *done, struct job *j, const struct sst_compaction *c)
{
	char name[200];
	struct sst_err e;
	bool doubt = false;
	int r, rc = SOUND;

	r = j->w->dry_run ? sst_compaction_rehearse(done, c, &e)
			  : sst_compaction_run(done, c, &doubt, &e);
	pace_end(&j->w->pace);
	if (c->oracle->unknown > 0)
		complain(&c->oracle->why);
	if (r == -1)
		rc = complain(&e);
	if (doubt)
		rc = tool_problem(TROUBLE,
		    "%s: it is not known which set is durable: the next run finds out",
		    job_name(j, name));
	return rc;
}

int
run_task(struct job *j, struct sst_task *task)
{
	struct sst_compacted done = { 0 };
	struct sst_compaction c;
	struct sst_oracle oracle;
	double began = pace_seconds();
	uint64_t total;
	struct sst_err e;
	char name[200];
	int rc = SOUND;

	if (find_outside(&oracle, j, task, &e) == -1 || fill(&c, j, task, &oracle, &e) == -1 ||
	    sst_compaction_bytes(&c, &total, &e) == -1)
		return complain(&e);
	if (!j->w->dry_run && (rc = check_space(c.dir, task)) != SOUND)
		return rc;
	if (clock_is_behind(j))
		job_tell_no_purge(j, why_none(j));
	pace_start(&j->w->pace, total, j->w->quiet);
	if ((rc = do_task(&done, j, &c)) == SOUND) {
		struct report_run one = { job_name(j, name), task, &c, &done,
			pace_seconds() - began, why_none_here(j, task), j->w->dry_run };

		report_run(j->w->report, &one);
	}
	sst_compacted_free(&done);
	return rc;
}
