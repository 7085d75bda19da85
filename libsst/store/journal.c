/* store/journal.c: mutations into segments, and which segments there are. */
#include "store/journal.h"

#include <stdlib.h>

#include "base/clock.h"
#include "commitlog/log.h"
#include "commitlog/mutation.h"
#include "commitlog/segment.h"

#define PERIOD_MS 10000 /* as in Cassandra */
#define WINDOW_MS 10
#define SEGMENTS_MIN 4
#define STEP_PUTS 64 /* between looks at the clock */

struct sst_journal {
	struct sst_log *log;
	struct sst_mutation_out *out;
	enum sst_sync sync;
	bool keep;
	bool syncing; /* somebody waits for the disk */
	unsigned period_ms, puts;
	int64_t (*now_ms)(void *arg);
	void *arg;
	int64_t synced_ms;             /* when the last sync began */
	struct sst_buf segments;       /* of uint64_t: ids, ascending, the last one being written */
	struct sst_logpos end, before; /* of the last put, and of the one before it */
	size_t segments_max;
};

static size_t
nsegments(const struct sst_journal *j)
{
	return j->segments.n / sizeof(uint64_t);
}

int
sst_journal_open(struct sst_journal **out, const struct sst_io *io, const char *dir,
    const struct sst_store_opts *o, struct sst_err *e)
{
	struct sst_log_opts lo = { .segment_size = o->segment_size,
		.shard = o->shard,
		.shards = o->shards,
		.now_ms = o->now_ms,
		.arg = o->now_arg,
		.write_on = o->sync == SST_SYNC_PERIODIC };
	struct sst_journal *j = *out = calloc(1, sizeof(*j));

	if (j == NULL)
		return sst_fail_nomem(e);
	j->sync = o->sync;
	j->keep = o->keep_log;
	j->segments_max = (o->log_max != 0 ? o->log_max : 4 * (uint64_t)o->memory) /
	    (o->segment_size != 0 ? o->segment_size : SST_LOG_SEGMENT);
	if (j->segments_max < SEGMENTS_MIN)
		j->segments_max = SEGMENTS_MIN;
	j->period_ms = o->sync_ms != 0  ? o->sync_ms
	    : o->sync == SST_SYNC_GROUP ? WINDOW_MS
					: PERIOD_MS;
	j->now_ms = o->now_ms != NULL ? o->now_ms : sst_steady_ms_of;
	j->arg = o->now_arg;
	j->synced_ms = j->now_ms(j->arg);
	if (sst_mutation_out_new(&j->out, e) == 0 && sst_log_open(&j->log, io, dir, &lo, e) == 0)
		return 0;
	sst_mutation_out_free(j->out);
	free(j);
	*out = NULL;
	return -1;
}

int
sst_journal_put(
    struct sst_journal *j, const struct sst_update *u, struct sst_logpos *end, struct sst_err *e)
{
	uint64_t id;
	struct sst_slice bytes;

	if (!sst_buf_room(&j->segments, sizeof(id))) {
		j->segments.bad = false;
		return sst_fail_nomem(e);
	}
	if (sst_mutation_put(j->out, u, &bytes, e) == -1 ||
	    sst_log_append(j->log, bytes, end, e) == -1)
		return -1;
	j->before = j->end;
	j->end = *end;
	if (nsegments(j) > 0)
		memcpy(&id, j->segments.p + j->segments.n - sizeof(id), sizeof(id));
	if (nsegments(j) == 0 || id != end->segment)
		sst_buf_add(&j->segments, &end->segment, sizeof(end->segment));
	return 0;
}

void
sst_journal_undo(struct sst_journal *j)
{
	sst_log_undo(j->log);
	j->end = j->before;
}

/* ---- durability ---- */

int
sst_journal_sync(struct sst_journal *j, struct sst_err *e)
{
	j->synced_ms = j->now_ms(j->arg);
	return sst_log_sync(j->log, e);
}

