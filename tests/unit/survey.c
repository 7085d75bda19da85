/*
 * tests/unit/survey.c: a survey of random SSTables counts what a model counts, one write at a time; says
 * what a compaction then does, to the byte; and names the SSTables by which old tombstones go.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/memfs.h"
#include "../support/model.h"
#include "../support/random.h"
#include "base/num.h"
#include "compaction/blockers.h"
#include "compaction/compaction.h"
#include "compaction/survey.h"
#include "memtable/memtable.h"

Suite *survey_suite(void);

#define BATCH 40
#define BATCHES 25
#define DIR "/t"
#define GRACE 30

struct kase { /* a table in a folder, and all that was ever written to it */
	struct random r;
	struct sst_arena arena;
	struct memfs *fs;
	struct model all;
	int64_t now_s;
	unsigned sets;
};

/* ---- writing ---- */

static void
write_set(struct kase *k, struct sst_memtable *mem)
{
	struct sst_read all = { .left = INT64_MIN, .right = INT64_MIN, .raw = true };
	struct sst_writer_opts o = { .host_id = { 1 }, .index_block = 256 };
	struct sst_stream *s;
	struct sst_writer *w;
	char path[100];
	struct sst_err e;

	snprintf(path, sizeof(path), DIR "/me-%u-big-", ++k->sets);
	ck_assert_int_eq(sst_memtable_read(mem, &all, &s, &e), 0);
	ck_assert_int_eq(sst_writer_open(&w, memfs_io(k->fs), path, k->all.table, &o, &e), 0);
	ck_assert_int_eq(sst_writer_copy(w, s, &e), 0);
	sst_stream_close(s);
	ck_assert_int_ge(sst_writer_finish(w, NULL, &e), 0);
}

static void
flush_some(struct kase *k, const struct random_opts *o, size_t updates)
{
	const struct sst_update *u;
	struct sst_memtable *mem;
	struct sst_err e;

	ck_assert_int_eq(sst_memtable_new(&mem, k->all.table, &e), 0);
	for (; updates > 0; updates--) {
		u = random_update(&k->r, k->all.table, o, &k->arena);
		ck_assert_int_eq(sst_memtable_apply(mem, u, &e), 0);
		model_apply(&k->all, u);
	}
	write_set(k, mem);
	sst_memtable_free(mem);
}

static void
kase_open(struct kase *k, int seed)
{
	struct random_opts o = { 0 };
	struct sst_err e;
	size_t i, sets;

	*k = (struct kase){ .r = { (uint64_t)seed * 6007 + 5 } };
	k->all.table = random_table(&k->r, false, &k->arena);
	k->all.arena = &k->arena;
	k->fs = memfs_new();
	ck_assert_int_eq(sst_io_mkdir(memfs_io(k->fs), DIR, &e), 0);
	o.nparts = 1 + random_below(&k->r, 20);
	o.nrows = 1 + random_below(&k->r, 5);
	o.nvalues = 2 + random_below(&k->r, 5);
	sets = 1 + random_below(&k->r, 5);
	for (i = 0; i < sets; i++)
		flush_some(k, &o, random_below(&k->r, 16));
	k->now_s = RANDOM_LDT_S + random_below(&k->r, 150);
}

static void
kase_close(struct kase *k)
{
	ck_assert_uint_eq(memfs_nopen(k->fs), 0);
	memfs_free(k->fs);
	sst_arena_free(&k->arena);
}

static void
open_sets(struct kase *k, struct sst_sets *sets)
{
	struct sst_live_folder folder = { memfs_io(k->fs), DIR, true };
	struct sst_err e;
	char text[500];

	ck_assert_msg(sst_sets_open(sets, &folder, k->all.table, &e) == 0, "%s",
	    sst_err_text(&e, text, sizeof(text)));
}

/* ---- counting, the slow way ---- */

