/* tests/support/reads.c */
#include "reads.h"

#include <stdio.h>
#include <stdlib.h>

static void
give_up(const char *what, const struct sst_err *e)
{
	char buf[512];

	fprintf(stderr, "%s: %s\n", what, sst_err_text(e, buf, sizeof(buf)));
}

int
reads_all(struct items *out, struct sst_stream *s, struct sst_arena *a, uint64_t *waits,
    struct sst_err *e)
{
	const struct sst_item *item;
	struct sst_item copy;
	struct sst_want want;
	int r;

	while ((r = sst_stream_next(s, &item, e)) != 0 && r != -1) {
		if (r == SST_ONE) {
			if ((r = sst_item_copy(&copy, item, s->table, a, e)) == -1)
				break;
			items_add(out, &copy, a);
			continue;
		}
		sst_stream_want(s, &want);
		++*waits;
		if ((r = sst_want_read(&want, e)) == -1)
			break;
	}
	sst_stream_close(s);
	return r;
}

static void
add_mark(struct items *out, const struct sst_bound *at, struct sst_deletion before,
    struct sst_deletion after, struct sst_arena *a)
{
	struct sst_item m = { .kind = SST_MARKER };

	m.marker = (struct sst_marker){ *at, before, after };
	items_add(out, &m, a);
}

static struct sst_bound
place(const struct sst_item *item, const struct sst_table *t)
{
	if (item->kind == SST_MARKER)
		return item->marker.at;
	return (struct sst_bound){ item->row.ck, t->nck, 0 };
}

/* One slice, forward: item by item, with the deletion in force kept in mind. */
static void
expect_slice(struct items *out, const struct items *all, size_t i, const struct sst_table *t,
    const struct sst_range *range, struct sst_arena *a)
{
	struct sst_deletion open = SST_LIVE;
	struct sst_bound at;
	bool begun = false;

	for (i++; i < all->n && all->at[i].kind != SST_PARTITION; i++) {
		const struct sst_item *item = &all->at[i];

		if (item->kind == SST_STATIC)
			continue;
		at = place(item, t);
		if (sst_bound_compare(t, &at, &range->from) > 0) {
			if (!begun && open.ts_us != SST_NO_TS)
				add_mark(out, &range->from, SST_LIVE, open, a);
			begun = true;
			if (sst_bound_compare(t, &at, &range->to) >= 0) {
				if (open.ts_us != SST_NO_TS)
					add_mark(out, &range->to, open, SST_LIVE, a);
				return;
			}
			items_add(out, item, a);
		}
		if (item->kind == SST_MARKER)
			open = item->marker.after;
	}
}

struct items
reads_expect(const struct items *all, size_t i, const struct sst_table *t, const struct sst_read *r,
    struct sst_arena *a)
{
	static const struct sst_range whole = { { NULL, 0, -1 }, { NULL, 0, 1 } };
	const struct sst_range *slices = r->nslices > 0 ? r->slices : &whole;
	size_t k, j, n = r->nslices > 0 ? r->nslices : 1;
	struct items rows = { 0 }, out = { 0 };

	for (k = 0; k < n; k++)
		expect_slice(&rows, all, i, t, &slices[k], a);
	items_add(&out, &all->at[i], a);
	if (i + 1 < all->n && all->at[i + 1].kind == SST_STATIC)
		items_add(&out, &all->at[i + 1], a);
	for (j = 0; j < rows.n; j++) {
		struct sst_item item = rows.at[r->reversed ? rows.n - 1 - j : j];

		if (item.kind == SST_MARKER && r->reversed) {
			struct sst_deletion d = item.marker.before;

			item.marker.before = item.marker.after;
			item.marker.after = d;
		}
		items_add(&out, &item, a);
	}
	return out;
}

/* A bound at a row or marker of the list, before or after it or a prefix of it. */
static struct sst_bound
random_bound(
    struct random *rnd, const struct items *all, size_t i, size_t n, const struct sst_table *t)
{
	const struct sst_item *item = &all->at[i + 1 + random_below(rnd, (uint32_t)n)];
	struct sst_bound at = { NULL, 0, -1 };

