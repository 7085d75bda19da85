/* cmd/compact/report.c: what a run read, wrote and left out. */
#include "compact/report.h"

#include <string.h>

#define CULPRITS 3 /* named; how many more there are is said */

enum {
	TABLE,
	TASK,
	IN,
	OUT,
	BYTES_IN,
	BYTES_OUT,
	ROWS_IN,
	ROWS_OUT,
	GONE,
	GIVEN_BACK, /* in words, only for people */
	WAITING,
	HELD,
	HELD_BY,
	SECONDS,
	/* Below only where there is room: NDJSON. */
	PARTITIONS_IN,
	PARTITIONS_OUT,
	PARTITIONS_DROPPED,
	ROWS_DROPPED,
	RATIO,
	OUTSIDE,
	DRY_RUN,
	PURGED,
	FREED = PURGED + SST_TALLY_KINDS,
	FREED_ROWS = FREED + SST_TALLY_KINDS,
	NFIELDS
};

static const struct tool_field fields[] = { { "table", TOOL_LEFT }, { "task", TOOL_LEFT },
	{ "in", TOOL_RIGHT }, { "out", TOOL_RIGHT }, { "bytes_in", TOOL_RIGHT },
	{ "bytes_out", TOOL_RIGHT }, { "rows_in", TOOL_RIGHT }, { "rows_out", TOOL_RIGHT },
	{ "purged", TOOL_RIGHT }, { "given_back", TOOL_LEFT }, { "waiting", TOOL_RIGHT },
	{ "held", TOOL_RIGHT }, { "held_by", TOOL_LEFT }, { "seconds", TOOL_RIGHT },
	{ "partitions_in", TOOL_RIGHT }, { "partitions_out", TOOL_RIGHT },
	{ "partitions_dropped", TOOL_RIGHT }, { "rows_dropped", TOOL_RIGHT },
	{ "ratio", TOOL_RIGHT }, { "sstables_outside", TOOL_RIGHT }, { "dry_run", TOOL_LEFT },
	{ "purged_partition", TOOL_RIGHT }, { "purged_range", TOOL_RIGHT },
	{ "purged_row", TOOL_RIGHT }, { "purged_complex", TOOL_RIGHT },
	{ "purged_cell", TOOL_RIGHT }, { "purged_expired", TOOL_RIGHT },
	{ "freed_partition", TOOL_RIGHT }, { "freed_range", TOOL_RIGHT },
	{ "freed_row", TOOL_RIGHT }, { "freed_complex", TOOL_RIGHT }, { "freed_cell", TOOL_RIGHT },
	{ "freed_expired", TOOL_RIGHT }, { "freed_rows", TOOL_RIGHT } };

static const char for_people[] =
    "table,task,in,out,bytes_in,bytes_out,rows_in,rows_out,purged,seconds";
static const char for_people_dry[] = "table,task,in,out,bytes_in,bytes_out,rows_in,rows_out,purged,"
				     "waiting,held,given_back,held_by";

/* For programs all but the words. */
static void
select_all_but_words(struct tool_report *r)
{
	struct sst_buf names = { 0 };
	const char *bad;
	size_t len, i;

	for (i = 0; i < NFIELDS; i++)
		if (i != GIVEN_BACK)
			sst_buf_addf(&names, "%s%s", i > 0 ? "," : "", fields[i].name);
	sst_buf_addc(&names, '\0');
	if (!names.bad)
		tool_report_select(r, (const char *)names.p, &bad, &len);
	sst_buf_free(&names);
}

void
report_start(struct report *r, enum tool_form form, bool dry, struct tool_output *out)
{
	const char *bad;
	size_t len;

	pthread_mutex_init(&r->lock, NULL);
	tool_report_start(&r->table, form, fields, NFIELDS, out);
	if (form == TOOL_TABLE)
		tool_report_select(&r->table, dry ? for_people_dry : for_people, &bad, &len);
	else
		select_all_but_words(&r->table);
}

void
report_end(struct report *r)
{
	tool_report_end(&r->table);
	pthread_mutex_destroy(&r->lock);
}

/* An expired cell may come out as a tombstone, and two deletions as one: what is less is gone. */
static uint64_t
less(uint64_t in, uint64_t out)
{
	return in > out ? in - out : 0;
}

/* ---- what blocks the rest ---- */

/* "me-3-big", without the dash that components follow. */
static void
add_culprit(struct sst_buf *b, const struct sst_oracle *o, size_t i, uint64_t held)
{
	const char *name = i == o->n ? "commit log " : o->outside[i]->base;

	sst_buf_addf(
	    b, "%s%.*s (%ju)", b->n > 0 ? ", " : "", (int)strlen(name) - 1, name, (uintmax_t)held);
}