static struct sst_tally
count(const struct items *items, int64_t now_s, int64_t before_s, uint64_t *old)
{
	struct sst_tally t = { 0 };
	size_t i, c;

#define GONE(kind, ldt) (t.gone[kind]++, *old += (ldt) < before_s)
	*old = 0;
	for (i = 0; i < items->n; i++) {
		const struct sst_item *item = &items->at[i];
		const struct sst_row *r = &item->row;

		if (item->kind == SST_PARTITION) {
			t.partitions++;
			if (item->part.del.ts_us != SST_NO_TS)
				GONE(SST_TALLY_PARTITION, item->part.del.ldt_s);
			continue;
		}
		if (item->kind == SST_MARKER) {
			if (item->marker.after.ts_us != SST_NO_TS)
				GONE(SST_TALLY_RANGE, item->marker.after.ldt_s);
			continue;
		}
		t.rows++;
		t.cells += r->ncells;
		if (r->del.ts_us != SST_NO_TS)
			GONE(SST_TALLY_ROW, r->del.ldt_s);
		if (r->live.ttl_s > 0 && r->live.expiry_s <= now_s)
			GONE(SST_TALLY_EXPIRED, r->live.expiry_s);
		for (c = 0; c < r->ncomplex; c++)
			GONE(SST_TALLY_COMPLEX, r->complex[c].del.ldt_s);
		for (c = 0; c < r->ncells; c++)
			if (r->cells[c].ttl_s > 0 && r->cells[c].ldt_s <= now_s)
				GONE(SST_TALLY_EXPIRED, r->cells[c].ldt_s - r->cells[c].ttl_s);
			else if (r->cells[c].ttl_s == 0 && r->cells[c].ldt_s != SST_NO_LDT)
				GONE(SST_TALLY_CELL, r->cells[c].ldt_s);
	}
#undef GONE
	return t;
}

static void
check_tally(const struct sst_tally *got, const struct sst_tally *want, const char *what)
{
	size_t i;

	ck_assert_msg(got->partitions == want->partitions, "%s: partitions %ju, want %ju", what,
	    (uintmax_t)got->partitions, (uintmax_t)want->partitions);
	ck_assert_msg(got->rows == want->rows, "%s: rows %ju, want %ju", what, (uintmax_t)got->rows,
	    (uintmax_t)want->rows);
	ck_assert_msg(got->cells == want->cells, "%s: cells", what);
	for (i = 0; i < SST_TALLY_KINDS; i++)
		ck_assert_msg(got->gone[i] == want->gone[i], "%s: %s %ju, want %ju", what,
		    sst_tally_name((enum sst_tally_kind)i), (uintmax_t)got->gone[i],
		    (uintmax_t)want->gone[i]);
}

/* ---- a survey ---- */

struct seen { /* by the callback */
	struct kase *k;
	const struct items *merged; /* of the model */
	uint64_t page_rows;
	size_t at; /* of the partition to come, in merged */
	struct sst_survey_sum sum;
	uint64_t partitions, shared, met;
};

static bool
row_lives(const struct sst_row *r, int64_t now_s)
{
	bool lives = r->live.ts_us != SST_NO_TS &&
	    (r->live.ttl_s == 0 ||
		(r->live.ttl_s != (uint32_t)INT32_MAX && r->live.expiry_s > now_s));
	size_t i;

	for (i = 0; i < r->ncells; i++)
		lives |= r->cells[i].ldt_s == SST_NO_LDT ||
		    (r->cells[i].ttl_s > 0 && r->cells[i].ldt_s > now_s);
	return lives;
}

/* What a reader of the row meets: cells that do not live, or one for a row that does not. */
static uint64_t
row_meets(const struct sst_row *r, int64_t now_s)
{
	bool something = r->del.ts_us != SST_NO_TS || r->live.ts_us != SST_NO_TS || r->ncomplex > 0;
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < r->ncells; i++)
		n += !(r->cells[i].ldt_s == SST_NO_LDT ||
		    (r->cells[i].ttl_s > 0 && r->cells[i].ldt_s > now_s));
	return n > 0 || row_lives(r, now_s) ? n : something;
}

/* Pages of the model's partition at `at`, one after the other. */
static void
pages(const struct seen *s, uint64_t *first, uint64_t *most)
{
	uint64_t met = 0, rows = 0, page = 0;
	size_t i;

	*first = *most = 0;
	for (i = s->at + 1; i <= s->merged->n; i++) {
		const struct sst_item *item = i < s->merged->n ? &s->merged->at[i] : NULL;
		bool over = item == NULL || item->kind == SST_PARTITION;

		if (!over && item->kind == SST_MARKER)
			met++;
		else if (!over) {
			met += row_meets(&item->row, s->k->now_s);
			rows += item->kind == SST_ROW && row_lives(&item->row, s->k->now_s);
		}
		if (over || (rows > 0 && rows == s->page_rows)) {
			*first = page++ == 0 ? met : *first;
			*most = met > *most ? met : *most;
			met = rows = 0;
		}
		if (over)
			return;
	}
}

