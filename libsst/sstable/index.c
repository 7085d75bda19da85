/* libsst/sstable/index.c: entries of Index.db and their promoted indexes. */
#include "sstable/index.h"

#include "codec/out.h"

/* Widths are written as the difference to this, whatever the writer's block size. */
#define WIDTH_BASE 65536

void
sst_index_get(struct sst_in *in, struct sst_index_entry *entry)
{
	entry->key = sst_get_bytes16(in);
	entry->position = sst_get_vint(in);
	entry->promoted_len = sst_get_vint(in);
}

int
sst_promoted_head(struct sst_promoted *p, const struct sst_header *h, struct sst_in *in,
    uint64_t len, const char *file, struct sst_err *e)
{
	uint64_t n, start = in->off;

	memset(p, 0, sizeof(*p));
	p->header_len = sst_get_vint(in);
	p->del = sst_get_deletion(in, h->uint_ldt);
	n = sst_get_vint(in);
	if (in->bad)
		return sst_fail(e, SST_ESHORT, file, in->off, "promoted index cut short");
	len -= in->off - start;
	/* A block takes 4 bytes at least, and 4 of offset. */
	if (n == 0 || n > len / 8)
		return sst_fail(e, SST_EDAMAGED, file, in->off,
		    "promoted index of %ju blocks in %ju bytes", (uintmax_t)n, (uintmax_t)len);
	p->n = (size_t)n;
	p->off = in->off;
	p->offsets.n = 4 * p->n;
	p->blocks.n = (size_t)len - p->offsets.n;
	return 0;
}

int
sst_promoted_parse(struct sst_promoted *p, const struct sst_header *h, struct sst_slice bytes,
    uint64_t off, const char *file, struct sst_err *e)
{
	struct sst_in in = sst_in_new(bytes, off);

	if (sst_promoted_head(p, h, &in, bytes.n, file, e) == -1)
		return -1;
	p->blocks = sst_get_bytes(&in, p->blocks.n);
	p->offsets = sst_get_bytes(&in, p->offsets.n);
	return 0;
}

static uint32_t
block_at(const struct sst_promoted *p, size_t i)
{
	uint32_t v;

	memcpy(&v, p->offsets.p + 4 * i, 4);
	return __builtin_bswap32(v);
}

void
sst_index_block_get(
    struct sst_in *in, const struct sst_header *h, struct sst_slice *ck, struct sst_index_block *b)
{
	uint8_t open;

	sst_get_prefix(in, h, ck, &b->first, &b->first_kind);
	sst_get_prefix(in, h, ck + h->nck, &b->last, &b->last_kind);
	b->off = sst_get_vint(in);
	b->width = (uint64_t)sst_get_svint(in) + WIDTH_BASE;
	open = sst_get_u8(in);
	b->open = open != 0 ? sst_get_deletion(in, h->uint_ldt) : SST_LIVE;
	if (open > 1 || sst_in_left(in) > 0)
		in->bad = true;
}

int
sst_promoted_get(const struct sst_promoted *p, const struct sst_header *h, size_t i,
    struct sst_slice *ck, struct sst_index_block *b, const char *file, struct sst_err *e)
{
	size_t at = block_at(p, i), end = i + 1 < p->n ? block_at(p, i + 1) : p->blocks.n;
	struct sst_in in;

	if (at > end || end > p->blocks.n || (i == 0 && at != 0))
		return sst_fail(e, SST_EDAMAGED, file, p->off + p->blocks.n + 4 * i,
		    "block %zu of a promoted index is from %zu to %zu of %zu bytes", i, at, end,
		    p->blocks.n);
	in = sst_in_new((struct sst_slice){ p->blocks.p + at, end - at }, p->off + at);
	sst_index_block_get(&in, h, ck, b);
	if (in.bad)
		return sst_fail(e, SST_EDAMAGED, file, in.off,
		    "block %zu of a promoted index has not its %zu bytes", i, end - at);
	return 0;
}

void
sst_index_put(
    struct sst_buf *out, struct sst_slice key, uint64_t position, struct sst_slice promoted)
{
	sst_put_bytes16(out, key);
	sst_put_vint(out, position);
	sst_put_bytesv(out, promoted);
}

void
sst_index_blocks_reset(struct sst_index_blocks *b)
{
	b->n = 0;
	sst_buf_reset(&b->blocks);
	sst_buf_reset(&b->offsets);
	sst_buf_reset(&b->whole);
}

void
sst_index_blocks_add(struct sst_index_blocks *b, const struct sst_header *h, struct sst_slice first,
    struct sst_slice last, const struct sst_index_block *block)
{
	bool open = block->open.ts_us != SST_NO_TS;

	sst_put_u32(&b->offsets, (uint32_t)b->blocks.n);
	b->n++;
	sst_buf_add_slice(&b->blocks, first);
	sst_buf_add_slice(&b->blocks, last);
	sst_put_vint(&b->blocks, block->off);
	sst_put_svint(&b->blocks, (int64_t)(block->width - WIDTH_BASE));
	sst_put_u8(&b->blocks, open);
	if (open)
		sst_put_deletion(&b->blocks, block->open, h->uint_ldt);
}

int
sst_index_blocks_finish(struct sst_index_blocks *b, const struct sst_header *h, uint64_t header_len,
    struct sst_deletion del, struct sst_slice *out, struct sst_err *e)
{
	*out = (struct sst_slice){ (const uint8_t *)"", 0 };
	if (b->blocks.bad || b->offsets.bad)
		return sst_fail_nomem(e);
	if (b->n < 2)
		return 0;
	if (b->blocks.n > INT32_MAX)
		return sst_fail(e, SST_ELIMIT, NULL, SST_NOWHERE,
		    "promoted index of one partition is %zu bytes, at most 2 GiB", b->blocks.n);
	sst_put_vint(&b->whole, header_len);
	sst_put_deletion(&b->whole, del, h->uint_ldt);
	sst_put_vint(&b->whole, b->n);
	sst_buf_add_slice(&b->whole, sst_buf_slice(&b->blocks));
	sst_buf_add_slice(&b->whole, sst_buf_slice(&b->offsets));
	if (b->whole.bad)
		return sst_fail_nomem(e);
	*out = sst_buf_slice(&b->whole);
	return 0;
}

void
sst_index_blocks_free(struct sst_index_blocks *b)
{
	sst_buf_free(&b->blocks);
	sst_buf_free(&b->offsets);
	sst_buf_free(&b->whole);
}
