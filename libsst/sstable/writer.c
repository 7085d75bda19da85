/*
 * libsst/sstable/writer.c: a row stream on its way into an SSTable's components.
 *
 *	item ──► encoder ──► Data.db (chunks)
 *	  │                     │ position
 *	  ├──► collector        ▼
 *	  └──► index blocks ──► Index.db ──► filter, summary
 *
 * At the end what was gathered becomes Filter, Summary, Statistics, CompressionInfo or CRC, Digest
 * and the TOC.
 */
#include <stdlib.h>

#include "codec/murmur3.h"
#include "codec/out.h"
#include "row/reconcile.h"
#include "sstable/writing.h"

/* --- opening --- */

/* Leaves out the columns that the data does not have. */
static size_t
keep_used(struct sst_header_column *cols, size_t n, const uint8_t *used)
{
	size_t i, kept = 0;

	if (used == NULL)
		return n;
	for (i = 0; i < n; i++)
		if ((used[cols[i].col / 8] >> cols[i].col % 8 & 1) != 0)
			cols[kept++] = cols[i];
	return kept;
}

static int
make_header(struct sst_writer *w, struct sst_err *e)
{
	const struct sst_writer_opts *o = &w->opts;
	struct sst_header *h = &w->header;

	if (sst_header_make(h, w->table, &w->arena, e) == -1)
		return -1;
	h->uint_ldt = w->version->uint_ldt;
	h->nstatic = keep_used(h->statics, h->nstatic, o->statics_used);
	h->nregular = keep_used(h->regulars, h->nregular, o->regulars_used);
	if (o->times_set) {
		h->min_ts_us = o->min_ts_us == SST_NO_TS ? SST_EPOCH_TS_US : o->min_ts_us;
		h->min_ldt_s = o->min_ldt_s == SST_NO_LDT ? SST_EPOCH_LDT_S : o->min_ldt_s;
		h->min_ttl_s = o->min_ttl_s;
	}
	return sst_encoder_init(&w->encoder, h, w->table, e);
}

static int
open_files(struct sst_writer *w, struct sst_err *e)
{
	struct sst_buf path = { 0 };
	const char *p;
	int r = -1;

	if ((p = sst_writer_path(w, SST_DATA, &path, e)) == NULL ||
	    sst_dataout_open(&w->data, w->io, p, sst_writer_compression(w->table, &w->opts), e) ==
		-1)
		goto out;
	w->made |= 1u << SST_DATA;
	if ((p = sst_writer_path(w, SST_INDEX, &path, e)) == NULL ||
	    sst_fileout_open(&w->index, w->io, p, false, e) == -1)
		goto out;
	w->made |= 1u << SST_INDEX;
	r = 0;
out:
	sst_buf_free(&path);
	return r;
}

static int
init(struct sst_writer *w, const char *base, struct sst_err *e)
{
	struct sst_name name;

	if (!sst_name_parse(&name, base) || name.base_len != strlen(base))
		return sst_fail(
		    e, SST_EINVAL, base, SST_NOWHERE, "not the start of an SSTable's file names");
	w->version = sst_version_find(name.version);
	if (w->version == NULL || !w->version->writable || strcmp(name.format, "big") != 0)
		return sst_fail(e, SST_EVERSION, base, SST_NOWHERE,
		    "version %s-%s is not written here", name.version, name.format);
	sst_buf_adds(&w->base, base);
	if (w->base.bad)
		return sst_fail_nomem(e);
	w->summary.interval =
	    w->table->min_index_interval > 0 ? w->table->min_index_interval : SST_SUMMARY_INTERVAL;
	w->ncomponents = sst_writer_components(w->table, &w->opts, w->components);
	if (make_header(w, e) == -1 || sst_collect_begin(&w->collector, w->table, e) == -1 ||
	    sst_place_init(&w->now.first, w->table->nck, e) == -1 ||
	    sst_place_init(&w->now.last, w->table->nck, e) == -1 ||
	    sst_place_init(&w->now.spare, w->table->nck, e) == -1)
		return -1;
	if (sst_writer_filters(w->table) &&
	    sst_filter_begin(&w->filter, w->opts.expected_keys, w->table->bloom_fp, e) == -1)
		return -1;
	return open_files(w, e);
}