static int
see_partition(void *arg, const struct sst_survey_partition *p, struct sst_err *e)
{
	struct seen *s = arg;
	uint64_t first, most;
	size_t i;

	(void)e;
	ck_assert_uint_lt(s->at, s->merged->n);
	ck_assert(sst_slice_eq(p->part->key, s->merged->at[s->at].part.key));
	pages(s, &first, &most);
	ck_assert_uint_eq(p->page, first);
	ck_assert_uint_eq(p->page_max, most);
	for (s->at++; s->at < s->merged->n && s->merged->at[s->at].kind != SST_PARTITION;)
		s->at++;
	ck_assert_uint_ge(p->nshares, 1);
	for (i = 0; i < p->nshares; i++)
		s->shared += p->shares[i].gone;
	sst_tally_add(&s->sum.in, &p->sum.in);
	s->sum.in_bytes += p->sum.in_bytes;
	s->partitions++;
	return 0;
}

static void
check_sums(struct kase *k, const struct sst_survey *v, const struct seen *s)
{
	uint64_t old, ignored, rows = 0, dead = 0, ages = 0;
	struct items purged = model_purged(&k->all, false, k->now_s, k->now_s - GRACE, INT64_MAX);
	struct sst_tally want = count(s->merged, k->now_s, k->now_s - GRACE, &old);
	size_t i;

	check_tally(&v->sum.merged, &want, "merged");
	ck_assert_uint_eq(v->sum.ages.n[0], old);
	for (i = 0; i < SST_AGES; i++)
		ages += v->sum.ages.n[i];
	ck_assert_uint_eq(ages, sst_tally_gone(&want));
	want = count(&purged, k->now_s, 0, &ignored);
	check_tally(&v->sum.left, &want, "left");
	for (i = 0; i < s->merged->n; i++)
		if (s->merged->at[i].kind == SST_ROW || s->merged->at[i].kind == SST_STATIC) {
			bool lives = row_lives(&s->merged->at[i].row, k->now_s);

			rows += lives;
			dead += !lives;
		}
	ck_assert_uint_eq(v->sum.size.live_rows, rows);
	ck_assert_uint_eq(v->sum.size.dead_rows, dead);
	/* every tombstone of every input was some partition's */
	check_tally(&s->sum.in, &v->sum.in, "claimed");
	ck_assert_uint_eq(s->shared, sst_tally_gone(&v->sum.in));
	ck_assert_uint_eq(s->sum.in_bytes, v->sum.in_bytes);
}

/* True when the tombstone of this time was written along with something of the row that lives on. */
static bool
came_along(const struct sst_row *r, int64_t ts_us)
{
	bool with = r->live.ts_us == ts_us;
	size_t i;

	for (i = 0; i < r->ncells; i++)
		with |= r->cells[i].ts_us == ts_us &&
		    (r->cells[i].ttl_s > 0 || r->cells[i].ldt_s == SST_NO_LDT);
	return with;
}

static void
count_columns(struct sst_survey_column *statics, struct sst_survey_column *regulars,
    const struct items *items)
{
	size_t i, c;

	for (i = 0; i < items->n; i++) {
		const struct sst_row *r = &items->at[i].row;
		struct sst_survey_column *cols =
		    items->at[i].kind == SST_STATIC ? statics : regulars;

		if (items->at[i].kind != SST_STATIC && items->at[i].kind != SST_ROW)
			continue;
		for (c = 0; c < r->ncells; c++) {
			const struct sst_cell *x = &r->cells[c];
			bool dead = x->ttl_s == 0 && x->ldt_s != SST_NO_LDT;

			cols[x->col].cells++;
			cols[x->col].tombstones += dead;
			cols[x->col].nulls += dead && x->path.p == NULL && came_along(r, x->ts_us);
		}
		for (c = 0; c < r->ncomplex; c++)
			cols[r->complex[c].col].overwrites +=
			    came_along(r, r->complex[c].del.ts_us + 1);
	}
}

