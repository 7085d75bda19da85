/*
 * store/read.c: a read: which sources may hold what is asked for, and their streams merged.  SSTables
 * are opened here, before the first row is given: if a file is gone, because a compaction replaced
 * its set after it was listed, the folder is listed again and nobody has seen anything.
 */
#include <errno.h>
#include <stdlib.h>

#include "merge/merge.h"
#include "sstable/statistics.h"
#include "store/chain.h"
#include "store/int.h"

struct reading {
	struct sst_stream stream; /* first */
	struct sst_stream *rows;
	struct sst_read what; /* a copy, in the arena */
	struct sst_read_stats *stats;
	struct sst_cache *cache;
	struct sst_arena arena;
	size_t nsources;
	struct sst_source **sources; /* held */
};

/* ---- the stream ---- */

static void
count_chunks(struct reading *rd, const struct sst_cache_stats *before)
{
	struct sst_cache_stats after;

	sst_cache_stats(rd->cache, &after);
	rd->stats->chunks_cached += after.hits - before->hits;
	rd->stats->chunks_read += after.misses - before->misses;
}

static int
reading_next(struct sst_stream *s, const struct sst_item **item, struct sst_err *e)
{
	struct reading *rd = (struct reading *)s;
	struct sst_cache_stats before;
	int r;

	if (rd->stats == NULL)
		return sst_stream_next(rd->rows, item, e);
	sst_cache_stats(rd->cache, &before);
	r = sst_stream_next(rd->rows, item, e);
	count_chunks(rd, &before);
	rd->stats->rows += r == SST_ONE && (*item)->kind == SST_ROW;
	return r;
}

static int
reading_skip(struct sst_stream *s, struct sst_err *e)
{
	struct reading *rd = (struct reading *)s;
	struct sst_cache_stats before;
	int r;

	if (rd->stats == NULL)
		return sst_stream_skip(rd->rows, e);
	sst_cache_stats(rd->cache, &before);
	r = sst_stream_skip(rd->rows, e);
	count_chunks(rd, &before);
	return r;
}

static void
reading_want(struct sst_stream *s, struct sst_want *want)
{
	sst_stream_want(((struct reading *)s)->rows, want);
}

static void
reading_close(struct sst_stream *s)
{
	struct reading *rd = (struct reading *)s;

	sst_stream_close(rd->rows);
	while (rd->nsources > 0)
		sst_source_drop(rd->sources[--rd->nsources]);
	sst_arena_free(&rd->arena);
	free(rd);
}

static const struct sst_stream_ops reading_ops = { reading_next, reading_skip, reading_want,
	reading_close };

/* ---- what is asked for ---- */

static int
copy_bound(struct sst_bound *to, const struct sst_bound *from, struct sst_arena *a)
{
	struct sst_slice *ck = sst_arena_array(a, from->n + 1, sizeof(*ck));
	size_t i;

	if (ck == NULL)
		return -1;
	for (i = 0; i < from->n; i++) {
		ck[i] = sst_arena_slice(a, from->ck[i]);
		if (from->ck[i].p != NULL && ck[i].p == NULL)
			return -1;
	}
	*to = (struct sst_bound){ ck, from->n, from->side };
	return 0;
}

static int
copy_read(struct sst_read *to, const struct sst_read *from, struct sst_arena *a, struct sst_err *e)
{
	struct sst_range *slices = sst_arena_array(a, from->nslices + 1, sizeof(*slices));
	size_t i;

	*to = *from;
	to->key = sst_arena_slice(a, from->key);
	if (slices == NULL || (from->key.p != NULL && to->key.p == NULL))
		return sst_fail_nomem(e);
	for (i = 0; i < from->nslices; i++)
		if (copy_bound(&slices[i].from, &from->slices[i].from, a) == -1 ||
		    copy_bound(&slices[i].to, &from->slices[i].to, a) == -1)
			return sst_fail_nomem(e);
	to->slices = slices;
	return 0;
}

