/* compaction/sets.c: listing, opening, and what statistics say. */
#include "compaction/sets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH 4096

struct opening {
	struct sst_sets *sets;
	const struct sst_live_folder *folder;
	const struct sst_table *table;
	size_t cap;
};

static bool
is_set(const struct sst_set *s, const struct sst_live_set *set)
{
	return s->ino == set->ino && s->mtime_ms == set->mtime_ms &&
	    strcmp(s->base, set->base) == 0;
}

static struct sst_set *
find(const struct sst_sets *sets, const struct sst_live_set *set)
{
	size_t i;

	for (i = 0; i < sets->n; i++)
		if (is_set(&sets->v[i], set))
			return &sets->v[i];
	return NULL;
}

static int
grow(struct opening *o, struct sst_err *e)
{
	struct sst_sets *sets = o->sets;
	struct sst_set *grown;

	if (sets->n < o->cap)
		return 0;
	o->cap = 2 * o->cap + 16;
	if ((grown = realloc(sets->v, o->cap * sizeof(*grown))) == NULL)
		return sst_fail_nomem(e);
	sets->v = grown;
	return 0;
}

/* Bytes of all components of a set, and of Data.db. */
static int
measure(struct sst_set *set, const struct sst_io *io, const char *path, struct sst_err *e)
{
	struct sst_buf name = { 0 };
	struct sst_stat st;
	enum sst_component c;
	int r = 0;

	for (c = 0; c < SST_NCOMPONENTS && r == 0; c++) {
		sst_buf_reset(&name);
		sst_name_path(&name, sst_slice_str(path), c);
		if (name.bad)
			r = sst_fail_nomem(e);
		else if (sst_io_stat(io, (const char *)name.p, &st, e) == 0) {
			set->bytes += st.size;
			set->data_bytes += c == SST_DATA ? st.size : 0;
		} else if (e->code != SST_ESYS || e->sys != ENOENT)
			r = -1;
	}
	sst_buf_free(&name);
	return r;
}

static int
open_set(void *arg, const struct sst_live_set *live, struct sst_err *e)
{
	struct opening *o = arg;
	struct sst_sstable_opts opts = { .table = o->table, .cache = o->sets->cache };
	struct sst_set set = {
		.generation = live->generation, .ino = live->ino, .mtime_ms = live->mtime_ms
	};
	char path[PATH];

	if (find(o->sets, live) != NULL)
		return 0;
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", o->folder->dir, live->base) >=
	    sizeof(path))
		return sst_fail(e, SST_ELIMIT, o->folder->dir, SST_NOWHERE, "path too long");
	if (grow(o, e) == -1)
		return -1;
	if ((set.base = sst_arena_str(&o->sets->arena, live->base, strlen(live->base))) == NULL)
		return sst_fail_nomem(e);
	if (measure(&set, o->folder->io, path, e) == -1 ||
	    sst_sstable_open(&set.sstable, o->folder->io, path, &opts, e) == -1)
		return -1;
	set.stats = sst_sstable_statistics(set.sstable);
	o->sets->v[o->sets->n++] = set;
	return 0;
}

static int
order(const void *pa, const void *pb)
{
	const struct sst_set *a = pa, *b = pb;

	if (a->generation != b->generation)
		return a->generation < b->generation ? -1 : 1;
	return strcmp(a->base, b->base);
}

static bool
same_group(const struct sst_statistics *a, const struct sst_statistics *b)
{
	return a->pending_repair == b->pending_repair && a->transient == b->transient &&
	    (a->repaired_at_ms > 0) == (b->repaired_at_ms > 0) &&
	    (!a->pending_repair ||
		memcmp(a->pending_repair_id, b->pending_repair_id, sizeof(a->pending_repair_id)) ==
		    0);
}

static void
number_groups(struct sst_sets *sets)
{
	size_t i, k;

	for (i = 0; i < sets->n; i++) {
		for (k = 0; k < i && !same_group(sets->v[k].stats, sets->v[i].stats); k++)
			;
		sets->v[i].group = k < i ? sets->v[k].group : sets->ngroups++;
	}
}

/* Sets that an earlier try had opened and that are gone now are closed. */
static void
keep_listed(struct sst_sets *sets, const struct sst_live *live)
{
	size_t i, k, kept = 0;

	for (i = 0; i < sets->n; i++) {
		for (k = 0; k < live->nsets && !is_set(&sets->v[i], &live->sets[k]); k++)
			;
		if (k < live->nsets)
			sets->v[kept++] = sets->v[i];
		else
			sst_sstable_close(sets->v[i].sstable);
	}
	sets->n = kept;
	if (kept > 1)
		qsort(sets->v, kept, sizeof(*sets->v), order);
}