	if (item->kind == SST_ROW || item->kind == SST_MARKER)
		at = place(item, t);
	if (at.n > 1 && random_chance(rnd, 30))
		at.n = 1 + random_below(rnd, (uint32_t)at.n - 1);
	at.side = at.n == 0                          ? (random_chance(rnd, 50) ? -1 : 1)
	    : at.side != 0 && random_chance(rnd, 50) ? at.side
	    : random_chance(rnd, 50)                 ? -1
						     : 1;
	return at;
}

/* Up to 3 slices of the partition at i, n items long. */
static size_t
random_slices(struct random *rnd, const struct items *all, size_t i, size_t n,
    const struct sst_table *t, struct sst_range *out)
{
	struct sst_bound b[6], x;
	size_t j, k, nb = 2 * (1 + random_below(rnd, 3)), nout = 0;

	for (j = 0; j < nb; j++) {
		b[j] = random_bound(rnd, all, i, n, t);
		for (k = j; k > 0 && sst_bound_compare(t, &b[k - 1], &b[k]) > 0; k--) {
			x = b[k];
			b[k] = b[k - 1];
			b[k - 1] = x;
		}
	}
	for (j = 0; j < nb; j += 2)
		if (sst_bound_compare(t, &b[j], &b[j + 1]) < 0)
			out[nout++] = (struct sst_range){ b[j], b[j + 1] };
	return nout;
}

/* One random read of the partition at i, n items long. */
static bool
check_one(const struct sst_io *io, const char *path, const struct sst_sstable_opts *opts,
    const struct items *all, size_t i, size_t n, struct random *rnd)
{
	struct sst_arena a = { 0 };
	struct sst_sstable *t = NULL;
	struct sst_stream *s;
	struct sst_range slices[3];
	struct items got = { 0 }, want;
	struct sst_err e;
	struct sst_read r = { .key = all->at[i].part.key, .slices = slices };
	uint64_t waits = 0;
	bool ok = false;

	if (sst_sstable_open(&t, io, path, opts, &e) == -1)
		goto out;
	if (n > 0 && random_chance(rnd, 80))
		r.nslices = random_slices(rnd, all, i, n, sst_sstable_table(t), slices);
	r.reversed = random_chance(rnd, 50);
	r.nonblocking = random_chance(rnd, 50);
	if (sst_sstable_read(t, &r, &s, &e) == -1 || reads_all(&got, s, &a, &waits, &e) == -1)
		goto out;
	want = reads_expect(all, i, sst_sstable_table(t), &r, &a);
	e.file[0] = '\0';
	sst_fail(&e, SST_EINVAL, path, all->at[i].off,
	    "%zu slices, reversed %d, waits %ju: differs", r.nslices, r.reversed, (uintmax_t)waits);
	ok = items_same(sst_sstable_table(t), &got, &want) && (waits > 0) == r.nonblocking;
out:
	if (!ok)
		give_up("read", &e);
	sst_sstable_close(t);
	sst_arena_free(&a);
	return ok;
}

bool
reads_check(const struct sst_io *io, const char *path, const struct sst_table *table, size_t n,
    uint64_t seed)
{
	struct sst_sstable_opts opts = { .table = table };
	struct random rnd = { seed };
	struct sst_arena a = { 0 };
	struct sst_sstable *t = NULL;
	struct sst_stream *s;
	struct items all = { 0 };
	uint64_t waits = 0;
	struct sst_err e;
	bool ok = false;
	size_t i, end;

	if (sst_sstable_open(&t, io, path, &opts, &e) == -1 || sst_sstable_scan(t, &s, &e) == -1 ||
	    reads_all(&all, s, &a, &waits, &e) == -1) {
		give_up("scan", &e);
		goto out;
	}
	for (ok = true; ok && n > 0; n--) {
		for (i = random_below(&rnd, (uint32_t)all.n); all.at[i].kind != SST_PARTITION;)
			i--;
		for (end = i + 1; end < all.n && all.at[end].kind != SST_PARTITION;)
			end++;
		ok = check_one(io, path, &opts, &all, i, end - i - 1, &rnd);
	}
out:
	sst_sstable_close(t);
	sst_arena_free(&a);
	return ok;
}
