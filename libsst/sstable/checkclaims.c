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
	if (row->live.ts_us != SST_NO_TS) {
		add_times(
		    x, row->live.ts_us, row->live.ttl_s != 0 ? row->live.expiry_s : SST_NO_LDT);
		add_ttl(x, row->live.ttl_s);
	}
	sst_extent_deletion(x, row->del);
	sst_extent_deletion(x, sst_row_under(row));
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

static struct sst_slice
no_name(void)
{
	return (struct sst_slice){ (const uint8_t *)"?", 1 };
}

/*
 * What is wrong with a type: a class within it that nobody knows, or a user type or field that is
 * called otherwise in the table (which alone can tell).  Its name, or n == 0.
 */
static struct sst_slice
find_wrong(const struct sst_type *t, const struct sst_type *want)
{
	struct sst_slice wrong = { NULL, 0 };
	size_t i;

	if (t->kind == SST_CUSTOM && (want == NULL || want->kind != SST_CUSTOM))
		return t->name.n > 0 ? t->name : no_name();
	if (want != NULL && want->kind != t->kind) /* altered since */
		want = NULL;
	if (want != NULL && t->kind == SST_UDT &&
	    (!sst_slice_eq(t->name, want->name) || !sst_slice_eq(t->keyspace, want->keyspace)))
		return t->name.n > 0 ? t->name : no_name();
	for (i = 0; wrong.n == 0 && i < t->nargs; i++) {
		bool both = want != NULL && i < want->nargs;

		if (both && t->kind == SST_UDT && !sst_slice_eq(t->fields[i], want->fields[i]))
			return t->fields[i].n > 0 ? t->fields[i] : no_name();
		wrong = find_wrong(t->args[i], both ? want->args[i] : NULL);
	}
	return wrong;
}

static int
check_type(
    struct sst_check *c, const struct sst_type *t, const struct sst_type *want, struct sst_err *e)
{
	struct sst_slice wrong = find_wrong(t, c->opts->table != NULL ? want : NULL);

	if (wrong.n == 0)
		return 0;
	return sst_check_say(c, SST_STATISTICS, SST_CHECK_KEYS, SST_NOWHERE, e,
	    "\"%.*s\" in the type of a column is not known", (int)(wrong.n > 100 ? 100 : wrong.n),
	    (const char *)wrong.p);
}

static int
check_columns(struct sst_check *c, const struct sst_header_column *cols, size_t n,
    const struct sst_column *of, struct sst_err *e)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < n; i++)
		r = check_type(
		    c, cols[i].type, cols[i].col != SST_NO_COLUMN ? of[cols[i].col].type : NULL, e);
	return r;
}

int
sst_check_types(struct sst_check *c, struct sst_err *e)
{
	const struct sst_header *h = &c->t->header;
	const struct sst_table *t = c->t->table;
	size_t i;
	int r = check_type(c, h->key_type, t->key_type, e);

	for (i = 0; r == 0 && i < h->nck; i++)
		r = check_type(c, h->ck[i], t->ck[i].type, e);
	if (r == 0)
		r = check_columns(c, h->statics, h->nstatic, t->statics, e);
	return r == 0 ? check_columns(c, h->regulars, h->nregular, t->regulars, e) : r;
}