int
sst_writer_open(struct sst_writer **out, const struct sst_io *io, const char *base,
    const struct sst_table *t, const struct sst_writer_opts *o, struct sst_err *e)
{
	struct sst_writer *w = calloc(1, sizeof(*w));

	*out = NULL;
	if (w == NULL)
		return sst_fail_nomem(e);
	w->io = io;
	w->table = t;
	w->opts = *o;
	if (w->opts.index_block == 0)
		w->opts.index_block = SST_INDEX_BLOCK;
	w->data.file.fd = w->index.fd = -1;
	w->first_partition = true;
	if (init(w, base, e) == -1) {
		sst_writer_abort(w);
		return -1;
	}
	*out = w;
	return 0;
}

/* --- partitions --- */

static int
refuse(struct sst_writer *w, const char *what, struct sst_err *e)
{
	return sst_fail(e, SST_EINVAL, w->data.file.path, sst_dataout_pos(&w->data), "%s", what);
}

/* Where the next byte goes, counted from the partition's start. */
static uint64_t
here(const struct sst_writer *w)
{
	return sst_dataout_pos(&w->data) - w->now.start;
}

static int
put(struct sst_writer *w, struct sst_slice s, struct sst_err *e)
{
	return sst_dataout_add(&w->data, s, e);
}

static int
put_static(struct sst_writer *w, const struct sst_row *r, struct sst_err *e)
{
	struct sst_slice s;

	return sst_encode_row(&w->encoder, r, true, 0, &s, e) == -1 ? -1 : put(w, s, e);
}

/* Key, deletion, and a static row wherever the table has static columns, if only an empty one. */
static int
start_partition(struct sst_writer *w, const struct sst_row *statik, struct sst_err *e)
{
	static const struct sst_row none = { .live.ts_us = SST_NO_TS, .del.ts_us = SST_NO_TS };
	struct partition *p = &w->now;

	p->start = sst_dataout_pos(&w->data);
	sst_buf_reset(&w->entry);
	sst_put_bytes16(&w->entry, p->part.key);
	sst_put_deletion(&w->entry, p->part.del, w->header.uint_ldt);
	if (w->entry.bad)
		return sst_fail_nomem(e);
	if (put(w, sst_buf_slice(&w->entry), e) == -1 ||
	    (w->header.nstatic > 0 && put_static(w, statik != NULL ? statik : &none, e) == -1))
		return -1;
	p->header_len = here(w);
	p->prev = 0;
	p->open = SST_LIVE;
	p->first.set = p->last.set = false;
	w->block.any = false;
	sst_index_blocks_reset(&w->blocks);
	w->state = STARTED;
	return sst_collect_deletion(&w->collector, p->part.del, e);
}

static int
put_place(struct sst_writer *w, struct sst_buf *out, const struct sst_place *p, struct sst_err *e)
{
	enum sst_prefix_kind kind = SST_CLUSTERING;

	if (p->boundary)
		kind = p->at.side < 0 ? SST_EXCL_END_INCL_START : SST_INCL_END_EXCL_START;
	else if (p->kind == SST_MARKER)
		kind = sst_bound_kind(&p->at, p->start);
	sst_buf_reset(out);
	sst_put_prefix(out, &w->header, kind, p->at.ck, p->at.n);
	return out->bad ? sst_fail_nomem(e) : 0;
}

static int
end_block(struct sst_writer *w, struct sst_err *e)
{
	struct sst_index_block b = {
		.off = w->block.start, .width = here(w) - w->block.start, .open = w->now.open
	};

	if (put_place(w, &w->block.last, &w->now.last, e) == -1)
		return -1;
	sst_index_blocks_add(&w->blocks, &w->header, sst_buf_slice(&w->block.first),
	    sst_buf_slice(&w->block.last), &b);
	w->block.any = false;
	return 0;
}

static int
put_entry(struct sst_writer *w, struct sst_err *e)
{
	struct sst_slice key = w->now.part.key, promoted;
	uint64_t at = sst_fileout_len(&w->index), hash[2];

	if (sst_index_blocks_finish(
		&w->blocks, &w->header, w->now.header_len, w->now.part.del, &promoted, e) == -1)
		return -1;
	sst_buf_reset(&w->entry);
	sst_index_put(&w->entry, key, w->now.start, promoted);
	if (w->entry.bad)
		return sst_fail_nomem(e);
	if (sst_fileout_add(&w->index, sst_buf_slice(&w->entry), e) == -1)
		return -1;
	sst_summary_add(&w->summary, key, at);
	sst_murmur3_128(key, hash);
	return sst_writer_filters(w->table) ? sst_filter_add(&w->filter, hash, e) : 0;
}

