/* compaction/blockers.c: who keeps whose tombstones alive. */
#include "compaction/blockers.h"

bool
sst_set_is_expired(const struct sst_set *s, int64_t gc_before_s)
{
	return s->stats->max_ldt_s < gc_before_s && s->stats->min_ldt_s >= 0;
}

bool
sst_expiry_blocks(int64_t blocker_min_ts_us, int64_t blocker_max_ldt_s,
    const struct sst_statistics *expired, int64_t gc_before_s)
{
	return blocker_min_ts_us <= expired->max_ts_us && blocker_max_ldt_s > gc_before_s;
}

bool
sst_set_blocks(const struct sst_set *blocker, const struct sst_set *expired, int64_t gc_before_s)
{
	return blocker != expired &&
	    sst_expiry_blocks(
		sst_set_min_ts_us(blocker), blocker->stats->max_ldt_s, expired->stats, gc_before_s);
}

int
sst_blockers_find(struct sst_set *const *sets, size_t n, const struct sst_partition *p,
    const int64_t *old_ts_us, uint8_t *role, struct sst_err *e)
{
	int64_t last = SST_NO_TS;
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		role[i] = old_ts_us[i] != SST_NO_TS ? SST_HOLDS : SST_NOT_CONCERNED;
		if (old_ts_us[i] > last)
			last = old_ts_us[i];
	}
	for (i = 0; i < n; i++) {
		if (role[i] == SST_HOLDS || sst_set_min_ts_us(sets[i]) > last)
			continue;
		r = sst_sstable_may_have_key(sets[i]->sstable, p->key, p->token, e);
		if (r == -1)
			return -1;
		if (r == 1)
			role[i] = SST_BLOCKS;
	}
	return 0;
}
