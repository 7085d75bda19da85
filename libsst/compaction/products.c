/* compaction/products.c: which SSTable a partition goes to, and how each is written. */
#include "compaction/products.h"

#include <stdio.h>
#include <stdlib.h>

#define PATH 4096
#define KEYS_KNOWN ((uint64_t)1 << 20) /* more: a Filter of that many from the start, not exact */

/* ---- what all inputs have in common ---- */

static void
note_columns(uint8_t *used, const struct sst_header_column *cols, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (cols[i].col != SST_NO_COLUMN)
			used[cols[i].col / 8] |= (uint8_t)(1 << cols[i].col % 8);
}

static int
find_columns(struct sst_products *p, struct sst_err *e)
{
	const struct sst_table *t = p->what->table;
	const struct sst_header *h;
	size_t i;

	p->used[0] = calloc(t->nstatic / 8 + 1, 1);
	p->used[1] = calloc(t->nregular / 8 + 1, 1);
	if (p->used[0] == NULL || p->used[1] == NULL)
		return sst_fail_nomem(e);
	for (i = 0; i < p->what->n; i++) {
		h = sst_sstable_header(p->what->in[i]->sstable);
		note_columns(p->used[0], h->statics, h->nstatic);
		note_columns(p->used[1], h->regulars, h->nregular);
	}
	p->opts.statics_used = p->used[0];
	p->opts.regulars_used = p->used[1];
	return 0;
}

/* Smallest times of all inputs: wrong ones would only cost bytes. */
static void
find_times(struct sst_products *p)
{
	struct sst_writer_opts *o = &p->opts;
	size_t i;

	for (i = 0; i < p->what->n; i++) {
		const struct sst_header *h = sst_sstable_header(p->what->in[i]->sstable);

		if (!o->times_set || h->min_ts_us < o->min_ts_us)
			o->min_ts_us = h->min_ts_us;
		if (!o->times_set || h->min_ldt_s < o->min_ldt_s)
			o->min_ldt_s = h->min_ldt_s;
		if (!o->times_set || h->min_ttl_s < o->min_ttl_s)
			o->min_ttl_s = h->min_ttl_s;
		o->times_set = true;
	}
}

/* The output is repaired as of the oldest of its inputs.  Groups are never mixed. */
static void
find_repair(struct sst_products *p)
{
	struct sst_writer_opts *o = &p->opts;
	const struct sst_statistics *st;
	size_t i;

	for (i = 0; i < p->what->n; i++) {
		st = p->what->in[i]->stats;
		if (i == 0 || st->repaired_at_ms < o->repaired_at_ms)
			o->repaired_at_ms = st->repaired_at_ms;
		o->pending_repair = st->pending_repair;
		o->transient = st->transient;
		memcpy(o->pending_repair_id, st->pending_repair_id, sizeof(o->pending_repair_id));
	}
}

#define PARTITION_LEAST 4 /* bytes: no partition takes less */

/* Statistics may be damaged, and a Filter takes memory for what they say: there are no more partitions
 * than their bytes allow. */
static void
find_keys(struct sst_products *p)
{
	uint64_t n = 0, keys, most;
	struct sst_err ignored;
	struct sst_file *f;
	size_t i;

	for (i = 0; i < p->what->n; i++) {
		keys = sst_set_partitions(p->what->in[i]);
		f = sst_sstable_data(p->what->in[i]->sstable, &ignored);
		most = f != NULL ? sst_file_len(f) / PARTITION_LEAST : 0;
		n += keys < most ? keys : most;
	}
	p->opts.expected_keys = n > KEYS_KNOWN ? n : 0;
}

int
sst_products_begin(struct sst_products *p, const struct sst_compaction *c, struct sst_publish *pub,
    struct sst_compacted *done, struct sst_err *e)
{
	*p = (struct sst_products){ .what = c,
		.opts = c->writer,
		.io = pub != NULL ? c->io : &sst_io_nowhere,
		.publish = pub,
		.done = done };
	find_times(p);
	find_repair(p);
	find_keys(p);
	return find_columns(p, e);
}

/* ---- one of them ---- */

/* The name of the next one, claimed. */
static int
name_slot(struct sst_products *p, struct sst_err *e)
{
	enum sst_component all[SST_NCOMPONENTS];
	char name[40];

	if (p->publish != NULL)
		return sst_publish_add(p->publish,
		    (int32_t)sst_writer_components(p->what->table, &p->opts, all), &p->slot->base,
		    e);
	snprintf(name, sizeof(name), "%.8s-%zu-big-", p->what->version, ++p->opened);
	p->slot->base = sst_arena_str(&p->done->arena, name, strlen(name));
	return p->slot->base == NULL ? sst_fail_nomem(e) : 0;
}

