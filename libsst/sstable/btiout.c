/* libsst/sstable/btiout.c: see btiout.h */
#include "sstable/btiout.h"

#include "codec/murmur3.h"
#include "codec/out.h"
#include "schema/comparable.h"

#define HAS_HASH 8
#define HAS_OPEN 8

void
sst_bti_out_init(struct sst_bti_out *o, const struct sst_version *v, const struct sst_header *h,
    enum sst_bti_order order)
{
	memset(o, 0, sizeof(*o));
	o->version = v;
	o->header = h;
	o->order = order;
	o->partitions_f.fd = o->rows_f.fd = -1;
	o->partitions.out = &o->partitions_f;
	o->rows.out = &o->rows_f;
}

int
sst_bti_out_open(struct sst_bti_out *o, const struct sst_io *io, const char *partitions,
    const char *rows, struct sst_err *e)
{
	if (sst_fileout_open(&o->partitions_f, io, partitions, true, e) == -1)
		return -1;
	return sst_fileout_open(&o->rows_f, io, rows, true, e);
}

void
sst_bti_out_free(struct sst_bti_out *o)
{
	sst_fileout_free(&o->partitions_f);
	sst_fileout_free(&o->rows_f);
	sst_trieout_free(&o->partitions);
	sst_trieout_free(&o->rows);
	sst_buf_free(&o->first_key);
	sst_buf_free(&o->last_key);
	sst_buf_free(&o->key);
	sst_buf_free(&o->prev);
	sst_buf_free(&o->min);
	sst_buf_free(&o->max);
}

/* ---- payloads ---- */

/* Bytes that a signed number takes, one at least. */
static unsigned
sized(int64_t v)
{
	unsigned n = 1;

	while (n < 8 && v >> (8 * n - 1) != 0 && v >> (8 * n - 1) != -1)
		n++;
	return n;
}

static size_t
put_sized(uint8_t *p, int64_t v, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		p[i] = (uint8_t)((uint64_t)v >> 8 * (n - 1 - i));
	return n;
}

/* In a block's payload: time first; `da` and ScyllaDB write the same bytes for times since 1970. */
static size_t
put_open(uint8_t *p, struct sst_deletion d)
{
	size_t n = put_sized(p, d.ts_us, 8);

	return n + put_sized(p + n, d.ldt_s, 4);
}

/* ---- blocks ---- */

static bool
put_place(struct sst_buf *b, const struct sst_header *h, const struct sst_place *at)
{
	sst_buf_reset(b);
	return sst_comparable_clustering(b, h->ck, at->ck, at->at.n, at->at.side);
}

static size_t
common(struct sst_slice a, struct sst_slice b)
{
	size_t i = 0;

	while (i < a.n && i < b.n && a.p[i] == b.p[i])
		i++;
	return i;
}

static int
no_form(const struct sst_bti_out *o, struct sst_err *e)
{
	return sst_fail(e, SST_EUNSUPPORTED, o->rows_f.path, SST_NOWHERE,
	    "a clustering value has no form in tries");
}

static int
add_block(struct sst_bti_out *o, struct sst_slice separator, uint64_t off, struct sst_deletion open,
    struct sst_err *e)
{
	uint8_t payload[SST_TRIE_PAYLOAD];
	unsigned width = sized((int64_t)off), bits = width;
	size_t n = put_sized(payload, (int64_t)off, width);

	if (open.ts_us != SST_NO_TS) {
		bits |= HAS_OPEN;
		n += put_open(payload + n, open);
	}
	return sst_trieout_add(&o->rows, separator, bits, (struct sst_slice){ payload, n }, e);
}

int
sst_bti_out_block(struct sst_bti_out *o, const struct sst_place *first,
    const struct sst_place *last, uint64_t off, struct sst_deletion open, struct sst_err *e)
{
	struct sst_slice separator;
	size_t n;

	if (!put_place(&o->min, o->header, first))
		return no_form(o, e);
	/* The shortest start of its first place that is greater than all before it. */
	separator = sst_buf_slice(&o->min);
	n = common(sst_buf_slice(&o->max), separator) + 1;
	separator.n = o->nblocks == 0 ? 0 : n < separator.n ? n : separator.n;
	if (add_block(o, separator, off, open, e) == -1)
		return -1;
	o->separator = separator.n;
	o->nblocks++;
	return put_place(&o->max, o->header, last) ? 0 : no_form(o, e);
}

/* An entry behind all rows, with no more of the last one than tells it from the last separator: one more
 * than that in the byte behind, or in the first one after it where that can be. */
static int
end_blocks(struct sst_bti_out *o, uint64_t end, struct sst_err *e)
{
	struct sst_buf *max = &o->max;
	size_t n;

	n = common(sst_buf_slice(max), (struct sst_slice){ o->min.p, o->separator });
	while (n < max->n && max->p[n] == 0xff)
		n++;
	if (n >= max->n)
		return no_form(o, e);
	max->p[n]++;
	return add_block(o, (struct sst_slice){ max->p, n + 1 }, end, SST_LIVE, e);
}

