/* cmd/compact/report.c: what a run read, wrote and left out. */
#include "compact/report.h"

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
	SECONDS,
	/* Below only where there is room: NDJSON. */
	PARTITIONS_IN,
	PARTITIONS_OUT,
	PARTITIONS_DROPPED,
	ROWS_DROPPED,
	RATIO,
	BLOCKERS,
	DRY_RUN,
	PURGED,
	NFIELDS = PURGED + SST_TALLY_KINDS
};

static const struct tool_field fields[] = { { "table", TOOL_LEFT }, { "task", TOOL_LEFT },
	{ "in", TOOL_RIGHT }, { "out", TOOL_RIGHT }, { "bytes_in", TOOL_RIGHT },
	{ "bytes_out", TOOL_RIGHT }, { "rows_in", TOOL_RIGHT }, { "rows_out", TOOL_RIGHT },
	{ "purged", TOOL_RIGHT }, { "seconds", TOOL_RIGHT }, { "partitions_in", TOOL_RIGHT },
	{ "partitions_out", TOOL_RIGHT }, { "partitions_dropped", TOOL_RIGHT },
	{ "rows_dropped", TOOL_RIGHT }, { "ratio", TOOL_RIGHT }, { "sstables_outside", TOOL_RIGHT },
	{ "dry_run", TOOL_LEFT }, { "purged_partition", TOOL_RIGHT },
	{ "purged_range", TOOL_RIGHT }, { "purged_row", TOOL_RIGHT },
	{ "purged_complex", TOOL_RIGHT }, { "purged_cell", TOOL_RIGHT },
	{ "purged_expired", TOOL_RIGHT } };

void
report_start(struct tool_report *r, enum tool_form form, struct tool_output *out)
{
	const char *bad;
	size_t len;

	tool_report_start(r, form, fields, NFIELDS, out);
	if (form == TOOL_TABLE)
		tool_report_select(r,
		    "table,task,in,out,bytes_in,bytes_out,rows_in,rows_out,purged,seconds", &bad,
		    &len);
}

/* An expired cell may come out as a tombstone, and two deletions as one: what is less is gone. */
static uint64_t
less(uint64_t in, uint64_t out)
{
	return in > out ? in - out : 0;
}

void
report_run(struct tool_report *r, const struct report_run *one)
{
	const struct sst_compacted *d = one->done;
	size_t k;

	tool_set_str(r, TABLE, one->table);
	tool_set_str(r, TASK, one->task->why);
	tool_set_u64(r, IN, one->task->n);
	tool_set_size(r, BYTES_IN, d->bytes_in);
	tool_set_u64(r, ROWS_IN, d->in.rows);
	tool_set_u64(r, ROWS_OUT, d->out.rows);
	tool_set_u64(r, GONE, less(sst_tally_gone(&d->in), sst_tally_gone(&d->out)));
	tool_set_real(r, SECONDS, one->seconds, 2);
	tool_set_u64(r, PARTITIONS_IN, d->in.partitions);
	tool_set_u64(r, PARTITIONS_OUT, d->out.partitions);
	tool_set_u64(r, PARTITIONS_DROPPED, d->partitions_dropped);
	tool_set_u64(r, ROWS_DROPPED, d->rows_dropped);
	tool_set_u64(r, BLOCKERS, one->oracle->n);
	tool_set_bool(r, DRY_RUN, one->dry);
	if (!one->dry) {
		tool_set_u64(r, OUT, d->nproducts);
		tool_set_size(r, BYTES_OUT, d->bytes_out);
		if (d->bytes_in > 0)
			tool_set_real(r, RATIO, (double)d->bytes_out / (double)d->bytes_in, 3);
	}
	for (k = 0; k < SST_TALLY_KINDS; k++)
		tool_set_u64(r, PURGED + k, less(d->in.gone[k], d->out.gone[k]));
	tool_report_row(r);
}