static bool
is_everything(const struct sst_read *r)
{
	return r->key.p == NULL && r->left == INT64_MIN && r->right == INT64_MIN;
}

/* Cuts what is asked for to the store's own tokens.  1; 0: nothing is left; -1. */
static int
confine(const struct sst_store *s, struct sst_read *r, struct sst_err *e)
{
	int64_t token;

	if (r->key.p != NULL) {
		token = sst_token(r->key);
		return !s->ranged || (s->opts.left < token && token <= s->opts.right);
	}
	if (!is_everything(r) && r->left >= r->right)
		return sst_fail(e, SST_EINVAL, s->dir, SST_NOWHERE,
		    "token range from %lld to %lld is empty", (long long)r->left,
		    (long long)r->right);
	if (!s->ranged)
		return 1;
	if (is_everything(r) || r->left < s->opts.left)
		r->left = s->opts.left;
	if (r->right == INT64_MIN || r->right > s->opts.right)
		r->right = s->opts.right;
	return r->left < r->right;
}

/* ---- which sources ---- */

/* 1: it may hold such data; 0: it does not; -1. */
static int
is_wanted(const struct sst_source *src, const struct sst_read *r, struct sst_err *e)
{
	/* statistics first: they are in memory, a Filter may have to be read */
	if (r->nslices > 0 && !sst_sstable_has_more_than_rows(src->sstable) &&
	    !sst_sstable_may_have_slices(src->sstable, r->slices, r->nslices))
		return 0;
	if (r->key.p != NULL)
		return sst_sstable_may_have_key(src->sstable, r->key, sst_token(r->key), e);
	if (is_everything(r))
		return 1;
	return sst_sstable_may_have_tokens(src->sstable, r->left, r->right, e);
}

/* A scan of everything goes through Data.db in one sweep and leaves the cache alone. */
static bool
is_sweep(const struct sst_read *r)
{
	return is_everything(r) && r->nslices == 0 && !r->nonblocking && !r->reversed;
}

struct inputs {
	struct sst_stream **v;
	size_t n;
};

static void
close_inputs(struct reading *rd, struct inputs *in)
{
	while (in->n > 0)
		sst_stream_close(in->v[--in->n]);
	while (rd->nsources > 0)
		sst_source_drop(rd->sources[--rd->nsources]);
}

/* Holds the SSTables that may have what is asked for, with their files open. */
static int
pick(struct reading *rd, const struct sst_shelf *shelf, struct sst_read_stats *stats,
    struct sst_err *e)
{
	size_t i;
	int r;

	for (i = shelf->nsets; i-- > 0;) { /* newest first */
		struct sst_source *src = shelf->sets[i];

		if ((r = is_wanted(src, &rd->what, e)) == -1)
			return -1;
		stats->sstables_seen++;
		stats->sstables_skipped += r == 0;
		if (r == 0)
			continue;
		if (is_sweep(&rd->what) ? sst_sstable_data(src->sstable, e) == NULL
					: sst_sstable_load(src->sstable, e) == -1)
			return -1;
		stats->sstables_read++;
		rd->sources[rd->nsources++] = sst_source_hold(src);
	}
	return 0;
}

static bool
has_suffix(struct sst_slice s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.n >= n && memcmp(s.p + s.n - n, suffix, n) == 0;
}

/* Partitions of several SSTables can be merged by token, or, where tokens are the keys, by key; under
 * other partitioners nobody here knows their order. */
static int
check_order(const struct reading *rd, struct sst_err *e)
{
	size_t i, murmur = 0, bytes = 0;

	if (rd->what.key.p != NULL || rd->nsources < 2)
		return 0;
	for (i = 0; i < rd->nsources; i++) {
		const struct sst_statistics *st = sst_sstable_statistics(rd->sources[i]->sstable);

		murmur += has_suffix(st->partitioner, "Murmur3Partitioner");
		bytes += has_suffix(st->partitioner, "ByteOrderedPartitioner");
	}
	if (murmur == rd->nsources || bytes == rd->nsources)
		return 0;
	return sst_fail(e, SST_EUNSUPPORTED, sst_sstable_base(rd->sources[0]->sstable), SST_NOWHERE,
	    "several SSTables together under a partitioner other than Murmur3");
}

