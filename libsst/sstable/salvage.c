/*
 * libsst/sstable/salvage.c: a walk over the rows as the check makes it, with a writer at its end.  What
 * a damaged place leaves open (a range tombstone) is closed behind the last row that could be read.
 */
#include "sstable/salvage.h"

#include <errno.h>
#include <stdlib.h>

#include "sstable/checking.h"

struct salvage {
	const struct sst_io *io;
	const struct sst_salvage_opts *opts;
	struct sst_check c; /* its index, and the data */
	struct sst_checked checked;
	struct sst_check_opts silent;
	struct sst_writer *w;
	struct sst_table table; /* with the filter's chance */
	struct sst_buf base;
	/* The last partition that could be read; what was lost since. */
	struct sst_buf after;
	int64_t after_token;
	bool any;
	bool losing;
	struct sst_err why;
	struct sst_buf key;    /* of the partition at hand */
	struct sst_place last; /* row in the range tombstone that is open */
	/* A marker that opens one is written when something follows it: else nobody would know how far
	 * it reaches, and it must not reach too far. */
	bool pending;
	struct sst_place mark;
	struct sst_deletion before, open; /* at the mark; in force in what is written */
	bool broken;                      /* the writer has failed: that is no damage */
};

static void
ignore(void *arg, enum sst_component c, const struct sst_err *e)
{
	(void)arg;
	(void)c;
	(void)e;
}

static bool
is_damage(const struct sst_err *e)
{
	return e->code == SST_ESHORT || e->code == SST_EDAMAGED || e->code == SST_ELIMIT ||
	    e->code == SST_EINVAL;
}

static void
tell(struct salvage *s, struct sst_slice key, const struct sst_partition *next)
{
	struct sst_loss loss = { .key = key, .why = &s->why, .table = s->c.t->table };

	if (s->any) {
		loss.after = sst_buf_slice(&s->after);
		loss.after_token = s->after_token;
	}
	if (next != NULL) {
		loss.before = next->key;
		loss.before_token = next->token;
	}
	s->opts->lost(s->opts->arg, &loss);
}

/* ---- rows ---- */

static int
keep(struct sst_buf *b, struct sst_slice bytes, struct sst_err *e)
{
	sst_buf_reset(b);
	sst_buf_add_slice(b, bytes);
	return b->bad ? sst_fail_nomem(e) : 0;
}

static int
put(struct salvage *s, const struct sst_item *item, struct sst_err *e)
{
	int r = sst_writer_add(s->w, item, e);

	s->broken |= r == -1;
	return r;
}

static int
put_marker(struct salvage *s, const struct sst_place *at, int side, struct sst_deletion before,
    struct sst_deletion after, struct sst_err *e)
{
	struct sst_item item = { .kind = SST_MARKER,
		.marker = { { at->ck, at->at.n, side }, before, after } };

	s->open = after;
	return put(s, &item, e);
}

static int
put_pending(struct salvage *s, struct sst_deletion after, struct sst_err *e)
{
	if (!s->pending)
		return 0;
	s->pending = false;
	if (s->before.ts_us == SST_NO_TS && after.ts_us == SST_NO_TS)
		return 0;
	return put_marker(s, &s->mark, s->mark.at.side, s->before, after, e);
}

/* The rest of the partition is lost: a range tombstone that is open ends behind its last row. */
static int
cut_partition(struct salvage *s, struct sst_err *e)
{
	s->why = *e;
	tell(s, sst_buf_slice(&s->key), NULL);
	if (s->pending)
		return put_pending(s, SST_LIVE, e);
	if (s->open.ts_us == SST_NO_TS)
		return 0;
	return put_marker(s, &s->last, 1, s->open, SST_LIVE, e);
}

static int
copy_item(
    struct salvage *s, const struct sst_item *item, struct sst_deletion open, struct sst_err *e)
{
	const struct sst_table *t = s->c.t->table;