/* Those that hold most, with how many tombstones. */
static void
add_culprits(struct sst_buf *b, const struct sst_oracle *o)
{
	uint64_t below = UINT64_MAX, most;
	size_t named = 0, all = 0, i, from = 0, best;

	for (i = 0; i <= o->n; i++)
		all += o->held[i] > 0;
	for (; named < all && named < CULPRITS; named++) {
		/* the next in order of number held, then of place */
		for (i = 0, best = SIZE_MAX, most = 0; i <= o->n; i++)
			if (o->held[i] > most &&
			    (o->held[i] < below || (o->held[i] == below && i > from))) {
				most = o->held[i];
				best = i;
			}
		add_culprit(b, o, best, most);
		below = most;
		from = best;
	}
	if (all > named)
		sst_buf_addf(b, ", %zu more", all - named);
}

static void
set_held(struct tool_report *r, const struct report_run *one)
{
	const struct sst_compacted *d = one->done;
	struct sst_buf b = { 0 };

	tool_set_u64(r, WAITING, less(sst_tally_gone(&d->out), d->held));
	tool_set_u64(r, HELD, d->held);
	if (d->held == 0)
		return;
	if (one->kept != NULL)
		sst_buf_addf(&b, "%s", one->kept);
	else if (one->what->oracle->held != NULL)
		add_culprits(&b, one->what->oracle);
	if (b.n > 0)
		tool_set_text(r, HELD_BY, sst_buf_slice(&b));
	sst_buf_free(&b);
}

/* ---- what is given back ---- */

static void
add_freed(struct sst_buf *b, const char *kind, uint64_t bytes)
{
	if (bytes == 0)
		return;
	sst_buf_addf(b, "%s", b->n > 0 ? ", " : "");
	tool_add_size(b, bytes);
	sst_buf_addf(b, " %s", kind);
}

/* In the words of the page. */
static const char *const names[SST_TALLY_KINDS] = { "partition tombstones", "range tombstones",
	"row tombstones", "collection tombstones", "cell tombstones", "expired" };

static void
set_freed(struct tool_report *r, const struct sst_compacted *d)
{
	struct sst_buf words = { 0 };
	uint64_t bytes = less(d->in.live_bytes, d->out.live_bytes);
	size_t k;

	tool_set_u64(r, FREED_ROWS, bytes);
	add_freed(&words, "rows", bytes);
	for (k = 0; k < SST_TALLY_KINDS; k++) {
		bytes = less(d->in.gone_bytes[k], d->out.gone_bytes[k]);
		tool_set_u64(r, PURGED + k, less(d->in.gone[k], d->out.gone[k]));
		tool_set_u64(r, FREED + k, bytes);
		add_freed(&words, names[k], bytes);
	}
	if (words.n > 0)
		tool_set_text(r, GIVEN_BACK, sst_buf_slice(&words));
	sst_buf_free(&words);
}

void
report_run(struct report *all, const struct report_run *one)
{
	const struct sst_compacted *d = one->done;
	struct tool_report *r = &all->table;

	pthread_mutex_lock(&all->lock);
	tool_set_str(r, TABLE, one->table);
	tool_set_str(r, TASK, one->task->why);
	tool_set_u64(r, IN, one->task->n);
	tool_set_u64(r, OUT, d->nproducts);
	tool_set_size(r, BYTES_IN, d->bytes_in);
	tool_set_size(r, BYTES_OUT, d->bytes_out);
	if (d->bytes_in > 0)
		tool_set_real(r, RATIO, (double)d->bytes_out / (double)d->bytes_in, 3);
	tool_set_u64(r, ROWS_IN, d->in.rows);
	tool_set_u64(r, ROWS_OUT, d->out.rows);
	tool_set_u64(r, GONE, less(sst_tally_gone(&d->in), sst_tally_gone(&d->out)));
	tool_set_real(r, SECONDS, one->seconds, 2);
	tool_set_u64(r, PARTITIONS_IN, d->in.partitions);
	tool_set_u64(r, PARTITIONS_OUT, d->out.partitions);
	tool_set_u64(r, PARTITIONS_DROPPED, d->partitions_dropped);
	tool_set_u64(r, ROWS_DROPPED, d->rows_dropped);
	tool_set_u64(r, OUTSIDE, one->what->oracle->n);
	tool_set_bool(r, DRY_RUN, one->dry);
	set_held(r, one);
	set_freed(r, d);
	tool_report_row(r);
	pthread_mutex_unlock(&all->lock);
}
