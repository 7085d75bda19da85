/* tests/support/items.c */
#include "items.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "row/reconcile.h"

static void *
need(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

void
items_add(struct items *l, const struct sst_item *item, struct sst_arena *a)
{
	struct sst_item *at;

	if (l->n == l->cap) {
		l->cap = l->cap * 2 + 8;
		at = need(sst_arena_array(a, l->cap, sizeof(*at)));
		if (l->n > 0)
			memcpy(at, l->at, l->n * sizeof(*at));
		l->at = at;
	}
	l->at[l->n++] = *item;
}

struct list_stream {
	struct sst_stream s;
	const struct items *items;
	size_t next;
	bool wait, waited;
	struct sst_arena arena; /* of the item given last */
	struct sst_item item;
};

static bool
must_wait(struct list_stream *l)
{
	l->waited = l->wait && !l->waited;
	return l->waited;
}

static int
list_next(struct sst_stream *s, const struct sst_item **item, struct sst_err *e)
{
	struct list_stream *l = (struct list_stream *)s;

	if (must_wait(l))
		return SST_WAIT;
	sst_arena_free(&l->arena);
	if (l->next == l->items->n)
		return 0;
	if (sst_item_copy(&l->item, &l->items->at[l->next++], s->table, &l->arena, e) == -1)
		abort();
	*item = &l->item;
	return SST_ONE;
}

static int
list_skip(struct sst_stream *s, struct sst_err *e)
{
	struct list_stream *l = (struct list_stream *)s;

	(void)e;
	if (must_wait(l))
		return SST_WAIT;
	if (l->next == 0)
		return 0;
	while (l->next < l->items->n && l->items->at[l->next].kind != SST_PARTITION)
		l->next++;
	return 0;
}

static void
list_want(struct sst_stream *s, struct sst_want *want)
{
	struct list_stream *l = (struct list_stream *)s;

	*want = (struct sst_want){ NULL, l->next, 1 };
}

static void
list_close(struct sst_stream *s)
{
	struct list_stream *l = (struct list_stream *)s;

	sst_arena_free(&l->arena);
	free(l);
}

static const struct sst_stream_ops list_ops = { list_next, list_skip, list_want, list_close };

struct sst_stream *
items_stream(const struct items *items, const struct sst_table *t, bool reversed, bool wait)
{
	struct list_stream *l = need(calloc(1, sizeof(*l)));

	l->s = (struct sst_stream){ &list_ops, t, reversed };
	l->items = items;
	l->wait = wait;
	return &l->s;
}

int
items_read(struct items *out, struct sst_stream *s, struct sst_arena *a, uint64_t *waits,
    struct sst_err *e)
{
	const struct sst_item *item;
	struct sst_item copy;
	int r;

	*out = (struct items){ 0 };
	while ((r = sst_stream_next(s, &item, e)) == SST_ONE || r == SST_WAIT) {
		if (r == SST_WAIT) {
			if (waits != NULL)
				++*waits;
			continue;
		}
		if (sst_item_copy(&copy, item, s->table, a, e) == -1)
			abort();
		items_add(out, &copy, a);
	}
	sst_stream_close(s);
	return r;
}

/* ---- what differs ---- */

static void
print_bytes(const char *name, struct sst_slice s)
{
	size_t i;

	fprintf(stderr, " %s=", name);
	for (i = 0; i < s.n; i++)
		fprintf(stderr, "%02x", s.p[i]);
	if (s.p == NULL)
		fprintf(stderr, "null");
}

static void
print_deletion(const char *name, const struct sst_deletion *d)
{
	if (d->ts_us != SST_NO_TS)
		fprintf(stderr, " %s=%" PRId64 "/%" PRId64, name, d->ts_us, d->ldt_s);
}

static void
print_ck(const struct sst_slice *ck, size_t n)
{
	size_t i;

	for (i = 0; ck != NULL && i < n; i++)
		print_bytes("ck", ck[i]);
}

static void
print_row(const struct sst_table *t, const struct sst_row *r)
{
	const struct sst_cell *c;
	size_t i;

	print_ck(r->ck, t->nck);
	if (r->live.ts_us != SST_NO_TS)
		fprintf(stderr, " live=%" PRId64 "/%u/%" PRId64, r->live.ts_us, r->live.ttl_s,
		    r->live.expiry_s);
	print_deletion(r->shadowable ? "shadowable" : "del", &r->del);
	for (i = 0; i < r->ncomplex; i++) {
		fprintf(stderr, "\n\t\tcol %u", r->complex[i].col);
		print_deletion("del", &r->complex[i].del);
	}
	for (i = 0; i < r->ncells; i++) {
		c = &r->cells[i];
		fprintf(stderr, "\n\t\tcol %u ts=%" PRId64 " ttl=%u ldt=%" PRId64, c->col, c->ts_us,
		    c->ttl_s, c->ldt_s);
		print_bytes("path", c->path);
		print_bytes("value", c->value);
	}
}

static void
print_item(const struct sst_table *t, const struct sst_item *item)
{
	static const char *const names[] = { "partition", "static", "row", "marker" };

	fprintf(stderr, "\t%s", names[item->kind]);
	switch (item->kind) {
	case SST_PARTITION:
		print_bytes("key", item->part.key);
		print_deletion("del", &item->part.del);
		break;
	case SST_MARKER:
		print_ck(item->marker.at.ck, item->marker.at.n);
		fprintf(stderr, " side=%d", item->marker.at.side);
		print_deletion("before", &item->marker.before);
		print_deletion("after", &item->marker.after);
		break;
	default:
		print_row(t, &item->row);
	}
	fprintf(stderr, "\n");
}

static bool
same_bytes(struct sst_slice a, struct sst_slice b)
{
	return (a.p == NULL) == (b.p == NULL) && sst_slice_eq(a, b);
}

static bool
same_cks(const struct sst_slice *a, const struct sst_slice *b, size_t n)
{
	size_t i;

	if (a == NULL || b == NULL)
		return a == b || n == 0;
	for (i = 0; i < n; i++)
		if (!same_bytes(a[i], b[i]))
			return false;
	return true;
}

static bool
same_cell(const struct sst_cell *a, const struct sst_cell *b)
{
	return a->col == b->col && a->ttl_s == b->ttl_s && a->ts_us == b->ts_us &&
	    a->ldt_s == b->ldt_s && sst_slice_eq(a->value, b->value) &&
	    same_bytes(a->path, b->path);
}

static bool
same_row(const struct sst_table *t, const struct sst_row *a, const struct sst_row *b)
{
	size_t i;

	if (!same_cks(a->ck, b->ck, t->nck) || a->live.ts_us != b->live.ts_us ||
	    a->live.ttl_s != b->live.ttl_s || a->live.expiry_s != b->live.expiry_s ||
	    !sst_deletion_eq(&a->del, &b->del) || a->shadowable != b->shadowable ||
	    sst_row_under(a).ts_us != sst_row_under(b).ts_us ||
	    (sst_row_under(a).ts_us != SST_NO_TS && a->under.ldt_s != b->under.ldt_s) ||
	    a->ncells != b->ncells || a->ncomplex != b->ncomplex)
		return false;
	for (i = 0; i < a->ncells; i++)
		if (!same_cell(&a->cells[i], &b->cells[i]))
			return false;
	for (i = 0; i < a->ncomplex; i++)
		if (a->complex[i].col != b->complex[i].col ||
		    !sst_deletion_eq(&a->complex[i].del, &b->complex[i].del))
			return false;
	return true;
}

static bool
same_item(const struct sst_table *t, const struct sst_item *a, const struct sst_item *b)
{
	const struct sst_marker *x = &a->marker, *y = &b->marker;

	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case SST_PARTITION:
		return a->part.token == b->part.token && sst_slice_eq(a->part.key, b->part.key) &&
		    sst_deletion_eq(&a->part.del, &b->part.del);
	case SST_MARKER:
		return x->at.n == y->at.n && x->at.side == y->at.side &&
		    same_cks(x->at.ck, y->at.ck, x->at.n) &&
		    sst_deletion_eq(&x->before, &y->before) &&
		    sst_deletion_eq(&x->after, &y->after);
	default:
		return same_row(t, &a->row, &b->row);
	}
}

bool
items_same(const struct sst_table *t, const struct items *got, const struct items *want)
{
	size_t i, n = got->n < want->n ? got->n : want->n;

	for (i = 0; i < n; i++)
		if (!same_item(t, &got->at[i], &want->at[i]))
			break;
	if (i == got->n && i == want->n)
		return true;
	fprintf(stderr, "item %zu of %zu, want %zu:\n", i, got->n, want->n);
	if (i < got->n)
		print_item(t, &got->at[i]);
	fprintf(stderr, "    want\n");
	if (i < want->n)
		print_item(t, &want->at[i]);
	return false;
}
