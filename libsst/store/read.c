/*
 * store/read.c: a read: which sources may hold what is asked for, and their streams merged.
 *
 * A compaction may replace a set after it was listed, and its files are then gone when they are to be
 * opened.  Mostly that is before the first row is given: the folder is listed again and nobody has
 * seen anything.  An SSTable that is opened late (late.h) can be found gone in the middle.  Its rows all
 * lie where the read has not been yet, so the read is begun again from there over what is live now,
 * all of it: rows of the one listing under tombstones of the other would not do.
 */
#include <errno.h>
#include <stdlib.h>

#include "codec/murmur3.h"
#include "merge/merge.h"
#include "sstable/statistics.h"
#include "store/int.h"
#include "store/late.h"

struct reading {
	struct sst_passing rows; /* first */
	struct sst_read what;    /* a copy, in the arena */
	int64_t token;           /* of its key */
	uint64_t hash[2];        /* of it, for Filters */
	struct sst_shelf *shelf;
	struct sst_read_stats *stats;
	struct sst_cache *cache;
	struct sst_arena arena;
	struct sst_read_stats opened; /* counted here, then added to stats */
	struct sst_bound gone_at;     /* where to begin again, when a late one is gone */
	bool gone, begun;             /* a late one is; the partition was given */
	int tries;
	size_t nsources;
	struct sst_source **sources; /* held */
};

static bool
is_gone(const struct sst_err *e)
{
	return e->code == SST_ESYS && e->sys == ENOENT;
}

static void
count_chunks(struct reading *rd, const struct sst_cache_stats *before)
{
	struct sst_cache_stats after;

	sst_cache_stats(rd->cache, &after);
	rd->stats->chunks_cached += after.hits - before->hits;
	rd->stats->chunks_read += after.misses - before->misses;
}

static int
reading_skip(struct sst_stream *s, struct sst_err *e)
{
	struct reading *rd = (struct reading *)s;
	struct sst_cache_stats before;
	int r;

	if (rd->stats == NULL)
		return sst_stream_skip(rd->rows.in, e);
	sst_cache_stats(rd->cache, &before);
	r = sst_stream_skip(rd->rows.in, e);
	count_chunks(rd, &before);
	return r;
}

static void
reading_close(struct sst_stream *s)
{
	struct reading *rd = (struct reading *)s;

	sst_stream_close(rd->rows.in);
	while (rd->nsources > 0)
		sst_source_drop(rd->sources[--rd->nsources]);
	sst_arena_free(&rd->arena);
	free(rd);
}

/* ---- what is asked for ---- */

static bool
is_everything(const struct sst_read *r)
{
	return r->key.p == NULL && r->left == INT64_MIN && r->right == INT64_MIN;
}

