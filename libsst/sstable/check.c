/*
 * libsst/sstable/check.c: one walk over the rows, which sees every stored byte on the way, and beside
 * which Index.db, Summary.db and Filter.db are held.  At the first damage a pass over the stored bytes
 * finds all bad checksums; then the walk goes on at the next partition that the index knows of.
 */
#include "sstable/check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "sstable/checking.h"

/* Damage is what is looked for; everything else ends the check. */
static bool
is_finding(const struct sst_err *e)
{
	return e->code == SST_ESHORT || e->code == SST_EDAMAGED || e->code == SST_ELIMIT ||
	    e->code == SST_EINVAL;
}

int
sst_check_tell(struct sst_check *c, enum sst_component component, enum sst_check_kind k,
    const struct sst_err *e)
{
	if (!is_finding(e))
		return -1;
	c->out->findings++;
	if (c->told[component][k]++ < SST_CHECK_SAME)
		c->opts->found(c->opts->arg, component, e);
	return 0;
}

int
sst_check_path(const struct sst_check *c, enum sst_component component, struct sst_buf *path,
    struct sst_err *e)
{
	sst_buf_reset(path);
	sst_name_path(path, c->t->base, component);
	sst_buf_addc(path, '\0');
	return path->bad ? sst_fail_nomem(e) : 0;
}

int
sst_check_say(struct sst_check *c, enum sst_component component, enum sst_check_kind k,
    uint64_t off, struct sst_err *e, const char *fmt, ...)
{
	struct sst_buf path = { 0 };
	char what[sizeof(e->what)];
	va_list ap;
	int r;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	r = sst_check_path(c, component, &path, e);
	if (r == 0) {
		sst_fail(e, SST_EDAMAGED, (const char *)path.p, off, "%s", what);
		r = sst_check_tell(c, component, k, e);
	}
	sst_buf_free(&path);
	return r;
}

int
sst_check_there(const struct sst_check *c, enum sst_component component, struct sst_err *e)
{
	struct sst_buf path = { 0 };
	struct sst_stat st;
	int r = sst_check_path(c, component, &path, e);

	if (r == 0)
		r = sst_io_stat(c->io, (const char *)path.p, &st, e);
	sst_buf_free(&path);
	if (r == -1 && e->code == SST_ESYS && e->sys == ENOENT)
		return 0;
	return r == -1 ? -1 : 1;
}

/* ---- rows ---- */

/* The first and last clustering of each partition bound all of them: rows ascend. */
static int
note_place(struct sst_check *c, const struct sst_item *item, struct sst_err *e)
{
	struct sst_extent *x = &c->extent;
	const struct sst_table *t = c->t->table;
	struct sst_bound at = sst_item_bound(item, t->nck);

	if (x->from.set && sst_bound_compare(t, &at, &x->from.at) >= 0)
		return 0;
	return sst_place_set(&x->from, t, item, e);
}

/* After the end of a partition: what came last in it is what the decoder would hold the next against. */
static int
note_last(struct sst_check *c, struct sst_err *e)
{
	struct sst_extent *x = &c->extent;
	const struct sst_table *t = c->t->table;
	struct sst_item last = { .kind = c->x.prev_side == 0 ? SST_ROW : SST_MARKER };

	if (!c->x.has_prev || (c->x.nprev == 0 && c->x.prev_side == -1))
		return 0;
	if (last.kind == SST_ROW)
		last.row.ck = c->x.prev;
	else
		last.marker = (struct sst_marker){ { c->x.prev, c->x.nprev, c->x.prev_side },
			SST_LIVE, SST_LIVE };
	if (x->to.set) {
		struct sst_bound at = { c->x.prev, c->x.nprev, c->x.prev_side };

		if (sst_bound_compare(t, &at, &x->to.at) <= 0)
			return 0;
	}
	return sst_place_set(&x->to, t, &last, e);
}

static int
check_item(struct sst_check *c, const struct sst_item *item, struct sst_err *e)
{
	struct sst_extent *x = &c->extent;

	if (item->kind == SST_MARKER) {
		sst_extent_deletion(x, item->marker.before);
		sst_extent_deletion(x, item->marker.after);
	} else
		sst_extent_row(x, &item->row);
	if (item->kind == SST_STATIC)
		return 0;
	if (!x->clustered && note_place(c, item, e) == -1)
		return -1;
	x->clustered = true; /* in this partition */
	return c->has_promoted ? sst_check_index_row(c, item, e) : 0;
}

static int
check_rows(struct sst_check *c, struct sst_err *e)
{
	int r;

	c->extent.clustered = false;
	while ((r = sst_data_row(&c->x, e)) == SST_ONE)
		if (check_item(c, &c->x.item, e) == -1)
			return -2;
	if (r == -1)
		return -1;
	if (note_last(c, e) == -1 || sst_check_index_over(c, e) == -1)
		return -2;
	c->out->npartitions++;
	return 0;
}

/* A key of another form than the table's would never be found. */
static int
check_key(struct sst_check *c, const struct sst_item *item, struct sst_err *e)
{
	struct sst_err why;

	if (sst_type_validate(c->t->header.key_type, item->part.key, &why) == 0)
		return 0;
	return sst_check_say(
	    c, SST_DATA, SST_CHECK_KEYS, item->off, e, "partition key: %.100s", why.what);
}

