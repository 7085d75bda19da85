/* compaction/compare.c: two streams side by side. */
#include "compaction/compare.h"

#include <stdlib.h>

#include "merge/merge.h"
#include "row/reconcile.h"

static bool
same_values(const struct sst_slice *a, const struct sst_slice *b, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!sst_slice_same(a[i], b[i]))
			return false;
	return true;
}

static bool
same_cell(const struct sst_cell *a, const struct sst_cell *b)
{
	return a->col == b->col && a->ts_us == b->ts_us && a->ldt_s == b->ldt_s &&
	    a->ttl_s == b->ttl_s && sst_slice_eq(a->value, b->value) &&
	    sst_slice_same(a->path, b->path);
}

static bool
same_deletions(const struct sst_row *a, const struct sst_row *b)
{
	struct sst_deletion x = sst_row_under(a), y = sst_row_under(b);

	return sst_deletion_eq(&a->del, &b->del) && sst_deletion_eq(&x, &y) &&
	    (a->shadowable == b->shadowable || sst_deletion_is_live(&a->del));
}

static bool
same_row(const struct sst_row *a, const struct sst_row *b, size_t nck)
{
	size_t i;

	if (a->ncells != b->ncells || a->ncomplex != b->ncomplex || !same_deletions(a, b) ||
	    a->live.ts_us != b->live.ts_us || a->live.ttl_s != b->live.ttl_s ||
	    (a->live.ttl_s != 0 && a->live.expiry_s != b->live.expiry_s))
		return false;
	if (nck > 0 && !same_values(a->ck, b->ck, nck))
		return false;
	for (i = 0; i < a->ncomplex; i++)
		if (a->complex[i].col != b->complex[i].col ||
		    !sst_deletion_eq(&a->complex[i].del, &b->complex[i].del))
			return false;
	for (i = 0; i < a->ncells; i++)
		if (!same_cell(&a->cells[i], &b->cells[i]))
			return false;
	return true;
}

static bool
same_marker(const struct sst_marker *a, const struct sst_marker *b)
{
	return a->at.n == b->at.n && a->at.side == b->at.side &&
	    same_values(a->at.ck, b->at.ck, a->at.n) && sst_deletion_eq(&a->before, &b->before) &&
	    sst_deletion_eq(&a->after, &b->after);
}

bool
sst_item_same(const struct sst_table *t, const struct sst_item *a, const struct sst_item *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case SST_PARTITION:
		return sst_slice_eq(a->part.key, b->part.key) && a->part.token == b->part.token &&
		    sst_deletion_eq(&a->part.del, &b->part.del);
	case SST_MARKER:
		return same_marker(&a->marker, &b->marker);
	case SST_STATIC:
		return same_row(&a->row, &b->row, 0);
	default:
		return same_row(&a->row, &b->row, t->nck);
	}
}

/* The products as one stream: they share no partition. */
static int
open_products(struct sst_stream **out, const struct sst_sets *sets, const struct sst_compaction *c,
    struct sst_err *e)
{
	struct sst_merge_opts o = { .raw = true, .gc_before_s = INT64_MIN };
	struct sst_stream **in = calloc(sets->n + 1, sizeof(*in));
	size_t i;
	int r;

	if (in == NULL)
		return sst_fail_nomem(e);
	for (i = 0, r = 0; i < sets->n && r == 0; i++)
		r = sst_sstable_scan(sets->v[i].sstable, &in[i], e);
	if (r == 0)
		r = sst_merge_open(out, c->table, in, sets->n, &o, e);
	else
		while (i > 0)
			sst_stream_close(in[--i]);
	free(in);
	return r;
}

static int
differ(const struct sst_compaction *c, struct sst_slice key, struct sst_err *e)
{
	struct sst_buf text = { 0 };
	struct sst_err ignored;
	int r;

	if (sst_type_to_string(c->table->key_type, key, &text, &ignored) == -1)
		sst_buf_reset(&text);
	sst_buf_addc(&text, '\0');
	r = sst_fail(e, SST_EDAMAGED, c->dir, SST_NOWHERE,
	    "what was read back is not what was written, in partition %.100s",
	    text.bad ? "" : (const char *)text.p);
	sst_buf_free(&text);
	return r;
}

static int
compare(struct sst_stream *want, struct sst_stream *got, const struct sst_compaction *c,
    struct sst_err *e)
{
	const struct sst_item *a, *b;
	struct sst_buf key = { 0 };
	int r, s;

	for (;;) {
		if ((r = sst_stream_next(want, &a, e)) == -1 ||
		    (s = sst_stream_next(got, &b, e)) == -1) {
			r = -1;
			break;
		}
		if (r == SST_ONE && a->kind == SST_PARTITION) {
			sst_buf_reset(&key);
			sst_buf_add_slice(&key, a->part.key);
		}
		if (r != s || (r == SST_ONE && !sst_item_same(c->table, a, b))) {
			r = differ(c, sst_buf_slice(&key), e);
			break;
		}
		if (r == 0)
			break;
	}
	sst_buf_free(&key);
	return r;
}

int
sst_compare_products(struct sst_stream *want, const struct sst_compaction *c,
    const struct sst_compacted *d, struct sst_err *e)
{
	struct sst_live_folder folder = { c->io, c->dir, true };
	const char **bases = calloc(d->nproducts + 1, sizeof(*bases));
	struct sst_stream *got = NULL;
	struct sst_sets sets = { 0 };
	size_t i;
	int r = -1;

	if (bases == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < d->nproducts; i++)
		bases[i] = d->products[i].base;
	if (sst_sets_open_these(&sets, &folder, c->table, bases, d->nproducts, e) == 0 &&
	    open_products(&got, &sets, c, e) == 0)
		r = compare(want, got, c, e);
	sst_stream_close(got);
	sst_sets_close(&sets);
	free(bases);
	return r;
}