static int
open_source(struct reading *rd, struct sst_sstable *t, struct inputs *in, struct sst_err *e)
{
	if ((is_sweep(&rd->what) ? sst_sstable_scan(t, &in->v[in->n], e)
				 : sst_sstable_read(t, &rd->what, &in->v[in->n], e)) == -1)
		return -1;
	in->n++;
	return 0;
}

/* A stream for each that was picked, or one for all that can be strung together. */
static int
open_picked(struct reading *rd, struct inputs *in, struct sst_err *e)
{
	bool chained = rd->what.key.p != NULL;
	struct sst_sstable **links;
	size_t i, n = 0;

	links = sst_arena_array(&rd->arena, rd->nsources + 1, sizeof(struct sst_sstable *));
	if (links == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < rd->nsources; i++) {
		struct sst_sstable *t = rd->sources[i]->sstable;

		if (chained && sst_chain_takes(t))
			links[n++] = t;
		else if (open_source(rd, t, in, e) == -1)
			return -1;
	}
	if (n == 1)
		return open_source(rd, links[0], in, e);
	if (n > 1 && sst_chain_open(&in->v[in->n], links, n, &rd->what, e) == -1)
		return -1;
	in->n += n > 1;
	return 0;
}

static int
open_memtable(struct reading *rd, struct sst_source *mem, struct inputs *in, struct sst_err *e)
{
	if (mem == NULL)
		return 0;
	if (sst_memtable_read(mem->mem, &rd->what, &in->v[in->n], e) == -1)
		return -1;
	in->n++;
	rd->sources[rd->nsources++] = sst_source_hold(mem);
	return 0;
}

/* All inputs of the read, or none and -1. */
static int
gather(struct reading *rd, struct sst_shelf *shelf, struct inputs *in, struct sst_read_stats *stats,
    struct sst_err *e)
{
	*stats = (struct sst_read_stats){ 0 };
	*in = (struct inputs){ sst_arena_array(&rd->arena, shelf->nsets + 1, sizeof(*in->v)), 0 };
	rd->sources = sst_arena_array(&rd->arena, shelf->nsets + 1, sizeof(*rd->sources));
	if (in->v == NULL || rd->sources == NULL)
		return sst_fail_nomem(e);
	if (pick(rd, shelf, stats, e) == 0 && check_order(rd, e) == 0 &&
	    open_picked(rd, in, e) == 0 && open_memtable(rd, shelf->mem, in, e) == 0)
		return 0;
	close_inputs(rd, in);
	return -1;
}

/* As gather, listing the folder again when a file of a set is gone. */
static int
gather_live(struct reading *rd, struct sst_shelf *shelf, struct inputs *in,
    struct sst_read_stats *stats, struct sst_err *e)
{
	int tries;

	if (sst_shelf_list(shelf, e) == -1)
		return -1;
	for (tries = 0;; tries++) {
		if (gather(rd, shelf, in, stats, e) == 0)
			return 0;
		if (e->code != SST_ESYS || e->sys != ENOENT || tries == SST_LIVE_TRIES)
			return -1;
		if (sst_shelf_refresh(shelf, e) == -1)
			return -1;
	}
}

static void
add_stats(struct sst_read_stats *to, const struct sst_read_stats *s)
{
	to->sstables_seen += s->sstables_seen;
	to->sstables_skipped += s->sstables_skipped;
	to->sstables_read += s->sstables_read;
}

static int
merge(struct reading *rd, struct inputs *in, struct sst_err *e)
{
	struct sst_merge_opts o = { .raw = rd->what.raw,
		.now_s = rd->what.now_s,
		.gc_before_s = INT64_MIN,
		.tombstones = rd->stats == NULL || rd->what.raw ? NULL : &rd->stats->tombstones,
		.tombstones_max = rd->what.tombstones_max };

	return sst_merge_open(&rd->rows, rd->what.table, in->v, in->n, &o, e);
}

