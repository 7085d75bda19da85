/* libsst/sstable/rebuild.c: one walk over the rows, of which the components are made as the writer does. */
#include "sstable/rebuild.h"

#include <errno.h>
#include <stdlib.h>

#include "base/num.h"
#include "codec/murmur3.h"
#include "sstable/btiout.h"
#include "sstable/collect.h"
#include "sstable/fileout.h"
#include "sstable/int.h"
#include "sstable/reading.h"
#include "sstable/toc.h"

struct rebuild {
	const struct sst_io *io;
	struct sst_sstable *t;
	struct sst_data x;
	struct sst_fileout index;
	struct sst_bti_out tries; /* instead of index and summary */
	bool is_trie;
	struct sst_index_blocks blocks;
	struct sst_filter_builder filter;
	struct sst_summary_builder summary;
	struct sst_collector collector;
	struct sst_place first, last; /* of the partition */
	struct sst_place block_first; /* where the index is of tries */
	struct sst_deletion block_open,
	    open; /* in force where the block begins; before the next item */
	struct sst_buf entry, path, prefix_first, prefix_last;
	/* Of the partition at hand, and of its block. */
	struct sst_partition part;
	uint64_t start, header_len, block_start;
	bool in_block;
	uint32_t made; /* a bit for each component with a ".tmp" */
};

static const char *
tmp_path(struct rebuild *b, enum sst_component c, struct sst_err *e)
{
	sst_buf_reset(&b->path);
	sst_name_path(&b->path, b->t->base, c);
	sst_buf_adds(&b->path, ".tmp");
	sst_buf_addc(&b->path, '\0');
	if (b->path.bad)
		sst_fail_nomem(e);
	return b->path.bad ? NULL : (const char *)b->path.p;
}

/* ---- a partition ---- */

static int
put_prefix(struct rebuild *b, struct sst_buf *to, const struct sst_item *item, struct sst_err *e)
{
	const struct sst_header *h = &b->t->header;

	sst_buf_reset(to);
	if (item->kind == SST_MARKER)
		sst_put_prefix(
		    to, h, sst_marker_kind(&item->marker), item->marker.at.ck, item->marker.at.n);
	else
		sst_put_prefix(to, h, SST_CLUSTERING, item->row.ck, h->nck);
	return to->bad ? sst_fail_nomem(e) : 0;
}

static int
end_block(struct rebuild *b, uint64_t end, struct sst_err *e)
{
	struct sst_index_block block = {
		.off = b->block_start - b->start, .width = end - b->block_start, .open = b->x.open
	};

	b->in_block = false;
	if (b->is_trie)
		return sst_bti_out_block(
		    &b->tries, &b->block_first, &b->last, block.off, b->block_open, e);
	sst_index_blocks_add(&b->blocks, &b->t->header, sst_buf_slice(&b->prefix_first),
	    sst_buf_slice(&b->prefix_last), &block);
	return 0;
}

static int
begin_block(struct rebuild *b, const struct sst_item *item, struct sst_err *e)
{
	b->in_block = true;
	b->block_start = item->off;
	b->block_open = b->open;
	if (b->is_trie)
		return sst_place_copy(&b->block_first, &b->last, e);
	return put_prefix(b, &b->prefix_first, item, e);
}

static int
add_item(struct rebuild *b, const struct sst_item *item, struct sst_err *e)
{
	int r = item->kind == SST_MARKER ? sst_collect_marker(&b->collector, &item->marker, e)
					 : sst_collect_row(&b->collector, &item->row, e);

	if (r == -1)
		return -1;
	if (item->kind == SST_STATIC) {
		b->header_len = item->off + item->len - b->start;
		return 0;
	}
	if (sst_place_set(&b->last, b->t->table, item, e) == -1 ||
	    (!b->first.set && sst_place_copy(&b->first, &b->last, e) == -1) ||
	    (!b->is_trie && put_prefix(b, &b->prefix_last, item, e) == -1) ||
	    (!b->in_block && begin_block(b, item, e) == -1))
		return -1;
	b->open = b->x.open;
	if (item->off + item->len - b->block_start >=
	    (b->is_trie ? SST_BTI_BLOCK : SST_INDEX_BLOCK))
		return end_block(b, item->off + item->len, e);
	return 0;
}