/* Each input by itself, against its own items. */
static void
check_inputs(struct kase *k, const struct sst_survey *v, struct sst_sets *sets)
{
	const struct sst_table *t = k->all.table;
	struct sst_survey_column *statics = calloc(t->nstatic + 1, sizeof(*statics));
	struct sst_survey_column *regulars = calloc(t->nregular + 1, sizeof(*regulars));
	struct sst_stream *stream;
	struct items items;
	struct sst_tally want;
	struct sst_err e;
	uint64_t old;
	size_t i;

	for (i = 0; i < sets->n; i++) {
		items = (struct items){ 0 };
		ck_assert_int_eq(sst_sstable_scan(sets->v[i].sstable, &stream, &e), 0);
		ck_assert_int_eq(items_read(&items, stream, &k->arena, NULL, &e), 0);
		want = count(&items, k->now_s, k->now_s - GRACE, &old);
		check_tally(&v->inputs[i].tally, &want, "input");
		ck_assert_uint_eq(v->inputs[i].old, old);
		ck_assert_uint_eq(
		    v->inputs[i].size.live_rows + v->inputs[i].size.dead_rows, want.rows);
		count_columns(statics, regulars, &items);
	}
	ck_assert_mem_eq(v->statics, statics, t->nstatic * sizeof(*statics));
	ck_assert_mem_eq(v->regulars, regulars, t->nregular * sizeof(*regulars));
	free(statics);
	free(regulars);
}

static struct sst_survey_opts
options(struct kase *k, struct sst_set **in, size_t n)
{
	return (struct sst_survey_opts){ .table = k->all.table,
		.n = n,
		.in = in,
		.now_s = k->now_s,
		.gc_grace_s = GRACE,
		.purge = true };
}

static struct sst_set **
pointers(struct kase *k, struct sst_sets *sets)
{
	struct sst_set **in = sst_arena_array(&k->arena, sets->n + 1, sizeof(*in));
	size_t i;

	for (i = 0; i < sets->n; i++)
		in[i] = &sets->v[i];
	return in;
}

static void
model_case(int seed)
{
	struct items merged;
	struct sst_survey v;
	struct sst_survey_opts o;
	struct sst_sets sets;
	struct seen s = { 0 };
	struct sst_err e;
	struct kase k;

	kase_open(&k, seed);
	merged = model_items(&k.all, false);
	open_sets(&k, &sets);
	s.k = &k;
	s.merged = &merged;
	o = options(&k, pointers(&k, &sets), sets.n);
	o.page_rows = s.page_rows = random_below(&k.r, 4);
	o.partition = see_partition;
	o.arg = &s;
	ck_assert_int_eq(sst_survey_run(&v, &o, &e), 0);
	ck_assert_uint_eq(s.at, merged.n);
	check_sums(&k, &v, &s);
	check_inputs(&k, &v, &sets);
	sst_survey_free(&v);
	sst_sets_close(&sets);
	kase_close(&k);
}

START_TEST(counts_are_the_models)
{
	int i;

	for (i = 0; i < BATCH; i++)
		model_case(_i * BATCH + i);
}
END_TEST

/* ---- what a compaction does ---- */

struct doing {
	struct sst_compaction c;
	struct sst_oracle oracle;
};

static void
choose(struct doing *d, struct kase *k, struct sst_sets *sets, const uint8_t *chosen)
{
	size_t i;

	*d = (struct doing){ 0 };
	d->oracle.outside = sst_arena_array(&k->arena, sets->n + 1, sizeof(*d->oracle.outside));
	d->c.in = sst_arena_array(&k->arena, sets->n + 1, sizeof(*d->c.in));
	for (i = 0; i < sets->n; i++)
		if (chosen[i] != 0)
			d->c.in[d->c.n++] = &sets->v[i];
		else
			d->oracle.outside[d->oracle.n++] = &sets->v[i];
	d->c.io = memfs_io(k->fs);
	d->c.dir = DIR;
	d->c.in_place = true;
	d->c.table = k->all.table;
	d->c.version = "me";
	d->c.writer.host_id[0] = 1;
	d->c.now_s = k->now_s;
	d->c.gc_before_s = k->now_s - GRACE;
	d->c.oracle = &d->oracle;
}

