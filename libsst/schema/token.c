/* libsst/schema/token.c: where a partition lies on the ring, and which shard owns it. */
#include "codec/murmur3.h"
#include "schema/table.h"

bool
sst_partitioner_is_murmur3(struct sst_slice class_name)
{
	const struct sst_slice want = SST_SLICE_LIT("Murmur3Partitioner");

	return class_name.n == 0 ||
	    (class_name.n >= want.n &&
		memcmp(class_name.p + (class_name.n - want.n), want.p, want.n) == 0);
}

int64_t
sst_token(struct sst_slice key)
{
	uint64_t h[2];

	if (key.n == 0) /* Cassandra's minimum token, which no other key has */
		return INT64_MIN;
	sst_murmur3_128(key, h);
	return (int64_t)h[0] == INT64_MIN ? INT64_MAX : (int64_t)h[0];
}

int
sst_key_compare(int64_t token_a, struct sst_slice a, int64_t token_b, struct sst_slice b)
{
	if (token_a != token_b)
		return token_a < token_b ? -1 : 1;
	return sst_slice_cmp(a, b);
}

uint32_t
sst_shard(int64_t token, uint32_t nshards)
{
	uint64_t biased = (uint64_t)token + (UINT64_C(1) << 63);

	return (uint32_t)((unsigned __int128)biased * nshards >> 64);
}