int
sst_journal_sync_begin(struct sst_journal *j, int *fd, struct sst_err *e)
{
	int r = sst_log_sync_begin(j->log, fd, e);

	j->synced_ms = j->now_ms(j->arg);
	j->syncing |= r == SST_ONE;
	return r;
}

int
sst_journal_sync_end(struct sst_journal *j, int result, struct sst_err *e)
{
	j->syncing = false;
	return sst_log_sync_end(j->log, result, e);
}

struct sst_logpos
sst_journal_synced(const struct sst_journal *j)
{
	return sst_log_synced(j->log);
}

uint64_t
sst_journal_unsynced(const struct sst_journal *j)
{
	return sst_log_unsynced(j->log);
}

int
sst_journal_due_ms(const struct sst_journal *j)
{
	int64_t since;

	if (j->syncing || sst_logpos_cmp(sst_log_synced(j->log), j->end) >= 0)
		return -1;
	if (j->sync == SST_SYNC_BATCH)
		return 0;
	since = j->now_ms(j->arg) - j->synced_ms;
	return since < 0 || since >= j->period_ms ? 0 : (int)(j->period_ms - since);
}

int
sst_journal_step(struct sst_journal *j, struct sst_err *e)
{
	if (j->sync == SST_SYNC_BATCH || ++j->puts < STEP_PUTS)
		return 0;
	j->puts = 0;
	return sst_journal_due_ms(j) == 0 ? sst_journal_sync(j, e) : 0;
}

int
sst_journal_settle(struct sst_journal *j, struct sst_logpos *acked, struct sst_err *e)
{
	*acked = (struct sst_logpos){ 0, 0 };
	if (sst_journal_due_ms(j) == 0 && sst_journal_sync(j, e) == -1)
		return -1;
	if (sst_log_write(j->log, e) == -1)
		return -1;
	*acked = j->sync == SST_SYNC_PERIODIC ? sst_log_written(j->log) : sst_log_synced(j->log);
	return 0;
}

/* ---- segments ---- */

void
sst_journal_begin_after(struct sst_journal *j, uint64_t id)
{
	sst_log_begin_after(j->log, id);
}

int
sst_journal_forget_tables(struct sst_journal *j, struct sst_err *e)
{
	struct sst_mutation_out *fresh;

	if (sst_mutation_out_new(&fresh, e) == -1)
		return -1;
	sst_mutation_out_free(j->out);
	j->out = fresh;
	return 0;
}

bool
sst_journal_is_long(const struct sst_journal *j)
{
	return nsegments(j) > j->segments_max && !j->keep;
}

int
sst_journal_discard(struct sst_journal *j, uint64_t oldest, struct sst_err *e)
{
	char name[SST_SEGMENT_NAME];
	size_t gone, n = nsegments(j);
	uint64_t id;
	int r = 0;

	if (j->keep || n == 0)
		return 0;
	if (oldest == UINT64_MAX && sst_log_clear(j->log, e) == -1)
		return -1;
	for (gone = 0; gone < n && r == 0; gone++) {
		memcpy(&id, j->segments.p + gone * sizeof(id), sizeof(id));
		if (id >= oldest)
			break;
		if (oldest == UINT64_MAX && gone == n - 1)
			continue; /* cleared */
		sst_segment_name(name, id);
		if ((r = sst_log_discard(j->log, name, e)) == -1)
			break;
	}
	j->segments.n -= gone * sizeof(id);
	memmove(j->segments.p, j->segments.p + gone * sizeof(id), j->segments.n);
	return r;
}

struct sst_log *
sst_journal_log(struct sst_journal *j)
{
	return j->log;
}

int
sst_journal_close(struct sst_journal *j, struct sst_err *e)
{
	int r;

	if (j == NULL)
		return 0;
	r = sst_log_close(j->log, e);
	sst_mutation_out_free(j->out);
	sst_buf_free(&j->segments);
	free(j);
	return r;
}
