/*
 * cmd/msgscan/scan.c: printing pages and streams.  A channel's buckets lie all over the token ring, so
 * a stream gives them far from each other: newest first within a partition is what it can promise in
 * fixed memory.  When a channel is to be seen as one (-n, an anchor, --reverse), a first pass over the
 * partitions collects the channels, 16 bytes each, and then each has its page.
 */
#include "msgscan/msgscan.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/num.h"

struct channels { /* in the order in which they were met */
	int64_t *id;
	uint32_t *slot; /* hash of id: index + 1 into id, 0 is free */
	size_t n, nslots;
};

int
scan_print(struct scan *s, int64_t channel, const struct sst_row *row)
{
	struct sst_err e;
	int r;

	if (s->form == FORM_DCE)
		r = sst_dcewrite_message(&s->dce, &s->out.buf, row, &e);
	else if (s->form == FORM_TSV)
		r = sst_msgwrite_tsv(&s->out.buf, &s->messages, &s->fields, channel, row, &e);
	else
		r = sst_msgwrite_json(&s->out.buf, &s->messages, channel, row, &e);
	tool_output_step(&s->out);
	if (r == -1)
		return complain(&e);
	s->printed++;
	return SOUND;
}

static void
add_stats(struct scan *s, const struct sst_history_stats *h)
{
	const struct sst_read_stats *from = &h->reads;
	struct sst_read_stats *to = &s->stats.reads;

	s->stats.buckets_visited += h->buckets_visited;
	s->stats.buckets_skipped += h->buckets_skipped;
	s->stats.ghosts += h->ghosts;
	s->stats.misfiled += h->misfiled;
	to->sstables_seen += from->sstables_seen;
	to->sstables_skipped += from->sstables_skipped;
	to->sstables_read += from->sstables_read;
	to->tombstones += from->tombstones;
	to->rows += from->rows;
	to->chunks_read += from->chunks_read;
	to->chunks_cached += from->chunks_cached;
}

int
scan_page(struct scan *s, int64_t channel)
{
	struct sst_page page = s->page;
	struct sst_history *h = NULL;
	const struct sst_row *row;
	struct sst_err e;
	int r, rc = SOUND;

	page.channel = channel;
	r = sst_history_open(&h, &s->messages, &page, &e);
	while (r != -1 && (r = sst_history_next(h, &row, &e)) == SST_ONE)
		rc = tool_worse(rc, scan_print(s, channel, row));
	if (r == -1)
		rc = complain(&e);
	if (h != NULL)
		add_stats(s, sst_history_stats(h));
	sst_history_close(h);
	return rc;
}

int
scan_export(struct scan *s, int64_t channel)
{
	struct sst_err e;
	int rc;

	s->dce.messages = &s->messages;
	s->dce.channel = channel;
	if (sst_dcewrite_begin(&s->dce, &s->out.buf, &e) == -1)
		return complain(&e);
	rc = scan_page(s, channel);
	/* Whole JSON, even when not all could be read: the status says so. */
	return sst_dcewrite_end(&s->dce, &s->out.buf, &e) == -1 ? complain(&e) : rc;
}

static int
open_range(struct scan *s, struct sst_stream **in, bool heads, struct sst_err *e)
{
	struct sst_db *db = s->messages.db;
	struct sst_read read = { .table = s->messages.table,
		.left = s->page.left,
		.right = s->page.right,
		.heads = heads,
		.now_s = s->page.now_s };

	return db->ops->read(db, &read, in, &s->stats.reads, e);
}

/* The channel of a partition; a key of another form is told once each and left out. */
static bool
channel_of(struct scan *s, const struct sst_partition *part, int64_t *channel)
{
	int32_t bucket;

	if (sst_messages_key_split(part->key, channel, &bucket))
		return true;
	s->foreign++;
	return false;
}

int
scan_stream(struct scan *s)
{
	struct sst_stream *in = NULL;
	const struct sst_item *item;
	struct sst_err e;
	int64_t channel = 0;
	bool ours = false;
	int r, rc = SOUND;

	r = open_range(s, &in, false, &e);
	while (r != -1 && (r = sst_stream_next(in, &item, &e)) == SST_ONE) {
		if (item->kind == SST_PARTITION) {
			ours = channel_of(s, &item->part, &channel);
			s->stats.buckets_visited++;
		} else if (item->kind == SST_ROW && ours) {
			if (sst_message_row_shown(&s->messages, &item->row))
				rc = tool_worse(rc, scan_print(s, channel, &item->row));
			else
				s->stats.ghosts++;
		}
	}
	if (r == -1)
		rc = complain(&e);
	sst_stream_close(in);
	return rc;
}

static size_t
hash(int64_t id)
{
	uint64_t x = (uint64_t)id * UINT64_C(0x9e3779b97f4a7c15);

	return (size_t)(x ^ x >> 32);
}

static int
grow(struct channels *c)
{
	size_t i, at, n = c->nslots > 0 ? 2 * c->nslots : 1024;
	uint32_t *slot = calloc(n, sizeof(*slot));
	int64_t *id = n <= UINT32_MAX ? realloc(c->id, n / 2 * sizeof(*id)) : NULL;

	if (id != NULL)
		c->id = id;
	if (slot == NULL || id == NULL) {
		free(slot);
		return tool_problem(TROUBLE, "out of memory: %zu channels", c->n);
	}
	for (i = 0; i < c->n; i++) {
		for (at = hash(id[i]) & (n - 1); slot[at] != 0; at = (at + 1) & (n - 1))
			;
		slot[at] = (uint32_t)i + 1;
	}
	free(c->slot);
	c->slot = slot;
	c->nslots = n;
	return SOUND;
}

static int
add_channel(struct channels *c, int64_t id)
{
	size_t at, mask;

	if (2 * c->n >= c->nslots && grow(c) != SOUND)
		return TROUBLE;
	mask = c->nslots - 1;
	for (at = hash(id) & mask; c->slot[at] != 0; at = (at + 1) & mask)
		if (c->id[c->slot[at] - 1] == id)
			return SOUND;
	c->id[c->n++] = id;
	c->slot[at] = (uint32_t)c->n;
	return SOUND;
}

static int
collect(struct scan *s, struct channels *c)
{
	struct sst_stream *in = NULL;
	const struct sst_item *item;
	struct sst_err e;
	int64_t channel;
	int r, rc = SOUND;

	r = open_range(s, &in, true, &e);
	while (rc == SOUND && r != -1 && (r = sst_stream_next(in, &item, &e)) == SST_ONE) {
		if (item->kind == SST_PARTITION && channel_of(s, &item->part, &channel))
			rc = add_channel(c, channel);
		if (sst_stream_skip(in, &e) == -1)
			r = -1;
	}
	if (r == -1)
		rc = complain(&e);
	sst_stream_close(in);
	return rc;
}

int
scan_channels(struct scan *s)
{
	struct channels c = { 0 };
	size_t i;
	int rc;

	/* What could be listed is printed even where something is damaged. */
	rc = collect(s, &c);
	for (i = 0; i < c.n && rc < TROUBLE; i++)
		rc = tool_worse(rc, scan_page(s, c.id[i]));
	free(c.id);
	free(c.slot);
	return rc;
}