static int
put_entry(struct rebuild *b, struct sst_err *e)
{
	uint64_t at = sst_fileout_len(&b->index), hash[2];
	struct sst_slice promoted;

	sst_murmur3_128(b->part.key, hash);
	if (b->t->statistics.bloom_fp < 1 && sst_filter_add(&b->filter, hash, e) == -1)
		return -1;
	if (b->is_trie)
		return sst_bti_out_partition(
		    &b->tries, &b->part, b->start, b->x.pos - 1 - b->start, e);
	if (sst_index_blocks_finish(
		&b->blocks, &b->t->header, b->header_len, b->part.del, &promoted, e) == -1)
		return -1;
	sst_buf_reset(&b->entry);
	sst_index_put(&b->entry, b->part.key, b->start, promoted);
	if (b->entry.bad)
		return sst_fail_nomem(e);
	if (sst_fileout_add(&b->index, sst_buf_slice(&b->entry), e) == -1)
		return -1;
	sst_summary_add(&b->summary, b->part.key, at);
	return 0;
}

static int
partition(struct rebuild *b, struct sst_err *e)
{
	const struct sst_item *item = &b->x.item;
	int r;

	b->start = item->off;
	b->header_len = item->len;
	b->part = item->part;
	b->first.set = b->in_block = false;
	b->open = SST_LIVE;
	sst_index_blocks_reset(&b->blocks);
	if (sst_collect_deletion(&b->collector, item->part.del, e) == -1)
		return -1;
	while ((r = sst_data_row(&b->x, e)) == SST_ONE)
		if (add_item(b, &b->x.item, e) == -1)
			return -1;
	if (r == -1)
		return -1;
	/* It reaches over the byte that ends the partition. */
	if (b->in_block && end_block(b, b->x.pos, e) == -1)
		return -1;
	if (put_entry(b, e) == -1)
		return -1;
	return sst_collect_partition(&b->collector, &b->part, b->x.pos - b->start,
	    b->first.set ? &b->first : NULL, &b->last, e);
}

/* ---- components ---- */

/* All that the data says is new, all else as it was. */
static int
put_statistics(struct rebuild *b, struct sst_buf *out, struct sst_err *e)
{
	const struct sst_statistics *was = &b->t->statistics;
	struct sst_statistics st = *was;

	if (sst_collect_finish(&b->collector, &st, e) == -1)
		return -1;
	st.log_lower = was->log_lower;
	st.log_upper = was->log_upper;
	st.token_coverage = was->token_coverage;
	sst_statistics_put(out, b->t->version, &st);
	return 0;
}

static bool
is_there(struct rebuild *b, enum sst_component c)
{
	struct sst_buf path = { 0 };
	struct sst_stat st;
	struct sst_err e;
	bool there;

	sst_name_path(&path, b->t->base, c);
	sst_buf_addc(&path, '\0');
	there = !path.bad && sst_io_stat(b->io, (const char *)path.p, &st, &e) == 0;
	sst_buf_free(&path);
	return there;
}

static void
put_toc(struct rebuild *b, struct sst_buf *out)
{
	/* As Cassandra has them: before the tries in an order of its own, with them by their names. */
	static const enum sst_component big[] = { SST_DATA, SST_INDEX, SST_FILTER, SST_SUMMARY,
		SST_STATISTICS, SST_COMPRESSION_INFO, SST_CRC, SST_DIGEST, SST_SCYLLA, SST_TOC };
	static const enum sst_component bti[] = { SST_CRC, SST_COMPRESSION_INFO, SST_DATA,
		SST_DIGEST, SST_FILTER, SST_PARTITIONS, SST_ROWS, SST_SCYLLA, SST_STATISTICS,
		SST_TOC };
	const enum sst_component *order = b->is_trie ? bti : big;
	enum sst_component c[SST_NCOMPONENTS];
	size_t i, n = 0;

	for (i = 0; i < SST_ARRAY_LEN(bti); i++)
		if (order[i] == SST_TOC || (b->made >> order[i] & 1) != 0 || is_there(b, order[i]))
			c[n++] = order[i];
	sst_toc_put(out, c, n);
}

