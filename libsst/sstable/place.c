/* libsst/sstable/place.c: copies of clustering positions. */
#include "sstable/place.h"

#include <stdlib.h>

#include "row/prefix.h"

int
sst_place_init(struct sst_place *p, size_t nck, struct sst_err *e)
{
	memset(p, 0, sizeof(*p));
	p->ck = malloc((nck + 1) * sizeof(*p->ck));
	return p->ck == NULL ? sst_fail_nomem(e) : 0;
}

void
sst_place_free(struct sst_place *p)
{
	free(p->ck);
	sst_buf_free(&p->bytes);
	memset(p, 0, sizeof(*p));
}

static int
copy(struct sst_place *p, const struct sst_slice *ck, size_t n, struct sst_err *e)
{
	size_t i, len = 1; /* so that an empty value has an address */

	for (i = 0; i < n; i++)
		len += ck[i].n;
	sst_buf_reset(&p->bytes);
	if (!sst_buf_room(&p->bytes, len))
		return sst_fail_nomem(e);
	for (i = 0; i < n; i++) {
		p->ck[i] =
		    (struct sst_slice){ ck[i].p == NULL ? NULL : p->bytes.p + p->bytes.n, ck[i].n };
		sst_buf_add_slice(&p->bytes, ck[i]);
	}
	p->at.ck = p->ck;
	p->at.n = n;
	p->set = true;
	return 0;
}

int
sst_place_set(
    struct sst_place *p, const struct sst_table *t, const struct sst_item *item, struct sst_err *e)
{
	const struct sst_marker *m = &item->marker;
	bool row = item->kind == SST_ROW;

	if (copy(p, row ? item->row.ck : m->at.ck, row ? t->nck : m->at.n, e) == -1)
		return -1;
	p->kind = item->kind;
	p->at.side = row ? 0 : m->at.side;
	p->start = !row && m->before.ts_us == SST_NO_TS;
	p->boundary = !row && m->before.ts_us != SST_NO_TS && m->after.ts_us != SST_NO_TS;
	p->prefix = sst_bound_prefix(t, &p->at);
	return 0;
}

int
sst_place_copy(struct sst_place *p, const struct sst_place *from, struct sst_err *e)
{
	int side = from->at.side;

	if (copy(p, from->at.ck, from->at.n, e) == -1)
		return -1;
	p->kind = from->kind;
	p->at.side = side;
	p->start = from->start;
	p->boundary = from->boundary;
	p->prefix = from->prefix;
	return 0;
}

int
sst_place_compare(const struct sst_table *t, const struct sst_place *a, const struct sst_place *b)
{
	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	return sst_bound_compare(t, &a->at, &b->at);
}