/* A partition that says nothing is left out. */
static int
end_partition(struct sst_writer *w, struct sst_err *e)
{
	struct partition *p = &w->now;
	uint8_t end = SST_ROW_END;

	if (w->state == NAMED && p->part.del.ts_us != SST_NO_TS &&
	    start_partition(w, NULL, e) == -1)
		return -1;
	if (w->state != STARTED) {
		w->state = BETWEEN;
		return 0;
	}
	if (p->open.ts_us != SST_NO_TS)
		return refuse(w, "a range deletion is open where its partition ends", e);
	if (put(w, (struct sst_slice){ &end, 1 }, e) == -1)
		return -1;
	/* The last block reaches over the end's byte, as Cassandra counts it. */
	if ((w->block.any && end_block(w, e) == -1) || put_entry(w, e) == -1)
		return -1;
	w->state = BETWEEN;
	w->written.npartitions++;
	return sst_collect_partition(
	    &w->collector, &p->part, here(w), p->first.set ? &p->first : NULL, &p->last, e);
}

static bool
murmur3(const struct sst_table *t)
{
	return t->partitioner.n == 0;
}

static int
name_partition(struct sst_writer *w, const struct sst_partition *part, struct sst_err *e)
{
	struct partition *p = &w->now;

	if (end_partition(w, e) == -1)
		return -1;
	if (part->key.n > UINT16_MAX)
		return sst_fail(e, SST_ELIMIT, w->data.file.path, SST_NOWHERE,
		    "partition key of %zu bytes, at most %d", part->key.n, UINT16_MAX);
	if (!w->first_partition && murmur3(w->table) &&
	    sst_key_compare(w->last_token, sst_buf_slice(&w->last_key), part->token, part->key) >=
		0)
		return refuse(w, "partitions do not ascend by token and key", e);
	sst_buf_reset(&p->key_bytes);
	sst_buf_add_slice(&p->key_bytes, part->key);
	sst_buf_reset(&w->last_key);
	sst_buf_add_slice(&w->last_key, part->key);
	if (p->key_bytes.bad || w->last_key.bad)
		return sst_fail_nomem(e);
	w->last_token = part->token;
	w->first_partition = false;
	p->part = *part;
	p->part.key = sst_buf_slice(&p->key_bytes);
	w->state = NAMED;
	return 0;
}

/* --- rows and markers --- */

static int
add_static(struct sst_writer *w, const struct sst_row *r, struct sst_err *e)
{
	if (w->state != NAMED)
		return refuse(w, "a static row that is not first in its partition", e);
	if (sst_row_is_empty(r))
		return 0;
	return start_partition(w, r, e) == -1 ? -1 : sst_collect_row(&w->collector, r, e);
}

/* Keeps the item's place, which must be behind the one before. */
static int
go_to(struct sst_writer *w, const struct sst_item *item, struct sst_err *e)
{
	struct partition *p = &w->now;
	struct sst_place next;

	if (sst_place_set(&p->spare, w->table, item, e) == -1)
		return -1;
	if (p->last.set && sst_place_compare(w->table, &p->last, &p->spare) >= 0)
		return refuse(w, "rows or range tombstones do not ascend in their partition", e);
	next = p->spare;
	p->spare = p->last;
	p->last = next;
	return p->first.set ? 0 : sst_place_copy(&p->first, &p->last, e);
}

/* Writes what the encoder made of a row or marker; both directions of its size are known now. */
static int
put_item(struct sst_writer *w, struct sst_slice bytes, uint64_t at, struct sst_err *e)
{
	if (!w->block.any) {
		w->block.any = true;
		w->block.start = at;
		if (put_place(w, &w->block.first, &w->now.last, e) == -1)
			return -1;
	}
	w->now.prev = at;
	if (put(w, bytes, e) == -1)
		return -1;
	return here(w) - w->block.start >= w->opts.index_block ? end_block(w, e) : 0;
}

static int
add_row(struct sst_writer *w, const struct sst_item *item, struct sst_err *e)
{
	uint64_t at = here(w);
	struct sst_slice bytes;

	if (sst_encode_row(&w->encoder, &item->row, false, at - w->now.prev, &bytes, e) == -1 ||
	    sst_collect_row(&w->collector, &item->row, e) == -1)
		return -1;
	return put_item(w, bytes, at, e);
}

