/* libsst/sstable/estimate.c: histograms of sizes, as they are stored. */
#include "sstable/estimate.h"

/* Offsets are 1, 2, 3, ... while a fifth more is less than one more. */
void
sst_estimate_begin(struct sst_estimate_builder *b, size_t nbuckets)
{
	int64_t offset = 1, next;
	size_t i;

	b->n = nbuckets + 1;
	b->buckets[0] = b->buckets[1] = (struct sst_estimate_bucket){ 1, 0 };
	for (i = 2; i < b->n; i++) {
		next = (int64_t)((double)offset * 1.2 + 0.5);
		offset = next > offset ? next : offset + 1;
		b->buckets[i] = (struct sst_estimate_bucket){ offset, 0 };
	}
}

void
sst_estimate_add(struct sst_estimate_builder *b, uint64_t value)
{
	size_t low = 0, high = b->n - 1, mid;

	while (low < high) { /* the first bucket whose upper offset, the next one's, holds it */
		mid = (low + high) / 2;
		if ((uint64_t)b->buckets[mid + 1].offset < value)
			low = mid + 1;
		else
			high = mid;
	}
	b->buckets[low].count++;
}

struct sst_estimate
sst_estimate_get(const struct sst_estimate_builder *b)
{
	return (struct sst_estimate){ b->n, b->buckets };
}