static void
compaction_case(int seed)
{
	struct sst_compacted weighed = { 0 }, done = { 0 };
	uint8_t chosen[16];
	struct sst_survey_opts o;
	struct sst_survey v;
	struct sst_sets sets;
	struct sst_err e;
	struct doing d;
	struct kase k;
	bool doubt;
	size_t i;

	kase_open(&k, seed);
	open_sets(&k, &sets);
	for (i = 0; i < sets.n; i++)
		chosen[i] = random_chance(&k.r, 70);
	choose(&d, &k, &sets, chosen);
	o = options(&k, d.c.in, d.c.n);
	o.oracle = &d.oracle;
	ck_assert_int_eq(sst_survey_run(&v, &o, &e), 0);
	ck_assert_int_eq(sst_compaction_rehearse(&weighed, &d.c, &e), 0);
	ck_assert_int_eq(sst_compaction_run(&done, &d.c, &doubt, &e), 0);
	check_tally(&v.sum.in, &done.in, "in");
	check_tally(&v.sum.left, &done.out, "out");
	check_tally(&weighed.out, &done.out, "weighed");
	ck_assert_uint_eq(weighed.bytes_in, done.bytes_in);
	ck_assert_uint_eq(weighed.bytes_out, done.bytes_out);
	ck_assert_uint_eq(weighed.nproducts, done.nproducts);
	sst_compacted_free(&weighed);
	sst_compacted_free(&done);
	sst_survey_free(&v);
	sst_sets_close(&sets);
	kase_close(&k);
}

START_TEST(compactions_are_foretold)
{
	int i;

	for (i = 0; i < BATCH; i++)
		compaction_case(_i * BATCH + i);
}
END_TEST

/* Before `na` no checksum covers statistics: what they say of partitions sizes no Filter alone. */
START_TEST(damaged_estimate)
{
	struct sst_estimate_bucket many = { 1, INT64_C(1) << 27 };
	struct sst_compacted done = { 0 };
	struct sst_statistics wrong;
	uint8_t all[16] = { 1, 1, 1, 1, 1, 1, 1, 1 };
	struct sst_sets sets;
	struct sst_err e;
	struct doing d;
	struct kase k;

	kase_open(&k, 3);
	open_sets(&k, &sets);
	ck_assert_uint_gt(sets.n, 0);
	wrong = *sets.v[0].stats;
	wrong.partition_bytes = (struct sst_estimate){ 1, &many };
	sets.v[0].stats = &wrong;
	choose(&d, &k, &sets, all);
	ck_assert_int_eq(sst_compaction_rehearse(&done, &d.c, &e), 0);
	ck_assert_uint_lt(done.bytes_out, 1 << 20);
	sst_compacted_free(&done);
	sst_sets_close(&sets);
	kase_close(&k);
}
END_TEST

/* Other systems may leave in one SSTable what it deletes itself; a merge takes that away. */
START_TEST(shadowed_within_one_sstable)
{
	struct random_opts few = { .nparts = 1, .no_deletions = true, .no_ttl = true };
	struct sst_compacted done = { 0 };
	const struct sst_update *u = NULL;
	struct items items = { 0 };
	struct sst_item item = { 0 };
	struct sst_survey_opts o;
	struct sst_survey v;
	struct sst_stream *s;
	struct sst_writer *w;
	struct sst_writer_opts wo = { .host_id = { 1 } };
	struct sst_sets sets;
	uint8_t all[16] = { 1, 1 };
	struct sst_err e;
	struct doing d;
	struct kase k = { .r = { 77 }, .now_s = RANDOM_LDT_S };

	k.all.table = random_table(&k.r, false, &k.arena);
	k.fs = memfs_new();
	ck_assert_int_eq(sst_io_mkdir(memfs_io(k.fs), DIR, &e), 0);
	while (u == NULL || u->nrows == 0)
		u = random_update(&k.r, k.all.table, &few, &k.arena);
	item.kind = SST_PARTITION;
	item.part = u->part;
	item.part.del = (struct sst_deletion){ RANDOM_TS_US + 1000000, RANDOM_LDT_S };
	items_add(&items, &item, &k.arena);
	item.kind = SST_ROW;
	item.row = u->rows[0];
	items_add(&items, &item, &k.arena);
	s = items_stream(&items, k.all.table, false, false);
	ck_assert_int_eq(
	    sst_writer_open(&w, memfs_io(k.fs), DIR "/me-1-big-", k.all.table, &wo, &e), 0);
	ck_assert_int_eq(sst_writer_copy(w, s, &e), 0);
	sst_stream_close(s);
	ck_assert_int_eq(sst_writer_finish(w, NULL, &e), 0);

	open_sets(&k, &sets);
	choose(&d, &k, &sets, all);
	o = options(&k, d.c.in, d.c.n);
	ck_assert_int_eq(sst_survey_run(&v, &o, &e), 0);
	ck_assert_uint_eq(v.sum.in.rows, 1);
	ck_assert_uint_eq(v.sum.merged.rows, 0);
	ck_assert_uint_eq(v.sum.left.partitions, 1);
	ck_assert_int_eq(sst_compaction_rehearse(&done, &d.c, &e), 0);
	check_tally(&v.sum.left, &done.out, "left");
	sst_compacted_free(&done);
	sst_survey_free(&v);
	sst_sets_close(&sets);
	kase_close(&k);
}
END_TEST

