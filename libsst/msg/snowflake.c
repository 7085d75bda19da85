/* libsst/msg/snowflake.c: arithmetic of ids and buckets.  formats/snowflake.md. */
#include "msg/snowflake.h"

#include <inttypes.h>

#define WORKER_BITS 10 /* Discord's worker and process together */
#define SEQUENCE_BITS 12
#define DAY_MS INT64_C(86400000)

struct sst_snowflake
sst_snowflake_split(int64_t id)
{
	uint64_t u = (uint64_t)id;

	return (struct sst_snowflake){ (int64_t)(u >> SST_SNOWFLAKE_SHIFT),
		(unsigned)(u >> 17 & 31), (unsigned)(u >> 12 & 31), (unsigned)(u & 4095) };
}

int64_t
sst_snowflake_us(int64_t id, int64_t epoch_ms)
{
	int64_t ms = (int64_t)((uint64_t)id >> SST_SNOWFLAKE_SHIFT), us;

	if (__builtin_add_overflow(ms, epoch_ms, &ms) || __builtin_mul_overflow(ms, 1000, &us))
		return epoch_ms < 0 ? INT64_MIN : INT64_MAX;
	return us;
}

int
sst_snowflake_at(int64_t *id, int64_t us, int64_t epoch_ms, struct sst_err *e)
{
	int64_t ms = us / 1000 - (us % 1000 < 0);

	*id = 0;
	if (ms < epoch_ms)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "a time before the epoch of ids, %" PRId64 " ms since 1970", epoch_ms);
	*id = INT64_MAX;
	if (__builtin_sub_overflow(ms, epoch_ms, &ms) || ms > SST_SNOWFLAKE_MS_MAX)
		return sst_fail(
		    e, SST_EINVAL, NULL, SST_NOWHERE, "a time past the last id, 2^63 - 1");
	*id = ms << SST_SNOWFLAKE_SHIFT;
	return 0;
}

int
sst_snowflake_make(
    int64_t *id, int64_t unix_ms, uint32_t worker, uint32_t sequence, struct sst_err *e)
{
	int64_t us;

	*id = 0;
	if (worker >> WORKER_BITS != 0 || sequence >> SEQUENCE_BITS != 0)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "worker %" PRIu32 " or sequence %" PRIu32 " does not fit an id", worker,
		    sequence);
	if (__builtin_mul_overflow(unix_ms, 1000, &us))
		us = unix_ms < 0 ? INT64_MIN : INT64_MAX;
	if (sst_snowflake_at(id, us, SST_SNOWFLAKE_EPOCH_MS, e) == -1)
		return -1;
	*id |= (int64_t)worker << SEQUENCE_BITS | sequence;
	return 0;
}

/*
 * The eight digits at p as a number; false when one of them is none.  All at once: each step adds up
 * neighbours, ones to pairs, pairs to fours, fours to eight.
 */
static inline bool
eight_digits(const uint8_t *p, uint64_t *v)
{
	const uint64_t zeros = UINT64_C(0x3030303030303030), high = UINT64_C(0xf0f0f0f0f0f0f0f0);
	const uint64_t pair = UINT64_C(0x000000ff000000ff);
	uint64_t c;

	memcpy(&c, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	c = __builtin_bswap64(c);
#endif
	c ^= zeros;
	if (((c | (c + UINT64_C(0x0606060606060606))) & high) != 0)
		return false;
	c = c * 10 + (c >> 8); /* in every other byte */
	*v = ((c & pair) * (100 + (UINT64_C(1000000) << 32)) +
		 (c >> 16 & pair) * (1 + (UINT64_C(10000) << 32))) >>
	    32;
	return true;
}

int
sst_snowflake_parse(int64_t *id, struct sst_slice text, struct sst_err *e)
{
	uint64_t v = 0, eight;
	size_t i = 0;

	*id = 0;
	/* 18 digits cannot overflow; longer ones are rare, or wrong, and go the careful way. */
	for (; i < 16 && text.n - i >= 8 && eight_digits(text.p + i, &eight); i += 8)
		v = v * 100000000 + eight;
	for (; i < text.n && (uint8_t)(text.p[i] - '0') <= 9; i++)
		if (i < 18)
			v = v * 10 + (uint8_t)(text.p[i] - '0');
		else if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint8_t)(text.p[i] - '0'), &v) || v > INT64_MAX)
			return sst_fail(
			    e, SST_EINVAL, NULL, SST_NOWHERE, "an id beyond 9223372036854775807");
	if (i == 0 || i < text.n)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE, "not an id: want digits only");
	*id = (int64_t)v;
	return 0;
}

bool
sst_bucket_ids(int64_t bucket, int64_t width, int64_t *first, int64_t *last)
{
	*first = *last = 0;
	if (bucket < 0 || __builtin_mul_overflow(bucket, width, first))
		return false;
	if (__builtin_add_overflow(*first, width - 1, last))
		*last = INT64_MAX;
	return true;
}

int64_t
sst_bucket_width(uint64_t days)
{
	if (days == 0 || days > (uint64_t)(SST_SNOWFLAKE_MS_MAX / DAY_MS))
		return 0;
	return ((int64_t)days * DAY_MS) << SST_SNOWFLAKE_SHIFT;
}
