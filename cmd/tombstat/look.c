/* cmd/tombstat/look.c: one table: which SSTables, what is known of what lies beside them, and a look. */
#include "tombstat/tombstat.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "compaction/blockers.h"
#include "compaction/strategy.h"
#include "msg/ghost.h"
#include "tombstat/show.h"

#define LOG_MEMORY ((size_t)16 << 20) /* for the answer of the commit log */

static void
name_table(struct findings *f)
{
	const struct sst_table *t = f->at->table;

	snprintf(f->name, sizeof(f->name), "%.*s%s%.*s",
	    (int)(t->keyspace.n < 90 ? t->keyspace.n : 90), (const char *)t->keyspace.p,
	    t->keyspace.n > 0 ? "." : "", (int)(t->name.n < 90 ? t->name.n : 90),
	    (const char *)t->name.p);
}

/* ---- which SSTables ---- */

static bool
is_named(const struct findings *f, const struct sst_set *s)
{
	size_t i;

	for (i = 0; i < f->at->nfiles; i++)
		if (strcmp(f->at->files[i], s->base) == 0)
			return true;
	return f->at->nfiles == 0;
}

static int
check_named(const struct findings *f)
{
	size_t i, k;

	for (i = 0; i < f->at->nfiles; i++) {
		for (k = 0; k < f->n && strcmp(f->at->files[i], f->in[k]->base) != 0; k++)
			;
		if (k == f->n)
			return tool_problem(
			    TROUBLE, "%s/%s*: not live", f->at->folder, f->at->files[i]);
	}
	return SOUND;
}

static int
choose(struct findings *f)
{
	size_t i, k, n = f->sets.n + 1;

	f->in = sst_arena_array(&f->arena, n, sizeof(*f->in));
	f->others = sst_arena_array(&f->arena, n, sizeof(*f->others));
	if (f->in == NULL || f->others == NULL)
		return tool_problem(TROUBLE, "out of memory");
	for (i = 0; i < f->sets.n; i++)
		if (is_named(f, &f->sets.v[i])) {
			f->in[f->n++] = &f->sets.v[i];
			f->bytes += f->sets.v[i].bytes;
		} else
			f->others[f->nothers++] = &f->sets.v[i];
	for (i = 0; i < f->n; i++) {
		for (k = 0; k < i && f->in[k]->group != f->in[i]->group; k++)
			;
		f->ngroups += k == i;
	}
	return check_named(f);
}

/* Before the SSTables are listed, so that no write is in neither. */
static int
read_log(struct findings *f)
{
	struct sst_unflushed_tables all = { .v = f->at->tables,
		.n = f->at->ntables,
		.wanted = f->at->table,
		.dropped = f->at->dropped,
		.ndropped = f->at->ndropped };
	struct sst_err e;

	if (f->at->root == NULL || f->w->fast)
		return SOUND;
	if (sst_unflushed_read(&f->unflushed, &sst_io_posix, f->at->root, &all, LOG_MEMORY, &e) ==
	    -1)
		return complain(&e);
	if (!sst_unflushed_known(f->unflushed)) {
		f->why_not = "the commit log cannot be read to its end";
		f->status = complain(&e);
	}
	return SOUND;
}

/* As compact has it: a clock that was set back would take the wrong things for old. */
static bool
clock_is_behind(const struct findings *f)
{
	size_t i;

	for (i = 0; !f->w->now_given && i < f->sets.n; i++)
		if (f->sets.v[i].mtime_ms / 1000 > f->now_s + SST_DAY_S)
			return true;
	return false;
}

static int
set_rules(struct findings *f)
{
	struct sst_strategy s;
	struct sst_err e;
	size_t i, n;

	if (sst_strategy_of(&s, f->at->table, &e) == -1)
		return tool_problem(TROUBLE, "%s: %s", f->name, e.what);
	f->threshold = s.tombstone_threshold;
	if (clock_is_behind(f))
		f->why_not = "the clock is more than a day behind the newest file";
	for (i = n = 0; i < f->n; i++)
		n += sst_strategy_may_purge(&s, f->in[i]);
	if (n == 0 && f->n > 0)
		f->why_not = "only_purge_repaired_tombstones, and none is repaired";
	f->only_repaired = s.only_purge_repaired;
	f->purge = f->why_not == NULL;
	if (f->unflushed != NULL) {
		f->oracle.unflushed = sst_unflushed_min_ts_us;
		f->oracle.arg = f->unflushed;
	}
	f->oracle.outside = f->others;
	f->oracle.n = f->nothers;
	return SOUND;
}

