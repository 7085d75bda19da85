/*
 * libsst/sstable/checkclaims.c: what Statistics.db claims of the data.  Readers leave an SSTable out,
 * and compaction drops it, by these numbers: so one that is too narrow hides rows.  Times must be
 * exactly those of the data, as all times in it are differences to one number in Statistics.db, which
 * before `na` nothing else guards.
 */
#include "row/reconcile.h"
#include "sstable/checking.h"

static void
add_times(struct sst_extent *x, int64_t ts_us, int64_t ldt_s)
{
	if (!x->any_time) {
		x->any_time = true;
		x->min_ts_us = x->max_ts_us = ts_us;
		x->min_ldt_s = x->max_ldt_s = ldt_s;
		return;
	}
	x->min_ts_us = ts_us < x->min_ts_us ? ts_us : x->min_ts_us;
	x->max_ts_us = ts_us > x->max_ts_us ? ts_us : x->max_ts_us;
	x->min_ldt_s = ldt_s < x->min_ldt_s ? ldt_s : x->min_ldt_s;
	x->max_ldt_s = ldt_s > x->max_ldt_s ? ldt_s : x->max_ldt_s;
}

void
sst_extent_deletion(struct sst_extent *x, struct sst_deletion d)
{
	if (d.ts_us != SST_NO_TS)
		add_times(x, d.ts_us, d.ldt_s);
}

static inline void
add_ttl(struct sst_extent *x, uint32_t ttl_s)
{
	if (ttl_s > x->max_ttl_s)
		x->max_ttl_s = ttl_s;
}

void
sst_extent_row(struct sst_extent *x, const struct sst_row *row)
{
	const struct sst_cell *c = row->cells, *end = row->cells + row->ncells;
	size_t i;

	x->nrows++;
	if (row->live.ts_us != SST_NO_TS)
		add_times(
		    x, row->live.ts_us, row->live.ttl_s != 0 ? row->live.expiry_s : SST_NO_LDT);
	sst_extent_deletion(x, row->del);
	for (i = 0; i < row->ncomplex; i++)
		sst_extent_deletion(x, row->complex[i].del);
	for (; c < end; c++) {
		add_times(x, c->ts_us, c->ldt_s);
		add_ttl(x, c->ttl_s);
	}
}

static int
differs(struct sst_check *c, const char *what, int64_t says, int64_t has, struct sst_err *e)
{
	return sst_check_say(c, SST_STATISTICS, SST_CHECK_CLAIMS, SST_NOWHERE, e,
	    "%s is %jd, the data has %jd", what, (intmax_t)says, (intmax_t)has);
}

/* Both times of no write: a writer that did not look (formats/errata.md). */
static bool
claims_times(const struct sst_statistics *st)
{
	return st->min_ts_us != INT64_MIN || st->max_ts_us != INT64_MAX;
}

static int
check_times(struct sst_check *c, struct sst_err *e)
{
	const struct sst_statistics *st = &c->t->statistics;
	const struct sst_extent *x = &c->extent;

	if (!x->any_time)
		return 0;
	if (claims_times(st) && st->min_ts_us != x->min_ts_us &&
	    differs(c, "smallest write time", st->min_ts_us, x->min_ts_us, e) == -1)
		return -1;
	if (claims_times(st) && st->max_ts_us != x->max_ts_us &&
	    differs(c, "largest write time", st->max_ts_us, x->max_ts_us, e) == -1)
		return -1;
	if (st->min_ldt_s != x->min_ldt_s &&
	    differs(c, "smallest deletion time", st->min_ldt_s, x->min_ldt_s, e) == -1)
		return -1;
	if (st->max_ldt_s != x->max_ldt_s &&
	    differs(c, "largest deletion time", st->max_ldt_s, x->max_ldt_s, e) == -1)
		return -1;
	/* ScyllaDB counts TTLs of markers that are dead, too. */
	if (claims_times(st) && x->max_ttl_s != 0 && st->max_ttl_s != (int64_t)x->max_ttl_s &&
	    differs(c, "largest TTL", st->max_ttl_s, x->max_ttl_s, e) == -1)
		return -1;
	if (x->min_ldt_s < 0)
		return sst_check_say(c, SST_DATA, SST_CHECK_CLAIMS, SST_NOWHERE, e,
		    "a deletion time before 1970: %jd", (intmax_t)x->min_ldt_s);
	return 0;
}

