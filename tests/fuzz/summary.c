/*
 * tests/fuzz/summary.c: Summary.db.  Every entry of what parses is read; one that was built from the
 * input's bytes as keys holds the keys that it should.
 * covers: libsst/sstable/summary.c
 */
#include <assert.h>

#include "sstable/summary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t
touch(const struct sst_summary *s)
{
	uint64_t sum = 0, pos;
	struct sst_slice key;
	size_t i, j;

	for (i = 0; i < s->n; i++) {
		sst_summary_get(s, i, &key, &pos);
		sum += pos;
		for (j = 0; j < key.n; j++)
			sum += key.p[j];
	}
	return sum;
}

static void
build(const uint8_t *data, size_t size)
{
	struct sst_summary_builder b = { .interval = 1 + data[0] % 8 };
	struct sst_buf out = { 0 };
	struct sst_summary s;
	struct sst_slice key;
	struct sst_err e;
	uint64_t pos;
	size_t i;
	int r;

	for (i = 0; i < size; i++)
		sst_summary_add(&b, (struct sst_slice){ data, i }, 100 * i);
	r = sst_summary_finish(&b, &out, &e);
	assert(r == 0);
	r = sst_summary_parse(&s, sst_buf_slice(&out), "again", &e);
	assert(r == 0 && s.n == (size + b.interval - 1) / b.interval);
	for (i = 0; i < s.n; i++) {
		sst_summary_get(&s, i, &key, &pos);
		assert(key.n == i * b.interval && pos == 100 * i * b.interval);
	}
	assert(s.first.n == 0 && s.last.n == size - 1);
	sst_summary_free(&b);
	sst_buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	volatile uint64_t sum = 0;
	struct sst_summary s;
	struct sst_err e;

	if (size == 0)
		return 0;
	if (sst_summary_parse(&s, (struct sst_slice){ data, size }, "input", &e) == 0)
		sum = touch(&s);
	(void)sum;
	build(data, size < 300 ? size : 300);
	return 0;
}