static void
put_head_deletion(struct sst_buf *b, struct sst_deletion d)
{
	if (d.ts_us != SST_NO_TS && d.ts_us < 0)
		sst_put_u8(b, 0xc0); /* ScyllaDB: the first bit would say that there is none */
	sst_put_deletion(b, d, true);
}

/* The trie of the partition's blocks, and its head, which is at *at. */
static int
finish_blocks(struct sst_bti_out *o, const struct sst_partition *part, uint64_t position,
    uint64_t end, uint64_t *at, struct sst_err *e)
{
	struct sst_buf head = { 0 };
	uint64_t root, base;
	int r;

	if (end_blocks(o, end, e) == -1 || sst_trieout_finish(&o->rows, &root, e) == -1)
		return -1;
	*at = sst_fileout_len(&o->rows_f);
	base = *at + 2 + part->key.n;
	sst_put_bytes16(&head, part->key);
	sst_put_vint(&head, position);
	sst_put_svint(&head, (int64_t)(root - base));
	sst_put_vint(&head, o->nblocks);
	put_head_deletion(&head, part->del);
	r = head.bad ? sst_fail_nomem(e) : sst_fileout_add(&o->rows_f, sst_buf_slice(&head), e);
	sst_buf_free(&head);
	return r;
}

/* ---- partitions ---- */

/* The entry of the last partition, of whose key n bytes are needed. */
static int
add_last(struct sst_bti_out *o, size_t n, struct sst_err *e)
{
	uint8_t payload[SST_TRIE_PAYLOAD];
	const struct sst_bti_entry *x = &o->entry;
	int64_t at = x->in_rows ? (int64_t)x->position : ~(int64_t)x->position;
	unsigned width = sized(at);
	struct sst_slice key = sst_buf_slice(&o->prev);

	key.n = n < key.n ? n : key.n;
	payload[0] = x->hash;
	return sst_trieout_add(&o->partitions, key, HAS_HASH + width - 1,
	    (struct sst_slice){ payload, 1 + put_sized(payload + 1, at, width) }, e);
}

static int
keep(struct sst_buf *b, struct sst_slice s, struct sst_err *e)
{
	sst_buf_reset(b);
	sst_buf_add_slice(b, s);
	return b->bad ? sst_fail_nomem(e) : 0;
}

int
sst_bti_out_partition(struct sst_bti_out *o, const struct sst_partition *part, uint64_t position,
    uint64_t end, struct sst_err *e)
{
	struct sst_bti_entry entry = { .hashed = true, .position = position };
	size_t differ = 0;
	uint64_t hash[2];

	if (o->nblocks > 1) {
		entry.in_rows = true;
		if (finish_blocks(o, part, position, end, &entry.position, e) == -1)
			return -1;
	}
	sst_trieout_reset(&o->rows);
	o->nblocks = 0;
	sst_buf_reset(&o->key);
	if (o->order == SST_BTI_MURMUR3)
		sst_comparable_key_murmur3(&o->key, part->token, part->key);
	else
		sst_comparable_key_ordered(&o->key, part->key);
	if (o->key.bad || keep(&o->last_key, part->key, e) == -1)
		return sst_fail_nomem(e);
	if (o->nkeys == 0) {
		if (keep(&o->first_key, part->key, e) == -1)
			return -1;
	} else {
		differ = common(sst_buf_slice(&o->prev), sst_buf_slice(&o->key)) + 1;
		if (add_last(o, differ > o->needed ? differ : o->needed, e) == -1)
			return -1;
	}
	sst_murmur3_128(part->key, hash);
	entry.hash = (uint8_t)hash[1];
	o->entry = entry;
	o->needed = differ;
	o->nkeys++;
	return keep(&o->prev, sst_buf_slice(&o->key), e);
}

int
sst_bti_out_finish(struct sst_bti_out *o, struct sst_err *e)
{
	struct sst_buf foot = { 0 };
	uint64_t root, at;
	int r;

	if (add_last(o, o->needed, e) == -1 || sst_trieout_finish(&o->partitions, &root, e) == -1)
		return -1;
	at = sst_fileout_len(&o->partitions_f);
	sst_put_bytes16(&foot, sst_buf_slice(&o->first_key));
	sst_put_bytes16(&foot, sst_buf_slice(&o->last_key));
	sst_put_u64(&foot, at);
	sst_put_u64(&foot, o->nkeys);
	sst_put_u64(&foot, root);
	r = foot.bad ? sst_fail_nomem(e)
		     : sst_fileout_add(&o->partitions_f, sst_buf_slice(&foot), e);
	sst_buf_free(&foot);
	if (r == -1 || sst_fileout_finish(&o->partitions_f, e) == -1)
		return -1;
	return sst_fileout_finish(&o->rows_f, e);
}