static int
add_marker(struct sst_writer *w, const struct sst_item *item, struct sst_err *e)
{
	const struct sst_marker *m = &item->marker;
	uint64_t at = here(w);
	struct sst_slice bytes;

	if (!sst_deletion_eq(&m->before, &w->now.open))
		return refuse(w, "a range tombstone ends a deletion that is not open", e);
	if (sst_encode_marker(&w->encoder, m, at - w->now.prev, &bytes, e) == -1 ||
	    sst_collect_marker(&w->collector, m, e) == -1)
		return -1;
	w->now.open = m->after;
	return put_item(w, bytes, at, e);
}

static int
add(struct sst_writer *w, const struct sst_item *item, struct sst_err *e)
{
	if (item->kind == SST_PARTITION)
		return name_partition(w, &item->part, e);
	if (w->state == BETWEEN)
		return refuse(w, "a row before any partition", e);
	if (item->kind == SST_STATIC)
		return add_static(w, &item->row, e);
	if (item->kind == SST_ROW && sst_row_is_empty(&item->row))
		return 0;
	if ((w->state == NAMED && start_partition(w, NULL, e) == -1) || go_to(w, item, e) == -1)
		return -1;
	return item->kind == SST_ROW ? add_row(w, item, e) : add_marker(w, item, e);
}

int
sst_writer_add(struct sst_writer *w, const struct sst_item *item, struct sst_err *e)
{
	struct sst_err plain;

	if (w->state == OVER)
		return refuse(w, "the writer has failed before", e);
	if (add(w, item, e) == 0)
		return 0;
	w->state = OVER;
	if (e->file[0] == '\0') { /* the encoder knows no file */
		plain = *e;
		return sst_fail(
		    e, plain.code, w->data.file.path, sst_dataout_pos(&w->data), "%s", plain.what);
	}
	return -1;
}

int
sst_writer_copy(struct sst_writer *w, struct sst_stream *s, struct sst_err *e)
{
	const struct sst_item *item;
	int r;

	while ((r = sst_stream_next(s, &item, e)) == SST_ONE)
		if (sst_writer_add(w, item, e) == -1)
			return -1;
	return r == SST_WAIT ? refuse(w, "a stream that does not wait by itself", e) : r;
}

/* --- the end --- */

static void
free_writer(struct sst_writer *w)
{
	sst_dataout_free(&w->data);
	sst_fileout_free(&w->index);
	sst_encoder_free(&w->encoder);
	sst_index_blocks_free(&w->blocks);
	sst_filter_free(&w->filter);
	sst_summary_free(&w->summary);
	sst_collect_free(&w->collector);
	sst_place_free(&w->now.first);
	sst_place_free(&w->now.last);
	sst_place_free(&w->now.spare);
	sst_buf_free(&w->now.key_bytes);
	sst_buf_free(&w->block.first);
	sst_buf_free(&w->block.last);
	sst_buf_free(&w->entry);
	sst_buf_free(&w->last_key);
	sst_buf_free(&w->base);
	sst_arena_free(&w->arena);
	free(w);
}

int
sst_writer_finish(struct sst_writer *w, struct sst_written *written, struct sst_err *e)
{
	if (w->state == OVER)
		return refuse(w, "the writer has failed before", e);
	if (end_partition(w, e) == -1) {
		w->state = OVER;
		return -1;
	}
	if (w->written.npartitions == 0) {
		if (written != NULL)
			*written = w->written;
		sst_writer_abort(w);
		return 1;
	}
	if (sst_writer_end(w, e) == -1) {
		w->state = OVER;
		return -1;
	}
	if (written != NULL)
		*written = w->written;
	free_writer(w);
	return 0;
}

void
sst_writer_abort(struct sst_writer *w)
{
	struct sst_buf path = { 0 };
	struct sst_err ignored;
	enum sst_component c;
	const char *p;

	if (w == NULL)
		return;
	sst_fileout_free(&w->data.file); /* closed before they go */
	sst_fileout_free(&w->index);
	for (c = 0; c < SST_NCOMPONENTS; c++)
		if ((w->made >> c & 1) != 0 && c != SST_TOC &&
		    (p = sst_writer_path(w, c, &path, &ignored)) != NULL)
			sst_io_unlink(w->io, p, &ignored);
	sst_buf_free(&path);
	free_writer(w);
}

uint64_t
sst_writer_pos(const struct sst_writer *w)
{
	return sst_dataout_pos(&w->data);
}

uint64_t
sst_writer_stored(const struct sst_writer *w)
{
	return sst_fileout_len(&w->data.file);
}