/* ---- what has to be compacted ---- */

struct target { /* a partition with old tombstones */
	struct kase *k;
	struct sst_buf key;
	int64_t token, old_ts_us[16];
	uint64_t old;
};

static int
see_target(void *arg, const struct sst_survey_partition *p, struct sst_err *e)
{
	struct target *t = arg;
	uint64_t old = 0;
	size_t i;

	(void)e;
	for (i = 0; i < p->nshares; i++)
		old += p->shares[i].old;
	if (t->key.n > 0 || old == 0)
		return 0;
	sst_buf_add_slice(&t->key, p->part->key);
	t->token = p->part->token;
	t->old = old;
	for (i = 0; i < p->nshares; i++)
		t->old_ts_us[p->shares[i].input] = p->shares[i].old_ts_us;
	return 0;
}

/* Looks for the first partition with old tombstones, or, when it has a key, at that one alone. */
static void
look(struct target *t, struct sst_sets *sets, struct sst_survey *v)
{
	struct sst_survey_opts o = options(t->k, pointers(t->k, sets), sets->n);
	struct sst_read read = { .table = o.table, .left = INT64_MIN, .right = INT64_MIN };
	struct sst_err e;
	size_t i;

	for (i = 0; i < 16; i++)
		t->old_ts_us[i] = SST_NO_TS;
	if (t->key.n > 0) {
		read.key = sst_buf_slice(&t->key);
		o.read = &read;
	}
	o.partition = see_target;
	o.arg = t;
	ck_assert_int_eq(sst_survey_run(v, &o, &e), 0);
}

static bool
advice_case(int seed)
{
	struct sst_compacted done = { 0 };
	struct sst_partition p = { .del = SST_LIVE };
	struct sst_survey v;
	struct target t = { 0 };
	struct sst_sets sets;
	uint8_t role[16];
	struct doing d;
	struct sst_err e;
	struct kase k;
	bool doubt, found;
	uint64_t old = 0;
	size_t i;

	kase_open(&k, seed);
	open_sets(&k, &sets);
	t.k = &k;
	look(&t, &sets, &v);
	sst_survey_free(&v);
	found = t.key.n > 0;
	if (found) {
		p.key = sst_buf_slice(&t.key);
		p.token = t.token;
		ck_assert_int_eq(
		    sst_blockers_find(pointers(&k, &sets), sets.n, &p, t.old_ts_us, role, &e), 0);
		choose(&d, &k, &sets, role);
		ck_assert_int_eq(sst_compaction_run(&done, &d.c, &doubt, &e), 0);
		sst_compacted_free(&done);
		sst_sets_close(&sets);
		open_sets(&k, &sets);
		look(&t, &sets, &v);
		for (i = 0; i < sets.n; i++)
			old += v.inputs[i].old;
		ck_assert_uint_eq(old, 0);
		sst_survey_free(&v);
	}
	sst_buf_free(&t.key);
	sst_sets_close(&sets);
	kase_close(&k);
	return found;
}

START_TEST(advice_is_enough)
{
	int i, found = 0;

	for (i = 0; i < BATCH; i++)
		found += advice_case(_i * BATCH + i);
	ck_assert_int_gt(found, BATCH / 4);
}
END_TEST

/* ---- rules of their own ---- */

static const struct {
	int64_t ldt_s;
	size_t age;
} age_cases[] = { { 0, 0 }, { 899, 0 }, { 900, 1 }, { 900 + 3599, 1 }, { 900 + 3600, 2 },
	{ 900 + 86400, 3 }, { 900 + 3 * 86400, 4 }, { 900 + 10 * 86400, 5 },
	{ 900 + 30 * 86400, 6 }, { INT64_MAX, 6 }, { -1, 6 }, { INT64_MIN, 6 } };

START_TEST(ages)
{
	ck_assert_uint_eq(sst_age_of(age_cases[_i].ldt_s, 1000, 100), age_cases[_i].age);
}
END_TEST