/* What ascends in no known order cannot be merged. */
static int
check_order(const struct findings *f)
{
	size_t i;

	for (i = 0; f->n > 1 && i < f->n; i++)
		if (!sst_sstable_is_murmur3(f->in[i]->sstable))
			return tool_problem(TROUBLE,
			    "%s/%s*: only SSTables of Murmur3Partitioner can be merged",
			    f->at->folder, f->in[i]->base);
	return SOUND;
}

/* ---- a full look ---- */

struct watching { /* the survey */
	struct findings *f;
	uint32_t author;
};

const char *
look_threshold(const struct wishes *w, uint64_t page_max)
{
	return page_max > w->fail ? "failure" : page_max > w->warn ? "warning" : NULL;
}

static bool
is_ghost(void *arg, const struct sst_row *r, int64_t now_s)
{
	const struct watching *x = arg;

	return sst_message_is_ghost(r, x->author, now_s);
}

static int
take_partition(void *arg, const struct sst_survey_partition *p, struct sst_err *e)
{
	struct watching *x = arg;
	struct findings *f = x->f;

	f->with_tombstones += sst_tally_gone(&p->sum.in) > 0;
	f->past_warn += p->page_max > f->w->warn;
	f->past_fail += p->page_max > f->w->fail;
	if (p->page_max > f->page_max)
		f->page_max = p->page_max;
	return worst_add(&f->worst, p, e);
}

static int
step(void *arg, uint64_t bytes, uint64_t rows, struct sst_err *e)
{
	struct watching *x = arg;

	(void)e;
	tool_progress_step(&x->f->w->progress, rows, bytes);
	return 0;
}

static bool
is_part(const struct findings *f)
{
	return f->w->key != NULL || f->w->ranged;
}

/* The partitions that are asked for. */
static int
fill_read(const struct findings *f, struct sst_read *r, struct sst_buf *key)
{
	struct sst_err e;

	*r = (struct sst_read){ .table = f->at->table, .left = INT64_MIN, .right = INT64_MIN };
	if (f->w->ranged) {
		r->left = f->w->left;
		r->right = f->w->right;
	}
	if (f->w->key == NULL)
		return SOUND;
	if (sst_key_from_string(f->at->table, sst_slice_str(f->w->key), key, &e) == -1)
		return tool_problem(TROUBLE, "%s: --key %s: %s", f->name, f->w->key, e.what);
	r->key = sst_buf_slice(key);
	return SOUND;
}

/* A compaction of a group, by itself. */
static int
fill_compaction(struct findings *f, struct sst_compaction *c, struct sst_oracle *o, size_t group)
{
	size_t i, n = f->sets.n + 1;

	*o = f->oracle;
	o->n = 0;
	o->outside = sst_arena_array(&f->arena, n, sizeof(*o->outside));
	c->in = sst_arena_array(&f->arena, n, sizeof(*c->in));
	if (c->in == NULL || o->outside == NULL)
		return -1;
	for (i = 0; i < f->sets.n; i++)
		if (!is_named(f, &f->sets.v[i]) || f->sets.v[i].group != group)
			o->outside[o->n++] = &f->sets.v[i];
		else
			c->in[c->n++] = &f->sets.v[i];
	c->io = &sst_io_posix;
	c->dir = f->at->folder;
	c->table = f->at->table;
	c->now_s = f->now_s;
	c->gc_before_s = f->now_s - f->gc_grace_s;
	c->keep_tombstones =
	    !f->purge || (f->only_repaired && c->n > 0 && c->in[0]->stats->repaired_at_ms == 0);
	c->oracle = o;
	return 0;
}

/* Version that compact would write: ours, or that of the folder's newest. */
static const char *
version_for(const struct findings *f, const struct sst_compaction *c)
{
	const struct sst_version *v, *best = NULL;
	size_t i;

	if (!f->at->foreign)
		return "me";
	for (i = 0; i < c->n; i++) {
		v = sst_sstable_version(c->in[i]->sstable);
		if (best == NULL || sst_version_newer(v, best))
			best = v;
	}
	return best != NULL && best->writable ? best->name : "me";
}

static int
rehearse(struct findings *f, size_t group, struct sst_err *e)
{
	struct sst_compacted done = { 0 };
	struct sst_compaction c = { 0 };
	struct sst_oracle o;
	int r;

	if (fill_compaction(f, &c, &o, group) == -1)
		return sst_fail_nomem(e);
	if (c.n == 0)
		return 0;
	c.version = version_for(f, &c);
	c.writer.host_id[0] = 1; /* any */
	r = sst_compaction_rehearse(&done, &c, e);
	sst_tally_add(&f->left, &done.out);
	f->bytes_left += done.bytes_out;
	sst_compacted_free(&done);
	return r;
}

