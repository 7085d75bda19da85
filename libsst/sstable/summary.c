/*
 * libsst/sstable/summary.c: Summary.db.  Its head is big-endian, offsets and positions are
 * little-endian (the order of the machine that Cassandra was written on).
 */
#include "sstable/summary.h"

#include "codec/in.h"
#include "codec/out.h"

#define POSITION 8 /* bytes of a position, behind each key */

static uint32_t
get_le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void
put_le(struct sst_buf *b, uint64_t v, size_t width)
{
	for (; width > 0; width--, v >>= 8)
		sst_put_u8(b, (uint8_t)v);
}

/* Where entry i begins in the body; n gives its end. */
static size_t
entry_at(const struct sst_summary *s, size_t i)
{
	return i < s->n ? get_le32(s->body.p + 4 * i) : s->body.n;
}

int
sst_summary_parse(
    struct sst_summary *s, struct sst_slice bytes, const char *file, struct sst_err *e)
{
	struct sst_in in = sst_in_new(bytes, 0);
	uint64_t body_len;
	size_t i, at, next;

	s->interval = sst_get_u32(&in);
	s->n = sst_get_u32(&in);
	body_len = sst_get_u64(&in);
	s->level = sst_get_u32(&in);
	s->full = sst_get_u32(&in);
	if (in.bad || body_len > sst_in_left(&in))
		return sst_fail(e, SST_ESHORT, file, bytes.n, "summary cut short");
	s->body = sst_get_bytes(&in, (size_t)body_len);
	s->first = sst_get_bytes32(&in);
	s->last = sst_get_bytes32(&in);
	if (in.bad)
		return sst_fail(e, SST_ESHORT, file, bytes.n, "first and last key cut short");
	if (sst_in_left(&in) > 0)
		return sst_fail(
		    e, SST_EDAMAGED, file, in.off, "%zu bytes too many", sst_in_left(&in));
	if (s->interval == 0 || s->level == 0 || s->level > SST_SUMMARY_LEVEL)
		return sst_fail(e, SST_EDAMAGED, file, 0, "interval %u, sampling level %u",
		    s->interval, s->level);
	if (s->n == 0 || s->n > s->body.n / (4 + POSITION))
		return sst_fail(
		    e, SST_EDAMAGED, file, 4, "%zu entries in %zu bytes", s->n, s->body.n);
	for (i = 0; i < s->n; i++) {
		at = entry_at(s, i);
		next = entry_at(s, i + 1);
		if ((i == 0 && at != 4 * s->n) || next > s->body.n || next < at ||
		    next - at < POSITION)
			return sst_fail(e, SST_EDAMAGED, file, 24 + 4 * i,
			    "entry %zu is from %zu to %zu of %zu bytes", i, at, next, s->body.n);
	}
	return 0;
}

void
sst_summary_get(const struct sst_summary *s, size_t i, struct sst_slice *key, uint64_t *pos)
{
	size_t at = entry_at(s, i), end = entry_at(s, i + 1) - POSITION;
	const uint8_t *p = s->body.p + end;

	*key = (struct sst_slice){ s->body.p + at, end - at };
	*pos = get_le32(p) | (uint64_t)get_le32(p + 4) << 32;
}

static void
keep(struct sst_buf *b, struct sst_slice key)
{
	sst_buf_reset(b);
	sst_buf_add_slice(b, key);
}

void
sst_summary_add(struct sst_summary_builder *b, struct sst_slice key, uint64_t pos)
{
	if (b->nkeys == 0)
		keep(&b->first, key);
	keep(&b->last, key);
	/* Entries fit 31 bits; a set with more keys is sampled to where they end, as Cassandra does. */
	if (b->nkeys++ % b->interval != 0 || b->entries.n + key.n + POSITION > INT32_MAX)
		return;
	put_le(&b->offsets, b->entries.n, 4);
	sst_buf_add_slice(&b->entries, key);
	put_le(&b->entries, pos, POSITION);
}

int
sst_summary_finish(struct sst_summary_builder *b, struct sst_buf *out, struct sst_err *e)
{
	size_t i;

	if (b->first.bad || b->last.bad || b->offsets.bad || b->entries.bad)
		return sst_fail_nomem(e);
	sst_put_u32(out, b->interval);
	sst_put_u32(out, (uint32_t)(b->offsets.n / 4));
	sst_put_u64(out, b->offsets.n + b->entries.n);
	sst_put_u32(out, SST_SUMMARY_LEVEL);
	sst_put_u32(out, (uint32_t)((b->nkeys + b->interval - 1) / b->interval));
	for (i = 0; i < b->offsets.n; i += 4) /* on disk they count from the table's start */
		put_le(out, get_le32(b->offsets.p + i) + b->offsets.n, 4);
	sst_buf_add_slice(out, sst_buf_slice(&b->entries));
	sst_put_bytes32(out, sst_buf_slice(&b->first));
	sst_put_bytes32(out, sst_buf_slice(&b->last));
	return out->bad ? sst_fail_nomem(e) : 0;
}

void
sst_summary_free(struct sst_summary_builder *b)
{
	sst_buf_free(&b->offsets);
	sst_buf_free(&b->entries);
	sst_buf_free(&b->first);
	sst_buf_free(&b->last);
}
