/* compaction/oracle.c: asks every source that is not merged. */
#include "compaction/oracle.h"

int64_t
sst_oracle_ask(void *arg, const struct sst_partition *p)
{
	struct sst_oracle *o = arg;
	int64_t before = INT64_MAX, min;
	struct sst_err e;
	size_t i;
	int r;

	o->culprit = SST_NO_CULPRIT;
	if (o->unflushed != NULL && (before = o->unflushed(o->arg, p)) != INT64_MAX)
		o->culprit = o->n;
	for (i = 0; i < o->n && before != INT64_MIN; i++) {
		min = sst_set_min_ts_us(o->outside[i]);
		if (min >= before)
			continue;
		r = sst_sstable_may_have_key(o->outside[i]->sstable, p->key, p->token, &e);
		if (r != 0)
			o->culprit = i;
		if (r == -1) {
			if (o->unknown++ == 0)
				o->why = e;
			return INT64_MIN;
		}
		if (r == 1)
			before = min;
	}
	return before;
}
