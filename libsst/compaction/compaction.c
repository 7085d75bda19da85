/* compaction/compaction.c: one run: read, merge, write, look again, publish. */
#include "compaction/compaction.h"

#include "compaction/compare.h"
#include "compaction/intake.h"
#include "compaction/products.h"
#include "live/publish.h"

int
sst_compaction_bytes(const struct sst_compaction *c, uint64_t *bytes, struct sst_err *e)
{
	struct sst_file *f;
	size_t i;

	*bytes = 0;
	for (i = 0; i < c->n; i++) {
		if ((f = sst_sstable_data(c->in[i]->sstable, e)) == NULL)
			return -1;
		*bytes += sst_file_len(f);
	}
	return 0;
}

void
sst_compacted_free(struct sst_compacted *d)
{
	sst_arena_free(&d->arena);
	*d = (struct sst_compacted){ 0 };
}

/* Counts what was written, and what of it would not be there but for others. */
static void
count(struct sst_compacted *d, const struct sst_compaction *c, const struct sst_products *p,
    const struct sst_item *item)
{
	struct sst_item sized = *item;
	uint64_t due = sst_tally_due(item, c->now_s, c->gc_before_s);

	sized.len = p->item_bytes;
	sst_tally_item(&d->out, &sized, c->now_s);
	d->held += due;
	if (due > 0 && !c->keep_tombstones && c->oracle != NULL && c->oracle->held != NULL &&
	    c->oracle->culprit != SST_NO_CULPRIT)
		c->oracle->held[c->oracle->culprit] += due;
}

/* All of the outcome, into products. */
static int
pour(struct sst_compacted *d, const struct sst_compaction *c, struct sst_products *p,
    struct sst_err *e)
{
	struct sst_intake all = { .what = c };
	const struct sst_item *item;
	struct sst_stream *s;
	int r;

	if (sst_outcome_open(&s, &all, &d->rows_dropped, e) == -1)
		return -1;
	while ((r = sst_stream_next(s, &item, e)) == SST_ONE) {
		if ((r = sst_products_add(p, item, e)) == -1)
			break;
		count(d, c, p, item);
	}
	sst_stream_close(s);
	d->in = all.tally;
	d->partitions_dropped = all.partitions_dropped;
	return r;
}

static void
weigh(struct sst_compacted *d, const struct sst_compaction *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		d->bytes_in += c->in[i]->bytes;
}

/* The outcome again, beside what was made of it. */
static int
verify(const struct sst_compacted *d, const struct sst_compaction *c, struct sst_err *e)
{
	struct sst_intake all = { .what = c };
	struct sst_stream *want = NULL;
	uint64_t ignored = 0;
	int r;

	if (sst_outcome_open(&want, &all, &ignored, e) == -1)
		return -1;
	r = sst_compare_products(want, c, d, e);
	sst_stream_close(want);
	return r;
}

static int
publish(struct sst_publish *p, const struct sst_compaction *c, const struct sst_compacted *d,
    bool *doubt, struct sst_err *e)
{
	size_t i;
	int r;

	for (i = 0; i < d->nproducts; i++)
		if (sst_publish_ready(p, d->products[i].base, e) == -1)
			return -1;
	for (i = 0; c->in_place && i < c->n; i++)
		if (sst_publish_remove(p, c->in[i]->base, e) == -1)
			return -1;
	r = sst_publish_commit(p, doubt, e);
	if (r == 0)
		*doubt = false;
	return r;
}

/* To nowhere when pub is NULL. */
static int
write_all(struct sst_compacted *d, const struct sst_compaction *c, struct sst_publish *pub,
    struct sst_err *e)
{
	struct sst_products p = { 0 };
	int r = -1;

	if (sst_products_begin(&p, c, pub, d, e) == 0 && pour(d, c, &p, e) == 0)
		r = sst_products_finish(&p, e);
	sst_products_free(&p);
	return r;
}

int
sst_compaction_run(
    struct sst_compacted *d, const struct sst_compaction *c, bool *doubt, struct sst_err *e)
{
	struct sst_publish_opts how = { .version = c->version,
		.type = c->in_place ? "compaction" : "write",
		.now_us = c->now_us };
	struct sst_publish *pub;
	int r = -1;

	*doubt = false;
	memcpy(how.random, c->random, sizeof(how.random));
	weigh(d, c);
	if (sst_publish_begin(&pub, c->io, c->dir, &how, e) == -1)
		return -1;
	if (write_all(d, c, pub, e) == 0 && (!c->verify || verify(d, c, e) == 0))
		r = publish(pub, c, d, doubt, e);
	sst_publish_close(pub);
	return r;
}

int
sst_compaction_rehearse(struct sst_compacted *d, const struct sst_compaction *c, struct sst_err *e)
{
	weigh(d, c);
	return write_all(d, c, NULL, e);
}