int
sst_store_read(struct sst_db *db, const struct sst_read *r, struct sst_stream **out,
    struct sst_read_stats *stats, struct sst_err *e)
{
	struct sst_store *s = (struct sst_store *)db;
	struct sst_shelf *shelf = sst_store_shelf(s, r->table);
	struct reading *rd;
	struct sst_read_stats opened = { 0 };
	struct inputs in = { NULL, 0 };
	int some;

	*out = NULL;
	if (shelf == NULL)
		return sst_fail(e, SST_EINVAL, s->dir, SST_NOWHERE, "not a table of this store");
	if ((rd = calloc(1, sizeof(*rd))) == NULL)
		return sst_fail_nomem(e);
	rd->stream = (struct sst_stream){ &reading_ops, r->table, r->reversed };
	rd->stats = stats;
	rd->cache = s->cache;
	if (copy_read(&rd->what, r, &rd->arena, e) == -1 ||
	    (some = confine(s, &rd->what, e)) == -1 ||
	    (some == 1 && gather_live(rd, shelf, &in, &opened, e) == -1) ||
	    merge(rd, &in, e) == -1) {
		reading_close(&rd->stream);
		return -1;
	}
	if (stats != NULL)
		add_stats(stats, &opened);
	*out = &rd->stream;
	return 0;
}

/* ---- the extent ---- */

static int
widen(struct sst_buf extent[2], const struct sst_type *type, struct sst_slice first,
    struct sst_slice last, bool *some)
{
	if (!*some || sst_type_compare(type, first, sst_buf_slice(&extent[0])) < 0) {
		sst_buf_reset(&extent[0]);
		sst_buf_add_slice(&extent[0], first);
	}
	if (!*some || sst_type_compare(type, last, sst_buf_slice(&extent[1])) > 0) {
		sst_buf_reset(&extent[1]);
		sst_buf_add_slice(&extent[1], last);
	}
	*some = true;
	return extent[0].bad || extent[1].bad ? -1 : 0;
}

/* False when the SSTable does not say. */
static bool
covered(const struct sst_sstable *t, struct sst_slice *first, struct sst_slice *last)
{
	struct sst_bound from, to;

	if (!sst_chain_covers(t, &from, &to))
		return false;
	*first = from.ck[0];
	*last = to.ck[0];
	return first->p != NULL && last->p != NULL;
}

int
sst_store_extent(struct sst_db *db, const struct sst_table *table, struct sst_slice *first,
    struct sst_slice *last, struct sst_err *e)
{
	struct sst_store *s = (struct sst_store *)db;
	struct sst_shelf *shelf = sst_store_shelf(s, table);
	struct sst_slice a, b;
	bool some = false;
	size_t i;

	*first = *last = (struct sst_slice){ NULL, 0 };
	if (shelf == NULL || table->nck == 0)
		return sst_fail(
		    e, SST_EINVAL, s->dir, SST_NOWHERE, "no such table, or no clustering");
	if (sst_shelf_list(shelf, e) == -1)
		return -1;
	if (shelf->mem != NULL && shelf->extent_null)
		return SST_ONE;
	if (shelf->mem != NULL && shelf->extent_known &&
	    widen(s->extent, table->ck[0].type, sst_buf_slice(&shelf->extent[0]),
		sst_buf_slice(&shelf->extent[1]), &some) == -1)
		return sst_fail_nomem(e);
	for (i = 0; i < shelf->nsets; i++) {
		if (!covered(shelf->sets[i]->sstable, &a, &b))
			return SST_ONE;
		if (widen(s->extent, table->ck[0].type, a, b, &some) == -1)
			return sst_fail_nomem(e);
	}
	if (!some)
		return 0;
	*first = sst_buf_slice(&s->extent[0]);
	*last = sst_buf_slice(&s->extent[1]);
	return SST_ONE;
}