	if (put_pending(s, open, e) == -1)
		return -1;
	if (item->kind == SST_MARKER && item->marker.after.ts_us != SST_NO_TS) {
		s->pending = true;
		s->before = item->marker.before;
		return sst_place_set(&s->mark, t, item, e);
	}
	if (item->kind == SST_MARKER)
		s->open = SST_LIVE;
	else if (item->kind == SST_ROW && s->open.ts_us != SST_NO_TS &&
	    sst_place_set(&s->last, t, item, e) == -1)
		return -1;
	return put(s, item, e);
}

/* 1: the partition is over; 0: cut short, which has been told; -1. */
static int
copy_rows(struct salvage *s, struct sst_err *e)
{
	struct sst_data *x = &s->c.x;
	struct sst_deletion open = SST_LIVE; /* before the item */
	int r;

	s->pending = false;
	s->open = SST_LIVE;
	while ((r = sst_data_row(x, e)) == SST_ONE) {
		if (copy_item(s, &x->item, open, e) == -1)
			return -1;
		open = x->open;
	}
	if (r == 0)
		return 1;
	return is_damage(e) ? cut_partition(s, e) : -1;
}

/* 1, 0 at the end of the data, -1: damaged or not, as *e says; *start: where it began. */
static int
copy_partition(struct salvage *s, uint64_t *start, bool *whole, struct sst_err *e)
{
	struct sst_data *x = &s->c.x;
	int r = sst_data_partition(x, e);

	*whole = false;
	if (r != SST_ONE)
		return r;
	*start = x->item.off;
	if (s->losing)
		tell(s, (struct sst_slice){ NULL, 0 }, &x->item.part);
	s->losing = false;
	s->any = true;
	s->after_token = x->item.part.token;
	if (keep(&s->after, x->item.part.key, e) == -1 ||
	    keep(&s->key, x->item.part.key, e) == -1 || put(s, &x->item, e) == -1)
		return -1;
	r = copy_rows(s, e);
	*whole = r == 1;
	return r == -1 ? -1 : 1;
}

/* To the next partition that the index knows: 1; 0: there is none; -1. */
static int
go_on(struct salvage *s, uint64_t start, struct sst_err *e)
{
	uint64_t to;
	int r;

	if (!s->c.indexed)
		return 0;
	r = sst_check_index_after(&s->c, start, &to, e);
	if (r == 1)
		sst_data_seek(&s->c.x, to, SST_LIVE);
	return r;
}

static int
copy_all(struct salvage *s, struct sst_err *e)
{
	uint64_t start = 0;
	bool whole;
	int r;

	do {
		start = s->c.x.pos;
		r = copy_partition(s, &start, &whole, e);
		if (r == 1 && whole)
			continue;
		if (r == 0)
			break;
		if (r == -1) {
			if (!is_damage(e) || s->broken)
				return -1;
			s->why = *e;
			s->losing = true;
		}
		r = go_on(s, start, e);
		if (r == 0)
			s->losing = true;
	} while (r == 1);
	if (r == 0 && s->losing)
		tell(s, (struct sst_slice){ NULL, 0 }, NULL);
	return r;
}

/* ---- the new SSTable ---- */

static int
level_of(const struct sst_chunks *c)
{
	size_t i;
	char digits[8] = { 0 };

	for (i = 0; i < c->noptions; i++)
		if (sst_slice_eq(c->options[i].name, SST_SLICE_LIT("compression_level")) &&
		    c->options[i].value.n < sizeof(digits)) {
			memcpy(digits, c->options[i].value.p, c->options[i].value.n);
			return (int)strtol(digits, NULL, 10);
		}
	return 0;
}

