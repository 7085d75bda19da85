/* libsst/sstable/bti.c: see bti.h */
#include "sstable/bti.h"

#include "sstable/data.h"

#define HAS_HASH 8
#define HAS_OPEN 8
#define KEYS_MAX (2 * (2 + SST_KEY_MAX))

static int
damaged(struct sst_file *f, uint64_t off, const char *what, struct sst_err *e)
{
	return sst_fail(e, SST_EDAMAGED, sst_file_path(f), off, "%s", what);
}

int
sst_bti_footer_read(
    struct sst_bti_footer *t, struct sst_file *f, struct sst_buf *keys, struct sst_err *e)
{
	uint64_t len = sst_file_len(f);
	uint8_t raw[SST_BTI_FOOTER];
	struct sst_in in = sst_in_new((struct sst_slice){ raw, sizeof(raw) }, 0);

	memset(t, 0, sizeof(*t));
	sst_buf_reset(keys);
	if (len < SST_BTI_FOOTER)
		return damaged(f, len, "too short for its footer", e);
	if (sst_file_pread(f, raw, sizeof(raw), len - SST_BTI_FOOTER, e) == -1)
		return -1;
	t->keys_at = sst_get_u64(&in);
	t->nkeys = sst_get_u64(&in);
	t->root = sst_get_u64(&in);
	len -= SST_BTI_FOOTER;
	if (t->keys_at > len || len - t->keys_at > KEYS_MAX || t->root >= t->keys_at)
		return damaged(f, len, "places in the footer are outside of the file", e);
	if (!sst_buf_room(keys, (size_t)(len - t->keys_at) + 1))
		return sst_fail_nomem(e);
	keys->n = (size_t)(len - t->keys_at);
	if (sst_file_pread(f, keys->p, keys->n, t->keys_at, e) == -1)
		return -1;
	in = sst_in_new(sst_buf_slice(keys), t->keys_at);
	t->first = sst_get_bytes16(&in);
	t->last = sst_get_bytes16(&in);
	if (in.bad || sst_in_left(&in) > 0)
		return damaged(f, t->keys_at, "first and last key do not fill their place", e);
	return 0;
}

/* A signed number of so many bytes. */
static int64_t
get_sized(struct sst_in *in, unsigned width)
{
	uint64_t v = sst_get_be(in, width);

	return width == 0 ? 0 : (int64_t)(v << (64 - 8 * width)) >> (64 - 8 * width);
}

bool
sst_bti_entry_get(struct sst_bti_entry *entry, const struct sst_trie_node *d)
{
	struct sst_in in = sst_in_new(d->payload, 0);
	unsigned width = d->flags;
	int64_t at;

	memset(entry, 0, sizeof(*entry));
	entry->hashed = (d->flags & HAS_HASH) != 0;
	if (entry->hashed) {
		entry->hash = sst_get_u8(&in);
		width = d->flags - (HAS_HASH - 1);
	}
	at = get_sized(&in, width);
	entry->in_rows = at >= 0;
	entry->position = (uint64_t)(at >= 0 ? at : ~at);
	entry->len = (size_t)in.off;
	return !in.bad;
}

/*
 * A deletion as `da` has it.  ScyllaDB, whose times may be negative, puts C0 before one whose first bit would
 * say that there is none.
 */
static struct sst_deletion
get_head_deletion(struct sst_in *in)
{
	struct sst_deletion d;

	if (sst_in_left(in) == 0 || *in->p != 0xc0)
		return sst_get_deletion(in, true);
	sst_get_u8(in);
	d.ts_us = (int64_t)sst_get_u64(in);
	d.ldt_s = sst_get_u32(in);
	return d;
}

void
sst_bti_head_get(struct sst_in *in, struct sst_bti_head *h)
{
	uint64_t base;

	h->key = sst_get_bytes16(in);
	base = in->off;
	h->position = sst_get_vint(in);
	h->root = base + (uint64_t)sst_get_svint(in);
	h->nblocks = sst_get_vint(in);
	h->del = get_head_deletion(in);
	if (h->root >= base)
		in->bad = true;
}

bool
sst_bti_block_get(
    struct sst_bti_block *b, const struct sst_trie_node *d, const struct sst_version *v)
{
	struct sst_in in = sst_in_new(d->payload, 0);
	int64_t off = get_sized(&in, d->flags & (HAS_OPEN - 1));

	b->off = (uint64_t)off;
	b->open = SST_LIVE;
	if ((d->flags & HAS_OPEN) != 0 && v->uint_ldt)
		b->open = sst_get_deletion(&in, true);
	else if ((d->flags & HAS_OPEN) != 0) { /* ScyllaDB: time first, as in `da`, but signed */
		b->open.ts_us = (int64_t)sst_get_u64(&in);
		b->open.ldt_s = (int32_t)sst_get_u32(&in);
	}
	b->len = (size_t)in.off;
	return !in.bad && off >= 0;
}
