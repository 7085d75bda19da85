/* store/flushing.c: which memtable is written when, and what is done after it. */
#include "store/flushing.h"

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "commitlog/log.h"
#include "store/int.h"

#define TIDY_TURN \
	((size_t)2000) /* rows and partitions that are sorted at once: half a millisecond */

/* Reads sort what is in memory, which takes more or less of it. */
static void
count_bytes(struct sst_store *s)
{
	size_t i;

	for (s->bytes = 0, i = 0; i < s->nshelves; i++)
		s->bytes += sst_shelf_bytes(s->shelves[i]);
}

static void
note_oldest(const struct sst_memory *m, uint64_t *oldest)
{
	if (m->rows != NULL && m->first.segment < *oldest)
		*oldest = m->first.segment;
}

/* What is in SSTables need not be in the log.  A segment that cannot go does no harm: it goes with the
 * next, or after a replay. */
void
sst_store_discard_log(struct sst_store *s)
{
	uint64_t oldest = UINT64_MAX;
	struct sst_err e;
	size_t i;

	if (s->journal == NULL)
		return;
	for (i = 0; i < s->nshelves; i++) {
		note_oldest(&s->shelves[i]->active, &oldest);
		note_oldest(&s->shelves[i]->frozen, &oldest);
	}
	if (sst_journal_discard(s->journal, oldest, &e) == -1)
		sst_store_note_error(s, &e);
}

/* ---- one flush ---- */

static void
freeze(struct sst_store *s, struct sst_shelf *shelf)
{
	struct sst_flush *f = &s->flush;

	shelf->frozen = shelf->active;
	shelf->active = (struct sst_memory){ 0 };
	*f = (struct sst_flush){ .state = SST_FLUSH_FROZEN,
		.shelf = shelf,
		.io = shelf->io,
		.table = shelf->table,
		.folder = shelf->folder,
		.rows = shelf->frozen.rows->mem,
		.statics_used = shelf->frozen.statics_used,
		.regulars_used = shelf->frozen.regulars_used,
		.now_us = sst_now_us(),
		.bulk = s->journal == NULL };
	memcpy(f->hostid, s->datadir.hostid, sizeof(f->hostid));
}

static bool
may_be_tried_again(const struct sst_err *e)
{
	return e->code == SST_ENOMEM ||
	    (e->code == SST_ESYS &&
		(e->sys == ENOSPC || e->sys == EDQUOT || e->sys == EMFILE || e->sys == ENFILE));
}

static int
fail(struct sst_store *s, bool doubt, const struct sst_err *e)
{
	s->flush.state = SST_FLUSH_FAILED;
	s->flush.e = *e;
	/* After a sync that failed the kernel may think that the pages are clean: what was not
	 * durable before is lost or not, and trying again would only seem to work. */
	if (doubt || e->doubt || !may_be_tried_again(e)) {
		s->broken = true;
		s->why = *e;
	}
	return -1;
}

/* It is written, or could not be. */
static int
end(struct sst_store *s, struct sst_err *e)
{
	struct sst_shelf *shelf = s->flush.shelf;

	if (s->flush.result == -1) {
		*e = s->flush.e;
		return fail(s, s->flush.doubt, e);
	}
	/* Listed before the memtable goes, so that its rows are always on one of both; when listing
	 * fails it stays, and its rows come twice. */
	if (sst_shelf_refresh(shelf, e) == -1) {
		shelf->listed = false;
		return fail(s, false, e);
	}
	sst_memory_drop(&shelf->frozen);
	s->flush = (struct sst_flush){ 0 };
	count_bytes(s);
	sst_store_discard_log(s);
	return 0;
}

void
sst_store_await_flush(struct sst_store *s)
{
	if (s->flush.state != SST_FLUSH_GIVEN)
		return;
	s->opts.wait(s->opts.flush_arg, &s->flush);
	s->flush.state = SST_FLUSH_FROZEN;
}

int
sst_store_flush_frozen(struct sst_store *s, struct sst_err *e)
{
	if (s->flush.state == SST_FLUSH_NONE)
		return 0;
	if (s->flush.state == SST_FLUSH_GIVEN) {
		sst_store_await_flush(s);
		return end(s, e);
	}
	if (sst_memtable_tidy(s->flush.rows, SIZE_MAX, e) == -1)
		return fail(s, false, e);
	sst_flush_write(&s->flush);
	return end(s, e);
}

int
sst_store_flush_shelf(struct sst_store *s, struct sst_shelf *shelf, struct sst_err *e)
{
	if (sst_store_flush_frozen(s, e) == -1)
		return -1;
	if (shelf->active.rows == NULL)
		return 0;
	freeze(s, shelf);
	return sst_store_flush_frozen(s, e);
}

void
sst_store_forget_shelf(struct sst_store *s, struct sst_shelf *shelf)
{
	if (s->flush.shelf == shelf) {
		sst_store_await_flush(s);
		s->flush = (struct sst_flush){ 0 };
	}
	sst_memory_drop(&shelf->active);
	sst_memory_drop(&shelf->frozen);
	count_bytes(s);
}

/* ---- all of it ---- */