/* max_ldt of the expired one; min_ts and max_ldt of the other: as sstableexpiredblockers does it. */
static const struct {
	int64_t max_ldt_s, min_ts_us, other_max_ldt_s;
	bool expired, blocks;
} expired_cases[] = {
	{ 99, 50, SST_NO_LDT, true, true },
	{ 100, 50, SST_NO_LDT, false, true },
	{ SST_NO_LDT, 50, SST_NO_LDT, false, true },
	{ 99, 70, SST_NO_LDT, true, true },  /* of the same microsecond */
	{ 99, 71, SST_NO_LDT, true, false }, /* all of it is newer */
	{ 99, 50, 101, true, true },
	{ 99, 50, 100, true, false }, /* as good as expired */
	{ 99, 50, 99, true, false },
};

START_TEST(expired_sstables)
{
	struct sst_statistics gone = { .min_ts_us = 60,
		.max_ts_us = 70,
		.min_ldt_s = 10,
		.max_ldt_s = expired_cases[_i].max_ldt_s };
	struct sst_set a = { .stats = &gone };

	ck_assert_int_eq(sst_set_is_expired(&a, 100), expired_cases[_i].expired);
	ck_assert_int_eq(sst_expiry_blocks(expired_cases[_i].min_ts_us,
			     expired_cases[_i].other_max_ldt_s, &gone, 100),
	    expired_cases[_i].blocks);
}
END_TEST

START_TEST(damaged_input)
{
	struct sst_survey_opts o;
	struct sst_survey v;
	struct sst_sets sets;
	struct sst_err e;
	struct kase k;
	int fd, seed = 0;
	bool some = false;

	while (!some) { /* one with rows in its first SSTable */
		kase_open(&k, ++seed);
		open_sets(&k, &sets);
		some = sets.n > 0 && sets.v[0].data_bytes > 40;
		if (!some)
			sst_sets_close(&sets), kase_close(&k);
	}
	fd = sst_io_open(memfs_io(k.fs), DIR "/me-1-big-Data.db", 1 /* O_WRONLY */, &e);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(
	    sst_io_write(memfs_io(k.fs), fd, "", "damaged, all of it, and for long", 32, &e), 0);
	sst_io_close(memfs_io(k.fs), fd, "", &e);
	o = options(&k, pointers(&k, &sets), sets.n);
	ck_assert_int_eq(sst_survey_run(&v, &o, &e), -1);
	ck_assert_int_eq(e.code, SST_EDAMAGED);
	sst_survey_free(&v);
	sst_sets_close(&sets);
	kase_close(&k);
}
END_TEST

/* ---- columns, and ghosts ---- */

static int
refuse_partition(void *arg, const struct sst_survey_partition *p, struct sst_err *e)
{
	(void)arg;
	(void)p;
	return sst_fail(e, SST_ELIMIT, NULL, SST_NOWHERE, "enough");
}

START_TEST(callbacks_may_end_it)
{
	struct sst_survey_opts o;
	struct sst_survey v;
	struct sst_sets sets;
	struct sst_err e;
	struct kase k;

	kase_open(&k, 3);
	open_sets(&k, &sets);
	o = options(&k, pointers(&k, &sets), sets.n);
	o.partition = refuse_partition;
	ck_assert_int_eq(sst_survey_run(&v, &o, &e), -1);
	ck_assert_str_eq(e.what, "enough");
	sst_survey_free(&v);
	sst_sets_close(&sets);
	kase_close(&k);
}
END_TEST

Suite *
survey_suite(void)
{
	Suite *s = suite_create("survey");
	TCase *t = tcase_create("survey");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, counts_are_the_models, 0, BATCHES);
	tcase_add_loop_test(t, compactions_are_foretold, 0, BATCHES);
	tcase_add_loop_test(t, advice_is_enough, 0, BATCHES);
	tcase_add_loop_test(t, ages, 0, (int)SST_ARRAY_LEN(age_cases));
	tcase_add_loop_test(t, expired_sstables, 0, (int)SST_ARRAY_LEN(expired_cases));
	tcase_add_test(t, shadowed_within_one_sstable);
	tcase_add_test(t, damaged_estimate);
	tcase_add_test(t, damaged_input);
	tcase_add_test(t, callbacks_may_end_it);
	suite_add_tcase(s, t);
	return s;
}