static int
make(struct rebuild *b, enum sst_component c, struct sst_buf *out, struct sst_err *e)
{
	switch (c) {
	case SST_FILTER:
		return sst_filter_finish(&b->filter, b->t->version, out, e);
	case SST_SUMMARY:
		return sst_summary_finish(&b->summary, out, e);
	case SST_STATISTICS:
		return put_statistics(b, out, e);
	case SST_DIGEST:
		sst_digest_put(out, b->x.w.hash);
		return 0;
	default:
		put_toc(b, out);
		return 0;
	}
}

static int
write_one(struct rebuild *b, enum sst_component c, struct sst_err *e)
{
	struct sst_buf out = { 0 };
	const char *path;
	int r = make(b, c, &out, e);

	if (r == 0 && out.bad)
		r = sst_fail_nomem(e);
	if (r == 0 && (path = tmp_path(b, c, e)) == NULL)
		r = -1;
	else if (r == 0) {
		b->made |= 1u << c;
		r = sst_fileout_write(b->io, path, true, sst_buf_slice(&out), e);
	}
	sst_buf_free(&out);
	return r;
}

/* TOC.txt last: until it is there, this is no set to who asks for one. */
static const enum sst_component others[] = { SST_FILTER, SST_SUMMARY, SST_STATISTICS, SST_DIGEST,
	SST_TOC };

static int
write_others(struct rebuild *b, struct sst_err *e)
{
	size_t i;

	if ((b->is_trie ? sst_bti_out_finish(&b->tries, e) : sst_fileout_finish(&b->index, e)) ==
	    -1)
		return -1;
	for (i = 0; i < SST_ARRAY_LEN(others); i++)
		if ((others[i] != SST_FILTER || b->t->statistics.bloom_fp < 1) &&
		    (others[i] != SST_SUMMARY || !b->is_trie) && write_one(b, others[i], e) == -1)
			return -1;
	return 0;
}

static int
sync_folder(struct rebuild *b, struct sst_err *e)
{
	const char *base = (const char *)b->t->base.p, *slash = strrchr(base, '/');
	struct sst_buf dir = { 0 };
	int r;

	if (slash == NULL)
		sst_buf_addc(&dir, '.');
	else
		sst_buf_add(&dir, base, slash == base ? 1 : (size_t)(slash - base));
	sst_buf_addc(&dir, '\0');
	r = dir.bad ? sst_fail_nomem(e) : sst_io_sync_dir(b->io, (const char *)dir.p, e);
	sst_buf_free(&dir);
	return r;
}

static int
put_in_place(struct rebuild *b, struct sst_err *e)
{
	struct sst_buf to = { 0 };
	const char *from;
	unsigned c;
	int r = 0;

	for (c = 0; r == 0 && c <= SST_NCOMPONENTS; c++) {
		/* The last round is for TOC.txt. */
		enum sst_component now = c == SST_NCOMPONENTS ? SST_TOC : (enum sst_component)c;

		if ((b->made >> now & 1) == 0 || (now == SST_TOC && c != SST_NCOMPONENTS))
			continue;
		from = tmp_path(b, now, e);
		sst_buf_reset(&to);
		sst_name_path(&to, b->t->base, now);
		sst_buf_addc(&to, '\0');
		if (from == NULL || to.bad)
			r = sst_fail_nomem(e);
		else
			r = sst_io_rename(b->io, from, (const char *)to.p, e);
		if (r == 0)
			b->made &= ~(1u << now);
	}
	sst_buf_free(&to);
	return r == 0 ? sync_folder(b, e) : r;
}

/* ---- all of it ---- */

static bool
ends_with(struct sst_slice s, const char *end)
{
	size_t n = strlen(end);

	return s.n >= n && memcmp(s.p + s.n - n, end, n) == 0;
}