static int
open_slot(struct sst_products *p, struct sst_err *e)
{
	const struct sst_compaction *c = p->what;
	char path[PATH];

	if (name_slot(p, e) == -1)
		return -1;
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", c->dir, p->slot->base) >= sizeof(path))
		return sst_fail(e, SST_ELIMIT, c->dir, SST_NOWHERE, "path too long");
	return sst_writer_open(&p->slot->w, p->io, path, c->table, &p->opts, e);
}

static struct sst_product *
add_product(struct sst_products *p, struct sst_err *e)
{
	struct sst_compacted *d = p->done;
	struct sst_product *grown;

	if (d->nproducts == p->cap) {
		p->cap = 2 * p->cap + 8;
		if ((grown = sst_arena_array(&d->arena, p->cap, sizeof(*grown))) == NULL) {
			sst_fail_nomem(e);
			return NULL;
		}
		if (d->nproducts > 0)
			memcpy(grown, d->products, d->nproducts * sizeof(*grown));
		d->products = grown;
	}
	return &d->products[d->nproducts];
}

static int
end_slot(struct sst_products *p, struct sst_product_slot *slot, struct sst_err *e)
{
	struct sst_product *made = add_product(p, e);
	int r;

	if (made == NULL)
		return -1;
	made->base = sst_arena_str(&p->done->arena, slot->base, strlen(slot->base));
	if (made->base == NULL)
		return sst_fail_nomem(e);
	r = sst_writer_finish(slot->w, &made->written, e);
	if (r == -1)
		return -1;
	slot->w = NULL;
	if (r == 1) /* a partition goes to a writer only with something in it */
		return sst_fail(e, SST_EINVAL, slot->base, SST_NOWHERE, "nothing was written");
	p->done->nproducts++;
	p->done->bytes_out += made->written.stored_bytes;
	return 0;
}

/* ---- what comes ---- */

static struct sst_product_slot *
choose(struct sst_products *p, const struct sst_partition *part)
{
	const struct sst_cutting *c = &p->what->cutting;
	int64_t window;
	size_t i;

	if (c->n == 0)
		return &p->slots[0];
	window = c->window(c->arg, part);
	for (i = 0; i < c->n && window >= c->cuts[i]; i++)
		;
	return &p->slots[i];
}

static int
begin_partition(struct sst_products *p, const struct sst_partition *part, struct sst_err *e)
{
	uint64_t most = p->what->split_bytes;

	p->slot = choose(p, part);
	if (p->slot->w != NULL && most > 0 && sst_writer_stored(p->slot->w) >= most &&
	    end_slot(p, p->slot, e) == -1)
		return -1;
	return p->slot->w == NULL ? open_slot(p, e) : 0;
}

/* Length and bytes of the key, and the deletion: formats/data.md. */
static uint64_t
head_bytes(const struct sst_partition *part)
{
	return 2 + part->key.n + 12;
}

/* A partition's head is written with what comes first in it. */
static void
measure(struct sst_products *p, const struct sst_item *item)
{
	uint64_t end = sst_writer_pos(p->slot->w), grown = end - p->mark;

	if (item->kind == SST_PARTITION)
		p->item_bytes = p->head = head_bytes(&item->part);
	else {
		p->item_bytes = grown > p->head ? grown - p->head : 0;
		p->head = 0;
	}
	p->mark = end;
}

int
sst_products_add(struct sst_products *p, const struct sst_item *item, struct sst_err *e)
{
	if (item->kind == SST_PARTITION && begin_partition(p, &item->part, e) == -1)
		return -1;
	if (sst_writer_add(p->slot->w, item, e) == -1)
		return -1;
	measure(p, item);
	return 0;
}

int
sst_products_finish(struct sst_products *p, struct sst_err *e)
{
	size_t i;

	for (i = 0; i <= SST_CUTS_MAX; i++)
		if (p->slots[i].w != NULL && end_slot(p, &p->slots[i], e) == -1)
			return -1;
	return 0;
}

void
sst_products_free(struct sst_products *p)
{
	size_t i;

	for (i = 0; i <= SST_CUTS_MAX; i++)
		sst_writer_abort(p->slots[i].w);
	free(p->used[0]);
	free(p->used[1]);
}