/* Rows outside of the clusterings that it covers are never looked for in it. */
static int
check_cover(struct sst_check *c, struct sst_err *e)
{
	const struct sst_statistics *st = &c->t->statistics;
	const struct sst_extent *x = &c->extent;
	const struct sst_version *v = c->t->version;

	if (!(v->accurate_min_max || v->improved_min_max) || !x->from.set || !x->to.set ||
	    st->covered_from.n + st->covered_to.n == 0)
		return 0;
	if (sst_bound_compare(c->t->table, &st->covered_from, &x->from.at) > 0 ||
	    sst_bound_compare(c->t->table, &x->to.at, &st->covered_to) > 0)
		return sst_check_say(c, SST_STATISTICS, SST_CHECK_CLAIMS, SST_NOWHERE, e,
		    "rows lie outside of the clusterings that it covers");
	return 0;
}

static int
check_keys(struct sst_check *c, struct sst_err *e)
{
	const struct sst_statistics *st = &c->t->statistics;

	if (st->first_key.p == NULL || st->last_key.p == NULL || c->out->npartitions == 0)
		return 0;
	if (!sst_slice_eq(st->first_key, sst_buf_slice(&c->first_key)) ||
	    !sst_slice_eq(st->last_key, sst_buf_slice(&c->x.key)))
		return sst_check_say(c, SST_STATISTICS, SST_CHECK_CLAIMS, SST_NOWHERE, e,
		    "first and last key are not those of the data");
	return 0;
}

int
sst_check_claims(struct sst_check *c, struct sst_err *e)
{
	const struct sst_statistics *st = &c->t->statistics;

	if (c->cut) /* what the data has is not known */
		return 0;
	if (check_times(c, e) == -1 || check_cover(c, e) == -1 || check_keys(c, e) == -1)
		return -1;
	if (c->extent.deletions && !st->partition_deletions)
		return sst_check_say(c, SST_STATISTICS, SST_CHECK_CLAIMS, SST_NOWHERE, e,
		    "says that no partition is deleted, the data has one");
	return 0;
}

/* The first class within the type that is not known, or NULL. */
static const struct sst_type *
find_unknown(const struct sst_type *t)
{
	const struct sst_type *found = t->kind == SST_CUSTOM ? t : NULL;
	size_t i;

	for (i = 0; found == NULL && i < t->nargs; i++)
		found = find_unknown(t->args[i]);
	return found;
}

static int
check_type(struct sst_check *c, const struct sst_type *t, struct sst_err *e)
{
	t = find_unknown(t);
	if (t == NULL)
		return 0;
	return sst_check_say(c, SST_STATISTICS, SST_CHECK_KEYS, SST_NOWHERE, e,
	    "type \"%.*s\" is not known", (int)(t->name.n > 100 ? 100 : t->name.n),
	    (const char *)t->name.p);
}

int
sst_check_types(struct sst_check *c, struct sst_err *e)
{
	const struct sst_header *h = &c->t->header;
	size_t i;
	int r = check_type(c, h->key_type, e);

	for (i = 0; r == 0 && i < h->nck; i++)
		r = check_type(c, h->ck[i], e);
	for (i = 0; r == 0 && i < h->nstatic; i++)
		r = check_type(c, h->statics[i].type, e);
	for (i = 0; r == 0 && i < h->nregular; i++)
		r = check_type(c, h->regulars[i].type, e);
	return r;
}