/* One partition: 1; 0 at the end of the data; -1: damaged, *e says how; -2: the check is over. */
static int
check_partition(struct sst_check *c, uint64_t *start, struct sst_err *e)
{
	int r = sst_data_partition(&c->x, e);

	if (r != SST_ONE)
		return r;
	*start = c->x.item.off;
	if (c->out->npartitions == 0) {
		sst_buf_reset(&c->first_key);
		sst_buf_add_slice(&c->first_key, c->x.item.part.key);
		if (c->first_key.bad) {
			sst_fail_nomem(e);
			return -2;
		}
	}
	if (check_key(c, &c->x.item, e) == -1 || sst_check_index_partition(c, &c->x.item, e) == -1)
		return -2;
	c->extent.npartitions++;
	c->extent.deletions |= c->x.item.part.del.ts_us != SST_NO_TS;
	sst_extent_deletion(&c->extent, c->x.item.part.del);
	r = check_rows(c, e);
	return r == 0 ? 1 : r;
}

/* Tells of the damage, but not of a bad chunk again, and goes to the next partition that is known. */
static int
go_on(struct sst_check *c, uint64_t start, struct sst_err *e)
{
	struct sst_err why = *e;
	uint64_t to;
	int r = 0;

	if (!is_finding(e) || sst_check_stored(c, e) == -1)
		return -1;
	*e = why;
	c->cut = true;
	if (c->bad_chunks == 0 || strncmp(e->what, "checksum of", 11) != 0)
		r = sst_check_tell(c, SST_DATA, SST_CHECK_ORDER, e);
	if (r == -1)
		return -1;
	if (!c->indexed)
		return 0;
	r = sst_check_index_after(c, start, &to, e);
	if (r != 1)
		return r;
	sst_data_seek(&c->x, to, SST_LIVE);
	return 1;
}

static int
no_data(struct sst_check *c, struct sst_err *e)
{
	struct sst_err why = *e;

	c->cut = true;
	if (e->code != SST_ESYS || e->sys != ENOENT)
		return sst_check_tell(c, SST_DATA, SST_CHECK_STORED, e);
	if (c->told[SST_DATA][SST_CHECK_STORED] > 0)
		return 0; /* TOC.txt names it */
	sst_fail(e, SST_EDAMAGED, why.file, SST_NOWHERE, "missing");
	return sst_check_tell(c, SST_DATA, SST_CHECK_STORED, e);
}

static int
check_data(struct sst_check *c, struct sst_err *e)
{
	struct sst_file *f = sst_sstable_data(c->t, e);
	uint64_t start = 0;
	int r;

	if (f == NULL)
		return no_data(c, e);
	c->out->data_bytes = sst_file_len(f);
	c->out->stored_bytes = sst_file_stored(f);
	if (sst_data_init(&c->x, f, SST_WINDOW_SEQUENTIAL, &c->t->header, c->t->table, e) == -1)
		return -1;
	c->x.w.hashing = true;
	do {
		start = c->x.pos;
		r = check_partition(c, &start, e);
		if (r == -1)
			r = go_on(c, start, e);
	} while (r == 1);
	if (r < 0 || c->stored_done)
		return r < 0 ? -1 : 0;
	if (c->x.w.hashed == sst_file_stored(f))
		return sst_check_digest(c, c->x.w.hash, e);
	return sst_check_stored(c, e);
}

/* ---- all of it ---- */

static int
run(struct sst_check *c, struct sst_err *e)
{
	if (sst_place_init(&c->extent.from, c->t->table->nck, e) == -1 ||
	    sst_place_init(&c->extent.to, c->t->table->nck, e) == -1 || sst_check_toc(c, e) == -1 ||
	    sst_check_types(c, e) == -1 || sst_check_index_open(c, e) == -1 ||
	    check_data(c, e) == -1)
		return -1;
	c->out->nrows = c->extent.nrows;
	if (!c->cut && sst_check_index_end(c, e) == -1)
		return -1;
	return sst_check_claims(c, e);
}

/* Without Statistics.db nothing can be read. */
static int
cannot_open(struct sst_check *c, struct sst_err *e)
{
	struct sst_err why = *e;

	if (e->code == SST_ESYS && e->sys == ENOENT)
		sst_fail(e, SST_EDAMAGED, why.file, SST_NOWHERE, "missing");
	return sst_check_tell(c, SST_STATISTICS, SST_CHECK_STORED, e);
}

int
sst_check(struct sst_checked *out, const struct sst_io *io, const char *path,
    const struct sst_check_opts *o, struct sst_err *e)
{
	struct sst_check *c = calloc(1, sizeof(*c));
	struct sst_sstable_opts opts = { .table = o->table };
	int r;

	memset(out, 0, sizeof(*out));
	if (c == NULL)
		return sst_fail_nomem(e);
	*c = (struct sst_check){ .io = io, .opts = o, .out = out };
	if (sst_sstable_open(&c->t, io, path, &opts, e) == -1)
		r = cannot_open(c, e);
	else
		r = run(c, e);
	sst_check_index_close(c);
	sst_data_close(&c->x);
	sst_place_free(&c->extent.from);
	sst_place_free(&c->extent.to);
	sst_buf_free(&c->first_key);
	sst_sstable_close(c->t);
	free(c);
	return r;
}
