/*
 * tests/fuzz/filter.c: Filter.db, in both layouts; the first byte chooses.  Any key can be asked for.
 * The same bytes, as keys, make a filter that has them all.
 * covers: libsst/sstable/filter.c
 */
#include <assert.h>

#include "codec/murmur3.h"
#include "sstable/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
build(const struct sst_version *v, struct sst_slice s, uint64_t expected, double fp)
{
	struct sst_filter_builder b = { 0 };
	struct sst_buf out = { 0 };
	struct sst_filter f;
	uint64_t hash[2];
	struct sst_err e;
	size_t i;
	int r;

	if (sst_filter_begin(&b, expected, fp, &e) == 0) {
		for (i = 0; i < s.n && i < 200; i++) {
			sst_murmur3_128((struct sst_slice){ s.p, i }, hash);
			r = sst_filter_add(&b, hash, &e);
			assert(r == 0);
		}
		r = sst_filter_finish(&b, v, &out, &e);
		assert(r == 0);
		r = sst_filter_parse(&f, v, sst_buf_slice(&out), "again", &e);
		assert(r == 0);
		for (i = 0; i < s.n && i < 200; i++)
			assert(sst_filter_may_have(&f, (struct sst_slice){ s.p, i }));
	}
	sst_filter_free(&b);
	sst_buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct sst_version *v;
	struct sst_filter f;
	struct sst_slice s;
	struct sst_err e;
	size_t i;

	if (size < 3)
		return 0;
	v = sst_version_find((data[0] & 1) != 0 ? "nb" : "me");
	s = (struct sst_slice){ data + 1, size - 1 };
	if (sst_filter_parse(&f, v, s, "input", &e) == 0)
		for (i = 0; i < s.n && i < 64; i++)
			sst_filter_may_have(&f, (struct sst_slice){ s.p, i });
	build(v, s, data[1], (data[2] + 1) / 200.0);
	return 0;
}