/* What a compaction of them leaves, where the survey alone cannot tell. */
static int
weigh(struct findings *f, struct sst_err *e)
{
	const struct sst_survey_sum *sum = &f->survey.sum;
	double share = sum->in_bytes > 0 ? (double)sum->left_bytes / (double)sum->in_bytes : 0;
	size_t i;

	f->weighed = f->w->exact || (f->ngroups > 1 && !is_part(f));
	if (!f->weighed) {
		f->left = sum->left;
		f->bytes_left = (uint64_t)((double)f->bytes * share);
		return 0;
	}
	for (i = 0; i < f->sets.ngroups; i++)
		if (rehearse(f, i, e) == -1)
			return -1;
	return 0;
}

static uint64_t
total_bytes(const struct findings *f)
{
	struct sst_compaction c = { .n = f->n, .in = f->in };
	struct sst_err ignored;
	uint64_t bytes;

	if (is_part(f) || sst_compaction_bytes(&c, &bytes, &ignored) == -1)
		return 0;
	return bytes;
}

static int
survey(struct findings *f)
{
	struct watching x = { f, sst_messages_author(f->at->table) };
	struct sst_survey_opts o = { .table = f->at->table,
		.n = f->n,
		.in = f->in,
		.now_s = f->now_s,
		.gc_grace_s = f->gc_grace_s,
		.purge = f->purge && f->ngroups <= 1,
		.oracle = &f->oracle,
		.page_rows = f->w->page,
		.ghost = x.author != SST_MSG_NO_COLUMN ? is_ghost : NULL,
		.partition = take_partition,
		.step = step,
		.arg = &x };
	struct sst_buf key = { 0 };
	struct sst_read read;
	struct sst_err e;
	int rc = fill_read(f, &read, &key);

	if (rc == SOUND)
		rc = check_order(f);
	if (rc == SOUND) {
		o.read = is_part(f) ? &read : NULL;
		f->worst.max = f->w->count > SIZE_MAX ? SIZE_MAX : (size_t)f->w->count;
		tool_progress_start(&f->w->progress, "rows", total_bytes(f), f->w->quiet);
		if (sst_survey_run(&f->survey, &o, &e) == -1 || weigh(f, &e) == -1)
			rc = complain(&e);
		tool_progress_end(&f->w->progress);
		worst_sort(&f->worst);
	}
	if (f->oracle.unknown > 0)
		f->status = tool_worse(f->status, complain(&f->oracle.why));
	sst_buf_free(&key);
	return rc;
}

/* ---- Statistics.db alone ---- */

struct claims
look_claims(const struct findings *f, const struct sst_set *s)
{
	const struct sst_statistics *st = s->stats;
	struct claims c = { 0 };
	uint64_t n;
	size_t i;

	for (i = 0; i < st->ndrop_times; i++) {
		n = st->drop_times[i].count > 0 ? (uint64_t)st->drop_times[i].count : 0;
		c.all += n;
		c.old += st->drop_times[i].at_s < f->now_s - f->gc_grace_s ? n : 0;
		c.ages.n[sst_age_of(st->drop_times[i].at_s, f->now_s, f->gc_grace_s)] += n;
	}
	return c;
}

size_t
look_expired(const struct findings *f, size_t *blocked)
{
	int64_t before = f->now_s - f->gc_grace_s;
	size_t i, k, n = 0;

	*blocked = 0;
	for (i = 0; i < f->n; i++) {
		if (!sst_set_is_expired(f->in[i], before))
			continue;
		n++;
		for (k = 0; k < f->n && !sst_set_blocks(f->in[k], f->in[i], before); k++)
			;
		*blocked += k < f->n;
	}
	return n;
}

struct sst_slice
look_base(const struct sst_set *s)
{
	size_t n = strlen(s->base);

	return (struct sst_slice){ (const uint8_t *)s->base, n > 0 ? n - 1 : 0 };
}

/* ---- the whole ---- */

int
look_table(struct wishes *w, const struct place *at)
{
	struct findings f = { .w = w, .at = at, .now_s = w->now_us / SST_S_US };
	struct sst_live_folder folder = { &sst_io_posix, at->folder, at->foreign };
	struct sst_err e;
	int rc;

	f.gc_grace_s = w->gc_grace_s >= 0 ? w->gc_grace_s : at->table->gc_grace_s;
	name_table(&f);
	rc = read_log(&f);
	if (rc == SOUND && sst_sets_open(&f.sets, &folder, at->table, &e) == -1)
		rc = complain(&e);
	if (rc == SOUND)
		rc = choose(&f);
	if (rc == SOUND)
		rc = set_rules(&f);
	if (rc == SOUND && !w->fast)
		rc = survey(&f);
	if (rc == SOUND)
		rc = show_table(&f);
	sst_survey_free(&f.survey);
	worst_free(&f.worst);
	sst_unflushed_free(f.unflushed);
	sst_sets_close(&f.sets);
	sst_arena_free(&f.arena);
	return tool_worse(rc, f.status);
}