/* Cuts what is asked for to the store's own tokens; `token` is the key's.  1; 0: nothing is left; -1. */
static int
confine(const struct sst_store *s, struct sst_read *r, int64_t token, struct sst_err *e)
{
	if (r->key.p != NULL)
		return !s->ranged || (s->opts.left < token && token <= s->opts.right);
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

/* False: what is in memory of it says that it holds nothing that is asked for. */
static bool
may_have(const struct sst_sstable *t, const struct reading *rd)
{
	const struct sst_read *r = &rd->what;

	if (r->key.p != NULL && sst_sstable_filters_out(t, rd->hash))
		return false;
	if (sst_sstable_has_more_than_rows(t))
		return true;
	return (r->nslices == 0 || sst_sstable_may_have_slices(t, r->slices, r->nslices)) &&
	    (r->within == NULL || sst_sstable_may_have_slices(t, r->within, 1));
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

/* What was opened by name since the last time is of this set; else ENOENT, whatever it was. */
static int
check_source(const struct reading *rd, struct sst_source *src, struct sst_err *e)
{
	unsigned opened = sst_sstable_opened(src->sstable);

	if (src->checked == opened)
		return 0;
	if (sst_shelf_check(rd->shelf, src, e) == -1)
		return -1;
	src->checked = opened;
	return 0;
}

/* The stream of an SSTable: SST_ONE; 0: it has nothing of this; -1. */
static int
open_source(struct reading *rd, struct sst_source *src, struct sst_stream **out, struct sst_err *e)
{
	struct sst_err gone;
	int r;

	if (is_sweep(&rd->what))
		r = sst_sstable_scan(src->sstable, out, e) == -1 ? -1 : SST_ONE;
	else
		r = sst_sstable_find(src->sstable, &rd->what, out, e);
	if (r == -1) {
		if (sst_shelf_check(rd->shelf, src, &gone) == -1 && is_gone(&gone))
			*e = gone;
		return -1;
	}
	if (check_source(rd, src, e) == -1) {
		sst_stream_close(*out);
		*out = NULL;
		return -1;
	}
	rd->opened.sstables_read += r == SST_ONE;
	rd->opened.sstables_skipped += r == 0;
	return r;
}

static int
open_late(void *arg, struct sst_source *src, const struct sst_bound *at, struct sst_stream **out,
    struct sst_err *e)
{
	struct reading *rd = arg;
	int r = open_source(rd, src, out, e);

	rd->opened.sstables_skipped -= r != -1; /* it was counted so before */
	if (r == -1 && is_gone(e)) {
		rd->gone = true;
		if (sst_bound_copy(&rd->gone_at, at, &rd->arena, e) == -1)
			return -1;
	}
	return r;
}

/* For a stream that may not wait: SST_ONE, 0: it has nothing of the partition; -1. */
static int
load_source(struct reading *rd, struct sst_source *src, struct sst_err *e)
{
	int r = sst_sstable_may_have_key(src->sstable, rd->what.key, rd->token, e);

	if (r == 1 && sst_sstable_load(src->sstable, e) == -1)
		r = -1;
	if (r == -1 || check_source(rd, src, e) == -1)
		return -1;
	return r == 1 ? SST_ONE : 0;
}

/* A stream for each SSTable that may have what is asked for.  One that cannot be waited for later is
 * loaded now. */
static int
open_sources(struct reading *rd, struct inputs *in, struct sst_err *e)
{
	struct sst_late_opts late = { open_late, rd, &rd->what, rd->token };
	bool one = rd->what.key.p != NULL && !rd->what.raw;
	size_t i;
	int r;

	for (i = rd->shelf->nsets; i-- > 0;) { /* newest first */
		struct sst_source *src = rd->shelf->sets[i];

		rd->opened.sstables_seen++;
		if (!may_have(src->sstable, rd)) {
			rd->opened.sstables_skipped++;
			continue;
		}
		if (!one || !sst_late_takes(src->sstable)) {
			r = open_source(rd, src, &in->v[in->n], e);
		} else if (rd->what.nonblocking && (r = load_source(rd, src, e)) != SST_ONE) {
			rd->opened.sstables_skipped += r == 0;
		} else {
			rd->opened.sstables_skipped++;
			r = sst_late_open(&in->v[in->n], src, &late, e) == -1 ? -1 : SST_ONE;
		}
		if (r == -1)
			return -1;
		if (r == 0)
			continue;
		in->n++;
		rd->sources[rd->nsources++] = sst_source_hold(src);
	}
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
gather(struct reading *rd, struct inputs *in, struct sst_err *e)
{
	struct sst_shelf *shelf = rd->shelf;

	rd->opened = (struct sst_read_stats){ 0 };
	*in = (struct inputs){ sst_arena_array(&rd->arena, shelf->nsets + 2, sizeof(*in->v)), 0 };
	rd->sources = sst_arena_array(&rd->arena, shelf->nsets + 2, sizeof(*rd->sources));
	if (in->v == NULL || rd->sources == NULL)
		return sst_fail_nomem(e);
	if (open_sources(rd, in, e) == 0 && check_order(rd, e) == 0 &&
	    open_memtable(rd, shelf->frozen.rows, in, e) == 0 &&
	    open_memtable(rd, shelf->active.rows, in, e) == 0)
		return 0;
	close_inputs(rd, in);
	return -1;
}

/* As gather, listing the folder again when a file of a set is gone. */
static int
gather_live(struct reading *rd, struct inputs *in, struct sst_err *e)
{
	for (;;) {
		if (gather(rd, in, e) == 0)
			return 0;
		if (!is_gone(e) || rd->tries++ == SST_LIVE_TRIES ||
		    sst_shelf_refresh(rd->shelf, e) == -1)
			return -1;
	}
}

static void
count_opened(struct reading *rd)
{
	struct sst_read_stats *to = rd->stats, *s = &rd->opened;

	if (to != NULL) {
		to->sstables_seen += s->sstables_seen;
		to->sstables_skipped += s->sstables_skipped;
		to->sstables_read += s->sstables_read;
	}
	*s = (struct sst_read_stats){ 0 };
}

static int
merge(struct reading *rd, struct inputs *in, struct sst_err *e)
{
	struct sst_merge_opts o = { .raw = rd->what.raw,
		.now_s = rd->what.now_s,
		.gc_before_s = INT64_MIN,
		.tombstones = rd->stats == NULL || rd->what.raw ? NULL : &rd->stats->tombstones,
		.tombstones_max = rd->what.tombstones_max };

	return sst_merge_open(&rd->rows.in, rd->what.table, in->v, in->n, &o, e);
}

/* ---- the stream ---- */

/* Cuts the slices to what lies from a place on, in the stream's direction. */
static void
cut_slices(struct sst_read *r, const struct sst_bound *at)
{
	struct sst_range *s = (struct sst_range *)r->slices; /* in the arena, with room for one */

	if (r->nslices == 0) {
		s[0] = (struct sst_range){ { NULL, 0, -1 }, { NULL, 0, 1 } };
		r->nslices = 1;
	}
	while (r->reversed && r->nslices > 1 &&
	    sst_bound_compare(r->table, &s[r->nslices - 1].from, at) >= 0)
		r->nslices--;
	while (!r->reversed && r->nslices > 1 && sst_bound_compare(r->table, &s[0].to, at) <= 0) {
		r->slices = ++s;
		r->nslices--;
	}
	if (r->reversed && sst_bound_compare(r->table, &s[r->nslices - 1].to, at) > 0)
		s[r->nslices - 1].to = *at;
	if (!r->reversed && sst_bound_compare(r->table, &s[0].from, at) < 0)
		s[0].from = *at;
}

/* After a late SSTable was found gone: what is left of the read, over what is live now. */
static int
begin_again(struct reading *rd, struct sst_err *e)
{
	struct inputs in;

	if (rd->tries++ == SST_LIVE_TRIES)
		return -1;
	count_opened(rd);
	rd->gone = false;
	sst_stream_close(rd->rows.in);
	rd->rows.in = NULL;
	while (rd->nsources > 0)
		sst_source_drop(rd->sources[--rd->nsources]);
	cut_slices(&rd->what, &rd->gone_at);
	if (sst_shelf_refresh(rd->shelf, e) == -1 || gather_live(rd, &in, e) == -1)
		return -1;
	return merge(rd, &in, e);
}

static int
next_row(struct reading *rd, const struct sst_item **item, struct sst_err *e)
{
	int r;

	for (;;) {
		r = sst_stream_next(rd->rows.in, item, e);
		if (r == -1 && rd->gone) {
			if (begin_again(rd, e) == -1)
				return -1;
		} else if (r != SST_ONE || rd->what.key.p == NULL || !rd->begun ||
		    (*item)->kind != SST_PARTITION)
			break;
	}
	rd->begun |= r == SST_ONE;
	return r;
}

static int
reading_next(struct sst_stream *s, const struct sst_item **item, struct sst_err *e)
{
	struct reading *rd = (struct reading *)s;
	struct sst_cache_stats before;
	int r;

	if (rd->stats == NULL)
		return next_row(rd, item, e);
	sst_cache_stats(rd->cache, &before);
	r = next_row(rd, item, e);
	count_chunks(rd, &before);
	count_opened(rd);
	rd->stats->rows += r == SST_ONE && (*item)->kind == SST_ROW;
	return r;
}

static const struct sst_stream_ops reading_ops = { reading_next, reading_skip, sst_passing_want,
	reading_close };

static int
open_reading(
    struct reading *rd, const struct sst_store *s, const struct sst_read *r, struct sst_err *e)
{
	struct inputs in = { NULL, 0 };
	int some;

	if (r->key.p != NULL) {
		sst_murmur3_128(r->key, rd->hash);
		rd->token = sst_token(r->key);
	}
	if (sst_read_copy(&rd->what, r, &rd->arena, e) == -1 ||
	    (some = confine(s, &rd->what, rd->token, e)) == -1 ||
	    sst_shelf_list(rd->shelf, e) == -1)
		return -1;
	if (some == 1 && gather_live(rd, &in, e) == -1)
		return -1;
	count_opened(rd);
	return merge(rd, &in, e);
}

int
sst_store_read(struct sst_db *db, const struct sst_read *r, struct sst_stream **out,
    struct sst_read_stats *stats, struct sst_err *e)
{
	struct sst_store *s = (struct sst_store *)db;
	struct sst_shelf *shelf = sst_store_shelf(s, r->table);
	struct reading *rd;

	*out = NULL;
	if (shelf == NULL)
		return sst_fail(e, SST_EINVAL, s->dir, SST_NOWHERE, "not a table of this store");
	if ((rd = calloc(1, sizeof(*rd))) == NULL)
		return sst_fail_nomem(e);
	rd->rows.s = (struct sst_stream){ &reading_ops, r->table, r->reversed };
	rd->shelf = shelf;
	rd->stats = stats;
	rd->cache = s->cache;
	if (open_reading(rd, s, r, e) == -1) {
		reading_close(&rd->rows.s);
		return -1;
	}
	*out = &rd->rows.s;
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

/* SST_ONE; 0: it does not say; -1. */
static int
widen_to_memory(
    struct sst_buf extent[2], const struct sst_type *type, const struct sst_memory *m, bool *some)
{
	if (m->rows == NULL)
		return SST_ONE;
	if (m->extent_null)
		return 0;
	if (m->extent_known &&
	    widen(extent, type, sst_buf_slice(&m->extent[0]), sst_buf_slice(&m->extent[1]), some) ==
		-1)
		return -1;
	return SST_ONE;
}

/* False when the SSTable does not say. */
static bool
covered(const struct sst_sstable *t, struct sst_slice *first, struct sst_slice *last)
{
	struct sst_bound from, to;

	if (!sst_late_covers(t, &from, &to))
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
	int r;

	*first = *last = (struct sst_slice){ NULL, 0 };
	if (shelf == NULL || table->nck == 0)
		return sst_fail(
		    e, SST_EINVAL, s->dir, SST_NOWHERE, "no such table, or no clustering");
	if (sst_shelf_list(shelf, e) == -1)
		return -1;
	for (i = 0; i < 2; i++) {
		r = widen_to_memory(
		    s->extent, table->ck[0].type, i == 0 ? &shelf->active : &shelf->frozen, &some);
		if (r != SST_ONE)
			return r == 0 ? SST_ONE : sst_fail_nomem(e);
	}
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