static int
open_writer(struct salvage *s, struct sst_err *e)
{
	const struct sst_sstable *t = s->c.t;
	const struct sst_statistics *st = &t->statistics;
	const struct sst_chunks *chunks = sst_file_chunks(s->c.x.w.file);
	struct sst_writer_opts o = { .compression_set = true,
		.times_set = true,
		.min_ts_us = t->header.min_ts_us,
		.min_ldt_s = t->header.min_ldt_s,
		.min_ttl_s = t->header.min_ttl_s,
		.repaired_at_ms = st->repaired_at_ms,
		.pending_repair = st->pending_repair,
		.transient = st->transient,
		.level = st->level };

	if (chunks != NULL)
		o.compression = (struct sst_compression){ chunks->class_name, chunks->chunk_len,
			level_of(chunks) };
	memcpy(o.pending_repair_id, st->pending_repair_id, 16);
	memcpy(o.host_id, st->host_uuid, 16);
	s->table = *t->table;
	s->table.bloom_fp = st->bloom_fp;
	sst_buf_addf(&s->base, "%s/%s-%s-big-", s->opts->dir,
	    t->version->writable ? t->version->name : "me", t->name.generation);
	sst_buf_addc(&s->base, '\0');
	if (s->base.bad)
		return sst_fail_nomem(e);
	return sst_writer_open(&s->w, s->io, (const char *)s->base.p, &s->table, &o, e);
}

/* Its name comes last. */
static int
publish(struct salvage *s, struct sst_err *e)
{
	struct sst_buf from = { 0 }, to = { 0 };
	int r = 0;

	sst_buf_addf(&to, "%sTOC.txt", (const char *)s->base.p);
	sst_buf_addf(&from, "%sTOC.txt.tmp", (const char *)s->base.p);
	sst_buf_addc(&to, '\0');
	sst_buf_addc(&from, '\0');
	if (to.bad || from.bad)
		r = sst_fail_nomem(e);
	if (r == 0)
		r = sst_io_rename(s->io, (const char *)from.p, (const char *)to.p, e);
	if (r == 0)
		r = sst_io_sync_dir(s->io, s->opts->dir, e);
	sst_buf_free(&from);
	sst_buf_free(&to);
	return r;
}

static int
run(struct salvage *s, struct sst_written *written, struct sst_err *e)
{
	struct sst_check *c = &s->c;
	struct sst_file *f = sst_sstable_data(c->t, e);
	int r;

	if (f == NULL || sst_place_init(&s->mark, c->t->table->nck, e) == -1 ||
	    sst_place_init(&s->last, c->t->table->nck, e) == -1 ||
	    sst_check_index_open(c, e) == -1 ||
	    sst_data_init(&c->x, f, SST_WINDOW_SEQUENTIAL, &c->t->header, c->t->table, e) == -1)
		return -1;
	if (open_writer(s, e) == -1 || copy_all(s, e) == -1)
		return -1;
	r = sst_writer_finish(s->w, written, e);
	if (r != -1)
		s->w = NULL;
	return r == 0 ? publish(s, e) : r == 1 ? 0 : -1;
}

int
sst_salvage(struct sst_written *written, const struct sst_io *io, const char *path,
    const struct sst_salvage_opts *o, struct sst_err *e)
{
	struct salvage *s = calloc(1, sizeof(*s));
	struct sst_sstable_opts opts = { 0 };
	int r;

	memset(written, 0, sizeof(*written));
	if (s == NULL)
		return sst_fail_nomem(e);
	s->io = io;
	s->opts = o;
	s->silent.found = ignore;
	s->c = (struct sst_check){ .io = io, .opts = &s->silent, .out = &s->checked };
	r = sst_sstable_open(&s->c.t, io, path, &opts, e);
	if (r == 0)
		r = run(s, written, e);
	sst_writer_abort(s->w);
	sst_check_index_close(&s->c);
	sst_data_close(&s->c.x);
	sst_place_free(&s->last);
	sst_place_free(&s->mark);
	sst_buf_free(&s->base);
	sst_buf_free(&s->after);
	sst_buf_free(&s->key);
	sst_sstable_close(s->c.t);
	free(s);
	return r;
}
