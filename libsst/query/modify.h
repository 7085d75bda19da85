/*
 * libsst/query/modify.h: an INSERT, UPDATE or DELETE that runs: it becomes updates of partitions, which
 * whoever owns them applies (row/db.h).
 */
#ifndef SST_QUERY_MODIFY_H
#define SST_QUERY_MODIFY_H

#include "query/plan.h"

struct sst_lists;

#define SST_EXPIRY_MAX INT64_C(2147483646) /* s: what files before version oa can hold */

struct sst_modify_opts {
	const struct sst_argument *args; /* as many as the plan has markers */
	int64_t ts_us;                   /* of the request, when the statement says none */
	int64_t now_s;
	/* For elements of lists: a time that no other statement here has had, in 100 ns since 1970,
	 * with room for 65,536 after it; and what tells this node from others. */
	uint64_t element_time;
	uint64_t node;
	struct sst_instant at;         /* for functions */
	const struct sst_lists *lists; /* lists.h; of a plan that looks, else not looked at */
};

/*
 * The updates, one for each partition, in the arena; they borrow from arguments and plan as well.
 * SST_EINVAL for arguments that are no values, with the words for the client; SST_ELIMIT; SST_ENOMEM.
 */
int sst_modify_make(struct sst_update **, size_t *n, const struct sst_plan *,
    const struct sst_modify_opts *, struct sst_arena *, struct sst_err *);

#endif
