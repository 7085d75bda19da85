/*
 * tests/fuzz/statistics.c: Statistics.db of any version.  The first byte chooses it.  What parses is
 * put together and parsed again, to the same bytes; a table is made of its header.
 * covers: libsst/sstable/statistics.c libsst/sstable/stats.c libsst/sstable/header.c
 */
#include <assert.h>

#include "base/num.h"
#include "sstable/statistics.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
again(const struct sst_statistics *st, const struct sst_version *v, struct sst_arena *arena)
{
	struct sst_buf first = { 0 }, second = { 0 };
	struct sst_statistics copy;
	struct sst_err e;
	int r;

	sst_statistics_put(&first, v, st);
	assert(!first.bad);
	r = sst_statistics_parse(&copy, arena, v, sst_buf_slice(&first), "again", &e);
	assert(r == 0);
	sst_statistics_put(&second, v, &copy);
	assert(sst_slice_eq(sst_buf_slice(&first), sst_buf_slice(&second)));
	sst_buf_free(&first);
	sst_buf_free(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "ma", "mb", "mc", "md", "me", "na", "nb", "nc", "oa" };
	struct sst_arena arena = { 0 };
	const struct sst_version *v;
	struct sst_statistics st;
	struct sst_header header;
	struct sst_table *t;
	struct sst_err e;

	if (size == 0)
		return 0;
	v = sst_version_find(names[data[0] % SST_ARRAY_LEN(names)]);
	if (sst_statistics_parse(
		&st, &arena, v, (struct sst_slice){ data + 1, size - 1 }, "input", &e) == 0) {
		again(&st, v, &arena);
		header = st.header;
		if (sst_statistics_set_header(&st, &arena, &header, &e) == 0)
			again(&st, v, &arena);
		sst_statistics_table(&t, &arena, &st, SST_SLICE_LIT("k"), SST_SLICE_LIT("t"), &e);
	}
	sst_arena_free(&arena);
	return 0;
}
