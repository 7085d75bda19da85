/* cmd/compact/report.h: a line for each run. */
#ifndef COMPACT_REPORT_H
#define COMPACT_REPORT_H

#include "compact/compact.h"

struct report_run {
	const char *table;
	const struct sst_task *task;
	const struct sst_compacted *done;
	const struct sst_oracle *oracle;
	double seconds;
	bool dry;
};

/* Starts a report in `form`. */
void report_start(struct tool_report *, enum tool_form, struct tool_output *);
void report_run(struct tool_report *, const struct report_run *);

#endif
