/* libsst/compaction/gone.h: one by one, what of an item only says that something is gone. */
#ifndef SST_COMPACTION_GONE_H
#define SST_COMPACTION_GONE_H

#include "compaction/tally.h"

/* ts_us: when it was written; ldt_s: what gc_grace counts from (formats/reconciliation.md). */
typedef void sst_gone_fn(void *arg, enum sst_tally_kind, int64_t ts_us, int64_t ldt_s);

/* As sst_tally_item counts them. */
void sst_gone_each(const struct sst_item *, int64_t now_s, sst_gone_fn *, void *arg);

/* A row that was deleted and says nothing else: there may be millions of them. */
static inline bool
sst_row_is_bare(const struct sst_row *r)
{
	return r->del.ts_us != SST_NO_TS && r->ncells == 0 && r->ncomplex == 0 &&
	    r->live.ts_us == SST_NO_TS;
}

/* About how many bytes a row takes in a file. */
uint64_t sst_row_weight(const struct sst_row *, size_t nck);

#endif
