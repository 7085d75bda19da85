/* cmd/compact/choose.c: which SSTables are merged next: those that the user means, or that are due. */
#include <string.h>

#include "base/clock.h"
#include "compact/job.h"

static bool
is_named(const struct job *j, const struct sst_set *s)
{
	size_t i;

	if (s->generation > j->generation_max)
		return false; /* the work of this run, or newer */
	for (i = 0; i < j->at->nfiles; i++)
		if (strcmp(j->at->files[i], s->base) == 0)
			return true;
	return j->at->nfiles == 0;
}

/* 1: partitions that are to be dropped lie in it; 0; -1. */
static int
has_dropped(const struct job *j, struct sst_set *s, struct sst_err *e)
{
	struct sst_dropping d = drop_functions(&j->w->drop);
	struct sst_read all = { .left = INT64_MIN, .right = INT64_MIN };
	const struct sst_item *item;
	struct sst_stream *rows;
	int r;

	if (!sst_sstable_is_murmur3(s->sstable))
		return 1; /* not to be walked through by its index */
	if (sst_sstable_read(s->sstable, &all, &rows, e) == -1)
		return -1;
	while ((r = sst_stream_next(rows, &item, e)) == SST_ONE) {
		if (item->kind == SST_PARTITION && d.partition(d.arg, &item->part))
			break;
		if (sst_stream_skip(rows, e) == -1) {
			r = -1;
			break;
		}
	}
	sst_stream_close(rows);
	return r;
}

/*
 * 1: it is one that the user means; 0; -1.  Partitions that are dropped go from all that hold them at
 * once; what holds none of them stays as it is, unless all were meant.
 */
static int
is_meant(const struct job *j, struct sst_set *s, struct sst_slice key, struct sst_err *e)
{
	if (!is_named(j, s))
		return 0;
	if (drop_partitions(&j->w->drop) && !j->w->major && j->w->out == NULL && !j->w->drop.ghosts)
		return has_dropped(j, s, e);
	if (j->w->key != NULL)
		return sst_sstable_may_have_key(s->sstable, key, sst_token(key), e);
	if (j->w->ranged)
		return sst_sstable_may_have_tokens(s->sstable, j->w->left, j->w->right, e);
	return 1;
}

static int
read_key(const struct job *j, struct sst_buf *key, struct sst_err *e)
{
	struct sst_err was;

	if (j->w->key == NULL ||
	    sst_key_from_string(j->at->table, sst_slice_str(j->w->key), key, &was) == 0)
		return 0;
	return sst_fail(e, was.code, NULL, SST_NOWHERE, "--key %.60s: %.80s", j->w->key, was.what);
}

/* The sets of one group that the user means.  SST_ONE, 0, -1. */
static int
take_meant(struct job *j, size_t group, struct sst_task *task, struct sst_err *e)
{
	struct sst_buf key = { 0 };
	size_t i;
	int r;

	*task = (struct sst_task){ .why = "all" };
	task->in = sst_arena_array(&j->arena, j->sets.n + 1, sizeof(*task->in));
	if (task->in == NULL)
		return sst_fail_nomem(e);
	r = read_key(j, &key, e);
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

bool
choose_is_told(const struct job *j)
{
	return j->w->major || j->at->nfiles > 0 || j->w->key != NULL || j->w->ranged ||
	    j->w->out != NULL || drop_partitions(&j->w->drop) || j->w->drop.ghosts;
}

int
choose_next(struct job *j, struct sst_task *task, struct sst_err *e)
{
	struct sst_moment m = { j->w->now_us / SST_S_US, job_gc_before(j), j->generation_max };
	int r = 0;

	if (choose_is_told(j)) {
		/* What is done in place is there no more, and groups have other numbers then. */
		if (j->w->out == NULL && !j->w->dry_run)
			j->group = 0;
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

/*
 * Partitions go from all SSTables at once, or what a tombstone in one hides in another would be seen:
 * so from one group only, since groups are never merged.
 */
int
choose_check_drops(struct job *j)
{
	char name[200];
	size_t i, group = SIZE_MAX;
	struct sst_err e;
	int r;

	if (!drop_partitions(&j->w->drop))
		return SOUND;
	if (j->at->nfiles > 0 || j->w->key != NULL || j->w->ranged)
		return tool_problem(TROUBLE,
		    "%s: partitions are dropped from all SSTables of a table or from none",
		    job_name(j, name));
	for (i = 0; i < j->sets.n && j->sets.ngroups > 1; i++) {
		if ((r = has_dropped(j, &j->sets.v[i], &e)) == -1)
			return complain(&e);
		if (r == 1 && group != SIZE_MAX && group != j->sets.v[i].group)
			return tool_problem(TROUBLE,
			    "%s: partitions to be dropped lie in repaired and in unrepaired "
			    "SSTables, "
			    "which are not merged",
			    job_name(j, name));
		if (r == 1)
			group = j->sets.v[i].group;
	}
	return SOUND;
}