static int
start(struct sst_sets *sets, struct sst_err *e)
{
	*sets = (struct sst_sets){ 0 };
	sets->cache = sst_cache_new(SST_CACHE_MIN);
	return sets->cache != NULL ? 0 : sst_fail_nomem(e);
}

int
sst_sets_open(struct sst_sets *sets, const struct sst_live_folder *folder,
    const struct sst_table *table, struct sst_err *e)
{
	struct opening o = { sets, folder, table, 0 };
	struct sst_live_opener opener = { open_set, &o };
	struct sst_live live;

	if (start(sets, e) == -1)
		return -1;
	if (sst_live_open(&live, &sets->arena, folder, &opener, e) == -1) {
		sst_sets_close(sets);
		return -1;
	}
	keep_listed(sets, &live);
	number_groups(sets);
	sets->nleft = live.nleft;
	sets->left = live.left;
	sets->generation_max = live.generation_max;
	return 0;
}

int
sst_sets_open_these(struct sst_sets *sets, const struct sst_live_folder *folder,
    const struct sst_table *table, const char *const *bases, size_t n, struct sst_err *e)
{
	struct opening o = { sets, folder, table, 0 };
	struct sst_live_set live = { 0 };
	size_t i;

	if (start(sets, e) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		live.base = bases[i];
		live.ino = i; /* told apart, and in this order */
		live.generation = i;
		if (open_set(&o, &live, e) == -1) {
			sst_sets_close(sets);
			return -1;
		}
	}
	number_groups(sets);
	return 0;
}

void
sst_sets_close(struct sst_sets *sets)
{
	size_t i;

	for (i = 0; i < sets->n; i++)
		sst_sstable_close(sets->v[i].sstable);
	free(sets->v);
	sst_cache_free(sets->cache);
	sst_arena_free(&sets->arena);
	*sets = (struct sst_sets){ 0 };
}

/* ---- what statistics say ---- */

uint64_t
sst_set_partitions(const struct sst_set *s)
{
	const struct sst_estimate *est = &s->stats->partition_bytes;
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < est->n; i++)
		n += est->buckets[i].count > 0 ? (uint64_t)est->buckets[i].count : 0;
	return n;
}

int64_t
sst_set_min_ts_us(const struct sst_set *s)
{
	const struct sst_header *h = sst_sstable_header(s->sstable);
	int64_t min = s->stats->min_ts_us;

	if (!sst_sstable_version(s->sstable)->metadata_crc && h->min_ts_us != SST_EPOCH_TS_US &&
	    h->min_ts_us < min)
		return h->min_ts_us;
	return min;
}

bool
sst_set_tokens(const struct sst_set *s, int64_t *first, int64_t *last)
{
	static const char murmur[] = "Murmur3Partitioner";
	const size_t len = sizeof(murmur) - 1;
	struct sst_slice name = s->stats->partitioner, a, b;
	struct sst_err ignored;

	if (name.n < len || memcmp(name.p + name.n - len, murmur, len) != 0 ||
	    sst_sstable_keys(s->sstable, &a, &b, &ignored) == -1)
		return false;
	*first = sst_token(a);
	*last = sst_token(b);
	return true;
}

bool
sst_sets_overlap(const struct sst_set *a, const struct sst_set *b)
{
	int64_t af, al, bf, bl;

	if (!sst_set_tokens(a, &af, &al) || !sst_set_tokens(b, &bf, &bl))
		return true;
	return af <= bl && bf <= al;
}

/* Cells, counted from the histogram: its mean, times the number of partitions. */
static double
cells(const struct sst_statistics *st)
{
	double n = 0;
	size_t i;

	for (i = 0; i < st->partition_cells.n; i++) {
		const struct sst_estimate_bucket *b = &st->partition_cells.buckets[i];
		/* counts stand beside the bound below; the bound above is the next one's */
		int64_t bound = i + 1 < st->partition_cells.n ? b[1].offset : b->offset;

		n += (double)b->count * (double)bound;
	}
	return n;
}

double
sst_set_droppable(const struct sst_set *s, int64_t gc_before_s)
{
	const struct sst_statistics *st = s->stats;
	double gone = 0, all = cells(st);
	size_t i;

	for (i = 0; i < st->ndrop_times && st->drop_times[i].at_s < gc_before_s; i++)
		gone += (double)st->drop_times[i].count;
	if (gone <= 0)
		return 0;
	return all <= gone ? 1 : gone / all;
}
