/* cmd/tombstat/worst.h: the partitions whose pages meet most tombstones, of any number. */
#ifndef TOMBSTAT_WORST_H
#define TOMBSTAT_WORST_H

#include "compaction/survey.h"

struct worst {
	struct sst_buf key;
	int64_t token;
	struct sst_survey_sum sum;
	uint64_t page, page_max;
	size_t nshares, cap;
	struct sst_survey_share *shares;
};

struct worsts { /* start with {.max}: a heap with the least bad on top, until it is sorted */
	size_t n, cap, max;
	struct worst *v;
};

/* Takes a copy when it is one of the worst so far. */
int worst_add(struct worsts *, const struct sst_survey_partition *, struct sst_err *);
/* Worst first. */
void worst_sort(struct worsts *);
void worst_free(struct worsts *);

#endif
