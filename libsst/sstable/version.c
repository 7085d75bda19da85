/* libsst/sstable/version.c: the table; each version names what it has beyond the one before. */
#include "sstable/version.h"

#include <string.h>

#include "base/num.h"

#define MA .format = "big", .legacy_min_max = true, .old_filter = true
#define MB MA, .commitlog_lower = true
#define MC MB, .commitlog_intervals = true
#define MD MC, .accurate_min_max = true
#define ME MD, .host_id = true
#define NA \
	.format = "big", .legacy_min_max = true, .commitlog_lower = true, \
	.commitlog_intervals = true, .accurate_min_max = true, .pending_repair = true, \
	.is_transient = true, .metadata_crc = true, .max_compressed_len = true
#define NB NA, .host_id = true
#define NC NB, .improved_min_max = true, .partition_deletions = true, .key_range = true
#define OA \
	.commitlog_lower = true, .commitlog_intervals = true, .pending_repair = true, \
	.is_transient = true, .metadata_crc = true, .max_compressed_len = true, .host_id = true, \
	.improved_min_max = true, .partition_deletions = true, .key_range = true, \
	.token_coverage = true, .uint_ldt = true

static const struct sst_version versions[] = {
	{ .name = "ma", MA },
	{ .name = "mb", MB },
	{ .name = "mc", MC },
	{ .name = "md", MD },
	{ .name = "me", ME, .writable = true },
	{ .name = "na", NA },
	{ .name = "nb", NB, .writable = true },
	{ .name = "nc", NC },
	{ .name = "oa", .format = "big", OA },
	{ .name = "da", .format = "bti", OA, .index = SST_INDEX_BTI },
	{ .name = "ms", ME, .index = SST_INDEX_BTI },
	{ .name = "mt", ME, .index = SST_INDEX_BTI },
	{ .name = "pa", .format = "big", OA, .dictionary = true },
	{ .name = "ea", .format = "bti", OA, .index = SST_INDEX_BTI, .dictionary = true },
};

const struct sst_version *
sst_version_find(const char *name)
{
	size_t i;

	for (i = 0; i < SST_ARRAY_LEN(versions); i++)
		if (strcmp(versions[i].name, name) == 0)
			return &versions[i];
	return NULL;
}

bool
sst_version_newer(const struct sst_version *a, const struct sst_version *b)
{
	return a > b; /* their order in the table, as letters have none: da came after oa */
}

int
sst_version_readable(
    const struct sst_version **v, const char *name, const char *file, struct sst_err *e)
{
	*v = sst_version_find(name);
	if (*v == NULL)
		return sst_fail(e, SST_EVERSION, file, SST_NOWHERE,
		    "format version \"%.8s\" is not known", name);
	return 0;
}
