/* cmd/bucketcalc/place.c: operands: an id, a time, or CHANNEL:BUCKET. */
#include <inttypes.h>

#include "base/clock.h"
#include "bucketcalc/bucketcalc.h"
#include "msg/snowflake.h"

int
place_of(struct place *p, int64_t id, const struct layout *l, struct sst_err *e)
{
	p->has_id = true;
	p->id = p->id_end = id;
	p->bucket = sst_bucket_of(id, l->width);
	if (p->bucket > INT32_MAX)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "bucket %" PRId64 " does not fit an int: blocks of %" PRId64 " ids are small",
		    p->bucket, l->width);
	return 0;
}

static int
parse_partition(struct place *p, struct sst_slice channel, struct sst_slice bucket,
    const struct layout *l, struct sst_err *e)
{
	int64_t first, last;

	if (sst_snowflake_parse(&p->channel, channel, e) == -1 ||
	    sst_snowflake_parse(&p->bucket, bucket, e) == -1)
		return -1;
	if (p->bucket > INT32_MAX || !sst_bucket_ids(p->bucket, l->width, &first, &last))
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "no id falls into bucket %" PRId64, p->bucket);
	return 0;
}

static int
parse_time(struct place *p, const struct layout *l, int64_t now_us, struct sst_err *e)
{
	int64_t us, id;

	if (!l->timed)
		return sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
		    "with --block ids hold no time: want an id or CHANNEL:BUCKET");
	if (sst_time_parse(&us, p->operand, now_us, e) == -1)
		return e->code == SST_EINVAL ? sst_fail(e, SST_EINVAL, NULL, SST_NOWHERE,
						   "not an id, a time, or CHANNEL:BUCKET")
					     : -1;
	p->is_time = true;
	if (sst_snowflake_at(&id, us, l->epoch_ms, e) == -1 || place_of(p, id, l, e) == -1)
		return -1;
	p->id_end = id | ((1 << SST_SNOWFLAKE_SHIFT) - 1);
	return 0;
}

static bool
all_digits(struct sst_slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

int
place_parse(struct place *p, struct sst_slice operand, const struct layout *l, int64_t channel,
    int64_t now_us, struct sst_err *e)
{
	struct sst_slice left = { operand.p, 0 }, right;
	int64_t id;

	*p = (struct place){ .operand = operand, .channel = channel };
	if (all_digits(operand))
		return sst_snowflake_parse(&id, operand, e) == -1 ? -1 : place_of(p, id, l, e);
	while (left.n < operand.n && operand.p[left.n] != ':')
		left.n++;
	if (left.n < operand.n) {
		right = (struct sst_slice){ operand.p + left.n + 1, operand.n - left.n - 1 };
		if (all_digits(left) && all_digits(right))
			return parse_partition(p, left, right, l, e);
	}
	return parse_time(p, l, now_us, e);
}