static int
begin_tries(struct rebuild *b, struct sst_err *e)
{
	struct sst_buf rows = { 0 };
	const char *path;
	int r = -1;

	if (!b->t->murmur3 && !ends_with(b->t->statistics.partitioner, "ByteOrderedPartitioner"))
		return sst_fail(e, SST_EUNSUPPORTED, sst_sstable_base(b->t), SST_NOWHERE,
		    "an index of tries is not written here for this partitioner");
	sst_bti_out_init(&b->tries, b->t->version, &b->t->header,
	    b->t->murmur3 ? SST_BTI_MURMUR3 : SST_BTI_ORDERED);
	path = tmp_path(b, SST_ROWS, e);
	if (path == NULL)
		return -1;
	sst_buf_add(&rows, path, strlen(path) + 1);
	path = tmp_path(b, SST_PARTITIONS, e);
	if (rows.bad)
		sst_fail_nomem(e);
	else if (path != NULL) {
		b->made |= 1u << SST_PARTITIONS | 1u << SST_ROWS;
		r = sst_bti_out_open(&b->tries, b->io, path, (const char *)rows.p, e);
	}
	sst_buf_free(&rows);
	return r;
}

static int
begin(struct rebuild *b, struct sst_err *e)
{
	const struct sst_statistics *st = &b->t->statistics;
	struct sst_file *data = sst_sstable_data(b->t, e);
	const char *path;

	if (data == NULL)
		return -1;
	if (sst_data_init(&b->x, data, SST_WINDOW_SEQUENTIAL, &b->t->header, b->t->table, e) ==
		-1 ||
	    sst_collect_begin(&b->collector, b->t->table, e) == -1 ||
	    sst_place_init(&b->first, b->t->table->nck, e) == -1 ||
	    sst_place_init(&b->last, b->t->table->nck, e) == -1 ||
	    sst_place_init(&b->block_first, b->t->table->nck, e) == -1)
		return -1;
	b->x.w.hashing = true;
	b->summary.interval = SST_SUMMARY_INTERVAL;
	if (st->bloom_fp < 1 && sst_filter_begin(&b->filter, 0, st->bloom_fp, e) == -1)
		return -1;
	if (b->is_trie)
		return begin_tries(b, e);
	path = tmp_path(b, SST_INDEX, e);
	if (path == NULL || sst_fileout_open(&b->index, b->io, path, true, e) == -1)
		return -1;
	b->made |= 1u << SST_INDEX;
	return 0;
}

static int
run(struct rebuild *b, struct sst_err *e)
{
	int r;

	b->is_trie = b->t->version->index == SST_INDEX_BTI;
	if (begin(b, e) == -1)
		return -1;
	while ((r = sst_data_partition(&b->x, e)) == SST_ONE)
		if (partition(b, e) == -1)
			return -1;
	if (r == -1)
		return -1;
	if (b->x.w.hashed != sst_file_stored(b->x.w.file))
		return sst_data_fail(&b->x, b->x.pos, "bytes behind the last partition", e);
	return write_others(b, e) == -1 ? -1 : put_in_place(b, e);
}

static void
free_all(struct rebuild *b)
{
	struct sst_err ignored;
	const char *path;
	unsigned c;

	sst_fileout_free(&b->index);
	sst_bti_out_free(&b->tries);
	for (c = 0; c < SST_NCOMPONENTS; c++)
		if ((b->made >> c & 1) != 0 &&
		    (path = tmp_path(b, (enum sst_component)c, &ignored)) != NULL)
			sst_io_unlink(b->io, path, &ignored);
	sst_index_blocks_free(&b->blocks);
	sst_filter_free(&b->filter);
	sst_summary_free(&b->summary);
	sst_collect_free(&b->collector);
	sst_place_free(&b->first);
	sst_place_free(&b->last);
	sst_place_free(&b->block_first);
	sst_buf_free(&b->entry);
	sst_buf_free(&b->path);
	sst_buf_free(&b->prefix_first);
	sst_buf_free(&b->prefix_last);
	sst_data_close(&b->x);
	sst_sstable_close(b->t);
	free(b);
}

int
sst_rebuild(const struct sst_io *io, const char *path, struct sst_err *e)
{
	struct rebuild *b = calloc(1, sizeof(*b));
	struct sst_sstable_opts opts = { 0 };
	int r;

	if (b == NULL)
		return sst_fail_nomem(e);
	b->io = io;
	b->index.fd = b->tries.partitions_f.fd = b->tries.rows_f.fd = -1;
	r = sst_sstable_open(&b->t, io, path, &opts, e);
	if (r == 0)
		r = run(b, e);
	if (b->t != NULL)
		free_all(b);
	else
		free(b);
	return r;
}
