/*
 * tests/fuzz/index.c: Index.db with clusterings of an int and a text.  Each entry is read to its last
 * block, put together from what was read, and read again, to the same.  The first byte chooses how
 * deletions are written.
 * covers: libsst/sstable/index.c
 */
#include <assert.h>

#include "codec/out.h"
#include "sstable/index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct sst_type number = { .kind = SST_INT, .fixed_len = 4 };
static const struct sst_type text = { .kind = SST_TEXT, .fixed_len = -1 };
static const struct sst_type *types[] = { &number, &text };

/* All blocks, and the whole made of them; false when one is damaged. */
static bool
blocks(const struct sst_header *h, const struct sst_promoted *p, struct sst_buf *out)
{
	struct sst_buf first = { 0 }, last = { 0 };
	struct sst_index_blocks made = { 0 };
	struct sst_slice ck[4], whole;
	struct sst_index_block b;
	struct sst_err e;
	bool good = true;
	size_t i;

	for (i = 0; i < p->n && good; i++) {
		good = sst_promoted_get(p, h, i, ck, &b, "input", &e) == 0;
		if (!good)
			break;
		sst_buf_reset(&first);
		sst_buf_reset(&last);
		sst_put_prefix(&first, h, b.first_kind, b.first.ck, b.first.n);
		sst_put_prefix(&last, h, b.last_kind, b.last.ck, b.last.n);
		sst_index_blocks_add(&made, h, sst_buf_slice(&first), sst_buf_slice(&last), &b);
	}
	if (good && p->n > 1 &&
	    sst_index_blocks_finish(&made, h, p->header_len, p->del, &whole, &e) == 0)
		sst_buf_add_slice(out, whole);
	sst_index_blocks_free(&made);
	sst_buf_free(&first);
	sst_buf_free(&last);
	return good;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sst_header h = { .nck = 2, .ck = types, .sized = true };
	struct sst_buf once = { 0 }, twice = { 0 };
	struct sst_index_entry entry;
	struct sst_promoted p;
	struct sst_slice s;
	struct sst_in in;
	struct sst_err e;
	int r;

	if (size == 0)
		return 0;
	h.uint_ldt = (data[0] & 1) != 0;
	in = sst_in_new((struct sst_slice){ data + 1, size - 1 }, 0);
	while (sst_in_left(&in) > 0) {
		sst_index_get(&in, &entry);
		if (entry.promoted_len > sst_in_left(&in))
			break;
		s = sst_get_bytes(&in, (size_t)entry.promoted_len);
		if (s.n == 0 || sst_promoted_parse(&p, &h, s, 0, "input", &e) == -1)
			continue;
		sst_buf_reset(&once);
		sst_buf_reset(&twice);
		if (!blocks(&h, &p, &once) || once.n == 0)
			continue;
		r = sst_promoted_parse(&p, &h, sst_buf_slice(&once), 0, "again", &e);
		assert(r == 0);
		assert(blocks(&h, &p, &twice));
		assert(sst_slice_eq(sst_buf_slice(&once), sst_buf_slice(&twice)));
		sst_buf_reset(&twice);
		sst_index_put(&twice, entry.key, entry.position, sst_buf_slice(&once));
	}
	sst_buf_free(&once);
	sst_buf_free(&twice);
	return 0;
}