int
sst_store_refuse_broken(const struct sst_store *s, struct sst_err *e)
{
	*e = s->why;
	e->doubt = true;
	snprintf(e->what, sizeof(e->what),
	    "nothing more is taken in before a restart, since a flush failed: %.80s", s->why.what);
	return -1;
}

int
sst_store_flush(struct sst_store *s, struct sst_err *e)
{
	size_t i;

	if (s->broken)
		return sst_store_refuse_broken(s, e);
	if (sst_store_flush_frozen(s, e) == -1)
		return -1;
	for (i = 0; i < s->nshelves; i++)
		if (sst_store_flush_shelf(s, s->shelves[i], e) == -1)
			return -1;
	return 0;
}

/* The shelf with the most memory; or, when the log is too long, the one that holds it back. */
static struct sst_shelf *
to_flush(struct sst_store *s, bool by_log)
{
	struct sst_shelf *best = NULL, *shelf;
	size_t i;

	for (i = 0; i < s->nshelves; i++) {
		shelf = s->shelves[i];
		if (shelf->active.rows == NULL)
			continue;
		if (best == NULL ||
		    (by_log ? sst_logpos_cmp(shelf->active.first, best->active.first) < 0
			    : sst_memory_bytes(&shelf->active) > sst_memory_bytes(&best->active)))
			best = shelf;
	}
	return best;
}

/*
 * Where flushes go on beside, one is begun when half of the memory is full, and the other half is for
 * what comes until it is done; only a store that has filled that too waits for it.
 */
int
sst_store_make_room(struct sst_store *s, struct sst_err *e)
{
	bool beside = s->opts.give != NULL && !s->replaying, begins;
	size_t memory = s->opts.memory;
	struct sst_shelf *shelf;

	if (s->flush.state != SST_FLUSH_NONE) {
		if (beside && s->bytes < memory)
			return 0;
		if (sst_store_flush_frozen(s, e) == -1)
			return -1;
	}
	begins = s->bytes >= (beside ? memory / 2 : memory);
	if (!begins && (s->journal == NULL || !sst_journal_is_long(s->journal)))
		return 0;
	if ((shelf = to_flush(s, !begins)) == NULL)
		return 0;
	freeze(s, shelf);
	return beside && s->bytes < memory ? 0 : sst_store_flush_frozen(s, e);
}

/* ---- beside ---- */

static bool
is_of(const struct sst_memory *m, uint64_t upto)
{
	return m->rows != NULL && m->no <= upto;
}

bool
sst_store_is_flushed(const struct sst_store *s, uint64_t ticket)
{
	size_t i;

	for (i = 0; i < s->nshelves; i++)
		if (is_of(&s->shelves[i]->active, ticket) || is_of(&s->shelves[i]->frozen, ticket))
			return false;
	return true;
}

int
sst_store_flush_ask(struct sst_store *s, uint64_t *ticket, struct sst_err *e)
{
	*ticket = 0;
	if (s->broken)
		return sst_store_refuse_broken(s, e);
	if (s->flush.state == SST_FLUSH_FAILED)
		s->flush.state = SST_FLUSH_FROZEN;
	*ticket = s->asked = s->memtables;
	return 0;
}

/* What was asked for is not to be had. */
static int
give_up(struct sst_store *s, const struct sst_err *why, struct sst_err *e)
{
	s->asked = 0;
	if (e != why)
		*e = *why;
	return -1;
}

static void
freeze_asked(struct sst_store *s)
{
	size_t i;

	if (sst_store_is_flushed(s, s->asked))
		s->asked = 0;
	for (i = 0; i < s->nshelves && s->flush.state == SST_FLUSH_NONE; i++)
		if (is_of(&s->shelves[i]->active, s->asked))
			freeze(s, s->shelves[i]);
}

/* Sorts, and gives away what is sorted. */
static int
prepare(struct sst_store *s, struct sst_err *e)
{
	int r = sst_memtable_tidy(s->flush.rows, TIDY_TURN, e);

	if (r == SST_ONE)
		return SST_ONE;
	if (r == -1)
		return fail(s, false, e);
	s->flush.state = SST_FLUSH_GIVEN;
	if (s->opts.give(s->opts.flush_arg, &s->flush))
		return 0;
	s->flush.state = SST_FLUSH_FROZEN;
	return sst_store_flush_frozen(s, e);
}

int
sst_store_flush_turn(struct sst_store *s, struct sst_err *e)
{
	int r = 0;

	if (s->flush.state == SST_FLUSH_NONE && s->asked > 0 && !s->broken)
		freeze_asked(s);
	if (s->broken && s->asked > 0)
		return give_up(s, &s->why, e);
	if (s->flush.state == SST_FLUSH_FAILED && s->asked > 0)
		return give_up(s, &s->flush.e, e); /* it was tried by who filled memory */
	if (s->flush.state == SST_FLUSH_FROZEN && (r = prepare(s, e)) == -1)
		return give_up(s, e, e);
	return r;
}

int
sst_store_flush_end(struct sst_store *s, struct sst_err *e)
{
	int r;

	if (s->flush.state != SST_FLUSH_GIVEN)
		return 0;
	r = end(s, e);
	return r == -1 ? give_up(s, e, e) : r;
}
