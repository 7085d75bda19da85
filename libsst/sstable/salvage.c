/*
 * libsst/sstable/salvage.c: a walk over the rows as the check makes it, with a writer at its end.  What
 * a damaged place leaves open (a range tombstone) is closed behind the last row that could be read.
 */
#include "sstable/salvage.h"

#include <errno.h>
#include <stdlib.h>

#include "sstable/salvaging.h"

static void
ignore(void *arg, enum sst_component c, const struct sst_err *e)
{
	(void)arg;
	(void)c;
	(void)e;
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
open_writer(struct sst_salvage *s, struct sst_err *e)
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
publish(struct sst_salvage *s, struct sst_err *e)
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

static bool
last_is_sound(struct sst_file *f)
{
	struct sst_block *b;
	struct sst_err ignored;

	if (!sst_file_is_checked(f) || sst_file_nblocks(f) == 0)
		return true;
	if (sst_file_block(f, sst_file_nblocks(f) - 1, false, &b, &ignored) == -1)
		return false;
	sst_cache_drop(sst_file_cache(f), b);
	return true;
}

/*
 * A file without compression that was cut within a block has no checksum for what is left of that.  It is
 * believed where the data ends in the middle of something: damage elsewhere would not end it there.
 */
static int
believe_cut(struct sst_salvage *s, struct sst_file *f, struct sst_err *e)
{
	struct sst_data *x = &s->c.x;
	int r = SST_ONE;

	if (last_is_sound(f))
		return 0;
	sst_file_trust_last(f, true);
	while (r == SST_ONE)
		if ((r = sst_data_partition(x, e)) == SST_ONE)
			r = sst_data_skip(x, e) == 0 ? SST_ONE : -1;
	if (r == -1 && !sst_salvage_is_damage(e))
		return -1;
	sst_file_trust_last(f, r == -1 && e->code == SST_ESHORT);
	sst_data_close(x);
	return sst_data_init(x, f, SST_WINDOW_SEQUENTIAL, &s->c.t->header, s->c.t->table, e);
}

static int
run(struct sst_salvage *s, struct sst_written *written, struct sst_err *e)
{
	struct sst_check *c = &s->c;
	struct sst_file *f = sst_sstable_data(c->t, e);
	int r;

	if (f == NULL || sst_place_init(&s->mark, c->t->table->nck, e) == -1 ||
	    sst_place_init(&s->last, c->t->table->nck, e) == -1 ||
	    sst_place_init(&s->at, c->t->table->nck, e) == -1 || sst_check_index_open(c, e) == -1 ||
	    sst_data_init(&c->x, f, SST_WINDOW_SEQUENTIAL, &c->t->header, c->t->table, e) == -1)
		return -1;
	if (believe_cut(s, f, e) == -1 || open_writer(s, e) == -1 || sst_salvage_rows(s, e) == -1)
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
	struct sst_salvage *s = calloc(1, sizeof(*s));
	struct sst_sstable_opts opts = { .cut = true };
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
	sst_place_free(&s->at);
	sst_place_free(&s->last);
	sst_buf_free(&s->resume.key);
	sst_place_free(&s->mark);
	sst_buf_free(&s->base);
	sst_buf_free(&s->after);
	sst_buf_free(&s->key);
	sst_sstable_close(s->c.t);
	free(s);
	return r;
}
