/* cmd/msgd/settle.c: one sync under way at a time. */
#include "msgd/settle.h"

#include <errno.h>
#include <unistd.h>

#include "store/store.h"

/* A periodic sync begins so much before it is due, as what is due is done in the middle of a write. */
#define AHEAD_MS 1000
/* So much is synced at once, whatever the time: a segment's end waits for what is left. */
#define MUCH ((uint64_t)4 << 20)

/* A log that cannot be written is tried again so often, and for everybody who writes. */
#define RETRY_MS 100

static bool
is_periodic(const struct msgd_shard *s)
{
	return s->node->config->sync == SST_SYNC_PERIODIC;
}

void
msgd_settle_wait(struct msgd_shard *s, struct msgd_leg *l)
{
	l->next = NULL;
	*s->unsynced_end = l;
	s->unsynced_end = &l->next;
}

/* How long what is due, and has just failed, waits for another try: 0 when somebody waits for it. */
static int
pause_ms(const struct msgd_shard *s)
{
	int64_t since = s->steady_us - s->sync.failed_us;

	if (!s->sync.failed || s->unsynced != NULL || since >= RETRY_MS * 1000)
		return 0;
	return (int)(RETRY_MS - since / 1000);
}

/* ---- answers ---- */

/* Nothing is acknowledged after a sync that failed: all that wait are told.  The log is told once. */
static void
fail_all(struct msgd_shard *s, const struct sst_err *e)
{
	struct msgd_refusal why = { SST_WIRE_SERVER_ERROR, *e };
	struct msgd_leg *l = s->unsynced, *next;

	if (!s->sync.failed)
		msgd_node_log_error(e);
	s->sync.failed = true;
	s->sync.failed_us = s->steady_us;
	s->unsynced = NULL;
	s->unsynced_end = &s->unsynced;
	for (; l != NULL; l = next) {
		next = l->next;
		msgd_leg_refuse(l, &why);
		msgd_leg_done(s, l);
	}
}

static bool
is_before(struct sst_logpos a, struct sst_logpos b)
{
	return a.segment < b.segment || (a.segment == b.segment && a.offset <= b.offset);
}

static void
acknowledge(struct msgd_shard *s, struct sst_logpos upto)
{
	struct msgd_leg *l;

	while ((l = s->unsynced) != NULL && is_before(l->pos, upto)) {
		if ((s->unsynced = l->next) == NULL)
			s->unsynced_end = &s->unsynced;
		msgd_leg_done(s, l);
	}
}

/* ---- syncs ---- */

static void
sync_file(struct msgd_job *job)
{
	struct msgd_sync *sync = (struct msgd_sync *)job;

	sync->result = fdatasync(sync->fd) == 0 ? 0 : -errno;
}

static void
synced(struct msgd_shard *s, struct msgd_job *job)
{
	struct msgd_sync *sync = (struct msgd_sync *)job;
	struct sst_logpos upto;
	struct sst_err e;

	sync->under_way = false;
	msgd_count(&s->counts.syncs);
	if (sync->result < 0)
		msgd_node_log("a sync of the log failed: no write is taken before a restart");
	if (sst_store_sync_end(s->store, sync->result, &e) == -1 ||
	    s->db->ops->synced(s->db, &upto, &e) == -1)
		fail_all(s, &e);
	else
		acknowledge(s, upto);
}

static void
begin_sync(struct msgd_shard *s)
{
	struct sst_err e;
	int r = sst_store_sync_begin(s->store, &s->sync.fd, &e);

	if (r == -1)
		fail_all(s, &e);
	else if (s->sync.failed) {
		s->sync.failed = false;
		msgd_node_log("the log can be written again");
	}
	if (r != SST_ONE)
		return;
	s->sync.under_way = true;
	s->sync.job.work = sync_file;
	s->sync.job.done = synced;
	msgd_crew_give(&s->node->syncers, s, &s->sync.job);
}

static bool
is_due(const struct msgd_shard *s)
{
	int ms = sst_store_due_ms(s->store);

	if (ms == -1 || pause_ms(s) > 0)
		return false;
	return ms <= (is_periodic(s) ? AHEAD_MS : 0) || sst_store_unsynced(s->store) >= MUCH;
}

void
msgd_settle_turn(struct msgd_shard *s)
{
	struct sst_logpos upto;
	struct sst_err e;

	if (!s->sync.under_way && is_due(s))
		begin_sync(s);
	if (s->unsynced == NULL || (s->sync.under_way && !is_periodic(s)))
		return;
	/* Also what a segment's end has synced on the way. */
	if ((is_periodic(s) ? sst_store_settle(s->store, &upto, &e)
			    : s->db->ops->synced(s->db, &upto, &e)) == -1)
		fail_all(s, &e);
	else
		acknowledge(s, upto);
}

int
msgd_settle_due_ms(const struct msgd_shard *s)
{
	int ms = s->sync.under_way ? -1 : sst_store_due_ms(s->store), pause = pause_ms(s);

	if (ms == -1)
		return ms;
	if (is_periodic(s))
		ms = ms > AHEAD_MS ? ms - AHEAD_MS : 0;
	return ms > pause ? ms : pause;
}
